//! Chains of certificates: each rule of RFC 5280, published tests, other implementations and their tools.
#![cfg(feature = "webpki")]

#[cfg(feature = "ring")]
#[path = "../support/certificates/mod.rs"]
mod certificates;
#[cfg(feature = "ring")]
#[path = "../made_by_openssl/mod.rs"]
mod made_by_openssl;
#[cfg(feature = "ring")]
#[path = "../support/mod.rs"]
mod support;

mod chains;
mod differential;
mod expensive;
mod keys;
mod pkits;
mod tools;
mod verify;
mod web_roots;
