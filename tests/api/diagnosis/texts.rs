//! The errors of a peer that violates the protocol, and those of this side: each is provoked. The alerts are tested elsewhere.

use super::*;
use crate::support::forge::{CHANGE_CIPHER_SPEC, ext};
use crate::support::hello::vector;
use crate::support::pki::Identity;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tls12::crypto::{Provider, PublicKey};
use tls12::wire::SignatureScheme;
use tls12::{Need, ProviderError, RenegotiationRefusal, SignatureError};

/// What our client says of a server, or our server of a client, when it has done this.
fn told(mut forge: Forge, does: impl FnOnce(&mut Forge) -> Result<(), Error>) -> (Error, Diagnosis) {
    let error = does(&mut forge).unwrap_err();
    (error, forge.target.connection.diagnosis().unwrap())
}

fn facing_client() -> Forge {
    Forge::server(&client().build().unwrap(), suite(ECDHE_GCM))
}

fn facing_server(config: ServerConfigBuilder) -> Forge {
    Forge::client(&config.build().unwrap(), suite(ECDHE_GCM))
}

/// RFC 5246 §7.4.1.2, RFC 8422 §5.1.2, §5.11, RFC 7507 §3.
#[test]
fn values_that_are_not_allowed_are_named() {
    let (_, compressed) = told(facing_client(), |forge| {
        forge.hello.compression = vec![1];
        forge.perform(Step::ServerHello)
    });
    assert_says(&compressed, &["the peer violated the protocol: ", "it did not offer or choose null compression"]);
    let (_, points) = told(facing_server(server()), |forge| {
        forge.hello.set(ext::EC_POINT_FORMATS, &[1, 1]);
        forge.perform(Step::ClientHello)
    });
    assert_says(&points, &["it does not accept uncompressed points"]);
    let (_, share) = told(facing_server(server()), |forge| {
        forge.up_to(Step::ClientKeyExchange);
        forge.say(&message(typ::CLIENT_KEY_EXCHANGE, &vector(1, &[0; 32])))
    });
    assert_says(&share, &["its key share is not an element of the group"]);
    let host = |name: &[u8]| [&[0][..], &vector(2, name)].concat();
    let (_, names) = told(facing_server(server()), |forge| {
        forge.hello.set(ext::SERVER_NAME, &vector(2, &[host(b"a.example"), host(b"b.example")].concat()));
        forge.perform(Step::ClientHello)
    });
    assert_says(&names, &["its server_name has two host names, or one with a NUL"]);
    let (_, twice) = told(facing_server(server()), |forge| {
        forge.hello.extensions.extend([(99, Vec::new()), (99, Vec::new())]);
        forge.perform(Step::ClientHello)
    });
    assert_says(&twice, &["extension 99 appears twice in one message"]);
    let (_, info) = told(facing_client(), |forge| {
        forge.hello.set(ext::RENEGOTIATION_INFO, &vector(1, &[1]));
        forge.perform(Step::ServerHello)
    });
    assert_says(&info, &["its renegotiation_info does not belong to this connection"]);
    let (_, size) = told(facing_server(server()), |forge| {
        forge.hello.set(28, &[0, 63]);
        forge.perform(Step::ClientHello)
    });
    assert_says(&size, &["its limit on the size of records is not allowed, or not the requested one"]);
    let (_, fallback) = told(facing_server(server()), |forge| {
        forge.hello.version = 0x0302;
        forge.hello.suites.push(0x5600);
        forge.perform(Step::ClientHello)
    });
    assert_says(
        &fallback,
        &[
            "the client fell back to a version below the highest that both sides support",
            "its first attempt may have been tampered with",
        ],
    );
}

/// RFC 5246 §6, §7.1: messages and records that are malformed, out of place, or too many.
#[test]
fn records_and_messages_are_named() {
    let (_, empty) = told(facing_client(), |forge| forge.send(HANDSHAKE, &[]));
    assert_says(&empty, &["the peer sent a malformed message: record has a length that is not allowed"]);
    let (_, two) = told(facing_client(), |forge| {
        forge.up_to(Step::ChangeCipherSpec);
        forge.send(CHANGE_CIPHER_SPEC, &[2])
    });
    assert_says(&two, &["ChangeCipherSpec has a value that is not defined"]);
    let (_, early) = told(facing_client(), |forge| forge.send(CHANGE_CIPHER_SPEC, &[1]));
    assert_says(&early, &["the peer sent ChangeCipherSpec where ServerHello was expected"]);
    let (_, unknown) = told(facing_server(server()), |forge| {
        forge.connect();
        forge.deliver(&[99, 3, 3, 0, 1, 0])
    });
    assert_says(&unknown, &["the peer sent a record of type 99 where a record of TLS 1.2 was expected"]);
    let (_, short) = told(facing_client(), |forge| forge.say(&message(typ::SERVER_HELLO, &[3, 3])));
    assert_says(&short, &["ServerHello ends too early"]);
    let (_, long) = told(facing_client(), |forge| {
        forge.up_to(Step::ServerHelloDone);
        forge.say(&message(typ::SERVER_HELLO_DONE, &[0]))
    });
    assert_says(&long, &["ServerHelloDone has bytes after its end"]);
    let (_, unknown) = told(facing_client(), |forge| forge.say(&message(99, &[])));
    assert_says(&unknown, &["the peer sent a handshake message of type 99 where "]);
    let (_, excess) = told(facing_client(), |forge| {
        forge.up_to(Step::ServerHelloDone);
        forge.say(&[message(typ::SERVER_HELLO_DONE, &[]), message(typ::FINISHED, &[])].concat())
    });
    assert_says(&excess, &["the peer sent more handshake data where nothing was expected"]);
    let (_, within) = told(facing_client(), |forge| {
        forge.up_to(Step::ChangeCipherSpec);
        forge.send(HANDSHAKE, &[typ::FINISHED, 0, 0, 12])?;
        forge.send(CHANGE_CIPHER_SPEC, &[1])
    });
    assert_says(&within, &["ChangeCipherSpec in the middle of a handshake message"]);
    let (_, version) = told(facing_server(server()), |forge| {
        forge.connect();
        forge.deliver(&[23, 3, 1, 0, 1, 0])
    });
    assert_says(&version, &["the peer sent a record with version 0x0301, but TLS 1.2 is 0x0303"]);
    let (_, huge) = told(facing_client(), |forge| forge.send(HANDSHAKE, &[typ::SERVER_HELLO, 0xff, 0xff, 0xff]));
    assert_says(&huge, &["announced a handshake message of 16777215 bytes, but at most "]);
    let (_, requests) = told(facing_client(), |forge| {
        forge.connect();
        (0..10).try_for_each(|_| forge.say(&message(typ::HELLO_REQUEST, &[])))
    });
    assert_says(&requests, &["the peer sent too many requests to renegotiate"]);
    let mut closed = End::client(client().build().unwrap(), SERVER_NAME, None, now());
    closed.input.extend([ALERT, 3, 3, 0, 2, alert::WARNING, alert::CLOSE_NOTIFY]);
    closed.run().unwrap_err();
    let told_of = closed.connection.diagnosis().unwrap();
    assert_says(&told_of, &["the server closed the connection (close_notify) right after our ClientHello"]);
    let (_, warnings) =
        told(facing_client(), |forge| (0..10).try_for_each(|_| forge.send(ALERT, &[alert::WARNING, 90])));
    assert_says(&warnings, &["the peer sent too many warning alerts"]);
}

/// What a server refuses by its own choice.
#[test]
fn refusals_are_named() {
    let mut accepting = End::new(Connection::accept(now()), Vec::new());
    accepting.answer = Some(|need| match need {
        Need::SelectConfig(request) => request.declined(),
        other => panic!("{other:?}"),
    });
    let client = End::client(client().build().unwrap(), SERVER_NAME, None, now());
    let mut pair = Pair::of(client, accepting);
    pair.run();
    assert_says(
        &pair.server.connection.diagnosis().unwrap(),
        &["a decision on this side ended the handshake with the alert handshake_failure"],
    );

    let names = server().credential_for(["other.example"], credential(KeyKind::P256));
    let names = names.unknown_names(tls12::UnknownNames::Refuse);
    let (error, told_of) = told(facing_server(names), |forge| {
        forge.hello.set(ext::SERVER_NAME, &vector(2, &[&[0][..], &vector(2, b"server.example")].concat()));
        forge.perform(Step::ClientHello)
    });
    assert_eq!(error.to_string(), "the client requested a name that this server does not have");
    assert_says(&told_of, &["server.example, a name that this server does not have"]);
    let (_, protocols) = told(facing_server(server().alpn_protocols(["h2"])), |forge| {
        forge.hello.set(ext::ALPN, &vector(2, &vector(1, b"http/1.1")));
        forge.perform(Step::ClientHello)
    });
    assert_says(&protocols, &["the client offers application protocols, but this server supports none of them"]);
}

/// What speaks another protocol, and how TLS begins there.
#[test]
fn other_protocols_are_named() {
    let at_client: [(&[u8], OtherProtocol, &str, &str); 12] = [
        (b"220 mail", OtherProtocol::SmtpOrFtp, "SMTP or FTP", "send STARTTLS (SMTP) or AUTH TLS (FTP) first"),
        (b"* OK IMAP4", OtherProtocol::Imap, "IMAP", "send STARTTLS first, or use the port of implicit TLS"),
        (b"\x03\0\0\x13\x0e", OtherProtocol::Rdp, "RDP", "negotiate TLS in the X.224 connection request first"),
        (
            b"\x30\x0c\x02\x01\x01",
            OtherProtocol::Ldap,
            "LDAP",
            "send the StartTLS request first, or use the LDAPS port",
        ),
        (
            b"\0\0\0\x08\x04\xd2",
            OtherProtocol::PostgreSql,
            "a protocol with four-byte lengths, such as PostgreSQL's",
            "start TLS with the protocol's own request first",
        ),
        (b"+OK POP3 ready", OtherProtocol::Pop3, "POP3", "send STLS first, or use the port of implicit TLS"),
        (b"-ERR unknown", OtherProtocol::Pop3OrRedis, "POP3 or Redis", "with the protocol's own command first"),
        (b"AMQP\0\0\x09\x01", OtherProtocol::Amqp, "AMQP", "use the AMQPS port"),
        (b"\x04\x01\0\x25\0\0", OtherProtocol::Tds, "SQL Server (TDS)", "carry TLS inside PRELOGIN packets"),
        (b"HTTP/1.1 400", OtherProtocol::HttpResponse, "HTTP", "use the HTTPS port"),
        (b"<?xml version", OtherProtocol::Xmpp, "XMPP", "send starttls within the stream first"),
        (b"SSH-2.0-x", OtherProtocol::Ssh, "SSH", "use another port: this one is for SSH"),
    ];
    let at_server: [(&[u8], OtherProtocol, &str, &str); 1] = [(
        b"PRI * HTTP/2.0",
        OtherProtocol::Http2,
        "HTTP/2",
        "make the client use https, or send it to the port of plain HTTP",
    )];
    let client = || End::client(client().build().unwrap(), SERVER_NAME, None, now());
    let server = || End::server(server().build().unwrap(), now());
    let at_client = at_client.into_iter().map(|case| (client(), case));
    for (mut end, (bytes, protocol, name, advice)) in
        at_client.chain(at_server.into_iter().map(|case| (server(), case)))
    {
        end.input.extend(bytes);
        end.run().unwrap_err();
        let told = end.connection.diagnosis().unwrap();
        assert_says(&told, &["the peer speaks ", name, ", not TLS", advice]);
        assert_eq!(told.advice(), [Advice::StartTls(protocol)]);
    }
}

/// This side's own failures.
#[test]
fn what_fails_here_is_named() {
    let mut pair = Pair::new(client().build().unwrap(), server_with_external_key());
    pair.server.answer = Some(|need| match need {
        Need::Sign(request) => request.failed(ProviderError::Failed("the smart card")),
        other => panic!("{other:?}"),
    });
    pair.run();
    let told = pair.server.connection.diagnosis().unwrap();
    assert_says(&told, &["a cryptographic operation failed on this side: the smart card failed"]);
    assert_eq!(pair.server.connection.end_of_input().unwrap_err().side(), Side::Local);

    let provider: Arc<dyn Provider> = ring::provider();
    let bad = provider.load_private_key(PrivatePkcs8KeyDer::from(vec![0x30, 0]).into()).unwrap_err();
    assert!(bad.to_string().starts_with("the private key cannot be used: "), "{bad}");
    let bad = PublicKey::of_certificate(&CertificateDer::from(vec![0x30, 0])).unwrap_err();
    assert!(bad.to_string().starts_with("the public key is malformed, or its type or size"), "{bad}");
}

fn server_with_external_key() -> Arc<ServerConfig> {
    let Identity { certificate, .. } = PKI.server(KeyKind::Rsa);
    let key = tls12::ExternalKey::new([SignatureScheme::RSA_PSS_RSAE_SHA256]);
    ServerConfig::builder(Credential::external(vec![certificate.clone()], key).unwrap()).build().unwrap()
}

/// What a caller of [`PublicKey::verifies`] is told.
#[test]
fn signatures_are_told_apart() {
    let provider = ring::provider();
    let key = PublicKey::of_certificate(&PKI.server).unwrap();
    let verify = |scheme| key.verifies(&*provider, scheme, b"message", &[1; 256]).unwrap_err();
    for (scheme, error, text) in [
        (
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureError::Mismatch,
            "the signature does not verify for this message with this key",
        ),
        (
            SignatureScheme::ECDSA_SHA256,
            SignatureError::SchemeNotForKey,
            "the signature scheme does not match the type of the key",
        ),
    ] {
        assert_eq!(verify(scheme), error);
        assert_eq!(error.to_string(), text);
    }
    let small = SignatureError::Key(tls12::KeyFault::Malformed);
    assert_eq!(small.to_string(), "the key cannot be used: it is malformed, or its parameters are not allowed");
}

/// Why this side refuses to renegotiate.
#[test]
fn refusals_to_renegotiate_are_named() {
    let mut forge = facing_client();
    forge.connect();
    forge.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
    forge.target.connection.end_of_input().unwrap_err();
    let told = forge.target.connection.diagnosis().unwrap();
    assert_says(&told, &["and this side refused: its configuration does not allow it, or not this often"]);
    assert_eq!(
        RenegotiationRefusal::PresharedKey.to_string(),
        "the two sides authenticate each other with a pre-shared key"
    );
}
