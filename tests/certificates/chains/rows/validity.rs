//! The period of validity (RFC 5280 §4.1.2.5).

use std::time::Duration;

use rcgen::{CertificateParams, date_time_ymd};
use tls12::verify::Rule;

use crate::chains::der::{Fields, GENERALIZED_TIME, UTC_TIME, tlv};
use crate::chains::make::{int, leaf, patched_leaf, root};
use crate::chains::row::*;

/// So many seconds after [`NOW`], or before.
macro_rules! now {
    ($seconds:expr) => {{
        let (now, seconds): (_, i64) = (date_time_ymd(2026, 6, 1), $seconds);
        let away = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { now - away } else { now + away }
    }};
}

fn from(params: &mut CertificateParams, seconds: i64) {
    params.not_before = now!(seconds);
}

fn to(params: &mut CertificateParams, seconds: i64) {
    params.not_after = now!(seconds);
}

fn not_before(tag: u8, text: &str) -> Case {
    patched_leaf(|fields| fields.not_before = tlv(tag, text))
}

fn not_after(tag: u8, text: &str) -> Case {
    patched_leaf(|fields| fields.not_after = tlv(tag, text))
}

pub const ROWS: &[Row] = &[
    Row {
        name: "validity/leaf_from_now",
        what: "notBefore is this very second: inclusive (RFC 5280 §4.1.2.5)",
        made: || leaf(|p| from(p, 0)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "validity/leaf_from_next_second",
        what: "notBefore is one second ahead (RFC 5280 §6.1.3 (a)(2))",
        made: || leaf(|p| from(p, 1)),
        ours: NOT_YET,
        openssl: Refuses("certificate is not yet valid"),
        gnutls: Refuses("The certificate chain uses not yet valid certificate."),
    },
    Row {
        name: "validity/leaf_to_now",
        what: "notAfter is this very second: inclusive (RFC 5280 §4.1.2.5)",
        made: || leaf(|p| to(p, 0)),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "certificate has expired",
            "OpenSSL counts the second of notAfter as past; RFC 5280 §4.1.2.5 says inclusive",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "validity/leaf_to_last_second",
        what: "notAfter was one second ago (RFC 5280 §6.1.3 (a)(2))",
        made: || leaf(|p| to(p, -1)),
        ours: EXPIRED,
        openssl: Refuses("certificate has expired"),
        gnutls: Refuses("The certificate chain uses expired certificate."),
    },
    Row {
        name: "validity/intermediate_from_now",
        what: "an intermediate's notBefore is this very second",
        made: || int(|p| from(p, 0)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "validity/intermediate_from_next_second",
        what: "an intermediate's notBefore is one second ahead (RFC 5280 §6.1.3 (a)(2))",
        made: || int(|p| from(p, 1)),
        ours: NOT_YET,
        openssl: Refuses("certificate is not yet valid"),
        gnutls: Refuses("The certificate chain uses not yet valid certificate."),
    },
    Row {
        name: "validity/intermediate_to_now",
        what: "an intermediate's notAfter is this very second",
        made: || int(|p| to(p, 0)),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "certificate has expired",
            "OpenSSL counts the second of notAfter as past; RFC 5280 §4.1.2.5 says inclusive",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "validity/intermediate_to_last_second",
        what: "an intermediate's notAfter was one second ago (RFC 5280 §6.1.3 (a)(2))",
        made: || int(|p| to(p, -1)),
        ours: EXPIRED,
        openssl: Refuses("certificate has expired"),
        gnutls: Refuses("The certificate chain uses expired certificate."),
    },
    Row {
        name: "validity/root_expired",
        what: "the root has expired: no input to path validation (RFC 5280 §6.1.1 (d)), and no longer what its holder vouches for",
        made: || root(|p| to(p, -1)),
        ours: EXPIRED,
        openssl: Refuses("certificate has expired"),
        gnutls: Refuses("The certificate chain uses expired certificate."),
    },
    Row {
        name: "validity/root_not_yet",
        what: "the root is not valid yet: no input to path validation (RFC 5280 §6.1.1 (d)), and not yet what its holder vouches for",
        made: || root(|p| from(p, 1)),
        ours: NOT_YET,
        openssl: Refuses("certificate is not yet valid"),
        gnutls: Refuses("The certificate chain uses not yet valid certificate."),
    },
    Row {
        name: "validity/ends_before_it_starts_and_ahead",
        what: "notAfter is before notBefore, both ahead",
        made: || {
            leaf(|p| {
                from(p, 200);
                to(p, 100)
            })
        },
        ours: NOT_YET,
        openssl: Refuses("certificate is not yet valid"),
        gnutls: Refuses("The certificate chain uses not yet valid certificate."),
    },
    Row {
        name: "validity/ends_before_it_starts_around_now",
        what: "notAfter is past and notBefore ahead: no time is within",
        made: || {
            leaf(|p| {
                from(p, 100);
                to(p, -100)
            })
        },
        ours: NOT_YET,
        openssl: Refuses("certificate is not yet valid"),
        gnutls: Refuses("The certificate chain uses not yet valid certificate."),
    },
    Row {
        name: "validity/one_second",
        what: "valid for this one second only",
        made: || {
            leaf(|p| {
                from(p, 0);
                to(p, 0)
            })
        },
        ours: OK,
        openssl: OnlyTheyRefuse(
            "certificate has expired",
            "OpenSSL counts the second of notAfter as past; RFC 5280 §4.1.2.5 says inclusive",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "validity/no_end",
        what: "notAfter is 99991231235959Z: no well-defined end (RFC 5280 §4.1.2.5)",
        made: || not_after(GENERALIZED_TIME, "99991231235959Z"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "validity/generalized_from_2050",
        what: "dates from 2050 on are GeneralizedTime (RFC 5280 §4.1.2.5)",
        made: || not_after(GENERALIZED_TIME, "20500101000000Z"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "validity/utc_1950",
        what: "a two-digit year of 50 is 1950 (RFC 5280 §4.1.2.5.1), and our times are counted from 1970",
        made: || not_before(UTC_TIME, "500101000000Z"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "validity/utc_1970",
        what: "a two-digit year of 70 is 1970 (RFC 5280 §4.1.2.5.1)",
        made: || not_before(UTC_TIME, "700101000000Z"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "validity/utc_end_of_1950",
        what: "notAfter 500101000000Z is in 1950, not in 2050 (RFC 5280 §4.1.2.5.1)",
        made: || {
            patched_leaf(|f: &mut Fields| {
                f.not_before = tlv(UTC_TIME, "500101000000Z");
                f.not_after = tlv(UTC_TIME, "500101000000Z")
            })
        },
        ours: EXPIRED,
        openssl: Refuses("certificate has expired"),
        gnutls: Refuses("expired certificate"),
    },
    Row {
        name: "validity/generalized_before_2050",
        what: "dates through 2049 must be UTCTime (RFC 5280 §4.1.2.5)",
        made: || not_after(GENERALIZED_TIME, "20270101000000Z"),
        ours: noted(&[Rule::TimeEncoding]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "validity/utc_without_seconds",
        what: "UTCTime must have seconds (RFC 5280 §4.1.2.5.1)",
        made: || not_after(UTC_TIME, "2701010000Z"),
        ours: MALFORMED,
        openssl: Refuses("format error in certificate's notAfter field"),
        gnutls: OnlyTheyAccept("GnuTLS reads a time without seconds"),
    },
    Row {
        name: "validity/utc_with_offset",
        what: "UTCTime must be in Zulu time (RFC 5280 §4.1.2.5.1)",
        made: || not_after(UTC_TIME, "270101000000+0000"),
        ours: MALFORMED,
        openssl: Refuses("format error in certificate's notAfter field"),
        gnutls: Refuses("The DER time encoding is invalid."),
    },
    Row {
        name: "validity/generalized_with_fraction",
        what: "GeneralizedTime must not have fractional seconds (RFC 5280 §4.1.2.5.2)",
        made: || not_after(GENERALIZED_TIME, "20500101000000.5Z"),
        ours: MALFORMED,
        openssl: Refuses("format error in certificate's notAfter field"),
        gnutls: Refuses("Error in the time fields of certificate."),
    },
    Row {
        name: "validity/generalized_local",
        what: "GeneralizedTime must be in Zulu time (RFC 5280 §4.1.2.5.2)",
        made: || not_after(GENERALIZED_TIME, "20500101000000"),
        ours: MALFORMED,
        openssl: Refuses("format error in certificate's notAfter field"),
        gnutls: Refuses("The DER time encoding is invalid."),
    },
    Row {
        name: "validity/thirtieth_of_february",
        what: "there is no such day",
        made: || not_after(UTC_TIME, "270230000000Z"),
        ours: MALFORMED,
        openssl: Refuses("format error in certificate's notAfter field"),
        gnutls: OnlyTheyAccept("GnuTLS counts on into March"),
    },
    Row {
        name: "validity/second_61",
        what: "there is no such second",
        made: || not_after(UTC_TIME, "270101000061Z"),
        ours: MALFORMED,
        openssl: Refuses("format error in certificate's notAfter field"),
        gnutls: Refuses("Error in the time fields of certificate."),
    },
    Row {
        name: "validity/words",
        what: "notAfter is no time at all",
        made: || not_after(UTC_TIME, "next new year"),
        ours: MALFORMED,
        openssl: Refuses("format error in certificate's notAfter field"),
        gnutls: Refuses("The DER time encoding is invalid."),
    },
];
