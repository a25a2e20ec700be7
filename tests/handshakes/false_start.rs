//! False Start (RFC 7918): data that is sent with the client's Finished, if that is safe and enabled.
#![cfg(feature = "ring")]

use std::sync::Arc;

use crate::assert_refused;
use crate::support::forge::{APPLICATION_DATA, Forge, HANDSHAKE, Step, alert};
use crate::support::hello::{ext, typ, vector};
use crate::support::pair::{End, Happened, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use tls12::crypto::{CipherSuite, ring};
use tls12::{
    CertificateError, CertificateErrorKind, ClientConfig, ClientConfigBuilder, Connection, Error, Event, FalseStart,
    Need, Policy, Renegotiation, SealError, ServerConfig, Side, Verified,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";

fn client(false_start: FalseStart) -> ClientConfigBuilder {
    ClientConfig::builder(Pinned::server()).policy(Policy::legacy()).false_start(false_start)
}

fn facing(client: ClientConfigBuilder, suite: &str) -> Forge {
    Forge::server(&client.build().unwrap(), CipherSuite::from_name(suite).unwrap())
}

/// Whether the caller was told that data can be sent, when the client has said its Finished.
fn starts_falsely(forge: &mut Forge) -> bool {
    forge.up_to(Step::ChangeCipherSpec);
    let finished = |(content, message): &(u8, Vec<u8>)| *content == HANDSHAKE && message[0] == typ::FINISHED;
    assert!(forge.heard.iter().any(finished));
    forge.target.log.contains(&Happened::FalseStart)
}

/// RFC 7918 §3: the data comes right behind the client's Finished, before anything of the server's; the server takes it as any
/// other. What is known of the connection is known.
#[test]
fn data_leaves_with_finished() {
    let mut forge = facing(client(FalseStart::WhereSafe).alpn_protocols(["h2"]), ECDHE_GCM);
    forge.hello.set(ext::ALPN, &vector(2, &vector(1, b"h2")));
    assert!(starts_falsely(&mut forge));
    assert_eq!(forge.target.log, [Happened::FalseStart]);
    let target = &mut forge.target;
    assert_eq!(target.info().suite().name, ECDHE_GCM);
    assert_eq!((target.info().alpn_protocol(), target.peer()), (Some(&b"h2"[..]), &PKI.server));
    assert!(target.connection.tls_exporter().is_err() && target.connection.tls_unique().is_none());
    target.connection.seal(b"early", &mut target.output).unwrap();
    forge.hear();
    assert_eq!(forge.heard.last().unwrap(), &(APPLICATION_DATA, b"early".to_vec()));
    forge.finish_from(Step::ChangeCipherSpec);
    assert_eq!(forge.target.log, [Happened::FalseStart, Happened::Connected]);
    assert!(forge.target.connection.tls_exporter().is_ok());
}

/// Our own server takes it too.
#[test]
fn with_our_server() {
    let client = client(FalseStart::WhereSafe).build().unwrap();
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap();
    let mut pair = Pair::of(End::client(client, SERVER_NAME, None, now()), End::server(server, now()));
    pair.server.input.append(&mut pair.client.output);
    pair.server.run().unwrap();
    pair.client.input.append(&mut pair.server.output);
    pair.client.run().unwrap();
    assert_eq!(pair.client.log, [Happened::FalseStart]);
    pair.client.connection.seal(b"early", &mut pair.client.output).unwrap();
    pair.run();
    pair.assert_connected();
    assert_eq!(pair.server.data, b"early");
    pair.exchange_data(1000);
}

/// RFC 7918 §4: never without forward secrecy, nor with CBC; and never where it was not asked for.
#[test]
fn only_where_it_is_safe() {
    for (false_start, suite, may) in [
        (FalseStart::WhereSafe, ECDHE_GCM, true),
        (FalseStart::Never, ECDHE_GCM, false),
        (FalseStart::WhereSafe, ECDHE_CBC, false),
        (FalseStart::WhereSafe, RSA_GCM, false),
    ] {
        let mut forge = facing(client(false_start), suite);
        assert_eq!(starts_falsely(&mut forge), may, "{suite} {false_start:?}");
        let End { connection, output, .. } = &mut forge.target;
        assert_eq!(connection.info().is_some(), may);
        assert_eq!(connection.seal(b"early", output), if may { Ok(()) } else { Err(SealError::NotConnected) });
        forge.hear();
        forge.finish_from(Step::ChangeCipherSpec);
    }
}

/// Not in a renegotiation, where nothing is sent before it is complete; nor where a session is resumed, which has no round trip
/// to save.
#[test]
fn only_in_the_first_full_handshake() {
    let mut forge = facing(client(FalseStart::WhereSafe).renegotiation(Renegotiation::AtMost(1)), ECDHE_GCM);
    forge.hello.session_id = vec![7; 32];
    let mut finished = Vec::new();
    for step in forge.flow() {
        if *step == Step::Finished {
            let message = forge.make(*step);
            finished = message[4..].to_vec();
            forge.say(&message).unwrap();
        } else {
            forge.perform(*step).unwrap();
        }
    }
    let heard = forge.heard.iter().rfind(|(content, message)| *content == HANDSHAKE && message[0] == typ::FINISHED);
    let info = [&heard.unwrap().1[4..], &finished].concat();
    forge.transcript.clear();
    forge.premaster = None;
    forge.hello.set(ext::RENEGOTIATION_INFO, &vector(1, &info));
    forge.say(&[typ::HELLO_REQUEST, 0, 0, 0]).unwrap();
    forge.up_to(Step::ChangeCipherSpec);
    assert_eq!(forge.target.log.iter().filter(|happened| **happened == Happened::FalseStart).count(), 1);
    let End { connection, output, .. } = &mut forge.target;
    assert_eq!(connection.seal(b"early", output), Err(SealError::Renegotiating));
}

/// Before the server is verified nothing can be sent; and one that is refused never gets anything.
#[test]
fn only_after_the_verdict() {
    for trusted in [true, false] {
        let config = ClientConfig::builder_verifying_later(ring::provider()).false_start(FalseStart::WhereSafe);
        let mut forge = Forge::server(&config.build().unwrap(), CipherSuite::from_name(ECDHE_GCM).unwrap());
        forge.up_to(Step::ChangeCipherSpec);
        let End { connection, output, pending, .. } = &mut forge.target;
        assert_eq!(connection.seal(b"early", output), Err(SealError::NotConnected));
        let Some(Need::VerifyPeer(request)) = pending.take() else { panic!("no verdict is asked for") };
        let verdict = CertificateError::new(CertificateErrorKind::Revoked, "");
        let answered =
            connection.answer(request.verified(if trusted { Ok(Verified::default()) } else { Err(verdict) }), output);
        assert_eq!(answered.is_ok(), trusted);
        if trusted {
            assert!(matches!(connection.process(&mut [], output).unwrap().event, Event::FalseStart));
            connection.seal(b"early", output).unwrap();
        } else {
            assert_eq!(connection.seal(b"early", output), Err(SealError::Closed));
        }
    }
}

/// If the server's Finished does not match after all, the connection fails as it always would; data from the server before it
/// is refused.
#[test]
fn the_servers_finished_still_decides() {
    let start = || {
        let mut forge = facing(client(FalseStart::WhereSafe), ECDHE_GCM);
        assert!(starts_falsely(&mut forge));
        forge.target.connection.seal(b"early", &mut forge.target.output).unwrap();
        forge.hear();
        forge
    };
    let mut forge = start();
    forge.perform(Step::ChangeCipherSpec).unwrap();
    let mut finished = forge.make(Step::Finished);
    *finished.last_mut().unwrap() ^= 1;
    let outcome = forge.say(&finished);
    assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::FinishedMismatch);

    let mut forge = start();
    forge.perform(Step::ChangeCipherSpec).unwrap();
    let outcome = forge.send(APPLICATION_DATA, b"too early");
    assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
}

/// A blocking stream writes without waiting for the server's Finished; to read, it waits.
#[cfg(feature = "std")]
#[test]
fn a_blocking_stream_makes_use_of_it() {
    use std::io::{Read, Write};
    use tls12::io::blocking::StreamOwned;

    /// The server at the other end of the transport: what it is given is run at once, what it says waits.
    struct Peer {
        server: Connection,
        unsent: Vec<u8>,
        held: bool,
        received: Vec<u8>,
    }
    impl Write for Peer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let (mut input, mut rest) = (bytes.to_vec(), 0);
            loop {
                let step = self.server.process(&mut input[rest..], &mut self.unsent).unwrap();
                rest += step.consumed;
                match step.event {
                    Event::Data(data) => self.received.extend_from_slice(data),
                    Event::NeedInput { .. } => return Ok(bytes.len()),
                    Event::Connected => self.held = true,
                    _ => {}
                }
            }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl Read for Peer {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.held {
                return Err(std::io::ErrorKind::WouldBlock.into());
            }
            let len = into.len().min(self.unsent.len());
            into[..len].copy_from_slice(&self.unsent[..len]);
            self.unsent.drain(..len);
            Ok(len)
        }
    }

    for (false_start, goes_out) in [(FalseStart::WhereSafe, true), (FalseStart::Never, false)] {
        let server = ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap();
        let peer = Peer { server: Connection::server(server, now()), unsent: vec![], held: false, received: vec![] };
        let config: Arc<ClientConfig> = client(false_start).build().unwrap();
        let name = tls12::ServerName::try_from(SERVER_NAME).unwrap();
        let mut out = Vec::new();
        let connection = Connection::client(config, name, now(), &mut out).unwrap();
        let mut stream = StreamOwned::new(connection, peer, out);
        // The server holds its Finished back.
        assert_eq!(stream.write(b"early").is_ok(), goes_out);
        assert_eq!(stream.transport().received, if goes_out { &b"early"[..] } else { b"" });
        stream.transport_mut().held = false;
        stream.complete_handshake().unwrap();
        stream.write_all(b"late").unwrap();
        assert!(stream.transport().received.ends_with(b"late"));
    }
}
