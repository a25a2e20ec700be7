//! Certificates as text for people. What they say is escaped and bounded before anybody reads it: it may come from an
//! enemy, and ends up in terminals and logs.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;
use core::net::{Ipv4Addr, Ipv6Addr};
use rustls_pki_types::UnixTime;
use x509_parser::asn1_rs::Tag;
use x509_parser::objects::{oid_registry, oid2abbrev, oid2sn};
use x509_parser::oid_registry::Oid;
#[cfg(feature = "webpki-roots")]
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::{ASN1Time, GeneralName, X509Certificate, X509Name};
use x509_parser::x509::AttributeTypeAndValue;

/// The most characters shown of one value: RFC 5280 appendix A.1 allows 64 in a common name.
const MAX_VALUE: usize = 80;
/// The most characters shown of a distinguished name, about.
const MAX_NAME: usize = 200;
/// The most items listed before "and so many more".
const MAX_LISTED: usize = 8;
/// The longest object identifier shown, in bytes. Turning one into text takes time quadratic in its length.
const MAX_OID: usize = 32;

/// `text`, escaped and bounded.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    for c in characters.by_ref().take(MAX_VALUE) {
        // Letters and digits of every script; but of the rest only ASCII, for there are characters that are not seen,
        // and some that turn the direction of writing.
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

/// A distinguished name such as `CN=Example Root, O=Example`. Empty for an empty one.
pub(super) fn name(name: &X509Name<'_>) -> String {
    let mut out = String::new();
    for attribute in name.iter_attributes() {
        if !out.is_empty() {
            out.push_str(", ");
        }
        if out.len() > MAX_NAME {
            out.push('…');
            break;
        }
        match oid2abbrev(attribute.attr_type(), oid_registry()) {
            Ok(short) => out.push_str(short),
            Err(_) => out.push_str(&dotted(attribute.attr_type())),
        }
        out.push('=');
        out.push_str(&plain(&value(attribute)));
    }
    out
}

/// The start of an attribute's value; bytes that are no text become replacement characters.
fn value<'a>(attribute: &'a AttributeTypeAndValue<'_>) -> Cow<'a, str> {
    /// A character has up to four bytes in UTF-8; one more shows that there is more.
    const MAX_BYTES: usize = 4 * (MAX_VALUE + 1);
    let bytes = attribute.as_slice();
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    if attribute.attr_value().tag() != Tag::BmpString {
        return String::from_utf8_lossy(bytes);
    }
    let (units, _) = bytes.as_chunks();
    char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The names that a certificate is valid for: DNS names and IP addresses of its subjectAltName.
pub(super) fn valid_names(certificate: &X509Certificate<'_>) -> impl Iterator<Item = String> {
    alternative_names(certificate).filter_map(|name| match name {
        GeneralName::DNSName(dns) => Some(plain(dns)),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => Some(Ipv4Addr::from(v4).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|v6| Ipv6Addr::from(v6).to_string()),
        },
        _ => None,
    })
}

/// Whether a certificate has this as a DNS name.
pub(super) fn has_dns_name(certificate: &X509Certificate<'_>, wanted: &str) -> bool {
    alternative_names(certificate).any(|name| matches!(name, GeneralName::DNSName(dns) if *dns == wanted))
}

fn alternative_names<'c>(certificate: &'c X509Certificate<'_>) -> impl Iterator<Item = &'c GeneralName<'c>> {
    let names = certificate.subject_alternative_name().ok().flatten();
    names.into_iter().flat_map(|names| &names.value.general_names)
}

/// The name of an algorithm, or its object identifier.
pub(super) fn algorithm(oid: &Oid<'_>) -> String {
    oid2sn(oid, oid_registry()).map_or_else(|_| dotted(oid), ToString::to_string)
}

fn dotted(oid: &Oid<'_>) -> String {
    if oid.as_bytes().len() > MAX_OID { String::from("(a long object identifier)") } else { oid.to_id_string() }
}

/// A time in seconds since 1970, in the form of RFC 3339.
pub(super) fn time(seconds: i64) -> String {
    let Ok(time) = ASN1Time::from_timestamp(seconds) else {
        return format!("{seconds} seconds after 1970");
    };
    let t = time.to_datetime();
    let (month, day) = (u8::from(t.month()), t.day());
    format!("{:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", t.year(), t.hour(), t.minute(), t.second())
}

/// A span of time, in its largest unit.
pub(super) fn span(seconds: u64) -> String {
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60)];
    let (unit, length) = units.into_iter().find(|(_, length)| seconds >= *length).unwrap_or(("second", 1));
    let n = seconds / length;
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

/// Such as "1 root", "2 roots".
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

/// The name of a trust anchor: what is in the SEQUENCE of a name.
#[cfg(feature = "webpki-roots")]
pub(super) fn anchor(subject: &[u8]) -> String {
    let der = super::tlv::wrap(super::tlv::SEQUENCE, &[subject]).unwrap_or_default();
    X509Name::from_der(&der).map(|(_, parsed)| name(&parsed)).unwrap_or_default()
}
