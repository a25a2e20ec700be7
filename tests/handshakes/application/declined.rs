//! The application ends a handshake with an alert of its choice, in answer to each request; or a connection, at any time.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::{ECDHE_GCM, client, server, suite};
use crate::support::forge::{Forge, Step, ext};
use crate::support::pair::{End, Pair};
use crate::support::pki::{KeyKind, PKI, SERVER_NAME, now};
use tls12::crypto::{Secret, ring};
use tls12::session::ServerMemoryStore;
use tls12::wire::SignatureScheme;
use tls12::{
    AlertDescription, Answer, ClientAuth, ClientConfig, ClientTrust, Connection, Credential, Error, ExternalKey, Need,
    Policy, PresharedKey, SealError, ServerConfig, Side, Verified,
};

const ALERTS: [AlertDescription; 2] = [AlertDescription::AccessDenied, AlertDescription::InsufficientSecurity];

/// The answer that lets the handshake go on.
fn agree(need: Need, server: &Arc<ServerConfig>) -> Answer {
    let psk = || Secret::new(vec![7; 16]);
    match need {
        Need::SelectConfig(request) => request.selected(Arc::clone(server)),
        Need::VerifyPeer(request) => request.verified(Ok(Verified::always())),
        Need::SelectCertificate(request) => request.selected(Some(Arc::new(external(KeyKind::Rsa, Whose::Client)))),
        Need::SelectPsk(request) => request.selected(Some(PresharedKey::new(b"me", psk()).unwrap())),
        Need::FindPsk(request) => request.found(Some(psk())),
        Need::FindSession(request) => request.found(None),
        Need::OpenTicket(request) => request.opened(None),
        Need::SealTicket(request) => request.sealed(None),
        Need::Sign(request) => {
            let identities = [PKI.server(KeyKind::Rsa), PKI.client(KeyKind::Rsa)];
            let identity = identities.into_iter().find(|identity| {
                tls12::crypto::PublicKey::of_certificate(&identity.certificate).as_ref() == Ok(request.key())
            });
            let key = ring::provider().load_private_key(identity.unwrap().key.clone_key().into()).unwrap();
            let signature = key.sign(request.scheme(), request.message()).unwrap();
            request.signed(signature)
        }
        other => panic!("{other:?}"),
    }
}

/// The answer that ends it.
fn decline(need: Need, alert: AlertDescription) -> Answer {
    match need {
        Need::SelectConfig(request) => request.declined_with(alert),
        Need::Sign(request) => request.declined_with(alert),
        Need::VerifyPeer(request) => request.declined_with(alert),
        Need::SelectCertificate(request) => request.declined_with(alert),
        Need::SelectPsk(request) => request.declined_with(alert),
        Need::FindPsk(request) => request.declined_with(alert),
        Need::FindSession(request) => request.declined_with(alert),
        Need::OpenTicket(request) => request.declined_with(alert),
        Need::SealTicket(request) => request.declined_with(alert),
        other => panic!("{other:?}"),
    }
}

enum Whose {
    Client,
    Server,
}

/// A credential whose key is asked for its signatures.
fn external(kind: KeyKind, whose: Whose) -> Credential {
    let identity = match whose {
        Whose::Client => PKI.client(kind),
        Whose::Server => PKI.server(kind),
    };
    let key = ExternalKey::new([SignatureScheme::RSA_PSS_RSAE_SHA256]);
    Credential::external(vec![identity.certificate.clone()], key).unwrap()
}

/// A client and a server that ask for everything.
fn asking() -> Pair {
    let server = ServerConfig::builder(external(KeyKind::Rsa, Whose::Server));
    let server = server.client_auth(ClientAuth::Require(ClientTrust::later())).tickets_later();
    let client = ClientConfig::builder_verifying_later(ring::provider()).credentials_later();
    Pair::new(client.build().unwrap(), server.build().unwrap())
}

/// So with pre-shared keys.
fn asking_for_psk() -> Pair {
    let suites = || Policy::legacy().suites([suite("TLS_PSK_WITH_AES_128_GCM_SHA256")]);
    let client = ClientConfig::builder_with_psk_only(ring::provider()).policy(suites()).preshared_key_later();
    let server = ServerConfig::builder_with_psk_only(ring::provider()).policy(suites()).preshared_keys_later();
    Pair::new(client.build().unwrap(), server.build().unwrap())
}

/// The requests of a handshake, in order; the one at `declined` is declined.
fn run(mut pair: Pair, declined: usize, alert: AlertDescription) -> (Pair, Vec<&'static str>) {
    let config = server().build().unwrap();
    let mut asked = Vec::new();
    pair.run_deciding(|need| {
        let text = format!("{need:?}");
        let name: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
        asked.push(&*name.leak());
        if asked.len() == declined + 1 { decline(need, alert) } else { agree(need, &config) }
    });
    (pair, asked)
}

/// Every request on either side: the side that declines fails with the alert, which the other gets, and which ends it.
#[test]
fn each_decision_can_end_the_handshake() {
    let full: [fn() -> Pair; 2] = [asking, asking_for_psk];
    let mut all = Vec::new();
    for make in full {
        let (pair, asked) = run(make(), usize::MAX - 1, ALERTS[0]);
        pair.assert_connected();
        for (place, name) in asked.iter().enumerate() {
            for alert in ALERTS {
                let (mut pair, asked) = run(make(), place, alert);
                assert_eq!(asked.last(), Some(name), "nothing is asked after it");
                let ends = [&mut pair.client, &mut pair.server].map(|end| end.connection.end_of_input().unwrap_err());
                let declined = ends.iter().position(|error| *error == Error::Declined(alert));
                let other = &ends[1 - declined.unwrap_or_else(|| panic!("{name}: {ends:?}"))];
                assert_eq!(*other, Error::Alert(alert), "{name}");
            }
            all.push(*name);
        }
    }
    for name in ["VerifyPeer", "SelectCertificate", "Sign", "SelectPsk", "FindPsk", "SealTicket"] {
        assert!(all.contains(&name), "{name} of {all:?}");
    }
    assert_eq!(all.iter().filter(|name| **name == "VerifyPeer").count(), 2, "by either role");
    assert_eq!(all.iter().filter(|name| **name == "Sign").count(), 2, "by either role");
    assert_eq!(Error::Declined(ALERTS[0]).side(), Side::Local);
}

/// A session that is looked for, by its ID or in a ticket; and the configuration of a server.
#[test]
fn a_lookup_can_end_the_handshake() {
    let answer = |need| decline(need, AlertDescription::AccessDenied);
    for by_ticket in [true, false] {
        let config = server().tickets_later().session_store_later().build().unwrap();
        let mut forge = Forge::client(&config, suite(ECDHE_GCM));
        forge.target.answer = Some(answer);
        match by_ticket {
            true => forge.hello.set(ext::SESSION_TICKET, b"a ticket"),
            false => forge.hello.session_id = vec![7; 32],
        }
        let outcome = forge.perform(Step::ClientHello);
        let refusal = forge.refusal(outcome);
        assert_eq!(refusal.error, Error::Declined(AlertDescription::AccessDenied));
        assert_eq!(refusal.alert, Some(AlertDescription::AccessDenied.code()));
    }
    let mut accepting = End::new(Connection::accept(now()), Vec::new());
    accepting.answer = Some(answer);
    let mut pair = Pair::of(End::client(client().build().unwrap(), SERVER_NAME, None, now()), accepting);
    pair.run();
    assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::AccessDenied)));
}

/// RFC 5246 §7.2.2: a fatal alert, at any time, of either side; the error stays, and nothing more is said.
#[test]
fn a_connection_can_be_aborted() {
    let alert = AlertDescription::UserCanceled;
    let aborted = Error::Aborted(alert);
    assert_eq!((aborted.alert(), aborted.side()), (Some(alert), Side::Local));
    assert!(aborted.forbids_resumption());
    assert_eq!(aborted.to_string(), "this side ended the connection with the alert user_canceled");
    for by_client in [true, false] {
        for connected in [true, false] {
            let mut pair = Pair::new(client().build().unwrap(), server().build().unwrap());
            if connected {
                pair.run();
            } else {
                pair.server.input.append(&mut pair.client.output);
                pair.server.run().unwrap();
                pair.client.input.append(&mut pair.server.output);
            }
            let (ours, theirs) =
                if by_client { (&mut pair.client, &mut pair.server) } else { (&mut pair.server, &mut pair.client) };
            ours.connection.abort(alert, &mut ours.output);
            let said = ours.output.len();
            assert!(said > 0);
            assert_eq!(ours.run(), Err(aborted.clone()));
            assert_eq!(ours.connection.end_of_input(), Err(aborted.clone()));
            assert_eq!(ours.connection.seal(b"more", &mut ours.output), Err(SealError::Closed));
            ours.connection.close(&mut ours.output);
            ours.connection.abort(AlertDescription::InternalError, &mut ours.output);
            assert_eq!((ours.output.len(), ours.connection.end_of_input()), (said, Err(aborted.clone())));
            assert!(ours.connection.info().is_none() && !ours.connection.is_handshaking());
            assert_eq!(ours.connection.diagnosis().unwrap().cause(), aborted.to_string());
            theirs.input.append(&mut ours.output);
            assert_eq!(theirs.run(), Err(Error::Alert(alert)));
        }
    }
}

/// RFC 5246 §7.2.1: nothing is said after close_notify. §7.2.2: the session is not resumed any more.
#[test]
fn an_abort_is_silent_after_close_and_forgets_the_session() {
    let store = Arc::new(ServerMemoryStore::new(NonZeroUsize::MIN));
    let config = server().no_tickets().session_store(store.clone()).build().unwrap();
    let client = client().build().unwrap();
    let mut first = Pair::new(Arc::clone(&client), Arc::clone(&config));
    first.run();
    let session = first.client.client_session();
    let again = |session: &_| {
        let client = End::client(Arc::clone(&client), SERVER_NAME, Some(Clone::clone(session)), now());
        let mut pair = Pair::of(client, End::server(Arc::clone(&config), now()));
        pair.run();
        pair.client.info().resumed()
    };
    assert!(again(&session));
    first.server.connection.abort(AlertDescription::InternalError, &mut first.server.output);
    assert!(!again(&session));

    let mut closed = Pair::new(client.clone(), config.clone());
    closed.run();
    closed.client.connection.close(&mut closed.client.output);
    let said = closed.client.output.len();
    closed.client.connection.abort(AlertDescription::InternalError, &mut closed.client.output);
    assert_eq!(closed.client.output.len(), said);
    assert_eq!(closed.client.run(), Err(Error::Aborted(AlertDescription::InternalError)));
}
