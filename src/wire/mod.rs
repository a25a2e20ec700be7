//! Bytes to typed messages and back: no cryptography, no state. What is read borrows from what was received, and no
//! input makes it panic.
//!
//! Nothing here is promised: it may change or go with any version. The types that the rest of the API names, such as
//! [`NamedGroup`], are re-exported from the root of the crate.

mod certificate;
mod codec;
mod enums;
mod extension;
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
pub use header::*;
pub use hello::*;
pub use hello_extensions::*;
pub use key_exchange::*;
pub use message::*;
pub use session_ticket::*;
pub use suite_names::suite_name;
