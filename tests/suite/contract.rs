//! The rows and the coverage of the contract: names, order, and what an empty answer is.

use serde_json::{Value, json};

use crate::support::archive::small_archive;
use crate::support::program::{args, keytrail};

/// The fields of `dump` and `last-used`.
const ENTRY_FIELDS: [&str; 18] = [
    "dimension",
    "access_key_id",
    "service_name",
    "resource_type",
    "name",
    "first_used",
    "first_event_id",
    "last_used",
    "last_event_id",
    "events",
    "errors",
    "source",
    "account_id",
    "owner_id",
    "user_name",
    "account_type",
    "last_success",
    "denied",
];

/// The fields of `keys`.
const KEY_FIELDS: [&str; 21] = [
    "access_key_id",
    "key_type",
    "account_id",
    "owner_id",
    "user_name",
    "account_type",
    "first_used",
    "last_used",
    "last_service",
    "last_event",
    "last_ip",
    "events",
    "errors",
    "services",
    "event_names",
    "ips",
    "resources",
    "last_success",
    "denied",
    "regions",
    "agents",
];

/// The fields of `lookup --raw`, the last of which is there for `--raw` only.
const CALL_FIELDS: [&str; 22] = [
    "event_time",
    "region",
    "account_id",
    "access_key_id",
    "user_name",
    "principal_id",
    "account_type",
    "service_name",
    "event_name",
    "rw",
    "event_type",
    "source_ip",
    "resources",
    "error_code",
    "error_message",
    "insight",
    "user_agent",
    "event_id",
    "request_id",
    "log_file",
    "record_number",
    "event",
];

#[test]
fn rows_have_the_fields_of_the_contract_in_its_order() {
    let archive = small_archive();
    let root = archive.root();
    let mut commands = vec![
        (args([&"dump", &root]), &ENTRY_FIELDS[..]),
        (args([&"keys", &root]), &KEY_FIELDS[..]),
        (args([&"lookup", &root]), &CALL_FIELDS[..21]),
        (args([&"lookup", &root, &"--raw"]), &CALL_FIELDS[..]),
    ];
    for what in ["info", "products", "events", "ips", "resources"] {
        commands.push((
            args([&"last-used", &what, &"LTAI5tAlice", &root]),
            &ENTRY_FIELDS[..],
        ));
    }
    for (command, fields) in commands {
        let run = |format: &str| {
            keytrail([&command[..], &args([&"-f", &format])].concat())
                .run()
                .code(0)
        };
        let outcome = run("json");
        let document = outcome.json();
        assert_eq!(
            document.as_object().unwrap().keys().collect::<Vec<_>>(),
            [
                "schema", "tool", "version", "command", "filters", "roots", "coverage", "rows"
            ]
        );
        let rows = outcome.rows();
        assert!(!rows.is_empty(), "the test checks nothing\n{outcome}");
        for row in rows.iter().chain(&run("jsonl").json_lines()) {
            assert_eq!(
                row.as_object().unwrap().keys().collect::<Vec<_>>(),
                fields,
                "{outcome}"
            );
        }
        let outcome = run("csv");
        assert_eq!(
            outcome.stdout().lines().next(),
            Some(&*fields.join(",")),
            "{outcome}"
        );
    }
}

#[test]
fn the_coverage_has_the_members_of_the_contract() {
    let archive = small_archive().file("notes.txt", "");
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--region",
        &"cn-hangzhou",
    ]))
    .run()
    .code(0);
    let compressed =
        ["a.gz", "copy.gz"].map(|name| std::fs::metadata(archive.path(name)).unwrap().len());
    let mut coverage = outcome.coverage();
    assert!(
        coverage["bytes"]["inflated"].as_u64().unwrap() > 1000,
        "{outcome}"
    );
    coverage["bytes"]["inflated"] = json!("checked");
    assert_eq!(
        coverage,
        json!({
            "files": {
                "found": 2, "read": 2, "partial": 0, "unreadable": 0, "ignored": 1, "links": 0,
                "pruned": 0, "folders_pruned": 0, "searched": 0, "count_mismatch": 0,
            },
            "bytes": {"compressed": compressed.iter().sum::<u64>(), "inflated": "checked"},
            "records": {"found": 5, "left_out": 0, "outside": 0, "conflicting": 0},
            "events": 4,
            "duplicates": 1,
            "without_key": 0,
            "span": {"first": "2024-03-05T09:21:32Z", "last": "2024-03-06T00:00:00Z"},
            "gaps": 0,
            "long_gaps": 0,
            "blind": [],
        })
    );
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--region",
        &"x",
    ]))
    .run()
    .code(1);
    assert_eq!(
        outcome.coverage()["span"],
        json!({"first": null, "last": null}),
        "{outcome}"
    );
    assert_eq!(
        outcome.coverage()["records"]["outside"],
        json!(5),
        "{outcome}"
    );
    assert_eq!(outcome.rows(), Vec::<Value>::new());
}

#[test]
fn an_empty_answer_is_still_an_answer_in_its_format() {
    let archive = small_archive();
    let run = |format: &str| {
        keytrail(args([
            &"dump",
            &archive.root(),
            &"-f",
            &format,
            &"--region",
            &"nowhere",
        ]))
        .run()
        .code(1)
    };
    assert_eq!(run("jsonl").stdout(), "");
    assert_eq!(
        run("csv").stdout().lines().count(),
        1,
        "a header and no rows"
    );
    assert_eq!(run("json").rows(), Vec::<Value>::new());
}

#[test]
fn rows_of_last_used_are_newest_first() {
    let archive = small_archive();
    let ask = |what: &str, options: &[&str]| {
        let mut command = args([
            &"last-used",
            &what,
            &"LTAI5tAlice",
            &archive.root(),
            &"-f",
            &"json",
        ]);
        command.extend(options.iter().map(Into::into));
        keytrail(command).run().code(0)
    };
    assert_eq!(ask("products", &[]).column("service_name"), ["Oss", "Ecs"]);
    assert_eq!(
        ask("events", &[]).column("name"),
        ["GetObject", "RunInstances", "DescribeInstances"]
    );
    assert_eq!(
        ask("events", &["--service", "eCS"]).column("name"),
        ["RunInstances", "DescribeInstances"]
    );
    assert_eq!(ask("ips", &[]).column("service_name"), ["Oss", "Ecs"]);
    assert_eq!(ask("resources", &[]).column("resource_type"), ["T"]);
    let keys = keytrail(args([&"keys", &archive.root(), &"-f", &"json"]))
        .run()
        .code(0);
    assert_eq!(keys.column("access_key_id"), ["STS.NUbob", "LTAI5tAlice"]);
    assert_eq!(keys.column("key_type"), ["sts", "long-term"]);
    assert_eq!(keys.column("events"), [1, 3]);
    assert_eq!(keys.column("errors"), [0, 1]);
}
