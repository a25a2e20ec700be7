//! `tls12 completions` and `tls12 man`, generated from the same definitions as `--help`.

use std::io;

use clap::{Command, value_parser};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use crate::failure::{Failure, Stage};

/// Prints a script that completes the commands and options of this tool in a shell.
#[derive(clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = value_parser!(Shell))]
    shell: Shell,
}

/// Prints a man page: `tls12 man client | man -l -`.
#[derive(clap::Args)]
pub struct ManArgs {
    /// The command; if none is given, the tool as a whole
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub fn completions(args: &CompletionsArgs, mut command: Command) -> Result<(), Failure> {
    generate(args.shell, &mut command, "tls12", &mut io::stdout());
    Ok(())
}

pub fn man(args: &ManArgs, mut command: Command) -> Result<(), Failure> {
    // Gives each command its full name, and the options that all of them have.
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => {
            let found = command.find_subcommand(name).cloned();
            found.ok_or_else(|| Failure::new(Stage::Usage, format!("there is no command {name}")))?
        }
    };
    Ok(Man::new(page).render(&mut io::stdout())?)
}
