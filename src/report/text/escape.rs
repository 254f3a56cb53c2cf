//! Text from an archive, made harmless for a terminal or a spreadsheet.
//!
//! Quoting belongs to the formats.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthChar as _;

/// How many marks may stand on one letter. Letters of living languages have fewer; with hundreds the
/// lines around are drawn over.
const MAX_MARKS: usize = 4;

/// Makes text safe to be shown on a terminal, in one line.
///
/// Whoever can put an event into a trail chooses its user agent, user name and resource names.
/// So everything that a terminal interprets or that hides or reorders text becomes a visible
/// `\u{1b}`: the control characters (newline and tab too), marks of writing direction,
/// characters that cannot be seen, blanks that are no space, and the separators of lines and
/// paragraphs. Of marks on one letter four stay, and the number of the others follows, such as
/// `\u{+96}`. A backslash stays as it is: the text is to be read by people, and need not be read back.
///
/// ```
/// assert_eq!(keytrail::report::escape("a\u{1b}[2Jb"), r"a\u{1b}[2Jb");
/// ```
pub fn escape(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut marks = MarkCount::default();
    let mut more = 0;
    for character in text.chars() {
        if marks.is_too_many(character) {
            more += 1;
            continue;
        }
        push_count(std::mem::take(&mut more), &mut escaped);
        if is_unsafe(character) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    push_count(more, &mut escaped);
    Cow::Owned(escaped)
}

/// Appends the number of marks that were left out.
fn push_count(marks: usize, text: &mut String) {
    if marks > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\\u{{+{marks}}}");
    }
}

/// Whether no character of the text is unsafe. Most text is printable ASCII, which is checked first.
fn is_safe(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        || !text.contains(is_unsafe) && !has_flood(text)
}

/// Whether a letter has more marks than may stay.
fn has_flood(text: &str) -> bool {
    let mut marks = MarkCount::default();
    text.chars().any(|character| marks.is_too_many(character))
}

/// Whether the character is drawn onto the one before it.
fn is_mark(character: char) -> bool {
    character >= '\u{300}' && !is_unsafe(character) && character.width() == Some(0)
}

/// Whether a terminal interprets the character, or a person cannot see it.
///
/// Besides the controls: the categories Cf, Zl, Zp and, but for the ideographic space, Zs, and the
/// letters and marks that Unicode 17 draws as nothing.
pub(crate) fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' // C0, DEL, C1
        | '\u{61c}' | '\u{200e}' | '\u{200f}' // marks of direction
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embedding, override, isolate
        | '\u{2028}' | '\u{2029}' // line and paragraph
        | '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' // without width
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers of Hangul
        | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{1d159}' // vowels, a pattern and a note head
        | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' // selectors of variations
        | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' // blanks
        | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' // signs that format what follows
        | '\u{e0000}'..='\u{e0fff}' // tags, which can carry a whole hidden text, and selectors
    )
}

/// The text of JSON, with every unsafe character in its strings escaped, and every mark too many.
pub(crate) fn escape_json(json: &str) -> Cow<'_, str> {
    if is_safe(json) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    let mut marks = MarkCount::default();
    for character in json.chars() {
        if marks.is_too_many(character) || is_unsafe(character) {
            push_json_escape(character, &mut escaped);
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// How many marks stand on the letter at hand.
#[derive(Default)]
pub(crate) struct MarkCount(usize);

impl MarkCount {
    /// Whether the next character is a mark and too many stand before it.
    pub(crate) fn is_too_many(&mut self, next: char) -> bool {
        self.0 = if is_mark(next) { self.0 + 1 } else { 0 };
        self.0 > MAX_MARKS
    }
}

/// Appends the character as JSON escapes, of which those beyond U+FFFF take two.
pub(crate) fn push_json_escape(character: char, text: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\\u{unit:04x}");
    }
}

/// The text with a `'` in front of all that a spreadsheet would take for a formula.
///
/// A formula begins with one of the characters that the OWASP page "CSV Injection" names (CWE-1236),
/// or with their full-width and small forms, which spreadsheets set to an East Asian language read
/// alike. It may stand at the beginning, also behind blanks and quotes, and behind what a spreadsheet
/// takes for the end of a cell: `;` where the comma is a decimal sign, a tab, `|`, or a line end, where
/// the quotes around are not understood.
pub(crate) fn without_formulas(text: &str) -> Cow<'_, str> {
    // Most cells are identifiers, times and names, in which nothing can begin a formula.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:_/-".contains(&byte);
    if !text.starts_with('-') && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::new();
    let mut kept = 0;
    let mut begins = true;
    for (at, character) in text.char_indices() {
        let is_formula = starts_formula(character) || at == 0 && ends_cell(character);
        if begins && is_formula && !matches!(character, ';' | '|') {
            safe.push_str(text.get(kept..at).unwrap_or_default());
            safe.push('\'');
            kept = at;
        }
        let is_skipped = character.is_whitespace() || character == '"';
        begins = ends_cell(character) || begins && is_skipped;
    }
    if kept == 0 && safe.is_empty() {
        return Cow::Borrowed(text);
    }
    safe.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(safe)
}

fn starts_formula(character: char) -> bool {
    matches!(
        character,
        '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫' | '−'
    )
}

/// Whether a spreadsheet may take the character for the end of a cell.
fn ends_cell(character: char) -> bool {
    matches!(character, ';' | '|' | '\t' | '\r' | '\n')
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
    fn letters_that_cannot_be_seen_become_visible() {
        for invisible in [
            '\u{115f}',
            '\u{1160}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{2800}',
            '\u{34f}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{180b}',
            '\u{17b4}',
            '\u{110bd}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{a0}',
            '\u{2003}',
            '\u{600}',
        ] {
            let text = format!("al{invisible}ice");
            let shown = escape(&text).into_owned();
            assert_eq!(shown, format!("al{}ice", invisible.escape_unicode()));
            let json = escape_json(&text).into_owned();
            assert!(json.starts_with("al\\u") && json.is_ascii(), "{json}");
        }
        assert_eq!(
            escape("\u{3000}云\u{1100}\u{1161}\u{11a8}"),
            "\u{3000}云\u{1100}\u{1161}\u{11a8}"
        );
    }

    #[test]
    fn a_flood_of_marks_is_cut() {
        let flood = "a".to_owned() + &"\u{301}".repeat(100) + "b";
        assert_eq!(escape(&flood), "a\u{301}\u{301}\u{301}\u{301}\\u{+96}b");
        let json = escape_json(&flood).into_owned();
        assert_eq!(json.matches("\\u0301").count(), 96);
        assert_eq!(json.matches('\u{301}').count(), 4);
        let few = "e\u{301}\u{323}x\u{5b0}\u{5bc}";
        assert!(matches!(escape(few), Cow::Borrowed(_)));
    }

    #[test]
    fn formulas_behind_what_ends_a_cell_are_disarmed() {
        for (text, expected) in [
            ("=1", "'=1"),
            ("a;=1", "a;'=1"),
            ("a; \"=1", "a; \"'=1"),
            ("a\t+1|-1", "a\t'+1|'-1"),
            ("a\n@x\r＝1", "a\n'@x\r'＝1"),
            (" =1", " '=1"),
            ("\ta", "'\ta"),
            ("\t=1", "'\t'=1"),
            (";=1;＝1", ";'=1;'＝1"),
            ("﹦1", "'﹦1"),
        ] {
            assert_eq!(without_formulas(text), expected, "{text:?}");
        }
        for text in [
            "",
            "a=1",
            "a-b",
            "a; b",
            "x;y|z",
            "a@b.example",
            "'=1",
            "a;'=1",
            "；x",
        ] {
            assert!(matches!(without_formulas(text), Cow::Borrowed(_)), "{text}");
        }
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
            prop_assert!(!has_flood(&escape(&text)));
        }
    }
}
