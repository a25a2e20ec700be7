//! A recorded connection, read by the independent implementation, with the master secret that the peer logged, which must
//! follow from the key exchange.

use std::collections::BTreeSet;

use tls12::crypto::{AeadAlgorithm, CipherSuite, KeyExchange, Protection};

use super::hello::{Fields, Hello, ext, typ, vector};
use super::independent::{Keys, Parameters, agree, hash, key_block, open, prf};
use super::recording::{Recording, from_hex};

/// What the two sides said.
pub struct Conversation<'a> {
    name: &'a str,
    recording: &'a Recording,
    master: Vec<u8>,
    transcript: Vec<u8>,
    client_random: Vec<u8>,
    server_random: Vec<u8>,
    extended_master_secret: bool,
    pub parameters: Option<Parameters>,
    /// How the session was resumed, if it was.
    pub resumed: Option<By>,
    /// The client has proved who it is by a CertificateVerify.
    pub client_signed: bool,
    /// How the client names its pre-shared key.
    pub psk_identity: Option<Vec<u8>>,
    offers_ticket: bool,
    /// The group of the key shares.
    group: Option<u16>,
    /// The key shares of the client, and of the server.
    shares: [Vec<u8>; 2],
    keys: Option<[Keys; 2]>,
    /// The client, the server.
    ends: [End; 2],
}

/// How the client names the session that it resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Id,
    Ticket,
}

/// What one side sent.
#[derive(Default)]
pub struct End {
    /// The beginning of a record.
    partial: Vec<u8>,
    /// The number of the next record, once they are protected.
    sequence: Option<u64>,
    ivs: BTreeSet<Vec<u8>>,
    is_finished: bool,
    pub data: Vec<u8>,
    /// Level and description of each alert.
    pub alerts: Vec<[u8; 2]>,
    /// A record did not open.
    pub refused: bool,
}

const CLIENT: usize = 0;
const SERVER: usize = 1;

impl<'a> Conversation<'a> {
    /// Reads a recording of one connection, in which both sides connected.
    pub fn of(name: &'a str, recording: &'a Recording) -> Self {
        let mut conversation = Self {
            name,
            recording,
            master: from_hex(recording.fact("peer_master_secret")),
            transcript: Vec::new(),
            client_random: Vec::new(),
            server_random: Vec::new(),
            extended_master_secret: false,
            parameters: None,
            resumed: None,
            client_signed: false,
            psk_identity: None,
            offers_ticket: false,
            group: None,
            shares: Default::default(),
            keys: None,
            ends: Default::default(),
        };
        let [ours, theirs] = conversation.sides();
        for step in &recording.steps {
            if step.cause.word == "input" {
                conversation.bytes(theirs, &step.cause.bytes());
            }
            for out in step.outcome.iter().filter(|line| line.word == "out") {
                conversation.bytes(ours, &out.bytes());
            }
        }
        assert!(conversation.ends.iter().all(|end| end.is_finished && end.partial.is_empty()), "{name}");
        conversation
    }

    pub fn ours(&self) -> &End {
        &self.ends[self.sides()[0]]
    }

    pub fn theirs(&self) -> &End {
        &self.ends[self.sides()[1]]
    }

    fn sides(&self) -> [usize; 2] {
        if self.recording.fact("role") == "client" { [CLIENT, SERVER] } else { [SERVER, CLIENT] }
    }

    fn bytes(&mut self, side: usize, bytes: &[u8]) {
        let mut partial = std::mem::take(&mut self.ends[side].partial);
        partial.extend_from_slice(bytes);
        let mut rest = &partial[..];
        while let [typ, _, _, high, low, after @ ..] = rest {
            let Some((fragment, later)) = after.split_at_checked(usize::from(u16::from_be_bytes([*high, *low]))) else {
                break;
            };
            rest = later;
            self.record(side, *typ, fragment);
        }
        self.ends[side].partial = rest.to_vec();
    }

    fn record(&mut self, side: usize, typ: u8, fragment: &[u8]) {
        let text = match self.ends[side].sequence {
            None => fragment.to_vec(),
            Some(sequence) => {
                self.ends[side].sequence = Some(sequence + 1);
                let parameters = self.parameters.unwrap();
                let iv_len = match parameters.suite.protection {
                    Protection::Aead(AeadAlgorithm::ChaCha20Poly1305) => None,
                    Protection::Aead(_) => Some(8),
                    Protection::Cbc(..) => Some(16),
                    _ => panic!("{:?} is new", parameters.suite),
                };
                // RFC 5288 §3: never the same nonce twice; RFC 5246 §6.2.3.2: an unpredictable IV for each record.
                let is_fresh = |len| self.ends[side].ivs.insert(fragment[..len].to_vec());
                assert!(iv_len.is_none_or(is_fresh), "{}: an IV came twice", self.name);
                match open(parameters, &self.keys.as_ref().unwrap()[side], sequence, typ, fragment) {
                    Some(text) => text,
                    None => {
                        self.ends[side].refused = true;
                        return;
                    }
                }
            }
        };
        match typ {
            20 => {
                // RFC 5246 §7.3, figure 2: without a key exchange, since the session is resumed.
                if self.keys.is_none() {
                    self.resumed = Some(if self.offers_ticket { By::Ticket } else { By::Id });
                    self.derive_keys();
                }
                self.ends[side].sequence = Some(0);
            }
            21 => self.ends[side].alerts.push(text.try_into().unwrap()),
            23 => self.ends[side].data.extend(text),
            _ if self.ends.iter().all(|end| end.is_finished) => {} // a request to renegotiate
            _ => self.messages(side, &text),
        }
    }

    /// Neither side splits messages over records in these recordings.
    fn messages(&mut self, side: usize, mut text: &[u8]) {
        while let [typ, a, b, c, ..] = *text {
            let len = 4 + usize::from(a) * 65536 + usize::from(b) * 256 + usize::from(c);
            let (message, rest) = text.split_at(len);
            text = rest;
            self.message(side, typ, message);
        }
        assert!(text.is_empty(), "{}: a message is split", self.name);
    }

    fn message(&mut self, side: usize, typ: u8, message: &[u8]) {
        match typ {
            typ::CLIENT_HELLO => self.client_hello(message),
            typ::SERVER_HELLO => self.server_hello(message),
            typ::SERVER_KEY_EXCHANGE => self.server_key_exchange(&message[4..]),
            typ::CLIENT_KEY_EXCHANGE => self.client_key_exchange(&message[4..]),
            typ::FINISHED => self.finished(side, message),
            _ => {}
        }
        self.transcript.extend_from_slice(message);
        match typ {
            typ::CERTIFICATE_VERIFY => self.client_signed = true,
            typ::CLIENT_KEY_EXCHANGE => {
                self.check_master_secret();
                self.derive_keys();
            }
            _ => {}
        }
    }

    fn derive_keys(&mut self) {
        let suite = self.parameters.unwrap().suite;
        self.keys = Some(key_block(suite, &self.master, &self.client_random, &self.server_random).into());
    }

    fn client_hello(&mut self, message: &[u8]) {
        let hello = Hello::parse(message[0], &message[4..]);
        self.client_random = hello.random.to_vec();
        self.offers_ticket = hello.extension(ext::SESSION_TICKET).is_some_and(|ticket| !ticket.is_empty());
    }

    fn server_hello(&mut self, message: &[u8]) {
        let hello = Hello::parse(message[0], &message[4..]);
        self.server_random = hello.random.to_vec();
        self.extended_master_secret = hello.extension(ext::EXTENDED_MASTER_SECRET).is_some();
        let encrypt_then_mac = hello.extension(ext::ENCRYPT_THEN_MAC).is_some();
        self.parameters =
            Some(Parameters { suite: CipherSuite::from_code(hello.suites[0]).unwrap(), encrypt_then_mac });
    }

    /// RFC 8422 §5.4: type and number of the group, and the share; the signature is checked elsewhere. RFC 4279 §2: a hint
    /// before that, and nothing else without key shares.
    fn server_key_exchange(&mut self, body: &[u8]) {
        const NAMED_CURVE: usize = 3;
        let exchange = self.parameters.unwrap().suite.key_exchange;
        let mut fields = Fields(body);
        if exchange.is_psk() {
            let hint = self.recording.find_fact("psk_hint").unwrap_or_default();
            assert_eq!(fields.vector(2), hint.as_bytes(), "{}", self.name);
        }
        if exchange.is_ephemeral() {
            assert_eq!(fields.number(1), NAMED_CURVE, "{}", self.name);
            self.group = Some(fields.number(2).try_into().unwrap());
            self.shares[SERVER] = fields.vector(1).to_vec();
        }
        assert_eq!(fields.0.is_empty(), exchange.is_psk(), "{}", self.name);
    }

    /// RFC 8422 §5.7, RFC 4279 §2, RFC 5489 §2.
    fn client_key_exchange(&mut self, body: &[u8]) {
        let exchange = self.parameters.unwrap().suite.key_exchange;
        let mut fields = Fields(body);
        if exchange.is_psk() {
            self.psk_identity = Some(fields.vector(2).to_vec());
        }
        if exchange.is_ephemeral() {
            self.shares[CLIENT] = fields.vector(1).to_vec();
        }
        assert_eq!(fields.0.is_empty(), exchange != KeyExchange::Rsa, "{}", self.name);
    }

    /// RFC 5246 §8.1, RFC 7627 §4: the peer's master secret follows from what we know.
    fn check_master_secret(&self) {
        let suite = self.parameters.unwrap().suite;
        let premaster = self.premaster(suite.key_exchange);
        let master = if self.extended_master_secret {
            prf(suite, &premaster, "extended master secret", &[&hash(suite, &self.transcript)], 48)
        } else {
            prf(suite, &premaster, "master secret", &[&self.client_random, &self.server_random], 48)
        };
        assert_eq!(master, self.master, "{}", self.name);
    }

    fn premaster(&self, exchange: KeyExchange) -> Vec<u8> {
        let known = || from_hex(self.recording.fact("psk"));
        match exchange {
            KeyExchange::Rsa => encrypted_premaster(self.recording),
            KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa => self.agreed(),
            // RFC 4279 §2: as many zeros as the key is long.
            KeyExchange::Psk => [vector(2, &vec![0; known().len()]), vector(2, &known())].concat(),
            // RFC 5489 §2.
            KeyExchange::EcdhePsk => [vector(2, &self.agreed()), vector(2, &known())].concat(),
            _ => panic!("{exchange:?} is new"),
        }
    }

    /// What the key shares agree on. Our private key is whichever draw of ours our share was made of.
    fn agreed(&self) -> Vec<u8> {
        let [ours, theirs] = self.sides().map(|side| &self.shares[side]);
        let draws = self.recording.outcomes("random").map(|line| line.bytes());
        let mut agreements = draws.filter_map(|draw| agree(self.group?, &draw, theirs));
        let found = agreements.find(|agreement| agreement.public_key == *ours);
        found.unwrap_or_else(|| panic!("{}: our key share is not made of what was drawn", self.name)).shared_secret
    }

    /// RFC 5246 §7.4.9.
    fn finished(&mut self, side: usize, message: &[u8]) {
        let suite = self.parameters.unwrap().suite;
        let label = ["client finished", "server finished"][side];
        let expected = prf(suite, &self.master, label, &[&hash(suite, &self.transcript)], 12);
        assert_eq!(message[4..], expected, "{}: the {label}", self.name);
        assert!(self.ends[side].sequence.is_some(), "{}: the {label} is not protected", self.name);
        self.ends[side].is_finished = true;
    }
}

/// Of the static RSA key exchange: what our server decrypted, or what our client drew (RFC 5246 §7.4.7.1).
fn encrypted_premaster(recording: &Recording) -> Vec<u8> {
    const LEN: usize = 48;
    let answered = recording.steps.iter().find_map(|step| step.cause.value.strip_prefix("premaster ")).map(from_hex);
    let decrypted = answered.map(|encoded| encoded[encoded.len() - LEN..].to_vec());
    let drawn = recording.outcomes("random").map(|line| line.bytes()).find(|draw| draw.len() == LEN);
    let of_client = |draw: Vec<u8>| [&[3, 3], &draw[2..]].concat();
    // The server draws as well, in case that it cannot decrypt.
    decrypted.or(drawn.map(of_client)).expect("a premaster secret was drawn or decrypted")
}
