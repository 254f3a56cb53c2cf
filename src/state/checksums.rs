//! Checksums of the files of a run: a CRC-32 for every 16 KiB of a file.
//!
//! A reader that reads a part of a file checks the blocks in which the part lies, so a flipped bit anywhere
//! in a file is noticed when it is read, whatever it belongs to, and what is not read costs nothing. The
//! list of a file has 4 bytes for each block, which is 1/4096 of the file, and the manifest has the SHA-256
//! of the list. A CRC-32 finds every fault of up to 32 bits in a row; all others it misses once in 2³².
//! It is no protection against somebody who changes a state on purpose.

use flate2::Crc;
use sha2::{Digest as _, Sha256};

/// How many bytes have one checksum; the last block of a file may be shorter. A part of the format.
pub(super) const BLOCK: u64 = 16 << 10;

/// The bytes of one checksum, in little-endian order.
const LENGTH: usize = 4;

/// The checksums of a file that is being written.
#[derive(Debug, Default)]
pub(super) struct ChecksumWriter {
    /// The checksums of whole blocks.
    list: Vec<u8>,
    /// That of the block that has begun.
    crc: Crc,
    in_block: u64,
    size: u64,
}

impl ChecksumWriter {
    /// Adds the next bytes of the file.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(BLOCK - self.in_block).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.crc.update(now);
            self.in_block += now.len() as u64;
            self.size += now.len() as u64;
            if self.in_block == BLOCK {
                self.end_block();
            }
            bytes = later;
        }
    }

    /// How many bytes the file has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The list of the checksums.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.in_block > 0 {
            self.end_block();
        }
        self.list
    }

    fn end_block(&mut self) {
        self.list.extend_from_slice(&self.crc.sum().to_le_bytes());
        self.crc.reset();
        self.in_block = 0;
    }
}

/// The length of the list of a file of this size.
pub(super) fn list_length(size: u64) -> u64 {
    size.div_ceil(BLOCK) * LENGTH as u64
}

/// The SHA-256 of a list.
pub(super) fn digest(list: &[u8]) -> [u8; 32] {
    Sha256::digest(list).into()
}

/// Whether these are the bytes of the file from the block of this number on. All but the last block of
/// the file have to be whole.
pub(super) fn are_intact(list: &[u8], first_block: u64, bytes: &[u8]) -> bool {
    let blocks = bytes.chunks(usize::try_from(BLOCK).unwrap_or(usize::MAX));
    let Ok(skipped) = usize::try_from(first_block) else {
        return false;
    };
    let mut expected = list.chunks_exact(LENGTH).skip(skipped);
    blocks.into_iter().all(|block| {
        let mut crc = Crc::new();
        crc.update(block);
        expected.next() == Some(&crc.sum().to_le_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_do_not_depend_on_how_the_bytes_are_split() {
        let bytes: Vec<u8> = (0..50_000_u32).map(|byte| (byte % 251) as u8).collect();
        let mut lists = Vec::new();
        for piece in [1, 7, 16_384, 20_000, 50_000] {
            let mut writer = ChecksumWriter::default();
            bytes.chunks(piece).for_each(|piece| writer.update(piece));
            assert_eq!(writer.size(), 50_000);
            lists.push(writer.finish());
        }
        lists.dedup();
        assert_eq!(lists.len(), 1);
        assert_eq!(lists[0].len() as u64, list_length(50_000));
        assert!(are_intact(&lists[0], 0, &bytes));
        assert!(are_intact(&lists[0], 3, &bytes[3 * 16_384..]));
        assert!(!are_intact(&lists[0], 2, &bytes[3 * 16_384..]));
        assert!(!are_intact(&lists[0], 4, &bytes[3 * 16_384..]));
        assert!(ChecksumWriter::default().finish().is_empty());
    }
}
