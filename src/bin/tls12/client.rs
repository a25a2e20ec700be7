//! `tls12 client`: connects, says with what, and carries data both ways.

use std::io::{self, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tls12::io::blocking::StreamOwned;
use tls12::session::ClientSession;
use tls12::verify::Verifier;
use tls12::{AskFor, ClientConfig, ConfigError, Connection, ConnectionInfo, NewSession, RecordLimit, Renegotiation};

use crate::broken::Broken;
use crate::failure::{Failure, Reason, Stage};
use crate::observer::Observer;
use crate::options::{Address, ClientArgs, Switch, server_name};
use crate::session_file::{self, SessionFile, Written};
use crate::socket::Socket;
use crate::summary::Summary;
use crate::{credentials, duplex, say, verify};

/// How long to try each of a host's addresses.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the handshake may take in all.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

type Stream = StreamOwned<Socket>;

pub fn run(args: &ClientArgs) -> Result<(), Failure> {
    let name = name(args)?;
    let roots = args.ca.as_deref().map(credentials::trust).transpose()?;
    let observer = roots.map(|roots| Arc::new(Observer::new(args.common.verifier(roots))));
    let config = config(args, observer.clone())?;
    let session = args.session_in.as_deref().map(session_file::read).transpose()?;
    let file = args.session_out.as_deref().map(SessionFile::prepare).transpose()?;

    let mut stream = handshake(args, config, name, session.clone())?;
    let kept = file.map(|file| keep_session(file, &mut stream, session)).transpose();
    let sum_up = |connection: &Connection, summary| sum_up(args, connection, observer.as_deref(), summary);
    let ready = kept.and_then(|kept| sum_up(stream.connection(), Summary::default()).map(|()| kept.flatten()));
    let written = ready.map_err(|reason| {
        // The server did nothing wrong.
        let _ = stream.close();
        Failure::new(Stage::Connected, reason)
    })?;
    let parts = stream.into_parts();
    let socket = parts.transport.into_inner().map_err(|error| Failure::new(Stage::Connected, error))?;
    let mut renegotiations = 0_u8;
    let renegotiated = |connection: &Connection| {
        renegotiations = renegotiations.saturating_add(1);
        let mut summary = Summary::default();
        summary.add("renegotiated", renegotiations.to_string());
        // What cannot be exported now is said there. What could be before is in use.
        let _ = sum_up(connection, summary);
    };
    duplex::carry(parts.connection, socket, parts.received, renegotiated).map_err(|broken| {
        if let (Some(written), true) = (written, broken.forbids_resumption()) {
            written.take_back();
        }
        Failure::new(Stage::Connected, format!("failed{}", broken.long("server")))
    })
}

/// The name that the server's certificate must have.
fn name(args: &ClientArgs) -> Result<ServerName<'static>, Failure> {
    match &args.server_name {
        Some(name) => Ok(name.clone()),
        None => server_name(&args.address.host)
            .map_err(|error| Failure::new(Stage::Start, format!("{error}; give --server-name"))),
    }
}

fn config(args: &ClientArgs, verifier: Option<Arc<Observer<Verifier>>>) -> Result<Arc<ClientConfig>, Failure> {
    let mut config = match verifier {
        Some(verifier) => ClientConfig::builder_with(args.common.provider(), verifier),
        None => ClientConfig::builder_with_psk_only(args.common.provider()),
    };
    if let Some(psk) = &args.psk {
        config = config.preshared_key(psk.clone());
    }
    config = config
        .policy(args.common.policy())
        .protocols(&args.common.protocols)
        .tickets(match args.tickets {
            Switch::On => AskFor::Yes,
            Switch::Off => AskFor::No,
        })
        .renegotiation(args.renegotiate.map_or(Renegotiation::Refuse, Renegotiation::AtMost))
        .record_limit(args.max_fragment.map_or(RecordLimit::None, RecordLimit::MaxFragmentLength));
    if let (Some(cert), Some(key)) = (&args.client_cert, &args.client_key) {
        config = config.certificates([credentials::load(cert, key)?]);
    }
    if let Some(key_log) = args.common.key_log()? {
        config = config.key_log(key_log);
    }
    config.build().map_err(|error| match (error, &args.client_cert) {
        (ConfigError::NoSchemeForKey, Some(cert)) => Failure::in_file(cert, ConfigError::NoSchemeForKey),
        (error, _) => error.into(),
    })
}

fn handshake(
    args: &ClientArgs,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    session: Option<ClientSession>,
) -> Result<Stream, Failure> {
    let Address { host, port } = &args.address;
    let socket = connect(&args.address)
        .map_err(|error| Failure::new(Stage::Connect, format!("cannot connect to {host}:{port}: {error}")))?;
    let socket = Socket::new(socket, HANDSHAKE_TIMEOUT);
    let stream = match session {
        Some(session) => Stream::resume(config, name, session, socket)?,
        None => Stream::client(config, name, socket)?,
    };
    let mut stream = stream.handshake_time(HANDSHAKE_TIMEOUT);
    match stream.complete_handshake() {
        Ok(()) => Ok(stream),
        Err(error) => {
            if let Some(report) = verify::report_of(&error) {
                say(format_args!("verdict: refused: {report}"));
            }
            let broken = Broken::new(error, &mut stream.into_parts().connection);
            let why = format!("handshake with {host}:{port} failed{}", broken.long("server"));
            Err(Failure::new(Stage::Handshake, why))
        }
    }
}

/// Connects to the first address of the host that answers.
fn connect(address: &Address) -> io::Result<TcpStream> {
    let mut outcome = Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
    for address in (address.host.as_str(), address.port).to_socket_addrs()? {
        outcome = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Writes the session that this connection has made; or the one that it has resumed, if the server gave no newer.
fn keep_session(
    file: SessionFile,
    stream: &mut Stream,
    offered: Option<ClientSession>,
) -> Result<Option<Written>, Reason> {
    let resumed = stream.info().is_some_and(ConnectionInfo::resumed);
    let session = match stream.take_session() {
        Some(NewSession::Client(session)) => Some(session),
        _ => offered.filter(|_| resumed),
    };
    let Some(session) = session else {
        let why = stream.info().and_then(ConnectionInfo::not_resumable);
        let why = why.map_or_else(|| "the server gave no newer session".to_owned(), |why| why.to_string());
        say(format_args!("tls12: {}: not written: {why}", file.path()));
        return Ok(None);
    };
    let path = file.path().to_string();
    let written = file.write(&session);
    Ok(Some(written.map_err(|error| format!("{path}: {error}"))?))
}

/// Prints what was negotiated, and with whom, behind what is in `summary`.
fn sum_up(
    args: &ClientArgs,
    connection: &Connection,
    observer: Option<&Observer<Verifier>>,
    mut summary: Summary,
) -> Result<(), Reason> {
    let Some(info) = connection.info() else { return Ok(()) };
    summary.add_negotiated(info);
    summary.add_record_limit(info);
    // A session that is resumed has its client's certificate from the first handshake, which is not known here.
    if !info.resumed() {
        summary.add_client(info.own_certificates());
        for unfit in info.unfit_certificates() {
            summary.add("client-certificate-unfit", unfit.reason.to_string());
        }
        let stapled = observer.is_some_and(Observer::saw_ocsp_response);
        summary.add("ocsp", if stapled { "stapled" } else { "none" });
    }
    summary.add_chain(info.peer_certificates());
    if !info.peer_certificates().is_empty() {
        // A session is not verified again.
        summary.add("verdict", if info.resumed() { "trusted when the session was made" } else { "trusted" });
    }
    let exported = summary.add_exports(connection, &args.common.exports);
    let _ = io::stderr().write_all(summary.lines().as_bytes());
    Ok(exported.map_err(|error| format!("--export: {error}"))?)
}
