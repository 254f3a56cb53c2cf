//! The same events in other containers: whichever way they come, the answers are the same.

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip, with};
use crate::support::dialects::DIALECTS;
use crate::support::program::{Outcome, args, keytrail};

/// Events with all that an answer shows, and much that a dialect could lose.
fn events() -> Vec<Value> {
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

fn ask(question: &[&str], archive: &Archive) -> Outcome {
    let mut command = args([&archive.root()]);
    command.splice(0..0, question.iter().map(Into::into));
    keytrail(command).run()
}

/// What an archive answers: rows of two commands, and counts.
fn answers(archive: &Archive) -> (Vec<Value>, Vec<Value>, Value) {
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

fn details(archive: &Archive, key: &str) -> String {
    let question = ["last-used", "events", key, "-f", "api"];
    let outcome = ask(&question, archive).code(0);
    outcome.stdout().to_owned()
}

#[test]
fn every_dialect_gives_the_same_answers() {
    let events = events();
    let plain = Archive::new().file("a.json", array(&events));
    let expected = answers(&plain);
    assert!(expected.1.len() > 20, "a test of nothing");
    for dialect in DIALECTS {
        let text = (dialect.write)(&events);
        for (name, bytes) in [("a.json", text.clone().into_bytes()), ("a.gz", gzip(&text))] {
            let archive = Archive::new().file(name, bytes);
            assert_eq!(
                answers(&archive),
                expected,
                "{}: {text:.2000}",
                dialect.name
            );
            if dialect.keeps_text {
                assert_eq!(
                    details(&archive, "LTAI5tTwo"),
                    details(&plain, "LTAI5tTwo"),
                    "{}",
                    dialect.name
                );
            }
        }
    }
}

#[test]
fn one_key_is_found_in_long_files_of_every_dialect() {
    let many: Vec<Value> = events().into_iter().cycle().take(400).collect();
    let plain = Archive::new().file("a.json", array(&many));
    let question = ["last-used", "products", "LTAI5tTwo", "-f", "json"];
    let expected = ask(&question, &plain).code(0).rows();
    for dialect in DIALECTS {
        let text = (dialect.write)(&many);
        assert!(text.len() > 100_000, "too short to be searched");
        let archive = Archive::new().file("a.json", &text);
        let outcome = ask(&question, &archive).code(0);
        assert_eq!(outcome.rows(), expected, "{}", dialect.name);
        // A key that is nowhere is nowhere in any form.
        let other = ["last-used", "info", "LTAI5tNowhere"];
        ask(&other, &archive).code(1);
    }
}

#[test]
fn a_key_spelt_with_escapes_in_a_string_is_found_in_a_long_file() {
    let filler = (DIALECTS[0].write)(&vec![call_of("LTAI5tOther"); 300]);
    for spelling in [
        r"\\u004cTAI5tTwo",
        r"\u005cu004cTAI5tTwo",
        r"\\\u0075004cTAI5tTwo",
    ] {
        let row = format!(
            r#"{{"event":"{{\"eventTime\":\"2024-03-05T09:21:32Z\",\"userIdentity\":{{\"accessKeyId\":\"{spelling}\"}}}}"}}"#
        );
        let archive = Archive::new().file("a.json", format!("{filler}\n{row}\n"));
        let question = ["last-used", "info", "LTAI5tTwo", "-f", "json"];
        assert_eq!(
            ask(&question, &archive).code(0).rows().len(),
            1,
            "{spelling}"
        );
    }
}

#[test]
fn what_no_dialect_knows_is_left_out_as_before() {
    let archive = Archive::new().file(
        "a.json",
        [
            r#"{"event":"no event"}"#,
            r#"{"event":{"eventName":"no time"}}"#,
            r#"{"data":{"eventTime":"2024-03-05T09:21:32Z"}}"#,
            r#"{"event.eventName":"n"}"#,
            r#"{"event":{"event":{"eventTime":"2024-03-05T09:21:32Z"}}}"#,
            r#"{"event":null}"#,
        ]
        .join("\n"),
    );
    let outcome = ask(&["keys", "-f", "json"], &archive).code(1);
    let coverage = outcome.coverage();
    assert_eq!(coverage["records"]["left_out"], json!(6), "{outcome}");
    assert_eq!(coverage["files"]["read"], json!(1), "{outcome}");
}

#[test]
fn an_event_cut_off_in_its_row_is_damage() {
    for text in [
        // Log Service cuts long values.
        r#"{"event":"{\"eventTime\":\"2024-03-05T09:21:32Z\",\"userIde"}"#.to_owned(),
        "event\n\"{\"\"eventTime\"\":\"\"2024-03-05T09:21:32Z\"\",\n".to_owned(),
        "id,event\n1,{}\n2\n".to_owned(),
    ] {
        let archive = Archive::new().file("a.json", &text);
        let outcome = ask(&["keys", "-f", "json"], &archive).code(3);
        assert_eq!(
            outcome.coverage()["files"]["partial"],
            json!(1),
            "{outcome}"
        );
        outcome.says(&["a.json"]);
    }
}

#[test]
fn a_row_of_csv_beyond_the_limit_costs_itself() {
    let row = |text: &str| format!("\"{}\"\n", text.replace('"', "\"\""));
    let text = [
        "event\n".to_owned(),
        row(&call_of("LTAI5tFirst").to_string()),
        row(&with(call_of("LTAI5tLarge"), json!({"x": "y".repeat(17 << 20)})).to_string()),
        row(&call_of("LTAI5tLast").to_string()),
    ]
    .concat();
    let archive = Archive::new().file("a.csv", gzip(text));
    let outcome = ask(&["keys", "-f", "json"], &archive).code(3);
    assert_eq!(outcome.rows().len(), 2, "{outcome}");
    outcome.says(&["larger than 16 MiB"]);
}
