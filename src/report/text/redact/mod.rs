//! Secrets in records, and in texts that quote requests, replaced by marks that can be compared but
//! not used.
//!
//! The only place that knows what is secret. The value of a secret name becomes
//! `[redacted 30 chars sha256:ab12cd34]`, wherever the name occurs: in the record, in JSON that is
//! carried as a string to any depth, in a query string, as the `Key` of a `Value` beside it, as the option
//! of a command. So do the passwords of addresses and of SQL, what is a key or a token by its form, and as
//! a whole what is base64 of a text with a secret. The rest stays as it was, byte for byte. Where text cannot be understood, rather more is replaced
//! than less. Of fields that identify a row, such as names of
//! resources, only the passwords of addresses are replaced.
//!
//! Text is read by quotes and brackets alone. Nothing recurses except for strings inside strings, of
//! which each level doubles its backslashes.

mod address;
mod base64;
mod cursor;
mod forms;
mod names;
mod options;
mod pairs;
mod pem;
mod percent;
mod replacement;
mod sql;
mod structure;
#[cfg(test)]
pub(crate) mod tests;
mod unescape;

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::record::is_space;
use cursor::part;
use forms::find_forms;
use pairs::{find_chinese_pairs, find_pairs};
use pem::find_private_keys;
use percent::percent_decoded;
use replacement::{Replacement, mark, merged};
use structure::find_members;
use unescape::{Unescape, unescaped};

/// How many levels of strings in strings are searched. A text with more is replaced as a whole, if it could
/// hold another.
const MAX_DEPTH: usize = 12;

/// The record, or the text, without its secrets.
pub(crate) fn redacted(text: &str) -> Cow<'_, str> {
    if !can_hold_secrets(text) {
        return Cow::Borrowed(text);
    }
    replaced(text, replacements(text, 0, false))
}

/// The text without the passwords of the addresses in it; for names, in which nothing else is searched.
pub(crate) fn without_address_passwords(text: &str) -> Cow<'_, str> {
    let mut found = Vec::new();
    address::find_passwords(text, &mut found);
    replaced(text, found)
}

/// The text with these replacements, which are in order and do not overlap.
fn replaced(text: &str, replacements: Vec<Replacement>) -> Cow<'_, str> {
    if replacements.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut redacted = String::with_capacity(text.len());
    let mut kept = 0;
    for replacement in replacements {
        redacted.push_str(part(text, kept, replacement.start));
        redacted.push_str(&replacement.text);
        kept = replacement.end;
    }
    redacted.push_str(part(text, kept, text.len()));
    Cow::Owned(redacted)
}

/// Whether there is a character without which there is neither JSON nor a pair of a name and a
/// value, nor SQL, or something that may be a key by its form.
fn can_hold_secrets(text: &str) -> bool {
    let mut bytes = text.bytes();
    // The last is the first byte of a wide colon or equals sign.
    bytes.any(|byte| matches!(byte, b'"' | b'\'' | b'=' | b':' | b'>' | b'%' | 0xef))
        || text.contains(pem::BEGIN)
        || forms::can_hold(text)
        || options::can_hold(text)
        || sql::can_hold(text)
}

/// What to replace in a text, in order and without overlaps.
///
/// Text that is `decoded` is not searched a second time for percent signs.
fn replacements(text: &str, depth: usize, decoded: bool) -> Vec<Replacement> {
    if depth > MAX_DEPTH {
        return vec![Replacement {
            start: 0,
            end: text.len(),
            text: mark(text),
        }];
    }
    let mut found = Vec::new();
    find_members(text, &mut found, |string, offset, found| {
        find_in_string(string, offset, depth, decoded, found);
    });
    let is_json = text
        .trim_start_matches(is_space)
        .starts_with(['{', '[', '"'])
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if !is_json {
        find_pairs(text, &mut found);
        find_chinese_pairs(text, &mut found);
        options::find_passwords(text, &mut found);
        find_private_keys(text, &mut found);
        find_forms(text, &mut found);
        address::find_passwords(text, &mut found);
        sql::find_passwords(text, &mut found);
        if !decoded {
            find_in_percent_encoded(text, depth, &mut found);
        }
        found = merged(text, found);
    }
    found
}

/// Searches the text that a string of JSON stands for. `offset` is where the string begins in the
/// text that holds it.
fn find_in_string(
    string: &str,
    offset: usize,
    depth: usize,
    decoded: bool,
    found: &mut Vec<Replacement>,
) {
    let text = unescaped(string);
    if holds_encoded_secrets(&text, depth) {
        let (start, end) = (offset, offset + string.len());
        let text = mark(&text);
        found.push(Replacement { start, end, text });
        return;
    }
    if !can_hold_secrets(&text) {
        return;
    }
    let mut unescape = Unescape::new(string);
    for replacement in replacements(&text, depth + 1, decoded) {
        let start = offset + unescape.read_before(replacement.start);
        let end = offset + unescape.read_before(replacement.end);
        let text = replacement.text.replace('\\', "\\\\").replace('"', "\\\"");
        found.push(Replacement { start, end, text });
    }
}

/// Whether a text is base64 of one that holds secrets. It is replaced as a whole then; one of which no
/// part is secret is evidence.
fn holds_encoded_secrets(text: &str, depth: usize) -> bool {
    base64::decoded_text(text).is_some_and(|decoded| {
        can_hold_secrets(&decoded) && !replacements(&decoded, depth + 1, false).is_empty()
    })
}

/// Searches the text that a percent-encoded one stands for.
fn find_in_percent_encoded(text: &str, depth: usize, found: &mut Vec<Replacement>) {
    let Some((decoded, places)) = percent_decoded(text) else {
        return;
    };
    let place = |at: usize| places.get(at).copied().unwrap_or(text.len());
    for replacement in replacements(&decoded, depth + 1, true) {
        found.push(Replacement {
            start: place(replacement.start),
            end: place(replacement.end),
            text: replacement.text.replace('"', "%22"),
        });
    }
}
