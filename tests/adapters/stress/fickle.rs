//! A pipe of tokio that does a random part of what it is asked for, or is not ready; and the traits of futures for those of
//! tokio, and the other way round.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// One end of such a pipe.
#[derive(Debug)]
pub struct Fickle {
    inner: DuplexStream,
    random: StdRng,
}

impl Fickle {
    pub fn pair(seed: u64, room: usize) -> (Self, Self) {
        let (a, b) = tokio::io::duplex(room);
        let end = |inner, seed| Self { inner, random: StdRng::seed_from_u64(seed) };
        (end(a, seed), end(b, !seed))
    }

    fn poll_ready(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.random.random_bool(0.3) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn part(&mut self, len: usize) -> usize {
        if self.random.random_bool(0.3) { self.random.random_range(1..=len.max(1)).min(len) } else { len }
    }
}

impl AsyncRead for Fickle {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(cx));
        let part = self.part(buf.remaining());
        let mut front = ReadBuf::new(buf.initialize_unfilled_to(part));
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut front))?;
        let n = front.filled().len();
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Fickle {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_ready(cx));
        let part = self.part(buf.len());
        Pin::new(&mut self.inner).poll_write(cx, &buf[..part])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(cx));
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(cx));
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// With the other traits.
#[derive(Debug)]
pub struct Other<T>(pub T);

impl<T: AsyncRead + Unpin> smol::io::AsyncRead for Other<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: AsyncWrite + Unpin> smol::io::AsyncWrite for Other<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl<T: smol::io::AsyncRead + Unpin> AsyncRead for Other<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n = ready!(Pin::new(&mut self.0).poll_read(cx, buf.initialize_unfilled()))?;
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl<T: smol::io::AsyncWrite + Unpin> AsyncWrite for Other<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}
