//! The reasons for which our verdict may differ from that of webpki or OpenSSL.

use tls12::CertificateErrorKind as Kind;

use crate::certificates::der::{INTEGER, TRUE, UTF8_STRING, common_name, context, id, oid, tlv};
use crate::differential::draft::Shown;
use crate::differential::{Asked, NAME, NO_ROOT, Verdicts};

/// A difference that is meant.
pub struct Rule {
    pub name: &'static str,
    pub whose: Whose,
    /// Whose verdict it is that the chain is good.
    pub accepts: Accepts,
    pub covers: fn(&Verdicts, &Asked) -> bool,
    /// The clause, and why.
    pub why: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    Webpki,
    OpenSsl,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accepts {
    OnlyWe,
    OnlyThey,
}

use Accepts::{OnlyThey, OnlyWe};
use Whose::{OpenSsl, Webpki};

impl Rule {
    pub fn explains(&self, whose: Whose, verdicts: &Verdicts, asked: &Asked) -> bool {
        let accepts = if verdicts.ours.is_ok() { OnlyWe } else { OnlyThey };
        self.whose == whose && self.accepts == accepts && (self.covers)(verdicts, asked)
    }
}

impl Verdicts {
    fn webpki_says(&self, words: &str) -> bool {
        self.webpki.as_ref().is_err_and(|why| why.contains(words))
    }

    fn openssl_says(&self, words: &str) -> bool {
        self.openssl.as_ref().is_some_and(|verdict| verdict.as_ref().is_err_and(|why| why.contains(words)))
    }

    /// OpenSSL, if it is here, is with us.
    fn openssl_agrees(&self) -> bool {
        self.openssl.as_ref().is_none_or(|verdict| verdict.is_ok() == self.ours.is_ok())
    }

    fn we_refuse_as(&self, kinds: &[Kind]) -> bool {
        self.ours.as_ref().is_err_and(|error| kinds.contains(&error.kind))
    }
}

impl Asked {
    /// Somewhere the issuer's name, or its key identifier, is not written as above it.
    fn names_differ(&self) -> bool {
        self.draft.nodes.iter().skip(1).any(|node| node.foreign)
    }

    /// A certificate is not of version 3.
    fn has_old_version(&self) -> bool {
        self.draft.nodes.iter().any(|node| node.fields.version != tlv(context(0), tlv(INTEGER, [2])))
    }

    /// The root was changed.
    fn root_touched(&self) -> bool {
        self.draft.story.iter().any(|text| text.starts_with("0: "))
    }

    /// Something is there twice.
    fn has_repeated(&self) -> bool {
        self.draft.story.iter().any(|text| text.ends_with("twice"))
    }

    /// One of these extensions was changed, or a byte of anything.
    fn touched(&self, kinds: &[&str]) -> bool {
        let is_of =
            |text: &String| kinds.iter().any(|kind| text.contains(&format!(": {kind} ")) || text.ends_with(kind));
        self.draft.story.iter().any(is_of) || self.has_bytes_changed()
    }

    fn has_bytes_changed(&self) -> bool {
        self.draft.nodes.iter().any(|node| node.tamper.is_some() || node.spoil.is_some())
    }

    /// A certificate has one of these extensions, and it is critical.
    fn has_critical(&self, kinds: &[&str]) -> bool {
        kinds.iter().any(|kind| self.mentions(&[&*oid(kind), &TRUE].concat()))
    }

    fn root_has(&self, kind: &str) -> bool {
        self.draft.nodes[0].fields.has(kind)
    }

    fn mentions(&self, bytes: &[u8]) -> bool {
        let all = self.chain.sent.iter().chain(&self.chain.roots);
        all.into_iter().any(|der| der.windows(bytes.len()).any(|window| window == bytes))
    }
}

pub const RULES: &[Rule] = &[
    Rule {
        name: "itself",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |_, asked| asked.draft.shown == Shown::OwnTrusted,
        why: "a certificate that is itself in the store is trusted as it is; webpki knows anchors only",
    },
    Rule {
        name: "names",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.webpki_says("UnknownIssuer") && (asked.names_differ() || asked.has_bytes_changed())
        },
        why: "names are compared by RFC 5280 §7.1; webpki compares their bytes",
    },
    Rule {
        name: "anchor",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            (verdicts.webpki_says("UnknownIssuer") || verdicts.webpki_says("UnsupportedCertVersion"))
                && asked.chain.roots.iter().any(|root| webpki::anchor_from_trusted_cert(root).is_err())
        },
        why: "an anchor is a name, a key and its constraints (RFC 5280 §6.1.1 (d)); webpki reads more of its certificate",
    },
    Rule {
        name: "critical",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.webpki_says("UnsupportedCriticalExtension")
                && asked.has_critical(&[
                    id::POLICIES,
                    id::POLICY_CONSTRAINTS,
                    id::INHIBIT_ANY_POLICY,
                    id::SUBJECT_KEY,
                    id::AUTHORITY_KEY,
                    id::CRL_DISTRIBUTION_POINTS,
                ])
        },
        why: "we process policies (RFC 5280 §6.1.3 (d)), and know what identifiers and points are; webpki does not",
    },
    Rule {
        name: "authority as peer",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, _| verdicts.webpki_says("CaUsedAsEndEntity"),
        why: "no clause of RFC 5280 keeps an authority from being a peer: a note here",
    },
    Rule {
        name: "before 1970",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.webpki_says("BadDerTime")
                && (asked.mentions(b"500101000000Z") || asked.mentions(b"00010101000000Z"))
        },
        why: "a UTCTime of 50 is 1950, and GeneralizedTime begins with the year 0 (RFC 5280 §4.1.2.5); webpki counts from 1970",
    },
    Rule {
        name: "unique identifiers",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.webpki_says("TrailingData") && asked.draft.nodes.iter().any(|node| !node.fields.unique.is_empty())
        },
        why: "unique identifiers can be read (RFC 5280 §4.1.2.8: SHOULD), and are noted",
    },
    Rule {
        name: "any purpose",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, asked| verdicts.webpki_says("RequiredEkuNotFound") && asked.mentions(&oid("2.5.29.37.0")),
        why: "anyExtendedKeyUsage restricts nothing; refusing it is a MAY (RFC 5280 §4.2.1.12)",
    },
    Rule {
        name: "forms of names",
        whose: Webpki,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            let directory = [context(4)];
            let hints = [id::SUBJECT_KEY, id::AUTHORITY_KEY, id::CRL_DISTRIBUTION_POINTS];
            verdicts.webpki_says("NameConstraintViolation")
                && asked.mentions(&directory)
                && (verdicts.openssl_agrees() || asked.touched(&hints))
        },
        why: "constraints on directory names are compared with them (RFC 5280 §4.2.1.10); to webpki any is a violation",
    },
    Rule {
        name: "policies",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, asked| {
            let kinds = [id::POLICIES, id::POLICY_CONSTRAINTS, id::INHIBIT_ANY_POLICY];
            verdicts.we_refuse_as(&[Kind::Constraint]) && asked.touched(&kinds) && verdicts.openssl_agrees()
        },
        why: "a valid policy is required (RFC 5280 §6.1.5 (g)); webpki knows no policies",
    },
    Rule {
        name: "the root's constraints",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, asked| {
            verdicts.we_refuse_as(&[Kind::Constraint, Kind::Expired, Kind::NotYetValid])
                && (asked.root_touched() || asked.draft.shown == Shown::LastTrusted)
                && verdicts.openssl_agrees()
        },
        why: "a root's path length and validity hold as well; webpki takes a name, a key and name constraints of it",
    },
    Rule {
        name: "no authority",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, asked| {
            verdicts.we_refuse_as(&[Kind::UnknownIssuer])
                && (asked.touched(&[id::KEY_USAGE, id::BASIC_CONSTRAINTS]) || asked.has_old_version())
        },
        why: "who trusts the certificate of one server does not make it an authority (RFC 5280 §6.1.4 (k), (n))",
    },
    Rule {
        name: "key usage",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, asked| verdicts.we_refuse_as(&[Kind::WrongPurpose]) && asked.touched(&[id::KEY_USAGE]),
        why: "keyUsage holds for issuers (RFC 5280 §6.1.4 (n)) and peers (RFC 5246 §7.4.2); webpki does not read it",
    },
    Rule {
        name: "unreadable root",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, _| verdicts.ours.as_ref().is_err_and(|error| error.explanation.starts_with(NO_ROOT)),
        why: "a root that cannot be read is told when the store is made; webpki reads its name and key only",
    },
    Rule {
        name: "unreadable",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, _| verdicts.we_refuse_as(&[Kind::Malformed]),
        why: "certificates are read in one strict pass (RFC 5280 §4.1, §4.2: DER, each extension once); webpki reads what it needs",
    },
    Rule {
        name: "unreadable intermediate",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, _| verdicts.we_refuse_as(&[Kind::UnknownIssuer]) && verdicts.openssl_agrees(),
        why: "the same, and no path is left without it",
    },
    Rule {
        name: "kinds of keys",
        whose: Webpki,
        accepts: OnlyThey,
        covers: |verdicts, asked| verdicts.we_refuse_as(&[Kind::UnsupportedAlgorithm]) && asked.has_bytes_changed(),
        why: "a peer's key that nobody can use is told at once, not when it signs (RFC 5246 §7.4.2)",
    },
    Rule {
        name: "itself",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |_, asked| asked.draft.shown == Shown::OwnTrusted,
        why: "a certificate that is itself in the store is trusted as it is; OpenSSL still looks at its issuers",
    },
    Rule {
        name: "hints",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.openssl_says("unable to get local issuer certificate")
                && (asked.names_differ() || asked.touched(&[id::SUBJECT_KEY, id::AUTHORITY_KEY]))
        },
        why: "key identifiers are hints (RFC 5280 §4.2.1.1), and names are compared by §7.1: white space and string types too",
    },
    Rule {
        name: "unneeded extensions",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |verdicts, _| verdicts.openssl_says("ossl_x509v3_cache_extensions:invalid certificate"),
        why: "an extension that nobody needs for the path need not be readable: a note here",
    },
    Rule {
        name: "critical",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.openssl_says("unhandled critical extension")
                && (asked.has_critical(&[id::SUBJECT_KEY, id::AUTHORITY_KEY])
                    || asked.root_has(id::UNKNOWN)
                    || asked.draft.nodes[0].tamper.or(asked.draft.nodes[0].spoil).is_some())
        },
        why: "we know what key identifiers are, and an anchor is a name and a key (RFC 5280 §6.1.1 (d))",
    },
    Rule {
        name: "purpose",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.openssl_says("unsuitable certificate purpose")
                && (asked.root_has(id::EXTENDED_KEY_USAGE) || asked.mentions(&oid("2.5.29.37.0")))
        },
        why: "an anchor has no purposes (RFC 5280 §6.1.1 (d)), and anyExtendedKeyUsage restricts nothing (§4.2.1.12)",
    },
    Rule {
        name: "policies",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            verdicts.openssl_says("invalid or inconsistent certificate policy extension")
                && asked.touched(&[id::POLICIES, id::POLICY_CONSTRAINTS, id::INHIBIT_ANY_POLICY])
        },
        why: "that policies are listed once and constrain something is an authority's duty (RFC 5280 §4.2.1.4, §4.2.1.11)",
    },
    Rule {
        name: "keys",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |verdicts, asked| verdicts.openssl_says("X509_PUBKEY_get0:decode error") && asked.has_bytes_changed(),
        why: "a key that is no point of its curve verifies nothing: the handshake fails when it signs",
    },
    Rule {
        name: "texts",
        whose: OpenSsl,
        accepts: OnlyWe,
        covers: |verdicts, asked| {
            (verdicts.openssl_says("Could not read") || verdicts.openssl_says("Error loading file"))
                && (asked.mentions(&[0xff, 0xfe]) || asked.has_bytes_changed())
        },
        why: "the text of a name is compared and shown, and need not be a text; OpenSSL decodes it when it reads the certificate",
    },
    Rule {
        name: "constraints",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, asked| verdicts.we_refuse_as(&[Kind::Malformed]) && asked.touched(&[id::NAME_CONSTRAINTS]),
        why: "a constraint that cannot be read would not be kept (RFC 5280 §4.2.1.10: process or reject)",
    },
    Rule {
        name: "unreadable root",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, _| verdicts.ours.as_ref().is_err_and(|error| error.explanation.starts_with(NO_ROOT)),
        why: "a root that cannot be read is told when the store is made; OpenSSL reads extensions when it needs them",
    },
    Rule {
        name: "unreadable",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, asked| {
            verdicts.we_refuse_as(&[Kind::Malformed])
                && (asked.has_repeated()
                    || asked.touched(&[id::BASIC_CONSTRAINTS])
                    || asked.draft.shown == Shown::OwnTrusted)
        },
        why: "certificates are read in one strict pass (RFC 5280 §4.1, §4.2); OpenSSL reads an extension when it needs it",
    },
    Rule {
        name: "old versions",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, asked| verdicts.we_refuse_as(&[Kind::Unsupported]) && asked.has_old_version(),
        why: "what is not of version 3 cannot say what it is for (RFC 5280 §4.1.2.1): accepted by Allow::OldVersions only",
    },
    Rule {
        name: "key usage",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, asked| verdicts.we_refuse_as(&[Kind::WrongPurpose]) && asked.touched(&[id::KEY_USAGE]),
        why: "the key is to sign (RFC 5246 §7.4.2); openssl verify does not know what for, and takes keyEncipherment",
    },
    Rule {
        name: "common name",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, asked| {
            let own = asked.draft.nodes.last().unwrap();
            verdicts.we_refuse_as(&[Kind::NameMismatch]) && own.fields.subject == common_name(UTF8_STRING, NAME)
        },
        why: "a common name is no name of a server (RFC 6125 §6.4.4), unless it is allowed",
    },
    Rule {
        name: "no authority",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, asked| verdicts.we_refuse_as(&[Kind::UnknownIssuer]) && asked.has_old_version(),
        why: "a certificate of version 1 in the store is an authority's if it signed itself; OpenSSL takes any",
    },
    Rule {
        name: "forms of keys",
        whose: OpenSsl,
        accepts: OnlyThey,
        covers: |verdicts, asked| verdicts.we_refuse_as(&[Kind::BadSignature]) && asked.has_bytes_changed(),
        why: "a point in hybrid form is no key (RFC 5480 §2.2), and ring verifies nothing by it; OpenSSL reads it",
    },
];
