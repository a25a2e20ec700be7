//! The memory of an idle stream: no more after much data than after little.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use tls12::Connection;
use tls12::io::{Parts, blocking, tokio as tls_tokio};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::pipe::{End, pipe, would_block};
use crate::support::pair::Pair;
use crate::{client_config, server_config};

fn connected() -> (Connection, Connection) {
    let mut pair = Pair::new(client_config(), server_config());
    pair.run();
    pair.assert_connected();
    (pair.client.connection, pair.server.connection)
}

/// What both streams have allocated when each has sent `len` bytes to the other, and has nothing to do, in bytes.
fn held_by_blocking_streams(len: usize) -> i64 {
    let ((client, server), (client_end, server_end)) = (connected(), pipe(1 << 20));
    let text = vec![1; len];
    let mut buf = vec![0; 1 << 16];
    let mut ends = None;
    let info = measure(|| {
        let client = blocking::StreamOwned::from_parts(Parts::new(client, client_end));
        let server = blocking::StreamOwned::from_parts(Parts::new(server, server_end));
        let ends = ends.insert([client, server]);
        for _ in 0..2 {
            let [sender, receiver] = &mut *ends;
            sender.write_all(&text).unwrap();
            sender.flush().unwrap();
            let mut left = len;
            while left > 0 {
                left -= receiver.read(&mut buf).unwrap();
            }
            assert!(would_block(receiver.read(&mut buf)).is_none());
            assert!(would_block(sender.read(&mut buf)).is_none());
            ends.reverse();
        }
    });
    info.bytes_current
}

#[test]
fn blocking_streams_that_are_idle_hold_little() {
    let [little, much] = [10, 400_000].map(held_by_blocking_streams);
    assert!(much <= little, "{little} bytes after little, {much} after much");
}

/// A transport of tokio's over one that does not block: nobody is woken.
struct Polled(End);

impl AsyncRead for Polled {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match would_block(self.0.read(buf.initialize_unfilled())) {
            Some(n) => {
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
            None => Poll::Pending,
        }
    }
}

impl AsyncWrite for Polled {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        would_block(self.0.write(buf)).map_or(Poll::Pending, |n| Poll::Ready(Ok(n)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The same of a stream of tokio's that receives from a blocking one, and sends to it.
fn held_by_a_stream_of_tokio(len: usize) -> i64 {
    let ((client, server), (client_end, server_end)) = (connected(), pipe(1 << 20));
    let mut peer = blocking::StreamOwned::from_parts(Parts::new(server, server_end));
    let text = vec![1; len];
    let mut buf = vec![0; 1 << 16];
    peer.write_all(&text).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let mut end = None;
    let info = measure(|| {
        let stream = end.insert(tls_tokio::TlsStream::from_parts(Parts::new(client, Polled(client_end))));
        let (mut received, mut sent) = (0, 0);
        while sent < len {
            match Pin::new(&mut *stream).poll_write(&mut cx, &text[sent..]) {
                Poll::Ready(n) => sent += n.unwrap(),
                Poll::Pending => panic!("the pipe has room for all"),
            }
        }
        loop {
            let mut buf = ReadBuf::new(&mut buf);
            match Pin::new(&mut *stream).poll_read(&mut cx, &mut buf) {
                Poll::Ready(read) => read.unwrap(),
                Poll::Pending => break,
            }
            received += buf.filled().len();
        }
        assert_eq!(received, len);
    });
    info.bytes_current
}

#[test]
fn streams_of_tokio_that_are_idle_hold_little() {
    let [little, much] = [10, 400_000].map(held_by_a_stream_of_tokio);
    assert!(much <= little, "{little} bytes after little, {much} after much");
}
