//! A transport whose bytes are recorded.

use core::fmt;
#[cfg(any(feature = "futures", feature = "tokio"))]
use core::pin::Pin;
#[cfg(any(feature = "futures", feature = "tokio"))]
use core::task::{Context, Poll, ready};
use std::io::{self, Read, Write};
use std::time::SystemTime;

use super::Flow;

/// A transport, such as a `TcpStream`, whose bytes are recorded in a [`Capture`](super::Capture).
///
/// It has the traits of its transport: `Read` and `Write`, and those of tokio and of futures-io, with the feature of that name.
/// Bytes are recorded when the transport has accepted or delivered them. If two threads read and write clones of a socket, what is
/// received during a write may precede it in the file.
pub struct Captured<T> {
    transport: T,
    flow: Option<Flow>,
}

impl<T> Captured<T> {
    /// Creates a transport that is recorded in `flow`; with `None`, it is not recorded.
    pub fn new(transport: T, flow: impl Into<Option<Flow>>) -> Self {
        Self { transport, flow: flow.into() }
    }

    /// Returns the transport. Bytes that are read from it, or written to it, are not recorded.
    pub fn get_ref(&self) -> &T {
        &self.transport
    }

    /// Returns the transport. Bytes that are read from it, or written to it, are not recorded.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Returns the connection in the capture.
    pub fn flow(&self) -> Option<&Flow> {
        self.flow.as_ref()
    }

    /// Returns the transport, and the connection in the capture.
    pub fn into_parts(self) -> (T, Option<Flow>) {
        (self.transport, self.flow)
    }

    /// The transport is about to be used: what was read before has been processed, and the secrets from it are written.
    fn catch_up(&self) {
        if let Some(flow) = &self.flow {
            flow.flush();
        }
    }

    /// Records the outcome of a read into `buf`.
    fn has_read(&self, read: &io::Result<usize>, buf: &[u8]) {
        let Some(flow) = &self.flow else { return };
        match read {
            Ok(0) if buf.is_empty() => {}
            Ok(0) => flow.received_end(SystemTime::now()),
            Ok(n) => flow.received(buf.get(..*n).unwrap_or(buf), SystemTime::now()),
            Err(error) => self.has_failed(error),
        }
    }

    /// Records the outcome of a write of `buf`.
    fn has_written(&self, written: &io::Result<usize>, buf: &[u8]) {
        let Some(flow) = &self.flow else { return };
        match written {
            Ok(n) => flow.sent(buf.get(..*n).unwrap_or(buf), SystemTime::now()),
            Err(error) => self.has_failed(error),
        }
    }

    /// Records that the transport has been shut down for writing.
    #[cfg(any(feature = "futures", feature = "tokio"))]
    fn has_shut_down(&self, shut: &io::Result<()>) {
        if let (Some(flow), Ok(())) = (&self.flow, shut) {
            flow.sent_end(SystemTime::now());
        }
    }

    fn has_failed(&self, error: &io::Error) {
        if let (Some(flow), io::ErrorKind::ConnectionReset) = (&self.flow, error.kind()) {
            flow.received_reset(SystemTime::now());
        }
    }
}

impl<T: Read> Read for Captured<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.catch_up();
        let read = self.transport.read(buf);
        self.has_read(&read, buf);
        read
    }
}

impl<T: Write> Write for Captured<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.catch_up();
        let written = self.transport.write(buf);
        self.has_written(&written, buf);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.transport.flush()
    }
}

impl<T: fmt::Debug> fmt::Debug for Captured<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transport, flow } = self;
        f.debug_struct("Captured").field("transport", transport).field("is_recorded", &flow.is_some()).finish()
    }
}

/// Implements this trait of asynchronous writers, whose method for the end has this name.
#[cfg(any(feature = "futures", feature = "tokio"))]
macro_rules! async_write {
    ($trait:path, $poll_end:ident) => {
        impl<T: $trait + Unpin> $trait for Captured<T> {
            fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                self.catch_up();
                let written = ready!(Pin::new(&mut self.transport).poll_write(cx, buf));
                self.has_written(&written, buf);
                Poll::Ready(written)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.transport).poll_flush(cx)
            }

            fn $poll_end(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let shut = ready!(Pin::new(&mut self.transport).$poll_end(cx));
                self.has_shut_down(&shut);
                Poll::Ready(shut)
            }
        }
    };
}

#[cfg(feature = "tokio")]
async_write!(tokio::io::AsyncWrite, poll_shutdown);

#[cfg(feature = "tokio")]
impl<T: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Captured<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.catch_up();
        let before = buf.filled().len();
        // One without room takes nothing, which is no end.
        let has_room = buf.remaining() > 0;
        let read = ready!(Pin::new(&mut self.transport).poll_read(cx, buf));
        let new = buf.filled().get(before..).unwrap_or_default();
        if has_room {
            match &read {
                Ok(()) if new.is_empty() => self.has_read(&Ok(0), &[0]),
                Ok(()) => self.has_read(&Ok(new.len()), new),
                Err(error) => self.has_failed(error),
            }
        }
        Poll::Ready(read)
    }
}

#[cfg(feature = "futures")]
async_write!(futures_io::AsyncWrite, poll_close);

#[cfg(feature = "futures")]
impl<T: futures_io::AsyncRead + Unpin> futures_io::AsyncRead for Captured<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.catch_up();
        let read = ready!(Pin::new(&mut self.transport).poll_read(cx, buf));
        self.has_read(&read, buf);
        Poll::Ready(read)
    }
}

/// So that `HttpsConnector` can be given a connector whose connections are recorded.
#[cfg(feature = "hyper")]
impl<T: hyper_util::client::legacy::connect::Connection> hyper_util::client::legacy::connect::Connection
    for Captured<T>
{
    fn connected(&self) -> hyper_util::client::legacy::connect::Connected {
        self.transport.connected()
    }
}
