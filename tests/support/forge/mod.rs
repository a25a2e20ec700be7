//! The bad peer: plays a client or a server message by message, each of which a test may change, drop, repeat, cut up or
//! send at the wrong time, before and after the keys change.
//!
//! A [`Forge`] faces one real connection, its target. [`Forge::flow`] is the good handshake; [`Forge::up_to`] brings the target
//! to any point of it; from there on the test says what it likes. Everything that the target says is checked on its way
//! ([`Forge::heard`]), so that a handshake that completes is one with an implementation that is not ours.

mod hear;

use std::sync::{Arc, LazyLock};

use rustls_pki_types::PrivateKeyDer;
use tls12::crypto::{
    CipherSuite, DecryptedPremaster, KeyExchange, KeyShare, MacOrder, PrivateKey, Protection, Provider, PublicKey,
    Secret, ring,
};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{Answer, ClientConfig, Connection, Error, Need, SealError, ServerConfig};

pub use crate::support::hello::ext;
use crate::support::hello::{Fields, Hello, message, numbers, typ, vector};
use crate::support::pair::End;
use crate::support::pki::{PKI, SERVER_NAME, now};
use crate::support::protect::{Direction, MAX_PLAINTEXT, directions, prf, split_record};
use crate::support::provider::provider;

/// Content types (RFC 5246 §6.2.1).
pub const CHANGE_CIPHER_SPEC: u8 = 20;
pub const ALERT: u8 = 21;
pub const HANDSHAKE: u8 = 22;
pub const APPLICATION_DATA: u8 = 23;

/// Alert descriptions (RFC 5246 §7.2).
pub mod alert {
    pub const CLOSE_NOTIFY: u8 = 0;
    pub const UNEXPECTED_MESSAGE: u8 = 10;
    pub const BAD_RECORD_MAC: u8 = 20;
    pub const RECORD_OVERFLOW: u8 = 22;
    pub const HANDSHAKE_FAILURE: u8 = 40;
    pub const BAD_CERTIFICATE: u8 = 42;
    pub const CERTIFICATE_UNKNOWN: u8 = 46;
    pub const ILLEGAL_PARAMETER: u8 = 47;
    pub const DECODE_ERROR: u8 = 50;
    pub const DECRYPT_ERROR: u8 = 51;
    pub const PROTOCOL_VERSION: u8 = 70;
    pub const INTERNAL_ERROR: u8 = 80;
    pub const USER_CANCELED: u8 = 90;
    pub const NO_RENEGOTIATION: u8 = 100;
    pub const UNSUPPORTED_EXTENSION: u8 = 110;
    pub const WARNING: u8 = 1;
    pub const FATAL: u8 = 2;
}

/// RFC 8422 §5.4.
pub const NAMED_CURVE: u8 = 3;

/// The key of the server of [`PKI`], loaded once.
pub static SERVER_KEY: LazyLock<Arc<dyn PrivateKey>> = LazyLock::new(unused_server_key);

/// The same key, loaded anew: its first operation draws what blinds it, as every first one does.
pub fn unused_server_key() -> Arc<dyn PrivateKey> {
    provider().load_private_key(PrivateKeyDer::Pkcs8(PKI.server_key.clone_key())).unwrap()
}

/// Answers what a configuration with this key and a willing verifier would.
pub fn answer_by_server_key(need: Need) -> Answer {
    match need {
        Need::VerifyPeer(request) => request.verified(Ok(tls12::Verified::default())),
        Need::Sign(request) => {
            let signature = SERVER_KEY.sign(request.scheme(), request.message()).unwrap();
            request.signed(signature)
        }
        Need::DecryptPremaster(request) => {
            let encoded = SERVER_KEY.decrypt().unwrap().decrypt_raw(request.ciphertext(), ring::provider().random());
            request.decrypted(
                encoded.map_or_else(|_| DecryptedPremaster::failed(), |em| DecryptedPremaster::unpad(em.expose())),
            )
        }
        other => panic!("{other:?}"),
    }
}

/// What a [`Forge`] plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

/// What the forge says in a handshake (RFC 5246 §7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    ClientHello,
    ServerHello,
    Certificate,
    ServerKeyExchange,
    CertificateRequest,
    ServerHelloDone,
    ClientKeyExchange,
    ChangeCipherSpec,
    Finished,
}

/// How the target ended.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    /// The description of the alert that it sent, if it sent one.
    pub alert: Option<u8>,
}

/// The bad peer, and what it faces.
pub struct Forge {
    pub target: End,
    pub role: Role,
    pub suite: &'static CipherSuite,
    /// The longest text of a record that [`Self::say`] makes.
    pub fragment: usize,
    /// The master secret of the session that is to be resumed. The hellos say which one it is.
    pub resume: Option<Vec<u8>>,
    /// Our hello, to be changed before it is said.
    pub hello: Hello,
    /// The target's hello, once it is heard.
    pub their_hello: Option<Hello>,
    /// Of our key exchange.
    pub group: NamedGroup,
    pub scheme: SignatureScheme,
    /// RSA: what the client encrypts. Drawn when it is needed, if no test has set it.
    pub premaster: Option<Vec<u8>>,
    /// Everything that the target said: content type and content, handshake messages whole.
    pub heard: Vec<(u8, Vec<u8>)>,
    /// All handshake messages of both sides.
    pub transcript: Vec<u8>,
    /// What protects our records, and the target's.
    pub write: Direction,
    pub read: Direction,
    provider: Arc<dyn Provider>,
    /// All bytes that passed, and who sent them.
    pub wire: Vec<(Role, Vec<u8>)>,
    /// A handshake message of the target's that is not whole.
    joined: Vec<u8>,
    share: Option<Box<dyn KeyShare>>,
    /// The public key in the target's ServerKeyExchange.
    their_public: Vec<u8>,
    pub master: Vec<u8>,
    /// Both directions under the keys that are agreed on: the client's and the server's.
    next: Option<(Direction, Direction)>,
}

impl Forge {
    /// Plays the server to a client of this configuration, which has said its ClientHello.
    pub fn server(config: &Arc<ClientConfig>, suite: &'static CipherSuite) -> Self {
        Self::facing(End::client(Arc::clone(config), SERVER_NAME, None, now()), suite)
    }

    /// Plays the server to a client that has said its ClientHello.
    pub fn facing(client: End, suite: &'static CipherSuite) -> Self {
        let mut forge = Self::new(client, Role::Server, suite);
        forge.hear();
        let offered = forge.their_hello.clone().unwrap();
        forge.hello.set(ext::RENEGOTIATION_INFO, &[0]);
        let is_cbc = matches!(suite.protection, Protection::Cbc(..));
        for (extension, wanted) in [(ext::EXTENDED_MASTER_SECRET, true), (ext::ENCRYPT_THEN_MAC, is_cbc)] {
            if wanted && offered.extension(extension).is_some() {
                forge.hello.set(extension, &[]);
            }
        }
        forge
    }

    /// Plays a client to a server of this configuration.
    pub fn client(config: &Arc<ServerConfig>, suite: &'static CipherSuite) -> Self {
        let connection = Connection::server(Arc::clone(config), now());
        let mut forge = Self::new(End::new(connection, Vec::new()), Role::Client, suite);
        let (groups, schemes) = (numbers(&[forge.group.0]), numbers(&[forge.scheme.0]));
        forge.hello.set(ext::RENEGOTIATION_INFO, &[0]);
        forge.hello.set(ext::EXTENDED_MASTER_SECRET, &[]);
        forge.hello.set(ext::ENCRYPT_THEN_MAC, &[]);
        forge.hello.set(ext::SUPPORTED_GROUPS, &vector(2, &groups));
        forge.hello.set(ext::EC_POINT_FORMATS, &vector(1, &[0]));
        forge.hello.set(ext::SIGNATURE_ALGORITHMS, &vector(2, &schemes));
        forge
    }

    fn new(target: End, role: Role, suite: &'static CipherSuite) -> Self {
        let provider = ring::provider();
        let mut random = [0; 32];
        provider.random().fill(&mut random).unwrap();
        Self {
            target,
            role,
            suite,
            fragment: MAX_PLAINTEXT,
            resume: None,
            hello: Hello::new(random, suite.code),
            their_hello: None,
            group: NamedGroup::X25519,
            scheme: SignatureScheme::RSA_PKCS1_SHA256,
            premaster: None,
            heard: Vec::new(),
            transcript: Vec::new(),
            write: Direction::plain(),
            read: Direction::plain(),
            provider,
            wire: Vec::new(),
            joined: Vec::new(),
            share: None,
            their_public: Vec::new(),
            master: Vec::new(),
            next: None,
        }
    }

    /// All that the forge says in a good handshake.
    pub fn flow(&self) -> &'static [Step] {
        use Step::{
            Certificate, ChangeCipherSpec, ClientHello, ClientKeyExchange, Finished, ServerHello, ServerHelloDone,
            ServerKeyExchange,
        };
        match (self.role, self.suite.key_exchange) {
            // RFC 5246 §7.3, figure 2.
            (Role::Client, _) if self.resume.is_some() => &[ClientHello, ChangeCipherSpec, Finished],
            (Role::Server, _) if self.resume.is_some() => &[ServerHello, ChangeCipherSpec, Finished],
            (Role::Client, _) => &[ClientHello, ClientKeyExchange, ChangeCipherSpec, Finished],
            (Role::Server, KeyExchange::Rsa) => {
                &[ServerHello, Certificate, ServerHelloDone, ChangeCipherSpec, Finished]
            }
            (Role::Server, _) => {
                &[ServerHello, Certificate, ServerKeyExchange, ServerHelloDone, ChangeCipherSpec, Finished]
            }
        }
    }

    /// Says all that comes before `step`.
    pub fn up_to(&mut self, step: Step) {
        for earlier in self.flow().iter().take_while(|other| **other != step) {
            self.perform(*earlier).unwrap_or_else(|error| panic!("at {earlier:?}: {error}"));
        }
    }

    /// Says `step` and all that comes after it, and exchanges data.
    pub fn finish_from(&mut self, step: Step) {
        for later in self.flow().iter().skip_while(|other| **other != step) {
            self.perform(*later).unwrap_or_else(|error| panic!("at {later:?}: {error}"));
        }
        self.exchange_data();
    }

    /// The whole good handshake.
    pub fn connect(&mut self) {
        self.finish_from(self.flow()[0]);
    }

    /// Data goes both ways.
    pub fn exchange_data(&mut self) {
        assert!(self.target.is_connected(), "{:?}", self.target.log);
        let received = self.target.data.len();
        self.send(APPLICATION_DATA, b"forged").unwrap();
        assert_eq!(&self.target.data[received..], b"forged");
        self.target.connection.seal(b"real", &mut self.target.output).unwrap();
        self.hear();
        assert_eq!(self.heard.last().unwrap(), &(APPLICATION_DATA, b"real".to_vec()));
    }

    /// Says `step` as it should be said.
    pub fn perform(&mut self, step: Step) -> Result<(), Error> {
        if step == Step::ChangeCipherSpec {
            return self.change_cipher_spec();
        }
        let message = self.make(step);
        self.say(&message)
    }

    /// The good message of `step`, not said yet.
    pub fn make(&mut self, step: Step) -> Vec<u8> {
        match step {
            Step::ClientHello => self.hello.client(),
            Step::ServerHello => self.hello.server(),
            Step::Certificate => certificate(&[&PKI.server]),
            Step::ServerKeyExchange => {
                let public = self.start_share();
                self.server_key_exchange(NAMED_CURVE, &public)
            }
            Step::CertificateRequest => message(
                typ::CERTIFICATE_REQUEST,
                // rsa_sign; one scheme; no authorities.
                &[vector(1, &[1]), vector(2, &numbers(&[self.scheme.0])), vector(2, &[])].concat(),
            ),
            Step::ServerHelloDone => message(typ::SERVER_HELLO_DONE, &[]),
            Step::ClientKeyExchange => self.client_key_exchange(),
            Step::Finished => {
                let label = if self.role == Role::Client { "client finished" } else { "server finished" };
                message(typ::FINISHED, &self.verify_data(label))
            }
            Step::ChangeCipherSpec => panic!("it is no handshake message"),
        }
    }

    /// Our share of the key exchange; its public half.
    pub fn start_share(&mut self) -> Vec<u8> {
        let group = self.provider.groups().iter().copied().find(|group| group.name() == self.group).unwrap();
        let share = group.start(self.provider.random()).unwrap();
        let public = share.public_key().to_vec();
        self.share = Some(share);
        public
    }

    /// A ServerKeyExchange with these parameters, well signed (RFC 8422 §5.4).
    pub fn server_key_exchange(&self, curve_type: u8, public: &[u8]) -> Vec<u8> {
        let params = [&[curve_type], self.group.0.to_be_bytes().as_slice(), &vector(1, public)].concat();
        let signed = [self.client_random().as_slice(), self.server_random(), &params].concat();
        let signature = SERVER_KEY.sign(self.scheme, &signed).unwrap();
        server_key_exchange(&params, self.scheme, &signature)
    }

    fn client_key_exchange(&mut self) -> Vec<u8> {
        if self.suite.key_exchange != KeyExchange::Rsa {
            let public = self.start_share();
            let secret = self.share.take().unwrap().agree(&self.their_public).unwrap();
            self.premaster = Some(secret.expose().to_vec());
            return message(typ::CLIENT_KEY_EXCHANGE, &vector(1, &public));
        }
        if self.premaster.is_none() {
            // RFC 5246 §7.4.7.1: the version that the ClientHello offered, and 46 random bytes.
            let mut premaster = [0; 48];
            self.provider.random().fill(&mut premaster).unwrap();
            premaster[..2].copy_from_slice(&self.hello.version.to_be_bytes());
            self.premaster = Some(premaster.to_vec());
        }
        let premaster = Secret::new(self.premaster.clone().unwrap());
        let ciphertext =
            self.provider.rsa_encrypt(SERVER_KEY.public_key(), &premaster, self.provider.random()).unwrap();
        message(typ::CLIENT_KEY_EXCHANGE, &vector(2, &ciphertext))
    }

    /// Says a handshake message, whatever it is, in as many records as it takes.
    pub fn say(&mut self, message: &[u8]) -> Result<(), Error> {
        self.note(message);
        message.chunks(self.fragment).try_for_each(|fragment| self.send(HANDSHAKE, fragment))
    }

    /// Adds a message of ours to the transcript, that is said in some other way.
    pub fn note(&mut self, message: &[u8]) {
        // RFC 5246 §7.4.1.1: a HelloRequest is not part of the handshake.
        if message.first() != Some(&typ::HELLO_REQUEST) {
            self.transcript.extend(message);
        }
    }

    /// Says ChangeCipherSpec, and seals with the new keys from then on.
    pub fn change_cipher_spec(&mut self) -> Result<(), Error> {
        if self.next.is_none() {
            self.derive_keys();
        }
        let outcome = self.send(CHANGE_CIPHER_SPEC, &[1]);
        self.change_write_keys();
        outcome
    }

    /// Seals with the keys that are agreed on from now on.
    pub fn change_write_keys(&mut self) {
        self.write = self.take_next(self.role);
    }

    /// Sends `content`, in one record, protected as it should be now.
    pub fn send(&mut self, content_type: u8, content: &[u8]) -> Result<(), Error> {
        let record = self.seal(content_type, content);
        self.deliver(&record)
    }

    /// The record that holds `content`, protected as it should be now.
    pub fn seal(&mut self, content_type: u8, content: &[u8]) -> Vec<u8> {
        self.write.seal(self.provider.random(), content_type, content)
    }

    /// Gives the target any bytes.
    pub fn deliver(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.wire.push((self.role, bytes.to_vec()));
        self.target.input.extend(bytes);
        let outcome = self.target.run();
        self.hear();
        outcome
    }

    /// Answers what the target waits for by the server's key and a willing verifier, and lets it go on.
    pub fn answer(&mut self) -> Result<(), Error> {
        let need = self.target.pending.take().expect("the target waits for an answer");
        self.target.connection.answer(answer_by_server_key(need), &mut self.target.output).unwrap();
        let outcome = self.target.run();
        self.hear();
        outcome
    }

    /// How the target ended, which must be with an error. Checks that it said one fatal alert at most and that as its last
    /// word; that a handshake that failed left no session and no data; and that the error stays: whatever is tried, it comes
    /// again, and nothing more is sent.
    #[track_caller]
    pub fn refusal(&mut self, outcome: Result<(), Error>) -> Refusal {
        let error = outcome.expect_err("the target accepted it");
        let is_last_word = |content: &[u8]| content[0] == alert::FATAL || content[1] == alert::CLOSE_NOTIFY;
        let last_words = self.heard.iter().filter(|(typ, content)| *typ == ALERT && is_last_word(content));
        assert!(last_words.count() <= 1, "{:?}", self.heard);
        let alert = match self.heard.last() {
            Some((ALERT, content)) => Some(content[1]),
            _ => None,
        };
        if !self.target.is_connected() {
            assert!(self.target.sessions.is_empty() && self.target.data.is_empty(), "something is left of it");
        }
        let End { connection, output, .. } = &mut self.target;
        for input in [&[][..], &[ALERT, 3, 3, 0, 2, 2, 40], b"GET / HTTP/1.1"] {
            assert_eq!(connection.process(&mut input.to_vec(), output).err(), Some(error.clone()));
        }
        assert_eq!(connection.seal(b"data", output), Err(SealError::Closed));
        assert_eq!(connection.end_of_input(), Err(error.clone()));
        assert!(connection.info().is_none());
        connection.close(output);
        assert!(output.is_empty(), "something was sent after the end");
        Refusal { error, alert }
    }
}

/// Asserts that the target ended with this error, on this side, and told so by this alert (none: `None`).
#[macro_export]
macro_rules! assert_refused {
    ($forge:expr, $outcome:expr, $alert:expr, $side:expr, $error:pat) => {{
        let outcome = $outcome;
        let refusal = $forge.refusal(outcome);
        assert!(matches!(refusal.error, $error), "another error: {:?}", refusal.error);
        assert_eq!(refusal.alert, $alert.into(), "another alert: {:?}", refusal.error);
        assert_eq!(refusal.error.side(), $side, "{:?}", refusal.error);
    }};
}

/// A Certificate message (RFC 5246 §7.4.2).
pub fn certificate(chain: &[&[u8]]) -> Vec<u8> {
    let list: Vec<u8> = chain.iter().flat_map(|certificate| vector(3, certificate)).collect();
    message(typ::CERTIFICATE, &vector(3, &list))
}

/// A ServerKeyExchange of ECDHE with any parameters and any signature (RFC 8422 §5.4).
pub fn server_key_exchange(params: &[u8], scheme: SignatureScheme, signature: &[u8]) -> Vec<u8> {
    let body = [params, &scheme.0.to_be_bytes(), &vector(2, signature)].concat();
    message(typ::SERVER_KEY_EXCHANGE, &body)
}
