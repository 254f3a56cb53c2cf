//! Opens the roots of an archive as they are named on the command line: what lies on disk, and `-` for
//! standard input.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use keytrail::archive::{Archive, OpenError};
use keytrail::store::{self, Store};

use super::outside;
use super::standard::{is_input_null, is_standard};

/// Opens the roots of an archive.
pub(super) fn open(roots: &[PathBuf]) -> anyhow::Result<Archive> {
    let standard = roots.iter().filter(|root| is_standard(root));
    if standard.count() > 1 {
        bail!("standard input can be read only once, and `-` is named twice");
    }
    let open = |root: &Path| {
        if is_standard(root) {
            return standard_input(roots);
        }
        Ok(store::open(root).map_err(|cause| OpenError {
            path: root.to_owned(),
            cause,
        })?)
    };
    let stores = roots.iter().map(|root| open(root));
    Ok(Archive::of(stores.collect::<anyhow::Result<_>>()?))
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
