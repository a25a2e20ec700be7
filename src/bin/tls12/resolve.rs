//! Looks up the addresses of a host.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs as _};

use crate::options::Address;

/// The addresses of a host, in the order in which they should be tried.
///
/// The scope of an IPv6 address (RFC 4007 §11) is the number of an interface or its name.
pub fn resolve(address: &Address) -> io::Result<Vec<SocketAddr>> {
    let Address { host, port } = address;
    let scoped = host.split_once('%').and_then(|(ip, scope)| Some((ip.parse::<Ipv6Addr>().ok()?, scope)));
    match scoped {
        Some((ip, scope)) => Ok(vec![SocketAddrV6::new(ip, *port, 0, interface(scope)?).into()]),
        None => Ok((host.as_str(), *port).to_socket_addrs()?.collect()),
    }
}

/// The number of an interface. The system resolver understands its name, but only in a link-local address.
fn interface(scope: &str) -> io::Result<u32> {
    if let Ok(number) = scope.parse() {
        return Ok(number);
    }
    let found = (format!("fe80::1%{scope}"), 0).to_socket_addrs().ok().and_then(|mut found| found.next());
    match found {
        Some(SocketAddr::V6(address)) if address.scope_id() != 0 => Ok(address.scope_id()),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no network interface {scope:?}"))),
    }
}
