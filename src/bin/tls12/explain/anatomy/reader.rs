//! Reads fields from a message, in their order.

use super::{Field, Part};

/// The name of bytes that could not be divided into fields.
const REST: &str = "(malformed or unknown)";

/// Returns the value of a field in words, if it has one.
pub type Value = fn(&[u8]) -> Option<String>;

pub struct Reader<'m> {
    bytes: &'m [u8],
    at: usize,
    /// The end of the part that is being read.
    end: usize,
    part: Part,
    depth: u8,
    fields: Vec<Field<'m>>,
}

impl<'m> Reader<'m> {
    pub const fn new(bytes: &'m [u8]) -> Self {
        Self { bytes, at: 0, end: bytes.len(), part: Part::Field, depth: 0, fields: Vec::new() }
    }

    /// Returns all fields; the last one has the bytes that were not read.
    pub fn finish(mut self) -> Vec<Field<'m>> {
        self.rest();
        self.fields
    }

    /// How many bytes are left.
    pub const fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// A field with a known length.
    pub fn fixed(&mut self, name: &str, clause: &'static str, len: usize, value: Value) -> Option<()> {
        self.push(self.part, name, clause, len, value).map(|_| ())
    }

    /// A type or a length. Returns its number.
    pub fn frame(&mut self, name: &str, clause: &'static str, len: usize, value: Value) -> Option<usize> {
        let bytes = self.push(Part::Frame, name, clause, len, value)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// A field with a length of `len` bytes before it.
    pub fn vector(&mut self, name: &str, clause: &'static str, len: usize, value: Value) -> Option<()> {
        let len = self.length(name, clause, len)?;
        self.fixed(name, clause, len, value)
    }

    /// Like [`vector`](Self::vector); `inside` reads the parts of the field.
    pub fn vector_of(
        &mut self,
        name: &str,
        clause: &'static str,
        len: usize,
        inside: impl FnOnce(&mut Self) -> Option<()>,
    ) -> Option<()> {
        let len = self.length(name, clause, len)?;
        self.fixed_of(name, clause, len, inside)
    }

    /// Like [`fixed`](Self::fixed); `inside` reads the parts of the field.
    pub fn fixed_of(
        &mut self,
        name: &str,
        clause: &'static str,
        len: usize,
        inside: impl FnOnce(&mut Self) -> Option<()>,
    ) -> Option<()> {
        let start = self.at;
        self.fixed(name, clause, len, |_| None)?;
        self.at = start;
        self.inside(len, Part::Within, inside);
        Some(())
    }

    /// A vector with a length of `outer` bytes, whose items have `inner` bytes each.
    pub fn items(
        &mut self,
        (name, item): (&str, &str),
        clause: &'static str,
        (outer, inner): (usize, usize),
        value: Value,
    ) -> Option<()> {
        self.vector_of(name, clause, outer, |reader| {
            while reader.left() > 0 {
                reader.fixed(item, clause, inner, value)?;
            }
            Some(())
        })
    }

    /// A list with a length of `outer` bytes. Its items have lengths of `inner` bytes, and each is a field of its own.
    pub fn list(
        &mut self,
        (name, item): (&str, &str),
        clause: &'static str,
        (outer, inner): (usize, usize),
        value: Value,
    ) -> Option<()> {
        let len = self.length(name, clause, outer)?;
        if len > self.left() {
            return None;
        }
        self.inside(len, self.part, |reader| {
            while reader.left() > 0 {
                reader.vector(item, clause, inner, value)?;
            }
            Some(())
        });
        Some(())
    }

    fn length(&mut self, name: &str, clause: &'static str, len: usize) -> Option<usize> {
        self.frame(&format!("length of {name}"), clause, len, super::values::number)
    }

    /// Reads the next `len` bytes as parts of the previous field if `part` says so, or otherwise as fields at the same depth.
    fn inside(&mut self, len: usize, part: Part, read: impl FnOnce(&mut Self) -> Option<()>) {
        let outer = (self.end, self.part, self.depth);
        self.end = self.at.saturating_add(len);
        if part == Part::Within {
            self.depth = self.depth.saturating_add(1);
        }
        self.part = part;
        let _ = read(self);
        self.rest();
        (self.end, self.part, self.depth) = outer;
    }

    /// Makes a field of the bytes that are left.
    fn rest(&mut self) {
        if self.left() > 0 {
            let _ = self.push(self.part, REST, "", self.left(), |_| None);
        }
    }

    fn push(&mut self, part: Part, name: &str, clause: &'static str, len: usize, value: Value) -> Option<&'m [u8]> {
        let (start, end) = (self.at, self.at.checked_add(len).filter(|end| *end <= self.end)?);
        let bytes = self.bytes.get(start..end)?;
        self.at = end;
        let value = value(bytes);
        self.fields.push(Field { part, depth: self.depth, name: name.to_owned(), clause, value, start, bytes });
        Some(bytes)
    }
}
