//! What the integration tests share.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod certified;
pub mod conversation;
#[cfg(unix)]
pub mod daemon;
pub mod delegate;
pub mod forge;
pub mod hello;
pub mod independent;
#[cfg(feature = "record")]
pub mod kept;
#[cfg(feature = "webpki")]
pub mod openssl;
pub mod pair;
pub mod pki;
#[cfg(feature = "webpki")]
pub mod player;
pub mod polls;
pub mod ports;
pub mod protect;
#[cfg(feature = "ring")]
pub mod provider;
pub mod psk;
#[cfg(feature = "webpki")]
pub mod recorder;
pub mod recording;
pub mod scripted;
pub mod sent;
pub mod suites;
pub mod tamper;
