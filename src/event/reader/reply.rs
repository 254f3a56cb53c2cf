//! Replies of `LookupEvents`: objects with an array `Events`.

use memchr::memmem;

use crate::event::string::unescape;
use crate::event::structure::{array_content, members, object_content};

/// Whether the text of an object may have a member `Events`, also one spelled with escapes. A quick
/// test, so that the records in a file of lines are not parsed twice.
pub(super) fn may_be_reply(object: &[u8]) -> bool {
    memmem::find(object, b"Events").is_some() || memmem::find(object, b"\\u00").is_some()
}

/// The content of the array `Events`, if the object is a reply.
pub(super) fn events(object: &str) -> Option<&str> {
    array_content(last_events(object_content(object)?)?)
}

/// The content of the array `Events`, as far as it goes, if the text is the beginning of a reply.
pub(super) fn events_of_truncated(text: &str) -> Option<&str> {
    let events = last_events(text.strip_prefix('{')?)?;
    array_content(events).or_else(|| events.strip_prefix('['))
}

/// The value of the last member `Events`.
fn last_events(content: &str) -> Option<&str> {
    members(content)
        .filter(|(name, _)| unescape(name).as_deref() == Some("Events"))
        .last()
        .map(|(_, events)| events)
}
