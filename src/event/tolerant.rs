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
    trim,
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
            Some(EventMember::Identity) => IDENTITY.read(value, fields)?,
            Some(EventMember::References) => REFERENCES.read(value, fields)?,
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

/// How a member that is an object is kept, whether it stands as one or in a string.
struct ObjectMember {
    /// Whether a list with anything in it may stand for what is wanted, and is refused.
    may_be_list: bool,
    clear: for<'a> fn(&mut EventFields<'a>),
    read: for<'a> fn(&'a str, &mut EventFields<'a>) -> Result<(), InvalidRecord>,
    take: for<'a> fn(&mut EventFields<'a>, EventFields<'_>),
    refuse: for<'a> fn(&mut EventFields<'a>, Cow<'a, str>),
}

/// `userIdentity`.
const IDENTITY: ObjectMember = ObjectMember {
    may_be_list: true,
    clear: |fields| fields.clear_identity(),
    read: read_identity,
    take: |fields, inner| fields.take_identity(inner),
    refuse: |fields, text| fields.refuse_identity(text),
};

/// `referencedResources`.
const REFERENCES: ObjectMember = ObjectMember {
    may_be_list: false,
    clear: |fields| fields.clear_references(),
    read: read_references,
    take: |fields, inner| fields.take_references(inner),
    refuse: |fields, text| fields.refuse_references(text),
};

impl ObjectMember {
    /// Reads the value of the member. What is wrong with an object in a string costs no more than the
    /// member, which is refused.
    fn read<'a>(&self, value: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
        (self.clear)(fields);
        let is_string = value.starts_with('"');
        match embedded::object(value) {
            Embedded::Object(Cow::Borrowed(object)) => {
                let result = (self.read)(object, fields);
                if result.is_err() && is_string {
                    (self.clear)(fields);
                    (self.refuse)(fields, Cow::Borrowed(object));
                    return Ok(());
                }
                result
            }
            Embedded::Object(Cow::Owned(object)) => {
                let mut inner = EventFields::default();
                match (self.read)(&object, &mut inner) {
                    Ok(()) => (self.take)(fields, inner),
                    Err(InvalidRecord) => (self.refuse)(fields, Cow::Owned(object)),
                }
                Ok(())
            }
            Embedded::Broken(text) | Embedded::Text(text) if is_string => {
                (self.refuse)(fields, text);
                Ok(())
            }
            Embedded::Broken(_) | Embedded::Text(_) => Err(InvalidRecord),
            Embedded::Nothing => {
                text(value)?;
                // Some programs write an empty object as an empty list.
                let is_empty = |list: &str| trim(list).is_empty();
                if self.may_be_list && array_content(value).is_some_and(|list| !is_empty(list)) {
                    (self.refuse)(fields, Cow::Borrowed(value));
                }
                Ok(())
            }
        }
    }
}

/// Reads the members of an identity.
fn read_identity<'a>(object: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
    for member in strict_members(object_content(object).unwrap_or_default()) {
        let (name, value) = member?;
        let name = unescape(name).ok_or(InvalidRecord)?;
        if let Some(field) = fields::identity_member(&name) {
            fields.set(field, text(value)?);
        }
    }
    Ok(())
}

/// Reads the types and names of resources.
fn read_references<'a>(object: &'a str, fields: &mut EventFields<'a>) -> Result<(), InvalidRecord> {
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
