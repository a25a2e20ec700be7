//! Which tests there are: their functions, as the harness names them, found in the source.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::root;
use super::table::{Mutation, Target};

/// What is declared in the Rust files of the repository.
pub struct Declared {
    /// The tests.
    pub tests: Vec<Test>,
    /// The whole names of all functions, modules and targets.
    pub names: BTreeSet<String>,
    /// The files, below the root of the repository.
    pub files: Vec<String>,
}

/// A function with the attribute `test`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// `lib`, the tool's `tls12`, or the name of a target in `tests`.
    target: String,
    /// Its path, as the harness has it: `module::module::function`.
    path: String,
    /// Its file, below the root of the repository.
    file: String,
}

/// The tests in `src` and in `tests`, and the names in both.
pub static DECLARED: LazyLock<Declared> = LazyLock::new(|| {
    let mut all = Declared { tests: Vec::new(), names: BTreeSet::new(), files: Vec::new() };
    for folder in ["src", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let file = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(root().join(&file)).unwrap();
            let (target, modules) = place(&file);
            all.names.extend(modules.last().cloned());
            all.names.insert(target.clone());
            declared(&text, |modules_here, name, is_test| {
                all.names.insert(name.to_owned());
                if is_test {
                    let path = modules.iter().map(String::as_str).chain(modules_here.iter().copied()).chain([name]);
                    let path = path.collect::<Vec<_>>().join("::");
                    all.tests.push(Test { target: target.clone(), path, file: file.clone() });
                }
            });
            all.files.push(file);
        }
    }
    all
});

/// The Rust files below a folder, without what is compiled.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The target of a file, and its module.
fn place(file: &str) -> (String, Vec<String>) {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if ["mod", "main", "lib"].contains(&parts.last().unwrap().as_str()) {
        parts.pop();
    }
    let mut parts = parts.into_iter().peekable();
    let target = match parts.next().as_deref() {
        Some("src") if parts.next_if_eq("bin").is_some() => parts.next().unwrap_or_default(),
        Some("src") => "lib".to_owned(),
        _ => parts.next().unwrap_or_default(),
    };
    (target, parts.collect())
}

/// Calls `found` with the modules of the file in which a function or a module is declared, its name, and whether it is a test. The
/// sources are formatted, so a module in a file ends at a brace that is indented as it is.
fn declared<'t>(text: &'t str, mut found: impl FnMut(&[&'t str], &'t str, bool)) {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut is_test = false;
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let modules: Vec<&str> = open.iter().map(|(_, name)| *name).collect();
        if code.starts_with("#[test]") || code.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = after(code, "fn ") {
            found(&modules, name, is_test);
            is_test = false;
        } else if let Some(name) = after(code, "mod ") {
            found(&modules, name, false);
            if code.ends_with('{') {
                open.push((indent, name));
            }
        } else if code.starts_with("fn $") {
            // A macro names it.
            is_test = false;
        } else if code.starts_with('}') && open.last().is_some_and(|(indented, _)| *indented == indent) {
            open.pop();
        }
    }
}

/// The name that a line declares with this keyword, after qualifiers alone.
fn after<'t>(code: &'t str, keyword: &str) -> Option<&'t str> {
    let (qualifiers, rest) = code.split_once(keyword)?;
    let is_qualifier = |word: &str| ["const", "async", "unsafe", "pub"].contains(&word) || word.starts_with("pub(");
    let all = qualifiers.trim_end().split(' ').all(|word| word.is_empty() || is_qualifier(word));
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = rest.get(..end).filter(|name| !name.is_empty())?;
    (all && (qualifiers.is_empty() || qualifiers.ends_with(' '))).then_some(name)
}

impl Test {
    /// Whether the harness runs it for this mutation: its path contains the filter.
    fn is_run_for(&self, target: &str, filter: &str) -> bool {
        self.target == target && self.path.contains(filter)
    }

    /// Whether it is what SECURITY.md names: a function or a module by its name or the end of its path, or a file or folder
    /// below `tests`.
    fn is_named(&self, name: &str) -> bool {
        let below = format!("tests/{name}");
        let in_file = self.file == below || self.file.starts_with(&format!("{below}/"));
        in_file || format!("::{}::", self.path).contains(&format!("::{name}::"))
    }
}

/// What is named, or run: tests, or the package that runs under Valgrind.
#[derive(Debug, PartialEq, Eq)]
pub enum Selected {
    ConstantTime,
    Tests(BTreeSet<&'static Test>),
}

/// The package in `tests`, as SECURITY.md names it.
const CONSTANT_TIME: &str = "constant_time";

/// What SECURITY.md means with a name in the column of tests.
pub fn named(name: &str) -> Selected {
    match name {
        CONSTANT_TIME => Selected::ConstantTime,
        _ => Selected::Tests(DECLARED.tests.iter().filter(|test| test.is_named(name)).collect()),
    }
}

/// What is run for a mutation.
pub fn run_for(mutation: &Mutation) -> Selected {
    let target = match &mutation.target {
        Target::Lib => "lib",
        Target::Test(target) => target,
        Target::ConstantTime => return Selected::ConstantTime,
    };
    Selected::Tests(DECLARED.tests.iter().filter(|test| test.is_run_for(target, &mutation.filter)).collect())
}

impl Selected {
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Tests(tests) if tests.is_empty())
    }

    /// Whether something is in both.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tests(one), Self::Tests(other)) => !one.is_disjoint(other),
            (one, other) => one == other,
        }
    }
}

#[test]
fn whole_names_are_found() {
    let text = "mod a;\npub(crate) mod tests {\n    #[test]\n    fn first() {}\n    mod inner {\n        #[tokio::test]\n        \
                async fn second() {}\n    }\n}\n// a fn of words\nconst fn third() {}\n#[test]\nfn fourth_thing() {}\n";
    let mut names = Vec::new();
    declared(text, |modules, name, is_test| names.push(format!("{}{name} {is_test}", modules.join("/") + "/")));
    assert_eq!(
        names,
        [
            "/a false",
            "/tests false",
            "tests/first true",
            "tests/inner false",
            "tests/inner/second true",
            "/third false",
            "/fourth_thing true"
        ]
    );
    assert_eq!(place("src/bin/tls12/scan/mod.rs"), ("tls12".into(), vec!["scan".into()]));
    assert_eq!(place("src/record/iv.rs"), ("lib".into(), vec!["record".into(), "iv".into()]));
    assert_eq!(place("tests/both/main.rs"), ("both".into(), vec![]));
    assert_eq!(place("tests/record/failing.rs"), ("record".into(), vec!["failing".into()]));
    let test = Test { target: "api".into(), path: "split::it_is_whole".into(), file: "tests/api/split.rs".into() };
    for name in ["it_is_whole", "split", "split::it_is_whole", "api/split.rs", "api"] {
        assert!(test.is_named(name), "{name}");
    }
    for name in ["it_is", "is_whole", "split::it", "api/sp", "lit"] {
        assert!(!test.is_named(name), "{name}");
    }
}
