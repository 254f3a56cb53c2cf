//! The members of containers, listed, streamed and opened: one interface to tar and zip, which are
//! detected by content.
//!
//! Nothing is written to disk, so the path of a member can do no harm; one that leads out of its
//! container is refused all the same, since no file of an unpacked archive would have it. The rules
//! for members are those for files (`rules.rs`).

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::member::{ExactTake, Member, MemberKind, MemberRange};
use super::tar::{SkippingReader, StreamReader, TarReader, is_tar};
use super::zip::{self, is_zip};
use crate::archive::damage::ContainerError;
use crate::archive::decode::{TextReader, is_compressed};
use crate::archive::log_file::{Location, LogFileKey};
use crate::archive::name::{DayRange, DeliveredName, split};
use crate::archive::rules::{
    self, IgnoredFile, IgnoredReason, ListingEntry, NamedKind, StreamedContainer,
};
use crate::store::{ReadSeek, Store};

/// The formats of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContainerFormat {
    Zip,
    Tar,
    /// A tar inside a compression, which can be read from its beginning only.
    CompressedTar,
}

impl ContainerFormat {
    /// Detects by its content whether a file is a container, and which.
    fn detect(mut file: &mut dyn ReadSeek) -> io::Result<Option<Self>> {
        let bytes = head(&mut file)?;
        if is_zip(&bytes) {
            return Ok(Some(Self::Zip));
        }
        if is_tar(&bytes) {
            return Ok(Some(Self::Tar));
        }
        if !is_compressed(&bytes) {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(0))?;
        let mut decoder = TextReader::default();
        let text = head(&mut decoder.decoded(&mut file)).unwrap_or_default();
        Ok(is_tar(&text).then_some(Self::CompressedTar))
    }
}

/// The first bytes of a file, as many as a format is detected by.
fn head(file: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(512).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Visits the members of a container, if the file with this key is one; returns `None` where it is
/// not.
///
/// Of a compressed tar, the container itself is visited in place of its members, for [`stream`].
pub(in crate::archive) fn list(
    store: &dyn Store,
    container: &LogFileKey,
    days: DayRange,
    visit: &mut dyn FnMut(ListingEntry) -> ControlFlow<()>,
) -> io::Result<Option<ControlFlow<()>>> {
    let mut file = store.open_ranges(&container.path)?;
    let Some(format) = ContainerFormat::detect(&mut *file)? else {
        return Ok(None);
    };
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut filter = MemberFilter::new(store, container, days);
    let mut flow = ControlFlow::Continue(());
    let mut visit_member = |mut member: Member, visit: &mut dyn FnMut(ListingEntry) -> _| {
        if format == ContainerFormat::Zip {
            member.name = slashed(member.name);
        }
        let location = Location::Member(container.path.clone(), member.range.clone());
        flow = filter.classify(member, location).map_or(flow, visit);
        flow
    };
    let listed = match format {
        ContainerFormat::Zip => zip::members(file, |member| visit_member(member, visit)),
        ContainerFormat::Tar => {
            let mut members = TarReader::new(SkippingReader::new(file)?);
            loop {
                match members.next() {
                    Ok(Some(member)) => {
                        if visit_member(member, visit).is_break() {
                            break Ok(());
                        }
                    }
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        }
        ContainerFormat::CompressedTar => {
            flow = visit(ListingEntry::StreamedContainer(StreamedContainer {
                key: container.clone(),
                size,
            }));
            Ok(())
        }
    };
    if let Err(error) = listed
        && flow.is_continue()
    {
        flow = visit(unreadable(container.clone(), error));
    }
    Ok(Some(flow))
}

/// Reads a compressed tar from its beginning, and visits each of its members, with the bytes of those
/// that are log files.
pub(in crate::archive) fn stream(
    store: &dyn Store,
    container: &LogFileKey,
    days: DayRange,
    decoder: &mut TextReader,
    visit: &mut dyn FnMut(ListingEntry, &mut dyn Read) -> ControlFlow<()>,
) {
    let mut filter = MemberFilter::new(store, container, days);
    let read = store
        .open(&container.path)
        .map_err(ContainerError::Read)
        .and_then(|mut file| {
            let mut members = TarReader::new(StreamReader(decoder.decoded(&mut file)));
            while let Some(member) = members.next()? {
                if let Some(entry) = filter.classify(member, Location::Streamed)
                    && visit(entry, &mut members).is_break()
                {
                    break;
                }
            }
            Ok(())
        });
    if let Err(error) = read {
        // Nothing is left to read, whether the visitor breaks or not.
        let _flow = visit(unreadable(container.clone(), error), &mut io::empty());
    }
}

/// Opens a member of a zip or of a tar that is not compressed, and calls `read` with its bytes.
pub(in crate::archive) fn read_member<T>(
    store: &dyn Store,
    container: &[u8],
    range: &MemberRange,
    decoder: &mut TextReader,
    read: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, ContainerError> {
    let mut file = store.open_ranges(container).map_err(ContainerError::Read)?;
    if let Some(content) = &range.zip {
        return zip::read(&mut file, range, content, decoder, read);
    }
    file.seek(SeekFrom::Start(range.offset))
        .map_err(ContainerError::Read)?;
    Ok(read(&mut ExactTake {
        reader: &mut file,
        left: range.length,
    }))
}

/// Decides what the members of a container are, by the rules for files.
struct MemberFilter<'c> {
    root: u32,
    /// The path of the folder that the container counts as; empty where that is the root.
    folder: &'c [u8],
    days: DayRange,
    /// How often each path occurred, by its hash: a later member of the same path gets a path of
    /// its own.
    occurrences: HashMap<u64, u32>,
    /// The folders that their dates rule out, by the hashes of their paths.
    pruned_folders: HashSet<u64>,
    hash: RandomState,
}

impl<'c> MemberFilter<'c> {
    fn new(store: &dyn Store, container: &'c LogFileKey, days: DayRange) -> Self {
        let is_root = store.root_file() == Some(&container.path);
        Self {
            root: container.root,
            folder: if is_root { &[] } else { &container.path },
            days,
            occurrences: HashMap::new(),
            pruned_folders: HashSet::new(),
            hash: RandomState::new(),
        }
    }

    /// The entry of a member; `None` for a folder, and for what is in one that was ruled out before.
    fn classify(&mut self, member: Member, location: Location) -> Option<ListingEntry> {
        let Member {
            name,
            kind,
            range,
            error,
        } = member;
        let mut path = self.folder.to_vec();
        let mut leads_out = false;
        for segment in name.split(|&byte| byte == b'/') {
            if !matches!(segment, b"" | b".") {
                leads_out |= segment == b"..";
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(segment);
            }
        }
        let (folder, file_name) = split(&path);
        let dated = match kind {
            MemberKind::Folder => path.as_slice(),
            _ => folder,
        };
        if !leads_out && let Some(folder) = self.days.ruled_out(dated) {
            let is_new = self.pruned_folders.insert(self.hash.hash_one(folder));
            return is_new.then_some(ListingEntry::PrunedFolder);
        }
        let named = NamedKind::of(file_name);
        let ignored = match kind {
            MemberKind::Folder => return None,
            MemberKind::Link => Some(IgnoredReason::Link),
            MemberKind::Other => Some(IgnoredReason::Special),
            MemberKind::File | MemberKind::Sparse => named.ignored(),
        };
        if let Some(reason) = ignored {
            return Some(ListingEntry::Ignored(IgnoredFile {
                key: LogFileKey::new(self.root, &path),
                reason,
                location,
            }));
        }
        if leads_out {
            return Some(unreadable(
                LogFileKey::new(self.root, &path),
                ContainerError::Outside,
            ));
        }
        let delivered = DeliveredName::parse(&path);
        if !self.days.includes(&delivered) {
            return Some(ListingEntry::Pruned);
        }
        let hash = self.hash.hash_one(&path);
        let occurrences = self.occurrences.entry(hash).or_default();
        *occurrences += 1;
        if *occurrences > 1 {
            path.extend_from_slice(format!("~{occurrences}").as_bytes());
        }
        let key = LogFileKey::new(self.root, &path);
        let error = match (named, kind) {
            (NamedKind::Container, _) => Some(ContainerError::Nested),
            (_, MemberKind::Sparse) => Some(ContainerError::Sparse),
            _ => error,
        };
        Some(match error {
            Some(error) => unreadable(key, error),
            None => rules::log_file(key, delivered, self.days, || Ok(range.size()), location),
        })
    }
}

fn unreadable(key: LogFileKey, error: ContainerError) -> ListingEntry {
    ListingEntry::Unreadable {
        key,
        cause: io::Error::other(error),
    }
}

/// A name with backslashes as slashes, since some programs on Windows write them as separators.
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
