//! `tls12 client`: connects, says with what, and carries data both ways.

use std::io::{self, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tls12::ClientConfig;
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;

use crate::options::Options;
use crate::socket::Socket;
use crate::{Failure, duplex, say, summary};

/// How long to try each of a host's addresses.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the handshake may take in all.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects to a server: standard input goes to it, what it sends goes to standard output.
///
/// The end of standard input is told to the server (close_notify); then the rest of its data is read. A summary of the
/// connection goes to standard error, one `key: value` a line.
#[derive(clap::Args)]
pub struct Args {
    /// The server
    #[arg(value_name = "HOST:PORT", value_parser = address)]
    address: Address,
    /// Trust the certificate authorities in this file (PEM)
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// The name that the server's certificate must have; HOST if not given
    #[arg(long, value_name = "NAME", value_parser = server_name)]
    server_name: Option<ServerName<'static>>,
    #[command(flatten)]
    options: Options,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let Args { address, ca, server_name: name, options } = args;
    let name = match name {
        Some(name) => name,
        None => server_name(&address.host).map_err(|error| format!("{error}; give --server-name"))?,
    };
    let roots = TrustStore::from_pem_file(ca)?;
    for rejected in roots.rejected() {
        say(format_args!("tls12: passed over: {rejected}"));
    }
    let mut config = ClientConfig::builder(Arc::new(roots)).policy(options.policy());
    if let Some(key_log) = options.key_log()? {
        config = config.key_log(key_log);
    }
    let config = config.build()?;

    let Address { host, port } = &address;
    let socket = connect(&address).map_err(|error| format!("cannot connect to {host}:{port}: {error}"))?;
    let mut stream = StreamOwned::client(config, name, Socket::new(socket, HANDSHAKE_TIMEOUT))?;
    stream.complete_handshake().map_err(|error| format!("handshake with {host}:{port} failed: {error}"))?;
    if let Some(info) = stream.info() {
        let _ = io::stderr().write_all(summary::full(info).as_bytes());
    }
    let parts = stream.into_parts();
    duplex::carry(parts.connection, parts.transport.into_inner()?, parts.received)
}

/// The host and port of a server.
#[derive(Clone)]
struct Address {
    host: String,
    port: u16,
}

/// `HOST:PORT`, where an IPv6 address stands in brackets.
fn address(text: &str) -> Result<Address, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("the port is missing: HOST:PORT")?;
    let port = port.parse().map_err(|_| "the port is no number up to 65535")?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bracketed.unwrap_or(host) {
        "" => Err("the host is missing: HOST:PORT"),
        host if bracketed.is_none() && host.contains(':') => Err("an IPv6 address needs brackets: [ADDRESS]:PORT"),
        host => Ok(Address { host: host.to_owned(), port }),
    }
}

fn server_name(text: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(text.to_owned()).map_err(|_| format!("'{text}' is neither a DNS name nor an IP address"))
}

/// Connects to the first address of the host that answers.
fn connect(address: &Address) -> io::Result<TcpStream> {
    let mut outcome = Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
    for address in (address.host.as_str(), address.port).to_socket_addrs()? {
        outcome = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}
