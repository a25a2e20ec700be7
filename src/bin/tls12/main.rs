//! The `tls12` command-line tool: a client and a server to try a connection with, and a verifier of certificates.
#![forbid(unsafe_code)]

mod advice;
mod broken;
mod carrier;
mod certificates;
mod client;
mod credentials;
mod duplex;
mod expiry;
mod failure;
#[cfg(feature = "redis")]
mod fleet;
mod known_servers;
mod observer;
mod options;
mod proxy;
mod reach;
#[cfg(unix)]
mod reload;
mod report;
mod server;
mod service;
mod session_file;
mod socket;
mod starttls;
mod summary;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use failure::EXIT_CODES;

/// Speaks TLS 1.2, as a client or as a server.
#[derive(Parser)]
#[command(name = "tls12", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(after_help = EXIT_CODES)]
    Client(Box<options::ClientArgs>),
    #[command(after_help = EXIT_CODES)]
    Server(options::ServerArgs),
    Verify(verify::Args),
    #[cfg(feature = "redis")]
    #[command(after_help = EXIT_CODES)]
    TicketKeys(fleet::TicketKeysArgs),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Client(args) => client::run(&args),
        Command::Server(args) => server::run(&args),
        Command::Verify(args) => return verify::run(args),
        #[cfg(feature = "redis")]
        Command::TicketKeys(args) => fleet::change_ticket_keys(&args).map_err(Into::into),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(format_args!("tls12: {failure}"));
            failure.exit_code()
        }
    }
}

/// Writes a line to standard error. If nobody reads it, that is no reason to stop.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
