//! PostgreSQL, MySQL and MariaDB.

use std::io::{Read, Write};

use super::dialogue::{Dialogue, Refusal};

/// PostgreSQL's SSLRequest: its length, and 1234 and 5679 where a version would stand ("Message Formats" in its documentation).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The server answers with one byte. An old one says 'E', and why.
pub fn postgres<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    dialogue.send(&SSL_REQUEST)?;
    match dialogue.exactly(1)?.as_slice() {
        b"S" => Ok(()),
        b"N" => Err(Refusal::no("SSLRequest", "it does not offer TLS (ssl is off in its postgresql.conf)")),
        b"E" => Err(Refusal::no("SSLRequest", "it answered with an error: it may be older than TLS")),
        other => Err(Refusal::other("PostgreSQL", other)),
    }
}

/// The header of MySQL's packets: three bytes of length, the least significant first, and a number.
const HEADER: usize = 4;

/// The longest greeting, in bytes: it has a version, 20 to 255 bytes of a nonce, and the name of a plugin.
const MAX_GREETING: usize = 1024;

/// Flags of capabilities ("Capabilities Flags" in MySQL's documentation).
const CLIENT_PROTOCOL_41: u32 = 1 << 9;
const CLIENT_SSL: u32 = 1 << 11;
const CLIENT_SECURE_CONNECTION: u32 = 1 << 15;

/// MySQL's and MariaDB's SSLRequest follows the server's greeting, and is not answered.
pub fn mysql<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    let length = |bytes: &[u8]| match bytes {
        [a, b, c, ..] => Some(HEADER + (usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16)),
        _ => None,
    };
    let packet = dialogue.up_to(MAX_GREETING, |bytes| {
        let length = length(bytes)?;
        (bytes.len() >= length || length > MAX_GREETING).then_some(length)
    })?;
    let greeting = packet.get(HEADER..).unwrap_or_default();
    match greeting.first() {
        // Version 10 of the protocol.
        Some(10) => {}
        // An error packet: 0xff, two bytes of a number, and the text.
        Some(0xff) => {
            let text = greeting.get(3..).unwrap_or_default();
            return Err(Refusal::no("the connection", String::from_utf8_lossy(text)));
        }
        _ => return Err(Refusal::other("MySQL", &packet)),
    }
    let capabilities = mysql_capabilities(greeting).ok_or_else(|| Refusal::other("MySQL", &packet))?;
    if capabilities & CLIENT_SSL == 0 {
        return Err(Refusal::no("TLS", "it does not offer it (CLIENT_SSL): it may have no certificate"));
    }
    // Capabilities, the longest packet (16 MiB), the character set (utf8mb4), 23 zeros.
    let ours = CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION;
    let mut request = vec![32, 0, 0, 1];
    request.extend_from_slice(&ours.to_le_bytes());
    request.extend_from_slice(&(1_u32 << 24).to_le_bytes());
    request.push(45);
    request.extend_from_slice(&[0; 23]);
    dialogue.send(&request)
}

/// The lower half of the capabilities: behind the version, its NUL, the number of the thread, 8 bytes of nonce and a zero.
fn mysql_capabilities(greeting: &[u8]) -> Option<u32> {
    let version_end = greeting.iter().position(|byte| *byte == 0)?;
    let at = version_end + 1 + 4 + 8 + 1;
    let bytes = greeting.get(at..at + 2)?;
    bytes.try_into().ok().map(u16::from_le_bytes).map(u32::from)
}
