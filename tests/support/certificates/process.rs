//! Runs the tools of others, for a bounded time.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long one run may take before it counts as hung. No verdict hangs on it. The first run of `go build` compiles parts of Go's
/// standard library, beside whatever else runs, and takes minutes on a slow machine.
const BOUND: Duration = Duration::from_secs(600);

/// The first of these tools that is not there. Each stands with what it prints its version for.
pub fn missing(tools: &[[&'static str; 2]]) -> Option<&'static str> {
    let runs = |[tool, ask]: &[&str; 2]| {
        Command::new(tool).arg(ask).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    tools.iter().find(|tool| !runs(tool)).map(|[tool, _]| *tool)
}

/// The first line of what a tool says of its version.
pub fn version([tool, ask]: [&str; 2]) -> String {
    let output = Command::new(tool).arg(ask).output().unwrap().stdout;
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
}

/// Whether a tool may be missing: not in CI. It is then said what was left out, and how to install it.
pub fn left_out(what: &str, tool: &str, packages: &str) {
    let message = format!("{tool} is not here; to install it: {packages}");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    println!("SKIPPED: {what}: {message}");
}

/// Whether it ended well, and all that it wrote. `folder` is for its output.
pub fn run(command: &mut Command, folder: &Path) -> (bool, String) {
    let path = folder.join("output");
    let output = File::create(&path).unwrap();
    command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > BOUND {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{command:?} does not end");
        }
        thread::sleep(Duration::from_millis(1));
    };
    let output = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    assert!(status.code().is_some(), "{command:?} crashed: {output}");
    (status.success(), output)
}
