//! What is tried with every peer: each suite, group, extension and delivery, in each role.

use std::fmt;

use crate::support::suites;
use tls12::crypto::{CipherSuite, KeyExchange, MacOrder, Protection};
use tls12::wire::NamedGroup;
use tls12::{Agreement, ConnectionInfo, Policy};

use crate::drive::Delivery;

/// The part that we play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Client,
    Server,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

/// Which side wants an extension that repairs TLS 1.2: EMS (RFC 7627) or EtM (RFC 7366).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedBy {
    /// Both sides: it must be used.
    Both,
    /// Not we: it must not be used.
    PeerOnly,
    /// Not the peer: it must not be used.
    UsOnly,
}

impl WantedBy {
    const ALL: [Self; 3] = [Self::Both, Self::PeerOnly, Self::UsOnly];

    fn policy(self) -> Agreement {
        match self {
            Self::Both => Agreement::Require,
            Self::PeerOnly => Agreement::Never,
            Self::UsOnly => Agreement::Prefer,
        }
    }
}

/// The lengths of what is sent each way, each by one call: around what one record holds (2^14 bytes), and many records.
const LENGTHS: [usize; 5] = [1, 997, 16_384, 16_385, 1 << 20];

/// One connection of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub role: Role,
    pub suite: &'static CipherSuite,
    /// None for static RSA.
    pub group: Option<NamedGroup>,
    pub extended_master_secret: WantedBy,
    /// None for AEADs, which have no use for it.
    pub encrypt_then_mac: Option<WantedBy>,
    pub delivery: Delivery,
}

impl Case {
    /// Every suite × group × EMS × EtM × delivery, in this role.
    pub fn all(role: Role) -> impl Iterator<Item = Self> {
        use NamedGroup as G;
        let groups = |suite: &CipherSuite| match suite.key_exchange {
            KeyExchange::Rsa | KeyExchange::Psk => vec![None],
            KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa | KeyExchange::EcdhePsk => {
                vec![Some(G::X25519), Some(G::SECP256R1), Some(G::SECP384R1), Some(G::SECP521R1)]
            }
        };
        let macs = |suite: &CipherSuite| match suite.protection {
            Protection::Aead(_) => vec![None],
            Protection::Cbc(..) => WantedBy::ALL.map(Some).to_vec(),
        };
        let mut cases = Vec::new();
        for suite in suites::of_rsa() {
            for group in groups(suite) {
                for extended_master_secret in WantedBy::ALL {
                    for encrypt_then_mac in macs(suite) {
                        for delivery in [Delivery::Whole, Delivery::ByteByByte] {
                            let case = Self { role, suite, group, extended_master_secret, encrypt_then_mac, delivery };
                            cases.push(case);
                        }
                    }
                }
            }
        }
        cases.into_iter()
    }

    /// What makes us play our part of it.
    pub fn policy(&self) -> Policy {
        let policy = Policy::legacy().suites([self.suite]);
        let policy = policy.extended_master_secret(self.extended_master_secret.policy());
        let policy = policy.encrypt_then_mac(self.encrypt_then_mac.map_or(Agreement::Prefer, WantedBy::policy));
        match self.group {
            Some(group) => policy.groups([group]),
            None => policy,
        }
    }

    /// What to send each way. Groups and EMS make other keys, not other records: the longest is sent with one of each.
    pub fn lengths(&self) -> &'static [usize] {
        let is_first = self.uses_extended_master_secret() && self.group.is_none_or(|group| group == NamedGroup::X25519);
        if is_first { &LENGTHS } else { &LENGTHS[..4] }
    }

    pub fn uses_extended_master_secret(&self) -> bool {
        self.extended_master_secret == WantedBy::Both
    }

    pub fn uses_encrypt_then_mac(&self) -> bool {
        self.encrypt_then_mac == Some(WantedBy::Both)
    }

    /// Checks what our side says of the connection.
    pub fn check(&self, info: &ConnectionInfo) {
        let order = if self.uses_encrypt_then_mac() { MacOrder::EncryptThenMac } else { MacOrder::MacThenEncrypt };
        assert_eq!(info.suite(), self.suite);
        assert_eq!(info.group(), self.group);
        assert_eq!(info.extended_master_secret(), self.uses_extended_master_secret());
        assert_eq!(info.mac_order(), self.encrypt_then_mac.map(|_| order));
    }
}

/// Without role and suite, which stand before it.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = self.group {
            write!(f, "{group} ")?;
        }
        write!(f, "EMS:{:?}", self.extended_master_secret)?;
        if let Some(wanted) = self.encrypt_then_mac {
            write!(f, " EtM:{wanted:?}")?;
        }
        write!(f, " {:?}", self.delivery)
    }
}
