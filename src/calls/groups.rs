//! Groups of call records: how many calls, from when to when, and how many of them failed.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::group_column::{GroupColumn, GroupValue, GroupedEvent};

/// The groups of some events, by the values of their columns.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    groups: HashMap<Vec<GroupValue>, GroupTally>,
}

/// What a group adds up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GroupTally {
    first: i64,
    last: i64,
    calls: u64,
    errors: u64,
    denied: u64,
    last_success: Option<i64>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Its values, in the order of the columns.
    pub values: Vec<GroupValue>,
    /// The time of the first call, in milliseconds since 1970 UTC.
    pub first: i64,
    /// The time of the last call.
    pub last: i64,
    /// How many calls.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many of them were denied.
    pub denied: u64,
    /// The time of the last call that did not fail.
    pub last_success: Option<i64>,
}

impl Groups {
    /// Adds an event to its group. `counts` is asked with the values of the group whether the event is
    /// counted there.
    pub fn observe(
        &mut self,
        columns: &[GroupColumn],
        of: &GroupedEvent<'_>,
        counts: impl FnOnce(&[GroupValue]) -> bool,
    ) {
        let values: Vec<_> = columns.iter().map(|column| column.value(of)).collect();
        let is_counted = counts(&values);
        let event = of.event;
        let failed = event.failed();
        let one = GroupTally {
            first: event.time,
            last: event.time,
            calls: u64::from(is_counted),
            errors: u64::from(is_counted && failed),
            denied: u64::from(is_counted && event.denied()),
            last_success: (!failed).then_some(event.time),
        };
        self.add(values, one);
    }

    fn add(&mut self, values: Vec<GroupValue>, other: GroupTally) {
        self.groups
            .entry(values)
            .and_modify(|tally| {
                tally.first = tally.first.min(other.first);
                tally.last = tally.last.max(other.last);
                tally.calls += other.calls;
                tally.errors += other.errors;
                tally.denied += other.denied;
                tally.last_success = tally.last_success.max(other.last_success);
            })
            .or_insert(other);
    }

    /// Adds those of other log files.
    pub fn merge(&mut self, other: Self) {
        for (values, tally) in other.groups {
            self.add(values, tally);
        }
    }

    /// The groups, the one with the newest last call first, then by their values.
    pub fn into_rows(self) -> Vec<GroupRow> {
        let rows = self.groups.into_iter().map(|(values, tally)| GroupRow {
            values,
            first: tally.first,
            last: tally.last,
            calls: tally.calls,
            errors: tally.errors,
            denied: tally.denied,
            last_success: tally.last_success,
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable_by(|one, other| {
            let key = |row: &GroupRow| Reverse(row.last);
            key(one)
                .cmp(&key(other))
                .then_with(|| one.values.cmp(&other.values))
        });
        rows
    }
}

/// Whether an event counts once in every answer that is grouped by these columns; otherwise copies of it
/// can be in several groups, and it counts once in each.
pub fn is_in_one_group(columns: &[GroupColumn]) -> bool {
    columns.iter().all(|column| column.is_same_in_copies())
}
