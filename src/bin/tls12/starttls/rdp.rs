//! Remote Desktop (MS-RDPBCGR §2.2.1.1): TLS is agreed on in the request for an X.224 connection.

use std::io::{Read, Write};

use super::dialogue::{Dialogue, Refusal};

/// TPKT (RFC 1006 §6): version 3, and the length; X.224 (RFC 905 §13.3): the length of its head, Connection Request, no
/// references, class 0; RDP_NEG_REQ: type, flags, length, and the protocols TLS (1) and CredSSP (2), which begins with TLS.
const REQUEST: [u8; 19] = [3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0];

/// The heads of TPKT and X.224.
const HEADS: usize = 11;

const CONNECTION_CONFIRM: u8 = 0xd0;
const NEGOTIATION_RESPONSE: u8 = 2;
const NEGOTIATION_FAILURE: u8 = 3;

/// The longest answer, in bytes: it has 19.
const MAX_ANSWER: usize = 64;

pub fn rdp<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    dialogue.send(&REQUEST)?;
    let answer = dialogue.up_to(MAX_ANSWER, |bytes| match bytes {
        [3, _, high, low, ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            (bytes.len() >= len || len > MAX_ANSWER).then_some(len.max(4))
        }
        [] | [3, ..] => None,
        _ => Some(bytes.len().min(MAX_ANSWER)),
    })?;
    if answer.first() != Some(&3) || answer.get(5) != Some(&CONNECTION_CONFIRM) {
        return Err(Refusal::other("RDP", &answer));
    }
    let selected = answer.get(HEADS + 4..HEADS + 8).and_then(|code| code.try_into().ok()).map(u32::from_le_bytes);
    match (answer.get(HEADS), selected) {
        (Some(&NEGOTIATION_RESPONSE), Some(1 | 2)) => Ok(()),
        (Some(&NEGOTIATION_FAILURE), Some(code)) => Err(Refusal::no("TLS", failure(code))),
        _ => Err(Refusal::no("TLS", "it supports only RDP's own encryption")),
    }
}

/// MS-RDPBCGR §2.2.1.2.2.
fn failure(code: u32) -> &'static str {
    match code {
        1 => "it requires TLS of another kind (SSL_REQUIRED_BY_SERVER)",
        2 => "it does not allow TLS (SSL_NOT_ALLOWED_BY_SERVER)",
        3 => "it has no certificate (SSL_CERT_NOT_ON_SERVER)",
        5 => "it requires CredSSP (HYBRID_REQUIRED_BY_SERVER)",
        _ => "the two sides have no security protocol in common",
    }
}
