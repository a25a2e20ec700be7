//! The contract of a connection: decisions answered later, data sealed, the end of either direction.
#![cfg(feature = "ring")]

use std::sync::{Arc, LazyLock};

use crate::assert_refused;
use crate::support::forge::{
    ALERT, APPLICATION_DATA, Forge, SERVER_KEY, Step, alert, answer_by_server_key, unused_server_key,
};
use crate::support::hello::{message, typ};
use crate::support::pair::{End, Happened, Pair};
use crate::support::pki::{PKI, Pinned};
use crate::support::protect::{HEADER_LEN, MAX_PLAINTEXT, raw_record, split_record};
use crate::support::scripted::Scripted;
use tls12::crypto::{CipherSuite, DecryptedPremaster, Provider, ring};
use tls12::wire::SignatureScheme;
use tls12::{
    Answer, AnswerError, CertificateError, CertificateErrorKind, ClientConfig, Credential, Error, Event, ExternalKey,
    HEADROOM, Need, Policy, ProviderError, SealError, ServerConfig, Side, TAILROOM,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";
const RSA_CBC: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";
const ALL: [&str; 4] = [ECDHE_GCM, ECDHE_CBC, RSA_GCM, RSA_CBC];

/// RSA PKCS #1 v1.5 signatures are the same each time, unlike PSS.
fn policy(suite: &str) -> Policy {
    let suite = CipherSuite::from_name(suite).unwrap();
    Policy::legacy().suites([suite]).signature_schemes([SignatureScheme::RSA_PKCS1_SHA256])
}

/// Both ends answer for themselves.
fn in_the_loop(suite: &str, client: Arc<dyn Provider>, server: Arc<dyn Provider>) -> Pair {
    let client = ClientConfig::builder_with_provider(client, Pinned::server()).policy(policy(suite)).build().unwrap();
    let credential = Credential::new(vec![PKI.server.clone()], unused_server_key()).unwrap();
    let server = ServerConfig::builder_with_provider(server, credential).policy(policy(suite)).build().unwrap();
    Pair::new(client, server)
}

/// Both ends ask for everything.
fn later(suite: &str, client: Arc<dyn Provider>, server: Arc<dyn Provider>) -> Pair {
    let client = ClientConfig::builder_verifying_later(client).policy(policy(suite)).build().unwrap();
    let key = ExternalKey::new([SignatureScheme::RSA_PKCS1_SHA256]).with_decryption();
    let credential = Credential::external(vec![PKI.server.clone()], key).unwrap();
    let server = ServerConfig::builder_with_provider(server, credential).policy(policy(suite)).build().unwrap();
    Pair::new(client, server)
}

fn asking(suite: &str) -> Pair {
    later(suite, ring::provider(), ring::provider())
}

fn connected(suite: &str) -> Pair {
    let mut pair = in_the_loop(suite, ring::provider(), ring::provider());
    pair.run();
    assert!(pair.client.is_connected() && pair.server.is_connected());
    pair
}

/// Moves bytes, and gives what either end waits for to `decide`, until there is nothing to move or to decide. Returns all
/// that each end has sent.
fn run(pair: &mut Pair, decide: impl FnMut(Need) -> Answer) -> [Vec<u8>; 2] {
    pair.run_deciding(decide);
    assert_eq!((pair.client.failure(), pair.server.failure()), (None, None));
    std::mem::take(&mut pair.sent)
}

fn kind(need: &Need) -> &'static str {
    match need {
        Need::VerifyPeer(_) => "verify",
        Need::Sign(_) => "sign",
        Need::DecryptPremaster(_) => "decrypt",
        other => panic!("{other:?}"),
    }
}

/// DESIGN's promise: there is one path. With the same randomness the bytes are the same, whoever answers, and when.
#[test]
fn what_is_answered_later_gives_the_same_bytes() {
    for suite in ALL {
        let recorders = [Scripted::recording(), Scripted::recording()];
        let mut first = in_the_loop(suite, recorders[0].clone(), recorders[1].clone());
        let expected = run(&mut first, |need| panic!("asked for {need:?}"));
        assert_eq!(first.client.log, [Happened::Connected]);

        let [client, server] = recorders.map(|recorder| Scripted::replaying(recorder.take_drawn()));
        let mut second = later(suite, client, Arc::clone(&server) as Arc<dyn Provider>);
        let mut asked = Vec::new();
        let sent = run(&mut second, |need| {
            asked.push(kind(&need));
            match need {
                Need::DecryptPremaster(request) => {
                    // The blinding is drawn from the script too.
                    let key = unused_server_key();
                    let encoded = key.decrypt().unwrap().decrypt_raw(request.ciphertext(), server.random()).unwrap();
                    request.decrypted(DecryptedPremaster::unpad(encoded.expose()))
                }
                other => answer_by_server_key(other),
            }
        });
        assert!(sent == expected, "{suite}");
        let due = if suite.contains("ECDHE") { ["sign", "verify"] } else { ["verify", "decrypt"] };
        assert_eq!(asked, due, "{suite}");
        let log = [Happened::Suspended, Happened::Connected];
        assert_eq!((&second.client.log[..], &second.server.log[..]), (&log[..], &log[..]));
    }
}

/// A request can be answered on another thread.
#[test]
fn requests_and_answers_may_travel() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        let mut pair = asking(suite);
        run(&mut pair, |need| std::thread::spawn(|| answer_by_server_key(need)).join().unwrap());
        assert!(pair.client.is_connected() && pair.server.is_connected());
    }
}

/// Brings a client to its verdict, or a server to its decryption or signature; takes the request out.
fn suspended(suite: &str, of_client: bool) -> (Pair, Need) {
    let mut pair = asking(suite);
    loop {
        pair.server.input.append(&mut pair.client.output);
        pair.server.run().unwrap();
        if let (Some(need), false) = (pair.server.pending.take_if(|_| !of_client), of_client) {
            return (pair, need);
        }
        answer_pending(&mut pair.server);
        pair.client.input.append(&mut pair.server.output);
        pair.client.run().unwrap();
        if let (Some(need), true) = (pair.client.pending.take_if(|_| of_client), of_client) {
            return (pair, need);
        }
        answer_pending(&mut pair.client);
    }
}

fn answer_pending(end: &mut End) {
    if let Some(need) = end.pending.take() {
        end.connection.answer(answer_by_server_key(need), &mut end.output).unwrap();
        end.run().unwrap();
    }
}

fn end(pair: &mut Pair, of_client: bool) -> &mut End {
    if of_client { &mut pair.client } else { &mut pair.server }
}

/// Each kind of request: the suite, and whether it is the client's.
const REQUESTS: [(&str, bool); 4] = [(ECDHE_GCM, true), (RSA_CBC, true), (ECDHE_GCM, false), (RSA_CBC, false)];

#[test]
fn an_answer_to_another_connection_harms_nothing() {
    for (suite, of_client) in REQUESTS {
        let (mut one, need) = suspended(suite, of_client);
        let (mut other, other_need) = suspended(suite, of_client);
        let mut out = Vec::new();
        let stale = end(&mut one, of_client).connection.answer(answer_by_server_key(other_need), &mut out);
        assert!(matches!(stale, Err(AnswerError::Stale(_))) && out.is_empty(), "{stale:?}");
        // The one goes on with its own; the other waits still.
        let target = end(&mut one, of_client);
        target.connection.answer(answer_by_server_key(need), &mut target.output).unwrap();
        run(&mut one, answer_by_server_key);
        assert!(one.client.is_connected() && one.server.is_connected());
        let target = end(&mut other, of_client);
        let step = target.connection.process(&mut target.input, &mut target.output).unwrap();
        assert!(matches!(step.event, Event::Waiting) && step.consumed == 0);
    }
}

/// Where nothing is asked, every answer is stale: before the request, after it was answered, after the handshake.
#[test]
fn an_answer_that_nobody_waits_for_harms_nothing() {
    for (suite, of_client) in REQUESTS {
        let stray = || answer_by_server_key(suspended(suite, of_client).1);
        let mut pair = asking(suite);
        let give = |end: &mut End| {
            let mut out = Vec::new();
            let stale = end.connection.answer(stray(), &mut out);
            assert!(matches!(stale, Err(AnswerError::Stale(_))) && out.is_empty(), "{stale:?}");
        };
        give(&mut pair.client);
        give(&mut pair.server);
        run(&mut pair, answer_by_server_key);
        give(&mut pair.client);
        give(&mut pair.server);
        pair.client.connection.seal(b"still here", &mut pair.client.output).unwrap();
        pair.run();
        assert_eq!(pair.server.data, b"still here");
    }
}

/// Who drops a request leaves the connection waiting: nothing is consumed, nothing is sent, and it can be closed.
#[test]
fn a_dropped_request_leaves_it_waiting() {
    for (suite, of_client) in REQUESTS {
        let (mut pair, need) = suspended(suite, of_client);
        drop(need);
        let target = end(&mut pair, of_client);
        target.output.clear();
        target.input.extend(b"anything at all");
        for _ in 0..100 {
            let step = target.connection.process(&mut target.input, &mut target.output).unwrap();
            assert!(matches!(step.event, Event::Waiting) && step.consumed == 0, "{step:?}");
        }
        assert!(target.output.is_empty() && target.connection.info().is_none());
        assert_eq!(target.connection.seal(b"data", &mut target.output), Err(SealError::NotConnected));
        assert_eq!(target.connection.end_of_input(), Err(Error::TruncatedInHandshake));
    }
}

/// A refusal ends the connection; the alert says what kind it was (RFC 5246 §7.2.2).
#[test]
fn a_refusal_ends_the_connection() {
    let verdict = CertificateError::new(CertificateErrorKind::Revoked, "by hand");
    let (mut pair, need) = suspended(ECDHE_GCM, true);
    let Need::VerifyPeer(request) = need else { panic!("{need:?}") };
    let answer = request.verified(Err(verdict.clone()));
    let refused = pair.client.connection.answer(answer, &mut pair.client.output);
    assert!(matches!(&refused, Err(AnswerError::Fatal(Error::Certificate(error))) if *error == verdict), "{refused:?}");
    const CERTIFICATE_REVOKED: u8 = 44;
    assert_eq!(pair.client.output, [ALERT, 3, 3, 0, 2, alert::FATAL, CERTIFICATE_REVOKED]);

    let (mut pair, need) = suspended(ECDHE_GCM, false);
    let Need::Sign(request) = need else { panic!("{need:?}") };
    let failure = ProviderError::Failed("the key store");
    let failed = pair.server.connection.answer(request.failed(failure), &mut pair.server.output);
    let Err(AnswerError::Fatal(error)) = failed else { panic!("{failed:?}") };
    assert!(error == Error::Provider(failure) && error.side() == Side::Local);
    // ServerHello and Certificate are out already.
    assert!(pair.server.output.ends_with(&[ALERT, 3, 3, 0, 2, alert::FATAL, alert::INTERNAL_ERROR]));
    assert_eq!(pair.server.run(), Err(error));
}

/// An answer that comes when the connection has ended meanwhile changes nothing and sends nothing.
#[test]
fn an_answer_that_comes_too_late_sends_nothing() {
    for (suite, of_client) in REQUESTS {
        for closing in [false, true] {
            let (mut pair, need) = suspended(suite, of_client);
            let target = end(&mut pair, of_client);
            let error = if closing {
                target.connection.close(&mut target.output);
                Error::Abandoned
            } else {
                target.connection.end_of_input().unwrap_err()
            };
            target.output.clear();
            let late = target.connection.answer(answer_by_server_key(need), &mut target.output);
            assert!(matches!(late, Err(AnswerError::Fatal(told)) if told == error));
            assert_eq!(target.connection.process(&mut [], &mut target.output).err(), Some(error));
            assert!(target.output.is_empty());
        }
    }
}

/// How many bytes each record of `out` has.
fn record_lengths(out: &[u8]) -> Vec<usize> {
    let (mut lengths, mut rest) = (Vec::new(), out);
    while let Some((record, later)) = split_record(rest) {
        assert_eq!(record[..3], [APPLICATION_DATA, 3, 3]);
        lengths.push(record.len() - HEADER_LEN);
        rest = later;
    }
    assert!(rest.is_empty());
    lengths
}

/// RFC 5246 §6.2.1: as many records as it takes, each of 2^14 bytes at most; of nothing, none.
#[test]
fn seal_takes_any_length() {
    const K16: usize = MAX_PLAINTEXT;
    for suite in ALL {
        let mut pair = connected(suite);
        let mut expected = Vec::new();
        for len in (0..70).chain([255, 256, 257, K16 - 1, K16, K16 + 1, 2 * K16, 2 * K16 + 1, 20 * K16 + 5]) {
            let text: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let mut out = b"what stood there".to_vec();
            pair.client.connection.seal(&text, &mut out).unwrap();
            let records = out.strip_prefix(b"what stood there").unwrap();
            let lengths = record_lengths(records);
            assert_eq!(lengths.len(), len.div_ceil(K16), "{suite}, {len}");
            assert!(lengths.iter().all(|length| *length <= K16 + 2048));
            pair.server.input.extend(records);
            pair.server.run().unwrap();
            expected.extend(text);
            assert!(pair.server.data == expected, "{suite}, {len}");
        }
    }
}

/// One record, made where its text lies; an empty one too (RFC 5246 §6.2.1).
#[test]
fn seal_in_place_seals_one_record() {
    for suite in ALL {
        let mut pair = connected(suite);
        for len in (0..70).chain([MAX_PLAINTEXT - 1, MAX_PLAINTEXT]) {
            let mut buf = vec![0; HEADROOM + len + TAILROOM];
            buf[HEADROOM..][..len].fill(7);
            let record = pair.client.connection.seal_in_place(&mut buf, HEADROOM..HEADROOM + len).unwrap();
            assert_eq!(record_lengths(record).len(), 1);
            pair.server.data.clear();
            pair.server.input.extend(record);
            pair.server.run().unwrap();
            assert_eq!(pair.server.data, vec![7; len]);
        }
    }
}

/// What cannot be sealed leaves buffer and connection as they were.
#[test]
fn what_cannot_be_sealed_harms_nothing() {
    for suite in ALL {
        let mut pair = connected(suite);
        let connection = &mut pair.client.connection;
        let mut buf = vec![9; HEADROOM + MAX_PLAINTEXT + 1 + TAILROOM];
        let untouched = buf.clone();
        let end = buf.len();
        let too_long = HEADROOM..HEADROOM + MAX_PLAINTEXT + 1;
        assert_eq!(connection.seal_in_place(&mut buf, too_long), Err(SealError::TooLong));
        #[expect(clippy::reversed_empty_ranges, reason = "that is what is tried")]
        let no_room =
            [0..10, 4..10, 12..20, end - 10..end, end - 15..end, end..end + 10, 50..40, usize::MAX..usize::MAX];
        for text in no_room {
            assert_eq!(connection.seal_in_place(&mut buf, text.clone()), Err(SealError::NoRoom), "{suite}, {text:?}");
        }
        assert_eq!(connection.seal_in_place(&mut [], 0..0), Err(SealError::NoRoom));
        assert!(buf == untouched);
        connection.seal(b"as if nothing had been", &mut pair.client.output).unwrap();
        pair.run();
        assert_eq!(pair.server.data, b"as if nothing had been");
    }
}

/// Data goes out between the handshake and the end, not before, not after.
#[test]
fn nothing_is_sealed_too_early_or_too_late() {
    let seal = |end: &mut End| {
        let mut buf = [0; HEADROOM + 4 + TAILROOM];
        let in_place = end.connection.seal_in_place(&mut buf, HEADROOM..HEADROOM + 4).map(|_| ());
        let mut out = Vec::new();
        assert_eq!(end.connection.seal(b"text", &mut out), in_place);
        assert_eq!(out.is_empty(), in_place.is_err());
        in_place
    };
    let mut pair = asking(ECDHE_GCM);
    assert_eq!(seal(&mut pair.client), Err(SealError::NotConnected));
    assert_eq!(seal(&mut pair.server), Err(SealError::NotConnected));
    run(&mut pair, answer_by_server_key);
    assert_eq!(seal(&mut pair.client), Ok(()));
    pair.client.connection.close(&mut pair.client.output);
    assert_eq!(seal(&mut pair.client), Err(SealError::Closed));
    pair.server.input.extend(b"garbage");
    pair.server.run().unwrap_err();
    assert_eq!(seal(&mut pair.server), Err(SealError::Closed));
}

/// RFC 5246 §7.2.1: each direction ends with its own close_notify, once; the other may go on.
#[test]
fn each_direction_is_closed_by_itself() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        let mut pair = connected(suite);
        pair.client.connection.close(&mut pair.client.output);
        let once = pair.client.output.len();
        pair.client.connection.close(&mut pair.client.output);
        assert_eq!(pair.client.output.len(), once, "close_notify is sent once");
        pair.run();
        assert_eq!(pair.server.log.last(), Some(&Happened::CloseNotify));
        assert_eq!(pair.server.connection.end_of_input(), Ok(()));
        // The client has said its last word, and hears on.
        pair.server.connection.seal(b"the rest of the page", &mut pair.server.output).unwrap();
        pair.run();
        assert_eq!(pair.client.data, b"the rest of the page");
        pair.server.connection.close(&mut pair.server.output);
        pair.run();
        assert_eq!(pair.client.log.last(), Some(&Happened::CloseNotify));
        assert_eq!(pair.client.connection.end_of_input(), Ok(()));
        assert!(pair.client.connection.info().is_some() && pair.server.connection.info().is_some());
    }
}

/// RFC 5246 §7.2.1: the sender will not send any more messages: no alert, no_renegotiation included.
#[test]
fn nothing_is_sent_after_close_notify() {
    let (client, server) = configs();
    let suite = CipherSuite::from_name(ECDHE_GCM).unwrap();
    for mut forge in [Forge::server(&client, suite), Forge::client(&server, suite)] {
        forge.connect();
        forge.target.connection.close(&mut forge.target.output);
        forge.hear();
        let heard = forge.heard.len();
        let request = match forge.role {
            crate::support::forge::Role::Server => message(typ::HELLO_REQUEST, &[]),
            crate::support::forge::Role::Client => forge.hello.client(),
        };
        forge.say(&request).unwrap();
        assert_eq!(forge.heard.len(), heard, "asked to renegotiate, it answered");
        // A record that does not decrypt.
        forge.deliver(&raw_record(APPLICATION_DATA, [3, 3], &[1; 64])).unwrap_err();
        assert_eq!(forge.heard.len(), heard, "failed, it sent an alert");
    }
}

fn configs() -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    static CREDENTIAL: LazyLock<Credential> =
        LazyLock::new(|| Credential::new(vec![PKI.server.clone()], Arc::clone(&SERVER_KEY)).unwrap());
    let client = ClientConfig::builder(Pinned::server()).policy(Policy::legacy()).build().unwrap();
    (client, ServerConfig::builder(CREDENTIAL.clone()).policy(Policy::legacy()).build().unwrap())
}

/// RFC 5246 §7.2.1: a handshake that is closed on this side goes no further: one close_notify, and nothing after it.
#[test]
fn closing_during_the_handshake_abandons_it() {
    let (client, server) = configs();
    for suite in [ECDHE_GCM, RSA_CBC] {
        let suite = CipherSuite::from_name(suite).unwrap();
        for step in
            [Step::ClientHello, Step::ServerHello, Step::ServerHelloDone, Step::ChangeCipherSpec, Step::Finished]
        {
            for mut forge in [Forge::server(&client, suite), Forge::client(&server, suite)] {
                if !forge.flow().contains(&step) {
                    continue;
                }
                forge.up_to(step);
                forge.target.connection.close(&mut forge.target.output);
                forge.hear();
                assert_eq!(forge.heard.last(), Some(&(ALERT, vec![alert::WARNING, alert::CLOSE_NOTIFY])));
                let outcome = forge.perform(step);
                assert_refused!(forge, outcome, alert::CLOSE_NOTIFY, Side::Local, Error::Abandoned);
            }
        }
    }
}

/// The end of the transport: clean after close_notify, else a truncation, whatever we have said ourselves.
#[test]
fn the_end_of_input_is_clean_only_after_close_notify() {
    let mut pair = connected(ECDHE_GCM);
    pair.client.connection.close(&mut pair.client.output);
    pair.run();
    assert_eq!(pair.server.connection.end_of_input(), Ok(()));
    assert_eq!(pair.client.connection.end_of_input(), Err(Error::Truncated));
    assert_eq!(pair.client.connection.end_of_input(), Err(Error::Truncated), "sticky");
    assert_eq!(Error::Truncated.side(), Side::Transport);
    // A server may still answer who has closed its side.
    pair.server.connection.seal(b"goodbye", &mut pair.server.output).unwrap();
}

/// All that came in one piece is told one event at a time, in its order.
#[test]
fn events_come_one_at_a_time() {
    let mut pair = connected(RSA_CBC);
    let client = &mut pair.client;
    for text in [&b"one"[..], b"two"] {
        client.connection.seal(text, &mut client.output).unwrap();
    }
    client.connection.close(&mut client.output);
    let (mut input, mut told) = (client.output.clone(), Vec::new());
    let mut rest = input.as_mut_slice();
    loop {
        let step = pair.server.connection.process(rest, &mut Vec::new()).unwrap();
        let consumed = step.consumed;
        match step.event {
            Event::Data(data) => told.push(data.to_vec()),
            Event::CloseNotify => break,
            other => panic!("{other:?}"),
        }
        rest = &mut rest[consumed..];
    }
    assert_eq!(told, [b"one", b"two"]);
}
