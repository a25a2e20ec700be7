//! Peers that do not speak TLS: what their first bytes say of them.

use alloc::format;

use super::Diagnosis;

/// What a protocol begins with, its name, and what to do.
const GREETINGS: [(&[u8], &str, &str); 17] = [
    (b"HTTP/", "HTTP", "use the port of HTTPS"),
    (b"GET ", "HTTP", "have the client use https, or send it to the plain port"),
    (b"POST ", "HTTP", "have the client use https, or send it to the plain port"),
    (b"HEAD ", "HTTP", "have the client use https, or send it to the plain port"),
    (b"PRI *", "HTTP/2 without TLS", "have the client use https"),
    (b"SSH-", "SSH", "this is the port of an SSH server, or client"),
    (b"220", "SMTP or FTP", "send STARTTLS (SMTP) or AUTH TLS (FTP) first, or use the port of implicit TLS"),
    (b"EHLO", "SMTP", "answer STARTTLS first, or have the client use implicit TLS"),
    (b"HELO", "SMTP", "answer STARTTLS first, or have the client use implicit TLS"),
    (b"+OK", "POP3", "send STLS first, or use the port of implicit TLS"),
    (b"* OK", "IMAP", "send STARTTLS first, or use the port of implicit TLS"),
    (b"-ERR", "POP3 or Redis", "start TLS by the protocol's own command first, or use the port of TLS"),
    (b"\x03\x00", "RDP", "negotiate TLS in the X.224 connection request first"),
    (b"\x12\x01", "SQL Server (TDS)", "TLS goes inside PRELOGIN packets: wrap and unwrap them"),
    (b"\x04\x01", "SQL Server (TDS)", "TLS goes inside PRELOGIN packets: wrap and unwrap them"),
    (b"\x30", "LDAP", "send the StartTLS request first, or use the port of LDAPS"),
    (
        b"\x00\x00\x00",
        "a length where TLS has a record, such as PostgreSQL sends",
        "start TLS by the protocol's own request first",
    ),
];

impl Diagnosis {
    pub(super) fn no_tls(&mut self, first: [u8; 5]) {
        match GREETINGS.iter().find(|(start, ..)| first.starts_with(start)) {
            Some((_, protocol, advice)) => {
                self.cause =
                    format!("the peer speaks {protocol}, not TLS: it begins with \"{}\"", first.escape_ascii());
                self.advise(*advice);
            }
            None => self.advise("make sure of the port, and whether the protocol starts TLS by a command of its own"),
        }
    }
}
