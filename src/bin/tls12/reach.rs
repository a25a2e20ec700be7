//! Reaches a server: connects, through a proxy if there is one, and performs the dialogue before TLS.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tls12::Role;
use tls12::io::pcapng::Captured;

use crate::carrier::Carrier;
use crate::failure::{Failure, Stage};
use crate::options::{Address, ReachArgs};
use crate::recording::Recording;
use crate::resolve::resolve;
use crate::socket::Socket;
use crate::starttls::{Dialogue, Records, Refusal};

/// How long to try each of a host's addresses.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection on which TLS can begin.
pub struct Reached {
    pub carrier: Carrier,
    /// Whether this is the server's or the proxy's.
    pub peer: Option<SocketAddr>,
    /// The time it took to connect, without the dialogue before TLS.
    pub connecting: Duration,
    /// The time limit of the handshake.
    pub handshake_timeout: Duration,
}

/// Connects to `target`, whose certificate has the name `host`, and records the connection if there is a recording.
///
/// # Errors
/// If there is no connection, or TLS cannot begin on it.
pub fn reach(
    target: &Address,
    args: &ReachArgs,
    host: &str,
    recording: Option<&Recording>,
) -> Result<Reached, Failure> {
    let (next, what) = match &args.proxy {
        None => (target, ""),
        Some(proxy) => (&proxy.address, "the proxy "),
    };
    let begun = Instant::now();
    let socket = connect(next, args.timeout)
        .map_err(|error| format!("cannot connect to {what}{next}: {error}{}", interface_advice(next)))
        .map_err(|why| Failure::new(Stage::Network, why))?;
    let connecting = begun.elapsed();
    let peer = socket.peer_addr().ok();
    let handshake_timeout = args.handshake_timeout();
    let flow = recording.and_then(|recording| recording.flow(Role::Client, &socket));
    let mut dialogue = Dialogue::new(Captured::new(Socket::new(socket, handshake_timeout), flow));
    if let Some(proxy) = &args.proxy {
        let in_context = |why: Refusal| {
            let why = why.to_string().replace("the server", "it");
            Failure::new(Stage::Network, format!("the proxy {} did not connect to {target}: {why}", proxy.address))
        };
        proxy.open(&mut dialogue, target).map_err(in_context)?;
    }
    let records = match args.starttls {
        None => Records::Bare,
        Some(protocol) => protocol.start(&mut dialogue, host).map_err(|why| {
            let stage = if why.is_of_network() { Stage::Network } else { Stage::Protocol };
            let advice = match &why {
                Refusal::Transport(error) if error.kind() == io::ErrorKind::TimedOut => {
                    "; if TLS begins at once on this port, leave out --starttls"
                }
                _ => "",
            };
            Failure::new(stage, format!("{target} did not start TLS: {why}{advice}"))
        })?,
    };
    let (mut socket, received) = dialogue.into_parts();
    socket.get_mut().extend(handshake_timeout);
    Ok(Reached { carrier: Carrier::new(socket, received, &records), peer, connecting, handshake_timeout })
}

/// Connects to the first address of the host that answers. Without a time limit, each has 10 seconds.
pub fn connect(address: &Address, timeout: Option<Duration>) -> io::Result<TcpStream> {
    let timeout = timeout.unwrap_or(CONNECT_TIMEOUT);
    let mut outcome = Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
    for address in resolve(address)? {
        outcome = TcpStream::connect_timeout(&address, timeout);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// What to try if no connection could be made to a link-local address, which many interfaces may have.
pub fn interface_advice(address: &Address) -> &'static str {
    match address.host.parse::<Ipv6Addr>() {
        Ok(ip) if ip.is_unicast_link_local() => {
            "; add the network interface to this link-local address, as in [fe80::1%eth0]:443"
        }
        _ => "",
    }
}
