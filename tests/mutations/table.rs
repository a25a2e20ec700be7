//! Reads the tables. An entry is
//!
//! ```text
//! ## name
//! file: where it is made
//! features: what is enabled beyond the default, if anything is
//! test: what must fail: `lib`, the name of a test target, or `constant_time`; and what is run of it
//! says: what the failed test must say, if it matters
//! - the text, as many lines as it takes
//! + what stands there instead
//! uncaught: why nothing fails, if nothing does
//! ```

/// A change that takes a countermeasure away.
#[derive(Debug)]
pub struct Mutation {
    pub name: String,
    /// Below the root of the repository.
    pub file: String,
    pub text: String,
    pub to: String,
    /// Enabled beyond the default.
    pub features: Option<String>,
    pub target: Target,
    /// Which tests of the target are run; all, if it is empty.
    pub filter: String,
    /// What the failed test must say.
    pub says: Option<String>,
    /// Why no test fails.
    pub uncaught: Option<String>,
}

/// What is run.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// The tests in `src`.
    Lib,
    /// A file or folder below `tests`.
    Test(String),
    /// The package in `tests/constant_time`; the filter is its argument.
    ConstantTime,
}

/// All of them.
pub fn all() -> Vec<Mutation> {
    let tables = [
        include_str!("secrets.txt"),
        include_str!("protocol.txt"),
        include_str!("verifier.txt"),
        include_str!("both.txt"),
        include_str!("replay.txt"),
    ];
    tables.into_iter().flat_map(|table| table.split("\n## ").skip(1).map(read)).collect()
}

fn read(entry: &str) -> Mutation {
    let (name, rest) = entry.split_once('\n').unwrap();
    let field = |start: &str| rest.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned);
    let lines = |start: &str| rest.lines().filter_map(|line| line.strip_prefix(start)).collect::<Vec<_>>().join("\n");
    let test = field("test: ").unwrap_or_else(|| panic!("{name}: which test must fail?"));
    let (target, filter) = test.split_once(' ').unwrap_or((&test, ""));
    Mutation {
        name: name.to_owned(),
        file: field("file: ").unwrap_or_else(|| panic!("{name}: in which file?")),
        text: lines("- "),
        to: lines("+ "),
        features: field("features: "),
        target: match target {
            "lib" => Target::Lib,
            "constant_time" => Target::ConstantTime,
            other => Target::Test(other.to_owned()),
        },
        filter: filter.to_owned(),
        says: field("says: "),
        uncaught: field("uncaught: "),
    }
}
