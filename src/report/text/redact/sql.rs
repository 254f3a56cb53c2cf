//! Passwords in SQL: `IDENTIFIED BY '…'`, `WITH PASSWORD '…'`, `SET PASSWORD FOR … = '…'`.

use super::cursor::{byte, part, past_quote, quote_end, rest, until};
use super::replacement::{Replacement, replaced};

/// The one word whose value may stand without quotes.
const IDENTIFIED: &[u8] = b"identified";

/// How far behind a word its value is looked for.
const LOOK_AHEAD: usize = 256;

/// Whether a text without quotes may hold a password of a statement.
pub(super) fn can_hold(text: &str) -> bool {
    let mut words = text.as_bytes().windows(IDENTIFIED.len());
    words.any(|word| word.eq_ignore_ascii_case(IDENTIFIED))
}

/// Finds the passwords of statements in a text.
pub(super) fn find_passwords(text: &str, found: &mut Vec<Replacement>) {
    let mut at = 0;
    while let Some((word, end)) = next_word(text, at) {
        at = end;
        let value = if word.as_bytes().eq_ignore_ascii_case(IDENTIFIED) {
            identified(text, end)
        } else if word.eq_ignore_ascii_case("password") {
            password(text, end)
        } else {
            None
        };
        let Some(start) = value else { continue };
        let (start, end) = match past_quote(text, start) {
            Some(inside) => (inside, doubled_quote_end(text, start, inside)),
            None if is_statement(text, end) && byte(text, start) != Some(b'%') => {
                let ends = [' ', '\t', '\r', '\n', ';', ',', ')', '"'];
                (start, until(text, start, &ends))
            }
            None => continue,
        };
        found.extend(replaced(text, start, end));
        at = end.max(at);
    }
}

/// Whether what stands before a position is a statement about users. A sentence may say by what
/// something is identified.
fn is_statement(text: &str, end: usize) -> bool {
    let before = text.as_bytes().get(end.saturating_sub(LOOK_AHEAD)..end);
    let before = before.unwrap_or_default();
    ["create", "alter", "grant"].iter().any(|verb| {
        let mut words = before.windows(verb.len());
        words.any(|word| word.eq_ignore_ascii_case(verb.as_bytes()))
    })
}

/// The next word, and where it ends.
fn next_word(text: &str, at: usize) -> Option<(&str, usize)> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let start = at + rest(text, at).bytes().position(is_word)?;
    let length = rest(text, start)
        .bytes()
        .take_while(|byte| is_word(*byte))
        .count();
    Some((part(text, start, start + length), start + length))
}

/// Where the value of `IDENTIFIED` begins: behind `BY`, `WITH plugin BY` or `WITH plugin AS`.
fn identified(text: &str, end: usize) -> Option<usize> {
    let mut at = end;
    for _ in 0..4 {
        let start = skip_space(text, at);
        if start == at || start > end + LOOK_AHEAD {
            return None;
        }
        let (word, end) = next_word(text, start)?;
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        at = end;
        if is("by") || is("as") {
            let value = skip_space(text, end);
            let after = next_word(text, value).filter(|(word, _)| {
                ["password", "values"]
                    .iter()
                    .any(|kind| word.eq_ignore_ascii_case(kind))
            });
            // `BY PASSWORD '…'` and `BY VALUES '…'` give a hash.
            let value = match after {
                Some((_, end)) if past_quote(text, value).is_none() => skip_space(text, end),
                _ => value,
            };
            return (value > end).then_some(value);
        }
    }
    None
}

/// Where the value of `PASSWORD` begins: a quote behind it, in brackets or not, or behind the `=` of a
/// `PASSWORD FOR user`. What stands behind a bare `=` is found as a pair.
fn password(text: &str, end: usize) -> Option<usize> {
    let mut start = skip_space(text, end);
    if byte(text, start) == Some(b'(') {
        start = skip_space(text, start + 1);
    } else if start == end {
        return None;
    }
    if past_quote(text, start).is_some() {
        return Some(start);
    }
    let (word, after) = next_word(text, start)?;
    if !word.eq_ignore_ascii_case("for") {
        return None;
    }
    let user = rest(text, after).bytes().take(LOOK_AHEAD);
    let sign = after + user.into_iter().position(|byte| byte == b'=')?;
    let (word, behind) = next_word(text, sign).unwrap_or(("", sign));
    let start = skip_space(text, sign + 1);
    // `= PASSWORD('…')` is found by its own word.
    (!word.eq_ignore_ascii_case("password") || behind < start).then_some(start)
}

/// Skips white space, also of a form, in which it is `+`.
fn skip_space(text: &str, at: usize) -> usize {
    let rest = rest(text, at);
    at + rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '+']).len()
}

/// The end of a quoted value in which a doubled quote stands for one.
fn doubled_quote_end(text: &str, start: usize, inside: usize) -> usize {
    let quote = part(text, start, inside);
    let mut end = quote_end(text, quote, inside);
    while rest(text, end + quote.len()).starts_with(quote) {
        end = quote_end(text, quote, end + 2 * quote.len());
    }
    end
}
