//! Reserved values (RFC 8701): clients mix them into their lists, so that servers learn to ignore unknown ones.

/// Returns whether this number of a suite, extension, group, scheme or version is reserved (RFC 8701 §2): 0x0a0a, 0x1a1a,
/// and so on to 0xfafa.
#[must_use]
pub const fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Returns the reserved value whose first four bits are those of `drawn`.
#[must_use]
pub const fn grease(drawn: u8) -> u16 {
    let byte = drawn & 0xf0 | 0x0a;
    u16::from_be_bytes([byte, byte])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_values_are_reserved() {
        let reserved = (0..=u16::MAX).filter(|number| is_grease(*number)).collect::<alloc::vec::Vec<_>>();
        let table = [
            0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a, 0x4a4a, 0x5a5a, 0x6a6a, 0x7a7a, 0x8a8a, 0x9a9a, 0xaaaa, 0xbaba, 0xcaca,
            0xdada, 0xeaea, 0xfafa,
        ];
        assert_eq!(reserved, table);
        assert!((0..=u8::MAX).all(|drawn| is_grease(grease(drawn))));
    }
}
