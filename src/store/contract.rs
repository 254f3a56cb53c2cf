//! The interface of a store: what `archive` needs of the place where the bytes lie.

use std::io::{self, Read, Seek};
use std::ops::ControlFlow;

/// One root of an archive, wherever it lies.
///
/// Paths are those below the root, as bytes, with `/` between the names. The path of a root that is a
/// single file is its name.
pub trait Store: Send + Sync {
    /// The path of the root without symbolic links, as bytes with `/` between the names. Two roots
    /// overlap where one of these paths begins with the other.
    fn real_path(&self) -> &[u8];

    /// A path as a person would name it: the root as it was named, and what is below.
    fn display(&self, path: &[u8]) -> String;

    /// The name of a root that is a single file; `None` where it is a folder.
    fn root_file(&self) -> Option<&[u8]>;

    /// Whether the whole root can be read more than once; a pipe cannot.
    fn is_repeatable(&self) -> bool;

    /// Visits what lies below the root, in no particular order, until `visit` breaks. A folder is
    /// listed if `enters` says so of its path.
    fn list(
        &self,
        enters: &dyn Fn(&[u8]) -> bool,
        visit: &mut dyn FnMut(StoreEntry<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()>;

    /// Whether there is a regular file at this path.
    fn is_file(&self, path: &[u8]) -> bool;

    /// Looks at a file without reading it; an empty path is the root itself.
    ///
    /// # Errors
    ///
    /// Those of the place where the file lies, and of a stream, which has nothing to look at.
    fn stamp(&self, path: &[u8]) -> io::Result<FileStamp>;

    /// Opens a file to be read once, from its beginning.
    ///
    /// # Errors
    ///
    /// Those of the place where the file lies.
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send>>;

    /// Opens a file to be read in ranges.
    ///
    /// # Errors
    ///
    /// Those of the place where the file lies.
    fn open_ranges(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek + Send>>;
}

/// What the place where a file lies says of it without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Its size in bytes.
    pub size: u64,
    /// When it was changed last, in nanoseconds since 1970 UTC; `None` where that is not known.
    pub modified: Option<i64>,
}

/// Bytes that can be read from any position.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// An entry of the listing of a root.
pub enum StoreEntry<'l> {
    /// A regular file below the root.
    File {
        /// Its path below the root.
        path: &'l [u8],
        /// Looks up its size in bytes.
        size: &'l dyn Fn() -> io::Result<u64>,
    },
    /// The root itself, which is no folder.
    Root {
        /// Its name.
        path: &'l [u8],
        /// Its size in bytes; `None` where it is no regular file, but a pipe or a device.
        size: Option<u64>,
    },
    /// A log file that was read before, and is one whatever its name.
    Known {
        /// Its path below the root.
        path: &'l [u8],
        /// Its size in bytes.
        size: u64,
    },
    /// A folder that is not listed.
    NotEntered {
        /// Its path below the root.
        path: &'l [u8],
    },
    /// A symbolic link below the root, which is not followed.
    Link {
        /// Its path below the root.
        path: &'l [u8],
    },
    /// Something else that has no bytes to read: a pipe, a socket, a device.
    Special {
        /// Its path below the root.
        path: &'l [u8],
    },
    /// A folder or a file that cannot be listed.
    Unreadable {
        /// Its path below the root.
        path: &'l [u8],
        /// Why.
        cause: io::Error,
    },
}
