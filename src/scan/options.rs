//! The options that every scan has, whatever is asked.

use std::num::NonZeroUsize;

use crate::event::Event;
use crate::usage::Seed;

/// How an archive is read. The answer does not depend on it.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// How many threads; as many as the machine has, when `None`.
    pub threads: Option<NonZeroUsize>,
    /// How records are read.
    pub reader: ReaderKind,
    /// What all hashes are made with. Whoever knows it can make events that are taken for copies of
    /// each other, so it should be random.
    pub seed: Seed,
}

/// The ways to read the records of a log file, which differ in nothing but speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReaderKind {
    /// By structure, reading nothing but the members that are needed; the complete way where that is
    /// not sure of a record.
    #[default]
    Selective,
    /// Each record as a whole. Slower, and what the other is compared with.
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
    /// Whether there is a window, or a condition for region or account.
    pub fn is_narrowed(&self) -> bool {
        let Self {
            since,
            until,
            regions,
            accounts,
            no_dedup: _,
        } = self;
        since.is_some() || until.is_some() || !regions.is_empty() || !accounts.is_empty()
    }

    /// Whether an event lies in the window and meets the conditions.
    pub(super) fn contains(&self, event: &Event<'_>) -> bool {
        let account = event.account();
        self.since.is_none_or(|since| event.time >= since)
            && self.until.is_none_or(|until| event.time < until)
            && (self.regions.is_empty() || self.regions.iter().any(|region| region == event.region))
            && (self.accounts.is_empty() || self.accounts.iter().any(|wanted| wanted == account))
    }
}
