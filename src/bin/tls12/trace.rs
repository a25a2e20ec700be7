//! `--trace`: prints the messages of the handshake, and alerts, as they are sent and received.

use std::cell::Cell;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Instant;

use rustls_pki_types::CertificateDer;
use serde_json::{Map, Value};
use tls12::verify::subject;
use tls12::wire::{
    self, AskedName, ClientExtensions, ExtensionType, HandshakeType, Message, NamedGroup, ServerExtensions,
    SignatureScheme,
};
use tls12::{Direction, MessageKind, Trace, TracedMessage};

use crate::certificates;
use crate::output::{Event, To, in_words, milliseconds};
use crate::summary::hex;

/// The maximum number of items of a list that are printed. JSON has all of them.
const MAX_ITEMS: usize = 3;

/// A connection that is traced.
#[derive(Clone, Copy)]
pub struct Traced {
    begun: Instant,
    /// The client, on a server, which has many.
    client: Option<SocketAddr>,
}

thread_local! {
    /// The connection that this thread works on: a [`Trace`] belongs to a configuration, and does not know the connection.
    static CURRENT: Cell<Option<Traced>> = const { Cell::new(None) };
}

impl Traced {
    /// A connection that begins now, and that this thread works on from now on.
    pub fn begin(client: Option<SocketAddr>) {
        Self::enter(Some(Self { begun: Instant::now(), client }));
    }

    /// The connection that this thread works on, for [`enter`](Self::enter) in another that shares the work.
    pub fn current() -> Option<Self> {
        CURRENT.get()
    }

    pub fn enter(current: Option<Self>) {
        CURRENT.set(current);
    }
}

/// Prints each message to standard error.
#[derive(Debug)]
pub struct Printer;

impl Trace for Printer {
    fn message(&self, message: &TracedMessage) {
        self.message_with_contents(message, &[]);
    }

    fn message_with_contents(&self, message: &TracedMessage, contents: &[u8]) {
        let TracedMessage { direction, kind, len, .. } = message;
        let fields = match kind {
            MessageKind::Handshake(typ) => {
                Message::split(contents).and_then(|(message, _)| fields(*typ, message.body)).unwrap_or_default()
            }
            _ => Fields::default(),
        };
        let direction = match direction {
            Direction::Sent => "sent",
            Direction::Received => "received",
        };
        let current = Traced::current();
        let elapsed = current.map(|connection| connection.begun.elapsed()).unwrap_or_default();
        let bytes = if *len == 1 { "byte" } else { "bytes" };
        let mut text = format!("trace: {}, {direction} {kind}, {len} {bytes}", in_words(elapsed));
        let _ = fields.in_words(&mut text);
        let mut event = Event::new("message")
            .with("elapsed", milliseconds(elapsed))
            .with("direction", direction)
            .with("message", kind.to_string())
            .with("length", *len)
            .with("fields", fields.0);
        if let Some(client) = current.and_then(|connection| connection.client) {
            let now = certificates::now();
            text = format!("{now} {client}: {text}");
            event = event.with("time", now).with("peer", client.to_string());
        }
        event.print(To::Stderr, text);
    }
}

/// The important fields of a message.
#[derive(Default)]
pub struct Fields(pub Map<String, Value>);

impl Fields {
    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    fn with_optional(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// A list, unless it is empty.
    fn with_list(self, key: &str, items: impl Iterator<Item = String>) -> Self {
        let items: Vec<String> = items.collect();
        if items.is_empty() { self } else { self.with(key, items) }
    }

    /// Appends them to a line.
    pub fn in_words(&self, line: &mut String) -> std::fmt::Result {
        for (i, (key, value)) in self.0.iter().enumerate() {
            line.push_str(if i == 0 { ": " } else { "; " });
            // The unit is part of the key.
            let (key, unit) = match key.rsplit_once('_') {
                Some((key, unit @ ("bytes" | "seconds"))) => (key, unit),
                _ => (key.as_str(), ""),
            };
            line.push_str(&key.replace('_', " "));
            match value {
                Value::String(text) => write!(line, " {text}")?,
                Value::Array(items) => {
                    let shown: Vec<&str> = items.iter().take(MAX_ITEMS).filter_map(Value::as_str).collect();
                    write!(line, " {}", shown.join(", "))?;
                    if items.len() > shown.len() {
                        write!(line, " and {} more", items.len() - shown.len())?;
                    }
                }
                other => write!(line, " {other}")?,
            }
            if !unit.is_empty() {
                write!(line, " {unit}")?;
            }
        }
        Ok(())
    }
}

/// The fields of a message; `None` if it has none, or cannot be decoded, which the handshake reports itself.
pub fn fields(typ: HandshakeType, body: &[u8]) -> Option<Fields> {
    let fields = Fields::default();
    Some(match typ {
        HandshakeType::CLIENT_HELLO => return client_hello(body),
        HandshakeType::SERVER_HELLO => return server_hello(body),
        HandshakeType::CERTIFICATE => {
            let subjects = |certificate: CertificateDer<'_>| subject(&certificate).unwrap_or_else(|| "?".to_owned());
            fields.with_list("subjects", wire::decode_certificate(body).ok()?.iter().map(subjects))
        }
        HandshakeType::CERTIFICATE_STATUS => {
            fields.with("ocsp_response_bytes", wire::decode_certificate_status(body).ok()?.len())
        }
        // That of a pre-shared key has another form, and begins with a hint.
        HandshakeType::SERVER_KEY_EXCHANGE => {
            let exchange = wire::EcdheServerKeyExchange::decode(body).ok()?;
            fields.with("group", exchange.group.to_string()).with("scheme", exchange.scheme.to_string())
        }
        HandshakeType::CERTIFICATE_REQUEST => {
            let request = wire::CertificateRequest::decode(body).ok()?;
            let schemes = request.signature_algorithms.iter().map(|code| SignatureScheme(code).to_string());
            fields.with_list("schemes", schemes).with("authorities", request.authorities.iter().count())
        }
        HandshakeType::CERTIFICATE_VERIFY => {
            fields.with("scheme", wire::CertificateVerify::decode(body).ok()?.scheme.to_string())
        }
        HandshakeType::NEW_SESSION_TICKET => {
            let ticket = wire::NewSessionTicket::decode(body).ok()?;
            fields.with("lifetime_seconds", ticket.lifetime_hint).with("ticket_bytes", ticket.ticket.len())
        }
        _ => return None,
    })
}

fn client_hello(body: &[u8]) -> Option<Fields> {
    let hello = wire::ClientHello::decode(body).ok()?;
    let extensions = ClientExtensions::decode(hello.extensions).ok()?;
    let name = extensions.server_name.map(|name| match name {
        AskedName::Host(name) => name.escape_debug().to_string(),
        AskedName::Other => "(not a host name)".to_owned(),
    });
    let protocols = extensions.alpn.into_iter().flat_map(|names| names.iter());
    let groups = extensions.supported_groups.into_iter().flat_map(|groups| groups.iter());
    let schemes = extensions.signature_algorithms.into_iter().flat_map(|schemes| schemes.iter());
    let ticket = extensions.session_ticket.map(<[u8]>::len).filter(|len| *len > 0);
    let fields = Fields::default()
        .with("version", hello.version.to_string())
        .with_optional("server_name", name)
        .with_list("alpn", protocols.map(|name| name.escape_ascii().to_string()))
        .with_list("suites", hello.cipher_suites.iter().map(suite))
        .with_list("groups", groups.map(|code| NamedGroup(code).to_string()))
        .with_list("schemes", schemes.map(|code| SignatureScheme(code).to_string()))
        .with_list("extensions", names(hello.extensions));
    Some(with_session_id(fields, hello.session_id).with_optional("ticket_bytes", ticket))
}

fn server_hello(body: &[u8]) -> Option<Fields> {
    let hello = wire::ServerHello::decode(body).ok()?;
    // The handshake checks whether each was offered.
    let sent: Vec<ExtensionType> = hello.extensions.iter().map(|(typ, _)| typ).collect();
    let protocol = ServerExtensions::decode(hello.extensions, &sent).ok()?.alpn;
    let fields = Fields::default()
        .with("version", hello.version.to_string())
        .with("suite", suite(hello.cipher_suite))
        .with_optional("alpn", protocol.map(|name| name.escape_ascii().to_string()))
        .with_list("extensions", names(hello.extensions));
    Some(with_session_id(fields, hello.session_id))
}

/// The session ID, by which a ServerHello says whether it resumes the session of the ClientHello.
fn with_session_id(fields: Fields, id: &[u8]) -> Fields {
    if id.is_empty() { fields } else { fields.with("session_id", hex(id)) }
}

fn names(extensions: wire::Extensions<'_>) -> impl Iterator<Item = String> {
    extensions.iter().map(|(typ, _)| typ.to_string())
}

fn suite(code: u16) -> String {
    wire::suite_name(code).map_or_else(|| format!("{code:#06x}"), str::to_owned)
}
