//! `tls12 client --max-version 1.3`.

use std::io;
use std::time::Instant;

use tls12::ProtocolVersion;
use tls12::crypto::SUITES;
use tls12::io::both::{ConnectError, Connector, Stream};

use super::carry::{carry, halves_of};
use super::{exporter, refused, stage, summary};
use crate::carrier::Carrier;
use crate::connecting::{Begin, show_refused, untrusted};
use crate::duplex::{AtEndOfInput, Ends};
use crate::failure::{Failure, Stage};
use crate::known_servers::KnownServers;
use crate::observer::Observer;
use crate::options::{ClientArgs, Versions, refuse_with_tls13};
use crate::reach::{Reached, reach};
use crate::report::{Report, Times};
use crate::say;

/// Refuses options that only this crate has.
pub fn check(args: &ClientArgs) -> Result<(), Failure> {
    refuse_with_tls13(&[
        (args.common.trace, "--trace"),
        (args.common.record.is_given(), "--record"),
        (args.explain, "--explain"),
        (args.psk.is_some(), "--psk"),
        (args.session_in.is_some(), "--session-in"),
        (args.session_out.is_some(), "--session-out"),
        (args.renegotiate.is_some(), "--renegotiate"),
        (args.max_fragment.is_some(), "--max-fragment"),
        (args.min_hello > 0, "--min-hello"),
        (args.tickets == crate::options::Switch::Off, "--tickets off"),
    ])
}

/// Connects with this configuration, reports the negotiated parameters, and carries data both ways.
pub fn run(
    args: &ClientArgs,
    versions: Versions,
    begin: Begin<'_>,
    observer: Option<&Observer>,
    known: Option<KnownServers>,
) -> Result<(), Failure> {
    let min_version = if versions == Versions::Tls13 { ProtocolVersion::TLS_1_3 } else { ProtocolVersion::TLS_1_2 };
    let connector = Connector::with_min_version(&begin.config, min_version).map_err(refused)?;
    let connector = connector.on_fallback(|fallback| {
        say(format_args!("tls12: note: connecting again, with TLS 1.2 only, as {}", fallback.reason));
    });
    let (mut stream, times) = handshake(args, &connector, begin, observer)?;
    let mut report = Report::new(args, observer, times);
    let told = report.connected_with(
        summary(stream.info()),
        &stream.info().peer_certificates,
        stream.info().resumed,
        exporter(&stream),
    );
    if args.look {
        let _ = stream.close();
        told.map_err(|reason| Failure::new(Stage::Start, reason))?;
        return untrusted(observer);
    }
    if let Err(reason) = known
        .map_or(Ok(()), KnownServers::keep)
        .and_then(|()| told.map_err(|reason| Failure::new(Stage::Start, reason)))
    {
        // The server did nothing wrong.
        let _ = stream.close();
        return Err(reason);
    }
    let mut socket = None;
    let halves = stream.into_split(|carrier| {
        let whole = carrier.into_inner()?;
        let halves = halves_of(&whole);
        socket = Some(whole);
        halves
    });
    let (Ok(halves), Some(socket)) = (halves, socket) else {
        return Err(Failure::new(Stage::Network, "the connection was lost"));
    };
    let at_end_of_input = if args.keep_open { AtEndOfInput::KeepOpen } else { AtEndOfInput::Close };
    let ends = Ends { at_end_of_input, silence: args.reach.timeout };
    let outcome = carry(halves, &socket, ends, || report.note_first_data());
    report.finish();
    outcome.map_err(|broken| {
        let why = format!("the connection failed{}", broken.long("server"));
        Failure::new(broken.stage(), why).explained(broken.explanation())
    })
}

fn handshake(
    args: &ClientArgs,
    connector: &Connector,
    begin: Begin<'_>,
    observer: Option<&Observer>,
) -> Result<(Stream<Carrier>, Times), Failure> {
    let address = &args.address;
    let asked = args.names.asked(address)?;
    let (mut times, mut begun, mut unreached) = (None, Instant::now(), None);
    let limit = args.reach.handshake_timeout();
    let connected = connector.clone().handshake_time(limit).connect_with(begin.name, address.port, || {
        match reach(address, &args.reach, &asked.to_str(), begin.recording) {
            Ok(Reached { carrier, peer, connecting, .. }) => {
                (times, begun) = (Some((peer, connecting)), Instant::now());
                Ok(carrier)
            }
            Err(failure) => {
                unreached = Some(failure);
                Err(io::ErrorKind::NotConnected.into())
            }
        }
    });
    match (connected, unreached, times) {
        (Ok(stream), _, Some((peer, connecting))) => {
            Ok((stream, Times { peer, connecting, handshake: begun.elapsed() }))
        }
        (_, Some(failure), _) => Err(failure),
        (Err(error), ..) => Err(failed(args, observer, &error)),
        (Ok(_), ..) => Err(Failure::new(Stage::Network, "no connection was made")),
    }
}

fn failed(args: &ClientArgs, observer: Option<&Observer>, error: &ConnectError) -> Failure {
    show_refused(args, observer, error.error());
    let failed = format!("handshake with {} failed", args.address);
    let stage = stage(error.error(), false);
    let why = if stage == Stage::Certificate {
        format!("{failed}: the server's certificate was refused, for the reason above")
    } else {
        format!("{failed}: {error}{}", advice(args, error))
    };
    let explanation = serde_json::json!({ "side": null, "cause": error.to_string(), "details": [], "advice": [] });
    Failure::new(stage, why).explained(explanation)
}

/// What to try with a server that refused both attempts.
fn advice(args: &ClientArgs, error: &ConnectError) -> String {
    if error.first_failure().is_none() || error.is_downgrade() {
        return String::new();
    }
    let policy = args.common.policy();
    let offers_static_rsa = SUITES.iter().any(|suite| suite.name.starts_with("TLS_RSA_") && policy.allows(suite));
    let legacy = if offers_static_rsa { "" } else { "\n- if it supports static RSA only: give --policy legacy" };
    format!("\nwhat to try:{legacy}\n- find out what it supports: tls12 scan {}", args.address)
}
