//! What every provider computes, by published vectors and by other implementations. `TLS12_PROVIDER` names the provider.
#![cfg(feature = "ring")]

#[path = "../made_by_openssl/mod.rs"]
mod made_by_openssl;
#[path = "../support/provider.rs"]
mod tested;

mod cbc_records;
mod crypto_vectors;
mod private_keys;
mod rsa_private;
