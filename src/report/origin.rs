//! What a document states about how it came about: the program, the command, its options, the roots.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Map, Value};

use crate::coverage::Coverage;
use crate::query::Question;

use super::coverage::CoverageJson;

/// What was asked, and of what, in the words of the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The roots as they were named.
    pub roots: Vec<String>,
    /// The options that decide what is in the answer, by their names.
    pub filters: BTreeMap<String, FilterValue>,
}

/// What was given for an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterValue {
    /// Nothing but the option.
    Flag,
    /// One value, where an option takes no more.
    One(String),
    /// All values.
    Many(Vec<String>),
}

/// All members of a document but its rows, in order.
///
/// # Errors
///
/// A value that cannot be written as JSON, which there is none of.
pub(crate) fn head(
    question: Question,
    origin: &Origin,
    coverage: &Coverage,
) -> io::Result<Map<String, Value>> {
    let Origin { roots, filters } = origin;
    let filter = |(name, value): (&String, &FilterValue)| {
        let value = match value {
            FilterValue::Flag => Value::Bool(true),
            FilterValue::One(value) => value.as_str().into(),
            FilterValue::Many(values) => values.as_slice().into(),
        };
        (name.clone(), value)
    };
    let schema = format!("keytrail.{}/1", question.schema());
    let members = [
        ("schema", schema.into()),
        ("tool", env!("CARGO_PKG_NAME").into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("command", command(question).into()),
        (
            "filters",
            filters.iter().map(filter).collect::<Map<_, _>>().into(),
        ),
        ("roots", roots.as_slice().into()),
        (
            "coverage",
            serde_json::to_value(CoverageJson::from(coverage))?,
        ),
    ];
    let named = |(name, value): (&str, Value)| (name.to_owned(), value);
    Ok(members.into_iter().map(named).collect())
}

/// The command with what it was asked for, as it is typed.
fn command(question: Question) -> String {
    match question {
        // What its groups are made by is an option.
        Question::Groups => question.command().to_owned(),
        Question::Keys | Question::Dump | Question::LastUsed(_) | Question::Lookup => {
            question.schema().replace('.', " ")
        }
    }
}

/// The values of members, each with its path, names and numbers separated by dots.
pub(crate) fn flattened(members: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut flat = Vec::new();
    for (name, value) in members {
        flatten(name.clone(), value, &mut flat);
    }
    flat
}

fn flatten<'v>(path: String, value: &'v Value, flat: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                flatten(format!("{path}.{name}"), value, flat);
            }
        }
        Value::Array(values) => {
            for (number, value) in (1..).zip(values) {
                flatten(format!("{path}.{number}"), value, flat);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            flat.push((path, value));
        }
    }
}
