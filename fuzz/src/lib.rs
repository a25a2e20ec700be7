//! What the fuzz targets share: a provider that stands in nobody's way, and connections that are driven by bytes.
//!
//! `cargo run --example seeds` writes a seed corpus to `corpus/`, from handshakes of our own client and server. Then
//! `cargo +nightly fuzz run client`, and likewise for the other targets in `fuzz_targets/`.
#![forbid(unsafe_code)]

pub mod chains;
pub mod differences;
pub mod drive;
pub mod mode;
pub mod null;
pub mod provider;
