//! OpenSSL.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;

use openssl::pkey::PKey;
use openssl::ssl::{
    HandshakeError, MidHandshakeSslStream, Ssl, SslAcceptor, SslConnector, SslMethod, SslOptions, SslSessionCacheMode,
    SslStream, SslVersion,
};
use openssl::x509::X509;
use tls12::crypto::MacOrder;

use super::pki::{PKI, SERVER_NAME};

/// From `openssl/ssl.h`; the crate has no name for it.
const SSL_OP_NO_ENCRYPT_THEN_MAC: u64 = 1 << 19;

/// The configurations of both sides.
pub struct OpenSsl {
    client: SslConnector,
    server: SslAcceptor,
}

/// One end of a connection in memory.
#[derive(Debug)]
pub struct Pipe {
    input: Rc<RefCell<VecDeque<u8>>>,
    output: Rc<RefCell<VecDeque<u8>>>,
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.input.borrow_mut().read(buf) {
            Ok(0) if !buf.is_empty() => Err(io::ErrorKind::WouldBlock.into()),
            result => result,
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.output.borrow_mut().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pipe {
    /// Forgets what was sent.
    pub fn discard_output(&self) {
        self.output.borrow_mut().clear();
    }
}

impl OpenSsl {
    /// With the suite of this name, in OpenSSL's spelling, X25519, and this order of MAC and encryption if it matters.
    /// The chain is verified, and no session is kept.
    pub fn new(suite: &str, order: MacOrder) -> Self {
        let mut client = SslConnector::builder(SslMethod::tls_client()).unwrap();
        client.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        client.set_cipher_list(suite).unwrap();
        client.set_groups_list("X25519").unwrap();
        client.cert_store_mut().add_cert(X509::from_der(&PKI.root).unwrap()).unwrap();
        client.set_session_cache_mode(SslSessionCacheMode::OFF);
        let mut server = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        server.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        server.set_cipher_list(suite).unwrap();
        server.set_groups_list("X25519").unwrap();
        server.set_certificate(&X509::from_der(&PKI.server).unwrap()).unwrap();
        server.set_private_key(&PKey::private_key_from_der(PKI.server_key.secret_pkcs8_der()).unwrap()).unwrap();
        server.set_session_cache_mode(SslSessionCacheMode::OFF);
        server.set_options(SslOptions::NO_TICKET);
        if order == MacOrder::MacThenEncrypt {
            server.set_options(SslOptions::from_bits_retain(SSL_OP_NO_ENCRYPT_THEN_MAC));
        }
        Self { client: client.build(), server: server.build() }
    }

    /// A full handshake: client and server, connected.
    pub fn handshake(&self) -> (SslStream<Pipe>, SslStream<Pipe>) {
        let (up, down) = (Rc::default(), Rc::default());
        let client = Pipe { input: Rc::clone(&down), output: Rc::clone(&up) };
        let server = Pipe { input: up, output: down };
        let mut client = End::from(self.client.connect(SERVER_NAME, client));
        let mut server = End::from(Ssl::new(self.server.context()).unwrap().accept(server));
        loop {
            match (client, server) {
                (End::Connected(client), End::Connected(server)) => return (client, server),
                (c, s) => (client, server) = (c.go_on(), s.go_on()),
            }
        }
    }
}

enum End {
    Connected(SslStream<Pipe>),
    Waiting(MidHandshakeSslStream<Pipe>),
}

impl End {
    fn from(result: Result<SslStream<Pipe>, HandshakeError<Pipe>>) -> Self {
        match result {
            Ok(stream) => Self::Connected(stream),
            Err(HandshakeError::WouldBlock(waiting)) => Self::Waiting(waiting),
            Err(error) => panic!("{error:?}"),
        }
    }

    fn go_on(self) -> Self {
        match self {
            Self::Waiting(waiting) => Self::from(waiting.handshake()),
            connected => connected,
        }
    }
}
