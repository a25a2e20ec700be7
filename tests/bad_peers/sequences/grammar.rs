//! The legal sequences, in the notation of the figures in RFC 5246 §7.3 and RFC 5077 §3.1, and nothing of how `tls12` decides:
//! a message in brackets may be left out. What one side says, from the first message of the handshake to its Finished.

use std::fmt;

use super::profile::{ClientAuth, Kx, Profile, Resumed, Target};

/// What can be said: every handshake message, each in the forms that differ in what must follow; every other record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    HelloRequest,
    ClientHello,
    ServerHello,
    NewSessionTicket,
    /// A NewSessionTicket without a ticket (RFC 5077 §3.3).
    NoTicket,
    Certificate,
    /// A Certificate without certificates (RFC 5246 §7.4.6).
    NoCertificate,
    CertificateStatus,
    ServerKeyExchange,
    CertificateRequest,
    ServerHelloDone,
    CertificateVerify,
    ClientKeyExchange,
    Finished,
    /// A handshake message of a type that has no name.
    Undefined,
    ChangeCipherSpec,
    Data,
    Warning,
    CloseNotify,
    FatalAlert,
}

/// Everything that can be said.
pub const EVERYTHING: [Said; 20] = [
    Said::HelloRequest,
    Said::ClientHello,
    Said::ServerHello,
    Said::NewSessionTicket,
    Said::NoTicket,
    Said::Certificate,
    Said::NoCertificate,
    Said::CertificateStatus,
    Said::ServerKeyExchange,
    Said::CertificateRequest,
    Said::ServerHelloDone,
    Said::CertificateVerify,
    Said::ClientKeyExchange,
    Said::Finished,
    Said::Undefined,
    Said::ChangeCipherSpec,
    Said::Data,
    Said::Warning,
    Said::CloseNotify,
    Said::FatalAlert,
];

impl Said {
    fn named(name: &str) -> Self {
        let found = EVERYTHING.into_iter().find(|said| format!("{said:?}") == name);
        found.unwrap_or_else(|| panic!("the grammar has no {name}"))
    }
}

/// How it is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protected {
    /// As is due: in the clear before ChangeCipherSpec, under the new keys after it.
    AsDue,
    /// The reverse.
    Swapped,
}

/// A letter of the alphabet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Letter(pub Said, pub Protected);

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let swapped = if self.1 == Protected::Swapped { "swapped " } else { "" };
        write!(f, "{swapped}{:?}", self.0)
    }
}

/// What must come of a letter after a legal prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Refused,
    /// It ends the connection, and is no error.
    Ended,
    /// It may be said, and changes nothing.
    Inert,
    /// It is the next message.
    Accepted,
    /// It is the last message.
    Connected,
}

/// The legal sequences of one profile.
pub struct Grammar {
    sequences: Vec<Vec<Said>>,
    target: Target,
    renegotiates: bool,
}

impl Grammar {
    pub fn of(profile: &Profile) -> Self {
        let renegotiates = profile.renegotiates;
        let sequences = figures(profile).into_iter().flat_map(|figure| expand(&figure)).collect();
        Self { sequences, target: profile.target, renegotiates }
    }

    /// What must come of `next` after `prefix`, which is legal and not complete.
    pub fn verdict(&self, prefix: &[Letter], Letter(said, protected): Letter) -> Verdict {
        if protected == Protected::Swapped {
            return Verdict::Refused;
        }
        let mut core: Vec<Said> = prefix.iter().map(|letter| letter.0).collect();
        let under_new_keys = core.contains(&Said::ChangeCipherSpec);
        core.retain(|said| !self.may_be_inert(*said));
        if self.may_be_inert(said) {
            // RFC 5246 §7.2.2: data of the connection that is renegotiated may still come, until the keys change.
            let too_late = said == Said::Data && under_new_keys;
            return if too_late { Verdict::Refused } else { Verdict::Inert };
        }
        // RFC 5246 §7.2.1: before there is a connection, there is none to be closed.
        if said == Said::CloseNotify && self.renegotiates {
            return Verdict::Ended;
        }
        core.push(said);
        if self.sequences.contains(&core) {
            Verdict::Connected
        } else if self.sequences.iter().any(|sequence| sequence.starts_with(&core)) {
            Verdict::Accepted
        } else {
            Verdict::Refused
        }
    }

    /// All of them.
    pub fn sequences(&self) -> &[Vec<Said>] {
        &self.sequences
    }

    /// One that leaves out all that may be left out.
    pub fn shortest(&self) -> &[Said] {
        self.sequences.iter().min_by_key(|sequence| sequence.len()).unwrap()
    }

    /// RFC 5246 §7.2: warnings may come at any time; §7.4.1.1: a HelloRequest too, and a client ignores it while it negotiates.
    fn may_be_inert(&self, said: Said) -> bool {
        match said {
            Said::Warning => true,
            Said::HelloRequest => self.target == Target::Client,
            Said::Data => self.renegotiates,
            _ => false,
        }
    }

    /// Whether the connection goes on when this is said on it, once it is established (RFC 5246 §7.2.1, §7.2.2, §7.4.1.1).
    pub fn lives(&self, Letter(said, protected): Letter) -> bool {
        let asks_to_renegotiate = match self.target {
            Target::Client => Said::HelloRequest,
            Target::Server => Said::ClientHello,
        };
        protected == Protected::AsDue
            && (said == asks_to_renegotiate || matches!(said, Said::Data | Said::Warning | Said::CloseNotify))
    }
}

/// RFC 5246 §7.3, figures 1 and 2; RFC 5077 §3.1, figures 1 to 4; RFC 6066 §8; RFC 4279 §2; RFC 5489 §2.
fn figures(profile: &Profile) -> Vec<String> {
    const END: &str = "ChangeCipherSpec Finished";
    match profile.target {
        Target::Client => {
            let ticket = if profile.promises_ticket { "NewSessionTicket" } else { "" };
            let before = match (profile.resumed, profile.kx) {
                (Resumed::Not, Kx::Rsa) => "Certificate STATUS [CertificateRequest] ServerHelloDone",
                (Resumed::Not, Kx::Ecdhe) => {
                    "Certificate STATUS ServerKeyExchange [CertificateRequest] ServerHelloDone"
                }
                // The hint may be empty, and then the message is omitted.
                (Resumed::Not, Kx::Psk) => "[ServerKeyExchange] ServerHelloDone",
                (Resumed::Not, Kx::EcdhePsk) => "ServerKeyExchange ServerHelloDone",
                (Resumed::ById | Resumed::ByTicket, _) => "",
            };
            let status = if profile.promises_status { "[CertificateStatus]" } else { "" };
            let figure = format!("ServerHello {} {ticket} {END}", before.replace("STATUS", status));
            match profile.promises_ticket {
                true => vec![figure.clone(), figure.replace("NewSessionTicket", "NoTicket")],
                false => vec![figure],
            }
        }
        Target::Server => {
            // RFC 5246 §7.4.8: CertificateVerify follows a certificate that can sign; §7.4.6: who requires one may refuse none.
            let with = "Certificate ClientKeyExchange CertificateVerify";
            let without = "NoCertificate ClientKeyExchange";
            let before = match (profile.resumed, profile.client_auth) {
                (Resumed::ById | Resumed::ByTicket, _) => vec![""],
                (Resumed::Not, ClientAuth::None) => vec!["ClientKeyExchange"],
                (Resumed::Not, ClientAuth::Asked) => vec![with, without],
                (Resumed::Not, ClientAuth::Required) => vec![with],
            };
            before.into_iter().map(|before| format!("ClientHello {before} {END}")).collect()
        }
    }
}

/// All sequences of a figure.
fn expand(figure: &str) -> Vec<Vec<Said>> {
    let mut sequences = vec![Vec::new()];
    for word in figure.split_whitespace() {
        let name = word.trim_matches(['[', ']']);
        let without = if name == word { Vec::new() } else { sequences.clone() };
        sequences.iter_mut().for_each(|sequence| sequence.push(Said::named(name)));
        sequences.extend(without);
    }
    sequences
}
