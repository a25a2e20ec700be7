//! Reads the values of options.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use rustls_pki_types::ServerName;
use tls12::crypto::{CipherSuite, SUITES, ring};
use tls12::wire::NamedGroup;

/// The host and port of a server.
#[derive(Clone)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

/// `HOST:PORT`, where an IPv6 address stands in brackets.
pub fn address(text: &str) -> Result<Address, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("the port is missing: HOST:PORT")?;
    let port = port.parse().map_err(|_| "the port is no number up to 65535")?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bracketed.unwrap_or(host) {
        "" => Err("the host is missing: HOST:PORT"),
        host if bracketed.is_none() && host.contains(':') => Err("an IPv6 address needs brackets: [ADDRESS]:PORT"),
        host => Ok(Address { host: host.to_owned(), port }),
    }
}

/// The name or address that a server's certificate must have.
pub fn server_name(text: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(text.to_owned()).map_err(|_| format!("'{text}' is neither a DNS name nor an IP address"))
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
