//! NIST's Public Key Interoperability Test Suite (PKITS), sections 4.1 to 4.16: its tests, rebuilt by our own generator.
//!
//! Each row has a test's number, and the verdict that PKITS publishes, which is ours. OpenSSL is asked the same, as a check
//! of what the generator makes. No data of PKITS is here: the certificates are made from its descriptions of them, on
//! elliptic curves, and valid at the time of the other tests. What is at the end of a path is taken for a client's, since
//! PKITS knows no servers. The tests of DSA (4.1.4 to 4.1.6) are left out: no cipher suite here has use for it.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod path;
mod rows;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use crate::certificates::{pem, process};
use path::{ANCHOR, Case};
use rows::{Inputs, Row};
use rustls_pki_types::UnixTime;
use tls12::crypto::ring;
use tls12::verify::{CertificatePolicies, Revocation, TrustStore, UnknownStatus, Verifier};
use tls12::{CertificateError, KeyUse, Peer, PeerChain, VerifyPeer};

/// 2026-06-01T00:00:00Z, by `date -u -d 2026-06-01 +%s`.
const NOW: u64 = 1_780_272_000;

/// Every path, made once.
static TABLE: LazyLock<Vec<(&'static Row, Case)>> =
    LazyLock::new(|| rows::ALL.into_iter().flatten().map(|row| (row, (row.made)())).collect());

/// Our verdict with what PKITS asks for: all of RFC 5280 §6, and the status of every certificate.
fn our_verdict(inputs: Inputs, case: &Case) -> Result<(), CertificateError> {
    let lists = case.lists.iter().map(|list| list.as_slice().into());
    let revocation = Revocation::from_der(lists, UnknownStatus::Refuse).unwrap();
    let store = TrustStore::from_der([ANCHOR.der.clone()]).unwrap();
    let verifier = Verifier::new(store).revocation(revocation).policies(policies(inputs));
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let algorithms = ring::provider().signature_algorithms();
    let sent = case.sent.as_slice().into();
    verifier.verify(&PeerChain::new(sent, Peer::Client, KeyUse::DigitalSignature, now, algorithms)).map(drop)
}

/// What the user asks of policies.
fn policies(inputs: Inputs) -> CertificatePolicies {
    let mut policies = CertificatePolicies::new();
    for policy in inputs.initial {
        policies = policies.accept(&format!("2.16.840.1.101.3.2.1.48.{policy}")).unwrap();
    }
    if inputs.explicit {
        policies = policies.require();
    }
    if inputs.inhibit_mapping {
        policies = policies.inhibit_mapping();
    }
    if inputs.inhibit_any {
        policies = policies.inhibit_any_policy();
    }
    policies
}

#[test]
fn our_verdicts() {
    let mut wrong = String::new();
    for (row, case) in &*TABLE {
        let got = our_verdict(row.inputs, case);
        if got.is_ok() != row.valid {
            let got = got.map_err(|error| (error.kind, error.explanation));
            writeln!(wrong, "{} ({}): valid: {}, got {got:?}", row.number, row.what, row.valid).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What must hold of the table itself.
#[test]
fn every_test_is_there() {
    let numbers: BTreeSet<_> = TABLE.iter().map(|(row, _)| row.number).collect();
    assert_eq!(numbers.len(), TABLE.len(), "two rows have one number");
    // How many tests each section has, in PKITS.
    let sections = [6, 8, 11, 21, 8, 17, 5, 20, 8, 14, 11, 10, 38, 35, 10, 2];
    for (section, count) in (1..).zip(sections) {
        for test in 1..=count {
            let number = format!("4.{section}.{test}");
            let is_there = numbers.iter().any(|row| row.split('/').next() == Some(&number));
            let of_dsa = section == 1 && test >= 4;
            assert_ne!(is_there, of_dsa, "{number}");
        }
    }
    for (row, _) in &*TABLE {
        let is_reason = row.openssl_differs.is_none_or(|why| why.len() > 20);
        assert!(is_reason, "{}: that is no reason", row.number);
    }
}

#[test]
fn openssl_says_what_the_table_says() {
    if let Some(tool) = process::missing(&[["openssl", "version"]]) {
        process::left_out("PKITS by OpenSSL", tool, "apt-get install openssl");
        return;
    }
    let mut wrong = String::new();
    for (row, case) in &*TABLE {
        let got = openssl(row, case);
        if got.is_ok() != (row.valid == row.openssl_differs.is_none()) {
            writeln!(wrong, "{} ({}): valid: {}, got {got:?}", row.number, row.what, row.valid).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}\n{wrong}", process::version(["openssl", "version"]));
}

fn openssl(row: &Row, case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("root.pem", pem("CERTIFICATE", &[&ANCHOR.der]));
    write("end.pem", pem("CERTIFICATE", &case.sent[..1]));
    write("others.pem", pem("CERTIFICATE", &case.sent[1..]));
    write("lists.pem", pem("X509 CRL", &case.lists));
    let mut command = Command::new("openssl");
    command.args(["verify", "-attime", &NOW.to_string(), "-policy_check"]);
    // Not as -trusted: certificates that sign lists only are not held against those.
    command.args(["-CAfile", "root.pem", "-no-CApath", "-no-CAstore"]);
    command.args(["-crl_check_all", "-extended_crl", "-use_deltas", "-CRLfile", "lists.pem"]);
    if case.sent.len() > 1 {
        command.args(["-untrusted", "others.pem"]);
    }
    if row.inputs.initial.is_empty() {
        command.args(["-policy", "2.5.29.32.0"]);
    }
    for policy in row.inputs.initial {
        command.args(["-policy", &format!("2.16.840.1.101.3.2.1.48.{policy}")]);
    }
    let flags = [
        (row.inputs.explicit, "-explicit_policy"),
        (row.inputs.inhibit_mapping, "-inhibit_map"),
        (row.inputs.inhibit_any, "-inhibit_any"),
    ];
    command.args(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag));
    let (valid, output) = process::run(command.arg("end.pem").current_dir(&folder), folder.path());
    if valid { Ok(()) } else { Err(output.replace('\n', " ")) }
}
