//! What the matrix does not have: keys, chains, signatures, refusals on either side, fragments, and ends of all kinds.

use std::fmt::Display;
use std::fs;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use libtest_mimic::Trial;
use tls12::crypto::{CipherSuite, ring};
use tls12::wire::SignatureScheme;
use tls12::{
    Agreement, AlertDescription, CertificateErrorKind, ClientConfig, Error, FalseStart, Lacking, Policy, Renegotiation,
    ServerConfig,
};

use super::Direction::{Received, Sent};
use super::{NAME, NO_EXTENDED_MASTER_SECRET, OpenSsl, PROGRAM, Peer, Run, S_CLIENT, SERVER, Told, joined};
use crate::drive::{Delivery, Driven, accept, listen};
use crate::matrix::Role;
use crate::peer::Process;
use crate::results::Results;
use crate::support::pki::{KeyKind, PKI, PemIdentity, Pki, SERVER_NAME};

/// Some data each way: in one record, and in two.
const LENGTHS: [usize; 2] = [100, 20_000];

/// A suite of each key exchange, and of each kind of record protection.
const SUITES: [&str; 2] = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"];

const OTHER_NAME: &str = "other.example";

/// Every scheme that we have, with OpenSSL's names.
const SCHEMES: [(SignatureScheme, &str); 6] = [
    (SignatureScheme::RSA_PSS_RSAE_SHA256, "RSA-PSS+SHA256"),
    (SignatureScheme::RSA_PSS_RSAE_SHA384, "RSA-PSS+SHA384"),
    (SignatureScheme::RSA_PSS_RSAE_SHA512, "RSA-PSS+SHA512"),
    (SignatureScheme::RSA_PKCS1_SHA256, "RSA+SHA256"),
    (SignatureScheme::RSA_PKCS1_SHA384, "RSA+SHA384"),
    (SignatureScheme::RSA_PKCS1_SHA512, "RSA+SHA512"),
];

/// Collects the trials.
struct List<'a> {
    openssl: &'a Arc<OpenSsl>,
    results: &'a Arc<Results>,
    trials: Vec<Trial>,
}

impl List<'_> {
    fn add(&mut self, role: Role, row: &str, variant: impl Display, test: impl FnOnce(&OpenSsl) + Send + 'static) {
        let openssl = Arc::clone(self.openssl);
        let trial = self.results.trial(NAME, role, row, variant, move || test(&openssl));
        self.trials.push(trial);
    }
}

pub(super) fn trials(openssl: &Arc<OpenSsl>, results: &Arc<Results>) -> Vec<Trial> {
    let mut list = List { openssl, results, trials: Vec::new() };
    for (bits, format) in [(3072, &["-traditional"][..]), (4096, &[])] {
        let identity = Arc::new(LazyLock::new(move || PKI.server_pem_with(generate_key(bits, format))));
        for role in [Role::Client, Role::Server] {
            let identity = Arc::clone(&identity);
            list.add(role, &format!("RSA key of {bits} bits"), "", move |openssl| {
                identity_is_accepted(openssl, role, &identity);
            });
        }
    }
    for role in [Role::Client, Role::Server] {
        list.add(role, "chain with an intermediate CA", "", move |openssl| {
            identity_is_accepted(openssl, role, &PKI.server_pem_below_intermediate());
        });
    }
    for (scheme, name) in SCHEMES {
        list.add(Role::Client, "signature schemes", name, move |openssl| {
            let policy = Policy::default().signature_schemes([scheme]);
            let told = carries_data(openssl.serve(SERVER, &Run::with(&[]), policy, Delivery::Whole));
            told.check_scheme(scheme);
        });
        list.add(Role::Server, "signature schemes", name, move |openssl| {
            let told = carries_data(openssl.connect_default(&Run::with(&["-sigalgs", name])));
            told.check_scheme(scheme);
        });
    }
    for (kind, scheme, name) in [
        (KeyKind::P384, SignatureScheme::ECDSA_SHA256, "ECDSA+SHA256"),
        (KeyKind::P384, SignatureScheme::ECDSA_SHA512, "ECDSA+SHA512"),
        (KeyKind::P256, SignatureScheme::ECDSA_SHA512, "ECDSA+SHA512"),
        (KeyKind::P521, SignatureScheme::ECDSA_SHA256, "ECDSA+SHA256"),
    ] {
        list.add(
            Role::Server,
            "ECDSA with a hash that does not match the curve",
            format!("{kind:?} {name}"),
            move |openssl| {
                let credential = PKI.server(kind).credential(&*ring::provider());
                // In TLS 1.2 OpenSSL does not tie the hash to the curve. The other schemes are for the chain.
                // It takes none twice.
                let for_the_chain =
                    ["ECDSA+SHA256", "ECDSA+SHA384", "RSA+SHA256"].into_iter().filter(|other| *other != name);
                let sigalgs = [name].into_iter().chain(for_the_chain).collect::<Vec<_>>().join(":");
                let run = Run::with(&["-sigalgs", &sigalgs, "-groups", "P-256:P-384:P-521"]);
                let policy = Policy::default().signature_schemes([scheme]);
                let told = carries_data(openssl.connect(credential, &run, policy, Delivery::Whole));
                told.check_scheme(scheme);
            },
        );
    }
    for by_ticket in [true, false] {
        let variant = if by_ticket { "by ticket" } else { "by session ID" };
        list.add(Role::Client, "resumption without EMS", variant, move |openssl| {
            resumes_without_extended_master_secret(openssl, by_ticket);
        });
        list.add(Role::Server, "resumption without EMS", variant, move |openssl| {
            is_resumed_without_extended_master_secret(openssl, by_ticket);
        });
    }
    list.add(Role::Client, "False Start", "", |openssl| {
        let (mut peer, address) = openssl.s_server(SERVER, &Run::with(&["-tls1_2"]));
        let config = ClientConfig::builder(super::trust(&PKI)).false_start(FalseStart::WhereSafe).build().unwrap();
        let mut client = Driven::client(&config, SERVER_NAME, address, Delivery::Whole);
        client.false_start();
        let early = super::sample(5000);
        client.send(&early);
        client.handshake().unwrap();
        peer.connected();
        assert!(peer.received(early.len()) == early);
        peer.data_at += early.len();
        peer.exchange(&mut client, &LENGTHS);
        client.close();
        peer.end().check_clean_close();
    });
    for delivery in [Delivery::Whole, Delivery::ByteByByte] {
        let variant = format!("{delivery:?}");
        list.add(Role::Client, "small records", &variant, move |openssl| small_records_of_server(openssl, delivery));
        list.add(Role::Server, "small records", &variant, move |openssl| small_records_of_client(openssl, delivery));
    }
    client_trials(&mut list);
    server_trials(&mut list);
    list.trials
}

/// RFC 7627 §5.3: a server that does not know it, and so resumes a session without it; as FTPS servers on OpenSSL 1.0 must.
fn resumes_without_extended_master_secret(openssl: &OpenSsl, by_ticket: bool) {
    let by = if by_ticket { "-no_cache" } else { "-no_ticket" };
    let run = Run { configuration: NO_EXTENDED_MASTER_SECRET, ..Run::with(&["-tls1_2", "-naccept", "2", by]) };
    let (mut peer, address) = openssl.s_server(SERVER, &run);
    let config = ClientConfig::builder(super::trust(&PKI)).policy(Policy::legacy()).build().unwrap();
    let mut first = Driven::client(&config, SERVER_NAME, address, Delivery::Whole);
    first.handshake().unwrap();
    peer.connected();
    peer.exchange(&mut first, &LENGTHS);
    let session = first.session();
    first.close();
    let mut second = Driven::resume(&config, SERVER_NAME, session, address);
    second.handshake().unwrap();
    assert!(peer.connected().contains("Reused session-id\n"));
    assert!(second.info().resumed() && !second.info().extended_master_secret());
    peer.exchange(&mut second, &LENGTHS);
    second.close();
    assert!(peer.end().status.success());
}

/// The same of a client.
fn is_resumed_without_extended_master_secret(openssl: &OpenSsl, by_ticket: bool) {
    let config = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(Policy::legacy()).build().unwrap();
    let (listener, address) = listen();
    let (address, session) = (address.to_string(), format!("session.{}", openssl.unique()));
    for resumed in [false, true] {
        let mut arguments = vec!["-tls1_2", "-connect", &address, "-CAfile", "root.pem", "-verify_return_error"];
        arguments.extend([if resumed { "-sess_in" } else { "-sess_out" }, &session]);
        if !by_ticket {
            arguments.push("-no_ticket");
        }
        let run = Run { configuration: NO_EXTENDED_MASTER_SECRET, ..Run::with(&arguments) };
        let mut peer = openssl.spawn(&S_CLIENT, &[], &run);
        let stream = accept(&listener, || peer.process.assert_running());
        let mut server = Driven::server(&config, stream, Delivery::Whole);
        server.handshake().unwrap();
        let report = peer.connected();
        assert!(report.contains(if resumed { "\nReused, " } else { "\nNew, " }), "{report}");
        assert_eq!((server.info().resumed(), server.info().extended_master_secret()), (resumed, false));
        peer.exchange(&mut server, &LENGTHS);
        server.close();
        peer.end().check_clean_close();
    }
}

/// An RSA key, made and written by OpenSSL.
fn generate_key(bits: u32, format: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    let ended = Process::spawn(command.arg("genrsa").args(format).arg(bits.to_string()), None).end();
    String::from_utf8(ended.output).unwrap()
}

/// The side that plays the server has this identity; both key exchanges work with it.
fn identity_is_accepted(openssl: &OpenSsl, role: Role, identity: &PemIdentity) {
    let name = format!("identity.{}", openssl.unique());
    openssl.store(&name, identity);
    for suite in SUITES {
        let suite = CipherSuite::from_name(suite).unwrap();
        let policy = Policy::legacy().suites([suite]);
        let run = Run::with(&[]);
        let told = carries_data(match role {
            Role::Client => openssl.serve(&name, &run, policy, Delivery::Whole),
            Role::Server => openssl.connect(identity.credential(&*ring::provider()), &run, policy, Delivery::Whole),
        });
        assert!(told.message("ServerHello").contains(suite.name));
    }
}

/// The handshake is completed, data goes each way, and our side closes the connection.
fn carries_data((mut ours, mut peer): (Driven, Peer)) -> Told {
    ours.handshake().unwrap();
    peer.connected();
    peer.exchange(&mut ours, &LENGTHS);
    ours.close();
    let told = peer.end();
    told.check_clean_close();
    told
}

/// Our side refuses the handshake, with this error, and tells the peer by this alert.
fn we_refuse((mut ours, peer): (Driven, Peer), alert: &str) -> Error {
    let error = ours.handshake().unwrap_err();
    drop(ours);
    let told = peer.end();
    assert_eq!(told.alerts(Received), [format!("fatal {alert}")]);
    let code = error.alert().unwrap().code();
    assert!(told.errors.contains(&format!("SSL alert number {code}\n")));
    error
}

/// The peer refuses the handshake, and tells us by this alert.
fn peer_refuses((mut ours, peer): (Driven, Peer), alert: AlertDescription, name: &str) {
    assert_eq!(ours.handshake(), Err(Error::Alert(alert)));
    drop(ours);
    assert_eq!(peer.end().alerts(Sent), [format!("fatal {name}")]);
}

/// The server's flight comes in records of 512 bytes: its certificates are split over several.
fn small_records_of_server(openssl: &OpenSsl, delivery: Delivery) {
    let name = format!("small.{}", openssl.unique());
    openssl.store(&name, &PKI.server_pem_below_intermediate());
    let run = Run::with(&["-max_send_frag", "512"]);
    let told = carries_data(openssl.serve(&name, &run, Policy::default(), delivery));
    assert_eq!(told.largest_handshake_record(Sent), 512);
}

/// So does the ClientHello, which long protocol names make long.
fn small_records_of_client(openssl: &OpenSsl, delivery: Delivery) {
    let names = ["a".repeat(250), "b".repeat(250), "c".repeat(250)].join(",");
    let run = Run::with(&["-max_send_frag", "512", "-alpn", &names]);
    let credential = PKI.credential(&*ring::provider());
    let told = carries_data(openssl.connect(credential, &run, Policy::default(), delivery));
    assert_eq!(told.largest_handshake_record(Sent), 512);
}

fn client_trials(list: &mut List<'_>) {
    let mut add = |row, variant, test: fn(&OpenSsl)| list.add(Role::Client, row, variant, test);
    add("refused certificates", "by us: another name", |openssl| {
        let error = we_refuse(openssl.serve_stranger(OTHER_NAME, &PKI), "bad certificate");
        assert_eq!(kind(error), CertificateErrorKind::NameMismatch);
    });
    add("refused certificates", "by us: unknown CA", |openssl| {
        let error = we_refuse(openssl.serve_stranger(SERVER_NAME, &Pki::new("another root")), "unknown CA");
        assert_eq!(kind(error), CertificateErrorKind::UnknownIssuer);
    });
    add("requested client certificates", "none is fine", |openssl| {
        let told = carries_data(openssl.serve_default(&Run::with(&["-verify", "1"])));
        told.message("CertificateRequest");
    });
    add("requested client certificates", "none is not", |openssl| {
        let (client, peer) = openssl.serve_default(&Run::with(&["-Verify", "1"]));
        peer_refuses((client, peer), AlertDescription::HandshakeFailure, "handshake failure");
    });
    add("no common parameters", "suites", |openssl| {
        let run = Run::with(&["-cipher", "ECDHE-RSA-CAMELLIA128-SHA256"]);
        let pair = openssl.serve(SERVER, &run, Policy::legacy(), Delivery::Whole);
        peer_refuses(pair, AlertDescription::HandshakeFailure, "handshake failure");
    });
    add("no common parameters", "groups", |openssl| {
        let pair = openssl.serve_default(&Run::with(&["-groups", "X448"]));
        peer_refuses(pair, AlertDescription::HandshakeFailure, "handshake failure");
    });
    add("no common parameters", "signature schemes", |openssl| {
        let policy = Policy::default().signature_schemes([SignatureScheme::RSA_PSS_RSAE_SHA256]);
        let pair = openssl.serve(SERVER, &Run::with(&["-sigalgs", "RSA+SHA256"]), policy, Delivery::Whole);
        peer_refuses(pair, AlertDescription::HandshakeFailure, "handshake failure");
    });
    add("no common parameters", "EMS, which we require", |openssl| {
        let run = Run { configuration: NO_EXTENDED_MASTER_SECRET, ..Run::with(&[]) };
        let policy = Policy::default().extended_master_secret(Agreement::Require);
        let error = we_refuse(openssl.serve(SERVER, &run, policy, Delivery::Whole), "handshake failure");
        assert_eq!(error, Error::NothingInCommon(Lacking::ExtendedMasterSecret));
    });
    add("no common parameters", "EtM, which we require", |openssl| {
        let run = Run::with(&["-no_etm"]);
        let suite = CipherSuite::from_name(SUITES[1]).unwrap();
        let policy = Policy::legacy().suites([suite]).encrypt_then_mac(Agreement::Require);
        let error = we_refuse(openssl.serve(SERVER, &run, policy, Delivery::Whole), "handshake failure");
        assert_eq!(error, Error::NothingInCommon(Lacking::EncryptThenMac));
    });
    add("peers without TLS 1.2", "TLS 1.3 only", |openssl| {
        let pair = openssl.serve_default(&Run::with(&["-tls1_3"]));
        peer_refuses(pair, AlertDescription::ProtocolVersion, "protocol version");
    });
    add("peers without TLS 1.2", "TLS 1.1 only", |openssl| {
        let run = Run::with(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
        let (mut client, peer) = openssl.serve_default(&run);
        assert_eq!(client.handshake(), Err(Error::Version { got: 0x0302 }));
        drop(client);
        // Our alert comes in a record of version 1.2, which is all that OpenSSL looks at.
        assert!(peer.end().errors.contains(":wrong version number:"));
    });
    add("server name", "it is the server's", |openssl| {
        let (warnings, told) = names(openssl, SERVER_NAME);
        assert_eq!(warnings, []);
        assert_eq!(told.alerts(Sent), ["warning close notify"]);
    });
    add("server name", "it is not: a warning", |openssl| {
        let (warnings, told) = names(openssl, OTHER_NAME);
        assert_eq!(warnings, [AlertDescription::UnrecognizedName]);
        assert_eq!(told.alerts(Sent), ["warning unrecognized name", "warning close notify"]);
    });
    add("refused renegotiation", "", |openssl| {
        let (mut client, mut peer) = openssl.serve_default(&Run::with(&[]));
        client.handshake().unwrap();
        peer.connected();
        peer.process.send(b"r\n".to_vec());
        // OpenSSL takes our no_renegotiation for fatal.
        assert_eq!(client.failure(), Error::Alert(AlertDescription::HandshakeFailure));
        assert_eq!(peer.end().alerts(Received), ["warning no renegotiation"]);
    });
    add("renegotiation", "for a client certificate", certificate_is_asked_for_later);
    add("closed and truncated connections", "closed by the peer", |openssl| {
        let page = super::sample(100_000);
        fs::write(openssl.path("page"), &page).unwrap();
        let run = Run::with(&["-WWW", "-http_server_binmode"]);
        let (mut client, peer) = openssl.serve_default(&run);
        client.handshake().unwrap();
        client.send(b"GET /page HTTP/1.0\r\n\r\n");
        assert!(client.closed_by_peer().ends_with(&page));
        let told = peer.end();
        assert_eq!(told.alerts(Sent), ["warning close notify"]);
    });
    add("closed and truncated connections", "cut off", |openssl| {
        let (mut client, mut peer) = openssl.serve_default(&Run::with(&[]));
        client.handshake().unwrap();
        peer.connected();
        peer.process.kill();
        assert_eq!(client.failure(), Error::Truncated);
    });
}

fn kind(error: Error) -> CertificateErrorKind {
    match error {
        Error::Certificate(error) => error.kind,
        other => panic!("{other}"),
    }
}

/// The server asks for another handshake, and for a certificate in it, which it shows and verifies.
fn certificate_is_asked_for_later(openssl: &OpenSsl) {
    let identity = PKI.client(KeyKind::P256);
    let config = ClientConfig::builder(super::trust(&PKI)).renegotiation(Renegotiation::AtMost(1));
    let config = config.credentials([identity.credential(&*ring::provider())]).build().unwrap();
    let (mut peer, address) = openssl.s_server(SERVER, &Run::with(&["-tls1_2", "-CAfile", "root.pem"]));
    let mut client = Driven::client(&config, SERVER_NAME, address, Delivery::Whole);
    client.handshake().unwrap();
    peer.connected();
    peer.exchange(&mut client, &LENGTHS);
    assert!(client.info().own_certificates().is_empty());
    peer.process.send(b"R\n".to_vec());
    client.renegotiation();
    assert_eq!(client.info().own_certificates(), std::slice::from_ref(&identity.certificate));
    peer.says("that it has asked, and waits for data", &["SSL_do_handshake -> 1\nRead BLOCK\n"]);
    peer.exchange(&mut client, &LENGTHS);
    client.close();
    let told = peer.end();
    told.check_clean_close();
    let verified = "depth=0 CN=tls12 test client\nverify return:1\n";
    assert!(joined(&told.errors).contains(verified), "{}", told.errors);
    for once in ["HelloRequest", "CertificateRequest", "CertificateVerify"] {
        assert_eq!(told.trace.matches(&format!("    {once}, Length=")).count(), 1, "{once}");
    }
}

/// A server with two names, of which the second is this one.
fn names(openssl: &OpenSsl, name: &str) -> (Vec<AlertDescription>, Told) {
    let run = Run::with(&["-servername", name, "-cert2", "server.crt", "-key2", "server.key"]);
    let (mut client, mut peer) = openssl.serve_default(&run);
    client.handshake().unwrap();
    let warnings = client.warnings().to_vec();
    peer.connected();
    client.close();
    (warnings, peer.end())
}

fn server_trials(list: &mut List<'_>) {
    let mut add = |row, variant, test: fn(&OpenSsl)| list.add(Role::Server, row, variant, test);
    add("refused certificates", "by the peer: another name", |openssl| {
        let pair = openssl.connect_default(&Run::with(&["-verify_hostname", OTHER_NAME]));
        peer_refuses(pair, AlertDescription::BadCertificate, "bad certificate");
    });
    add("refused certificates", "by the peer: unknown CA", |openssl| {
        fs::write(openssl.path("other.pem"), Pki::new("another root").root_pem()).unwrap();
        let pair = openssl.connect_default(&Run::with(&["-CAfile", "other.pem"]));
        peer_refuses(pair, AlertDescription::UnknownCa, "unknown CA");
    });
    add("no common parameters", "suites", |openssl| {
        let error = we_refuse(openssl.connect_default(&Run::with(&["-cipher", "AES256-SHA"])), "handshake failure");
        assert_eq!(error, Error::NothingInCommon(Lacking::CipherSuite));
    });
    add("no common parameters", "groups", |openssl| {
        let error = we_refuse(openssl.connect_default(&Run::with(&["-groups", "X448"])), "handshake failure");
        assert_eq!(error, Error::NothingInCommon(Lacking::Group));
    });
    add("no common parameters", "signature schemes", |openssl| {
        let error = we_refuse(openssl.connect_default(&Run::with(&["-sigalgs", "ECDSA+SHA256"])), "handshake failure");
        // It then offers no suite that RSA signs.
        assert_eq!(error, Error::NothingInCommon(Lacking::Certificate));
    });
    add("no common parameters", "EMS, which we require", |openssl| {
        let run = Run { configuration: NO_EXTENDED_MASTER_SECRET, ..Run::with(&[]) };
        let policy = Policy::default().extended_master_secret(Agreement::Require);
        let pair = openssl.connect(PKI.credential(&*ring::provider()), &run, policy, Delivery::Whole);
        assert_eq!(we_refuse(pair, "handshake failure"), Error::NothingInCommon(Lacking::ExtendedMasterSecret));
    });
    add("no common parameters", "EtM, which we require", |openssl| {
        let suite = CipherSuite::from_name(SUITES[1]).unwrap();
        let policy = Policy::legacy().suites([suite]).encrypt_then_mac(Agreement::Require);
        let pair =
            openssl.connect(PKI.credential(&*ring::provider()), &Run::with(&["-no_etm"]), policy, Delivery::Whole);
        assert_eq!(we_refuse(pair, "handshake failure"), Error::NothingInCommon(Lacking::EncryptThenMac));
    });
    add("no common parameters", "groups, so that static RSA is left", |openssl| {
        let run = Run::with(&["-cipher", "ALL", "-groups", "X448"]);
        let pair = openssl.connect(PKI.credential(&*ring::provider()), &run, Policy::legacy(), Delivery::Whole);
        assert!(carries_data(pair).message("ServerHello").contains(" TLS_RSA_WITH_AES_128_GCM_SHA256\n"));
    });
    add("peers without TLS 1.2", "TLS 1.3 only", |openssl| {
        let error = we_refuse(openssl.connect_default(&Run::with(&["-tls1_3"])), "protocol version");
        assert_eq!(error, Error::VersionNotListed);
    });
    add("peers without TLS 1.2", "TLS 1.1 only", |openssl| {
        let run = Run::with(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
        assert_eq!(we_refuse(openssl.connect_default(&run), "protocol version"), Error::Version { got: 0x0302 });
    });
    add("refused renegotiation", "", |openssl| {
        let (mut server, mut peer) = openssl.connect_default(&Run::with(&[]));
        server.handshake().unwrap();
        peer.connected();
        peer.process.send(b"R\n".to_vec());
        // OpenSSL takes our no_renegotiation for fatal.
        assert_eq!(server.failure(), Error::Alert(AlertDescription::HandshakeFailure));
        assert_eq!(peer.end().alerts(Received), ["warning no renegotiation"]);
    });
    add("closed and truncated connections", "closed by the peer", |openssl| {
        let (mut server, mut peer) = openssl.connect_default(&Run::with(&[]));
        server.handshake().unwrap();
        peer.connected();
        peer.process.close_input();
        assert_eq!(server.closed_by_peer(), b"");
        let told = peer.end();
        assert!(told.status.success());
        assert_eq!(told.alerts(Sent), ["warning close notify"]);
    });
    add("closed and truncated connections", "cut off", |openssl| {
        let (mut server, mut peer) = openssl.connect_default(&Run::with(&[]));
        server.handshake().unwrap();
        peer.connected();
        peer.process.kill();
        assert_eq!(server.failure(), Error::Truncated);
    });
}
