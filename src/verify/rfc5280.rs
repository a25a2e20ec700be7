//! What becomes of every MUST of RFC 5280 §4.1, §4.2 and §6.1 that the certificates of a TLS peer can meet. There is no code
//! here.
//!
//! §6.1 says how a relying party validates a path, and §4 says in places what an application MUST process or reject. That, and
//! what protects, is **refused**. What §4 demands of authorities alone is **noted**: the chain is accepted, and
//! [`Verdict::notes`](super::Verdict::notes) says what is wrong. [`Verifier::allow`](super::Verifier::allow) relaxes a
//! refusal by the name of an [`Allow`](super::Allow); [`Verifier::require`](super::Verifier::require) turns notes into
//! refusals by the name of a [`Rule`](super::Rule), and [`Verifier::strict`](super::Verifier::strict) all of them. What has no
//! name beside it can be neither relaxed nor required.
//!
//! It is said of the certificates of the path, from the peer's own to the one that the root has issued. The root itself is a
//! trust anchor (§6.1.1 (d)), that is, a name, a key and its constraints: of its certificate, only what this table says of
//! roots is looked at.
//!
//! # The certificate (§4.1)
//!
//! | clause | what must be | by default | name |
//! |---|---|---|---|
//! | §4.1, X.690 | DER, nothing after it | refused | |
//! | §4.1.1.2, §4.1.2.3 | the same algorithm inside and outside | refused | |
//! | §4.1.2.1 | version 3, if it is to say what it may be used for | refused | `Allow::OldVersions` |
//! | §4.1.2.1 | version 3, if it has extensions | noted | `Rule::Version` |
//! | §4.1.2.2 | a positive serial number of 20 octets at most | noted | `Rule::SerialNumber` |
//! | §4.1.2.2 | another serial number for each certificate of an issuer | cannot be seen in a chain | |
//! | §4.1.2.4 | an issuer that is not empty | noted | `Rule::Names` |
//! | §4.1.2.4, §4.1.2.6 | names of sets of types and values, none of them empty | refused | |
//! | §4.1.2.4, §4.1.2.6 | strings as UTF8String or PrintableString | not looked at: §7.1 compares others too | |
//! | §4.1.2.5 | UTCTime or GeneralizedTime, with seconds and Z, without fractions | refused | |
//! | §4.1.2.5 | GeneralizedTime from 2050 on only | noted | `Rule::TimeEncoding` |
//! | §4.1.2.6 | a subject, if it is an authority's; else a subject or a critical subjectAltName | noted | `Rule::Names` |
//! | §4.1.2.7 | a key that can be read; the peer's own of a kind that is supported | refused | |
//! | §4.1.2.7 | RSA keys of 2048 bits at least (RFC 9325 §4.5), on all of the path | refused | `Allow::SmallRsaKeys` |
//! | §4.1.2.8 | no unique identifiers | noted | `Rule::UniqueIdentifiers` |
//! | §4.1.2.9 | one extension at least, if there is the field | noted | `Rule::Extensions` |
//!
//! # Its extensions (§4.2)
//!
//! | clause | what must be | by default | name |
//! |---|---|---|---|
//! | §4.2 | each that is known only once, and as its grammar says | refused | |
//! | §4.2 | no critical one that is not known | refused | |
//! | §4.2.1.1, §4.2.1.2 | key identifiers that can be read | noted | `Rule::Extensions` |
//! | §4.2.1.1 | an authorityKeyIdentifier with a key, but in self-issued ones of authorities; issuer and serial number both, or none | noted | `Rule::KeyIdentifiers` |
//! | §4.2.1.2 | a subjectKeyIdentifier, if it is an authority's; the one that its certificates name | noted | `Rule::KeyIdentifiers` |
//! | §4.2.1.1, §4.2.1.2, §4.2.1.15, §4.2.2 | these, freshestCRL, authorityInfoAccess and subjectInfoAccess not critical | noted | `Rule::Criticality` |
//! | §4.2.1.3 | a keyUsage, if it is an authority's; one bit at least | noted | `Rule::KeyUsage` |
//! | §4.2.1.3 | keyCertSign with cA only | noted; it makes nobody an authority | `Rule::AuthorityTraits` |
//! | §4.2.1.4 | qualifiers that are known, if it is critical | refused | |
//! | §4.2.1.4 | each policy once | noted | `Rule::Policies` |
//! | §4.2.1.6 | a subjectAltName of names, none of them empty or malformed | noted; such a name matches nothing | `Rule::AlternativeNames` |
//! | §4.2.1.7, §4.2.1.8 | issuerAltName and subjectDirectoryAttributes not critical | refused: they are not known | |
//! | §4.2.1.9 | basicConstraints critical in an authority's | noted | `Rule::Criticality` |
//! | §4.2.1.9 | pathLenConstraint with cA only | noted | `Rule::AuthorityTraits` |
//! | §4.2.1.10 | nameConstraints with minimum 0 and no maximum, of forms that are known or of which there are no names | refused | |
//! | §4.2.1.10 | nameConstraints in an authority's only | noted | `Rule::AuthorityTraits` |
//! | §4.2.1.10, §4.2.1.11, §4.2.1.14 | nameConstraints, policyConstraints and inhibitAnyPolicy critical | noted; they hold all the same | `Rule::Criticality` |
//! | §4.2.1.10, §4.2.1.11 | constraints that constrain something | noted | `Rule::Names`, `Rule::Policies` |
//! | §4.2.1.12 | one purpose at least; serverAuth, clientAuth for a client, or anyExtendedKeyUsage, on all of the path | refused | [`Verifier::accept_purpose`](super::Verifier::accept_purpose) |
//! | §4.2.1.13 | a distribution point that names something | noted | `Rule::DistributionPoints` |
//!
//! # The path (§6.1)
//!
//! | clause | what must be | by default | name |
//! |---|---|---|---|
//! | §6.1.1 (d) | a root, that is, what says of itself that it issues certificates, or is self-issued and of version 1 | refused | |
//! | §6.1.1 (d) | a root in its time | refused | `Allow::ExpiredRoots` |
//! | §6.1.2 | path length and names as the root's certificate constrains them (RFC 5937) | refused | |
//! | §6.1.3 (a) (1) | each signature verifies; by an algorithm that the provider supports | refused | `Allow::Sha1Signatures` for SHA-1 |
//! | §6.1.3 (a) (2) | each certificate is valid at the time | refused | |
//! | §6.1.3 (a) (3), §6.3 | none is revoked, by the lists that are given ([`Revocation`](super::Revocation)) and the stapled OCSP response | refused | `Allow::ExpiredCrls`, `Allow::UnusableStaple`, [`UnknownStatus`](super::UnknownStatus) |
//! | §6.1.3 (a) (4), §7.1 | each issuer is the subject above it, but for case, space and the type of strings | refused | |
//! | §6.1.3 (b), (c) | names keep the constraints above them: DNS names, addresses, mail addresses, URIs, directory names; other forms must not be constrained | refused | |
//! | §6.1.3 (d) to (f), §6.1.4 (a), (b), (h) to (j), §6.1.5 | a valid policy, where one is required | refused | [`Verifier::policies`](super::Verifier::policies) |
//! | §6.1.4 (k), (n) | issuers are authorities, and have keyCertSign, if they have a keyUsage | refused | |
//! | §6.1.4 (l), (m) | path lengths; self-issued certificates do not count | refused | [`Verifier::max_intermediates`](super::Verifier::max_intermediates) for the limit of all |
//! | §6.1.4 (o), §6.1.5 (e) | no critical extension is left over | refused | |
//!
//! # Beyond RFC 5280
//!
//! | source | what must be | by default | name |
//! |---|---|---|---|
//! | RFC 9525 §6 | the server's own certificate names it in its subjectAltName | refused | `Allow::CommonName` |
//! | RFC 5246 §7.4.2 | a key is used for what its keyUsage says | refused | for pins: [`Despite::Usage`](super::Despite) |
//! | RFC 7633 | a certificate that demands a stapled response has one | refused | |
//! | | the peer's own certificate is not an authority's | noted | `Rule::AuthorityAsPeer` |
//! | RFC 5246 §7.4.2 | each certificate that was sent can be read, even if it is not needed | noted | `Rule::UnneededCertificates` |
//!
//! A certificate that is itself in the [`TrustStore`](super::TrustStore) is trusted as it is. Of it, only the name, the time,
//! the purpose and the key are looked at.
