//! Describes a failed connection: on which side it failed, why, and what to try.

use std::error::Error;
use std::io;

use serde_json::{Value, json};
use tls12::{Connection, Diagnosis, Side};

use crate::advice::words;
use crate::failure::{Reason, Stage};

/// A connection that has failed.
pub struct Broken {
    error: Reason,
    diagnosis: Option<Diagnosis>,
    place: Place,
    stage: Stage,
}

/// Where it failed.
#[derive(Clone, Copy)]
enum Place {
    Peer,
    Here,
    Both,
    Transport,
    /// Only the error itself can tell.
    Unknown,
}

impl Broken {
    /// Describes the failure of `connection`, or of its transport, with `error`.
    pub fn new(error: impl Into<Reason>, connection: &mut Connection) -> Self {
        let error = error.into();
        if is_cut_off(&*error) {
            // So that its diagnosis says the same.
            let _ = connection.transport_reset();
        }
        let in_handshake = connection.info().is_none();
        Self {
            stage: stage(&*error, in_handshake),
            diagnosis: connection.diagnosis(),
            place: Place::of(&*error),
            error,
        }
    }

    /// Describes the failure of a replayed connection with `error`.
    pub fn replayed(error: tls12::Error, diagnosis: Option<Diagnosis>) -> Self {
        Self { stage: stage(&error, true), place: Place::of(&error), diagnosis, error: error.into() }
    }

    /// Describes a failure that is not an error of the connection.
    pub fn other(stage: Stage, error: impl Into<Reason>) -> Self {
        Self { error: error.into(), diagnosis: None, place: Place::Unknown, stage }
    }

    /// What has failed.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether its session may be resumed (RFC 5246 §7.2.2).
    pub fn forbids_resumption(&self) -> bool {
        tls_error(&*self.error).is_some_and(tls12::Error::forbids_resumption)
    }

    /// For `--json`: on whose side it failed, why, what is known of it, and what to try.
    pub fn explanation(&self) -> Value {
        let side = self.place.name();
        match &self.diagnosis {
            Some(diagnosis) => {
                let details: Vec<String> = diagnosis.details().map(|detail| detail.to_string()).collect();
                let advice: Vec<String> = diagnosis.advice().iter().map(words).collect();
                json!({ "side": side, "cause": diagnosis.cause().to_string(), "details": details, "advice": advice })
            }
            None => json!({ "side": side, "cause": self.error.to_string(), "details": [], "advice": [] }),
        }
    }

    /// In one line, to follow "failed".
    pub fn short(&self, peer: &str) -> String {
        let first = self.diagnosis.as_ref().and_then(|diagnosis| diagnosis.advice().first());
        let advice = first.map_or_else(String::new, |advice| format!(" (try: {})", words(advice)));
        format!("{}{advice}", self.cause(peer))
    }

    /// The cause alone, to follow "failed".
    pub fn cause(&self, peer: &str) -> String {
        let place = self.place.text(peer);
        match &self.diagnosis {
            Some(diagnosis) => format!("{place}: {}", diagnosis.cause()),
            None => format!("{place}: {}", self.error),
        }
    }

    /// In as many lines as needed, to follow "failed".
    pub fn long(&self, peer: &str) -> String {
        let mut lines = vec![self.cause(peer)];
        if let Some(diagnosis) = &self.diagnosis {
            lines.extend(diagnosis.details().map(|detail| format!("  {detail}")));
            if !diagnosis.advice().is_empty() {
                lines.push("what to try:".to_owned());
            }
            lines.extend(diagnosis.advice().iter().map(|advice| format!("- {}", words(advice))));
        }
        lines.join("\n")
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::other(Stage::Network, error)
    }
}

/// What this error is about.
fn stage(error: &(dyn Error + 'static), in_handshake: bool) -> Stage {
    use tls12::Error as E;
    match tls_error(error) {
        Some(E::Certificate(_)) => Stage::Certificate,
        Some(E::Truncated | E::Reset) => Stage::Truncated,
        Some(E::TruncatedInHandshake | E::ResetInHandshake) => Stage::Network,
        Some(_) => Stage::Protocol,
        None if is_cut_off(error) && !in_handshake => Stage::Truncated,
        None => Stage::Network,
    }
}

impl Place {
    fn of(error: &(dyn Error + 'static)) -> Self {
        match tls_error(error) {
            // An alert says who gave up, and not whose fault it was.
            Some(tls12::Error::Alert(_)) => Self::Unknown,
            Some(error) => match error.side() {
                Side::Peer => Self::Peer,
                Side::Local => Self::Here,
                Side::Both => Self::Both,
                Side::Transport => Self::Transport,
                _ => Self::Unknown,
            },
            None if is_cut_off(error) => Self::Transport,
            None => Self::Unknown,
        }
    }

    /// The name in `--json`; `None` if it is not known.
    const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Peer => "peer",
            Self::Here => "local",
            Self::Both => "both",
            Self::Transport => "transport",
            Self::Unknown => return None,
        })
    }

    /// As seen by one whose peer is called `peer`.
    fn text(self, peer: &str) -> String {
        match self {
            Self::Peer => format!(" on the {peer}'s side"),
            Self::Here => " on this side".to_owned(),
            // The cause names them.
            Self::Both | Self::Transport | Self::Unknown => String::new(),
        }
    }
}

/// The error of TLS that this is, or that is in it.
fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e tls12::Error> {
    let within = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
    within.and_then(|error| error.downcast_ref()).or_else(|| error.downcast_ref())
}

/// Whether the transport was cut off, by the peer or by something in between.
fn is_cut_off(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind as K;
    let kind = error.downcast_ref::<io::Error>().filter(|error| error.get_ref().is_none()).map(io::Error::kind);
    matches!(kind, Some(K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe))
}
