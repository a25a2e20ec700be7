//! Limits on the size of records: max_fragment_length (RFC 6066 §4) and record_size_limit (RFC 8449).

use tls12::wire::MaxFragmentLength;
use tls12::{ConfigError, Error, HEADROOM, RecordLimit, SealError, Side, TAILROOM, Violation};

use super::{ECDHE_CBC, ECDHE_GCM, RSA_GCM, client, connect, facing_client, facing_server, only, server, suite};
use crate::assert_refused;
use crate::support::forge::{APPLICATION_DATA, CHANGE_CIPHER_SPEC, Forge, HANDSHAKE, Step, alert, ext};
use crate::support::hello::{typ, vector};
use crate::support::pair::Pair;
use crate::support::protect::MAX_PLAINTEXT;
use crate::support::sent;

/// Each with the number that stands for it, and its bytes (RFC 6066 §4).
const LENGTHS: [(MaxFragmentLength, u8, usize); 4] = [
    (MaxFragmentLength::B512, 1, 512),
    (MaxFragmentLength::B1024, 2, 1024),
    (MaxFragmentLength::B2048, 3, 2048),
    (MaxFragmentLength::B4096, 4, 4096),
];

/// What the protection of [`ECDHE_GCM`] adds to a text: explicit nonce and tag.
const GCM: usize = 8 + 16;
/// The most that the protection of [`ECDHE_CBC`] adds, with as little padding as there can be: IV, MAC, a block.
const CBC: usize = 16 + 20 + 16;

fn max_fragment(length: MaxFragmentLength) -> RecordLimit {
    RecordLimit::MaxFragmentLength(length)
}

/// The lengths of the fragments that an end has sent, before and after ChangeCipherSpec.
fn lengths(sent: &[u8]) -> (Vec<usize>, Vec<usize>) {
    let records = sent::records(sent);
    let change = records.iter().position(|(typ, _)| *typ == CHANGE_CIPHER_SPEC).unwrap();
    let (plain, protected) = records.split_at(change + 1);
    let lengths = |records: &[(u8, &[u8])]| records.iter().map(|(_, fragment)| fragment.len()).collect();
    (lengths(plain), lengths(protected))
}

fn longest(lengths: &[usize]) -> usize {
    *lengths.iter().max().unwrap()
}

/// RFC 6066 §4: both sides keep to it, at once, for handshake messages too, and use what it leaves them.
#[test]
fn both_sides_keep_to_a_fragment_length() {
    for (length, code, bytes) in LENGTHS {
        for (name, added) in [(ECDHE_GCM, GCM..=GCM), (RSA_GCM, GCM..=GCM), (ECDHE_CBC, CBC - 15..=CBC)] {
            let client = client().policy(only(name)).record_limit(max_fragment(length));
            let mut pair = connect(client, server());
            pair.exchange_data(3 * 4096 + 1);
            for side in [0, 1] {
                assert_eq!(sent::hello(&pair.sent[side]).extension(ext::MAX_FRAGMENT_LENGTH), Some(&[code][..]));
                let (plain, protected) = lengths(&pair.sent[side]);
                // The ClientHello comes before anything is agreed on.
                assert!(longest(&plain[1 - side..]) <= bytes, "{name}: {plain:?}");
                let longest = longest(&protected);
                assert!(added.contains(&(longest - bytes)), "{name}: {longest} with a limit of {bytes}");
            }
            for end in [&pair.client, &pair.server] {
                assert_eq!((end.info().send_limit(), end.info().receive_limit()), (bytes, bytes));
            }
        }
    }
}

/// The server's first flight is longer than the shortest limit, and is cut up.
#[test]
fn handshake_messages_are_cut_up() {
    let pair = connect(client().record_limit(max_fragment(MaxFragmentLength::B512)), server());
    let (plain, _) = lengths(&pair.sent[1]);
    let certificate = sent::body(&pair.sent[1], typ::CERTIFICATE).unwrap();
    assert!(certificate.len() > 512 && plain.contains(&512), "{plain:?}");
    // A ServerHello that is itself longer than that.
    let list = vector(2, &vector(2, &[7; 600]));
    let server = tls12::ServerConfig::builder(super::credential().sct_list(list)).policy(only(ECDHE_GCM));
    let pair = connect(client().record_limit(max_fragment(MaxFragmentLength::B512)), server);
    assert_eq!(lengths(&pair.sent[1]).0[0], 512);
}

/// Who did not agree keeps to nothing: a server that does not know the extension, a client that did not ask.
#[test]
fn without_an_agreement_there_is_no_limit() {
    let mut pair = connect(client(), server().record_size_limit(64));
    pair.exchange_data(MAX_PLAINTEXT);
    for side in [0, 1] {
        let hello = sent::hello(&pair.sent[side]);
        assert_eq!((hello.extension(ext::MAX_FRAGMENT_LENGTH), hello.extension(ext::RECORD_SIZE_LIMIT)), (None, None));
        assert_eq!(longest(&lengths(&pair.sent[side]).1), MAX_PLAINTEXT + GCM);
    }
    for limit in [max_fragment(MaxFragmentLength::B512), RecordLimit::RecordSizeLimit(64)] {
        let mut forge = facing_client(client().record_limit(limit));
        forge.connect();
        let info = forge.target.info();
        assert_eq!((info.send_limit(), info.receive_limit()), (MAX_PLAINTEXT, MAX_PLAINTEXT));
        forge.send(APPLICATION_DATA, &[7; MAX_PLAINTEXT]).unwrap();
    }
}

/// RFC 8449 §4: each side says what it receives, and keeps to what the other says; in protected records only.
#[test]
fn each_side_keeps_to_the_others_record_size_limit() {
    for (of_client, of_server) in
        [(64, None), (64, Some(64)), (1000, Some(64)), (64, Some(1000)), (1 << 14, None), (16_383, Some(1 << 14))]
    {
        for (name, added) in [(ECDHE_GCM, GCM..=GCM), (ECDHE_CBC, CBC - 15..=CBC)] {
            let client = client().policy(only(name)).record_limit(RecordLimit::RecordSizeLimit(of_client));
            let server = match of_server {
                Some(limit) => server().record_size_limit(limit),
                None => server(),
            };
            let mut pair = connect(client, server);
            pair.exchange_data(3 * MAX_PLAINTEXT);
            let of_server = of_server.unwrap_or(1 << 14);
            for (side, own, others) in [(0, of_client, of_server), (1, of_server, of_client)] {
                let extension = sent::hello(&pair.sent[side]).extension(ext::RECORD_SIZE_LIMIT).map(<[u8]>::to_vec);
                assert_eq!(extension, Some(own.to_be_bytes().to_vec()));
                let longest = longest(&lengths(&pair.sent[side]).1);
                assert!(
                    added.contains(&(longest - usize::from(others))),
                    "{name}: {longest} where {others} is allowed"
                );
            }
            let certificate = sent::body(&pair.sent[1], typ::CERTIFICATE).unwrap();
            assert!(lengths(&pair.sent[1]).0.contains(&(4 + certificate.len())), "unprotected records are not limited");
            let limits = |pair: &Pair| {
                let (client, server) = (pair.client.info(), pair.server.info());
                [client.send_limit(), client.receive_limit(), server.send_limit(), server.receive_limit()]
            };
            let [of_client, of_server] = [of_client, of_server].map(usize::from);
            assert_eq!(limits(&pair), [of_server, of_client, of_client, of_server]);
        }
    }
}

/// A text to be sealed in place must fit in one record.
#[test]
fn sealing_in_place_keeps_to_the_limit() {
    let mut pair = connect(client().record_limit(RecordLimit::RecordSizeLimit(100)), server().record_size_limit(70));
    for (end, limit) in [(&mut pair.client, 70), (&mut pair.server, 100)] {
        assert_eq!(end.info().send_limit(), limit);
        let mut buffer = vec![7; HEADROOM + limit + 1 + TAILROOM];
        let too_long = end.connection.seal_in_place(&mut buffer, HEADROOM..HEADROOM + limit + 1);
        assert_eq!(too_long, Err(SealError::TooLong));
        let record = end.connection.seal_in_place(&mut buffer, HEADROOM..HEADROOM + limit).unwrap().to_vec();
        end.output.extend(record);
    }
    pair.client.data.clear();
    pair.server.data.clear();
    pair.run();
    assert_eq!((pair.client.data.len(), pair.server.data.len()), (100, 70));
}

/// RFC 8449 §5: a server that knows record_size_limit MUST ignore a max_fragment_length beside it.
#[test]
fn a_record_size_limit_goes_before_a_fragment_length() {
    // Whatever it contains.
    for length in [&[1][..], &[9], &[1, 2], &[]] {
        let mut forge = facing_server(server());
        forge.hello.set(ext::MAX_FRAGMENT_LENGTH, length);
        forge.hello.set(ext::RECORD_SIZE_LIMIT, &[4, 0]);
        forge.connect();
        let hello = forge.their_hello.clone().unwrap();
        assert_eq!(hello.extension(ext::MAX_FRAGMENT_LENGTH), None);
        assert_eq!(hello.extension(ext::RECORD_SIZE_LIMIT), Some(&[0x40, 0][..]));
        assert_eq!((forge.target.info().send_limit(), forge.target.info().receive_limit()), (1024, MAX_PLAINTEXT));
        forge.send(APPLICATION_DATA, &[7; 5000]).unwrap();
    }
}

/// RFC 8449 §4: a server MUST NOT take offence at more than TLS 1.2 allows; a client may.
#[test]
fn a_record_size_limit_may_be_beyond_what_a_record_holds() {
    for limit in [0x4001_u16, u16::MAX] {
        let mut forge = facing_server(server());
        forge.hello.set(ext::RECORD_SIZE_LIMIT, &limit.to_be_bytes());
        forge.connect();
        assert_eq!(forge.target.info().send_limit(), MAX_PLAINTEXT);
        let mut forge = facing_client(client().record_limit(RecordLimit::RecordSizeLimit(64)));
        forge.hello.set(ext::RECORD_SIZE_LIMIT, &limit.to_be_bytes());
        forge.connect();
        assert_eq!(forge.target.info().send_limit(), MAX_PLAINTEXT);
    }
}

/// RFC 6066 §4: a value that is none, and RFC 8449 §4: one below 64, are illegal_parameters.
#[test]
fn a_limit_that_is_none_is_refused() {
    for (typ, content) in [
        (ext::MAX_FRAGMENT_LENGTH, &[0][..]),
        (ext::MAX_FRAGMENT_LENGTH, &[5]),
        (ext::MAX_FRAGMENT_LENGTH, &[255]),
        (ext::RECORD_SIZE_LIMIT, &[0, 63]),
        (ext::RECORD_SIZE_LIMIT, &[0, 0]),
    ] {
        let limit = match typ {
            ext::MAX_FRAGMENT_LENGTH => max_fragment(MaxFragmentLength::B512),
            _ => RecordLimit::RecordSizeLimit(64),
        };
        for mut forge in [facing_server(server()), facing_client(client().record_limit(limit))] {
            forge.hello.set(typ, content);
            let outcome = forge.perform(forge.flow()[0]);
            assert_refused!(
                forge,
                outcome,
                alert::ILLEGAL_PARAMETER,
                Side::Peer,
                Error::IllegalParameter(Violation::RecordSize)
            );
        }
    }
}

/// RFC 6066 §4: a length that differs from the one that was asked for is an illegal_parameter.
#[test]
fn another_fragment_length_is_refused() {
    for (asked, code, _) in LENGTHS {
        for (_, answered, _) in LENGTHS.into_iter().filter(|(_, other, _)| *other != code) {
            let mut forge = facing_client(client().record_limit(max_fragment(asked)));
            forge.hello.set(ext::MAX_FRAGMENT_LENGTH, &[answered]);
            let outcome = forge.perform(Step::ServerHello);
            assert_refused!(
                forge,
                outcome,
                alert::ILLEGAL_PARAMETER,
                Side::Peer,
                Error::IllegalParameter(Violation::RecordSize)
            );
        }
    }
}

/// A bad peer in either role that has agreed on 512 bytes, with this suite.
fn agreed_on_512(name: &str) -> [Forge; 2] {
    let limited = client().record_limit(max_fragment(MaxFragmentLength::B512)).build().unwrap();
    let mut facing_client = Forge::server(&limited, suite(name));
    let mut facing_server = Forge::client(&server().build().unwrap(), suite(name));
    for forge in [&mut facing_client, &mut facing_server] {
        forge.hello.set(ext::MAX_FRAGMENT_LENGTH, &[1]);
        forge.fragment = 512;
    }
    [facing_client, facing_server]
}

/// RFC 6066 §4: record_overflow, from the ServerHello on: here in the handshake.
#[test]
fn a_handshake_record_beyond_the_limit_is_refused() {
    for (at, excess) in [(Step::Certificate, 1), (Step::Certificate, 1000), (Step::ServerHelloDone, 1)] {
        let [mut forge, _] = agreed_on_512(ECDHE_GCM);
        forge.up_to(at);
        let outcome = forge.send(HANDSHAKE, &vec![typ::CERTIFICATE; 512 + excess]);
        assert_refused!(forge, outcome, alert::RECORD_OVERFLOW, Side::Peer, Error::RecordOverflow { limit: 512, .. });
    }
    let [_, mut forge] = agreed_on_512(ECDHE_GCM);
    forge.up_to(Step::ClientKeyExchange);
    let outcome = forge.send(HANDSHAKE, &[typ::CLIENT_KEY_EXCHANGE; 513]);
    assert_refused!(forge, outcome, alert::RECORD_OVERFLOW, Side::Peer, Error::RecordOverflow { limit: 512, .. });
}

/// And of the data: a text of one byte too many, or a record that cannot hold less, which is not even decrypted.
#[test]
fn a_data_record_beyond_the_limit_is_refused() {
    for name in [ECDHE_GCM, ECDHE_CBC, RSA_GCM] {
        for mut forge in agreed_on_512(name) {
            forge.connect();
            forge.send(APPLICATION_DATA, &[7; 512]).unwrap();
            assert_eq!(forge.target.data.len(), 6 + 512);
            let outcome = forge.send(APPLICATION_DATA, &[7; 513]);
            assert_refused!(forge, outcome, alert::RECORD_OVERFLOW, Side::Peer, Error::RecordOverflow { .. });
        }
        for mut forge in agreed_on_512(name) {
            forge.connect();
            // RFC 6066 §4: MUST discard it without decrypting; the most that 512 bytes can become is 512 + 16 + 64 + 256.
            let outcome = forge.deliver(&[APPLICATION_DATA, 3, 3, 4, 0]);
            assert_refused!(
                forge,
                outcome,
                alert::RECORD_OVERFLOW,
                Side::Peer,
                Error::RecordOverflow { length: 1024, .. }
            );
        }
    }
}

/// RFC 6066 §4: padding does not count. A peer may fill up a record of CBC with as much as there can be.
#[test]
fn long_padding_is_no_excess() {
    for mut forge in agreed_on_512(ECDHE_CBC) {
        forge.hello.remove(ext::ENCRYPT_THEN_MAC);
        forge.connect();
        // The longest fragment that is looked at: it does not open, which is another matter.
        let longest = 16 + 512 + 20 + 256;
        let [high, low] = u16::try_from(longest / 16 * 16).unwrap().to_be_bytes();
        let mut record = vec![APPLICATION_DATA, 3, 3, high, low];
        record.resize(5 + longest / 16 * 16, 9);
        let outcome = forge.deliver(&record);
        assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
    }
}

/// RFC 8449 §4: a record that exceeds the limit is answered by record_overflow.
#[test]
fn a_record_beyond_the_record_size_limit_is_refused() {
    for name in [ECDHE_GCM, ECDHE_CBC] {
        let limited = client().record_limit(RecordLimit::RecordSizeLimit(64)).build().unwrap();
        let mut facing_client = Forge::server(&limited, suite(name));
        facing_client.hello.set(ext::RECORD_SIZE_LIMIT, &[4, 0]);
        let mut facing_server = Forge::client(&server().record_size_limit(64).build().unwrap(), suite(name));
        facing_server.hello.set(ext::RECORD_SIZE_LIMIT, &[4, 0]);
        for mut forge in [facing_client, facing_server] {
            forge.connect();
            forge.send(APPLICATION_DATA, &[7; 64]).unwrap();
            let outcome = forge.send(APPLICATION_DATA, &[7; 65]);
            assert_refused!(forge, outcome, alert::RECORD_OVERFLOW, Side::Peer, Error::RecordOverflow { .. });
        }
    }
}

#[test]
fn a_limit_that_is_not_allowed_is_refused_when_it_is_configured() {
    for limit in [0, 63, 0x4001, u16::MAX] {
        let expected = Some(ConfigError::RecordSizeLimit(limit));
        assert_eq!(client().record_limit(RecordLimit::RecordSizeLimit(limit)).build().err(), expected);
        assert_eq!(server().record_size_limit(limit).build().err(), expected);
    }
    for limit in [64, 0x4000] {
        assert!(client().record_limit(RecordLimit::RecordSizeLimit(limit)).build().is_ok());
        assert!(server().record_size_limit(limit).build().is_ok());
    }
}
