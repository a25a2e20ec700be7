//! The other side: says any message at any time, as well-formed as can be, with the keys and the Finished that follow from what
//! was said so far, in whatever order that was. So what is refused is refused for its place.

use std::mem;

use tls12::Error;
use tls12::crypto::{MacOrder, Provider, ring};

use super::cheap::{self, GROUP, NoRandom, SCHEME, Work};
use super::grammar::{Letter, Protected, Said};
use super::profile::{Configured, Kx, PSK, PSK_IDENTITY, Resumed, Target};
use crate::support::forge::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, NAMED_CURVE, alert, certificate};
use crate::support::hello::{Fields, Hello, ext, message, numbers, typ, vector};
use crate::support::pair::End;
use crate::support::pki::PKI;
use crate::support::protect::{Direction, directions, prf, raw_record, split_record};

/// Our share of the key exchange.
const SHARE: [u8; 32] = [7; 32];

pub struct Peer<'c> {
    pub target: End,
    configured: &'c Configured,
    provider: std::sync::Arc<dyn Provider>,
    /// Ours, and the target's.
    hello: Hello,
    theirs: Option<Hello>,
    transcript: Vec<u8>,
    /// A handshake message of the target's that is not whole.
    joined: Vec<u8>,
    their_share: Vec<u8>,
    premaster: Vec<u8>,
    master: Option<Vec<u8>>,
    next: Option<(Direction, Direction)>,
    write: Direction,
    read: Direction,
    /// Whether what we write is protected.
    is_protected: bool,
    /// The verify_data of client and server.
    finished: [Vec<u8>; 2],
    /// Whether something was said that was changed: the target may have understood it otherwise, and have other keys.
    pub has_changed: bool,
    /// What the target did in this handshake, and how often it may do one thing.
    pub work: Work,
    pub most_work: usize,
}

/// What a signature covers besides the messages: both randoms, and the parameters of the key exchange (RFC 8422 §5.4).
const SIGNED: usize = 200;

impl<'c> Peer<'c> {
    /// Faces a target that has said nothing yet, or its ClientHello.
    pub fn new(configured: &'c Configured) -> Self {
        let profile = &configured.profile;
        let suite = profile.kx.suite().code;
        let (target, hello) = match profile.target {
            Target::Client => (configured.client(), Hello::new([0x11; 32], suite)),
            // What our own client would say, which offers the session too.
            Target::Server => (configured.server(), Hello::parse(typ::CLIENT_HELLO, &configured.client().output[9..])),
        };
        let mut peer = Self {
            target,
            configured,
            provider: ring::provider(),
            hello,
            theirs: None,
            transcript: Vec::new(),
            joined: Vec::new(),
            their_share: Vec::new(),
            premaster: Vec::new(),
            master: None,
            next: None,
            write: Direction::plain(),
            read: Direction::plain(),
            is_protected: false,
            finished: Default::default(),
            has_changed: false,
            work: Work::default(),
            most_work: 1,
        };
        peer.hear();
        if profile.target == Target::Client {
            peer.agree_to_what_is_offered();
        }
        peer
    }

    /// What the server's hello has in it.
    fn agree_to_what_is_offered(&mut self) {
        let profile = &self.configured.profile;
        self.hello.set(ext::RENEGOTIATION_INFO, &[0]);
        self.hello.set(ext::EXTENDED_MASTER_SECRET, &[]);
        if profile.promises_ticket {
            self.hello.set(ext::SESSION_TICKET, &[]);
        }
        if profile.promises_status {
            self.hello.set(ext::STATUS_REQUEST, &[]);
        }
        if profile.resumed != Resumed::Not {
            self.hello.session_id = self.theirs.as_ref().unwrap().session_id.clone();
        }
    }

    /// Asks a client whose connection is established for another handshake (RFC 5246 §7.4.1.1, RFC 5746 §3.7).
    pub fn ask_to_renegotiate(&mut self) {
        self.transcript.clear();
        self.work = Work::default();
        self.next = None;
        self.hello.set(ext::RENEGOTIATION_INFO, &vector(1, &self.finished.concat()));
        self.say(Letter(Said::HelloRequest, Protected::AsDue)).unwrap();
        assert!(self.target.connection.is_renegotiating());
    }

    /// Says this, and hears what the target answers.
    pub fn say(&mut self, letter: Letter) -> Result<(), Error> {
        self.say_changed(letter, usize::MAX, |_| {})
    }

    /// The same, with the content changed before it is protected, in records of at most `fragment` bytes.
    pub fn say_changed(
        &mut self,
        Letter(said, protected): Letter,
        fragment: usize,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Error> {
        let (content_type, mut content) = match said {
            Said::ChangeCipherSpec => (CHANGE_CIPHER_SPEC, vec![1]),
            Said::Data => (APPLICATION_DATA, b"data".to_vec()),
            Said::Warning => (ALERT, vec![alert::WARNING, alert::USER_CANCELED]),
            Said::CloseNotify => (ALERT, vec![alert::WARNING, alert::CLOSE_NOTIFY]),
            Said::FatalAlert => (ALERT, vec![alert::FATAL, alert::HANDSHAKE_FAILURE]),
            _ => (HANDSHAKE, self.make(said)),
        };
        let good = content.clone();
        change(&mut content);
        self.has_changed |= content != good;
        if matches!(said, Said::ChangeCipherSpec) && self.next.is_none() {
            self.derive_keys();
        }
        let record = match protected {
            Protected::AsDue if content.is_empty() => self.write.seal(&NoRandom, content_type, &[]),
            Protected::AsDue => {
                let mut seal = |fragment: &[u8]| self.write.seal(&NoRandom, content_type, fragment);
                content.chunks(fragment).flat_map(&mut seal).collect()
            }
            Protected::Swapped if self.is_protected => raw_record(content_type, [3, 3], &content),
            Protected::Swapped => self.under_the_next_keys(content_type, &content),
        };
        if content_type == HANDSHAKE && said != Said::HelloRequest {
            self.transcript.extend(&content);
        }
        if said == Said::ClientKeyExchange || (said == Said::ServerHello && self.configured.master.is_some()) {
            self.derive_keys();
        }
        self.target.input.extend(record);
        if said == Said::ChangeCipherSpec && protected == Protected::AsDue {
            self.write = self.take_next(self.ours());
            self.is_protected = true;
        }
        Work::take();
        let outcome = self.target.run();
        self.work = self.work.and(Work::take());
        self.hear();
        self.check_work(said);
        outcome
    }

    /// Whatever was said and in whatever order, no public-key operation is made twice, and each message is hashed once for the
    /// handshake, and once if a signature covers it.
    fn check_work(&self, said: Said) {
        let (work, len) = (self.work, self.transcript.len());
        assert!(work.most() <= self.most_work, "{:?}, {said:?}: {work:?}", self.configured.profile);
        assert!(
            work.hashed <= len + self.most_work * (len + SIGNED),
            "{:?}, {said:?}: {work:?} for {len} bytes",
            self.configured.profile
        );
    }

    fn ours(&self) -> Target {
        match self.configured.profile.target {
            Target::Client => Target::Server,
            Target::Server => Target::Client,
        }
    }

    /// As if our ChangeCipherSpec had been said. What stands first in such a record, which is the explicit nonce, is not the
    /// header of a handshake message by chance.
    fn under_the_next_keys(&mut self, content_type: u8, content: &[u8]) -> Vec<u8> {
        let mut early = self.new_directions();
        let direction = if self.ours() == Target::Client { &mut early.0 } else { &mut early.1 };
        direction.seal(&NoRandom, content_type, content)
    }

    /// The message, as well-formed as can be.
    fn make(&mut self, said: Said) -> Vec<u8> {
        let kx = self.configured.profile.kx;
        let (typ, body) = match said {
            Said::ClientHello => return self.client_hello().client(),
            Said::ServerHello => return self.server_hello().server(),
            Said::Certificate => return certificate(&[&PKI.server]),
            Said::NoCertificate => (typ::CERTIFICATE, vector(3, &[])),
            Said::HelloRequest => (typ::HELLO_REQUEST, Vec::new()),
            Said::ServerHelloDone => (typ::SERVER_HELLO_DONE, Vec::new()),
            // RFC 5077 §3.3: lifetime hint and ticket.
            Said::NewSessionTicket => (typ::NEW_SESSION_TICKET, [&[0, 0, 1, 0], &*vector(2, b"ticket")].concat()),
            Said::NoTicket => (typ::NEW_SESSION_TICKET, [&[0, 0, 0, 0], &*vector(2, b"")].concat()),
            // RFC 6066 §8: an OCSP response.
            Said::CertificateStatus => (typ::CERTIFICATE_STATUS, [vec![1], vector(3, &[0x30, 0])].concat()),
            Said::ServerKeyExchange => (typ::SERVER_KEY_EXCHANGE, self.server_key_exchange(kx)),
            // rsa_sign; one scheme; no authorities.
            Said::CertificateRequest => {
                (typ::CERTIFICATE_REQUEST, [vector(1, &[1]), vector(2, &numbers(&[SCHEME.0])), vector(2, &[])].concat())
            }
            Said::CertificateVerify => {
                (typ::CERTIFICATE_VERIFY, [numbers(&[SCHEME.0]), vector(2, &cheap::sign(&self.transcript))].concat())
            }
            Said::ClientKeyExchange => (typ::CLIENT_KEY_EXCHANGE, self.client_key_exchange(kx)),
            Said::Finished => {
                let verify_data = self.verify_data(self.ours());
                self.finished[self.ours() as usize].clone_from(&verify_data);
                (typ::FINISHED, verify_data)
            }
            _ => (UNDEFINED, vec![1, 2, 3]),
        };
        message(typ, &body)
    }

    /// The client's hello, whoever says it now.
    fn client_hello(&self) -> &Hello {
        match self.ours() {
            Target::Client => &self.hello,
            Target::Server => self.theirs.as_ref().unwrap_or(&self.hello),
        }
    }

    fn server_hello(&self) -> Hello {
        match self.ours() {
            Target::Client => {
                let mut hello = Hello::new([0x11; 32], self.configured.profile.kx.suite().code);
                hello.set(ext::RENEGOTIATION_INFO, &[0]);
                hello.set(ext::EXTENDED_MASTER_SECRET, &[]);
                hello
            }
            Target::Server => self.hello.clone(),
        }
    }

    /// RFC 8422 §5.4, RFC 4279 §2, RFC 5489 §2.
    fn server_key_exchange(&self, kx: Kx) -> Vec<u8> {
        let share = [&[NAMED_CURVE], numbers(&[GROUP.0]).as_slice(), &vector(1, &SHARE)].concat();
        match kx {
            Kx::Rsa | Kx::Ecdhe => {
                let [client, server] = self.randoms();
                let signature = cheap::sign(&[&client, &server, share.as_slice()].concat());
                [share, numbers(&[SCHEME.0]), vector(2, &signature)].concat()
            }
            Kx::Psk => vector(2, b"meters"),
            Kx::EcdhePsk => [vector(2, b"meters"), share].concat(),
        }
    }

    /// RFC 5246 §7.4.7.1, RFC 8422 §5.7, RFC 4279 §2, RFC 5489 §2. Sets the premaster secret.
    fn client_key_exchange(&mut self, kx: Kx) -> Vec<u8> {
        let secret = match kx {
            Kx::Rsa => [&[3, 3][..], &[0x46; 46]].concat(),
            _ => cheap::agree(&SHARE, &self.their_share),
        };
        self.premaster = premaster(kx, &secret);
        match kx {
            Kx::Rsa => vector(2, &secret),
            Kx::Ecdhe => vector(1, &SHARE),
            Kx::Psk => vector(2, PSK_IDENTITY),
            Kx::EcdhePsk => [vector(2, PSK_IDENTITY), vector(1, &SHARE)].concat(),
        }
    }

    /// Opens and checks all that the target has to send.
    fn hear(&mut self) {
        let bytes = mem::take(&mut self.target.output);
        let mut rest = bytes.as_slice();
        while let Some((record, later)) = split_record(rest) {
            rest = later;
            let Some(content) = self.read.open(record) else {
                assert!(self.has_changed, "a record of the target's does not open");
                return;
            };
            match record[0] {
                HANDSHAKE => {
                    self.joined.extend(content);
                    self.hear_messages();
                }
                CHANGE_CIPHER_SPEC => self.read = self.take_next(self.configured.profile.target),
                _ => {}
            }
        }
        assert!(rest.is_empty(), "the target sent half a record");
    }

    fn hear_messages(&mut self) {
        while self.joined.len() >= 4 {
            let len = 4 + Fields(&self.joined[1..4]).number(3);
            if self.joined.len() < len {
                return;
            }
            let rest = self.joined.split_off(len);
            let message = mem::replace(&mut self.joined, rest);
            if message[0] == typ::FINISHED {
                let target = self.configured.profile.target;
                let verify_data = self.verify_data(target);
                assert!(self.has_changed || message[4..] == verify_data, "the target's Finished");
                self.finished[target as usize] = verify_data;
            }
            self.transcript.extend(&message);
            self.learn(message[0], &message[4..]);
        }
    }

    /// Takes from a message of the target's what is needed later.
    fn learn(&mut self, typ: u8, body: &[u8]) {
        let kx = self.configured.profile.kx;
        let mut fields = Fields(body);
        match typ {
            typ::CLIENT_HELLO | typ::SERVER_HELLO => {
                self.theirs = Some(Hello::parse(typ, body));
                if typ == typ::SERVER_HELLO && self.configured.master.is_some() {
                    self.derive_keys();
                }
            }
            typ::SERVER_KEY_EXCHANGE => {
                if kx == Kx::EcdhePsk {
                    fields.vector(2);
                }
                fields.take(3);
                self.their_share = fields.vector(1).to_vec();
            }
            typ::CLIENT_KEY_EXCHANGE => {
                if !kx.has_certificates() {
                    assert_eq!(fields.vector(2), PSK_IDENTITY);
                }
                let secret = match kx {
                    Kx::Rsa => fields.vector(2).to_vec(),
                    Kx::Psk => Vec::new(),
                    Kx::Ecdhe | Kx::EcdhePsk => cheap::agree(&SHARE, fields.vector(1)),
                };
                self.premaster = premaster(kx, &secret);
                self.derive_keys();
            }
            _ => {}
        }
    }

    /// Those of client and server.
    fn randoms(&self) -> [[u8; 32]; 2] {
        let theirs = self.theirs.as_ref().map_or([0; 32], |hello| hello.random);
        match self.ours() {
            Target::Client => [self.hello.random, theirs],
            Target::Server => [theirs, self.hello.random],
        }
    }

    /// Agrees on the keys (RFC 5246 §6.3, RFC 7627 §4), with whatever premaster secret there is: none before the key exchange.
    fn derive_keys(&mut self) {
        self.master = self.configured.master.clone().or_else(|| {
            let suite = self.configured.profile.kx.suite();
            let hash = self.provider.hash(suite.hash, &self.transcript).unwrap();
            Some(prf(&*self.provider, suite, &self.premaster, "extended master secret", hash.as_ref(), 48))
        });
        self.next = Some(self.new_directions());
    }

    /// Both directions under the keys that are agreed on, or under those of an empty master secret.
    fn new_directions(&self) -> (Direction, Direction) {
        let [client, server] = self.randoms();
        let master = self.master.as_deref().unwrap_or_default();
        let suite = self.configured.profile.kx.suite();
        directions(&*self.provider, suite, MacOrder::MacThenEncrypt, master, (&client, &server))
    }

    /// What `side` writes under the keys that are agreed on.
    fn take_next(&mut self, side: Target) -> Direction {
        let (client, server) = self.next.as_mut().expect("the keys are agreed on");
        mem::replace(if side == Target::Client { client } else { server }, Direction::plain())
    }

    /// RFC 5246 §7.4.9.
    fn verify_data(&self, side: Target) -> Vec<u8> {
        let label = if side == Target::Client { "client finished" } else { "server finished" };
        let suite = self.configured.profile.kx.suite();
        let hash = self.provider.hash(suite.hash, &self.transcript).unwrap();
        let master = self.master.as_deref().unwrap_or_default();
        prf(&*self.provider, suite, master, label, hash.as_ref(), 12)
    }
}

const UNDEFINED: u8 = 99;

/// RFC 4279 §2, RFC 5489 §2; without a pre-shared key it is the secret itself.
fn premaster(kx: Kx, secret: &[u8]) -> Vec<u8> {
    match kx {
        Kx::Rsa | Kx::Ecdhe => secret.to_vec(),
        Kx::Psk => [vector(2, &vec![0; PSK.len()]), vector(2, PSK)].concat(),
        Kx::EcdhePsk => [vector(2, secret), vector(2, PSK)].concat(),
    }
}
