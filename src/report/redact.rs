//! Secrets in records and in the texts that quote requests, replaced by marks that can be compared
//! but not used.
//!
//! The only place that knows which names are secret. It is called where a record, an error message or
//! a user agent becomes a cell (`columns.rs`), so that no format can forget it; what a row is told
//! from others by (names of users, events and resources) is not its business. The value of a secret
//! name becomes `[redacted 30 chars sha256:ab12cd34]`, wherever the name stands: in the record, in
//! JSON that is carried as a string to any depth, in a query string, as the `Key` of a `Value` beside
//! it. The rest stays as it was, byte for byte. Where text cannot be understood, rather more is
//! replaced than less.
//!
//! Text is read by quotes and brackets alone, and nothing recurses but for strings inside strings,
//! of which each level doubles its backslashes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use memchr::{memchr, memmem};
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

use super::record::{self, is_space};

/// What a name contains whose value is a secret; in small letters, and without separators.
const SECRET: [&str; 8] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "securitytoken",
    "signature",
    "privatekey",
    "userdata",
];

/// What these words begin with: few places of a name have one of them.
const SECRET_FIRST: &[u8] = b"spu";

/// How a name ends whose value is a secret.
const SECRET_ENDS: [&str; 7] = [
    "token",
    "authorization",
    "apikey",
    "cookie",
    "pwd",
    "psk",
    "presharedkey",
];

/// What a private key in text begins with, but for its kind, and what is at its end.
const ARMOR: &str = "-----BEGIN ";
const ARMOR_OF_KEY: &str = "PRIVATE KEY-----";
const ARMOR_END: &str = "-----END ";

/// How the two names end by which an object tells of a pair what it is called and what it holds:
/// `Key` and `Value`, `ParameterKey` and `ParameterValue`, `Tag.1.Key` and `Tag.1.Value`.
const CALLED: [&str; 2] = ["key", "name"];
const HOLDS: [&str; 2] = ["value", "values"];

/// How many strings may stand in strings. A text with more is replaced as a whole, if it could
/// hold another.
const DEEPEST: usize = 12;

/// The record, or the text, without its secrets.
pub(super) fn redacted(record: &str) -> Cow<'_, str> {
    if !can_hold_any(record) {
        return Cow::Borrowed(record);
    }
    let edits = edits(record, 0, false);
    if edits.is_empty() {
        return Cow::Borrowed(record);
    }
    let mut text = String::with_capacity(record.len());
    let mut kept = 0;
    for edit in edits {
        text.push_str(part(record, kept, edit.start));
        text.push_str(&edit.instead);
        kept = edit.end;
    }
    text.push_str(part(record, kept, record.len()));
    Cow::Owned(text)
}

/// Whether there is something without which there is neither JSON nor a pair of a name and a value,
/// nor a key.
fn can_hold_any(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.any(|byte| matches!(byte, b'"' | b'=' | b':' | b'>' | b'%')) || text.contains(ARMOR)
}

/// A stretch of text, and what is to stand in its place.
struct Edit {
    start: usize,
    end: usize,
    instead: String,
}

/// The mark in place of a secret.
fn mark(secret: &str) -> String {
    let head = Sha256::digest(secret.as_bytes())
        .iter()
        .take(4)
        .fold(0_u32, |head, byte| head << 8 | u32::from(*byte));
    format!(
        "[redacted {} chars sha256:{head:08x}]",
        secret.chars().count()
    )
}

/// Whether the value of such a name is a secret. Whatever is no letter and no figure parts words,
/// also what nobody sees.
fn is_secret(name: &str) -> bool {
    let letters = name
        .chars()
        .filter(|character| character.is_alphanumeric())
        // What is not ASCII is in none of the words.
        .map(|character| u8::try_from(character).map_or(0xff, |byte| byte.to_ascii_lowercase()));
    // Names are short, and a record has a hundred of them: no memory is asked for.
    let (mut short, mut long) = ([0; 64], Vec::new());
    let name = if name.len() <= short.len() {
        let mut length = 0;
        for (to, letter) in short.iter_mut().zip(letters) {
            *to = letter;
            length += 1;
        }
        short.get(..length).unwrap_or_default()
    } else {
        long.extend(letters);
        long.as_slice()
    };
    SECRET_ENDS.iter().any(|end| name.ends_with(end.as_bytes()))
        || (0..name.len()).any(|at| {
            let rest = name.get(at..).unwrap_or_default();
            rest.first()
                .is_some_and(|letter| SECRET_FIRST.contains(letter))
                && SECRET.iter().any(|word| rest.starts_with(word.as_bytes()))
        })
}

/// What to replace in a text, in order and without overlaps.
///
/// Text that is `decoded` is not looked at a second time for percent signs.
fn edits(text: &str, level: usize, decoded: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    if level > DEEPEST {
        edits.push(Edit {
            start: 0,
            end: text.len(),
            instead: mark(text),
        });
        return edits;
    }
    by_structure(text, level, decoded, &mut edits);
    let is_json = text
        .trim_start_matches(is_space)
        .starts_with(['{', '[', '"'])
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if !is_json {
        by_words(text, &mut edits);
        by_armor(text, &mut edits);
        if !decoded {
            by_percent(text, level, &mut edits);
        }
        edits = merged(text, edits);
    }
    edits
}

/// Makes edits from two ways of looking at one text into one list.
fn merged(text: &str, mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| (edit.start, usize::MAX - edit.end));
    let mut merged: Vec<Edit> = Vec::new();
    for edit in edits {
        match merged.last_mut() {
            Some(last) if edit.start < last.end => {
                if edit.end > last.end {
                    last.end = edit.end;
                    last.instead = mark(part(text, last.start, last.end));
                }
            }
            _ => merged.push(edit),
        }
    }
    merged
}

/// Takes the text for JSON: a string before a colon is a name. What stands in the other strings is
/// looked at by itself.
fn by_structure(text: &str, level: usize, decoded: bool, edits: &mut Vec<Edit>) {
    let mut at = 0;
    let mut objects = Objects::default();
    while let Some(found) = memchr(b'"', rest(text, at).as_bytes()) {
        objects.pass(part(text, at, at + found));
        let inside = at + found + 1;
        let end = string_end(text, inside);
        let string = part(text, inside, end);
        let colon = skip_space(text, end + 1);
        let is_name = byte(text, colon) == Some(b':');
        if is_name {
            let name = said(string);
            let value = skip_space(text, colon + 1);
            if is_secret(&name) {
                at = value_end(text, value);
                edits.extend(value_edit(text, value, at));
                continue;
            }
            objects.note(text, &name, value);
        }
        in_string(string, inside, level, decoded, edits);
        at = end + 1;
    }
    let before = edits.len();
    let mut secrets = objects.secrets();
    secrets.sort_unstable();
    let mut done = 0;
    for start in secrets {
        // A value inside one that goes as a whole goes with it, and is not measured again.
        if start >= done {
            done = value_end(text, start);
            edits.extend(value_edit(text, start, done));
        }
    }
    if edits.len() > before {
        *edits = merged(text, std::mem::take(edits));
    }
}

/// The pairs of the objects and arrays around a place, and the secrets that such pairs have shown.
#[derive(Default)]
struct Objects {
    open: Vec<Pairs>,
    /// How many more are open than are told apart.
    deeper: usize,
    /// Where the values begin that are secrets.
    secrets: Vec<usize>,
}

/// The halves of pairs in one object.
#[derive(Default)]
struct Pairs {
    /// What stands in front of `Key` in the names of those that are called as a secret is.
    secret: BTreeSet<String>,
    /// What stands in front of `Value`, and where the value begins.
    values: Vec<(String, usize)>,
}

impl Objects {
    /// How many objects in objects are told apart; those deeper count as one.
    const APART: usize = 1000;

    /// Passes what stands between two strings.
    fn pass(&mut self, between: &str) {
        for byte in between.bytes() {
            match byte {
                b'{' | b'[' if self.open.len() == Self::APART => self.deeper += 1,
                b'{' | b'[' => self.open.push(Pairs::default()),
                b'}' | b']' if self.deeper > 0 => self.deeper -= 1,
                b'}' | b']' => self.close(),
                _ => {}
            }
        }
    }

    fn close(&mut self) {
        let Pairs { secret, values } = self.open.pop().unwrap_or_default();
        let called = values
            .into_iter()
            .filter(|(front, _)| secret.contains(front));
        self.secrets.extend(called.map(|(_, start)| start));
    }

    /// Notes a member, if it is one half of a pair.
    fn note(&mut self, text: &str, name: &str, value: usize) {
        // Most names end otherwise, and a record has a hundred of them.
        let (Some(b'y' | b'Y' | b'e' | b'E' | b's' | b'S'), Some(pairs)) =
            (name.as_bytes().last(), self.open.last_mut())
        else {
            return;
        };
        let string = byte(text, value) == Some(b'"');
        if let Some(front) = CALLED.iter().find_map(|end| front(name, end)) {
            let called = part(text, value + 1, string_end(text, value + 1));
            if string && is_secret(&said(called)) {
                pairs.secret.insert(front);
            }
        } else if let Some(front) = HOLDS.iter().find_map(|end| front(name, end)) {
            pairs.values.push((front, value));
        }
    }

    /// Where the values begin that are secrets, also in what is never closed.
    fn secrets(mut self) -> Vec<usize> {
        while !self.open.is_empty() {
            self.close();
        }
        self.secrets
    }
}

/// What stands in front of the end of a name, in small letters, if it ends so.
fn front(name: &str, end: &str) -> Option<String> {
    let (front, found) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
    found
        .eq_ignore_ascii_case(end)
        .then(|| front.to_ascii_lowercase())
}

/// Replaces a value of JSON, whatever it is; a literal says nothing that could be used.
fn value_edit(text: &str, start: usize, end: usize) -> Option<Edit> {
    let value = part(text, start, end);
    if matches!(value, "" | "\"\"" | "null" | "true" | "false") {
        return None;
    }
    let string = value.strip_prefix('"').and_then(|inside| {
        let inside = inside.strip_suffix('"')?;
        (string_end(value, 1) == inside.len() + 1).then_some(inside)
    });
    let mark = match string {
        Some(string) => mark(&said(string)),
        None => mark(value),
    };
    Some(Edit {
        start,
        end,
        instead: format!("\"{mark}\""),
    })
}

/// Looks at what a string says, and carries what has to go over to how it is written.
fn in_string(string: &str, offset: usize, level: usize, decoded: bool, all: &mut Vec<Edit>) {
    let text = said(string);
    if !can_hold_any(&text) {
        return;
    }
    let mut units = Units::of(string);
    for edit in edits(&text, level + 1, decoded) {
        let start = offset + units.written_before(edit.start);
        let end = offset + units.written_before(edit.end);
        let instead = edit.instead.replace('\\', "\\\\").replace('"', "\\\"");
        all.push(Edit {
            start,
            end,
            instead,
        });
    }
}

/// Takes the text for anything: a secret name, then something that parts it from its value.
fn by_words(text: &str, edits: &mut Vec<Edit>) {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let has_lines = text.contains('\n');
    let mut at = 0;
    while let Some(found) = rest(text, at).bytes().position(is_word) {
        let start = at + found;
        let end = start
            + rest(text, start)
                .bytes()
                .take_while(|b| is_word(*b))
                .count();
        at = end;
        if !is_secret(part(text, start, end)) {
            continue;
        }
        let Some((start, end)) = value_after(text, start, end, has_lines) else {
            continue;
        };
        let secret = part(text, start, end);
        if !matches!(secret, "" | "null" | "true" | "false") {
            edits.push(Edit {
                start,
                end,
                instead: mark(secret),
            });
        }
        at = end.max(at);
    }
}

/// Looks at what percent-encoded text says, be it encoded again and again.
fn by_percent(text: &str, level: usize, all: &mut Vec<Edit>) {
    if text.len() > LONGEST_ENCODED || memchr(b'%', text.as_bytes()).is_none() {
        return;
    }
    let mut said = text.to_owned();
    // Where each byte of what is said stands in the text, and where that ends.
    let mut places: Vec<usize> = (0..=text.len()).collect();
    for _ in 0..ENCODED {
        let Some((decoded, read)) = percent_decoded(&said) else {
            break;
        };
        places = read
            .iter()
            .map(|&at| places.get(at).copied().unwrap_or(text.len()))
            .collect();
        said = decoded;
    }
    if said.len() == text.len() {
        return;
    }
    let place = |at: usize| places.get(at).copied().unwrap_or(text.len());
    for edit in edits(&said, level + 1, true) {
        all.push(Edit {
            start: place(edit.start),
            end: place(edit.end),
            instead: edit.instead.replace('"', "%22"),
        });
    }
}

/// The longest text that is looked at for percent signs: some thirty bytes of memory go with each of
/// its bytes, and no request has so long an address.
const LONGEST_ENCODED: usize = 1 << 20;

/// How many times text may be percent-encoded.
const ENCODED: usize = 3;

/// Text without its percent signs that stand for ASCII, and where in the text each byte of it stands,
/// with the text's end; `None` where there are none.
fn percent_decoded(text: &str) -> Option<(String, Vec<usize>)> {
    memchr(b'%', text.as_bytes())?;
    let mut said = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut at = 0;
    while let Some(character) = rest(text, at).chars().next() {
        let encoded = part(text, at, at + 3)
            .strip_prefix('%')
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii);
        let (character, length) = match encoded {
            Some(byte) => (char::from(byte), 3),
            None => (character, character.len_utf8()),
        };
        places.extend(at..at + character.len_utf8());
        said.push(character);
        at += length;
    }
    places.push(text.len());
    (said.len() < text.len()).then_some((said, places))
}

/// Takes the text for anything: the private keys in it that show themselves.
fn by_armor(text: &str, edits: &mut Vec<Edit>) {
    let mut at = 0;
    while let Some(found) = rest(text, at).find(ARMOR) {
        let kind = at + found + ARMOR.len();
        at = kind;
        let head = rest(text, kind).as_bytes();
        let head = head.get(..head.len().min(LOOK_AHEAD)).unwrap_or_default();
        let Some(start) = memmem::find(head, b"-----") else {
            continue;
        };
        let start = kind + start + "-----".len();
        if !part(text, kind, start).ends_with(ARMOR_OF_KEY) {
            continue;
        }
        let end = rest(text, start)
            .find(ARMOR_END)
            .map_or(text.len(), |n| start + n);
        let key = part(text, start, end);
        edits.push(Edit {
            start,
            end,
            instead: mark(key),
        });
        at = end;
    }
}

/// How far is looked for what belongs to a name: further off, it does not.
const LOOK_AHEAD: usize = 256;

/// Where the value after a word stands, if one does.
fn value_after(text: &str, word: usize, end: usize, has_lines: bool) -> Option<(usize, usize)> {
    let front = part(text, 0, word);
    if front.ends_with('<') {
        return element(text, end);
    }
    let name_end = past_quote(text, end);
    let is_quoted = name_end.is_some();
    let after = skip_space(text, name_end.unwrap_or(end));
    let (start, parted_by) = match rest(text, after).as_bytes() {
        [b'=', b'>', ..] | [b':', b'=', ..] => (skip_blanks(text, after + 2), b'='),
        [sign @ (b'=' | b':'), ..] => (skip_blanks(text, after + 1), *sign),
        [b'%', b'3', b'D' | b'd', ..] => (after + 3, b'='),
        [b'>', ..] if !is_quoted && after == end => {
            return Some((after + 1, until(text, after + 1, &['<'])));
        }
        _ => return called(text, front, end),
    };
    if let Some(inside) = past_quote(text, start) {
        return Some((inside, quote_end(text, start, inside)));
    }
    // As a header has it, wherever that is quoted.
    for scheme in ["Bearer ", "Basic "] {
        if part(text, start, start + scheme.len()).eq_ignore_ascii_case(scheme) {
            let start = start + scheme.len();
            return Some((start, bare_end(text, start)));
        }
    }
    if matches!(byte(text, start), Some(b'{' | b'[')) {
        return Some((start, value_end(text, start)));
    }
    let before = front.trim_end_matches([' ', '\t', '-']);
    let begins_line = before.is_empty() || before.ends_with('\n');
    let line_end = || until(text, start, &['\r', '\n']);
    if has_lines && begins_line {
        let indent = front.len() - before.len();
        return Some((start, block_end(text, start, line_end(), indent)));
    }
    if parted_by == b'=' || is_quoted {
        return Some((start, bare_end(text, start)));
    }
    if before.ends_with(['{', ',']) {
        return Some((start, until(text, start, &[',', '}', '\r', '\n'])));
    }
    // A whole text that is a name and one word; of more words it is a sentence.
    let is_word = begins_line && !rest(text, start).contains([' ', '\t']);
    is_word.then_some((start, text.len()))
}

/// Where the text of an XML element stands, of whose tag the name ends there.
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

/// Where the value stands that goes by the name that ends there, where the name is itself the value of
/// what stands in front: `<add key="Password" value="…"/>`, `Tag.1.Key=Password&Tag.1.Value=…`.
fn called(text: &str, front: &str, end: usize) -> Option<(usize, usize)> {
    let front = front.trim_end_matches(['"', '\'']).trim_end();
    if !front.ends_with(['=', ':']) {
        return None;
    }
    let after = rest(text, end).as_bytes();
    let after = after.get(..after.len().min(LOOK_AHEAD)).unwrap_or_default();
    let mut after = after.split(|byte| matches!(byte, b'>' | b'}' | b'\n'));
    let [holds, _] = HOLDS.map(str::as_bytes);
    let mut names = after.next()?.windows(holds.len());
    let name_end = end + names.position(|name| name.eq_ignore_ascii_case(holds))? + holds.len();
    let sign = skip_blanks(text, past_quote(text, name_end).unwrap_or(name_end));
    let start =
        matches!(byte(text, sign), Some(b'=' | b':')).then(|| skip_blanks(text, sign + 1))?;
    Some(match past_quote(text, start) {
        Some(inside) => (inside, quote_end(text, start, inside)),
        None => (start, bare_end(text, start)),
    })
}

/// Where a quoted value ends: where the same quote stands again, with as many backslashes before it.
/// A quote inside the value has more.
fn quote_end(text: &str, start: usize, inside: usize) -> usize {
    let quote = part(text, start, inside);
    // Each level of strings in strings doubles the backslashes, and adds one before a quote.
    let escaped = quote.len() * 2;
    let mut at = inside;
    while let Some(found) = rest(text, at).find(quote) {
        let end = at + found;
        let more = part(text, inside, end).bytes().rev();
        if more.take_while(|byte| *byte == b'\\').count() % escaped == 0 {
            return end;
        }
        at = end + quote.len();
    }
    text.len()
}

/// Where a value of YAML ends that begins on a line with so much in front of its name: with the line,
/// or where it says that a block follows, with that.
fn block_end(text: &str, start: usize, line_end: usize, indent: usize) -> usize {
    let says_block = |byte| matches!(byte, b'|' | b'>' | b'-' | b'+' | b'0'..=b'9');
    let value = part(text, start, line_end).trim_end_matches([' ', '\t']);
    if !value.starts_with(['|', '>']) || !value.bytes().all(says_block) {
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

/// Where a value without quotes ends. A comma, a semicolon, a bracket or a backslash ends it only
/// where what follows looks like another pair, or like the end: they may be in it.
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

/// After a quote and the backslashes before it, if one stands here.
fn past_quote(text: &str, at: usize) -> Option<usize> {
    let backslashes = rest(text, at).bytes().take_while(|b| *b == b'\\').count();
    let quote = at + backslashes;
    matches!(byte(text, quote), Some(b'"' | b'\'')).then_some(quote + 1)
}

fn until(text: &str, at: usize, ends: &[char]) -> usize {
    rest(text, at).find(ends).map_or(text.len(), |n| at + n)
}

/// Where the closing quote stands, or the end of the text.
fn string_end(text: &str, inside: usize) -> usize {
    let end = record::string_end(rest(text, inside));
    end.map_or(text.len(), |end| inside + end)
}

/// Where a value ends, without the space behind it; where it does not end, with the text.
fn value_end(text: &str, start: usize) -> usize {
    let value = rest(text, start);
    let end = record::value_end(value).unwrap_or(value.len());
    start + part(value, 0, end).trim_end_matches(is_space).len()
}

fn skip_space(text: &str, at: usize) -> usize {
    let rest = rest(text, at);
    at + rest.len() - rest.trim_start_matches(is_space).len()
}

/// Skips what may stand between a name and its value on one line.
fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = rest(text, at);
    at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
}

fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// What a string of JSON says, without trust: an escape that means nothing stands for the
/// character behind the backslash.
fn said(string: &str) -> Cow<'_, str> {
    if memchr(b'\\', string.as_bytes()).is_none() {
        return Cow::Borrowed(string);
    }
    let mut text = String::with_capacity(string.len());
    let mut units = Units::of(string);
    while let Some(character) = units.next() {
        text.push(character);
    }
    Cow::Owned(text)
}

/// The characters of a string of JSON, and how far it has been read.
struct Units<'s> {
    rest: &'s str,
    /// Bytes of the string that have been read.
    written: usize,
    /// Bytes of what they say.
    said: usize,
}

impl<'s> Units<'s> {
    fn of(string: &'s str) -> Self {
        Self {
            rest: string,
            written: 0,
            said: 0,
        }
    }

    /// How many bytes of the string say the first so many bytes of its text. Asked in rising
    /// order.
    fn written_before(&mut self, said: usize) -> usize {
        while self.said < said && self.next().is_some() {}
        self.written
    }

    fn next(&mut self) -> Option<char> {
        let (character, length) = first(self.rest)?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        self.written += length;
        self.said += character.len_utf8();
        Some(character)
    }
}

/// The first character that a string says, and how many bytes it is written in.
fn first(string: &str) -> Option<(char, usize)> {
    let mut characters = string.chars();
    let character = characters.next()?;
    if character != '\\' {
        return Some((character, character.len_utf8()));
    }
    let Some(escaped) = characters.next() else {
        return Some((character, 1));
    };
    let plain = match escaped {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return Some(unicode(string)),
        other => other,
    };
    Some((plain, 1 + escaped.len_utf8()))
}

/// Reads `\u` and its digits, twice for a pair; half a pair is U+FFFD.
fn unicode(string: &str) -> (char, usize) {
    let unit = |at: usize| {
        let (unit, _rest) = record::unit(string.get(at..)?.strip_prefix('\\')?)?;
        Some(unit)
    };
    let Some(high) = unit(0) else {
        return ('u', 2);
    };
    let pair = unit(6).map(|low| char::decode_utf16([high, low]).next());
    if let Some(Some(Ok(character))) = pair
        && character.len_utf16() == 2
    {
        return (character, 12);
    }
    (char::from_u32(high.into()).unwrap_or('\u{fffd}'), 6)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(record: &str, expected: &str) {
        assert_eq!(redacted(record), expected, "{record}");
    }

    const HUNTER: &str = "[redacted 7 chars sha256:f52fbd32]";

    #[test]
    fn a_secret_becomes_its_length_and_the_head_of_its_hash() {
        // From FIPS 180-2: the digest of `abc` begins with ba7816bf.
        check(
            r#"{"a":{"AccessKeySecret":"abc"}}"#,
            r#"{"a":{"AccessKeySecret":"[redacted 3 chars sha256:ba7816bf]"}}"#,
        );
        check(
            r#"{"Password":"a\u0062\u0063"}"#,
            r#"{"Password":"[redacted 3 chars sha256:ba7816bf]"}"#,
        );
        check(
            "{\"Password\":\"é云\"}",
            &format!("{{\"Password\":\"{}\"}}", mark("é云")),
        );
        assert!(mark("é云").starts_with("[redacted 2 chars "));
    }

    #[test]
    fn every_word_begins_with_a_letter_that_is_looked_for() {
        for word in SECRET {
            assert!(SECRET_FIRST.contains(&word.as_bytes()[0]), "{word}");
        }
    }

    #[test]
    fn what_one_member_calls_a_secret_another_holds() {
        for (record, expected) in [
            (
                r#"{"Key":"Password","Value":"hunter2"}"#,
                r#"{"Key":"Password","Value":"HUNTER"}"#,
            ),
            (
                r#"{"Value":"hunter2", "Key" : "Password"}"#,
                r#"{"Value":"HUNTER", "Key" : "Password"}"#,
            ),
            (
                r#"[{"key":"user","value":"hunter2"},{"key":"db_password","value":"hunter2"}]"#,
                r#"[{"key":"user","value":"hunter2"},{"key":"db_password","value":"HUNTER"}]"#,
            ),
            (
                r#"{"P.1.ParameterKey":"a","P.1.ParameterValue":"b","P.2.ParameterKey":"Secret","P.2.ParameterValue":"hunter2"}"#,
                r#"{"P.1.ParameterKey":"a","P.1.ParameterValue":"b","P.2.ParameterKey":"Secret","P.2.ParameterValue":"HUNTER"}"#,
            ),
            (
                r#"{"Name":"passwd","Value":"hunter2""#,
                r#"{"Name":"passwd","Value":"HUNTER""#,
            ),
            (
                r#"{"Name":"passwd","x":{"Value":"a"}}"#,
                r#"{"Name":"passwd","x":{"Value":"a"}}"#,
            ),
            (
                r#"{"e":"[{\"Name\":\"passwd\",\"Value\":\"hunter2\"}]"}"#,
                r#"{"e":"[{\"Name\":\"passwd\",\"Value\":\"HUNTER\"}]"}"#,
            ),
            (
                r#"{"Value":"{\"token\":\"hunter2\"}","Name":"other"}"#,
                r#"{"Value":"{\"token\":\"HUNTER\"}","Name":"other"}"#,
            ),
        ] {
            check(record, &expected.replace("HUNTER", HUNTER));
        }
        // What the value says of itself goes with it.
        let whole = r#"{"Value":"{\"token\":\"a\"}","Name":"passwd"}"#;
        check(
            whole,
            &format!(
                r#"{{"Value":"{}","Name":"passwd"}}"#,
                mark(r#"{"token":"a"}"#)
            ),
        );
        check(
            r#"{"Name":"passwd","Value":1234567}"#,
            &format!(r#"{{"Name":"passwd","Value":"{}"}}"#, mark("1234567")),
        );
    }

    #[test]
    fn names_are_secret_in_any_case_and_however_written() {
        for name in [
            "secret",
            "AccessKeySecret",
            "PASSWORD",
            "LoginPasswd",
            "SecurityToken",
            "Signature",
            "PrivateKey",
            "private_key",
            "userData",
            "UserData.1",
            "ClientToken",
            "x-acs-security-token",
            "pass\\u0077ord",
            "\\u0050assword",
            "pass/word",
            "private:key",
            "user\\tdata",
            "pass\\u200bword",
            "clientToken[]",
        ] {
            check(
                &format!(r#"{{"{name}" : "hunter2" , "b":1}}"#),
                &format!(r#"{{"{name}" : "{HUNTER}" , "b":1}}"#),
            );
        }
        for name in [
            "TokenType",
            "accessKeyId",
            "eventId",
            "keyId",
            "pass",
            "user",
        ] {
            let record = format!(r#"{{"{name}":"hunter2"}}"#);
            check(&record, &record);
        }
    }

    #[test]
    fn everything_under_a_secret_name_goes_and_doubled_names_too() {
        check(
            r#"{"Password":"hunter2","Password":"hunter2","b":[{"secret":"hunter2"}]}"#,
            &r#"{"Password":"@","Password":"@","b":[{"secret":"@"}]}"#.replace('@', HUNTER),
        );
        let nested = r#"{"a":["hunter2",{"b":"}"}]}"#;
        check(
            &format!(r#"{{"UserData": {nested} ,"c":1}}"#),
            &format!(r#"{{"UserData": "{}" ,"c":1}}"#, mark(nested)),
        );
    }

    #[test]
    fn literals_stay() {
        let record = r#"{"Password":null,"PasswordResetRequired":true,"NextToken":""}"#;
        check(record, record);
    }

    #[test]
    fn json_in_strings_is_looked_into() {
        check(
            r#"{"requestParameterJson":"{\"Password\":\"hunter2\",\"a\\/\":\"\\u00e9\\/\"}"}"#,
            &r#"{"requestParameterJson":"{\"Password\":\"@\",\"a\\/\":\"\\u00e9\\/\"}"}"#
                .replace('@', HUNTER),
        );
        check(
            r#"{"a":"{\"b\":\"{\\\"Password\\\":\\\"hunter2\\\"}\"}"}"#,
            &r#"{"a":"{\"b\":\"{\\\"Password\\\":\\\"@\\\"}\"}"}"#.replace('@', HUNTER),
        );
        check(
            r#"{"a":"see {\"Password\": \"hunter2\"} there"}"#,
            &r#"{"a":"see {\"Password\": \"@\"} there"}"#.replace('@', HUNTER),
        );
    }

    #[test]
    fn pairs_in_text_are_found() {
        for (text, expected) in [
            (
                "https://h/?a=1&Signature=hunter2&b=2",
                "https://h/?a=1&Signature=@&b=2",
            ),
            (
                "a%26SecurityToken%3Dhunter2%26b",
                "a%26SecurityToken%3D@%26b",
            ),
            ("PASSWORD=hunter2", "PASSWORD=@"),
            (
                "<a><Password>hunter2</Password></a>",
                "<a><Password>@</Password></a>",
            ),
            (
                "x:\\n  DbPassword: hunter2\\ny: z",
                "x:\\n  DbPassword: @\\ny: z",
            ),
            ("{password: 'hunter2'}", "{password: '@'}"),
        ] {
            check(
                &format!(r#"{{"a":"{text}"}}"#),
                &format!(r#"{{"a":"{expected}"}}"#).replace('@', HUNTER),
            );
        }
        for text in [
            "InvalidSecurityToken.Expired: the token is too old",
            "The specified Password: is wrong",
            "signature does not match",
            "ram-user/a:b",
            "-----BEGIN CERTIFICATE-----hunter2-----END CERTIFICATE-----",
            "<a b='password'>hunter2</a>",
        ] {
            let record = format!(r#"{{"errorMessage":"{text}"}}"#);
            check(&record, &record);
        }
    }

    /// Whatever stands in a secret, no part of it stays.
    #[test]
    fn a_secret_in_text_goes_as_a_whole() {
        for (text, expected) in [
            ("a=1&Password=@&b=2", "P,w)S3cr;et}!"),
            ("password=@", "ab\\X"),
            ("password=@, x=1", "ab)X"),
            ("f(password=@)", "abc"),
            ("{password=@,x=1}", "a,b"),
            ("[db]\npassword = @\nx = 1", "foo bar; X"),
            ("[db]\npassword = @", "foo bar X"),
            ("password='@' x", r"ab\'X"),
            ("password=\"@\" x", r#"ab\"X"#),
            ("a:\n  password: |@b: c", "\n    one\n\n    two\n"),
            ("password: @", "hunter2"),
            ("{user: a, password: @}", "hunter2"),
            ("{\"password\"=>\"@\"}", "hunter2"),
            (":password => \"@\"", "hunter2"),
            ("password := \"@\"", "hunter2"),
            ("<Password type=\"x\">@</Password>", "hunter2"),
            ("<Password >@</Password>", "hunter2"),
            ("<Password>@</Password>", "<![CDATA[hunter2]]>"),
            ("<add key=\"Password\" value=\"@\"/>", "hunter2"),
            ("Tag.1.Key=Password&Tag.1.Value=@&x=1", "hunter2"),
            ("[{'Key': 'Password', 'Value': '@'}]", "hunter2"),
            (
                "x -----BEGIN RSA PRIVATE KEY-----@-----END RSA PRIVATE KEY-----",
                "\nhunter2\n",
            ),
            ("Authorization: @", "hunter2"),
            ("x\nAuthorization: Bearer @\ny", "hunter2"),
            ("curl -H 'Authorization: Bearer @' h", "hunter2"),
            ("pass%77ord=@", "hunter2"),
            ("a%253Fpassword%253D@", "hunter2"),
            ("{%22Password%22%3A%20%22@%22%2C%22a%22:1", "hunter2"),
        ] {
            let record = serde_json::json!({"a": text.replace('@', expected)}).to_string();
            let whole = serde_json::json!({"a": text.replace('@', &mark(expected))}).to_string();
            let block = text.contains('|');
            let found = redacted(&record).into_owned();
            if block {
                assert!(!found.contains("one") && !found.contains("two"), "{found}");
                assert!(found.contains("b: c"), "{found}");
            } else {
                assert_eq!(found, whole, "{record}");
            }
        }
        for (record, value) in [
            (
                r#"{"Key":"Password","Value":["hunter2",{"Value":"x"}]}"#,
                r#"["hunter2",{"Value":"x"}]"#,
            ),
            (
                r#"{"Key":"Password","Values":["hunter2"]}"#,
                r#"["hunter2"]"#,
            ),
            (
                r#"{"Key":"Password","Value":{"x":"hunter2"}}"#,
                r#"{"x":"hunter2"}"#,
            ),
        ] {
            check(
                record,
                &record.replace(value, &format!("\"{}\"", mark(value))),
            );
        }
    }

    #[test]
    fn what_is_not_sound_is_redacted_all_the_same() {
        check(
            r#"{"a":oops 01,"Password":hunter2 ,"b":1}"#,
            &r#"{"a":oops 01,"Password":"@" ,"b":1}"#.replace('@', HUNTER),
        );
        check(
            r#"{password:"hunter2",'secret':'hunter2'}"#,
            &r#"{password:"@",'secret':'@'}"#.replace('@', HUNTER),
        );
        for record in [
            r#"{"Password":"hunter2"#,
            r#"{"Password":{"a":["hunter2""#,
            r#"{"Password":"x" "hunter2","b":1}"#,
            r#"{"a":"{\"Password\":\"hunter2"}"#,
        ] {
            let text = redacted(record);
            assert!(!text.contains("hunter2"), "{record}: {text}");
        }
    }

    #[test]
    fn any_depth_is_taken() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let text = redacted(&format!(r#"{{"Password":{deep},"b":{deep}}}"#)).into_owned();
        assert!(text.starts_with(r#"{"Password":"[redacted 400000 chars "#));
        assert!(text.ends_with(&format!(r#","b":{deep}}}"#)));
        let mut text = r#"{"Password":"hunter2"}"#.to_owned();
        for _ in 0..DEEPEST + 3 {
            text = format!(r#"{{"a":{}}}"#, serde_json::Value::from(text));
        }
        let text = redacted(&text);
        assert!(!text.contains("hunter2"));
        assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok());
    }

    /// Were any of this taken in quadratic time, the test would hardly end.
    #[test]
    fn long_texts_take_no_longer_than_their_length() {
        for piece in [
            "secret: ",
            "\nsecret: ",
            "secret=",
            "secret\"",
            "\"secret\":{",
            "secret>",
            "\\\"secret",
            "\\",
            "<secret",
            "<secret ",
            "<secret>",
            "secret=,",
            "secret=a,b",
            "\nsecret: |\n",
            "='secret'",
            "Key=secret&",
            "-----BEGIN ",
            "%",
            "%25",
            "\"%22\\\"",
            "-----BEGIN PRIVATE KEY-----",
            "\"a\":\"b=",
            "{\"a\":\"secret%3D",
        ] {
            let text = piece.repeat((1 << 18) / piece.len());
            let _ = redacted(&text);
            let _ = redacted(&serde_json::Value::from(text).to_string());
        }
    }

    /// A value as text of JSON: plain, nested, or JSON in a string, with the secret in places
    /// where it has to be found.
    pub(in crate::report) fn value(secret: &'static str) -> impl Strategy<Value = String> {
        let name = prop_oneof![
            Just("Password"),
            Just("accessKeySecret"),
            Just("S\\u0065cret"),
            Just("PRIVATEKEY"),
            Just("token"),
            Just("user_data"),
        ];
        let hidden = (
            name,
            prop_oneof![
                Just(format!("\"{secret}\"")),
                Just(format!("{{\"a\":[\"{secret}\",1]}}")),
                Just(format!("[\"{secret}\"]")),
            ],
        )
            .prop_map(|(name, value)| format!("{{\"x\":1,\"{name}\": {value} ,\"y\":\"z\"}}"));
        let plain = prop_oneof![Just("1".to_owned()), Just("\"é \\/ \\ud800\"".to_owned())];
        prop_oneof![hidden, plain].prop_recursive(5, 24, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3)
                    .prop_map(|all| format!("[{}]", all.join(" , "))),
                (inner.clone(), inner.clone())
                    .prop_map(|(one, two)| format!("{{\"b\":{one},\"b\":{two}}}")),
                inner.prop_map(|text| serde_json::Value::from(text).to_string()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_secret_survives_and_sound_json_stays_sound(value in value("s3cr3tv4lue")) {
            let text = redacted(&value);
            prop_assert!(!text.contains("s3cr3tv4lue"), "{} -> {}", value, text);
            prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{} -> {}", value, text);
            prop_assert_eq!(text.contains("redacted"), value.contains("s3cr3tv4lue"));
        }

        #[test]
        fn text_without_a_secret_name_stays(value in value("x").prop_filter(
            "has none", |value| !value.contains('x'),
        )) {
            prop_assert_eq!(redacted(&value), value.as_str());
        }

        #[test]
        fn any_text_is_taken(text in "([\\[\\]{},;:\"'=()|/ \\\\<>&%\n]|token|3D|u00|é|secret|key|value|-----BEGIN |PRIVATE KEY-----){0,24}") {
            let _ = redacted(&text);
        }
    }
}
