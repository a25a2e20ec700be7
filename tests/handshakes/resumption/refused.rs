//! Sessions that are not resumed: the handshake is then a full one, and the session is not affected.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use rcgen::KeyPair;
use tls12::session::{ServerMemoryStore, ServerSession, ServerSessionStore};
use tls12::wire::{MaxFragmentLength, NamedGroup, SignatureScheme};
use tls12::{
    Agreement, AlertDescription, ClientAuth, ClientTrust, Error, Policy, RecordLimit, ServerConfigBuilder,
    UnboundSessions, UnixTime, UnknownNames,
};

use super::{
    BOTH, By, DAY, ECDHE_CBC, ECDHE_GCM, Fleet, HOUR, Meeting, Stolen, after, assert_resumed, client, credential,
    offered, server_name, suite,
};
use crate::support::forge::{Forge, Step, ext};
use crate::support::hello::{numbers, vector};
use crate::support::pair::{End, Pair};
use crate::support::pki::{Pinned, SERVER_NAME, now};

/// The session of `first` is offered at `second`, which does not resume it; but `first` does, before and after.
#[track_caller]
fn assert_refused(first: &Meeting, second: Meeting) {
    assert_resumed(&first.connect(), true);
    let full = Meeting { session: first.session.clone(), ..second }.connect();
    assert!(offered(&full), "the server is to refuse it");
    assert_resumed(&full, false);
    assert_resumed(&first.connect(), true);
}

/// As [`assert_refused`], where the client itself knows better than to offer it.
#[track_caller]
fn assert_not_offered(first: &Meeting, second: Meeting) {
    let full = Meeting { session: first.session.clone(), ..second }.connect();
    assert!(!offered(&full), "the client is not to offer it");
    assert_resumed(&full, false);
    assert_resumed(&first.connect(), true);
}

/// A client that is not ours offers a session by what `change` makes of its hello, and gets a full handshake.
#[track_caller]
fn assert_refused_to_forge(by: By, name: &str, change: impl Fn(&mut Forge)) {
    let server = Fleet::new(by).server().build().unwrap();
    let stolen = Stolen::from(client(), &server, suite(name));
    let mut forge = stolen.offered_to(&server);
    change(&mut forge);
    forge.perform(Step::ClientHello).unwrap();
    forge.resume = None;
    assert_ne!(forge.their_hello.as_ref().unwrap().session_id, forge.hello.session_id);
    forge.finish_from(Step::ClientKeyExchange);
    assert!(!forge.target.info().resumed());
    let mut forge = stolen.offered_to(&server);
    forge.connect();
    assert!(forge.target.info().resumed(), "the session is none the worse");
}

/// RFC 6066 §3: a server MUST NOT resume under another name.
#[test]
fn under_another_name() {
    for by in BOTH {
        for change in [
            (|forge: &mut Forge| forge.hello.set(ext::SERVER_NAME, &server_name("other.example"))) as fn(&mut _),
            |forge| forge.hello.remove(ext::SERVER_NAME),
        ] {
            assert_refused_to_forge(by, ECDHE_GCM, change);
        }
        let first = Meeting::new(client(), Fleet::new(by).server()).again();
        assert_not_offered(&first, Meeting { name: "other.example", ..first.clone() });
        assert_not_offered(&first, Meeting { name: "127.0.0.1", ..first.clone() });
    }
}

#[test]
fn when_it_is_too_old_for_the_client() {
    for by in BOTH {
        let first = Meeting::new(client(), Fleet::new(by).server()).again();
        let mut second = first.clone();
        // The hint in the ticket is twelve hours; an ID has none.
        let too_old = if by == By::Ticket { 12 * HOUR } else { DAY };
        second.now[0] = after(too_old - 1);
        assert!(offered(&second.connect()));
        second.now[0] = after(too_old + 1);
        assert_not_offered(&first, second);
    }
}

#[test]
fn when_it_is_too_old_for_the_server() {
    for by in BOTH {
        let first = Meeting::new(client(), Fleet::new(by).server()).again();
        let mut second = first.clone();
        second.now[1] = after(HOUR);
        assert_resumed(&second.connect(), true);
        second.now[1] = after(DAY + 1);
        let full = second.connect();
        assert!(offered(&full));
        assert_resumed(&full, false);
    }
}

/// A store that keeps its sessions for ever, and knows nothing of time.
#[derive(Debug, Default)]
struct Hoard(Mutex<BTreeMap<Vec<u8>, ServerSession>>);

impl ServerSessionStore for Hoard {
    fn find(&self, id: &[u8], _: UnixTime) -> Option<ServerSession> {
        self.0.lock().unwrap().get(id).cloned()
    }

    fn keep(&self, id: &[u8], session: ServerSession, _: UnixTime) {
        self.0.lock().unwrap().insert(id.to_vec(), session);
    }

    fn forget(&self, id: &[u8]) {
        self.0.lock().unwrap().remove(id);
    }
}

/// The limit is the server's, whatever its store does.
#[test]
fn when_only_the_store_takes_it_for_fresh() {
    let server = Fleet::new(By::Id).server().session_store(Arc::new(Hoard::default()));
    let mut first = Meeting::new(client(), server).again();
    first.now[1] = after(DAY - 1);
    assert_resumed(&first.connect(), true);
    first.now[1] = after(DAY);
    let full = first.connect();
    assert!(offered(&full));
    assert_resumed(&full, false);
}

/// RFC 5246 §7.4.1.3: the suite is that of the session, so both must still have it.
#[test]
fn with_other_suites() {
    let only = |name| Policy::legacy().suites([suite(name)]);
    for by in BOTH {
        let fleet = Fleet::new(by);
        let first = Meeting::new(client(), fleet.server()).again();
        assert_eq!(first.connect().client.info().suite().name, ECDHE_GCM);
        assert_refused(&first, Meeting::new(client(), fleet.server().policy(only(ECDHE_CBC))));
        assert_not_offered(&first, Meeting::new(client().policy(only(ECDHE_CBC)), fleet.server()));
        // RFC 5246 §7.4.1.2: a client that resumes MUST offer the session's suite. One that does not gets another.
        assert_refused_to_forge(by, ECDHE_GCM, |forge| {
            forge.suite = suite(ECDHE_CBC);
            forge.hello.suites = vec![forge.suite.code];
        });
    }
}

/// A session was made in a group and signed by a scheme that the policy does not allow any longer: on either side, what the peer
/// signed by.
#[test]
fn where_its_group_or_scheme_is_off() {
    const GROUPS: [NamedGroup; 2] = [NamedGroup::SECP256R1, NamedGroup::X25519];
    const SCHEMES: [SignatureScheme; 2] = [SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::RSA_PKCS1_SHA256];
    let both = || Policy::legacy().suites([suite(ECDHE_GCM)]).groups(GROUPS).signature_schemes(SCHEMES);
    let group = |i: usize| both().groups([GROUPS[i]]);
    let scheme = |i: usize| both().signature_schemes([SCHEMES[i]]);
    for by in BOTH {
        for (lax, strict, is_group) in [(group(0), group(1), true), (scheme(0), scheme(1), false)] {
            let fleet = Fleet::new(by);
            let client = |policy: &Policy| client().policy(policy.clone()).credentials([credential()]);
            let server = |policy: &Policy| fleet.server().policy(policy.clone());
            let first = Meeting::new(client(&lax), server(&both())).again();
            assert_not_offered(&first, Meeting::new(client(&strict), server(&both())));

            let first = Meeting::new(client(&both()), server(&lax)).again();
            let second = Meeting::new(client(&both()), server(&strict));
            if is_group {
                assert_refused(&first, second);
            } else {
                // What this side signed by was for the other.
                assert_resumed(&Meeting { session: first.session.clone(), ..second }.connect(), true);
            }
            let asking = |policy| server(policy).client_auth(ClientAuth::Require(ClientTrust::new(Pinned::server())));
            let first = Meeting::new(client(&both()), asking(&lax)).again();
            assert_refused(&first, Meeting::new(client(&both()), asking(&strict)));
        }
    }
}

/// A server that requires encrypt-then-MAC for CBC suites takes another suite with a client that does not know it.
#[test]
fn where_its_suite_needs_what_the_client_lacks() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let policy = || Policy::legacy().encrypt_then_mac(Agreement::Never);
        let offer = |name| client().policy(policy().suites([suite(name), suite(ECDHE_GCM)]));
        let first = Meeting::new(offer(ECDHE_CBC), fleet.server().policy(policy().suites([suite(ECDHE_CBC)]))).again();
        let strict = Policy::legacy().encrypt_then_mac(Agreement::Require);
        assert_refused(&first, Meeting::new(offer(ECDHE_CBC), fleet.server().policy(strict)));
    }
}

#[test]
fn when_the_server_has_forgotten_it() {
    let mut fleet = Fleet::new(By::Id);
    fleet.store = Arc::new(ServerMemoryStore::new(NonZeroUsize::new(1).unwrap()));
    let first = Meeting::new(client(), fleet.server()).again();
    assert_resumed(&first.connect(), true);
    // There is room for one.
    let second = Meeting { session: None, ..first.clone() }.again();
    let full = first.connect();
    assert!(offered(&full));
    assert_resumed(&full, false);
    // That full handshake made a session too, which took the place of the second.
    assert_resumed(&second.connect(), false);
}

#[test]
fn at_another_server() {
    for by in BOTH {
        let first = Meeting::new(client(), Fleet::new(by).server()).again();
        assert_refused(&first, Meeting::new(client(), Fleet::new(by).server()));
        // One that knows nothing of either.
        let server = Fleet::new(by).server().no_tickets().no_session_store();
        let full = Meeting { session: first.session.clone(), ..Meeting::new(client(), server) }.connect();
        assert_resumed(&full, false);
        assert!(full.client.sessions.is_empty(), "and the client is given nothing to keep");
        assert_resumed(&first.connect(), true);
    }
}

/// What another server asks of its clients must not be had for less by way of a session.
#[test]
fn where_another_thing_is_asked_of_the_client() {
    let verifier = || ClientTrust::new(Pinned::server());
    type Ask = fn(ServerConfigBuilder, ClientTrust) -> ServerConfigBuilder;
    let asking: [(&str, Ask); 3] = [
        ("nothing", |server, _| server.client_auth(ClientAuth::None)),
        ("to be asked", |server, verifier| server.client_auth(ClientAuth::Request(verifier))),
        ("a certificate", |server, verifier| server.client_auth(ClientAuth::Require(verifier))),
    ];
    for by in BOTH {
        let fleet = Fleet::new(by);
        for (is, first) in asking {
            for (becomes, second) in asking {
                println!("{by:?}: {is}, then {becomes}");
                let client = || client().credentials([credential()]);
                let first = Meeting::new(client(), first(fleet.server(), verifier())).again();
                let second = Meeting::new(client(), second(fleet.server(), verifier()));
                if is == becomes {
                    let resumed = Meeting { session: first.session.clone(), ..second }.connect();
                    assert_resumed(&resumed, true);
                    let shown = resumed.server.info().peer_certificates();
                    assert_eq!(shown.len(), usize::from(is != "nothing"), "the client is who it was");
                } else {
                    assert_refused(&first, second);
                }
            }
        }
    }
}

#[test]
fn under_another_context() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        for (one, other) in [("", "a"), ("a", "b"), ("a", "ab")] {
            let server = |context: &str| fleet.server().session_context(context.as_bytes());
            let first = Meeting::new(client(), server(one)).again();
            assert_refused(&first, Meeting::new(client(), server(other)));
        }
        // What is told apart is not how the parts of the context are put together.
        let server = |protocol: &str, context: &str| {
            fleet.server().alpn_protocols([protocol]).session_context(context.as_bytes())
        };
        let client = |protocol: &str| client().alpn_protocols([protocol]);
        let first = Meeting::new(client("ab"), server("ab", "c")).again();
        assert_refused(&first, Meeting::new(client("a"), server("a", "bc")));
    }
}

/// A session of one protocol is not one of another, though RFC 7301 §3.1 leaves it to the server.
#[test]
fn where_another_protocol_is_spoken() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let server = || fleet.server().alpn_protocols(["h2", "http/1.1"]);
        let first = Meeting::new(client().alpn_protocols(["h2", "http/1.1"]), server()).again();
        assert_refused(&first, Meeting::new(client().alpn_protocols(["http/1.1"]), server()));
        assert_refused(&first, Meeting::new(client(), server()));
        assert_refused(&first, Meeting::new(client().alpn_protocols(["h2"]), fleet.server()));
    }
}

/// RFC 6066 §4: the fragment length holds for the session.
#[test]
fn with_another_fragment_length() {
    let limit = RecordLimit::MaxFragmentLength;
    let limits = [RecordLimit::None, limit(MaxFragmentLength::B512), limit(MaxFragmentLength::B4096)];
    for by in BOTH {
        let server = Fleet::new(by).server().build().unwrap();
        for one in limits {
            let client = |limit| client().record_limit(limit);
            let meeting = Meeting { server: Arc::clone(&server), ..Meeting::new(client(one), Fleet::new(by).server()) };
            let first = meeting.again();
            for other in limits {
                let second = Meeting { client: client(other).build().unwrap(), ..first.clone() };
                if one == other {
                    assert_resumed(&second.connect(), true);
                } else {
                    assert_not_offered(&first, second);
                }
            }
            // A client that offers it all the same.
            let stolen = Stolen::from(client(one), &server, suite(ECDHE_GCM));
            let code = match one {
                RecordLimit::None => 1,
                _ => 2,
            };
            let mut forge = stolen.offered_to(&server);
            forge.hello.set(ext::MAX_FRAGMENT_LENGTH, &[code]);
            forge.perform(Step::ClientHello).unwrap();
            assert_ne!(forge.their_hello.as_ref().unwrap().session_id, forge.hello.session_id);
        }
    }
}

/// RFC 8449 §4: a record size limit is agreed on anew.
#[test]
fn a_record_size_limit_does_not_hinder() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let first = Meeting::new(client().record_limit(RecordLimit::RecordSizeLimit(64)), fleet.server()).again();
        assert_eq!(first.connect().server.info().send_limit(), 64);
        for (limit, size) in [(RecordLimit::None, 1 << 14), (RecordLimit::RecordSizeLimit(100), 100)] {
            let second = Meeting::new(client().record_limit(limit), fleet.server());
            let resumed = Meeting { session: first.session.clone(), ..second }.connect();
            assert_resumed(&resumed, true);
            assert_eq!(resumed.server.info().send_limit(), size);
        }
    }
}

/// RFC 7627 §5.3: where a session has the extended master secret and one side is without it now, there is no way to resume; the
/// full handshake is made without it.
#[test]
fn where_the_extended_master_secret_is_off() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let first = Meeting::new(client(), fleet.server()).again();
        let never = Policy::legacy().extended_master_secret(Agreement::Never);
        assert_refused(&first, Meeting::new(client(), fleet.server().policy(never.clone())));
        assert_not_offered(&first, Meeting::new(client().policy(never.clone()), fleet.server()));
        // And a session without it is not made in the first place, unless the policy says so.
        let refuse = |policy: Policy| policy.unbound_sessions(UnboundSessions::Refuse);
        let server = fleet.server().policy(refuse(Policy::legacy()));
        let without = Meeting::new(client().policy(refuse(never)), server).connect();
        assert!(without.client.sessions.is_empty());
        assert!(sent_no_session(&without));
    }
}

/// The server gave neither an ID nor a ticket.
fn sent_no_session(pair: &Pair) -> bool {
    let hello = super::sent::hello(&pair.sent[1]);
    hello.session_id.is_empty() && hello.extension(ext::SESSION_TICKET).is_none()
}

/// A name that only another server of the fleet has is refused, with or without a session.
#[test]
fn a_name_that_is_not_served_is_refused_all_the_same() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let named =
            |name: &str| fleet.server().credential_for([name], credential()).unknown_names(UnknownNames::Refuse);
        let first = Meeting::new(client(), named(SERVER_NAME)).again();
        assert_resumed(&first.connect(), true);
        let server = named("other.example").build().unwrap();
        let client = End::client(Arc::clone(&first.client), SERVER_NAME, first.session.clone(), now());
        let mut pair = Pair::of(client, End::server(server, now()));
        pair.run();
        assert_eq!(pair.server.failure(), Some(&Error::UnrecognizedName));
        assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::UnrecognizedName)));
    }
}

/// Garbage in the place of an ID or a ticket is no session, whatever its length; and harms nothing.
#[test]
fn what_is_no_session() {
    let garbage = KeyPair::generate().unwrap().serialize_der();
    for by in BOTH {
        for len in [1, 15, 16, 27, 28, 29, 43, 44, 45, 100, garbage.len()] {
            assert_refused_to_forge(by, ECDHE_GCM, |forge| match by {
                By::Id => forge.hello.session_id = garbage[..len.min(32)].to_vec(),
                By::Ticket => forge.hello.set(ext::SESSION_TICKET, &garbage[..len.min(garbage.len())]),
            });
        }
    }
    // The longest ticket that there is room for beside the rest.
    let long = vec![9; 65_000];
    assert_refused_to_forge(By::Ticket, ECDHE_GCM, |forge| forge.hello.set(ext::SESSION_TICKET, &long));
}

/// A ticket of a server with tickets, and IDs that another has given: the ticket counts (RFC 5077 §3.4).
#[test]
fn a_ticket_goes_before_an_id() {
    let fleet = Fleet::new(By::Ticket);
    let server = fleet.server().session_store(fleet.store.clone()).build().unwrap();
    let by_id = fleet.server().no_tickets().session_store(fleet.store.clone()).build().unwrap();
    let of_id = Stolen::from(client(), &by_id, suite(ECDHE_GCM));
    let of_ticket = Stolen::from(client(), &server, suite(ECDHE_GCM));
    let mut forge = of_ticket.offered_to(&server);
    forge.hello.session_id = of_id.session_id.clone();
    forge.connect();
    assert!(forge.target.info().resumed(), "with the ticket's master secret");
    // RFC 5077 §3.4: a bad ticket makes a full handshake; the ID beside it is only there to be echoed.
    let mut forge = of_id.offered_to(&server);
    forge.hello.set(ext::SESSION_TICKET, b"bad");
    forge.perform(Step::ClientHello).unwrap();
    assert_ne!(forge.their_hello.as_ref().unwrap().session_id, of_id.session_id);
    // An empty one only says that the client takes tickets.
    let mut forge = of_id.offered_to(&server);
    forge.hello.set(ext::SESSION_TICKET, &[]);
    forge.connect();
    assert!(forge.target.info().resumed());
}

/// RFC 5246 §7.4.1.2: what the client's groups and schemes are plays no part in resuming.
#[test]
fn groups_and_schemes_play_no_part() {
    for by in BOTH {
        let server = Fleet::new(by).server().build().unwrap();
        let stolen = Stolen::from(client(), &server, suite(ECDHE_GCM));
        let mut forge = stolen.offered_to(&server);
        forge.hello.set(ext::SUPPORTED_GROUPS, &vector(2, &numbers(&[0x0a0a])));
        forge.hello.remove(ext::SIGNATURE_ALGORITHMS);
        forge.connect();
        assert!(forge.target.info().resumed());
    }
}
