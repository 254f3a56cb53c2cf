//! Opens an archive, and its log files wherever their bytes are: in a file of their own or in a
//! container.
//!
//! Left out: how bytes become text, which is in `decode`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::container;
use super::damage::Damage;
use super::decode::{FileBeginning, ReadOutcome, TextReader};
use super::digest::{self, LogFileDigests};
use super::log_file::{Location, LogFile, LogFileKey};
use super::name::DayRange;
use super::rules::{IgnoredFile, IgnoredReason, ListingEntry, StreamedContainer};
use crate::store::{self, FileStamp, Store};

/// An archive: its roots, opened, in the order in which they were named.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use keytrail::archive::{Archive, DayRange, ListingEntry, TextReader};
///
/// let archive = Archive::open(&["testdata/archive"])?;
/// let mut reader = TextReader::default();
/// let mut bytes_of_text = 0;
/// archive.list(DayRange::default(), |entry| {
///     if let ListingEntry::LogFile(log_file) = entry {
///         let outcome = archive.read(&log_file, None, &mut reader, |text, _is_last| text.len());
///         bytes_of_text += outcome.inflated;
///     }
///     ControlFlow::Continue(())
/// });
/// assert!(bytes_of_text > 500_000);
/// # Ok::<(), keytrail::archive::OpenError>(())
/// ```
pub struct Archive {
    roots: Vec<Box<dyn Store>>,
}

/// A root that cannot be opened.
#[derive(Debug, Error)]
#[error("cannot open {}", path.display())]
pub struct OpenError {
    /// The root as it was named.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

impl Archive {
    /// Opens the roots of an archive: folders, log files, containers or pipes.
    ///
    /// # Errors
    ///
    /// The first root that does not exist or cannot be accessed.
    pub fn open(roots: &[impl AsRef<Path>]) -> Result<Self, OpenError> {
        let roots = roots.iter().map(|root| Self::open_root(root.as_ref()));
        Ok(Self {
            roots: roots.collect::<Result<_, _>>()?,
        })
    }

    /// Opens one root: a folder, a log file, a container or a pipe.
    ///
    /// # Errors
    ///
    /// It does not exist or cannot be accessed.
    pub fn open_root(root: &Path) -> Result<Box<dyn Store>, OpenError> {
        store::open(root).map_err(|cause| OpenError {
            path: root.to_owned(),
            cause,
        })
    }

    /// An archive of roots that are open, wherever they lie.
    pub fn of(roots: Vec<Box<dyn Store>>) -> Self {
        Self { roots }
    }

    /// Whether everything can be read more than once; pipes cannot.
    pub fn is_repeatable(&self) -> bool {
        self.roots.iter().all(|root| root.is_repeatable())
    }

    /// The path of a log file as a person would name it, with its root as it was named.
    pub fn display(&self, key: &LogFileKey) -> String {
        let store = self.store(key.root);
        store.map_or_else(
            |_| key.path_text().into_owned(),
            |store| store.display(&key.path),
        )
    }

    /// The paths of the roots without symbolic links, as bytes.
    pub fn real_paths(&self) -> impl Iterator<Item = &[u8]> {
        self.roots.iter().map(|root| root.real_path())
    }

    /// Looks at a file without reading it.
    ///
    /// # Errors
    ///
    /// It cannot be looked at, or is a member of a container.
    pub fn stamp(&self, key: &LogFileKey) -> io::Result<FileStamp> {
        self.store(key.root)?.stamp(&key.path)
    }

    pub(super) fn stores(&self) -> &[Box<dyn Store>] {
        &self.roots
    }

    fn store(&self, root: u32) -> io::Result<&dyn Store> {
        let store = self.roots.get(root as usize).map(|store| &**store);
        store.ok_or_else(|| io::Error::other("the archive has no such root"))
    }

    /// Reads a log file and passes its text to `consume`, as [`TextReader::read_bytes`] does.
    ///
    /// `streamed` are the bytes of a member of a container that is being streamed
    /// ([`Self::stream`]); other log files are opened where they lie.
    pub fn read(
        &self,
        log_file: &LogFile,
        streamed: Option<&mut dyn Read>,
        reader: &mut TextReader,
        mut consume: impl FnMut(&[u8], bool) -> usize,
    ) -> ReadOutcome {
        let LogFile { key, location, .. } = log_file;
        let read = self.with_bytes(key, location, streamed, reader, |reader, bytes| {
            reader.read_bytes(bytes, &mut consume)
        });
        read.unwrap_or_else(|damage| {
            consume(&[], true);
            ReadOutcome::unopened(damage)
        })
    }

    /// Reads a log file as [`Self::read`] does, but always to the end of the file, and digests its
    /// bytes and its text. With `inflate_twice`, gzip is inflated by a second inflater, too.
    pub fn read_and_digest(
        &self,
        log_file: &LogFile,
        streamed: Option<&mut dyn Read>,
        inflate_twice: bool,
        reader: &mut TextReader,
        mut consume: impl FnMut(&[u8], bool) -> usize,
    ) -> (ReadOutcome, LogFileDigests) {
        let claims = log_file.name.claims.as_ref();
        let md5 = claims.and_then(|claims| claims.md5);
        let LogFile { key, location, .. } = log_file;
        let read = self.with_bytes(key, location, streamed, reader, |reader, bytes| {
            digest::read(reader, bytes, md5, inflate_twice, &mut consume)
        });
        read.unwrap_or_else(|damage| {
            consume(&[], true);
            (ReadOutcome::unopened(damage), LogFileDigests::default())
        })
    }

    /// Reads the beginning of a file that is no log file by its name. `None` where it has no bytes of
    /// its own, or cannot be read.
    pub fn beginning(
        &self,
        file: &IgnoredFile,
        streamed: Option<&mut dyn Read>,
        reader: &mut TextReader,
    ) -> Option<FileBeginning> {
        if file.reason != IgnoredReason::Name {
            return None;
        }
        let IgnoredFile { key, location, .. } = file;
        let read = self.with_bytes(key, location, streamed, reader, |reader, bytes| {
            FileBeginning::read(reader, bytes)
        });
        read.ok()?.ok()
    }

    fn with_bytes<T>(
        &self,
        key: &LogFileKey,
        location: &Location,
        streamed: Option<&mut dyn Read>,
        reader: &mut TextReader,
        read: impl FnOnce(&mut TextReader, &mut dyn Read) -> T,
    ) -> Result<T, Damage> {
        if let Some(bytes) = streamed {
            return Ok(read(reader, bytes));
        }
        let store = self.store(key.root).map_err(Damage::Open)?;
        match location {
            Location::Member(container, range) => reader
                .with_outer(|reader, outer| {
                    let read = |bytes: &mut dyn Read| read(reader, bytes);
                    container::read_member(store, container, range, outer, read)
                })
                .map_err(Damage::Member),
            Location::File | Location::Streamed => {
                let mut file = store.open(&key.path).map_err(Damage::Open)?;
                Ok(read(reader, &mut file))
            }
        }
    }

    /// Visits the members of a file that turned out to be a container while it was read; returns
    /// whether it is one that can be opened.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn list_container(
        &self,
        log_file: &LogFile,
        days: DayRange,
        visit: &mut dyn FnMut(ListingEntry) -> ControlFlow<()>,
    ) -> io::Result<bool> {
        let LogFile { key, location, .. } = log_file;
        let store = self.store(key.root)?;
        // A pipe can be read only once.
        if *location != Location::File || !store.is_file(&key.path) {
            return Ok(false);
        }
        let listed = container::list(store, key, days, visit)?;
        Ok(listed.is_some())
    }

    /// Reads a compressed container from its beginning, and visits its members, with the bytes of
    /// each log file, until `visit` breaks.
    pub fn stream(
        &self,
        container: &StreamedContainer,
        days: DayRange,
        decoder: &mut TextReader,
        visit: &mut dyn FnMut(ListingEntry, &mut dyn Read) -> ControlFlow<()>,
    ) {
        match self.store(container.key.root) {
            Ok(store) => container::stream(store, &container.key, days, decoder, visit),
            Err(cause) => {
                let key = container.key.clone();
                // Nothing is left to read, whether the visitor breaks or not.
                let _flow = visit(ListingEntry::Unreadable { key, cause }, &mut io::empty());
            }
        }
    }

    /// Finds log files by their keys, files and members of containers, and visits each, with its bytes
    /// where it is a member of a streamed container.
    ///
    /// A log file that no longer exists is passed over, and so is a pipe, which can be read only once.
    pub fn find(
        &self,
        keys: &BTreeSet<&LogFileKey>,
        visit: &mut dyn FnMut(&LogFile, Option<&mut dyn Read>),
    ) {
        let mut containers: BTreeMap<LogFileKey, BTreeSet<&LogFileKey>> = BTreeMap::new();
        for &key in keys {
            let Some(store) = self
                .store(key.root)
                .ok()
                .filter(|store| store.is_repeatable())
            else {
                continue;
            };
            if let Some(name) = store.root_file() {
                let root = LogFileKey::new(key.root, name);
                containers.entry(root).or_default().insert(key);
            } else if store.is_file(&key.path) {
                let log_file = LogFile {
                    key: key.clone(),
                    ..LogFile::default()
                };
                visit(&log_file, None);
            } else if let Some(path) = ancestors(&key.path).find(|path| store.is_file(path)) {
                let container = LogFileKey::new(key.root, path);
                containers.entry(container).or_default().insert(key);
            }
        }
        for (container, wanted) in containers {
            self.find_members(&container, &wanted, visit);
        }
    }

    /// Finds the members of a container, or the root itself where it is a log file.
    fn find_members(
        &self,
        container: &LogFileKey,
        wanted: &BTreeSet<&LogFileKey>,
        visit: &mut dyn FnMut(&LogFile, Option<&mut dyn Read>),
    ) {
        let Ok(store) = self.store(container.root) else {
            return;
        };
        let days = DayRange::default();
        let mut visit = |entry, bytes: Option<&mut dyn Read>| {
            if let ListingEntry::LogFile(log_file) = entry
                && wanted.contains(&log_file.key)
            {
                visit(&log_file, bytes);
            }
            ControlFlow::Continue(())
        };
        let listed = container::list(store, container, days, &mut |entry| match entry {
            ListingEntry::StreamedContainer(container) => {
                let mut decoder = TextReader::default();
                self.stream(&container, days, &mut decoder, &mut |entry, bytes| {
                    visit(entry, Some(bytes))
                });
                ControlFlow::Continue(())
            }
            entry => visit(entry, None),
        });
        let is_container = matches!(listed, Ok(Some(_)));
        if !is_container && wanted.contains(container) {
            let log_file = LogFile {
                key: container.clone(),
                ..LogFile::default()
            };
            let _flow = visit(ListingEntry::LogFile(log_file), None);
        }
    }
}

/// The paths of the folders that a path leads through, the longest first.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().rev();
    let slashes = slashes.filter(|&(_, &byte)| byte == b'/');
    slashes.filter_map(|(slash, _)| path.get(..slash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_file_that_is_gone_has_no_digests() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open(&[folder.path()]).unwrap();
        let missing = LogFile {
            key: LogFileKey::new(0, b"missing.gz"),
            ..LogFile::default()
        };
        let mut last = false;
        let (outcome, digests) = archive.read_and_digest(
            &missing,
            None,
            false,
            &mut TextReader::default(),
            |text, is_last| {
                last |= is_last;
                text.len()
            },
        );
        assert!(matches!(outcome.damage, Some(Damage::Open(_))));
        assert_eq!(digests, LogFileDigests::default());
        assert!(last);
    }
}
