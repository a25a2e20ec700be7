//! Small certificate authorities: easy-rsa, mkcert, minica, and Botan's command.

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "easy-rsa/server",
        what: "easyrsa build-ca, build-server-full",
        tool: EASY_RSA,
        made: r#"
            export EASYRSA_BATCH=1 EASYRSA_PKI=$PWD/pki
            PATH=$PATH:/usr/share/easy-rsa
            easyrsa init-pki
            easyrsa build-ca nopass
            easyrsa build-server-full a.example nopass
            cp pki/ca.crt roots.pem
            openssl x509 -in pki/issued/a.example.crt -out chain.pem"#,
        ..GOOD
    },
    Row {
        name: "easy-rsa/client",
        what: "easyrsa build-client-full on elliptic curves, asked for by a server",
        tool: EASY_RSA,
        made: r#"
            export EASYRSA_BATCH=1 EASYRSA_PKI=$PWD/pki EASYRSA_ALGO=ec EASYRSA_CURVE=prime256v1
            PATH=$PATH:/usr/share/easy-rsa
            easyrsa init-pki
            easyrsa build-ca nopass
            easyrsa build-client-full me nopass
            cp pki/ca.crt roots.pem
            openssl x509 -in pki/issued/me.crt -out chain.pem"#,
        server: None,
        ..GOOD
    },
    Row {
        name: "easy-rsa/authority_as_server",
        what: "the authority's own certificate as a server's, by name of the server: its keyUsage is to sign certificates",
        tool: EASY_RSA,
        made: r#"
            export EASYRSA_BATCH=1 EASYRSA_PKI=$PWD/pki EASYRSA_ALGO=ec EASYRSA_CURVE=prime256v1
            export EASYRSA_REQ_CN=a.example EASYRSA_EXTRA_EXTS="subjectAltName=DNS:a.example"
            PATH=$PATH:/usr/share/easy-rsa
            easyrsa init-pki
            easyrsa build-ca nopass
            cp pki/ca.crt roots.pem
            cp roots.pem chain.pem"#,
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: OnlyTheyAccept("GnuTLS does not ask keyUsage of a certificate that is in the store (RFC 5246 §7.4.2)"),
        go: OnlyTheyAccept("Go does not look at the keyUsage of a server's certificate (RFC 5246 §7.4.2)"),
        ..GOOD
    },
    Row {
        name: "mkcert/server",
        what: "mkcert a.example localhost 127.0.0.1",
        tool: MKCERT,
        made: r#"
            CAROOT=$PWD mkcert -cert-file chain.pem -key-file key.pem a.example '*.a.example' localhost 127.0.0.1 ::1
            cp rootCA.pem roots.pem"#,
        ..GOOD
    },
    Row {
        name: "mkcert/address",
        what: "the same on P-256, for an address",
        tool: MKCERT,
        made: r#"
            CAROOT=$PWD mkcert -ecdsa -cert-file chain.pem -key-file key.pem localhost 127.0.0.1 ::1
            cp rootCA.pem roots.pem"#,
        server: Some("127.0.0.1"),
        ..GOOD
    },
    Row {
        name: "mkcert/client",
        what: "mkcert -client, asked for by a server",
        tool: MKCERT,
        made: r#"
            CAROOT=$PWD mkcert -client -ecdsa -cert-file chain.pem -key-file key.pem me@a.example
            cp rootCA.pem roots.pem"#,
        server: None,
        ..GOOD
    },
    Row {
        name: "minica/server",
        what: "minica a.example",
        tool: MINICA,
        made: r#"
            minica a.example
            cp cacert.crt roots.pem
            cp a.example.crt chain.pem"#,
        ..GOOD
    },
    Row {
        name: "botan/self_signed",
        what: "botan gen_self_signed",
        tool: BOTAN,
        made: r#"
            botan keygen --algo=ECDSA --params=secp256r1 --output=key.pem
            botan gen_self_signed --dns=a.example --output=roots.pem key.pem a.example
            cp roots.pem chain.pem"#,
        gnutls: OnlyTheyRefuse("The certificate issuer is not a CA.", OWN_SIGNATURE),
        ..GOOD
    },
    Row {
        name: "botan/authority",
        what: "botan gen_self_signed --ca, gen_pkcs10, sign_cert",
        tool: BOTAN,
        made: r#"
            botan keygen --algo=RSA --params=2048 --output=ca.key
            botan gen_self_signed --ca --output=roots.pem ca.key "My CA"
            botan keygen --algo=ECDSA --params=secp256r1 --output=key.pem
            botan gen_pkcs10 --dns=a.example --output=server.csr key.pem a.example
            botan sign_cert --output=chain.pem roots.pem ca.key server.csr"#,
        ..GOOD
    },
];

const EASY_RSA: Tool =
    Tool { needs: &[["/usr/share/easy-rsa/easyrsa", "version"]], folder: None, install: "apt-get install easy-rsa" };
const MKCERT: Tool = Tool { needs: &[["mkcert", "-version"]], folder: None, install: "apt-get install mkcert" };
const MINICA: Tool = Tool { needs: &[["minica", "-h"]], folder: None, install: "apt-get install minica" };
const BOTAN: Tool = Tool { needs: &[["botan", "version"]], folder: None, install: "apt-get install botan" };
