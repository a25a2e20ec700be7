//! What is tried in depth: each suite with each group, extension and delivery, in each role.

use std::fmt;

use tls12::crypto::{CipherSuite, KeyExchange, MacOrder, Protection};
use tls12::wire::NamedGroup;
use tls12::{Agreement, ConnectionInfo, Policy};

use crate::drive::Delivery;
use crate::support::pki::KeyKind;
use crate::support::suites;

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
    pub const ALL: [Self; 3] = [Self::Both, Self::PeerOnly, Self::UsOnly];

    /// What makes us play our part of it.
    pub fn policy(self) -> Agreement {
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
    /// In this role, every suite with EMS × EtM, and with each group; and byte by byte with each kind of records.
    pub fn all(role: Role) -> impl Iterator<Item = Self> {
        use NamedGroup as G;
        const OTHER_GROUPS: [G; 3] = [G::SECP256R1, G::SECP384R1, G::SECP521R1];
        let mut cases = Vec::new();
        for suite in suites::certified() {
            let is_ephemeral = suite.key_exchange.is_ephemeral();
            let macs = match suite.protection {
                Protection::Aead(_) => vec![None],
                Protection::Cbc(..) => WantedBy::ALL.map(Some).to_vec(),
                _ => panic!("{suite:?} is new"),
            };
            for encrypt_then_mac in macs {
                let group = is_ephemeral.then_some(G::X25519);
                let (extended_master_secret, delivery) = (WantedBy::Both, Delivery::Whole);
                let first = Self { role, suite, group, extended_master_secret, encrypt_then_mac, delivery };
                cases.push(first);
                cases.push(Self { delivery: Delivery::ByteByByte, ..first });
                for extended_master_secret in [WantedBy::PeerOnly, WantedBy::UsOnly] {
                    cases.push(Self { extended_master_secret, ..first });
                }
                if is_ephemeral && encrypt_then_mac.is_none_or(|wanted| wanted == WantedBy::Both) {
                    cases.extend(OTHER_GROUPS.map(|group| Self { group: Some(group), ..first }));
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
        match (self.group, self.suite.key_exchange) {
            (None, _) => policy,
            // RFC 8422 §5.1: the curve of the server's key must be among the client's groups. The first is preferred.
            (Some(group), KeyExchange::EcdheEcdsa) if group != NamedGroup::SECP256R1 => {
                policy.groups([group, NamedGroup::SECP256R1])
            }
            (Some(group), _) => policy.groups([group]),
        }
    }

    /// The key in the server's certificate.
    pub fn server_key(&self) -> KeyKind {
        KeyKind::serving(self.suite.key_exchange)
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
