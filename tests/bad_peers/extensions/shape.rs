//! The form of the ClientHello: order, padding (RFC 7685), size.

use tls12::wire::{ExtensionType, NamedGroup, SignatureScheme};
use tls12::{AskFor, ConfigError, Error, Grease, HelloShape, Indication, Policy, RecordLimit, Side};

use super::{client, connect, facing_client, server, suite};
use crate::assert_refused;
use crate::support::forge::{Step, alert, ext};
use crate::support::hello::{Hello, numbers, vector};
use crate::support::pair::{End, Pair};
use crate::support::pki::{SERVER_NAME, now};
use crate::support::sent;
use tls12::ClientConfigBuilder;

fn shaped(order: &[ExtensionType], min_len: usize) -> ClientConfigBuilder {
    client().alpn_protocols(["h2"]).hello_shape(HelloShape::default().extension_order(order).min_len(min_len))
}

/// The ClientHello of a connection that works, and its length with its header.
fn hello(client: ClientConfigBuilder) -> (Hello, usize) {
    let pair = connect(client, server());
    (sent::hello(&pair.sent[0]), sent::messages(&pair.sent[0])[0].len())
}

fn order(hello: &Hello) -> Vec<u16> {
    hello.extensions.iter().map(|(typ, _)| *typ).collect()
}

/// RFC 6066 §3: the name by which a server chooses is not the one that is verified, if so configured.
#[test]
fn the_name_in_the_hello_is_the_one_that_is_configured() {
    let indicated = |indication: Indication| {
        let shape = HelloShape::default().indication(indication);
        let (hello, _) = hello(client().hello_shape(shape));
        hello.extension(ext::SERVER_NAME).map(<[u8]>::to_vec)
    };
    let named = |name: &str| {
        let len = u8::try_from(name.len()).unwrap();
        Some([&[0, len + 3, 0, 0, len], name.as_bytes()].concat())
    };
    assert_eq!(indicated(Indication::Same), named(SERVER_NAME));
    assert_eq!(indicated(Indication::Omitted), None);
    assert_eq!(indicated(Indication::Other("other.example.".try_into().unwrap())), named("other.example"));
}

/// Some servers do not take a hello that ends with an empty extension.
#[test]
fn by_default_the_last_extension_is_not_empty() {
    for client in [
        client(),
        client().certificate_status(AskFor::No),
        client().tickets(AskFor::No),
        client().record_limit(RecordLimit::RecordSizeLimit(1000)),
        client().policy(Policy::legacy().suites([suite("TLS_RSA_WITH_AES_128_CBC_SHA")])),
    ] {
        let (hello, _) = hello(client);
        assert!(!hello.extensions.last().unwrap().1.is_empty(), "{:?}", hello.extensions);
        assert_eq!(hello.extension(ext::PADDING), None);
    }
}

/// Those that are named come first, in that order; the others in ours. What is named and not sent is not sent for it.
#[test]
fn extensions_come_in_the_order_that_is_asked_for() {
    use ExtensionType as T;
    let ours = order(&hello(shaped(&[], 0)).0);
    let named = [T::SIGNATURE_ALGORITHMS, T::MAX_FRAGMENT_LENGTH, T::SERVER_NAME, T::ALPN, T(0x0a0a)];
    let (hello_, _) = hello(shaped(&named, 0));
    let first = [ext::SIGNATURE_ALGORITHMS, ext::SERVER_NAME, ext::ALPN];
    let rest = ours.iter().copied().filter(|typ| !first.contains(typ));
    assert_eq!(order(&hello_), first.into_iter().chain(rest).collect::<Vec<_>>());
    // All of them, backwards.
    let backwards: Vec<u16> = ours.iter().rev().copied().collect();
    let named: Vec<ExtensionType> = backwards.iter().copied().map(ExtensionType).collect();
    assert_eq!(order(&hello(shaped(&named, 0)).0), backwards);
}

/// RFC 7685 §3: the padding makes up what is lacking, and is of zeros.
#[test]
fn padding_makes_the_hello_as_long_as_is_asked_for() {
    let (_, natural) = hello(shaped(&[], 0));
    for min_len in [1, natural - 1, natural] {
        let (hello, len) = hello(shaped(&[], min_len));
        assert_eq!((len, hello.extension(ext::PADDING)), (natural, None));
    }
    for lacking in [1, 2, 3, 4, 5, 100, 512, HelloShape::MAX_LEN - natural] {
        let (hello, len) = hello(shaped(&[], natural + lacking));
        // An extension has four bytes at least.
        assert_eq!(len, natural + lacking.max(4));
        assert_eq!(hello.extension(ext::PADDING), Some(&vec![0; lacking.saturating_sub(4)][..]));
        assert_eq!(hello.extensions.last().unwrap().0, ext::PADDING);
    }
}

#[test]
fn padding_has_a_place_in_the_order() {
    let (hello_, len) = hello(shaped(&[ExtensionType::PADDING, ExtensionType::SERVER_NAME], 600));
    assert_eq!((order(&hello_)[..2].to_vec(), len), (vec![ext::PADDING, ext::SERVER_NAME], 600));
}

/// The longest is one record, and works; with a ticket too.
#[test]
fn a_hello_of_any_size_fits_in_a_record() {
    let config = shaped(&[], HelloShape::MAX_LEN).build().unwrap();
    let server = server().build().unwrap();
    let mut session = None;
    for resumed in [false, true] {
        let client = End::client(config.clone(), SERVER_NAME, session.take(), now());
        let mut pair = Pair::of(client, End::server(server.clone(), now()));
        pair.run();
        pair.assert_connected();
        assert_eq!(pair.client.info().resumed(), resumed);
        assert_eq!(sent::records(&pair.sent[0])[0].1.len(), HelloShape::MAX_LEN);
        session = pair.client.sessions.last().map(|_| pair.client.client_session());
    }
    for min_len in [HelloShape::MAX_LEN + 1, usize::MAX] {
        assert_eq!(shaped(&[], min_len).build().err(), Some(ConfigError::HelloTooLong));
    }
}

/// RFC 7685 §3: the server MUST NOT echo it.
#[test]
fn an_echo_of_the_padding_is_refused() {
    let mut forge = facing_client(shaped(&[], 1000));
    assert!(forge.their_hello.as_ref().unwrap().extension(ext::PADDING).is_some());
    forge.hello.set(ext::PADDING, &[0; 4]);
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(
        forge,
        outcome,
        alert::UNSUPPORTED_EXTENSION,
        Side::Peer,
        Error::UnsolicitedExtension(ext::PADDING)
    );
}

/// Suites, groups and schemes stand in the order of the policy, most preferred first (RFC 5246 §7.4.1.2, §7.4.1.4.1).
#[test]
fn lists_are_in_the_order_of_the_policy() {
    let suites = ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", super::ECDHE_GCM].map(suite);
    let groups = [NamedGroup::SECP384R1, NamedGroup::X25519, NamedGroup::SECP256R1];
    let schemes = [SignatureScheme::RSA_PKCS1_SHA512, SignatureScheme::ED25519, SignatureScheme::RSA_PSS_RSAE_SHA256];
    let policy = Policy::legacy().suites(suites).groups(groups).signature_schemes(schemes);
    let (hello, _) = hello(client().policy(policy));
    assert_eq!(hello.suites, suites.map(|suite| suite.code));
    let list = |codes: &[u16]| vector(2, &numbers(codes));
    assert_eq!(hello.extension(ext::SUPPORTED_GROUPS), Some(&list(&groups.map(|group| group.0))[..]));
    assert_eq!(hello.extension(ext::SIGNATURE_ALGORITHMS), Some(&list(&schemes.map(|scheme| scheme.0))[..]));
}

/// RFC 8701 §3.1: values that mean nothing among suites, groups, schemes and extensions; a server ignores them, and one that
/// takes them up is refused.
#[test]
fn what_means_nothing_is_sent_where_it_is_asked_for() {
    let is_grease = |value: &u16| value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff;
    let greased = || client().hello_shape(HelloShape::default().grease(Grease::On));
    let (plain, _) = hello(client());
    assert!(!plain.suites.iter().any(is_grease) && !order(&plain).iter().any(is_grease), "off by default");
    for _ in 0..20 {
        let (sent, _) = hello(greased());
        let types = order(&sent);
        assert!(is_grease(&sent.suites[0]) && is_grease(types.first().unwrap()) && is_grease(types.last().unwrap()));
        assert_ne!(types.first(), types.last());
        for list in [ext::SUPPORTED_GROUPS, ext::SIGNATURE_ALGORITHMS] {
            let [first, ours] = [&sent, &plain].map(|hello| hello.extension(list).unwrap()[2..].to_vec());
            assert!(is_grease(&u16::from_be_bytes([first[0], first[1]])));
            assert_eq!(first[2..], ours);
        }
        assert!(!sent.extensions.last().unwrap().1.is_empty(), "some servers take no empty one at the end");
    }
    let target = || End::client(greased().build().unwrap(), SERVER_NAME, None, now());
    let mut forge = crate::support::forge::Forge::facing(target(), suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    forge.hello.suites = vec![forge.their_hello.as_ref().unwrap().suites[0]];
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(forge, outcome, alert::ILLEGAL_PARAMETER, Side::Peer, Error::IllegalParameter(_));
    let mut forge = crate::support::forge::Forge::facing(target(), suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    let first = forge.their_hello.as_ref().unwrap().extensions[0].0;
    forge.hello.set(first, &[]);
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(forge, outcome, alert::UNSUPPORTED_EXTENSION, Side::Peer, Error::UnsolicitedExtension(_));
}
