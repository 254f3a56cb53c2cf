//! A root on disk: a folder, a file or a pipe.
//!
//! Symbolic links below a folder are not followed; a root that is a link is.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::WalkDir;

use super::contract::{FileStamp, ReadSeek, Store, StoreEntry};

/// A root on disk.
pub(super) struct Disk {
    /// The path to open it by, as it was named.
    root: PathBuf,
    /// The path without links, as bytes.
    real: Vec<u8>,
    metadata: Metadata,
}

impl Disk {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(root)?;
        if metadata.is_dir() {
            // A root that cannot be listed is no archive with a part missing.
            fs::read_dir(root)?;
        }
        // A pipe that a shell has opened has no path of its own to resolve.
        let real = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        Ok(Self {
            root: root.to_owned(),
            real: slashed(real.as_os_str()).into_owned(),
            metadata,
        })
    }

    /// Opens a root by its path as bytes.
    pub(super) fn open_real(path: &[u8]) -> io::Result<Self> {
        Self::open(Path::new(&system_path(path)))
    }

    /// The path below the root of what was listed.
    fn below(&self, path: &Path) -> Vec<u8> {
        let (path, root) = (slashed(path.as_os_str()), slashed(self.root.as_os_str()));
        // A walk joins names to the root as it was given, so its paths begin with the same bytes.
        let below = path.strip_prefix(&root[..]).unwrap_or(&path);
        let slashes = below.iter().take_while(|&&byte| byte == b'/').count();
        below.get(slashes..).unwrap_or_default().to_owned()
    }

    /// The path to open what lies there. A root that is no folder has nothing below it.
    fn path(&self, below: &[u8]) -> PathBuf {
        if self.metadata.is_dir() {
            self.root.join(system_path(below))
        } else {
            self.root.clone()
        }
    }
}

impl Store for Disk {
    fn real_path(&self) -> &[u8] {
        &self.real
    }

    fn display(&self, path: &[u8]) -> String {
        let path = if path.is_empty() || self.root_file() == Some(path) {
            self.root.clone()
        } else {
            self.root.join(system_path(path))
        };
        path.to_string_lossy().into_owned()
    }

    fn root_file(&self) -> Option<&[u8]> {
        let name = self.real.rsplit(|&byte| byte == b'/').next();
        name.filter(|_| !self.metadata.is_dir())
    }

    fn is_repeatable(&self) -> bool {
        self.metadata.is_dir() || self.metadata.is_file()
    }

    fn list(
        &self,
        enters: &dyn Fn(&[u8]) -> bool,
        visit: &mut dyn FnMut(StoreEntry<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if let Some(name) = self.root_file() {
            return visit(StoreEntry::Root {
                path: name,
                size: self.metadata.is_file().then_some(self.metadata.len()),
            });
        }
        // The latest entry, to find the folder that an error without a path is about.
        let mut latest = (self.root.clone(), 0_usize);
        let mut entries = WalkDir::new(&self.root).min_depth(1).into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let (path, depth) = &latest;
                    let up = depth.saturating_sub(error.depth().saturating_sub(1));
                    let folder = error.path().or_else(|| path.ancestors().nth(up));
                    let path = self.below(folder.unwrap_or(&self.root));
                    // A folder that contains itself takes a link, and links are not followed.
                    let cause = error.into_io_error();
                    let cause = cause.unwrap_or_else(|| io::Error::other("contains itself"));
                    visit(StoreEntry::Unreadable { path: &path, cause })?;
                    continue;
                }
            };
            let (file_type, depth) = (entry.file_type(), entry.depth());
            let path = &self.below(entry.path());
            if file_type.is_dir() {
                if enters(path) {
                    latest = (entry.into_path(), depth);
                } else {
                    entries.skip_current_dir();
                    visit(StoreEntry::NotEntered { path })?;
                }
                continue;
            }
            if file_type.is_file() {
                visit(StoreEntry::File {
                    path,
                    size: &|| Ok(entry.metadata()?.len()),
                })?;
            } else if file_type.is_symlink() {
                visit(StoreEntry::Link { path })?;
            } else {
                visit(StoreEntry::Special { path })?;
            }
            latest = (entry.into_path(), depth);
        }
        ControlFlow::Continue(())
    }

    fn is_file(&self, path: &[u8]) -> bool {
        match self.root_file() {
            Some(name) => path == name && self.metadata.is_file(),
            None => fs::metadata(self.path(path)).is_ok_and(|metadata| metadata.is_file()),
        }
    }

    fn stamp(&self, path: &[u8]) -> io::Result<FileStamp> {
        let metadata = fs::metadata(self.path(path))?;
        let modified = metadata.modified().ok();
        let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(FileStamp {
            size: metadata.len(),
            modified: modified.and_then(|time| i64::try_from(time.as_nanos()).ok()),
        })
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.path(path))?))
    }

    fn open_ranges(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek + Send>> {
        Ok(Box::new(File::open(self.path(path))?))
    }
}

/// A path as bytes, with `/` between the names.
fn slashed(path: &OsStr) -> Cow<'_, [u8]> {
    if MAIN_SEPARATOR == '/' {
        return Cow::Borrowed(path.as_encoded_bytes());
    }
    let path = path.to_string_lossy();
    Cow::Owned(path.replace(MAIN_SEPARATOR, "/").into_bytes())
}

/// A path of this system.
#[cfg(unix)]
fn system_path(path: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(path)
}

/// A path of this system; bytes that are no UTF-8 become U+FFFD.
#[cfg(not(unix))]
fn system_path(path: &[u8]) -> std::ffi::OsString {
    String::from_utf8_lossy(path).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths below a root and how they are displayed, in order.
    fn listed(root: &Path) -> Vec<(String, String)> {
        let disk = Disk::open(root).unwrap();
        let mut paths = Vec::new();
        let _flow = disk.list(&|_| true, &mut |listed| {
            if let StoreEntry::File { path, .. } | StoreEntry::Root { path, .. } = listed {
                let text = String::from_utf8_lossy(path).into_owned();
                assert!(disk.is_file(path), "{text}");
                paths.push((text, disk.display(path)));
            }
            ControlFlow::Continue(())
        });
        paths.sort();
        paths
    }

    #[test]
    fn the_path_below_a_root_does_not_depend_on_how_the_root_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/c.gz"), "").unwrap();
        let path = |below: &str| root.join(below).to_string_lossy().into_owned();
        for (named, below, displayed) in [
            ("a", "b/c.gz", "a/b/c.gz"),
            ("a/", "b/c.gz", "a/b/c.gz"),
            ("a//", "b/c.gz", "a//b/c.gz"),
            ("a/../a/./b", "c.gz", "a/../a/./b/c.gz"),
            ("a/b/c.gz", "c.gz", "a/b/c.gz"),
        ] {
            let expected = [(below.to_owned(), path(displayed))];
            assert_eq!(listed(&root.join(named)), expected, "{named}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_root_that_is_a_link_has_the_name_of_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("a.gz"), "").unwrap();
        std::os::unix::fs::symlink("a.gz", root.join("link")).unwrap();
        let displayed = root.join("link").to_string_lossy().into_owned();
        assert_eq!(listed(&root.join("link")), [("a.gz".to_owned(), displayed)]);
    }

    #[test]
    fn a_member_of_a_root_is_displayed_below_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        fs::write(&path, "").unwrap();
        let disk = Disk::open(&path).unwrap();
        let displayed = path.join("b/c.gz").to_string_lossy().into_owned();
        assert_eq!(disk.display(b"b/c.gz"), displayed);
        assert!(!disk.is_file(b"b/c.gz"));
    }
}
