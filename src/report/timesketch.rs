//! The `timesketch` format: one event of a timeline a line, as the importer of Timesketch takes it.
//!
//! `message`, `datetime`, `timestamp` (microseconds) and `timestamp_desc` come first, then our
//! columns, each as one plain value: lists and records are text. A call is one event of the
//! timeline; a key or an entry is two, its first and its last use, or one where those are the same.

use std::io::{self, Write as _};

use super::activity::summary;
use super::json::push_json;
use super::time::{time, time_with_offset};
use super::{Cell, Column, Format, Report, Row, joined};

/// The format.
pub(super) struct Timesketch;

impl Format for Timesketch {
    fn name(&self) -> &'static str {
        "timesketch"
    }

    fn about(&self) -> &'static str {
        "JSON lines for the importer of Timesketch"
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let columns = report.rows.columns();
        let mut line = Vec::new();
        report.rows.for_each(&mut |cells| {
            for moment in moments(&Row::of(columns, cells)) {
                line.clear();
                push_event(&moment, columns, cells, &mut line)?;
                out.write_all(&line)?;
            }
            Ok(())
        })
    }
}

fn push_event(
    moment: &Moment,
    columns: &[Column],
    cells: &[Cell<'_>],
    line: &mut Vec<u8>,
) -> io::Result<()> {
    line.extend_from_slice(b"{\"message\":");
    push_json(&moment.message, line)?;
    write!(
        line,
        r#","datetime":"{}","timestamp":{},"timestamp_desc":"{}""#,
        time_with_offset(moment.milliseconds),
        moment.microseconds(),
        moment.meaning
    )?;
    for (column, cell) in columns.iter().zip(cells) {
        write!(line, ",\"{}\":", column.name)?;
        match cell {
            Cell::Null => line.extend_from_slice(b"null"),
            Cell::Text(text) | Cell::Record(text) => push_json(text, line)?,
            Cell::Time(milliseconds) => write!(line, "\"{}\"", time(*milliseconds))?,
            Cell::Count(count) => write!(line, "{count}")?,
            Cell::Resources(resources) => push_json(&joined(resources), line)?,
        }
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// One event of a timeline.
pub(super) struct Moment {
    pub(super) message: String,
    pub(super) milliseconds: i64,
    pub(super) meaning: &'static str,
}

impl Moment {
    pub(super) fn microseconds(&self) -> i64 {
        self.milliseconds.saturating_mul(1000)
    }
}

/// The events of a timeline that a row gives.
pub(super) fn moments(row: &Row<'_>) -> Vec<Moment> {
    if let Some(milliseconds) = row.time("event_time") {
        return vec![Moment {
            message: summary(row),
            milliseconds,
            meaning: "Call",
        }];
    }
    let about = about(row);
    let moment = |milliseconds, meaning: &'static str| Moment {
        message: format!("{about}: {}", meaning.to_ascii_lowercase()),
        milliseconds,
        meaning,
    };
    let (first, last) = (row.time("first_used"), row.time("last_used"));
    match (first, last) {
        (Some(first), Some(_)) if row.count("events") == Some(1) => {
            vec![moment(first, "First and last use")]
        }
        _ => first
            .map(|time| moment(time, "First use"))
            .into_iter()
            .chain(last.map(|time| moment(time, "Last use")))
            .collect(),
    }
}

/// What a key or an entry is, in one line.
fn about(row: &Row<'_>) -> String {
    let mut text = String::new();
    match row.text("dimension") {
        None | Some("key") => {}
        Some("service") => {
            text.push_str("service ");
            text.push_str(row.text("service_name").unwrap_or_default());
            text.push_str(" by ");
        }
        Some(dimension) => {
            text.push_str(dimension);
            for column in ["resource_type", "name"] {
                if let Some(value) = row.text(column) {
                    text.push(' ');
                    text.push_str(value);
                }
            }
            text.push_str(" of ");
            text.push_str(row.text("service_name").unwrap_or_default());
            text.push_str(" by ");
        }
    }
    text.push_str("AccessKey ");
    text.push_str(row.text("access_key_id").unwrap_or_default());
    if let Some(user) = row.text("user_name") {
        text.push_str(" of ");
        text.push_str(user);
    }
    text
}
