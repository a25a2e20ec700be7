//! Shows that nothing but what everybody sees depends on a secret: neither a branch nor an address (memcheck, with the secrets
//! declared undefined), nor the number of instructions (callgrind); and, with the instructions that Valgrind does not emulate, that no
//! branch and no address differs between inputs ([`steps`]). The places that may depend on a secret are listed in [`places`], with
//! the reason; what is known to leak ([`controls`]) has to be found.

mod controls;
mod faults;
mod handshakes;
mod pair;
mod places;
mod private_key;
mod provider;
mod records;
mod report;
mod steps;
mod timing;
mod valgrind;
mod wiped;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use provider::Opening;
use report::{Found, Place};

#[global_allocator]
static ALLOCATOR: wiped::Looking = wiped::Looking;

/// A part: its name, and what runs it and returns how many cases it has.
type Part = (&'static str, fn() -> usize);

/// What is run under memcheck, each in a process of its own.
const UNDER_MEMCHECK: [Part; 5] = [
    ("records", || records::open_all(Opening::Ours)),
    ("premaster", handshakes::by_rsa),
    ("psk", handshakes::by_psk),
    ("resumed", handshakes::resumed),
    ("private-key", private_key::operate),
];

/// Whole handshakes without anything secret.
fn without_secrets() -> usize {
    valgrind::NO_SECRETS.store(true, Ordering::Relaxed);
    handshakes::by_psk() + handshakes::resumed()
}

/// What must be found.
fn controls() -> usize {
    records::control();
    std::hint::black_box(controls::naive_table(9));
    2
}

fn main() -> ExitCode {
    // `tests/mutations` passes one argument only.
    let arguments = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let (name, rest) = arguments.split_once(' ').unwrap_or((&arguments, ""));
    match name {
        "" => run_all(),
        "wiped" => report(&wiped::check()),
        "steps" => report(&steps::run(rest)),
        // By hand only: see there.
        "timing" => {
            let (seconds, part) = rest.split_once(' ').unwrap_or((rest, ""));
            let seconds = if seconds.is_empty() { 20 } else { seconds.parse().unwrap() };
            report(&timing::run(Duration::from_secs(seconds), part))
        }
        "without-secrets" => under_valgrind(without_secrets),
        "controls" => under_valgrind(controls),
        "counts" => under_valgrind(|| {
            records::count_all();
            handshakes::count_all();
            1
        }),
        name => match UNDER_MEMCHECK.iter().find(|(other, _)| *other == name) {
            Some((_, work)) if valgrind::is_here() => under_valgrind(work),
            // One part alone, for a mutation of what it looks at.
            Some(part) => report(&check_parts(&reports(), std::slice::from_ref(part))),
            None => panic!("{name}"),
        },
    }
}

fn under_valgrind(work: impl FnOnce() -> usize) -> ExitCode {
    assert!(valgrind::is_here(), "this runs under Valgrind only");
    println!("{}", work());
    ExitCode::SUCCESS
}

/// Runs everything, and says what was found.
fn run_all() -> ExitCode {
    let folder = reports();
    let mut problems = check_parts(&folder, &UNDER_MEMCHECK);
    problems.extend(check_controls(&folder));
    problems.extend(check_counts(&folder));
    // Each in a process of its own: the first looks at all memory that is freed, and the second writes to its own code.
    for (name, problem) in [
        ("wiped", "secrets are not wiped as they should be"),
        ("steps", "on this processor, a path or an address depends on a secret"),
    ] {
        let ended = Command::new(std::env::current_exe().unwrap()).arg(name).status().unwrap();
        if !ended.success() {
            problems.push(format!("{problem}: {ended}"));
        }
    }
    report(&problems)
}

/// The folder of Valgrind's reports.
fn reports() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn report(problems: &[String]) -> ExitCode {
    for problem in problems {
        eprintln!("{problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Nothing is reported but at the places of the list, and at all of those that are ours. To which function of another crate a
/// branch belongs, the compiler decides by what it inlines, and that differs with the folder in which it is built.
fn check_parts(folder: &Path, parts: &[Part]) -> Vec<String> {
    let mut problems = Vec::new();
    let allowed = places::ALLOWED.iter().map(|(owner, function, _)| (*owner, *function));
    let mut missing: BTreeSet<(&str, &str)> = allowed.collect();
    let known: BTreeSet<(&str, &str)> = missing.iter().chain(places::NOISE).copied().collect();
    for (name, _) in parts {
        let (cases, places) = memcheck(folder, name);
        println!("{name}: {cases} cases, {} places", places.len());
        for (place, found) in places {
            let Place { owner, function } = &place;
            let known = known.iter().find(|(owner, function)| report::is_at(&place, owner, function));
            missing.retain(|other| Some(other) != known);
            if known.is_none() {
                let stack = found.stack[..found.stack.len().min(8)].join("\n      ");
                problems.push(format!("{name}: {} in {function} ({owner}):\n      {stack}", found.kind));
            }
        }
    }
    // One part does not come to all the places.
    let is_whole = parts.len() == UNDER_MEMCHECK.len();
    let ours = missing.iter().filter(|(owner, _)| is_whole && owner.starts_with("src/"));
    let gone = ours.map(|(owner, function)| format!("{function} ({owner}) is in the list, and was not found"));
    problems.extend(gone);
    problems
}

/// Without secrets there is nothing but noise; and what leaks is found.
fn check_controls(folder: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    let (_, found) = memcheck(folder, "without-secrets");
    for Place { owner, function } in found.keys() {
        if !places::NOISE.contains(&(owner.as_str(), function.as_str())) {
            problems.push(format!("{function} ({owner}) is reported where nothing is secret"));
        }
    }
    let (_, found) = memcheck(folder, "controls");
    let is_missed = |(owner, function): &&(&str, &str)| {
        !found.keys().any(|place| place.owner == *owner && place.function == *function)
    };
    let missed: Vec<_> = places::CONTROLS.iter().filter(is_missed).collect();
    println!("controls: {} of {} found", places::CONTROLS.len() - missed.len(), places::CONTROLS.len());
    problems.extend(missed.iter().map(|(owner, function)| format!("{function} ({owner}) leaks, and was not found")));
    problems
}

/// Runs one part under memcheck: how many cases it had, and what was reported.
fn memcheck(folder: &Path, name: &str) -> (usize, BTreeMap<Place, Found>) {
    let file = folder.join(format!("{name}.xml"));
    let options = ["--tool=memcheck", "--error-limit=no", "--leak-check=no", "--num-callers=30", "--xml=yes"];
    let cases = valgrind(name, &options, &["--xml-file", file.to_str().unwrap()]);
    (cases, report::places(&std::fs::read_to_string(file).unwrap()))
}

/// Runs one part under a tool; how many cases it had.
fn valgrind(name: &str, options: &[&str], file: &[&str; 2]) -> usize {
    let start = Instant::now();
    let mut command = Command::new("valgrind");
    command.args(options).arg(file.join("=")).arg(std::env::current_exe().unwrap()).arg(name);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("valgrind is not installed");
    let mut stdin = child.stdin.take().unwrap();
    if name == "private-key" {
        stdin.write_all(&private_key::generate()).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{name}: {}", output.status);
    eprintln!("{name}: {:.1} s", start.elapsed().as_secs_f32());
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Counts instructions: one number for each kind of record, whatever its padding and its fault.
fn check_counts(folder: &Path) -> Vec<String> {
    let file: PathBuf = folder.join("counts.out");
    valgrind(
        "counts",
        &["--tool=callgrind", "--quiet", "--combine-dumps=yes"],
        &["--callgrind-out-file", file.to_str().unwrap()],
    );
    let text = std::fs::read_to_string(&file).unwrap();
    let mut numbers: BTreeMap<&str, BTreeMap<u64, usize>> = BTreeMap::new();
    let mut name = None;
    for line in text.lines() {
        if let Some(trigger) = line.strip_prefix("desc: Trigger: Client Request: ") {
            name = Some(trigger);
        } else if let Some(total) = line.strip_prefix("totals: ")
            && let Some(name) = name.take()
        {
            *numbers.entry(name).or_default().entry(total.trim().parse().unwrap()).or_default() += 1;
        }
    }
    let mut problems = Vec::new();
    for (name, numbers) in &numbers {
        println!("{name}: {numbers:?} (instructions: how often)");
        let is_control = name.starts_with("control");
        if (numbers.len() == 1) == is_control {
            problems.push(format!("instructions of {name}: {numbers:?}"));
        }
    }
    // Three MACs at two lengths, the premaster secret, and the control.
    if numbers.len() != 8 {
        problems.push(format!("{} kinds were counted", numbers.len()));
    }
    problems
}
