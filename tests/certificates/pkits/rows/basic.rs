//! 4.1 signatures, 4.2 validity periods, 4.3 name chaining, 4.16 private extensions.

use super::{Row, invalid, valid};
use crate::certificates::Der;
use crate::certificates::der::{
    Fields, GENERALIZED_TIME, PRINTABLE_STRING, UTC_TIME, UTF8_STRING, bits, context_primitive, critical, extension,
    id, name, tlv,
};
use crate::certificates::lists::Crl;
use crate::pkits::path::{ANCHOR, Case, Path, below, dn, leaf};

const CN: &str = "2.5.4.3";
const OU: &str = "2.5.4.11";

fn good() -> Path {
    Path::new("Good CA", |_| ())
}

/// The last bit of the signature is another.
fn badly_signed(certificate: &Der) -> Der {
    let mut bytes = certificate.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes.into()
}

fn utc(time: &str) -> Vec<u8> {
    tlv(UTC_TIME, time)
}

fn generalized(time: &str) -> Vec<u8> {
    tlv(GENERALIZED_TIME, time)
}

/// A path of an authority whose certificate has this subject, and what it issues (the list too) that issuer.
fn named(subject: Vec<u8>, issuer: Vec<u8>) -> Case {
    named_with(subject, issuer, |_| (), |_| ())
}

fn named_with(
    subject: Vec<u8>,
    issuer: Vec<u8>,
    authority: impl FnOnce(&mut Fields),
    end: impl FnOnce(&mut Fields),
) -> Case {
    let ca = below(&ANCHOR, subject, authority);
    let end = leaf(&ca, |fields| {
        fields.issuer.clone_from(&issuer);
        end(fields);
    });
    let path = Path { authorities: vec![ca] };
    let list = Crl::of(path.last(), &[]).with(|list| list.issuer = issuer);
    path.listed(end, [list])
}

pub const ROWS: &[Row] = &[
    valid("4.1.1", "signatures, names, dates", || good().end(|_| ())),
    invalid("4.1.2", "the authority's signature is wrong", || {
        let mut case = good().end(|_| ());
        case.sent[1] = badly_signed(&case.sent[1]);
        case
    }),
    invalid("4.1.3", "the signature at the end is wrong", || {
        let mut case = good().end(|_| ());
        case.sent[0] = badly_signed(&case.sent[0]);
        case
    }),
    invalid("4.2.1", "the authority's certificate is not valid yet", || {
        Path::new("Bad notBefore Date CA", |f| f.not_before = utc("470101120100Z")).end(|_| ())
    }),
    invalid("4.2.2", "the end's certificate is not valid yet", || good().end(|f| f.not_before = utc("470101120100Z"))),
    valid("4.2.3", "valid since 1950, in UTCTime", || good().end(|f| f.not_before = utc("500101120100Z"))),
    valid("4.2.4", "valid since a time in GeneralizedTime", || {
        good().end(|f| f.not_before = generalized("20020101120100Z"))
    }),
    invalid("4.2.5", "the authority's certificate has expired", || {
        Path::new("Bad notAfter Date CA", |f| {
            (f.not_before, f.not_after) = (utc("000101120100Z"), utc("110101083000Z"));
        })
        .end(|_| ())
    }),
    invalid("4.2.6", "the end's certificate has expired", || {
        good().end(|f| (f.not_before, f.not_after) = (utc("000101120100Z"), utc("110101083000Z")))
    }),
    invalid("4.2.7", "the end's certificate has expired in 1999, in UTCTime", || {
        good().end(|f| (f.not_before, f.not_after) = (utc("970101120100Z"), utc("990101120100Z")))
    }),
    valid("4.2.8", "valid until 2050, in GeneralizedTime", || {
        good().end(|f| f.not_after = generalized("20500101120100Z"))
    }),
    invalid("4.3.1", "the issuer is another name than the authority's", || {
        good().end(|f| f.issuer = dn(&[(CN, PRINTABLE_STRING, "Good CA Root")]))
    }),
    invalid("4.3.2", "the parts of the issuer's name are in another order", || {
        let (one, two) = ("Organizational Unit Name 1", "Organizational Unit Name 2");
        let order = |a, b| {
            dn(&[(OU, PRINTABLE_STRING, a), (OU, PRINTABLE_STRING, b), (CN, PRINTABLE_STRING, "Name Ordering CA")])
        };
        named(order(one, two), order(two, one))
    }),
    valid("4.3.3", "names that differ in the white space within", || {
        named(dn(&[(CN, PRINTABLE_STRING, "Good CA")]), dn(&[(CN, PRINTABLE_STRING, "Good     CA")]))
    }),
    valid("4.3.4", "names that differ in the white space around", || {
        named(dn(&[(CN, PRINTABLE_STRING, "Good CA")]), dn(&[(CN, PRINTABLE_STRING, "   Good CA  ")]))
    }),
    valid("4.3.5", "names that differ in capital letters", || {
        named(dn(&[(CN, PRINTABLE_STRING, "Good CA")]), dn(&[(CN, PRINTABLE_STRING, "GOOD ca")]))
    }),
    valid("4.3.6", "unique identifiers of the authority and of the issuer, which match", || {
        // [1] issuerUniqueID, [2] subjectUniqueID: IMPLICIT BIT STRING.
        let identifier = |n: u8| tlv(context_primitive(n), &bits(&[0x12, 0x34])[2..]);
        let subject = dn(&[(CN, PRINTABLE_STRING, "UID CA")]);
        named_with(subject.clone(), subject, |f| f.unique = identifier(2), |f| f.unique = identifier(1))
    }),
    valid("4.3.7", "a name of the attributes that RFC 3280 makes mandatory", || {
        const IA5_STRING: u8 = 0x16;
        let subject = name(&[
            ("2.5.4.46", PRINTABLE_STRING, b"CA"),
            ("2.5.4.8", PRINTABLE_STRING, b"Maryland"),
            ("2.5.4.5", PRINTABLE_STRING, b"345"),
            ("0.9.2342.19200300.100.1.25", IA5_STRING, b"testcertificates"),
            ("0.9.2342.19200300.100.1.25", IA5_STRING, b"gov"),
            ("2.5.4.10", PRINTABLE_STRING, b"Test Certificates"),
            ("2.5.4.6", PRINTABLE_STRING, b"US"),
        ]);
        named(subject.clone(), subject)
    }),
    valid("4.3.8", "a name of the attributes that RFC 3280 makes optional", || {
        let subject = dn(&[
            ("2.5.4.7", PRINTABLE_STRING, "Gaithersburg"),
            ("2.5.4.42", PRINTABLE_STRING, "John"),
            ("2.5.4.43", PRINTABLE_STRING, "Q"),
            ("2.5.4.65", PRINTABLE_STRING, "Fictitious"),
            ("2.5.4.4", PRINTABLE_STRING, "CA"),
            ("2.5.4.44", PRINTABLE_STRING, "III"),
            ("2.5.4.12", PRINTABLE_STRING, "M.D."),
        ]);
        named(subject.clone(), subject)
    }),
    valid("4.3.9", "names in UTF8String", || {
        let subject = dn(&[(CN, UTF8_STRING, "UTF8String Encoded Names CA")]);
        named(subject.clone(), subject)
    }),
    valid("4.3.10", "a name in PrintableString, and the same in UTF8String as issuer", || {
        let text = "Rollover from PrintableString to UTF8String CA";
        named(dn(&[(CN, PRINTABLE_STRING, text)]), dn(&[(CN, UTF8_STRING, text)]))
    }),
    valid("4.3.11", "names in UTF8String that differ in capital letters and white space", || {
        named(
            dn(&[(CN, UTF8_STRING, "UTF8String Case Insensitive Match CA")]),
            dn(&[(CN, UTF8_STRING, "  utf8string case  insensitive match CA")]),
        )
    }),
    valid("4.16.1", "an extension that nobody knows, not critical", || {
        good().end(|f| f.extensions.push(extension(id::UNKNOWN, &[5, 0])))
    }),
    invalid("4.16.2", "an extension that nobody knows, critical", || {
        good().end(|f| f.extensions.push(critical(id::UNKNOWN, &[5, 0])))
    }),
];
