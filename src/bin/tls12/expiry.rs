//! Certificates that are out of their time, or will be soon.

use rustls_pki_types::{CertificateDer, UnixTime};
use tls12::verify::{TrustStore, subject};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::{FromDer as _, ParsedExtension, X509Certificate};

const DAY: i64 = 24 * 60 * 60;

/// Warnings about a server's chain in this order: where an issuer is missing in the middle or at the end.
///
/// Whether the last one's issuer is a root that clients have cannot be known; but those who issue certificates to the public
/// write into them where their own is to be had (caIssuers, RFC 5280 §4.2.2.1), so one that says so, and whose issuer is no root
/// of this machine, is not issued by a root.
pub fn missing_issuers(chain: &[CertificateDer<'_>]) -> Vec<String> {
    let parsed: Vec<_> =
        chain.iter().filter_map(|one| X509Certificate::from_der(one).ok().map(|(_, one)| one)).collect();
    let mut warnings = Vec::new();
    for (below, above) in parsed.iter().zip(parsed.iter().skip(1)) {
        if below.issuer().as_raw() != above.subject().as_raw() {
            let (subject, issuer) = (below.subject(), below.issuer());
            warnings.push(format!("the certificate {subject} should be followed by that of its issuer, {issuer}"));
        }
    }
    if let Some(last) = parsed.last()
        && last.issuer().as_raw() != last.subject().as_raw()
        && says_where_its_issuer_is(last)
        && !is_root(last.issuer().as_raw())
    {
        let issuer = last.issuer();
        warnings.push(format!(
            "the certificate of {issuer} is missing at the end: clients that do not have it refuse the chain"
        ));
    }
    warnings.into_iter().map(|warning| warning.escape_debug().to_string()).collect()
}

fn says_where_its_issuer_is(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => {
            access.accessdescs.iter().any(|one| one.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS)
        }
        _ => false,
    })
}

/// Whether a root of this machine has this name. If they cannot be read, it may be one.
fn is_root(name: &[u8]) -> bool {
    TrustStore::native().is_ok_and(|roots| roots.names().any(|root| *root == *name))
}

/// A warning for each of these certificates that expires within this number of days.
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
