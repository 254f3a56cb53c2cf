//! What can be wrong with the files of an archive, and how it is put into words.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::archive::Damage;
use crate::event::{FaultKind, LeftOutReason, MAX_RECORD, TextFault};

/// One thing left out or repaired, with the file and the reason.
#[derive(Debug)]
pub struct Problem {
    /// The log file, or the folder.
    pub path: PathBuf,
    /// What is wrong.
    pub what: Trouble,
}

/// What can be wrong with a file of an archive.
#[derive(Debug, Error)]
pub enum Trouble {
    /// The walk could not look at it.
    #[error("cannot be looked at: {0}")]
    Walk(io::Error),
    /// Its bytes.
    #[error("{}", with_cause(.0))]
    Bytes(Damage),
    /// Its text.
    #[error("{}", Told(.0))]
    Text(TextFault),
    /// It is empty, which no delivered log file is.
    #[error("is empty (0 bytes)")]
    Empty,
    /// The count in its name is not what was found inside.
    #[error("the event count in its name is {promised}, that of the records inside {found}")]
    Count {
        /// By its name.
        promised: u64,
        /// Inside.
        found: u64,
    },
}

impl Trouble {
    /// A short name of the kind, the same for all troubles alike.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Walk(_) => "unreadable",
            Self::Bytes(damage) => match damage {
                Damage::Open(_) | Damage::Read(_) | Damage::Member(_) => "unreadable",
                Damage::Truncated(_) => "truncated",
                Damage::Corrupt(_) => "corrupt",
                Damage::Checksum(_) => "checksum",
                Damage::Length(_) => "length",
                Damage::Trailing(_) => "trailing-bytes",
                Damage::UnsupportedFeature(..) | Damage::UnsupportedFormat(_) => "not-supported",
            },
            Self::Text(fault) => match fault.kind {
                FaultKind::LeftOut(LeftOutReason::NotAnObject) => "not-an-object",
                FaultKind::LeftOut(LeftOutReason::NoTime) => "no-time",
                FaultKind::LeftOut(LeftOutReason::InvalidJson) => "broken-record",
                FaultKind::LeftOut(LeftOutReason::TooLarge) => "too-large",
                FaultKind::Unbalanced => "unbalanced",
                FaultKind::Stray | FaultKind::NotJson => "not-json",
                FaultKind::NotUtf8 => "not-utf8",
            },
            Self::Empty => "empty",
            Self::Count { .. } => "event-count",
        }
    }

    /// Whether the file is partial or unreadable because of it.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Walk(_) | Self::Bytes(_) => true,
            Self::Text(fault) => fault.kind.is_damage(),
            Self::Empty | Self::Count { .. } => false,
        }
    }
}

fn with_cause(damage: &Damage) -> String {
    match damage {
        Damage::Open(cause) | Damage::Read(cause) => format!("{damage}: {cause}"),
        Damage::Truncated(_)
        | Damage::Corrupt(_)
        | Damage::Checksum(_)
        | Damage::Length(_)
        | Damage::Trailing(_)
        | Damage::UnsupportedFeature(..)
        | Damage::UnsupportedFormat(_)
        | Damage::Member(_) => damage.to_string(),
    }
}

/// A fault in words.
struct Told<'a>(&'a TextFault);

impl fmt::Display for Told<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TextFault {
            kind,
            offset,
            record,
            count,
        } = self.0;
        match record {
            Some(record) => write!(out, "record {record} (byte {offset} of the text) ")?,
            None => write!(out, "from byte {offset} of the text on, it ")?,
        }
        match kind {
            FaultKind::LeftOut(LeftOutReason::NotAnObject) => write!(out, "is no JSON object")?,
            FaultKind::LeftOut(LeftOutReason::NoTime) => write!(out, "has no usable eventTime")?,
            FaultKind::LeftOut(LeftOutReason::InvalidJson) => write!(out, "is not valid JSON")?,
            FaultKind::LeftOut(LeftOutReason::TooLarge) => {
                write!(out, "is larger than {} MiB", MAX_RECORD >> 20)?;
            }
            FaultKind::Unbalanced => {
                write!(
                    out,
                    "has brackets or quotes that do not balance; the rest is left out"
                )?;
            }
            FaultKind::Stray => write!(out, "has text that is no JSON")?,
            FaultKind::NotJson => write!(out, "is no JSON; the rest is left out")?,
            FaultKind::NotUtf8 => write!(out, "has bytes that are no UTF-8, replaced by U+FFFD")?,
        }
        match count {
            0 | 1 => Ok(()),
            more => write!(out, ", and {} more like it", more - 1),
        }
    }
}
