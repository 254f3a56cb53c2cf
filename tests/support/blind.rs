//! A plain and slow reference of the blind times: every hour is looked at, one by one.
//!
//! It shares no code with the program.

use std::collections::{BTreeMap, BTreeSet};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A log file that was listed.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub root: u32,
    /// The folder of its trail.
    pub trail: String,
    /// The hour of its delivery, since 1970; nothing where neither name nor folder states a day.
    pub hour: Option<i64>,
}

/// An event, and what it does to a trail.
#[derive(Clone, Debug)]
pub struct Call {
    pub account: String,
    pub time: i64,
    /// The name of the event and of the trail, where it switches one.
    pub switch: Option<(&'static str, String)>,
    pub event_id: String,
}

/// A blind time: from, until, account, trail, why, event ID.
pub type Blind = (
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
    &'static str,
    Option<String>,
);

/// The blind times, sorted.
pub fn blind_times(
    files: &[Delivered],
    calls: &[Call],
    (since, until): (Option<i64>, Option<i64>),
) -> Vec<Blind> {
    let mut blind = Vec::new();
    let accounts: BTreeSet<&str> = calls.iter().map(|call| call.account.as_str()).collect();
    for account in accounts {
        let own: Vec<&Call> = calls
            .iter()
            .filter(|call| call.account == account)
            .collect();
        blind.extend(times_off(&own));
    }
    blind.extend(missing_days(files, since, until));
    blind.extend(silences(files, since, until));
    blind.sort();
    blind.dedup();
    blind
}

fn named(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The times off of one account: from each call that switches off a trail that is on, to the first
/// that switches it on again, without the hours in which something else was read.
fn times_off(calls: &[&Call]) -> Vec<Blind> {
    let rank = |name: &str| {
        let names = ["StartLogging", "CreateTrail", "StopLogging", "DeleteTrail"];
        names
            .iter()
            .position(|other| *other == name)
            .expect("a switch")
    };
    let mut switches = Vec::new();
    for call in calls {
        if let Some((name, trail)) = &call.switch {
            switches.push((
                call.time,
                rank(name),
                trail.as_str(),
                call.event_id.as_str(),
            ));
        }
    }
    switches.sort_unstable();
    switches.dedup();
    let hour = |time: i64| time.div_euclid(HOUR);
    let is_off = |rank: usize| rank >= 2;
    let mut blind = Vec::new();
    for (index, &(from, rank, trail, event_id)) in switches.iter().enumerate() {
        let ends = |other: &str| other == trail || other.is_empty() || trail.is_empty();
        // It is off already where a call before has switched it off, and none since on.
        let before = switches[..index].iter().rev();
        let mut before = before.filter(|(_, rank, other, _)| {
            if is_off(*rank) {
                *other == trail
            } else {
                ends(other)
            }
        });
        if !is_off(rank) || before.next().is_some_and(|&(_, rank, ..)| is_off(rank)) {
            continue;
        }
        let mut after = switches[index..].iter();
        let on = after.find(|(_, rank, other, _)| !is_off(*rank) && ends(other));
        let until = on.map(|on| on.0);
        let mut add = |from: i64, until: Option<i64>| {
            if until.is_none_or(|until| from < until) {
                let why = if rank == 3 { "deleted" } else { "stopped" };
                let account = named(&calls[0].account);
                blind.push((
                    Some(from),
                    until,
                    account,
                    named(trail),
                    why,
                    named(event_id),
                ));
            }
        };
        // An hour is known where an event in it is after the first call and one before the second.
        let known: BTreeSet<i64> = calls.iter().map(|call| hour(call.time)).collect();
        let mut begin = from;
        for known in known {
            let inside = || calls.iter().filter(|call| hour(call.time) == known);
            if inside().any(|call| call.time > from)
                && inside().any(|call| until.is_none_or(|until| call.time < until))
            {
                if begin < known * HOUR {
                    add(begin, Some(known * HOUR));
                }
                begin = begin.max((known + 1) * HOUR);
            }
        }
        add(begin, until);
    }
    blind
}

/// The days of the window of which there is no file, in one stretch where they follow each other.
fn missing_days(files: &[Delivered], since: Option<i64>, until: Option<i64>) -> Vec<Blind> {
    let hours: Option<Vec<i64>> = files.iter().map(|file| file.hour).collect();
    let Some(hours) = hours.filter(|hours| !hours.is_empty()) else {
        return Vec::new();
    };
    let days: BTreeSet<i64> = hours.iter().map(|hour| hour.div_euclid(24)).collect();
    if since.is_none() && until.is_none() {
        return Vec::new();
    }
    let first = since.map_or(*days.first().expect("a day"), |since| since.div_euclid(DAY));
    let last = until.map_or(*days.last().expect("a day"), |until| {
        (until - 1).div_euclid(DAY)
    });
    let mut blind: Vec<Blind> = Vec::new();
    for day in (first..=last).filter(|day| !days.contains(day)) {
        match blind.last_mut() {
            Some(latest) if latest.1 == Some(day * DAY) => latest.1 = Some((day + 1) * DAY),
            _ => blind.push((
                Some(day * DAY),
                Some((day + 1) * DAY),
                None,
                None,
                "no-log-file",
                None,
            )),
        }
    }
    blind
}

fn silences(files: &[Delivered], since: Option<i64>, until: Option<i64>) -> Vec<Blind> {
    let mut trails: BTreeMap<(u32, &str), Vec<i64>> = BTreeMap::new();
    let mut all = Vec::new();
    for file in files {
        if let Some(hour) = file.hour {
            // Roots inside a trail are parts of one.
            let root = if file.trail.is_empty() { 0 } else { file.root };
            trails.entry((root, &file.trail)).or_default().push(hour);
            all.push(hour);
        }
    }
    let mut ends = silences_of(&all, since, until);
    ends.retain(|(.., why)| *why != "silent");
    let mut blind = Vec::new();
    for ((_, trail), hours) in &trails {
        for silence in silences_of(hours, since, until) {
            if !ends.contains(&silence) {
                let (from, until, why) = silence;
                blind.push((from, until, None, Some((*trail).to_owned()), why, None));
            }
        }
    }
    let ends = ends.into_iter();
    blind.extend(ends.map(|(from, until, why)| (from, until, None, None, why, None)));
    blind
}

/// The silences of one trail, which has a file in each of these hours.
fn silences_of(
    files: &[i64],
    since: Option<i64>,
    until: Option<i64>,
) -> Vec<(Option<i64>, Option<i64>, &'static str)> {
    let hours: BTreeSet<i64> = files.iter().copied().collect();
    let (Some(&first), Some(&last)) = (hours.first(), hours.last()) else {
        return Vec::new();
    };
    let mut blind = Vec::new();
    // What was listed: the days of the window, and one more on both sides.
    let begin = since.map(|since| (since.div_euclid(DAY) - 1) * 24);
    let end = until.map(|until| ((until - 1).div_euclid(DAY) + 2) * 24);
    if begin.is_none() {
        blind.push((None, Some(first * HOUR), "before-first"));
    }
    if end.is_none() {
        blind.push((Some((last + 1) * HOUR), None, "after-last"));
    }
    let (begin, end) = (
        begin.unwrap_or(first).min(first),
        end.unwrap_or(last + 1).max(last + 1),
    );
    let mut silences: Vec<(i64, i64)> = Vec::new();
    for hour in (begin..end).filter(|hour| !hours.contains(hour)) {
        match silences.last_mut() {
            Some((_, until)) if *until == hour => *until += 1,
            _ => silences.push((hour, hour + 1)),
        }
    }
    let mut lengths: Vec<i64> = silences.iter().map(|(from, until)| until - from).collect();
    lengths.sort_unstable();
    let outliers = silences.len().div_ceil(100);
    lengths.truncate(lengths.len() - outliers);
    let other = lengths.last().copied().unwrap_or(0);
    for (from, until) in silences {
        if until - from < 6 || until - from <= 2 * other {
            continue;
        }
        let silent: Vec<i64> = (from..until)
            .filter(|hour| {
                let midnight = hour.div_euclid(24) * 24;
                files.len() >= 50 || midnight >= from && midnight + 24 <= until
            })
            .collect();
        let (Some(begins), Some(ends)) = (silent.first(), silent.last()) else {
            continue;
        };
        let (begins, ends) = (Some(begins * HOUR), Some((ends + 1) * HOUR));
        blind.push(if from < first {
            (None, ends, "before-first")
        } else if until > last + 1 {
            (begins, None, "after-last")
        } else {
            (begins, ends, "silent")
        });
    }
    blind
}
