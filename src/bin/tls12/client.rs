//! `tls12 client`: connects, reports the negotiated parameters, and carries data both ways.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tls12::io::blocking::StreamOwned;
use tls12::session::ClientSession;
use tls12::verify::FirstUse;
use tls12::{
    AskFor, ClientConfig, ConfigError, ConnectionInfo, HelloShape, NewSession, RecordLimit, Renegotiation, VerifyPeer,
};

use crate::broken::Broken;
use crate::carrier::Carrier;
use crate::comparison::{Explanation, Offered};
use crate::connecting::{Begin, show_refused, untrusted};
use crate::duplex::{AtEndOfInput, Ends};
use crate::failure::{Failure, Reason, Stage};
use crate::known_servers::KnownServers;
use crate::observer::{Observer, Refusal};
use crate::options::{ClientArgs, Switch, Versions};
use crate::reach::{Reached, reach};
use crate::recording::Recording;
use crate::report::{Report, Times};
use crate::scan::{self, Target};
use crate::session_file::{self, SessionFile, Written};
use crate::trace::{Printer, Traced};
use crate::{both, credentials, duplex, keys, recording, say, verify};

type Stream = StreamOwned<Carrier>;

pub fn run(args: &ClientArgs) -> Result<(), Failure> {
    let versions = args.common.versions()?;
    if versions != Versions::Tls12 {
        both::client::check(args)?;
    }
    let recording = args.common.recording()?;
    recording::outcome(recording.as_ref(), connect(args, versions, recording.as_ref()))
}

fn connect(args: &ClientArgs, versions: Versions, recording: Option<&Recording>) -> Result<(), Failure> {
    let name = args.names.verified(&args.address)?;
    let known = args.tofu.as_deref().map(|path| KnownServers::read(path, &args.address, name.clone())).transpose()?;
    let observer = observer(args, known.as_ref())?;
    let tape = args.common.record.start()?;
    let config = config(args, observer.clone(), recording)?;
    let mut begin = Begin { config, name, recording };
    if versions != Versions::Tls12 {
        return both::client::run(args, versions, begin, observer.as_deref(), known);
    }
    begin.config = tape.client(begin.config);
    let session = args.session_in.as_deref().map(session_file::read).transpose()?;
    let file = args.session_out.as_deref().map(SessionFile::prepare).transpose()?;

    let (mut stream, times) = handshake(args, begin, session.clone(), observer.as_deref())?;
    let mut report = Report::new(args, observer.as_deref(), times);
    if args.look {
        return look(&report, &mut stream, observer.as_deref());
    }
    known.map_or(Ok(()), KnownServers::keep).inspect_err(|_| {
        let _ = stream.close();
    })?;
    let kept = file.map(|file| keep_session(file, &mut stream, session)).transpose();
    let ready = kept.and_then(|kept| report.connected(stream.connection()).map(|()| kept.flatten()));
    let written = ready.map_err(|reason| {
        // The server did nothing wrong.
        let _ = stream.close();
        Failure::new(Stage::Start, reason)
    })?;
    let parts = stream.into_parts();
    let socket = parts.transport.into_inner().map_err(|error| Failure::new(Stage::Network, error))?;
    let at_end_of_input = if args.keep_open { AtEndOfInput::KeepOpen } else { AtEndOfInput::Close };
    let ends = Ends { at_end_of_input, silence: args.reach.timeout };
    let outcome = duplex::carry(parts.connection, socket, parts.received, ends, &mut report);
    report.finish();
    outcome.map_err(|broken| {
        if let (Some(written), true) = (written, broken.forbids_resumption()) {
            written.take_back();
        }
        let why = format!("the connection failed{}", broken.long("server"));
        Failure::new(broken.stage(), why).explained(broken.explanation())
    })
}

/// The verifier of the server's certificate; `None` if a pre-shared key is used instead.
fn observer(args: &ClientArgs, known: Option<&KnownServers>) -> Result<Option<Arc<Observer>>, Failure> {
    let checks = &args.common.checks;
    let usage = |why: String| Err(Failure::new(Stage::Usage, why));
    let verifier: Arc<dyn VerifyPeer> = match known {
        Some(known) => match checks.of_verifier_only() {
            Some(option) => {
                return usage(format!("{option} cannot be used with --tofu, which checks only the key"));
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
    let refusal = if args.look { Refusal::IsReported } else { Refusal::Ends };
    Ok(Some(Arc::new(Observer::new(verifier, refusal))))
}

/// Shows the chain and the verdict, and closes.
fn look(report: &Report<'_>, stream: &mut Stream, observer: Option<&Observer>) -> Result<(), Failure> {
    let told = report.connected(stream.connection());
    let _ = stream.close();
    told.map_err(|reason| Failure::new(Stage::Start, reason))?;
    untrusted(observer)
}

fn config(
    args: &ClientArgs,
    verifier: Option<Arc<Observer>>,
    recording: Option<&Recording>,
) -> Result<Arc<ClientConfig>, Failure> {
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
        .hello_shape(
            HelloShape::default().min_len(args.min_hello.into()).indication(args.names.indication(&args.address)),
        )
        .renegotiation(args.renegotiate.map_or(Renegotiation::Refuse, Renegotiation::AtMost))
        .record_limit(args.max_fragment.map_or(RecordLimit::None, RecordLimit::MaxFragmentLength));
    if let Some(cert) = &args.client_cert {
        let key = match &args.client_key {
            Some(key) => key,
            None if keys::holds_both(cert) => cert,
            None => {
                let why = "--client-cert needs --client-key, unless it is a PKCS#12 file with both";
                return Err(Failure::new(Stage::Usage, why));
            }
        };
        config = config.credentials([credentials::load(cert, key, &args.common.key_password.source())?]);
    }
    if let Some(key_log) = args.common.key_log(recording)? {
        config = config.key_log(key_log);
    }
    if args.common.trace {
        config = config.trace(Arc::new(Printer));
    }
    config.build().map_err(|error| match (error, &args.client_cert) {
        (ConfigError::NoSchemeForKey, Some(cert)) => Failure::in_file(cert, ConfigError::NoSchemeForKey),
        (error, _) => error.into(),
    })
}

fn handshake(
    args: &ClientArgs,
    begin: Begin<'_>,
    session: Option<ClientSession>,
    observer: Option<&Observer>,
) -> Result<(Stream, Times), Failure> {
    let Begin { config, name, recording } = begin;
    let address = &args.address;
    let asked = args.names.asked(address)?;
    let Reached { carrier, peer, connecting, handshake_timeout } =
        reach(address, &args.reach, &asked.to_str(), recording)?;
    let begun = Instant::now();
    Traced::begin(None);
    let stream = match session {
        Some(session) => Stream::resume(config, name, session, carrier)?,
        None => Stream::client(config, name, carrier)?,
    };
    let mut stream = stream.handshake_time(handshake_timeout);
    match stream.complete_handshake() {
        Ok(()) => Ok((stream, Times { peer, connecting, handshake: begun.elapsed() })),
        Err(error) => {
            show_refused(args, observer, &error);
            let is_refusal = verify::report_of(&error).is_some();
            let broken = Broken::new(error, &mut stream.into_parts().connection);
            let mut explanation = broken.explanation();
            let failed = format!("handshake with {address} failed");
            let why = if is_refusal {
                // The report has all details.
                format!("{failed}: the server's certificate was refused, for the reason above")
            } else if args.explain {
                let found = explain(args)?;
                explanation["found"] = json!(found);
                // The findings of the scan replace guesses.
                let known = if found.is_conclusive() { broken.cause("server") } else { broken.long("server") };
                format!("{failed}{known}\n{found}")
            } else {
                format!("{failed}{}", broken.long("server"))
            };
            Err(Failure::new(broken.stage(), why).explained(explanation))
        }
    }
}

/// Finds out why the handshake has failed.
fn explain(args: &ClientArgs) -> Result<Explanation, Failure> {
    let checks = &args.common.checks;
    let target = Target { address: &args.address, names: &args.names, reach: &args.reach };
    let report = scan::scan_server(&target, &args.trust.verifier(checks)?, checks)?;
    let [suites, groups, schemes] = args.common.offered();
    let client_certificate = args.client_cert.is_some();
    Ok(Explanation::of(&report, &Offered { suites, groups, schemes, client_certificate }))
}

/// Writes the session that this connection created, or the one that it resumed if the server did not issue another.
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
        let why = why.map_or_else(|| "the server did not issue a new session".to_owned(), |why| why.to_string());
        say(format_args!("tls12: {}: not written: {why}", file.path()));
        return Ok(None);
    };
    let path = file.path().to_string();
    let written = file.write(&session);
    Ok(Some(written.map_err(|error| format!("{path}: {error}"))?))
}
