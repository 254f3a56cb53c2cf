//! Objects of JSON that are put together path by path, for formats whose members are nested.

use std::io;

use serde_json::{Map, Value};

use super::json::push_json;
use super::{Report, Resource, Row};

/// An object, with its members in the order in which they were first named.
#[derive(Default)]
pub(super) struct Nested {
    members: Map<String, Value>,
}

impl Nested {
    /// Puts a value where the path leads, names parted by dots.
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
                // A value that was put where an object belongs now: paths here are all ours.
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_) => return,
            }
        }
    }

    /// Puts the text of a column, if there is one.
    pub(super) fn put_text(&mut self, path: &str, row: &Row<'_>, column: &str) {
        if let Some(text) = row.text(column) {
            self.put(path, text);
        }
    }
}

/// Writes what each row is made into, an object a line.
pub(super) fn write_lines(
    report: &mut Report<'_>,
    object: fn(&Row<'_>) -> Nested,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let columns = report.rows.columns();
    let mut line = Vec::new();
    report.rows.for_each(&mut |cells| {
        line.clear();
        push_json(&object(&Row::of(columns, cells)).members, &mut line)?;
        line.push(b'\n');
        out.write_all(&line)
    })
}

/// Resources as a list of objects.
pub(super) fn resources(resources: &[Resource<'_>]) -> Value {
    let object = |resource: &Resource<'_>| {
        let mut object = Nested::default();
        object.put("type", resource.resource_type);
        object.put("name", resource.name);
        Value::Object(object.members)
    };
    resources.iter().map(object).collect()
}
