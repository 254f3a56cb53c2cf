//! Text outside objects and arrays: a scalar, or something that is no JSON.

use crate::event::structure::{end_of_string, is_number, string_content, trim};

/// The longest text outside records in which the next record is searched for. A log file has no such
/// text; one as long as this means that the file is something else.
const MAX_STRAY: usize = 1 << 16;

/// What stands where a record could stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StrayText {
    /// A JSON scalar with this many bytes.
    Scalar(usize),
    /// Text with this many bytes that is no JSON.
    NotJson(usize),
    /// More text than is searched.
    TooLong,
    /// A string that never ends.
    Unbalanced,
    /// A string of more text than is searched.
    LongString,
}

/// Reads the text up to the next bracket or separator: a comma in an array, else the end of a line.
/// `None` where more text is needed.
pub(super) fn read(text: &[u8], last: bool, in_array: bool) -> Option<StrayText> {
    let separator = if in_array { b',' } else { b'\n' };
    let mut end = 0;
    loop {
        match text.get(end) {
            Some(b'"') if end < MAX_STRAY => match end_of_string(text, end + 1) {
                Some(quote) if quote < MAX_STRAY => end = quote + 1,
                None if text.len() < MAX_STRAY && last => return Some(StrayText::Unbalanced),
                None if text.len() < MAX_STRAY => return None,
                // What stands in front of the string is read by itself.
                Some(_) | None if end == 0 => return Some(StrayText::LongString),
                Some(_) | None => break,
            },
            Some(&byte) if byte == separator || matches!(byte, b'{' | b'[' | b'}' | b']') => {
                break;
            }
            Some(_) if end >= MAX_STRAY => return Some(StrayText::TooLong),
            Some(b'\\') => end += 2,
            Some(_) => end += 1,
            None if last => break,
            None => return None,
        }
    }
    let end = end.min(text.len());
    let is_scalar = std::str::from_utf8(text.get(..end).unwrap_or_default()).is_ok_and(is_scalar);
    Some(if is_scalar {
        StrayText::Scalar(end)
    } else {
        StrayText::NotJson(end)
    })
}

fn is_scalar(text: &str) -> bool {
    let text = trim(text);
    matches!(text, "null" | "true" | "false") || is_number(text) || string_content(text).is_some()
}
