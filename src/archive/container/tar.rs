//! tar: the members of a pack, one after another, as they stream by.
//!
//! Reads what tar programs write: ustar, the long names of GNU, the extended headers of pax, sizes in
//! base 256. Nothing is unpacked. Left out: sparse members, whose bytes are not those of the file.
//! Headers are bounded, since a hostile one can announce any size.

use std::io::{self, Read};

use super::member::MemberKind;
use crate::archive::damage::ContainerError;

/// The unit in which everything comes.
const BLOCK: usize = 512;

/// The most bytes of a long name, or of an extended header.
const MAX_HEADER: u64 = 1 << 20;

/// What members are read from: bytes, of which some can be passed over.
pub(super) trait Source: Read {
    /// Passes over so many bytes, or as many as there are; gives how many.
    fn skip(&mut self, length: u64) -> io::Result<u64>;
}

/// Bytes that can only be passed over by reading them.
pub(super) struct Stream<R>(pub(super) R);

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl<R: Read> Source for Stream<R> {
    fn skip(&mut self, length: u64) -> io::Result<u64> {
        io::copy(&mut (&mut self.0).take(length), &mut io::sink())
    }
}

/// A member's header.
pub(super) struct Header {
    /// Its path in the pack, by its bytes.
    pub(super) name: Vec<u8>,
    /// What it is.
    pub(super) kind: MemberKind,
    /// How many bytes it has.
    pub(super) size: u64,
    /// Where they begin, from the beginning of the pack.
    pub(super) at: u64,
}

/// The way through a pack.
pub(super) struct Members<S> {
    source: S,
    /// Bytes of the member at hand that were not read, and the padding behind them.
    left: u64,
    padding: u64,
    at: u64,
}

/// Whether a block is the header of a member, by its checksum.
pub(super) fn is_header(bytes: &[u8]) -> bool {
    let Some(block) = bytes.first_chunk::<BLOCK>() else {
        return false;
    };
    let Some(promised) = number(block.get(148..156).unwrap_or_default()) else {
        return false;
    };
    let value = |(at, &byte): (usize, &u8)| if (148..156).contains(&at) { b' ' } else { byte };
    let (mut sum, mut signed) = (0_u64, 0_i64);
    for byte in block.iter().enumerate().map(value) {
        sum += u64::from(byte);
        // Some programs of old sum up signed bytes.
        signed += i64::from(byte.cast_signed());
    }
    promised == sum || i64::try_from(promised) == Ok(signed)
}

impl<S: Source> Members<S> {
    pub(super) fn new(source: S) -> Self {
        Self {
            source,
            left: 0,
            padding: 0,
            at: 0,
        }
    }

    /// The header of the next member; `None` at the end of the pack.
    pub(super) fn next(&mut self) -> Result<Option<Header>, ContainerError> {
        let mut long = Extension::default();
        let mut common = Extension::default();
        let mut ended = false;
        loop {
            self.skip()?;
            let mut block = [0; BLOCK];
            match self.read_block(&mut block)? {
                0 => return Ok(None),
                BLOCK => {}
                _ => return Err(ContainerError::Truncated),
            }
            if block.iter().all(|&byte| byte == 0) {
                // Packs put together with `cat` go on after the end of the first.
                ended = true;
                continue;
            }
            if !is_header(&block) {
                return Err(if ended {
                    ContainerError::Trailing
                } else {
                    ContainerError::Corrupt
                });
            }
            let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
            let mut size = number(field(124, 136)).ok_or(ContainerError::Corrupt)?;
            let kind = field(156, 157).first().copied().unwrap_or_default();
            match kind {
                b'L' => {
                    self.body(size);
                    let name = self.header_body(size)?;
                    long.name = Some(until_zero(&name).to_vec());
                    continue;
                }
                b'K' => {
                    self.body(size);
                    continue;
                }
                b'x' | b'X' => {
                    self.body(size);
                    let records = self.header_body(size)?;
                    long.pax(&records);
                    continue;
                }
                b'g' => {
                    self.body(size);
                    let records = self.header_body(size)?;
                    common.pax(&records);
                    continue;
                }
                _ => {}
            }
            let name = long.name.take().or_else(|| common.name.clone());
            let name = name.unwrap_or_else(|| {
                let name = until_zero(field(0, 100));
                let prefix = match field(257, 263) {
                    b"ustar\0" => until_zero(field(345, 500)),
                    _ => &[],
                };
                if prefix.is_empty() {
                    name.to_vec()
                } else {
                    [prefix, b"/", name].concat()
                }
            });
            if let Some(longer) = long.size.or(common.size) {
                size = longer;
            }
            let kind = match kind {
                _ if long.sparse || common.sparse => MemberKind::Sparse,
                b'S' => MemberKind::Sparse,
                b'0' | b'7' | 0 if name.ends_with(b"/") => MemberKind::Folder,
                b'0' | b'7' | 0 => MemberKind::File,
                b'5' => MemberKind::Folder,
                _ => MemberKind::Other,
            };
            // Links, folders and devices have no bytes, whatever their size says; GNU's sparse
            // members and kinds to come have.
            if matches!(field(156, 157).first(), Some(b'1'..=b'6')) {
                size = 0;
            }
            // GNU's table of holes may go on in front of the bytes, in blocks that no size counts.
            let mut goes_on = field(156, 157) == b"S" && field(482, 483) != [0];
            while goes_on {
                let mut block = [0; BLOCK];
                if self.read_block(&mut block)? < BLOCK {
                    return Err(ContainerError::Truncated);
                }
                goes_on = block.get(504) != Some(&0);
            }
            self.body(size);
            return Ok(Some(Header {
                name,
                kind,
                size,
                at: self.at,
            }));
        }
    }

    /// Begins a body of so many bytes.
    fn body(&mut self, size: u64) {
        self.left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
    }

    /// Passes over what is left of the member at hand. The padding behind the last one may be cut.
    fn skip(&mut self) -> Result<(), ContainerError> {
        let (left, padding) = (self.left, self.padding);
        (self.left, self.padding) = (0, 0);
        for (length, is_needed) in [(left, true), (padding, false)] {
            if length > 0 {
                let passed = self.source.skip(length).map_err(ContainerError::Read)?;
                self.at = self.at.checked_add(passed).ok_or(ContainerError::Corrupt)?;
                if is_needed && passed < length {
                    return Err(ContainerError::Truncated);
                }
            }
        }
        Ok(())
    }

    /// The body of a header that says more about the next member.
    fn header_body(&mut self, size: u64) -> Result<Vec<u8>, ContainerError> {
        if size > MAX_HEADER {
            return Err(ContainerError::Corrupt);
        }
        let mut bytes = Vec::new();
        self.take(size)
            .read_to_end(&mut bytes)
            .map_err(ContainerError::Read)?;
        if (bytes.len() as u64) < size {
            return Err(ContainerError::Truncated);
        }
        Ok(bytes)
    }

    fn read_block(&mut self, block: &mut [u8]) -> Result<usize, ContainerError> {
        let mut length = 0;
        while let Some(room) = block.get_mut(length..).filter(|room| !room.is_empty()) {
            match self.source.read(room) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ContainerError::Read(error)),
            }
        }
        self.at += length as u64;
        Ok(length)
    }
}

/// The bytes of the member at hand. A pack that ends before the member is cut off.
impl<S: Source> Read for Members<S> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = room.len().min(most);
        let read = self
            .source
            .read(room.get_mut(..length).unwrap_or_default())?;
        if read == 0 && length > 0 {
            return Err(io::Error::other(ContainerError::Truncated));
        }
        self.left -= read as u64;
        self.at += read as u64;
        Ok(read)
    }
}

/// What headers in front of a member's own say of it.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl Extension {
    /// Takes the records of pax: a length, a space, a name, `=`, a value, and a line's end.
    fn pax(&mut self, mut records: &[u8]) {
        while let Some(space) = memchr::memchr(b' ', records) {
            let length = records.get(..space).and_then(|digits| {
                let digits = std::str::from_utf8(digits).ok()?;
                digits.parse::<usize>().ok()
            });
            let Some(record) = length.and_then(|length| records.get(space + 1..length)) else {
                return;
            };
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            if let Some(at) = memchr::memchr(b'=', record) {
                let (name, value) = (record.get(..at), record.get(at + 1..).unwrap_or_default());
                match name.unwrap_or_default() {
                    b"path" if !self.sparse => self.name = Some(value.to_vec()),
                    b"GNU.sparse.name" => self.name = Some(value.to_vec()),
                    b"size" => {
                        let digits = std::str::from_utf8(value).ok();
                        self.size = digits.and_then(|digits| digits.parse().ok());
                    }
                    name => self.sparse |= name.starts_with(b"GNU.sparse."),
                }
            }
            records = records
                .get(length.unwrap_or(usize::MAX)..)
                .unwrap_or_default();
        }
    }
}

/// A number in octal digits, or in base 256 behind a set bit.
fn number(field: &[u8]) -> Option<u64> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // A negative number begins with 0xFF; no size is one.
        let start = u64::from(first & 0x7f);
        return rest.iter().try_fold(start, |number, &byte| {
            number.checked_mul(256)?.checked_add(u64::from(byte))
        });
    }
    let text = std::str::from_utf8(until_zero(field))
        .ok()?
        .trim_matches(' ');
    match text {
        "" => Some(0),
        digits => u64::from_str_radix(digits, 8).ok(),
    }
}

fn until_zero(field: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    field.get(..end).unwrap_or_default()
}
