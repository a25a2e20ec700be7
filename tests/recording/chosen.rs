//! Servers whose configuration is chosen by the ClientHello (`Connection::accept`): the recording begins with the choice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::kept::{Kept, Secrets};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, SERVER_NAME, now};
use crate::{replay, replay_whole};
use tls12::crypto::{CipherSuite, ring};
use tls12::replay::{Recorder, RecorderStatus, Recording};
use tls12::session::ClientSession;
use tls12::verify::{TrustStore, Verifier};
use tls12::{
    AlertDescription, ClientConfig, ClientConfigBuilder, Connection, Error, Need, Policy, ServerConfig, UnixTime,
};

fn client() -> ClientConfigBuilder {
    let trust = Verifier::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    ClientConfig::builder_with_provider(ring::provider(), Arc::new(trust))
}

fn server() -> Arc<ServerConfig> {
    ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap()
}

/// A pair whose server has no configuration yet.
fn accepting(client: ClientConfigBuilder, session: Option<ClientSession>) -> Pair {
    let client = End::client(client.build().unwrap(), SERVER_NAME, session, now());
    Pair::of(client, End::new(Connection::accept(now()), Vec::new()))
}

/// Runs it with this configuration, whose connection is recorded.
fn choose(pair: &mut Pair, recorder: &Recorder, config: &ServerConfig) {
    let config = recorder.server(config);
    pair.run_deciding(|need| match need {
        Need::SelectConfig(request) => request.selected(Arc::clone(&config)),
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_connection_whose_configuration_is_chosen_is_replayed() {
    let server = server();
    for secrets in Secrets::BOTH {
        let mut session = None;
        for resumes in [false, true] {
            let (kept, mut pair) = (Kept::default(), accepting(client(), session.take()));
            let recorder = secrets.recorder(&kept);
            assert!(matches!(recorder.status(), RecorderStatus::Unused));
            choose(&mut pair, &recorder, &server);
            pair.assert_connected();
            assert_eq!(pair.server.info().resumed(), resumes);
            pair.exchange_data(1000);
            session = (!resumes).then(|| pair.client.client_session());
            drop(pair);
            assert!(matches!(recorder.status(), RecorderStatus::Complete));
            let text = kept.text();
            // The first call is the choice. The ServerHello is sent in it, unless a session has to be found first.
            let (_, calls) = text.split_once("\n> ").unwrap();
            let (chosen, rest) = calls.split_once('\n').unwrap();
            assert!(chosen.starts_with(&format!("chosen {} 01", now().as_secs())), "{chosen}");
            assert_eq!(rest.split("\n> ").next().unwrap().contains("\n< out 16030300"), !resumes, "{rest}");
            assert_eq!(replay_whole(&text).error, None);
        }
    }
}

/// What the replay demands is what was sent: another byte in the ClientHello, or in the answer to it, is a difference.
#[test]
fn a_changed_choice_is_noticed() {
    let (kept, mut pair) = (Kept::default(), accepting(client(), None));
    choose(&mut pair, &Recorder::new(kept.clone()), &server());
    drop(pair);
    let text = kept.text();
    let hello = text.find("\n> chosen ").unwrap();
    let at = |from: &str, after: usize| text[hello..].find(from).unwrap() + hello + from.len() + after;
    // The last digits of the client's random, after the header of the message and the version; and of the server's, after that of
    // the record too.
    let randoms =
        [at(&format!("chosen {} ", now().as_secs()), 2 * (4 + 2 + 32) - 1), at("< out ", 2 * (5 + 4 + 2 + 32) - 1)];
    let places = randoms.map(|at| {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let difference = replay(&String::from_utf8(changed).unwrap()).difference.unwrap();
        (difference.call, difference.place)
    });
    // The client's random has no part in the ServerHello; it is in the seed of the keys.
    assert_eq!(places[0], ("process".to_owned(), None));
    assert_eq!(places[1], ("chosen".to_owned(), Some("byte 37 of ServerHello".to_owned())));
}

#[test]
fn a_refusal_by_the_chosen_configuration_is_replayed() {
    let suite = CipherSuite::from_name("TLS_RSA_WITH_AES_128_CBC_SHA").unwrap();
    let (kept, mut pair) = (Kept::default(), accepting(client().policy(Policy::legacy().suites([suite])), None));
    choose(&mut pair, &Recorder::new(kept.clone()), &server());
    assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::HandshakeFailure)));
    let explained = pair.server.connection.diagnosis().unwrap().to_string();
    drop(pair);
    let replayed = replay_whole(&kept.text());
    assert!(matches!(replayed.error, Some(Error::NothingInCommon(_))), "{:?}", replayed.error);
    assert_eq!(replayed.diagnosis.unwrap().to_string(), explained);
}

/// A ClientHello that takes several records is recorded as one message, and replayed.
#[test]
fn a_client_hello_of_several_records_is_replayed() {
    let protocols: Vec<Vec<u8>> = (0..64_u8).map(|i| vec![i; 255]).collect();
    let (kept, mut pair) = (Kept::default(), accepting(client().alpn_protocols(protocols), None));
    let records = pair.client.output.clone();
    assert!(records.len() > (1 << 14) + 5, "{}", records.len());
    choose(&mut pair, &Recorder::new(kept.clone()), &server());
    pair.assert_connected();
    drop(pair);
    replay_whole(&kept.text());
}

/// A clock that was set before the choice is looked at when calls begin.
#[test]
fn a_clock_is_replayed() {
    fn clock() -> UnixTime {
        static SECONDS: AtomicU64 = AtomicU64::new(0);
        let passed = SECONDS.fetch_add(1, Ordering::Relaxed);
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(now().as_secs() + passed))
    }
    let (kept, mut pair) = (Kept::default(), accepting(client(), None));
    pair.server.connection.set_clock(clock);
    choose(&mut pair, &Recorder::new(kept.clone()), &server());
    pair.assert_connected();
    drop(pair);
    let text = kept.text();
    assert!(text.contains("\n> time "), "{text}");
    replay_whole(&text);
}

/// Where no configuration is chosen, nothing is recorded; and what begins a recording must be a ClientHello.
#[test]
fn without_a_choice_there_is_no_recording() {
    let (kept, mut pair) = (Kept::default(), accepting(client(), None));
    let recorder = Recorder::new(kept.clone());
    let config = recorder.server(&server());
    pair.run_deciding(|need| match need {
        Need::SelectConfig(request) => request.declined(),
        other => panic!("{other:?}"),
    });
    drop((pair, config));
    assert!(matches!(recorder.status(), RecorderStatus::Unused));
    assert_eq!(kept.text(), "");

    let (kept, mut pair) = (Kept::default(), accepting(client(), None));
    choose(&mut pair, &Recorder::new(kept.clone()), &server());
    drop(pair);
    let text = kept.text();
    let start = format!("chosen {} ", now().as_secs());
    let (_, hello) = text.split_once(&start).unwrap();
    let hello = hello.split('\n').next().unwrap();
    for (other, why) in
        [("-", "arguments"), ("01", "arguments"), ("01000000", "ClientHello"), ("0e000000", "ClientHello")]
    {
        let recording = Recording::read(&text.replacen(hello, other, 1)).unwrap();
        let refused = recording.replay(ring::provider()).unwrap_err().to_string();
        assert!(refused.contains(why), "{other}: {refused}");
    }
}
