//! The scan for the last event of each account.

use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{SelectedEvent, Sink};
use super::sources::Sources;
use crate::archive::LogFileKey;
use crate::usage::LastOfAccounts;

/// Reads an archive and returns when each account had its last event.
///
/// # Errors
///
/// Threads that cannot be started. What is wrong with log files is in the problems of the answer.
pub fn last_of_accounts(
    sources: &Sources,
    options: &ScanOptions,
    scope: &Scope,
    progress: &Progress,
) -> Result<Answer<LastOfAccounts>, ScanError> {
    let scan = Scan {
        sources,
        options,
        scope,
        conditions: None,
        pass: Pass::Parse,
        known: None,
        progress,
    };
    let partial = scan.run(|_threads| AccountSink::default())?;
    Ok(partial.finish(scope.window(), |last, _ledger| last))
}

/// Collects the last event of each account.
#[derive(Default)]
pub(super) struct AccountSink {
    last: LastOfAccounts,
}

impl Sink for AccountSink {
    type Answer = LastOfAccounts;

    fn begin(&mut self, _log_file: &LogFileKey) {}

    fn observe(&mut self, selected: &SelectedEvent<'_>) {
        self.last.observe(&selected.record.event);
    }

    fn end(&mut self) -> Result<(), ScanError> {
        Ok(())
    }

    fn finish(self) -> LastOfAccounts {
        self.last
    }
}
