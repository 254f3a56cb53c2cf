//! A value that is an object, or a string that holds one. Leaves out what the object means.

use std::borrow::Cow;

use super::string::unescape;
use super::structure::{object_content, string_content, trim};

/// What a value holds where an object belongs.
pub(super) enum Embedded<'a> {
    /// The text of an object, whose own brackets are a pair.
    Object(Cow<'a, str>),
    /// Text that begins as an object does, and is cut off or does not balance.
    Broken(Cow<'a, str>),
    /// Any other text that is not empty.
    Text(Cow<'a, str>),
    /// Nothing: an empty string, `null`, a number, a boolean or an array.
    Nothing,
}

/// What the value holds: the object itself, a string that holds it, or a string that holds such a
/// string.
pub(super) fn object(value: &str) -> Embedded<'_> {
    if value.starts_with('{') {
        return of_text(Cow::Borrowed(value));
    }
    let Some(content) = string_content(value) else {
        return Embedded::Nothing;
    };
    match unescape(content) {
        Some(text) => in_text(text),
        None => Embedded::Text(Cow::Borrowed(content)),
    }
}

/// What a text holds that has no quotes around it, such as a cell of a table.
pub(super) fn in_text(text: Cow<'_, str>) -> Embedded<'_> {
    let inner = string_content(trim(&text))
        .and_then(unescape)
        .map(Cow::into_owned);
    of_text(trim_cow(inner.map_or(text, Cow::Owned)))
}

fn of_text(text: Cow<'_, str>) -> Embedded<'_> {
    if object_content(&text).is_some() {
        Embedded::Object(text)
    } else if text.starts_with('{') {
        Embedded::Broken(text)
    } else if text.is_empty() || text == "null" {
        Embedded::Nothing
    } else {
        Embedded::Text(text)
    }
}

fn trim_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) if trim(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}
