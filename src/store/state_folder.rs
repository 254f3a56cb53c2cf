//! The folder of a saved state on disk: what the commit of a state needs of a file system.
//!
//! ```text
//! STATE/manifest.json       replaced by a rename, never written in place
//! STATE/lock                locked by the one who writes
//! STATE/runs/RUN/FILE       created once, never changed
//! ```
//!
//! A state that is named by a symbolic link is the folder that the link leads to when it is opened. Inside
//! of it no link is followed, and what should be a file or a folder has to be one. Left out: what is in the
//! files, and which runs belong to the state, which `state` decides.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

const MANIFEST: &str = "manifest.json";
/// The next manifest until it is renamed.
const NEXT_MANIFEST: &str = "manifest.json.new";
const LOCK: &str = "lock";
const RUNS: &str = "runs";

/// How long a manifest may be. One of a thousand runs has 1 MB.
const MAX_MANIFEST: u64 = 64 << 20;

/// A file or folder of a state that cannot be used.
#[derive(Debug, Error)]
pub enum StateFolderError {
    /// The system refuses.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What could not be done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else lies where a file or a folder should.
    #[error("{} is no {wanted}; symbolic links are not followed in a state", path.display())]
    WrongType {
        /// Where.
        path: PathBuf,
        /// What should be there.
        wanted: &'static str,
    },
    /// The manifest is longer than any manifest.
    #[error("{} is too long for the manifest of a state", path.display())]
    LongManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// The state is being written.
    #[error("{} is being written by another process", path.display())]
    Locked {
        /// The state.
        path: PathBuf,
    },
}

/// What to do if a state is being written by another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenLocked {
    /// Fail.
    Fail,
    /// Wait until the other process is done, however long that takes.
    Wait,
}

/// The folder of a state.
#[derive(Clone, Debug)]
pub struct StateFolder {
    path: PathBuf,
}

/// The right to write a state. It ends when this is dropped, and with the process however that ends.
#[derive(Debug)]
pub struct StateLock {
    file: File,
}

/// A file of a run that is being written.
#[derive(Debug)]
pub struct NewStateFile {
    path: PathBuf,
    file: File,
}

/// A file of a run, opened to be read from any position by any number of threads.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    file: File,
    size: u64,
}

impl StateFolder {
    /// Opens a folder, which need not be a state.
    pub fn open(path: &Path) -> Result<Self, StateFolderError> {
        let mut path = path.to_owned();
        let is_link = metadata(&path)?.is_some_and(|metadata| metadata.is_symlink());
        if is_link {
            path = fs::canonicalize(&path).map_err(failed("open", &path))?;
        }
        match metadata(&path)? {
            Some(metadata) if metadata.is_dir() => Ok(Self { path }),
            Some(_) => Err(wrong_type(&path, "folder")),
            None => Err(failed("open", &path)(io::ErrorKind::NotFound.into())),
        }
    }

    /// Opens a folder and creates it if it is missing, for its owner only.
    pub fn create(path: &Path) -> Result<Self, StateFolderError> {
        if metadata(path)?.is_none() && create_folder(path)? {
            let parent = path.parent().filter(|parent| *parent != Path::new(""));
            sync_folder(parent.unwrap_or(Path::new(".")))?;
        }
        Self::open(path)
    }

    /// The folder as it was named, or what the link leads to that was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes from all but the owner the right to look into the folder.
    pub fn restrict(&self) -> Result<(), StateFolderError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&self.path, fs::Permissions::from_mode(0o700))
                .map_err(failed("restrict", &self.path))?;
        }
        Ok(())
    }

    /// Whether nothing is in the folder but what is there before the first manifest is.
    pub fn is_unused(&self) -> Result<bool, StateFolderError> {
        let names = names_in(&self.path)?;
        Ok(names
            .iter()
            .all(|name| name == LOCK || name == NEXT_MANIFEST))
    }

    /// Whether the folder has the lock and the runs of a state.
    pub fn has_lock_and_runs(&self) -> Result<bool, StateFolderError> {
        let lock = metadata(&self.path.join(LOCK))?;
        let runs = metadata(&self.path.join(RUNS))?;
        Ok(lock.is_some_and(|lock| lock.is_file()) && runs.is_some_and(|runs| runs.is_dir()))
    }

    /// Whether a writer has begun and nothing is committed yet: there is a lock, and nothing else that means
    /// anything.
    pub fn is_begun(&self) -> Result<bool, StateFolderError> {
        let lock = metadata(&self.path.join(LOCK))?;
        Ok(lock.is_some_and(|lock| lock.is_file()) && self.is_unused()?)
    }

    /// Takes the lock, which one process at a time can hold.
    pub fn lock(&self, when_locked: WhenLocked) -> Result<StateLock, StateFolderError> {
        let path = self.path.join(LOCK);
        loop {
            let Some(file) = open_lock(&path)? else {
                continue;
            };
            match when_locked {
                WhenLocked::Fail => match file.try_lock() {
                    Ok(()) => {}
                    Err(TryLockError::WouldBlock) => {
                        let path = self.path.clone();
                        return Err(StateFolderError::Locked { path });
                    }
                    Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
                },
                WhenLocked::Wait => match file.lock() {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(failed("lock", &path)(error)),
                },
            }
            // While this process waited, somebody may have put another file there.
            if is_still_at(&file, &path)? {
                return Ok(StateLock { file });
            }
        }
    }

    /// Where the manifest lies.
    pub fn manifest_path(&self) -> PathBuf {
        self.path.join(MANIFEST)
    }

    /// Reads the manifest; `None` if there is none.
    pub fn read_manifest(&self) -> Result<Option<Vec<u8>>, StateFolderError> {
        self.read_manifest_up_to(MAX_MANIFEST + 1)
    }

    /// Reads the first bytes of the manifest; `None` if there is none.
    pub fn read_manifest_up_to(&self, limit: u64) -> Result<Option<Vec<u8>>, StateFolderError> {
        let path = self.manifest_path();
        let Some(file) = open_to_read(&path)? else {
            return Ok(None);
        };
        let mut text = Vec::new();
        let read = file.take(limit).read_to_end(&mut text);
        read.map_err(failed("read", &path))?;
        if text.len() as u64 > MAX_MANIFEST {
            return Err(StateFolderError::LongManifest { path });
        }
        Ok(Some(text))
    }

    /// Writes what will be the manifest, to the disk. Nobody reads it before it is published.
    pub fn write_next_manifest(&self, text: &[u8]) -> Result<(), StateFolderError> {
        let path = self.path.join(NEXT_MANIFEST);
        // One is left over where a process was killed.
        remove_file(&path)?;
        let mut file = create_file(&path)?;
        let written = file.write_all(text).map_err(failed("write", &path));
        let synced = written.and_then(|()| sync(&file, &path));
        if synced.is_err() {
            // It has no meaning, and the next writer removes it, too.
            let _ = fs::remove_file(&path);
        }
        synced
    }

    /// Replaces the manifest by the one that was written, at once. After an error it may have been
    /// replaced or not.
    pub fn publish_manifest(&self) -> Result<(), StateFolderError> {
        let path = self.manifest_path();
        let renamed = fs::rename(self.path.join(NEXT_MANIFEST), &path);
        renamed.map_err(failed("replace", &path))?;
        sync_folder(&self.path)
    }

    /// Creates the folder of all runs if it is missing.
    pub fn create_runs(&self) -> Result<(), StateFolderError> {
        let path = self.path.join(RUNS);
        if create_folder(&path)? {
            sync_folder(&self.path)?;
        }
        check_folder(&path)
    }

    /// The names of the folders of runs; what is neither a folder nor has a name in UTF-8 is no run.
    pub fn runs(&self) -> Result<Vec<String>, StateFolderError> {
        let path = self.path.join(RUNS);
        check_folder(&path)?;
        let mut names = names_in(&path)?;
        names
            .retain(|name| fs::symlink_metadata(path.join(name)).is_ok_and(|found| found.is_dir()));
        Ok(names)
    }

    /// Where a run lies.
    pub fn run_path(&self, run: &str) -> PathBuf {
        self.path.join(RUNS).join(run)
    }

    /// Creates the folder of a run; one of this name is an error.
    pub fn create_run(&self, run: &str) -> Result<(), StateFolderError> {
        check_folder(&self.path.join(RUNS))?;
        let path = self.run_path(run);
        if create_folder(&path)? {
            return Ok(());
        }
        Err(failed("create", &path)(io::ErrorKind::AlreadyExists.into()))
    }

    /// Creates a file of a run, for its owner only; one of this name is an error.
    pub fn create_file(&self, run: &str, name: &str) -> Result<NewStateFile, StateFolderError> {
        let folder = self.run_path(run);
        check_folder(&folder)?;
        let path = folder.join(name);
        let file = create_file(&path)?;
        Ok(NewStateFile { path, file })
    }

    /// Brings the names of the files of a run to the disk.
    pub fn sync_run(&self, run: &str) -> Result<(), StateFolderError> {
        sync_folder(&self.run_path(run))
    }

    /// Brings the names of the runs to the disk.
    pub fn sync_runs(&self) -> Result<(), StateFolderError> {
        sync_folder(&self.path.join(RUNS))
    }

    /// Opens a file of a run; `None` if there is none.
    pub fn open_file(&self, run: &str, name: &str) -> Result<Option<StateFile>, StateFolderError> {
        let (runs, folder) = (self.path.join(RUNS), self.run_path(run));
        for folder in [&runs, &folder] {
            match metadata(folder)? {
                None => return Ok(None),
                Some(metadata) if metadata.is_dir() => {}
                Some(_) => return Err(wrong_type(folder, "folder")),
            }
        }
        let path = folder.join(name);
        let Some(file) = open_to_read(&path)? else {
            return Ok(None);
        };
        let size = file.metadata().map_err(failed("open", &path))?.len();
        Ok(Some(StateFile { path, file, size }))
    }

    /// Removes the files of these names from a run, and its folder if nothing else is in it.
    pub fn remove_run(&self, run: &str, names: &[&str]) -> Result<(), StateFolderError> {
        check_folder(&self.path.join(RUNS))?;
        let folder = self.run_path(run);
        check_folder(&folder)?;
        for name in names {
            remove_file(&folder.join(name))?;
        }
        fs::remove_dir(&folder).map_err(failed("remove", &folder))
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        // Closing the file is not enough while a process that is being started still has a copy of it.
        let _ = self.file.unlock();
    }
}

impl NewStateFile {
    /// The error behind one that writing this file gave.
    pub fn error(&self, error: io::Error) -> StateFolderError {
        let inner = error.downcast::<StateFolderError>();
        inner.unwrap_or_else(failed("write", &self.path))
    }

    /// Brings the file to the disk. If that fails it must not be tried again, since the system may have
    /// dropped what it could not write.
    pub fn sync(self) -> Result<(), StateFolderError> {
        sync(&self.file, &self.path)
    }
}

impl Write for NewStateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| {
            let kind = error.kind();
            io::Error::new(kind, failed("write", &self.path)(error))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl StateFile {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size when it was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads exactly the bytes from a position on.
    pub fn read_exact_at(&self, bytes: &mut [u8], position: u64) -> Result<(), StateFolderError> {
        read_exact_at(&self.file, bytes, position).map_err(failed("read", &self.path))
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, position)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut position: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, position)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = bytes.get_mut(read..).unwrap_or_default();
        position += read as u64;
    }
    Ok(())
}

/// The error of what could not be done to a path.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateFolderError {
    move |source| StateFolderError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

fn wrong_type(path: &Path, wanted: &'static str) -> StateFolderError {
    let path = path.to_owned();
    StateFolderError::WrongType { path, wanted }
}

/// What lies there itself, not what a link leads to.
fn metadata(path: &Path) -> Result<Option<fs::Metadata>, StateFolderError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failed("open", path)(error)),
    }
}

/// Whether a file is not there, or, on a network file system, no longer.
fn is_missing(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::NotFound || kind == io::ErrorKind::StaleNetworkFileHandle
}

fn check_folder(path: &Path) -> Result<(), StateFolderError> {
    match metadata(path)? {
        Some(metadata) if metadata.is_dir() => Ok(()),
        Some(_) => Err(wrong_type(path, "folder")),
        None => Err(failed("open", path)(io::ErrorKind::NotFound.into())),
    }
}

fn names_in(folder: &Path) -> Result<Vec<String>, StateFolderError> {
    let entries = fs::read_dir(folder).map_err(failed("list", folder))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names: io::Result<Vec<String>> = names.collect();
    let mut names = names.map_err(failed("list", folder))?;
    names.sort_unstable();
    Ok(names)
}

/// Creates a folder for its owner only; returns whether it was missing.
fn create_folder(path: &Path) -> Result<bool, StateFolderError> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "the mode is set on Unix"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed("create", path)(error)),
    }
}

/// Creates a file that is not there, for its owner only. A link in its place is an error.
fn create_file(path: &Path) -> Result<File, StateFolderError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(failed("create", path))
}

/// Opens a regular file; `None` if there is none. The type is looked at first, since opening a pipe would
/// wait for who writes it.
fn open_to_read(path: &Path) -> Result<Option<File>, StateFolderError> {
    match metadata(path)? {
        None => return Ok(None),
        Some(metadata) if metadata.is_file() => {}
        Some(_) => return Err(wrong_type(path, "regular file")),
    }
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failed("open", path)(error)),
    }
}

/// Opens or creates the file of the lock; `None` if another process was faster at either.
fn open_lock(path: &Path) -> Result<Option<File>, StateFolderError> {
    let is_other = |error: &StateFolderError, kind| matches!(error, StateFolderError::Io { source, .. } if source.kind() == kind);
    match metadata(path)? {
        None => match create_file(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_other(&error, io::ErrorKind::AlreadyExists) => Ok(None),
            Err(error) => Err(error),
        },
        Some(metadata) if metadata.is_file() => match OpenOptions::new().write(true).open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("open", path)(error)),
        },
        Some(_) => Err(wrong_type(path, "regular file")),
    }
}

/// Whether the open file is the one that lies at the path.
fn is_still_at(file: &File, path: &Path) -> Result<bool, StateFolderError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let opened = file.metadata().map_err(failed("lock", path))?;
        let found = metadata(path)?;
        Ok(found.is_some_and(|found| (found.dev(), found.ino()) == (opened.dev(), opened.ino())))
    }
    #[cfg(not(unix))]
    {
        // An open file cannot be removed or replaced there.
        let _ = (file, path);
        Ok(true)
    }
}

fn remove_file(path: &Path) -> Result<(), StateFolderError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Brings a file to the disk.
fn sync(file: &File, path: &Path) -> Result<(), StateFolderError> {
    #[cfg(test)]
    fault::before_sync().map_err(failed("sync", path))?;
    file.sync_all().map_err(failed("sync", path))
}

/// Brings the names in a folder to the disk. Only Unix has a way to do so.
fn sync_folder(path: &Path) -> Result<(), StateFolderError> {
    if cfg!(unix) {
        let folder = File::open(path).map_err(failed("open", path))?;
        sync(&folder, path)?;
    }
    Ok(())
}

/// Failures of the disk, for tests.
#[cfg(test)]
pub(crate) mod fault {
    use std::cell::Cell;
    use std::io;

    thread_local! {
        static SYNCS_LEFT: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Has one sync of this thread fail, after so many that do not; `None` ends that.
    pub(crate) fn fail_sync_after(syncs: Option<u32>) {
        SYNCS_LEFT.set(syncs);
    }

    /// Whether the sync that was to fail is still to come.
    pub(crate) fn is_to_come() -> bool {
        SYNCS_LEFT.get().is_some()
    }

    pub(super) fn before_sync() -> io::Result<()> {
        let left = SYNCS_LEFT.get();
        SYNCS_LEFT.set(left.and_then(|left| left.checked_sub(1)));
        match left {
            Some(0) => Err(io::Error::other("the disk fails")),
            _ => Ok(()),
        }
    }
}
