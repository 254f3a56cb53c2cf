//! The laws of the fold: however observations are split, ordered and merged, they add up alike.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

use std::sync::LazyLock;

use keytrail::event::{Event, Resource};
use keytrail::usage::{EventHashes, Seed, Source, UsageDetail, UsageMap};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Folds that are merged have one seed.
static SEED: LazyLock<Seed> = LazyLock::new(Seed::random);

/// What is observed: an event, and whether it counts.
#[derive(Clone, Debug)]
struct Observation {
    time: i64,
    event_id: String,
    /// Key, service, event name and source IP.
    names: [&'static str; 4],
    /// Account, owner, user and account type.
    owner: [&'static str; 4],
    failed: bool,
    source: Source,
    resources: Vec<(&'static str, &'static str)>,
    counted: bool,
    /// Root and path below it.
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
    let rest = (any::<bool>(), source, vec(resource, 0..3), any::<bool>());
    let log_files = (0..3_u32, word(&["a.gz", "b.gz", "a/b.gz", "é.gz"]));
    (time(), event_id(), names, owner, rest, log_files).prop_map(
        |(time, event_id, names, owner, rest, log_file)| Observation {
            time,
            event_id,
            names: names.into(),
            owner: owner.into(),
            failed: rest.0,
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

/// Ids of every form that is packed, and of none; neighbours in the order of bytes.
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

/// Folds the observations with these numbers, in this order. The number is the record's, so that
/// no two places are the same.
fn fold(observations: &[Observation], order: &[usize]) -> UsageMap {
    fold_to(UsageDetail::Entries, observations, order)
}

fn fold_to(detail: UsageDetail, observations: &[Observation], order: &[usize]) -> UsageMap {
    let mut usage = UsageMap::new(*SEED, detail);
    let mut at = 0;
    while let Some(&first) = order.get(at) {
        let log_file = observations[first].log_file;
        usage.begin_log_file(log_file.0, log_file.1.as_bytes().into());
        let mut observed = false;
        while let Some(&number) = order.get(at)
            && observations[number].log_file == log_file
        {
            observe(&mut usage, &observations[number], number);
            observed |= !observations[number].names[0].is_empty();
            at += 1;
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
        region: "",
        service_name: names[1],
        event_name: names[2],
        source_ip: names[3],
        error_code: if observation.failed { "Forbidden" } else { "" },
        source: observation.source,
        resources: &resources,
    };
    let record = u32::try_from(number).expect("few observations");
    let mut prints = EventHashes::new(*SEED);
    prints.compute(&event);
    usage.observe(&event, &prints, record, observation.counted);
}

/// What a fold says of each key, in an order of its own.
fn keys(usage: &UsageMap) -> Vec<String> {
    let mut lines: Vec<String> = usage
        .keys()
        .zip(usage.distinct())
        .map(|(key, distinct)| format!("{key:?} {distinct:?}"))
        .collect();
    lines.sort();
    lines
}

/// All that a fold can answer, in an order of its own.
fn answers(usage: &UsageMap) -> Vec<String> {
    let mut lines = keys(usage);
    lines.extend(usage.entries(None).map(|entry| format!("{entry:?}")));
    lines.sort();
    lines
}

/// The numbers below `count`, in an order that `keys` decide.
fn shuffled(count: usize, keys: &[u16]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&number| keys.get(number).copied());
    order
}

proptest! {
    #[test]
    fn any_split_merged_in_any_order_adds_up_alike(
        observations in vec(observation(), 0..40),
        keys in vec(any::<u16>(), 40),
        parts in vec(0..4_usize, 40),
        merges in vec(any::<(Index, Index)>(), 4),
    ) {
        let in_order: Vec<usize> = (0..observations.len()).collect();
        let expected = answers(&fold(&observations, &in_order));
        let order = shuffled(observations.len(), &keys);
        let mut folds: Vec<UsageMap> = (0..4)
            .map(|part| {
                let own: Vec<usize> =
                    order.iter().copied().filter(|&number| parts[number] == part).collect();
                fold(&observations, &own)
            })
            .collect();
        // Any two at a time: every shape of a tree, and either side of each merge.
        let mut merges = merges.iter();
        while folds.len() > 1 {
            let (one, other) = merges.next().expect("as many merges as folds");
            let taken = folds.swap_remove(one.index(folds.len()));
            let at = other.index(folds.len());
            folds[at].merge(taken);
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
            let mut usage = fold_to(detail, &observations, &ours);
            usage.merge(fold_to(detail, &observations, &theirs));
            usage
        };
        let alone = both(UsageDetail::CountsOnly);
        prop_assert_eq!(keys(&alone), keys(&both(UsageDetail::Entries)));
        prop_assert_eq!(alone.entries(None).count(), 0);
    }

    #[test]
    fn merge_is_commutative(
        ours in vec(observation(), 0..12),
        theirs in vec(observation(), 0..12),
    ) {
        let (observations, ours, theirs) = joined(&[ours, theirs]);
        let mut one = fold(&observations, &ours);
        one.merge(fold(&observations, &theirs));
        let mut other = fold(&observations, &theirs);
        other.merge(fold(&observations, &ours));
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
        let mut left_first = fold(&observations, &left);
        left_first.merge(fold(&observations, middle));
        left_first.merge(fold(&observations, right));
        let mut right_first = fold(&observations, middle);
        right_first.merge(fold(&observations, right));
        let mut all = fold(&observations, &left);
        all.merge(right_first);
        prop_assert_eq!(answers(&left_first), answers(&all));
    }

    #[test]
    fn an_empty_fold_changes_nothing(observations in vec(observation(), 0..12)) {
        let order: Vec<usize> = (0..observations.len()).collect();
        let mut usage = fold(&observations, &order);
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
