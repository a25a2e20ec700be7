//! tlslite-ng, a client in Python whose ClientHello can be changed: it names no groups, which no other peer can be told.
//!
//! It has no column in the table.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::Trial;
use tls12::ServerConfig;
use tls12::crypto::ring;
use tls12::wire::NamedGroup;

use crate::Missing;
use crate::drive::{Delivery, Driven, accept, listen};
use crate::matrix::Role;
use crate::peer::Process;
use crate::results::Results;
use crate::support::pki::PKI;

const NAME: &str = "tlslite-ng";

/// Where `.ci/run` installs it.
const PYTHON: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/python/bin/python");
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/programs/no_groups.py");

/// Everything that is tried with tlslite-ng.
pub fn trials(results: &Arc<Results>) -> Result<Vec<Trial>, Missing> {
    let is_there = Command::new(PYTHON).args(["-c", "import tlslite"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        return Err(Missing {
            peer: NAME,
            why: format!("{} has no tlslite", Path::new(PYTHON).display()),
            install: "python3 -m venv target/tmp/python, target/tmp/python/bin/pip install tlslite-ng",
        });
    }
    let cases = [("unnamed", NamedGroup::SECP256R1), ("named", NamedGroup::X25519)];
    let trial =
        |(groups, expected)| results.trial(NAME, Role::Server, "groups", groups, move || gets_group(groups, expected));
    Ok(cases.into_iter().map(trial).collect())
}

/// RFC 8422 §4 leaves the choice to us where a client names no groups; clients of the time of RFC 4492 have P-256, and not
/// X25519, which we prefer.
fn gets_group(groups: &str, expected: NamedGroup) {
    let config = ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap();
    let (listener, address) = listen();
    let port = address.port().to_string();
    let mut peer = Process::spawn(Command::new(PYTHON).args([PROGRAM, &port, groups]), None);
    let mut server = Driven::server(&config, accept(&listener, || peer.assert_running()), Delivery::Whole);
    server.handshake().unwrap();
    assert_eq!(server.info().group(), Some(expected));
    let line = format!("group: {}\n", expected.0);
    peer.wait_for("its group", |output| (output == line.as_bytes()).then_some(()));
    server.send(b"echo");
    assert_eq!(server.receive(4), b"echo");
    server.closed_by_peer();
    assert!(peer.end().status.success());
}
