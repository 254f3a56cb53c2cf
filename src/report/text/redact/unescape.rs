//! What strings of JSON stand for, without trust: an escape that means nothing stands for the
//! character behind the backslash.

use std::borrow::Cow;

use memchr::memchr;

use crate::report::text::record;

/// The text that a string of JSON stands for, given without its quotes.
pub(super) fn unescaped(string: &str) -> Cow<'_, str> {
    if memchr(b'\\', string.as_bytes()).is_none() {
        return Cow::Borrowed(string);
    }
    let mut text = String::with_capacity(string.len());
    let mut unescape = Unescape::new(string);
    while let Some(character) = unescape.next() {
        text.push(character);
    }
    Cow::Owned(text)
}

/// The characters that a string of JSON stands for, and how far it has been read.
pub(super) struct Unescape<'s> {
    rest: &'s str,
    /// Bytes of the string that have been read.
    read: usize,
    /// Bytes of the text that they stand for.
    unescaped: usize,
}

impl<'s> Unescape<'s> {
    pub(super) fn new(string: &'s str) -> Self {
        Self {
            rest: string,
            read: 0,
            unescaped: 0,
        }
    }

    /// How many bytes of the string stand for the first so many bytes of its text. To be asked in
    /// rising order.
    pub(super) fn read_before(&mut self, unescaped: usize) -> usize {
        while self.unescaped < unescaped && self.next().is_some() {}
        self.read
    }

    fn next(&mut self) -> Option<char> {
        let (character, length) = first(self.rest)?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        self.read += length;
        self.unescaped += character.len_utf8();
        Some(character)
    }
}

/// The first character that a string stands for, and the length of what stands for it in bytes.
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
        let (unit, _rest) = record::utf16_unit(string.get(at..)?.strip_prefix('\\')?)?;
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
