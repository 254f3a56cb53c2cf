//! Secrets in text that need not be JSON: a secret name, and behind it something that separates it
//! from its value, as in query strings, headers, YAML, INI and XML.

use super::cursor::{
    byte, part, past_quote, quote_end, rest, skip_blanks, skip_space, until, value_end,
};
use super::names::{CHINESE, Secrecy, secrecy};
use super::options::value_of_option;
use super::replacement::{Replacement, is_access_key_id, replaced};

/// How far behind a name its value is looked for.
const LOOK_AHEAD: usize = 256;

/// Finds the values of the secret names in a text.
pub(super) fn find_pairs(text: &str, found: &mut Vec<Replacement>) {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let has_lines = text.contains('\n');
    let mut at = 0;
    while let Some(word) = rest(text, at).bytes().position(is_word) {
        let start = at + word;
        let end = start
            + rest(text, start)
                .bytes()
                .take_while(|b| is_word(*b))
                .count();
        at = end;
        let Some(secrecy) = secrecy(part(text, start, end)) else {
            continue;
        };
        let Some((start, end)) = value_after(text, start, end, has_lines, secrecy) else {
            continue;
        };
        at = end.max(at);
        if secrecy == Secrecy::Whole || !is_access_key_id(part(text, start, end)) {
            found.extend(replaced(text, start, end));
        }
    }
}

/// Finds the values behind the Chinese words for a secret. A sentence, which goes on in Chinese, is none.
pub(super) fn find_chinese_pairs(text: &str, found: &mut Vec<Replacement>) {
    if text.is_ascii() {
        return;
    }
    for word in CHINESE {
        let mut at = 0;
        while let Some(name) = rest(text, at).find(word) {
            at += name + word.len();
            let sign = skip_blanks(text, past_quote(text, at).unwrap_or(at));
            let after = rest(text, sign);
            let Some(value) = after.strip_prefix([':', '：', '=', '＝']) else {
                continue;
            };
            let start = skip_blanks(text, sign + after.len() - value.len());
            let end = match past_quote(text, start) {
                Some(inside) => quote_end(text, part(text, start, inside), inside),
                None => bare_end(part(text, 0, ascii_end(text, start)), start),
            };
            let start = past_quote(text, start).unwrap_or(start);
            found.extend(replaced(text, start, end));
            at = end.max(at);
        }
    }
}

/// The end of the ASCII text that begins here.
fn ascii_end(text: &str, start: usize) -> usize {
    let is_ascii = |byte: &u8| byte.is_ascii();
    start
        + rest(text, start)
            .bytes()
            .take_while(|byte| is_ascii(byte))
            .count()
}

/// The range of the value of the name from `word` to `end`, if it has one.
fn value_after(
    text: &str,
    word: usize,
    end: usize,
    has_lines: bool,
    secrecy: Secrecy,
) -> Option<(usize, usize)> {
    let before_name = part(text, 0, word);
    if before_name.ends_with('<') {
        return element(text, end);
    }
    let name_end = past_quote(text, end);
    let is_quoted = name_end.is_some();
    let after = skip_space(text, name_end.unwrap_or(end));
    let (start, separator) = match rest(text, after).as_bytes() {
        [b'=', b'>', ..] | [b':', b'=', ..] => (skip_blanks(text, after + 2), b'='),
        [sign @ (b'=' | b':'), ..] => (skip_blanks(text, after + 1), *sign),
        [b'%', b'3', b'D' | b'd', ..] => (after + 3, b'='),
        [b'>', ..] if !is_quoted && after == end => {
            return Some((after + 1, until(text, after + 1, &['<'])));
        }
        _ => {
            return value_of_option(text, word, end)
                .or_else(|| named_by_value(text, before_name, end));
        }
    };
    // SQL puts an `N` in front of a text in Unicode.
    let start = match byte(text, start) {
        Some(b'N') if past_quote(text, start + 1).is_some() => start + 1,
        _ => start,
    };
    if let Some(inside) = past_quote(text, start) {
        return Some((inside, quote_end(text, part(text, start, inside), inside)));
    }
    // As in a header, wherever that is quoted.
    for scheme in ["Bearer ", "Basic "] {
        if part(text, start, start + scheme.len()).eq_ignore_ascii_case(scheme) {
            let start = start + scheme.len();
            return Some((start, bare_end(text, start)));
        }
    }
    if matches!(byte(text, start), Some(b'{' | b'[')) {
        // What is in it has names of its own.
        if secrecy == Secrecy::Text {
            return None;
        }
        return Some((start, value_end(text, start)));
    }
    let before = before_name.trim_end_matches([' ', '\t', '-']);
    let begins_line = before.is_empty() || before.ends_with('\n');
    let line_end = || until(text, start, &['\r', '\n']);
    if has_lines && begins_line {
        let indent = before_name.len() - before.len();
        return Some((start, block_end(text, start, line_end(), indent)));
    }
    if separator == b'=' || is_quoted {
        return Some((start, bare_end(text, start)));
    }
    if before.ends_with(['{', ',']) {
        return Some((start, until(text, start, &[',', '}', '\r', '\n'])));
    }
    // The whole text is a name and one word; with more words it would be a sentence.
    let is_word = begins_line && !rest(text, start).contains([' ', '\t']);
    is_word.then_some((start, text.len()))
}

/// The range of the text of an XML element, the name of whose tag ends at `name_end`.
fn element(text: &str, name_end: usize) -> Option<(usize, usize)> {
    let mut tag = rest(text, name_end).bytes().take(LOOK_AHEAD);
    let close = tag.position(|byte| byte == b'>')?;
    let start = name_end + close + 1;
    if part(text, name_end, start).ends_with("/>") {
        return None;
    }
    let end = rest(text, start).find("</");
    Some((start, end.map_or(text.len(), |n| start + n)))
}

/// The range of a value whose name is itself a value: `<add key="Password" value="…"/>`,
/// `Tag.1.Key=Password&Tag.1.Value=…`. `before` is the text before the name, which ends at `end`.
fn named_by_value(text: &str, before: &str, end: usize) -> Option<(usize, usize)> {
    let before = before.trim_end_matches(['"', '\'']).trim_end();
    if !before.ends_with(['=', ':']) {
        return None;
    }
    let after = rest(text, end).as_bytes();
    let after = after.get(..after.len().min(LOOK_AHEAD)).unwrap_or_default();
    let mut after = after.split(|byte| matches!(byte, b'>' | b'}' | b'\n'));
    let suffix = b"value";
    let mut names = after.next()?.windows(suffix.len());
    let name_end = end + names.position(|name| name.eq_ignore_ascii_case(suffix))? + suffix.len();
    let sign = skip_blanks(text, past_quote(text, name_end).unwrap_or(name_end));
    let start =
        matches!(byte(text, sign), Some(b'=' | b':')).then(|| skip_blanks(text, sign + 1))?;
    Some(match past_quote(text, start) {
        Some(inside) => (inside, quote_end(text, part(text, start, inside), inside)),
        None => (start, bare_end(text, start)),
    })
}

/// The end of a value of YAML whose name is indented so far: that of the line, or of the block that
/// follows if the value is the head of one.
fn block_end(text: &str, start: usize, line_end: usize, indent: usize) -> usize {
    let is_block_head = |byte| matches!(byte, b'|' | b'>' | b'-' | b'+' | b'0'..=b'9');
    let value = part(text, start, line_end).trim_end_matches([' ', '\t']);
    if !value.starts_with(['|', '>']) || !value.bytes().all(is_block_head) {
        return line_end;
    }
    let mut end = line_end;
    for line in rest(text, line_end).split_inclusive('\n') {
        let inside = line.trim_start_matches([' ', '\t']);
        if !inside.trim_end().is_empty() && line.len() - inside.len() <= indent {
            break;
        }
        end += line.len();
    }
    end
}

/// The end of a value without quotes. A comma, a semicolon, a bracket or a backslash may be part of
/// it, and ends it only where what follows looks like another pair or like the end.
fn bare_end(text: &str, start: usize) -> usize {
    let hard =
        |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'&' | b'"' | b'\'' | b'<' | b'>');
    let soft = |byte: u8| matches!(byte, b';' | b',' | b')' | b'}' | b']' | b'\\');
    let bytes = rest(text, start).as_bytes();
    let ends_at = |at: usize| {
        let after = bytes.get(at..).unwrap_or_default();
        let mut after = after
            .iter()
            .take(LOOK_AHEAD)
            .skip_while(|byte| soft(**byte))
            .peekable();
        match after.peek() {
            None => true,
            Some(byte) if hard(**byte) => true,
            Some(_) => after
                .find(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')))
                .is_some_and(|byte| matches!(byte, b'=' | b':')),
        }
    };
    let length = (0..bytes.len()).find(|&at| match bytes.get(at) {
        Some(&byte) => {
            hard(byte) || soft(byte) && ends_at(at) || bytes.get(at..at + 3) == Some(b"%26")
        }
        None => true,
    });
    start + length.unwrap_or(bytes.len())
}
