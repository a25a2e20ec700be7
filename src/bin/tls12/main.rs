//! The `tls12` command-line tool: a client and a server to try a connection with.
//!
//! Exit codes: 0 after a clean close, 1 with one line on standard error otherwise, 2 for wrong usage.
#![forbid(unsafe_code)]

mod client;
mod duplex;
mod options;
mod server;
mod socket;
mod summary;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Speaks TLS 1.2, as a client or as a server.
#[derive(Parser)]
#[command(name = "tls12", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Client(client::Args),
    Server(server::Args),
}

/// Why a command ended: one line for people.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Client(args) => client::run(args),
        Command::Server(args) => server::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(format_args!("tls12: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error. If nobody reads it, that is no reason to stop.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
