//! `--proxy`: a connection through a proxy, by CONNECT (RFC 9110 §9.3.6) or SOCKS 5 (RFC 1928).

use std::io::{Read, Write};
use std::net::IpAddr;

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use crate::options::Address;
use crate::starttls::{Dialogue, Refusal};

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Connect,
    Socks5,
}

/// A proxy.
#[derive(Clone)]
pub struct Proxy {
    pub kind: Kind,
    pub address: Address,
    /// A user's name and password.
    pub user: Option<(String, Zeroizing<String>)>,
}

impl Proxy {
    /// Asks it for a connection to `target`.
    ///
    /// # Errors
    /// [`Refusal`], if it makes none.
    pub fn open<T: Read + Write>(&self, dialogue: &mut Dialogue<T>, target: &Address) -> Result<(), Refusal> {
        match self.kind {
            Kind::Connect => self.connect(dialogue, target),
            Kind::Socks5 => self.socks5(dialogue, target),
        }
    }

    fn connect<T: Read + Write>(&self, dialogue: &mut Dialogue<T>, target: &Address) -> Result<(), Refusal> {
        let mut request = Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
        if let Some((name, password)) = &self.user {
            // RFC 7617.
            let user = Zeroizing::new(format!("{name}:{}", password.as_str()));
            let encoded = Zeroizing::new(Base64::encode_string(user.as_bytes()));
            request.push_str("Proxy-Authorization: Basic ");
            request.push_str(&encoded);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        dialogue.send(request.as_bytes())?;
        let head = dialogue.lines(str::is_empty)?;
        let status = head.before.first().map_or("", String::as_str);
        match status.split_once(' ') {
            Some((version, code)) if version.starts_with("HTTP/1.") => match code.as_bytes() {
                [b'2', ..] => Ok(()),
                _ if code.starts_with("407") => Err(Refusal::no("CONNECT", format!("{status}{ASKS_WHO}"))),
                _ => Err(Refusal::no("CONNECT", status)),
            },
            _ => Err(Refusal::other("HTTP", status.as_bytes())),
        }
    }

    fn socks5<T: Read + Write>(&self, dialogue: &mut Dialogue<T>, target: &Address) -> Result<(), Refusal> {
        const VERSION: u8 = 5;
        const NO_AUTHENTICATION: u8 = 0;
        const PASSWORD: u8 = 2;
        let methods: &[u8] = if self.user.is_some() { &[NO_AUTHENTICATION, PASSWORD] } else { &[NO_AUTHENTICATION] };
        dialogue.send(&[&[VERSION, u8::try_from(methods.len()).unwrap_or(0)], methods].concat())?;
        let answer = dialogue.exactly(2)?;
        match (answer.as_slice(), &self.user) {
            ([VERSION, NO_AUTHENTICATION], _) => {}
            ([VERSION, PASSWORD], Some((name, password))) => {
                // RFC 1929.
                let mut request = Zeroizing::new(vec![1]);
                put_short(&mut request, name.as_bytes());
                put_short(&mut request, password.as_bytes());
                dialogue.send(&request)?;
                if dialogue.exactly(2)?.get(1) != Some(&0) {
                    return Err(Refusal::no("the user name and password", "they are wrong, or may not be used"));
                }
            }
            ([VERSION, _], _) => {
                return Err(Refusal::no("the connection", format!("it requires a user name and a password{ASKS_WHO}")));
            }
            (other, _) => return Err(Refusal::other("SOCKS 5", other)),
        }
        // CONNECT, and a reserved byte; then the address: IPv4, IPv6, or a name, which the proxy looks up.
        let mut request = vec![VERSION, 1, 0];
        match target.host.parse() {
            Ok(IpAddr::V4(ip)) => {
                request.push(1);
                request.extend_from_slice(&ip.octets());
            }
            Ok(IpAddr::V6(ip)) => {
                request.push(4);
                request.extend_from_slice(&ip.octets());
            }
            Err(_) => {
                request.push(3);
                put_short(&mut request, target.host.as_bytes());
            }
        }
        request.extend_from_slice(&target.port.to_be_bytes());
        dialogue.send(&request)?;
        let answer = dialogue.exactly(4)?;
        let [VERSION, reply, _, kind] = *answer.as_slice() else { return Err(Refusal::other("SOCKS 5", &answer)) };
        if reply != 0 {
            return Err(Refusal::no("the connection", failure(reply)));
        }
        // The address that it uses, and a port of two bytes, which are not needed.
        let len = match kind {
            1 => 4,
            4 => 16,
            3 => dialogue.exactly(1)?.first().copied().map_or(0, usize::from),
            _ => return Err(Refusal::other("SOCKS 5", &answer)),
        };
        dialogue.exactly(len + 2).map(|_| ())
    }
}

/// What to do about a proxy that authenticates its users.
const ASKS_WHO: &str = " (give --proxy with USER:PASSWORD@ before its host)";

/// With its length in a byte before it. No name here is longer: the options see to it.
fn put_short(out: &mut Vec<u8>, text: &[u8]) {
    let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
    out.push(len);
    out.extend_from_slice(text.get(..usize::from(len)).unwrap_or_default());
}

/// RFC 1928 §6.
fn failure(reply: u8) -> &'static str {
    match reply {
        2 => "its rules do not allow it",
        3 => "the network is unreachable",
        4 => "the host is unreachable, or not known to it",
        5 => "the server refused the connection",
        6 => "the server did not answer in time",
        7 => "it does not support CONNECT",
        8 => "it does not support this kind of address",
        _ => "general failure",
    }
}
