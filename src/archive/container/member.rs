//! What the container formats share: a member, where its bytes are, and a reader of an exact number
//! of bytes.

use std::io::{self, Read};

use crate::archive::damage::ContainerError;

/// A member, as its container describes it.
pub(super) struct Member {
    /// Its path in the container, by its bytes.
    pub(super) name: Vec<u8>,
    /// What it is.
    pub(super) kind: MemberKind,
    /// Where its bytes are.
    pub(super) range: MemberRange,
    /// Why it cannot be read, if it cannot.
    pub(super) error: Option<ContainerError>,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberKind {
    File,
    Folder,
    /// A file with holes, which are not stored.
    Sparse,
    /// A symbolic link, which is not followed.
    Link,
    /// A hard link or a device, which has no bytes of its own.
    Other,
}

/// Where in a container the bytes of a member are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRange {
    /// Where they begin, from the beginning of the container; in a zip, where the local header in
    /// front of them begins.
    pub(super) offset: u64,
    /// How many there are, as they are stored.
    pub(super) length: u64,
    /// What a zip states about them; `None` in a tar.
    pub(super) zip: Option<ZipContent>,
}

/// What a zip states about the content of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ZipContent {
    pub(super) is_deflated: bool,
    /// How many bytes there are once they are inflated.
    pub(super) size: u64,
    /// The CRC-32 of the inflated bytes.
    pub(super) crc32: u32,
}

impl MemberRange {
    /// How many bytes the member has once it is inflated.
    pub(super) fn size(&self) -> u64 {
        self.zip.as_ref().map_or(self.length, |zip| zip.size)
    }
}

/// Like [`Read::take`], but a short read is an error.
pub(super) struct ExactTake<R> {
    pub(super) reader: R,
    pub(super) left: u64,
}

impl<R: Read> Read for ExactTake<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = room.len().min(most);
        let read = self
            .reader
            .read(room.get_mut(..length).unwrap_or_default())?;
        if read == 0 && length > 0 {
            return Err(io::Error::other(ContainerError::Truncated));
        }
        self.left -= read as u64;
        Ok(read)
    }
}
