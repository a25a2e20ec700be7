//! Decisions in a recording: what a [`Need`] was answered. A premaster secret and pre-shared keys are never recorded, the master
//! secret of a session only if secrets are.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::credential::{placeholder, put_credential, read_credential};
use super::text::{Words, hex, hexes, wiped};
use crate::crypto::{DecryptedPremaster, MasterSecret};
use crate::error::{
    AlertDescription, CertificateError, CertificateErrorDetails, CertificateErrorKind, CertificateSummary,
    ProviderError,
};
use crate::handshake::{Answer, AnswerBody, Need, PresharedKey};
use crate::session::{OpenedTicket, Renewal, SealedTicket, ServerSession, SessionState, Verified};

/// A provider's error in replays: its text is not recorded.
const FAILED: ProviderError = ProviderError::Failed("the operation");

/// Replaces the master secret by zeros, unless secrets are recorded.
pub(crate) fn zeroed(state: &mut SessionState) {
    state.master = MasterSecret(Box::new([0; MasterSecret::LEN]));
}

/// Writes a decision.
pub(super) fn put(decision: &AnswerBody, with_secrets: bool) -> Zeroizing<String> {
    let session = |session: &ServerSession| {
        let mut session = session.clone();
        if !with_secrets {
            zeroed(Arc::make_mut(&mut session.state));
        }
        session.to_bytes()
    };
    match decision {
        AnswerBody::Session(Some(found)) => wiped(format_args!("session {}", hex(session(found).expose()))),
        AnswerBody::OpenedTicket(Some(opened)) => {
            let renew = if opened.renew == Renewal::Due { "due" } else { "not_due" };
            wiped(format_args!("session {} {renew}", hex(session(&opened.session).expose())))
        }
        _ => Zeroizing::new(put_public(decision)),
    }
}

/// Writes a decision of which nothing secret is recorded.
fn put_public(decision: &AnswerBody) -> String {
    let none = String::from("none");
    match decision {
        AnswerBody::Declined(alert) => format!("declined {}", alert.code()),
        // The recording begins with the choice of a configuration.
        AnswerBody::Config(_) => none,
        AnswerBody::Signature(Ok(signature)) => format!("signature {}", hex(signature)),
        AnswerBody::Signature(Err(_)) => "signature failed".into(),
        AnswerBody::Premaster(_) => "premaster withheld".into(),
        AnswerBody::Verdict(Ok(verified)) => match verified.window() {
            None => "verdict trusted".into(),
            Some((from, until)) => format!("verdict trusted {} {}", from.as_secs(), until.as_secs()),
        },
        AnswerBody::Verdict(Err(error)) => format!("verdict refused {}", put_error(error)),
        AnswerBody::Certificate(None) | AnswerBody::SelectedPsk(None) | AnswerBody::FoundPsk(None) => none,
        AnswerBody::Session(_) | AnswerBody::OpenedTicket(_) | AnswerBody::SealedTicket(None) => none,
        AnswerBody::Certificate(Some(credential)) => format!("certificate {}", put_credential(credential)),
        AnswerBody::SelectedPsk(Some(psk)) => format!("psk {}", hex(psk.identity())),
        AnswerBody::FoundPsk(Some(_)) => "psk withheld".into(),
        AnswerBody::SealedTicket(Some(sealed)) => format!("ticket {} {}", hex(&sealed.ticket), sealed.lifetime_hint),
    }
}

/// Answers `need` by a decision as [`put`] writes it; returns the need if it is no answer to it.
pub(super) fn read(need: Need, decision: &str) -> Result<Answer, Need> {
    let mut words = Words::of(decision);
    if let Some(alert) = decision.strip_prefix("declined ") {
        return match alert.parse() {
            Ok(code) => declined(need, AlertDescription::from_code(code)),
            Err(_) => Err(need),
        };
    }
    let body = match words.word() {
        Some("none") => read_none(&need),
        Some(kind) => read_body(&need, kind, &mut words),
        None => None,
    };
    match body.filter(|_| words.done().is_some()) {
        Some(body) => Ok(Answer { id: need.id(), body }),
        None => Err(need),
    }
}

fn declined(need: Need, alert: AlertDescription) -> Result<Answer, Need> {
    match need {
        Need::DecryptPremaster(_) => Err(need),
        _ => Ok(Answer { id: need.id(), body: AnswerBody::Declined(alert) }),
    }
}

fn read_none(need: &Need) -> Option<AnswerBody> {
    Some(match need {
        Need::SelectCertificate(_) => AnswerBody::Certificate(None),
        Need::SelectPsk(_) => AnswerBody::SelectedPsk(None),
        Need::FindPsk(_) => AnswerBody::FoundPsk(None),
        Need::FindSession(_) => AnswerBody::Session(None),
        Need::OpenTicket(_) => AnswerBody::OpenedTicket(None),
        Need::SealTicket(_) => AnswerBody::SealedTicket(None),
        Need::SelectConfig(_) | Need::Sign(_) | Need::DecryptPremaster(_) | Need::VerifyPeer(_) => return None,
    })
}

fn read_body(need: &Need, kind: &str, words: &mut Words<'_>) -> Option<AnswerBody> {
    Some(match (need, kind) {
        (Need::Sign(_), "signature") => AnswerBody::Signature(match words.word()? {
            "failed" => Err(FAILED),
            signature => Ok(Words::of(signature).bytes()?),
        }),
        (Need::DecryptPremaster(_), "premaster") => {
            words.word().filter(|word| *word == "withheld")?;
            AnswerBody::Premaster(DecryptedPremaster::failed())
        }
        (Need::VerifyPeer(_), "verdict") => AnswerBody::Verdict(match words.word()? {
            "trusted" => Ok(read_window(words)?),
            "refused" => Err(read_error(words)?),
            _ => return None,
        }),
        (Need::SelectCertificate(_), "certificate") => AnswerBody::Certificate(Some(Arc::new(read_credential(words)?))),
        (Need::SelectPsk(_), "psk") => {
            AnswerBody::SelectedPsk(Some(PresharedKey::new(&words.bytes()?, placeholder()).ok()?))
        }
        (Need::FindPsk(_), "psk") => {
            words.word().filter(|word| *word == "withheld")?;
            AnswerBody::FoundPsk(Some(placeholder()))
        }
        (Need::FindSession(_), "session") => AnswerBody::Session(Some(read_session(words)?)),
        (Need::OpenTicket(_), "session") => {
            let session = read_session(words)?;
            let renew = match words.word()? {
                "due" => Renewal::Due,
                "not_due" => Renewal::NotDue,
                _ => return None,
            };
            AnswerBody::OpenedTicket(Some(OpenedTicket::new(session, renew)))
        }
        (Need::SealTicket(_), "ticket") => {
            AnswerBody::SealedTicket(Some(SealedTicket::new(words.bytes()?, words.number()?)))
        }
        _ => return None,
    })
}

fn read_session(words: &mut Words<'_>) -> Option<ServerSession> {
    ServerSession::from_bytes(&Zeroizing::new(words.bytes()?)).ok()
}

fn read_window(words: &mut Words<'_>) -> Option<Verified> {
    let time = |secs: &str| Some(UnixTime::since_unix_epoch(Duration::from_secs(secs.parse().ok()?)));
    match words.word() {
        None => Some(Verified::default()),
        Some(from) => Some(Verified::between(time(from)?, time(words.word()?)?)),
    }
}

/// Writes a certificate error as four words: its kind, its explanation, and its details.
pub(crate) fn put_error(error: &CertificateError) -> String {
    let CertificateError { kind, explanation, details } = error;
    let explanation = hex(explanation.as_bytes());
    let Some(details) = details else { return format!("{} {explanation} none none", kind.name()) };
    let CertificateErrorDetails { about, chain, checked_against, time, causes } = &**details;
    let about = about.map(|about| about.to_string()).unwrap_or_default();
    let fixed = [about.as_bytes(), checked_against.as_bytes(), time.as_bytes()];
    let told = hexes(fixed.into_iter().chain(causes.iter().map(|cause| cause.as_bytes())));
    let summaries = chain.iter().flat_map(|summary| {
        let CertificateSummary { subject, issuer, serial, not_before, not_after } = summary;
        [subject, issuer, serial, not_before, not_after].map(|text| text.as_bytes())
    });
    format!("{} {explanation} {told} {}", kind.name(), hexes(summaries))
}

/// Reads it.
pub(crate) fn read_error(words: &mut Words<'_>) -> Option<CertificateError> {
    let kind = words.word()?;
    let kind = KINDS.into_iter().find(|known| known.name() == kind)?;
    let mut error = CertificateError::new(kind, words.text()?);
    let texts = |list: Vec<Vec<u8>>| -> Option<Vec<Box<str>>> {
        list.into_iter().map(|text| Some(String::from_utf8(text).ok()?.into_boxed_str())).collect()
    };
    let (told, summaries) = (texts(words.list()?)?, texts(words.list()?)?);
    if told.is_empty() {
        return Some(error);
    }
    let [about, checked_against, time, causes @ ..] = told.as_slice() else { return None };
    let (summaries, []) = summaries.as_chunks::<5>() else { return None };
    let summary = |[subject, issuer, serial, not_before, not_after]: &[Box<str>; 5]| CertificateSummary {
        subject: subject.clone(),
        issuer: issuer.clone(),
        serial: serial.clone(),
        not_before: not_before.clone(),
        not_after: not_after.clone(),
    };
    error.details = Some(Box::new(CertificateErrorDetails {
        about: about.parse().ok(),
        chain: summaries.iter().map(summary).collect(),
        checked_against: checked_against.clone(),
        time: time.clone(),
        causes: causes.to_vec(),
    }));
    Some(error)
}

/// All kinds, to find one by its name.
const KINDS: [CertificateErrorKind; 18] = {
    use CertificateErrorKind as K;
    [
        K::NoServerCertificate,
        K::NoClientCertificate,
        K::Malformed,
        K::Expired,
        K::NotYetValid,
        K::Revoked,
        K::RevocationUnknown,
        K::BadStatusResponse,
        K::UnknownIssuer,
        K::NotPinned,
        K::NameMismatch,
        K::WrongPurpose,
        K::BadSignature,
        K::UnsupportedAlgorithm,
        K::Unsupported,
        K::Constraint,
        K::ChainTooLong,
        K::Refused,
    ]
};
