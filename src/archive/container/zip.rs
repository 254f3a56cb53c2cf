//! zip: the members of a container by its central directory, and the bytes of one member.
//!
//! The directory at the end decides, as it does for other programs; where it is lost, the local
//! headers in front of the members are followed as far as they have the length of the member.
//! Reads zip64. Left out: encryption, containers in several files, and compressions other than
//! DEFLATE and none. Members whose bytes overlap are refused: no program writes them, and with them
//! a small container can hold any amount of text.
//!
//! The crate `zip` (9.4), which the `xlsx` format uses, is not used: it keeps its directory by name, so
//! that of two members of one name one is lost, and keeps all of it in memory; where members overlap
//! it refuses the whole container; and without a directory it reads all bytes of the members that it
//! skips.

use std::collections::HashSet;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use libdeflater::Crc;

use super::member::{ExactTake, Member, MemberKind, MemberRange, ZipContent};
use crate::archive::damage::ContainerError;
use crate::archive::decode::TextReader;

// The signatures of local headers, of entries in the directory, and of the records at the end.
const LOCAL: u32 = u32::from_le_bytes(*b"PK\x03\x04");
const ENTRY: u32 = u32::from_le_bytes(*b"PK\x01\x02");
const END: u32 = u32::from_le_bytes(*b"PK\x05\x06");
const END_64: u32 = u32::from_le_bytes(*b"PK\x06\x06");
const LOCATOR_64: u32 = u32::from_le_bytes(*b"PK\x06\x07");

/// The length of the record at the end, without its comment.
const END_LENGTH: usize = 22;
const MAX_COMMENT: usize = 0xffff;
const LOCATOR_LENGTH: u64 = 20;
/// The length of a local header, without the name and the extra field.
const LOCAL_LENGTH: u64 = 30;

/// The tag of the extra field with numbers of more than 32 bits.
const EXTRA_64: u16 = 1;

// Methods of compression, and flags.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ENCRYPTED: u16 = 1;
const SIZES_FOLLOW: u16 = 1 << 3;

/// Whether bytes begin as a zip does, with members or without.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Visits each member of a zip. The error is what is wrong with the zip as a whole.
pub(super) fn members(
    reader: impl Read + Seek,
    mut visit: impl FnMut(Member) -> ControlFlow<()>,
) -> Result<(), ContainerError> {
    let mut reader = BufReader::new(reader);
    let Some(directory) = Directory::find(&mut reader)? else {
        return visit_without_directory(&mut reader, visit);
    };
    let is_behind_another = directory.is_behind_another(&mut reader)?;
    let overlaps = directory.overlaps(&mut reader);
    let mut earlier = HashSet::new();
    directory.visit(&mut reader, |mut member| {
        let offset = member.range.offset;
        let is_in = |offsets: &[u64]| offsets.binary_search(&offset).is_ok();
        if is_in(&overlaps.inside) || is_in(&overlaps.repeated) && !earlier.insert(offset) {
            member.error = Some(ContainerError::Overlapping);
        }
        visit(member)
    })?;
    if is_behind_another {
        return Err(ContainerError::Several);
    }
    Ok(())
}

/// Calls `read` with the content of a member, which ends in an error where it has another size or
/// another checksum than the directory states. `inflater` inflates a deflated member.
pub(super) fn read<T>(
    reader: &mut (impl Read + Seek),
    range: &MemberRange,
    content: &ZipContent,
    inflater: &mut TextReader,
    read: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, ContainerError> {
    let header = read_at::<30>(reader, range.offset)?;
    if u32_at(&header, 0) != Some(LOCAL) {
        return Err(ContainerError::Corrupt);
    }
    let length = |offset| u64::from(u16_at(&header, offset).unwrap_or_default());
    let offset = (range.offset + LOCAL_LENGTH).checked_add(length(26) + length(28));
    let offset = offset.ok_or(ContainerError::Corrupt)?;
    seek(reader, SeekFrom::Start(offset))?;
    let mut stored = ExactTake {
        reader,
        left: range.length,
    };
    let verified = |reader| VerifiedReader {
        reader,
        left: content.size,
        crc: Crc::new(),
        expected: content.crc32,
    };
    Ok(if content.is_deflated {
        read(&mut verified(&mut inflater.inflated(&mut stored)))
    } else {
        read(&mut verified(&mut stored))
    })
}

/// The central directory.
struct Directory {
    offset: u64,
    length: u64,
    /// How many bytes stand in front of the zip, which its offsets do not count.
    shift: u64,
    /// How many members it has, modulo 2¹⁶.
    count: u16,
}

impl Directory {
    /// Finds the directory by the record at the end of the file; `None` where there is none.
    fn find(reader: &mut (impl Read + Seek)) -> Result<Option<Self>, ContainerError> {
        let length = seek(reader, SeekFrom::End(0))?;
        let tail_length = length.min((END_LENGTH + MAX_COMMENT) as u64);
        let tail_offset = length - tail_length;
        seek(reader, SeekFrom::Start(tail_offset))?;
        let mut tail = Vec::new();
        reader
            .take(tail_length)
            .read_to_end(&mut tail)
            .map_err(ContainerError::Read)?;
        let last = tail.len().checked_sub(END_LENGTH);
        let Some(offset) = last.and_then(|last| {
            (0..=last).rev().find(|&offset| {
                let comment = u16_at(&tail, offset + 20).map(usize::from);
                u32_at(&tail, offset) == Some(END)
                    && comment.is_some_and(|comment| offset + END_LENGTH + comment <= tail.len())
            })
        }) else {
            return Ok(None);
        };
        let end = tail.get(offset..).unwrap_or_default();
        let end_offset = tail_offset + offset as u64;
        let record = match EndRecord::of_zip64(reader, end_offset)? {
            Some(record) => record,
            None if (u16_at(end, 4), u16_at(end, 6)) != (Some(0), Some(0)) => {
                return Err(ContainerError::Parts);
            }
            None => EndRecord {
                offset: end_offset,
                count: u16_at(end, 10).unwrap_or_default(),
                directory_length: u64::from(u32_at(end, 12).unwrap_or_default()),
                directory_offset: u64::from(u32_at(end, 16).unwrap_or_default()),
            },
        };
        record.directory().ok_or(ContainerError::Corrupt).map(Some)
    }

    /// Whether the bytes in front of the zip, which its directory does not list, begin with a member.
    fn is_behind_another(&self, reader: &mut (impl Read + Seek)) -> Result<bool, ContainerError> {
        Ok(self.shift > 0 && u32_at(&read_at::<4>(reader, 0)?, 0) == Some(LOCAL))
    }

    /// Visits each member of the directory.
    fn visit(
        &self,
        reader: &mut (impl Read + Seek),
        mut visit: impl FnMut(Member) -> ControlFlow<()>,
    ) -> Result<(), ContainerError> {
        seek(reader, SeekFrom::Start(self.offset))?;
        let mut rest = reader.take(self.length);
        let mut count = 0_u16;
        while rest.limit() > 0 {
            count = count.wrapping_add(1);
            let mut entry = [0; 46];
            rest.read_exact(&mut entry).map_err(read_error)?;
            if u32_at(&entry, 0) != Some(ENTRY) {
                return Err(ContainerError::Corrupt);
            }
            let short = |offset| usize::from(u16_at(&entry, offset).unwrap_or_default());
            let long = |offset| u64::from(u32_at(&entry, offset).unwrap_or_default());
            let mut name = vec![0; short(28)];
            let mut extra = vec![0; short(30)];
            let mut comment = vec![0; short(32)];
            rest.read_exact(&mut name).map_err(read_error)?;
            rest.read_exact(&mut extra).map_err(read_error)?;
            rest.read_exact(&mut comment).map_err(read_error)?;
            let (mut length, mut size, mut offset) = (long(20), long(24), long(42));
            set_from_zip64([&mut size, &mut length, &mut offset], &extra);
            let is_by_unix = entry.get(5) == Some(&3);
            let mode = u32_at(&entry, 38).unwrap_or_default() >> 16;
            let member = Member {
                kind: kind(&name, is_by_unix.then_some(mode)),
                name,
                range: MemberRange {
                    offset: offset
                        .checked_add(self.shift)
                        .ok_or(ContainerError::Corrupt)?,
                    length,
                    zip: Some(ZipContent {
                        is_deflated: u16_at(&entry, 10) == Some(DEFLATED),
                        size,
                        crc32: u32_at(&entry, 16).unwrap_or_default(),
                    }),
                },
                error: unsupported(u16_at(&entry, 8), u16_at(&entry, 10)),
            };
            if visit(member).is_break() {
                return Ok(());
            }
        }
        // Fewer entries than members mean that members are lost.
        if count == self.count {
            Ok(())
        } else {
            Err(ContainerError::Corrupt)
        }
    }

    /// Finds members that share bytes.
    fn overlaps(&self, reader: &mut (impl Read + Seek)) -> Overlaps {
        let mut ranges = Vec::new();
        let result = self.visit(reader, |member| {
            let MemberRange { offset, length, .. } = member.range;
            let header = LOCAL_LENGTH + member.name.len() as u64;
            ranges.push((offset, offset.saturating_add(header).saturating_add(length)));
            ControlFlow::Continue(())
        });
        // The error is reported when the members are visited again.
        drop(result);
        ranges.sort_unstable();
        let mut overlaps = Overlaps::default();
        let (mut reached, mut last) = (0, None);
        for (offset, end) in ranges {
            if last == Some(offset) {
                overlaps.repeated.push(offset);
            } else if offset < reached {
                overlaps.inside.push(offset);
            }
            (reached, last) = (reached.max(end), Some(offset));
        }
        overlaps
    }
}

/// The record at the end of a zip, in either of its forms.
struct EndRecord {
    /// Where the record itself is.
    offset: u64,
    count: u16,
    directory_length: u64,
    directory_offset: u64,
}

impl EndRecord {
    /// The record of zip64, if there is one in front of the other one, which is at `end_offset`.
    fn of_zip64(
        reader: &mut (impl Read + Seek),
        end_offset: u64,
    ) -> Result<Option<Self>, ContainerError> {
        let Some(offset) = end_offset.checked_sub(LOCATOR_LENGTH) else {
            return Ok(None);
        };
        let locator = read_at::<20>(reader, offset)?;
        if u32_at(&locator, 0) != Some(LOCATOR_64) {
            return Ok(None);
        }
        let located = u64_at(&locator, 8).unwrap_or_default();
        // With something in front of the zip the record is not at the offset in its locator, but
        // right before the locator.
        for offset in [located, offset.saturating_sub(56)] {
            let Ok(record) = read_at::<56>(reader, offset) else {
                continue;
            };
            if u32_at(&record, 0) == Some(END_64) {
                return Ok(Some(Self {
                    offset,
                    count: u16_at(&record, 32).unwrap_or_default(),
                    directory_length: u64_at(&record, 40).unwrap_or_default(),
                    directory_offset: u64_at(&record, 48).unwrap_or_default(),
                }));
            }
        }
        Err(ContainerError::Corrupt)
    }

    /// The directory, which ends where the record begins; `None` where it would begin before the
    /// file does.
    fn directory(&self) -> Option<Directory> {
        let offset = self.offset.checked_sub(self.directory_length)?;
        Some(Directory {
            offset,
            length: self.directory_length,
            shift: offset.checked_sub(self.directory_offset)?,
            count: self.count,
        })
    }
}

/// Offsets of members that share bytes with others, sorted.
#[derive(Default)]
struct Overlaps {
    /// Of those that begin inside another member.
    inside: Vec<u64>,
    /// Of those that begin where another one does.
    repeated: Vec<u64>,
}

/// Visits the members by their local headers, where the end of the zip is lost.
fn visit_without_directory(
    reader: &mut (impl Read + Seek),
    mut visit: impl FnMut(Member) -> ControlFlow<()>,
) -> Result<(), ContainerError> {
    let mut offset = 0_u64;
    loop {
        let Ok(header) = read_at::<30>(reader, offset) else {
            return Err(ContainerError::Truncated);
        };
        let flags = u16_at(&header, 6).unwrap_or_default();
        if u32_at(&header, 0) != Some(LOCAL) || flags & SIZES_FOLLOW != 0 {
            return Err(ContainerError::Truncated);
        }
        let short = |offset| usize::from(u16_at(&header, offset).unwrap_or_default());
        let long = |offset| u64::from(u32_at(&header, offset).unwrap_or_default());
        let mut name = vec![0; short(26)];
        let mut extra = vec![0; short(28)];
        reader.read_exact(&mut name).map_err(read_error)?;
        reader.read_exact(&mut extra).map_err(read_error)?;
        let (mut length, mut size) = (long(18), long(22));
        set_from_zip64([&mut size, &mut length], &extra);
        let next = (LOCAL_LENGTH + (name.len() + extra.len()) as u64)
            .checked_add(length)
            .and_then(|whole| offset.checked_add(whole));
        let member = Member {
            kind: kind(&name, None),
            name,
            range: MemberRange {
                offset,
                length,
                zip: Some(ZipContent {
                    is_deflated: u16_at(&header, 8) == Some(DEFLATED),
                    size,
                    crc32: u32_at(&header, 14).unwrap_or_default(),
                }),
            },
            error: unsupported(u16_at(&header, 6), u16_at(&header, 8)),
        };
        if visit(member).is_break() {
            return Ok(());
        }
        offset = next.ok_or(ContainerError::Corrupt)?;
    }
}

/// Why a member with these flags and this method cannot be read, if it cannot.
fn unsupported(flags: Option<u16>, method: Option<u16>) -> Option<ContainerError> {
    match method.unwrap_or_default() {
        _ if flags.unwrap_or_default() & ENCRYPTED != 0 => Some(ContainerError::Encrypted),
        STORED | DEFLATED => None,
        method => Some(ContainerError::Method(method)),
    }
}

fn kind(name: &[u8], mode: Option<u32>) -> MemberKind {
    const TYPE: u32 = 0o170_000;
    const REGULAR: u32 = 0o100_000;
    const LINK: u32 = 0o120_000;
    match mode.map(|mode| mode & TYPE) {
        _ if name.ends_with(b"/") || name.ends_with(b"\\") => MemberKind::Folder,
        None | Some(0 | REGULAR) => MemberKind::File,
        Some(LINK) => MemberKind::Link,
        Some(_) => MemberKind::Other,
    }
}

/// Sets those of the numbers that do not fit into 32 bits from an extra field, which has them in this
/// order.
fn set_from_zip64<const N: usize>(numbers: [&mut u64; N], mut extra: &[u8]) {
    let mut field: &[u8] = &[];
    while let (Some(tag), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let end = 4 + usize::from(length);
        if tag == EXTRA_64 {
            field = extra.get(4..end).unwrap_or_default();
        }
        extra = extra.get(end..).unwrap_or_default();
    }
    let mut values = field.chunks_exact(8).filter_map(|bytes| u64_at(bytes, 0));
    for number in numbers {
        if *number == u64::from(u32::MAX)
            && let Some(value) = values.next()
        {
            *number = value;
        }
    }
}

/// The content of a member, checked against its size and its CRC-32.
struct VerifiedReader<'m> {
    reader: &'m mut dyn Read,
    left: u64,
    crc: Crc,
    expected: u32,
}

impl Read for VerifiedReader<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(room)?;
        let left = self.left.checked_sub(read as u64);
        self.crc.update(room.get(..read).unwrap_or_default());
        match left {
            Some(left) if read > 0 || room.is_empty() => {
                self.left = left;
                Ok(read)
            }
            Some(0) if self.crc.sum() == self.expected => Ok(0),
            Some(0) => Err(io::Error::other(ContainerError::Checksum)),
            Some(_) | None => Err(io::Error::other(ContainerError::Size)),
        }
    }
}

fn read_at<const N: usize>(
    reader: &mut (impl Read + Seek),
    offset: u64,
) -> Result<[u8; N], ContainerError> {
    let mut bytes = [0; N];
    seek(reader, SeekFrom::Start(offset))?;
    reader.read_exact(&mut bytes).map_err(read_error)?;
    Ok(bytes)
}

fn seek(reader: &mut impl Seek, offset: SeekFrom) -> Result<u64, ContainerError> {
    reader.seek(offset).map_err(ContainerError::Read)
}

/// A file that ends too early is truncated; every other error is one of reading.
fn read_error(error: io::Error) -> ContainerError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ContainerError::Truncated,
        _ => ContainerError::Read(error),
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    let bytes = bytes.get(offset..)?.first_chunk::<2>()?;
    Some(u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    let bytes = bytes.get(offset..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*bytes))
}
