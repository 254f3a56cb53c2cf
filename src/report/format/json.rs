//! The `json` format: one document with the rows and with the coverage that they are based on.
//!
//! ```json
//! {"schema":"keytrail.keys/1","tool":"keytrail","version":"0.1.0","command":"keys",
//! "filters":{"since":"2024-03-05T00:00:00Z",…},"roots":["archive"],"coverage":{"files":{…},…},"rows":[
//! {"access_key_id":"LTAI…",…},
//! …
//! ]}
//! ```
//!
//! The number at the end of `schema` changes when a member is renamed or removed or changes its
//! meaning; a new member does not change it. Rows are objects with the columns' names in the
//! columns' order, on one line each, and the same as those of `jsonl`: times and text are
//! strings, counts are numbers, and what does not apply or is not known is null. A record is
//! given as the object it is where that is sound JSON, and as a string of its text where not.

use std::io::{self, Write};

use serde::Serialize;

use crate::calls::Resource;
use crate::report::cell::Cell;
use crate::report::columns::PlacedColumn;
use crate::report::contract::{Format, Report};
use crate::report::origin::head;
use crate::report::rows::Row;
use crate::report::text::json::push_json;
use crate::report::text::record;
use crate::report::text::time::time;

/// The format.
pub(super) struct JsonFormat;

impl Format for JsonFormat {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one JSON document: the rows, and what was and was not read"
    }

    fn carries_coverage(&self) -> bool {
        true
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn Write + Send)) -> io::Result<()> {
        let columns = report.columns();
        let head = head(report.request.question, &report.origin, report.coverage)?;
        let mut line = Vec::new();
        push_json(&head, &mut line)?;
        // The rows are the last member.
        line.pop();
        out.write_all(&line)?;
        out.write_all(br#","rows":["#)?;
        let mut separator: &[u8] = b"\n";
        report.rows.for_each(&mut |row| {
            line.clear();
            line.extend_from_slice(separator);
            separator = b",\n";
            push_row(&columns, row, &mut line)?;
            out.write_all(&line)
        })?;
        out.write_all(if separator == b"\n" {
            b"]}\n"
        } else {
            b"\n]}\n"
        })
    }
}

/// Appends a row as an object on one line.
pub(super) fn push_row(
    columns: &[PlacedColumn],
    row: Row<'_>,
    line: &mut Vec<u8>,
) -> io::Result<()> {
    let mut separator = b'{';
    for (placed, cell) in columns.iter().zip(row.cells_of(columns)) {
        line.push(separator);
        separator = b',';
        push_name(placed.column.name, line);
        match cell {
            Cell::Null => line.extend_from_slice(b"null"),
            Cell::Text(text) => push_json(&text, line)?,
            Cell::Time(milliseconds) => write!(line, "\"{}\"", time(milliseconds))?,
            Cell::Count(count) => write!(line, "{count}")?,
            Cell::Resources(resources) => {
                let list: Vec<_> = resources.iter().map(ResourceJson::of).collect();
                push_json(&list, line)?;
            }
            Cell::Record(text) => match record::embeddable(&text) {
                Some(object) => line.extend_from_slice(object.as_bytes()),
                None => push_json(&text, line)?,
            },
        }
    }
    line.push(b'}');
    Ok(())
}

/// Appends the name of a column and a colon. No name has a character that JSON escapes.
pub(super) fn push_name(name: &str, line: &mut Vec<u8>) {
    line.push(b'"');
    line.extend_from_slice(name.as_bytes());
    line.extend_from_slice(b"\":");
}

/// A resource in a list.
#[derive(Serialize)]
struct ResourceJson<'a> {
    r#type: &'a str,
    name: &'a str,
}

impl<'a> ResourceJson<'a> {
    fn of(resource: &Resource<'a>) -> Self {
        Self {
            r#type: resource.resource_type,
            name: resource.name,
        }
    }
}
