//! Records that do not open (RFC 5246 §6.2.3, RFC 7366 §3): for every cause the same bad_record_mac.

use tls12::{Error, Side};

use super::{ECDHE_GCM, RSA_CBC, both};
use crate::assert_refused;
use crate::support::forge::{APPLICATION_DATA, Forge, alert, ext};
use crate::support::protect::{HEADER_LEN, raw_record};

/// Both roles under each kind of protection: AEAD, encrypt-then-MAC, MAC-then-encrypt.
fn all_connected() -> Vec<Forge> {
    let encrypt_then_mac = both(RSA_CBC);
    let mac_then_encrypt = both(RSA_CBC).map(|mut forge| {
        forge.hello.remove(ext::ENCRYPT_THEN_MAC);
        forge
    });
    let mut all: Vec<Forge> = both(ECDHE_GCM).into_iter().chain(encrypt_then_mac).chain(mac_then_encrypt).collect();
    all.iter_mut().for_each(Forge::connect);
    all
}

#[track_caller]
fn assert_bad_record_mac(mut forge: Forge, bytes: &[u8]) {
    let received = forge.target.data.len();
    let outcome = forge.deliver(bytes);
    assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
    assert_eq!(forge.target.data.len(), received, "data was delivered all the same");
}

/// Too short for nonce and tag, IV and MAC; no whole number of blocks; or just not made with the key.
#[test]
fn a_fragment_of_any_length_that_is_garbage() {
    for len in [0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 31, 32, 33, 36, 47, 48, 52, 64, 68, 84, 100, 16384, 18432] {
        for byte in [0, 0xa5] {
            for forge in all_connected() {
                assert_bad_record_mac(forge, &raw_record(APPLICATION_DATA, [3, 3], &vec![byte; len]));
            }
        }
    }
}

/// RFC 5246 §6.2.3.3: sequence number, type, version and length are authenticated with the text.
#[test]
fn a_record_with_one_bit_changed() {
    const TEXT: &[u8] = b"sixteen bytes do";
    let len = all_connected().remove(4).seal(APPLICATION_DATA, TEXT).len();
    for position in HEADER_LEN..len {
        for mut forge in all_connected() {
            let mut record = forge.seal(APPLICATION_DATA, TEXT);
            if let Some(byte) = record.get_mut(position) {
                *byte ^= 0x10;
                assert_bad_record_mac(forge, &record);
            }
        }
    }
    // The type, to another that may stand there.
    for mut forge in all_connected() {
        let mut record = forge.seal(APPLICATION_DATA, TEXT);
        record[0] = crate::support::forge::ALERT;
        assert_bad_record_mac(forge, &record);
    }
}

/// RFC 5246 §6.1: sequence numbers make it so that a record can be neither repeated, left out nor moved.
#[test]
fn a_record_repeated_left_out_or_moved() {
    for mut forge in all_connected() {
        let record = forge.seal(APPLICATION_DATA, b"once");
        forge.deliver(&record).unwrap();
        assert_bad_record_mac(forge, &record);
    }
    for mut forge in all_connected() {
        let (_first, second) = (forge.seal(APPLICATION_DATA, b"first"), forge.seal(APPLICATION_DATA, b"second"));
        assert_bad_record_mac(forge, &second);
    }
}

/// The two directions have keys of their own (RFC 5246 §6.3): what we sent is not what we accept.
#[test]
fn a_record_of_ours_sent_back() {
    for mut forge in all_connected() {
        let mut ours = Vec::new();
        forge.target.connection.seal(b"echo", &mut ours).unwrap();
        forge.read.open(&ours).unwrap();
        assert_bad_record_mac(forge, &ours);
    }
}
