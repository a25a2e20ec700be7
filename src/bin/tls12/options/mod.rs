//! What the commands can be told.

mod client;
mod common;
mod parse;
mod server;

pub use client::ClientArgs;
pub use parse::{Address, server_name};
pub use server::{ServerArgs, Service};
