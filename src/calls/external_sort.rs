//! An external merge sort of call records, which also drops copies of an event.
//!
//! A [`RunWriter`] in each thread encodes rows into a buffer. When that is full, it is sorted and
//! written to a temporary file as a run. [`SortedRows`] merges all runs, anew for each time that
//! the rows are read. Where one row of each would need too much memory, the runs are first merged to
//! fewer. Copies of an event share its time and its ID, so they are neighbours in
//! the merge; the one with the smallest place is kept. Under a limit, rows that can no longer be
//! among the first are dropped early.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use super::call_row::{CallRow, Calls};
use super::row_codec::{self, SortKey};
use crate::event::Place;

/// The order of call records. Records of one time and event ID are ordered by place, the smallest
/// first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The greatest time and event ID first.
    #[default]
    Newest,
    /// The smallest time and event ID first.
    Oldest,
    /// By [`Place`] alone.
    Place,
}

impl Order {
    /// A total order, because no two records have the same place.
    fn compare(self, one: &SortKey<'_>, other: &SortKey<'_>) -> Ordering {
        self.compare_times_and_ids(
            (one.event_time, one.event_id),
            (other.event_time, other.event_id),
        )
        .then_with(|| one.place.cmp(&other.place))
    }

    fn compare_times_and_ids(self, one: (i64, &str), other: (i64, &str)) -> Ordering {
        match self {
            Self::Newest => other.cmp(&one),
            Self::Oldest => one.cmp(&other),
            Self::Place => Ordering::Equal,
        }
    }

    fn compare_times(self, one: i64, other: i64) -> Ordering {
        match self {
            Self::Newest => other.cmp(&one),
            Self::Oldest => one.cmp(&other),
            Self::Place => Ordering::Equal,
        }
    }

    fn compare_rows(self, one: &[u8], other: &[u8]) -> Ordering {
        match (row_codec::sort_key(one), row_codec::sort_key(other)) {
            (Ok(one), Ok(other)) => self.compare(&one, &other),
            // The error is returned when the row is decoded again, to be visited.
            (Err(_), _) | (_, Err(_)) => Ordering::Equal,
        }
    }
}

/// How call records are sorted.
///
/// # Example
///
/// ```
/// use keytrail::calls::{CallRow, Calls, Order, SortOptions};
/// use keytrail::event::Place;
///
/// let options = SortOptions {
///     order: Order::Oldest,
///     limit: None,
///     memory: 1 << 20,
///     temporary: tempfile::tempfile,
/// };
/// let mut writer = options.writer();
/// for (record, event_time) in [(0, 2_000), (1, 1_000)] {
///     let row = CallRow {
///         event_time,
///         log_file: "a.json",
///         record_number: record,
///         ..CallRow::default()
///     };
///     let place = Place {
///         root: 0,
///         log_file: b"a.json",
///         record,
///     };
///     writer.add(&row, place, None)?;
/// }
/// let mut times = Vec::new();
/// options.merge([writer])?.for_each(&mut |row| {
///     times.push(row.event_time);
///     Ok(())
/// })?;
/// assert_eq!(times, [1_000, 2_000]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SortOptions {
    /// The order of the result.
    pub order: Order,
    /// How many rows are wanted, the first in the order; all, when `None`.
    pub limit: Option<u64>,
    /// How many bytes of rows a writer keeps in memory; for the merge, what all together do.
    pub memory: usize,
    /// Opens a temporary file; called at most once by each writer, and by the merge once for each time
    /// that runs are merged to fewer.
    pub temporary: fn() -> io::Result<File>,
}

impl SortOptions {
    /// A writer for one thread.
    pub fn writer(self) -> RunWriter {
        RunWriter::new(self.for_dedup())
    }

    /// Merges the runs of all writers, which must have the same order and limit.
    ///
    /// # Errors
    ///
    /// A temporary file that cannot be written or read.
    pub fn merge(self, writers: impl IntoIterator<Item = RunWriter>) -> io::Result<SortedRows> {
        let sorted = SortedRows::new(self.for_dedup(), writers)?;
        match self.order {
            Order::Newest | Order::Oldest => Ok(sorted),
            Order::Place => {
                let mut writer = RunWriter::new(Self {
                    memory: self.memory / 2,
                    ..self
                });
                sorted.for_each_encoded(&mut |row| writer.add_encoded(row))?;
                SortedRows::new(self, [writer])
            }
        }
    }

    /// Options for a sort in which copies of an event become neighbours.
    fn for_dedup(self) -> Self {
        match self.order {
            Order::Newest | Order::Oldest => self,
            // The first of two sorts. While the second runs, both keep rows in memory.
            Order::Place => Self {
                order: Order::Oldest,
                limit: None,
                memory: self.memory / 2,
                ..self
            },
        }
    }
}

/// Collects rows in one thread, and writes those that do not fit into memory as sorted runs.
pub struct RunWriter {
    options: SortOptions,
    buffer: RowBuffer,
    spill_file: Option<SpillFile>,
    /// Time and event ID of the last row within the limit so far. Rows after it are not wanted.
    cutoff: Option<(i64, String)>,
}

/// Encoded rows in memory.
#[derive(Default)]
struct RowBuffer {
    bytes: Vec<u8>,
    spans: Vec<RowSpan>,
}

/// Where an encoded row begins and ends in a buffer.
#[derive(Clone, Copy)]
struct RowSpan {
    /// Decides most comparisons without a look at the row.
    event_time: i64,
    start: usize,
    end: usize,
}

impl RowBuffer {
    fn row(&self, span: RowSpan) -> &[u8] {
        self.bytes.get(span.start..span.end).unwrap_or_default()
    }

    fn sort(&mut self, order: Order) {
        let bytes = &self.bytes;
        let row = |span: &RowSpan| bytes.get(span.start..span.end).unwrap_or_default();
        self.spans.sort_unstable_by(|one, other| {
            order
                .compare_times(one.event_time, other.event_time)
                .then_with(|| order.compare_rows(row(one), row(other)))
        });
    }

    /// Drops all but the first `limit` rows of a sorted buffer, copies not counted, and leaves them
    /// unsorted. Returns time and event ID of the last of them, if there are as many as the limit.
    /// Rows are moved inside the buffer, because a second buffer would double the memory.
    fn retain_first(&mut self, limit: usize) -> io::Result<Option<(i64, String)>> {
        let mut retained = Vec::new();
        let mut deduplicator = RowDeduplicator::default();
        let mut last = None;
        for &span in &self.spans {
            if retained.len() == limit {
                break;
            }
            let key = row_codec::sort_key(self.row(span))?;
            if deduplicator.is_first(&key) {
                retained.push(span);
                last = Some((key.event_time, key.event_id));
            }
        }
        let last = last.filter(|_| retained.len() == limit);
        let last = last.map(|(event_time, event_id)| (event_time, event_id.to_owned()));
        retained.sort_unstable_by_key(|span| span.start);
        let mut end = 0;
        for span in &mut retained {
            let length = span.end - span.start;
            self.bytes.copy_within(span.start..span.end, end);
            (span.start, span.end) = (end, end + length);
            end = span.end;
        }
        self.bytes.truncate(end);
        self.spans = retained;
        Ok(last)
    }
}

/// A temporary file with runs one after another.
struct SpillFile {
    file: File,
    /// The length of what is written.
    end: u64,
    runs: Vec<RunSpan>,
}

/// Where a run begins and ends in a temporary file.
#[derive(Clone, Copy)]
struct RunSpan {
    start: u64,
    end: u64,
    /// The length of its longest row.
    longest: usize,
}

impl RunSpan {
    /// How many bytes are in memory at most while the run is read.
    fn memory(self) -> usize {
        self.longest + BLOCK
    }
}

impl SpillFile {
    fn open(temporary: fn() -> io::Result<File>) -> io::Result<Self> {
        Ok(Self {
            file: temporary()?,
            end: 0,
            runs: Vec::new(),
        })
    }

    fn reader(&self, run: RunSpan) -> RunReader<'_> {
        let run = FileRun {
            file: &self.file,
            position: run.start,
            end: run.end,
        };
        RunReader::File(BufReader::with_capacity(BLOCK, run))
    }

    fn readers(&self) -> impl Iterator<Item = RunReader<'_>> {
        self.runs.iter().map(|&run| self.reader(run))
    }

    /// Writes the rows that `write` gives as a run.
    fn append(
        &mut self,
        write: impl FnOnce(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { file, end, runs } = self;
        let mut run = RunSpan {
            start: *end,
            end: *end,
            longest: 0,
        };
        let mut out = BufWriter::with_capacity(BLOCK, &*file);
        write(&mut |row| {
            out.write_all(&(row.len() as u64).to_le_bytes())?;
            out.write_all(row)?;
            run.end += 8 + row.len() as u64;
            run.longest = run.longest.max(row.len());
            Ok(())
        })?;
        out.flush()?;
        *end = run.end;
        runs.push(run);
        Ok(())
    }
}

impl RunWriter {
    fn new(options: SortOptions) -> Self {
        Self {
            options,
            buffer: RowBuffer::default(),
            spill_file: None,
            cutoff: None,
        }
    }

    /// Whether a row of this time and event ID can still be within the limit.
    pub fn may_be_within_limit(&self, event_time: i64, event_id: &str) -> bool {
        let order = self.options.order;
        self.cutoff.as_ref().is_none_or(|(time, id)| {
            order
                .compare_times_and_ids((event_time, event_id), (*time, id))
                .is_le()
        })
    }

    /// Adds the row of the record at `place`. Rows of one time, event ID and fingerprint are copies
    /// of one event; `None` is for an event that is no copy of any other.
    ///
    /// # Errors
    ///
    /// A temporary file that cannot be written.
    pub fn add(
        &mut self,
        row: &CallRow<'_>,
        place: Place<'_>,
        fingerprint: Option<u64>,
    ) -> io::Result<()> {
        let start = self.buffer.bytes.len();
        row_codec::encode(row, place, fingerprint, &mut self.buffer.bytes);
        self.index(start, row.event_time)
    }

    fn add_encoded(&mut self, row: &[u8]) -> io::Result<()> {
        let start = self.buffer.bytes.len();
        self.buffer.bytes.extend_from_slice(row);
        self.index(start, row_codec::sort_key(row)?.event_time)
    }

    /// Indexes the row at the end of the buffer, and makes room if the buffer is full.
    fn index(&mut self, start: usize, event_time: i64) -> io::Result<()> {
        let end = self.buffer.bytes.len();
        self.buffer.spans.push(RowSpan {
            event_time,
            start,
            end,
        });
        let limit = self.limit();
        let full = end >= self.options.memory;
        if full || self.buffer.spans.len() >= limit.saturating_mul(2).saturating_add(SLACK) {
            self.truncate(limit)?;
        }
        // Below half the memory, the next truncation is far enough away to go on without a run.
        if self.buffer.bytes.len() > self.options.memory / 2 && full {
            self.spill()?;
        }
        Ok(())
    }

    fn limit(&self) -> usize {
        let limit = self.options.limit.unwrap_or(u64::MAX);
        usize::try_from(limit).unwrap_or(usize::MAX)
    }

    /// Drops the rows in memory that are beyond the limit.
    fn truncate(&mut self, limit: usize) -> io::Result<()> {
        if limit == usize::MAX {
            return Ok(());
        }
        self.buffer.sort(self.options.order);
        if let Some(cutoff) = self.buffer.retain_first(limit)? {
            self.cutoff = Some(cutoff);
        }
        Ok(())
    }

    /// Writes the rows in memory to the temporary file, as a run.
    fn spill(&mut self) -> io::Result<()> {
        if self.buffer.spans.is_empty() {
            return Ok(());
        }
        self.buffer.sort(self.options.order);
        let spill_file = match &mut self.spill_file {
            Some(spill_file) => spill_file,
            None => self
                .spill_file
                .insert(SpillFile::open(self.options.temporary)?),
        };
        let buffer = &self.buffer;
        spill_file.append(|write| {
            let mut rows = buffer.spans.iter().map(|&span| buffer.row(span));
            rows.try_for_each(write)
        })?;
        self.buffer.bytes.clear();
        // A row can be longer than the memory of a thread.
        self.buffer.bytes.shrink_to(self.options.memory.max(BLOCK));
        self.buffer.spans.clear();
        Ok(())
    }
}

/// How many rows more than twice the limit are collected before they are truncated.
const SLACK: usize = 1024;

/// How many bytes the runs may need while they are merged, however small the memory is.
const MIN_MERGE: usize = 8 << 20;

/// How many bytes of a temporary file are written or read at once.
const BLOCK: usize = 1 << 16;

/// The rows of all writers, in order, without copies. They are merged anew for each reading.
pub struct SortedRows {
    order: Order,
    limit: u64,
    buffers: Vec<RowBuffer>,
    spill_files: Vec<SpillFile>,
}

impl SortedRows {
    fn new(options: SortOptions, writers: impl IntoIterator<Item = RunWriter>) -> io::Result<Self> {
        let mut sorted = Self {
            order: options.order,
            limit: options.limit.unwrap_or(u64::MAX),
            buffers: Vec::new(),
            spill_files: Vec::new(),
        };
        for writer in writers {
            let RunWriter {
                mut buffer,
                spill_file,
                ..
            } = writer;
            buffer.sort(options.order);
            sorted.buffers.push(buffer);
            sorted.spill_files.extend(spill_file);
        }
        let memory = (options.memory / 4).max(MIN_MERGE);
        while sorted.has_to_be_narrowed(memory) {
            sorted.narrow(memory, options.temporary)?;
        }
        Ok(sorted)
    }

    /// Whether the runs need more memory than this while they are merged.
    fn has_to_be_narrowed(&self, memory: usize) -> bool {
        let runs = self.spill_files.iter().flat_map(|file| &file.runs);
        let (count, all) = runs.fold((0, 0_usize), |(count, all), run| {
            (count + 1, all.saturating_add(run.memory()))
        });
        count > 2 && all > memory
    }

    /// Merges runs to fewer, in groups that need no more than this memory, or of two. Copies of an
    /// event stay: only the last merge sees all of them.
    fn narrow(&mut self, memory: usize, temporary: fn() -> io::Result<File>) -> io::Result<()> {
        let files = std::mem::take(&mut self.spill_files);
        let mut runs: Vec<(&SpillFile, RunSpan)> = files
            .iter()
            .flat_map(|file| file.runs.iter().map(move |&run| (file, run)))
            .collect();
        runs.sort_by_key(|(_, run)| run.memory());
        let mut narrowed = SpillFile::open(temporary)?;
        let mut runs = runs.into_iter().peekable();
        while let Some((file, run)) = runs.next() {
            let mut group = vec![file.reader(run)];
            let mut all = run.memory();
            while let Some((file, run)) =
                runs.next_if(|(_, run)| group.len() < 2 || all + run.memory() <= memory)
            {
                group.push(file.reader(run));
                all += run.memory();
            }
            let order = self.order;
            narrowed
                .append(|write| merge_runs(order, group, &mut |row| write(row).map(|()| true)))?;
        }
        self.spill_files.push(narrowed);
        Ok(())
    }

    /// Calls `visit` with each row, encoded: a k-way merge of all runs.
    fn for_each_encoded(&self, visit: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let in_memory = |buffer| RunReader::Memory { buffer, next: 0 };
        let in_files = self.spill_files.iter().flat_map(SpillFile::readers);
        let runs = self.buffers.iter().map(in_memory).chain(in_files);
        let mut deduplicator = RowDeduplicator::default();
        let mut visited = 0;
        merge_runs(self.order, runs, &mut |row| {
            if visited < self.limit && deduplicator.is_first(&row_codec::sort_key(row)?) {
                visit(row)?;
                visited += 1;
            }
            Ok(visited < self.limit)
        })
    }
}

/// Calls `visit` with each row of the runs in the order, until it returns false.
fn merge_runs<'r>(
    order: Order,
    runs: impl IntoIterator<Item = RunReader<'r>>,
    visit: &mut dyn FnMut(&[u8]) -> io::Result<bool>,
) -> io::Result<()> {
    let mut heap = BinaryHeap::new();
    for mut run in runs {
        let mut row = Cow::Borrowed(&[][..]);
        if run.next(&mut row)? {
            heap.push(HeapEntry { row, run, order });
        }
    }
    while let Some(mut first) = heap.peek_mut() {
        if !visit(&first.row)? {
            break;
        }
        let HeapEntry { row, run, .. } = &mut *first;
        if !run.next(row)? {
            PeekMut::pop(first);
        }
    }
    Ok(())
}

impl Calls for SortedRows {
    fn for_each(
        &mut self,
        visit: &mut dyn FnMut(&CallRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.for_each_encoded(&mut |row| visit(&row_codec::decode(row)?))
    }
}

/// A run and its next row. The greatest entry is the one with the first row in the order, because the
/// heap of the standard library is a max-heap.
struct HeapEntry<'r> {
    row: Cow<'r, [u8]>,
    run: RunReader<'r>,
    order: Order,
}

impl Ord for HeapEntry<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare_rows(&other.row, &self.row)
    }
}

impl PartialOrd for HeapEntry<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for HeapEntry<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for HeapEntry<'_> {}

/// Reads a run row by row.
enum RunReader<'r> {
    Memory { buffer: &'r RowBuffer, next: usize },
    File(BufReader<FileRun<'r>>),
}

impl<'r> RunReader<'r> {
    /// Replaces `row` by the next row; false at the end of the run.
    fn next(&mut self, row: &mut Cow<'r, [u8]>) -> io::Result<bool> {
        match self {
            Self::Memory { buffer, next } => {
                let Some(&span) = buffer.spans.get(*next) else {
                    return Ok(false);
                };
                *next += 1;
                *row = Cow::Borrowed(buffer.row(span));
                Ok(true)
            }
            Self::File(run) => read_row(run, row.to_mut()).map_err(|error| {
                io::Error::other(format!(
                    "cannot read call records back from a temporary file: {error}"
                ))
            }),
        }
    }
}

fn read_row(run: &mut BufReader<FileRun<'_>>, row: &mut Vec<u8>) -> io::Result<bool> {
    if run.fill_buf()?.is_empty() {
        return Ok(false);
    }
    let mut length = [0; 8];
    run.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    row.clear();
    // No more than the row, of which one of each run is in memory.
    row.reserve_exact(usize::try_from(length).unwrap_or_default());
    if run.take(length).read_to_end(row)? as u64 == length {
        Ok(true)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// A run in a temporary file. Runs share the file and its position, so each read seeks first.
struct FileRun<'r> {
    file: &'r File,
    position: u64,
    end: u64,
}

impl Read for FileRun<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(self.position))?;
        let read = self.file.take(self.end - self.position).read(out)?;
        if read == 0 && self.position < self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.position += read as u64;
        Ok(read)
    }
}

/// Detects copies of an event, among rows in the order of time and event ID.
#[derive(Default)]
struct RowDeduplicator {
    event_time: i64,
    event_id: String,
    /// The fingerprints that have occurred with this time and ID.
    fingerprints: HashSet<u64>,
}

impl RowDeduplicator {
    fn is_first(&mut self, key: &SortKey<'_>) -> bool {
        let Some(fingerprint) = key.fingerprint else {
            return true;
        };
        if self.event_time != key.event_time || self.event_id != key.event_id {
            self.event_time = key.event_time;
            self.event_id.clear();
            self.event_id.push_str(key.event_id);
            self.fingerprints.clear();
        }
        self.fingerprints.insert(fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Time, event ID, place, and fingerprint.
    type TestRow = (i64, &'static str, Place<'static>, Option<u64>);

    fn place() -> impl Strategy<Value = Place<'static>> {
        let log_file = prop::sample::select(vec!["x", "x/y", "y"]).prop_map(str::as_bytes);
        (0..2_u32, log_file, 0..40_u32).prop_map(|(root, log_file, record)| Place {
            root,
            log_file,
            record,
        })
    }

    fn rows() -> impl Strategy<Value = Vec<TestRow>> {
        let row = (
            0..4_i64,
            prop::sample::select(vec!["", "a", "b"]),
            place(),
            prop::option::of(0..3_u64),
        );
        prop::collection::vec(row, 0..60).prop_map(|mut rows| {
            // No two rows have the same place, and an event without an ID has no copies.
            let mut places = HashSet::new();
            rows.retain(|&(_, _, place, _)| places.insert(place));
            for (_, id, _, fingerprint) in &mut rows {
                *fingerprint = fingerprint.filter(|_| !id.is_empty());
            }
            rows
        })
    }

    fn text(log_file: &[u8]) -> &str {
        std::str::from_utf8(log_file).unwrap()
    }

    /// The row of an event, with the root of its place as the region.
    fn call_row(&(event_time, event_id, place, _): &TestRow) -> CallRow<'static> {
        CallRow {
            event_time,
            event_id,
            region: if place.root == 0 { "first" } else { "second" },
            log_file: text(place.log_file),
            record_number: place.record,
            ..CallRow::default()
        }
    }

    /// The same result, by sorting all rows in memory.
    fn sorted(mut rows: Vec<TestRow>, order: Order, limit: Option<u64>) -> Vec<CallRow<'static>> {
        rows.sort_by_key(|&(_, _, place, _)| place);
        let mut events = HashSet::new();
        rows.retain(|&(time, id, _, fingerprint)| {
            fingerprint.is_none() || events.insert((time, id, fingerprint))
        });
        match order {
            Order::Newest => rows.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1))),
            Order::Oldest => rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))),
            Order::Place => {}
        }
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        rows.iter().map(call_row).take(limit).collect()
    }

    proptest! {
        #[test]
        fn rows_come_as_a_sort_in_memory_has_them(
            rows in rows(),
            workers in 1..4_usize,
            order in prop::sample::select(vec![Order::Newest, Order::Oldest, Order::Place]),
            limit in prop::option::of(1..9_u64),
            memory in prop::sample::select(vec![1, 200, 1000, 1 << 20]),
            slack in prop::sample::select(vec![0, 3]),
        ) {
            let options = SortOptions { order, limit, memory, temporary: tempfile::tempfile };
            let mut writers: Vec<_> = (0..workers).map(|_| options.writer()).collect();
            for (number, row) in rows.iter().enumerate() {
                let writer = &mut writers[number * 7 % workers];
                let &(event_time, event_id, place, fingerprint) = row;
                if !writer.may_be_within_limit(event_time, event_id) {
                    continue;
                }
                writer.add(&call_row(row), place, fingerprint).unwrap();
                // There are too few rows for `add` to truncate them to the limit.
                if writer.buffer.spans.len() > slack {
                    let limit = writer.limit();
                    writer.truncate(limit).unwrap();
                }
            }
            let mut merged = options.merge(writers).unwrap();
            let expected = sorted(rows, order, limit);
            for reading in ["first", "second"] {
                let mut number = 0;
                merged.for_each(&mut |row| {
                    assert_eq!(Some(row), expected.get(number), "row {number} of the {reading} reading");
                    number += 1;
                    Ok(())
                }).unwrap();
                prop_assert_eq!(number, expected.len(), "the {} reading", reading);
            }
        }
    }

    /// The place of a record in a log file called `x`.
    fn place_of(record: u32) -> Place<'static> {
        Place {
            root: 0,
            log_file: b"x",
            record,
        }
    }

    #[test]
    fn rows_within_a_limit_are_moved_without_a_second_buffer() {
        let options = SortOptions {
            order: Order::Newest,
            limit: Some(40),
            memory: 1 << 20,
            temporary: tempfile::tempfile,
        };
        let mut writer = options.writer();
        for record in 0..100 {
            let row = CallRow {
                event_time: i64::from(record * 37 % 101),
                ..CallRow::default()
            };
            writer.add(&row, place_of(record), None).unwrap();
        }
        let before = (writer.buffer.bytes.as_ptr(), writer.buffer.bytes.len());
        writer.truncate(40).unwrap();
        assert_eq!(writer.buffer.spans.len(), 40);
        assert_eq!(writer.buffer.bytes.as_ptr(), before.0, "a second buffer");
        assert_eq!(writer.buffer.bytes.len(), before.1 / 100 * 40);
        let (cutoff, _) = writer.cutoff.clone().unwrap();
        let times = writer.buffer.spans.iter().map(|span| span.event_time);
        assert_eq!(times.min(), Some(cutoff));
    }

    #[test]
    fn the_two_sorts_of_an_order_by_place_share_the_memory() {
        let options = SortOptions {
            order: Order::Place,
            limit: None,
            memory: 1000,
            temporary: tempfile::tempfile,
        };
        assert_eq!(options.writer().options.memory, 500);
    }

    /// In 0.1.0 one row of each run was in memory, whatever its size.
    #[test]
    fn runs_of_long_rows_are_merged_to_fewer_first() {
        for order in [Order::Newest, Order::Oldest, Order::Place] {
            let options = SortOptions {
                order,
                limit: None,
                memory: 1,
                temporary: tempfile::tempfile,
            };
            let mut writer = options.writer();
            let record = "x".repeat(5 << 20);
            for number in 0..14 {
                let row = CallRow {
                    event_time: i64::from(number * 5 % 14),
                    record: if number % 7 == 3 { "" } else { &record },
                    log_file: "x",
                    record_number: number,
                    ..CallRow::default()
                };
                writer.add(&row, place_of(number), None).unwrap();
            }
            let mut sorted = options.merge([writer]).unwrap();
            assert!(!sorted.has_to_be_narrowed(MIN_MERGE), "{order:?}");
            let mut found = Vec::new();
            sorted
                .for_each(&mut |row| {
                    found.push(match order {
                        Order::Newest => 13 - row.event_time,
                        Order::Oldest => row.event_time,
                        Order::Place => row.record_number.into(),
                    });
                    Ok(())
                })
                .unwrap();
            assert_eq!(found, (0..14).collect::<Vec<i64>>(), "{order:?}");
        }
    }

    #[test]
    fn a_temporary_file_that_was_cut_short_is_an_error() {
        let options = SortOptions {
            order: Order::Oldest,
            limit: None,
            memory: 1,
            temporary: tempfile::tempfile,
        };
        let mut writer = options.writer();
        for record in 0..3 {
            writer
                .add(&CallRow::default(), place_of(record), None)
                .unwrap();
        }
        let mut sorted = options.merge([writer]).unwrap();
        let spill_file = &sorted.spill_files[0];
        for length in [spill_file.end - 1, spill_file.runs[2].start] {
            sorted.spill_files[0].file.set_len(length).unwrap();
            let error = sorted.for_each(&mut |_| Ok(())).unwrap_err().to_string();
            assert!(error.contains("temporary file"), "{error}");
        }
    }
}
