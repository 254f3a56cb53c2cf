//! What to say of an object that no dialect recognizes: whether it may hold events all the same.

use crate::event::fields;
use crate::event::seen;
use crate::event::string::unescape;
use crate::event::structure::{array_content, items, members, object_content};

use super::rows;
use super::wrappers::MAX_DEPTH;

/// Names of members that events have, in small letters, in whatever they are wrapped.
const WORDS: [&str; 3] = ["eventtime", "event_time", "accesskeyid"];

/// The first letters of base64 of an object, of a list of objects, and of gzip data.
const BASE64: [&str; 4] = ["\"eyJ", "\"ewo", "\"W3s", "\"H4sI"];

/// Whether a value may hold events in a form that nobody knows: it names their members deeper inside,
/// or lists objects, or has them in base64. An object with the members of an event is one itself, without a time.
pub(in crate::event) fn may_hold_events(value: &str) -> bool {
    let content = object_content(value);
    let is_event = content.is_some_and(|content| {
        members(content).any(|(name, _)| {
            let name = unescape(name).unwrap_or_default();
            fields::event_member(&name).is_some() || rows::is_event_object(&name)
        })
    });
    !is_event && (has_word(value) || lists_objects(value, 0))
}

fn has_word(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    let has =
        |text: &str, word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    WORDS.iter().any(|word| has(&small, word)) || BASE64.iter().any(|word| has(text, word))
}

fn lists_objects(value: &str, depth: usize) -> bool {
    if depth >= MAX_DEPTH {
        return false;
    }
    if let Some(list) = array_content(value) {
        return items(list).any(|item| item.starts_with('{') && item.len() > 2);
    }
    let content = object_content(value).unwrap_or_default();
    members(content).any(|(_, value)| lists_objects(value, depth + 1))
}

/// The names of the members of an object, as far as they fit a message.
pub(in crate::event) fn member_names(object: &str) -> String {
    let names = members(object_content(object).unwrap_or_default())
        .map(|(name, _)| unescape(name).unwrap_or_default());
    seen::names(names)
}
