//! Whole records for an answer: checked and repaired, or rebuilt where they are not sound JSON.
//!
//! A record reaches an answer when its event could be used, which does not mean that the whole
//! text is sound JSON: what is not needed was never interpreted. So members are found by brackets
//! and quotes alone, and whatever goes into JSON of ours is checked first. Nothing here recurses,
//! since a record may be nested to any depth.

use std::borrow::Cow;
use std::str::Chars;

use serde::de::IgnoredAny;

use super::escape::{MarkCount, escape_json, is_unsafe, push_json_escape};

/// How deep a record may be nested to be embedded in a document of ours.
///
/// Real records stay below ten. Readers of JSON give up somewhere between one hundred and some
/// thousands, and one hostile record must not make a whole answer unreadable.
const MAX_DEPTH: usize = 100;

/// The record as JSON on one line, if it is sound JSON that every reader can take.
pub(crate) fn embeddable(record: &str) -> Option<String> {
    let (text, depth) = one_line(record)?;
    (depth <= MAX_DEPTH).then_some(text)
}

/// A record that cannot be embedded, as an object that can. The value of a member that is not sound,
/// or nested too deep, becomes a string of its text, and so does what is no member at all, in
/// [`UNREAD`].
pub(crate) fn rebuilt(record: &str) -> String {
    let mut text = String::from("{");
    let mut push = |name: &str, value: &str| {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&quoted(name));
        text.push(':');
        match one_line(value) {
            Some((value, depth)) if depth < MAX_DEPTH => text.push_str(&value),
            Some(_) | None => text.push_str(&quoted(value)),
        }
    };
    let mut members = members(record);
    for (name, value) in &mut members {
        push(&name, value);
    }
    let rest = members.rest.trim_matches(is_space);
    if !matches!(rest, "" | "}") {
        push(UNREAD, &quoted(rest));
    }
    text.push('}');
    text
}

/// The member with the text that is no member.
const UNREAD: &str = "keytrailUnread";

/// A text as a string of JSON, with all that a terminal would interpret escaped.
fn quoted(text: &str) -> String {
    escape_json(&serde_json::Value::from(text).to_string()).into_owned()
}

/// A value as JSON on one line, if it is sound JSON; and how deep it is nested.
///
/// The value stays the same, to the last digit of its numbers, but for two repairs: an escape of
/// half a surrogate pair, which many readers refuse, becomes U+FFFD, and a bare control character
/// in a string gets the escape it should have had. Other characters that a terminal would interpret
/// are escaped too.
pub(crate) fn one_line(value: &str) -> Option<(String, usize)> {
    let mut text = String::with_capacity(value.len());
    let mut depth = 0_usize;
    let mut deepest = 0_usize;
    let mut chars = value.chars();
    while let Some(character) = chars.next() {
        match character {
            '"' => {
                text.push('"');
                push_string(&mut chars, &mut text);
            }
            _ if is_space(character) => {
                let rest = chars.as_str().trim_start_matches(is_space);
                chars = rest.chars();
                // What separates two values that nothing else separates must stay: `1 2` is
                // not sound, and must not turn into `12`.
                let needed = !text.ends_with(['{', '[', ',', ':']) && !text.is_empty();
                if needed && !rest.starts_with(['}', ']', ',', ':']) && !rest.is_empty() {
                    text.push(' ');
                }
            }
            _ => {
                match character {
                    '{' | '[' => depth += 1,
                    '}' | ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                deepest = deepest.max(depth);
                text.push(character);
            }
        }
    }
    // Skipping a value is the one thing that serde_json does without recursion (1.0.154).
    serde_json::from_str::<IgnoredAny>(&text)
        .is_ok()
        .then_some((text, deepest))
}

/// The members of an object, in order, doubled names and all: each name, and the text of its
/// value, which may be anything whose brackets and quotes balance.
///
/// Ends where the text is no longer that of an object.
pub(crate) fn members(object: &str) -> MemberIter<'_> {
    let rest = object.trim_start_matches(is_space);
    MemberIter {
        rest: rest.strip_prefix('{').unwrap_or(rest),
    }
}

/// The members of an object.
pub(crate) struct MemberIter<'o> {
    /// What has not been read.
    rest: &'o str,
}

impl<'o> Iterator for MemberIter<'o> {
    type Item = (Cow<'o, str>, &'o str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.trim_start_matches(|c| is_space(c) || c == ',');
        let (name, text) = split_string(text)?;
        let text = text.trim_start_matches(is_space).strip_prefix(':')?;
        let (value, after) = text.split_at_checked(value_end(text)?)?;
        self.rest = after;
        Some((name, value.trim_matches(is_space)))
    }
}

/// Splits off the string at the start of the text, decoded.
fn split_string(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inside = text.strip_prefix('"')?;
    let end = string_end(inside)?;
    let (string, rest) = inside.split_at_checked(end)?;
    let rest = rest.strip_prefix('"')?;
    if !string.contains('\\') {
        return Some((Cow::Borrowed(string), rest));
    }
    let decoded = serde_json::from_str(&format!("\"{string}\""));
    Some((decoded.map_or(Cow::Borrowed(string), Cow::Owned), rest))
}

/// Where the closing quote of a string stands, given what follows the opening one.
pub(crate) fn string_end(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Where the value at the start of the text ends: before the comma or the bracket that is not its
/// own.
pub(crate) fn value_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    text.bytes().position(|byte| {
        if quoted {
            quoted = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
            return false;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b',' | b'}' | b']' => return depth == 0,
            _ => {}
        }
        false
    })
}

/// Copies a string up to and with its closing quote, repaired.
fn push_string(chars: &mut Chars<'_>, text: &mut String) {
    let mut marks = MarkCount::default();
    loop {
        // Printable ASCII, which is most of it, as a whole.
        let rest = chars.as_str();
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        let end = rest.bytes().position(|byte| !plain(byte));
        let (plain, rest) = rest.split_at(end.unwrap_or(rest.len()));
        text.push_str(plain);
        if !plain.is_empty() {
            marks = MarkCount::default();
        }
        *chars = rest.chars();
        let Some(character) = chars.next() else {
            return;
        };
        match character {
            '"' => {
                text.push('"');
                return;
            }
            '\\' => push_escape(chars, text),
            _ if marks.is_too_many(character) || is_unsafe(character) => {
                push_json_escape(character, text);
            }
            _ => text.push(character),
        }
    }
}

/// Copies what follows a backslash, and the backslash.
fn push_escape(chars: &mut Chars<'_>, text: &mut String) {
    let after = chars.as_str();
    match utf16_unit(after) {
        Some((0xd800..=0xdbff, rest)) => {
            let low = rest.strip_prefix('\\').and_then(utf16_unit);
            if let Some((0xdc00..=0xdfff, rest)) = low {
                let pair = after.strip_suffix(rest).unwrap_or_default();
                text.push('\\');
                text.push_str(pair);
                *chars = rest.chars();
            } else {
                text.push_str("\\ufffd");
                *chars = rest.chars();
            }
        }
        Some((0xdc00..=0xdfff, rest)) => {
            text.push_str("\\ufffd");
            *chars = rest.chars();
        }
        Some(_) | None => {
            text.push('\\');
            // As it is, even a control character: this is not sound, and must not become so.
            text.extend(chars.next());
        }
    }
}

/// Reads `u` and four hexadecimal digits, as they follow a backslash.
pub(crate) fn utf16_unit(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.strip_prefix('u')?.split_at_checked(4)?;
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}

/// What JSON takes for white space.
pub(crate) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<&str>) {
        assert_eq!(
            one_line(value).map(|(text, _)| text).as_deref(),
            expected,
            "{value:?}"
        );
    }

    #[test]
    fn sound_values_keep_their_meaning() {
        check(
            " { \"a\" : [ 1 , 2 ] ,\r\n\t\"b\" : \"x  y\" } ",
            Some(r#"{"a":[1,2],"b":"x  y"}"#),
        );
        check(
            "123456789012345678901234567890.10",
            Some("123456789012345678901234567890.10"),
        );
        check(
            r#""\ud83e\udd80 \u00e9 \" \\""#,
            Some(r#""\ud83e\udd80 \u00e9 \" \\""#),
        );
        check(r#"{"a":1,"a":2}"#, Some(r#"{"a":1,"a":2}"#));
        check("\"云\u{9b}2J\u{202e}\"", Some(r#""云\u009b2J\u202e""#));
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        check(r#""a\ud800b""#, Some(r#""a\ufffdb""#));
        check(r#""\udc00\ud83e""#, Some(r#""\ufffd\ufffd""#));
        check(r#""\ud800\ud83e\udd80""#, Some(r#""\ufffd\ud83e\udd80""#));
        check(r#""\ud800\u0041""#, Some(r#""\ufffd\u0041""#));
        check(r#""\ud800\"""#, Some(r#""\ufffd\"""#));
        check(r#""\\ud800""#, Some(r#""\\ud800""#));
    }

    #[test]
    fn bare_controls_are_escaped() {
        check("\"a\nb\u{1b}\"", Some(r#""a\u000ab\u001b""#));
    }

    #[test]
    fn unsound_values_are_refused() {
        for value in [
            "", "1 2", "01", "{", "[1,]", "{\"a\":}", "nul", "\"", "\"\\x\"", "1}", "NaN",
        ] {
            check(value, None);
        }
        check("\"\\\u{1b}\"", None);
        check("\"\\u+041\"", None);
    }

    #[test]
    fn deep_records_are_not_embedded_and_do_not_overflow_the_stack() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(embeddable(&deep(MAX_DEPTH)).is_some());
        assert!(embeddable(&deep(MAX_DEPTH + 1)).is_none());
        assert_eq!(
            one_line(&deep(200_000)).map(|(_, depth)| depth),
            Some(200_000)
        );
        assert_eq!(one_line(&"[".repeat(200_000)), None);
        let object = format!("{{\"a\":{},\"b\":1}}", deep(200_000));
        assert_eq!(members(&object).count(), 2);
    }

    #[test]
    fn what_cannot_be_embedded_is_rebuilt() {
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        for (record, expected) in [
            (
                r#"{"a":oops,"b": [1, 2]}"#,
                r#"{"a":"oops","b":[1,2]}"#.to_owned(),
            ),
            ("{\"\u{1b}\":01}", r#"{"\u001b":"01"}"#.to_owned()),
            (
                &*format!(r#"{{"a":{deep},"b":1}}"#),
                format!(r#"{{"a":"{deep}","b":1}}"#),
            ),
            ("[1]", r#"{"keytrailUnread":"[1]"}"#.to_owned()),
            (
                r#"{"a":1,b:2}"#,
                r#"{"a":1,"keytrailUnread":",b:2}"}"#.to_owned(),
            ),
            (r#" {"a":1 } "#, r#"{"a":1}"#.to_owned()),
        ] {
            let text = rebuilt(record);
            assert_eq!(text, expected);
            assert!(embeddable(&text).is_some(), "{text}");
        }
    }

    #[test]
    fn members_are_found_by_brackets_and_quotes() {
        let check = |object: &str, expected: &[(&str, &str)]| {
            let found: Vec<_> = members(object).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, value)| (Cow::Borrowed(*name), *value))
                .collect();
            assert_eq!(found, expected, "{object}");
        };
        check(
            r#" {"a": 1 , "b":{"c":[2,"}"]},"d":"x,\"y"}"#,
            &[("a", "1"), ("b", r#"{"c":[2,"}"]}"#), ("d", r#""x,\"y""#)],
        );
        check(
            r#"{"a":1,"a":2,"\u0061":3}"#,
            &[("a", "1"), ("a", "2"), ("a", "3")],
        );
        check(r#"{"a":oops,"b":01}"#, &[("a", "oops"), ("b", "01")]);
        check(r#"{"a":1,"b":"cut"#, &[("a", "1")]);
        check(r#"{"a":1,b:2}"#, &[("a", "1")]);
        check("[1]", &[]);
        check("", &[]);
        check("{}", &[]);
    }

    proptest! {
        #[test]
        fn one_line_is_sound_and_one_line(value in "[\\[\\]{},:\" \\\\a01ud8\n\u{1b}-]{0,40}") {
            if let Some((text, _)) = one_line(&value) {
                prop_assert!(!text.contains(is_unsafe));
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }

        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let _ = one_line(&text);
            members(&text).count();
        }
    }
}
