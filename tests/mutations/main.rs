//! Mutations: each takes one countermeasure away, and names the test that must fail then. Those in `replay.txt` change what a
//! connection does, which a recording of it must notice. The tables are the text files beside this one.
//!
//! `cargo test` only looks at the tables: that every text still stands in its file, once, and every test still exists. To make
//! the mutations, in a copy of the tree, one after another, which takes hours:
//!
//! ```text
//! cargo test --test mutations -- --ignored --nocapture
//! MUTATIONS=padding,resumed cargo test --test mutations -- --ignored --nocapture
//! ```
//!
//! The second makes those whose names contain one of these words. `MUTATIONS_RESULTS=file` keeps the results in a file, and does
//! not make again what is in there: so it can be stopped at any time, and resumed.
#![cfg(unix)]

mod run;
mod security;
mod source;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use source::run_for;
use table::{Mutation, Target, all};

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_text_occurs_once() {
    let mut wrong = Vec::new();
    for Mutation { name, file, text, to, .. } in all() {
        let count = fs::read_to_string(root().join(&file)).map_or(0, |source| source.matches(&text).count());
        if count != 1 || text == to || text.is_empty() {
            wrong.push(format!("{name}: {count} times in {file}"));
        }
    }
    assert!(wrong.is_empty(), "bring these up to date, so that they still take the countermeasure away: {wrong:#?}");
}

#[test]
fn names_are_unique_and_there_are_enough() {
    let mutations = all();
    let names: BTreeSet<&str> = mutations.iter().map(|mutation| mutation.name.as_str()).collect();
    assert_eq!(names.len(), mutations.len());
    assert!(names.len() >= 100, "{} mutations", names.len());
}

#[test]
fn every_filter_selects_a_test() {
    let mutations = all();
    let nothing = mutations.iter().filter(|mutation| run_for(mutation).is_empty());
    let nothing: Vec<_> = nothing.map(|m| format!("{}: {:?} {}", m.name, m.target, m.filter)).collect();
    assert!(nothing.is_empty(), "{nothing:#?}");
}

/// What is caught by nothing says why.
#[test]
#[ignore = "takes hours: it compiles the crate once for each mutation"]
fn every_mutation_is_caught() {
    let words = std::env::var("MUTATIONS").unwrap_or_default();
    let words: Vec<&str> = words.split(',').filter(|word| !word.is_empty()).collect();
    let chosen = all().into_iter().filter(|m| words.is_empty() || words.iter().any(|word| m.name.contains(word)));
    let results = std::env::var_os("MUTATIONS_RESULTS").map_or_else(
        // None are kept: all are made.
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mutations-{}.txt", std::process::id())),
        PathBuf::from,
    );
    // Those of one target after another, so that less is compiled; those under Valgrind last.
    let mut chosen: Vec<_> = chosen.collect();
    chosen.sort_by_key(|mutation| match &mutation.target {
        Target::Lib => (0, String::new()),
        Target::Test(target) => (1, target.clone()),
        Target::ConstantTime => (2, String::new()),
    });
    run::run(&chosen, &results);
}
