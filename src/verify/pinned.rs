//! Whether a pinned certificate may be used as it is.

use super::certificate::Certificate;
use super::finding::{Finding, Place};
use super::pin::{Despite, Pin};
use super::rule::{Allow, Allowed};
use super::settings::Settings;
use super::walk::in_time;
use super::window::Window;
use super::{leaf, text};
use crate::handshake::PeerChain;

impl Pin {
    /// Checks that the pinned certificate may be used as it is.
    pub(super) fn check(
        &self,
        chain: &PeerChain,
        own: &Certificate<'_>,
        settings: &Settings,
    ) -> Result<Window, Finding> {
        let despite = |despite| self.despite.contains(&despite);
        let window = match despite(Despite::Expired) {
            true => Window::ALWAYS,
            false => in_time(Place::Sent(0), own.validity, text::seconds(chain.now))?,
        };
        let mut allowed = Allowed::default();
        if despite(Despite::SmallKey) {
            allowed.add(Allow::SmallRsaKeys);
        }
        match leaf::key(own, chain, &allowed) {
            Err(Finding::KeyUsage(_)) if despite(Despite::Usage) => Ok(()),
            result => result,
        }?;
        let serves = leaf::serves(own, &chain.peer, settings) || despite(Despite::Usage);
        if serves { Ok(window) } else { Err(Finding::Purpose(0)) }
    }
}
