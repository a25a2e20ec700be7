//! What came of the trials with all peers, as a table.

use std::fmt;
use std::sync::{Arc, Mutex};

use libtest_mimic::Trial;

use crate::matrix::Role;

/// What came of the trials so far.
#[derive(Default)]
pub struct Results(Mutex<Vec<Cell>>);

/// The trials of one row of the table with one peer.
struct Cell {
    peer: String,
    row: String,
    role: Role,
    run: usize,
    passed: usize,
}

impl Cell {
    fn is(&self, peer: &str, row: &str, role: Role) -> bool {
        self.peer == peer && self.row == row && self.role == role
    }
}

impl Results {
    /// A trial with this peer that counts in this row of the table. It passes if `test` does not panic.
    pub fn trial(
        self: &Arc<Self>,
        peer: &str,
        role: Role,
        row: &str,
        variant: impl fmt::Display,
        test: impl FnOnce() + Send + 'static,
    ) -> Trial {
        let name = format!("{peer}, we are {role}: {row} {variant}");
        let mut cells = self.0.lock().unwrap();
        let index = cells.iter().position(|cell| cell.is(peer, row, role)).unwrap_or_else(|| {
            cells.push(Cell { peer: peer.to_owned(), row: row.to_owned(), role, run: 0, passed: 0 });
            cells.len() - 1
        });
        let results = Arc::clone(self);
        Trial::test(name.trim_end(), move || {
            results.0.lock().unwrap()[index].run += 1;
            test();
            results.0.lock().unwrap()[index].passed += 1;
            Ok(())
        })
    }
}

impl fmt::Display for Results {
    /// A table in Markdown of what was run: a row for each suite or feature in each role, a column for each peer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.0.lock().unwrap();
        let mut peers = Vec::new();
        let mut rows = Vec::new();
        for cell in cells.iter().filter(|cell| cell.run > 0) {
            let row = (&*cell.row, cell.role);
            if !peers.contains(&&*cell.peer) {
                peers.push(&*cell.peer);
            }
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        // Both roles of a row side by side.
        rows.sort_by_key(|(name, role)| (cells.iter().position(|cell| cell.row == *name), *role));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        writeln!(f, "| {:width$} | we are | {} |", "", peers.join(" | "))?;
        let dashes = peers.iter().map(|peer| "-".repeat(peer.len())).collect::<Vec<_>>();
        writeln!(f, "| {} | ------ | {} |", "-".repeat(width), dashes.join(" | "))?;
        for (name, role) in rows {
            write!(f, "| {name:width$} | {role} |")?;
            for peer in &peers {
                let text = match cells.iter().find(|cell| cell.is(peer, name, role)) {
                    None | Some(Cell { run: 0, .. }) => String::new(),
                    Some(Cell { run, passed, .. }) if run == passed => format!("{run} of {run} ok"),
                    Some(Cell { run, passed, .. }) => format!("{} of {run} FAILED", run - passed),
                };
                write!(f, " {text:0$} |", peer.len())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
