//! The protocols of mail: SMTP, LMTP, IMAP, POP3, ManageSieve.

use std::io::{Read, Write};

use super::dialogue::{Dialogue, Refusal};
use super::text::{greeted, reply};

/// Who we are. RFC 5321 §4.1.3: a client that has no name gives its address.
const OURSELVES: &str = "[127.0.0.1]";

/// RFC 3207 §4, and LMTP by RFC 2033 §4.1. A server may do without listing the extension, so it is asked in any case.
pub fn smtp<T: Read + Write>(dialogue: &mut Dialogue<T>, hello: &'static str) -> Result<(), Refusal> {
    greeted("SMTP", &reply(dialogue)?.last, &["220"])?;
    dialogue.send(format!("{hello} {OURSELVES}\r\n").as_bytes())?;
    let greeting = reply(dialogue)?;
    if !greeting.last.starts_with("250") {
        return Err(Refusal::no(hello, greeting.last));
    }
    dialogue.send(b"STARTTLS\r\n")?;
    let answer = reply(dialogue)?.last;
    if answer.starts_with("220") { Ok(()) } else { Err(Refusal::no("STARTTLS", answer)) }
}

/// RFC 9051 §6.2.1. A server may send untagged responses at any time (§7).
pub fn imap<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    let greeting = dialogue.line()?;
    // §7.1.4: a connection that needs no login has no STARTTLS.
    if greeting.starts_with("* PREAUTH") {
        return Err(Refusal::no("STARTTLS", greeting));
    }
    if greeting.starts_with("* BYE") {
        return Err(Refusal::no("the connection", greeting));
    }
    if !greeting.starts_with("* OK") {
        return Err(Refusal::other("IMAP", greeting.as_bytes()));
    }
    dialogue.send(b"a STARTTLS\r\n")?;
    let answer = dialogue.lines(|line| !line.starts_with("* "))?.last;
    if answer.starts_with("a OK") { Ok(()) } else { Err(Refusal::no("STARTTLS", answer)) }
}

/// RFC 2595 §4.
pub fn pop3<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    let greeting = dialogue.line()?;
    if greeting.starts_with("-ERR") {
        return Err(Refusal::no("the connection", greeting));
    }
    if !greeting.starts_with("+OK") {
        return Err(Refusal::other("POP3", greeting.as_bytes()));
    }
    dialogue.send(b"STLS\r\n")?;
    let answer = dialogue.line()?;
    if answer.starts_with("+OK") { Ok(()) } else { Err(Refusal::no("STLS", answer)) }
}

/// RFC 5804 §2.2. The server begins with its capabilities (§1.7), a line each, and OK.
pub fn sieve<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    let is_answer = |line: &str| !line.starts_with(['"', '{']);
    let greeting = dialogue.lines(is_answer)?;
    let is_ok = |line: &str| line.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("OK"));
    if greeting.before.is_empty() || !is_ok(&greeting.last) {
        return Err(Refusal::other("ManageSieve", greeting.last.as_bytes()));
    }
    dialogue.send(b"STARTTLS\r\n")?;
    let answer = dialogue.line()?;
    if is_ok(&answer) { Ok(()) } else { Err(Refusal::no("STARTTLS", answer)) }
}
