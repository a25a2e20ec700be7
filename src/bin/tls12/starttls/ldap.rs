//! LDAP's StartTLS (RFC 4511 §4.14).

use std::io::{Read, Write};

use super::dialogue::{Dialogue, Refusal};

/// An LDAPMessage: the number 1, and an ExtendedRequest (application 23) with the name 1.3.6.1.4.1.1466.20037 (context 0).
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// The tag of an ExtendedResponse: application 24.
const EXTENDED_RESPONSE: u8 = 0x78;

const SEQUENCE: u8 = 0x30;

/// The longest answer, in bytes: it has a code and a sentence.
const MAX_ANSWER: usize = 4096;

pub fn ldap<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    dialogue.send(REQUEST)?;
    let answer = dialogue.up_to(MAX_ANSWER, |bytes| match bytes.first() {
        Some(&SEQUENCE) => value(bytes).map(|(value, rest)| match value {
            Some(_) => bytes.len() - rest.len(),
            // Too long, or of no length.
            None => usize::MAX,
        }),
        // It is no LDAP, and nothing that could be waited for.
        Some(_) => Some(bytes.len()),
        None => None,
    })?;
    let (code, text) = result(&answer).ok_or_else(|| Refusal::other("LDAP", &answer))?;
    match code {
        0 => Ok(()),
        code => Err(Refusal::no("StartTLS", format!("result code {code} (RFC 4511 §A.1) {text}"))),
    }
}

/// The code and the message of an answer.
fn result(answer: &[u8]) -> Option<(u8, String)> {
    let message = value(answer)?.0?;
    let (_number, rest) = value(message)?;
    if *rest.first()? != EXTENDED_RESPONSE {
        return None;
    }
    let response = value(rest)?.0?;
    let (code, rest) = value(response)?;
    let (_matched_name, rest) = value(rest)?;
    let (text, _) = value(rest)?;
    Some((*code?.first()?, String::from_utf8_lossy(text?).into_owned()))
}

/// The value of the first element in `bytes`, and what follows it; `None` if its header is incomplete. It may be in BER: Active
/// Directory writes lengths in four bytes. A value that has not come whole, or has no length, is none.
fn value(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (_tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (len, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (len.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
        }
        _ => return Some((None, &[])),
    };
    match rest.split_at_checked(len) {
        Some((value, rest)) => Some((Some(value), rest)),
        None if len > MAX_ANSWER => Some((None, &[])),
        None => None,
    }
}
