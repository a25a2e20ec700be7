//! Certificates as human-readable text. Their contents are escaped and bounded, because they may come from an attacker
//! and end up in terminals and logs.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;
use core::net::{Ipv4Addr, Ipv6Addr};
use rustls_pki_types::UnixTime;

use super::alt_names::{self, GeneralName};
use super::certificate::Certificate;
use super::der;
use super::names::{Attribute, Name};

/// The maximum number of characters shown of one value: RFC 5280 appendix A.1 allows 64 in a common name.
const MAX_VALUE: usize = 80;
/// The approximate maximum number of characters shown of a distinguished name.
const MAX_NAME: usize = 200;
/// The maximum number of items listed before "and … more".
const MAX_LISTED: usize = 8;
/// The longest object identifier shown, in bytes.
const MAX_OID: usize = 32;

/// `text`, escaped and bounded.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    for c in characters.by_ref().take(MAX_VALUE) {
        // Letters and digits of every script, but otherwise only ASCII: some other characters are invisible, or change
        // the direction of writing.
        match c {
            '\\' | '"' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            _ => out.extend(c.escape_unicode()),
        }
    }
    if characters.next().is_some() {
        out.push('…');
    }
    out
}

/// Bytes that should be text, escaped and bounded. What is not UTF-8 is replaced.
pub(super) fn lossy(bytes: &[u8]) -> String {
    /// As many bytes as one character more than is shown may have: replacing takes memory for all that it is given.
    const MAX_BYTES: usize = (MAX_VALUE + 1) * 4;
    plain(&String::from_utf8_lossy(bytes.get(..MAX_BYTES).unwrap_or(bytes)))
}

/// A distinguished name such as `CN=Example Root, O=Example`. Empty for an empty one.
pub(super) fn name(name: Name<'_>) -> String {
    let mut out = String::new();
    for attribute in name.attributes() {
        if !out.is_empty() {
            out.push_str(", ");
        }
        if out.len() > MAX_NAME {
            out.push('…');
            break;
        }
        out.push_str(&self::attribute(attribute));
    }
    out
}

/// An attribute of a name, such as `CN=Example Root`.
pub(super) fn attribute(attribute: Attribute<'_>) -> String {
    let text = match attribute.text() {
        // One more character shows that the text was cut.
        Some(text) => text.chars().take(MAX_VALUE + 1).collect(),
        None => hex(attribute.value.content),
    };
    format!("{}={}", attribute_type(attribute.kind), plain(&text))
}

/// The short name of the type of an attribute, or its object identifier.
fn attribute_type(kind: &[u8]) -> String {
    #[cfg(feature = "explain")]
    {
        use x509_parser::objects::{oid_registry, oid2abbrev};
        use x509_parser::oid_registry::Oid;
        if let Ok(short) = oid2abbrev(&Oid::new(kind.into()), oid_registry()) {
            return short.to_string();
        }
    }
    dotted(kind)
}

/// The names that a certificate is valid for: DNS names and IP addresses of its subjectAltName.
pub(super) fn valid_names(certificate: &Certificate<'_>) -> impl Iterator<Item = String> {
    alt_names::iter(certificate.extensions.alt_names).filter_map(|name| match name {
        GeneralName::Dns(dns) => Some(lossy(dns)),
        GeneralName::Address(bytes) => address(bytes),
        _ => None,
    })
}

/// Whether a certificate has this as a DNS name.
pub(super) fn has_dns_name(certificate: &Certificate<'_>, wanted: &str) -> bool {
    alt_names::iter(certificate.extensions.alt_names).any(|name| name == GeneralName::Dns(wanted.as_bytes()))
}

/// An IP address, of four or sixteen bytes.
pub(super) fn address(bytes: &[u8]) -> Option<String> {
    match <[u8; 4]>::try_from(bytes) {
        Ok(v4) => Some(Ipv4Addr::from(v4).to_string()),
        Err(_) => <[u8; 16]>::try_from(bytes).ok().map(|v6| Ipv6Addr::from(v6).to_string()),
    }
}

/// The name of the algorithm with this content of an AlgorithmIdentifier, or its object identifier.
pub(super) fn algorithm(identifier: &[u8]) -> String {
    let Some(oid) = der::Reader::new(identifier).take(der::OID) else { return hex(identifier) };
    #[cfg(feature = "explain")]
    {
        use x509_parser::objects::{oid_registry, oid2sn};
        use x509_parser::oid_registry::Oid;
        if let Ok(name) = oid2sn(&Oid::new(oid.content.into()), oid_registry()) {
            return name.to_string();
        }
    }
    dotted(oid.content)
}

/// The name of a purpose (RFC 5280 §4.2.1.12) with this content of an object identifier, or the identifier.
pub(super) fn purpose(oid: &[u8]) -> String {
    let name = match oid {
        [0x2b, 6, 1, 5, 5, 7, 3, last] => match last {
            1 => "serverAuth",
            2 => "clientAuth",
            3 => "codeSigning",
            4 => "emailProtection",
            8 => "timeStamping",
            9 => "OCSPSigning",
            _ => return dotted(oid),
        },
        [0x55, 0x1d, 0x25, 0] => "anyExtendedKeyUsage",
        _ => return dotted(oid),
    };
    String::from(name)
}

/// An object identifier with this content, in dotted decimal notation (X.690 §8.19).
pub(super) fn dotted(oid: &[u8]) -> String {
    if oid.len() > MAX_OID {
        return String::from("(a long object identifier)");
    }
    let mut out = String::new();
    let mut arc = 0_u128;
    for byte in oid {
        // Arcs too large for this type are possible in 32 bytes, but are not used in practice.
        arc = arc.wrapping_shl(7) | u128::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if out.is_empty() {
            // The first two arcs are encoded in one number.
            let first = (arc / 40).min(2);
            _ = write!(out, "{first}.{}", arc - first * 40);
        } else {
            _ = write!(out, ".{arc}");
        }
        arc = 0;
    }
    out
}

/// A time in seconds since 1970, in the form of RFC 3339.
pub(super) fn time(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    if !(-719_528..=2_932_896).contains(&days) {
        return format!("{seconds} seconds after 1970");
    }
    let (year, month, day) = der::date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A span of time, in its largest unit.
pub(super) fn span(seconds: u64) -> String {
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60)];
    let (unit, length) = units.into_iter().find(|(_, length)| seconds >= *length).unwrap_or(("second", 1));
    let n = seconds / length;
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

/// A count with its unit, such as "1 root" or "2 roots".
pub(super) fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The first items, and how many more there are. Empty if there are none.
pub(super) fn list(mut items: impl Iterator<Item = String>) -> String {
    let mut out = String::new();
    for item in items.by_ref().take(MAX_LISTED) {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&item);
    }
    match items.count() {
        0 => (),
        more => _ = write!(out, " and {more} more"),
    }
    out
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes.iter().take(MAX_VALUE / 2) {
        _ = write!(out, "{byte:02x}");
    }
    if bytes.len() > MAX_VALUE / 2 {
        out.push('…');
    }
    out
}

/// A time in seconds since 1970.
pub(super) fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `date -u -d @N`.
    #[test]
    fn times() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_780_272_000, "2026-06-01T00:00:00Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(time(seconds), text);
        }
        assert_eq!(time(i64::MAX), "9223372036854775807 seconds after 1970");
    }

    /// What is shown is the same as if all of it had been read.
    #[test]
    fn long_texts_are_cut() {
        for text in ["a", "é", "\u{1f512}", "a\u{1f512}"] {
            for len in [79, 80, 81, 400] {
                let text: String = text.chars().cycle().take(len).collect();
                assert_eq!(lossy(text.as_bytes()), plain(&text), "{len} of {text}");
            }
        }
        let replaced = "\\u{fffd}".repeat(80);
        assert_eq!(lossy(&[0xff; 80]), replaced);
        assert_eq!(lossy(&[0xff; 60_000]), replaced + "…");
    }

    /// X.690 §8.19; Microsoft's arcs, which have more than one byte.
    #[test]
    fn identifiers() {
        assert_eq!(dotted(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 54, 1, 2]), "1.3.6.1.4.1.311.54.1.2");
        assert_eq!(dotted(&[0x55, 0x1d, 0x25, 0]), "2.5.29.37.0");
        assert_eq!(dotted(&[0x88, 0x37, 3]), "2.999.3");
        assert_eq!(dotted(&[0x2a; 33]), "(a long object identifier)");
    }
}
