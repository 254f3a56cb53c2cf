//! The cells of the rows of a table, as they come in pieces of any size.
//!
//! RFC 4180 and what is written in its place: any delimiter, `"` or `'` as the quote, quotes inside
//! that are doubled or behind a backslash, rows that end in LF, CRLF or CR, blanks in front of cells,
//! blank lines. Which quote and which escape a table has is told by the first cell that shows it. One
//! row is kept at a time. Left out: what the columns mean.

use memchr::{memchr2, memchr3};

/// The most columns of a row.
pub(super) const MAX_COLUMNS: usize = 4096;

/// Reads one table; keeps one row at a time.
pub(super) struct CellReader {
    delimiter: u8,
    /// `None` until a cell shows it.
    quote: Option<u8>,
    escape: QuoteEscape,
    /// Whether this is the row of names, where a `'` in front of a cell is always a quote.
    is_header: bool,
    state: CellState,
    /// The cells of the current row, one after another.
    row: Vec<u8>,
    /// Their ends in `row`.
    ends: Vec<usize>,
    excess: Option<RowExcess>,
    max_row: usize,
}

/// How a quote inside a quoted cell is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuoteEscape {
    Unknown,
    Doubled,
    Backslash,
}

/// Where in a row the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CellState {
    /// Before the first cell.
    RowStart,
    /// Before a further cell.
    CellStart,
    /// After a `'` that a cell begins with, which may be a quote.
    Apostrophe,
    /// In a cell without quotes, or behind its closing quote.
    Plain,
    Quoted,
    /// After a backslash in a quoted cell.
    Backslash,
    /// After a quote in a quoted cell.
    Quote {
        after_backslash: bool,
    },
}

/// Why a row is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowExcess {
    /// It has too many bytes.
    Bytes,
    /// It has more than [`MAX_COLUMNS`].
    Columns,
    /// The text ends inside a quoted cell.
    Unclosed,
}

/// How many bytes of a piece of text were read, and whether they end a row.
pub(in crate::event) struct CsvStep {
    pub(in crate::event) consumed: usize,
    pub(in crate::event) ends_row: bool,
}

impl CellReader {
    /// A reader of the row of names.
    pub(super) fn of_header(delimiter: u8, max_row: usize) -> Self {
        Self {
            delimiter,
            quote: None,
            escape: QuoteEscape::Unknown,
            is_header: true,
            state: CellState::RowStart,
            row: Vec::new(),
            ends: Vec::new(),
            excess: None,
            max_row,
        }
    }

    /// The reader of the rows below the names.
    pub(super) fn below_header(&self, max_row: usize) -> Self {
        Self {
            is_header: false,
            // Only the other quote tells: names may have quotes where cells have none, and the reverse.
            quote: self.quote.filter(|&quote| quote == b'\''),
            ..Self::of_header(self.delimiter, max_row)
        }
    }

    /// Reads text up to the end of the current row.
    pub(super) fn read(&mut self, text: &[u8]) -> CsvStep {
        let mut position = 0;
        while let Some(&byte) = text.get(position) {
            let rest = text.get(position..).unwrap_or_default();
            match self.state {
                CellState::RowStart | CellState::CellStart => match byte {
                    b'\r' | b'\n' if self.state == CellState::RowStart => {}
                    byte if byte == self.delimiter => self.end_cell(),
                    b'\r' | b'\n' => return self.end_row(position + 1),
                    b' ' | b'\t' => {}
                    b'"' if self.quote != Some(b'\'') => {
                        self.quote = Some(b'"');
                        self.state = CellState::Quoted;
                    }
                    b'\'' if self.quote != Some(b'"') => self.state = CellState::Apostrophe,
                    _ => {
                        self.state = CellState::Plain;
                        continue;
                    }
                },
                CellState::Apostrophe => {
                    let is_quote = self.is_header || self.quote.is_some();
                    if is_quote || matches!(byte, b'{' | b'[') {
                        self.quote = Some(b'\'');
                        self.state = CellState::Quoted;
                    } else {
                        self.push(b"'");
                        self.state = CellState::Plain;
                    }
                    continue;
                }
                CellState::Plain => {
                    let length = memchr3(self.delimiter, b'\r', b'\n', rest);
                    let length = length.unwrap_or(rest.len());
                    self.push(rest.get(..length).unwrap_or_default());
                    position += length;
                    match text.get(position) {
                        None => break,
                        Some(&byte) if byte == self.delimiter => self.end_cell(),
                        Some(_) => return self.end_row(position + 1),
                    }
                }
                CellState::Quoted => {
                    let length = memchr2(self.quote(), b'\\', rest).unwrap_or(rest.len());
                    self.push(rest.get(..length).unwrap_or_default());
                    position += length;
                    self.state = match text.get(position) {
                        None => break,
                        Some(b'\\') => CellState::Backslash,
                        Some(_) => CellState::Quote {
                            after_backslash: false,
                        },
                    };
                }
                CellState::Backslash if self.escape == QuoteEscape::Backslash => {
                    self.state = CellState::Quoted;
                    if byte == self.quote() || byte == b'\\' {
                        self.push(&[byte]);
                    } else {
                        self.push(b"\\");
                        continue;
                    }
                }
                CellState::Backslash => {
                    self.push(b"\\");
                    if byte == self.quote() {
                        self.state = CellState::Quote {
                            after_backslash: true,
                        };
                    } else if byte != b'\\' {
                        self.state = CellState::Quoted;
                        continue;
                    }
                }
                CellState::Quote { after_backslash } => match byte {
                    byte if byte == self.delimiter => self.end_cell(),
                    b'\r' | b'\n' => return self.end_row(position + 1),
                    byte => {
                        if !self.go_on_after_quote(byte, after_backslash) {
                            continue;
                        }
                    }
                },
            }
            position += 1;
        }
        CsvStep {
            consumed: position,
            ends_row: false,
        }
    }

    /// Goes on with a byte that stands after a quote in a quoted cell, and ends no cell. Returns whether
    /// the byte is read.
    fn go_on_after_quote(&mut self, byte: u8, after_backslash: bool) -> bool {
        let quote = self.quote();
        self.state = CellState::Quoted;
        if byte == quote {
            self.push(&[quote]);
            if self.escape == QuoteEscape::Unknown {
                self.escape = QuoteEscape::Doubled;
            }
            return true;
        }
        if after_backslash && self.escape == QuoteEscape::Unknown {
            self.escape = QuoteEscape::Backslash;
            // The backslash is in the cell already.
            if let Some(last) = self.row.last_mut() {
                *last = quote;
            }
        } else if quote == b'\'' {
            // An apostrophe.
            self.push(b"'");
        } else {
            self.state = CellState::Plain;
        }
        false
    }

    /// Ends the last row at the end of the text; returns whether there is one.
    pub(super) fn finish(&mut self) -> bool {
        match self.state {
            CellState::RowStart => return false,
            CellState::Apostrophe => self.push(b"'"),
            CellState::Quoted | CellState::Backslash => {
                self.excess = self.excess.or(Some(RowExcess::Unclosed));
            }
            CellState::CellStart | CellState::Plain | CellState::Quote { .. } => {}
        }
        self.end_row(0).ends_row
    }

    /// The number of cells of the row that has ended.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// A cell of the row that has ended.
    pub(super) fn cell(&self, index: usize) -> Option<&[u8]> {
        let start = match index {
            0 => 0,
            _ => self.ends.get(index - 1).copied()?,
        };
        self.row.get(start..self.ends.get(index).copied()?)
    }

    /// Why the row that has ended is not kept.
    pub(super) fn excess(&self) -> Option<RowExcess> {
        self.excess
    }

    /// Begins the next row.
    pub(super) fn clear(&mut self) {
        self.row.clear();
        self.ends.clear();
        self.excess = None;
    }

    fn quote(&self) -> u8 {
        self.quote.unwrap_or(b'"')
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.excess.is_some() {
            return;
        }
        if self.row.len() + bytes.len() > self.max_row {
            self.excess = Some(RowExcess::Bytes);
            self.row.clear();
            self.ends.clear();
            return;
        }
        self.row.extend_from_slice(bytes);
    }

    fn end_cell(&mut self) {
        self.state = CellState::CellStart;
        if self.excess.is_some() {
            return;
        }
        if self.ends.len() == MAX_COLUMNS {
            self.excess = Some(RowExcess::Columns);
            self.row.clear();
            self.ends.clear();
            return;
        }
        self.ends.push(self.row.len());
    }

    fn end_row(&mut self, consumed: usize) -> CsvStep {
        self.end_cell();
        self.state = CellState::RowStart;
        CsvStep {
            consumed,
            ends_row: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a text that comes in pieces of this length.
    fn rows(delimiter: u8, text: &str, length: usize) -> Vec<Vec<String>> {
        let mut reader = CellReader::of_header(delimiter, 0).below_header(1 << 20);
        let mut rows = Vec::new();
        let mut take = |reader: &mut CellReader| {
            let cells = (0..reader.count())
                .map(|index| String::from_utf8_lossy(reader.cell(index).unwrap()).into_owned());
            let mut row: Vec<String> = cells.collect();
            if let Some(excess) = reader.excess() {
                row = vec![format!("{excess:?}")];
            }
            rows.push(row);
            reader.clear();
        };
        for mut piece in text.as_bytes().chunks(length) {
            while !piece.is_empty() {
                let step = reader.read(piece);
                piece = &piece[step.consumed..];
                if step.ends_row {
                    take(&mut reader);
                }
            }
        }
        if reader.finish() {
            take(&mut reader);
        }
        rows
    }

    #[test]
    fn every_way_to_write_a_table_has_the_same_cells() {
        for (delimiter, text, expected) in [
            (b',', "a,b\nc,d\n", "a|b/c|d"),
            (b',', "a,b\r\nc,d", "a|b/c|d"),
            (b',', "a,b\rc,d\r", "a|b/c|d"),
            (b',', "\n\r\n  \na, b ,\n,\n", "a|b |/|"),
            (b';', "a;\"b;\nc\"\n", "a|b;\nc"),
            (b' ', "a \"b c\" d\n", "a|b c|d"),
            (b'\t', "a\t{\"b\": 1}\t\n", "a|{\"b\": 1}|"),
            (
                b',',
                "\"{\"\"a\"\":\"\"b\\\"\"c\"\"}\",\"\"\n",
                "{\"a\":\"b\\\"c\"}|",
            ),
            (
                b',',
                "\"{\\\"a\\\":\\\"b\\\\\\\"c\\\",\\\"d\\\":\\\"\\\"}\",x\n",
                "{\"a\":\"b\\\"c\",\"d\":\"\"}|x",
            ),
            (
                b',',
                "1,'{\"a\":\"it''s, it's\"}','b'\n",
                "1|{\"a\":\"it's, it's\"}|b",
            ),
            (b',', "'tis,\"'a'\"\n", "'tis|'a'"),
            (b',', "\"C:\\\",\"b\"\n", "C:\\|b"),
            (b',', "\"a\"b,c\n", "ab|c"),
            (b',', "a,\"b", "Unclosed"),
        ] {
            let expected: Vec<Vec<String>> = expected
                .split('/')
                .map(|row| row.split('|').map(str::to_owned).collect())
                .collect();
            for length in [1, 2, 3, 1000] {
                assert_eq!(rows(delimiter, text, length), expected, "{text:?} {length}");
            }
        }
    }

    #[test]
    fn a_row_beyond_a_limit_is_told_by_what_it_has_too_much_of() {
        let wide = "x,".repeat(MAX_COLUMNS) + "\na,b\n";
        assert_eq!(rows(b',', &wide, 7), [vec!["Columns"], vec!["a", "b"]]);
        let long = "y".repeat((1 << 20) + 1) + ",z\na,b\n";
        assert_eq!(rows(b',', &long, 900), [vec!["Bytes"], vec!["a", "b"]]);
    }
}
