//! Call records: conditions against the reference, order, limit, memory, usage errors.

use std::ffi::OsString;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::agreement::without_blind;
use crate::support::archive::{Archive, array, event, gzip, with};
use crate::support::generate::{self, CONDITIONS, QuestionCase, typed};
use crate::support::program::{Outcome, args, keytrail};
use crate::support::reference::{self, LogFile, Question};

fn lookup<S: AsRef<str>>(root: &Path, options: &[S]) -> Outcome {
    let mut arguments = args([&"lookup", &root]);
    arguments.extend(options.iter().map(|option| OsString::from(option.as_ref())));
    keytrail(arguments).run()
}

fn names(outcome: &Outcome) -> Vec<String> {
    let name = |row: &Value| row["event_name"].as_str().unwrap_or("-").to_owned();
    outcome.json_lines().iter().map(name).collect()
}

/// The names of the events found, one line a row.
fn found(root: &Path, options: &[&str]) -> Vec<String> {
    names(&lookup(root, &[&["-f", "jsonl"], options].concat()))
}

#[track_caller]
pub fn assert_rows(outcome: &Outcome, expected: &[Value]) {
    let actual = outcome.rows();
    for (number, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert_eq!(
            actual, expected,
            "row {number}, the program's first\n{outcome}"
        );
    }
    assert_eq!(
        actual.len(),
        expected.len(),
        "the number of rows\n{outcome}"
    );
}

// Against the reference.

/// Events in which every value that the conditions ask for meets every other one.
pub fn varied_archive() -> (Archive, Vec<LogFile>) {
    let keys = ["LTAI5tAlice", "STS.NUexample", "TMP.example", ""];
    let services = ["Ecs", "oss", "Ram"];
    let event_names = ["Create", "DescribeInstances", "ListUsers"];
    let ips = [
        "198.51.100.7",
        "::ffff:c633:6407",
        "2001:db8::7",
        "Internal",
        "ecs.aliyuncs.com",
        "203.0.113.9",
        "203.0.113.9, 10.0.0.1",
        "203.0.113.9:443",
    ];
    let agents = ["python-requests/2", "curl/8", ""];
    let users = ["alice", "root", "bob"];
    let resources = [("i-1", "ACS::ECS::Instance"), ("v-1;b", "T;U"), ("", "")];
    let regions = ["cn-hangzhou", "cn-beijing"];
    let errors = ["", "Forbidden", "NoPermission.X", "Throttling"];
    let mut state = 1_u32;
    let mut pick = |length: usize| {
        // The constants of Numerical Recipes; the high bits are the better ones.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % length
    };
    let mut events = Vec::new();
    for number in 0..70 {
        let time = format!("2024-03-05T09:{:02}:{:02}Z", pick(3), pick(60));
        let (name, kind) = resources[pick(3)];
        events.push(with(
            event(
                keys[pick(4)],
                &time,
                services[pick(3)],
                event_names[pick(3)],
            ),
            json!({
                "eventId": (["A1", "a1", "B2"][pick(3)]),
                "requestId": format!("r{number}"),
                "sourceIpAddress": (ips[pick(8)]),
                "acsRegion": (regions[pick(2)]),
                "userAgent": (agents[pick(3)]),
                "recipientAccountId": "43274",
                "resourceName": name,
                "resourceType": kind,
                "errorCode": (errors[pick(4)]),
                "eventRW": (["Read", "Write"][pick(2)]),
                "eventType": (["ApiCall", "ConsoleSignin"][pick(2)]),
                "userIdentity": {
                    "accessKeyId": (keys[pick(4)]),
                    "userName": (users[pick(3)]),
                    "principalId": (["20155375134015", "root"][pick(2)]),
                    "accountId": (["1234567890123456", ""][pick(2)]),
                },
            }),
        ));
    }
    let archive = Archive::new()
        .file("a.json", array(&events[..45]))
        .file("b/c.json", array(&events[35..]));
    let files = ["a.json", "b/c.json"].map(|name| LogFile {
        path: archive.path(name),
        bytes: std::fs::read(archive.path(name)).unwrap(),
    });
    (archive, files.into())
}

#[test]
fn every_pair_of_conditions_means_both() {
    let (archive, files) = varied_archive();
    let root = archive.root();
    let mut some = 0;
    let mut asked = 0;
    for (number, (option, values)) in CONDITIONS.iter().enumerate() {
        for (other_number, (other, other_values)) in CONDITIONS.iter().enumerate() {
            if other_number < number {
                continue;
            }
            // The same option twice means one of both; not every value of each, which the chance
            // below comes to.
            let value = values[other_number % values.len()];
            let other_value = other_values[(number + 1) % other_values.len()];
            if option == other && (value.is_empty() || value == other_value) {
                continue;
            }
            let pair = [(option, value), (other, other_value)];
            let conditions = pair.map(|(option, value)| ((*option).to_owned(), value.to_owned()));
            let question = Question {
                conditions: conditions.to_vec(),
                ..Question::default()
            };
            let answer = reference::answer(&files, &question);
            let expected = answer.calls(&root, "newest");
            let options = [typed(&conditions), vec!["-f".into(), "json".into()]].concat();
            let outcome = lookup(&root, &options).code(i32::from(expected.is_empty()));
            assert_rows(&outcome, &expected);
            let mut coverage = outcome.coverage();
            without_blind(&mut coverage);
            assert_eq!(coverage, answer.coverage(), "{outcome}");
            asked += 1;
            some += usize::from(!expected.is_empty());
        }
    }
    assert!(asked > 340, "{asked} pairs");
    assert!(some > asked / 2, "{some} of {asked} pairs have an answer");
}

proptest! {
    #![proptest_config(generate::cases(64))]

    #[test]
    fn conditions_agree_with_the_reference(
        files in generate::files(),
        asked in generate::question(),
        conditions in generate::conditions(),
        order in select(vec!["newest", "oldest", "none"]),
        limit in prop::option::of(1_usize..6),
        memory in select(vec!["1", "300", "268435456"]),
        reader in select(vec!["selective", "complete"]),
    ) {
        let (archive, files) = generate::build(&files);
        let QuestionCase { mut question, args } = asked;
        // The filters of all commands are conditions too: all regions that are named, together.
        question.conditions.clone_from(&conditions);
        for (option, value) in &conditions {
            match option.as_str() {
                "region" => question.regions.push(value.clone()),
                "account" => question.accounts.push(value.clone()),
                _ => {}
            }
        }
        question.conditions.retain(|(option, _)| option != "region" && option != "account");
        let answer = reference::answer(&files, &question);
        let mut expected = answer.calls(&archive.root(), order);
        let all = expected.len();
        let mut options = [args, typed(&conditions)].concat();
        options.extend(["-f", "json", "--order", order, "--spill-at", memory, "--reader", reader].map(str::to_owned));
        if let Some(limit) = limit {
            options.push(format!("--limit={limit}"));
            expected.truncate(limit);
        }
        let one = lookup(&archive.root(), &[&options[..], &["--threads=1".to_owned()]].concat());
        // Generated records have some that are not understood.
        let is_whole = one.coverage()["files"]["partial"] == json!(0);
        let one = one.code(if is_whole { i32::from(all == 0) } else { 3 });
        assert_rows(&one, &expected);
        prop_assert_eq!(&one.coverage()["events"], &json!(all), "{}", one);
        prop_assert_eq!(&one.coverage()["duplicates"], &answer.coverage()["duplicates"], "{}", one);
        prop_assert_eq!(&one.coverage()["records"]["outside"], &answer.coverage()["records"]["outside"], "{}", one);
        prop_assert_eq!(one.stderr().contains("showing the"), all > expected.len(), "{}", one);
        let two = lookup(&archive.root(), &[&options[..], &["--threads=2".to_owned()]].concat());
        prop_assert_eq!(one.stdout(), two.stdout(), "two threads give another answer");
    }
}

/// Fields, and pairs of a value and a condition for it, which does not always hold.
const SPELT: &[(&str, &[(&str, &str)])] = &[
    (
        "eventId",
        &[
            ("\"A-1/b\"", "--event-id=A-1/b"),
            ("123.0", "--event-id=123.0"),
            ("-1e5", "--event-id=-1e5"),
            ("true", "--event-id=true"),
            ("\"云-7\"", "--event-id=云-7"),
        ],
    ),
    (
        "sourceIpAddress",
        &[
            ("\"198.51.100.7\"", "--ip=198.51.100.0/23"),
            ("\"198.51.101.7\"", "--ip=198.51.100.0/23"),
            ("\"198.51.100.7\"", "--ip=198.0.0.0/8"),
            ("\"198.51.100.7\"", "--ip=128.0.0.0/1"),
            ("\"::FFFF:c633:6407\"", "--ip=198.51.100.6/31"),
            ("\"0:0:0:0:0:ffff:198.51.100.7\"", "--ip=198.51.100.7"),
            ("\"198.51.100.7\"", "--ip=::ffff:c633:6400/120"),
            ("\"2001:DB8:0::7\"", "--ip=2001:db8::/32"),
            ("\"oss-cn.aliyuncs.com\"", "--ip=oss-cn.aliyuncs.com"),
        ],
    ),
    (
        "eventName",
        &[
            ("\"CreateUser\"", "--event=*eU*r"),
            ("\"a/b\"", "--event=a/*"),
            ("\"云云云x\"", "--event=云*x"),
            ("\"q\\\"uote\"", "--event=q\"uote"),
            ("7", "--event=7"),
        ],
    ),
    (
        "errorCode",
        &[
            ("\"Forbidden.RAM\"", "--error=Forb*.*"),
            ("404", "--error=40*"),
            ("\"tab\\there\"", "--error=*\there"),
        ],
    ),
    (
        "resourceName",
        &[
            ("\"r-1,acs:x/y;s\"", "--resource=acs:*"),
            ("\"r-1,acs:x/y;s\"", "--resource=s"),
            ("\"r\\u0000z\"", "--resource=r*z"),
        ],
    ),
];

/// A JSON value with some of the characters of its string spelt as escapes, by chance.
fn respelt(value: &str, ways: &[u8]) -> String {
    let Some(inside) = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
    else {
        return value.to_owned();
    };
    let mut ways = ways.iter().cycle();
    let mut characters = inside.chars();
    let mut spelt = String::from('"');
    while let Some(character) = characters.next() {
        match (character, ways.next()) {
            ('\\', _) => {
                let escaped = characters.next().expect("an escape");
                let digits = if escaped == 'u' { 4 } else { 0 };
                spelt.extend(['\\', escaped]);
                spelt.extend(characters.by_ref().take(digits));
            }
            ('/', Some(1)) => spelt.push_str("\\/"),
            (_, Some(2)) => spelt.extend([format!("\\u{:04x}", u32::from(character))]),
            (_, Some(3)) => spelt.extend([format!("\\u{:04X}", u32::from(character))]),
            _ => spelt.push(character),
        }
    }
    spelt.push('"');
    spelt
}

proptest! {
    #![proptest_config(generate::cases(96))]

    /// A short file is never searched, so a long one has to give the same answer.
    #[test]
    fn a_search_finds_every_spelling(
        (field, (value, condition)) in select(SPELT)
            .prop_flat_map(|(field, pairs)| (Just(field), select(pairs))),
        ways in prop::collection::vec(0..4_u8, 1..7),
        layers in 0..3_usize,
        before in prop_oneof![11 => 0..140_000_usize, 1 => 2_000_000..2_200_000_usize],
        repeated in any::<bool>(),
    ) {
        let value = respelt(value, &ways);
        let mut record = format!(
            r#"{{"eventTime":"2024-03-05T09:21:32Z","{field}":{value},"resourceType":"T","userIdentity":{{}}}}"#
        );
        // A row of Log Service, which has the event in a string, perhaps in a string; such a row
        // may be spelt in any way too.
        for layer in 0..layers {
            let text = json!(record).to_string();
            let text = if repeated { respelt_backslashes(&text) } else { text };
            record = if layer + 1 == layers { format!(r#"{{"event":{text}}}"#) } else { text };
        }
        let filler = r#"{"eventTime":"2024-03-05T09:21:33Z","eventName":"x"}"#;
        let fill = |bytes: usize| vec![filler; bytes / filler.len()];
        let text = |before: usize, after: usize| {
            let records = [fill(before), vec![record.as_str()], fill(after)].concat();
            format!("[{}]", records.join(","))
        };
        let rows = |archive: &Archive| {
            let mut rows = lookup(&archive.root(), &["-f", "jsonl", "--raw", condition]).json_lines();
            for row in &mut rows {
                row["record_number"] = Value::Null;
            }
            rows
        };
        let short = rows(&Archive::new().file("a.json", text(0, 0)));
        prop_assert_eq!(short.len(), 1, "{}", record);
        let long = rows(&Archive::new().file("a.json", text(before, 140_000)));
        prop_assert_eq!(long, short, "{}", record);
    }
}

/// A JSON string with its backslashes spelt as escapes, where they stand for backslashes.
fn respelt_backslashes(text: &str) -> String {
    text.replace("\\\\", "\\u005c")
}

// Order, copies, places.

#[test]
fn of_copies_the_one_with_the_smallest_place_is_shown() {
    let one = event("K", "2024-03-05T09:21:32Z", "Ecs", "Run");
    let other = event("K", "2024-03-05T09:21:33Z", "Ecs", "Stop");
    let archive = Archive::new()
        .gz("b.gz", array(&[one.clone(), other.clone()]))
        .gz("a/x.gz", array(&[other.clone(), other, one]));
    let places = |options: &[&str]| -> Vec<_> {
        let outcome = lookup(&archive.root(), &[&["-f", "jsonl"], options].concat());
        let place = |row: &Value| {
            format!(
                "{}:{}",
                row["log_file"].as_str().unwrap(),
                row["record_number"]
            )
        };
        outcome.json_lines().iter().map(place).collect()
    };
    for memory in ["1", "1000000"] {
        let spill = ["--spill-at", memory];
        let places = |options: &[&str]| places(&[&spill, options].concat());
        assert_eq!(places(&[]), ["a/x.gz:0", "a/x.gz:2"]);
        assert_eq!(places(&["--order", "oldest"]), ["a/x.gz:2", "a/x.gz:0"]);
        assert_eq!(places(&["--order", "none"]), ["a/x.gz:0", "a/x.gz:2"]);
        assert_eq!(
            places(&["--no-dedup"]),
            ["a/x.gz:0", "a/x.gz:1", "b.gz:1", "a/x.gz:2", "b.gz:0"]
        );
        assert_eq!(
            places(&["--no-dedup", "--order", "none"]),
            ["a/x.gz:0", "a/x.gz:1", "a/x.gz:2", "b.gz:0", "b.gz:1"]
        );
        // A copy that does not meet the conditions is no reason to leave the other out.
        assert_eq!(places(&["--limit", "1"]), ["a/x.gz:0"]);
    }
}

#[test]
fn without_an_order_a_limit_read_the_whole_archive() {
    let mut archive = Archive::new();
    let copied = event("K", "2024-03-05T08:00:00Z", "Ecs", "Copied");
    for number in 0..100 {
        let time = format!("2024-03-05T09:{:02}:00Z", number % 60);
        let own = event("K", &time, "Ecs", &format!("Event{number}"));
        archive = archive.gz(format!("{number:03}.gz"), array(&[copied.clone(), own]));
    }
    let ask = |threads: &str, options: &[&str]| {
        let given = ["-f", "json", "--order", "none", "--threads", threads];
        lookup(&archive.root(), &[&given, options].concat()).code(0)
    };
    let all = ask("2", &[]);
    assert!(all.coverage()["files"]["beyond_limit"].is_null(), "{all}");
    for threads in ["1", "4"] {
        for (limit, found) in [(1, 16), (17, 16), (18, 48), (49, 48), (50, 100), (200, 100)] {
            let some = ask(threads, &["--limit", &limit.to_string()]);
            let first: Vec<_> = all.rows().iter().take(limit).cloned().collect();
            assert_eq!(some.rows(), first, "{some}");
            let files = &some.coverage()["files"];
            let count = |name: &str| files[name].as_u64().unwrap_or_default();
            let counts = ["found", "read", "beyond_limit"].map(count);
            assert_eq!(
                counts,
                [found, found, 100 - found].map(Value::from),
                "{some}"
            );
        }
    }
    // A selective condition needs more log files, and the footer says of which the answer is.
    let one = lookup(
        &archive.root(),
        &["--order", "none", "--limit", "1", "--event", "Event20"],
    );
    one.code(0)
        .reports(&["48 of 48 log files read, 52 not opened, as those before them were enough"]);
}

#[test]
fn a_copy_that_meets_no_condition_hides_no_other() {
    let one = event("K", "2024-03-05T09:21:32Z", "Ecs", "Run");
    let elsewhere = with(
        one.clone(),
        json!({"acsRegion": "cn-beijing", "requestId": "other"}),
    );
    let archive = Archive::new()
        .gz("a.gz", array(&[one]))
        .gz("b.gz", array(&[elsewhere]));
    let outcome = lookup(&archive.root(), &["-f", "json", "--region", "cn-beijing"]).code(0);
    assert_eq!(outcome.rows()[0]["log_file"], "b.gz", "{outcome}");
    let outcome = lookup(&archive.root(), &["-f", "json", "--grep", "other"]).code(0);
    assert_eq!(outcome.rows()[0]["log_file"], "b.gz", "{outcome}");
    let outcome = lookup(&archive.root(), &["-f", "json"]).code(0);
    assert_eq!(outcome.rows()[0]["log_file"], "a.gz", "{outcome}");
}

#[test]
fn a_log_file_is_named_below_the_root_given() {
    let events = [event("K", "2024-03-05T09:21:32Z", "Ecs", "Run")];
    let archive = Archive::of(&events).gz("x/y.gz", array(&events));
    let log_files = |dir: &Path, roots: &[&str]| -> Vec<Value> {
        let options = ["lookup", "--no-dedup", "--order", "none", "-f", "jsonl"];
        let outcome = keytrail([&options, roots].concat())
            .within(dir)
            .run()
            .code(0);
        outcome
            .json_lines()
            .iter()
            .map(|row| row["log_file"].clone())
            .collect()
    };
    let (root, beside) = (archive.root(), archive.beside(""));
    assert_eq!(log_files(&root, &["."]), ["a.gz", "x/y.gz"]);
    assert_eq!(log_files(&beside, &["logs"]), ["a.gz", "x/y.gz"]);
    assert_eq!(log_files(&beside, &["./logs/"]), ["a.gz", "x/y.gz"]);
    // Roots come in the order in which they are given.
    assert_eq!(
        log_files(&beside, &["logs/x/y.gz", "logs/a.gz"]),
        ["y.gz", "a.gz"]
    );
    assert_eq!(log_files(&root, &["a.gz", "x"]), ["a.gz", "y.gz"]);
    assert_eq!(log_files(&root, &["x", "a.gz"]), ["y.gz", "a.gz"]);
}

// Errors, expressions, whole records.

fn failures() -> Archive {
    let call = |second: u32, name: &str, code: &str| {
        let time = format!("2024-03-05T09:21:{second:02}Z");
        let call = event("LTAI5tAlice", &time, "Ecs", name);
        with(
            call,
            json!({"errorCode": code, "errorMessage": format!("message of {name}")}),
        )
    };
    Archive::of(&[
        call(1, "Fine", ""),
        call(2, "NoRight", "NoPermission"),
        call(3, "Quarantined", "Forbidden.RAM"),
        call(4, "Unknown", "InvalidAccessKeyId.NotFound"),
        call(5, "Hasty", "Throttling.User"),
    ])
}

#[test]
fn the_option_error_may_have_a_code_or_none_in_any_position() {
    let archive = failures();
    let root = archive.root();
    let all = ["Hasty", "Unknown", "Quarantined", "NoRight"];
    let ask = |arguments: Vec<OsString>| names(&keytrail(arguments).run().code(0));
    let lines: &dyn AsRef<std::ffi::OsStr> = &"-fjsonl";
    assert_eq!(ask(args([&"lookup", &root, lines, &"--error"])), all);
    assert_eq!(ask(args([&"lookup", lines, &"--error", &root])), all);
    assert_eq!(ask(args([&"lookup", lines, &"--error", &"--", &root])), all);
    assert_eq!(ask(args([&"lookup", &"--error", lines, &root])), all);
    for code in ["--error=NoPermission", "--error=*o*mission", "--error=N*"] {
        assert_eq!(ask(args([&"lookup", lines, &code, &root])), ["NoRight"]);
    }
    assert_eq!(
        ask(args([
            &"lookup",
            lines,
            &"--error",
            &"Thrott*",
            &root,
            &"--error",
            &"NoPermission"
        ])),
        ["Hasty", "NoRight"]
    );
    // A path that exists is the archive, even if it has the form of a code.
    let beside = archive.beside("");
    std::fs::rename(&root, beside.join("NoPermission")).unwrap();
    let outcome = keytrail(["lookup", "-fjsonl", "--error", "NoPermission"])
        .within(&beside)
        .run()
        .code(0);
    assert_eq!(names(&outcome), all);
}

#[test]
fn denied_is_a_class_of_errors() {
    let archive = failures();
    let denied = ["Unknown", "Quarantined", "NoRight"];
    assert_eq!(found(&archive.root(), &["--denied"]), denied);
    assert_eq!(
        found(&archive.root(), &["--denied", "--error=Forbidden*"]),
        ["Quarantined"]
    );
}

#[test]
fn calls_denied_by_log_service_are_denied() {
    let call = |second: u32, code: &str| {
        let time = format!("2024-03-05T09:21:{second:02}Z");
        with(
            event("LTAI5tAlice", &time, "Log", code),
            json!({"errorCode": code}),
        )
    };
    let archive = Archive::of(&[
        call(1, "Unauthorized"),
        call(2, "SignatureNotMatch"),
        call(3, "InternalError"),
        call(4, "Forbidden.RAM"),
    ]);
    let denied = ["Forbidden.RAM", "SignatureNotMatch", "Unauthorized"];
    assert_eq!(found(&archive.root(), &["--denied"]), denied);
}

#[test]
fn a_sign_in_that_failed_without_a_code_is_an_error_everywhere() {
    let sign_in = |second: u32, id: &str, name: &str, members: Value| {
        let time = format!("2024-03-05T09:21:{second:02}Z");
        let mut event = event("LTAI5tAlice", &time, "AasSub", name);
        event["eventId"] = id.into();
        with(event, members)
    };
    let refused = "password error";
    let archive = Archive::of(&[
        sign_in(
            1,
            "refused",
            "ConsoleSignin",
            json!({"errorMessage": refused}),
        ),
        sign_in(
            2,
            "done",
            "ConsoleSignin",
            json!({"errorMessage": "success"}),
        ),
        sign_in(3, "no message", "ConsoleSignin", json!({})),
        sign_in(
            4,
            "other",
            "ConsoleSignout",
            json!({"errorMessage": refused}),
        ),
        // It shares its ID with the next, and differs in nothing but whether it failed.
        sign_in(5, "twice", "ConsoleSignin", json!({"errorMessage": ""})),
        sign_in(5, "twice", "ConsoleSignin", json!({"ERRORMESSAGE": "no"})),
    ]);
    let root = archive.root();
    let ask = |arguments: &[&str]| {
        let mut all = args([&"lookup", &root]);
        all.extend(arguments.iter().map(OsString::from));
        keytrail(all).run().code(0).json_lines()
    };
    let ids = |rows: &[Value]| -> Vec<String> {
        let id = |row: &Value| row["event_id"].as_str().expect("an ID").to_owned();
        rows.iter().map(id).collect()
    };
    assert_eq!(ids(&ask(&["-fjsonl", "--error"])), ["twice", "refused"]);
    assert_eq!(ask(&["-fjsonl"]).len(), 6);
    assert_eq!(ask(&["-fjsonl", "--error"])[1]["error_code"], Value::Null);
    for (format, path, failure) in [
        ("ecs", "/event/outcome", "failure"),
        ("ocsf", "/status", "Failure"),
    ] {
        let rows = ask(&["-f", format, "--order", "oldest"]);
        let is_failure = |row: &Value| row.pointer(path) == Some(&failure.into());
        let failures: Vec<bool> = rows.iter().map(is_failure).collect();
        assert_eq!(
            failures,
            [true, false, false, false, false, true],
            "{format}"
        );
    }
    let timeline = ask(&["-ftimesketch", "--error", "--limit=1", "--order=oldest"]);
    let message = timeline[0]["message"].to_string();
    assert!(message.contains(", failed: password error"), "{message}");
    let table = keytrail(args([&"lookup", &root])).run().code(0);
    assert_eq!(table.stdout().matches(refused).count(), 1, "{table}");
    let keys = keytrail(args([&"keys", &root, &"-fjsonl"])).run().code(0);
    let rows = keys.json_lines();
    assert_eq!([&rows[0]["events"], &rows[0]["errors"]], [6, 2]);
}

#[test]
fn grep_matches_the_text_as_it_stands_and_with_its_escapes_decoded() {
    let archive = Archive::new().file(
        "a.json",
        concat!(
            r#"[{"eventTime":"2024-03-05T09:21:32Z","eventName":"A","requestParameters":{"X":"\u0041b"}},"#,
            r#"{"eventTime":"2024-03-05T09:21:31Z","eventName":"B","requestParameters":{"X":"Ab"}}]"#
        ),
    );
    let root = archive.root();
    assert_eq!(found(&root, &["--grep", r#""X":"Ab""#]), ["A", "B"]);
    assert_eq!(found(&root, &["--grep", r"\\u0041b"]), ["A"]);
    assert_eq!(found(&root, &["--grep", r"\\u0041B"]), [""; 0]);
    assert_eq!(found(&root, &["--grep", r"(?i)\\u0041B"]), ["A"]);
    assert_eq!(
        found(&root, &["--grep", r"^\{.*\}$", "--event", "B"]),
        ["B"]
    );
    assert_eq!(
        found(&root, &["--grep", "nothing", "--grep", "Ab"]),
        ["A", "B"]
    );
}

#[test]
fn grep_found_no_name_that_json_spells_with_escapes() {
    let archive = Archive::new().file(
        "a.json",
        concat!(
            r#"[{"eventTime":"2024-03-05T09:21:32Z","eventName":"A","userIdentity":{"userName":"\u5f20\u4f1f3"}},"#,
            r#"{"eventTime":"2024-03-05T09:21:31Z","eventName":"B","userIdentity":{"userName":"张伟3"}},"#,
            r#"{"eventTime":"2024-03-05T09:21:30Z","eventName":"C","requestParameterJson":"{\"Name\":\"\\u5f20\\u4f1f3\"}"},"#,
            r#"{"eventTime":"2024-03-05T09:21:29Z","eventName":"D","requestParameterJson":"{\"Name\":\"\\u5f20\"}"}]"#
        ),
    );
    let root = archive.root();
    assert_eq!(found(&root, &["--grep", "张伟3"]), ["A", "B", "C"]);
    assert_eq!(found(&root, &["--grep", r#"\{"Name":"张"#]), ["C", "D"]);
    assert_eq!(found(&root, &["--user", "张伟3"]), ["A", "B"]);
}

#[test]
fn an_address_in_other_company_was_no_address() {
    let ips = [
        "203.0.113.7",
        "203.0.113.7, 10.0.0.1",
        "203.0.113.7:51234",
        "[2001:db8::7]:443",
        "fe80::7%eth0",
        " 203.0.113.7",
        "198.51.100.9",
    ];
    let events: Vec<_> = (1..)
        .zip(ips)
        .map(|(number, ip)| {
            let time = format!("2024-03-05T09:0{number}:00Z");
            let call = event("LTAI5tFieldEXAMPLE0001", &time, "Ecs", &number.to_string());
            with(call, json!({"sourceIpAddress": ip}))
        })
        .collect();
    let archive = Archive::of(&events);
    let root = archive.root();
    for (ip, expected) in [
        ("203.0.113.7", &["6", "3", "2", "1"][..]),
        ("10.0.0.1", &["2"]),
        ("2001:db8::7", &["4"]),
        ("fe80::7", &["5"]),
        ("203.0.113.7, 10.0.0.1", &["2"]),
        ("203.0.113.7:51234", &["3"]),
        ("[2001:db8::7]:443", &["4"]),
        ("fe80::7%eth0", &["5"]),
    ] {
        assert_eq!(found(&root, &["--ip", ip]), expected, "{ip}");
    }
    assert_eq!(
        found(&root, &["--not-ip", "203.0.113.0/24"]),
        ["7", "5", "4"]
    );
    let outcome = lookup(&root, &["-f", "ocsf"]).code(0);
    for event in outcome.json_lines() {
        let source = &event["src_endpoint"];
        assert!(
            source["ip"].is_string() && source.get("svc_name").is_none(),
            "{source}"
        );
    }
    assert_eq!(
        outcome.json_lines()[5]["src_endpoint"],
        json!({"ip": "203.0.113.7", "intermediate_ips": ["10.0.0.1"]})
    );
}

// Keys as they are typed.

#[test]
fn a_key_is_found_by_pattern_by_mask_and_from_a_file() {
    let call = |second: u32, key: &str, name: &str| {
        event(key, &format!("2024-03-05T09:21:{second:02}Z"), "Ecs", name)
    };
    let archive = Archive::of(&[
        call(4, "LTAI5tCiDeployEXAMPLE001", "A"),
        call(3, "LTAI5tCiDeployEXAMPLE002", "B"),
        call(2, "STS.NUexample", "C"),
        call(1, "", "D"),
    ]);
    let root = archive.root();
    let list = archive.beside("keys.txt");
    std::fs::write(
        &list,
        "\u{feff}AccessKey ID,AccessKey Secret\r\n# stolen\r\n\r\nLTAI5tCiDeployEXAMPLE001,s3cr3t\r\n STS.NUexample\r\n",
    )
    .unwrap();
    let file = format!("@{}", list.display());
    for (options, expected) in [
        (&["--key", "LTAI5tCi****E001"][..], &["A"][..]),
        (&["--key", "LTAI5t*"], &["A", "B"]),
        (&["--key", "*"], &["A", "B", "C"]),
        (&["--key", &file], &["A", "C"]),
        (&["--not-key", &file], &["B", "D"]),
        (&["--no-key"], &["D"]),
        (&["--not-key", "*"], &["D"]),
        (&["--not-key", "LTAI*"], &["C", "D"]),
        (&["--key", "*", "--no-key"], &[]),
    ] {
        assert_eq!(found(&root, options), expected, "{options:?}");
    }
    for (options, message) in [
        (&["--key", "@/nowhere/at/all"][..], "/nowhere/at/all"),
        (&["--key", "LTAI5tA,LTAI5tB"], "repeat the option"),
        (&["--key", ""], "LTAI5tExample"),
        (&["--not-key", " "], "LTAI5tExample"),
    ] {
        lookup(&root, options).code(2).reports(&[message]);
    }
}

#[test]
fn a_secret_that_is_pasted_with_its_key_is_not_echoed() {
    let archive = Archive::of(&[event(
        "LTAI5tCiDeployEXAMPLE001",
        "2024-03-05T09:21:32Z",
        "Ecs",
        "Run",
    )]);
    let root = archive.root();
    for typed in [
        "LTAI5tCiDeployEXAMPLE001:s3cr3t",
        "LTAI5tCiDeployEXAMPLE001,s3cr3t",
        "'LTAI5tCiDeployEXAMPLE001 s3cr3t'",
        "LTAI5tNobody:s3cr3t",
    ] {
        for format in ["json", "table", "api"] {
            let found = i32::from(typed.contains("Nobody"));
            let calls = lookup(&root, &["--key", typed, "-f", format]).code(found);
            let used = keytrail(args([&"last-used", &"info", &typed, &root, &"-f", &format]));
            for outcome in [calls, used.run().code(found)] {
                let all = format!("{}{}", outcome.stdout(), outcome.stderr());
                assert!(!all.contains("s3cr3t"), "{outcome}");
                assert!(all.contains("only the AccessKey ID is used"), "{outcome}");
            }
        }
    }
    let outcome = keytrail(args([
        &"last-used",
        &"info",
        &" LTAI5tCiDeployEXAMPLE001 ",
        &root,
    ]));
    outcome.run().code(0).reports(&["blanks and quotes"]);
    for key in ["", "  ", "LTAI5tCi*"] {
        keytrail(args([&"last-used", &"info", &key, &root]))
            .run()
            .code(2);
    }
}

#[test]
fn raw_adds_the_whole_event() {
    let events = [
        with(
            event("K", "2024-03-05T09:21:32Z", "Ecs", "Run"),
            json!({"requestParameters": {"InstanceId": "i-1", "Number": 1.50}}),
        ),
        event("K", "2024-03-05T09:21:31Z", "Ecs", "Stop"),
    ];
    let archive = Archive::of(&events);
    for memory in ["1", "1000000"] {
        let outcome = lookup(&archive.root(), &["-fjsonl", "--raw", "--spill-at", memory]);
        let whole: Vec<_> = outcome
            .json_lines()
            .iter()
            .map(|row| row["event"].clone())
            .collect();
        assert_eq!(whole, events, "{outcome}");
    }
    let without = lookup(&archive.root(), &["-fjsonl"]);
    assert!(without.json_lines()[0].get("event").is_none(), "{without}");
}

#[test]
fn events_without_a_key_are_call_records_too() {
    let signin = with(
        event("", "2024-03-05T09:21:32Z", "AasSub", "ConsoleSignin"),
        json!({"userIdentity": {"userName": "alice", "accountId": "1"}}),
    );
    let call = event("LTAI5tAlice", "2024-03-05T09:21:31Z", "Ecs", "Run");
    let archive = Archive::of(&[signin, call]);
    let root = archive.root();
    assert_eq!(found(&root, &["--user", "alice"]), ["ConsoleSignin", "Run"]);
    assert_eq!(found(&root, &["--user", "20155375134015"]), ["Run"]);
    assert_eq!(
        found(&root, &["--not-key", "LTAI5tAlice"]),
        ["ConsoleSignin"]
    );
}

// The table.

#[test]
fn the_table_of_calls_cuts_no_identifier() {
    let id = "i-".to_owned() + &"x".repeat(200);
    let events = [with(
        event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "Run"),
        json!({"resourceName": id, "resourceType": "T", "errorCode": "NoPermission", "userAgent": "an-agent"}),
    )];
    let outcome = lookup(Archive::of(&events).root().as_path(), &[""; 0]).code(0);
    let table = outcome.stdout();
    for shown in [
        "2024-03-05T09:21:32Z",
        "cn-hangzhou",
        "LTAI5tAlice",
        "alice",
        "Ecs",
        "Run",
        "198.51.100.7",
        "NoPermission",
        &id,
    ] {
        assert!(table.contains(shown), "{shown}\n{outcome}");
    }
    assert!(!table.contains("an-agent"), "{outcome}");
}

#[test]
fn hostile_names_reach_no_terminal() {
    let hostile = "\u{1b}[31mred\u{202e}\n<script>";
    let events = [with(
        event(hostile, "2024-03-05T09:21:32Z", hostile, hostile),
        json!({"resourceName": hostile, "errorCode": hostile, "sourceIpAddress": hostile, "acsRegion": hostile}),
    )];
    let archive = Archive::new().gz("\u{1b}[31m\u{202e}\n.gz", array(&events));
    let outcome = lookup(&archive.root(), &[""; 0]).code(0);
    for text in [outcome.stdout().to_owned(), outcome.stderr()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{outcome}");
    }
    assert_eq!(outcome.stdout().lines().count(), 2, "{outcome}");
    let outcome = lookup(&archive.root(), &["--key", hostile, "-f", "json"]).code(0);
    assert_eq!(outcome.rows()[0]["log_file"], "\u{1b}[31m\u{202e}\n.gz");
    let outcome = lookup(&archive.root(), &["--ip", "\u{1b}[31m/"]).code(2);
    assert!(!outcome.stderr().contains('\u{1b}'), "{outcome}");
}

#[test]
fn a_limit_that_leaves_out_rows_is_reported() {
    let archive = failures();
    let root = archive.root();
    lookup(&root, &["--limit", "2"])
        .code(0)
        .reports(&["the newest 2 of 5"]);
    lookup(&root, &["--limit", "2", "--order", "oldest"])
        .code(0)
        .reports(&["the oldest 2 of 5"]);
    for options in [&["--limit", "5"][..], &["--limit", "2", "-q"]] {
        let outcome = lookup(&root, options).code(0);
        assert!(!outcome.stderr().contains("showing"), "{outcome}");
    }
}

#[test]
fn an_empty_answer_is_explained() {
    let archive = failures();
    let root = archive.root();
    let none = ["--key", "LTAI5tBob*"];
    lookup(&root, &none).code(1).reports(&[
        "no event meets all conditions: 5 events → key LTAI5tBob* 0 (nearest: LTAI5tAlice)",
        "keytrail keys",
    ]);
    lookup(&root, &["--since", "2030-01-01"])
        .code(1)
        .reports(&["no event within the window"]);
    lookup(Archive::new().root().as_path(), &none)
        .code(1)
        .reports(&[".gz"]);
}

#[test]
fn an_empty_answer_did_not_say_which_condition_emptied_it() {
    let archive = failures();
    // Copies count once here, as everywhere.
    let copy = std::fs::read(archive.path("a.gz")).unwrap();
    let archive = archive.file("b.gz", copy);
    let root = archive.root();
    for (options, expected) in [
        (
            &["--key", "LTAI5tAlice", "--event", "Find"][..],
            "5 events → key 5 → event Find 0 (nearest: Fine)",
        ),
        (
            &["--event", "norights"],
            "event norights 0 (nearest: NoRight)",
        ),
        (
            &["--event", "NORIGHT"],
            "event NORIGHT 0 (nearest: NoRight)",
        ),
        (
            &["--key", "ltai5talice"],
            "key ltai5talice 0 (nearest: LTAI5tAlice)",
        ),
        (
            &["--key", "LTAI5tAl"],
            "key LTAI5tAl 0 (nearest: LTAI5tAlice)",
        ),
        (&["--user", "Alice"], "user Alice 0 (nearest: alice)"),
        (
            &["--region", "CN-HANGZHOU"],
            "region CN-HANGZHOU 0 (nearest: cn-hangzhou)",
        ),
        (
            &["--account", "7", "--key", "LTAI5tAlice"],
            "5 events → account 7 0",
        ),
        (
            &["--error=InvalidAccessKeyId"],
            "error InvalidAccessKeyId 0 (nearest: InvalidAccessKeyId.NotFound)",
        ),
        (
            &["--denied", "--event=Fine"],
            "5 events → event 1 → denied 0",
        ),
        (
            &["--not-key", "*", "--event=Fine"],
            "5 events → event 1 → not-key * 0",
        ),
        (
            &["--event=A", "--event=B", "--event=C", "--event=D"],
            "event A or B or C or 1 other 0",
        ),
    ] {
        let outcome = lookup(&root, options).code(1);
        outcome.reports(&[expected]);
    }
    let outcome = lookup(&root, &["--no-dedup", "--event=Nothing"]).code(1);
    outcome.reports(&["10 events → event Nothing 0"]);
    let outcome = lookup(&root, &["--event=Nothing", "-q"]).code(1);
    assert_eq!(outcome.stderr(), "", "{outcome}");
}

// Usage errors.

#[test]
fn a_malformed_condition_is_a_usage_error_with_an_example() {
    let archive = failures();
    for (condition, form) in [
        ("--ip=300.1.1.1", "198.51.100.0/24"),
        ("--ip=198.51.100.0/33", "198.51.100.0/24"),
        ("--ip=198.51.100.*", "198.51.100.0/24"),
        ("--not-ip=2001:db8::/129", "2001:db8::/32"),
        ("--ip=", "198.51.100.7"),
        ("--key=", "LTAI5tExample"),
        ("--service=", "Ecs"),
        ("--service=E*", "Ecs"),
        ("--service=Ecs,Oss", "repeat the option"),
        ("--event=Create*,Delete*", "repeat the option"),
        ("--region=cn-beijing,cn-hangzhou", "repeat the option"),
        ("--region=cn-*", "cn-hangzhou"),
        ("--account=1,2", "repeat the option"),
        ("--event-type=Api*", "ApiCall"),
        ("--resource-type=ACS::*", "ACS::ECS::Instance"),
        ("--ip=203.0.113.77-203.0.113.99", "ranges as CIDR"),
        ("--ip=internal", "there is `Internal`"),
        ("--ip=Internal,ecs.aliyuncs.com", "repeat the option"),
        ("--agent=", "'python*'"),
        ("--not-agent=", "'python*'"),
        ("--not-region=", "cn-hangzhou"),
        ("--not-resource=", "'i-bp1*'"),
        ("--not-error=", "'Throttling*'"),
        ("--event=", "'Create*'"),
        ("--not-event=", "'Describe*'"),
        ("--user=", "alice"),
        ("--resource=", "'i-bp1*'"),
        ("--resource-type=", "ACS::ECS::Instance"),
        ("--event-type=", "ApiCall"),
        ("--event-id=", "AE3B631D"),
        ("--error=", "NoPermission"),
        ("--rw=both", "read, write"),
        ("--grep=a(b", "unclosed group"),
        ("--grep=", "'i-bp1"),
        ("--order=random", "newest, oldest, none"),
        ("--limit=0", "--limit"),
        ("--limit=many", "--limit"),
        ("--since=soon", "2024-05-01"),
        ("--denied=yes", "--denied"),
    ] {
        let outcome = lookup(&archive.root(), &[condition])
            .code(2)
            .reports(&[form]);
        assert!(outcome.stdout.is_empty(), "{outcome}");
    }
}

#[test]
fn a_temporary_file_that_cannot_be_created_is_fatal() {
    let archive = failures();
    let arguments = args([&"lookup", &archive.root(), &"--spill-at", &"1"]);
    let outcome = keytrail(arguments)
        .env("TMPDIR", "/nowhere/at/all")
        .run()
        .code(2)
        .reports(&[
            "temporary file",
            "there is no folder /nowhere/at/all",
            "TMPDIR",
        ]);
    assert!(outcome.stdout.is_empty(), "{outcome}");
    // Rows that fit into memory need no file.
    let arguments = args([&"lookup", &archive.root()]);
    keytrail(arguments)
        .env("TMPDIR", "/nowhere/at/all")
        .run()
        .code(0);
}

// The search before parsing.

/// An event that meets none of the conditions below.
fn miss() -> Value {
    with(
        event("LTAI5tOther", "2024-03-05T09:21:31Z", "Ecs", "Other"),
        json!({
            "sourceIpAddress": "203.0.113.9",
            "requestParameters": {"fff": "ffff"},
            "userIdentity": {"accessKeyId": "LTAI5tOther", "userName": "bob"},
        }),
    )
}

/// A log file so long that it is searched before it is parsed, with this event somewhere inside.
fn long_file(event: &Value) -> Vec<u8> {
    let mut events = vec![miss(); 400];
    events.insert(200, event.clone());
    array(&events).into()
}

#[test]
fn files_are_parsed_where_they_can_hold_what_is_asked_for() {
    let hit = with(
        event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ram", "CreateUser"),
        json!({
            "eventId": "wanted-1",
            "sourceIpAddress": "198.51.100.7",
            "errorCode": "NoPermission.X",
            "resourceName": "bucket-1",
            "resourceType": "ACS::OSS::Bucket",
            "userAgent": "an-agent/1.2",
            "userIdentity": {"accessKeyId": "LTAI5tAlice", "userName": "zoe-1", "principalId": "p"},
        }),
    );
    let mapped = with(hit.clone(), json!({"sourceIpAddress": "0::FFFF:c633:6407"}));
    let archive = Archive::new()
        .file("hit.gz", gzip(long_file(&hit)))
        .file("miss.gz", gzip(long_file(&miss())));
    let mapped = Archive::new().file("hit.gz", gzip(long_file(&mapped)));
    for (options, searched) in [
        (&["--key=LTAI5tAlice"][..], 1),
        (&["--key=LTAI5tAlice", "--key=LTAI5tNobody"], 1),
        (&["--event-id=wanted-1"], 1),
        (&["--ip=198.51.100.7"], 1),
        (&["--ip=198.51.100.0/23"], 1),
        (&["--ip=198.51.100.0/24", "--ip=Internal"], 1),
        (&["--user=zoe*"], 1),
        (&["--resource=*cket-1"], 1),
        (&["--resource-type=ACS::OSS::Bucket"], 1),
        (&["--error=No*.X"], 1),
        (&["--event=Create*"], 1),
        (&["--ip=::ffff:198.51.100.7"], 1),
        (&["--key=LTAI5tAli**"], 1),
        (&["--agent=an-agent/1*"], 1),
        (&["--resource=ACS::OSS::Bucket:bucket-1"], 1),
        // What cannot be searched for.
        (&["--ip=196.0.0.0/6"], 0),
        (&["--error", "--service=ram"], 0),
        (&["--denied"], 0),
        (&["--grep=CreateUser"], 0),
    ] {
        let options = [options, &["-f", "json"]].concat();
        let outcome = lookup(&archive.root(), &options).code(0);
        let events = outcome.rows();
        assert_eq!(events[0]["event_name"], "CreateUser", "{outcome}");
        let coverage = outcome.coverage();
        let actual = coverage["files"].get("searched").and_then(Value::as_u64);
        assert_eq!(actual.unwrap_or(0), searched, "{options:?}\n{outcome}");
        let records = &coverage["records"];
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        assert_eq!(
            number(&records["found"]),
            number(&records["left_out"])
                + number(&records["outside"])
                + number(&coverage["events"])
                + number(&coverage["duplicates"]),
            "{outcome}"
        );
        if options[0].starts_with("--ip=198") {
            lookup(&mapped.root(), &options).code(0);
        }
    }
}
