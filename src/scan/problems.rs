//! The problems of log files: their kinds and messages, from what the archive and the reader report.

use std::io;

use crate::archive::{Damage, IgnoredFile, IgnoredReason, LogFileKey};
use crate::coverage::{Problem, ProblemKind};
use crate::event::{FaultKind, LeftOutReason, MAX_RECORD, TextFault};

/// The problem of a file, a folder or a member that cannot be opened.
pub(super) fn unreadable(key: LogFileKey, cause: &io::Error) -> Problem {
    Problem {
        key,
        kind: ProblemKind::Unreadable,
        message: format!("cannot be read: {cause}"),
    }
}

/// The problem of a file that is ignored. `has_log_data` is whether it begins as a log file does.
pub(super) fn ignored(file: IgnoredFile, has_log_data: bool) -> Problem {
    let (kind, message) = match file.reason {
        IgnoredReason::Name if has_log_data => (
            ProblemKind::IgnoredLogData,
            "is ignored for its name, but begins as a log file does; it is read where it is named itself",
        ),
        IgnoredReason::Name => (
            ProblemKind::Ignored,
            "is ignored: its name is not that of a log file",
        ),
        IgnoredReason::BrokenDownload => (
            ProblemKind::NotArrived,
            "is a delivery that did not arrive: its download broke off, and it is not read",
        ),
        IgnoredReason::Link => (
            ProblemKind::Ignored,
            "is a symbolic link, which is not followed",
        ),
        IgnoredReason::Special => (ProblemKind::Ignored, "is ignored: it is no regular file"),
    };
    Problem {
        key: file.key,
        kind,
        message: message.to_owned(),
    }
}

/// The problem of an empty file.
pub(super) fn empty(key: LogFileKey) -> Problem {
    Problem {
        key,
        kind: ProblemKind::Empty,
        message: "is empty (0 bytes)".to_owned(),
    }
}

/// The problem of a file with another event count in its name than records inside.
pub(super) fn event_count(key: LogFileKey, claimed: u64, found: u64) -> Problem {
    Problem {
        key,
        kind: ProblemKind::EventCount,
        message: format!(
            "the event count in its name is {claimed}, that of the records inside {found}"
        ),
    }
}

/// The problem of damaged bytes.
pub(super) fn damaged(key: LogFileKey, damage: &Damage) -> Problem {
    let kind = match damage {
        Damage::Open(_) | Damage::Read(_) | Damage::Member(_) => ProblemKind::Unreadable,
        Damage::Truncated(_) => ProblemKind::Truncated,
        Damage::Corrupt(_) => ProblemKind::Corrupt,
        Damage::Checksum(_) => ProblemKind::Checksum,
        Damage::Length(_) => ProblemKind::Length,
        Damage::Trailing(_) => ProblemKind::TrailingBytes,
        Damage::UnsupportedFeature(..) | Damage::UnsupportedFormat(_) => ProblemKind::NotSupported,
    };
    let message = match damage {
        Damage::Open(cause) | Damage::Read(cause) => format!("{damage}: {cause}"),
        Damage::Truncated(_)
        | Damage::Corrupt(_)
        | Damage::Checksum(_)
        | Damage::Length(_)
        | Damage::Trailing(_)
        | Damage::UnsupportedFeature(..)
        | Damage::UnsupportedFormat(_)
        | Damage::Member(_) => damage.to_string(),
    };
    Problem { key, kind, message }
}

/// The problem of a faulty text.
pub(super) fn faulty(key: LogFileKey, fault: &TextFault) -> Problem {
    let TextFault {
        kind,
        offset,
        record,
        count,
        seen,
    } = fault;
    let place = match record {
        Some(record) => format!("record {record} (byte {offset} of the text)"),
        None => format!("from byte {offset} of the text on, it"),
    };
    let (kind, what) = match kind {
        FaultKind::LeftOut(LeftOutReason::NotAnObject) => {
            (ProblemKind::NotAnObject, "is no JSON object".to_owned())
        }
        FaultKind::LeftOut(LeftOutReason::NoTime) => {
            (ProblemKind::NoTime, "has no usable eventTime".to_owned())
        }
        FaultKind::LeftOut(LeftOutReason::RefusedTime) => (
            ProblemKind::RefusedTime,
            format!("has no usable eventTime: {seen:?}"),
        ),
        FaultKind::LeftOut(LeftOutReason::RefusedIdentity) => (
            ProblemKind::NotUnderstood,
            format!("has a userIdentity that is not understood: {seen:?}"),
        ),
        FaultKind::LeftOut(LeftOutReason::NotUnderstood) => (
            ProblemKind::NotUnderstood,
            format!("may hold events, and is not understood: {seen:?}"),
        ),
        FaultKind::LeftOut(LeftOutReason::InvalidJson) => (
            ProblemKind::BrokenRecord,
            format!("is not valid JSON{}", begins(seen)),
        ),
        FaultKind::LeftOut(LeftOutReason::TooLarge) => (
            ProblemKind::TooLarge,
            format!("is larger than {} MiB", MAX_RECORD >> 20),
        ),
        FaultKind::LeftOut(LeftOutReason::TooManyColumns) => (
            ProblemKind::TooLarge,
            "has more columns than the 4,096 that are read".to_owned(),
        ),
        FaultKind::Resources => (
            ProblemKind::NotUnderstood,
            format!("has referencedResources that are not understood: {seen:?}"),
        ),
        FaultKind::Unbalanced => (
            ProblemKind::Unbalanced,
            "has brackets or quotes that do not balance; the rest is left out".to_owned(),
        ),
        FaultKind::Stray => (
            ProblemKind::NotJson,
            format!("has text that is no JSON{}", begins(seen)),
        ),
        FaultKind::NotJson => (
            ProblemKind::NotJson,
            format!("is no JSON{}; the rest is left out", begins(seen)),
        ),
        FaultKind::NotUtf8 => (
            ProblemKind::NotUtf8,
            "has bytes that are no UTF-8, replaced by U+FFFD".to_owned(),
        ),
    };
    let more = match count {
        0 | 1 => String::new(),
        count => format!(", and {} more like it", count - 1),
    };
    Problem {
        key,
        kind,
        message: format!("{place} {what}{more}"),
    }
}

/// How a text begins, if that is known.
fn begins(seen: &str) -> String {
    if seen.is_empty() {
        String::new()
    } else {
        format!(" (begins {seen:?})")
    }
}
