//! Private keys in every form that OpenSSL writes, and in some that are not supported.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::files;
use crate::openssl::{openssl, openssl_is_here};
use crate::tool::{Finished, Running, client, exchange, server, tls12};

/// A server with these files is believed.
#[track_caller]
fn serves(args: &[&str], dir: &TempDir) {
    let (_server, port) = listening(args, dir);
    assert_eq!(exchange(client(port, &[], dir), "x\n").assert_succeeded().stdout, ["x"]);
}

fn listening(args: &[&str], dir: &TempDir) -> (Running, u16) {
    crate::tool::listening(tls12(&[&["server", "127.0.0.1:0", "--echo"], args].concat(), dir))
}

/// A server with these files does not start.
fn refused(args: &[&str], dir: &TempDir) -> Finished {
    tls12(&[&["server", "127.0.0.1:0", "--echo"], args].concat(), dir).finish()
}

#[test]
fn keys_are_read_in_every_form() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    openssl("pkey -in key.pem -outform DER -out pkcs8.der", &dir);
    openssl("rsa -in key.pem -traditional -outform DER -out pkcs1.der", &dir);
    openssl("x509 -in cert.pem -outform DER -out cert.der", &dir);
    for key in ["key.pem", "key1.pem", "pkcs8.der", "pkcs1.der"] {
        serves(&["--cert", "cert.pem", "--key", key], &dir);
    }
    serves(&["--cert", "cert.der", "--key", "key.pem"], &dir);
    openssl("ec -in ecdsa-key.pem -out sec1.pem", &dir);
    openssl("ec -in ecdsa-key.pem -outform DER -out sec1.der", &dir);
    for key in ["sec1.pem", "sec1.der"] {
        serves(&["--cert", "ecdsa-cert.pem", "--key", key], &dir);
    }
}

#[test]
fn encrypted_keys_are_read_with_their_password() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    fs::write(dir.path().join("password"), "secret\nsecond line\n").unwrap();
    fs::write(dir.path().join("wrong"), "Secret\n").unwrap();
    let mut made = Vec::new();
    // PKCS#8 by PBES2; -v2prf is as of OpenSSL 1.0 in the third.
    for (number, how) in
        ["-v2 aes-256-cbc", "-v2 aes-128-cbc", "-v2 des3 -v2prf hmacWithSHA1", "-scrypt"].into_iter().enumerate()
    {
        for form in ["PEM", "DER"] {
            let name = format!("pkcs8-{number}.{form}");
            openssl(&format!("pkcs8 -topk8 -in key.pem {how} -passout pass:secret -outform {form} -out {name}"), &dir);
            made.push((name, "cert.pem"));
        }
    }
    for cipher in ["aes128", "aes192", "aes256", "des3"] {
        let name = format!("rsa-{cipher}.pem");
        openssl(&format!("rsa -in key.pem -traditional -{cipher} -passout pass:secret -out {name}"), &dir);
        assert!(fs::read_to_string(dir.path().join(&name)).unwrap().contains("Proc-Type: 4,ENCRYPTED"));
        made.push((name, "cert.pem"));
    }
    openssl("ec -in ecdsa-key.pem -aes256 -passout pass:secret -out ec-aes256.pem", &dir);
    made.push(("ec-aes256.pem".to_owned(), "ecdsa-cert.pem"));
    for (key, cert) in &made {
        serves(&["--cert", cert, "--key", key, "--key-password-file", "password"], &dir);
        let done = refused(&["--cert", cert, "--key", key, "--key-password-file", "wrong"], &dir);
        done.assert_no_start(&format!("{key}: it cannot be decrypted: the password is wrong"));
    }
    // By the environment, and for clients.
    let (key, _) = &made[0];
    let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(["server", "127.0.0.1:0", "--echo", "--cert", "cert.pem", "--key", key]);
    command.args(["--key-password", "env:TLS12_TEST_PASSWORD"]).env("TLS12_TEST_PASSWORD", "secret");
    drop(crate::tool::listening(Running::start(command.current_dir(dir.path()))));
    openssl("pkcs8 -topk8 -in client-key.pem -passout pass:secret -out client-encrypted.pem", &dir);
    let asking = ["--key", "key.pem", "--echo", "--client-ca", "ca.pem", "--require-client-cert"];
    let (_server, port) = server(&asking, &dir);
    let shown = ["--client-cert", "client-cert.pem", "--client-key", "client-encrypted.pem"];
    exchange(client(port, &[&shown[..], &["--key-password-file", "password"]].concat(), &dir), "x").assert_succeeded();
}

#[test]
fn pkcs12_has_both() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    fs::write(dir.path().join("password"), "secret").unwrap();
    let export = |how: &str, prefix: &str, out: &str| {
        let files = format!("-in {prefix}cert.pem -inkey {prefix}key.pem -certfile ca.pem");
        openssl(&format!("pkcs12 -export {files} {how} -out {out}"), &dir);
    };
    export("-passout pass:secret", "", "new.p12");
    export("-passout pass:secret -legacy", "", "old.pfx");
    export("-passout pass:secret -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1", "", "middle.pfx");
    for file in ["new.p12", "old.pfx", "middle.pfx"] {
        serves(&["--cert", file, "--key-password-file", "password"], &dir);
        // The same file may be named twice, and others may stand beside it.
        serves(
            &["--cert", file, "--cert", "ecdsa-cert.pem", "--key", "ecdsa-key.pem", "--key-password-file", "password"],
            &dir,
        );
    }
    export("-passout pass:", "client-", "client.p12");
    let asking = ["--key", "key.pem", "--echo", "--client-ca", "ca.pem", "--require-client-cert"];
    let (server, port) = server(&asking, &dir);
    exchange(client(port, &["--client-cert", "client.p12"], &dir), "x").assert_succeeded();
    assert!(server.log_of_served().contains(&"client-certificate: CN=tls12 test client".to_owned()));
    fs::write(dir.path().join("password"), "wrong").unwrap();
    let wrong = refused(&["--cert", "new.p12", "--key-password-file", "password"], &dir);
    wrong.assert_no_start("new.p12: it cannot be decrypted: the password is wrong");
}

/// It is called by its name, and the command that converts it is told.
#[test]
fn what_cannot_be_read_is_called_by_its_name() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    fs::write(dir.path().join("password"), "secret").unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    write("key.jks", b"\xfe\xed\xfe\xed\0\0\0\x02");
    write("key.ppk", b"PuTTY-User-Key-File-3: ssh-rsa\r\n");
    openssl(
        "pkcs8 -topk8 -in key.pem -v1 PBE-MD5-DES -provider legacy -provider default -passout pass:secret -out pbes1.pem",
        &dir,
    );
    openssl("rsa -in key.pem -traditional -camellia256 -passout pass:secret -out camellia.pem", &dir);
    openssl("x509 -in cert.pem -outform DER -out cert.der", &dir);
    openssl("crl2pkcs7 -nocrl -certfile cert.pem -out chain.p7b", &dir);
    openssl("crl2pkcs7 -nocrl -certfile cert.pem -outform DER -out chain-der.p7b", &dir);
    for (cert, key, why) in [
        ("cert.pem", "key.jks", "key.jks: it is a Java keystore (JKS); convert it: keytool -importkeystore"),
        ("cert.pem", "key.ppk", "key.ppk: it is a PuTTY key; convert it: puttygen"),
        (
            "cert.pem",
            "pbes1.pem",
            "pbes1.pem: its encryption is too old to be supported (PBES1); convert it: openssl pkcs8",
        ),
        ("cert.pem", "camellia.pem", "its encryption is not supported (CAMELLIA-256-CBC); convert it: openssl pkcs8"),
        ("cert.pem", "cert.der", "cert.der: it is a certificate, not a private key"),
        ("cert.pem", "cert.pem", "cert.pem: no private key"),
        ("chain.p7b", "key.pem", "chain.p7b: no certificate found, only: PKCS7; convert it: openssl pkcs7 -in FILE"),
        ("chain-der.p7b", "key.pem", "if it is PKCS#7, convert it: openssl pkcs7 -inform DER"),
    ] {
        refused(&["--cert", cert, "--key", key, "--key-password-file", "password"], &dir).assert_no_start(why);
    }
    // Nobody is there to be asked.
    openssl("pkcs8 -topk8 -in key.pem -passout pass:secret -out encrypted.pem", &dir);
    let serve = ["server", "127.0.0.1:0", "--echo", "--cert", "cert.pem", "--key", "encrypted.pem"];
    let mut command = Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_tls12")]).args(serve).current_dir(dir.path());
    Running::start(&mut command)
        .finish()
        .assert_no_start("it is encrypted: give --key-password-file, or --key-password env:");
    refused(&["--cert", "cert.pem", "--key", "key.pem", "--key-password", "secret"], &dir)
        .assert_usage_error("it is given as env:NAME");
}
