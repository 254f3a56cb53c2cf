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
