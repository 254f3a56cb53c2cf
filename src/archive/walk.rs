//! The walk: from the roots that a person names to the log files under them.
//!
//! Finds and sorts out by name; opens nothing but packs, to find their members. Symbolic links
//! inside a root are not followed.

use std::collections::HashSet;
use std::fs::{self, FileType};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::container::{self, MemberRange};
use super::names::{is_log_file, is_pack};
use super::object_key::{DayRange, Folder, ObjectKey};

/// One log file, not opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// The path to open it with: the root as given, and the way from there.
    pub path: PathBuf,
    /// Its size in bytes, by its name or on disk: to read the largest first, and to tell how far a scan
    /// is. 0 for what has no size, such as a pipe.
    pub size: u64,
    /// How many events its name promises.
    pub promised: Option<u64>,
    /// Where its bytes are.
    pub held: Held,
}

/// Where the bytes of a log file are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Held {
    /// In the file at its path.
    #[default]
    File,
    /// In a stretch of a pack.
    Stretch(Arc<Path>, MemberRange),
    /// In a compressed pack, which has to be read from its beginning: of a member, that it passes by
    /// there; of the pack itself, that it is one.
    Stream,
}

impl LogFile {
    /// The log file that is the file at this path.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            size: 0,
            promised: None,
            held: Held::File,
        }
    }
}

/// The number of the first root that a log file is under, and its path below that, by its bytes and
/// with `/` between the names. Of a root that is the log file itself, the name.
pub fn below(roots: &[impl AsRef<Path>], path: &Path) -> (usize, Vec<u8>) {
    let found = roots.iter().enumerate().find_map(|(number, root)| {
        let below = path.strip_prefix(root).ok()?;
        Some((number, below))
    });
    let (number, below) = found.unwrap_or((0, path));
    let mut joined = Vec::new();
    for name in below {
        if !joined.is_empty() {
            joined.push(b'/');
        }
        joined.extend_from_slice(name.as_encoded_bytes());
    }
    if joined.is_empty() {
        let name = path.file_name().unwrap_or_default();
        joined.extend_from_slice(name.as_encoded_bytes());
    }
    (number, joined)
}

/// What the walk comes upon.
#[derive(Debug)]
pub enum Found {
    /// A log file to read.
    LogFile(LogFile),
    /// A log file whose date rules it out.
    Pruned,
    /// Something that is no log file by its name, or no regular file.
    Ignored,
    /// A symbolic link, which is not followed.
    Link,
    /// A folder or a file that the walk could not look at.
    Unreadable(PathBuf, io::Error),
}

/// A root that cannot be walked at all.
#[derive(Debug, Error)]
#[error("cannot open {}", path.display())]
pub struct WalkError {
    /// The root as given.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

/// Walks the roots and hands on all that is found, in no particular order, until `visit` breaks.
///
/// A directory is walked; a file is handed on whatever its name. A file that two roots reach is
/// handed on once.
///
/// # Errors
///
/// A root that does not exist or cannot be looked at; nothing has been handed on then.
pub fn walk(
    roots: &[PathBuf],
    days: DayRange,
    mut visit: impl FnMut(Found) -> ControlFlow<()>,
) -> Result<(), WalkError> {
    let roots = roots
        .iter()
        .map(|path| Root::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut once = Once::over(&roots);
    for root in &roots {
        let flow = if root.file_type.is_dir() {
            root.walk(days, &mut once, &mut visit)
        } else if once.is_first(&root.canonical) {
            root.visit_file(days, &mut visit)
        } else {
            ControlFlow::Continue(())
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

/// A root as given, and where it really is.
struct Root {
    path: PathBuf,
    canonical: PathBuf,
    file_type: FileType,
    size: u64,
}

impl Root {
    fn open(path: &Path) -> Result<Self, WalkError> {
        let failed = |cause| WalkError {
            path: path.to_owned(),
            cause,
        };
        let metadata = fs::metadata(path).map_err(failed)?;
        // A pipe given by a shell has no place of its own to resolve.
        let canonical = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let size = if metadata.is_file() {
            metadata.len()
        } else {
            0
        };
        Ok(Self {
            path: path.to_owned(),
            canonical,
            file_type: metadata.file_type(),
            size,
        })
    }

    fn walk(
        &self,
        days: DayRange,
        once: &mut Once,
        visit: &mut impl FnMut(Found) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        // The folders to look into: as they are opened, and as they really are.
        let mut folders = vec![(self.path.clone(), self.canonical.clone())];
        while let Some((path, canonical)) = folders.pop() {
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) => {
                    visit(Found::Unreadable(path, error))?;
                    continue;
                }
            };
            let folder = Folder::parse(&canonical);
            for entry in entries {
                let (entry, file_type) =
                    match entry.and_then(|entry| Ok((entry.file_type()?, entry))) {
                        Ok((file_type, entry)) => (entry, file_type),
                        Err(error) => {
                            visit(Found::Unreadable(path.clone(), error))?;
                            continue;
                        }
                    };
                let name = entry.file_name();
                if file_type.is_dir() {
                    folders.push((path.join(&name), canonical.join(&name)));
                    continue;
                }
                let bytes = name.as_encoded_bytes();
                let may_be_pack = is_pack(bytes);
                if !file_type.is_file() || !(is_log_file(bytes) || may_be_pack) {
                    let is_link = file_type.is_symlink();
                    visit(if is_link { Found::Link } else { Found::Ignored })?;
                    continue;
                }
                if once.overlapping && !once.is_first(&canonical.join(&name)) {
                    continue;
                }
                if may_be_pack {
                    let (path, canonical) = (path.join(&name), canonical.join(&name));
                    match container::walk(&path, &canonical, days, visit) {
                        Ok(Some(flow)) => {
                            flow?;
                            continue;
                        }
                        // Its name is wrong: it is read as what it is.
                        Ok(None) => {}
                        Err(error) => {
                            visit(Found::Unreadable(path, error))?;
                            continue;
                        }
                    }
                }
                let key = folder.key(&name);
                if !days.holds(&key) {
                    visit(Found::Pruned)?;
                    continue;
                }
                let path = path.join(&name);
                // The size decides no more than what is read first, so a name is asked before the
                // disk.
                let size = match key.size {
                    Some(size) => Ok(size),
                    None => entry.metadata().map(|metadata| metadata.len()),
                };
                visit(match size {
                    Ok(size) => Found::LogFile(LogFile {
                        path,
                        size,
                        promised: key.events,
                        held: Held::File,
                    }),
                    Err(error) => Found::Unreadable(path, error),
                })?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Hands on what a root is that is no directory: the members of a pack, or a log file. It is
    /// wanted by name, so it is read whatever its name and its date.
    fn visit_file(
        &self,
        days: DayRange,
        visit: &mut impl FnMut(Found) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        // A pipe can be read once only, and is not looked into.
        if self.file_type.is_file()
            && let Ok(Some(flow)) = container::walk(&self.path, &self.canonical, days, visit)
        {
            return flow;
        }
        visit(Found::LogFile(LogFile {
            path: self.path.clone(),
            size: self.size,
            promised: ObjectKey::parse(&self.canonical).events,
            held: Held::File,
        }))
    }
}

/// What has been handed on, where two roots can reach the same file.
struct Once {
    overlapping: bool,
    seen: HashSet<PathBuf>,
}

impl Once {
    fn over(roots: &[Root]) -> Self {
        let overlapping = roots.iter().enumerate().any(|(at, root)| {
            roots.iter().enumerate().any(|(other_at, other)| {
                at != other_at && root.canonical.starts_with(&other.canonical)
            })
        });
        Self {
            overlapping,
            seen: HashSet::new(),
        }
    }

    fn is_first(&mut self, canonical: &Path) -> bool {
        !self.overlapping || self.seen.insert(canonical.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_file_is_named_from_its_root_on() {
        let roots = ["a", "b/c.gz", ".", "/d", "a/x"];
        for (path, expected) in [
            ("a/x/y.gz", (0, "x/y.gz")),
            ("b/c.gz", (1, "c.gz")),
            ("./x.gz", (2, "x.gz")),
            ("/d/e/f.json", (3, "e/f.json")),
        ] {
            let (root, name) = expected;
            let expected = (root, name.as_bytes().to_vec());
            assert_eq!(below(&roots, Path::new(path)), expected, "{path}");
        }
        let stdin = Path::new("/dev/stdin");
        assert_eq!(below(&[stdin], stdin), (0, b"stdin".to_vec()));
    }
}
