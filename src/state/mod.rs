//! A saved state: what was read of archives, kept in a folder and committed as a whole.
//!
//! A reader sees one commit or another, never a part of one. Left out: how a folder is written to the
//! disk, which is in `store`.

mod calls_reader;
mod calls_sink;
mod calls_table;
mod calls_writer;
mod catalog;
mod checksums;
mod chunk;
mod commit;
mod error;
mod files_table;
mod hybrid;
mod ids;
mod index;
mod manifest;
mod mutex;
mod parquet_file;
mod reader;
mod redaction;
mod run;
mod saved;
mod schema;
mod stored_call;
mod stored_file;
mod stored_root;
mod table_error;
mod table_file;
mod words;

#[cfg(test)]
mod tables_tests;

pub use calls_reader::{CallsGroup, CallsReader};
pub use calls_writer::{CallsBuffer, CallsSummary, CallsWriter, EncodedCalls, GROUP_ROWS};
pub use commit::{StateChange, StateWriter};
pub use error::StateError;
pub use files_table::{read_files, write_files};
pub use index::{IndexError, IndexOptions, IndexReport, index};
pub use manifest::{
    ManifestFault, RunId, StateManifest, StateRoot, StateRun, StateSecrets, StateTable, TableFile,
};
pub use reader::{OpenRun, StateReader, is_state};
pub use redaction::Redaction;
pub use run::{FinishedRun, FinishedTable, NewRun, RunSummary, TableWriter};
pub use saved::{LogFileCounts, SavedState};
pub use stored_call::{CallColumn, CallColumns, StoredCall};
pub use stored_file::{StoredFile, StoredKind};
pub use table_error::TableError;
pub use table_file::TableReader;

pub use crate::store::WhenLocked;
