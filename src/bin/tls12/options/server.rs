//! The options of `tls12 server`.

use std::iter;
use std::path::{Path, PathBuf};

use clap::value_parser;
use tls12::PresharedKey;

use super::common::CommonOptions;
use super::parse::{self, Address, Switch};
use crate::failure::{Failure, Stage};
use crate::keys::holds_both;

/// Answers connections, until it is stopped.
///
/// SERVICE determines how they are answered: --echo, --rev, --stdin, --http or --files.
///
/// At SIGHUP, it reloads its certificates, keys and lists for new connections; if they cannot be read, it reports the error
/// and keeps the old ones.
///
/// Prints `listening on ADDR:PORT` to standard output when it is ready. Standard error is its log: a line for each
/// connection when the handshake is complete, and one when it is closed or has failed.
#[derive(clap::Args)]
pub struct ServerArgs {
    /// The address to listen on; port 0 for a free port
    #[arg(value_name = "ADDR:PORT", value_parser = parse::address)]
    pub address: Address,
    /// A certificate chain, the server's own first (PEM, DER, PKCS#12)
    ///
    /// Can be given several times, each with its --key, for several names or types of key: a client gets the first one that is
    /// valid for the requested name and that it can use. A client that requests no name, or an unknown one, gets the first of
    /// all, or another one for the same names or without names.
    #[arg(long = "cert", value_name = "FILE", required_unless_present = "psks")]
    certs: Vec<PathBuf>,
    /// Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// Use this pre-shared key for the client with this identity; can be given several times
    ///
    /// It can be given in addition to certificates, or instead of them. Other users of this machine can see the key while the
    /// command runs.
    #[arg(long = "psk", value_name = "ID:HEX", value_parser = parse::psk)]
    pub psks: Vec<PresharedKey>,
    /// Staple this OCSP response to the certificate (DER)
    ///
    /// If there are several certificates, give it several times, in the order of --cert. The response is not checked: keep it
    /// current.
    #[arg(long = "ocsp", value_name = "FILE")]
    ocsp_responses: Vec<PathBuf>,
    #[command(flatten)]
    pub client_auth: ClientAuthArgs,
    /// Whether to issue and accept session tickets
    #[arg(long, value_name = "on|off", default_value = "on")]
    pub tickets: Switch,
    /// Whether to keep the sessions of clients without a ticket in memory, by session ID
    #[arg(long, value_name = "on|off", default_value = "on")]
    pub session_ids: Switch,
    /// Explain failures in detail: what each side supports, what to try, and the full report on a refused certificate
    #[arg(long)]
    pub verbose: bool,
    /// Serve one connection, and exit with its exit code; connections without any data do not count
    #[arg(long)]
    once: bool,
    /// Serve this number of connections, and exit with the exit code of the first that failed
    #[arg(long, value_name = "N", conflicts_with_all = ["once", "stdin"], value_parser = value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[cfg(feature = "redis")]
    #[command(flatten)]
    pub fleet: crate::fleet::FleetArgs,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    pub common: CommonOptions,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct ServiceArgs {
    /// Send received data back
    #[arg(long)]
    echo: bool,
    /// Send each line back with its bytes reversed
    #[arg(long)]
    rev: bool,
    /// Send standard input to the client, and print the client's data; for one connection, as with --once
    #[arg(long)]
    stdin: bool,
    /// Answer every GET request with a page about the connection
    #[arg(long)]
    http: bool,
    /// Answer GET requests with the files in this directory and its subdirectories; links that lead out of it are not followed
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct ClientAuthArgs {
    /// Verify clients with the certificates in this file or directory, of CAs or of clients (PEM or DER); can be given several
    /// times
    #[arg(long = "client-ca", value_name = "FILE", requires_all = ["asking", "certs"])]
    pub ca: Vec<PathBuf>,
    #[command(flatten)]
    asking: AskingArgs,
}

#[derive(clap::Args)]
#[group(id = "asking", multiple = false)]
struct AskingArgs {
    /// Request a certificate from clients, but also serve those without one
    #[arg(long = "request-client-cert", requires = "ca")]
    request: bool,
    /// Require a certificate from clients
    #[arg(long = "require-client-cert", requires = "ca")]
    require: bool,
}

/// How a connection is served.
pub enum Service {
    Echo,
    Reverse,
    Stdin,
    Http,
    Files(PathBuf),
}

impl ClientAuthArgs {
    /// Whether a client without a certificate is refused.
    pub fn required(&self) -> bool {
        self.asking.require
    }
}

/// The files of one of the server's certificates.
pub struct IdentityFiles<'a> {
    pub cert: &'a Path,
    pub key: &'a Path,
    pub ocsp_response: Option<&'a Path>,
}

impl ServerArgs {
    /// The files of each certificate.
    pub fn identities(&self) -> Result<Vec<IdentityFiles<'_>>, Failure> {
        let Self { certs, keys, ocsp_responses, .. } = self;
        let usage = |why| Err(Failure::new(Stage::Usage, why));
        let mut separate = keys.iter();
        let mut keys_of_certs = Vec::new();
        for cert in certs {
            // A PKCS#12 file has both.
            match if holds_both(cert) { Some(cert) } else { separate.next() } {
                Some(key) => keys_of_certs.push(key),
                None => {
                    return usage(format!("each --cert needs its --key: there are {} and {}", certs.len(), keys.len()));
                }
            }
        }
        if separate.next().is_some() {
            return usage(format!("each --key needs its --cert: there are {} and {}", keys.len(), certs.len()));
        }
        if ocsp_responses.len() > certs.len() {
            return usage(format!(
                "each --ocsp needs its --cert: there are {} and {}",
                ocsp_responses.len(),
                certs.len()
            ));
        }
        let responses = ocsp_responses.iter().map(|path| Some(path.as_path())).chain(iter::repeat(None));
        let files = certs.iter().zip(keys_of_certs).zip(responses);
        Ok(files.map(|((cert, key), ocsp_response)| IdentityFiles { cert, key, ocsp_response }).collect())
    }

    pub fn service(&self) -> Service {
        match &self.service {
            ServiceArgs { files: Some(folder), .. } => Service::Files(folder.clone()),
            ServiceArgs { echo: true, .. } => Service::Echo,
            ServiceArgs { rev: true, .. } => Service::Reverse,
            ServiceArgs { stdin: true, .. } => Service::Stdin,
            ServiceArgs { .. } => Service::Http,
        }
    }

    /// The number of connections to serve; `None` without a limit.
    pub fn limit(&self) -> Option<u64> {
        if self.once || self.service.stdin { Some(1) } else { self.count }
    }
}
