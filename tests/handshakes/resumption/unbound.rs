//! Sessions without the extended master secret (RFC 7627 §5.3, §5.4): resumed only where the policy says so, and never from
//! without it to with it or the reverse.

use tls12::{Agreement, Error, ExportError, Policy, Renegotiation, Side, UnboundSessions, Violation};

use super::{BOTH, ECDHE_GCM, Fleet, Meeting, Stolen, assert_resumed, client, offered, suite};
use crate::assert_refused;
use crate::support::forge::{ALERT, Forge, Step, alert, ext};
use crate::support::hello::typ;
use crate::support::pair::End;
use crate::support::pki::{SERVER_NAME, now};

fn without() -> Policy {
    Policy::legacy().extended_master_secret(Agreement::Never)
}

/// RFC 7627 §5.3: without it on both sides, then and now. §5.4: such a connection exports nothing, and has no tls-unique.
#[test]
fn they_are_resumed_where_the_policy_says_so() {
    for by in BOTH {
        for old_client in [true, false] {
            let fleet = Fleet::new(by);
            let (client, server) = match old_client {
                true => (client().policy(without()), fleet.server()),
                false => (client(), fleet.server().policy(without())),
            };
            let first = Meeting::new(client, server).again();
            let pair = first.connect();
            assert_resumed(&pair, true);
            for end in [&pair.client, &pair.server] {
                assert!(!end.info().extended_master_secret());
                let exported = end.connection.export(b"EXPERIMENTAL", None, &mut [0; 16]);
                assert_eq!(exported, Err(ExportError::NoExtendedMasterSecret));
                assert_eq!(end.connection.tls_unique(), None);
            }
        }
    }
}

/// By any other policy they are neither made nor kept nor offered.
#[test]
fn by_default_they_are_not() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let strict = |policy: Policy| policy.unbound_sessions(UnboundSessions::Refuse);
        let run = |client: Policy, server: Policy| {
            let meeting = Meeting::new(super::client().policy(client), fleet.server().policy(server));
            meeting.connect()
        };
        // Neither side gives one, or keeps one.
        for (client, server) in [(strict(without()), Policy::legacy()), (Policy::legacy(), strict(without()))] {
            let pair = run(client, server);
            assert!(pair.client.sessions.is_empty(), "{by:?}");
        }
        // A client that has one does not offer it under another policy.
        let first = Meeting::new(client().policy(without()), fleet.server()).again();
        for policy in [Policy::default(), strict(Policy::legacy())] {
            let other = Meeting { client: client().policy(policy).build().unwrap(), ..first.clone() };
            assert!(!offered(&other.connect()));
        }
        // A server that requires more than its fleet did makes a full handshake.
        let other =
            Meeting { server: fleet.server().policy(strict(Policy::legacy())).build().unwrap(), ..first.clone() };
        let full = other.connect();
        assert!(offered(&full));
        assert_resumed(&full, false);
    }
}

/// RFC 7627 §5.3: a session without it is not resumed by a client that offers it now; the handshake is a full one.
#[test]
fn from_without_it_to_with_it_the_handshake_is_a_full_one() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let first = Meeting::new(client().policy(without()), fleet.server()).again();
        let full = Meeting { client: client().build().unwrap(), ..first.clone() }.connect();
        assert!(offered(&full));
        assert_resumed(&full, false);
        assert!(full.client.info().extended_master_secret());
    }
}

/// RFC 7627 §5.3: if the server resumes it with the extension all the same, the client MUST abort.
#[test]
fn a_server_that_resumes_it_with_the_extension_is_refused() {
    let fleet = Fleet::new(super::By::Id);
    let server = fleet.server().policy(without()).build().unwrap();
    let stolen = Stolen::from(client(), &server, suite(ECDHE_GCM));
    let target = End::client(client().build().unwrap(), SERVER_NAME, Some(stolen.session.clone()), now());
    let mut forge = Forge::facing(target, suite(ECDHE_GCM));
    forge.resume = Some(stolen.master.clone());
    forge.hello.session_id = stolen.session_id.clone();
    forge.hello.set(ext::EXTENDED_MASTER_SECRET, &[]);
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(
        forge,
        outcome,
        alert::HANDSHAKE_FAILURE,
        Side::Peer,
        Error::IllegalParameter(Violation::ExtendedMasterSecretGained)
    );
}

/// RFC 7627 §5.4: a connection that resumed one is not renegotiated, though one that made it is.
#[test]
fn no_renegotiation_after_it_was_resumed() {
    let fleet = Fleet::new(super::By::Id);
    let server = fleet.server().policy(without()).build().unwrap();
    let renegotiating = || client().renegotiation(Renegotiation::AtMost(1));
    let stolen = Stolen::from(client(), &server, suite(ECDHE_GCM));
    let config = renegotiating().build().unwrap();
    let target = End::client(config, SERVER_NAME, Some(stolen.session.clone()), now());
    let mut forge = Forge::facing(target, suite(ECDHE_GCM));
    forge.resume = Some(stolen.master.clone());
    forge.hello.session_id = stolen.session_id.clone();
    forge.hello.remove(ext::EXTENDED_MASTER_SECRET);
    forge.connect();
    assert!(forge.target.info().resumed());
    forge.say(&[typ::HELLO_REQUEST, 0, 0, 0]).unwrap();
    assert!(!forge.target.connection.is_renegotiating());
    assert_eq!(forge.heard.last().unwrap(), &(ALERT, vec![alert::WARNING, alert::NO_RENEGOTIATION]));

    let config = renegotiating().build().unwrap();
    let mut forge = Forge::server(&config, suite(ECDHE_GCM));
    forge.hello.remove(ext::EXTENDED_MASTER_SECRET);
    forge.connect();
    forge.say(&[typ::HELLO_REQUEST, 0, 0, 0]).unwrap();
    assert!(forge.target.connection.is_renegotiating());
}
