//! Our client with our server, in memory: each way to authenticate and agree on keys, sessions, renegotiation, and what is
//! offered and chosen.
#![cfg(feature = "ring")]

#[path = "../support/mod.rs"]
mod support;

mod application;
mod chain_choice;
mod client_auth;
mod exporter;
mod false_start;
mod handshake;
mod psk;
mod published;
mod renegotiation;
mod replay;
mod resumption;
mod small_rsa;
