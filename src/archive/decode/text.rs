//! The text of a log file: opened, its compression told by its content, and undone.
//!
//! The text is handed on in pieces that fit a processor's cache, so a record is read while it is
//! still there, and memory does not grow with the file.

use std::io::{self, Read};

use super::buffer::{Input, Text};
use super::decoder::{Decoder, Deflate, SNIFFED, Tools};
use crate::archive::damage::Damage;

/// The most room for text that is kept from file to file.
const KEPT: usize = 4 << 20;

/// What came of reading a log file's text.
#[derive(Debug, Default)]
pub struct ReadOutcome {
    /// Bytes read from disk.
    pub compressed: u64,
    /// Bytes of text handed on.
    pub inflated: u64,
    /// What was wrong, if something was; the first of several.
    pub damage: Option<Damage>,
}

impl ReadOutcome {
    /// That of a log file that cannot be opened.
    pub(in crate::archive) fn unopened(damage: Damage) -> Self {
        Self {
            damage: Some(damage),
            ..Self::default()
        }
    }
}

/// Reads the text of log files, one after another, with buffers that are kept.
#[derive(Default)]
pub struct TextReader {
    tools: Tools,
    input: Vec<u8>,
    text: Vec<u8>,
    /// What undoes the compression of a member, where a pack has put one around it.
    outer: Option<Box<TextReader>>,
}

impl TextReader {
    /// Reads the bytes of one log file and hands its text to `consume` piece by piece.
    ///
    /// `consume` gets the text at hand and whether it is the last, and returns how many bytes it is
    /// done with; the rest comes again in front of the next piece. It has to take something once
    /// it has been given enough, or memory grows without bound. The last piece, which may be
    /// empty, comes whatever happens.
    pub fn read_bytes(
        &mut self,
        mut bytes: impl Read,
        mut consume: impl FnMut(&[u8], bool) -> usize,
    ) -> ReadOutcome {
        let mut input = Input::new(&mut bytes, &mut self.input);
        let decoder = detect(&mut input);
        let history = decoder.as_ref().map_or(0, Decoder::history);
        let mut text = Text::new(&mut self.text, history);
        let damage = match decoder {
            Ok(mut decoder) => loop {
                text.make_room();
                let before = text.end;
                let step = decoder.step(&mut self.tools, &mut input, &mut text);
                if text.end > before {
                    text.count(before);
                    let done = consume(text.rest(), false);
                    text.consume(done);
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
            compressed: input.taken(),
            inflated: text.added(),
            damage,
        };
        self.shrink();
        outcome
    }

    /// The text of a file as a reader of its own.
    pub(in crate::archive) fn decoded<'r>(
        &'r mut self,
        bytes: &'r mut dyn Read,
    ) -> DecodedReader<'r> {
        self.decoded_by(bytes, detect)
    }

    /// The text of raw DEFLATE data as a reader of its own.
    pub(in crate::archive) fn inflated<'r>(
        &'r mut self,
        bytes: &'r mut dyn Read,
    ) -> DecodedReader<'r> {
        self.decoded_by(bytes, |_| Ok(Decoder::Deflate(Deflate::default())))
    }

    fn decoded_by<'r>(
        &'r mut self,
        bytes: &'r mut dyn Read,
        decoder: impl FnOnce(&mut Input<'_>) -> Result<Decoder, Damage>,
    ) -> DecodedReader<'r> {
        self.shrink();
        let mut input = Input::new(bytes, &mut self.input);
        let decoder = decoder(&mut input);
        let history = decoder.as_ref().map_or(0, Decoder::history);
        DecodedReader {
            tools: &mut self.tools,
            decoder: decoder.map_err(Some),
            input,
            text: Text::new(&mut self.text, history),
        }
    }

    /// Calls `read` with this reader and a second one, which is kept with it: it undoes what a
    /// container has compressed, around the compression of the log file itself.
    pub(in crate::archive) fn with_outer<T>(
        &mut self,
        read: impl FnOnce(&mut Self, &mut Self) -> T,
    ) -> T {
        let mut outer = self.outer.take().unwrap_or_default();
        let result = read(self, &mut outer);
        self.outer = Some(outer);
        result
    }

    /// Lets go of what one hostile file made grow, so that it is not kept for the rest of the
    /// archive.
    fn shrink(&mut self) {
        for buffer in [&mut self.input, &mut self.text] {
            if buffer.len() > KEPT {
                *buffer = Vec::new();
            }
        }
        self.tools.zstd.shrink(KEPT);
    }
}

/// Tells by the first bytes of a file how it is compressed.
fn detect(input: &mut Input<'_>) -> Result<Decoder, Damage> {
    input.fill(SNIFFED)?;
    Decoder::of(input.rest())
}

/// The text of a file, pulled instead of handed on: what a pack inside a compression is read by.
///
/// Damage comes as an error, once all text in front of it has been read.
pub(in crate::archive) struct DecodedReader<'r> {
    tools: &'r mut Tools,
    decoder: Result<Decoder, Option<Damage>>,
    input: Input<'r>,
    text: Text<'r>,
}

impl Read for DecodedReader<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.text.rest();
            if !rest.is_empty() {
                let length = rest.len().min(room.len());
                if let (Some(room), Some(rest)) = (room.get_mut(..length), rest.get(..length)) {
                    room.copy_from_slice(rest);
                }
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
            match decoder.step(self.tools, &mut self.input, &mut self.text) {
                Ok(true) => {}
                Ok(false) => self.decoder = Err(None),
                Err(damage) => self.decoder = Err(Some(damage)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::buffer::INPUT;
    use super::*;
    use crate::archive::damage::Compression;

    #[test]
    fn a_header_that_never_ends_is_corrupt_and_is_not_gathered() {
        for flag in [1 << 3, 1 << 4] {
            let header: &[u8] = &[0x1f, 0x8b, 8, flag, 0, 0, 0, 0, 0, 3];
            let mut reader = TextReader::default();
            let outcome = reader.read_bytes(header.chain(io::repeat(b'n')), |text, _| text.len());
            assert!(matches!(
                outcome.damage,
                Some(Damage::Corrupt(Compression::Gzip))
            ));
            assert_eq!(outcome.inflated, 0);
            assert!(outcome.compressed <= INPUT as u64, "{}", outcome.compressed);
        }
    }
}
