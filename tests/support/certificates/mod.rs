//! What the tests about certificates share: makes them field by field, and tells what other implementations say of them.
//!
//! It is not part of `support`, since few tests need it: those that do declare it beside `support`, with its path.
#![allow(dead_code, reason = "each test uses a part")]

pub mod der;
pub mod lists;
pub mod make;
pub mod process;
pub mod theirs;

use rustls_pki_types::CertificateDer;

pub type Der = CertificateDer<'static>;

/// Certificates, lists or the like as PEM, each under this label.
pub fn pem(label: &str, items: &[impl AsRef<[u8]>]) -> String {
    items.iter().map(|item| pem::encode(&pem::Pem::new(label, item.as_ref()))).collect()
}
