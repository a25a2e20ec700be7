//! The least that a program must allow to talk to a server: as a [`Policy`], as code that makes it, and as options of this
//! tool.

use tls12::crypto::{CipherSuite, Protection, ring};
use tls12::{Policy, SecureRenegotiation, SignatureScheme};

use crate::options::PolicyName;

/// RSA keys of fewer bits need a provider of their own.
const MIN_RSA_BITS: usize = 2048;

/// The server's capabilities that determine what must be allowed.
pub struct Supported<'a> {
    pub suites: &'a [u16],
    pub groups: &'a [u16],
    pub schemes: &'a [u16],
    pub secure_renegotiation: bool,
    /// The length of the shortest RSA key in its certificates, in bits.
    pub rsa_bits: Option<usize>,
}

/// The settings that are required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Least {
    policy: PolicyName,
    /// Listed if the policy would allow more than is needed.
    suites: Vec<&'static CipherSuite>,
    /// Listed if only schemes with SHA-1 are left.
    schemes: Vec<SignatureScheme>,
    tolerates_insecure_renegotiation: bool,
    small_rsa_keys: bool,
}

impl Least {
    /// Determines the settings.
    ///
    /// # Errors
    /// The reason, if no settings suffice.
    pub fn for_server(server: &Supported<'_>) -> Result<Self, String> {
        let provider = ring::provider();
        let has_group = provider.groups().iter().any(|group| server.groups.contains(&group.name().0));
        let algorithms = provider.signature_algorithms();
        let verifies = |scheme: &SignatureScheme| server.schemes.contains(&scheme.0);
        let good: Vec<_> = algorithms.schemes().filter(verifies).collect();
        let sha1: Vec<_> = algorithms.schemes_by_name_only().filter(verifies).collect();
        let can_sign = !(good.is_empty() && sha1.is_empty());
        let ours = server.suites.iter().filter_map(|code| CipherSuite::from_code(*code));
        let usable: Vec<&CipherSuite> = ours
            .filter(|suite| !suite.key_exchange.is_psk())
            .filter(|suite| !suite.key_exchange.is_ephemeral() || (has_group && can_sign))
            .collect();
        let Some(policy) = usable.iter().map(|suite| PolicyName::least_for(suite)).min_by_key(rank) else {
            return Err(why_nothing(server.suites, has_group));
        };
        let is_legacy = policy == PolicyName::Legacy;
        let is_signed = !is_legacy;
        Ok(Self {
            // In place of the whole legacy policy, what is needed of it.
            policy: if is_legacy { PolicyName::Default } else { policy },
            suites: if is_legacy { best(&usable) } else { Vec::new() },
            schemes: if is_signed && good.is_empty() { sha1 } else { Vec::new() },
            tolerates_insecure_renegotiation: !server.secure_renegotiation,
            small_rsa_keys: server.rsa_bits.is_some_and(|bits| bits < MIN_RSA_BITS),
        })
    }

    pub fn policy(&self) -> Policy {
        let mut policy = self.policy.policy();
        if !self.suites.is_empty() {
            policy = policy.suites(self.suites.iter().copied());
        }
        if !self.schemes.is_empty() {
            policy = policy.signature_schemes(self.schemes.iter().copied());
        }
        if self.tolerates_insecure_renegotiation {
            policy = policy.secure_renegotiation(SecureRenegotiation::Tolerate);
        }
        policy
    }

    pub const fn needs_small_rsa_keys(&self) -> bool {
        self.small_rsa_keys
    }

    /// Rust statements that build [`Self::policy`].
    pub fn code(&self) -> String {
        let Self { policy, suites, schemes, tolerates_insecure_renegotiation: tolerates, .. } = self;
        let mut code = String::new();
        let imports = [
            (true, "tls12::Policy"),
            (*tolerates, "tls12::SecureRenegotiation"),
            (!schemes.is_empty(), "tls12::SignatureScheme"),
            (!suites.is_empty(), "tls12::crypto::CipherSuite"),
        ];
        for (_, path) in imports.iter().filter(|(is_used, _)| *is_used) {
            code.push_str(&format!("use {path};\n"));
        }
        code.push_str(&format!("let policy = Policy::{}()", policy.name()));
        if !suites.is_empty() {
            let names: Vec<String> = suites.iter().map(|suite| format!("{:?}", suite.name)).collect();
            let names = names.join(",\n        ");
            code.push_str(&format!(
                "\n    .suites([\n        {names},\n    ].into_iter().filter_map(CipherSuite::from_name))"
            ));
        }
        if !schemes.is_empty() {
            let names: Vec<String> = schemes.iter().map(constant).collect();
            code.push_str(&format!("\n    .signature_schemes([{}])", names.join(", ")));
        }
        if *tolerates {
            code.push_str("\n    .secure_renegotiation(SecureRenegotiation::Tolerate)");
        }
        code.push(';');
        code
    }

    /// The required options of `tls12 client`, if any.
    pub fn options(&self) -> Vec<String> {
        let mut options = Vec::new();
        // The tool has no finer option for renegotiation.
        if self.tolerates_insecure_renegotiation {
            options.push("--policy legacy".to_owned());
        } else if self.policy == PolicyName::Modern {
            options.push("--policy modern".to_owned());
        }
        options.extend(self.suites.iter().map(|suite| format!("--suite {}", suite.name)));
        if !self.schemes.is_empty() {
            options.push("--allow sha1".to_owned());
        }
        if self.small_rsa_keys {
            options.push("--allow small-rsa-keys".to_owned());
        }
        options
    }
}

/// The constant for a scheme.
fn constant(scheme: &SignatureScheme) -> String {
    match *scheme {
        SignatureScheme::ECDSA_SHA1 => "SignatureScheme::ECDSA_SHA1".to_owned(),
        SignatureScheme::RSA_PKCS1_SHA1 => "SignatureScheme::RSA_PKCS1_SHA1".to_owned(),
        SignatureScheme(code) => format!("SignatureScheme({code:#06x})"),
    }
}

fn rank(policy: &PolicyName) -> Option<usize> {
    PolicyName::ALL.iter().position(|name| name == policy)
}

/// The best of suites without forward secrecy: those with an AEAD; if there are none, all.
fn best(usable: &[&'static CipherSuite]) -> Vec<&'static CipherSuite> {
    let aeads: Vec<_> =
        usable.iter().copied().filter(|suite| matches!(suite.protection, Protection::Aead(_))).collect();
    if aeads.is_empty() { usable.to_vec() } else { aeads }
}

fn why_nothing(suites: &[u16], has_group: bool) -> String {
    let ours: Vec<&CipherSuite> = suites.iter().filter_map(|code| CipherSuite::from_code(*code)).collect();
    if ours.iter().any(|suite| !suite.key_exchange.is_psk()) {
        let what = if has_group { "signature scheme" } else { "group" };
        format!("the server and tls12 have no {what} in common")
    } else if ours.is_empty() {
        "the server and tls12 have no cipher suite in common".to_owned()
    } else {
        "the server requires a pre-shared key".to_owned()
    }
}
