//! `--show-certs`: the contents of certificates, as text and as JSON.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64ct::{Base64, Encoding as _};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::Serialize;
use serde_json::Value;
use tls12::verify::{Pin, subject};
use x509_parser::prelude::{ASN1Time, FromDer as _, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

/// The names of algorithms and curves, by their object identifiers: RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 5480.
const NAMES: [(&str, &str); 17] = [
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.4", "RSA with MD5"),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256"),
    ("1.2.840.113549.1.1.12", "RSA with SHA-384"),
    ("1.2.840.113549.1.1.13", "RSA with SHA-512"),
    ("1.2.840.10045.2.1", "ECDSA"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512"),
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
];

/// A certificate's contents as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Described {
    /// `None` if it cannot be read.
    #[serde(flatten)]
    pub contents: Option<Contents>,
    /// Its SHA-256 hash, in hexadecimal with colons.
    pub sha256: String,
    /// The pin of its key.
    pub pin: Option<String>,
    pem: String,
}

/// A certificate's contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contents {
    pub subject: String,
    pub issuer: String,
    /// In the format of RFC 3339, like the next field.
    pub not_before: String,
    pub not_after: String,
    /// In whole days; negative if it has expired.
    pub days_left: i64,
    /// The names in the subjectAltName.
    pub names: Vec<String>,
    pub key: String,
    /// The size of an RSA key.
    #[serde(skip)]
    pub rsa_bits: Option<usize>,
    pub signature: String,
    pub serial: String,
}

/// Reads a chain, the peer's own certificate first.
pub fn read(chain: &[CertificateDer<'_>]) -> Vec<Described> {
    let described = chain.iter().map(|certificate| Described {
        contents: X509Certificate::from_der(certificate).ok().map(|(_, parsed)| contents(certificate, &parsed)),
        sha256: colons(Pin::certificate(certificate).sha256()),
        pin: Pin::key_of(certificate).ok().map(|pin| pin.to_string()),
        pem: pem(certificate),
    });
    described.collect()
}

/// For `--json`.
pub fn json(chain: &[Described]) -> Value {
    // All keys are strings, so this cannot fail.
    serde_json::to_value(chain).unwrap_or_default()
}

/// In lines with their number.
pub fn described(chain: &[Described]) -> String {
    let mut text = String::new();
    for (number, certificate) in (1..).zip(chain) {
        let _ = writeln!(text, "certificate {number} of {}", chain.len());
        match &certificate.contents {
            Some(contents) => describe(&mut text, contents),
            None => text.push_str("  cannot be read\n"),
        }
        let _ = writeln!(text, "  SHA-256: {}", certificate.sha256);
        if let Some(pin) = &certificate.pin {
            let _ = writeln!(text, "  pin of its key: {pin}");
        }
        text.push_str(&certificate.pem);
    }
    text
}

fn contents(certificate: &CertificateDer<'_>, parsed: &X509Certificate<'_>) -> Contents {
    let validity = parsed.validity();
    Contents {
        subject: subject(certificate).unwrap_or_default(),
        issuer: parsed.issuer().to_string().escape_debug().to_string(),
        not_before: time(validity.not_before),
        not_after: time(validity.not_after),
        days_left: days_left(validity.not_after),
        names: names(parsed),
        key: key(parsed),
        rsa_bits: match parsed.public_key().parsed() {
            Ok(PublicKey::RSA(rsa)) => Some(rsa.key_size()),
            _ => None,
        },
        signature: name(&parsed.signature_algorithm.algorithm.to_id_string()),
        serial: colons(parsed.raw_serial()),
    }
}

fn describe(text: &mut String, contents: &Contents) {
    let Contents { subject, issuer, not_before, not_after, days_left, names, key, signature, serial, .. } = contents;
    let left = if *days_left < 0 { "expired".to_owned() } else { format!("{days_left} days left") };
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    for (key, value) in [
        ("subject", subject),
        ("issuer", issuer),
        ("valid from", not_before),
        ("valid until", &format!("{not_after} ({left})")),
        ("names", &names),
        ("key", key),
        ("signature", signature),
        ("serial", serial),
    ] {
        let _ = writeln!(text, "  {key}: {value}");
    }
}

/// The names in the subjectAltName.
fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return Vec::new() };
    let names = names.value.general_names.iter().map(|name| match name {
        GeneralName::DNSName(name) => name.escape_debug().to_string(),
        GeneralName::RFC822Name(name) | GeneralName::URI(name) => name.escape_debug().to_string(),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => "(a name of another type)".to_owned(),
    });
    names.collect()
}

fn address(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Ipv4Addr::from(four).to_string();
    }
    <[u8; 16]>::try_from(bytes).map_or_else(|_| "(a malformed address)".to_owned(), |b| Ipv6Addr::from(b).to_string())
}

/// The kind of key, and its size or curve.
fn key(parsed: &X509Certificate<'_>) -> String {
    let key = parsed.public_key();
    let kind = name(&key.algorithm.algorithm.to_id_string());
    let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
    match (key.parsed(), curve) {
        (Ok(PublicKey::RSA(rsa)), _) => format!("{kind}, {} bits", rsa.key_size()),
        (_, Some(curve)) => format!("{kind}, {}", name(&curve.to_id_string())),
        _ => kind,
    }
}

/// The name of an object identifier, or itself.
fn name(id: &str) -> String {
    NAMES.iter().find(|(known, _)| *known == id).map_or(id, |(_, name)| name).to_owned()
}

fn time(time: ASN1Time) -> String {
    let time = time.to_datetime();
    let (date, clock) = (time.date(), time.time());
    let month = u8::from(date.month());
    let (hour, minute, second) = clock.as_hms();
    format!("{:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", date.year(), date.day())
}

/// The time in the format of RFC 3339.
pub fn now() -> String {
    time(ASN1Time::now())
}

/// A time in seconds since the beginning of 1970, in the format of RFC 3339; `None` if it cannot be represented.
pub fn time_of(seconds: u64) -> Option<String> {
    ASN1Time::from_timestamp(i64::try_from(seconds).ok()?).ok().map(time)
}

/// The number of whole days from now; negative if it has passed.
fn days_left(until: ASN1Time) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    let now = i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX);
    until.timestamp().saturating_sub(now).div_euclid(DAY)
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// In PEM (RFC 7468 §5.1).
fn pem(der: &[u8]) -> String {
    /// RFC 7468 §2.
    const LINE: usize = 48;
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for bytes in der.chunks(LINE) {
        let mut line = [0; 64];
        if let Ok(line) = Base64::encode(bytes, &mut line) {
            let _ = writeln!(text, "{line}");
        }
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
