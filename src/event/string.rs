//! JSON strings: decoding the escapes between the quotes, and writing text as a string.

use std::borrow::Cow;

/// Decodes the content between the quotes of a JSON string.
///
/// A lone surrogate escape becomes U+FFFD; control characters are left as they are.
/// `None` for an escape that JSON does not have.
pub(super) fn unescape(raw: &str) -> Option<Cow<'_, str>> {
    let Some(first) = memchr::memchr(b'\\', raw.as_bytes()) else {
        return Some(Cow::Borrowed(raw));
    };
    let (plain, mut rest) = raw.split_at(first);
    let mut text = String::with_capacity(raw.len());
    text.push_str(plain);
    while let Some(escape) = rest.strip_prefix('\\') {
        let (decoded, after) = decode(escape)?;
        text.push(decoded);
        rest = after;
        let plain = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(plain);
        text.push_str(head);
        rest = tail;
    }
    Some(Cow::Owned(text))
}

/// The character of an escape whose backslash is before this text, and what follows it.
fn decode(escape: &str) -> Option<(char, &str)> {
    let mut chars = escape.chars();
    let decoded = match chars.next()? {
        plain @ ('"' | '\\' | '/') => plain,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let (unit, after) = code_unit(chars.as_str())?;
            return Some(join_surrogates(unit, after));
        }
        _ => return None,
    };
    Some((decoded, chars.as_str()))
}

/// A text of JSON with the escapes in all its strings decoded once, which is no JSON any more; `None`
/// where it has none. An escape that JSON does not have stays as it is.
///
/// ```
/// use keytrail::event::decode_escapes;
///
/// let decoded = decode_escapes(r#"{"a": "\u5f20 \/ \\n"}"#);
/// assert_eq!(decoded.as_deref(), Some(r#"{"a": "张 / \n"}"#));
/// assert_eq!(decode_escapes(r#"{"a": "\q"}"#), None);
/// ```
pub fn decode_escapes(json: &str) -> Option<String> {
    let mut text = String::new();
    let mut changed = false;
    let mut rest = json;
    while let Some(position) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (head, tail) = rest.split_at(position);
        text.push_str(head);
        let escape = tail.strip_prefix('\\').unwrap_or_default();
        if let Some((decoded, after)) = decode(escape) {
            text.push(decoded);
            changed = true;
            rest = after;
        } else {
            text.push('\\');
            rest = escape;
        }
    }
    text.push_str(rest);
    changed.then_some(text)
}

/// The text of bytes, and whether some of them were replaced by U+FFFD.
pub(super) fn decode_utf8(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (String::from_utf8_lossy(bytes), true),
    }
}

/// Writes text as a JSON string, with the escapes that JSON requires and no others.
pub(super) fn write_string(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..=' ' if character != ' ' => {
                json.push_str("\\u00");
                let digit = |four: u32| char::from_digit(u32::from(character) >> four & 15, 16);
                json.extend(digit(4).into_iter().chain(digit(0)));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// The UTF-16 code unit of a `\u` escape's four hex digits, and the text after them.
fn code_unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// The character of a code unit, joined with the low surrogate that follows a high one, and the
/// text after it.
fn join_surrogates(unit: u32, rest: &str) -> (char, &str) {
    if (0xD800..0xDC00).contains(&unit)
        && let Some((low, after)) = rest.strip_prefix("\\u").and_then(code_unit)
        && (0xDC00..0xE000).contains(&low)
    {
        let joined = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        return (
            char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER),
            after,
        );
    }
    (
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
        rest,
    )
}

#[cfg(test)]
mod tests {
    use super::{unescape, write_string};

    #[test]
    fn decodes_escapes_and_replaces_lone_surrogates() {
        for (raw, expected) in [
            ("", Some("")),
            ("plain 云", Some("plain 云")),
            (r#"\"\\\/\b\f\n\r\t"#, Some("\"\\/\u{8}\u{c}\n\r\t")),
            (r"a\u0041\u4e91z", Some("aA云z")),
            (r"\ud83d\ude00", Some("😀")),
            (r"\ud83d", Some("\u{fffd}")),
            (r"\ud83dx", Some("\u{fffd}x")),
            (r"\ud83d\u0041", Some("\u{fffd}A")),
            (r"\ud83d\ud83d\ude00", Some("\u{fffd}😀")),
            (r"\ude00\ud83d", Some("\u{fffd}\u{fffd}")),
            (r"\u00zz", None),
            (r"\u12", None),
            (r"\u+123", None),
            (r"\x41", None),
            (r"\", None),
        ] {
            assert_eq!(unescape(raw).as_deref(), expected, "{raw:?}");
        }
    }

    #[test]
    fn a_written_string_decodes_to_its_text() {
        for text in ["", "plain 云", "\"\\/\n\0\u{1f}\u{7f} \u{2028}"] {
            let mut json = String::new();
            write_string(text, &mut json);
            let raw = json
                .strip_prefix('"')
                .and_then(|raw| raw.strip_suffix('"'))
                .unwrap();
            assert!(!raw.chars().any(|character| character < ' '), "{raw:?}");
            assert_eq!(unescape(raw).as_deref(), Some(text));
        }
    }
}
