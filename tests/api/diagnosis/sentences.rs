//! Every sentence that a diagnosis can consist of is asserted by some test: all of them are read from the sources, and looked for
//! in the tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the sentences stand, below `src`.
const SOURCES: [&str; 10] = [
    "connection/diagnosis",
    "error/decode.rs",
    "error/key.rs",
    "error/mod.rs",
    "error/protocol.rs",
    "error/provider.rs",
    "error/violation.rs",
    "handshake/credential.rs",
    "handshake/info.rs",
    "handshake/refusal.rs",
];

/// What no test brings about, and why.
const OUT_OF_REACH: [(&str, &str); 3] = [
    ("the random source failed", "that of the operating system does not"),
    ("records under one key", "it takes 2^24 records and more"),
    ("the provider does not support ", "a configuration is refused when it is built, with words of its own"),
];

/// The shortest part of a sentence that a test must look for, in bytes.
const SHORTEST: usize = 10;

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    fs::read_dir(path).unwrap().flat_map(|entry| files(&entry.unwrap().path())).collect()
}

/// The strings of Rust code, without its comments, as they are written there.
fn strings(path: &Path) -> Vec<String> {
    let code = fs::read_to_string(path).unwrap();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |all, line| all + line + "\n");
    let (mut strings, mut current, mut escaped) = (Vec::new(), None::<String>, false);
    for c in code.replace("'\"'", "").chars() {
        match (&mut current, c) {
            (None, '"') => current = Some(String::new()),
            (None, _) => {}
            (Some(string), _) if escaped => {
                string.push(c);
                escaped = false;
            }
            (Some(_), '\\') => escaped = true,
            (Some(_), '"') => strings.extend(current.take()),
            (Some(string), _) => string.push(c),
        }
    }
    strings
}

fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count()
}

/// What is fixed of a sentence: the parts between what is filled in.
fn fixed_parts(sentence: &str) -> Vec<&str> {
    sentence.split('{').map(|part| part.split_once('}').map_or(part, |(_, fixed)| fixed)).collect()
}

/// Whether a test that looks for `text` looks for enough of this part of a sentence: for a part of it, for all of it, or for its
/// beginning or its end, beside what is filled in there.
fn shares(part: &str, text: &str) -> bool {
    let is_enough =
        |shared: &str| shared.trim().len() >= SHORTEST && (words(shared) > 1 || shared.len() >= 2 * SHORTEST);
    let ends = || part.char_indices().map(|(at, _)| &part[at..]).find(|end| text.starts_with(end));
    let beginnings =
        || part.char_indices().rev().map(|(at, _)| &part[..at]).find(|beginning| text.ends_with(beginning));
    (part.contains(text) && is_enough(text))
        || (text.contains(part.trim()) && is_enough(part))
        || ends().is_some_and(is_enough)
        || beginnings().is_some_and(is_enough)
}

#[test]
fn every_sentence_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = files(&root.join("tests")).into_iter();
    let tests =
        tests.filter(|path| path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with(file!()));
    let tested: Vec<String> = tests.flat_map(|path| strings(&path)).filter(|text| text.len() >= SHORTEST).collect();
    let is_tested = |part: &str| tested.iter().any(|text| shares(part, text));
    let sources = SOURCES.iter().flat_map(|source| files(&root.join("src").join(source)));
    let sentences: Vec<String> = sources.flat_map(|path| strings(&path)).collect();
    let sentences =
        || sentences.iter().filter(|text| fixed_parts(text).iter().map(|part| words(part)).sum::<usize>() > 2);
    let out_of_reach = |sentence: &str| OUT_OF_REACH.iter().any(|(text, _)| sentence.starts_with(text));
    for (text, _) in OUT_OF_REACH {
        assert!(sentences().any(|sentence| sentence.starts_with(text)), "{text:?} is not said any more");
    }
    let missing: Vec<&String> = sentences()
        .filter(|sentence| !out_of_reach(sentence) && !fixed_parts(sentence).into_iter().any(is_tested))
        .collect();
    assert!(sentences().count() > 150 && missing.is_empty(), "no test looks for these: {missing:#?}");
}
