//! What a key may be used for: extendedKeyUsage, keyUsage, servers and clients.

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose as Purpose, KeyUsagePurpose as Use};

use crate::chains::der::{BIT_STRING, SEQUENCE, critical, extension, id, oid, sequence, tlv};
use crate::chains::make::{INT, RSA_2048, int, leaf, patched_int, patched_leaf, rsa_public, sent};
use crate::chains::row::*;

fn purposes(purposes: &[Purpose]) -> impl Fn(&mut CertificateParams) {
    move |params| params.extended_key_usages = purposes.to_vec()
}

/// An RSA leaf with this keyUsage.
fn rsa(usages: &[Use]) -> Case {
    let tweak = |params: &mut CertificateParams| params.key_usages = usages.to_vec();
    sent(&[&INT.leaf_with(tweak, |fields| fields.key = rsa_public(&RSA_2048)), &INT.der])
}

/// The same with a P-256 key.
fn ecdsa(usages: &[Use]) -> Case {
    leaf(|params| params.key_usages = usages.to_vec())
}

fn client(tweak: impl FnOnce(&mut CertificateParams)) -> Case {
    let client = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![Purpose::ClientAuth];
        tweak(params);
    };
    sent(&[&INT.leaf(client), &INT.der]).client()
}

pub const ROWS: &[Row] = &[
    Row {
        name: "purpose/none",
        what: "no extendedKeyUsage: for any purpose (RFC 5280 §4.2.1.12)",
        made: || leaf(purposes(&[])),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "purpose/server_and_client",
        what: "serverAuth and clientAuth, for a server",
        made: || leaf(purposes(&[Purpose::ClientAuth, Purpose::ServerAuth])),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "purpose/server_critical",
        what: "serverAuth, in a critical extension (RFC 5280 §4.2.1.12: either)",
        made: || {
            patched_leaf(|f| {
                f.set(id::EXTENDED_KEY_USAGE, critical(id::EXTENDED_KEY_USAGE, &sequence(&[&oid("1.3.6.1.5.5.7.3.1")])))
            })
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "purpose/client_as_server",
        what: "clientAuth only, for a server (RFC 5280 §4.2.1.12)",
        made: || leaf(purposes(&[Purpose::ClientAuth])),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("The certificate chain does not match the intended purpose."),
    },
    Row {
        name: "purpose/mail_as_server",
        what: "emailProtection and codeSigning, for a server (RFC 5280 §4.2.1.12)",
        made: || leaf(purposes(&[Purpose::EmailProtection, Purpose::CodeSigning])),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("The certificate chain does not match the intended purpose."),
    },
    Row {
        name: "purpose/unknown_as_server",
        what: "only a purpose that nobody knows (RFC 5280 §4.2.1.12)",
        made: || leaf(purposes(&[Purpose::Other(vec![1, 3, 6, 1, 4, 1, 32473, 2])])),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("The certificate chain does not match the intended purpose."),
    },
    Row {
        name: "purpose/any",
        what: "anyExtendedKeyUsage only: an application that needs a purpose may refuse it (RFC 5280 §4.2.1.12)",
        made: || leaf(purposes(&[Purpose::Any])),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "unsuitable certificate purpose",
            "anyExtendedKeyUsage restricts nothing (RFC 5280 §4.2.1.12); refusing it is a MAY that OpenSSL takes",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "purpose/empty",
        what: "an extendedKeyUsage of nothing (RFC 5280 §4.2.1.12: SIZE (1..MAX))",
        made: || patched_leaf(|f| f.set(id::EXTENDED_KEY_USAGE, extension(id::EXTENDED_KEY_USAGE, &tlv(SEQUENCE, [])))),
        ours: MALFORMED,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: OnlyTheyAccept("GnuTLS takes no purpose for every purpose"),
    },
    Row {
        name: "purpose/intermediate_server",
        what: "the intermediate is for serverAuth",
        made: || int(purposes(&[Purpose::ServerAuth])),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "purpose/intermediate_mail",
        what: "the intermediate is for emailProtection only (RFC 5280 §4.2.1.12; every chain of the web does so)",
        made: || int(purposes(&[Purpose::EmailProtection])),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("The certificate chain does not match the intended purpose."),
    },
    Row {
        name: "purpose/intermediate_any",
        what: "the intermediate is for anyExtendedKeyUsage: an application that needs a purpose may refuse it (RFC 5280 §4.2.1.12)",
        made: || int(purposes(&[Purpose::Any])),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "unsuitable certificate purpose",
            "anyExtendedKeyUsage restricts nothing (RFC 5280 §4.2.1.12); refusing it is a MAY that they take",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate chain does not match the intended purpose.",
            "anyExtendedKeyUsage restricts nothing (RFC 5280 §4.2.1.12); refusing it is a MAY that they take",
        ),
    },
    Row {
        name: "key_usage/ecdhe_signs",
        what: "digitalSignature, for ECDHE (RFC 5246 §7.4.2)",
        made: || rsa(&[Use::DigitalSignature]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key_usage/rsa_enciphers",
        what: "keyEncipherment, for static RSA (RFC 5246 §7.4.2)",
        made: || rsa(&[Use::KeyEncipherment]).static_rsa(),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key_usage/both_for_ecdhe",
        what: "digitalSignature and keyEncipherment, for ECDHE",
        made: || rsa(&[Use::DigitalSignature, Use::KeyEncipherment]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key_usage/both_for_rsa",
        what: "digitalSignature and keyEncipherment, for static RSA",
        made: || rsa(&[Use::DigitalSignature, Use::KeyEncipherment]).static_rsa(),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key_usage/none_for_ecdhe",
        what: "no keyUsage, for ECDHE (RFC 5246 §7.4.2: if the extension is present)",
        made: || rsa(&[]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key_usage/none_for_rsa",
        what: "no keyUsage, for static RSA (RFC 5246 §7.4.2: if the extension is present)",
        made: || rsa(&[]).static_rsa(),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key_usage/enciphers_for_ecdhe",
        what: "keyEncipherment only, for ECDHE (RFC 5246 §7.4.2)",
        made: || rsa(&[Use::KeyEncipherment]),
        ours: PURPOSE,
        openssl: OnlyTheyAccept(
            "openssl verify does not know the key exchange, and takes a server's key that may do any of them",
        ),
        gnutls: OnlyTheyAccept(
            "certtool does not know the key exchange; GnuTLS looks at the keyUsage of a leaf in the handshake",
        ),
    },
    Row {
        name: "key_usage/signs_for_rsa",
        what: "digitalSignature only, for static RSA (RFC 5246 §7.4.2)",
        made: || rsa(&[Use::DigitalSignature]).static_rsa(),
        ours: PURPOSE,
        openssl: OnlyTheyAccept(
            "openssl verify does not know the key exchange, and takes a server's key that may do any of them",
        ),
        gnutls: OnlyTheyAccept(
            "certtool does not know the key exchange; GnuTLS looks at the keyUsage of a leaf in the handshake",
        ),
    },
    Row {
        name: "key_usage/agrees_for_ecdhe",
        what: "keyAgreement only, for ECDHE: that would be for static ECDH (RFC 8422 §5.3)",
        made: || ecdsa(&[Use::KeyAgreement]),
        ours: PURPOSE,
        openssl: OnlyTheyAccept(
            "openssl verify does not know the key exchange, and takes a server's key that may do any of them",
        ),
        gnutls: OnlyTheyAccept(
            "certtool does not know the key exchange; GnuTLS looks at the keyUsage of a leaf in the handshake",
        ),
    },
    Row {
        name: "key_usage/non_repudiation",
        what: "nonRepudiation only (RFC 5246 §7.4.2)",
        made: || ecdsa(&[Use::ContentCommitment]),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: OnlyTheyAccept(
            "certtool does not know the key exchange; GnuTLS looks at the keyUsage of a leaf in the handshake",
        ),
    },
    Row {
        name: "key_usage/encipherment_on_a_curve",
        what: "digitalSignature and keyEncipherment for an EC key: RFC 8813 §3 forbids the second to CAs, and many do it",
        made: || ecdsa(&[Use::DigitalSignature, Use::KeyEncipherment]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key_usage/nothing",
        what: "a keyUsage without any bit (RFC 5280 §4.2.1.3: at least one)",
        made: || patched_leaf(|f| f.set(id::KEY_USAGE, critical(id::KEY_USAGE, &[BIT_STRING, 1, 0]))),
        ours: PURPOSE,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: OnlyTheyAccept(
            "certtool does not know the key exchange; GnuTLS looks at the keyUsage of a leaf in the handshake",
        ),
    },
    Row {
        name: "key_usage/nothing_in_intermediate",
        what: "the intermediate's keyUsage is without any bit (RFC 5280 §4.2.1.3, §6.1.4 (n))",
        made: || patched_int(|f| f.set(id::KEY_USAGE, critical(id::KEY_USAGE, &[BIT_STRING, 1, 0]))),
        ours: PURPOSE,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "key_usage/null",
        what: "a keyUsage that is NULL",
        made: || patched_leaf(|f| f.set(id::KEY_USAGE, critical(id::KEY_USAGE, &crate::chains::der::NULL))),
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: OnlyTheyAccept(
            "certtool does not know the key exchange; GnuTLS looks at the keyUsage of a leaf in the handshake",
        ),
    },
    Row {
        name: "key_usage/padding_bits_set",
        what: "unused bits of the keyUsage are not zero (X.690 §11.2.1)",
        made: || patched_leaf(|f| f.set(id::KEY_USAGE, critical(id::KEY_USAGE, &[BIT_STRING, 2, 7, 0x81]))),
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL reads BER where DER is asked for"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "client/good",
        what: "clientAuth and digitalSignature, for a client",
        made: || client(|_| ()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "client/no_purpose",
        what: "a client without extendedKeyUsage",
        made: || client(purposes(&[])),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "client/no_name",
        what: "a client without subjectAltName: nobody asks for a name of it",
        made: || client(|p| p.subject_alt_names.clear()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "client/server_as_client",
        what: "serverAuth only, for a client (RFC 5280 §4.2.1.12)",
        made: || client(purposes(&[Purpose::ServerAuth])),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("The certificate chain does not match the intended purpose."),
    },
    Row {
        name: "client/enciphers",
        what: "a client whose key only enciphers: it must sign (RFC 5246 §7.4.6, §7.4.8)",
        made: || client(|p| p.key_usages = vec![Use::KeyEncipherment]),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: OnlyTheyAccept(
            "certtool does not know the key exchange; GnuTLS looks at the keyUsage of a leaf in the handshake",
        ),
    },
    Row {
        name: "client/expired",
        what: "a client's certificate has expired",
        made: || client(|p| p.not_after = rcgen::date_time_ymd(2026, 5, 31)),
        ours: EXPIRED,
        openssl: Refuses("certificate has expired"),
        gnutls: Refuses("The certificate chain uses expired certificate."),
    },
    Row {
        name: "client/self_signed",
        what: "a client with a self-signed certificate that nobody knows",
        made: || {
            let own = crate::chains::make::Ca::root_with(
                "client",
                |p| {
                    p.is_ca = rcgen::IsCa::ExplicitNoCa;
                    p.key_usages = vec![Use::DigitalSignature];
                    p.extended_key_usages = vec![Purpose::ClientAuth]
                },
                |_| (),
            );
            sent(&[&own.der]).client()
        },
        ours: ISSUER,
        openssl: Refuses("self-signed certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "client/below_server_intermediate",
        what: "a client below an intermediate that is for serverAuth (RFC 5280 §4.2.1.12)",
        made: || {
            let ca = crate::chains::make::ROOT.below_with("Int", purposes(&[Purpose::ServerAuth]), |_| ());
            sent(&[&ca.leaf(purposes(&[Purpose::ClientAuth])), &ca.der]).client()
        },
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("The certificate chain does not match the intended purpose."),
    },
];
