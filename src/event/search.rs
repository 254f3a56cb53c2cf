//! The search for one AccessKey in a text that is not parsed.
//!
//! A text that does not hold the key's bytes, and no escape that could stand for one of them, has no
//! event of the key, whatever else is in it. That holds for the dialects too: a key in a string in a
//! string still stands there, or an escape does.

use memchr::memmem::Finder;

/// Looks for one AccessKey ID.
pub struct KeySearch {
    /// `None` when the key has characters that a text can spell in more ways than are looked for.
    finders: Option<Finders>,
    key: String,
}

struct Finders {
    key: Finder<'static>,
    escape: Finder<'static>,
}

/// Whether a text begins as that of a log file does. One that does not may hold a key in a form in
/// which no search finds it, compressed for example, and is to be looked at in full.
pub fn begins_as_json(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let Some((first, inside)) = text.trim_ascii_start().split_first() else {
        return false;
    };
    // What follows the bracket tells apart text whose characters take two bytes or four.
    let next = inside.trim_ascii_start().first();
    match first {
        b'[' => matches!(next, Some(b'{' | b']')),
        b'{' => matches!(next, Some(b'"' | b'}')),
        _ => false,
    }
}

/// Whether a text ends as that of a log file does. One that does not is cut off, and may have lost
/// what it held of a key.
pub fn ends_as_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_end().last(), Some(b']' | b'}'))
}

/// The escape of an ASCII character is this and two hex digits.
const ESCAPE: &str = "\\u00";

impl KeySearch {
    /// A search for this key.
    pub fn new(access_key_id: &str) -> Self {
        // A letter, a digit, or one of these can be spelt as itself or as `\u00..`.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let searchable = !access_key_id.is_empty() && access_key_id.bytes().all(plain);
        let finders = searchable.then(|| Finders {
            key: Finder::new(access_key_id).into_owned(),
            escape: Finder::new(ESCAPE).into_owned(),
        });
        Self {
            finders,
            key: access_key_id.to_owned(),
        }
    }

    /// Whether the text may hold the key: false only if it does not.
    pub fn may_be_in(&self, text: &[u8]) -> bool {
        let Some(finders) = &self.finders else {
            return true;
        };
        finders.key.find(text).is_some()
            || finders.escape.find_iter(text).any(|at| {
                let digits = text
                    .get(at + ESCAPE.len()..)
                    .and_then(<[u8]>::first_chunk::<2>);
                digits.is_none_or(|digits| self.is_of_key(*digits))
            })
    }

    /// Whether two hex digits are one of the key's characters, or a part of an escape: in an event
    /// that stands in a string, escapes can be spelt with escapes.
    fn is_of_key(&self, digits: [u8; 2]) -> bool {
        let digits = std::str::from_utf8(&digits).ok();
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| {
            byte.is_ascii_hexdigit()
                || matches!(byte, b'\\' | b'u')
                || self.key.bytes().any(|other| other == byte)
        })
    }

    /// How much of the end of a piece of text has to be searched again with the next piece.
    pub fn overlap(&self) -> usize {
        self.key.len().max(ESCAPE.len() + 2)
    }
}

#[cfg(test)]
mod tests {
    use super::KeySearch;

    #[test]
    fn a_key_is_found_however_it_is_spelt() {
        let search = KeySearch::new("LTAI5t.x");
        for (text, expected) in [
            ("", false),
            ("LTAI5t.", false),
            ("...LTAI5t.x...", true),
            ("ltai5t.x", false),
            (r"\u004cTAI5t.x", true),
            (r"L\u0054AI5t.x", true),
            (r"\u4e91 \u001f \u003c", false),
            (r"\\u004cTAI5t.x", true),
            (r"\u005cu004cTAI5t.x", true),
            (r"\\\u0075004cTAI5t.x", true),
            (r"\\u\u0030\u00304cTAI5t.x", true),
            (r"text that ends in an escape \u00", true),
            (r"text that ends in an escape \u004", true),
        ] {
            assert_eq!(search.may_be_in(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_log_file_is_known_by_its_beginning() {
        for text in [
            &b"[{"[..],
            b" [ ]",
            b"\xEF\xBB\xBF[\n{\"a\":1}",
            b"{\"Events\":",
            b"{}",
        ] {
            assert!(super::begins_as_json(text), "{text:?}");
        }
        for text in [
            &b""[..],
            b"[",
            b"[\0{\0",
            b"\0[\0{",
            b"\xFF\xFE[\0",
            b"PK\x03\x04",
            b"(\xB5/\xFD",
            b"null",
        ] {
            assert!(!super::begins_as_json(text), "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_cut_off_is_known_by_its_end() {
        for (text, expected) in [
            (&b"[{}]"[..], true),
            (b"{}\n ", true),
            (b"[{},{\"a", false),
            (b"[{},", false),
            (b"", false),
        ] {
            assert_eq!(super::ends_as_json(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_key_that_can_be_spelt_in_many_ways_may_be_anywhere() {
        for key in ["", "a/b", "a\"b", "云", "a\u{1}"] {
            assert!(KeySearch::new(key).may_be_in(b"{}"), "{key:?}");
        }
    }
}
