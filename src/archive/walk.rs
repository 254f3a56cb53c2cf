//! The walk: from the roots that a person names to the log files under them.
//!
//! Finds and sorts out by name; opens nothing. Symbolic links inside a root are not followed.

use std::collections::HashSet;
use std::fs::{self, FileType};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::deliveries::{DeliveredTo, Deliveries};
use super::object_key::{DayRange, Folder, ObjectKey};

/// The endings of the names of log files.
const ENDINGS: [&str; 4] = [".gz", ".json", ".jsonl", ".ndjson"];

/// One log file, not opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// The path to open it with: the root as given, and the way from there.
    pub path: PathBuf,
    /// Its size on disk in bytes; 0 for what has no size, such as a pipe.
    pub size: u64,
    /// How many events its name promises.
    pub promised: Option<u64>,
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
/// handed on once. Gives when the log files that were handed on had been delivered.
///
/// # Errors
///
/// A root that does not exist or cannot be looked at; nothing has been handed on then.
pub fn walk(
    roots: &[PathBuf],
    days: DayRange,
    mut visit: impl FnMut(Found) -> ControlFlow<()>,
) -> Result<Deliveries, WalkError> {
    let roots = roots
        .iter()
        .map(|path| Root::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut once = Once::over(&roots);
    let mut deliveries = Deliveries::default();
    for root in &roots {
        let flow = if root.file_type.is_dir() {
            root.walk(days, &mut once, &mut deliveries, &mut visit)
        } else if once.is_first(&root.canonical) {
            root.deliver(&mut deliveries);
            visit(Found::LogFile(root.log_file()))
        } else {
            ControlFlow::Continue(())
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(deliveries)
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
        deliveries: &mut Deliveries,
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
            let mut delivered = DeliveredTo::folder(&path, &canonical);
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
                if !file_type.is_file() || !is_log_file(name.as_encoded_bytes()) {
                    visit(Found::Ignored)?;
                    continue;
                }
                if once.overlapping && !once.is_first(&canonical.join(&name)) {
                    continue;
                }
                let key = folder.key(&name);
                if !days.holds(&key) {
                    visit(Found::Pruned)?;
                    continue;
                }
                delivered.add(&key, &name);
                let path = path.join(&name);
                visit(match entry.metadata() {
                    Ok(metadata) => {
                        let (size, promised) = (metadata.len(), key.events);
                        Found::LogFile(LogFile {
                            path,
                            size,
                            promised,
                        })
                    }
                    Err(error) => Found::Unreadable(path, error),
                })?;
            }
            deliveries.take(delivered);
        }
        ControlFlow::Continue(())
    }

    /// Says when the log file was delivered that a root is.
    fn deliver(&self, deliveries: &mut Deliveries) {
        let folders = (self.path.parent(), self.canonical.parent());
        if let (Some(path), Some(canonical), Some(name)) =
            (folders.0, folders.1, self.canonical.file_name())
        {
            let mut delivered = DeliveredTo::folder(path, canonical);
            delivered.add(&ObjectKey::parse(&self.canonical), name);
            deliveries.take(delivered);
        }
    }

    /// The log file that a root is which is no directory: wanted by name, so read whatever its
    /// name and its date.
    fn log_file(&self) -> LogFile {
        let promised = ObjectKey::parse(&self.canonical).events;
        LogFile {
            path: self.path.clone(),
            size: self.size,
            promised,
        }
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

/// Whether a file's name is that of a log file.
fn is_log_file(name: &[u8]) -> bool {
    !name.starts_with(b".")
        && ENDINGS.iter().any(|ending| {
            let at = name.len().saturating_sub(ending.len());
            name.get(at..)
                .is_some_and(|end| end.eq_ignore_ascii_case(ending.as_bytes()))
        })
}
