//! A Microsoft SQL Server client, with tiberius:
//! `cargo run --bin sql_server -- HOST:PORT CA-FILE USER PASSWORD QUERY`. Connects twice, and prints for each
//! connection the first value of the answer and whether a session was resumed: the second resumes the session of the first.
//!
//! SQL Server uses TDS ([MS-TDS]), whose packets contain the TLS handshake; after the handshake, TLS records contain TDS
//! packets. So the handshake is driven directly, with a [`Connection`], which does no I/O; then a [`TlsStream`] takes over
//! that connection.
//!
//! tiberius supports only the TLS libraries that it can be built with. Built without one, it uses plain TDS over any stream: so
//! this program negotiates TLS with the server first, and then makes tiberius believe that the server does not support it.
//!
//! [MS-TDS]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tds/

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls_pki_types::{ServerName, UnixTime};
use tiberius::{AuthMethod, Client, Config};
use tls12::io::tokio::TlsStream;
use tls12::io::{HANDSHAKE_TIME, Parts};
use tls12::verify::TrustStore;
use tls12::{ClientConfig, Connection, Event};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncReadCompatExt;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [server, ca_file, user, password, query] = args.as_slice() else {
        return Err("usage: sql_server HOST:PORT CA-FILE USER PASSWORD QUERY".into());
    };
    // An old server may need `.policy(Policy::legacy())` here.
    let tls = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?;
    let mut config = Config::new();
    config.authentication(AuthMethod::sql_server(user, password));
    for _ in 0..2 {
        let stream = tokio::time::timeout(HANDSHAKE_TIME, connect(&tls, server)).await??;
        let how = stream.tls.info().map_or("not at all", |info| if info.resumed() { "resumed" } else { "in full" });
        let mut client = Client::connect(config.clone(), stream.compat()).await?;
        let row = client.simple_query(query.as_str()).await?.into_row().await?.ok_or("the answer has no row")?;
        println!("connected {how}: {}", row.get::<&str, _>(0).unwrap_or("NULL"));
        client.close().await?;
    }
    Ok(())
}

/// Connects, and performs the steps before the login: PRELOGIN, and the TLS handshake.
async fn connect(config: &Arc<ClientConfig>, server: &str) -> Outcome<SqlStream> {
    let (host, port) = server.rsplit_once(':').ok_or("the server must be HOST:PORT")?;
    let mut socket = TcpStream::connect(server).await?;
    write_message(&mut socket, &PRELOGIN).await?;
    let prelogin = read_message(&mut socket).await?;
    // An attacker may have sent this answer. To continue without TLS would reveal the password.
    if !matches!(encryption(&prelogin), Some(ENCRYPT_ON | ENCRYPT_REQUIRED)) {
        return Err("the server does not encrypt".into());
    }
    let tls = handshake(config, (host, port.parse()?), socket).await?;
    Ok(SqlStream { answer: tabular_result(&prelogin)?, tls })
}

/// Performs the handshake, with each flight in a TDS message.
async fn handshake(
    config: &Arc<ClientConfig>,
    (host, port): (&str, u16),
    mut socket: TcpStream,
) -> Outcome<TlsStream<TcpStream>> {
    let (mut input, mut output) = (Vec::new(), Vec::new());
    let (config, name) = (Arc::clone(config), ServerName::try_from(host.to_owned())?);
    let mut connection = Connection::client_with_store(config, name, Some(port), UnixTime::now(), &mut output)?;
    connection.set_clock(UnixTime::now);
    while connection.is_handshaking() {
        write_message(&mut socket, &output).await?;
        output.clear();
        input.extend(read_message(&mut socket).await?);
        if let Err(error) = advance(&mut connection, &mut input, &mut output) {
            // The output contains an alert for the server. The error matters more than whether the alert arrives.
            let _ = write_message(&mut socket, &output).await;
            return Err(error);
        }
    }
    // If the session is resumed, the client sends the last message.
    if !output.is_empty() {
        write_message(&mut socket, &output).await?;
    }
    let mut parts = Parts::new(connection, socket);
    parts.received = input;
    Ok(TlsStream::from_parts(parts))
}

/// Processes `input` as far as possible.
fn advance(connection: &mut Connection, input: &mut Vec<u8>, output: &mut Vec<u8>) -> Outcome<()> {
    loop {
        let step = connection.process(input, output)?;
        let done = match step.event {
            Event::NeedInput { .. } | Event::Connected => true,
            Event::Session(_) | Event::Warning(_) => false,
            // A configuration with a trust store leaves no decision open, and there is no data before the login.
            other => return Err(format!("unexpected: {other:?}").into()),
        };
        let consumed = step.consumed;
        input.drain(..consumed);
        if done {
            return Ok(());
        }
    }
}

/// The client's first message ([MS-TDS] §2.2.6.5): for each option, its number, and the offset and length of its value in 16
/// bits each; after the last one, 0xff and the values.
const PRELOGIN: [u8; 18] = [
    0x00, 0, 11, 0, 6, // VERSION, which must be there, and first
    0x01, 0, 17, 0, 1,    // ENCRYPTION
    0xff, //
    0, 0, 0, 0, 0, 0, // ours
    ENCRYPT_ON,
];

const ENCRYPT_ON: u8 = 1;
const ENCRYPT_REQUIRED: u8 = 3;

/// The value of ENCRYPTION in a PRELOGIN.
fn encryption(prelogin: &[u8]) -> Option<u8> {
    let mut options = prelogin.chunks(5).take_while(|option| option[0] != 0xff);
    let option = options.find(|option| option[0] == 0x01)?;
    let offset = u16::from_be_bytes([*option.get(1)?, *option.get(2)?]);
    prelogin.get(usize::from(offset)).copied()
}

/// The header of a packet: the type PRELOGIN, which is also that of the TLS handshake; whether it is the last packet of a
/// message; its length, including this header; and unused fields ([MS-TDS] §2.2.3.1).
const PACKET_HEADER: usize = 8;
const TYPE_PRELOGIN: u8 = 0x12;
const TYPE_TABULAR_RESULT: u8 = 0x04;
const END_OF_MESSAGE: u8 = 0x01;

/// The maximum length of a packet before the login negotiates another.
const MAX_PACKET: usize = 4096;

/// More than any flight of a handshake that a server has reason to send.
const MAX_MESSAGE: usize = 1 << 18;

fn packet(typ: u8, status: u8, payload: &[u8]) -> Outcome<Vec<u8>> {
    let [high, low] = u16::try_from(PACKET_HEADER + payload.len())?.to_be_bytes();
    Ok([&[typ, status, high, low, 0, 0, 1, 0], payload].concat())
}

async fn write_message(socket: &mut TcpStream, message: &[u8]) -> Outcome<()> {
    let mut payloads = message.chunks(MAX_PACKET - PACKET_HEADER).peekable();
    while let Some(payload) = payloads.next() {
        let status = if payloads.peek().is_none() { END_OF_MESSAGE } else { 0 };
        socket.write_all(&packet(TYPE_PRELOGIN, status, payload)?).await?;
    }
    Ok(socket.flush().await?)
}

async fn read_message(socket: &mut TcpStream) -> Outcome<Vec<u8>> {
    let mut message = Vec::new();
    while message.len() <= MAX_MESSAGE {
        let mut header = [0; PACKET_HEADER];
        socket.read_exact(&mut header).await?;
        let [_, status, high, low, ..] = header;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let start = message.len();
        message.resize(start + length.checked_sub(PACKET_HEADER).ok_or("a packet is too short")?, 0);
        socket.read_exact(&mut message[start..]).await?;
        if status & END_OF_MESSAGE != 0 {
            return Ok(message);
        }
    }
    Err("a message is too long".into())
}

/// The server's PRELOGIN again, for tiberius.
fn tabular_result(prelogin: &[u8]) -> Outcome<Vec<u8>> {
    packet(TYPE_TABULAR_RESULT, END_OF_MESSAGE, prelogin)
}

/// The stream that tiberius uses. Its own PRELOGIN is not sent, since the server has already received one. Everything else goes
/// through TLS.
#[derive(Debug)]
struct SqlStream {
    /// The answer to that PRELOGIN, until it has been read.
    answer: Vec<u8>,
    tls: TlsStream<TcpStream>,
}

impl AsyncRead for SqlStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.answer.is_empty() {
            return Pin::new(&mut self.tls).poll_read(cx, buf);
        }
        let length = self.answer.len().min(buf.remaining());
        buf.put_slice(&self.answer[..length]);
        self.answer.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SqlStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        // tiberius waits for the answer before it sends anything else.
        if self.answer.is_empty() { Pin::new(&mut self.tls).poll_write(cx, buf) } else { Poll::Ready(Ok(buf.len())) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
