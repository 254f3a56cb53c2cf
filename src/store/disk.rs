//! A root on disk: a folder, a file or a pipe.
//!
//! Symbolic links below a folder are not followed; a root that is a link is.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use walkdir::WalkDir;

use super::{Listed, ReadSeek, Store};

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
        // A pipe that a shell has opened has no path of its own to resolve.
        let real = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        Ok(Self {
            root: root.to_owned(),
            real: slashed(real.as_os_str()).into_owned(),
            metadata,
        })
    }

    /// The last name of the root's real path.
    fn name(&self) -> &[u8] {
        let name = self.real.rsplit(|&byte| byte == b'/').next();
        name.unwrap_or_default()
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
            self.root.join(os(below))
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
        let below = if self.metadata.is_dir() {
            path
        } else {
            // The root is the file itself; what follows its name is a member of it.
            let member = path.strip_prefix(self.name()).unwrap_or_default();
            member.strip_prefix(b"/").unwrap_or_default()
        };
        let path = if below.is_empty() {
            self.root.clone()
        } else {
            self.root.join(os(below))
        };
        path.to_string_lossy().into_owned()
    }

    fn is_repeatable(&self) -> bool {
        self.metadata.is_dir() || self.metadata.is_file()
    }

    fn list(&self, visit: &mut dyn FnMut(Listed<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        if !self.metadata.is_dir() {
            return visit(Listed::Root {
                path: self.name(),
                size: self.metadata.is_file().then(|| self.metadata.len()),
            });
        }
        // The latest entry, to find the folder that an error without a path is about.
        let mut latest = (self.root.clone(), 0_usize);
        for entry in WalkDir::new(&self.root).min_depth(1) {
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
                    visit(Listed::Unreadable { path: &path, cause })?;
                    continue;
                }
            };
            let (file_type, depth) = (entry.file_type(), entry.depth());
            if file_type.is_dir() {
                latest = (entry.into_path(), depth);
                continue;
            }
            if file_type.is_file() {
                visit(Listed::File {
                    path: &self.below(entry.path()),
                    size: &|| Ok(entry.metadata()?.len()),
                })?;
            } else if file_type.is_symlink() {
                visit(Listed::Link)?;
            } else {
                visit(Listed::Special)?;
            }
            latest = (entry.into_path(), depth);
        }
        ControlFlow::Continue(())
    }

    fn is_file(&self, path: &[u8]) -> bool {
        if self.metadata.is_dir() {
            fs::metadata(self.path(path)).is_ok_and(|metadata| metadata.is_file())
        } else {
            path == self.name() && self.metadata.is_file()
        }
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
fn os(path: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(path)
}

/// A path of this system; bytes that are no UTF-8 become U+FFFD.
#[cfg(not(unix))]
fn os(path: &[u8]) -> std::ffi::OsString {
    String::from_utf8_lossy(path).into_owned().into()
}
