//! Certificates that are not what RFC 5280 §4.1 says, or not in DER, or large.

use rcgen::CertificateParams;
use tls12::verify::Rule;

use crate::chains::der::{
    INTEGER, SEQUENCE, UTF8_STRING, bits, common_name, context_primitive, extension, id, name, tlv,
};
use crate::chains::make::{Ca, INT, ROOT, below, leaf, patched_int, patched_leaf, sent, under};
use crate::chains::row::*;

fn serial(number: &[u8]) -> Case {
    patched_leaf(|fields| fields.serial = tlv(INTEGER, number))
}

/// A leaf as bytes, changed after it was signed.
fn bytes(change: impl FnOnce(&mut Vec<u8>)) -> Case {
    let mut leaf = ROOT.leaf(|_| ()).to_vec();
    change(&mut leaf);
    sent(&[&leaf.into()])
}

fn common_name_of(value: String) -> impl Fn(&mut CertificateParams) {
    move |params| params.distinguished_name = crate::chains::make::named(&value)
}

pub const ROWS: &[Row] = &[
    Row {
        name: "serial/20_bytes",
        what: "a serial number of 20 octets (RFC 5280 §4.1.2.2: must be handled)",
        made: || serial(&[0x7f; 20]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "serial/one",
        what: "the serial number 1",
        made: || serial(&[1]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "serial/21_bytes",
        what: "a serial number of 21 octets (RFC 5280 §4.1.2.2: must not be longer than 20)",
        made: || serial(&[0x7f; 21]),
        ours: noted(&[Rule::SerialNumber]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "serial/1000_bytes",
        what: "a serial number of 1000 octets (RFC 5280 §4.1.2.2)",
        made: || serial(&[0x7f; 1000]),
        ours: noted(&[Rule::SerialNumber]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "serial/zero",
        what: "the serial number 0 (RFC 5280 §4.1.2.2: must be positive)",
        made: || serial(&[0]),
        ours: noted(&[Rule::SerialNumber]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "serial/negative",
        what: "the serial number -1 (RFC 5280 §4.1.2.2: must be positive)",
        made: || serial(&[0xff]),
        ours: noted(&[Rule::SerialNumber]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "serial/negative_in_intermediate",
        what: "an intermediate with a negative serial number (RFC 5280 §4.1.2.2)",
        made: || patched_int(|f| f.serial = tlv(INTEGER, [0x80, 1])),
        ours: noted(&[Rule::SerialNumber]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "serial/leading_zero",
        what: "a serial number in two bytes where one would do (X.690 §8.3.2)",
        made: || serial(&[0, 1]),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "serial/empty",
        what: "a serial number without a byte (X.690 §8.3.1)",
        made: || serial(&[]),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "serial/text",
        what: "a serial number that is a string",
        made: || patched_leaf(|f| f.serial = tlv(UTF8_STRING, "1")),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in TAG."),
    },
    Row {
        name: "der/nothing",
        what: "no certificate at all",
        made: || sent(&[]),
        ours: MISSING,
        openssl: CannotBeAsked("openssl verify takes a certificate"),
        gnutls: CannotBeAsked("certtool --verify takes a certificate"),
    },
    Row {
        name: "der/empty_certificate",
        what: "a certificate of no bytes",
        made: || bytes(Vec::clear),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("Base64 unexpected header error."),
    },
    Row {
        name: "der/trailing_junk",
        what: "a byte after the certificate (RFC 5246 §7.4.2: each certificate has a length of its own)",
        made: || bytes(|der| der.push(0)),
        ours: MALFORMED,
        openssl: OnlyTheyAccept(
            "openssl verify passes over what follows in the file; in a handshake OpenSSL refuses it too (RFC 5246 §7.4.2)",
        ),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "der/trailing_junk_in_intermediate",
        what: "a byte after the intermediate's certificate",
        made: || below(&INT).sent(|chain| chain[1] = [&chain[1][..], &[0]].concat().into()),
        ours: MALFORMED,
        openssl: OnlyTheyAccept(
            "openssl verify passes over what follows in the file; in a handshake OpenSSL refuses it too (RFC 5246 §7.4.2)",
        ),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "der/two_in_one",
        what: "two certificates as one",
        made: || bytes(|der| der.extend(der.clone())),
        ours: MALFORMED,
        openssl: OnlyTheyAccept(
            "openssl verify passes over what follows in the file; in a handshake OpenSSL refuses it too (RFC 5246 §7.4.2)",
        ),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "der/cut",
        what: "the last byte is missing",
        made: || bytes(|der| _ = der.pop()),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "der/junk_in_signed_part",
        what: "something after the extensions, signed (RFC 5280 §4.1)",
        made: || patched_leaf(|f| f.rest = vec![5, 0]),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "der/junk_after_signature",
        what: "something after the signature, within the certificate (RFC 5280 §4.1)",
        made: || {
            bytes(|der| {
                let content = [crate::support::pki::parts(der).concat(), vec![5, 0]].concat();
                *der = tlv(SEQUENCE, content)
            })
        },
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "der/indefinite_length",
        what: "the outermost length is indefinite: BER, not DER (X.690 §10.1)",
        made: || {
            bytes(|der| {
                let content = crate::support::pki::parts(der).concat();
                *der = [&[SEQUENCE, 0x80], &content[..], &[0, 0]].concat()
            })
        },
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL reads BER where DER is asked for"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "der/long_length",
        what: "the outermost length has a leading zero: BER, not DER (X.690 §10.1)",
        made: || {
            bytes(|der| {
                let content = crate::support::pki::parts(der).concat();
                let length = u16::try_from(content.len()).unwrap().to_be_bytes();
                *der = [&[SEQUENCE, 0x83, 0], &length[..], &content].concat()
            })
        },
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL reads BER where DER is asked for"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "der/long_length_inside",
        what: "the length of the serial number is long where short would do (X.690 §10.1), signed so",
        made: || patched_leaf(|f| f.serial = vec![INTEGER, 0x81, 1, 7]),
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL reads BER where DER is asked for"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "der/explicit_version_1",
        what: "version 1 written out, the default, which DER leaves out (X.690 §11.5)",
        made: || {
            patched_leaf(|f| {
                f.version = tlv(0xa0, [INTEGER, 1, 0]);
                f.extensions.clear()
            })
            .client()
        },
        ours: UNSUPPORTED,
        openssl: OnlyTheyAccept("OpenSSL reads BER, and takes a leaf of version 1 for what it cannot say"),
        gnutls: OnlyTheyAccept("GnuTLS reads BER, and takes a leaf of version 1 for what it cannot say"),
    },
    Row {
        name: "der/text_for_a_certificate",
        what: "text for a certificate",
        made: || sent(&[&Der::from(&b"not a certificate"[..])]),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in TAG."),
    },
    Row {
        name: "der/text_for_an_intermediate",
        what: "text where the intermediate would be, and none is needed",
        made: || sent(&[&ROOT.leaf(|_| ()), &Der::from(&b"not a certificate"[..])]),
        ours: noted(&[Rule::UnneededCertificates]),
        openssl: OnlyTheyRefuse(
            "Could not read any untrusted certificates",
            "what cannot be read is not needed for the path, and is noted",
        ),
        gnutls: OnlyTheyRefuse(
            "ASN1 parser: Error in TAG.",
            "what cannot be read is not needed for the path, and is noted",
        ),
    },
    Row {
        name: "der/unique_identifier",
        what: "an issuerUniqueID, as version 2 has it (RFC 5280 §4.1.2.8: a CA must not make it, and one should be able to parse it)",
        made: || patched_leaf(|f| f.unique = tlv(context_primitive(1), &bits(&[7; 8])[2..])),
        ours: noted(&[Rule::UniqueIdentifiers]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "subject/issuer_empty",
        what: "an issuer without a name (RFC 5280 §4.1.2.4: must not be empty)",
        made: || {
            let root = Ca::root_with("Its Root", |p| p.distinguished_name = rcgen::DistinguishedName::new(), |_| ());
            under(&root, &[&root.leaf(|_| ())])
        },
        ours: noted(&[Rule::Names]),
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The requested data were not available.",
            "names that are empty are the same; that they are not empty is a duty of the authority (RFC 5280 §4.1.2.4)",
        ),
    },
    Row {
        name: "subject/not_utf8",
        what: "a UTF8String that is none, in the subject (RFC 3629 §3)",
        made: || patched_leaf(|f| f.subject = common_name(UTF8_STRING, [0xff, 0xfe])),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "Could not read certificate file",
            "OpenSSL converts subjects to compare them, and cannot; we compare bytes, and show the text with what is not readable replaced",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "subject/empty_attribute",
        what: "a common name of no characters (RFC 5280 appendix A.1: at least one)",
        made: || patched_leaf(|f| f.subject = common_name(UTF8_STRING, "")),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "ASN1 parser: Value is not valid.",
            "certtool prints the subject, and stops at what it cannot print; the text of a subject is no part of our verdict",
        ),
    },
    Row {
        name: "subject/set_of_nothing",
        what: "a relative name of no attributes (RFC 5280 appendix A.1: SIZE (1..MAX))",
        made: || patched_leaf(|f| f.subject = tlv(SEQUENCE, tlv(crate::chains::der::SET, []))),
        ours: MALFORMED,
        openssl: OnlyTheyAccept(
            "a SET of attributes has one at least (RFC 5280 §4.1.2.4): it cannot be read as a name",
        ),
        gnutls: OnlyTheyAccept("GnuTLS validates the path and leaves the certificate's profile to its authority"),
    },
    Row {
        name: "subject/trailing_junk",
        what: "something after the attribute's value, in the subject",
        made: || {
            patched_leaf(|f| {
                f.subject = tlv(
                    SEQUENCE,
                    tlv(
                        crate::chains::der::SET,
                        tlv(SEQUENCE, [crate::chains::der::oid("2.5.4.3"), tlv(UTF8_STRING, "x"), vec![5, 0]].concat()),
                    ),
                )
            })
        },
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "huge/common_name",
        what: "a common name of 50,000 characters: more than the 64 of RFC 5280 appendix A.1, and no part of the verdict",
        made: || leaf(common_name_of("x".repeat(50_000))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "huge/subject_of_intermediate",
        what: "the intermediate's subject is 50,000 characters long",
        made: || below(&ROOT.below(&"x".repeat(50_000))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "huge/thousand_attributes",
        what: "a subject of a thousand attributes: no clause limits them",
        made: || {
            patched_leaf(|f| {
                let values: Vec<_> = (0..1000).map(|i| i.to_string()).collect();
                let all: Vec<_> = values.iter().map(|v| ("2.5.4.11", UTF8_STRING, v.as_bytes())).collect();
                f.subject = name(&all)
            })
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "huge/names",
        what: "three thousand names, and the one asked for is the last",
        made: || {
            let mut names: Vec<_> = (0..2999).map(|i| super::names::dns(format!("h{i}.example"))).collect();
            names.push(super::names::dns("a.example"));
            patched_leaf(|f| f.alternative_names(&names))
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "huge/certificate",
        what: "a certificate of more than 64 kB: no clause limits it, but our limit on work does",
        made: || patched_leaf(|f| f.extensions.push(extension(id::UNKNOWN, &[7; 70_000]))),
        ours: LIMIT,
        openssl: OnlyTheyAccept("OpenSSL has no limit here; in a handshake, both ends limit the Certificate message"),
        gnutls: OnlyTheyAccept("GnuTLS has no limit here; in a handshake, both ends limit the Certificate message"),
    },
    Row {
        name: "huge/length",
        what: "a length of four gigabytes, and nothing behind it",
        made: || sent(&[&Der::from(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff][..])]),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "huge/nested",
        what: "a thousand sequences, one in the other",
        made: || sent(&[&(0..1000).fold(Vec::new(), |inner, _| tlv(SEQUENCE, inner)).into()]),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in TAG."),
    },
];
