//! Has every set made by its tool, once for all tests, several at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::certificates::process::{left_out, missing, run};
use crate::tools::row::Row;
use crate::tools::rows;

/// A row, and where its set is.
pub struct Set {
    pub row: &'static Row,
    folder: TempDir,
}

impl Set {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }
}

/// The sets whose tools are here, in the order of the rows.
pub static SETS: LazyLock<Vec<Set>> = LazyLock::new(|| {
    let rows: Vec<&Row> = rows::ALL.into_iter().flatten().filter(|row| is_here(row)).collect();
    let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // They wait for processes: more at a time than there are processors do no harm.
    let workers = thread::available_parallelism().map_or(2, usize::from) + 1;
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let set = make(row);
                    made.lock().unwrap().push(set);
                }
            });
        }
    });
    let made = made.into_inner().unwrap();
    let failed: String = made.iter().filter_map(|set| set.as_ref().err().map(String::as_str)).collect();
    assert!(failed.is_empty(), "{failed}");
    let mut made: Vec<_> = made.into_iter().flatten().collect();
    made.sort_by_key(|set| rows.iter().position(|row| row.name == set.row.name));
    made
});

fn is_here(row: &Row) -> bool {
    let folder = row.tool.folder.filter(|folder| !Path::new(folder).is_dir());
    match missing(row.tool.needs).or(folder) {
        Some(what) => {
            left_out(row.name, what, row.tool.install);
            false
        }
        None => true,
    }
}

fn make(row: &'static Row) -> Result<Set, String> {
    let set = Set { row, folder: tempfile::tempdir().unwrap() };
    if let Some(make) = row.by_us {
        make(set.folder());
        return Ok(set);
    }
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", row.made]).current_dir(set.folder());
    command.env("GO", go_program()).env("PYTHON", concat!(env!("CARGO_TARGET_TMPDIR"), "/python/bin/python"));
    command.env("NPM", concat!(env!("CARGO_TARGET_TMPDIR"), "/npm")).env("PROGRAMS", PROGRAMS);
    // Nothing of the user's, such as an openssl.cnf or a store of mkcert's, takes part.
    command.env("HOME", set.folder()).env_remove("OPENSSL_CONF");
    let (well, output) = run(&mut command, set.folder());
    if well { Ok(set) } else { Err(format!("{}: the recipe fails:\n{output}\n", row.name)) }
}

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/tools/programs");

/// The program that makes and verifies certificates by Go; built once. It is the word `false` where there is no Go.
pub fn go_program() -> &'static Path {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        if missing(&[["go", "version"]]).is_some() {
            return "false".into();
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let program = folder.join("go-certificates");
        let mut command = Command::new("go");
        command.args(["build", "-o"]).arg(&program).args(["main.go", "make.go"]).current_dir(PROGRAMS);
        command.env("GOCACHE", folder.join("go-cache")).env("GOFLAGS", "").env("CGO_ENABLED", "0");
        let output = tempfile::tempdir().unwrap();
        let (well, said) = run(&mut command, output.path());
        assert!(well, "{said}");
        program
    });
    &BUILT
}
