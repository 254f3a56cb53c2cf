//! Blind times in words, the gravest first.
//!
//! Left out: where they are shown.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use super::escape::escape;
use super::time::{DAY, date, time};
use crate::coverage::{BlindReason, BlindTime, TimeWindow};

/// How many stretches of one kind are named in a line.
const NAMED: usize = 2;

/// How many lines there are at most, beside one that counts the others.
const LINES: usize = 3;

/// Which blind times are put into words.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlindQuestion<'q> {
    /// Those that touch this window.
    pub window: TimeWindow,
    /// Those of these accounts and those of no account; all, when empty.
    pub accounts: &'q [String],
    /// Whether nothing was found. Else what lies before the first and after the last delivery is left
    /// out, unless the window has an end of its own there.
    pub is_empty: bool,
}

/// The blind times that concern a question, a line each: what was switched off, days without a log
/// file, silences of trails, and the ends of the deliveries. Of more than a few the last line has the
/// number; of what was switched off the longest times are named then.
///
/// ```
/// use keytrail::coverage::{BlindReason, BlindTime};
/// use keytrail::report::{BlindQuestion, blind_words};
///
/// let missing = BlindTime {
///     from: Some(1_709_856_000_000),
///     until: Some(1_709_942_400_000),
///     account_id: None,
///     trail: None,
///     region: None,
///     why: BlindReason::NoLogFile,
///     event_id: None,
/// };
/// let words = blind_words(&[missing], BlindQuestion::default());
/// assert_eq!(words, ["no log file of 2024-03-08 is there, in any region"]);
/// ```
pub fn blind_words(blind: &[BlindTime], question: BlindQuestion<'_>) -> Vec<String> {
    let BlindQuestion {
        window,
        accounts,
        is_empty: _,
    } = question;
    let concerns = |blind: &&BlindTime| {
        let account = blind.account_id.as_ref();
        window.touches(blind.from, blind.until)
            && account.is_none_or(|account| accounts.is_empty() || accounts.contains(account))
    };
    let blind: Vec<&BlindTime> = blind.iter().filter(concerns).collect();
    let mut words = switched_off(&blind);
    words.extend(missing_days(&blind));
    words.extend(silences(&blind));
    words.extend(ends(&blind, question));
    let more = words.len().saturating_sub(LINES);
    if more > 0 {
        words.truncate(LINES);
        words.push(format!("and {more} more; -f json lists all"));
    }
    words
}

fn of_kind<'b>(
    blind: &[&'b BlindTime],
    is_kind: impl Fn(BlindReason) -> bool,
) -> Vec<&'b BlindTime> {
    let blind = blind.iter().copied();
    blind.filter(|blind| is_kind(blind.why)).collect()
}

/// A line for each call that switched a trail off.
fn switched_off(blind: &[&BlindTime]) -> Vec<String> {
    let off = of_kind(blind, |why| match why {
        BlindReason::Stopped | BlindReason::Deleted => true,
        BlindReason::NoLogFile
        | BlindReason::Silent
        | BlindReason::BeforeFirst
        | BlindReason::AfterLast => false,
    });
    let mut places = HashMap::new();
    let mut calls: Vec<Vec<&BlindTime>> = Vec::new();
    for blind in off {
        let call = (blind.why, &blind.account_id, &blind.trail, &blind.event_id);
        let place = *places.entry(call).or_insert(calls.len());
        match calls.get_mut(place) {
            Some(stretches) => stretches.push(blind),
            None => calls.push(vec![blind]),
        }
    }
    if calls.len() > LINES {
        calls.sort_by_cached_key(|stretches| Reverse(length(stretches)));
    }
    let line = |stretches: &Vec<&BlindTime>| {
        let first = stretches.first()?;
        let (did, name) = match first.why {
            BlindReason::Deleted => ("deleted", "DeleteTrail"),
            _ => ("stopped", "StopLogging"),
        };
        let mut line = match &first.account_id {
            Some(account) => format!("nothing is known of account {}", escape(account)),
            None => "nothing is known".to_owned(),
        };
        let _ = write!(
            line,
            " {}: {} was {did} ({name}",
            list(
                stretches
                    .iter()
                    .map(|blind| stretch(blind.from, blind.until))
            ),
            match &first.trail {
                Some(trail) => format!("its trail {}", escape(trail)),
                None => "a trail of it".to_owned(),
            }
        );
        match &first.event_id {
            Some(event_id) => {
                let _ = write!(line, ", event {})", escape(event_id));
            }
            None => line.push(')'),
        }
        Some(line)
    };
    calls.iter().filter_map(line).collect()
}

/// How long some stretches are together; one without an end is longer than all others.
fn length(stretches: &[&BlindTime]) -> i64 {
    let lengths = stretches
        .iter()
        .map(|blind| match (blind.from, blind.until) {
            (Some(from), Some(until)) => until.saturating_sub(from),
            _ => i64::MAX,
        });
    lengths.fold(0, i64::saturating_add)
}

/// One line for the days without a log file.
fn missing_days(blind: &[&BlindTime]) -> Option<String> {
    let days = of_kind(blind, |why| why == BlindReason::NoLogFile);
    let day = |blind: &&BlindTime| match (blind.from, blind.until.map(|until| until - DAY)) {
        (Some(from), Some(last)) if from == last => date(from),
        (Some(from), Some(last)) => format!("{} to {}", date(from), date(last)),
        (Some(from), None) => format!("{} and later", date(from)),
        (None, Some(last)) => format!("{} and earlier", date(last)),
        (None, None) => "any day".to_owned(),
    };
    let listed = list(days.iter().map(day));
    (!days.is_empty()).then(|| format!("no log file of {listed} is there, in any region"))
}

/// A line for each trail that was silent, unless most of that time is already in another line.
fn silences(blind: &[&BlindTime]) -> Vec<String> {
    let told = of_kind(blind, |why| match why {
        BlindReason::Stopped | BlindReason::Deleted | BlindReason::NoLogFile => true,
        BlindReason::Silent | BlindReason::BeforeFirst | BlindReason::AfterLast => false,
    });
    let span = |blind: &BlindTime| {
        let (from, until) = (
            blind.from.unwrap_or(i64::MIN),
            blind.until.unwrap_or(i64::MAX),
        );
        (from, until)
    };
    // Trails that are off at once mostly share their times.
    let told: BTreeSet<(i64, i64)> = told.into_iter().map(span).collect();
    let is_told = |silence: &BlindTime| {
        let (from, until) = span(silence);
        told.iter().any(|&(begin, end)| {
            let common = end.min(until).saturating_sub(begin.max(from));
            common.saturating_mul(2) >= until.saturating_sub(from)
        })
    };
    let mut trails: Vec<(&str, Vec<&BlindTime>)> = Vec::new();
    for silence in of_kind(blind, |why| why == BlindReason::Silent) {
        let path = silence.trail.as_deref().unwrap_or_default();
        if is_told(silence) {
            continue;
        }
        match trails.iter_mut().find(|(other, _)| *other == path) {
            Some((_, silences)) => silences.push(silence),
            None => trails.push((path, vec![silence])),
        }
    }
    let line = |(path, silences): &(&str, Vec<&BlindTime>)| {
        format!(
            "{} delivered nothing {}, against its rhythm",
            if path.is_empty() {
                "the trail".to_owned()
            } else {
                format!("the trail in {}", escape(path))
            },
            list(
                silences
                    .iter()
                    .map(|blind| stretch(blind.from, blind.until))
            )
        )
    };
    trails.iter().map(line).collect()
}

/// One line for what lies before the first and after the last delivery of all trails, unless it is
/// among the days without a log file.
fn ends(blind: &[&BlindTime], question: BlindQuestion<'_>) -> Option<String> {
    let BlindQuestion {
        window, is_empty, ..
    } = question;
    let days = of_kind(blind, |why| why == BlindReason::NoLogFile);
    let has_days = |from: Option<i64>, until: Option<i64>| {
        let stretch = TimeWindow { since: from, until };
        days.iter()
            .any(|days| stretch.touches(days.from, days.until))
    };
    // What one trail alone did not deliver, another may have.
    let of_all = |kind: BlindReason| {
        let mut of_kind = of_kind(blind, |why| why == kind);
        of_kind.retain(|blind| blind.trail.is_none());
        of_kind
    };
    let begins = of_all(BlindReason::BeforeFirst);
    let begin = begins.iter().find_map(|blind| blind.until);
    let begin =
        begin.filter(|&begin| (is_empty || window.since.is_some()) && !has_days(None, Some(begin)));
    let ends = of_all(BlindReason::AfterLast);
    let end = ends.iter().find_map(|blind| blind.from);
    let end = end.filter(|&end| (is_empty || window.until.is_some()) && !has_days(Some(end), None));
    match (begin, end) {
        (None, None) => None,
        (Some(begin), None) => Some(format!("no trail delivered before {}", time(begin))),
        (None, Some(end)) => Some(format!("no trail delivered after {}", time(end))),
        (Some(begin), Some(end)) => Some(format!(
            "no trail delivered before {} and after {}",
            time(begin),
            time(end)
        )),
    }
}

fn stretch(from: Option<i64>, until: Option<i64>) -> String {
    match (from, until) {
        (Some(from), Some(until)) => format!("from {} to {}", time(from), time(until)),
        (Some(from), None) => format!("from {} on", time(from)),
        (None, Some(until)) => format!("before {}", time(until)),
        (None, None) => "at any time".to_owned(),
    }
}

/// The first of some stretches, and how many more there are.
fn list(stretches: impl ExactSizeIterator<Item = String>) -> String {
    let more = stretches.len().saturating_sub(NAMED);
    let named: Vec<_> = stretches.take(NAMED).collect();
    let named = named.join(if more == 0 { " and " } else { ", " });
    if more == 0 {
        named
    } else {
        format!("{named} and {more} more times")
    }
}
