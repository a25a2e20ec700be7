//! A chain that can be changed before it is signed: each certificate in parts, from the root to the server's.

use std::sync::LazyLock;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::certificates::Der;
use crate::certificates::der::{Fields, context_primitive, extension, id, sequence, tlv};
use crate::certificates::make::{Ca, Signer};

/// A key that certificates are made for, and signed by.
struct Key {
    /// SubjectPublicKeyInfo.
    public: Vec<u8>,
    /// The value of the subjectKeyIdentifier.
    identifier: Vec<u8>,
    signer: Signer,
}

/// Keys enough for every chain.
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let key = |i| {
        let ca = Ca::root(&format!("Key {i}"));
        let fields = Fields::of(&ca.der);
        Key { public: fields.key.clone(), identifier: fields.get(id::SUBJECT_KEY), signer: ca.signer }
    };
    (0..6).map(key).collect()
});

/// What all authorities and all servers are made of.
static SHAPES: LazyLock<(Der, Der)> = LazyLock::new(|| {
    let ca = Ca::root("Root");
    (ca.der.clone(), ca.leaf(|_| ()))
});

#[derive(Clone)]
pub struct Node {
    pub fields: Fields,
    /// Which of the keys it certifies.
    pub key: usize,
    /// Another key has signed it than its issuer's.
    pub signed_by: Option<usize>,
    /// Its issuer's name and key identifier are not what they are by themselves.
    pub foreign: bool,
    /// Changes its encoding before it is signed, and after.
    pub tamper: Option<(usize, u8)>,
    pub spoil: Option<(usize, u8)>,
}

/// A chain, the root first, and how it is shown.
#[derive(Clone)]
pub struct Draft {
    pub nodes: Vec<Node>,
    pub shown: Shown,
    /// What was done to it, for people.
    pub story: Vec<String>,
}

/// What is trusted, and what is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The root is trusted, and the others are sent in their order.
    AsUsual,
    /// The same, with the root.
    WithRoot,
    /// The intermediates in their reverse order.
    Reversed,
    /// Without the first intermediate.
    Gap,
    /// With a certificate that has nothing to do with it.
    Stranger,
    /// The server's own certificate is trusted as well.
    OwnTrusted,
    /// Only the last authority is trusted.
    LastTrusted,
}

/// A chain as it is asked about.
#[derive(Clone)]
pub struct Chain {
    pub roots: Vec<Der>,
    pub sent: Vec<Der>,
}

impl Draft {
    /// A good chain of so many intermediates.
    pub fn good(intermediates: usize) -> Self {
        let (authority, server) = &*SHAPES;
        let node = |i: usize| {
            let is_last = i == intermediates + 1;
            let mut fields = Fields::of(if is_last { server } else { authority });
            fields.key.clone_from(&KEYS[i].public);
            fields.subject =
                crate::certificates::der::common_name(crate::certificates::der::UTF8_STRING, format!("CN {i}"));
            if !is_last {
                fields.set(id::SUBJECT_KEY, extension(id::SUBJECT_KEY, &KEYS[i].identifier));
            }
            Node { fields, key: i, signed_by: None, foreign: false, tamper: None, spoil: None }
        };
        Self { nodes: (0..intermediates + 2).map(node).collect(), shown: Shown::AsUsual, story: Vec::new() }
    }

    pub fn pick<'a>(&'a mut self, rng: &mut StdRng) -> (usize, &'a mut Node) {
        let at = *(0..self.nodes.len()).collect::<Vec<_>>().choose(rng).unwrap();
        (at, &mut self.nodes[at])
    }

    /// Signs it all.
    pub fn chain(&self) -> Chain {
        let mut made: Vec<Der> = Vec::new();
        for (i, node) in self.nodes.iter().enumerate() {
            let above = &self.nodes[i.saturating_sub(1)];
            let mut fields = node.fields.clone();
            if !node.foreign {
                fields.issuer.clone_from(&above.fields.subject);
                if i > 0 && fields.has(id::AUTHORITY_KEY) && above.fields.has(id::SUBJECT_KEY) {
                    let key = tlv(context_primitive(0), &KEYS[above.key].identifier[2..]);
                    fields.set(id::AUTHORITY_KEY, extension(id::AUTHORITY_KEY, &sequence(&[&key])));
                }
            }
            let signer = &KEYS[node.signed_by.unwrap_or(above.key)].signer;
            let signer = match node.tamper {
                // What is signed is changed, and the signature is good all the same.
                Some((at, mask)) => Signer::new(signer.algorithm.clone(), {
                    let signer = signer.clone();
                    move |message| signer.sign(&changed(message, at, mask))
                }),
                None => signer.clone(),
            };
            let der = fields.sign(&signer);
            let der = match node.tamper {
                Some((at, mask)) => changed_inside(&der, at, mask),
                None => der,
            };
            made.push(match node.spoil {
                Some((at, mask)) => changed(&der, at, mask).into(),
                None => der,
            });
        }
        self.shown(made)
    }

    fn shown(&self, mut made: Vec<Der>) -> Chain {
        let root = made.remove(0);
        made.reverse();
        let mut roots = vec![root.clone()];
        match self.shown {
            Shown::AsUsual => (),
            Shown::WithRoot => made.push(root),
            Shown::Reversed => made[1..].reverse(),
            Shown::Gap => drop((made.len() > 1).then(|| made.remove(1))),
            Shown::Stranger => made.insert(1, SHAPES.0.clone()),
            Shown::OwnTrusted => roots.push(made[0].clone()),
            Shown::LastTrusted => roots = vec![made.get(1).cloned().unwrap_or(root)],
        }
        Chain { roots, sent: made }
    }
}

/// With one byte changed.
fn changed(bytes: &[u8], at: usize, mask: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = at % bytes.len();
    bytes[at] ^= mask;
    bytes
}

/// With one byte of what is signed changed.
fn changed_inside(certificate: &Der, at: usize, mask: u8) -> Der {
    let signed = crate::support::pki::parts(certificate)[0].to_vec();
    let start = certificate.windows(signed.len()).position(|window| window == signed).unwrap();
    let mut bytes = certificate.to_vec();
    bytes[start + at % signed.len()] ^= mask;
    bytes.into()
}
