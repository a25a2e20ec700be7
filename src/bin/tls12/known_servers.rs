//! The file of `--tofu`: one line for each known service, with its host, its port, and the pin of its key.
//!
//! Several runs may use it at once. Each replaces it as a whole, so it is read again before that, while a lock is held on a file
//! beside it: a lock on the file itself would be one on what is replaced.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::ServerName;
use tempfile::NamedTempFile;
use tls12::verify::{FirstUse, Pin, PinError};

use crate::failure::{Failure, Stage};
use crate::options::Address;
use crate::say;

/// The service in a file that this connection is for.
pub struct KnownServers {
    /// The known key of this service.
    pub known: Arc<FirstUse>,
    path: PathBuf,
    service: String,
    name: ServerName<'static>,
    /// The file had a line for it.
    was_known: bool,
}

impl KnownServers {
    /// Reads the line of a service whose certificate has this name. If the file does not exist, no service is known.
    pub fn read(path: &Path, service: &Address, name: ServerName<'static>) -> Result<Self, Failure> {
        let pins = pins_in(path)?;
        let service = service.known_as(&name).to_string();
        let known = match pins.get(&service) {
            Some(pin) => {
                format!("{} {pin}", name.to_str()).parse().map_err(|error: PinError| Failure::in_file(path, error))?
            }
            None => {
                room(path, &pins)?;
                FirstUse::new()
            }
        };
        let was_known = pins.contains_key(&service);
        Ok(Self { known: Arc::new(known), path: path.to_owned(), service, name, was_known })
    }

    /// Adds a line for this service to the file, if it has none. If another run has added one since the file was read, the key must
    /// be the same.
    pub fn keep(self) -> Result<(), Failure> {
        let Some(pin) = self.known.pin(&self.name).filter(|_| !self.was_known) else { return Ok(()) };
        // Until this function returns.
        let _lock = self.lock()?;
        let mut pins = pins_in(&self.path)?;
        let (path, service) = (self.path.display(), &self.service);
        match pins.get(service) {
            Some(kept) if *kept == pin => return Ok(()),
            Some(kept) => {
                let why = format!(
                    "{path}: another key has been stored for {service} while this connection was made, so this server's was \
                     refused: it has {pin}, the file {kept}; if this one is right, remove the line from the file"
                );
                return Err(Failure::new(Stage::Certificate, why));
            }
            None => room(&self.path, &pins)?,
        }
        pins.insert(service.clone(), pin.clone());
        self.write(&pins).map_err(|error| Failure::in_file(&self.path, error))?;
        say(format_args!("tls12: {path}: {service} was not known; its key is trusted from now on: {pin}"));
        Ok(())
    }

    /// Waits for other runs that are about to write. It ends with the process at the latest.
    fn lock(&self) -> Result<File, Failure> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let opened = File::options().write(true).create(true).truncate(false).open(&path);
        let locked = opened.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| Failure::in_file(Path::new(&path), error))
    }

    /// Atomically.
    fn write(&self, pins: &BTreeMap<String, Pin>) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        pins.iter().try_for_each(|(service, pin)| writeln!(file, "{service} {pin}"))?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// The pins of all services in a file, by `HOST:PORT`. None, if it does not exist.
fn pins_in(path: &Path) -> Result<BTreeMap<String, Pin>, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| Failure::in_file(path, error))?,
    };
    pins(&text).map_err(|error| Failure::in_file(path, error))
}

/// Refuses one more service than can be known.
fn room(path: &Path, pins: &BTreeMap<String, Pin>) -> Result<(), Failure> {
    if pins.len() < FirstUse::MAX_SERVERS {
        return Ok(());
    }
    Err(Failure::in_file(path, format!("{} servers are known already, which is the maximum", pins.len())))
}

/// Why a line is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Form,
    /// A key is known by host and port: another service of the host has another key.
    NoPort,
    Twice,
    TooMany,
}

/// The number of a line, from 1, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
struct LineError(usize, Fault);

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, fault) = self;
        write!(f, "line {number} ")?;
        match fault {
            Fault::Form => f.write_str("is not HOST:PORT, a space and a pin (sha256/...)"),
            Fault::NoPort => f.write_str("has no port: write HOST:PORT"),
            Fault::Twice => f.write_str("is for the same service as an earlier line: remove one of them"),
            Fault::TooMany => write!(f, "is one too many: {} servers is the maximum", FirstUse::MAX_SERVERS),
        }
    }
}

/// Reads all lines.
fn pins(text: &str) -> Result<BTreeMap<String, Pin>, LineError> {
    let mut pins = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (service, pin) = entry(line).map_err(|fault| LineError(number, fault))?;
        if pins.len() >= FirstUse::MAX_SERVERS {
            return Err(LineError(number, Fault::TooMany));
        }
        if pins.insert(service, pin).is_some() {
            return Err(LineError(number, Fault::Twice));
        }
    }
    Ok(pins)
}

/// `HOST:PORT PIN`, with the host as a [`ServerName`] has it.
fn entry(line: &str) -> Result<(String, Pin), Fault> {
    let (service, pin) = line.split_once(' ').ok_or(Fault::Form)?;
    let pin = pin.starts_with("sha256/").then(|| pin.parse().ok()).flatten().ok_or(Fault::Form)?;
    let Ok(address) = crate::options::address(service) else {
        let is_host = ServerName::try_from(service).is_ok();
        return Err(if is_host { Fault::NoPort } else { Fault::Form });
    };
    let name = ServerName::try_from(address.name()).map_err(|_| Fault::Form)?;
    Ok((address.known_as(&name).to_string(), pin))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn services(text: &str) -> Result<Vec<String>, LineError> {
        pins(text).map(|pins| pins.into_keys().collect())
    }

    #[test]
    fn a_service_has_one_name_however_it_is_written() {
        for (written, read) in [
            ("Camera.Local:443", "camera.local:443"),
            ("[0:0::1]:443", "[::1]:443"),
            ("[fe80:0::1%eth0]:443", "[fe80::1%eth0]:443"),
        ] {
            assert_eq!(services(&format!("{written} {PIN}\n")).unwrap(), [read], "{written}");
        }
    }

    #[test]
    fn a_line_that_says_nothing_is_refused_and_so_is_one_said_twice() {
        for line in ["", "a", "a:443", &format!("a:x {PIN}"), &format!(":443 {PIN}"), &format!("::1:443:x {PIN}")] {
            assert_eq!(services(&format!("b:1 {PIN}\n{line}\n")), Err(LineError(2, Fault::Form)), "{line}");
        }
        assert_eq!(services(&format!("a:1 {PIN}\nA:1 {PIN}\n")), Err(LineError(2, Fault::Twice)));
        for host in ["camera.local", "192.0.2.7", "::1"] {
            assert_eq!(services(&format!("a:1 {PIN}\n{host} {PIN}\n")), Err(LineError(2, Fault::NoPort)), "{host}");
        }
        // A key, not a certificate: that one is replaced sooner.
        assert_eq!(
            services(&format!("a:1 {}\n", PIN.replace("sha256/", "certificate:"))),
            Err(LineError(1, Fault::Form))
        );
    }

    #[test]
    fn so_many_are_known_and_no_more() {
        let lines = |count| -> String { (0..count).map(|number| format!("host{number}:1 {PIN}\n")).collect() };
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, lines(FirstUse::MAX_SERVERS)).unwrap();
        let read = |host: &str| {
            let address = Address { host: host.to_owned(), port: 1 };
            KnownServers::read(file.path(), &address, ServerName::try_from(host.to_owned()).unwrap()).map(|_| ())
        };
        read("host0").unwrap();
        assert!(read("other").unwrap_err().to_string().contains("10000 servers are known already"));
        let more = FirstUse::MAX_SERVERS + 1;
        assert_eq!(services(&lines(more)), Err(LineError(more, Fault::TooMany)));
    }
}
