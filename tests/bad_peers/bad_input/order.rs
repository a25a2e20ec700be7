//! Messages that are in the right order, but not where they should be in their records (RFC 5246 §7.1, §7.4).
//! `tests/bad_peers/illegal.rs` has those in the wrong order.

use tls12::{DecodeError, Error, Received, Side};

use super::{ECDHE_CBC, ECDHE_GCM, RSA_CBC, RSA_GCM, both, both_connected, facing_client, facing_server};
use crate::assert_refused;
use crate::support::forge::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, Forge, HANDSHAKE, Role, Step, alert};
use crate::support::hello::{message, typ};

/// RFC 5246 §7.1: a single byte of value 1. Another value is an illegal_parameter; something of another length is none, and so
/// unexpected.
#[test]
fn a_malformed_change_cipher_spec_is_refused() {
    let all = || both(ECDHE_GCM).into_iter().chain(both(RSA_GCM));
    for content in [[0], [2], [255]] {
        for mut forge in all() {
            forge.up_to(Step::ChangeCipherSpec);
            let outcome = forge.send(CHANGE_CIPHER_SPEC, &content);
            assert_refused!(
                forge,
                outcome,
                alert::ILLEGAL_PARAMETER,
                Side::Peer,
                Error::Decode(DecodeError { structure: "ChangeCipherSpec", .. })
            );
        }
    }
    for content in [&[][..], &[1, 1], &[0xff; 50]] {
        for mut forge in all() {
            forge.up_to(Step::ChangeCipherSpec);
            let outcome = forge.send(CHANGE_CIPHER_SPEC, content);
            assert_refused!(
                forge,
                outcome,
                alert::UNEXPECTED_MESSAGE,
                Side::Peer,
                Error::UnexpectedMessage { got: Received::Record(CHANGE_CIPHER_SPEC), .. }
            );
        }
    }
}

/// While a handshake message is incomplete, nothing but its rest or an alert may come (RFC 5246 §6.2.1: the fragments of a
/// message are not interleaved).
#[test]
fn nothing_comes_between_the_fragments_of_a_message() {
    for mut forge in both_connected(ECDHE_GCM).into_iter().chain(both_connected(RSA_CBC)) {
        let request = if forge.role == Role::Server { typ::HELLO_REQUEST } else { typ::CLIENT_HELLO };
        forge.send(HANDSHAKE, &[request, 0]).unwrap();
        forge.send(ALERT, &[alert::WARNING, alert::USER_CANCELED]).unwrap();
        let outcome = forge.send(APPLICATION_DATA, b"between");
        assert_refused!(
            forge,
            outcome,
            alert::UNEXPECTED_MESSAGE,
            Side::Peer,
            Error::UnexpectedMessage { got: Received::Record(APPLICATION_DATA), .. }
        );
    }
}

/// Finished ends its record: nothing of the handshake follows it there.
#[test]
fn nothing_follows_finished_in_its_record() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for mut forge in both(suite) {
            for more in [&[typ::HELLO_REQUEST, 0, 0, 0][..], &[typ::HELLO_REQUEST]] {
                forge.up_to(Step::Finished);
                let finished = forge.make(Step::Finished);
                let outcome = forge.send(HANDSHAKE, &[&finished, more].concat());
                assert_refused!(
                    forge,
                    outcome,
                    alert::UNEXPECTED_MESSAGE,
                    Side::Peer,
                    Error::UnexpectedMessage { got: Received::ExcessHandshakeData, .. }
                );
                forge = if forge.role == Role::Server { facing_client(suite) } else { facing_server(suite) };
            }
        }
    }
}

/// RFC 5246 §7.1: it stands between messages. A message that begins under one key and ends under another would be
/// unprotected in part (as in CVE-2014-6593's family).
#[test]
fn a_change_cipher_spec_in_the_midst_of_a_message_is_refused() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for mut forge in both(suite) {
            forge.up_to(Step::ChangeCipherSpec);
            // The first bytes of a Finished, in the clear.
            forge.send(HANDSHAKE, &[typ::FINISHED, 0]).unwrap();
            let outcome = forge.send(CHANGE_CIPHER_SPEC, &[1]);
            assert_refused!(
                forge,
                outcome,
                alert::UNEXPECTED_MESSAGE,
                Side::Peer,
                Error::UnexpectedMessage { got: Received::MisalignedChangeCipherSpec, .. }
            );
        }
    }
}

/// RFC 5246 §7.3: who has ended a flight waits for the other side.
#[test]
fn more_handshake_data_after_the_end_of_a_flight_is_refused() {
    /// Whom the forge faces.
    type Face = fn(&str) -> Forge;
    let ends: [(Face, &str, Step); 6] = [
        (facing_server, ECDHE_GCM, Step::ClientHello),
        (facing_server, RSA_GCM, Step::ClientHello),
        (facing_server, ECDHE_CBC, Step::Finished),
        (facing_server, RSA_GCM, Step::Finished),
        (facing_client, ECDHE_GCM, Step::ServerHelloDone),
        (facing_client, RSA_CBC, Step::ServerHelloDone),
    ];
    for (face, suite, end) in ends {
        for excess in [&[typ::CLIENT_KEY_EXCHANGE][..], &message(typ::FINISHED, &[0; 12])] {
            let mut forge = face(suite);
            forge.up_to(end);
            let last = forge.make(end);
            forge.note(&last);
            let outcome = forge.send(HANDSHAKE, &[last.as_slice(), excess].concat());
            assert_refused!(
                forge,
                outcome,
                alert::UNEXPECTED_MESSAGE,
                Side::Peer,
                Error::UnexpectedMessage { got: Received::ExcessHandshakeData, .. }
            );
        }
    }
}

/// RFC 5246 §7.3, §7.4.9: application data only after Finished; its protection does not matter.
#[test]
fn application_data_between_change_cipher_spec_and_finished_is_refused() {
    for suite in [ECDHE_GCM, ECDHE_CBC, RSA_GCM, RSA_CBC] {
        for mut forge in both(suite) {
            forge.up_to(Step::Finished);
            let outcome = forge.send(APPLICATION_DATA, b"early");
            assert_refused!(
                forge,
                outcome,
                alert::UNEXPECTED_MESSAGE,
                Side::Peer,
                Error::UnexpectedMessage { got: Received::Record(APPLICATION_DATA), .. }
            );
        }
    }
}

/// RFC 5246 §7.1: what follows ChangeCipherSpec is protected.
#[test]
fn a_finished_in_the_clear_is_refused() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for mut forge in both(suite) {
            forge.up_to(Step::Finished);
            let finished = forge.make(Step::Finished);
            let outcome = forge.deliver(&crate::support::protect::raw_record(HANDSHAKE, [3, 3], &finished));
            assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
        }
    }
}

/// RFC 5246 §7.4.1.1, §7.4.5: the bodies of HelloRequest and ServerHelloDone are empty.
#[test]
fn a_body_where_there_is_none_is_refused() {
    let mut forge = facing_client(ECDHE_GCM);
    let outcome = forge.say(&message(typ::HELLO_REQUEST, &[0]));
    assert_refused!(
        forge,
        outcome,
        alert::DECODE_ERROR,
        Side::Peer,
        Error::Decode(DecodeError { structure: "HelloRequest", .. })
    );
    let mut forge = facing_client(ECDHE_GCM);
    forge.up_to(Step::ServerHelloDone);
    let outcome = forge.say(&message(typ::SERVER_HELLO_DONE, &[0]));
    assert_refused!(
        forge,
        outcome,
        alert::DECODE_ERROR,
        Side::Peer,
        Error::Decode(DecodeError { structure: "ServerHelloDone", .. })
    );
}
