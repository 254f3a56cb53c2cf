//! Packs: whole archives in one file, whose members are read as the files of a folder are.
//!
//! One interface to tar and zip, told by content. Nothing is unpacked to disk, so a member's path
//! can do no harm; one that leads out of its pack is refused all the same, since no file would be
//! where it says. Members are sorted out by the rules of the walk. Left out: packs inside packs.

mod member;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::damage::ContainerError;
use super::decode::{TextReader, is_compressed};
use super::names::{is_log_file, is_pack};
use super::object_key::{DayRange, ObjectKey};
use super::walk::{Found, Held, LogFile};
use member::{ExactTake, MemberKind};
use tar::{Source, Stream};

pub use member::MemberRange;

/// The forms of packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Zip,
    Tar,
    /// A compressed tar, which can be read from its beginning only.
    Stream,
}

impl Form {
    /// Tells by its content whether a file is a pack.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let bytes = head(&mut file)?;
        if zip::is_pack(&bytes) {
            return Ok(Some(Self::Zip));
        }
        if is_tar(&bytes) {
            return Ok(Some(Self::Tar));
        }
        if !is_compressed(&bytes) {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(0))?;
        let mut outer = TextReader::default();
        let text = head(&mut outer.decoded(&mut file)).unwrap_or_default();
        Ok(is_tar(&text).then_some(Self::Stream))
    }
}

/// The first bytes of a file, as many as tell what it is.
fn head(file: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(512).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether bytes begin as a tar does; one without members is nothing but zeros.
fn is_tar(bytes: &[u8]) -> bool {
    tar::is_header(bytes) || bytes.len() == 512 && bytes.iter().all(|&byte| byte == 0)
}

/// Hands on the members of a pack, if the file is one; `None` where it is none.
///
/// Members of a compressed tar are not handed on but the pack is, to be read by [`unpack`].
pub(super) fn walk(
    path: &Path,
    canonical: &Path,
    days: DayRange,
    visit: &mut impl FnMut(Found) -> ControlFlow<()>,
) -> io::Result<Option<ControlFlow<()>>> {
    let Some(form) = Form::of(path)? else {
        return Ok(None);
    };
    let pack: Arc<Path> = path.into();
    let mut sorter = Sorter::new(&pack, canonical, days);
    let mut flow = ControlFlow::Continue(());
    let walked = match form {
        Form::Zip => zip::members(File::open(path)?, |member| {
            let held = || Held::Stretch(Arc::clone(&pack), member.range.clone());
            let name = slashed(member.name);
            let found = sorter.sort(&name, member.kind, member.size, member.fault, held);
            flow = found.map_or(flow, &mut *visit);
            flow
        }),
        Form::Tar => {
            let mut members = tar::Members::new(Seeking::open(path)?);
            loop {
                match members.next() {
                    Ok(Some(header)) => {
                        let range = MemberRange {
                            offset: header.at,
                            length: header.size,
                            size: header.size,
                            ..MemberRange::default()
                        };
                        let held = || Held::Stretch(Arc::clone(&pack), range);
                        let found = sorter.sort(&header.name, header.kind, header.size, None, held);
                        flow = found.map_or(flow, &mut *visit);
                        if flow.is_break() {
                            break Ok(());
                        }
                    }
                    Ok(None) => break Ok(()),
                    Err(fault) => break Err(fault),
                }
            }
        }
        Form::Stream => {
            flow = visit(Found::LogFile(LogFile {
                path: path.to_owned(),
                size: fs::metadata(path)?.len(),
                promised: None,
                held: Held::Stream,
            }));
            Ok(())
        }
    };
    if let Err(fault) = walked
        && flow.is_continue()
    {
        flow = visit(Found::Unreadable(path.to_owned(), io::Error::other(fault)));
    }
    Ok(Some(flow))
}

/// Reads a compressed tar: hands on what is found in it, and with each log file its bytes.
pub fn unpack(
    path: &Path,
    days: DayRange,
    outer: &mut TextReader,
    visit: &mut dyn FnMut(Found, &mut dyn Read) -> ControlFlow<()>,
) {
    let canonical = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut sorter = Sorter::new(path, &canonical, days);
    let walked = File::open(path)
        .map_err(ContainerError::Read)
        .and_then(|mut file| {
            let mut members = tar::Members::new(Stream(outer.decoded(&mut file)));
            while let Some(header) = members.next()? {
                let held = || Held::Stream;
                let found = sorter.sort(&header.name, header.kind, header.size, None, held);
                if let Some(found) = found
                    && visit(found, &mut members).is_break()
                {
                    break;
                }
            }
            Ok(())
        });
    if let Err(fault) = walked {
        let found = Found::Unreadable(path.to_owned(), io::Error::other(fault));
        // The pack is at its end, whatever the visitor wants.
        let _ended = visit(found, &mut io::empty());
    }
}

/// Finds log files by the paths that a walk gave them, be they files or members of packs, and hands
/// on each with its bytes where they pass by only once. What is not there any more is passed over,
/// and so is a pipe, which could be read only once.
pub fn find(paths: &BTreeSet<&Path>, visit: &mut dyn FnMut(&LogFile, Option<&mut dyn Read>)) {
    let mut packs: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    for &path in paths {
        if is_file(path) {
            visit(&LogFile::at(path), None);
        } else if let Some(pack) = path.ancestors().skip(1).find(|path| is_file(path)) {
            packs.entry(pack).or_default().insert(path);
        }
    }
    for (pack, wanted) in packs {
        let mut outer = TextReader::default();
        let walked = walk(pack, pack, DayRange::default(), &mut |found| {
            match found {
                Found::LogFile(log_file) if log_file.held == Held::Stream => {
                    unpack(
                        pack,
                        DayRange::default(),
                        &mut outer,
                        &mut |found, bytes| {
                            if let Found::LogFile(log_file) = found
                                && wanted.contains(&*log_file.path)
                            {
                                visit(&log_file, Some(bytes));
                            }
                            ControlFlow::Continue(())
                        },
                    );
                }
                Found::LogFile(log_file) if wanted.contains(&*log_file.path) => {
                    visit(&log_file, None);
                }
                Found::LogFile(_)
                | Found::Pruned
                | Found::Ignored
                | Found::Link
                | Found::Unreadable(..) => {}
            }
            ControlFlow::Continue(())
        });
        // A pack that cannot be opened any more has nothing to find.
        drop(walked);
    }
}

/// Hands on the bytes of a member of a zip or of a tar that is not compressed.
pub(super) fn read<T>(
    pack: &Path,
    range: &MemberRange,
    outer: &mut TextReader,
    read: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, ContainerError> {
    let mut file = File::open(pack).map_err(ContainerError::Read)?;
    if range.has_header {
        return zip::read(&mut file, range, outer, read);
    }
    file.seek(SeekFrom::Start(range.offset))
        .map_err(ContainerError::Read)?;
    Ok(read(&mut ExactTake {
        bytes: &mut file,
        left: range.length,
    }))
}

/// A file in which what is not wanted is passed over without being read.
struct Seeking {
    file: BufReader<File>,
    at: u64,
    length: u64,
}

impl Seeking {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            file: BufReader::with_capacity(512, file),
            at: 0,
            length,
        })
    }
}

impl Read for Seeking {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(room)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Source for Seeking {
    fn skip(&mut self, length: u64) -> io::Result<u64> {
        let passed = length.min(self.length.saturating_sub(self.at));
        self.at += passed;
        self.file.seek(SeekFrom::Start(self.at))?;
        Ok(passed)
    }
}

/// Sorts the members of a pack out as the walk does the files of a folder.
struct Sorter<'p> {
    pack: &'p Path,
    canonical: &'p Path,
    days: DayRange,
    /// How often each name was met, by its hash: a later member of the same name has a place of
    /// its own.
    met: HashMap<u64, u32>,
    hash: RandomState,
}

impl<'p> Sorter<'p> {
    fn new(pack: &'p Path, canonical: &'p Path, days: DayRange) -> Self {
        Self {
            pack,
            canonical,
            days,
            met: HashMap::new(),
            hash: RandomState::new(),
        }
    }

    fn sort(
        &mut self,
        name: &[u8],
        kind: MemberKind,
        size: u64,
        fault: Option<ContainerError>,
        held: impl FnOnce() -> Held,
    ) -> Option<Found> {
        let file_name = name.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        match kind {
            MemberKind::Folder => return None,
            MemberKind::Other => return Some(Found::Ignored),
            MemberKind::File | MemberKind::Sparse => {}
        }
        let nested = is_pack(file_name);
        if !nested && !is_log_file(file_name) {
            return Some(Found::Ignored);
        }
        let mut path = self.pack.to_owned();
        let mut below = self.canonical.to_owned();
        let mut leads_out = false;
        for part in name.split(|&byte| byte == b'/') {
            if matches!(part, b"" | b".") {
                continue;
            }
            leads_out |= part == b"..";
            let part = os(part);
            path.push(&part);
            below.push(part);
        }
        let unreadable = |path, fault| Some(Found::Unreadable(path, io::Error::other(fault)));
        if leads_out {
            return unreadable(path, ContainerError::Outside);
        }
        let key = ObjectKey::parse(&below);
        if !self.days.holds(&key) {
            return Some(Found::Pruned);
        }
        let hash = self.hash.hash_one(&path);
        let times = self.met.entry(hash).or_default();
        *times += 1;
        if *times > 1 {
            let mut name = path.into_os_string();
            name.push(format!("~{times}"));
            path = PathBuf::from(name);
        }
        if nested {
            return unreadable(path, ContainerError::Nested);
        }
        if kind == MemberKind::Sparse {
            return unreadable(path, ContainerError::Sparse);
        }
        if let Some(fault) = fault {
            return unreadable(path, fault);
        }
        Some(Found::LogFile(LogFile {
            path,
            size,
            promised: key.events,
            held: held(),
        }))
    }
}

/// A name with the slashes of a path, where a program of another system wrote the other ones.
fn slashed(mut name: Vec<u8>) -> Vec<u8> {
    if !name.contains(&b'/') {
        for byte in &mut name {
            if *byte == b'\\' {
                *byte = b'/';
            }
        }
    }
    name
}

/// A name of this system, by its bytes.
#[cfg(unix)]
fn os(name: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(name.to_owned())
}

/// A name of this system; what is no UTF-8 becomes U+FFFD.
#[cfg(not(unix))]
fn os(name: &[u8]) -> OsString {
    String::from_utf8_lossy(name).into_owned().into()
}
