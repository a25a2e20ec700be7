//! Our client and our server with other implementations of TLS, over loopback: one file a peer, and what they share.
//!
//! `cargo test --features inspect --test interop`, or with `-- PART_OF_A_NAME` some of the cases, and with `-- --format pretty`
//! a line for each. A peer that is not installed is skipped, except where the environment variable `CI` is set.
//!
//! The table at the end stands in the README. A run of everything compares the two, or writes it there if the environment
//! variable `TLS12_BLESS` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod botan;
mod drive;
mod echo;
mod files;
mod gnutls;
mod jsse;
mod lighttpd;
mod matrix;
mod nss;
mod observed;
mod openssl;
mod peer;
mod plan;
mod results;
mod rustls;
#[path = "../support/mod.rs"]
mod support;
mod tlslite;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, FormatSetting, Trial};

use results::Results;

/// Why a peer cannot be tried.
struct Missing {
    peer: &'static str,
    why: String,
    install: &'static str,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    if arguments.format.is_none() && arguments.filter.is_none() {
        // Hundreds of lines that say "ok" would hide what the other tests have said.
        arguments.format = Some(FormatSetting::Terse);
    }
    let results = Arc::new(Results::default());
    let peers = [
        openssl::trials(&results),
        gnutls::trials(&results),
        nss::trials(&results),
        botan::trials(&results),
        lighttpd::trials(&lighttpd::MBEDTLS, &results),
        lighttpd::trials(&lighttpd::WOLFSSL, &results),
        jsse::trials(&results),
        Ok(rustls::trials(&results)),
        tlslite::trials(&results),
    ];
    let is_whole = arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.ignored;
    let is_whole = is_whole && peers.iter().all(Result::is_ok);
    let trials = peers.into_iter().flat_map(|trials| trials.unwrap_or_else(|missing| vec![missing.trial()])).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.list {
        return conclusion.exit_code();
    }
    println!("{results}");
    if is_whole
        && !conclusion.has_failed()
        && let Err(why) = results.settle()
    {
        eprintln!("{why}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

impl Missing {
    /// A trial that fails in CI, and elsewhere says why it is passed over.
    fn trial(self) -> Trial {
        let Self { peer, why, install } = self;
        let message = format!("{peer}: {why}; to install it: {install}");
        let in_ci = std::env::var_os("CI").is_some();
        if !in_ci {
            eprintln!("skipped: {message}");
        }
        Trial::test(format!("{peer} is installed"), || Err(message.into())).with_ignored_flag(!in_ci)
    }
}
