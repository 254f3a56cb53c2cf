//! The questions that have rows for an answer, in one list, and the words for them.
//!
//! Left out: the key, the service and the window that a question is about.

pub use crate::usage::Dimension;

/// A question that has rows for an answer.
///
/// ```
/// use keytrail::query::{Dimension, Question};
///
/// let question = Question::LastUsed(Dimension::Ip);
/// assert_eq!(question.command(), "last-used");
/// assert_eq!(question.schema(), "last-used.ips");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Every key, with its use as a whole.
    Keys,
    /// Every entry of every key.
    Dump,
    /// What one key used last, of one kind: the questions of the cloud's own audit, and more.
    LastUsed(Dimension),
    /// Call records.
    Lookup,
    /// Groups of call records.
    Groups,
}

impl Question {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Keys, Self::Dump]
            .into_iter()
            .chain(Dimension::ALL.map(Self::LastUsed))
            .chain([Self::Lookup, Self::Groups])
    }

    /// The command that answers it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Dump => "dump",
            Self::LastUsed(_) => "last-used",
            Self::Lookup | Self::Groups => "lookup",
        }
    }

    /// The word for it in names of schemas.
    pub fn schema(self) -> String {
        match self {
            Self::LastUsed(dimension) => format!("last-used.{}", topic(dimension)),
            Self::Groups => "lookup.groups".to_owned(),
            Self::Keys | Self::Dump | Self::Lookup => self.command().to_owned(),
        }
    }
}

/// The word of `last-used` for a kind of entry; where the cloud's own audit knows the kind, its word.
pub fn topic(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Key => "info",
        Dimension::Service => "products",
        Dimension::Event => "events",
        Dimension::Ip => "ips",
        Dimension::Resource => "resources",
        Dimension::Region => "regions",
        Dimension::Agent => "agents",
        Dimension::Error => "errors",
    }
}
