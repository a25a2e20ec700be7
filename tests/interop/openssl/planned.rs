//! What is tried with every peer.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{
    DEFAULTS, Direction, NAME, NO_EXTENDED_MASTER_SECRET, OpenSsl, Process, Run, S_CLIENT, client_name, server_name,
};
use crate::drive::Driven;
use crate::matrix::{Role, WantedBy};
use crate::plan::{By, Peer, Remote, Setup, Subject};
use crate::support::pki::SERVER_NAME;
use crate::support::psk::Psk;
use crate::support::recording::to_hex;

/// One of the tools with what it was set up for.
struct Tool {
    openssl: Arc<OpenSsl>,
    setup: Setup,
    role: Role,
    /// None before a client's first connection.
    running: Option<super::Peer>,
    /// The options of a client for every connection.
    arguments: Vec<String>,
    /// How many connections there were.
    connections: usize,
}

impl Peer for Arc<OpenSsl> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn lacks(&self, _: Role, subject: Subject) -> Option<&'static str> {
        match subject {
            Subject::Suite(suite) if !self.has(suite) => Some("`openssl ciphers` does not have it"),
            _ => None,
        }
    }

    fn lacks_psk(&self) -> Option<&'static str> {
        None
    }

    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr) {
        let psk = setup.psk.map(known).unwrap_or_default();
        let mut arguments = common(setup);
        arguments.extend(psk.iter().map(String::as_str));
        if let Some(hint) = setup.psk.and_then(|psk| psk.hint) {
            arguments.extend(["-psk_hint", hint]);
        }
        let connections = if setup.resumption.is_some() { "2" } else { "1" };
        arguments.extend(["-naccept", connections]);
        if setup.client_key.is_some() {
            arguments.extend(["-Verify", "1", "-CAfile", "root.pem", "-verify_return_error"]);
        }
        if setup.resumption == Some(By::Ticket) {
            arguments.push("-no_cache");
        }
        if setup.alpn {
            arguments.extend(["-alpn", setup.spoken]);
        }
        let run = Run { arguments, configuration: configuration(setup) };
        let (running, address) = self.s_server(&server_name(setup.server_key), &run);
        (Box::new(self.tool(setup, Role::Client, Some(running), Vec::new())), address)
    }

    fn client(&self, setup: &Setup, address: SocketAddr) -> Box<dyn Remote> {
        let mut arguments: Vec<_> = common(setup).into_iter().map(str::to_owned).collect();
        arguments.extend(setup.psk.map(known).unwrap_or_default());
        let mut add = |more: &[&str]| arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        add(&["-connect", &address.to_string(), "-servername", SERVER_NAME, "-verify_hostname", SERVER_NAME]);
        add(&["-CAfile", "root.pem", "-verify_return_error"]);
        if let Some(kind) = setup.client_key {
            let name = client_name(kind);
            add(&["-cert", &format!("{name}.crt"), "-key", &format!("{name}.key")]);
        }
        if setup.alpn {
            add(&["-alpn", &setup.offered().join(",")]);
        }
        Box::new(self.tool(setup, Role::Server, None, arguments))
    }
}

impl OpenSsl {
    fn tool(self: &Arc<Self>, setup: &Setup, role: Role, running: Option<super::Peer>, arguments: Vec<String>) -> Tool {
        Tool { openssl: Arc::clone(self), setup: setup.clone(), role, running, arguments, connections: 0 }
    }
}

fn common(setup: &Setup) -> Vec<&'static str> {
    let mut arguments = vec!["-cipher", "ALL"];
    if setup.encrypt_then_mac == Some(WantedBy::UsOnly) {
        arguments.push("-no_etm");
    }
    if setup.resumption == Some(By::Id) {
        arguments.push("-no_ticket");
    }
    arguments
}

/// The options for a pre-shared key.
fn known(psk: Psk) -> Vec<String> {
    ["-psk_identity".to_owned(), psk.identity.to_owned(), "-psk".to_owned(), to_hex(psk.key)].to_vec()
}

fn configuration(setup: &Setup) -> &'static str {
    match setup.extended_master_secret {
        Some(WantedBy::UsOnly) => NO_EXTENDED_MASTER_SECRET,
        _ => DEFAULTS,
    }
}

impl Remote for Tool {
    fn call(&mut self) {
        let session = format!("session.{}", self.openssl.unique());
        let mut arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        if self.setup.resumption.is_some() {
            arguments.extend(["-sess_out", &session]);
        }
        let run = Run { arguments, configuration: configuration(&self.setup) };
        self.running = Some(self.openssl.spawn(&S_CLIENT, &[], &run));
        if self.setup.resumption.is_some() && self.connections == 0 {
            self.arguments.extend(["-sess_in".to_owned(), session]);
        }
    }

    fn assert_running(&mut self) {
        self.running.as_mut().map(|peer| Process::assert_running(&mut peer.process)).unwrap();
    }

    fn converse(&mut self, mut ours: Driven, lengths: &[usize]) {
        let resumed = self.connections > 0;
        self.connections += 1;
        let mut peer = self.running.take().unwrap();
        let report = peer.connected();
        check(&report, self.role, &self.setup, self.openssl.name_of(self.setup.suite), resumed);
        peer.exchange(&mut ours, lengths);
        ours.close();
        if self.role == Role::Client && self.setup.resumption.is_some() && !resumed {
            self.running = Some(peer);
            return;
        }
        let closed = if self.role == Role::Client { self.connections } else { 1 };
        let told = peer.end();
        assert!(told.status.success(), "{}", told.status);
        for direction in [Direction::Sent, Direction::Received] {
            assert_eq!(told.alerts(direction), vec!["warning close notify"; closed], "{direction:?}");
        }
    }
}

/// Checks what the tool has said of a connection.
fn check(report: &str, role: Role, setup: &Setup, suite: &str, resumed: bool) {
    let says = |line: &str| report.contains(line);
    match role {
        Role::Client => {
            assert!(says(&format!("CIPHER is {suite}\n")));
            assert_eq!(says("Reused session-id\n"), resumed);
            assert_eq!(says("Client certificate\n"), setup.client_key.is_some());
            assert_eq!(says(&format!("ALPN protocols selected: {}\n", setup.spoken)), setup.alpn);
        }
        Role::Server => {
            // What stands between the two is the version that the suite is from.
            let line = report.lines().find(|line| line.ends_with(&format!(", Cipher is {suite}"))).unwrap();
            assert!(line.starts_with(if resumed { "Reused, " } else { "New, " }), "{line}");
            assert!(says("Verify return code: 0 (ok)\n"));
            assert_eq!(says(&format!("ALPN protocol: {}\n", setup.spoken)), setup.alpn);
            let [identity, hint] = [setup.psk.map(|psk| psk.identity), setup.psk.and_then(|psk| psk.hint)];
            assert!(says(&format!("PSK identity: {}\n", identity.unwrap_or("None"))), "{report}");
            assert!(says(&format!("PSK identity hint: {}\n", hint.unwrap_or("None"))), "{report}");
            if let Some(wanted) = setup.extended_master_secret {
                let yes_or_no = if wanted == WantedBy::Both { "yes" } else { "no" };
                assert!(says(&format!("Extended master secret: {yes_or_no}\n")));
            }
        }
    }
}
