//! The tools of GnuTLS, Java and NSS.

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "certtool/server",
        what: "certtool with two short templates",
        tool: CERTTOOL,
        made: r#"
            printf '%s\n' 'cn = "My CA"' ca cert_signing_key 'expiration_days = 365' > ca.cfg
            printf '%s\n' 'cn = "a.example"' 'dns_name = "a.example"' tls_www_server signing_key encryption_key > server.cfg
            certtool --generate-privkey --bits 2048 --outfile ca.key
            certtool --generate-self-signed --load-privkey ca.key --template ca.cfg --outfile roots.pem
            certtool --generate-privkey --bits 2048 --outfile key.pem
            certtool --generate-certificate --load-privkey key.pem --load-ca-certificate roots.pem \
                --load-ca-privkey ca.key --template server.cfg --outfile chain.pem"#,
        ..GOOD
    },
    Row {
        name: "certtool/intermediate",
        what: "an intermediate with a path length, on P-256",
        tool: CERTTOOL,
        made: r#"
            printf '%s\n' 'cn = "My CA"' ca cert_signing_key crl_signing_key > ca.cfg
            printf '%s\n' 'cn = "Sub"' ca cert_signing_key 'path_len = 0' > sub.cfg
            printf '%s\n' 'dns_name = "a.example"' tls_www_server > server.cfg
            for key in ca.key sub.key key.pem; do certtool --generate-privkey --key-type ecdsa --outfile $key; done
            certtool --generate-self-signed --load-privkey ca.key --template ca.cfg --outfile roots.pem
            certtool --generate-certificate --load-privkey sub.key --load-ca-certificate roots.pem \
                --load-ca-privkey ca.key --template sub.cfg --outfile sub.pem
            certtool --generate-certificate --load-privkey key.pem --load-ca-certificate sub.pem \
                --load-ca-privkey sub.key --template server.cfg --outfile server.pem
            cat server.pem sub.pem > chain.pem"#,
        ..GOOD
    },
    Row {
        name: "certtool/self_signed",
        what: "certtool --generate-self-signed for a server",
        tool: CERTTOOL,
        made: r#"
            printf '%s\n' 'cn = "a.example"' 'dns_name = "a.example"' tls_www_server > server.cfg
            certtool --generate-privkey --key-type ecdsa --outfile key.pem
            certtool --generate-self-signed --load-privkey key.pem --template server.cfg --outfile roots.pem
            cp roots.pem chain.pem"#,
        gnutls: OnlyTheyRefuse("The certificate issuer is not a CA.", OWN_SIGNATURE),
        ..GOOD
    },
    Row {
        name: "keytool/self_signed",
        what: "keytool -genkeypair: no authority, and no key usage",
        tool: KEYTOOL,
        made: r#"
            keytool -genkeypair -keystore a.p12 -storepass changeit -alias a -keyalg RSA -keysize 2048 -validity 365 \
                -dname CN=a.example -ext san=dns:a.example
            keytool -exportcert -rfc -keystore a.p12 -storepass changeit -alias a -file roots.pem
            cp roots.pem chain.pem"#,
        ..GOOD
    },
    Row {
        name: "keytool/authority",
        what: "keytool -ext bc:c, -gencert, with an ec key",
        tool: KEYTOOL,
        made: r#"
            k() { command=$1; shift; keytool $command -keystore a.p12 -storepass changeit "$@"; }
            k -genkeypair -alias ca -keyalg EC -groupname secp256r1 -dname "CN=My CA" -ext bc:c
            k -genkeypair -alias a -keyalg EC -groupname secp256r1 -dname CN=a.example
            k -certreq -alias a -file a.csr
            k -gencert -alias ca -rfc -infile a.csr -outfile chain.pem -ext san=dns:a.example
            k -exportcert -alias ca -rfc -file roots.pem"#,
        ..GOOD
    },
    Row {
        name: "certutil/server",
        what: "certutil -S -x, certutil -S -c: a root of version 3 that does not say that it is one",
        tool: CERTUTIL,
        made: r#"
            head -c 64 /dev/urandom > noise
            mkdir db
            certutil -N -d db --empty-password
            certutil -S -d db -z noise -x -n ca -s "CN=My CA" -t CT,C,C -k ec -q secp256r1 -m 1 -v 12
            certutil -S -d db -z noise -c ca -n a -s CN=a.example -t ,, -k ec -q secp256r1 -m 2 -v 12 -8 a.example
            certutil -L -d db -n ca -a > roots.pem
            certutil -L -d db -n a -a > chain.pem"#,
        ours: ISSUER,
        openssl: Refuses("invalid CA certificate"),
        gnutls: OnlyTheyAccept(ANY_ROOT),
        go: Refuses("parent certificate cannot sign this kind of certificate"),
        ..GOOD
    },
    Row {
        name: "certutil/server_below_authority",
        what: "the same with -2 and its answers: an authority",
        tool: CERTUTIL,
        made: r#"
            head -c 64 /dev/urandom > noise
            mkdir db
            certutil -N -d db --empty-password
            printf '%s\n' y "" n | certutil -S -2 -d db -z noise -x -n ca -s "CN=My CA" -t CT,C,C -k rsa -g 2048 -m 1 -v 12
            certutil -S -d db -z noise -c ca -n a -s CN=a.example -t ,, -k rsa -g 2048 -m 2 -v 12 -8 a.example
            certutil -L -d db -n ca -a > roots.pem
            certutil -L -d db -n a -a > chain.pem"#,
        ..GOOD
    },
    Row {
        name: "certutil/self_signed",
        what: "a server's certificate that signed itself, with a name and nothing else",
        tool: CERTUTIL,
        made: r#"
            head -c 64 /dev/urandom > noise
            mkdir db
            certutil -N -d db --empty-password
            certutil -S -d db -z noise -x -n a -s CN=a.example -t P,, -k rsa -g 2048 -m 1 -v 12 -8 a.example
            certutil -L -d db -n a -a > roots.pem
            cp roots.pem chain.pem"#,
        ..GOOD
    },
];

const CERTTOOL: Tool =
    Tool { needs: &[["certtool", "--version"]], folder: None, install: "apt-get install gnutls-bin" };
const KEYTOOL: Tool =
    Tool { needs: &[["keytool", "-help"]], folder: None, install: "apt-get install default-jdk-headless" };
const CERTUTIL: Tool =
    Tool { needs: &[["certutil", "--help"]], folder: None, install: "apt-get install libnss3-tools" };
