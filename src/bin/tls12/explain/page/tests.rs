//! The contents of a page are limited, and it says what it leaves out.

use std::net::SocketAddr;
use std::time::Duration;

use tls12::CertificateDer;
use tls12::inspect::{Conversation, Direction, Inspector, Item, ItemKind};

use super::chain::{MAX_CERTIFICATES, MAX_NAMES};
use super::*;
use crate::explain::line::Line;
use crate::explain::opened::{Content, MAX_DATA, Opened};

const ENDS: [SocketAddr; 2] = [
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1),
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2),
];

/// A conclusion without details.
fn concluded(fails: bool) -> Conclusion {
    Conclusion {
        verdict: if fails { Verdict::Failed } else { Verdict::Unknown },
        version: None,
        suite: None,
        resumed: None,
        handshakes: 0,
        opened_with: Vec::new(),
        faults: Vec::new(),
        not_verified: Vec::new(),
        diagnosis: None,
    }
}

/// The page with this number of connections, of which those with the numbers in `failed` failed.
fn written(count: u64, failed: &[u64], mut section: impl FnMut(u64) -> Section) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.html");
    let mut page = Page::prepare(&path, Path::new("x.pcap"), false).unwrap();
    for number in 0..count {
        page.add(section(number), &concluded(failed.contains(&number)), None);
    }
    page.write().unwrap();
    std::fs::read_to_string(path).unwrap()
}

fn is_drawn(page: &str, number: u64) -> bool {
    page.contains(&format!("id=\"s{number}\""))
}

#[test]
fn how_many_connections_are_drawn_and_listed_is_limited_and_failed_ones_come_first() {
    let sections = u64::try_from(MAX_SECTIONS).unwrap();
    let listed = u64::try_from(MAX_LISTED).unwrap();
    let failed = [3, sections + 2, listed + 4];
    let page = written(listed + 5, &failed, |number| Section::new(number, &ENDS, Duration::ZERO, Held::default()));
    let drawn: Vec<u64> = (0..listed + 5).filter(|number| is_drawn(&page, *number)).collect();
    let expected: Vec<u64> = (0..sections - 2).chain([sections + 2, listed + 4]).collect();
    assert_eq!(drawn, expected);
    assert_eq!(page.matches("<span class=\"no\">").count(), MAX_LISTED);
    assert!(page.contains("5 more connections are not listed"));
    assert!(page.contains(&format!("(not drawn: <code>--stream {sections}</code>)")));
}

/// A Certificate of this length, which is malformed.
fn line(section: &mut Section, len: usize) {
    message(section, 11, &vec![7; len]);
}

/// A message of the server, in records of the greatest length and a line of its own.
fn message(section: &mut Section, typ: u8, body: &[u8]) {
    let (mut inspector, mut conversation) = (Inspector::new(ring::provider()), Conversation::new());
    let message = [&[typ], &u32::try_from(body.len()).unwrap().to_be_bytes()[1..], body].concat();
    let mut items: Vec<Item> = Vec::new();
    for fragment in message.chunks(1 << 14) {
        let record = [&[22, 3, 3], &u16::try_from(fragment.len()).unwrap().to_be_bytes()[..], fragment].concat();
        conversation.feed(&mut inspector, Direction::ServerToClient, Duration::ZERO, &record, &mut items);
    }
    for item in &items {
        section.item(item);
        if let ItemKind::Handshake(message) = &item.kind {
            let mut line = Line::new(Direction::ServerToClient, Duration::ZERO, "Certificate", 1);
            line.opened = Some(section.opened(&item.place, Content::Message(message.clone())));
            section.line(&line);
        }
    }
}

#[test]
fn how_many_bytes_are_shown_is_limited_and_said() {
    let mut section = Section::new(0, &[], Duration::ZERO, Held::default());
    line(&mut section, 60_000);
    let drawn =
        |section: Section| String::from_utf8(section.finish(&concluded(false), None, false).as_bytes().to_vec());
    let page = drawn(section).unwrap();
    // A few bytes of headers are shown before the others, and each line has 16.
    let lines = page.matches("<samp>").count();
    assert!((512..520).contains(&lines), "{lines}");
    // 2^13 of the 60,004 bytes of the message.
    assert!(page.contains("51812 more bytes are not shown"), "{}", page.len());
    assert!(!page.contains("Not all bytes are shown"));

    let mut section = Section::new(0, &[], Duration::ZERO, Held::default());
    (0..20).for_each(|_| line(&mut section, 60_000));
    let page = drawn(section).unwrap();
    let lines = page.matches("<samp>").count();
    assert!((4096..4200).contains(&lines) && page.len() < 1 << 20, "{lines}, {}", page.len());
    assert!(page.contains("Not all bytes are shown"));
}

#[test]
fn how_many_messages_are_drawn_is_limited_and_said() {
    let mut section = Section::new(7, &[], Duration::ZERO, Held::default());
    for _ in 0..1000 {
        section.line(&Line::new(Direction::ClientToServer, Duration::ZERO, "Alert", 2));
    }
    let page = String::from_utf8(section.finish(&concluded(false), None, false).as_bytes().to_vec()).unwrap();
    assert_eq!(page.matches("class=\"m ").count(), 400);
    assert!(page.contains("600 more messages are not drawn") && page.contains("--stream 7"), "{page}");
}

/// Each connection has more bytes than are shown of it.
#[test]
fn the_length_of_a_page_is_limited() {
    let page = written(20, &[], |number| {
        let mut section = Section::new(number, &ENDS, Duration::ZERO, Held::default());
        (0..8).for_each(|_| line(&mut section, 1 << 14));
        section
    });
    let count = (0..20).filter(|number| is_drawn(&page, *number)).count();
    assert!(page.len() < MAX_LEN + (1 << 16) && (2..20).contains(&count), "{}, {count}", page.len());
}

/// Each message has many fields, and none of the connections has ended.
#[test]
fn what_is_held_of_all_connections_is_limited() {
    let held = Held::default();
    let mut sections = Vec::new();
    for number in 0..200 {
        let mut section = Section::new(number, &ENDS, Duration::ZERO, Rc::clone(&held));
        // A Certificate with 5,000 certificates without content, of which 600 fields are listed.
        (0..30).for_each(|_| message(&mut section, 11, &[&[0, 58, 152], &[0; 15_000][..]].concat()));
        sections.push(section);
    }
    let greatest = sections.iter().map(Section::len).max().unwrap();
    assert!((1 << 20..3 << 19).contains(&greatest), "{greatest}");
    let sum: usize = sections.iter().map(Section::len).sum();
    assert!(sum == held.get() && (MAX_HELD..MAX_HELD + (1 << 20)).contains(&sum), "{sum}, {}", held.get());
    drop(sections);
    assert_eq!(held.get(), 0);
}

#[test]
fn how_much_of_a_chain_is_drawn_is_limited_and_said() {
    let named = |count: usize| {
        let names = (0..count).map(|i| format!("n{i}.example")).collect::<Vec<_>>();
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap().der().clone()
    };
    let framed = |content: &[u8]| [&u32::try_from(content.len()).unwrap().to_be_bytes()[1..], content].concat();
    let drawn = |chain: &[CertificateDer<'_>]| {
        let mut section = Section::new(0, &[], Duration::ZERO, Held::default());
        let entries = chain.iter().flat_map(|certificate| framed(certificate)).collect::<Vec<_>>();
        message(&mut section, 11, &framed(&entries));
        String::from_utf8(section.finish(&concluded(false), None, false).as_bytes().to_vec()).unwrap()
    };

    let page = drawn(&vec![named(MAX_NAMES); MAX_CERTIFICATES]);
    assert_eq!(page.matches(&format!(" of {MAX_CERTIFICATES}")).count(), MAX_CERTIFICATES);
    assert_eq!(page.matches("n8.example, n9.example</dd>").count(), MAX_CERTIFICATES);
    assert!(!page.contains("more certificates"));

    let page = drawn(&vec![named(MAX_NAMES + 3); MAX_CERTIFICATES + 2]);
    assert_eq!(page.matches(&format!(" of {}", MAX_CERTIFICATES + 2)).count(), MAX_CERTIFICATES);
    assert_eq!(page.matches("n8.example, n9.example and 3 more</dd>").count(), MAX_CERTIFICATES);
    assert!(page.contains("2 more certificates are not shown"));
}

#[test]
fn how_much_data_of_a_line_is_shown_is_limited_and_said() {
    let drawn = |lens: &[usize]| {
        let mut section = Section::new(0, &[], Duration::ZERO, Held::default());
        let mut lines = lens.iter().map(|len| {
            let data = vec![0xd7; *len];
            let sum = u64::try_from(*len).unwrap();
            let mut line = Line::new(Direction::ClientToServer, Duration::ZERO, "application data", sum);
            line.opened = Some(Opened { records: Vec::new(), more_records: 0, content: Content::data(&data) });
            line
        });
        let mut line = lines.next().unwrap();
        lines.for_each(|next| line.add(&next));
        section.line(&line);
        String::from_utf8(section.finish(&concluded(false), None, false).as_bytes().to_vec()).unwrap()
    };
    let count = |page: &str| page.matches("d7").count();
    for lens in [&[MAX_DATA][..], &[MAX_DATA - 24, 24]] {
        let page = drawn(lens);
        assert!(count(&page) == MAX_DATA && page.contains("Application data<"), "{lens:?}: {page}");
    }
    for lens in [&[MAX_DATA + 1][..], &[MAX_DATA - 24, 25], &[1, 2 * MAX_DATA, 1]] {
        let page = drawn(lens);
        let said = format!("The first {MAX_DATA} bytes of {} of application data", lens.iter().sum::<usize>());
        assert!(count(&page) == MAX_DATA && page.contains(&said), "{lens:?}: {page}");
    }
}
