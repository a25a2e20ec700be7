//! How every MUST of RFC 5280 §4.1, §4.2 and §6.1 that applies to the certificates of a TLS peer is treated. This
//! module contains documentation only.
//!
//! §6.1 defines how a relying party validates a path, and §4 states in places what an application MUST process or
//! reject. Violations of these rules, and of rules that protect the relying party, are **refused**. Violations of what
//! §4 demands of CAs only are **noted**: the chain is accepted, and [`Verdict::notes`](super::Verdict::notes) lists
//! them. [`Verifier::allow`](super::Verifier::allow) relaxes a refusal by the name of an [`Allow`](super::Allow);
//! [`Verifier::require`](super::Verifier::require) turns notes into refusals by the name of a [`Rule`](super::Rule),
//! and [`Verifier::strict`](super::Verifier::strict) all of them. Rows without a name can be neither relaxed nor
//! required.
//!
//! The tables apply to the certificates of the path, from the peer's own to the one that the root issued. The root
//! itself is a trust anchor (§6.1.1 (d)): a name, a key and its constraints. Only the rows about roots apply to its
//! certificate.
//!
//! # The certificate (§4.1)
//!
//! | clause | requirement | by default | name |
//! |---|---|---|---|
//! | §4.1, X.690 | DER, with nothing after it | refused | |
//! | §4.1.1.2, §4.1.2.3 | the same algorithm inside and outside | refused | |
//! | §4.1.2.1 | version 3, which is needed to state what it may be used for | refused | `Allow::OldVersions` |
//! | §4.1.2.1 | version 3, if it has extensions | noted | `Rule::Version` |
//! | §4.1.2.2 | a positive serial number of 20 octets at most | noted | `Rule::SerialNumber` |
//! | §4.1.2.2 | a unique serial number for each certificate of an issuer | not visible in a chain | |
//! | §4.1.2.4 | an issuer that is not empty | noted | `Rule::Names` |
//! | §4.1.2.4, §4.1.2.6 | names made of nonempty sets of types and values | refused | |
//! | §4.1.2.4, §4.1.2.6 | strings as UTF8String or PrintableString | not checked: §7.1 compares others too | |
//! | §4.1.2.5 | UTCTime or GeneralizedTime, with seconds and Z, without fractions | refused | |
//! | §4.1.2.5 | GeneralizedTime only from 2050 on | noted | `Rule::TimeEncoding` |
//! | §4.1.2.6 | a subject in a CA certificate; otherwise a subject or a critical subjectAltName | noted | `Rule::Names` |
//! | §4.1.2.7 | a well-formed key; in the peer's own certificate, of a supported type | refused | |
//! | §4.1.2.7 | RSA keys of at least 2048 bits (RFC 9325 §4.5), on the whole path | refused | `Allow::SmallRsaKeys` |
//! | §4.1.2.8 | no unique identifiers | noted | `Rule::UniqueIdentifiers` |
//! | §4.1.2.9 | at least one extension, if the field is present | noted | `Rule::Extensions` |
//!
//! # Its extensions (§4.2)
//!
//! | clause | requirement | by default | name |
//! |---|---|---|---|
//! | §4.2 | each known extension at most once, and well-formed | refused | |
//! | §4.2 | no unknown critical extension | refused | |
//! | §4.2.1.1, §4.2.1.2 | well-formed key identifiers | noted | `Rule::Extensions` |
//! | §4.2.1.1 | an authorityKeyIdentifier with a key, except in self-issued CA certificates; both issuer and serial number, or neither | noted | `Rule::KeyIdentifiers` |
//! | §4.2.1.2 | a subjectKeyIdentifier in a CA certificate, which the certificates that it issued repeat | noted | `Rule::KeyIdentifiers` |
//! | §4.2.1.1, §4.2.1.2, §4.2.1.15, §4.2.2 | these, freshestCRL, authorityInfoAccess and subjectInfoAccess not critical | noted | `Rule::Criticality` |
//! | §4.2.1.3 | a keyUsage in a CA certificate; at least one bit | noted | `Rule::KeyUsage` |
//! | §4.2.1.3 | keyCertSign with cA only | noted; it does not make the certificate a CA certificate | `Rule::AuthorityTraits` |
//! | §4.2.1.4 | known qualifiers only, if it is critical | refused | |
//! | §4.2.1.4 | each policy once | noted | `Rule::Policies` |
//! | §4.2.1.6 | a subjectAltName that is not empty, without empty or malformed names | noted; such a name matches nothing | `Rule::AlternativeNames` |
//! | §4.2.1.7, §4.2.1.8 | issuerAltName and subjectDirectoryAttributes not critical | refused as unknown | |
//! | §4.2.1.9 | basicConstraints critical in a CA certificate | noted | `Rule::Criticality` |
//! | §4.2.1.9 | pathLenConstraint with cA only | noted | `Rule::AuthorityTraits` |
//! | §4.2.1.10 | nameConstraints with minimum 0 and no maximum, on known forms, or on forms of which there are no names | refused | |
//! | §4.2.1.10 | nameConstraints in CA certificates only | noted | `Rule::AuthorityTraits` |
//! | §4.2.1.10, §4.2.1.11, §4.2.1.14 | nameConstraints, policyConstraints and inhibitAnyPolicy critical | noted; they apply anyway | `Rule::Criticality` |
//! | §4.2.1.10, §4.2.1.11 | constraints that are not empty | noted | `Rule::Names`, `Rule::Policies` |
//! | §4.2.1.12 | at least one purpose; serverAuth, clientAuth for a client, or anyExtendedKeyUsage, on the whole path | refused | [`Verifier::accept_purpose`](super::Verifier::accept_purpose) |
//! | §4.2.1.13 | distribution points with a name or an issuer | noted | `Rule::DistributionPoints` |
//!
//! # The path (§6.1)
//!
//! | clause | requirement | by default | name |
//! |---|---|---|---|
//! | §6.1.1 (d) | a root: a certificate that declares itself a CA, or is self-issued and of version 1 | refused | |
//! | §6.1.1 (d) | a root within its validity | refused | `Allow::ExpiredRoots` |
//! | §6.1.2 | path length and names within the constraints of the root's certificate (RFC 5937) | refused | |
//! | §6.1.3 (a) (1) | each signature verifies, with an algorithm that the provider supports | refused | `Allow::Sha1Signatures` for SHA-1 |
//! | §6.1.3 (a) (2) | each certificate is valid at the time | refused | |
//! | §6.1.3 (a) (3), §6.3 | none is revoked, according to the given lists ([`Revocation`](super::Revocation)) and the stapled OCSP response | refused | `Allow::ExpiredCrls`, `Allow::UnusableStaple`, [`UnknownStatus`](super::UnknownStatus) |
//! | §6.1.3 (a) (4), §7.1 | each issuer is the subject above it, ignoring case, white space and string types | refused | |
//! | §6.1.3 (b), (c) | names satisfy the constraints above them: DNS names, addresses, mail addresses, URIs, directory names; other forms must not be constrained | refused | |
//! | §6.1.3 (d) to (f), §6.1.4 (a), (b), (h) to (j), §6.1.5 | a valid policy, if one is required | refused | [`Verifier::policies`](super::Verifier::policies) |
//! | §6.1.4 (k), (n) | issuers are CAs, and have keyCertSign if they have a keyUsage | refused | |
//! | §6.1.4 (l), (m) | path lengths; self-issued certificates do not count | refused | [`Verifier::max_intermediates`](super::Verifier::max_intermediates) for the overall limit |
//! | §6.1.4 (o), §6.1.5 (e) | no critical extension is left over | refused | |
//!
//! # Beyond RFC 5280
//!
//! | source | requirement | by default | name |
//! |---|---|---|---|
//! | RFC 9525 §6 | the server's own certificate names it in its subjectAltName | refused | `Allow::CommonName` |
//! | RFC 5246 §7.4.2 | a key is used as its keyUsage allows | refused | for pins: [`Despite::Usage`](super::Despite) |
//! | RFC 7633 | a certificate that requires a stapled response has one | refused | |
//! | | the peer's own certificate is not a CA certificate | noted | `Rule::AuthorityAsPeer` |
//! | RFC 5246 §7.4.2 | each certificate that was sent is well-formed, even if it is not needed | noted | `Rule::UnneededCertificates` |
//!
//! A certificate that is itself in the [`TrustStore`](super::TrustStore) is trusted as it is. Only its names, validity,
//! purpose and key are checked.
