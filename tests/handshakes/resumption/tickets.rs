//! Ticket keys that rotate, tickets that are damaged, and servers that decide not to issue one (RFC 5077).

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::UnixTime;
use tls12::NewSession;
use tls12::session::{
    ClientSession, OpenedTicket, Renewal, SealedTicket, ServerSession, SharedTickets, TicketKey, TicketKeys,
    TicketRing, Tickets,
};

use super::{By, DAY, ECDHE_GCM, Fleet, HOUR, Meeting, Stolen, after, assert_resumed, client, offered, suite};
use crate::support::forge::ext;
use crate::support::hello::{Fields, typ};
use crate::support::pair::{End, Pair};
use crate::support::pki::{SERVER_NAME, now};
use crate::support::provider::provider;
use crate::support::sent;

const PERIOD: u64 = TicketKeys::PERIOD;

/// A meeting `seconds` from now, with this session.
fn at(meeting: &Meeting, seconds: u64, session: Option<&ClientSession>) -> Meeting {
    Meeting { session: session.cloned(), now: [after(seconds); 2], ..meeting.clone() }
}

#[test]
fn a_ticket_of_the_key_before_is_accepted_and_renewed() {
    let meeting = Meeting::new(client(), Fleet::new(By::Ticket).server());
    // The first key is made now; a ticket that it seals late outlives its time to seal.
    meeting.connect();
    let session = at(&meeting, PERIOD - 10, None).connect().client.client_session();
    assert_resumed(&at(&meeting, PERIOD - 5, Some(&session)).connect(), true);

    let renewed = at(&meeting, PERIOD + 10, Some(&session)).connect();
    assert_resumed(&renewed, true);
    // RFC 5077 §3.3, figure 2: promised in the ServerHello, and sent before ChangeCipherSpec.
    assert_eq!(sent::types(&renewed.sent[1]), [typ::SERVER_HELLO, typ::NEW_SESSION_TICKET]);
    assert_eq!(sent::hello(&renewed.sent[1]).extension(ext::SESSION_TICKET), Some(&[][..]));
    let new = renewed.client.client_session();

    // The new one is good for as long again; the old one, once its key is gone, for nothing.
    let resumed = at(&meeting, 2 * PERIOD + 5, Some(&new)).connect();
    assert_resumed(&resumed, true);
    assert!(session.is_fresh(after(2 * PERIOD - 20)) && !session.is_fresh(after(2 * PERIOD + 5)));
    let late = Meeting { now: [after(PERIOD + 10), after(2 * PERIOD + 5)], ..at(&meeting, 0, Some(&session)) };
    let refused = late.connect();
    assert!(offered(&refused));
    assert_resumed(&refused, false);
}

/// A key that lay idle seals no more, but opens for two periods after it was made, and not longer.
#[test]
fn a_key_goes_after_two_periods() {
    let keys = TicketKeys::new(provider());
    let session = server_session();
    let SealedTicket { ticket, lifetime_hint, .. } = keys.seal(&session, now()).unwrap();
    assert_eq!(u64::from(lifetime_hint), 2 * PERIOD, "what is left of the key's life");
    let hint = keys.seal(&session, after(PERIOD - 60)).unwrap().lifetime_hint;
    assert!((PERIOD..PERIOD + 120).contains(&u64::from(hint)));
    let renewal = |seconds| keys.open(&ticket, after(seconds)).map(|opened| opened.renew);
    assert_eq!(renewal(0), Some(Renewal::NotDue));
    assert_eq!(renewal(PERIOD - 2), Some(Renewal::NotDue));
    assert_eq!(renewal(PERIOD + 2), Some(Renewal::Due));
    assert_eq!(renewal(2 * PERIOD - 2), Some(Renewal::Due));
    assert_eq!(renewal(2 * PERIOD + 2), None);
    assert_eq!(renewal(0), None, "the key is gone for good");
}

/// What was dated by a clock that was ahead does not live until that time comes: a key, a ring of a fleet, or a session. The
/// clocks of a fleet may differ by five minutes.
#[test]
fn what_is_from_the_future_has_expired() {
    const YEAR: u64 = 365 * DAY;
    let session = server_session();
    let (keys, provider) = (TicketKeys::new(provider()), provider());
    let ahead = keys.seal(&session, after(1000 * YEAR)).unwrap().ticket;
    let right = keys.seal(&session, now()).unwrap();
    assert_ne!(ahead[..16], right.ticket[..16], "sealed by another key");
    assert_eq!(u64::from(right.lifetime_hint), 2 * PERIOD);
    assert!(keys.open(&ahead, now()).is_none());
    assert_ne!(keys.seal(&session, after(PERIOD)).unwrap().ticket[..16], right.ticket[..16]);
    assert!(keys.open(&right.ticket, after(2 * PERIOD)).is_none());
    // A key is not thrown away for a small difference.
    let keys = TicketKeys::new(provider.clone());
    let ahead = keys.seal(&session, after(300)).unwrap().ticket;
    assert_eq!(keys.seal(&session, now()).unwrap().ticket[..16], ahead[..16]);
    assert_ne!(
        keys.seal(&session, UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() - 1))).unwrap().ticket[..16],
        ahead[..16]
    );

    let ring = |seconds| TicketRing::new(provider.random(), after(seconds)).unwrap();
    let shared = SharedTickets::new(provider.clone(), PERIOD);
    shared.take(0, ring(300)).unwrap();
    let sealed = shared.seal(&session, now()).unwrap().ticket;
    assert!(shared.open(&sealed, now()).is_some());
    shared.take(0, ring(301)).unwrap();
    assert!(shared.seal(&session, now()).is_none());
    assert!(ring(301).age(now()) > 100 * YEAR && ring(300).age(now()) == 0 && ring(0).age(after(7)) == 7);

    for by in [By::Id, By::Ticket] {
        for (ahead, resumed) in [(300, true), (301, false)] {
            let fleet = Fleet::new(by);
            let first = Meeting { now: [now(), after(ahead)], ..Meeting::new(client(), fleet.server()) }.again();
            let second = Meeting { now: [now(); 2], ..first }.connect();
            assert!(offered(&second));
            assert_resumed(&second, resumed);
            let first = Meeting { now: [after(ahead), now()], ..Meeting::new(client(), fleet.server()) }.again();
            let second = Meeting { now: [now(); 2], ..first }.connect();
            assert_eq!(offered(&second), resumed);
        }
    }
}

/// Renewing keeps a session alive for a day from its full handshake, and not longer.
#[test]
fn renewing_does_not_make_a_session_younger() {
    let meeting = Meeting::new(client(), Fleet::new(By::Ticket).server());
    let mut session = meeting.connect().client.client_session();
    let mut renewals = 0;
    for hours in 1..24 {
        let pair = at(&meeting, hours * HOUR, Some(&session)).connect();
        assert_resumed(&pair, true);
        if let Some(NewSession::Client(renewed)) = pair.client.sessions.last() {
            session = renewed.clone();
            renewals += 1;
        }
    }
    assert_eq!(renewals, 3, "at six, twelve and eighteen hours");
    let client_is_slow = Meeting { now: [after(DAY - 5), after(DAY + 5)], ..at(&meeting, 0, Some(&session)) };
    let refused = client_is_slow.connect();
    assert!(offered(&refused));
    assert_resumed(&refused, false);
    let not_offered = at(&meeting, DAY + 5, Some(&session)).connect();
    assert!(!offered(&not_offered));
}

/// A session as a server has it.
pub fn server_session() -> ServerSession {
    let meeting = Meeting::new(client(), Fleet::new(By::Id).server().session_store_later());
    match meeting.connect().server.sessions.pop() {
        Some(NewSession::Server { session, .. }) => session,
        other => panic!("{other:?}"),
    }
}

/// A ticket that differs in one bit, or in its length, is none; nor is that of another key.
#[test]
fn a_damaged_ticket_is_none() {
    let provider = provider();
    let key = TicketKey::new(&*provider, &[1; 48]).unwrap();
    let session = server_session();
    let ticket = key.seal(provider.random(), &session).unwrap();
    assert_eq!(key.open(&ticket).unwrap().to_bytes().expose(), session.to_bytes().expose());
    for len in 0..ticket.len() {
        assert!(key.open(&ticket[..len]).is_none(), "cut off at {len}");
    }
    assert!(key.open(&[&ticket[..], &[0]].concat()).is_none());
    for bit in 0..8 * ticket.len() {
        let mut damaged = ticket.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(key.open(&damaged).is_none(), "bit {bit}");
    }
    // The same name, but another key; and the same key by another name.
    for changed in [0, 47] {
        let mut secret = [1; 48];
        secret[changed] ^= 1;
        assert!(TicketKey::new(&*provider, &secret).unwrap().open(&ticket).is_none());
    }
    // RFC 5077 §4: sealed, so that nothing of the session can be read.
    let secret = session.to_bytes();
    assert!(secret.expose().windows(8).all(|part| !ticket.windows(8).any(|window| window == part)));
    // And never twice the same.
    assert_ne!(key.seal(provider.random(), &session).unwrap(), ticket);
}

/// Seals by other means.
#[derive(Debug)]
struct Sealing(fn(&ServerSession) -> Option<Vec<u8>>);

impl Tickets for Sealing {
    fn seal(&self, session: &ServerSession, _now: UnixTime) -> Option<SealedTicket> {
        Some(SealedTicket::new(self.0(session)?, 0))
    }

    /// The session stands at the end of the ticket, after its length in four bytes. Do not try this at home.
    fn open(&self, ticket: &[u8], _now: UnixTime) -> Option<OpenedTicket> {
        let (rest, len) = ticket.split_last_chunk::<4>()?;
        let session = rest.get(rest.len().checked_sub(u32::from_be_bytes(*len) as usize)?..)?;
        Some(OpenedTicket::new(ServerSession::from_bytes(session).ok()?, Renewal::NotDue))
    }
}

/// The session in a ticket of so many bytes.
fn padded(session: &ServerSession, len: usize) -> Vec<u8> {
    let session = session.to_bytes();
    let session_len = (session.expose().len() as u32).to_be_bytes();
    let padding = vec![0; len - session.expose().len() - session_len.len()];
    [&padding, session.expose(), &session_len].concat()
}

/// RFC 5077 §3.3: a server that promised a ticket and has none sends an empty one, which a client takes for none.
#[test]
fn an_empty_ticket_is_none() {
    let meeting = Meeting::new(client(), Fleet::new(By::Ticket).server().tickets(Arc::new(Sealing(|_| None))));
    let pair = meeting.connect();
    assert_eq!(sent::body(&pair.sent[1], typ::NEW_SESSION_TICKET).unwrap(), [0; 6]);
    assert!(pair.client.sessions.is_empty());
}

/// A ticket has a limit, so that a ClientHello can carry it; one that is longer is not given out.
#[test]
fn a_ticket_may_be_long_but_not_too_long() {
    let longest: fn(&ServerSession) -> _ = |session| Some(padded(session, 1 << 15));
    let meeting = Meeting::new(client(), Fleet::new(By::Ticket).server().tickets(Arc::new(Sealing(longest))));
    let protocols: Vec<Vec<u8>> = (0..60_u8).map(|i| vec![i; 255]).collect();
    // With all else that a ClientHello may carry.
    let meeting = Meeting { client: client().alpn_protocols(protocols).build().unwrap(), ..meeting };
    let resumed = meeting.again().connect();
    assert_resumed(&resumed, true);
    assert_eq!(sent::hello(&resumed.sent[0]).extension(ext::SESSION_TICKET).unwrap().len(), 1 << 15);

    for too_long in
        [|session: &ServerSession| Some(padded(session, (1 << 15) + 1)), |_: &ServerSession| Some(vec![0; 100_000])]
    {
        let server = Fleet::new(By::Ticket).server().tickets(Arc::new(Sealing(too_long)));
        let pair = Meeting::new(client(), server).connect();
        assert_eq!(sent::body(&pair.sent[1], typ::NEW_SESSION_TICKET).unwrap(), [0; 6]);
        assert!(pair.client.sessions.is_empty());
    }
}

/// RFC 5077 §3.3: a hint of 0 says nothing; the session is good for a day, as far as the client is concerned.
#[test]
fn a_ticket_without_a_hint_is_fresh_for_a_day() {
    let plain: fn(&ServerSession) -> _ = |session| Some(padded(session, 2000));
    let meeting = Meeting::new(client(), Fleet::new(By::Ticket).server().tickets(Arc::new(Sealing(plain))));
    let session = meeting.connect().client.client_session();
    assert!(session.is_fresh(after(DAY - 10)) && !session.is_fresh(after(DAY + 10)));
    assert!(!session.is_fresh(UnixTime::since_unix_epoch(Duration::ZERO)), "from the future");
}

/// RFC 5077 §4: what is on the wire is `key_name ‖ nonce ‖ sealed session ‖ tag`; the key's name is that of one key.
#[test]
fn tickets_of_one_key_begin_alike() {
    let server = Fleet::new(By::Ticket).server().build().unwrap();
    let [one, other] = [0, 1].map(|_| Stolen::from(client(), &server, suite(ECDHE_GCM)).ticket.unwrap());
    assert_eq!(one[..16], other[..16]);
    assert_ne!(one[16..28], other[16..28]);
    let elsewhere = Stolen::from(client(), &Fleet::new(By::Ticket).server().build().unwrap(), suite(ECDHE_GCM));
    assert_ne!(one[..16], elsewhere.ticket.unwrap()[..16]);
}

/// A client that asks for no tickets is resumed by ID, if the server has both.
#[test]
fn a_client_may_ask_for_no_ticket() {
    let fleet = Fleet::new(By::Ticket);
    let server = fleet.server().session_store(fleet.store.clone()).build().unwrap();
    let config = client().tickets(tls12::AskFor::No).build().unwrap();
    let mut pair = Pair::of(End::client(config, SERVER_NAME, None, now()), End::server(server, now()));
    pair.run();
    pair.assert_connected();
    assert_eq!(sent::hello(&pair.sent[0]).extension(ext::SESSION_TICKET), None);
    let hello = sent::hello(&pair.sent[1]);
    assert_eq!((hello.extension(ext::SESSION_TICKET), hello.session_id.len()), (None, 32));
    assert_eq!(sent::body(&pair.sent[1], typ::NEW_SESSION_TICKET), None);
    // Where tickets are taken, the hint is the time for which the key will open them at least.
    let body = sent::body(&Meeting::new(client(), fleet.server()).connect().sent[1], typ::NEW_SESSION_TICKET).unwrap();
    assert_eq!(Fields(&body).number(4) as u64, 2 * PERIOD);
}
