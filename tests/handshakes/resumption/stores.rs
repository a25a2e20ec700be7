//! Where a server keeps its sessions by ID.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tls12::session::{ServerMemoryStore, ServerSessionStore};
use tls12::{AlertDescription, Error, NewSession};

use super::{By, ECDHE_CBC, ECDHE_GCM, Fleet, HOUR, Meeting, Stolen, after, assert_resumed, client, suite};
use crate::assert_refused;
use crate::support::forge::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, Forge, Step, alert};
use crate::support::pki::now;
use tls12::Side;

fn store(capacity: usize) -> ServerMemoryStore {
    ServerMemoryStore::new(NonZeroUsize::new(capacity).unwrap())
}

#[test]
fn a_store_keeps_so_many_and_forgets_the_least_used() {
    let server = Fleet::new(By::Id).server().session_store_later();
    let Some(NewSession::Server { session, .. }) = Meeting::new(client(), server).connect().server.sessions.pop()
    else {
        panic!("no session");
    };
    let store = store(3);
    let kept = |ids: &[u8]| ids.iter().filter(|id| store.find(&[**id], now()).is_some()).count();
    for id in 0..3 {
        store.keep(&[id], session.clone(), now());
    }
    assert_eq!(kept(&[0, 1, 2]), 3);
    // The first is used again, so the second is the one to go.
    assert!(store.find(&[0], now()).is_some());
    store.keep(&[3], session.clone(), now());
    assert_eq!((kept(&[0, 2, 3]), kept(&[1])), (3, 0));
    for id in 4..=255 {
        store.keep(&[id], session.clone(), now());
    }
    assert_eq!((kept(&[253, 254, 255]), kept(&(0..253).collect::<Vec<u8>>())), (3, 0));
    // Each ID once.
    store.keep(&[255], session.clone(), now());
    assert_eq!(kept(&[253, 254, 255]), 3);
    store.forget(&[254]);
    store.forget(&[254]);
    assert_eq!((kept(&[253, 255]), kept(&[254])), (2, 0));
    // RFC 5246 §F.1.4 suggests a day at most; ours are for two hours.
    assert!(store.find(&[255], after(2 * HOUR - 60)).is_some());
    assert!(store.find(&[255], after(2 * HOUR + 60)).is_none());
    assert!(store.find(&[255], now()).is_none(), "and then it is gone");
}

/// RFC 5246 §7.2.2: a connection that was terminated with a fatal alert MUST NOT be resumed.
#[test]
fn a_session_is_forgotten_when_its_connection_fails() {
    for name in [ECDHE_GCM, ECDHE_CBC] {
        let fleet = Fleet::new(By::Id);
        let server = fleet.server().build().unwrap();
        let is_kept = |stolen: &Stolen| fleet.store.find(&stolen.session_id, now()).is_some();
        let steal = || Stolen::from(client(), &server, suite(name));

        // A fatal alert that comes.
        let stolen = steal();
        let mut forge = stolen.offered_to(&server);
        forge.connect();
        assert!(is_kept(&stolen));
        let outcome = forge.send(ALERT, &[alert::FATAL, alert::INTERNAL_ERROR]);
        assert_refused!(forge, outcome, None, Side::Peer, Error::Alert(AlertDescription::InternalError));
        assert!(!is_kept(&stolen));

        // One that goes.
        let stolen = steal();
        let mut forge = stolen.offered_to(&server);
        forge.connect();
        let mut record = forge.seal(APPLICATION_DATA, b"damaged");
        *record.last_mut().unwrap() ^= 1;
        let outcome = forge.deliver(&record);
        assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
        assert!(!is_kept(&stolen));

        // In the handshake that resumes it, by somebody who does not have its secret.
        let stolen = steal();
        let mut forge = stolen.offered_to(&server);
        forge.up_to(Step::Finished);
        let mut record = forge.seal(CHANGE_CIPHER_SPEC, b"garbage");
        *record.last_mut().unwrap() ^= 1;
        let outcome = forge.deliver(&record);
        assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
        assert!(!is_kept(&stolen));
        let mut forge = stolen.offered_to(&server);
        forge.perform(Step::ClientHello).unwrap();
        assert_ne!(forge.their_hello.unwrap().session_id, stolen.session_id, "a full handshake");
    }
}

/// The same for a client, which keeps its sessions itself: it is told by the error.
#[test]
fn a_client_is_told_that_its_session_is_not_to_be_resumed() {
    let connected = || {
        let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
        forge.connect();
        forge
    };
    let received = connected().send(ALERT, &[alert::FATAL, alert::INTERNAL_ERROR]).unwrap_err();
    assert!(received.forbids_resumption(), "{received:?}");
    let mut forge = connected();
    let mut record = forge.seal(APPLICATION_DATA, b"damaged");
    *record.last_mut().unwrap() ^= 1;
    let sent = forge.deliver(&record).unwrap_err();
    assert!(sent.forbids_resumption(), "{sent:?}");
    // RFC 5246 §7.2.1: no more than a missing close_notify.
    let cut_off = connected().target.connection.end_of_input().unwrap_err();
    assert!(!cut_off.forbids_resumption(), "{cut_off:?}");
}

/// RFC 5246 §7.2.1: a connection that was closed may be resumed; and since TLS 1.1 also one that was cut off.
#[test]
fn a_session_outlives_its_connection() {
    let fleet = Fleet::new(By::Id);
    let server = fleet.server().build().unwrap();
    let stolen = Stolen::from(client(), &server, suite(ECDHE_GCM));
    let mut forge = stolen.offered_to(&server);
    forge.connect();
    forge.send(ALERT, &[alert::WARNING, alert::CLOSE_NOTIFY]).unwrap();
    assert_eq!(forge.target.connection.end_of_input(), Ok(()));
    let mut forge = stolen.offered_to(&server);
    forge.connect();
    assert!(forge.target.info().resumed());
    assert_eq!(forge.target.connection.end_of_input(), Err(Error::Truncated));
    let mut forge = stolen.offered_to(&server);
    forge.connect();
    assert!(forge.target.info().resumed());
    // A client that goes away in the handshake has not failed either.
    let mut forge = stolen.offered_to(&server);
    forge.perform(Step::ClientHello).unwrap();
    let outcome = forge.send(ALERT, &[alert::WARNING, alert::CLOSE_NOTIFY]);
    assert!(outcome.is_err_and(|error| !error.forbids_resumption()));
    stolen.offered_to(&server).connect();
}

/// A server that was not told otherwise resumes both ways.
#[test]
fn the_defaults_resume() {
    let server = || tls12::ServerConfig::builder_with_provider(super::provider(), super::credential());
    let by_ticket = Meeting::new(client(), server());
    assert_resumed(&by_ticket.again().connect(), true);
    let by_id = Meeting { client: client().tickets(tls12::AskFor::No).build().unwrap(), ..by_ticket };
    assert_resumed(&by_id.again().connect(), true);
    // Two configurations share nothing unless they are told to.
    let elsewhere = Meeting { server: server().build().unwrap(), ..by_id.again() };
    assert_resumed(&elsewhere.connect(), false);
}

/// The store is asked and told what the trait says, and no more.
#[test]
fn a_store_sees_each_session_once() {
    use std::sync::Mutex;
    use tls12::session::ServerSession;

    #[derive(Debug, Default)]
    struct Noting(Mutex<Vec<(&'static str, Vec<u8>)>>, Mutex<Option<ServerSession>>);

    impl ServerSessionStore for Noting {
        fn find(&self, id: &[u8], _now: rustls_pki_types::UnixTime) -> Option<ServerSession> {
            self.0.lock().unwrap().push(("find", id.to_vec()));
            self.1.lock().unwrap().clone()
        }

        fn keep(&self, id: &[u8], session: ServerSession, _now: rustls_pki_types::UnixTime) {
            self.0.lock().unwrap().push(("keep", id.to_vec()));
            *self.1.lock().unwrap() = Some(session);
        }

        fn forget(&self, id: &[u8]) {
            self.0.lock().unwrap().push(("forget", id.to_vec()));
        }
    }

    let store = Arc::new(Noting::default());
    let server = Fleet::new(By::Id).server().session_store(store.clone()).build().unwrap();
    let stolen = Stolen::from(client(), &server, suite(ECDHE_GCM));
    let mut forge = stolen.offered_to(&server);
    forge.connect();
    forge.send(ALERT, &[alert::FATAL, alert::INTERNAL_ERROR]).unwrap_err();
    let seen = store.0.lock().unwrap().clone();
    assert_eq!(seen, ["keep", "find", "forget"].map(|what| (what, stolen.session_id.clone())));
}
