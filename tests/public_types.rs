//! What every public type owes its users: it can grow, can be sent to another thread, can be printed, and prints no secret.
//!
//! That every one implements `Debug` is a lint of the crate (`missing_debug_implementations`).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Public enums, and structs with public fields, that users may match or make in full, and why.
const EXHAUSTIVE: [(&str, &str); 4] = [
    ("AskFor", "a bool with a name"),
    ("MacOrder", "RFC 5246 and RFC 7366 have an order each, and a provider must know which"),
    ("MaxFragmentLength", "RFC 6066 §4 has these four, and RFC 8449 has taken its place"),
    ("Renewal", "a bool with a name"),
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
