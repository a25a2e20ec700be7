//! Signatures on certificates, and the keys that made them.

use super::*;

#[test]
fn signatures() {
    let root = root("Root");
    let store = trust(&[&root]);
    let int = intermediate("Int", &root, |_| ());
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    // The last byte of a certificate is the last of its signature.
    for (changed, place, issuer) in [
        (0, "the signature on certificate 1 of 2 (CN=a.example)", "the key of certificate 2 of 2 (CN=Int)"),
        (1, "the signature on certificate 2 of 2 (CN=Int)", "the key of your root CN=Root"),
    ] {
        let mut chain = chain.clone();
        let mut der = chain[changed].to_vec();
        *der.last_mut().unwrap() ^= 1;
        chain[changed] = der.into();
        refused(&store, &chain, Kind::BadSignature, BAD_CERTIFICATE, &[place, issuer]);
    }
    let namesake = trust(&[&self::root("Root")]);
    // By the identifiers of the keys (RFC 5280 §4.2.1.1): nothing was changed.
    let facts = ["your root CN=Root did not issue certificate 2 of 2 (CN=Int)", "with a different key"];
    refused(&namesake, &chain, Kind::UnknownIssuer, UNKNOWN_CA, &facts);
    // By the root that was sent, where there are no identifiers.
    let mut params = ca_params("Old");
    params.use_authority_key_identifier_extension = false;
    let old = Ca::self_signed(params.clone(), KeyPair::generate().unwrap()).unwrap();
    let renewed = trust(&[&Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap()]);
    let end = leaf(&old, |params| params.use_authority_key_identifier_extension = false);
    let facts = [
        "the chain ends at the self-signed certificate 2 of 2 (CN=Old); your root CN=Old has the same name but a different key",
    ];
    refused(&renewed, &[end.clone(), old.der().clone()], Kind::UnknownIssuer, UNKNOWN_CA, &facts);
    // Without both it is not known.
    refused(
        &renewed,
        &[end],
        Kind::BadSignature,
        BAD_CERTIFICATE,
        &["it was modified after it was signed, or was issued by another CA"],
    );

    let ed = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let ed = Ca::self_signed(ca_params("Ed"), ed).unwrap();
    static ONE: [&dyn SignatureVerificationAlgorithm; 1] = [webpki::ring::ECDSA_P256_SHA256];
    let ask = Ask { algorithms: SignatureAlgorithms::from_static(&ONE, &[], &[]), ..USUAL };
    let facts = ["certificate 1 of 1 (CN=a.example) is signed with ", "25519", "unsupported or too weak"];
    let chain = [leaf(&ed, |_| ())];
    assert_eq!(verify(&trust(&[&ed]), &chain, &USUAL), Ok(()));
    refused_when(&trust(&[&ed]), &chain, &ask, Kind::UnsupportedAlgorithm, UNSUPPORTED_CERTIFICATE, &facts);
}

#[test]
fn small_rsa_keys() {
    let root = root("Root");
    let store = trust(&[&root]);
    let mut params = CertificateParams::new(["a.example".to_string()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, "small");
    let chain = |bytes| [params.signed_by(&RsaKey::new(bytes), &root).unwrap().der().clone()];
    assert_eq!(verify(&store, &chain(256), &USUAL), Ok(()));
    for bytes in [128, 255] {
        let facts = ["certificate 1 of 1 (CN=small)", &format!("RSA key of {} bits; at least 2048", bytes * 8)];
        refused(&store, &chain(bytes), Kind::UnsupportedAlgorithm, UNSUPPORTED_CERTIFICATE, &facts);
    }
    let small = Issuer::new(ca_params("Old Root"), RsaKey::new(128));
    let store = TrustStore::from_der([ca_params("Old Root").self_signed(small.key()).unwrap().der().clone()]).unwrap();
    let end = params.signed_by(&KeyPair::generate().unwrap(), &small).unwrap().der().clone();
    let facts = ["certificate 1 of 1 (CN=small) is signed by your root CN=Old Root, with an RSA key of 1024 bits"];
    refused(&store, &[end], Kind::UnsupportedAlgorithm, UNSUPPORTED_CERTIFICATE, &facts);
}
