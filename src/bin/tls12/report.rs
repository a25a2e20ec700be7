//! The report of `tls12 client` on its connection.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tls12::verify::Pin;
use tls12::{CertificateDer, Connection, ConnectionInfo, ExportError};

use crate::duplex::Listener;
use crate::failure::Reason;
use crate::observer::Observer;
use crate::options::ClientArgs;
use crate::output::{Event, To, in_words, milliseconds};
use crate::summary::Summary;
use crate::{advice, certificates, expiry, output, say};

/// The address of the server, and how long each step took.
pub struct Times {
    pub peer: Option<SocketAddr>,
    pub connecting: Duration,
    pub handshake: Duration,
}

/// Reports on standard error.
pub struct Report<'a> {
    args: &'a ClientArgs,
    observer: Option<&'a Observer>,
    times: Times,
    /// When the handshake was complete.
    connected: Instant,
    first_byte: Option<Duration>,
    renegotiations: u8,
}

impl<'a> Report<'a> {
    pub fn new(args: &'a ClientArgs, observer: Option<&'a Observer>, times: Times) -> Self {
        Self { args, observer, times, connected: Instant::now(), first_byte: None, renegotiations: 0 }
    }

    /// The handshake is complete.
    pub fn connected(&self, connection: &Connection) -> Result<(), Reason> {
        let outcome = self.sum_up(connection, Summary::default(), self.times());
        self.warn_of_expiry(connection.info().map(ConnectionInfo::peer_certificates).unwrap_or_default());
        outcome
    }

    /// The same for a connection of whichever version: with what was negotiated, the server's chain, and the keys.
    pub fn connected_with(
        &self,
        mut summary: Summary,
        chain: &[CertificateDer<'_>],
        resumed: bool,
        export: impl Fn(&[u8], &mut [u8]) -> Result<(), ExportError>,
    ) -> Result<(), Reason> {
        self.add_identity(&mut summary, chain, resumed);
        let exported = summary.add_exports(&self.args.common.exports, export);
        self.print("connected", &summary, &self.times(), chain);
        self.warn_of_expiry(chain);
        Ok(exported.map_err(|error| format!("--export: {error}"))?)
    }

    fn times(&self) -> Summary {
        let mut times = Summary::default();
        if let Some(peer) = self.times.peer {
            times.add("address", peer.to_string());
        }
        times.add_as("connect-time", in_words(self.times.connecting), milliseconds(self.times.connecting));
        times.add_as("handshake-time", in_words(self.times.handshake), milliseconds(self.times.handshake));
        times
    }

    fn warn_of_expiry(&self, chain: &[CertificateDer<'_>]) {
        let Some(days) = self.args.common.checks.warn_days else { return };
        for warning in expiry::warnings(chain, days) {
            say(format_args!("tls12: warning: {warning}"));
        }
    }

    /// Notes that the first data has arrived.
    pub fn note_first_data(&mut self) {
        self.first_byte = Some(self.connected.elapsed());
    }

    /// The connection has ended.
    pub fn finish(&self) {
        if let Some(time) = self.first_byte {
            let text = format!("first-byte-time: {}", in_words(time));
            Event::new("received").with("first_byte_time", milliseconds(time)).print(To::Stderr, text);
        }
    }

    /// Prints the negotiated parameters and the server's identity, between these two.
    fn sum_up(&self, connection: &Connection, mut summary: Summary, after: Summary) -> Result<(), Reason> {
        let Some(info) = connection.info() else { return Ok(()) };
        summary.add_negotiated(info);
        summary.add_record_limit(info);
        // A session that is resumed has its client's certificate from the first handshake, which is not known here.
        if !info.resumed() {
            summary.add_client(info.own_certificates());
            for unfit in info.unfit_certificates() {
                summary.add_to("client-certificate-unfit", unfit.reason.to_string());
            }
            let stapled = self.observer.is_some_and(Observer::saw_ocsp_response);
            summary.add_as("ocsp", if stapled { "stapled" } else { "none" }, stapled);
        }
        self.add_identity(&mut summary, info.peer_certificates(), info.resumed());
        let export = |label: &[u8], key: &mut [u8]| connection.export(label, None, key);
        let exported = summary.add_exports(&self.args.common.exports, export);
        let kind = if summary.has("renegotiated") { "renegotiated" } else { "connected" };
        self.print(kind, &summary, &after, info.peer_certificates());
        Ok(exported.map_err(|error| format!("--export: {error}"))?)
    }

    /// The server's chain, and the verdict on it.
    fn add_identity(&self, summary: &mut Summary, chain: &[CertificateDer<'_>], resumed: bool) {
        summary.add_chain(chain);
        let Some(own) = chain.first() else { return };
        if let (true, Ok(pin)) = (self.args.look, Pin::key_of(own)) {
            summary.add("pin", pin.to_string());
        }
        let refused = self.observer.and_then(Observer::refused).map(|error| advice::report(&error));
        let verdict = match &refused {
            Some(report) => format!("refused: {report}"),
            // A session is not verified again.
            None if resumed => "trusted when the session was created".to_owned(),
            None => "trusted".to_owned(),
        };
        summary.add_as("verdict", verdict, json!({ "trusted": refused.is_none(), "report": refused }));
    }

    fn print(&self, kind: &'static str, summary: &Summary, after: &Summary, chain: &[CertificateDer<'_>]) {
        let mut lines = summary.lines() + &after.lines();
        let mut event = Event::new(kind).with_all(&summary.json()).with_all(&after.json());
        if self.args.show_certs {
            let certificates = certificates::read(chain);
            lines.push_str(&certificates::described(&certificates));
            event = event.with("certificates", certificates::json(&certificates));
        }
        // With --look there is no data on standard output.
        event.print(if self.args.look && output::is_json() { To::Stdout } else { To::Stderr }, lines.trim_end());
    }
}

impl Listener for Report<'_> {
    fn first_data(&mut self) {
        self.note_first_data();
    }

    fn renegotiated(&mut self, connection: &Connection) {
        self.renegotiations = self.renegotiations.saturating_add(1);
        let mut summary = Summary::default();
        summary.add_as("renegotiated", self.renegotiations.to_string(), self.renegotiations);
        // What cannot be exported now is said there. What could be before is in use.
        let _ = self.sum_up(connection, summary, Summary::default());
    }
}
