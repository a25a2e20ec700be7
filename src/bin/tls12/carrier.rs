//! The transport of TLS: a socket, and the layer between it and TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use tls12::io::pcapng::Captured;

use crate::socket::{self, Socket};
use crate::starttls::{Packets, Records};

/// A connection on which TLS can begin.
pub struct Carrier {
    socket: Captured<Socket>,
    /// Bytes that have been received already, and are read first.
    received: Vec<u8>,
    /// The packets around TLS, until the end of its handshake.
    packets: Option<Packets>,
}

impl Carrier {
    pub fn new(socket: Captured<Socket>, received: Vec<u8>, records: &Records) -> Self {
        let packets = match records {
            Records::Bare => None,
            Records::InTds => Some(Packets::default()),
        };
        Self { socket, received, packets }
    }

    pub fn socket_mut(&mut self) -> &mut Socket {
        self.socket.get_mut()
    }

    /// The bare connection, when the handshake is complete.
    pub fn into_inner(self) -> io::Result<Captured<Arc<TcpStream>>> {
        socket::without_deadline(self.socket)
    }
}

impl Read for Carrier {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.received.is_empty() {
            return match &mut self.packets {
                None => self.socket.read(buf),
                Some(packets) => packets.read(&mut self.socket, buf),
            };
        }
        let n = self.received.as_slice().read(buf)?;
        self.received.drain(..n);
        Ok(n)
    }
}

impl Write for Carrier {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.packets {
            None => self.socket.write(buf),
            Some(packets) => packets.write(&mut self.socket, buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
