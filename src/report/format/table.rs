//! The `table` format: columns to be read by people, the default also into a pipe.
//!
//! No borders and no cuts: an identifier that cannot be copied whole is of no use. Where a
//! terminal is too narrow, the least important columns go; where even that does not help, each
//! row becomes a block of `name: value` lines. Every column is in the other formats. The widths
//! come from a first walk over the rows, so that no row has to be kept.

use std::borrow::Cow;
use std::io;
use std::iter;

use unicode_width::UnicodeWidthStr;

use crate::query::{Dimension, Question};
use crate::report::cell::{Cell, CellKind, joined};
use crate::report::columns::Column;
use crate::report::contract::{Format, Report};
use crate::report::request::View;
use crate::report::rows::{Row, Rows};
use crate::report::text::escape::escape;
use crate::report::text::time::time;

/// The format.
pub(super) struct TableFormat;

impl Format for TableFormat {
    fn name(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "aligned columns, the most important ones, to be read by people"
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let Report {
            request,
            rows,
            view,
            notices,
            coverage: _,
        } = report;
        let mut shown: Vec<TableColumn> = (rows.columns().iter().enumerate())
            .filter(|(_, column)| (column.in_table)(request))
            .map(|(number, column)| TableColumn {
                number,
                column,
                width: column.name.len(),
            })
            .collect();
        let mut empty = true;
        rows.for_each(&mut |row| {
            empty = false;
            for column in &mut shown {
                column.width = column.width.max(width(&column.text(row)));
            }
            Ok(())
        })?;
        if request.question == Question::LastUsed(Dimension::Key) {
            return write_blocks(&shown, *rows, *view, out);
        }
        let Some(room) = view.width else {
            for column in &mut shown {
                column.width = column.width.min(MAX_PADDED);
            }
            return write_lines(&shown, *rows, *view, out);
        };
        let room = usize::from(room);
        let (fitting, dropped) = fit(&shown, room);
        if empty || line_width(&fitting) <= room {
            if !dropped.is_empty() {
                notices.push(format!(
                    "the terminal is too narrow for {}; other formats show all columns, such as -f \
                     jsonl",
                    dropped.join(", ")
                ));
            }
            write_lines(&fitting, *rows, *view, out)
        } else {
            write_blocks(&shown, *rows, *view, out)
        }
    }
}

/// How far a column is padded where no terminal sets a limit. A longer value runs over and moves
/// the rest of its own line, so that one hostile value cannot fill all other lines with blanks.
const MAX_PADDED: usize = 64;

const GAP: &str = "  ";

/// A column as the table shows it.
#[derive(Clone)]
struct TableColumn {
    /// Its place among all columns of a row.
    number: usize,
    column: &'static Column,
    width: usize,
}

impl TableColumn {
    fn text<'r>(&self, row: Row<'r>) -> Cow<'r, str> {
        match row.cell_in_table(self.number) {
            Cell::Null | Cell::Resources([]) => Cow::Borrowed("-"),
            Cell::Text(text) | Cell::Record(text) => escaped(text),
            Cell::Time(milliseconds) => Cow::Owned(time(milliseconds)),
            Cell::Count(count) => Cow::Owned(count.to_string()),
            Cell::Resources(resources) => escaped(Cow::Owned(joined(resources))),
        }
    }
}

fn escaped(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => escape(text),
        Cow::Owned(text) => Cow::Owned(escape(&text).into_owned()),
    }
}

/// Drops columns by their rank until the rest fits, or until none is left that may be dropped.
/// Returns the rest, and the names of those dropped.
fn fit(shown: &[TableColumn], room: usize) -> (Vec<TableColumn>, Vec<&'static str>) {
    let mut fitting = shown.to_vec();
    let mut ranks: Vec<u8> = shown.iter().map(|shown| shown.column.drop_rank).collect();
    ranks.sort_unstable();
    while line_width(&fitting) > room
        && let Some(rank @ 1..) = ranks.pop()
    {
        fitting.retain(|shown| shown.column.drop_rank != rank);
    }
    let is_dropped = |number| fitting.iter().all(|fitting| fitting.number != number);
    let dropped = shown.iter().filter(|shown| is_dropped(shown.number));
    let dropped = dropped.map(|shown| shown.column.name).collect();
    (fitting, dropped)
}

fn line_width(shown: &[TableColumn]) -> usize {
    let gaps = GAP.len() * shown.len().saturating_sub(1);
    gaps + shown.iter().map(|shown| shown.width).sum::<usize>()
}

fn write_lines(
    shown: &[TableColumn],
    rows: &mut dyn Rows,
    view: View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut line = String::new();
    push_line(shown, |shown| Cow::Borrowed(shown.column.name), &mut line);
    writeln!(out, "{}", heading(&line, view))?;
    rows.for_each(&mut |row| {
        line.clear();
        push_line(shown, |shown| shown.text(row), &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())
    })
}

fn push_line<'c>(
    shown: &[TableColumn],
    text: impl Fn(&TableColumn) -> Cow<'c, str>,
    line: &mut String,
) {
    for (number, column) in shown.iter().enumerate() {
        let text = text(column);
        let blanks = iter::repeat_n(' ', column.width.saturating_sub(width(&text)));
        if number > 0 {
            line.push_str(GAP);
        }
        match column.column.kind {
            CellKind::Count => {
                line.extend(blanks);
                line.push_str(&text);
            }
            CellKind::Text | CellKind::Time | CellKind::Resources | CellKind::Record => {
                line.push_str(&text);
                // No blanks at the end of a line.
                if number + 1 < shown.len() {
                    line.extend(blanks);
                }
            }
        }
    }
}

fn write_blocks(
    shown: &[TableColumn],
    rows: &mut dyn Rows,
    view: View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let widest = shown
        .iter()
        .map(|shown| shown.column.name.len())
        .max()
        .unwrap_or_default();
    let mut block = String::new();
    let mut first = true;
    rows.for_each(&mut |row| {
        block.clear();
        if !first {
            block.push('\n');
        }
        first = false;
        for shown in shown {
            let name = shown.column.name;
            block.push_str(&heading(&format!("{name}:"), view));
            block.extend(iter::repeat_n(' ', 1 + widest - name.len()));
            block.push_str(&shown.text(row));
            block.push('\n');
        }
        out.write_all(block.as_bytes())
    })
}

fn heading(text: &str, view: View) -> Cow<'_, str> {
    if view.color {
        Cow::Owned(format!("\x1b[1m{text}\x1b[0m"))
    } else {
        Cow::Borrowed(text)
    }
}

fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.width()
    }
}
