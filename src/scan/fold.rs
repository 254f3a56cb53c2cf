//! The scan for what keys did: every event folded.

use super::{Counted, Gathered, Options, Problem, Progress, ScanError, Sink, read_all};
use crate::archive::{self, LogFile};
use crate::coverage::Coverage;
use crate::event::{Record, Search};
use crate::usage::{EventHashes, Seed, UsageMap};

/// What a scan gives.
pub struct Scan {
    /// The fold.
    pub usage: UsageMap,
    /// What it rests on.
    pub coverage: Coverage,
    /// What was left out, sorted by path.
    pub problems: Vec<Problem>,
}

/// Reads an archive and folds it.
///
/// # Errors
///
/// A root that cannot be walked, or threads that cannot be started. All other trouble is in the
/// problems of the scan.
pub fn scan(options: &Options, progress: &Progress) -> Result<Scan, ScanError> {
    let seed = Seed::random();
    let once = Counted::default();
    let search = options.only_key.as_deref().and_then(Search::for_key);
    let Gathered {
        sinks,
        coverage,
        problems,
        deliveries: _,
    } = read_all(options, progress, search.as_ref(), |_threads| {
        Fold::new(options, &once, seed)
    })?;
    let mut parts = sinks.into_iter().map(|fold| fold.usage);
    let mut usage = parts
        .next()
        .unwrap_or_else(|| UsageMap::new(seed, options.detail));
    for part in parts {
        usage.merge(part);
    }
    Ok(Scan {
        usage,
        coverage,
        problems,
    })
}

/// The sink that adds up what keys did.
pub(super) struct Fold<'f> {
    options: &'f Options,
    once: &'f Counted,
    prints: EventHashes,
    usage: UsageMap,
    /// Whether the log file at hand has an event that is folded.
    observed: bool,
}

impl<'f> Fold<'f> {
    pub(super) fn new(options: &'f Options, once: &'f Counted, seed: Seed) -> Self {
        Self {
            options,
            once,
            prints: EventHashes::new(seed),
            usage: UsageMap::new(seed, options.detail),
            observed: false,
        }
    }
}

impl Sink for Fold<'_> {
    fn begin(&mut self, log_file: &LogFile) {
        let (root, path) = archive::below(&self.options.roots, &log_file.path);
        let root = u32::try_from(root).expect("fewer than 2³² roots");
        self.usage.begin_log_file(root, path.into());
        self.observed = false;
    }

    fn take(&mut self, record: &Record<'_>, coverage: &mut Coverage) {
        let event = &record.event;
        if !self.options.wants(event) {
            coverage.records.outside += 1;
            return;
        }
        self.prints.compute(event);
        let print = self.options.print(&self.prints, event);
        let first = self.once.count(event, print, coverage);
        let only = self.options.only_key.as_deref();
        if !event.access_key_id.is_empty() && only.is_none_or(|only| only == event.access_key_id) {
            self.observed = true;
            self.usage
                .observe(event, &self.prints, record.number, first);
        }
    }

    fn end(&mut self) {
        self.usage.end_log_file(self.observed);
    }
}
