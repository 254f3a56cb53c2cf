//! Zstandard (RFC 8878): all frames of a file, with a bound on the memory that a frame may need.
//!
//! Log Service ships and downloads files in this format. Left out: dictionaries, which are not in
//! the file.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, get_error_name};

use super::buffer::{InputBuffer, TextBuffer};
use crate::archive::damage::{Compression, Damage};

const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// The largest window that is allowed, as a power of two: 128 MiB, the default of the format's own
/// tool.
const MAX_WINDOW: u32 = 27;

/// Whether bytes begin as a frame does.
pub(super) fn is_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC) || bytes.len() >= 4 && is_skippable(bytes)
}

/// Whether the first four bytes, or as many as there are, are those of a skippable frame, which LZ4
/// has too: one of sixteen numbers from `0x184D2A50` on.
pub(super) fn is_skippable(bytes: &[u8]) -> bool {
    let magic = [(0xF0, 0x50), (!0, 0x2A), (!0, 0x4D), (!0, 0x18)];
    let mut pairs = bytes.iter().zip(magic);
    pairs.all(|(&byte, (mask, expected))| byte & mask == expected)
}

/// The library's context, kept from file to file.
#[derive(Default)]
pub(super) struct ZstdContext(Option<DCtx<'static>>);

impl ZstdContext {
    /// Frees a context that has more than `limit` bytes.
    pub(super) fn shrink(&mut self, limit: usize) {
        self.0.take_if(|context| context.sizeof() > limit);
    }
}

/// Decodes a Zstandard file.
#[derive(Default)]
pub(super) struct ZstdDecoder {
    has_begun: bool,
    /// Whether the library is in the middle of a frame.
    in_frame: bool,
    /// Whether the library may hold text that there was no room for.
    has_more: bool,
}

impl ZstdDecoder {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        context: &mut ZstdContext,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<bool, Damage> {
        if !self.has_more && !self.in_frame {
            input.fill(4)?;
            if input.rest().is_empty() {
                return Ok(false);
            }
            if !is_frame(input.rest()) {
                input.check_end(Compression::Zstd, |rest| {
                    MAGIC.starts_with(rest) || is_skippable(rest)
                })?;
                return Ok(false);
            }
        }
        let context = context.0.get_or_insert_with(DCtx::create);
        if !std::mem::replace(&mut self.has_begun, true) {
            context
                .reset(ResetDirective::SessionAndParameters)
                .and_then(|_| context.set_parameter(DParameter::WindowLogMax(MAX_WINDOW)))
                .map_err(|_| Damage::Corrupt(Compression::Zstd))?;
        }
        if input.is_at_end()? && !self.has_more {
            return Err(Damage::Truncated(Compression::Zstd));
        }
        let start = text.end;
        let mut source = InBuffer::around(input.rest());
        let (room, end) = text.parts();
        let length = room.len();
        let mut target = OutBuffer::around_pos(room, *end);
        let result = context.decompress_stream(&mut target, &mut source);
        let (written, read) = (target.pos(), source.pos());
        *end = written;
        input.position += read;
        let missing = result.map_err(|code| damage(get_error_name(code)))?;
        self.in_frame = missing > 0;
        self.has_more = written == length && missing > 0;
        if self.in_frame && read == 0 && written == start {
            return Err(Damage::Truncated(Compression::Zstd));
        }
        Ok(true)
    }
}

/// The damage that the library's name of an error stands for.
fn damage(error_name: &str) -> Damage {
    let zstd = Compression::Zstd;
    if error_name.contains("too much memory") {
        Damage::UnsupportedFeature(zstd, "a window of more than 128 MiB")
    } else if error_name.contains("ictionary") {
        Damage::UnsupportedFeature(zstd, "a dictionary")
    } else if error_name.contains("checksum") {
        Damage::Checksum(zstd)
    } else {
        Damage::Corrupt(zstd)
    }
}
