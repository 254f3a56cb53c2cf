//! Our inflater against zlib's in Rust: the same output, the same end, the same number of bytes
//! taken, for any split.
//!
//! The first bytes of the input are how to split the rest, which is the stream. Half of the inputs
//! are compressed first, because noise is seldom valid beyond the first block.
#![no_main]

use std::io::Read;

use flate2::read::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress};
use keytrail::archive::deflate::{Inflater, Status, WINDOW};
use libfuzzer_sys::fuzz_target;

/// The most output that is compared.
const LIMIT: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let [mode, piece, room, fault, stream @ ..] = data else {
        return;
    };
    let mut stream = stream.to_vec();
    if mode & 1 != 0 {
        let mut compressed = Vec::new();
        let level = Compression::new(u32::from(mode >> 1) % 10);
        DeflateEncoder::new(&*stream.repeat(1 + usize::from(mode >> 6)), level)
            .read_to_end(&mut compressed)
            .unwrap();
        if mode & 0x20 != 0 {
            let place = usize::from(*fault) * compressed.len() / 256;
            compressed[place] ^= room | 1;
        }
        stream = compressed;
    }

    let (expected, end, taken) = reference(&stream);
    let pieces = [usize::from(*piece) * usize::from(*piece) + 1, 1 << 20];
    let rooms = [usize::from(*room) * usize::from(*room) + 1, 1 << 16];
    for (piece, room) in pieces.into_iter().zip(rooms) {
        let (output, own_end, consumed) = own(&stream, piece, room);
        let common = output.len().min(expected.len());
        assert!(output[..common] == expected[..common], "output differs");
        if expected.len() < LIMIT && output.len() < LIMIT {
            assert_eq!(output.len(), expected.len());
            assert_eq!(own_end, end);
            if end == Some(Status::Done) {
                assert_eq!(consumed, taken);
            }
        }
    }
});

fn own(stream: &[u8], piece: usize, room: usize) -> (Vec<u8>, Option<Status>, usize) {
    let mut inflater = Inflater::new();
    // The buffers have exactly the sizes that the inflater gets, so that the address sanitizer detects
    // an access beyond them.
    let mut window = vec![0; WINDOW + room];
    let mut output = Vec::new();
    let mut position = 0;
    let mut base = 0;
    loop {
        let input = stream[base..stream.len().min(base + piece)].to_vec();
        let mut consumed = 0;
        loop {
            let start = position;
            let status = inflater.inflate(&input, &mut consumed, &mut window, &mut position);
            output.extend_from_slice(&window[start..position]);
            match status {
                Ok(Status::NeedInput) => break,
                Ok(Status::OutputFull) if output.len() < LIMIT => {
                    window.copy_within(position - WINDOW..position, 0);
                    position = WINDOW;
                }
                Ok(status) => return (output, Some(status), base + consumed),
                Err(_) => return (output, None, base + consumed),
            }
        }
        base += consumed;
        if base == stream.len() {
            return (output, Some(Status::NeedInput), base);
        }
    }
}

fn reference(stream: &[u8]) -> (Vec<u8>, Option<Status>, usize) {
    let mut zlib = Decompress::new(false);
    let mut buffer = vec![0; 1 << 16];
    let mut output = Vec::new();
    loop {
        let (read, written) = (zlib.total_in() as usize, zlib.total_out());
        let status = zlib.decompress(&stream[read..], &mut buffer, FlushDecompress::None);
        let count = (zlib.total_out() - written) as usize;
        output.extend_from_slice(&buffer[..count]);
        let end = match status {
            Ok(flate2::Status::StreamEnd) => Some(Status::Done),
            Ok(_) if count == buffer.len() && output.len() < LIMIT => continue,
            Ok(_) => Some(Status::NeedInput),
            Err(_) => None,
        };
        return (output, end, zlib.total_in() as usize);
    }
}
