//! Tables (CSV), as Log Service ships and downloads them, and as spreadsheets, data frames and
//! databases write them: a header that names the columns, and a row for each event.
//!
//! A text is a table when its first line, split at commas, tabs, semicolons, vertical bars or blanks,
//! names a column that holds events (`event` and the other wrappers of rows) or the event's time
//! (`event.eventTime`, `event_eventtime`, `eventTime`). Blank lines, `sep=;`, `#TYPE …` and comments
//! may stand in front of it. Left out: files without a header, because nothing names their columns.

use std::borrow::Cow;

use memchr::memchr2;

use crate::event::embedded;
use crate::event::seen;
use crate::event::string::write_string;
use crate::event::structure::{BYTE_ORDER_MARK, is_whitespace, trim};

use super::cells::{CellReader, CsvStep, RowExcess};
use super::flat::{self, FlatEvent, Names};
use super::not_understood::may_hold_events;
use super::rows::{self, RowEvent};
use super::wrappers::ROWS;

/// The longest header, with what stands in front of it, that is searched for columns.
const MAX_HEADER: usize = 64 << 10;

/// The separators of columns, the most common first.
const DELIMITERS: [u8; 5] = *b",\t;| ";

/// What lines in front of a header begin with.
const COMMENTS: [&[u8]; 3] = [b"#", b"--", b"//"];

/// Whether a text is a table.
pub(in crate::event) enum CsvDetection {
    /// It is, and this is the number of bytes up to the end of its header.
    Csv(Box<CsvTable>, usize),
    NotCsv,
    NeedMoreText,
}

/// The table of one text; keeps one row at a time.
pub(in crate::event) struct CsvTable {
    cells: CellReader,
    columns: EventColumns,
}

/// The columns that hold the event.
struct EventColumns {
    /// The columns of the whole event, in the order in which they are looked into.
    wholes: Vec<usize>,
    /// The names of all columns, as parts of an event.
    names: Vec<String>,
    kind: Names,
    /// The column of the event's time, where events are in parts.
    time: Option<usize>,
}

/// What a row holds.
pub(in crate::event) enum CsvRow<'r> {
    /// An event.
    Event {
        /// Its text, which may be invalid.
        text: Cow<'r, str>,
        /// Whether bytes of it that are no UTF-8 were replaced by U+FFFD.
        is_repaired: bool,
    },
    /// Nothing where the event or its time should be.
    NoEvent,
    /// Something else is there; what is seen of it.
    NotUnderstood(String),
    /// The row ends before the column of the event.
    TooShort,
    TooLarge,
    TooManyColumns,
}

impl CsvTable {
    /// Detects whether a text is a table; rows above `max_row` bytes will not be kept. Returns the
    /// number of bytes in front that mean nothing in any text, too.
    pub(in crate::event) fn detect(
        text: &[u8],
        last: bool,
        max_row: usize,
    ) -> (usize, CsvDetection) {
        let mut skipped = 0;
        let body = loop {
            let rest = text.get(skipped..).unwrap_or_default();
            match rest.first() {
                Some(&byte) if is_whitespace(byte) => skipped += 1,
                Some(_) if rest.starts_with(BYTE_ORDER_MARK) => skipped += BYTE_ORDER_MARK.len(),
                _ => break rest,
            }
        };
        let detection = if body.is_empty() || BYTE_ORDER_MARK.starts_with(body) {
            if last {
                CsvDetection::NotCsv
            } else {
                CsvDetection::NeedMoreText
            }
        } else {
            Self::detect_header(body, last, max_row)
        };
        (skipped, detection)
    }

    /// Detects the header that a text begins with, behind a preamble.
    fn detect_header(body: &[u8], last: bool, max_row: usize) -> CsvDetection {
        let searched = body.get(..MAX_HEADER).unwrap_or(body);
        let (mut start, mut delimiter) = (0, None);
        loop {
            let rest = searched.get(start..).unwrap_or_default();
            let first = rest.iter().find(|byte| !byte.is_ascii_whitespace());
            if matches!(first, Some(b'{' | b'[')) {
                return CsvDetection::NotCsv;
            }
            let length = match memchr2(b'\n', b'\r', rest) {
                Some(end) => end + 1,
                None if last && searched.len() < MAX_HEADER => rest.len(),
                None if searched.len() < MAX_HEADER => return CsvDetection::NeedMoreText,
                None => return CsvDetection::NotCsv,
            };
            let line = rest.get(..length).unwrap_or_default();
            let is_preamble = match preamble(line) {
                Some(PreambleLine::Separator(separator)) => {
                    delimiter = Some(separator);
                    true
                }
                Some(PreambleLine::Comment) => true,
                None => false,
            };
            if !is_preamble || length == 0 {
                let table = delimiter
                    .into_iter()
                    .chain(DELIMITERS)
                    .find_map(|delimiter| Self::from_header(line, delimiter, max_row));
                return match table {
                    Some(table) => CsvDetection::Csv(Box::new(table), start + length),
                    None => CsvDetection::NotCsv,
                };
            }
            start += length;
        }
    }

    fn from_header(line: &[u8], delimiter: u8, max_row: usize) -> Option<Self> {
        // All wanted names have one of these words, and searching for them is far cheaper than cells.
        let has_word = |word: &str| {
            line.windows(word.len())
                .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        if !ROWS.iter().any(|word| has_word(word)) {
            return None;
        }
        let mut cells = CellReader::of_header(delimiter, MAX_HEADER);
        if !cells.read(line).ends_row {
            cells.finish();
        }
        let names: Vec<String> = (0..cells.count())
            .filter_map(|index| cells.cell(index))
            .map(|name| trim(&String::from_utf8_lossy(name)).to_owned())
            .collect();
        let columns = EventColumns::from_names(names, delimiter)?;
        Some(Self {
            cells: cells.below_header(max_row),
            columns,
        })
    }

    /// Reads text up to the end of the current row.
    pub(in crate::event) fn read(&mut self, text: &[u8]) -> CsvStep {
        self.cells.read(text)
    }

    /// Ends the last row at the end of the text; returns whether there is one.
    pub(in crate::event) fn finish(&mut self) -> bool {
        self.cells.finish()
    }

    /// What the row that has ended holds. `clear` has to follow.
    pub(in crate::event) fn row(&self) -> CsvRow<'_> {
        match self.cells.excess() {
            Some(RowExcess::Bytes) => return CsvRow::TooLarge,
            Some(RowExcess::Columns) => return CsvRow::TooManyColumns,
            Some(RowExcess::Unclosed) => return self.not_understood("a quote that is not closed"),
            None => {}
        }
        let mut other = CsvRow::NoEvent;
        for &column in &self.columns.wholes {
            match self.whole(column) {
                CsvRow::NoEvent => {}
                event @ CsvRow::Event { .. } => return event,
                row => {
                    if matches!(other, CsvRow::NoEvent) {
                        other = row;
                    }
                }
            }
        }
        match self.columns.time {
            Some(time) => match self.parts(time) {
                CsvRow::NoEvent => other,
                row => row,
            },
            None => other,
        }
    }

    /// Begins the next row.
    pub(in crate::event) fn clear(&mut self) {
        self.cells.clear();
    }

    /// The event in a column of whole events.
    fn whole(&self, column: usize) -> CsvRow<'_> {
        let Some(bytes) = self.cells.cell(column) else {
            return CsvRow::TooShort;
        };
        let text = String::from_utf8_lossy(bytes);
        let is_repaired = matches!(text, Cow::Owned(_));
        let cell = trim(&text);
        if flat::is_nothing(cell) {
            return CsvRow::NoEvent;
        }
        if let Some(RowEvent::Whole(text) | RowEvent::Broken(text)) =
            rows::of_embedded(embedded::in_text(text), 0)
        {
            return CsvRow::Event { text, is_repaired };
        }
        let text = String::from_utf8_lossy(bytes);
        let cell = trim(&text);
        // An object that is no event, as a record may be one.
        if cell.starts_with('{') && !may_hold_events(cell) {
            return CsvRow::NoEvent;
        }
        self.not_understood(&seen::beginning(cell))
    }

    /// The event in columns for each of its parts.
    fn parts(&self, time: usize) -> CsvRow<'_> {
        let (count, columns) = (self.cells.count(), self.columns.names.len());
        let is_empty = |index| self.cells.cell(index).is_none_or(<[u8]>::is_empty);
        if !(columns..count).all(is_empty) {
            return self.not_understood(&format!("{count} cells"));
        }
        if time >= count {
            return CsvRow::TooShort;
        }
        let mut event = FlatEvent::new(self.columns.kind);
        let (mut is_repaired, mut value) = (false, String::new());
        for (index, name) in self.columns.names.iter().enumerate() {
            let bytes = self.cells.cell(index).unwrap_or_default();
            if bytes.is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(bytes);
            is_repaired |= matches!(text, Cow::Owned(_));
            value.clear();
            write_string(trim(&text), &mut value);
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

    fn not_understood(&self, seen: &str) -> CsvRow<'_> {
        let names = seen::names(self.columns.names.iter());
        CsvRow::NotUnderstood(format!("{seen} in a table of the columns {names}"))
    }
}

/// A line in front of a header.
enum PreambleLine {
    /// It states the separator of columns.
    Separator(u8),
    Comment,
}

/// What a line is, if it may stand in front of a header.
fn preamble(line: &[u8]) -> Option<PreambleLine> {
    let line = line.trim_ascii();
    if line.is_empty() || COMMENTS.iter().any(|comment| line.starts_with(comment)) {
        return Some(PreambleLine::Comment);
    }
    let unquoted = line
        .strip_prefix(b"\"")
        .and_then(|line| line.strip_suffix(b"\""))
        .unwrap_or(line);
    match *unquoted {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => {
            Some(PreambleLine::Separator(separator))
        }
        // A tab or a blank was trimmed.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] => Some(PreambleLine::Comment),
        _ => None,
    }
}

impl EventColumns {
    /// The columns of these names, if they are those of events.
    fn from_names(names: Vec<String>, delimiter: u8) -> Option<Self> {
        let mut wholes: Vec<(usize, usize)> = names
            .iter()
            .enumerate()
            .filter_map(|(index, name)| Some((rows::rank(name)?, index)))
            .collect();
        wholes.sort_unstable();
        let prefixed = names.iter().position(|name| flat::is_event_time(name));
        let time = prefixed.or_else(|| names.iter().position(|name| flat::is_own_time(name)));
        // Some wrappers have names that stand in any line of text.
        let has_event = wholes.iter().any(|&(_, index)| {
            let name = names.get(index).map_or("", String::as_str);
            ["event", "_source", "_raw"]
                .iter()
                .any(|sure| sure.eq_ignore_ascii_case(name))
                || name.contains('.')
        });
        let are_names = names.len() > 1 && names.iter().all(|name| is_name(name));
        let is_table = time.is_some() || has_event || (!wholes.is_empty() && are_names);
        let is_log_service = || names.iter().any(|name| name.starts_with("__"));
        let is_split = delimiter != b' ' || (are_names && (time.is_some() || is_log_service()));
        (is_table && is_split).then(|| Self {
            wholes: wholes.into_iter().map(|(_, index)| index).collect(),
            kind: if time.is_some() && prefixed.is_none() {
                Names::Bare
            } else {
                Names::Prefixed
            },
            names,
            time,
        })
    }
}

/// Whether a text can be the name of a column and is no sentence.
fn is_name(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|first| !first.is_ascii_digit())
        && !text.contains(char::is_whitespace)
        && !text.contains(['"', '\'', '{', '}', '=', ',', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(text: &str) -> Option<bool> {
        match CsvTable::detect(text.as_bytes(), false, 1 << 20).1 {
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
            ("__time__ event __topic__\r", Some(true)),
            ("'a','event'\n", Some(true)),
            ("sep=;\n\na;event\n", Some(true)),
            ("\"sep=,\"\r\na,eventTime\n", Some(true)),
            ("#TYPE System.Object\r\n\"a\",\"eventTime\"\n", Some(true)),
            ("  \n-- made by x\n_time,_raw\n", Some(true)),
            ("time,message\n", Some(true)),
            ("2024 the event began\n", Some(false)),
            ("there was an event, message lost\n", Some(false)),
            ("the message\n", Some(false)),
            ("#TYPE x\n{\"event\":1}\n", Some(false)),
            ("events,eventual\n", Some(false)),
            ("[{\"event\":1}]", Some(false)),
            ("  {", Some(false)),
            ("no header here\n", Some(false)),
            ("__time__,eve", None),
            ("sep=;\n", None),
            ("", None),
        ] {
            assert_eq!(detect(text), expected, "{text:?}");
        }
        assert_eq!(detect(&"x".repeat(MAX_HEADER)), Some(false));
        assert_eq!(detect(&"#\n".repeat(MAX_HEADER)), Some(false));
        for nothing in ["", " \n", "\u{feff}"] {
            let (skipped, detection) = CsvTable::detect(nothing.as_bytes(), true, 1 << 20);
            assert!(matches!(detection, CsvDetection::NotCsv), "{nothing:?}");
            assert_eq!(skipped, nothing.len());
        }
    }

    #[test]
    fn white_space_in_front_is_not_kept() {
        let (skipped, detection) = CsvTable::detect(&[b' '; 1000], false, 1 << 20);
        assert!(matches!(detection, CsvDetection::NeedMoreText));
        assert_eq!(skipped, 1000);
    }
}
