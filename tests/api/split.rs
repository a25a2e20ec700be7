//! A connection taken apart: into one half for each direction, used from two threads at once, and into the secrets that
//! protect its records, used by another record layer.
#![cfg(all(feature = "std", feature = "ring"))]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::independent;
use crate::support::pair::{Happened, Pair};
use crate::support::pki::{PKI, Pinned};
use aes_gcm::KeyInit;
use aes_gcm::aead::{Aead, Payload};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use tls12::crypto::{AeadAlgorithm, CipherSuite, Protection, ring as provider};
use tls12::io::blocking::Stream;
use tls12::wire::ContentType;
use tls12::{
    AlertDescription, ClientConfig, Connection, DirectionSecrets, Error, Event, ExportError, HEADROOM, Outgoing,
    Policy, Receiver, Renegotiation, SealError, Sender, ServerConfig, TAILROOM,
};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const TIMEOUT: Duration = Duration::from_secs(60);

/// One AEAD with a nonce in the record, one without, and CBC.
const SUITES: [&str; 3] = [
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

/// Client and server that have yet to speak.
fn pair(suite: &str) -> Pair {
    let policy = Policy::legacy().suites([CipherSuite::from_name(suite).unwrap()]);
    // A half does not renegotiate, whatever the configuration says.
    let client = ClientConfig::builder(Pinned::server()).policy(policy.clone()).renegotiation(Renegotiation::AtMost(9));
    let client = client.build().unwrap();
    let server = ServerConfig::builder(PKI.credential(&*provider::provider())).policy(policy).build().unwrap();
    Pair::new(client, server)
}

fn connected(suite: &str) -> Pair {
    let mut pair = pair(suite);
    pair.run();
    pair.assert_connected();
    pair
}

/// Everything that comes of `input`, which is processed whole: data, and the other events by their names.
fn receive(
    receiver: &mut Receiver,
    input: &mut [u8],
    outgoing: &mut Outgoing,
) -> Result<(Vec<u8>, Vec<String>), Error> {
    let (mut data, mut others, mut at) = (Vec::new(), Vec::new(), 0);
    loop {
        let step = receiver.process(&mut input[at..], outgoing)?;
        at += step.consumed;
        match step.event {
            Event::NeedInput { .. } => return Ok((data, others)),
            Event::Data(text) => data.extend_from_slice(text),
            Event::CloseNotify => {
                others.push("CloseNotify".to_owned());
                return Ok((data, others));
            }
            other => others.push(format!("{other:?}")),
        }
    }
}

/// Sends `total` bytes in pieces of random length, by each of the ways to seal, and close_notify.
fn send_all(mut sender: Sender, mut socket: TcpStream, seed: u64, total: usize) {
    let (mut lengths, mut text) = (StdRng::seed_from_u64(!seed), StdRng::seed_from_u64(seed));
    let (mut left, mut out) = (total, Vec::new());
    while left > 0 {
        let len = lengths.random_range(1..=50_000).min(left);
        left -= len;
        let mut piece = vec![0; len];
        text.fill_bytes(&mut piece);
        out.clear();
        match lengths.random_range(0..3) {
            0 => sender.seal(&piece, &mut out).unwrap(),
            1 => {
                let (a, b) = piece.split_at(len / 3);
                sender.seal_vectored(&[a, &[], b], &mut out).unwrap();
            }
            _ => {
                let (front, rest) = piece.split_at(len.min(10_000));
                let mut buf = vec![0; HEADROOM + front.len() + TAILROOM];
                buf[HEADROOM..HEADROOM + front.len()].copy_from_slice(front);
                let record = sender.seal_in_place(&mut buf, HEADROOM..HEADROOM + front.len()).unwrap();
                out.extend_from_slice(record);
                sender.seal(rest, &mut out).unwrap();
            }
        }
        socket.write_all(&out).unwrap();
    }
    out.clear();
    sender.close(&mut out);
    sender.close(&mut out);
    assert_eq!(sender.seal(b"more", &mut out), Err(SealError::Closed));
    socket.write_all(&out).unwrap();
}

/// Checks that `total` bytes come, those that [`send_all`] makes of this seed, and close_notify.
fn receive_all(mut receiver: Receiver, mut socket: TcpStream, seed: u64, total: usize) {
    let mut text = StdRng::seed_from_u64(seed);
    let (mut buffer, mut filled, mut received) = (vec![0; 1 << 15], 0, 0);
    let mut outgoing = Outgoing::default();
    loop {
        let n = socket.read(&mut buffer[filled..]).unwrap();
        assert!(n > 0, "cut off after {received} bytes");
        filled += n;
        let mut at = 0;
        loop {
            let step = receiver.process(&mut buffer[at..filled], &mut outgoing).unwrap();
            at += step.consumed;
            match step.event {
                Event::NeedInput { .. } => break,
                Event::Data(data) => {
                    let mut expected = vec![0; data.len()];
                    text.fill_bytes(&mut expected);
                    assert!(data == expected, "other data at {received}");
                    received += data.len();
                }
                Event::CloseNotify => {
                    assert_eq!(received, total);
                    assert!(receiver.end_of_input().is_ok() && outgoing.is_empty());
                    return;
                }
                other => panic!("{other:?}"),
            }
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
    }
}

#[test]
fn the_halves_work_at_once_from_two_threads_each() {
    const TOTAL: usize = 8_000_000;
    for suite in SUITES {
        let Pair { client, server, .. } = connected(suite);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client_socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server_socket = listener.accept().unwrap().0;
        let mut threads = Vec::new();
        let ends = [(client.connection, client_socket, 1, 2), (server.connection, server_socket, 2, 1)];
        for (connection, socket, sends, receives) in ends {
            socket.set_read_timeout(Some(TIMEOUT)).unwrap();
            socket.set_write_timeout(Some(TIMEOUT)).unwrap();
            let (receiver, sender) = connection.split().unwrap();
            let other = socket.try_clone().unwrap();
            threads.push(thread::spawn(move || send_all(sender, other, sends, text_len(sends))));
            threads.push(thread::spawn(move || receive_all(receiver, socket, receives, text_len(receives))));
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
    // Another for each direction.
    fn text_len(seed: u64) -> usize {
        TOTAL + 1234 * usize::try_from(seed).unwrap()
    }
}

// RFC 5246 §6.2.3.3 and RFC 5288 §3, RFC 7905 §2, with primitives that know nothing of records.
fn seal(suite: &CipherSuite, secrets: &mut DirectionSecrets, content_type: ContentType, text: &[u8]) -> Vec<u8> {
    let eight = secrets.sequence.to_be_bytes();
    let len = u16::try_from(text.len()).unwrap();
    let aad = [eight.as_slice(), &[content_type.0, 3, 3], &len.to_be_bytes()].concat();
    let (key, iv) = (secrets.key.expose(), secrets.fixed_iv.expose());
    let payload = Payload { msg: text, aad: &aad };
    let explicit = || <[u8; 12]>::try_from([iv, &eight].concat()).unwrap();
    let fragment = match suite.protection {
        Protection::Aead(AeadAlgorithm::Aes128Gcm) => {
            let sealed = aes_gcm::Aes128Gcm::new_from_slice(key).unwrap().encrypt(&explicit().into(), payload).unwrap();
            [eight.as_slice(), &sealed].concat()
        }
        Protection::Aead(AeadAlgorithm::Aes256Gcm) => {
            let sealed = aes_gcm::Aes256Gcm::new_from_slice(key).unwrap().encrypt(&explicit().into(), payload).unwrap();
            [eight.as_slice(), &sealed].concat()
        }
        Protection::Aead(AeadAlgorithm::ChaCha20Poly1305) => {
            let mut sealed = text.to_vec();
            let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).unwrap());
            key.seal_in_place_append_tag(chacha_nonce(secrets), Aad::from(aad), &mut sealed).unwrap();
            sealed
        }
        _ => panic!("not known here: {}", suite.name),
    };
    secrets.sequence += 1;
    let len = u16::try_from(fragment.len()).unwrap();
    [[content_type.0, 3, 3].as_slice(), &len.to_be_bytes(), &fragment].concat()
}

fn chacha_nonce(secrets: &DirectionSecrets) -> Nonce {
    let mut nonce: [u8; 12] = secrets.fixed_iv.expose().try_into().unwrap();
    nonce[4..].iter_mut().zip(secrets.sequence.to_be_bytes()).for_each(|(to, from)| *to ^= from);
    Nonce::assume_unique_for_key(nonce)
}

/// The text of the first record in `records`, which is taken off.
fn open(
    suite: &'static CipherSuite,
    encrypt_then_mac: bool,
    secrets: &mut DirectionSecrets,
    records: &mut Vec<u8>,
) -> (u8, Vec<u8>) {
    let len = usize::from(u16::from_be_bytes([records[3], records[4]]));
    let record: Vec<u8> = records.drain(..5 + len).collect();
    let (content_type, fragment) = (record[0], &record[5..]);
    let text = if suite.protection == Protection::Aead(AeadAlgorithm::ChaCha20Poly1305) {
        let text_len = u16::try_from(fragment.len() - 16).unwrap();
        let aad = [&secrets.sequence.to_be_bytes()[..], &[content_type, 3, 3], &text_len.to_be_bytes()].concat();
        let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, secrets.key.expose()).unwrap());
        let mut sealed = fragment.to_vec();
        key.open_in_place(chacha_nonce(secrets), Aad::from(aad), &mut sealed).unwrap().to_vec()
    } else {
        let keys = independent::Keys {
            mac: secrets.mac_key.expose().to_vec(),
            cipher: secrets.key.expose().to_vec(),
            iv: secrets.fixed_iv.expose().to_vec(),
        };
        let parameters = independent::Parameters { suite, encrypt_then_mac };
        independent::open(parameters, &keys, secrets.sequence, content_type, fragment).expect("it does not open")
    };
    secrets.sequence += 1;
    (content_type, text)
}

#[test]
fn another_record_layer_goes_on_with_the_traffic_secrets() {
    for suite in SUITES.into_iter().chain(["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]) {
        let mut pair = connected(suite);
        let suite = CipherSuite::from_name(suite).unwrap();
        // Records before, as many each way as not to be taken for the other.
        pair.exchange_data(100);
        pair.client.connection.seal(b"one more", &mut pair.client.output).unwrap();
        pair.run();

        let mut secrets = pair.client.connection.into_traffic_secrets().unwrap();
        assert_eq!(secrets.info.suite().code, suite.code);
        // Finished, and what came after it.
        assert_eq!((secrets.send.sequence, secrets.receive.sequence), (3, 2), "{}", suite.name);
        pair.server.connection.seal(b"from the server", &mut pair.server.output).unwrap();
        let encrypt_then_mac = secrets.info.mac_order() == Some(tls12::crypto::MacOrder::EncryptThenMac);
        let opened = open(suite, encrypt_then_mac, &mut secrets.receive, &mut pair.server.output);
        assert_eq!(opened, (ContentType::APPLICATION_DATA.0, b"from the server".to_vec()));
        if matches!(suite.protection, Protection::Cbc(..)) {
            assert!(encrypt_then_mac && secrets.send.mac_key.expose() != secrets.receive.mac_key.expose());
            continue;
        }
        for text in ["from another record layer", "twice"] {
            pair.server.input.extend(seal(suite, &mut secrets.send, ContentType::APPLICATION_DATA, text.as_bytes()));
        }
        pair.server.data.clear();
        pair.server.run().unwrap();
        assert_eq!(pair.server.data, b"from another record layertwice");
        pair.server.input.extend(seal(suite, &mut secrets.send, ContentType::ALERT, &[1, 0]));
        pair.server.run().unwrap();
        assert_eq!(pair.server.log.last(), Some(&Happened::CloseNotify));
    }
}

#[test]
fn what_is_not_open_both_ways_has_no_traffic_secrets_to_give() {
    let not_connected =
        |connection: Connection| connection.into_traffic_secrets().err() == Some(ExportError::NotConnected);
    assert!(not_connected(pair(SUITES[0]).client.connection));
    let mut pair = connected(SUITES[0]);
    pair.client.connection.close(&mut pair.client.output);
    pair.run();
    assert!(not_connected(pair.client.connection));
    assert!(not_connected(pair.server.connection));
}

#[test]
fn a_connection_that_is_not_established_comes_back_whole() {
    let mut pair = pair(SUITES[0]);
    pair.client.connection = pair.client.connection.split().unwrap_err();
    pair.server.connection = pair.server.connection.split().unwrap_err();
    pair.run();
    pair.assert_connected();
    // One that has failed is given back as well.
    pair.server.input.extend([99; 5]);
    assert!(pair.server.run().is_err());
    assert!(pair.server.connection.split().is_err());
}

/// RFC 5246 §7.2.2: after a fatal alert, each side closes the connection at once.
#[test]
fn a_fatal_alert_of_the_peer_closes_the_sender() {
    let Pair { client, mut server, .. } = connected(SUITES[0]);
    let (mut receiver, mut sender) = client.connection.split().unwrap();
    let (mut input, mut outgoing, mut out) = (Vec::new(), Outgoing::default(), Vec::new());
    server.connection.abort(AlertDescription::InternalError, &mut input);
    let expected = Error::Alert(AlertDescription::InternalError);
    assert_eq!(receiver.process(&mut input, &mut outgoing).unwrap_err(), expected);
    assert!(!outgoing.is_empty());
    sender.send(outgoing, &mut out);
    assert_eq!(sender.seal(b"more", &mut out), Err(SealError::Closed));
    sender.close(&mut out);
    assert!(out.is_empty(), "there is nobody to whom anything could be sent");
}

/// A peer that asks to renegotiate: the refusal, a warning, is the sender's to send (RFC 5246 §7.2.2).
#[test]
fn requests_to_renegotiate_are_refused_through_the_sender() {
    const HELLO_REQUEST: [u8; 4] = [0; 4];
    let Pair { client, server, .. } = connected(SUITES[0]);
    let suite = client.info().suite();
    let mut forger = server.connection.into_traffic_secrets().unwrap();
    let (mut receiver, mut sender) = client.connection.split().unwrap();

    let (mut outgoing, mut out) = (Outgoing::default(), Vec::new());
    let mut input = seal(suite, &mut forger.send, ContentType::HANDSHAKE, &HELLO_REQUEST);
    input.extend(seal(suite, &mut forger.send, ContentType::APPLICATION_DATA, b"after it"));
    let (data, others) = receive(&mut receiver, &mut input, &mut outgoing).unwrap();
    assert_eq!(
        (data.as_slice(), others),
        (b"after it".as_slice(), vec!["RenegotiationRefused(NotPossible)".to_owned()])
    );
    assert!(!outgoing.is_empty());
    sender.send(outgoing, &mut out);
    // A warning, no_renegotiation; and the connection goes on.
    assert_eq!(open(suite, false, &mut forger.receive, &mut out), (ContentType::ALERT.0, vec![1, 100]));
    sender.seal(b"goes on", &mut out).unwrap();
    assert_eq!(open(suite, false, &mut forger.receive, &mut out).1, b"goes on");

    // RFC 5246 §7.2.1: after close_notify nothing more is said.
    sender.close(&mut out);
    assert_eq!(open(suite, false, &mut forger.receive, &mut out).1, [1, 0]);
    let mut outgoing = Outgoing::default();
    let mut input = seal(suite, &mut forger.send, ContentType::HANDSHAKE, &HELLO_REQUEST);
    receive(&mut receiver, &mut input, &mut outgoing).unwrap();
    sender.send(outgoing, &mut out);
    assert!(out.is_empty());

    // Nor does it go on for ever.
    let mut outgoing = Outgoing::default();
    let ended = (0..10).find_map(|_| {
        let mut input = seal(suite, &mut forger.send, ContentType::HANDSHAKE, &HELLO_REQUEST);
        receive(&mut receiver, &mut input, &mut outgoing).err()
    });
    assert!(matches!(ended, Some(Error::TooMany(tls12::Limited::RenegotiationRequests))), "{ended:?}");
    sender.send(outgoing, &mut out);
}

/// A stream as a whole, whose server asks for another handshake and closes its side instead: a write cannot go on.
#[test]
fn a_write_does_not_wait_for_a_handshake_that_the_server_has_closed() {
    const HELLO_REQUEST: [u8; 4] = [0; 4];
    let Pair { mut client, server, .. } = connected(SUITES[0]);
    let suite = client.info().suite();
    let mut forger = server.connection.into_traffic_secrets().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut peer = listener.accept().unwrap().0;
    peer.write_all(&seal(suite, &mut forger.send, ContentType::HANDSHAKE, &HELLO_REQUEST)).unwrap();
    peer.write_all(&seal(suite, &mut forger.send, ContentType::ALERT, &[1, 0])).unwrap();
    let mut socket = socket;
    let mut stream = Stream::new(&mut client.connection, &mut socket, Vec::new());
    assert_eq!(stream.read(&mut [0; 10]).unwrap(), 0);
    let error = stream.write(b"x").unwrap_err();
    // The handshake will never be complete.
    assert_eq!(error.get_ref().unwrap().downcast_ref(), Some(&SealError::Closed));
}

/// The same, of a client that sends another ClientHello.
#[test]
fn a_second_client_hello_is_refused_through_the_sender() {
    let mut pair = pair(SUITES[0]);
    let hello = pair.client.output[5..].to_vec();
    pair.run();
    let Pair { client, server, .. } = pair;
    let suite = client.info().suite();
    let mut forger = client.connection.into_traffic_secrets().unwrap();
    let (mut receiver, mut sender) = server.connection.split().unwrap();
    let (mut outgoing, mut out) = (Outgoing::default(), Vec::new());
    let mut input = seal(suite, &mut forger.send, ContentType::HANDSHAKE, &hello);
    receive(&mut receiver, &mut input, &mut outgoing).unwrap();
    sender.send(outgoing, &mut out);
    assert_eq!(open(suite, false, &mut forger.receive, &mut out), (ContentType::ALERT.0, vec![1, 100]));
}

#[test]
fn a_fatal_alert_goes_to_the_peer_and_closes_the_sender() {
    let (told, refused) = mpsc::channel();
    let Pair { client, mut server, .. } = connected(SUITES[2]);
    let (mut receiver, mut sender) = client.connection.split().unwrap();
    server.connection.seal(b"to be damaged", &mut server.output).unwrap();
    *server.output.last_mut().unwrap() ^= 1;
    let mut input = server.output.split_off(0);
    // What it wants sent can go from thread to thread.
    let receiving = thread::spawn(move || {
        let mut outgoing = Outgoing::default();
        let error = receive(&mut receiver, &mut input, &mut outgoing).unwrap_err();
        told.send(outgoing).unwrap();
        // The error stays, and nothing is said twice.
        let mut outgoing = Outgoing::default();
        assert_eq!(receive(&mut receiver, &mut [], &mut outgoing).unwrap_err(), error);
        assert!(outgoing.is_empty());
        error
    });
    // The sender does not know yet.
    sender.seal(b"meanwhile", &mut server.input).unwrap();
    sender.send(refused.recv().unwrap(), &mut server.input);
    assert_eq!(receiving.join().unwrap(), Error::BadRecordMac);
    assert_eq!(sender.seal(b"more", &mut server.input), Err(SealError::Closed));
    assert_eq!(server.run(), Err(Error::Alert(AlertDescription::BadRecordMac)));
    assert_eq!(server.data, b"meanwhile");
}

#[test]
fn a_half_that_is_cut_off_says_so() {
    let Pair { client, .. } = connected(SUITES[0]);
    let (mut receiver, _sender) = client.connection.split().unwrap();
    assert!(receiver.info().is_some());
    assert_eq!(receiver.end_of_input(), Err(Error::Truncated));
    assert!(receiver.info().is_none());
}

#[test]
fn parts_are_sealed_as_one_text() {
    let mut pair = connected(SUITES[0]);
    let text: Vec<u8> = (0..40_000_u32).map(|i| (i % 251) as u8).collect();
    for cuts in [&[][..], &[0], &[40_000], &[1, 2, 3], &[16_383], &[16_384], &[16_385, 32_768], &[5, 5, 39_999]] {
        let (mut parts, mut from) = (Vec::new(), 0);
        for to in cuts.iter().copied().chain([text.len()]) {
            parts.push(&text[from..to]);
            from = to;
        }
        let mut whole = Vec::new();
        pair.server.connection.seal(&text, &mut whole).unwrap();
        pair.client.input.extend(&whole);
        pair.client.run().unwrap();
        pair.client.data.clear();

        pair.server.connection.seal_vectored(&parts, &mut pair.server.output).unwrap();
        // As many records as of one piece.
        assert_eq!(pair.server.output.len(), whole.len(), "{cuts:?}");
        pair.run();
        assert!(pair.client.data == text, "{cuts:?}");
    }
}
