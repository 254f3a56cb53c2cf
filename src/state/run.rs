//! A run that is being written: its folder, its files, and their checksums.
//!
//! A run that is dropped before it is committed removes its files. Left out: what the files hold, and how
//! a run becomes a part of the state.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::checksums::{self, ChecksumWriter};
use super::error::StateError;
use super::manifest::{RunId, StateRun, StateTable, TableFile};
use crate::store::{NewStateFile, StateFolder, StateFolderError, StateLock};

/// The file with the lists of checksums of all tables of a run, in the order of `StateTable::ALL`.
pub(super) const CHECKSUMS: &str = "checksums";

/// A folder and the right to write it.
#[derive(Debug)]
pub(super) struct LockedFolder {
    pub(super) folder: StateFolder,
    pub(super) _lock: StateLock,
}

/// A run that is being written.
#[derive(Debug)]
pub struct NewRun {
    locked: Arc<LockedFolder>,
    id: RunId,
    /// How many files were begun.
    tables: usize,
    /// Whether the manifest may list the run.
    may_be_listed: bool,
}

/// What whoever writes a run knows of it, beside its files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// The class of its size, by which runs are merged.
    pub class: u8,
    /// How many events it has, copies included.
    pub events: u64,
    /// How many of these are copies of events of this run or of an earlier one.
    pub copies: u64,
    /// How many log files were read.
    pub log_files: u64,
    /// The times of the first and the last event, in milliseconds since 1970 UTC; `None` if it has none.
    pub span: Option<(i64, i64)>,
}

/// A run that is on the disk as a whole and not yet committed.
#[derive(Debug)]
pub struct FinishedRun {
    new_run: NewRun,
    run: StateRun,
}

/// A table that is being written from its beginning to its end.
#[derive(Debug)]
pub struct TableWriter {
    run: RunId,
    table: StateTable,
    file: BufWriter<NewStateFile>,
    checksums: ChecksumWriter,
}

/// A table that is on the disk as a whole.
#[derive(Debug)]
pub struct FinishedTable {
    run: RunId,
    table: StateTable,
    file: TableFile,
    checksums: Vec<u8>,
}

impl NewRun {
    /// Creates the folder of a run; one of this name is an error.
    pub(super) fn create(locked: &Arc<LockedFolder>, id: RunId) -> Result<Self, StateError> {
        locked.folder.create_run(&id.to_string())?;
        Ok(Self {
            locked: Arc::clone(locked),
            id,
            tables: 0,
            may_be_listed: false,
        })
    }

    /// Its name.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Begins a table, each at most once.
    pub fn create_table(&mut self, table: StateTable) -> Result<TableWriter, StateError> {
        let run = self.id.to_string();
        let file = self.locked.folder.create_file(&run, table.file_name())?;
        self.tables += 1;
        Ok(TableWriter {
            run: self.id,
            table,
            file: BufWriter::with_capacity(1 << 18, file),
            checksums: ChecksumWriter::default(),
        })
    }

    /// Brings the run to the disk, with all tables that were begun.
    pub fn finish(
        self,
        tables: Vec<FinishedTable>,
        summary: RunSummary,
    ) -> Result<FinishedRun, StateError> {
        let is_own = |table: &FinishedTable| table.run == self.id;
        if tables.len() != self.tables || !tables.iter().all(is_own) {
            return Err(StateError::WrongChange {
                path: self.locked.folder.run_path(&self.id.to_string()),
                what: "not all tables of the run are finished",
            });
        }
        let tables: BTreeMap<_, _> = tables.into_iter().map(|one| (one.table, one)).collect();
        let name = self.id.to_string();
        let folder = &self.locked.folder;
        let mut lists = folder.create_file(&name, CHECKSUMS)?;
        for table in tables.values() {
            let written = lists.write_all(&table.checksums);
            written.map_err(|error| lists.error(error))?;
        }
        lists.sync()?;
        folder.sync_run(&name)?;
        let files = tables.into_iter().map(|(table, one)| (table, one.file));
        let RunSummary {
            class,
            events,
            copies,
            log_files,
            span,
        } = summary;
        let run = StateRun {
            id: self.id,
            class,
            events,
            copies,
            log_files,
            first: span.map(|(first, _)| first),
            last: span.map(|(_, last)| last),
            files: files.collect(),
        };
        Ok(FinishedRun { new_run: self, run })
    }
}

impl Drop for NewRun {
    fn drop(&mut self) {
        if !self.may_be_listed {
            // What is left is swept by the next writer.
            let _ = remove_run(&self.locked.folder, &self.id.to_string());
        }
    }
}

impl FinishedRun {
    /// The run as the manifest will list it.
    pub fn run(&self) -> &StateRun {
        &self.run
    }

    /// Whether the run was written under this lock.
    pub(super) fn is_of(&self, locked: &Arc<LockedFolder>) -> bool {
        Arc::ptr_eq(&self.new_run.locked, locked)
    }

    /// Keeps the files, because the manifest may list the run from now on.
    pub(super) fn keep(&mut self) {
        self.new_run.may_be_listed = true;
    }
}

impl TableWriter {
    /// Brings the table to the disk.
    pub fn finish(mut self, rows: u64) -> Result<FinishedTable, StateError> {
        let flushed = self.file.flush();
        flushed.map_err(|error| self.file.get_ref().error(error))?;
        // Nothing is buffered any more.
        let (file, _) = self.file.into_parts();
        file.sync()?;
        let size = self.checksums.size();
        let checksums = self.checksums.finish();
        let file = TableFile {
            size,
            rows,
            checksums_sha256: checksums::digest(&checksums),
        };
        Ok(FinishedTable {
            run: self.run,
            table: self.table,
            file,
            checksums,
        })
    }
}

impl Write for TableWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.checksums
            .update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes a run that no manifest lists.
pub(super) fn remove_run(folder: &StateFolder, run: &str) -> Result<(), StateFolderError> {
    let mut names = StateTable::ALL.map(StateTable::file_name).to_vec();
    names.push(CHECKSUMS);
    folder.remove_run(run, &names)
}
