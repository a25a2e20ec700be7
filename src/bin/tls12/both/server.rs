//! `tls12 server --max-version 1.3`: one connection.

use std::io;

use tls12::io::both::{Acceptor, Stream};
use tls12::io::pcapng::Captured;
use tls12::{ProtocolVersion, ServerConfig};

use super::carry::{carry, halves_of};
use super::{exporter, refused, stage, summary};
use crate::broken::Broken;
use crate::duplex::{AtEndOfInput, Ends};
use crate::failure::Failure;
use crate::options::{Export, ServerArgs, Service, Versions, refuse_with_tls13};
use crate::service::{self, HANDSHAKE_TIMEOUT, Served};
use crate::socket::{self, Socket};
use crate::summary::Summary;

/// Refuses options that only this crate has.
pub fn check(args: &ServerArgs) -> Result<(), Failure> {
    #[cfg(feature = "redis")]
    let is_fleet = args.fleet.is_given();
    #[cfg(not(feature = "redis"))]
    let is_fleet = false;
    refuse_with_tls13(&[
        (args.common.trace, "--trace"),
        (args.common.record.is_given(), "--record"),
        (!args.psks.is_empty(), "--psk"),
        (is_fleet, "--redis"),
    ])
}

/// The acceptor for this configuration, or `None` if only this crate is to answer.
pub fn acceptor(config: &ServerConfig, versions: Versions) -> Result<Option<Acceptor>, Failure> {
    let min_version = match versions {
        Versions::Tls12 => return Ok(None),
        Versions::Tls12And13 => ProtocolVersion::TLS_1_2,
        Versions::Tls13 => ProtocolVersion::TLS_1_3,
    };
    let acceptor = Acceptor::with_min_version(config, min_version).map_err(refused)?;
    Ok(Some(acceptor.handshake_time(HANDSHAKE_TIMEOUT)))
}

/// The negotiated parameters, and the client's identity.
pub fn sum_up(stream: &Stream<Captured<Socket>>, exports: &[Export]) -> Summary {
    let info = stream.info();
    let mut summary = summary(info);
    // The client chose these bytes.
    summary.add_optional("server-name", info.server_name.as_deref().map(str::escape_debug));
    summary.add_client(&info.peer_certificates);
    // A failed export is reported there, and does not prevent service.
    let _ = summary.add_exports(exports, exporter(stream));
    summary
}

/// Serves a connection until it is closed.
pub fn run(service: &Service, mut stream: Stream<Captured<Socket>>) -> Result<(), Broken> {
    if let Service::Stdin = service {
        return carry_input(stream);
    }
    let outcome = service::run(service, &mut stream);
    socket::part(stream.into_inner());
    outcome.map_err(broken)
}

/// A connection that has failed after its handshake.
fn broken(error: io::Error) -> Broken {
    Broken::other(stage(&error, true), error)
}

/// A handshake that has failed.
pub fn handshake_broken(error: io::Error) -> Broken {
    Broken::other(stage(&error, false), error)
}

/// Sends standard input to the client, and writes its data to standard output.
fn carry_input(stream: Stream<Captured<Socket>>) -> Result<(), Broken> {
    let mut kept = None;
    let halves = stream.into_split(|socket| {
        let whole = socket::without_deadline(socket)?;
        let halves = halves_of(&whole);
        kept = Some(whole);
        halves
    })?;
    let Some(socket) = kept else { return Err(io::Error::from(io::ErrorKind::NotConnected).into()) };
    carry(halves, &socket, Ends { at_end_of_input: AtEndOfInput::Close, silence: None }, || {})
}

impl Served for Stream<Captured<Socket>> {
    fn socket(&mut self) -> &mut Socket {
        self.transport_mut().get_mut()
    }

    fn close(&mut self) -> io::Result<()> {
        Stream::close(self)
    }

    fn page(&self) -> Summary {
        summary(self.info())
    }
}
