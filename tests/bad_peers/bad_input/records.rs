//! Records that are cut short, too long, of the wrong version or type, or empty (RFC 5246 §6.2), and input that is not TLS.

use tls12::{AlertDescription, DecodeError, DecodeFault, Error, Event, Limited, Received, Side};

use super::{ECDHE_GCM, RSA_CBC, RSA_GCM, both, both_connected, facing_client, facing_server};
use crate::assert_refused;
use crate::support::forge::{ALERT, APPLICATION_DATA, Forge, HANDSHAKE, Step, alert};
use crate::support::hello::{message, typ};
use crate::support::pair::Happened;
use crate::support::protect::{HEADER_LEN, MAX_PLAINTEXT, raw_record};

/// RFC 5246 §6.2.3.
const MAX_CIPHERTEXT: usize = MAX_PLAINTEXT + 2048;

const TLS12: [u8; 2] = [3, 3];

/// RFC 5246 §6.2.1: a record is as long as its header says. Until then nothing is done, and so much is asked for.
#[test]
fn a_truncated_record_is_waited_for() {
    for mut forge in both(ECDHE_GCM) {
        let first = forge.flow()[0];
        let hello = forge.make(first);
        let whole = raw_record(HANDSHAKE, TLS12, &hello);
        for len in 0..whole.len() {
            let mut cut = whole[..len].to_vec();
            let step = forge.target.connection.process(&mut cut, &mut forge.target.output).unwrap();
            let lacking = if len < HEADER_LEN { HEADER_LEN - len } else { whole.len() - len };
            assert!(matches!(step.event, Event::NeedInput { at_least } if at_least == lacking), "{len}: {step:?}");
            assert!(step.consumed == 0 && cut == whole[..len] && forge.target.output.is_empty());
        }
        // Nothing of this has changed anything.
        forge.connect();
    }
}

/// RFC 5246 §7.2.1: without close_notify it is a truncation, wherever it happens.
#[test]
fn the_end_of_input_without_close_notify_is_a_truncation() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for role in [0, 1] {
            for step in both(suite)[role].flow() {
                let mut forge = both(suite).into_iter().nth(role).unwrap();
                forge.up_to(*step);
                let outcome = forge.target.connection.end_of_input();
                assert_refused!(forge, outcome, None, Side::Transport, Error::TruncatedInHandshake);
            }
        }
        for mut forge in both_connected(suite) {
            let outcome = forge.target.connection.end_of_input();
            assert_refused!(forge, outcome, None, Side::Transport, Error::Truncated);
        }
    }
}

/// RFC 5246 §6.2.1, §7.2.2: record_overflow, as soon as the header is there.
#[test]
fn a_record_that_is_too_long_is_refused_by_its_header() {
    for mut forge in both(ECDHE_GCM) {
        let outcome = forge.deliver(&[HANDSHAKE, 3, 3, 0x40, 0x01]);
        assert_refused!(
            forge,
            outcome,
            alert::RECORD_OVERFLOW,
            Side::Peer,
            Error::RecordOverflow { length: 0x4001, limit: MAX_PLAINTEXT }
        );
    }
    for suite in [ECDHE_GCM, RSA_CBC] {
        for mut forge in both_connected(suite) {
            let [high, low] = u16::try_from(MAX_CIPHERTEXT + 1).unwrap().to_be_bytes();
            let outcome = forge.deliver(&[APPLICATION_DATA, 3, 3, high, low]);
            assert_refused!(
                forge,
                outcome,
                alert::RECORD_OVERFLOW,
                Side::Peer,
                Error::RecordOverflow { length: 18433, limit: MAX_CIPHERTEXT }
            );
        }
    }
}

/// RFC 5246 §6.2.1: TLSPlaintext.length MUST NOT exceed 2^14, which shows only when the record is open.
#[test]
fn a_text_that_is_too_long_is_refused() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for mut forge in both_connected(suite) {
            forge.send(APPLICATION_DATA, &[7; MAX_PLAINTEXT]).unwrap();
            assert_eq!(forge.target.data[6..], [7; MAX_PLAINTEXT]);
            let outcome = forge.send(APPLICATION_DATA, &[7; MAX_PLAINTEXT + 1]);
            assert_refused!(
                forge,
                outcome,
                alert::RECORD_OVERFLOW,
                Side::Peer,
                Error::RecordOverflow { length: 0x4001, limit: MAX_PLAINTEXT }
            );
        }
    }
}

/// RFC 5246 §E.1: a server MUST accept any {03,XX} in the record of a ClientHello; a client knows no better either.
#[test]
fn before_the_version_is_agreed_any_minor_version_will_do() {
    for minor in [0, 1, 2, 3, 4, 0xff] {
        for mut forge in both(ECDHE_GCM) {
            let first = forge.flow()[0];
            let hello = forge.make(first);
            forge.note(&hello);
            forge.deliver(&raw_record(HANDSHAKE, [3, minor], &hello)).unwrap();
            let second = forge.flow()[1];
            forge.finish_from(second);
        }
    }
}

/// RFC 5246 §6.2.1: the version of every record is that of the protocol; §7.2.2: protocol_version.
#[test]
fn after_the_version_is_agreed_no_other_will_do() {
    for version in [[3, 1], [3, 2], [3, 4], [2, 3], [0, 0]] {
        for mut forge in both(ECDHE_GCM) {
            let second = forge.flow()[1];
            forge.up_to(second);
            let message = forge.make(second);
            let outcome = forge.deliver(&raw_record(HANDSHAKE, version, &message));
            assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Peer, Error::RecordVersion { .. });
        }
        for mut forge in both_connected(ECDHE_GCM) {
            let mut record = forge.seal(APPLICATION_DATA, b"data");
            record[1..3].copy_from_slice(&version);
            let outcome = forge.deliver(&record);
            assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Peer, Error::RecordVersion { .. });
        }
    }
}

/// RFC 5246 §6.2.1: no zero-length fragments of handshake or alert. (An empty ChangeCipherSpec is none.)
#[test]
fn an_empty_fragment_of_the_protocol_is_refused() {
    for content_type in [ALERT, HANDSHAKE] {
        for suite in [ECDHE_GCM, RSA_CBC] {
            for mut forge in both(suite).into_iter().chain(both_connected(suite)) {
                let outcome = forge.send(content_type, &[]);
                assert_refused!(
                    forge,
                    outcome,
                    alert::DECODE_ERROR,
                    Side::Peer,
                    Error::Decode(DecodeError { structure: "record", fault: DecodeFault::Length, .. })
                );
            }
        }
    }
}

/// RFC 5246 §6.2.1: zero-length fragments of application data MAY be sent, as a countermeasure to traffic analysis; but they
/// cost us and not their sender, so a row of them ends.
#[test]
fn empty_application_data_is_accepted_a_number_of_times() {
    /// More than anybody's countermeasure needs: BEAST's took one.
    const FAIR: usize = 4;
    const UNFAIR: usize = 1000;
    for suite in [ECDHE_GCM, RSA_CBC] {
        for mut forge in both_connected(suite) {
            for _ in 0..UNFAIR {
                for _ in 0..FAIR {
                    forge.send(APPLICATION_DATA, &[]).unwrap();
                }
                forge.send(APPLICATION_DATA, b"x").unwrap();
            }
            let accepted = (0..UNFAIR).map_while(|_| forge.send(APPLICATION_DATA, &[]).ok()).count();
            assert!((FAIR..UNFAIR).contains(&accepted), "{accepted}");
            let outcome = Err(forge.target.connection.process(&mut [], &mut Vec::new()).unwrap_err());
            assert_refused!(
                forge,
                outcome,
                alert::UNEXPECTED_MESSAGE,
                Side::Peer,
                Error::TooMany(Limited::EmptyRecords)
            );
        }
    }
}

/// RFC 5246 §6: an unexpected record type is an unexpected_message.
#[test]
fn an_unknown_content_type_is_refused() {
    for content_type in [0, 19, 24, 0x80, 0xff] {
        for mut forge in both(ECDHE_GCM) {
            let second = forge.flow()[1];
            forge.up_to(second);
            let outcome = forge.deliver(&raw_record(content_type, TLS12, b"what is this"));
            assert_unknown_type(&mut forge, outcome, content_type);
        }
        for mut forge in both_connected(ECDHE_GCM) {
            let outcome = forge.send(content_type, b"what is this");
            assert_unknown_type(&mut forge, outcome, content_type);
        }
    }
}

#[track_caller]
fn assert_unknown_type(forge: &mut Forge, outcome: Result<(), Error>, content_type: u8) {
    let named = matches!(&outcome, Err(Error::UnexpectedMessage { got, .. }) if *got == Received::Record(content_type));
    assert!(named, "{outcome:?}");
    assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
}

/// Another protocol on our port, or behind the one that we called: quoted, however it arrives.
#[test]
fn what_is_no_tls_is_quoted() {
    let to_server = ["GET / HTTP/1.1\r\n\r\n", "SSH-2.0-OpenSSH_10.0\r\n", "EHLO mail.example\r\n", "\0\0\0\0\0\0"];
    let to_client = ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_10.0\r\n", "220 mail.example ESMTP\r\n"];
    let said = to_server.into_iter().map(|text| (facing_server as fn(&str) -> Forge, text));
    let said = said.chain(to_client.into_iter().map(|text| (facing_client as fn(&str) -> Forge, text)));
    for (face, text) in said {
        for chunk in [1, 3, text.len()] {
            let mut forge = face(ECDHE_GCM);
            let outcome = text.as_bytes().chunks(chunk).try_for_each(|bytes| forge.deliver(bytes));
            let quoted = text.as_bytes()[..5].escape_ascii().to_string();
            assert!(outcome.as_ref().unwrap_err().to_string().contains(&quoted), "{outcome:?}");
            assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::NotTls { .. });
        }
    }
}

/// RFC 5246 §E.2: a ClientHello as clients of SSL 2 send it. It is not taken for another protocol, whichever version it
/// offers: RFC 6176 §3 forbids clients to send it.
#[test]
fn a_hello_in_the_format_of_ssl_2_is_called_so() {
    for (version, name) in
        [(0x0002_u16, "SSL 2 "), (0x0300, "SSL 3 "), (0x0301, "TLS 1.0 "), (0x0302, "TLS 1.1 "), (0x0303, "TLS 1.2 ")]
    {
        // Its type and version; the lengths of suites, session ID and challenge; two suites; the challenge.
        let body =
            [&[1], &version.to_be_bytes()[..], &[0, 6, 0, 0, 0, 16], &[1, 0, 0x80, 0, 0, 0x2f], &[7; 16]].concat();
        let hello = [&[0x80, u8::try_from(body.len()).unwrap()], &body[..]].concat();
        for chunk in [1, 3, hello.len()] {
            let mut forge = facing_server(ECDHE_GCM);
            let outcome = hello.chunks(chunk).try_for_each(|bytes| forge.deliver(bytes));
            assert!(matches!(outcome, Err(Error::Sslv2Hello { got }) if got == version), "{outcome:?}");
            let text = outcome.as_ref().unwrap_err().to_string();
            assert!(text.contains("in the format of SSL 2") && text.contains(&format!("for {name}")), "{text}");
            assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Peer, Error::Sslv2Hello { .. });
        }
    }
    // The highest bit of the length is set, the type is 1, and the version is one that there was.
    for first in [[0x00, 46, 1, 3, 1], [0x7f, 46, 1, 3, 1], [0x80, 46, 4, 0, 2], [0x80, 46, 1, 1, 2]] {
        let mut forge = facing_server(ECDHE_GCM);
        let outcome = forge.deliver(&first);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::NotTls { .. });
    }
}

/// RFC 5246 §6.2.1: the major version is 3.
#[test]
fn another_major_version_is_no_tls() {
    for major in [0, 2, 4, 0xff] {
        for mut forge in both(ECDHE_GCM) {
            let outcome = forge.deliver(&[HANDSHAKE, major, 3, 0, 1]);
            assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::NotTls { .. });
        }
    }
}

/// RFC 5246 §7.2: an alert is two bytes, of which the first is 1 or 2: another value is an illegal_parameter, another length a
/// decode_error.
#[test]
fn a_malformed_alert_is_refused() {
    for content in [&[1][..], &[2, 40, 0], &[1, 90, 1, 90], &[0, 40], &[3, 40], &[255, 0], &[1; 100]] {
        for mut forge in both(ECDHE_GCM).into_iter().chain(both_connected(RSA_GCM)) {
            let outcome = forge.send(ALERT, content);
            assert_refused!(
                forge,
                outcome,
                if content.len() == 2 { alert::ILLEGAL_PARAMETER } else { alert::DECODE_ERROR },
                Side::Peer,
                Error::Decode(DecodeError { structure: "Alert", .. })
            );
        }
    }
}

/// RFC 5246 §7.2.2: warnings generally let the connection go on. Not for ever.
#[test]
fn warnings_are_accepted_a_number_of_times() {
    const UNASSIGNED: u8 = 200;
    for mut forge in both(ECDHE_GCM).into_iter().chain(both_connected(RSA_CBC)) {
        forge.send(ALERT, &[alert::WARNING, UNASSIGNED]).unwrap();
        assert_eq!(forge.target.log.last(), Some(&Happened::Warning(AlertDescription::Unknown(UNASSIGNED))));
        let accepted = (0..100).map_while(|_| forge.send(ALERT, &[alert::WARNING, UNASSIGNED]).ok()).count();
        assert!(accepted < 100);
        let outcome = Err(forge.target.connection.process(&mut [], &mut Vec::new()).unwrap_err());
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::TooMany(Limited::Warnings));
    }
}

/// RFC 5246 §7.4.1.1: a HelloRequest costs its sender less than us; so does a ClientHello on an established connection.
#[test]
fn renegotiation_is_asked_for_a_number_of_times() {
    let [client, server] = both_connected(ECDHE_GCM);
    let hello = server.hello.client();
    let requests = [
        (facing_client(ECDHE_GCM), message(typ::HELLO_REQUEST, &[])),
        (client, message(typ::HELLO_REQUEST, &[])),
        (server, hello),
    ];
    for (mut forge, request) in requests {
        forge.say(&request).unwrap();
        let accepted = (0..100).map_while(|_| forge.say(&request).ok()).count();
        assert!(accepted < 100);
        let outcome = Err(forge.target.connection.process(&mut [], &mut Vec::new()).unwrap_err());
        assert_refused!(
            forge,
            outcome,
            alert::UNEXPECTED_MESSAGE,
            Side::Peer,
            Error::TooMany(Limited::RenegotiationRequests)
        );
    }
}

/// RFC 5246 §7.2.1: any data received after a closure alert is ignored.
#[test]
fn what_comes_after_close_notify_is_ignored() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for mut forge in both_connected(suite) {
            forge.send(ALERT, &[alert::WARNING, alert::CLOSE_NOTIFY]).unwrap();
            let received = forge.target.data.len();
            let good = forge.seal(APPLICATION_DATA, b"too late");
            for ignored in [good.as_slice(), b"GET / HTTP/1.1", &[0xff; 40_000], &[HANDSHAKE, 3, 3, 0xff, 0xff]] {
                let mut input = ignored.to_vec();
                let step = forge.target.connection.process(&mut input, &mut forge.target.output).unwrap();
                assert!(matches!(step.event, Event::CloseNotify) && step.consumed == ignored.len(), "{step:?}");
            }
            assert!(forge.target.data.len() == received && forge.target.output.is_empty());
            assert_eq!(forge.target.connection.end_of_input(), Ok(()));
        }
    }
}

/// RFC 5246 §7.4: a message announces up to 2^24 bytes; we hold 2^16 for nobody more, but for a ClientHello, which may be as long
/// as it can be. The header is enough to refuse it.
#[test]
fn a_message_announced_too_long_is_refused_by_its_header() {
    for (announced, is_long, hello_is_long) in
        [([0, 0xff, 0xff], false, false), ([1, 0, 1], true, false), ([2, 1, 0x45], true, true), ([0xff; 3], true, true)]
    {
        for step in [
            Step::ClientHello,
            Step::ServerHello,
            Step::Certificate,
            Step::ServerKeyExchange,
            Step::ServerHelloDone,
            Step::ClientKeyExchange,
            Step::Finished,
        ] {
            for mut forge in both(ECDHE_GCM).into_iter().filter(|forge| forge.flow().contains(&step)) {
                forge.up_to(step);
                let typ = forge.make(step)[0];
                let header = [vec![typ], announced.to_vec()].concat();
                // Its four bytes come one by one.
                let outcome = header.iter().try_for_each(|byte| forge.send(HANDSHAKE, &[*byte]));
                if if step == Step::ClientHello { hello_is_long } else { is_long } {
                    let most = if step == Step::ClientHello { 131_396 } else { 1 << 16 };
                    assert!(
                        matches!(outcome, Err(Error::MessageTooLong { limit, .. }) if limit == most),
                        "{outcome:?}"
                    );
                    assert_refused!(forge, outcome, alert::ILLEGAL_PARAMETER, Side::Peer, Error::MessageTooLong { .. });
                } else {
                    outcome.unwrap();
                }
            }
        }
    }
}
