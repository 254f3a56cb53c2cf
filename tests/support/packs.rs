//! Builders for packs: tar and zip, sound and hostile, byte by byte.

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
    tar_sum(&mut header);
    member.extend(header);
    member.extend(bytes);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

/// Writes the checksum of a header that was changed.
pub fn tar_sum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header[..512].iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A member of a zip that is being built.
pub struct Zipped {
    /// Its path in the pack.
    pub name: Vec<u8>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How it is compressed: 0 for not at all, 8 for DEFLATE, others for what it only says.
    pub method: u16,
    /// The flags of its headers.
    pub flags: u16,
    /// The mode of Unix.
    pub mode: u32,
    /// The size it says it has.
    pub size: Option<u32>,
    /// Where the directory says that it is.
    pub at: Option<u32>,
}

/// A regular file, deflated.
pub fn zipped(name: &str, bytes: impl Into<Vec<u8>>) -> Zipped {
    Zipped {
        name: name.as_bytes().to_vec(),
        bytes: bytes.into(),
        method: 8,
        flags: 0,
        mode: 0o100_644,
        size: None,
        at: None,
    }
}

/// A zip of these members, in this order, and the place where its directory begins.
pub fn zip(members: &[Zipped]) -> (Vec<u8>, usize) {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let packed = if member.method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(&member.bytes).expect("memory takes it");
            encoder.finish().expect("memory takes it")
        } else {
            member.bytes.clone()
        };
        let mut sum = Crc::new();
        sum.update(&member.bytes);
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("small");
        let name_length = u16::try_from(member.name.len()).expect("a short name");
        let mut common = Vec::new();
        common.extend([20, 0]);
        common.extend(member.flags.to_le_bytes());
        common.extend(member.method.to_le_bytes());
        common.extend([0; 4]);
        common.extend(sum.sum().to_le_bytes());
        common.extend(length(&packed).to_le_bytes());
        common.extend(
            member
                .size
                .unwrap_or_else(|| length(&member.bytes))
                .to_le_bytes(),
        );
        common.extend(name_length.to_le_bytes());
        common.extend([0; 2]);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend((member.mode << 16).to_le_bytes());
        directory.extend(member.at.unwrap_or_else(|| length(&bytes)).to_le_bytes());
        directory.extend(&member.name);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(&member.name);
        bytes.extend(packed);
    }
    let at = bytes.len();
    let number = |number: usize| u32::try_from(number).expect("small").to_le_bytes();
    let count = u16::try_from(members.len()).expect("few").to_le_bytes();
    let length = directory.len();
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    bytes.extend(number(length));
    bytes.extend(number(at));
    bytes.extend([0, 0]);
    (bytes, at)
}
