//! Encoding and decoding of messages, without cryptography or state. Decoded values borrow from the input, and no input
//! causes a panic.
//!
//! This module has no stability guarantee: it may change or disappear in any version. The types that the rest of the
//! API uses, such as [`NamedGroup`], are re-exported from the root of the crate.

mod certificate;
mod codec;
mod enums;
mod extension;
mod grease;
mod header;
mod hello;
mod hello_extensions;
mod key_exchange;
mod message;
mod session_ticket;
mod suite_names;

pub use certificate::*;
pub use codec::*;
pub use enums::*;
pub use extension::*;
pub use grease::*;
pub use header::*;
pub use hello::*;
pub use hello_extensions::*;
pub use key_exchange::*;
pub use message::*;
pub use session_ticket::*;
pub use suite_names::suite_name;
