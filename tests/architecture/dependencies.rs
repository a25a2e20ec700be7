//! What is allowed into the dependency tree: licences, sources and requirements according to deny.toml, where there is no
//! `cargo deny` (which also looks for duplicates, and for advisories if their database can be reached); and who requires `rsa`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Everything that any feature brings on this platform, the tests' dependencies too.
fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--all-features", "--locked"]);
    cargo.args(["--filter-platform", "x86_64-unknown-linux-gnu"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> impl Iterator<Item = (&Value, String)> {
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().map(|package| (package, format!("{} {}", package["name"], package["version"]).replace('"', "")))
}

/// Those in the line that begins with `allow` in deny.toml.
fn allowed_licenses() -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("allow = [")).unwrap();
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met by these licences. A slash is an OR, as old packages have it.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut words = words.as_slice();
    let met = any_of(&mut words, allowed);
    assert!(words.is_empty(), "not an expression: {expression}");
    met
}

fn any_of(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = all_of(words, allowed);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &[String]) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any_of(words, allowed);
            assert_eq!(words.first(), Some(&")"));
            *words = &words[1..];
            met
        }
        [license, "WITH", exception, rest @ ..] => {
            *words = rest;
            allowed.contains(&format!("{license} WITH {exception}"))
        }
        [license, rest @ ..] => {
            *words = rest;
            allowed.iter().any(|other| other == license)
        }
        [] => panic!("an expression ends in the middle"),
    }
}

#[test]
fn expressions_are_read() {
    let allowed = ["MIT", "ISC"].map(str::to_owned);
    for met in ["MIT", "Apache-2.0 OR MIT", "Apache-2.0/MIT", "ISC AND (Apache-2.0 OR MIT)", "X WITH Y OR ISC"] {
        assert!(is_met(met, &allowed), "{met}");
    }
    for unmet in ["Apache-2.0", "MIT AND Apache-2.0", "(MIT OR ISC) AND X", "MIT WITH X", "X OR Y AND MIT"] {
        assert!(!is_met(unmet, &allowed), "{unmet}");
    }
}

#[test]
fn every_license_is_allowed() {
    let (metadata, allowed) = (metadata(), allowed_licenses());
    assert!(packages(&metadata).count() > 100 && allowed.len() > 5);
    let refused = packages(&metadata).filter(|(package, _)| {
        // Our own packages for tests are not published, and have no licence of their own.
        let is_published = package["publish"].as_array().is_none_or(|registries| !registries.is_empty());
        is_published && !package["license"].as_str().is_some_and(|license| is_met(license, &allowed))
    });
    let refused: Vec<_> = refused.map(|(package, name)| format!("{name}: {}", package["license"])).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

/// No other registry, and no repository.
#[test]
fn everything_is_from_crates_io() {
    let metadata = metadata();
    let others = packages(&metadata).filter(|(package, _)| {
        // None is a folder of this repository.
        package["source"]
            .as_str()
            .is_some_and(|source| source != "registry+https://github.com/rust-lang/crates.io-index")
    });
    let others: Vec<_> = others.map(|(package, name)| format!("{name}: {}", package["source"])).collect();
    assert!(others.is_empty(), "{others:#?}");
}

/// Requirements name a version.
#[test]
fn nothing_is_required_in_any_version() {
    let metadata = metadata();
    for (package, name) in packages(&metadata).filter(|(package, _)| package["source"].is_null()) {
        for dependency in package["dependencies"].as_array().unwrap() {
            assert!(dependency["req"] != "*" || !dependency["path"].is_null(), "{name}: {}", dependency["name"]);
        }
    }
}

/// The whole tree of what is compiled into a program that has no use for static RSA.
#[test]
fn the_rsa_crate_is_there_only_where_it_is_asked_for() {
    for (features, expected) in
        [("ring,webpki,std", false), ("aws-lc-rs,webpki,std", false), ("ring,static-rsa", true), ("rustcrypto", true)]
    {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["tree", "--locked", "--edges=normal", "--prefix=none", "--no-default-features"]);
        let output = cargo.args(["--features", features]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8(output.stdout).unwrap();
        assert!(tree.starts_with("tls12 "), "{tree}");
        assert_eq!(tree.lines().any(|line| line.starts_with("rsa ")), expected, "{features}: {tree}");
    }
}
