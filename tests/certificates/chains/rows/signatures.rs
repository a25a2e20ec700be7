//! Signatures and keys: algorithms, sizes, and what does not verify (RFC 5280 §6.1.3 (a)(1), RFC 9325 §4.5).

use crate::chains::der::{INTEGER, NULL, OCTET_STRING, bits, context, oid, sequence, tlv};
use crate::chains::make::{
    Ca, INT, ROOT, RSA_1024, RSA_2048, RsaHash, Signer, below, p521, patched_int, patched_leaf, resigned, root,
    rsa_public, sent, under,
};
use crate::chains::row::*;

/// A leaf signed by an RSA root, in this way.
fn rsa_signed(signer: Signer) -> Case {
    let root = Ca::root_of("RSA Root", rsa_public(&RSA_2048), Signer::rsa(&RSA_2048, RsaHash::Sha256));
    let ca = root.signing(signer);
    under(&root, &[&ca.leaf(|_| ())])
}

fn with_hash(hash: RsaHash) -> Case {
    rsa_signed(Signer::rsa(&RSA_2048, hash))
}

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";

/// RSASSA-PSS-params (RFC 4055 §3.1): SHA-256 twice, and the length of the salt.
fn pss(salt: u8) -> Vec<u8> {
    let hash = sequence(&[&oid(SHA256), &NULL]);
    let mask = sequence(&[&oid("1.2.840.113549.1.1.8"), &hash]);
    let parameters = sequence(&[&tlv(context(0), &hash), &tlv(context(1), mask), &tlv(context(2), [INTEGER, 1, salt])]);
    sequence(&[&oid("1.2.840.113549.1.1.10"), &parameters])
}

/// A leaf whose signature is changed after it was made.
fn spoilt_leaf(spoil: impl FnOnce(&mut Vec<u8>)) -> Case {
    let mut leaf = ROOT.leaf(|_| ()).to_vec();
    spoil(&mut leaf);
    sent(&[&leaf.into()])
}

pub const ROWS: &[Row] = &[
    Row {
        name: "signature/rsa_sha256",
        what: "RSA with SHA-256",
        made: || with_hash(RsaHash::Sha256),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/rsa_sha384",
        what: "RSA with SHA-384",
        made: || with_hash(RsaHash::Sha384),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/rsa_sha512",
        what: "RSA with SHA-512",
        made: || with_hash(RsaHash::Sha512),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/rsa_sha224",
        what: "RSA with SHA-224: TLS 1.2 has it (RFC 5246 §7.4.1.4.1), and nobody's signature scheme of today",
        made: || with_hash(RsaHash::Sha224),
        ours: ALGORITHM,
        openssl: OnlyTheyAccept("OpenSSL has SHA-224, at 112 bits; no signature scheme that we offer does"),
        gnutls: OnlyTheyAccept("GnuTLS has SHA-224, at 112 bits; no signature scheme that we offer does"),
    },
    Row {
        name: "signature/rsa_sha1",
        what: "RSA with SHA-1 (RFC 9155 §2: not for signatures any more)",
        made: || with_hash(RsaHash::Sha1),
        ours: ALGORITHM,
        openssl: Refuses("CA signature digest algorithm too weak"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "signature/rsa_md5",
        what: "RSA with MD5 (RFC 6151 §2: not where collisions matter)",
        made: || with_hash(RsaHash::Md5),
        ours: ALGORITHM,
        openssl: Refuses("CA signature digest algorithm too weak"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "signature/intermediate_sha1",
        what: "an intermediate signed with SHA-1",
        made: || {
            let root = Ca::root_of("RSA Root", rsa_public(&RSA_2048), Signer::rsa(&RSA_2048, RsaHash::Sha1));
            let int = root.below("Int");
            under(&root, &[&int.leaf(|_| ()), &int.der])
        },
        ours: ALGORITHM,
        openssl: Refuses("CA signature digest algorithm too weak"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "signature/root_sha1",
        what: "a root that signed itself with SHA-1: its own signature is no part of the path (RFC 5280 §6.1)",
        made: || self_signed_with(RsaHash::Sha1),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/root_md5",
        what: "a root that signed itself with MD5: its own signature is no part of the path (RFC 5280 §6.1)",
        made: || self_signed_with(RsaHash::Md5),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/root_spoilt",
        what: "a root whose own signature does not verify: it is no part of the path (RFC 5280 §6.1)",
        made: || {
            let mut case = root(|_| ());
            let mut der = case.roots[1].to_vec();
            *der.last_mut().unwrap() ^= 1;
            case.roots[1] = der.into();
            case
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/rsa_no_parameters",
        what: "sha256WithRSAEncryption without NULL: must be there, and must be accepted without (RFC 4055 §5)",
        made: || rsa_signed(Signer::rsa(&RSA_2048, RsaHash::Sha256).called(sequence(&[&oid(SHA256_WITH_RSA)]))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/ecdsa_null",
        what: "ecdsa-with-SHA256 with NULL for parameters (RFC 5758 §3.2: none)",
        made: || patched_leaf(|f| f.algorithm = sequence(&[&oid("1.2.840.10045.4.3.2"), &NULL])),
        ours: ALGORITHM,
        openssl: OnlyTheyAccept("OpenSSL passes over the parameters of ECDSA"),
        gnutls: OnlyTheyAccept("GnuTLS passes over the parameters of ECDSA"),
    },
    Row {
        name: "signature/pss",
        what: "RSASSA-PSS with SHA-256 and a salt of 32 (RFC 4055 §3)",
        made: || rsa_signed(Signer::pss(&RSA_2048, 32, pss(32))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/pss_other_salt",
        what: "RSASSA-PSS that says 32 for a salt of 20",
        made: || rsa_signed(Signer::pss(&RSA_2048, 20, pss(32))),
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "signature/pss_no_parameters",
        what: "RSASSA-PSS without parameters (RFC 4055 §3.1: must be there)",
        made: || rsa_signed(Signer::pss(&RSA_2048, 20, sequence(&[&oid("1.2.840.113549.1.1.10")]))),
        ours: ALGORITHM,
        openssl: Refuses("CA signature digest algorithm too weak"),
        gnutls: Refuses("The certificate is NOT trusted."),
    },
    Row {
        name: "signature/p521",
        what: "an authority and a leaf with P-521, ECDSA with SHA-512",
        made: || {
            let (public, signer) = p521();
            let int = ROOT.below_of("Int", public, signer);
            let (public, _) = p521();
            sent(&[&int.patched_leaf(|f| f.key = public), &int.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/ed25519",
        what: "an authority and a leaf with Ed25519 (RFC 8410, RFC 8422)",
        made: || {
            let root = Ca::root_for("Ed Root", &rcgen::PKCS_ED25519);
            under(&root, &[&root.patched_leaf(|f| f.key = crate::chains::der::Fields::of(&root.der).key)])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/p384",
        what: "an authority with P-384, ECDSA with SHA-384",
        made: || {
            let root = Ca::root_for("P-384 Root", &rcgen::PKCS_ECDSA_P384_SHA384);
            under(&root, &[&root.leaf(|_| ())])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/unknown",
        what: "an algorithm that nobody knows",
        made: || patched_leaf(|f| f.algorithm = sequence(&[&oid("1.3.6.1.4.1.32473.6")])),
        ours: ALGORITHM,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate is NOT trusted."),
    },
    Row {
        name: "signature/inner_and_outer",
        what: "the algorithm within is not the one outside (RFC 5280 §4.1.1.2: must be the same)",
        made: || patched_leaf(|f| f.outer_algorithm = Some(sequence(&[&oid("1.2.840.10045.4.3.3")]))),
        ours: MALFORMED,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("Error in the certificate."),
    },
    Row {
        name: "signature/inner_and_outer_parameters",
        what: "the algorithm within has NULL for parameters, and the one outside none (RFC 5280 §4.1.1.2)",
        made: || {
            rsa_signed(Signer::rsa(&RSA_2048, RsaHash::Sha256)).sent(|chain| {
                chain[0] = {
                    let ca = Ca::root_of("RSA Root", rsa_public(&RSA_2048), Signer::rsa(&RSA_2048, RsaHash::Sha256));
                    ca.patched_leaf(|f| f.outer_algorithm = Some(sequence(&[&oid(SHA256_WITH_RSA)])))
                }
            })
        },
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "signature/spoilt",
        what: "the last bit of the leaf's signature is another (RFC 5280 §6.1.3 (a)(1))",
        made: || spoilt_leaf(|der| *der.last_mut().unwrap() ^= 1),
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "signature/spoilt_contents",
        what: "the leaf's name was changed after it was signed",
        made: || {
            spoilt_leaf(|der| {
                let at = der.windows(9).position(|w| w == b"a.example").unwrap();
                der[at] = b'b'
            })
            .named("b.example")
        },
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "signature/spoilt_intermediate",
        what: "the last bit of the intermediate's signature is another",
        made: || {
            below(&INT).sent(|chain| {
                let mut der = chain[1].to_vec();
                *der.last_mut().unwrap() ^= 1;
                chain[1] = der.into()
            })
        },
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "signature/of_another",
        what: "the leaf says that Int issued it, and another key signed it",
        made: || sent(&[&INT.signing(crate::chains::make::OTHER.signer.clone()).leaf(|_| ()), &INT.der]),
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "signature/of_itself",
        what: "the leaf says that the root issued it, and its own key signed it",
        made: || {
            let own = Ca::root("leaf");
            sent(&[&ROOT
                .signing(own.signer.clone())
                .patched_leaf(|f| f.key = crate::chains::der::Fields::of(&own.der).key)])
        },
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "signature/root_of_same_name",
        what: "the root of the store has the name of the issuer, and another key by its identifier: it is another issuer",
        made: || {
            let namesake = Ca::root("Root");
            under(&namesake, &[&ROOT.leaf(|_| ())])
        },
        ours: ISSUER,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "signature/two_roots_of_same_name",
        what: "two roots have the name of the issuer, and the second its key",
        made: || {
            let namesake = Ca::root("Root");
            let mut case = under(&namesake, &[&ROOT.leaf(|_| ())]);
            case.roots.push(ROOT.der.clone());
            case
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "signature/zero",
        what: "an ECDSA signature of two zeros (CVE-2022-21449)",
        made: || patched_signature(sequence(&[&[INTEGER, 1, 0], &[INTEGER, 1, 0]])),
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "signature/empty",
        what: "a signature of no bytes",
        made: || patched_signature(Vec::new()),
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The certificate issuer is not a CA."),
    },
    Row {
        name: "signature/unused_bits",
        what: "the signature's BIT STRING has unused bits, which a signature in bytes has not",
        made: || {
            spoilt_leaf(|der| {
                let signature = crate::support::pki::parts(der)[2].len();
                let content = signature - 2;
                let at = der.len() - content;
                der[at] = 1;
                *der.last_mut().unwrap() &= 0xfe
            })
        },
        ours: MALFORMED,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The certificate issuer is not a CA."),
    },
    Row {
        name: "key/rsa_1024_leaf",
        what: "a leaf with an RSA key of 1024 bits (RFC 9325 §4.5: at least 2048)",
        made: || patched_leaf(|f| f.key = rsa_public(&RSA_1024)),
        ours: ALGORITHM,
        openssl: Refuses("EE certificate key too weak"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "key/rsa_1024_intermediate",
        what: "an intermediate with an RSA key of 1024 bits (RFC 9325 §4.5)",
        made: || below(&ROOT.below_of("Int", rsa_public(&RSA_1024), Signer::rsa(&RSA_1024, RsaHash::Sha256))),
        ours: ALGORITHM,
        openssl: Refuses("CA certificate key too weak"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "key/rsa_1024_root",
        what: "a root with an RSA key of 1024 bits (RFC 9325 §4.5)",
        made: || {
            let root = Ca::root_of("Old Root", rsa_public(&RSA_1024), Signer::rsa(&RSA_1024, RsaHash::Sha256));
            under(&root, &[&root.leaf(|_| ())])
        },
        ours: ALGORITHM,
        openssl: Refuses("CA certificate key too weak"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "key/rsa_2048",
        what: "a leaf with an RSA key of 2048 bits (RFC 9325 §4.5)",
        made: || patched_leaf(|f| f.key = rsa_public(&RSA_2048)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "key/unknown",
        what: "a leaf with a key of a kind that nobody knows: no handshake could use it",
        made: || patched_leaf(|f| f.key = sequence(&[&sequence(&[&oid("1.3.6.1.4.1.32473.7")]), &bits(&[7; 32])])),
        ours: ALGORITHM,
        openssl: Refuses("EE certificate key too weak"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "key/unknown_in_intermediate",
        what: "an intermediate with a key of a kind that nobody knows",
        made: || patched_int(|f| f.key = sequence(&[&sequence(&[&oid("1.3.6.1.4.1.32473.7")]), &bits(&[7; 32])])),
        ours: ALGORITHM,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
    Row {
        name: "key/point_off_the_curve",
        what: "an intermediate whose P-256 key is no point of the curve",
        made: || patched_int(|f| *f.key.last_mut().unwrap() ^= 1),
        ours: SIGNATURE,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "key/explicit_curve",
        what: "an intermediate whose P-256 key comes with a curve of its own (CVE-2020-0601; RFC 5480 §2.1.1: it is named)",
        made: || patched_int(|f| f.key = with_own_curve(&f.key)),
        ours: ALGORITHM,
        openssl: Refuses("Certificate public key has explicit ECC parameters"),
        gnutls: Refuses("The certificate chain uses insecure algorithm."),
    },
];

/// A P-256 key, with the parameters of the curve in place of its name (RFC 3279 §2.3.5), but for the generator, which is the key
/// itself: so that its private key would be 1.
fn with_own_curve(key: &[u8]) -> Vec<u8> {
    // SEC 2 §2.4.2: p, a, b, n.
    const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    const A: &str = "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc";
    const B: &str = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b";
    const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let hex =
        |text: &str| (0..32).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect::<Vec<_>>();
    let number = |text| tlv(INTEGER, [vec![0], hex(text)].concat());
    let point = &key[key.len() - 65..];
    let curve = sequence(&[
        &tlv(INTEGER, [1]),
        &sequence(&[&oid("1.2.840.10045.1.1"), &number(P)]),
        &sequence(&[&tlv(OCTET_STRING, hex(A)), &tlv(OCTET_STRING, hex(B))]),
        &tlv(OCTET_STRING, point),
        &number(N),
        &tlv(INTEGER, [1]),
    ]);
    sequence(&[&sequence(&[&oid("1.2.840.10045.2.1"), &curve]), &bits(point)])
}

/// A leaf below an RSA root that signed itself with this hash.
fn self_signed_with(hash: RsaHash) -> Case {
    let good = Signer::rsa(&RSA_2048, RsaHash::Sha256);
    let root = Ca::root_of("RSA Root", rsa_public(&RSA_2048), Signer::rsa(&RSA_2048, hash));
    let ca = root.signing(good);
    under(&root, &[&ca.leaf(|_| ())])
}

/// A leaf with this for a signature.
fn patched_signature(signature: Vec<u8>) -> Case {
    let forged = Signer::new(ROOT.signer.algorithm.clone(), move |_| signature.clone());
    sent(&[&resigned(&ROOT.leaf(|_| ()), &forged, |_| ())])
}
