//! Certificates as the common tools make them, by their shortest recipes: what we say of each with our defaults, and what
//! OpenSSL, GnuTLS and Go say with theirs.
//!
//! Whoever makes certificates by one of these recipes expects that they work. Every difference between us and one of the others
//! has its reason in the row; a difference without a reason is a failure, and so is a reason without a difference. Nothing
//! is stored: the tools make everything anew, for today.
//!
//! What the rows have is of OpenSSL 3.0, GnuTLS 3.7 and Go 1.19 (Debian 12). Another version may differ; a failure names it.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod peers;
mod row;
mod rows;
mod sets;

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::certificates::theirs::Theirs;
use peers::{GNUTLS, GO, OPENSSL, Peer};
use row::{Ours, Row};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sets::{SETS, Set};
use tls12::crypto::ring;
use tls12::verify::{TrustStore, Verifier};
use tls12::{CertificateError, KeyUse, PeerChain, VerifyPeer};

/// The first question that anybody asks: this file is trusted, and the peer sends that one.
fn our_verdict(set: &Set) -> Result<(), CertificateError> {
    let refused = |error: &dyn std::fmt::Display| {
        CertificateError::new(tls12::CertificateErrorKind::WrongPurpose, error.to_string())
    };
    let store = TrustStore::from_pem_file(set.file("roots.pem")).map_err(|error| refused(&error))?;
    let verifier = set.row.allowed.iter().fold(Verifier::new(store), |verifier, allow| verifier.allow(*allow));
    let chain: Vec<_> = CertificateDer::pem_file_iter(set.file("chain.pem")).unwrap().map(Result::unwrap).collect();
    let server = |name| tls12::Peer::Server(ServerName::try_from(name).unwrap());
    let peer = set.row.server.map_or(tls12::Peer::Client, server);
    let algorithms = ring::provider_for_small_rsa_keys().signature_algorithms();
    verifier
        .verify(&PeerChain::new(chain.into(), peer, KeyUse::DigitalSignature, UnixTime::now(), algorithms))
        .map(drop)
}

#[test]
fn our_verdicts() {
    let mut wrong = String::new();
    let mut accepted = 0;
    for set in &*SETS {
        let got = our_verdict(set);
        accepted += usize::from(got.is_ok());
        let kind: Ours = got.as_ref().map(|&()| ()).map_err(|error| error.kind);
        if kind != set.row.ours {
            let got = got.map_err(|error| (error.kind, error.explanation));
            writeln!(wrong, "{} ({}): expected {:?}, got {got:?}", set.row.name, set.row.what, set.row.ours).unwrap();
        }
    }
    println!("of {} sets we accept {accepted}", SETS.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What must hold of the table itself, whatever is installed.
#[test]
fn every_row_is_complete() {
    let rows: Vec<&Row> = rows::ALL.into_iter().flatten().collect();
    assert!(rows.len() >= 64, "only {} rows", rows.len());
    let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "two rows have one name");
    for row in rows {
        assert!(!row.what.is_empty(), "{}", row.name);
        assert_ne!(row.made.is_empty(), row.by_us.is_none(), "{}: it is made once", row.name);
        for theirs in [row.openssl, row.gnutls, row.go] {
            theirs.check(row.name, row.ours.is_ok());
        }
    }
}

#[test]
fn openssl_says_what_the_table_says() {
    compare(&OPENSSL, |row| row.openssl);
}

#[test]
fn gnutls_says_what_the_table_says() {
    compare(&GNUTLS, |row| row.gnutls);
}

#[test]
fn go_says_what_the_table_says() {
    compare(&GO, |row| row.go);
}

fn compare(peer: &Peer, theirs: fn(&Row) -> Theirs) {
    if let Some(tool) = crate::certificates::process::missing(&[peer.tool]) {
        crate::certificates::process::left_out(&format!("the table by {}", peer.name), tool, peer.install);
        return;
    }
    let verdicts = (peer.ask)(&SETS);
    let accepted = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    println!("of {} sets {} accepts {accepted}", SETS.len(), peer.name);
    let mut wrong = String::new();
    for (set, got) in SETS.iter().zip(verdicts) {
        let stated = theirs(set.row);
        if !stated.is(&got) {
            writeln!(wrong, "{} ({}): stated {stated:?}, got {got:?}", set.row.name, set.row.what).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}\n{wrong}", crate::certificates::process::version(peer.tool));
}
