//! Why connections of others failed: the side that ended them, over what, and what to change at which side.

use super::{FAILED, conclusion, explain, text};

/// A captured failure.
struct Failure {
    file: &'static str,
    /// What the cause says: who, and how.
    cause: &'static [&'static str],
    /// What the details say.
    details: &'static [&'static str],
    advice: &'static [&'static str],
}

/// What each is about is in `tests/captures/record`, where it is brought about.
const FAILURES: [Failure; 25] = [
    Failure {
        file: "no_common_suite",
        cause: &["the server ended the handshake", "handshake_failure", "after the client's ClientHello"],
        details: &["its suites: TLS_RSA_WITH_AES_256_CBC_SHA"],
        advice: &["at the client: offer cipher suites of these kinds too: ECDHE"],
    },
    Failure {
        file: "gnutls_no_common_suite",
        cause: &["the server ended the handshake", "handshake_failure", "after the client's ClientHello"],
        details: &["its suites: TLS_RSA_WITH_AES_128_GCM_SHA256"],
        advice: &["at the client: offer cipher suites of these kinds too: ECDHE"],
    },
    Failure {
        file: "no_common_group",
        cause: &["the server ended the handshake", "handshake_failure"],
        details: &["its groups: x25519"],
        advice: &["at the server: enable one of the suites, groups and signature schemes that the client offers"],
    },
    Failure {
        file: "no_key_for_schemes",
        cause: &["the server ended the handshake", "handshake_failure"],
        details: &["its signature schemes: ecdsa_secp256r1_sha256"],
        advice: &["at the server: enable one of the suites, groups and signature schemes that the client offers"],
    },
    Failure {
        file: "old_client",
        cause: &["the server ended the handshake", "protocol_version"],
        details: &["the client offers TLS 1.1 at most"],
        advice: &["at the client: enable TLS 1.2"],
    },
    Failure {
        file: "only_tls13",
        cause: &["the server ended the handshake", "protocol_version", "after the client's ClientHello"],
        details: &["the client offers TLS 1.3 at most"],
        advice: &["at the client: allow TLS 1.2", "at the server: enable TLS 1.3"],
    },
    Failure {
        file: "old_server",
        cause: &["the client ended the handshake", "protocol_version", "after the server's Server"],
        details: &["the server chose TLS 1.1", "the client offered TLS 1.2 at most"],
        advice: &["at the client: allow TLS 1.1", "at the server: enable a version"],
    },
    Failure {
        file: "fallback",
        cause: &["the server ended the handshake", "inappropriate_fallback"],
        details: &["TLS_FALLBACK_SCSV"],
        advice: &["at the client: find out why its attempt before this one failed"],
    },
    Failure {
        file: "unknown_name",
        cause: &["the server ended the handshake", "unrecognized_name"],
        details: &["the server that it asks for: server.example"],
        advice: &["at the server: add a certificate for server.example"],
    },
    Failure {
        file: "no_common_protocol",
        cause: &["the server ended the handshake", "no_application_protocol"],
        details: &["its application protocols: http/1.1"],
        advice: &["at the server: enable one of http/1.1"],
    },
    Failure {
        file: "untrusted_server",
        cause: &["the client ended the handshake", "unknown_ca"],
        details: &["the server's certificate: CN=server.example", "it is the only one in its chain"],
        advice: &["at the client: trust the root of the server's certificate", "at the server: send its intermediate"],
    },
    Failure {
        file: "wrong_name",
        cause: &["the client ended the handshake", "bad_certificate"],
        details: &["the client asks for another.example", "anyone would refuse the server's certificate"],
        advice: &[
            "at the client: connect by a name that the certificate is valid for",
            "at the server: use a certificate that is valid for the name that the client asks for",
        ],
    },
    Failure {
        file: "expired_server",
        cause: &["the client ended the handshake", "certificate_expired"],
        details: &["the server's certificate: CN=server.example"],
        advice: &["at the server: renew its certificate"],
    },
    Failure {
        file: "no_client_certificate",
        cause: &["the server ended the handshake", "handshake_failure", "the client had none"],
        details: &["the server accepts client certificates of: CN=Test Root"],
        advice: &["at the client: configure a client certificate issued by one of these: CN=Test Root"],
    },
    Failure {
        file: "gnutls_no_client_certificate",
        cause: &["the server ended the handshake", "the client had none"],
        details: &["the server accepts client certificates of: CN=Test Root"],
        advice: &["at the client: configure a client certificate issued by one of these: CN=Test Root"],
    },
    Failure {
        file: "untrusted_client",
        cause: &["the server ended the handshake", "after the client's Finished"],
        details: &[
            "the client's certificate: CN=Other Client",
            "the server accepts client certificates of: CN=Test Root",
        ],
        advice: &["at the server: trust the CA of the client's certificate"],
    },
    Failure {
        file: "different_psk",
        cause: &["the server ended the handshake", "after the client's Finished"],
        details: &["the identity of the client's pre-shared key: meter"],
        advice: &["at the client: compare its pre-shared key with that of the server"],
    },
    Failure {
        // GnuTLS does not say that it does not know the identity.
        file: "unknown_psk",
        cause: &["the server ended the handshake", "after the client's Finished"],
        details: &["the identity of the client's pre-shared key: meter-2"],
        advice: &["at the client: compare its pre-shared key with that of the server"],
    },
    Failure {
        file: "plain_http_server",
        cause: &["the server speaks HTTP without TLS"],
        details: &[],
        advice: &["at the client: check the port"],
    },
    Failure {
        file: "plain_http_client",
        cause: &["the client speaks HTTP without TLS, to a server that speaks TLS"],
        details: &[],
        advice: &["at the client: use TLS from the first byte on at this port"],
    },
    Failure {
        file: "server_closes",
        cause: &[
            "the server closed the connection (FIN) in the handshake without an alert, after the client's ClientHello",
        ],
        details: &["the server that it asks for: server.example"],
        advice: &["at the server: read its log"],
    },
    Failure {
        file: "server_resets",
        cause: &[
            "the server reset the connection (RST) in the handshake without an alert, after the client's ClientHello",
        ],
        details: &["the server that it asks for: server.example"],
        advice: &["at the server: read its log"],
    },
    Failure {
        file: "server_is_silent",
        cause: &[
            "the client closed the connection (FIN) in the handshake without an alert, before the server sent anything",
        ],
        details: &[],
        advice: &["at the client: raise its time limit"],
    },
    Failure {
        file: "truncated",
        cause: &["the server", "without close_notify, so that data may be missing"],
        details: &[],
        advice: &["at the server: end the connection with close_notify"],
    },
    Failure {
        file: "starttls_smtp",
        cause: &["the server", "without close_notify, so that data may be missing"],
        details: &[],
        advice: &["at the server: end the connection with close_notify"],
    },
];

#[test]
fn the_cause_is_named_and_on_which_side_it_was() {
    for Failure { file, cause, details, advice } in &FAILURES {
        let (capture, keys) = (format!("{file}.pcap"), format!("{file}.keys"));
        let mut args = vec![&*capture];
        if super::captures().join(&keys).exists() {
            args.extend(["--keylog", &keys]);
        }
        let last = conclusion(&args);
        for (key, parts) in [("cause", cause), ("details", details), ("advice", advice)] {
            let said = last[key].to_string();
            for part in *parts {
                assert!(said.contains(part), "{file}, {key}: not \"{part}\": {last:#}");
            }
        }
        // What older versions and other protocols say is not taken for a fault of TLS 1.2.
        let is_tls = !file.starts_with("plain_http");
        assert_eq!(last["faults"].as_array().unwrap().is_empty(), is_tls, "{file}: {last:#}");
        // The same in words.
        let cause = format!("cause: {}", last["cause"].as_str().unwrap());
        let text = text(&args);
        assert!(text.contains(&cause), "{text}");
        // And with --quiet: which connection, and the end of it.
        let quiet = explain(&[&["--quiet"], &*args].concat());
        let short = String::from_utf8(quiet.stdout).unwrap();
        assert_eq!(quiet.status.code(), Some(FAILED), "{file}: {short}");
        assert!(short.starts_with("connection 0: 127.0.0.1:") && short.contains(&cause), "{short}");
        assert!(text.ends_with(short.split_once('\n').unwrap().1) && !short.contains("-->"), "{short}");
    }
}

/// A connection that ended well has no cause, with its secrets and without them.
#[test]
fn a_success_is_not_explained_away() {
    for (file, verdict) in
        [("gcm", "verified"), ("gcm", "unknown"), ("gnutls_chacha20", "verified"), ("gnutls_chacha20", "unknown")]
    {
        let (capture, keys) = (format!("{file}.pcap"), format!("{file}.keys"));
        let args = if verdict == "verified" { vec![&*capture, "--keylog", &keys] } else { vec![&*capture] };
        let last = conclusion(&args);
        assert_eq!(last["verdict"], verdict, "{last:#}");
        assert_eq!(last.get("cause"), None, "{last:#}");
        assert_eq!(explain(&args).status.code(), Some(0), "{file}");
        let quiet = explain(&[&["--quiet"], &*args].concat());
        assert_eq!((quiet.status.code(), quiet.stdout), (Some(0), vec![]), "{file}");
    }
}
