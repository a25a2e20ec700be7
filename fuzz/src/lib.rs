//! What the fuzz targets share: a provider that stands in nobody's way, and connections that are driven by bytes.
//!
//! `cargo run --example seeds` writes a seed corpus to `corpus/`, from handshakes of our own client and server. Then
//! `cargo +nightly fuzz run client`, and likewise for the other targets in `fuzz_targets/`.
//!
//! Without libFuzzer, `cargo run --example run -- 20` mutates the same seeds for 20 seconds for each target, without looking at what
//! they reach; `cargo run --example run -- 20 client 7` only for `client`, with the random numbers of seed 7.
#![forbid(unsafe_code)]

pub mod captures;
pub mod chains;
pub mod differences;
pub mod drive;
pub mod mode;
pub mod mutate;
pub mod null;
pub mod provider;
pub mod random;
pub mod runner;
pub mod sessions;
pub mod targets;
pub mod tree;
