//! Private keys in the text form of RFC 7468, between their `BEGIN` and `END`.

use memchr::memmem;

use super::cursor::{part, rest};
use super::replacement::{Replacement, mark};

/// What the first line begins with; the label follows.
pub(super) const BEGIN: &str = "-----BEGIN ";

/// The end of the first line of a private key of any kind.
const LABEL_OF_KEY: &str = "PRIVATE KEY-----";

/// What the last line begins with.
const END: &str = "-----END ";

/// How far behind `BEGIN` its line may end.
const MAX_LABEL: usize = 256;

/// Finds the private keys in a text.
pub(super) fn find_private_keys(text: &str, found: &mut Vec<Replacement>) {
    let mut at = 0;
    while let Some(begin) = rest(text, at).find(BEGIN) {
        let label = at + begin + BEGIN.len();
        at = label;
        let head = rest(text, label).as_bytes();
        let head = head.get(..head.len().min(MAX_LABEL)).unwrap_or_default();
        let Some(start) = memmem::find(head, b"-----") else {
            continue;
        };
        let start = label + start + "-----".len();
        if !part(text, label, start).ends_with(LABEL_OF_KEY) {
            continue;
        }
        let end = rest(text, start)
            .find(END)
            .map_or(text.len(), |n| start + n);
        found.push(Replacement {
            start,
            end,
            text: mark(part(text, start, end)),
        });
        at = end;
    }
}
