//! The scan for call records: events that meet conditions, in order.

use std::fs::File;
use std::io;

use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{SelectedEvent, Sink};
use super::sources::Sources;
use crate::archive::LogFileKey;
use crate::calls::{CallRow, CallRuns, Conditions, Order, RunWriter, SortOptions, SortedRows};
use crate::usage::Fingerprint;

/// Which call records are collected, and how they are sorted.
#[derive(Clone, Debug)]
pub struct CallOptions {
    /// The conditions that they have to meet, beside the scope.
    pub conditions: Conditions,
    /// The order in which they come.
    pub order: Order,
    /// How many of them at most; all, when `None`.
    pub limit: Option<u64>,
    /// Whether the rows have the whole record.
    pub records: bool,
    /// How many bytes of rows are kept in memory, by all threads together.
    pub memory: usize,
    /// Opens a temporary file for rows beyond that: one without a name, which vanishes with the
    /// program.
    pub temporary: fn() -> io::Result<File>,
}

impl CallOptions {
    fn sort_options(&self, threads: usize) -> SortOptions {
        SortOptions {
            order: self.order,
            limit: self.limit,
            memory: self.memory / threads.max(1),
            temporary: self.temporary,
        }
    }
}

/// Reads an archive and returns its call records, as many as `coverage.events`, or as the limit
/// allows.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::calls::{Calls as _, Conditions, Order, Pattern};
/// use keytrail::scan::{self, CallOptions, Progress, Scope, Sources};
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
/// let of_one_event = CallOptions {
///     conditions: Conditions {
///         events: vec![Pattern::new("Stop*", "Run*")?],
///         ..Conditions::default()
///     },
///     order: Order::Oldest,
///     limit: None,
///     records: false,
///     memory: 1 << 20,
///     temporary: tempfile::tempfile,
/// };
/// let (scope, progress) = (Scope::default(), Progress::default());
/// let mut answer = scan::calls(&sources, &options, &scope, &of_one_event, &progress)?;
/// answer.of.for_each(&mut |call| {
///     assert_eq!(call.event_name, "StopLogging");
///     Ok(())
/// })?;
/// assert_eq!(answer.coverage.events, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Threads that cannot be started, or a temporary file that cannot be written. What is wrong with
/// log files is in the problems of the answer.
pub fn calls(
    sources: &Sources,
    options: &ScanOptions,
    scope: &Scope,
    call_options: &CallOptions,
    progress: &Progress,
) -> Result<Answer<SortedRows>, ScanError> {
    let search = call_options.conditions.search();
    let scan = Scan {
        sources,
        options,
        scope,
        conditions: Some(&call_options.conditions),
        pass: Pass::searching(search.as_ref().filter(|_| options.search)),
        known: None,
        progress,
    };
    let sink = |threads| CallSink::new(call_options, threads);
    let partial = match (call_options.order, call_options.limit) {
        // The first records by place are in the first log files.
        (Order::Place, Some(limit)) => scan.run_until(limit, sink),
        _ => scan.run(sink),
    }?;
    let Answer {
        of,
        coverage,
        problems,
    } = partial.finish(scope.window(), |runs, _ledger| {
        call_options.sort_options(1).merge(runs.writers)
    });
    Ok(Answer {
        of: of.map_err(ScanError::Temporary)?,
        coverage,
        problems,
    })
}

/// Writes selected events as call records.
pub(super) struct CallSink<'c> {
    options: &'c CallOptions,
    rows: RunWriter,
    log_file: LogFileKey,
    /// The path of the log file as text; made when the first row needs it.
    log_file_text: String,
    error: Option<io::Error>,
}

impl<'c> CallSink<'c> {
    pub(super) fn new(options: &'c CallOptions, threads: usize) -> Self {
        Self {
            options,
            rows: options.sort_options(threads).writer(),
            log_file: LogFileKey::default(),
            log_file_text: String::new(),
            error: None,
        }
    }
}

impl Sink for CallSink<'_> {
    type Answer = CallRuns;

    const NEEDS_DETAILS: bool = true;

    fn begin(&mut self, log_file: &LogFileKey) {
        self.log_file.clone_from(log_file);
        self.log_file_text.clear();
    }

    fn observe(&mut self, selected: &SelectedEvent<'_>) {
        let (record, event) = (selected.record, &selected.record.event);
        if self.error.is_some() || !self.rows.may_be_within_limit(event.time, event.event_id) {
            return;
        }
        if self.log_file_text.is_empty() {
            self.log_file_text = self.log_file.path_text().into_owned();
        }
        let details = (selected.details)();
        let text = self.options.records.then(|| record.as_text());
        let mut resources = event.resources.to_vec();
        resources.sort_unstable();
        let row = CallRow {
            event_time: event.time,
            region: event.region,
            account_id: event.account(),
            access_key_id: event.access_key_id,
            user_name: event.user_name,
            principal_id: event.owner_id,
            account_type: event.account_type,
            service_name: event.service_name,
            event_name: event.event_name,
            rw: &details.rw,
            event_type: &details.event_type,
            source_ip: event.source_ip,
            resources,
            error_code: event.error_code,
            error_message: &details.error_message,
            insight: &details.insight,
            user_agent: &details.user_agent,
            event_id: event.event_id,
            request_id: &details.request_id,
            log_file: &self.log_file_text,
            record_number: record.number,
            record: text.as_deref().unwrap_or_default(),
        };
        let place = selected.place(&self.log_file);
        let fingerprint = selected.fingerprint.map(Fingerprint::bits);
        self.error = self.rows.add(&row, place, fingerprint).err();
    }

    fn end(&mut self) -> Result<(), ScanError> {
        self.error
            .take()
            .map_or(Ok(()), |error| Err(ScanError::Temporary(error)))
    }

    fn finish(self) -> CallRuns {
        CallRuns {
            writers: vec![self.rows],
        }
    }
}
