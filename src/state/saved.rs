//! A saved state as a faster archive: its roots list what was listed, and its rows stand for the log files.
//!
//! Left out: how tables lie in files, and how a state is written.

use std::io::{self, Read, Seek, SeekFrom};
use std::iter::Peekable;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::slice::Iter;
use std::sync::Arc;

use super::calls_reader::CallsReader;
use super::catalog::{Catalog, CatalogFile};
use super::error::StateError;
use super::files_table::read_files;
use super::manifest::{RunId, StateManifest, StateTable};
use super::reader::StateReader;
use super::stored_call::{CallColumns, StoredCall};
use super::stored_file::{StoredFile, StoredKind};
use super::stored_root::StoredRoot;
use super::table_error::TableError;
use crate::archive::LogFileKey;
use crate::event::Details;
use crate::scan::{KeptRow, KnownFile, RowSource, RowVisitor, RowsError};
use crate::store::Store;

/// A state that is open.
pub struct SavedState {
    reader: Arc<StateReader>,
    catalog: Arc<Catalog>,
    /// The calls of each run; `None` where it has none.
    calls: Vec<Option<CallsReader<TableCursor>>>,
}

impl SavedState {
    /// Opens the state that was committed last in a folder.
    ///
    /// # Errors
    ///
    /// The folder is no state, or one that is damaged or of another version.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Self::of(StateReader::open(path)?)
    }

    pub(super) fn of(reader: StateReader) -> Result<Self, StateError> {
        let reader = Arc::new(reader);
        let runs = 0..reader.runs().len();
        let files = runs.clone().map(|run| files_of(&reader, run));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let calls = runs.map(|run| calls_of(&reader, run));
        Ok(Self {
            calls: calls.collect::<Result<_, _>>()?,
            catalog: Arc::new(Catalog::of(files)),
            reader,
        })
    }

    pub(super) fn into_catalog(self) -> Arc<Catalog> {
        self.catalog
    }

    /// What is known without a table being read.
    pub fn manifest(&self) -> &StateManifest {
        self.reader.manifest()
    }

    /// How many log files it knows, and how many of them are gone.
    pub fn log_files(&self) -> LogFileCounts {
        let files = self.catalog.files().iter().map(|known| &known.file);
        let files = files.filter(|file| file.kind == StoredKind::LogFile);
        files.fold(LogFileCounts::default(), |counts, file| LogFileCounts {
            all: counts.all + 1,
            vanished: counts.vanished + u64::from(file.vanished),
            events: counts.events + u64::from(file.events),
        })
    }

    /// How many roots it has.
    pub fn root_count(&self) -> u32 {
        u32::try_from(self.manifest().roots.len()).unwrap_or(u32::MAX)
    }

    /// Its roots as stores, by their numbers. `archive` opens the place where a root lies now, if it is
    /// there.
    pub fn stores(
        &self,
        mut archive: impl FnMut(&[u8]) -> Option<Box<dyn Store>>,
    ) -> Vec<Box<dyn Store>> {
        (0..self.root_count())
            .map(|root| {
                let real_path = self.root_path(root);
                let root: Box<dyn Store> = Box::new(StoredRoot {
                    catalog: Arc::clone(&self.catalog),
                    root,
                    real_path: real_path.to_owned(),
                    archive: archive(real_path),
                });
                root
            })
            .collect()
    }

    /// Its rows, where its first root has this number among the roots of a command.
    pub fn rows(self: &Arc<Self>, first_root: u32) -> Box<dyn RowSource> {
        Box::new(StateRows {
            state: Arc::clone(self),
            first_root,
        })
    }

    fn root_path(&self, root: u32) -> &[u8] {
        let root = self.manifest().roots.get(root as usize);
        root.map_or(&[], |root| &root.path)
    }
}

/// How many log files a state knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogFileCounts {
    /// All of them.
    pub all: u64,
    /// Those that were not there any more when their root was read last.
    pub vanished: u64,
    /// The events in all of them, copies included.
    pub events: u64,
}

/// The files of a run.
fn files_of(state: &Arc<StateReader>, run: usize) -> Result<Vec<StoredFile>, StateError> {
    let Some(cursor) = TableCursor::new(state, run, StateTable::Files) else {
        return Ok(Vec::new());
    };
    read_files(cursor).map_err(StateError::of_table(id_of(state, run), StateTable::Files))
}

/// The name of a run.
fn id_of(state: &StateReader, run: usize) -> RunId {
    state.runs().get(run).map_or(RunId(0), |run| run.run().id)
}

/// The calls of a run.
fn calls_of(
    state: &Arc<StateReader>,
    run: usize,
) -> Result<Option<CallsReader<TableCursor>>, StateError> {
    let cursor = TableCursor::new(state, run, StateTable::Calls);
    let reader = cursor.map(CallsReader::open).transpose();
    reader.map_err(StateError::of_table(id_of(state, run), StateTable::Calls))
}

/// A table as a reader that seeks.
pub(super) struct TableCursor {
    state: Arc<StateReader>,
    run: usize,
    table: StateTable,
    size: u64,
    position: u64,
}

impl TableCursor {
    /// A cursor at the beginning of a table; `None` if the run has none of this kind.
    fn new(state: &Arc<StateReader>, run: usize, table: StateTable) -> Option<Self> {
        let size = state.runs().get(run)?.table(table)?.size();
        Some(Self {
            state: Arc::clone(state),
            run,
            table,
            size,
            position: 0,
        })
    }
}

impl Read for TableCursor {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.position);
        let length = usize::try_from(left).map_or(room.len(), |left| left.min(room.len()));
        let room = room.get_mut(..length).unwrap_or_default();
        let run = self.state.runs().get(self.run);
        let table = run.and_then(|run| run.table(self.table));
        let table = table.ok_or(io::ErrorKind::NotFound)?;
        table
            .read_exact_at(room, self.position)
            .map_err(io::Error::other)?;
        self.position += length as u64;
        Ok(length)
    }
}

impl Seek for TableCursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// The rows of a state, whose roots have other numbers in a command.
struct StateRows {
    state: Arc<SavedState>,
    first_root: u32,
}

/// The bits of a part below the number of its run: those of its row group.
const GROUP_BITS: u32 = 32;

impl RowSource for StateRows {
    fn roots(&self) -> Range<u32> {
        self.first_root..self.first_root + self.state.root_count()
    }

    fn find(&self, key: &LogFileKey) -> Option<KnownFile<'_>> {
        let key = LogFileKey {
            root: key.root.checked_sub(self.first_root)?,
            path: Arc::clone(&key.path),
        };
        let number = self.state.catalog.number(&key)?;
        let CatalogFile { file, run } = self.state.catalog.get(number)?;
        Some(KnownFile {
            number,
            part: (*run as u64) << GROUP_BITS | self.state.group_of(*run, file.first_row) as u64,
            line: &file.line,
            problems: &file.problems,
        })
    }

    fn read(&self, files: &[u32], visitor: &mut dyn RowVisitor) -> Result<(), RowsError> {
        let catalog = &self.state.catalog;
        let files = files.iter().filter_map(|&number| catalog.get(number));
        let files: Vec<&CatalogFile> = files.collect();
        let Some(CatalogFile { run, .. }) = files.first() else {
            return Ok(());
        };
        let mut wanted = WantedRows {
            files: files.iter().peekable(),
            current: None,
            visitor,
        };
        if let Some(Some(calls)) = self.state.calls.get(*run) {
            let read = wanted.read(calls);
            let run = id_of(&self.state.reader, *run);
            read.map_err(StateError::of_table(run, StateTable::Calls))?;
        }
        wanted.finish();
        Ok(())
    }
}

impl SavedState {
    /// The row group of a run that has a row.
    fn group_of(&self, run: usize, row: u64) -> usize {
        let calls = self.calls.get(run).and_then(Option::as_ref);
        calls.map_or(0, |calls| {
            let groups = calls.row_groups();
            groups.partition_point(|group| group.first_row + group.rows as u64 <= row)
        })
    }
}

/// The rows of some log files, as they are passed to a visitor.
struct WantedRows<'w> {
    files: Peekable<Iter<'w, &'w CatalogFile>>,
    /// The row behind the last one of the log file that was begun.
    current: Option<u64>,
    visitor: &'w mut dyn RowVisitor,
}

impl WantedRows<'_> {
    fn read(&mut self, calls: &CallsReader<TableCursor>) -> Result<(), TableError> {
        for (number, group) in calls.row_groups().iter().enumerate() {
            let end = group.first_row + group.rows as u64;
            let is_needed = match (self.current, self.files.peek()) {
                (Some(_), _) => true,
                (None, Some(next)) => next.file.first_row < end,
                (None, None) => break,
            };
            if !is_needed {
                continue;
            }
            let mut row = group.first_row;
            let flow = calls.read(number, CallColumns::ALL, &mut |call| {
                self.advance(row);
                row += 1;
                if self.current.is_none() {
                    return ControlFlow::Continue(());
                }
                self.pass(call)
            })?;
            self.advance(end);
            if flow.is_break() || self.current.is_none() && self.files.peek().is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Ends the log files that end before a row, and begins the one that has it.
    fn advance(&mut self, row: u64) {
        loop {
            match self.current {
                Some(end) if row < end => return,
                Some(_) => {
                    self.visitor.end();
                    self.current = None;
                }
                None => match self.files.peek() {
                    Some(next) if next.file.first_row <= row => self.begin(),
                    _ => return,
                },
            }
        }
    }

    fn begin(&mut self) {
        if let Some(CatalogFile { file, .. }) = self.files.next() {
            self.visitor.begin(&file.line, &file.problems);
            self.current = Some(file.first_row + u64::from(file.events));
        }
    }

    fn pass(&mut self, call: &StoredCall<'_>) -> ControlFlow<()> {
        let details = Details {
            rw: call.rw.into(),
            event_type: call.event_type.into(),
            error_message: call.error_message.into(),
            user_agent: call.event.user_agent.into(),
            request_id: call.request_id.into(),
            insight: call.insight.into(),
        };
        self.visitor.visit(&KeptRow {
            record_number: call.record_number,
            event: call.event,
            details: &details,
            trail: call.trail,
        })
    }

    /// Begins and ends what is left: log files without rows.
    fn finish(&mut self) {
        if self.current.take().is_some() {
            self.visitor.end();
        }
        while self.files.peek().is_some() {
            self.begin();
            self.current = None;
            self.visitor.end();
        }
    }
}
