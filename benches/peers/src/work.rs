//! What is measured.

use tls12::crypto::{CipherSuite, KeyExchange, MacOrder, Protection};

use super::pki::KeyKind;

/// Something to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A full handshake; the client verifies the server's chain, of one certificate.
    Full { suite: &'static str },
    /// A handshake that resumes a session. A ticket is not renewed.
    Resume { suite: &'static str, by: By },
    /// `len` bytes of application data, sealed by the client; and sealed by the server and opened by the client.
    Records { suite: &'static str, order: MacOrder, len: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Id,
    Ticket,
}

impl Work {
    pub fn suite(self) -> &'static CipherSuite {
        let (Self::Full { suite } | Self::Resume { suite, .. } | Self::Records { suite, .. }) = self;
        CipherSuite::from_name(suite).unwrap()
    }

    /// The type of the server's key.
    pub fn key(self) -> KeyKind {
        match self.suite().key_exchange {
            KeyExchange::EcdheEcdsa => KeyKind::P256,
            _ => KeyKind::Rsa,
        }
    }

    pub fn order(self) -> MacOrder {
        match self {
            Self::Records { order, .. } => order,
            _ => MacOrder::MacThenEncrypt,
        }
    }

    /// The number of repetitions in a round, which takes some milliseconds.
    pub fn times(self) -> u32 {
        match self {
            Self::Full { .. } => 20,
            Self::Resume { .. } => 300,
            Self::Records { len, .. } => u32::try_from((4_000_000 / len).clamp(8, 4000)).unwrap(),
        }
    }

    /// The names of the two figures.
    pub fn sides(self) -> [&'static str; 2] {
        match self {
            Self::Full { .. } | Self::Resume { .. } => ["client", "server"],
            Self::Records { .. } => ["send", "receive"],
        }
    }

    pub fn name(self) -> String {
        let suite = self.suite();
        let short = suite.name.trim_start_matches("TLS_");
        match self {
            Self::Full { .. } => format!("full handshake, {short}"),
            Self::Resume { by: By::Id, .. } => format!("resumption by ID, {short}"),
            Self::Resume { by: By::Ticket, .. } => format!("resumption by ticket, {short}"),
            Self::Records { order, len, .. } => {
                let order = match (suite.protection, order) {
                    (Protection::Aead(_), _) => "",
                    (_, MacOrder::MacThenEncrypt) => ", MAC-then-encrypt",
                    (_, MacOrder::EncryptThenMac) => ", encrypt-then-MAC",
                };
                format!("{len} bytes, {short}{order}")
            }
        }
    }
}
