//! A saved state: what was read of archives, kept in a folder and committed as a whole.
//!
//! A reader sees one commit or another, never a part of one. Left out: how a folder is written to the
//! disk, which is in `store`.

mod checksums;
mod commit;
mod error;
mod manifest;
mod reader;
mod run;
mod table_file;

pub use commit::{StateChange, StateWriter};
pub use error::StateError;
pub use manifest::{
    ManifestFault, RunId, StateManifest, StateRoot, StateRun, StateSecrets, StateTable, TableFile,
};
pub use reader::{OpenRun, StateReader, is_state};
pub use run::{FinishedRun, FinishedTable, NewRun, RunSummary, TableWriter};
pub use table_file::TableReader;

pub use crate::store::WhenLocked;
