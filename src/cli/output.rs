//! Where an answer goes: standard output, or a file that is whole or absent, and never one of the
//! archive.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;

/// How much is gathered before it is written.
const BUFFER: usize = 1 << 18;

/// Where an answer goes.
pub(super) enum Output {
    Stdout,
    /// A device or a pipe, which cannot be replaced.
    Device(PathBuf),
    /// A file, replaced only if the person forces it.
    File {
        path: PathBuf,
        force: bool,
    },
}

impl Output {
    /// Settles where an answer goes, before any work is done for it.
    pub(super) fn to(
        path: Option<PathBuf>,
        force: bool,
        roots: &[PathBuf],
    ) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Stdout);
        };
        let there = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                bail!("cannot write to {}: it is a folder", path.display())
            }
            Ok(metadata) if !metadata.is_file() => return Ok(Self::Device(path)),
            found => found.is_ok(),
        };
        let folder = folder_of(&path);
        if !folder.is_dir() {
            bail!(
                "cannot write {}: there is no folder {}",
                path.display(),
                folder.display()
            );
        }
        refuse_inside(&path, roots)?;
        if there && !force {
            bail!("{} is there already; --force overwrites it", path.display());
        }
        Ok(Self::File { path, force })
    }

    /// Refuses to write two answers to one file: the second would take the place of the first.
    pub(super) fn refuse_same(outputs: &[&Self]) -> anyhow::Result<()> {
        let mut places = HashSet::new();
        for output in outputs {
            if let Self::File { path, .. } = output
                && !places.insert(place_of(path).unwrap_or_else(|| path.clone()))
            {
                bail!("{} is named for two outputs", path.display());
            }
        }
        Ok(())
    }

    /// Whether it is shown to a person as it comes.
    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Device(path) => is_terminal(path),
            Self::File { .. } => false,
        }
    }

    /// Writes the answer. A reader that has gone away is no error.
    pub(super) fn write(
        &self,
        answer: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Stdout => match buffered(io::stdout(), answer) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written.context("cannot write to standard output"),
            },
            Self::Device(path) => File::options()
                .write(true)
                .open(path)
                .and_then(|file| buffered(file, answer))
                .with_context(|| cannot_write(path)),
            Self::File { path, force } => {
                write_file(path, *force, answer).with_context(|| cannot_write(path))
            }
        }
    }
}

/// Refuses to write into an archive: what is there is evidence, and would be read as a log file.
fn refuse_inside(path: &Path, roots: &[PathBuf]) -> anyhow::Result<()> {
    let Some(place) = place_of(path) else {
        // What has no folder cannot be written to; that is told when it is tried.
        return Ok(());
    };
    for root in roots {
        if let Ok(real) = fs::canonicalize(root)
            && fs::metadata(&real).is_ok_and(|found| found.is_dir() || found.is_file())
            && place.starts_with(&real)
        {
            bail!(
                "{} lies in the archive {}, to which nothing is written; name a place outside",
                path.display(),
                root.display()
            );
        }
    }
    Ok(())
}

/// Where a file really is, or would be; `None` where its folder is not there.
fn place_of(path: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(folder_of(path)).ok()?;
    Some(folder.join(path.file_name()?))
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Whether a device is a terminal. A pipe is not opened to find out: that would wait for its
/// reader, and end the pipe for it.
#[cfg(unix)]
fn is_terminal(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let is_character = |metadata: fs::Metadata| metadata.file_type().is_char_device();
    fs::metadata(path).is_ok_and(is_character)
        && File::options()
            .write(true)
            .open(path)
            .is_ok_and(|file| file.is_terminal())
}

#[cfg(not(unix))]
fn is_terminal(_path: &Path) -> bool {
    false
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

fn buffered(
    out: impl Write + Send,
    answer: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    answer(&mut out)?;
    out.flush()
}

/// Writes beside the file and renames: a failed or interrupted run leaves what was there before.
fn write_file(
    path: &Path,
    force: bool,
    answer: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keytrail-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As for any file that a program makes; the umask takes its share.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file: NamedTempFile = builder.tempfile_in(folder_of(path))?;
    buffered(file.as_file_mut(), answer)?;
    let kept = if force {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    kept.map(drop).map_err(|error| error.error)
}
