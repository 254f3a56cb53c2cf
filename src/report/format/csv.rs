//! The `csv` format: RFC 4180 with a header, but lines ended by LF as the tools of a Unix pipe
//! expect; null is an empty field.
//!
//! The `csv` crate decides what to quote. Control characters stay as they are except on a terminal,
//! since programs read this format. What a spreadsheet would take for a formula gets an apostrophe
//! in front, also inside a field behind what separates cells in spreadsheets of other languages.

use std::borrow::Cow;
use std::io;

use crate::report::cell::{Cell, joined};
use crate::report::contract::{Format, Report};
use crate::report::request::View;
use crate::report::text::escape::{escape, without_formulas};
use crate::report::text::time::time;

/// The format.
pub(super) struct CsvFormat;

impl Format for CsvFormat {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "comma-separated values with a header, safe to open in a spreadsheet"
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let view = report.view;
        let mut writer = ::csv::WriterBuilder::new().from_writer(out);
        let columns = report.columns();
        writer
            .write_record(columns.iter().map(|placed| placed.column.name))
            .map_err(unwrapped)?;
        report.rows.for_each(&mut |row| {
            for cell in row.cells_of(&columns) {
                writer
                    .write_field(field(&cell, view).as_bytes())
                    .map_err(unwrapped)?;
            }
            writer.write_record(None::<&[u8]>).map_err(unwrapped)
        })?;
        writer.flush()
    }
}

/// A cell as the text of a field.
pub(super) fn field<'c>(cell: &'c Cell<'_>, view: View) -> Cow<'c, str> {
    match cell {
        Cell::Null => Cow::Borrowed(""),
        Cell::Text(text) | Cell::Record(text) => formula_safe(text, view),
        Cell::Time(milliseconds) => Cow::Owned(time(*milliseconds)),
        Cell::Count(count) => Cow::Owned(count.to_string()),
        Cell::Resources(list) => Cow::Owned(formula_safe(&joined(list), view).into_owned()),
    }
}

/// The text, changed where a spreadsheet would take it for a formula or a terminal would interpret it.
pub(super) fn formula_safe(text: &str, view: View) -> Cow<'_, str> {
    let text = if view.terminal {
        escape(text)
    } else {
        Cow::Borrowed(text)
    };
    if view.csv_raw {
        return text;
    }
    match text {
        Cow::Borrowed(text) => without_formulas(text),
        Cow::Owned(text) => Cow::Owned(without_formulas(&text).into_owned()),
    }
}

/// The error of the writer beneath. The crate's own conversion would hide its kind, by which a
/// closed pipe is distinguished from a full disk.
pub(super) fn unwrapped(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
