//! `tls12 suites`: what this tool supports, by policy.

use serde::Serialize;
use tls12::crypto::{SUITES, ring};

use crate::options::PolicyName;
use crate::output::{Event, To};

/// Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first.
///
/// Each suite is listed with the strictest policy that allows it.
#[derive(clap::Args)]
pub struct Args {
    /// Only what this policy allows
    #[arg(long, value_name = "NAME")]
    policy: Option<PolicyName>,
}

#[derive(Serialize)]
struct Suite {
    code: u16,
    name: &'static str,
    /// The strictest policy that allows it.
    policy: &'static str,
}

#[derive(Serialize)]
struct Group {
    code: u16,
    name: String,
}

#[derive(Serialize)]
struct Scheme {
    code: u16,
    name: String,
    /// The option that enables it.
    needs: Option<&'static str>,
}

#[derive(Serialize)]
struct Spoken {
    suites: Vec<Suite>,
    groups: Vec<Group>,
    signature_schemes: Vec<Scheme>,
}

pub fn run(args: &Args) {
    let spoken = Spoken::by(args.policy);
    Event::new("suites").with_all(&spoken).print(To::Stdout, spoken.text().trim_end());
}

impl Spoken {
    fn by(policy: Option<PolicyName>) -> Self {
        let allowed = policy.map(PolicyName::policy);
        let allows = |suite: &&_| allowed.as_ref().is_none_or(|policy| policy.allows(suite));
        let suites = SUITES.iter().filter(allows);
        let provider = ring::provider();
        let algorithms = provider.signature_algorithms();
        let by_name_only = algorithms.schemes_by_name_only().map(|scheme| (scheme, Some("--allow sha1")));
        let schemes = algorithms.schemes().map(|scheme| (scheme, None)).chain(by_name_only);
        Self {
            suites: suites
                .map(|suite| Suite { code: suite.code, name: suite.name, policy: PolicyName::least_for(suite).name() })
                .collect(),
            groups: provider
                .groups()
                .iter()
                .map(|group| Group { code: group.name().0, name: group.name().to_string() })
                .collect(),
            signature_schemes: schemes
                .map(|(scheme, needs)| Scheme { code: scheme.0, name: scheme.to_string(), needs })
                .collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::from("cipher suites:\n");
        for Suite { code, name, policy } in &self.suites {
            text.push_str(&format!("  {code:#06x}  {name:<46} {policy}\n"));
        }
        text.push_str("groups:\n");
        for Group { code, name } in &self.groups {
            text.push_str(&format!("  {code:#06x}  {name}\n"));
        }
        text.push_str("signature schemes:\n");
        for Scheme { code, name, needs } in &self.signature_schemes {
            let needs = needs.map_or_else(String::new, |option| format!(" only with {option}"));
            text.push_str(format!("  {code:#06x}  {name:<46}{needs}").trim_end());
            text.push('\n');
        }
        text
    }
}
