//! The inflater against the streaming inflater of `flate2`, which is zlib's in Rust.
#![expect(
    clippy::cast_possible_truncation,
    reason = "numbers of bytes and bits are small"
)]

use std::io::Read;

use flate2::read::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::cursor::OutputCursor;
use super::fast::copy_match_checked;
use super::inflater::PRECODE_ORDER;
use super::{InflateError, Inflater, Status, WINDOW};

/// The result of a stream: the output, how the stream ended, and how much input was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct InflateResult {
    output: Vec<u8>,
    end: Result<Status, InflateError>,
    consumed: usize,
}

/// Inflates with input and output split into pieces of these sizes, in turn.
fn inflate_split(
    inflater: &mut Inflater,
    stream: &[u8],
    pieces: &[usize],
    rooms: &[usize],
) -> InflateResult {
    let mut buffer = vec![0xa5; WINDOW + rooms.iter().max().unwrap()];
    let mut pieces = pieces.iter().cycle();
    let mut rooms = rooms.iter().cycle();
    let mut output = Vec::new();
    // What may be read ends at `end`, what may be written at `full`.
    let (mut consumed, mut end) = (0, 0);
    let (mut position, mut full) = (0, 0);
    loop {
        let start = position;
        let result = inflater.inflate(
            &stream[..end],
            &mut consumed,
            &mut buffer[..full],
            &mut position,
        );
        output.extend_from_slice(&buffer[start..position]);
        match result {
            Ok(Status::NeedInput) if end < stream.len() => {
                assert_eq!(consumed, end, "more input is needed while some is left");
                end = (end + pieces.next().unwrap()).min(stream.len());
            }
            Ok(Status::OutputFull) => {
                assert_eq!(position, full, "the output is full while there is room");
                if position > WINDOW {
                    buffer.copy_within(position - WINDOW..position, 0);
                    position = WINDOW;
                }
                full = position + rooms.next().unwrap();
            }
            end => {
                return InflateResult {
                    output,
                    end,
                    consumed,
                };
            }
        }
    }
}

/// Inflates in one go.
fn inflate(stream: &[u8]) -> InflateResult {
    inflate_split(&mut Inflater::new(), stream, &[usize::MAX / 2], &[1 << 20])
}

/// The result of zlib: the output, whether the stream ended, was cut off or is broken, and how much
/// input was taken.
fn reference(stream: &[u8]) -> (Vec<u8>, Option<Status>, usize) {
    let mut zlib = Decompress::new(false);
    let mut output = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let (read, written) = (zlib.total_in(), zlib.total_out());
        let result = zlib.decompress(&stream[read as usize..], &mut buffer, FlushDecompress::None);
        let count = (zlib.total_out() - written) as usize;
        output.extend_from_slice(&buffer[..count]);
        let end = match result {
            Ok(flate2::Status::StreamEnd) => Some(Status::Done),
            Ok(flate2::Status::Ok | flate2::Status::BufError) => {
                if count == buffer.len() {
                    continue;
                }
                Some(Status::NeedInput)
            }
            Err(_) => None,
        };
        return (output, end, zlib.total_in() as usize);
    }
}

/// Checks a stream against zlib, in one go and byte by byte, and returns the result.
fn check(stream: &[u8]) -> InflateResult {
    let outcome = inflate(stream);
    let (output, end, consumed) = reference(stream);
    assert_eq!(
        outcome.end.ok(),
        end,
        "{:?} after {} bytes",
        outcome.end,
        outcome.output.len()
    );
    assert!(
        outcome.output == output,
        "output differs: {} and {} bytes",
        outcome.output.len(),
        output.len()
    );
    if outcome.end == Ok(Status::Done) {
        assert_eq!(outcome.consumed, consumed);
    }
    let split = inflate_split(&mut Inflater::new(), stream, &[1], &[1]);
    assert_eq!((split.end, split.output == output), (outcome.end, true));
    if outcome.end.is_ok() {
        assert_eq!(split.consumed, outcome.consumed);
    }
    outcome
}

fn deflate(data: &[u8], level: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    DeflateEncoder::new(data, Compression::new(level))
        .read_to_end(&mut stream)
        .unwrap();
    stream
}

/// Text of the kind log files are made of.
fn log_text(events: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let text = (0..events).map(|event| {
        format!(
            "{{\"eventId\":\"{:08x}-{:08x}\",\"eventName\":\"{}\",\"sourceIpAddress\":\"10.0.{}.{}\",\"n\":{event}}},",
            next(),
            next(),
            ["GetObject", "DescribeInstances", "PutObject", "资源"][next() as usize % 4],
            next() % 256,
            next() % 256,
        )
    });
    text.collect::<String>().into_bytes()
}

/// Writes streams bit by bit.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    used: u32,
}

impl BitWriter {
    fn bits(&mut self, value: u32, count: u32) -> &mut Self {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> bit & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
        self
    }

    /// A Huffman code, whose first bit is its highest.
    fn code(&mut self, code: u32, length: u32) -> &mut Self {
        for bit in (0..length).rev() {
            self.bits(code >> bit & 1, 1);
        }
        self
    }

    /// The header of the last, dynamic block with the given code lengths, written without
    /// repetitions.
    fn dynamic(&mut self, litlen: &[u8], distance: &[u8]) -> &mut Self {
        self.bits(1, 1).bits(2, 2);
        self.bits(litlen.len() as u32 - 257, 5)
            .bits(distance.len() as u32 - 1, 5)
            .bits(15, 4);
        // Sixteen codes of four bits for the lengths 0 to 15, none for repetitions.
        for symbol in PRECODE_ORDER {
            self.bits(if symbol < 16 { 4 } else { 0 }, 3);
        }
        for &length in litlen.iter().chain(distance) {
            self.code(u32::from(length), 4);
        }
        self
    }

    fn stored(&mut self, is_last: bool, data: &[u8]) -> &mut Self {
        self.bits(is_last.into(), 1).bits(0, 2);
        self.used = self.used.next_multiple_of(8);
        self.bits(data.len() as u32, 16)
            .bits(!data.len() as u32 & 0xffff, 16);
        self.bytes.extend_from_slice(data);
        self.used += data.len() as u32 * 8;
        self
    }

    fn done(&mut self) -> Vec<u8> {
        std::mem::take(self).bytes
    }
}

/// Code lengths: `length` for each symbol listed, zero for the others.
fn lengths(count: usize, symbols: &[(usize, u8)]) -> Vec<u8> {
    let mut lengths = vec![0; count];
    for &(symbol, length) in symbols {
        lengths[symbol] = length;
    }
    lengths
}

#[test]
fn stored_blocks() {
    for size in [0, 1, 2, 7, 8, 9, 300, 65_535_usize] {
        let data: Vec<u8> = (0..size).map(|index| index as u8).collect();
        let outcome = check(
            &BitWriter::default()
                .stored(false, &data)
                .stored(true, &data)
                .done(),
        );
        assert_eq!(outcome.end, Ok(Status::Done));
        assert_eq!(outcome.output, [&*data, &*data].concat());
    }
    let mut broken = BitWriter::default().stored(true, b"abc").done();
    broken[3] ^= 1;
    assert_eq!(check(&broken).end, Err(InflateError::StoredLength));
}

#[test]
fn empty_streams() {
    assert_eq!(check(&[]).end, Ok(Status::NeedInput));
    // A fixed block that ends at once.
    assert_eq!(
        check(&[3, 0]),
        InflateResult {
            output: vec![],
            end: Ok(Status::Done),
            consumed: 2
        }
    );
    assert_eq!(check(&[7]).end, Err(InflateError::BlockType));
}

#[test]
fn a_block_may_have_a_single_distance_of_one_bit() {
    let litlen = lengths(258, &[(usize::from(b'a'), 2), (256, 2), (257, 1)]);
    let block = |distance: &[u8], bits: &[u32]| {
        let mut writer = BitWriter::default();
        // The literal, then a match of three bytes.
        writer.dynamic(&litlen, distance).code(2, 2).code(0, 1);
        for &bit in bits {
            writer.bits(bit, 1);
        }
        // The end of the block, and enough behind it for the fast loop.
        writer
            .code(3, 2)
            .bits(0, 7)
            .done()
            .into_iter()
            .chain([0; 64])
            .collect::<Vec<_>>()
    };
    assert_eq!(check(&block(&[1], &[0])).output, b"aaaa");
    assert_eq!(check(&block(&[1], &[0])).end, Ok(Status::Done));
    assert_eq!(
        check(&block(&[1], &[1])).end,
        Err(InflateError::DistanceSymbol)
    );
    assert_eq!(
        check(&block(&[0], &[0])).end,
        Err(InflateError::DistanceSymbol)
    );
    assert_eq!(
        check(&block(&[0, 1], &[0])).end,
        Err(InflateError::DistanceTooFar)
    );
    // One code of two bits leaves the code incomplete, and so do two of them.
    assert_eq!(
        check(&block(&[2], &[0])).end,
        Err(InflateError::DistanceCode)
    );
    assert_eq!(
        check(&block(&[2, 2], &[0])).end,
        Err(InflateError::DistanceCode)
    );
    assert_eq!(
        check(&block(&[1, 1, 1], &[0])).end,
        Err(InflateError::DistanceCode)
    );
}

#[test]
fn codes_of_literals_and_lengths() {
    let block = |litlen: &[(usize, u8)]| {
        let mut writer = BitWriter::default();
        writer
            .dynamic(&lengths(257, litlen), &[1])
            .bits(0, 32)
            .bits(0, 32)
            .done()
    };
    // The end of the block alone, with one bit, is what an empty dynamic block has.
    assert_eq!(check(&block(&[(256, 1)])).end, Ok(Status::Done));
    assert_eq!(
        check(&block(&[(256, 2)])).end,
        Err(InflateError::LitlenCode)
    );
    assert_eq!(
        check(&block(&[(0, 1), (1, 1), (256, 1)])).end,
        Err(InflateError::LitlenCode)
    );
    assert_eq!(
        check(&block(&[(0, 1)])).end,
        Err(InflateError::NoEndOfBlock)
    );
    let mut other_bit = BitWriter::default();
    let other_bit = other_bit
        .dynamic(&lengths(257, &[(256, 1)]), &[0])
        .bits(1, 1)
        .done();
    assert_eq!(check(&other_bit).end, Err(InflateError::LitlenSymbol));
}

#[test]
fn codes_of_every_length() {
    // Literals of 1 to 14 bits, the rest of 15: what needs subtables, and subtables of subtables'
    // sizes.
    let mut litlen: Vec<_> = (0..14).map(|index| (index, index as u8 + 1)).collect();
    litlen.extend([(256, 15), (285, 15)]);
    let mut distance: Vec<_> = (0..14).map(|index| (29 - index, index as u8 + 1)).collect();
    distance.extend([(0, 15), (1, 15)]);
    let mut writer = BitWriter::default();
    writer.dynamic(&lengths(286, &litlen), &lengths(30, &distance));
    for _ in 0..50 {
        for length in 1..=14 {
            writer.code((1 << length) - 2, length);
        }
        // A match of 258 bytes at a distance of one or two.
        writer
            .code(0x7fff, 15)
            .code(0x7ffe, 15)
            .code(0x7fff, 15)
            .code(0x7fff, 15);
    }
    writer.code(0x7ffe, 15);
    let outcome = check(&writer.done());
    assert_eq!(outcome.end, Ok(Status::Done));
    assert_eq!(outcome.output.len(), 50 * (14 + 2 * 258));
}

#[test]
fn headers_that_ask_for_too_much() {
    let header = |litlen: u32, distance: u32| {
        let mut writer = BitWriter::default();
        writer
            .bits(1, 1)
            .bits(2, 2)
            .bits(litlen - 257, 5)
            .bits(distance - 1, 5)
            .bits(0, 32)
            .done()
    };
    assert_eq!(check(&header(287, 1)).end, Err(InflateError::TooManyCodes));
    assert_eq!(check(&header(286, 31)).end, Err(InflateError::TooManyCodes));
    // A code without any symbol passes for the code lengths, all of which are then zero.
    assert_eq!(
        check(&[header(286, 30), vec![0; 64]].concat()).end,
        Err(InflateError::NoEndOfBlock)
    );

    let repeats = |first: u32, lengths: [u32; 2]| {
        let mut writer = BitWriter::default();
        writer
            .bits(1, 1)
            .bits(2, 2)
            .bits(0, 5)
            .bits(0, 5)
            .bits(15, 4);
        // The codes 0 for the shorter repetition of the two and 1 for the other one.
        for symbol in PRECODE_ORDER {
            writer.bits(u32::from(lengths.contains(&u32::from(symbol))), 3);
        }
        for _ in 0..40 {
            writer.bits(first, 1).bits(0x7f, 7);
        }
        writer.done()
    };
    assert_eq!(
        check(&repeats(0, [16, 18])).end,
        Err(InflateError::CodeLengthRepeat)
    );
    assert_eq!(
        check(&repeats(1, [16, 18])).end,
        Err(InflateError::CodeLengthRepeat)
    );
    assert_eq!(
        check(&repeats(1, [18, 18])).end,
        Err(InflateError::CodeLengthsCode)
    );
}

#[test]
fn distances_beyond_the_beginning() {
    // A literal and matches of three bytes, in the fixed code.
    let block = |distance: u32, extra: u32| {
        let mut writer = BitWriter::default();
        writer
            .bits(3, 3)
            .code(0x30 + 97, 8)
            .code(1, 7)
            .code(0, 5)
            .code(1, 7)
            .code(distance, 5)
            .bits(extra, 1);
        [writer.bits(0, 7).done(), vec![0; 64]].concat()
    };
    assert_eq!(check(&block(3, 0)).output[..7], *b"aaaaaaa");
    let outcome = check(&block(4, 0));
    assert_eq!(
        (&*outcome.output, outcome.end),
        (&b"aaaa"[..], Err(InflateError::DistanceTooFar))
    );
    assert_eq!(check(&block(30, 0)).end, Err(InflateError::DistanceSymbol));
    assert_eq!(check(&block(31, 0)).end, Err(InflateError::DistanceSymbol));
    // The two length symbols that only the fixed code has.
    for symbol in [0xc6, 0xc7] {
        let stream = BitWriter::default()
            .bits(3, 3)
            .code(symbol, 8)
            .bits(0, 32)
            .done();
        assert_eq!(
            check(&[stream, vec![0; 64]].concat()).end,
            Err(InflateError::LitlenSymbol)
        );
    }
}

#[test]
fn a_stream_cannot_reach_into_the_one_before() {
    let mut inflater = Inflater::new();
    let mut output = [0; 2048];
    let (mut consumed, mut position) = (0, 0);
    // Two literals, then a match that reaches three bytes back.
    let reaching = BitWriter::default()
        .bits(3, 3)
        .code(0x91, 8)
        .code(0x91, 8)
        .code(1, 7)
        .code(2, 5)
        .bits(0, 9)
        .done();
    let stream = [
        BitWriter::default().stored(true, b"abcdefgh").done(),
        reaching,
        vec![0; 64],
    ]
    .concat();
    assert_eq!(
        inflater.inflate(&stream, &mut consumed, &mut output, &mut position),
        Ok(Status::Done)
    );
    assert_eq!((consumed, position), (13, 8));
    assert_eq!(
        inflater.inflate(&stream, &mut consumed, &mut output, &mut position),
        Ok(Status::Done)
    );
    assert_eq!((consumed, position), (13, 8));
    inflater.reset();
    let fault = Err(InflateError::DistanceTooFar);
    assert_eq!(
        inflater.inflate(&stream, &mut consumed, &mut output, &mut position),
        fault
    );
    assert_eq!(&output[..position], b"abcdefghaa");
    // A fault stays.
    assert_eq!(
        inflater.inflate(&stream, &mut consumed, &mut output, &mut position),
        fault
    );
    assert_eq!(position, 10);
}

#[test]
fn a_match_into_discarded_output_is_a_fault() {
    let stream = deflate(&[b'x'; 1000], 6);
    let mut inflater = Inflater::new();
    let mut output = [0; 100];
    let (mut consumed, mut position) = (0, 0);
    assert_eq!(
        inflater.inflate(&stream, &mut consumed, &mut output, &mut position),
        Ok(Status::OutputFull)
    );
    position = 0;
    let fault = Err(InflateError::DistanceTooFar);
    assert_eq!(
        inflater.inflate(&stream, &mut consumed, &mut output, &mut position),
        fault
    );
}

#[test]
fn positions_beyond_the_ends_are_taken_for_the_ends() {
    let (mut consumed, mut position) = (9, 9);
    assert_eq!(
        Inflater::new().inflate(&[], &mut consumed, &mut [], &mut position),
        Ok(Status::NeedInput)
    );
    assert_eq!((consumed, position), (0, 0));
}

#[test]
fn an_output_of_the_exact_size_is_enough() {
    for level in [0, 1, 6] {
        let data = log_text(300);
        let stream = deflate(&data, level);
        let mut output = vec![0; data.len()];
        let (mut consumed, mut position) = (0, 0);
        assert_eq!(
            Inflater::new().inflate(&stream, &mut consumed, &mut output, &mut position),
            Ok(Status::Done)
        );
        assert_eq!(
            (consumed, position, output == data),
            (stream.len(), data.len(), true)
        );
    }
}

#[test]
fn every_distance_and_length_of_an_overlap() {
    for distance in 1..=70_usize {
        for length in 3..=258 {
            let data: Vec<u8> = (0..distance).map(|index| index as u8).collect();
            let mut window = vec![0; 1024];
            window[..distance].copy_from_slice(&data);
            let expected: Vec<u8> = data
                .iter()
                .copied()
                .cycle()
                .take(distance + length)
                .collect();
            let mut output = OutputCursor {
                bytes: &mut window,
                position: distance,
                floor: 0,
            };
            assert_eq!(output.copy_match(distance, length), 0);
            assert_eq!(output.bytes[..output.position], expected);
            window[distance..].fill(0xa5);
            copy_match_checked(&mut window, distance, distance, length);
            assert_eq!(window[..distance + length], expected);
        }
    }
}

#[test]
fn streams_cut_off_anywhere() {
    let mut fixed = BitWriter::default();
    fixed.bits(3, 3);
    for byte in b"fixed" {
        fixed.code(0x30 + u32::from(*byte), 8);
    }
    let fixed = fixed.code(1, 7).code(4, 5).bits(0, 1).code(0, 7).done();
    let text = log_text(30);
    for stream in [
        fixed,
        deflate(&text, 9),
        deflate(&text, 1),
        deflate(&text[..500], 6),
        deflate(&text[..90], 0),
    ] {
        assert_eq!(check(&stream).end, Ok(Status::Done));
        for length in 0..stream.len() {
            assert_eq!(check(&stream[..length]).end, Ok(Status::NeedInput));
        }
    }
}

#[test]
fn streams_with_a_flipped_bit() {
    let text = log_text(12);
    for stream in [
        deflate(&text, 9),
        deflate(&text[..300], 6),
        deflate(&text[..90], 0),
    ] {
        for bit in 0..stream.len() * 8 {
            let mut stream = stream.clone();
            stream[bit / 8] ^= 1 << (bit % 8);
            check(&stream);
        }
    }
}

/// Bytes with matches of all kinds in them.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        vec(any::<u8>(), 0..400),
        (any::<u8>(), 1..2000_usize).prop_map(|(byte, count)| vec![byte; count]),
        (vec(any::<u8>(), 1..60), 1..100_usize).prop_map(|(pattern, count)| pattern.repeat(count)),
        (0..300_usize).prop_map(log_text),
        Just(vec![b'-'; 40_000]),
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_gives_what_was_compressed(
        data in data(),
        level in 0..=9_u32,
        pieces in vec(1..3000_usize, 1..5),
        rooms in vec(1..3000_usize, 1..5),
        rest in vec(any::<u8>(), 0..20),
    ) {
        let mut stream = deflate(&data, level);
        let length = stream.len();
        stream.extend(rest);
        let mut inflater = Inflater::new();
        for _ in 0..2 {
            let outcome = inflate_split(&mut inflater, &stream, &pieces, &rooms);
            prop_assert_eq!((outcome.end, outcome.consumed), (Ok(Status::Done), length));
            prop_assert!(outcome.output == data);
            inflater.reset();
        }
    }

    #[test]
    fn broken_streams_give_the_same_text_and_end_as_in_zlib(
        data in data(),
        level in 0..=9_u32,
        faults in vec((any::<Index>(), any::<u8>()), 1..4),
        pieces in vec(1..3000_usize, 1..5),
        rooms in vec(1..3000_usize, 1..5),
    ) {
        let mut stream = deflate(&data, level);
        for (place, byte) in faults {
            let place = place.index(stream.len());
            stream[place] = byte;
        }
        let whole = inflate(&stream);
        let (output, end, _) = reference(&stream);
        prop_assert_eq!(whole.end.ok(), end);
        prop_assert!(whole.output == output);
        let split = inflate_split(&mut Inflater::new(), &stream, &pieces, &rooms);
        prop_assert_eq!(split.end, whole.end);
        prop_assert!(split.output == output);
    }

    #[test]
    fn random_bytes_give_the_same_text_and_end_as_in_zlib(mut stream in vec(any::<u8>(), 1..300), kind in 0..4_u8) {
        // Most noise would be stored blocks with a wrong length.
        stream[0] = stream[0] & !6 | kind << 1;
        check(&stream);
    }
}
