//! The `table` format: columns for the eye, the default also into a pipe.
//!
//! No borders and no cuts: an identifier that cannot be copied whole is of no use. Where a
//! terminal is too narrow, the least important columns go; where even that does not help, each
//! row becomes a block of `name: value` lines. Every column is in the other formats. The widths
//! come from a first walk over the rows, so that no row has to be kept.

use std::borrow::Cow;
use std::io;
use std::iter;

use unicode_width::UnicodeWidthStr;

use super::escape::escape;
use super::time::time;
use super::{Cell, Column, Command, Format, Kind, Question, Report, Rows, View, joined};

/// The format.
pub(super) struct Table;

impl Format for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "aligned columns, the most telling ones, for the eye"
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let Report {
            question,
            rows,
            view,
            notices,
            coverage: _,
        } = report;
        let all = rows.columns().iter().enumerate();
        let mut shown: Vec<Shown> = all
            .filter(|(_, column)| column.in_table && is_shown(column.name, question))
            .map(|(place, column)| Shown {
                place,
                column,
                width: column.name.len(),
            })
            .collect();
        let mut empty = true;
        rows.for_each(&mut |cells| {
            empty = false;
            for shown in &mut shown {
                shown.width = shown.width.max(width(&shown.text(cells)));
            }
            Ok(())
        })?;
        if question.command == Command::Info {
            return write_blocks(&shown, *rows, *view, out);
        }
        let Some(room) = view.width else {
            for shown in &mut shown {
                shown.width = shown.width.min(WIDEST);
            }
            return write_lines(&shown, *rows, *view, out);
        };
        let fitting = fit(shown.clone(), usize::from(room));
        if empty || line_width(&fitting) <= usize::from(room) {
            let left_out: Vec<_> = shown
                .iter()
                .map(|shown| shown.column.name)
                .filter(|name| fitting.iter().all(|shown| shown.column.name != *name))
                .collect();
            if !left_out.is_empty() {
                notices.push(format!(
                    "the terminal is too narrow for {}; other formats show all columns, such as -f \
                     jsonl",
                    left_out.join(", ")
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
const WIDEST: usize = 64;

const GAP: &str = "  ";

/// The columns that a narrow terminal does without, the first to go first. The others say what
/// a row is about, and stay.
const LEAST_IMPORTANT: [&str; 16] = [
    "resources",
    "event_names",
    "services",
    "ips",
    "source",
    "key_type",
    "account_id",
    "last_event",
    "last_service",
    "first_used",
    "errors",
    "last_ip",
    "user_name",
    "resource_type",
    "events",
    "region",
];

/// Leaves out what the question already says or what its rows never have.
fn is_shown(name: &str, question: &Question<'_>) -> bool {
    let command = question.command;
    match name {
        "dimension" => command == Command::Dump,
        "access_key_id" => matches!(
            command,
            Command::Keys | Command::Dump | Command::Info | Command::Lookup
        ),
        "service_name" => match command {
            Command::Events | Command::Ips | Command::Resources => question.service_name.is_none(),
            Command::Keys | Command::Dump | Command::Info | Command::Products | Command::Lookup => {
                true
            }
        },
        "resource_type" => matches!(command, Command::Dump | Command::Resources),
        "name" => !matches!(command, Command::Keys | Command::Info | Command::Products),
        "source" => command != Command::Dump,
        "first_event_id" | "last_event_id" => command == Command::Info,
        "user_name" => matches!(command, Command::Keys | Command::Info | Command::Lookup),
        "account_id" | "owner_id" | "account_type" => {
            matches!(command, Command::Keys | Command::Info)
        }
        _ => true,
    }
}

/// A column of the table: where its cells stand in a row, and how wide they are.
#[derive(Clone)]
struct Shown {
    place: usize,
    column: &'static Column,
    width: usize,
}

impl Shown {
    fn text<'c>(&self, cells: &'c [Cell<'_>]) -> Cow<'c, str> {
        match cells.get(self.place) {
            None | Some(Cell::Null | Cell::Resources([])) => Cow::Borrowed("-"),
            Some(Cell::Text(text) | Cell::Record(text)) => escape(text),
            Some(Cell::Time(milliseconds)) => Cow::Owned(time(*milliseconds).to_string()),
            Some(Cell::Count(count)) => Cow::Owned(count.to_string()),
            Some(Cell::Resources(resources)) => Cow::Owned(escape(&joined(resources)).into_owned()),
        }
    }
}

/// Drops columns until the rest fits, or until none is left that may be dropped.
fn fit(mut shown: Vec<Shown>, room: usize) -> Vec<Shown> {
    for name in LEAST_IMPORTANT {
        if line_width(&shown) <= room {
            break;
        }
        shown.retain(|shown| shown.column.name != name);
    }
    shown
}

fn line_width(shown: &[Shown]) -> usize {
    let gaps = GAP.len() * shown.len().saturating_sub(1);
    gaps + shown.iter().map(|shown| shown.width).sum::<usize>()
}

fn write_lines(
    shown: &[Shown],
    rows: &mut dyn Rows,
    view: View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut line = String::new();
    push_line(shown, |shown| Cow::Borrowed(shown.column.name), &mut line);
    writeln!(out, "{}", heading(&line, view))?;
    rows.for_each(&mut |cells| {
        line.clear();
        push_line(shown, |shown| shown.text(cells), &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())
    })
}

fn push_line<'c>(shown: &[Shown], text: impl Fn(&Shown) -> Cow<'c, str>, line: &mut String) {
    for (number, column) in shown.iter().enumerate() {
        let text = text(column);
        let blanks = iter::repeat_n(' ', column.width.saturating_sub(width(&text)));
        if number > 0 {
            line.push_str(GAP);
        }
        match column.column.kind {
            Kind::Count => {
                line.extend(blanks);
                line.push_str(&text);
            }
            Kind::Text | Kind::Time | Kind::Resources | Kind::Record => {
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
    shown: &[Shown],
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
    rows.for_each(&mut |cells| {
        block.clear();
        if !first {
            block.push('\n');
        }
        first = false;
        for shown in shown {
            let name = shown.column.name;
            block.push_str(&heading(&format!("{name}:"), view));
            block.extend(iter::repeat_n(' ', 1 + widest - name.len()));
            block.push_str(&shown.text(cells));
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

#[cfg(test)]
mod tests {
    use super::super::{Secrets, call_rows, entry_rows, key_rows};
    use super::*;
    use crate::calls::{CallRow, Calls};

    struct NoCalls;

    impl Calls for NoCalls {
        fn for_each(
            &mut self,
            _: &mut dyn FnMut(&CallRow<'_>) -> io::Result<()>,
        ) -> io::Result<()> {
            Ok(())
        }
    }

    /// A renamed column must not quietly lose its place here.
    #[test]
    fn the_columns_named_here_exist() {
        let mut none = NoCalls;
        let (keys, entries) = (key_rows(&[]), entry_rows(&[], None, Secrets::Redacted));
        let calls = call_rows(&mut none, false, Secrets::Redacted);
        for name in LEAST_IMPORTANT {
            let columns = keys.columns().iter().chain(entries.columns());
            let mut columns = columns.chain(calls.columns());
            assert!(columns.any(|column| column.name == name), "{name}");
        }
    }
}
