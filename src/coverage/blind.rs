//! Blind times: stretches in which an archive is known to hold nothing of an account or a trail.
//!
//! They are made of the deliveries that were listed and the events that were read, and of nothing
//! else. A quiet region is no blind time. Left out: how they are put into words.

use std::collections::BTreeMap;

use super::activity::{Activity, TimeOff, TrailSwitch};
use super::deliveries::{DAY_HOURS, Deliveries, Gap, HOUR, TrailHours};
use crate::archive::has_container_ending;

/// The milliseconds of a day.
const DAY: i64 = DAY_HOURS * HOUR;

/// How many trails are analysed at most, in the order of their paths.
const MAX_TRAILS: usize = 100;

/// For how many calls that switched off trails of one account a silence between its events is listed:
/// further calls add no time to it, and thousands of them would be listed thousands of times each.
const MAX_OFF: u32 = 100;

/// The shortest silence of a trail that can be blind, in whole hours.
const SHORTEST: i64 = 6;

/// How many log files a trail must have delivered for its rhythm to be known to the hour; below
/// that, only whole days (UTC) of a silence count.
const RHYTHM: u64 = 50;

/// A stretch of time of which an archive is known to hold nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlindTime {
    /// Its beginning, in milliseconds since 1970 UTC; `None` where it is open.
    pub from: Option<i64>,
    /// Its end, which is no part of it; `None` where it is open.
    pub until: Option<i64>,
    /// The account that it is about; `None` where it is about all that was delivered.
    pub account_id: Option<String>,
    /// The trail: its name where a call switched it off, else its folder, as a path below the root;
    /// `None` where it is about all trails.
    pub trail: Option<String>,
    /// The region that it is about; `None` for all.
    pub region: Option<String>,
    /// Why nothing is known of it.
    pub why: BlindReason,
    /// The event ID of the call that made it.
    pub event_id: Option<String>,
}

/// Why a time is blind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlindReason {
    /// `StopLogging` switched the trail off.
    Stopped,
    /// `DeleteTrail` deleted the trail.
    Deleted,
    /// No log file of these days is there.
    NoLogFile,
    /// No region of the trail has a delivery, which by its own rhythm would have had one.
    Silent,
    /// The first delivery is after it: of the trail, or of all.
    BeforeFirst,
    /// The last delivery is before it: of the trail, or of all.
    AfterLast,
}

impl BlindReason {
    /// The short name of the reason, the same in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Deleted => "deleted",
            Self::NoLogFile => "no-log-file",
            Self::Silent => "silent",
            Self::BeforeFirst => "before-first",
            Self::AfterLast => "after-last",
        }
    }
}

/// The time that a question is about, in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeWindow {
    /// Its beginning.
    pub since: Option<i64>,
    /// Its end, which is no part of it.
    pub until: Option<i64>,
}

impl TimeWindow {
    /// Whether a stretch of time has a part inside.
    pub fn touches(self, from: Option<i64>, until: Option<i64>) -> bool {
        let is_before = |end: Option<i64>, begin: Option<i64>| {
            end.zip(begin).is_some_and(|(end, begin)| end <= begin)
        };
        !is_before(until, self.since) && !is_before(self.until, from)
    }

    /// The hours that were listed for it: whole days, with a day of slack on both sides.
    fn listed(self) -> (Option<i64>, Option<i64>) {
        let first = self.since.map(|since| day_of(since).saturating_sub(1));
        let last = self.until.map(|until| last_day(until).saturating_add(1));
        let hours = |day: i64| day.saturating_mul(DAY_HOURS);
        (first.map(hours), last.map(|day| hours(day + 1)))
    }
}

fn day_of(time: i64) -> i64 {
    time.div_euclid(DAY)
}

/// The last day of a window with this end.
fn last_day(until: i64) -> i64 {
    day_of(until.saturating_sub(1))
}

/// The blind times of what was listed and read for a window, in order of time.
pub(super) fn blind_times(
    deliveries: &Deliveries,
    activity: &Activity,
    pruned: u64,
    window: TimeWindow,
) -> Vec<BlindTime> {
    let mut blind = Vec::new();
    let mut accounts: BTreeMap<&str, ActiveHours> = BTreeMap::new();
    for off in activity.times_off() {
        let account = off.by.account_id.as_str();
        let active = accounts
            .entry(account)
            .or_insert_with(|| ActiveHours::new(activity.hours(account).collect()));
        add_time_off(off, active, &mut blind);
    }
    add_missing_days(deliveries, pruned, window, &mut blind);
    let mut add = |trail: Option<String>, (from, until, why): Stretch| {
        blind.push(BlindTime {
            from: from.map(|hour| hour.saturating_mul(HOUR)),
            until: until.map(|hour| hour.saturating_mul(HOUR)),
            account_id: None,
            trail,
            region: None,
            why,
            event_id: None,
        });
    };
    // What no trail delivered at the ends is listed once, not of each trail again.
    let mut ends = silences(&deliveries.hours_of_all(), window);
    ends.retain(|(_, _, why)| *why != BlindReason::Silent);
    for trail in deliveries.trail_hours().iter().take(MAX_TRAILS) {
        for silence in silences(trail, window) {
            if !ends.contains(&silence) {
                add(Some(below_container(&trail.path)), silence);
            }
        }
    }
    for end in ends {
        add(None, end);
    }
    blind.sort_unstable();
    blind
}

/// The path of a trail as text; below its container, if it is in one, so that an archive that is packed
/// gives the answer of its folder.
fn below_container(path: &[u8]) -> String {
    let segments = path.rsplit(|&byte| byte == b'/');
    let below = segments.take_while(|segment| !has_container_ending(segment));
    let below: Vec<&[u8]> = below.collect();
    let below: Vec<&[u8]> = below.into_iter().rev().collect();
    String::from_utf8_lossy(&below.join(&b'/')).into_owned()
}

/// Adds the time in which a trail was off, less the hours with an event of its account.
fn add_time_off(off: TimeOff<'_>, active: &mut ActiveHours, blind: &mut Vec<BlindTime>) {
    let TimeOff { by, until } = off;
    let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut add = |from: i64, until: Option<i64>| {
        if until.is_none_or(|until| from < until) {
            blind.push(BlindTime {
                from: Some(from),
                until,
                account_id: named(&by.account_id),
                trail: named(&by.trail),
                region: None,
                why: match by.switch {
                    TrailSwitch::Delete => BlindReason::Deleted,
                    TrailSwitch::Stop | TrailSwitch::Start | TrailSwitch::Create => {
                        BlindReason::Stopped
                    }
                },
                event_id: named(&by.event_id),
            });
        }
    };
    // Events before the call or after the end say nothing of the time between.
    let first = active
        .hours
        .partition_point(|(_, (_, last))| *last <= by.time);
    let is_before_end = |first: i64| until.is_none_or(|until| first < until);
    let end = active
        .hours
        .partition_point(|(_, (first, _))| is_before_end(*first));
    let hours = active.hours.get(first..end).unwrap_or_default();
    let (Some((first_hour, _)), Some((last_hour, _))) = (hours.first(), hours.last()) else {
        add(by.time, until);
        return;
    };
    let begin_of = |hour: i64| hour.saturating_mul(HOUR);
    add(by.time, Some(begin_of(*first_hour)));
    let silences = &mut active.silences;
    let first = silences.partition_point(|silence| silence.from <= *first_hour);
    let end = silences.partition_point(|silence| silence.until <= *last_hour);
    for silence in silences.get_mut(first..end).unwrap_or_default() {
        if silence.listed < MAX_OFF {
            silence.listed += 1;
            add(begin_of(silence.from), Some(begin_of(silence.until)));
        }
    }
    add(by.time.max(begin_of(last_hour.saturating_add(1))), until);
}

/// The hours in which an account has events.
struct ActiveHours {
    /// The hours since 1970, with the times of the first and the last event in each.
    hours: Vec<(i64, (i64, i64))>,
    /// What lies between them.
    silences: Vec<AccountSilence>,
}

/// Hours without events of an account, between two with events.
struct AccountSilence {
    from: i64,
    until: i64,
    /// Of how many calls it is listed.
    listed: u32,
}

impl ActiveHours {
    fn new(hours: Vec<(i64, (i64, i64))>) -> Self {
        let neighbours = hours.iter().zip(hours.iter().skip(1));
        let silences = neighbours.filter_map(|((hour, _), (next, _))| {
            let (from, until, listed) = (hour + 1, *next, 0);
            (from < until).then_some(AccountSilence {
                from,
                until,
                listed,
            })
        });
        let silences = silences.collect();
        Self { hours, silences }
    }
}

/// Adds the days of the window of which there is no log file, where every log file states its day.
fn add_missing_days(
    deliveries: &Deliveries,
    pruned: u64,
    window: TimeWindow,
    blind: &mut Vec<BlindTime>,
) {
    let days = deliveries.days();
    if deliveries.undated() > 0 || days.is_empty() && pruned == 0 {
        return;
    }
    let (since, until) = (window.since.map(day_of), window.until.map(last_day));
    if since.is_none() && until.is_none() {
        return;
    }
    let mut add = |from: Option<i64>, until: Option<i64>| {
        let time = |day: i64| day.saturating_mul(DAY);
        blind.push(BlindTime {
            from: from.map(time),
            until: until.map(time),
            account_id: None,
            trail: None,
            region: None,
            why: BlindReason::NoLogFile,
            event_id: None,
        });
    };
    // Without an end, the window ends with the last log file; the other way round, too.
    let mut next = since;
    for &day in days {
        if until.is_some_and(|until| day > until) {
            break;
        }
        if let Some(next) = next
            && day > next
        {
            add(Some(next), Some(day));
        }
        next = Some(next.map_or(day + 1, |next| next.max(day + 1)));
    }
    match (next, until) {
        (Some(next), Some(until)) if next <= until => add(Some(next), Some(until + 1)),
        (Some(_), Some(_)) => {}
        (next, until) if days.is_empty() => add(next, until.map(|until| until + 1)),
        _ => {}
    }
}

/// A silence of a trail, in hours since 1970.
struct TrailSilence {
    from: i64,
    until: i64,
    /// Which edge of what was listed it reaches, if one.
    edge: Option<Edge>,
}

/// An edge of what was listed.
#[derive(Clone, Copy)]
enum Edge {
    Begin,
    End,
}

/// A blind stretch in hours since 1970, open where it has no end.
type Stretch = (Option<i64>, Option<i64>, BlindReason);

/// The silences of a trail that are blind by its own rhythm, and what lies before its first and after
/// its last delivery.
fn silences(trail: &TrailHours, window: TimeWindow) -> Vec<Stretch> {
    let mut blind = Vec::new();
    let Some((first, last)) = trail.ends() else {
        return blind;
    };
    let mut add = |from, until, why| blind.push((from, until, why));
    let (first, end) = (first / HOUR, last / HOUR + 1);
    let (listed_from, listed_until) = window.listed();
    let mut silences: Vec<TrailSilence> = Vec::new();
    match listed_from {
        // Nothing was ruled out by its date.
        None => add(None, Some(first), BlindReason::BeforeFirst),
        Some(from) if from < first => silences.push(TrailSilence {
            from,
            until: first,
            edge: Some(Edge::Begin),
        }),
        Some(_) => {}
    }
    silences.extend(trail.gaps().iter().map(|gap: &Gap| TrailSilence {
        from: gap.from / HOUR,
        until: gap.until / HOUR,
        edge: None,
    }));
    match listed_until {
        None => add(Some(end), None, BlindReason::AfterLast),
        Some(until) if end < until => silences.push(TrailSilence {
            from: end,
            until,
            edge: Some(Edge::End),
        }),
        Some(_) => {}
    }
    let mut lengths: Vec<i64> = silences
        .iter()
        .map(|silence| silence.until - silence.from)
        .collect();
    lengths.sort_unstable_by(|one, other| other.cmp(one));
    // The longest one in a hundred, and at least one, are measured against the others.
    let longest_other = lengths.get(lengths.len().div_ceil(100)).copied();
    let longest_other = longest_other.unwrap_or(0);
    for TrailSilence { from, until, edge } in silences {
        let length = until - from;
        if length < SHORTEST || length <= 2 * longest_other {
            continue;
        }
        let (from, until) = if trail.log_files < RHYTHM {
            let midnight = |hour: i64| hour * DAY_HOURS;
            let first = (from + DAY_HOURS - 1).div_euclid(DAY_HOURS);
            let end = until.div_euclid(DAY_HOURS);
            if first >= end {
                continue;
            }
            (midnight(first), midnight(end))
        } else {
            (from, until)
        };
        match edge {
            None => add(Some(from), Some(until), BlindReason::Silent),
            Some(Edge::Begin) => add(None, Some(until), BlindReason::BeforeFirst),
            Some(Edge::End) => add(Some(from), None, BlindReason::AfterLast),
        }
    }
    blind
}
