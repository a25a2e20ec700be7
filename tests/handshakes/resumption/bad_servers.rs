//! What a server may not do with a session (RFC 5246 §7.4.1.3, RFC 5077, RFC 7627).

use tls12::crypto::CipherSuite;
use tls12::session::ClientSession;
use tls12::wire::MaxFragmentLength;
use tls12::{AskFor, DecodeError, Error, NewSession, Policy, Received, RecordLimit, Side, Violation};

use super::{BOTH, ECDHE_CBC, ECDHE_GCM, Fleet, Stolen, client, suite};
use crate::assert_refused;
use crate::support::forge::{CHANGE_CIPHER_SPEC, Forge, Step, alert, ext};
use crate::support::hello::{message, typ, vector};
use crate::support::pair::End;
use crate::support::pki::{SERVER_NAME, now};

/// A bad server and our client, which offers a session; the server is about to resume it.
fn resuming(stolen: &Stolen) -> Forge {
    let mut forge = facing(Some(stolen.session.clone()), stolen.suite);
    forge.resume = Some(stolen.master.clone());
    forge.hello.session_id = forge.their_hello.as_ref().unwrap().session_id.clone();
    forge
}

fn facing(session: Option<ClientSession>, suite: &'static CipherSuite) -> Forge {
    Forge::facing(End::client(client().build().unwrap(), SERVER_NAME, session, now()), suite)
}

fn for_each_kind(mut test: impl FnMut(&Stolen)) {
    for by in BOTH {
        let server = Fleet::new(by).server().build().unwrap();
        test(&Stolen::from(client(), &server, suite(ECDHE_GCM)));
    }
}

/// NewSessionTicket (RFC 5077 §3.3).
fn ticket(ticket: &[u8]) -> Vec<u8> {
    message(typ::NEW_SESSION_TICKET, &[vec![0, 0, 14, 16], vector(2, ticket)].concat())
}

/// RFC 5246 §7.4.1.3: for resumed sessions, the suite is that of the session.
#[test]
fn it_resumes_with_another_suite() {
    for_each_kind(|stolen| {
        let mut forge = resuming(stolen);
        forge.suite = suite(ECDHE_CBC);
        forge.hello.suites = vec![forge.suite.code];
        let outcome = forge.perform(Step::ServerHello);
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::ResumedOtherSuite)
        );
    });
}

/// RFC 7627 §5.3: if the original session used the extended master secret, and the ServerHello does not, the client MUST
/// abort.
#[test]
fn it_resumes_without_the_extended_master_secret() {
    for_each_kind(|stolen| {
        let mut forge = resuming(stolen);
        forge.hello.remove(ext::EXTENDED_MASTER_SECRET);
        let outcome = forge.perform(Step::ServerHello);
        assert_refused!(
            forge,
            outcome,
            alert::HANDSHAKE_FAILURE,
            Side::Peer,
            Error::IllegalParameter(Violation::ExtendedMasterSecretLost)
        );
    });
}

/// RFC 6066 §4: the fragment length applies to the session, so to a ServerHello that resumes it and does not repeat it; but only
/// if it was agreed on in the first place.
#[test]
fn it_does_not_repeat_the_fragment_length() {
    let config = || client().record_limit(RecordLimit::MaxFragmentLength(MaxFragmentLength::B512));
    let facing =
        |session| Forge::facing(End::client(config().build().unwrap(), SERVER_NAME, session, now()), suite(ECDHE_GCM));
    for by in BOTH {
        let server = Fleet::new(by).server().build().unwrap();
        let stolen = Stolen::from(config(), &server, suite(ECDHE_GCM));
        for (agreed, limit) in [(true, 512), (false, 1 << 14)] {
            let bytes = stolen.session.to_bytes().expose().to_vec();
            // After the master secret: the length 512 has the code 1.
            let place = bytes.windows(stolen.master.len()).position(|window| window == stolen.master).unwrap();
            let place = place + stolen.master.len();
            assert_eq!(bytes[place], 0x81);
            let mut bytes = bytes;
            bytes[place] = if agreed { 0x81 } else { 1 };
            let session = ClientSession::from_bytes(&bytes).unwrap();
            assert_eq!(session.to_bytes().expose(), bytes);
            let mut forge = facing(Some(session));
            forge.resume = Some(stolen.master.clone());
            forge.hello.session_id = forge.their_hello.as_ref().unwrap().session_id.clone();
            forge.hello.remove(ext::MAX_FRAGMENT_LENGTH);
            forge.connect();
            assert!(forge.target.info().resumed());
            let info = forge.target.info();
            assert_eq!((info.send_limit(), info.receive_limit()), (limit, limit));
        }
    }
}

/// RFC 5246 §7.4.1.3: another ID is that of a new session, so a full handshake follows, and nothing else.
#[test]
fn it_resumes_what_was_not_offered() {
    for_each_kind(|stolen| {
        let mut forge = resuming(stolen);
        for byte in &mut forge.hello.session_id {
            *byte ^= 1;
        }
        forge.perform(Step::ServerHello).unwrap();
        let outcome = forge.send(CHANGE_CIPHER_SPEC, &[1]);
        let got = Received::Record(CHANGE_CIPHER_SPEC);
        assert!(matches!(&outcome, Err(Error::UnexpectedMessage { got: told, .. }) if *told == got));
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    });
    // Where nothing was offered, neither an ID nor the echo of none resumes anything.
    for id in [vec![], vec![1; 32]] {
        let mut forge = facing(None, suite(ECDHE_GCM));
        assert!(forge.their_hello.as_ref().unwrap().session_id.is_empty());
        forge.hello.session_id = id;
        forge.perform(Step::ServerHello).unwrap();
        let outcome = forge.send(CHANGE_CIPHER_SPEC, &[1]);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    }
}

/// The other way round: a session that is resumed has no Certificate.
#[test]
fn it_resumes_and_starts_a_full_handshake() {
    for_each_kind(|stolen| {
        let mut forge = resuming(stolen);
        forge.perform(Step::ServerHello).unwrap();
        let outcome = forge.perform(Step::Certificate);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    });
}

/// It does not have the secret: somebody else's server, or nobody's.
#[test]
fn it_resumes_without_the_secret() {
    for_each_kind(|stolen| {
        let mut forge = resuming(stolen);
        forge.resume.as_mut().unwrap()[47] ^= 1;
        forge.up_to(Step::Finished);
        let outcome = forge.perform(Step::Finished);
        assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
    });
}

/// RFC 5246 §7.4.9: Finished covers both hellos of the new handshake.
#[test]
fn its_finished_is_another() {
    for_each_kind(|stolen| {
        for bit in 0..96 {
            let mut forge = resuming(stolen);
            forge.up_to(Step::Finished);
            let mut finished = forge.make(Step::Finished);
            finished[4 + bit / 8] ^= 1 << (bit % 8);
            let outcome = forge.say(&finished);
            assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::FinishedMismatch);
        }
    });
}

/// RFC 5077 §3.3: MUST NOT be sent, unless the ServerHello has promised it.
#[test]
fn a_ticket_that_was_not_promised() {
    let mut forge = facing(None, suite(ECDHE_GCM));
    forge.up_to(Step::ChangeCipherSpec);
    let outcome = forge.say(&ticket(b"ticket"));
    assert!(matches!(outcome, Err(Error::UnexpectedMessage { got: Received::Handshake(typ::NEW_SESSION_TICKET), .. })));
    assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    for_each_kind(|stolen| {
        let mut forge = resuming(stolen);
        forge.perform(Step::ServerHello).unwrap();
        let outcome = forge.say(&ticket(b"ticket"));
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    });
}

/// RFC 5077 §3.3: MUST be sent, if the ServerHello has promised it.
#[test]
fn a_ticket_that_was_promised_and_does_not_come() {
    let mut forge = facing(None, suite(ECDHE_GCM));
    forge.hello.set(ext::SESSION_TICKET, &[]);
    forge.up_to(Step::ChangeCipherSpec);
    let outcome = forge.perform(Step::ChangeCipherSpec);
    assert!(matches!(outcome, Err(Error::UnexpectedMessage { awaited: "NewSessionTicket", .. })));
    assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    for_each_kind(|stolen| {
        let mut forge = resuming(stolen);
        forge.hello.set(ext::SESSION_TICKET, &[]);
        forge.perform(Step::ServerHello).unwrap();
        let outcome = forge.perform(Step::ChangeCipherSpec);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    });
}

/// RFC 5077 §3.3: it comes after the client's Finished, and before ChangeCipherSpec; and once.
#[test]
fn a_ticket_at_the_wrong_time() {
    for early in [Step::Certificate, Step::ServerKeyExchange, Step::ServerHelloDone] {
        let mut forge = facing(None, suite(ECDHE_GCM));
        forge.hello.set(ext::SESSION_TICKET, &[]);
        forge.up_to(early);
        let outcome = forge.say(&ticket(b"ticket"));
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    }
    let mut forge = facing(None, suite(ECDHE_GCM));
    forge.hello.set(ext::SESSION_TICKET, &[]);
    forge.up_to(Step::ChangeCipherSpec);
    forge.say(&ticket(b"ticket")).unwrap();
    let outcome = forge.say(&ticket(b"ticket"));
    assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
}

/// RFC 5077 §3.3: a lifetime in four bytes, and a vector.
#[test]
fn a_malformed_ticket() {
    let whole = ticket(b"ticket")[4..].to_vec();
    let cuts = (0..whole.len()).map(|len| whole[..len].to_vec());
    for body in cuts.chain([[whole.as_slice(), &[0]].concat()]) {
        let mut forge = facing(None, suite(ECDHE_GCM));
        forge.hello.set(ext::SESSION_TICKET, &[]);
        forge.up_to(Step::ChangeCipherSpec);
        let outcome = forge.say(&message(typ::NEW_SESSION_TICKET, &body));
        assert_refused!(
            forge,
            outcome,
            alert::DECODE_ERROR,
            Side::Peer,
            Error::Decode(DecodeError { structure: "NewSessionTicket", .. })
        );
    }
}

/// RFC 5077 §3.2: the server's extension is empty; RFC 5246 §7.4.1.4: and only for a client that asked.
#[test]
fn a_malformed_or_unsolicited_promise() {
    let mut forge = facing(None, suite(ECDHE_GCM));
    forge.hello.set(ext::SESSION_TICKET, &[0]);
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(
        forge,
        outcome,
        alert::DECODE_ERROR,
        Side::Peer,
        Error::Decode(DecodeError { structure: "session_ticket", .. })
    );
    let config = client().tickets(AskFor::No).build().unwrap();
    let mut forge = Forge::server(&config, suite(ECDHE_GCM));
    forge.hello.set(ext::SESSION_TICKET, &[]);
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(
        forge,
        outcome,
        alert::UNSUPPORTED_EXTENSION,
        Side::Peer,
        Error::UnsolicitedExtension(ext::SESSION_TICKET)
    );
}

/// What a server may do: promise a ticket and give it, or an empty one; with an ID beside it or without. RFC 5077 §3.3: a
/// client that gets a ticket discards the ID; one that gets none may use it.
#[test]
fn what_the_client_keeps() {
    for (id, given, kept) in [
        (&[5; 32][..], Some(&b"ticket"[..]), true),
        (&[], Some(b"ticket"), true),
        (&[5; 32], Some(b""), true),
        (&[5; 7], None, true),
        (&[], Some(b""), false),
        (&[], None, false),
    ] {
        let mut forge = facing(None, suite(ECDHE_GCM));
        forge.hello.session_id = id.to_vec();
        if given.is_some() {
            forge.hello.set(ext::SESSION_TICKET, &[]);
        }
        forge.up_to(Step::ChangeCipherSpec);
        if let Some(given) = given {
            forge.say(&ticket(given)).unwrap();
        }
        forge.finish_from(Step::ChangeCipherSpec);
        let session = match forge.target.sessions.pop() {
            Some(NewSession::Client(session)) => session,
            None if !kept => continue,
            other => panic!("{other:?}"),
        };
        let again = facing(Some(session), suite(ECDHE_GCM));
        let hello = again.their_hello.unwrap();
        match given {
            Some(given @ [_, ..]) => assert_eq!(hello.extension(ext::SESSION_TICKET), Some(given)),
            _ => assert_eq!((&*hello.session_id, hello.extension(ext::SESSION_TICKET)), (id, Some(&[][..]))),
        }
    }
    // RFC 7627 §5.3: without the extended master secret it is not to be resumed, so there is nothing to keep.
    let strict = client().policy(Policy::default()).build().unwrap();
    let mut forge = Forge::server(&strict, suite(ECDHE_GCM));
    forge.hello.remove(ext::EXTENDED_MASTER_SECRET);
    forge.hello.session_id = vec![5; 32];
    forge.connect();
    assert!(forge.target.sessions.is_empty());
}
