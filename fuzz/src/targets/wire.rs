//! Every decoder of `wire`; and what is read and written again is what it was.

use tls12::wire::{
    Alert, COMPRESSION_NULL, CertificateRequest, ClientExtensions, ClientHello, EcdheServerKeyExchange, ExtensionType,
    Extensions, HandshakeType, LengthOf, Message, ProtocolVersion, PskClientKeyExchange, PskServerKeyExchange,
    RecordHeader, ServerExtensions, ServerHello, decode_certificate, decode_ecdhe_client_key_exchange,
    decode_rsa_client_key_exchange, ecdhe_params, put_certificate, put_client_hello, put_code_points,
    put_ecdhe_client_key_exchange, put_ecdhe_server_key_exchange, put_extension, put_message,
    put_psk_client_key_exchange, put_psk_server_key_exchange, put_rsa_client_key_exchange, put_server_hello, put_vec,
};

pub fn target(data: &[u8]) {
    let [which, body @ ..] = data else { return };
    match which % 11 {
        0 => client_hello(body),
        1 => server_hello(body),
        2 => {
            if let Ok(chain) = decode_certificate(body) {
                let chain: Vec<_> = chain.iter().collect();
                same(body, |out| put_certificate(out, &chain));
            }
        }
        3 => certificate_request(body),
        4 => {
            if let Ok(exchange) = EcdheServerKeyExchange::decode(body) {
                let EcdheServerKeyExchange { params, scheme, signature, .. } = exchange;
                same(body, |out| put_ecdhe_server_key_exchange(out, params, scheme, signature));
            }
        }
        5 => {
            if let Ok(ciphertext) = decode_rsa_client_key_exchange(body) {
                same(body, |out| put_rsa_client_key_exchange(out, ciphertext));
            }
        }
        6 => {
            if let Ok(public_key) = decode_ecdhe_client_key_exchange(body) {
                same(body, |out| put_ecdhe_client_key_exchange(out, public_key));
            }
        }
        7 => {
            if let Ok(alert) = Alert::decode(body) {
                assert_eq!(alert.to_bytes(), body);
            }
        }
        9 => {
            if let Ok(PskServerKeyExchange { hint, share }) = PskServerKeyExchange::decode_ecdhe_psk(body) {
                let params = share.map(|(group, public_key)| ecdhe_params(group, public_key));
                same(body, |out| put_psk_server_key_exchange(out, hint, params.as_deref()));
            }
            if let Ok(exchange) = PskServerKeyExchange::decode_psk(body) {
                same(body, |out| put_psk_server_key_exchange(out, exchange.hint, None));
            }
        }
        10 => {
            let decoded = [PskClientKeyExchange::decode_psk(body), PskClientKeyExchange::decode_ecdhe_psk(body)];
            for PskClientKeyExchange { identity, public_key } in decoded.into_iter().flatten() {
                same(body, |out| put_psk_client_key_exchange(out, identity, public_key));
            }
        }
        _ => framing(body),
    }
}

/// That `put` appends a message with this body.
fn same(body: &[u8], put: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    put(&mut out);
    assert_eq!(Message::split(&out).unwrap().0.body, body);
}

fn put_all(out: &mut Vec<u8>, extensions: Extensions<'_>) {
    for (typ, content) in extensions.iter() {
        put_extension(out, typ, |out| out.extend(content));
    }
}

fn client_hello(body: &[u8]) {
    let Ok(hello) = ClientHello::decode(body) else { return };
    let _ = ClientExtensions::decode(hello.extensions);
    // The rest is what we cannot write: another version, other compressions, and a hello without extensions.
    if hello.version == ProtocolVersion::TLS_1_2
        && hello.compression_methods == [COMPRESSION_NULL]
        && !ends_before_extensions(body, &hello)
    {
        let suites = hello.cipher_suites.iter();
        same(body, |out| {
            put_client_hello(out, &hello.random, hello.session_id, suites, |out| put_all(out, hello.extensions));
        });
    }
}

fn ends_before_extensions(body: &[u8], hello: &ClientHello<'_>) -> bool {
    let suites = hello.cipher_suites.iter().count() * 2;
    body.len() == 2 + 32 + 1 + hello.session_id.len() + 2 + suites + 1 + hello.compression_methods.len()
}

fn server_hello(body: &[u8]) {
    let Ok(hello) = ServerHello::decode(body) else { return };
    let offered: Vec<ExtensionType> = hello.extensions.iter().map(|(typ, _)| typ).collect();
    let _ = ServerExtensions::decode(hello.extensions, &offered);
    if let Some((typ, others)) = offered.split_first() {
        let error = ServerExtensions::decode(hello.extensions, others).unwrap_err();
        assert_eq!(error, tls12::Error::UnsolicitedExtension(typ.0));
        if hello.version == ProtocolVersion::TLS_1_2 && hello.compression_method == COMPRESSION_NULL {
            same(body, |out| {
                put_server_hello(out, &hello.random, hello.session_id, hello.cipher_suite, |out| {
                    put_all(out, hello.extensions);
                });
            });
        }
    }
}

fn certificate_request(body: &[u8]) {
    let Ok(request) = CertificateRequest::decode(body) else { return };
    same(body, |out| {
        put_message(out, HandshakeType::CERTIFICATE_REQUEST, |out| {
            put_vec(out, LengthOf::U8, |out| out.extend(request.certificate_types));
            put_vec(out, LengthOf::U16, |out| put_code_points(out, request.signature_algorithms.iter()));
            put_vec(out, LengthOf::U16, |out| {
                for name in request.authorities.iter() {
                    put_vec(out, LengthOf::U16, |out| out.extend(name));
                }
            });
        });
    });
}

fn framing(body: &[u8]) {
    if let Some(header) = body.first_chunk() {
        let RecordHeader { content_type, version, length } = RecordHeader::from_bytes(*header);
        if version == ProtocolVersion::TLS_1_2.0 {
            assert_eq!(RecordHeader::to_bytes(content_type, u16::try_from(length).unwrap()), *header);
        }
    }
    let mut rest = body;
    while let Some((message, later)) = Message::split(rest) {
        assert_eq!([message.bytes, later].concat(), rest);
        rest = later;
    }
    assert!(Message::announced_len(rest).is_none_or(|len| rest.len() < 4 + len));
}
