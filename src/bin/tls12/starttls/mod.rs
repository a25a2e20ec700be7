//! `--starttls`: the dialogue of client and server before TLS begins, protocol by protocol.
//!
//! None of it is protected, so as little as possible is believed: a server can only refuse. Data that it sends after its
//! consent, but before TLS begins, is an error, since a program that kept it would treat it as part of the protected
//! connection (CVE-2011-0411).

mod databases;
mod dialogue;
mod ldap;
mod mail;
mod rdp;
mod tds;
mod text;
mod xmpp;

use std::io::{Read, Write};

use clap::ValueEnum;

pub use dialogue::{Dialogue, Refusal};
pub use tds::{Packets, Unwrapped};

/// A protocol that starts TLS with its own command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// SMTP (RFC 3207)
    Smtp,
    /// LMTP (RFC 2033, RFC 3207)
    Lmtp,
    /// IMAP (RFC 9051 §6.2.1)
    Imap,
    /// POP3 (RFC 2595 §4)
    Pop3,
    /// ManageSieve (RFC 5804 §2.2)
    Sieve,
    /// FTP (RFC 4217)
    Ftp,
    /// LDAP (RFC 4511 §4.14)
    Ldap,
    /// XMPP, as a client does (RFC 6120 §5)
    Xmpp,
    /// XMPP, as another server does (RFC 6120 §5)
    XmppServer,
    /// PostgreSQL
    Postgres,
    /// MySQL and MariaDB
    Mysql,
    /// Microsoft SQL Server, TDS 7 (MS-TDS §2.2.6.5)
    Mssql,
    /// Remote Desktop (MS-RDPBCGR §2.2.1)
    Rdp,
    /// NNTP (RFC 4642)
    Nntp,
    /// IRC (the IRCv3 extension tls)
    Irc,
}

/// The packets in which TLS records are sent after the start.
pub enum Records {
    /// The transport itself.
    Bare,
    /// The packets of TDS, up to the end of the handshake.
    InTds,
}

impl Protocol {
    /// Asks the server to start TLS. `host` is the name of the server, for protocols that say it.
    ///
    /// # Errors
    /// [`Refusal`], if TLS cannot begin.
    pub fn start<T: Read + Write>(self, dialogue: &mut Dialogue<T>, host: &str) -> Result<Records, Refusal> {
        match self {
            Self::Smtp => mail::smtp(dialogue, "EHLO"),
            Self::Lmtp => mail::smtp(dialogue, "LHLO"),
            Self::Imap => mail::imap(dialogue),
            Self::Pop3 => mail::pop3(dialogue),
            Self::Sieve => mail::sieve(dialogue),
            Self::Ftp => text::ftp(dialogue),
            Self::Ldap => ldap::ldap(dialogue),
            Self::Xmpp => xmpp::xmpp(dialogue, host, "jabber:client"),
            Self::XmppServer => xmpp::xmpp(dialogue, host, "jabber:server"),
            Self::Postgres => databases::postgres(dialogue),
            Self::Mysql => databases::mysql(dialogue),
            Self::Mssql => tds::prelogin(dialogue),
            Self::Rdp => rdp::rdp(dialogue),
            Self::Nntp => text::nntp(dialogue),
            Self::Irc => text::irc(dialogue),
        }?;
        dialogue.end()?;
        Ok(if self == Self::Mssql { Records::InTds } else { Records::Bare })
    }
}
