//! Our `Connection` over a TCP stream. What arrives is shown to it whole, or one more byte at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use rustls_pki_types::ServerName;
use tls12::crypto::CipherSuite;
use tls12::session::ClientSession;
use tls12::{AlertDescription, ClientConfig, Connection, ConnectionInfo, Error, Event, NewSession, ServerConfig};

use crate::matrix::Role;
use crate::observed::{Observed, Secrets};
use crate::peer::{BOUND, PAUSE};
use crate::support::pki::now;

/// How the bytes that arrive are shown to the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// All that the socket has.
    Whole,
    /// One more with each call.
    ByteByByte,
}

/// One of our connections, and the socket that it runs over.
pub struct Driven {
    connection: Connection,
    stream: TcpStream,
    delivery: Delivery,
    /// Read from the socket, and not used yet.
    input: Vec<u8>,
    /// So many of them were shown to the connection.
    shown: usize,
    /// Before it was shown so many more, it can do nothing: it said so.
    due: usize,
    output: Vec<u8>,
    data: Vec<u8>,
    warnings: Vec<AlertDescription>,
    /// The sessions that were given out to be kept.
    sessions: Vec<NewSession>,
    observed: Observed,
}

/// What the caller waits for.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    FalseStart,
    Connected,
    Renegotiated,
    Data,
    CloseNotify,
}

enum Happened {
    NeedInput(usize),
    Session(Box<NewSession>),
    Warning(AlertDescription),
    /// What is seen in what follows.
    Nothing,
    Stop(Stop),
}

impl Driven {
    /// Our client, connected to a server that listens at `address`, and should have this name.
    pub fn client(config: &Arc<ClientConfig>, name: &str, address: SocketAddr, delivery: Delivery) -> Self {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut hello = Vec::new();
        let connection = Connection::client(Arc::clone(config), name, now(), &mut hello).unwrap();
        Self::new(Role::Client, connection, TcpStream::connect(address).unwrap(), hello, delivery)
    }

    /// As [`Self::client`], with a session of the same server.
    pub fn resume(config: &Arc<ClientConfig>, name: &str, session: ClientSession, address: SocketAddr) -> Self {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut hello = Vec::new();
        let connection = Connection::resume(Arc::clone(config), name, session, now(), &mut hello).unwrap();
        Self::new(Role::Client, connection, TcpStream::connect(address).unwrap(), hello, Delivery::Whole)
    }

    /// Our server, for a client that has connected.
    pub fn server(config: &Arc<ServerConfig>, stream: TcpStream, delivery: Delivery) -> Self {
        Self::new(Role::Server, Connection::server(Arc::clone(config), now()), stream, Vec::new(), delivery)
    }

    fn new(role: Role, connection: Connection, stream: TcpStream, output: Vec<u8>, delivery: Delivery) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        stream.set_write_timeout(Some(BOUND)).unwrap();
        let mut driven = Self {
            connection,
            stream,
            delivery,
            input: Vec::new(),
            shown: 0,
            due: 0,
            output,
            data: Vec::new(),
            warnings: Vec::new(),
            sessions: Vec::new(),
            observed: Observed::new(role),
        };
        driven.flush();
        driven
    }

    /// Has a third party, with the secrets of this trial, read the connection at its end.
    pub fn observed(mut self, secrets: &Arc<Secrets>, suite: &'static CipherSuite) -> Self {
        self.observed.with(secrets, suite);
        self
    }

    /// Goes on until the handshake is complete.
    pub fn handshake(&mut self) -> Result<(), Error> {
        let stop = self.run()?;
        assert_eq!(stop, Stop::Connected);
        Ok(())
    }

    /// Goes on until data can be sent, though the handshake is not complete.
    pub fn false_start(&mut self) {
        assert_eq!(self.run(), Ok(Stop::FalseStart));
    }

    /// Goes on until another handshake is complete, for which the peer asks.
    pub fn renegotiation(&mut self) {
        assert_eq!(self.run(), Ok(Stop::Renegotiated));
    }

    /// Goes on until the connection fails, as it must.
    pub fn failure(&mut self) -> Error {
        loop {
            match self.run() {
                Err(error) => return error,
                Ok(Stop::CloseNotify) => panic!("the connection ended without an error"),
                Ok(Stop::FalseStart | Stop::Connected | Stop::Renegotiated | Stop::Data) => {}
            }
        }
    }

    /// Sends `data` by one call.
    pub fn send(&mut self, data: &[u8]) {
        self.connection.seal(data, &mut self.output).unwrap();
        self.observed.sent(data);
        self.flush();
    }

    /// The data that has arrived since the last call, once there are `length` bytes of it.
    pub fn receive(&mut self, length: usize) -> Vec<u8> {
        while self.data.len() < length {
            assert_eq!(self.run(), Ok(Stop::Data), "after {} of {length} bytes", self.data.len());
        }
        std::mem::take(&mut self.data)
    }

    /// Closes the connection; the peer must do so too, and say no more.
    pub fn close(mut self) {
        self.send_close();
        assert_eq!(self.run(), Ok(Stop::CloseNotify));
        self.end_of_stream();
    }

    /// The peer closes the connection; returns the data that came before.
    pub fn closed_by_peer(mut self) -> Vec<u8> {
        self.await_close();
        self.send_close();
        self.end_of_stream();
        self.data
    }

    /// As [`Self::closed_by_peer`], by a peer that does not wait for our close_notify, so that it may come too late.
    pub fn left_by_peer(mut self) -> Vec<u8> {
        self.await_close();
        self.end_of_stream();
        self.data
    }

    fn await_close(&mut self) {
        let stop = loop {
            match self.run() {
                Ok(Stop::Data) => {}
                stop => break stop,
            }
        };
        assert_eq!(stop, Ok(Stop::CloseNotify));
    }

    pub fn info(&self) -> &ConnectionInfo {
        self.connection.info().expect("the connection is established")
    }

    /// The last session that our client was given.
    pub fn session(&self) -> ClientSession {
        match self.sessions.last() {
            Some(NewSession::Client(session)) => session.clone(),
            other => panic!("there is no session to resume: {other:?}"),
        }
    }

    /// The alerts of the peer that did not end the connection.
    pub fn warnings(&self) -> &[AlertDescription] {
        &self.warnings
    }

    fn send_close(&mut self) {
        self.connection.close(&mut self.output);
        self.flush();
    }

    /// Both sides have sent close_notify: nothing may follow it.
    fn end_of_stream(&mut self) {
        // It fails if the peer has closed its end before. Some peers wait for the end of the stream as we do.
        let _ = self.stream.shutdown(Shutdown::Write);
        assert!(!self.read(), "the peer goes on after its close_notify");
        assert_eq!(self.connection.end_of_input(), Ok(()));
        self.observed.check();
    }

    /// Shows the connection what arrives, and sends what it has to send, until something happens.
    fn run(&mut self) -> Result<Stop, Error> {
        loop {
            let step = self.connection.process(&mut self.input[..self.shown], &mut self.output);
            let result = step.map(|step| {
                let happened = match step.event {
                    Event::NeedInput { at_least } => Happened::NeedInput(at_least),
                    Event::FalseStart => Happened::Stop(Stop::FalseStart),
                    Event::Connected => Happened::Stop(Stop::Connected),
                    Event::Renegotiated => Happened::Stop(Stop::Renegotiated),
                    Event::CloseNotify => Happened::Stop(Stop::CloseNotify),
                    Event::Warning(alert) => Happened::Warning(alert),
                    Event::RenegotiationRefused(_) => Happened::Nothing,
                    Event::Session(session) => Happened::Session(Box::new(session)),
                    Event::Data(data) => {
                        self.data.extend_from_slice(data);
                        self.observed.received(data);
                        Happened::Stop(Stop::Data)
                    }
                    other => panic!("{other:?}"),
                };
                (step.consumed, happened)
            });
            self.flush();
            let (consumed, happened) = result?;
            self.input.drain(..consumed);
            self.shown -= consumed;
            match happened {
                Happened::NeedInput(at_least) => {
                    assert!(at_least > 0 && at_least >= self.due);
                    self.due = at_least;
                    self.show_more()?;
                    continue;
                }
                Happened::Warning(alert) => self.warnings.push(alert),
                Happened::Nothing => {}
                Happened::Session(session) => self.sessions.push(*session),
                Happened::Stop(stop) => {
                    assert_eq!(self.due, 0, "it went on before it was shown what it asked for");
                    return Ok(stop);
                }
            }
        }
    }

    fn show_more(&mut self) -> Result<(), Error> {
        if self.shown == self.input.len() && !self.read() {
            self.connection.end_of_input()?;
            unreachable!("no input is asked for after close_notify");
        }
        let more = match self.delivery {
            Delivery::Whole => self.input.len() - self.shown,
            Delivery::ByteByByte => 1,
        };
        self.shown += more;
        self.due = self.due.saturating_sub(more);
        Ok(())
    }

    /// Waits for input; returns whether there is any before the end of the stream.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 1 << 16];
        let length = self.stream.read(&mut buffer).expect("the peer sends something, or closes the socket");
        self.input.extend_from_slice(&buffer[..length]);
        self.observed.input(&buffer[..length]);
        length > 0
    }

    fn flush(&mut self) {
        self.observed.output(&self.output);
        match self.stream.write_all(&self.output) {
            Ok(()) => {}
            // The peer is gone. What it said before is still to be read.
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {}
            Err(error) => panic!("the peer does not read: {error}"),
        }
        self.output.clear();
    }
}

/// A socket for our server, at a port that the system chooses.
pub fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Waits until the peer's client has connected; `assert_running` panics if it will not.
pub fn accept(listener: &TcpListener, mut assert_running: impl FnMut()) -> TcpStream {
    let deadline = Instant::now() + BOUND;
    listener.set_nonblocking(true).unwrap();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return stream;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        assert_running();
        assert!(Instant::now() < deadline, "the peer does not connect");
        thread::sleep(PAUSE);
    }
}

/// What is sent: bytes without ASCII letters, some of which are commands for OpenSSL's `s_server` and `s_client`.
pub fn sample(length: usize) -> Vec<u8> {
    let mut state = length as u32 | 1;
    let mut next = || {
        // Numerical Recipes' linear congruential generator; the upper bits are the better ones.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(&mut next).filter(|byte| !byte.is_ascii_alphabetic()).take(length).collect()
}
