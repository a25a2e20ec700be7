//! The API of a connection: how it is driven, what it needs, shows and reports, and the blocking adapter.
#![cfg(feature = "ring")]

#[path = "../support/mod.rs"]
mod support;

mod blocking;
mod diagnosis;
mod failing_provider;
mod faults;
mod getters;
mod misuse;
mod needs;
mod pem;
mod sans_io;
mod split;
mod trace;
