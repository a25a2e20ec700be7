//! The configuration of a server.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use rustls_pki_types::UnixTime;

use super::policy::{self, CommonSettings};
use super::words::Named as _;
use super::{Known, Lines, Settings, put_verification, read_verification};
use crate::connection::{Words, hex, hexes, put_credential, read_credential};
use crate::crypto::Provider;
use crate::handshake::{
    ClientAuth, ClientTrust, ConfigError, Credential, PresharedKeys, ServerConfig, Sessions, TicketPolicy,
    UnknownNames, Verification,
};
use crate::session::{OpenedTicket, SealedTicket, ServerSession, ServerSessionStore, Tickets};

/// Writes the settings of `config`.
pub(in crate::replay) fn put(config: &ServerConfig) -> String {
    let mut lines = Lines::default();
    policy::put(&mut lines, &config.common);
    for named in &config.credentials {
        let names =
            named.names.as_ref().map_or_else(|| "any".into(), |names| hexes(names.iter().map(|name| name.as_bytes())));
        lines.set("credential", format!("{names} {}", put_credential(&named.credential)));
    }
    lines.set("unknown_names", config.unknown_names.put());
    lines.set("alpn_protocols", hexes(config.alpn_protocols()));
    let of = |trust: &ClientTrust| format!("{} {}", hexes(&trust.authorities), put_verification(&trust.verifier));
    match &config.client_auth {
        ClientAuth::None => lines.set("client_auth", "none"),
        ClientAuth::Request(trust) => lines.set("client_auth", format!("request {}", of(trust))),
        ClientAuth::Require(trust) => lines.set("client_auth", format!("require {}", of(trust))),
    }
    lines.set("preshared_keys", if matches!(config.psks, PresharedKeys::Off) { "none" } else { "some" });
    lines.set("psk_identity_hint", hex(&config.psk_identity_hint));
    lines.set(
        "sessions",
        match config.sessions {
            Sessions::Off => "none",
            Sessions::InLoop(_) => "at_once",
            Sessions::Later => "later",
        },
    );
    lines.set(
        "tickets",
        match config.tickets {
            TicketPolicy::Off => "none",
            TicketPolicy::InLoop(_) => "at_once",
            TicketPolicy::Later => "later",
        },
    );
    lines.set("session_context", hex(&config.session_context));
    if let Some(limit) = config.record_size_limit {
        lines.set("record_size_limit", limit);
    }
    lines.0
}

/// The settings of a server, as they are read.
pub(in crate::replay) struct ServerSettings {
    common: CommonSettings,
    credentials: Vec<(Option<Vec<String>>, Credential)>,
    unknown_names: UnknownNames,
    alpn_protocols: Vec<Vec<u8>>,
    client_auth: ClientAuth,
    psks: Presence,
    psk_identity_hint: Vec<u8>,
    sessions: Presence,
    tickets: Presence,
    session_context: Vec<u8>,
    record_size_limit: Option<u16>,
}

/// Whether something is there. Its decisions are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    None,
    AtOnce,
    Later,
}

impl Presence {
    fn read(words: &mut Words<'_>) -> Option<Self> {
        Some(match words.word()? {
            "none" => Self::None,
            "at_once" => Self::AtOnce,
            "later" | "some" => Self::Later,
            _ => return None,
        })
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            common: CommonSettings::default(),
            credentials: Vec::new(),
            unknown_names: UnknownNames::UseDefault,
            alpn_protocols: Vec::new(),
            client_auth: ClientAuth::None,
            psks: Presence::None,
            psk_identity_hint: Vec::new(),
            sessions: Presence::None,
            tickets: Presence::None,
            session_context: Vec::new(),
            record_size_limit: None,
        }
    }
}

impl Settings for ServerSettings {
    fn read(&mut self, name: &str, words: &mut Words<'_>) -> Option<Known> {
        match name {
            "credential" => {
                let names = match words.word()? {
                    "any" => None,
                    names => Some(read_names(names)?),
                };
                self.credentials.push((names, read_credential(words)?));
            }
            "unknown_names" => self.unknown_names = UnknownNames::read(words.word()?)?,
            "alpn_protocols" => self.alpn_protocols = words.list()?,
            "client_auth" => self.client_auth = read_client_auth(words)?,
            "preshared_keys" => self.psks = Presence::read(words)?,
            "psk_identity_hint" => self.psk_identity_hint = words.bytes()?,
            "sessions" => self.sessions = Presence::read(words)?,
            "tickets" => self.tickets = Presence::read(words)?,
            "session_context" => self.session_context = words.bytes()?,
            "record_size_limit" => self.record_size_limit = Some(words.number()?),
            _ => return self.common.read(name, words),
        }
        Some(Known::Yes)
    }

    fn rsa_key_bits(&self) -> Option<RangeInclusive<u32>> {
        self.common.rsa_key_bits.clone()
    }
}

fn read_names(word: &str) -> Option<Vec<String>> {
    Words::of(word).list()?.into_iter().map(|name| String::from_utf8(name).ok()).collect()
}

fn read_client_auth(words: &mut Words<'_>) -> Option<ClientAuth> {
    let make = match words.word()? {
        "none" => return Some(ClientAuth::None),
        "request" => ClientAuth::Request,
        "require" => ClientAuth::Require,
        _ => return None,
    };
    let authorities = words.list()?;
    let trust = match read_verification(words)? {
        Verification::InLoop(verifier) => ClientTrust::new(verifier),
        Verification::Later | Verification::None => ClientTrust::later(),
    };
    Some(make(trust.authorities(authorities)))
}

impl ServerSettings {
    /// Builds the configuration again.
    pub(in crate::replay) fn build(self, provider: Arc<dyn Provider>) -> Result<ServerConfig, ConfigError> {
        let mut builder = ServerConfig::builder_with_psk_only(provider);
        for (names, credential) in self.credentials {
            builder = match names {
                None => builder.credential(credential),
                Some(names) => builder.credential_for(names, credential),
            };
        }
        if self.psks != Presence::None {
            builder = builder.preshared_keys_later();
        }
        builder = match self.sessions {
            Presence::None => builder.no_session_store(),
            Presence::AtOnce => builder.session_store(Arc::new(Absent)),
            Presence::Later => builder.session_store_later(),
        };
        builder = match self.tickets {
            Presence::None => builder.no_tickets(),
            Presence::AtOnce => builder.tickets(Arc::new(Absent)),
            Presence::Later => builder.tickets_later(),
        };
        if let Some(limit) = self.common.send_limit {
            builder = builder.send_limit(limit);
        }
        if let Some(limit) = self.record_size_limit {
            builder = builder.record_size_limit(limit);
        }
        let config = builder
            .policy(self.common.policy)
            .chain_limit(self.common.chain_limit)
            .unknown_names(self.unknown_names)
            .alpn_protocols(self.alpn_protocols)
            .client_auth(self.client_auth)
            .psk_identity_hint(self.psk_identity_hint)
            .session_context(self.session_context)
            .build()?;
        Ok(Arc::unwrap_or_clone(config))
    }
}

/// Takes the place of a store or of ticket keys when a recording is replayed: what they answered is recorded.
#[derive(Debug)]
struct Absent;

impl ServerSessionStore for Absent {
    fn find(&self, _: &[u8], _: UnixTime) -> Option<ServerSession> {
        None
    }

    fn keep(&self, _: &[u8], _: ServerSession, _: UnixTime) {}

    fn forget(&self, _: &[u8]) {}
}

impl Tickets for Absent {
    fn seal(&self, _: &ServerSession, _: UnixTime) -> Option<SealedTicket> {
        None
    }

    fn open(&self, _: &[u8], _: UnixTime) -> Option<OpenedTicket> {
        None
    }
}
