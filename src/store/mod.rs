//! Where bytes lie: what lies below the root of an archive, listed and opened.
//!
//! Knows no log files: which of the files matter is for `archive` to decide. A store is only ever
//! read.

mod contract;
mod disk;

use std::io;
use std::path::Path;

use disk::Disk;

pub use contract::{Listed, ReadSeek, Store};

/// Opens a root as it was named.
///
/// # Errors
///
/// A root that does not exist or cannot be looked at.
pub fn open(root: &Path) -> io::Result<Box<dyn Store>> {
    Ok(Box::new(Disk::open(root)?))
}
