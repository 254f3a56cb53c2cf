//! What was done to the trails themselves, by the archive's own events, and how long an account was
//! not heard of afterwards.
//!
//! A trail that is stopped delivers what happened before, and then nothing. So the calls that stop
//! one are in the archive, and what follows them is not. Says what is known: the call, the next
//! call that starts logging, and the longest time without an event of the account in between.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::event::Event;

const MINUTE: i64 = 60_000;

/// The service that all calls about trails are made to.
const SERVICE: &str = "Actiontrail";

/// What a call does to a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// `StartLogging`.
    Start,
    /// `StopLogging`.
    Stop,
    /// `DeleteTrail`.
    Delete,
    /// `UpdateTrail`.
    Update,
}

impl Action {
    fn of(event: &Event<'_>) -> Option<Self> {
        if !event.service_name.eq_ignore_ascii_case(SERVICE) {
            return None;
        }
        match event.event_name {
            "StartLogging" => Some(Self::Start),
            "StopLogging" => Some(Self::Stop),
            "DeleteTrail" => Some(Self::Delete),
            "UpdateTrail" => Some(Self::Update),
            _ => None,
        }
    }

    /// The name of the event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "StartLogging",
            Self::Stop => "StopLogging",
            Self::Delete => "DeleteTrail",
            Self::Update => "UpdateTrail",
        }
    }

    /// Whether a trail can deliver less from then on.
    fn silences(self) -> bool {
        match self {
            Self::Start => false,
            Self::Stop | Self::Delete | Self::Update => true,
        }
    }
}

/// A call that did something to a trail, or was to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Switch {
    /// `eventTime`, in milliseconds since 1970 UTC.
    pub time: i64,
    /// What the call does.
    pub action: Action,
    /// The account: `userIdentity.accountId`, else `recipientAccountId`.
    pub account_id: String,
    /// The AccessKey; `""` for a call without one.
    pub access_key_id: String,
    /// The user.
    pub user_name: String,
    /// From where.
    pub source_ip: String,
    /// `acsRegion`.
    pub region: String,
    /// The resources that the event names; the trail, as a rule.
    pub resources: Vec<String>,
    /// Why it failed; `""` where it did not.
    pub error_code: String,
    /// `eventId`.
    pub event_id: String,
    /// The log file that holds it; of several copies, the first by path.
    pub log_file: PathBuf,
    /// The number of its record there.
    pub record: u32,
    /// The next successful `StartLogging` of the account, if there is one.
    pub started: Option<i64>,
    /// The longest time in which the account was not heard of, between this call and the next start
    /// of logging. `None` where the call failed or cannot silence a trail, or where logging starts
    /// and no event of the account is more than a minute from the next.
    pub silence: Option<Silence>,
    /// The last event of the account in the archive; `None` as for `silence`.
    pub last_event: Option<i64>,
}

/// A time without an event of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silence {
    /// Its last event before, in milliseconds since 1970 UTC.
    pub from: i64,
    /// Its next event; `None` where there is no more in the archive.
    pub until: Option<i64>,
}

/// What a scan notes of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Switches {
    list: Vec<Switch>,
    heard: HashMap<String, Minutes>,
}

/// The minutes in which an account was heard of, with its first and last event in each. Bounded by
/// the minutes of the archive's time.
type Minutes = HashMap<i64, (u16, u16)>;

impl Switches {
    pub(super) fn see(&mut self, event: &Event<'_>, log_file: &Path, record: u32) {
        let account = event.account();
        let minutes = match self.heard.get_mut(account) {
            Some(minutes) => minutes,
            None => self.heard.entry(account.to_owned()).or_default(),
        };
        // Below 60,000, so it always fits.
        let at = u16::try_from(event.time.rem_euclid(MINUTE)).unwrap_or(u16::MAX);
        hear(minutes, event.time.div_euclid(MINUTE), (at, at));
        let Some(action) = Action::of(event) else {
            return;
        };
        let mut resources: Vec<String> = event
            .resources
            .iter()
            .map(|resource| resource.name.to_owned())
            .collect();
        resources.sort_unstable();
        self.list.push(Switch {
            time: event.time,
            action,
            account_id: account.to_owned(),
            access_key_id: event.access_key_id.to_owned(),
            user_name: event.user_name.to_owned(),
            source_ip: event.source_ip.to_owned(),
            region: event.region.to_owned(),
            resources,
            error_code: event.error_code.to_owned(),
            event_id: event.event_id.to_owned(),
            log_file: log_file.to_owned(),
            record,
            started: None,
            silence: None,
            last_event: None,
        });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.list.extend(other.list);
        for (account, minutes) in other.heard {
            let ours = self.heard.entry(account).or_default();
            for (minute, span) in minutes {
                hear(ours, minute, span);
            }
        }
    }

    /// By time, and of several copies the first.
    pub(super) fn sort(&mut self) {
        self.list.sort_unstable();
        self.list.dedup_by(|later, earlier| {
            let place = (later.log_file.clone(), later.record);
            (later.log_file, later.record) = (earlier.log_file.clone(), earlier.record);
            let same = !later.event_id.is_empty() && *later == *earlier;
            (later.log_file, later.record) = place;
            same
        });
    }

    /// The calls in order of time, with what is known of the time after each.
    pub(super) fn list(&self) -> Vec<Switch> {
        let mut heard: HashMap<&str, BTreeMap<i64, (u16, u16)>> = HashMap::new();
        for switch in &self.list {
            let account = switch.account_id.as_str();
            if let Some(minutes) = self.heard.get(account) {
                heard
                    .entry(account)
                    .or_insert_with(|| minutes.iter().map(|(&at, &span)| (at, span)).collect());
            }
        }
        let after = |switch: &Switch| {
            if !switch.action.silences() || !switch.error_code.is_empty() {
                return (None, None, None);
            }
            let started = self.list.iter().find(|start| {
                start.action == Action::Start
                    && start.time > switch.time
                    && start.account_id == switch.account_id
                    && start.error_code.is_empty()
            });
            let started = started.map(|start| start.time);
            let minutes = heard.get(switch.account_id.as_str());
            let silence = minutes.and_then(|minutes| longest(minutes, switch.time, started));
            let last = minutes.and_then(|minutes| minutes.last_key_value());
            let last = last.map(|(minute, &(_, last))| minute * MINUTE + i64::from(last));
            (started, silence, last)
        };
        self.list
            .iter()
            .map(|switch| {
                let (started, silence, last_event) = after(switch);
                Switch {
                    started,
                    silence,
                    last_event,
                    ..switch.clone()
                }
            })
            .collect()
    }
}

fn hear(minutes: &mut Minutes, minute: i64, (first, last): (u16, u16)) {
    let span = minutes.entry(minute).or_insert((first, last));
    *span = (span.0.min(first), span.1.max(last));
}

/// The longest time without an event, of more than a minute, from `since` on; the first of several.
fn longest(minutes: &BTreeMap<i64, (u16, u16)>, since: i64, until: Option<i64>) -> Option<Silence> {
    let mut longest: Option<(i64, Silence)> = None;
    let mut before = since;
    for (minute, &(first, last)) in minutes.range(since.div_euclid(MINUTE)..) {
        if until.is_some_and(|until| before >= until) {
            break;
        }
        let (first, last) = (
            minute * MINUTE + i64::from(first),
            minute * MINUTE + i64::from(last),
        );
        let length = first - before;
        if length > MINUTE && longest.is_none_or(|(longest, _)| length > longest) {
            let silence = Silence {
                from: before,
                until: Some(first),
            };
            longest = Some((length, silence));
        }
        before = before.max(last);
    }
    match longest {
        Some((_, silence)) => Some(silence),
        None if until.is_none() => Some(Silence {
            from: before,
            until: None,
        }),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes(times: &[i64]) -> BTreeMap<i64, (u16, u16)> {
        let mut minutes = Minutes::new();
        for time in times {
            let at = u16::try_from(time.rem_euclid(MINUTE)).unwrap();
            hear(&mut minutes, time.div_euclid(MINUTE), (at, at));
        }
        minutes.into_iter().collect()
    }

    #[test]
    fn a_silence_lies_between_two_events_and_ends_where_logging_starts() {
        let hour = 60 * MINUTE;
        let heard = minutes(&[0, 5, hour, 3 * hour, 9 * hour]);
        let check = |since, until, expected: Option<(i64, Option<i64>)>| {
            let found = longest(&heard, since, until).map(|silence| (silence.from, silence.until));
            assert_eq!(found, expected, "{since} {until:?}");
        };
        check(0, None, Some((3 * hour, Some(9 * hour))));
        check(0, Some(3 * hour), Some((hour, Some(3 * hour))));
        check(5, Some(hour), Some((5, Some(hour))));
        check(9 * hour, None, Some((9 * hour, None)));
    }

    proptest! {
        #[test]
        fn the_longest_silence_is_that_of_the_sorted_times(
            mut times in proptest::collection::vec(0_i64..40 * MINUTE, 1..30),
        ) {
            times.sort_unstable();
            let since = times[0];
            let plain = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            let found = longest(&minutes(&times), since, None).expect("an end or a silence");
            match found.until {
                Some(until) => prop_assert_eq!(until - found.from, plain),
                None => prop_assert!(plain <= MINUTE),
            }
        }
    }
}
