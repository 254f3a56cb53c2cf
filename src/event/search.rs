//! The search for one of a few words in a text that is not parsed.
//!
//! A text with none of the words, and no escape that could stand for a character of one, has no event
//! with such a word. That holds for the dialects too: inside a string that holds an event, the word
//! or an escape still occurs.
//!
//! Every search also finds the calls that switch trails off and on, since each answer tells when a
//! trail was off.

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;

use super::structure::BYTE_ORDER_MARK;

/// Something to search for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needle {
    /// The text of a string, or a part of it.
    Text(String),
    /// An IPv6 address that an IPv4 address is mapped into, in any spelling.
    MappedIpv4,
}

/// Searches for any of a few needles.
///
/// # Examples
///
/// ```
/// use keytrail::event::Search;
///
/// let search = Search::for_key("LTAI5t-example").expect("characters that can be searched for");
/// assert!(search.may_match(br#"{"accessKeyId":"LTAI5t-example"}"#));
/// assert!(search.may_match(br#"{"accessKeyId":"LTAI5t\u002dexample"}"#));
/// assert!(!search.may_match(br#"{"accessKeyId":"LTAI5t-other"}"#));
/// ```
pub struct Search {
    /// All texts and the words of [`SWITCHES`].
    texts: Texts,
    /// Finders of `f:` in both cases, if mapped addresses are searched for.
    mapped: Option<[Finder<'static>; 2]>,
    escape: Finder<'static>,
    /// The characters of all needles.
    characters: Vec<u8>,
    /// The length of the longest text that is searched for.
    longest: usize,
}

/// What finds one of some texts.
enum Texts {
    /// A pass for each. A few passes of a vectorized search for one text are two to four times as fast
    /// as one pass for all, whose candidates are the heads of IDs that every record has.
    Few(Vec<Finder<'static>>),
    /// One pass for all.
    Many(Box<AhoCorasick>),
}

impl Texts {
    /// The most texts that are searched for in a pass each.
    const FEW: usize = 8;

    fn of(texts: &[&[u8]]) -> Option<Self> {
        if texts.len() > Self::FEW {
            return AhoCorasick::new(texts).ok().map(Box::new).map(Self::Many);
        }
        let finders = texts.iter().map(|text| Finder::new(text).into_owned());
        Some(Self::Few(finders.collect()))
    }

    fn has_any_in(&self, text: &[u8]) -> bool {
        match self {
            Self::Few(finders) => finders.iter().any(|finder| finder.find(text).is_some()),
            Self::Many(all) => all.is_match(text),
        }
    }
}

/// Whether a text begins like that of a log file. One that does not has to be parsed: it may be
/// compressed, for example, and no search finds a key in it.
pub fn begins_as_json(text: &[u8]) -> bool {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let Some((first, rest)) = text.trim_ascii_start().split_first() else {
        return false;
    };
    // The second character detects text in UTF-16 or UTF-32.
    let second = rest.trim_ascii_start().first();
    match first {
        b'[' => matches!(second, Some(b'{' | b']')),
        b'{' => matches!(second, Some(b'"' | b'}')),
        _ => false,
    }
}

/// Whether a text ends like that of a log file. One that does not is cut off, and may have lost
/// events of a key.
pub fn ends_as_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_end().last(), Some(b']' | b'}'))
}

/// The escape of an ASCII character is this and two hex digits.
const ESCAPE: &str = "\\u00";

/// What every mapped address has before its last part, in either case.
const MAPPED: &[u8] = b"ffff:";

/// How many bytes of a text are searched for: a longer one begins with them, and the automaton grows
/// with its texts.
const LONGEST_TEXT: usize = 64;

/// The most needles. More of them, in one pass, cost more than parsing.
const MAX_NEEDLES: usize = 32;

/// What the names of the calls that switch trails end in: `StopLogging`, `StartLogging`,
/// `CreateTrail` and `DeleteTrail`. Short words that are rare elsewhere are found the fastest.
const SWITCHES: [&str; 3] = ["opLogging", "rtLogging", "teTrail"];

impl Search {
    /// A search for any of the needles.
    ///
    /// Of a needle with characters that JSON can spell in several ways, only the longest part
    /// without them is searched for. `None` where there are no needles or more than 32, or where
    /// a needle has no such part.
    pub fn any_of(needles: &[Needle]) -> Option<Self> {
        if needles.is_empty() || needles.len() > MAX_NEEDLES {
            return None;
        }
        let mut texts: Vec<&[u8]> = SWITCHES.iter().map(|word| word.as_bytes()).collect();
        let mut mapped = None;
        for needle in needles {
            match needle {
                Needle::Text(text) => {
                    let parts = text.as_bytes().split(|&byte| !has_one_spelling(byte));
                    let part = parts.max_by_key(|part| part.len())?;
                    if part.is_empty() {
                        return None;
                    }
                    texts.push(part.get(..LONGEST_TEXT).unwrap_or(part));
                }
                Needle::MappedIpv4 => {
                    mapped = Some(["f:", "F:"].map(|end| Finder::new(end).into_owned()));
                }
            }
        }
        let mut characters = texts.concat();
        if mapped.is_some() {
            characters.extend(b"fF:");
        }
        let longest = texts.iter().map(|text| text.len()).max();
        Some(Self {
            texts: Texts::of(&texts)?,
            mapped,
            escape: Finder::new(ESCAPE).into_owned(),
            characters,
            longest: longest.unwrap_or_default().max(ESCAPE.len() + 2),
        })
    }

    /// A search for one AccessKey ID; `None` where it cannot be searched for.
    pub fn for_key(access_key_id: &str) -> Option<Self> {
        Self::any_of(&[Needle::Text(access_key_id.to_owned())])
    }

    /// Whether the text may have one of the needles, or a call that switches a trail: `false` only where
    /// it has none.
    pub fn may_match(&self, text: &[u8]) -> bool {
        self.texts.has_any_in(text)
            || self.has_mapped_address(text)
            || self.escape.find_iter(text).any(|position| {
                let digits = text
                    .get(position + ESCAPE.len()..)
                    .and_then(<[u8]>::first_chunk::<2>);
                digits.is_none_or(|digits| self.may_escape_needle(*digits))
            })
    }

    /// Whether the text has a mapped address, if these are searched for.
    fn has_mapped_address(&self, text: &[u8]) -> bool {
        self.mapped.iter().flatten().any(|finder| {
            finder.find_iter(text).any(|position| {
                let end = position + 2;
                // One that begins in the piece of text before is found with the overlap.
                end.checked_sub(MAPPED.len())
                    .and_then(|start| text.get(start..end))
                    .is_some_and(|found| found.eq_ignore_ascii_case(MAPPED))
            })
        })
    }

    /// Whether an escape with two hex digits stands for a character of a needle, or for one of an
    /// escape: in an event inside a string, escapes can be escaped themselves.
    fn may_escape_needle(&self, digits: [u8; 2]) -> bool {
        let digits = std::str::from_utf8(&digits).ok();
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| {
            byte.is_ascii_hexdigit()
                || matches!(byte, b'\\' | b'u')
                || self.characters.contains(&byte)
        })
    }

    /// How many bytes at the end of a piece of text have to be searched again with the next one.
    pub fn overlap(&self) -> usize {
        self.longest
    }
}

/// Whether JSON spells a character only as itself or as `\u00..`.
fn has_one_spelling(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'/')
}

#[cfg(test)]
mod tests {
    use super::{Needle, Search};

    #[test]
    fn a_key_is_found_in_every_spelling() {
        let search = Search::for_key("LTAI5t.x").expect("a key with one spelling");
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
    fn a_text_that_is_no_log_file_is_detected_by_its_beginning() {
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
    fn a_text_that_is_cut_off_is_detected_by_its_end() {
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
    fn of_a_key_with_several_spellings_a_part_is_searched_for() {
        let search = Search::for_key("acs:ram/云/user-1").expect("a part with one spelling");
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
        let many: Vec<_> = (0..33)
            .map(|number| Needle::Text(number.to_string()))
            .collect();
        assert!(Search::any_of(&many).is_none());
        assert!(Search::any_of(&[]).is_none());
    }

    /// A text without the key was not parsed, and what it says of the trails was lost.
    #[test]
    fn a_call_that_switches_a_trail_is_found_whatever_is_searched_for() {
        let search = Search::for_key("LTAI5tOther").expect("a key with one spelling");
        for (name, expected) in [
            ("StopLogging", true),
            ("StartLogging", true),
            ("CreateTrail", true),
            ("DeleteTrail", true),
            (r"Stop\u004cogging", true),
            ("DescribeTrails", false),
            ("GetTrailStatus", false),
            ("LookupEvents", false),
        ] {
            let text = format!(r#"[{{"eventName":"{name}"}}]"#);
            assert_eq!(search.may_match(text.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn any_of_several_needles_is_found() {
        let needles = [
            Needle::Text("198.51.100.7".to_owned()),
            Needle::Text("B2".to_owned()),
            Needle::MappedIpv4,
        ];
        let search = Search::any_of(&needles).expect("needles with one spelling");
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
