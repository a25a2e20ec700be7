//! Help, man pages and completions: they are checked in, and fit the screen.
//!
//! To rewrite them: `UPDATE_DOCS=1 cargo test --features cli,redis --test cli documents`

use std::fs;
use std::path::Path;

use crate::files;
use crate::tool::tls12;

/// Each command; the first is the tool as a whole.
const COMMANDS: [&str; 12] = [
    "",
    "client",
    "server",
    "verify",
    "suites",
    "scan",
    "explain",
    "tap",
    "replay",
    "ticket-keys",
    "completions",
    "man",
];

const SHELLS: [(&str, &str); 5] = [
    ("bash", "tls12.bash"),
    ("elvish", "tls12.elv"),
    ("fish", "tls12.fish"),
    ("powershell", "_tls12.ps1"),
    ("zsh", "_tls12"),
];

/// Holds what a command prints against the file, or writes the file.
#[track_caller]
fn assert_checked_in(file: &str, args: &[&str]) -> String {
    let printed = tls12(args, &files()).finish();
    let printed = printed.assert_succeeded().stdout.join("\n") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &printed).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    let how = "UPDATE_DOCS=1 cargo test --features cli,redis --test cli documents";
    assert!(printed == checked_in, "docs/{file} is not what the tool prints: {how}");
    printed
}

#[test]
fn the_help_is_checked_in_and_fits_80_columns() {
    for command in COMMANDS {
        for (option, suffix) in [("-h", "-short"), ("--help", "")] {
            let (name, args) = match command {
                "" => ("tls12".to_owned(), vec![option]),
                command => (format!("tls12-{command}"), vec![command, option]),
            };
            let help = assert_checked_in(&format!("help/{name}{suffix}.txt"), &args);
            let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(long.is_empty(), "{long:#?}");
        }
    }
    let help = tls12(&["--help"], &files()).finish();
    let listed = help.stdout.iter().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let listed: Vec<&str> =
        listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, [&COMMANDS[1..], &["help"]].concat(), "a command has no help that is checked in");
}

#[test]
fn man_pages_and_completions_are_checked_in() {
    assert_checked_in("man/tls12.1", &["man"]);
    for command in &COMMANDS[1..] {
        let page = assert_checked_in(&format!("man/tls12-{command}.1"), &["man", command]);
        assert!(page.contains(&format!(".TH tls12-{command} 1")), "{page}");
    }
    for (shell, file) in SHELLS {
        let script = assert_checked_in(&format!("completions/{file}"), &["completions", shell]);
        assert!(script.contains("require-ems"), "{shell}: the options are not in it");
    }
    tls12(&["man", "no-such"], &files()).finish().assert_failed(2, "there is no command no-such");
}
