//! Makes the chains of the table: a good one, with the changes of a row.

use std::sync::LazyLock;

use rcgen::CertificateParams;

use super::der::Fields;
use super::row::{Case, Der};
pub use crate::certificates::make::*;

/// The root of most chains.
pub static ROOT: LazyLock<Ca> = LazyLock::new(|| Ca::root("Root"));
/// An intermediate of it.
pub static INT: LazyLock<Ca> = LazyLock::new(|| ROOT.below("Int"));
/// A root of another, in every store: no verdict may hang on there being one root.
pub static OTHER: LazyLock<Ca> = LazyLock::new(|| Ca::root("Other"));

/// These, below [`ROOT`].
pub fn sent(chain: &[&Der]) -> Case {
    under(&ROOT, chain)
}

/// These, below a root.
pub fn under(root: &Ca, chain: &[&Der]) -> Case {
    Case::new(vec![OTHER.der.clone(), root.der.clone()], chain.iter().map(|der| (*der).clone()).collect())
}

/// A leaf below [`ROOT`].
pub fn leaf(tweak: impl FnOnce(&mut CertificateParams)) -> Case {
    sent(&[&ROOT.leaf(tweak)])
}

/// A leaf below [`ROOT`], with what rcgen cannot say.
pub fn patched_leaf(change: impl FnOnce(&mut Fields)) -> Case {
    sent(&[&ROOT.patched_leaf(change)])
}

/// A leaf below this intermediate, which is of [`ROOT`].
pub fn below(int: &Ca) -> Case {
    sent(&[&int.leaf(|_| ()), &int.der])
}

/// A leaf below an intermediate of [`ROOT`].
pub fn int(tweak: impl FnOnce(&mut CertificateParams)) -> Case {
    below(&ROOT.below_with("Int", tweak, |_| ()))
}

/// A leaf below an intermediate of [`ROOT`], with what rcgen cannot say.
pub fn patched_int(change: impl FnOnce(&mut Fields)) -> Case {
    below(&ROOT.below_with("Int", |_| (), change))
}

/// A leaf below a root.
pub fn root(tweak: impl FnOnce(&mut CertificateParams)) -> Case {
    let root = Ca::root_with("Its Root", tweak, |_| ());
    under(&root, &[&root.leaf(|_| ())])
}

/// A leaf below a root, with what rcgen cannot say.
pub fn patched_root(change: impl FnOnce(&mut Fields)) -> Case {
    let root = Ca::root_with("Its Root", |_| (), change);
    under(&root, &[&root.leaf(|_| ())])
}
