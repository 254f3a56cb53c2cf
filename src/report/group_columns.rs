//! The columns and the cells of groups of call records.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::calls::{GroupColumn, GroupRow, GroupValue};

use super::cell::{Cell, CellKind};
use super::columns::Column;
use super::redacted::{shown_name, without};
use super::request::{Request, Secrets};
use super::text::time::time;

/// A group, whose texts have no secrets.
#[derive(Clone, Copy)]
pub struct RedactedGroup<'r> {
    row: &'r GroupRow,
    by: &'static [GroupColumn],
    columns: &'static [Column],
    secrets: Secrets,
}

/// The columns behind those that the groups are made by.
const SUMS: [(&str, CellKind, u8); 6] = [
    ("first", CellKind::Time, 11),
    ("last", CellKind::Time, 0),
    ("calls", CellKind::Count, 1),
    ("errors", CellKind::Count, 3),
    ("denied", CellKind::Count, 12),
    ("last_success", CellKind::Time, 13),
];

/// The columns of groups that are made by these columns of call records.
pub fn columns_of_groups(by: &[GroupColumn]) -> &'static [Column] {
    of_groups(by).columns
}

/// The columns of groups by these columns. Each list is made once, since columns live as long as the
/// program.
pub(super) fn of_groups(by: &[GroupColumn]) -> GroupColumns {
    static LISTS: LazyLock<Mutex<BTreeMap<Vec<GroupColumn>, GroupColumns>>> =
        LazyLock::new(Mutex::default);
    // A thread that panicked with the lock has left no list half made.
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    *lists.entry(by.to_vec()).or_insert_with(|| {
        let by_name = by.iter().map(|one| (one.name(), kind(*one), 0));
        let columns = by_name.chain(SUMS).map(|(name, kind, drop_rank)| Column {
            name,
            kind,
            in_table: |_: &Request<'_>| true,
            drop_rank,
        });
        GroupColumns {
            by: by.to_vec().leak(),
            columns: columns.collect::<Vec<_>>().leak(),
        }
    })
}

/// What groups are made by, and all their columns.
#[derive(Clone, Copy)]
pub(super) struct GroupColumns {
    by: &'static [GroupColumn],
    pub(super) columns: &'static [Column],
}

fn kind(column: GroupColumn) -> CellKind {
    match column {
        GroupColumn::EventTime | GroupColumn::Hour => CellKind::Time,
        GroupColumn::RecordNumber => CellKind::Count,
        _ => CellKind::Text,
    }
}

impl<'r> RedactedGroup<'r> {
    /// A group.
    pub(super) fn new(row: &'r GroupRow, columns: GroupColumns, secrets: Secrets) -> Self {
        let GroupColumns { by, columns } = columns;
        Self {
            row,
            by,
            columns,
            secrets,
        }
    }

    /// The group itself, whose texts may have secrets in them.
    pub(super) fn row(self) -> &'r GroupRow {
        self.row
    }

    pub(super) fn columns(self) -> &'static [Column] {
        self.columns
    }

    pub(super) fn cell(self, column: usize) -> Cell<'r> {
        let row = self.row;
        let Some(by) = self.by.get(column) else {
            return match column - self.by.len() {
                0 => Cell::Time(row.first),
                1 => Cell::Time(row.last),
                2 => Cell::Count(row.calls),
                3 => Cell::Count(row.errors),
                4 => Cell::Count(row.denied),
                5 => row.last_success.map_or(Cell::Null, Cell::Time),
                _ => Cell::Null,
            };
        };
        match (row.values.get(column), by) {
            (None | Some(GroupValue::Missing), _) => Cell::Null,
            (Some(GroupValue::Count(count)), _) => Cell::Count(*count),
            (Some(GroupValue::Time(day)), GroupColumn::Day) => {
                let text = time(*day);
                let date = text.split_once('T').map_or(&*text, |(date, _)| date);
                Cell::Text(date.to_owned().into())
            }
            (Some(GroupValue::Time(time)), _) => Cell::Time(*time),
            (Some(GroupValue::Text(text)), GroupColumn::ErrorMessage | GroupColumn::UserAgent) => {
                Cell::Text(without(self.secrets, text))
            }
            (Some(GroupValue::Text(text)), GroupColumn::Resources) => {
                Cell::Text(shown_name(self.secrets, text))
            }
            (Some(GroupValue::Text(text)), _) => Cell::Text(text.into()),
        }
    }

    /// The values of the group in words.
    pub(super) fn in_words(self) -> String {
        let mut words = Vec::new();
        for (number, by) in self.by.iter().enumerate() {
            let value = match self.cell(number) {
                Cell::Text(text) => text.into_owned(),
                Cell::Time(milliseconds) => time(milliseconds),
                Cell::Count(count) => count.to_string(),
                Cell::Null | Cell::Resources(_) | Cell::Record(_) => "-".to_owned(),
            };
            words.push(format!("{} {value}", by.name()));
        }
        words.join(", ")
    }
}
