//! The same events in every dialect: whichever way they are written, the answers are the same.

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip, with};
use crate::support::dialects::DIALECTS;
use crate::support::questions::{LOOKUPS, answers, ask, calls, details, events};

#[test]
fn every_dialect_gives_the_same_answers() {
    let events = events();
    let plain = Archive::new().file("a.json", array(&events));
    let expected = answers(&plain);
    assert!(expected.1.len() > 20, "the test checks nothing");
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
fn call_records_are_the_same_in_every_dialect() {
    let mut few = events();
    for event in &mut few {
        event["eventRW"] = json!("Read");
    }
    // Long enough to be searched.
    let filler = (0..220).map(|number| {
        let time = format!("2024-02-01T{:02}:{:02}:00Z", number / 60, number % 60);
        event("LTAI5tFiller", &time, "Sts", "GetCallerIdentity")
    });
    let many: Vec<Value> = filler.chain(few.clone()).collect();
    for (events, long) in [(&few, false), (&many, true)] {
        let plain = Archive::new().file("a.json", array(events));
        let mut some = 0;
        // To the long ones, questions that search.
        let questions = if long { &LOOKUPS[3..] } else { LOOKUPS };
        for question in questions {
            let expected = calls(question, &plain.root(), "");
            some += usize::from(!expected.0.is_empty());
            for dialect in DIALECTS {
                let text = (dialect.write)(events);
                assert!(!long || text.len() > 70_000, "too short to be searched");
                let archive = Archive::new().file("a.json", &text);
                let mut found = calls(question, &archive.root(), "");
                if !dialect.keeps_text {
                    // The event was put together from columns, whose names may be in small letters.
                    for (row, expected) in found.0.iter_mut().zip(&expected.0) {
                        if let Some(event) = row.get_mut("event") {
                            let id = |event: &Value| {
                                let small = event.get("eventid").cloned();
                                small.unwrap_or_else(|| event["eventId"].clone())
                            };
                            assert_eq!(id(event), id(&expected["event"]), "{}", dialect.name);
                            *event = expected["event"].clone();
                        }
                    }
                }
                assert_eq!(found, expected, "{} {question:?}", dialect.name);
            }
        }
        assert!(
            some + 2 > questions.len(),
            "only {some} questions have an answer"
        );
    }
}

#[test]
fn an_event_that_comes_in_two_dialects_is_counted_once() {
    let events = events();
    let count = |archive: &Archive| {
        let coverage = ask(&["keys", "-f", "json"], archive).code(0).coverage();
        [&coverage["events"], &coverage["duplicates"]].map(|count| count.as_u64().unwrap())
    };
    let [once, twice] = count(&Archive::new().file("a.json", array(&events)));
    let all = DIALECTS.len() as u64;
    let archive = DIALECTS
        .iter()
        .enumerate()
        .fold(Archive::new(), |archive, (at, dialect)| {
            archive.file(format!("{at}.json"), (dialect.write)(&events))
        });
    assert_eq!(count(&archive), [once, (once + twice) * all - once]);
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
        // A key without events has none in any dialect.
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
fn objects_of_no_known_dialect_are_left_out() {
    let archive = Archive::new().file(
        "a.json",
        [
            r#"{"event":"no event"}"#,
            r#"{"event":{"eventName":"no time"}}"#,
            r#"{"data":{"eventName":"no time"}}"#,
            r#"{"event.eventName":"n"}"#,
            r#"{"event":{"event":{"event.eventName":"n"}}}"#,
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
        outcome.reports(&["a.json"]);
    }
}

#[test]
fn a_row_of_csv_beyond_the_limit_is_left_out_alone() {
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
    outcome.reports(&["larger than 16 MiB"]);
}
