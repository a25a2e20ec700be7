//! The output of all commands: text, or JSON with one object per line.
//!
//! `docs/tls12.schema.json` describes the JSON.

use std::fmt::{self, Display};
use std::io::{self, Write as _};
use std::sync::OnceLock;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

/// The number of the schema. It grows when a field is removed or changes its meaning, not when one is added.
const SCHEMA: u32 = 1;

#[derive(clap::Args, Clone, Copy, Default)]
pub struct OutputArgs {
    /// Print JSON, one object per line; docs/tls12.schema.json in the repository describes it
    #[arg(long, global = true, display_order = 900)]
    pub json: bool,
    /// Print failures only
    #[arg(long, global = true, display_order = 900)]
    pub quiet: bool,
}

/// Set once, at the start.
static OUTPUT: OnceLock<OutputArgs> = OnceLock::new();

/// Decides the form of all output of this process.
pub fn set(args: OutputArgs) {
    let _ = OUTPUT.set(args);
}

/// Whether the output is JSON.
pub fn is_json() -> bool {
    OUTPUT.get().is_some_and(|args| args.json)
}

/// Whether only failures are printed.
pub fn is_quiet() -> bool {
    OUTPUT.get().is_some_and(|args| args.quiet)
}

/// The destination of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    Stdout,
    Stderr,
}

/// A message, with its subject as JSON.
pub struct Event {
    fields: Map<String, Value>,
    is_failure: bool,
}

impl Event {
    pub fn new(kind: &'static str) -> Self {
        let fields = [("schema", SCHEMA.into()), ("type", kind.into())];
        Self {
            fields: fields.map(|(key, value): (_, Value)| (key.to_owned(), value)).into_iter().collect(),
            is_failure: false,
        }
    }

    /// Creates a message that `--quiet` does not suppress.
    pub fn failure(kind: &'static str) -> Self {
        Self { is_failure: true, ..Self::new(kind) }
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }

    /// Adds all fields of a structure.
    pub fn with_all(mut self, fields: &impl Serialize) -> Self {
        // All keys are strings, so this cannot fail.
        if let Ok(Value::Object(fields)) = serde_json::to_value(fields) {
            self.fields.extend(fields);
        }
        self
    }

    /// Prints it: as JSON, or as `text`, which ends without a line break. A closed output is not an error.
    pub fn print(self, to: To, text: impl Display) {
        if let Some(line) = self.line(text) {
            print_line(to, &line);
        }
    }

    /// What [`print`](Self::print) prints, if it prints anything.
    pub fn line(self, text: impl Display) -> Option<String> {
        let args = OUTPUT.get().copied().unwrap_or_default();
        let is_shown = self.is_failure || !args.quiet;
        is_shown.then(|| if args.json { Value::Object(self.fields).to_string() } else { text.to_string() })
    }
}

/// Prints the [`line`](Event::line) of an event.
pub fn print_line(to: To, line: &str) {
    let _ = match to {
        To::Stdout => writeln!(io::stdout(), "{line}"),
        To::Stderr => writeln!(io::stderr(), "{line}"),
    };
}

/// Writes a note to standard error.
pub fn say(text: fmt::Arguments<'_>) {
    note(Event::new("note"), &text.to_string());
}

/// Writes a note that `--quiet` does not suppress.
pub fn warn(text: fmt::Arguments<'_>) {
    note(Event::failure("note"), &text.to_string());
}

fn note(event: Event, text: &str) {
    event.with("text", text.strip_prefix("tls12: ").unwrap_or(text)).print(To::Stderr, text);
}

/// The duration in milliseconds, to a tenth.
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

/// The same with its unit.
pub fn in_words(time: Duration) -> String {
    format!("{:.1} ms", milliseconds(time))
}
