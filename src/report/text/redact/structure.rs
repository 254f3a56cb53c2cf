//! Secrets in text that is taken for JSON: the values of members by their names, and of pairs of
//! members of which one names what the other holds.

use std::collections::BTreeSet;

use memchr::memchr;

use super::cursor::{byte, part, rest, skip_space, string_end, value_end};
use super::names::{NAME_SUFFIXES, VALUE_SUFFIXES, is_secret, prefix};
use super::replacement::{Replacement, mark, merged};
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
        objects.pass(part(text, at, at + quote));
        let inside = at + quote + 1;
        let end = string_end(text, inside);
        let string = part(text, inside, end);
        let colon = skip_space(text, end + 1);
        let is_name = byte(text, colon) == Some(b':');
        if is_name {
            let name = unescaped(string);
            let value = skip_space(text, colon + 1);
            if is_secret(&name) {
                at = value_end(text, value);
                found.extend(replaced_value(text, value, at));
                continue;
            }
            objects.note(text, &name, value);
        }
        in_string(string, inside, found);
        at = end + 1;
    }
    let before = found.len();
    let mut secrets = objects.into_secrets();
    secrets.sort_unstable();
    let mut done = 0;
    for start in secrets {
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

/// The halves of pairs in one object.
#[derive(Default)]
struct HalfPairs {
    /// The prefixes of `Key` in the names of members that hold a secret name.
    secret_prefixes: BTreeSet<String>,
    /// The prefixes of `Value`, each with the position where the value begins.
    values: Vec<(String, usize)>,
}

impl OpenObjects {
    /// How many objects in objects are distinguished; those deeper count as one.
    const MAX_DEPTH: usize = 1000;

    /// Reads the text between two strings.
    fn pass(&mut self, between: &str) {
        for byte in between.bytes() {
            match byte {
                b'{' | b'[' if self.open.len() == Self::MAX_DEPTH => self.deeper += 1,
                b'{' | b'[' => self.open.push(HalfPairs::default()),
                b'}' | b']' if self.deeper > 0 => self.deeper -= 1,
                b'}' | b']' => self.close(),
                _ => {}
            }
        }
    }

    fn close(&mut self) {
        let HalfPairs {
            secret_prefixes,
            values,
        } = self.open.pop().unwrap_or_default();
        let secret = values
            .into_iter()
            .filter(|(prefix, _)| secret_prefixes.contains(prefix));
        self.secrets.extend(secret.map(|(_, start)| start));
    }

    /// Notes a member, if it is one half of a pair.
    fn note(&mut self, text: &str, name: &str, value: usize) {
        // Most names end otherwise, and a record has a hundred of them.
        let (Some(b'y' | b'Y' | b'e' | b'E' | b's' | b'S'), Some(pairs)) =
            (name.as_bytes().last(), self.open.last_mut())
        else {
            return;
        };
        let is_string = byte(text, value) == Some(b'"');
        if let Some(prefix) = NAME_SUFFIXES.iter().find_map(|end| prefix(name, end)) {
            let named = part(text, value + 1, string_end(text, value + 1));
            if is_string && is_secret(&unescaped(named)) {
                pairs.secret_prefixes.insert(prefix);
            }
        } else if let Some(prefix) = VALUE_SUFFIXES.iter().find_map(|end| prefix(name, end)) {
            pairs.values.push((prefix, value));
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

/// Replaces a value of JSON, whatever it is, unless it is a literal, which holds nothing that could
/// be used.
fn replaced_value(text: &str, start: usize, end: usize) -> Option<Replacement> {
    let value = part(text, start, end);
    if matches!(value, "" | "\"\"" | "null" | "true" | "false") {
        return None;
    }
    let string = value.strip_prefix('"').and_then(|inside| {
        let inside = inside.strip_suffix('"')?;
        (string_end(value, 1) == inside.len() + 1).then_some(inside)
    });
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
