//! Damaged files: what stands before the fault is kept, and other files are read all the same.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{
    Archive, array, call_of, gzip, gzip_at, gzip_cut_after, gzip_with_wrong_checksum,
};
use crate::support::checks::{
    all_read, assert_contains, beside_a_neighbour, check, keys_of, one_partial, one_unreadable,
};
use crate::support::program::{args, keytrail};
use crate::support::reference::{self, LogFile, Question};

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
    .reports(&["b.gz"]);
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
        assert!(!expected.is_empty(), "the test checks nothing");
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
    .reports(&["b.gz"]);
}

#[test]
fn a_wrong_checksum_makes_a_file_partial_and_costs_no_record() {
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
    .reports(&["b.gz"]);
}

#[test]
fn a_wrong_length_makes_a_file_partial_and_costs_no_record() {
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
    assert_contains(&outcome.coverage(), &one_partial(), &outcome);
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
        &gzip(gzip("this is no log file\n")),
        &[0; 512],
        &gzip([0; 512]),
        b"PK\x03\x04",
    ] {
        let archive = beside_a_neighbour("b.gz", bytes);
        check(&archive, 3, &["LTAI5tNeighbour"], &one_unreadable()).reports(&["b.gz"]);
    }
}

#[test]
fn a_text_in_another_encoding_is_reported() {
    let text = format!("\u{feff}{}", array(&[call_of("LTAI5tWide")]));
    let wide: Vec<u8> = text
        .chars()
        .flat_map(|character| u32::from(character).to_be_bytes())
        .collect();
    let archive = beside_a_neighbour("b.gz", gzip(wide));
    check(
        &archive,
        3,
        &["LTAI5tNeighbour"],
        &json!({"files": {"found": 2, "read": 1}}),
    )
    .reports(&["b.gz"]);
}

#[test]
fn a_long_text_that_is_cut_off_is_reported_also_where_one_key_is_asked_for() {
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
        let outcome = keytrail(command).run().code(3).reports(&["b.gz"]);
        assert_contains(
            &outcome.coverage(),
            &json!({"files": {"found": 2, "read": 1, "partial": 1}}),
            &outcome,
        );
    }
}

#[test]
fn a_long_file_in_no_known_form_is_reported_also_where_one_key_is_asked_for() {
    let text = array(&vec![call_of("LTAI5tNeighbour"); 200]);
    let wide: Vec<u8> = text
        .chars()
        .flat_map(|character| u32::from(character).to_le_bytes())
        .collect();
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(200_000)
    .collect();
    // Each of them may hold events of the key.
    for bytes in [
        wide.clone(),
        [b"\xff\xfe\0\0", &*wide].concat(),
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
        let outcome = keytrail(command).run().code(3).reports(&["b.gz"]);
        assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
        assert_contains(
            &outcome.coverage(),
            &json!({"files": {"found": 2, "read": 1}}),
            &outcome,
        );
    }
}

#[test]
fn damage_is_reported_also_where_one_key_is_asked_for() {
    let text = array(&vec![call_of("LTAI5tOther"); 2000]);
    let whole = gzip(&text);
    let mut corrupt = whole.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 20].fill(0xff);
    for bytes in [
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - 3].to_vec(),
        [&*whole, b"garbage"].concat(),
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
        let outcome = keytrail(command).run().code(3).reports(&["b.gz"]);
        assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
        assert_contains(&outcome.coverage(), &one_partial(), &outcome);
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
            fs::write(neighbour.path("b.json"), bytes).unwrap();
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
fn garbage_after_a_member_is_reported_and_costs_no_record() {
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
        .reports(&["b.gz"]);
    }
}

#[test]
fn garbage_that_looks_like_the_end_of_a_member_is_reported_too() {
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
fn a_file_without_permission_to_read_is_reported() {
    let archive = beside_a_neighbour("b.gz", gzip(array(&[call_of("LTAI5tLocked")])));
    let path = archive.path("b.gz");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // Permissions do not stop the superuser: where this test may read the file, so may the program.
    if fs::read(&path).is_ok() {
        check(
            &archive,
            0,
            &["LTAI5tLocked", "LTAI5tNeighbour"],
            &all_read(2),
        );
    } else {
        check(&archive, 3, &["LTAI5tNeighbour"], &one_unreadable()).reports(&["b.gz"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_to_be_read_is_reported() {
    // Opens for everyone, has no length, and fails at the first byte.
    let broken = Path::new("/proc/self/mem");
    let archive = Archive::of(&[call_of("LTAI5tNeighbour")]);
    let outcome = keytrail(args([&"keys", &archive.root(), &broken, &"-f", &"json"]))
        .run()
        .code(3);
    assert_eq!(keys_of(&outcome), ["LTAI5tNeighbour"], "{outcome}");
    assert_contains(&outcome.coverage(), &one_unreadable(), &outcome);
    outcome.reports(&["/proc/self/mem"]);
}

/// Problems quote the beginning of what is not understood, and showed the secrets in it.
#[test]
fn what_a_problem_quotes_has_no_secrets() {
    let archive = Archive::new()
        .file("a.json", r#"[{"password": "hunter2" "eventTime": 1}]"#)
        .file("b.json", "token=hunter2 is no JSON")
        .file(
            "c.json",
            r#"[{"eventTime": "2024-03-05", "userIdentity": "{\"secret\":\"hunter2"}]"#,
        )
        .file("d.json", r#"[{"eventTime": "mysql://u:hunter2@h"}]"#);
    let errors = archive.beside("errors.jsonl");
    let command = args([&"keys", &archive.root(), &"-v", &"--errors-to", &errors]);
    let stderr = keytrail(command).run().code(3).stderr();
    let written = fs::read_to_string(&errors).unwrap();
    for text in [&stderr, &written] {
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(text.matches("[redacted ").count(), 3, "{text}");
    }
    // The secrets are left out of known problems, too.
    let command = args([&"keys", &archive.root(), &"--accept", &errors]);
    keytrail(command).run().code(1);
}
