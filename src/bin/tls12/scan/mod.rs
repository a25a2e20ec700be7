//! `tls12 scan`: what a server supports, found by offering it. It sends well-formed hellos and makes a few whole handshakes;
//! it sends no data, and attempts no attack.

mod dial;
mod find;
mod flight;
mod hello;
mod least;
mod names;
mod report;
mod session;
mod tolerance;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tls12::wire::ProtocolVersion;
use tls12::{Indication, KeyUse, Peer, PeerChain};

use self::dial::{Dialer, Link};
use self::find::{Finder, Seen, VERSIONS};
use self::flight::Answer;
use self::least::{Least, Supported};
use self::names::{GROUPS, SCHEMES, named};
use self::report::{ChainReport, Needs, SuiteReport, VersionReport};
pub use self::report::{Named, Report};
use crate::failure::{Failure, Stage};
use crate::options::{Address, Checks, NameArgs, ReachArgs, Trust, TrustArgs, address};
use crate::output::{Event, To};
use crate::reach::reach;
use crate::{advice, certificates};

/// How long a server may take for the answer to a probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Finds out what a server supports, by offering it.
///
/// Versions, cipher suites, groups, signature schemes, certificates, extensions, resumption, and what the server cannot handle;
/// at the end, the minimum that a program must allow to connect to it. It sends no data, and attempts no attack. It makes at
/// most 250 connections, 4 at once.
#[derive(clap::Args)]
pub struct Args {
    /// The server
    #[arg(value_name = "HOST:PORT", value_parser = address)]
    address: Address,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    checks: Checks,
    #[command(flatten)]
    names: NameArgs,
    #[command(flatten)]
    reach: ReachArgs,
}

/// A server, and how to reach it.
pub struct Target<'a> {
    pub address: &'a Address,
    pub names: &'a NameArgs,
    pub reach: &'a ReachArgs,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let trust = args.trust.verifier(&args.checks)?;
    let target = Target { address: &args.address, names: &args.names, reach: &args.reach };
    let report = scan_server(&target, &trust, &args.checks)?;
    Event::new("scan").with_all(&report).print(To::Stdout, &report);
    Ok(())
}

/// Scans a server. Its certificates are judged, but none is refused.
pub fn scan_server(target: &Target<'_>, trust: &Trust, checks: &Checks) -> Result<Report, Failure> {
    let Target { address, names, reach: args } = target;
    let (asked, verified) = (names.asked(address)?, names.verified(address)?);
    let dial = || -> Result<Box<dyn Link>, String> {
        let mut carrier = reach(address, args, &asked.to_str(), None).map_err(|failure| failure.to_string())?.carrier;
        carrier.socket_mut().extend(args.timeout.unwrap_or(PROBE_TIMEOUT));
        Ok(Box::new(carrier))
    };
    let begun = Instant::now();
    let dialer = Dialer::new(&dial);
    let name = Name { of_server: &asked, is_sent: names.indication(address) != Indication::Omitted };
    let mut report = scan(&dialer, &name, &|chain| judge(trust, checks, &verified, chain))
        .map_err(|why| Failure::new(Stage::Network, format!("{address}: {why}")))?;
    report.address = address.to_string();
    report.milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// The name of the server.
struct Name<'a> {
    of_server: &'a ServerName<'static>,
    /// Whether it is sent in server_name.
    is_sent: bool,
}

/// The verdict on a chain.
fn judge(trust: &Trust, checks: &Checks, name: &ServerName<'static>, chain: &[CertificateDer<'static>]) -> ChainReport {
    let judged = |key_use| {
        let algorithms = checks.provider().signature_algorithms();
        let chain = PeerChain::new(Arc::from(chain), Peer::Server(name.clone()), key_use, UnixTime::now(), algorithms);
        trust.verifier.judge(&chain)
    };
    let verdict = judged(KeyUse::DigitalSignature).or_else(|error| judged(KeyUse::KeyEncipherment).map_err(|_| error));
    let report = verdict.err().map(|error| advice::report(&error));
    ChainReport { trusted: report.is_none(), report, chain: certificates::read(chain) }
}

/// The answers to each version.
fn versions(finder: &Finder<'_>) -> Vec<(ProtocolVersion, Answer)> {
    thread::scope(|scope| {
        let asked = VERSIONS.map(|version| (version, scope.spawn(move || finder.version(version))));
        let lost = |_| Answer::NotAsked("the probe was lost".to_owned());
        asked.map(|(version, answer)| (version, answer.join().unwrap_or_else(lost))).into()
    })
}

/// Whether the answer to this version is of this version.
fn is_supported((version, answer): &(ProtocolVersion, Answer)) -> bool {
    answer.flight().is_some_and(|flight| flight.version == *version)
}

/// The probes that run in parallel once the versions are known.
struct Found {
    suites: Vec<u16>,
    server_order: Option<bool>,
    suites13: Vec<u16>,
    groups: Vec<u16>,
    schemes: Vec<u16>,
    alpn: Vec<String>,
    record_size_limit: Option<u16>,
    max_fragment_length: Option<bool>,
    compression: Option<bool>,
    /// The chain that is presented to a client that sends no server name.
    unnamed: Option<Vec<CertificateDer<'static>>>,
}

/// `version` is the highest below TLS 1.3.
fn find(finder: &Finder<'_>, version: Option<ProtocolVersion>, has_13: bool) -> Found {
    let all = |table: &[(u16, &str)]| table.iter().map(|(code, _)| *code).collect::<Vec<_>>();
    let is_12 = version == Some(ProtocolVersion::TLS_1_2);
    thread::scope(|scope| {
        let suites = scope.spawn(move || {
            let suites = version.map_or_else(Vec::new, |version| finder.suites(version));
            let server_order = version.and_then(|version| finder.prefers_own_order(version, &suites));
            (suites, server_order)
        });
        let suites13 = scope.spawn(move || if has_13 { finder.suites(ProtocolVersion::TLS_1_3) } else { Vec::new() });
        let groups = scope.spawn(move || version.map_or_else(Vec::new, |version| finder.groups(version, all(&GROUPS))));
        let schemes = scope.spawn(move || if is_12 { finder.schemes(all(&SCHEMES)) } else { Vec::new() });
        let alpn = scope.spawn(move || version.map_or_else(Vec::new, |version| finder.protocols(version)));
        let limit = version.and_then(|version| finder.record_size_limit(version));
        let fragment = version.and_then(|version| finder.max_fragment_length(version));
        let compression = version.and_then(|version| finder.compresses(version));
        let unnamed =
            version.and_then(|version| finder.without_name(version).flight().map(|flight| flight.chain.clone()));
        let (suites, server_order) = suites.join().unwrap_or_default();
        Found {
            suites,
            server_order,
            suites13: suites13.join().unwrap_or_default(),
            groups: groups.join().unwrap_or_default(),
            schemes: schemes.join().unwrap_or_default(),
            alpn: alpn.join().unwrap_or_default(),
            record_size_limit: limit,
            max_fragment_length: fragment,
            compression,
            unnamed,
        }
    })
}

fn scan(
    dialer: &Dialer<'_>,
    name: &Name<'_>,
    judge: &dyn Fn(&[CertificateDer<'static>]) -> ChainReport,
) -> Result<Report, String> {
    let asked = match name.of_server {
        ServerName::DnsName(dns) if name.is_sent => Some(dns.as_ref()),
        // RFC 6066 §3: an address is not sent.
        _ => None,
    };
    let finder = Finder::new(dialer, asked);
    let versions = versions(&finder);
    let unasked = versions.iter().map(|(_, answer)| if let Answer::NotAsked(why) = answer { Some(why) } else { None });
    if let Some([why, ..]) = unasked.collect::<Option<Vec<_>>>().as_deref() {
        return Err((*why).clone());
    }
    if !versions.iter().any(is_supported) {
        let answers: Vec<String> =
            versions.iter().map(|(version, answer)| format!("{} to {version}", answer.describe())).collect();
        return Err(format!("the server supports no version of TLS: it answered {}", answers.join(", ")));
    }
    let below_13 = versions.iter().filter(|(version, _)| *version < ProtocolVersion::TLS_1_3);
    let version = below_13.filter(|answer| is_supported(answer)).map(|(version, _)| *version).max();
    let found = find(&finder, version, versions.last().is_some_and(is_supported));
    let certificates: Vec<ChainReport> = finder.seen().chains.iter().map(|chain| judge(chain)).collect();
    let least = least(&found, &finder.seen(), version, &certificates);
    let (sessions, intolerances) = thread::scope(|scope| {
        let sessions = scope.spawn(|| {
            least.as_ref().ok().map(|least| session::try_sessions(dialer, least, name.of_server, asked.is_some()))
        });
        let suite = found.suites.first().filter(|_| version == Some(ProtocolVersion::TLS_1_2));
        let intolerances = suite.and_then(|suite| tolerance::intolerances(&finder, *suite));
        (sessions.join().unwrap_or_default(), intolerances)
    });
    let seen = finder.seen();
    let names = |table: &[(u16, &str)], codes: &[u16]| {
        codes.iter().map(|code| Named { code: *code, name: named(table, *code) }).collect::<Vec<_>>()
    };
    Ok(Report {
        address: String::new(),
        versions: versions.iter().map(|answered| version_report(answered, &found, version)).collect(),
        groups: names(&GROUPS, &found.groups),
        signature_schemes: names(&SCHEMES, &found.schemes),
        certificates,
        same_without_name: asked.and(version).map(|_| found.unnamed.is_some_and(|chain| seen.chains.contains(&chain))),
        extended_master_secret: seen.extended_master_secret,
        encrypt_then_mac: seen.encrypt_then_mac,
        secure_renegotiation: seen.secure_renegotiation,
        ocsp_stapled: seen.is_stapled,
        asks_for_client_certificate: seen.asks_for_certificate,
        dh_bits: seen.dh_bits,
        alpn: found.alpn,
        record_size_limit: found.record_size_limit,
        max_fragment_length: found.max_fragment_length,
        compression: found.compression,
        sessions,
        intolerances,
        needs: Needs::of(&least),
        connections: dialer.made(),
        unanswered: dialer.unanswered(),
        milliseconds: 0,
    })
}

fn least(
    found: &Found,
    seen: &Seen,
    version: Option<ProtocolVersion>,
    certificates: &[ChainReport],
) -> Result<Least, String> {
    if version != Some(ProtocolVersion::TLS_1_2) {
        let only = if version.is_none() { "TLS 1.3 only" } else { "no TLS 1.2" };
        return Err(format!("it speaks {only}"));
    }
    let own = certificates.iter().filter_map(|chain| chain.chain.first()?.contents.as_ref()?.rsa_bits);
    Least::for_server(&Supported {
        suites: &found.suites,
        groups: &found.groups,
        schemes: &found.schemes,
        secure_renegotiation: seen.secure_renegotiation.unwrap_or(false),
        rsa_bits: own.min(),
    })
}

fn version_report(
    answered: &(ProtocolVersion, Answer),
    found: &Found,
    scanned: Option<ProtocolVersion>,
) -> VersionReport {
    let (version, answer) = answered;
    let supported = is_supported(answered);
    let suites = match *version {
        ProtocolVersion::TLS_1_3 => &found.suites13[..],
        _ if scanned == Some(*version) => &found.suites,
        _ => &[],
    };
    let answer = match answer.flight() {
        Some(flight) => format!("a ServerHello of {}", flight.version),
        None => answer.describe(),
    };
    VersionReport {
        version: version.to_string(),
        supported,
        answer: (!supported).then_some(answer),
        suites: suites.iter().copied().map(SuiteReport::of).collect(),
        server_order: found.server_order.filter(|_| scanned == Some(*version)),
    }
}
