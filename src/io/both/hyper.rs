//! The client under hyper-util.
//!
//! ```no_run
//! use std::sync::Arc;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tls12::io::both::Connector;
//! use tls12::io::both::hyper::HttpsConnector;
//! use tls12::verify::TrustStore;
//! use tls12::{ClientConfig, Policy};
//! # async fn get() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?));
//! let config = config.policy(Policy::legacy()).alpn_protocols(["h2", "http/1.1"]).build()?;
//! let client = Client::builder(TokioExecutor::new()).build(HttpsConnector::new(Connector::new(&config)?));
//! let body = http_body_util::Empty::<hyper::body::Bytes>::new();
//! let answer = client.request(hyper::Request::get("https://server.example/").body(body)?).await?;
//! # Ok(())
//! # }
//! ```

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::io::{self, IoSlice};
use tokio::net::TcpStream;
use tower_service::Service;

use super::connector::Connector;
use super::tokio::AsyncStream;
use crate::io::hyper::{HTTPS_PORT, not_https, server_name};

type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// Connects to the servers of `https` URIs, over TCP with tokio. Other URIs are refused.
///
/// The application protocols are those of the configuration: hyper uses HTTP/2 if the server chose `h2`. Include `h2`
/// only if the client may use it.
#[derive(Clone, Debug)]
pub struct HttpsConnector(Connector);

impl HttpsConnector {
    /// Creates a connector for hyper.
    #[must_use]
    pub fn new(connector: Connector) -> Self {
        Self(connector)
    }
}

impl Service<Uri> for HttpsConnector {
    type Response = HttpsStream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpsStream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.0.clone();
        Box::pin(async move {
            if uri.scheme_str() != Some("https") {
                return Err(not_https(&uri));
            }
            let (name, port) = (server_name(&uri)?, uri.port_u16().unwrap_or(HTTPS_PORT));
            let stream = connector.connect_async(&name.to_str(), port).await?;
            Ok(HttpsStream(TokioIo::new(stream)))
        })
    }
}

/// A connection created by [`HttpsConnector`].
#[derive(Debug)]
pub struct HttpsStream(TokioIo<AsyncStream<TcpStream>>);

impl HttpsStream {
    /// Returns the stream, for example to inspect the peer.
    #[must_use]
    pub fn get_ref(&self) -> &AsyncStream<TcpStream> {
        self.0.inner()
    }
}

impl Connection for HttpsStream {
    fn connected(&self) -> Connected {
        let protocol = self.get_ref().info().alpn_protocol.as_deref();
        if protocol == Some(b"h2") { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl Read for HttpsStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<Result<(), io::Error>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl Write for HttpsStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize, io::Error>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize, io::Error>> {
        Pin::new(&mut self.get_mut().0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}
