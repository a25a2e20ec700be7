//! Faults from outside the protocol, in every kind of handshake: a transport that ends, is reset or delivers a byte at a
//! time, at every place.
#![cfg(all(feature = "ring", feature = "std"))]

mod endings;
mod kinds;
mod trickle;
