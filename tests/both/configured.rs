//! What a configuration says applies to both stacks, and what rustls cannot do is refused when it is built.

use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;

use tls12::crypto::{KeyType, PublicKey, ring};
use tls12::io::both::{Acceptor, Connector, SetupError, Stack, Stream};
use tls12::{
    Agreement, ClientAuth, ClientConfig, Credential, ExportError, ExternalKey, HelloShape, Indication, KeyLog,
    NamedGroup, Policy, ServerConfig, SignatureScheme,
};

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
    drop(stream);
    let _ = serving;
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
    let shape = HelloShape::default().indication(Indication::Other("a.example".try_into().unwrap()));
    assert!(matches!(setup_error(&client().hello_shape(shape).build().unwrap()), SetupError::Indication));
    let p521 = client().policy(Policy::legacy().groups([NamedGroup::SECP521R1])).build().unwrap();
    assert!(matches!(setup_error(&p521), SetupError::NoGroups));
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
