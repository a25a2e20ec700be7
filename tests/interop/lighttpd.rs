//! mbedTLS and wolfSSL, as modules of lighttpd: servers only, with HTTP on top.
//!
//! One lighttpd for each library listens at a port for each [`Site`], until all trials are done. A script sends the body
//! of each request back, and in the header what the library has said of the connection.

use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use libtest_mimic::Trial;
use tls12::crypto::{CipherSuite, KeyExchange};

use crate::Missing;
use crate::drive::{Driven, listen, sample};
use crate::files::{Files, ROOT, Whose};
use crate::matrix::{Role, WantedBy};
use crate::peer::Process;
use crate::plan::{self, By, Peer, Remote, Setup, Subject};
use crate::results::Results;
use crate::support::pki::{KeyKind, SERVER_NAME};
use crate::support::suites;

/// Not every user's PATH has the second's folder.
const PROGRAMS: [&str; 2] = ["lighttpd", "/usr/sbin/lighttpd"];

/// How often it is started anew if another process has taken one of its ports.
const ATTEMPTS: usize = 5;

/// What is listened for at one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Site {
    key: KeyKind,
    requires_certificate: bool,
}

impl Site {
    const ALL: [Self; 4] = [
        Self { key: KeyKind::Rsa, requires_certificate: false },
        Self { key: KeyKind::P256, requires_certificate: false },
        Self { key: KeyKind::Rsa, requires_certificate: true },
        Self { key: KeyKind::P256, requires_certificate: true },
    ];
}

/// Sends the body of a request back. lighttpd's module has set the variables.
const SCRIPT: &str = r"
printf 'Content-Length: %s\r\nSuite: %s\r\nClient: %s\r\n\r\n' \
    $CONTENT_LENGTH $SSL_CIPHER ${SSL_CLIENT_M_SERIAL:-none}
exec cat
";

/// A library that lighttpd has a module for.
pub struct Library {
    name: &'static str,
    module: &'static str,
    install: &'static str,
    /// Debian's packages of the library itself.
    packages: &'static str,
    /// Its name of a suite.
    name_of: fn(&CipherSuite) -> String,
    /// Why it cannot be tried with something.
    lacks: fn(Subject) -> Option<&'static str>,
}

pub static MBEDTLS: Library = Library {
    name: "mbedTLS",
    module: "mod_mbedtls",
    install: "apt-get install lighttpd lighttpd-mod-mbedtls",
    packages: "libmbedtls*",
    name_of: |suite| suite.name.replace('_', "-"),
    lacks: |_| None,
};

pub static WOLFSSL: Library = Library {
    name: "wolfSSL",
    module: "mod_wolfssl",
    install: "apt-get install lighttpd lighttpd-mod-wolfssl",
    packages: "libwolfssl*",
    // As OpenSSL: ECDHE-RSA-AES128-SHA256, ECDHE-RSA-AES128-GCM-SHA256, ECDHE-RSA-CHACHA20-POLY1305.
    name_of: |suite| {
        let name = suite.name.replace("TLS_", "").replace("WITH_", "").replace("AES_", "AES").replace("_CBC", "");
        name.replace("POLY1305_SHA256", "POLY1305").replace('_', "-")
    },
    lacks: |subject| match subject {
        Subject::Suite(suite) if suite.key_exchange == KeyExchange::Rsa => Some("Debian builds it without static RSA"),
        // Its only certificate_type is that of its own key, whatever its supported_signature_algorithms say. Our client
        // keeps to it, as RFC 5246 §7.4.6 wants, and shows no certificate.
        Subject::ClientCertificate { client: KeyKind::P256, server: KeyKind::Rsa } => {
            Some("it asks for certificates of the type of its own")
        }
        _ => None,
    },
};

/// Everything that is tried with this library.
pub fn trials(library: &'static Library, results: &Arc<Results>) -> Result<Vec<Trial>, Missing> {
    let peer: Arc<dyn Peer> = Arc::new(Lighttpd::find(library)?);
    Ok(plan::trials(&peer, results))
}

/// lighttpd on this machine, with one of its modules.
struct Lighttpd {
    library: &'static Library,
    program: &'static str,
    version: String,
    files: Files,
    running: OnceLock<Running>,
}

/// The running server.
struct Running {
    addresses: Vec<(Site, SocketAddr)>,
    /// Ends it when this is dropped.
    _process: Process,
}

impl Lighttpd {
    fn find(library: &'static Library) -> Result<Self, Missing> {
        let missing = |why| Missing { peer: library.name, why, install: library.install };
        let say = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().ok()?;
            Some((output.status, String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()))
        };
        let found = PROGRAMS.iter().find_map(|program| Some((*program, say(program, &["-v"])?.1)));
        let (program, version) = found.ok_or_else(|| missing("`lighttpd` does not run".to_owned()))?;
        // Such as `lighttpd/1.4.69 (ssl) - a light and fast webserver`.
        let lighttpd = version.split_whitespace().next().unwrap_or_default().replace('/', " ");
        // What the libraries do not tell, Debian does.
        let packages = say("dpkg-query", &["-W", "-f", "${Version}\n", library.packages]);
        let own = packages.filter(|(status, _)| status.success()).map(|(_, text)| text).unwrap_or_default();
        let own = own.lines().next().unwrap_or_default();
        let version = format!("{} {own}", library.name);
        let version = format!("{} in {lighttpd}", version.trim_end());
        let lighttpd = Self { library, program, version, files: Files::new(), running: OnceLock::new() };
        fs::write(lighttpd.files.path().join("echo.sh"), SCRIPT).unwrap();
        // No port is taken to check it.
        let ports: Vec<_> = Site::ALL.into_iter().zip(1..).collect();
        match say(program, &["-tt", "-f", lighttpd.configure(&ports).to_str().unwrap()]) {
            Some((status, _)) if status.success() => Ok(lighttpd),
            Some((_, said)) => Err(missing(format!("lighttpd cannot be configured: {said}"))),
            None => unreachable!("it has run before"),
        }
    }

    /// Writes a configuration, with these ports.
    fn configure(&self, ports: &[(Site, u16)]) -> PathBuf {
        let Library { module, name_of, .. } = self.library;
        let folder = self.files.path().display();
        let suites = suites::certified().map(name_of).collect::<Vec<_>>().join(":");
        // HTTP/2 is not what we speak.
        let mut text = format!(
            r#"
            server.modules = ("{module}", "mod_cgi")
            server.document-root = "{folder}"
            server.upload-dirs = ("{folder}")
            server.feature-flags = ("server.h2proto" => "disable")
            server.bind = "127.0.0.1"
            cgi.assign = (".sh" => "/bin/sh")
            "#
        );
        for (index, (site, port)) in ports.iter().enumerate() {
            let Site { key, requires_certificate } = site;
            // One site must be outside of all conditions.
            let (start, end) = if index == 0 {
                (format!("server.port = {port}"), "")
            } else {
                (format!(r#"$SERVER["socket"] == "127.0.0.1:{port}" {{"#), "}")
            };
            let certificate = self.files.certificate(Whose::Server, *key).display().to_string();
            let key = self.files.key(Whose::Server, *key).display().to_string();
            let verify = if *requires_certificate { "enable" } else { "disable" };
            write!(
                text,
                r#"
                {start}
                ssl.engine = "enable"
                ssl.pemfile = "{certificate}"
                ssl.privkey = "{key}"
                ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv1.2", "CipherString" => "{suites}")
                ssl.verifyclient.activate = "{verify}"
                ssl.verifyclient.enforce = "{verify}"
                ssl.verifyclient.ca-file = "{folder}/{ROOT}"
                ssl.verifyclient.exportcert = "{verify}"
                {end}
                "#
            )
            .unwrap();
        }
        let path = self.files.path().join("lighttpd.conf");
        fs::write(&path, text).unwrap();
        path
    }

    fn running(&self) -> &Running {
        self.running.get_or_init(|| {
            let mut attempts = (0..ATTEMPTS).filter_map(|_| self.start());
            attempts.next().expect("ports that no other process takes")
        })
    }

    /// None, if a port is not free.
    fn start(&self) -> Option<Running> {
        // It takes no port 0, and says of no port that it has chosen: these were free a moment ago.
        let listeners: Vec<(TcpListener, SocketAddr)> = Site::ALL.iter().map(|_| listen()).collect();
        let addresses: Vec<_> = Site::ALL.into_iter().zip(listeners.iter().map(|(_, address)| *address)).collect();
        drop(listeners);
        let ports: Vec<_> = addresses.iter().map(|(site, address)| (*site, address.port())).collect();
        // It says everything on its standard error.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", r#"exec "$0" -D -f "$1" 2>&1"#, self.program]).arg(self.configure(&ports));
        let process = Process::spawn(&mut command, None);
        let has_started = process.wait_for("server started", |output| {
            let said = String::from_utf8_lossy(output);
            let taken = said.contains("can't bind to socket");
            (taken || said.contains("server started")).then_some(!taken)
        });
        has_started.then_some(Running { addresses, _process: process })
    }
}

impl Peer for Lighttpd {
    fn name(&self) -> &'static str {
        self.library.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn lacks(&self, role: Role, subject: Subject) -> Option<&'static str> {
        match subject {
            _ if role == Role::Server => Some("lighttpd is no client"),
            Subject::Resumption(By::Id) => Some("lighttpd keeps no sessions"),
            Subject::ExtendedMasterSecret(WantedBy::UsOnly) | Subject::EncryptThenMac(WantedBy::UsOnly) => {
                Some("lighttpd has no setting that turns it off")
            }
            _ => (self.library.lacks)(subject),
        }
    }

    fn spoken(&self, _: Role) -> &'static str {
        "http/1.1"
    }

    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr) {
        let wanted = Site { key: setup.server_key, requires_certificate: setup.client_key.is_some() };
        let found = self.running().addresses.iter().find(|(site, _)| *site == wanted);
        let (_, address) = found.unwrap_or_else(|| panic!("there is no {wanted:?}"));
        let suite = (self.library.name_of)(setup.suite);
        let client = setup.our_identity(Role::Client).map(|ours| serial_number(&ours.certificate));
        (Box::new(Visits { suite, client: client.unwrap_or("none".to_owned()) }), *address)
    }

    fn client(&self, _: &Setup, _: SocketAddr) -> Box<dyn Remote> {
        unreachable!("it has none: see `lacks`")
    }
}

/// The connections of a trial.
struct Visits {
    /// What the header must say of the suite.
    suite: String,
    /// And of the client's certificate.
    client: String,
}

impl Remote for Visits {
    fn converse(&mut self, mut ours: Driven, lengths: &[usize]) {
        for &length in lengths {
            let body = sample(length);
            let head = format!("POST /echo.sh HTTP/1.1\r\nHost: {SERVER_NAME}\r\nContent-Length: {length}\r\n\r\n");
            ours.send(head.as_bytes());
            ours.send(&body);
            let (head, received) = response(&mut ours, length);
            let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
            assert_eq!(field("Suite"), Some(&*self.suite));
            let client = field("Client").map(|number| number.trim_start_matches('0').to_lowercase());
            assert_eq!(client.as_ref(), Some(&self.client));
            assert!(received == body, "lighttpd sends back something else");
        }
        ours.close();
    }
}

/// Waits for a response with a body of this length. Returns its head, and the body.
fn response(ours: &mut Driven, length: usize) -> (String, Vec<u8>) {
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let mut bytes = Vec::new();
    loop {
        bytes.extend(ours.receive(1));
        if let Some(at) = bytes.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD) {
            let mut body = bytes.split_off(at + END_OF_HEAD.len());
            while body.len() < length {
                body.extend(ours.receive(1));
            }
            return (String::from_utf8(bytes).unwrap(), body);
        }
    }
}

/// In hexadecimal, without leading zeros.
fn serial_number(certificate: &[u8]) -> String {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).unwrap();
    format!("{:x}", certificate.tbs_certificate.serial)
}
