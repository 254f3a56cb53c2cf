//! The text of a log file: opened, told by its content to be gzip or not, and inflated.
//!
//! Small files are inflated whole by libdeflate into a buffer that is used again and again; big,
//! broken or lying ones are streamed. Either way the text is handed on in pieces and memory does
//! not grow with the file.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{Crc, Decompressor};
use thiserror::Error;

use super::gzip::{self, Header};

/// The largest file on disk that is read whole.
const MAX_WHOLE_FILE: u64 = 2 << 20;

/// The largest text that is inflated whole.
const MAX_WHOLE_TEXT: usize = 8 << 20;

/// How much is read from disk at a time when streaming.
const INPUT: usize = 128 << 10;

/// How much room for text there is at least when streaming; grows where the consumer keeps more.
const ROOM: usize = 256 << 10;

/// How much text before the next byte a deflate stream may refer to.
const HISTORY: usize = 32 << 10;

/// What is wrong with a log file's bytes.
#[derive(Debug, Error)]
pub enum Damage {
    /// The file cannot be opened.
    #[error("cannot be opened")]
    Open(#[source] io::Error),
    /// The file cannot be read to its end.
    #[error("cannot be read")]
    Read(#[source] io::Error),
    /// The gzip data end before their time.
    #[error("the gzip data end early: truncated")]
    Truncated,
    /// The deflated bytes make no sense from some point on.
    #[error("the gzip data are corrupt")]
    Corrupt,
    /// The text is not the one that was compressed.
    #[error("the gzip checksum is wrong")]
    Checksum,
    /// The text has not the length of the one that was compressed.
    #[error("the gzip length is wrong")]
    Length,
    /// Something other than zeros or another member follows the gzip data.
    #[error("bytes that are no gzip data follow the gzip data")]
    Trailing,
}

impl Damage {
    /// Whether the text breaks off because of it.
    pub fn cuts_text(&self) -> bool {
        match self {
            Self::Open(_) | Self::Read(_) | Self::Truncated | Self::Corrupt => true,
            Self::Checksum | Self::Length | Self::Trailing => false,
        }
    }
}

/// What came of reading a log file's text.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Bytes read from disk.
    pub compressed: u64,
    /// Bytes of text handed on.
    pub inflated: u64,
    /// What was wrong, if something was; the first of several.
    pub damage: Option<Damage>,
}

/// Reads the text of log files, one after another, with buffers that are kept.
pub struct TextReader {
    whole: Decompressor,
    stream: Decompress,
    file: Vec<u8>,
    text: Vec<u8>,
}

impl Default for TextReader {
    fn default() -> Self {
        Self {
            whole: Decompressor::new(),
            stream: Decompress::new(false),
            file: Vec::new(),
            text: Vec::new(),
        }
    }
}

impl TextReader {
    /// Reads one log file and hands its text to `consume` piece by piece.
    ///
    /// `consume` gets the text at hand and whether it is the last, and returns how many bytes it is
    /// done with; the rest comes again in front of the next piece. It has to take something once
    /// it has been given enough, or memory grows without bound. The last piece, which may be
    /// empty, comes whatever happens.
    pub fn read(&mut self, path: &Path, mut consume: impl FnMut(&[u8], bool) -> usize) -> Outcome {
        let mut outcome = Outcome::default();
        match File::open(path) {
            Ok(file) => self.read_file(file, &mut outcome, &mut consume),
            Err(error) => {
                outcome.damage = Some(Damage::Open(error));
                consume(&[], true);
            }
        }
        outcome
    }

    fn read_file(
        &mut self,
        mut file: File,
        outcome: &mut Outcome,
        consume: &mut impl FnMut(&[u8], bool) -> usize,
    ) {
        let mut bytes = std::mem::take(&mut self.file);
        bytes.clear();
        let whole = (&mut file).take(MAX_WHOLE_FILE + 1).read_to_end(&mut bytes);
        match whole {
            Ok(length) if length as u64 <= MAX_WHOLE_FILE => {
                outcome.compressed = length as u64;
                match self.inflate_whole(&bytes) {
                    Some(length) => {
                        outcome.inflated = length as u64;
                        consume(self.text.get(..length).unwrap_or_default(), true);
                    }
                    None => self.stream(Cursor::new(&bytes), outcome, consume),
                }
            }
            Ok(_) => self.stream(Cursor::new(&bytes).chain(file), outcome, consume),
            Err(error) => {
                let rest = Failing(Some(error));
                self.stream(Cursor::new(&bytes).chain(rest), outcome, consume);
            }
        }
        self.file = bytes;
    }

    /// Inflates a file that is one whole and sound gzip member of moderate size; `None` when it is
    /// anything else.
    ///
    /// libdeflate does not tell how much of its input it took. That there is no second member is
    /// seen from there being no second magic number; that nothing else follows, from the length at
    /// the very end being right.
    fn inflate_whole(&mut self, file: &[u8]) -> Option<usize> {
        let Header::Length(header) = gzip::header(file) else {
            return None;
        };
        let footer = file.len().checked_sub(gzip::FOOTER)?;
        let (_, promised) = gzip::footer(file.get(footer..)?)?;
        let promised = usize::try_from(promised).ok()?;
        if promised > MAX_WHOLE_TEXT
            || memchr::memmem::find(file.get(header..)?, &gzip::MAGIC).is_some()
        {
            return None;
        }
        if self.text.len() < promised {
            self.text.resize(promised, 0);
        }
        let text = self.text.get_mut(..promised)?;
        let length = self.whole.gzip_decompress(file, text).ok()?;
        (length == promised).then_some(length)
    }

    /// Reads a file of any size, sound or not.
    fn stream(
        &mut self,
        file: impl Read,
        outcome: &mut Outcome,
        consume: &mut impl FnMut(&[u8], bool) -> usize,
    ) {
        outcome.compressed = 0;
        let mut input = Input {
            file,
            bytes: vec![0; INPUT],
            at: 0,
            end: 0,
            taken: 0,
        };
        let mut text = Text {
            bytes: std::mem::take(&mut self.text),
            done: 0,
            end: 0,
            inflated: 0,
        };
        let result = match input.fill(gzip::MAGIC.len()) {
            Ok(()) if input.rest().starts_with(&gzip::MAGIC) => {
                members(&mut self.stream, &mut input, &mut text, consume)
            }
            Ok(()) => plain(&mut input, &mut text, consume),
            Err(error) => Err(Damage::Read(error)),
        };
        consume(text.rest(), true);
        outcome.compressed = input.taken;
        outcome.inflated = text.inflated;
        outcome.damage = result.err();
        self.text = text.bytes;
        // One hostile file must not keep its memory for the rest of the archive.
        if self.text.len() > MAX_WHOLE_TEXT {
            self.text = Vec::new();
        }
    }
}

/// Reads a file that is not compressed.
fn plain(
    input: &mut Input<impl Read>,
    text: &mut Text,
    consume: &mut impl FnMut(&[u8], bool) -> usize,
) -> Result<(), Damage> {
    loop {
        input.fill(1).map_err(Damage::Read)?;
        if input.rest().is_empty() {
            return Ok(());
        }
        let room = text.room();
        let length = room.len().min(input.rest().len());
        let (Some(room), Some(bytes)) = (room.get_mut(..length), input.rest().get(..length)) else {
            return Ok(());
        };
        room.copy_from_slice(bytes);
        input.at += length;
        text.add(length, consume);
    }
}

/// Reads one gzip member after another.
fn members(
    stream: &mut Decompress,
    input: &mut Input<impl Read>,
    text: &mut Text,
    consume: &mut impl FnMut(&[u8], bool) -> usize,
) -> Result<(), Damage> {
    let mut first = true;
    loop {
        input.fill(gzip::MAGIC.len()).map_err(Damage::Read)?;
        if !first && !input.rest().starts_with(&gzip::MAGIC) {
            return input.only_zeros();
        }
        first = false;
        let header = loop {
            match gzip::header(input.rest()) {
                Header::Length(length) => break length,
                Header::Unfinished => {
                    let had = input.rest().len();
                    input.fill(had + 1).map_err(Damage::Read)?;
                    if input.rest().len() == had {
                        return Err(Damage::Truncated);
                    }
                }
                Header::Invalid => return Err(Damage::Corrupt),
            }
        };
        input.at += header;
        let (crc, length) = member(stream, input, text, consume)?;
        input.fill(gzip::FOOTER).map_err(Damage::Read)?;
        let (promised_crc, promised_length) =
            gzip::footer(input.rest()).ok_or(Damage::Truncated)?;
        input.at += gzip::FOOTER;
        if crc != promised_crc {
            return Err(Damage::Checksum);
        }
        if length != promised_length {
            return Err(Damage::Length);
        }
    }
}

/// Inflates one member; gives the CRC-32 and the length of its text.
fn member(
    stream: &mut Decompress,
    input: &mut Input<impl Read>,
    text: &mut Text,
    consume: &mut impl FnMut(&[u8], bool) -> usize,
) -> Result<(u32, u32), Damage> {
    stream.reset(false);
    let mut crc = Crc::new();
    let mut length = 0_u32;
    loop {
        input.fill(1).map_err(Damage::Read)?;
        let (taken_before, given_before) = (stream.total_in(), stream.total_out());
        let room = text.room();
        let status = stream.decompress(input.rest(), room, FlushDecompress::None);
        let taken = usize::try_from(stream.total_in() - taken_before).unwrap_or(usize::MAX);
        let given = usize::try_from(stream.total_out() - given_before).unwrap_or(usize::MAX);
        crc.update(room.get(..given).unwrap_or_default());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "gzip keeps the length modulo 2³²"
        )]
        {
            length = length.wrapping_add(given as u32);
        }
        input.at += taken;
        text.add(given, consume);
        match status {
            Ok(Status::StreamEnd) => return Ok((crc.sum(), length)),
            Ok(Status::Ok | Status::BufError) if taken + given > 0 => {}
            Ok(Status::Ok | Status::BufError) => return Err(Damage::Truncated),
            Err(_) => return Err(Damage::Corrupt),
        }
    }
}

/// The bytes of the file, a stretch at a time.
struct Input<R> {
    file: R,
    bytes: Vec<u8>,
    at: usize,
    end: usize,
    taken: u64,
}

impl<R: Read> Input<R> {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// Reads on until at least so many bytes are at hand, or the file ends.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        while self.end - self.at < wanted {
            if self.at > 0 {
                self.bytes.copy_within(self.at..self.end, 0);
                self.end -= self.at;
                self.at = 0;
            }
            if self.end == self.bytes.len() {
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.file.read(room) {
                Ok(0) => break,
                Ok(length) => {
                    self.end += length;
                    self.taken += length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Looks through what follows the last member: zeros are padding, as gzip has it.
    fn only_zeros(&mut self) -> Result<(), Damage> {
        loop {
            self.fill(1).map_err(Damage::Read)?;
            if self.rest().is_empty() {
                return Ok(());
            }
            if self.rest().iter().any(|&byte| byte != 0) {
                return Err(Damage::Trailing);
            }
            self.at = self.end;
        }
    }
}

/// Text on its way to the consumer: what it is not done with, behind enough history to inflate.
struct Text {
    bytes: Vec<u8>,
    /// Up to here the consumer is done.
    done: usize,
    /// Up to here there is text.
    end: usize,
    inflated: u64,
}

impl Text {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.done..self.end).unwrap_or_default()
    }

    /// Room for more text.
    fn room(&mut self) -> &mut [u8] {
        if self.bytes.len() - self.end < ROOM / 2 {
            let keep = self.done.min(self.end.saturating_sub(HISTORY));
            self.bytes.copy_within(keep..self.end, 0);
            self.done -= keep;
            self.end -= keep;
            if self.bytes.len() - self.end < ROOM {
                let length = (self.end + ROOM).max(self.end * 2);
                self.bytes.resize(length, 0);
            }
        }
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        let length = room.len().min(ROOM);
        room.get_mut(..length).unwrap_or_default()
    }

    /// Hands on the text, which has grown by so many bytes.
    fn add(&mut self, length: usize, consume: &mut impl FnMut(&[u8], bool) -> usize) {
        self.end += length;
        self.inflated += length as u64;
        self.done += consume(self.rest(), false).min(self.end - self.done);
    }
}

/// Gives back an error that came too early to be told.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
