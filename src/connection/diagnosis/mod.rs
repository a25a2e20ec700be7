//! Why a connection has failed: the cause, what each side had, and what to do. `advice` has the remedies, as data;
//! `alert` explains the peer's alerts, `chosen` a server's forbidden choices, and `refusal` what a client and this
//! server do not have in common.

mod advice;
mod alert;
mod chosen;
mod refusal;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

pub use advice::{Advice, SuiteSetting};

use crate::error::{Error, KeyFault, Lacking};
use crate::handshake::{Common, Journal, JournalOf, RenegotiationRefusal, Stage};

/// Why a connection has failed: see [`Connection::diagnosis`](crate::Connection::diagnosis). [`Display`](fmt::Display)
/// writes one line, [`Self::long`] several. The text is for people, and may change between versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    cause: String,
    details: Vec<String>,
    advice: Vec<Advice>,
}

impl Diagnosis {
    /// Returns what happened.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// Returns the facts behind the cause, such as what each side supports, one line each.
    pub fn details(&self) -> impl Iterator<Item = &str> {
        self.details.iter().map(String::as_str)
    }

    /// Returns what to try, most promising first.
    #[must_use]
    pub fn advice(&self) -> &[Advice] {
        &self.advice
    }

    /// Returns the cause, the details and the advice, displayed on several lines.
    #[must_use]
    pub fn long(&self) -> impl fmt::Display {
        Long(self)
    }

    /// That of a connection between two others.
    #[cfg(feature = "inspect")]
    pub(crate) const fn of_others(cause: String, details: Vec<String>, advice: Vec<Advice>) -> Self {
        Self { cause, details, advice }
    }

    /// `refused` is the reason why this side refused to renegotiate, if it did.
    pub(super) fn of(error: &Error, journal: Option<&Journal>, refused: Option<RenegotiationRefusal>) -> Self {
        let mut diagnosis = Self { cause: error.to_string(), details: Vec::new(), advice: Vec::new() };
        diagnosis.explain(error, journal);
        if let (Some(refusal), Error::Alert(_) | Error::Truncated | Error::Reset) = (refused, error) {
            diagnosis.after_refusal(refusal);
        }
        diagnosis
    }

    fn explain(&mut self, error: &Error, journal: Option<&Journal>) {
        use Advice as A;
        let advice: &[Advice] = match error {
            Error::NotTls { protocol: Some(protocol), .. } => &[A::StartTls(*protocol)],
            Error::NotTls { protocol: None, .. } => &[A::CheckPort],
            Error::Alert(alert) => return self.alert(*alert, journal),
            Error::NothingInCommon(lacking) => return self.lacking(*lacking, journal),
            Error::Sslv2Hello { .. } => &[A::DisableSslv2HelloAtPeer],
            Error::Version { .. } | Error::VersionNotListed => &[A::EnableTls12AtPeer],
            Error::BadRecordMac if knows_psk(journal) => &[A::ComparePresharedKeys, A::CheckPath],
            Error::BadRecordMac | Error::FinishedMismatch => &[A::CheckPath],
            Error::NoPresharedKey | Error::UnknownPskIdentity => &[A::ConfigurePresharedKey],
            Error::PeerKey(fault) => return self.peer_key(*fault),
            Error::SignedByAnother { .. } => &[A::ReorderPeerChain],
            Error::BadSignature => &[A::MatchPeerKey, A::CheckPath],
            Error::IllegalParameter(violation) => return self.violation(*violation, journal),
            Error::ClosedInHandshake | Error::TruncatedInHandshake | Error::ResetInHandshake => {
                return self.ended(error, journal);
            }
            Error::Truncated | Error::Reset => return self.ended(error, journal),
            _ => match journal {
                Some(Journal { refusal: Some(refusal), side: JournalOf::Server { config: Some(config) }, .. }) => {
                    return self.refused(refusal, config);
                }
                _ => &[],
            },
        };
        self.advice.extend(advice.iter().cloned());
    }

    fn lacking(&mut self, lacking: Lacking, journal: Option<&Journal>) {
        match (lacking, journal) {
            (Lacking::SecureRenegotiation, _) => self.advise_all([Advice::UpdatePeer, Advice::TolerateInsecureServer]),
            (Lacking::ExtendedMasterSecret, _) => {
                self.advise_all([Advice::UpdatePeer, Advice::PreferExtendedMasterSecret]);
            }
            (_, Some(Journal { refusal: Some(refusal), side: JournalOf::Server { config: Some(config) }, .. })) => {
                self.no_suite_for(refusal, config);
            }
            (Lacking::EncryptThenMac, _) => self.advise_all([Advice::UpdatePeer, Advice::PreferEncryptThenMac]),
            _ => {}
        }
    }

    fn peer_key(&mut self, fault: KeyFault) {
        /// The smallest key that can be allowed, in bits.
        const SMALLEST: u32 = 1024;
        self.advise(Advice::ReplacePeerKey);
        if let KeyFault::TooSmall { bits, smallest } = fault
            && bits >= SMALLEST
            && smallest > SMALLEST
        {
            self.advise(Advice::AllowSmallRsaKeys);
        }
    }

    /// Explains an end of the connection by the peer or the transport.
    fn ended(&mut self, error: &Error, journal: Option<&Journal>) {
        let Some(journal) = journal else { return };
        let how = match error {
            Error::ClosedInHandshake => "closed the connection (close_notify)",
            Error::Reset | Error::ResetInHandshake => "reset the connection (RST)",
            _ => "ended the connection without close_notify (FIN)",
        };
        match (&journal.side, journal.stage) {
            (JournalOf::Client { config, server_name }, Stage::Greeting) => {
                self.cause = format!("the server {how} right after our ClientHello");
                self.offered(config, server_name.as_ref());
                self.advise(Advice::CheckPort);
                self.advise(Advice::ReadPeerLog);
                self.advise_on_offer(config);
            }
            (JournalOf::Client { .. }, Stage::Greeted) => {
                self.cause = format!("the server {how} during the handshake");
                if !self.certificate_request(journal) {
                    self.advise(Advice::ReadPeerLog);
                }
            }
            (JournalOf::Server { .. }, Stage::Greeting) => {
                self.cause =
                    format!("the client {how} before it sent a ClientHello, as health checks and port scans do");
            }
            (JournalOf::Server { .. }, Stage::Greeted) => {
                self.cause = format!(
                    "the client {how} during the handshake: most often because it does not trust the server's certificate"
                );
                self.advise_all([Advice::ReadPeerLog, Advice::LetPeerTrust]);
            }
        }
    }

    /// Explains a failure after this side refused to renegotiate.
    fn after_refusal(&mut self, refusal: RenegotiationRefusal) {
        let asked = match refusal {
            RenegotiationRefusal::ByServer => "the client asked to renegotiate",
            _ => "the server asked to renegotiate, as servers do that request a client certificate later",
        };
        self.cause = format!("{}; the likely cause is that {asked}, and this side refused: {refusal}", self.cause);
        if refusal == RenegotiationRefusal::NotAllowed {
            self.advice.insert(0, Advice::AllowRenegotiation);
        }
    }

    fn detail(&mut self, line: impl Into<String>) {
        self.details.push(line.into());
    }

    /// Adds advice, unless it is there already.
    fn advise(&mut self, advice: Advice) {
        if !self.advice.contains(&advice) {
            self.advice.push(advice);
        }
    }

    fn advise_all(&mut self, all: impl IntoIterator<Item = Advice>) {
        all.into_iter().for_each(|advice| self.advise(advice));
    }
}

impl Journal {
    /// This side's configuration, once it is chosen.
    fn common(&self) -> Option<&Common> {
        match &self.side {
            JournalOf::Client { config, .. } => Some(&config.common),
            JournalOf::Server { config } => config.as_ref().map(|config| &config.common),
        }
    }
}

/// Whether the two sides may authenticate each other with a pre-shared key.
fn knows_psk(journal: Option<&Journal>) -> bool {
    journal.and_then(Journal::common).is_some_and(Common::knows_psk)
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)?;
        match self.advice.first() {
            Some(first) => write!(f, " (try: {first})"),
            None => Ok(()),
        }
    }
}

struct Long<'a>(&'a Diagnosis);

impl fmt::Display for Long<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnosis { cause, details, advice } = self.0;
        f.write_str(cause)?;
        for line in details {
            write!(f, "\n  {line}")?;
        }
        if !advice.is_empty() {
            f.write_str("\nwhat to try:")?;
        }
        for line in advice {
            write!(f, "\n- {line}")?;
        }
        Ok(())
    }
}

/// The first few `items`, separated by commas; `none` if there are none.
pub(crate) fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    /// As many as people still read.
    const MOST: usize = 12;
    let mut text = String::new();
    for (i, item) in items.into_iter().enumerate() {
        if i == MOST {
            text.push_str(", …");
            break;
        }
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&item.to_string());
    }
    if text.is_empty() { String::from("none") } else { text }
}

/// The first names, and the number of the others. CAs have long names, and some servers list every public one.
pub(crate) fn list_authorities(names: &[String]) -> String {
    /// Enough to recognize a private CA, or a list of public ones.
    const MOST: usize = 3;
    let shown = list(names.iter().take(MOST));
    match names.len().checked_sub(MOST) {
        None | Some(0) => shown,
        Some(more) => format!("{shown}, and {more} more"),
    }
}
