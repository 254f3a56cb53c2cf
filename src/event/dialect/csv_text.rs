//! CSV (RFC 4180), as Log Service ships and downloads it: a header that names the columns, and a
//! row for each event.
//!
//! A text is CSV when its first line, split at commas, tabs, semicolons or vertical bars, names a
//! column `event` or the event's time (`event.eventTime`, `event_eventtime`, `eventTime`). Rows come
//! in pieces and are kept one at a time. Left out: files without a header, because nothing names
//! their columns.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::event::embedded;
use crate::event::string::write_string;
use crate::event::structure::{BYTE_ORDER_MARK, trim};

use super::flat::{self, FlatEvent, Names};
use super::rows::{self, RowEvent};

/// The longest header that is searched for columns.
const MAX_HEADER: usize = 64 << 10;

/// The most columns of a row.
const MAX_COLUMNS: usize = 4096;

/// The separators of columns, the most common first.
const DELIMITERS: [u8; 4] = *b",\t;|";

/// Whether a text is CSV.
pub(crate) enum CsvDetection {
    /// It is, and this is the number of bytes of its header.
    Csv(Box<CsvTable>, usize),
    NotCsv,
    NeedMoreText,
}

/// The table of one text; keeps one row at a time.
pub(crate) struct CsvTable {
    reader: Reader,
    columns: EventColumns,
    /// The fields of the current row, one after another, in `length` bytes.
    row: Vec<u8>,
    length: usize,
    /// The ends of `field_count` fields in `row`.
    ends: Vec<usize>,
    field_count: usize,
    /// Whether the current row is larger than `max_row` bytes or `MAX_COLUMNS` columns.
    is_too_large: bool,
    max_row: usize,
}

/// The columns that hold the event.
struct EventColumns {
    /// The column of the whole event.
    event: Option<usize>,
    /// The names of all columns, as parts of an event.
    parts: Vec<String>,
    /// How these are named.
    names: Names,
}

/// How many bytes of a piece of text were read, and whether they end a row.
pub(crate) struct CsvStep {
    pub(crate) consumed: usize,
    pub(crate) ends_row: bool,
}

/// What a row holds.
pub(crate) enum CsvRow<'r> {
    /// An event.
    Event {
        /// Its text, which may be invalid.
        text: Cow<'r, str>,
        /// Whether bytes of it that are no UTF-8 were replaced by U+FFFD.
        is_repaired: bool,
    },
    NoEvent,
    /// The row ends before the column of the event.
    TooShort,
    TooLarge,
}

impl CsvTable {
    /// Detects whether a text is CSV; rows above `max_row` bytes will not be kept.
    pub(crate) fn detect(text: &[u8], last: bool, max_row: usize) -> CsvDetection {
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            Some(b'{' | b'[') => return CsvDetection::NotCsv,
            None if !last => return CsvDetection::NeedMoreText,
            Some(_) | None => {}
        }
        let searched = body.get(..MAX_HEADER).unwrap_or(body);
        let line = match memchr::memchr(b'\n', searched) {
            Some(end) => body.get(..=end).unwrap_or_default(),
            None if last => searched,
            None if searched.len() < MAX_HEADER => return CsvDetection::NeedMoreText,
            None => return CsvDetection::NotCsv,
        };
        // All wanted names have this word, and searching for it is far cheaper than a CSV reader.
        let word = b"event";
        let mut parts = line.windows(word.len());
        if !parts.any(|part| part.eq_ignore_ascii_case(word)) {
            return CsvDetection::NotCsv;
        }
        let byte_order_mark = text.len() - body.len();
        let table = DELIMITERS
            .iter()
            .find_map(|&delimiter| Self::from_header(line, delimiter, max_row));
        match table {
            Some(table) => CsvDetection::Csv(Box::new(table), byte_order_mark + line.len()),
            None => CsvDetection::NotCsv,
        }
    }

    fn from_header(line: &[u8], delimiter: u8, max_row: usize) -> Option<Self> {
        let new = |columns| Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            columns,
            row: vec![0; 4096],
            length: 0,
            ends: vec![0; 64],
            field_count: 0,
            is_too_large: false,
            max_row,
        };
        let mut header = new(EventColumns {
            event: None,
            parts: Vec::new(),
            names: Names::Bare,
        });
        let mut rest = line;
        loop {
            let step = header.read(rest);
            if step.ends_row || rest.is_empty() {
                break;
            }
            rest = rest.get(step.consumed..).unwrap_or_default();
        }
        let names: Vec<String> = (0..header.field_count)
            .filter_map(|index| header.field(index))
            .map(|name| trim(&String::from_utf8_lossy(name)).to_owned())
            .collect();
        Some(new(EventColumns::from_names(names)?))
    }

    /// Reads text up to the end of the current row. At the end of the text, empty input ends the last
    /// row.
    pub(crate) fn read(&mut self, text: &[u8]) -> CsvStep {
        let mut consumed = 0;
        loop {
            let input = text.get(consumed..).unwrap_or_default();
            let row = self.row.get_mut(self.length..).unwrap_or_default();
            let ends = self.ends.get_mut(self.field_count..).unwrap_or_default();
            let (result, read, written, fields) = self.reader.read_record(input, row, ends);
            consumed += read;
            self.length += written;
            self.field_count += fields;
            let ends_row = match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => false,
                ReadRecordResult::Record => true,
                ReadRecordResult::OutputFull
                    if self.row.len() < self.max_row && !self.is_too_large =>
                {
                    let length = (self.row.len() * 2).min(self.max_row);
                    self.row.resize(length, 0);
                    continue;
                }
                ReadRecordResult::OutputEndsFull
                    if self.ends.len() < MAX_COLUMNS && !self.is_too_large =>
                {
                    self.ends.resize(self.ends.len() * 2, 0);
                    continue;
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    // The rest of the row overwrites its beginning.
                    self.is_too_large = true;
                    (self.length, self.field_count) = (0, 0);
                    continue;
                }
            };
            return CsvStep { consumed, ends_row };
        }
    }

    /// What the row that has ended holds. The next call of `read` begins the next row.
    pub(crate) fn row(&mut self) -> CsvRow<'_> {
        let (field_count, is_too_large) = (self.field_count, self.is_too_large);
        (self.length, self.field_count, self.is_too_large) = (0, 0, false);
        if is_too_large {
            return CsvRow::TooLarge;
        }
        let field = |index| self.field(index).filter(|_| index < field_count);
        if let Some(event) = self.columns.event {
            let Some(bytes) = field(event) else {
                return CsvRow::TooShort;
            };
            let text = String::from_utf8_lossy(bytes);
            let is_repaired = matches!(text, Cow::Owned(_));
            let is_object = text.starts_with('{');
            match rows::of_embedded(embedded::in_text(text), 0) {
                Some(RowEvent::Whole(text) | RowEvent::Broken(text)) => {
                    return CsvRow::Event { text, is_repaired };
                }
                None if is_object => {
                    let text = Cow::Borrowed("{}");
                    return CsvRow::Event { text, is_repaired };
                }
                None => {}
            }
        }
        let mut event = FlatEvent::new(self.columns.names);
        let (mut is_repaired, mut value) = (false, String::new());
        for (index, name) in self.columns.parts.iter().enumerate() {
            let bytes = field(index).unwrap_or_default();
            if bytes.is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(bytes);
            is_repaired |= matches!(text, Cow::Owned(_));
            value.clear();
            write_string(&text, &mut value);
            event.add(name, &value);
        }
        match event.to_json() {
            Some(text) => CsvRow::Event {
                text: Cow::Owned(text),
                is_repaired,
            },
            None => CsvRow::NoEvent,
        }
    }

    fn field(&self, index: usize) -> Option<&[u8]> {
        let start = match index {
            0 => 0,
            _ => self.ends.get(index - 1).copied()?,
        };
        self.row.get(start..self.ends.get(index).copied()?)
    }
}

impl EventColumns {
    /// The columns of these names, if they are those of events.
    fn from_names(names: Vec<String>) -> Option<Self> {
        let is_named = |name: &String, wanted: &str| name.eq_ignore_ascii_case(wanted);
        let event = names.iter().position(|name| is_named(name, "event"));
        let has_prefix = names.iter().any(|name| flat::is_event_time(name));
        let is_bare = !has_prefix && names.iter().any(|name| is_named(name, "eventTime"));
        if event.is_none() && !has_prefix && !is_bare {
            return None;
        }
        Some(Self {
            event,
            parts: names,
            names: if is_bare {
                Names::Bare
            } else {
                Names::Prefixed
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(text: &str) -> Option<bool> {
        match CsvTable::detect(text.as_bytes(), false, 1 << 20) {
            CsvDetection::Csv(..) => Some(true),
            CsvDetection::NotCsv => Some(false),
            CsvDetection::NeedMoreText => None,
        }
    }

    #[test]
    fn a_text_is_detected_by_its_header() {
        for (text, expected) in [
            ("event\n", Some(true)),
            ("__time__,event,owner_id\r\n1", Some(true)),
            ("\u{feff}\"__time__\"\t\"Event\"\n", Some(true)),
            ("a;event.eventTime\n", Some(true)),
            ("eventTime|eventName\n", Some(true)),
            ("events,eventual\n", Some(false)),
            ("[{\"event\":1}]", Some(false)),
            ("  {", Some(false)),
            ("no header here\n", Some(false)),
            ("__time__,eve", None),
            ("", None),
        ] {
            assert_eq!(detect(text), expected, "{text:?}");
        }
        assert_eq!(detect(&"x".repeat(MAX_HEADER)), Some(false));
        for nothing in ["", " \n"] {
            let detection = CsvTable::detect(nothing.as_bytes(), true, 1 << 20);
            assert!(matches!(detection, CsvDetection::NotCsv), "{nothing:?}");
        }
    }
}
