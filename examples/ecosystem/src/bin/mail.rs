//! Mail: sent by SMTP with lettre, and read by IMAP with async-imap.
//! `cargo run --bin mail -- SMTP-HOST:PORT IMAP-HOST:PORT CA-FILE ADDRESS PASSWORD TEXT` sends TEXT to oneself, and prints the
//! newest mail in the inbox.
//!
//! SMTP uses TLS from the first byte ("submissions", port 465, RFC 8314 §3.3), and IMAP uses STARTTLS (port 143, RFC 9051
//! §6.2.1): the two ways in which all mail protocols start TLS.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_imap::Client;
use futures_util::TryStreamExt;
use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use rustls_pki_types::ServerName;
use tls12::ClientConfig;
use tls12::io::tokio::{TlsConnector, TlsStream};
use tls12::verify::TrustStore;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How long a mail may take until it is in the inbox.
const DELIVERY: Duration = Duration::from_secs(60);

/// Between two looks at the inbox.
const PAUSE: Duration = Duration::from_millis(100);

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [smtp, imap, ca_file, address, password, text] = args.as_slice() else {
        return Err("usage: mail SMTP-HOST:PORT IMAP-HOST:PORT CA-FILE ADDRESS PASSWORD TEXT".into());
    };
    let tls = TlsConnector::new(ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?);
    send(&tls, smtp, address, password, text).await?;
    println!("{}", newest(&tls, imap, address, password).await?);
    Ok(())
}

/// Sends a message to oneself.
///
/// lettre's `AsyncSmtpTransport` supports only the TLS libraries that it can be built with. The connection beneath it accepts
/// any stream, if TLS starts before SMTP.
async fn send(tls: &TlsConnector, server: &str, address: &str, password: &str, text: &str) -> Outcome<()> {
    let socket = TcpStream::connect(server).await?;
    let stream = tls.connect(server_name(server)?, socket).await?;
    let hello = ClientId::Domain("localhost".to_owned());
    let mut smtp = AsyncSmtpConnection::connect_with_transport(Box::new(SmtpStream(stream)), &hello).await?;

    let user = Credentials::new(address.to_owned(), password.to_owned());
    smtp.auth(&[Mechanism::Plain], &user).await?;
    let message = Message::builder().from(address.parse()?).to(address.parse()?).subject("A test");
    let message = message.body(text.to_owned())?;
    smtp.send(message.envelope(), &message.formatted()).await?;
    smtp.quit().await?;
    Ok(())
}

/// Returns the text of the newest message in the inbox; if it is empty, of the first one that arrives.
async fn newest(tls: &TlsConnector, server: &str, user: &str, password: &str) -> Outcome<String> {
    let mut client = Client::new(TcpStream::connect(server).await?);
    client.read_response().await?.ok_or("the server has sent no greeting")?;
    client.run_command_and_check_ok("STARTTLS", None).await?;
    // The server's answers so far are not authenticated, and are dropped with the client of the plaintext stream.
    let stream = tls.connect(server_name(server)?, client.into_inner()).await?;
    let client = Client::new(stream);

    let mut session = client.login(user, password).await.map_err(|(error, _)| error)?;
    // A server that has accepted a mail may not have delivered it yet (RFC 5321 §4.2.5).
    let deadline = Instant::now() + DELIVERY;
    while session.select("INBOX").await?.exists == 0 {
        if Instant::now() > deadline {
            return Err("there is no mail".into());
        }
        sleep(PAUSE).await;
    }
    let found: Vec<_> = session.fetch("*", "BODY[TEXT]").await?.try_collect().await?;
    session.logout().await?;
    let text = found.first().and_then(|message| message.text()).ok_or("the mail has no text")?;
    Ok(str::from_utf8(text)?.trim_end().to_owned())
}

fn server_name(server: &str) -> Outcome<ServerName<'static>> {
    let (host, _port) = server.rsplit_once(':').ok_or("the server must be HOST:PORT")?;
    Ok(ServerName::try_from(host.to_owned())?)
}

/// A stream for lettre, which requires the address of the peer.
#[derive(Debug)]
struct SmtpStream(TlsStream<TcpStream>);

impl AsyncTokioStream for SmtpStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.transport().peer_addr()
    }
}

impl AsyncRead for SmtpStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for SmtpStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
