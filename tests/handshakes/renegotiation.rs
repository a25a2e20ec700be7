//! A client that renegotiates when the server asks for it (RFC 5246 §7.4.1.1): securely (RFC 5746), with the same server, a
//! limited number of times. The server is not ours.
#![cfg(feature = "ring")]

use std::sync::Arc;
use std::time::Duration;

use crate::assert_refused;
use crate::support::forge::{ALERT, APPLICATION_DATA, Forge, HANDSHAKE, Step, alert, certificate};
use crate::support::hello::{Fields, ext, message, typ, vector};
use crate::support::pair::Happened;
use crate::support::pki::{KeyKind, PKI, Pinned, now};
use tls12::crypto::{CipherSuite, PublicKey, ring};
use tls12::wire::SignatureScheme;
use tls12::{
    Answer, ClientConfig, ClientConfigBuilder, Error, Need, Policy, Renegotiation, SealError, SecureRenegotiation,
    Side, UnixTime, Violation,
};

const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";

const HELLO_REQUEST: [u8; 4] = [typ::HELLO_REQUEST, 0, 0, 0];
const NO_RENEGOTIATION: (u8, [u8; 2]) = (ALERT, [alert::WARNING, alert::NO_RENEGOTIATION]);

fn client(renegotiation: Renegotiation) -> ClientConfigBuilder {
    ClientConfig::builder(Pinned::server()).policy(Policy::legacy()).renegotiation(renegotiation)
}

/// A server that has made a handshake, and its Finished.
struct Server {
    forge: Forge,
    finished: [Vec<u8>; 2],
}

impl Server {
    fn connected(client: ClientConfigBuilder, suite: &str) -> Self {
        let forge = Forge::server(&client.build().unwrap(), CipherSuite::from_name(suite).unwrap());
        let mut server = Self { forge, finished: Default::default() };
        server.finish_from(Step::ServerHello);
        server
    }

    /// As `Forge::finish_from`, but keeps both verify_data.
    fn finish_from(&mut self, step: Step) {
        let Self { forge, finished } = self;
        for later in forge.flow().iter().skip_while(|other| **other != step) {
            if *later == Step::Finished {
                let message = forge.make(Step::Finished);
                finished[1] = message[4..].to_vec();
                forge.say(&message).unwrap();
            } else {
                forge.perform(*later).unwrap_or_else(|error| panic!("at {later:?}: {error}"));
            }
        }
        let heard = forge.heard.iter().rfind(|(typ, content)| *typ == HANDSHAKE && content[0] == typ::FINISHED);
        finished[0] = heard.unwrap().1[4..].to_vec();
        forge.exchange_data();
    }

    /// Asks for another handshake; the client answers, or not.
    fn ask(&mut self) {
        let forge = &mut self.forge;
        forge.transcript.clear();
        forge.premaster = None;
        forge.hello.set(ext::RENEGOTIATION_INFO, &vector(1, &self.finished.concat()));
        ring::provider().random().fill(&mut forge.hello.random).unwrap();
        forge.say(&HELLO_REQUEST).unwrap();
    }

    /// So, and the client has sent its hello.
    fn asked(client: ClientConfigBuilder, suite: &str) -> Self {
        let mut server = Self::connected(client, suite);
        server.ask();
        assert!(server.forge.target.connection.is_renegotiating());
        server
    }

    fn last_heard(&self) -> (u8, Vec<u8>) {
        self.forge.heard.last().unwrap().clone()
    }

    fn was_refused(&self) -> bool {
        self.last_heard() == (NO_RENEGOTIATION.0, NO_RENEGOTIATION.1.to_vec())
    }
}

/// RFC 5746 §3.5: the hello carries the client's verify_data, and no signalling suite. What was established holds until
/// the new handshake is complete, and data of the server's still comes through.
#[test]
fn a_client_renegotiates_when_asked() {
    for (first, second) in [(ECDHE_CBC, ECDHE_GCM), (ECDHE_GCM, RSA_GCM), (RSA_GCM, ECDHE_CBC), (ECDHE_GCM, ECDHE_GCM)]
    {
        let mut server = Server::asked(client(Renegotiation::AtMost(1)), first);
        let hello = server.forge.their_hello.clone().unwrap();
        assert_eq!(hello.extension(ext::RENEGOTIATION_INFO), Some(&*vector(1, &server.finished[0])));
        assert!(!hello.suites.contains(&0x00ff) && hello.session_id.is_empty());

        let before = server.forge.target.connection.tls_exporter().unwrap();
        server.forge.send(APPLICATION_DATA, b"meanwhile").unwrap();
        assert!(server.forge.target.data.ends_with(b"meanwhile"));
        let target = &mut server.forge.target;
        assert_eq!(target.connection.seal(b"no", &mut target.output), Err(SealError::Renegotiating));
        assert!(target.output.is_empty());
        assert_eq!(target.info().suite().name, first);

        server.forge.suite = CipherSuite::from_name(second).unwrap();
        server.forge.hello.suites = vec![server.forge.suite.code];
        if second == ECDHE_CBC {
            server.forge.hello.set(ext::ENCRYPT_THEN_MAC, &[]);
        } else {
            server.forge.hello.remove(ext::ENCRYPT_THEN_MAC);
        }
        server.finish_from(Step::ServerHello);
        let target = &server.forge.target;
        assert_eq!(target.log, [Happened::Connected, Happened::Renegotiated]);
        assert_eq!(target.info().suite().name, second);
        assert_ne!(target.connection.tls_exporter().unwrap(), before);
        assert!(target.info().secure_renegotiation() && !target.connection.is_renegotiating());
    }
}

/// What it is for: the server wants a certificate, once it has seen what the client wants.
#[test]
fn a_certificate_can_be_asked_for_later() {
    let identity = PKI.client(KeyKind::Rsa);
    let config = client(Renegotiation::AtMost(1)).credentials([identity.credential(&*ring::provider())]);
    let mut server = Server::asked(config, ECDHE_GCM);
    assert!(server.forge.target.info().own_certificates().is_empty());
    let forge = &mut server.forge;
    forge.up_to(Step::ServerHelloDone);
    forge.perform(Step::CertificateRequest).unwrap();
    server.finish_from(Step::ServerHelloDone);

    let forge = &server.forge;
    assert_eq!(forge.target.info().own_certificates(), std::slice::from_ref(&identity.certificate));
    let heard =
        |typ: u8| &forge.heard.iter().rfind(|(content, message)| *content == HANDSHAKE && message[0] == typ).unwrap().1;
    assert_eq!(*heard(typ::CERTIFICATE), certificate(&[&identity.certificate]));
    // RFC 5246 §7.4.8: over this handshake, not the one before.
    let verify = heard(typ::CERTIFICATE_VERIFY);
    let end = forge.transcript.windows(verify.len()).position(|bytes| bytes == *verify).unwrap();
    let mut fields = Fields(&verify[4..]);
    let scheme = SignatureScheme(fields.number(2) as u16);
    let key = PublicKey::of_certificate(&identity.certificate).unwrap();
    assert_eq!(key.verifies(&*ring::provider(), scheme, &forge.transcript[..end], fields.vector(2)), Ok(()));
}

/// Decisions may come later here too; meanwhile nothing is used of the input.
#[test]
fn a_renegotiation_can_wait_for_a_decision() {
    fn answer(need: Need) -> Answer {
        match need {
            Need::VerifyPeer(request) => request.verified(Ok(tls12::Verified::default())),
            other => panic!("{other:?}"),
        }
    }
    let config = ClientConfig::builder_verifying_later(ring::provider()).renegotiation(Renegotiation::AtMost(1));
    let mut forge = Forge::server(&config.build().unwrap(), CipherSuite::from_name(ECDHE_GCM).unwrap());
    forge.target.answer = Some(answer);
    let mut server = Server { forge, finished: Default::default() };
    server.finish_from(Step::ServerHello);
    server.ask();
    server.forge.target.answer = None;
    server.forge.up_to(Step::ChangeCipherSpec);
    assert_eq!(server.forge.target.log.last(), Some(&Happened::Suspended));
    server.forge.send(APPLICATION_DATA, b"early").unwrap();
    assert!(!server.forge.target.data.ends_with(b"early"));
    assert!(server.forge.target.connection.is_renegotiating());
    server.forge.answer().unwrap();
    assert!(server.forge.target.data.ends_with(b"early"));
    server.finish_from(Step::ChangeCipherSpec);
    assert_eq!(server.forge.target.log.last(), Some(&Happened::Renegotiated));
}

/// By default; more often than allowed; where h2 is spoken (RFC 9113 §9.2.1); where it would not be secure (RFC 5746 §4.2).
#[test]
fn a_client_refuses_where_it_should() {
    let mut by_default = Server::connected(ClientConfig::builder(Pinned::server()), ECDHE_GCM);
    by_default.ask();
    assert!(by_default.was_refused());

    let mut too_often = Server::connected(client(Renegotiation::AtMost(2)), ECDHE_GCM);
    for _ in 0..2 {
        too_often.ask();
        too_often.finish_from(Step::ServerHello);
    }
    too_often.ask();
    assert!(too_often.was_refused());
    too_often.forge.exchange_data();

    let h2 = client(Renegotiation::AtMost(1)).alpn_protocols(["h2"]);
    let mut forge = Forge::server(&h2.build().unwrap(), CipherSuite::from_name(ECDHE_GCM).unwrap());
    forge.hello.set(ext::ALPN, &vector(2, &vector(1, b"h2")));
    let mut h2 = Server { forge, finished: Default::default() };
    h2.finish_from(Step::ServerHello);
    h2.ask();
    assert!(h2.was_refused());

    let insecure = client(Renegotiation::AtMost(1));
    let insecure = insecure.policy(Policy::legacy().secure_renegotiation(SecureRenegotiation::Tolerate));
    let mut forge = Forge::server(&insecure.build().unwrap(), CipherSuite::from_name(ECDHE_GCM).unwrap());
    forge.hello.remove(ext::RENEGOTIATION_INFO);
    let mut insecure = Server { forge, finished: Default::default() };
    insecure.finish_from(Step::ServerHello);
    assert!(!insecure.forge.target.info().secure_renegotiation());
    insecure.ask();
    assert!(insecure.was_refused());
}

/// RFC 5746 §3.5: missing, empty, only the client's, one bit wrong.
#[test]
fn a_server_that_is_another_is_refused() {
    type Change = fn(&[Vec<u8>; 2]) -> Option<Vec<u8>>;
    let cases: [Change; 5] = [
        |_| None,
        |_| Some(Vec::new()),
        |[client, _]| Some(client.clone()),
        |[client, server]| Some([server.clone(), client.clone()].concat()),
        |both| {
            let mut wrong = both.concat();
            wrong[23] ^= 1;
            Some(wrong)
        },
    ];
    for change in cases {
        let mut server = Server::asked(client(Renegotiation::AtMost(1)), ECDHE_GCM);
        match change(&server.finished) {
            None => server.forge.hello.remove(ext::RENEGOTIATION_INFO),
            Some(info) => server.forge.hello.set(ext::RENEGOTIATION_INFO, &vector(1, &info)),
        }
        let outcome = server.forge.perform(Step::ServerHello);
        assert_refused!(
            server.forge,
            outcome,
            alert::HANDSHAKE_FAILURE,
            Side::Peer,
            Error::IllegalParameter(Violation::RenegotiationInfo)
        );
    }
    // It has another certificate, though the verifier would trust that too.
    let mut server = Server::asked(client(Renegotiation::AtMost(1)), ECDHE_GCM);
    server.forge.perform(Step::ServerHello).unwrap();
    let outcome = server.forge.say(&certificate(&[&PKI.server, &PKI.root]));
    assert_refused!(
        server.forge,
        outcome,
        alert::ILLEGAL_PARAMETER,
        Side::Peer,
        Error::IllegalParameter(Violation::OtherIdentity)
    );
}

/// RFC 5246 §7.4.1.1: ignored while a negotiation goes on; but not for ever.
#[test]
fn to_ask_again_meanwhile_changes_nothing() {
    let mut server = Server::asked(client(Renegotiation::AtMost(2)), ECDHE_GCM);
    let said = server.forge.heard.len();
    server.forge.say(&HELLO_REQUEST).unwrap();
    assert_eq!(server.forge.heard.len(), said);
    server.finish_from(Step::ServerHello);
}

/// Under the server's new keys nothing may come before its Finished; nor may any other message than the one that is due.
#[test]
fn what_comes_too_early_is_refused() {
    let mut server = Server::asked(client(Renegotiation::AtMost(1)), ECDHE_GCM);
    server.forge.up_to(Step::Finished);
    let outcome = server.forge.send(APPLICATION_DATA, b"early");
    assert_refused!(server.forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });

    let mut server = Server::asked(client(Renegotiation::AtMost(1)), ECDHE_GCM);
    let outcome = server.forge.say(&message(typ::SERVER_HELLO_DONE, &[]));
    assert_refused!(server.forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
}

/// RFC 5246 §7.2.1: the client closes, and has no more to say; the server closes, and the client knows that it did.
#[test]
fn either_side_may_close_meanwhile() {
    let mut server = Server::asked(client(Renegotiation::AtMost(1)), ECDHE_GCM);
    let target = &mut server.forge.target;
    target.connection.close(&mut target.output);
    server.forge.hear();
    assert_eq!(server.last_heard(), (ALERT, vec![alert::WARNING, alert::CLOSE_NOTIFY]));
    let outcome = server.forge.perform(Step::ServerHello);
    assert_eq!(outcome, Err(Error::Abandoned));

    let mut server = Server::asked(client(Renegotiation::AtMost(1)), ECDHE_GCM);
    server.forge.send(ALERT, &[alert::WARNING, alert::CLOSE_NOTIFY]).unwrap();
    assert_eq!(server.forge.target.log.last(), Some(&Happened::CloseNotify));
    assert_eq!(server.forge.target.connection.end_of_input(), Ok(()));
}

/// How often is counted for each connection.
#[test]
fn each_connection_counts_for_itself() {
    let config = client(Renegotiation::AtMost(1)).build().unwrap();
    for _ in 0..2 {
        let forge = Forge::server(&Arc::clone(&config), CipherSuite::from_name(ECDHE_GCM).unwrap());
        let mut server = Server { forge, finished: Default::default() };
        server.finish_from(Step::ServerHello);
        server.ask();
        server.finish_from(Step::ServerHello);
    }
}

/// RFC 7366 §3.1: a connection MUST NOT go from encrypt-then-MAC to MAC-then-encrypt; RFC 7627 §5.4: nor lose the extended
/// master secret.
#[test]
fn what_the_first_handshake_had_is_not_lost() {
    for (first, second, lost) in [
        (ECDHE_CBC, ECDHE_CBC, ext::ENCRYPT_THEN_MAC),
        (ECDHE_GCM, ECDHE_CBC, ext::ENCRYPT_THEN_MAC),
        (ECDHE_CBC, ECDHE_CBC, ext::EXTENDED_MASTER_SECRET),
        (ECDHE_GCM, ECDHE_GCM, ext::EXTENDED_MASTER_SECRET),
    ] {
        let mut server = Server::asked(client(Renegotiation::AtMost(1)), first);
        server.forge.suite = CipherSuite::from_name(second).unwrap();
        server.forge.hello.suites = vec![server.forge.suite.code];
        if second == ECDHE_CBC {
            server.forge.hello.set(ext::ENCRYPT_THEN_MAC, &[]);
        }
        server.forge.hello.remove(lost);
        let outcome = server.forge.perform(Step::ServerHello);
        assert_refused!(
            server.forge,
            outcome,
            alert::HANDSHAKE_FAILURE,
            Side::Peer,
            Error::IllegalParameter(Violation::LostByRenegotiation(_))
        );
    }
    // What there was not may go on to be missing.
    for lacking in [ext::ENCRYPT_THEN_MAC, ext::EXTENDED_MASTER_SECRET] {
        let config = client(Renegotiation::AtMost(1)).build().unwrap();
        let mut forge = Forge::server(&config, CipherSuite::from_name(ECDHE_CBC).unwrap());
        forge.hello.remove(lacking);
        let mut server = Server { forge, finished: Default::default() };
        server.finish_from(Step::ServerHello);
        server.ask();
        server.finish_from(Step::ServerHello);
        assert_eq!(server.forge.target.log.last(), Some(&Happened::Renegotiated));
    }
}

/// The application protocol is not offered again, and stays: so http/1.1 cannot become h2, where renegotiation is forbidden
/// (RFC 9113 §9.2.1).
#[test]
fn the_application_protocol_stays() {
    let connect = || {
        let config = client(Renegotiation::AtMost(1)).alpn_protocols(["h2", "http/1.1"]).build().unwrap();
        let mut forge = Forge::server(&config, CipherSuite::from_name(ECDHE_GCM).unwrap());
        forge.hello.set(ext::ALPN, &vector(2, &vector(1, b"http/1.1")));
        let mut server = Server { forge, finished: Default::default() };
        server.finish_from(Step::ServerHello);
        server.ask();
        assert_eq!(server.forge.their_hello.as_ref().unwrap().extension(ext::ALPN), None);
        server
    };
    let mut server = connect();
    server.forge.hello.remove(ext::ALPN);
    server.finish_from(Step::ServerHello);
    assert_eq!(server.forge.target.info().alpn_protocol(), Some(&b"http/1.1"[..]));

    let mut server = connect();
    server.forge.hello.set(ext::ALPN, &vector(2, &vector(1, b"h2")));
    let outcome = server.forge.perform(Step::ServerHello);
    assert_refused!(
        server.forge,
        outcome,
        alert::UNSUPPORTED_EXTENSION,
        Side::Peer,
        Error::UnsolicitedExtension(ext::ALPN)
    );
}

/// The time is asked for when it is needed: a server that is verified hours later is verified as of then.
#[test]
fn the_server_is_verified_at_the_time_of_the_renegotiation() {
    fn later() -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() + 7200))
    }
    for by_clock in [false, true] {
        let config = ClientConfig::builder_verifying_later(ring::provider()).renegotiation(Renegotiation::AtMost(1));
        let mut forge = Forge::server(&config.build().unwrap(), CipherSuite::from_name(ECDHE_GCM).unwrap());
        forge.target.answer = Some(|need| match need {
            Need::VerifyPeer(request) => {
                assert_eq!(request.chain().now, now());
                request.verified(Ok(tls12::Verified::default()))
            }
            other => panic!("{other:?}"),
        });
        let mut server = Server { forge, finished: Default::default() };
        server.finish_from(Step::ServerHello);
        match by_clock {
            false => server.forge.target.connection.set_time(later()),
            true => server.forge.target.connection.set_clock(later),
        }
        server.ask();
        server.forge.target.answer = None;
        server.forge.up_to(Step::ChangeCipherSpec);
        let Some(Need::VerifyPeer(request)) = &server.forge.target.pending else { panic!("no verdict is asked for") };
        assert_eq!(request.chain().now, later());
    }
}
