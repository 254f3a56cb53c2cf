//! A row whose cells are asked for by the names of their columns, for formats with shapes of their
//! own.

use super::{Cell, Column, Resource};

/// A row of cells, and the columns they belong to.
#[derive(Clone, Copy)]
pub(super) struct Row<'r> {
    columns: &'r [Column],
    cells: &'r [Cell<'r>],
}

impl<'r> Row<'r> {
    pub(super) fn of(columns: &'r [Column], cells: &'r [Cell<'r>]) -> Self {
        Self { columns, cells }
    }

    fn cell(&self, name: &str) -> Option<&'r Cell<'r>> {
        let mut row = self.columns.iter().zip(self.cells);
        row.find(|(column, _)| column.name == name)
            .map(|(_, cell)| cell)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'r str> {
        match self.cell(name)? {
            Cell::Text(text) => Some(text),
            Cell::Null | Cell::Time(_) | Cell::Count(_) | Cell::Resources(_) | Cell::Record(_) => {
                None
            }
        }
    }

    pub(super) fn time(&self, name: &str) -> Option<i64> {
        match self.cell(name)? {
            Cell::Time(milliseconds) => Some(*milliseconds),
            Cell::Null | Cell::Text(_) | Cell::Count(_) | Cell::Resources(_) | Cell::Record(_) => {
                None
            }
        }
    }

    pub(super) fn count(&self, name: &str) -> Option<u64> {
        match self.cell(name)? {
            Cell::Count(count) => Some(*count),
            Cell::Null | Cell::Text(_) | Cell::Time(_) | Cell::Resources(_) | Cell::Record(_) => {
                None
            }
        }
    }

    pub(super) fn resources(&self, name: &str) -> &'r [Resource<'r>] {
        match self.cell(name) {
            Some(Cell::Resources(resources)) => resources,
            Some(Cell::Null | Cell::Text(_) | Cell::Time(_) | Cell::Count(_) | Cell::Record(_))
            | None => &[],
        }
    }

    pub(super) fn record(&self, name: &str) -> Option<&'r str> {
        match self.cell(name)? {
            Cell::Record(text) => Some(text),
            Cell::Null | Cell::Text(_) | Cell::Time(_) | Cell::Count(_) | Cell::Resources(_) => {
                None
            }
        }
    }
}
