//! The `table` format: columns to be read by people, the default also into a pipe.
//!
//! No borders, and times in whole seconds. Into a pipe or a file nothing else is shortened. Where a
//! terminal is too narrow, long lists show their first name and how many more there are, rare wide
//! values are cut in the middle, and the least important columns go; where even that does not help,
//! each row becomes a block of `name: value` lines. An address is not cut, and an AccessKey only where
//! no other key looks the same then. What an Insight event says takes the place of its name and of the
//! columns behind it, which such an event leaves empty. Every column is in the other formats. The widths come from a first
//! walk over the rows, so that no row has to be kept.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::iter;
use std::net::IpAddr;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::calls::Resource;
use crate::query::{Dimension, Question};
use crate::report::cell::{Cell, CellKind, joined};
use crate::report::columns::{Column, PlacedColumn};
use crate::report::contract::{Format, Report};
use crate::report::request::View;
use crate::report::rows::{Row, Rows};
use crate::report::text::escape::escape;
use crate::report::text::time::{minutes, seconds};

use super::table_layout::{Demand, Layout, WIDEST, Widths, layout, narrowest};

/// The format.
pub(super) struct TableFormat;

impl Format for TableFormat {
    fn name(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "aligned columns, the most important ones, to be read by people"
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let columns = report.columns();
        let Report {
            request,
            rows,
            view,
            left_out,
            chosen,
            notices: _,
            coverage: _,
            origin: _,
        } = report;
        let is_chosen = chosen.is_some();
        let mut shown: Vec<TableColumn> = (columns.iter())
            .filter(|placed| is_chosen || (placed.column.in_table)(request))
            .map(|placed| TableColumn::new(*placed, is_chosen))
            .collect();
        if !is_chosen {
            gather_times(&mut shown);
        }
        if request.question == Question::LastUsed(Dimension::Key) {
            for column in &mut shown {
                if matches!(column.column.name, "service_name" | "source") {
                    column.header = Cow::Owned(format!("{} (last event)", column.header));
                }
            }
            return write_blocks(&shown, *rows, *view, out);
        }
        let mut widths: Vec<_> = shown
            .iter()
            .map(|column| Widths::new(column.header.len()))
            .collect();
        let mut empty = true;
        rows.for_each(&mut |row| {
            empty = false;
            for (column, widths) in shown.iter().zip(&mut widths) {
                column.measure(row, widths);
            }
            Ok(())
        })?;
        let layout = match view.width {
            None => Layout {
                widths: widths
                    .iter()
                    .map(|widths| Some(widths.greatest().min(WIDEST)))
                    .collect(),
                minutes: false,
            },
            Some(room) => {
                let demands: Vec<_> = (shown.iter().zip(&widths))
                    .map(|(column, widths)| column.demand(widths))
                    .collect();
                // A header alone is no reason for blocks.
                let room = usize::from(room);
                let layout = layout(&demands, GAP.len(), room)
                    .or_else(|| empty.then(|| narrowest(&demands)));
                let Some(layout) = layout else {
                    return write_blocks(&shown, *rows, *view, out);
                };
                if layout.widths.contains(&None) {
                    let fitting = layout.widths.iter().flatten().count();
                    *left_out = columns.len() - fitting;
                }
                layout
            }
        };
        let cut = view.width.is_some();
        let mut fitting: Vec<TableColumn> = Vec::new();
        for (mut column, (width, widths)) in
            shown.into_iter().zip(layout.widths.iter().zip(&widths))
        {
            if let Some(width) = *width {
                column.width = width;
                column.minutes = layout.minutes;
                column.cut = cut;
                if cut && column.is_key() && width < widths.greatest() {
                    column.whole = alike_when_cut(&column, *rows)?;
                }
                fitting.push(column);
            }
        }
        write_lines(&fitting, *rows, *view, out)
    }
}

const GAP: &str = "  ";

/// How much narrower a time is without its seconds and the letter of its zone.
const SECONDS: usize = 4;

/// What stands for what is cut.
const CUT: char = '…';

/// A column as the table shows it.
struct TableColumn {
    /// Its place among all columns of a row.
    number: usize,
    column: &'static Column,
    /// In which order columns are left out; 0 is never.
    rank: u8,
    header: Cow<'static, str>,
    width: usize,
    /// Whether its times are shown without seconds.
    minutes: bool,
    /// Whether values that are wider are cut.
    cut: bool,
    /// Digests of the cut forms that more than one key has; these keys are not cut.
    whole: HashSet<u64>,
}

impl TableColumn {
    /// The column; one that is asked for is not left out.
    fn new(placed: PlacedColumn, is_chosen: bool) -> Self {
        let PlacedColumn { place, column } = placed;
        Self {
            number: place,
            column,
            rank: if is_chosen { 0 } else { column.drop_rank },
            header: Cow::Borrowed(column.name),
            width: column.name.len(),
            minutes: false,
            cut: false,
            whole: HashSet::new(),
        }
    }

    fn is_key(&self) -> bool {
        self.column.name == "access_key_id"
    }

    /// Takes the widths of a row's value.
    fn measure(&self, row: Row<'_>, widths: &mut Widths) {
        let text = self.whole_text(row);
        let whole = width(&text);
        match (row.cell_in_table(self.number), self.column.kind) {
            (Cell::Resources([first, others @ ..]), _) => {
                widths.add(whole, width(&named(first)) + width(&and_more(others.len())));
            }
            (_, CellKind::Text) if is_address(&text) => {
                widths.add(whole, whole);
                widths.keep(whole);
            }
            _ => widths.add(whole, whole),
        }
    }

    fn demand(&self, widths: &Widths) -> Demand {
        let rank = self.rank;
        match self.column.kind {
            CellKind::Count => widths.of_whole(rank),
            CellKind::Time => widths.of_times(rank, SECONDS),
            CellKind::Text if self.is_key() => widths.of_keys(rank),
            CellKind::Text | CellKind::Resources | CellKind::Record => widths.of_text(rank),
        }
    }

    /// The value of a row, with nothing cut.
    fn whole_text<'r>(&self, row: Row<'r>) -> Cow<'r, str> {
        match row.cell_in_table(self.number) {
            Cell::Null | Cell::Resources([]) => Cow::Borrowed("-"),
            Cell::Text(text) | Cell::Record(text) => escaped(text),
            Cell::Time(milliseconds) if self.minutes => Cow::Owned(minutes(milliseconds)),
            Cell::Time(milliseconds) => Cow::Owned(seconds(milliseconds)),
            Cell::Count(count) => Cow::Owned(count.to_string()),
            Cell::Resources(resources) => escaped(Cow::Owned(joined(resources))),
        }
    }

    /// The value of a row as it is shown.
    fn text<'r>(&self, row: Row<'r>) -> Cow<'r, str> {
        let text = self.whole_text(row);
        if !self.cut || width(&text) <= self.width {
            return text;
        }
        match row.cell_in_table(self.number) {
            Cell::Null | Cell::Time(_) | Cell::Count(_) | Cell::Resources([]) => text,
            Cell::Resources([first, others @ ..]) => {
                Cow::Owned(shortened(first, others.len(), self.width))
            }
            Cell::Text(_) if is_address(&text) => text,
            Cell::Text(_) | Cell::Record(_) => {
                let cut = cut_in_the_middle(&text, self.width);
                if self.whole.contains(&digest(&cut)) {
                    text
                } else {
                    Cow::Owned(cut)
                }
            }
        }
    }
}

/// Moves the time of the last success behind that of the last use, to be compared.
fn gather_times(shown: &mut Vec<TableColumn>) {
    let place = |shown: &[TableColumn], name| {
        (shown.iter()).position(|column: &TableColumn| column.column.name == name)
    };
    if let (Some(used), Some(success)) = (place(shown, "last_used"), place(shown, "last_success"))
        && used < success
    {
        let success = shown.remove(success);
        shown.insert(used + 1, success);
    }
}

/// Digests of the forms that more than one key would have if those that are too wide were cut.
fn alike_when_cut(column: &TableColumn, rows: &mut dyn Rows) -> io::Result<HashSet<u64>> {
    let mut keys: HashMap<u64, u64> = HashMap::new();
    let mut alike = HashSet::new();
    rows.for_each(&mut |row| {
        let key = column.whole_text(row);
        let is_cut = width(&key) > column.width;
        // A key that is shown whole can look like one that is cut.
        if is_cut || key.contains(CUT) {
            let form = if is_cut {
                digest(&cut_in_the_middle(&key, column.width))
            } else {
                digest(&key)
            };
            match keys.entry(form) {
                Entry::Vacant(entry) => {
                    entry.insert(digest(&key));
                }
                Entry::Occupied(entry) if *entry.get() == digest(&key) => {}
                Entry::Occupied(_) => {
                    alike.insert(form);
                }
            }
        }
        Ok(())
    })?;
    Ok(alike)
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// The first resource of a list and how many more there are, in this width: without its type if need
/// be, and cut if that is still too wide.
fn shortened(first: &Resource<'_>, others: usize, room: usize) -> String {
    let more = and_more(others);
    let room = room.saturating_sub(width(&more));
    let name = escape(first.name);
    let shown = match named(first) {
        named if width(&named) <= room => named,
        _ if width(&name) <= room => name,
        _ => Cow::Owned(cut_in_the_middle(&name, room)),
    };
    format!("{shown}{more}")
}

fn named<'r>(resource: &Resource<'r>) -> Cow<'r, str> {
    escaped(Cow::Owned(joined(&[*resource])))
}

fn and_more(others: usize) -> String {
    if others == 0 {
        String::new()
    } else {
        format!(" +{others}")
    }
}

/// The beginning and the end of a text that is wider than this.
fn cut_in_the_middle(text: &str, room: usize) -> String {
    let kept = room.saturating_sub(1);
    let start: String = fitting(text.chars(), kept - kept / 2).into_iter().collect();
    let end = fitting(text.chars().rev(), kept / 2);
    // What has no width of its own would join what stands for the rest.
    let end = end
        .into_iter()
        .rev()
        .skip_while(|character| character.width().unwrap_or_default() == 0);
    iter::once(start)
        .chain([String::from(CUT), end.collect()])
        .collect()
}

/// The characters that fit.
fn fitting(characters: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut left = room;
    characters
        .take_while(|character| {
            match left.checked_sub(character.width().unwrap_or_default()) {
                Some(rest) => left = rest,
                None => return false,
            }
            true
        })
        .collect()
}

fn escaped(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => escape(text),
        Cow::Owned(text) => Cow::Owned(escape(&text).into_owned()),
    }
}

fn write_lines(
    shown: &[TableColumn],
    rows: &mut dyn Rows,
    view: View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut line = String::new();
    push_cells(shown, |shown| Cow::Borrowed(&*shown.header), &mut line);
    trim_end(&mut line);
    writeln!(out, "{}", heading(&line, view))?;
    rows.for_each(&mut |row| {
        line.clear();
        match insight_of(row, shown) {
            Some((before, words)) => {
                push_cells(before, |shown| shown.text(row), &mut line);
                push_last(&words, view, &mut line);
            }
            None => push_cells(shown, |shown| shown.text(row), &mut line),
        }
        trim_end(&mut line);
        line.push('\n');
        out.write_all(line.as_bytes())
    })
}

/// Takes away the blanks that would stand at the end of a line.
fn trim_end(line: &mut String) {
    line.truncate(line.trim_end_matches(' ').len());
}

/// What a row of an Insight event says, and the columns in front of that.
fn insight_of<'s, 'r>(
    row: Row<'r>,
    shown: &'s [TableColumn],
) -> Option<(&'s [TableColumn], Cow<'r, str>)> {
    let place = shown
        .iter()
        .position(|shown| shown.column.name == "event_name")?;
    let (before, with_name) = shown.split_at(place);
    let columns: Vec<_> = with_name.iter().map(|shown| shown.number).collect();
    row.insight(&columns).map(|words| (before, escape(words)))
}

/// Adds a last cell, which has the rest of the line.
fn push_last(text: &str, view: View, line: &mut String) {
    if !line.is_empty() {
        line.push_str(GAP);
    }
    let room = view
        .width
        .map(|room| usize::from(room).saturating_sub(width(line)));
    match room {
        Some(room) if width(text) > room => line.push_str(&cut_in_the_middle(text, room)),
        Some(_) | None => line.push_str(text),
    }
}

fn push_cells<'s: 'c, 'c>(
    shown: &'s [TableColumn],
    text: impl Fn(&'s TableColumn) -> Cow<'c, str>,
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
                line.extend(blanks);
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
        .map(|shown| shown.header.len())
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
            let header = &shown.header;
            block.push_str(&heading(&format!("{header}:"), view));
            block.extend(iter::repeat_n(' ', 1 + widest - header.len()));
            let words = (shown.column.name == "event_name")
                .then(|| row.insight(&[shown.number]))
                .flatten();
            block.push_str(&words.map_or_else(|| shown.whole_text(row), escape));
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
    use super::*;

    #[test]
    fn what_is_cut_keeps_its_ends_and_its_width() {
        let check = |text: &str, room, expected: &str| {
            let cut = cut_in_the_middle(text, room);
            assert_eq!(cut, expected);
            assert!(width(&cut) <= room.max(1), "{cut}");
        };
        check("LTAI5tExampleKey00000001", 12, "LTAI5t…00001");
        check("abcdef", 1, "…");
        check("abcdef", 0, "…");
        check("查询查询查询", 6, "查…询");
        check("e\u{301}e\u{301}e\u{301}e\u{301}", 3, "e\u{301}…e\u{301}");
        check("abcde\u{301}\u{301}", 3, "a…e\u{301}\u{301}");
    }
}
