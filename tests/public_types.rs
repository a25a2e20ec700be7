//! What every public type owes its users: it can grow, can be sent to another thread, can be printed, and prints no secret.
//!
//! That every one implements `Debug` is a lint of the crate (`missing_debug_implementations`).

#[cfg(all(feature = "ring", feature = "std"))]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Public enums, and structs with public fields, that users may match or make in full, and why.
const EXHAUSTIVE: [(&str, &str); 6] = [
    ("AskFor", "a bool with a name"),
    ("MacOrder", "RFC 5246 and RFC 7366 have an order each, and a provider must know which"),
    ("MaxFragmentLength", "RFC 6066 §4 has these four, and RFC 8449 has taken its place"),
    ("Renewal", "a bool with a name"),
    ("Role", "TLS has two"),
    ("Direction", "there are two"),
];

/// Folders that promise nothing, but for the types that the root of the crate re-exports.
const UNPROMISED: [&str; 2] = ["wire/", "bin/"];

/// Those.
const PROMISED_OF_WIRE: [&str; 1] = ["MaxFragmentLength"];

/// A public type as it is declared.
struct Declared {
    file: String,
    name: String,
    can_grow: bool,
    /// Whether users could match it or make it in full.
    is_open: bool,
}

/// All enums and structs that are `pub`: the crate warns of those that cannot be reached (`unreachable_pub`), so that they
/// are public. They begin at the start of a line, and end with the next brace or semicolon that does: rustfmt sees to it.
fn declared_in(file: &str, text: &str) -> Vec<Declared> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let is_enum = line.starts_with("pub enum ");
        let Some(rest) = line.strip_prefix("pub enum ").or_else(|| line.strip_prefix("pub struct ")) else { continue };
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
        // Back to the end of the item before.
        let above = lines[..i].iter().rev().take_while(|line| !line.is_empty() && !line.starts_with(['}', ';']));
        let can_grow = above.into_iter().any(|line| *line == "#[non_exhaustive]");
        let has_body = line.ends_with('{');
        let body = lines[i + 1..].iter().take_while(|line| has_body && **line != "}");
        let has_public_field = rest.contains("(pub ") || body.into_iter().any(|line| line.starts_with("    pub "));
        let is_open = is_enum || has_public_field;
        found.push(Declared { file: file.to_owned(), name: name.to_owned(), can_grow, is_open });
    }
    found
}

fn declared() -> Vec<Declared> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.extend(declared_in(&file, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let is_promised = |declared: &Declared| {
        let unpromised = UNPROMISED.iter().any(|folder| declared.file.starts_with(folder));
        !unpromised || PROMISED_OF_WIRE.contains(&&*declared.name)
    };
    found.retain(is_promised);
    assert!(found.len() > 100, "the types are not where they were: {}", found.len());
    found
}

#[test]
fn public_types_can_grow() {
    let closed: Vec<Declared> = declared().into_iter().filter(|typ| typ.is_open && !typ.can_grow).collect();
    let exempt: BTreeSet<&str> = EXHAUSTIVE.iter().map(|(name, _)| *name).collect();
    let wrong = closed.iter().filter(|typ| !exempt.contains(&*typ.name));
    let wrong: Vec<String> = wrong.map(|typ| format!("{}: {} is not #[non_exhaustive]", typ.file, typ.name)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let closed = closed.iter().map(|typ| &*typ.name).collect();
    let stale: Vec<_> = exempt.difference(&closed).collect();
    assert!(stale.is_empty(), "exempt without need: {stale:?}");
}

/// The reader itself: what it must find, and what it must not.
#[test]
fn the_reader_reads() {
    let text = "/// A doc.\n#[derive(Debug)]\n#[non_exhaustive]\npub enum A {\n    B,\n}\n\npub struct C {\n    d: u8,\n}\n\
        pub struct E {\n    pub f: u8,\n}\npub struct G(pub u8);\npub(crate) enum H {\n}\npub struct I(u8);\npub enum J<'a> {\n}\n";
    let found = declared_in("file", text);
    let seen: Vec<_> = found.iter().map(|typ| (&*typ.name, typ.is_open, typ.can_grow)).collect();
    let expected = [
        ("A", true, true),
        ("C", false, false),
        ("E", true, false),
        ("G", true, false),
        ("I", false, false),
        ("J", true, false),
    ];
    assert_eq!(seen, expected);
}

/// Checks when it compiles that all of these can be sent to and shared with other threads, and moved, and that none borrows
/// anything but what its lifetime says; keeps their names.
macro_rules! send_and_sync {
    ($list:ident: $($typ:ty),* $(,)?) => {
        const $list: &str = stringify!($($typ),*);
        const _: () = {
            const fn holds<T: Send + Sync + Unpin + 'static>() {}
            $(holds::<$typ>();)*
        };
    };
}

send_and_sync! { CORE:
    tls12::Advice, tls12::AnswerError, tls12::Connection, tls12::Diagnosis, tls12::DirectionSecrets, tls12::Event<'_>,
    tls12::Outgoing, tls12::Receiver, tls12::Sender, tls12::Step<'_>, tls12::SuiteSetting, tls12::TrafficSecrets,
    tls12::AlertDescription, tls12::CertificateError, tls12::CertificateErrorDetails, tls12::CertificateErrorKind,
    tls12::CertificateSummary, tls12::DecodeError, tls12::DecodeFault, tls12::Error, tls12::KeyFault, tls12::Lacking,
    tls12::Limited, tls12::OtherProtocol, tls12::ProviderError, tls12::Received, tls12::Side, tls12::SignatureError,
    tls12::Violation, tls12::Agreement, tls12::Answer, tls12::AskFor, tls12::ClientAuth, tls12::ClientConfig,
    tls12::ClientConfigBuilder, tls12::ClientOffer, tls12::ClientTrust, tls12::ConfigError, tls12::ConnectionInfo,
    tls12::Credential, tls12::DecryptRequest, tls12::Direction, tls12::ExportError, tls12::ExternalKey, tls12::FalseStart,
    tls12::FindPskRequest, tls12::FindSessionRequest, tls12::Grease, tls12::HelloShape, tls12::Indication, tls12::KeyUse, tls12::LaterVersion,
    tls12::MessageKind,
    tls12::Need, tls12::NewSession, tls12::NotResumable, tls12::OpenTicketRequest, tls12::Peer, tls12::PeerChain,
    tls12::Policy, tls12::PresharedKey, tls12::RecordLimit, tls12::Renegotiation, tls12::RenegotiationRefusal,
    tls12::Resumption, tls12::SessionOutcome, tls12::ChainLimit, tls12::Role, tls12::SealError, tls12::SealTicketRequest, tls12::SecureRenegotiation,
    tls12::SelectCertificateRequest, tls12::SelectConfigRequest, tls12::SelectPskRequest, tls12::ServerConfig,
    tls12::ServerConfigBuilder, tls12::SignRequest, tls12::TracedMessage, tls12::UnboundSessions, tls12::UnfitCertificate, tls12::UnfitReason,
    tls12::UnknownNames, tls12::Verified, tls12::VerifyRequest, tls12::MaxFragmentLength, tls12::NamedGroup,
    tls12::SignatureScheme, tls12::pem::PemError, tls12::crypto::AeadAlgorithm, tls12::crypto::CbcCipher,
    tls12::crypto::CbcKeys<'_>, tls12::crypto::CbcRecord<'_>, tls12::crypto::CipherSuite,
    tls12::crypto::DecryptedPremaster, tls12::crypto::Digest, tls12::crypto::HashAlgorithm, tls12::crypto::KeyExchange,
    tls12::crypto::KeyType, tls12::crypto::MacOrder, tls12::crypto::MasterSecret, tls12::crypto::Protection,
    tls12::crypto::PublicKey, tls12::crypto::Secret, tls12::crypto::SignatureAlgorithms, tls12::session::ClientSession,
    tls12::session::ClientSessionKey, tls12::session::FleetKeys, tls12::session::OpenedTicket, tls12::session::Renewal,
    tls12::session::SealedTicket, tls12::session::ServerSession, tls12::session::SessionError, tls12::session::TicketKey,
    tls12::session::TicketRing,
}

#[cfg(feature = "std")]
send_and_sync! { STD:
    tls12::FailureKind, tls12::HandshakeCounter, tls12::HandshakeCounts, tls12::session::ClientMemoryStore,
    tls12::session::ServerMemoryStore, tls12::session::SharedTickets, tls12::session::TicketKeys,
}

#[cfg(feature = "webpki")]
send_and_sync! { VERIFY:
    tls12::verify::Allow, tls12::verify::Basis, tls12::verify::CertificatePolicies, tls12::verify::CrlProblem,
    tls12::verify::Despite, tls12::verify::NameError, tls12::verify::Note, tls12::verify::Pin,
    tls12::verify::PinError, tls12::verify::PolicyError, tls12::verify::RejectedCrl, tls12::verify::RejectedRoot,
    tls12::verify::Revocation, tls12::verify::RevocationError, tls12::verify::RootProblem, tls12::verify::Rule,
    tls12::verify::TrustStore, tls12::verify::TrustStoreError, tls12::verify::UnknownStatus, tls12::verify::Verdict,
    tls12::verify::Verifier,
}

#[cfg(all(feature = "std", feature = "webpki"))]
send_and_sync! { FIRST_USE: tls12::verify::FirstUse }

#[cfg(feature = "inspect")]
send_and_sync! { INSPECT:
    tls12::inspect::Check, tls12::inspect::ClientHello,
    tls12::inspect::Content, tls12::inspect::Conversation, tls12::inspect::Direction, tls12::inspect::Fault,
    tls12::inspect::Found<u8>, tls12::inspect::HandshakeMessage, tls12::inspect::Inspector,
    tls12::inspect::Item, tls12::inspect::ItemKind, tls12::inspect::KeySchedule, tls12::inspect::Outcome, tls12::inspect::Place,
    tls12::inspect::Protection, tls12::inspect::Record, tls12::inspect::ScheduleSecrets, tls12::inspect::SecretSource, tls12::inspect::Secrets,
    tls12::inspect::ServerHello, tls12::inspect::Sessions, tls12::inspect::State, tls12::inspect::Summary,
    tls12::inspect::TransportEnd, tls12::inspect::Unknown, tls12::inspect::Verdict, tls12::inspect::WriteKeys,
}

#[cfg(not(feature = "inspect"))]
const INSPECT: &str = "";

#[cfg(feature = "record")]
send_and_sync! { RECORD:
    tls12::replay::Difference, tls12::replay::Ending, tls12::replay::Recorder, tls12::replay::RecorderStatus,
    tls12::replay::Recording, tls12::replay::RecordingError, tls12::replay::Replayed,
}

#[cfg(not(feature = "record"))]
const RECORD: &str = "";

/// None is left out. The adapters, whose types depend on features and on those of others, are in `tests/adapters/types.rs`.
#[cfg(all(feature = "std", feature = "webpki"))]
#[test]
fn public_types_can_be_sent_and_shared() {
    let listed: BTreeSet<String> = [CORE, STD, VERIFY, FIRST_USE, INSPECT, RECORD]
        .iter()
        .flat_map(|list| list.split(','))
        .map(|path| {
            let path: String = path.chars().filter(|c| !c.is_whitespace()).collect();
            path.rsplit("::").next().unwrap().split('<').next().unwrap().to_owned()
        })
        .collect();
    let missing: Vec<String> = declared()
        .into_iter()
        .filter(|typ| cfg!(feature = "inspect") || !typ.file.starts_with("inspect/"))
        .filter(|typ| cfg!(feature = "record") || !typ.file.starts_with("replay/"))
        .filter(|typ| !typ.file.starts_with("io/") && !listed.contains(&typ.name))
        .map(|typ| format!("{}: {}", typ.file, typ.name))
        .collect();
    assert!(missing.is_empty(), "neither Send nor Sync is asserted: {missing:#?}");
}

/// What of `secrets` can be read in `value`, as it is printed: as numbers, in hexadecimal, or as text.
#[cfg(all(feature = "ring", feature = "std"))]
#[track_caller]
fn assert_hides(value: &dyn std::fmt::Debug, secrets: &[&[u8]]) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        for secret in secrets {
            // A part is as bad as the whole.
            let part = &secret[..secret.len().min(8)];
            let numbers = format!("{part:?}").replace([' ', '[', ']'], "");
            let hexadecimal: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
            let numbers_of_hexadecimal = format!("{part:02x?}").replace([' ', '[', ']'], "");
            let as_text = part.escape_ascii().to_string().to_lowercase();
            for form in [numbers, hexadecimal, numbers_of_hexadecimal, as_text] {
                assert!(!flat.contains(&form), "{form} is printed: {text}");
            }
        }
    }
}

/// The test's own eye: each form is found.
#[cfg(all(feature = "ring", feature = "std"))]
#[test]
fn what_is_printed_is_seen() {
    let secret = b"\x9bsecret\xc7 and more";
    let hexadecimal: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let all: [&dyn std::fmt::Debug; 4] =
        [secret, &Vec::from(secret), &hexadecimal, &format_args!("{}", secret.escape_ascii())];
    for printed in all {
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assert_hides(printed, &[secret]))).is_err());
    }
    assert_hides(&"something else", &[secret]);
}

#[cfg(all(feature = "ring", feature = "std"))]
mod printed {
    use std::sync::{Arc, Mutex};

    use super::assert_hides;
    use super::support::pair::Pair;
    use super::support::pki::{KeyKind, PKI, Pinned, now};
    use tls12::crypto::{CbcKeys, CbcRecord, DecryptedPremaster, Digest, Secret, ring};
    use tls12::session::{
        FleetKeys, OpenedTicket, Renewal, SealedTicket, SharedTickets, TicketKey, TicketKeys, TicketRing,
    };
    use tls12::{ClientConfig, Event, ExternalKey, KeyLog, Need, NewSession, PresharedKey, ServerConfig, Step};

    /// 32 bytes that stand nowhere else.
    const SECRET: [u8; 32] = *b"\x9bnobody shall read\xc7 what is here";

    /// A key log that prints all it has.
    #[derive(Debug, Default)]
    struct Log(Mutex<Vec<u8>>);

    impl KeyLog for Log {
        fn log(&self, _: &str, _: &[u8; 32], secret: &[u8]) {
            *self.0.lock().unwrap() = secret.to_vec();
        }
    }

    #[test]
    fn what_is_made_of_secrets_hides_them() {
        let provider = ring::provider();
        let secret = &[&SECRET[..]][..];
        assert_hides(&Secret::new(SECRET.to_vec()), secret);
        assert_hides(&Digest::new(&SECRET), secret);
        assert_hides(&CbcKeys::new(&SECRET, &SECRET), secret);
        #[cfg(feature = "inspect")]
        {
            let mut secrets = tls12::inspect::Secrets::default();
            let hexadecimal: String = SECRET.iter().map(|byte| format!("{byte:02x}")).collect();
            let log = format!("CLIENT_RANDOM {} {hexadecimal}{}", "00".repeat(32), &hexadecimal[..32]);
            assert_eq!(secrets.add_key_log(&log), 1);
            assert_hides(&secrets, secret);
            assert_hides(&tls12::inspect::ItemKind::Data(SECRET.to_vec()), secret);
        }
        let mut body = SECRET;
        assert_hides(&CbcRecord::new([0; 11], [0; 16], &mut body, 32), secret);
        assert_hides(&DecryptedPremaster::unpadded(&SECRET), secret);
        assert_hides(&PresharedKey::new(b"meter 17", Secret::new(SECRET.to_vec())).unwrap(), secret);
        assert_hides(&SealedTicket::new(SECRET.to_vec(), 0), secret);
        let key: [u8; 48] = [&SECRET[..], &SECRET[..16]].concat().try_into().unwrap();
        assert_hides(&TicketKey::new(&*provider, &key).unwrap(), secret);
        assert_hides(&FleetKeys::new(Arc::clone(&provider), *b"fleet", &SECRET), secret);
        let ring = TicketRing::new(provider.random(), now()).unwrap();
        let bytes = ring.to_bytes();
        // All of it that is as random as a key.
        let parts: Vec<&[u8]> =
            bytes.expose().chunks_exact(8).filter(|part| part.iter().all(|byte| *byte != 0)).collect();
        assert!(!parts.is_empty());
        assert_hides(&ring, &parts);
        let shared = SharedTickets::new(Arc::clone(&provider), 3600);
        shared.take(0, ring.clone()).unwrap();
        assert_hides(&shared, &parts);
        assert_hides(&TicketKeys::new(provider), secret);
    }

    #[test]
    fn events_hide_the_data() {
        let mut data = SECRET;
        assert_hides(&Event::Data(&mut data), &[&SECRET]);
        let client = ClientConfig::builder(Pinned::server()).build().unwrap();
        let server = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider())).build().unwrap();
        let mut pair = Pair::new(client, server);
        pair.run();
        pair.client.connection.seal(&SECRET, &mut pair.client.output).unwrap();
        let mut input = std::mem::take(&mut pair.client.output);
        let step: Step<'_> = pair.server.connection.process(&mut input, &mut Vec::new()).unwrap();
        assert!(matches!(&step.event, Event::Data(data) if **data == SECRET));
        assert_hides(&step, &[&SECRET]);
        let mut parts = tls12::io::Parts::new((), ());
        (parts.data, parts.received, parts.unsent) = (SECRET.to_vec(), SECRET.to_vec(), SECRET.to_vec());
        assert_hides(&parts, &[&SECRET]);
    }

    /// Of a handshake: master secret, private key, session IDs and tickets.
    #[test]
    fn what_a_handshake_leaves_hides_its_secrets() {
        let log = Arc::new(Log::default());
        let credential = PKI.server(KeyKind::Rsa).credential(&*ring::provider());
        let private = PKI.server(KeyKind::Rsa).key.secret_pkcs8_der();
        let private = &private[private.len() / 2..];
        assert_hides(&credential, &[private]);
        assert_hides(credential.private_key().unwrap(), &[private]);
        let client = ClientConfig::builder(Pinned::server()).key_log(Arc::clone(&log) as _).build().unwrap();
        let server = ServerConfig::builder(credential).tickets_later().session_store_later().build().unwrap();
        let keys = TicketKeys::new(ring::provider());
        let mut seen = Vec::new();
        for resumes in [false, true] {
            let mut pair = Pair::new(Arc::clone(&client), Arc::clone(&server));
            if resumes {
                pair.client = super::support::pair::End::client(
                    Arc::clone(&client),
                    super::support::pki::SERVER_NAME,
                    seen.pop(),
                    now(),
                );
            }
            let tickets = Mutex::new(Vec::new());
            pair.run_deciding(|need| {
                use tls12::session::Tickets as _;
                let master = log.0.lock().unwrap().clone();
                match need {
                    Need::SealTicket(request) => {
                        assert_hides(&request, &[&master]);
                        assert_hides(request.session(), &[&master]);
                        let sealed = keys.seal(request.session(), now());
                        tickets.lock().unwrap().push(sealed.clone().unwrap().ticket);
                        let answer = request.sealed(sealed);
                        assert_hides(&answer, &[&master, &tickets.lock().unwrap()[0]]);
                        answer
                    }
                    Need::OpenTicket(request) => {
                        let ticket = request.ticket().to_vec();
                        assert_hides(&request, &[&ticket[16..]]);
                        let opened = keys.open(&ticket, now());
                        assert_hides(&opened, &[&master]);
                        request.opened(opened.map(|opened| OpenedTicket::new(opened.session, Renewal::Due)))
                    }
                    other => panic!("{other:?}"),
                }
            });
            pair.assert_connected();
            assert_eq!(pair.client.info().resumed(), resumes);
            let master = log.0.lock().unwrap().clone();
            assert_eq!(master.len(), 48);
            let session = pair.client.client_session();
            let ticket = tickets.into_inner().unwrap().pop().unwrap();
            // Past the name of its key.
            let secrets: [&[u8]; 2] = [&master, &ticket[16..]];
            assert_hides(&session, &secrets);
            assert_hides(&NewSession::Client(session.clone()), &secrets);
            assert_hides(&client, &secrets);
            assert_hides(&server, &[&master, private]);
            assert_hides(&client.to_builder(), &secrets);
            assert_hides(&server.to_builder(), &[&master, private]);
            assert_hides(&pair.client.connection, &secrets);
            assert_hides(&pair.client.info(), &secrets);
            let traffic = pair.server.connection.into_traffic_secrets().unwrap();
            let keys = [traffic.send.key.expose(), traffic.receive.key.expose()];
            assert_hides(&traffic, &keys);
            assert_hides(&traffic.send, &keys);
            let (receiver, sender) = pair.client.connection.split().unwrap();
            assert_hides(&(receiver, sender), &keys);
            seen.push(session);
        }
    }

    #[test]
    fn requests_hide_identifiers_and_what_is_decrypted() {
        let credential = PKI.server(KeyKind::Rsa).certificate.clone();
        let key = ExternalKey::new([tls12::SignatureScheme::RSA_PKCS1_SHA256]).with_decryption();
        let credential = tls12::Credential::external(vec![credential], key).unwrap();
        let policy =
            tls12::Policy::legacy().suites(tls12::crypto::CipherSuite::from_name("TLS_RSA_WITH_AES_128_GCM_SHA256"));
        let server = ServerConfig::builder(credential).policy(policy.clone()).build().unwrap();
        let client = ClientConfig::builder(Pinned::server()).policy(policy).build().unwrap();
        let mut pair = Pair::new(client, server);
        pair.run();
        let Some(Need::DecryptPremaster(request)) = pair.server.pending.take() else { panic!("no request") };
        let ciphertext = request.ciphertext().to_vec();
        assert_hides(&request, &[&ciphertext]);
        assert_hides(&Need::DecryptPremaster(request), &[&ciphertext]);
    }
}
