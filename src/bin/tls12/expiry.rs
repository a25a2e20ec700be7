//! Certificates that are out of their time, or will be soon.

use rustls_pki_types::{CertificateDer, UnixTime};
use tls12::verify::subject;
use x509_parser::prelude::{FromDer as _, X509Certificate};

const DAY: i64 = 24 * 60 * 60;

/// What is to be said of the validity of these certificates, a sentence each, where it ends within so many days.
pub fn warnings(chain: &[CertificateDer<'_>], days: u32) -> Vec<String> {
    let now = i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX);
    let about = |certificate: &CertificateDer<'_>| {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let validity = parsed.validity();
        let left = validity.not_after.timestamp().saturating_sub(now);
        let when = match left.div_euclid(DAY) {
            _ if validity.not_before.timestamp() > now => "is not valid yet".to_owned(),
            ..0 => "has expired".to_owned(),
            0 => "expires within a day".to_owned(),
            whole if whole <= i64::from(days) => format!("expires in {whole} days"),
            _ => return None,
        };
        Some(format!("the certificate {} {when}", subject(certificate).unwrap_or_default()))
    };
    chain.iter().filter_map(about).collect()
}
