//! The scan for evidence: every log file is digested, and the changes of trails are collected.

use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{SelectedEvent, Sink};
use super::sources::Sources;
use crate::archive::LogFileKey;
use crate::evidence::{Evidence, TrailChanges};

/// How the evidence of log files is collected.
#[derive(Clone, Copy, Debug, Default)]
pub struct EvidenceOptions {
    /// Inflate gzip a second time, by a library in place of our own inflater, and compare the texts.
    pub inflate_twice: bool,
}

/// Reads every log file of an archive to its end, and digests it.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::scan::{self, EvidenceOptions, Progress, Sources};
/// # use keytrail::scan::{ReaderKind, ScanOptions};
/// # use keytrail::usage::Seed;
/// # let options = ScanOptions {
/// #     threads: None,
/// #     reader: ReaderKind::default(),
/// #     seed: Seed::random(),
/// #     search: true,
/// # };
///
/// let sources = Sources::from(Archive::open(&["testdata/archive/single"])?);
/// let evidence_options = EvidenceOptions::default();
/// let answer = scan::evidence(&sources, &options, evidence_options, &Progress::default())?;
/// let findings = answer.of.findings(1);
/// assert!(findings.names[0].differing.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Threads that cannot be started. What is wrong with log files is in the problems of the answer.
pub fn evidence(
    sources: &Sources,
    options: &ScanOptions,
    evidence_options: EvidenceOptions,
    progress: &Progress,
) -> Result<Answer<Evidence>, ScanError> {
    let scope = &Scope::default();
    let scan = Scan {
        sources,
        options,
        scope,
        conditions: None,
        pass: Pass::DigestAndParse {
            inflate_twice: evidence_options.inflate_twice,
        },
        known: None,
        progress,
    };
    let partial = scan.run(|_threads| EvidenceSink::default())?;
    Ok(partial.finish(scope.window(), |changes, ledger| {
        Evidence::new(ledger, &changes)
    }))
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

    fn observe(&mut self, selected: &SelectedEvent<'_>) {
        let place = selected.place(&self.log_file);
        self.changes.observe(&selected.record.event, place);
    }

    fn end(&mut self) -> Result<(), ScanError> {
        Ok(())
    }

    fn finish(self) -> TrailChanges {
        self.changes
    }
}
