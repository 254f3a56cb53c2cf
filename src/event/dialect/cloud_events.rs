//! The envelope of `CloudEvents`, in which `EventBridge` passes events on: the event is its `data`.
//!
//! An envelope is known by `specversion`, or by a `type` of ActionTrail, such as
//! `actiontrail:ActionTrail:ApiCall` (the page of `EventBridge` on the events of ActionTrail).

use std::borrow::Cow;

use super::super::string::unescape;
use super::super::structure::{members, string_content};

/// The text of the event, if this is an envelope.
pub(super) fn event(inside: &str) -> Option<Cow<'_, str>> {
    let (mut is_envelope, mut data) = (false, None);
    for (name, value) in members(inside) {
        match unescape(name).as_deref() {
            Some("specversion") => is_envelope = true,
            Some("type") => {
                let kind = string_content(value).and_then(unescape);
                is_envelope |= kind.is_some_and(|kind| kind.starts_with("actiontrail:"));
            }
            Some("data") => data = Some(value),
            _ => {}
        }
    }
    data.filter(|_| is_envelope).and_then(super::within)
}
