//! Imports between files go one way, so that each file can be read with those that it imports, and without those that import it.
//!
//! Whatever a folder's `mod.rs` defines belongs to all files of the folder: to use it makes no circle. An import of what `mod.rs`
//! only re-exports is one of the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, sources};

/// The two state machines: a state makes the next, which may lead back.
const STATE_MACHINES: [&str; 2] = ["handshake/client/", "handshake/server/"];

/// The traits of a provider, and what is made of them and stands in their signatures.
const PROVIDER: [&str; 3] = ["crypto/prf.rs", "crypto/provider.rs", "crypto/public_key.rs"];

fn is_allowed(circle: &BTreeSet<String>) -> bool {
    STATE_MACHINES.iter().any(|folder| circle.iter().all(|file| file.starts_with(folder)))
        || circle.iter().all(|file| PROVIDER.contains(&&**file))
}

/// All paths of a `use`, such as `a::{b, c::{self, d}}`, without what they are renamed to.
fn paths_of_tree(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        return if path.is_empty() { Vec::new() } else { vec![path.to_owned()] };
    };
    let group = group.trim_end().strip_suffix('}').unwrap();
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..i]);
                start = i + 1;
            }
            _ => (),
        }
    }
    parts.push(&group[start..]);
    let paths = parts.into_iter().flat_map(paths_of_tree);
    paths.map(|path| format!("{prefix}{path}").trim_end_matches("::self").to_owned()).collect()
}

/// The paths that a file uses, and those that it hands on (`pub use`).
fn paths(source: &Source) -> (Vec<String>, Vec<String>) {
    let (mut used, mut handed_on, mut rest) = (Vec::new(), Vec::new(), String::new());
    for statement in source.code.split_inclusive([';', '{', '}']) {
        rest.push_str(statement);
        // A `use` with a group is more than one of these.
        let Some(start) = rest.rfind("use ").filter(|start| {
            let before = rest[..*start].trim_end();
            before.is_empty() || before.ends_with([';', '{', '}', ']', ')']) || before.ends_with("pub")
        }) else {
            continue;
        };
        if !rest.ends_with(';') {
            continue;
        }
        let before = rest[..start].trim_end();
        let before = before.rsplit([';', '{', '}', ']']).next().unwrap_or_default();
        let paths = paths_of_tree(rest[start + "use ".len()..].trim_end_matches(';'));
        if before.contains("pub") { &mut handed_on } else { &mut used }.extend(paths);
        rest.truncate(start);
    }
    let in_code = rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let in_code = in_code.filter(|word| word.contains("::")).map(|path| path.trim_end_matches(':').to_owned());
    let in_code: Vec<String> = in_code.collect();
    // A path may begin with the name of a module that a `use` has brought into scope.
    let through_use = |path: &String| {
        let (first, rest) = path.split_once("::")?;
        let module = used.iter().find(|used| used.rsplit("::").next() == Some(first))?;
        Some(format!("{module}::{rest}"))
    };
    let through_use: Vec<String> = in_code.iter().filter_map(through_use).collect();
    used.extend(in_code.into_iter().chain(through_use));
    (used, handed_on)
}

/// All files, by the modules that lead to them, with what they hand on.
struct Files(BTreeMap<Vec<String>, (String, Vec<String>)>);

fn module_of(source: &Source) -> Vec<String> {
    source.module().into_iter().map(str::to_owned).collect()
}

impl Files {
    fn new(sources: &[Source]) -> Self {
        let entry = |source: &Source| (module_of(source), (source.path.clone(), paths(source).1));
        Self(sources.iter().map(entry).collect())
    }

    /// The file that defines what `path` names in the module `from`; none, if it is of another crate or of the root.
    fn file(&self, from: &[String], path: &str) -> Option<&str> {
        let mut names = path.split("::").peekable();
        let mut module = from.to_vec();
        match *names.peek()? {
            "crate" => {
                // The command-line tool is a crate of its own.
                module.truncate(if module.first().is_some_and(|layer| layer == "bin") { 2 } else { 0 });
                names.next();
            }
            "self" => _ = names.next(),
            "super" => (),
            child => _ = self.0.get(&[from, &[child.to_owned()]].concat())?,
        }
        while let Some(name) = names.peek() {
            if *name == "super" {
                module.pop()?;
            } else {
                module.push((*name).to_owned());
                if !self.0.contains_key(&module) {
                    module.pop();
                    break;
                }
            }
            names.next();
        }
        let (file, handed_on) = self.0.get(&module)?;
        let is_item = |path: &&String| path.rsplit("::").next() == names.peek().copied();
        match handed_on.iter().find(is_item) {
            Some(path) => self.file(&module, path),
            None => Some(file),
        }
    }
}

type Imports = BTreeMap<String, BTreeSet<String>>;

/// What each file imports, but for what its own folder's `mod.rs` defines.
fn imports(sources: &[Source]) -> Imports {
    let files = Files::new(sources);
    let imported = |source: &Source| {
        let module = module_of(source);
        let own_folder = |other: &str| other.strip_suffix("mod.rs").is_some_and(|dir| source.path.starts_with(dir));
        let used = paths(source).0;
        let imported = used.iter().filter_map(|path| files.file(&module, path));
        imported.filter(|other| *other != source.path && !own_folder(other)).map(str::to_owned).collect()
    };
    sources.iter().map(|source| (source.path.clone(), imported(source))).collect()
}

/// All that `start` leads to.
fn reach(imports: &Imports, start: &str) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(file) = open.pop() {
        open.extend(imports[file].iter().filter(|next| found.insert((*next).clone())).map(String::as_str));
    }
    found
}

/// Each set of files of which every one leads to every other.
fn circles(sources: &[Source]) -> BTreeSet<BTreeSet<String>> {
    let imports = imports(sources);
    let reached: Imports = imports.keys().map(|file| (file.clone(), reach(&imports, file))).collect();
    let circle = |file: &String| reached[file].iter().filter(|other| reached[*other].contains(file)).cloned().collect();
    imports.keys().map(circle).filter(|circle: &BTreeSet<String>| !circle.is_empty()).collect()
}

#[test]
fn files_do_not_import_each_other_in_a_circle() {
    let sources = sources();
    let found: Vec<_> = circles(&sources).into_iter().filter(|circle| !is_allowed(circle)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// The reader itself: it finds the circles of these files, and no others.
#[test]
fn the_reader_of_imports_reads() {
    let found = |files: &[(&str, &str)]| {
        let source = |(path, code): &(&str, &str)| Source { path: (*path).to_owned(), code: (*code).to_owned() };
        let sources: Vec<_> = files.iter().map(source).collect();
        circles(&sources).into_iter().map(|circle| circle.into_iter().collect()).collect::<Vec<Vec<_>>>()
    };
    let none: [Vec<String>; 0] = [];
    let (a, b) = (("a.rs", "use crate::b::B; struct A;"), ("b.rs", "struct B;"));
    assert_eq!(found(&[a, b]), none);
    for code in [
        "use crate::a::A;",
        "use super::a;",
        "use std::fmt;\n#[cfg(x)]\nuse super::{c, a::{self, A}};",
        "fn b() -> crate::a::A { super::a::A }",
        "mod inner { fn b() { crate::a::A } }",
        "use crate::a::A as Other;",
    ] {
        assert_eq!(found(&[a, ("b.rs", code)]), [["a.rs", "b.rs"]], "{code}");
    }
    // What a folder's `mod.rs` hands on is of the file that defines it, and what it defines is the folder's.
    let folder = ("f/mod.rs", "mod g; mod h; use h::H; pub(crate) use g::G; pub struct F;");
    assert_eq!(found(&[folder, ("f/g.rs", "use super::F; pub struct G;"), ("f/h.rs", "use super::G;")]), none);
    let g = ("f/g.rs", "use super::h::H; pub struct G;");
    assert_eq!(found(&[folder, g, ("f/h.rs", "use super::{F, G};")]), [["f/g.rs", "f/h.rs"]]);
    assert_eq!(found(&[folder, g, ("f/h.rs", "pub struct H;"), ("a.rs", "use crate::f::G;")]), none);
    // A module that a `use` brings into scope, and one below it in the code.
    let below = [
        ("a.rs", "use crate::f; struct A; fn a() { f::g::x() }"),
        ("f/mod.rs", "pub mod g;"),
        ("f/g.rs", "use crate::a::A;"),
    ];
    assert_eq!(found(&below), [["a.rs", "f/g.rs"]]);
    // Names of other crates, and words of other statements.
    assert_eq!(found(&[("a.rs", "use b::B; fn f() { b::g() }"), ("b.rs", "use a::A; because use_it;")]), none);
}
