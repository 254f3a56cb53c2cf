//! Dialects: the other forms in which records hold the same events.
//!
//! A record without a usable `eventTime` is passed to the dialects, so they cost delivered log files
//! nothing: it may be a reply that lists records ([`replies`]), or a row that has the event in one of
//! its members ([`rows`]) or in parts ([`flat`]). A dialect returns the text of the event itself, one
//! JSON object, which is read like any record. What no dialect recognizes is no event, or it is not
//! understood ([`not_understood`]). CSV is a dialect of a whole text, and is detected by its beginning.

mod cells;
pub(super) mod csv_text;
mod flat;
mod not_understood;
mod replies;
mod rows;
mod wrappers;

use std::borrow::Cow;

use super::structure::object_content;

pub(super) use not_understood::{may_hold_events, member_names};
pub(super) use replies::{lookup_events, may_be_lookup_events, records, records_of_truncated};

/// The text of the event that a record holds in some dialect. It begins with a bracket; the rest may
/// be invalid.
pub(super) fn event(record: &str) -> Option<Cow<'_, str>> {
    rows::event(object_content(record)?, 0)
}

/// The text of the event of a record that has a time, and the rest of it under flattened names.
pub(super) fn flattened(record: &str) -> Option<String> {
    flat::bare_event(object_content(record)?)
}

/// What an event without an identity shows of its caller in a form that is not known.
pub(super) fn foreign_identity(record: &str, is_row: bool) -> Option<String> {
    flat::foreign_identity(object_content(record)?, is_row)
}
