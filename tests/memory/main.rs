//! What connections allocate and hold. Counted by an allocator that counts for each thread.
#![cfg(all(feature = "ring", feature = "webpki"))]

#[path = "../support/certificates/mod.rs"]
mod certificates;
#[path = "../support/mod.rs"]
mod support;

mod adapter;
mod allocations;
mod both;
mod held;
mod records;
mod refused;
mod unfinished;
mod verifier;
