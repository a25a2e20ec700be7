//! OpenSSL.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;

use openssl::pkey::PKey;
use openssl::ssl::{
    ConnectConfiguration, HandshakeError, MidHandshakeSslStream, ShutdownState, Ssl, SslAcceptor, SslConnector,
    SslMethod, SslOptions, SslSession, SslSessionCacheMode, SslStream, SslVersion,
};
use openssl::x509::X509;
use tls12::crypto::{CipherSuite, KeyExchange, MacOrder};

use super::pki::{PKI, SERVER_NAME};
use super::work::{By, Work};
use super::{Run, Spent, text, timed};

/// The longest plaintext of a record.
const RECORD: usize = 1 << 14;

/// From `openssl/ssl.h`; the crate has no name for it.
const SSL_OP_NO_ENCRYPT_THEN_MAC: u64 = 1 << 19;

/// With only the suite of the work, and X25519. The chain is verified.
pub fn run(work: Work) -> Option<Run> {
    let mut peers = Peers::new(work);
    let (mut client, mut server) = peers.handshake(&mut [0.0; 2]);
    peers.session = client.ssl().session().map(ToOwned::to_owned).filter(|_| matches!(work, Work::Resume { .. }));
    let Work::Records { len, .. } = work else {
        close([client, server]);
        return Some(Box::new(move |times| {
            let mut spent = [0.0; 2];
            for _ in 0..times {
                let (client, server) = peers.handshake(&mut spent);
                close([client, server]);
            }
            spent.map(|spent| spent / f64::from(times))
        }));
    };
    let (text, mut buf) = (text(len), vec![0; RECORD]);
    Some(Box::new(move |times| {
        let mut spent = [0.0; 2];
        for _ in 0..times {
            timed(&mut spent[0], || write(&mut client, &text));
            read(&mut server, &mut buf, len);
            write(&mut server, &text);
            timed(&mut spent[1], || read(&mut client, &mut buf, len));
        }
        spent.map(|spent| spent / f64::from(times))
    }))
}

/// Marks connections as properly closed: OpenSSL does not resume the sessions of others.
fn close(streams: [SslStream<Pipe>; 2]) {
    for mut stream in streams {
        stream.set_shutdown(ShutdownState::SENT | ShutdownState::RECEIVED);
    }
}

fn write(stream: &mut SslStream<Pipe>, text: &[u8]) {
    for text in text.chunks(RECORD) {
        assert_eq!(stream.ssl_write(text).unwrap(), text.len());
    }
}

fn read(stream: &mut SslStream<Pipe>, buf: &mut [u8], len: usize) {
    let mut left = len;
    while left > 0 {
        left -= stream.ssl_read(buf).unwrap();
    }
}

/// OpenSSL's name of a suite.
fn openssl_name(suite: &CipherSuite) -> String {
    let name = suite.name.trim_start_matches("TLS_").replace("WITH_AES_", "AES").replace("_CBC", "").replace('_', "-");
    match suite.key_exchange {
        KeyExchange::Rsa => name.trim_start_matches("RSA-").to_owned(),
        _ => name,
    }
}

/// The configurations of both sides.
struct Peers {
    client: SslConnector,
    server: SslAcceptor,
    session: Option<SslSession>,
}

/// One end of a connection in memory.
#[derive(Debug)]
struct Pipe {
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

impl Peers {
    fn new(work: Work) -> Self {
        let suite = openssl_name(work.suite());
        let mut client = SslConnector::builder(SslMethod::tls_client()).unwrap();
        client.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        client.set_cipher_list(&suite).unwrap();
        client.set_groups_list("X25519:P-256").unwrap();
        client.cert_store_mut().add_cert(X509::from_der(&PKI.root).unwrap()).unwrap();
        client.set_session_cache_mode(SslSessionCacheMode::CLIENT);
        let mut server = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        server.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        server.set_cipher_list(&suite).unwrap();
        server.set_groups_list("X25519:P-256").unwrap();
        let identity = PKI.server(work.key());
        server.set_certificate(&X509::from_der(&identity.certificate).unwrap()).unwrap();
        server.set_private_key(&PKey::private_key_from_der(identity.key.secret_pkcs8_der()).unwrap()).unwrap();
        server.set_session_id_context(b"benchmark").unwrap();
        let by_id = matches!(work, Work::Resume { by: By::Id, .. });
        server.set_session_cache_mode(if by_id { SslSessionCacheMode::SERVER } else { SslSessionCacheMode::OFF });
        if !matches!(work, Work::Resume { by: By::Ticket, .. }) {
            server.set_options(SslOptions::NO_TICKET);
        }
        if work.order() == MacOrder::MacThenEncrypt {
            server.set_options(SslOptions::from_bits_retain(SSL_OP_NO_ENCRYPT_THEN_MAC));
        }
        Self { client: client.build(), server: server.build(), session: None }
    }

    fn handshake(&self, [of_client, of_server]: &mut Spent) -> (SslStream<Pipe>, SslStream<Pipe>) {
        let (up, down) = (Rc::default(), Rc::default());
        let client = Pipe { input: Rc::clone(&down), output: Rc::clone(&up) };
        let server = Pipe { input: up, output: down };
        let mut client = timed(of_client, || End::from(self.configured().connect(SERVER_NAME, client)));
        let mut server = timed(of_server, || End::from(Ssl::new(self.server.context()).unwrap().accept(server)));
        loop {
            match (client, server) {
                (End::Connected(client), End::Connected(server)) => {
                    assert_eq!(client.ssl().session_reused(), self.session.is_some());
                    return (client, server);
                }
                (c, s) => {
                    client = timed(of_client, || c.go_on());
                    server = timed(of_server, || s.go_on());
                }
            }
        }
    }

    /// A client, with the session to resume, if any.
    #[allow(unsafe_code, reason = "the binding asks for the promise that the session is of the same context")]
    fn configured(&self) -> ConnectConfiguration {
        let mut client = self.client.configure().unwrap();
        if let Some(session) = &self.session {
            // SAFETY: the session is of this connector.
            unsafe { client.set_session(session).unwrap() };
        }
        client
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
