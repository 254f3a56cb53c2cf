//! The scan for what keys did: every event folded.

use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{Selected, Sink};
use crate::archive::{Archive, LogFileKey};
use crate::event::Search;
use crate::usage::{Seed, UsageDetail, UsageMap};

/// What of the use of keys is asked for.
#[derive(Clone, Debug, Default)]
pub struct UsageOptions {
    /// How much of a key's use is kept.
    pub detail: UsageDetail,
    /// Fold only this AccessKey, and parse only log files that can hold it; all keys, when `None`.
    pub only_key: Option<String>,
}

/// Reads an archive and folds what every key did.
///
/// # Errors
///
/// Threads that cannot be started. What is wrong with log files is in the problems of the answer.
pub fn usage(
    archive: &Archive,
    options: &ScanOptions,
    scope: &Scope,
    asked: &UsageOptions,
    progress: &Progress,
) -> Result<Answer<UsageMap>, ScanError> {
    let search = asked.only_key.as_deref().and_then(Search::for_key);
    let scan = Scan {
        archive,
        options,
        scope,
        conditions: None,
        pass: Pass::searching(search.as_ref()),
        progress,
    };
    let partial = scan.run(|_threads| UsageSink::new(asked, options.seed))?;
    Ok(partial.finish(|usage, _ledger| usage))
}

/// Folds events into what every key did.
pub(super) struct UsageSink<'u> {
    only_key: Option<&'u str>,
    usage: UsageMap,
    /// Whether the log file at hand has an event that is folded.
    observed: bool,
}

impl<'u> UsageSink<'u> {
    pub(super) fn new(asked: &'u UsageOptions, seed: Seed) -> Self {
        Self {
            only_key: asked.only_key.as_deref(),
            usage: UsageMap::new(seed, asked.detail),
            observed: false,
        }
    }
}

impl Sink for UsageSink<'_> {
    type Answer = UsageMap;

    fn begin(&mut self, log_file: &LogFileKey) {
        self.usage
            .begin_log_file(log_file.root, log_file.path.clone());
        self.observed = false;
    }

    fn take(&mut self, selected: &Selected<'_>) {
        let event = &selected.record.event;
        let key = event.access_key_id;
        if !key.is_empty() && self.only_key.is_none_or(|only| only == key) {
            self.observed = true;
            let number = selected.record.number;
            self.usage
                .observe(event, selected.hashes, number, selected.is_first);
        }
    }

    fn end(&mut self) -> Result<(), ScanError> {
        self.usage.end_log_file(self.observed);
        Ok(())
    }

    fn finish(self) -> UsageMap {
        self.usage
    }
}
