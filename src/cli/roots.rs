//! Opens the roots of an archive as they are named on the command line: what lies on disk, and `-` for
//! standard input.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use keytrail::archive::Archive;
use keytrail::scan::Sources;
use keytrail::state::{SavedState, is_state};
use keytrail::store::{self, Store};

use super::outside;
use super::standard::{is_input_null, is_standard};

/// Opens the roots of an archive, and the roots of states in their places. `archives` are the places where
/// those lie now, in their order.
pub(super) fn open(roots: &[PathBuf], archives: &[PathBuf]) -> anyhow::Result<Sources> {
    let standard = roots.iter().filter(|root| is_standard(root));
    if standard.count() > 1 {
        bail!("standard input can be read only once, and `-` is named twice");
    }
    let (mut stores, mut rows) = (Vec::new(), Vec::new());
    let mut archives = archives.iter();
    for root in roots {
        if is_standard(root) {
            stores.push(standard_input(roots)?);
        } else if is_state(root) {
            let state = Arc::new(SavedState::open(root)?);
            // A command has fewer roots than memory has bytes.
            rows.push(state.rows(u32::try_from(stores.len()).unwrap_or(u32::MAX)));
            let mut moved = Vec::new();
            for _ in 0..state.root_count() {
                moved.push(
                    archives
                        .next()
                        .map(|path| Archive::open_root(path))
                        .transpose()?,
                );
            }
            let mut moved = moved.into_iter();
            let place = |real: &[u8]| {
                let moved = moved.next().flatten();
                moved.or_else(|| store::open_real(real).ok())
            };
            stores.extend(state.stores(place));
        } else {
            stores.push(Archive::open_root(root)?);
        }
    }
    if let Some(path) = archives.next() {
        bail!("--archive {} is of no root of a state", path.display());
    }
    Ok(Sources {
        archive: Archive::of(stores),
        rows,
    })
}

/// The first root that is a state.
pub(super) fn first_state(roots: &[PathBuf]) -> Option<&Path> {
    let mut roots = roots.iter().map(PathBuf::as_path);
    roots.find(|root| !is_standard(root) && is_state(root))
}

/// Refuses a question that needs whole records, which a state does not have.
pub(super) fn refuse_states(roots: &[PathBuf], what: &str) -> anyhow::Result<()> {
    match first_state(roots) {
        Some(state) => bail!(
            "{what} needs the log files, which the state {} does not have; name the archive in its place",
            state.display()
        ),
        None => Ok(()),
    }
}

/// Opens standard input beside the other roots.
fn standard_input(roots: &[PathBuf]) -> anyhow::Result<Box<dyn Store>> {
    const NAME: &str = "standard input";
    if io::stdin().is_terminal() {
        bail!(
            "`-` is standard input, which is the terminal here; for example \
             keytrail keys - < log.gz, or ./- for a file of that name"
        );
    }
    if is_input_null() {
        bail!("`-` is standard input, which is closed or /dev/null here: there is nothing to read");
    }
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        if let Ok(file) = stdin
            && file.metadata().is_ok_and(|found| found.is_file())
        {
            return store::stream_of_file(NAME, file).context("cannot open standard input");
        }
    }
    outside::refuse_temporary(roots)?;
    let temporary: File = tempfile::tempfile().with_context(|| {
        let folder = std::env::temp_dir();
        let folder = folder.display();
        format!("no temporary file for standard input in {folder}; TMPDIR names another folder")
    })?;
    Ok(store::stream(NAME, Box::new(io::stdin()), temporary))
}
