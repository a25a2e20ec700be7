//! The shapes of older tools and of devices, made by OpenSSL of today with a configuration that adds nothing: OpenSSL 1.1.1 and
//! LibreSSL as they are when no openssl.cnf is found, and the certificates of devices.

use super::*;

/// What those tools read when they find nothing to read.
macro_rules! with_nothing {
    ($recipe:literal) => {
        concat!(
            "printf '[req]\ndistinguished_name = dn\n[dn]\n' > nothing.cnf; export OPENSSL_CONF=$PWD/nothing.cnf\n",
            $recipe
        )
    };
}

pub const ROWS: &[Row] = &[
    Row {
        name: "older/self_signed_name_only",
        what: "a subjectAltName and no other extension, as LibreSSL's req makes it of the usual -config",
        made: with_nothing!(
            r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out roots.pem -days 365 -subj /CN=a.example \
                -addext subjectAltName=DNS:a.example
            cp roots.pem chain.pem"#
        ),
        ..GOOD
    },
    Row {
        name: "older/root_without_identifiers",
        what: "a root and a server without key identifiers, as by the recipes of OpenSSL 1.1.1",
        made: with_nothing!(
            r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -days 365 -subj "/CN=My CA" \
                -addext basicConstraints=CA:TRUE
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
            echo subjectAltName=DNS:a.example > server.cnf
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile server.cnf \
                -out chain.pem"#
        ),
        ..GOOD
    },
    Row {
        name: "older/version_1_root",
        what: "a root of version 1, by x509 -req -signkey, and a server with a subjectAltName",
        made: with_nothing!(
            r#"
            openssl req -new -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr -subj "/CN=My CA"
            openssl x509 -req -in ca.csr -signkey ca.key -days 365 -out roots.pem
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
            echo subjectAltName=DNS:a.example > server.cnf
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile server.cnf \
                -out chain.pem"#
        ),
        ..GOOD
    },
    Row {
        name: "older/version_1_root_and_intermediate",
        what: "a root of version 1, with an intermediate below it",
        made: with_nothing!(
            r#"
            openssl req -new -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr -subj "/CN=My CA"
            openssl x509 -req -in ca.csr -signkey ca.key -days 365 -out roots.pem
            echo basicConstraints=critical,CA:TRUE > ca.cnf
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -newkey rsa:2048 -nodes -keyout int.key -out int.csr -subj "/CN=Intermediate"
            openssl x509 -req -in int.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile ca.cnf -out int.pem
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
            openssl x509 -req -in server.csr -CA int.pem -CAkey int.key -CAcreateserial -extfile server.cnf -out server.pem
            cat server.pem int.pem > chain.pem"#
        ),
        ..GOOD
    },
    Row {
        name: "older/root_without_extensions",
        what: "a root of version 3 whose only extension is a key identifier: not told to be an authority",
        made: with_nothing!(
            r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -days 365 -subj "/CN=My CA" \
                -addext subjectKeyIdentifier=hash
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
            echo subjectAltName=DNS:a.example > server.cnf
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile server.cnf \
                -out chain.pem"#
        ),
        ours: ISSUER,
        openssl: Refuses("invalid CA certificate"),
        gnutls: OnlyTheyAccept(ANY_ROOT),
        go: Refuses("parent certificate cannot sign this kind of certificate"),
        ..GOOD
    },
    Row {
        name: "older/version_1_device",
        what: "a version 1 certificate that signed itself, with a common name: routers, printers, management controllers",
        made: with_nothing!(
            r#"
            openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -out device.csr -subj "/O=Maker/CN=a.example"
            openssl x509 -req -in device.csr -signkey key.pem -days 9999 -out roots.pem
            cp roots.pem chain.pem"#
        ),
        ours: NAME,
        openssl: OnlyTheyAccept(COMMON_NAME),
        gnutls: OnlyTheyAccept(COMMON_NAME),
        go: Refuses("relies on legacy Common Name field"),
        ..GOOD
    },
    Row {
        name: "older/version_1_device_common_name_allowed",
        what: "the same, where the common name may be a name",
        made: with_nothing!(
            r#"
            openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -out device.csr -subj "/O=Maker/CN=a.example"
            openssl x509 -req -in device.csr -signkey key.pem -days 9999 -out roots.pem
            cp roots.pem chain.pem"#
        ),
        allowed: &[Allow::CommonName],
        go: OnlyTheyRefuse("relies on legacy Common Name field", "Go cannot be told to look at the common name"),
        ..GOOD
    },
    Row {
        name: "older/management_controller",
        what: "version 1, 1024 bits, SHA-1, as in a management controller of 2010",
        made: with_nothing!(
            r#"
            openssl req -new -newkey rsa:1024 -nodes -keyout key.pem -out device.csr -subj "/C=US/O=Maker/CN=a.example"
            openssl x509 -req -sha1 -in device.csr -signkey key.pem -days 9999 -out roots.pem
            cp roots.pem chain.pem"#
        ),
        allowed: &[Allow::CommonName],
        ours: ALGORITHM,
        openssl: OnlyTheyAccept(SMALL_KEY),
        gnutls: OnlyTheyAccept(SMALL_KEY),
        go: Refuses("relies on legacy Common Name field"),
        ..GOOD
    },
    Row {
        name: "older/windows_web_server",
        what: "as New-SelfSignedCertificate of Windows makes it for IIS",
        made: with_nothing!(
            r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out roots.pem -days 365 -subj /CN=a.example \
                -addext keyUsage=critical,digitalSignature,keyEncipherment -addext subjectAltName=DNS:a.example \
                -addext extendedKeyUsage=clientAuth,serverAuth -addext subjectKeyIdentifier=hash
            cp roots.pem chain.pem"#
        ),
        gnutls: OnlyTheyRefuse("violates the signer's constraints", OWN_SIGNATURE),
        ..GOOD
    },
    Row {
        name: "older/windows_template",
        what: "as a certificate service of Windows issues it: extensions of its own, lists by LDAP",
        made: with_nothing!(
            r#"
            printf '%s\n' "[root]" "basicConstraints = critical,CA:TRUE" "keyUsage = digitalSignature,keyCertSign,cRLSign" \
                "subjectKeyIdentifier = hash" "1.3.6.1.4.1.311.21.1 = DER:02:01:00" "[server]" \
                "1.3.6.1.4.1.311.20.2 = DER:1e:12:00:57:00:65:00:62:00:53:00:65:00:72:00:76:00:65:00:72" \
                "keyUsage = critical,digitalSignature,keyEncipherment" "extendedKeyUsage = serverAuth" \
                "subjectKeyIdentifier = hash" "authorityKeyIdentifier = keyid" "subjectAltName = DNS:a.example" \
                "crlDistributionPoints = URI:ldap:///CN=Corp?certificateRevocationList?base" > ext.cnf
            subject="/DC=example/DC=corp/CN=Corp CA"
            openssl req -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr -subj "$subject"
            openssl x509 -req -in ca.csr -signkey ca.key -extfile ext.cnf -extensions root -out roots.pem
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile ext.cnf \
                -extensions server -out chain.pem"#
        ),
        ..GOOD
    },
    Row {
        name: "older/remote_desktop",
        what: "for Remote Desktop only, by its extendedKeyUsage (RFC 5280 §4.2.1.12)",
        made: with_nothing!(
            r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out roots.pem -days 180 -subj /CN=a.example \
                -addext extendedKeyUsage=1.3.6.1.4.1.311.54.1.2 -addext subjectAltName=DNS:a.example
            cp roots.pem chain.pem"#
        ),
        ours: PURPOSE,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("does not match the intended purpose"),
        go: Refuses("certificate specifies an incompatible key usage"),
        ..GOOD
    },
    Row {
        name: "older/explicit_curve",
        what: "a curve in parameters instead of by name (RFC 5480 §2.1.1: MUST NOT)",
        made: with_nothing!(
            r#"
            openssl ecparam -name prime256v1 -genkey -param_enc explicit -out key.pem
            openssl req -x509 -key key.pem -out roots.pem -days 180 -subj /CN=a.example \
                -addext subjectAltName=DNS:a.example
            cp roots.pem chain.pem"#
        ),
        ours: ALGORITHM,
        openssl: OnlyTheyAccept("OpenSSL refuses such keys with -x509_strict only; RFC 5480 §2.1.1: MUST NOT be used"),
        gnutls: Refuses("NOT trusted"),
        go: Refuses("invalid ECDSA parameters"),
        ..GOOD
    },
];
