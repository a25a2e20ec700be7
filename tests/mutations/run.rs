//! Makes mutations in a copy of the tree, and runs what must fail then. Each filter is run on the unchanged copy first: it must pass
//! there, and run something, or its failure would say nothing.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::root;
use super::table::{Mutation, Target};

/// What takes longer does not end.
const PATIENCE: Duration = Duration::from_secs(1200);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Caught,
    Survived,
    /// A test fails, but does not say what it must.
    CaughtForAnotherReason,
    DoesNotCompile,
    /// The filter matches no test, so nothing could fail.
    RanNothing,
    /// What must fail fails without the mutation too, or does not end.
    FailsUnchanged,
}

/// What is run: its features, its target, and its filter.
type Run<'m> = (&'m Option<String>, &'m Target, &'m str);

fn run_of(mutation: &Mutation) -> Run<'_> {
    (&mutation.features, &mutation.target, &mutation.filter)
}

/// Makes them one after another. Fails if one survives without a reason, or does not compile. The results are added to
/// `results`, line by line; what is in there already is not done again.
pub fn run(mutations: &[Mutation], results: &Path) {
    let done = fs::read_to_string(results).unwrap_or_default();
    let mut results = OpenOptions::new().create(true).append(true).open(results).unwrap();
    let tree = copy();
    let mut problems = Vec::new();
    let mut caught = 0;
    let mut unchanged: Vec<(Run<'_>, Option<Outcome>)> = Vec::new();
    for mutation in mutations {
        let known = done.lines().rev().find_map(|line| line.strip_prefix(&format!("{}: ", mutation.name)));
        let outcome = match known {
            Some("Caught") => Outcome::Caught,
            Some("Survived") => Outcome::Survived,
            Some("CaughtForAnotherReason") => Outcome::CaughtForAnotherReason,
            Some("DoesNotCompile") => Outcome::DoesNotCompile,
            // What was wrong with the test may have been mended.
            _ => {
                let at = unchanged.iter().position(|(run, _)| *run == run_of(mutation)).unwrap_or_else(|| {
                    unchanged.push((run_of(mutation), fault_unchanged(&tree, mutation)));
                    unchanged.len() - 1
                });
                let outcome = match unchanged.get(at).and_then(|(_, fault)| *fault) {
                    Some(fault) => fault,
                    None => make(&tree, mutation),
                };
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

/// Runs what must fail for a mutation without making it. What is wrong with it; nothing, if it passes.
fn fault_unchanged(tree: &Path, mutation: &Mutation) -> Option<Outcome> {
    match outcome(tree, mutation) {
        Outcome::Survived => None,
        Outcome::Caught | Outcome::CaughtForAnotherReason => Some(Outcome::FailsUnchanged),
        fault => Some(fault),
    }
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
    let (mut build, mut run): (Vec<&str>, Vec<&str>) = match &mutation.target {
        Target::Lib => (vec!["test", "--no-run", "--lib"], vec!["test", "--lib"]),
        Target::Test(target) => (vec!["test", "--no-run", "--test", target], vec!["test", "--test", target]),
        Target::ConstantTime => (
            vec!["build", "--release", "--manifest-path", CONSTANT_TIME],
            vec!["run", "--release", "--manifest-path", CONSTANT_TIME],
        ),
    };
    if let Some(features) = &mutation.features {
        build.extend(["--features", features]);
        run.extend(["--features", features]);
    }
    if !cargo(tree, &build, &[]).succeeded {
        return Outcome::DoesNotCompile;
    }
    let filter = Some(mutation.filter.as_str()).filter(|filter| !filter.is_empty());
    let ran = cargo(tree, &run, &[&["--"][..], filter.as_slice()].concat());
    let says = |text: &String| ran.output.contains(text);
    if !ran.succeeded && mutation.says.as_ref().is_none_or(says) {
        Outcome::Caught
    } else if !ran.succeeded {
        Outcome::CaughtForAnotherReason
    } else if mutation.target != Target::ConstantTime && tests_run(&ran.output) == 0 {
        Outcome::RanNothing
    } else {
        Outcome::Survived
    }
}

/// How many tests ran, as the harness reports it: "running 3 tests".
fn tests_run(output: &str) -> usize {
    let lines = output.lines().filter_map(|line| line.strip_prefix("running ")?.split_once(' '));
    lines.map(|(count, _)| count.parse::<usize>().unwrap_or_default()).sum()
}

#[test]
fn tests_that_ran_are_counted() {
    assert_eq!(tests_run("\nrunning 0 tests\n\ntest result: ok. 0 passed"), 0);
    assert_eq!(tests_run("running 1 test\ntest a ... ok\n\nrunning 12 tests\n"), 13);
    assert_eq!(tests_run("running late"), 0);
}

/// The package that needs Valgrind.
const CONSTANT_TIME: &str = "tests/constant_time/Cargo.toml";

/// How a command ended.
struct Ended {
    /// Without an error, and in time.
    succeeded: bool,
    /// What it wrote to its standard output.
    output: String,
}

/// Runs cargo in the copy, with this repository's target folder, where the dependencies are compiled already.
fn cargo(tree: &Path, arguments: &[&str], of_the_test: &[&str]) -> Ended {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).arg("--quiet").args(of_the_test).current_dir(tree).env("CARGO_TARGET_DIR", target);
    // To a file: a pipe that nobody reads while we wait would fill up.
    let log = target.join("tmp").join(format!("mutation-{}.log", std::process::id()));
    command.stdout(File::create(&log).unwrap()).stderr(Stdio::null());
    // A group of its own, so that what it starts can be ended with it.
    let mut child = command.process_group(0).spawn().unwrap();
    let start = Instant::now();
    let succeeded = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.success();
        }
        if start.elapsed() > PATIENCE {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["--", &group]).status();
            let _ = child.wait();
            break false;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let output = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    fs::remove_file(&log).unwrap();
    Ended { succeeded, output }
}
