//! A log file that was listed: its key, what its name states, and where its bytes are.
//!
//! Opens nothing.

use std::borrow::Cow;
use std::sync::Arc;

use super::container::MemberRange;
use super::name::DeliveredName;

/// What identifies a log file in an archive, and orders log files: the number of its root, and its
/// path below that.
///
/// It does not depend on where the root lies or how it was named. A container counts as a folder: the
/// path of a member is that of the container followed by its own, or its own alone where the
/// container is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogFileKey {
    /// The number of the root, from 0, in the order in which the roots were named.
    pub root: u32,
    /// The path below the root as bytes, UTF-8 or not, with `/` between the names. Of a root that is
    /// a log file, its name.
    pub path: Arc<[u8]>,
}

impl LogFileKey {
    /// The key of what lies at this path below a root.
    pub fn new(root: u32, path: &[u8]) -> Self {
        Self {
            root,
            path: path.into(),
        }
    }

    /// The path as text; bytes that are no UTF-8 become U+FFFD.
    pub fn path_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.path)
    }
}

/// One log file, not opened yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFile {
    /// What identifies it.
    pub key: LogFileKey,
    /// What its path states.
    pub name: DeliveredName,
    /// Its size in bytes, by its name or on disk: to read the largest first, and to show progress.
    /// 0 for what has no size, such as a pipe.
    pub size: u64,
    /// Where its bytes are.
    pub location: Location,
}

impl LogFile {
    /// The folder of the trail that delivered it, as a path below the root; see
    /// [`DeliveredName::trail`].
    pub fn trail(&self) -> &[u8] {
        self.name.trail(&self.key.path)
    }

    /// The key of the container that it is a range of, if it is one.
    pub fn container(&self) -> Option<LogFileKey> {
        match &self.location {
            Location::Member(path, _) => Some(LogFileKey {
                root: self.key.root,
                path: Arc::clone(path),
            }),
            Location::File | Location::Streamed => None,
        }
    }
}

/// Where the bytes of a log file are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Location {
    /// In a file of the store, at the path of its key.
    #[default]
    File,
    /// In a range of the container at this path.
    Member(Arc<[u8]>, MemberRange),
    /// In a compressed container that is read from its beginning; they are there only while it is
    /// read.
    Streamed,
}
