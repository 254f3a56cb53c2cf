//! Builders for containers: tar and zip, sound and hostile, byte by byte.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// A member: its name and its bytes.
pub type Member<'m> = (&'m str, Vec<u8>);

/// A tar of regular files.
pub fn tar(members: &[Member<'_>]) -> Vec<u8> {
    let mut bytes: Vec<u8> = members
        .iter()
        .flat_map(|(name, bytes)| tar_member(name, b'0', bytes))
        .collect();
    bytes.extend([0; 1024]);
    bytes
}

/// One member of a tar, of this kind; a name that is too long has a member of GNU's in front.
pub fn tar_member(name: &str, kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut member = Vec::new();
    if name.len() > 100 {
        let long = [name.as_bytes(), b"\0"].concat();
        member.extend(tar_member("././@LongLink", b'L', &long));
    }
    let mut header = [0_u8; 512];
    let short = &name.as_bytes()[..name.len().min(100)];
    header[..short.len()].copy_from_slice(short);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar  \0");
    write_tar_checksum(&mut header);
    member.extend(header);
    member.extend(bytes);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

/// Writes the checksum of a header that was changed.
pub fn write_tar_checksum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let checksum: u32 = header[..512].iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{checksum:06o}\0 ").as_bytes());
}

/// A member of a zip that is being built.
pub struct ZipMember {
    /// Its path in the container.
    pub name: Vec<u8>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its method in the headers. 8 is DEFLATE; with any other the bytes stand there as they are.
    pub method: u16,
    /// The flags of its headers.
    pub flags: u16,
    /// The mode of Unix.
    pub mode: u32,
    /// The size in the headers, where it is not the true one.
    pub size: Option<u32>,
    /// The offset in the directory, where it is not the true one.
    pub offset: Option<u32>,
    /// How its sizes are written.
    pub sizes: Sizes,
}

/// How the sizes of a member are written.
#[derive(Clone, Copy, PartialEq)]
pub enum Sizes {
    /// In its headers.
    Plain,
    /// In extra fields of zip64.
    Wide,
    /// Behind its bytes, as programs do that cannot go back.
    Behind,
}

/// A regular file, deflated.
pub fn zip_member(name: &str, bytes: impl Into<Vec<u8>>) -> ZipMember {
    ZipMember {
        name: name.as_bytes().to_vec(),
        bytes: bytes.into(),
        method: 8,
        flags: 0,
        mode: 0o100_644,
        size: None,
        offset: None,
        sizes: Sizes::Plain,
    }
}

/// A zip of these members, in this order, and the offset of its directory.
pub fn zip(members: &[ZipMember]) -> (Vec<u8>, usize) {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let compressed = if member.method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(&member.bytes).expect("memory takes it");
            encoder.finish().expect("memory takes it")
        } else {
            member.bytes.clone()
        };
        let mut crc = Crc::new();
        crc.update(&member.bytes);
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("small");
        let size = member.size.unwrap_or_else(|| length(&member.bytes));
        let offset = member.offset.unwrap_or_else(|| length(&bytes));
        let (crc32, compressed_size) = (crc.sum(), length(&compressed));
        let header = |sizes: [u32; 2], flags: u16, extra: usize| {
            let mut common = vec![20, 0];
            common.extend(flags.to_le_bytes());
            common.extend(member.method.to_le_bytes());
            common.extend([0; 4]);
            common.extend((if sizes == [0, 0] { 0 } else { crc32 }).to_le_bytes());
            common.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
            for length in [member.name.len(), extra] {
                common.extend(u16::try_from(length).expect("short").to_le_bytes());
            }
            common
        };
        let extra = |numbers: &[u32]| {
            let mut extra = vec![1, 0, u8::try_from(numbers.len() * 8).expect("few"), 0];
            extra.extend(
                numbers
                    .iter()
                    .flat_map(|&number| u64::from(number).to_le_bytes()),
            );
            // A field of another kind in front of it.
            [&[9, 9, 2, 0, 1, 1][..], &extra].concat()
        };
        let wide = u32::MAX;
        let (local, entry, entry_offset, local_extra, entry_extra, flags) = match member.sizes {
            Sizes::Plain => (
                [compressed_size, size],
                [compressed_size, size],
                offset,
                vec![],
                vec![],
                0,
            ),
            Sizes::Wide => (
                [wide, wide],
                [wide, wide],
                wide,
                extra(&[size, compressed_size]),
                extra(&[size, compressed_size, offset]),
                0,
            ),
            Sizes::Behind => ([0, 0], [compressed_size, size], offset, vec![], vec![], 8),
        };
        let flags = member.flags | flags;
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(header(entry, flags, entry_extra.len()));
        directory.extend([0; 6]);
        directory.extend((member.mode << 16).to_le_bytes());
        directory.extend(entry_offset.to_le_bytes());
        directory.extend(&member.name);
        directory.extend(entry_extra);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(header(local, flags, local_extra.len()));
        bytes.extend(&member.name);
        bytes.extend(local_extra);
        bytes.extend(compressed);
        if member.sizes == Sizes::Behind {
            bytes.extend(b"PK\x07\x08");
            bytes.extend(
                [crc32, compressed_size, size]
                    .iter()
                    .flat_map(|number| number.to_le_bytes()),
            );
        }
    }
    let offset = bytes.len();
    bytes.extend(&directory);
    let is_wide = members.iter().any(|member| member.sizes == Sizes::Wide);
    bytes.extend(zip_end(members.len(), offset, directory.len(), is_wide));
    (bytes, offset)
}

/// The records at the end of a zip.
fn zip_end(count: usize, offset: usize, length: usize, is_wide: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if is_wide {
        bytes.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
        for number in [count, count, length, offset] {
            bytes.extend((number as u64).to_le_bytes());
        }
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend((offset as u64 + length as u64).to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
    }
    let count = u16::try_from(count).expect("few").to_le_bytes();
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    for number in [length, offset] {
        let number = u32::try_from(number).expect("small");
        bytes.extend(if is_wide { u32::MAX } else { number }.to_le_bytes());
    }
    bytes.extend([0, 0]);
    bytes
}
