//! Every state, every handshake message, both roles, both key exchanges: what RFC 5246 §7.3 has a place for is accepted,
//! and everything else is an unexpected_message.
#![cfg(feature = "ring")]

use std::sync::{Arc, LazyLock};

use crate::assert_refused;
use crate::support::forge::{
    ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, Forge, HANDSHAKE, NAMED_CURVE, Step, alert, answer_by_server_key,
    server_key_exchange,
};
use crate::support::hello::{message, typ, vector};
use crate::support::pair::Happened;
use crate::support::pki::PKI;
use tls12::crypto::{CipherSuite, ring};
use tls12::wire::{HandshakeType, SignatureScheme};
use tls12::{
    AlertDescription, ClientConfig, Credential, Error, Event, ExternalKey, Policy, Received, ServerConfig, Side,
};

/// A point of the handshake, as the peer of the target knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// All that comes before this was said.
    Before(Step),
    /// A CertificateRequest was said after the key exchange.
    AfterCertificateRequest,
    /// This was said, and the target cannot go on before somebody decides.
    Deciding(Step),
    /// The handshake is complete.
    Established,
}

/// What may come where (RFC 5246 §7.3, figure 1): all handshake messages and ChangeCipherSpec that are accepted.
type Table = &'static [(At, &'static [Input])];

/// What is tried everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Message(u8),
    ChangeCipherSpec,
    Data,
}

use At::{AfterCertificateRequest, Before, Deciding, Established};
use Input::{ChangeCipherSpec, Data, Message};

/// RFC 5246 §7.4.1.1: a client accepts HelloRequest at any time, to ignore it while it is negotiating.
const HELLO_REQUEST: Input = Message(typ::HELLO_REQUEST);

const CLIENT_ECDHE: Table = &[
    (Before(Step::ServerHello), &[HELLO_REQUEST, Message(typ::SERVER_HELLO)]),
    (Before(Step::Certificate), &[HELLO_REQUEST, Message(typ::CERTIFICATE)]),
    (Before(Step::ServerKeyExchange), &[HELLO_REQUEST, Message(typ::SERVER_KEY_EXCHANGE)]),
    (
        Before(Step::ServerHelloDone),
        &[HELLO_REQUEST, Message(typ::CERTIFICATE_REQUEST), Message(typ::SERVER_HELLO_DONE)],
    ),
    (AfterCertificateRequest, &[HELLO_REQUEST, Message(typ::SERVER_HELLO_DONE)]),
    (Deciding(Step::ServerHelloDone), &[]),
    (Before(Step::ChangeCipherSpec), &[HELLO_REQUEST, ChangeCipherSpec]),
    (Before(Step::Finished), &[HELLO_REQUEST, Message(typ::FINISHED)]),
    (Established, &[HELLO_REQUEST, Data]),
];

/// RFC 5246 §7.4.3: it is not legal to send ServerKeyExchange for RSA.
const CLIENT_RSA: Table = &[
    (Before(Step::ServerHello), &[HELLO_REQUEST, Message(typ::SERVER_HELLO)]),
    (Before(Step::Certificate), &[HELLO_REQUEST, Message(typ::CERTIFICATE)]),
    (
        Before(Step::ServerHelloDone),
        &[HELLO_REQUEST, Message(typ::CERTIFICATE_REQUEST), Message(typ::SERVER_HELLO_DONE)],
    ),
    (AfterCertificateRequest, &[HELLO_REQUEST, Message(typ::SERVER_HELLO_DONE)]),
    (Deciding(Step::ServerHelloDone), &[]),
    (Before(Step::ChangeCipherSpec), &[HELLO_REQUEST, ChangeCipherSpec]),
    (Before(Step::Finished), &[HELLO_REQUEST, Message(typ::FINISHED)]),
    (Established, &[HELLO_REQUEST, Data]),
];

/// In both, a ClientHello on an established connection asks to renegotiate, which is refused by a warning (§7.2.2).
const SERVER_ECDHE: Table = &[
    (Before(Step::ClientHello), &[Message(typ::CLIENT_HELLO)]),
    (Deciding(Step::ClientHello), &[]),
    (Before(Step::ClientKeyExchange), &[Message(typ::CLIENT_KEY_EXCHANGE)]),
    (Before(Step::ChangeCipherSpec), &[ChangeCipherSpec]),
    (Before(Step::Finished), &[Message(typ::FINISHED)]),
    (Established, &[Message(typ::CLIENT_HELLO), Data]),
];

const SERVER_RSA: Table = &[
    (Before(Step::ClientHello), &[Message(typ::CLIENT_HELLO)]),
    (Before(Step::ClientKeyExchange), &[Message(typ::CLIENT_KEY_EXCHANGE)]),
    (Before(Step::ChangeCipherSpec), &[ChangeCipherSpec]),
    (Deciding(Step::ChangeCipherSpec), &[]),
    (Before(Step::Finished), &[Message(typ::FINISHED)]),
    (Established, &[Message(typ::CLIENT_HELLO), Data]),
];

/// Every type that has a name, and one that has none.
const TYPES: [u8; 13] = [
    typ::HELLO_REQUEST,
    typ::CLIENT_HELLO,
    typ::SERVER_HELLO,
    typ::NEW_SESSION_TICKET,
    typ::CERTIFICATE,
    typ::SERVER_KEY_EXCHANGE,
    typ::CERTIFICATE_REQUEST,
    typ::SERVER_HELLO_DONE,
    typ::CERTIFICATE_VERIFY,
    typ::CLIENT_KEY_EXCHANGE,
    typ::FINISHED,
    typ::CERTIFICATE_STATUS,
    UNDEFINED,
];
const UNDEFINED: u8 = 99;

#[test]
fn every_type_is_tried() {
    for typ in 0..=u8::MAX {
        assert!(HandshakeType(typ).name().is_none() || TYPES.contains(&typ), "{typ}");
    }
    assert!(HandshakeType(UNDEFINED).name().is_none());
}

/// All decisions come from outside, so that those states can be looked at as well.
static CLIENT: LazyLock<Arc<ClientConfig>> =
    LazyLock::new(|| ClientConfig::builder_verifying_later(ring::provider()).policy(Policy::legacy()).build().unwrap());
static SERVER: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    let key = ExternalKey::new([SignatureScheme::RSA_PKCS1_SHA256]).with_decryption();
    let credential = Credential::external(vec![PKI.server.clone()], key).unwrap();
    ServerConfig::builder(credential).policy(Policy::legacy()).build().unwrap()
});

/// An AEAD and a CBC suite, so that both kinds of protection are met after ChangeCipherSpec.
const ECDHE: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const RSA: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";

#[test]
fn a_client_with_ecdhe() {
    try_everything(CLIENT_ECDHE, || Forge::server(&CLIENT, CipherSuite::from_name(ECDHE).unwrap()));
}

#[test]
fn a_client_with_rsa() {
    try_everything(CLIENT_RSA, || Forge::server(&CLIENT, CipherSuite::from_name(RSA).unwrap()));
}

#[test]
fn a_server_with_ecdhe() {
    try_everything(SERVER_ECDHE, || Forge::client(&SERVER, CipherSuite::from_name(ECDHE).unwrap()));
}

#[test]
fn a_server_with_rsa() {
    try_everything(SERVER_RSA, || Forge::client(&SERVER, CipherSuite::from_name(RSA).unwrap()));
}

fn try_everything(table: Table, forge: impl Fn() -> Forge) {
    for (at, accepted) in table {
        let reached = || {
            let mut forge = forge();
            reach(&mut forge, *at);
            forge
        };
        for typ in TYPES {
            let input = Message(typ);
            let message = if accepted.contains(&input) { None } else { Some(well_formed(&reached(), typ)) };
            try_input(reached(), *at, input, accepted, message.as_deref());
            if !accepted.contains(&input) {
                // The type is looked at before the body, which is not even well-formed here.
                try_input(reached(), *at, input, accepted, Some(&crate::support::hello::message(typ, &[1])));
            }
        }
        try_input(reached(), *at, ChangeCipherSpec, accepted, None);
        try_input(reached(), *at, Data, accepted, None);
        try_alerts(*at, reached);
    }
}

/// Brings the target to this point.
fn reach(forge: &mut Forge, at: At) {
    forge.target.answer = Some(answer_by_server_key);
    match at {
        Before(step) => forge.up_to(step),
        AfterCertificateRequest => {
            forge.up_to(Step::ServerHelloDone);
            forge.perform(Step::CertificateRequest).unwrap();
        }
        Deciding(step) => {
            forge.up_to(step);
            forge.target.answer = None;
            forge.perform(step).unwrap();
            assert!(forge.target.pending.is_some(), "nothing is to be decided after {step:?}");
        }
        Established => forge.connect(),
    }
}

/// Says `input`, and asserts what must come of it. `message` is what to say, where it is not the good one.
fn try_input(mut forge: Forge, at: At, input: Input, accepted: &[Input], message: Option<&[u8]>) {
    let context = format!("{at:?}, {input:?}");
    println!("{context}");
    if let Deciding(step) = at {
        return ignored_while_deciding(forge, step, input, message);
    }
    if accepted.contains(&input) {
        return accepted_here(forge, at, input);
    }
    let (outcome, got) = match input {
        Message(typ) => (forge.say(message.unwrap()), Received::Handshake(typ)),
        ChangeCipherSpec => (forge.send(CHANGE_CIPHER_SPEC, &[1]), Received::Record(CHANGE_CIPHER_SPEC)),
        Data => (forge.send(APPLICATION_DATA, b"early"), Received::Record(APPLICATION_DATA)),
    };
    assert!(
        matches!(&outcome, Err(Error::UnexpectedMessage { got: told, .. }) if *told == got),
        "{context}: {outcome:?}"
    );
    assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
}

/// The target takes `input`, and the handshake goes on from there to its end.
fn accepted_here(mut forge: Forge, at: At, input: Input) {
    match (at, input) {
        (Established, Data) => forge.exchange_data(),
        // RFC 5246 §7.4.1.1, §7.2.2: no_renegotiation, and the connection goes on.
        (Established, Message(typ)) => {
            let message = well_formed(&forge, typ);
            forge.say(&message).unwrap();
            assert_eq!(forge.heard.last(), Some(&(ALERT, vec![alert::WARNING, alert::NO_RENEGOTIATION])));
            forge.exchange_data();
        }
        (_, HELLO_REQUEST) => {
            let heard = forge.heard.len();
            forge.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
            assert_eq!(forge.heard.len(), heard, "HelloRequest is ignored");
            forge.finish_from(next_step(at));
        }
        (_, Message(typ::CERTIFICATE_REQUEST)) => {
            forge.perform(Step::CertificateRequest).unwrap();
            forge.finish_from(Step::ServerHelloDone);
            // RFC 5246 §7.4.6: a client without a certificate sends an empty list.
            let empty = (HANDSHAKE, message(typ::CERTIFICATE, &vector(3, &[])));
            assert!(forge.heard.contains(&empty), "no Certificate in answer");
        }
        _ => {
            assert_eq!(step_of(input), next_step(at));
            forge.finish_from(next_step(at));
        }
    }
}

/// What comes while a decision is waited for stays where it is; when it has been made, the handshake goes on.
fn ignored_while_deciding(mut forge: Forge, step: Step, input: Input, message: Option<&[u8]>) {
    let (sequence, heard, log) = (forge.write.sequence, forge.heard.len(), forge.target.log.len());
    let mut record = match input {
        Message(_) => forge.seal(HANDSHAKE, message.unwrap()),
        ChangeCipherSpec => forge.seal(CHANGE_CIPHER_SPEC, &[1]),
        Data => forge.seal(APPLICATION_DATA, b"early"),
    };
    let whole = record.clone();
    for _ in 0..2 {
        let step = forge.target.connection.process(&mut record, &mut forge.target.output).unwrap();
        assert!(matches!(step.event, Event::Waiting) && step.consumed == 0, "{step:?}");
    }
    forge.hear();
    assert!(record == whole && forge.heard.len() == heard && forge.target.log.len() == log);
    forge.write.sequence = sequence;
    forge.target.answer = Some(answer_by_server_key);
    forge.answer().unwrap();
    let next = forge.flow().iter().skip_while(|other| **other != step).nth(1).unwrap();
    forge.finish_from(*next);
}

/// RFC 5246 §7.2: alerts have a place everywhere.
fn try_alerts(at: At, reached: impl Fn() -> Forge) {
    if matches!(at, Deciding(_)) {
        return;
    }
    let mut forge = reached();
    let outcome = forge.send(ALERT, &[alert::FATAL, alert::HANDSHAKE_FAILURE]);
    // RFC 5246 §7.2.2: both parties close the connection; there is nobody left to tell.
    assert_refused!(forge, outcome, None, Side::Peer, Error::Alert(AlertDescription::HandshakeFailure));

    let mut forge = reached();
    forge.send(ALERT, &[alert::WARNING, alert::USER_CANCELED]).unwrap();
    assert_eq!(forge.target.log.last(), Some(&Happened::Warning(AlertDescription::UserCanceled)));
    match at {
        Established => forge.exchange_data(),
        _ => forge.finish_from(next_step(at)),
    }

    let mut forge = reached();
    let outcome = forge.send(ALERT, &[alert::WARNING, alert::CLOSE_NOTIFY]);
    if at == Established {
        outcome.unwrap();
        assert_eq!(forge.target.log.last(), Some(&Happened::CloseNotify));
    } else {
        // RFC 5246 §7.2.1: the other party MUST respond with a close_notify alert of its own.
        assert_refused!(forge, outcome, alert::CLOSE_NOTIFY, Side::Peer, Error::ClosedInHandshake);
    }
}

/// What is due at this point.
fn next_step(at: At) -> Step {
    match at {
        Before(step) => step,
        AfterCertificateRequest => Step::ServerHelloDone,
        Deciding(_) | Established => panic!("nothing is due"),
    }
}

fn step_of(input: Input) -> Step {
    match input {
        Message(typ::CLIENT_HELLO) => Step::ClientHello,
        Message(typ::SERVER_HELLO) => Step::ServerHello,
        Message(typ::CERTIFICATE) => Step::Certificate,
        Message(typ::SERVER_KEY_EXCHANGE) => Step::ServerKeyExchange,
        Message(typ::SERVER_HELLO_DONE) => Step::ServerHelloDone,
        Message(typ::CLIENT_KEY_EXCHANGE) => Step::ClientKeyExchange,
        Message(typ::FINISHED) => Step::Finished,
        ChangeCipherSpec => Step::ChangeCipherSpec,
        other => panic!("no step: {other:?}"),
    }
}

/// A message of this type with which nothing is wrong but its place.
fn well_formed(forge: &Forge, typ: u8) -> Vec<u8> {
    let scheme = SignatureScheme::RSA_PKCS1_SHA256;
    let body = match typ {
        typ::CLIENT_HELLO => return forge.hello.client(),
        typ::SERVER_HELLO => return forge.hello.server(),
        typ::CERTIFICATE => return crate::support::forge::certificate(&[&PKI.server]),
        typ::SERVER_KEY_EXCHANGE => {
            let params = [vec![NAMED_CURVE], forge.group.0.to_be_bytes().to_vec(), vector(1, &[9; 32])].concat();
            return server_key_exchange(&params, scheme, &[1; 256]);
        }
        typ::HELLO_REQUEST | typ::SERVER_HELLO_DONE => Vec::new(),
        typ::NEW_SESSION_TICKET => [vec![0, 0, 1, 0], vector(2, b"ticket")].concat(),
        typ::CERTIFICATE_REQUEST => [vector(1, &[1]), vector(2, &scheme.0.to_be_bytes()), vector(2, &[])].concat(),
        typ::CERTIFICATE_VERIFY => [scheme.0.to_be_bytes().to_vec(), vector(2, &[1; 256])].concat(),
        typ::CLIENT_KEY_EXCHANGE => match forge.suite.name {
            RSA => vector(2, &[1; 256]),
            _ => vector(1, &[9; 32]),
        },
        typ::FINISHED => vec![1; 12],
        // RFC 6066 §8: an OCSP response.
        typ::CERTIFICATE_STATUS => [vec![1], vector(3, &[0x30, 0])].concat(),
        _ => vec![1, 2, 3],
    };
    message(typ, &body)
}
