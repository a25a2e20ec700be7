//! A TLS 1.2 handshake for each cipher suite, told as it happens: `cargo run -p handshake`. No network or files.
//!
//! Client and server run in one thread, and their records are carried over one by one. The output is read from the
//! wire, as anyone in between could, until ChangeCipherSpec starts encryption.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rsa::pkcs8::EncodePrivateKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use tls12::crypto::{CipherSuite, KeyExchange, KeyType, SUITES, ring};
use tls12::verify::{TrustStore, subject};
use tls12::wire::{self, ContentType, HandshakeType, Message, Random, RecordHeader};
use tls12::{ClientConfig, Connection, Credential, Event, KeyLog, Need, Policy, ServerConfig, VerifyPeer};

const SERVER_NAME: &str = "server.example";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    println!("A certificate authority, and a certificate for {SERVER_NAME} with a 2048-bit RSA key: made in memory.");
    let (chain, key) = make_certificates()?;
    let roots = TrustStore::from_der(chain.last().cloned())?;
    let suites = || SUITES.iter().filter(|suite| KeyType::Rsa.serves(suite.key_exchange));
    for suite in suites() {
        println!("\n━━━ {} ━━━", suite.name);
        let key = ring::provider().load_private_key(PrivateKeyDer::Pkcs8(key.clone_key()))?;
        handshake(&Wire { suite, roots: &roots }, Credential::new(chain.clone(), key)?)?;
    }
    println!("\nEach of the {} suites: a handshake, data both ways, a clean close.", suites().count());
    Ok(())
}

/// A server's chain, its own certificate first, and its private key.
fn make_certificates() -> Result<(Vec<CertificateDer<'static>>, PrivatePkcs8KeyDer<'static>)> {
    let rsa_key = || -> Result<_> {
        let key = rsa::PrivateKey::new(&mut rand::rng(), 2048)?.to_pkcs8_der()?;
        let key = PrivatePkcs8KeyDer::from(key.as_bytes().to_vec());
        Ok((KeyPair::from_pkcs8_der_and_sign_algo(&key, &rcgen::PKCS_RSA_SHA256)?, key))
    };
    let mut root = CertificateParams::default();
    root.distinguished_name.push(DnType::CommonName, "Example Root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    root.use_authority_key_identifier_extension = true;
    let root = CertifiedIssuer::self_signed(root, rsa_key()?.0)?;
    let mut server = CertificateParams::new([SERVER_NAME.to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, SERVER_NAME);
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    server.use_authority_key_identifier_extension = true;
    let (key_pair, key) = rsa_key()?;
    let server = server.signed_by(&key_pair, &root)?;
    Ok((vec![server.der().clone(), root.der().clone()], key))
}

/// One side of the connection.
struct End {
    name: &'static str,
    connection: Connection,
    /// Bytes to send.
    output: Vec<u8>,
    /// Whether it has sent ChangeCipherSpec, after which its records are encrypted.
    encrypts: bool,
    keys: Arc<Keys>,
}

/// Keeps the master secret of a side.
#[derive(Default)]
struct Keys(Mutex<Option<Vec<u8>>>);

impl KeyLog for Keys {
    fn log(&self, _label: &str, _client_random: &Random, master_secret: &[u8]) {
        *self.0.lock().unwrap() = Some(master_secret.to_vec());
    }
}

fn handshake(wire: &Wire<'_>, credential: Credential) -> Result<()> {
    let now = UnixTime::now();
    let mut output = Vec::new();
    let keys = Arc::new(Keys::default());
    // Usually: `ClientConfig::builder(Arc::new(roots))`. Here the trust store is called explicitly, to show the step.
    let config = ClientConfig::builder_verifying_later(ring::provider());
    let config = config.policy(Policy::legacy()).key_log(keys.clone()).build()?;
    let connection = Connection::client(config, ServerName::try_from(SERVER_NAME)?, now, &mut output)?;
    let mut client = End { name: "client", connection, output, encrypts: false, keys };

    let keys = Arc::new(Keys::default());
    let config = ServerConfig::builder(credential).policy(Policy::legacy().suites([wire.suite]));
    let connection = Connection::server(config.key_log(keys.clone()).build()?, now);
    let mut server = End { name: "server", connection, output: Vec::new(), encrypts: false, keys };

    // Until neither side has anything to send.
    while wire.carry(&mut client, &mut server)? || wire.carry(&mut server, &mut client)? {}
    let info = client.connection.info().ok_or("the handshake did not complete")?;
    println!("       each has checked the other's: both saw the same handshake");
    println!(
        "       extended master secret: {}; records: {:?}",
        info.extended_master_secret(),
        info.suite().protection
    );

    println!("8. Application data, both ways");
    client.connection.seal(b"Is anybody there?", &mut client.output)?;
    wire.carry(&mut client, &mut server)?;
    server.connection.seal(b"Yes, and nobody else.", &mut server.output)?;
    wire.carry(&mut server, &mut client)?;
    client.connection.close(&mut client.output);
    wire.carry(&mut client, &mut server)?;
    server.connection.close(&mut server.output);
    wire.carry(&mut server, &mut client)?;
    // An error, unless close_notify has arrived.
    client.connection.end_of_input()?;
    server.connection.end_of_input()?;
    Ok(())
}

/// The wire between the two, which prints what passes.
struct Wire<'a> {
    suite: &'static CipherSuite,
    roots: &'a TrustStore,
}

impl Wire<'_> {
    /// Carries the next record. Returns whether there was one.
    fn carry(&self, from: &mut End, to: &mut End) -> Result<bool> {
        let Some(header) = from.output.first_chunk() else { return Ok(false) };
        let header = RecordHeader::from_bytes(*header);
        let mut record: Vec<u8> = from.output.drain(..RecordHeader::LEN + header.length).collect();
        self.tell(from, to.name, header.content_type, &record[RecordHeader::LEN..])?;

        let mut used = 0;
        loop {
            let step = to.connection.process(&mut record[used..], &mut to.output)?;
            used += step.consumed;
            match step.event {
                Event::NeedInput { .. } | Event::CloseNotify => break,
                Event::Suspended(Need::VerifyPeer(request)) => {
                    let verdict = self.roots.verify(request.chain());
                    let said = verdict.as_ref().map_or_else(ToString::to_string, |_| "trusted".to_owned());
                    println!("4. The client validates the chain and the name");
                    println!("       for {SERVER_NAME}, for {:?}, now: {said}", request.chain().key_use);
                    to.connection.answer(request.verified(verdict), &mut to.output)?;
                }
                Event::Data(data) => println!("       the {} reads: {}", to.name, str::from_utf8(data)?),
                event => println!("       the {}: {event:?}", to.name),
            }
        }
        from.encrypts |= header.content_type == ContentType::CHANGE_CIPHER_SPEC;
        if header.content_type == ContentType::CHANGE_CIPHER_SPEC && from.name == "client" {
            let (client, server) = (from.keys.0.lock().unwrap(), to.keys.0.lock().unwrap());
            let secret = client.as_ref().filter(|_| *client == *server).ok_or("the two sides have different keys")?;
            println!("       the two master secrets, compared: the same {} bytes", secret.len());
        }
        Ok(true)
    }

    /// Prints the visible part of a record. (Both sides put each message in its own record.)
    fn tell(&self, from: &End, to: &str, content_type: ContentType, fragment: &[u8]) -> Result<()> {
        let message = Message::split(fragment).filter(|_| content_type == ContentType::HANDSHAKE && !from.encrypts);
        let typ = message.map(|(message, _)| message.typ);
        let what = match (content_type, typ) {
            (_, Some(typ)) => typ.to_string(),
            (ContentType::HANDSHAKE, None) => "Finished, encrypted".to_owned(),
            (content_type, _) if from.encrypts => format!("{content_type}, encrypted"),
            _ => "ChangeCipherSpec".to_owned(),
        };
        match (content_type, typ) {
            (_, Some(HandshakeType::CLIENT_HELLO)) => println!("1. ClientHello"),
            (_, Some(HandshakeType::SERVER_HELLO)) => println!("2. ServerHello"),
            (_, Some(HandshakeType::CERTIFICATE)) => println!("3. Certificate"),
            (_, Some(HandshakeType::CLIENT_KEY_EXCHANGE)) => println!("5. Key exchange"),
            (ContentType::CHANGE_CIPHER_SPEC, _) if from.name == "client" => println!("6. Same keys on both sides"),
            (ContentType::HANDSHAKE, None) if from.name == "client" => println!("7. Finished, both ways"),
            _ => {}
        }
        println!("   {} → {to} {:>5} bytes: {what}", from.name, fragment.len());
        message.map_or(Ok(()), |(message, _)| self.tell_message(message))
    }

    /// Prints the contents of a handshake message.
    fn tell_message(&self, message: Message<'_>) -> Result<()> {
        match message.typ {
            HandshakeType::CLIENT_HELLO => {
                let hello = wire::ClientHello::decode(message.body)?;
                println!("       offers {}, client random {}", hello.version, shortened(&hello.random));
                for suite in hello.cipher_suites.iter().filter_map(CipherSuite::from_code) {
                    println!("       offers {}", suite.name);
                }
            }
            HandshakeType::SERVER_HELLO => {
                let hello = wire::ServerHello::decode(message.body)?;
                println!("       chooses {}, server random {}", hello.version, shortened(&hello.random));
                println!(
                    "       chooses {}",
                    CipherSuite::from_code(hello.cipher_suite).ok_or("an unknown suite")?.name
                );
            }
            HandshakeType::CERTIFICATE => {
                for certificate in wire::decode_certificate(message.body)?.iter() {
                    println!("       {}", subject(&certificate).ok_or("a malformed certificate")?);
                }
            }
            HandshakeType::SERVER_KEY_EXCHANGE => {
                let exchange = wire::EcdheServerKeyExchange::decode(message.body)?;
                println!("       a public key on {}, signed with {}", exchange.group, exchange.scheme);
            }
            HandshakeType::CLIENT_KEY_EXCHANGE if self.suite.key_exchange == KeyExchange::Rsa => {
                println!("       the premaster secret, encrypted to the RSA key in the server's certificate");
            }
            HandshakeType::CLIENT_KEY_EXCHANGE => {
                println!("       a public key on the same group: from the two follows the premaster secret");
            }
            _ => {}
        }
        Ok(())
    }
}

fn shortened(random: &Random) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{}…{}", hex(&random[..4]), hex(&random[28..]))
}
