//! `io::blocking` over loopback sockets and pipes, our client with our server.
#![cfg(all(feature = "std", feature = "ring"))]

use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rustls_pki_types::ServerName;
use tls12::crypto::ring;
use tls12::io::blocking::{Stream, StreamOwned};
use tls12::{
    AlertDescription, CertificateErrorKind, ClientConfig, Connection, Error, Need, OtherProtocol, ServerConfig, wire,
};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const TIMEOUT: Duration = Duration::from_secs(30);

fn client_config() -> Arc<ClientConfig> {
    ClientConfig::builder(Pinned::server()).build().unwrap()
}

fn server_config() -> Arc<ServerConfig> {
    ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap()
}

fn name() -> ServerName<'static> {
    ServerName::try_from(SERVER_NAME).unwrap()
}

/// The two ends of a connection over loopback.
fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket.set_write_timeout(Some(TIMEOUT)).unwrap();
    }
    (client, server)
}

/// A client, and what comes of a server that does `serve` in another thread.
fn with_server<R: Send + 'static>(
    serve: impl FnOnce(StreamOwned<TcpStream>) -> R + Send + 'static,
) -> (TcpStream, thread::JoinHandle<R>) {
    let (client, server) = sockets();
    (client, thread::spawn(move || serve(StreamOwned::server(server_config(), server))))
}

/// The TLS error in an I/O error.
fn tls_error(error: &io::Error) -> &Error {
    error.get_ref().and_then(|error| error.downcast_ref()).unwrap_or_else(|| panic!("no TLS error: {error:?}"))
}

/// More than fits into the socket's buffers and one write.
fn long_text() -> Vec<u8> {
    (0..1_000_000_u32).map(|i| (i % 251) as u8).collect()
}

#[test]
fn data_goes_both_ways_and_both_sides_close() {
    let (socket, server) = with_server(|mut stream| {
        let mut received = Vec::new();
        stream.read_to_end(&mut received)?;
        stream.write_all(&received)?;
        stream.close()?;
        io::Result::Ok(stream.info().unwrap().suite().name)
    });
    let mut stream = StreamOwned::client(client_config(), name(), socket).unwrap();
    assert!(stream.info().is_none());
    stream.write_all(&long_text()).unwrap();
    stream.close().unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    assert!(received == long_text());
    // The end stays the end.
    assert_eq!(stream.read(&mut [0; 10]).unwrap(), 0);
    assert_eq!(server.join().unwrap().unwrap(), stream.info().unwrap().suite().name);
    assert_eq!(stream.write(b"after close").unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn lines_are_read_without_losing_what_follows() {
    let (socket, server) = with_server(|mut stream| {
        stream.write_all(b"one\ntwo\n")?;
        stream.write_all(b"three")?;
        stream.close()
    });
    let mut stream = StreamOwned::client(client_config(), name(), socket).unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line, "one\n");
    // The rest of the record lies where it was decrypted.
    assert_eq!(stream.fill_buf().unwrap(), b"two\n");
    stream.consume(1);
    let lines: Vec<String> = stream.lines().map(Result::unwrap).collect();
    assert_eq!(lines, ["wo", "three"]);
    server.join().unwrap().unwrap();
}

#[test]
fn vectored_writes_share_records() {
    let (socket, server) = with_server(|mut stream| {
        let parts = [b"one".as_slice(), b"", b", two", b", three"].map(IoSlice::new);
        assert_eq!(stream.write_vectored(&parts)?, 15);
        // No more than fits is taken, from the front.
        let long = long_text();
        let parts = [&long[..1], &long[1..]].map(IoSlice::new);
        let written = stream.write_vectored(&parts)?;
        assert!(written > 1 && written < long.len(), "{written}");
        stream.write_all(&long[written..])?;
        stream.close()
    });
    let mut stream = StreamOwned::client(client_config(), name(), socket).unwrap();
    assert_eq!(stream.fill_buf().unwrap(), b"one, two, three");
    stream.consume(15);
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    assert!(received == long_text());
    server.join().unwrap().unwrap();
}

#[test]
fn a_connection_that_is_cut_off_is_not_an_end() {
    let (socket, server) = with_server(|mut stream| {
        stream.write_all(b"the first half")?;
        stream.flush()?;
        // The transport ends, TLS does not.
        stream.into_parts().transport.shutdown(Shutdown::Both)
    });
    let mut stream = StreamOwned::client(client_config(), name(), socket).unwrap();
    let mut received = Vec::new();
    let error = stream.read_to_end(&mut received).unwrap_err();
    assert_eq!(received, b"the first half");
    assert_eq!((error.kind(), tls_error(&error)), (ErrorKind::UnexpectedEof, &Error::Truncated));
    // And it stays an error.
    assert_eq!(stream.read(&mut [0; 10]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    server.join().unwrap().unwrap();
}

#[test]
fn a_server_that_is_not_trusted_gets_the_alert() {
    let (socket, server) = with_server(|mut stream| stream.complete_handshake().unwrap_err());
    // Trusts another certificate.
    let config = ClientConfig::builder(Arc::new(Pinned(PKI.root.clone()))).build().unwrap();
    let mut stream = StreamOwned::client(config, name(), socket).unwrap();
    let error = stream.write(b"secret").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(
        matches!(tls_error(&error), Error::Certificate(error) if error.kind == CertificateErrorKind::Refused),
        "{error:?}"
    );
    let error = server.join().unwrap();
    assert_eq!(tls_error(&error), &Error::Alert(AlertDescription::CertificateUnknown));
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
}

#[test]
fn a_borrowing_stream_gives_everything_back() {
    let (socket, server) = with_server(|mut stream| {
        stream.write_all(b"read")?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        assert_eq!(&answer, b"go  ");
        stream.write_all(b"decrypted")?;
        stream.close()?;
        io::Result::Ok(())
    });
    let mut output = Vec::new();
    let mut connection = Connection::client(client_config(), name(), now(), &mut output).unwrap();
    let mut socket = socket;
    let mut stream = Stream::new(&mut connection, &mut socket, output);
    let mut buf = [0; 4];
    stream.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"read");
    stream.write_all(b"go  ").unwrap();
    stream.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"decr");
    server.join().unwrap().unwrap();
    let parts = stream.into_parts();
    assert_eq!(parts.data, b"ypted");
    assert_eq!(parts.unsent, b"");
    // What has not been processed goes on to be so: here close_notify, however much of it was received by now.
    let mut rest = parts.received;
    socket.read_to_end(&mut rest).unwrap();
    let step = connection.process(&mut rest, &mut Vec::new()).unwrap();
    assert!(matches!(step.event, tls12::Event::CloseNotify), "{step:?}");
}

#[test]
fn what_the_configuration_leaves_open_is_answered_or_an_error() {
    let open = || ClientConfig::builder_verifying_later(ring::provider()).build().unwrap();
    let (socket, server) = with_server(|mut stream| stream.complete_handshake());
    let mut stream = StreamOwned::client(open(), name(), socket).unwrap();
    let error = stream.complete_handshake().unwrap_err();
    assert!(error.to_string().contains("decision"), "{error}");
    assert!(stream.complete_handshake().is_err());
    drop(stream);
    assert!(server.join().unwrap().is_err());

    let (socket, server) = with_server(|mut stream| stream.complete_handshake());
    let mut stream = StreamOwned::client(open(), name(), socket).unwrap().answering(|need| match need {
        Need::VerifyPeer(request) => {
            let verdict = Pinned::server().verify(request.chain());
            request.verified(verdict)
        }
        other => panic!("{other:?}"),
    });
    stream.complete_handshake().unwrap();
    assert_eq!(stream.info().unwrap().peer_certificates().first(), Some(&PKI.server));
    server.join().unwrap().unwrap();
}

#[test]
fn a_peer_that_does_not_speak_tls_is_named() {
    let (socket, mut peer) = sockets();
    peer.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
    let mut stream = StreamOwned::client(client_config(), name(), socket).unwrap();
    let error = stream.complete_handshake().unwrap_err();
    assert!(
        matches!(
            tls_error(&error),
            Error::NotTls { first: [b'S', b'S', b'H', b'-', b'2'], protocol: Some(OtherProtocol::Ssh) }
        ),
        "{error:?}"
    );
    // It was told.
    drop(stream);
    let mut received = Vec::new();
    // The client left with bytes unread: the transport may say so.
    let _ = peer.read_to_end(&mut received);
    assert!(received.ends_with(&[21, 3, 3, 0, 2, 2, AlertDescription::UnexpectedMessage.code()]), "{received:?}");
}

/// A transport that reads from a queue, and blocks at every second call, on average.
struct Fitful {
    input: VecDeque<u8>,
    output: Vec<u8>,
    random: StdRng,
}

impl Fitful {
    fn ready(&mut self) -> io::Result<()> {
        if self.random.random_bool(0.5) { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }
}

impl Read for Fitful {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.ready()?;
        if self.input.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        // One byte at a time.
        self.input.read(&mut buf[..1])
    }
}

impl Write for Fitful {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.ready()?;
        let n = buf.len().min(100);
        self.output.extend_from_slice(&buf[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_transport_that_would_block_loses_and_repeats_nothing() {
    let transport = || Fitful { input: VecDeque::new(), output: Vec::new(), random: StdRng::seed_from_u64(1) };
    // Byte by byte, the handshake takes as long as the machine does.
    let client = StreamOwned::client(client_config(), name(), transport()).unwrap();
    let mut client = client.handshake_time(Duration::MAX);
    let mut server = StreamOwned::server(server_config(), transport()).handshake_time(Duration::MAX);
    let text = long_text();
    let (mut written, mut closed) = (0, false);
    let mut received = Vec::new();
    // Far more rounds than it takes.
    for _ in 0..1_000_000 {
        if written < text.len() {
            match client.write(&text[written..]) {
                Ok(n) => written += n,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        } else {
            closed = client.close().is_ok();
        }
        let mut buf = [0; 5000];
        for _ in 0..200 {
            match server.read(&mut buf) {
                Ok(0) => {
                    assert!(closed && received == text);
                    return;
                }
                Ok(n) => received.extend_from_slice(&buf[..n]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
        }
        server.transport_mut().input.extend(client.transport_mut().output.drain(..));
        client.transport_mut().input.extend(server.transport_mut().output.drain(..));
    }
    panic!("{} of {} bytes written, {} received", written, text.len(), received.len());
}

#[test]
fn the_key_log_file_is_appended_to_and_private() {
    use tls12::KeyLog as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    let random: wire::Random = [0xab; 32];
    for _ in 0..2 {
        tls12::io::KeyLogFile::append(&path).unwrap().log("CLIENT_RANDOM", &random, &[0x01; 48]);
    }
    let line = format!("CLIENT_RANDOM {} {}\n", "ab".repeat(32), "01".repeat(48));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), line.repeat(2));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(tls12::io::KeyLogFile::append(dir.path().join("missing").join("keys")).is_err());
}

/// A transport that takes everything, and is then reset.
struct Reset;

impl Read for Reset {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(ErrorKind::ConnectionReset.into())
    }
}

impl Write for Reset {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A reset is the transport's error, and the connection says what it means.
#[test]
fn a_reset_is_told_from_an_end() {
    let mut stream = StreamOwned::client(client_config(), name(), Reset).unwrap();
    assert!(stream.connection().diagnosis().is_none());
    assert_eq!(stream.complete_handshake().unwrap_err().kind(), ErrorKind::ConnectionReset);
    let told = stream.connection().diagnosis().unwrap();
    assert!(told.cause().contains("(RST) right after our ClientHello"), "{told}");
    let again = stream.complete_handshake().unwrap_err();
    assert_eq!((again.kind(), tls_error(&again)), (ErrorKind::ConnectionReset, &Error::ResetInHandshake));
}
