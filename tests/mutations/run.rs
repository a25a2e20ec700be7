//! Makes mutations in a copy of the tree, and runs what must fail then.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::root;
use super::table::{Mutation, Target};

/// What takes longer does not end.
const PATIENCE: Duration = Duration::from_secs(1200);

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Caught,
    Survived,
    DoesNotCompile,
}

/// Makes them one after another. Fails if one survives without a reason, or does not compile. The results are added to
/// `results`, line by line; what is in there already is not done again.
pub fn run(mutations: &[Mutation], results: &Path) {
    let done = fs::read_to_string(results).unwrap_or_default();
    let mut results = OpenOptions::new().create(true).append(true).open(results).unwrap();
    let tree = copy();
    let mut problems = Vec::new();
    let mut caught = 0;
    for mutation in mutations {
        let known = done.lines().find_map(|line| line.strip_prefix(&format!("{}: ", mutation.name)));
        let outcome = match known {
            Some("Caught") => Outcome::Caught,
            Some("Survived") => Outcome::Survived,
            Some("DoesNotCompile") => Outcome::DoesNotCompile,
            _ => {
                let outcome = make(&tree, mutation);
                writeln!(results, "{}: {outcome:?}", mutation.name).unwrap();
                outcome
            }
        };
        println!("{}: {outcome:?}", mutation.name);
        match (&outcome, &mutation.uncaught) {
            (Outcome::Caught, None) => caught += 1,
            (Outcome::Survived, Some(why)) => println!("    {why}"),
            _ => problems.push(format!("{}: {outcome:?}", mutation.name)),
        }
    }
    println!("{caught} of {} caught", mutations.len());
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Makes one, and takes it back.
fn make(tree: &Path, mutation: &Mutation) -> Outcome {
    let file = tree.join(&mutation.file);
    let original = fs::read_to_string(&file).unwrap();
    fs::write(&file, original.replacen(&mutation.text, &mutation.to, 1)).unwrap();
    let outcome = outcome(tree, mutation);
    fs::write(&file, original).unwrap();
    outcome
}

/// A copy of all that git knows, below the target folder. A file that is there already, and is the same, keeps its time: nothing
/// is compiled again because of it.
fn copy() -> PathBuf {
    let tree = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutations");
    let listed = Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(root()).output();
    for file in String::from_utf8(listed.unwrap().stdout).unwrap().lines() {
        let to = tree.join(file);
        let content = fs::read(root().join(file)).unwrap();
        if !fs::read(&to).is_ok_and(|there| there == content) {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, content).unwrap();
        }
    }
    tree
}

fn outcome(tree: &Path, mutation: &Mutation) -> Outcome {
    let (build, run): (Vec<&str>, Vec<&str>) = match &mutation.target {
        Target::Lib => (vec!["test", "--no-run", "--lib"], vec!["test", "--lib"]),
        Target::Test(target) => (vec!["test", "--no-run", "--test", target], vec!["test", "--test", target]),
        Target::ConstantTime => (
            vec!["build", "--release", "--manifest-path", CONSTANT_TIME],
            vec!["run", "--release", "--manifest-path", CONSTANT_TIME],
        ),
    };
    if !cargo(tree, &build, &[]) {
        Outcome::DoesNotCompile
    } else if cargo(tree, &run, &["--", &mutation.filter]) {
        Outcome::Survived
    } else {
        Outcome::Caught
    }
}

/// The package that needs Valgrind.
const CONSTANT_TIME: &str = "tests/constant_time/Cargo.toml";

/// Runs cargo in the copy, with this repository's target folder, where the dependencies are compiled already. False if it
/// fails, or does not end.
fn cargo(tree: &Path, arguments: &[&str], of_the_test: &[&str]) -> bool {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).arg("--quiet").args(of_the_test).current_dir(tree).env("CARGO_TARGET_DIR", target);
    // A group of its own, so that what it starts can be ended with it.
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        if start.elapsed() > PATIENCE {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["--", &group]).status();
            let _ = child.wait();
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
