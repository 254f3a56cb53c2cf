//! The errors of reading and writing a state. Each names the path once.

use std::path::PathBuf;

use thiserror::Error;

use super::manifest::{ManifestFault, RunId, StateTable};
use super::table_error::TableError;
use crate::scan::RowsError;
use crate::store::StateFolderError;

/// A state that cannot be read or written.
#[derive(Debug, Error)]
pub enum StateError {
    /// The system refuses, something else lies where a file should, or another process writes.
    #[error(transparent)]
    Folder(#[from] StateFolderError),
    /// The folder is something else.
    #[error("{} is no saved state: it has no manifest.json", path.display())]
    NotAState {
        /// The folder.
        path: PathBuf,
    },
    /// There is something else in the folder in which a state is to be saved.
    #[error("{} is neither empty nor a saved state", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The state has its runs and not its manifest.
    #[error(
        "{} has no manifest.json: the state is damaged, or the copy of it is not complete",
        path.display()
    )]
    WithoutManifest {
        /// The folder.
        path: PathBuf,
    },
    /// A state of another version, or of another program.
    #[error("{} has the format {format:?}, which this version does not know", path.display())]
    UnknownFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// The manifest is damaged.
    #[error("{} is damaged", path.display())]
    BrokenManifest {
        /// The manifest.
        path: PathBuf,
        /// How.
        source: ManifestFault,
    },
    /// No run was ever committed.
    #[error("nothing has been saved in {} yet", path.display())]
    NothingCommitted {
        /// The folder.
        path: PathBuf,
    },
    /// A file that the manifest lists is missing or has another size.
    #[error(
        "{} {what}: the state is damaged, or was copied while it was written; copy it again",
        path.display()
    )]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The bytes of a file are not those that were written.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How that shows.
        what: &'static str,
    },
    /// The state was replaced again and again while it was opened.
    #[error("{} is replaced faster than it can be opened", path.display())]
    Restless {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest was replaced although the lock was held.
    #[error("{} was changed by something that does not respect the lock", path.display())]
    ChangedByAnother {
        /// The manifest.
        path: PathBuf,
    },
    /// A change that does not fit the state.
    #[error("cannot commit to {}: {what}", path.display())]
    WrongChange {
        /// The folder.
        path: PathBuf,
        /// Why.
        what: &'static str,
    },
    /// A table of a run cannot be written or read.
    #[error("runs/{run}/{}", table.file_name())]
    Table {
        /// The run.
        run: RunId,
        /// The table.
        table: StateTable,
        /// Why.
        source: TableError,
    },
}

impl StateError {
    /// An error of a table of a run.
    pub(super) fn of_table(run: RunId, table: StateTable) -> impl Fn(TableError) -> Self {
        move |source| Self::Table { run, table, source }
    }
}

impl From<StateError> for RowsError {
    fn from(error: StateError) -> Self {
        let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
        error.into()
    }
}
