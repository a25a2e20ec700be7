//! `tls12 scan` and `--explain`, against servers that are set up for it: the expected results are their settings.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;
use tls12::{ClientConfig, Policy};

use crate::files;
use crate::json::read;
use crate::openssl::openssl_is_here;
use crate::support::pki::PKI;
use crate::support::ports::free_port;
use crate::tool::{Running, client, run, tls12};

pub const RSA: [&str; 4] = ["-cert", "cert.pem", "-key", "key.pem"];
const ECDSA: [&str; 4] = ["-cert", "ecdsa-cert.pem", "-key", "ecdsa-key.pem"];

/// OpenSSL's server, and its port.
pub fn openssl(args: &[&str], dir: &TempDir) -> (Running, u16) {
    let server = run("openssl", &[&["s_server", "-accept", "127.0.0.1:0"], args].concat(), dir);
    loop {
        if let Some((_, port)) = server.stdout_line().strip_prefix("ACCEPT ").and_then(|at| at.rsplit_once(':')) {
            return (server, port.parse().unwrap());
        }
    }
}

/// What a scan of the server on this port says.
pub fn scan(port: u16, args: &[&str], dir: &TempDir) -> Value {
    let address = format!("127.0.0.1:{port}");
    let always = ["scan", &address, "--json", "--ca", "ca.pem", "--server-name", "server.example"];
    let done = tls12(&[&always, args].concat(), dir).finish();
    let [line] = &done.assert_succeeded().stdout[..] else { panic!("{done:?}") };
    read("scan", line)
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// The suites of a version.
pub fn suites<'v>(scan: &'v Value, version: &str) -> Vec<&'v str> {
    let of = scan["versions"].as_array().unwrap().iter().find(|found| found["version"] == version).unwrap();
    names(&of["suites"])
}

fn versions(scan: &Value) -> Vec<&str> {
    let supported = scan["versions"].as_array().unwrap().iter().filter(|version| version["supported"] == true);
    supported.map(|version| version["version"].as_str().unwrap()).collect()
}

/// The standard's names of what OpenSSL understands by this, in its order.
pub fn openssl_suites(ciphers: &str) -> Vec<String> {
    let output = Command::new("openssl").args(["ciphers", "-s", "-tls1_2", "-stdname", ciphers]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name.contains("_WITH_"))
        .collect()
}

#[test]
fn suites_are_found_in_the_servers_order() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let ciphers =
        "AES256-SHA:CAMELLIA128-SHA:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0";
    let expected = openssl_suites(ciphers);
    assert_eq!(expected.len(), 5);
    let args = [&RSA[..], &["-tls1_2", "-cipher", ciphers]].concat();
    let (_server, port) = openssl(&[&args[..], &["-serverpref"]].concat(), &dir);
    let found = scan(port, &[], &dir);
    assert_eq!(suites(&found, "TLS 1.2"), expected);
    assert_eq!((versions(&found), &found["versions"][2]["server_order"]), (vec!["TLS 1.2"], &json!(true)));
    assert_eq!(
        found["versions"][2]["suites"][1],
        json!({ "code": 0x41, "name": "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", "ours": false })
    );

    let (_server, port) = openssl(&args, &dir);
    let found = scan(port, &[], &dir);
    assert_eq!(
        suites(&found, "TLS 1.2").into_iter().collect::<BTreeSet<_>>(),
        expected.iter().map(String::as_str).collect()
    );
    assert_eq!(found["versions"][2]["server_order"], false);
}

/// Also versions that nobody should speak, and certificates of two types of key.
#[test]
fn versions_and_certificates_are_found() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let both = ["-dcert", "ecdsa-cert.pem", "-dkey", "ecdsa-key.pem", "-cipher", "ALL:!aDSS:@SECLEVEL=0"];
    let (_server, port) = openssl(&[&RSA[..], &both].concat(), &dir);
    let found = scan(port, &[], &dir);
    assert_eq!(versions(&found), ["TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"]);
    let expected: BTreeSet<String> = openssl_suites("ALL:!aDSS:@SECLEVEL=0").into_iter().collect();
    assert_eq!(suites(&found, "TLS 1.2").into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    assert_eq!(suites(&found, "TLS 1.3").len(), 3, "OpenSSL has CCM off by default");
    let certificates = found["certificates"].as_array().unwrap();
    let keys: BTreeSet<_> = certificates.iter().map(|chain| chain["chain"][0]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["ECDSA, P-256", "RSA, 2048 bits"].into());
    assert!(certificates.iter().all(|chain| chain["trusted"] == true), "{certificates:?}");

    let (_server, port) = openssl(&[&RSA[..], &["-tls1_3"]].concat(), &dir);
    let found = scan(port, &[], &dir);
    assert_eq!((versions(&found), &found["needs"]["impossible"]), (vec!["TLS 1.3"], &json!("it speaks TLS 1.3 only")));
    assert_eq!(found["sessions"], Value::Null);
}

#[test]
fn groups_and_schemes_are_found() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let limits = ["-tls1_2", "-curves", "P-521:X448", "-sigalgs", "RSA+SHA512:rsa_pss_rsae_sha256", "-serverpref"];
    let (_server, port) = openssl(&[&RSA[..], &limits].concat(), &dir);
    let found = scan(port, &[], &dir);
    assert_eq!(names(&found["groups"]), ["secp521r1", "x448"]);
    let schemes: BTreeSet<_> = names(&found["signature_schemes"]).into_iter().collect();
    assert_eq!(schemes, ["rsa_pkcs1_sha512", "rsa_pss_rsae_sha256"].into());

    // Where the key's own group must be offered, those behind it are found all the same.
    let limits = ["-tls1_2", "-curves", "P-256:X25519:P-384"];
    let (_server, port) = openssl(&[&ECDSA[..], &limits].concat(), &dir);
    let groups: BTreeSet<String> = names(&scan(port, &[], &dir)["groups"]).into_iter().map(str::to_owned).collect();
    assert_eq!(groups, ["secp256r1", "secp384r1", "x25519"].map(str::to_owned).into());
}

#[test]
fn extensions_and_sessions_are_found() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    fs::write(dir.path().join("ocsp.der"), [0x30, 3, 0x0a, 1, 3]).unwrap();
    let more = ["-tls1_2", "-alpn", "http/1.1,h2", "-status_file", "ocsp.der", "-no_ticket", "-Verify", "1"];
    let (_server, port) = openssl(&[&RSA[..], &more].concat(), &dir);
    let found = scan(port, &[], &dir);
    assert_eq!(found["alpn"], json!(["http/1.1", "h2"]));
    assert_eq!((&found["ocsp_stapled"], &found["asks_for_client_certificate"]), (&json!(true), &json!(true)));
    assert!(found["sessions"]["failure"].is_string(), "it insists on a certificate: {found}");
    for key in [
        "extended_master_secret",
        "encrypt_then_mac",
        "secure_renegotiation",
        "max_fragment_length",
        "same_without_name",
    ] {
        assert_eq!(found[key], true, "{key}");
    }
    assert_eq!(
        (&found["compression"], &found["record_size_limit"], &found["intolerances"]),
        (&json!(false), &Value::Null, &json!([]))
    );

    for (options, by_id, by_ticket) in
        [(&["-no_ticket"][..], true, false), (&["-no_ticket", "-no_cache"], false, false), (&[], true, true)]
    {
        let (_server, port) = openssl(&[&RSA[..], &["-tls1_2"], options].concat(), &dir);
        let found = scan(port, &[], &dir);
        let expected = json!({ "failure": null, "by_id": by_id, "by_ticket": by_ticket, "end": "close_notify" });
        assert_eq!(found["sessions"], expected, "{options:?}");
        assert_eq!((&found["alpn"], &found["ocsp_stapled"]), (&json!([]), &json!(false)));
    }
}

/// GnuTLS's server with this setting, and its port; none, if it is not here. It knows no way to listen on loopback only.
fn gnutls(priority: &str, dir: &TempDir) -> Option<(Running, u16)> {
    if Command::new("gnutls-serv").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "gnutls-serv is missing");
        eprintln!("gnutls-serv is not installed (apt-get install gnutls-bin): nothing was tested against it");
        return None;
    }
    let port = free_port();
    let files = ["--x509certfile", "cert.pem", "--x509keyfile", "key.pem"];
    let server = run(
        "gnutls-serv",
        &[&["--quiet", "--port", &port.to_string(), "--priority", priority], &files[..]].concat(),
        dir,
    );
    wait_for(port);
    Some((server, port))
}

fn wait_for(port: u16) {
    let begun = std::time::Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < crate::tool::TIMEOUT, "nobody listens");
        thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_server_without_repairs_is_known() {
    let dir = files();
    let old =
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1:%NO_SESSION_HASH:%NO_ETM";
    let Some((_server, port)) = gnutls(&format!("{old}:%DISABLE_SAFE_RENEGOTIATION"), &dir) else { return };
    let found = scan(port, &[], &dir);
    assert_eq!(suites(&found, "TLS 1.2"), ["TLS_RSA_WITH_AES_128_CBC_SHA"]);
    for key in ["extended_master_secret", "encrypt_then_mac", "secure_renegotiation"] {
        assert_eq!(found[key], false, "{key}");
    }
    assert_eq!((&found["groups"], &found["signature_schemes"]), (&json!([]), &json!([])));
    assert_eq!(found["sessions"]["failure"], Value::Null);
    let options = ["--policy legacy", "--suite TLS_RSA_WITH_AES_128_CBC_SHA"];
    assert_eq!(found["needs"]["options"], json!(options));

    let Some((_server, port)) = gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2", &dir) else { return };
    let found = scan(port, &[], &dir);
    for key in ["extended_master_secret", "encrypt_then_mac", "secure_renegotiation"] {
        assert_eq!(found[key], true, "{key}");
    }
    assert_eq!(found["record_size_limit"], 16384);
    assert_eq!(found["needs"]["options"], json!(["--policy modern"]));
}

#[test]
fn nginx_is_known() {
    let Some(program) =
        ["nginx", "/usr/sbin/nginx"].into_iter().find(|name| Command::new(name).arg("-v").output().is_ok())
    else {
        assert!(std::env::var_os("CI").is_none(), "nginx is missing");
        eprintln!("nginx is not installed (apt-get install nginx-light): nothing was tested against it");
        return;
    };
    let dir = files();
    let path = dir.path().to_str().unwrap();
    let port = free_port();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {path}/{kind};"))
        .concat();
    let config = format!(
        "master_process off; daemon off; pid {path}/pid; events {{}}
         http {{ {temporary} access_log off; server {{
           listen 127.0.0.1:{port} ssl http2; ssl_certificate {path}/cert.pem; ssl_certificate_key {path}/key.pem;
           ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256;
           ssl_prefer_server_ciphers on; ssl_ecdh_curve secp384r1; ssl_session_tickets off; ssl_session_cache none; }} }}"
    );
    fs::write(dir.path().join("conf"), config).unwrap();
    let _server = run(program, &["-p", path, "-e", "errors", "-c", "conf"], &dir);
    wait_for(port);
    let found = scan(port, &[], &dir);
    assert_eq!(versions(&found), ["TLS 1.2", "TLS 1.3"]);
    let expected = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"];
    assert_eq!((suites(&found, "TLS 1.2"), names(&found["groups"])), (expected.into(), vec!["secp384r1"]));
    assert_eq!(found["alpn"], json!(["h2", "http/1.1", "http/1.0", "http/0.9"]));
    assert_eq!((&found["sessions"]["by_id"], &found["sessions"]["by_ticket"]), (&json!(false), &json!(false)));
    assert_eq!(found["encrypt_then_mac"], Value::Null, "there is no CBC suite");
}

/// Statements of Rust as text, and the policy that they make.
macro_rules! policy {
    ($(use $path:path;)* let $name:ident = $value:expr;) => {
        (
            concat!($("use ", stringify!($path), ";",)* "let ", stringify!($name), "=", stringify!($value), ";"),
            {
                $(use $path;)*
                let $name = $value;
                $name
            },
        )
    };
}

/// Without what is a matter of layout: spaces, and the comma at the end of a list.
fn tokens(text: &str) -> String {
    text.split_whitespace().collect::<String>().replace(",]", "]")
}

/// The code that a scan ends with compiles, since it is that of this test; and is enough.
#[test]
fn the_least_policy_is_code_that_will_do() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let cases: [(&[&str], (&str, Policy)); 4] = [
        (
            &["-cipher", "ECDHE+AESGCM:ECDHE+SHA1:AES128-SHA"],
            policy! { use tls12::Policy; let policy = Policy::modern(); },
        ),
        (
            &["-cipher", "ECDHE-RSA-AES128-SHA:AES128-SHA"],
            policy! { use tls12::Policy; let policy = Policy::default(); },
        ),
        (
            &["-cipher", "AES128-SHA:AES256-GCM-SHA384"],
            policy! {
                use tls12::Policy;
                use tls12::crypto::CipherSuite;
                let policy = Policy::default()
                    .suites(["TLS_RSA_WITH_AES_256_GCM_SHA384",].into_iter().filter_map(CipherSuite::from_name));
            },
        ),
        (
            &["-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-sigalgs", "RSA+SHA1"],
            policy! {
                use tls12::Policy;
                use tls12::SignatureScheme;
                let policy = Policy::modern().signature_schemes([SignatureScheme::RSA_PKCS1_SHA1]);
            },
        ),
    ];
    for (options, (code, policy)) in cases {
        let (_server, port) = openssl(&[&RSA[..], &["-tls1_2"], options].concat(), &dir);
        let found = scan(port, &[], &dir);
        assert_eq!(tokens(found["needs"]["code"].as_str().unwrap()), tokens(code), "{options:?}");
        assert_eq!(found["sessions"]["failure"], Value::Null);
        let trust = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
        let config = ClientConfig::builder(trust).policy(policy).build().unwrap();
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut stream = StreamOwned::client(config, "server.example".try_into().unwrap(), socket).unwrap();
        stream.complete_handshake().unwrap();
        // And as options.
        let options = found["needs"]["options"].as_array().unwrap();
        let options: Vec<&str> = options.iter().flat_map(|option| option.as_str().unwrap().split(' ')).collect();
        drop(stream);
        client(port, &options, &dir).finish().assert_succeeded();
    }
}

/// Passes connections on to a port, and counts them.
fn counting_relay(to: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            counted.fetch_add(1, Ordering::SeqCst);
            let far = TcpStream::connect(("127.0.0.1", to)).unwrap();
            for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
    (port, count)
}

/// A connection for each thing that the server has, and few besides.
#[test]
fn connections_are_few_and_counted() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let ciphers = "ECDHE+RSA+AES:RSA+AES:!CCM:!ARIA:@SECLEVEL=0";
    let expected = openssl_suites(ciphers);
    let (_server, port) = openssl(&[&RSA[..], &["-tls1_2", "-cipher", ciphers]].concat(), &dir);
    let (relay, count) = counting_relay(port);
    let found = scan(relay, &[], &dir);
    assert_eq!(suites(&found, "TLS 1.2").len(), expected.len());
    let count = count.load(Ordering::SeqCst);
    assert_eq!(found["connections"], count);
    let things = expected.len() + names(&found["groups"]).len() + names(&found["signature_schemes"]).len();
    assert!(count <= things + 40, "{count} for {things}");
}

/// A guess becomes a fact, and options that were tried.
#[test]
fn failures_are_explained_by_other_offers() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let cases: [(&[&str], &[&str], &str, &str); 5] = [
        (
            &["-tls1_2", "-curves", "P-521"],
            &["--group", "x25519"],
            "the server supports only the group secp521r1, which was not offered",
            "a handshake succeeded with: --group secp521r1",
        ),
        (
            &["-tls1_2", "-cipher", "AES128-SHA"],
            &[],
            "the server supports only cipher suites that were not offered: TLS_RSA_WITH_AES_128_CBC_SHA",
            "a handshake succeeded with: --suite TLS_RSA_WITH_AES_128_CBC_SHA",
        ),
        (
            &["-tls1_2", "-cipher", "ECDHE+AESGCM:@SECLEVEL=0", "-sigalgs", "RSA+SHA1"],
            &[],
            "the server supports only the signature scheme rsa_pkcs1_sha1, which was not offered",
            "a handshake succeeded with: --allow sha1",
        ),
        (&["-tls1_3"], &[], "the server speaks only TLS 1.3; tls12 speaks TLS 1.2", ""),
        (&["-tls1_2", "-Verify", "1"], &[], "the server requests a client certificate", "no handshake succeeded"),
    ];
    for (theirs, ours, fact, outcome) in cases {
        let (_server, port) = openssl(&[&RSA[..], theirs].concat(), &dir);
        let done = client(port, &[&["--server-name", "server.example", "--explain"], ours].concat(), &dir).finish();
        done.assert_no_handshake("alert");
        for words in [fact, outcome] {
            assert!(done.stderr.iter().any(|line| line.contains(words)), "{words}: {done:#?}");
        }
        assert!(!done.stderr.concat().contains("what to try"), "facts take the place of guesses: {done:#?}");
        let args = ["--server-name", "server.example", "--explain", "--json"];
        let done = client(port, &[&args[..], ours].concat(), &dir).finish();
        let failed = read("failed", done.stderr.last().unwrap());
        assert!(failed["explanation"]["found"]["facts"][0].as_str().unwrap().contains(fact), "{failed}");
    }
}
