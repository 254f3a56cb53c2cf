//! The names of log files compared with what is inside.
//!
//! Whether the size and the MD5 in a name are those of the file as it is stored or those of its text
//! is not documented. So both are compared, and the matches are counted side by side.

use super::log_file::LogFileEvidence;
use crate::archive::Digests;

/// How many days the folder of a log file may differ from its name: a file of midnight can lie in the
/// neighbouring day's folder.
const NEIGHBOUR: u64 = 1;

/// How the names of one root's log files agree with what is inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameCheck<'e> {
    /// Log files with a name of the documented form.
    pub named: u64,
    /// Log files with a name of another form, which states nothing.
    pub unnamed: u64,
    /// How many names have an event count that is the number of records inside.
    pub events: u64,
    /// What the sizes in the names are those of.
    pub size: MatchCounts,
    /// What the MD5s in the names are those of.
    pub md5: MatchCounts,
    /// Log files of which something differs, in the order of their keys.
    pub differing: Vec<Mismatch<'e>>,
}

/// How many names match the object, its text, both or neither, in one part of the name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MatchCounts {
    /// Match the object as it is stored.
    pub object: u64,
    /// Match its text, inflated.
    pub text: u64,
    /// Match both.
    pub both: u64,
    /// Match neither.
    pub neither: u64,
    /// Cannot be compared: the name has no such number, or the file could not be read to its end.
    pub unknown: u64,
}

/// A log file that differs from its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch<'e> {
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
        claimed: u64,
        /// Inside.
        found: u64,
    },
    /// The size, from both the object and its text.
    Size {
        /// By the name.
        claimed: u64,
        /// Of the object.
        object: u64,
        /// Of the text.
        text: u64,
    },
    /// The MD5, from both the object and its text.
    Md5 {
        /// By the name.
        claimed: [u8; 16],
        /// Of the object.
        object: [u8; 16],
        /// Of the text.
        text: [u8; 16],
    },
    /// The region of the folder.
    Region {
        /// By the name.
        claimed: String,
        /// Of the folder.
        folder: String,
    },
    /// The day of the folder, by more than a day; in days since 1970-01-01 UTC.
    Day {
        /// By the name.
        claimed: i64,
        /// Of the folder.
        folder: i64,
    },
}

impl MatchCounts {
    /// Compares what a name claims with the object and with its text, and counts the result; returns
    /// the three values where neither matches.
    fn count<T: PartialEq + Copy>(
        &mut self,
        claimed: Option<T>,
        log_file: &LogFileEvidence,
        part: impl Fn(&Digests) -> Option<T>,
    ) -> Option<(T, T, T)> {
        let of = |digests: &Option<Digests>| digests.as_ref().and_then(&part);
        let text = of(&log_file.digests.text);
        let count = match (claimed, of(&log_file.digests.object)) {
            (Some(claimed), Some(object)) => match (claimed == object, text) {
                (true, Some(text)) if claimed == text => &mut self.both,
                (true, _) => &mut self.object,
                (false, Some(text)) if claimed == text => &mut self.text,
                (false, Some(text)) => {
                    self.neither += 1;
                    return Some((claimed, object, text));
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
pub(super) fn compare(log_files: &[LogFileEvidence], roots: usize) -> Vec<NameCheck<'_>> {
    let mut all = vec![NameCheck::default(); roots];
    for log_file in log_files {
        let (key, name) = (&log_file.key, &log_file.name);
        let Some(names) = all.get_mut(key.root as usize) else {
            continue;
        };
        let Some(claims) = &name.claims else {
            names.unnamed += 1;
            continue;
        };
        names.named += 1;
        let mut differ = |difference| {
            names.differing.push(Mismatch {
                log_file,
                difference,
            });
        };
        match claims.events.filter(|_| log_file.is_whole) {
            Some(claimed) if claimed == log_file.records => names.events += 1,
            Some(claimed) => differ(Difference::Events {
                claimed,
                found: log_file.records,
            }),
            None => {}
        }
        let size = names
            .size
            .count(claims.size, log_file, |digests| Some(digests.size));
        if let Some((claimed, object, text)) = size {
            differ(Difference::Size {
                claimed,
                object,
                text,
            });
        }
        let md5 = names.md5.count(claims.md5, log_file, |digests| digests.md5);
        if let Some((claimed, object, text)) = md5 {
            differ(Difference::Md5 {
                claimed,
                object,
                text,
            });
        }
        let region = name.name_region(&key.path);
        if let Some(folder) = name.folder_region(&key.path)
            && !region.is_empty()
            && region != folder
        {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            differ(Difference::Region {
                claimed: text(region),
                folder: text(folder),
            });
        }
        if let (Some(claimed), Some(folder)) = (claims.day, name.folder_day())
            && claimed.abs_diff(folder) > NEIGHBOUR
        {
            differ(Difference::Day { claimed, folder });
        }
    }
    all
}
