//! Rows that have a member for each part of the event, from which the event is built.
//!
//! Log Service names the parts `event.eventName` and `event.userIdentity.accessKeyId`, and two of
//! them `addionalEventData.…`, misspelled and without `event`; other collectors write
//! `event_eventname` and `event_useridentity_accesskeyid`. Values are strings, also where the event
//! has an object: such a string stands for the object it holds. The string `null` means that a row
//! has no value.
//!
//! Left out: parameters are not split any further, because their names may have dots themselves.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::event::string::{unescape, write_string};
use crate::event::structure::{array_content, members, object_content, string_content, trim};

/// The members that hold objects, and whether the path goes on inside them.
const CONTAINERS: &[(&str, bool)] = &[
    ("userIdentity", true),
    ("additionalEventData", true),
    ("eventAttributes", true),
    ("insightDetails", true),
    ("requestParameters", false),
    ("responseElements", false),
    ("referencedResources", false),
];

/// The misspelled name of Log Service, and the right one.
const MISSPELLED: (&str, &str) = ("addionalEventData", "additionalEventData");

/// The most names in a path.
const MAX_DEPTH: usize = 8;

/// The text of the event, if the row has its time.
pub(super) fn event(content: &str) -> Option<Cow<'_, str>> {
    let mut event = FlatEvent::default();
    for (name, value) in members(content) {
        if let Some(name) = unescape(name) {
            event.add(&name, value);
        }
    }
    event.to_json().map(Cow::Owned)
}

/// Whether a member of this name is the event's time.
pub(super) fn is_event_time(name: &str) -> bool {
    split_prefix(name).is_some_and(|(path, _)| path.eq_ignore_ascii_case("eventTime"))
}

/// The path of a part below the event, and the separator of its names.
fn split_prefix(name: &str) -> Option<(&str, char)> {
    let (prefix, path) = name.split_at_checked("event.".len())?;
    if prefix.eq_ignore_ascii_case("event.") {
        return Some((path, '.'));
    }
    if prefix.eq_ignore_ascii_case("event_") {
        return Some((path, '_'));
    }
    let (first, _) = name.split_once('.')?;
    let without_prefix = [MISSPELLED.0, MISSPELLED.1];
    let is_part = without_prefix
        .iter()
        .any(|part| part.eq_ignore_ascii_case(first));
    is_part.then_some((name, '.'))
}

/// An event that is built of its parts.
#[derive(Default)]
pub(super) struct FlatEvent {
    members: BTreeMap<String, JsonNode>,
}

enum JsonNode {
    /// JSON text.
    Value(String),
    Object(BTreeMap<String, JsonNode>),
}

impl FlatEvent {
    /// Adds a member of a row with its value as JSON text, if it is a part of the event.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let Some((path, separator)) = split_prefix(name) else {
            return;
        };
        if value == "null" || value == "\"null\"" {
            return;
        }
        let (first, rest) = match path.split_once(separator) {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let first = if first.eq_ignore_ascii_case(MISSPELLED.0) {
            MISSPELLED.1
        } else {
            first
        };
        let container = CONTAINERS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(first));
        let root = &mut self.members;
        match (container, rest) {
            (Some(&(container, _)), None) => match embedded_json(value) {
                Some(json) if json.starts_with('{') => {
                    for (name, value) in members(object_content(&json).unwrap_or_default()) {
                        if let Some(name) = unescape(name) {
                            insert(root, &[container, &name], value.to_owned());
                        }
                    }
                }
                Some(json) => insert(root, &[container], json),
                None => insert(root, &[container], value.to_owned()),
            },
            (Some(&(container, is_deep)), Some(rest)) => {
                let value = embedded_json(value).unwrap_or_else(|| value.to_owned());
                let mut path = vec![container];
                if is_deep && separator == '.' {
                    path.extend(rest.splitn(MAX_DEPTH, separator));
                } else {
                    path.push(rest);
                }
                insert(root, &path, value);
            }
            (None, _) => insert(root, &[path], value.to_owned()),
        }
    }

    /// The JSON text of the event, if it has a time.
    pub(super) fn to_json(&self) -> Option<String> {
        let is_time = |name: &String| name.eq_ignore_ascii_case("eventTime");
        self.members.keys().any(is_time).then(|| {
            let mut json = String::new();
            write_object(&self.members, &mut json);
            json
        })
    }
}

/// The object or the array that a string holds.
fn embedded_json(value: &str) -> Option<String> {
    let text = string_content(value).and_then(unescape)?;
    let json = trim(&text);
    object_content(json).or_else(|| array_content(json))?;
    Some(json.to_owned())
}

/// Inserts a value at the end of a path, and replaces what is there.
fn insert(object: &mut BTreeMap<String, JsonNode>, path: &[&str], value: String) {
    let Some((&name, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        object.insert(name.to_owned(), JsonNode::Value(value));
        return;
    }
    let node = match object.entry(name.to_owned()) {
        Entry::Vacant(entry) => entry.insert(JsonNode::Object(BTreeMap::new())),
        Entry::Occupied(entry) => entry.into_mut(),
    };
    if let JsonNode::Value(_) = node {
        *node = JsonNode::Object(BTreeMap::new());
    }
    if let JsonNode::Object(inner) = node {
        insert(inner, rest, value);
    }
}

fn write_object(object: &BTreeMap<String, JsonNode>, json: &mut String) {
    json.push('{');
    for (index, (name, node)) in object.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write_string(name, json);
        json.push(':');
        match node {
            JsonNode::Value(value) => json.push_str(value),
            JsonNode::Object(inner) => write_object(inner, json),
        }
    }
    json.push('}');
}

#[cfg(test)]
mod tests {
    use super::event;

    #[test]
    fn an_event_is_built_of_its_parts() {
        for (row, expected) in [
            (
                r#""__time__":1,"event.eventTime":"T","event.userIdentity.accessKeyId":"k","event.userIdentity.sessionContext.attributes.mfaAuthenticated":"true""#,
                Some(
                    r#"{"eventTime":"T","userIdentity":{"accessKeyId":"k","sessionContext":{"attributes":{"mfaAuthenticated":"true"}}}}"#,
                ),
            ),
            (
                r#""event_eventtime":"T","event_useridentity_accesskeyid":"k","event_errorcode":"null""#,
                Some(r#"{"eventtime":"T","userIdentity":{"accesskeyid":"k"}}"#),
            ),
            (
                r#""event.eventTime":"T","event.userIdentity":"{\"accessKeyId\":\"k\",\"type\":\"x\"}","event.userIdentity.type":"y""#,
                Some(r#"{"eventTime":"T","userIdentity":{"accessKeyId":"k","type":"y"}}"#),
            ),
            (
                r#""event.eventTime":"T","event.referencedResources.ACS::ECS::Instance":"[\"i-1\"]","event.requestParameters.Tag.1.Key":"a","event.eventName":"{}""#,
                Some(
                    r#"{"eventName":"{}","eventTime":"T","referencedResources":{"ACS::ECS::Instance":["i-1"]},"requestParameters":{"Tag.1.Key":"a"}}"#,
                ),
            ),
            (
                r#""event.eventTime":"T","addionalEventData.isMFAChecked":"true""#,
                Some(r#"{"additionalEventData":{"isMFAChecked":"true"},"eventTime":"T"}"#),
            ),
            (r#""event.eventName":"n""#, None),
            (r#""eventTime":"T""#, None),
            (r#""even":1,"e\u0301vent":2"#, None),
        ] {
            assert_eq!(event(row).as_deref(), expected, "{row}");
        }
    }

    #[test]
    fn a_path_of_any_length_has_a_bounded_depth() {
        let row = format!(
            r#""event.eventTime":"T","event.userIdentity{}":"k""#,
            ".a".repeat(100_000)
        );
        let text = event(&row).unwrap();
        assert!(text.matches('{').count() < 12, "{}", text.len());
    }
}
