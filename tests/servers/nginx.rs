//! Clients of nginx: HTTP/1.1 by every adapter, HTTP/2 by hyper.

use std::fs;
use std::process::Command;

use crate::peer::Process;
use crate::{Folder, free_port, hyper_example, installed, run, wait_for_port};

#[path = "../../examples/futures.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod futures_example;
#[path = "../../examples/tokio.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod tokio_example;
#[path = "../../examples/ureq.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod ureq_example;

/// More than a write of nginx, and than a record.
const PAGE: &str = "0123456789abcdef\n";
const REPEATED: usize = 20_000;

/// A running nginx with one page of 340,000 bytes.
struct Nginx {
    folder: Folder,
    port: u16,
    _process: Process,
}

impl Nginx {
    /// None, if it is not installed.
    fn start() -> Option<Self> {
        let program = installed("nginx")?;
        let (folder, port) = (Folder::new(), free_port());
        let dir = folder.path().to_str().unwrap();
        fs::write(folder.path().join("index.html"), PAGE.repeat(REPEATED)).unwrap();
        let Folder { certificate, key, .. } = &folder;
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {dir}/{kind};\n"))
            .concat();
        let config = format!(
            "master_process off; daemon off; pid {dir}/pid; error_log {dir}/errors;
             events {{}}
             http {{
               {temporary} access_log off;
               server {{
                 listen 127.0.0.1:{port} ssl http2;
                 ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2;
                 root {dir};
               }}
             }}"
        );
        fs::write(folder.path().join("conf"), config).unwrap();
        let mut command = Command::new(program);
        command.args(["-p", dir, "-e", "errors", "-c", "conf"]);
        let process = Process::spawn(&mut command, Some(folder.path().join("errors")));
        wait_for_port(port);
        Some(Self { folder, port, _process: process })
    }

    fn url(&self) -> String {
        format!("https://{}/", self.address())
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// That an answer has this head, and the page whole.
#[track_caller]
fn assert_answer(answer: &str, head: &str) {
    assert!(answer.starts_with(head), "{}", &answer[..answer.len().min(300)]);
    let page = &answer[answer.len().saturating_sub(PAGE.len() * REPEATED)..];
    assert!(page == PAGE.repeat(REPEATED), "{} bytes in all", answer.len());
}

#[test]
fn the_clients_get_a_page() {
    let Some(nginx) = Nginx::start() else { return };
    let roots = &nginx.folder.roots;
    let answer = run(tokio_example::get(&nginx.address(), roots)).unwrap();
    assert_answer(&answer, "HTTP/1.1 200 OK\r\n");
    let answer = smol::block_on(futures_example::get(&nginx.address(), roots)).unwrap();
    assert_answer(&answer, "HTTP/1.1 200 OK\r\n");

    let agent = ureq_example::agent(roots).unwrap();
    // The second request goes over the connection of the first.
    for _ in 0..2 {
        assert_answer(&ureq_example::get(&agent, &nginx.url()).unwrap(), "HTTP/1.1 200 OK\n");
    }
    // ALPN decides, as the server prefers.
    let answer = run(hyper_example::get(&nginx.url(), roots, &["h2", "http/1.1"])).unwrap();
    assert_answer(&answer, "HTTP/2.0 200 OK\n");
    let answer = run(hyper_example::get(&nginx.url(), roots, &["http/1.1"])).unwrap();
    assert_answer(&answer, "HTTP/1.1 200 OK\n");
    let answer = run(hyper_example::get(&nginx.url(), roots, &[])).unwrap();
    assert_answer(&answer, "HTTP/1.1 200 OK\n");
}

/// A name that is not in the certificate, and roots that it does not lead to, are errors of TLS in the errors of all.
#[test]
fn a_server_that_is_not_trusted_gets_no_request() {
    let Some(nginx) = Nginx::start() else { return };
    let other = nginx.folder.path().join("other.pem");
    fs::write(&other, crate::support::pki::Pki::new("another root").root_pem()).unwrap();
    let other = other.to_str().unwrap();
    let by_tokio = run(tokio_example::get(&nginx.address(), other)).unwrap_err();
    let by_futures = smol::block_on(futures_example::get(&nginx.address(), other)).unwrap_err();
    let by_ureq = ureq_example::get(&ureq_example::agent(other).unwrap(), &nginx.url()).unwrap_err();
    let by_hyper = run(hyper_example::get(&nginx.url(), other, &["h2"])).unwrap_err();
    for error in [by_tokio, by_futures, by_ureq, by_hyper] {
        let mut causes = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(next) = cause {
            causes.push(next.to_string());
            cause = next.source();
        }
        assert!(causes.iter().any(|cause| cause.contains("certificate was refused")), "{causes:?}");
    }
    let by_name = nginx.url().replace("127.0.0.1", "localhost");
    assert!(run(hyper_example::get(&by_name, &nginx.folder.roots, &["h2"])).is_err());
    let plain = nginx.url().replace("https", "http");
    assert!(run(hyper_example::get(&plain, &nginx.folder.roots, &[])).is_err());
}
