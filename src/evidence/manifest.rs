//! The manifest: SHA-256, size and path of every log file, and the comparison with an earlier one.
//!
//! The lines are those of `sha256sum`, which can check them from inside a root: the hash in lower-case
//! hex, two blanks, the path. In a path with a line feed, a carriage return or a backslash these
//! are written `\n`, `\r` and `\\`, and the line begins with a backslash; all other bytes of a path
//! stand as they are, UTF-8 or not. What lines of `sha256sum` cannot hold is in comments, which it
//! passes over: the size before each line, and the number of the root before the first of its
//! files.
//!
//! ```text
//! # keytrail manifest 1
//! # root 0: archive
//! # size 3
//! ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  2024/a.json
//! ```
//!
//! A member of a container has its path as if the container were a folder, which `sha256sum` cannot
//! check; the container itself has no line.
//!
//! The path of a root is only there to be read by people. Roots are compared by the files that they
//! share (`root_matching.rs`), since a copy of an archive lies elsewhere.

use std::collections::BTreeMap;
use std::io;

use thiserror::Error;

use super::log_file::LogFileEvidence;
use super::root_matching::{RootedFile, matching_roots};
use crate::archive::{Digests, LogFileKey};

const HEAD: &str = "# keytrail manifest 1";
const ROOT: &str = "# root ";
const SIZE: &str = "# size ";

/// A manifest that was read.
///
/// ```
/// use keytrail::evidence::Manifest;
///
/// let line = b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  2024/a.json\n";
/// let comparison = Manifest::parse(line)?.compare(&[]);
/// assert!(!comparison.is_same());
/// assert_eq!(comparison.missing[0].path_text(), "2024/a.json");
/// # Ok::<(), keytrail::evidence::ManifestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    log_files: BTreeMap<LogFileKey, ManifestEntry>,
}

/// What a manifest states of a log file. The size can be missing, as it is in what `sha256sum` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ManifestEntry {
    size: Option<u64>,
    sha256: [u8; 32],
}

/// A line that does not belong in a manifest.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line} {what}")]
pub struct ManifestError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// How an archive compares with an earlier manifest. Log files are in the order of their keys, which have
/// the numbers of the archive's roots; a root that the archive has not has a number behind those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Log files with the bytes that they had.
    pub same: u64,
    /// Log files of the manifest that are not in the archive.
    pub missing: Vec<LogFileKey>,
    /// Log files that are not in the manifest.
    pub added: Vec<LogFileKey>,
    /// Log files with other bytes.
    pub changed: Vec<LogFileKey>,
    /// Log files of the manifest that cannot be read to their end.
    pub unreadable: Vec<LogFileKey>,
    /// Whether a root has another number than in the manifest.
    pub renumbered: bool,
}

impl Comparison {
    /// Whether the archive has exactly the log files of the manifest, with the same bytes.
    pub fn is_same(&self) -> bool {
        let Self {
            same: _,
            missing,
            added,
            changed,
            unreadable,
            renumbered: _,
        } = self;
        [missing, added, changed, unreadable]
            .iter()
            .all(|paths| paths.is_empty())
    }
}

impl Manifest {
    /// Writes the manifest of log files that are in the order of their keys. `roots` are the paths of
    /// the roots, without line ends. A log file that cannot be read to its end has no hash and is left
    /// out.
    pub fn write(
        log_files: &[LogFileEvidence],
        roots: &[String],
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        writeln!(out, "{HEAD}")?;
        for (number, root) in (0..).zip(roots) {
            writeln!(out, "{ROOT}{number}: {root}")?;
            let of_root = log_files
                .iter()
                .filter(|log_file| log_file.key.root == number);
            for log_file in of_root {
                if let Some(digests) = &log_file.digests.object {
                    out.write_all(&line(&log_file.key.path, digests))?;
                }
            }
        }
        Ok(())
    }

    /// Reads a manifest, or what `sha256sum` wrote.
    ///
    /// # Errors
    ///
    /// The first line that does not belong in a manifest, or that has the path of an earlier one.
    pub fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        let (mut root, mut size) = (0, None);
        // An editor or a mail program can add a byte order mark, and carriage returns at the ends of
        // lines; those of a path are escaped.
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let wrong = |what| ManifestError {
                line: number + 1,
                what,
            };
            if let Some(rest) = line.strip_prefix(ROOT.as_bytes()) {
                root = leading_number(rest)
                    .and_then(|number| u32::try_from(number).ok())
                    .ok_or_else(|| wrong("has no number of a root"))?;
            } else if let Some(rest) = line.strip_prefix(SIZE.as_bytes()) {
                let number = leading_number(rest).ok_or_else(|| wrong("has no size"))?;
                size = Some(number);
            } else if !line.starts_with(b"#") && !line.is_empty() {
                let (path, sha256) =
                    entry(line).ok_or_else(|| wrong("is no SHA-256 with a path after it"))?;
                let size = size.take();
                let before = manifest
                    .log_files
                    .insert(LogFileKey::new(root, &path), ManifestEntry { size, sha256 });
                if before.is_some() {
                    return Err(wrong("has the path of an earlier line"));
                }
            }
        }
        Ok(manifest)
    }

    /// Compares log files with those of the manifest.
    pub fn compare(&self, log_files: &[LogFileEvidence]) -> Comparison {
        let matching = self.matching_roots(log_files);
        let mut comparison = Comparison {
            renumbered: matching.iter().any(|(root, number)| root != number),
            ..Comparison::default()
        };
        let mut left: BTreeMap<LogFileKey, ManifestEntry> = (self.log_files.iter())
            .filter_map(|(key, entry)| {
                let root = *matching.get(&key.root)?;
                Some((LogFileKey::new(root, &key.path), *entry))
            })
            .collect();
        for log_file in log_files {
            let key = log_file.key.clone();
            match (left.remove(&key), &log_file.digests.object) {
                (None, _) => comparison.added.push(key),
                (Some(_), None) => comparison.unreadable.push(key),
                (Some(entry), Some(object)) if entry.is_of(object) => comparison.same += 1,
                (Some(_), Some(_)) => comparison.changed.push(key),
            }
        }
        comparison.missing = left.into_keys().collect();
        for paths in [
            &mut comparison.added,
            &mut comparison.changed,
            &mut comparison.unreadable,
        ] {
            paths.sort_unstable();
        }
        comparison
    }

    /// The number of each root of the manifest among those of the archive.
    fn matching_roots(&self, log_files: &[LogFileEvidence]) -> BTreeMap<u32, u32> {
        let earlier = self.log_files.iter();
        let earlier = earlier.map(|(key, entry)| RootedFile::new(key, entry.sha256));
        let now = log_files.iter().filter_map(|log_file| {
            let object = log_file.digests.object.as_ref()?;
            Some(RootedFile::new(&log_file.key, object.sha256))
        });
        matching_roots(earlier, now)
    }
}

impl ManifestEntry {
    fn is_of(&self, object: &Digests) -> bool {
        self.sha256 == object.sha256 && self.size.is_none_or(|size| size == object.size)
    }
}

/// The lines of one log file.
fn line(path: &[u8], digests: &Digests) -> Vec<u8> {
    let mut line = format!("{SIZE}{}\n", digests.size).into_bytes();
    let escaped = path
        .iter()
        .any(|byte| matches!(byte, b'\n' | b'\r' | b'\\'));
    if escaped {
        line.push(b'\\');
    }
    line.extend_from_slice(hex(&digests.sha256).as_bytes());
    line.extend_from_slice(b"  ");
    for &byte in path {
        match byte {
            b'\n' => line.extend_from_slice(br"\n"),
            b'\r' => line.extend_from_slice(br"\r"),
            b'\\' => line.extend_from_slice(br"\\"),
            byte => line.push(byte),
        }
    }
    line.push(b'\n');
    line
}

/// Path and hash of a line.
fn entry(line: &[u8]) -> Option<(Vec<u8>, [u8; 32])> {
    let (line, escaped) = match line.strip_prefix(b"\\") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let (hash, rest) = line.split_at_checked(64)?;
    // The second blank is a `*` where a file was read as binary.
    let path = rest
        .strip_prefix(b"  ")
        .or_else(|| rest.strip_prefix(b" *"))?;
    let path = if escaped {
        unescaped(path)?
    } else {
        path.to_vec()
    };
    // `find` and `sha256sum` write paths so from inside a root.
    let path = match path.strip_prefix(b"./") {
        Some(path) => path.to_vec(),
        None => path,
    };
    (!path.is_empty()).then_some((path, unhex(hash)?))
}

fn unescaped(path: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(path.len());
    let mut bytes = path.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(plain)
}

fn leading_number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digit = |byte: u8| char::from(byte).to_digit(16);
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let &[high, low] = pair else {
            return None;
        };
        *byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::LogFileDigests;

    fn log_file(root: u32, path: &[u8], sha256: [u8; 32]) -> LogFileEvidence {
        LogFileEvidence {
            key: LogFileKey::new(root, path),
            digests: LogFileDigests {
                object: Some(Digests {
                    size: 3,
                    sha256,
                    md5: None,
                }),
                ..LogFileDigests::default()
            },
            ..LogFileEvidence::default()
        }
    }

    fn written(log_files: &[LogFileEvidence]) -> Vec<u8> {
        let mut text = Vec::new();
        let roots = ["one".to_owned(), "two".to_owned()];
        Manifest::write(log_files, &roots, &mut text).unwrap();
        text
    }

    proptest! {
        #[test]
        fn every_path_comes_back(
            paths in proptest::collection::btree_set(
                (0_u32..2, proptest::collection::vec(
                    prop_oneof![Just(b'\n'), Just(b'\\'), Just(b'\r'), Just(b'n'), Just(b'#'), Just(b' '), 1..=255_u8],
                    1..9,
                )),
                0..9,
            ),
            hash in any::<[u8; 32]>(),
        ) {
            // No path of a listing begins like this.
            let paths = paths.into_iter().filter(|(_, path)| !path.starts_with(b"./"));
            let log_files: Vec<_> =
                paths.map(|(root, path)| log_file(root, &path, hash)).collect();
            let manifest = Manifest::parse(&written(&log_files)).unwrap();
            let comparison = manifest.compare(&log_files);
            prop_assert!(comparison.is_same());
            prop_assert_eq!(comparison.same, log_files.len() as u64);
        }

        #[test]
        fn no_text_makes_it_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::parse(&text);
        }
    }

    #[test]
    fn what_differs_is_reported_by_kind() {
        let before = [
            log_file(0, b"changed", [1; 32]),
            log_file(0, b"gone", [1; 32]),
            log_file(0, b"same", [1; 32]),
            log_file(0, b"unread", [1; 32]),
        ];
        let mut unread = log_file(0, b"unread", [1; 32]);
        unread.digests.object = None;
        let now = [
            log_file(0, b"changed", [2; 32]),
            log_file(0, b"same", [1; 32]),
            unread,
            log_file(1, b"gone", [1; 32]),
        ];
        let comparison = Manifest::parse(&written(&before)).unwrap().compare(&now);
        assert_eq!(
            comparison,
            Comparison {
                same: 1,
                missing: vec![LogFileKey::new(0, b"gone")],
                added: vec![LogFileKey::new(1, b"gone")],
                changed: vec![LogFileKey::new(0, b"changed")],
                unreadable: vec![LogFileKey::new(0, b"unread")],
                renumbered: false,
            }
        );
        assert!(!comparison.is_same());
    }

    #[test]
    fn a_manifest_of_sha256sum_is_read_and_nonsense_is_reported_by_its_line() {
        let hash = "01".repeat(32);
        let text = format!("{hash}  ./a\n{hash} *b c\n\\{hash}  d\\ne\n");
        let log_files = [
            log_file(0, b"a", [1; 32]),
            log_file(0, b"b c", [1; 32]),
            log_file(0, b"d\ne", [1; 32]),
        ];
        let comparison = Manifest::parse(text.as_bytes())
            .unwrap()
            .compare(&log_files);
        assert!(comparison.is_same(), "{comparison:?}");
        let fails = |text: &str, line| {
            let error = Manifest::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
        };
        fails("nonsense", 1);
        fails(&format!("# a comment\n{hash}  a\n{hash}  a"), 3);
        fails(&format!("{hash} a"), 1);
        fails(&format!("{}  a", "0g".repeat(32)), 1);
        fails(&format!("\\{hash}  a\\tb"), 1);
        fails("# size many", 1);
        fails("# root one", 1);
        assert_eq!(Manifest::parse(b"").unwrap(), Manifest::default());
    }

    #[test]
    fn another_size_is_another_file() {
        let log_files = [log_file(0, b"a", [1; 32])];
        let text = written(&log_files);
        let text = String::from_utf8(text)
            .unwrap()
            .replace("# size 3", "# size 4");
        let comparison = Manifest::parse(text.as_bytes())
            .unwrap()
            .compare(&log_files);
        assert_eq!(comparison.changed.len(), 1);
    }
}
