//! The calls that make, start, stop, change or delete a trail, and how long there was no event of the
//! account afterwards.
//!
//! A trail that is stopped still delivers what happened before. So the calls that stop one are in the
//! archive, and what follows them is not. Reports the call, the next call that starts logging, and the
//! longest time without an event of the account in between.

use std::collections::{BTreeMap, HashMap};

use crate::archive::LogFileKey;
use crate::event::{Event, Place};

const MINUTE: i64 = 60_000;

/// The service that all calls about trails are made to.
const SERVICE: &str = "Actiontrail";

/// What a call does to a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrailAction {
    /// `StartLogging`.
    Start,
    /// `StopLogging`.
    Stop,
    /// `DeleteTrail`.
    Delete,
    /// `UpdateTrail`.
    Update,
    /// `CreateTrail`.
    Create,
}

impl TrailAction {
    /// What an event does to a trail, if it is a call that does something.
    pub fn of(event: &Event<'_>) -> Option<Self> {
        if !event.service_name.eq_ignore_ascii_case(SERVICE) {
            return None;
        }
        match event.event_name {
            "StartLogging" => Some(Self::Start),
            "StopLogging" => Some(Self::Stop),
            "DeleteTrail" => Some(Self::Delete),
            "UpdateTrail" => Some(Self::Update),
            "CreateTrail" => Some(Self::Create),
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
            Self::Create => "CreateTrail",
        }
    }

    /// Whether a trail can deliver less from then on.
    fn can_silence(self) -> bool {
        match self {
            Self::Start | Self::Create => false,
            Self::Stop | Self::Delete | Self::Update => true,
        }
    }
}

/// A call that changed a trail, or failed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrailChange {
    /// `eventTime`, in milliseconds since 1970 UTC.
    pub time: i64,
    /// What the call does.
    pub action: TrailAction,
    /// The account: `userIdentity.accountId`, else `recipientAccountId`.
    pub account_id: String,
    /// The AccessKey; `""` for a call without one.
    pub access_key_id: String,
    /// The user.
    pub user_name: String,
    /// `sourceIpAddress`.
    pub source_ip: String,
    /// `acsRegion`.
    pub region: String,
    /// The names of the resources of the event; usually the trail.
    pub resources: Vec<String>,
    /// `errorCode`; `""` where the call succeeded.
    pub error_code: String,
    /// `eventId`.
    pub event_id: String,
    /// The log file that holds it; of several copies, the first by key.
    pub log_file: LogFileKey,
    /// The number of its record there.
    pub record: u32,
    /// The next successful `StartLogging` of the account, if there is one.
    pub started: Option<i64>,
    /// The longest time without an event of the account, between this call and the next start of
    /// logging. `None` where the call failed or cannot silence a trail, or where logging starts
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

/// The calls that change trails, and when each account has events, collected from some log files.
#[derive(Clone, Debug, Default)]
pub struct TrailChanges {
    calls: Vec<TrailChange>,
    /// By account.
    active: HashMap<String, Minutes>,
}

/// The minutes in which an account has events, with the first and the last in each, in milliseconds
/// from the minute on. Bounded by the minutes of the archive's time.
type Minutes = HashMap<i64, (u16, u16)>;

impl TrailChanges {
    /// Adds an event; `place` is that of its record.
    pub fn observe(&mut self, event: &Event<'_>, place: Place<'_>) {
        let account = event.account();
        let minutes = match self.active.get_mut(account) {
            Some(minutes) => minutes,
            None => self.active.entry(account.to_owned()).or_default(),
        };
        // Below 60,000, so it always fits.
        let offset = u16::try_from(event.time.rem_euclid(MINUTE)).unwrap_or(u16::MAX);
        widen(minutes, event.time.div_euclid(MINUTE), (offset, offset));
        let Some(action) = TrailAction::of(event) else {
            return;
        };
        let mut resources: Vec<String> = event
            .resources
            .iter()
            .map(|resource| resource.name.to_owned())
            .collect();
        resources.sort_unstable();
        self.calls.push(TrailChange {
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
            log_file: LogFileKey::new(place.root, place.log_file),
            record: place.record,
            started: None,
            silence: None,
            last_event: None,
        });
    }

    /// Adds those of other log files of the archive. Commutative and associative.
    pub fn merge(&mut self, other: Self) {
        self.calls.extend(other.calls);
        for (account, minutes) in other.active {
            let ours = self.active.entry(account).or_default();
            for (minute, span) in minutes {
                widen(ours, minute, span);
            }
        }
    }

    /// The calls in order of time, each once, with the silence after each. Of copies of a call the one
    /// with the smallest place stays.
    pub fn list(&self) -> Vec<TrailChange> {
        let mut calls = self.calls.clone();
        calls.sort_unstable();
        calls.dedup_by(|later, earlier| {
            !later.event_id.is_empty() && later.without_place() == earlier.without_place()
        });
        let mut active: HashMap<String, BTreeMap<i64, (u16, u16)>> = HashMap::new();
        for call in &calls {
            if let Some(minutes) = self.active.get(&call.account_id) {
                active.entry(call.account_id.clone()).or_insert_with(|| {
                    minutes
                        .iter()
                        .map(|(&minute, &span)| (minute, span))
                        .collect()
                });
            }
        }
        let starts: Vec<_> = calls
            .iter()
            .filter(|call| call.action == TrailAction::Start && call.error_code.is_empty())
            .map(|start| (start.time, start.account_id.clone()))
            .collect();
        for call in &mut calls {
            if !call.action.can_silence() || !call.error_code.is_empty() {
                continue;
            }
            let started = starts
                .iter()
                .find(|(time, account)| *time > call.time && *account == call.account_id);
            call.started = started.map(|(time, _)| *time);
            if let Some(minutes) = active.get(&call.account_id) {
                call.silence = longest_silence(minutes, call.time, call.started);
                call.last_event = minutes
                    .last_key_value()
                    .map(|(minute, &(_, last))| minute * MINUTE + i64::from(last));
            }
        }
        calls
    }
}

impl TrailChange {
    /// The fields in which copies of a call agree.
    fn without_place(&self) -> impl PartialEq + use<'_> {
        let Self {
            time,
            action,
            account_id,
            access_key_id,
            user_name,
            source_ip,
            region,
            resources,
            error_code,
            event_id,
            log_file: _,
            record: _,
            started: _,
            silence: _,
            last_event: _,
        } = self;
        (
            (time, action, account_id, access_key_id, user_name),
            (source_ip, region, resources, error_code, event_id),
        )
    }
}

fn widen(minutes: &mut Minutes, minute: i64, (first, last): (u16, u16)) {
    let span = minutes.entry(minute).or_insert((first, last));
    *span = (span.0.min(first), span.1.max(last));
}

/// The longest time without an event, of more than a minute, from `since` on; the first of several.
fn longest_silence(
    minutes: &BTreeMap<i64, (u16, u16)>,
    since: i64,
    until: Option<i64>,
) -> Option<Silence> {
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
            let offset = u16::try_from(time.rem_euclid(MINUTE)).unwrap();
            widen(&mut minutes, time.div_euclid(MINUTE), (offset, offset));
        }
        minutes.into_iter().collect()
    }

    #[test]
    fn a_silence_lies_between_two_events_and_ends_where_logging_starts() {
        let hour = 60 * MINUTE;
        let active = minutes(&[0, 5, hour, 3 * hour, 9 * hour]);
        let check = |since, until, expected: Option<(i64, Option<i64>)>| {
            let found =
                longest_silence(&active, since, until).map(|silence| (silence.from, silence.until));
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
            let found = longest_silence(&minutes(&times), since, None).expect("an end or a silence");
            match found.until {
                Some(until) => prop_assert_eq!(until - found.from, plain),
                None => prop_assert!(plain <= MINUTE),
            }
        }
    }
}
