//! `--json`: every line that a command prints is checked against the schema; and `--quiet`.

use std::fs;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::tool::{Running, client, exchange, tls12};

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tls12.schema.json")).unwrap();
    jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap()
});

/// A line of output, which must be as the schema says and of this type.
#[track_caller]
pub fn read(kind: &str, line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(value["type"], kind, "{line}");
    let wrong: Vec<String> = SCHEMA.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{line}");
    value
}

/// A server of ours that tells in JSON, and its port.
pub fn server(args: &[&str], dir: &TempDir) -> (Running, u16) {
    let always = ["server", "127.0.0.1:0", "--json", "--cert", "cert.pem", "--key", "key.pem", "--echo"];
    let server = tls12(&[&always, args].concat(), dir);
    let address = read("listening", &server.stdout_line())["address"].as_str().unwrap().to_owned();
    let port = address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    (server, port)
}

#[test]
fn a_connection_is_told_by_both_sides() {
    let dir = files();
    let args = ["--alpn", "h2", "--export", "EXPERIMENTAL-x:8"];
    let (server, port) = server(&args, &dir);
    let name =
        ["--json", "--server-name", "server.example", "--show-certs", "--suite", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"];
    let done = exchange(client(port, &[&name, &args[..]].concat(), &dir), "text\n");
    assert_eq!(done.assert_succeeded().stdout, ["text"], "data stays what it is");
    let [connected, received] = &done.stderr[..] else { panic!("{done:?}") };
    read("received", received);
    let ours = read("connected", connected);
    assert_eq!(ours["suite"], "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
    assert_eq!(
        (&ours["alpn"], &ours["etm"], &ours["ems"], &ours["resumed"]),
        (&json!("h2"), &json!(true), &json!(true), &Value::Null)
    );
    assert_eq!(ours["chain"], json!(["CN=tls12 test server"]));
    assert_eq!(ours["verdict"], json!({ "trusted": true, "report": null }));
    assert_eq!(ours["record_limit"], json!({ "send": 16384, "receive": 16384 }));
    assert_eq!(ours["certificates"][0]["subject"], "CN=tls12 test server");
    let theirs = read("connected", &server.stderr_line());
    assert_eq!((&theirs["server_name"], &theirs["export"]), (&json!("server.example"), &ours["export"]));
    assert_eq!(read("closed", &server.stderr_line())["peer"], theirs["peer"]);
}

#[test]
fn failures_are_told_by_both_sides() {
    let dir = files();
    let (server, port) = server(&["--policy", "modern"], &dir);
    let done = client(port, &["--json", "--suite", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"], &dir).finish();
    assert_eq!(done.status.code(), Some(5));
    let ours = read("failed", &done.stderr[0]);
    assert_eq!(
        (&ours["kind"], &ours["exit_code"], &ours["explanation"]["side"]),
        (&json!("protocol"), &json!(5), &Value::Null)
    );
    assert!(ours["explanation"]["cause"].as_str().unwrap().contains("handshake_failure"), "{ours}");
    assert_ne!(ours["explanation"]["advice"], json!([]));
    let theirs = read("failed", &server.stderr_line());
    assert_eq!((&theirs["kind"], &theirs["explanation"]["side"]), (&json!("protocol"), &json!("both")));

    // Refused certificates, wrong usage, and no server.
    let done = client(port, &["--json", "--server-name", "other.example", "--show-certs"], &dir).finish();
    let [verdict, failed] = &done.stderr[..] else { panic!("{done:?}") };
    let verdict = read("verdict", verdict);
    assert!(verdict["report"].as_str().unwrap().contains("other.example"), "{verdict}");
    assert_eq!(verdict["certificates"][0]["subject"], "CN=tls12 test server");
    assert_eq!(read("failed", failed)["explanation"]["side"], "peer");
    let done = client(port, &["--json", "--look", "--server-name", "other.example"], &dir).finish();
    let looked = read("connected", &done.stdout[0]);
    assert!(looked["pin"].as_str().unwrap().starts_with("sha256/"));
    assert_eq!(looked["verdict"]["trusted"], false);
    let done = client(1, &["--json", "--tofu", "x", "--strict"], &dir).finish();
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    let done = client(port, &["--json", "--keylog", "no/such"], &dir).finish();
    assert_eq!(read("failed", &done.stderr[0])["kind"], "local");
}

#[test]
fn verdicts_are_told() {
    let dir = files();
    let verify =
        |args: &[&str]| tls12(&[&["verify", "--json", "--ca", "ca.pem", "cert.pem"], args].concat(), &dir).finish();
    let done = verify(&["--name", "server.example", "--show-certs"]);
    let told = read("verified", &done.assert_succeeded().stdout[0]);
    assert_eq!(
        (&told["valid"], &told["basis"], &told["path"]),
        (&json!(true), &json!("path"), &json!(["CN=tls12 test root"]))
    );
    let done = verify(&["--name", "other.example"]);
    let told = read("verified", &done.stdout[0]);
    assert_eq!((done.status.code(), &told["valid"]), (Some(1), &json!(false)));
    let done = tls12(&["verify", "--json", "--ca", "ca.pem", "--name", "a.example", "missing.pem"], &dir).finish();
    assert_eq!(done.status.code(), Some(2));
    assert_eq!(read("failed", &done.stderr[0])["exit_code"], 2);
}

#[test]
fn suites_are_told() {
    let dir = files();
    let suites = |args: &[&str]| {
        let done = tls12(&[&["suites", "--json"], args].concat(), &dir).finish();
        let [line] = &done.assert_succeeded().stdout[..] else { panic!("{done:?}") };
        read("suites", line)
    };
    let all = suites(&[]);
    let has = |told: &Value, name: &str| told["suites"].as_array().unwrap().iter().any(|suite| suite["name"] == name);
    let (modern, rsa) = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA");
    assert!(has(&all, modern) && has(&all, rsa));
    let told = suites(&["--policy", "modern"]);
    assert!(has(&told, modern) && !has(&told, rsa));
}

#[test]
fn quiet_commands_tell_failures_only() {
    let dir = files();
    let (server, port) = server(&["--quiet"], &dir);
    let done = exchange(client(port, &["--quiet"], &dir), "text\n");
    assert_eq!((&*done.assert_succeeded().stdout, done.stderr.len()), (&["text".to_owned()][..], 0));
    let done = client(port, &["--quiet", "--suite", "TLS_RSA_WITH_AES_128_CBC_SHA"], &dir).finish();
    done.assert_no_handshake("handshake_failure");
    // The first connection is not in its log.
    read("failed", &server.stderr_line());
    let verify = |name| tls12(&["verify", "--quiet", "--ca", "ca.pem", "cert.pem", "--name", name], &dir).finish();
    assert!(verify("server.example").assert_succeeded().stdout.is_empty());
    assert!(verify("other.example").stdout[0].starts_with("refused: "));
}
