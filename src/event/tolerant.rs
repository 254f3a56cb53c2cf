//! The tolerant reader: takes the wanted members out of one record by its structure alone.
//!
//! It defines what a record means. It accepts numbers of any size, any depth, lone surrogates, and
//! invalid values of members that are not wanted. Speed does not matter here.

use std::borrow::Cow;

use super::embedded::{self, Embedded};
use super::fields::{self, EventField, EventFields, EventMember};
use super::string::unescape;
use super::structure::{
    BrokenMember, array_content, is_number, items, object_content, strict_members, string_content,
};

/// A wanted member holds no JSON value, a name is broken, or the brackets of the record do not match.
pub(super) struct InvalidRecord;

impl From<BrokenMember> for InvalidRecord {
    fn from(BrokenMember: BrokenMember) -> Self {
        Self
    }
}

/// Reads the wanted members of a record: the text from its opening to its closing bracket.
pub(super) fn read<'a>(record: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
    let content = object_content(record).ok_or(InvalidRecord)?;
    for member in strict_members(content) {
        let (name, value) = member?;
        let name = unescape(name).ok_or(InvalidRecord)?;
        match fields::event_member(&name) {
            // A user agent is no reason to lose a record.
            Some(EventMember::Field(field @ EventField::UserAgent)) => {
                fields.set(field, text(value).ok().flatten());
            }
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

/// Reads `userIdentity`: an object, or a string that holds one.
fn read_identity<'a>(value: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
    fields.clear_identity();
    match embedded::object(value) {
        Embedded::Object(Cow::Borrowed(object)) => {
            let result = read_identity_members(object, fields);
            if result.is_err() && value.starts_with('"') {
                fields.clear_identity();
                fields.refuse_identity(Cow::Borrowed(object));
                return Ok(());
            }
            result
        }
        Embedded::Object(Cow::Owned(object)) => {
            let mut inner = EventFields::default();
            match read_identity_members(&object, &mut inner) {
                Ok(()) => fields.take_identity(inner),
                Err(InvalidRecord) => fields.refuse_identity(Cow::Owned(object)),
            }
            Ok(())
        }
        Embedded::Broken(text) | Embedded::Text(text) if value.starts_with('"') => {
            fields.refuse_identity(text);
            Ok(())
        }
        Embedded::Broken(_) | Embedded::Text(_) => Err(InvalidRecord),
        Embedded::Nothing => text(value).map(|_| ()),
    }
}

fn read_identity_members<'a>(
    object: &'a str,
    fields: &mut EventFields<'a>,
) -> Result<(), InvalidRecord> {
    for member in strict_members(object_content(object).unwrap_or_default()) {
        let (name, value) = member?;
        let name = unescape(name).ok_or(InvalidRecord)?;
        if let Some(field) = fields::identity_member(&name) {
            fields.set(field, text(value)?);
        }
    }
    Ok(())
}

/// Reads `referencedResources`: an object, or a string that holds one.
fn read_references<'a>(value: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
    fields.clear_references();
    match embedded::object(value) {
        Embedded::Object(Cow::Borrowed(object)) => {
            let result = read_references_members(object, fields);
            if result.is_err() && value.starts_with('"') {
                fields.clear_references();
                fields.refuse_references(Cow::Borrowed(object));
                return Ok(());
            }
            result
        }
        Embedded::Object(Cow::Owned(object)) => {
            let mut inner = EventFields::default();
            match read_references_members(&object, &mut inner) {
                Ok(()) => fields.take_references(inner),
                Err(InvalidRecord) => fields.refuse_references(Cow::Owned(object)),
            }
            Ok(())
        }
        Embedded::Broken(text) | Embedded::Text(text) if value.starts_with('"') => {
            fields.refuse_references(text);
            Ok(())
        }
        Embedded::Broken(_) | Embedded::Text(_) => Err(InvalidRecord),
        Embedded::Nothing => text(value).map(|_| ()),
    }
}

fn read_references_members<'a>(
    object: &'a str,
    fields: &mut EventFields<'a>,
) -> Result<(), InvalidRecord> {
    for member in strict_members(object_content(object).unwrap_or_default()) {
        let (name, value) = member?;
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
