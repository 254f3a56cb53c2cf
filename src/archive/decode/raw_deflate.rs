//! Raw DEFLATE data without framing, as a member of a zip has them, and the step that gzip shares.

use super::buffer::{InputBuffer, TextBuffer};
use super::deflate::{Inflater, Status};
use crate::archive::damage::{Compression, Damage};

/// Decodes DEFLATE data that end with the input.
#[derive(Default)]
pub(super) struct RawDeflateDecoder {
    has_begun: bool,
}

impl RawDeflateDecoder {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        inflater: &mut Inflater,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<bool, Damage> {
        if !std::mem::replace(&mut self.has_begun, true) {
            inflater.reset();
        }
        if !inflate(inflater, input, text, Compression::Deflate)? {
            return Ok(true);
        }
        input.check_end(Compression::Deflate, |_| false)?;
        Ok(false)
    }
}

/// Inflates on, at most until the text buffer is full; `true` at the end of the stream.
pub(super) fn inflate(
    inflater: &mut Inflater,
    input: &mut InputBuffer<'_>,
    text: &mut TextBuffer<'_>,
    compression: Compression,
) -> Result<bool, Damage> {
    input.fill(1)?;
    let (input_start, text_start) = (input.position, text.end);
    let (bytes, position) = input.parts();
    let (room, end) = text.parts();
    let status = inflater.inflate(bytes, position, room, end);
    let has_advanced = input.position > input_start || text.end > text_start;
    match status {
        Ok(Status::Done) => Ok(true),
        Ok(Status::NeedInput | Status::OutputFull) if has_advanced => Ok(false),
        Ok(Status::NeedInput | Status::OutputFull) => Err(Damage::Truncated(compression)),
        Err(_) => Err(Damage::Corrupt(compression)),
    }
}
