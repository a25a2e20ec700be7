//! The common part of `tls12 client` with and without TLS 1.3: what a connection needs, and the report on a server that was refused.

use std::io;
use std::sync::Arc;

use rustls_pki_types::ServerName;
use tls12::ClientConfig;

use crate::failure::{Failure, Stage};
use crate::observer::Observer;
use crate::options::ClientArgs;
use crate::output::{Event, To};
use crate::recording::Recording;
use crate::{certificates, verify};

/// What is needed to begin a connection.
pub struct Begin<'a> {
    pub config: Arc<ClientConfig>,
    pub name: ServerName<'static>,
    pub recording: Option<&'a Recording>,
}

/// The failure of `--look` with a server that is not trusted.
pub fn untrusted(observer: Option<&Observer>) -> Result<(), Failure> {
    match observer.and_then(Observer::refused) {
        None => Ok(()),
        Some(error) => {
            let why = format!("the server's certificate is not trusted ({}); nothing was sent", error.kind.name());
            Err(Failure::new(Stage::Certificate, why))
        }
    }
}

/// Shows why a server was refused, and its chain if requested.
pub fn show_refused(args: &ClientArgs, observer: Option<&Observer>, error: &io::Error) {
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
