//! Rows that hold the event in one of their members, as text or as an object.
//!
//! Log Service writes its Logstores like this (its page on the fields of ActionTrail's logs), and its
//! SDK with `contents` around it; tables of `MaxCompute` have such a column. `EventBridge` has the
//! event in `data`, Splunk in `result` and `_raw`, Elasticsearch in `_source`, shippers in `message`,
//! the Elastic Common Schema in `event.original`. The other members (`__time__`, `owner_id`, …) hold
//! nothing that the event does not. A record with the objects of an event itself is no row, but an
//! event without a time.
//!
//! Which members are looked into is one list. A member that does not lead to an event is left alone.

use std::borrow::Cow;

use crate::event::embedded::{self, Embedded};
use crate::event::string::unescape;
use crate::event::structure::{members, object_content};

use super::flat;
use super::wrappers::{MAX_DEPTH, ROWS};

/// Members that events have and rows have not.
const EVENT_OBJECTS: [&str; 3] = ["userIdentity", "requestParameters", "responseElements"];

/// The text of the event, if the row has one.
pub(super) fn event(content: &str, depth: usize) -> Option<Cow<'_, str>> {
    if depth >= MAX_DEPTH {
        return None;
    }
    let mut values = Vec::new();
    for (name, value) in members(content) {
        let name = unescape(name).unwrap_or_default();
        if is_event_object(&name) {
            return None;
        }
        if let Some(rank) = rank(&name) {
            values.push((rank, value));
        }
    }
    // Of a doubled name the last counts.
    values.reverse();
    values.sort_by_key(|&(rank, _)| rank);
    let mut broken = None;
    for (_, value) in values {
        match of_embedded(embedded::object(value), depth) {
            Some(RowEvent::Whole(event)) => return Some(event),
            Some(RowEvent::Broken(text)) => broken = broken.or(Some(text)),
            None => {}
        }
    }
    flat::event(content).map(Cow::Owned).or(broken)
}

/// Whether this is the name of a member that events have and rows have not.
pub(super) fn is_event_object(name: &str) -> bool {
    EVENT_OBJECTS
        .iter()
        .any(|wanted| wanted.eq_ignore_ascii_case(name))
}

/// The rank of a name among those of the list; a path such as `event.original` has that of its first
/// part, if it is made of names of the list alone.
pub(super) fn rank(name: &str) -> Option<usize> {
    let rank_of = |name: &str| ROWS.iter().position(|row| row.eq_ignore_ascii_case(name));
    let rank = rank_of(name.split('.').next()?)?;
    name.split('.')
        .all(|part| rank_of(part).is_some())
        .then_some(rank)
}

/// An event that a member or a cell holds.
pub(super) enum RowEvent<'a> {
    /// One object.
    Whole(Cow<'a, str>),
    /// Text that begins as one, and is cut off.
    Broken(Cow<'a, str>),
}

/// The event of a value, which may be a row itself.
pub(super) fn of_embedded(value: Embedded<'_>, depth: usize) -> Option<RowEvent<'_>> {
    let text = match value {
        Embedded::Object(text) => text,
        Embedded::Broken(text) => return Some(RowEvent::Broken(text)),
        Embedded::Text(_) | Embedded::Nothing => return None,
    };
    match text {
        Cow::Borrowed(text) => of_object(text, depth).map(RowEvent::Whole),
        Cow::Owned(text) => {
            if object_content(&text).is_some_and(flat::has_own_time) {
                return Some(RowEvent::Whole(Cow::Owned(text)));
            }
            let event = of_object(&text, depth)?.into_owned();
            Some(RowEvent::Whole(Cow::Owned(event)))
        }
    }
}

fn of_object(text: &str, depth: usize) -> Option<Cow<'_, str>> {
    let content = object_content(text)?;
    if flat::has_own_time(content) {
        return Some(Cow::Borrowed(text));
    }
    event(content, depth + 1)
}
