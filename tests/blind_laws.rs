//! The blind times of a coverage are those of the plain reference, whatever was delivered and called.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

use keytrail::archive::{DeliveredName, LogFile, LogFileKey};
use keytrail::coverage::{Coverage, Ledger, SeenCounts, SwitchCall, TimeWindow, TrailSwitch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[path = "support/blind.rs"]
mod reference;

use reference::{Blind, Call, Delivered};

const HOUR: i64 = 3_600_000;

/// A log file of one hour of January 1970.
fn log_file(number: usize, delivered: &Delivered, region: &str) -> LogFile {
    let Delivered { root, trail, hour } = delivered;
    let slash = if trail.is_empty() { "" } else { "/" };
    let path = match hour {
        Some(hour) => {
            let (day, hour) = (1 + hour / 24, hour % 24);
            format!(
                "{trail}{slash}{region}/1970/01/{day:02}/\
                 Actiontrail_{region}_197001{day:02}{hour:02}0000_1002_4_9_{number:032x}.gz"
            )
        }
        None => format!("{trail}{slash}{number}.gz"),
    };
    LogFile {
        key: LogFileKey::new(*root, path.as_bytes()),
        name: DeliveredName::parse(path.as_bytes()),
        ..LogFile::default()
    }
}

/// Files of up to two trails: most hours of some days, or a few at random, with an outage or not.
fn files() -> impl Strategy<Value = Vec<Delivered>> {
    let trail = (0..2_u32, select(vec!["", "a/AliyunLogs/Actiontrail", "b"]));
    let hours = prop_oneof![
        vec(0..600_i64, 0..8),
        (0..300_i64, 1..120_i64, 1..9_i64).prop_map(|(begin, outage, step)| {
            let hours = (0..begin + outage + 200).step_by(usize::try_from(step).unwrap_or(1));
            let outage = begin..begin + outage;
            hours.filter(|hour| !outage.contains(hour)).collect()
        }),
    ];
    let trail = (trail, hours).prop_map(|((root, trail), hours)| {
        let file = |hour| Delivered {
            root,
            trail: trail.to_owned(),
            hour: Some(hour),
        };
        hours.into_iter().map(file).collect::<Vec<_>>()
    });
    let undated = prop::option::weighted(0.1, 0..1_u32).prop_map(|root| {
        root.map(|root| Delivered {
            root,
            trail: String::new(),
            hour: None,
        })
    });
    (vec(trail, 0..3), undated)
        .prop_map(|(trails, undated)| trails.into_iter().flatten().chain(undated).collect())
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let switch = select(vec![
        None,
        Some("StartLogging"),
        Some("CreateTrail"),
        Some("StopLogging"),
        Some("DeleteTrail"),
    ]);
    let call = (
        select(vec!["1", "2"]),
        0..60_i64,
        switch,
        select(vec!["", "main", "other"]),
        select(vec!["", "x", "y"]),
    );
    let call = call.prop_map(|(account, tenth, switch, trail, event_id)| Call {
        account: account.to_owned(),
        time: tenth * HOUR / 3,
        switch: switch.map(|name| (name, trail.to_owned())),
        event_id: event_id.to_owned(),
    });
    vec(call, 0..14)
}

fn window() -> impl Strategy<Value = TimeWindow> {
    let end = || prop::option::of(0..700_i64);
    (end(), end()).prop_map(|(since, length)| TimeWindow {
        since: since.map(|hour| hour * HOUR),
        until: length.map(|length| (since.unwrap_or(0) + length + 1) * HOUR),
    })
}

/// The coverage's blind times, as the reference has them.
fn actual(files: &[Delivered], calls: &[Call], window: TimeWindow) -> Vec<Blind> {
    let mut ledger = Ledger::default();
    for (number, file) in files.iter().enumerate() {
        let region = ["cn-x", "cn-y"][number % 2];
        ledger.deliveries.add(&log_file(number, file, region));
    }
    for call in calls {
        ledger.activity.observe(&call.account, call.time);
        let Some((name, trail)) = &call.switch else {
            continue;
        };
        ledger.activity.add_switch(SwitchCall {
            time: call.time,
            switch: match *name {
                "StartLogging" => TrailSwitch::Start,
                "CreateTrail" => TrailSwitch::Create,
                "StopLogging" => TrailSwitch::Stop,
                _ => TrailSwitch::Delete,
            },
            account_id: call.account.clone(),
            trail: trail.clone(),
            event_id: call.event_id.clone(),
        });
    }
    ledger.sort();
    let coverage = Coverage::of(&ledger, SeenCounts::default(), window);
    let blind = coverage.blind.into_iter();
    let mut blind: Vec<Blind> = blind
        .map(|blind| {
            let why = blind.why.as_str();
            (
                blind.from,
                blind.until,
                blind.account_id,
                blind.trail,
                why,
                blind.event_id,
            )
        })
        .collect();
    blind.sort();
    blind.dedup();
    blind
}

proptest! {
    #[test]
    fn blind_times_are_those_of_the_plain_reference(
        files in files(),
        calls in calls(),
        window in window(),
    ) {
        let expected = reference::blind_times(&files, &calls, (window.since, window.until));
        prop_assert_eq!(actual(&files, &calls, window), expected);
    }
}
