//! Where bytes lie: what lies below the root of an archive, listed and opened, and the folder of a saved
//! state.
//!
//! Left out: which of the files are log files, which `archive` decides. A root is only read, never
//! written.

mod contract;
mod disk;
mod state_folder;
mod stream;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use disk::Disk;
use stream::Stream;

pub use contract::{FileStamp, ReadSeek, Store, StoreEntry};
#[cfg(test)]
pub(crate) use state_folder::fault;
pub use state_folder::{
    NewStateFile, StateFile, StateFolder, StateFolderError, StateLock, WhenLocked,
};

/// Opens a root on disk: a folder, a file or a pipe, as it was named.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::path::Path;
///
/// use keytrail::store::{self, StoreEntry};
///
/// let root = store::open(Path::new("testdata/archive/single"))?;
/// let mut files = 0;
/// let _flow = root.list(&|_folder| true, &mut |entry| {
///     files += usize::from(matches!(entry, StoreEntry::File { .. }));
///     ControlFlow::Continue(())
/// });
/// assert!(files > 100);
/// assert!(!root.is_file(b"no-such-file"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// A root that does not exist or cannot be accessed.
pub fn open(root: &Path) -> io::Result<Box<dyn Store>> {
    Ok(Box::new(Disk::open(root)?))
}

/// Opens a root on disk by its path without links, as [`Store::real_path`] gives it.
///
/// # Errors
///
/// A root that does not exist or cannot be accessed.
pub fn open_real(path: &[u8]) -> io::Result<Box<dyn Store>> {
    Ok(Box::new(Disk::open_real(path)?))
}

/// A root that is a stream, such as a pipe from another program: one log file or container, told by its
/// content. `shown` is its name in messages.
///
/// The stream is read once, and copied to `temporary` on the way, for what reads it again.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::store;
///
/// let stream = Box::new(&b"[]"[..]);
/// let root = store::stream("a text", stream, tempfile::tempfile()?);
/// assert!(Archive::of(vec![root]).is_repeatable());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn stream(shown: &str, stream: Box<dyn Read + Send>, temporary: File) -> Box<dyn Store> {
    Box::new(Stream::new(shown, stream, temporary))
}

/// A root that is a stream from a regular file, which is not copied.
///
/// # Errors
///
/// The size of the file is not known.
pub fn stream_of_file(shown: &str, file: File) -> io::Result<Box<dyn Store>> {
    Ok(Box::new(Stream::of_file(shown, file)?))
}
