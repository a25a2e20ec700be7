//! The signature algorithms of a provider, known at compile time or assembled at run time.

use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::SignatureVerificationAlgorithm;

use crate::wire::SignatureScheme;

/// The signature algorithms of a provider.
#[derive(Clone, Debug)]
pub struct SignatureAlgorithms {
    compiled: Compiled,
    /// `None` if the algorithms are in `compiled`.
    built: Option<Arc<Built>>,
}

/// An algorithm that is known at compile time.
type Algorithm = &'static dyn SignatureVerificationAlgorithm;

#[derive(Clone, Copy, Debug)]
struct Compiled {
    all: &'static [Algorithm],
    by_scheme: &'static [(SignatureScheme, &'static [Algorithm])],
    by_name_only: &'static [(SignatureScheme, &'static [Algorithm])],
}

#[derive(Debug)]
struct Built {
    all: Vec<Arc<dyn SignatureVerificationAlgorithm>>,
    by_scheme: Vec<(SignatureScheme, Vec<Arc<dyn SignatureVerificationAlgorithm>>)>,
    by_name_only: Vec<(SignatureScheme, Vec<Arc<dyn SignatureVerificationAlgorithm>>)>,
}

impl SignatureAlgorithms {
    /// Creates a set of algorithms that are known at compile time.
    ///
    /// - `all`: for the signatures in certificates.
    /// - `by_scheme`: the algorithms of each signature scheme of the protocol, most preferred scheme first.
    /// - `by_name_only`: the same for schemes that are used only if a policy names them: those with SHA-1.
    #[must_use]
    pub const fn from_static(
        all: &'static [&'static dyn SignatureVerificationAlgorithm],
        by_scheme: &'static [(SignatureScheme, &'static [&'static dyn SignatureVerificationAlgorithm])],
        by_name_only: &'static [(SignatureScheme, &'static [&'static dyn SignatureVerificationAlgorithm])],
    ) -> Self {
        Self { compiled: Compiled { all, by_scheme, by_name_only }, built: None }
    }

    /// Creates a set of algorithms that is assembled at run time, such as those that a device supports. The arguments
    /// are those of [`Self::from_static`].
    #[must_use]
    pub fn new(
        all: Vec<Arc<dyn SignatureVerificationAlgorithm>>,
        by_scheme: Vec<(SignatureScheme, Vec<Arc<dyn SignatureVerificationAlgorithm>>)>,
        by_name_only: Vec<(SignatureScheme, Vec<Arc<dyn SignatureVerificationAlgorithm>>)>,
    ) -> Self {
        let compiled = Compiled { all: &[], by_scheme: &[], by_name_only: &[] };
        Self { compiled, built: Some(Arc::new(Built { all, by_scheme, by_name_only })) }
    }

    /// Returns all algorithms, for signatures in certificates.
    pub fn all(&self) -> impl Iterator<Item = &dyn SignatureVerificationAlgorithm> + Clone {
        let built = self.built.iter().flat_map(|built| &built.all);
        self.compiled.all.iter().copied().chain(built.map(|algorithm| &**algorithm))
    }

    /// Returns the algorithms for signatures in certificates that are accepted only if the verifier allows them: those
    /// with SHA-1.
    pub fn all_by_name_only(&self) -> impl Iterator<Item = &dyn SignatureVerificationAlgorithm> + Clone {
        let compiled = self.compiled.by_name_only.iter().flat_map(|(_, algorithms)| algorithms.iter().copied());
        let built = self.built.iter().flat_map(|built| &built.by_name_only);
        compiled.chain(built.flat_map(|(_, algorithms)| algorithms).map(|algorithm| &**algorithm))
    }

    /// Returns the schemes that are used by default, most preferred first.
    pub fn schemes(&self) -> impl Iterator<Item = SignatureScheme> + Clone {
        let built = self.built.iter().flat_map(|built| &built.by_scheme);
        let compiled = self.compiled.by_scheme.iter().map(|(scheme, _)| *scheme);
        compiled.chain(built.map(|(scheme, _)| *scheme))
    }

    /// Returns the schemes that are used only if a policy names them, most preferred first.
    pub fn schemes_by_name_only(&self) -> impl Iterator<Item = SignatureScheme> + Clone {
        let built = self.built.iter().flat_map(|built| &built.by_name_only);
        let compiled = self.compiled.by_name_only.iter().map(|(scheme, _)| *scheme);
        compiled.chain(built.map(|(scheme, _)| *scheme))
    }

    /// Returns the algorithms of `scheme`, whether it is used by default or only by name: one for each type of key that
    /// it supports.
    pub fn of_scheme(&self, scheme: SignatureScheme) -> impl Iterator<Item = &dyn SignatureVerificationAlgorithm> {
        let Compiled { by_scheme, by_name_only, .. } = self.compiled;
        let compiled = by_scheme.iter().chain(by_name_only).filter(move |(of, _)| *of == scheme);
        let built = self.built.iter().flat_map(|built| built.by_scheme.iter().chain(&built.by_name_only));
        let built = built.filter(move |(of, _)| *of == scheme);
        let compiled = compiled.flat_map(|(_, algorithms)| algorithms.iter().copied());
        compiled.chain(built.flat_map(|(_, algorithms)| algorithms).map(|algorithm| &**algorithm))
    }
}
