//! OCSP responses (RFC 6066 §8) and certificate timestamps (RFC 6962 §3.3), from the server's configuration to the client's
//! verifier.

use std::sync::{Arc, Mutex};

use tls12::{
    AskFor, CertificateError, ClientConfig, ClientConfigBuilder, ConfigError, Credential, DecodeError, Error,
    PeerChain, Policy, Received, ServerConfig, Side, VerifyPeer,
};

use super::{ECDHE_GCM, RSA_GCM, client, credential, facing_client, meet_as, only, server, suite};
use crate::assert_refused;
use crate::support::forge::{Forge, Step, alert, ext};
use crate::support::hello::{message, typ, vector};
use crate::support::pair::{End, Pair};
use crate::support::pki::{SERVER_NAME, now};
use crate::support::sent;

/// What is stapled: it is for the verifier to make sense of.
const RESPONSE: &[u8] = b"an OCSP response";

/// Two timestamps.
fn sct_list() -> Vec<u8> {
    vector(2, &[vector(2, b"one"), vector(2, b"two")].concat())
}

/// Keeps what comes with the chains.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<Staple>>);

type Staple = (Option<Vec<u8>>, Option<Vec<u8>>);

impl VerifyPeer for Seen {
    fn verify(&self, chain: &PeerChain) -> Result<tls12::Verified, CertificateError> {
        let [ocsp, sct] = [&chain.ocsp_response, &chain.sct_list].map(|given| given.as_deref().map(<[u8]>::to_vec));
        self.0.lock().unwrap().push((ocsp, sct));
        Ok(tls12::Verified::always())
    }

    fn identity(&self) -> Option<[u8; 32]> {
        Some([1; 32])
    }
}

/// A client and what its verifier sees.
fn seeing() -> (ClientConfigBuilder, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    (ClientConfig::builder(seen.clone()).policy(Policy::legacy()), seen)
}

impl Seen {
    /// What it saw of the one chain that it saw.
    #[track_caller]
    fn once(&self) -> Staple {
        match &self.0.lock().unwrap()[..] {
            [staple] => staple.clone(),
            other => panic!("{other:?}"),
        }
    }
}

/// RFC 6066 §8, RFC 6962 §3.3: if the client asks, and there is something.
#[test]
fn what_is_stapled_reaches_the_verifier() {
    for (ocsp, sct) in [(true, true), (true, false), (false, true), (false, false)] {
        for name in [ECDHE_GCM, RSA_GCM] {
            let mut credential = credential();
            if ocsp {
                credential = credential.ocsp_response(RESPONSE);
            }
            if sct {
                credential = credential.sct_list(sct_list());
            }
            let both = [AskFor::Yes, AskFor::No];
            for (ask_ocsp, ask_sct) in both.into_iter().flat_map(|ocsp| both.map(|sct| (ocsp, sct))) {
                let (client, seen) = seeing();
                let server = ServerConfig::builder(credential.clone()).policy(Policy::legacy());
                let client = client.policy(only(name)).certificate_status(ask_ocsp).certificate_timestamps(ask_sct);
                let pair = meet_as(SERVER_NAME, client, server);
                pair.assert_connected();
                let (ocsp, sct) = (ocsp && ask_ocsp == AskFor::Yes, sct && ask_sct == AskFor::Yes);
                assert_eq!(seen.once(), (ocsp.then(|| RESPONSE.to_vec()), sct.then(sct_list)));
                // RFC 6066 §8: promised by an empty extension, and sent right after the Certificate.
                let hello = sent::hello(&pair.sent[1]);
                assert_eq!(hello.extension(ext::STATUS_REQUEST), ocsp.then_some(&[][..]));
                let list = sct_list();
                assert_eq!(hello.extension(ext::SIGNED_CERTIFICATE_TIMESTAMP), sct.then_some(&list[..]));
                let status = [vec![1], vector(3, RESPONSE)].concat();
                assert_eq!(sent::body(&pair.sent[1], typ::CERTIFICATE_STATUS), ocsp.then_some(status));
                if ocsp {
                    assert_eq!(sent::types(&pair.sent[1])[1..3], [typ::CERTIFICATE, typ::CERTIFICATE_STATUS]);
                }
                // RFC 6066 §8, RFC 6962 §3.3.1: how it is asked for.
                let hello = sent::hello(&pair.sent[0]);
                let wanted = |asked: AskFor| asked == AskFor::Yes;
                assert_eq!(hello.extension(ext::STATUS_REQUEST), wanted(ask_ocsp).then_some(&[1, 0, 0, 0, 0][..]));
                assert_eq!(hello.extension(ext::SIGNED_CERTIFICATE_TIMESTAMP), wanted(ask_sct).then_some(&[][..]));
            }
        }
    }
}

/// RFC 5246 §7.4.1.4: a session that is resumed has no certificate, and nothing that goes with one.
#[test]
fn nothing_is_stapled_to_a_session() {
    let (client, seen) = seeing();
    let client = client.build().unwrap();
    let credential = credential().ocsp_response(RESPONSE).sct_list(sct_list());
    let server = ServerConfig::builder(credential).build().unwrap();
    let mut session = None;
    for resumed in [false, true] {
        let end = End::client(client.clone(), SERVER_NAME, session.take(), now());
        let mut pair = Pair::of(end, End::server(server.clone(), now()));
        pair.run();
        pair.assert_connected();
        assert_eq!(pair.client.info().resumed(), resumed);
        let hello = sent::hello(&pair.sent[1]);
        assert_eq!(hello.extension(ext::STATUS_REQUEST).is_none(), resumed);
        assert_eq!(hello.extension(ext::SIGNED_CERTIFICATE_TIMESTAMP).is_none(), resumed);
        assert_eq!(sent::types(&pair.sent[1]).contains(&typ::CERTIFICATE_STATUS), !resumed);
        session = pair.client.sessions.last().map(|_| pair.client.client_session());
    }
    seen.once();
}

/// What is stapled belongs to the certificate, not to the server.
#[test]
fn each_certificate_has_its_own() {
    let named = |name: &str, response: &'static [u8]| (name.to_owned(), credential().ocsp_response(response));
    let (a, b) = (named("a.example", b"of a"), named("b.example", b"of b"));
    for (name, expected) in [("a.example", Some(&b"of a"[..])), ("b.example", Some(b"of b")), ("c.example", None)] {
        let (client, seen) = seeing();
        let server = server().credential_for([&a.0], a.1.clone()).credential_for([&b.0], b.1.clone());
        meet_as(name, client, server).assert_connected();
        assert_eq!(seen.once().0.as_deref(), expected);
    }
}

/// A bad server that promises a CertificateStatus, and a client; the server has said its Certificate.
fn promising(name: &str) -> (Forge, Arc<Seen>) {
    let (client, seen) = seeing();
    let mut forge = Forge::server(&client.build().unwrap(), suite(name));
    forge.hello.set(ext::STATUS_REQUEST, &[]);
    forge.perform(Step::ServerHello).unwrap();
    forge.perform(Step::Certificate).unwrap();
    (forge, seen)
}

fn certificate_status(response: &[u8]) -> Vec<u8> {
    message(typ::CERTIFICATE_STATUS, &[vec![1], vector(3, response)].concat())
}

fn after_certificate(name: &str) -> Step {
    if name == RSA_GCM { Step::ServerHelloDone } else { Step::ServerKeyExchange }
}

/// RFC 6066 §8: servers MAY choose not to send it, though they have promised.
#[test]
fn a_promise_need_not_be_kept() {
    for name in [ECDHE_GCM, RSA_GCM] {
        for given in [Some(RESPONSE), None] {
            for hello_requests in [0, 1] {
                let (mut forge, seen) = promising(name);
                for _ in 0..hello_requests {
                    // RFC 5246 §7.4.1.1: ignored, and what is awaited stays the same.
                    forge.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
                }
                if let Some(response) = given {
                    forge.say(&certificate_status(response)).unwrap();
                }
                forge.finish_from(after_certificate(name));
                assert_eq!(seen.once().0.as_deref(), given);
            }
        }
    }
}

/// RFC 6066 §8: without the extension in the ServerHello there is none; nor a second one, nor one at another time.
#[test]
fn an_unsolicited_status_is_refused() {
    let status = certificate_status(RESPONSE);
    let not_promised = |name| {
        let mut forge = Forge::server(&client().build().unwrap(), suite(name));
        forge.perform(Step::ServerHello).unwrap();
        forge.perform(Step::Certificate).unwrap();
        forge
    };
    let twice = |name| {
        let mut forge = promising(name).0;
        forge.say(&status).unwrap();
        forge
    };
    let early = |name| {
        let mut forge = Forge::server(&client().build().unwrap(), suite(name));
        forge.hello.set(ext::STATUS_REQUEST, &[]);
        forge.perform(Step::ServerHello).unwrap();
        forge
    };
    let late = |name| {
        let mut forge = promising(name).0;
        if name == ECDHE_GCM {
            forge.perform(Step::ServerKeyExchange).unwrap();
        } else {
            forge.perform(Step::CertificateRequest).unwrap();
        }
        forge
    };
    for name in [ECDHE_GCM, RSA_GCM] {
        for mut forge in [not_promised(name), twice(name), early(name), late(name)] {
            let outcome = forge.say(&status);
            let got = Received::Handshake(typ::CERTIFICATE_STATUS);
            assert!(matches!(&outcome, Err(Error::UnexpectedMessage { got: told, .. }) if *told == got));
            assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
        }
    }
}

/// RFC 6066 §8: a type, of which one is known, and a response of at least one byte.
#[test]
fn a_malformed_status_is_refused() {
    let good = [vec![1], vector(3, RESPONSE)].concat();
    for body in [
        vec![],
        vec![1],
        [vec![2], vector(3, RESPONSE)].concat(),
        [vec![1], vector(3, &[])].concat(),
        good[..good.len() - 1].to_vec(),
        [&good[..], &[0]].concat(),
    ] {
        let (mut forge, _) = promising(ECDHE_GCM);
        let outcome = forge.say(&message(typ::CERTIFICATE_STATUS, &body));
        assert_refused!(
            forge,
            outcome,
            if body.first() == Some(&2) { alert::ILLEGAL_PARAMETER } else { alert::DECODE_ERROR },
            Side::Peer,
            Error::Decode(DecodeError { structure: "CertificateStatus", .. })
        );
    }
}

/// RFC 6066 §8: the server's extension is empty; RFC 6962 §3.3: the list has at least one timestamp, none of them empty.
#[test]
fn a_malformed_promise_is_refused() {
    let lists = [
        vec![],
        vector(2, &[]),
        vector(2, &vector(2, &[])),
        vector(2, &[0, 1]),
        sct_list()[..8].to_vec(),
        [sct_list(), vec![0]].concat(),
    ];
    let lists = lists.into_iter().map(|list| (ext::SIGNED_CERTIFICATE_TIMESTAMP, list));
    for (typ, content) in lists.chain([(ext::STATUS_REQUEST, vec![1]), (ext::STATUS_REQUEST, vec![1, 0, 0, 0, 0])]) {
        let mut forge = facing_client(client());
        forge.hello.set(typ, &content);
        let outcome = forge.perform(Step::ServerHello);
        assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));
    }
}

/// RFC 6066 §8: what a client says of responders is for servers that fetch responses; other types of status may come to be.
#[test]
fn a_client_may_ask_in_other_ways() {
    let stapling = || ServerConfig::builder(credential().ocsp_response(RESPONSE)).policy(Policy::legacy());
    for (content, answered) in [
        (vec![1, 0, 0, 0, 0], true),
        ([vec![1], vector(2, &vector(2, b"responder")), vector(2, b"extensions")].concat(), true),
        (vec![2, 9, 9], false),
    ] {
        let mut forge = super::facing_server(stapling());
        forge.hello.set(ext::STATUS_REQUEST, &content);
        forge.connect();
        assert_eq!(forge.their_hello.unwrap().extension(ext::STATUS_REQUEST).is_some(), answered);
    }
    for content in [vec![], vec![1], vec![1, 0, 0, 0], vec![1, 0, 1, 0, 0], vec![1, 0, 0, 0, 0, 0]] {
        let mut forge = super::facing_server(stapling());
        forge.hello.set(ext::STATUS_REQUEST, &content);
        let outcome = forge.perform(Step::ClientHello);
        assert_refused!(
            forge,
            outcome,
            alert::DECODE_ERROR,
            Side::Peer,
            Error::Decode(DecodeError { structure: "status_request", .. })
        );
    }
}

#[test]
fn what_cannot_be_stapled_is_refused_when_it_is_configured() {
    let build = |credential: Credential| ServerConfig::builder(credential).build().err();
    assert_eq!(build(credential().ocsp_response(&[][..])), Some(ConfigError::OcspResponse));
    assert_eq!(build(credential().ocsp_response(vec![0; 60_001])), Some(ConfigError::OcspResponse));
    assert_eq!(build(credential().ocsp_response(vec![0; 60_000])), None);
    for list in [vec![], vec![0, 0], vec![0, 2, 0, 0], sct_list()[..9].to_vec(), [sct_list(), vec![0]].concat()] {
        assert_eq!(build(credential().sct_list(list)), Some(ConfigError::SctList));
    }
    let list = |len: usize| vector(2, &vector(2, &vec![7; len - 4]));
    assert_eq!(build(credential().sct_list(list(60_001))), Some(ConfigError::SctList));
    // The longest arrive.
    let (client, seen) = seeing();
    let longest = (vec![7; 60_000], list(60_000));
    let server = ServerConfig::builder(credential().ocsp_response(longest.0.clone()).sct_list(longest.1.clone()));
    meet_as(SERVER_NAME, client, server).assert_connected();
    assert_eq!(seen.once(), (Some(longest.0), Some(longest.1)));
}
