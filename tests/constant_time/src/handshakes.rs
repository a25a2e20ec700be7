//! Whole handshakes whose secrets are secret from where they come from: an RSA decryption, a pre-shared key, a session; up to
//! Finished, right and wrong.

use std::hint::black_box;
use std::sync::{Arc, Mutex};

use tls12::crypto::{CipherSuite, DecryptedPremaster, KeyExchange, SUITES, Secret, SecureRandom};
use tls12::session::{OpenedTicket, Renewal, SealedTicket, ServerSession, TicketKey, Tickets};
use tls12::{Agreement, ClientConfig, Error, Policy, PresharedKey, ProviderError, ServerConfig, UnixTime};

use crate::controls::naive_comparison;
use crate::pair::{Anybody, End, connect};
use crate::provider::{Opening, Watched, credential};
use crate::valgrind::{counted, hide};

/// The length of the modulus in the certificate of the server.
const MODULUS_LEN: usize = 256;
const ZERO_AT: usize = MODULUS_LEN - 49;

/// RFC 8017 §7.2.1.
fn encoded(premaster: &[u8]) -> Vec<u8> {
    let mut encoded = vec![0, 2];
    encoded.resize(MODULUS_LEN - premaster.len() - 1, 0xa5);
    encoded.push(0);
    encoded.extend(premaster);
    encoded
}

/// The same with another byte at this place.
fn changed<const AT: usize, const TO: u8>(premaster: &[u8]) -> Vec<u8> {
    let mut encoded = encoded(premaster);
    encoded[AT] = TO;
    encoded
}

/// Makes what comes out of the raw RSA operation, for this premaster secret.
type Raw = fn(&[u8]) -> Vec<u8>;

/// What may come out of it. The first is right.
const RAW: [Raw; 13] = [
    encoded,
    changed::<0, 1>,
    changed::<1, 1>,
    changed::<2, 0>,
    changed::<9, 0>,
    changed::<100, 0>,
    changed::<{ ZERO_AT - 1 }, 0>,
    changed::<ZERO_AT, 0xa5>,
    // The version (RFC 5246 §7.4.7.1).
    changed::<{ ZERO_AT + 1 }, 2>,
    changed::<{ ZERO_AT + 2 }, 1>,
    |premaster| encoded(&premaster[1..]),
    |premaster| encoded(&[premaster, &[1]].concat()),
    |_| vec![0; MODULUS_LEN],
];

/// Every suite with RSA key exchange, with and without encrypt-then-MAC and the extended master secret; everything that can
/// come of the decryption.
pub fn by_rsa() -> usize {
    let mut handshakes = 0;
    for suite in SUITES.iter().filter(|suite| suite.key_exchange == KeyExchange::Rsa) {
        for agreement in [Agreement::Prefer, Agreement::Never] {
            for (i, raw) in RAW.into_iter().enumerate() {
                let (client, server) = rsa_configs(suite, agreement, raw);
                let (_, server) = connect(&client, &server);
                check(&server, i == 0);
                handshakes += 1;
            }
        }
    }
    handshakes
}

/// It is connected, or has failed at the client's Finished.
fn check(end: &End, is_right: bool) {
    let as_expected = if is_right { end.is_connected } else { end.error == Some(Error::BadRecordMac) };
    assert!(as_expected, "right: {is_right}, {:?}", end.error);
}

/// A Finished that is protected with the right keys, and does not match: the server's look at the client's, and the client's at the
/// server's. Returns the number of handshakes.
fn by_psk_with_a_wrong_finished(suite: &'static CipherSuite) -> usize {
    let right = || Watched::new(Opening::Ours);
    for wrong in [&b"client finished"[..], b"server finished"] {
        let is_clients = wrong.starts_with(b"client");
        let [ours, theirs] = match is_clients {
            true => [Watched::with_wrong(wrong, 0), right()],
            false => [right(), Watched::with_wrong(wrong, 0)],
        };
        let (client, server) = psk_configs_with([ours, theirs], suite, 1, None);
        let (client, server) = connect(&client, &server);
        let reader = if is_clients { server } else { client };
        assert!(matches!(reader.error, Some(Error::FinishedMismatch)), "{:?}", reader.error);
    }
    2
}

fn psk_configs(
    suite: &'static CipherSuite,
    servers: u8,
    tickets: Option<Arc<SomeTickets>>,
) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    psk_configs_with([Watched::new(Opening::Ours), Watched::new(Opening::Ours)], suite, servers, tickets)
}

fn psk_configs_with(
    [client, provider]: [Arc<Watched>; 2],
    suite: &'static CipherSuite,
    servers: u8,
    tickets: Option<Arc<SomeTickets>>,
) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let policy = Policy::legacy().suites([suite]);
    let key = |byte: u8| {
        let mut key = vec![byte; 23];
        hide(&mut key);
        PresharedKey::new(b"me", Secret::new(key)).unwrap()
    };
    let client = ClientConfig::builder_with_psk_only(client).preshared_key(key(1));
    let server = ServerConfig::builder_with_psk_only(Arc::clone(&provider) as _).preshared_keys([key(servers)]);
    let server = server.key_log(provider.masters());
    let server = match tickets {
        Some(tickets) => {
            *tickets.provider.lock().unwrap() = Some(provider);
            server.tickets(tickets).no_session_store()
        }
        None => server.no_tickets(),
    };
    (client.policy(policy.clone()).build().unwrap(), server.policy(policy).build().unwrap())
}

/// Every suite with a pre-shared key, the right key and a wrong one; both sides' Finished is looked at.
pub fn by_psk() -> usize {
    let mut handshakes = 0;
    for suite in SUITES.iter().filter(|suite| suite.key_exchange.is_psk()) {
        for servers in [1, 2] {
            let (client, server) = psk_configs(suite, servers, None);
            let (client, server) = connect(&client, &server);
            check(&server, servers == 1);
            assert_eq!(client.is_connected, servers == 1);
            handshakes += 1;
        }
        handshakes += by_psk_with_a_wrong_finished(suite);
    }
    handshakes
}

/// For a resumed session there need be one suite of each kind of protection only.
const RESUMED: [&str; 2] = ["TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_PSK_WITH_AES_128_CBC_SHA"];

/// Sessions by ID and by ticket, resumed: the right ones, and tickets that were forged.
pub fn resumed() -> usize {
    let mut handshakes = 0;
    for suite in RESUMED.map(|suite| CipherSuite::from_name(suite).unwrap()) {
        for forged in [None, Some(false), Some(true)] {
            let tickets = forged.map(|forged| Arc::new(SomeTickets { provider: Mutex::default(), forged }));
            let (client, server) = psk_configs(suite, 1, tickets);
            for is_second in [false, true] {
                let (_, server) = connect(&client, &server);
                check(&server, true);
                let resumes = is_second && forged != Some(true);
                assert_eq!(server.connection.info().unwrap().resumed(), resumes);
                handshakes += 1;
            }
        }
    }
    handshakes
}

/// Tickets sealed by a secret key, and opened by the same or by another of the same name.
#[derive(Debug)]
struct SomeTickets {
    provider: Mutex<Option<Arc<Watched>>>,
    forged: bool,
}

impl SomeTickets {
    fn key(&self, byte: u8) -> TicketKey {
        let mut secret = [byte; 48];
        // The name is in each ticket.
        let (name, key) = secret.split_at_mut(16);
        name.fill(7);
        hide(key);
        TicketKey::new(&**self.provider.lock().unwrap().as_ref().unwrap(), &secret).unwrap()
    }
}

impl Tickets for SomeTickets {
    fn seal(&self, session: &ServerSession, _: UnixTime) -> Option<SealedTicket> {
        let provider = tls12::crypto::ring::provider();
        let ticket = self.key(1).seal(provider.random(), session).ok()?;
        Some(SealedTicket::new(ticket, 3600))
    }

    fn open(&self, ticket: &[u8], _: UnixTime) -> Option<OpenedTicket> {
        let session = self.key(if self.forged { 2 } else { 1 }).open(ticket);
        assert_eq!(session.is_none(), self.forged);
        Some(OpenedTicket::new(session?, Renewal::NotDue))
    }
}

/// For callgrind: what comes of each decryption, taken apart and chosen. The control is the comparison that stops early.
pub fn count_all() {
    // Always at the same place, and with nothing else allocated or freed: how many instructions a copy takes depends on where it
    // is from and where it goes.
    let mut encoded = Box::new([0; MODULUS_LEN]);
    for raw in raw_results(&[&[3, 3][..], &[0x77; 46]].concat()) {
        encoded.copy_from_slice(&raw);
        std::mem::forget(raw);
        let choose = || DecryptedPremaster::unpad(&*encoded).or_random(&FixedRandom);
        // The allocator takes another way the first times.
        for _ in 0..8 {
            assert!(choose().is_ok());
        }
        let chosen = counted("premaster", choose);
        assert_eq!(chosen.unwrap().expose().len(), 48);
    }
    for at in 0..8 {
        let mut other = [7; 8];
        other[at] = 8;
        counted("control: naive comparison", || black_box(naive_comparison(black_box(&[7; 8]), black_box(&other))));
    }
}

/// Returns all kinds of results of a decryption, for this premaster secret; the first is right.
pub fn raw_results(premaster: &[u8]) -> [Vec<u8>; RAW.len()] {
    RAW.map(|raw| raw(premaster))
}

/// Returns the configurations of a client, and of a server whose decryptions give the result of `raw`.
pub fn rsa_configs(
    suite: &'static CipherSuite,
    agreement: Agreement,
    raw: Raw,
) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let policy = Policy::legacy().suites([suite]);
    let policy = policy.encrypt_then_mac(agreement).extended_master_secret(agreement);
    let client = ClientConfig::builder_with_provider(Watched::new(Opening::Ours), Arc::new(Anybody));
    let server = ServerConfig::builder_with_provider(Watched::new(Opening::Ours), credential(raw));
    let client = client.policy(policy.clone()).no_session_store().build().unwrap();
    let server = server.policy(policy).no_session_store().no_tickets().build().unwrap();
    (client, server)
}

/// What comes out of two decryptions: one is right, and one has a zero in its padding.
pub fn good_and_bad() -> [Vec<u8>; 2] {
    let premaster = [&[3, 3][..], &[0x77; 46]].concat();
    [encoded(&premaster), changed::<100, 0>(&premaster)]
}

/// A client whose Finished is wrong in this byte, and its server.
pub fn with_wrong_finished(suite: &'static CipherSuite, byte: usize) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let client = Watched::with_wrong(b"client finished", byte);
    psk_configs_with([client, Watched::new(Opening::Ours)], suite, 1, None)
}

/// Always the same.
pub struct FixedRandom;

impl SecureRandom for FixedRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        out.fill(0xee);
        Ok(())
    }
}
