//! The places that may depend on a secret, each with its reason. Another one fails the run, and so does one of [`ALLOWED`] below
//! `src` that is not found any more.

/// Owner, function, and why it may.
pub const ALLOWED: &[(&str, &str, &str)] = &[
    ("src/handshake/finish.rs", "finished", "whether Finished matches is seen by the alert"),
    (
        "src/handshake/client/resume.rs",
        "chosen",
        "whether a session was made with this key is seen by its being offered",
    ),
    (
        "src/handshake/server/resume.rs",
        "found",
        "whether a session was made with this key is seen by its being resumed",
    ),
    (
        "src/crypto/common/cbc.rs",
        "open_encrypt_then_mac",
        "whether the MAC over the ciphertext is right is seen by the alert; what follows is the peer's own",
    ),
    ("ring", "open_within", "whether the tag of an AEAD is right is seen by the alert"),
    ("ring", "algorithm.rs", "`open_within`, with link-time optimization"),
    ("ring", "keypair.rs", "`private_exponentiate`, with link-time optimization"),
    ("ring", "private_exponentiate", "whether the result fits the public key: it does, or the hardware is at fault"),
    (
        "src/crypto/common/rsa_crt.rs",
        "decrypt_raw",
        "whether the result fits the public key: it does, or the hardware is at fault",
    ),
];

/// What memcheck reports where nothing is secret, too: a branch that the compiler has joined with one that would have skipped
/// it; and assembly that reads more than it uses.
pub const NOISE: &[(&str, &str)] =
    &[("src/record/seal.rs", "lay_out"), ("ring", "open_within"), ("ring", "algorithm.rs")];

/// What must be found, or memcheck finds nothing.
pub const CONTROLS: &[(&str, &str)] = &[
    ("tests/src/controls.rs", "naive_padding"),
    ("tests/src/controls.rs", "naive_comparison"),
    ("tests/src/controls.rs", "naive_table"),
];
