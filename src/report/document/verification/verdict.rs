//! The first three lines of `verify`: what was stopped, what is missing, what differs.
//!
//! Left out: the parts that follow, which have all of it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::coverage::{BlindReason, BlindTime};
use crate::evidence::{Difference, MatchCounts, NameCheck, TrailAction, TrailChange};
use crate::report::text::escape::escape;
use crate::report::text::time::{DAY, date, time};

use super::answer::Verification;
use super::text::{means_something_else, or_dash, plural};

const HOUR: i64 = 3_600_000;

/// The line in front where nothing could be checked.
const EMPTY: &str = "found       no log file, so nothing was checked\n";

/// The three lines, with one in front where there is no log file.
pub(super) fn lines(verification: &Verification<'_>) -> String {
    let is_empty = verification.coverage.files.found == 0;
    let empty = if is_empty { EMPTY } else { "" };
    format!(
        "{empty}stopped     {}\nmissing     {}\ndiffers     {}\n",
        stopped(verification.findings.changes),
        missing(verification),
        differs(verification)
    )
}

/// The longest time in which a trail was off, and how many more there are.
fn stopped(changes: &[TrailChange]) -> String {
    let is_off = |change: &&TrailChange| {
        let can = match change.action {
            TrailAction::Stop | TrailAction::Delete => true,
            TrailAction::Start | TrailAction::Create | TrailAction::Update => false,
        };
        can && change.error_code.is_empty()
    };
    let mut off: Vec<&TrailChange> = changes.iter().filter(is_off).collect();
    let length = |change: &TrailChange| match change.started {
        Some(started) => started.saturating_sub(change.time),
        None => i64::MAX,
    };
    off.sort_by_key(|change| (Reverse(length(change)), change.time));
    let Some(longest) = off.first() else {
        return "no trail, by the events that were read".to_owned();
    };
    let names: Vec<_> = longest.resources.iter().map(|name| escape(name)).collect();
    let trail = if names.is_empty() {
        "a trail".to_owned()
    } else {
        names.join(", ")
    };
    let when = match longest.started {
        Some(started) => {
            let hours = started.saturating_sub(longest.time) / HOUR;
            format!(
                "for {hours} {}, from {} to {}",
                plural(
                    usize::try_from(hours).unwrap_or(usize::MAX),
                    "hour",
                    "hours"
                ),
                time(longest.time),
                time(started)
            )
        }
        None => format!("from {} on", time(longest.time)),
    };
    let by = [&longest.access_key_id, &longest.user_name];
    let by = by.into_iter().find(|by| !by.is_empty());
    format!(
        "{trail} of account {} {when}, by {} ({}){}",
        or_dash(&longest.account_id),
        or_dash(by.map_or("", String::as_str)),
        longest.action.as_str(),
        and_more(off.len() - 1, "time", "times")
    )
}

/// What could not be read, what the manifest has and the archive has not, and when a trail was silent.
fn missing(verification: &Verification<'_>) -> String {
    let Verification {
        comparison,
        coverage,
        ..
    } = *verification;
    let mut parts = Vec::new();
    if let Some(comparison) = comparison
        && !comparison.missing.is_empty()
    {
        let count = comparison.missing.len();
        parts.push(format!(
            "{count} {} of the manifest",
            plural(count, "log file", "log files")
        ));
    }
    let files = &coverage.files;
    for (count, what) in [(files.unreadable, "unreadable"), (files.partial, "partial")] {
        if count > 0 {
            let files = plural(
                usize::try_from(count).unwrap_or(usize::MAX),
                "file",
                "files",
            );
            parts.push(format!("{count} {files} {what}"));
        }
    }
    let blind = coverage.blind.iter();
    let mut silences: Vec<(i64, &BlindTime, i64, i64)> = blind
        .filter(|blind| blind.why == BlindReason::Silent)
        .filter_map(|blind| {
            let (from, until) = blind.from.zip(blind.until)?;
            Some((until - from, blind, from, until))
        })
        .collect();
    silences.sort_by_key(|(length, blind, ..)| (Reverse(*length), *blind));
    if let Some((length, blind, from, until)) = silences.first() {
        let (first, end) = ((from + DAY - 1).div_euclid(DAY), until.div_euclid(DAY));
        let days = match end - first {
            ..=0 => String::new(),
            1 => format!("; no day {}", date(first * DAY)),
            _ => format!(
                "; no days {} to {}",
                date(first * DAY),
                date((end - 1) * DAY)
            ),
        };
        let trail = blind.trail.as_deref().unwrap_or_default();
        parts.push(format!(
            "{} hours of {}, from {} to {}{days}{}",
            length / HOUR,
            if trail.is_empty() {
                "the trail".to_owned()
            } else {
                escape(trail).into_owned()
            },
            time(*from),
            time(*until),
            and_more(silences.len() - 1, "silence", "silences")
        ));
    }
    if files.found == 0 {
        parts.push("no log file to read".to_owned());
    }
    if parts.is_empty() {
        return "nothing: every file was read, and no trail was silent against its rhythm"
            .to_owned();
    }
    parts.join("; ")
}

/// What is not as the names, the second inflater or the manifest say.
fn differs(verification: &Verification<'_>) -> String {
    let Verification {
        findings,
        comparison,
        ..
    } = *verification;
    let named: u64 = findings.names.iter().map(|names| names.named).sum();
    let differing: usize = findings.names.iter().map(differing_files).sum();
    let mut parts = Vec::new();
    if let Some(comparison) = comparison {
        for (count, what) in [
            (comparison.changed.len(), "changed since the manifest"),
            (comparison.added.len(), "added since the manifest"),
        ] {
            if count > 0 {
                parts.push(format!(
                    "{count} {} {what}",
                    plural(count, "log file", "log files")
                ));
            }
        }
    }
    if differing > 0 {
        let verb = plural(differing, "does not fit its", "do not fit their");
        parts.push(format!("{differing} of {named} names {verb} log file"));
    }
    if let Some(check) = &findings.second_inflater
        && !check.differing.is_empty()
    {
        let count = check.differing.len();
        let texts = plural(count, "text", "texts");
        parts.push(format!("{count} {texts} by the second inflater"));
    }
    // A size or an MD5 that fits in no name of a root has another meaning there.
    let unfit = |counts: fn(&NameCheck<'_>) -> MatchCounts| {
        let mut roots = findings.names.iter();
        roots.any(|names| means_something_else(counts(names), names.named))
    };
    let unfit = [
        (unfit(|names| names.size), "size"),
        (unfit(|names| names.md5), "MD5"),
    ];
    let unfit: Vec<_> = unfit
        .iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, what)| *what)
        .collect();
    let mut words = match (parts.is_empty(), named, unfit.is_empty()) {
        (false, ..) => parts.join("; "),
        (true, 0, _) => "nothing; no name tells what is inside".to_owned(),
        (true, _, true) => format!("nothing: all {named} names fit"),
        (true, _, false) => "nothing".to_owned(),
    };
    if !unfit.is_empty() {
        let fits = plural(unfit.len(), "fits", "fit");
        let _ = write!(words, "; the {} {fits} in no name", unfit.join(" and the "));
    }
    let copies = findings.copies.len();
    if copies > 0 {
        let groups = plural(copies, "group", "groups");
        let _ = write!(words, "; {copies} {groups} of copies");
    }
    words
}

/// How many log files do not fit their names, but for what no name of the root fits.
fn differing_files(names: &NameCheck<'_>) -> usize {
    let differing = names
        .differing
        .iter()
        .filter(|mismatch| match mismatch.difference {
            Difference::Size { .. } => !means_something_else(names.size, names.named),
            Difference::Md5 { .. } => !means_something_else(names.md5, names.named),
            Difference::Events { .. } | Difference::Region { .. } | Difference::Day { .. } => true,
        });
    let files: BTreeSet<_> = differing.map(|mismatch| &mismatch.log_file.key).collect();
    files.len()
}

fn and_more(more: usize, one: &str, many: &str) -> String {
    if more == 0 {
        String::new()
    } else {
        format!(", and {more} more {}", plural(more, one, many))
    }
}
