//! SECURITY.md: what it names exists, and in each row of the table of attacks, the mutations run the tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::root;
use super::source::{DECLARED, named, run_for};
use super::table::all;

/// Tests that a row names, and that none of its mutations runs, and why.
const WITHOUT_MUTATION: &[(&str, &str)] = &[
    (
        "both_arithmetics_compute_the_same",
        "it compares random numbers, which seldom meet the carry that the mutation takes away",
    ),
    (
        "when_it_is_too_old_for_the_server",
        "the store, the keys of tickets and the server each limit the age: one of them is enough",
    ),
    ("the_handshakes_of_tokio_have_a_limit", "without the limit it waits for ever, as its peer does"),
    ("the_handshakes_of_futures_have_a_limit", "without the limit it waits for ever, as its peer does"),
    ("the_handshakes_of_hyper_and_ureq_have_a_limit", "without the limit it waits for ever, as its peer does"),
];

/// What SECURITY.md quotes outside the table of attacks that looks like a test, and is the name of something else.
const NO_TESTS: &[&str] = &["black_box", "fearless_simd"];

fn text() -> String {
    fs::read_to_string(root().join("SECURITY.md")).unwrap()
}

/// The table of attacks, and what stands before and after it.
fn sections() -> (String, String) {
    let text = text();
    let (before, table) = text.split_once("\n| attack |").expect("SECURITY.md has a table of attacks");
    let (table, after) = table.split_once("\n\n").unwrap();
    (table.to_owned(), format!("{before}\n{after}"))
}

/// The rows of the table of attacks: its cells without blanks.
fn attacks() -> Vec<Vec<String>> {
    let (table, _) = sections();
    let rows = table.lines().skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// What counters it, where, the tests, and the mutations with which they were seen to fail: at least one of each, or the reason
/// why there is none.
#[test]
fn every_attack_has_its_tests_and_mutations() {
    let known: BTreeSet<String> = all().into_iter().map(|mutation| mutation.name).collect();
    let mut wrong = Vec::new();
    let attacks = attacks();
    assert!(attacks.len() >= 30, "{} attacks", attacks.len());
    for row in &attacks {
        let [attack, _, places, tests, mutations] = row.as_slice() else { panic!("not five cells: {row:?}") };
        wrong.extend(quoted(places).filter(|file| !root().join("src").join(file).exists()).map(str::to_owned));
        wrong.extend(quoted(tests).filter(|name| named(name).is_empty()).map(str::to_owned));
        wrong.extend(quoted(mutations).filter(|name| !known.contains(*name)).map(str::to_owned));
        for (what, cell) in [("test", tests), ("mutation", mutations)] {
            if quoted(cell).next().is_none() && !cell.starts_with("none: ") {
                wrong.push(format!("{attack}: no {what}, and no reason why"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each mutation of a row must make a test of that row fail, so it runs one; and each test was seen to fail, so a mutation of its
/// row runs it.
#[test]
fn the_mutations_of_a_row_run_its_tests() {
    let mutations = all();
    let mut wrong = Vec::new();
    let mut exempt: BTreeSet<&str> = WITHOUT_MUTATION.iter().map(|(name, _)| *name).collect();
    let attacks = attacks();
    for row in &attacks {
        let [attack, _, _, tests, of_row] = row.as_slice() else { panic!("not five cells: {row:?}") };
        let tests: Vec<_> = quoted(tests).map(|name| (name, named(name))).collect();
        let of_row: Vec<_> = quoted(of_row).filter_map(|name| mutations.iter().find(|m| m.name == name)).collect();
        let of_row: Vec<_> = of_row.into_iter().map(|mutation| (&mutation.name, run_for(mutation))).collect();
        for (mutation, run) in &of_row {
            if !tests.iter().any(|(_, test)| run.meets(test)) {
                wrong.push(format!("{attack}: the mutation {mutation} runs none of its tests"));
            }
        }
        let has_mutations = !of_row.is_empty();
        for (name, test) in tests.iter().filter(|_| has_mutations) {
            let is_run = of_row.iter().any(|(_, run)| run.meets(test));
            if !is_run && !exempt.remove(name) && !WITHOUT_MUTATION.iter().any(|(other, _)| other == name) {
                wrong.push(format!("{attack}: no mutation runs the test {name}"));
            }
        }
    }
    wrong.extend(exempt.into_iter().map(|name| format!("{name} is exempt, and need not be")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The other tables and sections name files and tests, which exist too.
#[test]
fn what_the_other_sections_name_exists() {
    let (_, rest) = sections();
    // In code that is set apart there are options of programs.
    let rest: String = rest.split("```").step_by(2).collect();
    let mutations: BTreeSet<String> = all().into_iter().map(|mutation| mutation.name).collect();
    let wrong: Vec<&str> = quoted(&rest)
        .filter(|name| match name.rsplit_once('.') {
            _ if NO_TESTS.contains(name) => false,
            Some((_, "rs")) => !is_file(name),
            _ if name.contains('/') && !name.contains(' ') => !is_file(name),
            _ => is_like_a_test(name) && !is_declared(name) && !mutations.contains(*name),
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(quoted(&rest).filter(|name| is_file(name)).count() >= 20);
}

/// Whether this is a file or a folder: below the root, `src` or `tests`, or, by its name alone, below either of these.
fn is_file(name: &str) -> bool {
    let below = |folder: &str| root().join(folder).join(name).exists();
    let is_called = |file: &&str| Path::new(file).file_name().is_some_and(|last| last == name);
    ["", "src", "tests"].into_iter().any(below) || DECLARED.files.iter().map(String::as_str).any(|f| is_called(&f))
}

/// Words joined by underscores.
fn is_like_a_test(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_declared(name: &str) -> bool {
    DECLARED.names.contains(name)
}
