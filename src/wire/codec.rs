//! Reading and writing the presentation language of RFC 5246 §4.

use alloc::vec::Vec;

use crate::error::{DecodeError, DecodeFault};

/// Reads a structure field by field. Malformed input is a [`DecodeError`] that names the structure.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    structure: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Creates a reader of `bytes`, which should contain `structure`.
    #[must_use]
    pub const fn new(structure: &'static str, bytes: &'a [u8]) -> Self {
        Self { structure, rest: bytes }
    }

    /// Returns an error about this structure.
    #[must_use]
    pub const fn error(&self, fault: DecodeFault) -> DecodeError {
        DecodeError { structure: self.structure, fault }
    }

    /// Returns the bytes that have not been read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns whether all bytes have been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the next `len` bytes.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] if there are fewer.
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (now, later) = self.rest.split_at_checked(len).ok_or(self.error(DecodeFault::Short))?;
        self.rest = later;
        Ok(now)
    }

    /// Reads the next `N` bytes.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] if there are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (now, later) = self.rest.split_first_chunk().ok_or(self.error(DecodeFault::Short))?;
        self.rest = later;
        Ok(*now)
    }

    /// Reads the next byte.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] at the end.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// Reads the next two bytes as a big-endian number.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] if there are fewer.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Reads the next three bytes as a big-endian number.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] if there are fewer.
    pub fn u24(&mut self) -> Result<usize, DecodeError> {
        let [a, b, c] = self.array()?;
        Ok(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
    }

    /// Reads a vector with a one-byte length: `opaque x<0..2^8-1>`.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] if it exceeds the input.
    pub fn vec8(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.u8()?;
        self.bytes(usize::from(len))
    }

    /// Reads a vector with a two-byte length: `opaque x<0..2^16-1>`.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] if it exceeds the input.
    pub fn vec16(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.u16()?;
        self.bytes(usize::from(len))
    }

    /// Reads a vector with a three-byte length: `opaque x<0..2^24-1>`.
    ///
    /// # Errors
    /// [`DecodeFault::Short`] if it exceeds the input.
    pub fn vec24(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.u24()?;
        self.bytes(len)
    }

    /// Reads a nonempty vector of 16-bit code points: `uint16 x<2..2^16-2>`.
    ///
    /// # Errors
    /// [`DecodeFault::Length`] if it is empty, or its length is odd.
    pub fn code_points(&mut self) -> Result<CodePoints<'a>, DecodeError> {
        let bytes = self.vec16()?;
        self.as_code_points(bytes)
    }

    /// Reads a nonempty vector of 16-bit code points with a one-byte length: `uint16 x<2..2^8-2>`.
    ///
    /// # Errors
    /// [`DecodeFault::Length`] if it is empty, or its length is odd.
    pub fn code_points8(&mut self) -> Result<CodePoints<'a>, DecodeError> {
        let bytes = self.vec8()?;
        self.as_code_points(bytes)
    }

    fn as_code_points(&self, bytes: &'a [u8]) -> Result<CodePoints<'a>, DecodeError> {
        match bytes.as_chunks() {
            ([], _) | (_, [_, ..]) => Err(self.error(DecodeFault::Length)),
            (elements, []) => Ok(CodePoints(elements)),
        }
    }

    /// Checks that the structure ends here.
    ///
    /// # Errors
    /// [`DecodeFault::Trailing`] if there are bytes left.
    pub const fn done(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(DecodeFault::Trailing)) }
    }
}

/// A list of 16-bit code points, in its wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePoints<'a>(&'a [[u8; 2]]);

impl<'a> CodePoints<'a> {
    /// Returns an iterator over the code points, in order.
    pub fn iter(self) -> impl Iterator<Item = u16> + 'a {
        self.0.iter().copied().map(u16::from_be_bytes)
    }

    /// Returns whether the list contains `code`.
    #[must_use]
    pub fn contains(self, code: u16) -> bool {
        self.0.contains(&code.to_be_bytes())
    }
}

/// The size of the length field of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthOf {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Three bytes.
    U24,
}

/// Appends a vector to `out`, preceded by its length; `content` appends the content.
///
/// The size of what this side sends is bounded when a configuration is built. Content too long for its length field
/// would be a bug here, and the peer would refuse it.
pub fn put_vec(out: &mut Vec<u8>, length: LengthOf, content: impl FnOnce(&mut Vec<u8>)) {
    let width = match length {
        LengthOf::U8 => 1,
        LengthOf::U16 => 2,
        LengthOf::U24 => 3,
    };
    let start = out.len();
    out.extend(core::iter::repeat_n(0, width));
    content(out);
    let len = (out.len() - start - width).to_be_bytes();
    debug_assert!(len.iter().rev().skip(width).all(|byte| *byte == 0), "a vector is too long for its length field");
    if let Some(field) = out.get_mut(start..start + width) {
        for (to, from) in field.iter_mut().rev().zip(len.iter().rev()) {
            *to = *from;
        }
    }
}

/// Appends `values` to `out`, two bytes each.
pub fn put_code_points(out: &mut Vec<u8>, values: impl Iterator<Item = u16>) {
    out.extend(values.flat_map(u16::to_be_bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_read_as_it_is_written() {
        for (length, header) in [(LengthOf::U8, [3].as_slice()), (LengthOf::U16, &[0, 3]), (LengthOf::U24, &[0, 0, 3])]
        {
            let mut out = Vec::from([7]);
            put_vec(&mut out, length, |out| out.extend(b"abc"));
            assert_eq!(out, [&[7], header, b"abc"].concat());
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = |fault| DecodeError { structure: "Test", fault };
        assert_eq!(Reader::new("Test", &[2, 1]).vec8(), Err(error(DecodeFault::Short)));
        assert_eq!(Reader::new("Test", &[0, 0]).code_points(), Err(error(DecodeFault::Length)));
        assert_eq!(Reader::new("Test", &[0, 3, 1, 2, 3]).code_points(), Err(error(DecodeFault::Length)));
        assert_eq!(Reader::new("Test", &[1]).done(), Err(error(DecodeFault::Trailing)));
        assert_eq!(Reader::new("Test", &[1, 0, 0]).u24(), Ok(0x1_0000));
    }
}
