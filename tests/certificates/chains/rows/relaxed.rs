//! Checks that are relaxed by name: each lets its own chain pass, and no other. And rules that are required by name: the
//! others are asked strictly.

use tls12::verify::{Allow, Rule};

use super::case;
use super::constraints::int;
use super::names::dns;
use crate::chains::make::{named, sent};
use crate::chains::row::*;

/// What the others say of a certificate that breaks a rule that is required here by name.
const ONLY_BY_NAME: Theirs =
    OnlyTheyAccept("by default it is accepted here too, with a note; in this row the rule is required");

pub const ROWS: &[Row] = &[
    Row {
        name: "require/serial_zero",
        what: "serial/zero, where that rule is required (RFC 5280 §4.1.2.2)",
        made: || case("serial/zero").require(Rule::SerialNumber),
        ours: MALFORMED,
        openssl: ONLY_BY_NAME,
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/serial_negative",
        what: "serial/negative, where that rule is required (RFC 5280 §4.1.2.2)",
        made: || case("serial/negative").require(Rule::SerialNumber),
        ours: MALFORMED,
        openssl: ONLY_BY_NAME,
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/serial_21_bytes",
        what: "serial/21_bytes, where that rule is required (RFC 5280 §4.1.2.2)",
        made: || case("serial/21_bytes").require(Rule::SerialNumber),
        ours: MALFORMED,
        openssl: ONLY_BY_NAME,
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/missing_key_identifiers",
        what: "authority/no_key_identifiers, where they are required (RFC 5280 §4.2.1.1, §4.2.1.2)",
        made: || case("authority/no_key_identifiers").require(Rule::KeyIdentifiers),
        ours: MALFORMED,
        openssl: Refuses("Missing Authority Key Identifier"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/plain",
        what: "authority/plain, as private authorities make them, where key identifiers are required",
        made: || case("authority/plain").require(Rule::KeyIdentifiers),
        ours: MALFORMED,
        openssl: Refuses("Missing Authority Key Identifier"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/no_extensions",
        what: "extension/none, a client without extensions, where key identifiers are required",
        made: || case("extension/none").require(Rule::KeyIdentifiers),
        ours: MALFORMED,
        openssl: Refuses("Missing Authority Key Identifier"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/other_authority_key",
        what: "extension/other_authority_key, where that rule is required (RFC 5280 §6.1)",
        made: || case("extension/other_authority_key").require(Rule::KeyIdentifiers),
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "require/basic_constraints_not_critical",
        what: "authority/basic_constraints_not_critical, where that rule is required (RFC 5280 §4.2.1.9)",
        made: || case("authority/basic_constraints_not_critical").require(Rule::Criticality),
        ours: MALFORMED,
        openssl: Refuses("Basic Constraints of CA cert not marked critical"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/constraints_not_critical",
        what: "constraint/not_critical, where that rule is required (RFC 5280 §4.2.1.10)",
        made: || case("constraint/not_critical").require(Rule::Criticality),
        ours: MALFORMED,
        openssl: ONLY_BY_NAME,
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/critical_extensions",
        what: "extension/authority_information_critical, where that rule is required (RFC 5280 §4.2.2.1)",
        made: || case("extension/authority_information_critical").require(Rule::Criticality),
        ours: MALFORMED,
        openssl: Refuses("unhandled critical extension"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/empty_subject",
        what: "subject/empty_and_names_not_critical, where that rule is required (RFC 5280 §4.1.2.6)",
        made: || case("subject/empty_and_names_not_critical").require(Rule::Names),
        ours: MALFORMED,
        openssl: Refuses("Subject empty and Subject Alt Name extension not critical"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/early_generalized_time",
        what: "validity/generalized_before_2050, where that rule is required (RFC 5280 §4.1.2.5)",
        made: || case("validity/generalized_before_2050").require(Rule::TimeEncoding),
        ours: MALFORMED,
        openssl: ONLY_BY_NAME,
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/authority_traits",
        what: "authority/cert_sign_in_leaf, where that rule is required (RFC 5280 §4.2.1.9)",
        made: || case("authority/cert_sign_in_leaf").require(Rule::AuthorityTraits),
        ours: MALFORMED,
        openssl: Refuses("Key usage keyCertSign invalid for non-CA cert"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "require/path_length_in_leaf",
        what: "authority/path_length_in_leaf, where that rule is required (RFC 5280 §4.2.1.9)",
        made: || case("authority/path_length_in_leaf").require(Rule::AuthorityTraits),
        ours: MALFORMED,
        openssl: Refuses("Path length invalid for non-CA cert"),
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "allow/expired_root",
        what: "validity/root_expired, where that is allowed (RFC 5280 §6.1.1 (d))",
        made: || case("validity/root_expired").allow(Allow::ExpiredRoots),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "certificate has expired",
            "openssl verify cannot be asked to take an expired root alone",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate chain uses expired certificate.",
            "certtool cannot be asked to take an expired root alone",
        ),
    },
    Row {
        name: "allow/expired_root_and_leaf",
        what: "validity/leaf_to_last_second: expired roots are allowed, and no leaves (RFC 5280 §6.1.3 (a)(2))",
        made: || case("validity/leaf_to_last_second").allow(Allow::ExpiredRoots),
        ours: EXPIRED,
        openssl: Refuses("certificate has expired"),
        gnutls: Refuses("The certificate chain uses expired certificate."),
    },
    Row {
        name: "require/authority_as_peer",
        what: "authority/ca_as_leaf, where that rule is required",
        made: || case("authority/ca_as_leaf").require(Rule::AuthorityAsPeer),
        ours: MALFORMED,
        openssl: ONLY_BY_NAME,
        gnutls: ONLY_BY_NAME,
    },
    Row {
        name: "allow/common_name",
        what: "common_name/only, where that is allowed (RFC 6125 §6.4.4)",
        made: || case("common_name/only").allow(Allow::CommonName),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "allow/common_name_beside_another",
        what: "common_name/beside_another: the common name counts only where there is no other (RFC 6125 §6.4.4)",
        made: || case("common_name/beside_another").allow(Allow::CommonName),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "allow/common_name_not_permitted",
        what: "common_name/only, where that is allowed, below one who may issue for b.example only (RFC 5280 §4.2.1.10)",
        made: || {
            let int = int(&[dns("b.example")], &[]);
            let leaf = int.leaf(|params| {
                params.subject_alt_names.clear();
                params.distinguished_name = named("a.example");
            });
            sent(&[&leaf, &int.der]).allow(Allow::CommonName)
        },
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "allow/small_rsa_key",
        what: "key/rsa_1024_leaf, where that is allowed (RFC 9325 §4.5)",
        made: || case("key/rsa_1024_leaf").allow(Allow::SmallRsaKeys),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "allow/expired_crl",
        what: "crl/expired, where that is allowed (RFC 5280 §6.3.3 (a))",
        made: || case("crl/expired").allow(Allow::ExpiredCrls),
        ours: OK,
        openssl: OnlyTheyRefuse("CRL has expired", "openssl verify cannot be asked to take an expired CRL"),
        gnutls: Accepts,
    },
    Row {
        name: "allow/unusable_staple",
        what: "ocsp/expired, where a staple may be of no use (RFC 6960 §3.2 (6))",
        made: || case("ocsp/expired").allow(Allow::UnusableStaple),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "WARNING: Status times invalid",
            "openssl ocsp says what it finds; what to make of it is for its caller to decide",
        ),
        gnutls: NO_OCSP_TOOL,
    },
    Row {
        name: "allow/unusable_staple_revoked",
        what: "ocsp/revoked: a staple may be of no use, and this one is (RFC 6960 §2.2)",
        made: || case("ocsp/revoked").allow(Allow::UnusableStaple),
        ours: REVOKED,
        openssl: Refuses("leaf.pem: revoked"),
        gnutls: NO_OCSP_TOOL,
    },
];
