//! The `csv` format: RFC 4180 with a header, but lines ended by LF as the tools of a Unix pipe
//! expect; null is an empty field.
//!
//! What to quote is the `csv` crate's work. Control characters stay as they are, since this is
//! not for the eye; only what a spreadsheet would run is disarmed.

use std::borrow::Cow;
use std::io;

use super::escape::starts_formula;
use super::time::time;
use super::{Cell, Format, Report, joined};

/// The format.
pub(super) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "comma-separated values with a header, safe to open in a spreadsheet"
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let raw = report.view.csv_raw;
        let mut writer = ::csv::WriterBuilder::new().from_writer(out);
        let columns = report.rows.columns();
        writer
            .write_record(columns.iter().map(|column| column.name))
            .map_err(bare)?;
        report.rows.for_each(&mut |cells| {
            for cell in cells {
                let resources;
                let cell = match cell {
                    Cell::Resources(list) => {
                        resources = Cell::Text(Cow::Owned(joined(list)));
                        &resources
                    }
                    other => other,
                };
                match cell {
                    Cell::Null | Cell::Resources(_) => writer.write_field(""),
                    Cell::Text(text) | Cell::Record(text) if !raw && starts_formula(text) => {
                        writer.write_field(format!("'{text}"))
                    }
                    Cell::Text(text) | Cell::Record(text) => writer.write_field(text.as_bytes()),
                    Cell::Time(milliseconds) => writer.write_field(time(*milliseconds).to_string()),
                    Cell::Count(count) => writer.write_field(count.to_string()),
                }
                .map_err(bare)?;
            }
            writer.write_record(None::<&[u8]>).map_err(bare)
        })?;
        writer.flush()
    }
}

/// The error of the writer beneath as it was: the crate's own conversion would hide its kind, and
/// a closed pipe would no longer be told from a full disk.
fn bare(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
