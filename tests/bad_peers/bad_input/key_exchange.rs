//! ServerKeyExchange, ClientKeyExchange and Finished with something wrong (RFC 8422 §5.4, §5.7; RFC 5246 §7.4.9).

use tls12::crypto::CipherSuite;
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{DecodeError, Error, Policy, Side, Violation};

use super::{ECDHE_CBC, ECDHE_GCM, RSA_CBC, RSA_GCM, both, client_config, facing_client, facing_server};
use crate::assert_refused;
use crate::support::forge::{Forge, NAMED_CURVE, SERVER_KEY, Step, alert, server_key_exchange};
use crate::support::hello::{message, typ, vector};

/// A bad server, before its ServerKeyExchange, and a client with this policy.
fn before_server_key_exchange(policy: Policy) -> Forge {
    let suite = CipherSuite::from_name(ECDHE_GCM).unwrap();
    let mut forge = Forge::server(&client_config(policy), suite);
    forge.up_to(Step::ServerKeyExchange);
    forge
}

/// RFC 8422 §5.4: the group is one that the client offered.
#[test]
fn a_group_that_was_not_offered_is_refused() {
    // secp384r1, known to us; sect163k1; ffdhe2048; arbitrary_explicit_prime_curves.
    for group in [24, 1, 256, 0xff01] {
        let mut forge = before_server_key_exchange(Policy::default().groups([NamedGroup::X25519]));
        forge.group = NamedGroup(group);
        let message = forge.server_key_exchange(NAMED_CURVE, &[4; 97]);
        let outcome = forge.say(&message);
        assert!(matches!(outcome, Err(Error::IllegalParameter(Violation::GroupNotOffered(told))) if told == group));
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::GroupNotOffered(_))
        );
    }
}

/// RFC 5246 §7.4.3: the hash and signature algorithms MUST be a pair that the client offered.
#[test]
fn a_scheme_that_was_not_offered_is_refused() {
    let policy = || Policy::default().signature_schemes([SignatureScheme::RSA_PSS_RSAE_SHA256]);
    let mut forge = before_server_key_exchange(policy());
    forge.scheme = SignatureScheme::RSA_PKCS1_SHA256;
    let well_signed = forge.make(Step::ServerKeyExchange);
    let outcome = forge.say(&well_signed);
    assert_refused!(
        forge,
        outcome,
        alert::ILLEGAL_PARAMETER,
        Side::Peer,
        Error::IllegalParameter(Violation::SchemeNotOffered(0x0401))
    );
    // SHA-1, MD5, ecdsa_secp256r1_sha256, and one that nobody knows.
    for scheme in [0x0201, 0x0101, 0x0403, 0xfefe] {
        let mut forge = before_server_key_exchange(policy());
        let params = [&[NAMED_CURVE, 0, 29], vector(1, &forge.start_share()).as_slice()].concat();
        let outcome = forge.say(&server_key_exchange(&params, SignatureScheme(scheme), &[1; 256]));
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::SchemeNotOffered(_))
        );
    }
}

/// RFC 5246 §7.2.2: decrypt_error, where a signature does not verify.
#[test]
fn a_wrong_signature_is_refused() {
    /// Makes a bad message of a good one.
    type Change = fn(&mut Forge, Vec<u8>) -> Vec<u8>;
    let wrong: [(&str, Change); 5] = [
        ("one bit of it", |_, mut message| {
            *message.last_mut().unwrap() ^= 1;
            message
        }),
        ("one bit of the public key", |_, mut message| {
            message[10] ^= 1;
            message
        }),
        ("of another connection's randoms (RFC 5246 §7.4.3)", |forge, _| {
            forge.hello.random[0] ^= 1;
            forge.make(Step::ServerKeyExchange)
        }),
        ("empty", |forge, _| {
            let params = [&[NAMED_CURVE, 0, 29], vector(1, &forge.start_share()).as_slice()].concat();
            server_key_exchange(&params, forge.scheme, &[])
        }),
        ("by another scheme than it says", |forge, _| {
            let params = [&[NAMED_CURVE, 0, 29], vector(1, &forge.start_share()).as_slice()].concat();
            let randoms = [forge.their_hello.as_ref().unwrap().random, forge.hello.random].concat();
            let signed = [randoms.as_slice(), &params].concat();
            let signature = SERVER_KEY.sign(SignatureScheme::RSA_PKCS1_SHA512, &signed).unwrap();
            server_key_exchange(&params, SignatureScheme::RSA_PKCS1_SHA256, &signature)
        }),
    ];
    for (what, change) in wrong {
        let mut forge = before_server_key_exchange(Policy::default());
        let message = forge.make(Step::ServerKeyExchange);
        let message = change(&mut forge, message);
        let outcome = forge.say(&message);
        assert!(outcome.is_err(), "{what}");
        assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::BadSignature);
    }
}

/// RFC 8422 §5.4: only named curves; explicit ones (1, 2) are deprecated.
#[test]
fn a_curve_without_a_name_is_refused() {
    for curve_type in [0, 1, 2, 4, 248, 255] {
        let mut forge = before_server_key_exchange(Policy::default());
        let public = forge.start_share();
        let message = forge.server_key_exchange(curve_type, &public);
        let outcome = forge.say(&message);
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::Decode(DecodeError { structure: "ServerKeyExchange", .. })
        );
    }
}

/// Public keys that are no element of their group, or of a subgroup so small that the secret is known.
fn bad_public_keys() -> Vec<(NamedGroup, Vec<u8>)> {
    let mut bad = Vec::new();
    // RFC 8422 §5.11, RFC 7748 §6.1: x25519 gives all zero for these points of low order: 0, 1, two of order 8, p - 1,
    // p, p + 1.
    for point in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let bytes = (0..32).map(|i| u8::from_str_radix(&point[2 * i..2 * i + 2], 16).unwrap());
        bad.push((NamedGroup::X25519, bytes.collect()));
    }
    for len in [1, 31, 33, 65, 255] {
        bad.push((NamedGroup::X25519, vec![9; len]));
    }
    for (group, len) in [(NamedGroup::SECP256R1, 32), (NamedGroup::SECP384R1, 48)] {
        // RFC 8422 §5.11: not on the curve; a coordinate beyond the prime.
        bad.push((group, [vec![4], vec![1; 2 * len]].concat()));
        bad.push((group, [vec![4], vec![0; 2 * len]].concat()));
        bad.push((group, [vec![4], vec![0xff; 2 * len]].concat()));
        // RFC 8422 §5.4.1: compressed, hybrid, the point at infinity, and of the wrong length.
        bad.push((group, [vec![2], vec![1; len]].concat()));
        bad.push((group, [vec![6], vec![1; 2 * len]].concat()));
        bad.push((group, vec![0]));
        bad.push((group, [vec![4], vec![1; 2 * len - 1]].concat()));
        bad.push((group, [vec![4], vec![1; 2 * len + 1]].concat()));
    }
    bad
}

/// RFC 8422 §5.11: the public key MUST be validated, by both sides.
#[test]
fn a_bad_public_key_is_refused() {
    for (group, public) in bad_public_keys() {
        let mut server = facing_client(ECDHE_GCM);
        server.group = group;
        server.up_to(Step::ServerKeyExchange);
        let message = server.server_key_exchange(NAMED_CURVE, &public);
        // It is well signed: whether it is a point shows when it is used.
        server.say(&message).unwrap();
        let outcome = server.perform(Step::ServerHelloDone);
        assert_bad_key_share(server, outcome);

        let mut client = facing_server(ECDHE_CBC);
        client.group = group;
        let groups = vector(2, &group.0.to_be_bytes());
        client.hello.set(crate::support::forge::ext::SUPPORTED_GROUPS, &groups);
        client.up_to(Step::ClientKeyExchange);
        let outcome = client.say(&crate::support::hello::message(typ::CLIENT_KEY_EXCHANGE, &vector(1, &public)));
        assert_bad_key_share(client, outcome);
    }
}

#[track_caller]
fn assert_bad_key_share(mut forge: Forge, outcome: Result<(), Error>) {
    assert_refused!(forge, outcome, alert::ILLEGAL_PARAMETER, Side::Peer, Error::IllegalParameter(Violation::KeyShare));
}

/// RFC 8422 §5.4, §5.7: `opaque point <1..2^8-1>`, and each length right.
#[test]
fn a_malformed_key_exchange_is_refused() {
    let mut forge = before_server_key_exchange(Policy::default());
    let whole = forge.make(Step::ServerKeyExchange)[4..].to_vec();
    let cuts = (0..whole.len()).map(|cut| whole[..cut].to_vec());
    let empty_point = [&[NAMED_CURVE, 0, 29, 0], &whole[36..]].concat();
    for body in cuts.chain([[whole.as_slice(), &[0]].concat(), empty_point]) {
        let mut forge = before_server_key_exchange(Policy::default());
        let outcome = forge.say(&message(typ::SERVER_KEY_EXCHANGE, &body));
        assert_malformed(forge, outcome, "ServerKeyExchange");
    }
    for body in [&[][..], &[0], &[32], &[2, 9], &[1, 9, 9]] {
        let mut forge = facing_server(ECDHE_GCM);
        forge.up_to(Step::ClientKeyExchange);
        let outcome = forge.say(&message(typ::CLIENT_KEY_EXCHANGE, body));
        assert_malformed(forge, outcome, "ClientKeyExchange");
    }
    // RFC 5246 §7.4.7.1: the length is there, unlike in SSL 3.
    for body in [&[][..], &[1], &[1, 0], &[0x55; 256], &[0, 1, 9, 9]] {
        let mut forge = facing_server(RSA_GCM);
        forge.up_to(Step::ClientKeyExchange);
        let outcome = forge.say(&message(typ::CLIENT_KEY_EXCHANGE, body));
        assert_malformed(forge, outcome, "ClientKeyExchange");
    }
}

#[track_caller]
fn assert_malformed(mut forge: Forge, outcome: Result<(), Error>, what: &str) {
    assert!(matches!(&outcome, Err(Error::Decode(error)) if error.structure == what), "{outcome:?}");
    assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));
}

/// RFC 5246 §7.4.9, §7.2.2: decrypt_error, where a Finished does not verify.
#[test]
fn a_finished_that_differs_by_one_bit_is_refused() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for bit in 0..96 {
            for mut forge in both(suite) {
                forge.up_to(Step::Finished);
                let mut finished = forge.make(Step::Finished);
                finished[4 + bit / 8] ^= 1 << (bit % 8);
                let outcome = forge.say(&finished);
                assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::FinishedMismatch);
            }
        }
    }
}

/// RFC 5246 §7.4.9: a Finished that covers another handshake: here, one message more.
#[test]
fn a_finished_over_another_transcript_is_refused() {
    for mut forge in both(ECDHE_CBC) {
        forge.up_to(Step::Finished);
        forge.transcript.extend(message(typ::HELLO_REQUEST, &[]));
        let outcome = forge.perform(Step::Finished);
        assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::FinishedMismatch);
    }
}

/// RFC 5246 §7.4.9: verify_data has 12 bytes with every suite here.
#[test]
fn a_finished_of_another_length_is_refused() {
    for mut forge in both(ECDHE_GCM) {
        forge.up_to(Step::Finished);
        let good = forge.make(Step::Finished)[4..].to_vec();
        for body in [&[][..], &good[..11], &[good.as_slice(), &[0]].concat(), &[0; 36]] {
            let mut forge = if forge.flow().len() == 4 { facing_server(ECDHE_GCM) } else { facing_client(ECDHE_GCM) };
            forge.up_to(Step::Finished);
            let outcome = forge.say(&message(typ::FINISHED, body));
            assert_refused!(
                forge,
                outcome,
                alert::DECODE_ERROR,
                Side::Peer,
                Error::Decode(DecodeError { structure: "Finished", .. })
            );
        }
    }
}
