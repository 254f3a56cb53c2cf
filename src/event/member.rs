//! A member of an object, found by its name: for what is needed of few records.

use std::borrow::Cow;

use super::embedded::{self, Embedded};
use super::string::unescape;
use super::structure::{members, object_content};
use super::tolerant;

/// The value of the last member of this name, without regard to ASCII case.
pub(super) fn member<'o>(object: &'o str, name: &str) -> Option<&'o str> {
    members(object_content(object)?)
        .filter(|(found, _)| unescape(found).is_some_and(|found| found.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
        .last()
}

/// The object that a member is, or holds as text.
pub(super) fn object_member<'o>(object: &'o str, name: &str) -> Option<Cow<'o, str>> {
    match embedded::object(member(object, name)?) {
        Embedded::Object(object) => Some(object),
        Embedded::Broken(_) | Embedded::Text(_) | Embedded::Nothing => None,
    }
}

/// The text of a member that is a string, a number or a boolean.
pub(super) fn text_member<'o>(object: &'o str, name: &str) -> Option<Cow<'o, str>> {
    tolerant::text(member(object, name)?).ok()?
}
