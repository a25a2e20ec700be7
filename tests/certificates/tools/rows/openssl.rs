//! OpenSSL as of today, by the recipes of its manual, of Docker's and PostgreSQL's documentation, and of many blogs.

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "openssl/self_signed",
        what: "the one-line recipe: openssl req -x509, which makes the certificate an authority's",
        made: r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out roots.pem -days 365 \
                -subj /CN=a.example -addext subjectAltName=DNS:a.example
            cp roots.pem chain.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_ec",
        what: "the same on P-256",
        made: r#"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out roots.pem \
                -days 3650 -subj /CN=a.example -addext subjectAltName=DNS:a.example
            cp roots.pem chain.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_address",
        what: "the same for an address, valid for a hundred years",
        made: r#"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out roots.pem \
                -days 36500 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1
            cp roots.pem chain.pem"#,
        server: Some("127.0.0.1"),
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_not_a_ca",
        what: "the same with basicConstraints = CA:FALSE",
        made: r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out roots.pem -days 365 -subj /CN=a.example \
                -addext subjectAltName=DNS:a.example -addext basicConstraints=critical,CA:FALSE
            cp roots.pem chain.pem"#,
        gnutls: OnlyTheyRefuse("The certificate issuer is not a CA.", OWN_SIGNATURE),
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_all_usages",
        what: "with the keyUsage and extendedKeyUsage of a server, and still an authority",
        made: r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out roots.pem -days 365 -subj /CN=a.example \
                -addext subjectAltName=DNS:a.example,DNS:*.a.example,IP:10.0.0.1 \
                -addext keyUsage=digitalSignature,keyEncipherment -addext extendedKeyUsage=serverAuth
            cp roots.pem chain.pem"#,
        gnutls: OnlyTheyRefuse("violates the signer's constraints", OWN_SIGNATURE),
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_ed25519",
        what: "with a key that no older server has (RFC 8422 §5.10)",
        made: r#"
            openssl req -x509 -newkey ed25519 -nodes -keyout key.pem -out roots.pem -days 365 -subj /CN=a.example \
                -addext subjectAltName=DNS:a.example
            cp roots.pem chain.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_p521",
        what: "on P-521",
        made: r#"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes -keyout key.pem -out roots.pem \
                -days 365 -subj /CN=a.example -addext subjectAltName=DNS:a.example
            cp roots.pem chain.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_common_name",
        what: "the same, and nobody thought of a subjectAltName (RFC 6125 §6.4.4)",
        made: COMMON_NAME_ONLY,
        ours: NAME,
        openssl: OnlyTheyAccept(COMMON_NAME),
        gnutls: OnlyTheyAccept(COMMON_NAME),
        go: Refuses("relies on legacy Common Name field"),
        ..GOOD
    },
    Row {
        name: "openssl/self_signed_common_name_allowed",
        what: "the same, where the common name may be a name",
        made: COMMON_NAME_ONLY,
        allowed: &[Allow::CommonName],
        go: OnlyTheyRefuse("relies on legacy Common Name field", "Go cannot be told to look at the common name"),
        ..GOOD
    },
    Row {
        name: "openssl/authority",
        what: "a root by req -x509, a server by x509 -req with a subjectAltName, as in the documentation of Docker",
        made: r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out roots.pem -days 365 -subj "/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
            echo subjectAltName=DNS:a.example,IP:127.0.0.1 >> extfile.cnf
            echo extendedKeyUsage=serverAuth >> extfile.cnf
            openssl x509 -req -days 365 -in server.csr -CA roots.pem -CAkey ca-key.pem -CAcreateserial -out chain.pem \
                -extfile extfile.cnf"#,
        ..GOOD
    },
    Row {
        name: "openssl/authority_one_extension",
        what: "the same with a subjectAltName and nothing else",
        made: r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out roots.pem -subj "/O=Home/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
            echo subjectAltName=DNS:a.example > extfile.cnf
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca-key.pem -CAcreateserial -out chain.pem \
                -extfile extfile.cnf"#,
        ..GOOD
    },
    Row {
        name: "openssl/authority_forum_recipe",
        what: "the extensions that forums copy from each other: keyid and issuer, four key usages",
        made: r#"
            openssl genrsa -out ca.key 2048
            openssl req -x509 -new -nodes -key ca.key -sha256 -days 1825 -out roots.pem -subj "/C=US/ST=CA/L=X/O=Y/CN=Z"
            openssl genrsa -out dev.key 2048
            openssl req -new -key dev.key -out dev.csr -subj /CN=a.example
            printf '%s\n' authorityKeyIdentifier=keyid,issuer basicConstraints=CA:FALSE \
                "keyUsage = digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment" \
                "subjectAltName = @alt_names" "[alt_names]" "DNS.1 = a.example" "DNS.2 = *.a.example" > dev.ext
            openssl x509 -req -in dev.csr -CA roots.pem -CAkey ca.key -CAcreateserial -out chain.pem -days 825 \
                -sha256 -extfile dev.ext"#,
        ..GOOD
    },
    Row {
        name: "openssl/authority_version_1_leaf",
        what: "a server by x509 -req without any extension, as in the documentation of PostgreSQL and Mosquitto: version 1",
        made: VERSION_1_LEAF,
        ours: UNSUPPORTED,
        openssl: OnlyTheyAccept(OLD_VERSION),
        gnutls: OnlyTheyAccept(OLD_VERSION),
        go: Refuses("relies on legacy Common Name field"),
        ..GOOD
    },
    Row {
        name: "openssl/authority_copied_extensions",
        what: "extensions out of the request, by -copy_extensions",
        made: r#"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out roots.pem -subj "/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example \
                -addext subjectAltName=DNS:a.example
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca-key.pem -CAcreateserial -out chain.pem \
                -copy_extensions copy"#,
        ..GOOD
    },
    Row {
        name: "openssl/req_ca",
        what: "a server by req -x509 -CA, told that it is no authority",
        made: r#"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out roots.pem \
                -subj "/CN=My CA"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out chain.pem \
                -CA roots.pem -CAkey ca.key -subj /CN=a.example -addext subjectAltName=DNS:a.example \
                -addext basicConstraints=critical,CA:FALSE"#,
        ..GOOD
    },
    Row {
        name: "openssl/req_ca_by_default",
        what: "the same, not told: the server has the certificate of an authority",
        made: r#"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out roots.pem \
                -subj "/CN=My CA"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out chain.pem \
                -CA roots.pem -CAkey ca.key -subj /CN=a.example -addext subjectAltName=DNS:a.example"#,
        ..GOOD
    },
    Row {
        name: "openssl/ca_command",
        what: "openssl ca with its own openssl.cnf, whose usr_cert has the extensions",
        made: r#"
            mkdir -p demoCA/newcerts demoCA/private
            touch demoCA/index.txt
            echo 01 > demoCA/serial
            openssl req -x509 -newkey rsa:2048 -nodes -keyout demoCA/private/cakey.pem -out demoCA/cacert.pem \
                -subj "/C=AU/ST=Some-State/O=Internet Widgits Pty Ltd/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr \
                -subj "/C=AU/ST=Some-State/O=Internet Widgits Pty Ltd/CN=a.example"
            sed "/^\[ *usr_cert *\]/a subjectAltName = DNS:a.example" "$(openssl version -d | cut -d'"' -f2)/openssl.cnf" > ca.cnf
            openssl ca -batch -notext -config ca.cnf -in server.csr -out chain.pem
            cp demoCA/cacert.pem roots.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/intermediate",
        what: "root, intermediate and server, with the extensions of the well-known guide",
        made: r#"
            printf '%s\n' "[ca]" "subjectKeyIdentifier = hash" "authorityKeyIdentifier = keyid:always,issuer" \
                "basicConstraints = critical, CA:true, pathlen:0" \
                "keyUsage = critical, digitalSignature, cRLSign, keyCertSign" "[server]" "basicConstraints = CA:FALSE" \
                "nsCertType = server" 'nsComment = "OpenSSL Generated Server Certificate"' "subjectKeyIdentifier = hash" \
                "authorityKeyIdentifier = keyid,issuer:always" "keyUsage = critical, digitalSignature, keyEncipherment" \
                "extendedKeyUsage = serverAuth" "subjectAltName = DNS:a.example" > ext.cnf
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -subj "/C=GB/O=Alice Ltd/CN=Root CA"
            openssl req -newkey rsa:2048 -nodes -keyout int.key -out int.csr -subj "/C=GB/O=Alice Ltd/CN=Intermediate CA"
            openssl x509 -req -in int.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile ext.cnf -extensions ca \
                -out int.pem
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/C=US/CN=a.example"
            openssl x509 -req -in server.csr -CA int.pem -CAkey int.key -CAcreateserial -extfile ext.cnf \
                -extensions server -out server.pem
            cat server.pem int.pem > chain.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/intermediate_trusted",
        what: "the same, of which only the intermediate is given as trusted",
        made: r#"
            echo basicConstraints=critical,CA:true > ca.cnf
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out root.pem -subj "/CN=Root CA"
            openssl req -newkey rsa:2048 -nodes -keyout int.key -out int.csr -subj "/CN=Intermediate CA"
            openssl x509 -req -in int.csr -CA root.pem -CAkey ca.key -CAcreateserial -extfile ca.cnf -out roots.pem
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=a.example"
            openssl x509 -req -in server.csr -CA roots.pem -CAkey int.key -CAcreateserial -extfile server.cnf \
                -out server.pem
            cat server.pem roots.pem > chain.pem"#,
        openssl: OnlyTheyRefuse("unable to get issuer certificate", PARTIAL_CHAIN),
        ..GOOD
    },
    Row {
        name: "openssl/server_trusted",
        what: "a server's own certificate, which a private authority issued, given as trusted",
        made: r#"
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out root.pem -subj "/CN=Root CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=a.example"
            openssl x509 -req -in server.csr -CA root.pem -CAkey ca.key -CAcreateserial -extfile server.cnf -out roots.pem
            cp roots.pem chain.pem"#,
        openssl: OnlyTheyRefuse("unable to get local issuer certificate", PARTIAL_CHAIN),
        gnutls: OnlyTheyRefuse("The certificate issuer is unknown.", NO_ISSUER),
        ..GOOD
    },
    Row {
        name: "openssl/serial_zero",
        what: "-set_serial 0, as in many scripts",
        made: r#"
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -subj "/CN=My CA" -set_serial 0
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=a.example"
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -set_serial 0 -extfile server.cnf -out chain.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/sha1_root",
        what: "a root that signed itself with SHA-1: nobody needs its signature",
        made: r#"
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -x509 -sha1 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -subj "/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=a.example"
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile server.cnf \
                -out chain.pem"#,
        ..GOOD
    },
    Row {
        name: "openssl/sha1_leaf",
        what: "a server's certificate that is signed with SHA-1 (RFC 9155)",
        made: r#"
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -subj "/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=a.example"
            openssl x509 -req -sha1 -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile server.cnf \
                -out chain.pem"#,
        ours: ALGORITHM,
        openssl: OnlyTheyAccept("openssl verify takes SHA-1 unless -auth_level is 1 or more; Debian's TLS has 2"),
        gnutls: Refuses("insecure algorithm"),
        go: Refuses("insecure algorithm SHA1-RSA"),
        ..GOOD
    },
    Row {
        name: "openssl/small_root",
        what: "a root of 1024 bits: anybody with the means can issue in its name",
        made: r#"
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -x509 -newkey rsa:1024 -nodes -keyout ca.key -out roots.pem -subj "/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=a.example"
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile server.cnf \
                -out chain.pem"#,
        ours: ALGORITHM,
        openssl: OnlyTheyAccept(SMALL_KEY),
        gnutls: OnlyTheyAccept(SMALL_KEY),
        go: OnlyTheyAccept(SMALL_KEY),
        ..GOOD
    },
    Row {
        name: "openssl/client",
        what: "a client by x509 -req with an extension or two, asked for by a server",
        made: r#"
            printf '%s\n' subjectAltName=email:me@a.example extendedKeyUsage=clientAuth > client.cnf
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -subj "/CN=My CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out client.csr -subj "/CN=me"
            openssl x509 -req -in client.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile client.cnf \
                -out chain.pem"#,
        server: None,
        ..GOOD
    },
    Row {
        name: "openssl/latin_1_names",
        what: "names as OpenSSL 0.9 wrote them: T61String and BMPString",
        made: r#"
            sed 's/^string_mask.*/string_mask = default/' "$(openssl version -d | cut -d'"' -f2)/openssl.cnf" > old.cnf
            echo subjectAltName=DNS:a.example > server.cnf
            openssl req -config old.cnf -utf8 -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem \
                -subj "/O=Müller €/CN=Mein CA"
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=a.example"
            openssl x509 -req -in server.csr -CA roots.pem -CAkey ca.key -CAcreateserial -extfile server.cnf \
                -out chain.pem"#,
        ..GOOD
    },
];

const COMMON_NAME_ONLY: &str = r#"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out roots.pem -days 365 -subj /CN=a.example
    cp roots.pem chain.pem"#;

const VERSION_1_LEAF: &str = r#"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out roots.pem -days 3650 -subj "/CN=root.example"
    openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj /CN=a.example
    openssl x509 -req -in server.csr -days 365 -CA roots.pem -CAkey ca.key -CAcreateserial -out chain.pem"#;
