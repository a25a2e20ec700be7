//! The prose of the crate: phrases that native readers stumbled over do not come back (see "Writing" in CONTRIBUTING.md).

use std::fs;
use std::path::{Path, PathBuf};

/// Phrases in lower case, each with what to write instead.
const REFUSED: [(&str, &str); 57] = [
    ("anew", "again; created, rewritten, a full handshake"),
    ("are passed over", "are skipped, are ignored"),
    ("as it stands", "in wire format"),
    ("as they stand", "in wire format"),
    ("belongs to an authority", "is a CA certificate"),
    ("broke the protocol", "violated the protocol"),
    ("came of", "the result of"),
    ("cannot be told", "cannot be distinguished, is not known"),
    ("comes of", "results from, is derived from"),
    ("does not bear", "cannot handle"),
    ("does not keep to", "violates"),
    ("for other names", "not valid for this name"),
    ("for want of", "for lack of"),
    ("found out by", "found by"),
    ("full ones", "full handshakes"),
    ("go on with", "continue with"),
    ("goes before that of", "takes precedence over that of"),
    ("goes on with", "continues with"),
    ("hold from now on", "are used from now on"),
    ("in silence", "silently"),
    ("in the loop", "within the call"),
    ("in the midst", "in the middle"),
    ("is no failure", "is not a failure"),
    ("is no number", "is not a number"),
    ("is passed over", "is skipped, is ignored"),
    ("is to be known", "is identified"),
    ("is told of", "receives"),
    ("issued anew", "reissued"),
    ("nobody is told", "it is not reported"),
    ("not got", "does not have, does not support"),
    ("of a kind that is not supported", "of an unsupported type"),
    ("of its own making", "self-signed"),
    ("of no use", "cannot be used"),
    ("on its way", "in transit"),
    ("outlived its time", "expired"),
    ("pass for", "impersonate, be mistaken for"),
    ("say nothing of", "do not cover"),
    ("says nothing of", "does not cover"),
    ("sees to it", "ensures"),
    ("so many", "this number of"),
    ("so much of", "this part of"),
    ("somebody", "an attacker on the path, a caller, a user"),
    ("stand beside", "be in addition to"),
    ("stands against it", "prevents it"),
    ("stands twice", "appears twice"),
    ("takes it for", "considers it"),
    ("tells of", "reports"),
    ("thought better", "decided not to"),
    ("told so", "notified"),
    ("up to whoever", "decided by the caller"),
    ("what became of", "the result of"),
    ("what becomes of", "how it is treated, the result of"),
    ("what stands against", "why it cannot be used"),
    ("what stands in", "the contents of"),
    ("what there is to say", "the report on"),
    ("whom", "which, whose identity"),
    ("without a word", "silently"),
];

/// Files and folders whose prose is checked.
const CHECKED: [&str; 7] = ["src", "examples", "docs", "README.md", "SECURITY.md", "CHANGELOG.md", "Cargo.toml"];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name != "target") {
                files(&path, found);
            }
        }
    } else if path.extension().is_some_and(|extension| ["rs", "md", "toml"].iter().any(|known| extension == *known)) {
        found.push(path.to_owned());
    }
}

/// `text` in lower case and on one line, without the marks of comments and of string continuations.
fn flatten(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.trim().trim_end_matches('\\');
        let comment = ["///", "//!", "//"].iter().find_map(|mark| line.strip_prefix(mark));
        comment.unwrap_or(line)
    });
    let words = lines.flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether `phrase` is in `text` as whole words.
fn contains(text: &str, phrase: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(phrase).any(|(start, _)| {
        !is_letter(text[..start].chars().next_back()) && !is_letter(text[start + phrase.len()..].chars().next())
    })
}

#[test]
fn refused_phrases_do_not_come_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    CHECKED.iter().for_each(|name| files(&root.join(name), &mut found));
    assert!(found.len() > 100, "the sources are not where they were");
    let mut wrong = Vec::new();
    for path in &found {
        let text = flatten(&fs::read_to_string(path).unwrap());
        for (phrase, instead) in REFUSED.iter().filter(|(phrase, _)| contains(&text, phrase)) {
            let name = path.strip_prefix(root).unwrap().display();
            wrong.push(format!("{name}: \"{phrase}\"; write: {instead}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The search itself: across lines, in any case, as whole words only.
#[test]
fn phrases_are_found_across_lines() {
    let text = flatten("/// The peer has NOT\n    /// got it.\nlet s = \"of no \\\n    use\";\n// bygotten, of user");
    assert!(contains(&text, "not got") && contains(&text, "of no use"), "{text}");
    assert!(!contains(&text, "got i") && !contains(&text, "of use"), "{text}");
}
