//! The configuration in a recording: a line for each setting. Private keys and pre-shared keys are not in it; nor is a verifier,
//! whose verdicts are recorded.

mod client;
mod policy;
mod server;
mod words;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::ops::RangeInclusive;
use rustls_pki_types::CertificateDer;

use crate::connection::{Words, hex};
use crate::error::{CertificateError, CertificateErrorKind};
use crate::handshake::{PeerChain, Verification, VerifyPeer};
use crate::session::Verified;
pub(super) use client::{ClientSettings, put as put_client};
pub(super) use server::{ServerSettings, put as put_server};

/// Settings that are read line by line.
pub(super) trait Settings {
    /// Reads a setting. `None` if its value is malformed; `Some(Known::No)` if there is no such setting.
    fn read(&mut self, name: &str, words: &mut Words<'_>) -> Option<Known>;

    /// The sizes of peers' RSA keys that the recorded provider accepted.
    fn rsa_key_bits(&self) -> Option<RangeInclusive<u32>>;
}

/// Whether there is a setting of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Yes,
    No,
}

/// Collects lines of settings.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn set(&mut self, name: &str, value: impl core::fmt::Display) {
        self.0.push_str(&format!("set {name} {value}\n"));
    }
}

/// Takes the place of a verifier when a recording is replayed.
#[derive(Clone, Debug)]
struct Absent {
    identity: Option<[u8; 32]>,
}

impl VerifyPeer for Absent {
    fn verify(&self, _: &PeerChain) -> Result<Verified, CertificateError> {
        Err(CertificateError::new(CertificateErrorKind::Refused, "no verdict on this chain was recorded"))
    }

    fn identity(&self) -> Option<[u8; 32]> {
        self.identity
    }

    fn established(&self, _: &crate::handshake::Peer, _: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        Ok(())
    }
}

fn put_verification(verification: &Verification) -> String {
    match verification {
        Verification::InLoop(verifier) => format!("at_once {}", hex(&verifier.identity().unwrap_or_default())),
        Verification::Later => "later".into(),
        Verification::None => "none".into(),
    }
}

fn read_verification(words: &mut Words<'_>) -> Option<Verification> {
    Some(match words.word()? {
        "at_once" => {
            let identity = words.array().filter(|identity| *identity != [0; 32]);
            Verification::InLoop(Arc::new(Absent { identity }))
        }
        "later" => Verification::Later,
        "none" => Verification::None,
        _ => return None,
    })
}
