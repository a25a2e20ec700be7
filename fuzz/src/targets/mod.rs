//! What is fuzzed: each target takes any bytes, and panics if something is not as it must be. `fuzz_targets/` gives them to libFuzzer,
//! `examples/run.rs` and `tests/corpus.rs` of the library run them without it.

pub mod capture;
pub mod client;
pub mod conversation;
pub mod joiner;
pub mod known;
pub mod record_open;
pub mod revocation;
pub mod server;
pub mod staple;
pub mod verify;
pub mod verify_differential;
pub mod wire;

/// A target: its name, and what runs it on an input.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Target; 12] = [
    ("capture", capture::target),
    ("client", client::target),
    ("conversation", conversation::target),
    ("joiner", joiner::target),
    ("known", known::target),
    ("record_open", record_open::target),
    ("revocation", revocation::target),
    ("server", server::target),
    ("staple", staple::target),
    ("verify", verify::target),
    ("verify_differential", verify_differential::target),
    ("wire", wire::target),
];
