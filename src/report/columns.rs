//! The columns of every answer: one list for each type of row, in which a name and the way to its
//! value stand on the same line and cannot drift apart.
//!
//! Says nothing about how a value is written; that is each format's own.

use std::borrow::Cow;
use std::io;

use crate::calls::{CallRow, Calls};
use crate::query::{EntryRow, KeyRow, Owner};

use super::redact::redacted;
use super::{Cell, Column, Kind, Rows, Secrets};

/// The rows of `keys`.
pub fn key_rows(rows: &[KeyRow<'_>]) -> impl Rows {
    KeyRows { rows }
}

/// The rows of `dump` and `last-used`.
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

const SHOWN: bool = true;
const HIDDEN: bool = false;

static KEY_FIELDS: [Field<KeyCell>; 17] = [
    key("access_key_id", Kind::Text, SHOWN, |row| {
        text(row.access_key_id)
    }),
    key("key_type", Kind::Text, SHOWN, |row| {
        text(row.key_type.as_str())
    }),
    key("account_id", Kind::Text, SHOWN, |row| {
        text(row.owner.account_id)
    }),
    key("owner_id", Kind::Text, HIDDEN, |row| {
        text(row.owner.owner_id)
    }),
    key("user_name", Kind::Text, SHOWN, |row| {
        text(row.owner.user_name)
    }),
    key("account_type", Kind::Text, HIDDEN, |row| {
        text(row.owner.account_type)
    }),
    key("first_used", Kind::Time, SHOWN, |row| {
        Cell::Time(row.first.time)
    }),
    key("last_used", Kind::Time, SHOWN, |row| {
        Cell::Time(row.last.time)
    }),
    key("last_service", Kind::Text, SHOWN, |row| {
        text(row.last_service)
    }),
    key("last_event", Kind::Text, SHOWN, |row| text(row.last_event)),
    key("last_ip", Kind::Text, SHOWN, |row| text(row.last_ip)),
    key("events", Kind::Count, SHOWN, |row| Cell::Count(row.events)),
    key("errors", Kind::Count, SHOWN, |row| Cell::Count(row.errors)),
    key("services", Kind::Count, SHOWN, |row| {
        Cell::Count(row.services)
    }),
    key("event_names", Kind::Count, SHOWN, |row| {
        Cell::Count(row.event_names)
    }),
    key("ips", Kind::Count, SHOWN, |row| Cell::Count(row.ips)),
    key("resources", Kind::Count, SHOWN, |row| {
        Cell::Count(row.resources)
    }),
];

static ENTRY_FIELDS: [Field<EntryCell>; 17] = [
    entry("dimension", Kind::Text, SHOWN, |row, _| {
        text(row.dimension.as_str())
    }),
    entry("access_key_id", Kind::Text, SHOWN, |row, _| {
        text(row.access_key_id)
    }),
    entry("service_name", Kind::Text, SHOWN, |row, _| {
        text(row.service_name)
    }),
    entry("resource_type", Kind::Text, SHOWN, |row, _| {
        row.resource_type.map_or(Cell::Null, text)
    }),
    entry("name", Kind::Text, SHOWN, |row, _| {
        row.name.map_or(Cell::Null, text)
    }),
    entry("first_used", Kind::Time, SHOWN, |row, _| {
        Cell::Time(row.first.time)
    }),
    entry("first_event_id", Kind::Text, SHOWN, |row, _| {
        text(row.first.event_id.as_text())
    }),
    entry("last_used", Kind::Time, SHOWN, |row, _| {
        Cell::Time(row.last.time)
    }),
    entry("last_event_id", Kind::Text, SHOWN, |row, _| {
        text(row.last.event_id.as_text())
    }),
    entry("events", Kind::Count, SHOWN, |row, _| {
        Cell::Count(row.events)
    }),
    entry("errors", Kind::Count, SHOWN, |row, _| {
        Cell::Count(row.errors)
    }),
    entry("source", Kind::Text, SHOWN, |row, _| {
        text(row.source.as_str())
    }),
    entry("account_id", Kind::Text, SHOWN, |row, _| {
        owner(row, |owner| owner.account_id)
    }),
    entry("owner_id", Kind::Text, SHOWN, |row, _| {
        owner(row, |owner| owner.owner_id)
    }),
    entry("user_name", Kind::Text, SHOWN, |row, _| {
        owner(row, |owner| owner.user_name)
    }),
    entry("account_type", Kind::Text, SHOWN, |row, _| {
        owner(row, |owner| owner.account_type)
    }),
    // The last one, since answers without records end before it.
    entry("event", Kind::Record, HIDDEN, |_, record| {
        record.map_or(Cell::Null, |record| Cell::Record(Cow::Borrowed(record)))
    }),
];

static CALL_FIELDS: [Field<CallCell>; 21] = [
    call("event_time", Kind::Time, SHOWN, |row| {
        Cell::Time(row.event_time)
    }),
    call("region", Kind::Text, SHOWN, |row| text(row.region)),
    call("account_id", Kind::Text, HIDDEN, |row| text(row.account_id)),
    call("access_key_id", Kind::Text, SHOWN, |row| {
        text(row.access_key_id)
    }),
    call("user_name", Kind::Text, SHOWN, |row| text(row.user_name)),
    call("principal_id", Kind::Text, HIDDEN, |row| {
        text(row.principal_id)
    }),
    call("account_type", Kind::Text, HIDDEN, |row| {
        text(row.account_type)
    }),
    call("service_name", Kind::Text, SHOWN, |row| {
        text(row.service_name)
    }),
    call("event_name", Kind::Text, SHOWN, |row| text(row.event_name)),
    call("rw", Kind::Text, HIDDEN, |row| text(row.rw)),
    call("event_type", Kind::Text, HIDDEN, |row| text(row.event_type)),
    call("source_ip", Kind::Text, SHOWN, |row| text(row.source_ip)),
    call("resources", Kind::Resources, SHOWN, |row| {
        Cell::Resources(&row.resources)
    }),
    call("error_code", Kind::Text, SHOWN, |row| text(row.error_code)),
    call("error_message", Kind::Text, HIDDEN, |row| {
        text(row.error_message)
    }),
    call("user_agent", Kind::Text, HIDDEN, |row| text(row.user_agent)),
    call("event_id", Kind::Text, HIDDEN, |row| text(row.event_id)),
    call("request_id", Kind::Text, HIDDEN, |row| text(row.request_id)),
    call("log_file", Kind::Text, HIDDEN, |row| text(row.log_file)),
    call("record_number", Kind::Count, HIDDEN, |row| {
        Cell::Count(row.record_number.into())
    }),
    // The last one, since answers without whole records end before it.
    call("event", Kind::Record, HIDDEN, |row| {
        Cell::Record(Cow::Borrowed(row.record))
    }),
];

static KEY_COLUMNS: [Column; 17] = columns(&KEY_FIELDS);
static ENTRY_COLUMNS: [Column; 17] = columns(&ENTRY_FIELDS);
static CALL_COLUMNS: [Column; 21] = columns(&CALL_FIELDS);

/// A column and where its value comes from.
#[derive(Clone, Copy)]
struct Field<F> {
    column: Column,
    cell: F,
}

type KeyCell = for<'r, 'a> fn(&'r KeyRow<'a>) -> Cell<'r>;
type EntryCell = for<'r, 'a> fn(&'r EntryRow<'a>, Option<&'r str>) -> Cell<'r>;
type CallCell = for<'r, 'a> fn(&'r CallRow<'a>) -> Cell<'r>;

struct KeyRows<'r, 'a> {
    rows: &'r [KeyRow<'a>],
}

impl Rows for KeyRows<'_, '_> {
    fn columns(&self) -> &'static [Column] {
        &KEY_COLUMNS
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>) -> io::Result<()> {
        let mut cells = Vec::with_capacity(KEY_FIELDS.len());
        for row in self.rows {
            cells.clear();
            cells.extend(KEY_FIELDS.iter().map(|field| (field.cell)(row)));
            visit(&cells)?;
        }
        Ok(())
    }
}

struct EntryRows<'r, 'a> {
    rows: &'r [EntryRow<'a>],
    records: Option<&'r [Option<String>]>,
    secrets: Secrets,
}

impl Rows for EntryRows<'_, '_> {
    fn columns(&self) -> &'static [Column] {
        match (self.records, ENTRY_COLUMNS.split_last()) {
            (None, Some((_event, columns))) => columns,
            (Some(_), _) | (None, None) => &ENTRY_COLUMNS,
        }
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>) -> io::Result<()> {
        let width = self.columns().len();
        let mut cells = Vec::with_capacity(width);
        for (number, row) in self.rows.iter().enumerate() {
            let record = self
                .records
                .and_then(|records| records.get(number)?.as_deref());
            cells.clear();
            cells.extend(
                ENTRY_FIELDS
                    .iter()
                    .take(width)
                    .map(|field| guarded((field.cell)(row, record), self.secrets)),
            );
            visit(&cells)?;
        }
        Ok(())
    }
}

/// The cell as it may leave the program: the one place through which every whole record goes.
fn guarded(cell: Cell<'_>, secrets: Secrets) -> Cell<'_> {
    match (cell, secrets) {
        (Cell::Record(Cow::Borrowed(record)), Secrets::Redacted) => Cell::Record(redacted(record)),
        (Cell::Record(Cow::Owned(record)), Secrets::Redacted) => {
            Cell::Record(Cow::Owned(redacted(&record).into_owned()))
        }
        (cell, Secrets::Redacted | Secrets::Kept) => cell,
    }
}

struct CallRows<'c> {
    calls: &'c mut dyn Calls,
    raw: bool,
    secrets: Secrets,
}

impl Rows for CallRows<'_> {
    fn columns(&self) -> &'static [Column] {
        match CALL_COLUMNS.split_last() {
            Some((_event, columns)) if !self.raw => columns,
            _ => &CALL_COLUMNS,
        }
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>) -> io::Result<()> {
        let width = self.columns().len();
        let secrets = self.secrets;
        self.calls.for_each(&mut |row| {
            // They quote requests, such as the string that a signature was made of.
            let quoted = [row.error_message, row.user_agent];
            let [error_message, user_agent] = quoted.map(|text| match secrets {
                Secrets::Redacted => redacted(text),
                Secrets::Kept => Cow::Borrowed(text),
            });
            let row = &CallRow {
                error_message: &error_message,
                user_agent: &user_agent,
                ..row.clone()
            };
            let cells: Vec<_> = CALL_FIELDS
                .iter()
                .take(width)
                .map(|field| guarded((field.cell)(row), secrets))
                .collect();
            visit(&cells)
        })
    }
}

const fn call(name: &'static str, kind: Kind, in_table: bool, cell: CallCell) -> Field<CallCell> {
    Field {
        column: Column {
            name,
            kind,
            in_table,
        },
        cell,
    }
}

const fn key(name: &'static str, kind: Kind, in_table: bool, cell: KeyCell) -> Field<KeyCell> {
    Field {
        column: Column {
            name,
            kind,
            in_table,
        },
        cell,
    }
}

const fn entry(
    name: &'static str,
    kind: Kind,
    in_table: bool,
    cell: EntryCell,
) -> Field<EntryCell> {
    Field {
        column: Column {
            name,
            kind,
            in_table,
        },
        cell,
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "runs when compiling, where iterators cannot"
)]
const fn columns<F: Copy, const N: usize>(fields: &[Field<F>; N]) -> [Column; N] {
    let mut columns = [Column {
        name: "",
        kind: Kind::Text,
        in_table: false,
    }; N];
    let mut number = 0;
    while number < N {
        columns[number] = fields[number].column;
        number += 1;
    }
    columns
}

/// Missing and `""` are the same in an event, and so they are in an answer.
fn text<'r>(text: impl Into<Cow<'r, str>>) -> Cell<'r> {
    let text = text.into();
    if text.is_empty() {
        Cell::Null
    } else {
        Cell::Text(text)
    }
}

fn owner<'r>(row: &'r EntryRow<'_>, member: fn(Owner<'r>) -> &'r str) -> Cell<'r> {
    row.owner.map_or(Cell::Null, |owner| text(member(owner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(columns: &[Column]) -> Vec<&str> {
        columns.iter().map(|column| column.name).collect()
    }

    /// The names are a promise to whoever reads the answers; this is the promise written out.
    #[test]
    fn names_are_those_of_the_contract() {
        assert_eq!(
            names(key_rows(&[]).columns()).join(" "),
            "access_key_id key_type account_id owner_id user_name account_type first_used \
             last_used last_service last_event last_ip events errors services event_names ips \
             resources"
        );
        let dump = "dimension access_key_id service_name resource_type name first_used \
             first_event_id last_used last_event_id events errors source account_id owner_id \
             user_name account_type";
        assert_eq!(
            names(entry_rows(&[], None, Secrets::Redacted).columns()).join(" "),
            dump
        );
        assert_eq!(
            names(entry_rows(&[], Some(&[]), Secrets::Redacted).columns()).join(" "),
            format!("{dump} event")
        );
    }
}
