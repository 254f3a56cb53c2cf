//! An event that is the value of a member or a column: an object, or a string that holds one.

use std::borrow::Cow;

use crate::event::string::unescape;
use crate::event::structure::{string_content, trim};

/// The text of the event, if the value is the object itself, a string that holds it, or a string
/// that holds such a string.
pub(super) fn event(value: &str) -> Option<Cow<'_, str>> {
    if value.starts_with('{') {
        return Some(Cow::Borrowed(value));
    }
    let mut text = string_content(value).and_then(unescape)?;
    if let Some(inner) = string_content(trim(&text)).and_then(unescape) {
        text = Cow::Owned(inner.into_owned());
    }
    let text = trim_cow(text);
    text.starts_with('{').then_some(text)
}

pub(super) fn trim_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}
