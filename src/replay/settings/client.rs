//! The configuration of a client.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use rustls_pki_types::DnsName;

use super::policy::{self, CommonSettings};
use super::words::Named as _;
use super::{Known, Lines, Settings, put_verification, read_verification};
use crate::connection::{Words, hex, hexes, put_credential, read_credential};
use crate::crypto::{Provider, Secret};
use crate::handshake::{
    AskFor, ClientCertificates, ClientConfig, ConfigError, Credential, FalseStart, Grease, HelloShape, Indication,
    PresharedKey, PresharedKeys, RecordLimit, Renegotiation, Verification,
};
use crate::wire::{ExtensionType, MaxFragmentLength};

/// Writes the settings of `config`.
pub(in crate::replay) fn put(config: &ClientConfig) -> String {
    let mut lines = Lines::default();
    policy::put(&mut lines, &config.common);
    lines.set("verification", put_verification(&config.verifier));
    match &config.certificates {
        ClientCertificates::Later => lines.set("credentials", "later"),
        ClientCertificates::InLoop(credentials) => {
            lines.set("credentials", "at_once");
            credentials.iter().for_each(|credential| lines.set("credential", put_credential(credential)));
        }
    }
    match &config.psk {
        PresharedKeys::Off => lines.set("preshared_key", "none"),
        PresharedKeys::Later => lines.set("preshared_key", "later"),
        PresharedKeys::InLoop(psk) => lines.set("preshared_key", format!("at_once {}", hex(psk.identity()))),
    }
    lines.set("alpn_protocols", hexes(config.alpn_protocols()));
    lines.set("tickets", config.tickets.put());
    lines.set("certificate_status", config.certificate_status.put());
    lines.set("certificate_timestamps", config.certificate_timestamps.put());
    match config.record_limit {
        RecordLimit::None => lines.set("record_limit", "none"),
        RecordLimit::MaxFragmentLength(length) => lines.set("record_limit", format!("negotiated {}", length.code())),
        RecordLimit::RecordSizeLimit(limit) => lines.set("record_limit", format!("announced {limit}")),
    }
    match config.renegotiation {
        Renegotiation::Refuse => lines.set("renegotiation", "refuse"),
        Renegotiation::AtMost(times) => lines.set("renegotiation", format!("at_most {times}")),
    }
    lines.set("false_start", config.false_start.put());
    put_shape(&mut lines, &config.shape);
    lines.0
}

fn put_shape(lines: &mut Lines, shape: &HelloShape) {
    lines.set("extension_order", hexes(shape.extension_order.iter().map(|typ| typ.0.to_be_bytes())));
    lines.set("min_hello_len", shape.min_len);
    lines.set("grease", shape.grease.put());
    match &shape.indication {
        Indication::Same => lines.set("server_name", "same"),
        Indication::Omitted => lines.set("server_name", "omitted"),
        Indication::Other(name) => lines.set("server_name", format!("other {}", hex(name.as_ref().as_bytes()))),
    }
}

/// The settings of a client, as they are read.
pub(in crate::replay) struct ClientSettings {
    common: CommonSettings,
    verification: Verification,
    /// `None` if the certificate is requested.
    credentials: Option<Vec<Credential>>,
    psk: PresharedKeys<PresharedKey>,
    alpn_protocols: Vec<Vec<u8>>,
    tickets: AskFor,
    certificate_status: AskFor,
    certificate_timestamps: AskFor,
    record_limit: RecordLimit,
    renegotiation: Renegotiation,
    false_start: FalseStart,
    shape: HelloShape,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            common: CommonSettings::default(),
            verification: Verification::Later,
            credentials: Some(Vec::new()),
            psk: PresharedKeys::Off,
            alpn_protocols: Vec::new(),
            tickets: AskFor::Yes,
            certificate_status: AskFor::Yes,
            certificate_timestamps: AskFor::Yes,
            record_limit: RecordLimit::None,
            renegotiation: Renegotiation::Refuse,
            false_start: FalseStart::Never,
            shape: HelloShape::default(),
        }
    }
}

impl Settings for ClientSettings {
    fn read(&mut self, name: &str, words: &mut Words<'_>) -> Option<Known> {
        match name {
            "verification" => self.verification = read_verification(words)?,
            "credentials" => {
                self.credentials = match words.word()? {
                    "later" => None,
                    "at_once" => Some(Vec::new()),
                    _ => return None,
                };
            }
            "credential" => self.credentials.as_mut()?.push(read_credential(words)?),
            "preshared_key" => self.psk = read_psk(words)?,
            "alpn_protocols" => self.alpn_protocols = words.list()?,
            "tickets" => self.tickets = AskFor::read(words.word()?)?,
            "certificate_status" => self.certificate_status = AskFor::read(words.word()?)?,
            "certificate_timestamps" => self.certificate_timestamps = AskFor::read(words.word()?)?,
            "record_limit" => {
                self.record_limit = match words.word()? {
                    "none" => RecordLimit::None,
                    "negotiated" => RecordLimit::MaxFragmentLength(MaxFragmentLength::from_code(words.number()?)?),
                    "announced" => RecordLimit::RecordSizeLimit(words.number()?),
                    _ => return None,
                };
            }
            "renegotiation" => {
                self.renegotiation = match words.word()? {
                    "refuse" => Renegotiation::Refuse,
                    "at_most" => Renegotiation::AtMost(words.number()?),
                    _ => return None,
                };
            }
            "false_start" => self.false_start = FalseStart::read(words.word()?)?,
            "extension_order" => {
                self.shape.extension_order = words.codes()?.into_iter().map(ExtensionType).collect();
            }
            "min_hello_len" => self.shape.min_len = words.number()?,
            "grease" => self.shape.grease = Grease::read(words.word()?)?,
            "server_name" => self.shape.indication = read_indication(words)?,
            _ => return self.common.read(name, words),
        }
        Some(Known::Yes)
    }

    fn rsa_key_bits(&self) -> Option<RangeInclusive<u32>> {
        self.common.rsa_key_bits.clone()
    }
}

fn read_psk(words: &mut Words<'_>) -> Option<PresharedKeys<PresharedKey>> {
    Some(match words.word()? {
        "none" => PresharedKeys::Off,
        "later" => PresharedKeys::Later,
        // The key is not recorded.
        "at_once" => PresharedKeys::InLoop(PresharedKey::new(&words.bytes()?, Secret::new(Vec::from([0]))).ok()?),
        _ => return None,
    })
}

fn read_indication(words: &mut Words<'_>) -> Option<Indication> {
    Some(match words.word()? {
        "same" => Indication::Same,
        "omitted" => Indication::Omitted,
        "other" => Indication::Other(DnsName::try_from(words.text()?).ok()?),
        _ => return None,
    })
}

impl ClientSettings {
    /// Builds the configuration again.
    pub(in crate::replay) fn build(self, provider: Arc<dyn Provider>) -> Result<ClientConfig, ConfigError> {
        let mut builder = match self.verification {
            Verification::InLoop(verifier) => ClientConfig::builder_with_provider(provider, verifier),
            Verification::Later => ClientConfig::builder_verifying_later(provider),
            Verification::None => ClientConfig::builder_with_psk_only(provider),
        };
        builder = match self.credentials {
            Some(credentials) => builder.credentials(credentials),
            None => builder.credentials_later(),
        };
        builder = match self.psk {
            PresharedKeys::Off => builder,
            PresharedKeys::InLoop(psk) => builder.preshared_key(psk),
            PresharedKeys::Later => builder.preshared_key_later(),
        };
        if let Some(limit) = self.common.send_limit {
            builder = builder.send_limit(limit);
        }
        let config = builder
            .policy(self.common.policy)
            .chain_limit(self.common.chain_limit)
            .alpn_protocols(self.alpn_protocols.into_iter().map(Vec::into_boxed_slice).collect::<Vec<Box<[u8]>>>())
            .tickets(self.tickets)
            .certificate_status(self.certificate_status)
            .certificate_timestamps(self.certificate_timestamps)
            .record_limit(self.record_limit)
            .renegotiation(self.renegotiation)
            .false_start(self.false_start)
            .hello_shape(self.shape)
            .no_session_store()
            .build()?;
        Ok(Arc::unwrap_or_clone(config))
    }
}
