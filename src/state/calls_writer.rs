//! Writes calls: rows are collected in buffers, of which each becomes a row group.
//!
//! Left out: which calls, and the order of log files, which are for the caller.

use std::io::Write;
use std::sync::Arc;

use ::parquet::data_type::{BoolType, Int64Type};

use super::calls_table::{self, TEXTS, texts};
use super::chunk::{EncodedChunk, encode_values};
use super::ids::IdColumn;
use super::parquet_file::ParquetWriter;
use super::stored_call::StoredCall;
use super::table_error::TableError;
use super::words::WordColumn;
use crate::coverage::Span;
use crate::usage::Seed;

/// The rows of a full row group.
pub const GROUP_ROWS: usize = 1 << 17;

/// The bytes after which a buffer is full, however few its rows.
const GROUP_BYTES: usize = 64 << 20;

/// Calls that are to be one row group.
///
/// A thread fills a buffer of its own, encodes it, and hands it to the one writer.
pub struct CallsBuffer {
    seed: Seed,
    times: Vec<i64>,
    event_ids: IdColumn,
    request_ids: IdColumn,
    request_is_event: Vec<bool>,
    failed_sign_in: Vec<bool>,
    texts: [WordColumn; TEXTS.len()],
    log_files: WordColumn,
    files: Vec<i64>,
    record_numbers: Vec<i64>,
    /// How many resources each row has.
    resources: Vec<u32>,
    resource_types: WordColumn,
    resource_names: WordColumn,
    /// About how many bytes all of that takes.
    size: usize,
}

/// A row group of calls, ready to be written.
pub struct EncodedCalls {
    chunks: Vec<EncodedChunk>,
    rows: usize,
    span: Option<Span>,
}

impl CallsBuffer {
    /// An empty buffer. Nothing that is stored depends on the seed.
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            times: Vec::new(),
            event_ids: IdColumn::default(),
            request_ids: IdColumn::default(),
            request_is_event: Vec::new(),
            failed_sign_in: Vec::new(),
            texts: Default::default(),
            log_files: WordColumn::default(),
            files: Vec::new(),
            record_numbers: Vec::new(),
            resources: Vec::new(),
            resource_types: WordColumn::default(),
            resource_names: WordColumn::default(),
            size: 0,
        }
    }

    /// The rows in it.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Whether it is to be written before another row comes. It takes one all the same.
    pub fn is_full(&self) -> bool {
        self.len() >= GROUP_ROWS || self.size >= GROUP_BYTES
    }

    /// Adds a call. `log_file` is the path of its log file below its root, as text.
    pub fn push(&mut self, call: &StoredCall<'_>, log_file: &str) {
        let (event, seed) = (&call.event, self.seed);
        let mut size = FIXED;
        self.times.push(event.time);
        size += self.event_ids.push(event.event_id);
        let is_event = !event.event_id.is_empty() && call.request_id == event.event_id;
        let request_id = if is_event { "" } else { call.request_id };
        self.request_is_event.push(is_event);
        size += self.request_ids.push(request_id);
        self.failed_sign_in.push(event.failed_sign_in);
        for (column, text) in self.texts.iter_mut().zip(texts(call)) {
            size += column.push(text, seed);
        }
        size += self.log_files.push(log_file, seed);
        self.files.push(i64::from(call.file));
        self.record_numbers.push(i64::from(call.record_number));
        // A record is far too small for more.
        let resources = u32::try_from(event.resources.len()).unwrap_or(u32::MAX);
        self.resources.push(resources);
        for resource in event.resources {
            size += self.resource_types.push(resource.resource_type, seed);
            size += self.resource_names.push(resource.name, seed);
        }
        self.size += size;
    }

    /// Encodes what it holds, and empties it.
    pub fn encode(&mut self) -> Result<EncodedCalls, TableError> {
        let encoded = self.encoded();
        self.clear();
        encoded
    }

    fn encoded(&self) -> Result<EncodedCalls, TableError> {
        let layout = calls_table::layout()?;
        let mut columns = layout.columns();
        let mut column = || columns.next().ok_or(TableError::Damaged("its schema"));
        let properties = || Arc::clone(&layout.properties);
        let mut chunks = Vec::new();
        chunks.push(encode_values::<Int64Type>(
            column()?,
            properties(),
            &self.times,
            None,
        )?);
        for ids in [&self.event_ids, &self.request_ids] {
            chunks.extend(ids.encode(column()?, column()?)?);
        }
        for flags in [&self.request_is_event, &self.failed_sign_in] {
            chunks.push(encode_values::<BoolType>(
                column()?,
                properties(),
                flags,
                None,
            )?);
        }
        for (words, (name, _)) in self.texts.iter().zip(TEXTS) {
            chunks.push(words.encode(column()?, name == "access_key_id")?);
        }
        chunks.push(self.log_files.encode(column()?, false)?);
        for numbers in [&self.files, &self.record_numbers] {
            chunks.push(encode_values::<Int64Type>(
                column()?,
                properties(),
                numbers,
                None,
            )?);
        }
        for words in [&self.resource_types, &self.resource_names] {
            chunks.push(words.encode_lists(column()?, &self.resources)?);
        }
        let first = self.times.iter().min().copied();
        let last = self.times.iter().max().copied();
        Ok(EncodedCalls {
            chunks,
            rows: self.len(),
            span: first.zip(last).map(|(first, last)| Span { first, last }),
        })
    }

    fn clear(&mut self) {
        self.times.clear();
        self.event_ids.clear();
        self.request_ids.clear();
        self.request_is_event.clear();
        self.failed_sign_in.clear();
        for column in &mut self.texts {
            column.clear();
        }
        self.log_files.clear();
        self.files.clear();
        self.record_numbers.clear();
        self.resources.clear();
        self.resource_types.clear();
        self.resource_names.clear();
        self.size = 0;
    }
}

/// What a row takes beside its texts and IDs.
const FIXED: usize = 32;

/// Writes the calls of a run.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use keytrail::event::{Event, Source};
/// use keytrail::state::{CallColumns, CallsReader, CallsWriter, StoredCall};
/// use keytrail::usage::Seed;
///
/// let call = StoredCall {
///     file: 0,
///     record_number: 0,
///     event: Event {
///         time: 1_700_000_000_000,
///         event_id: "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA",
///         access_key_id: "LTAI1",
///         // …
/// #       account_id: "", owner_id: "", user_name: "", account_type: "",
/// #       recipient_account_id: "", region: "", service_name: "", event_name: "",
/// #       source_ip: "", error_code: "", failed_sign_in: false, user_agent: "",
/// #       insight_key: "", source: Source::Management, resources: &[],
///     },
///     rw: "Read",
/// #   event_type: "", error_message: "", request_id: "", insight: "", trail: "",
/// };
/// let mut file = Vec::new();
/// let mut writer = CallsWriter::new(&mut file, Seed::random())?;
/// writer.push(&call, "a.json")?;
/// assert_eq!(writer.finish()?.rows, 1);
///
/// let reader = CallsReader::open(std::io::Cursor::new(file))?;
/// let mut found = 0;
/// let flow = reader.read(0, CallColumns::ALL, &mut |row| {
///     assert_eq!(*row, call);
///     found += 1;
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!((found, flow), (1, ControlFlow::Continue(())));
/// # Ok::<(), keytrail::state::TableError>(())
/// ```
pub struct CallsWriter<W: Write + Send> {
    table: ParquetWriter<W>,
    /// The rows that came one by one and are not written yet.
    buffer: CallsBuffer,
    written: CallsSummary,
}

/// What was written of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallsSummary {
    /// How many.
    pub rows: u64,
    /// The times of the first and the last of them.
    pub span: Option<Span>,
}

impl<W: Write + Send> CallsWriter<W> {
    /// Begins a table.
    pub fn new(out: W, seed: Seed) -> Result<Self, TableError> {
        Ok(Self {
            table: ParquetWriter::new(out, calls_table::layout()?)?,
            buffer: CallsBuffer::new(seed),
            written: CallsSummary::default(),
        })
    }

    /// Adds a call; see [`CallsBuffer::push`].
    pub fn push(&mut self, call: &StoredCall<'_>, log_file: &str) -> Result<(), TableError> {
        if self.buffer.is_full() {
            self.flush()?;
        }
        self.buffer.push(call, log_file);
        Ok(())
    }

    /// Adds the calls of a buffer and empties it; returns the number of the first row of them.
    pub fn append(&mut self, buffer: &mut CallsBuffer) -> Result<u64, TableError> {
        self.append_encoded(buffer.encode()?)
    }

    /// Adds calls that another thread has encoded; returns the number of the first row of them.
    pub fn append_encoded(&mut self, calls: EncodedCalls) -> Result<u64, TableError> {
        self.flush()?;
        let first = self.written.rows;
        self.write(calls)?;
        Ok(first)
    }

    fn flush(&mut self) -> Result<(), TableError> {
        let calls = self.buffer.encode()?;
        self.write(calls)
    }

    fn write(&mut self, calls: EncodedCalls) -> Result<(), TableError> {
        let EncodedCalls { chunks, rows, span } = calls;
        if rows == 0 {
            return Ok(());
        }
        self.table.append(chunks)?;
        self.written.rows += rows as u64;
        self.written.span = match (self.written.span, span) {
            (Some(one), Some(other)) => Some(one.merge(other)),
            (one, other) => one.or(other),
        };
        Ok(())
    }

    /// Completes the table.
    pub fn finish(mut self) -> Result<CallsSummary, TableError> {
        self.flush()?;
        self.table.finish()?;
        Ok(self.written)
    }
}
