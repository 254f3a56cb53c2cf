//! Where an answer goes: standard output, or a file that is whole or absent, and is never inside the
//! archive.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

use super::half_written::HalfWritten;
use super::outside;
use super::standard::is_standard;

/// How many bytes are collected before they are written.
const BUFFER: usize = 1 << 18;

/// Where an answer goes.
pub(super) enum Output {
    Stdout,
    /// A device or a pipe, which cannot be replaced.
    Device(PathBuf),
    /// A file, replaced only where that is forced.
    File {
        /// As it was named.
        path: PathBuf,
        /// Where it is written: the end of the links, if the path is one.
        target: PathBuf,
        force: bool,
        compression: OutputCompression,
    },
}

/// How an output file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputCompression {
    None,
    Gzip,
    Zstd,
}

impl OutputCompression {
    /// The compression that the ending of a file's name stands for, and the path without that ending.
    pub(super) fn of(path: &Path) -> (Self, PathBuf) {
        let ending = path.extension().unwrap_or_default();
        let compression = if ending.eq_ignore_ascii_case("gz") {
            Self::Gzip
        } else if ending.eq_ignore_ascii_case("zst") {
            Self::Zstd
        } else {
            return (Self::None, path.to_owned());
        };
        (compression, path.with_extension(""))
    }
}

/// Checks, before the scan, where the answers of one run go.
pub(super) struct Outputs<'r> {
    roots: &'r [PathBuf],
    force: bool,
    /// The real paths of the files that were checked.
    checked: HashSet<PathBuf>,
    /// Whether one of them is standard output.
    stdout: bool,
}

impl<'r> Outputs<'r> {
    /// Those of a run over these roots.
    pub(super) fn new(roots: &'r [PathBuf], force: bool) -> Self {
        Self {
            roots,
            force,
            checked: HashSet::new(),
            stdout: false,
        }
    }

    /// Where the answer goes, with standard output in place of no file. The ending of a file decides
    /// whether it is compressed.
    pub(super) fn answer(&mut self, path: Option<PathBuf>) -> anyhow::Result<Output> {
        let Some(path) = path else {
            return self.stdout();
        };
        let (compression, _) = OutputCompression::of(&path);
        Ok(match self.file(path)? {
            Output::File {
                path,
                target,
                force,
                ..
            } => Output::File {
                path,
                target,
                force,
                compression,
            },
            output => output,
        })
    }

    fn stdout(&mut self) -> anyhow::Result<Output> {
        if self.stdout {
            bail!("standard output is named for two outputs");
        }
        self.stdout = true;
        Ok(Output::Stdout)
    }

    /// Where an answer goes for which a file is named; `-` is standard output.
    pub(super) fn file(&mut self, path: PathBuf) -> anyhow::Result<Output> {
        if is_standard(&path) {
            return self.stdout();
        }
        let there = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                bail!("cannot write to {}: it is a folder", path.display())
            }
            Ok(metadata) if !metadata.is_file() => return Ok(Output::Device(path)),
            // A link that leads nowhere is there, too.
            found => found.is_ok() || fs::symlink_metadata(&path).is_ok(),
        };
        let target = end_of_links(&path).with_context(|| cannot_write(&path))?;
        let real_path = real_path(&target)?;
        outside::refuse_inside(self.roots, &path, &real_path)?;
        if there && !self.force {
            bail!(is_there(&path));
        }
        // What cannot be written is found out before the scan, and nothing of it stays.
        temporary_file(&target).with_context(|| cannot_write(&path))?;
        // The second would overwrite the first.
        if !self.checked.insert(real_path) {
            bail!("{} is named for two outputs", path.display());
        }
        Ok(Output::File {
            path,
            target,
            force: self.force,
            compression: OutputCompression::None,
        })
    }
}

impl Output {
    /// Whether it is a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Device(path) => is_terminal(path),
            Self::File { .. } => false,
        }
    }

    /// The file that would be replaced.
    pub(super) fn existing_file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } if path.exists() => Some(path),
            Self::File { .. } | Self::Stdout | Self::Device(_) => None,
        }
    }

    /// What an interrupt of its writing leaves behind.
    pub(super) fn after_interrupt(&self) -> String {
        match self {
            Self::Stdout => "what was printed is not all".to_owned(),
            Self::Device(path) => format!("{} did not get all of it", path.display()),
            Self::File { path, .. } if path.exists() => {
                format!("{} is as it was", path.display())
            }
            Self::File { path, .. } => format!("{} was not written", path.display()),
        }
    }

    /// Writes the answer. A closed pipe is no error.
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
            Self::File {
                path,
                target,
                force,
                compression,
            } => {
                let write = |file: &mut File| compressed(file, *compression, answer);
                match write_file(target, *force, write) {
                    // Another program has made it since the start.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        bail!(is_there(path))
                    }
                    written => written.with_context(|| cannot_write(path)),
                }
            }
        }
    }
}

/// The most links from one to the next, as in Linux.
const MAX_LINKS: usize = 40;

/// The path that a symbolic link leads to, whether anything is there or not; any other path itself.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

/// The path of a file without symbolic links in its folders; the file itself need not exist.
fn real_path(path: &Path) -> anyhow::Result<PathBuf> {
    let folder = folder_of(path);
    let real = fs::canonicalize(folder).ok().filter(|real| real.is_dir());
    let real = real.with_context(|| {
        let (path, folder) = (path.display(), folder.display());
        format!("cannot write {path}: there is no folder {folder}")
    })?;
    Ok(real.join(path.file_name().unwrap_or_default()))
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Whether a device is a terminal. A pipe is not opened to find out: that would wait for its reader,
/// which would find the pipe at its end afterwards.
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

fn is_there(path: &Path) -> String {
    format!("{} is there already; --force overwrites it", path.display())
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

/// Writes the answer compressed. Neither form has a name or a time in it, so that the same answer is
/// the same bytes.
fn compressed(
    file: &mut File,
    compression: OutputCompression,
    answer: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    match compression {
        OutputCompression::None => buffered(file, answer),
        OutputCompression::Gzip => {
            let mut encoder = GzEncoder::new(file, flate2::Compression::default());
            buffered(&mut encoder, answer)?;
            encoder.finish().map(drop)
        }
        OutputCompression::Zstd => {
            let mut encoder = zstd_file::Encoder::new(file, zstd_file::DEFAULT_COMPRESSION_LEVEL)?;
            buffered(&mut encoder, answer)?;
            encoder.finish().map(drop)
        }
    }
}

/// Writes a temporary file beside the file and renames it, so that a failed or interrupted run leaves
/// the file as it was.
fn write_file(
    path: &Path,
    force: bool,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = temporary_file(path)?;
    let _half_written = HalfWritten::begin(file.path());
    write(file.as_file_mut())?;
    let kept = if force {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    kept.map(drop).map_err(|error| error.error)
}

/// A temporary file beside a file: with the mode of the file that it is to replace, or of any new one.
fn temporary_file(path: &Path) -> io::Result<NamedTempFile> {
    let replaced = fs::metadata(path).ok().filter(fs::Metadata::is_file);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if replaced.is_some() {
        // For the owner alone, until it has the mode of the other.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keytrail-");
    // Its own way of opening would name the temporary file in each error.
    let file = builder.make_in(folder_of(path), |path| options.open(path))?;
    if let Some(replaced) = replaced {
        file.as_file().set_permissions(replaced.permissions())?;
    }
    Ok(file)
}
