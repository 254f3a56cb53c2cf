//! The grammar that every reader follows: strings, brackets and commas, and nothing of what they
//! hold.
//!
//! It has two rules, for speed, and so that a broken record does not cost its neighbours:
//!
//! * A backslash escapes the byte after it, wherever it stands.
//! * Outside strings `{` and `[` open, `}` and `]` close; a close ends the latest open, whatever
//!   its kind. Code that needs a value checks that its own brackets match.

use memchr::memchr2;

/// U+FEFF in UTF-8, which some programs write at the beginning of a text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whether a byte is white space between the tokens of JSON.
pub(super) fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The text without white space at its ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// The position of the quote that closes a string which begins before `position`.
pub(super) fn end_of_string(text: &[u8], mut position: usize) -> Option<usize> {
    loop {
        position += memchr2(b'"', b'\\', text.get(position..)?)?;
        if text.get(position) == Some(&b'"') {
            return Some(position);
        }
        position += 2;
    }
}

/// Finds the close of a bracket in text that arrives in pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BracketMatcher {
    depth: u64,
    in_string: bool,
    /// Whether the last piece ended in a backslash that escapes.
    escaped: bool,
}

impl BracketMatcher {
    /// Reads the next piece up to the close of the bracket that the first piece began with, and
    /// returns the position after it. `None` when the piece ends before.
    pub(super) fn end_of_value(&mut self, text: &[u8]) -> Option<usize> {
        if text.is_empty() {
            return None;
        }
        let mut position = usize::from(std::mem::take(&mut self.escaped));
        loop {
            if self.in_string {
                let Some(quote) = end_of_string(text, position) else {
                    self.escaped = ends_escaped(text.get(position..).unwrap_or_default());
                    return None;
                };
                self.in_string = false;
                position = quote + 1;
            }
            match *text.get(position)? {
                b'"' => self.in_string = true,
                b'\\' => {
                    if position + 1 == text.len() {
                        self.escaped = true;
                        return None;
                    }
                    position += 1;
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(position + 1);
                    }
                }
                _ => {}
            }
            position += 1;
        }
    }
}

/// Finds the close of a string in text that arrives in pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StringMatcher {
    /// Whether the last piece ended in a backslash that escapes.
    escaped: bool,
}

impl StringMatcher {
    /// Reads the next piece up to the quote that closes the string, and returns the position after it.
    /// `None` when the piece ends before.
    pub(super) fn end_of_string(&mut self, text: &[u8]) -> Option<usize> {
        let start = usize::from(std::mem::take(&mut self.escaped));
        match end_of_string(text, start) {
            Some(quote) => Some(quote + 1),
            None => {
                self.escaped = if text.len() < start {
                    true
                } else {
                    ends_escaped(text.get(start..).unwrap_or_default())
                };
                None
            }
        }
    }
}

/// Whether the text ends in a backslash that escapes what comes next.
fn ends_escaped(text: &[u8]) -> bool {
    text.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// The position after the bracket that closes the one `text` begins with.
pub(super) fn end_of_value(text: &[u8]) -> Option<usize> {
    BracketMatcher::default().end_of_value(text)
}

/// Whether the last byte is the closing bracket of the kind that the first byte opens.
pub(super) fn has_matching_ends(value: &[u8]) -> bool {
    matches!(
        (value.first(), value.last()),
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))
    )
}

/// Splits the content of an object or an array at the commas of its own level.
///
/// The items are trimmed; empty ones are left out.
pub(super) fn items(content: &str) -> impl Iterator<Item = &str> {
    let mut position = 0;
    std::iter::from_fn(move || {
        while position < content.len() {
            let start = position;
            let end = end_of_item(content.as_bytes(), start);
            position = end + 1;
            let item = trim(content.get(start..end).unwrap_or_default());
            if !item.is_empty() {
                return Some(item);
            }
        }
        None
    })
}

/// The position of the comma that ends the item, or the end of the text.
fn end_of_item(text: &[u8], mut position: usize) -> usize {
    while let Some(&byte) = text.get(position) {
        position = match byte {
            b',' => return position,
            b'"' => end_of_string(text, position + 1).map_or(text.len(), |quote| quote + 1),
            b'{' | b'[' => text
                .get(position..)
                .and_then(end_of_value)
                .map_or(text.len(), |length| position + length),
            b'\\' => position + 2,
            _ => position + 1,
        };
    }
    text.len()
}

/// Splits the content of an object into its members: the name as it stands between its quotes, and
/// the value. Items that do not begin with a string and a colon are left out.
pub(super) fn members(content: &str) -> impl Iterator<Item = (&str, &str)> {
    items(content).filter_map(|item| {
        let quoted = item.strip_prefix('"')?;
        let end = end_of_string(quoted.as_bytes(), 0)?;
        let (name, rest) = quoted.split_at_checked(end)?;
        let rest = trim(rest.strip_prefix('"')?);
        Some((name, trim(rest.strip_prefix(':')?)))
    })
}

/// A member of an object has no name, no colon, or something behind its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BrokenMember;

/// Splits the content of an object into its members, as [`members`] does, but tells those whose name
/// is broken, and those with more than one token in place of a value: behind a comma that is missing
/// there may be a wanted member.
pub(super) fn strict_members(
    content: &str,
) -> impl Iterator<Item = Result<(&str, &str), BrokenMember>> {
    items(content).map(|item| {
        let member = members(item).next().ok_or(BrokenMember)?;
        if is_one_token(member.1) {
            Ok(member)
        } else {
            Err(BrokenMember)
        }
    })
}

/// Whether a value is one string, one bracket, or text without strings and brackets.
fn is_one_token(value: &str) -> bool {
    match value.as_bytes().first() {
        Some(b'"') => string_content(value).is_some(),
        Some(b'{' | b'[') => end_of_value(value.as_bytes()) == Some(value.len()),
        _ => !value.contains(['"', '{', '[', ']', '}', '\\']),
    }
}

/// The content between the brackets, if the value is one object and nothing after it.
pub(super) fn object_content(value: &str) -> Option<&str> {
    bracket_content(value, '{', '}')
}

/// The content between the brackets, if the value is one array and nothing after it.
pub(super) fn array_content(value: &str) -> Option<&str> {
    bracket_content(value, '[', ']')
}

fn bracket_content(value: &str, open: char, close: char) -> Option<&str> {
    if end_of_value(value.as_bytes())? != value.len() {
        return None;
    }
    value.strip_prefix(open)?.strip_suffix(close)
}

/// The content between the quotes, escapes not decoded, if the value is one string.
pub(super) fn string_content(value: &str) -> Option<&str> {
    let quoted = value.strip_prefix('"')?;
    let end = end_of_string(quoted.as_bytes(), 0)?;
    (end + 1 == quoted.len())
        .then(|| quoted.get(..end))
        .flatten()
}

/// Whether the text is a number as JSON writes it, of any size.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let integer = digit_count(text);
    let Some(rest) = text.get(integer..) else {
        return false;
    };
    if integer == 0 || (integer > 1 && text.starts_with('0')) {
        return false;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => match digit_count(fraction) {
            0 => return false,
            length => fraction.get(length..).unwrap_or_default(),
        },
        None => rest,
    };
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digit_count(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

/// The number of ASCII digits that the text begins with.
fn digit_count(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_of_a_value() {
        for (text, expected) in [
            ("{}", Some(2)),
            ("{} rest", Some(2)),
            (r#"{"a":"}\"]"},"#, Some(12)),
            ("[[[]]", None),
            (r#"{"a"#, None),
            ("{]", Some(2)),
            (r#"{\"}"#, Some(4)),
        ] {
            assert_eq!(end_of_value(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn pieces_of_a_text_do_not_change_where_a_value_ends() {
        let text = br#"{"a":"\\","b\"":[{"}":"{\\\""}],\"c:[]} ,"#;
        let whole = end_of_value(text);
        assert_eq!(whole, Some(text.len() - 2));
        for cut in 0..text.len() - 2 {
            let (head, tail) = text.split_at(cut);
            let mut brackets = BracketMatcher::default();
            assert_eq!(brackets.end_of_value(head), None, "cut at {cut}");
            assert_eq!(
                brackets.end_of_value(tail).map(|end| end + cut),
                whole,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn splits_members_at_their_own_level() {
        let content = r#" "a" : {"x":1,"y":[2,3]} ,, "b":"," , c"#;
        let items: Vec<_> = items(content).collect();
        assert_eq!(items, [r#""a" : {"x":1,"y":[2,3]}"#, r#""b":",""#, "c"]);
        let members: Vec<_> = members(content).collect();
        assert_eq!(members, [("a", r#"{"x":1,"y":[2,3]}"#), ("b", r#"",""#)]);
    }

    #[test]
    fn recognizes_a_number_of_json() {
        for text in [
            "0",
            "-0",
            "10",
            "1.5",
            "1e9",
            "1E+9",
            "123456789012345678901234567890",
            "-1.0e-10",
        ] {
            assert!(is_number(text), "{text}");
        }
        for text in [
            "", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", "1 ", "NaN", "1.2.3",
        ] {
            assert!(!is_number(text), "{text}");
        }
    }
}
