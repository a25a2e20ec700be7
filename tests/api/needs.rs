//! Every decision from outside: in each handshake with each suite, answered late, out of order with other connections,
//! from another thread; to the wrong connection; never.
#![cfg(feature = "ring")]

use std::sync::{Arc, Mutex};

use crate::support::forge::{SERVER_KEY, answer_by_server_key};
use crate::support::pair::{End, Happened, Pair};
use crate::support::pki::{Identity, KeyKind, PKI, Pinned, SERVER_NAME, now};
use tls12::crypto::{CipherSuite, PrivateKey, SUITES, Secret, ring};
use tls12::session::{ClientSession, ServerSession, TicketKeys, Tickets};
use tls12::wire::SignatureScheme;
use tls12::{
    AlertDescription, Answer, AnswerError, ClientAuth, ClientConfig, ClientTrust, Connection, ConnectionInfo,
    Credential, Error, Event, ExternalKey, Need, NewSession, Policy, PresharedKey, ServerConfig,
};

const IDENTITY: &[u8] = b"meter 17";
const KEY: &[u8] = b"sixteen bytes...";
const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

fn kind(suite: &CipherSuite) -> KeyKind {
    if suite.key_exchange.is_psk() { KeyKind::Rsa } else { KeyKind::serving(suite.key_exchange) }
}

fn psk() -> PresharedKey {
    PresharedKey::new(IDENTITY, Secret::new(KEY.to_vec())).unwrap()
}

fn local_key(identity: &Identity) -> Arc<dyn PrivateKey> {
    ring::provider().load_private_key(rustls_pki_types::PrivateKeyDer::Pkcs8(identity.key.clone_key())).unwrap()
}

/// The identity's certificate, with its key elsewhere.
fn external(identity: &Identity) -> Credential {
    let key = local_key(identity);
    let decrypts = key.decrypt().is_some();
    let key = ExternalKey::new(key.schemes());
    let key = if decrypts { key.with_decryption() } else { key };
    Credential::external(vec![identity.certificate.clone()], key).unwrap()
}

/// All that the configurations leave open, in one place, as another machine might hold it.
struct Outside {
    config: Arc<ServerConfig>,
    tickets: TicketKeys,
    sessions: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
    keys: Vec<Arc<dyn PrivateKey>>,
    kind: KeyKind,
}

impl Outside {
    fn decide(&self, need: Need) -> Answer {
        match need {
            Need::SelectConfig(request) => {
                assert_eq!(request.offer().server_name(), Some(SERVER_NAME));
                request.selected(Arc::clone(&self.config))
            }
            Need::SelectCertificate(request) => request.selected(Some(Arc::new(external(PKI.client(self.kind))))),
            Need::Sign(request) => {
                // As it would get to another machine, and back.
                let sent =
                    [&request.scheme().0.to_be_bytes(), request.key().key(), request.message()].map(<[u8]>::to_vec);
                let [scheme, public, message] = sent;
                let key = self.keys.iter().find(|key| key.public_key().key() == public).unwrap();
                let scheme = SignatureScheme(u16::from_be_bytes([scheme[0], scheme[1]]));
                request.signed(key.sign(scheme, &message).unwrap())
            }
            Need::SelectPsk(request) => request.selected(Some(psk())),
            Need::FindPsk(request) => {
                let known = request.identity() == IDENTITY;
                request.found(known.then(|| Secret::new(KEY.to_vec())))
            }
            Need::FindSession(request) => {
                let sessions = self.sessions.lock().unwrap();
                let found = sessions.iter().find(|(id, _)| id == request.session_id());
                let session = found.map(|(_, session)| ServerSession::from_bytes(session).unwrap());
                request.found(session)
            }
            Need::OpenTicket(request) => {
                let opened = self.tickets.open(request.ticket(), now());
                request.opened(opened)
            }
            Need::SealTicket(request) => {
                let sealed = self.tickets.seal(request.session(), now());
                request.sealed(sealed)
            }
            // The premaster secret, and the verdict.
            other => answer_by_server_key(other),
        }
    }
}

/// How sessions are resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resuming {
    ById,
    ByTicket,
}

/// The two configurations with everything decided outside, and what decides.
fn later(suite: &'static CipherSuite, resuming: Resuming) -> (Arc<ClientConfig>, Arc<Outside>) {
    let policy = Policy::legacy().suites([suite]);
    let client = ClientConfig::builder_verifying_later(ring::provider()).policy(policy.clone()).credentials_later();
    let kind = kind(suite);
    let server = ServerConfig::builder(external(PKI.server(kind))).policy(policy);
    let (client, server) = match suite.key_exchange.is_psk() {
        true => (
            client.preshared_key_later(),
            // A certificate has no part in it.
            ServerConfig::builder_with_psk_only(ring::provider())
                .policy(Policy::legacy().suites([suite]))
                .preshared_keys_later(),
        ),
        false => (client, server.client_auth(ClientAuth::Require(ClientTrust::later()))),
    };
    let server = match resuming {
        Resuming::ById => server.session_store_later().no_tickets(),
        Resuming::ByTicket => server.tickets_later().no_session_store(),
    };
    let outside = Outside {
        config: server.build().unwrap(),
        tickets: TicketKeys::new(ring::provider()),
        sessions: Mutex::default(),
        keys: vec![local_key(PKI.server(kind)), local_key(PKI.client(kind)), Arc::clone(&SERVER_KEY)],
        kind,
    };
    (client.build().unwrap(), Arc::new(outside))
}

/// The same with everything decided in the loop.
fn in_the_loop(suite: &'static CipherSuite, resuming: Resuming) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let policy = Policy::legacy().suites([suite]);
    let kind = kind(suite);
    let provider = ring::provider();
    let client = ClientConfig::builder(Pinned::server_with(kind)).policy(policy.clone());
    let client = client.credentials([PKI.client(kind).credential(&*provider)]);
    let server = ServerConfig::builder(PKI.server(kind).credential(&*provider)).policy(policy.clone());
    let (client, server) = match suite.key_exchange.is_psk() {
        true => (
            client.preshared_key(psk()),
            ServerConfig::builder_with_psk_only(provider).policy(policy).preshared_keys([psk()]),
        ),
        false => (client, server.client_auth(ClientAuth::Require(ClientTrust::new(Arc::new(Anyone))))),
    };
    let server = match resuming {
        Resuming::ById => server.no_tickets(),
        Resuming::ByTicket => server.no_session_store(),
    };
    (client.build().unwrap(), server.build().unwrap())
}

/// Trusts every client.
#[derive(Debug)]
struct Anyone;

impl tls12::VerifyPeer for Anyone {
    fn verify(&self, _: &tls12::PeerChain) -> Result<tls12::Verified, tls12::CertificateError> {
        Ok(tls12::Verified::default())
    }
}

fn accepting() -> End {
    End::new(Connection::accept(now()), Vec::new())
}

fn start(client: &Arc<ClientConfig>, session: Option<ClientSession>) -> Pair {
    Pair::of(End::client(Arc::clone(client), SERVER_NAME, session, now()), accepting())
}

/// Runs all pairs to their end: what they wait for is collected, decided on another thread in the opposite order, and given
/// back.
fn run_late(pairs: &mut [Pair], outside: &Arc<Outside>) {
    loop {
        let mut needs = Vec::new();
        for (i, pair) in pairs.iter_mut().enumerate() {
            pair.run();
            for (of_client, end) in [(true, &mut pair.client), (false, &mut pair.server)] {
                let _ = end.run();
                needs.extend(end.pending.take().map(|need| (i, of_client, need)));
            }
        }
        if needs.is_empty() {
            return;
        }
        let outside = Arc::clone(outside);
        let answers: Vec<_> = std::thread::spawn(move || {
            needs.into_iter().rev().map(|(i, of_client, need)| (i, of_client, outside.decide(need))).collect()
        })
        .join()
        .unwrap();
        for (i, of_client, answer) in answers {
            let pair = &mut pairs[i];
            let (to, other) =
                if of_client { (&mut pair.client, &mut pair.server) } else { (&mut pair.server, &mut pair.client) };
            let waits = to.connection.process(&mut [], &mut to.output).unwrap();
            assert!(matches!(waits.event, Event::Waiting));
            assert!(other.connection.info().is_none());
            to.connection.answer(answer, &mut to.output).unwrap();
            let _ = to.run();
        }
    }
}

/// What both must have in common, however the decisions were made.
fn facts(info: &ConnectionInfo) -> (u16, bool, bool, Option<Vec<u8>>, Vec<Vec<u8>>) {
    (
        info.suite().code,
        info.resumed(),
        info.extended_master_secret(),
        info.psk_identity().map(<[u8]>::to_vec),
        info.peer_certificates().iter().map(|certificate| certificate.to_vec()).collect(),
    )
}

/// The matrix, twice: full and resumed, by ID and by ticket, with a client's certificate, or with a pre-shared key.
#[test]
fn every_handshake_can_be_decided_outside() {
    for suite in SUITES {
        for resuming in [Resuming::ById, Resuming::ByTicket] {
            let (client, outside) = later(suite, resuming);
            let (loop_client, loop_server) = in_the_loop(suite, resuming);
            let mut session = None;
            let mut loop_session = None;
            for _ in 0..2 {
                let mut pairs: Vec<Pair> = (0..3).map(|_| start(&client, session.clone())).collect();
                run_late(&mut pairs, &outside);
                let mut in_loop = Pair::of(
                    End::client(Arc::clone(&loop_client), SERVER_NAME, loop_session.take(), now()),
                    End::server(Arc::clone(&loop_server), now()),
                );
                in_loop.run();
                in_loop.assert_connected();
                for pair in &mut pairs {
                    pair.assert_connected();
                    pair.exchange_data(300);
                    for (late, at_once) in [(&pair.client, &in_loop.client), (&pair.server, &in_loop.server)] {
                        assert_eq!(facts(late.info()), facts(at_once.info()), "{} {resuming:?}", suite.name);
                    }
                    for kept in &pair.server.sessions {
                        if let NewSession::Server { id, session } = kept {
                            let entry = (id.to_vec(), session.to_bytes().expose().to_vec());
                            outside.sessions.lock().unwrap().push(entry);
                        }
                    }
                }
                session = pairs[1].client.sessions.last().map(|_| pairs[1].client.client_session());
                loop_session = in_loop.client.sessions.last().map(|_| in_loop.client.client_session());
                if session.is_none() {
                    // A session that is resumed by its ID is not given out again.
                    assert!(pairs[1].client.info().resumed());
                }
            }
        }
    }
}

/// An answer to one connection is not taken by another, nor a second time; and nothing is lost by the attempt.
#[test]
fn an_answer_belongs_to_its_request() {
    let suite = CipherSuite::from_name(ECDHE_GCM).unwrap();
    let (client, outside) = later(suite, Resuming::ById);
    let mut pairs = [start(&client, None), start(&client, None)];
    pairs.iter_mut().for_each(Pair::run);
    let [one, other] = &mut pairs;
    let answer = outside.decide(one.server.pending.take().unwrap());
    let stale = other.server.connection.answer(answer, &mut other.server.output);
    let Err(AnswerError::Stale(answer)) = stale else { panic!("{stale:?}") };
    assert!(other.server.output.is_empty());
    // The other connection goes on as if nothing had been, and the one that it belongs to takes it.
    one.server.connection.answer(*answer, &mut one.server.output).unwrap();
    one.server.run().unwrap();
    assert!(matches!(one.server.pending, Some(Need::Sign(_))));
    let answer = outside.decide(other.server.pending.take().unwrap());
    other.server.connection.answer(answer, &mut other.server.output).unwrap();
    other.server.run().unwrap();
    run_late(std::slice::from_mut(other), &outside);
    other.assert_connected();
    // Nobody answers its next request: it waits, takes no input, and can be closed.
    one.server.input.extend([22, 3, 3, 0, 1, 0]);
    one.server.run().unwrap();
    assert_eq!(one.server.input.len(), 6);
    assert_eq!(one.server.log, [Happened::Suspended, Happened::Suspended]);
    one.server.connection.close(&mut one.server.output);
    one.run();
    assert_eq!(one.server.log.last(), Some(&Happened::Failed(Error::Abandoned)));
    assert_eq!(one.client.failure(), Some(&Error::ClosedInHandshake));
}

/// A wrong answer is found out where it can be: the client's signature by the server, the server's by the client.
#[test]
fn a_wrong_answer_is_found_out() {
    let (client, outside) = later(CipherSuite::from_name(ECDHE_GCM).unwrap(), Resuming::ByTicket);
    for wrong_at_server in [true, false] {
        let mut pair = start(&client, None);
        let mut signatures = 0;
        pair.run_deciding(|need| match need {
            Need::Sign(request) => {
                signatures += 1;
                // The server signs first.
                match (signatures == 1) == wrong_at_server {
                    true => request.signed(vec![0x5a; 256]),
                    false => outside.decide(Need::Sign(request)),
                }
            }
            other => outside.decide(other),
        });
        let (finds, told) = if wrong_at_server { (&pair.client, &pair.server) } else { (&pair.server, &pair.client) };
        assert_eq!(finds.failure(), Some(&Error::BadSignature));
        assert_eq!(told.failure(), Some(&Error::Alert(AlertDescription::DecryptError)));
    }
}

/// The configuration is chosen by the name; a client that is not wanted is told so.
#[test]
fn a_configuration_is_chosen_by_the_client_hello() {
    let (client, by_rsa) = in_the_loop(CipherSuite::from_name(ECDHE_GCM).unwrap(), Resuming::ByTicket);
    let mut served = start(&client, None);
    served.run_deciding(|need| match need {
        Need::SelectConfig(request) => {
            assert_eq!(request.offer().suites(), [0xc02f]);
            request.selected(Arc::clone(&by_rsa))
        }
        other => panic!("{other:?}"),
    });
    served.assert_connected();
    assert_eq!(served.server.log, [Happened::Suspended, Happened::Connected]);

    let mut declined = start(&client, None);
    declined.run_deciding(|need| match need {
        Need::SelectConfig(request) => request.declined(),
        other => panic!("{other:?}"),
    });
    assert_eq!(
        declined.server.log.last(),
        Some(&Happened::Failed(Error::Declined(tls12::AlertDescription::HandshakeFailure)))
    );
    // RFC 5246 §7.2.2: access_denied is for valid certificates, which there were none of.
    assert_eq!(declined.client.log, [Happened::Failed(Error::Alert(AlertDescription::HandshakeFailure))]);

    let mut told = start(&client, None);
    told.run_deciding(|need| match need {
        Need::SelectConfig(request) => request.declined_with(AlertDescription::InsufficientSecurity),
        other => panic!("{other:?}"),
    });
    assert_eq!(told.client.log, [Happened::Failed(Error::Alert(AlertDescription::InsufficientSecurity))]);
}

/// What is no ClientHello is refused before there is a configuration; by a clear alert, as afterwards.
#[test]
fn without_a_configuration_the_protocol_holds() {
    for (input, alert) in [
        (&b"GET / HTTP/1.1\r\n"[..], AlertDescription::UnexpectedMessage),
        (&[22, 3, 3, 0, 4, 14, 0, 0, 0], AlertDescription::UnexpectedMessage),
        (&[22, 3, 1, 0, 5, 1, 0, 0, 1, 0], AlertDescription::DecodeError),
    ] {
        let mut end = accepting();
        end.input.extend(input);
        assert_eq!(end.run().unwrap_err().alert(), Some(alert));
        assert!(end.output.ends_with(&[2, alert.code()]));
        assert!(end.connection.diagnosis().is_some() && end.connection.info().is_none());
        assert!(end.connection.tls_exporter().is_err());
    }
}

/// A decision that panics leaves an error that says so, and that stays; nothing goes on from there.
#[test]
fn a_panic_in_a_decision_poisons_the_connection() {
    #[derive(Debug)]
    struct Panics;
    impl tls12::VerifyPeer for Panics {
        fn verify(&self, _: &tls12::PeerChain) -> Result<tls12::Verified, tls12::CertificateError> {
            panic!("in a decision");
        }
    }
    let config = ClientConfig::builder(Arc::new(Panics)).build().unwrap();
    let (_, server) = in_the_loop(CipherSuite::from_name(ECDHE_GCM).unwrap(), Resuming::ByTicket);
    let mut pair = Pair::of(End::client(config, SERVER_NAME, None, now()), End::server(server, now()));
    pair.server.input.append(&mut pair.client.output);
    pair.server.run().unwrap();
    pair.client.input.append(&mut pair.server.output);
    let client = &mut pair.client;
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| client.run()));
    assert!(caught.is_err());
    client.output.clear();
    for _ in 0..2 {
        assert_eq!(client.run(), Err(Error::Poisoned));
        assert!(client.output.is_empty() && client.connection.info().is_none());
    }
    assert_eq!(client.connection.seal(b"data", &mut client.output), Err(tls12::SealError::Closed));
    let text = "a callback on this side panicked during the handshake";
    assert_eq!(Error::Poisoned.to_string(), text);
    assert_eq!((Error::Poisoned.alert(), Error::Poisoned.side()), (None, tls12::Side::Local));
}
