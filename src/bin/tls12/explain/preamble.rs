//! What two sides say to each other before TLS begins: STARTTLS and its kin, a proxy's header, or the packets of TDS in which
//! the handshake travels. It is skipped, and named.

use tls12::OtherProtocol;
use tls12::inspect::Direction;

use crate::starttls::Unwrapped;

/// The longest preamble of a direction, in bytes: it is held until TLS begins. Those of STARTTLS have some hundreds.
const MAX_PREAMBLE: usize = 1 << 16;

/// The length of what a ClientHello is recognized by: the header of its record, its own, and its version.
const HELLO_START: usize = 11;

/// The start of protocols that come before TLS, and are none that TLS is mistaken for.
const STARTS: [(&[u8], &str); 7] = [
    (b"PROXY ", "the header of the PROXY protocol"),
    (b"\r\n\r\n\0\r\nQUIT\n", "the header of the PROXY protocol"),
    (b"CONNECT ", "the request to an HTTP proxy"),
    (b"\x05", "the request to a SOCKS proxy"),
    (b"\x04\x01", "the request to a SOCKS proxy"),
    (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", "PostgreSQL"),
    (b"STARTTLS", "IRC"),
];

/// What is known of the beginning of TLS.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// More is needed.
    Waiting,
    /// TLS begins, with these bytes of the direction that was added to last.
    Begins(Vec<u8>),
    /// It does not begin: this is another protocol.
    Never,
}

/// The bytes of both directions before TLS.
#[derive(Default)]
pub struct Preamble {
    client: Vec<u8>,
    server: Vec<u8>,
    /// The packets of TDS, by direction, if the client began with one.
    packets: Option<[Unwrapped; 2]>,
    /// TLS has begun.
    begun: bool,
}

impl Preamble {
    /// Takes the packets of TDS away, if the connection has them, also after TLS has begun.
    pub fn unwrap(&mut self, direction: Direction, bytes: &[u8]) -> Option<Vec<u8>> {
        let is_first = !self.begun && self.client.is_empty() && direction == Direction::ClientToServer;
        if is_first && self.packets.is_none() && bytes.starts_with(&Unwrapped::PRELOGIN) {
            self.packets = Some(<[Unwrapped; 2]>::default());
        }
        let [client, server] = self.packets.as_mut()?;
        Some(if direction == Direction::ClientToServer { client.take(bytes) } else { server.take(bytes) })
    }

    /// Adds bytes of a direction.
    pub fn add(&mut self, direction: Direction, bytes: &[u8]) -> Progress {
        let held = match direction {
            Direction::ClientToServer => &mut self.client,
            Direction::ServerToClient => &mut self.server,
        };
        let before = held.len();
        held.extend_from_slice(bytes);
        let begins = match direction {
            _ if is_record(held) => Some(0),
            Direction::ClientToServer => {
                let from = before.saturating_sub(HELLO_START);
                let hello = held.get(from..).unwrap_or_default().windows(HELLO_START).position(is_hello);
                hello.map(|at| from + at)
            }
            Direction::ServerToClient => None,
        };
        match begins {
            Some(at) => {
                self.begun = true;
                Progress::Begins(held.split_off(at))
            }
            None if held.len() > MAX_PREAMBLE => Progress::Never,
            None => Progress::Waiting,
        }
    }

    /// What the client said, if all that the server said is TLS, which begins in `direction`. Then the client speaks
    /// another protocol, such as HTTP, to a port for TLS, and there is no preamble.
    pub fn answered_by_tls(&mut self, direction: Direction) -> Option<Vec<u8>> {
        let is_answer = direction == Direction::ServerToClient && self.server.is_empty() && !self.client.is_empty();
        let is_other = self.packets.is_none() && !STARTS.iter().any(|(start, _)| self.client.starts_with(start));
        (is_answer && is_other).then(|| std::mem::take(&mut self.client))
    }

    /// What was before TLS; `None` if nothing was.
    pub fn name(&self) -> Option<String> {
        let [client, server] = [&self.client, &self.server];
        if client.is_empty() && server.is_empty() {
            return None;
        }
        if self.packets.is_some() {
            return Some("SQL Server (TDS), whose packets the handshake is in".to_owned());
        }
        if let Some((_, name)) = STARTS.iter().find(|(start, _)| client.starts_with(start)) {
            return Some((*name).to_owned());
        }
        // The server's greeting says more than what a client answers.
        let of = |bytes: &[u8]| bytes.first_chunk().and_then(|first| OtherProtocol::from_first_bytes(*first));
        let protocol = match of(server).or_else(|| of(client)) {
            Some(OtherProtocol::SmtpOrFtp) if contains(client, b"AUTH ") => "FTP".to_owned(),
            Some(OtherProtocol::SmtpOrFtp) => "SMTP".to_owned(),
            Some(OtherProtocol::PostgreSql) => "PostgreSQL".to_owned(),
            Some(protocol) => protocol.to_string(),
            None => "a protocol that is not known here".to_owned(),
        };
        let command = [&b"STARTTLS"[..], b"STLS", b"AUTH TLS"].into_iter().find(|command| contains(client, command));
        Some(match command {
            Some(command) => format!("{protocol}, up to {}", command.escape_ascii()),
            None => protocol,
        })
    }

    /// Whether TLS has begun.
    pub fn is_over(&self) -> bool {
        self.begun
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
}

/// Whether these bytes begin as a record does (RFC 5246 §6.2.1), or as a hello in the format of SSL 2 (§E.2).
pub fn is_record(bytes: &[u8]) -> bool {
    match bytes {
        [20..=24, 3, 0..=4, high, ..] => *high <= 0x48,
        [0x80..=0xff, _, 1, 3, ..] => true,
        _ => false,
    }
}

/// Whether a ClientHello begins here (RFC 5246 §7.4.1.2), in a record of its own.
fn is_hello(bytes: &[u8]) -> bool {
    matches!(bytes, [22, 3, 0..=4, _, _, 1, 0, _, _, 3, 0..=4])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: [u8; 12] = [22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 7];

    /// Bytes, each of a direction.
    type Said<'s> = &'s [(Direction, &'s [u8])];

    /// The progress behind these bytes.
    fn told(said: Said<'_>) -> (Progress, Option<String>) {
        let (mut preamble, mut progress) = (Preamble::default(), Progress::Waiting);
        for (direction, bytes) in said {
            assert_eq!(progress, Progress::Waiting);
            let unwrapped = preamble.unwrap(*direction, bytes);
            progress = preamble.add(*direction, unwrapped.as_deref().unwrap_or(bytes));
        }
        (progress, preamble.name())
    }

    #[test]
    fn what_comes_before_tls_is_skipped_and_named() {
        use Direction::{ClientToServer as C, ServerToClient as S};
        let tds =
            |content: &[u8]| [&[0x12, 1, 0, u8::try_from(content.len() + 8).unwrap(), 0, 0, 0, 0], content].concat();
        let (prelogin, in_tds) = (tds(&[0, 0]), tds(&HELLO));
        let cases: &[(Said<'_>, Option<&str>)] = &[
            (&[(C, &HELLO)], None),
            (
                &[(S, b"220 x ESMTP\r\n"), (C, b"EHLO y\r\nSTARTTLS\r\n"), (S, b"220 go\r\n"), (C, &HELLO)],
                Some("SMTP, up to STARTTLS"),
            ),
            (&[(S, b"220 x\r\n"), (C, b"auth tls\r\n"), (S, b"234 go\r\n"), (C, &HELLO)], Some("FTP, up to AUTH TLS")),
            (
                &[(S, b"* OK ready\r\n"), (C, b"a starttls\r\n"), (S, b"a OK\r\n"), (C, &HELLO)],
                Some("IMAP, up to STARTTLS"),
            ),
            (&[(S, b"+OK ready\r\n"), (C, b"STLS\r\n"), (S, b"+OK\r\n"), (C, &HELLO)], Some("POP3, up to STLS")),
            (&[(C, b"\x00\x00\x00\x08\x04\xd2\x16\x2f"), (S, b"S"), (C, &HELLO)], Some("PostgreSQL")),
            (&[(C, b"\x03\x00\x00\x13\x0e\xe0"), (S, b"\x03\x00\x00\x13"), (C, &HELLO)], Some("RDP")),
            (
                &[(C, b"CONNECT x:443 HTTP/1.1\r\n\r\n"), (S, b"HTTP/1.1 200 OK\r\n\r\n"), (C, &HELLO)],
                Some("the request to an HTTP proxy"),
            ),
            (&[(C, b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n"), (C, &HELLO)], Some("the header of the PROXY protocol")),
            (
                &[(C, &prelogin), (S, &prelogin), (C, &in_tds)],
                Some("SQL Server (TDS), whose packets the handshake is in"),
            ),
        ];
        for (said, name) in cases {
            let expected = (Progress::Begins(HELLO.to_vec()), name.map(str::to_owned));
            assert_eq!(told(said), expected, "{said:?}");
        }
        // The header and the hello in one segment, and the hello in two.
        let (first, second) = HELLO.split_at(5);
        let header = [b"PROXY UNKNOWN\r\n", first].concat();
        let (progress, _) = told(&[(C, &header), (C, second)]);
        assert_eq!(progress, Progress::Begins(HELLO.to_vec()));
    }

    /// The capture may lack the hello behind a header or a command.
    #[test]
    fn a_client_without_tls_is_not_taken_for_a_preamble() {
        use Direction::{ClientToServer as C, ServerToClient as S};
        const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 10];
        let cases: [(Said<'_>, bool); 4] = [
            (&[(C, b"GET / HTTP/1.1\r\n\r\n"), (S, &ALERT)], true),
            (&[(C, b"PROXY UNKNOWN\r\n"), (S, &ALERT)], false),
            (&[(S, b"220 x ESMTP\r\n"), (C, b"STARTTLS\r\n"), (S, b"220 go\r\n"), (S, &ALERT)], false),
            (&[(S, &ALERT)], false),
        ];
        for (said, is_plain) in cases {
            let mut preamble = Preamble::default();
            let last = said.iter().map(|(direction, bytes)| (*direction, preamble.add(*direction, bytes))).last();
            assert!(matches!(last, Some((S, Progress::Begins(_) | Progress::Waiting))), "{said:?}");
            assert_eq!(preamble.answered_by_tls(S).is_some(), is_plain, "{said:?}");
        }
    }

    #[test]
    fn what_is_held_before_tls_is_limited() {
        let mut preamble = Preamble::default();
        assert_eq!(preamble.add(Direction::ServerToClient, &[b'x'; MAX_PREAMBLE]), Progress::Waiting);
        assert_eq!(preamble.add(Direction::ServerToClient, b"x"), Progress::Never);
    }
}
