//! A server whose private key is in a PKCS #11 token: `cargo run --manifest-path examples/pkcs11/Cargo.toml`.
//!
//! The token is created in a temporary folder, by SoftHSM (Debian's package `softhsm2`, or whatever module the environment
//! variable `PKCS11_MODULE` names). The key is generated in it and cannot be extracted: the server requests each signature, with
//! PKCS #1 v1.5 and with PSS, and each premaster secret from the token.

mod token;

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::{env, fs, thread};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls_pki_types::{CertificateDer, ServerName};
use tls12::SignatureScheme;
use tls12::crypto::{CipherSuite, PublicKey, Secret, ring};
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;
use tls12::{ClientConfig, Credential, ExternalKey, Policy, ServerConfig};

use token::{Key, Token};

/// The variable with the path of SoftHSM's configuration. It is read from the environment only, so this program restarts
/// itself with it.
const SETTINGS: &str = "SOFTHSM2_CONF";

/// The path of SoftHSM on Debian.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

const SERVER_NAME: &str = "server.example";

/// One suite and scheme for each operation of the token.
const WAYS: [(&str, SignatureScheme); 5] = [
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", SignatureScheme::RSA_PSS_RSAE_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", SignatureScheme::RSA_PSS_RSAE_SHA384),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", SignatureScheme::RSA_PKCS1_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", SignatureScheme::RSA_PKCS1_SHA384),
    ("TLS_RSA_WITH_AES_128_CBC_SHA", SignatureScheme::RSA_PKCS1_SHA256),
];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let module = env::var_os("PKCS11_MODULE").map_or_else(|| MODULE.into(), PathBuf::from);
    if !module.exists() {
        return Err(format!("{} does not exist; to install it: apt-get install softhsm2", module.display()).into());
    }
    if env::var_os(SETTINGS).is_some() { run(&module) } else { run_with_settings() }
}

/// Starts this program again, with a folder for its token.
fn run_with_settings() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("softhsm2.conf");
    let text =
        format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", folder.path().display());
    fs::write(&settings, text)?;
    let status = Command::new(env::current_exe()?).env(SETTINGS, &settings).status()?;
    if status.success() { Ok(()) } else { Err(status.to_string().into()) }
}

fn run(module: &Path) -> Outcome<()> {
    let token = Arc::new(Token::new(module)?);
    let key = token.key()?;
    println!("the token generated an RSA key of {} bits that cannot be extracted", key.modulus_len() * 8);
    let chain = certificates(&key)?;
    for (suite, scheme) in WAYS {
        let suite = CipherSuite::from_name(suite).ok_or("no such suite")?;
        let policy = Policy::legacy().suites([suite]);
        let external = ExternalKey::new([scheme]).with_decryption();
        let server = ServerConfig::builder(Credential::external(chain.clone(), external)?);
        let server = server.policy(policy.clone()).build()?;
        let roots = TrustStore::from_der(chain.last().cloned())?;
        let client = ClientConfig::builder(Arc::new(roots)).policy(policy).build()?;

        let listener = TcpListener::bind("127.0.0.1:0")?;
        let transport = TcpStream::connect(listener.local_addr()?)?;
        let (accepted, key) = (listener.accept()?.0, token.key()?);
        let serving = thread::spawn(move || serve(server, accepted, key));
        let said = greet(client, transport)?;
        let asked = serving.join().map_err(|_| "the server panicked")??;
        println!("{}: the token was asked to {asked}; the client read: {said}", suite.name);
    }
    check_bad_premasters(&key)
}

/// The certificate of the token's key, issued by a new CA, and the certificate of that CA.
fn certificates(key: &Key) -> Outcome<Vec<CertificateDer<'static>>> {
    let mut root = CertificateParams::default();
    root.distinguished_name.push(DnType::CommonName, "Example Root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate()?)?;
    let mut server = CertificateParams::new([SERVER_NAME.to_owned()])?;
    server.use_authority_key_identifier_extension = true;
    server.distinguished_name.push(DnType::CommonName, "Example Server");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    let server = server.signed_by(key, &root)?;
    Ok(vec![server.der().clone(), root.der().clone()])
}

/// Serves one connection with a greeting. Returns the operations that the token performed.
fn serve(config: Arc<ServerConfig>, transport: TcpStream, key: Key) -> io::Result<String> {
    let (asked, heard) = std::sync::mpsc::channel();
    let mut stream = StreamOwned::server(config, transport).answering(move |need| {
        let (what, answer) = key.decide(need);
        let _ = asked.send(what);
        answer
    });
    stream.write_all(b"hello from a server with a token")?;
    stream.close()?;
    stream.read_to_end(&mut Vec::new())?;
    drop(stream);
    Ok(heard.iter().collect::<Vec<_>>().join(" and to "))
}

/// Connects, and reads the server's greeting.
fn greet(config: Arc<ClientConfig>, transport: TcpStream) -> Outcome<String> {
    let mut stream = StreamOwned::client(config, ServerName::try_from(SERVER_NAME)?, transport)?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    stream.close()?;
    Ok(said)
}

/// Checks that a valid ciphertext is decrypted, and that a malformed one yields 48 bytes, different each time.
fn check_bad_premasters(key: &Key) -> Outcome<()> {
    let provider = ring::provider();
    let public = PublicKey::rsa(key.public_key().to_vec());
    let result_of = |ciphertext: &[u8]| -> Outcome<Vec<u8>> {
        Ok(key.premaster(ciphertext).or_random(provider.random())?.expose().to_vec())
    };
    let encrypted = |text: &[u8]| provider.rsa_encrypt(&public, &Secret::new(text.to_vec()), provider.random());
    let premaster: Vec<u8> = (3..51).collect();
    if result_of(&encrypted(&premaster)?)? != premaster {
        return Err("the token decrypted to another premaster secret".into());
    }
    let mut flipped = encrypted(&premaster)?;
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    let too_short = encrypted(&premaster[1..])?;
    let bad = [flipped, too_short, vec![0xff; key.modulus_len()], vec![0; key.modulus_len()], vec![1; 10], Vec::new()];
    for ciphertext in &bad {
        let [first, second] = [result_of(ciphertext)?, result_of(ciphertext)?];
        if first.len() != 48 || first == second {
            return Err("a malformed ciphertext can be distinguished from a valid one".into());
        }
    }
    println!("each of {} malformed ciphertexts yielded 48 random bytes", bad.len());
    Ok(())
}
