//! Where the answer goes: standard output, or a file that is whole or absent.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;

/// How much is gathered before it is written.
const BUFFER: usize = 1 << 18;

/// Where the answer goes.
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
    /// Settles where the answer goes, before any work is done for it.
    pub(super) fn to(path: Option<PathBuf>, force: bool) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Stdout);
        };
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                bail!("cannot write to {}: it is a folder", path.display())
            }
            Ok(metadata) if !metadata.is_file() => Ok(Self::Device(path)),
            Ok(_) if !force => bail!("{} is there already; --force overwrites it", path.display()),
            Ok(_) | Err(_) => Ok(Self::File { path, force }),
        }
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
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keytrail-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As for any file that a program makes; the umask takes its share.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file: NamedTempFile = builder.tempfile_in(folder)?;
    buffered(file.as_file_mut(), answer)?;
    let kept = if force {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    kept.map(drop).map_err(|error| error.error)
}
