//! The verdicts of others beside ours: every difference has a reason.

/// The verdict of another library. A text `says` is part of what it prints.
#[derive(Clone, Copy, Debug)]
pub enum Theirs {
    /// It accepts, as we do.
    Accepts,
    /// It refuses, as we do, and says this.
    Refuses(&'static str),
    /// It accepts and we do not, for this reason.
    OnlyTheyAccept(&'static str),
    /// It refuses, says this, and we accept, for this reason.
    OnlyTheyRefuse(&'static str, &'static str),
    /// It cannot be asked, for this reason.
    CannotBeAsked(&'static str),
}

pub use Theirs::{Accepts, CannotBeAsked, OnlyTheyAccept, OnlyTheyRefuse, Refuses};

impl Theirs {
    /// What it must say if it refuses; None if it accepts.
    pub fn says(self) -> Option<&'static str> {
        match self {
            Refuses(says) | OnlyTheyRefuse(says, _) => Some(says),
            Accepts | OnlyTheyAccept(_) | CannotBeAsked(_) => None,
        }
    }

    pub fn reason(self) -> Option<&'static str> {
        match self {
            OnlyTheyAccept(reason) | OnlyTheyRefuse(_, reason) | CannotBeAsked(reason) => Some(reason),
            Accepts | Refuses(_) => None,
        }
    }

    /// Panics if it is not what it says of itself, where we accept or refuse: a difference without a reason, or a reason
    /// without a difference.
    pub fn check(self, name: &str, we_accept: bool) {
        let differs = matches!(self, OnlyTheyAccept(_) | OnlyTheyRefuse(..));
        if !matches!(self, CannotBeAsked(_)) {
            let agrees = we_accept == self.says().is_none();
            assert_ne!(agrees, differs, "{name}: {self:?} is not what it says of itself");
        }
        assert!(self.says().is_none_or(|says| !says.is_empty()), "{name}: it must say something");
        assert!(self.reason().is_none_or(|reason| reason.len() > 20), "{name}: that is no reason");
    }

    /// Whether this is what it said.
    pub fn is(self, verdict: &Result<(), String>) -> bool {
        match (verdict, self.says()) {
            (Ok(()), None) => true,
            (Err(why), Some(says)) => why.contains(says),
            _ => false,
        }
    }
}
