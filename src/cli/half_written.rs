//! The temporary file that becomes an output file, known to what ends the program at once. All other
//! temporary files have no name, and vanish with the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

static PATH: RwLock<Option<PathBuf>> = RwLock::new(None);

/// Says for as long as it lives which file is being written.
pub(super) struct HalfWritten;

impl HalfWritten {
    pub(super) fn begin(path: &Path) -> Self {
        set(Some(path.to_owned()));
        Self
    }
}

impl Drop for HalfWritten {
    fn drop(&mut self) {
        set(None);
    }
}

fn set(path: Option<PathBuf>) {
    let mut place = PATH.write().unwrap_or_else(PoisonError::into_inner);
    // What was there is dropped without the lock.
    let _before = std::mem::replace(&mut *place, path);
    drop(place);
}

/// Removes the file that is being written, if there is one. It does not wait, so it can be called from
/// anywhere.
pub(super) fn remove() {
    if let Ok(path) = PATH.try_read()
        && let Some(path) = &*path
    {
        // It may have become the output file just now.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_is_being_written_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half");
        fs::write(&path, "x").unwrap();
        remove();
        assert!(path.exists());
        drop(HalfWritten::begin(&path));
        remove();
        assert!(path.exists());
        let _half_written = HalfWritten::begin(&path);
        remove();
        assert!(!path.exists());
    }
}
