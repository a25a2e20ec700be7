//! The inputs that fuzzing has kept, in `fuzz/corpus`: each is given to its target again, without a fuzzer, so that what was once
//! found and fixed stays so, and what is reached by coverage is run at every change. Then they are changed at random, for as many
//! seconds for each target as the variable `FUZZ_SECONDS` says.

#[allow(dead_code, reason = "what only the seeds and the runner of the package need")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

// The modules of the package name one another from its root.
use fuzz::random::Random;
use fuzz::*;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

/// The fewest inputs of a target: fewer are not what fuzzing has kept.
const FEWEST: usize = 20;
/// The most bytes of all: they have to be run in seconds, and are in the repository. In CI only: elsewhere a fuzzer may have added to
/// them.
const MOST_BYTES: usize = 1 << 20;

#[test]
fn no_target_panics_on_what_fuzzing_has_kept() {
    let corpus = Corpus::read();
    let inputs: Vec<_> =
        corpus.0.iter().flat_map(|(target, files)| files.iter().map(move |file| (target, file))).collect();
    let bytes: usize = inputs.iter().map(|(_, (_, input))| input.len()).sum();
    assert!(bytes <= MOST_BYTES || std::env::var_os("CI").is_none(), "{bytes} bytes");
    let failed = side_by_side(&inputs, |((name, target), (file, input))| {
        catch_unwind(|| target(input)).err().map(|_| format!("{name}: {}", file.display()))
    });
    assert!(failed.is_empty(), "{failed:#?}");
}

/// An input that makes a target panic is written to a file that the message names. Move it to `fuzz/corpus`.
#[test]
fn no_target_panics_on_what_fuzzing_has_kept_with_changes() {
    let seconds = std::env::var("FUZZ_SECONDS").map_or(1, |seconds| seconds.parse().expect("the number of seconds"));
    // Other changes each time.
    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let failed = side_by_side(&Corpus::read().0, |((name, target), files)| {
        let inputs: Vec<&[u8]> = files.iter().map(|(_, input)| &**input).collect();
        let outcome = runner::run(*target, &inputs, Duration::from_secs(seconds), &mut Random(seed));
        println!("{name}: {} inputs", outcome.inputs);
        outcome.failed.map(|input| {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{seed}"));
            fs::write(&file, input).unwrap();
            file.display().to_string()
        })
    });
    assert!(failed.is_empty(), "{failed:#?}");
}

/// A file: its path and its contents.
type File = (PathBuf, Vec<u8>);

/// The targets, each with its files.
struct Corpus(Vec<(targets::Target, Vec<File>)>);

impl Corpus {
    fn read() -> Self {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        let files_of = |(name, target)| {
            let files = fs::read_dir(corpus.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let files = files.map(|file| file.unwrap().path());
            let files: Vec<_> = files.map(|file| (file.clone(), fs::read(file).unwrap())).collect();
            assert!(files.len() >= FEWEST, "{name}: {} inputs", files.len());
            ((name, target), files)
        };
        Self(targets::ALL.into_iter().map(files_of).collect())
    }
}

/// Runs `work` on each item, on all processors, and returns the failures.
fn side_by_side<T: Sync>(items: &[T], work: impl Fn(&T) -> Option<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let items = std::iter::from_fn(|| items.get(next.fetch_add(1, Ordering::Relaxed)));
        items.filter_map(&work).collect::<Vec<_>>()
    };
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}
