//! The two directions of a stream, for two tasks without a lock.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
use std::io::{self, IoSlice, Read as _};

use super::{Io, TlsStream};
use crate::handshake::ConnectionInfo;
use crate::io::half;
use crate::io::poll_half::{Reader, Writer, halves};
use crate::io::polled;

halves!(AsyncRead, AsyncWrite);
polled::buf_read!(ReadHalf: AsyncRead);
polled::write!(WriteHalf: AsyncWrite, poll_close);

impl<R: AsyncRead + Unpin> AsyncRead for ReadHalf<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let n = ready!(self.0.poll_fill(cx))?.read(buf)?;
        self.0.consume(n);
        Poll::Ready(Ok(n))
    }
}
