//! The `xlsx` format: a workbook for people who sort and filter.
//!
//! Identifiers are text cells, since a spreadsheet rounds long numbers; nothing is ever a formula.
//! Times are date cells in UTC that show milliseconds. The header stays in view and has filters.
//! Text is escaped as in a table, since people read it. A cell takes 32,767 characters; longer text is
//! cut, which the cell and a notice report. Rows beyond what one sheet takes go to further sheets; the
//! last sheet has what was asked and the coverage. How wide a column is follows from the first rows.
//!
//! The parts are written as they come, straight into the container: the library that could write
//! workbooks collects sheets in temporary files and panics when a disk is full. Every part follows
//! ECMA-376 Part 1; names of cells and styles stay within what the strictest reader takes.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde_json::{Map, Value};
use zip_file::write::{SimpleFileOptions, StreamWriter};
use zip_file::{CompressionMethod, DateTime, ZipWriter};

use crate::report::cell::{Cell, joined};
use crate::report::columns::PlacedColumn;
use crate::report::contract::{Format, Report};
use crate::report::origin::{flattened, head};
use crate::report::rows::{Row, Rows};
use crate::report::text::escape::escape;
use crate::report::text::record;
use crate::report::text::time::time;

use super::error_latch::ErrorLatch;

/// The format.
pub(super) struct XlsxFormat;

/// How much of a workbook goes into one sheet.
#[derive(Clone, Copy)]
pub(crate) struct SheetLimits {
    /// Rows below the header; the application takes 1,048,576 with it.
    pub(crate) rows: u32,
    /// Bytes of the sheet's text. Above 4 GiB the container would need an extension that not
    /// every reader knows.
    pub(crate) bytes: u64,
}

pub(crate) const LIMITS: SheetLimits = SheetLimits {
    rows: 1_048_575,
    bytes: 2 << 30,
};

/// How long the text of a cell may be, in units of UTF-16.
const MAX_UNITS: usize = 32_767;

/// The first and the last day that every reader understands as a date: 1900-03-01, since the
/// application takes 1900 for a leap year, and 9999-12-31.
const DATES: std::ops::Range<i64> = -2_203_891_200_000..253_402_300_800_000;

/// The styles, by their index in `xl/styles.xml`.
const HEADER: &str = "1";
const TIME: &str = "2";
const TEXT: &str = "3";

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

impl Format for XlsxFormat {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn about(&self) -> &'static str {
        "a workbook: identifiers as text, times as dates in UTC"
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        write(report, out, LIMITS)
    }
}

pub(crate) fn write(
    report: &mut Report<'_>,
    out: &mut (dyn io::Write + Send),
    limits: SheetLimits,
) -> io::Result<()> {
    let columns = report.columns();
    let widths = widths(&columns, report.rows)?;
    let head = head(report.request.question, &report.origin, report.coverage)?;
    let mut latch = ErrorLatch::new(out);
    let mut book = Workbook {
        zip: ZipWriter::new_stream(&mut latch),
        name: report.request.question.command(),
        names: columns.iter().map(|placed| placed.column.name).collect(),
        widths,
        limits,
        sheets: Vec::new(),
        sheet: Sheet::default(),
        cut: 0,
    };
    book.begin()?;
    report.rows.for_each(&mut |row| book.push(&columns, row))?;
    let cut = book.finish(&head)?;
    if cut > 0 {
        report.notices.push(format!(
            "{cut} {} more than the {MAX_UNITS} characters that a workbook takes; cut cells are marked",
            if cut == 1 { "cell holds" } else { "cells hold" }
        ));
    }
    latch.check()
}

/// The workbook as far as it is written.
struct Workbook<'b, 's> {
    zip: ZipWriter<StreamWriter<&'b mut ErrorLatch<'s>>>,
    name: &'static str,
    names: Vec<&'static str>,
    widths: Vec<usize>,
    limits: SheetLimits,
    /// Of each whole sheet, the number of rows with the header.
    sheets: Vec<u32>,
    sheet: Sheet,
    /// Cells that were too long.
    cut: u64,
}

/// The sheet that is being written.
#[derive(Default)]
struct Sheet {
    /// Rows with the header.
    rows: u32,
    bytes: u64,
    text: String,
}

impl Workbook<'_, '_> {
    fn begin(&mut self) -> io::Result<()> {
        // A part of the relationships comes first: programs detect the kind of the container by it.
        self.part(
            "_rels/.rels",
            &format!(
                r#"<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        )?;
        self.part("xl/styles.xml", &styles())?;
        self.begin_sheet()
    }

    fn part(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.start(name)?;
        self.zip.write_all(text.as_bytes())
    }

    /// Begins a part of the container. The time in it is always the same, so that the same answer
    /// is the same bytes.
    fn start(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        self.zip
            .start_file(name, options)
            .map_err(io::Error::other)?;
        self.zip.write_all(DECLARATION.as_bytes())
    }

    fn begin_sheet(&mut self) -> io::Result<()> {
        let number = self.sheets.len() + 1;
        self.start(&format!("xl/worksheets/sheet{number}.xml"))?;
        self.sheet = Sheet::default();
        let text = &mut self.sheet.text;
        let selected = if number == 1 {
            r#" tabSelected="1""#
        } else {
            ""
        };
        push(
            text,
            format_args!(
                r#"<worksheet xmlns="{MAIN}"><sheetViews><sheetView{selected} workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>"#
            ),
        );
        for (number, width) in (1..).zip(&self.widths) {
            push(
                text,
                format_args!(
                    r#"<col min="{number}" max="{number}" width="{width}" customWidth="1"/>"#
                ),
            );
        }
        text.push_str("</cols><sheetData>");
        self.begin_row();
        for (number, name) in self.names.clone().into_iter().enumerate() {
            self.push_text(number, HEADER, name);
        }
        self.end_row()
    }

    fn begin_row(&mut self) {
        self.sheet.rows += 1;
        let row = self.sheet.rows;
        push(&mut self.sheet.text, format_args!(r#"<row r="{row}">"#));
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.sheet.text.push_str("</row>");
        self.sheet.bytes += self.sheet.text.len() as u64;
        self.zip.write_all(self.sheet.text.as_bytes())?;
        self.sheet.text.clear();
        Ok(())
    }

    fn push(&mut self, columns: &[PlacedColumn], row: Row<'_>) -> io::Result<()> {
        if self.sheet.rows > self.limits.rows || self.sheet.bytes >= self.limits.bytes {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        self.begin_row();
        for (column, cell) in row.cells_of(columns).enumerate() {
            match cell {
                Cell::Null | Cell::Resources([]) => {}
                Cell::Text(text) => self.push_text(column, TEXT, &text),
                Cell::Time(milliseconds) if DATES.contains(&milliseconds) => {
                    self.push_number(column, TIME, &serial(milliseconds).to_string());
                }
                Cell::Time(milliseconds) => {
                    self.push_text(column, TEXT, &time(milliseconds));
                }
                // Beyond this a spreadsheet would round it.
                Cell::Count(count) if count <= 999_999_999_999_999 => {
                    self.push_number(column, "0", &count.to_string());
                }
                Cell::Count(count) => self.push_text(column, TEXT, &count.to_string()),
                Cell::Resources(resources) => self.push_text(column, TEXT, &joined(resources)),
                Cell::Record(text) => match record::embeddable(&text) {
                    Some(line) => self.push_text(column, TEXT, &line),
                    None => self.push_text(column, TEXT, &text),
                },
            }
        }
        self.end_row()
    }

    fn push_number(&mut self, column: usize, style: &str, number: &str) {
        let (column, row) = (letters(column), self.sheet.rows);
        push(
            &mut self.sheet.text,
            format_args!(r#"<c r="{column}{row}" s="{style}"><v>{number}</v></c>"#),
        );
    }

    fn push_text(&mut self, column: usize, style: &str, value: &str) {
        let (column, row) = (letters(column), self.sheet.rows);
        let escaped = escape(value);
        let fitting = fitting(&escaped);
        if matches!(fitting, Cow::Owned(_)) {
            self.cut += 1;
        }
        let text = &mut self.sheet.text;
        push(
            text,
            format_args!(
                r#"<c r="{column}{row}" s="{style}" t="inlineStr"><is><t xml:space="preserve">"#
            ),
        );
        push_xml(&fitting, text);
        text.push_str("</t></is></c>");
    }

    fn end_sheet(&mut self) -> io::Result<()> {
        let range = range(self.names.len(), self.sheet.rows);
        let end = format!(
            r#"</sheetData><autoFilter ref="{range}"/><ignoredErrors><ignoredError sqref="{range}" numberStoredAsText="1"/></ignoredErrors></worksheet>"#
        );
        self.zip.write_all(end.as_bytes())?;
        self.sheets.push(self.sheet.rows);
        Ok(())
    }

    /// Writes the sheet of the coverage: what was asked, and what the answer is based on.
    fn push_coverage(&mut self, head: &Map<String, Value>) -> io::Result<()> {
        let members = flattened(head);
        let widest = |text: &str| text.chars().count();
        let names = members.iter().map(|(name, _)| widest(name));
        let values = members
            .iter()
            .map(|(_, value)| value.as_str().map_or(0, widest));
        self.widths = vec![bounded(names.max()), bounded(values.max())];
        self.names = vec!["name", "value"];
        self.begin_sheet()?;
        for (name, value) in members {
            self.begin_row();
            self.push_text(0, TEXT, &name);
            match value {
                Value::Null => {}
                Value::Number(number) => self.push_number(1, "0", &number.to_string()),
                Value::String(text) => self.push_text(1, TEXT, text),
                other => self.push_text(1, TEXT, &other.to_string()),
            }
            self.end_row()?;
        }
        self.end_sheet()
    }

    /// Writes the last sheet, and the parts that name the sheets, now that their number is known.
    /// Returns the number of cells that were cut.
    fn finish(mut self, head: &Map<String, Value>) -> io::Result<u64> {
        self.end_sheet()?;
        let last_column = letters(self.names.len().saturating_sub(1));
        self.push_coverage(head)?;
        let mut sheets = String::new();
        let mut filters = String::new();
        let mut relationships = String::new();
        let mut types = String::new();
        for (number, rows) in (1_usize..).zip(&self.sheets) {
            let name = match number {
                _ if number == self.sheets.len() => "coverage".to_owned(),
                1 => self.name.to_owned(),
                _ => format!("{} {number}", self.name),
            };
            let last = match number {
                _ if number == self.sheets.len() => "B",
                _ => &last_column,
            };
            push(
                &mut sheets,
                format_args!(r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#),
            );
            let local = number - 1;
            push(
                &mut filters,
                format_args!(
                    r#"<definedName name="_xlnm._FilterDatabase" localSheetId="{local}" hidden="1">'{name}'!$A$1:${last}${rows}</definedName>"#
                ),
            );
            push(
                &mut relationships,
                format_args!(
                    r#"<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
                ),
            );
            push(
                &mut types,
                format_args!(
                    r#"<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{TYPE}.worksheet+xml"/>"#
                ),
            );
        }
        let styles = self.sheets.len() + 1;
        self.part("xl/workbook.xml", &format!(
            r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews><sheets>{sheets}</sheets><definedNames>{filters}</definedNames></workbook>"#
        ))?;
        self.part("xl/_rels/workbook.xml.rels", &format!(
            r#"<Relationships xmlns="{PACKAGE}/relationships">{relationships}<Relationship Id="rId{styles}" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>"#
        ))?;
        self.part("[Content_Types].xml", &format!(
            r#"<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>{types}</Types>"#
        ))?;
        self.zip.finish().map_err(io::Error::other)?;
        Ok(self.cut)
    }
}

/// How many rows are measured.
const MEASURED: usize = 1000;

/// How wide the columns are, in characters, by the values of the first rows.
fn widths(columns: &[PlacedColumn], rows: &mut dyn Rows) -> io::Result<Vec<usize>> {
    let header = |placed: &PlacedColumn| placed.column.name.len();
    let mut widths: Vec<usize> = columns.iter().map(header).collect();
    let mut measured = 0;
    let visited = rows.for_each(&mut |row| {
        if measured == MEASURED {
            return Err(io::Error::other("enough rows are measured"));
        }
        measured += 1;
        for (width, cell) in widths.iter_mut().zip(row.cells_of(columns)) {
            let characters = match cell {
                Cell::Null => 0,
                Cell::Text(text) | Cell::Record(text) => text.chars().take(WIDEST).count(),
                Cell::Time(_) => "2024-03-05 09:21:32.000".len(),
                Cell::Count(count) => count.to_string().len(),
                Cell::Resources(resources) => joined(resources).chars().take(WIDEST).count(),
            };
            *width = (*width).max(characters);
        }
        Ok(())
    });
    if measured < MEASURED {
        visited?;
    }
    Ok(widths
        .into_iter()
        .map(|width| bounded(Some(width)))
        .collect())
}

/// The widest that a column is.
const WIDEST: usize = 60;

/// The width of a column for values of so many characters, with room for the button of the filter.
fn bounded(characters: Option<usize>) -> usize {
    characters.unwrap_or_default().clamp(6, WIDEST) + 3
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = text.write_fmt(what);
}

fn styles() -> String {
    // Cells of the format `@` stay text when they are edited.
    format!(
        r#"<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#
    )
}

/// The days since the application's epoch, with their fraction: exact to some microseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "the milliseconds of ten thousand years fit into 53 bits"
)]
fn serial(milliseconds: i64) -> f64 {
    25_569.0 + milliseconds as f64 / 86_400_000.0
}

/// The letters of a column, counted from 0.
fn letters(mut column: usize) -> String {
    let mut letters = String::new();
    loop {
        let letter = u8::try_from(column % 26).unwrap_or_default();
        letters.insert(0, char::from(b'A' + letter));
        if column < 26 {
            return letters;
        }
        column = column / 26 - 1;
    }
}

fn range(columns: usize, rows: u32) -> String {
    format!("A1:{}{rows}", letters(columns.saturating_sub(1)))
}

/// The text as far as a cell takes it, owned only if it was cut.
fn fitting(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_UNITS {
        return Cow::Borrowed(text);
    }
    let units = text.encode_utf16().count();
    if units <= MAX_UNITS {
        return Cow::Borrowed(text);
    }
    let mark = format!("… [cut: {units} characters]");
    let mut room = MAX_UNITS - mark.chars().count();
    let fits = |character: &char| {
        let left = room.checked_sub(character.len_utf16());
        room = left.unwrap_or_default();
        left.is_some()
    };
    let mut fitting: String = text.chars().take_while(fits).collect();
    fitting.push_str(&mark);
    Cow::Owned(fitting)
}

/// Appends text as content of XML. Where it has the form of one of the application's own escapes,
/// `_x0041_`, it is escaped itself, so that it is not read as one.
fn push_xml(value: &str, text: &mut String) {
    for (index, character) in value.char_indices() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '_' if is_escape(value.get(index..).unwrap_or_default()) => text.push_str("_x005F_"),
            // The two that XML does not allow and that `escape` lets pass.
            '\u{fffe}' | '\u{ffff}' => text.extend(character.escape_unicode()),
            _ => text.push(character),
        }
    }
}

fn is_escape(text: &str) -> bool {
    let digits = text
        .strip_prefix("_x")
        .and_then(|rest| rest.split_at_checked(4));
    digits.is_some_and(|(digits, rest)| {
        rest.starts_with('_') && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        let named = [0, 1, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(named, ["A", "B", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn times_are_days() {
        assert!((serial(0) - 25_569.0).abs() < f64::EPSILON);
        // As the application's own documents give it for 2008-01-01.
        assert!((serial(1_199_145_600_000) - 39_448.0).abs() < f64::EPSILON);
        for milliseconds in [1, 999, 1_709_630_492_123, 253_402_300_799_999] {
            let days = serial(milliseconds) - 25_569.0;
            #[expect(clippy::cast_possible_truncation, reason = "it is rounded")]
            let back = (days * 86_400_000.0).round() as i64;
            assert_eq!(back, milliseconds);
        }
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        let most = "é".repeat(MAX_UNITS);
        assert!(matches!(fitting(&most), Cow::Borrowed(_)));
        for text in [format!("{most}é"), "🦀".repeat(20_000)] {
            let units = text.encode_utf16().count();
            let cut = fitting(&text);
            assert!(cut.ends_with(&format!("… [cut: {units} characters]")));
            let length = cut.encode_utf16().count();
            assert!((MAX_UNITS - 1..=MAX_UNITS).contains(&length), "{length}");
        }
    }

    #[test]
    fn text_stays_text() {
        let check = |value: &str, expected: &str| {
            let mut text = String::new();
            push_xml(value, &mut text);
            assert_eq!(text, expected);
        };
        check("a<b>&\"c", "a&lt;b&gt;&amp;\"c");
        check(
            "_x0041_ _x00_ __x000a_",
            "_x005F_x0041_ _x00_ __x005F_x000a_",
        );
        check("\u{ffff}é", "\\u{ffff}é");
    }
}
