//! One log file as evidence: its name and its digests.

use crate::archive::{DeliveredName, LogFileDigests, LogFileKey};
use crate::coverage::{LedgerLine, Outcome};

/// One log file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFileEvidence {
    /// What identifies it.
    pub key: LogFileKey,
    /// What its path states.
    pub name: DeliveredName,
    /// The digests of its bytes and of its text.
    pub digests: LogFileDigests,
    /// How many records were found in it.
    pub records: u64,
    /// Whether it was read as a whole, so that there is a count to compare.
    pub is_whole: bool,
}

impl LogFileEvidence {
    /// The evidence of a line of the ledger; `None` where nothing was digested.
    pub(super) fn of(line: &LedgerLine) -> Option<Self> {
        let digests = line.digests.as_deref()?;
        Some(Self {
            key: line.key.clone(),
            name: DeliveredName::parse(&line.key.path),
            digests: *digests,
            records: line.records.into(),
            is_whole: line.outcome == Outcome::Read,
        })
    }
}
