//! Sessions by ID, shared by servers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tls12::crypto::ring;
use tls12::io::redis::{Fleet, UseOfSessions};
use tls12::session::{ClientSession, FleetKeys, ServerSession};
use tls12::{AskFor, ClientAuth, ClientConfig, ClientTrust, KeyLog, Need, NewSession};

use super::redis_server::RedisServer;
use super::support::pair::{End, Pair};
use super::support::pki::{PKI, Pinned, SERVER_NAME, now};
use super::{
    By, PATIENT, RUNTIME, SECRET, connect, fleet, keys, new_session, server, server_builder, start, wait_for,
    wait_until,
};

/// A new session, which the fleet has kept.
#[track_caller]
fn kept_session(fleet: &Fleet) -> ClientSession {
    let kept = fleet.counters().kept;
    let session = new_session(By::Id, &server(fleet));
    wait_until("the session is kept", || fleet.counters().kept > kept);
    session
}

#[test]
fn a_session_of_one_server_resumes_on_another() {
    let Some(redis) = RedisServer::start() else { return };
    let [one, other] = [fleet(&redis.url()), fleet(&redis.url())];
    let session = kept_session(&one);
    for _ in 0..2 {
        connect(By::Id, &server(&other), Some(&session), true);
        connect(By::Id, &server(&one), Some(&session), true);
    }
    let counted = [&one, &other].map(|fleet| (fleet.counters().found, fleet.counters().kept));
    assert_eq!(counted, [(2, 1), (2, 0)]);

    // It goes when its time is over: two hours, of which some milliseconds have passed.
    let name = [b"tls12:", keys().session_names(&id_of(&session)).unwrap()[0].as_bytes()].concat();
    let left: u64 = redis.ask(&[b"PTTL", &name]);
    assert!((7_000_000..=7_200_000).contains(&left), "{left}");

    wait_for(one.forget(&id_of(&session)));
    connect(By::Id, &server(&other), Some(&session), false);
    assert_eq!(other.counters().missing, 1);
}

/// The ID stands where `ClientSession::to_bytes` puts it, after a byte of kind and one of length.
fn id_of(session: &ClientSession) -> Vec<u8> {
    session.to_bytes().expose()[2..34].to_vec()
}

/// The connection waits for the fleet, and keeps its session there: none of it in the loop.
#[test]
fn sessions_are_found_and_kept_by_a_server_that_answers_later() {
    let Some(redis) = RedisServer::start() else { return };
    let fleet = fleet(&redis.url());
    let server = server_builder().session_store_later().no_tickets().build().unwrap();
    let mut session = None;
    for resumed in [false, true, true] {
        let client = ClientConfig::builder(Pinned::server()).build().unwrap();
        let client = End::client(client, SERVER_NAME, session.clone(), now());
        let mut pair = Pair::of(client, End::server(Arc::clone(&server), now()));
        pair.run_deciding(|need| match need {
            Need::FindSession(request) => wait_for(fleet.find(request, now())),
            other => panic!("{other:?}"),
        });
        pair.assert_connected();
        assert_eq!(pair.client.info().resumed(), resumed);
        if let Some(NewSession::Server { id, session }) = pair.server.sessions.pop() {
            wait_for(fleet.keep(&id, &session, now()));
        }
        if !resumed {
            session = Some(pair.client.client_session());
        }
    }
    let counters = fleet.counters();
    assert_eq!((counters.kept, counters.found, counters.missing), (1, 2, 0));
}

#[test]
fn a_session_for_single_use_is_gone_then() {
    let Some(redis) = RedisServer::start() else { return };
    let single =
        || start(Fleet::builder(redis.url(), keys()).use_of_sessions(UseOfSessions::Single).time_limit(PATIENT));
    let [one, other] = [single(), single()];
    let session = kept_session(&one);
    connect(By::Id, &server(&other), Some(&session), true);
    for fleet in [&one, &other] {
        connect(By::Id, &server(fleet), Some(&session), false);
    }
}

/// Neither a fleet of another identity or secret resumes a session, nor a server that asks something else of its clients.
#[test]
fn sessions_are_bound_to_identity_and_client_auth() {
    let Some(redis) = RedisServer::start() else { return };
    let of = |identity: &str, secret| {
        let keys = FleetKeys::new(ring::provider(), identity.as_bytes(), &secret);
        start(Fleet::builder(redis.url(), keys).time_limit(PATIENT))
    };
    let ours = of("tests", SECRET);
    let session = kept_session(&ours);
    let store = |fleet: &Fleet| fleet.session_store(RUNTIME.clone());
    for other in [of("other", SECRET), of("tests", [8; 32])] {
        connect(By::Id, &server(&other), Some(&session), false);
        assert_eq!((other.counters().found, other.counters().missing), (0, 1));
    }
    let asks = |client_auth| server_builder().session_store(store(&ours)).client_auth(client_auth).build().unwrap();
    let before = ours.counters().found;
    connect(By::Id, &asks(ClientAuth::Request(ClientTrust::new(Pinned::server()))), Some(&session), false);
    let differs = server_builder().session_store(store(&ours)).session_context(*b"other").build().unwrap();
    connect(By::Id, &differs, Some(&session), false);
    assert_eq!(ours.counters().found, before + 2, "they were found, but not resumed");
    connect(By::Id, &asks(ClientAuth::None), Some(&session), true);
}

/// While the fleet's secret is changed, sessions go on.
#[test]
fn sessions_outlive_the_secret_that_sealed_them() {
    let Some(redis) = RedisServer::start() else { return };
    let of = |keys| start(Fleet::builder(redis.url(), keys).time_limit(PATIENT));
    let first = kept_session(&of(keys()));
    let new = of(FleetKeys::new(ring::provider(), *b"tests", &[8; 32]).also_opens(&SECRET));
    connect(By::Id, &server(&new), Some(&first), true);
    let second = kept_session(&new);
    connect(By::Id, &server(&of(keys())), Some(&second), false);
    let old = of(keys().also_opens(&[8; 32]));
    connect(By::Id, &server(&old), Some(&second), true);
}

#[derive(Default)]
struct Secrets(Mutex<Vec<u8>>);

impl KeyLog for Secrets {
    fn log(&self, _label: &str, _client_random: &[u8; 32], secret: &[u8]) {
        *self.0.lock().unwrap() = secret.to_vec();
    }
}

/// Who reads all of Redis learns neither a secret nor whose session is whose.
#[test]
fn what_leaves_the_process_is_sealed() {
    let Some(redis) = RedisServer::start() else { return };
    let fleet = fleet(&redis.url());
    let secrets = Arc::new(Secrets::default());
    let store = fleet.session_store(RUNTIME.clone());
    let server =
        server_builder().session_store(store).tickets(fleet.tickets()).key_log(secrets.clone()).build().unwrap();
    let client = ClientConfig::builder(Pinned::server()).tickets(AskFor::No).build().unwrap();
    let mut pair = Pair::of(End::client(client, SERVER_NAME, None, now()), End::server(server, now()));
    pair.run();
    wait_until("the session is kept", || fleet.counters().kept == 1);
    let id = id_of(&pair.client.client_session());
    let ticket_keys = fleet.counters().ticket_generation;
    assert_eq!(ticket_keys, 1);

    let names = redis.names();
    assert_eq!(names.len(), 2, "a session, and the ticket keys");
    let all: Vec<u8> = names.iter().flat_map(|name| [name.clone(), redis.value(name).unwrap()].concat()).collect();
    let master = secrets.0.lock().unwrap().clone();
    assert_eq!(master.len(), 48);
    let certificate = PKI.server.as_ref();
    let id_in_text: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    for secret in [&master[..], &id, id_in_text.as_bytes(), SERVER_NAME.as_bytes(), &certificate[..40], &SECRET] {
        assert!(!all.windows(secret.len()).any(|window| window == secret));
    }
}

/// A session of so many bytes, or some more: with a chain of a client's that nobody would accept.
fn long_session(session: &ServerSession, len: usize) -> ServerSession {
    let bytes = session.to_bytes();
    // The chain stands at the end, after its length; so does each certificate in it.
    let rest = bytes.expose().strip_suffix(&[0, 0, 0]).expect("the client has shown no certificate");
    let [chain, certificate] = [len + 3, len].map(|len| u32::try_from(len).unwrap().to_be_bytes());
    ServerSession::from_bytes(&[rest, &chain[1..], &certificate[1..], &vec![0x30; len]].concat()).unwrap()
}

/// Neither put in Redis nor taken from it: an entry has 128 KiB at most.
#[test]
fn a_session_that_is_too_long_is_not_shared() {
    const LIMIT: usize = 1 << 17;
    let Some(redis) = RedisServer::start() else { return };
    let fleet = fleet(&redis.url());
    let kept = kept_session(&fleet);
    let id = id_of(&kept);
    let name = [b"tls12:", keys().session_names(&id).unwrap()[0].as_bytes()].concat();
    let session = keys().open_session(0, &id, &redis.value(&name).unwrap()).unwrap();
    let (fits, too_long) = (long_session(&session, LIMIT - 1000), long_session(&session, LIMIT));

    // Somebody else has put it there, sealed as it should be.
    redis.set(&name, &keys().seal_session(&id, &too_long).unwrap());
    connect(By::Id, &server(&fleet), Some(&kept), false);
    assert_eq!((fleet.counters().found, fleet.counters().unreadable), (0, 1));
    redis.set(&name, &keys().seal_session(&id, &fits).unwrap());
    // Whether the server then resumes it is not asked here.
    let mut pair = Pair::of(
        End::client(super::client(By::Id), SERVER_NAME, Some(kept), now()),
        End::server(server(&fleet), now()),
    );
    pair.run();
    assert_eq!((fleet.counters().found, fleet.counters().unreadable), (1, 1));

    let _: u64 = redis.ask(&[b"DEL", &name]);
    wait_for(fleet.keep(&id, &too_long, now()));
    assert_eq!((fleet.counters().too_long, redis.value(&name)), (1, None));
    wait_for(fleet.keep(&id, &fits, now()));
    assert_eq!(fleet.counters().too_long, 1);
    assert!(redis.value(&name).unwrap().len() <= LIMIT);
}

/// Damaged, swapped, and of another type: each time a full handshake, and counted.
#[test]
fn garbage_in_redis_is_no_session() {
    let Some(redis) = RedisServer::start() else { return };
    let fleet = start(Fleet::builder(redis.url(), keys()).time_limit(PATIENT).refresh_every(Duration::from_secs(3600)));
    let [first, second] = [kept_session(&fleet), kept_session(&fleet)];
    let name = |session| [b"tls12:", keys().session_names(&id_of(session)).unwrap()[0].as_bytes()].concat();
    let [first_name, second_name] = [name(&first), name(&second)];
    let sealed = redis.value(&first_name).unwrap();
    let refuses = |session, unreadable, refused| {
        connect(By::Id, &server(&fleet), Some(session), false);
        let counters = fleet.counters();
        assert_eq!((counters.unreadable, counters.refused), (unreadable, refused));
    };
    redis.set(&second_name, &sealed);
    refuses(&second, 1, 0);
    let mut damaged = sealed.clone();
    *damaged.last_mut().unwrap() ^= 1;
    redis.set(&first_name, &damaged);
    refuses(&first, 2, 0);
    for (i, garbage) in [&b""[..], b"garbage", &[0; 100_000]].into_iter().enumerate() {
        redis.set(&first_name, garbage);
        refuses(&first, 3 + u64::try_from(i).unwrap(), 0);
    }
    let _: u64 = redis.ask(&[b"DEL", &first_name]);
    let _: u64 = redis.ask(&[b"LPUSH", &first_name, b"a list"]);
    refuses(&first, 5, 1);
    redis.set(&first_name, &sealed);
    connect(By::Id, &server(&fleet), Some(&first), true);
}
