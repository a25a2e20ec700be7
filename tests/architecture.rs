//! The layers of the crate: each imports only those above it in the list, the core ones do without `std`, and nobody but
//! the configuration's defaults names the default provider. The files: no circles, and none that is long.

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/dependencies.rs"]
mod dependencies;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, each of which may import itself and those before it.
const LAYERS: [&str; 14] = [
    "error",
    "pem",
    "wire",
    "crypto",
    "record",
    "session",
    "handshake",
    "connection",
    "verify",
    "inspect",
    "replay",
    "io",
    "guide",
    "bin",
];

/// From here on a layer is made on the public API, and may use what the crate's root re-exports.
const FIRST_OUTER: &str = "verify";

/// Those that may use `std`.
const STD_LAYERS: [&str; 3] = ["replay", "io", "bin"];

/// Files of the core layers that are there with `std` only: they need a lock, or the operating system.
const STD_FILES: [&str; 9] = [
    "crypto/common/kept.rs",
    "handshake/counter.rs",
    "record/process.rs",
    "session/client_memory.rs",
    "session/key_ring.rs",
    "session/memory.rs",
    "session/shared_tickets.rs",
    "verify/cache.rs",
    "verify/first_use.rs",
];

/// Where `crypto::ring` may be named: in itself, where it is declared, and for the defaults of the configurations.
const RING_PLACES: [&str; 4] =
    ["crypto/ring/", "crypto/mod.rs", "handshake/client_config.rs", "handshake/server_config.rs"];

/// A source file: its path below `src`, and its code without comments, strings and tests.
struct Source {
    path: String,
    code: String,
}

impl Source {
    fn layer(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The modules that lead to this file: `handshake/need.rs` is `[handshake, need]`, `wire/mod.rs` is `[wire]`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").unwrap();
        path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
    }
}

/// Returns the Rust files in these folders of the package, and in those below them.
fn rust_files(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        folders.iter().map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in rust_files(&["src"]) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        // `tests.rs` is compiled for tests only: the file that declares it says so.
        if name != "lib.rs" && !name.ends_with("/tests.rs") {
            found.push(Source {
                path: name,
                code: without_tests(&without_comments(&fs::read_to_string(&path).unwrap())),
            });
        }
    }
    assert!(found.len() > 40, "the sources are not where they were");
    found
}

/// Stands before what is there with `std` only.
const STD_ITEM: &str = "#[cfg(feature = \"std\")]";

/// Takes comments out, and what stands in strings; but not [`STD_ITEM`].
fn without_comments(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(STD_ITEM) {
            code.push_str(STD_ITEM);
            rest = after;
            continue;
        }
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").unwrap() + 2
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            3 + raw.find("\"#").unwrap() + 2
        } else if first == '"' {
            string_len(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').unwrap() + 2
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        rest = &rest[skipped..];
    }
    code
}

/// The length of the string literal that `text` begins with.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.unwrap().0 + 1
}

/// Takes out what is compiled for tests only.
fn without_tests(code: &str) -> String {
    without_items(code, "#[cfg(test)]")
}

/// Takes out each item, variant, field, arm or statement that this attribute stands before.
fn without_items(code: &str, attribute: &str) -> String {
    let (mut kept, mut rest) = (String::new(), code);
    while let Some(start) = rest.find(attribute) {
        kept.push_str(&rest[..start]);
        let item = &rest[start + attribute.len()..];
        rest = &item[item_len(item)..];
    }
    kept + rest
}

/// The length of what `code` begins with.
fn item_len(code: &str) -> usize {
    const ITEMS: [&str; 12] =
        ["fn", "use", "mod", "impl", "struct", "enum", "trait", "const", "static", "type", "extern", "macro_rules!"];
    let word = code.split_whitespace().find(|word| !word.starts_with("pub")).unwrap_or_default();
    let is_item = ITEMS.contains(&word);
    let mut depth = 0;
    for (i, c) in code.char_indices() {
        depth += match c {
            '{' | '(' | '[' => 1,
            '}' | ')' | ']' => -1,
            _ => 0,
        };
        // An item ends with its block or a semicolon; a variant, field or arm with a comma, an arm also with its block; and
        // all of them with what they stand in.
        let ends = depth == 0
            && match c {
                ';' => true,
                ',' => !is_item,
                '}' => is_item || code[..i].contains("=>"),
                _ => false,
            };
        if depth < 0 || ends {
            return if depth < 0 { i } else { i + 1 };
        }
    }
    code.len()
}

/// Every path in `code` that starts with `prefix`, which is not the end of another name: what follows it, groups resolved to
/// their first names.
fn paths_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let name = |text: &'a str| {
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        &text[..end]
    };
    let mut found = Vec::new();
    for (start, _) in code.match_indices(prefix) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = code[start + prefix.len()..].trim_start();
        match rest.strip_prefix('{') {
            None => found.push(name(rest)),
            Some(group) => {
                let mut depth = 0;
                let parts = group.split_inclusive([',', '{', '}']);
                for part in parts {
                    if depth == 0 {
                        found.push(name(part.trim_start()));
                    }
                    depth += match part.chars().next_back() {
                        Some('{') => 1,
                        Some('}') => -1,
                        _ => 0,
                    };
                    if depth < 0 {
                        break;
                    }
                }
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The names at the crate's root that a file uses, whether by `crate::` or by `super::`.
fn root_names(source: &Source) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = paths_after(&source.code, "crate::").into_iter().collect();
    // As many `super::` as lead to the root.
    let up = "super::".repeat(source.module().len());
    names.extend(paths_after(&source.code, &up).into_iter().filter(|name| *name != "super"));
    names
}

fn rank(layer: &str) -> usize {
    LAYERS.iter().position(|other| *other == layer).unwrap_or_else(|| panic!("no layer: {layer}"))
}

/// What imports the wrong way in this file.
fn wrong_imports(source: &Source) -> Vec<String> {
    let layer = source.layer();
    let is_outer = rank(layer) >= rank(FIRST_OUTER);
    let allowed = |name: &str| match LAYERS.contains(&name) {
        true => rank(name) <= rank(layer),
        // What the root re-exports has no layer to be seen.
        false => is_outer,
    };
    let wrong = root_names(source).into_iter().filter(|name| !allowed(name));
    wrong.map(|name| format!("{}: crate::{name}", source.path)).collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let files = rust_files(&["src", "tests", "benches", "examples", "fuzz"]);
    assert!(files.len() > 400, "the files are not where they were");
    for path in files {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 500, "{}: {lines}", path.display());
    }
}

#[test]
fn each_layer_imports_only_those_above_it() {
    let wrong: Vec<String> = sources().iter().flat_map(wrong_imports).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_layers_do_without_std() {
    let may = |source: &Source| STD_LAYERS.contains(&source.layer()) || STD_FILES.contains(&&*source.path);
    for source in sources().iter().filter(|source| !may(source)) {
        let mut code = source.code.clone();
        if source.layer() == "verify" {
            code = without_items(&code, STD_ITEM);
        }
        let used = paths_after(&code, "std::");
        assert!(used.is_empty(), "{}: std::{used:?}", source.path);
    }
}

#[test]
fn the_default_provider_is_named_in_its_place_only() {
    for source in sources() {
        if RING_PLACES.iter().any(|place| source.path.starts_with(place)) || STD_LAYERS.contains(&source.layer()) {
            continue;
        }
        let grouped =
            source.code.contains("crypto::{") && paths_after(&source.code, "crate::crypto::").contains(&"ring");
        assert!(!grouped && !source.code.contains("crypto::ring"), "{}", source.path);
    }
}

/// The reader itself: what it must find, and what it must not.
#[test]
fn the_reader_reads() {
    let text = r##"
//! crate::bin in a comment
use crate::error::{Error, Limited};
use crate::{wire::{A, B}, crypto::x};
/* crate::io */ const TEXT: &str = "crate::io \" crate::io";
fn f() { if crate::record::g(r#"crate::verify"#) == '"' { my_crate::h() } super::super::connection::i(); super::j() }
#[cfg(test)]
mod tests { use crate::bin; fn t() { std::f() } }
struct S;
"##;
    let code = without_tests(&without_comments(text));
    let source = Source { path: "handshake/need.rs".to_owned(), code };
    let names: Vec<&str> = root_names(&source).into_iter().collect();
    assert_eq!(names, ["connection", "crypto", "error", "record", "wire"]);
    assert_eq!(wrong_imports(&source), ["handshake/need.rs: crate::connection"]);
    assert!(source.code.contains("struct S") && paths_after(&source.code, "std::").is_empty());
    let with_std = r#"enum E { #[cfg(feature = "std")] A(std::a), #[cfg(feature = "std")] B { b: std::b }, C(std::c) }
        #[cfg(feature = "std")] use std::d; #[cfg(feature = "std")] pub fn f() -> Result<(), E> { std::e() }
        fn g() { match x { #[cfg(feature = "std")] E::B { b } => { std::f() } #[cfg(feature = "std")] _ => std::g() }
            std::h() }"#;
    let code = without_items(&without_comments(with_std), STD_ITEM);
    assert_eq!(paths_after(&code, "std::"), ["c", "h"]);
}
