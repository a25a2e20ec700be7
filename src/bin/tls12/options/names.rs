//! The server's names: the one that is sent, and the one that its certificate must have.

use rustls_pki_types::ServerName;
use tls12::Indication;

use super::parse::{self, Address};
use crate::failure::{Failure, Stage};

#[derive(clap::Args)]
pub struct NameArgs {
    /// The name of the server, which is sent (server_name, RFC 6066 §3) and which its certificate must contain; by default HOST
    #[arg(long, value_name = "NAME", value_parser = parse::server_name)]
    server_name: Option<ServerName<'static>>,
    /// The name that the server's certificate must contain, if it differs from the name that is sent
    #[arg(long, value_name = "NAME", value_parser = parse::server_name)]
    verify_name: Option<ServerName<'static>>,
    /// Send no server_name extension
    #[arg(long, conflicts_with = "server_name")]
    no_server_name: bool,
}

impl NameArgs {
    /// The name that the certificate must have.
    pub fn verified(&self, address: &Address) -> Result<ServerName<'static>, Failure> {
        match self.verify_name.as_ref().or(self.server_name.as_ref()) {
            Some(name) => Ok(name.clone()),
            None => host(address),
        }
    }

    /// The name that is asked for, by protocols that say one before TLS.
    pub fn asked(&self, address: &Address) -> Result<ServerName<'static>, Failure> {
        match self.server_name.as_ref().or(self.verify_name.as_ref()) {
            Some(name) => Ok(name.clone()),
            None => host(address),
        }
    }

    /// The name in the server_name extension.
    pub fn indication(&self, address: &Address) -> Indication {
        if self.no_server_name {
            return Indication::Omitted;
        }
        if self.verify_name.is_none() {
            return Indication::Same;
        }
        // An address is not sent (RFC 6066 §3).
        match self.server_name.clone().map_or_else(|| host(address), Ok) {
            Ok(ServerName::DnsName(name)) => Indication::Other(name),
            _ => Indication::Omitted,
        }
    }
}

fn host(address: &Address) -> Result<ServerName<'static>, Failure> {
    parse::server_name(address.name())
        .map_err(|error| Failure::new(Stage::Start, format!("{error}; give --server-name")))
}
