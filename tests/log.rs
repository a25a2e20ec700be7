//! What is logged, with the feature `log`: at which level, and nothing secret.
#![cfg(all(feature = "log", feature = "ring", feature = "std"))]

mod support;

use std::sync::{Arc, Mutex};

use log::{Level, LevelFilter, Log, Metadata, Record};
use support::pair::Pair;
use support::pki::{KeyKind, PKI, Pinned};
use tls12::crypto::{CipherSuite, ring};
use tls12::{
    ClientConfig, Credential, Error, ExternalKey, KeyLog, Policy, ProviderError, ServerConfig, SignatureScheme,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

#[derive(Debug, Default)]
struct Captured(Mutex<Vec<(Level, String, String)>>);

impl Log for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = (record.level(), record.target().to_owned(), record.args().to_string());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

static CAPTURED: Captured = Captured(Mutex::new(Vec::new()));

#[derive(Debug, Default)]
struct Secrets(Mutex<Vec<u8>>);

impl KeyLog for Secrets {
    fn log(&self, _: &str, _: &[u8; 32], secret: &[u8]) {
        *self.0.lock().unwrap() = secret.to_vec();
    }
}

fn take() -> Vec<(Level, String)> {
    let lines = std::mem::take(&mut *CAPTURED.0.lock().unwrap());
    assert!(lines.iter().all(|(_, target, _)| target == "tls12"), "{lines:?}");
    lines.into_iter().map(|(level, _, text)| (level, text)).collect()
}

/// The text, and at which level.
#[track_caller]
fn assert_logged(lines: &[(Level, String)], level: Level, part: &str) {
    let found = lines.iter().find(|(_, text)| text.contains(part));
    assert_eq!(found.map(|(level, _)| *level), Some(level), "{part} in {lines:#?}");
}

/// One test, since there is one logger in a process.
#[test]
fn the_log_has_messages_handshakes_and_failures() {
    log::set_logger(&CAPTURED).unwrap();
    let secrets = Arc::new(Secrets::default());
    let policy = Policy::default().suites(CipherSuite::from_name(ECDHE_GCM));
    let client = ClientConfig::builder(Pinned::server()).policy(policy.clone()).key_log(Arc::clone(&secrets) as _);
    let credential = PKI.server(KeyKind::Rsa).credential(&*ring::provider());
    let server = ServerConfig::builder(credential).policy(policy).build().unwrap();
    let client = client.build().unwrap();
    let run = || {
        let mut pair = Pair::new(Arc::clone(&client), Arc::clone(&server));
        pair.run();
        pair
    };
    // Off, as it is unless the program wants it otherwise.
    assert_eq!(log::max_level(), LevelFilter::Off);
    run().assert_connected();
    assert_eq!(take(), []);

    log::set_max_level(LevelFilter::Trace);
    let mut pair = run();
    pair.assert_connected();
    pair.client.connection.seal(b"attack at dawn", &mut pair.client.output).unwrap();
    pair.run();
    let lines = take();
    assert_logged(&lines, Level::Trace, "(client): sent ClientHello");
    assert_logged(&lines, Level::Trace, "(server): received ClientHello");
    assert_logged(&lines, Level::Trace, "(client): sent ChangeCipherSpec, 1 bytes");
    assert_logged(&lines, Level::Debug, "(client): full handshake complete, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_logged(&lines, Level::Debug, "(server): full handshake complete");
    let master = secrets.0.lock().unwrap().clone();
    assert_eq!(master.len(), 48);
    let part = |bytes: &[u8]| format!("{bytes:?}").replace(['[', ']'], "");
    let hexadecimal: String = master[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    for (_, line) in &lines {
        assert!(
            !line.contains("attack") && !line.contains(&part(&master[..8])) && !line.contains(&hexadecimal),
            "{line}"
        );
    }

    // The peer's fault is routine, ours is not.
    pair.server.input = [&[23, 3, 3, 0, 32][..], &[0; 32]].concat();
    let _ = pair.server.run();
    let _ = pair.server.run();
    let lines = take();
    assert_logged(&lines, Level::Trace, "(server): sent alert bad_record_mac (fatal), 2 bytes");
    assert_logged(&lines, Level::Debug, &format!("(server): {}", Error::BadRecordMac));
    // Once, however often it is asked for.
    assert_eq!(lines.iter().filter(|(level, _)| *level == Level::Debug).count(), 1, "{lines:#?}");
    let certificate = PKI.server(KeyKind::Rsa).certificate.clone();
    let key = ExternalKey::new([SignatureScheme::RSA_PSS_RSAE_SHA256]);
    let signing = ServerConfig::builder(Credential::external(vec![certificate], key).unwrap()).build().unwrap();
    let mut pair = Pair::new(Arc::clone(&client), signing);
    pair.run_deciding(|need| match need {
        tls12::Need::Sign(request) => request.failed(ProviderError::Failed("the device")),
        other => panic!("{other:?}"),
    });
    assert_logged(&take(), Level::Warn, "the device failed");

    // At a lower level, no more than that.
    log::set_max_level(LevelFilter::Debug);
    run().assert_connected();
    assert!(take().iter().all(|(level, _)| *level == Level::Debug));
}
