//! The text of a log file: its compression detected by its content, and decoded piece by piece.
//!
//! The pieces fit into a processor's cache, so that a record is read while it is there, and memory
//! does not grow with the file. Left out: where the bytes come from.

use std::io::{self, Read};

use super::buffer::{InputBuffer, TextBuffer};
use super::decoder::{DETECTION_LENGTH, Decoder, DecoderContext};
use super::raw_deflate::RawDeflateDecoder;
use crate::archive::damage::Damage;

/// The largest buffer that is kept from file to file, in bytes.
const MAX_KEPT: usize = 4 << 20;

/// The result of reading the text of a log file.
#[derive(Debug, Default)]
pub struct ReadOutcome {
    /// Bytes read.
    pub compressed: u64,
    /// Bytes of text passed to the consumer.
    pub inflated: u64,
    /// What is wrong, if something is; the first of several.
    pub damage: Option<Damage>,
}

impl ReadOutcome {
    /// The result for a log file that cannot be opened.
    pub(in crate::archive) fn unopened(damage: Damage) -> Self {
        Self {
            damage: Some(damage),
            ..Self::default()
        }
    }
}

/// Reads the text of log files, one after another, with buffers that are kept.
///
/// ```
/// use keytrail::archive::TextReader;
///
/// // A gzip file: its header, a stored block of two bytes, their CRC-32 and their number.
/// let file = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x02\0\xfd\xff[]\x29\xbb\x4c\x0d\x02\0\0\0";
/// let mut text = Vec::new();
/// let outcome = TextReader::default().read_bytes(&file[..], |piece, _is_last| {
///     text.extend_from_slice(piece);
///     piece.len()
/// });
/// assert_eq!(text, b"[]");
/// assert_eq!((outcome.compressed, outcome.inflated), (file.len() as u64, 2));
/// assert!(outcome.damage.is_none());
/// ```
#[derive(Default)]
pub struct TextReader {
    context: DecoderContext,
    input: Vec<u8>,
    text: Vec<u8>,
    /// Decodes what a container has compressed, around the compression of the log file itself.
    outer: Option<Box<TextReader>>,
}

impl TextReader {
    /// Reads the bytes of one log file and passes its text to `consume` piece by piece.
    ///
    /// `consume` gets all text that is not consumed yet and whether it is the last, and returns how
    /// many bytes it has consumed; the rest comes again in front of the next piece. Memory grows
    /// for as long as it consumes nothing. The last piece, which may be empty, always comes.
    pub fn read_bytes(
        &mut self,
        mut bytes: impl Read,
        mut consume: impl FnMut(&[u8], bool) -> usize,
    ) -> ReadOutcome {
        let mut input = InputBuffer::new(&mut bytes, &mut self.input);
        let decoder = detect(&mut input);
        let history = decoder.as_ref().map_or(0, Decoder::history);
        let mut text = TextBuffer::new(&mut self.text, history);
        let damage = match decoder {
            Ok(mut decoder) => loop {
                text.make_room();
                let start = text.end;
                let step = decoder.step(&mut self.context, &mut input, &mut text);
                if text.end > start {
                    text.count(start);
                    let consumed = consume(text.rest(), false);
                    text.consume(consumed);
                }
                match step {
                    Ok(true) => {}
                    Ok(false) => break None,
                    Err(damage) => break Some(damage),
                }
            },
            Err(damage) => Some(damage),
        };
        consume(text.rest(), true);
        let outcome = ReadOutcome {
            compressed: input.total(),
            inflated: text.total(),
            damage,
        };
        self.shrink();
        outcome
    }

    /// A reader of the text of a file.
    pub(in crate::archive) fn decoded<'r>(
        &'r mut self,
        bytes: &'r mut dyn Read,
    ) -> DecodedReader<'r> {
        self.decoded_by(bytes, detect)
    }

    /// A reader of the text of raw DEFLATE data.
    pub(in crate::archive) fn inflated<'r>(
        &'r mut self,
        bytes: &'r mut dyn Read,
    ) -> DecodedReader<'r> {
        self.decoded_by(bytes, |_| {
            Ok(Decoder::RawDeflate(RawDeflateDecoder::default()))
        })
    }

    fn decoded_by<'r>(
        &'r mut self,
        bytes: &'r mut dyn Read,
        decoder: impl FnOnce(&mut InputBuffer<'_>) -> Result<Decoder, Damage>,
    ) -> DecodedReader<'r> {
        self.shrink();
        let mut input = InputBuffer::new(bytes, &mut self.input);
        let decoder = decoder(&mut input);
        let history = decoder.as_ref().map_or(0, Decoder::history);
        DecodedReader {
            context: &mut self.context,
            decoder: decoder.map_err(Some),
            input,
            text: TextBuffer::new(&mut self.text, history),
        }
    }

    /// Calls `read` with this reader and a second one, to decode what a container has compressed.
    pub(in crate::archive) fn with_outer<T>(
        &mut self,
        read: impl FnOnce(&mut Self, &mut Self) -> T,
    ) -> T {
        let mut outer = self.outer.take().unwrap_or_default();
        let result = read(self, &mut outer);
        self.outer = Some(outer);
        result
    }

    /// Frees buffers that one file has made large, rather than keep them for the rest of the archive.
    fn shrink(&mut self) {
        for buffer in [&mut self.input, &mut self.text] {
            if buffer.len() > MAX_KEPT {
                *buffer = Vec::new();
            }
        }
        self.context.zstd.shrink(MAX_KEPT);
    }
}

/// Detects by the first bytes of a file how it is compressed.
fn detect(input: &mut InputBuffer<'_>) -> Result<Decoder, Damage> {
    input.fill(DETECTION_LENGTH)?;
    Decoder::detect(input.rest())
}

/// The text of a file as a reader, for containers inside a compression.
///
/// Damage comes as an error, after all text in front of it.
pub(in crate::archive) struct DecodedReader<'r> {
    context: &'r mut DecoderContext,
    /// The decoder; at the end of the text the damage, until it is returned.
    decoder: Result<Decoder, Option<Damage>>,
    input: InputBuffer<'r>,
    text: TextBuffer<'r>,
}

impl Read for DecodedReader<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut rest = self.text.rest();
            if !rest.is_empty() {
                let length = rest.read(room)?;
                self.text.consume(length);
                return Ok(length);
            }
            let decoder = match &mut self.decoder {
                Ok(decoder) => decoder,
                Err(damage) => {
                    return match damage.take() {
                        Some(damage) => Err(io::Error::other(damage)),
                        None => Ok(0),
                    };
                }
            };
            self.text.make_room();
            match decoder.step(self.context, &mut self.input, &mut self.text) {
                Ok(true) => {}
                Ok(false) => self.decoder = Err(None),
                Err(damage) => self.decoder = Err(Some(damage)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::buffer::READ_SIZE;
    use super::*;
    use crate::archive::damage::Compression;

    #[test]
    fn a_header_that_never_ends_is_corrupt_and_is_not_kept() {
        for flag in [1 << 3, 1 << 4] {
            let header: &[u8] = &[0x1f, 0x8b, 8, flag, 0, 0, 0, 0, 0, 3];
            let mut reader = TextReader::default();
            let outcome = reader.read_bytes(header.chain(io::repeat(b'n')), |text, _| text.len());
            assert!(matches!(
                outcome.damage,
                Some(Damage::Corrupt(Compression::Gzip))
            ));
            assert_eq!(outcome.inflated, 0);
            assert!(
                outcome.compressed <= READ_SIZE as u64,
                "{}",
                outcome.compressed
            );
        }
    }
}
