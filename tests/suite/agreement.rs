//! The program gives the answers of the reference, on random archives.

use std::ffi::OsString;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip_at, with};
use crate::support::generate::{self, QuestionCase};
use crate::support::program::{Outcome, args, keytrail};
use crate::support::reference::{self, Answer, LogFile, Question};

/// The commands of `last-used` and the dimension that each one shows.
const LAST_USED: [(&str, &str); 8] = [
    ("info", "key"),
    ("products", "service"),
    ("events", "event"),
    ("ips", "ip"),
    ("resources", "resource"),
    ("regions", "region"),
    ("agents", "agent"),
    ("errors", "error"),
];

fn ask(command: &[&str], root: &std::path::Path, options: &[String]) -> Outcome {
    let mut args: Vec<OsString> = command.iter().map(OsString::from).collect();
    args.push(root.into());
    args.extend(options.iter().map(OsString::from));
    keytrail(args).run()
}

/// Checks the exit code: 3 where the coverage has partial or unreadable files, 1 where there is nothing
/// to show.
#[track_caller]
fn assert_exit_code(outcome: &Outcome, rows: &[Value]) {
    let files = &outcome.coverage()["files"];
    let is_whole = files["partial"] == json!(0) && files["unreadable"] == json!(0);
    let expected = if is_whole {
        i32::from(rows.is_empty())
    } else {
        3
    };
    outcome.clone().code(expected);
}

/// Whether a key can be typed and is taken as it is. Those that look like options, or have what belongs
/// to no key, are left to other tests.
fn is_typed_as_it_is(key: &str) -> bool {
    !key.starts_with('-')
        && key
            .chars()
            .all(|one| one.is_alphanumeric() || matches!(one, '.' | '-' | '_'))
}

/// Compares rows one by one, so that a failure shows the first row that differs.
#[track_caller]
fn assert_rows(outcome: &Outcome, actual: &[Value], expected: &[Value]) {
    for (number, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert_eq!(
            actual, expected,
            "row {number}, the program's first\n{outcome}"
        );
    }
    assert_eq!(
        actual.len(),
        expected.len(),
        "the number of rows, the program's first\n{outcome}"
    );
}

/// Takes out the blind times, which have tests of their own.
pub(super) fn without_blind(coverage: &mut Value) {
    coverage.as_object_mut().unwrap().remove("blind");
}

/// Checks the coverage, but for `count_mismatch` where records were left out: the contract does not define it there.
#[track_caller]
fn assert_coverage(outcome: &Outcome, answer: &Answer) {
    let (mut actual, mut expected) = (outcome.coverage(), answer.coverage());
    without_blind(&mut actual);
    if expected["records"]["left_out"] != json!(0) {
        for coverage in [&mut actual, &mut expected] {
            coverage["files"]
                .as_object_mut()
                .unwrap()
                .shift_remove("count_mismatch");
        }
    }
    assert_eq!(
        actual, expected,
        "the coverage, the program's first\n{outcome}"
    );
}

/// Checks the order of the contract for `last-used`; ties beyond it may stand in any order.
#[track_caller]
fn assert_last_used(outcome: &Outcome, actual: &[Value], expected: &[Value]) {
    let name = |row: &Value| match row["dimension"].as_str() {
        Some("service") => row["service_name"].clone(),
        _ => row["name"].clone(),
    };
    let order = |rows: &[Value]| -> Vec<_> {
        rows.iter()
            .map(|row| (row["last_used"].clone(), name(row)))
            .collect()
    };
    assert_eq!(
        order(actual),
        order(expected),
        "newest first, then by name; the program's first\n{outcome}"
    );
    let sorted = |rows: &[Value]| {
        let mut rows = rows.to_vec();
        rows.sort_by_key(Value::to_string);
        rows
    };
    assert_rows(outcome, &sorted(actual), &sorted(expected));
}

fn with_threads(options: &[String], threads: &str) -> Vec<String> {
    [
        options,
        &[
            "-f".to_owned(),
            "json".to_owned(),
            "--threads".to_owned(),
            threads.to_owned(),
        ],
    ]
    .concat()
}

proptest! {
    #![proptest_config(generate::cases(96))]

    #[test]
    fn every_command_agrees_with_the_reference(
        files in generate::files(),
        asked in generate::question(),
        key in any::<Index>(),
        service in generate::service(),
    ) {
        let (archive, files) = generate::build(&files);
        let QuestionCase { question, args } = asked;
        let answer = reference::answer(&files, &question);

        let expected = answer.dump();
        let outcome = ask(&["dump"], &archive.root(), &with_threads(&args, "1"));
        assert_exit_code(&outcome, &expected);
        assert_rows(&outcome, &outcome.rows(), &expected);
        assert_coverage(&outcome, &answer);

        let on_two_threads = ask(&["dump"], &archive.root(), &with_threads(&args, "2"));
        assert_eq!(outcome.stdout(), on_two_threads.stdout(), "two threads give another answer");

        let expected = answer.keys();
        let outcome = ask(&["keys"], &archive.root(), &with_threads(&args, "2"));
        assert_exit_code(&outcome, &expected);
        assert_rows(&outcome, &outcome.rows(), &expected);
        assert_coverage(&outcome, &answer);

        // One key for each archive: all keys would take five times the runs and test little more.
        let mut keys = answer.key_ids();
        keys.retain(|key| is_typed_as_it_is(key));
        let key = if keys.is_empty() { "LTAI5tNobody" } else { &keys[key.index(keys.len())] };
        for (command, dimension) in LAST_USED {
            let has_service = dimension != "key";
            let service = service.filter(|_| has_service);
            let mut args = with_threads(&args, "2");
            args.extend(service.iter().flat_map(|service| ["--service".to_owned(), (*service).to_owned()]));
            let expected = answer.last_used(dimension, key, service);
            let outcome = ask(&["last-used", command, key], &archive.root(), &args);
            assert_exit_code(&outcome, &expected);
            assert_last_used(&outcome, &outcome.rows(), &expected);
        }
    }

    #[test]
    fn all_formats_hold_the_same_rows(files in generate::files()) {
        let (archive, _) = generate::build(&files);
        let format = |format: &str| ask(&["dump"], &archive.root(), &["-f".to_owned(), format.to_owned()]);
        let document = format("json");
        let rows = document.rows();

        let lines = format("jsonl");
        assert_rows(&lines, &lines.json_lines(), &rows);

        let table = format("csv");
        let mut reader = csv::Reader::from_reader(&table.stdout[..]);
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), rows.len(), "{table}");
        for (record, row) in records.iter().zip(&rows) {
            let row = row.as_object().unwrap();
            assert_eq!(names, row.keys().cloned().collect::<Vec<_>>(), "the names of the fields\n{table}");
            for (cell, value) in record.iter().zip(row.values()) {
                assert_eq!(cell, csv_cell(value), "{table}");
            }
        }
    }
}

/// A value as the CSV format writes it, with its guard against formulas.
fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => guarded(text),
        number => number.to_string(),
    }
}

/// The text with an apostrophe before each formula: at the beginning, and behind what ends a cell,
/// blanks and quotes looked through.
fn guarded(text: &str) -> String {
    let formulas = "=+-@＝＋－＠﹦﹢﹣﹫−";
    let mut guarded = String::new();
    for (at, character) in text.char_indices() {
        let before = text[..at].trim_end_matches([' ', '"']);
        let begins = before.is_empty() || before.ends_with([';', '|', '\t', '\r', '\n']);
        let is_blank_first = at == 0 && matches!(character, '\t' | '\r' | '\n');
        if begins && formulas.contains(character) || is_blank_first {
            guarded.push('\'');
        }
        guarded.push(character);
    }
    guarded
}

/// Checks the coverage when one file is damaged; how its broken rest is counted is not defined.
#[track_caller]
fn assert_damage(outcome: &Outcome, answer: &Answer) {
    let (actual, expected) = (outcome.coverage(), answer.coverage());
    for name in ["events", "duplicates", "without_key", "span"] {
        assert_eq!(
            actual[name], expected[name],
            "{name}, the program's first\n{outcome}"
        );
    }
    let number = |pointer: &str| {
        actual
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| panic!("{outcome}"))
    };
    let files = number("/files/found");
    assert_eq!(
        files,
        number("/files/read") + number("/files/partial") + number("/files/unreadable"),
        "{outcome}"
    );
    assert_eq!(
        actual["files"]["read"], expected["files"]["read"],
        "whole files, the program's first\n{outcome}"
    );
    let sum = number("/records/left_out")
        + actual
            .pointer("/records/outside")
            .and_then(Value::as_u64)
            .unwrap_or(0)
        + number("/events")
        + number("/duplicates");
    assert_eq!(number("/records/found"), sum, "{outcome}");
}

/// Elements of an array that are no JSON, though their quotes and brackets balance.
///
/// Where one of them is taken for an event after all, it is an event of the key `BROKEN`.
const BROKEN_ELEMENTS: [&str; 20] = [
    r#"{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"BROKEN"},}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"BROKEN",,}}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z" "userIdentity":{"accessKeyId":"BROKEN"}}"#,
    r#"{"eventTime" "2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"BROKEN"}}"#,
    r#"{eventTime:"2024-03-05T09:21:32Z","userIdentity":{accessKeyId:"BROKEN"}}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","eventId":tru,"userIdentity":{"accessKeyId":"BROKEN"}}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","eventId":"\x","userIdentity":{"accessKeyId":"BROKEN"}}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","eventId":"\ud8zz","userIdentity":{"accessKeyId":"BROKEN"}}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","eventId":01,"userIdentity":{"accessKeyId":"BROKEN"}}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","eventId":,"userIdentity":{"accessKeyId":"BROKEN"}}"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","other":NaN,"userIdentity":{"accessKeyId":"BROKEN"}}"#,
    "{\"eventTime\":\"2024-03-05T09:21:32Z\",\"eventId\":\"a\nb\",\"userIdentity\":{\"accessKeyId\":\"BROKEN\"}}",
    r#"{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"BROKEN"}}7"#,
    r#"{"eventTime":"2024-03-05T09:21:32Z","userIdentity":{"accessKeyId":"BROKEN"}}{}"#,
    r#"{"userIdentity"}"#,
    "{:}",
    "{,}",
    "tru",
    "-",
    r#""\x""#,
];

proptest! {
    #![proptest_config(generate::cases(48))]

    /// A file that ends too early gives the records that are complete; other files give all.
    #[test]
    fn a_cut_file_costs_its_rest_and_nothing_else(
        files in generate::files().prop_filter("a text to cut", |files| files[0].can_be_cut()),
        level in prop::sample::select(vec![0, 6]),
        cut in any::<Index>(),
    ) {
        let (archive, mut log_files) = generate::build(&files);
        let mut bytes = gzip_at(level, files[0].text());
        bytes.truncate(1 + cut.index(bytes.len() - 1));
        let archive = archive.file(files[0].path, &bytes);
        log_files[0].bytes = bytes;
        let answer = reference::answer(&log_files, &Question::default());

        let outcome = ask(&["dump"], &archive.root(), &with_threads(&[], "2")).code(3);
        assert_rows(&outcome, &outcome.rows(), &answer.dump());
        assert_damage(&outcome, &answer);
    }

    /// A corrupt file gives the records that any inflater gets out of it before the fault.
    #[test]
    fn a_corrupt_file_gives_what_can_be_inflated(
        files in generate::files().prop_filter("a text to cut", |files| files[0].can_be_cut()),
        place in any::<Index>(),
        flip in 1_u8..,
    ) {
        const HEADER: usize = 10;
        let (archive, mut log_files) = generate::build(&files);
        let mut bytes = gzip_at(6, files[0].text());
        let place = HEADER + place.index(bytes.len() - HEADER);
        bytes[place] ^= flip;
        let archive = archive.file(files[0].path, &bytes);
        let (inflated, whole) = reference::inflate(&bytes);
        log_files[0].bytes = bytes;
        let answer = reference::answer(&log_files, &Question::default());
        let expected = answer.dump();

        let outcome = ask(&["dump"], &archive.root(), &with_threads(&[], "2"));
        if whole {
            // The flipped bit was padding.
            assert_rows(&outcome, &outcome.rows(), &expected);
            assert_exit_code(&outcome, &expected);
        } else {
            // Only where the fault has not changed the text before it was noticed.
            if files[0].text().starts_with(&inflated) {
                assert_rows(&outcome, &outcome.rows(), &expected);
                assert_damage(&outcome, &answer);
            }
            outcome.code(3);
        }
    }

    /// Of the elements of an array, at most the broken one is left out.
    #[test]
    fn a_broken_element_costs_no_other_element(
        files in generate::files(),
        broken in prop::sample::select(BROKEN_ELEMENTS.to_vec()),
        place in any::<Index>(),
    ) {
        let (archive, mut log_files) = generate::build(&files);
        log_files[0].bytes = files[0].as_array(None);
        let answer = reference::answer(&log_files, &Question::default());
        let archive = archive.file(files[0].path, files[0].as_array(Some((place, broken))));

        let outcome = ask(&["dump"], &archive.root(), &with_threads(&[], "2"));
        let kept: Vec<Value> =
            outcome.rows().into_iter().filter(|row| row["access_key_id"] != json!("BROKEN")).collect();
        assert_rows(&outcome, &kept, &answer.dump());
        assert_exit_code(&outcome, &outcome.rows());
    }
}

proptest! {
    #![proptest_config(generate::cases(4))]

    /// Long texts come to the readers in pieces.
    #[test]
    fn a_long_file_is_read_like_a_short_one(
        files in generate::files().prop_filter("a file of records", |files| files[0].has_records()),
        cuts in prop::collection::vec(any::<Index>(), 2),
    ) {
        let text = files[0].as_long_array(600_000);
        let cut = cuts[0].index(text.len());
        let whole = gzip_at(6, &text);
        let kept = whole.len() / 2 + cuts[1].index(whole.len() / 2);
        for (bytes, code) in [
            (text.clone(), None),
            ([gzip_at(1, &text[..cut]), gzip_at(6, &text[cut..])].concat(), None),
            (whole[..kept].to_vec(), Some(3)),
        ] {
            let archive = Archive::new().file("a.gz", &bytes);
            let file = LogFile { path: archive.path("a.gz"), bytes };
            let answer = reference::answer(&[file], &Question::default());
            let expected = answer.dump();
            let outcome = ask(&["dump"], &archive.root(), &with_threads(&[], "2"));
            assert_rows(&outcome, &outcome.rows(), &expected);
            match code {
                None => assert_coverage(&outcome, &answer),
                Some(_) => assert_damage(&outcome, &answer),
            }
            // A long text is searched where one key is asked for.
            let keys = answer.key_ids();
            let key = keys.iter().find(|key| is_typed_as_it_is(key));
            if let Some(key) = key {
                let expected = answer.last_used("event", key, None);
                let outcome = ask(&["last-used", "events", key], &archive.root(), &with_threads(&[], "2"));
                assert_last_used(&outcome, &outcome.rows(), &expected);
            }
            match code {
                Some(code) => drop(outcome.code(code)),
                None => assert_exit_code(&outcome, &expected),
            }
        }
    }
}

/// The few events of a key are found anywhere in long files, however the key is spelt.
#[test]
fn one_key_of_long_files_is_answered_like_all_keys() {
    let key = "LTAI5tWanted";
    let filler = "f".repeat(1000);
    let other = |number: usize| {
        let fields = json!({"eventId": format!("{number}"), "userAgent": filler});
        with(call_of("LTAI5tOther"), fields).to_string()
    };
    let wanted = |number: usize, spelt: &str| {
        let time = format!("2024-03-05T10:00:{:02}Z", number % 60);
        let call = with(
            event(key, &time, "Oss", "PutObject"),
            json!({"eventId": format!("w{number}")}),
        );
        call.to_string().replace(key, spelt)
    };
    let archive = Archive::new();
    let mut files = Vec::new();
    // Texts of about 0.2 and 3 MB; the event of the key at their beginning, middle and end, or nowhere.
    for length in [120, 1900] {
        for (number, place) in [Some(0), Some(length / 2), Some(length - 1), None]
            .into_iter()
            .enumerate()
        {
            let mut records: Vec<String> = (0..length).map(other).collect();
            let spelt = ["LTAI5tWanted", "LTAI5t\\u0057anted", "\\u004cTAI5tWanted"][number % 3];
            let of_key = place.map(|_| wanted(length + number, spelt));
            if let Some(place) = place {
                records.splice(place..place, of_key.clone());
            }
            let name = format!("{length}-{number}.gz");
            let bytes = gzip_at(1, format!("[{}]", records.join(",\n")));
            std::fs::write(archive.path(&name), bytes).unwrap();
            // The reference gets the events of the key only.
            files.push(LogFile {
                path: archive.path(&name),
                bytes: of_key.unwrap_or_default().into_bytes(),
            });
        }
    }
    let answer = reference::answer(&files, &Question::default());
    for (command, dimension) in LAST_USED {
        let expected = answer.last_used(dimension, key, None);
        let outcome = ask(
            &["last-used", command, key],
            &archive.root(),
            &with_threads(&[], "2"),
        );
        assert_last_used(&outcome, &outcome.rows(), &expected);
        let files = outcome.coverage()["files"].clone();
        assert_eq!(files["read"], json!(8), "{outcome}");
        assert_eq!(files["searched"], json!(2), "{outcome}");
        assert_exit_code(&outcome, &expected);
    }
}

/// Pseudo-random numbers, the same in each run.
fn numbers(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// More files than threads, full of ties and copies: no schedule may show in the answer.
#[test]
fn no_number_of_threads_shows_in_the_answer() {
    let mut below = numbers(7);
    let mut archive = Archive::new();
    let mut files = Vec::new();
    for number in 0..150 {
        let events: Vec<Value> = (0..below(12))
            .map(|_| {
                let time = format!("2024-03-05T09:21:3{}Z", below(3));
                let key = format!("LTAI5t{}", below(6));
                let call = event(
                    &key,
                    &time,
                    if below(2) == 0 { "Ecs" } else { "Oss" },
                    "Call",
                );
                let fields = json!({
                    "eventId": format!("E{}", below(40)),
                    "sourceIpAddress": format!("198.51.100.{}", below(4)),
                    "errorCode": if below(4) == 0 { "Forbidden" } else { "" },
                    "requestId": number,
                });
                let mut call = with(call, fields);
                call["userIdentity"]["userName"] = json!(format!("user {}", below(3)));
                call
            })
            .collect();
        let path = format!("{}/{number}.gz", ["a", "a.b", "a-", "b/c"][number % 4]);
        let bytes = gzip_at(6, array(&events));
        archive = archive.file(&path, &bytes);
        files.push(LogFile {
            path: archive.path(&path),
            bytes,
        });
    }
    let answer = reference::answer(&files, &Question::default());
    assert_ne!(
        answer.coverage()["duplicates"],
        json!(0),
        "the test checks nothing"
    );
    let one = ask(&["dump"], &archive.root(), &with_threads(&[], "1")).code(0);
    assert_rows(&one, &one.rows(), &answer.dump());
    assert_coverage(&one, &answer);
    for threads in ["2", "3", "8", "32"] {
        let many = ask(&["dump"], &archive.root(), &with_threads(&[], threads)).code(0);
        assert_eq!(one.stdout(), many.stdout(), "{threads} threads");
    }
    // Ties are broken by the number of the root first, so folders named in the order of their paths
    // give what the folder above them gives.
    let folders = ["a-", "a.b", "a", "b"].map(|folder| archive.path(folder));
    let [first, second, third, fourth] = &folders;
    let by_folder = keytrail(args([
        &"dump", first, second, third, fourth, &"-f", &"json",
    ]))
    .run()
    .code(0);
    assert_eq!(
        one.without_roots(),
        by_folder.without_roots(),
        "the folders one by one"
    );
    // The details come from the record itself, which only its place distinguishes from equal ones.
    let api = |threads: &str| {
        let command = args([
            &"last-used",
            &"ips",
            &"LTAI5t1",
            &archive.root(),
            &"-f",
            &"api",
            &"--threads",
            &threads,
        ]);
        keytrail(command).run().code(0)
    };
    let one = api("1");
    for threads in ["2", "8"] {
        assert_eq!(one.stdout(), api(threads).stdout(), "{threads} threads");
    }
}

/// Event IDs are packed by their form; their order is that of their bytes all the same.
#[test]
fn event_ids_are_ordered_by_their_bytes_whatever_their_form() {
    let ids = [
        "",
        "A1",
        "A1\0",
        "~",
        "é",
        "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA",
        "FE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA",
        "ae3b631d-b6be-5bfc-9f14-6baa2683b0ba",
        "AE3B631D-B6BE-5BFC-9F14-6baa2683b0ba",
        "0E3B631D-B6BE-5BFC-9F14-6BAA2683B0BA",
        "00000000-0000-0000-0000-000000000000",
        "68D4BC64B29A8D36369698D9",
        "F8D4BC64B29A8D36369698D9",
        "a8d4bc64b29a8d36369698d9",
        "68D4BC64B29A8D36",
        "68D4BC64B29A8D363",
        "1.167_1627549154939_339a",
    ];
    let mut events = Vec::new();
    for (number, first) in ids.iter().enumerate() {
        for (other, second) in ids.iter().enumerate() {
            for id in [first, second] {
                let key = format!("LTAI5t{number:02}{other:02}");
                let call = event(&key, "2024-03-05T09:21:32Z", "Ecs", id);
                events.push(with(call, json!({"eventId": id})));
            }
        }
    }
    let archive = Archive::of(&events);
    let bytes = std::fs::read(archive.path("a.gz")).unwrap();
    let file = LogFile {
        path: archive.path("a.gz"),
        bytes,
    };
    let answer = reference::answer(&[file], &Question::default());
    let outcome = ask(&["keys"], &archive.root(), &with_threads(&[], "1")).code(0);
    assert_rows(&outcome, &outcome.rows(), &answer.keys());
    let outcome = ask(&["dump"], &archive.root(), &with_threads(&[], "1")).code(0);
    assert_rows(&outcome, &outcome.rows(), &answer.dump());
}
