//! What the commands can be told.

mod client;
mod common;
mod parse;
mod server;

pub use client::ClientArgs;
pub use common::CommonOptions;
pub use parse::{Address, Export, Switch, server_name};
pub use server::{ClientAuthArgs, IdentityFiles, ServerArgs, Service};
