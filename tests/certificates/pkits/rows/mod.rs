//! The tests, a file for each group of sections.

mod basic;
mod constraints;
mod lists;
mod names;
pub mod points;
mod policies;

use crate::pkits::path::Case;

pub static ALL: [&[Row]; 6] = [basic::ROWS, lists::ROWS, constraints::ROWS, policies::ROWS, names::ROWS, points::ROWS];

/// One question of a test.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its number in PKITS, and after a slash which of its inputs.
    pub number: &'static str,
    /// What it is.
    pub what: &'static str,
    /// The verdict that PKITS has.
    pub valid: bool,
    pub made: fn() -> Case,
    pub inputs: Inputs,
    /// Why OpenSSL's verdict is another, if it is.
    pub openssl_differs: Option<&'static str>,
}

/// What the user asks of policies (RFC 5280 §6.1.1 (c) to (g)).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Inputs {
    /// The policies that are good; any, if there is none.
    pub initial: &'static [u8],
    pub explicit: bool,
    pub inhibit_mapping: bool,
    pub inhibit_any: bool,
}

pub const DEFAULTS: Inputs = Inputs { initial: &[], explicit: false, inhibit_mapping: false, inhibit_any: false };
pub const EXPLICIT: Inputs = Inputs { explicit: true, ..DEFAULTS };

/// With these policies as good ones.
pub const fn wants(initial: &'static [u8]) -> Inputs {
    Inputs { initial, ..DEFAULTS }
}

pub const fn valid(number: &'static str, what: &'static str, made: fn() -> Case) -> Row {
    Row { number, what, valid: true, made, inputs: DEFAULTS, openssl_differs: None }
}

pub const fn invalid(number: &'static str, what: &'static str, made: fn() -> Case) -> Row {
    Row { valid: false, ..valid(number, what, made) }
}

impl Row {
    pub const fn with(self, inputs: Inputs) -> Self {
        Self { inputs, ..self }
    }

    pub const fn openssl_differs(self, why: &'static str) -> Self {
        Self { openssl_differs: Some(why), ..self }
    }
}
