//! The RSA premaster secret (RFC 5246 §7.4.7.1): whatever is wrong with what a client encrypts, the server does the same, and
//! the client learns nothing from it (Bleichenbacher 1998, Klíma-Pokorný-Rosa 2003, ROBOT 2017).

use rsa::BoxedUint;
use rsa::hazmat::rsa_encrypt;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use tls12::crypto::{CipherSuite, DecryptedPremaster};
use tls12::wire::SignatureScheme;
use tls12::{Credential, Error, ExternalKey, Need, Policy, ServerConfig, Side};

use super::{RSA_CBC, RSA_GCM, facing_server};
use crate::assert_refused;
use crate::support::forge::{Forge, SERVER_KEY, Step, alert, ext};
use crate::support::hello::{message, typ, vector};
use crate::support::pki::PKI;

/// The length of the modulus of the server's key.
const MODULUS_LEN: usize = 256;
const ZERO_AT: usize = MODULUS_LEN - 49;

fn public_key() -> rsa::PublicKey {
    rsa::PublicKey::from_pkcs1_der(SERVER_KEY.public_key().key()).unwrap()
}

/// RFC 8017 §5.1.1 on whatever is smaller than the modulus.
fn encrypt_raw(encoded: &[u8]) -> Vec<u8> {
    let key = public_key();
    let encoded = BoxedUint::from_be_slice(encoded, key.n_bits_precision()).unwrap();
    let encrypted = rsa_encrypt(&key, &encoded).unwrap().to_be_bytes();
    encrypted[encrypted.len() - MODULUS_LEN..].to_vec()
}

/// RFC 8017 §7.2.1, padded with `a5`.
fn encode(premaster: &[u8]) -> Vec<u8> {
    let mut encoded = vec![0, 2];
    encoded.resize(MODULUS_LEN - premaster.len() - 1, 0xa5);
    encoded.push(0);
    encoded.extend(premaster);
    encoded
}

fn premaster(version: u16) -> Vec<u8> {
    [&version.to_be_bytes()[..], &[0x77; 46]].concat()
}

/// Everything that can be wrong, by name: the ciphertext, and the premaster secret that the client then uses.
fn wrong() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let good = premaster(0x0303);
    let changed = |position: usize, byte: u8| {
        let mut encoded = encode(&good);
        encoded[position] = byte;
        encrypt_raw(&encoded)
    };
    let no_zero = {
        let mut encoded = encode(&good);
        encoded[2..].iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = 1);
        encrypt_raw(&encoded)
    };
    let modulus = public_key().n().to_be_bytes();
    let modulus = modulus[modulus.len() - MODULUS_LEN..].to_vec();
    let of = |encoded_secret: &[u8]| (encrypt_raw(&encode(encoded_secret)), encoded_secret.to_vec());
    let mut wrong = vec![
        ("the first byte", changed(0, 1), good.clone()),
        ("block type 1", changed(1, 1), good.clone()),
        ("block type 0", changed(1, 0), good.clone()),
        ("a zero in the first padding byte", changed(2, 0), good.clone()),
        ("a zero in the eighth padding byte", changed(9, 0), good.clone()),
        ("a zero in the middle of the padding", changed(100, 0), good.clone()),
        ("a zero just before the last", changed(ZERO_AT - 1, 0), good.clone()),
        ("no zero before the secret", changed(ZERO_AT, 0xa5), good.clone()),
        ("no zero at all", no_zero, good.clone()),
        ("a ciphertext of nothing", Vec::new(), good.clone()),
        ("a ciphertext that is too short", vec![1; MODULUS_LEN - 1], good.clone()),
        ("a ciphertext that is too long", vec![1; MODULUS_LEN + 1], good.clone()),
        ("a good ciphertext after a zero", [vec![0], encrypt_raw(&encode(&good))].concat(), good.clone()),
        ("a garbage ciphertext", vec![0x5a; MODULUS_LEN], good.clone()),
        ("zero", vec![0; MODULUS_LEN], vec![0; 48]),
        ("one", [vec![0; MODULUS_LEN - 1], vec![1]].concat(), good.clone()),
        ("the modulus", modulus, good.clone()),
        ("more than the modulus", vec![0xff; MODULUS_LEN], good.clone()),
    ];
    for (what, secret) in [
        ("no premaster", &[][..]),
        ("47 bytes", &good[..47]),
        ("49 bytes", &[&good, &[1][..]].concat()),
        ("a long one", &[3; 245]),
    ] {
        let (ciphertext, secret) = of(secret);
        wrong.push((what, ciphertext, secret));
    }
    for (what, version) in [
        ("SSL 3", 0x0300),
        ("TLS 1.0", 0x0301),
        ("TLS 1.1", 0x0302),
        ("TLS 1.3", 0x0304),
        ("no version", 0),
        ("the version turned round", 0x0303_u16.rotate_left(4)),
    ] {
        let (ciphertext, secret) = of(&premaster(version));
        wrong.push((what, ciphertext, secret));
    }
    wrong
}

/// A bad client, under each kind of protection.
fn clients() -> Vec<Forge> {
    let mut mac_then_encrypt = facing_server(RSA_CBC);
    mac_then_encrypt.hello.remove(ext::ENCRYPT_THEN_MAC);
    let mut old_master_secret = facing_server(RSA_GCM);
    old_master_secret.hello.remove(ext::EXTENDED_MASTER_SECRET);
    vec![facing_server(RSA_GCM), facing_server(RSA_CBC), mac_then_encrypt, old_master_secret]
}

/// Sends the key exchange and what follows it; returns what the server says to each of the three, byte for byte, and how
/// it ended.
fn observe(forge: &mut Forge, ciphertext: &[u8], premaster: &[u8]) -> ([Vec<u8>; 3], Result<(), Error>) {
    forge.up_to(Step::ClientKeyExchange);
    forge.premaster = Some(premaster.to_vec());
    let key_exchange = message(typ::CLIENT_KEY_EXCHANGE, &vector(2, ciphertext));
    forge.note(&key_exchange);
    forge.derive_keys();
    let key_exchange = forge.seal(crate::support::forge::HANDSHAKE, &key_exchange);
    let answers = [say(forge, &key_exchange), say(forge, &[20, 3, 3, 0, 1, 1])].map(Result::unwrap);
    forge.change_write_keys();
    let finished = forge.make(Step::Finished);
    forge.note(&finished);
    let finished = forge.seal(crate::support::forge::HANDSHAKE, &finished);
    let last = say(forge, &finished);
    let [first, second] = answers;
    match last {
        Ok(bytes) => ([first, second, bytes], Ok(())),
        Err((bytes, error)) => ([first, second, bytes], Err(error)),
    }
}

/// Gives the server these bytes; returns its own.
fn say(forge: &mut Forge, bytes: &[u8]) -> Result<Vec<u8>, (Vec<u8>, Error)> {
    forge.target.input.extend(bytes);
    let outcome = forge.target.run();
    let said = forge.target.output.clone();
    forge.hear();
    outcome.map(|()| said.clone()).map_err(|error| (said, error))
}

/// The alert of a Finished that does not decrypt, in the clear: the server has not changed its keys yet.
const BAD_RECORD_MAC: [u8; 7] = [21, 3, 3, 0, 2, alert::FATAL, alert::BAD_RECORD_MAC];

#[test]
fn a_good_premaster_connects() {
    let good = premaster(0x0303);
    for mut forge in clients() {
        let (answers, outcome) = observe(&mut forge, &encrypt_raw(&encode(&good)), &good);
        outcome.unwrap();
        assert!(answers[..2].iter().all(Vec::is_empty));
        forge.exchange_data();
    }
}

#[test]
fn everything_that_is_wrong_looks_the_same() {
    for (what, ciphertext, premaster) in wrong() {
        for mut forge in clients() {
            let (answers, outcome) = observe(&mut forge, &ciphertext, &premaster);
            assert_eq!(answers, [Vec::new(), Vec::new(), BAD_RECORD_MAC.to_vec()], "{what}: {outcome:?}");
            assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
        }
    }
}

/// RFC 5246 §7.4.7.1: what takes the place of a bad premaster secret is random. A client that could guess it would connect.
#[test]
fn the_fallback_is_random() {
    let (_, ciphertext, _) = wrong().swap_remove(0);
    for guess in [premaster(0x0303), [&[3, 3][..], &[0; 46]].concat(), vec![0; 48], vec![0xff; 48]] {
        for mut forge in clients() {
            let (answers, _) = observe(&mut forge, &ciphertext, &guess);
            assert_eq!(answers, [Vec::new(), Vec::new(), BAD_RECORD_MAC.to_vec()]);
        }
    }
}

/// RFC 5246 §7.4.7.1: the version is the one that the ClientHello offered, not the one that was negotiated.
#[test]
fn the_version_is_that_of_the_client_hello() {
    for (offered, carried, is_right) in
        [(0x0304, 0x0304, true), (0x0304, 0x0303, false), (0x0303, 0x0304, false), (0x7fff, 0x7fff, true)]
    {
        for mut forge in clients() {
            forge.hello.version = offered;
            let secret = premaster(carried);
            let (answers, outcome) = observe(&mut forge, &encrypt_raw(&encode(&secret)), &secret);
            if is_right {
                outcome.unwrap();
                forge.exchange_data();
            } else {
                assert_eq!(answers, [Vec::new(), Vec::new(), BAD_RECORD_MAC.to_vec()]);
                assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
            }
        }
    }
}

/// A key store that fails, or returns something else than a premaster secret, looks the same too.
#[test]
fn a_key_store_that_fails_looks_the_same() {
    let key = ExternalKey::new([SignatureScheme::RSA_PKCS1_SHA256]).with_decryption();
    let credential = Credential::external(vec![PKI.server.clone()], key).unwrap();
    let config = ServerConfig::builder(credential).policy(Policy::legacy()).build().unwrap();
    let answers: [fn(Need) -> tls12::Answer; 5] = [
        |need| decrypted(need, DecryptedPremaster::failed()),
        |need| decrypted(need, DecryptedPremaster::unpadded(&[])),
        |need| decrypted(need, DecryptedPremaster::unpadded(&[3; 47])),
        |need| decrypted(need, DecryptedPremaster::unpadded(&[3; 256])),
        |need| decrypted(need, DecryptedPremaster::unpad(&[0; 10])),
    ];
    let good = premaster(0x0303);
    for answer in answers {
        let mut forge = Forge::client(&config, CipherSuite::from_name(RSA_GCM).unwrap());
        forge.target.answer = Some(answer);
        let (answers, outcome) = observe(&mut forge, &encrypt_raw(&encode(&good)), &good);
        assert_eq!(answers, [Vec::new(), Vec::new(), BAD_RECORD_MAC.to_vec()]);
        assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
    }
}

fn decrypted(need: Need, premaster: DecryptedPremaster) -> tls12::Answer {
    match need {
        Need::DecryptPremaster(request) => request.decrypted(premaster),
        other => panic!("{other:?}"),
    }
}
