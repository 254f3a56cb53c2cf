//! The `jsonl` format: one JSON object a line, and nothing but rows.
//!
//! The same rows as the `json` format, without what surrounds them; the coverage goes elsewhere.

use std::io;

use super::json::push_row;
use super::{Format, Report};

/// The format.
pub(super) struct JsonLines;

impl Format for JsonLines {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn about(&self) -> &'static str {
        "one JSON object a line"
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let columns = report.rows.columns();
        let mut line = Vec::new();
        report.rows.for_each(&mut |cells| {
            line.clear();
            push_row(columns, cells, &mut line)?;
            line.push(b'\n');
            out.write_all(&line)
        })
    }
}
