//! Inputs that users have, in forms that were once answered wrongly or silently: each is read, or the
//! answer says that it was not understood, and what was seen of it.

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, event, with};
use crate::support::program::{Outcome, args, keytrail};
use crate::support::questions::ask;

/// The key of all cases.
const KEY: &str = "LTAI5tFieldExample";

/// Three calls of one key: three addresses, three resources, no error.
fn three_calls() -> Vec<Value> {
    (1..=3)
        .map(|number| {
            with(
                event(
                    KEY,
                    &format!("2024-03-05T09:0{number}:00Z"),
                    "Ecs",
                    "DescribeInstances",
                ),
                json!({
                    "sourceIpAddress": format!("203.0.113.{number}"),
                    "referencedResources": {"ACS::ECS::Instance": [format!("i-bp{number}")]},
                }),
            )
        })
        .collect()
}

/// The rows and the counts of a text, and the exit code.
fn answer(text: &str) -> (Outcome, Value) {
    let outcome = ask(
        &["keys", "-f", "json"],
        &Archive::new().file("a.json", text),
    );
    let coverage = outcome.coverage();
    let counts = json!([
        coverage["events"],
        coverage["without_key"],
        coverage["span"],
        coverage["files"]["read"],
    ]);
    (outcome, counts)
}

/// The text has the answer of the three calls as a trail delivers them.
fn reads_the_three_calls(what: &str, text: &str) {
    let (plain, counts) = answer(&array(&three_calls()));
    let plain = plain.code(0);
    assert_eq!(plain.rows().len(), 1);
    let (outcome, found) = answer(text);
    let outcome = outcome.code(0);
    assert_eq!(outcome.rows(), plain.rows(), "{what}: {text:.600}");
    assert_eq!(found, counts, "{what}: {text:.600}");
}

/// The text is not understood: exit code 3, and all of this on standard error.
fn is_told(text: &str, reports: &[&str]) -> Outcome {
    let (outcome, _) = answer(text);
    outcome.code(3).reports(reports)
}

fn lines(events: &[Value], line: impl Fn(&Value) -> Value) -> String {
    let lines: Vec<String> = events.iter().map(|event| line(event).to_string()).collect();
    lines.join("\n")
}

/// What writes an event as a row.
type Wrap<'a> = &'a dyn Fn(&Value) -> Value;

/// The event with its objects flattened, as data frames write it.
fn flattened(event: &Value, separator: &str) -> Value {
    let mut flat = json!({});
    for (name, value) in event.as_object().unwrap() {
        match value {
            Value::Object(inner) => {
                for (inner, value) in inner {
                    flat[format!("{name}{separator}{inner}")] = value.clone();
                }
            }
            _ => flat[name] = value.clone(),
        }
    }
    flat
}

#[test]
fn an_identity_held_as_json_text_was_no_access_key() {
    let as_text = |name: &'static [&'static str]| {
        move |event: &Value| {
            let mut event = event.clone();
            for name in name {
                event[*name] = json!(event[*name].to_string());
            }
            event
        }
    };
    for names in [
        &["userIdentity"][..],
        &["userIdentity", "referencedResources"],
        &["referencedResources"],
    ] {
        let text = lines(&three_calls(), as_text(names));
        reads_the_three_calls("lines", &text);
        let all: Vec<Value> = three_calls().iter().map(as_text(names)).collect();
        reads_the_three_calls("an array", &array(&all));
        reads_the_three_calls("a reply", &json!({"Events": all}).to_string());
        reads_the_three_calls(
            "rows",
            &lines(&all, |event| json!({"event": event.to_string()})),
        );
    }
    // A string that holds such a string.
    let twice = lines(&three_calls(), |event| {
        let text = json!(event["userIdentity"].to_string()).to_string();
        with(event.clone(), json!({"userIdentity": text}))
    });
    reads_the_three_calls("text in text", &twice);
}

#[test]
fn an_identity_that_is_no_json_was_a_call_without_access_key() {
    for identity in [
        "@{type=ram-user; accountId=1098700000000001; accessKeyId=LTAI5tFieldExample}",
        "{type=ram-user, accessKeyId=LTAI5tFieldExample}",
        "{'type': 'ram-user', 'accessKeyId': 'LTAI5tFieldExample'}",
        "{\"type\": \"ram-user\", \"accessKeyId\": \"LTAI5t",
        "System.Object",
    ] {
        let all: Vec<Value> = three_calls()
            .iter()
            .map(|event| with(event.clone(), json!({"userIdentity": identity})))
            .collect();
        for text in [
            array(&all),
            lines(&all, Value::clone),
            json!({"Events": all}).to_string(),
            lines(&all, |event| json!({"event": event})),
        ] {
            let beginning = identity.chars().take(6).collect::<String>();
            let outcome = is_told(
                &text,
                &["userIdentity that is not understood", "and 2 more like it"],
            );
            let seen = format!("{beginning:?}");
            assert!(
                outcome.stderr().contains(seen.trim_matches('"')),
                "{outcome}"
            );
            assert_eq!(
                outcome.coverage()["files"]["partial"],
                json!(1),
                "{outcome}"
            );
            assert_eq!(outcome.coverage()["without_key"], json!(0), "{outcome}");
        }
    }
}

#[test]
fn resources_that_are_no_json_were_missing_in_silence() {
    let all: Vec<Value> = three_calls()
        .iter()
        .map(|event| {
            with(
                event.clone(),
                json!({"referencedResources": "System.Object[]"}),
            )
        })
        .collect();
    let outcome = is_told(&array(&all), &["referencedResources", "System.Object[]"]);
    assert_eq!(outcome.rows()[0]["events"], json!(3), "{outcome}");
}

#[test]
fn flattened_names_without_event_in_front_lost_the_key() {
    for separator in [".", "_"] {
        let flat: Vec<Value> = three_calls()
            .iter()
            .map(|event| flattened(event, separator))
            .collect();
        let small = |event: &Value| {
            let members = event.as_object().unwrap().iter();
            members
                .map(|(name, value)| {
                    let name = match name.split_once("ACS::") {
                        Some((name, kind)) => format!("{}ACS::{kind}", name.to_ascii_lowercase()),
                        None => name.to_ascii_lowercase(),
                    };
                    (name, value.clone())
                })
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        reads_the_three_calls("lines", &lines(&flat, Value::clone));
        reads_the_three_calls("an array", &array(&flat));
        reads_the_three_calls("small letters", &lines(&flat, small));
        reads_the_three_calls("a reply", &json!({"data": flat}).to_string());
        reads_the_three_calls("rows", &lines(&flat, |event| json!({"contents": event})));
        for prefix in ["event.", "event_", "_source.", "result."] {
            let prefixed = lines(&flat, |event| {
                let members = event.as_object().unwrap().iter();
                members
                    .map(|(name, value)| (format!("{prefix}{name}"), value.clone()))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            });
            reads_the_three_calls(prefix, &prefixed);
        }
    }
}

#[test]
fn placeholders_for_nothing_were_keys_and_errors() {
    for nothing in [
        "-", "null", "NULL", "\\N", "None", "(null)", "nan", "NaN", " - ",
    ] {
        let mut rows: Vec<Value> = three_calls()
            .iter()
            .map(|event| {
                let event = with(
                    event.clone(),
                    json!({"errorCode": nothing, "resourceName": nothing}),
                );
                flattened(&event, ".")
            })
            .collect();
        rows.push(json!({
            "eventTime": "2024-03-05T09:02:30Z",
            "userIdentity.accessKeyId": nothing,
            "userIdentity.accountId": "1",
            "sourceIpAddress": nothing,
        }));
        let (outcome, _) = answer(&lines(&rows, Value::clone));
        let outcome = outcome.code(0);
        assert_eq!(outcome.rows().len(), 1, "{nothing}: {outcome}");
        let row = &outcome.rows()[0];
        let counts = ["events", "errors", "ips", "resources"].map(|name| row[name].clone());
        assert_eq!(
            counts,
            [3, 0, 3, 3].map(Value::from),
            "{nothing}: {outcome}"
        );
        assert_eq!(outcome.coverage()["without_key"], json!(1), "{outcome}");
    }
    // Where a trail writes them itself, they are what they are.
    let named = with(three_calls()[0].clone(), json!({"sourceIpAddress": "-"}));
    let (outcome, _) = answer(&array(&[named]));
    assert_eq!(outcome.code(0).rows()[0]["last_ip"], json!("-"));
}

#[test]
fn replies_in_wrappers_were_one_record_without_time() {
    let all = three_calls();
    let rows: Vec<Value> = all
        .iter()
        .map(|event| json!({"__time__": "1", "event": event.to_string()}))
        .collect();
    for (what, reply) in [
        (
            "an SDK",
            json!({"headers": {"a": "b"}, "statusCode": 200, "body": {"RequestId": "r", "Events": all}}),
        ),
        (
            "an SDK's text",
            json!({"body": json!({"Events": all}).to_string()}),
        ),
        ("GetLogsV2", json!({"meta": {"count": 3}, "data": rows})),
        (
            "GetLogsV2 in a body",
            json!({"body": {"meta": {"count": 3}, "data": rows}}),
        ),
        (
            "own rows",
            json!({"schema": "x", "coverage": {}, "rows": all.iter().map(|event| json!({"event_time": event["eventTime"], "event": event})).collect::<Vec<_>>()}),
        ),
        ("small letters", json!({"requestId": "r", "events": all})),
        ("records", json!({"Records": all})),
        ("logs", json!({"progress": "Complete", "logs": rows})),
        (
            "a search engine",
            json!({"took": 3, "hits": {"total": {"value": 3}, "hits": all.iter().map(|event| json!({"_index": "a", "_source": event})).collect::<Vec<_>>()}}),
        ),
        ("a list as text", json!({"data": json!(all).to_string()})),
    ] {
        reads_the_three_calls(what, &reply.to_string());
        reads_the_three_calls(what, &format!("{reply:#}"));
        reads_the_three_calls(what, &json!([reply]).to_string());
    }
    // Nothing was asked for that is there.
    for empty in [
        json!({"meta": {}, "data": []}),
        json!({"body": {"Events": []}}),
        json!({"rows": []}),
    ] {
        let (outcome, _) = answer(&empty.to_string());
        outcome.code(1);
    }
    // A member that leads to no event is left alone.
    let beside = lines(&all, |event| json!({"data": [{"a": 1}], "event": event}));
    reads_the_three_calls("beside data", &beside);
    let own = lines(&all, |event| {
        with(
            event.clone(),
            json!({"data": [{"eventTime": "2024-03-05T00:00:00Z"}]}),
        )
    });
    reads_the_three_calls("data of an event", &own);
}

#[test]
fn a_reply_with_events_in_several_members_was_read_in_one_of_them() {
    let all = three_calls();
    let row = |event: &Value| json!({"event": event.to_string()});
    for reply in [
        json!({"Events": [all[0]], "Records": [all[1], all[2]]}),
        json!({"Events": [all[0], all[1]], "events": [all[2]]}),
        json!({"RequestId": "r", "Events": [], "records": all}),
        json!({"rows": [row(&all[0])], "logs": [row(&all[1]), row(&all[2])]}),
        json!({"body": {"Events": [all[0]]}, "data": [row(&all[1])], "hits": {"hits": [{"_source": all[2]}]}}),
    ] {
        reads_the_three_calls("several members", &reply.to_string());
        reads_the_three_calls("several members", &json!([reply]).to_string());
    }
    // Of a doubled name the last counts, as everywhere.
    let doubled = format!(r#"{{"Events":[{}],"Events":{}}}"#, all[0], json!(all));
    reads_the_three_calls("a doubled name", &doubled);
    // A cut off reply gives what is whole in each.
    let reply = json!({"Events": [all[0]], "Records": [all[1], all[2]]}).to_string();
    let outcome = is_told(&reply[..reply.len() - 40], &["a.json"]);
    assert_eq!(outcome.rows()[0]["events"], json!(2), "{outcome}");
}

#[test]
fn an_identity_that_is_a_list_was_a_call_without_access_key() {
    for identity in [
        json!([{"type": "ram-user", "accessKeyId": KEY}]),
        json!([KEY]),
    ] {
        let all: Vec<Value> = three_calls()
            .iter()
            .map(|event| with(event.clone(), json!({"userIdentity": identity})))
            .collect();
        let outcome = is_told(&array(&all), &["userIdentity that is not understood"]);
        assert_eq!(outcome.coverage()["without_key"], json!(0), "{outcome}");
        is_told(&lines(&all, Value::clone), &["and 2 more like it"]);
    }
    // Nothing in the place of the identity is a call without AccessKey.
    for identity in [json!(null), json!(""), json!([]), json!({}), json!(7)] {
        let all = three_calls()
            .into_iter()
            .map(|event| with(event, json!({"userIdentity": identity})));
        let (outcome, _) = answer(&array(&all.collect::<Vec<_>>()));
        let outcome = outcome.code(1);
        assert_eq!(outcome.coverage()["without_key"], json!(3), "{outcome}");
    }
}

#[test]
fn a_caller_under_a_name_that_nobody_knows_was_a_call_without_access_key() {
    for name in ["access_key_id", "AccessKey-ID", "user_identity"] {
        let all: Vec<Value> = three_calls()
            .into_iter()
            .map(|mut event| {
                event.as_object_mut().unwrap().remove("userIdentity");
                with(event, json!({name: KEY}))
            })
            .collect();
        is_told(&array(&all), &["not understood", name]);
        // What holds nothing names no caller.
        let all = all.into_iter().map(|event| with(event, json!({name: "-"})));
        answer(&array(&all.collect::<Vec<_>>())).0.code(1);
    }
    is_told(
        &format!("eventTime,accessKeyId,eventName\n2024-03-05T09:01:00Z,{KEY},GetBucket\n"),
        &["not understood", "accessKeyId"],
    );
    // An event with its identity may have such a member, too.
    let beside = three_calls()
        .into_iter()
        .map(|event| with(event, json!({"access_key_id": "LTAI5tOther"})));
    reads_the_three_calls("beside", &array(&beside.collect::<Vec<_>>()));
}

#[test]
fn events_in_base64_were_records_without_time() {
    for row in [
        json!({"specversion": "1.0", "data_base64": "eyJldmVudFRpbWUiOiIyMDI0LTAzLTA1VDA5OjAxOjAwWiJ9"}),
        json!({"message": "H4sIAAAAAAAAA6tWSi1LzSspycxNVbJSMjIwMtE1MNY1MA0xsLQyMLQyMIhSqgUAaLC3XycAAAA="}),
    ] {
        let outcome = is_told(&row.to_string(), &["not understood"]);
        assert_eq!(
            outcome.coverage()["files"]["partial"],
            json!(1),
            "{outcome}"
        );
    }
}

#[test]
fn rows_in_wrappers_were_records_without_time() {
    let all = three_calls();
    let text = |event: &Value| json!(event.to_string());
    let rows: [(&str, Wrap<'_>); 10] = [
        (
            "contents",
            &|event| json!({"timestamp": 1, "contents": {"__time__": "1", "event": text(event)}}),
        ),
        (
            "contents with an object",
            &|event| json!({"contents": {"event": event}}),
        ),
        (
            "contents in parts",
            &|event| json!({"contents": {"event.eventTime": event["eventTime"], "event.eventName": event["eventName"], "event.eventId": event["eventId"], "event.serviceName": "Ecs", "event.sourceIpAddress": event["sourceIpAddress"], "event.acsRegion": event["acsRegion"], "event.userIdentity": text(&event["userIdentity"]), "event.referencedResources": text(&event["referencedResources"]), "event.userAgent": event["userAgent"]}}),
        ),
        (
            "result",
            &|event| json!({"preview": false, "result": {"_raw": text(event), "host": "h"}}),
        ),
        ("_source", &|event| json!({"_index": "i", "_source": event})),
        (
            "_source with event",
            &|event| json!({"_source": {"@timestamp": "1", "event": {"original": text(event)}}}),
        ),
        (
            "message",
            &|event| json!({"@timestamp": "1", "message": text(event)}),
        ),
        (
            "event.original",
            &|event| json!({"@timestamp": "1", "event": {"id": "1", "original": text(event)}}),
        ),
        (
            "dotted event.original",
            &|event| json!({"event.id": "1", "event.original": text(event)}),
        ),
        ("data", &|event| json!({"id": "1", "data": text(event)})),
    ];
    for (what, row) in rows {
        let all: Vec<Value> = all.iter().map(row).collect();
        reads_the_three_calls(what, &lines(&all, Value::clone));
        reads_the_three_calls(what, &array(&all));
    }
}

#[test]
fn wrappers_that_nobody_knows_hid_any_number_of_events() {
    let all = three_calls();
    for (wrapper, reports) in [
        (
            json!({"payload": {"items": all}}),
            &["not understood", "payload"][..],
        ),
        (json!({"page": 1, "items": all}), &["page, items"]),
        (json!({"items": [{"a": 1}]}), &["not understood"]),
        (json!({"line": all[0].to_string()}), &["line"]),
        (json!(all[0].to_string()), &["not understood", "eventId"]),
        (json!({"Events": [all]}), &["not understood", "eventId"]),
        (json!([all]), &["not understood", "eventId"]),
        (
            json!({"EventTime_s": "2024-03-05", "UserIdentity_s": "x"}),
            &["EventTime_s"],
        ),
    ] {
        let outcome = is_told(&wrapper.to_string(), reports);
        assert_eq!(outcome.coverage()["files"]["read"], json!(0), "{outcome}");
        assert!(
            !outcome.stderr().contains("what the trail delivered"),
            "{outcome}"
        );
    }
}

#[test]
fn records_with_broken_names_counted_as_no_events() {
    let good = three_calls()[1].to_string();
    for broken in [
        // Python's own way to print, no quotes at all, no colon, no comma.
        r"{'eventTime': '2024-03-05T09:01:00Z', 'userIdentity': {'accessKeyId': 'K'}}",
        r#"{eventTime: "2024-03-05T09:01:00Z"}"#,
        r#"{"eventTime":"2024-03-05T09:01:00Z","userIdentity":{"accessKeyId" "K"}}"#,
        r#"{"eventTime" "2024-03-05T09:01:00Z","eventName":"x"}"#,
        r#"{"eventTime":"2024-03-05T09:01:00Z","userIdentity":{accessKeyId:"K"}}"#,
        r#"{"eventTime":"2024-03-05T09:01:00Z","apiVersion":"1" "userIdentity":{"accessKeyId":"K"}}"#,
        r#"{"eventTime":"2024-03-05T09:01:00Z","apiVersion":1 "userIdentity":{"accessKeyId":"K"}}"#,
        r#"{"eventTime":"2024-03-05T09:01:00Z","a":{} "userIdentity":{"accessKeyId":"K"}}"#,
        r#"{"eventTime":"2024-03-05T09:01:00Z","\xuserIdentity":{"accessKeyId":"K"}}"#,
        r#"{"eventTime":"2024-03-05T09:01:00Z","userIdentity":{"accessKeyId":"K"},"referencedResources":{T:["r"]}}"#,
    ] {
        for text in [
            format!("[{broken},{good}]"),
            format!("[ {broken} , {good} ]"),
            format!("{broken}\n{good}\n"),
        ] {
            let outcome = is_told(&text, &["record 0", "is not valid JSON"]);
            assert_eq!(outcome.rows().len(), 1, "{outcome}");
            assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
        }
    }
}

#[test]
fn times_as_databases_write_them_were_refused() {
    let at = |form: &dyn Fn(u32) -> String| {
        let all: Vec<Value> = (1..)
            .zip(three_calls())
            .map(|(minute, event)| with(event, json!({"eventTime": form(minute)})))
            .collect();
        array(&all)
    };
    let forms: [&dyn Fn(u32) -> String; 7] = [
        &|minute| format!("2024-03-05 09:0{minute}:00+00"),
        &|minute| format!("2024-03-05 17:0{minute}:00+08"),
        &|minute| format!("2024-03-05 09:0{minute}:00 UTC"),
        &|minute| format!("2024-03-05 09:0{minute}:00.000000 UTC"),
        &|minute| format!(" 2024-03-05T09:0{minute}:00Z "),
        &|minute| format!("2024-03-05T09:0{minute}:00.000+0000\n"),
        &|minute| format!("2024-03-05 09:0{minute}:00.000+00:00"),
    ];
    for form in forms {
        reads_the_three_calls(&form(1), &at(form));
    }
    let refused: [&dyn Fn(u32) -> String; 4] = [
        &|minute| format!("2024-03-05 09:0{minute}:00.000"),
        &|minute| format!("17096292{minute}0"),
        &|minute| format!("Mar 5, 2024 9:0{minute} AM"),
        &|_| "9999-12-31T23:59:59-01:00".to_owned(),
    ];
    for form in refused {
        let outcome = is_told(
            &at(form),
            &["no usable eventTime", &form(1), "and 2 more like it"],
        );
        assert_eq!(outcome.coverage()["records"]["left_out"], json!(3));
        assert!(
            !outcome.stderr().contains("what the trail delivered"),
            "{outcome}"
        );
    }
}

#[test]
fn a_page_in_place_of_a_log_file_is_named_by_its_beginning() {
    let page = "<html><head><title>403 Forbidden</title></head></html>\n";
    is_told(page, &["no JSON", "begins \"<html>"]);
    let escape = "\u{1b}[2Jno log\u{202e} file\n";
    let outcome = is_told(escape, &["no JSON"]);
    assert!(
        !outcome.stderr().contains(['\u{1b}', '\u{202e}']),
        "{outcome}"
    );
}

#[test]
fn calls_that_log_service_denied_are_read() {
    let denied: Vec<Value> = three_calls()
        .iter()
        .zip(["Unauthorized", "SignatureNotMatch", "InternalError"])
        .map(|(event, code)| {
            with(
                event.clone(),
                json!({"errorCode": code, "serviceName": "Log"}),
            )
        })
        .collect();
    let archive = Archive::new().file("a.json", lines(&denied, Value::clone));
    let outcome = keytrail(args([
        &"lookup",
        &archive.root(),
        &"--error",
        &"-f",
        &"json",
    ]))
    .run()
    .code(0);
    assert_eq!(outcome.rows().len(), 3, "{outcome}");
}

/// The three calls as a table of parts: two columns hold objects as text.
fn table_of_calls(delimiter: &str, end: &str, quoted: impl Fn(&str) -> String) -> String {
    let columns = [
        "eventId",
        "eventTime",
        "eventName",
        "serviceName",
        "acsRegion",
        "sourceIpAddress",
        "userAgent",
        "userIdentity",
        "referencedResources",
    ];
    let mut text = columns.join(delimiter) + end;
    for event in three_calls() {
        let cells: Vec<String> = columns
            .iter()
            .map(|name| match &event[*name] {
                Value::String(text) => text.clone(),
                other => quoted(&other.to_string()),
            })
            .collect();
        text += &(cells.join(delimiter) + end);
    }
    text
}

fn doubled(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn with_backslashes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn in_single_quotes(text: &str) -> String {
    format!("'{text}'")
}

#[test]
fn tables_behind_a_preamble_were_no_json() {
    let by_comma = table_of_calls(",", "\n", doubled);
    for (what, text) in [
        (
            "sep",
            format!("sep=;\n{}", table_of_calls(";", "\n", doubled)),
        ),
        (
            "sep and CRLF",
            format!("SEP=;\r\n{}", table_of_calls(";", "\r\n", doubled)),
        ),
        ("sep in quotes", format!("\"sep=,\"\r\n{by_comma}")),
        (
            "sep of a tab",
            format!("sep=\t\r\n{}", table_of_calls("\t", "\r\n", doubled)),
        ),
        (
            "type",
            format!("#TYPE System.Management.Automation.PSCustomObject\r\n{by_comma}"),
        ),
        ("blank lines", format!("\n \r\n\n{by_comma}")),
        ("a mark and blanks", format!("\u{feff}\n{by_comma}")),
        (
            "comments",
            format!("# exported\n-- by a tool\n// again\n\n{by_comma}"),
        ),
    ] {
        reads_the_three_calls(what, &text);
    }
}

#[test]
fn tables_with_other_quotes_delimiters_and_line_ends_were_no_events() {
    for (what, text) in [
        ("LF", table_of_calls(",", "\n", doubled)),
        ("CRLF", table_of_calls(",", "\r\n", doubled)),
        ("CR", table_of_calls(",", "\r", doubled)),
        ("semicolons", table_of_calls(";", "\n", doubled)),
        ("tabs", table_of_calls("\t", "\n", doubled)),
        ("bars", table_of_calls("|", "\n", doubled)),
        ("blanks", table_of_calls(" ", "\n", doubled)),
        ("a blank behind commas", table_of_calls(", ", "\n", doubled)),
        ("backslashes", table_of_calls(",", "\n", with_backslashes)),
        ("single quotes", table_of_calls(",", "\n", in_single_quotes)),
        ("no quotes", table_of_calls("\t", "\n", str::to_owned)),
        (
            "CR and backslashes",
            table_of_calls(";", "\r", with_backslashes),
        ),
    ] {
        reads_the_three_calls(what, &text);
    }
    let events = three_calls();
    let rows = |column: &str, quoted: &dyn Fn(&str) -> String| {
        let rows = events
            .iter()
            .map(|event| format!("1709629200,topic,{}\n", quoted(&event.to_string())));
        format!("__time__,__topic__,{column}\n{}", rows.collect::<String>())
    };
    for column in ["event", "_raw", "message", "event.original", "_source"] {
        reads_the_three_calls(column, &rows(column, &doubled));
        reads_the_three_calls(column, &rows(column, &with_backslashes));
        reads_the_three_calls(column, &rows(column, &in_single_quotes));
    }
    // Names in quotes, cells without.
    let text = table_of_calls(",", "\n", doubled);
    let (header, cells) = text.split_once('\n').unwrap();
    for quote in ["\"", "'"] {
        let names: Vec<String> = header
            .split(',')
            .map(|name| format!("{quote}{name}{quote}"))
            .collect();
        if quote == "\"" {
            reads_the_three_calls("quoted names", &format!("{}\n{cells}", names.join(",")));
        } else {
            let cells = table_of_calls(",", "\n", in_single_quotes);
            let (_, cells) = cells.split_once('\n').unwrap();
            reads_the_three_calls("quoted names", &format!("{}\n{cells}", names.join(",")));
        }
    }
}

#[test]
fn placeholders_in_tables_were_keys_and_errors() {
    for nothing in [
        "-", "null", "NULL", "\\N", "None", "(null)", "nan", "\"\"", " ",
    ] {
        for names in [
            "event.eventTime,event.sourceIpAddress,event.errorCode,event.resourceName,event.userIdentity.accessKeyId",
            "eventTime,sourceIpAddress,errorCode,resourceName,userIdentity_accessKeyId",
        ] {
            let text = format!(
                "{names}\n\
                 2024-03-05T09:01:00Z,203.0.113.1,{nothing},{nothing},{KEY}\n\
                 2024-03-05T09:02:00Z,203.0.113.2,{nothing},{nothing},{KEY}\n\
                 2024-03-05T09:03:00Z,{nothing},{nothing},{nothing},{nothing}\n"
            );
            let (outcome, _) = answer(&text);
            let outcome = outcome.code(0);
            assert_eq!(outcome.rows().len(), 1, "{nothing}: {outcome}");
            let row = &outcome.rows()[0];
            let counts = ["events", "errors", "ips", "resources"].map(|name| row[name].clone());
            assert_eq!(
                counts,
                [2, 0, 2, 0].map(Value::from),
                "{nothing}: {outcome}"
            );
            assert_eq!(outcome.coverage()["without_key"], json!(1), "{outcome}");
        }
    }
}

#[test]
fn tables_that_are_not_understood_name_their_columns() {
    let event = three_calls()[0].to_string();
    for (text, reports) in [
        // No column is the event's time.
        (
            "TimeGenerated,EventName,UserIdentity\n2024-03-05,x,y\n".to_owned(),
            &["TimeGenerated,EventName"][..],
        ),
        // A cell is no event.
        (
            "__time__,__topic__,event\n1,t,@{eventTime=x}\n".to_owned(),
            &["__time__, __topic__, event", "@{eventTime=x}"],
        ),
        // Commas that no quote protects.
        (
            format!("eventTime,eventName,userIdentity\n2024-03-05T09:01:00Z,x,{event}\n"),
            &["cells in a table of the columns eventTime, eventName"],
        ),
        (
            "eventTime,userIdentity\n2024-03-05T09:01:00Z,@{accessKeyId=x}\n".to_owned(),
            &["userIdentity that is not understood", "@{accessKeyId=x}"],
        ),
        (
            "eventTime,userIdentity\n2024-03-05T09:01:00Z,{accessKeyId=x}\n".to_owned(),
            &["userIdentity that is not understood", "{accessKeyId=x}"],
        ),
        (
            "eventTime,eventName\n2024-03-05 09:01:00,x\n".to_owned(),
            &["no usable eventTime", "2024-03-05 09:01:00"],
        ),
        (
            "eventName,eventTime\nx\n".to_owned(),
            &["is not valid JSON"],
        ),
        (
            "eventName,eventTime\n\"x,2024-03-05T09:01:00Z\n".to_owned(),
            &["a quote that is not closed"],
        ),
    ] {
        is_told(&text, reports);
    }
}

#[test]
fn a_row_of_too_many_columns_was_called_too_large() {
    let wide = ",x".repeat(5000);
    let text = format!(
        "event\n1{wide}\n{}\n",
        doubled(&three_calls()[0].to_string())
    );
    let outcome = is_told(&text, &["more columns than the 4,096"]);
    assert!(!outcome.stderr().contains("MiB"), "{outcome}");
    assert_eq!(outcome.rows().len(), 1, "{outcome}");
}
