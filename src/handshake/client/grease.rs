//! Reserved values that servers must ignore (RFC 8701).

use super::extension_list::ExtensionList;
use crate::crypto::SecureRandom;
use crate::error::ProviderError;
use crate::handshake::shape::Grease;
use crate::wire::{ExtensionType, NamedGroup, SignatureScheme, grease as grease_value, put_empty, put_extension};

/// The reserved values of a ClientHello.
pub(super) struct Greased {
    pub(super) suite: u16,
    pub(super) group: NamedGroup,
    pub(super) scheme: SignatureScheme,
    extensions: [ExtensionType; 2],
}

impl Greased {
    pub(super) fn new(grease: Grease, random: &dyn SecureRandom) -> Result<Option<Self>, ProviderError> {
        if grease == Grease::Off {
            return Ok(None);
        }
        let mut drawn = [0; 5];
        random.fill(&mut drawn)?;
        let [.., third, _] = drawn;
        let [suite, group, scheme, first, last] = drawn.map(grease_value);
        // The two extensions must differ.
        let last = if last == first { grease_value(third ^ NEXT) } else { last };
        Ok(Some(Self {
            suite,
            group: NamedGroup(group),
            scheme: SignatureScheme(scheme),
            extensions: [ExtensionType(first), ExtensionType(last)],
        }))
    }

    /// Puts one extension before all others, and one after them, which has one byte of content: some servers do not
    /// accept an empty one there.
    pub(super) fn surround(&self, extensions: &mut ExtensionList) {
        let [first, last] = self.extensions;
        extensions.add_first(first, |out| put_empty(out, first));
        extensions.add(last, |out| put_extension(out, last, |out| out.push(0)));
    }
}

/// The bit in which the two values differ.
const NEXT: u8 = 0x10;
