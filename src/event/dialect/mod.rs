//! Dialects: the other forms in which records hold the same events, in one list.
//!
//! A record without a usable `eventTime` is passed to each dialect in turn, so dialects cost delivered
//! log files nothing. A dialect returns the text of the event itself, one JSON object, which is read
//! like any record. A record that no dialect recognizes is no event. CSV is a dialect of a whole
//! text, and is detected by its beginning.

mod cloud_events;
pub(super) mod csv_text;
mod embedded;
mod flat;
mod log_service;

use std::borrow::Cow;

use super::structure::object_content;

/// Finds the event in the content of a record.
type Dialect = fn(&str) -> Option<Cow<'_, str>>;

/// The dialects. Those that hold the event as a whole come before the one that builds it.
const DIALECTS: &[Dialect] = &[log_service::event, cloud_events::event, flat::event];

/// The text of the event that a record holds in some dialect. It begins with a bracket; the rest may
/// be invalid.
pub(super) fn event(record: &str) -> Option<Cow<'_, str>> {
    let content = object_content(record)?;
    DIALECTS.iter().find_map(|dialect| dialect(content))
}
