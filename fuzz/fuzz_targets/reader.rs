//! Any bytes through the reader: it never panics, and finds the same however the text is cut, and
//! the same as the complete reader alone.

#![no_main]

use keytrail::event::{Reader, Summary};
use libfuzzer_sys::fuzz_target;

/// What a reader finds: each event with its number and its text, and the summary.
type Findings = (Vec<String>, Summary);

fuzz_target!(|input: (Vec<u8>, &[u8])| {
    let (cuts, text) = input;
    let expected = in_pieces(Reader::complete(), &[], text);
    assert_eq!(in_pieces(Reader::new(), &[], text), expected);
    assert_eq!(in_pieces(Reader::new(), &cuts, text), expected);
    assert_eq!(in_pieces(Reader::complete(), &cuts, text), expected);
});

/// Reads a text in pieces of these lengths, one after another; what is left is the last piece.
fn in_pieces(mut reader: Reader, cuts: &[u8], text: &[u8]) -> Findings {
    let mut events = Vec::new();
    let mut rest = text;
    // What the reader is not done with, in front of the next piece.
    let mut at_hand = Vec::new();
    for &cut in cuts {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(cut)));
        rest = after;
        at_hand.extend_from_slice(piece);
        let done = read(&mut reader, &at_hand, false, &mut events);
        at_hand.drain(..done);
    }
    at_hand.extend_from_slice(rest);
    let done = read(&mut reader, &at_hand, true, &mut events);
    assert_eq!(done, at_hand.len(), "the last piece is taken whole");
    (events, reader.finish())
}

fn read(reader: &mut Reader, text: &[u8], last: bool, events: &mut Vec<String>) -> usize {
    reader.read(text, last, |record| events.push(format!("{record:?}")))
}
