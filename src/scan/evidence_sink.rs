//! The scan for evidence: every log file digested, and the changes of trails collected.

use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{Selected, Sink};
use crate::archive::{Archive, LogFileKey};
use crate::event::Place;
use crate::evidence::{Evidence, TrailChanges};

/// What is asked of the log files themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct EvidenceOptions {
    /// Inflate gzip a second time, by a library in place of our own inflater, and compare the texts.
    pub inflate_twice: bool,
}

/// Reads every log file of an archive to its end, and digests it.
///
/// # Errors
///
/// Threads that cannot be started. What is wrong with log files is in the problems of the answer.
pub fn evidence(
    archive: &Archive,
    options: &ScanOptions,
    asked: EvidenceOptions,
    progress: &Progress,
) -> Result<Answer<Evidence>, ScanError> {
    let scan = Scan {
        archive,
        options,
        scope: &Scope::default(),
        conditions: None,
        pass: Pass::DigestAndParse {
            inflate_twice: asked.inflate_twice,
        },
        progress,
    };
    let partial = scan.run(|_threads| EvidenceSink::default())?;
    Ok(partial.finish(|changes, ledger| Evidence::new(ledger, &changes)))
}

/// Collects the calls that change trails.
#[derive(Default)]
pub(super) struct EvidenceSink {
    log_file: LogFileKey,
    changes: TrailChanges,
}

impl Sink for EvidenceSink {
    type Answer = TrailChanges;

    fn begin(&mut self, log_file: &LogFileKey) {
        self.log_file.clone_from(log_file);
    }

    fn take(&mut self, selected: &Selected<'_>) {
        let place = Place {
            root: self.log_file.root,
            log_file: &self.log_file.path,
            record: selected.record.number,
        };
        self.changes.observe(&selected.record.event, place);
    }

    fn end(&mut self) -> Result<(), ScanError> {
        Ok(())
    }

    fn finish(self) -> TrailChanges {
        self.changes
    }
}
