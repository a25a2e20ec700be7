//! Peers that violate the protocol, at random or one rule at a time, and what a connection does about it.
#![cfg(feature = "ring")]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod extensions;
mod fuzz_like;
mod illegal;
mod properties;
mod sequences;
