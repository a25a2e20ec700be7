//! How a server's request for a client certificate was answered.

use super::*;
use crate::support::hello::{numbers, vector};
use tls12::wire::{ClientCertificateType, SignatureScheme};
use tls12::{ConnectionInfo, UnfitCertificate, UnfitReason};

/// The types, schemes and authorities of a CertificateRequest (RFC 5246 §7.4.4).
struct Wish<'a> {
    types: &'a [u8],
    schemes: &'a [u16],
    authorities: &'a [u8],
}

/// A distinguished name in DER, with nothing but this common name (RFC 5280 §4.1.2.4).
fn common_name(name: &str) -> Vec<u8> {
    let tlv = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()][..], content].concat();
    let attribute = [&[6, 3, 0x55, 4, 3][..], &tlv(0x0c, name.as_bytes())].concat();
    tlv(0x30, &tlv(0x31, &tlv(0x30, &attribute)))
}

/// rsa_sign, by one scheme of RSA, from anybody.
const RSA: Wish<'_> = Wish { types: &[1], schemes: &[0x0401], authorities: &[] };

/// A server asks a client of this configuration.
fn asked(config: ClientConfigBuilder, wish: &Wish<'_>) -> Forge {
    let mut forge = Forge::server(&config.build().unwrap(), suite(ECDHE_GCM));
    forge.up_to(Step::ServerHelloDone);
    let parts = [vector(1, wish.types), vector(2, &numbers(wish.schemes)), vector(2, wish.authorities)];
    forge.say(&message(typ::CERTIFICATE_REQUEST, &parts.concat())).unwrap();
    forge
}

/// What the client says if the server then fails.
fn refused(config: ClientConfigBuilder, wish: &Wish<'_>) -> Diagnosis {
    let mut forge = asked(config, wish);
    forge.perform(Step::ServerHelloDone).unwrap();
    forge.send(ALERT, &[alert::FATAL, alert::HANDSHAKE_FAILURE]).unwrap_err();
    forge.target.connection.diagnosis().unwrap()
}

/// What the client knows if the server lets it pass.
fn passed(config: ClientConfigBuilder, wish: &Wish<'_>) -> ConnectionInfo {
    let mut forge = asked(config, wish);
    forge.finish_from(Step::ServerHelloDone);
    forge.target.info().clone()
}

fn with(kinds: &[KeyKind]) -> ClientConfigBuilder {
    client().credentials(kinds.iter().map(|kind| PKI.client(*kind).credential(&*ring::provider())))
}

/// RFC 5246 §7.4.6: none was configured, or the one that was shown did not do.
#[test]
fn a_wish_for_a_certificate_is_told() {
    let root = vector(2, &PKI.root_name());
    let by_root = Wish { authorities: &root, ..RSA };
    let none = refused(client(), &RSA);
    assert_eq!(none.advice(), [Advice::ConfigureClientCertificate(Vec::new())]);
    assert_says(
        &none,
        &[
            "handshake_failure",
            "from any CA",
            "none was sent",
            "configure a client certificate (ClientConfigBuilder::credentials)",
        ],
    );
    let none = refused(client(), &by_root);
    assert_says(&none, &["from one of: CN=tls12 test root", "none was sent", "issued by one of these: CN=tls12"]);

    // A server that accepts every public CA is not to fill the screen: the first names, and how many more there are.
    let cases = [(3, "CN=n1, CN=n2, CN=n3"), (4, "CN=n1, CN=n2, CN=n3, and 1 more"), (140, "CN=n3, and 137 more")];
    for (count, told) in cases {
        let name = |n: usize| vector(2, &common_name(&format!("n{n}")));
        let many = (1..=count).flat_map(name).collect::<Vec<_>>();
        let refused = refused(client(), &Wish { authorities: &many, ..RSA });
        assert_says(&refused, &[&format!("{told}\n  none was sent")]);
        assert!(refused.to_string().ends_with(&format!("{told})")), "{refused}");
        let Advice::ConfigureClientCertificate(names) = &refused.advice()[0] else { panic!("{refused:?}") };
        assert_eq!(names.len(), count, "a program has them all");
    }

    for wish in [RSA, by_root] {
        let shown = refused(with(&[KeyKind::Rsa]), &wish);
        assert_eq!(shown.advice(), [Advice::ReadPeerLog, Advice::CompleteOwnChain]);
        assert_says(&shown, &["requested a client certificate", "one was sent", "add the intermediate certificates"]);
        assert!(passed(with(&[KeyKind::Rsa]), &wish).unfit_certificates().is_empty());
    }
    assert!(passed(client(), &RSA).unfit_certificates().is_empty(), "there is none that would not fit");
}

/// Which certificate does not fit, and what stands against it; also where the server let it pass.
#[test]
fn a_certificate_that_does_not_fit_is_told() {
    let unfit = |info: &ConnectionInfo| -> Vec<(usize, UnfitReason)> {
        info.unfit_certificates().iter().map(|UnfitCertificate { place, reason, .. }| (*place, *reason)).collect()
    };
    // The type: ECDSA, where RSA is asked for.
    let told = refused(with(&[KeyKind::P256]), &RSA);
    assert_says(
        &told,
        &[
            "client certificate 1: the server does not accept keys of its type",
            "none was sent",
            "of one of these types: rsa_sign",
        ],
    );
    assert_eq!(told.advice(), [Advice::ClientCertificateOfTypes(vec![ClientCertificateType::RSA_SIGN])]);
    let info = passed(with(&[KeyKind::P256]), &RSA);
    assert_eq!((unfit(&info), info.own_certificates().len()), (vec![(1, UnfitReason::KeyType)], 0));

    // The scheme: one that nobody of ours signs by.
    let sha1 = Wish { schemes: &[0x0201], ..RSA };
    let told = refused(with(&[KeyKind::P256, KeyKind::Rsa]), &sha1);
    assert_says(
        &told,
        &[
            "client certificate 1: the server does not accept keys of its type",
            "client certificate 2: the server accepts no signature scheme that its key supports and the policy allows",
            "supports one of these signature schemes: rsa_pkcs1_sha1",
        ],
    );
    assert_eq!(told.advice(), [Advice::ClientCertificateForSchemes(vec![SignatureScheme::RSA_PKCS1_SHA1])]);
    let info = passed(with(&[KeyKind::P256, KeyKind::Rsa]), &sha1);
    assert_eq!(unfit(&info), [(1, UnfitReason::KeyType), (2, UnfitReason::SignatureScheme)]);

    // The authority: shown all the same.
    let other = vector(2, &crate::support::pki::Pki::new("another root").root_name());
    let elsewhere = Wish { authorities: &other, ..RSA };
    let told = refused(with(&[KeyKind::Rsa]), &elsewhere);
    assert_says(
        &told,
        &[
            "from one of: CN=another root",
            "client certificate 1: no certificate of its chain was issued",
            "one was sent, but as far as its chain shows, none of these CAs issued it",
        ],
    );
    assert_eq!(told.advice()[1], Advice::CompleteOwnChain);
    let info = passed(with(&[KeyKind::Rsa]), &elsewhere);
    assert_eq!((unfit(&info), info.own_certificates().len()), (vec![(1, UnfitReason::Authority)], 1));

    // One that fits is shown, and the other is told.
    let info = passed(with(&[KeyKind::P256, KeyKind::Rsa]), &RSA);
    assert_eq!((unfit(&info), info.own_certificates().len()), (vec![(1, UnfitReason::KeyType)], 1));
}

/// RFC 5246 §7.4.6: so it is where the choice is made later.
#[test]
fn a_later_choice_that_does_not_fit_is_told() {
    let mut forge = asked(client().credentials_later(), &RSA);
    forge.target.answer = Some(|need| match need {
        tls12::Need::SelectCertificate(request) => {
            request.selected(Some(Arc::new(PKI.client(KeyKind::P256).credential(&*ring::provider()))))
        }
        other => panic!("{other:?}"),
    });
    forge.finish_from(Step::ServerHelloDone);
    let info = forge.target.info();
    assert!(info.own_certificates().is_empty());
    assert_eq!(info.unfit_certificates()[0].reason, UnfitReason::KeyType);
}
