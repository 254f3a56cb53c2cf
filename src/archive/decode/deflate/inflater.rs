//! The inflater: the states of a stream, and its symbols one at a time where the fast loop stops.
#![expect(
    clippy::cast_possible_truncation,
    reason = "bits are taken from the word as bytes and small numbers"
)]

use super::cursor::{BitBuffer, InputCursor, OutputCursor};
use super::error::InflateError;
use super::fast;
use super::table::{
    CodeTables, DISTANCE_SYMBOLS, END, EXCEPTION, InvalidCode, LITLEN_SYMBOLS, PRECODE_SYMBOLS,
    SUBTABLE, extra,
};

/// How far back a match can reach, in bytes; the caller has to keep as much output in front of the
/// write position.
pub const WINDOW: usize = 32 * 1024;

/// The order in which a block header gives the lengths of the code lengths' own code (RFC 1951,
/// section 3.2.7).
pub(super) const PRECODE_ORDER: [u8; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
/// The most literal and length codes a block may have.
const MAX_LITLEN_CODES: usize = 286;
/// The most distance codes a block may have.
const MAX_DISTANCE_CODES: usize = 30;
/// The symbol that ends a block.
const END_OF_BLOCK: usize = 256;

/// Why [`Inflater::inflate`] has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The input is used up and the stream goes on; at the end of a file this means that the file
    /// is cut off.
    NeedInput,
    /// The output is full and more of it is to come.
    OutputFull,
    /// The stream has ended, and the input is consumed exactly to its last byte.
    Done,
}

/// An inflater for one stream after another.
///
/// It has no window of its own: matches are copied within the caller's output, so the caller keeps
/// the last [`WINDOW`] bytes in place when it reuses its buffer.
///
/// ```
/// use keytrail::archive::deflate::{Inflater, Status};
///
/// // A stored block of two bytes, and one byte that follows the stream.
/// let input = [1, 2, 0, 253, 255, b'h', b'i', b'?'];
/// let mut output = [0; 8];
/// let (mut consumed, mut written) = (0, 0);
/// let status = Inflater::new().inflate(&input, &mut consumed, &mut output, &mut written);
/// assert_eq!(status, Ok(Status::Done));
/// assert_eq!(&output[..written], b"hi");
/// assert_eq!(consumed, 7);
/// ```
#[derive(Debug, Clone)]
pub struct Inflater {
    state: StreamState,
    bits: BitBuffer,
    /// The current block is the last one.
    is_last: bool,
    /// The tables hold the fixed codes: several fixed blocks in a row build them once.
    has_fixed: bool,
    /// Bytes written since the stream began; no match reaches back beyond them.
    produced: u64,
    header: DynamicHeader,
    tables: Box<CodeTables>,
}

/// Where in a stream the inflater is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StreamState {
    /// Before a block.
    Block,
    /// Before the length of a stored block.
    StoredLength,
    /// Within a stored block of which `left` bytes are to come.
    Stored { left: usize },
    /// Before the numbers of codes of a dynamic block.
    CodeCounts,
    /// Within the lengths of the code lengths' own code.
    PrecodeLengths,
    /// Within the code lengths.
    CodeLengths,
    /// Among the symbols of a block.
    Symbols,
    /// Within a match that did not fit into the output.
    Match { distance: usize, left: usize },
    /// After the last block.
    Done,
    /// After an error, which every further call reports again.
    Error(InflateError),
}

/// The header of a dynamic block, as far as it is read.
#[derive(Debug, Clone)]
struct DynamicHeader {
    litlen_codes: usize,
    distance_codes: usize,
    precode_codes: usize,
    /// How many lengths of the current list are read.
    read: usize,
    precode_lengths: [u8; 19],
    lengths: [u8; MAX_LITLEN_CODES + MAX_DISTANCE_CODES],
}

/// Why a step of the decoder has returned before it was done.
enum Pause {
    NeedInput,
    OutputFull,
    Error(InflateError),
}

impl From<InflateError> for Pause {
    fn from(error: InflateError) -> Self {
        Self::Error(error)
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl Inflater {
    /// An inflater before a stream.
    pub fn new() -> Self {
        Self {
            state: StreamState::Block,
            bits: BitBuffer { word: 0, count: 0 },
            is_last: false,
            has_fixed: false,
            produced: 0,
            header: DynamicHeader {
                litlen_codes: 0,
                distance_codes: 0,
                precode_codes: 0,
                read: 0,
                precode_lengths: [0; 19],
                lengths: [0; MAX_LITLEN_CODES + MAX_DISTANCE_CODES],
            },
            tables: Box::new(CodeTables::new()),
        }
    }

    /// Discards the current stream and begins a new one.
    pub fn reset(&mut self) {
        self.state = StreamState::Block;
        self.bits = BitBuffer { word: 0, count: 0 };
        self.produced = 0;
    }

    /// Inflates `input[*consumed..]` to `output[*written..]` and advances both positions.
    ///
    /// In front of `*written` has to be what this stream produced before, at least the last [`WINDOW`]
    /// bytes of it; what is behind `*written` afterwards is unspecified. A match that reaches beyond
    /// what the caller kept is reported as [`InflateError::DistanceTooFar`].
    ///
    /// Input and output may be split anywhere; the result is the same.
    ///
    /// # Errors
    ///
    /// The stream is invalid; everything decoded before the fault is in the output.
    pub fn inflate(
        &mut self,
        input: &[u8],
        consumed: &mut usize,
        output: &mut [u8],
        written: &mut usize,
    ) -> Result<Status, InflateError> {
        let first = (*consumed).min(input.len());
        let start = (*written).min(output.len());
        let kept = usize::try_from(self.produced).map_or(start, |produced| produced.min(start));
        let mut input = InputCursor {
            bytes: input,
            position: first,
        };
        let mut output = OutputCursor {
            bytes: output,
            position: start,
            floor: start - kept,
        };

        let stop = self.run(&mut input, &mut output);

        if !matches!(stop, Err(Pause::NeedInput)) {
            // All bytes of earlier calls were needed for what has been decoded since, so unused
            // bytes are of this call.
            let unused = (self.bits.count as usize / 8).min(input.position - first);
            input.position -= unused;
            self.bits.count -= unused as u32 * 8;
            self.bits.trim();
        }
        *consumed = input.position;
        *written = output.position;
        self.produced += (output.position - start) as u64;
        match stop {
            Ok(()) => Ok(Status::Done),
            Err(Pause::NeedInput) => Ok(Status::NeedInput),
            Err(Pause::OutputFull) => Ok(Status::OutputFull),
            Err(Pause::Error(error)) => {
                self.state = StreamState::Error(error);
                Err(error)
            }
        }
    }

    /// Goes from state to state until the stream ends or something is missing.
    fn run(&mut self, input: &mut InputCursor, output: &mut OutputCursor) -> Result<(), Pause> {
        loop {
            match self.state {
                StreamState::Block => self.begin_block(input)?,
                StreamState::StoredLength => self.read_stored_length(input)?,
                StreamState::Stored { left } => self.copy_stored(left, input, output)?,
                StreamState::CodeCounts => self.read_code_counts(input)?,
                StreamState::PrecodeLengths => self.read_precode_lengths(input)?,
                StreamState::CodeLengths => self.read_code_lengths(input)?,
                StreamState::Symbols => self.decode_symbols(input, output)?,
                StreamState::Match { distance, left } => {
                    if distance > output.position - output.floor {
                        return Err(Pause::Error(InflateError::DistanceTooFar));
                    }
                    let left = output.copy_match(distance, left);
                    if left != 0 {
                        self.state = StreamState::Match { distance, left };
                        return Err(Pause::OutputFull);
                    }
                    self.state = StreamState::Symbols;
                }
                StreamState::Done => return Ok(()),
                StreamState::Error(error) => return Err(Pause::Error(error)),
            }
        }
    }

    /// Reads the three bits in front of each block.
    fn begin_block(&mut self, input: &mut InputCursor) -> Result<(), Pause> {
        let header = self.bits.take(3, input).ok_or(Pause::NeedInput)?;
        self.is_last = header & 1 != 0;
        self.state = match header >> 1 {
            0 => {
                self.bits.consume(self.bits.count % 8);
                StreamState::StoredLength
            }
            1 => {
                self.build_fixed()?;
                StreamState::Symbols
            }
            2 => StreamState::CodeCounts,
            _ => return Err(Pause::Error(InflateError::BlockType)),
        };
        Ok(())
    }

    fn read_stored_length(&mut self, input: &mut InputCursor) -> Result<(), Pause> {
        let lengths = self.bits.take(32, input).ok_or(Pause::NeedInput)?;
        let (length, complement) = (lengths & 0xffff, lengths >> 16);
        if length != complement ^ 0xffff {
            return Err(Pause::Error(InflateError::StoredLength));
        }
        self.state = StreamState::Stored {
            left: length as usize,
        };
        Ok(())
    }

    fn copy_stored(
        &mut self,
        mut left: usize,
        input: &mut InputCursor,
        output: &mut OutputCursor,
    ) -> Result<(), Pause> {
        // The bit buffer may hold the first bytes; the rest is copied from the input.
        while left != 0 && self.bits.count != 0 && output.put(self.bits.word as u8) {
            self.bits.consume(8);
            left -= 1;
        }
        if self.bits.count == 0 {
            left -= output.put_all(input, left);
        }
        self.state = StreamState::Stored { left };
        if left == 0 {
            self.end_block();
            return Ok(());
        }
        // Where both are used up, the output is reported: more input alone would not help.
        Err(if output.position == output.bytes.len() {
            Pause::OutputFull
        } else {
            Pause::NeedInput
        })
    }

    /// Reads the three numbers that a dynamic block begins with.
    fn read_code_counts(&mut self, input: &mut InputCursor) -> Result<(), Pause> {
        let counts = self.bits.take(14, input).ok_or(Pause::NeedInput)? as usize;
        self.header.litlen_codes = (counts & 31) + 257;
        self.header.distance_codes = (counts >> 5 & 31) + 1;
        self.header.precode_codes = (counts >> 10) + 4;
        self.header.read = 0;
        if self.header.litlen_codes > MAX_LITLEN_CODES
            || self.header.distance_codes > MAX_DISTANCE_CODES
        {
            return Err(Pause::Error(InflateError::TooManyCodes));
        }
        self.header.precode_lengths = [0; 19];
        self.state = StreamState::PrecodeLengths;
        Ok(())
    }

    fn read_precode_lengths(&mut self, input: &mut InputCursor) -> Result<(), Pause> {
        let header = &mut self.header;
        for &symbol in PRECODE_ORDER
            .iter()
            .take(header.precode_codes)
            .skip(header.read)
        {
            let length = self.bits.take(3, input).ok_or(Pause::NeedInput)?;
            if let Some(place) = header.precode_lengths.get_mut(usize::from(symbol)) {
                *place = length as u8;
            }
            header.read += 1;
        }
        header.read = 0;
        self.tables
            .precode
            .build(&header.precode_lengths, &PRECODE_SYMBOLS, false)
            .map_err(|InvalidCode| InflateError::CodeLengthsCode)?;
        self.state = StreamState::CodeLengths;
        Ok(())
    }

    /// Reads the code lengths of literals, lengths and distances, which are one list.
    fn read_code_lengths(&mut self, input: &mut InputCursor) -> Result<(), Pause> {
        let header = &mut self.header;
        let total = header.litlen_codes + header.distance_codes;
        while header.read < total {
            self.bits.refill(input);
            let entry = self.tables.precode.main(self.bits.word);
            let code_bits = entry & 0xff;
            let symbol = entry >> 16;
            // How many bits hold the number of repetitions, and the number that is added to it.
            let (extra, least) = match symbol {
                16 => (2, 3),
                17 => (3, 3),
                18 => (7, 11),
                _ => (0, 1),
            };
            if code_bits + extra > self.bits.count {
                return Err(Pause::NeedInput);
            }
            let length = match symbol {
                16 => match header
                    .read
                    .checked_sub(1)
                    .and_then(|last| header.lengths.get(last))
                {
                    Some(&length) => length,
                    None => return Err(Pause::Error(InflateError::CodeLengthRepeat)),
                },
                17 | 18 => 0,
                _ => symbol as u8,
            };
            self.bits.consume(code_bits);
            let repeat = least + (self.bits.word & ((1 << extra) - 1)) as usize;
            self.bits.consume(extra);
            match header.lengths.get_mut(header.read..header.read + repeat) {
                Some(places) if header.read + repeat <= total => places.fill(length),
                _ => return Err(Pause::Error(InflateError::CodeLengthRepeat)),
            }
            header.read += repeat;
        }
        self.build_dynamic()?;
        self.state = StreamState::Symbols;
        Ok(())
    }

    fn build_dynamic(&mut self) -> Result<(), InflateError> {
        let header = &self.header;
        let (litlen, rest) = header.lengths.split_at(header.litlen_codes);
        let distance = rest.get(..header.distance_codes).unwrap_or(rest);
        if litlen.get(END_OF_BLOCK) == Some(&0) {
            return Err(InflateError::NoEndOfBlock);
        }
        self.has_fixed = false;
        let tables = &mut *self.tables;
        tables.set_literal_bits(litlen);
        tables
            .litlen
            .build(litlen, &LITLEN_SYMBOLS, true)
            .map_err(|InvalidCode| InflateError::LitlenCode)?;
        tables
            .distance
            .build(distance, &DISTANCE_SYMBOLS, true)
            .map_err(|InvalidCode| InflateError::DistanceCode)?;
        Ok(())
    }

    fn build_fixed(&mut self) -> Result<(), InflateError> {
        if self.has_fixed {
            return Ok(());
        }
        let mut lengths = [8_u8; 288];
        for (symbol, length) in lengths.iter_mut().enumerate() {
            *length = match symbol {
                0..=143 | 280.. => 8,
                144..=255 => 9,
                _ => 7,
            };
        }
        let tables = &mut *self.tables;
        tables.set_literal_bits(&lengths);
        tables
            .litlen
            .build(&lengths, &LITLEN_SYMBOLS, false)
            .map_err(|InvalidCode| InflateError::LitlenCode)?;
        tables
            .distance
            .build(&[5; 32], &DISTANCE_SYMBOLS, false)
            .map_err(|InvalidCode| InflateError::DistanceCode)?;
        self.has_fixed = true;
        Ok(())
    }

    /// Decodes the symbols of a block: by the fast loop where there is room, one by one near the end of the
    /// input or output.
    fn decode_symbols(
        &mut self,
        input: &mut InputCursor,
        output: &mut OutputCursor,
    ) -> Result<(), Pause> {
        loop {
            fast::run(&self.tables, &mut self.bits, input, output)?;
            self.bits.trim();
            // What stopped the fast loop may take a single symbol, such as the end of a block.
            self.decode_symbol(input, output)?;
            if self.state != StreamState::Symbols {
                return Ok(());
            }
        }
    }

    /// Decodes one symbol, or nothing where its bits are not all there.
    fn decode_symbol(
        &mut self,
        input: &mut InputCursor,
        output: &mut OutputCursor,
    ) -> Result<(), Pause> {
        self.bits.refill(input);
        let BitBuffer { word, count } = self.bits;
        let mut entry = self.tables.litlen.main(word);
        if entry & EXCEPTION != 0 && entry & SUBTABLE != 0 {
            entry = self.tables.litlen.sub(entry, word);
        }
        if entry & EXCEPTION == 0 && entry >> 12 & 3 != 0 {
            // The bits may be enough for the first of two symbols only, so one is taken at a time.
            let literal = (entry >> 16) as u8;
            let code_bits = self
                .tables
                .literal_bits
                .get(usize::from(literal))
                .copied()
                .map_or(0, u32::from);
            if code_bits > count {
                return Err(Pause::NeedInput);
            }
            if !output.put(literal) {
                return Err(Pause::OutputFull);
            }
            self.bits.consume(code_bits);
            return Ok(());
        }
        let code_bits = entry >> 8 & 15;
        if code_bits > count {
            return Err(Pause::NeedInput);
        }
        if entry & EXCEPTION != 0 {
            if entry & END == 0 {
                return Err(Pause::Error(InflateError::LitlenSymbol));
            }
            self.bits.consume(code_bits);
            self.end_block();
            return Ok(());
        }

        let length_bits = entry & 0xff;
        if length_bits > count {
            return Err(Pause::NeedInput);
        }
        let length = (entry >> 24) as usize + 3 + extra(entry, word);
        let (word, count) = (word >> length_bits, count - length_bits);
        let mut entry = self.tables.distance.main(word);
        if entry & SUBTABLE != 0 && entry & EXCEPTION != 0 {
            entry = self.tables.distance.sub(entry, word);
        }
        if entry >> 8 & 15 > count {
            return Err(Pause::NeedInput);
        }
        if entry & EXCEPTION != 0 {
            return Err(Pause::Error(InflateError::DistanceSymbol));
        }
        let distance_bits = entry & 0xff;
        if distance_bits > count {
            return Err(Pause::NeedInput);
        }
        let distance = (entry >> 16) as usize + extra(entry, word);
        if distance > output.position - output.floor {
            return Err(Pause::Error(InflateError::DistanceTooFar));
        }
        self.bits.consume(length_bits + distance_bits);
        let left = output.copy_match(distance, length);
        if left != 0 {
            self.state = StreamState::Match { distance, left };
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.state = if self.is_last {
            // The rest of the stream's last byte is padding.
            self.bits.consume(self.bits.count % 8);
            StreamState::Done
        } else {
            StreamState::Block
        };
    }
}
