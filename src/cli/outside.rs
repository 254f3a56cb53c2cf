//! What is written lies outside the archive: the archive is evidence, and a file in it could be read as a
//! log file.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::standard::is_standard;

/// Refuses an output, by its path without links, that lies in one of the roots.
pub(super) fn refuse_inside(
    roots: &[PathBuf],
    path: &Path,
    real_path: &Path,
) -> anyhow::Result<()> {
    if let Some(root) = root_around(roots, real_path) {
        bail!(
            "{} lies in the archive {}, to which nothing is written; name a place outside",
            path.display(),
            root.display()
        );
    }
    Ok(())
}

/// Refuses a folder that is made where it is missing and lies in one of the roots.
pub(super) fn refuse_new_folder(roots: &[PathBuf], folder: &Path) -> anyhow::Result<()> {
    let there = folder.ancestors().find_map(|ancestor| {
        let is_here = ancestor.as_os_str().is_empty();
        let ancestor = if is_here { Path::new(".") } else { ancestor };
        fs::canonicalize(ancestor).ok()
    });
    there.map_or(Ok(()), |real| refuse_inside(roots, folder, &real))
}

/// Refuses a folder for temporary files that lies in one of the roots.
pub(super) fn refuse_temporary(roots: &[PathBuf]) -> anyhow::Result<()> {
    let folder = env::temp_dir();
    if let Ok(real) = fs::canonicalize(&folder)
        && let Some(root) = root_around(roots, &real)
    {
        bail!(
            "the folder for temporary files, {}, lies in the archive {}, to which nothing is \
             written; set TMPDIR to a folder outside",
            folder.display(),
            root.display()
        );
    }
    Ok(())
}

/// The root that a path without links is or lies in, by the path, and by the identity of the
/// folders on the way, as a folder can be mounted at a second place.
fn root_around<'r>(roots: &'r [PathBuf], real_path: &Path) -> Option<&'r Path> {
    let roots = roots.iter().map(PathBuf::as_path);
    let roots = roots.filter(|root| !is_standard(root));
    let mut roots = roots.filter_map(|root| {
        let real = fs::canonicalize(root).ok()?;
        let found = fs::metadata(&real).ok()?;
        (found.is_dir() || found.is_file()).then_some((root, real, found))
    });
    roots.find_map(|(root, real, metadata)| {
        let is_root =
            |folder: &Path| fs::metadata(folder).is_ok_and(|found| is_same_file(&found, &metadata));
        let is_inside = real_path.starts_with(&real) || real_path.ancestors().any(is_root);
        is_inside.then_some(root)
    })
}

/// Whether both are of one file or folder, whatever its paths.
#[cfg(unix)]
fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(_one: &fs::Metadata, _other: &fs::Metadata) -> bool {
    false
}
