//! The `json` format: one document with the rows and with the coverage that they rest on.
//!
//! ```json
//! {"schema":"keytrail.keys/1","coverage":{"files":{…},…},"rows":[
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
//!
//! Besides what JSON demands, every character that a terminal would obey is written as `\u` and
//! its number, which reads back the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::coverage;

use super::escape::{is_safe, is_unsafe, push_json_escape};
use super::{Cell, Column, Command, Format, Report, Resource, record, time::time};

/// The format.
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one JSON document: the rows, and what was and was not read"
    }

    fn carries_coverage(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn Write + Send)) -> io::Result<()> {
        let columns = report.rows.columns();
        let mut line = Vec::new();
        write!(
            line,
            r#"{{"schema":"{}","coverage":"#,
            schema_name(report.question.command)
        )?;
        push_json(&Coverage::from(report.coverage), &mut line)?;
        line.extend_from_slice(br#","rows":["#);
        out.write_all(&line)?;
        let mut separator: &[u8] = b"\n";
        report.rows.for_each(&mut |cells| {
            line.clear();
            line.extend_from_slice(separator);
            separator = b",\n";
            push_row(columns, cells, &mut line)?;
            out.write_all(&line)
        })?;
        out.write_all(if separator == b"\n" {
            b"]}\n"
        } else {
            b"\n]}\n"
        })
    }
}

/// The name of the schema of a command's rows, with its version.
pub(super) fn schema_name(command: Command) -> String {
    format!("keytrail.{}/1", command.as_str())
}

/// The coverage as JSON on one line, for formats that carry it beside their rows.
pub(super) fn coverage(coverage: &coverage::Coverage) -> io::Result<String> {
    let mut line = Vec::new();
    push_json(&Coverage::from(coverage), &mut line)?;
    String::from_utf8(line).map_err(io::Error::other)
}

/// Appends a row as an object on one line.
pub(super) fn push_row(
    columns: &[Column],
    cells: &[Cell<'_>],
    line: &mut Vec<u8>,
) -> io::Result<()> {
    let mut separator = b'{';
    for (column, cell) in columns.iter().zip(cells) {
        line.push(separator);
        separator = b',';
        write!(line, "\"{}\":", column.name)?;
        match cell {
            Cell::Null => line.extend_from_slice(b"null"),
            Cell::Text(text) => push_json(text, line)?,
            Cell::Time(milliseconds) => write!(line, "\"{}\"", time(*milliseconds))?,
            Cell::Count(count) => write!(line, "{count}")?,
            Cell::Resources(resources) => {
                let list: Vec<_> = resources.iter().map(ResourceObject::of).collect();
                push_json(&list, line)?;
            }
            Cell::Record(text) => match record::embeddable(text) {
                Some(object) => line.extend_from_slice(object.as_bytes()),
                None => push_json(text, line)?,
            },
        }
    }
    line.push(b'}');
    Ok(())
}

/// A resource in a list.
#[derive(Serialize)]
struct ResourceObject<'a> {
    r#type: &'a str,
    name: &'a str,
}

impl<'a> ResourceObject<'a> {
    fn of(resource: &Resource<'a>) -> Self {
        Self {
            r#type: resource.resource_type,
            name: resource.name,
        }
    }
}

/// Appends a value as JSON on one line, with the terminal's characters escaped.
pub(super) fn push_json<T: Serialize + ?Sized>(value: &T, line: &mut Vec<u8>) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(line, OneLine))?;
    Ok(())
}

/// Compact JSON that escapes more than it has to.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if is_safe(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut escaped = String::with_capacity(fragment.len() + 16);
        for character in fragment.chars() {
            if is_unsafe(character) {
                push_json_escape(character, &mut escaped);
            } else {
                escaped.push(character);
            }
        }
        writer.write_all(escaped.as_bytes())
    }
}

/// The member `coverage`, version 1.
#[derive(Serialize)]
pub(super) struct Coverage {
    files: Files,
    bytes: Bytes,
    records: Records,
    events: u64,
    duplicates: u64,
    without_key: u64,
    span: Span,
    gaps: u64,
    #[serde(skip_serializing_if = "is_zero")]
    long_gaps: u64,
}

#[derive(Serialize)]
struct Files {
    found: u64,
    read: u64,
    partial: u64,
    unreadable: u64,
    ignored: u64,
    #[serde(skip_serializing_if = "is_zero")]
    links: u64,
    pruned: u64,
    count_mismatch: u64,
    #[serde(skip_serializing_if = "is_zero")]
    searched: u64,
}

#[derive(Serialize)]
struct Bytes {
    compressed: u64,
    inflated: u64,
}

#[derive(Serialize)]
struct Records {
    found: u64,
    left_out: u64,
    #[serde(skip_serializing_if = "is_zero")]
    outside: u64,
}

/// Beyond the contract's members there are some that stand only where they have something to say.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands on a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Both null where there was no event.
#[derive(Serialize)]
struct Span {
    first: Option<String>,
    last: Option<String>,
}

impl From<&coverage::Coverage> for Coverage {
    /// Takes everything apart by name, so that a new count cannot be left out unnoticed.
    fn from(coverage: &coverage::Coverage) -> Self {
        let coverage::Coverage {
            files,
            bytes,
            records,
            events,
            duplicates,
            without_key,
            span,
            gaps,
            long_gaps,
        } = coverage;
        let &coverage::Files {
            found,
            read,
            partial,
            unreadable,
            ignored,
            links,
            pruned,
            count_mismatch,
            searched,
        } = files;
        let files = Files {
            found,
            read,
            partial,
            unreadable,
            ignored,
            links,
            pruned,
            count_mismatch,
            searched,
        };
        let &coverage::Bytes {
            compressed,
            inflated,
        } = bytes;
        let bytes = Bytes {
            compressed,
            inflated,
        };
        let &coverage::Records {
            found,
            left_out,
            outside,
        } = records;
        let records = Records {
            found,
            left_out,
            outside,
        };
        let span = Span {
            first: span.map(|span| time(span.first).to_string()),
            last: span.map(|span| time(span.last).to_string()),
        };
        Self {
            files,
            bytes,
            records,
            events: *events,
            duplicates: *duplicates,
            without_key: *without_key,
            span,
            gaps: *gaps,
            long_gaps: *long_gaps,
        }
    }
}
