//! Indexing: reads what is new of an archive, and commits it to a state as one run.
//!
//! Left out: how tables lie in files, and how a commit is made safe.

use std::collections::{BTreeMap, HashMap};
use std::slice;
use std::sync::{Arc, Mutex};

use thiserror::Error;

use super::calls_sink::{CallsSink, SharedCalls};
use super::catalog::Catalog;
use super::commit::{StateChange, StateWriter};
use super::error::StateError;
use super::files_table::write_files;
use super::manifest::{RunId, StateRoot, StateSecrets, StateTable};
use super::mutex::lock;
use super::redaction::Redaction;
use super::run::RunSummary;
use super::saved::SavedState;
use super::stored_file::{StoredFile, StoredKind};
use crate::archive::{Archive, DeliveredName, LogFileKey};
use crate::coverage::{Ledger, LedgerLine, Outcome, Problem};
use crate::scan::{self, KnownFiles, Progress, ScanError, ScanOptions, Sources};
use crate::store::FileStamp;

/// How an archive is indexed.
pub struct IndexOptions {
    /// How it is read.
    pub scan: ScanOptions,
    /// How secrets are replaced; `None` keeps them.
    pub redaction: Option<Redaction>,
    /// Whether all is read again, and what is in the state is left out.
    pub rebuild: bool,
    /// A random number, which names the run.
    pub random: u64,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexReport {
    /// Log files that the state did not have.
    pub new: u64,
    /// Log files that have changed and were read again.
    pub changed: u64,
    /// Log files that are as they were.
    pub known: u64,
    /// Log files that are gone since the last time; their rows stay.
    pub vanished: u64,
    /// Events that were read, copies included.
    pub events: u64,
    /// Of the log files that were read, those of which a part was lost.
    pub partial: u64,
    /// Of the log files that were read, those of which nothing could be read.
    pub unreadable: u64,
    /// The problems of what was read.
    pub problems: Vec<Problem>,
    /// The generation of the state; the one before where nothing was to be committed.
    pub generation: u64,
    /// Whether something was committed.
    pub committed: bool,
}

/// Why an archive was not indexed.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The scan.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A root has no log file; more likely it is not mounted.
    #[error("no log file is below {0}, and the state is left as it was")]
    NoLogFile(String),
    /// A root lies inside another one.
    #[error(
        "{0} lies inside {1}; name one of them, and make a state for the other if it is needed"
    )]
    Overlapping(String, String),
    /// The state has been read with another treatment of secrets.
    #[error("the state has its secrets {}, which cannot be mixed; --rebuild reads all anew", .0)]
    OtherSecrets(&'static str),
}

/// Reads what is new of an archive and commits it. `None` where the scan was stopped, and nothing was
/// committed.
///
/// # Errors
///
/// See [`IndexError`]; the state is then as it was.
pub fn index(
    writer: StateWriter,
    sources: &Sources,
    options: &IndexOptions,
    progress: &Progress,
) -> Result<Option<IndexReport>, IndexError> {
    let archive = &sources.archive;
    let secrets = match options.redaction {
        Some(_) => StateSecrets::Redacted,
        None => StateSecrets::Kept,
    };
    let is_new = writer.manifest().generation == 0;
    if !is_new && !options.rebuild && writer.manifest().secrets != secrets {
        let kept = match writer.manifest().secrets {
            StateSecrets::Redacted => "redacted",
            StateSecrets::Kept => "kept",
        };
        return Err(IndexError::OtherSecrets(kept));
    }
    let (before, mut roots) = if options.rebuild {
        (Arc::default(), Vec::new())
    } else {
        let before = SavedState::of(writer.state()?)?.into_catalog();
        (before, writer.manifest().roots.clone())
    };
    refuse_overlapping(archive, &roots)?;
    let numbers = archive.real_paths().map(|path| number_of(path, &mut roots));
    let numbers: Vec<u32> = numbers.collect();
    let listing = NewListing {
        archive,
        before: &before,
        numbers: &numbers,
        seen: Mutex::default(),
        listed: Mutex::default(),
    };

    let mut run = writer.new_run(options.random)?;
    let table = run.create_table(StateTable::Calls)?;
    let calls = SharedCalls::new(run.id(), table, options.scan.seed, options.redaction)?;
    let partial = scan::collect(sources, &options.scan, &listing, progress, |_threads| {
        CallsSink::new(&calls)
    })?;
    if progress.is_stopped() {
        return Ok(None);
    }
    let (calls, indexed, summary) = calls.finish()?;
    let mut ledger = partial.ledger;
    ledger.sort();
    let mut report = IndexReport {
        events: summary.rows,
        generation: writer.manifest().generation,
        ..IndexReport::default()
    };
    let files = listing.stored(&indexed, &ledger, &mut report)?;
    if files.is_empty() && !is_new && !options.rebuild {
        return Ok(Some(report));
    }
    report.problems = ledger.problems;

    let mut table = run.create_table(StateTable::Files)?;
    let rows = files.len() as u64;
    write_files(&mut table, &files).map_err(StateError::of_table(run.id(), StateTable::Files))?;
    let tables = vec![calls.finish(summary.rows)?, table.finish(rows)?];
    let summary = RunSummary {
        events: summary.rows,
        log_files: report.new + report.changed,
        span: summary.span.map(|span| (span.first, span.last)),
        ..RunSummary::default()
    };
    let run = run.finish(tables, summary)?;
    let replaced = writer.manifest().runs.iter();
    let replaced = replaced.filter(|_| options.rebuild);
    let removed: Vec<RunId> = replaced.map(|run| run.id).collect();
    let writer = writer.commit(StateChange {
        added: vec![run],
        removed,
        roots,
        secrets,
    })?;
    report.generation = writer.manifest().generation;
    report.committed = true;
    Ok(Some(report))
}

/// Refuses a root that lies inside another one: which of the two has the latest of a file would not be
/// known.
fn refuse_overlapping(archive: &Archive, known: &[StateRoot]) -> Result<(), IndexError> {
    let known = known.iter().map(|root| root.path.as_slice());
    let all: Vec<&[u8]> = archive.real_paths().chain(known).collect();
    for one in &all {
        let is_inside = |other: &&&[u8]| {
            let below = one.strip_prefix(**other);
            below.is_some_and(|below| below.starts_with(b"/") || other.ends_with(b"/"))
                && one != *other
        };
        if let Some(other) = all.iter().find(is_inside) {
            let [one, other] =
                [*one, *other].map(|path| String::from_utf8_lossy(path).into_owned());
            return Err(IndexError::Overlapping(one, other));
        }
    }
    Ok(())
}

/// The number of a root in the state, which gets it where it is new.
fn number_of(path: &[u8], roots: &mut Vec<StateRoot>) -> u32 {
    let known = roots.iter().position(|root| root.path == path);
    let number = known.unwrap_or_else(|| {
        roots.push(StateRoot {
            path: path.to_owned(),
        });
        roots.len() - 1
    });
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What is listed of the archive, beside what the state has of it.
struct NewListing<'l> {
    archive: &'l Archive,
    before: &'l Catalog,
    /// The numbers of the archive's roots in the state.
    numbers: &'l [u32],
    /// The log files that are as they were, by their numbers in the catalog.
    seen: Mutex<Vec<u32>>,
    /// The log files that are read, with the stamp of the file on disk and the container that it is, if it is
    /// one.
    listed: Mutex<HashMap<LogFileKey, (FileStamp, Option<LogFileKey>)>>,
}

impl KnownFiles for NewListing<'_> {
    fn is_new(&self, key: &LogFileKey, container: Option<&LogFileKey>) -> bool {
        let stamp = self.archive.stamp(container.unwrap_or(key)).ok();
        if let Some(stamp) = stamp {
            let stored = self.stored_key(key);
            let number = self.before.number(&stored);
            let number = number.filter(|&number| self.is_same(number, stamp));
            let known = match (&number, container) {
                (Some(number), _) => slice::from_ref(number),
                // It may be a container, which is as it was where all its members are.
                (None, None) => self.before.members(&stored),
                (None, Some(_)) => &[],
            };
            if !known.is_empty() && known.iter().all(|&number| self.is_same(number, stamp)) {
                lock(&self.seen).extend(known);
                return false;
            }
        }
        let stamp = stamp.unwrap_or(FileStamp {
            size: 0,
            modified: None,
        });
        lock(&self.listed).insert(key.clone(), (stamp, container.cloned()));
        true
    }
}

impl NewListing<'_> {
    /// The key in the state of what has this one in the archive.
    fn stored_key(&self, key: &LogFileKey) -> LogFileKey {
        let root = self.numbers.get(key.root as usize);
        LogFileKey {
            root: root.copied().unwrap_or(key.root),
            path: key.path.clone(),
        }
    }

    /// Whether a log file is as it was. The time of its change means nothing where its name has a digest,
    /// since copies of an archive have other times.
    fn is_same(&self, number: u32, stamp: FileStamp) -> bool {
        let Some(known) = self.before.get(number) else {
            return false;
        };
        let file = &known.file;
        let is_read = file.kind == StoredKind::LogFile
            && !file.vanished
            && file.line.outcome != Outcome::Unreadable;
        let claims = || DeliveredName::parse(&file.key.path).claims;
        is_read
            && file.size == stamp.size
            && (file.modified == stamp.modified && file.modified.is_some()
                || file.container.is_none() && claims().is_some_and(|claims| claims.md5.is_some()))
    }

    /// What is to be stored of this listing: what is new, what has changed, and what is gone. The log files
    /// that have rows come first, in the order of their numbers.
    fn stored(
        &self,
        indexed: &[(LogFileKey, u64, u32)],
        ledger: &Ledger,
        report: &mut IndexReport,
    ) -> Result<Vec<StoredFile>, IndexError> {
        let seen = lock(&self.seen);
        let listed = lock(&self.listed);
        let mut lines: BTreeMap<&LogFileKey, &LedgerLine> = BTreeMap::new();
        lines.extend(ledger.lines().iter().map(|line| (&line.key, line)));
        let problems = ProblemsByKey::of(&ledger.problems);
        self.refuse_empty_roots(&seen, &lines)?;

        let file = |key: &LogFileKey, kind, line: LedgerLine| {
            let (stamp, container) = match listed.get(key) {
                Some((stamp, container)) => (Some(*stamp), container.as_ref()),
                None => (None, None),
            };
            let stored = self.stored_key(key);
            StoredFile {
                kind,
                size: stamp.map_or(0, |stamp| stamp.size),
                modified: stamp.and_then(|stamp| stamp.modified),
                container: container.map(|container| container.path.clone()),
                line: LedgerLine {
                    key: stored.clone(),
                    ..line
                },
                events: 0,
                first_row: 0,
                problems: problems.of_key(key, &stored),
                vanished: false,
                key: stored,
            }
        };
        let mut files = Vec::new();
        for (key, first_row, events) in indexed {
            let stored = match lines.remove(key) {
                Some(line) => StoredFile {
                    first_row: *first_row,
                    events: *events,
                    ..file(key, StoredKind::LogFile, line.clone())
                },
                // A container under the name of a log file: its members have rows of their own.
                None => StoredFile {
                    vanished: true,
                    ..file(key, StoredKind::LogFile, LedgerLine::default())
                },
            };
            files.push(stored);
        }
        for (key, line) in lines {
            let kind = if listed.contains_key(key) {
                StoredKind::LogFile
            } else {
                StoredKind::Unreadable
            };
            files.push(file(key, kind, line.clone()));
        }
        for stored in &files {
            if stored.vanished {
                continue;
            }
            match self.before.find(&stored.key) {
                Some(_) => report.changed += 1,
                None => report.new += 1,
            }
            report.partial += u64::from(stored.line.outcome == Outcome::Partial);
            report.unreadable += u64::from(stored.line.outcome == Outcome::Unreadable);
        }
        for (key, reason) in &ledger.ignored {
            let stored = file(key, StoredKind::Ignored(*reason), LedgerLine::default());
            if self.before.find(&stored.key) != Some(&stored) {
                files.push(stored);
            }
        }
        self.add_gone(&seen, ledger, &mut files, report);
        report.known = seen.len() as u64;
        // What could not be read is looked at each time, and is no news where it is as before.
        if files
            .iter()
            .all(|file| self.before.find(&file.key) == Some(file))
        {
            files.clear();
            (report.new, report.changed) = (0, 0);
        }
        Ok(files)
    }

    /// A root without a log file, read or known, is more likely not mounted than empty.
    fn refuse_empty_roots(
        &self,
        seen: &[u32],
        lines: &BTreeMap<&LogFileKey, &LedgerLine>,
    ) -> Result<(), IndexError> {
        for (number, &root) in (0..).zip(self.numbers) {
            // A root can be named twice.
            let is_read = lines.keys().any(|key| self.stored_key(key).root == root);
            let is_seen = || {
                let mut seen = seen.iter().filter_map(|&number| self.before.get(number));
                seen.any(|known| known.file.key.root == root)
            };
            if !is_read && !is_seen() {
                let path = self.archive.display(&LogFileKey::new(number, b""));
                return Err(IndexError::NoLogFile(path));
            }
        }
        Ok(())
    }

    /// Adds what the state has and the listing has not.
    fn add_gone(
        &self,
        seen: &[u32],
        ledger: &Ledger,
        files: &mut Vec<StoredFile>,
        report: &mut IndexReport,
    ) {
        let mut is_there = vec![false; self.before.files().len()];
        let listed = ledger.ignored.iter().map(|(key, _)| self.stored_key(key));
        let listed = listed.chain(files.iter().map(|file| file.key.clone()));
        let listed = listed.filter_map(|key| self.before.number(&key));
        for number in listed.chain(seen.iter().copied()) {
            if let Some(is_there) = is_there.get_mut(number as usize) {
                *is_there = true;
            }
        }
        for (known, is_there) in self.before.files().iter().zip(is_there) {
            let known = &known.file;
            if is_there || known.vanished || !self.numbers.contains(&known.key.root) {
                continue;
            }
            report.vanished += u64::from(known.kind == StoredKind::LogFile);
            files.push(StoredFile {
                vanished: true,
                events: 0,
                first_row: 0,
                problems: Vec::new(),
                ..known.clone()
            });
        }
    }
}

/// Problems that are looked up by their keys.
struct ProblemsByKey<'p>(BTreeMap<&'p LogFileKey, Vec<&'p Problem>>);

impl<'p> ProblemsByKey<'p> {
    fn of(problems: &'p [Problem]) -> Self {
        let mut by_key: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for problem in problems {
            by_key.entry(&problem.key).or_default().push(problem);
        }
        Self(by_key)
    }

    /// The problems of a key, with the key that it has in the state.
    fn of_key(&self, key: &LogFileKey, stored: &LogFileKey) -> Vec<Problem> {
        let problems = self.0.get(key).into_iter().flatten();
        problems.map(|problem| problem.with_key(stored)).collect()
    }
}
