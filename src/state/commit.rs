//! The writer of a state: one at a time, and every commit as a whole.
//!
//! A commit brings files to the disk in this order: the tables and checksums of a run, the folder of the
//! run, the folder of all runs, the next manifest, and after its rename the folder of the state. From this
//! follows what a state guarantees:
//!
//! 1. What a manifest lists never changes. The names of runs are random, their files are created where
//!    there were none, and only runs that are neither listed nor retired are removed.
//! 2. What a manifest lists was on the disk before the manifest was.
//! 3. A rename is atomic, so there is always one manifest, and it is whole.
//! 4. The lock is held from the reading of a manifest to the writing of the next, so each commit is made
//!    from the one before it.
//!
//! A sync that fails is not tried again, because the system may have dropped what it could not write: the
//! writer and the run are gone with the error. Left out: what the tables hold, and which runs should be
//! merged.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::error::StateError;
use super::manifest::{RunId, StateManifest, StateRoot, StateSecrets};
use super::reader::{StateReader, manifest_text, parse};
use super::run::{FinishedRun, LockedFolder, NewRun, remove_run};
use crate::store::{StateFolder, WhenLocked};

#[cfg(test)]
mod tests;

/// The one writer of a state. The lock is free again when it and all its runs are dropped.
///
/// ```
/// use std::io::Write as _;
///
/// use keytrail::state::{
///     RunSummary, StateChange, StateReader, StateSecrets, StateTable, StateWriter, WhenLocked,
/// };
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("state");
/// let writer = StateWriter::begin(&path, WhenLocked::Fail)?;
/// let mut run = writer.new_run(0x0123_4567_89ab_cdef)?;
/// let mut calls = run.create_table(StateTable::Calls)?;
/// calls.write_all(b"rows")?;
/// let tables = vec![calls.finish(4)?];
/// let run = run.finish(tables, RunSummary::default())?;
/// let writer = writer.commit(StateChange {
///     added: vec![run],
///     removed: Vec::new(),
///     roots: Vec::new(),
///     secrets: StateSecrets::Redacted,
/// })?;
/// assert_eq!(writer.manifest().generation, 1);
///
/// let state = StateReader::open(&path)?;
/// let calls = state.runs()[0].table(StateTable::Calls).unwrap();
/// let mut rows = [0; 4];
/// calls.read_exact_at(&mut rows, 0)?;
/// assert_eq!(&rows, b"rows");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StateWriter {
    locked: Arc<LockedFolder>,
    manifest: StateManifest,
    /// The manifest as it lies on the disk.
    text: Vec<u8>,
}

/// What a commit changes.
#[derive(Debug)]
pub struct StateChange {
    /// Runs to add, behind those that are there.
    pub added: Vec<FinishedRun>,
    /// Runs to take out. Their files are there until another commit is made and a writer begins after it.
    pub removed: Vec<RunId>,
    /// All roots of the state from now on.
    pub roots: Vec<StateRoot>,
    /// Whether there are secrets in the state from now on.
    pub secrets: StateSecrets,
}

impl StateWriter {
    /// Takes the lock of a state and reads its manifest. A folder that is missing or empty becomes a state;
    /// one that is neither empty nor a state is left as it is, as is a state of another format and one
    /// that is damaged.
    ///
    /// Removes what earlier writers have left: runs that they did not commit, and runs that the commit
    /// before the last has replaced.
    pub fn begin(path: &Path, when_locked: WhenLocked) -> Result<Self, StateError> {
        let folder = StateFolder::create(path)?;
        // Before the lock, which puts a file there.
        let _is_new = current(&folder)?;
        let lock = folder.lock(when_locked)?;
        let (manifest, text) = match current(&folder)? {
            Some(current) => current,
            None => begin_state(&folder)?,
        };
        folder.create_runs()?;
        let locked = Arc::new(LockedFolder {
            folder,
            _lock: lock,
        });
        let writer = Self {
            locked,
            manifest,
            text,
        };
        // A commit to a state that has lost files would hide that.
        writer.state()?;
        writer.sweep()?;
        Ok(writer)
    }

    /// What was committed last.
    pub fn manifest(&self) -> &StateManifest {
        &self.manifest
    }

    /// Opens what was committed last, to be read. Nobody else can replace it meanwhile.
    pub fn state(&self) -> Result<StateReader, StateError> {
        StateReader::open_files(&self.locked.folder, self.manifest.clone())
    }

    /// Begins a run with a random number as its name.
    pub fn new_run(&self, random: u64) -> Result<NewRun, StateError> {
        let id = RunId(random);
        if self.manifest.run(id).is_some() || self.manifest.retired.contains(&id) {
            return Err(self.wrong_change("there is a run of this name"));
        }
        NewRun::create(&self.locked, id)
    }

    /// Commits a change. When this returns it is on the disk. After an error nothing is changed, unless the
    /// system failed at the very last step: then the change is committed as a whole or not at all, and the
    /// files of its runs are left.
    pub fn commit(self, change: StateChange) -> Result<Self, StateError> {
        let mut change = change;
        let next = self.next(&change)?;
        let folder = &self.locked.folder;
        let text = next
            .to_text()
            .map_err(|source| StateError::BrokenManifest {
                path: folder.manifest_path(),
                source,
            })?;
        folder.sync_runs()?;
        if folder.read_manifest()?.as_ref() != Some(&self.text) {
            return Err(StateError::ChangedByAnother {
                path: folder.manifest_path(),
            });
        }
        folder.write_next_manifest(&text)?;
        change.added.iter_mut().for_each(FinishedRun::keep);
        folder.publish_manifest()?;
        Ok(Self {
            manifest: next,
            text,
            ..self
        })
    }

    /// The manifest after a change.
    fn next(&self, change: &StateChange) -> Result<StateManifest, StateError> {
        let mut next = self.manifest.clone();
        let generation = next.generation.checked_add(1);
        next.generation = generation.ok_or_else(|| self.wrong_change("too many commits"))?;
        next.version = StateManifest::empty().version;
        next.secrets = change.secrets;
        next.roots.clone_from(&change.roots);
        let removed: BTreeSet<RunId> = change.removed.iter().copied().collect();
        next.runs.retain(|run| !removed.contains(&run.id));
        if next.runs.len() + removed.len() != self.manifest.runs.len() {
            return Err(self.wrong_change("a run to be removed is not there"));
        }
        next.retired = removed.into_iter().collect();
        for run in &change.added {
            if !run.is_of(&self.locked) {
                return Err(self.wrong_change("a run was written by another writer"));
            }
            next.runs.push(run.run().clone());
        }
        Ok(next)
    }

    /// Removes the runs that are neither listed nor retired.
    fn sweep(&self) -> Result<(), StateError> {
        let folder = &self.locked.folder;
        for name in folder.runs()? {
            let is_unlisted = |id: &RunId| {
                self.manifest.run(*id).is_none() && !self.manifest.retired.contains(id)
            };
            if RunId::parse(&name).as_ref().is_some_and(is_unlisted) {
                // One that cannot be removed is left for the next writer.
                let _ = remove_run(folder, &name);
            }
        }
        Ok(())
    }

    fn wrong_change(&self, what: &'static str) -> StateError {
        let path = self.locked.folder.path().to_owned();
        StateError::WrongChange { path, what }
    }
}

/// The manifest and its text; `None` where a state can be begun.
fn current(folder: &StateFolder) -> Result<Option<(StateManifest, Vec<u8>)>, StateError> {
    // Before the lock is held, another process may begin the state between two looks at the folder.
    for _ in 0..2 {
        match manifest_text(folder) {
            Ok(text) => return Ok(Some((parse(folder, &text)?, text))),
            Err(StateError::NotAState { .. }) => {}
            Err(error) => return Err(error),
        }
        if folder.is_unused()? {
            return Ok(None);
        }
    }
    let path = folder.path().to_owned();
    Err(StateError::Occupied { path })
}

/// Makes an empty folder a state. The manifest is there before the first run is, so that runs without a
/// manifest are never taken for those of a state that was just begun.
fn begin_state(folder: &StateFolder) -> Result<(StateManifest, Vec<u8>), StateError> {
    let manifest = StateManifest::empty();
    let text = manifest
        .to_text()
        .map_err(|source| StateError::BrokenManifest {
            path: folder.manifest_path(),
            source,
        })?;
    folder.restrict()?;
    folder.write_next_manifest(&text)?;
    folder.publish_manifest()?;
    Ok((manifest, text))
}
