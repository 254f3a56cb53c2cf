//! The scan: every log file of an archive read once. The one concurrent module.
//!
//! A worker a thread, each with its own buffers and its own sink, merged once at the end. A scan
//! returns a value and its problems; a bad record costs one record, a bad file costs that file.
//! What a scan makes of the events stands in its folder: `fold`, `lookup` and `verify`.

mod counted;
mod fold;
mod lookup;
mod problem;
mod queue;
mod search_first;
mod verify;

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::archive::{
    self, Damage, DayRange, Deliveries, Digests, Found, Held, LogFile, ReadOutcome, TextReader,
    WalkError,
};
use crate::coverage::Coverage;
use crate::event::{Event, FaultKind, Place, Reader, Record, Search, Summary};
use crate::usage::{EventHashes, Fingerprint, Occurrence, UsageDetail};

use counted::Counted;
use queue::Queue;
use search_first::SearchFirst;

pub use fold::{Scan, scan};
pub use lookup::{LookedUp, Lookup, lookup};
pub use problem::{Problem, Trouble};
pub use verify::{Verified, verify};

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
    pub detail: UsageDetail,
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

/// What becomes of the events of log files, in one thread.
trait Sink {
    /// Stands before a log file.
    fn begin(&mut self, log_file: &LogFile);

    /// Takes an event, and counts it.
    fn take(&mut self, record: &Record<'_>, coverage: &mut Coverage);

    /// Stands after the log file.
    fn end(&mut self);

    /// Whether log files are to be weighed.
    fn weighs(&self) -> bool {
        false
    }

    /// Takes what a log file and its text weigh, and how many records are in it.
    fn weigh(&mut self, object: Option<Digests>, text: Option<Digests>, records: u64) {
        let _ = (object, text, records);
    }

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
    /// When the log files were delivered, by their paths.
    deliveries: Deliveries,
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
        mut deliveries,
    } = walked?;
    let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Merging the small into the large moves the fewest entries.
    parts.sort_by_key(|part: &Part<S>| std::cmp::Reverse(part.coverage.events));
    let mut sinks = Vec::with_capacity(parts.len());
    for part in parts {
        coverage.merge(&part.coverage);
        problems.extend(part.problems);
        deliveries.merge(part.deliveries);
        sinks.push(part.sink);
    }
    deliveries.settle();
    (coverage.gaps, coverage.long_gaps) = deliveries.gaps();
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
        deliveries,
    })
}

/// Reads the records of some events again, as they stand in their log files.
///
/// `roots` are those of the scan, in the same order. The answer has one text for each event, in the same order; `None` where the record at that place is not
/// this event, since the log file has changed or cannot be read twice. Bytes that are no UTF-8 come
/// as U+FFFD.
pub fn reread(roots: &[PathBuf], sightings: &[&Occurrence<'_>]) -> Vec<Option<String>> {
    let mut wanted: BTreeMap<PathBuf, Vec<(u32, usize)>> = BTreeMap::new();
    for (at, sighting) in sightings.iter().enumerate() {
        let place = sighting.place;
        for path in paths_of(roots, place) {
            wanted.entry(path).or_default().push((place.record, at));
        }
    }
    for places in wanted.values_mut() {
        places.sort_unstable();
    }
    let mut texts = vec![None; sightings.len()];
    let mut reader = TextReader::default();
    let mut records = Reader::new();
    let paths = wanted.keys().map(PathBuf::as_path).collect();
    archive::find(&paths, &mut |log_file, bytes| {
        let Some(places) = wanted.get(&*log_file.path) else {
            return;
        };
        let mut places = places.iter().peekable();
        let parse = |text: &[u8], last: bool| {
            records.read(text, last, |record: &Record<'_>| {
                while let Some(&(number, at)) = places.next_if(|(at, _)| *at <= record.number) {
                    let is_it = sightings.get(at).is_some_and(|sighting| {
                        number == record.number
                            && sighting.time == record.event.time
                            && sighting.event_id.as_text() == record.event.event_id
                    });
                    if is_it && let Some(slot) = texts.get_mut(at) {
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

/// The paths at which the log file of a place may be. A root that is no folder is the log file
/// itself, or the pack that holds it.
fn paths_of(roots: &[PathBuf], place: Place<'_>) -> impl Iterator<Item = PathBuf> {
    let root = roots.get(place.root as usize);
    let name = path_of_bytes(place.log_file);
    let itself = root.filter(|root| !root.is_dir() && root.file_name() == Some(name.as_os_str()));
    let below = root.map(|root| root.join(&name));
    itself.cloned().into_iter().chain(below)
}

/// A path of this system, by its bytes.
#[cfg(unix)]
fn path_of_bytes(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

/// A path of this system; bytes that are no UTF-8 are taken for no path.
#[cfg(not(unix))]
fn path_of_bytes(bytes: &[u8]) -> &Path {
    Path::new(std::str::from_utf8(bytes).unwrap_or_default())
}

/// What one worker adds to the whole.
struct Part<S> {
    sink: S,
    coverage: Coverage,
    problems: Vec<Problem>,
    deliveries: Deliveries,
}

impl<S> Part<S> {
    /// Keeps what is wrong with a log file as problems.
    fn tell(&mut self, log_file: &LogFile, outcome: ReadOutcome, summary: Summary, parsed: bool) {
        let cut = outcome.damage.as_ref().is_some_and(Damage::cuts_text);
        let mut tell = |what| {
            self.problems.push(Problem {
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
            self.coverage.files.count_mismatch += 1;
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
    }
}

/// The part of the walk: the counts of what was not opened, and when files were delivered.
struct Walked {
    coverage: Coverage,
    problems: Vec<Problem>,
    deliveries: Deliveries,
}

/// Counts what is found, and gives the log file if it is one.
fn note(found: Found, coverage: &mut Coverage, problems: &mut Vec<Problem>) -> Option<LogFile> {
    let files = &mut coverage.files;
    match found {
        Found::LogFile(log_file) => return Some(log_file),
        Found::Pruned => files.pruned += 1,
        Found::Ignored => files.ignored += 1,
        Found::Link => {
            files.ignored += 1;
            files.links += 1;
        }
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
    if progress.stop.load(Ordering::Relaxed) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

fn walk(options: &Options, progress: &Progress, queue: &Queue) -> Result<Walked, WalkError> {
    let mut walked = Walked {
        coverage: Coverage::default(),
        problems: Vec::new(),
        deliveries: Deliveries::of(&options.roots),
    };
    let days = DayRange::of_window(options.since, options.until);
    archive::walk(&options.roots, days, |found| {
        if let Some(log_file) = note(found, &mut walked.coverage, &mut walked.problems) {
            // Of a pack that is read later, the members are delivered and not the pack.
            if log_file.held != Held::Stream {
                walked.deliveries.add(&log_file.path);
            }
            progress.files_found.fetch_add(1, Ordering::Relaxed);
            progress
                .bytes_found
                .fetch_add(log_file.size, Ordering::Relaxed);
            queue.give(log_file);
        }
        flow(progress)
    })?;
    progress.walked.store(true, Ordering::Relaxed);
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
                deliveries: Deliveries::of(&options.roots),
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
            .fetch_add(log_file.size, Ordering::Relaxed);
    }

    /// Reads the members of a compressed pack as they pass by.
    fn unpack(&mut self, pack: &LogFile) {
        let days = self.days;
        let mut outer = std::mem::take(&mut self.outer);
        archive::unpack(&pack.path, days, &mut outer, &mut |found, bytes| {
            let Part {
                coverage,
                problems,
                deliveries,
                ..
            } = &mut self.part;
            if let Some(log_file) = note(found, coverage, problems) {
                deliveries.add(&log_file.path);
                self.progress.files_found.fetch_add(1, Ordering::Relaxed);
                self.read(&log_file, Some(bytes));
            }
            flow(self.progress)
        });
        self.outer = outer;
        // The pack itself was found as a file; its members count, and it does not.
        self.progress.files_done.fetch_add(1, Ordering::Relaxed);
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
        if progress.stop.load(Ordering::Relaxed) || part.sink.has_failed() {
            return;
        }
        part.sink.begin(log_file);
        let weighs = part.sink.weighs();
        let mut weighed = None;
        let mut parse = |text: &[u8], last| {
            if progress.stop.load(Ordering::Relaxed) {
                return text.len();
            }
            reader.read(text, last, |record| {
                part.sink.take(record, &mut part.coverage);
            })
        };
        let (outcome, parsed) = match (search, bytes) {
            (_, bytes) if weighs => {
                let read = text.read_digesting(log_file, bytes, parse);
                weighed = Some((read.object, read.text));
                (read.outcome, true)
            }
            (Some(search), Some(bytes)) => {
                let mut once = SearchFirst::new(search, false, &mut parse);
                let outcome = text.read_bytes(bytes, |text, last| once.take(text, last));
                (outcome, once.found)
            }
            // What has no size, such as a pipe, can be read once only.
            (Some(search), None) if log_file.size > 0 => {
                let mut first = SearchFirst::new(search, true, &mut parse);
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
        if let Some((object, text)) = weighed {
            part.sink.weigh(object, text, summary.records);
        }

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

        let events = summary.records;
        part.tell(log_file, outcome, summary, parsed);
        progress.files_done.fetch_add(1, Ordering::Relaxed);
        progress.events.fetch_add(events, Ordering::Relaxed);
    }
}

impl Options {
    /// What tells the event from others; `None` where it counts whatever it repeats.
    fn print(&self, prints: &EventHashes, event: &Event<'_>) -> Option<Fingerprint> {
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

/// Locks; a thread that panicked while it held the lock has already ended the program.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::fold::Fold;
    use super::*;
    use crate::usage::Seed;

    #[test]
    fn another_event_at_the_place_of_one_is_not_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let event = |id: &str, second: u32| {
            format!(
                r#"[{{"eventId":"{id}","eventTime":"2024-03-05T09:21:0{second}Z","userIdentity":{{"accessKeyId":"k"}}}}]"#
            )
        };
        std::fs::write(&path, event("one", 1)).unwrap();
        let options = Options {
            roots: vec![path.clone()],
            ..Options::default()
        };
        let scan = scan(&options, &Progress::default()).unwrap();
        let last = scan.usage.keys().next().unwrap().tally.last;
        assert_eq!(
            reread(&options.roots, &[&last]),
            [Some(event("one", 1)[1..].replace(']', ""))]
        );
        for (id, second) in [("two", 1), ("one", 2)] {
            std::fs::write(&path, event(id, second)).unwrap();
            assert_eq!(reread(&options.roots, &[&last]), [None]);
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(reread(&options.roots, &[&last]), [None]);
    }

    #[test]
    fn a_log_file_that_vanished_after_the_walk_costs_itself() {
        let folder = tempfile::tempdir().unwrap();
        let event = r#"[{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"k"}}]"#;
        let log_file = |name: &str| LogFile::at(&folder.path().join(name));
        std::fs::write(folder.path().join("there.json"), event).unwrap();

        let (options, progress) = (Options::default(), Progress::default());
        let (once, seed) = (Counted::default(), Seed::random());
        let fold = Fold::new(&options, &once, seed);
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
