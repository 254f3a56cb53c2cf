//! Where bytes lie: what lies below the root of an archive, listed and opened.
//!
//! Left out: which of the files are log files, which `archive` decides. A store is only read, never
//! written.

mod contract;
mod disk;

use std::io;
use std::path::Path;

use disk::Disk;

pub use contract::{ReadSeek, Store, StoreEntry};

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
/// let _flow = root.list(&mut |entry| {
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
