//! The `timesketch-csv` format: the events of `timesketch` as comma-separated values.

use std::io;

use super::csv::{bare, field, guarded};
use super::time::time_with_offset;
use super::timesketch::moments;
use super::{Format, Report, Row};

/// The format.
pub(super) struct TimesketchCsv;

const FIRST: [&str; 4] = ["message", "datetime", "timestamp", "timestamp_desc"];

impl Format for TimesketchCsv {
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
            .write_record(FIRST.into_iter().chain(names))
            .map_err(bare)?;
        report.rows.for_each(&mut |cells| {
            for moment in moments(&Row::of(columns, cells)) {
                writer
                    .write_field(guarded(&moment.message, view).as_bytes())
                    .map_err(bare)?;
                for text in [
                    time_with_offset(moment.milliseconds).to_string(),
                    moment.microseconds().to_string(),
                    moment.meaning.to_owned(),
                ] {
                    writer.write_field(text).map_err(bare)?;
                }
                for cell in cells {
                    writer
                        .write_field(field(cell, view).as_bytes())
                        .map_err(bare)?;
                }
                writer.write_record(None::<&[u8]>).map_err(bare)?;
            }
            Ok(())
        })?;
        writer.flush()
    }
}
