//! The file of `--tofu`: one line for each service that is known, with its host and port, and the pin of its key.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::ServerName;
use tempfile::NamedTempFile;
use tls12::verify::{FirstUse, Pin, PinError};

use crate::failure::Failure;
use crate::options::Address;
use crate::say;

/// The services in a file, and the one that this connection is for.
pub struct KnownServers {
    /// What is known of this service.
    pub known: Arc<FirstUse>,
    path: PathBuf,
    service: String,
    name: ServerName<'static>,
    /// The pins of all services, by `HOST:PORT`, or by the host alone in a line without a port.
    pins: BTreeMap<String, Pin>,
}

impl KnownServers {
    /// Reads what the file has of a service, whose certificate has this name. If it does not exist, no service is known.
    ///
    /// A line without a port holds for every port of its host that has no line of its own.
    pub fn read(path: &Path, service: &Address, name: ServerName<'static>) -> Result<Self, Failure> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| Failure::in_file(path, error))?,
        };
        let pins = pins(&text).map_err(|error| Failure::in_file(path, error))?;
        let service = service.known_as(&name).to_string();
        let known = match pins.get(&service).or_else(|| pins.get(&host(&name))) {
            Some(pin) => {
                format!("{} {pin}", name.to_str()).parse().map_err(|error: PinError| Failure::in_file(path, error))?
            }
            None if pins.len() >= FirstUse::MAX_SERVERS => {
                let why = format!("{} servers are known already, which is the maximum", pins.len());
                return Err(Failure::in_file(path, why));
            }
            None => FirstUse::new(),
        };
        Ok(Self { known: Arc::new(known), path: path.to_owned(), service, name, pins })
    }

    /// Rewrites the file, unless it has a line for this service. Its line takes the place of one without a port.
    pub fn keep(mut self) -> Result<(), Failure> {
        let Some(pin) = self.known.pin(&self.name).filter(|_| !self.pins.contains_key(&self.service)) else {
            return Ok(());
        };
        let was_known = self.pins.remove(&host(&self.name)).is_some();
        self.pins.insert(self.service.clone(), pin.clone());
        self.write().map_err(|error| Failure::in_file(&self.path, error))?;
        let (path, service) = (self.path.display(), &self.service);
        say(format_args!(
            "tls12: {path}: {service} was {}; its key is trusted from now on: {pin}",
            if was_known { "known without its port" } else { "not known" }
        ));
        Ok(())
    }

    /// Whole or not at all.
    fn write(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        self.pins.iter().try_for_each(|(service, pin)| writeln!(file, "{service} {pin}"))?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// Reads all lines.
fn pins(text: &str) -> Result<BTreeMap<String, Pin>, PinError> {
    let mut pins = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (service, pin) = entry(line).ok_or(PinError::Line(number))?;
        if pins.len() >= FirstUse::MAX_SERVERS || pins.insert(service, pin).is_some() {
            return Err(PinError::Line(number));
        }
    }
    Ok(pins)
}

/// `HOST:PORT PIN` or `HOST PIN`, with the host as a [`ServerName`] has it.
fn entry(line: &str) -> Option<(String, Pin)> {
    let (service, pin) = line.split_once(' ')?;
    let pin = pin.starts_with("sha256/").then(|| pin.parse().ok()).flatten()?;
    let service = match crate::options::address(service) {
        Ok(address) => {
            let name = ServerName::try_from(address.name()).ok()?;
            address.known_as(&name).to_string()
        }
        Err(_) => host(&ServerName::try_from(service).ok()?),
    };
    Some((service, pin))
}

fn host(name: &ServerName<'_>) -> String {
    name.to_str().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn services(text: &str) -> Result<Vec<String>, PinError> {
        pins(text).map(|pins| pins.into_keys().collect())
    }

    #[test]
    fn a_service_has_one_name_however_it_is_written() {
        for (written, read) in [
            ("Camera.Local:443", "camera.local:443"),
            ("camera.local", "camera.local"),
            ("[0:0::1]:443", "[::1]:443"),
            ("0:0::1", "::1"),
            ("[fe80:0::1%eth0]:443", "[fe80::1%eth0]:443"),
        ] {
            assert_eq!(services(&format!("{written} {PIN}\n")).unwrap(), [read], "{written}");
        }
    }

    #[test]
    fn a_line_that_says_nothing_is_refused_and_so_is_one_said_twice() {
        for line in ["", "a", "a:443", &format!("a:x {PIN}"), &format!(":443 {PIN}"), &format!("::1:443:x {PIN}")] {
            assert_eq!(services(&format!("b:1 {PIN}\n{line}\n")), Err(PinError::Line(2)), "{line}");
        }
        assert_eq!(services(&format!("a:1 {PIN}\nA:1 {PIN}\n")), Err(PinError::Line(2)));
        // A key, not a certificate: that one is replaced sooner.
        assert_eq!(services(&format!("a:1 {}\n", PIN.replace("sha256/", "certificate:"))), Err(PinError::Line(1)));
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
        assert_eq!(services(&lines(more)), Err(PinError::Line(more)));
    }
}
