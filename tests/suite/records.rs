//! Odd and broken records: at most that record is left out.

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, gzip, gzip_cut_after, with};
use crate::support::checks::{
    all_read, assert_contains, beside_a_neighbour, check, keys_of, one_partial,
};
use crate::support::program::{args, keytrail};

#[test]
fn a_byte_order_mark_is_no_fault() {
    for text in ["\u{feff}[EVENT]", "\u{feff}EVENT\n", "\u{feff} \n[EVENT]"] {
        let text = text.replace("EVENT", &call_of("LTAI5tKept").to_string());
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            0,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &all_read(2),
        );
    }
}

#[test]
fn files_put_together_with_cat_are_read_to_the_end() {
    let (first, second) = (
        array(&[call_of("LTAI5tFirst")]),
        array(&[call_of("LTAI5tSecond")]),
    );
    for between in ["", "\n", ",\n", "\r\n\r\n", "[]", "\u{feff}", "\nnull\n"] {
        let bytes = gzip([&*first, between, &*second].concat());
        let keys = ["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"];
        check(
            &beside_a_neighbour("b.gz", bytes),
            0,
            &keys,
            &json!({"files": {"found": 2, "read": 2}}),
        );
    }
}

#[test]
fn lines_of_garbage_are_reported_and_cost_no_record() {
    let first = call_of("LTAI5tFirst").to_string();
    let second = call_of("LTAI5tSecond").to_string();
    for garbage in [
        "2024-03-05 09:21:32 INFO started",
        "-- it's garbage",
        "%",
        "None",
        "it's a \"quote\"",
    ] {
        let bytes = gzip([&*first, garbage, &*second, ""].join("\n"));
        let keys = ["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"];
        check(&beside_a_neighbour("b.gz", bytes), 3, &keys, &one_partial()).reports(&["b.gz"]);
    }
}

#[test]
fn elements_that_are_no_events_are_counted_and_left_out() {
    let elements = format!(
        "[null,1,-2.5e3,true,\"text\",[],[[1]],{{}},{{\"eventTime\":null}},{0}]",
        call_of("K")
    );
    let coverage = json!({
        "files": {"read": 2, "partial": 0},
        "records": {"found": 11, "left_out": 9},
        "events": 2,
    });
    check(
        &beside_a_neighbour("b.gz", gzip(elements)),
        0,
        &["K", "LTAI5tNeighbour"],
        &coverage,
    );
    for text in ["null", "1", "\"text\"", "true\n", "[null]"] {
        let coverage =
            json!({"files": {"read": 2}, "records": {"found": 2, "left_out": 1}, "events": 1});
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            0,
            &["LTAI5tNeighbour"],
            &coverage,
        );
    }
}

#[test]
fn a_reply_of_lookup_events_is_a_log_file() {
    let reply =
        json!({"RequestId": "R", "Events": [call_of("LTAI5tFirst"), null], "NextToken": "t"});
    let lines = format!(
        "{reply}\n{}\n",
        json!({"Events": [call_of("LTAI5tSecond")]})
    );
    let coverage = json!({"files": {"read": 2}, "records": {"found": 4, "left_out": 1}});
    let keys = ["LTAI5tFirst", "LTAI5tNeighbour", "LTAI5tSecond"];
    check(
        &beside_a_neighbour("b.gz", gzip(&lines)),
        0,
        &keys,
        &coverage,
    );

    // The records of a reply that is cut are complete all the same.
    let cut = gzip_cut_after(&lines, lines.rfind("LTAI5tSecond").unwrap());
    check(
        &beside_a_neighbour("b.gz", cut),
        3,
        &["LTAI5tFirst", "LTAI5tNeighbour"],
        &one_partial(),
    );
}

#[test]
fn a_cut_reply_gives_its_complete_records() {
    let reply =
        json!({"RequestId": "R", "Events": [call_of("LTAI5tFirst"), call_of("LTAI5tSecond")]})
            .to_string();
    let cut = gzip_cut_after(&reply, reply.find("LTAI5tSecond").unwrap());
    check(
        &beside_a_neighbour("b.gz", cut),
        3,
        &["LTAI5tFirst", "LTAI5tNeighbour"],
        &one_partial(),
    );
}

#[test]
fn unbalanced_text_ends_a_file_and_its_offset_is_reported() {
    let good = call_of("LTAI5tKept").to_string();
    for rest in [
        "{\"eventTime\":\"2024",
        "{\"a\":{}",
        "{\"a\":[[[",
        "[[[[",
        "{",
        "\"",
        "{\"a\\",
        "{\"a\":\"\\\"}",
    ] {
        let text = format!("[{good},{rest}");
        let archive = beside_a_neighbour("b.gz", gzip(&text));
        let problems = archive.beside("problems");
        let command = args([
            &"keys",
            &archive.root(),
            &"-f",
            &"json",
            &"--errors-to",
            &problems,
        ]);
        let outcome = keytrail(command).run().code(3);
        assert_eq!(
            keys_of(&outcome),
            ["LTAI5tKept", "LTAI5tNeighbour"],
            "{outcome}"
        );
        assert_contains(&outcome.coverage(), &one_partial(), &outcome);
        let problems = std::fs::read_to_string(problems).unwrap();
        let offset = (text.len() - rest.len()).to_string();
        assert!(
            problems.contains(&offset),
            "no byte offset {offset} in: {problems}"
        );
    }
}

#[test]
fn closing_brackets_too_many_cost_no_record_before_them() {
    let good = call_of("LTAI5tKept").to_string();
    for rest in ["]]", "}}", "]}]", ",{]}]"] {
        let archive = beside_a_neighbour("b.gz", gzip(format!("[{good}{rest}")));
        check(
            &archive,
            3,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &one_partial(),
        );
    }
}

#[test]
fn brackets_of_the_wrong_kind_end_a_file_only_at_the_end_of_a_record() {
    let (first, last) = (call_of("LTAI5tFirst"), call_of("LTAI5tLast"));
    let beside = |odd: &str| beside_a_neighbour("b.gz", gzip(format!("[{first},{odd},{last}]")));
    // The record's own brackets are a pair: what is inside costs at most that record.
    for odd in ["{\"a\":[1,2}}", "{\"a\":{]}", "[{]]"] {
        let keys = ["LTAI5tFirst", "LTAI5tLast", "LTAI5tNeighbour"];
        let coverage = json!({"files": {"read": 2}, "records": {"found": 4, "left_out": 1}});
        check(&beside(odd), 0, &keys, &coverage);
    }
    // They are no pair, so it is not known where the next record begins.
    for odd in ["[}", "{]", "{\"a\":1]"] {
        let keys = ["LTAI5tFirst", "LTAI5tNeighbour"];
        check(&beside(odd), 3, &keys, &one_partial()).reports(&["b.gz", "do not balance"]);
    }
}

#[test]
fn a_needed_value_that_is_not_json_leaves_its_record_out() {
    for value in [
        "tru",
        "01",
        "1.",
        "-",
        "\"\\x\"",
        "\"\\u12g4\"",
        "nul",
        "NaN",
        "'K'",
        "1 2",
    ] {
        let broken = format!(
            r#"{{"eventTime":"2024-03-05T09:21:32Z","eventId":{value},"userIdentity":{{"accessKeyId":"BROKEN"}}}}"#
        );
        let text = format!(
            "[{},{broken},{}]",
            call_of("LTAI5tFirst"),
            call_of("LTAI5tLast")
        );
        let coverage = json!({
            "files": {"found": 2, "read": 1, "partial": 1, "unreadable": 0},
            "records": {"found": 4, "left_out": 1},
        });
        let keys = ["LTAI5tFirst", "LTAI5tLast", "LTAI5tNeighbour"];
        check(&beside_a_neighbour("b.gz", gzip(text)), 3, &keys, &coverage).reports(&["b.gz"]);
    }
}

#[test]
fn what_is_not_needed_is_not_interpreted() {
    let kept = |member: &str| format!("{{{member},{}", &call_of("LTAI5tKept").to_string()[1..]);
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let objects = "{\"a\":".repeat(200_000) + "1" + &"}".repeat(200_000);
    for member in [
        format!("\"other\":{}", "9".repeat(100_000)),
        "\"other\":1e999999999".to_owned(),
        "\"other\":-0.000000000000000000000000000000000000001e-999999999".to_owned(),
        format!("\"other\":{deep}"),
        format!("\"other\":{objects}"),
        format!("\"other\":\"{}\"", "a".repeat(1 << 20)),
        format!("\"other\":\"{}\"", "\\\"".repeat(1 << 19)),
        format!("\"{}\":1", "n".repeat(1 << 20)),
        vec!["\"other\":1"; 10_000].join(","),
    ] {
        let text = format!("[{}]", kept(&member));
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            0,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &all_read(2),
        );
    }
}

#[test]
fn a_needed_field_that_holds_something_deep_or_long_is_just_missing_or_long() {
    let long = "k".repeat(1 << 20);
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let text = call_of("LTAI5tKept")
        .to_string()
        .replace("\"sdk\"", &deep)
        .replace("\"alice\"", &deep);
    let text = text.replace("\"198.51.100.7\"", &format!("\"{long}\""));
    let archive = Archive::new().gz("b.gz", format!("[{text}]"));
    let outcome = check(&archive, 0, &["LTAI5tKept"], &all_read(1));
    let row = &outcome.rows()[0];
    assert_eq!(row["user_name"], Value::Null, "an array is no name");
    assert_eq!(row["last_ip"], json!(long), "the address in full");
}

#[test]
fn brackets_that_never_close_do_not_exhaust_the_stack() {
    for rest in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        "[{\"Events\":".repeat(100_000),
    ] {
        let text = format!("[{},{rest}", call_of("LTAI5tKept"));
        check(
            &beside_a_neighbour("b.gz", gzip(text)),
            3,
            &["LTAI5tKept", "LTAI5tNeighbour"],
            &one_partial(),
        );
        let archive = beside_a_neighbour("b.gz", gzip(&rest));
        let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &"json"]))
            .run()
            .code(3);
        assert_eq!(keys_of(&outcome), ["LTAI5tNeighbour"], "{outcome}");
    }
    let nest = "[".repeat(200_000) + &"]".repeat(200_000);
    let coverage = json!({"files": {"read": 2}, "records": {"found": 2, "left_out": 1}});
    check(
        &beside_a_neighbour("b.gz", gzip(nest)),
        0,
        &["LTAI5tNeighbour"],
        &coverage,
    );
}

#[test]
fn numbers_and_booleans_where_strings_belong_are_read_as_their_text() {
    let odd = json!({
        "eventTime": "2024-03-05T09:21:32Z",
        "eventId": 7,
        "eventName": true,
        "serviceName": serde_json::from_str::<Value>("1.50").unwrap(),
        "sourceIpAddress": null,
        "errorCode": false,
        "eventCategory": 1,
        "resourceType": 9,
        "resourceName": 8,
        "userIdentity": {
            "accessKeyId": serde_json::from_str::<Value>("123456789012345678901234567890").unwrap(),
            "accountId": 43274,
            "userName": ["alice"],
            "type": {"is": "root"},
        },
    });
    let outcome = keytrail(args([&"dump", &Archive::of(&[odd]).root(), &"-f", &"json"]))
        .run()
        .code(0);
    let row = |dimension| {
        outcome
            .rows()
            .into_iter()
            .find(|row| row["dimension"] == json!(dimension))
            .unwrap()
    };
    let key = row("key");
    assert_eq!(
        key["access_key_id"],
        json!("123456789012345678901234567890")
    );
    assert_eq!(key["service_name"], json!("1.50"));
    assert_eq!(key["account_id"], json!("43274"));
    assert_eq!(
        [&key["user_name"], &key["account_type"]],
        [&Value::Null, &Value::Null]
    );
    assert_eq!(
        [&key["last_event_id"], &key["source"]],
        [&json!("7"), &json!("Internal")]
    );
    assert_eq!([&key["events"], &key["errors"]], [&json!(1), &json!(1)]);
    assert_eq!(row("event")["name"], json!("true"));
    assert_eq!(
        [&row("resource")["resource_type"], &row("resource")["name"]],
        [&json!("9"), &json!("8")]
    );
    assert!(
        outcome
            .rows()
            .iter()
            .all(|row| row["dimension"] != json!("ip")),
        "{outcome}"
    );
}

#[test]
fn an_event_in_pascal_case_is_an_event() {
    let event = json!({
        "EventId": "E1",
        "EventTime": "2020-12-01T11:54:59.366+0000",
        "EventName": "CreateInstance",
        "ServiceName": "Flink",
        "SourceIpAddress": "198.51.100.7",
        "UserIdentity": {"AccessKeyId": "TMP.example", "AccountId": "1", "IsBlack": false, "UserName": "root"},
    });
    let outcome = check(&Archive::of(&[event]), 0, &["TMP.example"], &all_read(1));
    let row = &outcome.rows()[0];
    assert_eq!(row["last_used"], json!("2020-12-01T11:54:59.366Z"));
    assert_eq!(
        [&row["key_type"], &row["last_service"]],
        [&json!("temporary"), &json!("Flink")]
    );
}

#[test]
fn the_last_of_doubled_names_counts_in_whatever_case() {
    let text = r#"[{
        "eventTime": "2020-01-01T00:00:00Z",
        "userIdentity": {"accessKeyId": "LTAI5tWrong", "accountId": "1", "userName": "wrong"},
        "eventName": "Wrong", "EVENTNAME": "Right",
        "userIdentity": {"accessKeyId": "LTAI5tWrong", "AccessKeyID": "LTAI5tRight", "userName": null},
        "EventTime": "2024-03-05T09:21:32Z",
        "event\u004eame": "Righter",
        "serviceName": "Ecs", "servicename": null
    }]"#;
    let outcome = check(
        &Archive::new().gz("a.gz", text),
        0,
        &["LTAI5tRight"],
        &all_read(1),
    );
    let row = &outcome.rows()[0];
    assert_eq!(
        [&row["first_used"], &row["last_event"]],
        [&json!("2024-03-05T09:21:32Z"), &json!("Righter")]
    );
    // The last identity counts as a whole: nothing of the first one shines through.
    assert_eq!(
        [&row["account_id"], &row["user_name"], &row["last_service"]],
        [&Value::Null; 3]
    );
}

#[test]
fn members_in_other_places_never_count() {
    let decoys = json!({
        "accessKeyId": "DECOY",
        "requestParameters": {"eventTime": "2030-01-01T00:00:00Z", "userIdentity": {"accessKeyId": "DECOY"}},
        "requestParameterJson": "{\"userIdentity\":{\"accessKeyId\":\"DECOY\"},\"eventTime\":\"2030-01-01T00:00:00Z\"}",
        "responseElements": {"Credentials": {"AccessKeyId": "DECOY"}, "Events": [call_of("DECOY")]},
        "additionalEventData": {"eventName": "Decoy", "serviceName": "Decoy", "nested": [{"eventId": "decoy"}]},
    });
    let no_key = with(
        with(call_of(""), decoys.clone()),
        json!({"userIdentity": {"type": "system"}}),
    );
    let only_decoys = json!({"requestParameters": call_of("DECOY"), "event": call_of("DECOY")});
    let archive = Archive::of(&[with(call_of("LTAI5tReal"), decoys), no_key, only_decoys]);
    let coverage = json!({
        "records": {"found": 3, "left_out": 1},
        "events": 2,
        "without_key": 1,
        "span": {"first": "2024-03-05T09:21:32Z", "last": "2024-03-05T09:21:32Z"},
    });
    let outcome = check(&archive, 0, &["LTAI5tReal"], &coverage);
    let row = &outcome.rows()[0];
    assert_eq!(
        [&row["last_event"], &row["last_service"]],
        [&json!("DescribeInstances"), &json!("Ecs")]
    );
}

#[test]
fn broken_characters_are_replaced_and_cost_nothing() {
    let text = array(&[call_of("LTAI5tKept")]).replace("alice", "\\ud800a\\udc00\\ud83d\\ude00");
    let outcome = check(
        &Archive::new().gz("a.gz", text),
        0,
        &["LTAI5tKept"],
        &all_read(1),
    );
    assert_eq!(outcome.rows()[0]["user_name"], json!("\u{fffd}a\u{fffd}😀"));

    let text = array(&[call_of("LTAI5tKept")]);
    let place = text.find("alice").unwrap();
    let bytes = [
        &text.as_bytes()[..place],
        b"\xffb\xc3",
        &text.as_bytes()[place + 5..],
    ]
    .concat();
    let archive = Archive::new().gz("a.gz", bytes);
    let outcome = check(&archive, 0, &["LTAI5tKept"], &all_read(1)).reports(&["a.gz"]);
    assert_eq!(outcome.rows()[0]["user_name"], json!("\u{fffd}b\u{fffd}"));
}

#[test]
fn records_that_share_an_id_are_one_event_only_if_they_agree() {
    let call = |fields| with(with(call_of("LTAI5tKey"), json!({"eventId": "E1"})), fields);
    let (list, groups) = (
        json!({"referencedResources": {"T": ["a", "b"]}}),
        json!({"resourceType": "T", "resourceName": "b,a,b"}),
    );
    // What the fold does not use makes no difference, and neither do two ways of writing the same thing.
    let same = [
        call(json!({})),
        call(
            json!({"userAgent": "another", "requestId": "another", "acsRegion": "another", "eventVersion": 1}),
        ),
        call(json!({"eventTime": "2024-03-05 17:21:32.0009+0800"})),
        call(json!({"eventCategory": null, "errorCode": ""})),
    ];
    let same_resources = [call(list), call(groups)];
    let names: Vec<String> = (0..20).map(|number| format!("name {number}")).collect();
    let backwards: Vec<String> = names.iter().rev().cloned().collect();
    let many_resources = [
        call(json!({"referencedResources": {"T": names}})),
        call(json!({"referencedResources": {"T": backwards}})),
    ];
    let different = [
        call(json!({"errorCode": "Forbidden"})),
        call(json!({"sourceIpAddress": "198.51.100.8"})),
        call(json!({"eventCategory": "Data"})),
        call(json!({"serviceName": "ecs"})),
    ];
    let archive = Archive::new()
        .gz("b/a.gz", array(&same))
        .gz("a/b.gz", array(&[&same_resources[..], &different].concat()))
        .gz("a/c.gz", array(&[&same_resources[..], &different].concat()))
        .gz("c.gz", array(&many_resources));
    let coverage = json!({"events": 7, "duplicates": 11, "records": {"found": 18}});
    check(&archive, 0, &["LTAI5tKey"], &coverage);

    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--no-dedup",
    ]))
    .run()
    .code(0);
    assert_contains(
        &outcome.coverage(),
        &json!({"events": 18, "duplicates": 0}),
        &outcome,
    );
}

#[test]
fn events_without_an_id_are_never_copies() {
    let call = with(call_of("LTAI5tKey"), json!({"eventId": ""}));
    check(
        &Archive::of(&[call.clone(), call]),
        0,
        &["LTAI5tKey"],
        &json!({"events": 2, "duplicates": 0}),
    );
}

/// Two trails that deliver an event with other content, or an event that was changed, were two events
/// without a word.
#[test]
fn events_that_come_again_with_other_content_are_counted() {
    let call = |id: &str, time: &str, name: &str| {
        with(
            call_of("LTAI5tConflict"),
            json!({"eventId": id, "eventTime": time, "eventName": name}),
        )
    };
    let (nine, ten) = ("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z");
    let files = [
        // Three contents of one ID and time, one of them twice.
        vec![
            call("one", nine, "a"),
            call("one", nine, "b"),
            call("two", nine, "a"),
        ],
        vec![call("one", nine, "c"), call("one", nine, "a")],
        // Another time is another event.
        vec![
            call("one", ten, "a"),
            call("", nine, "a"),
            call("", nine, "b"),
        ],
    ];
    for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0]] {
        let mut archive = Archive::new();
        for (name, file) in ["a.gz", "b.gz", "c.gz"].iter().zip(order) {
            archive = archive.gz(name, array(&files[file]));
        }
        let coverage = json!({"events": 7, "duplicates": 1, "records": {"conflicting": 2}});
        check(&archive, 0, &["LTAI5tConflict"], &coverage);
        for threads in ["1", "4"] {
            let outcome = keytrail(args([&"keys", &archive.root(), &"--threads", &threads]));
            outcome
                .run()
                .reports(&["2 with ID and time of another but other content"]);
        }
    }
}

/// Every damaged file was said to have another number of events than its name states, too.
#[test]
fn what_cannot_be_read_as_a_whole_has_no_count_to_compare() {
    let name = |number| {
        format!(
            "Actiontrail_r_2024030509213{number}_1002_9_380_8d2a62c7317236ee7bf50184a428d8a9.gz"
        )
    };
    let text = array(&[call_of("LTAI5tKept"), call_of("LTAI5tKept")]);
    let archive = Archive::new()
        .file(name(1), gzip_cut_after(&text, text.len() - 9))
        .file(name(2), "no log file")
        .gz(
            name(3),
            text.replacen(r#""eventTime":""#, r#""eventTime":x""#, 1),
        )
        .gz(name(4), &text);
    let coverage = json!({"files": {"found": 4, "read": 1, "count_mismatch": 1}});
    let outcome = check(&archive, 3, &["LTAI5tKept"], &coverage);
    let stderr = outcome.stderr();
    assert_eq!(stderr.matches("the event count in its name").count(), 1);
}
