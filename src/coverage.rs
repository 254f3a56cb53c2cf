//! What was read and what was not: the plain counts that go with every answer.
//!
//! Counts only. The things left out one by one are problems, and live in `scan`.

/// How much of an archive an answer rests on.
///
/// Always true: `files.found = files.read + files.partial + files.unreadable`
/// and `records.found = records.left_out + records.outside + events + duplicates`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Log files.
    pub files: Files,
    /// Bytes of the log files that were opened.
    pub bytes: Bytes,
    /// Records in the log files that were opened.
    pub records: Records,
    /// Events inside the time window and the filters, each counted once.
    pub events: u64,
    /// Records that repeat an event already counted.
    pub duplicates: u64,
    /// Events without an AccessKey; they are part of `events` and fold nowhere.
    pub without_key: u64,
    /// Time of the first and of the last of `events`.
    pub span: Option<Span>,
    /// Whole hours in a row without a delivery, between the first and the last delivery of a region
    /// of a trail, by the names of the log files that the walk found and did not prune.
    pub gaps: u64,
    /// Of those, how many last a day or more.
    pub long_gaps: u64,
}

/// Counts of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Log files found and opened, or tried to: `read + partial + unreadable`.
    pub found: u64,
    /// Log files read to their end without damage.
    pub read: u64,
    /// Log files of which a part was lost.
    pub partial: u64,
    /// Log files of which nothing could be read.
    pub unreadable: u64,
    /// Other files that the walk passed: no log file by their name, or no regular file.
    pub ignored: u64,
    /// Of those, symbolic links inside a folder: they are not followed, whatever they lead to.
    pub links: u64,
    /// Log files not opened, because the date in their path cannot matter.
    pub pruned: u64,
    /// Of those read and partial, log files that were searched for the bytes of what is asked for,
    /// such as an AccessKey, and not parsed, as they do not hold them. They have no event that is
    /// asked for; what else they have is not counted in `records`, `events`, `duplicates`,
    /// `without_key` and `span`, and only damage to their compression was looked for.
    pub searched: u64,
    /// Log files whose name tells another event count than was found inside.
    pub count_mismatch: u64,
}

/// Counts of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// As stored on disk.
    pub compressed: u64,
    /// After inflating; of a file that is not compressed, its size.
    pub inflated: u64,
}

/// Counts of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// Records found, usable or not.
    pub found: u64,
    /// Records that are no event: not an object, broken, or without a usable time.
    pub left_out: u64,
    /// Events outside the time window, the regions, the accounts or the conditions asked for.
    pub outside: u64,
}

/// The times of the first and the last event, in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The earliest.
    pub first: i64,
    /// The latest.
    pub last: i64,
}

impl Span {
    /// The span of one moment.
    pub fn at(time: i64) -> Self {
        Self {
            first: time,
            last: time,
        }
    }

    /// The smallest span that holds both. Commutative and associative.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

impl Coverage {
    /// Adds what another part of the same archive gave. Commutative and associative.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            files,
            bytes,
            records,
            events,
            duplicates,
            without_key,
            span,
            gaps,
            long_gaps,
        } = other;
        self.files.found += files.found;
        self.files.read += files.read;
        self.files.partial += files.partial;
        self.files.unreadable += files.unreadable;
        self.files.ignored += files.ignored;
        self.files.links += files.links;
        self.files.pruned += files.pruned;
        self.files.searched += files.searched;
        self.files.count_mismatch += files.count_mismatch;
        self.bytes.compressed += bytes.compressed;
        self.bytes.inflated += bytes.inflated;
        self.records.found += records.found;
        self.records.left_out += records.left_out;
        self.records.outside += records.outside;
        self.events += events;
        self.duplicates += duplicates;
        self.without_key += without_key;
        self.gaps += gaps;
        self.long_gaps += long_gaps;
        self.span = match (self.span, *span) {
            (Some(ours), Some(theirs)) => Some(ours.merge(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }

    /// Widens the span to hold an event's time, in milliseconds since 1970 UTC.
    pub fn see(&mut self, time: i64) {
        let at = Span::at(time);
        self.span = Some(self.span.map_or(at, |span| span.merge(at)));
    }
}
