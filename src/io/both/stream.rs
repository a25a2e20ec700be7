//! The blocking stream, whichever stack made the connection.

use alloc::boxed::Box;
use core::fmt;
use core::ops::{Deref, DerefMut};
use rustls::{ClientConnection, ConnectionCommon, ServerConnection, SideData, StreamOwned};
use rustls_pki_types::ServerName;
use std::io::{self, BufRead, IoSlice, Read, Write};

use super::established::{Established, Info, Side, of_established};
use super::setup::{ClientSetup, ServerSetup};
use super::timed::Timed;
use super::transport::Transport;
use super::trust::in_our_words;
use crate::crypto::Digest;
use crate::handshake::{Common, ExportError};
use crate::io::blocking;

/// A transport during and after the handshake.
pub(super) type Carrier<T> = Transport<Timed<T>>;

/// TLS over a blocking transport, after the handshake, by rustls or by this crate ([`Info::stack`]).
///
/// A read returns 0 only if the peer has closed its side with close_notify; a transport that ends without it is an error of
/// kind [`UnexpectedEof`](io::ErrorKind::UnexpectedEof). Dropping it sends nothing: call [`Self::close`].
pub struct Stream<T: Read + Write> {
    kind: Kind<T>,
    established: Established,
}

pub(super) enum Kind<T: Read + Write> {
    Client(Box<StreamOwned<ClientConnection, Carrier<T>>>),
    Server(Box<StreamOwned<ServerConnection, Carrier<T>>>),
    Tls12(Box<blocking::StreamOwned<Carrier<T>>>),
}

/// Does the same with a stream of each kind.
macro_rules! each {
    ($kind:expr, $stream:ident => $does:expr) => {
        match $kind {
            Kind::Client($stream) => $does,
            Kind::Server($stream) => $does,
            Kind::Tls12($stream) => $does,
        }
    };
}

impl<T: Read + Write> Stream<T> {
    /// Completes the handshake of a client with rustls. A failure returns the transport, which knows what the server answered.
    pub(super) fn client(
        mut connection: ClientConnection,
        setup: &ClientSetup,
        name: &ServerName<'static>,
        mut transport: Carrier<T>,
    ) -> Result<Self, (io::Error, Carrier<T>)> {
        let mut complete = || {
            complete(&mut connection, &mut transport)?;
            Established::of_client(&connection, setup, name)
        };
        match complete() {
            Ok(established) => {
                let stream = StreamOwned::new(connection, transport);
                Ok(Self { kind: Kind::Client(Box::new(stream)), established })
            }
            Err(error) => Err((error, transport)),
        }
    }

    /// Completes the handshake of a server with rustls.
    pub(super) fn server(
        mut connection: ServerConnection,
        setup: &ServerSetup,
        mut transport: Carrier<T>,
    ) -> io::Result<Self> {
        complete(&mut connection, &mut transport).map_err(in_our_words)?;
        let established = Established::of_server(&connection, setup)?;
        Ok(Self { kind: Kind::Server(Box::new(StreamOwned::new(connection, transport))), established })
    }

    /// Completes the handshake with this crate.
    pub(super) fn tls12(mut stream: blocking::StreamOwned<Carrier<T>>, common: &Common) -> io::Result<Self> {
        stream.complete_handshake()?;
        stream.transport_mut().inner.stop()?;
        let established = Established::of_tls12(stream.connection(), common)?;
        Ok(Self { kind: Kind::Tls12(Box::new(stream)), established })
    }

    pub(super) fn into_parts(self) -> (Kind<T>, Info) {
        (self.kind, self.established.info)
    }

    of_established!();

    fn side(&self) -> Side<'_> {
        match &self.kind {
            Kind::Client(stream) => Side::Client(&stream.conn),
            Kind::Server(stream) => Side::Server(&stream.conn),
            Kind::Tls12(stream) => Side::Tls12(stream.connection()),
        }
    }

    /// Returns the transport.
    #[must_use]
    pub fn transport(&self) -> &T {
        match &self.kind {
            Kind::Client(stream) => &stream.sock.inner.inner,
            Kind::Server(stream) => &stream.sock.inner.inner,
            Kind::Tls12(stream) => &stream.transport().inner.inner,
        }
    }

    /// Returns the transport, for example to set a timeout. Do not read from it or write to it.
    pub fn transport_mut(&mut self) -> &mut T {
        match &mut self.kind {
            Kind::Client(stream) => &mut stream.sock.inner.inner,
            Kind::Server(stream) => &mut stream.sock.inner.inner,
            Kind::Tls12(stream) => &mut stream.transport_mut().inner.inner,
        }
    }

    /// Returns the transport, without sending anything: call [`Self::close`] first. Data that was received and not read is lost.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self.kind {
            Kind::Client(stream) => stream.sock.inner.inner,
            Kind::Server(stream) => stream.sock.inner.inner,
            Kind::Tls12(stream) => stream.into_parts().transport.inner.inner,
        }
    }

    /// Sends all unsent data, and close_notify. The peer may still send data: continue to read until a read returns 0,
    /// which proves that none is missing.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Client(stream) => close(&mut stream.conn, &mut stream.sock),
            Kind::Server(stream) => close(&mut stream.conn, &mut stream.sock),
            Kind::Tls12(stream) => stream.close(),
        }
    }
}

/// Completes a handshake with rustls, and sends the rest of it. A failure to send the alert does not hide the error.
fn complete<T: Read + Write, S: SideData>(
    connection: &mut ConnectionCommon<S>,
    transport: &mut Carrier<T>,
) -> io::Result<()> {
    while connection.is_handshaking() {
        connection.complete_io(transport)?;
    }
    send(connection, transport)?;
    transport.inner.stop()
}

fn close<C, T: Read + Write, S: SideData>(connection: &mut C, transport: &mut Carrier<T>) -> io::Result<()>
where
    C: DerefMut + Deref<Target = ConnectionCommon<S>>,
{
    connection.send_close_notify();
    send(connection, transport)
}

fn send<T: Write, S: SideData>(connection: &mut ConnectionCommon<S>, transport: &mut Carrier<T>) -> io::Result<()> {
    while connection.wants_write() {
        connection.write_tls(transport)?;
    }
    transport.flush()
}

impl<T: Read + Write> Read for Stream<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        each!(&mut self.kind, stream => stream.read(buf))
    }
}

impl<T: Read + Write> BufRead for Stream<T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        each!(&mut self.kind, stream => stream.fill_buf())
    }

    fn consume(&mut self, amount: usize) {
        each!(&mut self.kind, stream => stream.consume(amount));
    }
}

impl<T: Read + Write> Write for Stream<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        each!(&mut self.kind, stream => stream.write(buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        each!(&mut self.kind, stream => stream.write_vectored(bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        each!(&mut self.kind, stream => stream.flush())
    }
}

impl<T: Read + Write + fmt::Debug> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("info", self.info()).field("transport", self.transport()).finish_non_exhaustive()
    }
}
