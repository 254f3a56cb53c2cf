//! tar: the members of a container, one after another.
//!
//! Reads ustar, the long names of GNU, the extended headers of pax, and sizes in base 256. Left out:
//! sparse members, since the bytes that are stored of them are not those of the file.
//!
//! The crate `tar` (0.4.46) reads the fields of a header. The rest is ours:
//!
//! - Its `Archive` reads a long name or an extended header of any announced size into memory; here
//!   they end at [`MAX_HEADER`].
//! - Its `PaxExtensions` splits records at line ends, which a value may have, too.
//! - It checks no checksum outside of `Archive`, and supports none over signed bytes.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use memchr::memchr;
use tar::{EntryType, GnuExtSparseHeader, Header};

use super::member::{ExactTake, Member, MemberKind, MemberRange};
use crate::archive::damage::ContainerError;

/// The length of a header, and the unit to which members are padded.
const BLOCK: usize = 512;

/// The most bytes of a long name or an extended header.
const MAX_HEADER: u64 = 1 << 20;

/// Whether bytes begin as a tar does; one without members is nothing but zeros.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    first_header(bytes).is_some_and(|header| is_end(&header) || has_right_checksum(&header))
}

/// Whether bytes begin with a member of a tar.
pub(in crate::archive) fn begins_with_member(bytes: &[u8]) -> bool {
    first_header(bytes).is_some_and(|header| !is_end(&header) && has_right_checksum(&header))
}

/// The header that bytes begin with, if they are enough for one.
fn first_header(bytes: &[u8]) -> Option<Header> {
    let block = bytes.first_chunk::<BLOCK>()?;
    let mut header = Header::new_old();
    header.as_mut_bytes().copy_from_slice(block);
    Some(header)
}

/// A reader in which bytes can be skipped.
pub(super) trait SkipRead: Read {
    /// Skips `length` bytes, or as many as there are; returns how many.
    fn skip(&mut self, length: u64) -> io::Result<u64>;
}

/// Skips bytes by reading them.
pub(super) struct StreamReader<R>(pub(super) R);

impl<R: Read> Read for StreamReader<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl<R: Read> SkipRead for StreamReader<R> {
    fn skip(&mut self, length: u64) -> io::Result<u64> {
        io::copy(&mut (&mut self.0).take(length), &mut io::sink())
    }
}

/// Skips bytes by seeking.
pub(super) struct SkippingReader<R> {
    reader: BufReader<R>,
    offset: u64,
    length: u64,
}

impl<R: Read + Seek> SkippingReader<R> {
    pub(super) fn new(mut reader: R) -> io::Result<Self> {
        let length = reader.seek(SeekFrom::End(0))?;
        reader.rewind()?;
        Ok(Self {
            reader: BufReader::with_capacity(BLOCK, reader),
            offset: 0,
            length,
        })
    }
}

impl<R: Read> Read for SkippingReader<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(room)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> SkipRead for SkippingReader<R> {
    fn skip(&mut self, length: u64) -> io::Result<u64> {
        let skipped = length.min(self.length.saturating_sub(self.offset));
        self.offset += skipped;
        self.reader.seek(SeekFrom::Start(self.offset))?;
        Ok(skipped)
    }
}

/// A tar being read, member by member.
///
/// As a [`Read`] it returns the bytes of the current member; a tar that ends before the member does
/// is an error.
pub(super) struct TarReader<R> {
    /// The tar, with the number of bytes that are left of the current member.
    body: ExactTake<R>,
    /// The zeros that fill the member's last block.
    padding: u64,
    offset: u64,
}

impl<R: SkipRead> TarReader<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            body: ExactTake { reader, left: 0 },
            padding: 0,
            offset: 0,
        }
    }

    /// Goes on to the next member; `None` at the end of the tar.
    pub(super) fn next(&mut self) -> Result<Option<Member>, ContainerError> {
        let mut local = Extension::default();
        let mut global = Extension::default();
        let mut has_ended = false;
        loop {
            self.skip_body()?;
            let mut header = Header::new_old();
            match self.read_block(header.as_mut_bytes())? {
                // Without the zeros at its end, a tar may have been cut between two members.
                0 if has_ended => return Ok(None),
                BLOCK => {}
                _ => return Err(ContainerError::Truncated),
            }
            if is_end(&header) {
                // Tars put together with `cat` go on after the end of the first.
                has_ended = true;
                continue;
            }
            if !has_right_checksum(&header) {
                return Err(if has_ended {
                    ContainerError::Trailing
                } else {
                    ContainerError::Corrupt
                });
            }
            let size = size(&header).ok_or(ContainerError::Corrupt)?;
            self.begin_body(size);
            match header.entry_type() {
                EntryType::GNULongName => {
                    let name = self.read_extension(size)?;
                    local.name = Some(until_zero(&name).to_vec());
                }
                EntryType::GNULongLink => {}
                EntryType::XGlobalHeader => global.add_pax(&self.read_extension(size)?),
                EntryType::XHeader => local.add_pax(&self.read_extension(size)?),
                // Solaris marks extended headers so.
                other if other.as_byte() == b'X' => local.add_pax(&self.read_extension(size)?),
                _ => return self.member(&header, size, local.or(global)).map(Some),
            }
        }
    }

    /// The member of a header and of the extensions in front of it; its body begins here.
    fn member(
        &mut self,
        header: &Header,
        size: u64,
        extension: Extension,
    ) -> Result<Member, ContainerError> {
        let entry_type = header.entry_type();
        let name = extension.name.unwrap_or_else(|| name(header));
        let kind = match entry_type {
            _ if extension.is_sparse => MemberKind::Sparse,
            EntryType::GNUSparse => MemberKind::Sparse,
            EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => {
                MemberKind::Folder
            }
            EntryType::Regular | EntryType::Continuous => MemberKind::File,
            EntryType::Directory => MemberKind::Folder,
            EntryType::Symlink => MemberKind::Link,
            _ => MemberKind::Other,
        };
        let length = match entry_type {
            // They have no bytes, whatever their size is.
            EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Directory
            | EntryType::Fifo => 0,
            _ => extension.size.unwrap_or(size),
        };
        // The map of a sparse member may go on in front of its bytes, in blocks that no size counts.
        let mut map_goes_on = entry_type == EntryType::GNUSparse
            && header.as_gnu().is_some_and(|gnu| gnu.isextended != [0]);
        while map_goes_on {
            let mut map = GnuExtSparseHeader::new();
            if self.read_block(map.as_mut_bytes())? < BLOCK {
                return Err(ContainerError::Truncated);
            }
            map_goes_on = map.isextended != [0];
        }
        self.begin_body(length);
        Ok(Member {
            name,
            kind,
            range: MemberRange {
                offset: self.offset,
                length,
                zip: None,
            },
            error: None,
        })
    }

    /// Begins a body of `size` bytes.
    fn begin_body(&mut self, size: u64) {
        self.body.left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
    }

    /// Skips what is left of the current body. The padding behind the last one may be missing.
    fn skip_body(&mut self) -> Result<(), ContainerError> {
        let (left, padding) = (self.body.left, self.padding);
        self.begin_body(0);
        for (length, is_needed) in [(left, true), (padding, false)] {
            if length > 0 {
                let skipped = self
                    .body
                    .reader
                    .skip(length)
                    .map_err(ContainerError::Read)?;
                let offset = self.offset.checked_add(skipped);
                self.offset = offset.ok_or(ContainerError::Corrupt)?;
                if is_needed && skipped < length {
                    return Err(ContainerError::Truncated);
                }
            }
        }
        Ok(())
    }

    /// The body of a long name or an extended header.
    fn read_extension(&mut self, size: u64) -> Result<Vec<u8>, ContainerError> {
        if size > MAX_HEADER {
            return Err(ContainerError::Corrupt);
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).map_err(ContainerError::Read)?;
        Ok(bytes)
    }

    /// Reads a block, or as much of it as there is; returns how much.
    fn read_block(&mut self, block: &mut [u8]) -> Result<usize, ContainerError> {
        let mut length = 0;
        while let Some(room) = block.get_mut(length..).filter(|room| !room.is_empty()) {
            match self.body.reader.read(room) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ContainerError::Read(error)),
            }
        }
        self.offset += length as u64;
        Ok(length)
    }
}

impl<R: SkipRead> Read for TarReader<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(room)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Whether a block is one of zeros, as at the end of a tar.
fn is_end(header: &Header) -> bool {
    header.as_bytes().iter().all(|&byte| byte == 0)
}

/// Whether a header has the checksum of its bytes, with blanks in place of the checksum.
fn has_right_checksum(header: &Header) -> bool {
    let Ok(stored) = header.cksum() else {
        return false;
    };
    let mut header = header.clone();
    header.as_old_mut().cksum = [b' '; 8];
    let bytes = header.as_bytes();
    let unsigned: u32 = bytes.iter().map(|&byte| u32::from(byte)).sum();
    // Some old programs add signed bytes.
    let signed: i32 = bytes
        .iter()
        .map(|&byte| i32::from(byte.cast_signed()))
        .sum();
    stored == unsigned || i32::try_from(stored) == Ok(signed)
}

/// The size in a header; `None` where it is no number of 64 bits.
fn size(header: &Header) -> Option<u64> {
    let field = header.as_old().size;
    // The crate refuses a blank field, and cuts a number of more than 64 bits to the last of them.
    if until_zero(&field).trim_ascii().is_empty() {
        return Some(0);
    }
    let [first, second, third, fourth, ..] = field;
    if first & 0x80 != 0 && [first & 0x7f, second, third, fourth] != [0; 4] {
        return None;
    }
    header.entry_size().ok()
}

/// The name in a header, with its prefix in front.
fn name(header: &Header) -> Vec<u8> {
    let mut header = header.clone();
    // The crate requires the version "00" behind the magic; JTar, for one, writes none.
    if let Some(magic) = header.as_mut_bytes().get_mut(257..265)
        && magic.starts_with(b"ustar\0")
    {
        magic.copy_from_slice(b"ustar\x0000");
    }
    header.path_bytes().into_owned()
}

fn until_zero(field: &[u8]) -> &[u8] {
    let end = memchr(0, field).unwrap_or(field.len());
    field.get(..end).unwrap_or_default()
}

/// What is in the headers in front of a member's own: long names and records of pax.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Extension {
    /// Each value of this one; where it has none, that of the other.
    fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            size: self.size.or(other.size),
            is_sparse: self.is_sparse || other.is_sparse,
        }
    }

    /// Adds the records of pax: a length, a space, a key, `=`, a value, and a line end.
    fn add_pax(&mut self, mut records: &[u8]) {
        while let Some(space) = memchr(b' ', records) {
            let length = records.get(..space).and_then(decimal);
            let length = length.and_then(|length| usize::try_from(length).ok());
            let Some((record, rest)) = length.and_then(|length| records.split_at_checked(length))
            else {
                return;
            };
            let Some(record) = record.get(space + 1..) else {
                return;
            };
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            let mut parts = record.splitn(2, |&byte| byte == b'=');
            if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                match key {
                    b"path" if !self.is_sparse => self.name = Some(value.to_vec()),
                    b"GNU.sparse.name" => self.name = Some(value.to_vec()),
                    b"size" => self.size = decimal(value),
                    key => self.is_sparse |= key.starts_with(b"GNU.sparse."),
                }
            }
            records = rest;
        }
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of an empty file, changed and given its checksum.
    fn header(change: impl FnOnce(&mut Header)) -> Header {
        let mut header = Header::new_ustar();
        header.set_path("name").unwrap();
        header.set_size(0);
        change(&mut header);
        header.set_cksum();
        header
    }

    /// The first member of a tar.
    fn first(bytes: &[u8]) -> Result<Option<Member>, ContainerError> {
        TarReader::new(StreamReader(bytes)).next()
    }

    #[test]
    fn a_checksum_of_signed_bytes_is_right_too() {
        let mut header = header(|header| header.set_path("é").unwrap());
        assert!(is_tar(header.as_bytes()));
        // Each of the two bytes counts 256 less.
        let signed = header.cksum().unwrap() - 512;
        header.as_old_mut().cksum = format!("{signed:06o}\0 ").into_bytes().try_into().unwrap();
        assert!(is_tar(header.as_bytes()));
        header.as_old_mut().cksum = *b"000001\0 ";
        assert!(!is_tar(header.as_bytes()));
    }

    #[test]
    fn sizes_are_octal_or_base_256_or_blank() {
        for (field, expected) in [
            (b"00000000017\0", Some(15)),
            (b"        17  ", Some(15)),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", Some(0)),
            (b"            ", Some(0)),
            (b"\x80\0\0\0\0\0\0\x01\0\0\0\0", Some(1 << 32)),
            (
                b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
                Some(u64::MAX),
            ),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"00000000018\0", None),
        ] {
            let header = header(|header| header.as_old_mut().size = *field);
            assert_eq!(size(&header), expected, "{field:?}");
        }
    }

    #[test]
    fn a_prefix_counts_whatever_the_version_behind_the_magic() {
        for version in [*b"00", *b"\0\0"] {
            let header = header(|header| {
                let ustar = header.as_ustar_mut().unwrap();
                ustar.prefix[..6].copy_from_slice(b"folder");
                ustar.version = version;
            });
            let member = first(header.as_bytes()).unwrap().unwrap();
            assert_eq!(member.name, b"folder/name", "{version:?}");
        }
    }

    #[test]
    fn a_line_end_in_a_value_ends_no_record() {
        let record = |text: &str| format!("{:02} {text}\n", text.len() + 4);
        let inner = record("path=other.json");
        let records = [
            record(&format!("comment=x\n{inner}")),
            record("path=line\nend"),
            record("size=12345"),
        ]
        .concat();
        let extension = header(|header| {
            header.set_entry_type(EntryType::XHeader);
            header.set_size(records.len() as u64);
        });
        let mut tar = [extension.as_bytes(), records.as_bytes()].concat();
        tar.resize(2 * BLOCK, 0);
        tar.extend(header(|_| {}).as_bytes());
        let member = first(&tar).unwrap().unwrap();
        assert_eq!(member.name, b"line\nend");
        assert_eq!(member.range.length, 12345);
        assert_eq!(member.range.offset, 3 * BLOCK as u64);
    }
}
