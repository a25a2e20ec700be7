//! The chains of certificates, each with its verdict.

use tls12::CertificateDer;
use tls12::inspect::{Direction, Outcome, Unknown};

use super::html::{Beginning, Html, html};
use super::sides::Sides;
use crate::certificates::{self, Contents};

/// How many certificates of a chain are drawn, and how many names of each.
pub const MAX_CERTIFICATES: usize = 10;
pub const MAX_NAMES: usize = 10;

/// The certificates of a side, and whether they were verified.
#[derive(Default)]
pub struct Chain {
    pub certificates: Vec<CertificateDer<'static>>,
    pub outcome: Option<Outcome>,
}

pub fn draw(html: &mut Html, chains: &Sides<Chain>) {
    let sides = [
        ("The server’s certificates", Direction::ServerToClient),
        ("The client’s certificates", Direction::ClientToServer),
    ];
    for (title, direction) in sides {
        let chain = chains.of(direction);
        if !chain.certificates.is_empty() {
            html!(html; "<h3>" (title) "</h3>");
            of_side(html, chain);
        }
    }
}

fn of_side(html: &mut Html, chain: &Chain) {
    match &chain.outcome {
        Some(Outcome::Verified) => html!(html; "<p class=\"ck good\">verified at the time of the capture</p>"),
        Some(Outcome::Failed(fault)) => html!(html; "<p class=\"ck wrong\">wrong: " (fault) "</p>"),
        Some(Outcome::Unknown(Unknown::NoVerifier)) => {
            html!(html; "<p class=\"ck open\">not verified: <code>--ca</code> was not given</p>");
        }
        Some(Outcome::Unknown(why)) => html!(html; "<p class=\"ck open\">not verified: " (why) "</p>"),
        _ => html!(html; "<p class=\"ck open\">not verified: the handshake ended before</p>"),
    }
    let count = chain.certificates.len();
    let shown = chain.certificates.get(..MAX_CERTIFICATES).unwrap_or(&chain.certificates);
    html!(html; "<ol class=\"chain\">");
    for (i, certificate) in certificates::read(shown).into_iter().enumerate() {
        html!(html; "<li><p class=\"h\">" (i + 1) " of " (count));
        html!(html; (if i == 0 { ", the side’s own" } else { "" }) "</p>");
        match &certificate.contents {
            Some(contents) => described(html, contents),
            None => html!(html; "<p>it cannot be read</p>"),
        }
        html!(html; "<dl><div><dt>SHA-256</dt><dd class=\"hex\">" (certificate.sha256) "</dd></div></dl></li>");
    }
    html!(html; "</ol>");
    if count > shown.len() {
        html!(html; "<p class=\"cut\">" (count - shown.len()) " more certificates are not shown</p>");
    }
}

fn described(html: &mut Html, contents: &Contents) {
    let mut names = contents.names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if contents.names.len() > MAX_NAMES {
        names = format!("{names} and {} more", contents.names.len() - MAX_NAMES);
    }
    html!(html; "<dl>");
    for (name, value) in [
        ("Subject", &contents.subject),
        ("Issuer", &contents.issuer),
        ("Names", &names),
        ("Valid", &format!("{} to {}", contents.not_before, contents.not_after)),
        ("Key", &contents.key),
        ("Signature", &contents.signature),
        ("Serial", &contents.serial),
    ] {
        if !value.is_empty() {
            html!(html; "<div><dt>" (name) "</dt><dd>" (Beginning(value)) "</dd></div>");
        }
    }
    html!(html; "</dl>");
}
