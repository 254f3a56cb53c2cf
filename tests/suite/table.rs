//! The table format and its footer, as a person sees them.

use serde_json::json;

use crate::support::archive::{Archive, call_of, plain_archive, with};
use crate::support::program::{args, keytrail};

#[test]
fn keys_of_a_damaged_archive_as_a_person_sees_them() {
    let archive = plain_archive();
    let outcome = keytrail(args([&"keys", &archive.root()])).run();
    insta::assert_snapshot!(outcome.snapshot(&archive.root()), @r"
    exit code 3
    --- stdout
    access_key_id  key_type   account_id        user_name  first_used            last_used             last_success          last_service  last_event  last_ip       events  errors  services  event_names  ips  resources  denied  regions  agents
    STS.NUbob      sts        1663676968110001  alice      2024-03-06T00:00:00Z  2024-03-06T00:00:00Z  2024-03-06T00:00:00Z  Ram           ListUsers   198.51.100.7       1       0         1            1    1          0       0        1       1
    LTAI5tAlice    long-term  1663676968110001  alice      2024-03-05T09:21:32Z  2024-03-05T09:21:34Z  2024-03-05T09:21:32Z  Oss           GetObject   198.51.100.7       2       1         2            2    1          0       1        1       1
    --- stderr
    keytrail: [DIR]/cut.json: from byte 558 of the text on, it has brackets or quotes that do not balance; the rest is left out
    1 of 2 log files read, 1 partial, 1 other file ignored (2.23 kB on disk, 2.23 kB of text)
    3 events, 1 duplicate not counted; first 2024-03-05T09:21:32Z, last 2024-03-06T00:00:00Z
    ");
}

#[test]
fn last_uses_as_a_person_sees_them() {
    let archive = plain_archive();
    let command = args([
        &"last-used",
        &"events",
        &"LTAI5tAlice",
        &archive.path("a.json"),
        &"-q",
    ]);
    insta::assert_snapshot!(keytrail(command).run().snapshot(&archive.root()), @r"
    exit code 0
    --- stdout
    service_name  name               first_used            last_used             events  errors  source
    Oss           GetObject          2024-03-05T09:21:34Z  2024-03-05T09:21:34Z       1       1  ManagementEvent
    Ecs           DescribeInstances  2024-03-05T09:21:32Z  2024-03-05T09:21:32Z       1       0  ManagementEvent
    --- stderr
    ");
}

#[test]
fn a_table_shows_every_identifier_in_full() {
    let long = "i-".to_owned() + &"0123456789".repeat(30);
    let event = with(
        call_of("LTAI5tLongEnoughToBeCutShort"),
        json!({"resourceName": long, "resourceType": "T"}),
    );
    let archive = Archive::of(&[event]);
    let command = args([&"dump", &archive.root(), &"-f", &"table"]);
    for columns in ["", "40"] {
        let outcome = keytrail(&command).env("COLUMNS", columns).run().code(0);
        for identifier in [
            &*long,
            "LTAI5tLongEnoughToBeCutShort",
            "198.51.100.7",
            "2024-03-05T09:21:32Z",
        ] {
            assert!(
                outcome.stdout().contains(identifier),
                "{identifier}\n{outcome}"
            );
        }
    }
}

#[test]
fn columns_are_those_asked_for_in_their_order() {
    let archive = plain_archive();
    let run = |format: &str| {
        let columns = "events,access_key_id,last_used";
        let command = args([
            &"keys",
            &archive.path("a.json"),
            &"--columns",
            &columns,
            &"-f",
            &format,
            &"-q",
        ]);
        keytrail(command).run().code(0)
    };
    insta::assert_snapshot!(run("csv").stdout(), @r"
    events,access_key_id,last_used
    1,STS.NUbob,2024-03-06T00:00:00Z
    2,LTAI5tAlice,2024-03-05T09:21:34.500Z
    ");
    insta::assert_snapshot!(run("jsonl").stdout(), @r#"
    {"events":1,"access_key_id":"STS.NUbob","last_used":"2024-03-06T00:00:00Z"}
    {"events":2,"access_key_id":"LTAI5tAlice","last_used":"2024-03-05T09:21:34.500Z"}
    "#);
    insta::assert_snapshot!(run("table").stdout(), @r"
    events  access_key_id  last_used
         1  STS.NUbob      2024-03-06T00:00:00Z
         2  LTAI5tAlice    2024-03-05T09:21:34Z
    ");
    assert_eq!(run("json").rows(), run("jsonl").json_lines());
}

#[test]
fn columns_that_are_not_there_are_refused_before_the_scan() {
    let check = |words: &[&str], expected: &str| {
        // There is no such archive, which a scan would report.
        let outcome = keytrail(words).run().code(2);
        outcome.reports(&[expected]);
    };
    check(
        &["keys", "nowhere", "--columns", "access_key_id,key"],
        "no column is called key; there are access_key_id, key_type,",
    );
    check(
        &["keys", "nowhere", "--columns", "events,events"],
        "the column events is named twice",
    );
    check(
        &["keys", "nowhere", "--columns", ""],
        "--columns has an empty name",
    );
    for format in ["api", "ocsf", "ecs", "timesketch", "timesketch-csv"] {
        check(
            &["lookup", "nowhere", "-f", format, "--columns", "region"],
            &format!("the shape of the format {format} is fixed; --columns is for table, json"),
        );
    }
}

#[test]
fn the_column_of_whole_events_needs_no_other_option() {
    let archive = plain_archive();
    let command = args([
        &"lookup",
        &archive.path("a.json"),
        &"--columns",
        &"event_id,event",
        &"-f",
        &"jsonl",
    ]);
    let rows = keytrail(command).run().code(0).json_lines();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row["event"]["eventId"], row["event_id"]);
        assert_eq!(row.as_object().unwrap().len(), 2);
    }
}

/// An Insight event names the key that it is about, and `lookup` did not find it by that.
#[test]
fn an_insight_event_is_found_by_its_key_and_is_no_use_of_it() {
    let insight = json!({
        "eventVersion": "1", "eventId": "insight-1", "eventTime": "2024-03-05T09:30:00Z",
        "eventType": "ActionTrailInsight", "eventCategory": "Insight", "acsRegion": "cn-hangzhou",
        "recipientAccountId": "1047585191180000",
        "insightDetails": {"state": "Start", "insightType": "AkInsight",
            "insightObject": "LTAI5tAlice",
            "insightContext": {"statistics": {"insight": {"average": 6.2}, "baseline": {"average": 0.4}}}},
    });
    let archive = Archive::of(&[call_of("LTAI5tAlice"), insight]);
    let lookup = |options: &[&str]| {
        let mut command = args([&"lookup", &archive.root(), &"-f", &"jsonl", &"--raw"]);
        command.extend(options.iter().map(Into::into));
        keytrail(command).run().code(0).json_lines()
    };
    let rows = lookup(&["--key", "LTAI5tAlice"]);
    let types: Vec<_> = rows.iter().map(|row| row["event_type"].clone()).collect();
    assert_eq!(types[0], json!("ActionTrailInsight"), "{rows:?}");
    assert_eq!(rows.len(), 2);
    let details = &rows[0]["event"]["insightDetails"]["insightContext"]["statistics"];
    assert_eq!(details["insight"]["average"], json!(6.2));
    assert_eq!(rows[0]["access_key_id"], json!(null));
    assert_eq!(lookup(&["--key", "LTAI5t*"]).len(), 2);
    let used = keytrail(args([&"keys", &archive.root(), &"-f", &"jsonl"])).run();
    assert_eq!(used.code(0).json_lines()[0]["events"], json!(1));
}

/// The two events of Insight in the example archive: of a key, and of an address.
fn insights() -> Archive {
    let insight = |id: &str, kind: &str, object: &str| {
        json!({
            "eventVersion": "1", "eventId": id, "eventTime": "2024-03-05T09:30:00Z",
            "eventType": "ActionTrailInsight", "eventCategory": "Insight", "acsRegion": "cn-hangzhou",
            "recipientAccountId": "1047585191180000",
            "insightDetails": {"state": "Start", "insightType": kind, "insightObject": object,
                "insightContext": {"statistics": {"insight": 6.2, "insightDuration": 5,
                    "baseline": 0.4, "baselineDuration": 10080, "insightCount": 31}}},
        })
    };
    Archive::of(&[
        call_of("LTAI5tAlice"),
        insight("insight-1", "AkInsight", "LTAI5tAlice"),
        insight("insight-2", "IpInsight", "203.0.113.77"),
    ])
}

/// What an Insight event says was shown with `--raw` only; its row was one of dashes.
#[test]
fn an_insight_event_says_its_figures() {
    let archive = insights();
    let lookup = |options: &[&str]| {
        let mut command = args([&"lookup", &archive.root(), &"-q"]);
        command.extend(options.iter().map(Into::into));
        keytrail(command).run().code(0).stdout().to_owned()
    };
    let of_key = lookup(&["--key", "LTAI5tAlice"]);
    let words = "  AkInsight LTAI5tAlice: 6.2, baseline 0.4\n";
    assert!(of_key.contains(words), "{of_key}");
    let all = lookup(&[]);
    let words = "  IpInsight 203.0.113.77: 6.2, baseline 0.4\n";
    assert!(all.contains(words), "{all}");
    let chosen = lookup(&["--columns", "event_name,insight"]);
    let row = "ActionTrailInsight  AkInsight LTAI5tAlice: 6.2, baseline 0.4\n";
    assert!(chosen.contains(row), "{chosen}");
    let groups = lookup(&["--by", "insight"]);
    assert!(
        groups.contains("AkInsight LTAI5tAlice: 6.2, baseline 0.4"),
        "{groups}"
    );
}

/// The table shows `ActionTrailInsight` where a name belongs, and `--event` did not find it; nor did
/// `--ip` find the event of an address.
#[test]
fn an_insight_event_is_found_by_what_the_table_shows() {
    let archive = insights();
    let found = |options: &[&str]| {
        let mut command = args([&"lookup", &archive.root(), &"-f", &"jsonl", &"--exit-zero"]);
        command.extend(options.iter().map(Into::into));
        let rows = keytrail(command).run().code(0).json_lines();
        let ids = rows
            .iter()
            .map(|row| row["event_id"].as_str().unwrap_or_default().to_owned());
        let mut ids: Vec<_> = ids.filter(|id| id.starts_with("insight")).collect();
        ids.sort_unstable();
        ids.join(" ")
    };
    assert_eq!(
        found(&["--event", "ActionTrailInsight"]),
        "insight-1 insight-2"
    );
    assert_eq!(found(&["--event", "AkInsight"]), "insight-1");
    assert_eq!(found(&["--not-event", "Action*"]), "");
    assert_eq!(found(&["--not-event", "IpInsight"]), "insight-1");
    assert_eq!(found(&["--ip", "203.0.113.77"]), "insight-2");
    assert_eq!(
        found(&["--ip", "203.0.113.0/24", "--event", "*Insight"]),
        "insight-2"
    );
    assert_eq!(found(&["--not-ip", "203.0.113.77"]), "insight-1");
    assert_eq!(found(&["--ip", "198.51.100.7"]), "");
    assert_eq!(found(&["--key", "LTAI5tAlice", "--ip", "203.0.113.77"]), "");
}

#[test]
fn an_event_without_a_name_shows_its_type() {
    let event = with(
        call_of("LTAI5tAlice"),
        json!({"eventName": "", "eventType": "ApiCallRateInsight"}),
    );
    let archive = Archive::of(&[event]);
    let run = |format: &str| {
        keytrail(args([&"lookup", &archive.root(), &"-f", &format]))
            .run()
            .code(0)
    };
    assert!(run("table").stdout().contains("  ApiCallRateInsight  "));
    assert_eq!(run("jsonl").json_lines()[0]["event_name"], json!(null));
}
