//! The columns of every answer: a list for each type of row, and a line for each column.
//!
//! Left out: how a value is written, which is in each format.

use std::borrow::Cow;

use crate::query::{Dimension, KeyRow, Owner, Question, Unused};

use super::cell::Cell;
use super::cell::CellKind::{self, Count, Record, Resources, Text, Time};
use super::redacted::{RedactedCall, RedactedEntry};
use super::request::Request;

/// One column: the same name in every format.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The contract's name, snake case.
    pub name: &'static str,
    /// What its cells hold when they are not null.
    pub kind: CellKind,
    /// Whether the table shows it in the answer to a request. The other formats show all columns.
    pub in_table: fn(&Request<'_>) -> bool,
    /// In which order a narrow terminal does without columns: the greatest rank is dropped first,
    /// and rank 0 never. For ranks up to 9 the others are made narrower and times lose their
    /// seconds.
    pub drop_rank: u8,
}

/// A column that is written, and its place among all columns of a row.
#[derive(Clone, Copy, Debug)]
pub struct PlacedColumn {
    /// Its place, from 0.
    pub place: usize,
    /// The column.
    pub column: &'static Column,
}

/// A column, and the function that gets its value from a row.
#[derive(Clone, Copy)]
pub(super) struct ColumnOf<F> {
    column: Column,
    pub(super) value: F,
}

type KeyValue = fn(&KeyRow) -> Cell<'_>;
type EntryValue = for<'r> fn(RedactedEntry<'r>) -> Cell<'r>;
type CallValue = for<'r> fn(RedactedCall<'r>) -> Cell<'r>;

// Name, kind, whether the table shows it, its rank when a narrow table drops columns, value.

#[rustfmt::skip]
pub(super) static KEY: [ColumnOf<KeyValue>; 22] = [
    column("access_key_id", Text,  always,  0, |row| text(&*row.access_key_id)),
    column("key_type",      Text,  always, 15, |row| text(row.key_type.as_str())),
    column("account_id",    Text,  always, 17, |row| text(&*row.account_id)),
    column("owner_id",      Text,  never,   0, |row| text(&*row.owner_id)),
    column("user_name",     Text,  always,  1, |row| text(&*row.user_name)),
    column("account_type",  Text,  never,   0, |row| text(&*row.account_type)),
    column("first_used",    Time,  always, 11, |row| optional_time(row.first_used)),
    column("last_used",     Time,  always,  0, |row| optional_time(row.last_used)),
    column("last_service",  Text,  always, 10, |row| text(&*row.last_service)),
    column("last_event",    Text,  always, 16, |row| text(&*row.last_event)),
    column("last_ip",       Text,  always, 12, |row| text(&*row.last_ip)),
    column("events",        Count, always,  3, |row| Cell::Count(row.events)),
    column("errors",        Count, always, 13, |row| Cell::Count(row.errors)),
    column("services",      Count, always, 18, |row| Cell::Count(row.services)),
    column("event_names",   Count, always, 20, |row| Cell::Count(row.event_names)),
    column("ips",           Count, always, 19, |row| Cell::Count(row.ips)),
    column("resources",     Count, always, 21, |row| Cell::Count(row.resources)),
    column("last_success",  Time,  always,  2, |row| optional_time(row.last_success)),
    column("denied",        Count, always, 14, |row| Cell::Count(row.denied)),
    column("regions",       Count, always, 22, |row| Cell::Count(row.regions)),
    column("agents",        Count, always, 23, |row| Cell::Count(row.agents)),
    // The last one, since answers that do not ask for it end before it.
    column("unused",        Text,  always,  0, |row| optional(row.unused.map(Unused::as_str))),
];

#[rustfmt::skip]
pub(super) static ENTRY: [ColumnOf<EntryValue>; 19] = [
    column("dimension",      Text,   dump,              0, |entry| text(entry.row.dimension.as_str())),
    column("access_key_id",  Text,   dump_or_info,      0, |entry| text(entry.row.access_key_id)),
    column("service_name",   Text,   any_service,       0, |entry| text(entry.row.service_name)),
    column("resource_type",  Text,   dump_or_resources,10, |entry| optional(entry.row.resource_type)),
    column("name",           Text,   with_names,        0, |entry| entry.name().map_or(Cell::Null, text)),
    column("first_used",     Time,   always,           11, |entry| Cell::Time(entry.row.first.time)),
    column("first_event_id", Text,   info,              0, |entry| text(entry.row.first.event_id.as_text())),
    column("last_used",      Time,   always,            0, |entry| Cell::Time(entry.row.last.time)),
    column("last_event_id",  Text,   info,              0, |entry| text(entry.row.last.event_id.as_text())),
    column("events",         Count,  always,            1, |entry| Cell::Count(entry.row.events)),
    column("errors",         Count,  always,           12, |entry| Cell::Count(entry.row.errors)),
    column("source",         Text,   not_dump,         20, |entry| text(entry.row.source.as_str())),
    column("account_id",     Text,   info,              0, |entry| owner(entry, |owner| owner.account_id)),
    column("owner_id",       Text,   info,              0, |entry| owner(entry, |owner| owner.owner_id)),
    column("user_name",      Text,   info,              0, |entry| owner(entry, |owner| owner.user_name)),
    column("account_type",   Text,   info,              0, |entry| owner(entry, |owner| owner.account_type)),
    column("last_success",   Time,   info,              0, |entry| optional_time(entry.row.last_success)),
    column("denied",         Count,  info,              0, |entry| Cell::Count(entry.row.denied)),
    // The last one, since answers without records end before it.
    column("event",          Record, never,             0, |entry| record(entry.record())),
];

#[rustfmt::skip]
pub(super) static CALL: [ColumnOf<CallValue>; 22] = [
    column("event_time",    Time,      always, 0, |call| Cell::Time(call.event_time())),
    column("region",        Text,      always,12, |call| text(call.region())),
    column("account_id",    Text,      never,  0, |call| text(call.account_id())),
    column("access_key_id", Text,      always, 0, |call| text(call.access_key_id())),
    column("user_name",     Text,      always,10, |call| text(call.user_name())),
    column("principal_id",  Text,      never,  0, |call| text(call.principal_id())),
    column("account_type",  Text,      never,  0, |call| text(call.account_type())),
    column("service_name",  Text,      always, 3, |call| text(call.service_name())),
    column("event_name",    Text,      always, 0, |call| text(call.event_name())),
    column("rw",            Text,      never,  0, |call| text(call.rw())),
    column("event_type",    Text,      never,  0, |call| text(call.event_type())),
    column("source_ip",     Text,      always, 1, |call| text(call.source_ip())),
    column("resources",     Resources, always,11, |call| Cell::Resources(call.resources())),
    column("error_code",    Text,      always, 2, |call| text(call.error_code())),
    column("error_message", Text,      never,  0, |call| text(call.error_message())),
    // The table shows it in place of a name.
    column("insight",       Text,      never,  0, |call| text(call.insight())),
    column("user_agent",    Text,      never,  0, |call| text(call.user_agent())),
    column("event_id",      Text,      never,  0, |call| text(call.event_id())),
    column("request_id",    Text,      never,  0, |call| text(call.request_id())),
    column("log_file",      Text,      never,  0, |call| text(call.log_file())),
    column("record_number", Count,     never,  0, |call| Cell::Count(call.record_number().into())),
    // The last one, since answers without records end before it.
    column("event",         Record,    never,  0, |call| record(call.record())),
];

static KEY_COLUMNS: [Column; KEY.len()] = columns(&KEY);
static ENTRY_COLUMNS: [Column; ENTRY.len()] = columns(&ENTRY);
static CALL_COLUMNS: [Column; CALL.len()] = columns(&CALL);

/// The columns that an answer to a question can have, in order.
///
/// ```
/// use keytrail::query::Question;
///
/// let columns = keytrail::report::columns_of(Question::Keys);
/// assert_eq!(columns[0].name, "access_key_id");
/// ```
pub fn columns_of(question: Question) -> &'static [Column] {
    match question {
        Question::Keys => of_keys(true),
        Question::Dump | Question::LastUsed(_) => of_entries(false),
        Question::Lookup => of_calls(true),
        // These have the columns that they are made by.
        Question::Groups => &[],
    }
}

/// The columns of keys, with that of what is known of their use or without.
pub(super) fn of_keys(unused: bool) -> &'static [Column] {
    without_last(&KEY_COLUMNS, !unused)
}

/// The columns of entries, with that of their records or without.
pub(super) fn of_entries(records: bool) -> &'static [Column] {
    without_last(&ENTRY_COLUMNS, !records)
}

/// The columns of call records, with that of the whole records or without.
pub(super) fn of_calls(records: bool) -> &'static [Column] {
    without_last(&CALL_COLUMNS, !records)
}

fn without_last(columns: &[Column], without: bool) -> &[Column] {
    match columns.split_last() {
        Some((_last, others)) if without => others,
        Some(_) | None => columns,
    }
}

const fn column<F>(
    name: &'static str,
    kind: CellKind,
    in_table: fn(&Request<'_>) -> bool,
    drop_rank: u8,
    value: F,
) -> ColumnOf<F> {
    let column = Column {
        name,
        kind,
        in_table,
        drop_rank,
    };
    ColumnOf { column, value }
}

#[expect(
    clippy::indexing_slicing,
    reason = "runs when compiling, where iterators cannot"
)]
const fn columns<F: Copy, const N: usize>(list: &[ColumnOf<F>; N]) -> [Column; N] {
    let mut columns = [list[0].column; N];
    let mut number = 0;
    while number < N {
        columns[number] = list[number].column;
        number += 1;
    }
    columns
}

// For which requests the table shows a column: not where the request implies its value, nor where no
// row has one.

fn always(_: &Request<'_>) -> bool {
    true
}

fn never(_: &Request<'_>) -> bool {
    false
}

fn dump(request: &Request<'_>) -> bool {
    request.question == Question::Dump
}

fn not_dump(request: &Request<'_>) -> bool {
    !dump(request)
}

fn info(request: &Request<'_>) -> bool {
    request.question == Question::LastUsed(Dimension::Key)
}

fn dump_or_info(request: &Request<'_>) -> bool {
    dump(request) || info(request)
}

/// Unless the rows are below one service that the request names.
fn any_service(request: &Request<'_>) -> bool {
    request.service_name.is_none() || !with_names(request)
}

/// Where the rows have names.
fn with_names(request: &Request<'_>) -> bool {
    match request.question {
        Question::LastUsed(Dimension::Key | Dimension::Service) => false,
        Question::LastUsed(_)
        | Question::Keys
        | Question::Dump
        | Question::Lookup
        | Question::Groups => true,
    }
}

fn dump_or_resources(request: &Request<'_>) -> bool {
    dump(request) || request.question == Question::LastUsed(Dimension::Resource)
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

fn optional_time(milliseconds: Option<i64>) -> Cell<'static> {
    milliseconds.map_or(Cell::Null, Cell::Time)
}

fn optional(value: Option<&str>) -> Cell<'_> {
    value.map_or(Cell::Null, text)
}

fn owner<'r>(entry: RedactedEntry<'r>, member: fn(Owner<'r>) -> &'r str) -> Cell<'r> {
    optional(entry.row.owner.map(member))
}

fn record(record: Option<Cow<'_, str>>) -> Cell<'_> {
    record.map_or(Cell::Null, Cell::Record)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(columns: &[Column]) -> String {
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        names.join(" ")
    }

    /// Programs that read answers rely on the names, so they are written out here once more.
    #[test]
    fn names_are_those_of_the_contract() {
        assert_eq!(
            names(of_keys(false)),
            "access_key_id key_type account_id owner_id user_name account_type first_used \
             last_used last_service last_event last_ip events errors services event_names ips \
             resources last_success denied regions agents"
        );
        assert_eq!(
            names(of_keys(true)),
            format!("{} unused", names(of_keys(false)))
        );
        let entries = "dimension access_key_id service_name resource_type name first_used \
             first_event_id last_used last_event_id events errors source account_id owner_id \
             user_name account_type last_success denied";
        assert_eq!(names(of_entries(false)), entries);
        assert_eq!(names(of_entries(true)), format!("{entries} event"));
        let calls = "event_time region account_id access_key_id user_name principal_id \
             account_type service_name event_name rw event_type source_ip resources error_code \
             error_message insight user_agent event_id request_id log_file record_number";
        assert_eq!(names(of_calls(false)), calls);
        assert_eq!(names(of_calls(true)), format!("{calls} event"));
    }

    #[test]
    fn no_two_columns_are_dropped_at_once() {
        for columns in [of_keys(true), of_entries(true), of_calls(true)] {
            let ranks: Vec<_> = columns.iter().map(|column| column.drop_rank).collect();
            let ranks: Vec<_> = ranks.into_iter().filter(|rank| *rank > 0).collect();
            let distinct: BTreeSet<_> = ranks.iter().collect();
            assert_eq!(distinct.len(), ranks.len(), "{}", names(columns));
        }
    }
}
