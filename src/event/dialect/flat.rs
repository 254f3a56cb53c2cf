//! Rows that have a member for each part of the event, from which the event is built.
//!
//! Log Service names the parts `event.eventName` and `event.userIdentity.accessKeyId`, and two of
//! them `addionalEventData.…`, misspelled and without `event`; other collectors write
//! `event_eventname` and `event_useridentity_accesskeyid`, and data frames `userIdentity.accessKeyId`.
//! Values are strings, also where the event has an object: such a string stands for the object it
//! holds. The strings `null`, `-`, `\N` and a few more mean that a row has no value.
//!
//! Left out: parameters are not split any further, because their names may have dots themselves.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::event::string::{unescape, write_string};
use crate::event::structure::{
    array_content, members, object_content, strict_members, string_content, trim,
};

use super::wrappers::ROWS;

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

/// Names of a caller that no known form has, without what stands between their letters.
const FOREIGN_IDENTITIES: [&str; 3] = ["userIdentity", "accessKeyId", "userIdentityAccessKeyId"];

/// The most names in a path.
const MAX_NAMES: usize = 8;

/// The text of the event, if the row has its time as a part.
pub(super) fn event(content: &str) -> Option<String> {
    let has_time = |(name, _)| unescape(name).is_some_and(|name| is_event_time(&name));
    if !members(content).any(has_time) {
        return None;
    }
    let mut event = FlatEvent::new(Names::Prefixed);
    event.add_members(content);
    event.to_json()
}

/// The text of the event, if the record has parts of its objects under flattened names, without
/// `event` in front.
pub(super) fn bare_event(content: &str) -> Option<String> {
    let is_part = |(name, _)| unescape(name).is_some_and(|name| split_container(&name).is_some());
    if !members(content).any(is_part) {
        return None;
    }
    let mut event = FlatEvent::new(Names::Bare);
    event.add_members(content);
    event.to_json()
}

/// The member that names a caller in a form that is not known, if an event has one: the event has no
/// identity, but is not without AccessKey for that. `accessKeyId` itself names one only where the
/// event was built of a row: in a record it may stand for anything.
pub(super) fn foreign_identity(content: &str, is_row: bool) -> Option<String> {
    members(content).find_map(|(name, value)| {
        let name = unescape(name)?;
        let is_foreign = FOREIGN_IDENTITIES
            .iter()
            .any(|foreign| has_letters(&name, foreign))
            && !name.eq_ignore_ascii_case("userIdentity")
            && (is_row || !name.eq_ignore_ascii_case("accessKeyId"));
        if !is_foreign {
            return None;
        }
        let holds_nothing = match string_content(value).and_then(unescape) {
            Some(text) => is_nothing(trim(&text)),
            None => matches!(value, "null" | "{}" | "[]"),
        };
        (!holds_nothing).then(|| format!("{name}: {value}"))
    })
}

/// Whether the letters of a name are these, without regard to case and to what stands between them.
fn has_letters(name: &str, letters: &str) -> bool {
    let of_name = name.bytes().filter(u8::is_ascii_alphabetic);
    let small = |byte: u8| byte.to_ascii_lowercase();
    of_name.map(small).eq(letters.bytes().map(small))
}

/// Whether an object has a member `eventTime`, or the same as a part of a row.
pub(super) fn has_time(content: &str) -> bool {
    members(content).any(|(name, _)| {
        let name = unescape(name).unwrap_or_default();
        is_own_time(&name) || is_event_time(&name)
    })
}

/// Whether an object has a member `eventTime`.
pub(super) fn has_own_time(content: &str) -> bool {
    members(content).any(|(name, _)| unescape(name).is_some_and(|name| is_own_time(&name)))
}

/// Whether this is the name of an event's time itself.
pub(super) fn is_own_time(name: &str) -> bool {
    name.eq_ignore_ascii_case("eventTime")
}

/// Whether a member of this name is the event's time as a part of a row.
pub(super) fn is_event_time(name: &str) -> bool {
    without_prefix(name).is_some_and(is_own_time)
}

/// Whether a value is one of the usual spellings of nothing in tables.
pub(super) fn is_nothing(text: &str) -> bool {
    let words = ["null", "None", "(null)", "nan"];
    matches!(text, "" | "-" | "\\N") || words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The path of a part below the event: what stands behind `event.` or `event_`, or behind the name of
/// another wrapper and a dot.
fn without_prefix(name: &str) -> Option<&str> {
    let path = match name.split_at_checked("event_".len()) {
        Some((prefix, path)) if prefix.eq_ignore_ascii_case("event_") => path,
        _ => without_wrapper(name)?,
    };
    Some(without_wrapper(path).unwrap_or(path))
}

/// What stands behind the name of a wrapper and a dot.
fn without_wrapper(name: &str) -> Option<&str> {
    let (prefix, path) = name.split_once('.')?;
    ROWS.iter()
        .any(|row| row.eq_ignore_ascii_case(prefix))
        .then_some(path)
}

/// The object that a path leads into, and the rest of the path with its separator in front.
fn split_container(path: &str) -> Option<((&'static str, bool), &str)> {
    let containers = CONTAINERS
        .iter()
        .map(|&(name, is_deep)| (name, name, is_deep))
        .chain([(MISSPELLED.0, MISSPELLED.1, true)]);
    for (spelled, name, is_deep) in containers {
        if let Some((first, rest)) = path.split_at_checked(spelled.len())
            && first.eq_ignore_ascii_case(spelled)
            && rest.starts_with(['.', '_'])
        {
            return Some(((name, is_deep), rest));
        }
    }
    None
}

/// How the parts of an event are named in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// With `event` in front; other members are no parts.
    Prefixed,
    /// Without it; every member is a part.
    Bare,
}

/// An event that is built of its parts.
pub(super) struct FlatEvent {
    names: Names,
    members: BTreeMap<String, JsonNode>,
}

enum JsonNode {
    /// JSON text.
    Value(String),
    Object(BTreeMap<String, JsonNode>),
}

impl FlatEvent {
    pub(super) fn new(names: Names) -> Self {
        Self {
            names,
            members: BTreeMap::new(),
        }
    }

    fn add_members(&mut self, content: &str) {
        for (name, value) in members(content) {
            if let Some(name) = unescape(name) {
                self.add(&name, value);
            }
        }
    }

    /// Adds a member of a row with its value as JSON text, if it is a part of the event.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let path = match self.names {
            Names::Bare => name,
            Names::Prefixed => match without_prefix(name) {
                Some(path) => path,
                // Log Service leaves the prefix of these away.
                None if split_container(name)
                    .is_some_and(|((name, _), _)| name == MISSPELLED.1) =>
                {
                    name
                }
                None => return,
            },
        };
        let text = string_content(value).and_then(unescape);
        if value == "null" || text.is_some_and(|text| is_nothing(trim(&text))) {
            return;
        }
        let root = &mut self.members;
        if let Some(((container, is_deep), rest)) = split_container(path) {
            let value = embedded_json(value).unwrap_or_else(|| value.to_owned());
            let mut path = vec![container];
            let (separator, rest) = rest.split_at(1);
            if is_deep && separator == "." {
                path.extend(rest.splitn(MAX_NAMES, separator));
            } else {
                path.push(rest);
            }
            insert(root, &path, value);
            return;
        }
        let container = CONTAINERS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(path));
        let Some(&(container, _)) = container else {
            insert(root, &[path], value.to_owned());
            return;
        };
        match embedded_json(value).unwrap_or_else(|| value.to_owned()) {
            json if object_content(&json).is_some() => {
                let content = object_content(&json).unwrap_or_default();
                if strict_members(content).any(|member| member.is_err()) {
                    // The reader of the event tells that this is not understood.
                    insert(root, &[container], value.to_owned());
                    return;
                }
                for (name, value) in strict_members(content).flatten() {
                    if let Some(name) = unescape(name) {
                        insert(root, &[container, &name], value.to_owned());
                    }
                }
            }
            json => insert(root, &[container], json),
        }
    }

    /// The JSON text of the event, if it has a time.
    pub(super) fn to_json(&self) -> Option<String> {
        self.members.keys().any(|name| is_own_time(name)).then(|| {
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
                r#""event_eventtime":"T","event_useridentity_accesskeyid":"k","event_errorcode":"null","event_eventname":"-","event_acsregion":"\\N""#,
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
