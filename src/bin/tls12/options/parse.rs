//! Reads the values of options.

use std::fmt;
use std::num::NonZeroU16;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rustls_pki_types::ServerName;
use tls12::PresharedKey;
use tls12::crypto::{CipherSuite, SUITES, Secret, ring};
use tls12::{MaxFragmentLength, NamedGroup};

/// The host and port of a server.
#[derive(Clone)]
pub struct Address {
    /// A name or an address, which may have a scope (RFC 4007 §11).
    pub host: String,
    pub port: u16,
}

impl Address {
    /// The host as a certificate has it: an address without its scope.
    pub fn name(&self) -> &str {
        self.host.split('%').next().unwrap_or_default()
    }

    /// The same service under the name that its certificate has, in the one form of that name.
    pub fn known_as(&self, name: &ServerName<'_>) -> Self {
        let mut host = name.to_str().to_ascii_lowercase();
        // The same address is another host's on another link.
        if let (ServerName::IpAddress(_), Some((_, scope))) = (name, self.host.split_once('%')) {
            host.push('%');
            host.push_str(scope);
        }
        Self { host, port: self.port }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// `HOST:PORT`, where an IPv6 address is in brackets.
pub fn address(text: &str) -> Result<Address, &'static str> {
    if text.contains('/') {
        return Err("this is not HOST:PORT: leave out the scheme and the path");
    }
    let (host, port) = text.rsplit_once(':').ok_or("the port is missing: HOST:PORT")?;
    let port = port.parse().map_err(|_| "the port is not a number from 0 to 65535")?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bracketed.unwrap_or(host) {
        "" => Err("the host is missing: HOST:PORT"),
        host if bracketed.is_none() && host.contains(':') => Err("an IPv6 address needs brackets: [ADDRESS]:PORT"),
        host => Ok(Address { host: host.to_owned(), port }),
    }
}

/// The name or address that a server's certificate must have.
pub fn server_name(text: &str) -> Result<ServerName<'static>, String> {
    tls12::verify::server_name(text).map_err(|error| error.to_string())
}

pub fn suite() -> impl TypedValueParser<Value = &'static CipherSuite> {
    let names = PossibleValuesParser::new(SUITES.iter().map(|suite| suite.name));
    names.try_map(|name| CipherSuite::from_name(&name).ok_or("unknown cipher suite"))
}

pub fn group() -> impl TypedValueParser<Value = NamedGroup> {
    let provider = ring::provider();
    let names = PossibleValuesParser::new(provider.groups().iter().filter_map(|group| group.name().name()));
    names.try_map(|name| NamedGroup::from_name(&name).ok_or("unknown group"))
}

/// The length of a fragment, in bytes (RFC 6066 §4).
pub fn max_fragment() -> impl TypedValueParser<Value = MaxFragmentLength> {
    use MaxFragmentLength as L;
    const LENGTHS: [(&str, L); 4] = [("512", L::B512), ("1024", L::B1024), ("2048", L::B2048), ("4096", L::B4096)];
    let names = PossibleValuesParser::new(LENGTHS.map(|(name, _)| name));
    names.try_map(|name| {
        let found = LENGTHS.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, length)| length).ok_or("unknown fragment length")
    })
}

/// The name of an application protocol (RFC 7301 §3.1).
pub fn protocol(text: &str) -> Result<String, &'static str> {
    match text.len() {
        0 => Err("the name of a protocol is missing"),
        1..=255 => Ok(text.to_owned()),
        _ => Err("the name of a protocol has at most 255 bytes"),
    }
}

/// Keying material that is to be exported.
#[derive(Clone)]
pub struct Export {
    pub label: String,
    /// In bytes.
    pub len: NonZeroU16,
}

/// `LABEL:LEN`, where the label may contain colons.
pub fn export(text: &str) -> Result<Export, &'static str> {
    match text.rsplit_once(':') {
        None => Err("the length is missing: LABEL:LEN"),
        Some(("", _)) => Err("the label is missing: LABEL:LEN"),
        Some((label, len)) => {
            let len = len.parse().map_err(|_| "the length is not a number from 1 to 65535")?;
            Ok(Export { label: label.to_owned(), len })
        }
    }
}

/// `ID:HEX`, where the identity may contain colons.
pub fn psk(text: &str) -> Result<PresharedKey, String> {
    let (identity, key) = text.rsplit_once(':').ok_or("the key is missing: ID:HEX")?;
    let key = Secret::new(hex(key).ok_or("the key is not in hexadecimal")?);
    PresharedKey::new(identity.as_bytes(), key).map_err(|error| error.to_string())
}

pub fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    bytes.filter(|_| rest.is_empty())
}

/// Whether something is used.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}
