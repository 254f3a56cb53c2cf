//! The options that every scan has, and the scope of its answer.

use std::num::NonZeroUsize;

use crate::coverage::TimeWindow;
use crate::event::Event;
use crate::usage::Seed;

/// How an archive is read. The answer does not depend on it.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// How many threads; as many as the machine has, when `None`.
    pub threads: Option<NonZeroUsize>,
    /// How records are read.
    pub reader: ReaderKind,
    /// The seed of all hashes. With it, events can be made that are taken for copies of each other, so
    /// it should be random.
    pub seed: Seed,
    /// Whether log files are searched for what a question is about before they are parsed. Without that the
    /// coverage is that of all of them.
    pub search: bool,
}

/// The ways to read the records of a log file, which differ only in speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReaderKind {
    /// By structure, reading only the members that are needed; records that this reader does not
    /// support are left to the complete one.
    #[default]
    Selective,
    /// Each record as a whole: slower, and there to be compared with.
    Complete,
}

/// Which events an answer is about, and what makes two of them one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only events at or after this time, in milliseconds since 1970 UTC.
    pub since: Option<i64>,
    /// Only events before this time, in milliseconds since 1970 UTC.
    pub until: Option<i64>,
    /// Only events of these regions (`acsRegion`); all, when empty.
    pub regions: Vec<String>,
    /// Only events of these accounts (`userIdentity.accountId`, else `recipientAccountId`); all,
    /// when empty.
    pub accounts: Vec<String>,
    /// Count every record, even where it repeats an event.
    pub no_dedup: bool,
}

impl Scope {
    /// Whether there is a time window, or a filter for region or account.
    pub fn is_restricted(&self) -> bool {
        let Self {
            since,
            until,
            regions,
            accounts,
            no_dedup: _,
        } = self;
        since.is_some() || until.is_some() || !regions.is_empty() || !accounts.is_empty()
    }

    /// The time window.
    pub fn window(&self) -> TimeWindow {
        TimeWindow {
            since: self.since,
            until: self.until,
        }
    }

    /// Whether an event is in the time window and passes the filters.
    pub(super) fn contains(&self, event: &Event<'_>) -> bool {
        let account = event.account();
        self.since.is_none_or(|since| event.time >= since)
            && self.until.is_none_or(|until| event.time < until)
            && (self.regions.is_empty() || self.regions.iter().any(|region| region == event.region))
            && (self.accounts.is_empty() || self.accounts.iter().any(|other| other == account))
    }
}
