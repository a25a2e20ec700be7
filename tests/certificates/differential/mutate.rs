//! The ways to change a chain. A CA, or an attacker who wants to be one, could make each of them.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use crate::certificates::der::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, NULL, OCTET_STRING, PRINTABLE_STRING, SEQUENCE, TRUE, UTC_TIME,
    UTF8_STRING, common_name, context, context_primitive, critical, extension, id, name, oid, sequence, tlv,
};
use crate::differential::draft::{Draft, Shown};

/// Changes it in one place.
pub fn mutate(draft: &mut Draft, rng: &mut StdRng) {
    let ways: [fn(&mut Draft, &mut StdRng); 12] = [
        set_extension,
        set_extension,
        set_extension,
        set_extension,
        toggle,
        remove,
        repeat,
        times,
        names,
        odds,
        bytes,
        shape,
    ];
    ways.choose(rng).unwrap()(draft, rng);
}

fn one<T: Clone>(of: &[T], rng: &mut StdRng) -> T {
    of.choose(rng).unwrap().clone()
}

fn dns(text: &str) -> Vec<u8> {
    tlv(context_primitive(2), text)
}

fn directory(common: &str) -> Vec<u8> {
    tlv(context(4), common_name(UTF8_STRING, common))
}

/// GeneralNames of every form, good and bad.
fn general_names() -> Vec<Vec<u8>> {
    vec![
        dns("a.example"),
        dns("example"),
        dns(".example"),
        dns("b.example"),
        dns("*.example"),
        dns("*"),
        dns("a..example"),
        dns("a.example."),
        dns("A.EXAMPLE"),
        dns("a_b.example"),
        dns(""),
        dns("xn--bcher-kva.example"),
        tlv(context_primitive(7), [192, 0, 2, 1]),
        tlv(context_primitive(7), [192, 0, 2, 1, 0]),
        tlv(context_primitive(7), [192, 0, 2, 0, 255, 255, 255, 0]),
        tlv(context_primitive(7), [192, 0, 2, 0, 255, 0, 255, 0]),
        tlv(context_primitive(1), "me@example"),
        tlv(context_primitive(1), "example"),
        tlv(context_primitive(6), "https://a.example/"),
        tlv(context_primitive(6), ".example"),
        directory("CN 3"),
        directory("Other"),
        tlv(context_primitive(8), &oid("1.2.3")[2..]),
        tlv(context(0), [oid("1.2.3"), tlv(context(0), tlv(UTF8_STRING, "x"))].concat()),
    ]
}

fn some_names(rng: &mut StdRng) -> Vec<Vec<u8>> {
    let all = general_names();
    let count = rng.random_range(0..4);
    (0..count).map(|_| one(&all, rng)).collect()
}

/// An extension's value, by its identifier.
fn value(kind: &str, rng: &mut StdRng) -> Vec<u8> {
    let policy = |n: u8| sequence(&[&if n == 0 { oid("2.5.29.32.0") } else { oid(&format!("1.3.6.1.4.1.32473.{n}")) }]);
    match kind {
        id::BASIC_CONSTRAINTS => {
            let length = |n: u8| tlv(INTEGER, [n]);
            one(
                &[
                    sequence(&[]),
                    sequence(&[&TRUE]),
                    sequence(&[&TRUE, &length(0)]),
                    sequence(&[&TRUE, &length(1)]),
                    sequence(&[&TRUE, &tlv(INTEGER, [0xff])]),
                    sequence(&[&length(0)]),
                    sequence(&[&tlv(BOOLEAN, [0])]),
                    sequence(&[&tlv(BOOLEAN, [1])]),
                ],
                rng,
            )
        }
        id::KEY_USAGE => {
            let all: [&[u8]; 8] = [&[7, 0x80], &[5, 0x20], &[1, 6], &[2, 4], &[1, 0x86], &[0], &[0, 0], &[7, 0x80, 0]];
            tlv(BIT_STRING, one(&all, rng))
        }
        id::EXTENDED_KEY_USAGE => {
            let purposes = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.3.6.1.4.1.311.54.1.2"];
            let count = rng.random_range(0..3);
            let all: Vec<_> = (0..count).map(|_| oid(one(&purposes, rng))).collect();
            tlv(SEQUENCE, all.concat())
        }
        id::SUBJECT_ALT_NAME => {
            let mut names = some_names(rng);
            if rng.random_bool(0.5) {
                names.push(dns("a.example"));
            }
            tlv(SEQUENCE, names.concat())
        }
        id::NAME_CONSTRAINTS => {
            let mut subtrees = |tag| {
                let of = |name: &Vec<u8>| sequence(&[name]);
                let all: Vec<_> = some_names(rng).iter().map(of).collect();
                if all.is_empty() { Vec::new() } else { tlv(tag, all.concat()) }
            };
            sequence(&[&subtrees(context(0)), &subtrees(context(1))])
        }
        id::POLICIES => {
            let count = rng.random_range(0..3);
            let all: Vec<_> = (0..count).map(|_| policy(rng.random_range(0..3))).collect();
            tlv(SEQUENCE, all.concat())
        }
        id::POLICY_CONSTRAINTS => one(
            &[
                sequence(&[]),
                sequence(&[&tlv(context_primitive(0), [0])]),
                sequence(&[&tlv(context_primitive(0), [1])]),
                sequence(&[&tlv(context_primitive(1), [0])]),
            ],
            rng,
        ),
        id::INHIBIT_ANY_POLICY => tlv(INTEGER, [rng.random_range(0..2)]),
        id::SUBJECT_KEY => one(&[tlv(OCTET_STRING, [1, 2, 3]), tlv(OCTET_STRING, []), NULL.to_vec()], rng),
        id::AUTHORITY_KEY => one(
            &[
                sequence(&[]),
                sequence(&[&tlv(context_primitive(0), [1, 2, 3])]),
                sequence(&[&tlv(context_primitive(2), [1])]),
                sequence(&[&tlv(context(1), directory("Other")), &tlv(context_primitive(2), [1])]),
            ],
            rng,
        ),
        id::CRL_DISTRIBUTION_POINTS => {
            let uri = tlv(context(0), tlv(context(0), tlv(context_primitive(6), "http://a.example/crl")));
            one(&[sequence(&[&sequence(&[&uri])]), sequence(&[&sequence(&[])]), sequence(&[])], rng)
        }
        _ => one(&[NULL.to_vec(), sequence(&[]), Vec::new()], rng),
    }
}

const KINDS: [&str; 12] = [
    id::BASIC_CONSTRAINTS,
    id::KEY_USAGE,
    id::EXTENDED_KEY_USAGE,
    id::SUBJECT_ALT_NAME,
    id::NAME_CONSTRAINTS,
    id::POLICIES,
    id::POLICY_CONSTRAINTS,
    id::INHIBIT_ANY_POLICY,
    id::SUBJECT_KEY,
    id::AUTHORITY_KEY,
    id::CRL_DISTRIBUTION_POINTS,
    id::UNKNOWN,
];

fn set_extension(draft: &mut Draft, rng: &mut StdRng) {
    let kind = one(&KINDS, rng);
    let value = value(kind, rng);
    let is_critical = rng.random_bool(0.5);
    let (at, node) = draft.pick(rng);
    node.fields.set(kind, if is_critical { critical(kind, &value) } else { extension(kind, &value) });
    node.foreign |= kind == id::AUTHORITY_KEY;
    if kind == id::AUTHORITY_KEY && at > 0 {
        let issuer = draft.nodes[at - 1].fields.subject.clone();
        draft.nodes[at].fields.issuer = issuer;
    }
    draft.story.push(format!("{at}: {kind} critical {is_critical} = {value:02x?}"));
}

/// An extension becomes critical, or no longer is.
fn toggle(draft: &mut Draft, rng: &mut StdRng) {
    let kind = one(&KINDS, rng);
    let (at, node) = draft.pick(rng);
    if node.fields.has(kind) {
        let value = node.fields.get(kind);
        let was_critical = node.fields.extensions.contains(&critical(kind, &value));
        node.fields.set(kind, if was_critical { extension(kind, &value) } else { critical(kind, &value) });
        draft.story.push(format!("{at}: {kind} critical {}", !was_critical));
    }
}

fn remove(draft: &mut Draft, rng: &mut StdRng) {
    let kind = one(&KINDS, rng);
    let (at, node) = draft.pick(rng);
    node.fields.remove(kind);
    draft.story.push(format!("{at}: without {kind}"));
}

fn repeat(draft: &mut Draft, rng: &mut StdRng) {
    let (at, node) = draft.pick(rng);
    if let Some(again) = node.fields.extensions.choose(rng).cloned() {
        node.fields.extensions.push(again);
        draft.story.push(format!("{at}: an extension twice"));
    }
}

fn times(draft: &mut Draft, rng: &mut StdRng) {
    let all = [
        (UTC_TIME, "250101000000Z"),
        (UTC_TIME, "270101000000Z"),
        (UTC_TIME, "500101000000Z"),
        (UTC_TIME, "260101000000+0000"),
        (UTC_TIME, "2601010000Z"),
        (UTC_TIME, "261301000000Z"),
        (GENERALIZED_TIME, "20250101000000Z"),
        (GENERALIZED_TIME, "20270101000000Z"),
        (GENERALIZED_TIME, "99991231235959Z"),
        (GENERALIZED_TIME, "00010101000000Z"),
        (GENERALIZED_TIME, "20270101000000.5Z"),
        (GENERALIZED_TIME, "20700101000000Z"),
    ];
    let (tag, text) = one(&all, rng);
    let is_start = rng.random_bool(0.5);
    let (at, node) = draft.pick(rng);
    *(if is_start { &mut node.fields.not_before } else { &mut node.fields.not_after }) = tlv(tag, text);
    draft.story.push(format!("{at}: start {is_start} {text}"));
}

fn names(draft: &mut Draft, rng: &mut StdRng) {
    let of = |at: usize| {
        let text = format!("CN {at}");
        [
            common_name(PRINTABLE_STRING, &text),
            common_name(UTF8_STRING, text.to_lowercase()),
            common_name(UTF8_STRING, format!(" {text} ")),
            common_name(0x1e, text.bytes().flat_map(|byte| [0, byte]).collect::<Vec<_>>()),
            common_name(0x14, &text),
            name(&[("2.5.4.3", UTF8_STRING, text.as_bytes()), ("2.5.4.10", UTF8_STRING, b"Org")]),
            tlv(SEQUENCE, []),
            common_name(UTF8_STRING, "Other"),
            common_name(UTF8_STRING, "a.example"),
            common_name(UTF8_STRING, [0xff, 0xfe]),
        ]
    };
    let (at, node) = draft.pick(rng);
    if rng.random_bool(0.5) {
        node.fields.issuer = one(&of(at.saturating_sub(1)), rng);
        node.foreign = true;
        draft.story.push(format!("{at}: issuer {:02x?}", draft.nodes[at].fields.issuer));
    } else {
        node.fields.subject = one(&of(at), rng);
        draft.story.push(format!("{at}: subject {:02x?}", draft.nodes[at].fields.subject));
    }
}

/// Serial numbers, versions, algorithms, unique identifiers.
fn odds(draft: &mut Draft, rng: &mut StdRng) {
    let which = rng.random_range(0..7);
    let serial: [&[u8]; 6] = [&[0], &[0xff], &[0, 1], &[1; 20], &[1; 21], &[]];
    let serial = tlv(INTEGER, one(&serial, rng));
    let other_key = rng.random_range(0..6);
    let (at, node) = draft.pick(rng);
    let fields = &mut node.fields;
    match which {
        0 => fields.serial.clone_from(&serial),
        1 => fields.version = Vec::new(),
        2 => fields.version = tlv(context(0), tlv(INTEGER, [1])),
        3 => {
            fields.version = Vec::new();
            fields.extensions.clear();
        }
        4 => fields.outer_algorithm = Some(sequence(&[&oid("1.2.840.10045.4.3.3")])),
        5 => fields.unique = tlv(context_primitive(2), [0, 1]),
        _ => node.signed_by = Some(other_key),
    }
    draft.story.push(format!("{at}: odd {which} {serial:02x?} {other_key}"));
}

/// One byte, before or after it is signed.
fn bytes(draft: &mut Draft, rng: &mut StdRng) {
    let change = (usize::try_from(rng.next_u32()).unwrap(), 1 << rng.random_range(0..8));
    let inside = rng.random_bool(0.8);
    let (at, node) = draft.pick(rng);
    *(if inside { &mut node.tamper } else { &mut node.spoil }) = Some(change);
    draft.story.push(format!("{at}: byte {change:?}, signed {inside}"));
}

fn shape(draft: &mut Draft, rng: &mut StdRng) {
    let all = [Shown::WithRoot, Shown::Reversed, Shown::Gap, Shown::Stranger, Shown::OwnTrusted, Shown::LastTrusted];
    draft.shown = one(&all, rng);
    draft.story.push(format!("{:?}", draft.shown));
}
