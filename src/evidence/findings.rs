//! The evidence that a scan has collected, and what is found by comparing it.

use super::copies::{Copies, copies};
use super::log_file::LogFileEvidence;
use super::name_check::{NameCheck, compare};
use super::trail_changes::{TrailChange, TrailChanges};
use crate::coverage::{Ledger, Trail};

/// The evidence of an archive.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    log_files: Vec<LogFileEvidence>,
    trails: Vec<Trail>,
    changes: Vec<TrailChange>,
}

impl Evidence {
    /// The evidence of a sorted ledger with the digests of its log files, and of the changes of trails
    /// in them.
    pub fn new(ledger: &Ledger, changes: &TrailChanges) -> Self {
        Self {
            log_files: ledger
                .lines()
                .iter()
                .filter_map(LogFileEvidence::of)
                .collect(),
            trails: ledger.deliveries.trails(),
            changes: changes.list(),
        }
    }

    /// The log files, by key.
    pub fn log_files(&self) -> &[LogFileEvidence] {
        &self.log_files
    }

    /// Compares everything. `roots` is how many roots there are.
    pub fn findings(&self, roots: usize) -> Findings<'_> {
        Findings {
            names: compare(&self.log_files, roots),
            copies: copies(&self.log_files),
            second_inflater: SecondInflaterCheck::of(&self.log_files),
            trails: &self.trails,
            changes: &self.changes,
        }
    }
}

/// What is found by comparing the evidence.
#[derive(Clone, Debug)]
pub struct Findings<'e> {
    /// Names against content, root by root.
    pub names: Vec<NameCheck<'e>>,
    /// Log files that are the same, in groups.
    pub copies: Vec<Copies<'e>>,
    /// The texts of gzip files by two inflaters; `None` where only one was used.
    pub second_inflater: Option<SecondInflaterCheck<'e>>,
    /// When each trail delivered, and when not.
    pub trails: &'e [Trail],
    /// The calls that start, stop, change or delete trails, in order of time.
    pub changes: &'e [TrailChange],
}

/// The texts of gzip files by our own inflater, compared with those by a second one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecondInflaterCheck<'e> {
    /// How many files have the same text by both, or fail with both.
    pub agree: u64,
    /// The others, in the order of their keys.
    pub differing: Vec<&'e LogFileEvidence>,
}

impl<'e> SecondInflaterCheck<'e> {
    fn of(log_files: &'e [LogFileEvidence]) -> Option<Self> {
        let mut check = None;
        for log_file in log_files {
            if let Some(agrees) = log_file.digests.second_inflater_agrees {
                let check: &mut Self = check.get_or_insert_default();
                if agrees {
                    check.agree += 1;
                } else {
                    check.differing.push(log_file);
                }
            }
        }
        check
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{LogFileDigests, LogFileKey};

    #[test]
    fn a_file_with_another_text_by_the_second_inflater_is_listed() {
        let log_file = |path: &[u8], agrees| LogFileEvidence {
            key: LogFileKey::new(0, path),
            digests: LogFileDigests {
                second_inflater_agrees: agrees,
                ..LogFileDigests::default()
            },
            ..LogFileEvidence::default()
        };
        let log_files = [
            log_file(b"a", Some(true)),
            log_file(b"b", None),
            log_file(b"c", Some(false)),
        ];
        let check = SecondInflaterCheck::of(&log_files).unwrap();
        assert_eq!((check.agree, check.differing), (1, vec![&log_files[2]]));
        assert_eq!(SecondInflaterCheck::of(&log_files[1..2]), None);
    }
}
