//! The results of the trials with all peers, as a table that is also in the README.

use std::fmt::{self, Write};
use std::fs;
use std::sync::{Arc, Mutex};

use libtest_mimic::Trial;

use crate::matrix::Role;
use crate::plan::Subject;

/// The README, and what its table stands between.
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const START: &str = "<!-- The interop tests write what follows. -->\n";
const END: &str = "<!-- The interop tests wrote this. -->\n";

/// If this environment variable is set, the table is written to the README; else it must be there.
const BLESS: &str = "TLS12_BLESS";

/// What came of the trials so far.
#[derive(Default)]
pub struct Results(Mutex<State>);

#[derive(Default)]
struct State {
    /// The peers, with their versions, in the order of the columns.
    peers: Vec<(&'static str, String)>,
    cells: Vec<Cell>,
    /// Peers, and what they cannot be tried with.
    lacking: Vec<Lacking>,
}

/// What a peer cannot be tried with, for one reason.
struct Lacking {
    peer: &'static str,
    why: &'static str,
    /// While we play the client, and while we play the server.
    subjects: [Vec<String>; 2],
}

/// The trials of one row of the table with one peer.
struct Cell {
    peer: &'static str,
    row: String,
    role: Role,
    run: usize,
    passed: usize,
}

impl Results {
    /// One more column.
    pub fn peer(&self, name: &'static str, version: &str) {
        self.0.lock().unwrap().peers.push((name, version.to_owned()));
    }

    /// A trial with this peer that counts in this row of the table. It passes if `test` does not panic.
    pub fn trial(
        self: &Arc<Self>,
        peer: &'static str,
        role: Role,
        row: &str,
        variant: impl fmt::Display,
        test: impl FnOnce() + Send + 'static,
    ) -> Trial {
        let name = format!("{peer}, we are {role}: {row} {variant}");
        let cells = &mut self.0.lock().unwrap().cells;
        let found = cells.iter().position(|cell| cell.peer == peer && cell.row == row && cell.role == role);
        let index = found.unwrap_or_else(|| {
            cells.push(Cell { peer, row: row.to_owned(), role, run: 0, passed: 0 });
            cells.len() - 1
        });
        let results = Arc::clone(self);
        Trial::test(name.trim_end(), move || {
            results.0.lock().unwrap().cells[index].run += 1;
            test();
            results.0.lock().unwrap().cells[index].passed += 1;
            Ok(())
        })
    }

    /// Notes that this peer is not tried with `subject`, and why.
    pub fn lacks(&self, peer: &'static str, role: Role, subject: Subject, why: &'static str) {
        let lacking = &mut self.0.lock().unwrap().lacking;
        let index = lacking.iter().position(|other| other.peer == peer && other.why == why).unwrap_or_else(|| {
            lacking.push(Lacking { peer, why, subjects: Default::default() });
            lacking.len() - 1
        });
        let [client, server] = &mut lacking[index].subjects;
        let subjects = if role == Role::Client { client } else { server };
        subjects.push(format!("{} {subject}", subject.row()).trim_end().to_owned());
    }

    /// Writes the table to the README if that is asked for; else compares the README's with it.
    pub fn settle(&self) -> Result<(), String> {
        let readme = fs::read_to_string(README).map_err(|error| format!("{README}: {error}"))?;
        let parts = readme.split_once(START).and_then(|(before, rest)| {
            let (table, after) = rest.split_once(END)?;
            Some((before, table, after))
        });
        let (before, stands, after) =
            parts.ok_or(format!("{README} has no place for the table of the interop tests"))?;
        let table = self.0.lock().unwrap().table();
        if std::env::var_os(BLESS).is_some() {
            let text = [before, START, &table, END, after].concat();
            return fs::write(README, text).map_err(|error| format!("{README}: {error}"));
        }
        if stands == table {
            return Ok(());
        }
        Err(format!(
            "the table in {README} is another one; to write it there: {BLESS}=1 cargo test --features inspect --test interop"
        ))
    }
}

impl State {
    /// In Markdown: a row for each suite or feature, a column for each peer, and what has no row in a sentence.
    fn table(&self) -> String {
        let mut rows: Vec<&str> = Subject::all().map(Subject::row).collect();
        rows.dedup();
        let mut table = String::new();
        let width = rows.iter().map(|row| row.len()).max().unwrap_or(0);
        let mut line = |first: &str, filling: char, cells: &mut dyn Iterator<Item = String>| {
            let pad = |text: &str, width: usize| {
                let missing = width.saturating_sub(text.chars().count());
                text.chars().chain(std::iter::repeat_n(filling, missing)).collect::<String>()
            };
            let cells = cells.zip(&self.peers).map(|(text, (peer, _))| pad(&text, peer.len().max("client".len())));
            let line = [pad(first, width)].into_iter().chain(cells).collect::<Vec<_>>().join(" | ");
            writeln!(table, "| {line} |").unwrap();
        };
        line("suite or feature", ' ', &mut self.peers.iter().map(|(peer, _)| (*peer).to_owned()));
        line("", '-', &mut self.peers.iter().map(|_| String::new()));
        for row in &rows {
            line(row, ' ', &mut self.peers.iter().map(|(peer, _)| self.cell(peer, row).to_owned()));
        }
        for (peer, _) in &self.peers {
            let mut others: Vec<&str> = Vec::new();
            for cell in self.cells.iter().filter(|cell| cell.peer == *peer && cell.run > 0) {
                if !rows.contains(&&*cell.row) && !others.contains(&&*cell.row) {
                    others.push(&cell.row);
                }
            }
            if !others.is_empty() {
                write!(table, "\nWith {peer} also: {}.\n", others.join(", ")).unwrap();
            }
        }
        table
    }

    /// The roles of ours in which all trials of the row have passed with this peer.
    fn cell(&self, peer: &str, row: &str) -> &'static str {
        let of_role = |role| {
            let found = self.cells.iter().find(|cell| cell.peer == peer && cell.row == row && cell.role == role);
            found.filter(|cell| cell.run > 0).map(|cell| cell.passed == cell.run)
        };
        match [of_role(Role::Client), of_role(Role::Server)] {
            [Some(false), _] | [_, Some(false)] => "FAILED",
            [Some(true), Some(true)] => "both",
            [Some(true), None] => "client",
            [None, Some(true)] => "server",
            [None, None] => "–",
        }
    }
}

/// The table, the versions, and what is not in it for which reason.
impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock().unwrap();
        let versions = state.peers.iter().map(|(_, version)| &**version).collect::<Vec<_>>();
        writeln!(f, "{}\nTried: {}.", state.table(), versions.join("; "))?;
        for lacking in &state.lacking {
            writeln!(f, "{lacking}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peer, why, subjects: [client, server] } = self;
        let all = |subjects: &[String]| {
            if subjects.len() == Subject::all().count() { "anything".to_owned() } else { subjects.join(", ") }
        };
        write!(f, "Not tried with {peer}: ")?;
        match (client.is_empty(), server.is_empty()) {
            _ if client == server => write!(f, "{}", all(client))?,
            (false, true) => write!(f, "{} while we are the client", all(client))?,
            (true, false) => write!(f, "{} while we are the server", all(server))?,
            _ => write!(f, "{} while we are the client, {} while we are the server", all(client), all(server))?,
        }
        write!(f, ": {why}.")
    }
}
