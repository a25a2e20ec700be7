//! The inputs that fuzzing has kept, in `fuzz/corpus`: each is given to its target again, without a fuzzer, so that what was once
//! found and fixed stays so, and what is reached by coverage is run at every change.

#[allow(dead_code, reason = "what only the seeds and the runner of the package need")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

// The modules of the package name one another from its root.
use fuzz::*;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The fewest inputs of a target: fewer are not what fuzzing has kept.
const FEWEST: usize = 20;
/// The most bytes of all: they have to be run in seconds, and are in the repository. In CI only: elsewhere a fuzzer may have added to
/// them.
const MOST_BYTES: usize = 1 << 20;

#[test]
fn no_target_panics_on_what_fuzzing_has_kept() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut inputs = Vec::new();
    for (name, target) in targets::ALL {
        let files = fs::read_dir(corpus.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        let kept: Vec<_> = files.into_iter().map(|file| (name, target, fs::read(&file).unwrap(), file)).collect();
        assert!(kept.len() >= FEWEST, "{name}: {} inputs", kept.len());
        inputs.extend(kept);
    }
    let bytes: usize = inputs.iter().map(|(.., input, _)| input.len()).sum();
    assert!(bytes <= MOST_BYTES || std::env::var_os("CI").is_none(), "{bytes} bytes");
    let next = AtomicUsize::new(0);
    let work = || {
        let mut failed = Vec::new();
        while let Some((name, target, input, file)) = inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if catch_unwind(|| target(input)).is_err() {
                failed.push(format!("{name}: {}", file.display()));
            }
        }
        failed
    };
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let failed: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "{failed:#?}");
}
