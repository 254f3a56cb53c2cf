//! The name of a log file against what is inside, and log files against each other.
//!
//! Which bytes the size and the MD5 of a name are those of is not documented. So both readings are
//! tried, the object as it is stored and its text, and counted side by side.

use std::collections::BTreeMap;

use super::{Digests, LogFileEvidence};

/// How many days the folder of a log file may be off its name: a file of midnight can lie in the
/// neighbouring day's folder.
const NEIGHBOUR: u64 = 1;

/// How the names of one root's log files agree with what is inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names<'e> {
    /// Log files whose name has the documented form.
    pub named: u64,
    /// Log files whose name has another form, which promises nothing.
    pub unnamed: u64,
    /// Names whose event count is the number of records inside.
    pub events: u64,
    /// Names whose size is that of …
    pub size: Agreement,
    /// Names whose MD5 is that of …
    pub md5: Agreement,
    /// Log files of which something differs, by path.
    pub differing: Vec<Differing<'e>>,
}

/// Which reading of a part of a name is true, for how many names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// The object as it is stored.
    pub object: u64,
    /// Its text, inflated.
    pub text: u64,
    /// Both, which are the same or alike.
    pub both: u64,
    /// Neither.
    pub neither: u64,
    /// Cannot be told: the name has no such number, or the file could not be read to its end.
    pub unknown: u64,
}

/// A log file that differs from its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing<'e> {
    /// The log file.
    pub log_file: &'e LogFileEvidence,
    /// In what.
    pub difference: Difference,
}

/// What can differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The event count.
    Events {
        /// By the name.
        promised: u64,
        /// Inside.
        found: u64,
    },
    /// The size, by either reading.
    Size {
        /// By the name.
        promised: u64,
        /// Of the object.
        object: u64,
        /// Of the text.
        text: u64,
    },
    /// The MD5, by either reading.
    Md5 {
        /// By the name.
        promised: [u8; 16],
        /// Of the object.
        object: [u8; 16],
        /// Of the text.
        text: [u8; 16],
    },
    /// The region of the folder.
    Region {
        /// By the name.
        promised: String,
        /// Of the folder.
        folder: String,
    },
    /// The day of the folder, by more than a day; in days since 1970-01-01 UTC.
    Day {
        /// By the name.
        promised: i64,
        /// Of the folder.
        folder: i64,
    },
}

impl Agreement {
    /// Tries both readings; gives what was found where neither is true.
    fn try_both<T: PartialEq + Copy>(
        &mut self,
        promised: Option<T>,
        log_file: &LogFileEvidence,
        part: impl Fn(&Digests) -> Option<T>,
    ) -> Option<(T, T, T)> {
        let of = |digests: &Option<Digests>| digests.as_ref().and_then(&part);
        let text = of(&log_file.text);
        let count = match (promised, of(&log_file.object)) {
            (Some(promised), Some(object)) => match (promised == object, text) {
                (true, Some(text)) if promised == text => &mut self.both,
                (true, _) => &mut self.object,
                (false, Some(text)) if promised == text => &mut self.text,
                (false, Some(text)) => {
                    self.neither += 1;
                    return Some((promised, object, text));
                }
                (false, None) => &mut self.unknown,
            },
            (_, _) => &mut self.unknown,
        };
        *count += 1;
        None
    }
}

/// Compares the names of each root's log files with what is inside.
pub(super) fn compare(log_files: &[LogFileEvidence], roots: usize) -> Vec<Names<'_>> {
    let mut all = vec![Names::default(); roots];
    for log_file in log_files {
        let Some(names) = all.get_mut(log_file.root) else {
            continue;
        };
        let Some(promise) = &log_file.promise else {
            names.unnamed += 1;
            continue;
        };
        names.named += 1;
        let mut differ = |difference| {
            names.differing.push(Differing {
                log_file,
                difference,
            });
        };
        match promise.events {
            Some(promised) if promised == log_file.records => names.events += 1,
            Some(promised) => differ(Difference::Events {
                promised,
                found: log_file.records,
            }),
            None => {}
        }
        let size = names
            .size
            .try_both(promise.size, log_file, |digests| Some(digests.size));
        if let Some((promised, object, text)) = size {
            differ(Difference::Size {
                promised,
                object,
                text,
            });
        }
        let md5 = names
            .md5
            .try_both(promise.md5, log_file, |digests| digests.md5);
        if let Some((promised, object, text)) = md5 {
            differ(Difference::Md5 {
                promised,
                object,
                text,
            });
        }
        if let Some((region, day)) = &log_file.place {
            if !promise.region.is_empty() && promise.region != *region {
                differ(Difference::Region {
                    promised: promise.region.clone(),
                    folder: region.clone(),
                });
            }
            if let Some(promised) = promise.day
                && promised.abs_diff(*day) > NEIGHBOUR
            {
                differ(Difference::Day {
                    promised,
                    folder: *day,
                });
            }
        }
    }
    all
}

/// Log files with the same bytes, or with the same text in other bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies<'e> {
    /// Whether the files themselves are the same; if not, only their texts are.
    pub same_object: bool,
    /// The SHA-256 of what is the same.
    pub sha256: [u8; 32],
    /// Its size.
    pub size: u64,
    /// The log files, by root and path.
    pub log_files: Vec<&'e LogFileEvidence>,
}

/// The groups of log files that are the same, by their first members.
///
/// Files without a byte and texts without a record are all alike, and no copies.
pub(super) fn copies(log_files: &[LogFileEvidence]) -> Vec<Copies<'_>> {
    let groups = |digests: fn(&LogFileEvidence) -> Option<Digests>| {
        let mut groups: BTreeMap<[u8; 32], (u64, Vec<&LogFileEvidence>)> = BTreeMap::new();
        for log_file in log_files {
            if let Some(digests) = digests(log_file)
                && digests.size > 0
            {
                let group = groups.entry(digests.sha256).or_default();
                group.0 = digests.size;
                group.1.push(log_file);
            }
        }
        groups.into_iter().filter(|(_, (_, group))| group.len() > 1)
    };
    let objects = groups(|log_file| log_file.object).map(|(sha256, (size, log_files))| Copies {
        same_object: true,
        sha256,
        size,
        log_files,
    });
    let texts = groups(|log_file| log_file.text.filter(|_| log_file.records > 0))
        .filter(|(_, (_, group))| {
            // Told already, where all the files are the same.
            let object = |log_file: &&LogFileEvidence| log_file.object.map(|object| object.sha256);
            group
                .first()
                .is_some_and(|first| group.iter().any(|other| object(other) != object(first)))
        })
        .map(|(sha256, (size, log_files))| Copies {
            same_object: false,
            sha256,
            size,
            log_files,
        });
    let mut copies: Vec<_> = objects.chain(texts).collect();
    copies.sort_by_key(|copies| {
        let first = copies.log_files.first();
        (
            first.map(|first| (first.root, &first.path)),
            !copies.same_object,
        )
    });
    copies
}
