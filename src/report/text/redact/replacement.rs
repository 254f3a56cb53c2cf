//! Parts of a text, and what replaces them.

use sha2::{Digest as _, Sha256};

use super::cursor::part;

/// A range of a text, and what replaces it.
pub(super) struct Replacement {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// The mark in place of a secret.
pub(super) fn mark(secret: &str) -> String {
    let head = Sha256::digest(secret.as_bytes())
        .iter()
        .take(4)
        .fold(0_u32, |head, byte| head << 8 | u32::from(*byte));
    format!(
        "[redacted {} chars sha256:{head:08x}]",
        secret.chars().count()
    )
}

/// The replacement of a part of a text, unless nothing in it could be used: a literal, or a mask of
/// the cloud.
pub(super) fn replaced(text: &str, start: usize, end: usize) -> Option<Replacement> {
    let secret = part(text, start, end);
    // A value can end at a blank, and a mark has some.
    let is_marked = begins_with_mark(part(text, start, text.len()));
    (!is_harmless(secret) && !is_marked).then(|| Replacement {
        start,
        end,
        text: mark(secret),
    })
}

/// Whether a value is no secret under any name. The cloud puts `****` in the place of some secrets, and a
/// mark stands there already in the texts of a saved state.
pub(super) fn is_harmless(value: &str) -> bool {
    matches!(value, "" | "null" | "true" | "false")
        || value.bytes().all(|byte| byte == b'*')
        || begins_with_mark(value)
}

/// Whether a value begins with what [`mark`] returns.
fn begins_with_mark(value: &str) -> bool {
    let is_mark = |rest: &str| {
        let (count, rest) = rest.split_once(" chars sha256:")?;
        let (head, _) = rest.split_once(']')?;
        let is_head = head.len() == 8 && head.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(is_head && !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()))
    };
    value.strip_prefix("[redacted ").and_then(is_mark) == Some(true)
}

/// Whether a value begins with the ID of an AccessKey of the cloud, as the scope of a signature does.
pub(super) fn is_access_key_id(value: &str) -> bool {
    let id = value.split(['/', ',']).next().unwrap_or_default();
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    let prefixes = ["LTAI", "STS.", "TMP."];
    id.len() <= 128 && id.bytes().all(is_id) && prefixes.iter().any(|prefix| id.starts_with(prefix))
}

/// The replacements that several searches of one text found, in order and without overlaps: of two
/// that overlap, one covers both.
pub(super) fn merged(text: &str, mut all: Vec<Replacement>) -> Vec<Replacement> {
    all.sort_by_key(|one| (one.start, usize::MAX - one.end));
    let mut merged: Vec<Replacement> = Vec::new();
    for one in all {
        match merged.last_mut() {
            Some(last) if one.start < last.end => {
                if one.end > last.end {
                    last.end = one.end;
                    last.text = mark(part(text, last.start, last.end));
                }
            }
            _ => merged.push(one),
        }
    }
    merged
}
