//! The password of private keys.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs};

use zeroize::Zeroizing;

use super::{Why, because};

#[derive(clap::Args)]
pub struct PasswordArgs {
    /// The first line of this file is the password of encrypted private keys
    ///
    /// Without it and --key-password, it is asked for at the terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "key_password")]
    key_password_file: Option<PathBuf>,
    /// The environment variable with the password of encrypted private keys: env:NAME
    #[arg(long, value_name = "env:NAME", value_parser = variable)]
    key_password: Option<String>,
    #[arg(skip)]
    typed: OnceLock<Zeroizing<String>>,
}

/// The name of the variable. A password itself would be seen by others on this machine.
fn variable(text: &str) -> Result<String, &'static str> {
    match text.strip_prefix("env:") {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => {
            Err("it is given as env:NAME, where NAME is an environment variable, since others on this machine can see \
                  the command; or give --key-password-file")
        }
    }
}

/// Where the password of private keys comes from.
pub struct KeyPassword<'a>(&'a PasswordArgs);

impl PasswordArgs {
    pub fn source(&self) -> KeyPassword<'_> {
        KeyPassword(self)
    }
}

impl KeyPassword<'_> {
    /// Whether it is given, and need not be asked for.
    pub fn is_given(&self) -> bool {
        self.0.key_password_file.is_some() || self.0.key_password.is_some() || self.0.typed.get().is_some()
    }

    /// The password of the key in this file. It is asked for once.
    pub fn get(&self, path: &Path) -> Result<Zeroizing<String>, Why> {
        if let Some(file) = &self.0.key_password_file {
            let text = fs::read_to_string(file).map(Zeroizing::new);
            let text = text.map_err(|error| because(format!("its password: {}: {error}", file.display())))?;
            return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
        }
        if let Some(name) = &self.0.key_password {
            return env::var(name)
                .map(Zeroizing::new)
                .map_err(|error| because(format!("its password: {name}: {error}")));
        }
        if let Some(typed) = self.0.typed.get() {
            return Ok(typed.clone());
        }
        let prompt = format!("Password of {}: ", path.display());
        let typed = rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| {
            because(
                "it is encrypted: give --key-password-file, or --key-password env:NAME; there is no terminal to ask on",
            )
        })?;
        Ok(self.0.typed.get_or_init(|| typed).clone())
    }
}
