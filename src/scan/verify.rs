//! The scan for evidence: every log file weighed, and what was done to the trails noted.
//!
//! Reads as every scan does, and counts as the fold does, so that its coverage is that of all other
//! answers.

use std::path::{Path, PathBuf};

use super::fold::Fold;
use super::{Counted, Gathered, Options, Problem, Progress, ScanError, Sink, read_all};
use crate::archive::{Deliveries, Digests, LogFile};
use crate::coverage::Coverage;
use crate::event::Record;
use crate::evidence::{Evidence, LogFileEvidence};
use crate::usage::{Seed, UsageDetail};

/// What a scan for evidence gives.
pub struct Verified {
    /// What was weighed and noted.
    pub evidence: Evidence,
    /// When the log files were delivered, by their paths.
    pub deliveries: Deliveries,
    /// What the answer rests on.
    pub coverage: Coverage,
    /// What was left out, sorted by path.
    pub problems: Vec<Problem>,
}

/// Reads every log file of an archive to its end, and weighs it.
///
/// # Errors
///
/// A root that cannot be walked, or threads that cannot be started. All other trouble is in the
/// problems.
pub fn verify(options: &Options, progress: &Progress) -> Result<Verified, ScanError> {
    let options = &Options {
        // Only its counts are wanted.
        detail: UsageDetail::CountsOnly,
        ..options.clone()
    };
    let seed = Seed::random();
    let once = Counted::default();
    let Gathered {
        sinks,
        coverage,
        problems,
        deliveries,
    } = read_all(options, progress, None, |_threads| Weighing {
        fold: Fold::new(options, &once, seed),
        roots: &options.roots,
        path: PathBuf::new(),
        evidence: Evidence::default(),
    })?;
    let mut evidence = Evidence::default();
    for sink in sinks {
        evidence.merge(sink.evidence);
    }
    evidence.sort();
    Ok(Verified {
        evidence,
        deliveries,
        coverage,
        problems,
    })
}

/// The sink that weighs log files, around the fold that counts.
struct Weighing<'v> {
    fold: Fold<'v>,
    roots: &'v [PathBuf],
    /// The log file at hand.
    path: PathBuf,
    evidence: Evidence,
}

impl Sink for Weighing<'_> {
    fn begin(&mut self, log_file: &LogFile) {
        self.path.clone_from(&log_file.path);
        self.fold.begin(log_file);
    }

    fn take(&mut self, record: &Record<'_>, coverage: &mut Coverage) {
        let path: &Path = &self.path;
        self.evidence.see(&record.event, path, record.number);
        self.fold.take(record, coverage);
    }

    fn end(&mut self) {
        self.fold.end();
    }

    fn weighs(&self) -> bool {
        true
    }

    fn weigh(&mut self, object: Option<Digests>, text: Option<Digests>, records: u64) {
        let log_file = LogFileEvidence::of(self.roots, &self.path);
        self.evidence.add(log_file.weighed(object, text, records));
    }
}
