//! Secrets in the options of commands: behind a long option with a secret name, and in the short
//! options of the commands that are listed here.

use memchr::{memchr3_iter, memmem};

use super::cursor::{byte, part, past_quote, quote_end, rest, skip_blanks, until};
use super::replacement::{Replacement, replaced};

/// The commands with a short option for a password, and whether the password may stand apart from it.
/// (The manuals of the commands, as of 2026-11.)
const COMMANDS: [(&str, &str, bool); 17] = [
    ("mysql", "-p", false),
    ("mysqladmin", "-p", false),
    ("mysqlbinlog", "-p", false),
    ("mysqlcheck", "-p", false),
    ("mysqldump", "-p", false),
    ("mysqlimport", "-p", false),
    ("mysqlshow", "-p", false),
    ("mysqlslap", "-p", false),
    ("mysqlsh", "-p", false),
    ("mariadb", "-p", false),
    ("mariadb-admin", "-p", false),
    ("mariadb-dump", "-p", false),
    ("mongo", "-p", true),
    ("mongosh", "-p", true),
    ("mongodump", "-p", true),
    ("redis-cli", "-a", true),
    ("sshpass", "-p", true),
];

/// First words of long options that ask for a secret or do without one: no value follows.
const WITHOUT_VALUE: [&str; 7] = [
    "ask", "disable", "disabled", "no", "prompt", "skip", "without",
];

/// Words that go on in a sentence about an option, where its value would stand.
const SENTENCE: [&str; 16] = [
    "and", "are", "can", "cannot", "for", "has", "in", "is", "must", "needs", "not", "option",
    "or", "requires", "to", "was",
];

/// What ends a command.
const ENDS: [char; 6] = [';', '|', '&', '\n', '\r', ')'];

/// Whether a text may have an option in it.
pub(super) fn can_hold(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_option = |at: usize| match bytes.get(at..) {
        Some([b'-', b'-' | b'a' | b'p', ..]) => true,
        Some([b'-', _, next, ..]) => next.is_ascii_alphabetic(),
        Some(_) | None => false,
    };
    let mut blanks = memchr3_iter(b' ', b'\t', b'\n', bytes);
    is_option(0) || blanks.any(|blank| is_option(blank + 1))
}

/// The range of the value of the long option from `word` to `end`, whose name is secret.
pub(super) fn value_of_option(text: &str, word: usize, end: usize) -> Option<(usize, usize)> {
    let name = part(text, word, end).strip_prefix('-')?;
    let name = name.strip_prefix('-').unwrap_or(name);
    let first = name.split(['-', '_', '.']).next().unwrap_or_default();
    let is_flag = WITHOUT_VALUE
        .iter()
        .any(|one| first.eq_ignore_ascii_case(one));
    let start = skip_blanks(text, end);
    if is_flag || start == end {
        return None;
    }
    let value = value(text, start)?;
    let is_sentence = SENTENCE.contains(&part(text, value.0, value.1));
    (!is_sentence).then_some(value)
}

/// Finds the passwords in short options.
pub(super) fn find_passwords(text: &str, found: &mut Vec<Replacement>) {
    for (command, option, may_stand_apart) in COMMANDS {
        if memmem::find(text.as_bytes(), option.as_bytes()).is_none() {
            continue;
        }
        let mut at = 0;
        while let Some(place) = memmem::find(rest(text, at).as_bytes(), command.as_bytes()) {
            let start = at + place;
            at = start + command.len();
            if is_command(text, start, at) {
                let end = until(text, at, &ENDS);
                find_in_command(text, at, end, (option, may_stand_apart), found);
                at = end;
            }
        }
    }
}

/// Whether the word from one position to another is a command: it has a blank behind it, and in front of
/// it what a command may follow.
fn is_command(text: &str, start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|before| byte(text, before));
    let is_free =
        before.is_none_or(|byte| byte.is_ascii_whitespace() || b"/;|&(`'\"=".contains(&byte));
    is_free && byte(text, end).is_some_and(|byte| byte.is_ascii_whitespace())
}

/// Finds the passwords of one command between two positions.
fn find_in_command(
    text: &str,
    mut at: usize,
    end: usize,
    (option, may_stand_apart): (&str, bool),
    found: &mut Vec<Replacement>,
) {
    while at < end {
        let start = skip_blanks(text, at);
        let word_end = until(text, start, &[' ', '\t', '\r', '\n']).max(start + 1);
        at = word_end;
        let Some(attached) = part(text, start, word_end).strip_prefix(option) else {
            continue;
        };
        let inside = start + option.len();
        let value = match (attached.is_empty(), may_stand_apart) {
            (true, true) => value(text, skip_blanks(text, inside)),
            (true, false) => None,
            (false, _) => value(text, inside),
        };
        if let Some((start, end)) = value {
            found.extend(replaced(text, start, end));
            at = end.max(at);
        }
    }
}

/// The range of a value that begins here, in quotes or not; `None` where another option does, or what
/// stands for a value in a manual.
fn value(text: &str, start: usize) -> Option<(usize, usize)> {
    if let Some(inside) = past_quote(text, start) {
        return Some((inside, quote_end(text, part(text, start, inside), inside)));
    }
    let end = until(
        text,
        start,
        &[' ', '\t', '\r', '\n', '"', '\'', '`', ';', '|', '&'],
    );
    let is_value = !matches!(byte(text, start), None | Some(b'-' | b'<' | b'['));
    (is_value && end > start).then_some((start, end))
}
