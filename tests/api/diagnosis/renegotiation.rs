//! A refused request to renegotiate is reported, and is the likely cause of the failure that follows.

use super::*;
use crate::support::forge::ext;
use crate::support::hello::vector;
use crate::support::pair::Happened;
use tls12::RenegotiationRefusal;

/// A client of this configuration that is connected, and asked to renegotiate.
fn asked(config: ClientConfigBuilder, change: impl FnOnce(&mut Forge)) -> Forge {
    let mut forge = Forge::server(&config.build().unwrap(), suite(ECDHE_GCM));
    change(&mut forge);
    forge.connect();
    forge.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
    forge
}

/// RFC 5246 §7.2.2: the refusal is a warning; most servers then close the connection, in one way or the other.
#[test]
fn a_refusal_is_the_likely_cause_of_what_follows() {
    let endings: [fn(&mut Forge) -> Error; 3] = [
        |forge| forge.target.connection.end_of_input().unwrap_err(),
        |forge| forge.target.connection.transport_reset().unwrap_err(),
        |forge| forge.send(ALERT, &[alert::FATAL, alert::HANDSHAKE_FAILURE]).unwrap_err(),
    ];
    for end in endings {
        let mut forge = asked(client(), |_| {});
        let why = RenegotiationRefusal::NotAllowed;
        assert_eq!(forge.target.log.last(), Some(&Happened::RenegotiationRefused(why)));
        assert_eq!(forge.target.connection.renegotiation_refused(), Some(why));
        let error = end(&mut forge);
        let told = forge.target.connection.diagnosis().unwrap();
        assert_says(
            &told,
            &[
                &error.to_string(),
                "the likely cause is that the server asked to renegotiate",
                "ClientConfigBuilder::renegotiation",
            ],
        );
        assert_eq!(told.advice()[0], Advice::AllowRenegotiation);
    }
    // Without one, it is not blamed.
    let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
    forge.connect();
    assert_eq!(forge.target.connection.renegotiation_refused(), None);
    forge.target.connection.end_of_input().unwrap_err();
    assert!(!forge.target.connection.diagnosis().unwrap().cause().contains("renegotiate"));
    // Nor for what has nothing to do with it.
    let mut forge = asked(client(), |_| {});
    let mut record = forge.seal(crate::support::forge::APPLICATION_DATA, b"data");
    *record.last_mut().unwrap() ^= 1;
    forge.deliver(&record).unwrap_err();
    assert!(!forge.target.connection.diagnosis().unwrap().cause().contains("renegotiate"));
}

/// Each time that it is asked, it is told; and nothing is advised that would not help.
#[test]
fn each_refusal_has_its_reason() {
    let more = || client().renegotiation(Renegotiation::AtMost(1));
    let mut twice = asked(client(), |_| {});
    // In two records, of which the first is no request yet.
    twice.fragment = 2;
    twice.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
    let refusals = twice.target.log.iter().filter(|happened| matches!(happened, Happened::RenegotiationRefused(_)));
    assert_eq!(refusals.count(), 2);

    let h2 = asked(more().alpn_protocols(["h2"]), |forge| forge.hello.set(ext::ALPN, &vector(2, &vector(1, b"h2"))));
    let insecure = asked(more().policy(Policy::legacy()), |forge| forge.hello.remove(ext::RENEGOTIATION_INFO));
    let mut closed = Forge::server(&more().build().unwrap(), suite(ECDHE_GCM));
    closed.connect();
    closed.target.connection.close(&mut closed.target.output);
    closed.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
    for (mut forge, why, text) in [
        (h2, RenegotiationRefusal::Http2, "HTTP/2 forbids it"),
        (insecure, RenegotiationRefusal::NotSecure, "does not support secure renegotiation"),
        (closed, RenegotiationRefusal::NotPossible, "it has closed the connection"),
    ] {
        assert_eq!(forge.target.log.last(), Some(&Happened::RenegotiationRefused(why)));
        forge.target.connection.end_of_input().unwrap_err();
        let told = forge.target.connection.diagnosis().unwrap();
        assert_says(&told, &["asked to renegotiate", text]);
        assert!(told.advice().is_empty(), "{told:?}");
    }
}

/// A server refuses a client too.
#[test]
fn a_client_that_asks_is_refused() {
    let mut forge = Forge::client(&server().build().unwrap(), suite(ECDHE_GCM));
    forge.connect();
    forge.perform(Step::ClientHello).unwrap();
    assert_eq!(forge.target.log.last(), Some(&Happened::RenegotiationRefused(RenegotiationRefusal::ByServer)));
    forge.send(ALERT, &[alert::FATAL, alert::HANDSHAKE_FAILURE]).unwrap_err();
    let told = forge.target.connection.diagnosis().unwrap();
    assert_says(&told, &["the client asked to renegotiate", "this server never renegotiates"]);
}
