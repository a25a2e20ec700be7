//! What a connection holds for a peer that is not authenticated yet: state by state, for the worst messages that there are, and
//! after it has refused them. Counted by an allocator that counts, per thread; the table is in SECURITY.md.
#![cfg(all(feature = "ring", feature = "webpki"))]

use std::sync::Arc;

use crate::support::hello::{Hello, ext, message, typ, vector};
use crate::support::pki::{PKI, SERVER_NAME, now};
use allocation_counter::measure;
use tls12::crypto::{CipherSuite, ring};
use tls12::session::TicketKeys;
use tls12::verify::TrustStore;
use tls12::{ClientAuth, ClientConfig, ClientTrust, Connection, Event, Policy, ServerConfig, ServerConfigBuilder};

/// What a connection holds beside what its peer has sent: its own messages, keys and state.
const BASE: usize = 8 << 10;

/// What it holds for each byte that its peer has sent: in the transcript, and taken apart.
const HELD_FOR_EACH: usize = 3;

/// The same for a moment: while a message is put together, read, and put to a decision.
const PEAK_FOR_EACH: usize = 7;

/// What a server holds for a client that has said nothing.
const SILENT: i64 = 1 << 10;

const STATIC_RSA: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";

/// The longest fragment of a record (RFC 5246 §6.2.1).
const FRAGMENT: usize = 1 << 14;

/// What our own client says, to be made worse.
pub fn hello() -> Hello {
    let mut out = Vec::new();
    let roots = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    let config = ClientConfig::builder(roots).policy(Policy::legacy()).build().unwrap();
    Connection::client(config, SERVER_NAME.try_into().unwrap(), now(), &mut out).unwrap();
    // After the header of the record and that of the message.
    Hello::parse(typ::CLIENT_HELLO, &out[9..])
}

/// Hellos that are as long as can be, each by another part of it.
pub fn worst() -> Vec<(&'static str, Vec<u8>)> {
    let with = |name, change: &dyn Fn(&mut Hello)| {
        let mut hello = hello();
        change(&mut hello);
        (name, hello.client())
    };
    let list = |bytes: usize| vector(2, &vec![0x7a; bytes]);
    vec![
        with("as our client says it", &|_| {}),
        with("suites", &|hello| hello.suites.extend((0..32_700_u16).map(|n| n | 0x8000))),
        with("groups", &|hello| {
            let groups = [&hello.extension(ext::SUPPORTED_GROUPS).unwrap()[2..], &[0x7a; 60_000]].concat();
            hello.set(ext::SUPPORTED_GROUPS, &vector(2, &groups));
        }),
        with("signature schemes", &|hello| {
            let schemes = [&hello.extension(ext::SIGNATURE_ALGORITHMS).unwrap()[2..], &[0x7a; 60_000]].concat();
            hello.set(ext::SIGNATURE_ALGORITHMS, &vector(2, &schemes));
        }),
        with("protocols of one byte", &|hello| hello.set(ext::ALPN, &vector(2, &[1, b'x'].repeat(30_000)))),
        with("a name", &|hello| {
            hello.set(ext::SERVER_NAME, &vector(2, &[&[0][..], &vector(2, &vec![b'a'; 60_000])].concat()));
        }),
        with("a ticket", &|hello| hello.set(ext::SESSION_TICKET, &vec![0x7a; 60_000])),
        with("an unknown extension", &|hello| hello.set(0x7a7a, &list(60_000))),
        with("unknown extensions without content", &|hello| {
            hello.extensions.extend((0..16_000_u16).map(|n| (n | 0x4000, Vec::new())));
        }),
        with("everything", &|hello| {
            hello.session_id = vec![0x7a; 32];
            hello.suites.extend((0..32_700_u16).map(|n| n | 0x8000));
            hello.compression.extend([0x7a; 254]);
            hello.set(0x7a7a, &list(60_000));
        }),
    ]
}

/// A message in records.
pub fn records(message: &[u8]) -> Vec<u8> {
    message.chunks(FRAGMENT).flat_map(|fragment| [&[22, 3, 3][..], &vector(2, fragment)].concat()).collect()
}

/// What is held, and was held at most, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    pub now: i64,
    pub peak: i64,
    /// What may be held for a moment besides what the peer has sent.
    verifying: i64,
}

impl Held {
    /// Adds what `work` allocates.
    pub fn add(&mut self, work: impl FnOnce()) {
        let info = measure(work);
        self.peak = self.peak.max(self.now + i64::try_from(info.bytes_max).unwrap());
        self.now += info.bytes_current;
    }

    /// Compares it with the limits: [`BASE`] bytes, and so many for each byte that was sent.
    #[track_caller]
    pub fn check(&self, what: &str, sent: usize) {
        let most = |each: usize| i64::try_from(BASE + each * sent).unwrap();
        assert!(self.now <= most(HELD_FOR_EACH), "{what}: {self:?} after {sent} bytes");
        assert!(self.peak <= most(PEAK_FOR_EACH) + self.verifying, "{what}: {self:?} after {sent} bytes");
    }
}

/// Gives the connection all of `input`, as far as it goes without a decision. How much of it was used.
fn process(connection: &mut Connection, input: &mut [u8], out: &mut Vec<u8>) -> usize {
    let mut used = 0;
    loop {
        let step = connection.process(&mut input[used..], out).unwrap();
        used += step.consumed;
        match step.event {
            Event::NeedInput { .. } | Event::Waiting => return used,
            Event::Suspended(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Lets `connection` read `message`, first but for its last byte, and compares what it holds with the limits.
#[track_caller]
fn read(what: &str, connection: &mut Connection, held: &mut Held, message: &[u8], sent: &mut usize) {
    let mut input = records(message);
    // The output is the caller's.
    let mut out = Vec::with_capacity(1 << 17);
    let (last, mut used) = (input.len() - 1, 0);
    held.add(|| used = process(connection, &mut input[..last], &mut out));
    *sent += message.len();
    held.check(&format!("{what}, not whole"), *sent);
    held.add(|| used += process(connection, &mut input[used..], &mut out));
    assert_eq!(used, input.len(), "{what}: all is used");
    println!("{what}: {held:?} after {sent} bytes");
    held.check(what, *sent);
}

pub fn server(config: &Arc<ServerConfig>, held: &mut Held) -> Box<Connection> {
    let mut connection = None;
    held.add(|| connection = Some(Box::new(Connection::server(Arc::clone(config), now()))));
    connection.unwrap()
}

pub fn server_config() -> ServerConfigBuilder {
    let provider = ring::provider();
    let tickets = Arc::new(TicketKeys::new(Arc::clone(&provider)));
    ServerConfig::builder(PKI.credential(&*provider)).policy(Policy::legacy()).tickets(tickets)
}

#[test]
fn a_server_holds_little_for_a_client_that_is_silent() {
    let (config, mut held) = (server_config().build().unwrap(), Held::default());
    let _connection = server(&config, &mut held);
    println!("silent: {held:?}");
    assert!(held.peak <= SILENT, "{held:?}");
}

#[test]
fn a_server_holds_little_more_than_the_hello() {
    let config = server_config().build().unwrap();
    for (what, hello) in worst() {
        let (mut held, mut sent) = (Held::default(), 0);
        let mut connection = server(&config, &mut held);
        read(what, &mut connection, &mut held, &hello, &mut sent);
    }
}

#[test]
fn a_server_that_waits_for_a_configuration_holds_little_more_than_the_hello() {
    for (what, hello) in worst() {
        let (mut held, mut sent, mut connection) = (Held::default(), 0, None);
        held.add(|| connection = Some(Box::new(Connection::accept(now()))));
        read(what, &mut connection.unwrap(), &mut held, &hello, &mut sent);
    }
}

/// A server that takes its client's certificate holds that too, and a message that has not come whole.
#[test]
fn a_server_holds_little_more_than_the_certificates_of_a_client() {
    let config = server_config().client_auth(ClientAuth::Require(ClientTrust::later())).build().unwrap();
    for (what, certificates) in certificate_lists() {
        let (mut held, mut sent) = (Held::default(), 0);
        let mut connection = server(&config, &mut held);
        read("hello", &mut connection, &mut held, &hello().client(), &mut sent);
        read(what, &mut connection, &mut held, &message(typ::CERTIFICATE, &certificates), &mut sent);
    }
}

/// A server's flight, each message as long as it may be (RFC 5246 §7.4.2, §7.4.4; RFC 6066 §8).
#[test]
fn a_client_holds_little_more_than_the_flight_of_the_server() {
    let policy = Policy::legacy().suites([CipherSuite::from_name(STATIC_RSA).unwrap()]);
    let config = ClientConfig::builder_verifying_later(ring::provider()).policy(policy).build().unwrap();
    let mut server_hello = Hello::new([7; 32], 0x009c);
    server_hello.set(ext::EXTENDED_MASTER_SECRET, &[]);
    server_hello.set(ext::RENEGOTIATION_INFO, &[0]);
    server_hello.set(ext::STATUS_REQUEST, &[]);
    let authorities = vector(2, &vector(2, &[0x7a; 30]).repeat(2_000));
    let request = [&[1, 1][..], &vector(2, &[4, 1]), &authorities].concat();
    let status = [&[1][..], &vector(3, &[0x7a; 60_000])].concat();
    for (what, certificates) in certificate_lists() {
        let (mut held, mut sent, mut connection) = (Held::default(), 0, None);
        let mut out = Vec::with_capacity(1 << 12);
        let name = SERVER_NAME.try_into().unwrap();
        let config = Arc::clone(&config);
        held.add(|| connection = Some(Box::new(Connection::client(config, name, now(), &mut out).unwrap())));
        let mut connection = connection.unwrap();
        for (name, message) in [
            ("ServerHello", server_hello.server()),
            (what, message(typ::CERTIFICATE, &certificates)),
            ("CertificateStatus", message(typ::CERTIFICATE_STATUS, &status)),
            ("CertificateRequest", message(typ::CERTIFICATE_REQUEST, &request)),
            ("ServerHelloDone", message(typ::SERVER_HELLO_DONE, &[])),
        ] {
            read(name, &mut connection, &mut held, &message, &mut sent);
        }
    }
}

/// The same of a client that verifies the certificates itself, and is promised a ticket, which comes before the server has proved
/// anything (RFC 5077 §3.1).
#[test]
fn a_client_holds_little_more_than_what_a_server_has_sent_before_finished() {
    let policy = Policy::legacy().suites([CipherSuite::from_name(STATIC_RSA).unwrap()]);
    let roots = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    let config = ClientConfig::builder(roots).policy(policy).build().unwrap();
    let mut server_hello = Hello::new([7; 32], 0x009c);
    server_hello.set(ext::EXTENDED_MASTER_SECRET, &[]);
    server_hello.set(ext::RENEGOTIATION_INFO, &[0]);
    server_hello.set(ext::SESSION_TICKET, &[]);
    let authorities = vector(2, &vector(2, &[0x7a; 30]).repeat(2_000));
    let request = [&[1, 1][..], &vector(2, &[4, 1]), &authorities].concat();
    // The longest that is kept (`MAX_TICKET` of `session`), and the longest that there can be.
    let tickets = [1 << 15, 65_530].map(|len| [&[0; 4][..], &vector(2, &vec![0x7a; len])].concat());
    for ((what, certificates), ticket) in
        certificate_lists().into_iter().flat_map(|list| tickets.each_ref().map(|ticket| (list.clone(), ticket)))
    {
        let verifying = i64::try_from(super::verifier::VERIFYING).unwrap();
        let (mut held, mut sent, mut connection) = (Held { verifying, ..Held::default() }, 0, None);
        let mut out = Vec::with_capacity(1 << 12);
        let (name, config) = (SERVER_NAME.try_into().unwrap(), Arc::clone(&config));
        held.add(|| connection = Some(Box::new(Connection::client(config, name, now(), &mut out).unwrap())));
        let mut connection = connection.unwrap();
        for (name, message) in [
            ("ServerHello", server_hello.server()),
            (what, message(typ::CERTIFICATE, &certificates)),
            ("CertificateRequest", message(typ::CERTIFICATE_REQUEST, &request)),
            ("ServerHelloDone", message(typ::SERVER_HELLO_DONE, &[])),
            ("NewSessionTicket", message(typ::NEW_SESSION_TICKET, ticket)),
        ] {
            read(name, &mut connection, &mut held, &message, &mut sent);
        }
    }
}

/// Lists of certificates that are as long as may be: the first is good, since its key is needed.
fn certificate_lists() -> [(&'static str, Vec<u8>); 2] {
    let good = vector(3, &PKI.server);
    let list = |more: Vec<u8>| vector(3, &[good.clone(), more].concat());
    [
        ("one more certificate", list(vector(3, &[0x30; 60_000]))),
        ("small certificates", list(vector(3, &[0x30; 64]).repeat(99))),
    ]
}
