//! The `tls12` command-line tool: a client, a server, a scanner of servers, and a verifier of certificates.
#![forbid(unsafe_code)]

mod advice;
mod both;
mod broken;
mod carrier;
mod certificates;
mod client;
mod comparison;
mod connecting;
mod credentials;
mod documents;
mod duplex;
mod expiry;
mod explain;
mod failure;
mod files;
#[cfg(feature = "redis")]
mod fleet;
mod keys;
mod known_servers;
mod listening;
mod new_file;
mod observer;
mod options;
mod output;
mod places;
mod proxy;
mod reach;
mod recording;
#[cfg(unix)]
mod reload;
mod replay;
mod report;
mod resolve;
mod scan;
mod server;
mod service;
mod session_file;
mod socket;
mod starttls;
mod suites;
mod summary;
mod tap;
mod trace;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use failure::EXIT_CODES;
use output::{OutputArgs, say, warn};

/// Speaks TLS 1.2, as a client or as a server; and TLS 1.3, on request.
#[derive(Parser)]
#[command(name = "tls12", version, after_help = EXIT_CODES, term_width = HELP_WIDTH)]
struct Cli {
    #[command(flatten)]
    output: OutputArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(after_help = EXIT_CODES)]
    Client(Box<options::ClientArgs>),
    #[command(after_help = EXIT_CODES, override_usage = "tls12 server [OPTIONS] <SERVICE> <ADDR:PORT>")]
    Server(Box<options::ServerArgs>),
    Verify(verify::Args),
    Suites(suites::Args),
    #[command(after_help = EXIT_CODES)]
    Scan(scan::Args),
    #[command(after_help = explain::EXIT_CODES)]
    Explain(explain::Args),
    #[command(after_help = EXIT_CODES)]
    Tap(tap::Args),
    #[command(after_help = EXIT_CODES)]
    Replay(replay::Args),
    #[cfg(feature = "redis")]
    #[command(after_help = EXIT_CODES)]
    TicketKeys(fleet::TicketKeysArgs),
    Completions(documents::CompletionsArgs),
    Man(documents::ManArgs),
}

/// How wide `--help` is, in columns.
const HELP_WIDTH: usize = 80;

fn main() -> ExitCode {
    let cli = Cli::parse();
    output::set(cli.output);
    let result = match cli.command {
        Command::Client(args) => client::run(&args),
        Command::Server(args) => server::run(*args),
        Command::Verify(args) => return verify::run(args),
        Command::Suites(args) => {
            suites::run(&args);
            Ok(())
        }
        Command::Scan(args) => scan::run(&args),
        Command::Explain(args) => match explain::run(&args) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Tap(args) => tap::run(args),
        Command::Replay(args) => replay::run(&args),
        Command::Completions(args) => documents::completions(&args, Cli::command()),
        Command::Man(args) => documents::man(&args, Cli::command()),
        #[cfg(feature = "redis")]
        Command::TicketKeys(args) => fleet::change_ticket_keys(&args).map_err(Into::into),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
