//! Problems: what was left out of an archive or repaired, as plain data.
//!
//! Left out: how a problem is made of what the archive and the reader report, which is in `scan`.

use crate::archive::LogFileKey;

/// One thing left out or repaired, with the file and the reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// The log file, the container or the folder.
    pub key: LogFileKey,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// What is wrong, as a phrase that follows the path: `is empty (0 bytes)`.
    pub message: String,
}

impl Problem {
    /// The same problem of a file that has another key elsewhere.
    #[must_use]
    pub fn with_key(&self, key: &LogFileKey) -> Self {
        Self {
            key: key.clone(),
            ..self.clone()
        }
    }
}

/// The kinds of problems, in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// A record is not valid JSON.
    BrokenRecord,
    /// The checksum of the text is not the one that was stored with it.
    Checksum,
    /// The compressed bytes are invalid from some point on.
    Corrupt,
    /// The file is empty, which no delivered log file is.
    Empty,
    /// The event count in the name is not the number of records inside.
    EventCount,
    /// The file is no log file by its name, or no regular file, and is ignored.
    Ignored,
    /// The file is no log file by its name, and is ignored, but begins as one does.
    IgnoredLogData,
    /// The length of the text is not the one that was stored with it.
    Length,
    /// A record has no usable time.
    NoTime,
    /// A value in place of a record is no JSON object.
    NotAnObject,
    /// The file is a log file whose download broke off; it is not read.
    NotArrived,
    /// Text between the records is no JSON.
    NotJson,
    /// The file is in a format, or needs a feature, that is known and not supported.
    NotSupported,
    /// Something may hold events, and is in a form that is not understood.
    NotUnderstood,
    /// Bytes are no UTF-8, and were replaced by U+FFFD.
    NotUtf8,
    /// A record has a time that cannot be used.
    RefusedTime,
    /// A record is larger than the limit.
    TooLarge,
    /// Something else follows the compressed data.
    TrailingBytes,
    /// The compressed data end early.
    Truncated,
    /// Brackets or quotes do not balance; the rest of the file is left out.
    Unbalanced,
    /// The file or the folder cannot be read at all.
    Unreadable,
}

impl ProblemKind {
    /// All kinds, in order.
    pub const ALL: [Self; Self::Unreadable as usize + 1] = [
        Self::BrokenRecord,
        Self::Checksum,
        Self::Corrupt,
        Self::Empty,
        Self::EventCount,
        Self::Ignored,
        Self::IgnoredLogData,
        Self::Length,
        Self::NoTime,
        Self::NotAnObject,
        Self::NotArrived,
        Self::NotJson,
        Self::NotSupported,
        Self::NotUnderstood,
        Self::NotUtf8,
        Self::RefusedTime,
        Self::TooLarge,
        Self::TrailingBytes,
        Self::Truncated,
        Self::Unbalanced,
        Self::Unreadable,
    ];

    /// The kind of this short name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The short name of the kind, the same in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BrokenRecord => "broken-record",
            Self::Checksum => "checksum",
            Self::Corrupt => "corrupt",
            Self::Empty => "empty",
            Self::EventCount => "event-count",
            Self::Ignored => "ignored",
            Self::IgnoredLogData => "ignored-log-data",
            Self::Length => "length",
            Self::NoTime => "no-time",
            Self::NotAnObject => "not-an-object",
            Self::NotArrived => "not-arrived",
            Self::NotJson => "not-json",
            Self::NotSupported => "not-supported",
            Self::NotUnderstood => "not-understood",
            Self::NotUtf8 => "not-utf8",
            Self::RefusedTime => "refused-time",
            Self::TooLarge => "too-large",
            Self::TrailingBytes => "trailing-bytes",
            Self::Truncated => "truncated",
            Self::Unbalanced => "unbalanced",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether something that could have been an event was lost, so that the file is partial or
    /// unreadable.
    pub fn is_damage(self) -> bool {
        match self {
            Self::BrokenRecord
            | Self::Checksum
            | Self::Corrupt
            | Self::Length
            | Self::NotJson
            | Self::NotSupported
            | Self::NotUnderstood
            | Self::RefusedTime
            | Self::TooLarge
            | Self::TrailingBytes
            | Self::Truncated
            | Self::Unbalanced
            | Self::Unreadable => true,
            Self::Empty
            | Self::EventCount
            | Self::Ignored
            | Self::IgnoredLogData
            | Self::NoTime
            | Self::NotAnObject
            | Self::NotArrived
            | Self::NotUtf8 => false,
        }
    }

    /// Whether it is worth a word to those who have not asked for every problem.
    pub fn is_notable(self) -> bool {
        self != Self::Ignored
    }
}

#[cfg(test)]
mod tests {
    use super::ProblemKind;

    #[test]
    fn all_kinds_are_listed_and_found_by_their_names() {
        for (place, kind) in ProblemKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place, "{kind:?} is not in its place");
            assert_eq!(ProblemKind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(ProblemKind::from_name("none"), None);
    }
}
