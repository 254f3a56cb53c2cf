//! Steps through a text by byte positions. A position outside the text, or inside a character, is
//! followed by nothing.

use crate::report::text::record::{self, is_space};

/// The byte at a position.
pub(super) fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// The text from one position to another.
pub(super) fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// The text from a position on.
pub(super) fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// The position of the first of some characters, or the end of the text.
pub(super) fn until(text: &str, at: usize, ends: &[char]) -> usize {
    rest(text, at).find(ends).map_or(text.len(), |n| at + n)
}

/// Skips the white space of JSON.
pub(super) fn skip_space(text: &str, at: usize) -> usize {
    let rest = rest(text, at);
    at + rest.len() - rest.trim_start_matches(is_space).len()
}

/// Skips what may stand between a name and its value on one line.
pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = rest(text, at);
    at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
}

/// The position after a quote and the backslashes before it, if one stands here.
pub(super) fn past_quote(text: &str, at: usize) -> Option<usize> {
    let backslashes = rest(text, at).bytes().take_while(|b| *b == b'\\').count();
    let quote = at + backslashes;
    matches!(byte(text, quote), Some(b'"' | b'\'')).then_some(quote + 1)
}

/// The position of the closing quote of a string of JSON, or the end of the text.
pub(super) fn string_end(text: &str, inside: usize) -> usize {
    let end = record::string_end(rest(text, inside));
    end.map_or(text.len(), |end| inside + end)
}

/// The end of a value of JSON, without the space behind it; of one that does not end, the end of
/// the text.
pub(super) fn value_end(text: &str, start: usize) -> usize {
    let value = rest(text, start);
    let end = record::value_end(value).unwrap_or(value.len());
    start + part(value, 0, end).trim_end_matches(is_space).len()
}

/// The end of a quoted value: the next of the quote before it, which has as many backslashes. A quote
/// inside the value has more.
pub(super) fn quote_end(text: &str, quote: &str, inside: usize) -> usize {
    // Each level of strings in strings doubles the backslashes, and adds one before a quote.
    let escaped = quote.len() * 2;
    let mut at = inside;
    while let Some(found) = rest(text, at).find(quote) {
        let end = at + found;
        let more = part(text, inside, end).bytes().rev();
        if more.take_while(|byte| *byte == b'\\').count() % escaped == 0 {
            return end;
        }
        at = end + quote.len();
    }
    text.len()
}
