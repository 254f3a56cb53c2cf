//! Rows that hold the event in a member `event`, as text or as an object.
//!
//! Log Service writes its Logstores like this (its page on the fields of ActionTrail's logs) and
//! ships them as lines of such rows; tables of `MaxCompute` have such a column. The members beside
//! it (`__time__`, `__topic__`, `owner_id`, …) hold nothing that the event does not. A record with
//! the objects of an event itself is no row, but an event without a time.

use std::borrow::Cow;

use crate::event::string::unescape;
use crate::event::structure::members;

use super::embedded;

/// Members that events have and rows have not.
const EVENT_OBJECTS: &[&str] = &["userIdentity", "requestParameters", "responseElements"];

/// The text of the event, if the row has one.
pub(super) fn event(content: &str) -> Option<Cow<'_, str>> {
    let mut event = None;
    for (name, value) in members(content) {
        let name = unescape(name).unwrap_or_default();
        let is_named = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if EVENT_OBJECTS.iter().any(|wanted| is_named(wanted)) {
            return None;
        }
        if is_named("event") {
            event = Some(value);
        }
    }
    embedded::event(event?)
}
