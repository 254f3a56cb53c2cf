//! The tolerant reader: takes what is wanted out of one record by the bare structure of its text.
//!
//! It defines what a record means. Numbers of any size, any depth, lone surrogates and nonsense in
//! members that are not wanted do not trouble it. It is not fast, and does not have to be.

use std::borrow::Cow;

use super::fields::{self, Field, Fields, Member};
use super::string::decode;
use super::structure::{array, is_number, member, object, pieces, string};

/// A wanted member holds something that is no JSON value, or the record's brackets are no pair.
pub(super) struct Broken;

/// Gathers the wanted fields of a record: the text from its opening to its closing bracket.
pub(super) fn read<'a>(record: &'a str, fields: &mut Fields<'a>) -> Result<(), Broken> {
    let inside = object(record).ok_or(Broken)?;
    for (name, value) in pieces(inside).filter_map(member) {
        match decode(name).as_deref().and_then(fields::top) {
            Some(Member::Text(field)) => fields.set(field, text(value)?),
            Some(Member::Identity) => identity(value, fields)?,
            Some(Member::References) => references(value, fields)?,
            None => {}
        }
    }
    Ok(())
}

/// The text of a string field; a number or a boolean stands for itself, everything else is missing.
pub(super) fn text(value: &str) -> Result<Option<Cow<'_, str>>, Broken> {
    match value.as_bytes().first() {
        Some(b'"') => string(value).and_then(decode).map(Some).ok_or(Broken),
        Some(b'{' | b'[') => container(value).map(|()| None),
        _ => match value {
            "null" => Ok(None),
            "true" | "false" => Ok(Some(Cow::Borrowed(value))),
            number if is_number(number) => Ok(Some(Cow::Borrowed(number))),
            _ => Err(Broken),
        },
    }
}

/// Checks that a value which stands for "missing" is one object or one array.
fn container(value: &str) -> Result<(), Broken> {
    if object(value).or_else(|| array(value)).is_some() {
        Ok(())
    } else {
        Err(Broken)
    }
}

fn identity<'a>(value: &'a str, fields: &mut Fields<'a>) -> Result<(), Broken> {
    fields.clear_identity();
    let Some(inside) = object(value) else {
        return text(value).map(|_| ());
    };
    for (name, value) in pieces(inside).filter_map(member) {
        let field: Option<Field> = decode(name).as_deref().and_then(fields::identity);
        if let Some(field) = field {
            fields.set(field, text(value)?);
        }
    }
    Ok(())
}

fn references<'a>(value: &'a str, fields: &mut Fields<'a>) -> Result<(), Broken> {
    fields.clear_references();
    let Some(inside) = object(value) else {
        return text(value).map(|_| ());
    };
    for (name, value) in pieces(inside).filter_map(member) {
        let resource_type = decode(name).ok_or(Broken)?;
        match array(value) {
            Some(names) => {
                for name in pieces(names).filter(|name| name.starts_with('"')) {
                    let name = string(name).and_then(decode).ok_or(Broken)?;
                    fields.reference(resource_type.clone(), name);
                }
            }
            None if value.starts_with('"') => {
                let name = string(value).and_then(decode).ok_or(Broken)?;
                fields.reference(resource_type, name);
            }
            None => {}
        }
    }
    Ok(())
}

/// The elements of `Events`, if the object is a `LookupEvents` reply.
pub(super) fn reply(object_text: &str) -> Option<&str> {
    array(events(object(object_text)?)?)
}

/// The elements of `Events`, as far as they go, if the text is the beginning of a reply.
pub(super) fn cut_reply(text: &str) -> Option<&str> {
    let events = events(text.strip_prefix('{')?)?;
    array(events).or_else(|| events.strip_prefix('['))
}

fn events(inside: &str) -> Option<&str> {
    pieces(inside)
        .filter_map(member)
        .filter(|(name, _)| decode(name).as_deref() == Some("Events"))
        .last()
        .map(|(_, events)| events)
}
