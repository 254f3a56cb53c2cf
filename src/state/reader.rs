//! A state that is read: one commit, with all its files open.
//!
//! A reader takes no lock and writes nothing. It opens every file that the manifest lists before it reads
//! any, since an open file can be read to its end even if it is removed meanwhile. Where a file is no
//! longer there, the manifest is read again: a writer has replaced it, or the state is damaged. Left out:
//! what the tables mean.

use std::path::Path;
use std::sync::Arc;

use super::checksums;
use super::error::StateError;
use super::manifest::{ManifestFault, StateManifest, StateRun, StateTable, TableFile};
use super::run::CHECKSUMS;
use super::table_file::TableReader;
use crate::store::StateFolder;

/// How often a state is opened again because it was replaced meanwhile. A run is removed no sooner than
/// two commits after the last manifest that lists it, so one attempt fails if two commits and the
/// beginning of a third fall into the time in which it opens the files.
const ATTEMPTS: u32 = 100;

/// How much of a manifest shows that it is one.
const HEAD: u64 = 64;

/// One commit of a state, with all its files open.
#[derive(Debug)]
pub struct StateReader {
    manifest: StateManifest,
    runs: Vec<OpenRun>,
}

/// A run with all its files open.
#[derive(Debug)]
pub struct OpenRun {
    run: StateRun,
    tables: Vec<(StateTable, TableReader)>,
}

/// Whether a folder is a state, which may be damaged or of another version. Anything else, and what cannot
/// be looked at, is none.
pub fn is_state(path: &Path) -> bool {
    let Ok(folder) = StateFolder::open(path) else {
        return false;
    };
    let head = folder.read_manifest_up_to(HEAD).ok().flatten();
    head.is_some_and(|head| StateManifest::is_beginning_of_one(&head))
        || folder.has_lock_and_runs().unwrap_or(false)
        || folder.is_begun().unwrap_or(false)
}

impl StateReader {
    /// Opens the state that was committed last.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let folder = StateFolder::open(path)?;
        let mut text = manifest_text(&folder)?;
        for _ in 0..ATTEMPTS {
            let manifest = parse(&folder, &text)?;
            if manifest.generation == 0 {
                let path = folder.path().to_owned();
                return Err(StateError::NothingCommitted { path });
            }
            match Self::open_files(&folder, manifest) {
                Err(error @ StateError::Incomplete { .. }) => {
                    let text_now = manifest_text(&folder)?;
                    if text_now == text {
                        return Err(error);
                    }
                    text = text_now;
                }
                opened => return opened,
            }
        }
        let path = folder.path().to_owned();
        Err(StateError::Restless { path })
    }

    /// Opens all files that a manifest lists.
    pub(super) fn open_files(
        folder: &StateFolder,
        manifest: StateManifest,
    ) -> Result<Self, StateError> {
        let runs = manifest.runs.iter().map(|run| OpenRun::open(folder, run));
        let runs = runs.collect::<Result<_, _>>()?;
        Ok(Self { manifest, runs })
    }

    /// What is known without a table being read.
    pub fn manifest(&self) -> &StateManifest {
        &self.manifest
    }

    /// The runs, in the order of the manifest.
    pub fn runs(&self) -> &[OpenRun] {
        &self.runs
    }
}

impl OpenRun {
    fn open(folder: &StateFolder, run: &StateRun) -> Result<Self, StateError> {
        let name = run.id.to_string();
        let open = |file: &str, size: u64| {
            let incomplete = |what| StateError::Incomplete {
                path: folder.run_path(&name).join(file),
                what,
            };
            let opened = folder.open_file(&name, file)?;
            let opened = opened.ok_or_else(|| incomplete("is missing"))?;
            if opened.size() != size {
                return Err(incomplete(
                    "does not have the size that it was written with",
                ));
            }
            Ok(opened)
        };
        let length = |file: &TableFile| checksums::list_length(file.size);
        let lists = open(CHECKSUMS, run.files.values().map(length).sum())?;
        let lists = Arc::new(lists);
        let mut list_position = 0;
        let mut tables = Vec::with_capacity(run.files.len());
        for (table, file) in &run.files {
            let opened = open(table.file_name(), file.size)?;
            let lists = Arc::clone(&lists);
            let reader = TableReader::new(opened, file.clone(), lists, list_position);
            tables.push((*table, reader));
            list_position += length(file);
        }
        let run = run.clone();
        Ok(Self { run, tables })
    }

    /// What the manifest states of it.
    pub fn run(&self) -> &StateRun {
        &self.run
    }

    /// A table; `None` if the run has none of this kind.
    pub fn table(&self, table: StateTable) -> Option<&TableReader> {
        let mut tables = self.tables.iter();
        tables.find_map(|(kind, reader)| (*kind == table).then_some(reader))
    }
}

/// Reads the manifest of a folder that has to be a state.
pub(super) fn manifest_text(folder: &StateFolder) -> Result<Vec<u8>, StateError> {
    // A state that another process begins meanwhile has its manifest before it has the rest.
    for _ in 0..2 {
        if let Some(text) = folder.read_manifest()? {
            return Ok(text);
        }
        if !folder.has_lock_and_runs()? {
            let path = folder.path().to_owned();
            return Err(StateError::NotAState { path });
        }
    }
    let path = folder.path().to_owned();
    Err(StateError::WithoutManifest { path })
}

/// Parses the manifest of a folder.
pub(super) fn parse(folder: &StateFolder, text: &[u8]) -> Result<StateManifest, StateError> {
    let path = folder.manifest_path();
    StateManifest::parse(text).map_err(|source| match source {
        ManifestFault::UnknownFormat(format) => StateError::UnknownFormat { path, format },
        source @ (ManifestFault::Json(_)
        | ManifestFault::Digest
        | ManifestFault::Contradiction(_)) => StateError::BrokenManifest { path, source },
    })
}
