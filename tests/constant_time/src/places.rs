//! The places that may depend on a secret, each with its reason. Another one fails the run, and so does one of [`ALLOWED`] below
//! `src` that is not found any more.

/// Owner, function, and why it may.
pub const ALLOWED: &[(&str, &str, &str)] = &[
    ("src/handshake/finish.rs", "finished", "whether Finished matches is seen by the alert"),
    (
        "src/crypto/common/cbc.rs",
        "open_encrypt_then_mac",
        "whether the MAC over the ciphertext is right is seen by the alert; what follows is the peer's own",
    ),
    ("ring", "open_within", "whether the tag of an AEAD is right is seen by the alert"),
    ("ring", "private_exponentiate", "whether the result fits the public key: it does, or the hardware is at fault"),
    ("rsa", "rsa_decrypt_and_check", "whether the result fits the public key: it does, or the hardware is at fault"),
    ("rsa", "pow_mod_blinded", "an odd number times an odd number is odd: the error is never met"),
    ("ctutils", "into_option", "the same"),
    // `BoxedMontyParams::new` of a prime times a fresh random factor (`rsa`, `blind_modulus`): assertions that always hold.
    ("crypto-bigint", "new", "the modulus is not 1"),
    ("crypto-bigint", "div_rem", "the divisor is not 0"),
    ("ctutils", "expect_ref", "its highest word is not 0, once it is shifted"),
    ("crypto-bigint", "bounded_shl_assign", "the shift is shorter than the number"),
    ("crypto-bigint", "bounded_shl_by_limbs_assign", "the shift is shorter than the number"),
    ("crypto-bigint", "shl_assign_limb_with_carry", "a number that was made to be other than 0 is not 0"),
    ("crypto-bigint", "bounded_shr_by_limbs_assign", "the shift is shorter than the number"),
    ("crypto-bigint", "shr_assign_limb_with_carry", "a number that was made to be other than 0 is not 0"),
];

/// What memcheck reports where nothing is secret, too: a branch that the compiler has joined with one that would have skipped
/// it; and assembly that reads more than it uses.
pub const NOISE: &[(&str, &str)] = &[("src/record/seal.rs", "lay_out"), ("ring", "open_within")];

/// What must be found, or memcheck finds nothing.
pub const CONTROLS: &[(&str, &str)] = &[
    ("tests/src/controls.rs", "naive_padding"),
    ("tests/src/controls.rs", "naive_comparison"),
    ("tests/src/controls.rs", "naive_table"),
];
