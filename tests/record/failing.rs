//! Connections that fail: on either side, and by either.

use super::*;

/// Our client fails.
pub fn client_sends() -> Vec<Scenario> {
    use HandshakeType as T;
    let sends = |alert: &'static str, suffix: &str, about: &str| Scenario {
        end: End::Sent(alert),
        ..client(&format!("sends-{alert}{suffix}"), about)
    };
    let refuses = |alert, suffix: &str, kind, about: &str| Scenario {
        server: Certified::new(kind),
        ..sends(alert, suffix, about)
    };
    let mut scenarios = vec![
        Scenario { trust: Trust::Other(stranger()), ..sends("unknown_ca", "", "the root is not trusted") },
        refuses("bad_certificate", "-name", Kind::OtherName, "the certificate is another server's"),
        refuses("bad_certificate", "-signature", Kind::BadSignature, "the certificate's signature is wrong"),
        refuses("certificate_expired", "", Kind::Expired, "the certificate has expired"),
        refuses("unsupported_certificate", "", Kind::OnlyForClients, "the certificate is a client's"),
        Scenario {
            trust: Trust::Verdict("revoked"),
            ..sends("certificate_revoked", "", "the verdict on the server's chain is that it was revoked")
        },
        Scenario {
            trust: Trust::Verdict("refused"),
            ..sends("certificate_unknown", "", "the verdict on the server's chain is a refusal")
        },
        Scenario {
            extended_master_secret: Agreement::Require,
            tamper: Some(Tamper::message(Way::ToPeer, T::CLIENT_HELLO, hide_extended_master_secret)),
            ..sends("handshake_failure", "", "the relay hides the extended master secret, which we require")
        },
        Scenario {
            peer: vec!["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            suites: vec![RSA_CBC],
            // It does not read an alert in a record of TLS 1.2.
            end: End::SentUnread("protocol_version"),
            ..client("sends-protocol_version", "the server does not go beyond TLS 1.1")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::SERVER_HELLO_DONE, lengthen)),
            ..sends("decode_error", "", "the relay gives the ServerHelloDone a body")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::CERTIFICATE, retype)),
            ..sends("unexpected_message", "", "the relay makes the Certificate a Finished")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::SERVER_KEY_EXCHANGE, flip_end)),
            ..sends("decrypt_error", "", "the relay flips a bit of the ServerKeyExchange's signature")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::SERVER_HELLO, choose_another_suite)),
            ..sends("illegal_parameter", "", "the relay makes the ServerHello choose a suite that was not offered")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::SERVER_HELLO, unsolicit)),
            ..sends("unsupported_extension", "", "the relay makes an extension of the ServerHello another")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::SERVER_HELLO_DONE, announce_too_much)),
            ..sends("record_overflow", "", "the relay makes a record announce more than 2^14 bytes")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::SERVER_HELLO, replace_by_close)),
            end: End::SentUnread("close_notify"),
            ..client("closed_in_handshake", "the relay puts a close_notify in the place of the ServerHello")
        },
        Scenario {
            acts: vec![Act::Connect, Act::Kill, Act::ToTheEnd],
            end: End::Silently,
            ..client("truncated", "the server vanishes")
        },
    ];
    scenarios.extend(damaged_data(Role::Client));
    scenarios
}

/// Our client is refused.
pub fn client_receives() -> Vec<Scenario> {
    use HandshakeType as T;
    let receives = |alert: &'static str, suffix: &str, about: &str| Scenario {
        end: End::Received(alert),
        ..client(&format!("receives-{alert}{suffix}"), about)
    };
    vec![
        Scenario {
            peer: vec!["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
            ..receives("handshake_failure", "-suite", "no suite in common")
        },
        Scenario {
            peer: vec!["-tls1_2", "-Verify", "1"],
            ..receives("handshake_failure", "-certificate", "the server requires a certificate of ours")
        },
        Scenario {
            acts: vec![Act::Connect, Act::Command("r"), Act::ToTheEnd, Act::PeerLogs(REFUSAL)],
            ..receives("handshake_failure", "-renegotiation", "the server does not take our no_renegotiation")
        },
        Scenario {
            suites: vec![PSK_CBC],
            psk: Some(Psk::PLAIN),
            peer: vec!["-tls1_2", "-psk", "00"],
            ..receives("bad_record_mac", "-psk", "the server's key is another one")
        },
        Scenario { peer: vec!["-tls1_3"], ..receives("protocol_version", "", "the server speaks TLS 1.3 only") },
        Scenario {
            peer: vec![],
            tamper: Some(Tamper::message(Way::ToPeer, T::CLIENT_HELLO, fall_back)),
            suites: vec![ECDHE_GCM, RSA_GCM],
            ..receives(
                "inappropriate_fallback",
                "",
                "the relay makes our ClientHello a fallback, and the server knows TLS 1.3",
            )
        },
        Scenario {
            peer: vec![
                "-tls1_2",
                "-servername",
                "another.example",
                "-servername_fatal",
                "-cert2",
                "certificate",
                "-key2",
                "key",
            ],
            ..receives("unrecognized_name", "", "the server does not know the name")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::CLIENT_HELLO, misstate_client_extensions)),
            ..receives("decode_error", "", "the relay misstates the length of our ClientHello's extensions")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::CLIENT_KEY_EXCHANGE, retype)),
            ..receives("unexpected_message", "", "the relay makes our ClientKeyExchange a Finished")
        },
        Scenario {
            groups: vec!["secp256r1"],
            tamper: Some(Tamper::message(Way::ToPeer, T::CLIENT_KEY_EXCHANGE, flip_end)),
            ..receives("illegal_parameter", "", "the relay makes our key share a point that is not on the curve")
        },
        Scenario {
            suites: vec![ECDHE_GCM, RSA_GCM],
            extended_master_secret: Agreement::Never,
            peer: vec!["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
            tamper: Some(Tamper::message(Way::ToPeer, T::CLIENT_HELLO, offer_another_suite)),
            ..receives("decrypt_error", "", "the relay changes a suite that our ClientHello offers")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::CLIENT_KEY_EXCHANGE, announce_too_much)),
            ..receives("record_overflow", "", "the relay makes a record of ours announce more than 2^14 + 2048 bytes")
        },
        Scenario {
            tamper: Some(Tamper::data(Way::ToPeer)),
            acts: vec![Act::Connect, Act::Seal(b"data".to_vec()), Act::ToTheEnd],
            ..receives("bad_record_mac", "", "the relay flips a bit of our data")
        },
    ]
}

/// Our server fails.
pub fn server_sends() -> Vec<Scenario> {
    use HandshakeType as T;
    let sends = |alert: &'static str, suffix: &str, about: &str| Scenario {
        end: End::Sent(alert),
        ..server(&format!("sends-{alert}{suffix}"), about)
    };
    let mut scenarios = vec![
        Scenario {
            peer: vec!["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
            ..sends("handshake_failure", "-suite", "no suite in common")
        },
        Scenario { peer: vec!["-tls1_3"], ..sends("protocol_version", "-tls13", "the client speaks TLS 1.3 only") },
        Scenario {
            peer: vec!["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            ..sends("protocol_version", "", "the client does not go beyond TLS 1.1")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_HELLO, misstate_client_extensions)),
            ..sends("decode_error", "", "the relay misstates the length of the ClientHello's extensions")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_KEY_EXCHANGE, retype)),
            ..sends("unexpected_message", "", "the relay makes the ClientKeyExchange a Finished")
        },
        Scenario {
            groups: vec!["secp256r1"],
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_KEY_EXCHANGE, flip_end)),
            ..sends("illegal_parameter", "-p256", "the relay makes the key share a point that is not on the curve")
        },
        Scenario {
            groups: vec!["x25519"],
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_KEY_EXCHANGE, zero_share)),
            ..sends("illegal_parameter", "-x25519", "the relay makes the key share zero")
        },
        Scenario {
            suites: vec![RSA_GCM],
            extended_master_secret: Agreement::Never,
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_HELLO, offer_another_suite)),
            ..sends("decrypt_error", "", "the relay changes a suite that the ClientHello offers")
        },
        Scenario {
            suites: vec![RSA_GCM],
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_KEY_EXCHANGE, flip_end)),
            ..sends("bad_record_mac", "-premaster", "the relay flips a bit of the encrypted premaster secret")
        },
        Scenario {
            suites: vec![PSK_CBC],
            psk: Some(Psk::PLAIN),
            peer: vec!["-tls1_2", "-psk_identity", "meter-18"],
            ..sends("unknown_psk_identity", "", "we do not know the client's key")
        },
        Scenario {
            suites: vec![PSK_CBC],
            psk: Some(Psk::PLAIN),
            peer: vec!["-tls1_2", "-psk", "00"],
            ..sends("bad_record_mac", "-psk", "the client's key is another one")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_KEY_EXCHANGE, announce_too_much)),
            ..sends("record_overflow", "", "the relay makes a record announce more than 2^14 bytes")
        },
        Scenario {
            acts: vec![Act::FailToSign, Act::Connect, Act::ToTheEnd],
            ..sends("internal_error", "", "our key does not sign")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_KEY_EXCHANGE, replace_by_close)),
            end: End::SentUnread("close_notify"),
            ..server("closed_in_handshake", "the relay puts a close_notify in the place of the ClientKeyExchange")
        },
        Scenario {
            acts: vec![Act::Connect, Act::Kill, Act::ToTheEnd],
            end: End::Silently,
            ..server("truncated", "the client vanishes")
        },
    ];
    scenarios.extend(damaged_data(Role::Server));
    scenarios
}

/// Our server is refused.
pub fn server_receives() -> Vec<Scenario> {
    use HandshakeType as T;
    let receives = |alert: &'static str, suffix: &str, about: &str| Scenario {
        end: End::Received(alert),
        ..server(&format!("receives-{alert}{suffix}"), about)
    };
    let refused = |alert, suffix: &str, kind, about: &str| Scenario {
        server: Certified::new(kind),
        ..receives(alert, suffix, about)
    };
    vec![
        Scenario { trust: Trust::Other(stranger()), ..receives("unknown_ca", "", "our root is not trusted") },
        Scenario {
            peer: vec!["-tls1_2", "-verify_return_error", "-verify_hostname", "another.example"],
            ..receives("bad_certificate", "", "our certificate is for another name")
        },
        refused("certificate_expired", "", Kind::Expired, "our certificate has expired"),
        refused("unsupported_certificate", "", Kind::OnlyForClients, "our certificate is a client's"),
        refused("decrypt_error", "-certificate", Kind::BadSignature, "our certificate's signature is wrong"),
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::SERVER_KEY_EXCHANGE, flip_end)),
            ..receives("decrypt_error", "-key_exchange", "the relay flips a bit of our ServerKeyExchange's signature")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::SERVER_HELLO, choose_tls_1_0)),
            ..receives("protocol_version", "", "the relay makes our ServerHello one of TLS 1.0")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::SERVER_HELLO, misstate_server_extensions)),
            ..receives("decode_error", "", "the relay misstates the length of our ServerHello's extensions")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::CERTIFICATE, retype)),
            ..receives("unexpected_message", "", "the relay makes our Certificate a Finished")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::SERVER_HELLO, choose_another_suite)),
            ..receives("illegal_parameter", "", "the relay makes our ServerHello choose a suite that was not offered")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::SERVER_HELLO, unsolicit)),
            ..receives("unsupported_extension", "", "the relay makes an extension of our ServerHello another")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::ToPeer, T::SERVER_HELLO_DONE, announce_too_much)),
            ..receives("record_overflow", "", "the relay makes a record of ours announce more than 2^14 + 2048 bytes")
        },
        Scenario {
            acts: vec![Act::Connect, Act::Command("R"), Act::ToTheEnd, Act::PeerLogs(REFUSAL)],
            ..receives("handshake_failure", "-renegotiation", "the client does not take our no_renegotiation")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, T::CLIENT_HELLO, hide_secure_renegotiation)),
            ..receives(
                "handshake_failure",
                "-renegotiation_info",
                "the relay hides that the client knows renegotiation_info",
            )
        },
        Scenario {
            tamper: Some(Tamper::data(Way::ToPeer)),
            acts: vec![Act::Connect, Act::Seal(b"data".to_vec()), Act::ToTheEnd],
            ..receives("bad_record_mac", "", "the relay flips a bit of our data")
        },
    ]
}

/// A bit of the peer's data is flipped, under each kind of record protection.
fn damaged_data(role: Role) -> Vec<Scenario> {
    let cases = [
        ("gcm", ECDHE_GCM, Agreement::Prefer),
        ("etm", ECDHE_CBC, Agreement::Prefer),
        ("mte", ECDHE_CBC, Agreement::Never),
    ];
    let damaged = |(suffix, suite, encrypt_then_mac)| Scenario {
        suites: vec![suite],
        encrypt_then_mac,
        tamper: Some(Tamper::data(Way::FromPeer)),
        acts: vec![Act::Connect, Act::Say(b"data from the peer\n".to_vec()), Act::ToTheEnd],
        end: End::Sent("bad_record_mac"),
        ..scenario(role, &format!("sends-bad_record_mac-{suffix}"), "the relay flips a bit of the peer's data")
    };
    cases.into_iter().map(damaged).collect()
}
