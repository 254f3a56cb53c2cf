//! Input that is broken, odd or meant to do harm: it costs itself at most, and it is never passed over in silence.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{
    Archive, array, call_of, event, gzip, gzip_at, gzip_cut_after, gzip_of_repeats,
    gzip_with_wrong_checksum, with,
};
use crate::support::program::{Outcome, args, keytrail, keytrail_after};
use crate::support::reference::{self, LogFile, Question};

/// Asks for the keys of an archive, and checks which there are and that the coverage says at least this.
#[track_caller]
fn check(archive: &Archive, code: i32, keys: &[&str], coverage: &Value) -> Outcome {
    check_path(&archive.root(), code, keys, coverage)
}

#[track_caller]
fn check_path(path: &Path, code: i32, keys: &[&str], coverage: &Value) -> Outcome {
    let outcome = keytrail(args([&"keys", &path, &"-f", &"json"]))
        .run()
        .code(code);
    assert_eq!(keys_of(&outcome), keys, "the keys\n{outcome}");
    assert_says(&outcome.coverage(), coverage, &outcome);
    outcome
}

fn keys_of(outcome: &Outcome) -> Vec<String> {
    let mut keys: Vec<String> = outcome
        .rows()
        .iter()
        .map(|row| row["access_key_id"].as_str().unwrap().to_owned())
        .collect();
    keys.sort();
    keys
}

/// Checks that every member of `expected` is there; further members may be there too.
#[track_caller]
fn assert_says(actual: &Value, expected: &Value, outcome: &Outcome) {
    match expected {
        Value::Object(members) => {
            for (name, expected) in members {
                assert_says(&actual[name], expected, outcome);
            }
        }
        plain => assert_eq!(actual, plain, "the coverage\n{outcome}"),
    }
}

/// An archive of a sound file, whose key is `LTAI5tNeighbour`, and one file to be put beside it.
fn beside_a_neighbour(name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Archive {
    Archive::new()
        .gz("m.gz", array(&[call_of("LTAI5tNeighbour")]))
        .file(name, bytes)
}

fn all_read(files: usize) -> Value {
    json!({"files": {"found": files, "read": files, "partial": 0, "unreadable": 0}})
}

fn one_partial() -> Value {
    json!({"files": {"found": 2, "read": 1, "partial": 1, "unreadable": 0}})
}

fn one_unreadable() -> Value {
    json!({"files": {"found": 2, "read": 1, "partial": 0, "unreadable": 1}})
}

// What lies on disk.

#[test]
fn a_truncated_file_gives_the_records_before_the_fault() {
    let text = array(&[
        call_of("LTAI5tFirst"),
        call_of("LTAI5tSecond"),
        call_of("LTAI5tThird"),
    ]);
    let archive = beside_a_neighbour(
        "b.gz",
        gzip_cut_after(&text, text.find("LTAI5tThird").unwrap()),
    );
    check(
        &archive,
        3,
        &["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"],
        &one_partial(),
    )
    .says(&["b.gz"]);
}

#[test]
fn a_truncated_stream_gives_what_could_be_inflated() {
    let keys: Vec<String> = (0..500)
        .map(|number| format!("LTAI5t{number:03}"))
        .collect();
    let bytes = gzip(array(
        &keys.iter().map(|key| call_of(key)).collect::<Vec<_>>(),
    ));
    let half = bytes.len() / 2;
    let end = bytes.len() - 10;
    for kept in [half, half + 1, end, end + 1, end + 2, end + 6, end + 9] {
        let bytes = &bytes[..kept];
        let archive = Archive::new().file("b.gz", bytes);
        let file = LogFile {
            path: archive.path("b.gz"),
            bytes: bytes.to_vec(),
        };
        let expected = reference::answer(&[file], &Question::default()).key_ids();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        assert!(!expected.is_empty(), "a test of nothing");
        check(
            &archive,
            3,
            &expected,
            &json!({"files": {"found": 1, "partial": 1}}),
        );
    }
}

#[test]
fn a_file_cut_inside_its_header_is_damaged() {
    let archive = beside_a_neighbour("b.gz", &gzip("[]")[..5]);
    check(
        &archive,
        3,
        &["LTAI5tNeighbour"],
        &json!({"files": {"found": 2, "read": 1}}),
    )
    .says(&["b.gz"]);
}

#[test]
fn a_wrong_checksum_costs_nothing_but_trust() {
    let archive = beside_a_neighbour(
        "b.gz",
        gzip_with_wrong_checksum(array(&[call_of("LTAI5tKept")])),
    );
    check(
        &archive,
        3,
        &["LTAI5tKept", "LTAI5tNeighbour"],
        &one_partial(),
    )
    .says(&["b.gz"]);
}

#[test]
fn a_wrong_length_costs_nothing_but_trust() {
    for (place, byte) in [(4, 0xff), (1, 0xff)] {
        let mut bytes = gzip(array(&[call_of("LTAI5tKept")]));
        let length = bytes.len();
        bytes[length - place] ^= byte;
        let archive = beside_a_neighbour("b.gz", bytes);
        check(
            &archive,
            3,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &one_partial(),
        );
    }
}

#[test]
fn a_fault_inside_a_stream_ends_that_file_alone() {
    let events: Vec<Value> = (0..500)
        .map(|number| call_of(&format!("LTAI5t{number:03}")))
        .collect();
    let mut bytes = gzip(array(&events));
    let middle = bytes.len() / 2;
    bytes[middle..middle + 40].fill(0xff);
    let archive = beside_a_neighbour("b.gz", bytes);
    let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &"json"]))
        .run()
        .code(3);
    assert_says(&outcome.coverage(), &one_partial(), &outcome);
    let keys = keys_of(&outcome);
    assert!(keys.contains(&"LTAI5tNeighbour".to_owned()), "{outcome}");
    assert!(
        keys.contains(&"LTAI5t000".to_owned()),
        "what is before the fault is kept\n{outcome}"
    );
}

#[test]
fn what_is_not_json_is_unreadable() {
    for bytes in [
        &b"this is no log file\n"[..],
        b"<html><body>404</body></html>",
        &gzip("this is no log file\n"),
        &gzip(gzip("[]")),
        &[0; 512],
        &gzip([0; 512]),
        b"PK\x03\x04",
    ] {
        let archive = beside_a_neighbour("b.gz", bytes);
        check(&archive, 3, &["LTAI5tNeighbour"], &one_unreadable()).says(&["b.gz"]);
    }
}

#[test]
fn a_text_in_another_encoding_is_not_passed_over() {
    let text = array(&[call_of("LTAI5tWide")]);
    let wide: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let archive = beside_a_neighbour("b.gz", gzip(wide));
    check(
        &archive,
        3,
        &["LTAI5tNeighbour"],
        &json!({"files": {"found": 2, "read": 1}}),
    )
    .says(&["b.gz"]);
}

#[test]
fn a_long_text_that_is_cut_off_is_told_also_where_one_key_is_asked_for() {
    let text = array(&vec![call_of("LTAI5tOther"); 2000]);
    // Long enough to be searched, and cut inside a record, which may have been one of the key.
    let cut = text.as_bytes()[..text.len() - 20].to_vec();
    assert!(cut.len() > 100_000);
    for bytes in [cut.clone(), gzip(&cut)] {
        let archive = beside_a_neighbour("b.gz", bytes);
        let command = args([
            &"last-used",
            &"info",
            &"LTAI5tNeighbour",
            &archive.root(),
            &"-f",
            &"json",
        ]);
        let outcome = keytrail(command).run().code(3).says(&["b.gz"]);
        assert_says(
            &outcome.coverage(),
            &json!({"files": {"found": 2, "read": 1, "partial": 1}}),
            &outcome,
        );
    }
}

#[test]
fn a_long_file_in_no_known_form_is_told_also_where_one_key_is_asked_for() {
    let text = array(&vec![call_of("LTAI5tNeighbour"); 200]);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(200_000)
    .collect();
    // Each of them may hold events of the key, for all that can be told.
    for bytes in [
        wide.clone(),
        [b"\xff\xfe", &*wide].concat(),
        gzip(&wide),
        noise.clone(),
        gzip(gzip(noise)),
    ] {
        let archive = beside_a_neighbour("b.gz", bytes);
        let command = args([
            &"last-used",
            &"info",
            &"LTAI5tNeighbour",
            &archive.root(),
            &"-f",
            &"json",
        ]);
        let outcome = keytrail(command).run().code(3).says(&["b.gz"]);
        assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
        assert_says(
            &outcome.coverage(),
            &json!({"files": {"found": 2, "read": 1}}),
            &outcome,
        );
    }
}

#[test]
fn damage_is_told_also_where_one_key_is_asked_for() {
    let text = array(&vec![call_of("LTAI5tOther"); 2000]);
    let packed = gzip(&text);
    let mut corrupt = packed.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 20].fill(0xff);
    for bytes in [
        packed[..packed.len() / 2].to_vec(),
        packed[..packed.len() - 3].to_vec(),
        [&*packed, b"garbage"].concat(),
        gzip_with_wrong_checksum(&text),
        corrupt,
    ] {
        let archive = beside_a_neighbour("b.gz", bytes);
        let command = args([
            &"last-used",
            &"info",
            &"LTAI5tNeighbour",
            &archive.root(),
            &"-f",
            &"json",
        ]);
        let outcome = keytrail(command).run().code(3).says(&["b.gz"]);
        assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
        assert_says(&outcome.coverage(), &one_partial(), &outcome);
    }
}

#[test]
fn a_key_is_found_wherever_a_long_text_is_cut() {
    const KIB: usize = 1 << 10;
    let edges = [32, 64, 128, 192, 256, 384, 512, 1024, 2048, 2112].map(|edge| edge * KIB);
    // The key has an event elsewhere too: an empty answer would be looked into once more.
    let neighbour = beside_a_neighbour("b.json", "");
    for (number, edge) in edges.into_iter().enumerate() {
        for spelling in [
            "LTAI5tNeighbour",
            "\\u004cTAI5tNeighbour",
            "LTAI5tNeighbou\\u0072",
        ] {
            let record = call_of("LTAI5tNeighbour")
                .to_string()
                .replace("LTAI5tNeighbour", spelling);
            // The key lies across the edge, by another part of it each time.
            let part = 1 + number * 7 % (spelling.len() - 1);
            let before = edge - record.find(spelling).unwrap() - part;
            let text = [
                &*" ".repeat(before - 1),
                "[",
                &record,
                &" ".repeat(100 * KIB),
                "]",
            ]
            .concat();
            let bytes = if number % 2 == 0 {
                gzip_at(1, &text)
            } else {
                text.into_bytes()
            };
            std::fs::write(neighbour.path("b.json"), bytes).unwrap();
            let question = args([&"last-used", &"info", &"LTAI5tNeighbour", &neighbour.root()]);
            let outcome = keytrail([question, args([&"-f", &"json", &"--no-dedup"])].concat())
                .run()
                .code(0);
            let events = &outcome.rows()[0]["events"];
            assert_eq!(
                events,
                &json!(2),
                "{part} bytes of {spelling} before byte {edge}\n{outcome}"
            );
        }
    }
}

#[test]
fn an_empty_file_is_a_whole_file() {
    for bytes in [
        vec![],
        gzip(""),
        gzip("[]"),
        gzip("\u{feff}"),
        gzip("\u{feff}[]"),
        b"[ ]\n".to_vec(),
    ] {
        check(
            &beside_a_neighbour("b.gz", bytes),
            0,
            &["LTAI5tNeighbour"],
            &all_read(2),
        );
    }
    check(&Archive::new().file("b.gz", ""), 1, &[], &all_read(1));
}

#[test]
fn zero_padding_after_a_member_is_no_fault() {
    for padding in [1, 511, 70_000] {
        let bytes = [gzip(array(&[call_of("LTAI5tKept")])), vec![0; padding]].concat();
        check(
            &beside_a_neighbour("b.gz", bytes),
            0,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &all_read(2),
        );
    }
}

#[test]
fn garbage_after_a_member_is_told_and_costs_no_record() {
    for garbage in [
        &b"garbage"[..],
        b"\x00\x00x",
        b"\x1f",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00garbage",
    ] {
        let bytes = [gzip(array(&[call_of("LTAI5tKept")])), garbage.to_vec()].concat();
        check(
            &beside_a_neighbour("b.gz", bytes),
            3,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &one_partial(),
        )
        .says(&["b.gz"]);
    }
}

#[test]
fn garbage_that_looks_like_the_end_of_a_member_is_told_too() {
    let member = gzip(array(&[call_of("LTAI5tKept")]));
    for end in [4, 8, 20] {
        let bytes = [&*member, &member[member.len() - end..]].concat();
        let keys = ["LTAI5tKept", "LTAI5tNeighbour"];
        check(&beside_a_neighbour("b.gz", bytes), 3, &keys, &one_partial());
    }
}

#[test]
fn all_members_of_a_file_count() {
    let text = array(&[call_of("LTAI5tFirst"), call_of("LTAI5tSecond")]);
    let (head, tail) = text.split_at(text.len() / 2);
    let whole_arrays = [
        gzip(array(&[call_of("LTAI5tFirst")])),
        gzip(array(&[call_of("LTAI5tSecond")])),
    ]
    .concat();
    let cut_record = [gzip(head), gzip(""), gzip_at(0, tail)].concat();
    for bytes in [whole_arrays, cut_record] {
        let keys = ["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"];
        check(&beside_a_neighbour("b.gz", bytes), 0, &keys, &all_read(2));
    }
}

#[test]
fn a_second_member_that_is_cut_leaves_the_first_whole() {
    let second = gzip_cut_after(&array(&[call_of("LTAI5tSecond")]), 20);
    let bytes = [gzip(array(&[call_of("LTAI5tFirst")])), second].concat();
    check(
        &beside_a_neighbour("b.gz", bytes),
        3,
        &["LTAI5tFirst", "LTAI5tNeighbour"],
        &one_partial(),
    );
}

#[test]
fn compression_is_told_by_content_and_not_by_name() {
    let archive = Archive::new()
        .file("plain.gz", array(&[call_of("LTAI5tPlain")]))
        .gz("packed.json", array(&[call_of("LTAI5tPacked")]));
    check(&archive, 0, &["LTAI5tPacked", "LTAI5tPlain"], &all_read(2));
}

#[test]
fn names_decide_what_is_a_log_file_and_the_rest_is_counted() {
    let text = |key| array(&[call_of(key)]);
    let archive = Archive::new()
        .file("a.json", text("LTAI5tJson"))
        .file("b.jsonl", text("LTAI5tJsonl"))
        .file("c.ndjson", text("LTAI5tNdjson"))
        .gz("d.gz", text("LTAI5tGz"))
        .file("e.txt", text("LTAI5tIgnored"))
        .file("f", text("LTAI5tIgnored"))
        .gz(".g.gz", text("LTAI5tIgnored"));
    let coverage = json!({"files": {"found": 4, "read": 4, "ignored": 3}});
    check(
        &archive,
        0,
        &["LTAI5tGz", "LTAI5tJson", "LTAI5tJsonl", "LTAI5tNdjson"],
        &coverage,
    );
    // A file that is named on the command line is read whatever its name.
    check_path(&archive.path("e.txt"), 0, &["LTAI5tIgnored"], &all_read(1));
}

#[test]
fn a_name_that_promises_other_events_is_counted() {
    let name = |events| {
        format!(
            "AliyunLogs/Actiontrail/cn-hangzhou/2024/03/05/\
             Actiontrail_cn-hangzhou_20240305092132_1002_{events}_1146_8d2a62c7317236ee7bf50184a428d8a{events}.gz"
        )
    };
    let text = array(&[call_of("LTAI5tFirst"), call_of("LTAI5tSecond")]);
    let archive = Archive::new()
        .gz(name(1), &text)
        .gz(name(2), &text)
        .gz(name(3), &text)
        .gz("no-promise.gz", &text);
    let coverage = json!({"files": {"read": 4, "count_mismatch": 2}});
    check(&archive, 0, &["LTAI5tFirst", "LTAI5tSecond"], &coverage);
}

#[test]
fn a_folder_named_like_a_log_file_is_walked() {
    let archive = Archive::new().gz("x.gz/inside.gz", array(&[call_of("LTAI5tInside")]));
    check(&archive, 0, &["LTAI5tInside"], &all_read(1));
}

#[test]
fn links_inside_an_archive_are_not_followed() {
    let elsewhere = Archive::of(&[call_of("LTAI5tElsewhere")]);
    let archive = Archive::of(&[call_of("LTAI5tHere")]);
    let root = archive.root();
    let archive = archive
        .link("loop", &root)
        .link("file.gz", elsewhere.path("a.gz"))
        .link("folder.gz", elsewhere.root())
        .link("dangling.gz", "nowhere");
    let mut coverage = all_read(1);
    (coverage["files"]["ignored"], coverage["files"]["links"]) = (json!(4), json!(4));
    check(&archive, 0, &["LTAI5tHere"], &coverage);
    keytrail(args([&"keys", &archive.root()]))
        .run()
        .says(&["4 other files ignored, 4 of them symbolic links, which are not followed"]);
}

#[test]
fn a_root_may_be_a_link() {
    let elsewhere = Archive::of(&[call_of("LTAI5tElsewhere")]);
    let archive = Archive::new()
        .link("folder", elsewhere.root())
        .link("file", elsewhere.path("a.gz"));
    check_path(
        &archive.path("folder"),
        0,
        &["LTAI5tElsewhere"],
        &all_read(1),
    );
    check_path(&archive.path("file"), 0, &["LTAI5tElsewhere"], &all_read(1));
}

#[test]
fn a_pipe_that_nobody_writes_to_does_not_hang_the_scan() {
    let archive = Archive::of(&[call_of("LTAI5tNeighbour")]).fifo("x.gz");
    let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &"json"])).run();
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome}");
    assert_eq!(keys_of(&outcome), ["LTAI5tNeighbour"], "{outcome}");
}

#[test]
fn a_file_that_may_not_be_read_is_told() {
    let archive = beside_a_neighbour("b.gz", gzip(array(&[call_of("LTAI5tLocked")])));
    let path = archive.path("b.gz");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Permissions do not stop everyone: where this test may read the file, so may the program.
    if std::fs::read(&path).is_ok() {
        check(
            &archive,
            0,
            &["LTAI5tLocked", "LTAI5tNeighbour"],
            &all_read(2),
        );
    } else {
        check(&archive, 3, &["LTAI5tNeighbour"], &one_unreadable()).says(&["b.gz"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_to_be_read_is_told() {
    // Opens for everyone, has no length, and fails at the first byte.
    let broken = Path::new("/proc/self/mem");
    let archive = Archive::of(&[call_of("LTAI5tNeighbour")]);
    let outcome = keytrail(args([&"keys", &archive.root(), &broken, &"-f", &"json"]))
        .run()
        .code(3);
    assert_eq!(keys_of(&outcome), ["LTAI5tNeighbour"], "{outcome}");
    assert_says(&outcome.coverage(), &one_unreadable(), &outcome);
    outcome.says(&["/proc/self/mem"]);
}

#[test]
fn a_file_reached_twice_is_read_once() {
    let archive = Archive::new().gz("a/b.gz", array(&[call_of("LTAI5tOnce")]));
    let roots: [&dyn AsRef<OsStr>; 5] = [
        &archive.root(),
        &archive.root(),
        &archive.path("a"),
        &archive.path("a/b.gz"),
        &archive.path("a/../a"),
    ];
    let outcome = keytrail([args([&"keys", &"-f", &"json", &"--no-dedup"]), args(roots)].concat())
        .run()
        .code(0);
    assert_says(&outcome.coverage(), &all_read(1), &outcome);
    assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
}

#[test]
fn a_name_that_is_not_utf8_is_read_and_told_like_any_other() {
    let name = |bytes| Path::new(OsStr::from_bytes(bytes)).to_owned();
    let archive = beside_a_neighbour(name(b"b\xff.gz"), gzip(array(&[call_of("LTAI5tKept")])))
        .file(name(b"c\xff.gz"), "no log file");
    let problems = archive.beside("problems");
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--errors-to",
        &problems,
    ]))
    .run()
    .code(3);
    assert_eq!(
        keys_of(&outcome),
        ["LTAI5tKept", "LTAI5tNeighbour"],
        "{outcome}"
    );
    assert!(
        std::str::from_utf8(&outcome.stderr).is_ok(),
        "stderr is text\n{outcome}"
    );
    let problems = std::fs::read_to_string(problems).expect("the problems are text");
    let problem: Value = serde_json::from_str(problems.trim_end()).expect("one problem");
    assert!(problem["file"].as_str().unwrap().contains('c'), "{problem}");
}

// What lies in the text.

#[test]
fn a_mark_at_the_start_of_a_text_is_no_fault() {
    for text in ["\u{feff}[EVENT]", "\u{feff}EVENT\n", "\u{feff} \n[EVENT]"] {
        let text = text.replace("EVENT", &call_of("LTAI5tKept").to_string());
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            0,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &all_read(2),
        );
    }
}

#[test]
fn files_put_together_with_cat_are_read_to_the_end() {
    let (first, second) = (
        array(&[call_of("LTAI5tFirst")]),
        array(&[call_of("LTAI5tSecond")]),
    );
    for between in ["", "\n", ",\n", "\r\n\r\n", "[]", "\u{feff}", "\nnull\n"] {
        let bytes = gzip([&*first, between, &*second].concat());
        let keys = ["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"];
        check(
            &beside_a_neighbour("b.gz", bytes),
            0,
            &keys,
            &json!({"files": {"found": 2, "read": 2}}),
        );
    }
}

#[test]
fn lines_of_garbage_cost_themselves_and_are_told() {
    let first = call_of("LTAI5tFirst").to_string();
    let second = call_of("LTAI5tSecond").to_string();
    for garbage in [
        "2024-03-05 09:21:32 INFO started",
        "-- it's garbage",
        "%",
        "None",
        "it's a \"quote\"",
    ] {
        let bytes = gzip([&*first, garbage, &*second, ""].join("\n"));
        let keys = ["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"];
        check(&beside_a_neighbour("b.gz", bytes), 3, &keys, &one_partial()).says(&["b.gz"]);
    }
}

#[test]
fn elements_that_are_no_events_are_counted_and_left_out() {
    let elements = format!(
        "[null,1,-2.5e3,true,\"text\",[],[{0}],{{}},{{\"eventTime\":\"soon\"}},{0}]",
        call_of("K")
    );
    let coverage = json!({
        "files": {"read": 2, "partial": 0},
        "records": {"found": 11, "left_out": 9},
        "events": 2,
    });
    check(
        &beside_a_neighbour("b.gz", gzip(elements)),
        0,
        &["K", "LTAI5tNeighbour"],
        &coverage,
    );
    for text in ["null", "1", "\"text\"", "true\n", "[null]"] {
        let coverage =
            json!({"files": {"read": 2}, "records": {"found": 2, "left_out": 1}, "events": 1});
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            0,
            &["LTAI5tNeighbour"],
            &coverage,
        );
    }
}

#[test]
fn a_reply_of_the_cloud_is_an_archive_too() {
    let reply =
        json!({"RequestId": "R", "Events": [call_of("LTAI5tFirst"), null], "NextToken": "t"});
    let lines = format!(
        "{reply}\n{}\n",
        json!({"Events": [call_of("LTAI5tSecond")]})
    );
    let coverage = json!({"files": {"read": 2}, "records": {"found": 4, "left_out": 1}});
    let keys = ["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"];
    check(
        &beside_a_neighbour("b.gz", gzip(&lines)),
        0,
        &keys,
        &coverage,
    );

    // The records of a reply that is cut are complete all the same.
    let cut = gzip_cut_after(&lines, lines.rfind("LTAI5tSecond").unwrap());
    check(
        &beside_a_neighbour("b.gz", cut),
        3,
        &["LTAI5tFirst", "LTAI5tNeighbour"],
        &one_partial(),
    );
}

#[test]
fn a_cut_reply_gives_its_complete_records() {
    let reply =
        json!({"RequestId": "R", "Events": [call_of("LTAI5tFirst"), call_of("LTAI5tSecond")]})
            .to_string();
    let cut = gzip_cut_after(&reply, reply.find("LTAI5tSecond").unwrap());
    check(
        &beside_a_neighbour("b.gz", cut),
        3,
        &["LTAI5tFirst", "LTAI5tNeighbour"],
        &one_partial(),
    );
}

#[test]
fn what_does_not_balance_ends_a_file_and_says_where() {
    let good = call_of("LTAI5tKept").to_string();
    for rest in [
        "{\"eventTime\":\"2024",
        "{\"a\":{}",
        "{\"a\":[[[",
        "[[[[",
        "{",
        "\"",
        "{\"a\\",
        "{\"a\":\"\\\"}",
    ] {
        let text = format!("[{good},{rest}");
        let archive = beside_a_neighbour("b.gz", gzip(&text));
        let problems = archive.beside("problems");
        let command = args([
            &"keys",
            &archive.root(),
            &"-f",
            &"json",
            &"--errors-to",
            &problems,
        ]);
        let outcome = keytrail(command).run().code(3);
        assert_eq!(
            keys_of(&outcome),
            ["LTAI5tKept", "LTAI5tNeighbour"],
            "{outcome}"
        );
        assert_says(&outcome.coverage(), &one_partial(), &outcome);
        let problems = std::fs::read_to_string(problems).unwrap();
        let offset = (text.len() - rest.len()).to_string();
        assert!(
            problems.contains(&offset),
            "no byte offset {offset} in: {problems}"
        );
    }
}

#[test]
fn brackets_too_many_cost_no_record_before_them() {
    let good = call_of("LTAI5tKept").to_string();
    for rest in ["]]", "}}", "]}]", ",{]}]"] {
        let archive = beside_a_neighbour("b.gz", gzip(format!("[{good}{rest}")));
        check(
            &archive,
            3,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &one_partial(),
        );
    }
}

#[test]
fn brackets_of_the_wrong_kind_end_a_file_only_at_the_end_of_a_record() {
    let (first, last) = (call_of("LTAI5tFirst"), call_of("LTAI5tLast"));
    let beside = |odd: &str| beside_a_neighbour("b.gz", gzip(format!("[{first},{odd},{last}]")));
    // The record's own brackets are a pair: what is inside costs at most that record.
    for odd in ["{\"a\":[1,2}}", "{\"a\":{]}", "[{]]"] {
        let keys = ["LTAI5tFirst", "LTAI5tLast", "LTAI5tNeighbour"];
        let coverage = json!({"files": {"read": 2}, "records": {"found": 4, "left_out": 1}});
        check(&beside(odd), 0, &keys, &coverage);
    }
    // They are not, so nobody knows where the next record begins.
    for odd in ["[}", "{]", "{\"a\":1]"] {
        let keys = ["LTAI5tFirst", "LTAI5tNeighbour"];
        check(&beside(odd), 3, &keys, &one_partial()).says(&["b.gz", "do not balance"]);
    }
}

#[test]
fn a_needed_value_that_is_not_json_leaves_its_record_out() {
    for value in [
        "tru",
        "01",
        "1.",
        "-",
        "\"\\x\"",
        "\"\\u12g4\"",
        "nul",
        "NaN",
        "'K'",
        "1 2",
    ] {
        let broken = format!(
            r#"{{"eventTime":"2024-03-05T09:21:32Z","eventId":{value},"userIdentity":{{"accessKeyId":"BROKEN"}}}}"#
        );
        let text = format!(
            "[{},{broken},{}]",
            call_of("LTAI5tFirst"),
            call_of("LTAI5tLast")
        );
        let coverage = json!({
            "files": {"found": 2, "read": 1, "partial": 1, "unreadable": 0},
            "records": {"found": 4, "left_out": 1},
        });
        let keys = ["LTAI5tFirst", "LTAI5tLast", "LTAI5tNeighbour"];
        check(&beside_a_neighbour("b.gz", gzip(text)), 3, &keys, &coverage).says(&["b.gz"]);
    }
}

#[test]
fn what_is_not_needed_is_not_interpreted() {
    let kept = |member: &str| format!("{{{member},{}", &call_of("LTAI5tKept").to_string()[1..]);
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let objects = "{\"a\":".repeat(200_000) + "1" + &"}".repeat(200_000);
    for member in [
        format!("\"other\":{}", "9".repeat(100_000)),
        "\"other\":1e999999999".to_owned(),
        "\"other\":-0.000000000000000000000000000000000000001e-999999999".to_owned(),
        format!("\"other\":{deep}"),
        format!("\"other\":{objects}"),
        format!("\"other\":\"{}\"", "a".repeat(1 << 20)),
        format!("\"other\":\"{}\"", "\\\"".repeat(1 << 19)),
        format!("\"{}\":1", "n".repeat(1 << 20)),
        vec!["\"other\":1"; 10_000].join(","),
    ] {
        let text = format!("[{}]", kept(&member));
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            0,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &all_read(2),
        );
    }
}

#[test]
fn a_needed_field_that_holds_something_deep_or_long_is_just_missing_or_long() {
    let long = "k".repeat(1 << 20);
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let text = call_of("LTAI5tKept")
        .to_string()
        .replace("\"sdk\"", &deep)
        .replace("\"alice\"", &deep);
    let text = text.replace("\"198.51.100.7\"", &format!("\"{long}\""));
    let archive = Archive::new().gz("b.gz", format!("[{text}]"));
    let outcome = check(&archive, 0, &["LTAI5tKept"], &all_read(1));
    let row = &outcome.rows()[0];
    assert_eq!(row["user_name"], Value::Null, "an array is no name");
    assert_eq!(row["last_ip"], json!(long), "the address in full");
}

#[test]
fn brackets_that_never_close_do_not_exhaust_the_stack() {
    for rest in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        "[{\"Events\":".repeat(100_000),
    ] {
        let text = format!("[{},{rest}", call_of("LTAI5tKept"));
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            3,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &one_partial(),
        );
        let archive = beside_a_neighbour("b.gz", gzip(&rest));
        let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &"json"]))
            .run()
            .code(3);
        assert_eq!(keys_of(&outcome), ["LTAI5tNeighbour"], "{outcome}");
    }
    let nest = "[".repeat(200_000) + &"]".repeat(200_000);
    let coverage = json!({"files": {"read": 2}, "records": {"found": 2, "left_out": 1}});
    check(
        &beside_a_neighbour("b.gz", gzip(nest)),
        0,
        &["LTAI5tNeighbour"],
        &coverage,
    );
}

#[test]
fn numbers_and_booleans_where_strings_belong_are_read_as_their_text() {
    let odd = json!({
        "eventTime": "2024-03-05T09:21:32Z",
        "eventId": 7,
        "eventName": true,
        "serviceName": serde_json::from_str::<Value>("1.50").unwrap(),
        "sourceIpAddress": null,
        "errorCode": false,
        "eventCategory": 1,
        "resourceType": 9,
        "resourceName": 8,
        "userIdentity": {
            "accessKeyId": serde_json::from_str::<Value>("123456789012345678901234567890").unwrap(),
            "accountId": 43274,
            "userName": ["alice"],
            "type": {"is": "root"},
        },
    });
    let outcome = keytrail(args([&"dump", &Archive::of(&[odd]).root(), &"-f", &"json"]))
        .run()
        .code(0);
    let row = |dimension| {
        outcome
            .rows()
            .into_iter()
            .find(|row| row["dimension"] == json!(dimension))
            .unwrap()
    };
    let key = row("key");
    assert_eq!(
        key["access_key_id"],
        json!("123456789012345678901234567890")
    );
    assert_eq!(key["service_name"], json!("1.50"));
    assert_eq!(key["account_id"], json!("43274"));
    assert_eq!(
        [&key["user_name"], &key["account_type"]],
        [&Value::Null, &Value::Null]
    );
    assert_eq!(
        [&key["last_event_id"], &key["source"]],
        [&json!("7"), &json!("Internal")]
    );
    assert_eq!([&key["events"], &key["errors"]], [&json!(1), &json!(1)]);
    assert_eq!(row("event")["name"], json!("true"));
    assert_eq!(
        [&row("resource")["resource_type"], &row("resource")["name"]],
        [&json!("9"), &json!("8")]
    );
    assert!(
        outcome
            .rows()
            .iter()
            .all(|row| row["dimension"] != json!("ip")),
        "{outcome}"
    );
}

#[test]
fn an_event_in_pascal_case_is_an_event() {
    let event = json!({
        "EventId": "E1",
        "EventTime": "2020-12-01T11:54:59.366+0000",
        "EventName": "CreateInstance",
        "ServiceName": "Flink",
        "SourceIpAddress": "198.51.100.7",
        "UserIdentity": {"AccessKeyId": "TMP.example", "AccountId": "1", "IsBlack": false, "UserName": "root"},
    });
    let outcome = check(&Archive::of(&[event]), 0, &["TMP.example"], &all_read(1));
    let row = &outcome.rows()[0];
    assert_eq!(row["last_used"], json!("2020-12-01T11:54:59.366Z"));
    assert_eq!(
        [&row["key_type"], &row["last_service"]],
        [&json!("temporary"), &json!("Flink")]
    );
}

#[test]
fn the_last_of_doubled_names_counts_in_whatever_case() {
    let text = r#"[{
        "eventTime": "2020-01-01T00:00:00Z",
        "userIdentity": {"accessKeyId": "LTAI5tWrong", "accountId": "1", "userName": "wrong"},
        "eventName": "Wrong", "EVENTNAME": "Right",
        "userIdentity": {"accessKeyId": "LTAI5tWrong", "AccessKeyID": "LTAI5tRight", "userName": null},
        "EventTime": "2024-03-05T09:21:32Z",
        "event\u004eame": "Righter",
        "serviceName": "Ecs", "servicename": null
    }]"#;
    let outcome = check(
        &Archive::new().gz("a.gz", text),
        0,
        &["LTAI5tRight"],
        &all_read(1),
    );
    let row = &outcome.rows()[0];
    assert_eq!(
        [&row["first_used"], &row["last_event"]],
        [&json!("2024-03-05T09:21:32Z"), &json!("Righter")]
    );
    // The last identity counts as a whole: nothing of the first one shines through.
    assert_eq!(
        [&row["account_id"], &row["user_name"], &row["last_service"]],
        [&Value::Null; 3]
    );
}

#[test]
fn decoys_never_count() {
    let decoys = json!({
        "accessKeyId": "DECOY",
        "requestParameters": {"eventTime": "2030-01-01T00:00:00Z", "userIdentity": {"accessKeyId": "DECOY"}},
        "requestParameterJson": "{\"userIdentity\":{\"accessKeyId\":\"DECOY\"},\"eventTime\":\"2030-01-01T00:00:00Z\"}",
        "responseElements": {"Credentials": {"AccessKeyId": "DECOY"}, "Events": [call_of("DECOY")]},
        "additionalEventData": {"eventName": "Decoy", "serviceName": "Decoy", "nested": [{"eventId": "decoy"}]},
    });
    let no_key = with(
        with(call_of(""), decoys.clone()),
        json!({"userIdentity": {"type": "system"}}),
    );
    let only_decoys = json!({"requestParameters": call_of("DECOY"), "event": call_of("DECOY")});
    let archive = Archive::of(&[with(call_of("LTAI5tReal"), decoys), no_key, only_decoys]);
    let coverage = json!({
        "records": {"found": 3, "left_out": 1},
        "events": 2,
        "without_key": 1,
        "span": {"first": "2024-03-05T09:21:32Z", "last": "2024-03-05T09:21:32Z"},
    });
    let outcome = check(&archive, 0, &["LTAI5tReal"], &coverage);
    let row = &outcome.rows()[0];
    assert_eq!(
        [&row["last_event"], &row["last_service"]],
        [&json!("DescribeInstances"), &json!("Ecs")]
    );
}

#[test]
fn broken_characters_are_replaced_and_cost_nothing() {
    let text = array(&[call_of("LTAI5tKept")]).replace("alice", "\\ud800a\\udc00\\ud83d\\ude00");
    let outcome = check(
        &Archive::new().gz("a.gz", text),
        0,
        &["LTAI5tKept"],
        &all_read(1),
    );
    assert_eq!(outcome.rows()[0]["user_name"], json!("\u{fffd}a\u{fffd}😀"));

    let text = array(&[call_of("LTAI5tKept")]);
    let place = text.find("alice").unwrap();
    let bytes = [
        &text.as_bytes()[..place],
        b"\xffb\xc3",
        &text.as_bytes()[place + 5..],
    ]
    .concat();
    let archive = Archive::new().gz("a.gz", bytes);
    let outcome = check(&archive, 0, &["LTAI5tKept"], &all_read(1)).says(&["a.gz"]);
    assert_eq!(outcome.rows()[0]["user_name"], json!("\u{fffd}b\u{fffd}"));
}

#[test]
fn records_that_share_an_id_are_one_event_only_if_they_agree() {
    let call = |fields| with(with(call_of("LTAI5tKey"), json!({"eventId": "E1"})), fields);
    let (list, groups) = (
        json!({"referencedResources": {"T": ["a", "b"]}}),
        json!({"resourceType": "T", "resourceName": "b,a,b"}),
    );
    // What the fold does not use makes no difference, and neither do two ways of writing the same thing.
    let same = [
        call(json!({})),
        call(
            json!({"userAgent": "another", "requestId": "another", "acsRegion": "another", "eventVersion": 1}),
        ),
        call(json!({"eventTime": "2024-03-05 17:21:32.0009+0800"})),
        call(json!({"eventCategory": null, "errorCode": ""})),
    ];
    let same_resources = [call(list), call(groups)];
    let names: Vec<String> = (0..20).map(|number| format!("name {number}")).collect();
    let backwards: Vec<String> = names.iter().rev().cloned().collect();
    let many_resources = [
        call(json!({"referencedResources": {"T": names}})),
        call(json!({"referencedResources": {"T": backwards}})),
    ];
    let different = [
        call(json!({"errorCode": "Forbidden"})),
        call(json!({"sourceIpAddress": "198.51.100.8"})),
        call(json!({"eventCategory": "Data"})),
        call(json!({"serviceName": "ecs"})),
    ];
    let archive = Archive::new()
        .gz("b/a.gz", array(&same))
        .gz("a/b.gz", array(&[&same_resources[..], &different].concat()))
        .gz("a/c.gz", array(&[&same_resources[..], &different].concat()))
        .gz("c.gz", array(&many_resources));
    let coverage = json!({"events": 7, "duplicates": 11, "records": {"found": 18}});
    check(&archive, 0, &["LTAI5tKey"], &coverage);

    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--no-dedup",
    ]))
    .run()
    .code(0);
    assert_says(
        &outcome.coverage(),
        &json!({"events": 18, "duplicates": 0}),
        &outcome,
    );
}

#[test]
fn events_without_an_id_are_never_copies() {
    let call = with(call_of("LTAI5tKey"), json!({"eventId": ""}));
    check(
        &Archive::of(&[call.clone(), call]),
        0,
        &["LTAI5tKey"],
        &json!({"events": 2, "duplicates": 0}),
    );
}

// What would grow without bounds.

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
fn a_record_beyond_the_limit_costs_itself() {
    let huge =
        r#"{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"HUGE"},"other":""#;
    let before = format!("[{},{huge}", call_of("LTAI5tFirst"));
    let after = format!("\"}},{}]", call_of("LTAI5tLast"));
    let bytes = gzip_of_repeats(&before, &vec![b'a'; 1 << 20], 40, &after);
    let outcome = check_with_little_memory(&beside_a_neighbour("b.gz", bytes)).code(3);
    let keys = ["LTAI5tFirst", "LTAI5tLast", "LTAI5tNeighbour"];
    assert_eq!(keys_of(&outcome), keys, "{outcome}");
    assert_says(&outcome.coverage(), &one_partial(), &outcome);
}

#[test]
fn a_bomb_of_zeros_costs_itself() {
    let bytes = gzip_of_repeats("", &vec![0; 1 << 20], MORE_THAN_MEMORY, "");
    assert!(bytes.len() < 1 << 20, "a bomb is small");
    let outcome = check_with_little_memory(&beside_a_neighbour("b.gz", bytes)).code(3);
    assert_eq!(keys_of(&outcome), ["LTAI5tNeighbour"], "{outcome}");
    assert_says(&outcome.coverage(), &one_unreadable(), &outcome);
}

#[test]
fn white_space_of_any_length_fits_into_little_memory() {
    let before = format!("[{}", call_of("LTAI5tKept"));
    let bytes = gzip_of_repeats(&before, &vec![b' '; 1 << 20], MORE_THAN_MEMORY, "]");
    let outcome = check_with_little_memory(&Archive::new().file("a.gz", bytes)).code(0);
    assert_eq!(keys_of(&outcome), ["LTAI5tKept"], "{outcome}");
    assert_says(&outcome.coverage(), &all_read(1), &outcome);
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
    assert_says(
        &outcome.coverage(),
        &json!({"files": {"read": 1}, "records": {"found": records}}),
        &outcome,
    );
}

// What would harm its reader.

/// Values that would do something to a terminal or a spreadsheet.
const HARMFUL: [&str; 12] = [
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31mred",
    "back\u{8}space",
    "carriage\rreturn",
    "new\nline",
    "tab\tstop",
    "\u{202e}reversed",
    "\u{2066}isolated\u{2069}",
    "\u{200f}mark",
    "nul\0",
    "delete\u{7f}",
];

fn harmful_archive() -> Archive {
    let events: Vec<Value> = HARMFUL
        .iter()
        .map(|text| {
            let identity = json!({"accessKeyId": text, "accountId": text, "userName": text, "type": text});
            let fields = json!({
                "eventId": text, "eventName": text, "serviceName": text, "sourceIpAddress": text,
                "acsRegion": text, "resourceName": text, "resourceType": text, "userIdentity": identity,
            });
            with(event("", "2024-03-05T09:21:32Z", "", ""), fields)
        })
        .collect();
    Archive::of(&events)
}

#[track_caller]
fn assert_harmless(bytes: &[u8], outcome: &Outcome) {
    let text = std::str::from_utf8(bytes).expect("text");
    let harmful = text.chars().find(|&character| {
        let is_bidi = matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        ) || matches!(character, '\u{2066}'..='\u{2069}');
        is_bidi || (character.is_control() && character != '\n')
    });
    assert_eq!(
        harmful, None,
        "a character that a terminal obeys\n{outcome}"
    );
}

#[test]
fn nothing_in_an_archive_reaches_the_terminal_as_it_is() {
    let archive = harmful_archive();
    for command in ["keys", "dump"] {
        let outcome = keytrail(args([&command, &archive.root()])).run().code(0);
        assert_harmless(&outcome.stdout, &outcome);
        assert_harmless(&outcome.stderr, &outcome);
        // One line for each row, whatever line ends the values bring along.
        let rows = keytrail(args([&command, &archive.root(), &"-f", &"jsonl"]))
            .run()
            .code(0)
            .json_lines()
            .len();
        let red = outcome
            .stdout()
            .lines()
            .filter(|line| line.contains("line"))
            .count();
        assert!(
            outcome.stdout().lines().count() <= rows + 4,
            "{rows} rows, {red} broken\n{outcome}"
        );
    }
    for command in ["info", "products", "events", "ips", "resources"] {
        let outcome = keytrail(args([
            &"last-used",
            &command,
            &"\u{1b}[31mred",
            &archive.root(),
        ]))
        .run()
        .code(0);
        assert_harmless(&outcome.stdout, &outcome);
        assert_harmless(&outcome.stderr, &outcome);
    }
    let outcome = keytrail(args([
        &"last-used",
        &"info",
        &"\u{1b}[31mnobody",
        &archive.root(),
    ]))
    .run()
    .code(1);
    assert_harmless(&outcome.stderr, &outcome);
}

#[test]
fn nothing_in_a_file_name_reaches_the_terminal_as_it_is() {
    let archive = beside_a_neighbour("b\u{1b}[31m\n\u{202e}\r.gz", "no log file");
    let outcome = keytrail(args([&"keys", &archive.root()])).run().code(3);
    assert_harmless(&outcome.stderr, &outcome);
    let lines = outcome
        .stderr()
        .lines()
        .filter(|line| line.contains("[31m"))
        .count();
    assert_eq!(lines, 1, "one problem is one line\n{outcome}");
}

#[test]
fn a_spreadsheet_finds_no_formula() {
    let names = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", "a=1"];
    let events: Vec<Value> = names
        .iter()
        .map(|name| event("LTAI5tKey", "2024-03-05T09:21:32Z", "Ecs", name))
        .collect();
    let archive = Archive::of(&events);
    let command = args([
        &"last-used",
        &"events",
        &"LTAI5tKey",
        &archive.root(),
        &"-f",
        &"csv",
    ]);
    let outcome = keytrail(command).run().code(0);
    let mut reader = csv::Reader::from_reader(&outcome.stdout[..]);
    let column = reader
        .headers()
        .unwrap()
        .iter()
        .position(|header| header == "name")
        .unwrap();
    let mut found: Vec<String> = reader
        .records()
        .map(|record| record.unwrap()[column].to_owned())
        .collect();
    found.sort();
    let mut expected = [
        "'=1+1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "'\tx",
        "'\rx",
        "plain",
        "a=1",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected, "{outcome}");
}
