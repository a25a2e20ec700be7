//! Random chains, good ones changed in one or two places: our verdict beside those of webpki and OpenSSL.
//!
//! Every difference must fall under a rule of the table in `rules`; one that does not is a finding. The cases follow from a
//! seed, which is printed. `DIFFERENTIAL_SEED` sets another, and `DIFFERENTIAL_CASES` how many there are, to look for longer.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod draft;
mod mutate;
mod rules;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::certificates::{pem, process};
use draft::{Chain, Draft};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::{RULES, Whose};
use rustls_pki_types::{ServerName, UnixTime};
use tls12::crypto::ring;
use tls12::verify::{TrustStore, Verifier};
use tls12::{CertificateError, CertificateErrorKind, KeyUse, Peer, PeerChain, VerifyPeer};

/// 2026-06-01T00:00:00Z, by `date -u -d 2026-06-01 +%s`.
const NOW: u64 = 1_780_272_000;

/// Which cases they are, unless somebody asks for others.
const SEED: u64 = 5280;

/// How many there are, unless somebody asks for more.
const CASES: u64 = 400;

const NAME: &str = "a.example";

/// What an error begins with where there is no root to begin with.
const NO_ROOT: &str = "no root: ";

/// What was asked.
pub struct Asked {
    pub draft: Draft,
    pub chain: Chain,
}

/// What everybody says. Webpki's and OpenSSL's words are theirs.
pub struct Verdicts {
    pub ours: Result<(), CertificateError>,
    pub webpki: Result<(), String>,
    pub openssl: Option<Result<(), String>>,
}

impl Verdicts {
    fn theirs(&self, whose: Whose) -> Option<&Result<(), String>> {
        match whose {
            Whose::Webpki => Some(&self.webpki),
            Whose::OpenSsl => self.openssl.as_ref(),
        }
    }
}

#[test]
fn every_difference_has_a_rule() {
    let number = |name, otherwise: u64| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let seed = number("DIFFERENTIAL_SEED", SEED);
    let cases = number("DIFFERENTIAL_CASES", CASES);
    println!("DIFFERENTIAL_SEED={seed} DIFFERENTIAL_CASES={cases}");
    let has_openssl = match process::missing(&[["openssl", "version"]]) {
        Some(tool) => {
            process::left_out("differences from OpenSSL", tool, "apt-get install openssl");
            false
        }
        None => true,
    };
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut findings, mut counts) = (BTreeMap::<_, (u64, String)>::new(), BTreeMap::<_, u64>::new());
    for case in 0..cases {
        let asked = asked(&mut rng);
        let verdicts = Verdicts {
            ours: ours(&asked.chain),
            webpki: webpki(&asked.chain),
            openssl: has_openssl.then(|| openssl(&asked.chain)),
        };
        *counts.entry(if verdicts.ours.is_ok() { "we accept" } else { "we refuse" }).or_default() += 1;
        for whose in [Whose::Webpki, Whose::OpenSsl] {
            let Some(theirs) = verdicts.theirs(whose) else { continue };
            if theirs.is_ok() == verdicts.ours.is_ok() {
                continue;
            }
            match RULES.iter().find(|rule| rule.explains(whose, &verdicts, &asked)) {
                Some(rule) => *counts.entry(rule.name).or_default() += 1,
                None => {
                    let ours = verdicts.ours.as_ref().err().map(|error| (error.kind, &error.explanation));
                    let told = format!("we: {ours:?}, {whose:?}: {theirs:?}");
                    let example = format!("case {case}, {:?}", asked.draft.story);
                    findings.entry(told).or_insert((0, example)).0 += 1;
                }
            }
        }
    }
    println!("{counts:?}");
    let mut told = String::new();
    for (what, (count, example)) in &findings {
        writeln!(told, "{count} times {what}\n    {example}").unwrap();
    }
    assert!(findings.is_empty(), "differences without a rule, DIFFERENTIAL_SEED={seed}\n{told}");
}

/// What is covered must be a difference that has a reason.
#[test]
fn every_rule_says_why() {
    for rule in RULES {
        assert!(rule.why.len() > 20, "{}: that is no reason", rule.name);
    }
}

fn asked(rng: &mut StdRng) -> Asked {
    let mut draft = Draft::good(rng.random_range(0..3));
    for _ in 0..rng.random_range(1..3) {
        mutate::mutate(&mut draft, rng);
    }
    let chain = draft.chain();
    Asked { draft, chain }
}

fn ours(chain: &Chain) -> Result<(), CertificateError> {
    let none = |error: &dyn std::fmt::Display| {
        CertificateError::new(CertificateErrorKind::UnknownIssuer, format!("{NO_ROOT}{error}"))
    };
    let store = TrustStore::from_der(chain.roots.iter().cloned()).map_err(|error| none(&error))?;
    let peer = Peer::Server(ServerName::try_from(NAME).unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let algorithms = ring::provider().signature_algorithms();
    let sent = chain.sent.as_slice().into();
    Verifier::new(store).verify(&PeerChain::new(sent, peer, KeyUse::DigitalSignature, now, algorithms)).map(drop)
}

fn webpki(chain: &Chain) -> Result<(), String> {
    let told = |error: webpki::Error| format!("{error:?}");
    let anchors: Vec<_> = chain.roots.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let own = webpki::EndEntityCert::try_from(&chain.sent[0]).map_err(told)?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    own.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &chain.sent[1..],
        now,
        webpki::KeyUsage::server_auth(),
        None,
        None,
    )
    .map_err(told)?;
    own.verify_is_valid_for_subject_name(&ServerName::try_from(NAME).unwrap()).map_err(told)
}

fn openssl(chain: &Chain) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("roots.pem", pem("CERTIFICATE", &chain.roots));
    write("own.pem", pem("CERTIFICATE", &chain.sent[..1]));
    write("others.pem", pem("CERTIFICATE", &chain.sent[1..]));
    let mut command = Command::new("openssl");
    command.args(["verify", "-attime", &NOW.to_string(), "-purpose", "sslserver", "-verify_hostname", NAME]);
    command.args(["-partial_chain", "-policy_check", "-policy", "2.5.29.32.0"]);
    command.args(["-CAfile", "roots.pem", "-no-CApath", "-no-CAstore"]);
    if chain.sent.len() > 1 {
        command.args(["-untrusted", "others.pem"]);
    }
    let (accepted, output) = process::run(command.arg("own.pem").current_dir(&folder), folder.path());
    if accepted { Ok(()) } else { Err(output.replace('\n', " ")) }
}
