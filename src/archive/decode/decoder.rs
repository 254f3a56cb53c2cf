//! The compressions of log files, in one list, told by the bytes that a file begins with.
//!
//! How each is undone stands in a file of its own.

use super::buffer::{Input, Text};
use super::deflate::{Inflater, WINDOW};
use super::gzip::{self, Gzip};
use super::lz4::{self, Lz4};
use super::snappy::{self, Snappy};
use super::zstd::{self, Zstd};
use crate::archive::damage::{Compression, Damage};

/// How many bytes are looked at to tell what a file is.
pub(super) const SNIFFED: usize = 64;

/// What begins like this is known and not read, and its name.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"BZh", "bzip2"),
    (b"\xFD7zXZ\0", "xz"),
    (b"PAR1", "Parquet"),
    (b"ORC", "ORC"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x07\x08", "zip in several parts"),
    (b"\x02\x21\x4C\x18", "lz4 in its legacy form"),
    (b"7z\xBC\xAF\x27\x1C", "7z"),
    (b"Rar!", "rar"),
    // As some shells redirect it: the mark of its byte order, then a bracket.
    (b"\xFF\xFE[\0", UTF_16),
    (b"\xFF\xFE{\0", UTF_16),
    (b"\xFE\xFF\0[", UTF_16),
    (b"\xFE\xFF\0{", UTF_16),
];

const UTF_16: &str = "text in UTF-16";

/// What has to be kept from file to file to undo compressions.
#[derive(Default)]
pub(super) struct Tools {
    pub(super) inflater: Inflater,
    pub(super) zstd: zstd::Context,
}

/// A file being decoded.
pub(super) enum Decoder {
    Plain,
    Gzip(Gzip),
    Zstd(Zstd),
    Snappy(Snappy),
    Lz4(Box<Lz4>),
    Deflate(Deflate),
}

impl Decoder {
    /// The decoder for a file that begins with these bytes.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, Damage> {
        if bytes.starts_with(&gzip::MAGIC) {
            return Ok(Self::Gzip(Gzip::default()));
        }
        if zstd::is_frame(bytes) {
            return Ok(Self::Zstd(Zstd::default()));
        }
        if lz4::is_frame(bytes) {
            return Ok(Self::Lz4(Box::default()));
        }
        // Before Snappy, which has a form without any mark.
        if let Some(&(_, name)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return Err(Damage::UnsupportedFormat(name));
        }
        Ok(snappy::of(bytes).map_or(Self::Plain, Self::Snappy))
    }

    /// How much text has to be kept in front of what is added.
    pub(super) fn history(&self) -> usize {
        match self {
            Self::Plain | Self::Zstd(_) => 0,
            Self::Gzip(_) | Self::Deflate(_) => WINDOW,
            Self::Snappy(_) => snappy::WINDOW,
            Self::Lz4(_) => lz4::WINDOW,
        }
    }

    /// Decodes on, by as much as there is room for or less; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        tools: &mut Tools,
        input: &mut Input<'_>,
        text: &mut Text<'_>,
    ) -> Result<bool, Damage> {
        match self {
            Self::Plain => {
                if input.is_at_end()? {
                    return Ok(false);
                }
                text.copy_from(input, u64::MAX);
                Ok(true)
            }
            Self::Gzip(gzip) => gzip.step(&mut tools.inflater, input, text),
            Self::Zstd(zstd) => zstd.step(&mut tools.zstd, input, text),
            Self::Snappy(snappy) => snappy.step(input, text),
            Self::Lz4(lz4) => lz4.step(input, text),
            Self::Deflate(deflate) => deflate.step(&mut tools.inflater, input, text),
        }
    }
}

/// Whether bytes begin as those of a compression that is read.
pub(in crate::archive) fn is_compressed(bytes: &[u8]) -> bool {
    !matches!(Decoder::of(bytes), Err(_) | Ok(Decoder::Plain))
}

/// Raw DEFLATE data that end with the input.
#[derive(Default)]
pub(super) struct Deflate {
    begun: bool,
}

impl Deflate {
    fn step(
        &mut self,
        inflater: &mut Inflater,
        input: &mut Input<'_>,
        text: &mut Text<'_>,
    ) -> Result<bool, Damage> {
        if !std::mem::replace(&mut self.begun, true) {
            inflater.reset();
        }
        if !gzip::inflate(inflater, input, text, Compression::Deflate)? {
            return Ok(true);
        }
        input.end(Compression::Deflate, |_| false)
    }
}
