//! CSV (RFC 4180), as Log Service ships and downloads it: a header that names the columns, and a
//! row for each event.
//!
//! A text is CSV when its first line, cut at commas, tabs, semicolons or bars, names a column
//! `event`, or the event's time (`event.eventTime`, `event_eventtime`, `eventTime`). Rows come in
//! pieces and are kept one at a time. Left out: files without a header, whose columns nothing names.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::super::string::write_string;
use super::super::structure::trim;
use super::flat::{self, Parts};

/// The longest header that is looked for.
const MAX_HEADER: usize = 64 << 10;

/// The most columns of a row.
const MAX_COLUMNS: usize = 4096;

/// What parts the columns of a header, the usual first.
const DELIMITERS: [u8; 4] = *b",\t;|";

/// What a text begins as.
pub(in super::super) enum Beginning {
    /// CSV; so many bytes are its header.
    Csv(Box<Csv>, usize),
    /// Something else.
    Other,
    /// That cannot be told yet.
    Unfinished,
}

/// The rows of one text.
pub(in super::super) struct Csv {
    reader: Reader,
    columns: Columns,
    row: Vec<u8>,
    length: usize,
    ends: Vec<usize>,
    fields: usize,
    /// Whether the row at hand is too large to be kept.
    overflown: bool,
    most: usize,
}

/// Where a row has its event.
struct Columns {
    /// The column of the event itself.
    event: Option<usize>,
    /// The names of the columns, as parts of an event.
    parts: Vec<String>,
}

/// What a stretch of text gave.
pub(in super::super) struct Step {
    /// How much of it is done with.
    pub(in super::super) taken: usize,
    /// Whether a row has come to its end with it.
    pub(in super::super) ended: bool,
}

/// What a row holds.
pub(in super::super) enum Row<'r> {
    /// The text of an event, perhaps broken, and whether bytes of it were replaced.
    Event(Cow<'r, str>, bool),
    /// No event at all.
    Nothing,
    /// Too few columns to tell.
    Short,
    /// Too much to be kept.
    TooLarge,
}

impl Csv {
    /// Tells whether a text begins as CSV; rows above `most` bytes will not be kept.
    pub(in super::super) fn begin(text: &[u8], last: bool, most: usize) -> Beginning {
        let body = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let mut words = body.iter().filter(|byte| !byte.is_ascii_whitespace());
        match words.next() {
            Some(b'{' | b'[') => return Beginning::Other,
            None if !last => return Beginning::Unfinished,
            Some(_) | None => {}
        }
        let looked_at = body.get(..MAX_HEADER).unwrap_or(body);
        let line = match memchr::memchr(b'\n', looked_at) {
            Some(end) => body.get(..=end).unwrap_or_default(),
            None if last => looked_at,
            None if looked_at.len() < MAX_HEADER => return Beginning::Unfinished,
            None => return Beginning::Other,
        };
        // No column that is looked for does without this word, and a reader of CSV costs far more
        // to make than a line to look at.
        let word = b"event";
        let mut words = line.windows(word.len());
        if !words.any(|part| part.eq_ignore_ascii_case(word)) {
            return Beginning::Other;
        }
        let bom = text.len() - body.len();
        let table = DELIMITERS
            .iter()
            .find_map(|&delimiter| Self::of_header(line, delimiter, most));
        match table {
            Some(table) => Beginning::Csv(Box::new(table), bom + line.len()),
            None => Beginning::Other,
        }
    }

    fn of_header(line: &[u8], delimiter: u8, most: usize) -> Option<Self> {
        let new = |columns| Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            columns,
            row: vec![0; 4096],
            length: 0,
            ends: vec![0; 64],
            fields: 0,
            overflown: false,
            most,
        };
        let mut header = new(Columns {
            event: None,
            parts: Vec::new(),
        });
        let mut ended = false;
        let mut rest = line;
        while !ended {
            let step = header.step(rest);
            if step.taken == 0 && !step.ended && rest.is_empty() {
                break;
            }
            rest = rest.get(step.taken..).unwrap_or_default();
            ended = step.ended;
        }
        let names: Vec<String> = (0..header.fields)
            .filter_map(|at| header.field(at))
            .map(|name| trim(&String::from_utf8_lossy(name)).to_owned())
            .collect();
        Some(new(Columns::of(names)?))
    }

    /// Reads on; at the end of the text, an empty stretch ends the last row.
    pub(in super::super) fn step(&mut self, text: &[u8]) -> Step {
        let mut taken = 0;
        loop {
            let input = text.get(taken..).unwrap_or_default();
            let row = self.row.get_mut(self.length..).unwrap_or_default();
            let ends = self.ends.get_mut(self.fields..).unwrap_or_default();
            let (result, read, written, fields) = self.reader.read_record(input, row, ends);
            taken += read;
            self.length += written;
            self.fields += fields;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => {
                    return Step {
                        taken,
                        ended: false,
                    };
                }
                ReadRecordResult::Record => return Step { taken, ended: true },
                ReadRecordResult::OutputFull if self.row.len() < self.most && !self.overflown => {
                    let length = (self.row.len() * 2).min(self.most);
                    self.row.resize(length, 0);
                }
                ReadRecordResult::OutputEndsFull
                    if self.ends.len() < MAX_COLUMNS && !self.overflown =>
                {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                // What comes is written over what is there, and counts for nothing.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.overflown = true;
                    (self.length, self.fields) = (0, 0);
                }
            }
        }
    }

    /// What the row that has ended holds. The next step begins the next row.
    pub(in super::super) fn row(&mut self) -> Row<'_> {
        let (fields, overflown) = (self.fields, self.overflown);
        (self.length, self.fields, self.overflown) = (0, 0, false);
        if overflown {
            return Row::TooLarge;
        }
        let field = |at| self.field(at).filter(|_| at < fields);
        if let Some(event) = self.columns.event {
            let Some(bytes) = field(event) else {
                return Row::Short;
            };
            let text = String::from_utf8_lossy(bytes);
            let replaced = matches!(text, Cow::Owned(_));
            let trimmed = trim(&text);
            if trimmed.starts_with('{') {
                let text = match text {
                    Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
                    Cow::Owned(_) => Cow::Owned(trimmed.to_owned()),
                };
                return Row::Event(text, replaced);
            }
            if let Some(inner) = super::within(trimmed) {
                return Row::Event(Cow::Owned(inner.into_owned()), replaced);
            }
        }
        let mut parts = Parts::default();
        let (mut replaced, mut value) = (false, String::new());
        for (at, name) in self.columns.parts.iter().enumerate() {
            let bytes = field(at).unwrap_or_default();
            if bytes.is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(bytes);
            replaced |= matches!(text, Cow::Owned(_));
            value.clear();
            write_string(&text, &mut value);
            parts.add(name, &value);
        }
        match parts.event() {
            Some(text) => Row::Event(Cow::Owned(text), replaced),
            None => Row::Nothing,
        }
    }

    fn field(&self, at: usize) -> Option<&[u8]> {
        let start = match at {
            0 => 0,
            _ => self.ends.get(at - 1).copied()?,
        };
        self.row.get(start..self.ends.get(at).copied()?)
    }
}

impl Columns {
    /// The columns of these names, if they are those of events.
    fn of(names: Vec<String>) -> Option<Self> {
        let is = |name: &String, wanted: &str| name.eq_ignore_ascii_case(wanted);
        let event = names.iter().position(|name| is(name, "event"));
        let has_part = names.iter().any(|name| flat::is_time(name));
        let is_bare = !has_part && names.iter().any(|name| is(name, "eventTime"));
        if event.is_none() && !has_part && !is_bare {
            return None;
        }
        let parts = if is_bare {
            names.iter().map(|name| format!("event.{name}")).collect()
        } else {
            names
        };
        Some(Self { event, parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(text: &str) -> Option<bool> {
        match Csv::begin(text.as_bytes(), false, 1 << 20) {
            Beginning::Csv(..) => Some(true),
            Beginning::Other => Some(false),
            Beginning::Unfinished => None,
        }
    }

    #[test]
    fn a_text_is_csv_by_its_header() {
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
            assert_eq!(begins(text), expected, "{text:?}");
        }
        assert_eq!(begins(&"x".repeat(MAX_HEADER)), Some(false));
        for nothing in ["", " \n"] {
            let beginning = Csv::begin(nothing.as_bytes(), true, 1 << 20);
            assert!(matches!(beginning, Beginning::Other), "{nothing:?}");
        }
    }
}
