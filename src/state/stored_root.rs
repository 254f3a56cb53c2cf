//! A root of a state as a store: it lists what was listed when its files were read, and opens them where
//! they lie now, if they still do.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::catalog::Catalog;
use super::stored_file::{StoredFile, StoredKind};
use crate::archive::IgnoredReason;
use crate::store::{FileStamp, ReadSeek, Store, StoreEntry};

/// A root of a state.
pub(super) struct StoredRoot {
    pub(super) catalog: Arc<Catalog>,
    /// Its number in the state.
    pub(super) root: u32,
    /// Its path as it was without links.
    pub(super) real_path: Vec<u8>,
    /// Where its files lie now.
    pub(super) archive: Option<Box<dyn Store>>,
}

impl StoredRoot {
    fn archive(&self) -> io::Result<&dyn Store> {
        let archive = self.archive.as_deref();
        archive.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the archive is not there"))
    }
}

impl Store for StoredRoot {
    fn real_path(&self) -> &[u8] {
        &self.real_path
    }

    fn display(&self, path: &[u8]) -> String {
        let root = String::from_utf8_lossy(self.real_path());
        let path = String::from_utf8_lossy(path);
        if self.root_file().is_some() || path.is_empty() {
            return root.into_owned();
        }
        format!("{}/{path}", root.trim_end_matches('/'))
    }

    fn root_file(&self) -> Option<&[u8]> {
        let name = self.real_path().rsplit(|&byte| byte == b'/').next()?;
        let mut files = self.catalog.of_root(self.root);
        let first = files.next()?;
        let is_only = files.next().is_none();
        (is_only && &*first.key.path == name && first.container.is_none()).then_some(name)
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn list(
        &self,
        enters: &dyn Fn(&[u8]) -> bool,
        visit: &mut dyn FnMut(StoreEntry<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if let Some(path) = self.root_file() {
            let size = self.catalog.of_root(self.root).next();
            let size = Some(size.map_or(0, |file| file.size));
            return visit(StoreEntry::Root { path, size });
        }
        let mut not_entered: Vec<u8> = Vec::new();
        let mut entered: Vec<u8> = Vec::new();
        for file in self.catalog.of_root(self.root) {
            let path = &*file.key.path;
            if !not_entered.is_empty() && path.starts_with(&not_entered) {
                continue;
            }
            // A member whose path leads out of its container is in no folder.
            let leads_out = path.split(|&byte| byte == b'/').any(|name| name == b"..");
            if !leads_out && let Some(folder) = first_not_entered(path, &entered, enters) {
                visit(StoreEntry::NotEntered { path: folder })?;
                not_entered = [folder, b"/"].concat();
                continue;
            }
            entered.clear();
            entered.extend_from_slice(path);
            visit(entry(file))?;
        }
        ControlFlow::Continue(())
    }

    fn is_file(&self, path: &[u8]) -> bool {
        self.archive().is_ok_and(|archive| archive.is_file(path))
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send>> {
        self.archive()?.open(path)
    }

    fn open_ranges(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek + Send>> {
        self.archive()?.open_ranges(path)
    }

    fn stamp(&self, path: &[u8]) -> io::Result<FileStamp> {
        self.archive()?.stamp(path)
    }
}

/// The topmost folder on the way to a path that is not entered. Those on the way to `entered` are.
fn first_not_entered<'p>(
    path: &'p [u8],
    entered: &[u8],
    enters: &dyn Fn(&[u8]) -> bool,
) -> Option<&'p [u8]> {
    let slashes = path.iter().enumerate();
    let slashes = slashes.filter(|&(_, &byte)| byte == b'/');
    let mut folders = slashes.filter_map(|(slash, _)| path.get(..slash));
    folders.find(|folder| {
        let is_known = entered
            .strip_prefix(*folder)
            .is_some_and(|below| below.starts_with(b"/"));
        !is_known && !enters(folder)
    })
}

/// The entry of a file in the listing of its root.
fn entry(file: &StoredFile) -> StoreEntry<'_> {
    let path = &*file.key.path;
    match file.kind {
        StoredKind::LogFile => StoreEntry::Known {
            path,
            size: file.size,
        },
        StoredKind::Ignored(IgnoredReason::Link) => StoreEntry::Link { path },
        StoredKind::Ignored(IgnoredReason::Special) => StoreEntry::Special { path },
        StoredKind::Ignored(IgnoredReason::Name | IgnoredReason::BrokenDownload) => {
            StoreEntry::File {
                path,
                size: &|| Ok(0),
            }
        }
        StoredKind::Unreadable => StoreEntry::Unreadable {
            path,
            cause: io::Error::other("it could not be read"),
        },
    }
}
