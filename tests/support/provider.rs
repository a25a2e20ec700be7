//! The provider that a test of providers is run with: that which `TLS12_PROVIDER` names, `ring` by default.

use std::sync::Arc;

use tls12::crypto::Provider;

/// The provider that is tested. One that was asked for and is not compiled in is an error: nothing would be tested.
pub fn provider() -> Arc<dyn Provider> {
    match std::env::var("TLS12_PROVIDER").as_deref() {
        #[cfg(feature = "aws-lc-rs")]
        Ok("aws-lc-rs") => tls12::crypto::aws_lc_rs::provider(),
        #[cfg(feature = "rustcrypto")]
        Ok("rustcrypto") => tls12::crypto::rustcrypto::provider(),
        Err(_) | Ok("ring") => tls12::crypto::ring::provider(),
        Ok(other) => panic!("the provider {other} is not compiled in"),
    }
}

/// Whether AWS-LC is tested, which draws its private keys itself.
#[allow(dead_code, reason = "not every test file asks")]
pub fn is_aws_lc() -> bool {
    std::env::var("TLS12_PROVIDER").is_ok_and(|name| name == "aws-lc-rs")
}
