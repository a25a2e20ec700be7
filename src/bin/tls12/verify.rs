//! `tls12 verify`: validates a certificate chain without a connection, and explains the result.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};
use tls12::verify::{Basis, Verdict, subject};
use tls12::{CertificateError, Error, KeyUse, Peer, PeerChain};

use crate::advice::report;
use crate::failure::{Failure, Reason};
use crate::options::{Allowed, Checks, Trust, TrustArgs, server_name};
use crate::output::{Event, To};
use crate::{certificates, credentials, expiry, say};

/// Validates a certificate chain, and explains what is wrong with it.
///
/// Exit codes: 0 if it is valid, 1 if it is refused, 2 if that could not be determined.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    trust: TrustArgs,
    /// The name that the server's certificate must have
    #[arg(long, value_name = "NAME", value_parser = server_name, required_unless_present = "client")]
    name: Option<ServerName<'static>>,
    /// The time at which the chain must be valid, such as 2026-06-01T12:00:00Z; now if not given
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    time: Option<UnixTime>,
    #[command(flatten)]
    checks: Checks,
    /// The OCSP response that the server staples (DER)
    #[arg(long, value_name = "FILE", conflicts_with = "client")]
    staple: Option<PathBuf>,
    /// Show each certificate in full
    #[arg(long)]
    show_certs: bool,
    /// Validate the certificate of a client
    #[arg(long, conflicts_with = "name")]
    client: bool,
    /// Allow at most this number of intermediates
    #[arg(long, value_name = "N")]
    max_depth: Option<usize>,
    /// The chain (PEM, or one certificate in DER), the peer's own certificate first
    #[arg(value_name = "CHAIN")]
    chain: PathBuf,
}

pub fn run(args: Args) -> ExitCode {
    /// As for wrong usage: nothing is said about the chain.
    const NO_VERDICT: u8 = 2;
    match verdict(args) {
        Ok(Verified { valid: Ok(valid), shown, json }) => {
            let told = json!({ "valid": true, "subject": valid.subject, "static_rsa_only": valid.static_rsa_only,
                "basis": valid.basis, "path": valid.path, "notes": valid.notes });
            Event::new("verified")
                .with_all(&told)
                .with("certificates", json)
                .print(To::Stdout, format_args!("{shown}{valid}"));
            ExitCode::SUCCESS
        }
        Ok(Verified { valid: Err(error), shown, json }) => {
            let report = report(&error);
            let told = json!({ "valid": false, "kind": error.kind.name(), "report": report });
            let event = Event::failure("verified").with_all(&told).with("certificates", json);
            event.print(To::Stdout, format_args!("{shown}refused: {report}"));
            ExitCode::FAILURE
        }
        Err(failure) => {
            Event::failure("failed")
                .with("exit_code", NO_VERDICT)
                .with("text", failure.to_string())
                .print(To::Stderr, format_args!("tls12: {failure}"));
            ExitCode::from(NO_VERDICT)
        }
    }
}

/// The result, and the certificates, if they are to be shown: as text and as JSON.
struct Verified {
    valid: Result<Valid, CertificateError>,
    shown: String,
    json: Option<Value>,
}

/// The report on a valid chain.
struct Valid {
    subject: String,
    /// It cannot be used for signatures.
    static_rsa_only: bool,
    /// Why it is trusted: `path`, `pinned` or `trusted`.
    basis: &'static str,
    /// The subjects of its issuers, in order, with the root last.
    path: Vec<String>,
    notes: Vec<String>,
}

impl fmt::Display for Valid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "valid: {}", self.subject)?;
        if self.static_rsa_only {
            f.write_str(", for static RSA key exchange only")?;
        }
        let (root, sent) = self.path.split_last().map_or((None, &[][..]), |(root, sent)| (Some(root), sent));
        sent.iter().try_for_each(|issuer| write!(f, "\n  issued by {issuer}"))?;
        match (self.basis, root) {
            ("path", Some(root)) => write!(f, "\n  issued by {root}, which is trusted")?,
            ("path", None) => {}
            ("pinned", _) => f.write_str("\n  pinned (--pin or --trust)")?,
            _ => f.write_str("\n  itself trusted (--ca)")?,
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n  note: {note}"))
    }
}

/// The report on the chain.
fn verdict(args: Args) -> Result<Verified, Reason> {
    if args.checks.allows(Allowed::Sha1) {
        return Err("--allow sha1 is for handshakes; certificates need --allow sha1-signatures".into());
    }
    let reason = |failure: Failure| failure.to_string();
    let Trust { mut verifier, roots } = args.trust.verifier(&args.checks).map_err(reason)?;
    if let Some(limit) = args.max_depth {
        verifier = verifier.max_intermediates(limit);
    }
    let certificates: Arc<[_]> = credentials::certificates(&args.chain).map_err(reason)?.into();
    let read = args.show_certs.then(|| certificates::read(&certificates));
    let shown = read.as_deref().map(certificates::described).unwrap_or_default();
    let json = read.as_deref().map(certificates::json);
    for warning in args.checks.warn_days.iter().flat_map(|days| expiry::warnings(&certificates, *days)) {
        say(format_args!("tls12: warning: {warning}"));
    }
    let peer = args.name.map_or(Peer::Client, Peer::Server);
    let now = args.time.unwrap_or_else(UnixTime::now);
    let algorithms = args.checks.provider().signature_algorithms();
    let staple: Option<Arc<[u8]>> = args.staple.map(|path| staple(&path)).transpose()?;
    let chain = |key_use| {
        let mut chain = PeerChain::new(certificates.clone(), peer.clone(), key_use, now, algorithms.clone());
        chain.ocsp_response.clone_from(&staple);
        chain
    };
    let valid = match verifier.judge(&chain(KeyUse::DigitalSignature)) {
        Ok(verdict) => Ok(Valid::of(&verdict, false, &certificates, &roots)),
        // Without a connection there is no key exchange: any that the certificate allows will do.
        Err(error) => match verifier.judge(&chain(KeyUse::KeyEncipherment)) {
            Ok(verdict) => Ok(Valid::of(&verdict, true, &certificates, &roots)),
            Err(_) => Err(error),
        },
    };
    Ok(Verified { valid, shown, json })
}

impl Valid {
    fn of(verdict: &Verdict, static_rsa_only: bool, chain: &[CertificateDer<'_>], roots: &[String]) -> Self {
        let (basis, path) = match verdict.basis() {
            Basis::Path { certificates, root } => {
                let sent = certificates.iter().skip(1).filter_map(|index| chain.get(*index).and_then(subject));
                ("path", sent.chain(roots.get(*root).cloned()).collect())
            }
            Basis::Pinned => ("pinned", Vec::new()),
            _ => ("trusted", Vec::new()),
        };
        Self {
            subject: chain.first().and_then(subject).unwrap_or_default(),
            static_rsa_only,
            basis,
            path,
            notes: verdict.notes().map(|note| note.to_string()).collect(),
        }
    }
}

fn staple(path: &Path) -> Result<Arc<[u8]>, Reason> {
    let read = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(read.into())
}

/// Parses a time in the format of RFC 3339, to the second.
fn parse_time(text: &str) -> Result<UnixTime, &'static str> {
    const FORM: &str = "a time has a form such as 2026-06-01T12:00:00Z or 2026-06-01T14:00:00+02:00";
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let sign = |at: usize, wanted: &[u8]| text.as_bytes().get(at).is_some_and(|byte| wanted.contains(byte));
    let read = || {
        let marks = [(4, &b"-"[..]), (7, b"-"), (10, b"Tt"), (13, b":"), (16, b":")];
        if !marks.into_iter().all(|(at, wanted)| sign(at, wanted)) {
            return None;
        }
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let offset = match text.get(19..)? {
            "Z" | "z" => 0,
            rest if rest.len() == 6 && sign(19, b"+-") && sign(22, b":") => {
                let minutes = number(20..22)? * 60 + number(23..25)?;
                if sign(19, b"+") { minutes } else { -minutes }
            }
            _ => return None,
        };
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let in_month = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=in_month).contains(&day) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        // Years begin in March, so that the leap day is the last; 719468 days lie between March of year 0 and 1970.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
        u64::try_from(seconds).ok()
    };
    read().map(|seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds))).ok_or(FORM)
}

/// The report on a handshake that failed because of the peer's certificates.
pub fn report_of(error: &io::Error) -> Option<String> {
    match error.get_ref()?.downcast_ref()? {
        Error::Certificate(error) => Some(report(error)),
        _ => None,
    }
}
