//! The scan: every log file of an archive read once, and folded. The one concurrent module.
//!
//! A worker a thread, each with its own buffers and its own fold, merged once at the end. A scan
//! returns a value and its problems; a bad record costs one record, a bad file costs that file.
//! What a scan makes of the events, beside the fold, stands in its folder: `lookup`.

mod lookup;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::Read;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering as Memory};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::archive::{self, Damage, DayRange, Found, Held, LogFile, TextReader, WalkError};
use crate::coverage::Coverage;
use crate::event::{
    Event, Fault, FaultKind, LeftOut, MAX_RECORD, Reader, Record, Search, begins_as_json,
    ends_as_json,
};
use crate::usage::{Depth, Fingerprint, Once, Prints, Seed, UsageMap, hour};

pub use lookup::{LookedUp, Lookup, lookup};

/// What to read, and what of it counts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The roots of the archive.
    pub roots: Vec<PathBuf>,
    /// Only events at or after this time, in milliseconds since 1970 UTC.
    pub since: Option<i64>,
    /// Only events before this time.
    pub until: Option<i64>,
    /// Only events of these regions (`acsRegion`); all, when empty.
    pub regions: Vec<String>,
    /// Only events of these accounts (`userIdentity.accountId`, else `recipientAccountId`); all,
    /// when empty.
    pub accounts: Vec<String>,
    /// How much of a key's use is kept.
    pub depth: Depth,
    /// Fold only this AccessKey, and parse only log files that can hold it; all keys, when `None`.
    pub only_key: Option<String>,
    /// Count every record, even where it repeats an event.
    pub no_dedup: bool,
    /// How many threads; as many as the machine has, when `None`.
    pub threads: Option<NonZeroUsize>,
    /// How records are read. The answer does not depend on it.
    pub reader: ReaderKind,
}

/// The ways to read the records of a log file, which differ in nothing but speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReaderKind {
    /// By structure, looking at nothing but what is wanted; the complete way where that is unsure.
    #[default]
    Selective,
    /// Each record as a whole. Slower, and what the other is held to.
    Complete,
}

/// How far a scan is, for whoever watches it from another thread, and the way to end it early.
#[derive(Debug, Default)]
pub struct Progress {
    /// Log files found so far.
    pub files_found: AtomicU64,
    /// Log files done.
    pub files_done: AtomicU64,
    /// Bytes on disk of the log files found so far.
    pub bytes_found: AtomicU64,
    /// Bytes on disk of the log files done.
    pub bytes_done: AtomicU64,
    /// Events so far.
    pub events: AtomicU64,
    /// Whether the walk has ended, so that what was found is all there is.
    pub walked: AtomicBool,
    /// Set by the watcher to end the scan early; the scan then gives what it has.
    pub stop: AtomicBool,
}

/// What a scan gives.
pub struct Scan {
    /// The fold.
    pub usage: UsageMap,
    /// What it rests on.
    pub coverage: Coverage,
    /// What was left out, sorted by path.
    pub problems: Vec<Problem>,
}

/// One thing left out or repaired, with the file and the reason.
#[derive(Debug)]
pub struct Problem {
    /// The log file, or the folder.
    pub path: PathBuf,
    /// What is wrong.
    pub what: Trouble,
}

/// What can be wrong with a file of an archive.
#[derive(Debug, Error)]
pub enum Trouble {
    /// The walk could not look at it.
    #[error("cannot be looked at: {0}")]
    Walk(std::io::Error),
    /// Its bytes.
    #[error("{}", with_cause(.0))]
    Bytes(Damage),
    /// Its text.
    #[error("{}", Told(.0))]
    Text(Fault),
    /// It is empty, which no delivered log file is.
    #[error("is empty (0 bytes)")]
    Empty,
    /// The count in its name is not what was found inside.
    #[error("its name tells {promised} events, inside are {found} records")]
    Count {
        /// By its name.
        promised: u64,
        /// Inside.
        found: u64,
    },
}

impl Trouble {
    /// A short name of the kind, the same for all troubles alike.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Walk(_) => "unreadable",
            Self::Bytes(damage) => match damage {
                Damage::Open(_) | Damage::Read(_) | Damage::Member(_) => "unreadable",
                Damage::Truncated(_) => "truncated",
                Damage::Corrupt(_) => "corrupt",
                Damage::Checksum(_) => "checksum",
                Damage::Length(_) => "length",
                Damage::Trailing(_) => "trailing-bytes",
                Damage::Refused(..) | Damage::Foreign(_) => "not-supported",
            },
            Self::Text(fault) => match fault.kind {
                FaultKind::LeftOut(LeftOut::NotAnObject) => "not-an-object",
                FaultKind::LeftOut(LeftOut::NoTime) => "no-time",
                FaultKind::LeftOut(LeftOut::Broken) => "broken-record",
                FaultKind::LeftOut(LeftOut::TooLarge) => "too-large",
                FaultKind::Unbalanced => "unbalanced",
                FaultKind::Stray | FaultKind::NotJson => "not-json",
                FaultKind::NotUtf8 => "not-utf8",
            },
            Self::Empty => "empty",
            Self::Count { .. } => "event-count",
        }
    }

    /// Whether the file is partial or unreadable because of it.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Walk(_) | Self::Bytes(_) => true,
            Self::Text(fault) => fault.kind.is_damage(),
            Self::Empty | Self::Count { .. } => false,
        }
    }
}

fn with_cause(damage: &Damage) -> String {
    match damage {
        Damage::Open(cause) | Damage::Read(cause) => format!("{damage}: {cause}"),
        Damage::Truncated(_)
        | Damage::Corrupt(_)
        | Damage::Checksum(_)
        | Damage::Length(_)
        | Damage::Trailing(_)
        | Damage::Refused(..)
        | Damage::Foreign(_)
        | Damage::Member(_) => damage.to_string(),
    }
}

/// A fault in words.
struct Told<'a>(&'a Fault);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Fault {
            kind,
            offset,
            record,
            count,
        } = self.0;
        match record {
            Some(record) => write!(out, "record {record} (byte {offset} of the text) ")?,
            None => write!(out, "from byte {offset} of the text on, it ")?,
        }
        match kind {
            FaultKind::LeftOut(LeftOut::NotAnObject) => write!(out, "is no JSON object")?,
            FaultKind::LeftOut(LeftOut::NoTime) => write!(out, "has no usable eventTime")?,
            FaultKind::LeftOut(LeftOut::Broken) => write!(out, "is not valid JSON")?,
            FaultKind::LeftOut(LeftOut::TooLarge) => {
                write!(out, "is larger than {} MiB", MAX_RECORD >> 20)?;
            }
            FaultKind::Unbalanced => {
                write!(
                    out,
                    "has brackets or quotes that do not balance; the rest is left out"
                )?;
            }
            FaultKind::Stray => write!(out, "has text that is no JSON")?,
            FaultKind::NotJson => write!(out, "is no JSON; the rest is left out")?,
            FaultKind::NotUtf8 => write!(out, "has bytes that are no UTF-8, replaced by U+FFFD")?,
        }
        match count {
            0 | 1 => Ok(()),
            more => write!(out, ", and {} more like it", more - 1),
        }
    }
}

/// A scan that could not begin.
#[derive(Debug, Error)]
pub enum ScanError {
    /// A root cannot be walked.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// The threads cannot be started.
    #[error("cannot start the threads of the scan")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Call records that do not fit into memory cannot be written to a temporary file, or not be
    /// read back.
    #[error("cannot keep call records in a temporary file")]
    Temporary(#[source] std::io::Error),
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
    } = read_all(options, progress, search.as_ref(), |_threads| Fold {
        options,
        once: &once,
        prints: Prints::new(seed),
        usage: UsageMap::new(seed, options.depth),
        observed: false,
    })?;
    let mut parts = sinks.into_iter().map(|fold| fold.usage);
    let mut usage = parts
        .next()
        .unwrap_or_else(|| UsageMap::new(seed, options.depth));
    for part in parts {
        usage.merge(part);
    }
    Ok(Scan {
        usage,
        coverage,
        problems,
    })
}

/// What becomes of the events of log files, in one thread.
trait Sink {
    /// Stands before a log file.
    fn begin(&mut self, log_file: &LogFile);

    /// Takes an event, and counts it.
    fn take(&mut self, record: &Record<'_>, coverage: &mut Coverage);

    /// Stands after the log file.
    fn end(&mut self);

    /// Whether nothing more can come of it.
    fn has_failed(&self) -> bool {
        false
    }
}

/// What all workers and the walk have gathered.
struct Gathered<S> {
    /// The sinks, that with the most events first.
    sinks: Vec<S>,
    coverage: Coverage,
    problems: Vec<Problem>,
}

/// Reads every log file of the archive, with a sink a thread.
fn read_all<S: Sink + Send>(
    options: &Options,
    progress: &Progress,
    search: Option<&Search>,
    sink: impl Fn(usize) -> S + Sync,
) -> Result<Gathered<S>, ScanError> {
    let threads = options.threads.map_or(0, NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(ScanError::Threads)?;
    let queue = Queue::default();
    let parts = Mutex::new(Vec::new());
    let walked = pool.in_place_scope(|scope| {
        scope.spawn_broadcast(|_, threads| {
            let sink = sink(threads.num_threads());
            let mut worker = Worker::new(options, progress, search, sink);
            while let Some(log_file) = queue.take() {
                worker.scan(&log_file);
            }
            lock(&parts).push(worker.part);
        });
        let walked = walk(options, progress, &queue);
        queue.close();
        walked
    });
    let Walked {
        mut coverage,
        mut problems,
    } = walked?;
    let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Merging the small into the large moves the fewest entries.
    parts.sort_by_key(|part: &Part<S>| std::cmp::Reverse(part.coverage.events));
    let mut sinks = Vec::with_capacity(parts.len());
    for part in parts {
        coverage.merge(&part.coverage);
        problems.extend(part.problems);
        sinks.push(part.sink);
    }
    problems.sort_by(|one, other| {
        let path = |problem: &Problem| problem.path.as_os_str().as_encoded_bytes().to_owned();
        path(one)
            .cmp(&path(other))
            .then_with(|| one.what.kind().cmp(other.what.kind()))
    });
    Ok(Gathered {
        sinks,
        coverage,
        problems,
    })
}

/// Reads the records at some places again, as they stand in their log files.
///
/// The answer has one text for each place, in the same order; `None` where the record is not there
/// any more. Bytes that are no UTF-8 come as U+FFFD.
pub fn reread(places: &[(&Path, u32)]) -> Vec<Option<String>> {
    let mut wanted: BTreeMap<&Path, Vec<(u32, usize)>> = BTreeMap::new();
    for (at, &(path, number)) in places.iter().enumerate() {
        wanted.entry(path).or_default().push((number, at));
    }
    for places in wanted.values_mut() {
        places.sort_unstable();
    }
    let mut texts = vec![None; places.len()];
    let mut reader = TextReader::default();
    let mut records = Reader::new();
    let paths = wanted.keys().copied().collect();
    archive::find(&paths, &mut |log_file, bytes| {
        let Some(places) = wanted.get(&*log_file.path) else {
            return;
        };
        let mut places = places.iter().peekable();
        let parse = |text: &[u8], last: bool| {
            records.read(text, last, |record: &Record<'_>| {
                while let Some(&(number, at)) = places.next_if(|(at, _)| *at <= record.number) {
                    if number == record.number
                        && let Some(slot) = texts.get_mut(at)
                    {
                        *slot = Some(String::from_utf8_lossy(record.text).into_owned());
                    }
                }
            })
        };
        match bytes {
            Some(bytes) => reader.read_bytes(bytes, parse),
            None => reader.read(log_file, parse),
        };
        records.finish();
    });
    texts
}

/// What one worker adds to the whole.
struct Part<S> {
    sink: S,
    coverage: Coverage,
    problems: Vec<Problem>,
}

/// The part of the walk: the counts of what was not opened.
#[derive(Default)]
struct Walked {
    coverage: Coverage,
    problems: Vec<Problem>,
}

/// Counts what is found, and gives the log file if it is one.
fn note(found: Found, coverage: &mut Coverage, problems: &mut Vec<Problem>) -> Option<LogFile> {
    let files = &mut coverage.files;
    match found {
        Found::LogFile(log_file) => return Some(log_file),
        Found::Pruned => files.pruned += 1,
        Found::Ignored => files.ignored += 1,
        Found::Unreadable(path, cause) => {
            files.found += 1;
            files.unreadable += 1;
            problems.push(Problem {
                path,
                what: Trouble::Walk(cause),
            });
        }
    }
    None
}

/// Whether to go on, or to end early.
fn flow(progress: &Progress) -> ControlFlow<()> {
    if progress.stop.load(Memory::Relaxed) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

fn walk(options: &Options, progress: &Progress, queue: &Queue) -> Result<Walked, WalkError> {
    let mut walked = Walked::default();
    let days = DayRange::of_window(options.since, options.until);
    archive::walk(&options.roots, days, |found| {
        if let Some(log_file) = note(found, &mut walked.coverage, &mut walked.problems) {
            progress.files_found.fetch_add(1, Memory::Relaxed);
            progress
                .bytes_found
                .fetch_add(log_file.size, Memory::Relaxed);
            queue.give(log_file);
        }
        flow(progress)
    })?;
    progress.walked.store(true, Memory::Relaxed);
    Ok(walked)
}

/// One thread's buffers, and what it has gathered.
struct Worker<'s, S> {
    /// The days of the window, for the members of packs.
    days: DayRange,
    progress: &'s Progress,
    search: Option<&'s Search>,
    text: TextReader,
    /// What undoes the compression of a pack.
    outer: TextReader,
    reader: Reader,
    part: Part<S>,
}

impl<'s, S: Sink> Worker<'s, S> {
    fn new(options: &Options, progress: &'s Progress, search: Option<&'s Search>, sink: S) -> Self {
        Self {
            days: DayRange::of_window(options.since, options.until),
            progress,
            search,
            text: TextReader::default(),
            outer: TextReader::default(),
            reader: match options.reader {
                ReaderKind::Selective => Reader::new(),
                ReaderKind::Complete => Reader::complete(),
            },
            part: Part {
                sink,
                coverage: Coverage::default(),
                problems: Vec::new(),
            },
        }
    }

    /// Reads one log file, or one compressed pack of them, and has the sink take the events.
    fn scan(&mut self, log_file: &LogFile) {
        if log_file.held == Held::Stream {
            self.unpack(log_file);
        } else {
            self.read(log_file, None);
        }
        self.progress
            .bytes_done
            .fetch_add(log_file.size, Memory::Relaxed);
    }

    /// Reads the members of a compressed pack as they pass by.
    fn unpack(&mut self, pack: &LogFile) {
        let days = self.days;
        let mut outer = std::mem::take(&mut self.outer);
        archive::unpack(&pack.path, days, &mut outer, &mut |found, bytes| {
            let Part {
                coverage, problems, ..
            } = &mut self.part;
            if let Some(log_file) = note(found, coverage, problems) {
                self.progress.files_found.fetch_add(1, Memory::Relaxed);
                self.read(&log_file, Some(bytes));
            }
            flow(self.progress)
        });
        self.outer = outer;
        // The pack itself was found as a file; its members count, and it does not.
        self.progress.files_done.fetch_add(1, Memory::Relaxed);
    }

    /// Reads one log file, from bytes that pass by only once where they are given.
    fn read(&mut self, log_file: &LogFile, bytes: Option<&mut dyn Read>) {
        let Self {
            progress,
            search,
            text,
            reader,
            part,
            ..
        } = self;
        if progress.stop.load(Memory::Relaxed) || part.sink.has_failed() {
            return;
        }
        part.sink.begin(log_file);
        let mut parse = |text: &[u8], last| {
            if progress.stop.load(Memory::Relaxed) {
                return text.len();
            }
            reader.read(text, last, |record| {
                part.sink.take(record, &mut part.coverage);
            })
        };
        let (outcome, parsed) = match (search, bytes) {
            (Some(search), Some(bytes)) => {
                let mut once = search_first(search, false, &mut parse);
                let outcome = text.read_bytes(bytes, |text, last| once.take(text, last));
                (outcome, once.found)
            }
            // What has no size, such as a pipe, can be read once only.
            (Some(search), None) if log_file.size > 0 => {
                let mut first = search_first(search, true, &mut parse);
                let outcome = text.read(log_file, |text, last| first.take(text, last));
                let (found, whole) = (first.found, first.whole);
                if found && !whole {
                    text.read(log_file, parse);
                }
                (outcome, found)
            }
            (None, Some(bytes)) => (text.read_bytes(bytes, parse), true),
            (_, None) => (text.read(log_file, parse), true),
        };
        let summary = reader.finish();
        part.sink.end();

        let cut = outcome.damage.as_ref().is_some_and(Damage::cuts_text);
        let whole =
            outcome.damage.is_none() && !summary.faults.iter().any(|fault| fault.kind.is_damage());
        let nothing = summary.values == 0 && !whole && (parsed || outcome.inflated == 0);
        let files = &mut part.coverage.files;
        files.found += 1;
        files.searched += u64::from(!parsed && !nothing);
        match (whole, nothing) {
            (true, _) => files.read += 1,
            (false, true) => files.unreadable += 1,
            (false, false) => files.partial += 1,
        }
        part.coverage.bytes.compressed += outcome.compressed;
        part.coverage.bytes.inflated += outcome.inflated;
        part.coverage.records.found += summary.records;
        part.coverage.records.left_out += summary.left_out;

        let mut tell = |what| {
            part.problems.push(Problem {
                path: log_file.path.clone(),
                what,
            });
        };
        if outcome.compressed == 0 && outcome.damage.is_none() {
            tell(Trouble::Empty);
        }
        if parsed
            && let Some(promised) = log_file.promised
            && promised != summary.records
        {
            files.count_mismatch += 1;
            tell(Trouble::Count {
                promised,
                found: summary.records,
            });
        }
        if let Some(damage) = outcome.damage {
            tell(Trouble::Bytes(damage));
        }
        for fault in summary.faults {
            // Text that breaks off is unbalanced as a matter of course, and has been told.
            if !(cut && fault.kind == FaultKind::Unbalanced) {
                tell(Trouble::Text(fault));
            }
        }
        progress.files_done.fetch_add(1, Memory::Relaxed);
        progress.events.fetch_add(summary.records, Memory::Relaxed);
    }
}

/// A log file's text that is parsed only if it can hold the key that is searched for.
///
/// A short text is always parsed: there is little to gain, and its coverage is complete.
struct SearchFirst<'s, P> {
    search: &'s Search,
    parse: P,
    /// Whether the text can be read again.
    again: bool,
    /// Whether the key may be in the text, so that it is parsed.
    found: bool,
    /// How much of the text at hand is searched, and whether it begins where the file's does.
    searched: usize,
    whole: bool,
}

fn search_first<P: FnMut(&[u8], bool) -> usize>(
    search: &Search,
    again: bool,
    parse: P,
) -> SearchFirst<'_, P> {
    SearchFirst {
        search,
        parse,
        again,
        found: false,
        searched: 0,
        whole: true,
    }
}

impl<P: FnMut(&[u8], bool) -> usize> SearchFirst<'_, P> {
    fn take(&mut self, text: &[u8], last: bool) -> usize {
        if self.found && self.whole {
            return (self.parse)(text, last);
        }
        let search = self.search;
        let from = self.searched.saturating_sub(search.overlap());
        let rest = text.get(from..).unwrap_or_default();
        let strange = self.searched == 0 && !begins_as_json(text) || last && !ends_as_json(text);
        let too_long = text.len() >= RETAINED;
        self.found = self.found
            || strange
            || search.may_be_in(rest)
            || (last && self.whole && text.len() < ALWAYS_PARSED)
            // What passes by only once has to be parsed while it is there.
            || too_long && !self.again;
        if self.found && self.whole {
            return (self.parse)(text, last);
        }
        self.searched = text.len();
        if !too_long || last {
            return 0;
        }
        // Too much to keep: if the key turns up later on, the file is read again.
        self.whole = false;
        self.searched = search.overlap();
        text.len() - search.overlap()
    }
}

/// The most text that is kept while it is searched.
const RETAINED: usize = 2 << 20;

/// A text shorter than this is parsed without a search.
const ALWAYS_PARSED: usize = 64 << 10;

/// The sink that adds up what keys did.
struct Fold<'f> {
    options: &'f Options,
    once: &'f Counted,
    prints: Prints,
    usage: UsageMap,
    /// Whether the log file at hand has an event that is folded.
    observed: bool,
}

impl Sink for Fold<'_> {
    fn begin(&mut self, log_file: &LogFile) {
        self.usage.begin_log_file(&log_file.path);
        self.observed = false;
    }

    fn take(&mut self, record: &Record<'_>, coverage: &mut Coverage) {
        let event = &record.event;
        if !self.options.wants(event) {
            coverage.records.outside += 1;
            return;
        }
        self.prints.take(event);
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

impl Options {
    /// What tells the event from others; `None` where it counts whatever it repeats.
    fn print(&self, prints: &Prints, event: &Event<'_>) -> Option<Fingerprint> {
        if self.no_dedup {
            None
        } else {
            prints.fingerprint(event)
        }
    }

    /// Whether an event lies in the window and passes the filters.
    fn wants(&self, event: &Event<'_>) -> bool {
        let account = event.account();
        self.since.is_none_or(|since| event.time >= since)
            && self.until.is_none_or(|until| event.time < until)
            && (self.regions.is_empty() || self.regions.iter().any(|region| region == event.region))
            && (self.accounts.is_empty() || self.accounts.iter().any(|wanted| wanted == account))
    }
}

/// What all workers together have counted, in parts that seldom meet.
#[derive(Default)]
struct Counted {
    shards: [Mutex<Once>; 32],
}

impl Counted {
    /// Counts an event that is asked for; says whether it is the first of its kind.
    fn count(
        &self,
        event: &Event<'_>,
        print: Option<Fingerprint>,
        coverage: &mut Coverage,
    ) -> bool {
        coverage.see(event.time);
        let first = print.is_none_or(|print| self.is_first(event.time, print));
        if first {
            coverage.events += 1;
            coverage.without_key += u64::from(event.access_key_id.is_empty());
        } else {
            coverage.duplicates += 1;
        }
        first
    }

    fn is_first(&self, time: i64, print: Fingerprint) -> bool {
        let hour = usize::try_from(hour(time)).unwrap_or_default();
        let shard = self.shards.get(hour % self.shards.len());
        shard.is_some_and(|shard| lock(shard).is_first(time, print))
    }
}

/// The log files found and not yet taken, the largest first, so that no large one is left for last.
///
/// Bounded: where the walk is ahead of the work, it waits.
#[derive(Default)]
struct Queue {
    state: Mutex<Waiting>,
    given: Condvar,
    taken: Condvar,
}

/// How many log files may wait.
const WAITING: usize = 16_384;

#[derive(Default)]
struct Waiting {
    log_files: BinaryHeap<BySize>,
    /// How many workers wait for a log file.
    idle: usize,
    closed: bool,
}

impl Queue {
    fn give(&self, log_file: LogFile) {
        let mut state = lock(&self.state);
        while state.log_files.len() >= WAITING {
            state = self
                .taken
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.log_files.push(BySize(log_file));
        let idle = state.idle > 0;
        drop(state);
        if idle {
            self.given.notify_one();
        }
    }

    fn close(&self) {
        lock(&self.state).closed = true;
        self.given.notify_all();
    }

    fn take(&self) -> Option<LogFile> {
        let mut state = lock(&self.state);
        loop {
            if let Some(BySize(log_file)) = state.log_files.pop() {
                // Not at every one, or walk and work would wake each other for each log file.
                let half_empty = state.log_files.len() == WAITING / 2;
                drop(state);
                if half_empty {
                    self.taken.notify_one();
                }
                return Some(log_file);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self
                .given
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

/// A log file, ordered by its size.
struct BySize(LogFile);

impl Ord for BySize {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.size.cmp(&other.0.size)
    }
}

impl PartialOrd for BySize {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for BySize {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for BySize {}

/// Locks; a thread that panicked while it held the lock has already ended the program.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_file_that_vanished_after_the_walk_costs_itself() {
        let folder = tempfile::tempdir().unwrap();
        let event = r#"[{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"k"}}]"#;
        let log_file = |name: &str| LogFile::at(&folder.path().join(name));
        std::fs::write(folder.path().join("there.json"), event).unwrap();

        let (options, progress) = (Options::default(), Progress::default());
        let (once, seed) = (Counted::default(), Seed::random());
        let fold = Fold {
            options: &options,
            once: &once,
            prints: Prints::new(seed),
            usage: UsageMap::new(seed, options.depth),
            observed: false,
        };
        let mut worker = Worker::new(&options, &progress, None, fold);
        for name in ["gone.json", "there.json"] {
            worker.scan(&log_file(name));
        }
        let Part {
            coverage, problems, ..
        } = worker.part;
        let files = coverage.files;
        assert_eq!((files.found, files.read, files.unreadable), (2, 1, 1));
        assert_eq!(coverage.events, 1);
        let [problem] = &problems[..] else {
            panic!("{problems:?}");
        };
        assert_eq!(problem.path, folder.path().join("gone.json"));
        assert_eq!(problem.what.kind(), "unreadable");
    }
}
