//! Microsoft SQL Server (MS-TDS): TLS is agreed on in PRELOGIN, and its handshake travels inside PRELOGIN packets. After the
//! handshake, records are sent without packets.

use std::io::{self, Read, Write};

use super::dialogue::{Dialogue, Refusal};

/// The head of a packet (§2.2.3.1): type, status, length, SPID, number, window.
const HEAD: usize = 8;

/// The longest packet, in bytes, before another length is agreed on (§2.2.3.1.3, and PRELOGIN is sent before that).
const MAX_PACKET: usize = 4096;

/// Types of packets.
const PRELOGIN: u8 = 0x12;
const RESPONSE: u8 = 0x04;

/// The status of a message's last packet.
const END_OF_MESSAGE: u8 = 1;

/// Tokens of PRELOGIN options (§2.2.6.5), and the value of ENCRYPTION by which a side cannot encrypt.
const ENCRYPTION: u8 = 1;
const TERMINATOR: u8 = 0xff;
const NOT_SUPPORTED: u8 = 2;

/// The options of §4.1, each with its place and length, and then their values: the version (9.0), ENCRYPT_ON, no instance, the
/// number of the thread, MARS.
const OPTIONS: [u8; 39] = [
    0, 0, 26, 0, 6, ENCRYPTION, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 4, 4, 0, 38, 0, 1, TERMINATOR, //
    9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
];

pub fn prelogin<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    dialogue.send(&packet(END_OF_MESSAGE, &OPTIONS))?;
    let answer = dialogue.up_to(MAX_PACKET, |bytes| match bytes {
        [RESPONSE, _, high, low, ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low])).max(HEAD);
            (bytes.len() >= len || len > MAX_PACKET).then_some(len)
        }
        [] | [RESPONSE, ..] => None,
        _ => Some(bytes.len().min(MAX_PACKET)),
    })?;
    let options = answer.strip_prefix(&[RESPONSE]).and_then(|_| answer.get(HEAD..));
    match options.and_then(encryption) {
        None => Err(Refusal::other("TDS", &answer)),
        Some(NOT_SUPPORTED) => Err(Refusal::no("TLS", "it cannot encrypt (ENCRYPT_NOT_SUP)")),
        Some(_) => Ok(()),
    }
}

/// The value of the option ENCRYPTION.
fn encryption(options: &[u8]) -> Option<u8> {
    let heads = options.chunks_exact(5).take_while(|head| head.first() != Some(&TERMINATOR));
    let at = heads.filter_map(|head| match *head {
        [ENCRYPTION, high, low, ..] => Some(usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    });
    at.last().and_then(|at| options.get(at)).copied()
}

/// One packet of this status.
fn packet(status: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(HEAD + content.len()).unwrap_or(u16::MAX);
    let [high, low] = len.to_be_bytes();
    let mut packet = vec![PRELOGIN, status, high, low, 0, 0, 0, 0];
    packet.extend_from_slice(content);
    packet
}

/// Wraps sent bytes in packets, and unwraps received ones.
#[derive(Default)]
pub struct Packets {
    /// How much of the current packet is still to come.
    remaining: usize,
}

impl Packets {
    pub fn read(&mut self, from: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
        while self.remaining == 0 {
            let mut head = [0; HEAD];
            // Between two packets the connection may end.
            let n = from.read(&mut head)?;
            if n == 0 {
                return Ok(0);
            }
            from.read_exact(head.get_mut(n..).unwrap_or_default())?;
            let [typ, _, high, low, ..] = head;
            let len = usize::from(u16::from_be_bytes([high, low]));
            if !matches!(typ, PRELOGIN | RESPONSE) || !(HEAD..=MAX_PACKET).contains(&len) {
                let why = format!("the server sent no TDS packet in the handshake, but \"{}\"", head.escape_ascii());
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            self.remaining = len - HEAD;
        }
        let room = buf.len().min(self.remaining);
        let n = from.read(buf.get_mut(..room).unwrap_or_default())?;
        self.remaining -= n;
        Ok(n)
    }

    pub fn write(&mut self, to: &mut impl Write, buf: &[u8]) -> io::Result<usize> {
        let n = buf.len().min(MAX_PACKET - HEAD);
        let status = if n == buf.len() { END_OF_MESSAGE } else { 0 };
        to.write_all(&packet(status, buf.get(..n).unwrap_or_default()))?;
        Ok(n)
    }
}

/// Takes the packets away from what one side sent, as it was captured.
#[derive(Default)]
pub struct Unwrapped {
    /// The head of a packet, as far as it has arrived.
    head: Vec<u8>,
    /// How much of the current packet is still to come.
    remaining: usize,
    /// The handshake is over: records are sent without packets.
    bare: bool,
}

impl Unwrapped {
    /// How a client begins: with PRELOGIN, in a single packet.
    pub const PRELOGIN: [u8; 2] = [PRELOGIN, END_OF_MESSAGE];

    /// Returns what was in packets, or follows the last one.
    pub fn take(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        while let [first, rest @ ..] = bytes {
            if self.bare || self.remaining > 0 {
                let len = if self.bare { bytes.len() } else { bytes.len().min(self.remaining) };
                content.extend_from_slice(bytes.get(..len).unwrap_or_default());
                self.remaining = self.remaining.saturating_sub(len);
                bytes = bytes.get(len..).unwrap_or_default();
                continue;
            }
            if self.head.is_empty() && !matches!(*first, PRELOGIN | RESPONSE) {
                self.bare = true;
                continue;
            }
            self.head.push(*first);
            bytes = rest;
            if let [_, _, high, low, ..] = *self.head
                && self.head.len() == HEAD
            {
                self.remaining = usize::from(u16::from_be_bytes([high, low])).saturating_sub(HEAD);
                self.head.clear();
            }
        }
        content
    }
}
