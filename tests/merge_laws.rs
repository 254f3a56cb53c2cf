//! The law of merging, for every answer of a scan: however log files are split into parts, and in
//! whatever order the parts are merged, the result is the same.
//!
//! `tests/usage_laws.rs` has more laws of the fold.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::sync::LazyLock;

use keytrail::archive::{DeliveredName, IgnoredReason, LogFile, LogFileKey};
use keytrail::calls::{
    CallRow, CallRuns, Calls as _, Conditions, Funnel, GroupColumn, GroupedEvent, Groups, Order,
    Pattern, SortOptions, Step,
};
use keytrail::coverage::{
    Activity, Coverage, Deliveries, Ledger, LedgerLine, Outcome, Problem, ProblemKind, SeenCounts,
    Span, SwitchCall, TimeWindow, TrailSwitch,
};
use keytrail::event::{Details, Event, Place, Source};
use keytrail::evidence::TrailChanges;
use keytrail::scan::{Merge, Partial};
use keytrail::usage::{EventHashes, Fingerprint, Seed, Usage as _, UsageDetail, UsageMap};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

static SEED: LazyLock<Seed> = LazyLock::new(Seed::random);

/// A log file and the calls in it.
#[derive(Clone, Debug)]
struct File {
    key: LogFileKey,
    calls: Vec<Call>,
    /// What the ledger holds of it.
    outcome: Outcome,
}

/// A call, of few values, so that ties and copies are the rule. Whether it counts is decided before
/// the files are split, as the duplicate filter does it for all parts together.
#[derive(Clone, Debug)]
struct Call {
    time: i64,
    event_id: &'static str,
    access_key_id: &'static str,
    service: &'static str,
    name: &'static str,
    account: &'static str,
    is_first: bool,
}

impl Call {
    fn event(&self) -> Event<'_> {
        Event {
            time: self.time,
            event_id: self.event_id,
            access_key_id: self.access_key_id,
            account_id: self.account,
            owner_id: "",
            user_name: "",
            account_type: "",
            recipient_account_id: "",
            region: "",
            service_name: self.service,
            event_name: self.name,
            source_ip: "192.0.2.1",
            error_code: "",
            failed_sign_in: false,
            insight_key: "",
            user_agent: "",
            source: Source::Management,
            resources: &[],
        }
    }
}

fn call() -> impl Strategy<Value = Call> {
    (
        select(vec![0, 1, 60_000, 1_709_630_492_000]),
        select(vec!["", "a", "b"]),
        select(vec!["", "LTAI1", "STS.2"]),
        select(vec![
            ("Actiontrail", "StopLogging"),
            ("Actiontrail", "StartLogging"),
            ("Ecs", "RunInstances"),
        ]),
        select(vec!["1", "2"]),
        any::<bool>(),
    )
        .prop_map(
            |(time, event_id, access_key_id, (service, name), account, is_first)| Call {
                time,
                event_id,
                access_key_id,
                service,
                name,
                account,
                is_first,
            },
        )
}

/// Log files of different keys.
fn files() -> impl Strategy<Value = Vec<File>> {
    let outcome = select(vec![Outcome::Read, Outcome::Partial, Outcome::Unreadable]);
    let place = (0..2_u32, select(vec!["a", "b"]), 1..4_u32, 0..24_u32);
    vec((place, vec(call(), 0..4), outcome), 0..8).prop_map(|files| {
        let files = files.into_iter().enumerate();
        files
            .map(|(number, ((root, region, day, hour), calls, outcome))| {
                let path = format!(
                    "AliyunLogs/Actiontrail/{region}/1970/01/{day:02}/\
                     Actiontrail_{region}_197001{day:02}{hour:02}0000_1002_4_9_{number:032x}.gz"
                );
                File {
                    key: LogFileKey::new(root, path.as_bytes()),
                    calls,
                    outcome,
                }
            })
            .collect()
    })
}

/// Which part each file belongs to, and in which order the parts are merged.
#[derive(Clone, Debug)]
struct Split {
    parts: Vec<usize>,
    merges: Vec<(Index, Index)>,
}

const PARTS: usize = 4;

fn split() -> impl Strategy<Value = Split> {
    let merges = vec(any::<(Index, Index)>(), PARTS - 1);
    (vec(0..PARTS, 8), merges).prop_map(|(parts, merges)| Split { parts, merges })
}

/// Checks that the files, split and merged in this way, give what all of them give at once.
fn check_law<A: Merge>(
    files: &[File],
    split: &Split,
    collect: impl Fn(&[&File]) -> A,
    canonical: impl Fn(&mut A) -> String,
) {
    let all: Vec<&File> = files.iter().collect();
    let mut parts: Vec<A> = (0..PARTS)
        .map(|part| {
            let own = all.iter().zip(&split.parts);
            let own: Vec<&File> = own
                .filter(|&(_, &of)| of == part)
                .map(|(file, _)| *file)
                .collect();
            collect(&own)
        })
        .collect();
    for (one, other) in &split.merges {
        let taken = parts.remove(one.index(parts.len()));
        let into = other.index(parts.len());
        parts[into].merge(taken);
    }
    let (merged, all) = (&mut parts.pop().unwrap(), &mut collect(&all));
    assert_eq!(canonical(merged), canonical(all));
}

fn usage(files: &[&File]) -> UsageMap {
    let mut usage = UsageMap::new(*SEED, UsageDetail::Entries);
    let mut hashes = EventHashes::new(*SEED);
    for file in files {
        usage.begin_log_file(file.key.root, file.key.path.clone());
        for (record, call) in (0..).zip(&file.calls) {
            let event = call.event();
            hashes.compute(&event);
            usage.observe(&event, &hashes, record, call.is_first.into());
        }
        usage.end_log_file(true);
    }
    usage
}

fn usage_text(usage: &mut UsageMap) -> String {
    let mut lines = Vec::new();
    let visited = usage.keys(None, &mut |key, counts| {
        lines.push(format!("{key:?} {counts:?}"));
        Ok(())
    });
    visited.unwrap();
    let visited = usage.entries(None, None, &mut |key, entries| {
        let key = key.access_key_id;
        lines.extend(entries.iter().map(|entry| format!("{key} {entry:?}")));
        Ok(())
    });
    visited.unwrap();
    lines.sort();
    lines.join("\n")
}

fn sort_options() -> SortOptions {
    SortOptions {
        order: Order::Newest,
        limit: None,
        memory: 256,
        temporary: tempfile::tempfile,
    }
}

fn calls(files: &[&File]) -> CallRuns {
    let mut writer = sort_options().writer();
    let mut hashes = EventHashes::new(*SEED);
    for file in files {
        for (record, call) in (0..).zip(&file.calls) {
            let event = call.event();
            hashes.compute(&event);
            let row = CallRow {
                event_time: event.time,
                event_id: event.event_id,
                access_key_id: event.access_key_id,
                event_name: event.event_name,
                record_number: record,
                ..CallRow::default()
            };
            let place = Place {
                root: file.key.root,
                log_file: &file.key.path,
                record,
            };
            let fingerprint = hashes.fingerprint(&event);
            let fingerprint = fingerprint.map(Fingerprint::bits);
            writer.add(&row, place, fingerprint).unwrap();
        }
    }
    CallRuns {
        writers: vec![writer],
    }
}

fn calls_text(runs: &mut CallRuns) -> String {
    let mut lines = Vec::new();
    let mut sorted = sort_options()
        .merge(std::mem::take(&mut runs.writers))
        .unwrap();
    let visited = sorted.for_each(&mut |row| {
        lines.push(format!("{row:?}"));
        Ok(())
    });
    visited.unwrap();
    lines.join("\n")
}

fn changes(files: &[&File]) -> TrailChanges {
    let mut changes = TrailChanges::default();
    for file in files {
        for (record, call) in (0..).zip(&file.calls) {
            let place = Place {
                root: file.key.root,
                log_file: &file.key.path,
                record,
            };
            changes.observe(&call.event(), place);
        }
    }
    changes
}

fn activity(files: &[&File]) -> Activity {
    let mut activity = Activity::default();
    for call in files.iter().flat_map(|file| &file.calls) {
        activity.observe(call.account, call.time);
        let switch = match call.name {
            "StopLogging" => TrailSwitch::Stop,
            "StartLogging" => TrailSwitch::Start,
            _ => continue,
        };
        activity.add_switch(SwitchCall {
            time: call.time,
            switch,
            account_id: call.account.to_owned(),
            trail: call.access_key_id.to_owned(),
            event_id: call.event_id.to_owned(),
        });
    }
    activity
}

fn activity_text(activity: &mut Activity) -> String {
    activity.settle();
    let hours = ["1", "2"].map(|account| activity.hours(account).collect::<Vec<_>>());
    format!("{hours:?} {:?}", activity.times_off())
}

fn steps() -> Vec<Step> {
    let conditions = Conditions {
        events: vec![Pattern::new("R*", "x").unwrap()],
        users: vec![Pattern::new("nobody", "x").unwrap()],
        ..Conditions::default()
    };
    Step::all(&[], &[], &conditions)
}

fn funnel(files: &[&File]) -> Funnel {
    let mut funnel = Funnel::default();
    let mut hashes = EventHashes::new(*SEED);
    for call in files.iter().flat_map(|file| &file.calls) {
        let event = call.event();
        hashes.compute(&event);
        let fingerprint = hashes.fingerprint(&event).map(Fingerprint::bits);
        funnel.observe(&steps(), &event, b"{}", &Details::default(), fingerprint);
    }
    funnel
}

fn groups(files: &[&File]) -> Groups {
    let mut groups = Groups::default();
    let columns = [GroupColumn::EventName, GroupColumn::AccessKeyId];
    for (record, call) in (0..).zip(files.iter().flat_map(|file| &file.calls)) {
        let grouped = GroupedEvent {
            event: &call.event(),
            details: &Details::default(),
            log_file: "",
            record_number: record,
        };
        groups.observe(&columns, &grouped, |_| call.is_first);
    }
    groups
}

fn log_file(file: &File) -> LogFile {
    LogFile {
        key: file.key.clone(),
        name: DeliveredName::parse(&file.key.path),
        ..LogFile::default()
    }
}

fn deliveries(files: &[&File]) -> Deliveries {
    let mut deliveries = Deliveries::default();
    for file in files {
        deliveries.add(&log_file(file));
    }
    deliveries
}

fn deliveries_text(deliveries: &mut Deliveries) -> String {
    deliveries.settle();
    format!("{:?} {:?}", deliveries.gaps(), deliveries.trails())
}

fn ledger(files: &[&File]) -> Ledger {
    let mut ledger = Ledger::default();
    for file in files {
        let times = || file.calls.iter().map(|call| call.time);
        let count = u32::try_from(file.calls.len()).unwrap();
        ledger.deliveries.add(&log_file(file));
        ledger.activity.merge(activity(&[file]));
        ledger.pruned += 1;
        let name = (file.key.clone(), IgnoredReason::Name);
        let link = (file.key.clone(), IgnoredReason::Link);
        ledger.ignored.extend([name, link]);
        ledger.folders_pruned += 3;
        ledger.problems.push(Problem {
            key: file.key.clone(),
            kind: ProblemKind::Empty,
            message: "is empty".to_owned(),
        });
        ledger.add(LedgerLine {
            key: file.key.clone(),
            outcome: file.outcome,
            records: count,
            selected: count,
            compressed: 7,
            inflated: 9,
            span: times()
                .min()
                .zip(times().max())
                .map(|(first, last)| Span { first, last }),
            ..LedgerLine::default()
        });
    }
    ledger
}

fn ledger_text(ledger: &mut Ledger) -> String {
    ledger.sort();
    let coverage = Coverage::of(ledger, SeenCounts::default(), TimeWindow::default());
    format!("{:?} {:?} {coverage:?}", ledger.lines(), ledger.problems)
}

/// All parts of an answer together, as a scan merges them.
fn partial(files: &[&File]) -> Partial<(UsageMap, TrailChanges)> {
    let calls = || files.iter().flat_map(|file| &file.calls);
    let count = |wanted: fn(&&Call) -> bool| calls().filter(wanted).count() as u64;
    Partial {
        answer: (usage(files), changes(files)),
        seen: SeenCounts {
            duplicates: count(|call| !call.is_first),
            without_key: count(|call| call.is_first && call.access_key_id.is_empty()),
            conflicting: 0,
        },
        ledger: ledger(files),
    }
}

fn partial_text(partial: &mut Partial<(UsageMap, TrailChanges)>) -> String {
    let (usage, changes) = &mut partial.answer;
    let answer = format!("{} {:?}", usage_text(usage), changes.list());
    let ledger = ledger_text(&mut partial.ledger);
    let coverage = Coverage::of(&partial.ledger, partial.seen, TimeWindow::default());
    format!("{answer} {ledger} {coverage:?}")
}

proptest! {
    #[test]
    fn every_answer_is_the_same_for_any_split_merged_in_any_order(
        files in files(),
        split in split(),
    ) {
        check_law(&files, &split, usage, usage_text);
        check_law(&files, &split, calls, calls_text);
        check_law(&files, &split, changes, |changes: &mut TrailChanges| format!("{:?}", changes.list()));
        check_law(&files, &split, funnel, |funnel: &mut Funnel| format!("{:?}", funnel.steps(&steps())));
        check_law(&files, &split, groups, |groups: &mut Groups| format!("{:?}", groups.clone().into_rows()));
        check_law(&files, &split, deliveries, deliveries_text);
        check_law(&files, &split, activity, activity_text);
        check_law(&files, &split, ledger, ledger_text);
        check_law(&files, &split, partial, partial_text);
    }
}
