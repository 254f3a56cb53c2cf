//! The scan for the usage of keys: every event is folded into a `UsageMap`.

use super::account_sink::AccountSink;
use super::duplicate_filter::DuplicateFilter;
use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{SelectedEvent, Sink};
use super::sources::Sources;
use crate::archive::LogFileKey;
use crate::event::Search;
use crate::usage::{Counted, LastOfAccounts, Novelty, Seed, UsageDetail, UsageMap};

/// Which usage is collected, and in which detail.
#[derive(Clone, Debug, Default)]
pub struct UsageOptions {
    /// How much of a key's usage is kept.
    pub detail: UsageDetail,
    /// Fold only this AccessKey, and parse only log files that can hold it; all keys, when `None`.
    pub only_key: Option<String>,
}

/// Reads an archive and folds its events into the usage of keys.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::query;
/// use keytrail::scan::{self, Progress, Scope, Sources, UsageOptions};
/// # use keytrail::scan::{ReaderKind, ScanOptions};
/// # use keytrail::usage::Seed;
/// # let options = ScanOptions {
/// #     threads: None,
/// #     reader: ReaderKind::default(),
/// #     seed: Seed::random(),
/// #     search: true,
/// # };
///
/// let sources = Sources::from(Archive::open(&["testdata/archive"])?);
/// let of_one_key = UsageOptions {
///     only_key: Some("LTAI5tBackupEXAMPLE00003".to_owned()),
///     ..UsageOptions::default()
/// };
/// let (scope, progress) = (Scope::default(), Progress::default());
/// let answer = scan::usage(&sources, &options, &scope, &of_one_key, &progress)?;
/// let keys = query::keys(&answer.of)?;
/// assert_eq!((keys.len(), keys[0].events), (1, 36));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Threads that cannot be started. What is wrong with log files is in the problems of the answer.
pub fn usage(
    sources: &Sources,
    options: &ScanOptions,
    scope: &Scope,
    usage_options: &UsageOptions,
    progress: &Progress,
) -> Result<Answer<UsageMap>, ScanError> {
    let only_key = usage_options.only_key.as_deref();
    let search = only_key.and_then(Search::for_key);
    let scan = Scan {
        sources,
        options,
        scope,
        conditions: None,
        pass: Pass::searching(search.as_ref().filter(|_| options.search)),
        known: None,
        progress,
    };
    let values = values_of(usage_options.detail);
    let partial =
        scan.run(|_threads| UsageSink::new(usage_options, options.seed, values.as_ref()))?;
    Ok(partial.finish(scope.window(), |usage, _ledger| usage))
}

/// The same for all keys, and when each account had its last event, in one pass.
///
/// # Errors
///
/// As those of [`usage`].
pub fn usage_and_accounts(
    sources: &Sources,
    options: &ScanOptions,
    scope: &Scope,
    detail: UsageDetail,
    progress: &Progress,
) -> Result<Answer<(UsageMap, LastOfAccounts)>, ScanError> {
    let scan = Scan {
        sources,
        options,
        scope,
        conditions: None,
        pass: Pass::Parse,
        known: None,
        progress,
    };
    let usage_options = UsageOptions {
        detail,
        only_key: None,
    };
    let values = values_of(detail);
    let sink = || UsageSink::new(&usage_options, options.seed, values.as_ref());
    let partial = scan.run(|_threads| (sink(), AccountSink::default()))?;
    Ok(partial.finish(scope.window(), |answers, _ledger| answers))
}

/// The filter of events with their regions and user agents, where there are entries of them.
fn values_of(detail: UsageDetail) -> Option<DuplicateFilter> {
    (detail == UsageDetail::Entries).then(DuplicateFilter::default)
}

/// Folds events into the usage of keys.
pub(super) struct UsageSink<'u> {
    only_key: Option<&'u str>,
    usage: UsageMap,
    /// The fingerprints of events with their regions and user agents, where there are entries of them.
    values: Option<&'u DuplicateFilter>,
    /// Whether an event of the current log file was folded.
    has_observed: bool,
}

impl<'u> UsageSink<'u> {
    pub(super) fn new(
        options: &'u UsageOptions,
        seed: Seed,
        values: Option<&'u DuplicateFilter>,
    ) -> Self {
        Self {
            only_key: options.only_key.as_deref(),
            usage: UsageMap::new(seed, options.detail),
            values,
            has_observed: false,
        }
    }

    /// In which entries an event counts.
    fn counted(&self, selected: &SelectedEvent<'_>) -> Counted {
        let (Some(values), Some(fingerprint)) = (self.values, selected.fingerprint) else {
            return selected.is_first.into();
        };
        let (event, hashes) = (&selected.record.event, selected.hashes);
        let is_first = |value| values.add(event.time, value) != Novelty::Duplicate;
        Counted {
            event: selected.is_first,
            region: event.region.is_empty()
                || is_first(hashes.region_fingerprint(event, fingerprint)),
            agent: event.user_agent.is_empty()
                || is_first(hashes.agent_fingerprint(event, fingerprint)),
        }
    }
}

impl Sink for UsageSink<'_> {
    type Answer = UsageMap;

    fn begin(&mut self, log_file: &LogFileKey) {
        self.usage
            .begin_log_file(log_file.root, log_file.path.clone());
        self.has_observed = false;
    }

    fn observe(&mut self, selected: &SelectedEvent<'_>) {
        let event = &selected.record.event;
        let key = event.access_key_id;
        if !key.is_empty() && self.only_key.is_none_or(|only| only == key) {
            self.has_observed = true;
            let number = selected.record.number;
            let counted = self.counted(selected);
            self.usage.observe(event, selected.hashes, number, counted);
        }
    }

    fn end(&mut self) -> Result<(), ScanError> {
        self.usage.end_log_file(self.has_observed);
        Ok(())
    }

    fn finish(self) -> UsageMap {
        self.usage
    }
}
