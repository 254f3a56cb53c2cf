//! Collects the events of a scan as the calls of one run.
//!
//! Each thread fills and encodes row groups of its own; the rows of a log file lie together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::calls_writer::{CallsBuffer, CallsSummary, CallsWriter};
use super::error::StateError;
use super::manifest::{RunId, StateTable};
use super::mutex::lock;
use super::redaction::Redaction;
use super::run::TableWriter;
use super::stored_call::StoredCall;
use super::table_error::TableError;
use crate::archive::LogFileKey;
use crate::event::{Event, Resource};
use crate::scan::{RowsError, ScanError, SelectedEvent, Sink};
use crate::usage::Seed;

/// How many rows a row group has at least, but for the last one of each thread.
const GROUP_ROWS: usize = 1 << 15;

/// How many texts are remembered with their secrets replaced.
const REDACTED: usize = 1 << 12;

/// What the threads have in common.
pub(super) struct SharedCalls {
    writer: Mutex<CallsWriter<SharedTable>>,
    run: RunId,
    table: SharedTable,
    /// The log files that were begun: key, first row, number of rows.
    files: Mutex<Vec<(LogFileKey, u64, u32)>>,
    /// Why a thread could not write its last rows.
    error: Mutex<Option<TableError>>,
    redaction: Option<Redaction>,
    seed: Seed,
}

/// A table that is taken back when all is written.
#[derive(Clone)]
struct SharedTable(Arc<Mutex<Option<TableWriter>>>);

impl Write for SharedTable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *lock(&self.0) {
            Some(table) => table.write(bytes),
            None => Err(io::Error::other("the table is finished")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        lock(&self.0).as_mut().map_or(Ok(()), TableWriter::flush)
    }
}

impl SharedCalls {
    pub(super) fn new(
        run: RunId,
        table: TableWriter,
        seed: Seed,
        redaction: Option<Redaction>,
    ) -> Result<Self, StateError> {
        let table = SharedTable(Arc::new(Mutex::new(Some(table))));
        let writer = CallsWriter::new(table.clone(), seed);
        Ok(Self {
            writer: Mutex::new(writer.map_err(StateError::of_table(run, StateTable::Calls))?),
            run,
            table,
            files: Mutex::default(),
            error: Mutex::default(),
            redaction,
            seed,
        })
    }

    /// Completes the table; returns it, the log files by their numbers, and what was written.
    #[expect(clippy::type_complexity, reason = "it is taken apart at once")]
    pub(super) fn finish(
        self,
    ) -> Result<(TableWriter, Vec<(LogFileKey, u64, u32)>, CallsSummary), StateError> {
        let failed = StateError::of_table(self.run, StateTable::Calls);
        if let Some(error) = lock(&self.error).take() {
            return Err(failed(error));
        }
        let writer = self.writer.into_inner();
        let writer = writer.unwrap_or_else(PoisonError::into_inner);
        let summary = writer.finish().map_err(&failed)?;
        let table = lock(&self.table.0).take();
        let gone = || failed(io::Error::other("the table is finished").into());
        let files = self.files.into_inner();
        let files = files.unwrap_or_else(PoisonError::into_inner);
        Ok((table.ok_or_else(gone)?, files, summary))
    }
}

/// The sink of one thread.
pub(super) struct CallsSink<'s> {
    shared: &'s SharedCalls,
    buffer: CallsBuffer,
    /// The log files that begin in the buffer, and at which of its rows.
    starts: Vec<(u32, u64)>,
    /// Held where a log file is larger than a row group, so that its rows lie together.
    held: Option<MutexGuard<'s, CallsWriter<SharedTable>>>,
    /// The current log file: its number, its path as text, its rows so far.
    file: u32,
    log_file: String,
    rows: u32,
    redacted: HashMap<String, Option<String>>,
    error: Option<TableError>,
}

impl<'s> CallsSink<'s> {
    pub(super) fn new(shared: &'s SharedCalls) -> Self {
        Self {
            shared,
            buffer: CallsBuffer::new(shared.seed),
            starts: Vec::new(),
            held: None,
            file: 0,
            log_file: String::new(),
            rows: 0,
            redacted: HashMap::new(),
            error: None,
        }
    }

    /// Writes the buffer as a row group, and keeps the writer if `hold`.
    fn flush(&mut self, hold: bool) -> Result<(), TableError> {
        let encoded = self.buffer.encode()?;
        let shared = self.shared;
        let mut writer = self.held.take().unwrap_or_else(|| lock(&shared.writer));
        let first = writer.append_encoded(encoded)?;
        let mut files = lock(&shared.files);
        for (file, row) in self.starts.drain(..) {
            if let Some((_, first_row, _)) = files.get_mut(file as usize) {
                *first_row = first + row;
            }
        }
        drop(files);
        self.held = hold.then_some(writer);
        Ok(())
    }

    fn push(&mut self, selected: &SelectedEvent<'_>) -> Result<(), TableError> {
        if self.buffer.is_full() {
            // Rows of the current log file may be in it, and the rest is to follow.
            self.flush(self.rows > 0)?;
        }
        if self.rows == 0 {
            self.starts.push((self.file, self.buffer.len() as u64));
        }
        self.rows = self.rows.saturating_add(1);
        let (event, details) = (&selected.record.event, selected.details());
        let redaction = self.shared.redaction.unwrap_or(KEEP);
        let mut redacted = |text| redacted(&mut self.redacted, redaction.text, text);
        let (agent, message) = (
            redacted(event.user_agent),
            redacted(&*details.error_message),
        );
        let names = event.resources.iter().map(|resource| resource.name);
        let names: Vec<Cow<'_, str>> = names.map(redaction.name).collect();
        let mut resources: Vec<Resource<'_>> = event.resources.to_vec();
        for (resource, name) in resources.iter_mut().zip(&names) {
            resource.name = name;
        }
        let trail = selected.trail().unwrap_or_default();
        let call = StoredCall {
            file: self.file,
            record_number: selected.record.number,
            event: Event {
                user_agent: &agent,
                resources: &resources,
                ..*event
            },
            rw: &details.rw,
            event_type: &details.event_type,
            error_message: &message,
            request_id: &details.request_id,
            insight: &details.insight,
            trail: &trail,
        };
        self.buffer.push(&call, &self.log_file);
        Ok(())
    }
}

/// Replaces nothing.
const KEEP: Redaction = Redaction {
    text: |text| Cow::Borrowed(text),
    name: |name| Cow::Borrowed(name),
};

/// A text with its secrets replaced, which is remembered: `None` where it has none.
fn redacted<'t>(
    known: &mut HashMap<String, Option<String>>,
    redact: fn(&str) -> Cow<'_, str>,
    text: &'t str,
) -> Cow<'t, str> {
    if !known.contains_key(text) {
        if known.len() >= REDACTED {
            known.clear();
        }
        let redacted = match redact(text) {
            Cow::Owned(redacted) => Some(redacted),
            Cow::Borrowed(_) => None,
        };
        known.insert(text.to_owned(), redacted);
    }
    match known.get(text) {
        Some(Some(redacted)) => Cow::Owned(redacted.clone()),
        _ => Cow::Borrowed(text),
    }
}

impl Sink for CallsSink<'_> {
    const NEEDS_DETAILS: bool = true;

    type Answer = ();

    fn begin(&mut self, log_file: &LogFileKey) {
        let mut files = lock(&self.shared.files);
        // Numbers of records have 32 bits, and a log file has at least one of them.
        self.file = u32::try_from(files.len()).unwrap_or(u32::MAX);
        files.push((log_file.clone(), 0, 0));
        drop(files);
        self.log_file = log_file.path_text().into_owned();
        self.rows = 0;
    }

    fn observe(&mut self, selected: &SelectedEvent<'_>) {
        if self.error.is_none()
            && let Err(error) = self.push(selected)
        {
            self.error = Some(error);
        }
    }

    fn end(&mut self) -> Result<(), ScanError> {
        if let Some((_, _, rows)) = lock(&self.shared.files).get_mut(self.file as usize) {
            *rows = self.rows;
        }
        let flushed = match self.error.take() {
            Some(error) => Err(error),
            None if self.held.is_some() || self.buffer.len() >= GROUP_ROWS => self.flush(false),
            None => Ok(()),
        };
        flushed.map_err(failed)
    }

    fn finish(mut self) {
        if let Err(error) = self.flush(false) {
            lock(&self.shared.error).get_or_insert(error);
        }
    }
}

fn failed(error: TableError) -> ScanError {
    let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
    RowsError::from(error).into()
}
