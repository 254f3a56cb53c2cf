//! Reads the text of log files: finds its records and notes what is wrong with it.
//!
//! The text may arrive in pieces; what a reader keeps between them does not grow with the file.
//! What a record means is in `complete` and `tolerant`.

mod record;
mod rows;
mod stray;
mod summary;
#[cfg(test)]
mod tests;

use super::dialect::csv_text::{CsvDetection, CsvTable};
use super::seen::beginning_of_bytes;
use super::selective::{Fallback, RecordCursor, SelectiveReader};
use super::structure::{
    BYTE_ORDER_MARK, BracketMatcher, StringMatcher, has_matching_ends, is_whitespace,
};

use record::RecordReader;
pub use record::{MAX_RECORD, Record};
use rows::RowReader;
use stray::StrayText;
pub use summary::{FaultKind, LeftOutReason, Summary, TextFault};

/// Reads the text of log files, one after another.
///
/// # Examples
///
/// ```
/// use keytrail::event::Reader;
///
/// let text = br#"[
///     {"eventTime": "2024-03-05T09:21:32Z", "eventName": "ListUsers"},
///     {"eventTime": "soon"}
/// ]"#;
/// let mut reader = Reader::new();
/// let mut names = Vec::new();
/// reader.read(text, true, |record| names.push(record.event.event_name.to_owned()));
/// let summary = reader.finish();
/// assert_eq!(names, ["ListUsers"]);
/// assert_eq!((summary.records, summary.left_out), (2, 1));
/// ```
#[derive(Default)]
pub struct Reader {
    /// `None` where the complete reader reads every record.
    selective: Option<SelectiveReader>,
    records: RecordReader,
    /// Reads a text that is CSV.
    rows: Option<RowReader>,
    /// Whether it is known if the text is CSV.
    is_detected: bool,
    state: ReaderState,
    /// How much of a value that is not whole yet has been looked at.
    pending: (BracketMatcher, usize),
    /// The number of bytes of the text before the current piece.
    offset: u64,
}

/// Where in the text a reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ReaderState {
    /// Between the values at the top level.
    #[default]
    Top,
    /// Between the elements of an array at the top level.
    Array,
    /// In a record that is too large.
    TooLarge {
        brackets: BracketMatcher,
        in_array: bool,
    },
    /// In a string in place of a record that is too long to be kept.
    LongString {
        string: StringMatcher,
        in_array: bool,
    },
    /// In the rest of a file that is left out.
    Abandoned,
}

impl Reader {
    /// A reader that uses the selective reader, and the complete reader where that falls back.
    pub fn new() -> Self {
        Self {
            selective: Some(SelectiveReader::of_events()),
            ..Self::default()
        }
    }

    /// The same, for events and their details: the selective reader reads both.
    pub fn with_details() -> Self {
        Self {
            selective: Some(SelectiveReader::with_details()),
            ..Self::default()
        }
    }

    /// A reader that uses the complete reader for every record: slower, with the same result.
    pub fn complete() -> Self {
        Self::default()
    }

    /// Reads the next piece of text, calls `visit` for each event in it, and returns how many bytes
    /// are read. The next piece has to begin with the other bytes, and to have more. The `last` piece
    /// is read whole.
    pub fn read(&mut self, text: &[u8], last: bool, mut visit: impl FnMut(&Record<'_>)) -> usize {
        let mut start = 0;
        if !self.is_detected {
            let (skipped, detection) = CsvTable::detect(text, last, MAX_RECORD);
            start = skipped;
            self.offset += skipped as u64;
            match detection {
                CsvDetection::NeedMoreText => return start,
                CsvDetection::Csv(table, length) => {
                    start += length;
                    self.offset += length as u64;
                    self.rows = Some(RowReader::new(table, self.offset));
                    self.records.summary.values += 1;
                }
                CsvDetection::NotCsv => {}
            }
            self.is_detected = true;
        }
        let text = text.get(start..).unwrap_or_default();
        if let Some(rows) = &mut self.rows {
            rows.read(text, self.offset, last, &mut self.records, &mut visit);
            self.offset += text.len() as u64;
            return start + text.len();
        }
        let mut selective = self.selective.take();
        let cursor = selective.as_mut().map(|reader| reader.cursor(text));
        let read = self.read_json(cursor, text, last, &mut visit);
        self.selective = selective;
        self.offset += read as u64;
        start + read
    }

    /// Ends the log file and returns its summary. The next piece is of another file.
    pub fn finish(&mut self) -> Summary {
        self.rows = None;
        self.is_detected = false;
        self.state = ReaderState::Top;
        self.pending = Default::default();
        self.offset = 0;
        std::mem::take(&mut self.records.summary)
    }

    fn read_json(
        &mut self,
        mut cursor: Option<RecordCursor<'_, '_>>,
        text: &[u8],
        last: bool,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> usize {
        let mut position = 0;
        loop {
            position += self.separator_length(text.get(position..).unwrap_or_default());
            let rest = text.get(position..).unwrap_or_default();
            let Some(&first) = rest.first() else { break };
            if let (ReaderState::Array, b'{', Some(cursor)) = (self.state, first, &mut cursor) {
                match self.read_selectively(cursor, position, visit) {
                    Ok(end) => {
                        position = end;
                        continue;
                    }
                    Err(Fallback::Whole(end)) => {
                        self.read_value(
                            text.get(position..end).unwrap_or_default(),
                            position,
                            visit,
                        );
                        position = end;
                        continue;
                    }
                    Err(Fallback::NeedMoreText) if !last => break,
                    Err(Fallback::NeedMoreText | Fallback::TooLarge) => {}
                }
            }
            let read = match (self.state, first) {
                (ReaderState::Abandoned, _) => rest.len(),
                (ReaderState::TooLarge { brackets, in_array }, _) => {
                    self.skip_too_large(brackets, in_array, rest)
                }
                (ReaderState::LongString { string, in_array }, _) => {
                    self.skip_long_string(string, in_array, rest)
                }
                (ReaderState::Top, b'[') => {
                    self.records.summary.values += 1;
                    self.state = ReaderState::Array;
                    1
                }
                (ReaderState::Array, b']') => {
                    self.state = ReaderState::Top;
                    1
                }
                (ReaderState::Top, b']' | b'}') | (ReaderState::Array, b'}') => {
                    self.abandon_file(FaultKind::Unbalanced, position);
                    0
                }
                (_, b'{' | b'[') => match self.end_of_value(rest, position) {
                    Some(end) => {
                        self.read_value(rest.get(..end).unwrap_or_default(), position, visit);
                        end
                    }
                    None if last => {
                        if self.state == ReaderState::Top {
                            let offset = self.offset + position as u64;
                            self.records.read_truncated_reply(rest, offset, visit);
                        }
                        self.abandon_file(FaultKind::Unbalanced, position);
                        0
                    }
                    None if rest.len() >= MAX_RECORD => {
                        self.leave_out_too_large(position);
                        0
                    }
                    None => break,
                },
                (ReaderState::Top, 0xEF) if BYTE_ORDER_MARK.starts_with(rest) && !last => break,
                _ => match self.read_stray(rest, last, position) {
                    Some(read) => read,
                    None => break,
                },
            };
            position += read;
        }
        if last {
            match self.state {
                ReaderState::Top | ReaderState::Abandoned => {}
                ReaderState::Array
                | ReaderState::TooLarge { .. }
                | ReaderState::LongString { .. } => {
                    self.abandon_file(FaultKind::Unbalanced, text.len());
                }
            }
            position = text.len();
        }
        position
    }

    /// The length of the white space, commas and byte order marks that the text begins with.
    fn separator_length(&self, text: &[u8]) -> usize {
        match self.state {
            ReaderState::Top | ReaderState::Array => {}
            ReaderState::TooLarge { .. }
            | ReaderState::LongString { .. }
            | ReaderState::Abandoned => return 0,
        }
        let mut position = 0;
        loop {
            let rest = text.get(position..).unwrap_or_default();
            match rest.first() {
                Some(&byte) if is_whitespace(byte) || byte == b',' => position += 1,
                Some(0xEF)
                    if self.state == ReaderState::Top && rest.starts_with(BYTE_ORDER_MARK) =>
                {
                    position += BYTE_ORDER_MARK.len();
                }
                _ => return position,
            }
        }
    }

    /// Reads the record at `position` by the selective reader; returns the position after it.
    #[inline]
    fn read_selectively(
        &mut self,
        cursor: &mut RecordCursor<'_, '_>,
        position: usize,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<usize, Fallback> {
        let summary = &mut self.records.summary;
        let number = summary.next_number();
        cursor.read_record(position, |event, details, text| {
            summary.records += 1;
            visit(&Record::new(number, text, event, details));
        })
    }

    /// Reads the whole object or nested array at `position`.
    fn read_value(&mut self, value: &[u8], position: usize, visit: &mut impl FnMut(&Record<'_>)) {
        let offset = self.offset + position as u64;
        let is_top = self.state == ReaderState::Top;
        if !has_matching_ends(value) {
            self.abandon_file(FaultKind::Unbalanced, position);
            return;
        }
        let summary = &mut self.records.summary;
        if value.len() > MAX_RECORD {
            summary.values += u64::from(is_top);
            summary.leave_out(LeftOutReason::TooLarge, offset);
            return;
        }
        if value.first() != Some(&b'{') {
            let text = String::from_utf8_lossy(value);
            self.records.leave_out_value(&text, offset);
            return;
        }
        if is_top {
            summary.values += 1;
            if self.records.read_lookup_events(value, offset, visit) {
                return;
            }
        }
        self.records.read(value, offset, visit);
    }

    /// Leaves out the record at `position`, which is too large, and begins to skip it.
    fn leave_out_too_large(&mut self, position: usize) {
        let in_array = self.state == ReaderState::Array;
        let summary = &mut self.records.summary;
        summary.leave_out(LeftOutReason::TooLarge, self.offset + position as u64);
        summary.values += u64::from(!in_array);
        self.state = ReaderState::TooLarge {
            brackets: BracketMatcher::default(),
            in_array,
        };
    }

    /// Skips as much of a record that is too large as the text has; returns its length.
    fn skip_too_large(
        &mut self,
        mut brackets: BracketMatcher,
        in_array: bool,
        text: &[u8],
    ) -> usize {
        let end = brackets.end_of_value(text);
        self.state = match (end, in_array) {
            (Some(_), true) => ReaderState::Array,
            (Some(_), false) => ReaderState::Top,
            (None, _) => ReaderState::TooLarge { brackets, in_array },
        };
        end.unwrap_or(text.len())
    }

    /// The position after the value that `text` begins with, at `position` in the current piece. Of a
    /// value that has begun in an earlier piece, only what is new is looked at.
    fn end_of_value(&mut self, text: &[u8], position: usize) -> Option<usize> {
        let (mut brackets, known) = match std::mem::take(&mut self.pending) {
            pending if position == 0 => pending,
            _ => Default::default(),
        };
        let end = brackets.end_of_value(text.get(known..).unwrap_or_default());
        if end.is_none() {
            self.pending = (brackets, text.len());
        }
        end.map(|end| known + end)
    }

    /// Skips as much of a string that is too long as the text has; returns its length.
    fn skip_long_string(
        &mut self,
        mut string: StringMatcher,
        in_array: bool,
        text: &[u8],
    ) -> usize {
        let end = string.end_of_string(text);
        self.state = match (end, in_array) {
            (Some(_), true) => ReaderState::Array,
            (Some(_), false) => ReaderState::Top,
            (None, _) => ReaderState::LongString { string, in_array },
        };
        end.unwrap_or(text.len())
    }

    /// Reads text at `position` that does not begin with a bracket, and returns its length; `None` where
    /// more text is needed.
    fn read_stray(&mut self, text: &[u8], last: bool, position: usize) -> Option<usize> {
        let offset = self.offset + position as u64;
        let in_array = self.state == ReaderState::Array;
        let summary = &mut self.records.summary;
        match stray::read(text, last, in_array)? {
            StrayText::Scalar(length) => {
                summary.values += u64::from(!in_array);
                let text = text.get(..length).unwrap_or(text);
                let text = String::from_utf8_lossy(text);
                self.records.leave_out_value(text.trim_ascii(), offset);
                Some(length)
            }
            StrayText::NotJson(length) => {
                let seen = beginning_of_bytes(text.get(..length).unwrap_or(text));
                if in_array {
                    summary.leave_out_seen(LeftOutReason::InvalidJson, offset, seen);
                } else {
                    summary.add_fault(FaultKind::Stray, offset, None, seen);
                }
                Some(length)
            }
            StrayText::TooLong => {
                let seen = beginning_of_bytes(text);
                self.abandon(FaultKind::NotJson, position, seen);
                Some(0)
            }
            StrayText::Unbalanced => {
                self.abandon_file(FaultKind::Unbalanced, position);
                Some(0)
            }
            StrayText::LongString => {
                summary.values += u64::from(!in_array);
                // So long a text may be a whole log file inside a string.
                let seen = beginning_of_bytes(text);
                summary.leave_out_seen(LeftOutReason::NotUnderstood, offset, seen);
                self.state = ReaderState::LongString {
                    string: StringMatcher::default(),
                    in_array,
                };
                Some(1)
            }
        }
    }

    fn abandon_file(&mut self, kind: FaultKind, position: usize) {
        self.abandon(kind, position, String::new());
    }

    fn abandon(&mut self, kind: FaultKind, position: usize, seen: String) {
        let offset = self.offset + position as u64;
        self.records.summary.add_fault(kind, offset, None, seen);
        self.state = ReaderState::Abandoned;
    }
}
