//! The search for one of a few words in a text that is not parsed.
//!
//! A text that holds none of the words, and no escape that could stand for a character of one, has
//! no event with such a word in it, whatever else is in it. That holds for the dialects too: a word
//! in a string in a string still stands there, or an escape does.

use memchr::memmem::Finder;

/// Something to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needle {
    /// A text, as it stands in a string.
    Text(String),
    /// The part of an IPv6 address that every spelling of a mapped IPv4 address has.
    MappedIpv4,
}

/// Looks for any of a few needles.
pub struct Search {
    texts: Vec<Finder<'static>>,
    /// Those that find `f:`, where mapped addresses are looked for too.
    mapped: Option<[Finder<'static>; 2]>,
    escape: Finder<'static>,
    /// The characters of all needles.
    characters: Vec<u8>,
    longest: usize,
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

/// What stands before the last part of every mapped address, in either case.
const MAPPED: &[u8] = b"ffff:";

/// A text is gone through once for each needle; with more of them parsing costs less.
const MOST: usize = 8;

impl Search {
    /// A search for any of these; `None` where the needles cannot be searched for: because there
    /// are none or too many, or one has only characters that a text can spell in more ways than are
    /// looked for. Of a needle with some of those the longest part without them is looked for.
    pub fn any_of(needles: &[Needle]) -> Option<Self> {
        if needles.is_empty() || needles.len() > MOST {
            return None;
        }
        let mut search = Self {
            texts: Vec::new(),
            mapped: None,
            escape: Finder::new(ESCAPE).into_owned(),
            characters: Vec::new(),
            longest: ESCAPE.len() + 2,
        };
        for needle in needles {
            match needle {
                Needle::Text(text) => {
                    let parts = text.as_bytes().split(|&byte| !is_plain(byte));
                    let part = parts.max_by_key(|part| part.len())?;
                    if part.is_empty() {
                        return None;
                    }
                    search.texts.push(Finder::new(part).into_owned());
                    search.characters.extend(part);
                    search.longest = search.longest.max(part.len());
                }
                Needle::MappedIpv4 => {
                    search.mapped = Some(["f:", "F:"].map(|end| Finder::new(end).into_owned()));
                    search.characters.extend(b"fF:");
                }
            }
        }
        Some(search)
    }

    /// A search for one AccessKey ID.
    pub fn for_key(access_key_id: &str) -> Option<Self> {
        Self::any_of(&[Needle::Text(access_key_id.to_owned())])
    }

    /// Whether the text may hold one of the needles: false only if it does not.
    pub fn may_match(&self, text: &[u8]) -> bool {
        self.texts.iter().any(|finder| finder.find(text).is_some())
            || self.mapped.iter().flatten().any(|finder| {
                finder.find_iter(text).any(|at| {
                    let end = at + 2;
                    let start = end.saturating_sub(MAPPED.len());
                    // At the beginning the rest may stand in the piece before: looked at with the
                    // overlap, or the beginning of the text, where no address stands.
                    text.get(start..end)
                        .is_some_and(|found| found.eq_ignore_ascii_case(MAPPED))
                })
            })
            || self.escape.find_iter(text).any(|at| {
                let digits = text
                    .get(at + ESCAPE.len()..)
                    .and_then(<[u8]>::first_chunk::<2>);
                digits.is_none_or(|digits| self.is_of_needle(*digits))
            })
    }

    /// Whether two hex digits are a character of a needle, or a part of an escape: in an event that
    /// stands in a string, escapes can be spelt with escapes.
    fn is_of_needle(&self, digits: [u8; 2]) -> bool {
        let digits = std::str::from_utf8(&digits).ok();
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| {
            byte.is_ascii_hexdigit()
                || matches!(byte, b'\\' | b'u')
                || self.characters.contains(&byte)
        })
    }

    /// How much of the end of a piece of text has to be searched again with the next piece.
    pub fn overlap(&self) -> usize {
        self.longest
    }
}

/// Whether a character can be spelt in no more ways than as itself or as `\u00..`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'/')
}

#[cfg(test)]
mod tests {
    use super::{Needle, Search};

    #[test]
    fn a_key_is_found_however_it_is_spelt() {
        let search = Search::for_key("LTAI5t.x").expect("a plain key");
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
            assert_eq!(search.may_match(text.as_bytes()), expected, "{text}");
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
    fn of_a_word_that_can_be_spelt_in_many_ways_the_plain_part_is_searched_for() {
        let search = Search::for_key("acs:ram/云/user-1").expect("a plain part");
        for (text, expected) in [
            (r"acs:ram\/云\/user-1", true),
            (r"acs:ram/\u4e91/user-1", true),
            (r"acs:ram/\u4e91/us\u0065r-1", true),
            ("acs:other/user-2", false),
        ] {
            assert_eq!(search.may_match(text.as_bytes()), expected, "{text}");
        }
        for key in ["", "/", "云", "\"\\ \u{1}"] {
            assert!(Search::for_key(key).is_none(), "{key:?}");
        }
        let many: Vec<_> = (0..9)
            .map(|number| Needle::Text(number.to_string()))
            .collect();
        assert!(Search::any_of(&many).is_none());
        assert!(Search::any_of(&[]).is_none());
    }

    #[test]
    fn any_of_several_needles_is_found() {
        let needles = [
            Needle::Text("198.51.100.7".to_owned()),
            Needle::Text("B2".to_owned()),
            Needle::MappedIpv4,
        ];
        let search = Search::any_of(&needles).expect("plain needles");
        for (text, expected) in [
            ("198.51.100.70", true),
            ("198.51.100.8", false),
            ("xB2x", true),
            ("::ffff:c633:6407", true),
            ("0:0:0:0:0:FfFF:c633:6407", true),
            ("fff:c633", false),
            (r#""ff":1"#, false),
            (r"::fff\u0066:1", true),
        ] {
            assert_eq!(search.may_match(text.as_bytes()), expected, "{text}");
        }
    }
}
