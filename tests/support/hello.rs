//! Handshake messages as RFC 5246 §7.4 lays them out, written a second time for the tests, so that they can also be wrong.

/// The handshake types of RFC 5246 §7.4, RFC 5077 §3.3 and RFC 6066 §8.
pub mod typ {
    pub const HELLO_REQUEST: u8 = 0;
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const NEW_SESSION_TICKET: u8 = 4;
    pub const CERTIFICATE: u8 = 11;
    pub const SERVER_KEY_EXCHANGE: u8 = 12;
    pub const CERTIFICATE_REQUEST: u8 = 13;
    pub const SERVER_HELLO_DONE: u8 = 14;
    pub const CERTIFICATE_VERIFY: u8 = 15;
    pub const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub const FINISHED: u8 = 20;
    pub const CERTIFICATE_STATUS: u8 = 22;
}

/// The extensions that a test may want to change.
pub mod ext {
    pub const SERVER_NAME: u16 = 0;
    pub const MAX_FRAGMENT_LENGTH: u16 = 1;
    pub const STATUS_REQUEST: u16 = 5;
    pub const SUPPORTED_GROUPS: u16 = 10;
    pub const EC_POINT_FORMATS: u16 = 11;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const SIGNED_CERTIFICATE_TIMESTAMP: u16 = 18;
    pub const PADDING: u16 = 21;
    pub const ENCRYPT_THEN_MAC: u16 = 22;
    pub const EXTENDED_MASTER_SECRET: u16 = 23;
    pub const RECORD_SIZE_LIMIT: u16 = 28;
    pub const SESSION_TICKET: u16 = 35;
    pub const SUPPORTED_VERSIONS: u16 = 43;
    pub const RENEGOTIATION_INFO: u16 = 0xff01;
}

/// `content` with its length before it, in `width` bytes.
pub fn vector(width: usize, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    assert!(length[..4 - width].iter().all(|byte| *byte == 0), "too long for its length field");
    [&length[4 - width..], content].concat()
}

/// Numbers of 16 bits, one after another.
pub fn numbers(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// A handshake message.
pub fn message(typ: u8, body: &[u8]) -> Vec<u8> {
    [vec![typ], vector(3, body)].concat()
}

/// A ClientHello or a ServerHello, every field free.
#[derive(Clone, Debug)]
pub struct Hello {
    pub version: u16,
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    /// Those offered, or the one chosen.
    pub suites: Vec<u16>,
    /// Those offered, or the one chosen.
    pub compression: Vec<u8>,
    /// None: not even an empty block.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl Hello {
    /// A hello of TLS 1.2 with this suite and no extension.
    pub fn new(random: [u8; 32], suite: u16) -> Self {
        Self {
            version: 0x0303,
            random,
            session_id: Vec::new(),
            suites: vec![suite],
            compression: vec![0],
            extensions: Vec::new(),
        }
    }

    /// Sets the content of an extension, or adds it.
    pub fn set(&mut self, typ: u16, content: &[u8]) {
        self.remove(typ);
        self.extensions.push((typ, content.to_vec()));
    }

    /// Takes an extension out.
    pub fn remove(&mut self, typ: u16) {
        self.extensions.retain(|(other, _)| *other != typ);
    }

    /// The content of an extension.
    pub fn extension(&self, typ: u16) -> Option<&[u8]> {
        self.extensions.iter().find(|(other, _)| *other == typ).map(|(_, content)| content.as_slice())
    }

    fn start(&self) -> Vec<u8> {
        [&self.version.to_be_bytes(), self.random.as_slice(), &vector(1, &self.session_id)].concat()
    }

    fn end(&self) -> Vec<u8> {
        if self.extensions.is_empty() {
            return Vec::new();
        }
        let block = self.extensions.iter().flat_map(|(typ, content)| [typ.to_be_bytes().to_vec(), vector(2, content)]);
        vector(2, &block.flatten().collect::<Vec<u8>>())
    }

    /// RFC 5246 §7.4.1.2.
    pub fn client(&self) -> Vec<u8> {
        let suites = vector(2, &numbers(&self.suites));
        message(typ::CLIENT_HELLO, &[self.start(), suites, vector(1, &self.compression), self.end()].concat())
    }

    /// RFC 5246 §7.4.1.3.
    pub fn server(&self) -> Vec<u8> {
        let body = [self.start(), numbers(&self.suites), self.compression.clone(), self.end()].concat();
        message(typ::SERVER_HELLO, &body)
    }

    /// Reads either from the body of its message. What is read is ours, and good.
    pub fn parse(typ: u8, body: &[u8]) -> Self {
        let mut rest = Fields(body);
        let version = rest.number(2) as u16;
        let random = rest.take(32).try_into().unwrap();
        let session_id = rest.vector(1).to_vec();
        let (suites, compression) =
            if typ == typ::CLIENT_HELLO { (rest.vector(2), rest.vector(1)) } else { (rest.take(2), rest.take(1)) };
        let suites = suites.chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
        let compression = compression.to_vec();
        let mut extensions = Vec::new();
        let mut block = Fields(if rest.0.is_empty() { &[] } else { rest.vector(2) });
        while !block.0.is_empty() {
            extensions.push((block.number(2) as u16, block.vector(2).to_vec()));
        }
        Self { version, random, session_id, suites, compression, extensions }
    }
}

/// Takes good messages apart; panics at bad ones.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (now, later) = self.0.split_at(len);
        self.0 = later;
        now
    }

    pub fn number(&mut self, width: usize) -> usize {
        self.take(width).iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    pub fn vector(&mut self, width: usize) -> &'a [u8] {
        let len = self.number(width);
        self.take(len)
    }
}
