//! Connections between our own two sides, which go well.

use std::sync::Arc;

use crate::support::kept::Secrets;
use crate::support::pki::{KeyKind, PKI};
use crate::support::psk::Psk;
use crate::support::suites;
use crate::{Recorded, replay_whole};
use tls12::crypto::{CipherSuite, MacOrder, ring};
use tls12::session::ClientSession;
use tls12::verify::{TrustStore, Verifier};
use tls12::{Agreement, ClientAuth, ClientConfig, ClientTrust, Grease, HelloShape, Policy, RecordLimit, ServerConfig};

/// How the session of the recorded connection came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    New,
    ById,
    ByTicket,
}

fn trust() -> Verifier {
    Verifier::new(TrustStore::from_der([PKI.root.clone()]).unwrap())
}

/// Two configurations that agree on `suite`.
fn configs(
    suite: &'static CipherSuite,
    order: Option<MacOrder>,
    session: Session,
) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let etm = if order == Some(MacOrder::MacThenEncrypt) { Agreement::Never } else { Agreement::Prefer };
    let policy = Policy::legacy().suites([suite]).encrypt_then_mac(etm);
    let provider = ring::provider();
    let (client, server) = match suite.key_exchange.is_psk() {
        true => (
            ClientConfig::builder_with_psk_only(provider.clone()).preshared_key(Psk::PLAIN.ours()),
            ServerConfig::builder_with_psk_only(provider).preshared_keys([Psk::PLAIN.ours()]),
        ),
        false => (
            ClientConfig::builder_with_provider(provider.clone(), Arc::new(trust()))
                .credentials([PKI.client(KeyKind::P256).credential(&*provider)]),
            ServerConfig::builder_with_provider(
                provider.clone(),
                PKI.server(KeyKind::serving(suite.key_exchange)).credential(&*provider),
            )
            .client_auth(ClientAuth::Request(ClientTrust::new(Arc::new(trust())))),
        ),
    };
    let server = if session == Session::ById { server.no_tickets() } else { server };
    (client.policy(policy.clone()).build().unwrap(), server.policy(policy).build().unwrap())
}

/// A connection with data both ways, closed by both sides.
fn talk(recorded: &mut Recorded) -> Option<ClientSession> {
    let Recorded { pair, .. } = recorded;
    pair.run();
    pair.assert_connected();
    pair.exchange_data(17_000);
    pair.exchange_data(0);
    let mut room = vec![7; 100 + tls12::HEADROOM + tls12::TAILROOM];
    let record = pair.client.connection.seal_in_place(&mut room, tls12::HEADROOM..tls12::HEADROOM + 100).unwrap();
    pair.client.output.extend_from_slice(record);
    pair.client.connection.close(&mut pair.client.output);
    pair.run();
    pair.server.connection.close(&mut pair.server.output);
    pair.run();
    pair.client.connection.end_of_input().unwrap();
    (!pair.client.sessions.is_empty()).then(|| pair.client.client_session())
}

#[test]
fn every_suite_is_replayed_on_both_sides() {
    let mut connections = 0;
    for (suite, order) in suites::recorded_with_orders() {
        for session in [Session::New, Session::ById, Session::ByTicket] {
            let (client, server) = configs(suite, order, session);
            let offered = (session != Session::New)
                .then(|| talk(&mut Recorded::new(Secrets::Withheld, &client, &server, None)).unwrap());
            // Each way in full; of the rest, one with and one without secrets.
            let kinds: &[Secrets] = match session {
                Session::New => &Secrets::BOTH,
                Session::ById => &[Secrets::Withheld],
                Session::ByTicket => &[Secrets::Included],
            };
            for secrets in kinds {
                let mut recorded = Recorded::new(*secrets, &client, &server, offered.clone());
                talk(&mut recorded);
                assert_eq!(recorded.pair.client.info().resumed(), session != Session::New, "{suite:?} {session:?}");
                for text in recorded.texts() {
                    let replayed = replay_whole(&text);
                    assert_eq!(replayed.error, None, "{suite:?}");
                    connections += 1;
                }
            }
        }
    }
    assert!(connections > 100, "{connections}");
}

/// Settings that change what is sent, each by itself.
#[test]
fn settings_are_replayed() {
    let provider = ring::provider();
    let builder = || ClientConfig::builder_with_provider(ring::provider(), Arc::new(trust()));
    let server =
        ServerConfig::builder(PKI.credential(&*provider)).alpn_protocols(["h2"]).send_limit(100).build().unwrap();
    let shape = HelloShape::default().min_len(600).grease(Grease::On).indication(tls12::Indication::Omitted);
    let clients = [
        builder().hello_shape(shape),
        builder().alpn_protocols(["http/1.1", "h2"]),
        builder().record_limit(RecordLimit::RecordSizeLimit(1000)),
        builder().record_limit(RecordLimit::MaxFragmentLength(tls12::MaxFragmentLength::B512)),
        builder().tickets(tls12::AskFor::No).certificate_status(tls12::AskFor::No),
        builder().false_start(tls12::FalseStart::WhereSafe),
        builder().policy(Policy::modern().groups([tls12::NamedGroup::SECP384R1])),
    ];
    for client in clients {
        let client = client.build().unwrap();
        let mut recorded = Recorded::new(Secrets::Withheld, &client, &server, None);
        recorded.pair.run();
        recorded.pair.assert_connected();
        recorded.texts().iter().for_each(|text| drop(replay_whole(text)));
    }
}

/// What is answered later is replayed, and where.
#[test]
fn answers_are_replayed() {
    let provider = ring::provider();
    let external = tls12::ExternalKey::new([tls12::SignatureScheme::RSA_PSS_RSAE_SHA256]);
    let credential = tls12::Credential::external(vec![PKI.server.clone()], external).unwrap();
    let server = ServerConfig::builder(credential).tickets_later().session_store_later().build().unwrap();
    let client = ClientConfig::builder_verifying_later(provider.clone()).build().unwrap();
    let mut recorded = Recorded::new(Secrets::Withheld, &client, &server, None);
    let key = provider.load_private_key(tls12::PrivateKeyDer::Pkcs8(PKI.server_key.clone_key())).unwrap();
    recorded.pair.run_deciding(|need| match need {
        tls12::Need::Sign(request) => {
            let signature = key.sign(request.scheme(), request.message()).unwrap();
            request.signed(signature)
        }
        tls12::Need::VerifyPeer(request) => request.verified(Ok(tls12::Verified::always())),
        tls12::Need::SealTicket(request) => request.sealed(Some(tls12::session::SealedTicket::new(vec![1, 2, 3], 60))),
        other => panic!("{other:?}"),
    });
    recorded.pair.assert_connected();
    let [client, server] = recorded.texts();
    assert!(client.contains("\n> answer verdict trusted "), "{client}");
    assert!(server.contains("\n> answer signature ") && server.contains("\n> answer ticket 010203 60\n"), "{server}");
    for text in [client, server] {
        replay_whole(&text);
    }
}

/// The time is told as it changes; a clock is read when a call begins.
#[test]
fn the_time_is_replayed() {
    let (client, server) =
        configs(CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap(), None, Session::ByTicket);
    let mut recorded = Recorded::new(Secrets::Withheld, &client, &server, None);
    recorded.pair.client.connection.set_clock(|| {
        static SECONDS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let passed = SECONDS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tls12::UnixTime::since_unix_epoch(std::time::Duration::from_secs(crate::now().as_secs() + passed))
    });
    recorded.pair.run();
    recorded.pair.assert_connected();
    let [client, server] = recorded.texts();
    assert!(client.matches("\n> time ").count() > 2, "{client}");
    for text in [client, server] {
        replay_whole(&text);
    }
}
