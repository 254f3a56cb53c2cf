//! The endings of the names that a walk looks for, in one list.
//!
//! A name only says where to look: what a file is, its content tells.

/// The endings of the names of log files: those of delivered files, and of what Log Service ships
/// and downloads.
pub const LOG_FILES: &[&str] = &[
    ".gz", ".json", ".jsonl", ".ndjson", ".csv", ".zst", ".zstd", ".snappy", ".lz4",
];

/// The endings of the names of packs: whole archives in one file.
pub const PACKS: &[&str] = &[
    ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.lz4", ".zip",
];

/// Whether a file's name is that of a log file.
pub(super) fn is_log_file(name: &[u8]) -> bool {
    !name.starts_with(b".") && has_ending(name, LOG_FILES)
}

/// Whether a file's name is that of a pack.
pub(super) fn is_pack(name: &[u8]) -> bool {
    !name.starts_with(b".") && has_ending(name, PACKS)
}

fn has_ending(name: &[u8], endings: &[&str]) -> bool {
    endings.iter().any(|ending| {
        let at = name.len().saturating_sub(ending.len());
        name.get(at..)
            .is_some_and(|end| end.eq_ignore_ascii_case(ending.as_bytes()))
    })
}
