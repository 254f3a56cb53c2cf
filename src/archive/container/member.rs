//! What the container formats share: a member, where its bytes are, and reading exactly so many.

use std::io::{self, Read};

use crate::archive::damage::ContainerError;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberKind {
    File,
    Folder,
    /// A file with holes, of which only the rest is stored.
    Sparse,
    /// A link or a device, which has no bytes of its own.
    Other,
}

/// Where in a container the bytes of a member are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberRange {
    /// Where they begin, or in a zip the local header in front of them.
    pub(super) offset: u64,
    /// How many there are.
    pub(super) length: u64,
    /// How many there are once they are inflated.
    pub(super) size: u64,
    /// The CRC-32 of the inflated bytes, in a zip.
    pub(super) crc32: u32,
    /// Whether they are deflated.
    pub(super) is_deflated: bool,
    /// Whether they are in a zip, with a local header in front of them and a CRC-32.
    pub(super) has_header: bool,
}

/// Like [`Read::take`], but a short read is an error.
pub(super) struct ExactTake<R> {
    pub(super) bytes: R,
    pub(super) left: u64,
}

impl<R: Read> Read for ExactTake<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = room.len().min(most);
        let read = self
            .bytes
            .read(room.get_mut(..length).unwrap_or_default())?;
        if read == 0 && length > 0 {
            return Err(io::Error::other(ContainerError::Truncated));
        }
        self.left -= read as u64;
        Ok(read)
    }
}
