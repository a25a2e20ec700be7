//! What becomes of every MUST of RFC 5280 §4.1, §4.2 and §6.1 that the certificates of a TLS peer can meet. There is no code
//! here.
//!
//! *webpki* is `rustls-webpki`, which finds the path; *ours* are the checks of this crate, on the path that it finds; *by
//! name* says which [`Allow`](super::Allow) relaxes a check. "All" certificates are the peer's own, the intermediates' and
//! the root's, which webpki reads as a name and a key: what is said of roots is ours. Roots without a certificate
//! ([`TrustStore::mozilla`](super::TrustStore)) were vetted when they were made.
//!
//! # The certificate (§4.1)
//!
//! | clause | what must be | who sees to it |
//! |---|---|---|
//! | §4.1, X.690 | DER, nothing after it | webpki, and ours by x509-parser |
//! | §4.1.1.2, §4.1.2.3 | the same algorithm inside and outside | webpki; roots: ours |
//! | §4.1.1.3 | the signature verifies | webpki; the root's own is not looked at: it is trusted as it is |
//! | §4.1.2.1 | version 3, where there are extensions | webpki: version 3 in any case; roots may be of version 1; devices: [`Despite::OldVersion`](super::Despite) |
//! | §4.1.2.2 | a positive serial number | ours, by name `OddSerialNumbers` |
//! | §4.1.2.2 | of 20 octets at most | ours, by name `OddSerialNumbers`. Some old roots have 0 |
//! | §4.1.2.2 | different for each certificate of an issuer | not: it cannot be seen in a chain |
//! | §4.1.2.4 | an issuer that is not empty | ours |
//! | §4.1.2.4, §4.1.2.6 | attributes of a type and a value, and no more | ours |
//! | §4.1.2.4, §4.1.2.6 | strings as UTF8String or PrintableString | not: older certificates have others, and names are compared as bytes |
//! | §4.1.2.5 | UTCTime to 2049, with seconds and Z | webpki |
//! | §4.1.2.5 | GeneralizedTime from 2050 on, with seconds and Z, without fractions | webpki; the year: ours, by name `EarlyGeneralizedTime` |
//! | §4.1.2.6 | a subject, if it is an authority's | ours |
//! | §4.1.2.6, §4.2.1.6 | a critical subjectAltName, if there is no subject | ours, by name `EmptySubject` |
//! | §4.1.2.6 | the same bytes as subject and as issuer of what it issues | webpki: names are compared as bytes |
//! | §4.1.2.7 | an algorithm and a key that fit | webpki; the peer's own: ours, that it is of a supported kind; RSA keys of 2048 bits at least, by name `SmallRsaKeys` |
//! | §4.1.2.8 | no unique identifiers | webpki; roots: ours |
//! | §4.1.2.9 | one extension at least, if there is the field | ours |
//!
//! # Its extensions (§4.2)
//!
//! | clause | what must be | who sees to it |
//! |---|---|---|
//! | §4.2 | each once | ours (webpki: those that it reads) |
//! | §4.2 | no critical one that is not understood | webpki; roots: ours |
//! | §4.2 | each as its grammar says | ours by x509-parser |
//! | §4.2.1.1 | an authorityKeyIdentifier with a key, but in self-signed ones of authorities | ours, by name `MissingKeyIdentifiers` |
//! | §4.2.1.1 | issuer and serial number both, or none | ours |
//! | §4.2.1.1 | not critical | ours, by name `CriticalExtensions` |
//! | §4.2.1.2 | a subjectKeyIdentifier, if it is an authority's | ours, by name `MissingKeyIdentifiers` |
//! | §4.2.1.2 | the one that its certificates name | ours, by name `MissingKeyIdentifiers` |
//! | §4.2.1.2 | not critical | ours, by name `CriticalExtensions` |
//! | §4.2.1.3 | a keyUsage, if it is an authority's | not: §6.1.4 (n) takes none as no limit, and tools leave it out |
//! | §4.2.1.3 | one bit at least | ours |
//! | §4.2.1.3 | keyCertSign with cA only | ours, by name `AuthorityTraits` |
//! | §4.2.1.4 | each policy once | ours |
//! | §4.2.1.4 | where it is critical, no policy qualifier but id-qt-cps and id-qt-unotice | ours |
//! | §4.2.1.5 | anyPolicy is not mapped | ours |
//! | §4.2.1.6 | a subjectAltName that is not empty, of names that are not empty | ours |
//! | §4.2.1.6 | addresses of 4 or 16 octets | ours |
//! | §4.2.1.6 | DNS names in preferred name syntax | webpki, when it compares them; `_` is taken, as deployed |
//! | §4.2.1.6 | URIs and mail addresses in their syntax | not, but for name constraints: no server is known by them |
//! | §4.2.1.7 | issuerAltName | not read; refused if critical |
//! | §4.2.1.8 | subjectDirectoryAttributes not critical | webpki: refused if critical |
//! | §4.2.1.9 | basicConstraints in an authority's | webpki; roots: ours, when they are added |
//! | §4.2.1.9 | critical in an authority's | ours, by name `NonCriticalBasicConstraints` |
//! | §4.2.1.9 | pathLenConstraint with cA only | ours, by name `AuthorityTraits` |
//! | §4.2.1.10 | nameConstraints in an authority's only | ours, by name `AuthorityTraits` |
//! | §4.2.1.10 | critical | ours, by name `NonCriticalConstraints` |
//! | §4.2.1.10 | not empty | ours |
//! | §4.2.1.10 | minimum 0, no maximum | webpki; directory names, mail addresses, URIs, and roots: ours |
//! | §4.2.1.11 | policyConstraints critical, not empty | ours; critical by name `NonCriticalConstraints` |
//! | §4.2.1.12 | one purpose at least | webpki; roots: ours |
//! | §4.2.1.12 | only used for its purposes | webpki: serverAuth or clientAuth, on all of the path but the root; anyExtendedKeyUsage does not count |
//! | §4.2.1.13 | a distribution point that names something | ours |
//! | §4.2.1.14 | inhibitAnyPolicy critical | ours, by name `NonCriticalConstraints` |
//! | §4.2.1.15, §4.2.2.1, §4.2.2.2 | freshestCRL, authorityInfoAccess, subjectInfoAccess not critical | ours, by name `CriticalExtensions` |
//!
//! # The path (§6.1)
//!
//! | clause | what must be | who sees to it |
//! |---|---|---|
//! | §6.1.1 | a root | webpki. Its validity counts too: ours, by name `ExpiredRoots`; its path length and name constraints as well |
//! | §6.1.3 (a) (1) | each signature verifies | webpki |
//! | §6.1.3 (a) (2) | each certificate is valid at the time | webpki |
//! | §6.1.3 (a) (3), §6.3 | none is revoked | ours, by the lists that it is given ([`Revocation`](super::Revocation)) and by a stapled OCSP response; else unknown |
//! | §5.2, §5.3 | no critical extension of a list or of an entry that is not understood | ours: such a list is not used |
//! | §6.3.3 (f) | who signs lists has cRLSign, if it has a keyUsage | ours, roots too |
//! | §6.1.3 (a) (4) | each issuer is the subject above it | webpki |
//! | §6.1.3 (b), (c) | names keep the constraints above them | webpki: DNS names, addresses; ours: directory names, mail addresses, URIs. Names of other forms are refused where there are constraints on their form |
//! | §6.1.3 (b) | self-issued certificates are not looked at | ours: as it says; webpki: looked at, since authorities have no DNS names |
//! | §6.1.3 (d) to (f), §6.1.4 (a), (b), (h) to (j), §6.1.5 | a valid policy, where one is required | ours. Any policy will do |
//! | §6.1.4 (k) | issuers are authorities | webpki; roots: ours |
//! | §6.1.4 (l), (m) | path lengths; self-issued certificates do not count | ours |
//! | §6.1.4 (n) | issuers have keyCertSign, if they have a keyUsage | ours |
//! | §6.1.4 (o) | other critical extensions are processed | none are known: refused |
//!
//! And beyond RFC 5280: the certificate of an authority is not taken as a peer's own (by name `AuthorityAsPeer`, or pinned);
//! a key is used for what its keyUsage says (RFC 5246 §7.4.2); the common name is no name (RFC 6125 §6.4.4; by name
//! `CommonName`); at most 6 intermediates are followed.
