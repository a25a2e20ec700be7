//! `tls12 server`: answers connections side by side, each in a thread.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tls12::io::CurrentConfig;
use tls12::verify::Verifier;
use tls12::{ClientAuth, ClientTrust, ServerConfigBuilder};

use crate::broken::Broken;
use crate::credentials::{self, trust};
use crate::failure::{Failure, Stage};
use crate::options::{ClientAuthArgs, CommonOptions, ServerArgs, Switch};
use crate::output::{Event, To};
#[cfg(unix)]
use crate::reload;
use crate::service::{self, Stream};
use crate::socket::Socket;
use crate::summary::Summary;
use crate::{say, warn};

/// How many connections are served at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 64;

/// How long a client may take for the handshake in all.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before the next try when no connection could be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub fn run(args: &ServerArgs) -> Result<(), Failure> {
    let config = CurrentConfig::new(builder(args)?.build()?);
    let server = Server { args, config };
    let in_context = |error: io::Error| Failure::new(Stage::Start, format!("{}: {error}", args.address));
    let listener = TcpListener::bind(&args.address).map_err(in_context)?;
    let local_address = listener.local_addr().map_err(in_context)?;
    #[cfg(unix)]
    let signals = reload::Signals::register().map_err(|error| Failure::new(Stage::Start, error))?;
    // Whoever started it waits for this line.
    Event::failure("listening")
        .with("address", local_address.to_string())
        .print(To::Stdout, format_args!("listening on {local_address}"));
    thread::scope(|scope| {
        #[cfg(unix)]
        thread::Builder::new().spawn_scoped(scope, || signals.follow(|| renew(args, &server.config)))?;
        for _ in 0..MAX_CONNECTIONS {
            thread::Builder::new().spawn_scoped(scope, || server.accept(&listener))?;
        }
        Ok(())
    })
}

/// The configuration, but for where sessions are kept.
fn base(args: &ServerArgs) -> Result<ServerConfigBuilder, Failure> {
    let mut config = credentials::server(&args.identities()?, &args.psks, &args.common)?
        .alpn_protocols(&args.common.protocols)
        .client_auth(client_auth(&args.client_auth, &args.common)?);
    if let Some(key_log) = args.common.key_log()? {
        config = config.key_log(key_log);
    }
    Ok(config)
}

fn builder(args: &ServerArgs) -> Result<ServerConfigBuilder, Failure> {
    let mut config = base(args)?;
    #[cfg(feature = "redis")]
    {
        config = args.fleet.share(config)?;
    }
    if args.tickets == Switch::Off {
        config = config.no_tickets();
    }
    if args.session_ids == Switch::Off {
        config = config.no_session_store();
    }
    Ok(config)
}

/// Reads all files again. Clients go on with their sessions. What cannot be read leaves everything as it was.
#[cfg(unix)]
fn renew(args: &ServerArgs, current: &CurrentConfig) {
    let renewed = base(args).and_then(|config| Ok(config.resuming_as(&current.get()).build()?));
    match renewed {
        Ok(config) => {
            current.replace(config);
            say(format_args!("tls12: the certificates, keys and lists were read again, and hold from now on"));
        }
        Err(failure) => warn(format_args!("tls12: NOTHING WAS CHANGED, the old certificates stay in use: {failure}")),
    }
}

fn client_auth(args: &ClientAuthArgs, common: &CommonOptions) -> Result<ClientAuth, Failure> {
    if args.ca.is_empty() {
        let unheeded = |option| Failure::new(Stage::Usage, format!("{option} is about clients: it needs --client-ca"));
        return common.checks.of_verifier_only().map_or(Ok(ClientAuth::None), |option| Err(unheeded(option)));
    }
    let roots = trust(&args.ca)?;
    let authorities: Vec<_> = roots.names().collect();
    let verifier = common.checks.set(Verifier::new(roots))?;
    let verifier = ClientTrust::new(Arc::new(verifier)).authorities(authorities);
    Ok(if args.required() { ClientAuth::Require(verifier) } else { ClientAuth::Request(verifier) })
}

/// What each connection is served with.
struct Server<'a> {
    args: &'a ServerArgs,
    config: CurrentConfig,
}

impl Server<'_> {
    /// Serves one connection after the other, for ever.
    fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept() {
                Ok((socket, peer)) => self.serve(socket, peer),
                Err(error) => {
                    warn(format_args!("tls12: no connection could be accepted: {error}"));
                    thread::sleep(ACCEPT_PAUSE);
                }
            }
        }
    }

    /// Serves a connection, and logs how it went.
    fn serve(&self, socket: TcpStream, peer: SocketAddr) {
        let mut stream = Stream::server(self.config.get(), Socket::new(socket, HANDSHAKE_TIMEOUT));
        let (what, outcome) = match stream.complete_handshake() {
            Err(error) => ("handshake failed", Err(error)),
            Ok(()) => {
                let summary = self.sum_up(&stream);
                let event = Event::new("connected").with("peer", peer.to_string()).with_all(&summary.json());
                event.print(To::Stderr, format_args!("{peer}: connected: {}", summary.line()));
                ("failed", service::run(self.args.service(), &mut stream))
            }
        };
        let mut parts = stream.into_parts();
        match outcome {
            Ok(()) => {
                let event = Event::new("closed").with("peer", peer.to_string());
                event.print(To::Stderr, format_args!("{peer}: closed"));
            }
            Err(error) => {
                let broken = Broken::new(error, &mut parts.connection);
                let why = if self.args.verbose { broken.long("client") } else { broken.short("client") };
                let text = format!("{what}{why}");
                let lines: Vec<String> = text.lines().map(|line| format!("{peer}: {line}")).collect();
                Event::failure("failed")
                    .with("peer", peer.to_string())
                    .with("kind", broken.stage().name())
                    .with("text", text)
                    .with("explanation", broken.explanation())
                    .print(To::Stderr, lines.join("\n"));
            }
        }
        parts.transport.part();
    }

    /// What was negotiated, and with whom.
    fn sum_up(&self, stream: &Stream) -> Summary {
        let mut summary = Summary::default();
        let Some(info) = stream.info() else { return summary };
        summary.add_negotiated(info);
        summary.add_record_limit(info);
        // Whatever the client has written there.
        summary.add_optional("server-name", info.server_name().map(str::escape_debug));
        summary.add_client(info.peer_certificates());
        // What cannot be exported is said there, and is no reason not to serve.
        let _ = summary.add_exports(stream.connection(), &self.args.common.exports);
        summary
    }
}
