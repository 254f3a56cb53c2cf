//! Values as JSON on one line.
//!
//! Beside what JSON requires, every character that a terminal would interpret is written as `\u` and
//! its number, which reads back the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::escape::escape_json;

/// Appends a value.
pub(crate) fn push_json<T: Serialize + ?Sized>(value: &T, line: &mut Vec<u8>) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(line, SafeFormatter))?;
    Ok(())
}

/// A value as text.
pub(crate) fn json_text<T: Serialize + ?Sized>(value: &T) -> io::Result<String> {
    let mut line = Vec::new();
    push_json(value, &mut line)?;
    String::from_utf8(line).map_err(io::Error::other)
}

/// Compact JSON that escapes more than it has to.
struct SafeFormatter;

impl Formatter for SafeFormatter {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        writer.write_all(escape_json(fragment).as_bytes())
    }
}
