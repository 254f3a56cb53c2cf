//! Secrets in text that is taken for JSON: the values of members by their names, and of pairs of
//! members, or of elements of a list, of which one names what the other holds.

use std::collections::BTreeSet;

use memchr::memchr;

use serde::de::IgnoredAny;

use crate::report::text::record::is_space;

use super::cursor::{byte, part, rest, skip_space, string_end, value_end};
use super::names::{
    CONTENT_SUFFIXES, NAME_SUFFIXES, Secrecy, VALUE_SUFFIXES, is_listed, is_option, prefix, secrecy,
};
use super::replacement::{Replacement, is_access_key_id, is_harmless, mark, merged};
use super::unescape::unescaped;

/// Finds the values of secret names; a string before a colon is a name. All other strings are handed
/// to `in_string`, with the position where each begins.
pub(super) fn find_members(
    text: &str,
    found: &mut Vec<Replacement>,
    in_string: impl Fn(&str, usize, &mut Vec<Replacement>),
) {
    let mut at = 0;
    let mut objects = OpenObjects::default();
    while let Some(quote) = memchr(b'"', rest(text, at).as_bytes()) {
        objects.pass(text, at, at + quote);
        let inside = at + quote + 1;
        let end = string_end(text, inside);
        let string = part(text, inside, end);
        let colon = skip_space(text, end + 1);
        let is_name = byte(text, colon) == Some(b':');
        if is_name {
            let name = unescaped(string);
            let value = skip_space(text, colon + 1);
            let secret = secrecy(&name).and_then(|secrecy| secret_value(text, value, secrecy));
            if let Some(replacement) = secret {
                at = replacement.end;
                found.push(replacement);
                continue;
            }
            objects.note(text, &name, value);
        } else {
            objects.note_element(string);
        }
        in_string(string, inside, found);
        at = end + 1;
    }
    let before = found.len();
    objects.pass(text, at, text.len());
    let mut secrets = objects.into_secrets();
    secrets.sort_unstable();
    let mut done = 0;
    for start in secrets {
        let start = skip_space(text, start);
        // A value inside one that is replaced as a whole is not measured again.
        if start >= done {
            done = value_end(text, start);
            found.extend(replaced_value(text, start, done));
        }
    }
    if found.len() > before {
        *found = merged(text, std::mem::take(found));
    }
}

/// The objects and arrays around a position, and the secrets that pairs in them have shown.
#[derive(Default)]
struct OpenObjects {
    open: Vec<HalfPairs>,
    /// How many more are open than are distinguished.
    deeper: usize,
    /// Where the values begin that are secrets.
    secrets: Vec<usize>,
}

/// The halves of pairs in one object or list.
#[derive(Default)]
struct HalfPairs {
    is_list: bool,
    /// The prefixes of `Key` in the names of members that hold a secret name, and whether the name
    /// ends with `Name`.
    secret_prefixes: BTreeSet<(String, bool)>,
    values: Vec<NamedValue>,
    /// How many elements have ended.
    elements: usize,
    /// Whether the element at hand is a secret name, and whether that is one of an option.
    listed: Option<bool>,
    /// Where the elements behind secret names begin, and whether the names are options.
    listed_values: Vec<(usize, bool)>,
}

/// A value that a member beside it may name.
struct NamedValue {
    prefix: String,
    start: usize,
    is_content: bool,
}

impl OpenObjects {
    /// How many objects in objects are distinguished; those deeper count as one.
    const MAX_DEPTH: usize = 1000;

    /// Reads the text between two strings.
    fn pass(&mut self, text: &str, start: usize, end: usize) {
        for (at, byte) in (start..end).zip(part(text, start, end).bytes()) {
            match byte {
                b'{' | b'[' if self.open.len() == Self::MAX_DEPTH => self.deeper += 1,
                b'{' | b'[' => self.open.push(HalfPairs {
                    is_list: byte == b'[',
                    ..HalfPairs::default()
                }),
                b'}' | b']' if self.deeper > 0 => self.deeper -= 1,
                b'}' | b']' => self.close(),
                b',' if self.deeper == 0 => self.end_element(at),
                _ => {}
            }
        }
    }

    fn end_element(&mut self, comma: usize) {
        if let Some(pairs) = self.open.last_mut() {
            pairs.elements += 1;
            if let Some(is_option) = pairs.listed.take() {
                pairs.listed_values.push((comma + 1, is_option));
            }
        }
    }

    fn close(&mut self) {
        let pairs = self.open.pop().unwrap_or_default();
        let names = &pairs.secret_prefixes;
        let values = pairs.values.into_iter().filter(|value| {
            let is_named = |by_name| names.contains(&(value.prefix.clone(), by_name));
            !names.is_empty() && (is_named(false) || !value.is_content && is_named(true))
        });
        self.secrets.extend(values.map(|value| value.start));
        // Names and values in turn; the last element has no comma.
        let is_even = pairs.elements % 2 == 1;
        let listed = pairs.listed_values.into_iter();
        let listed = listed.filter(|(_, is_option)| *is_option || is_even);
        self.secrets.extend(listed.map(|(start, _)| start));
    }

    /// Notes a string that is no name of a member: in a list it may name the next one.
    fn note_element(&mut self, string: &str) {
        if let Some(pairs) = self.open.last_mut()
            && self.deeper == 0
            && pairs.is_list
            && (pairs.elements.is_multiple_of(2) || is_option(string))
            && is_listed(string)
        {
            pairs.listed = Some(is_option(string));
        }
    }

    /// Notes a member, if it is one half of a pair.
    fn note(&mut self, text: &str, name: &str, start: usize) {
        let Some(pairs) = self.open.last_mut() else {
            return;
        };
        let is_string = byte(text, start) == Some(b'"');
        let ends_with = |ends: &[&str]| ends.iter().find_map(|end| prefix(name, end));
        if let Some(prefix) = ends_with(&NAME_SUFFIXES) {
            let named = part(text, start + 1, string_end(text, start + 1));
            if is_string && secrecy(&unescaped(named)).is_some() {
                let by_name = name.len() == prefix.len() + "name".len();
                pairs.secret_prefixes.insert((prefix, by_name));
            }
            return;
        }
        let content = || ends_with(&CONTENT_SUFFIXES).map(|prefix| (prefix, true));
        let value = ends_with(&VALUE_SUFFIXES).map(|prefix| (prefix, false));
        if let Some((prefix, is_content)) = value.or_else(content) {
            pairs.values.push(NamedValue {
                prefix,
                start,
                is_content,
            });
        }
    }

    /// Where the values begin that are secrets, also in objects that are never closed.
    fn into_secrets(mut self) -> Vec<usize> {
        while !self.open.is_empty() {
            self.close();
        }
        self.secrets
    }
}

/// Replaces a value under a secret name, unless it holds nothing that could be used.
fn secret_value(text: &str, start: usize, secrecy: Secrecy) -> Option<Replacement> {
    // An object has names of its own. It is not measured, since objects in it may be asked for, too.
    let inside = match byte(text, start) {
        Some(b'[') => skip_space(text, start + 1),
        _ => start,
    };
    if secrecy == Secrecy::Text && matches!(byte(text, inside), Some(b'{' | b'[')) {
        return None;
    }
    let end = value_end(text, start);
    let value = part(text, start, end);
    if secrecy == Secrecy::Text {
        let string = value.trim_matches('"');
        if is_access_key_id(string) || string.len() < value.len() && is_object(string) {
            return None;
        }
    }
    replaced_value(text, start, end)
}

/// Whether a string holds an object or a list of objects as JSON.
fn is_object(string: &str) -> bool {
    let text = unescaped(string);
    let inside = text.trim_start_matches(is_space);
    let inside = inside.strip_prefix('[').unwrap_or(inside);
    inside.trim_start_matches(is_space).starts_with('{')
        && serde_json::from_str::<IgnoredAny>(&text).is_ok()
}

/// Replaces a value of JSON, whatever it is, unless it is a literal or a mask, which hold nothing that
/// could be used.
fn replaced_value(text: &str, start: usize, end: usize) -> Option<Replacement> {
    let value = part(text, start, end);
    let string = value.strip_prefix('"').and_then(|inside| {
        let inside = inside.strip_suffix('"')?;
        (string_end(value, 1) == inside.len() + 1).then_some(inside)
    });
    if is_harmless(string.unwrap_or(value)) {
        return None;
    }
    let mark = match string {
        Some(string) => mark(&unescaped(string)),
        None => mark(value),
    };
    Some(Replacement {
        start,
        end,
        text: format!("\"{mark}\""),
    })
}
