//! The server, which has the certificate and requests the rest; and a client that connects to it with each key
//! exchange.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName};
use tls12::SignatureScheme;
use tls12::crypto::{CipherSuite, DecryptedPremaster};
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;
use tls12::{Answer, ClientConfig, Credential, ExternalKey, Need, Policy, ProviderError, ServerConfig};

use super::key::{CERTIFICATES, DECRYPT, SIGN, read_frame, write_frame};

pub const SERVER_NAME: &str = "server.example";

/// The time limit for an answer of the key. A handshake that waits longer fails.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Signed with RSASSA-PSS, signed with RSASSA-PKCS1-v1_5, and decrypted instead of signed.
const WAYS: [(&str, SignatureScheme); 3] = [
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", SignatureScheme::RSA_PSS_RSAE_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", SignatureScheme::RSA_PKCS1_SHA256),
    ("TLS_RSA_WITH_AES_128_GCM_SHA256", SignatureScheme::RSA_PKCS1_SHA256),
];

pub fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("key");
    let mut keeper = Keeper::start(&socket)?;
    println!("process {} keeps the key", keeper.0.id());

    let key = RemoteKey::connect(&socket)?;
    let chain = key.certificates()?;
    for (suite, scheme) in WAYS {
        let suite = CipherSuite::from_name(suite).ok_or("no such suite")?;
        let policy = Policy::legacy().suites([suite]);
        // No key: the configuration only knows its capabilities.
        let external = ExternalKey::new([scheme]).with_decryption();
        let server = ServerConfig::builder(Credential::external(chain.clone(), external)?);
        let server = server.policy(policy.clone()).build()?;
        let roots = TrustStore::from_der(chain.last().cloned())?;
        let client = ClientConfig::builder(Arc::new(roots)).policy(policy).build()?;

        let (near, far) = UnixStream::pair()?;
        let key = RemoteKey::connect(&socket)?;
        let serving = thread::spawn(move || serve(server, far, key));
        let said = greet(client, near)?;
        let asked = serving.join().map_err(|_| "the server panicked")??;
        println!(
            "{}: the server, process {}, asked the key to {asked}; the client read: {said}",
            suite.name,
            std::process::id()
        );
    }
    keeper.stop()
}

/// The process that keeps the key. Killed on drop.
struct Keeper(Child);

impl Keeper {
    /// Starts it, and returns when it listens.
    fn start(socket: &Path) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(socket).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = Self(command.spawn()?);
        let stdout = keeper.0.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        if line == "ready\n" { Ok(keeper) } else { Err("the process that keeps the key did not start".into()) }
    }

    fn stop(&mut self) -> Result<(), Box<dyn Error>> {
        self.0.stdin = None;
        let status = self.0.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the process that keeps the key: {status}").into()) }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The key, as the server has it.
struct RemoteKey(UnixStream);

impl RemoteKey {
    fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self(stream))
    }

    fn certificates(&self) -> io::Result<Vec<CertificateDer<'static>>> {
        let first = self.ask(&[&[CERTIFICATES]])?;
        Ok(vec![first.into(), read_frame(&self.0)?.into()])
    }

    fn ask(&self, request: &[&[u8]]) -> io::Result<Vec<u8>> {
        write_frame(&self.0, &request.concat())?;
        read_frame(&self.0)
    }

    fn decide(&self, need: Need) -> Answer {
        match need {
            Need::Sign(request) => {
                let scheme = request.scheme().0.to_be_bytes();
                match self.ask(&[&[SIGN], &scheme, request.message()]) {
                    Ok(signature) => request.signed(signature),
                    Err(_) => request.failed(ProviderError::Failed("asking for a signature")),
                }
            }
            Need::DecryptPremaster(request) => {
                let premaster = self.ask(&[&[DECRYPT], request.ciphertext()]).map_or_else(
                    // The connection continues with a random premaster secret, as after any other failure.
                    |_| DecryptedPremaster::failed(),
                    |premaster| DecryptedPremaster::unpadded(&premaster),
                );
                request.decrypted(premaster)
            }
            other => unreachable!("the configuration decides this: {other:?}"),
        }
    }
}

/// Serves one connection: says hello. Returns what the key was asked to do.
fn serve(config: Arc<ServerConfig>, transport: UnixStream, key: RemoteKey) -> io::Result<String> {
    let (asked, heard) = std::sync::mpsc::channel();
    let mut stream = StreamOwned::server(config, transport).answering(move |need| {
        let what = match &need {
            Need::Sign(request) => format!("sign by {}", request.scheme()),
            _ => "decrypt".to_owned(),
        };
        let _ = asked.send(what);
        key.decide(need)
    });
    stream.write_all(b"hello from a server without a key")?;
    stream.close()?;
    stream.read_to_end(&mut Vec::new())?;
    drop(stream);
    Ok(heard.iter().collect::<Vec<_>>().join(" and to "))
}

/// Connects, and reads the server's greeting.
fn greet(config: Arc<ClientConfig>, transport: UnixStream) -> Result<String, Box<dyn Error>> {
    let mut stream = StreamOwned::client(config, ServerName::try_from(SERVER_NAME)?, transport)?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    stream.close()?;
    Ok(said)
}
