//! libssl as a server that renegotiates with less than before (RFC 7366 §3.1), by a program of our own: `s_server` cannot.

use std::process::Command;
use std::sync::Arc;

use libtest_mimic::Trial;
use tls12::crypto::{CipherSuite, MacOrder};
use tls12::{AlertDescription, ClientConfig, Error, Policy, Renegotiation, Violation};

use super::{NAME, OpenSsl, SERVER, trust};
use crate::Missing;
use crate::drive::{Delivery, Driven};
use crate::matrix::Role;
use crate::peer::Process;
use crate::results::Results;
use crate::support::pki::{PKI, SERVER_NAME};

const PYTHON: &str = "python3";
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/programs/libssl_server.py");

/// openssl/ssl.h
const NO_OPTION: &str = "0";
const SSL_OP_NO_ENCRYPT_THEN_MAC: &str = "0x80000";

const ROW: &str = "renegotiation without encrypt-then-MAC";

pub(super) fn trials(openssl: &Arc<OpenSsl>, results: &Arc<Results>) -> Vec<Trial> {
    let loads = "import ctypes; ctypes.CDLL('libssl.so.3'); ctypes.CDLL('libcrypto.so.3')";
    if !Command::new(PYTHON).args(["-c", loads]).output().is_ok_and(|output| output.status.success()) {
        let why = format!("{PYTHON} does not run, or finds no libssl.so.3");
        return vec![Missing { peer: "libssl", why, install: "apt-get install python3 libssl3" }.trial()];
    }
    let trial = |variant, test: fn(&OpenSsl)| {
        let openssl = Arc::clone(openssl);
        results.trial(NAME, Role::Client, ROW, variant, move || test(&openssl))
    };
    vec![trial("with it", is_completed), trial("without it", is_refused)]
}

/// Our client, connected to a server that then renegotiates with these options.
fn connected(openssl: &OpenSsl, options: &str) -> (Driven, Process) {
    let [certificate, key] = ["crt", "key"].map(|extension| openssl.path(&format!("{SERVER}.{extension}")));
    let mut command = Command::new(PYTHON);
    let peer = Process::spawn(command.arg(PROGRAM).args([&certificate, &key]).arg(options), None);
    let address = peer.wait_for("its address", |output| {
        let (_, rest) = std::str::from_utf8(output).ok()?.split_once("ACCEPT ")?;
        rest.split_once('\n')?.0.parse().ok()
    });
    let suite = CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA").unwrap();
    let config = ClientConfig::builder(trust(&PKI)).policy(Policy::default().suites([suite]));
    let config = config.renegotiation(Renegotiation::AtMost(1)).build().unwrap();
    let mut client = Driven::client(&config, SERVER_NAME, address, Delivery::Whole);
    client.handshake().unwrap();
    assert_eq!(client.info().mac_order(), Some(MacOrder::EncryptThenMac));
    (client, peer)
}

fn is_completed(openssl: &OpenSsl) {
    let (mut client, peer) = connected(openssl, NO_OPTION);
    client.renegotiation();
    assert_eq!(client.info().mac_order(), Some(MacOrder::EncryptThenMac));
    client.send(b"under new keys");
    peer.wait_for("our data", |output| output.ends_with(b"received: under new keys\n").then_some(()));
}

/// RFC 7366 §3.1: a connection MUST NOT go from encrypt-then-MAC to MAC-then-encrypt.
fn is_refused(openssl: &OpenSsl) {
    let (mut client, mut peer) = connected(openssl, SSL_OP_NO_ENCRYPT_THEN_MAC);
    let error = client.failure();
    assert_eq!(error, Error::IllegalParameter(Violation::LostByRenegotiation("encrypt-then-MAC or an AEAD")));
    assert_eq!(error.alert(), Some(AlertDescription::HandshakeFailure));
    assert_eq!(
        error.to_string(),
        "the peer violated the protocol: it renegotiates without encrypt-then-MAC or an AEAD, which the previous handshake had"
    );
    let told = String::from_utf8(peer.end().output).unwrap();
    assert!(told.ends_with(":sslv3 alert handshake failure\n"), "{told}");
}
