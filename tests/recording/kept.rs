//! Recordings that are kept in files, as regression tests of users are: what they recorded must happen again. The mutations in
//! `tests/mutations/replay.txt` change what a connection does, and name the place at which one of these tests must find that.
//!
//! A change that is intended, such as another ClientHello, makes them fail as well. Then look at the difference, and record them
//! again: `cargo test --features record --test recording -- --ignored record_those_that_are_kept`.

use std::fs;
use std::path::PathBuf;

use crate::support::kept::Secrets;
use crate::support::pki::{PKI, Pinned};
use crate::{Recorded, replay_whole};
use tls12::crypto::{CipherSuite, ring};
use tls12::replay::Replayed;
use tls12::{AlertDescription, ClientConfig, Error, Policy, ServerConfig};

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "recording", "kept", &format!("{name}.tls12")].iter().collect()
}

#[track_caller]
fn replay_kept(name: &str) -> Replayed {
    replay_whole(&fs::read_to_string(file(name)).unwrap())
}

#[test]
fn a_client_that_connects() {
    assert_eq!(replay_kept("client").error, None);
}

#[test]
fn a_server_that_chooses() {
    assert_eq!(replay_kept("server").error, None);
}

#[test]
fn a_server_that_refuses() {
    let error = replay_kept("refusal").error;
    assert!(matches!(error, Some(Error::NothingInCommon(_))), "{error:?}");
}

#[test]
fn a_client_that_is_refused() {
    assert_eq!(replay_kept("refused").error, Some(Error::Alert(AlertDescription::HandshakeFailure)));
}

#[test]
#[ignore = "rewrites tests/recording/kept"]
fn record_those_that_are_kept() {
    let client = |policy: Policy| ClientConfig::builder(Pinned::server()).policy(policy).build().unwrap();
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap();
    let record = |client: &ClientConfig, names: [&str; 2]| {
        let mut recorded = Recorded::new(Secrets::Withheld, client, &server, None);
        recorded.pair.run();
        for (name, text) in names.into_iter().zip(recorded.texts()) {
            fs::write(file(name), text).unwrap();
        }
    };
    record(&client(Policy::modern()), ["client", "server"]);
    let suite = CipherSuite::from_name("TLS_RSA_WITH_AES_128_CBC_SHA").unwrap();
    record(&client(Policy::legacy().suites([suite])), ["refused", "refusal"]);
}
