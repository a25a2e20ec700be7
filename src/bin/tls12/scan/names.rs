//! The values that probes offer, with IANA's names ("TLS Supported Groups", "TLS SignatureScheme", "TLS ALPN Protocol IDs").

/// The curves of TLS 1.2, those in use first.
#[rustfmt::skip] // a table
pub const GROUPS: [(u16, &str); 31] = [
    (29, "x25519"), (23, "secp256r1"), (24, "secp384r1"), (25, "secp521r1"), (30, "x448"),
    (26, "brainpoolP256r1"), (27, "brainpoolP384r1"), (28, "brainpoolP512r1"), (41, "curveSM2"), (22, "secp256k1"),
    (21, "secp224r1"), (20, "secp224k1"), (19, "secp192r1"), (18, "secp192k1"), (17, "secp160r2"), (16, "secp160r1"),
    (15, "secp160k1"), (14, "sect571r1"), (13, "sect571k1"), (12, "sect409r1"), (11, "sect409k1"), (10, "sect283r1"),
    (9, "sect283k1"), (8, "sect239k1"), (7, "sect233r1"), (6, "sect233k1"), (5, "sect193r2"), (4, "sect193r1"),
    (3, "sect163r2"), (2, "sect163r1"), (1, "sect163k1"),
];

/// The schemes of TLS 1.2; those with DSA, MD5 and SHA-224 are pairs of RFC 5246 §7.4.1.4.1.
#[rustfmt::skip] // a table
pub const SCHEMES: [(u16, &str); 24] = [
    (0x0403, "ecdsa_secp256r1_sha256"), (0x0503, "ecdsa_secp384r1_sha384"), (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0807, "ed25519"), (0x0808, "ed448"),
    (0x0804, "rsa_pss_rsae_sha256"), (0x0805, "rsa_pss_rsae_sha384"), (0x0806, "rsa_pss_rsae_sha512"),
    (0x0809, "rsa_pss_pss_sha256"), (0x080a, "rsa_pss_pss_sha384"), (0x080b, "rsa_pss_pss_sha512"),
    (0x0401, "rsa_pkcs1_sha256"), (0x0501, "rsa_pkcs1_sha384"), (0x0601, "rsa_pkcs1_sha512"),
    (0x0203, "ecdsa_sha1"), (0x0201, "rsa_pkcs1_sha1"),
    (0x0402, "dsa_sha256"), (0x0502, "dsa_sha384"), (0x0602, "dsa_sha512"), (0x0202, "dsa_sha1"),
    (0x0303, "ecdsa_sha224"), (0x0301, "rsa_pkcs1_sha224"), (0x0302, "dsa_sha224"), (0x0101, "rsa_pkcs1_md5"),
];

/// The application protocols that are offered.
pub const PROTOCOLS: [&str; 20] = [
    "h2",
    "http/1.1",
    "http/1.0",
    "http/0.9",
    "spdy/3",
    "imap",
    "pop3",
    "ftp",
    "managesieve",
    "xmpp-client",
    "xmpp-server",
    "mqtt",
    "postgresql",
    "tds/8.0",
    "irc",
    "nntp",
    "dot",
    "smb",
    "radius/1.1",
    "acme-tls/1",
];

/// The name in a table, or the number.
pub fn named(table: &[(u16, &str)], code: u16) -> String {
    let found = table.iter().find(|(known, _)| *known == code);
    found.map_or_else(|| format!("{code:#06x}"), |(_, name)| (*name).to_owned())
}
