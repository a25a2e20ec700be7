//! What `tls12 server` can be told.

use std::path::PathBuf;

use super::common::CommonOptions;

/// Answers connections, until it is stopped.
///
/// Prints `listening on ADDR:PORT` to standard output when it is ready, and a line to standard error for each
/// connection that fails.
#[derive(clap::Args)]
pub struct ServerArgs {
    /// Where to listen; port 0 for one that is free
    #[arg(value_name = "ADDR:PORT")]
    pub address: String,
    /// The certificate chain, the server's own first (PEM)
    #[arg(long, value_name = "FILE")]
    pub cert: PathBuf,
    /// Its private key (PEM, PKCS#8 or PKCS#1)
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    pub common: CommonOptions,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct ServiceArgs {
    /// Send back what is received
    #[arg(long)]
    echo: bool,
    /// Answer any GET with a page about the connection
    #[arg(long)]
    http: bool,
}

/// What is done with a connection.
#[derive(Clone, Copy)]
pub enum Service {
    Echo,
    Http,
}

impl ServerArgs {
    pub fn service(&self) -> Service {
        if self.service.echo { Service::Echo } else { Service::Http }
    }
}
