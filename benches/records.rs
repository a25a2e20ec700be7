//! Protecting and unprotecting application data: bytes of plaintext a second, on one connection, in memory.
//!
//! What is measured: for ours, `seal` into a `Vec` with room and `process`; for rustls, the same by its unbuffered
//! interface; for OpenSSL, `SSL_write` and `SSL_read` over a queue in memory, which costs it one more copy.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench records`

use divan::Bencher;
use divan::counter::BytesCount;
use tls12::crypto::MacOrder::{self, EncryptThenMac, MacThenEncrypt};
use tls12::{HEADROOM, TAILROOM};
use tls12_benches::openssl::OpenSsl;
use tls12_benches::ours::{self, Ours};
use tls12_benches::rustls::{self, Rustls};
use tls12_benches::{RECORD, text};

const MIB: usize = 1 << 20;

fn main() {
    divan::main();
}

/// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
#[divan::bench_group(sample_count = 1000)]
mod aes128_gcm {
    use super::*;

    const SUITE: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    const OPENSSL: &str = "ECDHE-RSA-AES128-GCM-SHA256";

    #[divan::bench(args = [RECORD])]
    fn seal_ours(bencher: Bencher<'_, '_>, len: usize) {
        seal(bencher, SUITE, MacThenEncrypt, len);
    }

    #[divan::bench(args = [RECORD])]
    fn seal_in_place_ours(bencher: Bencher<'_, '_>, len: usize) {
        let (mut client, _server) = Ours::new(SUITE, MacThenEncrypt).handshake();
        let mut buf = vec![0; HEADROOM + len + TAILROOM];
        bencher
            .counter(BytesCount::new(len))
            .bench_local(|| client.seal_in_place(&mut buf, HEADROOM..HEADROOM + len).unwrap().len());
    }

    #[divan::bench(args = [RECORD])]
    fn seal_rustls(bencher: Bencher<'_, '_>, len: usize) {
        let (mut client, _server) = Rustls::new().connected();
        let (text, mut out) = (text(len), vec![0; len + 1024]);
        bencher.counter(BytesCount::new(len)).bench_local(|| client.seal(&text, &mut out));
    }

    #[divan::bench(args = [RECORD])]
    fn seal_openssl(bencher: Bencher<'_, '_>, len: usize) {
        openssl_seal(bencher, OPENSSL, MacThenEncrypt, len);
    }

    #[divan::bench(args = [RECORD])]
    fn open_ours(bencher: Bencher<'_, '_>, len: usize) {
        open(bencher, SUITE, MacThenEncrypt, len);
    }

    #[divan::bench(args = [RECORD])]
    fn open_rustls(bencher: Bencher<'_, '_>, len: usize) {
        let (mut client, mut server) = Rustls::new().connected();
        let text = text(len);
        bencher.counter(BytesCount::new(len)).with_inputs(|| rustls::seal(&mut server, &text)).bench_local_refs(
            |input| {
                assert_eq!(client.open(input), len);
            },
        );
    }

    #[divan::bench(args = [RECORD])]
    fn open_openssl(bencher: Bencher<'_, '_>, len: usize) {
        openssl_open(bencher, OPENSSL, MacThenEncrypt, len);
    }
}

/// TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, which rustls does not have.
#[divan::bench_group(sample_count = 300)]
mod aes128_cbc_sha {
    use super::*;

    const SUITE: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
    const OPENSSL: &str = "ECDHE-RSA-AES128-SHA";
    const CASES: [(MacOrder, usize); 4] =
        [(MacThenEncrypt, RECORD), (MacThenEncrypt, MIB), (EncryptThenMac, RECORD), (EncryptThenMac, MIB)];

    #[divan::bench(args = CASES.map(Case))]
    fn seal_ours(bencher: Bencher<'_, '_>, Case((order, len)): &Case) {
        seal(bencher, SUITE, *order, *len);
    }

    #[divan::bench(args = CASES.map(Case))]
    fn seal_openssl(bencher: Bencher<'_, '_>, Case((order, len)): &Case) {
        openssl_seal(bencher, OPENSSL, *order, *len);
    }

    #[divan::bench(args = CASES.map(Case))]
    fn open_ours(bencher: Bencher<'_, '_>, Case((order, len)): &Case) {
        open(bencher, SUITE, *order, *len);
    }

    #[divan::bench(args = CASES.map(Case))]
    fn open_openssl(bencher: Bencher<'_, '_>, Case((order, len)): &Case) {
        openssl_open(bencher, OPENSSL, *order, *len);
    }

    /// An argument that is shown.
    struct Case((MacOrder, usize));

    impl std::fmt::Display for Case {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let Self((order, len)) = self;
            write!(f, "{order:?}, {len}")
        }
    }
}

fn seal(bencher: Bencher<'_, '_>, suite: &str, order: MacOrder, len: usize) {
    let (mut client, _server) = Ours::new(suite, order).handshake();
    let (text, mut out) = (text(len), Vec::with_capacity(len + len / 8 + 1024));
    bencher.counter(BytesCount::new(len)).bench_local(|| {
        out.clear();
        client.seal(&text, &mut out).unwrap();
        out.len()
    });
}

fn open(bencher: Bencher<'_, '_>, suite: &str, order: MacOrder, len: usize) {
    let (mut client, mut server) = Ours::new(suite, order).handshake();
    let text = text(len);
    let seal = || {
        let mut records = Vec::new();
        client.seal(&text, &mut records).unwrap();
        records
    };
    bencher.counter(BytesCount::new(len)).with_inputs(seal).bench_local_refs(|input| {
        assert_eq!(ours::open(&mut server, input), len);
    });
}

fn openssl_seal(bencher: Bencher<'_, '_>, suite: &str, order: MacOrder, len: usize) {
    let (mut client, _server) = OpenSsl::new(suite, order).handshake();
    let text = text(len);
    bencher.counter(BytesCount::new(len)).bench_local(|| {
        client.get_ref().discard_output();
        for text in text.chunks(RECORD) {
            assert_eq!(client.ssl_write(text).unwrap(), text.len());
        }
    });
}

fn openssl_open(bencher: Bencher<'_, '_>, suite: &str, order: MacOrder, len: usize) {
    let (mut client, mut server) = OpenSsl::new(suite, order).handshake();
    let (text, mut buf) = (text(len), vec![0; RECORD]);
    let seal = || {
        for text in text.chunks(RECORD) {
            client.ssl_write(text).unwrap();
        }
    };
    bencher.counter(BytesCount::new(len)).with_inputs(seal).bench_local_values(|()| {
        let mut left = len;
        while left > 0 {
            left -= server.ssl_read(&mut buf).unwrap();
        }
    });
}
