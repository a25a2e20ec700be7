//! What an adapter of `io` holds beside its connection for a peer that is not authenticated: the bytes that it has received.
#![cfg(all(feature = "ring", feature = "webpki", feature = "std"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::held::{records, server_config, worst};
use allocation_counter::measure;
use tls12::io::blocking::StreamOwned;

/// `MAX_INPUT` of `io::pump`; and what is held for a client that is silent.
const INPUT: usize = 1 << 15;
const BESIDE: usize = 2 << 10;

/// A client that has sent these bytes, and then nothing.
struct Client {
    sent: Vec<u8>,
    read: usize,
}

impl Read for Client {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = (&self.sent[self.read..]).read(buf)?;
        self.read += n;
        if n == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
    }
}

impl Write for Client {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_adapter_holds_little_more_than_its_connection() {
    let config = server_config().build().unwrap();
    for (what, hello) in worst() {
        let mut sent = records(&hello);
        sent.pop();
        let (mut client, mut stream) = (Some(Client { sent, read: 0 }), None);
        let held = measure(|| {
            let mut new = StreamOwned::server(Arc::clone(&config), client.take().unwrap());
            assert_eq!(new.complete_handshake().unwrap_err().kind(), io::ErrorKind::WouldBlock);
            stream = Some(new);
        });
        println!("{what}: {held:?} for a hello of {} bytes", hello.len());
        // The hello lacks its last byte, so the connection holds it once.
        assert!(held.bytes_current <= i64::try_from(hello.len() + INPUT + BESIDE).unwrap(), "{what}: {held:?}");
    }
}
