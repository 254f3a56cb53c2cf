//! The catalog: what all runs of a state know of each file, the latest run first.
//!
//! Left out: the rows, and how tables lie in files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stored_file::{StoredFile, StoredKind};
use crate::archive::LogFileKey;

/// What is known of the files of all roots.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// In the order of runs, and in each of rows.
    files: Vec<CatalogFile>,
    /// The numbers of the files by their keys.
    numbers: BTreeMap<LogFileKey, u32>,
    /// The numbers of the members of containers, by the keys of these.
    members: BTreeMap<LogFileKey, Vec<u32>>,
}

/// A file, and the run that has its rows.
#[derive(Debug)]
pub(super) struct CatalogFile {
    pub(super) file: StoredFile,
    /// The number of the run in the state.
    pub(super) run: usize,
}

impl Catalog {
    /// The catalog of runs, in the order in which they were committed.
    pub(super) fn of(runs: impl IntoIterator<Item = Vec<StoredFile>>) -> Self {
        let mut latest: BTreeMap<LogFileKey, CatalogFile> = BTreeMap::new();
        for (run, files) in runs.into_iter().enumerate() {
            for file in files {
                match (file.kind, latest.get_mut(&file.key)) {
                    // Its rows stay.
                    (StoredKind::LogFile, Some(known)) if file.vanished => {
                        known.file.vanished = true;
                    }
                    // Something else than a log file leaves nothing behind.
                    (_, Some(_)) if file.vanished => drop(latest.remove(&file.key)),
                    (_, None) if file.vanished => {}
                    _ => {
                        latest.insert(file.key.clone(), CatalogFile { file, run });
                    }
                }
            }
        }
        let mut files: Vec<CatalogFile> = latest.into_values().collect();
        files.sort_by_key(|known| (known.run, known.file.first_row));
        let (mut numbers, mut members) = (BTreeMap::new(), BTreeMap::<_, Vec<u32>>::new());
        for (number, CatalogFile { file, .. }) in (0..).zip(&files) {
            numbers.insert(file.key.clone(), number);
            if let Some(container) = &file.container {
                let container = LogFileKey {
                    root: file.key.root,
                    path: Arc::clone(container),
                };
                members.entry(container).or_default().push(number);
            }
        }
        Self {
            files,
            numbers,
            members,
        }
    }

    pub(super) fn number(&self, key: &LogFileKey) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    pub(super) fn get(&self, number: u32) -> Option<&CatalogFile> {
        self.files.get(number as usize)
    }

    pub(super) fn find(&self, key: &LogFileKey) -> Option<&StoredFile> {
        self.get(self.number(key)?).map(|known| &known.file)
    }

    /// The members of a container, by its key.
    pub(super) fn members(&self, container: &LogFileKey) -> &[u32] {
        self.members.get(container).map_or(&[], Vec::as_slice)
    }

    pub(super) fn files(&self) -> &[CatalogFile] {
        &self.files
    }

    /// The files of a root, in the order of their paths.
    pub(super) fn of_root(&self, root: u32) -> impl Iterator<Item = &StoredFile> {
        let first = LogFileKey {
            root,
            path: Arc::default(),
        };
        self.numbers
            .range(first..)
            .take_while(move |(key, _)| key.root == root)
            .filter_map(|(_, &number)| self.get(number))
            .map(|known| &known.file)
    }
}
