//! zip: the members of a pack by its directory, and the bytes of one member.
//!
//! The directory at the end counts, as it does for other programs; where it is lost, the headers in
//! front of the members are followed as far as they tell how long a member is. Understands zip64.
//! Left out: encryption, packs in several files, and compressions other than DEFLATE and none.
//! Members whose bytes overlap are refused: no program writes them, and they let a small pack grow
//! without end.

use std::collections::HashSet;
type File = Box<dyn crate::store::ReadSeek + Send>;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use libdeflater::Crc;

use super::member::{ExactTake, MemberKind, MemberRange};
use crate::archive::damage::ContainerError;
use crate::archive::decode::TextReader;

const LOCAL: u32 = u32::from_le_bytes(*b"PK\x03\x04");
const ENTRY: u32 = u32::from_le_bytes(*b"PK\x01\x02");
const END: u32 = u32::from_le_bytes(*b"PK\x05\x06");
const END_64: u32 = u32::from_le_bytes(*b"PK\x06\x06");
const LOCATOR_64: u32 = u32::from_le_bytes(*b"PK\x06\x07");

/// The length of the record at the end, without its comment, and of a comment.
const END_LENGTH: usize = 22;
const MAX_COMMENT: usize = 0xffff;
const LOCATOR_LENGTH: u64 = 20;
const LOCAL_LENGTH: u64 = 30;

/// The extra field that holds sizes of more than 32 bits.
const EXTRA_64: u16 = 1;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

const ENCRYPTED: u16 = 1;
const SIZES_FOLLOW: u16 = 1 << 3;

/// Whether bytes begin as a pack does, with members or without.
pub(super) fn is_pack(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// A member, as the directory tells it.
pub(super) struct Member {
    /// Its path in the pack, by its bytes.
    pub(super) name: Vec<u8>,
    /// What it is.
    pub(super) kind: MemberKind,
    /// Its size once it is inflated.
    pub(super) size: u64,
    /// Where its bytes are.
    pub(super) range: MemberRange,
    /// Why it cannot be read, where it cannot.
    pub(super) fault: Option<ContainerError>,
}

/// Hands on each member of a pack. The answer is what is wrong with the pack as a whole.
pub(super) fn members(
    file: File,
    mut visit: impl FnMut(Member) -> ControlFlow<()>,
) -> Result<(), ContainerError> {
    let mut file = BufReader::new(file);
    let directory = match Directory::find(&mut file) {
        Ok(Some(directory)) => directory,
        Ok(None) => return without_directory(&mut file, visit),
        Err(fault) => return Err(fault),
    };
    let overlapping = directory.overlapping(&mut file);
    let mut met = HashSet::new();
    directory.each(&mut file, |mut member| {
        let at = member.range.offset;
        let is_in = |places: &[u64]| places.binary_search(&at).is_ok();
        if is_in(&overlapping.places) || is_in(&overlapping.repeated) && !met.insert(at) {
            member.fault = Some(ContainerError::Overlapping);
        }
        visit(member)
    })
}

/// Where the directory is.
struct Directory {
    at: u64,
    length: u64,
    /// What every place in it is off by, where something stands in front of the pack.
    shift: u64,
    /// How many members it is told to have; the last 16 bits of it.
    count: u16,
}

impl Directory {
    /// Looks for the directory from the end of the file on; `None` where there is none.
    fn find(file: &mut BufReader<File>) -> Result<Option<Self>, ContainerError> {
        let length = file.seek(SeekFrom::End(0)).map_err(ContainerError::Read)?;
        let tail_length = length.min((END_LENGTH + MAX_COMMENT) as u64);
        let tail_at = length - tail_length;
        file.seek(SeekFrom::Start(tail_at))
            .map_err(ContainerError::Read)?;
        let mut tail = Vec::new();
        file.take(tail_length)
            .read_to_end(&mut tail)
            .map_err(ContainerError::Read)?;
        let last = tail.len().checked_sub(END_LENGTH);
        let Some(at) = last.and_then(|last| {
            (0..=last).rev().find(|&at| {
                let comment = u16_at(&tail, at + 20).map(usize::from);
                u32_at(&tail, at) == Some(END)
                    && comment.is_some_and(|comment| at + END_LENGTH + comment <= tail.len())
            })
        }) else {
            return Ok(None);
        };
        let end = tail.get(at..).unwrap_or_default();
        let end_at = tail_at + at as u64;
        let disks = (u16_at(end, 4), u16_at(end, 6));
        let (mut size, mut place) = (
            u64::from(u32_at(end, 12).unwrap_or_default()),
            u64::from(u32_at(end, 16).unwrap_or_default()),
        );
        let mut directory_end = end_at;
        let mut count = u16_at(end, 10).unwrap_or_default();
        if let Some(big) = Self::find_64(file, end_at)? {
            (directory_end, size, place, count) = (big.at, big.size, big.place, big.count);
        } else if !matches!(disks, (Some(0), Some(0))) {
            return Err(ContainerError::Parts);
        }
        let begin = directory_end
            .checked_sub(size)
            .ok_or(ContainerError::Corrupt)?;
        let shift = begin.checked_sub(place).ok_or(ContainerError::Corrupt)?;
        Ok(Some(Self {
            at: begin,
            length: size,
            shift,
            count,
        }))
    }

    /// The record of zip64.
    fn find_64(file: &mut BufReader<File>, end_at: u64) -> Result<Option<End64>, ContainerError> {
        let Some(at) = end_at.checked_sub(LOCATOR_LENGTH) else {
            return Ok(None);
        };
        let locator = read_at::<20>(file, at)?;
        if u32_at(&locator, 0) != Some(LOCATOR_64) {
            return Ok(None);
        }
        let told = u64_at(&locator, 8).unwrap_or_default();
        // With something in front of the pack the record is not where it is told to be, but it
        // stands right before its locator.
        for at in [told, at.saturating_sub(56)] {
            let Ok(record) = read_at::<56>(file, at) else {
                continue;
            };
            if u32_at(&record, 0) == Some(END_64) {
                return Ok(Some(End64 {
                    at,
                    count: u16_at(&record, 32).unwrap_or_default(),
                    size: u64_at(&record, 40).unwrap_or_default(),
                    place: u64_at(&record, 48).unwrap_or_default(),
                }));
            }
        }
        Err(ContainerError::Corrupt)
    }

    /// Hands on what each entry of the directory says.
    fn each(
        &self,
        file: &mut BufReader<File>,
        mut visit: impl FnMut(Member) -> ControlFlow<()>,
    ) -> Result<(), ContainerError> {
        file.seek(SeekFrom::Start(self.at))
            .map_err(ContainerError::Read)?;
        let mut rest = file.take(self.length);
        let mut count = 0_u16;
        while rest.limit() > 0 {
            count = count.wrapping_add(1);
            let mut fixed = [0; 46];
            rest.read_exact(&mut fixed).map_err(cut)?;
            if u32_at(&fixed, 0) != Some(ENTRY) {
                return Err(ContainerError::Corrupt);
            }
            let length = |at| usize::from(u16_at(&fixed, at).unwrap_or_default());
            let mut name = vec![0; length(28)];
            let mut extra = vec![0; length(30)];
            let mut comment = vec![0; length(32)];
            rest.read_exact(&mut name).map_err(cut)?;
            rest.read_exact(&mut extra).map_err(cut)?;
            rest.read_exact(&mut comment).map_err(cut)?;
            let number = |at| u64::from(u32_at(&fixed, at).unwrap_or_default());
            let (mut packed, mut size, mut at) = (number(20), number(24), number(42));
            let mut wide = wide(&extra);
            for value in [&mut size, &mut packed, &mut at] {
                if *value == u64::from(u32::MAX)
                    && let Some(wide) = wide.next()
                {
                    *value = wide;
                }
            }
            let made_by_unix = fixed.get(5) == Some(&3);
            let mode = u32_at(&fixed, 38).unwrap_or_default() >> 16;
            let kind = kind(&name, made_by_unix.then_some(mode));
            let at = at.checked_add(self.shift).ok_or(ContainerError::Corrupt)?;
            let range = MemberRange {
                offset: at,
                length: packed,
                size,
                crc32: u32_at(&fixed, 16).unwrap_or_default(),
                ..MemberRange::default()
            };
            let member = member(name, kind, &fixed, 8, size, &range);
            if visit(member).is_break() {
                return Ok(());
            }
        }
        // Members that are told of and not there must not be missed in silence.
        if count == self.count {
            Ok(())
        } else {
            Err(ContainerError::Corrupt)
        }
    }

    /// Looks for members that share bytes.
    fn overlapping(&self, file: &mut BufReader<File>) -> Overlapping {
        let mut stretches = Vec::new();
        let walked = self.each(file, |member| {
            let MemberRange {
                offset: at, length, ..
            } = member.range;
            let header = LOCAL_LENGTH + member.name.len() as u64;
            stretches.push((at, at.saturating_add(header).saturating_add(length)));
            ControlFlow::Continue(())
        });
        // A directory that breaks off is told when it is walked in earnest.
        drop(walked);
        stretches.sort_unstable();
        let mut overlapping = Overlapping::default();
        let (mut reached, mut last) = (0, None);
        for (at, end) in stretches {
            if last == Some(at) {
                overlapping.repeated.push(at);
            } else if at < reached {
                overlapping.places.push(at);
            }
            (reached, last) = (reached.max(end), Some(at));
        }
        overlapping
    }
}

/// What the record of zip64 says of the directory, and its own place.
struct End64 {
    at: u64,
    count: u16,
    size: u64,
    place: u64,
}

/// Places of members that share bytes with others, in order.
#[derive(Default)]
struct Overlapping {
    /// Those that begin inside a member in front of them.
    places: Vec<u64>,
    /// Those at which several members begin.
    repeated: Vec<u64>,
}

/// Follows the headers in front of the members, of a pack whose end is lost.
fn without_directory(
    file: &mut BufReader<File>,
    mut visit: impl FnMut(Member) -> ControlFlow<()>,
) -> Result<(), ContainerError> {
    let mut at = 0_u64;
    loop {
        let Ok(fixed) = read_at::<30>(file, at) else {
            return Err(ContainerError::Truncated);
        };
        let flags = u16_at(&fixed, 6).unwrap_or_default();
        if u32_at(&fixed, 0) != Some(LOCAL) || flags & SIZES_FOLLOW != 0 {
            return Err(ContainerError::Truncated);
        }
        let length = |at| usize::from(u16_at(&fixed, at).unwrap_or_default());
        let mut name = vec![0; length(26)];
        let mut extra = vec![0; length(28)];
        file.read_exact(&mut name).map_err(cut)?;
        file.read_exact(&mut extra).map_err(cut)?;
        let number = |at| u64::from(u32_at(&fixed, at).unwrap_or_default());
        let (mut packed, mut size) = (number(18), number(22));
        let mut wide = wide(&extra);
        for value in [&mut size, &mut packed] {
            if *value == u64::from(u32::MAX)
                && let Some(wide) = wide.next()
            {
                *value = wide;
            }
        }
        let header = LOCAL_LENGTH + (name.len() + extra.len()) as u64;
        let kind = kind(&name, None);
        let range = MemberRange {
            offset: at,
            length: packed,
            size,
            crc32: u32_at(&fixed, 14).unwrap_or_default(),
            ..MemberRange::default()
        };
        if visit(member(name, kind, &fixed, 6, size, &range)).is_break() {
            return Ok(());
        }
        let next = header
            .checked_add(packed)
            .and_then(|next| at.checked_add(next));
        at = next.ok_or(ContainerError::Corrupt)?;
    }
}

/// A member, and whether it can be read; `flags` is where a header has its flags, and its method
/// behind them.
fn member(
    name: Vec<u8>,
    kind: MemberKind,
    header: &[u8],
    flags: usize,
    size: u64,
    range: &MemberRange,
) -> Member {
    let method = u16_at(header, flags + 2).unwrap_or_default();
    let is_encrypted = u16_at(header, flags).unwrap_or_default() & ENCRYPTED != 0;
    let fault = match method {
        _ if is_encrypted => Some(ContainerError::Encrypted),
        STORED | DEFLATED => None,
        method => Some(ContainerError::Method(method)),
    };
    Member {
        name,
        kind,
        size,
        range: MemberRange {
            is_deflated: method == DEFLATED,
            has_header: true,
            ..range.clone()
        },
        fault,
    }
}

fn kind(name: &[u8], mode: Option<u32>) -> MemberKind {
    const TYPE: u32 = 0o170_000;
    const REGULAR: u32 = 0o100_000;
    match mode.map(|mode| mode & TYPE) {
        _ if name.ends_with(b"/") || name.ends_with(b"\\") => MemberKind::Folder,
        None | Some(0 | REGULAR) => MemberKind::File,
        Some(_) => MemberKind::Other,
    }
}

/// The numbers of more than 32 bits, in the order in which they are told.
fn wide(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut found: &[u8] = &[];
    while let (Some(tag), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let end = 4 + usize::from(length);
        if tag == EXTRA_64 {
            found = extra.get(4..end).unwrap_or_default();
        }
        extra = extra.get(end..).unwrap_or_default();
    }
    found
        .chunks_exact(8)
        .filter_map(|bytes| bytes.first_chunk::<8>().copied().map(u64::from_le_bytes))
}

/// Hands on the bytes of a member.
pub(super) fn read<T>(
    file: &mut File,
    range: &MemberRange,
    outer: &mut TextReader,
    read: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, ContainerError> {
    let header = read_at::<30>(file, range.offset)?;
    if u32_at(&header, 0) != Some(LOCAL) {
        return Err(ContainerError::Corrupt);
    }
    let length = |at| u64::from(u16_at(&header, at).unwrap_or_default());
    let at = (range.offset + LOCAL_LENGTH).checked_add(length(26) + length(28));
    let at = at.ok_or(ContainerError::Corrupt)?;
    file.seek(SeekFrom::Start(at))
        .map_err(ContainerError::Read)?;
    let mut packed = ExactTake {
        bytes: file,
        left: range.length,
    };
    let summed = |bytes| Summed {
        bytes,
        left: range.size,
        sum: Crc::new(),
        promised: range.crc32,
    };
    Ok(if range.is_deflated {
        read(&mut summed(&mut outer.inflated(&mut packed)))
    } else {
        read(&mut summed(&mut packed))
    })
}

/// The bytes of a member, held to the size and the checksum that the pack promises.
struct Summed<'m> {
    bytes: &'m mut dyn Read,
    left: u64,
    sum: Crc,
    promised: u32,
}

impl Read for Summed<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(room)?;
        let left = self.left.checked_sub(read as u64);
        self.sum.update(room.get(..read).unwrap_or_default());
        match left {
            Some(left) if read > 0 || room.is_empty() => {
                self.left = left;
                Ok(read)
            }
            Some(0) if self.sum.sum() == self.promised => Ok(0),
            Some(0) => Err(io::Error::other(ContainerError::Checksum)),
            Some(_) | None => Err(io::Error::other(ContainerError::Size)),
        }
    }
}

fn read_at<const N: usize>(
    file: &mut (impl Read + Seek),
    at: u64,
) -> Result<[u8; N], ContainerError> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))
        .map_err(ContainerError::Read)?;
    file.read_exact(&mut bytes).map_err(cut)?;
    Ok(bytes)
}

/// A file that ends too early is cut off; every other error is one of reading.
fn cut(error: io::Error) -> ContainerError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ContainerError::Truncated,
        _ => ContainerError::Read(error),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*bytes))
}
