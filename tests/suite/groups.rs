//! Groups of call records: `lookup --by` against a plain grouping, copies, formats, secrets.

use std::ffi::OsString;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::lookup::{assert_rows, varied_archive};
use crate::support::archive::{Archive, array, event, with};
use crate::support::generate::{self, QuestionCase, typed};
use crate::support::program::{Outcome, args, keytrail};
use crate::support::reference::{self, Question};

fn groups(root: &Path, by: &str, options: &[String]) -> Outcome {
    let mut arguments = args([&"lookup", &root, &"--by", &by]);
    arguments.extend(options.iter().map(OsString::from));
    keytrail(arguments).run()
}

const COLUMNS: &[&str] = &[
    "region",
    "account_id",
    "access_key_id",
    "key_type",
    "user_name",
    "principal_id",
    "account_type",
    "service_name",
    "event_name",
    "rw",
    "event_type",
    "source_ip",
    "network",
    "resources",
    "error_code",
    "error_message",
    "insight",
    "user_agent",
    "event_id",
    "request_id",
    "log_file",
    "record_number",
    "hour",
    "day",
];

#[test]
fn groups_are_those_of_a_plain_grouping() {
    let (archive, files) = varied_archive();
    let root = archive.root();
    let answer = reference::answer(&files, &Question::default());
    for (number, column) in COLUMNS.iter().enumerate() {
        let other = COLUMNS[(number * 7 + 3) % COLUMNS.len()];
        for by in [vec![*column], vec![*column, other]] {
            let outcome = groups(&root, &by.join(","), &["-fjson".to_owned()]).code(0);
            assert_rows(&outcome, &answer.groups(&root, &by));
        }
    }
}

proptest! {
    #![proptest_config(generate::cases(32))]

    #[test]
    fn groups_agree_with_the_reference(
        files in generate::files(),
        asked in generate::question(),
        conditions in generate::conditions(),
        by in prop::collection::btree_set(select(COLUMNS), 1..4),
    ) {
        let (archive, files) = generate::build(&files);
        let QuestionCase { mut question, args } = asked;
        question.conditions = conditions
            .iter()
            .filter(|(option, _)| option != "region" && option != "account")
            .cloned()
            .collect();
        let by: Vec<&str> = by.into_iter().collect();
        let answer = reference::answer(&files, &question);
        let expected = answer.groups(&archive.root(), &by);
        let mut options = [args, typed(&question.conditions)].concat();
        options.push("-fjson".to_owned());
        let one = groups(&archive.root(), &by.join(","), &[&options[..], &["--threads=1".to_owned()]].concat());
        // Generated records have some that are not understood.
        let is_whole = one.coverage()["files"]["partial"] == json!(0);
        let one = one.code(if is_whole { i32::from(expected.is_empty()) } else { 3 });
        assert_rows(&one, &expected);
        let two = groups(&archive.root(), &by.join(","), &[&options[..], &["--threads=2".to_owned()]].concat());
        prop_assert_eq!(one.stdout(), two.stdout(), "two threads give another answer");
    }
}

fn calls() -> Archive {
    let call = |second: u32, key: &str, ip: &str, code: &str| {
        let call = event(key, &format!("2024-03-05T09:21:{second:02}Z"), "Ecs", "Run");
        with(call, json!({"sourceIpAddress": ip, "errorCode": code}))
    };
    Archive::of(&[
        call(1, "LTAI5tAlice", "198.51.100.7", ""),
        call(2, "LTAI5tAlice", "198.51.100.8", "NoPermission"),
        call(3, "STS.NUbob", "198.51.100.7, 10.0.0.1", "Throttling"),
        call(4, "", "2001:db8:1:2::7", ""),
    ])
}

#[test]
fn columns_may_be_named_as_their_conditions_are() {
    let archive = calls();
    let outcome = groups(&archive.root(), "key, network", &["-fjson".to_owned()]).code(0);
    let expected = [
        json!({
            "access_key_id": null, "network": "2001:db8:1::/48", "first": "2024-03-05T09:21:04Z",
            "last": "2024-03-05T09:21:04Z", "calls": 1, "errors": 0, "denied": 0,
            "last_success": "2024-03-05T09:21:04Z",
        }),
        json!({
            "access_key_id": "STS.NUbob", "network": "198.51.100.0/24",
            "first": "2024-03-05T09:21:03Z", "last": "2024-03-05T09:21:03Z", "calls": 1,
            "errors": 1, "denied": 0, "last_success": null,
        }),
        json!({
            "access_key_id": "LTAI5tAlice", "network": "198.51.100.0/24",
            "first": "2024-03-05T09:21:01Z", "last": "2024-03-05T09:21:02Z", "calls": 2,
            "errors": 1, "denied": 1, "last_success": "2024-03-05T09:21:01Z",
        }),
    ];
    assert_rows(&outcome, &expected);
    let document = outcome.stdout();
    for text in ["keytrail.lookup.groups/1", r#""command":"lookup""#] {
        assert!(document.contains(text), "{text}\n{outcome}");
    }
}

#[test]
fn every_format_of_rows_writes_groups() {
    let archive = calls();
    let out = |name: &str| archive.beside(name);
    for format in [
        "table",
        "json",
        "jsonl",
        "csv",
        "timesketch",
        "timesketch-csv",
    ] {
        let options = ["-f".to_owned(), format.to_owned()];
        let outcome = groups(&archive.root(), "day,key_type", &options).code(0);
        for text in ["2024-03-05", "long-term", "sts"] {
            assert!(
                outcome.stdout().contains(text),
                "{format} {text}\n{outcome}"
            );
        }
    }
    for format in ["parquet", "xlsx"] {
        let file = out(&format!("groups.{format}"));
        let options = ["-o".to_owned(), file.to_str().unwrap().to_owned()];
        groups(&archive.root(), "hour,record_number", &options).code(0);
        assert!(std::fs::metadata(&file).unwrap().len() > 100);
    }
    for format in ["api", "ocsf", "ecs"] {
        groups(
            &archive.root(),
            "key",
            &["-f".to_owned(), format.to_owned()],
        )
        .code(2);
    }
}

#[test]
fn an_event_counts_in_the_group_of_each_of_its_copies() {
    let one = event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "Run");
    let elsewhere = with(one.clone(), json!({"userAgent": "other"}));
    let archive = Archive::new()
        .gz("a.gz", array(&[one.clone(), one.clone()]))
        .gz("b.gz", array(&[elsewhere, one]));
    let calls = |by: &str| -> Vec<Value> {
        let outcome = groups(&archive.root(), by, &["-fjson".to_owned()]).code(0);
        outcome
            .rows()
            .iter()
            .map(|row| row["calls"].clone())
            .collect()
    };
    assert_eq!(calls("key"), [1]);
    assert_eq!(calls("agent"), [1, 1]);
    assert_eq!(calls("log_file"), [1, 1]);
}

#[test]
fn a_group_shows_no_secret() {
    let call = with(
        event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "Run"),
        json!({"userAgent": "https://example.com/?Signature=abcdef"}),
    );
    let archive = Archive::of(&[call]);
    let outcome = groups(&archive.root(), "agent", &["-fcsv".to_owned()]).code(0);
    assert!(!outcome.stdout().contains("abcdef"), "{outcome}");
    assert!(outcome.stdout().contains("redacted"), "{outcome}");
}

#[test]
fn groups_by_an_unknown_column_are_refused() {
    let archive = calls();
    for (by, expected) in [("colour", "access_key_id"), ("", "access_key_id")] {
        groups(&archive.root(), by, &[])
            .code(2)
            .reports(&[expected]);
    }
    groups(&archive.root(), "key", &["--order=oldest".to_owned()])
        .code(2)
        .reports(&["--by and --order do not go together"]);
    let outcome = groups(&archive.root(), "key", &["--event=Stop".to_owned()]).code(1);
    outcome.reports(&["4 events → event Stop 0"]);
}

#[test]
fn groups_could_not_be_limited() {
    let archive = calls();
    let limited = |limit: &str| {
        let options = ["-fjsonl".to_owned(), format!("--limit={limit}")];
        groups(&archive.root(), "event_id", &options).code(0)
    };
    let all = limited("99");
    assert!(!all.stderr().contains("showing"), "{all}");
    let first = limited("1");
    let all = all.json_lines();
    assert!(all.len() > 1);
    assert_eq!(first.json_lines(), all[..1]);
    first.reports(&[&format!("showing the newest 1 of {} groups", all.len())]);
}
