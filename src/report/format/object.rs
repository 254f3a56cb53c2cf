//! Objects of JSON that are put together path by path, for formats whose members are nested.

use std::io;

use serde_json::{Map, Value};

use crate::calls::Resource;
use crate::report::contract::Report;
use crate::report::redacted::RedactedCall;
use crate::report::text::json::push_json;

/// An object, with its members in the order in which they were first named.
#[derive(Default)]
pub(super) struct ObjectBuilder {
    members: Map<String, Value>,
}

impl ObjectBuilder {
    /// Puts a value where the path leads, names separated by dots.
    pub(super) fn put(&mut self, path: &str, value: impl Into<Value>) {
        let mut object = &mut self.members;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                object.insert(name.to_owned(), value.into());
                return;
            }
            let inner = object
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
            match inner {
                Value::Object(inner) => object = inner,
                // A path through a value that is no object; ours have none.
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_) => return,
            }
        }
    }

    /// Puts a text, unless it is empty.
    pub(super) fn put_text(&mut self, path: &str, text: &str) {
        if !text.is_empty() {
            self.put(path, text);
        }
    }

    /// Puts resources as a list of objects, unless there are none.
    pub(super) fn put_resources(&mut self, path: &str, resources: &[Resource<'_>]) {
        let object = |resource: &Resource<'_>| {
            let mut object = Self::default();
            object.put("type", resource.resource_type);
            object.put("name", resource.name);
            Value::Object(object.members)
        };
        if !resources.is_empty() {
            self.put(path, resources.iter().map(object).collect::<Value>());
        }
    }
}

/// Writes the object that is made of each call record, one a line.
pub(super) fn write_lines(
    report: &mut Report<'_>,
    object: fn(RedactedCall<'_>) -> ObjectBuilder,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    report.rows.for_each(&mut |row| {
        line.clear();
        push_json(&object(row.call()?).members, &mut line)?;
        line.push(b'\n');
        out.write_all(&line)
    })
}
