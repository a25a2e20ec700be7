//! A server without its private key: `cargo run --example remote_signer`. No network, and no files but a socket.
//!
//! The key lives in another process, behind a Unix socket, and never leaves it. The server asks it for a signature
//! (`Need::Sign`, for ECDHE) or for a premaster secret (`Need::DecryptPremaster`, for static RSA). An attacker who
//! takes over the server can use the key meanwhile, but cannot obtain it; and the answer to a ciphertext is 48 bytes,
//! whether it could be decrypted or not, so that it is no oracle (RFC 5246 §7.4.7.1).

#[cfg(unix)]
#[path = "remote_signer/key.rs"]
mod key;
#[cfg(unix)]
#[path = "remote_signer/server.rs"]
mod server;

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args_os().nth(1) {
        Some(socket) => key::keep(socket.as_ref()),
        None => server::run(),
    }
}

#[cfg(not(unix))]
fn main() {
    eprintln!("this example needs Unix sockets");
}
