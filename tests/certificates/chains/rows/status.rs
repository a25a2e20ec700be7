//! Whether a certificate was revoked: CRLs (RFC 5280 §5, §6.3) and stapled OCSP responses (RFC 6960, RFC 6066 §8).

use rcgen::{ExtendedKeyUsagePurpose as Purpose, IsCa, KeyUsagePurpose as Use};

use crate::chains::der::{ENUMERATED, INTEGER, NULL, critical, extension, id, sequence};
use crate::chains::make::{Ca, INT, OTHER, ROOT, below, sent};
use crate::chains::revocation::{Crl, Hash, Staple, Status, ocsp_error};
use crate::chains::row::*;

/// A leaf below [`INT`], with the CRLs that these make of it.
fn crls(make: impl FnOnce(&Der) -> Vec<Crl>) -> Case {
    let case = below(&INT);
    let lists = make(&case.sent[0]);
    case.crls(lists.into_iter().map(Crl::sign).collect())
}

/// The CRL of the root is as it should be, and that of the intermediate is changed.
fn of_intermediate(change: impl FnOnce(&mut Crl, &Der)) -> Case {
    crls(|leaf| vec![Crl::of(&ROOT, &[]), Crl::of(&INT, &[]).with(|crl| change(crl, leaf))])
}

fn serial(certificate: &Der) -> Vec<u8> {
    crate::chains::der::Fields::of(certificate).serial
}

/// A leaf below [`INT`], with the OCSP response that this makes of a good one.
fn staple(change: impl FnOnce(&mut Staple)) -> Case {
    let case = below(&INT);
    let response = Staple::of(&INT, &case.sent[0]).with(change).sign();
    case.stapled(response)
}

/// A response signed by another, whose certificate `ca` issued.
fn delegated(ca: &Ca, tweak: impl FnOnce(&mut rcgen::CertificateParams)) -> Case {
    let responder = |params: &mut rcgen::CertificateParams| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![Use::DigitalSignature];
        params.extended_key_usages = vec![Purpose::OcspSigning];
        tweak(params);
    };
    let responder = ca.below_with("Responder", responder, |_| ());
    staple(|staple| {
        staple.signer = responder.signer;
        staple.responder = crate::chains::der::Fields::of(&responder.der).subject;
        staple.certificates = vec![responder.der];
    })
}

/// A leaf below [`INT`] that asks for a staple (RFC 7633 §4.2.3.1: status_request is 5).
fn must_staple() -> Case {
    let feature = extension(id::TLS_FEATURE, &sequence(&[&[INTEGER, 1, 5]]));
    sent(&[&INT.patched_leaf(|fields| fields.extensions.push(feature)), &INT.der])
}

pub const ROWS: &[Row] = &[
    Row {
        name: "crl/good",
        what: "the CRLs of the root and the intermediate are empty (RFC 5280 §6.3)",
        made: || crls(|_| vec![Crl::of(&ROOT, &[]), Crl::of(&INT, &[])]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/another_revoked",
        what: "another certificate is on the intermediate's CRL",
        made: || of_intermediate(|crl, _| crl.revoked = vec![vec![INTEGER, 1, 7]]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/revoked",
        what: "the leaf is on the intermediate's CRL (RFC 5280 §6.3.3 (i))",
        made: || of_intermediate(|crl, leaf| crl.revoked = vec![serial(leaf)]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/revoked_on_hold",
        what: "the leaf is on hold: as good as revoked (RFC 5280 §5.3.1)",
        made: || {
            of_intermediate(|crl, leaf| {
                crl.revoked = vec![serial(leaf)];
                crl.entry_extensions = vec![extension(id::REASON, &[ENUMERATED, 1, 6])]
            })
        },
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/revoked_intermediate",
        what: "the intermediate is on the root's CRL (RFC 5280 §6.3.3 (i))",
        made: || crls(|_| vec![Crl::of(&ROOT, &[&INT.der]), Crl::of(&INT, &[])]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/serial_of_another_issuer",
        what: "the leaf's serial number is on the root's CRL, which is about what the root issued",
        made: || crls(|leaf| vec![Crl::of(&ROOT, &[leaf]), Crl::of(&INT, &[])]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/missing",
        what: "no CRL of the intermediate: it is not known (RFC 5280 §6.3.3: UNDETERMINED)",
        made: || crls(|_| vec![Crl::of(&ROOT, &[])]),
        ours: UNKNOWN,
        openssl: Refuses("unable to get certificate CRL"),
        gnutls: OnlyTheyAccept(
            "to GnuTLS a CRL that is missing or of no use says nothing, and what it does not know to be revoked is good",
        ),
    },
    Row {
        name: "crl/expired",
        what: "the intermediate's CRL is past its nextUpdate (RFC 5280 §6.3.3 (a))",
        made: || of_intermediate(|crl, _| crl.next_update = "260531235959Z"),
        ours: UNKNOWN,
        openssl: Refuses("CRL has expired"),
        gnutls: OnlyTheyAccept(
            "to GnuTLS a CRL that is missing or of no use says nothing, and what it does not know to be revoked is good",
        ),
    },
    Row {
        name: "crl/signed_by_another",
        what: "the intermediate's CRL is signed by another key (RFC 5280 §6.3.3 (g))",
        made: || of_intermediate(|crl, _| crl.signer = OTHER.signer.clone()),
        ours: UNKNOWN,
        openssl: Refuses("signature failure"),
        gnutls: OnlyTheyAccept(
            "to GnuTLS a CRL that is missing or of no use says nothing, and what it does not know to be revoked is good",
        ),
    },
    Row {
        name: "crl/of_another_issuer",
        what: "in the place of the intermediate's CRL there is one of another authority (RFC 5280 §6.3.3 (b)(1))",
        made: || crls(|leaf| vec![Crl::of(&ROOT, &[]), Crl::of(&OTHER, &[leaf])]),
        ours: UNKNOWN,
        openssl: Refuses("unable to get certificate CRL"),
        gnutls: OnlyTheyAccept(
            "to GnuTLS a CRL that is missing or of no use says nothing, and what it does not know to be revoked is good",
        ),
    },
    Row {
        name: "crl/unknown_critical",
        what: "the intermediate's CRL has a critical extension that nobody knows (RFC 5280 §5.2: must not be used to say that a certificate is good)",
        made: || of_intermediate(|crl, _| crl.extensions.push(critical(id::UNKNOWN, &NULL))),
        ours: UNKNOWN,
        openssl: Refuses("unhandled critical CRL extension"),
        gnutls: OnlyTheyAccept(
            "to GnuTLS a CRL that is missing or of no use says nothing, and what it does not know to be revoked is good",
        ),
    },
    Row {
        name: "crl/issuer_may_not_sign",
        what: "the intermediate's keyUsage has no cRLSign (RFC 5280 §6.3.3 (f))",
        made: || {
            let int = ROOT.below_with("Int", |p| p.key_usages = vec![Use::KeyCertSign], |_| ());
            below(&int).crls(vec![Crl::of(&ROOT, &[]).sign(), Crl::of(&int, &[]).sign()])
        },
        ours: UNKNOWN,
        openssl: Refuses("key usage does not include CRL signing"),
        gnutls: OnlyTheyAccept(
            "to GnuTLS a CRL that is missing or of no use says nothing, and what it does not know to be revoked is good",
        ),
    },
    Row {
        name: "ocsp/good",
        what: "the issuer says: good (RFC 6960 §3.2)",
        made: || staple(|_| ()),
        ours: OK,
        openssl: Accepts,
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/sha256",
        what: "the same, with SHA-256 in the CertID (RFC 6960 §4.1.1)",
        made: || staple(|s| s.hash = Hash::Sha256),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "ERROR: No Status found",
            "openssl ocsp asks with SHA-1, and looks for that in the response",
        ),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/no_end",
        what: "without nextUpdate: there is always newer information (RFC 6960 §2.4)",
        made: || staple(|s| s.next_update = None),
        ours: OK,
        openssl: Accepts,
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/second_of_two",
        what: "a response about another certificate comes first",
        made: || {
            staple(|s| {
                let serial = std::mem::replace(&mut s.serial, vec![INTEGER, 1, 7]);
                s.before = s.single();
                s.serial = serial
            })
        },
        ours: OK,
        openssl: Accepts,
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/revoked",
        what: "the issuer says: revoked (RFC 6960 §2.2)",
        made: || staple(|s| s.status = Status::Revoked),
        ours: REVOKED,
        openssl: Refuses("leaf.pem: revoked"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/unknown",
        what: "the issuer says: unknown (RFC 6960 §2.2)",
        made: || staple(|s| s.status = Status::Unknown),
        ours: BAD_STAPLE,
        openssl: Refuses("leaf.pem: unknown"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/expired",
        what: "past its nextUpdate (RFC 6960 §3.2 (6))",
        made: || staple(|s| s.next_update = Some("20260531120000Z")),
        ours: BAD_STAPLE,
        openssl: Refuses("WARNING: Status times invalid"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/not_yet",
        what: "thisUpdate is ahead (RFC 6960 §3.2 (5))",
        made: || staple(|s| s.this_update = "20260602000000Z"),
        ours: BAD_STAPLE,
        openssl: Refuses("WARNING: Status times invalid"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/signed_by_another",
        what: "the issuer's name, and another key (RFC 6960 §3.2 (2))",
        made: || staple(|s| s.signer = OTHER.signer.clone()),
        ours: BAD_STAPLE,
        openssl: Refuses("signature failure"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/other_serial",
        what: "about another certificate of the same issuer (RFC 6960 §3.2 (1))",
        made: || staple(|s| s.serial = vec![INTEGER, 1, 7]),
        ours: BAD_STAPLE,
        openssl: Refuses("ERROR: No Status found"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/other_issuer_name",
        what: "about a certificate of another issuer, by its name (RFC 6960 §3.2 (1))",
        made: || staple(|s| s.issuer_name = crate::chains::der::Fields::of(&OTHER.der).subject),
        ours: BAD_STAPLE,
        openssl: Refuses("ERROR: No Status found"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/other_issuer_key",
        what: "about a certificate of another issuer, by its key (RFC 6960 §3.2 (1))",
        made: || staple(|s| s.issuer_key = vec![4; 65]),
        ours: BAD_STAPLE,
        openssl: Refuses("ERROR: No Status found"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/delegated",
        what: "signed by a responder that the issuer made one (RFC 6960 §4.2.2.2)",
        made: || delegated(&INT, |_| ()),
        ours: OK,
        openssl: Accepts,
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/delegated_without_purpose",
        what: "signed by another certificate of the issuer, which is no responder's (RFC 6960 §4.2.2.2)",
        made: || delegated(&INT, |p| p.extended_key_usages = vec![Purpose::ServerAuth]),
        ours: BAD_STAPLE,
        openssl: Refuses("missing ocspsigning usage"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/delegated_by_another",
        what: "signed by a responder of another authority (RFC 6960 §4.2.2.2)",
        made: || delegated(&OTHER, |_| ()),
        ours: BAD_STAPLE,
        openssl: Refuses("root ca not trusted"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/delegated_by_the_root",
        what: "signed by a responder of the root, which did not issue the leaf (RFC 6960 §4.2.2.2: must be issued directly)",
        made: || delegated(&ROOT, |_| ()),
        ours: BAD_STAPLE,
        openssl: Refuses("root ca not trusted"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/delegated_expired",
        what: "signed by a responder whose certificate has expired (RFC 6960 §4.2.2.2)",
        made: || delegated(&INT, |p| p.not_after = rcgen::date_time_ymd(2026, 5, 31)),
        ours: BAD_STAPLE,
        openssl: Refuses("Verify error: certificate has expired"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/try_later",
        what: "the responder said tryLater, and the server staples that (RFC 6960 §2.3)",
        made: || below(&INT).stapled(ocsp_error(3)),
        ours: BAD_STAPLE,
        openssl: Refuses("Responder Error: trylater (3)"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/garbage",
        what: "no OCSP response at all",
        made: || below(&INT).stapled(b"not a response".to_vec()),
        ours: BAD_STAPLE,
        openssl: Refuses("Error reading OCSP response"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "ocsp/changed",
        what: "changed after it was signed (RFC 6960 §3.2 (2))",
        made: || {
            let case = staple(|s| s.status = Status::Revoked);
            let mut response = case.staple.clone().unwrap();
            *response.last_mut().unwrap() ^= 1;
            case.stapled(response)
        },
        ours: BAD_STAPLE,
        openssl: Refuses("leaf.pem: revoked"),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "must_staple/kept",
        what: "the certificate asks for a staple, and there is a good one (RFC 7633 §4.3.3)",
        made: || {
            let case = must_staple();
            let response = Staple::of(&INT, &case.sent[0]).sign();
            case.stapled(response)
        },
        ours: OK,
        openssl: Accepts,
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "must_staple/broken",
        what: "the certificate asks for a staple, and there is none (RFC 7633 §4.3.3)",
        made: must_staple,
        ours: BAD_STAPLE,
        openssl: OnlyTheyAccept("openssl verify does not look at the TLS feature: it is about the handshake"),
        gnutls: OnlyTheyAccept("certtool does not look at the TLS feature: it is about the handshake"),
    },
];
