//! Zstandard (RFC 8878): all frames of a file, with a bound on the memory that one may ask for.
//!
//! Log Service ships and downloads files in this form. Left out: dictionaries, which a file alone
//! does not bring.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, get_error_name};

use super::buffer::{Input, Text};
use crate::archive::damage::{Compression, Damage};

const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// The largest window that is given, as a power of two: 128 MiB, what the format's own tool gives
/// unless it is told otherwise.
const MAX_WINDOW: u32 = 27;

/// Whether bytes begin as a frame does.
pub(super) fn is_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC) || bytes.len() >= 4 && is_skippable(bytes)
}

/// Whether bytes, as far as there are four, are the mark of a frame to be skipped, which LZ4 has,
/// too: one of sixteen numbers from `0x184D2A50` on.
pub(super) fn is_skippable(bytes: &[u8]) -> bool {
    let mark = [(0xF0, 0x50), (!0, 0x2A), (!0, 0x4D), (!0, 0x18)];
    let mut pairs = bytes.iter().zip(mark);
    pairs.all(|(&byte, (mask, wanted))| byte & mask == wanted)
}

/// The decoder's state, kept from file to file.
#[derive(Default)]
pub(super) struct Context(Option<DCtx<'static>>);

impl Context {
    /// Gives back the memory of a frame that asked for more than this.
    pub(super) fn shrink(&mut self, most: usize) {
        self.0.take_if(|context| context.sizeof() > most);
    }
}

/// A file being decoded.
#[derive(Default)]
pub(super) struct Zstd {
    begun: bool,
    /// Whether the decoder is in the middle of a frame.
    in_frame: bool,
    /// Whether the decoder may have text that it had no room for.
    full: bool,
}

impl Zstd {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        context: &mut Context,
        input: &mut Input<'_>,
        text: &mut Text<'_>,
    ) -> Result<bool, Damage> {
        let corrupt = || Damage::Corrupt(Compression::Zstd);
        if !self.full && !self.in_frame {
            input.fill(4)?;
            if input.rest().is_empty() {
                return Ok(false);
            }
            if !is_frame(input.rest()) {
                return input.end(Compression::Zstd, |rest| {
                    MAGIC.starts_with(rest) || is_skippable(rest)
                });
            }
        }
        let context = context.0.get_or_insert_with(DCtx::create);
        if !std::mem::replace(&mut self.begun, true) {
            context
                .reset(ResetDirective::SessionAndParameters)
                .and_then(|_| context.set_parameter(DParameter::WindowLogMax(MAX_WINDOW)))
                .map_err(|_| corrupt())?;
        }
        if input.is_at_end()? && !self.full {
            return Err(Damage::Truncated(Compression::Zstd));
        }
        let (taken_before, given_before) = (input.at, text.end);
        let mut from = InBuffer::around(input.rest());
        let (room, end) = text.parts();
        let length = room.len();
        let mut to = OutBuffer::around_pos(room, *end);
        let answer = context.decompress_stream(&mut to, &mut from);
        let (given, taken) = (to.pos(), from.pos());
        *end = given;
        input.at += taken;
        match answer {
            Ok(left) => {
                self.in_frame = left > 0;
                self.full = given == length && left > 0;
                if self.in_frame && input.at == taken_before && text.end == given_before {
                    return Err(Damage::Truncated(Compression::Zstd));
                }
                Ok(true)
            }
            Err(code) => Err(told(get_error_name(code))),
        }
    }
}

/// What the library calls a fault, as damage.
fn told(name: &str) -> Damage {
    let zstd = Compression::Zstd;
    if name.contains("too much memory") {
        Damage::UnsupportedFeature(zstd, "a window of more than 128 MiB")
    } else if name.contains("ictionary") {
        Damage::UnsupportedFeature(zstd, "a dictionary")
    } else if name.contains("checksum") {
        Damage::Checksum(zstd)
    } else {
        Damage::Corrupt(zstd)
    }
}
