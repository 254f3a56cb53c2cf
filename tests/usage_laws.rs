//! The laws of the fold: however events are split, ordered and merged, they add up to the same, and
//! to what a plain implementation of the same interface gives.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::LazyLock;

use keytrail::event::{Event, Resource};
use keytrail::query;
use keytrail::usage::{
    Counted, Dimension, DistinctCounts, Entry, EventHashes, KeyUse, Occurrence, Place, Seed,
    Source, Tally, Usage, UsageDetail, UsageMap,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Folds that are merged have one seed.
static SEED: LazyLock<Seed> = LazyLock::new(Seed::random);

/// An event, where its record is, and whether it is counted.
#[derive(Clone, Debug)]
struct Observation {
    time: i64,
    event_id: String,
    /// Key, service, event name and source IP.
    names: [&'static str; 4],
    /// Region, user agent and error code; no code where the call did not fail.
    values: [&'static str; 3],
    /// Account, owner, user and account type.
    owner: [&'static str; 4],
    source: Source,
    resources: Vec<(&'static str, &'static str)>,
    counted: Counted,
    /// The number of the root, and the path below it.
    log_file: (u32, &'static str),
}

/// Few values for everything, so that ties and collisions are the rule.
fn observation() -> impl Strategy<Value = Observation> {
    let word = |words: &'static [&'static str]| select(words);
    let names = (
        word(&["", "LTAI1", "STS.2", "k"]),
        word(&["", "Ecs", "ecs"]),
        word(&["", "RunInstances", "GetObject"]),
        word(&["", "192.0.2.1", "Internal"]),
    );
    let owner = (
        word(&["", "1"]),
        word(&["", "2"]),
        word(&["", "root", "user"]),
        word(&["", "root-account"]),
    );
    let resource = (word(&["", "ACS::ECS::Instance"]), word(&["i-1", "i-2"]));
    let source = select(vec![Source::Management, Source::Data, Source::Internal]);
    // Without repeats, as an event has them.
    let resources = btree_set(resource, 0..3).prop_map(Vec::from_iter);
    let values = (
        word(&["", "cn-hangzhou", "cn-beijing"]),
        word(&["", "curl", "cn-hangzhou"]),
        word(&["", "Forbidden", "Throttling", "curl"]),
    );
    let counted = any::<[bool; 3]>().prop_map(|[event, region, agent]| Counted {
        event,
        region,
        agent,
    });
    let rest = (values, source, resources, counted);
    let log_files = (0..3_u32, word(&["a.gz", "b.gz", "a/b.gz", "é.gz"]));
    (time(), event_id(), names, owner, rest, log_files).prop_map(
        |(time, event_id, names, owner, rest, log_file)| Observation {
            time,
            event_id,
            names: names.into(),
            owner: owner.into(),
            values: rest.0.into(),
            source: rest.1,
            resources: rest.2,
            counted: rest.3,
            log_file,
        },
    )
}

fn time() -> impl Strategy<Value = i64> {
    select(vec![
        -62_167_219_200_000,
        -1,
        0,
        1,
        1_709_630_492_000,
        1_709_630_492_001,
        253_402_300_799_999,
    ])
}

/// Event IDs of every packed form and of others, some of them neighbours in the order of bytes.
fn event_id() -> impl Strategy<Value = String> {
    let known = select(vec![
        "",
        "a",
        "a\0",
        "sixteen letters.",
        "seventeen letters",
        "seventeen letterz",
        "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA",
        "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BB",
        "ae3b631d-b6be-5bfc-9f14-6baa2683b0ba",
        "Ae3b631d-b6be-5bfc-9f14-6baa2683b0ba",
        "6110E64B004C4034363CDC5E",
        "6110e64b004c4034363cdc5e",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => ".{0,40}"]
}

/// Folds the observations with these numbers, in this order. A record has the number of its
/// observation, so that no two places are the same.
fn fold(detail: UsageDetail, observations: &[Observation], order: &[usize]) -> UsageMap {
    let mut usage = UsageMap::new(*SEED, detail);
    let mut position = 0;
    while let Some(&first) = order.get(position) {
        let (root, path) = observations[first].log_file;
        usage.begin_log_file(root, path.as_bytes().into());
        let mut observed = false;
        while let Some(&number) = order.get(position)
            && observations[number].log_file == (root, path)
        {
            observe(&mut usage, &observations[number], number);
            observed |= !observations[number].names[0].is_empty();
            position += 1;
        }
        usage.end_log_file(observed);
    }
    usage
}

fn observe(usage: &mut UsageMap, observation: &Observation, number: usize) {
    let Observation { names, owner, .. } = observation;
    let resources: Vec<Resource<'_>> = observation
        .resources
        .iter()
        .map(|&(resource_type, name)| Resource {
            resource_type,
            name,
        })
        .collect();
    let event = Event {
        time: observation.time,
        event_id: &observation.event_id,
        access_key_id: names[0],
        account_id: owner[0],
        owner_id: owner[1],
        user_name: owner[2],
        account_type: owner[3],
        recipient_account_id: "",
        region: observation.values[0],
        service_name: names[1],
        event_name: names[2],
        source_ip: names[3],
        error_code: observation.values[2],
        user_agent: observation.values[1],
        failed_sign_in: false,
        insight_key: "",
        source: observation.source,
        resources: &resources,
    };
    let mut hashes = EventHashes::new(*SEED);
    hashes.compute(&event);
    usage.observe(&event, &hashes, record_number(number), observation.counted);
}

fn record_number(observation: usize) -> u32 {
    u32::try_from(observation).expect("few observations")
}

/// What usage visits of its keys as a whole.
fn keys(usage: &dyn Usage) -> Vec<String> {
    let mut lines = Vec::new();
    let mut texts = Vec::new();
    let visit = &mut |key: &KeyUse<'_>, distinct| {
        texts.push(key.access_key_id.to_owned());
        lines.push(format!("{key:?} {distinct:?}"));
        Ok(())
    };
    usage.keys(None, visit).expect("usage in memory");
    assert!(texts.is_sorted_by(|one, other| one < other), "{texts:?}");
    lines
}

/// The entries that usage visits, those of each key sorted.
fn entries(usage: &dyn Usage, only: Option<&str>, dimension: Option<Dimension>) -> Vec<String> {
    let mut lines = Vec::new();
    let visit = &mut |key: &KeyUse<'_>, entries: &[Entry<'_>]| {
        lines.push(format!("{key:?}"));
        let mut entries: Vec<_> = entries.iter().map(|entry| format!("{entry:?}")).collect();
        entries.sort();
        lines.extend(entries);
        Ok(())
    };
    usage
        .entries(only, dimension, visit)
        .expect("usage in memory");
    lines
}

/// Everything that usage visits.
fn answers(usage: &dyn Usage) -> Vec<String> {
    [keys(usage), entries(usage, None, None)].concat()
}

/// The rows of every question.
fn rows(usage: &dyn Usage) -> io::Result<Vec<String>> {
    let mut lines: Vec<String> = query::keys(usage)?
        .iter()
        .map(|row| format!("{row:?}"))
        .collect();
    query::dump(usage, &mut |row| {
        lines.push(format!("{row:?}"));
        Ok(())
    })?;
    for key in ["LTAI1", "STS.2", "unknown"] {
        for what in Dimension::ALL {
            for service in [None, Some("ECS")] {
                let rows = query::last_used(usage, what, key, service, |rows| {
                    rows.iter()
                        .map(|row| format!("{row:?}"))
                        .collect::<Vec<_>>()
                })?;
                lines.push(format!("{key} {what:?} {service:?}: {}", rows.len()));
                lines.extend(rows);
            }
        }
    }
    Ok(lines)
}

/// Usage as lists of events: slow, and without the means of the fold.
struct PlainUsage<'o> {
    keys: BTreeMap<&'static str, Events<'o>>,
}

/// Observations, with the numbers of their records.
type Events<'o> = Vec<(u32, &'o Observation)>;

/// Dimension, service, resource type and name.
type Subject = (Dimension, &'static str, &'static str, &'static str);

impl<'o> PlainUsage<'o> {
    fn of(observations: &'o [Observation]) -> Self {
        let mut keys: BTreeMap<_, Events<'_>> = BTreeMap::new();
        for (number, observation) in observations.iter().enumerate() {
            let key = observation.names[0];
            if !key.is_empty() {
                let events = keys.entry(key).or_default();
                events.push((record_number(number), observation));
            }
        }
        Self { keys }
    }

    fn visit(
        &self,
        only: Option<&str>,
        mut visit: impl FnMut(&KeyUse<'_>, BTreeMap<Subject, Events<'o>>) -> io::Result<()>,
    ) -> io::Result<()> {
        for (key, events) in &self.keys {
            if only.is_none_or(|only| only == *key) {
                visit(&key_use(key, events), by_subject(events))?;
            }
        }
        Ok(())
    }
}

impl Usage for PlainUsage<'_> {
    fn keys(
        &self,
        only: Option<&str>,
        visit: &mut dyn FnMut(&KeyUse<'_>, DistinctCounts) -> io::Result<()>,
    ) -> io::Result<()> {
        self.visit(only, |key, entries| {
            let count = |wanted| {
                let names = entries
                    .keys()
                    .filter(|(dimension, ..)| *dimension == wanted);
                let names: BTreeSet<_> = names
                    .map(|&(dimension, service, resource_type, name)| {
                        let is_service = dimension == Dimension::Service;
                        (is_service.then_some(service), resource_type, name)
                    })
                    .collect();
                names.len() as u64
            };
            let distinct = DistinctCounts {
                services: count(Dimension::Service),
                event_names: count(Dimension::Event),
                ips: count(Dimension::Ip),
                resources: count(Dimension::Resource),
                regions: count(Dimension::Region),
                agents: count(Dimension::Agent),
            };
            visit(key, distinct)
        })
    }

    fn entries(
        &self,
        only: Option<&str>,
        dimension: Option<Dimension>,
        visit: &mut dyn FnMut(&KeyUse<'_>, &[Entry<'_>]) -> io::Result<()>,
    ) -> io::Result<()> {
        self.visit(only, |key, entries| {
            let entries: Vec<Entry<'_>> = entries
                .iter()
                .filter(|((of, ..), _)| dimension.is_none_or(|dimension| dimension == *of))
                .map(
                    |(&(dimension, service_name, resource_type, name), events)| Entry {
                        dimension,
                        service_name,
                        resource_type,
                        name,
                        tally: tally(events, dimension),
                    },
                )
                .collect();
            visit(key, &entries)
        })
    }
}

/// The events of a key by what they are counted under.
fn by_subject<'o>(events: &Events<'o>) -> BTreeMap<Subject, Events<'o>> {
    let mut entries: BTreeMap<Subject, Events<'o>> = BTreeMap::new();
    for &(record, event) in events {
        let [_, service, name, ip] = event.names;
        let mut subjects = BTreeSet::from([(Dimension::Service, service, "", "")]);
        if !name.is_empty() {
            subjects.insert((Dimension::Event, service, "", name));
        }
        if !ip.is_empty() {
            subjects.insert((Dimension::Ip, service, "", ip));
        }
        let resources = event.resources.iter();
        subjects.extend(resources.map(|&(kind, name)| (Dimension::Resource, service, kind, name)));
        for (dimension, name) in [Dimension::Region, Dimension::Agent, Dimension::Error]
            .into_iter()
            .zip(event.values)
        {
            if !name.is_empty() {
                subjects.insert((dimension, service, "", name));
            }
        }
        for subject in subjects {
            entries.entry(subject).or_default().push((record, event));
        }
    }
    entries
}

fn key_use<'o>(access_key_id: &'static str, events: &Events<'o>) -> KeyUse<'o> {
    let (_, last) = latest(events);
    let [account_id, owner_id, user_name, account_type] = last.owner;
    let [_, last_service, last_event, last_ip] = last.names;
    KeyUse {
        access_key_id,
        tally: tally(events, Dimension::Key),
        account_id,
        owner_id,
        user_name,
        account_type,
        last_service,
        last_event,
        last_ip,
    }
}

fn tally<'o>(events: &Events<'o>, dimension: Dimension) -> Tally<'o> {
    let first = events.iter().min_by_key(|event| position(event));
    let (record, first) = *first.expect("an event");
    let (last_record, last) = latest(events);
    let is_counted = |Counted {
                          event,
                          region,
                          agent,
                      }| match dimension {
        Dimension::Region => region,
        Dimension::Agent => agent,
        _ => event,
    };
    let counted = || {
        let events = events.iter().map(|(_, event)| event);
        events.filter(move |event| is_counted(event.counted))
    };
    let failed = |event: &Observation| !event.values[2].is_empty();
    let succeeded = events.iter().filter(|(_, event)| !failed(event));
    Tally {
        first: occurrence(record, first),
        last: occurrence(last_record, last),
        events: counted().count() as u64,
        errors: counted().filter(|event| failed(event)).count() as u64,
        source: last.source,
        last_success: succeeded.map(|(_, event)| event.time).max(),
        denied: counted()
            .filter(|event| event.values[2] == "Forbidden")
            .count() as u64,
    }
}

fn latest<'o>(events: &Events<'o>) -> (u32, &'o Observation) {
    let last = events.iter().max_by_key(|event| position(event));
    *last.expect("an event")
}

/// The order of events.
fn position<'o>((record, event): &(u32, &'o Observation)) -> (i64, &'o [u8], Place<'o>) {
    (event.time, event.event_id.as_bytes(), place(*record, event))
}

fn place(record: u32, event: &Observation) -> Place<'_> {
    let (root, path) = event.log_file;
    Place {
        root,
        log_file: path.as_bytes(),
        record,
    }
}

fn occurrence(record: u32, event: &Observation) -> Occurrence<'_> {
    Occurrence {
        time: event.time,
        event_id: event.event_id.as_str().into(),
        place: place(record, event),
    }
}

/// The numbers below `count`, in an order that `keys` decide.
fn shuffled(count: usize, keys: &[u16]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&number| keys.get(number).copied());
    order
}

#[test]
fn ties_are_broken_by_root_then_path_then_record() {
    let places = [
        (1, "a.gz"),
        (0, "b.gz"),
        (2, "a.gz"),
        (0, "a.gz"),
        (0, "a.gz"),
    ];
    let observations = places.map(|log_file| Observation {
        time: 0,
        event_id: "E1".to_owned(),
        names: ["k", "", "", ""],
        owner: [""; 4],
        values: [""; 3],
        source: Source::Management,
        resources: Vec::new(),
        counted: true.into(),
        log_file,
    });
    let usage = fold(UsageDetail::CountsOnly, &observations, &[0, 1, 2, 3, 4]);
    let visit = &mut |key: &KeyUse<'_>, _| {
        let place = |number: usize| place(record_number(number), &observations[number]);
        let (first, last) = (&key.tally.first, &key.tally.last);
        assert_eq!((first.place, last.place), (place(3), place(2)));
        Ok(())
    };
    usage.keys(None, visit).expect("usage in memory");
}

proptest! {
    #[test]
    fn a_fold_and_plain_lists_give_the_same_rows(
        observations in vec(observation(), 0..40),
        dimension in select(Dimension::ALL.to_vec()),
    ) {
        let order: Vec<usize> = (0..observations.len()).collect();
        let usage = fold(UsageDetail::Entries, &observations, &order);
        let plain = PlainUsage::of(&observations);
        prop_assert_eq!(answers(&usage), answers(&plain));
        for only in [None, Some("LTAI1"), Some("unknown")] {
            let of = |usage| entries(usage, only, Some(dimension));
            prop_assert_eq!(of(&usage), of(&plain));
        }
        let expected = rows(&plain)?;
        prop_assert_eq!(rows(&usage)?, expected);
    }

    #[test]
    fn usage_without_regions_is_all_usage_without_them(
        observations in vec(observation(), 0..40),
    ) {
        let order: Vec<usize> = (0..observations.len()).collect();
        let all = fold(UsageDetail::Entries, &observations, &order);
        let without = fold(UsageDetail::WithoutRegions, &observations, &order);
        for dimension in Dimension::ALL {
            let expected = match dimension {
                Dimension::Region | Dimension::Agent | Dimension::Error => {
                    entries(&all, None, Some(Dimension::Key))
                }
                _ => entries(&all, None, Some(dimension)),
            };
            prop_assert_eq!(entries(&without, None, Some(dimension)), expected);
        }
    }

    #[test]
    fn any_split_merged_in_any_order_adds_up_alike(
        observations in vec(observation(), 0..40),
        keys in vec(any::<u16>(), 40),
        parts in vec(0..4_usize, 40),
        merges in vec(any::<(Index, Index)>(), 4),
    ) {
        let in_order: Vec<usize> = (0..observations.len()).collect();
        let expected = answers(&fold(UsageDetail::Entries, &observations, &in_order));
        let order = shuffled(observations.len(), &keys);
        let mut folds: Vec<UsageMap> = (0..4)
            .map(|part| {
                let own: Vec<usize> =
                    order.iter().copied().filter(|&number| parts[number] == part).collect();
                fold(UsageDetail::Entries, &observations, &own)
            })
            .collect();
        // Any two at a time: every shape of a tree, and either side of each merge.
        let mut merges = merges.iter();
        while folds.len() > 1 {
            let (one, other) = merges.next().expect("as many merges as folds");
            let taken = folds.swap_remove(one.index(folds.len()));
            let position = other.index(folds.len());
            folds[position].merge(taken);
        }
        prop_assert_eq!(answers(&folds[0]), expected);
    }

    #[test]
    fn keys_alone_are_what_they_are_among_all_entries(
        ours in vec(observation(), 0..60),
        theirs in vec(observation(), 0..60),
    ) {
        let (observations, ours, theirs) = joined(&[ours, theirs]);
        let both = |detail| {
            let mut usage = fold(detail, &observations, &ours);
            usage.merge(fold(detail, &observations, &theirs));
            usage
        };
        let alone = both(UsageDetail::CountsOnly);
        prop_assert_eq!(keys(&alone), keys(&both(UsageDetail::Entries)));
        prop_assert_eq!(entries(&alone, None, None).len(), keys(&alone).len());
    }

    #[test]
    fn merge_is_commutative(
        ours in vec(observation(), 0..12),
        theirs in vec(observation(), 0..12),
    ) {
        let (observations, ours, theirs) = joined(&[ours, theirs]);
        let mut one = fold(UsageDetail::Entries, &observations, &ours);
        one.merge(fold(UsageDetail::Entries, &observations, &theirs));
        let mut other = fold(UsageDetail::Entries, &observations, &theirs);
        other.merge(fold(UsageDetail::Entries, &observations, &ours));
        prop_assert_eq!(answers(&one), answers(&other));
    }

    #[test]
    fn merge_is_associative(
        left in vec(observation(), 0..12),
        rest in vec(observation(), 0..12),
        middle in 0..12_usize,
    ) {
        let (observations, left, rest) = joined(&[left, rest]);
        let (middle, right) = rest.split_at(middle.min(rest.len()));
        let mut left_first = fold(UsageDetail::Entries, &observations, &left);
        left_first.merge(fold(UsageDetail::Entries, &observations, middle));
        left_first.merge(fold(UsageDetail::Entries, &observations, right));
        let mut right_first = fold(UsageDetail::Entries, &observations, middle);
        right_first.merge(fold(UsageDetail::Entries, &observations, right));
        let mut all = fold(UsageDetail::Entries, &observations, &left);
        all.merge(right_first);
        prop_assert_eq!(answers(&left_first), answers(&all));
    }

    #[test]
    fn an_empty_fold_changes_nothing(observations in vec(observation(), 0..12)) {
        let order: Vec<usize> = (0..observations.len()).collect();
        let mut usage = fold(UsageDetail::Entries, &observations, &order);
        let expected = answers(&usage);
        usage.merge(UsageMap::new(*SEED, UsageDetail::Entries));
        prop_assert_eq!(&answers(&usage), &expected);
        let mut empty = UsageMap::new(*SEED, UsageDetail::Entries);
        empty.merge(usage);
        prop_assert_eq!(&answers(&empty), &expected);
    }
}

/// Two lists as one, and the numbers that each has in it.
fn joined(lists: &[Vec<Observation>; 2]) -> (Vec<Observation>, Vec<usize>, Vec<usize>) {
    let [ours, theirs] = lists;
    let both = [ours.as_slice(), theirs].concat();
    let (first, second) = (
        (0..ours.len()).collect(),
        (ours.len()..both.len()).collect(),
    );
    (both, first, second)
}
