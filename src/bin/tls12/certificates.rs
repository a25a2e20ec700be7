//! `--show-certs`: all that people ask of certificates.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64ct::{Base64, Encoding as _};
use rustls_pki_types::{CertificateDer, UnixTime};
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

/// In lines with their number, the peer's own certificate first.
pub fn described(chain: &[CertificateDer<'_>]) -> String {
    let mut text = String::new();
    for (number, certificate) in (1..).zip(chain) {
        let _ = writeln!(text, "certificate {number} of {}", chain.len());
        match X509Certificate::from_der(certificate) {
            Ok((_, parsed)) => describe(&mut text, certificate, &parsed),
            Err(_) => text.push_str("  cannot be read\n"),
        }
        let _ = writeln!(text, "  SHA-256: {}", colons(Pin::certificate(certificate).sha256()));
        if let Ok(pin) = Pin::key_of(certificate) {
            let _ = writeln!(text, "  pin of its key: {pin}");
        }
        pem(&mut text, certificate);
    }
    text
}

fn describe(text: &mut String, certificate: &CertificateDer<'_>, parsed: &X509Certificate<'_>) {
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "  {key}: {value}");
    };
    line("subject", &subject(certificate).unwrap_or_default());
    line("issuer", &parsed.issuer().to_string().escape_debug().to_string());
    let validity = parsed.validity();
    line("valid from", &time(validity.not_before));
    let left = days_left(validity.not_after);
    let left = match left {
        0.. => format!("{left} days left"),
        _ => "expired".to_owned(),
    };
    line("valid until", &format!("{} ({left})", time(validity.not_after)));
    line("names", &names(parsed));
    line("key", &key(parsed));
    line("signature", &name(&parsed.signature_algorithm.algorithm.to_id_string()));
    line("serial", &colons(parsed.raw_serial()));
}

/// The names in the subjectAltName.
fn names(parsed: &X509Certificate<'_>) -> String {
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return "none".to_owned() };
    let names = names.value.general_names.iter().map(|name| match name {
        GeneralName::DNSName(name) => name.escape_debug().to_string(),
        GeneralName::RFC822Name(name) | GeneralName::URI(name) => name.escape_debug().to_string(),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => "(a name of another kind)".to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
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

/// Whole days from now; less than none, if it has passed.
fn days_left(until: ASN1Time) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    let now = i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX);
    until.timestamp().saturating_sub(now).div_euclid(DAY)
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// In PEM (RFC 7468 §5.1).
fn pem(text: &mut String, der: &[u8]) {
    /// RFC 7468 §2.
    const LINE: usize = 48;
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    for bytes in der.chunks(LINE) {
        let mut line = [0; 64];
        if let Ok(line) = Base64::encode(bytes, &mut line) {
            let _ = writeln!(text, "{line}");
        }
    }
    text.push_str("-----END CERTIFICATE-----\n");
}
