//! A full handshake, client and server in one thread, in memory: both sides' work is in the figure. RSA with 2048 bits,
//! one certificate, whose chain the client verifies; X25519 where the key exchange is ECDHE.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench handshake`

use divan::Bencher;
use tls12::crypto::MacOrder::MacThenEncrypt;
use tls12_benches::openssl::OpenSsl;
use tls12_benches::ours::Ours;
use tls12_benches::rustls::Rustls;

fn main() {
    divan::main();
}

/// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
#[divan::bench_group(sample_count = 200)]
mod ecdhe_rsa_aes128_gcm {
    use super::*;

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        let peers = Ours::new("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", MacThenEncrypt);
        bencher.bench_local(|| peers.handshake());
    }

    #[divan::bench]
    fn rustls(bencher: Bencher<'_, '_>) {
        let peers = Rustls::new();
        bencher.bench_local(|| peers.handshake());
    }

    #[divan::bench]
    fn openssl(bencher: Bencher<'_, '_>) {
        let peers = OpenSsl::new("ECDHE-RSA-AES128-GCM-SHA256", MacThenEncrypt);
        bencher.bench_local(|| peers.handshake());
    }
}

/// TLS_RSA_WITH_AES_128_GCM_SHA256, which rustls does not have.
#[divan::bench_group(sample_count = 100)]
mod static_rsa_aes128_gcm {
    use super::*;

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        let peers = Ours::new("TLS_RSA_WITH_AES_128_GCM_SHA256", MacThenEncrypt);
        bencher.bench_local(|| peers.handshake());
    }

    #[divan::bench]
    fn openssl(bencher: Bencher<'_, '_>) {
        let peers = OpenSsl::new("AES128-GCM-SHA256", MacThenEncrypt);
        bencher.bench_local(|| peers.handshake());
    }
}
