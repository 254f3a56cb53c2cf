//! The dialects: the other forms in which records hold the same events, in one list.
//!
//! A record without a usable `eventTime` is offered to each in turn. What a dialect gives is the
//! text of the event itself, one JSON object, and is read as any record; what no dialect knows is
//! no event. So a delivered file never pays for a dialect. A text that is no JSON at all, CSV, is
//! told by its beginning.

mod cloud_events;
pub(super) mod csv_text;
mod flat;
mod log_service;

use std::borrow::Cow;

use super::string::unescape;
use super::structure::{object_content, string_content, trim};

/// Finds the event in what stands between the brackets of a record.
type Dialect = fn(&str) -> Option<Cow<'_, str>>;

/// The dialects, those that keep the event whole before the one that puts it together.
const DIALECTS: &[Dialect] = &[log_service::event, cloud_events::event, flat::event];

/// The text of the event that a record holds in some dialect. It begins with a bracket, and may be
/// broken behind it.
pub(super) fn event(record: &str) -> Option<Cow<'_, str>> {
    let inside = object_content(record)?;
    DIALECTS.iter().find_map(|dialect| dialect(inside))
}

/// The text of an event that is a member's value: the object itself, or a string that holds it,
/// or a string that holds such a string.
fn within(value: &str) -> Option<Cow<'_, str>> {
    if value.starts_with('{') {
        return Some(Cow::Borrowed(value));
    }
    let mut text = string_content(value).and_then(unescape)?;
    if let Some(inner) = string_content(trim(&text)).and_then(unescape) {
        text = Cow::Owned(inner.into_owned());
    }
    let trimmed = trim(&text);
    if !trimmed.starts_with('{') {
        return None;
    }
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(_) => Cow::Owned(trimmed.to_owned()),
    })
}
