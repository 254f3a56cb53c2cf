//! Memory is bounded, whatever the size of the input.

use serde_json::json;

use crate::support::archive::{Archive, call_of, gzip_of_repeats, with};
use crate::support::checks::{
    all_read, assert_contains, beside_a_neighbour, keys_of, one_partial, one_unreadable,
};
use crate::support::program::{Outcome, args, keytrail_after};

/// The memory that the program may map, in KiB: less than each of the texts below that it must read to the end.
const MEMORY: &str = "ulimit -v 163840";

/// How many MiB of text those are.
const MORE_THAN_MEMORY: usize = 192;

#[track_caller]
fn check_with_little_memory(archive: &Archive) -> Outcome {
    let command = args([&"keys", &archive.root(), &"-f", &"json", &"--threads", &"1"]);
    keytrail_after(MEMORY, command).run()
}

#[test]
fn a_record_beyond_the_limit_is_left_out_alone() {
    let huge =
        r#"{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"HUGE"},"other":""#;
    let before = format!("[{},{huge}", call_of("LTAI5tFirst"));
    let after = format!("\"}},{}]", call_of("LTAI5tLast"));
    let bytes = gzip_of_repeats(&before, &vec![b'a'; 1 << 20], 40, &after);
    let outcome = check_with_little_memory(&beside_a_neighbour("b.gz", bytes)).code(3);
    let keys = ["LTAI5tFirst", "LTAI5tLast", "LTAI5tNeighbour"];
    assert_eq!(keys_of(&outcome), keys, "{outcome}");
    assert_contains(&outcome.coverage(), &one_partial(), &outcome);
}

#[test]
fn a_bomb_of_zeros_is_one_unreadable_file() {
    let bytes = gzip_of_repeats("", &vec![0; 1 << 20], MORE_THAN_MEMORY, "");
    assert!(bytes.len() < 1 << 20, "a bomb is small");
    let outcome = check_with_little_memory(&beside_a_neighbour("b.gz", bytes)).code(3);
    assert_eq!(keys_of(&outcome), ["LTAI5tNeighbour"], "{outcome}");
    assert_contains(&outcome.coverage(), &one_unreadable(), &outcome);
}

#[test]
fn white_space_of_any_length_fits_into_little_memory() {
    let before = format!("[{}", call_of("LTAI5tKept"));
    let bytes = gzip_of_repeats(&before, &vec![b' '; 1 << 20], MORE_THAN_MEMORY, "]");
    let outcome = check_with_little_memory(&Archive::new().file("a.gz", bytes)).code(0);
    assert_eq!(keys_of(&outcome), ["LTAI5tKept"], "{outcome}");
    assert_contains(&outcome.coverage(), &all_read(1), &outcome);
}

#[test]
fn records_of_any_number_fit_into_little_memory() {
    // Long records, since it is the length of the text and not the number of records that could fill the memory.
    let agent = "a".repeat(60_000);
    let record = with(call_of("LTAI5tMany"), json!({"userAgent": agent})).to_string() + ",";
    let piece = record.repeat((1 << 20) / record.len());
    let repeats = MORE_THAN_MEMORY * (1 << 20) / piece.len() + 1;
    let bytes = gzip_of_repeats(
        "[",
        piece.as_bytes(),
        repeats,
        &format!("{}]", call_of("LTAI5tLast")),
    );
    let outcome = check_with_little_memory(&Archive::new().file("a.gz", bytes)).code(0);
    assert_eq!(keys_of(&outcome), ["LTAI5tLast", "LTAI5tMany"], "{outcome}");
    let records = repeats * piece.len() / record.len() + 1;
    assert_contains(
        &outcome.coverage(),
        &json!({"files": {"read": 1}, "records": {"found": records}}),
        &outcome,
    );
}
