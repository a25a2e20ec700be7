//! The options of the commands.

mod checks;
mod client;
mod common;
mod names;
mod parse;
mod policy;
mod reach;
mod server;
mod trust;
mod versions;

pub use checks::{Allowed, Checks};
pub use client::ClientArgs;
pub use common::CommonOptions;
pub use names::NameArgs;
pub use parse::{Address, Export, Switch, address, hex, psk, server_name};
pub use policy::PolicyName;
pub use reach::{ReachArgs, seconds};
pub use server::{ClientAuthArgs, IdentityFiles, ServerArgs, Service};
pub use trust::{Trust, TrustArgs};
pub use versions::{Versions, refuse_with_tls13};
