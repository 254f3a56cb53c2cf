//! Rows that have a member for each part of the event, of which the event is put together again.
//!
//! Log Service names the parts `event.eventName` and `event.userIdentity.accessKeyId`, and two of
//! them `addionalEventData.…`, misspelt and without `event`; other collectors write
//! `event_eventname` and `event_useridentity_accesskeyid`. Values are strings, also where the event
//! has an object: such a string is taken for the object it holds. The string `null`, which stands
//! where a row has no value, is taken for none.
//!
//! Left out: where a name ends and a path goes on cannot be told for parameters with a dot in their
//! names, so parameters are not split any further.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::super::string::{unescape, write_string};
use super::super::structure::{array_content, members, object_content, string_content, trim};

/// The members that hold objects, and whether the names inside are paths of their own.
const CONTAINERS: &[(&str, bool)] = &[
    ("userIdentity", true),
    ("additionalEventData", true),
    ("eventAttributes", true),
    ("insightDetails", true),
    ("requestParameters", false),
    ("responseElements", false),
    ("referencedResources", false),
];

/// The misspelt name of Log Service, and the right one.
const MISSPELT: (&str, &str) = ("addionalEventData", "additionalEventData");

/// How deep a path can lead.
const DEPTH: usize = 8;

/// The text of the event, if the row has its time.
pub(super) fn event(inside: &str) -> Option<Cow<'_, str>> {
    let mut parts = Parts::default();
    for (name, value) in members(inside) {
        if let Some(name) = unescape(name) {
            parts.add(&name, value);
        }
    }
    parts.event().map(Cow::Owned)
}

/// Whether a row with a member of this name can be an event.
pub(super) fn is_time(name: &str) -> bool {
    path(name).is_some_and(|(path, _)| path.eq_ignore_ascii_case("eventTime"))
}

/// The path of a member below the event, and what parts it.
fn path(name: &str) -> Option<(&str, char)> {
    let (event, rest) = name.split_at_checked("event.".len())?;
    if event.eq_ignore_ascii_case("event.") {
        return Some((rest, '.'));
    }
    if event.eq_ignore_ascii_case("event_") {
        return Some((rest, '_'));
    }
    let (head, _) = name.split_once('.')?;
    let additional = [MISSPELT.0, MISSPELT.1];
    let known = additional.iter().any(|one| one.eq_ignore_ascii_case(head));
    known.then_some((name, '.'))
}

/// The parts of an event, each at its place.
#[derive(Default)]
pub(super) struct Parts(BTreeMap<String, Node>);

enum Node {
    /// JSON text.
    Value(String),
    Object(BTreeMap<String, Node>),
}

impl Parts {
    /// Adds a member of a row, its value as JSON text; what is no part of an event is passed over.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let Some((path, separator)) = path(name) else {
            return;
        };
        if value == "null" || value == "\"null\"" {
            return;
        }
        let (head, rest) = match path.split_once(separator) {
            Some((head, rest)) => (head, Some(rest)),
            None => (path, None),
        };
        let head = if head.eq_ignore_ascii_case(MISSPELT.0) {
            MISSPELT.1
        } else {
            head
        };
        let container = CONTAINERS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(head));
        match (container, rest) {
            (Some(&(name, _)), None) => match held(value) {
                Some(inside) if inside.starts_with('{') => {
                    for (inner, value) in object_content(&inside).into_iter().flat_map(members) {
                        if let Some(inner) = unescape(inner) {
                            set(&mut self.0, &[name, &inner], value.to_owned());
                        }
                    }
                }
                Some(inside) => set(&mut self.0, &[name], inside.into_owned()),
                None => set(&mut self.0, &[name], value.to_owned()),
            },
            (Some(&(name, deep)), Some(rest)) => {
                let value = held(value).map_or_else(|| value.to_owned(), Cow::into_owned);
                let mut steps = vec![name];
                if deep && separator == '.' {
                    steps.extend(rest.splitn(DEPTH, separator));
                } else {
                    steps.push(rest);
                }
                set(&mut self.0, &steps, value);
            }
            (None, _) => set(&mut self.0, &[path], value.to_owned()),
        }
    }

    /// The text of the event, if it has a time.
    pub(super) fn event(&self) -> Option<String> {
        let has_time = |name: &String| name.eq_ignore_ascii_case("eventTime");
        self.0.keys().any(has_time).then(|| {
            let mut text = String::new();
            write(&self.0, &mut text);
            text
        })
    }
}

/// The object or the array that a string holds.
fn held(value: &str) -> Option<Cow<'_, str>> {
    let text = string_content(value).and_then(unescape)?;
    let inside = trim(&text);
    object_content(inside).or_else(|| array_content(inside))?;
    Some(Cow::Owned(inside.to_owned()))
}

/// Puts a value at the end of a path, in place of what is there.
fn set(object: &mut BTreeMap<String, Node>, path: &[&str], value: String) {
    let Some((&name, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        object.insert(name.to_owned(), Node::Value(value));
        return;
    }
    let node = match object.entry(name.to_owned()) {
        Entry::Vacant(free) => free.insert(Node::Object(BTreeMap::new())),
        Entry::Occupied(taken) => taken.into_mut(),
    };
    if let Node::Value(_) = node {
        *node = Node::Object(BTreeMap::new());
    }
    if let Node::Object(inner) = node {
        set(inner, rest, value);
    }
}

fn write(object: &BTreeMap<String, Node>, text: &mut String) {
    text.push('{');
    for (at, (name, node)) in object.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        write_string(name, text);
        text.push(':');
        match node {
            Node::Value(value) => text.push_str(value),
            Node::Object(inner) => write(inner, text),
        }
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::event;

    #[test]
    fn an_event_is_put_together_of_its_parts() {
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
    fn a_path_of_any_length_is_followed_only_so_far() {
        let row = format!(
            r#""event.eventTime":"T","event.userIdentity{}":"k""#,
            ".a".repeat(100_000)
        );
        let text = event(&row).unwrap();
        assert!(text.matches('{').count() < 12, "{}", text.len());
    }
}
