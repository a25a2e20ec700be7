//! `tls12 client`: connects, says with what, and carries data both ways.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use serde_json::json;
use tls12::io::blocking::StreamOwned;
use tls12::session::ClientSession;
use tls12::verify::{FirstUse, Pin};
use tls12::{
    AskFor, ClientConfig, ConfigError, Connection, ConnectionInfo, NewSession, RecordLimit, Renegotiation, VerifyPeer,
};

use crate::broken::Broken;
use crate::failure::{Failure, Reason, Stage};
use crate::known_servers::KnownServers;
use crate::observer::{Observer, Refusal};
use crate::options::{Address, ClientArgs, Switch, server_name};
use crate::output::{Event, To};
use crate::session_file::{self, SessionFile, Written};
use crate::socket::Socket;
use crate::summary::Summary;
use crate::{advice, certificates, credentials, duplex, output, say, verify};

/// How long to try each of a host's addresses.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the handshake may take in all.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

type Stream = StreamOwned<Socket>;

pub fn run(args: &ClientArgs) -> Result<(), Failure> {
    let name = name(args)?;
    let known = args.tofu.as_deref().map(KnownServers::read).transpose()?;
    let observer = observer(args, known.as_ref())?;
    let config = config(args, observer.clone())?;
    let session = args.session_in.as_deref().map(session_file::read).transpose()?;
    let file = args.session_out.as_deref().map(SessionFile::prepare).transpose()?;

    let mut stream = handshake(args, config, name.clone(), session.clone(), observer.as_deref())?;
    if args.look {
        return look(args, &mut stream, observer.as_deref());
    }
    known.map_or(Ok(()), |known| known.keep(&name))?;
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
        summary.add_as("renegotiated", renegotiations.to_string(), renegotiations);
        // What cannot be exported now is said there. What could be before is in use.
        let _ = sum_up(connection, summary);
    };
    duplex::carry(parts.connection, socket, parts.received, renegotiated).map_err(|broken| {
        if let (Some(written), true) = (written, broken.forbids_resumption()) {
            written.take_back();
        }
        let why = format!("failed{}", broken.long("server"));
        Failure::new(Stage::Connected, why).explained(broken.explanation())
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

/// What verifies the server's certificate; none, if a pre-shared key takes its place.
fn observer(args: &ClientArgs, known: Option<&KnownServers>) -> Result<Option<Arc<Observer>>, Failure> {
    let checks = &args.common.checks;
    let usage = |why: String| Err(Failure::new(Stage::Usage, why));
    let verifier: Arc<dyn VerifyPeer> = match known {
        Some(known) => match checks.of_verifier_only() {
            Some(option) => {
                return usage(format!("{option} cannot be used with --tofu, which checks nothing but the key"));
            }
            None => Arc::<FirstUse>::clone(&known.known),
        },
        None if args.psk.is_none() || args.trust.is_given() => Arc::new(args.trust.verifier(checks)?.verifier),
        None => {
            let option = args.client_cert.as_ref().map(|_| "--client-cert").or(checks.of_verifier_only());
            let why = |option| usage(format!("with --psk, {option} needs --ca, --pin or --trust as well"));
            return option.map_or(Ok(None), why);
        }
    };
    let refusal = if args.look { Refusal::IsOnlyTold } else { Refusal::Ends };
    Ok(Some(Arc::new(Observer::new(verifier, refusal))))
}

/// Shows what there is to see, and leaves.
fn look(args: &ClientArgs, stream: &mut Stream, observer: Option<&Observer>) -> Result<(), Failure> {
    let told = sum_up(args, stream.connection(), observer, Summary::default());
    let _ = stream.close();
    told.map_err(|reason| Failure::new(Stage::Connected, reason))?;
    match observer.and_then(Observer::refused) {
        None => Ok(()),
        Some(error) => {
            let why = format!("the server's certificate is not trusted ({}); nothing was sent", error.kind.name());
            Err(Failure::new(Stage::Handshake, why))
        }
    }
}

fn config(args: &ClientArgs, verifier: Option<Arc<Observer>>) -> Result<Arc<ClientConfig>, Failure> {
    let mut config = match verifier {
        Some(verifier) => ClientConfig::builder_with_provider(args.common.provider(), verifier),
        None => ClientConfig::builder_with_psk_only(args.common.provider()),
    };
    if let Some(psk) = &args.psk {
        config = config.preshared_key(psk.clone());
    }
    config = config
        .policy(args.common.policy())
        .alpn_protocols(&args.common.protocols)
        .tickets(match args.tickets {
            Switch::On => AskFor::Yes,
            Switch::Off => AskFor::No,
        })
        .renegotiation(args.renegotiate.map_or(Renegotiation::Refuse, Renegotiation::AtMost))
        .record_limit(args.max_fragment.map_or(RecordLimit::None, RecordLimit::MaxFragmentLength));
    if let (Some(cert), Some(key)) = (&args.client_cert, &args.client_key) {
        config = config.credentials([credentials::load(cert, key)?]);
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
    observer: Option<&Observer>,
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
            show_refused(args, observer, &error);
            let broken = Broken::new(error, &mut stream.into_parts().connection);
            let why = format!("handshake with {host}:{port} failed{}", broken.long("server"));
            Err(Failure::new(Stage::Handshake, why).explained(broken.explanation()))
        }
    }
}

/// Shows the chain of a server that was refused, if it is to be shown, and why it was.
fn show_refused(args: &ClientArgs, observer: Option<&Observer>, error: &io::Error) {
    let report = verify::report_of(error);
    let mut event = Event::failure("verdict").with("trusted", false).with("report", report.clone());
    let mut lines = String::new();
    if let (true, Some(chain)) = (args.show_certs, observer.and_then(Observer::certificates)) {
        let certificates = certificates::read(&chain);
        lines.push_str(&certificates::described(&certificates));
        event = event.with("certificates", certificates::json(&certificates));
    }
    if let Some(report) = report {
        lines.push_str("verdict: refused: ");
        lines.push_str(&report);
    }
    if !lines.is_empty() {
        event.print(To::Stderr, lines.trim_end());
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
    observer: Option<&Observer>,
    mut summary: Summary,
) -> Result<(), Reason> {
    let Some(info) = connection.info() else { return Ok(()) };
    summary.add_negotiated(info);
    summary.add_record_limit(info);
    // A session that is resumed has its client's certificate from the first handshake, which is not known here.
    if !info.resumed() {
        summary.add_client(info.own_certificates());
        for unfit in info.unfit_certificates() {
            summary.add_to("client-certificate-unfit", unfit.reason.to_string());
        }
        let stapled = observer.is_some_and(Observer::saw_ocsp_response);
        summary.add_as("ocsp", if stapled { "stapled" } else { "none" }, stapled);
    }
    summary.add_chain(info.peer_certificates());
    if let Some(own) = info.peer_certificates().first() {
        if let (true, Ok(pin)) = (args.look, Pin::key_of(own)) {
            summary.add("pin", pin.to_string());
        }
        let refused = observer.and_then(Observer::refused).map(|error| advice::report(&error));
        let verdict = match &refused {
            Some(report) => format!("refused: {report}"),
            // A session is not verified again.
            None if info.resumed() => "trusted when the session was made".to_owned(),
            None => "trusted".to_owned(),
        };
        summary.add_as("verdict", verdict, json!({ "trusted": refused.is_none(), "report": refused }));
    }
    let exported = summary.add_exports(connection, &args.common.exports);
    let kind = if summary.has("renegotiated") { "renegotiated" } else { "connected" };
    let mut event = Event::new(kind).with_all(&summary.json());
    let mut lines = summary.lines();
    if args.show_certs {
        let certificates = certificates::read(info.peer_certificates());
        lines.push_str(&certificates::described(&certificates));
        event = event.with("certificates", certificates::json(&certificates));
    }
    // With --look there is no data on standard output.
    event.print(if args.look && output::is_json() { To::Stdout } else { To::Stderr }, lines.trim_end());
    Ok(exported.map_err(|error| format!("--export: {error}"))?)
}
