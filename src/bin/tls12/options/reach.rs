//! The options for reaching a server.

use std::time::Duration;

use zeroize::Zeroizing;

use super::parse;
use crate::proxy::{Kind, Proxy};
use crate::starttls::Protocol;

#[derive(clap::Args)]
pub struct ReachArgs {
    /// Begin in plaintext, and start TLS as this protocol does
    #[arg(long, value_name = "PROTOCOL")]
    pub starttls: Option<Protocol>,
    /// Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT
    ///
    /// A user name and a password can precede the host, as in http://USER:PASSWORD@HOST:PORT, with % and two hexadecimal
    /// digits for special characters. The proxy resolves the server's name. Other users of this machine can see the password
    /// while the command runs.
    #[arg(long, value_name = "URL", value_parser = proxy)]
    pub proxy: Option<Proxy>,
    /// The time limit for connecting, for the handshake, and for the server to send something, each
    ///
    /// By default, 10 seconds for connecting to each address and for the server to close after the client has, 30 seconds for
    /// the handshake, and no limit while the connection is in use.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
}

/// The time limits of the dialogue before TLS and of the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

impl ReachArgs {
    /// The time limit of what comes before TLS, and that of the handshake.
    pub fn handshake_timeout(&self) -> Duration {
        self.timeout.unwrap_or(HANDSHAKE_TIMEOUT)
    }
}

/// The maximum timeout, in seconds: a day.
const MAX_TIMEOUT: f64 = 86_400.0;

/// Seconds, which may have a fraction.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || format!("a timeout is a number of seconds, greater than 0 and up to {MAX_TIMEOUT}");
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if duration.is_zero() || seconds > MAX_TIMEOUT { Err(wrong()) } else { Ok(duration) }
}

/// `SCHEME://[USER:PASSWORD@]HOST:PORT`
fn proxy(text: &str) -> Result<Proxy, String> {
    let (scheme, rest) =
        text.split_once("://").ok_or("the form of a proxy is http://HOST:PORT or socks5://HOST:PORT")?;
    let kind = match scheme {
        "http" => Kind::Connect,
        // In either case, the proxy resolves the name.
        "socks5" | "socks5h" => Kind::Socks5,
        _ => return Err(format!("{scheme}:// proxies are not supported: use http:// or socks5://")),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, address) = match rest.rsplit_once('@') {
        None => (None, rest),
        Some((user, address)) => (Some(credentials(user)?), address),
    };
    Ok(Proxy { kind, address: parse::address(address)?, user })
}

fn credentials(text: &str) -> Result<(String, Zeroizing<String>), String> {
    /// RFC 1929 §2: each has its length in a byte.
    const LONGEST: usize = 255;
    let (name, password) = text.split_once(':').ok_or("the proxy's password is missing: USER:PASSWORD@")?;
    let (name, password) = (decoded(name)?, Zeroizing::new(decoded(password)?));
    match name.len().max(password.len()) {
        0..=LONGEST => Ok((name, password)),
        _ => Err(format!("the proxy's user name and password have at most {LONGEST} bytes each")),
    }
}

/// Percent-decoded (RFC 3986 §2.1).
fn decoded(text: &str) -> Result<String, String> {
    let wrong = || "the proxy's user name or password has % without two hexadecimal digits".to_owned();
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or_else(wrong)?;
        bytes.extend(parse::hex(digits).ok_or_else(wrong)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| "the proxy's user name or password is not UTF-8".to_owned())
}
