//! Which keys `keys` lists, what `last-used` asks beyond the cloud's own audit, and what both say of
//! success and denial.

use std::ffi::OsString;

use serde_json::{Value, json};

use crate::support::archive::{Archive, event, with};
use crate::support::program::{Outcome, args, keytrail};

/// One call of a key.
fn call(key: &str, time: &str, members: Value) -> Value {
    let mut event = event(key, time, "Ecs", "DescribeInstances");
    event["eventId"] = format!("{key} {time}").into();
    event["sourceIpAddress"] = "192.0.2.9".into();
    with(event, members)
}

fn ask(command: &[&str], archive: &Archive, options: &[&str]) -> Outcome {
    let mut all: Vec<OsString> = command.iter().map(OsString::from).collect();
    all.push(archive.root().into());
    all.extend(options.iter().map(OsString::from));
    keytrail(all).run()
}

/// The keys that are listed.
fn keys(archive: &Archive, options: &[&str]) -> Vec<String> {
    let outcome = ask(&["keys"], archive, &[options, &["-fjsonl"]].concat());
    let key = |row: &Value| row["access_key_id"].as_str().expect("a key").to_owned();
    outcome.json_lines().iter().map(key).collect()
}

/// Three keys of one account and one of another; the last event of the first account has no key.
fn archive() -> Archive {
    let of = |account: &str| json!({"userIdentity": {"accountId": account}});
    let in_account = |mut event: Value, account: &str| {
        event["userIdentity"]["accountId"] = account.into();
        event
    };
    let old = call(
        "LTAI5tOld",
        "2024-01-01T00:00:00Z",
        json!({"sourceIpAddress": "198.51.100.7"}),
    );
    let busy = |time| {
        call(
            "LTAI5tBusy",
            time,
            json!({"sourceIpAddress": "203.0.113.9"}),
        )
    };
    let sts = call(
        "STS.Late",
        "2024-03-30T00:00:00Z",
        json!({"errorCode": "Forbidden.RAM"}),
    );
    let other = call("LTAI5tOther", "2024-01-20T00:00:00Z", json!({}));
    let without_key = with(
        json!({"eventTime": "2024-04-10T00:00:00Z", "eventName": "ConsoleSignin"}),
        of("1"),
    );
    Archive::of(&[
        in_account(old, "1"),
        in_account(busy("2024-01-01T00:00:00Z"), "1"),
        in_account(busy("2024-04-01T00:00:00Z"), "1"),
        in_account(sts, "1"),
        in_account(other, "2"),
        without_key,
    ])
}

#[test]
fn keys_are_narrowed_by_type_and_first_use_and_address() {
    let archive = archive();
    assert_eq!(
        keys(&archive, &[]),
        ["LTAI5tBusy", "STS.Late", "LTAI5tOther", "LTAI5tOld"]
    );
    assert_eq!(keys(&archive, &["--type", "sts"]), ["STS.Late"]);
    assert_eq!(
        keys(&archive, &["--type=sts", "--type=other"]),
        ["STS.Late"]
    );
    let new = ["--new-since", "2024-01-20"];
    assert_eq!(keys(&archive, &new), ["STS.Late", "LTAI5tOther"]);
    assert_eq!(keys(&archive, &["--ip", "198.51.100.0/24"]), ["LTAI5tOld"]);
    let both = [
        "--ip",
        "198.51.100.7",
        "--ip",
        "203.0.113.9",
        "--type",
        "long-term",
    ];
    assert_eq!(keys(&archive, &both), ["LTAI5tBusy", "LTAI5tOld"]);
    ask(&["keys"], &archive, &["--ip", "192.0.2.1"])
        .code(1)
        .reports(&["the options that select keys"]);
    // What was used before --since is not known.
    ask(
        &["keys"],
        &archive,
        &["--new-since=2024-01-20", "--since=2024-02-01"],
    )
    .code(2)
    .reports(&["2024-02-01T00:00:00Z"]);
    assert_eq!(
        keys(&archive, &["--new-since=2024-01-20", "--since=2024-01-02"]).len(),
        3
    );
}

#[test]
fn a_key_is_unused_before_the_last_event_of_its_account() {
    let archive = archive();
    // The other account's only key was used with its last event.
    assert_eq!(keys(&archive, &["--unused", "30d"]), ["LTAI5tOld"]);
    assert_eq!(
        keys(&archive, &["--unused", "10d"]),
        ["STS.Late", "LTAI5tOld"]
    );
    assert_eq!(
        keys(&archive, &["--unused", "10d", "--until", "2024-02-01"]),
        ["LTAI5tBusy", "LTAI5tOld"]
    );
    // The window ends after the last event of the account.
    assert_eq!(
        keys(&archive, &["--unused", "9d", "--until", "2025-01-01"]),
        ["STS.Late", "LTAI5tOld"]
    );
    ask(&["keys"], &archive, &["--unused", "30d"])
        .code(0)
        .reports(&[
            "unused in account 1 means no use from 2024-03-11T00:00:00Z on",
            "unused in account 2 means no use from 2023-12-21T00:00:00Z on",
        ]);
    let refused = ask(
        &["keys"],
        &archive,
        &["--unused", "30d", "--since", "2024-01-01"],
    );
    refused.code(2).reports(&["--since"]);
}

/// A trail that was stopped for five days of March, as an archive of three keys.
fn stopped() -> Archive {
    let in_account = |key: &str, time: &str| {
        let mut event = call(key, time, json!({}));
        event["userIdentity"]["accountId"] = "1".into();
        event
    };
    let switch = |time: &str, name: &str| {
        let mut event = in_account("LTAI5tAdmin", time);
        event["serviceName"] = "Actiontrail".into();
        event["eventName"] = name.into();
        with(event, json!({"requestParameters": {"Name": "main"}}))
    };
    Archive::of(&[
        in_account("LTAI5tOld", "2024-01-01T00:00:00Z"),
        switch("2024-03-20T00:00:00Z", "StopLogging"),
        switch("2024-03-25T00:00:00Z", "StartLogging"),
        in_account("LTAI5tBusy", "2024-04-10T00:00:00Z"),
    ])
}

#[test]
fn a_key_is_not_called_unused_where_its_trail_was_stopped() {
    let archive = stopped();
    let unused = |age: &str, options: &[&str]| {
        let options = [&["--unused", age, "-q"], options].concat();
        ask(&["keys"], &archive, &options).code(0)
    };
    let rows = |age: &str| {
        let rows = unused(age, &["-fjsonl"]).json_lines();
        let row = |row: &Value| format!("{} {}", row["access_key_id"], row["unused"]);
        rows.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(
        rows("10d"),
        [r#""LTAI5tAdmin" "yes""#, r#""LTAI5tOld" "yes""#]
    );
    assert_eq!(rows("18d"), [r#""LTAI5tOld" "unknown""#]);
    ask(&["keys"], &archive, &["--unused", "18d"])
        .code(0)
        .reports(&["of 1 of 1 key it is unknown", "LTAI5tOld"]);
}

#[test]
fn keys_of_unknown_use_were_missing_in_answers_that_programs_read() {
    let archive = stopped();
    let unused = ["--unused", "18d", "-q"];
    let json = ask(&["keys"], &archive, &[&unused[..], &["-fjson"]].concat()).json();
    assert_eq!(json["rows"][0]["unused"], "unknown");
    let columns = ["-fcsv", "--columns", "unused,access_key_id"];
    let csv = ask(&["keys"], &archive, &[&unused[..], &columns].concat()).code(0);
    assert_eq!(csv.stdout(), "unused,access_key_id\nunknown,LTAI5tOld\n");
    // The column is there also where no row is, and only where it is asked for.
    let header = |options: &[&str]| {
        let csv = ask(&["keys"], &archive, &[&["-fcsv"], options].concat());
        csv.stdout().lines().next().unwrap_or_default().to_owned()
    };
    assert!(header(&["--unused", "365d"]).ends_with(",agents,unused"));
    assert!(header(&[]).ends_with(",agents"));
    ask(&["keys"], &archive, &["--columns", "unused"])
        .code(2)
        .reports(&["only with --unused"]);
}

#[test]
fn known_keys_that_never_occur_are_rows_without_events() {
    let archive = archive();
    let list = archive.beside("known.txt");
    std::fs::write(&list, "LTAI5tNever\nLTAI5tOld\n").expect("a list");
    let list = list.to_str().expect("a path");
    let outcome = ask(
        &["keys"],
        &archive,
        &["--expect", list, "--sort", "events", "-fjsonl"],
    );
    let rows = outcome.json_lines();
    assert_eq!(rows.len(), 5);
    let never = rows.last().expect("rows");
    assert_eq!(never["access_key_id"], "LTAI5tNever");
    assert_eq!([&never["events"], &never["agents"]], [0, 0]);
    for member in ["first_used", "last_used", "last_success", "account_id"] {
        assert_eq!(never[member], Value::Null, "{member}");
    }
    let unused = ["--expect", list, "--unused", "30d"];
    assert_eq!(keys(&archive, &unused), ["LTAI5tOld", "LTAI5tNever"]);
    for format in ["table", "json", "csv", "timesketch", "timesketch-csv"] {
        ask(&["keys"], &archive, &["--expect", list, "-f", format]).code(0);
    }
}

/// A file beside an archive, and its path.
fn list(archive: &Archive, text: &str) -> String {
    let path = archive.beside("known.txt");
    std::fs::write(&path, text).expect("a list");
    path.to_str().expect("a path").to_owned()
}

#[test]
fn known_keys_without_events_came_and_went_with_the_options_that_select_keys() {
    let archive = archive();
    let list = list(&archive, "LTAI5tNever\nSTS.Never\nLTAI5tOther\n");
    let listed = |options: &[&str]| keys(&archive, &[&["--expect", &list], options].concat());
    // What is asked of the key itself holds for one that never occurs.
    assert_eq!(listed(&["--type", "sts"]), ["STS.Late", "STS.Never"]);
    assert_eq!(listed(&["--unused", "30d", "--type", "sts"]), ["STS.Never"]);
    // A key that never occurs came from nowhere, and at no time.
    for option in [["--ip", "198.51.100.0/24"], ["--new-since", "2024-03-01"]] {
        let outcome = ask(
            &["keys"],
            &archive,
            &[&["--expect", &list], &option[..]].concat(),
        );
        let outcome = outcome.code(0).reports(&[
            "2 of 3 keys of ",
            &format!("have no event; they are no rows with {}", option[0]),
        ]);
        assert!(!outcome.stdout().contains("Never"), "{outcome}");
    }
    // What is outside of the filters is not called "never".
    let outside = ["--expect", &list, "--account", "1", "--until", "2025-01-01"];
    let outcome = ask(&["keys"], &archive, &[&outside[..], &["-fjsonl"]].concat());
    let outcome = outcome.code(0).reports(&[
        "3 of 3 keys of ",
        "have no event within --until and --account, and may have some outside",
    ]);
    let rows = outcome.json_lines();
    let other = rows
        .iter()
        .find(|row| row["access_key_id"] == "LTAI5tOther");
    assert_eq!(other.expect("a row")["events"], 0);
}

#[test]
fn a_known_key_in_another_case_was_one_that_never_occurs() {
    let archive = archive();
    let list = list(&archive, "ltai5told\n");
    ask(&["keys"], &archive, &["--expect", &list])
        .code(0)
        .reports(&["hint: ltai5told occurs as LTAI5tOld"]);
}

#[test]
fn a_list_without_keys_was_the_whole_answer() {
    let archive = archive();
    for (text, why) in [
        ("", "there is no AccessKey in"),
        ("# none yet\n\n", "there is no AccessKey in"),
        ("AccessKeyId,User\n-,alice\n", "there is no AccessKey in"),
        ("user,mfa\nalice,yes\n", "none of the 2 columns"),
    ] {
        let list = list(&archive, text);
        let expect = ask(&["keys"], &archive, &["--expect", &list]).code(2);
        expect.reports(&[why, "known.txt"]);
        let key = ask(&["lookup"], &archive, &["--key", &format!("@{list}")]).code(2);
        key.reports(&["--key", why, "known.txt"]);
    }
    let patterns = list(&archive, "LTAI5t****E001\n");
    ask(&["keys"], &archive, &["--expect", &patterns])
        .code(2)
        .reports(&["whole ones"]);
}

#[test]
fn lookup_did_not_take_the_report_that_keys_takes() {
    let archive = archive();
    let report = "user,access_key_1_id,access_key_2_id\n\"a, b\",LTAI5tOld,N/A\nc,-,STS.Late\n";
    let report = list(&archive, report);
    let calls = ask(
        &["lookup"],
        &archive,
        &["--key", &format!("@{report}"), "-fjsonl"],
    );
    let key = |row: &Value| row["access_key_id"].as_str().expect("a key").to_owned();
    let found: Vec<_> = calls.code(0).json_lines().iter().map(key).collect();
    assert_eq!(found, ["STS.Late", "LTAI5tOld"]);
}

#[test]
fn known_keys_were_rows_of_an_answer_to_no_log_file() {
    let archive = Archive::new();
    let list = list(&archive, "LTAI5tNever\n");
    ask(&["keys"], &archive, &["--expect", &list])
        .code(1)
        .reports(&["no log files in"]);
}

#[test]
fn keys_are_sorted_by_any_column() {
    let archive = archive();
    let sorted = |column: &str| keys(&archive, &["--sort", column]);
    assert_eq!(sorted("events")[0], "LTAI5tBusy");
    assert_eq!(sorted("denied")[0], "STS.Late");
    assert_eq!(
        sorted("access_key_id"),
        ["LTAI5tBusy", "LTAI5tOld", "LTAI5tOther", "STS.Late"]
    );
    assert_eq!(
        sorted("first_used"),
        ["STS.Late", "LTAI5tOther", "LTAI5tBusy", "LTAI5tOld"]
    );
    // A key that never succeeded comes last.
    assert_eq!(sorted("last_success")[3], "STS.Late");
}

#[test]
fn an_event_counts_once_in_each_of_its_regions_and_agents() {
    let copy = |region: &str, agent: &str| {
        let mut copy = call(
            "LTAI5tAlice",
            "2024-03-05T09:21:32Z",
            json!({"userAgent": agent}),
        );
        copy["acsRegion"] = region.into();
        copy
    };
    let archive = Archive::of(&[
        copy("cn-hangzhou", "curl"),
        copy("cn-beijing", "curl"),
        copy("cn-beijing", "Go"),
    ]);
    let rows = ask(&["keys"], &archive, &["-fjsonl"]).json_lines();
    let counts = ["events", "regions", "agents"].map(|name| rows[0][name].clone());
    assert_eq!(counts, [1, 2, 2]);
    let used = |what: &str, options: &[&str]| {
        let options = [options, &["-fjsonl"]].concat();
        let rows = ask(&["last-used", what, "LTAI5tAlice"], &archive, &options).json_lines();
        rows.iter()
            .map(|row| {
                format!(
                    "{} {}",
                    row["name"].as_str().expect("a name"),
                    row["events"]
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(used("regions", &[]), ["cn-beijing 1", "cn-hangzhou 1"]);
    assert_eq!(used("agents", &[]), ["Go 1", "curl 1"]);
    assert_eq!(
        used("regions", &["--no-dedup"]),
        ["cn-beijing 2", "cn-hangzhou 1"]
    );
    let api = ask(
        &["last-used", "regions", "LTAI5tAlice"],
        &archive,
        &["-fapi"],
    );
    api.code(2).reports(&["api"]);
}

#[test]
fn error_codes_have_first_and_last_use() {
    let archive = Archive::of(&[
        call(
            "LTAI5tAlice",
            "2024-03-05T09:21:31Z",
            json!({"errorCode": "Forbidden.RAM"}),
        ),
        call(
            "LTAI5tAlice",
            "2024-03-05T09:21:32Z",
            json!({"errorCode": "Throttling"}),
        ),
        call(
            "LTAI5tAlice",
            "2024-03-05T09:21:33Z",
            json!({"errorCode": ""}),
        ),
    ]);
    let rows = ask(
        &["last-used", "errors", "LTAI5tAlice"],
        &archive,
        &["-fjsonl"],
    )
    .json_lines();
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["name"].as_str().expect("a code"),
                &row["denied"],
                &row["last_success"],
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("Throttling", &json!(0), &Value::Null),
            ("Forbidden.RAM", &json!(1), &Value::Null)
        ]
    );
    let info = ask(
        &["last-used", "info", "LTAI5tAlice"],
        &archive,
        &["-fjsonl"],
    )
    .json_lines();
    assert_eq!([&info[0]["errors"], &info[0]["denied"]], [2, 1]);
    assert_eq!(info[0]["last_success"], "2024-03-05T09:21:33Z");
}

#[test]
fn a_user_agent_does_not_show_the_secret_that_it_quotes() {
    let agent = json!({"userAgent": "curl/8 token=s3cr3tv4lue"});
    let archive = Archive::of(&[call("LTAI5tAlice", "2024-03-05T09:21:31Z", agent)]);
    for command in [&["dump"][..], &["last-used", "agents", "LTAI5tAlice"]] {
        for format in ["table", "json", "csv", "timesketch", "timesketch-csv"] {
            let outcome = ask(command, &archive, &["-f", format]).code(0);
            let text = outcome.stdout();
            assert!(!text.contains("s3cr3tv4lue"), "{outcome}");
            assert!(text.contains("[redacted 11 chars sha256:"), "{outcome}");
        }
    }
}

#[test]
fn spellings_of_a_service_are_one_row_where_it_is_named() {
    let in_service = |second: u32, service: &str, members: Value| {
        let time = format!("2024-03-05T09:21:{second:02}Z");
        let mut call = call("LTAI5tAlice", &time, members);
        call["serviceName"] = service.into();
        call
    };
    let archive = Archive::of(&[
        in_service(31, "Ecs", json!({})),
        in_service(33, "ECS", json!({"errorCode": "Forbidden"})),
        in_service(32, "ecs", json!({})),
        in_service(34, "Oss", json!({})),
    ]);
    for what in ["products", "ips", "events"] {
        let command = ["last-used", what, "LTAI5tAlice"];
        let rows = ask(&command, &archive, &["--service", "eCS", "-fjsonl"]).json_lines();
        assert_eq!(rows.len(), 1, "{what}: {rows:?}");
        let row = &rows[0];
        let counts = ["events", "errors", "denied"].map(|name| row[name].clone());
        assert_eq!(counts, [3, 1, 1]);
        assert_eq!(row["service_name"], "ECS");
        assert_eq!(row["first_used"], "2024-03-05T09:21:31Z");
        assert_eq!(row["last_success"], "2024-03-05T09:21:32Z");
        // Without the option every spelling is a row, with its service.
        let rows = ask(&command, &archive, &["-fjsonl"]).json_lines();
        assert_eq!(rows.len(), 4, "{what}: {rows:?}");
        let table = ask(&command, &archive, &[]).code(0);
        assert!(table.stdout().contains("service_name"), "{table}");
    }
    let api = ask(
        &["last-used", "ips", "LTAI5tAlice"],
        &archive,
        &["--service=ecs", "-fapi"],
    );
    assert_eq!(api.json()["Ips"].as_array().expect("a list").len(), 1);
}

#[test]
fn info_refuses_a_service_instead_of_answering_for_all() {
    for format in ["table", "json", "api"] {
        ask(
            &["last-used", "info", "LTAI5tAlice"],
            &archive(),
            &["--service", "Kms", "-f", format],
        )
        .code(2)
        .reports(&["last-used products LTAI5tAlice ARCHIVE --service Kms"]);
    }
}

#[test]
fn the_footer_of_one_key_counts_its_events_beside_those_of_all() {
    let archive = archive();
    ask(&["last-used", "events", "LTAI5tBusy"], &archive, &[])
        .code(0)
        .reports(&["2 events of the key, of 6 read"]);
    keytrail(args([&"keys", &archive.root()]))
        .run()
        .code(0)
        .reports(&["6 events"]);
}

#[test]
fn info_says_what_is_of_the_last_event() {
    let info = ask(&["last-used", "info", "LTAI5tBusy"], &archive(), &[]).code(0);
    assert!(
        info.stdout().contains("service_name (last event):"),
        "{info}"
    );
}
