//! Recognition of protocols other than TLS by the first bytes that a peer sends.

use core::fmt;

/// A protocol other than TLS, as far as the peer's first five bytes show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OtherProtocol {
    /// An HTTP response.
    HttpResponse,
    /// An HTTP request.
    HttpRequest,
    /// HTTP/2 without TLS: the client's preface (RFC 9113 §3.4).
    Http2,
    /// SSH (RFC 4253 §4.2).
    Ssh,
    /// The greeting of an SMTP or FTP server (RFC 5321 §4.2, RFC 959 §5.4).
    SmtpOrFtp,
    /// The greeting of an SMTP client.
    SmtpClient,
    /// The greeting of a POP3 server (RFC 1939 §4).
    Pop3,
    /// The greeting of an IMAP server (RFC 9051 §7.1.1).
    Imap,
    /// An error of a POP3 or Redis server.
    Pop3OrRedis,
    /// A TPKT header (RFC 1006 §6), as used by RDP.
    Rdp,
    /// A packet of SQL Server's Tabular Data Stream (MS-TDS).
    Tds,
    /// A message of LDAP (RFC 4511 §4.1.1).
    Ldap,
    /// The greeting of a MySQL or MariaDB server, protocol version 10.
    MySql,
    /// A startup message of PostgreSQL, or another protocol that begins with a four-byte length.
    PostgreSql,
    /// AMQP.
    Amqp,
    /// An XMPP stream (RFC 6120 §4.2), or other XML.
    Xmpp,
    /// The greeting of an NNTP server (RFC 3977 §5.1).
    Nntp,
    /// The greeting of a ManageSieve server (RFC 5804 §1.7).
    ManageSieve,
}

/// The first bytes of each protocol.
const BEGINNINGS: [(&[u8], OtherProtocol); 22] = [
    (b"HTTP/", OtherProtocol::HttpResponse),
    (b"GET ", OtherProtocol::HttpRequest),
    (b"POST ", OtherProtocol::HttpRequest),
    (b"HEAD ", OtherProtocol::HttpRequest),
    (b"PRI *", OtherProtocol::Http2),
    (b"SSH-", OtherProtocol::Ssh),
    (b"220", OtherProtocol::SmtpOrFtp),
    (b"EHLO", OtherProtocol::SmtpClient),
    (b"HELO", OtherProtocol::SmtpClient),
    (b"+OK", OtherProtocol::Pop3),
    (b"* OK", OtherProtocol::Imap),
    (b"-ERR", OtherProtocol::Pop3OrRedis),
    (b"\x03\x00", OtherProtocol::Rdp),
    (b"\x12\x01", OtherProtocol::Tds),
    (b"\x04\x01", OtherProtocol::Tds),
    (b"AMQP", OtherProtocol::Amqp),
    (b"<?xml", OtherProtocol::Xmpp),
    (b"200 ", OtherProtocol::Nntp),
    (b"201 ", OtherProtocol::Nntp),
    (b"\"IMPL", OtherProtocol::ManageSieve),
    (b"\x30", OtherProtocol::Ldap),
    (b"\x00\x00\x00", OtherProtocol::PostgreSql),
];

impl OtherProtocol {
    /// Returns the protocol that begins with these bytes, if it is known.
    #[must_use]
    pub fn from_first_bytes(first: [u8; 5]) -> Option<Self> {
        // A length of three bytes, of which a greeting needs one, the number of the packet, and the version.
        if let [_, 0, 0, 0, 10] = first {
            return Some(Self::MySql);
        }
        BEGINNINGS.iter().find(|(start, _)| first.starts_with(start)).map(|(_, protocol)| *protocol)
    }
}

impl fmt::Display for OtherProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HttpResponse | Self::HttpRequest => "HTTP",
            Self::Http2 => "HTTP/2",
            Self::Ssh => "SSH",
            Self::SmtpOrFtp => "SMTP or FTP",
            Self::SmtpClient => "SMTP",
            Self::Pop3 => "POP3",
            Self::Imap => "IMAP",
            Self::Pop3OrRedis => "POP3 or Redis",
            Self::Rdp => "RDP",
            Self::Tds => "SQL Server (TDS)",
            Self::Ldap => "LDAP",
            Self::MySql => "MySQL",
            Self::PostgreSql => "a protocol with four-byte lengths, such as PostgreSQL's",
            Self::Amqp => "AMQP",
            Self::Xmpp => "XMPP",
            Self::Nntp => "NNTP",
            Self::ManageSieve => "ManageSieve",
        })
    }
}
