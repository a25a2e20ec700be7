//! Seeds for each fuzz target: what our own client and server say to each other, and chains of certificates.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PublicKeyData, RevokedCertParams, SerialNumber, date_time_ymd,
};
use sha1::{Digest, Sha1};
use tls12::inspect::Verdict;
use tls12::wire::{
    ContentType, ExtensionType, HandshakeType, Message, RecordHeader, ServerHello, put_certificate, put_extension,
    put_message, put_server_hello,
};
use tls12::{Connection, Event};
use tls12_fuzz::drive::drive;
use tls12_fuzz::mode::{Answers, Mode, SERVER_NAME};
use tls12_fuzz::provider::Protection;
use tls12_fuzz::targets::capture::count;
use tls12_fuzz::targets::conversation::{FROM_SERVER, WITH_SECRET, read};
use tls12_fuzz::tree::{Format, Part};

/// An input for a target.
pub struct Seed {
    pub target: &'static str,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// All seeds. The certificates have other keys each time.
pub fn all() -> Vec<Seed> {
    let mut seeds = Seeds(Vec::new());
    for mode in Mode::all() {
        let Said { client, server, pieces } = converse(mode);
        let name = mode.byte().to_string();
        observed(&mut seeds, &name, &pieces);
        for cut in [0, 16, 255] {
            seeds.add("client", &format!("{name}-{cut}"), &[&[mode.byte(), cut], &*server]);
            seeds.add("server", &format!("{name}-{cut}"), &[&[mode.byte(), cut], &*client]);
        }
        seeds.add("client", &format!("{name}-requested"), &[&[mode.byte(), 99], &*with_certificate_request(&server)]);
        if mode.byte() == WITH_EVERYTHING {
            let renegotiated = renegotiated(&server);
            let client = mode.client(Protection::Null, Answers::InLoop, &mut Vec::new());
            let outcome = drive(client, [renegotiated.as_slice()].into_iter());
            let events: &[String] = &["Renegotiated".into(), "CloseNotify".into()];
            assert!(outcome.data == DATA && outcome.events.ends_with(events), "{outcome:?}");
            seeds.add("client", &format!("{name}-renegotiated"), &[&[mode.byte(), 255], &*renegotiated]);
        }
        seeds.add("joiner", &format!("{name}-client"), &[&[mode.byte(), 3, 0, 7, 40], &*handshake(&server).concat()]);
        seeds.add(
            "joiner",
            &format!("{name}-server"),
            &[&[mode.byte() | 0x80, 2, 1, 60], &*handshake(&client).concat()],
        );
        for message in handshake(&server).iter().chain(&handshake(&client)) {
            let (decoder, body) = decoder(message, mode);
            seeds.add("wire", &format!("{name}-{decoder}"), &[&[decoder], body]);
            seeds.add("wire", &format!("{name}-{decoder}-framed"), &[&[8], message]);
        }
        for (i, changes) in CHANGES.iter().enumerate() {
            let texts = [&[3, b'a', 0, 0, b'b', 0, 1], &[b'c', 0x50, 0][..]].concat();
            seeds.add("record_open", &format!("{name}-{i}"), &[&[mode.byte(), 30], &*texts, changes]);
        }
    }
    seeds.add("wire", "certificate-request", &[&[3], CERTIFICATE_REQUEST]);
    seeds.add("wire", "alert", &[&[7, 2, 40]]);
    let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    seeds.add("known", "pin", &[pin.as_bytes()]);
    seeds.add("known", "servers", &[format!("a.example {pin}\n192.0.2.1 {pin}\n").as_bytes()]);
    chains(&mut seeds);
    for seed in &seeds.0 {
        if let Some(format) = Format::of(seed.target) {
            let mut again = Vec::new();
            Part::read(format, &seed.bytes).write(&mut again);
            assert!(again == seed.bytes, "{} {}", seed.target, seed.name);
        }
    }
    seeds.0
}

/// A connection as a third party sees it.
fn observed(seeds: &mut Seeds, name: &str, said: &[(u8, Vec<u8>)]) {
    let piece = |(sender, bytes): &(u8, Vec<u8>)| [&[*sender], &u16_of(bytes.len())[..], bytes].concat();
    let pieces: Vec<u8> = said.iter().flat_map(piece).collect();
    let (seen, verdict) = read(WITH_SECRET, &pieces, usize::MAX);
    assert_eq!(verdict, Verdict::Verified, "{seen}");
    for (flags, cut) in [(0, 6), (WITH_SECRET, 0), (WITH_SECRET, 100)] {
        seeds.add("conversation", &format!("{name}-{flags}-{cut}"), &[&[flags, cut], &*pieces]);
    }
    // The same as packets: raw IP in a file of pcap.
    let mut file = [[0xd4, 0xc3, 0xb2, 0xa1], [2, 0, 4, 0], [0; 4], [0; 4], [0, 0, 4, 0], [101, 0, 0, 0]].concat();
    let mut sent = [0, 0];
    for (sender, bytes) in said {
        for part in bytes.chunks(700) {
            let segment = segment(*sender, &mut sent, part);
            let len = u32::try_from(segment.len()).unwrap().to_le_bytes();
            file.extend([&[0; 8], &len[..], &len, &segment].concat());
        }
    }
    assert_eq!(count(&file), said.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
    seeds.add("capture", name, &[&*file]);
}

/// A segment of TCP over IPv4. `sent` is what each side has sent before it.
fn segment(sender: u8, sent: &mut [usize; 2], data: &[u8]) -> Vec<u8> {
    let (own, other) = if sender == FROM_SERVER { (1, 0) } else { (0, 1) };
    let address = |side: usize| [10, 0, 0, u8::try_from(side).unwrap()];
    let port = |side: usize| u16_of([50_000, 443][side]);
    let number = |side: usize| u32::try_from(sent[side]).unwrap().to_be_bytes();
    let ip =
        [&[0x45, 0], &u16_of(40 + data.len())[..], &[0, 0, 0, 0, 64, 6, 0, 0], &address(own), &address(other)].concat();
    let tcp = [&port(own)[..], &port(other), &number(own), &number(other), &[0x50, 0x10, 1, 0, 0, 0, 0, 0]].concat();
    sent[own] += data.len();
    [&ip, &tcp, data].concat()
}

fn u16_of(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap().to_be_bytes()
}

/// A CertificateRequest for RSA certificates, by any scheme of two, from one authority (whose name is empty).
const CERTIFICATE_REQUEST: &[u8] = &[1, 1, 0, 4, 4, 1, 8, 4, 0, 4, 0, 2, 0x30, 0];

/// Changes to records, as the target reads them.
const CHANGES: [&[u8]; 8] = [
    &[],
    &[0, 1, 0, 20, 1],
    &[1, 1, 0, 1, 1, 1, 17, 0x80],
    &[2, 2, 0, 37],
    &[3, 2, 0, 100],
    &[4, 0, 5, 0],
    &[6, 0, 1],
    &[7, 0, 6, 21, 3, 3, 0, 1, 0],
];

struct Seeds(Vec<Seed>);

impl Seeds {
    fn add(&mut self, target: &'static str, name: &str, parts: &[&[u8]]) {
        self.0.push(Seed { target, name: format!("seed-{name}"), bytes: parts.concat() });
    }
}

const DATA: &[u8] = b"some data";

/// All that each side sent; and what both sent in turn.
struct Said {
    client: Vec<u8>,
    server: Vec<u8>,
    pieces: Vec<(u8, Vec<u8>)>,
}

/// A handshake, data each way, and the end.
fn converse(mode: Mode) -> Said {
    let mut said = Said { client: Vec::new(), server: Vec::new(), pieces: Vec::new() };
    let mut out = Vec::new();
    let mut client = mode.client(Protection::Null, Answers::InLoop, &mut out);
    let mut server = mode.server(Protection::Null, Answers::InLoop);
    let mut sender = 0;
    while !out.is_empty() || client.info().is_none() || server.info().is_none() {
        said.add(sender, &out);
        let hearer = if sender == FROM_SERVER { &mut client } else { &mut server };
        out = hear(hearer, &mut out);
        sender ^= FROM_SERVER;
    }
    assert_eq!(server.info().unwrap().resumed(), mode.has_session(), "{mode:?}");
    for (end, sender) in [(&mut client, 0), (&mut server, FROM_SERVER)] {
        end.seal(DATA, &mut out).unwrap();
        end.close(&mut out);
        said.add(sender, &out);
        out.clear();
    }
    // Else the targets would not get to see the far end of a connection.
    for (end, heard) in [
        (mode.client(Protection::Null, Answers::Later, &mut Vec::new()), &said.server),
        (mode.server(Protection::Null, Answers::Later), &said.client),
    ] {
        let outcome = drive(end, [heard.as_slice()].into_iter());
        // A session to keep may come first.
        assert!(
            outcome.data == DATA && outcome.events.ends_with(&["Connected".into(), "CloseNotify".into()]),
            "{outcome:?}"
        );
    }
    said
}

impl Said {
    fn add(&mut self, sender: u8, bytes: &[u8]) {
        let all = if sender == FROM_SERVER { &mut self.server } else { &mut self.client };
        all.extend_from_slice(bytes);
        self.pieces.push((sender, bytes.to_vec()));
    }
}

/// Returns what `connection` says to `input`.
fn hear(connection: &mut Connection, input: &mut [u8]) -> Vec<u8> {
    let (mut at, mut out) = (0, Vec::new());
    loop {
        let step = connection.process(&mut input[at..], &mut out).unwrap();
        at += step.consumed;
        if matches!(step.event, Event::NeedInput { .. }) {
            return out;
        }
    }
}

/// The records, one by one.
fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while let Some(header) = bytes.first_chunk() {
        let (record, rest) = bytes.split_at(RecordHeader::LEN + RecordHeader::from_bytes(*header).length);
        records.push(record);
        bytes = rest;
    }
    records
}

/// The handshake messages that are not protected.
fn handshake(bytes: &[u8]) -> Vec<Vec<u8>> {
    let records = records(bytes);
    let plain = records.iter().take_while(|record| record[0] == ContentType::HANDSHAKE.0);
    plain.map(|record| record[RecordHeader::LEN..].to_vec()).collect()
}

/// The server's side, as if it had asked for a certificate.
fn with_certificate_request(server: &[u8]) -> Vec<u8> {
    let mut with = Vec::new();
    for record in records(server) {
        if record[RecordHeader::LEN] == HandshakeType::SERVER_HELLO_DONE.0 && record[0] == ContentType::HANDSHAKE.0 {
            let mut message = Vec::new();
            put_message(&mut message, HandshakeType::CERTIFICATE_REQUEST, |out| out.extend(CERTIFICATE_REQUEST));
            with.extend(RecordHeader::to_bytes(ContentType::HANDSHAKE, u16::try_from(message.len()).unwrap()));
            with.extend(message);
        }
        with.extend(record);
    }
    with
}

/// The mode that has renegotiation, with AES-GCM.
const WITH_EVERYTHING: u8 = 1 << 5;

/// The server's side, with a second handshake that it requests under the keys of the first (RFC 5746 §3.7). Both have the same keys
/// and the same Finished, as they depend on nothing.
fn renegotiated(server: &[u8]) -> Vec<u8> {
    let records = records(server);
    let change = records.iter().position(|record| record[0] == ContentType::CHANGE_CIPHER_SPEC.0).unwrap();
    let (first, rest) = records.split_at(change + 2);
    let mut all = first.concat();
    all.extend(protected(ContentType::HANDSHAKE, &[0; 4]));
    for message in handshake(server) {
        let again = match Message::split(&message).unwrap().0 {
            Message { typ: HandshakeType::SERVER_HELLO, body, .. } => {
                renegotiating(&ServerHello::decode(body).unwrap())
            }
            _ => message,
        };
        all.extend(protected(ContentType::HANDSHAKE, &again));
    }
    all.extend(protected(ContentType::CHANGE_CIPHER_SPEC, &[1]));
    all.extend(first[change + 1]);
    all.extend(rest.concat());
    all
}

/// The same ServerHello, bound to the first handshake by what both sides sent in Finished. No application protocol is offered
/// again.
fn renegotiating(hello: &ServerHello<'_>) -> Vec<u8> {
    let mut again = Vec::new();
    put_server_hello(&mut again, &hello.random, hello.session_id, hello.cipher_suite, |out| {
        for (typ, content) in hello.extensions.iter().filter(|(typ, _)| *typ != ExtensionType::ALPN) {
            let both = [&[24][..], &[0xd1; 24]].concat();
            let content = if typ == ExtensionType::RENEGOTIATION_INFO { &both } else { content };
            put_extension(out, typ, |out| out.extend(content));
        }
    });
    again
}

/// A record with AES-GCM as it is without cryptography: the nonce, and a tag of zeros.
fn protected(typ: ContentType, text: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + text.len() + 16).unwrap();
    [&RecordHeader::to_bytes(typ, len)[..], &[0; 8], text, &[0; 16]].concat()
}

/// Which decoder of the target `wire` a message is for, and its body.
fn decoder(message: &[u8], mode: Mode) -> (u8, &[u8]) {
    let message = Message::split(message).unwrap().0;
    let decoder = match message.typ {
        HandshakeType::CLIENT_HELLO => 0,
        HandshakeType::SERVER_HELLO => 1,
        HandshakeType::CERTIFICATE => 2,
        HandshakeType::SERVER_KEY_EXCHANGE if mode.byte() & 7 == 6 => 9,
        HandshakeType::SERVER_KEY_EXCHANGE => 4,
        // The suites with static RSA, and that with a pre-shared key.
        HandshakeType::CLIENT_KEY_EXCHANGE if matches!(mode.byte() & 7, 4 | 5) => 5,
        HandshakeType::CLIENT_KEY_EXCHANGE if mode.byte() & 7 == 6 => 10,
        HandshakeType::CLIENT_KEY_EXCHANGE => 6,
        _ => 8,
    };
    (decoder, message.body)
}

/// Roots and chains: one that is good, and some that are not.
fn chains(seeds: &mut Seeds) {
    let ca = |name: &str, usage: KeyUsagePurpose| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.key_usages = vec![usage];
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params
    };
    let key = || KeyPair::generate().unwrap();
    let root = CertifiedIssuer::self_signed(ca("root", KeyUsagePurpose::KeyCertSign), key()).unwrap();
    let leaf = |names: &[&str], usage: KeyUsagePurpose| {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from(5_u64));
        params
    };
    for (name, usage) in [("good", KeyUsagePurpose::KeyCertSign), ("no-cert-sign", KeyUsagePurpose::CrlSign)] {
        let issuer = CertifiedIssuer::signed_by(ca("issuer", usage), key(), &root).unwrap();
        for (kind, params) in [
            ("name", leaf(&[SERVER_NAME], KeyUsagePurpose::DigitalSignature)),
            ("address", leaf(&["127.0.0.1", "::1"], KeyUsagePurpose::KeyEncipherment)),
            ("wildcard", leaf(&["*.example", "other.example"], KeyUsagePurpose::DigitalSignature)),
        ] {
            let leaf = params.signed_by(&key(), &issuer).unwrap();
            let mut input = Vec::new();
            for chain in [&[root.der().clone()][..], &[leaf.der().clone(), issuer.der().clone()]] {
                let mut message = Vec::new();
                put_certificate(&mut message, chain);
                input.extend(Message::split(&message).unwrap().0.body);
            }
            for target in ["verify", "verify_differential"] {
                seeds.add(target, &format!("{name}-{kind}"), &[&*input]);
            }
            for (of, list) in [("leaf", revoked(&issuer)), ("issuer", revoked(&root))] {
                seeds.add("revocation", &format!("{name}-{kind}-{of}"), &[&*input, &*list]);
            }
            for (says, status) in [("good", &[0x80, 0][..]), ("unknown", &[0x82, 0]), ("revoked", REVOKED)] {
                seeds.add("staple", &format!("{name}-{kind}-{says}"), &[&*input, &*response(&issuer, status)]);
            }
        }
    }
}

/// A list of `issuer`, with certificate 5 on it.
fn revoked(issuer: &CertifiedIssuer<'_, KeyPair>) -> Vec<u8> {
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(5_u64),
        revocation_time: date_time_ymd(2025, 12, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2025, 12, 1),
        next_update: date_time_ymd(2026, 2, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    // An issuer that may not sign lists has none.
    params.signed_by(issuer).map(|list| list.der().to_vec()).unwrap_or_default()
}

/// revoked [1], on 1 December 2025.
const REVOKED: &[u8] = b"\xa1\x11\x18\x0f20251201000000Z";

/// A response of `issuer` about certificate 5 (RFC 6960 §4.2.1). Its signature is none: all count as good.
fn response(issuer: &CertifiedIssuer<'_, KeyPair>, status: &[u8]) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    const OCTETS: u8 = 4;
    let anchor_name = issuer_name(issuer.der());
    let octets = |data: &[u8]| tlv(OCTETS, &[&Sha1::digest(data)]);
    let sha1 = tlv(SEQUENCE, &[&[6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0]]);
    let key = PublicKeyData::der_bytes(issuer.key());
    let id = tlv(SEQUENCE, &[&sha1, &octets(&anchor_name), &octets(key), &[2, 1, 5]]);
    let (from, until) = (&b"\x18\x0f20251231000000Z"[..], b"\xa0\x11\x18\x0f20260103000000Z");
    let single = tlv(SEQUENCE, &[&id, status, from, until]);
    let data = tlv(SEQUENCE, &[&tlv(0xa1, &[&anchor_name]), from, &tlv(SEQUENCE, &[&single])]);
    let algorithm = tlv(SEQUENCE, &[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]]);
    let basic = tlv(SEQUENCE, &[&data, &algorithm, &tlv(3, &[&[0, 1]])]);
    let kind = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
    let bytes = tlv(SEQUENCE, &[&kind, &tlv(OCTETS, &[&basic])]);
    tlv(SEQUENCE, &[&[0x0a, 1, 0], &tlv(0xa0, &[&bytes])])
}

/// The name of the seeds' issuer, in DER, found in its certificate by the text.
fn issuer_name(certificate: &[u8]) -> Vec<u8> {
    let at = certificate.windows(6).position(|window| window == b"issuer").unwrap();
    // SEQUENCE { SET { SEQUENCE { OID commonName, UTF8String } } }: 13 bytes before the text.
    certificate[at - 13..at + 6].to_vec()
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = match content.len() {
        len @ 0..0x80 => vec![u8::try_from(len).unwrap()],
        len @ 0x80..0x100 => vec![0x81, u8::try_from(len).unwrap()],
        len => [&[0x82][..], &u16::try_from(len).unwrap().to_be_bytes()].concat(),
    };
    [&[tag], &*len, &content].concat()
}
