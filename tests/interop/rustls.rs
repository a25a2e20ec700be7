//! rustls, in a thread of this process.
//!
//! It has neither static RSA nor CBC suites, and so no encrypt-then-MAC.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::DerefMut;
use std::sync::{Arc, mpsc};
use std::thread;

use ::rustls::client::{Resumption, Tls12Resumption};
use ::rustls::crypto::{CryptoProvider, ring};
use ::rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, WebPkiClientVerifier};
use ::rustls::version::TLS12;
use ::rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, HandshakeKind, RootCertStore, ServerConfig, ServerConnection,
    SideData, StreamOwned,
};
use libtest_mimic::Trial;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tls12::crypto::{KeyExchange, Protection};

use crate::drive::{Driven, accept, listen};
use crate::echo;
use crate::matrix::{Role, WantedBy};
use crate::peer::BOUND;
use crate::plan::{self, By, Peer, Remote, Setup, Subject};
use crate::results::Results;
use crate::support::pki::{Identity, PKI, SERVER_NAME};

const NAME: &str = "rustls";

/// It says which version it is.
const LOCK: &str = include_str!("../../Cargo.lock");

/// Everything that is tried with rustls.
pub fn trials(results: &Arc<Results>) -> Vec<Trial> {
    let entry = LOCK.split_once("name = \"rustls\"\nversion = \"").and_then(|(_, rest)| rest.split_once('"'));
    let version = entry.map(|(version, _)| format!("{NAME} {version}")).expect("rustls is in Cargo.lock");
    let peer: Arc<dyn Peer> = Arc::new(Rustls { version });
    plan::trials(&peer, results)
}

struct Rustls {
    version: String,
}

impl Peer for Rustls {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn lacks(&self, _: Role, subject: Subject) -> Option<&'static str> {
        match subject {
            Subject::Suite(suite) if suite.key_exchange == KeyExchange::Rsa => Some("it has no static RSA"),
            Subject::Suite(suite) if matches!(suite.protection, Protection::Cbc(..)) => Some("it has no CBC"),
            Subject::EncryptThenMac(_) => Some("it has no CBC"),
            Subject::ExtendedMasterSecret(WantedBy::UsOnly) => Some("it cannot be told to do without"),
            _ => None,
        }
    }

    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr) {
        let config = server_config(setup);
        let (listener, address) = listen();
        let next = move || ServerConnection::new(Arc::clone(&config)).map(|tls| (tls, accept(&listener, || {})));
        (Box::new(Thread::spawn(setup, Role::Client, next)), address)
    }

    fn client(&self, setup: &Setup, address: SocketAddr) -> Box<dyn Remote> {
        let config = client_config(setup);
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let next = move || {
            let tls = ClientConnection::new(Arc::clone(&config), name.clone())?;
            Ok((tls, TcpStream::connect(address).unwrap()))
        };
        Box::new(Thread::spawn(setup, Role::Server, next))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(PKI.root.clone()).unwrap();
    roots
}

fn parts_of(identity: &Identity) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    (vec![identity.certificate.clone()], PrivateKeyDer::Pkcs8(identity.key.clone_key()))
}

fn names(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

fn server_config(setup: &Setup) -> Arc<ServerConfig> {
    let server = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS12]).unwrap();
    let server = match setup.client_key {
        None => server.with_no_client_auth(),
        Some(_) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots()), provider()).build();
            server.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let (chain, key) = parts_of(PKI.server(setup.server_key));
    let mut server = server.with_single_cert(chain, key).unwrap();
    server.session_storage = Arc::new(NoServerSessionStorage {});
    match setup.resumption {
        Some(By::Id) => server.session_storage = ServerSessionMemoryCache::new(1),
        Some(By::Ticket) => server.ticketer = ring::Ticketer::new().unwrap(),
        None => {}
    }
    if setup.alpn {
        server.alpn_protocols = names(&[setup.spoken]);
    }
    server.require_ems = setup.extended_master_secret == Some(WantedBy::Both);
    Arc::new(server)
}

fn client_config(setup: &Setup) -> Arc<ClientConfig> {
    let client = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS12]).unwrap();
    let client = client.with_root_certificates(roots());
    let mut client = match setup.client_key {
        None => client.with_no_client_auth(),
        Some(kind) => {
            let (chain, key) = parts_of(PKI.client(kind));
            client.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let by = match setup.resumption {
        Some(By::Id) => Tls12Resumption::SessionIdOnly,
        Some(By::Ticket) => Tls12Resumption::SessionIdOrTickets,
        None => Tls12Resumption::Disabled,
    };
    client.resumption = Resumption::in_memory_sessions(1).tls12_resumption(by);
    if setup.alpn {
        client.alpn_protocols = names(&setup.offered());
    }
    client.require_ems = setup.extended_master_secret == Some(WantedBy::Both);
    Arc::new(client)
}

/// Its side of a trial's connections, in a thread that ends with the last of them, or when one fails.
struct Thread {
    told: mpsc::Receiver<Told>,
    setup: Setup,
    role: Role,
    resumes: bool,
}

/// What it says of a connection.
enum Told {
    Connected {
        suite: &'static str,
        protocol: Option<Vec<u8>>,
        kind: HandshakeKind,
        certificates: Vec<CertificateDer<'static>>,
    },
    Closed,
}

impl Thread {
    /// Plays this role in the connections that `next` makes.
    fn spawn<C, S>(
        setup: &Setup,
        role: Role,
        mut next: impl FnMut() -> Result<(C, TcpStream), ::rustls::Error> + Send + 'static,
    ) -> Self
    where
        C: DerefMut<Target = ConnectionCommon<S>>,
        S: SideData,
    {
        let (tell, told) = mpsc::channel();
        let connections = setup.connections().len();
        thread::spawn(move || {
            for _ in 0..connections {
                let (tls, tcp) = next().unwrap();
                tcp.set_read_timeout(Some(BOUND)).unwrap();
                tcp.set_write_timeout(Some(BOUND)).unwrap();
                echo(StreamOwned::new(tls, tcp), &tell).unwrap();
            }
        });
        Self { told, setup: setup.clone(), role, resumes: false }
    }
}

/// Sends messages back until the other side closes.
fn echo<C, S>(mut stream: StreamOwned<C, TcpStream>, tell: &mpsc::Sender<Told>) -> io::Result<()>
where
    C: DerefMut<Target = ConnectionCommon<S>>,
    S: SideData,
{
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let tls = &stream.conn;
    let connected = Told::Connected {
        suite: tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap(),
        protocol: tls.alpn_protocol().map(<[u8]>::to_vec),
        kind: tls.handshake_kind().unwrap(),
        certificates: tls.peer_certificates().unwrap_or_default().iter().map(|c| c.clone().into_owned()).collect(),
    };
    tell.send(connected).unwrap();
    let mut length = [0; 4];
    // It is an error if the stream ends without close_notify.
    while stream.read(&mut length[..1])? == 1 {
        stream.read_exact(&mut length[1..])?;
        let mut message = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        stream.read_exact(&mut message)?;
        stream.write_all(&message)?;
    }
    stream.conn.send_close_notify();
    stream.flush()?;
    tell.send(Told::Closed).unwrap();
    Ok(())
}

impl Remote for Thread {
    fn converse(&mut self, mut ours: Driven, lengths: &[usize]) {
        let Ok(Told::Connected { suite, protocol, kind, certificates }) = self.told.recv_timeout(BOUND) else {
            panic!("rustls is not connected");
        };
        let expected = if self.resumes { HandshakeKind::Resumed } else { HandshakeKind::Full };
        assert_eq!(suite, self.setup.suite.name);
        assert_eq!(protocol.as_deref(), self.setup.alpn.then_some(self.setup.spoken.as_bytes()));
        assert_eq!(kind, expected);
        assert_eq!(certificates.first(), self.setup.our_identity(self.role).map(|ours| &ours.certificate));
        echo::exchange(&mut ours, lengths);
        ours.close();
        assert!(matches!(self.told.recv_timeout(BOUND), Ok(Told::Closed)), "rustls does not see our close_notify");
        self.resumes = true;
    }
}
