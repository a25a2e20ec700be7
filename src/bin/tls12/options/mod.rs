//! What the commands can be told.

mod checks;
mod client;
mod common;
mod names;
mod parse;
mod reach;
mod server;
mod trust;

pub use checks::{Allowed, Checks};
pub use client::ClientArgs;
pub use common::CommonOptions;
pub use parse::{Address, Export, Switch, server_name};
pub use reach::ReachArgs;
pub use server::{ClientAuthArgs, IdentityFiles, ServerArgs, Service};
pub use trust::{Trust, TrustArgs};
