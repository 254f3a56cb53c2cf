//! Any bytes as the text of a log file: the reader never panics, pieces make no difference, and it
//! agrees with the complete reader, with details and without.

#![no_main]

use keytrail::event::{Details, Reader, Record, Summary};
use libfuzzer_sys::fuzz_target;

/// Each event with its number, its text and its details, and the summary.
type ReadResult = (Vec<String>, Summary);

fuzz_target!(|input: (Vec<u8>, &[u8])| {
    let (cuts, text) = input;
    let expected = in_pieces(Reader::complete(), &[], text);
    for reader in [Reader::new, Reader::with_details] {
        assert_eq!(in_pieces(reader(), &[], text), expected);
        assert_eq!(in_pieces(reader(), &cuts, text), expected);
    }
    assert_eq!(in_pieces(Reader::complete(), &cuts, text), expected);
});

/// Reads a text in pieces of these lengths; the rest is the last piece.
fn in_pieces(mut reader: Reader, cuts: &[u8], text: &[u8]) -> ReadResult {
    let mut events = Vec::new();
    let mut rest = text;
    // The bytes that are not read yet, followed by the next piece.
    let mut pending = Vec::new();
    for &cut in cuts {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(cut)));
        rest = after;
        pending.extend_from_slice(piece);
        let read_bytes = read(&mut reader, &pending, false, &mut events);
        pending.drain(..read_bytes);
    }
    pending.extend_from_slice(rest);
    let read_bytes = read(&mut reader, &pending, true, &mut events);
    assert_eq!(read_bytes, pending.len(), "the last piece is read whole");
    (events, reader.finish())
}

fn read(reader: &mut Reader, text: &[u8], last: bool, events: &mut Vec<String>) -> usize {
    reader.read(text, last, |record| events.push(shown(record)))
}

/// The record with its details, whether they were read with it or not.
fn shown(record: &Record<'_>) -> String {
    let text = record.as_text();
    let details = Details::parse(&text);
    let details = record.details.unwrap_or(&details);
    let record = Record {
        details: None,
        ..*record
    };
    format!("{record:?} {details:?}")
}
