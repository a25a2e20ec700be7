//! What to do about a failure, in the options of this tool.

use tls12::crypto::KeyType;
use tls12::verify::Rule;
use tls12::{Advice, CertificateError, OtherProtocol, SuiteSetting};

/// The library's advice about certificates, and its equivalent in this tool.
const OPTIONS: [(&str, &str); 17] = [
    ("and then forget the old", "and then remove its line from the file after --tofu"),
    ("Verifier::allow(Allow::CommonName)", "--allow common-name"),
    ("Verifier::allow(Allow::ExpiredCrls)", "--allow expired-crls"),
    ("Verifier::allow(Allow::ExpiredRoots)", "--allow expired-roots"),
    ("Verifier::allow(Allow::OldVersions)", "--allow old-versions"),
    ("Verifier::allow(Allow::Sha1Signatures)", "--allow sha1-signatures"),
    ("Verifier::allow(Allow::SmallRsaKeys)", "--allow small-rsa-keys"),
    ("Verifier::allow(Allow::UnusableStaple)", "--allow unusable-staple"),
    ("add its certificate to your roots", "give its certificate with --ca"),
    ("add its new certificate to your roots", "give its new certificate with --ca"),
    ("(TrustStore), or pin it; its pin is", "(--trust FILE), or give its key as --pin"),
    ("add its own certificate to the trust store, or pin it", "give its own certificate with --trust"),
    ("pin it with Pin::despite(Despite::Expired)", "this tool refuses it, but a program can pin it"),
    (
        "if you accept its purpose, such as Remote Desktop authentication: Verifier::accept_purpose",
        "if you accept its purpose, such as Remote Desktop authentication: this tool refuses it, but a program can accept it",
    ),
    ("give revocation lists too (Revocation::from_files)", "give revocation lists with --crl"),
    ("raise Verifier::max_intermediates", "raise --max-depth of tls12 verify"),
    ("add it, or use UnknownStatus::Accept", "give it with --crl"),
];

/// The report on a chain that was refused, with what to do in the options of this tool.
pub fn report(error: &CertificateError) -> String {
    let report = OPTIONS.iter().fold(error.report().to_string(), |report, (item, option)| report.replace(item, option));
    let by_rule =
        |report: String, rule| report.replace(&format!("do not require Rule::{rule:?}"), "leave out --strict");
    Rule::ALL.iter().fold(report, by_rule)
}

/// One line of advice. Advice that is not about this side's configuration keeps the library's text.
pub fn words(advice: &Advice) -> String {
    let fixed = match advice {
        Advice::AllowSmallRsaKeys => "if the device cannot have a larger key: give --allow small-rsa-keys",
        Advice::AllowSchemes(_) => "if the peer cannot do better than SHA-1: give --allow sha1",
        Advice::AllowRenegotiation => "let the server renegotiate: give --renegotiate 1, or more",
        Advice::TolerateInsecureServer => "if the server cannot be updated: accept the risk with --policy legacy",
        Advice::PreferExtendedMasterSecret => "if the peer cannot be updated: leave out --require-ems",
        Advice::ConfigurePresharedKey => "if the two sides share a key: give --psk ID:HEX",
        Advice::ComparePresharedKeys => "compare the key after --psk with the peer's",
        Advice::CorrectPresharedIdentity => "correct the identity after --psk: the server does not know it",
        Advice::CompleteOwnChain => "add the intermediate certificates to the file after --client-cert",
        Advice::OfferOtherProtocols => "give --alpn with a protocol that the server supports, or leave it out",
        Advice::ConnectByKnownName => "give --server-name with a name that the server has",
        Advice::ConnectByName => {
            "connect with the server's name, or give --server-name: many servers do not answer without one"
        }
        Advice::EnableTls12AtPeer => "enable TLS 1.2 at the peer; or, if it supports TLS 1.3, give --max-version 1.3",
        Advice::DiscardSession => "leave out --session-in",
        Advice::StartTls(protocol) => match start_tls(*protocol) {
            Some(option) => return format!("give {option}, or use the port on which TLS starts at once"),
            None => return advice.to_string(),
        },
        Advice::CheckPort => "check the port; if this protocol starts TLS with its own command, give --starttls",
        _ => return with_names(advice),
    };
    fixed.to_owned()
}

/// The option that starts TLS with a server that sends this greeting.
fn start_tls(protocol: OtherProtocol) -> Option<&'static str> {
    use OtherProtocol as P;
    Some(match protocol {
        P::SmtpOrFtp => "--starttls smtp, lmtp or ftp",
        P::Pop3 | P::Pop3OrRedis => "--starttls pop3",
        P::Imap => "--starttls imap",
        P::ManageSieve => "--starttls sieve",
        P::Nntp => "--starttls nntp",
        P::Xmpp => "--starttls xmpp",
        P::Rdp => "--starttls rdp",
        P::Tds => "--starttls mssql",
        P::Ldap => "--starttls ldap",
        P::MySql => "--starttls mysql",
        P::PostgreSql => "--starttls postgres",
        _ => return None,
    })
}

/// The maximum number of items if others have been listed before.
const FEW: usize = 3;

fn with_names(advice: &Advice) -> String {
    match advice {
        Advice::AllowSuites { suites, setting } => {
            let names = listed(suites.iter().map(|suite| suite.name));
            match setting {
                SuiteSetting::DefaultPolicy => format!("give --policy default, which also allows {names}"),
                SuiteSetting::LegacyPolicy => format!("give --policy legacy, which also allows {names}"),
                _ => format!("leave out --suite, or also give it with one of these: {names}"),
            }
        }
        Advice::AllowGroups(groups) => {
            format!("leave out --group, or also give it with one of these: {}", listed(groups))
        }
        Advice::ConfigureClientCertificate(authorities) if authorities.is_empty() => {
            "give --client-cert and --client-key".to_owned()
        }
        // The details list what the server requested.
        Advice::ConfigureClientCertificate(authorities) if authorities.len() > FEW => {
            "give --client-cert and --client-key, with a certificate issued by one of these CAs".to_owned()
        }
        Advice::ConfigureClientCertificate(authorities) => format!(
            "give --client-cert and --client-key, with a certificate issued by one of these: {}",
            listed(authorities)
        ),
        Advice::EnableSuitesAtPeer(suites) if suites.len() > FEW => {
            let more = suites.len() - FEW;
            let names = listed(suites.iter().take(FEW).map(|suite| suite.name));
            format!("enable one of these at the peer: {names}, or one of {more} more (tls12 suites lists them)")
        }
        Advice::AddProtocols(names) => {
            format!("also give --alpn with one of these: {}", listed(names.iter().map(|name| name.escape_ascii())))
        }
        Advice::AddCertificate(key) => {
            let kind = match key {
                KeyType::Rsa => "an RSA key".to_owned(),
                KeyType::Ecdsa(curve) => format!("an ECDSA key on {curve}"),
                _ => "an Ed25519 key".to_owned(),
            };
            format!("give another --cert and --key, with {kind}")
        }
        other => other.to_string(),
    }
}

/// The first few of these, with commas.
fn listed<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    /// The maximum that people still read.
    const MOST: usize = 12;
    let mut items = items.into_iter();
    let mut text = items.by_ref().take(MOST).map(|item| item.to_string()).collect::<Vec<_>>().join(", ");
    if items.next().is_some() {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    use clap::ValueEnum as _;
    use tls12::verify::Allow;

    use crate::options::Allowed;

    /// The source of the module that advises about certificates, and of trust on first use, without comments and line
    /// breaks in strings.
    fn library() -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify");
        let mut text = String::new();
        for file in ["advice.rs", "first_use.rs"] {
            let source = fs::read_to_string(folder.join(file)).unwrap();
            let mut joined = false;
            for line in source.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
                let ends = line.strip_suffix('\\');
                text.push_str(ends.unwrap_or(line));
                joined = ends.is_some();
                if !joined {
                    text.push('\n');
                }
            }
            assert!(!joined, "{file} ends in a string");
        }
        text
    }

    /// What the library writes for each check that can be relaxed.
    fn relaxed() -> Vec<String> {
        let checks = Allowed::value_variants().iter().filter_map(|allowed| allowed.check());
        checks.map(|check: Allow| format!("Verifier::allow(Allow::{check:?})")).collect()
    }

    /// A text that is replaced here, but was changed in the library, would be printed as it is.
    #[test]
    fn each_text_that_is_replaced_is_one_of_the_librarys() {
        let library = library();
        assert!(
            library.contains("Verifier::allow(Allow::{allow:?})") && library.contains("do not require Rule::{rule:?}")
        );
        for (item, _) in OPTIONS {
            assert!(library.contains(item) || relaxed().iter().any(|known| known == item), "{item}");
        }
    }

    /// Users of the command line cannot call the API.
    #[test]
    fn each_item_of_the_api_is_replaced() {
        for item in relaxed() {
            assert!(OPTIONS.iter().any(|(known, option)| *known == item && option.starts_with("--allow ")), "{item}");
        }
        let mut library = library();
        for replaced in
            OPTIONS.iter().map(|(item, _)| *item).chain(["Verifier::allow(Allow::{allow:?})", "Rule::{rule:?}"])
        {
            library = library.replace(replaced, "");
        }
        // Every second part is inside quotes.
        let texts = library.lines().flat_map(|line| line.split('"').skip(1).step_by(2));
        let items: Vec<&str> = texts.filter(|text| text.contains("::")).collect();
        assert!(items.is_empty(), "{items:#?}");
    }
}
