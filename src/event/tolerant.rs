//! The tolerant reader: takes the wanted members out of one record by its structure alone.
//!
//! It defines what a record means. It accepts numbers of any size, any depth, lone surrogates, and
//! invalid values of members that are not wanted. Speed does not matter here.

use std::borrow::Cow;

use super::fields::{self, EventFields, EventMember};
use super::string::unescape;
use super::structure::{array_content, is_number, items, members, object_content, string_content};

/// A wanted member holds no JSON value, or the brackets of the record do not match.
pub(super) struct InvalidRecord;

/// Reads the wanted members of a record: the text from its opening to its closing bracket.
pub(super) fn read<'a>(record: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
    let content = object_content(record).ok_or(InvalidRecord)?;
    for (name, value) in members(content) {
        match unescape(name).as_deref().and_then(fields::event_member) {
            Some(EventMember::Field(field)) => fields.set(field, text(value)?),
            Some(EventMember::Identity) => read_identity(value, fields)?,
            Some(EventMember::References) => read_references(value, fields)?,
            None => {}
        }
    }
    Ok(())
}

/// The text of a string; that of a number or a boolean is its JSON text, and everything else is
/// missing.
pub(super) fn text(value: &str) -> Result<Option<Cow<'_, str>>, InvalidRecord> {
    match value.as_bytes().first() {
        Some(b'"') => string(value).map(Some),
        Some(b'{' | b'[') => object_content(value)
            .or_else(|| array_content(value))
            .map(|_| None)
            .ok_or(InvalidRecord),
        _ => match value {
            "null" => Ok(None),
            "true" | "false" => Ok(Some(Cow::Borrowed(value))),
            number if is_number(number) => Ok(Some(Cow::Borrowed(number))),
            _ => Err(InvalidRecord),
        },
    }
}

/// The text of a value that has to be a string.
fn string(value: &str) -> Result<Cow<'_, str>, InvalidRecord> {
    string_content(value)
        .and_then(unescape)
        .ok_or(InvalidRecord)
}

fn read_identity<'a>(value: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
    fields.clear_identity();
    let Some(content) = object_content(value) else {
        return text(value).map(|_| ());
    };
    for (name, value) in members(content) {
        if let Some(field) = unescape(name).as_deref().and_then(fields::identity_member) {
            fields.set(field, text(value)?);
        }
    }
    Ok(())
}

fn read_references<'a>(value: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
    fields.clear_references();
    let Some(content) = object_content(value) else {
        return text(value).map(|_| ());
    };
    for (name, value) in members(content) {
        let resource_type = unescape(name).ok_or(InvalidRecord)?;
        match array_content(value) {
            Some(names) => {
                for name in items(names).filter(|name| name.starts_with('"')) {
                    fields.add_reference(resource_type.clone(), string(name)?);
                }
            }
            None if value.starts_with('"') => {
                fields.add_reference(resource_type, string(value)?);
            }
            None => {}
        }
    }
    Ok(())
}
