//! The `jsonl` format: one JSON object a line, and nothing but rows.
//!
//! The same rows as the `json` format, without what surrounds them; the coverage is not in it.

use std::io;

use crate::report::contract::{Format, Report};

use super::json::push_row;

/// The format.
pub(super) struct JsonLinesFormat;

impl Format for JsonLinesFormat {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn about(&self) -> &'static str {
        "one JSON object a line"
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let columns = report.columns();
        let mut line = Vec::new();
        report.rows.for_each(&mut |row| {
            line.clear();
            push_row(&columns, row, &mut line)?;
            line.push(b'\n');
            out.write_all(&line)
        })
    }
}
