//! What a server holds for a client whose ClientHello it has refused, until the caller drops the connection; and what it says of
//! it. A hello may repeat what it offers tens of thousands of times.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use super::held::{Held, hello, records, server};
use crate::support::hello::{Hello, ext, numbers, typ, vector};
use crate::support::pki::PKI;
use tls12::crypto::{CipherSuite, ring};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{Policy, ServerConfig, UnknownNames};

/// What is held besides the client's groups and schemes, in bytes: each suite once, 64 unknown ones, and 32 protocols.
const REFUSED: i64 = 10 << 10;

/// The longest explanation of a refusal, in bytes.
const DIAGNOSIS: usize = 8 << 10;

/// A server with one suite, one group and one scheme, and many names.
fn config(unknown: UnknownNames) -> Arc<ServerConfig> {
    let policy = Policy::legacy()
        .suites([CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap()])
        .groups([NamedGroup::X25519])
        .signature_schemes([SignatureScheme::RSA_PSS_RSAE_SHA256]);
    let credential = PKI.credential(&*ring::provider());
    let names: Vec<_> = (0..1_000).map(|n| format!("host-{n}.example")).collect();
    ServerConfig::builder(PKI.credential(&*ring::provider()))
        .credential_for(names.iter().map(String::as_str), credential)
        .policy(policy)
        .alpn_protocols([b"h2"])
        .unknown_names(unknown)
        .build()
        .unwrap()
}

fn changed(change: impl FnOnce(&mut Hello)) -> Vec<u8> {
    let mut hello = hello();
    change(&mut hello);
    hello.client()
}

/// So many bytes of one number.
fn repeated(number: u16, bytes: usize) -> Vec<u8> {
    vector(2, &numbers(&[number]).repeat(bytes / 2))
}

/// Hellos that are refused, as long as can be.
fn worst() -> Vec<(&'static str, Vec<u8>)> {
    /// TLS_RSA_WITH_AES_128_CBC_SHA, which this server does not have.
    const OTHER: u16 = 0x002f;
    let with_group = |group: NamedGroup| changed(|hello| hello.set(ext::SUPPORTED_GROUPS, &repeated(group.0, 60_000)));
    // Without a signal, which is refused as such (RFC 7507 §2).
    let unknown = (0x0100..0x80b0).filter(|code| *code != 0x5600).collect();
    vec![
        ("a suite that is not ours", changed(|hello| hello.suites = vec![OTHER; 32_700])),
        ("unknown suites", changed(|hello| hello.suites = unknown)),
        ("a suite that is not ours, and groups", {
            changed(|hello| {
                hello.suites = vec![OTHER; 32_700];
                hello.set(ext::SUPPORTED_GROUPS, &repeated(0x7a7a, 60_000));
            })
        }),
        ("a group that is not ours", with_group(NamedGroup::SECP384R1)),
        ("an unknown group", with_group(NamedGroup(0x7a7a))),
        ("a scheme that is not ours", {
            let scheme = SignatureScheme::RSA_PKCS1_SHA256;
            changed(|hello| hello.set(ext::SIGNATURE_ALGORITHMS, &repeated(scheme.0, 60_000)))
        }),
        ("short protocols", changed(|hello| hello.set(ext::ALPN, &vector(2, &[1, b'x'].repeat(30_000))))),
        ("long protocols", { changed(|hello| hello.set(ext::ALPN, &vector(2, &vector(1, &[b'x'; 255]).repeat(230)))) }),
    ]
}

#[test]
fn a_server_holds_little_for_a_client_that_it_has_refused() {
    let config = config(UnknownNames::UseDefault);
    for (what, hello) in worst() {
        refuse(what, &config, &hello);
    }
}

/// However many names the server has.
#[test]
fn the_names_of_a_server_are_not_copied_for_a_client_that_asks_for_another() {
    let hello =
        changed(|hello| hello.set(ext::SERVER_NAME, &vector(2, &[&[0][..], &vector(2, b"other.example")].concat())));
    refuse("another name", &config(UnknownNames::Refuse), &hello);
}

/// Lets a server refuse `hello`, and compares what it holds then with the limits.
#[track_caller]
fn refuse(what: &str, config: &Arc<ServerConfig>, hello: &[u8]) {
    let read = Hello::parse(typ::CLIENT_HELLO, &hello[4..]);
    let list = |typ| read.extension(typ).map_or(0, <[u8]>::len);
    let lists = i64::try_from(list(ext::SUPPORTED_GROUPS) + list(ext::SIGNATURE_ALGORITHMS)).unwrap();
    let mut held = Held::default();
    let mut connection = server(config, &mut held);
    let (mut input, mut out) = (records(hello), Vec::with_capacity(1 << 10));
    let mut refused = false;
    held.add(|| {
        let mut used = 0;
        refused = loop {
            match connection.process(&mut input[used..], &mut out) {
                Err(_) => break true,
                Ok(step) if step.consumed == 0 => break false,
                Ok(step) => used += step.consumed,
            }
        };
    });
    assert!(refused, "{what} is not refused");
    let diagnosis = connection.diagnosis().unwrap();
    let told = diagnosis.long().to_string().len();
    println!("{what}: {held:?} after {} bytes; {told} bytes of diagnosis", hello.len());
    held.check(what, hello.len());
    assert!(held.now <= REFUSED + lists, "{what}: {held:?}, and {lists} bytes of lists");
    assert!(told <= DIAGNOSIS, "{what}: {told} bytes of diagnosis");
}
