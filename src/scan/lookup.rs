//! The scan for call records: the events that meet some conditions, in order.
//!
//! Reads as every scan does. What is wanted of an event is looked at first, the details of its
//! record only where that is not enough or the record is wanted.

use std::cell::LazyCell;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::{Counted, Gathered, Options, Problem, Progress, ScanError, Sink, read_all};
use crate::archive::{LogFile, below};
use crate::calls::{CallRow, Conditions, Order, RunWriter, SortOptions, SortedRows};
use crate::coverage::Coverage;
use crate::event::{Details, Place, Record};
use crate::usage::{EventHashes, Fingerprint, Seed};

/// Which call records are asked for, and how.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// What they have to meet, beside the window, the regions and the accounts.
    pub conditions: Conditions,
    /// The order in which they come.
    pub order: Order,
    /// How many of them; all, when `None`.
    pub limit: Option<u64>,
    /// Whether the rows have the whole record.
    pub records: bool,
    /// How many bytes of rows are kept in memory, by all threads together.
    pub memory: usize,
    /// Opens a temporary file for rows beyond: one without a name, that vanishes with the program.
    pub temporary: fn() -> io::Result<File>,
}

/// What a scan for call records gives.
pub struct LookedUp {
    /// The call records. There are as many as `coverage.events` tells, or as the limit allows.
    pub calls: SortedRows,
    /// What the answer rests on. Its events are those that meet the conditions.
    pub coverage: Coverage,
    /// What was left out, sorted by path.
    pub problems: Vec<Problem>,
}

/// Reads an archive, and gives the call records that are asked for.
///
/// # Errors
///
/// A root that cannot be walked, threads that cannot be started, or a temporary file that cannot be
/// written. All other trouble is in the problems.
pub fn lookup(
    options: &Options,
    asked: &Lookup,
    progress: &Progress,
) -> Result<LookedUp, ScanError> {
    let seed = Seed::random();
    let once = Counted::default();
    let search = asked.conditions.search();
    let sort_options = |threads: usize| SortOptions {
        order: asked.order,
        limit: asked.limit,
        memory: asked.memory / threads.max(1),
        temporary: asked.temporary,
    };
    let Gathered {
        sinks,
        coverage,
        problems,
        deliveries: _,
    } = read_all(options, progress, search.as_ref(), |threads| Picking {
        options,
        asked,
        once: &once,
        prints: EventHashes::new(seed),
        rows: sort_options(threads).writer(),
        path: PathBuf::new(),
        root: 0,
        below: Vec::new(),
        log_file: String::new(),
        failed: None,
    })?;
    let mut writers = Vec::with_capacity(sinks.len());
    for sink in sinks {
        if let Some(error) = sink.failed {
            return Err(ScanError::Temporary(error));
        }
        writers.push(sink.rows);
    }
    let calls = sort_options(1)
        .merge(writers)
        .map_err(ScanError::Temporary)?;
    Ok(LookedUp {
        calls,
        coverage,
        problems,
    })
}

/// The sink that keeps the call records that are asked for.
struct Picking<'l> {
    options: &'l Options,
    asked: &'l Lookup,
    once: &'l Counted,
    prints: EventHashes,
    rows: RunWriter,
    /// The log file at hand.
    path: PathBuf,
    /// Its root and its path below that, as bytes and as text; set when the first row needs them.
    root: u32,
    below: Vec<u8>,
    log_file: String,
    failed: Option<io::Error>,
}

impl Sink for Picking<'_> {
    fn begin(&mut self, log_file: &LogFile) {
        self.path.clone_from(&log_file.path);
        self.log_file.clear();
    }

    fn take(&mut self, record: &Record<'_>, coverage: &mut Coverage) {
        let event = &record.event;
        let conditions = &self.asked.conditions;
        let text = LazyCell::new(|| record.as_text());
        let details = LazyCell::new(|| Details::parse(&text));
        // From the cheap to the dear.
        let wanted = self.options.wants(event)
            && conditions.matches(event)
            && conditions.matches_text(record.text)
            && (!conditions.need_details() || conditions.matches_details(&details));
        if !wanted {
            coverage.records.outside += 1;
            return;
        }
        self.prints.compute(event);
        let print = self.options.print(&self.prints, event);
        self.once.count(event, print, coverage);
        if self.failed.is_some() || !self.rows.wants(event.time, event.event_id) {
            return;
        }
        if self.log_file.is_empty() {
            let (root, below) = below(&self.options.roots, &self.path);
            self.root = u32::try_from(root).expect("there are fewer than 2^32 roots");
            self.log_file = String::from_utf8_lossy(&below).into_owned();
            self.below = below;
        }
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
            rw: details.rw(),
            event_type: details.event_type(),
            source_ip: event.source_ip,
            resources,
            error_code: event.error_code,
            error_message: details.error_message(),
            user_agent: details.user_agent(),
            event_id: event.event_id,
            request_id: details.request_id(),
            log_file: &self.log_file,
            record_number: record.number,
            record: if self.asked.records { &text } else { "" },
        };
        let place = Place {
            root: self.root,
            log_file: &self.below,
            record: record.number,
        };
        if let Err(error) = self.rows.add(&row, place, print.map(Fingerprint::bits)) {
            self.failed = Some(error);
        }
    }

    fn end(&mut self) {}

    fn has_failed(&self) -> bool {
        self.failed.is_some()
    }
}
