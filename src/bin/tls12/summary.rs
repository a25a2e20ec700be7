//! What is known of a connection, for people and scripts: keys and values.

use std::fmt::Write as _;

use tls12::crypto::MacOrder;
use tls12::verify::subject;
use tls12::{CertificateDer, Connection, ConnectionInfo, ExportError, Resumption};

use crate::options::Export;

/// Keys and values, in the order in which they are printed.
#[derive(Default)]
pub struct Summary(Vec<(&'static str, String)>);

impl Summary {
    /// What was negotiated, which both sides know alike.
    pub fn add_negotiated(&mut self, info: &ConnectionInfo) {
        let resumed = match info.resumption() {
            None => "no",
            Some(Resumption::SessionId) => "by session ID",
            Some(Resumption::Ticket) => "by ticket",
            Some(_) => "yes",
        };
        let etm = match info.mac_order() {
            Some(MacOrder::EncryptThenMac) => "yes",
            Some(MacOrder::MacThenEncrypt) => "no",
            // An AEAD does both at once.
            None => "not applicable",
        };
        let protocol = info.alpn_protocol().map(|name| name.escape_ascii().to_string());
        self.add("suite", info.suite().name);
        self.add("group", or_none(info.group()));
        self.add("scheme", or_none(info.signature_scheme()));
        self.add("ems", if info.extended_master_secret() { "yes" } else { "no" });
        self.add("etm", etm);
        self.add("alpn", or_none(protocol));
        self.add("resumed", resumed);
        if let Some(identity) = info.psk_identity() {
            self.add("psk-identity", identity.escape_ascii().to_string());
        }
    }

    pub fn add(&mut self, key: &'static str, value: impl Into<String>) {
        self.0.push((key, value.into()));
    }

    /// The limits on the text of records, in bytes.
    pub fn add_record_limit(&mut self, info: &ConnectionInfo) {
        let (send, receive) = (info.send_limit(), info.receive_limit());
        let both = format!("send {send}, receive {receive}");
        self.add("record-limit", if send == receive { send.to_string() } else { both });
    }

    /// The subject of the client's certificate.
    pub fn add_client(&mut self, chain: &[CertificateDer<'_>]) {
        self.add("client-certificate", or_none(chain.first().map(subject_of)));
    }

    /// The subjects of a server's chain.
    pub fn add_chain(&mut self, chain: &[CertificateDer<'_>]) {
        chain.iter().for_each(|certificate| self.add("chain", subject_of(certificate)));
    }

    /// Exported keying material; the first error, if there is one.
    pub fn add_exports(&mut self, connection: &Connection, exports: &[Export]) -> Result<(), ExportError> {
        let mut outcome = Ok(());
        for Export { label, len } in exports {
            let mut key = vec![0; usize::from(len.get())];
            match connection.export(label.as_bytes(), None, &mut key) {
                Ok(()) => self.add("export", format!("{}: {}", label.escape_default(), hex(&key))),
                Err(error) => {
                    self.add("export", format!("{}: none, as {error}", label.escape_default()));
                    outcome = outcome.and(Err(error));
                }
            }
        }
        outcome
    }

    /// One `key: value` a line.
    pub fn lines(&self) -> String {
        self.0.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()
    }

    /// All in one line, for a log.
    pub fn line(&self) -> String {
        let fields = self.0.iter().map(|(key, value)| {
            // So that nobody's name can pass for more fields: quotes in names are escaped already.
            if value.contains(';') { format!("{key}: \"{value}\"") } else { format!("{key}: {value}") }
        });
        fields.collect::<Vec<_>>().join("; ")
    }
}

fn or_none(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn subject_of(certificate: &CertificateDer<'_>) -> String {
    subject(certificate).unwrap_or_else(|| "(cannot be read)".to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
