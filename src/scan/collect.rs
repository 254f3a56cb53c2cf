//! The scan for whoever brings a sink of its own and knows some of the log files already.

use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Partial;
use super::progress::Progress;
use super::sink::Sink;
use super::sources::{KnownFiles, Sources};

/// Reads the log files of an archive that are not known into sinks, all their events and copies of them.
/// `sink` makes the sink of one thread; its argument is the number of threads.
///
/// # Errors
///
/// Threads that cannot be started, and what a sink ends the scan with.
pub fn collect<S: Sink>(
    sources: &Sources,
    options: &ScanOptions,
    known: &dyn KnownFiles,
    progress: &Progress,
    sink: impl Fn(usize) -> S + Sync,
) -> Result<Partial<S::Answer>, ScanError> {
    let scan = Scan {
        sources,
        options,
        scope: &Scope {
            no_dedup: true,
            ..Scope::default()
        },
        conditions: None,
        pass: Pass::Parse,
        known: Some(known),
        progress,
    };
    scan.run(sink)
}
