//! Everything answered later: the bytes are those of answers within the call.

use std::collections::HashMap;
use std::sync::Arc;

use rustls_pki_types::UnixTime;
use tls12::crypto::{DecryptedPremaster, Provider, SecureRandom};
use tls12::session::{ClientSession, OpenedTicket, Renewal, SealedTicket, ServerSession, TicketKey, Tickets};
use tls12::wire::SignatureScheme;
use tls12::{
    Answer, ClientAuth, ClientConfig, ClientTrust, Credential, ExternalKey, Need, NewSession, Policy, ProviderError,
    ServerConfig,
};

use super::{BOTH, By, DAY, ECDHE_CBC, ECDHE_GCM, Fleet, Meeting, after, assert_resumed, client, credential, suite};
use crate::support::forge::{answer_by_server_key, unused_server_key};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use crate::support::provider::provider;
use crate::support::scripted::Scripted;

/// Seals the same session in the same ticket, so that two runs can be compared.
#[derive(Debug)]
struct Fixed {
    key: TicketKey,
    renew: Renewal,
}

struct Zeros;

impl SecureRandom for Zeros {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        out.fill(0);
        Ok(())
    }
}

impl Fixed {
    fn new(renew: Renewal) -> Arc<Self> {
        Arc::new(Self { key: TicketKey::new(&*provider(), &[3; 48]).unwrap(), renew })
    }
}

impl Tickets for Fixed {
    fn seal(&self, session: &ServerSession, _now: UnixTime) -> Option<SealedTicket> {
        Some(SealedTicket::new(self.key.seal(&Zeros, session).unwrap(), 3600))
    }

    fn open(&self, ticket: &[u8], _now: UnixTime) -> Option<OpenedTicket> {
        Some(OpenedTicket::new(self.key.open(ticket)?, self.renew))
    }
}

type Configs = (Arc<ClientConfig>, Arc<ServerConfig>);

/// Signatures that draw no randomness.
fn policy(name: &str) -> Policy {
    Policy::legacy().suites([suite(name)]).signature_schemes([SignatureScheme::RSA_PKCS1_SHA256])
}

/// Both sides have a key, and verify each other.
fn in_the_loop(by: By, name: &str, tickets: &Arc<Fixed>, providers: [Arc<dyn Provider>; 2]) -> Configs {
    let [ours, theirs] = providers;
    let client =
        ClientConfig::builder_with_provider(ours, Pinned::server()).policy(policy(name)).credentials([credential()]);
    let unused = Credential::new(vec![PKI.server.clone()], unused_server_key()).unwrap();
    let server = ServerConfig::builder_with_provider(theirs, unused)
        .policy(policy(name))
        .client_auth(ClientAuth::Require(ClientTrust::new(Pinned::server())));
    let server = match by {
        By::Id => server.no_tickets(),
        By::Ticket => server.tickets(tickets.clone()),
    };
    (client.build().unwrap(), server.build().unwrap())
}

/// The same, but the configurations hold nothing to answer with.
fn later(by: By, name: &str, providers: [Arc<dyn Provider>; 2]) -> Configs {
    let [ours, theirs] = providers;
    let client = ClientConfig::builder_verifying_later(ours).policy(policy(name)).credentials_later();
    let server = ServerConfig::builder_with_provider(theirs, external())
        .policy(policy(name))
        .client_auth(ClientAuth::Require(ClientTrust::later()));
    let server = match by {
        By::Id => server.no_tickets().session_store_later(),
        By::Ticket => server.tickets_later(),
    };
    (client.build().unwrap(), server.build().unwrap())
}

fn external() -> Credential {
    let key = ExternalKey::new([SignatureScheme::RSA_PKCS1_SHA256]).with_decryption();
    Credential::external(vec![PKI.server.clone()], key).unwrap()
}

/// A full connection, and two that resume it one after the other.
fn three(configs: &Configs, mut decide: impl FnMut(Need, &mut Vec<NewSession>) -> Answer) -> Vec<Pair> {
    let (mut pairs, mut session, mut of_server) = (Vec::new(), None::<ClientSession>, Vec::new());
    for resumed in [false, true, true] {
        let client = End::client(Arc::clone(&configs.0), SERVER_NAME, session.clone(), now());
        let mut pair = Pair::of(client, End::server(Arc::clone(&configs.1), now()));
        pair.run_deciding(|need| decide(need, &mut of_server));
        pair.assert_connected();
        assert_resumed(&pair, resumed);
        of_server.append(&mut pair.server.sessions);
        if !pair.client.sessions.is_empty() {
            session = Some(pair.client.client_session());
        }
        pairs.push(pair);
    }
    pairs
}

fn kind(need: &Need) -> &'static str {
    match need {
        Need::VerifyPeer(_) => "verify",
        Need::Sign(_) => "sign",
        Need::DecryptPremaster(_) => "decrypt",
        Need::SelectCertificate(_) => "select",
        Need::FindSession(_) => "find",
        Need::OpenTicket(_) => "open",
        Need::SealTicket(_) => "seal",
        other => panic!("{other:?}"),
    }
}

/// What is asked, in this order: the full handshake, and each that resumes it.
fn expected_needs(by: By, name: &str, renew: Renewal) -> Vec<&'static str> {
    let full = match name.contains("ECDHE") {
        // The server's signature; the client's verdict, choice and signature; the server's verdict.
        true => ["sign", "verify", "select", "sign", "verify"],
        false => ["verify", "select", "sign", "verify", "decrypt"],
    };
    let (after_full, resumed): (&[_], &[_]) = match (by, renew) {
        // Who decides later has no identity: each side's chain is looked at again.
        (By::Id, _) => (&[], &["verify", "find", "verify"]),
        (By::Ticket, Renewal::NotDue) => (&["seal"], &["verify", "open", "verify"]),
        (By::Ticket, Renewal::Due) => (&["seal"], &["verify", "open", "verify", "seal"]),
    };
    [&full, after_full, resumed, resumed].concat()
}

#[test]
fn the_bytes_are_the_same() {
    let renewals = [(By::Id, Renewal::NotDue), (By::Ticket, Renewal::NotDue), (By::Ticket, Renewal::Due)];
    for (by, renew) in renewals {
        for name in [ECDHE_GCM, ECDHE_CBC, "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"] {
            let tickets = Fixed::new(renew);
            let recorders = [Scripted::recording(), Scripted::recording()];
            let providers = recorders.clone().map(|recorder| recorder as Arc<dyn Provider>);
            let first = three(&in_the_loop(by, name, &tickets, providers), |need, _| panic!("asked for {need:?}"));

            let script = recorders.map(|recorder| Scripted::replaying(recorder.take_drawn()));
            let blinding = Arc::clone(&script[1]);
            let configs = later(by, name, script.map(|script| script as Arc<dyn Provider>));
            let mut asked = Vec::new();
            let mut store = HashMap::new();
            let second = three(&configs, |need, made| {
                asked.push(kind(&need));
                for session in made.drain(..) {
                    let NewSession::Server { id, session } = session else { panic!("{session:?}") };
                    store.insert(id, session);
                }
                match need {
                    // Both sides show the same certificate here, and have the same key.
                    Need::SelectCertificate(request) => request.selected(Some(Arc::new(external()))),
                    Need::FindSession(request) => {
                        let session = store.get(request.session_id()).cloned();
                        request.found(session)
                    }
                    Need::OpenTicket(request) => {
                        let opened = tickets.open(request.ticket(), now());
                        request.opened(opened)
                    }
                    Need::SealTicket(request) => {
                        let sealed = tickets.seal(request.session(), now());
                        request.sealed(sealed)
                    }
                    Need::DecryptPremaster(request) => {
                        let key = unused_server_key();
                        let encoded =
                            key.decrypt().unwrap().decrypt_raw(request.ciphertext(), blinding.random()).unwrap();
                        request.decrypted(DecryptedPremaster::unpad(encoded.expose()))
                    }
                    other => answer_by_server_key(other),
                }
            });
            assert_eq!(asked, expected_needs(by, name, renew), "{by:?} {renew:?} {name}");
            for (first, second) in first.iter().zip(&second) {
                assert!(first.sent == second.sent, "{by:?} {renew:?} {name}");
                assert_eq!(first.client.sessions.len(), second.client.sessions.len());
            }
        }
    }
}

/// An answer of none is a full handshake, and an empty ticket.
#[test]
fn none_is_an_answer_too() {
    for by in BOTH {
        let first = Meeting::new(client(), Fleet::new(by).server()).again();
        let server = Fleet::new(by).server();
        let server = match by {
            By::Id => server.session_store_later(),
            By::Ticket => server.tickets_later(),
        };
        let client = End::client(Arc::clone(&first.client), SERVER_NAME, first.session.clone(), now());
        let mut pair = Pair::of(client, End::server(server.build().unwrap(), now()));
        let mut asked = Vec::new();
        pair.run_deciding(|need| {
            asked.push(kind(&need));
            match need {
                Need::FindSession(request) => request.found(None),
                Need::OpenTicket(request) => request.opened(None),
                Need::SealTicket(request) => request.sealed(None),
                other => panic!("{other:?}"),
            }
        });
        pair.assert_connected();
        assert_resumed(&pair, false);
        assert_eq!(asked, if by == By::Id { vec!["find"] } else { vec!["open", "seal"] });
        assert_eq!(pair.client.sessions.len(), usize::from(by == By::Id));
    }
}

/// A session that is found is looked at as one from a store is: what must not be resumed, is not.
#[test]
fn what_is_found_later_is_checked_like_the_rest() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let first = Meeting::new(client(), fleet.server()).again();
        // It is neither another server's nor too old, whatever whoever keeps it thinks.
        for (context, age, resumed) in
            [("", 0, true), ("another", 0, false), ("", DAY - 60, true), ("", DAY + 60, false)]
        {
            let server = fleet.server().session_context(context.as_bytes());
            let server = match by {
                By::Id => server.session_store_later(),
                By::Ticket => server.tickets_later(),
            };
            let client = End::client(Arc::clone(&first.client), SERVER_NAME, first.session.clone(), now());
            let mut pair = Pair::of(client, End::server(server.build().unwrap(), after(age)));
            pair.run_deciding(|need| match need {
                Need::FindSession(request) => {
                    let found = tls12::session::ServerSessionStore::find(&*fleet.store, request.session_id(), now());
                    assert!(found.is_some());
                    request.found(found)
                }
                Need::OpenTicket(request) => {
                    let opened = fleet.tickets.open(request.ticket(), now());
                    assert!(opened.is_some());
                    request.opened(opened)
                }
                Need::SealTicket(request) => request.sealed(None),
                other => panic!("{other:?}"),
            });
            pair.assert_connected();
            assert_resumed(&pair, resumed);
        }
    }
}
