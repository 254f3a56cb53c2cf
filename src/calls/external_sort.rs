//! Call records in order, in bounded memory.
//!
//! RowBuffer are gathered as bytes. What does not fit into the memory given is sorted and written to a
//! temporary file as a run; in the end all runs are merged, as often as the rows are asked for.
//! RowBuffer that repeat an event meet there, since they share its time and its ID, and the one with the
//! smallest place stays. Where only the first few rows are wanted, the others are let go early.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use super::call_row::{CallRow, Calls};
use super::row_codec::{self, SortKey};

/// In which order call records come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The greatest time and event ID first.
    #[default]
    Newest,
    /// The smallest time and event ID first.
    Oldest,
    /// As they stand in the archive: by the path of the log file, then by the number of the record.
    Place,
}

impl Order {
    /// RowBuffer that are equal in time and event ID are ordered by place, the smallest first. No two
    /// rows have the same.
    fn compare(self, one: &SortKey<'_>, other: &SortKey<'_>) -> Ordering {
        let place = || (one.path, one.record_number).cmp(&(other.path, other.record_number));
        self.compare_moments(
            (one.event_time, one.event_id),
            (other.event_time, other.event_id),
        )
        .then_with(place)
    }

    fn compare_moments(self, one: (i64, &str), other: (i64, &str)) -> Ordering {
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
            // Reading the row tells what is wrong with it.
            (Err(_), _) | (_, Err(_)) => Ordering::Equal,
        }
    }
}

/// What decides how rows are gathered.
#[derive(Clone, Copy, Debug)]
pub struct SortOptions {
    /// The order in which they come in the end.
    pub order: Order,
    /// How many are wanted; all, when `None`.
    pub limit: Option<u64>,
    /// How many bytes of rows are kept in memory.
    pub memory: usize,
    /// Opens a temporary file: one without a name, or whose name does not matter.
    pub temporary: fn() -> io::Result<File>,
}

/// Gathers rows in one thread.
pub struct RunWriter {
    options: SortOptions,
    rows: RowBuffer,
    spilled: Option<SpillFile>,
    /// The last row that is still wanted: what comes after it is not.
    cutoff: Option<(i64, String)>,
}

/// RowBuffer in memory.
#[derive(Default)]
struct RowBuffer {
    bytes: Vec<u8>,
    /// Where each row begins and ends, and its time, which settles most comparisons.
    places: Vec<RowSpan>,
}

#[derive(Clone, Copy)]
struct RowSpan {
    event_time: i64,
    start: usize,
    end: usize,
}

impl RowBuffer {
    fn row(&self, place: RowSpan) -> &[u8] {
        self.bytes.get(place.start..place.end).unwrap_or_default()
    }

    fn sort(&mut self, order: Order) {
        let bytes = &self.bytes;
        let row = |place: &RowSpan| bytes.get(place.start..place.end).unwrap_or_default();
        self.places.sort_unstable_by(|one, other| {
            order
                .compare_times(one.event_time, other.event_time)
                .then_with(|| order.compare_rows(row(one), row(other)))
        });
    }

    /// Leaves the first few rows, each event once, in no order; they are sorted. Gives the place of
    /// the last of them. They are moved together where they are, since a copy beside them would
    /// take as much memory again.
    fn retain_first(&mut self, limit: usize) -> io::Result<Option<RowSpan>> {
        let mut kept = Vec::new();
        let mut once = RowDeduplicator::default();
        for &place in &self.places {
            if kept.len() == limit {
                break;
            }
            if once.is_first(&row_codec::sort_key(self.row(place))?) {
                kept.push(place);
            }
        }
        let last = kept.last().map(|last| last.start);
        kept.sort_unstable_by_key(|place| place.start);
        let (mut end, mut last_kept) = (0, None);
        for place in &mut kept {
            let (start, length) = (place.start, place.end - place.start);
            self.bytes.copy_within(start..place.end, end);
            (place.start, place.end) = (end, end + length);
            end = place.end;
            if last == Some(start) {
                last_kept = Some(*place);
            }
        }
        self.bytes.truncate(end);
        self.places = kept;
        Ok(last_kept)
    }
}

/// Runs in a temporary file.
struct SpillFile {
    file: File,
    /// How far it is written.
    end: u64,
    /// Where each run begins and ends.
    runs: Vec<(u64, u64)>,
}

impl RunWriter {
    fn new(options: SortOptions) -> Self {
        Self {
            options,
            rows: RowBuffer::default(),
            spilled: None,
            cutoff: None,
        }
    }

    /// Whether a row of this time and event ID can still be among those that are wanted.
    pub fn wants(&self, event_time: i64, event_id: &str) -> bool {
        let order = self.options.order;
        self.cutoff.as_ref().is_none_or(|(time, id)| {
            order
                .compare_moments((event_time, event_id), (*time, id))
                .is_le()
        })
    }

    /// Adds a row. `path` is the place of its log file; `print` stands for the event in all that
    /// tells events apart, and is `None` for a row that repeats nothing.
    ///
    /// # Errors
    ///
    /// A temporary file that cannot be written.
    pub fn add(&mut self, row: &CallRow<'_>, path: &[u8], print: Option<u64>) -> io::Result<()> {
        let start = self.rows.bytes.len();
        row_codec::encode(row, path, print, &mut self.rows.bytes);
        self.added(start, row.event_time)
    }

    /// Notes the row that has been added to the bytes.
    fn added(&mut self, start: usize, event_time: i64) -> io::Result<()> {
        let end = self.rows.bytes.len();
        self.rows.places.push(RowSpan {
            event_time,
            start,
            end,
        });
        let limit = self.limit();
        let full = end >= self.options.memory;
        if full || self.rows.places.len() >= limit.saturating_mul(2).saturating_add(SLACK) {
            self.cut(limit)?;
        }
        // What a cut leaves is kept as long as the next one is some way off.
        if self.rows.bytes.len() > self.options.memory / 2 && full {
            self.spill()?;
        }
        Ok(())
    }

    fn limit(&self) -> usize {
        let limit = self.options.limit.unwrap_or(u64::MAX);
        usize::try_from(limit).unwrap_or(usize::MAX)
    }

    /// Lets go of the rows that are not wanted.
    fn cut(&mut self, limit: usize) -> io::Result<()> {
        if limit == usize::MAX {
            return Ok(());
        }
        self.rows.sort(self.options.order);
        let last = self.rows.retain_first(limit)?;
        if self.rows.places.len() == limit
            && let Some(last) = last
        {
            let last = row_codec::sort_key(self.rows.row(last))?;
            self.cutoff = Some((last.event_time, last.event_id.to_owned()));
        }
        Ok(())
    }

    /// Writes the rows in memory to the temporary file.
    fn spill(&mut self) -> io::Result<()> {
        if self.rows.places.is_empty() {
            return Ok(());
        }
        self.rows.sort(self.options.order);
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            None => self.spilled.insert(SpillFile {
                file: (self.options.temporary)()?,
                end: 0,
                runs: Vec::new(),
            }),
        };
        let start = spilled.end;
        let mut out = BufWriter::with_capacity(BLOCK, &spilled.file);
        for &place in &self.rows.places {
            let row = self.rows.row(place);
            out.write_all(&(row.len() as u64).to_le_bytes())?;
            out.write_all(row)?;
            spilled.end += 8 + row.len() as u64;
        }
        out.flush()?;
        drop(out);
        spilled.runs.push((start, spilled.end));
        self.rows.bytes.clear();
        self.rows.places.clear();
        Ok(())
    }
}

/// How many rows beyond the limit are kept before the first cut.
const SLACK: usize = 1024;

/// How much of a temporary file is written or read at once.
const BLOCK: usize = 1 << 16;

/// The rows of all writers, in order, each event once.
pub struct SortedRows {
    order: Order,
    limit: u64,
    memory: Vec<RowBuffer>,
    files: Vec<SpillFile>,
}

/// The start of options: as many writers as there are threads.
impl SortOptions {
    /// A writer for one thread.
    pub fn writer(self) -> RunWriter {
        RunWriter::new(self.for_dedup())
    }

    /// How rows are gathered so that those which repeat an event meet.
    fn for_dedup(self) -> Self {
        match self.order {
            Order::Newest | Order::Oldest => self,
            // They are gathered twice then, at the end both times at once.
            Order::Place => Self {
                order: Order::Oldest,
                limit: None,
                memory: self.memory / 2,
                ..self
            },
        }
    }

    /// Puts the rows of all writers in order.
    ///
    /// # Errors
    ///
    /// A temporary file that cannot be written or read.
    pub fn merge(self, writers: impl IntoIterator<Item = RunWriter>) -> io::Result<SortedRows> {
        let met = SortedRows::of(self.for_dedup(), writers);
        if self.order == self.for_dedup().order {
            return Ok(met);
        }
        // Each event once; now in the order that was asked for.
        let mut writer = RunWriter::new(Self {
            memory: self.memory / 2,
            ..self
        });
        met.for_each_row(&mut |row| {
            let start = writer.rows.bytes.len();
            writer.rows.bytes.extend_from_slice(row);
            writer.added(start, row_codec::sort_key(row)?.event_time)
        })?;
        Ok(SortedRows::of(self, [writer]))
    }
}

impl SortedRows {
    fn of(options: SortOptions, writers: impl IntoIterator<Item = RunWriter>) -> Self {
        let mut ordered = Self {
            order: options.order,
            limit: options.limit.unwrap_or(u64::MAX),
            memory: Vec::new(),
            files: Vec::new(),
        };
        for writer in writers {
            let RunWriter {
                mut rows, spilled, ..
            } = writer;
            rows.sort(options.order);
            ordered.memory.push(rows);
            ordered.files.extend(spilled);
        }
        ordered
    }

    /// Hands on each row as bytes.
    fn for_each_row(&self, visit: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let memory = self
            .memory
            .iter()
            .map(|rows| RunReader::Memory { rows, next: 0 });
        let files = self.files.iter().flat_map(|spilled| {
            let run =
                |&(start, end)| RunReader::File(FileRunReader::new(&spilled.file, start, end));
            spilled.runs.iter().map(run)
        });
        let mut heap = BinaryHeap::new();
        for mut run in memory.chain(files) {
            let mut row = Cow::Borrowed(&[][..]);
            if run.next(&mut row)? {
                let order = self.order;
                heap.push(HeapEntry { row, run, order });
            }
        }
        let mut once = RowDeduplicator::default();
        let mut given = 0;
        while given < self.limit
            && let Some(mut next) = heap.peek_mut()
        {
            if once.is_first(&row_codec::sort_key(&next.row)?) {
                visit(&next.row)?;
                given += 1;
            }
            let HeapEntry { row, run, .. } = &mut *next;
            if !run.next(row)? {
                PeekMut::pop(next);
            }
        }
        Ok(())
    }
}

impl Calls for SortedRows {
    fn for_each(
        &mut self,
        visit: &mut dyn FnMut(&CallRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.for_each_row(&mut |row| visit(&row_codec::decode(row)?))
    }
}

/// The next row of a run. The greatest of them is the one that comes first.
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

/// Sorted rows, handed out one by one.
enum RunReader<'r> {
    Memory { rows: &'r RowBuffer, next: usize },
    File(FileRunReader<'r>),
}

impl<'r> RunReader<'r> {
    /// Puts the next row in place of the last; false where there is none.
    fn next(&mut self, row: &mut Cow<'r, [u8]>) -> io::Result<bool> {
        match self {
            Self::Memory { rows, next } => {
                let Some(&place) = rows.places.get(*next) else {
                    return Ok(false);
                };
                *next += 1;
                *row = Cow::Borrowed(rows.row(place));
                Ok(true)
            }
            Self::File(run) => run.next(row.to_mut()).map_err(|error| {
                let told = format!("cannot read call records back from a temporary file: {error}");
                io::Error::other(told)
            }),
        }
    }
}

/// A run in a temporary file. Many share the file, so each looks for its place before it reads.
struct FileRunReader<'r> {
    file: &'r File,
    at: u64,
    end: u64,
    block: Vec<u8>,
    taken: usize,
}

impl<'r> FileRunReader<'r> {
    fn new(file: &'r File, at: u64, end: u64) -> Self {
        Self {
            file,
            at,
            end,
            block: Vec::new(),
            taken: 0,
        }
    }

    fn next(&mut self, row: &mut Vec<u8>) -> io::Result<bool> {
        if self.at == self.end && self.taken == self.block.len() {
            return Ok(false);
        }
        let mut length = [0; 8];
        self.read_exact(&mut length)?;
        let length = usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?;
        row.clear();
        let read = self.take(length as u64).read_to_end(row)?;
        if read == length {
            Ok(true)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Read for FileRunReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.block.len() {
            let length = (self.end - self.at).min(BLOCK as u64);
            self.file.seek(SeekFrom::Start(self.at))?;
            self.block.clear();
            self.taken = 0;
            let read = self.file.take(length).read_to_end(&mut self.block)?;
            self.at += read as u64;
        }
        let rest = self.block.get(self.taken..).unwrap_or_default();
        let length = rest.len().min(out.len());
        for (to, from) in out.iter_mut().zip(rest) {
            *to = *from;
        }
        self.taken += length;
        Ok(length)
    }
}

/// Tells rows that repeat an event, among rows in the order of time and event ID.
#[derive(Default)]
struct RowDeduplicator {
    event_time: i64,
    event_id: String,
    prints: HashSet<u64>,
}

impl RowDeduplicator {
    fn is_first(&mut self, head: &SortKey<'_>) -> bool {
        let Some(print) = head.print else {
            return true;
        };
        if self.event_time != head.event_time || self.event_id != head.event_id {
            self.event_time = head.event_time;
            self.event_id.clear();
            self.event_id.push_str(head.event_id);
            self.prints.clear();
        }
        self.prints.insert(print)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// Time, event ID, log file, record, and what tells the event apart.
    type TestRow = (i64, &'static str, &'static str, u32, Option<u64>);

    fn rows() -> impl Strategy<Value = Vec<TestRow>> {
        let row = (
            0..4_i64,
            prop::sample::select(vec!["", "a", "b"]),
            prop::sample::select(vec!["x", "x/y", "y"]),
            0..40_u32,
            prop::option::of(0..3_u64),
        );
        prop::collection::vec(row, 0..60).prop_map(|mut rows| {
            // No two rows have one place, and an event without an ID repeats nothing.
            let mut places = HashSet::new();
            rows.retain(|&(_, _, file, record, _)| places.insert((file, record)));
            for (_, id, _, _, print) in &mut rows {
                *print = print.filter(|_| !id.is_empty());
            }
            rows
        })
    }

    /// The same by sorting everything.
    fn plain(mut rows: Vec<TestRow>, order: Order, limit: Option<u64>) -> Vec<(String, u32)> {
        rows.sort_by_key(|&(_, _, file, record, _)| (file, record));
        let mut seen = HashSet::new();
        rows.retain(|&(time, id, _, _, print)| print.is_none() || seen.insert((time, id, print)));
        match order {
            Order::Newest => rows.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1))),
            Order::Oldest => rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))),
            Order::Place => {}
        }
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        let place = |&(_, _, file, record, _): &TestRow| (file.to_owned(), record);
        rows.iter().map(place).take(limit).collect()
    }

    proptest! {
        #[test]
        fn rows_come_as_sorting_everything_has_them(
            rows in rows(),
            workers in 1..4_usize,
            order in prop::sample::select(vec![Order::Newest, Order::Oldest, Order::Place]),
            limit in prop::option::of(1..9_u64),
            memory in prop::sample::select(vec![1, 200, 1000, 1 << 20]),
            slack in prop::sample::select(vec![0, 3]),
        ) {
            let options = SortOptions { order, limit, memory, temporary: tempfile::tempfile };
            let mut writers: Vec<_> = (0..workers).map(|_| options.writer()).collect();
            for (number, &(event_time, event_id, log_file, record_number, print)) in rows.iter().enumerate() {
                let writer = &mut writers[number * 7 % workers];
                if !writer.wants(event_time, event_id) {
                    continue;
                }
                let row = CallRow { event_time, event_id, log_file, record_number, ..CallRow::default() };
                writer.add(&row, log_file.as_bytes(), print).unwrap();
                // As if there were so many rows that they are cut now and then.
                if writer.rows.places.len() > slack {
                    let limit = writer.limit();
                    writer.cut(limit).unwrap();
                }
            }
            let mut ordered = options.merge(writers).unwrap();
            let expected = plain(rows, order, limit);
            for walk in ["first", "second"] {
                let mut found = Vec::new();
                ordered.for_each(&mut |row| {
                    found.push((row.log_file.to_owned(), row.record_number));
                    Ok(())
                }).unwrap();
                prop_assert_eq!(&found, &expected, "the {} walk", walk);
            }
        }
    }

    #[test]
    fn rows_of_a_limit_are_moved_together_where_they_are() {
        let options = SortOptions {
            order: Order::Newest,
            limit: Some(40),
            memory: 1 << 20,
            temporary: tempfile::tempfile,
        };
        let mut writer = options.writer();
        for record_number in 0..100 {
            let row = CallRow {
                event_time: i64::from(record_number * 37 % 101),
                record_number,
                ..CallRow::default()
            };
            writer.add(&row, b"x", None).unwrap();
        }
        let before = (writer.rows.bytes.as_ptr(), writer.rows.bytes.len());
        writer.cut(40).unwrap();
        assert_eq!(writer.rows.places.len(), 40);
        assert_eq!(writer.rows.bytes.as_ptr(), before.0, "a copy beside them");
        assert_eq!(writer.rows.bytes.len(), before.1 / 100 * 40);
        let (cutoff, _) = writer.cutoff.clone().unwrap();
        let times = writer.rows.places.iter().map(|place| place.event_time);
        assert_eq!(times.min(), Some(cutoff));
    }

    #[test]
    fn rows_that_are_gathered_twice_share_the_memory() {
        let options = SortOptions {
            order: Order::Place,
            limit: None,
            memory: 1000,
            temporary: tempfile::tempfile,
        };
        assert_eq!(options.writer().options.memory, 500);
    }

    #[test]
    fn a_temporary_file_that_is_cut_off_is_told() {
        let options = SortOptions {
            order: Order::Oldest,
            limit: None,
            memory: 1,
            temporary: tempfile::tempfile,
        };
        let mut writer = options.writer();
        for record_number in 0..3 {
            let row = CallRow {
                record_number,
                ..CallRow::default()
            };
            writer.add(&row, b"x", None).unwrap();
        }
        let mut ordered = options.merge([writer]).unwrap();
        let spilled = &ordered.files[0];
        spilled.file.set_len(spilled.end - 1).unwrap();
        let told = ordered.for_each(&mut |_| Ok(())).unwrap_err().to_string();
        assert!(told.contains("temporary file"), "{told}");
    }
}
