//! The `timesketch` format: one event of a timeline a line, as the importer of Timesketch takes it.
//!
//! `message`, `datetime`, `timestamp` (microseconds) and `timestamp_desc` come first, then our
//! columns, each as one plain value: lists and records are text. A call is one event of the
//! timeline; a key or an entry is two, its first and its last use, or one where those are the same.

use std::borrow::Cow;
use std::io::{self, Write as _};

use crate::query::Dimension;
use crate::report::cell::{Cell, joined};
use crate::report::columns::Column;
use crate::report::contract::{Format, Report};
use crate::report::redacted::RedactedEntry;
use crate::report::rows::Row;
use crate::report::text::json::push_json;
use crate::report::text::time::{time, time_with_offset};

use super::activity::summary;
use super::json::push_name;

/// The format.
pub(super) struct TimesketchFormat;

impl Format for TimesketchFormat {
    fn name(&self) -> &'static str {
        "timesketch"
    }

    fn about(&self) -> &'static str {
        "JSON lines for the importer of Timesketch"
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let columns = report.rows.columns();
        let mut line = Vec::new();
        report.rows.for_each(&mut |row| {
            for event in timeline_events(row) {
                line.clear();
                push_event(&event, columns, row, &mut line)?;
                out.write_all(&line)?;
            }
            Ok(())
        })
    }
}

fn push_event(
    event: &TimelineEvent,
    columns: &[Column],
    row: Row<'_>,
    line: &mut Vec<u8>,
) -> io::Result<()> {
    line.extend_from_slice(b"{\"message\":");
    push_json(&event.message, line)?;
    write!(
        line,
        r#","datetime":"{}","timestamp":{},"timestamp_desc":"{}""#,
        time_with_offset(event.milliseconds),
        event.microseconds(),
        event.meaning
    )?;
    for (column, cell) in columns.iter().zip(row.cells()) {
        line.push(b',');
        push_name(column.name, line);
        match cell {
            Cell::Null => line.extend_from_slice(b"null"),
            Cell::Text(text) | Cell::Record(text) => push_json(&text, line)?,
            Cell::Time(milliseconds) => write!(line, "\"{}\"", time(milliseconds))?,
            Cell::Count(count) => write!(line, "{count}")?,
            Cell::Resources(resources) => push_json(&joined(resources), line)?,
        }
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// One event of a timeline.
pub(super) struct TimelineEvent {
    pub(super) message: String,
    /// Since 1970 UTC.
    pub(super) milliseconds: i64,
    pub(super) meaning: &'static str,
}

impl TimelineEvent {
    pub(super) fn microseconds(&self) -> i64 {
        self.milliseconds.saturating_mul(1000)
    }
}

/// The events of a timeline that a row gives.
pub(super) fn timeline_events(row: Row<'_>) -> Vec<TimelineEvent> {
    let (what, first, last, events) = match row {
        Row::Call(call) => {
            return vec![TimelineEvent {
                message: summary(call),
                milliseconds: call.event_time(),
                meaning: "Call",
            }];
        }
        Row::Group(group) => {
            let row = group.row();
            let what = format!("calls with {}", group.in_words());
            (what, row.first, row.last, row.calls)
        }
        Row::Key(row) => {
            let what = key_in_words(&row.access_key_id, &row.user_name);
            // A key without events has no place in a timeline.
            let (Some(first), Some(last)) = (row.first_used, row.last_used) else {
                return Vec::new();
            };
            (what, first, last, row.events)
        }
        Row::Entry(entry) => {
            let row = entry.row;
            (
                entry_in_words(entry),
                row.first.time,
                row.last.time,
                row.events,
            )
        }
    };
    let event = |milliseconds, meaning: &'static str| TimelineEvent {
        message: format!("{what}: {}", meaning.to_ascii_lowercase()),
        milliseconds,
        meaning,
    };
    if events == 1 {
        vec![event(first, "First and last use")]
    } else {
        vec![event(first, "First use"), event(last, "Last use")]
    }
}

fn key_in_words(access_key_id: &str, user_name: &str) -> String {
    let mut text = format!("AccessKey {access_key_id}");
    if !user_name.is_empty() {
        text.push_str(" of ");
        text.push_str(user_name);
    }
    text
}

fn entry_in_words(entry: RedactedEntry<'_>) -> String {
    let row = entry.row;
    let key = key_in_words(
        row.access_key_id,
        row.owner.map_or("", |owner| owner.user_name),
    );
    let dimension = row.dimension.as_str();
    match row.dimension {
        Dimension::Key => key,
        Dimension::Service => format!("{dimension} {} by {key}", row.service_name),
        _ => {
            let mut text = dimension.to_owned();
            let resource_type = row.resource_type.map(Cow::Borrowed);
            let parts = [resource_type, entry.name()].into_iter().flatten();
            for part in parts.filter(|part| !part.is_empty()) {
                text.push(' ');
                text.push_str(&part);
            }
            format!("{text} of {} by {key}", row.service_name)
        }
    }
}
