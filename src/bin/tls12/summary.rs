//! A summary of a connection, for people and scripts: keys and values.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tls12::crypto::MacOrder;
use tls12::verify::subject;
use tls12::{CertificateDer, ConnectionInfo, ExportError, Resumption};

use crate::options::Export;

/// Keys and values, in the order in which they are printed.
#[derive(Default)]
pub struct Summary(Vec<Entry>);

struct Entry {
    key: &'static str,
    text: String,
    json: Value,
    /// There can be several with this key: for `--json`, a list.
    is_listed: bool,
}

impl Summary {
    /// The negotiated parameters, which are the same on both sides.
    pub fn add_negotiated(&mut self, info: &ConnectionInfo) {
        let (resumed, how) = match info.resumption() {
            None => ("no", None),
            Some(Resumption::SessionId) => ("by session ID", Some("id")),
            Some(Resumption::Ticket) => ("by ticket", Some("ticket")),
            Some(_) => ("yes", Some("other")),
        };
        let (etm, is_etm) = match info.mac_order() {
            Some(MacOrder::EncryptThenMac) => ("yes", Some(true)),
            Some(MacOrder::MacThenEncrypt) => ("no", Some(false)),
            // An AEAD does both at once.
            None => ("not applicable", None),
        };
        let ems = info.extended_master_secret();
        self.add("suite", info.suite().name);
        self.add_optional("group", info.group());
        self.add_optional("scheme", info.signature_scheme());
        self.add_as("ems", if ems { "yes" } else { "no" }, ems);
        self.add_as("etm", etm, is_etm);
        self.add_optional("alpn", info.alpn_protocol().map(<[u8]>::escape_ascii));
        self.add_as("resumed", resumed, how);
        if let Some(identity) = info.psk_identity() {
            self.add("psk-identity", identity.escape_ascii().to_string());
        }
    }

    pub fn add(&mut self, key: &'static str, value: impl Into<String>) {
        let text = value.into();
        self.add_as(key, text.clone(), text);
    }

    /// Adds a value that differs between JSON and text.
    pub fn add_as(&mut self, key: &'static str, text: impl Into<String>, json: impl Into<Value>) {
        self.0.push(Entry { key, text: text.into(), json: json.into(), is_listed: false });
    }

    pub fn add_optional(&mut self, key: &'static str, value: Option<impl ToString>) {
        let value = value.map(|value| value.to_string());
        self.add_as(key, value.clone().unwrap_or_else(|| "none".to_owned()), value);
    }

    /// One of those with this key.
    pub fn add_to(&mut self, key: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Entry { key, json: text.clone().into(), text, is_listed: true });
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|entry| entry.key == key)
    }

    /// The limits on the text of records, in bytes.
    pub fn add_record_limit(&mut self, info: &ConnectionInfo) {
        let (send, receive) = (info.send_limit(), info.receive_limit());
        let both = format!("send {send}, receive {receive}");
        let text = if send == receive { send.to_string() } else { both };
        self.add_as("record-limit", text, json!({ "send": send, "receive": receive }));
    }

    /// The subject of the client's certificate.
    pub fn add_client(&mut self, chain: &[CertificateDer<'_>]) {
        self.add_optional("client-certificate", chain.first().map(subject_of));
    }

    /// The subjects of a server's chain.
    pub fn add_chain(&mut self, chain: &[CertificateDer<'_>]) {
        chain.iter().for_each(|certificate| self.add_to("chain", subject_of(certificate)));
    }

    /// Exported keying material; the first error, if there is one.
    pub fn add_exports(
        &mut self,
        exports: &[Export],
        export: impl Fn(&[u8], &mut [u8]) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut outcome = Ok(());
        for Export { label, len } in exports {
            let mut key = vec![0; usize::from(len.get())];
            let (text, json) = match export(label.as_bytes(), &mut key) {
                Ok(()) => (hex(&key), json!({ "label": label, "key": hex(&key) })),
                Err(error) => {
                    let told = (format!("none, as {error}"), json!({ "label": label, "key": null }));
                    outcome = outcome.and(Err(error));
                    told
                }
            };
            let text = format!("{}: {text}", label.escape_default());
            self.0.push(Entry { key: "export", text, json, is_listed: true });
        }
        outcome
    }

    /// One `key: value` per line.
    pub fn lines(&self) -> String {
        self.0.iter().map(|Entry { key, text, .. }| format!("{key}: {text}\n")).collect()
    }

    /// For `--json`: keys have underscores, and repeated keys become lists.
    pub fn json(&self) -> Value {
        let mut fields = Map::new();
        for Entry { key, json, is_listed, .. } in &self.0 {
            let key = key.replace('-', "_");
            match (is_listed, fields.get_mut(&key)) {
                (true, Some(Value::Array(list))) => list.push(json.clone()),
                (true, _) => drop(fields.insert(key, json!([json]))),
                (false, _) => drop(fields.insert(key, json.clone())),
            }
        }
        Value::Object(fields)
    }

    /// All in one line, for a log.
    pub fn line(&self) -> String {
        let fields = self.0.iter().map(|Entry { key, text, .. }| {
            // So that a name cannot be mistaken for further fields: quotes in names are escaped already.
            if text.contains(';') { format!("{key}: \"{text}\"") } else { format!("{key}: {text}") }
        });
        fields.collect::<Vec<_>>().join("; ")
    }
}

fn subject_of(certificate: &CertificateDer<'_>) -> String {
    subject(certificate).unwrap_or_else(|| "(cannot be read)".to_owned())
}

/// In hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
