//! Every compression gives back the text, and damage costs only what is behind it.

use std::io::{Read, Write};

use proptest::prelude::*;

use super::TextReader;
use crate::archive::{Compression, Damage};

/// A name, the compression it stands for, and the function that compresses.
type Compressor = (&'static str, Compression, fn(&[u8]) -> Vec<u8>);

const COMPRESSORS: &[Compressor] = &[
    ("gzip", Compression::Gzip, gzip),
    ("zstd", Compression::Zstd, zstd),
    ("framed snappy", Compression::Snappy, framed_snappy),
    ("bare snappy", Compression::Snappy, bare_snappy),
    ("snappy-java", Compression::Snappy, java_snappy),
    ("hadoop snappy", Compression::Snappy, hadoop_snappy),
    ("linked lz4", Compression::Lz4, |text| lz4(text, true)),
    ("lz4", Compression::Lz4, |text| lz4(text, false)),
];

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Two frames, the first with a checksum, and a skippable frame between them.
fn zstd(text: &[u8]) -> Vec<u8> {
    use zstd_safe::{CCtx, CParameter, compress_bound};
    let (first, second) = text.split_at(text.len() / 3);
    let frame = |text: &[u8], checksum| {
        let mut context = CCtx::create();
        context
            .set_parameter(CParameter::ChecksumFlag(checksum))
            .unwrap();
        let mut bytes = Vec::with_capacity(compress_bound(text.len()));
        context.compress2(&mut bytes, text).unwrap();
        bytes
    };
    let skipped = b"\x53\x2A\x4D\x18\x03\0\0\0abc";
    [&frame(first, true), &skipped[..], &frame(second, false)].concat()
}

fn bare_snappy(text: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(text).unwrap()
}

fn framed_snappy(text: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(text).unwrap();
    encoder.into_inner().unwrap()
}

fn java_snappy(text: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
    for piece in text.chunks(32 << 10) {
        let block = bare_snappy(piece);
        bytes.extend(u32::try_from(block.len()).unwrap().to_be_bytes());
        bytes.extend(block);
    }
    bytes
}

fn hadoop_snappy(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in text.chunks(100_000) {
        bytes.extend(u32::try_from(piece.len()).unwrap().to_be_bytes());
        for piece in piece.chunks(60_000) {
            let block = bare_snappy(piece);
            bytes.extend(u32::try_from(block.len()).unwrap().to_be_bytes());
            bytes.extend(block);
        }
    }
    bytes
}

fn lz4(text: &[u8], linked: bool) -> Vec<u8> {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    let mode = if linked {
        BlockMode::Linked
    } else {
        BlockMode::Independent
    };
    let info = FrameInfo::new()
        .block_mode(mode)
        .block_size(BlockSize::Max64KB)
        .block_checksums(!linked)
        .content_checksum(linked);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Text and damage, from a reader that has read something else before; the same however the bytes
/// come in.
fn read(bytes: &[u8]) -> (Vec<u8>, Option<Damage>) {
    let mut reader = TextReader::default();
    reader.read_bytes(&zstd(b"something else")[..9], |text, _| text.len());
    let whole = read_with(&mut reader, bytes, bytes);
    let in_pieces = InPieces {
        rest: bytes,
        lengths: [1, 1, 3, 1, 5000, 7, 100, 2, 70_000].iter().cycle(),
    };
    let (text, damage) = read_with(&mut reader, in_pieces, bytes);
    assert!(text == whole.0, "the text depends on the pieces");
    let message = |damage: &Option<Damage>| damage.as_ref().map(Damage::to_string);
    assert_eq!(
        message(&damage),
        message(&whole.1),
        "the damage depends on the pieces"
    );
    whole
}

/// Bytes that come a few at a time.
struct InPieces<'b> {
    rest: &'b [u8],
    lengths: std::iter::Cycle<std::slice::Iter<'static, usize>>,
}

impl Read for InPieces<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let length = room.len().min(*self.lengths.next().unwrap());
        self.rest.read(&mut room[..length])
    }
}

fn read_with(reader: &mut TextReader, from: impl Read, bytes: &[u8]) -> (Vec<u8>, Option<Damage>) {
    let mut text = Vec::new();
    let outcome = reader.read_bytes(from, |piece, _| {
        text.extend_from_slice(piece);
        piece.len()
    });
    assert_eq!(outcome.inflated, text.len() as u64);
    assert!(outcome.compressed <= bytes.len() as u64);
    (text, outcome.damage)
}

/// A text as log files have it: repetitive, with noise in between.
fn text(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut text = b"[{".to_vec();
    while text.len() < length.max(200) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let noise = format!("{state:x}");
        text.extend_from_slice(br#""eventName":"DescribeInstances","eventId":""#);
        text.extend(noise.bytes().take((state % 17) as usize));
        if state.is_multiple_of(50) {
            text.extend(std::iter::repeat_n(b'z', (state % 3000) as usize));
        }
    }
    text
}

#[test]
fn a_long_text_comes_back_from_every_compression() {
    let text = text(7, 700_000);
    for (name, _, compress) in COMPRESSORS {
        let (back, damage) = read(&compress(&text));
        assert!(damage.is_none(), "{name}: {damage:?}");
        assert!(back == text, "{name}: {} of {}", back.len(), text.len());
    }
}

#[test]
fn a_wrong_checksum_is_reported_and_costs_no_text() {
    let text = text(11, 40_000);
    let (gzip, lz4) = (gzip(&text), lz4(&text, true));
    // The checksum of a snappy chunk is in front of it, behind the ten bytes of the framing.
    let (in_gzip, in_lz4, in_snappy) = (gzip.len() - 5, lz4.len() - 1, 15);
    for (name, mut bytes, position) in [
        ("gzip", gzip, in_gzip),
        ("lz4", lz4, in_lz4),
        ("framed snappy", framed_snappy(&text[..9_000]), in_snappy),
    ] {
        bytes[position] ^= 1;
        let (back, damage) = read(&bytes);
        assert!(
            matches!(damage, Some(Damage::Checksum(_))),
            "{name}: {damage:?}"
        );
        assert!(text.starts_with(&back) && back.len() >= 9_000, "{name}");
    }
}

#[test]
fn bytes_that_follow_are_reported_unless_they_are_zeros() {
    let text = text(3, 5_000);
    for (name, compression, compress) in COMPRESSORS {
        let mut bytes = compress(&text);
        let length = bytes.len();
        bytes.extend([7; 40]);
        let (back, damage) = read(&bytes);
        assert_eq!(back, text, "{name}");
        let damage = damage.unwrap_or_else(|| panic!("{name} passes over what follows"));
        if matches!(compression, Compression::Gzip | Compression::Zstd) {
            assert!(matches!(damage, Damage::Trailing(_)), "{name}: {damage:?}");
            bytes.truncate(length);
            bytes.extend([0; 40]);
            assert!(read(&bytes).1.is_none(), "{name}");
        }
    }
}

/// A file of several gzip members or frames may be cut in the first bytes of a later one.
#[test]
fn a_cut_in_the_first_bytes_of_a_further_part_is_reported() {
    let text = text(13, 5_000);
    let skipped = b"\x5F\x2A\x4D\x18\x03\0\0\0abc".to_vec();
    for (name, first, further) in [
        ("gzip", gzip(&text), gzip(&text)),
        ("zstd", zstd(&text), zstd(&text)),
        ("zstd, skipped", zstd(&text), skipped.clone()),
        ("lz4", lz4(&text, true), lz4(&text, false)),
        ("lz4, skipped", lz4(&text, true), skipped),
    ] {
        for length in 1..8 {
            let bytes = [&first, &further[..length]].concat();
            let (back, damage) = read(&bytes);
            assert_eq!(back, text, "{name}");
            assert!(
                matches!(damage, Some(Damage::Truncated(_))),
                "{name}, {length} bytes of a further part: {damage:?}"
            );
        }
        let (_, damage) = read(&[first, further].concat());
        assert!(damage.is_none(), "{name}: {damage:?}");
    }
}

#[test]
fn a_window_beyond_the_bound_is_refused() {
    // A frame whose header asks for a window of 2 GiB.
    let bytes = [0x28, 0xB5, 0x2F, 0xFD, 0, (31 - 10) << 3, 1, 0, 0];
    let (_, damage) = read(&bytes);
    assert!(
        matches!(damage, Some(Damage::UnsupportedFeature(..))),
        "{damage:?}"
    );
}

#[test]
fn an_unsupported_format_is_reported_by_its_name() {
    for (bytes, name) in [
        (&b"BZh91AY"[..], "bzip2"),
        (b"PAR1..", "Parquet"),
        (b"\xFF\xFE\0\0[\0\0\0", "text in UTF-32"),
    ] {
        let (text, damage) = read(bytes);
        assert!(text.is_empty());
        assert!(
            matches!(damage, Some(Damage::UnsupportedFormat(one)) if one == name),
            "{damage:?}"
        );
    }
}

/// Such a block was read as text.
#[test]
fn a_bare_block_whose_text_begins_with_a_scalar_is_snappy() {
    let event = "{\"eventTime\":\"2024-03-05T09:21:32Z\"}";
    for first in [
        "1",
        "null\n",
        "\"a\",\r\n",
        "-1.5e3 ",
        "12345678901234567890",
    ] {
        for length in [10, 300, 3000] {
            let text = format!("{first}{}", event.repeat(length));
            let block = snap::raw::Encoder::new()
                .compress_vec(text.as_bytes())
                .unwrap();
            let (back, damage) = read(&block);
            assert!(damage.is_none(), "{first} {damage:?}");
            assert!(back == text.as_bytes(), "{first} {length}");
        }
    }
}

#[test]
fn plain_text_is_never_taken_for_snappy() {
    for text in [
        &b"[{\"eventTime\":\"2024\"}]"[..],
        b"{\"Events\":[]}",
        b" \n[ ]",
        b"\xEF\xBB\xBF[{}]",
        b"id,event,time\n1,{},2\n",
        b"|,[{\"a\":1}]",
        b"d{",
        b"  [{}]",
        "é,time,event\n1,2,3\n".as_bytes(),
        "é,ld an event in a line of text".as_bytes(),
        b"\xEF\xBB\xBF[ {}]",
    ] {
        let (back, damage) = read(text);
        assert!(damage.is_none(), "{damage:?}");
        assert_eq!(back, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_cut_costs_only_what_is_behind_it(seed: u64, length in 1..90_000_usize, cut: prop::sample::Index) {
        let text = text(seed, length);
        for (name, compression, compress) in COMPRESSORS {
            let bytes = compress(&text);
            let (back, damage) = read(&bytes);
            prop_assert!(damage.is_none() && back == text, "{name}: {damage:?}");
            let cut = cut.index(bytes.len());
            let (back, damage) = read(&bytes[..cut]);
            // A compression is detected by its first bytes; fewer of them are text, and no JSON.
            if cut > 20 {
                prop_assert!(text.starts_with(&back), "{name} cut at {cut}");
                let whole_frames = damage.is_none();
                prop_assert!(
                    whole_frames || matches!(damage, Some(Damage::Truncated(one)) if one == *compression),
                    "{name} cut at {cut}: {damage:?}"
                );
                prop_assert!(!whole_frames || back.len() < text.len() || cut + 8 > bytes.len() , "{name} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_wrong_byte_never_ends_the_program(seed: u64, length in 1..60_000_usize, position: prop::sample::Index, byte: u8) {
        let text = text(seed, length);
        for (name, _, compress) in COMPRESSORS {
            let mut bytes = compress(&text);
            let position = position.index(bytes.len());
            bytes[position] ^= byte | 1;
            let (back, damage) = read(&bytes);
            prop_assert!(
                damage.is_some() || back.len() <= text.len() + (16 << 20),
                "{name}: {} bytes", back.len()
            );
        }
    }
}
