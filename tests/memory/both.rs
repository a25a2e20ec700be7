//! What `io::both` holds for a client before it has chosen a stack. Only with the feature `rustls`.
#![cfg(all(feature = "ring", feature = "webpki", feature = "rustls"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::support::hello::vector;
use allocation_counter::measure;
use tls12::io::both::LazyAcceptor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest ClientHello that is read ahead (`MAX_HELLO` of `io::both::hello`).
const HELLO: usize = 0xffff;

/// Type and length of a message (RFC 5246 §7.4), and of a record (§6.2.1).
const MESSAGE_HEADER: usize = 4;
const RECORD_HEADER: usize = 5;

/// Its records, if each has 64 bytes, but for a byte, and one read more.
const RECORDS: usize = {
    let message = MESSAGE_HEADER + HELLO;
    message + message.div_ceil(64) * RECORD_HEADER - 1 + 2048
};

/// The bytes that were received, the message that is joined of them, and its body.
const MOST: usize = RECORDS + (MESSAGE_HEADER + HELLO) + HELLO;

/// What the parts that hold them take themselves; and what the runtime does, for a moment.
const BESIDE: usize = 128;
const RUNTIME: usize = 4 << 10;

/// A client that has sent these bytes, and then nothing.
struct Client {
    sent: Vec<u8>,
    read: usize,
}

impl AsyncRead for Client {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = &self.sent[self.read..];
        let n = left.len().min(buf.remaining());
        buf.put_slice(&left[..n]);
        self.read += n;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Client {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        panic!("nothing is sent before a stack is chosen")
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn no_more_is_held_before_a_stack_is_chosen_than_the_limit() {
    assert_eq!((RECORDS, MOST), (72_711, 203_785), "the numbers in SECURITY.md");
    let message = [&[1, 0, 0xff, 0xff][..], &[0; HELLO]].concat();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut most = 0;
    for fragment in [1, 48, 63, 64, 65, 1000, 1 << 14] {
        let records = message.chunks(fragment).flat_map(|part| [&[22, 3, 1][..], &vector(2, part)].concat());
        let records: Vec<u8> = records.collect();
        // The last byte is lacking; it is complete; and the client goes on.
        for sent in [&records[..records.len() - 1], &records, &[&records[..], &[0; 100_000]].concat()] {
            let client = Client { sent: sent.to_vec(), read: 0 };
            let mut client = Some(client);
            let mut lazy = None;
            let held = measure(|| {
                let reading = LazyAcceptor::read_async(client.take().unwrap(), Duration::from_secs(60));
                lazy = Some(runtime.block_on(reading).unwrap());
            });
            let [after, peak] =
                [held.bytes_current.unsigned_abs(), held.bytes_max].map(|n| usize::try_from(n).unwrap());
            println!("{} bytes in records of {fragment}: {after}, at most {peak}", sent.len());
            assert!(after <= MOST + BESIDE, "records of {fragment}: {after} bytes");
            assert!(peak <= MOST + RUNTIME, "records of {fragment}: {peak} bytes at most");
            most = most.max(after);
            drop(lazy);
        }
    }
    // The limit is not higher than what there is to be held, but for the last read.
    assert!(most > MOST - 2048, "{most} bytes");
}
