//! The `timesketch-csv` format: the events of `timesketch` as comma-separated values.

use std::io;

use crate::report::contract::{Format, Report};
use crate::report::text::time::time_with_offset;

use super::csv::{field, formula_safe, unwrapped};
use super::timesketch::timeline_events;

/// The format.
pub(super) struct TimesketchCsvFormat;

const FIRST_COLUMNS: [&str; 4] = ["message", "datetime", "timestamp", "timestamp_desc"];

impl Format for TimesketchCsvFormat {
    fn name(&self) -> &'static str {
        "timesketch-csv"
    }

    fn about(&self) -> &'static str {
        "comma-separated values for the importer of Timesketch"
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let view = report.view;
        let mut writer = ::csv::WriterBuilder::new().from_writer(out);
        let columns = report.rows.columns();
        let names = columns.iter().map(|column| column.name);
        writer
            .write_record(FIRST_COLUMNS.into_iter().chain(names))
            .map_err(unwrapped)?;
        report.rows.for_each(&mut |row| {
            for event in timeline_events(row) {
                writer
                    .write_field(formula_safe(&event.message, view).as_bytes())
                    .map_err(unwrapped)?;
                for text in [
                    time_with_offset(event.milliseconds),
                    event.microseconds().to_string(),
                    event.meaning.to_owned(),
                ] {
                    writer.write_field(text).map_err(unwrapped)?;
                }
                for cell in row.cells() {
                    writer
                        .write_field(field(&cell, view).as_bytes())
                        .map_err(unwrapped)?;
                }
                writer.write_record(None::<&[u8]>).map_err(unwrapped)?;
            }
            Ok(())
        })?;
        writer.flush()
    }
}
