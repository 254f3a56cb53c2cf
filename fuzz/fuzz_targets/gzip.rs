//! Any bytes through `TextReader`: it never panics, gives the same however the file is read, and
//! agrees with flate2 wherever that finds nothing wrong.

#![no_main]

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use keytrail::archive::TextReader;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

/// The most text that is compared.
const LIMIT: u64 = 1 << 20;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// How many bytes are read at a time, over and over.
    pieces: Vec<u8>,
    parts: Vec<Part<'a>>,
}

/// A part of the file.
#[derive(Arbitrary, Debug)]
enum Part<'a> {
    /// Bytes as they are.
    Raw(&'a [u8]),
    /// A plain header, and bytes as its deflate stream.
    Stream(&'a [u8]),
    /// A valid member, perhaps with one byte changed.
    Member {
        text: &'a [u8],
        repeat: u8,
        level: u8,
        fault: Option<(u16, u8)>,
    },
}

fuzz_target!(|input: Input<'_>| {
    let mut file = Vec::new();
    for part in &input.parts {
        part.append(&mut file);
    }
    let expected = read(&file[..]);
    let pieces = input.pieces.iter().map(|&length| usize::from(length) + 1);
    let lengths: Vec<usize> = pieces.chain([usize::MAX]).collect();
    let in_pieces = InPieces {
        rest: &file,
        lengths: lengths.iter().copied().cycle(),
    };
    assert_eq!(read(in_pieces), expected);

    let mut text = Vec::new();
    let theirs = MultiGzDecoder::new(&file[..])
        .take(LIMIT)
        .read_to_end(&mut text);
    if theirs.is_ok() && (text.len() as u64) < LIMIT && !file.is_empty() {
        assert_eq!(expected, (text, None));
    }
});

impl Part<'_> {
    fn append(&self, file: &mut Vec<u8>) {
        match *self {
            Self::Raw(bytes) => file.extend_from_slice(bytes),
            Self::Stream(bytes) => {
                file.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
                file.extend_from_slice(bytes);
            }
            Self::Member {
                text,
                repeat,
                level,
                fault,
            } => {
                let level = Compression::new(u32::from(level) % 10);
                let mut encoder = GzEncoder::new(Vec::new(), level);
                for _ in 0..=repeat {
                    encoder.write_all(text).expect("a vector takes all");
                }
                let mut member = encoder.finish().expect("a vector takes all");
                if let Some((position, byte)) = fault {
                    let position = usize::from(position) % member.len();
                    member[position] = byte;
                }
                file.extend(member);
            }
        }
    }
}

/// All text of a file, and what is wrong with it.
fn read(file: impl Read) -> (Vec<u8>, Option<String>) {
    let mut text = Vec::new();
    let outcome = TextReader::default().read_bytes(file, |piece, _| {
        text.extend_from_slice(piece);
        piece.len()
    });
    assert_eq!(outcome.inflated, text.len() as u64);
    (text, outcome.damage.map(|damage| damage.to_string()))
}

/// A reader that returns a few bytes at a time.
struct InPieces<'a, L> {
    rest: &'a [u8],
    lengths: L,
}

impl<L: Iterator<Item = usize>> Read for InPieces<'_, L> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.lengths.next().unwrap_or(usize::MAX).min(buffer.len());
        self.rest.read(&mut buffer[..length])
    }
}
