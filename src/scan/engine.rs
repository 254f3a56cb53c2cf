//! The engine: lists an archive, reads its log files with a worker for each thread, and merges what
//! they collect.
//!
//! Left out: what is collected, which the sink decides.

use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::slice;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use super::duplicate_filter::DuplicateFilter;
use super::error::ScanError;
use super::options::{ReaderKind, ScanOptions, Scope};
use super::partial::{Merge as _, Partial};
use super::problems;
use super::progress::Progress;
use super::queue::{KnownRows, Queue, Work};
use super::search_first::SearchFirst;
use super::sink::{NoSink, SelectedEvent, Sink};
use super::sources::{KeptRow, KnownFiles, RowVisitor, Sources};
use super::switches::{switch_call, trail_name};
use crate::archive::{
    ContainerError, Damage, DayRange, ListingEntry, Location, LogFile, LogFileKey, ReadOutcome,
    StreamedContainer, TextReader,
};
use crate::calls::Conditions;
use crate::coverage::{Activity, Ledger, LedgerLine, Outcome, Problem, SeenCounts, Span};
use crate::event::{Details, Event, FaultKind, Reader, Record, Search, Summary, begins_as_json};
use crate::usage::{EventHashes, Novelty};

/// One scan of an archive.
pub(super) struct Scan<'s> {
    pub(super) sources: &'s Sources,
    pub(super) options: &'s ScanOptions,
    pub(super) scope: &'s Scope,
    /// What events have to meet beside the scope, if anything.
    pub(super) conditions: Option<&'s Conditions>,
    pub(super) pass: Pass<'s>,
    /// Which log files need not be read, if any.
    pub(super) known: Option<&'s dyn KnownFiles>,
    pub(super) progress: &'s Progress,
}

/// How many log files are in the first batches, and in all that follow.
const BATCHES: [usize; 8] = [16, 32, 64, 128, 256, 512, 1024, 2048];
const LAST_BATCH: usize = 4096;

/// How a log file is read.
#[derive(Clone, Copy)]
pub(super) enum Pass<'s> {
    /// Every text is parsed.
    Parse,
    /// Every text is searched, and parsed only where it can hold what is searched for.
    SearchThenParse(&'s Search),
    /// Every text is parsed, and the file is digested to its end; with `inflate_twice`, gzip is
    /// inflated by a second inflater, too.
    DigestAndParse { inflate_twice: bool },
    /// Of these log files every text is parsed for the hours in which accounts have events, and for
    /// nothing else; the others are not opened. They are in order.
    ActivityOf(&'s [LogFileKey]),
}

impl<'s> Pass<'s> {
    /// The pass that searches, where there is something to search for.
    pub(super) fn searching(search: Option<&'s Search>) -> Self {
        search.map_or(Self::Parse, Self::SearchThenParse)
    }
}

impl Scan<'_> {
    /// Reads every log file of the archive. `sink` makes the sink of one thread; its argument is the
    /// number of threads.
    pub(super) fn run<S: Sink>(
        &self,
        sink: impl Fn(usize) -> S + Sync,
    ) -> Result<Partial<S::Answer>, ScanError> {
        let mut partial = self.pass(sink)?;
        self.learn_times_off(&mut partial.ledger)?;
        Ok(partial)
    }

    /// Reads log files in the order of their keys, and no more of them once `limit` events are selected.
    ///
    /// They are read in batches of fixed numbers of files, so that the number of threads does not show
    /// in what was read.
    pub(super) fn run_until<S: Sink>(
        &self,
        limit: u64,
        sink: impl Fn(usize) -> S + Sync,
    ) -> Result<Partial<S::Answer>, ScanError> {
        let pool = self.pool()?;
        let filter = DuplicateFilter::default();
        let mut works = Vec::new();
        let listed = self.list(|work| work.split_into(&mut works));
        works.sort_by(|one, other| one.key().cmp(&other.key()));
        let mut works = works.into_iter();
        let mut batches = BATCHES.into_iter();
        let mut read_batch = || {
            let queue = Queue::default();
            let batch = works.by_ref().take(batches.next().unwrap_or(LAST_BATCH));
            batch.for_each(|work| queue.push(work));
            let partial = self.read(&pool, &queue, &filter, &sink, || queue.close());
            partial.map(|((), partial)| (partial, works.len()))
        };
        let (mut whole, mut left) = read_batch()?;
        while left > 0 && whole.events() < limit && !self.progress.is_stopped() {
            let (partial, still_left) = read_batch()?;
            whole.merge(partial);
            left = still_left;
        }
        whole.ledger.merge(listed);
        whole.ledger.beyond_limit = left as u64;
        self.learn_times_off(&mut whole.ledger)?;
        Ok(whole)
    }

    /// Reads the log files that were only searched again, where their days lie in a time in which a
    /// trail was off: an event of its account says that another trail delivered then.
    fn learn_times_off(&self, ledger: &mut Ledger) -> Result<(), ScanError> {
        ledger.activity.settle();
        let times = ledger.activity.times_off();
        let since = times.iter().map(|off| off.by.time).min();
        let untils: Option<Vec<i64>> = times.iter().map(|off| off.until).collect();
        let until = untils.and_then(|untils| untils.into_iter().max());
        let searched = ledger.lines().iter().filter(|line| line.searched);
        let mut searched: Vec<LogFileKey> = searched.map(|line| line.key.clone()).collect();
        if since.is_none() || searched.is_empty() || !self.sources.archive.is_repeatable() {
            return Ok(());
        }
        searched.sort_unstable();
        let scope = Scope {
            since,
            until,
            ..Scope::default()
        };
        let scan = Scan {
            scope: &scope,
            conditions: None,
            pass: Pass::ActivityOf(&searched),
            ..*self
        };
        let partial = scan.pass(|_| NoSink)?;
        ledger.activity.merge(partial.ledger.activity);
        Ok(())
    }

    /// One pass over the archive.
    fn pass<S: Sink>(
        &self,
        sink: impl Fn(usize) -> S + Sync,
    ) -> Result<Partial<S::Answer>, ScanError> {
        let (queue, filter) = (Queue::default(), DuplicateFilter::default());
        let (listed, mut whole) = self.read(&self.pool()?, &queue, &filter, &sink, || {
            let ledger = self.list(|work| queue.push(work));
            queue.close();
            ledger
        })?;
        whole.ledger.merge(listed);
        Ok(whole)
    }

    fn pool(&self) -> Result<rayon::ThreadPool, ScanError> {
        let threads = self.options.threads.map_or(0, NonZeroUsize::get);
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(ScanError::Threads)
    }

    /// Reads what is in the queue, by all threads of the pool, while `list` fills and closes it.
    fn read<S: Sink, L>(
        &self,
        pool: &rayon::ThreadPool,
        queue: &Queue,
        filter: &DuplicateFilter,
        sink: &(impl Fn(usize) -> S + Sync),
        list: impl FnOnce() -> L,
    ) -> Result<(L, Partial<S::Answer>), ScanError> {
        let partials = Mutex::new(Vec::new());
        let listed = pool.in_place_scope(|scope| {
            scope.spawn_broadcast(|_, threads| {
                let sink = sink(threads.num_threads());
                let mut worker = Worker::new(self, filter, sink);
                while let Some(work) = queue.pop() {
                    worker.work(&work);
                }
                // A thread that panicked with the lock has already ended the program.
                let mut partials = partials.lock().unwrap_or_else(PoisonError::into_inner);
                partials.push(worker.finish());
            });
            list()
        });
        let partials = partials
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut partials = partials.into_iter().collect::<Result<Vec<_>, _>>()?;
        // Merging the small into the large moves the fewest entries.
        partials.sort_by_cached_key(|partial| Reverse(partial.selected()));
        let mut partials = partials.into_iter();
        let first = partials.next();
        let mut whole = first.expect("a pool of threads has one thread or more");
        for partial in partials {
            whole.merge(partial);
        }
        Ok((listed, whole))
    }

    /// The days of the window, which rule out log files by their paths.
    fn days(&self) -> DayRange {
        DayRange::of_window(self.scope.since, self.scope.until)
    }

    /// Lists the archive, and visits what is to be read.
    fn list(&self, mut visit: impl FnMut(Work)) -> Ledger {
        let mut ledger = Ledger::default();
        let mut reader = TextReader::default();
        let mut known: BTreeMap<(usize, u64), BTreeMap<u32, (LogFileKey, u64)>> = BTreeMap::new();
        self.sources.archive.list(self.days(), |entry| {
            if let Some(source) = entry.root().and_then(|root| self.sources.rows_of(root)) {
                let log_file = self.record_known(entry, source, &mut ledger);
                if let Some((part, number, log_file)) = log_file {
                    Progress::add(&self.progress.files_found, 1);
                    Progress::add(&self.progress.bytes_found, log_file.size);
                    let files = known.entry((source, part)).or_default();
                    files.insert(number, (log_file.key, log_file.size));
                }
                return self.progress.flow();
            }
            let work = match entry {
                ListingEntry::StreamedContainer(container) => self
                    .is_new(&container.key, None)
                    .then_some(Work::Container(container)),
                entry => {
                    let log_file = self.record_entry(entry, None, &mut reader, &mut ledger);
                    let log_file = log_file.filter(|log_file| {
                        self.is_new(&log_file.key, log_file.container().as_ref())
                    });
                    log_file.map(Work::LogFile)
                }
            };
            if let Some(work) = work {
                Progress::add(&self.progress.files_found, 1);
                Progress::add(&self.progress.bytes_found, work.size());
                visit(work);
            }
            self.progress.flow()
        });
        for ((source, _), files) in known {
            let size = files.values().map(|(_, size)| size).sum();
            let files = files.into_iter();
            visit(Work::Rows(KnownRows {
                source,
                files: files.map(|(number, (key, _))| (key, number)).collect(),
                size,
            }));
        }
        self.progress.listed.store(true, Ordering::Relaxed);
        ledger
    }

    /// Records an entry of a root whose files were read before; returns the part of the source, the number
    /// there and the log file, if it is one whose rows are to be read.
    fn record_known(
        &self,
        entry: ListingEntry,
        source: usize,
        ledger: &mut Ledger,
    ) -> Option<(u64, u32, LogFile)> {
        match entry {
            ListingEntry::LogFile(log_file) => {
                let known = self.sources.known(source, &log_file.key)?;
                ledger.deliveries.add(&log_file);
                return Some((known.part, known.number, log_file));
            }
            // Nothing is opened, so there is no container; what is pruned has no key.
            ListingEntry::StreamedContainer(_)
            | ListingEntry::Pruned
            | ListingEntry::PrunedFolder => {}
            ListingEntry::Ignored(file) => {
                if let Some(known) = self.sources.known(source, &file.key) {
                    ledger.add_known_problems(known.problems, &file.key);
                }
                ledger.ignored.push((file.key, file.reason));
            }
            ListingEntry::Unreadable { key, .. } => {
                if let Some(known) = self.sources.known(source, &key) {
                    ledger.add_known_problems(known.problems, &key);
                    ledger.add(LedgerLine {
                        key,
                        ..known.line.clone()
                    });
                }
            }
        }
        None
    }

    /// Whether a log file or a container is to be read.
    fn is_new(&self, key: &LogFileKey, container: Option<&LogFileKey>) -> bool {
        self.known.is_none_or(|known| known.is_new(key, container))
    }

    /// Records an entry of a listing in the ledger; returns the log file, if it is one, which is still
    /// to be read. `streamed` are the bytes of a member of a container that is streamed.
    fn record_entry(
        &self,
        entry: ListingEntry,
        streamed: Option<&mut dyn Read>,
        reader: &mut TextReader,
        ledger: &mut Ledger,
    ) -> Option<LogFile> {
        match entry {
            ListingEntry::LogFile(log_file) => {
                ledger.deliveries.add(&log_file);
                return Some(log_file);
            }
            // A container that is streamed lists none: those inside containers are not opened.
            ListingEntry::StreamedContainer(_) => {}
            ListingEntry::Pruned => ledger.pruned += 1,
            ListingEntry::PrunedFolder => ledger.folders_pruned += 1,
            ListingEntry::Ignored(file) => {
                ledger.ignored.push((file.key.clone(), file.reason));
                let archive = &self.sources.archive;
                let beginning = archive.beginning(&file, streamed, reader);
                let has_log_data = beginning.is_some_and(|beginning| {
                    beginning.is_compressed || begins_as_json(&beginning.text)
                });
                ledger.problems.push(problems::ignored(file, has_log_data));
            }
            ListingEntry::Unreadable { key, cause } => {
                ledger.add_unreadable(problems::unreadable(key, &cause));
            }
        }
        None
    }
}

impl<A> Partial<A> {
    /// How many events were selected for it.
    fn selected(&self) -> u64 {
        let lines = self.ledger.lines().iter();
        lines.map(|line| u64::from(line.selected)).sum()
    }

    /// How many of them there are without their copies.
    fn events(&self) -> u64 {
        self.selected().saturating_sub(self.seen.duplicates)
    }
}

/// The worker of one thread: its buffers, and what it has collected.
struct Worker<'s, S> {
    scan: &'s Scan<'s>,
    text: TextReader,
    /// Decodes the compression of a streamed container.
    outer: TextReader,
    reader: Reader,
    selection: Selection<'s, S>,
    ledger: Ledger,
    error: Option<ScanError>,
}

impl<'s, S: Sink> Worker<'s, S> {
    fn new(scan: &'s Scan<'s>, filter: &'s DuplicateFilter, sink: S) -> Self {
        Self {
            scan,
            text: TextReader::default(),
            outer: TextReader::default(),
            reader: match scan.options.reader {
                ReaderKind::Selective if S::NEEDS_DETAILS => Reader::with_details(),
                ReaderKind::Selective => Reader::new(),
                ReaderKind::Complete => Reader::complete(),
            },
            selection: Selection {
                scope: scan.scope,
                conditions: scan.conditions,
                filter,
                hashes: EventHashes::new(scan.options.seed),
                sink,
                seen: SeenCounts::default(),
            },
            ledger: Ledger::default(),
            error: None,
        }
    }

    fn finish(self) -> Result<Partial<S::Answer>, ScanError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Partial {
                answer: self.selection.sink.finish(),
                seen: self.selection.seen,
                ledger: self.ledger,
            }),
        }
    }

    /// Reads one log file, or one compressed container of them.
    fn work(&mut self, work: &Work) {
        match work {
            Work::LogFile(log_file) => self.read(log_file, None),
            Work::Container(container) => self.stream(container),
            Work::Rows(rows) => self.read_rows(rows),
        }
        Progress::add(&self.scan.progress.bytes_done, work.size());
    }

    /// Reads the rows of log files that were read before.
    fn read_rows(&mut self, rows: &KnownRows) {
        let scan = self.scan;
        let Some(source) = scan.sources.rows.get(rows.source) else {
            return;
        };
        if scan.progress.is_stopped() || self.error.is_some() {
            return;
        }
        let numbers: Vec<u32> = rows.files.iter().map(|&(_, number)| number).collect();
        let mut visitor = RowWorker {
            files: rows.files.iter(),
            worker: self,
            line: LedgerLine::default(),
        };
        if let Err(error) = source.read(&numbers, &mut visitor) {
            self.error = Some(error.into());
        }
    }

    /// Reads the members of a compressed container, one after another.
    fn stream(&mut self, container: &StreamedContainer) {
        let scan = self.scan;
        let mut outer = std::mem::take(&mut self.outer);
        let days = scan.days();
        scan.sources
            .archive
            .stream(container, days, &mut outer, &mut |entry, bytes| {
                let (text, ledger) = (&mut self.text, &mut self.ledger);
                if let Some(log_file) = scan.record_entry(entry, Some(&mut *bytes), text, ledger)
                    && scan.is_new(&log_file.key, Some(&container.key))
                {
                    Progress::add(&scan.progress.files_found, 1);
                    self.read(&log_file, Some(bytes));
                }
                scan.progress.flow()
            });
        self.outer = outer;
        // The container was counted as found, beside its members.
        Progress::add(&scan.progress.files_done, 1);
    }

    /// Reads the members of a container that has the name of a log file; returns whether it is one that
    /// can be opened. If not, what is wrong with it is put in the outcome.
    fn read_container(&mut self, log_file: &LogFile, outcome: &mut ReadOutcome) -> bool {
        let scan = self.scan;
        let container = log_file.key.clone();
        let listed = scan
            .sources
            .archive
            .list_container(log_file, scan.days(), &mut |entry| {
                match entry {
                    ListingEntry::StreamedContainer(container) => self.stream(&container),
                    entry => {
                        let (text, ledger) = (&mut self.text, &mut self.ledger);
                        if let Some(log_file) = scan.record_entry(entry, None, text, ledger)
                            && scan.is_new(&log_file.key, Some(&container))
                        {
                            Progress::add(&scan.progress.files_found, 1);
                            self.read(&log_file, None);
                        }
                    }
                }
                scan.progress.flow()
            });
        match listed {
            Ok(is_container) => {
                if !is_container && log_file.location != Location::File {
                    outcome.damage = Some(Damage::Member(ContainerError::Nested));
                }
                is_container
            }
            Err(cause) => {
                outcome.damage = Some(Damage::Read(cause));
                false
            }
        }
    }

    /// Reads one log file; from `streamed`, where it is a member of a container that is streamed.
    fn read(&mut self, log_file: &LogFile, streamed: Option<&mut dyn Read>) {
        let Self {
            scan,
            text,
            reader,
            selection,
            ledger,
            ..
        } = self;
        let Scan {
            sources: Sources { archive, .. },
            pass,
            progress,
            ..
        } = *scan;
        if progress.is_stopped() || self.error.is_some() {
            return;
        }
        if let Pass::ActivityOf(keys) = pass {
            if keys.binary_search(&log_file.key).is_ok() {
                // What is wrong with it is told already.
                archive.read(log_file, streamed, text, |text, last| {
                    if progress.is_stopped() {
                        return text.len();
                    }
                    let activity = &mut ledger.activity;
                    reader.read(text, last, |record| {
                        observe_activity(activity, &record.event, || trail_name(record));
                    })
                });
                reader.finish();
            } else if holds_any(log_file, keys) {
                // A container under the name of a log file; what is wrong with it is told already.
                self.read_container(log_file, &mut ReadOutcome::default());
            }
            Progress::add(&progress.files_done, 1);
            return;
        }
        let mut line = LedgerLine {
            key: log_file.key.clone(),
            ..LedgerLine::default()
        };
        selection.sink.begin(&log_file.key);
        let mut parse = |text: &[u8], last| {
            if progress.is_stopped() {
                return text.len();
            }
            reader.read(text, last, |record| {
                observe_activity(&mut ledger.activity, &record.event, || trail_name(record));
                selection.observe(record, &mut line);
            })
        };
        let mut digests = None;
        let (mut outcome, parsed) = match pass {
            Pass::Parse | Pass::ActivityOf(_) => {
                (archive.read(log_file, streamed, text, parse), true)
            }
            Pass::DigestAndParse { inflate_twice } => {
                let (outcome, digested) =
                    archive.read_and_digest(log_file, streamed, *inflate_twice, text, parse);
                digests = Some(Box::new(digested));
                (outcome, true)
            }
            // A file without a size, such as a pipe, can be read only once.
            Pass::SearchThenParse(_) if streamed.is_none() && log_file.size == 0 => {
                (archive.read(log_file, None, text, parse), true)
            }
            Pass::SearchThenParse(search) => {
                let mut first = SearchFirst::new(search, streamed.is_none(), &mut parse);
                let take = |text: &[u8], last| first.take(text, last);
                let mut outcome = archive.read(log_file, streamed, text, take);
                let (is_hit, is_whole) = (first.is_hit, first.is_whole);
                if is_hit && !is_whole {
                    outcome = archive.read(log_file, None, text, parse);
                }
                (outcome, is_hit)
            }
        };
        line.digests = digests;
        let summary = reader.finish();
        self.error = selection.sink.end().err();
        Progress::add(&progress.files_done, 1);
        if outcome.is_container
            && self.error.is_none()
            && self.read_container(log_file, &mut outcome)
        {
            return;
        }
        let ledger = &mut self.ledger;
        Progress::add(&progress.records, summary.records);
        complete(
            &mut line,
            log_file,
            &outcome,
            &summary,
            parsed,
            &mut ledger.problems,
        );
        ledger.add(line);
    }
}

/// Whether any of these sorted keys is of a member of this file.
fn holds_any(file: &LogFile, keys: &[LogFileKey]) -> bool {
    let folder = [&*file.key.path, b"/"].concat();
    let first = LogFileKey::new(file.key.root, &folder);
    let found = keys.get(keys.partition_point(|key| *key < first));
    found.is_some_and(|key| key.root == first.root && key.path.starts_with(&folder))
}

/// Passes the rows of log files to the worker that reads them.
struct RowWorker<'w, 's, S> {
    /// The log files that are still to come, in the order in which they are begun.
    files: slice::Iter<'w, (LogFileKey, u32)>,
    worker: &'w mut Worker<'s, S>,
    /// The line of the current log file.
    line: LedgerLine,
}

impl<S: Sink> RowVisitor for RowWorker<'_, '_, S> {
    fn begin(&mut self, line: &LedgerLine, problems: &[Problem]) {
        let Some((key, _)) = self.files.next() else {
            return;
        };
        self.worker.selection.sink.begin(key);
        self.line = LedgerLine {
            key: key.clone(),
            selected: 0,
            span: None,
            ..line.clone()
        };
        self.worker.ledger.add_known_problems(problems, key);
    }

    fn visit(&mut self, row: &KeptRow<'_>) -> ControlFlow<()> {
        let record = Record {
            number: row.record_number,
            text: b"",
            event: row.event,
            details: Some(row.details),
        };
        let Worker {
            scan,
            selection,
            ledger,
            ..
        } = &mut *self.worker;
        let trail = || row.trail.to_owned();
        observe_activity(&mut ledger.activity, &row.event, trail);
        selection.observe(&record, &mut self.line);
        scan.progress.flow()
    }

    fn end(&mut self) {
        let worker = &mut *self.worker;
        if let Err(error) = worker.selection.sink.end() {
            worker.error.get_or_insert(error);
        }
        worker.ledger.add(std::mem::take(&mut self.line));
        Progress::add(&worker.scan.progress.files_done, 1);
    }
}

/// Records when an account has an event, and whether the event switches a trail: of every event,
/// inside the scope or not.
#[inline]
fn observe_activity(activity: &mut Activity, event: &Event<'_>, trail: impl FnOnce() -> String) {
    activity.observe(event.account(), event.time);
    if let Some(call) = switch_call(event, trail) {
        activity.add_switch(call);
    }
}

/// Completes the line of a log file that was read, and adds its problems.
fn complete(
    line: &mut LedgerLine,
    log_file: &LogFile,
    outcome: &ReadOutcome,
    summary: &Summary,
    parsed: bool,
    problems: &mut Vec<Problem>,
) {
    let is_damaged =
        outcome.damage.is_some() || summary.faults.iter().any(|fault| fault.kind.is_damage());
    let is_nothing = is_damaged && summary.values == 0 && (parsed || outcome.inflated == 0);
    line.outcome = match (is_damaged, is_nothing) {
        (false, _) => Outcome::Read,
        (true, true) => Outcome::Unreadable,
        (true, false) => Outcome::Partial,
    };
    line.searched = !parsed && !is_nothing;
    line.compressed = outcome.compressed;
    line.inflated = outcome.inflated;
    line.records = saturated(summary.records);
    line.left_out = saturated(summary.left_out);

    let key = || log_file.key.clone();
    if outcome.compressed == 0 && outcome.damage.is_none() {
        problems.push(problems::empty(key()));
    }
    let claims = log_file.name.claims.as_ref();
    // What could not be read as a whole has no count to compare.
    if parsed
        && !is_damaged
        && let Some(claimed) = claims.and_then(|claims| claims.events)
        && claimed != summary.records
    {
        line.count_mismatch = true;
        problems.push(problems::event_count(key(), claimed, summary.records));
    }
    if let Some(damage) = &outcome.damage {
        problems.push(problems::damaged(key(), damage));
    }
    let cut = outcome.damage.as_ref().is_some_and(Damage::cuts_text);
    for fault in &summary.faults {
        // A text that is cut off nearly always has unbalanced brackets.
        if !(cut && fault.kind == FaultKind::Unbalanced) {
            problems.push(problems::faulty(key(), fault));
        }
    }
}

/// A count of records in 32 bits, as numbers of records have.
fn saturated(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Selects events by scope and conditions, detects duplicates, and passes the events to the sink.
struct Selection<'s, S> {
    scope: &'s Scope,
    conditions: Option<&'s Conditions>,
    filter: &'s DuplicateFilter,
    hashes: EventHashes,
    sink: S,
    seen: SeenCounts,
}

impl<S: Sink> Selection<'_, S> {
    fn observe(&mut self, record: &Record<'_>, line: &mut LedgerLine) {
        let event = &record.event;
        let text = LazyCell::new(|| record.as_text());
        let parsed = LazyCell::new(|| Details::parse(&text));
        let details = || record.details.unwrap_or_else(|| &parsed);
        // The cheap conditions come first.
        let is_selected = self.scope.contains(event)
            && self
                .conditions
                .is_none_or(|conditions| conditions.matches(event, record.text, details));
        if !is_selected {
            line.outside += 1;
            return;
        }
        line.selected += 1;
        let time = Span::of(event.time);
        line.span = Some(line.span.map_or(time, |span| span.merge(time)));
        self.hashes.compute(event);
        let fingerprint = if self.scope.no_dedup {
            None
        } else {
            self.hashes.fingerprint(event)
        };
        let novelty = fingerprint.map_or(Novelty::New, |fingerprint| {
            self.filter.add(event.time, fingerprint)
        });
        let is_first = novelty != Novelty::Duplicate;
        if is_first {
            self.seen.without_key += u64::from(event.access_key_id.is_empty());
        }
        self.seen.duplicates += u64::from(!is_first);
        self.seen.conflicting += u64::from(novelty == Novelty::Conflicting);
        self.sink.observe(&SelectedEvent {
            record,
            hashes: &self.hashes,
            fingerprint,
            is_first,
            details: &details,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::ops::ControlFlow;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::archive::Archive;
    use crate::coverage::{Coverage, ProblemKind};
    use crate::scan::evidence_sink::EvidenceSink;
    use crate::scan::usage_sink::{UsageOptions, UsageSink};
    use crate::store::{FileStamp, ReadSeek, Store, StoreEntry};
    use crate::usage::{Seed, Usage as _, UsageMap};

    const EVENT: &str =
        r#"[{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"k"}}]"#;

    /// Calls `check` with a scan of a folder that holds one log file.
    fn with_scan(check: impl FnOnce(&Scan<'_>)) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("there.json"), EVENT).unwrap();
        check(&Scan {
            sources: &Archive::open(&[folder.path()]).unwrap().into(),
            options: &ScanOptions {
                threads: None,
                reader: ReaderKind::default(),
                seed: Seed::random(),
                search: true,
            },
            scope: &Scope::default(),
            conditions: None,
            pass: Pass::Parse,
            known: None,
            progress: &Progress::default(),
        });
    }

    #[test]
    fn a_log_file_that_vanished_after_the_listing_costs_only_itself() {
        with_scan(|scan| {
            let filter = DuplicateFilter::default();
            let options = UsageOptions::default();
            let sink = UsageSink::new(&options, scan.options.seed, None);
            let mut worker = Worker::new(scan, &filter, sink);
            let missing = LogFileKey::new(0, b"missing.json");
            for key in [missing.clone(), LogFileKey::new(0, b"there.json")] {
                worker.work(&Work::LogFile(LogFile {
                    key,
                    ..LogFile::default()
                }));
            }
            let partial = worker.finish().unwrap();
            let coverage = Coverage::of(&partial.ledger, partial.seen, scan.scope.window());
            let files = coverage.files;
            assert_eq!((files.found, files.read, files.unreadable), (2, 1, 1));
            assert_eq!(coverage.events, 1);
            let [problem] = &partial.ledger.problems[..] else {
                panic!("{:?}", partial.ledger.problems);
            };
            assert_eq!(
                (&problem.key, problem.kind),
                (&missing, ProblemKind::Unreadable)
            );
        });
    }

    /// A root with one log file, `a.json`, that vanishes once it has been read.
    struct VanishingFile {
        text: Vec<u8>,
        is_gone: AtomicBool,
    }

    impl Store for VanishingFile {
        fn real_path(&self) -> &[u8] {
            b"root"
        }

        fn display(&self, path: &[u8]) -> String {
            String::from_utf8_lossy(path).into_owned()
        }

        fn root_file(&self) -> Option<&[u8]> {
            None
        }

        fn is_repeatable(&self) -> bool {
            true
        }

        fn list(
            &self,
            _enters: &dyn Fn(&[u8]) -> bool,
            visit: &mut dyn FnMut(StoreEntry<'_>) -> ControlFlow<()>,
        ) -> ControlFlow<()> {
            visit(StoreEntry::File {
                path: b"a.json",
                size: &|| Ok(self.text.len() as u64),
            })
        }

        fn is_file(&self, _path: &[u8]) -> bool {
            true
        }

        fn stamp(&self, _path: &[u8]) -> io::Result<FileStamp> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn open(&self, _path: &[u8]) -> io::Result<Box<dyn Read + Send>> {
            if self.is_gone.swap(true, Ordering::Relaxed) {
                return Err(io::ErrorKind::NotFound.into());
            }
            Ok(Box::new(io::Cursor::new(self.text.clone())))
        }

        fn open_ranges(&self, _path: &[u8]) -> io::Result<Box<dyn ReadSeek + Send>> {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    /// Such a file counted as read to its end, with no record in it.
    #[test]
    fn a_log_file_that_vanishes_before_it_is_read_again_is_unreadable() {
        // The key is found where more text is in front of it than is retained.
        let first_event = EVENT.replace(r#""k""#, &format!("{:?}", "x".repeat(3 << 20)));
        let last_event = EVENT.replace(r#""k""#, r#""LTAI5tEXAMPLE""#);
        let archive = Archive::of(vec![Box::new(VanishingFile {
            text: [first_event, last_event].concat().into_bytes(),
            is_gone: AtomicBool::new(false),
        })]);
        let search = Search::for_key("LTAI5tEXAMPLE").unwrap();
        let scan = Scan {
            sources: &archive.into(),
            options: &ScanOptions {
                threads: None,
                reader: ReaderKind::default(),
                seed: Seed::random(),
                search: true,
            },
            scope: &Scope::default(),
            conditions: None,
            pass: Pass::SearchThenParse(&search),
            known: None,
            progress: &Progress::default(),
        };
        let partial = scan.run(|_| EvidenceSink::default()).unwrap();
        let files = Coverage::of(&partial.ledger, partial.seen, scan.scope.window()).files;
        assert_eq!((files.found, files.unreadable), (1, 1), "{files:?}");
    }

    #[test]
    fn two_sinks_of_one_scan_collect_what_each_collects_alone() {
        with_scan(|scan| {
            let options = UsageOptions::default();
            let usage_sink = || UsageSink::new(&options, scan.options.seed, None);
            let both = scan.run(|_| (usage_sink(), EvidenceSink::default()));
            let both = both.unwrap();
            let (usage, changes) = (
                scan.run(|_| usage_sink()).unwrap(),
                scan.run(|_| EvidenceSink::default()).unwrap(),
            );
            let keys = |usage: &UsageMap| {
                let mut keys = Vec::new();
                let visited = usage.keys(None, &mut |key, counts| {
                    keys.push(format!("{key:?} {counts:?}"));
                    Ok(())
                });
                visited.unwrap();
                keys
            };
            assert_eq!(keys(&both.answer.0), keys(&usage.answer));
            assert_eq!(both.answer.1.list(), changes.answer.list());
            assert_eq!(both.ledger.lines(), usage.ledger.lines());
        });
    }
}
