//! `tls12 server`: answers connections concurrently, each in a thread.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, PoisonError, RwLock};
#[cfg(unix)]
use std::thread;

use tls12::io::both::Acceptor;
use tls12::io::pcapng::{Captured, Flow};
use tls12::io::{CurrentConfig, Parts};
use tls12::verify::Verifier;
use tls12::{ClientAuth, ClientTrust, Connection, Role, ServerConfigBuilder};

use crate::broken::Broken;
use crate::credentials::{self, trust};
use crate::duplex::{self, AtEndOfInput, Ends};
use crate::failure::{Failure, Stage};
use crate::listening::{Listening, log};
use crate::options::{ClientAuthArgs, CommonOptions, ServerArgs, Service, Switch, Versions};
use crate::output::Event;
use crate::places::{Place, Places};
use crate::recording::{self, Recording};
#[cfg(unix)]
use crate::reload;
use crate::replay::Tape;
use crate::service::{self, HANDSHAKE_TIMEOUT, Stream};
use crate::socket::{self, Socket};
use crate::summary::Summary;
use crate::trace::{Printer, Traced};
use crate::{both, files, verify};
#[cfg(unix)]
use crate::{say, warn};

pub fn run(args: ServerArgs) -> Result<(), Failure> {
    let versions = args.common.versions()?;
    if versions != Versions::Tls12 {
        both::server::check(&args)?;
    }
    let recording = args.common.recording()?;
    let config = builder(&args, recording.as_ref())?.build()?;
    let acceptor = both::server::acceptor(&config, versions)?.map(RwLock::new);
    let config = CurrentConfig::new(config);
    let service = args.service();
    if let Service::Files(folder) = &service {
        files::check(folder).map_err(|error| Failure::in_file(folder, error))?;
    }
    let listening = Listening::on(&args.address)?;
    let places = Arc::new(Places::new(args.limit()));
    let tape = args.common.record.start()?;
    let server = Arc::new(Server { args, service, config, acceptor, recording, tape });
    #[cfg(unix)]
    {
        let (signals, server) = (reload::Signals::register()?, Arc::clone(&server));
        thread::Builder::new().spawn(move || signals.follow(|| server.renew()))?;
    }
    let serving = Arc::clone(&server);
    listening.accept(Arc::clone(&places), move |socket, peer, place| serving.serve(socket, peer, place))?;
    recording::outcome(server.recording.as_ref(), places.wait())
}

/// The configuration, except for the session store.
fn base(args: &ServerArgs, recording: Option<&Recording>) -> Result<ServerConfigBuilder, Failure> {
    let mut config = credentials::server(&args.identities()?, &args.psks, &args.common)?
        .alpn_protocols(&args.common.protocols)
        .client_auth(client_auth(&args.client_auth, &args.common)?);
    if let Some(key_log) = args.common.key_log(recording)? {
        config = config.key_log(key_log);
    }
    if args.common.trace {
        config = config.trace(Arc::new(Printer));
    }
    Ok(config)
}

fn builder(args: &ServerArgs, recording: Option<&Recording>) -> Result<ServerConfigBuilder, Failure> {
    let mut config = base(args, recording)?;
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

fn client_auth(args: &ClientAuthArgs, common: &CommonOptions) -> Result<ClientAuth, Failure> {
    if args.ca.is_empty() {
        let unheeded =
            |option| Failure::new(Stage::Usage, format!("{option} applies to clients: it needs --client-ca"));
        return common.checks.of_verifier_only().map_or(Ok(ClientAuth::None), |option| Err(unheeded(option)));
    }
    let roots = trust(&args.ca)?;
    let authorities: Vec<_> = roots.names().collect();
    let verifier = common.checks.set(Verifier::new(roots))?;
    let verifier = ClientTrust::new(Arc::new(verifier)).authorities(authorities);
    Ok(if args.required() { ClientAuth::Require(verifier) } else { ClientAuth::Request(verifier) })
}

/// Everything that is needed to serve a connection.
struct Server {
    args: ServerArgs,
    service: Service,
    config: CurrentConfig,
    /// Answers clients, if other versions than TLS 1.2 may be negotiated.
    acceptor: Option<RwLock<Acceptor>>,
    recording: Option<Recording>,
    tape: Tape,
}

impl Server {
    /// Reloads all files. Clients can still resume their sessions, except those of rustls. If a file cannot be read, nothing
    /// changes.
    #[cfg(unix)]
    fn renew(&self) {
        let renewed = base(&self.args, self.recording.as_ref()).and_then(|config| {
            let config = config.resuming_as(&self.config.get()).build()?;
            let acceptor = both::server::acceptor(&config, self.args.common.versions()?)?;
            Ok((config, acceptor))
        });
        match renewed {
            Ok((config, acceptor)) => {
                self.config.replace(config);
                if let (Some(current), Some(acceptor)) = (&self.acceptor, acceptor) {
                    *current.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
                }
                say(format_args!("tls12: the certificates, keys and lists were reloaded, and are used from now on"));
            }
            Err(failure) => {
                warn(format_args!("tls12: NOTHING WAS CHANGED, the old certificates stay in use: {failure}"));
            }
        }
    }

    /// Serves a connection, and logs how it went.
    fn serve(&self, socket: Arc<TcpStream>, peer: SocketAddr, mut place: Place) {
        if place.is_limited() && !(says_something(&socket) && place.count()) {
            return;
        }
        if let Some(acceptor) = &self.acceptor {
            let acceptor = acceptor.read().unwrap_or_else(PoisonError::into_inner).clone();
            return self.serve_either(&acceptor, socket, peer, place);
        }
        Traced::begin(Some(peer));
        let flow = self.flow(&socket);
        let transport = Captured::new(Socket::new(socket, HANDSHAKE_TIMEOUT), flow);
        let mut stream = Stream::server(self.tape.server(self.config.get()), transport);
        let shaken = stream.complete_handshake();
        if !place.handshake_is_over() {
            return dropped(peer);
        }
        let (what, outcome) = match shaken {
            Err(error) => ("handshake failed", Err(error)),
            Ok(()) => {
                let summary = self.sum_up(&stream);
                let event = Event::new("connected").with_all(&summary.json());
                log(event, peer, &format!("connected: {}", summary.line()));
                ("failed", service::run(&self.service, &mut stream))
            }
        };
        let mut parts = stream.into_parts();
        let broken = match outcome {
            Ok(()) if matches!(self.service, Service::Stdin) => match carry(parts) {
                Ok(()) => return log(Event::new("closed"), peer, "closed"),
                Err(broken) => return self.failed(peer, what, &broken, &mut place),
            },
            Ok(()) => None,
            Err(error) => {
                self.show_verdict(peer, &error);
                Some(Broken::new(error, &mut parts.connection))
            }
        };
        match broken {
            None => log(Event::new("closed"), peer, "closed"),
            Some(broken) => self.failed(peer, what, &broken, &mut place),
        }
        socket::part(parts.transport);
        self.tape.check();
    }

    /// The same, by rustls or by this crate.
    fn serve_either(&self, acceptor: &Acceptor, socket: Arc<TcpStream>, peer: SocketAddr, mut place: Place) {
        let flow = self.flow(&socket);
        let transport = |flow| Captured::new(Socket::new(Arc::clone(&socket), HANDSHAKE_TIMEOUT), flow);
        let shaken = acceptor.accept_over(transport(flow.clone()));
        if !place.handshake_is_over() {
            return dropped(peer);
        }
        let stream = match shaken {
            Ok(stream) => stream,
            Err(error) => {
                self.show_verdict(peer, &error);
                self.failed(peer, "handshake failed", &both::server::handshake_broken(error), &mut place);
                return socket::part(transport(flow));
            }
        };
        let summary = both::server::sum_up(&stream, &self.args.common.exports);
        let event = Event::new("connected").with_all(&summary.json());
        log(event, peer, &format!("connected: {}", summary.line()));
        match both::server::run(&self.service, stream) {
            Ok(()) => log(Event::new("closed"), peer, "closed"),
            Err(broken) => self.failed(peer, "failed", &broken, &mut place),
        }
    }

    /// The connection in the recording, if there is one.
    fn flow(&self, socket: &TcpStream) -> Option<Flow> {
        self.recording.as_ref().and_then(|recording| recording.flow(Role::Server, socket))
    }

    /// The report on a client's certificate that was refused, if it is wanted.
    fn show_verdict(&self, peer: SocketAddr, error: &io::Error) {
        if let Some(report) = verify::report_of(error).filter(|_| self.args.verbose) {
            log(Event::failure("verdict").with("trusted", false).with("report", report.clone()), peer, &report);
        }
    }

    fn failed(&self, peer: SocketAddr, what: &str, broken: &Broken, place: &mut Place) {
        place.failed(broken.stage());
        let why = if self.args.verbose { broken.long("client") } else { broken.short("client") };
        let text = format!("{what}{why}");
        let event = Event::failure("failed").with("kind", broken.stage().name()).with("text", text.clone());
        log(event.with("explanation", broken.explanation()), peer, &text);
    }

    /// The negotiated parameters, and the client's identity.
    fn sum_up(&self, stream: &Stream) -> Summary {
        let mut summary = Summary::default();
        let Some(info) = stream.info() else { return summary };
        summary.add_negotiated(info);
        summary.add_record_limit(info);
        // The client chose these bytes.
        summary.add_optional("server-name", info.server_name().map(str::escape_debug));
        summary.add_client(info.peer_certificates());
        // A failed export is reported there, and does not prevent service.
        let export = |label: &[u8], key: &mut [u8]| stream.connection().export(label, None, key);
        let _ = summary.add_exports(&self.args.common.exports, export);
        summary
    }
}

/// The error of a connection that had to make room.
fn dropped(peer: SocketAddr) {
    let why = "dropped: its handshake was the slowest, and other connections were waiting";
    log(Event::failure("failed").with("text", why), peer, why);
}

/// Waits until the client has sent something. Returns `false` if it does not.
fn says_something(socket: &TcpStream) -> bool {
    let waits = socket.set_read_timeout(Some(HANDSHAKE_TIMEOUT));
    waits.is_ok() && socket.peek(&mut [0]).is_ok_and(|n| n > 0)
}

/// Sends standard input to the client, and writes its data to standard output.
fn carry(parts: Parts<Connection, Captured<Socket>>) -> Result<(), Broken> {
    let ends = Ends { at_end_of_input: AtEndOfInput::Close, silence: None };
    let socket = socket::without_deadline(parts.transport)?;
    duplex::carry(parts.connection, socket, parts.received, ends, &mut Nobody)
}

/// Reports nothing.
struct Nobody;

impl duplex::Listener for Nobody {
    fn first_data(&mut self) {}
    fn renegotiated(&mut self, _: &Connection) {}
}
