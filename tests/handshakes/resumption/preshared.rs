//! A session that was made with a pre-shared key, once the key of its identity has been replaced, revoked or is looked up.

use std::sync::Arc;

use tls12::crypto::{CipherSuite, Secret};
use tls12::session::ClientSession;
use tls12::{
    AlertDescription, Answer, ClientConfig, ClientConfigBuilder, Error, Need, Policy, PresharedKey, ServerConfig,
    ServerConfigBuilder,
};

use super::{BOTH, By, ECDHE_GCM, Fleet, Log, Meeting, offered, suite};
use crate::support::hello::typ;
use crate::support::independent::prf;
use crate::support::pair::{End, Pair};
use crate::support::pki::{SERVER_NAME, now};
use crate::support::provider::provider;
use crate::support::sent;

const IDENTITY: &[u8] = b"meter 17";
const OLD: &[u8] = b"the old key";
const NEW: &[u8] = b"the new key";

fn suites() -> [&'static CipherSuite; 2] {
    ["TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384"].map(suite)
}

/// What all servers of a test share, and the suite.
struct Meters(Fleet, &'static CipherSuite);

impl Meters {
    fn all() -> impl Iterator<Item = Self> {
        BOTH.into_iter().flat_map(|by| suites().map(|suite| Self(Fleet::new(by), suite)))
    }

    fn policy(&self) -> Policy {
        Policy::legacy().suites([self.1])
    }

    fn client(&self) -> ClientConfigBuilder {
        ClientConfig::builder_with_psk_only(provider()).policy(self.policy())
    }

    fn client_with(&self, key: &[u8]) -> ClientConfigBuilder {
        self.client().preshared_key(PresharedKey::new(IDENTITY, Secret::new(key.to_vec())).unwrap())
    }

    fn server(&self) -> ServerConfigBuilder {
        let (store, tickets) = (self.0.store.clone(), self.0.tickets.clone());
        let server = ServerConfig::builder_with_psk_only(provider()).policy(self.policy());
        match self.0.by {
            By::Id => server.session_store(store).no_tickets(),
            By::Ticket => server.tickets(tickets).no_session_store(),
        }
    }

    fn server_with(&self, key: &[u8]) -> ServerConfigBuilder {
        self.server().preshared_keys([PresharedKey::new(IDENTITY, Secret::new(key.to_vec())).unwrap()])
    }

    /// A meeting at which both have the old key, and the session of an earlier one.
    fn first(&self) -> Meeting {
        let first = Meeting::new(self.client_with(OLD), self.server_with(OLD)).again();
        assert_resumed(&first.connect(), true);
        first
    }
}

/// Both ends say whether the session was resumed. No certificates are sent, resumed or not.
#[track_caller]
fn assert_resumed(pair: &Pair, resumed: bool) {
    assert_eq!((pair.client.info().resumed(), pair.server.info().resumed()), (resumed, resumed));
    assert_eq!(sent::types(&pair.sent[0]).contains(&typ::CLIENT_KEY_EXCHANGE), !resumed);
}

/// `client` offers the session of `first` to `server`.
fn meet(first: &Meeting, client: ClientConfigBuilder, server: ServerConfigBuilder) -> Meeting {
    Meeting { session: first.session.clone(), ..Meeting::new(client, server) }
}

#[test]
fn a_replaced_key_does_not_resume_at_the_server() {
    for meters in Meters::all() {
        let first = meters.first();
        let mut pair = meet(&first, meters.client_with(OLD), meters.server_with(NEW)).start();
        pair.run();
        assert!(offered(&pair));
        // The full handshake shows that the client does not have the key.
        assert_eq!(pair.server.failure(), Some(&Error::BadRecordMac), "{:?} {}", meters.0.by, meters.1.name);
        assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::BadRecordMac)));
    }
}

#[test]
fn a_replaced_key_does_not_resume_at_the_client() {
    for meters in Meters::all() {
        let first = meters.first();
        // A server that still has the old key, or whoever has stolen it.
        let mut pair = meet(&first, meters.client_with(NEW), meters.server_with(OLD)).start();
        pair.run();
        assert!(!offered(&pair));
        assert!(!pair.client.is_connected() && !pair.server.is_connected());
        // Where both have the new key, the handshake is a full one, and its session can be resumed.
        let both = meet(&first, meters.client_with(NEW), meters.server_with(NEW));
        assert_resumed(&both.connect(), false);
        assert_resumed(&both.again().connect(), true);
    }
}

/// Answers with these keys, one after the other.
fn run_finding(pair: &mut Pair, keys: &[Option<&[u8]>]) {
    let mut keys = keys.iter();
    pair.run_deciding(|need| -> Answer {
        match need {
            Need::FindPsk(request) => {
                assert_eq!(request.identity(), IDENTITY);
                let key = keys.next().expect("asked once more");
                request.found(key.map(|key| Secret::new(key.to_vec())))
            }
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(keys.len(), 0, "not asked for each");
}

#[test]
fn a_key_that_is_looked_up_is_looked_up_before_a_session_is_resumed() {
    for meters in Meters::all() {
        let first = meters.first();
        let later = || meet(&first, meters.client_with(OLD), meters.server().preshared_keys_later()).start();
        let mut same = later();
        run_finding(&mut same, &[Some(OLD)]);
        same.assert_connected();
        assert_resumed(&same, true);
        // The session that such a server makes is resumed as well.
        let mut pair = Meeting::new(meters.client_with(OLD), meters.server().preshared_keys_later()).start();
        run_finding(&mut pair, &[Some(OLD)]);
        let session = Some(pair.client.client_session());
        assert_resumed(
            &Meeting { session, ..Meeting::new(meters.client_with(OLD), meters.server_with(OLD)) }.connect(),
            true,
        );
        for (found, error) in [
            ([None, None], Error::UnknownPskIdentity),
            ([Some(NEW), Some(NEW)], Error::BadRecordMac),
            ([Some(&[][..]), None], Error::UnknownPskIdentity),
        ] {
            let mut other = later();
            run_finding(&mut other, &found);
            assert!(offered(&other));
            assert_eq!(other.server.failure(), Some(&error));
        }
        // It is found at the second look: the session is not resumed, but the client has the key.
        let mut again = later();
        run_finding(&mut again, &[None, Some(OLD)]);
        again.assert_connected();
        assert_resumed(&again, false);
    }
}

#[test]
fn a_key_that_is_selected_is_selected_before_a_session_is_offered() {
    for meters in Meters::all() {
        let first = meters.first();
        // Runs a client that offers the session of `first`, and answers with these identities and keys.
        let run = |answers: &[Option<(&[u8], &[u8])>]| {
            let mut pair = meet(&first, meters.client().preshared_key_later(), meters.server_with(OLD)).start();
            let mut requests = answers.iter().enumerate();
            pair.run_deciding(|need| match need {
                Need::SelectPsk(request) => {
                    let (i, answer) = requests.next().expect("asked once more");
                    assert_eq!(request.session_identity(), (i == 0).then_some(IDENTITY));
                    assert!(request.hint().is_empty());
                    let psk = |(identity, key): (&[u8], &[u8])| PresharedKey::new(identity, Secret::new(key.to_vec()));
                    request.selected(answer.map(|answer| psk(answer).unwrap()))
                }
                other => panic!("{other:?}"),
            });
            assert_eq!(requests.count(), 0, "not asked for each");
            pair
        };
        let same = run(&[Some((IDENTITY, OLD))]);
        same.assert_connected();
        assert!(offered(&same));
        assert_resumed(&same, true);
        for other in [None, Some((IDENTITY, NEW)), Some((&b"meter 18"[..], OLD))] {
            let full = run(&[other, Some((IDENTITY, OLD))]);
            full.assert_connected();
            assert!(!offered(&full));
            assert_resumed(&full, false);
        }
    }
}

/// The hash is computed by the HMAC of another crate, and is another one in each session.
#[test]
fn a_session_remembers_the_key_by_a_hash_under_its_master_secret() {
    for suite in suites() {
        let meters = Meters(Fleet::new(By::Id), suite);
        let mut seen = Vec::new();
        for _ in 0..2 {
            let log = Arc::new(Log::default());
            let client = meters.client_with(OLD).key_log(log.clone()).build().unwrap();
            let server = meters.server_with(OLD).build().unwrap();
            let mut pair = Pair::of(End::client(client, SERVER_NAME, None, now()), End::server(server, now()));
            pair.run();
            pair.assert_connected();
            let master = log.0.lock().unwrap().clone();
            let hash = prf(suite, &master, "tls12 pre-shared key", &[OLD], 32);
            let bytes = pair.client.client_session().to_bytes();
            let end = [&*hash, IDENTITY].concat();
            assert!(bytes.expose().ends_with(&end), "{}", suite.name);
            assert!(!bytes.expose().windows(OLD.len()).any(|window| window == OLD));
            assert!(!seen.contains(&hash));
            seen.push(hash);
        }
    }
}

/// The form of the bytes has another number than that without the hash.
#[test]
fn a_session_without_the_hash_is_no_session() {
    for meters in Meters::all() {
        let bytes = meters.first().session.unwrap().to_bytes().expose().to_vec();
        let code = meters.1.code.to_be_bytes();
        let form = bytes.windows(3).position(|window| window == [7, code[0], code[1]]).unwrap();
        let mut older = bytes.clone();
        older[form] = 6;
        assert!(ClientSession::from_bytes(&bytes).is_ok());
        assert!(ClientSession::from_bytes(&older).is_err());
        // A suite that takes no pre-shared key.
        let mut other = bytes.clone();
        other[form + 1..form + 3].copy_from_slice(&suite(ECDHE_GCM).code.to_be_bytes());
        assert!(ClientSession::from_bytes(&other).is_err());
        // Too short for the hash.
        let mut short = bytes[..bytes.len() - 32 - IDENTITY.len()].to_vec();
        let len = short.len();
        short[len - 1] = 31;
        short.extend([1; 31]);
        assert!(ClientSession::from_bytes(&short).is_err());
    }
}
