//! What a trace and the log receive: which messages are sent in which order, and none of their contents.
#![cfg(all(feature = "ring", feature = "std"))]

use std::sync::{Arc, Mutex};

use crate::support::pair::{End, Pair};
use crate::support::pki::{KeyKind, PKI, Pinned, SERVER_NAME, now};
use tls12::crypto::{CipherSuite, ring};
use tls12::{
    AlertDescription, ClientConfig, Connection, Direction, Event, HandshakeType, MessageKind, Need, Policy, Role,
    ServerConfig, Trace, TracedMessage,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<TracedMessage>>);

impl Trace for Heard {
    fn message(&self, message: &TracedMessage) {
        self.0.lock().unwrap().push(*message);
    }
}

impl Heard {
    fn take(&self) -> Vec<TracedMessage> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// What one side has heard: directions and kinds.
    fn kinds(messages: &[TracedMessage]) -> Vec<(Direction, MessageKind)> {
        messages.iter().map(|message| (message.direction, message.kind)).collect()
    }
}

struct Sides {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    heard: [Arc<Heard>; 2],
}

fn sides() -> Sides {
    let heard = [Arc::new(Heard::default()), Arc::new(Heard::default())];
    let policy = Policy::default().suites(CipherSuite::from_name(ECDHE_GCM));
    let credential = PKI.server(KeyKind::Rsa).credential(&*ring::provider());
    let client = ClientConfig::builder(Pinned::server()).policy(policy.clone()).trace(Arc::clone(&heard[0]) as _);
    let server = ServerConfig::builder(credential).policy(policy).trace(Arc::clone(&heard[1]) as _);
    Sides { client: client.build().unwrap(), server: server.build().unwrap(), heard }
}

/// The same, as the other side has it.
fn mirrored(messages: &[(Direction, MessageKind)]) -> Vec<(Direction, MessageKind)> {
    let other = |direction| match direction {
        Direction::Sent => Direction::Received,
        Direction::Received => Direction::Sent,
    };
    messages.iter().map(|(direction, kind)| (other(*direction), *kind)).collect()
}

/// RFC 5246 §7.3, figure 1, with the NewSessionTicket of RFC 5077 §3.1, figure 1; and figure 2 of both.
#[test]
fn the_messages_of_a_handshake_are_those_of_the_figures() {
    use Direction::{Received as R, Sent as S};
    use HandshakeType as T;
    use MessageKind::{ChangeCipherSpec as Ccs, Handshake as H};
    let sides = sides();
    let mut pair = Pair::new(Arc::clone(&sides.client), Arc::clone(&sides.server));
    pair.run();
    pair.assert_connected();
    let full = [
        (S, H(T::CLIENT_HELLO)),
        (R, H(T::SERVER_HELLO)),
        (R, H(T::CERTIFICATE)),
        (R, H(T::SERVER_KEY_EXCHANGE)),
        (R, H(T::SERVER_HELLO_DONE)),
        (S, H(T::CLIENT_KEY_EXCHANGE)),
        (S, Ccs),
        (S, H(T::FINISHED)),
        (R, H(T::NEW_SESSION_TICKET)),
        (R, Ccs),
        (R, H(T::FINISHED)),
    ];
    let [at_client, at_server] = sides.heard.each_ref().map(|heard| heard.take());
    assert_eq!(Heard::kinds(&at_client), full);
    assert_eq!(Heard::kinds(&at_server), mirrored(&full));
    // The same lengths on both sides, and those that the records in the clear have (RFC 5246 §6.2.1).
    assert!(at_client.iter().map(|message| message.len).eq(at_server.iter().map(|message| message.len)));
    let hello_len = usize::from(u16::from_be_bytes([pair.sent[0][3], pair.sent[0][4]]));
    assert_eq!(at_client[0].len, hello_len);
    assert_eq!((at_client[6].len, at_client[7].len), (1, 16));
    assert!(
        at_client.iter().all(|message| message.role == Role::Client && message.connection == at_client[0].connection)
    );
    assert!(
        at_server.iter().all(|message| message.role == Role::Server && message.connection == at_server[0].connection)
    );
    assert_ne!(at_client[0].connection, at_server[0].connection);

    let client = End::client(Arc::clone(&sides.client), SERVER_NAME, Some(pair.client.client_session()), now());
    let mut resumed = Pair::of(client, End::server(Arc::clone(&sides.server), now()));
    resumed.run();
    assert!(resumed.client.info().resumed());
    let abbreviated = [
        (S, H(T::CLIENT_HELLO)),
        (R, H(T::SERVER_HELLO)),
        (R, Ccs),
        (R, H(T::FINISHED)),
        (S, Ccs),
        (S, H(T::FINISHED)),
    ];
    let [at_client, at_server] = sides.heard.each_ref().map(|heard| Heard::kinds(&heard.take()));
    assert_eq!((at_client, at_server), (abbreviated.to_vec(), mirrored(&abbreviated)));
}

/// Both sides see the same contents, and each the whole of a message: the length in its header is right (RFC 5246 §7.4).
#[test]
fn a_trace_can_have_the_contents() {
    #[derive(Debug, Default)]
    struct Contents(Mutex<Vec<(MessageKind, Vec<u8>)>>);
    impl Trace for Contents {
        fn message(&self, message: &TracedMessage) {
            panic!("without its contents: {message}");
        }

        fn message_with_contents(&self, message: &TracedMessage, contents: &[u8]) {
            assert_eq!(message.len, contents.len());
            self.0.lock().unwrap().push((message.kind, contents.to_vec()));
        }
    }
    let heard = [Arc::new(Contents::default()), Arc::new(Contents::default())];
    let credential = PKI.server(KeyKind::Rsa).credential(&*ring::provider());
    let client = ClientConfig::builder(Pinned::server()).trace(Arc::clone(&heard[0]) as _).build().unwrap();
    let server = ServerConfig::builder(credential).trace(Arc::clone(&heard[1]) as _).build().unwrap();
    let mut pair = Pair::new(client, server);
    pair.run();
    pair.assert_connected();
    let [at_client, at_server] = heard.each_ref().map(|heard| std::mem::take(&mut *heard.0.lock().unwrap()));
    assert_eq!(at_client, at_server);
    for (kind, contents) in &at_client {
        match kind {
            MessageKind::Handshake(typ) => {
                let len = u32::from_be_bytes([0, contents[1], contents[2], contents[3]]) as usize;
                assert_eq!((contents[0], contents.len()), (typ.0, 4 + len), "{kind}");
            }
            _ => assert_eq!(contents, &[1], "{kind}"),
        }
    }
    // RFC 5077 §3.1, figure 1.
    assert_eq!(at_client.len(), 11);
}

/// Alerts of both kinds; and data are no messages.
#[test]
fn alerts_are_told_of() {
    let sides = sides();
    let mut pair = Pair::new(Arc::clone(&sides.client), Arc::clone(&sides.server));
    pair.run();
    sides.heard.iter().for_each(|heard| drop(heard.take()));
    pair.exchange_data(1000);
    assert!(sides.heard.iter().all(|heard| heard.take().is_empty()));
    pair.client.connection.close(&mut pair.client.output);
    pair.run();
    let close = MessageKind::Warning(AlertDescription::CloseNotify);
    let [at_client, at_server] = sides.heard.each_ref().map(|heard| heard.take());
    assert_eq!(Heard::kinds(&at_client), [(Direction::Sent, close)]);
    assert_eq!(Heard::kinds(&at_server), [(Direction::Received, close)]);
    assert_eq!((at_client[0].len, at_server[0].len), (2, 2));

    // A record that does not open: RFC 5246 §7.2.2, bad_record_mac is always fatal.
    let mut pair = Pair::new(Arc::clone(&sides.client), Arc::clone(&sides.server));
    pair.run();
    sides.heard.iter().for_each(|heard| drop(heard.take()));
    pair.server.input = [&[23, 3, 3, 0, 32][..], &[0; 32]].concat();
    let _ = pair.server.run();
    pair.run();
    let fatal = MessageKind::FatalAlert(AlertDescription::BadRecordMac);
    let [at_client, at_server] = sides.heard.each_ref().map(|heard| Heard::kinds(&heard.take()));
    assert_eq!((at_client, at_server), (vec![(Direction::Received, fatal)], vec![(Direction::Sent, fatal)]));
}

/// Each half tells what it does itself, and nothing is told twice.
#[test]
fn halves_tell_too() {
    let sides = sides();
    let mut pair = Pair::new(Arc::clone(&sides.client), Arc::clone(&sides.server));
    pair.run();
    sides.heard.iter().for_each(|heard| drop(heard.take()));
    let (mut receiver, mut sender) = pair.client.connection.split().unwrap();
    let mut outgoing = tls12::Outgoing::default();
    let mut record = [&[23, 3, 3, 0, 32][..], &[0; 32]].concat();
    assert!(receiver.process(&mut record, &mut outgoing).is_err());
    let mut out = Vec::new();
    sender.send(outgoing, &mut out);
    sender.close(&mut out);
    let fatal = MessageKind::FatalAlert(AlertDescription::BadRecordMac);
    assert_eq!(Heard::kinds(&sides.heard[0].take()), [(Direction::Sent, fatal)]);
    let (_, mut sender) = pair.server.connection.split().unwrap();
    sender.close(&mut out);
    sender.close(&mut out);
    let close = MessageKind::Warning(AlertDescription::CloseNotify);
    assert_eq!(Heard::kinds(&sides.heard[1].take()), [(Direction::Sent, close)]);
}

/// Where the configuration is chosen by the ClientHello, that is told when it has been chosen, before what answers it.
#[test]
fn a_chosen_configuration_traces_from_the_client_hello_on() {
    use Direction::{Received, Sent};
    use HandshakeType as T;
    let sides = sides();
    let mut client = End::client(Arc::clone(&sides.client), SERVER_NAME, None, now());
    let mut server = Connection::accept(now());
    let mut out = Vec::new();
    let step = server.process(&mut client.output, &mut out).unwrap();
    let Event::Suspended(Need::SelectConfig(request)) = step.event else { panic!("{step:?}") };
    assert!(sides.heard[1].take().is_empty());
    server.answer(request.selected(Arc::clone(&sides.server)), &mut out).unwrap();
    server.process(&mut [], &mut out).unwrap();
    server.close(&mut out);
    let heard = sides.heard[1].take();
    // RFC 5246 §7.3, figure 1.
    let [first, answers @ .., last] = &Heard::kinds(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!(*first, (Received, MessageKind::Handshake(T::CLIENT_HELLO)));
    let flight = [T::SERVER_HELLO, T::CERTIFICATE, T::SERVER_KEY_EXCHANGE, T::SERVER_HELLO_DONE];
    assert_eq!(answers, flight.map(|typ| (Sent, MessageKind::Handshake(typ))));
    assert_eq!(*last, (Sent, MessageKind::Warning(AlertDescription::CloseNotify)));
    assert_eq!(heard[0].len, sides.heard[0].take()[0].len, "as the client has sent it");
    assert!(heard.iter().all(|one| (one.connection, one.role) == (heard[0].connection, Role::Server)));
}

#[test]
fn what_is_told_can_be_read() {
    let sides = sides();
    let mut pair = Pair::new(Arc::clone(&sides.client), Arc::clone(&sides.server));
    pair.run();
    pair.client.connection.close(&mut pair.client.output);
    let heard = sides.heard[0].take();
    let number = heard[0].connection;
    let text = |i: usize| heard[i].to_string();
    assert_eq!(text(0), format!("connection {number} (client): sent ClientHello, {} bytes", heard[0].len));
    assert_eq!(text(6), format!("connection {number} (client): sent ChangeCipherSpec, 1 bytes"));
    assert_eq!(text(11), format!("connection {number} (client): sent alert close_notify (warning), 2 bytes"));
}
