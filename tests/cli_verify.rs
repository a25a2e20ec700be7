//! `tls12 verify`: what it says and how it exits.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use der::Encode as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData as _, RevokedCertParams,
    SerialNumber, SigningKey as _, date_time_ymd,
};
use sha1::Digest as _;
use tempfile::TempDir;

type Ca = CertifiedIssuer<'static, KeyPair>;

struct World {
    folder: TempDir,
    int: Ca,
}

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

fn ca_params(common_name: &str) -> CertificateParams {
    let mut params = params(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn list(issuer: &Ca, revoked: &[u64]) -> String {
    numbered_list(issuer, 1, revoked)
}

fn newer_list(issuer: &Ca, revoked: &[u64]) -> String {
    numbered_list(issuer, 2, revoked)
}

fn numbered_list(issuer: &Ca, number: u8, revoked: &[u64]) -> String {
    let revoked = revoked.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2026, 5, 1),
        reason_code: None,
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 5, number),
        next_update: date_time_ymd(2026, 7, 1),
        crl_number: SerialNumber::from(u64::from(number)),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().pem().unwrap()
}

/// A stapled OCSP response about certificate 5 of `int`, of the last of May to the seventh of June (RFC 6960 §4.2.1).
fn staple(int: &Ca, status: &[u8]) -> Vec<u8> {
    let tlv = |tag: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        [&[tag][..], &der::Length::try_from(content.len()).unwrap().to_der().unwrap(), &content].concat()
    };
    let hash = |data: &[u8]| tlv(4, &[sha1::Sha1::digest(data).as_slice()]);
    let time = |text: &str| tlv(0x18, &[text.as_bytes()]);
    // The AlgorithmIdentifiers of SHA-1 and of ECDSA with SHA-256; the name CN=Int; id-pkix-ocsp-basic.
    let sha1 = [0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
    let ecdsa = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let name = [&[0x30, 14, 0x31, 12, 0x30, 10, 6, 3, 0x55, 4, 3, 0x0c, 3][..], b"Int"].concat();
    let basic = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
    let key = hash(int.key().der_bytes());
    let id = tlv(0x30, &[&sha1, &hash(&name), &key, &[2, 1, 5]]);
    let next = tlv(0xa0, &[&time("20260607000000Z")]);
    let single = tlv(0x30, &[&id, status, &time("20260531000000Z"), &next]);
    let data = tlv(0x30, &[&tlv(0xa2, &[&key]), &time("20260531000000Z"), &tlv(0x30, &[&single])]);
    let signature = tlv(3, &[&[0], &int.key().sign(&data).unwrap()]);
    let response = tlv(4, &[&tlv(0x30, &[&data, &ecdsa, &signature])]);
    tlv(0x30, &[&[0x0a, 1, 0], &tlv(0xa0, &[&tlv(0x30, &[&basic, &response])])])
}

impl World {
    fn new() -> Self {
        let root = Ca::self_signed(ca_params("Root"), KeyPair::generate().unwrap()).unwrap();
        let int = Ca::signed_by(ca_params("Int"), KeyPair::generate().unwrap(), &root).unwrap();
        let world = Self { folder: tempfile::tempdir().unwrap(), int };
        let end = |name: &str, purpose, usage| {
            let mut params = params(name);
            params.subject_alt_names = CertificateParams::new([name.to_owned()]).unwrap().subject_alt_names;
            params.serial_number = Some(SerialNumber::from(5_u64));
            params.extended_key_usages = vec![purpose];
            params.key_usages = vec![usage];
            params.signed_by(&KeyPair::generate().unwrap(), &world.int).unwrap().pem()
        };
        let sign = KeyUsagePurpose::DigitalSignature;
        let server = end("a.example", ExtendedKeyUsagePurpose::ServerAuth, sign);
        let client = end("c.example", ExtendedKeyUsagePurpose::ClientAuth, sign);
        let static_rsa = end("r.example", ExtendedKeyUsagePurpose::ServerAuth, KeyUsagePurpose::KeyEncipherment);
        world.write("root.pem", &root.pem());
        fs::write(world.path("root.der"), root.der()).unwrap();
        world.write("chain.pem", &(server.clone() + &world.int.pem()));
        world.write("short.pem", &server);
        world.write("client.pem", &(client + &world.int.pem()));
        world.write("static.pem", &(static_rsa + &world.int.pem()));
        world.write("empty.pem", "");
        world.write("clean.crl", &(list(&world.int, &[]) + &list(&root, &[])));
        world.write("root.crl", &list(&root, &[]));
        // Of the same issuer, of before and of after it was revoked; after, in DER too.
        world.write("old.crl", &list(&world.int, &[]));
        let new = newer_list(&world.int, &[5]);
        world.write("new.crl", &new);
        let new = pem::parse(new).unwrap();
        fs::write(world.path("new.der"), new.contents()).unwrap();
        fs::write(world.path("cut.crl"), &new.contents()[..100]).unwrap();
        fs::write(world.path("good.ocsp"), staple(&world.int, &[0x80, 0])).unwrap();
        let revoked = [&[0xa1, 17, 0x18, 15][..], b"20260501000000Z"].concat();
        fs::write(world.path("revoked.ocsp"), staple(&world.int, &revoked)).unwrap();
        world.write("revoked.crl", &(list(&world.int, &[5]) + &list(&root, &[])));
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs it in the folder.
    fn verify(&self, args: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
        command.current_dir(self.folder.path()).arg("verify").args(args.split_whitespace()).output().unwrap()
    }

    #[track_caller]
    fn says(&self, args: &str, code: i32, words: &[&str]) {
        let output = self.verify(args);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args}: {text}");
        for word in words {
            assert!(text.contains(word), "{args}: {word:?} is not in {text}");
        }
    }
}

const JUNE: &str = "--time 2026-06-01T00:00:00Z";

#[test]
fn good_chains() {
    let world = World::new();
    world.says(&format!("--ca root.pem --name a.example {JUNE} chain.pem"), 0, &["valid: CN=a.example\n"]);
    world.says(&format!("--ca root.der --name a.example {JUNE} chain.pem"), 0, &["valid: "]);
    world.says(&format!("--ca root.pem --client {JUNE} client.pem"), 0, &["valid: CN=c.example"]);
    world.says(&format!("--ca root.pem --name r.example {JUNE} static.pem"), 0, &["for static RSA key exchange only"]);
    world.says(&format!("--ca root.pem --name a.example {JUNE} --crl clean.crl chain.pem"), 0, &["valid: "]);
    world.says(&format!("--ca root.pem --name a.example {JUNE} --max-depth 1 chain.pem"), 0, &["valid: "]);
    // The same second, as two other clocks show it; the first and the last of the certificate.
    for time in
        ["2026-06-01T02:00:00+02:00", "2026-05-31t23:30:00-00:30", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]
    {
        world.says(&format!("--ca root.pem --name a.example --time {time} chain.pem"), 0, &["valid: "]);
    }
}

/// The path that was found, and what RFC 5280 asks of issuers besides.
#[test]
fn paths_and_notes() {
    let world = World::new();
    let path = "valid: CN=a.example\n  issued by CN=Int\n  issued by CN=Root, which is trusted\n";
    world.says(&format!("--ca root.pem --name a.example {JUNE} chain.pem"), 0, &[path]);
    let device = |name: &str, params: CertificateParams| {
        world.write(name, &params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem());
    };
    let mut named = params("camera");
    named.subject_alt_names = CertificateParams::new(["camera.local".to_owned()]).unwrap().subject_alt_names;
    device("camera.pem", named);
    let itself = "valid: CN=camera\n  itself trusted (--ca)\n";
    world.says(&format!("--ca camera.pem --name camera.local {JUNE} camera.pem"), 0, &[itself]);
    // By the intermediate, which says nothing of its key.
    let mut plain = ca_params("Plain");
    plain.key_usages = Vec::new();
    let plain = Ca::self_signed(plain, KeyPair::generate().unwrap()).unwrap();
    let mut int = ca_params("Below");
    int.use_authority_key_identifier_extension = false;
    let int = Ca::signed_by(int, KeyPair::generate().unwrap(), &plain).unwrap();
    let mut end = params("end");
    end.subject_alt_names = CertificateParams::new(["end.example".to_owned()]).unwrap().subject_alt_names;
    let end = end.signed_by(&KeyPair::generate().unwrap(), &int).unwrap();
    world.write("plain.pem", &plain.pem());
    world.write("end.pem", &(end.pem() + &int.pem()));
    let note =
        "\n  note: certificate 2 does not identify its issuer's key (authorityKeyIdentifier) (RFC 5280 §4.2.1.1)";
    world.says(&format!("--ca plain.pem --name end.example {JUNE} end.pem"), 0, &[note]);
}

/// What is advised can be done, in the options of the tool.
#[test]
fn checks_can_be_relaxed() {
    let world = World::new();
    let plain = params("old.example").signed_by(&KeyPair::generate().unwrap(), &world.int).unwrap();
    world.write("old.pem", &(plain.pem() + &world.int.pem()));
    let ask = |args: &str, code, words: &[&str]| {
        world.says(&format!("--ca root.pem --name old.example {args} old.pem"), code, words);
    };
    ask(JUNE, 1, &["(name_mismatch, ", "relax only this check: --allow common-name"]);
    ask(&format!("{JUNE} --allow common-name"), 0, &["valid: CN=old.example\n"]);
    let server = |args: &str, code, words: &[&str]| {
        world.says(&format!("--ca root.pem --name a.example {args} chain.pem"), code, words);
    };
    let lists = "--time 2026-07-02T00:00:00Z --crl clean.crl";
    server(lists, 1, &["(revocation_unknown, ", "--allow expired-crls"]);
    server(&format!("{lists} --allow expired-crls"), 0, &["valid: "]);
    server("--time 2026-06-01T00:00:00Z --staple root.der", 1, &["--allow unusable-staple"]);
    server("--time 2026-06-01T00:00:00Z --staple root.der --allow unusable-staple", 0, &["valid: "]);
    // Nothing that only a program could do is advised.
    for args in ["--name b.example", "--name a.example --max-depth 0", "--name a.example --crl root.crl"] {
        let output = world.verify(&format!("--ca root.pem {JUNE} {args} chain.pem"));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("likely causes") && !text.contains("::"), "{text}");
    }
}

#[test]
fn refused_chains() {
    let world = World::new();
    let refused = |args: &str, words: &[&str]| world.says(&format!("--ca root.pem {args}"), 1, words);
    refused(
        &format!("--name b.example {JUNE} chain.pem"),
        &[
            "refused: it is not valid for this name (name_mismatch, alert bad_certificate)",
            "but not for b.example",
            "likely causes",
        ],
    );
    refused(&format!("--name a.example {JUNE} short.pem"), &["unknown_issuer", "CN=Int", "have it send"]);
    refused(&format!("--name c.example {JUNE} client.pem"), &["wrong_purpose", "serverAuth is required"]);
    refused(&format!("--client {JUNE} chain.pem"), &["wrong_purpose", "clientAuth is required"]);
    refused(&format!("--name a.example {JUNE} --crl revoked.crl chain.pem"), &["(revoked, alert certificate_revoked)"]);
    refused(&format!("--name a.example {JUNE} --max-depth 0 chain.pem"), &["more than 0 intermediates"]);
    refused(
        "--name a.example --time 2027-01-01T00:00:01Z chain.pem",
        &["(expired, ", "1 second before the time of the check"],
    );
    refused(
        "--name a.example --time 2025-12-31T23:59:59Z chain.pem",
        &["(not_yet_valid, ", "1 second after the time of the check"],
    );
}

#[test]
fn several_lists_in_any_order() {
    let world = World::new();
    world.write("both.crl", &(list(&world.int, &[]) + &newer_list(&world.int, &[5])));
    let ask = |lists: &str, code, words: &[&str]| {
        world.says(&format!("--ca root.pem --name a.example {JUNE} --crl root.crl {lists} chain.pem"), code, words);
    };
    ask("--crl old.crl", 0, &["valid: CN=a.example"]);
    for lists in ["--crl old.crl --crl new.crl", "--crl new.crl --crl old.crl", "--crl both.crl", "--crl new.der"] {
        ask(lists, 1, &["(revoked, alert certificate_revoked)", "was revoked on 2026-05-01T00:00:00Z"]);
    }
    // What cannot be used is told, and spoils no other.
    let told = "skipped: revocation list 1 in cut.crl cannot be used: it is not a revocation list";
    ask("--crl cut.crl --crl old.crl", 0, &[told, "valid: CN=a.example"]);
    ask("--crl cut.crl --crl new.crl", 1, &[told, "(revoked, "]);
    ask("--crl cut.crl", 1, &[told, "(revocation_unknown, ", "there is no revocation list", "CN=Int"]);
    let alone = format!("--ca root.pem --name a.example {JUNE} --crl cut.crl chain.pem");
    world.says(&alone, 2, &["revocation list 1 in cut.crl cannot be used"]);
}

#[test]
fn staples() {
    let world = World::new();
    let ask = |args: &str, code, words: &[&str]| {
        world.says(&format!("--ca root.pem --name a.example {JUNE} {args} chain.pem"), code, words);
    };
    ask("--staple good.ocsp", 0, &["valid: CN=a.example"]);
    ask("--staple revoked.ocsp", 1, &["(revoked, ", "according to its stapled OCSP response"]);
    ask("--staple root.der", 1, &["(bad_status_response, ", "is malformed"]);
    ask("--staple nowhere", 2, &["nowhere: "]);
    // Both are heard.
    ask("--staple good.ocsp --crl revoked.crl", 1, &["(revoked, "]);
    ask("--staple revoked.ocsp --crl clean.crl", 1, &["(revoked, "]);
    // A staple stands in for the list of the issuer, but not for that of the root.
    ask("--staple good.ocsp --crl root.crl", 0, &["valid: CN=a.example"]);
    ask("--crl root.crl", 1, &["(revocation_unknown, ", "certificate 1 of 2"]);
    ask("--staple good.ocsp --crl old.crl", 1, &["(revocation_unknown, ", "certificate 2 of 2"]);
    world.says(&format!("--ca root.pem --client {JUNE} --staple good.ocsp client.pem"), 2, &["--staple"]);
}

/// By the certificate or the key itself, whoever has issued it; the roots of this machine know it as little as any.
#[test]
fn pins() {
    let world = World::new();
    world.write("other.pem", &Ca::self_signed(ca_params("Other"), KeyPair::generate().unwrap()).unwrap().pem());
    for trusted in ["--trust short.pem", "--pin short.pem", "--pin static.pem --trust short.pem"] {
        let args = format!("{trusted} --name a.example {JUNE} chain.pem");
        world.says(&args, 0, &["valid: CN=a.example\n  pinned (--pin or --trust)\n"]);
    }
    world.says(&format!("--pin static.pem --name a.example {JUNE} chain.pem"), 1, &["(not_pinned, "]);
    let by_machine = |roots: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
        command.args(["verify", "--name", "a.example", "--time", "2026-06-01T00:00:00Z", "chain.pem"]);
        command.current_dir(world.folder.path()).env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR");
        command.output().unwrap().status.code()
    };
    assert_eq!([by_machine("root.pem"), by_machine("other.pem"), by_machine("empty.pem")], [Some(0), Some(1), Some(2)]);
}

#[test]
fn certificates_are_shown() {
    let world = World::new();
    world.write("other.pem", &Ca::self_signed(ca_params("Other"), KeyPair::generate().unwrap()).unwrap().pem());
    let shown =
        ["certificate 1 of 2\n  subject: CN=a.example\n  issuer: CN=Int\n", "  serial: 05\n", "certificate 2 of 2\n"];
    world.says(&format!("--show-certs --ca root.pem --name a.example {JUNE} chain.pem"), 0, &shown);
    world.says(&format!("--show-certs --ca other.pem --name a.example {JUNE} chain.pem"), 1, &shown);
}

/// What is only noted can be refused.
#[test]
fn strict() {
    let world = World::new();
    let mut int = ca_params("Below");
    int.use_authority_key_identifier_extension = false;
    let root = Ca::self_signed(ca_params("Above"), KeyPair::generate().unwrap()).unwrap();
    let int = Ca::signed_by(int, KeyPair::generate().unwrap(), &root).unwrap();
    let mut end = params("end");
    end.subject_alt_names = CertificateParams::new(["end.example".to_owned()]).unwrap().subject_alt_names;
    let end = end.signed_by(&KeyPair::generate().unwrap(), &int).unwrap();
    world.write("above.pem", &root.pem());
    world.write("end.pem", &(end.pem() + &int.pem()));
    let ask = |args: &str, code, words: &[&str]| {
        world.says(&format!("--ca above.pem --name end.example {JUNE} {args} end.pem"), code, words);
    };
    ask("", 0, &["note: certificate 2 does not identify its issuer's key"]);
    ask("--strict", 1, &["refused: ", "is stricter than the default: leave out --strict"]);
}

#[test]
fn wrong_usage() {
    let world = World::new();
    world.says(
        &format!("--ca root.pem --name a.example {JUNE} --allow sha1 chain.pem"),
        2,
        &["--allow sha1-signatures"],
    );
    for args in [
        "",
        "--ca root.pem chain.pem",
        "--ca root.pem --name a.example",
        "--ca root.pem --client --name a.example chain.pem",
        "--ca nowhere.pem --name a.example chain.pem",
        "--ca root.pem --name a.example nowhere.pem",
        "--ca root.pem --name a.example empty.pem",
        "--ca empty.pem --name a.example chain.pem",
        "--ca root.pem --name a.example --crl root.pem chain.pem",
        "--ca root.pem --name müller.example chain.pem",
        "--ca root.pem --name a.example --time 2026-06-01 chain.pem",
        "--ca root.pem --name a.example --time 2026-02-29T00:00:00Z chain.pem",
        "--ca root.pem --name a.example --time 2026-06-01T24:00:00Z chain.pem",
        "--ca root.pem --name a.example --time 1969-12-31T23:59:59Z chain.pem",
        "--ca root.pem --name a.example --max-depth many chain.pem",
    ] {
        world.says(args, 2, &[]);
    }
    world.says("--ca root.pem --name müller.example chain.pem", 2, &["A-labels"]);
}
