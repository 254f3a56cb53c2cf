//! The rows of an answer, visited one by one.

use std::io;

use crate::calls::{Calls, GroupColumn, GroupRow};
use crate::query::{EntryRow, KeyRow};

use super::cell::Cell;
use super::columns::{self, Column, PlacedColumn};
use super::group_columns::{self, GroupColumns, RedactedGroup};
use super::redacted::{RedactedCall, RedactedEntry, with_shown_names};
use super::request::Secrets;

/// One row, without its secrets.
#[derive(Clone, Copy)]
pub enum Row<'r> {
    /// Of `keys`.
    Key(&'r KeyRow),
    /// Of `dump` and `last-used`.
    Entry(RedactedEntry<'r>),
    /// Of `lookup`.
    Call(RedactedCall<'r>),
    /// Of `lookup --by`.
    Group(RedactedGroup<'r>),
}

impl<'r> Row<'r> {
    /// Its columns, in order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Key(row) => columns::of_keys(row.unused.is_some()),
            Self::Entry(entry) => columns::of_entries(entry.has_record()),
            Self::Call(call) => columns::of_calls(call.has_record()),
            Self::Group(group) => group.columns(),
        }
    }

    /// Its cells, in the order of the columns; each is made when the iterator reaches it.
    pub fn cells(self) -> impl Iterator<Item = Cell<'r>> {
        (0..self.columns().len()).map(move |number| self.cell(number))
    }

    /// The cell of a column, by the number of the column.
    pub fn cell(self, column: usize) -> Cell<'r> {
        match self {
            Self::Key(row) => columns::KEY.get(column).map(|column| (column.value)(row)),
            Self::Entry(row) => columns::ENTRY.get(column).map(|column| (column.value)(row)),
            Self::Call(row) => columns::CALL.get(column).map(|column| (column.value)(row)),
            Self::Group(group) => Some(group.cell(column)),
        }
        .unwrap_or(Cell::Null)
    }

    /// What an Insight event says, which the table shows in place of a name and of all that such an event
    /// does not have: `None` where a column behind that of the name has a value.
    pub(crate) fn insight(self, columns: &[usize]) -> Option<&'r str> {
        let Self::Call(call) = self else { return None };
        let is_empty =
            |column: &usize| matches!(self.cell(*column), Cell::Null | Cell::Resources([]));
        let has_words = call.event_name().is_empty() && !call.insight().is_empty();
        (has_words && columns.iter().all(is_empty)).then(|| call.insight())
    }

    /// The cell of a column as the table shows it: a sign-in that failed without a code has its
    /// message in place of the code, and an event without a name its type in place of the name.
    pub(crate) fn cell_in_table(self, column: usize) -> Cell<'r> {
        match (self, self.cell(column)) {
            (Self::Call(call), Cell::Null) => {
                match self.columns().get(column).map(|column| column.name) {
                    Some("error_code") if call.failed() => Cell::Text(call.error_message()),
                    Some("event_name") if !call.event_type().is_empty() => {
                        Cell::Text(call.event_type().into())
                    }
                    _ => Cell::Null,
                }
            }
            (_, cell) => cell,
        }
    }

    /// The cells of these columns.
    pub(crate) fn cells_of(self, columns: &[PlacedColumn]) -> impl Iterator<Item = Cell<'r>> {
        columns.iter().map(move |column| self.cell(column.place))
    }

    /// The entry, for formats that are for entries only.
    pub(crate) fn entry(self) -> io::Result<RedactedEntry<'r>> {
        match self {
            Self::Entry(entry) => Ok(entry),
            Self::Key(_) | Self::Call(_) | Self::Group(_) => Err(unsupported("entries")),
        }
    }

    /// The call record, for formats that are for call records only.
    pub(crate) fn call(self) -> io::Result<RedactedCall<'r>> {
        match self {
            Self::Call(call) => Ok(call),
            Self::Key(_) | Self::Entry(_) | Self::Group(_) => Err(unsupported("call records")),
        }
    }
}

fn unsupported(rows: &str) -> io::Error {
    let message = format!("the format is for {rows} only");
    io::Error::new(io::ErrorKind::Unsupported, message)
}

/// The rows of an answer, visited one by one so that none has to be kept.
///
/// ```
/// use keytrail::report::{Rows as _, key_rows};
///
/// let mut rows = key_rows(&[], false);
/// rows.for_each(&mut |row| {
///     for (column, cell) in row.columns().iter().zip(row.cells()) {
///         println!("{}: {cell:?}", column.name);
///     }
///     Ok(())
/// })?;
/// assert_eq!(rows.columns()[0].name, "access_key_id");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Rows {
    /// The columns of every row, in order.
    fn columns(&self) -> &'static [Column];

    /// Calls `visit` with each row, and stops at the first error.
    ///
    /// Every call visits the same rows from the first on, so that a format may read them twice: the
    /// table measures them before it writes.
    fn for_each(&mut self, visit: &mut dyn FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()>;
}

/// The rows of `keys`. With `unused`, which every row then has to state, there is one more column at
/// the end: what is known of that.
pub fn key_rows(rows: &[KeyRow], unused: bool) -> impl Rows {
    KeyRows { rows, unused }
}

/// The rows of `dump`. Each call of `visit_all` has to call the visitor that it gets with all rows,
/// from the first on.
pub fn dump_rows<V>(visit_all: V, secrets: Secrets) -> impl Rows
where
    V: FnMut(&mut EntryVisitor<'_>) -> io::Result<()>,
{
    DumpRows { visit_all, secrets }
}

/// A visitor of the rows of `dump`.
pub type EntryVisitor<'v> = dyn FnMut(&EntryRow<'_>) -> io::Result<()> + 'v;

/// The rows of `last-used`.
///
/// With `records`, the text of each row's last record in the order of the rows, there is one more
/// column at the end: `event`. A row beyond the end of `records` has none.
pub fn entry_rows<'r>(
    rows: &'r [EntryRow<'_>],
    records: Option<&'r [Option<String>]>,
    secrets: Secrets,
) -> impl Rows {
    EntryRows {
        rows,
        records,
        secrets,
    }
}

/// The rows of `lookup`. With `raw` there is one more column at the end: `event`, the whole record.
pub fn call_rows(calls: &mut dyn Calls, raw: bool, secrets: Secrets) -> impl Rows {
    CallRows {
        calls,
        raw,
        secrets,
    }
}

/// The rows of `lookup --by`; `by` are the columns that the groups were made by.
pub fn group_rows<'r>(
    rows: &'r [GroupRow],
    by: &[GroupColumn],
    secrets: Secrets,
) -> impl Rows + use<'r> {
    GroupRows {
        rows,
        columns: group_columns::of_groups(by),
        secrets,
    }
}

struct KeyRows<'r> {
    rows: &'r [KeyRow],
    unused: bool,
}

impl Rows for KeyRows<'_> {
    fn columns(&self) -> &'static [Column] {
        columns::of_keys(self.unused)
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        self.rows.iter().try_for_each(|row| visit(Row::Key(row)))
    }
}

struct DumpRows<V> {
    visit_all: V,
    secrets: Secrets,
}

impl<V: FnMut(&mut EntryVisitor<'_>) -> io::Result<()>> Rows for DumpRows<V> {
    fn columns(&self) -> &'static [Column] {
        columns::of_entries(false)
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        let secrets = self.secrets;
        (self.visit_all)(&mut |row| visit(Row::Entry(RedactedEntry::new(row, secrets))))
    }
}

struct EntryRows<'r, 'a> {
    rows: &'r [EntryRow<'a>],
    records: Option<&'r [Option<String>]>,
    secrets: Secrets,
}

impl Rows for EntryRows<'_, '_> {
    fn columns(&self) -> &'static [Column] {
        columns::of_entries(self.records.is_some())
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        for (number, row) in self.rows.iter().enumerate() {
            let entry = RedactedEntry::new(row, self.secrets);
            let entry = match self.records {
                None => entry,
                Some(records) => entry.with_record(records.get(number).and_then(Option::as_deref)),
            };
            visit(Row::Entry(entry))?;
        }
        Ok(())
    }
}

struct CallRows<'c> {
    calls: &'c mut dyn Calls,
    raw: bool,
    secrets: Secrets,
}

impl Rows for CallRows<'_> {
    fn columns(&self) -> &'static [Column] {
        columns::of_calls(self.raw)
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        let Self {
            calls,
            raw,
            secrets,
        } = self;
        calls.for_each(&mut |row| {
            with_shown_names(row, *secrets, |row| {
                let call = RedactedCall::new(row, *secrets);
                visit(Row::Call(if *raw { call.with_record() } else { call }))
            })
        })
    }
}

struct GroupRows<'r> {
    rows: &'r [GroupRow],
    columns: GroupColumns,
    secrets: Secrets,
}

impl Rows for GroupRows<'_> {
    fn columns(&self) -> &'static [Column] {
        self.columns.columns
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        let group = |row| RedactedGroup::new(row, self.columns, self.secrets);
        self.rows
            .iter()
            .try_for_each(|row| visit(Row::Group(group(row))))
    }
}
