//! The envelope of `CloudEvents`, in which `EventBridge` passes events on: the event is its `data`.
//!
//! An envelope has `specversion`, or a `type` of ActionTrail, such as
//! `actiontrail:ActionTrail:ApiCall` (the page of `EventBridge` on the events of ActionTrail).

use std::borrow::Cow;

use crate::event::string::unescape;
use crate::event::structure::{members, string_content};

use super::embedded;

/// The text of the event, if this is the content of an envelope.
pub(super) fn event(content: &str) -> Option<Cow<'_, str>> {
    let (mut is_envelope, mut data) = (false, None);
    for (name, value) in members(content) {
        match unescape(name).as_deref() {
            Some("specversion") => is_envelope = true,
            Some("type") => {
                let event_type = string_content(value).and_then(unescape);
                is_envelope |= event_type.is_some_and(|text| text.starts_with("actiontrail:"));
            }
            Some("data") => data = Some(value),
            _ => {}
        }
    }
    data.filter(|_| is_envelope).and_then(embedded::event)
}
