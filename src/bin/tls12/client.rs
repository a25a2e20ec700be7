//! `tls12 client`: connects, says with what, and carries data both ways.

use std::io::{self, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use tls12::ClientConfig;
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;

use crate::failure::{Failure, Stage, place};
use crate::options::{Address, ClientArgs, server_name};
use crate::socket::Socket;
use crate::{duplex, say, summary};

/// How long to try each of a host's addresses.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the handshake may take in all.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

pub fn run(args: &ClientArgs) -> Result<(), Failure> {
    let Address { host, port } = &args.address;
    let name = match &args.server_name {
        Some(name) => name.clone(),
        None => {
            server_name(host).map_err(|error| Failure::new(Stage::Start, format!("{error}; give --server-name")))?
        }
    };
    let config = config(args)?;
    let socket = connect(&args.address)
        .map_err(|error| Failure::new(Stage::Connect, format!("cannot connect to {host}:{port}: {error}")))?;
    let mut stream = StreamOwned::client(config, name, Socket::new(socket, HANDSHAKE_TIMEOUT))?;
    stream.complete_handshake().map_err(|error| {
        let place = place(&error, "server");
        Failure::new(Stage::Handshake, format!("handshake with {host}:{port} failed{place}: {error}"))
    })?;
    if let Some(info) = stream.info() {
        let _ = io::stderr().write_all(summary::full(info).as_bytes());
    }
    let parts = stream.into_parts();
    duplex::carry(parts.connection, parts.transport.into_inner()?, parts.received)
        .map_err(|reason| Failure::new(Stage::Connected, reason))
}

fn config(args: &ClientArgs) -> Result<Arc<ClientConfig>, Failure> {
    let roots = TrustStore::from_pem_file(&args.ca)?;
    for rejected in roots.rejected() {
        say(format_args!("tls12: passed over: {rejected}"));
    }
    let mut config = ClientConfig::builder(Arc::new(roots)).policy(args.common.policy());
    if let Some(key_log) = args.common.key_log()? {
        config = config.key_log(key_log);
    }
    Ok(config.build()?)
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
