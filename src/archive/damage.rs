//! What can be wrong with the bytes of a log file or a container.
//!
//! Imports no other file, so that every decoder can import it.

use std::fmt;
use std::io;

use thiserror::Error;

/// A compression that a log file can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip, which a trail delivers.
    Gzip,
    /// Zstandard.
    Zstd,
    /// Snappy, in any of its four framings.
    Snappy,
    /// LZ4 frames.
    Lz4,
    /// Raw DEFLATE data, as a member of a zip archive has them.
    Deflate,
}

impl fmt::Display for Compression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Deflate => "deflate",
        })
    }
}

/// What is wrong with a log file's bytes.
#[derive(Debug, Error)]
pub enum Damage {
    /// The file cannot be opened.
    #[error("cannot be opened")]
    Open(#[source] io::Error),
    /// The file cannot be read to its end.
    #[error("cannot be read")]
    Read(#[source] io::Error),
    /// The compressed data end too early.
    #[error("the {0} data end early: truncated")]
    Truncated(Compression),
    /// The compressed bytes are invalid from some point on.
    #[error("the {0} data are corrupt")]
    Corrupt(Compression),
    /// The checksum of the text is not the one that was stored with it.
    #[error("the {0} checksum is wrong")]
    Checksum(Compression),
    /// The length of the text is not the one that was stored with it.
    #[error("the {0} length is wrong")]
    Length(Compression),
    /// Something other than zeros or another member follows the compressed data.
    #[error("bytes that are no {0} data follow the {0} data")]
    Trailing(Compression),
    /// The data need a feature that is not supported: too much memory, or a dictionary.
    #[error("the {0} data need a feature that is not supported: {1}")]
    UnsupportedFeature(Compression, &'static str),
    /// The file is in a known format that is not read.
    #[error("is {0}, which is not read")]
    UnsupportedFormat(&'static str),
    /// The file is a member of a container, and cannot be read from there.
    #[error("cannot be read: {0}")]
    Member(#[source] ContainerError),
}

impl Damage {
    /// Whether text is missing because of it.
    pub fn cuts_text(&self) -> bool {
        match self {
            Self::Open(_)
            | Self::Read(_)
            | Self::Truncated(_)
            | Self::Corrupt(_)
            | Self::UnsupportedFeature(..)
            | Self::UnsupportedFormat(_)
            | Self::Member(_) => true,
            Self::Checksum(_) | Self::Length(_) | Self::Trailing(_) => false,
        }
    }
}

/// What is wrong with a container or with a member of it.
#[derive(Debug, Error)]
pub enum ContainerError {
    /// Its bytes cannot be read.
    #[error("{0}")]
    Read(#[source] io::Error),
    /// It ends too early.
    #[error("the container ends early: truncated")]
    Truncated,
    /// Headers or directory are invalid from some point on.
    #[error("the container is corrupt; members behind the fault are lost")]
    Corrupt,
    /// Bytes that are no member follow the last one.
    #[error("bytes that are no member follow the members of the container")]
    Trailing,
    /// Another container stands in front of it, whose members its directory does not list.
    #[error("holds several containers; only the members of the last one are read")]
    Several,
    /// It is one of several files that make up a container.
    #[error("is one of several parts of a container")]
    Parts,
    /// The member is encrypted.
    #[error("the member is encrypted")]
    Encrypted,
    /// The member is compressed by a method that is not supported.
    #[error("the member is compressed by method {0}, which is not read")]
    Method(u16),
    /// The member shares its bytes with another one.
    #[error("the member shares its bytes with another one")]
    Overlapping,
    /// The member has holes, and is stored in pieces.
    #[error("the member is sparse, which is not read")]
    Sparse,
    /// The member's path leads out of the container.
    #[error("the member's path leads out of the container")]
    Outside,
    /// The member is a container itself.
    #[error("is a container inside a container, which is not opened")]
    Nested,
    /// The checksum of the member's text is not the one in the container.
    #[error("the checksum of the member is wrong")]
    Checksum,
    /// The size of the member is not the one in the container.
    #[error("the member has not the size that the container states")]
    Size,
}
