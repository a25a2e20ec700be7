//! A client and a server in memory.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{ServerName, UnixTime};
use tls12::{CertificateError, ClientConfig, Connection, Error, Event, PeerChain, ServerConfig, Verified, VerifyPeer};

use crate::valgrind::reveal;

/// One end, and what it has to send.
pub struct End {
    pub connection: Connection,
    pub output: Vec<u8>,
    input: Vec<u8>,
    pub is_connected: bool,
    pub error: Option<Error>,
}

impl End {
    fn new(connection: Connection, output: Vec<u8>) -> Self {
        Self { connection, output, input: Vec::new(), is_connected: false, error: None }
    }

    /// Processes these bytes, which everybody can read.
    pub fn receive(&mut self, bytes: &mut Vec<u8>) {
        reveal(bytes);
        self.input.append(bytes);
        while self.error.is_none() {
            match self.connection.process(&mut self.input, &mut self.output) {
                Ok(step) => {
                    let consumed = step.consumed;
                    let done = matches!(step.event, Event::NeedInput { .. } | Event::CloseNotify);
                    self.is_connected |= matches!(step.event, Event::Connected);
                    self.input.drain(..consumed);
                    if done {
                        break;
                    }
                }
                Err(error) => self.error = Some(error),
            }
        }
    }
}

/// The time of all connections: 2026-01-01.
pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600))
}

/// Both ends, with the client's first message in its output.
pub fn start(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> (End, End) {
    let mut hello = Vec::new();
    let name = ServerName::try_from("server.example").unwrap();
    // With the session of the last handshake, if the configuration stores it.
    let client = Connection::client_with_store(Arc::clone(client), name, Some(443), now(), &mut hello).unwrap();
    (End::new(client, hello), End::new(Connection::server(Arc::clone(server), now()), Vec::new()))
}

/// Where the last of these records begins.
pub fn last_record(records: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let len = usize::from(u16::from_be_bytes([records[at + 3], records[at + 4]]));
        if at + 5 + len == records.len() {
            return at;
        }
        at += 5 + len;
    }
}

/// Connects the two as far as they come.
pub fn connect(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> (End, End) {
    let (mut client, mut server) = start(client, server);
    while !(client.output.is_empty() && server.output.is_empty()) {
        server.receive(&mut client.output);
        client.receive(&mut server.output);
    }
    (client, server)
}

/// Trusts anybody.
#[derive(Debug)]
pub struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _: &PeerChain) -> Result<Verified, CertificateError> {
        Ok(Verified::default())
    }
}
