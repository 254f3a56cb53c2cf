//! The text of a log file: its compression detected by its content, and decoded piece by piece, with
//! what is inside it where that is compressed again, or in UTF-16.
//!
//! The pieces fit into a processor's cache, so that a record is read while it is there, and memory
//! does not grow with the file. Left out: where the bytes come from.

use std::io::{self, Read};

use super::buffer::{InputBuffer, TextBuffer};
use super::decoder::{DETECTION_LENGTH, Decoder, DecoderContext, ZIP};
use super::raw_deflate::RawDeflateDecoder;
use super::utf16::{ByteOrder, Utf16Reader};
use crate::archive::container::begins_with_member;
use crate::archive::damage::Damage;

/// How many bytes of text are enough to detect what it is.
const BEGINNING: usize = 512;

/// In how many compressions a text may be.
const MAX_LAYERS: usize = 4;

/// What a decoder gives, by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// Text, or what is read as such.
    Text,
    /// Text in UTF-16, behind so many bytes.
    Utf16(ByteOrder, usize),
    /// Another compression.
    Compressed,
    /// A container.
    Tar,
}

impl Content {
    /// Detects the content of a file, or of a compression if it `is_plain` not. The error is that it is
    /// in a format that is known and not supported.
    fn detect(bytes: &[u8], is_plain: bool) -> Result<Self, Damage> {
        if !is_plain && !matches!(Decoder::detect(bytes)?, Decoder::Plain) {
            return Ok(Self::Compressed);
        }
        if let Some((order, skipped)) = ByteOrder::detect(bytes)? {
            return Ok(Self::Utf16(order, skipped));
        }
        Ok(if begins_with_member(bytes) {
            Self::Tar
        } else {
            Self::Text
        })
    }
}

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
    /// Whether it is a container and no log file, so that nothing of it was passed on.
    pub is_container: bool,
    /// Whether the text was inside a second compression, or in UTF-16, so that the text is not what the
    /// first decoder gives.
    pub(in crate::archive) is_layered: bool,
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
    /// Reads what is inside a compression and is no text yet.
    inner: Option<Box<TextReader>>,
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
        self.read_layer(&mut bytes, &mut consume, 1)
    }

    /// Reads one layer of a log file: a compression, or text. `number` is how many there are up to
    /// this one.
    fn read_layer(
        &mut self,
        bytes: &mut dyn Read,
        consume: &mut dyn FnMut(&[u8], bool) -> usize,
        number: usize,
    ) -> ReadOutcome {
        let mut input = InputBuffer::new(bytes, &mut self.input);
        let mut decoder = match detect(&mut input) {
            Ok(decoder) => decoder,
            Err(damage) => {
                consume(&[], true);
                return ReadOutcome {
                    compressed: input.total(),
                    is_container: matches!(damage, Damage::UnsupportedFormat(ZIP)),
                    damage: Some(damage),
                    ..ReadOutcome::default()
                };
            }
        };
        let is_plain = matches!(decoder, Decoder::Plain);
        let mut text = TextBuffer::new(&mut self.text, decoder.history());
        let mut is_known = false;
        let damage = loop {
            text.make_room();
            let start = text.end;
            let step = decoder.step(&mut self.context, &mut input, &mut text);
            text.count(start);
            let mut has_more = text.end > start;
            if !is_known {
                if text.rest().len() < BEGINNING && matches!(step, Ok(true)) {
                    continue;
                }
                is_known = true;
                has_more = !text.rest().is_empty();
                let content = match Content::detect(text.rest(), is_plain) {
                    Ok(content) => content,
                    Err(damage) => {
                        text.discard();
                        break Some(damage);
                    }
                };
                if content != Content::Text {
                    let outer = DecodedReader {
                        context: &mut self.context,
                        decoder: match step {
                            Ok(true) => Ok(decoder),
                            Ok(false) => Err(None),
                            Err(damage) => Err(Some(damage)),
                        },
                        input,
                        text,
                    };
                    let mut inner = self.inner.take().unwrap_or_default();
                    let outcome = inner.read_inside(outer, &content, consume, number);
                    self.inner = Some(inner);
                    self.shrink();
                    return outcome;
                }
            }
            if has_more {
                let consumed = consume(text.rest(), false);
                text.consume(consumed);
            }
            match step {
                Ok(true) => {}
                Ok(false) => break None,
                Err(damage) => break Some(damage),
            }
        };
        consume(text.rest(), true);
        let outcome = ReadOutcome {
            compressed: input.total(),
            inflated: text.total(),
            damage,
            ..ReadOutcome::default()
        };
        self.shrink();
        outcome
    }

    /// Reads what is inside a layer and is no text in UTF-8.
    fn read_inside(
        &mut self,
        mut outer: DecodedReader<'_>,
        content: &Content,
        consume: &mut dyn FnMut(&[u8], bool) -> usize,
        number: usize,
    ) -> ReadOutcome {
        let mut outcome = match *content {
            Content::Compressed if number < MAX_LAYERS => {
                self.read_layer(&mut outer, consume, number + 1)
            }
            Content::Utf16(order, skipped) if number <= MAX_LAYERS => {
                let mut reader = Utf16Reader::new(outer, order, skipped);
                let outcome = self.read_layer(&mut reader, consume, number + 1);
                outer = reader.into_inner();
                outcome
            }
            Content::Compressed | Content::Utf16(..) => {
                consume(&[], true);
                let damage = Damage::UnsupportedFormat("packed in more than four layers");
                ReadOutcome::unopened(damage)
            }
            Content::Tar | Content::Text => {
                consume(&[], true);
                ReadOutcome {
                    is_container: true,
                    ..ReadOutcome::unopened(Damage::UnsupportedFormat("tar"))
                }
            }
        };
        outcome.compressed = outer.input.total();
        outcome.is_layered = true;
        outcome.damage = outcome.damage.map(|damage| match damage {
            // What is wrong with the outer layer comes as an error of reading.
            Damage::Read(error) => error.downcast().unwrap_or_else(Damage::Read),
            damage => damage,
        });
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
