//! In which hours each account has events, and the calls that switch its trails off and on.
//!
//! Collected of every event that is read, inside the window and the filters or not. Left out: how
//! such a call is recognized, which is in `scan`.

use std::collections::{BTreeMap, BTreeSet};

use super::deliveries::HOUR;

/// What a call does to the deliveries of a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrailSwitch {
    /// `StartLogging`.
    Start,
    /// `CreateTrail`.
    Create,
    /// `StopLogging`.
    Stop,
    /// `DeleteTrail`.
    Delete,
}

/// A call that switched a trail off or on, and did not fail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SwitchCall {
    /// `eventTime`, in milliseconds since 1970 UTC.
    pub time: i64,
    /// What it does.
    pub switch: TrailSwitch,
    /// The account of the call.
    pub account_id: String,
    /// The name of the trail; `""` where the call does not name it.
    pub trail: String,
    /// `eventId`.
    pub event_id: String,
}

/// When accounts have events, and when their trails were switched.
///
/// ```
/// use keytrail::coverage::Activity;
///
/// let (mut activity, mut other) = (Activity::default(), Activity::default());
/// activity.observe("1", 0);
/// other.observe("1", 7_200_000);
/// activity.merge(other);
/// activity.settle();
/// assert_eq!(activity.hours("1").count(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// By account.
    hours: BTreeMap<String, HourSpans>,
    /// Copies of a call are one.
    switches: BTreeSet<SwitchCall>,
    /// The latest events, not yet added to `hours`: most share account and hour with the one before.
    latest: Latest,
}

/// The times of the first and the last event in each hour that has any, by hours since 1970.
type HourSpans = BTreeMap<i64, (i64, i64)>;

/// Events of one account in one hour.
#[derive(Clone, Debug)]
struct Latest {
    account_id: String,
    hour: i64,
    /// The times of the first and the last of them; none while the first is after the last.
    first: i64,
    last: i64,
}

impl Default for Latest {
    fn default() -> Self {
        Self {
            account_id: String::new(),
            hour: 0,
            first: i64::MAX,
            last: i64::MIN,
        }
    }
}

impl Activity {
    /// Adds an event of an account.
    #[inline]
    pub fn observe(&mut self, account_id: &str, time: i64) {
        let hour = time.div_euclid(HOUR);
        if hour != self.latest.hour || account_id != self.latest.account_id {
            self.settle();
            self.latest.account_id.clear();
            self.latest.account_id.push_str(account_id);
            self.latest.hour = hour;
        }
        self.latest.first = self.latest.first.min(time);
        self.latest.last = self.latest.last.max(time);
    }

    /// Adds a call that switches a trail.
    pub fn add_switch(&mut self, call: SwitchCall) {
        self.switches.insert(call);
    }

    /// Adds those of other log files. Commutative and associative, once both are settled.
    pub fn merge(&mut self, mut other: Self) {
        other.settle();
        self.switches.extend(other.switches);
        for (account_id, hours) in other.hours {
            let ours = self.hours.entry(account_id).or_default();
            for (hour, span) in hours {
                widen(ours, hour, span);
            }
        }
    }

    /// Completes what has been added; to be called before anything is asked.
    pub fn settle(&mut self) {
        let Latest {
            account_id,
            hour,
            first,
            last,
        } = &mut self.latest;
        if first > last {
            return;
        }
        let hours = match self.hours.get_mut(account_id.as_str()) {
            Some(hours) => hours,
            None => self.hours.entry(account_id.clone()).or_default(),
        };
        widen(hours, *hour, (*first, *last));
        (*first, *last) = (i64::MAX, i64::MIN);
    }

    /// The hours in which an account has events, with the times of the first and the last in each.
    pub fn hours(&self, account_id: &str) -> impl Iterator<Item = (i64, (i64, i64))> {
        let hours = self.hours.get(account_id).into_iter().flatten();
        hours.map(|(&hour, &span)| (hour, span))
    }

    /// The calls that switch trails, in order of time.
    pub fn switches(&self) -> impl Iterator<Item = &SwitchCall> {
        self.switches.iter()
    }

    /// The times in which a trail was off, in the order in which they end; those that do not end come
    /// last.
    ///
    /// A call that does not name its trail counts for any trail of its account.
    pub fn times_off(&self) -> Vec<TimeOff<'_>> {
        let mut off: BTreeMap<(&str, &str), &SwitchCall> = BTreeMap::new();
        let mut times = Vec::new();
        for call in &self.switches {
            let (account, trail) = (call.account_id.as_str(), call.trail.as_str());
            match call.switch {
                TrailSwitch::Stop | TrailSwitch::Delete => {
                    off.entry((account, trail)).or_insert(call);
                }
                TrailSwitch::Start | TrailSwitch::Create => {
                    let ended: Vec<_> = if trail.is_empty() {
                        let trails = off.range((account, "")..).map(|(&trail, _)| trail);
                        trails.take_while(|(of, _)| *of == account).collect()
                    } else {
                        vec![(account, ""), (account, trail)]
                    };
                    let ended = ended.into_iter().filter_map(|trail| off.remove(&trail));
                    times.extend(ended.map(|by| TimeOff {
                        by,
                        until: Some(call.time),
                    }));
                }
            }
        }
        times.extend(off.into_values().map(|by| TimeOff { by, until: None }));
        times
    }
}

/// The time in which a trail was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOff<'a> {
    /// The call that switched it off.
    pub by: &'a SwitchCall,
    /// When it was switched on again; `None` where that is not in the archive.
    pub until: Option<i64>,
}

fn widen(hours: &mut HourSpans, hour: i64, (first, last): (i64, i64)) {
    let span = hours.entry(hour).or_insert((first, last));
    *span = (span.0.min(first), span.1.max(last));
}
