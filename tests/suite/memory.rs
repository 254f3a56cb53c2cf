//! Memory is bounded, whatever the size of the input.

use serde_json::json;

use crate::support::archive::{Archive, array, call_of, gzip_of_repeats, names_in, with};
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

/// In 0.1.0 the ID of each event that was once the last of its key was kept.
#[test]
fn event_ids_of_an_unknown_form_are_let_go() {
    let ids = 800;
    let long = "x".repeat((80 << 20) / ids);
    let mut events: Vec<_> = (0..ids)
        .map(|number| {
            with(
                call_of("LTAI5tMany"),
                json!({"eventId": format!("{number}-{long}")}),
            )
        })
        .collect();
    events.push(call_of("LTAI5tLast"));
    let archive = Archive::new().file("a.json", array(&events));
    let command = args([
        &"dump",
        &archive.root(),
        &"-f",
        &"json",
        &"--threads",
        &"1",
        &"--no-dedup",
    ]);
    let outcome = keytrail_after(MEMORY, command).run().code(0);
    let found = json!({"files": {"read": 1}, "records": {"found": ids + 1}});
    assert_contains(&outcome.coverage(), &found, &outcome);
}

/// In 0.1.0 a whole row of each run was kept while the runs were merged.
#[test]
fn long_call_records_are_merged_in_little_memory() {
    let rows = 160;
    let agent = "a".repeat((80 << 20) / rows);
    let event = with(call_of("LTAI5tMany"), json!({"userAgent": agent}));
    let archive = Archive::new().file("a.json", array(&vec![event; rows]));
    // Each row is a run.
    let command = args([
        &"lookup",
        &archive.root(),
        &"--no-dedup",
        &"--spill-at",
        &"1",
    ]);
    let options = args([&"-f", &"jsonl", &"--no-redact", &"--threads", &"1"]);
    let command = [command, options, args([&"-o", &"/dev/null"])].concat();
    // More than the program maps with a part of the rows, and less than with all.
    keytrail_after("ulimit -v 204800", command).run().code(0);
}

/// In 0.1.0 each key was compared letter by letter, whatever its length.
#[test]
fn huge_keys_are_not_searched_for_near_ones() {
    // Longer than any key that is compared, and near enough to be named.
    let near = "k".repeat(300);
    let archive = Archive::of(&[call_of(&format!("{near}1")), call_of("LTAI5tShort")]);
    let command = args([&"last-used", &"info", &format!("{near}2"), &archive.root()]);
    let outcome = keytrail_after("true", command).run().code(1);
    assert!(!outcome.stderr().contains("nearest"), "{outcome}");
    let command = args([&"last-used", &"info", &"LTAI5tShorn", &archive.root()]);
    let outcome = keytrail_after("true", command).run().code(1);
    outcome.reports(&["nearest key is LTAI5tShort"]);
}

/// Where there was no memory, the program was ended by a signal, with the backtrace of a fault.
#[test]
fn an_allocation_that_fails_is_an_error() {
    let names = "x,".repeat(4_000_000);
    let event = with(call_of("LTAI5tAlice"), json!({"resourceName": names}));
    let archive = Archive::of(&[event]);
    let out = archive.beside("keys.csv");
    let command = args([&"keys", &archive.root(), &"--threads", &"1", &"-o", &out]);
    let outcome = keytrail_after(MEMORY, command).run().code(2);
    assert_eq!(
        outcome.stderr(),
        "error: out of memory; nothing more is written\n"
    );
    assert_eq!(names_in(out.parent().expect("a folder")), ["logs"]);
}

/// Threads that could not be started were a panic where one shows progress.
#[test]
fn threads_that_cannot_be_started_are_an_error() {
    let archive = Archive::of(&[call_of("LTAI5tAlice")]);
    let command = ["--threads", "256", "--progress", "always"];
    let mut command = command.map(Into::into).to_vec();
    command.splice(0..0, args([&"keys", &archive.root()]));
    let outcome = keytrail_after(MEMORY, command).run().code(2);
    assert!(
        outcome
            .stderr()
            .contains("error: cannot start the threads of the scan"),
        "{outcome}"
    );
}
