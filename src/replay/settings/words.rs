//! The names of settings' values.

use crate::handshake::{
    Agreement, AskFor, FalseStart, Grease, LaterVersion, SecureRenegotiation, UnboundSessions, UnknownNames,
};

/// A type with a few values, each of which has a name.
pub(super) trait Named: Sized + Copy + PartialEq + 'static {
    const ALL: &'static [(Self, &'static str)];

    fn put(self) -> &'static str {
        Self::ALL.iter().find(|(value, _)| *value == self).map_or("unknown", |(_, name)| name)
    }

    fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(value, _)| *value)
    }
}

macro_rules! named {
    ($($typ:ident { $($variant:ident $name:literal),* })*) => { $(
        impl Named for $typ {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $name)),*];
        }
    )* };
}

named! {
    Agreement { Never "never", Prefer "prefer", Require "require" }
    AskFor { Yes "yes", No "no" }
    FalseStart { Never "never", WhereSafe "where_safe" }
    Grease { Off "off", On "on" }
    LaterVersion { Unsupported "unsupported", Supported "supported" }
    SecureRenegotiation { Require "require", Tolerate "tolerate" }
    UnboundSessions { Refuse "refuse", Resume "resume" }
    UnknownNames { UseDefault "use_default", Refuse "refuse" }
}
