//! A TLS 1.2 handshake for each cipher suite, step by step: `cargo run -p handshake`. No network or files.
//!
//! Client and server run in one thread, and their records are carried over one by one. The output comes from the public API:
//! the messages from a [`Trace`], the client's offer and the server's chain from the decisions that the two sides request, and
//! the negotiated parameters from [`Connection::info`].
//!
//! `chain.pem` and `key.pem`, valid until 2119, were made as the README shows, with the name in `SERVER_NAME`. They are
//! public: trust them nowhere else.

use std::sync::{Arc, Mutex};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tls12::crypto::{CipherSuite, KeyExchange, KeyType, SUITES, ring};
use tls12::verify::TrustStore;
use tls12::{
    ClientConfig, ClientOffer, Connection, Credential, Direction, Event, HandshakeType, KeyLog, MessageKind, Need,
    PeerChain, Policy, Role, ServerConfig, Trace, TracedMessage, VerifyPeer,
};

const SERVER_NAME: &str = "server.example";

/// The server's certificate, and that of the CA that issued it.
const CHAIN: &[u8] = include_bytes!("../chain.pem");

/// The server's private key.
const KEY: &[u8] = include_bytes!("../key.pem");

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    println!("The server has a certificate for {SERVER_NAME} with a 2048-bit RSA key; the client trusts its CA.");
    let chain = CertificateDer::pem_slice_iter(CHAIN).collect::<std::result::Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(KEY)?;
    let roots = TrustStore::from_der(chain.last().cloned())?;
    let suites = || SUITES.iter().filter(|suite| KeyType::Rsa.serves(suite.key_exchange));
    for suite in suites() {
        println!("\n━━━ {} ━━━", suite.name);
        let key = ring::provider().load_private_key(key.clone_key())?;
        handshake(suite, &roots, Credential::new(chain.clone(), key)?)?;
    }
    println!("\nAll {} suites: handshake complete, data sent both ways, closed cleanly.", suites().count());
    Ok(())
}

/// One side of the connection.
struct End {
    role: Role,
    connection: Connection,
    /// Bytes to send.
    output: Vec<u8>,
    keys: Arc<Keys>,
}

/// Keeps the master secret of a side.
#[derive(Debug, Default)]
struct Keys(Mutex<Option<Vec<u8>>>);

impl KeyLog for Keys {
    fn log(&self, _label: &str, _client_random: &[u8; 32], master_secret: &[u8]) {
        *self.0.lock().unwrap() = Some(master_secret.to_vec());
    }
}

/// Prints each message when it is received; the ClientHello, when the configuration has been chosen for it.
#[derive(Debug)]
struct Told {
    suite: &'static CipherSuite,
}

impl Trace for Told {
    fn message(&self, message: &TracedMessage) {
        if message.direction == Direction::Sent {
            return;
        }
        let (from, to) = match message.role {
            Role::Client => ("server", "client"),
            Role::Server => ("client", "server"),
        };
        match (message.kind, message.role) {
            (MessageKind::Handshake(HandshakeType::SERVER_HELLO), _) => println!("2. ServerHello"),
            (MessageKind::Handshake(HandshakeType::CERTIFICATE), _) => println!("3. Certificate"),
            (MessageKind::Handshake(HandshakeType::CLIENT_KEY_EXCHANGE), _) => println!("5. Key exchange"),
            (MessageKind::ChangeCipherSpec, Role::Server) => println!("6. Same keys on both sides"),
            (MessageKind::Handshake(HandshakeType::FINISHED), Role::Server) => println!("7. Finished, both ways"),
            _ => {}
        }
        println!("   {from} → {to} {:>5} bytes: {}", message.len, message.kind);
        if message.kind == MessageKind::Handshake(HandshakeType::CLIENT_KEY_EXCHANGE) {
            match self.suite.key_exchange {
                KeyExchange::Rsa => {
                    println!("       the premaster secret, encrypted to the RSA key in the server's certificate");
                }
                _ => println!("       a public key: with the server's, it yields the premaster secret"),
            }
        }
    }
}

fn handshake(suite: &'static CipherSuite, roots: &TrustStore, credential: Credential) -> Result<()> {
    let now = UnixTime::now();
    let trace = Arc::new(Told { suite });
    let mut output = Vec::new();
    let keys = Arc::new(Keys::default());
    // Usually: `ClientConfig::builder(Arc::new(roots))`. Here the trust store is called explicitly, to show the step.
    let config = ClientConfig::builder_verifying_later(ring::provider());
    let config = config.policy(Policy::legacy()).key_log(keys.clone()).trace(trace.clone()).build()?;
    let connection = Connection::client(config, ServerName::try_from(SERVER_NAME)?, now, &mut output)?;
    let mut client = End { role: Role::Client, connection, output, keys };

    let keys = Arc::new(Keys::default());
    let config = ServerConfig::builder(credential).policy(Policy::legacy().suites([suite]));
    let config = config.key_log(keys.clone()).trace(trace).build()?;
    // Usually: `Connection::server(config, now)`. This way, the server shows the ClientHello before it is answered.
    let connection = Connection::accept(now);
    let mut server = End { role: Role::Server, connection, output: Vec::new(), keys };

    let mut decide = |need| match need {
        Need::SelectConfig(request) => {
            print_offer(request.offer());
            Ok(request.selected(Arc::clone(&config)))
        }
        Need::VerifyPeer(request) => {
            let verdict = verify(roots, request.chain());
            Ok(request.verified(verdict))
        }
        other => Err(format!("an unexpected request: {other:?}").into()),
    };
    // Until neither side has anything to send.
    while carry(&mut client, &mut server, &mut decide)? || carry(&mut server, &mut client, &mut decide)? {}
    print_agreement(&client, &server)?;

    println!("8. Application data, both ways");
    client.connection.seal(b"Is anybody there?", &mut client.output)?;
    carry(&mut client, &mut server, &mut decide)?;
    server.connection.seal(b"Yes, and nobody else.", &mut server.output)?;
    carry(&mut server, &mut client, &mut decide)?;
    client.connection.close(&mut client.output);
    carry(&mut client, &mut server, &mut decide)?;
    server.connection.close(&mut server.output);
    carry(&mut server, &mut client, &mut decide)?;
    // An error, unless close_notify has arrived.
    client.connection.end_of_input()?;
    server.connection.end_of_input()?;
    Ok(())
}

/// The length of a record's header, the last two bytes of which are the length of the rest (RFC 5246 §6.2.1).
const RECORD_HEADER: usize = 5;

/// Carries the next record, and handles the events that it causes. Returns whether there was one.
fn carry(from: &mut End, to: &mut End, decide: &mut dyn FnMut(Need) -> Result<tls12::Answer>) -> Result<bool> {
    let Some([_, _, _, length @ ..]) = from.output.first_chunk::<RECORD_HEADER>() else { return Ok(false) };
    let length = usize::from(u16::from_be_bytes(*length));
    let mut record: Vec<u8> = from.output.drain(..RECORD_HEADER + length).collect();
    let mut used = 0;
    loop {
        let step = to.connection.process(&mut record[used..], &mut to.output)?;
        used += step.consumed;
        match step.event {
            Event::NeedInput { .. } | Event::CloseNotify => return Ok(true),
            Event::Suspended(need) => to.connection.answer(decide(need)?, &mut to.output)?,
            Event::Data(data) => println!("       the {} reads: {}", to.role, str::from_utf8(data)?),
            event => println!("       the {}: {event:?}", to.role),
        }
    }
}

/// Prints the contents of a ClientHello.
fn print_offer(offer: &ClientOffer) {
    println!("1. ClientHello");
    println!("       offers {}, client random {}", offer.client_version(), shortened(offer.random()));
    for suite in offer.suites().iter().copied().filter_map(CipherSuite::from_code) {
        println!("       offers {}", suite.name);
    }
}

/// Validates the server's chain, and prints it with the verdict.
fn verify(roots: &TrustStore, chain: &PeerChain) -> std::result::Result<tls12::Verified, tls12::CertificateError> {
    println!("4. The client validates the chain and the name");
    for (whose, certificate) in ["the server's certificate", "its CA's"].into_iter().zip(chain.certificates.iter()) {
        println!("       {:>5} bytes: {whose}", certificate.len());
    }
    let verdict = roots.verify(chain);
    let said = verdict.as_ref().map_or_else(ToString::to_string, |_| "trusted".to_owned());
    println!("       for {SERVER_NAME}, for {:?}, now: {said}", chain.key_use);
    verdict
}

/// Prints the negotiated parameters, and compares the secrets of the two sides.
fn print_agreement(client: &End, server: &End) -> Result<()> {
    println!("       each has verified the other's: both saw the same handshake");
    {
        let (client, server) = (client.keys.0.lock().unwrap(), server.keys.0.lock().unwrap());
        let secret = client.as_ref().filter(|_| *client == *server).ok_or("the two sides have different keys")?;
        println!("       the two master secrets, compared: the same {} bytes", secret.len());
    }
    let info = client.connection.info().ok_or("the handshake did not complete")?;
    println!("       negotiated: {}", info.suite().name);
    if let (Some(group), Some(scheme)) = (info.group(), info.signature_scheme()) {
        println!("       public keys on {group}, signed with {scheme}");
    }
    let (secret, records) = (info.extended_master_secret(), info.suite().protection);
    println!("       extended master secret: {secret}; records: {records:?}");
    Ok(())
}

fn shortened(random: &[u8; 32]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{}…{}", hex(&random[..4]), hex(&random[28..]))
}
