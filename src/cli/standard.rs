//! The standard streams: their name among paths, and whether anything is behind standard input.

use std::path::Path;

/// The name that stands for standard input as an archive, and for standard output as a file.
const STANDARD: &str = "-";

/// Whether a path is the name of a standard stream.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == STANDARD
}

/// Whether standard input is the null device. It also is where it was closed: the runtime opens the
/// device in its place, to read and to write (`std::sys::pal::unix::init`, Rust 1.95). That a closed
/// standard output cannot be told is for the same reason: `subprocess.DEVNULL` of Python, as one
/// example, is opened in the same way, and throws an answer away on purpose.
#[cfg(unix)]
pub(super) fn is_input_null() -> bool {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;

    let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let (Ok(stdin), Ok(null)) = (
        stdin.and_then(|stdin| stdin.metadata()),
        fs::metadata("/dev/null"),
    ) else {
        return false;
    };
    stdin.rdev() == null.rdev() && stdin.rdev() != 0
}

#[cfg(not(unix))]
pub(super) fn is_input_null() -> bool {
    false
}
