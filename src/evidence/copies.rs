//! Log files that are the same as others, by their digests.

use std::collections::BTreeMap;

use super::log_file::LogFileEvidence;
use crate::archive::Digests;

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
/// Empty files and texts without a record are no copies of each other.
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
    let objects =
        groups(|log_file| log_file.digests.object).map(|(sha256, (size, log_files))| Copies {
            same_object: true,
            sha256,
            size,
            log_files,
        });
    let texts = groups(|log_file| log_file.digests.text.filter(|_| log_file.records > 0))
        .filter(|(_, (_, group))| {
            // Where all files are the same, they are in `objects` already.
            let object =
                |log_file: &&LogFileEvidence| log_file.digests.object.map(|object| object.sha256);
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
        (first.map(|first| &first.key), !copies.same_object)
    });
    copies
}
