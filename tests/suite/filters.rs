//! Windows, accounts, regions, and the search for one key: what is opened, parsed and counted.

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, small_archive, with};
use crate::support::program::{args, keytrail};

#[test]
fn a_window_includes_its_start_and_excludes_its_end() {
    let archive = small_archive();
    let events = |options: &[&str]| {
        let mut command = args([&"keys", &archive.root(), &"-f", &"json"]);
        command.extend(options.iter().map(Into::into));
        keytrail(command).run().json()["coverage"]["events"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(events(&[]), 4);
    assert_eq!(events(&["--since", "2024-03-05T09:21:33.25Z"]), 3);
    assert_eq!(events(&["--since", "2024-03-05T09:21:33.251Z"]), 2);
    assert_eq!(events(&["--until", "2024-03-05T09:21:33.250Z"]), 1);
    assert_eq!(
        events(&[
            "--until",
            "2024-03-05T17:21:34+08:00",
            "--since",
            "2024-03-05 09:21:33"
        ]),
        1
    );
    assert_eq!(events(&["--since", "@1709683200"]), 1);
    assert_eq!(
        events(&["--since", "2024-03-05 09:21", "--until", "2024-03-06"]),
        3
    );
    // An age is counted from now, which is long after the archive.
    assert_eq!(
        [events(&["--since", "24h"]), events(&["--until", "90m"])],
        [0, 4]
    );
    assert_eq!(events(&["--until", "7d"]), 4);
}

#[test]
fn files_of_other_days_are_not_opened() {
    let name = |day: &str| {
        format!(
            "prefix/AliyunLogs/Actiontrail/cn-hangzhou/2024/03/{day}/\
             Actiontrail_cn-hangzhou_202403{day}120000_1002_1_1146_8d2a62c7317236ee7bf50184a428d8a9.gz"
        )
    };
    // The event lies in the window wherever the file lies, so that only the path can keep it out.
    let archive = ["01", "09", "10", "11", "20"]
        .iter()
        .fold(Archive::new(), |archive, day| {
            archive.gz(
                name(day),
                array(&[event(
                    &format!("LTAI5t{day}"),
                    "2024-03-10T12:00:00Z",
                    "Ecs",
                    "Call",
                )]),
            )
        });
    let archive = archive.gz(
        "undated.gz",
        array(&[event(
            "LTAI5tUndated",
            "2024-03-10T12:00:00Z",
            "Ecs",
            "Call",
        )]),
    );
    let window = ["--since", "2024-03-10", "--until", "2024-03-11"];
    let mut command = args([&"keys", &archive.root(), &"-f", &"json"]);
    command.extend(window.iter().map(Into::into));
    let outcome = keytrail(command).run().code(0);
    let mut keys = outcome.column("access_key_id");
    keys.sort_by_key(Value::to_string);
    assert_eq!(
        keys,
        ["LTAI5t09", "LTAI5t10", "LTAI5t11", "LTAI5tUndated"],
        "{outcome}"
    );
    let files = &outcome.coverage()["files"];
    assert_eq!(
        [&files["found"], &files["read"], &files["folders_pruned"]],
        [&json!(4), &json!(4), &json!(2)],
        "{outcome}"
    );
    // A file that is not opened cannot be damaged.
    let archive = archive.file(name("02"), "no log file");
    let mut command = args([&"keys", &archive.root()]);
    command.extend(window.iter().map(Into::into));
    keytrail(command).run().code(0);
}

#[test]
fn accounts_and_regions_narrow_what_is_counted() {
    let call = |key, fields| with(call_of(key), fields);
    let archive = Archive::of(&[
        call(
            "LTAI5tOwn",
            json!({"recipientAccountId": "2", "acsRegion": "cn-beijing"}),
        ),
        call(
            "LTAI5tOther",
            json!({"recipientAccountId": "2", "userIdentity": {"accessKeyId": "LTAI5tOther"}}),
        ),
        call(
            "LTAI5tNone",
            json!({"acsRegion": null, "userIdentity": {"accessKeyId": "LTAI5tNone"}}),
        ),
    ]);
    let keys = |options: &[&str]| {
        let mut command = args([&"keys", &archive.root(), &"-f", &"json"]);
        command.extend(options.iter().map(Into::into));
        let outcome = keytrail(command).run();
        let outside = outcome.coverage()["records"]["outside"]
            .as_u64()
            .unwrap_or(0);
        assert_eq!(outside, 3 - outcome.rows().len() as u64, "{outcome}");
        outcome
            .column("access_key_id")
            .iter()
            .map(|key| key.as_str().unwrap()["LTAI5t".len()..].to_owned())
            .collect()
    };
    let keys = |options: &[&str]| -> String {
        let mut keys: Vec<String> = keys(options);
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(keys(&[]), "None Other Own");
    assert_eq!(keys(&["--account", "1663676968110001"]), "Own");
    assert_eq!(keys(&["--account", "2"]), "Other");
    assert_eq!(
        keys(&["--account", "2", "--account", "1663676968110001"]),
        "Other Own"
    );
    assert_eq!(keys(&["--region", "cn-hangzhou"]), "Other");
    assert_eq!(
        keys(&["--region", "cn-beijing", "--region", "cn-hangzhou"]),
        "Other Own"
    );
    assert_eq!(keys(&["--region", "CN-BEIJING"]), "");
    assert_eq!(keys(&["--region", "cn-beijing", "--account", "2"]), "");
}

/// Events of one key, so many that their text is searched before it is parsed.
fn many_events_of(key: &str) -> Vec<Value> {
    let time = |number| {
        format!(
            "2024-03-05T{:02}:{:02}:{:02}Z",
            number / 3600,
            number / 60 % 60,
            number % 60
        )
    };
    (0..200)
        .map(|number| {
            with(
                event(key, &time(number), "Ecs", "Call"),
                json!({"userAgent": "a".repeat(600)}),
            )
        })
        .collect()
}

#[test]
fn long_files_without_the_key_are_searched_and_counted_as_such() {
    let archive = Archive::new()
        .gz("alice.gz", array(&many_events_of("LTAI5tAlice")))
        .gz("bob.gz", array(&many_events_of("LTAI5tBob")));
    let ask = |what: &str| {
        keytrail(args([
            &"last-used",
            &what,
            &"LTAI5tAlice",
            &archive.root(),
            &"-f",
            &"json",
        ]))
        .run()
    };
    for what in ["info", "products", "events", "ips"] {
        let outcome = ask(what).code(0);
        assert_eq!(outcome.column("events"), [200], "{outcome}");
        let files = &outcome.coverage()["files"];
        assert_eq!(
            [&files["found"], &files["read"], &files["searched"]],
            [&json!(2), &json!(2), &json!(1)],
            "{outcome}"
        );
        let bytes =
            ["alice.gz", "bob.gz"].map(|name| std::fs::metadata(archive.path(name)).unwrap().len());
        assert_eq!(
            outcome.coverage()["bytes"]["compressed"],
            json!(bytes.iter().sum::<u64>()),
            "{outcome}"
        );
    }
    // A question about all keys reads every file.
    for command in ["keys", "dump"] {
        let outcome = keytrail(args([&command, &archive.root(), &"-f", &"json"]))
            .run()
            .code(0);
        assert_eq!(
            outcome.coverage()["files"]["searched"],
            json!(0),
            "{outcome}"
        );
        assert_eq!(outcome.coverage()["events"], json!(400), "{outcome}");
    }
}

#[test]
fn an_unknown_key_is_answered_alike_where_files_are_long() {
    let archive = Archive::new()
        .gz("alice.gz", array(&many_events_of("LTAI5tAlice")))
        .gz("bob.gz", array(&many_events_of("LTAI5tBob")));
    let command = args([&"last-used", &"info", &"LTAI5tAlicf", &archive.root()]);
    keytrail(command).run().code(1).reports(&[
        "LTAI5tAlicf",
        "LTAI5tAlice",
        "2024-03-05T00:00:00Z",
        "2024-03-05T00:03:19Z",
    ]);
}
