//! SECURITY.md: every test and every mutation that it names exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use super::root;
use super::table::all;

/// The rows of the table of attacks: its cells without blanks.
fn attacks() -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, table) = text.split_once("## Attacks, and what counters them").expect("SECURITY.md has a table of attacks");
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows = table.lines().filter(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether there is this test target.
pub fn has_target(name: &str) -> bool {
    let tests = root().join("tests");
    tests.join(format!("{name}.rs")).is_file() || tests.join(name).join("main.rs").is_file()
}

/// Whether the last part of this path is a function or a module in a folder. The empty path is.
pub fn has_function_or_module(folder: Folder, path: &str) -> bool {
    let last = path.trim_end_matches("::").rsplit("::").next().unwrap_or_default();
    last.is_empty() || folder.names().contains(last)
}

/// A folder of Rust files.
#[derive(Clone, Copy)]
pub enum Folder {
    Source,
    Tests,
}

impl Folder {
    fn names(self) -> &'static BTreeSet<String> {
        match self {
            Self::Source => &IN_SOURCE,
            Self::Tests => &IN_TESTS,
        }
    }
}

static IN_SOURCE: LazyLock<BTreeSet<String>> = LazyLock::new(|| names(&root().join("src")));
static IN_TESTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| names(&root().join("tests")));

/// All functions and modules of the Rust files in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for keyword in ["fn ", "mod "] {
                    let after = text.split(keyword).skip(1);
                    names.extend(
                        after.map(|rest| {
                            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
                        }),
                    );
                }
            }
        }
    }
    names
}

/// What counters it, where, the tests, and the mutations with which they were seen to fail.
#[test]
fn every_attack_has_its_tests_and_mutations() {
    let known: BTreeSet<String> = all().into_iter().map(|mutation| mutation.name).collect();
    let mut wrong = Vec::new();
    let attacks = attacks();
    assert!(attacks.len() >= 30, "{} attacks", attacks.len());
    for row in &attacks {
        let [attack, _, places, named, mutations] = row.as_slice() else { panic!("not five cells: {row:?}") };
        wrong.extend(quoted(places).filter(|file| !root().join("src").join(file).exists()).map(str::to_owned));
        let is_test = |name: &&str| {
            let last = name.rsplit("::").next().unwrap();
            IN_TESTS.contains(last) || IN_SOURCE.contains(last) || root().join("tests").join(name).exists()
        };
        wrong.extend(quoted(named).filter(|name| !is_test(name)).map(str::to_owned));
        wrong.extend(quoted(mutations).filter(|name| !known.contains(*name)).map(str::to_owned));
        if quoted(named).next().is_none() || (quoted(mutations).next().is_none() && mutations.is_empty()) {
            wrong.push(format!("{attack}: no test, or no mutation and no reason why"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
