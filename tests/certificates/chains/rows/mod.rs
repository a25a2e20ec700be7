//! The table, a file for each group of rows.

mod authority;
mod constraints;
mod directories;
mod extensions;
mod forged;
mod lists;
mod malformed;
mod names;
mod paths;
mod relaxed;
mod signatures;
mod status;
mod usage;
mod validity;
mod wildcards;

use super::row::{Case, Row};

pub static ALL: [&[Row]; 15] = [
    validity::ROWS,
    authority::ROWS,
    usage::ROWS,
    names::ROWS,
    wildcards::ROWS,
    constraints::ROWS,
    directories::ROWS,
    extensions::ROWS,
    signatures::ROWS,
    malformed::ROWS,
    paths::ROWS,
    forged::ROWS,
    status::ROWS,
    lists::ROWS,
    relaxed::ROWS,
];

/// The chain of the row of this name.
fn case(name: &str) -> Case {
    let row = ALL.iter().copied().flatten().find(|row| row.name == name);
    (row.unwrap_or_else(|| panic!("there is no row {name}")).made)()
}
