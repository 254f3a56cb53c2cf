//! A streaming inflater for raw DEFLATE data (RFC 1951).
//!
//! It exists because the fastest inflater at hand cannot stream and the streaming ones cost about
//! twice as much; inflating is most of what a scan costs.
//! It accepts and refuses exactly what zlib does, and what was decoded before a fault is never
//! lost.
//!
//! Left out: framing and checksums (the caller knows gzip), preset dictionaries, and windows
//! smaller than 32 KiB.
#![expect(
    clippy::cast_possible_truncation,
    reason = "bits are taken from the word as bytes and small numbers"
)]

mod bytes;
mod fast;
mod table;
#[cfg(test)]
mod tests;

use table::{
    BadCode, DISTANCE_SYMBOLS, DistanceTable, END, EXCEPTION, LITLEN_SYMBOLS, LitlenTable,
    PRECODE_SYMBOLS, PrecodeTable, SUBTABLE,
};

/// How far back a match can reach, and so how much output the caller has to keep in front of the
/// write position.
pub const WINDOW: usize = 32 * 1024;

/// The order in which a block header gives the lengths of the code lengths' own code (RFC 1951,
/// section 3.2.7).
const PRECODE_ORDER: [u8; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
/// The most literal and length codes a block may have.
const MAX_LITLEN_CODES: usize = 286;
/// The most distance codes a block may have.
const MAX_DISTANCE_CODES: usize = 30;
/// The symbol that ends a block.
const END_OF_BLOCK: usize = 256;

/// Why `inflate` came back.
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

/// What is wrong with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// A block is of the type the format reserves.
    #[error("invalid block type")]
    BlockType,
    /// The length of a stored block and its complement do not fit.
    #[error("invalid stored block lengths")]
    StoredLength,
    /// A block announces more codes than there are symbols.
    #[error("too many length or distance symbols")]
    TooManyCodes,
    /// The code of the code lengths is over-subscribed or incomplete.
    #[error("invalid code lengths set")]
    CodeLengthsCode,
    /// A code length is to be repeated where there is none, or more often than there are symbols.
    #[error("invalid bit length repeat")]
    CodeLengthRepeat,
    /// A block has no code for its own end.
    #[error("missing end-of-block code")]
    NoEndOfBlock,
    /// The code of literals and lengths is over-subscribed or incomplete.
    #[error("invalid literal/lengths set")]
    LitlenCode,
    /// The code of distances is over-subscribed or incomplete.
    #[error("invalid distances set")]
    DistanceCode,
    /// The data use a literal or length code that does not exist.
    #[error("invalid literal/length code")]
    LitlenSymbol,
    /// The data use a distance code that does not exist.
    #[error("invalid distance code")]
    DistanceSymbol,
    /// A match begins in front of the first byte of the stream.
    #[error("invalid distance too far back")]
    DistanceTooFar,
}

/// An inflater for one stream after the other.
///
/// It keeps no window of its own: matches are copied within the caller's output, which is why the
/// caller leaves the last [`WINDOW`] bytes in place when it moves its buffer on.
///
/// ```
/// use keytrail::archive::deflate::{Inflater, Status};
///
/// // A stored block of two bytes, and one byte that follows the stream.
/// let input = [1, 2, 0, 253, 255, b'h', b'i', b'?'];
/// let mut output = [0; 8];
/// let (mut consumed, mut at) = (0, 0);
/// let status = Inflater::new().inflate(&input, &mut consumed, &mut output, &mut at);
/// assert_eq!(status, Ok(Status::Done));
/// assert_eq!(&output[..at], b"hi");
/// assert_eq!(consumed, 7);
/// ```
#[derive(Debug, Clone)]
pub struct Inflater {
    state: State,
    bits: Bits,
    /// The block at hand is the last one.
    is_last: bool,
    /// The tables hold the fixed codes, so that a run of fixed blocks builds them once.
    has_fixed: bool,
    /// Bytes written since the stream began: a match cannot reach beyond them.
    produced: u64,
    header: Header,
    tables: Box<Tables>,
}

/// Where in a stream the inflater stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In front of a block.
    Block,
    /// In front of the length of a stored block.
    StoredLength,
    /// Within a stored block of which `left` bytes are to come.
    Stored { left: usize },
    /// In front of the number of codes of a dynamic block.
    CodeCounts,
    /// Within the lengths of the code lengths' own code.
    PrecodeLengths,
    /// Within the code lengths.
    CodeLengths,
    /// Among the symbols of a block.
    Symbols,
    /// Within a match that did not fit into the output.
    Match { distance: usize, left: usize },
    /// Behind the last block.
    Done,
    /// Behind a fault, which every further call reports again.
    Fault(InflateError),
}

/// The header of a dynamic block as far as it is read.
#[derive(Debug, Clone)]
struct Header {
    litlen_codes: usize,
    distance_codes: usize,
    precode_codes: usize,
    /// How many lengths are read of the list at hand.
    read: usize,
    precode_lengths: [u8; 19],
    lengths: [u8; MAX_LITLEN_CODES + MAX_DISTANCE_CODES],
}

/// The decode tables.
#[derive(Debug, Clone)]
struct Tables {
    litlen: LitlenTable,
    distance: DistanceTable,
    precode: PrecodeTable,
    /// The length of each literal's code.
    literal_bits: [u8; 256],
}

/// Bits taken from the input and not yet used, the next one lowest; above `count` all are zero.
#[derive(Debug, Clone, Copy)]
struct Bits {
    word: u64,
    count: u32,
}

/// The input of one call and how much of it is taken.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The output of one call.
struct Output<'a> {
    bytes: &'a mut [u8],
    at: usize,
    /// Where the stream's own output begins: what lies in front belongs to others.
    floor: usize,
}

/// Why a step of the decoder ended before its work was done.
enum Stop {
    NeedInput,
    OutputFull,
    Fault(InflateError),
}

impl From<InflateError> for Stop {
    fn from(error: InflateError) -> Self {
        Self::Fault(error)
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl Inflater {
    /// An inflater in front of a stream.
    pub fn new() -> Self {
        Self {
            state: State::Block,
            bits: Bits { word: 0, count: 0 },
            is_last: false,
            has_fixed: false,
            produced: 0,
            header: Header {
                litlen_codes: 0,
                distance_codes: 0,
                precode_codes: 0,
                read: 0,
                precode_lengths: [0; 19],
                lengths: [0; MAX_LITLEN_CODES + MAX_DISTANCE_CODES],
            },
            tables: Box::new(Tables {
                litlen: LitlenTable::joining(),
                distance: DistanceTable::new(),
                precode: PrecodeTable::new(),
                literal_bits: [0; 256],
            }),
        }
    }

    /// Forgets the stream at hand and stands in front of a new one.
    pub fn reset(&mut self) {
        self.state = State::Block;
        self.bits = Bits { word: 0, count: 0 };
        self.produced = 0;
    }

    /// Inflates `input[*consumed..]` to `output[*at..]` and moves both positions on.
    ///
    /// What lies in front of `*at` has to be what this stream produced before, at least the last
    /// [`WINDOW`] bytes of it; what lies behind `*at` afterwards is unspecified.
    /// A match that reaches beyond what the caller kept is reported as
    /// [`InflateError::DistanceTooFar`].
    ///
    /// Input and output may be split anywhere; the result is the same.
    /// On a fault everything decoded in front of it is in the output.
    pub fn inflate(
        &mut self,
        input: &[u8],
        consumed: &mut usize,
        output: &mut [u8],
        at: &mut usize,
    ) -> Result<Status, InflateError> {
        let first = (*consumed).min(input.len());
        let start = (*at).min(output.len());
        let kept = usize::try_from(self.produced).map_or(start, |produced| produced.min(start));
        let mut input = Input {
            bytes: input,
            at: first,
        };
        let mut output = Output {
            bytes: output,
            at: start,
            floor: start - kept,
        };

        let stop = self.run(&mut input, &mut output);

        if !matches!(stop, Err(Stop::NeedInput)) {
            // Bytes of earlier calls were all needed for what has been decoded since, so those to
            // give back are of this call.
            let unused = (self.bits.count as usize / 8).min(input.at - first);
            input.at -= unused;
            self.bits.count -= unused as u32 * 8;
            self.bits.trim();
        }
        *consumed = input.at;
        *at = output.at;
        self.produced += (output.at - start) as u64;
        match stop {
            Ok(()) => Ok(Status::Done),
            Err(Stop::NeedInput) => Ok(Status::NeedInput),
            Err(Stop::OutputFull) => Ok(Status::OutputFull),
            Err(Stop::Fault(error)) => {
                self.state = State::Fault(error);
                Err(error)
            }
        }
    }

    /// Goes from state to state until the stream ends or something stops it.
    fn run(&mut self, input: &mut Input, output: &mut Output) -> Result<(), Stop> {
        loop {
            match self.state {
                State::Block => self.block(input)?,
                State::StoredLength => self.stored_length(input)?,
                State::Stored { left } => self.stored(left, input, output)?,
                State::CodeCounts => self.code_counts(input)?,
                State::PrecodeLengths => self.precode_lengths(input)?,
                State::CodeLengths => self.code_lengths(input)?,
                State::Symbols => self.symbols(input, output)?,
                State::Match { distance, left } => {
                    if distance > output.at - output.floor {
                        return Err(Stop::Fault(InflateError::DistanceTooFar));
                    }
                    let left = output.copy_match(distance, left);
                    if left != 0 {
                        self.state = State::Match { distance, left };
                        return Err(Stop::OutputFull);
                    }
                    self.state = State::Symbols;
                }
                State::Done => return Ok(()),
                State::Fault(error) => return Err(Stop::Fault(error)),
            }
        }
    }

    /// The three bits in front of each block.
    fn block(&mut self, input: &mut Input) -> Result<(), Stop> {
        let header = self.bits.take(3, input)?;
        self.is_last = header & 1 != 0;
        self.state = match header >> 1 {
            0 => {
                self.bits.consume(self.bits.count % 8);
                State::StoredLength
            }
            1 => {
                self.build_fixed()?;
                State::Symbols
            }
            2 => State::CodeCounts,
            _ => return Err(Stop::Fault(InflateError::BlockType)),
        };
        Ok(())
    }

    fn stored_length(&mut self, input: &mut Input) -> Result<(), Stop> {
        let lengths = self.bits.take(32, input)?;
        let (length, complement) = (lengths & 0xffff, lengths >> 16);
        if length != complement ^ 0xffff {
            return Err(Stop::Fault(InflateError::StoredLength));
        }
        self.state = State::Stored {
            left: length as usize,
        };
        Ok(())
    }

    fn stored(
        &mut self,
        mut left: usize,
        input: &mut Input,
        output: &mut Output,
    ) -> Result<(), Stop> {
        // The bit buffer may hold the first bytes; the rest is copied past it.
        while left != 0 && self.bits.count != 0 && output.put(self.bits.word as u8) {
            self.bits.consume(8);
            left -= 1;
        }
        if self.bits.count == 0 {
            left -= output.put_all(input, left);
        }
        self.state = State::Stored { left };
        if left == 0 {
            self.end_block();
            return Ok(());
        }
        // Where both are used up, more input alone would not help.
        Err(if output.at == output.bytes.len() {
            Stop::OutputFull
        } else {
            Stop::NeedInput
        })
    }

    /// The three numbers a dynamic block begins with.
    fn code_counts(&mut self, input: &mut Input) -> Result<(), Stop> {
        let counts = self.bits.take(14, input)? as usize;
        self.header.litlen_codes = (counts & 31) + 257;
        self.header.distance_codes = (counts >> 5 & 31) + 1;
        self.header.precode_codes = (counts >> 10) + 4;
        self.header.read = 0;
        if self.header.litlen_codes > MAX_LITLEN_CODES
            || self.header.distance_codes > MAX_DISTANCE_CODES
        {
            return Err(Stop::Fault(InflateError::TooManyCodes));
        }
        self.header.precode_lengths = [0; 19];
        self.state = State::PrecodeLengths;
        Ok(())
    }

    fn precode_lengths(&mut self, input: &mut Input) -> Result<(), Stop> {
        let header = &mut self.header;
        for &symbol in PRECODE_ORDER
            .iter()
            .take(header.precode_codes)
            .skip(header.read)
        {
            let length = self.bits.take(3, input)?;
            if let Some(place) = header.precode_lengths.get_mut(usize::from(symbol)) {
                *place = length as u8;
            }
            header.read += 1;
        }
        header.read = 0;
        self.tables
            .precode
            .build(&header.precode_lengths, &PRECODE_SYMBOLS, false)
            .map_err(|BadCode| InflateError::CodeLengthsCode)?;
        self.state = State::CodeLengths;
        Ok(())
    }

    /// The code lengths of literals, lengths and distances, which are one list.
    fn code_lengths(&mut self, input: &mut Input) -> Result<(), Stop> {
        let header = &mut self.header;
        let total = header.litlen_codes + header.distance_codes;
        while header.read < total {
            self.bits.refill(input);
            let entry = self.tables.precode.main(self.bits.word);
            let code_bits = entry & 0xff;
            let symbol = entry >> 16;
            // How many bits give the number of repetitions, and the least number they stand for.
            let (extra, least) = match symbol {
                16 => (2, 3),
                17 => (3, 3),
                18 => (7, 11),
                _ => (0, 1),
            };
            if code_bits + extra > self.bits.count {
                return Err(Stop::NeedInput);
            }
            let length = match symbol {
                16 => match header
                    .read
                    .checked_sub(1)
                    .and_then(|last| header.lengths.get(last))
                {
                    Some(&length) => length,
                    None => return Err(Stop::Fault(InflateError::CodeLengthRepeat)),
                },
                17 | 18 => 0,
                _ => symbol as u8,
            };
            self.bits.consume(code_bits);
            let repeat = least + (self.bits.word & ((1 << extra) - 1)) as usize;
            self.bits.consume(extra);
            match header.lengths.get_mut(header.read..header.read + repeat) {
                Some(places) if header.read + repeat <= total => places.fill(length),
                _ => return Err(Stop::Fault(InflateError::CodeLengthRepeat)),
            }
            header.read += repeat;
        }
        self.build_dynamic()?;
        self.state = State::Symbols;
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
        tables.keep_literal_bits(litlen);
        tables
            .litlen
            .build(litlen, &LITLEN_SYMBOLS, true)
            .map_err(|BadCode| InflateError::LitlenCode)?;
        tables
            .distance
            .build(distance, &DISTANCE_SYMBOLS, true)
            .map_err(|BadCode| InflateError::DistanceCode)?;
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
        tables.keep_literal_bits(&lengths);
        tables
            .litlen
            .build(&lengths, &LITLEN_SYMBOLS, false)
            .map_err(|BadCode| InflateError::LitlenCode)?;
        tables
            .distance
            .build(&[5; 32], &DISTANCE_SYMBOLS, false)
            .map_err(|BadCode| InflateError::DistanceCode)?;
        self.has_fixed = true;
        Ok(())
    }

    /// The symbols of a block: fast where there is room, one by one near the end of the input or
    /// output.
    fn symbols(&mut self, input: &mut Input, output: &mut Output) -> Result<(), Stop> {
        loop {
            fast::run(&self.tables, &mut self.bits, input, output)?;
            self.bits.trim();
            // What stopped the fast loop may be over after a single symbol, the end of a block for
            // one.
            self.symbol(input, output)?;
            if self.state != State::Symbols {
                return Ok(());
            }
        }
    }

    /// Decodes one symbol or nothing at all: a match is taken as a whole.
    fn symbol(&mut self, input: &mut Input, output: &mut Output) -> Result<(), Stop> {
        self.bits.refill(input);
        let Bits { word, count } = self.bits;
        let mut entry = self.tables.litlen.main(word);
        if entry & EXCEPTION != 0 && entry & SUBTABLE != 0 {
            entry = self.tables.litlen.sub(entry, word);
        }
        if entry & EXCEPTION == 0 && entry >> 12 & 3 != 0 {
            // The bits at hand may be enough for the first of two symbols only, so the second one
            // has to wait its turn.
            let literal = (entry >> 16) as u8;
            let code_bits = self
                .tables
                .literal_bits
                .get(usize::from(literal))
                .copied()
                .map_or(0, u32::from);
            if code_bits > count {
                return Err(Stop::NeedInput);
            }
            if !output.put(literal) {
                return Err(Stop::OutputFull);
            }
            self.bits.consume(code_bits);
            return Ok(());
        }
        let code_bits = entry >> 8 & 15;
        if code_bits > count {
            return Err(Stop::NeedInput);
        }
        if entry & EXCEPTION != 0 {
            if entry & END == 0 {
                return Err(Stop::Fault(InflateError::LitlenSymbol));
            }
            self.bits.consume(code_bits);
            self.end_block();
            return Ok(());
        }

        let length_bits = entry & 0xff;
        if length_bits > count {
            return Err(Stop::NeedInput);
        }
        let length = (entry >> 24) as usize + 3 + extra(entry, word);
        let (word, count) = (word >> length_bits, count - length_bits);
        let mut entry = self.tables.distance.main(word);
        if entry & SUBTABLE != 0 && entry & EXCEPTION != 0 {
            entry = self.tables.distance.sub(entry, word);
        }
        if entry >> 8 & 15 > count {
            return Err(Stop::NeedInput);
        }
        if entry & EXCEPTION != 0 {
            return Err(Stop::Fault(InflateError::DistanceSymbol));
        }
        let distance_bits = entry & 0xff;
        if distance_bits > count {
            return Err(Stop::NeedInput);
        }
        let distance = (entry >> 16) as usize + extra(entry, word);
        if distance > output.at - output.floor {
            return Err(Stop::Fault(InflateError::DistanceTooFar));
        }
        self.bits.consume(length_bits + distance_bits);
        let left = output.copy_match(distance, length);
        if left != 0 {
            self.state = State::Match { distance, left };
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.state = if self.is_last {
            // The rest of the stream's last byte is padding.
            self.bits.consume(self.bits.count % 8);
            State::Done
        } else {
            State::Block
        };
    }
}

impl Tables {
    fn keep_literal_bits(&mut self, lengths: &[u8]) {
        for (place, &length) in self.literal_bits.iter_mut().zip(lengths) {
            *place = length;
        }
    }
}

/// What the extra bits behind an entry's code, lowest in `word`, add to its base value.
#[inline(always)]
fn extra(entry: u32, word: u64) -> usize {
    let with_code = word & ((1 << (entry & 63)) - 1);
    (with_code >> (entry >> 8 & 15)) as usize
}

impl Bits {
    /// Takes as many whole bytes from the input as there is room for, so that at least 56 bits are
    /// at hand if the input has them.
    #[inline]
    fn refill(&mut self, input: &mut Input) {
        if let Some(next) = input.bytes.get(input.at..).and_then(<[u8]>::first_chunk) {
            self.word |= u64::from_le_bytes(*next) << self.count;
            input.at += (63 - self.count) as usize / 8;
            // From here on, 56 to 63.
            self.count |= 0b11_1000;
            self.trim();
            return;
        }
        while self.count < 56 {
            let Some(&byte) = input.bytes.get(input.at) else {
                return;
            };
            self.word |= u64::from(byte) << self.count;
            self.count += 8;
            input.at += 1;
        }
    }

    /// Consumes and returns a number of bits, at most 56, or takes nothing if they are not there.
    fn take(&mut self, count: u32, input: &mut Input) -> Result<u64, Stop> {
        if self.count < count {
            self.refill(input);
            if self.count < count {
                return Err(Stop::NeedInput);
            }
        }
        let taken = self.word & ((1 << count) - 1);
        self.consume(count);
        Ok(taken)
    }

    fn consume(&mut self, count: u32) {
        self.word >>= count;
        self.count -= count;
    }

    /// Clears what lies above the bits that count.
    fn trim(&mut self) {
        self.word &= (1 << self.count) - 1;
    }
}

impl Output<'_> {
    /// Writes one byte if there is room.
    fn put(&mut self, byte: u8) -> bool {
        let Some(place) = self.bytes.get_mut(self.at) else {
            return false;
        };
        *place = byte;
        self.at += 1;
        true
    }

    /// Copies up to `limit` bytes from the input and returns how many there were.
    fn put_all(&mut self, input: &mut Input, limit: usize) -> usize {
        let room = self.bytes.get_mut(self.at..).unwrap_or_default();
        let source = input.bytes.get(input.at..).unwrap_or_default();
        let count = limit.min(room.len()).min(source.len());
        if let (Some(room), Some(source)) = (room.get_mut(..count), source.get(..count)) {
            room.copy_from_slice(source);
        }
        self.at += count;
        input.at += count;
        count
    }

    /// Copies a match as far as there is room and returns how much of it is left.
    fn copy_match(&mut self, distance: usize, length: usize) -> usize {
        let count = length.min(self.bytes.len() - self.at);
        let source = self.at - distance;
        if distance >= count {
            self.bytes.copy_within(source..source + count, self.at);
        } else {
            for offset in 0..count {
                // A match may overlap itself, so that its end repeats what its beginning wrote.
                if let Some(&byte) = self.bytes.get(source + offset)
                    && let Some(place) = self.bytes.get_mut(self.at + offset)
                {
                    *place = byte;
                }
            }
        }
        self.at += count;
        length - count
    }
}
