//! The other protocols of lines: FTP, NNTP, IRC.

use std::io::{Read, Write};

use super::dialogue::{Dialogue, Lines, Refusal};

/// A reply of SMTP or FTP: three digits, and a hyphen behind them in all lines but the last (RFC 5321 §4.2, RFC 959 §4.2). In
/// FTP the lines between need no digits.
pub fn reply<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<Lines, Refusal> {
    dialogue.lines(|line| match line.as_bytes() {
        [a, b, c, rest @ ..] => {
            [a, b, c].into_iter().all(u8::is_ascii_digit) && matches!(rest, [] | [b' ', ..])
                // What does not begin as a reply does is none, and there is nothing to wait for.
                || !line.starts_with(|first: char| first.is_ascii_digit() || first == ' ')
        }
        _ => true,
    })
}

/// Whether the first line of a server begins with one of these codes. One of the fourth or fifth hundred turns us away.
pub fn greeted(protocol: &'static str, line: &str, codes: &[&str]) -> Result<(), Refusal> {
    if codes.iter().any(|code| line.starts_with(code)) {
        return Ok(());
    }
    let is_refusal = matches!(line.as_bytes(), [b'4' | b'5', b, c, ..] if b.is_ascii_digit() && c.is_ascii_digit());
    Err(if is_refusal { Refusal::no("the connection", line) } else { Refusal::other(protocol, line.as_bytes()) })
}

/// RFC 4217 §4.
pub fn ftp<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    let mut greeting = ftp_reply(dialogue)?;
    // RFC 959 §5.4: "120 Service ready in nnn minutes", and then 220.
    if greeting.starts_with("120") {
        greeting = ftp_reply(dialogue)?;
    }
    greeted("FTP", &greeting, &["220"])?;
    dialogue.send(b"AUTH TLS\r\n")?;
    let answer = ftp_reply(dialogue)?;
    if answer.starts_with("234") { Ok(()) } else { Err(Refusal::no("AUTH TLS", answer)) }
}

/// The last line of a reply. RFC 959 §4.2: it has the code of the first, and those between may have anything.
fn ftp_reply<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<String, Refusal> {
    let first = dialogue.line()?;
    let Some((code, "-")) = first.split_at_checked(3).map(|(code, rest)| (code, rest.get(..1).unwrap_or_default()))
    else {
        return Ok(first);
    };
    let last = format!("{code} ");
    Ok(dialogue.lines(|line| line.starts_with(&last))?.last)
}

/// RFC 4642 §2.2.
pub fn nntp<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    greeted("NNTP", &dialogue.line()?, &["200", "201"])?;
    dialogue.send(b"STARTTLS\r\n")?;
    let answer = dialogue.line()?;
    if answer.starts_with("382") { Ok(()) } else { Err(Refusal::no("STARTTLS", answer)) }
}

/// The IRCv3 extension tls: 670 is RPL_STARTTLS, 691 ERR_STARTTLS. The server may send notices before.
pub fn irc<T: Read + Write>(dialogue: &mut Dialogue<T>) -> Result<(), Refusal> {
    dialogue.send(b"STARTTLS\r\n")?;
    let answer = dialogue.lines(|line| numeric(line).is_some() || line.starts_with("ERROR"))?.last;
    match numeric(&answer) {
        Some("670") => Ok(()),
        _ => Err(Refusal::no("STARTTLS", answer)),
    }
}

/// The number of a reply (RFC 2812 §2.4): behind the name of the server, if there is one.
fn numeric(line: &str) -> Option<&str> {
    let command = if line.starts_with(':') { line.split(' ').nth(1) } else { line.split(' ').next() };
    command.filter(|command| command.len() == 3 && command.bytes().all(|byte| byte.is_ascii_digit()))
}
