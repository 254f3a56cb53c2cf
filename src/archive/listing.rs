//! The listing of an archive: from its roots to the log files under them.
//!
//! Opens nothing but containers, to find their members.

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;

use super::container;
use super::log_file::{Location, LogFile, LogFileKey};
use super::name::{DayRange, DeliveredFolder, DeliveredName, split};
use super::open::Archive;
use super::rules::{self, IgnoredFile, IgnoredReason, ListingEntry, NamedKind};
use crate::store::{Store, StoreEntry};

impl Archive {
    /// Visits what is below the roots, in no particular order, until `visit` breaks.
    ///
    /// A folder is listed as a whole; a root that is a file is a log file or a container whatever its
    /// name and its date. A file that two roots reach is visited once, with the key below the root
    /// that is named first.
    pub fn list(&self, days: DayRange, mut visit: impl FnMut(ListingEntry) -> ControlFlow<()>) {
        let roots = self.stores();
        let mut visited = VisitedFiles::of(roots);
        for (number, store) in (0..).zip(roots) {
            let mut listing = Listing {
                store: &**store,
                root: number,
                days,
                visited: &mut visited,
                folder: (Vec::new(), DeliveredFolder::default()),
                visitor: &mut visit,
            };
            let enters = |folder: &[u8]| days.ruled_out(folder).is_none();
            let flow = store.list(&enters, &mut |entry| listing.visit(entry));
            if flow.is_break() {
                break;
            }
        }
    }
}

/// The listing of one root.
struct Listing<'l> {
    store: &'l dyn Store,
    root: u32,
    days: DayRange,
    visited: &'l mut VisitedFiles,
    /// The latest folder and what its path states: most files share it with the one before.
    folder: (Vec<u8>, DeliveredFolder),
    visitor: &'l mut dyn FnMut(ListingEntry) -> ControlFlow<()>,
}

impl Listing<'_> {
    fn visit(&mut self, entry: StoreEntry<'_>) -> ControlFlow<()> {
        match entry {
            StoreEntry::File { path, size } => self.visit_file(path, size),
            StoreEntry::Known { path, size } => {
                if !self.visited.is_first(self.store, path) {
                    return ControlFlow::Continue(());
                }
                self.visit_log_file(LogFileKey::new(self.root, path), &|| Ok(size))
            }
            StoreEntry::Root { path, size } => self.visit_root(path, size),
            StoreEntry::NotEntered { path } => {
                if !self.visited.is_first_folder(self.store, path) {
                    return ControlFlow::Continue(());
                }
                (self.visitor)(ListingEntry::PrunedFolder)
            }
            StoreEntry::Link { path } => self.ignore(path, IgnoredReason::Link),
            StoreEntry::Special { path } => self.ignore(path, IgnoredReason::Special),
            StoreEntry::Unreadable { path, cause } => (self.visitor)(ListingEntry::Unreadable {
                key: LogFileKey::new(self.root, path),
                cause,
            }),
        }
    }

    fn visit_file(&mut self, path: &[u8], size: &dyn Fn() -> io::Result<u64>) -> ControlFlow<()> {
        let (_, name) = split(path);
        let kind = NamedKind::of(name);
        if let Some(reason) = kind.ignored() {
            return self.ignore(path, reason);
        }
        if !self.visited.is_first(self.store, path) {
            return ControlFlow::Continue(());
        }
        let key = LogFileKey::new(self.root, path);
        if kind == NamedKind::Container {
            match container::list(self.store, &key, self.days, self.visitor) {
                Ok(Some(flow)) => return flow,
                // The name is wrong, so the file is read as a log file.
                Ok(None) => {}
                Err(cause) => return (self.visitor)(ListingEntry::Unreadable { key, cause }),
            }
        }
        self.visit_log_file(key, size)
    }

    fn visit_log_file(
        &mut self,
        key: LogFileKey,
        size: &dyn Fn() -> io::Result<u64>,
    ) -> ControlFlow<()> {
        let (folder, _) = split(&key.path);
        if self.folder.0 != folder {
            self.folder = (folder.to_owned(), DeliveredFolder::parse(folder));
        }
        let name = self.folder.1.name(&key.path);
        let entry = rules::log_file(key, name, self.days, size, Location::File);
        (self.visitor)(entry)
    }

    fn ignore(&mut self, path: &[u8], reason: IgnoredReason) -> ControlFlow<()> {
        (self.visitor)(ListingEntry::Ignored(IgnoredFile {
            key: LogFileKey::new(self.root, path),
            reason,
            location: Location::File,
        }))
    }

    /// Visits a root that is no folder: the members of a container, or a log file.
    fn visit_root(&mut self, path: &[u8], size: Option<u64>) -> ControlFlow<()> {
        if !self.visited.is_first(self.store, b"") {
            return ControlFlow::Continue(());
        }
        let key = LogFileKey::new(self.root, path);
        // A pipe can be read only once, so it is not opened to find out what it is.
        if size.is_some()
            && let Ok(Some(flow)) = container::list(self.store, &key, self.days, self.visitor)
        {
            return flow;
        }
        (self.visitor)(ListingEntry::LogFile(LogFile {
            name: DeliveredName::parse(path),
            key,
            size: size.unwrap_or_default(),
            location: Location::File,
        }))
    }
}

/// The files that were visited, where two roots can reach the same file.
struct VisitedFiles {
    overlapping: bool,
    real_paths: HashSet<Vec<u8>>,
    /// The folders that were not listed, which no other root lists either.
    folders: HashSet<Vec<u8>>,
}

impl VisitedFiles {
    fn of(roots: &[Box<dyn Store>]) -> Self {
        let overlapping = roots.iter().enumerate().any(|(number, root)| {
            roots.iter().enumerate().any(|(other_number, other)| {
                number != other_number && is_below(root.real_path(), other.real_path())
            })
        });
        Self {
            overlapping,
            real_paths: HashSet::new(),
            folders: HashSet::new(),
        }
    }

    /// Whether no other root has reached what lies at this path; an empty path is the root itself.
    fn is_first(&mut self, store: &dyn Store, path: &[u8]) -> bool {
        if !self.overlapping {
            return true;
        }
        let real_path = Self::real_path(store, path);
        !self.is_in_folder(&real_path) && self.real_paths.insert(real_path)
    }

    /// Whether no other root has reached the folder at this path, which is not listed.
    fn is_first_folder(&mut self, store: &dyn Store, path: &[u8]) -> bool {
        if !self.overlapping {
            return true;
        }
        let real_path = Self::real_path(store, path);
        !self.is_in_folder(&real_path) && self.folders.insert(real_path)
    }

    fn is_in_folder(&self, real_path: &[u8]) -> bool {
        !self.folders.is_empty()
            && real_path
                .iter()
                .enumerate()
                .filter(|&(_, &byte)| byte == b'/')
                .filter_map(|(slash, _)| real_path.get(..slash))
                .any(|folder| self.folders.contains(folder))
    }

    fn real_path(store: &dyn Store, path: &[u8]) -> Vec<u8> {
        let mut real_path = store.real_path().to_owned();
        if !path.is_empty() && !real_path.ends_with(b"/") {
            real_path.push(b'/');
        }
        real_path.extend_from_slice(path);
        real_path
    }
}

/// Whether a path is that of a folder or leads below it.
fn is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|below| below.is_empty() || below.starts_with(b"/") || folder.ends_with(b"/"))
}
