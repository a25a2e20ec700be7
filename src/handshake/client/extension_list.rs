//! The extensions of a ClientHello while they are put in order: all in one buffer, each with its type and its place.

use alloc::vec::Vec;
use core::ops::Range;

use crate::wire::ExtensionType;

/// Extensions, in an order that can still change.
pub(super) struct ExtensionList {
    bytes: Vec<u8>,
    /// The type of each, and where it is in `bytes`.
    places: Vec<(ExtensionType, Range<usize>)>,
}

impl ExtensionList {
    /// Room for the extensions of a usual ClientHello without a ticket, in bytes.
    const BYTES: usize = 256;
    /// Room for as many extensions as a usual ClientHello has.
    const EXTENSIONS: usize = 16;

    pub(super) fn new() -> Self {
        Self { bytes: Vec::with_capacity(Self::BYTES), places: Vec::with_capacity(Self::EXTENSIONS) }
    }

    /// Adds the extension that `put` appends, as the last one.
    pub(super) fn add(&mut self, typ: ExtensionType, put: impl FnOnce(&mut Vec<u8>)) {
        let place = self.append(put);
        self.places.push((typ, place));
    }

    /// Adds the extension that `put` appends, as the first one.
    pub(super) fn add_first(&mut self, typ: ExtensionType, put: impl FnOnce(&mut Vec<u8>)) {
        let place = self.append(put);
        self.places.insert(0, (typ, place));
    }

    fn append(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> Range<usize> {
        let start = self.bytes.len();
        put(&mut self.bytes);
        start..self.bytes.len()
    }

    /// The types, in order.
    pub(super) fn types(&self) -> impl ExactSizeIterator<Item = ExtensionType> {
        self.places.iter().map(|(typ, _)| *typ)
    }

    /// Sorts the extensions by what `key` gives for their types; equal ones stay in their order.
    pub(super) fn sort_by_key(&mut self, key: impl Fn(ExtensionType) -> usize) {
        self.places.sort_by_key(|(typ, _)| key(*typ));
    }

    /// Appends all to `out`, in order.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for (_, place) in &self.places {
            out.extend_from_slice(self.bytes.get(place.clone()).unwrap_or_default());
        }
    }
}
