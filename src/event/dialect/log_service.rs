//! Rows that keep the event in a member `event`, as text or as an object.
//!
//! Log Service writes its Logstores like this (its page on the fields of ActionTrail's logs), ships
//! them as lines of such rows, and tables of `MaxCompute` have such a column. The members beside it
//! (`__time__`, `__topic__`, `owner_id`, …) say nothing that the event does not. A record that has
//! the objects of an event itself is an event without a time, and no row.

use std::borrow::Cow;

use super::super::string::unescape;
use super::super::structure::members;

/// Members that an event has and no row.
const OF_EVENTS: &[&str] = &["userIdentity", "requestParameters", "responseElements"];

/// The text of the event, if the row has one.
pub(super) fn event(inside: &str) -> Option<Cow<'_, str>> {
    let mut event = None;
    for (name, value) in members(inside) {
        let name = unescape(name).unwrap_or_default();
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if OF_EVENTS.iter().any(|wanted| is(wanted)) {
            return None;
        }
        if is("event") {
            event = Some(value);
        }
    }
    super::within(event?)
}
