//! The names of log files compared with what is inside.
//!
//! Whether the size and the MD5 in a name are those of the file as it is stored or those of its text
//! is not documented. So both are compared, and the matches are counted side by side.

use super::log_file::LogFileEvidence;
use crate::archive::Digests;

/// How many days the folder of a log file may be off its name: a file of midnight can lie in the
/// neighbouring day's folder.
const NEIGHBOUR: u64 = 1;

/// How the names of one root's log files agree with what is inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameCheck<'e> {
    /// Log files whose name has the documented form.
    pub named: u64,
    /// Log files whose name has another form, which states nothing.
    pub unnamed: u64,
    /// Names whose event count is the number of records inside.
    pub events: u64,
    /// Names whose size is that of …
    pub size: MatchCounts,
    /// Names whose MD5 is that of …
    pub md5: MatchCounts,
    /// Log files of which something differs, by key.
    pub differing: Vec<Mismatch<'e>>,
}

/// Which reading of a part of a name is true, for how many names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MatchCounts {
    /// The object as it is stored.
    pub object: u64,
    /// Its text, inflated.
    pub text: u64,
    /// Both, which are the same or alike.
    pub both: u64,
    /// Neither.
    pub neither: u64,
    /// Not known: the name has no such number, or the file could not be read to its end.
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
    /// The size, by either reading.
    Size {
        /// By the name.
        claimed: u64,
        /// Of the object.
        object: u64,
        /// Of the text.
        text: u64,
    },
    /// The MD5, by either reading.
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
    /// Tries both readings; gives what was found where neither is true.
    fn try_both<T: PartialEq + Copy>(
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
        match claims.events {
            Some(claimed) if claimed == log_file.records => names.events += 1,
            Some(claimed) => differ(Difference::Events {
                claimed,
                found: log_file.records,
            }),
            None => {}
        }
        let size = names
            .size
            .try_both(claims.size, log_file, |digests| Some(digests.size));
        if let Some((claimed, object, text)) = size {
            differ(Difference::Size {
                claimed,
                object,
                text,
            });
        }
        let md5 = names
            .md5
            .try_both(claims.md5, log_file, |digests| digests.md5);
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
