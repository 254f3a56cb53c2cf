//! The compressions in one list, and how each is detected by the first bytes of a file.

use super::buffer::{InputBuffer, TextBuffer};
use super::deflate::{Inflater, WINDOW};
use super::gzip::{self, GzipDecoder};
use super::lz4::{self, Lz4Decoder};
use super::raw_deflate::RawDeflateDecoder;
use super::snappy::{self, SnappyDecoder};
use super::utf16::ByteOrder;
use super::zstd::{self, ZstdContext, ZstdDecoder};
use crate::archive::damage::Damage;

/// How many bytes are enough to detect a compression.
pub(super) const DETECTION_LENGTH: usize = 64;

/// Formats that are known and not supported: their first bytes, and their names.
const UNSUPPORTED: &[(&[u8], &str)] = &[
    (b"BZh", "bzip2"),
    (b"\xFD7zXZ\0", "xz"),
    (b"PAR1", "Parquet"),
    (b"ORC", "ORC"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", "zip in several parts"),
    (b"\x02\x21\x4C\x18", "lz4 in its legacy form"),
    (b"7z\xBC\xAF\x27\x1C", "7z"),
    (b"Rar!", "rar"),
];

/// The format whose files are opened as containers.
pub(super) const ZIP: &str = "zip";

/// State of libraries that is costly to make, kept from file to file.
#[derive(Default)]
pub(super) struct DecoderContext {
    pub(super) inflater: Inflater,
    pub(super) zstd: ZstdContext,
}

/// Decodes one file, whatever its compression.
pub(super) enum Decoder {
    /// Text that is not compressed.
    Plain,
    Gzip(GzipDecoder),
    Zstd(ZstdDecoder),
    Snappy(SnappyDecoder),
    Lz4(Box<Lz4Decoder>),
    RawDeflate(RawDeflateDecoder),
}

impl Decoder {
    /// Detects the decoder of a file by its first bytes.
    pub(super) fn detect(bytes: &[u8]) -> Result<Self, Damage> {
        if bytes.starts_with(&gzip::MAGIC) {
            return Ok(Self::Gzip(GzipDecoder::default()));
        }
        if zstd::is_frame(bytes) {
            return Ok(Self::Zstd(ZstdDecoder::default()));
        }
        if lz4::is_frame(bytes) {
            return Ok(Self::Lz4(Box::default()));
        }
        // Before Snappy, of which one framing has no magic bytes.
        let mut unsupported = UNSUPPORTED.iter();
        if let Some(&(_, name)) = unsupported.find(|(magic, _)| bytes.starts_with(magic)) {
            return Err(Damage::UnsupportedFormat(name));
        }
        // So that its mark is not taken for the length of a block of Snappy.
        if ByteOrder::is_marked(bytes) {
            return Ok(Self::Plain);
        }
        Ok(SnappyDecoder::detect(bytes).map_or(Self::Plain, Self::Snappy))
    }

    /// How much text has to be kept in front of what is added.
    pub(super) fn history(&self) -> usize {
        match self {
            Self::Plain | Self::Zstd(_) => 0,
            Self::Gzip(_) | Self::RawDeflate(_) => WINDOW,
            Self::Snappy(_) => snappy::WINDOW,
            Self::Lz4(_) => lz4::WINDOW,
        }
    }

    /// Decodes on, at most until the text buffer is full; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        context: &mut DecoderContext,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<bool, Damage> {
        match self {
            Self::Plain => {
                if input.is_at_end()? {
                    return Ok(false);
                }
                text.copy_from(input, u64::MAX);
                Ok(true)
            }
            Self::Gzip(gzip) => gzip.step(&mut context.inflater, input, text),
            Self::Zstd(zstd) => zstd.step(&mut context.zstd, input, text),
            Self::Snappy(snappy) => snappy.step(input, text),
            Self::Lz4(lz4) => lz4.step(input, text),
            Self::RawDeflate(deflate) => deflate.step(&mut context.inflater, input, text),
        }
    }
}

/// Whether bytes begin as those of a supported compression.
pub(in crate::archive) fn is_compressed(bytes: &[u8]) -> bool {
    !matches!(Decoder::detect(bytes), Err(_) | Ok(Decoder::Plain))
}
