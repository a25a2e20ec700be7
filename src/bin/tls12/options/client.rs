//! What `tls12 client` can be told.

use std::path::PathBuf;

use rustls_pki_types::ServerName;

use super::common::CommonOptions;
use super::parse::{self, Address};

/// Connects to a server: standard input goes to it, what it sends goes to standard output.
///
/// The end of standard input is told to the server (close_notify); then the rest of its data is read. A summary of the
/// connection goes to standard error, one `key: value` a line.
#[derive(clap::Args)]
pub struct ClientArgs {
    /// The server
    #[arg(value_name = "HOST:PORT", value_parser = parse::address)]
    pub address: Address,
    /// Trust the certificate authorities in this file (PEM)
    #[arg(long, value_name = "FILE")]
    pub ca: PathBuf,
    /// The name that the server's certificate must have; HOST if not given
    #[arg(long, value_name = "NAME", value_parser = parse::server_name)]
    pub server_name: Option<ServerName<'static>>,
    #[command(flatten)]
    pub common: CommonOptions,
}
