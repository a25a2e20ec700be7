//! The passive reader, on conversations of our own client and server, and on those that were recorded with OpenSSL: what it
//! opens, what it verifies, and what it must not verify.

mod capture;
mod flipped;
mod forged;
mod large;
mod lenient;
mod opened;
mod recorded;
#[path = "../support/mod.rs"]
mod support;
mod tshark;
