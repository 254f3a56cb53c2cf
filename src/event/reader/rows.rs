//! The rows of a text that is CSV, each read as a record.

use crate::event::dialect::csv_text::{CsvRow, CsvTable};

use super::record::{LeftOutRecord, Record, RecordReader};
use super::summary::{FaultKind, LeftOutReason};

/// Reads the rows of one text.
pub(super) struct RowReader {
    table: Box<CsvTable>,
    /// Where in the text the current row begins.
    row_start: u64,
}

impl RowReader {
    /// A reader of rows that begin at `offset` in the text.
    pub(super) fn new(table: Box<CsvTable>, offset: u64) -> Self {
        Self {
            table,
            row_start: offset,
        }
    }

    /// Reads the piece of text at `offset` to its end; the table keeps a row that is not whole.
    pub(super) fn read(
        &mut self,
        text: &[u8],
        offset: u64,
        last: bool,
        records: &mut RecordReader,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        let mut position = 0;
        while position < text.len() {
            let step = self.table.read(text.get(position..).unwrap_or_default());
            position += step.consumed;
            if step.ends_row {
                self.read_row(records, visit);
                self.row_start = offset + position as u64;
            }
        }
        if last && self.table.finish() {
            self.read_row(records, visit);
        }
    }

    /// Reads the row that has ended.
    fn read_row(&mut self, records: &mut RecordReader, visit: &mut impl FnMut(&Record<'_>)) {
        let start = self.row_start;
        let number = records.summary.count_record();
        let result = match self.table.row() {
            CsvRow::Event { text, is_repaired } => {
                if is_repaired {
                    let summary = &mut records.summary;
                    summary.add_fault(FaultKind::NotUtf8, start, Some(number), String::new());
                }
                records.read_embedded(&text, start, number, visit)
            }
            CsvRow::NoEvent => Err(LeftOutReason::NoTime.into()),
            CsvRow::NotUnderstood(seen) => {
                Err(LeftOutRecord::new(LeftOutReason::NotUnderstood, seen))
            }
            CsvRow::TooShort => Err(LeftOutReason::InvalidJson.into()),
            CsvRow::TooLarge => Err(LeftOutReason::TooLarge.into()),
            CsvRow::TooManyColumns => Err(LeftOutReason::TooManyColumns.into()),
        };
        records.add_result(result, start, number);
        self.table.clear();
    }
}
