//! Text from an archive, made harmless for a terminal or a spreadsheet.
//!
//! Quoting belongs to the formats.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes text safe to be shown on a terminal, in one line.
///
/// Whoever can put an event into a trail chooses its user agent, user name and resource names.
/// So everything that a terminal interprets or that hides or reorders text becomes a visible
/// `\u{1b}`: the control characters (newline and tab too), marks of writing direction,
/// characters without width, and the separators of lines and paragraphs. A backslash stays
/// as it is: the text is to be read by people, and need not be read back.
///
/// ```
/// assert_eq!(keytrail::report::escape("a\u{1b}[2Jb"), r"a\u{1b}[2Jb");
/// ```
pub fn escape(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Whether no character of the text is unsafe. Most text is printable ASCII, which is checked first.
fn is_safe(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(is_unsafe)
}

/// Whether a terminal interprets the character, or a person cannot see it.
pub(crate) fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' // C0, DEL, C1
        | '\u{61c}' | '\u{200e}' | '\u{200f}' // marks of direction
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embedding, override, isolate
        | '\u{2028}' | '\u{2029}' // line and paragraph
        | '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' // without width
        | '\u{e0000}'..='\u{e007f}' // tags, which can carry a whole hidden text
    )
}

/// The text of JSON, with every unsafe character in its strings escaped.
pub(crate) fn escape_json(json: &str) -> Cow<'_, str> {
    if is_safe(json) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_unsafe(character) {
            push_json_escape(character, &mut escaped);
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Appends the character as JSON escapes, of which those beyond U+FFFF take two.
pub(crate) fn push_json_escape(character: char, text: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\\u{unit:04x}");
    }
}

/// Whether a spreadsheet takes a field that begins like this for a formula.
///
/// The characters that the OWASP page "CSV Injection" names (CWE-1236), with their full-width
/// forms, which spreadsheets set to an East Asian language read alike.
pub(crate) fn starts_formula(field: &str) -> bool {
    field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_interprets_becomes_visible() {
        let check = |text: &str, expected: &str| assert_eq!(escape(text), expected, "{text:?}");
        check("RunInstances", "RunInstances");
        check("云服务器 é 🦀", "云服务器 é 🦀");
        check("C:\\logs", "C:\\logs");
        check("a\x1b[31mb", r"a\u{1b}[31mb");
        check("a\nb\tc\r\0", r"a\u{a}b\u{9}c\u{d}\u{0}");
        check("\u{7f}\u{9b}2J", r"\u{7f}\u{9b}2J");
        check(
            "user\u{202e}gpj.exe\u{2066}",
            r"user\u{202e}gpj.exe\u{2066}",
        );
        check("\u{200e}\u{200f}\u{61c}", r"\u{200e}\u{200f}\u{61c}");
        check(
            "al\u{200b}ice\u{200d}\u{2060}\u{feff}",
            r"al\u{200b}ice\u{200d}\u{2060}\u{feff}",
        );
        check("\u{2028}\u{2029}", r"\u{2028}\u{2029}");
        check("\u{e0041}", r"\u{e0041}");
    }

    #[test]
    fn clean_text_is_not_copied() {
        assert!(matches!(escape("i-bp1ltva99x1a"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(!escape(&text).contains(is_unsafe));
            prop_assert!(!escape(&text).contains(char::is_control));
        }
    }
}
