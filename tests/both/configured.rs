//! The settings of a configuration apply to both stacks, and those that rustls does not support are refused when it is built.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::client::{Resumption, Tls12Resumption};
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, SupportedProtocolVersion};
use rustls_pki_types::PrivateKeyDer;
use tls12::crypto::{KeyType, PublicKey, ring};
use tls12::io::both::{
    Acceptor, Connector, LazyAcceptor, ReadHalf, RustlsVerifier, SetupError, Stack, Stream, WriteHalf,
};
use tls12::{
    Agreement, AlertDescription, ClientAuth, ClientConfig, ClientTrust, Credential, Error, ExportError, ExternalKey,
    HelloShape, Indication, KeyLog, NamedGroup, Policy, ProtocolVersion, ServerConfig, ServerConfigBuilder,
    SignatureScheme,
};

use crate::peers::Server;
use crate::support::pki::{KeyKind, PKI};
use crate::{BOUND, TLS_1_2, TLS_1_3, client, connect, converse, listen, policy, reverse, roots, serve, server};

/// Both ends of a connection, and the suites of TLS 1.2 that the client may use.
fn pair(client: &ClientConfig, server: &ServerConfig) -> (Stream<TcpStream>, Stream<TcpStream>) {
    let (listener, address) = listen();
    let acceptor = Acceptor::new(server).unwrap();
    let serving = thread::spawn(move || acceptor.accept(listener.accept().unwrap().0).unwrap());
    let ours = connect(&Connector::new(client).unwrap(), address).unwrap();
    ours.transport().set_read_timeout(Some(BOUND)).unwrap();
    (ours, serving.join().unwrap())
}

/// A client whose first attempt this crate makes: it would be rustls's.
fn by_tls12(
    config: &ClientConfig,
    server: &ServerConfig,
) -> (tls12::io::blocking::StreamOwned<TcpStream>, Stream<TcpStream>) {
    let (listener, address) = listen();
    let acceptor = Acceptor::new(server).unwrap();
    let serving = thread::spawn(move || acceptor.accept(listener.accept().unwrap().0).unwrap());
    let socket = TcpStream::connect(address).unwrap();
    let config = config.to_builder().build().unwrap();
    let mut stream = tls12::io::blocking::StreamOwned::client(config, crate::name(), socket).unwrap();
    stream.complete_handshake().unwrap();
    (stream, serving.join().unwrap())
}

#[derive(Default)]
struct Labels(Mutex<Vec<String>>);

impl KeyLog for Labels {
    fn log(&self, label: &str, _: &[u8; 32], _: &[u8]) {
        self.0.lock().unwrap().push(label.to_owned());
    }
}

#[test]
fn protocols_and_the_key_log_are_common() {
    let labels = Arc::new(Labels::default());
    let config = client().alpn_protocols(["h2", "http/1.1"]).key_log(labels.clone()).build().unwrap();
    let server = server().alpn_protocols(["http/1.1"]).build().unwrap();
    let (ours, theirs) = pair(&config, &server);
    for stream in [&ours, &theirs] {
        assert_eq!(stream.info().alpn_protocol.as_deref(), Some(&b"http/1.1"[..]));
        assert_eq!((stream.info().version, stream.info().group), (TLS_1_3, Some(NamedGroup::X25519)));
    }
    let old = config.to_builder().policy(policy("_CBC_")).build().unwrap();
    let (ours, theirs) = by_tls12(&old, &server);
    assert_eq!(ours.info().unwrap().alpn_protocol(), theirs.info().alpn_protocol.as_deref());
    assert_eq!((theirs.info().stack, theirs.info().version), (Stack::Tls12, TLS_1_2));
    let labels = labels.0.lock().unwrap();
    for label in ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "CLIENT_RANDOM"] {
        assert!(labels.iter().any(|logged| logged == label), "{labels:?}");
    }
}

#[test]
fn both_sides_export_the_same_and_bind_to_the_same_channel() {
    let provider = ring::provider();
    let server = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*provider)).build().unwrap();
    let (ours, theirs) = pair(&client().build().unwrap(), &server);
    let [mut a, mut b] = [[0; 48]; 2];
    ours.export(b"EXPERIMENTAL both", Some(b"context"), &mut a).unwrap();
    theirs.export(b"EXPERIMENTAL both", Some(b"context"), &mut b).unwrap();
    assert!(a == b && a != [0; 48]);
    assert_eq!(ours.tls_exporter().unwrap(), theirs.tls_exporter().unwrap());
    assert!(
        ours.export(b"EXPERIMENTAL both", Some(&[0; 65536]), &mut a).is_err_and(|e| e == ExportError::ContextTooLong)
    );
    assert_eq!(ours.export(b"EXPERIMENTAL both", None, &mut []), Ok(()));
    let end_points = [ours.tls_server_end_point().unwrap(), theirs.tls_server_end_point().unwrap()];
    assert_eq!(end_points[0].as_ref(), end_points[1].as_ref());
    // RFC 5929 §4.1: the hash of the certificate, whose signature is by SHA-256.
    let hash = <sha2::Sha256 as sha2::Digest>::digest(&PKI.server);
    assert_eq!(end_points[0].as_ref(), &hash[..]);
}

/// RFC 7627 §5.4. rustls does not tell whether it is used, so it counts only if it is required.
#[test]
fn tls12_by_rustls_exports_only_if_the_extended_master_secret_is_required() {
    let policy = policy("GCM");
    let required = policy.clone().extended_master_secret(Agreement::Require);
    let acceptor = |policy: Policy| server().policy(policy).build().unwrap();
    let (_, theirs) = by_tls12(&client().policy(policy.clone()).build().unwrap(), &acceptor(policy.clone()));
    assert_eq!((theirs.info().stack, theirs.tls_exporter()), (Stack::Rustls, Err(ExportError::NoExtendedMasterSecret)));
    let (ours, theirs) = by_tls12(&client().policy(policy).build().unwrap(), &acceptor(required));
    assert_eq!(theirs.info().stack, Stack::Rustls);
    // The two stacks agree.
    assert_eq!(ours.connection().tls_exporter().unwrap(), theirs.tls_exporter().unwrap());
}

/// With keys of every type, in both stacks: one credential for both, and one verifier of clients.
#[test]
fn clients_present_their_certificates_in_both() {
    let provider = ring::provider();
    for kind in KeyKind::ALL {
        let trust = roots().as_ref().clone().client_trust();
        let server = server().client_auth(ClientAuth::Require(trust)).build().unwrap();
        let config = client().credentials([PKI.client(kind).credential(&*provider)]).build().unwrap();
        let (ours, theirs) = pair(&config, &server);
        // In TLS 1.3 the client is done first: the server may still refuse it.
        let serving = thread::spawn(move || reverse(theirs));
        assert_eq!(converse(ours).version, TLS_1_3);
        let info = serving.join().unwrap();
        assert_eq!(*info.peer_certificates, [PKI.client(kind).certificate.clone()], "{kind:?}");
        let old = config.to_builder().policy(policy("_CBC_")).build().unwrap();
        let (_, theirs) = by_tls12(&old, &server);
        assert_eq!(*theirs.info().peer_certificates, [PKI.client(kind).certificate.clone()], "{kind:?}");
    }
}

#[test]
fn a_client_without_a_certificate_is_refused_or_not_as_configured() {
    let trust = || roots().as_ref().clone().client_trust();
    let required = Acceptor::new(&server().client_auth(ClientAuth::Require(trust())).build().unwrap()).unwrap();
    let (serving, address) = serve(required, 1);
    let _ = connect(&crate::connector(), address);
    assert!(serving.join().unwrap()[0].is_err());
    let (_, theirs) =
        pair(&client().build().unwrap(), &server().client_auth(ClientAuth::Request(trust())).build().unwrap());
    assert!(theirs.info().peer_certificates.is_empty());
}

#[test]
fn servers_sign_with_keys_of_every_type() {
    for kind in KeyKind::ALL {
        let credential = PKI.server(kind).credential(&*ring::provider());
        let config = ServerConfig::builder(credential).policy(Policy::legacy()).build().unwrap();
        let (ours, _) = pair(&client().build().unwrap(), &config);
        assert_eq!(ours.info().version, TLS_1_3, "{kind:?}");
        let key = PublicKey::of_certificate(&ours.info().peer_certificates[0]).unwrap().key_type();
        assert_eq!(key == KeyType::Rsa, kind == KeyKind::Rsa);
    }
}

#[test]
fn the_name_chooses_the_certificate_in_both() {
    let provider = ring::provider();
    let other = PKI.server_for("other.example", KeyKind::P256);
    let server = server().credential_for(["other.example"], other.credential(&*provider)).build().unwrap();
    let acceptor = Acceptor::new(&server).unwrap();
    let (serving, address) = serve(acceptor, 3);
    let connector = crate::connector();
    for name in ["other.example", "server.example"] {
        let dial = || crate::dial(address);
        let info = converse(connector.connect_with(name.try_into().unwrap(), 1, dial).unwrap());
        assert_eq!(info.peer_certificates[0] == other.certificate, name == "other.example");
    }
    let old = client().policy(policy("_CBC_")).build().unwrap();
    let socket = TcpStream::connect(address).unwrap();
    let mut stream =
        tls12::io::blocking::StreamOwned::client(old, "other.example".try_into().unwrap(), socket).unwrap();
    stream.complete_handshake().unwrap();
    assert_eq!(stream.info().unwrap().peer_certificates()[0], other.certificate);
    stream.close().unwrap();
    serving.join().unwrap();
}

fn setup_error(config: &ClientConfig) -> SetupError {
    Connector::new(config).unwrap_err()
}

#[test]
fn what_rustls_cannot_do_is_refused_when_it_is_built() {
    let provider = ring::provider;
    let later = ClientConfig::builder_verifying_later(provider()).build().unwrap();
    assert!(matches!(setup_error(&later), SetupError::Deferred("the verdict on the server's certificate")));
    let choice = client().credentials_later().build().unwrap();
    assert!(matches!(setup_error(&choice), SetupError::Deferred("the choice of the client's certificate")));
    let identity = PKI.client(KeyKind::Rsa);
    let elsewhere = || {
        let key = ExternalKey::new([SignatureScheme::RSA_PSS_RSAE_SHA256]);
        Credential::external(vec![identity.certificate.clone()], key).unwrap()
    };
    let external = client().credentials([elsewhere()]).build().unwrap();
    assert!(matches!(setup_error(&external), SetupError::Deferred(_)));
    let server = ServerConfig::builder(elsewhere()).build().unwrap();
    assert!(matches!(Acceptor::new(&server).unwrap_err(), SetupError::Deferred(_)));
    let psk = client().preshared_key_later().build().unwrap();
    assert!(matches!(setup_error(&psk), SetupError::Deferred("the choice of a pre-shared key")));
    let deferred = [
        (crate::server().preshared_keys_later(), "the choice of a pre-shared key"),
        (crate::server().tickets_later(), "the sealing of tickets"),
        (crate::server().session_store_later(), "the storing of sessions"),
        (
            crate::server().client_auth(ClientAuth::Require(ClientTrust::later())),
            "the verdict on the client's certificate",
        ),
    ];
    for (config, expected) in deferred {
        let error = Acceptor::new(&config.build().unwrap()).unwrap_err();
        assert!(matches!(error, SetupError::Deferred(what) if what == expected), "{error}");
    }
    let shape = HelloShape::default().indication(Indication::Other("a.example".try_into().unwrap()));
    assert!(matches!(setup_error(&client().hello_shape(shape).build().unwrap()), SetupError::Indication));
    let p521 = client().policy(Policy::legacy().groups([NamedGroup::SECP521R1])).build().unwrap();
    assert!(matches!(setup_error(&p521), SetupError::NoGroups));
}

/// Two connections of rustls, as a client: whether each is resumed, or refused.
fn twice(
    server: &ServerConfig,
    version: &'static SupportedProtocolVersion,
    resumption: Tls12Resumption,
) -> [Option<bool>; 2] {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_protocol_versions(&[version]).unwrap().dangerous();
    let config = config.with_custom_certificate_verifier(Arc::new(RustlsVerifier::new(roots())));
    let identity = PKI.client(KeyKind::Rsa);
    let key = PrivateKeyDer::Pkcs8(identity.key.clone_key());
    let mut config = config.with_client_auth_cert(vec![identity.certificate.clone()], key).unwrap();
    config.resumption = Resumption::in_memory_sessions(8).tls12_resumption(resumption);
    let config = Arc::new(config);
    let (serving, address) = serve(Acceptor::new(server).unwrap(), 2);
    let resumed = [(); 2].map(|()| {
        let connection = rustls::ClientConnection::new(Arc::clone(&config), crate::name()).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, crate::dial(address).unwrap());
        stream.write_all(b"forwards\n").unwrap();
        stream.read_exact(&mut [0; 9]).ok()?;
        stream.conn.handshake_kind().map(|kind| kind == HandshakeKind::Resumed)
    });
    for (info, resumed) in serving.join().unwrap().into_iter().zip(resumed) {
        assert_eq!(info.ok().map(|info| (info.stack, info.resumed)), resumed.map(|resumed| (Stack::Rustls, resumed)));
    }
    resumed
}

/// Whether rustls resumes sessions is as configured.
#[test]
fn rustls_resumes_as_configured() {
    use Tls12Resumption::{SessionIdOnly, SessionIdOrTickets};
    let (kept, fresh) = ([Some(false), Some(true)], [Some(false); 2]);
    let all = || server().build().unwrap();
    assert_eq!(twice(&all(), &TLS13, SessionIdOrTickets), kept);
    assert_eq!(twice(&all(), &TLS12, SessionIdOrTickets), kept);
    assert_eq!(twice(&all(), &TLS12, SessionIdOnly), kept);
    let no_store = server().no_session_store().build().unwrap();
    assert_eq!(twice(&no_store, &TLS12, SessionIdOrTickets), kept);
    assert_eq!(twice(&no_store, &TLS12, SessionIdOnly), fresh);
    let none = server().no_session_store().no_tickets().build().unwrap();
    assert_eq!(twice(&none, &TLS13, SessionIdOrTickets), fresh);
    assert_eq!(twice(&none, &TLS12, SessionIdOrTickets), fresh);
}

/// rustls does not verify the chain of a session again.
#[test]
fn rustls_resumes_no_session_of_a_verified_client() {
    let trust = || roots().as_ref().clone().client_trust();
    for client_auth in [ClientAuth::Require(trust()), ClientAuth::Request(trust())] {
        let server = server().client_auth(client_auth).build().unwrap();
        for version in [&TLS12, &TLS13] {
            assert_eq!(twice(&server, version, Tls12Resumption::SessionIdOrTickets), [Some(false); 2]);
        }
    }
}

#[test]
fn the_minimum_version_can_be_tls13() {
    let strict = Connector::with_min_version(&client().build().unwrap(), TLS_1_3).unwrap();
    assert_eq!(converse(connect(&strict, Server::rustls(&[&TLS13, &TLS12]).address).unwrap()).version, TLS_1_3);
    let error = connect(&strict, Server::rustls(&[&TLS12]).address).unwrap_err();
    assert_eq!((error.stack(), strict.fallbacks()), (Some(Stack::Rustls), 0));
    assert!(error.to_string().ends_with("the minimum version is TLS 1.3"), "{error}");

    let acceptor = Acceptor::with_min_version(&server().build().unwrap(), TLS_1_3).unwrap();
    let (serving, address) = serve(acceptor, 3);
    for policy in [Policy::legacy(), policy("_CBC_")] {
        let config = client().policy(policy).build().unwrap();
        let mut old =
            tls12::io::blocking::StreamOwned::client(config, crate::name(), crate::dial(address).unwrap()).unwrap();
        let error = old.complete_handshake().unwrap_err();
        let alert = error.get_ref().unwrap().downcast_ref();
        assert!(matches!(alert, Some(Error::Alert(AlertDescription::ProtocolVersion))), "{error}");
    }
    assert_eq!(converse(connect(&crate::connector(), address).unwrap()).version, TLS_1_3);
    assert_eq!(serving.join().unwrap().into_iter().map(|info| info.is_ok()).collect::<Vec<_>>(), [false, false, true]);

    let other = Connector::with_min_version(&client().build().unwrap(), ProtocolVersion(0x0302)).unwrap_err();
    assert!(matches!(other, SetupError::MinVersion(ProtocolVersion(0x0302))), "{other}");
}

/// An acceptor for each name, chosen when the ClientHello has been read.
#[test]
fn the_requested_name_may_choose_the_acceptor() {
    let provider = ring::provider();
    let of = |config: ServerConfigBuilder| Acceptor::new(&config.build().unwrap()).unwrap();
    let other = PKI.server_for("other.example", KeyKind::P256);
    let acceptors = [of(server()), of(ServerConfig::builder(other.credential(&*provider)).policy(Policy::legacy()))];
    let (listener, address) = listen();
    let serving = thread::spawn(move || {
        for _ in 0..4 {
            let greeted = LazyAcceptor::read(listener.accept().unwrap().0, BOUND).unwrap();
            let acceptor = &acceptors[usize::from(greeted.server_name() == Some("other.example"))];
            reverse(greeted.accept(acceptor).unwrap());
        }
    });
    for config in [client(), client().policy(policy("_CBC_"))] {
        let config = config.build().unwrap();
        let stack = if config.policy().allowed_suites().any(|suite| suite.name.contains("GCM")) {
            Stack::Rustls
        } else {
            Stack::Tls12
        };
        for name in ["server.example", "other.example"] {
            let chain = if stack == Stack::Rustls {
                let connector = Connector::new(&config).unwrap();
                let dial = || crate::dial(address);
                converse(connector.connect_with(name.try_into().unwrap(), 1, dial).unwrap()).peer_certificates
            } else {
                let config = config.to_builder().build().unwrap();
                let socket = crate::dial(address).unwrap();
                let mut stream =
                    tls12::io::blocking::StreamOwned::client(config, name.try_into().unwrap(), socket).unwrap();
                stream.complete_handshake().unwrap();
                stream.close().unwrap();
                stream.info().unwrap().peer_certificates().into()
            };
            assert_eq!(chain[0] == other.certificate, name == "other.example", "{name} by {stack:?}");
        }
    }
    serving.join().unwrap();
}

/// Two threads, each with a direction, and more data than all buffers on the way hold.
#[test]
fn streams_can_be_split_in_both() {
    const LEN: usize = 3 << 20;
    for suites in ["GCM", "_CBC_"] {
        for tls13 in [false, true] {
            let server = server().policy(policy(suites)).build().unwrap();
            let config = client().policy(policy(suites)).build().unwrap();
            let (listener, address) = listen();
            let acceptor = Acceptor::new(&server).unwrap();
            let serving = thread::spawn(move || acceptor.accept(listener.accept().unwrap().0).unwrap());
            let halves =
                |stream: Stream<TcpStream>| stream.into_split(|socket| Ok((socket.try_clone()?, socket))).unwrap();
            let sent: Vec<u8> = (0..LEN).map(|n| (n % 251) as u8).collect();
            let all = sent.clone();
            if tls13 {
                let (mut read, mut write) = halves(connect(&Connector::new(&config).unwrap(), address).unwrap());
                let echo = thread::spawn(move || echo(halves(serving.join().unwrap())));
                assert_eq!(read.info().version, TLS_1_3);
                let writing = thread::spawn(move || {
                    write.write_all(&sent).unwrap();
                    write.close().unwrap();
                });
                let mut received = Vec::new();
                read.read_to_end(&mut received).unwrap();
                assert!(received == all);
                writing.join().unwrap();
                assert_eq!(echo.join().unwrap(), Stack::Rustls);
            } else {
                let socket = crate::dial(address).unwrap();
                let stream = tls12::io::blocking::StreamOwned::client(config, crate::name(), socket).unwrap();
                let mut stream = stream;
                stream.complete_handshake().unwrap();
                let echo = thread::spawn(move || echo(halves(serving.join().unwrap())));
                let (mut read, mut write) = stream.into_split(|socket| Ok((socket.try_clone()?, socket))).unwrap();
                let writing = thread::spawn(move || {
                    write.write_all(&sent).unwrap();
                    write.close().unwrap();
                });
                let mut received = Vec::new();
                read.read_to_end(&mut received).unwrap();
                assert!(received == all);
                writing.join().unwrap();
                assert_eq!(echo.join().unwrap() == Stack::Tls12, suites == "_CBC_");
            }
        }
    }
}

/// Sends back what comes, and returns whose connection it was.
fn echo((mut read, mut write): (ReadHalf<TcpStream>, WriteHalf<TcpStream>)) -> Stack {
    io::copy(&mut read, &mut write).unwrap();
    write.close().unwrap();
    read.info().stack
}

/// What a transport that is cut off says, and what a failure does to the halves.
#[test]
fn a_cut_is_told_apart_by_a_reading_half() {
    let (ours, theirs) = pair(&client().build().unwrap(), &server().build().unwrap());
    let (mut read, _write) = ours.into_split(|socket| Ok((socket.try_clone()?, socket))).unwrap();
    drop(theirs);
    assert_eq!(read.read(&mut [0; 9]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

/// A silent peer is given up after the limit, by both sides.
#[test]
fn handshakes_have_a_time_limit() {
    let limit = std::time::Duration::from_millis(200);
    let (listener, address) = listen();
    let connector = crate::connector().handshake_time(limit);
    let error = connector.connect("127.0.0.1", address.port()).unwrap_err();
    assert_eq!((error.error().kind(), connector.fallbacks()), (io::ErrorKind::TimedOut, 0), "{error}");
    let _silent = TcpStream::connect(address).unwrap();
    listener.accept().unwrap();
    let (socket, _) = listener.accept().unwrap();
    let error = crate::acceptor().handshake_time(limit).accept(socket).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error}");
}
