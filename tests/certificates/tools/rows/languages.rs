//! What programs make with the libraries of their language: Python, JavaScript, Go and Rust.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "python/self_signed",
        what: "the self-signed certificate of the documentation of cryptography",
        tool: PYTHON,
        made: r#""$PYTHON" "$PROGRAMS/make.py" self_signed"#,
        ..GOOD
    },
    Row {
        name: "python/shortest",
        what: "the shortest authority and server: no key identifiers, no key usage",
        tool: PYTHON,
        made: r#""$PYTHON" "$PROGRAMS/make.py" shortest"#,
        ..GOOD
    },
    Row {
        name: "python/without_subject",
        what: "a server without a subject, whose subjectAltName is not critical; basicConstraints not critical",
        tool: PYTHON,
        made: r#""$PYTHON" "$PROGRAMS/make.py" without_subject"#,
        ..GOOD
    },
    Row {
        name: "python/tutorial",
        what: "root, intermediate and server of the documentation",
        tool: PYTHON,
        made: r#""$PYTHON" "$PROGRAMS/make.py" tutorial"#,
        ..GOOD
    },
    Row {
        name: "trustme/server",
        what: "trustme.CA().issue_cert",
        tool: PYTHON,
        made: r#""$PYTHON" "$PROGRAMS/make.py" trustme"#,
        ..GOOD
    },
    Row {
        name: "trustme/child",
        what: "the same with two authorities between",
        tool: PYTHON,
        made: r#""$PYTHON" "$PROGRAMS/make.py" trustme_child"#,
        ..GOOD
    },
    Row {
        name: "node-forge/self_signed",
        what: "the example of its README: an authority, with every purpose and Netscape's extensions",
        tool: NODE,
        made: r#"node "$PROGRAMS/make.mjs" "$NPM" forge_self_signed"#,
        ..GOOD
    },
    Row {
        name: "node-forge/authority",
        what: "an authority with basicConstraints only, and a server with a name only; both have the serial number 1",
        tool: NODE,
        made: r#"node "$PROGRAMS/make.mjs" "$NPM" forge_authority"#,
        ..GOOD
    },
    Row {
        name: "npm-mkcert/server",
        what: "createCA, createCert",
        tool: NODE,
        made: r#"node "$PROGRAMS/make.mjs" "$NPM" mkcert"#,
        ..GOOD
    },
    Row {
        name: "selfsigned/named",
        what: "selfsigned.generate for a name",
        tool: NODE,
        made: r#"node "$PROGRAMS/make.mjs" "$NPM" selfsigned"#,
        gnutls: OnlyTheyRefuse("The certificate issuer is not a CA.", OWN_SIGNATURE),
        ..GOOD
    },
    Row {
        name: "selfsigned/defaults",
        what: "selfsigned.generate without anything: for another name (RFC 6125 §6)",
        tool: NODE,
        made: r#"node "$PROGRAMS/make.mjs" "$NPM" selfsigned_defaults"#,
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("name"),
        go: Refuses("certificate is "),
        ..GOOD
    },
    Row {
        name: "selfsigned/webpack",
        what: "the older selfsigned 2, as webpack's development server calls it",
        tool: NODE,
        made: r#"node "$PROGRAMS/make.mjs" "$NPM" selfsigned_2"#,
        ..GOOD
    },
    Row {
        name: "go/generate_cert",
        what: "generate_cert.go --host a.example",
        tool: GO,
        made: r#""$GO" make generate_cert"#,
        gnutls: OnlyTheyRefuse("The certificate issuer is not a CA.", OWN_SIGNATURE),
        ..GOOD
    },
    Row {
        name: "go/generate_cert_ca",
        what: "generate_cert.go --ca --host 127.0.0.1",
        tool: GO,
        made: r#""$GO" make generate_cert_ca"#,
        server: Some("127.0.0.1"),
        ..GOOD
    },
    Row {
        name: "go/kubernetes_old",
        what: "client-go's GenerateSelfSignedCertKey of once: one certificate, an authority's",
        tool: GO,
        made: r#""$GO" make kubernetes_old"#,
        ..GOOD
    },
    Row {
        name: "go/kubernetes",
        what: "client-go's GenerateSelfSignedCertKey of today: an authority for one server, sent with it",
        tool: GO,
        made: r#""$GO" make kubernetes"#,
        ..GOOD
    },
    Row {
        name: "go/kubeadm",
        what: "the authority of a cluster, of serial number 0, and its API server",
        tool: GO,
        made: r#""$GO" make kubeadm"#,
        ..GOOD
    },
    Row {
        name: "go/step",
        what: "as step-ca does it: path lengths, an extension of its own",
        tool: GO,
        made: r#""$GO" make step"#,
        ..GOOD
    },
    Row {
        name: "go/caddy",
        what: "as Caddy's local authority does it: a server without a subject, its names critical",
        tool: GO,
        made: r#""$GO" make caddy"#,
        ..GOOD
    },
    Row {
        name: "go/shortest",
        what: "the shortest program: an authority without a name (RFC 5280 §4.1.2.6), valid from the year 1",
        tool: GO,
        made: r#""$GO" make shortest"#,
        openssl: OnlyTheyRefuse("self-signed certificate", NO_NAMES),
        gnutls: OnlyTheyRefuse("The requested data were not available", NO_NAMES),
        ..GOOD
    },
    Row {
        name: "go/mesh",
        what: "a workload of a mesh, known by a URI, asked for by a server",
        tool: GO,
        made: r#""$GO" make mesh"#,
        server: None,
        ..GOOD
    },
    Row {
        name: "rcgen/simple_self_signed",
        what: "rcgen::generate_simple_self_signed",
        tool: NONE,
        by_us: Some(|folder| {
            let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
            write(folder, &made.cert.pem(), &made.cert.pem());
        }),
        ..GOOD
    },
    Row {
        name: "rcgen/authority",
        what: "an authority and a server with all defaults: they have one name",
        tool: NONE,
        by_us: Some(|folder| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let params = CertificateParams::new(["a.example".to_owned()]).unwrap();
            let server = params.signed_by(&KeyPair::generate().unwrap(), &root).unwrap();
            write(folder, &root.pem(), &server.pem());
        }),
        openssl: OnlyTheyRefuse(
            "self-signed certificate",
            "OpenSSL takes the server's certificate for its own issuer, since both have one name; its signature is the authority's",
        ),
        ..GOOD
    },
    Row {
        name: "rcgen/named_authority",
        what: "the same, where the authority has a name of its own",
        tool: NONE,
        by_us: Some(|folder| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(rcgen::DnType::CommonName, "My CA");
            let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let params = CertificateParams::new(["a.example".to_owned()]).unwrap();
            let server = params.signed_by(&KeyPair::generate().unwrap(), &root).unwrap();
            write(folder, &root.pem(), &server.pem());
        }),
        ..GOOD
    },
];

fn write(folder: &Path, roots: &str, chain: &str) {
    std::fs::write(folder.join("roots.pem"), roots).unwrap();
    std::fs::write(folder.join("chain.pem"), chain).unwrap();
}

/// Nothing: it is linked into this test.
const NONE: Tool = Tool { needs: &[], folder: None, install: "cargo" };
const GO: Tool = Tool { needs: &[["go", "version"]], folder: None, install: "apt-get install golang-go" };
const NODE: Tool = Tool {
    needs: &[["node", "--version"]],
    folder: Some(concat!(env!("CARGO_TARGET_TMPDIR"), "/npm/node_modules/selfsigned-2")),
    install: "apt-get install nodejs npm, \
              npm install --prefix target/tmp/npm node-forge selfsigned selfsigned-2@npm:selfsigned@2 mkcert",
};
const PYTHON: Tool = Tool {
    needs: &[["python3", "--version"]],
    folder: Some(concat!(env!("CARGO_TARGET_TMPDIR"), "/python/bin")),
    install: "python3 -m venv target/tmp/python, target/tmp/python/bin/pip install cryptography trustme",
};
