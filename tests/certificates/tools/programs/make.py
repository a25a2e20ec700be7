"""Makes a set of certificates as the documentation of Python's `cryptography` and `trustme` does: roots.pem, chain.pem."""

import datetime
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def builder(subject, issuer, key):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=10))
    )


def write(path, *certificates):
    with open(path, "wb") as file:
        for certificate in certificates:
            file.write(certificate.public_bytes(serialization.Encoding.PEM))


def server_name(builder):
    return builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False)


def self_signed():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = name("a.example")
    certificate = server_name(builder(subject, subject, key)).sign(key, hashes.SHA256())
    write("roots.pem", certificate)
    write("chain.pem", certificate)


def shortest():
    """An authority with basicConstraints only, a server with a name only."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = builder(name("My CA"), name("My CA"), root_key)
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    write("roots.pem", root.sign(root_key, hashes.SHA256()))
    server = server_name(builder(name("a.example"), name("My CA"), key))
    write("chain.pem", server.sign(root_key, hashes.SHA256()))


def without_subject():
    """The same, and the server has no subject, nor a critical subjectAltName."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = builder(name("My CA"), name("My CA"), root_key)
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
    write("roots.pem", root.sign(root_key, hashes.SHA256()))
    server = server_name(builder(x509.Name([]), name("My CA"), key))
    write("chain.pem", server.sign(root_key, hashes.SHA256()))


def tutorial():
    """Root, intermediate, server, with every extension that the documentation's tutorial has."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    names = [name("PyCA Docs Root CA"), name("PyCA Docs Intermediate CA"), x509.Name([])]
    certificates = []
    for i, (key, subject) in enumerate(zip(keys, names)):
        above = max(i - 1, 0)
        made = builder(subject, names[above], key)
        authority = i < 2
        made = made.add_extension(
            x509.BasicConstraints(ca=authority, path_length=[None, 0, None][i]), critical=True
        )
        made = made.add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=not authority,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=authority,
                crl_sign=authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        if i > 0:
            own = certificates[-1].extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)
            made = made.add_extension(identifier, critical=False)
        if not authority:
            purposes = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
            made = server_name(made).add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        certificates.append(made.sign(keys[above], hashes.SHA256()))
    root, intermediate, server = certificates
    write("roots.pem", root)
    write("chain.pem", server, intermediate)


def trustme_server(between=0):
    import trustme

    authority = root = trustme.CA()
    for _ in range(between):
        authority = authority.create_child_ca()
    with open("roots.pem", "wb") as file:
        file.write(root.cert_pem.bytes())
    with open("chain.pem", "wb") as file:
        for blob in authority.issue_cert("a.example", "localhost").cert_chain_pems:
            file.write(blob.bytes())


{
    "self_signed": self_signed,
    "shortest": shortest,
    "without_subject": without_subject,
    "tutorial": tutorial,
    "trustme": trustme_server,
    "trustme_child": lambda: trustme_server(2),
}[sys.argv[1]]()
