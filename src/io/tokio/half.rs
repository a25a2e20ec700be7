//! The two directions of a stream, for two tasks without a lock.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use super::{Io, TlsStream, put};
use crate::handshake::ConnectionInfo;
use crate::io::half;
use crate::io::poll_half::{Reader, Writer, halves};
use crate::io::polled;

halves!(AsyncRead, AsyncWrite);
polled::buf_read!(ReadHalf: AsyncRead);
polled::write!(WriteHalf: AsyncWrite, poll_shutdown
    fn is_write_vectored(&self) -> bool {
        true
    }
);

impl<R: AsyncRead + Unpin> AsyncRead for ReadHalf<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() > 0 {
            let n = put(ready!(self.0.poll_fill(cx))?, buf);
            self.0.consume(n);
        }
        Poll::Ready(Ok(()))
    }
}
