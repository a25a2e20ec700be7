//! A table of certificate chains, good and bad: what we say of each, and what OpenSSL and GnuTLS say.
//!
//! Every row says what RFC 5280 or its like asks for, and every difference between us and one of the others has its reason
//! in the row. A difference without a reason is a failure; so is a reason without a difference.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod make;
mod peers;
mod row;
mod rows;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use crate::certificates::{der, lists as revocation, process};
use peers::{GNUTLS, OPENSSL, Peer};
use row::{CannotBeAsked, Case, NOW, Ours, Row, Theirs};
use rustls_pki_types::{ServerName, UnixTime};
use tls12::crypto::ring;
use tls12::verify::{Revocation, Rule, TrustStore, UnknownStatus, Verdict, Verifier};
use tls12::{CertificateError, Error, PeerChain};

/// Every chain, made once.
static TABLE: LazyLock<Vec<(&'static Row, Case)>> =
    LazyLock::new(|| rows::ALL.iter().copied().flatten().map(|row| (row, (row.made)())).collect());

/// With the trust and the lists of a case, what it relaxes and what it requires.
fn verifier(case: &Case) -> Verifier {
    // One good root is always there, so that a bad one beside it is passed over.
    let mut verifier = Verifier::new(TrustStore::from_der(case.roots.iter().cloned()).unwrap());
    for allow in &case.allowed {
        verifier = verifier.allow(*allow);
    }
    for rule in &case.required {
        verifier = verifier.require(*rule);
    }
    if case.crls.is_empty() {
        return verifier;
    }
    // One good list is always there, so that a bad one beside it is passed over.
    let lists = case.crls.iter().map(|crl| crl.as_slice().into());
    verifier.revocation(Revocation::from_der(lists, UnknownStatus::Refuse).unwrap())
}

fn judged(verifier: &Verifier, case: &Case) -> Result<Verdict, CertificateError> {
    let peer = case.server.map_or(tls12::Peer::Client, |name| tls12::Peer::Server(ServerName::try_from(name).unwrap()));
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let algorithms = ring::provider().signature_algorithms();
    let mut chain = PeerChain::new(case.sent.as_slice().into(), peer, case.key_use, now, algorithms);
    chain.ocsp_response = case.staple.as_deref().map(Into::into);
    verifier.judge(&chain)
}

/// Whether a verdict is as the table has it.
fn is_as_stated(ours: Ours, verdict: &Result<Verdict, CertificateError>) -> bool {
    match (ours, verdict) {
        (Ours::Accepted(rules), Ok(verdict)) => {
            let noted: BTreeSet<_> = verdict.notes().map(|note| note.rule).collect();
            noted == rules.iter().copied().collect()
        }
        (Ours::Refused(kind, code), Err(error)) => {
            error.kind == kind && Error::from(error.clone()).alert().unwrap().code() == code
        }
        _ => false,
    }
}

#[test]
fn our_verdicts() {
    let mut wrong = String::new();
    for (row, case) in &*TABLE {
        let got = judged(&verifier(case), case);
        if !is_as_stated(row.ours, &got) {
            let notes = |verdict: Verdict| verdict.notes().map(|note| (note.rule, note.text)).collect::<Vec<_>>();
            let got = got.map(notes).map_err(|error| (error.kind, error.explanation));
            writeln!(wrong, "{}: expected {:?}, got {got:?}", row.name, row.ours).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What is noted is refused where its rule is required, and by no other rule; and what has no note is accepted where all
/// are.
#[test]
fn what_is_noted_is_refused_where_it_is_required() {
    let mut wrong = String::new();
    for (row, case) in &*TABLE {
        let Ours::Accepted(noted) = row.ours else { continue };
        for rule in Rule::ALL {
            let got = judged(&verifier(case).require(*rule), case);
            if got.is_ok() == noted.contains(rule) {
                writeln!(wrong, "{}: with {rule:?} required: {got:?}", row.name).unwrap();
            }
        }
        if judged(&verifier(case).strict(), case).is_ok() != noted.is_empty() {
            writeln!(wrong, "{}: with all rules required", row.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What must hold of the table itself, whatever is installed.
#[test]
fn every_row_is_complete() {
    assert!(TABLE.len() >= 120, "only {} rows", TABLE.len());
    let names: BTreeSet<_> = TABLE.iter().map(|(row, _)| row.name).collect();
    assert_eq!(names.len(), TABLE.len(), "two rows have one name");
    for (row, _) in &*TABLE {
        assert!(!row.what.is_empty(), "{}", row.name);
        for theirs in [row.openssl, row.gnutls] {
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

fn compare(peer: &Peer, theirs: impl Fn(&Row) -> Theirs + Sync) {
    if let Some(tool) = peer.missing() {
        process::left_out(&format!("the table by {}", peer.name), tool, &format!("apt-get install {}", peer.packages));
        return;
    }
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((row, case)) = TABLE.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(difference) = difference(peer, row, theirs(row), case) {
                        wrong.lock().unwrap().push(difference);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "\n{} of {} ({})\n{}", wrong.len(), TABLE.len(), peer.version(), wrong.join("\n"));
}

/// What is not as the table has it.
fn difference(peer: &Peer, row: &Row, theirs: Theirs, case: &Case) -> Option<String> {
    if matches!(theirs, CannotBeAsked(_)) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let got = peer.verdict(case, folder.path());
    (!theirs.is(&got)).then(|| format!("{}: {}: stated {theirs:?}, got {got:?}", row.name, peer.name))
}
