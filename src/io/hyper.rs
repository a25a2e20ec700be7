//! HTTPS for the client of hyper-util.
//!
//! ```no_run
//! use std::sync::Arc;
//! use hyper_util::client::legacy::{Client, connect::HttpConnector};
//! use hyper_util::rt::TokioExecutor;
//! use tls12::ClientConfig;
//! use tls12::io::hyper::HttpsConnector;
//! # #[cfg(all(feature = "ring", feature = "webpki"))]
//! # async fn get() -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::verify::TrustStore;
//!
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?));
//! let config = config.alpn_protocols(["h2", "http/1.1"]).build()?;
//! let mut http = HttpConnector::new();
//! http.enforce_http(false); // it makes the connections for `https` too
//! let client = Client::builder(TokioExecutor::new()).build(HttpsConnector::https_only(http, config));
//! let body = http_body_util::Empty::<hyper::body::Bytes>::new();
//! let answer = client.request(hyper::Request::get("https://server.example/").body(body)?).await?;
//! # Ok(())
//! # }
//! ```

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use hyper::Uri;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use rustls_pki_types::ServerName;
use std::io::{self, IoSlice};
use tower_service::Service;

use super::HANDSHAKE_TIME;
use super::poll::{Decide, PollRead, PollWrite, Stream};
use super::timer::sleep;
use crate::handshake::{Answer, ClientConfig, ConnectionInfo, Need};

type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// Connects to the servers of `https` URIs, over the connections that `H` creates.
///
/// The application protocols are those of the configuration: hyper uses HTTP/2 if the server chose `h2`. Include `h2`
/// only if the client may use it.
#[derive(Clone)]
pub struct HttpsConnector<H> {
    http: H,
    config: Arc<ClientConfig>,
    decide: Decide,
    time: Duration,
    plain: Plain,
}

/// The default port of `https` URIs (RFC 9110 §4.2.2).
pub(super) const HTTPS_PORT: u16 = 443;

/// The treatment of `http` URIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plain {
    Refused,
    Passed,
}

impl<H> HttpsConnector<H> {
    /// Creates a connector that refuses `http` URIs.
    pub fn https_only(http: H, config: Arc<ClientConfig>) -> Self {
        Self { http, config, decide: Decide::default(), time: HANDSHAKE_TIME, plain: Plain::Refused }
    }

    /// Creates a connector that connects to `http` URIs without TLS.
    pub fn https_or_http(http: H, config: Arc<ClientConfig>) -> Self {
        Self { plain: Plain::Passed, ..Self::https_only(http, config) }
    }

    /// Answers decisions that the configuration leaves open with `decide`. Without it, such a [`Need`] is an error.
    #[must_use]
    pub fn answering<F: Future<Output = Answer> + Send + 'static>(
        mut self,
        decide: impl Fn(Need) -> F + Send + Sync + 'static,
    ) -> Self {
        self.decide = Decide::by(decide);
        self
    }

    /// Sets the time limit of each handshake, instead of [`HANDSHAKE_TIME`].
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }
}

impl<H> Service<Uri> for HttpsConnector<H>
where
    H: Service<Uri, Error: Into<BoxError>, Future: Send + 'static>,
    H::Response: Read + Write + Unpin + Send + 'static,
{
    type Response = HttpStream<H::Response>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let server_name = match (uri.scheme_str(), self.plain) {
            (Some("https"), _) => server_name(&uri).map(Some),
            (Some("http"), Plain::Passed) => Ok(None),
            _ => Err(not_https(&uri)),
        };
        let server_name = match server_name {
            Ok(server_name) => server_name,
            Err(error) => return Box::pin(core::future::ready(Err(error))),
        };
        let (config, decide, time) = (Arc::clone(&self.config), self.decide.clone(), self.time);
        let port = uri.port_u16().unwrap_or(HTTPS_PORT);
        let connecting = self.http.call(uri);
        Box::pin(async move {
            let transport = connecting.await.map_err(Into::into)?;
            if server_name.is_none() {
                return Ok(HttpStream::Http(transport));
            }
            let stream = Stream::client(config, (server_name, Some(port)), None, decide, Io(transport));
            let stream = stream.map_err(io::Error::from)?;
            let stream = stream.connected(sleep(time)).await.map_err(io::Error::from)?;
            Ok(HttpStream::Https(TlsStream(Box::new(stream))))
        })
    }
}

impl<H: fmt::Debug> fmt::Debug for HttpsConnector<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { http, decide, plain, .. } = self;
        f.debug_struct("HttpsConnector")
            .field("http", http)
            .field("decide", decide)
            .field("plain", plain)
            .finish_non_exhaustive()
    }
}

/// The error for a URI with another scheme.
pub(super) fn not_https(uri: &Uri) -> BoxError {
    alloc::format!("the scheme of the URI is not https but {}", uri.scheme_str().unwrap_or("missing")).into()
}

/// The name or address of the server in a URI, where an IPv6 address is in brackets.
pub(super) fn server_name(uri: &Uri) -> Result<ServerName<'static>, BoxError> {
    let host = uri.host().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok(ServerName::try_from(bare)?.to_owned())
}

/// A connection created by [`HttpsConnector`].
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpStream<T> {
    /// Without TLS.
    Http(T),
    /// With TLS.
    Https(TlsStream<T>),
}

/// TLS over one of hyper's transports. Reads and writes behave as in [`io::blocking`](crate::io::blocking::TlsStream).
pub struct TlsStream<T>(Box<Stream<Io<T>>>);

impl<T> TlsStream<T> {
    /// Returns the negotiated parameters and the peer's identity, or `None` after an error.
    #[must_use]
    pub fn info(&self) -> Option<&ConnectionInfo> {
        self.0.pump.connection.info()
    }
}

impl<T: Connection> Connection for HttpStream<T> {
    fn connected(&self) -> Connected {
        match self {
            Self::Http(transport) => transport.connected(),
            Self::Https(stream) => {
                let connected = stream.0.transport.0.connected();
                let protocol = stream.info().and_then(ConnectionInfo::alpn_protocol);
                if protocol == Some(b"h2") { connected.negotiated_h2() } else { connected }
            }
        }
    }
}

impl<T: Read + Write + Unpin> Read for HttpStream<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<Result<(), io::Error>> {
        match self.get_mut() {
            Self::Http(transport) => Pin::new(transport).poll_read(cx, buf),
            Self::Https(TlsStream(stream)) => {
                if buf.remaining() > 0 {
                    let data = ready!(stream.poll_fill(cx))?;
                    let front = data.get(..buf.remaining()).unwrap_or(data);
                    buf.put_slice(front);
                    let n = front.len();
                    stream.consume(n);
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<T: Read + Write + Unpin> Write for HttpStream<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize, io::Error>> {
        match self.get_mut() {
            Self::Http(transport) => Pin::new(transport).poll_write(cx, buf),
            Self::Https(TlsStream(stream)) => stream.poll_write(cx, &[IoSlice::new(buf)]),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize, io::Error>> {
        match self.get_mut() {
            Self::Http(transport) => Pin::new(transport).poll_write_vectored(cx, bufs),
            Self::Https(TlsStream(stream)) => stream.poll_write(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Http(transport) => transport.is_write_vectored(),
            Self::Https(_) => true,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        match self.get_mut() {
            Self::Http(transport) => Pin::new(transport).poll_flush(cx),
            Self::Https(TlsStream(stream)) => stream.poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        match self.get_mut() {
            Self::Http(transport) => Pin::new(transport).poll_shutdown(cx),
            Self::Https(TlsStream(stream)) => stream.poll_close(cx),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for TlsStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream")
            .field("connection", &self.0.pump.connection)
            .field("transport", &self.0.transport.0)
            .finish_non_exhaustive()
    }
}

/// A transport of hyper's.
struct Io<T>(T);

impl<T: Read + Unpin> PollRead for Io<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(Pin::new(&mut self.0).poll_read(cx, buf.unfilled()))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: Write + Unpin> PollWrite for Io<T> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
