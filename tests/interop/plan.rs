//! What is tried with every peer, in each role that it has: every suite, and one row for each feature.
//!
//! A peer implements [`Peer`]; [`trials`] does the rest.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use libtest_mimic::Trial;
use tls12::crypto::{CipherSuite, MacOrder, Protection, ring};
use tls12::session::ClientSession;
use tls12::verify::TrustStore;
use tls12::{AskFor, ClientAuth, ClientConfig, ClientTrust, ConnectionInfo, Policy, ServerConfig};

use crate::drive::{Delivery, Driven, accept, listen};
use crate::matrix::{Role, WantedBy};
use crate::observed::Secrets;
use crate::results::Results;
use crate::support::pki::{Identity, KeyKind, PKI, SERVER_NAME};
use crate::support::psk::Psk;
use crate::support::suites;

/// The application protocol of the server, and so the one that is spoken; but see [`Peer::spoken`].
pub const SPOKEN: &str = "tls12-test";

/// What the client prefers to it.
const PREFERRED: &str = "h2";

/// What is sent each way, each by one call: around what one record holds (2^14 bytes), and several records.
const LENGTHS: [usize; 5] = [1, 997, 16_384, 16_385, 100_000];

/// The same for features that leave the records as they are.
const FEW: [usize; 2] = [100, 20_000];

/// Another implementation of TLS.
pub trait Peer: Send + Sync + 'static {
    /// The head of its column.
    fn name(&self) -> &'static str;

    /// What exactly was tried: with its version.
    fn version(&self) -> &str;

    /// Why `subject` cannot be tried while we play `role`. The reason is shown below the table.
    fn lacks(&self, role: Role, subject: Subject) -> Option<&'static str>;

    /// Why pre-shared keys cannot be tried, as with most. The reason is shown below the table.
    fn lacks_psk(&self) -> Option<&'static str> {
        Some("it has no pre-shared keys in TLS 1.2, or its tools have not")
    }

    /// The name by which its client knows our server.
    fn calls_us(&self) -> &'static str {
        SERVER_NAME
    }

    /// The application protocol that is spoken. Some peers have one only.
    fn spoken(&self, _role: Role) -> &'static str {
        SPOKEN
    }

    /// Starts its server, for one connection after the other, at a port that it or the system chooses.
    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr);

    /// Its client, which will connect to our server at `address`.
    fn client(&self, setup: &Setup, address: SocketAddr) -> Box<dyn Remote>;
}

/// A peer's side of the connections of one trial. It is ended when this is dropped.
pub trait Remote {
    /// Makes a client connect to our server: for the first time, or again, with the session of the time before. Nothing
    /// is to be done for a server.
    fn call(&mut self) {}

    /// Panics if the peer has ended without need.
    fn assert_running(&mut self) {}

    /// The handshake is complete: sends data of these lengths each way, checks what arrives and what the peer says of the
    /// connection, and ends it cleanly from both sides.
    fn converse(&mut self, ours: Driven, lengths: &[usize]);
}

/// What a trial is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// That this suite works.
    Suite(&'static CipherSuite),
    /// The server requires a certificate. These are the types of the keys of both.
    ClientCertificate { client: KeyKind, server: KeyKind },
    /// Of two connections, the second resumes the session of the first.
    Resumption(By),
    /// RFC 7301.
    Alpn,
    /// RFC 7627.
    ExtendedMasterSecret(WantedBy),
    /// RFC 7366.
    EncryptThenMac(WantedBy),
}

/// How a session is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// RFC 5246 §7.3
    Id,
    /// RFC 5077
    Ticket,
}

impl Subject {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        let features = [
            Self::ClientCertificate { client: KeyKind::Rsa, server: KeyKind::Rsa },
            Self::ClientCertificate { client: KeyKind::P256, server: KeyKind::Rsa },
            Self::ClientCertificate { client: KeyKind::P256, server: KeyKind::P256 },
            Self::Resumption(By::Id),
            Self::Resumption(By::Ticket),
            Self::Alpn,
        ];
        let suites = suites::certified().chain(suites::psk()).map(Self::Suite);
        let master_secrets = WantedBy::ALL.map(Self::ExtendedMasterSecret);
        suites.chain(features).chain(master_secrets).chain(WantedBy::ALL.map(Self::EncryptThenMac))
    }

    fn is_psk(self) -> bool {
        matches!(self, Self::Suite(suite) if suite.key_exchange.is_psk())
    }

    /// Its row in the table: several may share one.
    pub fn row(self) -> &'static str {
        match self {
            Self::Suite(suite) => suite.name,
            Self::ClientCertificate { .. } => "client certificates",
            Self::Resumption(By::Id) => "resumption by session ID",
            Self::Resumption(By::Ticket) => "resumption by ticket",
            Self::Alpn => "ALPN",
            Self::ExtendedMasterSecret(_) => "extended master secret",
            Self::EncryptThenMac(_) => "encrypt-then-MAC",
        }
    }
}

/// What tells those of a row apart.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suite(_) | Self::Resumption(_) | Self::Alpn => Ok(()),
            Self::ClientCertificate { client, server } => write!(f, "{client:?} for a server with {server:?}"),
            Self::ExtendedMasterSecret(wanted) | Self::EncryptThenMac(wanted) => write!(f, "wanted by {wanted:?}"),
        }
    }
}

/// What both sides of a trial have to do.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The only one that our side has. The peer may have others.
    pub suite: &'static CipherSuite,
    /// What both know in place of certificates.
    pub psk: Option<Psk>,
    /// The key in the server's certificate, which is for [`SERVER_NAME`]. It is not used if there is a pre-shared key.
    pub server_key: KeyKind,
    /// The key in the client's certificate, which the server requires; or the server does not ask.
    pub client_key: Option<KeyKind>,
    /// How the session is to be found again. If this is none, there is one connection; else there are two.
    pub resumption: Option<By>,
    /// Whether the client offers application protocols, and the server has `spoken`.
    pub alpn: bool,
    /// The application protocol that is spoken, if any is.
    pub spoken: &'static str,
    /// Whether to use EMS: where only we want it, the peer is to be told not to. None: as the peer likes.
    pub extended_master_secret: Option<WantedBy>,
    /// The same for EtM.
    pub encrypt_then_mac: Option<WantedBy>,
    /// The lengths of what is sent each way.
    pub lengths: &'static [usize],
}

impl Setup {
    fn new(subject: Subject, spoken: &'static str) -> Self {
        let named = |name| CipherSuite::from_name(name).unwrap();
        let suite = match subject {
            Subject::Suite(suite) => suite,
            Subject::EncryptThenMac(_) => named("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
            Subject::ClientCertificate { server: KeyKind::P256, .. } => {
                named("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
            }
            _ => named("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        };
        let plain = Self {
            suite,
            psk: psk_for(suite),
            server_key: if suite.key_exchange.is_psk() { KeyKind::Rsa } else { KeyKind::serving(suite.key_exchange) },
            client_key: None,
            resumption: None,
            alpn: false,
            spoken,
            extended_master_secret: None,
            encrypt_then_mac: None,
            lengths: &FEW,
        };
        match subject {
            Subject::Suite(_) => Self { lengths: &LENGTHS, ..plain },
            Subject::ClientCertificate { client, .. } => Self { client_key: Some(client), ..plain },
            Subject::Resumption(by) => Self { resumption: Some(by), ..plain },
            Subject::Alpn => Self { alpn: true, ..plain },
            Subject::ExtendedMasterSecret(wanted) => Self { extended_master_secret: Some(wanted), ..plain },
            Subject::EncryptThenMac(wanted) => Self { encrypt_then_mac: Some(wanted), ..plain },
        }
    }

    /// The client's application protocols, most preferred first.
    pub fn offered(&self) -> [&'static str; 2] {
        [PREFERRED, self.spoken]
    }

    fn policy(&self) -> Policy {
        let policy = Policy::legacy().suites([self.suite]);
        let policy = match self.extended_master_secret {
            Some(wanted) => policy.extended_master_secret(wanted.policy()),
            None => policy,
        };
        match self.encrypt_then_mac {
            Some(wanted) => policy.encrypt_then_mac(wanted.policy()),
            None => policy,
        }
    }

    fn client_config(&self, secrets: &Arc<Secrets>) -> Arc<ClientConfig> {
        let client = match self.psk {
            Some(psk) => ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(psk.ours()),
            None => ClientConfig::builder(trust()),
        };
        let client = client.policy(self.policy()).key_log(secrets.clone());
        let client = client.credentials(self.client_key.map(|kind| PKI.client(kind).credential(&*ring::provider())));
        let client = if self.alpn { client.alpn_protocols(self.offered()) } else { client };
        client.tickets(if self.resumption == Some(By::Id) { AskFor::No } else { AskFor::Yes }).build().unwrap()
    }

    /// For a server of this name.
    fn server_config(&self, name: &str, secrets: &Arc<Secrets>) -> Arc<ServerConfig> {
        let server = match (self.psk, name) {
            (Some(psk), _) => {
                let server = ServerConfig::builder_with_psk_only(ring::provider()).preshared_keys([psk.ours()]);
                server.psk_identity_hint(psk.hint.unwrap_or_default().as_bytes())
            }
            (None, SERVER_NAME) => ServerConfig::builder(PKI.server(self.server_key).credential(&*ring::provider())),
            (None, _) => ServerConfig::builder(PKI.server_for(name, self.server_key).credential(&*ring::provider())),
        };
        let server = server.policy(self.policy()).key_log(secrets.clone());
        let server = match self.client_key {
            Some(_) => server.client_auth(ClientAuth::Require(ClientTrust::new(trust()))),
            None => server,
        };
        let server = if self.alpn { server.alpn_protocols([self.spoken]) } else { server };
        let server = match self.resumption {
            Some(By::Id) => server.no_tickets(),
            Some(By::Ticket) => server.no_session_store(),
            None => server,
        };
        server.build().unwrap()
    }

    /// Checks what our side says of a connection.
    fn check(&self, info: &ConnectionInfo, resumed: bool) {
        assert_eq!(info.suite(), self.suite);
        // A session keeps the group.
        assert_eq!(info.group().is_some(), self.suite.key_exchange.is_ephemeral());
        assert_eq!(info.psk_identity(), self.psk.map(|psk| psk.identity.as_bytes()));
        assert_eq!(info.resumed(), resumed);
        assert_eq!(info.alpn_protocol(), self.alpn.then_some(self.spoken.as_bytes()));
        if let Some(wanted) = self.extended_master_secret {
            assert_eq!(info.extended_master_secret(), wanted == WantedBy::Both);
        }
        if let Some(wanted) = self.encrypt_then_mac {
            assert_eq!(info.mac_order() == Some(MacOrder::EncryptThenMac), wanted == WantedBy::Both);
        }
    }

    /// The identity that we have while we play this role.
    pub fn our_identity(&self, role: Role) -> Option<&'static Identity> {
        match role {
            Role::Client => self.client_key.map(|kind| PKI.client(kind)),
            Role::Server => self.psk.is_none().then(|| PKI.server(self.server_key)),
        }
    }

    /// The identity that the peer has then.
    fn their_identity(&self, role: Role) -> Option<&'static Identity> {
        match role {
            Role::Client => self.our_identity(Role::Server),
            Role::Server => self.our_identity(Role::Client),
        }
    }

    /// Whether each connection is to resume the one before.
    pub fn connections(&self) -> &'static [bool] {
        if self.resumption.is_some() { &[false, true] } else { &[false] }
    }
}

/// A pre-shared key for a suite that takes one: with a hint of the server's, if it is one of CBC.
fn psk_for(suite: &CipherSuite) -> Option<Psk> {
    let psk = if matches!(suite.protection, Protection::Cbc(..)) { Psk::HINTED } else { Psk::PLAIN };
    suite.key_exchange.is_psk().then_some(psk)
}

/// A line of text: lower-case letters, and the end of the line, which many tools need. `length` is that of it all.
pub fn line(length: usize) -> Vec<u8> {
    // The letters repeat after 25 and 26 of them by turns, so that what is lost or out of place shows.
    let letters = (0..length - 1).map(|at| b'a' + u8::try_from((at + at / 25) % 26).unwrap());
    letters.chain([b'\n']).collect()
}

fn trust() -> Arc<TrustStore> {
    Arc::new(TrustStore::from_pem(PKI.root_pem().as_bytes()).unwrap())
}

fn we_are_client(peer: &dyn Peer, subject: Subject) {
    let setup = Setup::new(subject, peer.spoken(Role::Client));
    let secrets = Arc::new(Secrets::default());
    let config = setup.client_config(&secrets);
    let (mut server, address) = peer.server(&setup);
    let mut session = None;
    for &resumed in setup.connections() {
        let client = match session.take() {
            None => Driven::client(&config, SERVER_NAME, address, Delivery::Whole),
            Some(session) => Driven::resume(&config, SERVER_NAME, session, address),
        };
        let mut client = client.observed(&secrets, setup.suite);
        client.handshake().unwrap();
        setup.check(client.info(), resumed);
        // Some peers send the root as well.
        let shown = setup.their_identity(Role::Client).map(|identity| &identity.certificate);
        assert_eq!(client.info().peer_certificates().first(), shown);
        if let (Some(by), false) = (setup.resumption, resumed) {
            let given = client.session();
            assert_eq!(found_by(&given), by);
            session = Some(given);
        }
        server.converse(client, setup.lengths);
    }
}

fn we_are_server(peer: &dyn Peer, subject: Subject) {
    let setup = Setup::new(subject, peer.spoken(Role::Server));
    let secrets = Arc::new(Secrets::default());
    let config = setup.server_config(peer.calls_us(), &secrets);
    let (listener, address) = listen();
    let mut client = peer.client(&setup, address);
    for &resumed in setup.connections() {
        client.call();
        let stream = accept(&listener, || client.assert_running());
        let mut server = Driven::server(&config, stream, Delivery::Whole).observed(&secrets, setup.suite);
        server.handshake().unwrap();
        setup.check(server.info(), resumed);
        let shown = setup.their_identity(Role::Server).map(|identity| &identity.certificate);
        assert_eq!(server.info().peer_certificates().first(), shown);
        client.converse(server, setup.lengths);
    }
}

/// How the server will find this session.
fn found_by(session: &ClientSession) -> By {
    // The first byte of its serialized form says it.
    match session.to_bytes().expose() {
        [0, ..] => By::Id,
        [1, ..] => By::Ticket,
        _ => panic!("a session is found by ID or by ticket"),
    }
}

/// Everything that is tried with this peer.
pub fn trials(peer: &Arc<dyn Peer>, results: &Arc<Results>) -> Vec<Trial> {
    results.peer(peer.name(), peer.version());
    let mut trials = Vec::new();
    for role in [Role::Client, Role::Server] {
        for subject in Subject::all() {
            let psk = || if subject.is_psk() { peer.lacks_psk() } else { None };
            match peer.lacks(role, subject).or_else(psk) {
                Some(why) => results.lacks(peer.name(), role, subject, why),
                None => {
                    let tried = Arc::clone(peer);
                    let test = move || match role {
                        Role::Client => we_are_client(&*tried, subject),
                        Role::Server => we_are_server(&*tried, subject),
                    };
                    trials.push(results.trial(peer.name(), role, subject.row(), subject, test));
                }
            }
        }
    }
    trials
}
