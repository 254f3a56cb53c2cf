//! One value of a row, and what the cells of a column hold.

use std::borrow::Cow;

use crate::calls::Resource;

/// What the cells of a column hold when they are not null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// A time.
    Time,
    /// A count.
    Count,
    /// A list of resources.
    Resources,
    /// A whole record, as JSON text.
    Record,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'r> {
    /// Does not apply, or is not known.
    Null,
    /// Text from the archive: never trusted.
    Text(Cow<'r, str>),
    /// Milliseconds since 1970 UTC.
    Time(i64),
    /// A count.
    Count(u64),
    /// Resources, types and names: never trusted. In JSON a list of `{type, name}`; where a value
    /// has to be one text, `type:name` joined by `; `.
    Resources(&'r [Resource<'r>]),
    /// A whole record as JSON text from the archive: never trusted, perhaps not even valid JSON.
    /// Its secrets are replaced, unless they are to be kept ([`Secrets`](super::Secrets)).
    Record(Cow<'r, str>),
}

/// Resources as one text.
pub(crate) fn joined(resources: &[Resource<'_>]) -> String {
    let mut text = String::new();
    for (number, resource) in resources.iter().enumerate() {
        if number > 0 {
            text.push_str("; ");
        }
        if !resource.resource_type.is_empty() {
            text.push_str(resource.resource_type);
            text.push(':');
        }
        text.push_str(resource.name);
    }
    text
}
