//! Events with much that a reader could lose, and the questions that show whether it has.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{Archive, event, with};
use crate::support::program::{Outcome, args, keytrail};

/// Events with all that an answer shows, and much that a dialect could lose.
pub fn events() -> Vec<Value> {
    let mut events: Vec<Value> = (0..40)
        .map(|number| {
            let key = ["LTAI5tOne", "LTAI5tTwo", "STS.Three", ""][number % 4];
            let service = ["Ecs", "Ram", "Oss"][number % 3];
            let name = ["DescribeInstances", "CreateUser"][number % 2];
            let time = format!("2024-03-{:02}T09:21:{:02}Z", 4 + number % 7, number);
            event(key, &time, service, name)
        })
        .collect();
    events[3] = with(
        events[3].clone(),
        json!({
            "referencedResources": {"ACS::ECS::Instance": ["i-1", "i-2"], "ACS::RAM::User": ["a,\"b\"\n云"]},
            "resourceName": "r-1,r-2;s-1",
            "resourceType": "ACS::A;ACS::B",
            "requestParameters": {"Tag.1.Key": "k", "Document": "{\"Statement\":[\"\\\\u0041\"]}"},
        }),
    );
    events[5] = with(
        events[5].clone(),
        json!({
            "errorCode": "Forbidden.RAM",
            "errorMessage": "quote \" backslash \\ line\r\nend\ttab \u{1}",
            "userAgent": "<script>\u{202e}",
            "isGlobal": true,
            "apiVersion": 20_140_526,
            "responseElements": null,
        }),
    );
    events[8] = with(
        events[8].clone(),
        json!({"eventCategory": "Data", "sourceIpAddress": "2001:db8::1"}),
    );
    // A copy of one event, and an event that shares an ID with another.
    events.push(events[7].clone());
    events.push(with(events[9].clone(), json!({"eventName": "Other"})));
    events
}

pub fn ask(question: &[&str], archive: &Archive) -> Outcome {
    let mut command = args([&archive.root()]);
    command.splice(0..0, question.iter().map(Into::into));
    keytrail(command).run()
}

/// What an archive answers: rows of two commands, and counts.
pub fn answers(archive: &Archive) -> (Vec<Value>, Vec<Value>, Value) {
    let keys = ask(&["keys", "-f", "json"], archive).code(0);
    let dump = ask(&["dump", "-f", "json"], archive).code(0);
    let coverage = dump.coverage();
    let counts = json!([
        coverage["events"],
        coverage["duplicates"],
        coverage["without_key"],
        coverage["records"],
        coverage["span"]
    ]);
    (keys.rows(), dump.rows(), counts)
}

pub fn details(archive: &Archive, key: &str) -> String {
    let question = ["last-used", "events", key, "-f", "api"];
    let outcome = ask(&question, archive).code(0);
    outcome.stdout().to_owned()
}

/// Questions for call records: everything, several conditions, and one that searches text.
pub const LOOKUPS: &[&[&str]] = &[
    &[],
    &["--raw", "--order", "oldest"],
    &["--raw", "--order", "none", "--spill-at", "1"],
    &[
        "--key",
        "LTAI5tTwo",
        "--service",
        "ecs",
        "--not-event",
        "Other",
    ],
    &["--resource", "a,*云", "--error"],
    &["--resource", "a,*云", "--not-user", "bob"],
    &["--resource-type", "ACS::B", "--rw", "read", "--limit", "3"],
    &["--error", "Forbidden.*", "--denied"],
    &[
        "--ip",
        "2001:db8::/32",
        "--ip",
        "198.51.100.0/23",
        "--since",
        "2024-03-06",
    ],
    &[
        "--user",
        "20155375134015",
        "--event",
        "*User",
        "--limit",
        "2",
    ],
    &["--event-id", "2024-03-05T09:21:08Z/Oss/DescribeInstances"],
];

/// The call records that an archive holds, without the folders in front of their log files, and
/// the exit code.
pub fn calls(question: &[&str], root: &Path, name: &str) -> (Vec<Value>, Option<i32>) {
    let mut command = args([&"lookup", &root, &"-f", &"jsonl"]);
    command.extend(question.iter().map(Into::into));
    let outcome = keytrail(command).run();
    let mut rows = outcome.json_lines();
    for row in &mut rows {
        let path = row["log_file"].as_str().expect("a path").to_owned();
        row["log_file"] = json!(path.strip_prefix(name).unwrap_or(&path));
    }
    (rows, outcome.code)
}
