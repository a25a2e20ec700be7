//! A refused chain, and how messages refer to its certificates.

use alloc::format;
use alloc::string::String;

use super::build::Read;
use super::certificate::Certificate;
use super::finding::Place;
use super::store::TrustStore;
use super::text;
use crate::handshake::{Peer, PeerChain};

/// A chain that was refused.
pub(super) struct Refused<'a> {
    pub(super) store: Option<&'a TrustStore>,
    pub(super) chain: &'a PeerChain,
    pub(super) read: &'a [Read<'a>],
}

impl<'a> Refused<'a> {
    /// Which side sent the chain.
    pub(super) const fn side(&self) -> &'static str {
        match self.chain.peer {
            Peer::Server(_) | Peer::UnnamedServer => "server",
            Peer::Client => "client",
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&'a Certificate<'a>> {
        self.read.get(index)?.as_ref().ok()
    }

    pub(super) fn place(&self, place: Place) -> String {
        match place {
            Place::Sent(index) => self.certificate(index),
            Place::Root(index) => {
                let root = self.store.and_then(|store| store.subjects().nth(index));
                format!("your root {}", root.unwrap_or_default())
            }
        }
    }

    /// Such as `certificate 1 of 2 (CN=a.example)`.
    pub(super) fn certificate(&self, index: usize) -> String {
        let who = match self.get(index) {
            None => String::from("unreadable"),
            Some(certificate) if certificate.subject.is_empty() => {
                let names = text::list(text::valid_names(certificate));
                format!("without a subject, {}", if names.is_empty() { "without names" } else { &names })
            }
            Some(certificate) => text::name(certificate.subject),
        };
        format!("certificate {} of {} ({who})", index.saturating_add(1), self.chain.certificates.len())
    }

    /// Such as `one of your roots ("CN=A", "CN=B")`, or `one of your 140 roots`.
    pub(super) fn roots(&self) -> String {
        /// More help nobody: a machine trusts about 140.
        const MOST: usize = 3;
        let Some(store) = self.store else { return String::from("pinned") };
        if store.subjects().len() > MOST {
            return format!("one of your {}", text::count(store.subjects().len(), "root"));
        }
        let is_one = store.subjects().len() == 1;
        let subjects = text::list(store.subjects().map(|subject| format!("\"{subject}\"")));
        if is_one { format!("your root ({subjects})") } else { format!("one of your roots ({subjects})") }
    }
}
