//! The `api` format of `last-used`: the shape of the cloud's replies.

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip, small_archive, with};
use crate::support::program::{Outcome, args, keytrail};

fn api(archive: &Archive, what: &str, options: &[&str]) -> Outcome {
    let mut command = args([
        &"last-used",
        &what,
        &"LTAI5tAlice",
        &archive.root(),
        &"-f",
        &"api",
    ]);
    command.extend(options.iter().map(Into::into));
    keytrail(command).run().code(0)
}

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// The event inside a `Detail`, which is text and not an object.
#[track_caller]
fn detail(entry: &Value) -> Value {
    serde_json::from_str(entry["Detail"].as_str().expect("a string")).expect("a string of JSON")
}

#[cfg(target_os = "linux")]
#[test]
fn a_detail_that_a_pipe_does_not_give_twice_is_reported_missing() {
    let archive = Archive::new().fifo("pipe");
    let pipe = archive.path("pipe");
    let text = array(&[call_of("LTAI5tAlice")]);
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| std::fs::write(&pipe, &text).unwrap());
        let command = args([&"last-used", &"info", &"LTAI5tAlice", &pipe, &"-f", &"api"]);
        keytrail(command).run().code(3)
    });
    assert_eq!(outcome.json()["Detail"], "{}");
    outcome.reports(&["details missing: 1 of 1"]);
}

#[test]
fn info_in_the_shape_of_the_cloud() {
    let reply = api(&small_archive(), "info", &[]).json();
    assert_eq!(
        names(&reply),
        [
            "AccessKeyId",
            "AccountId",
            "AccountType",
            "Detail",
            "OwnerId",
            "RequestId",
            "ServiceName",
            "ServiceNameCn",
            "ServiceNameEn",
            "Source",
            "UsedTimestamp",
            "UserName",
        ]
    );
    assert_eq!(reply["AccessKeyId"], "LTAI5tAlice");
    assert_eq!(reply["AccountId"], "1663676968110001");
    assert_eq!(reply["OwnerId"], "20155375134015");
    assert_eq!(
        [&reply["AccountType"], &reply["UserName"]],
        ["ram-user", "alice"]
    );
    assert_eq!(
        [&reply["ServiceName"], &reply["Source"]],
        ["Oss", "DataEvent"]
    );
    assert_eq!(reply["UsedTimestamp"], json!(1_709_630_494_000_u64));
    assert_eq!(detail(&reply)["eventName"], "GetObject");
}

#[test]
fn lists_in_the_shape_of_the_cloud() {
    let archive = small_archive();
    let entry_names = |also: &[&'static str]| {
        let mut names = [&["Detail", "Source", "UsedTimestamp"], also].concat();
        names.sort_unstable();
        names
    };
    for (what, list, also) in [
        (
            "products",
            "Products",
            &["ServiceName", "ServiceNameCn", "ServiceNameEn"][..],
        ),
        ("events", "Events", &["EventName"]),
        ("ips", "Ips", &["Ip"]),
        ("resources", "Resources", &["ResourceName", "ResourceType"]),
    ] {
        let service = if what == "products" {
            &[][..]
        } else {
            &["--service", "oss"]
        };
        let reply = api(&archive, what, service).json();
        let mut expected = [list, "RequestId"];
        expected.sort_unstable();
        assert_eq!(names(&reply), expected, "no paging, and nothing else");
        let entries = reply[list].as_array().unwrap();
        assert_eq!(
            entries.len(),
            if what == "products" { 2 } else { 1 },
            "{reply}"
        );
        for entry in entries {
            assert_eq!(names(entry), entry_names(also), "{entry}");
            let expected = if entry["ServiceName"] == "Ecs" {
                1_709_630_493_250_u64
            } else {
                1_709_630_494_000
            };
            assert_eq!(entry["UsedTimestamp"], json!(expected), "{entry}");
        }
    }
    let reply = api(&archive, "resources", &["--service", "Oss"]).json();
    assert_eq!(
        [
            &reply["Resources"][0]["ResourceName"],
            &reply["Resources"][0]["ResourceType"]
        ],
        ["b", "T"]
    );
    assert_eq!(
        api(&archive, "ips", &["--service", "Oss"]).json()["Ips"][0]["Ip"],
        "198.51.100.7"
    );
}

#[test]
fn an_empty_list_in_the_shape_of_the_cloud_is_there() {
    let archive = small_archive();
    for (what, list) in [
        ("products", "Products"),
        ("events", "Events"),
        ("ips", "Ips"),
        ("resources", "Resources"),
    ] {
        let command = args([
            &"last-used",
            &what,
            &"LTAI5tNobody",
            &archive.root(),
            &"-f",
            &"api",
        ]);
        let outcome = keytrail(command).run().code(1);
        assert_eq!(outcome.json()[list], json!([]), "{outcome}");
    }
}

#[test]
fn a_detail_is_the_last_event_trimmed_and_nothing_more() {
    let full = with(
        event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "RunInstances"),
        json!({
            "eventVersion": 1,
            "isGlobal": true,
            "requestParameters": {"eventId": "decoy"},
            "responseElements": {"x": 1},
            "recipientAccountId": "1",
            "errorCode": "Forbidden",
            "resourceName": "i-1",
            "additionalEventData": {"CallerBid": "26842"},
        }),
    );
    let reply = api(&Archive::of(std::slice::from_ref(&full)), "info", &[]).json();
    let mut expected = json!({});
    for name in [
        "eventId",
        "eventVersion",
        "eventSource",
        "sourceIpAddress",
        "eventType",
        "serviceName",
        "apiVersion",
        "requestId",
        "eventTime",
        "isGlobal",
        "acsRegion",
        "eventName",
    ] {
        expected[name] = full[name].clone();
    }
    let identity = &full["userIdentity"];
    expected["userIdentity"] = ["accountId", "principalId", "type", "userName"]
        .into_iter()
        .map(|name| (name.to_owned(), identity[name].clone()))
        .collect();
    assert_eq!(detail(&reply), expected);

    // Members that the event lacks are left out.
    let bare = json!({"eventTime": "2024-03-05T09:21:32Z", "userIdentity": {"accessKeyId": "LTAI5tAlice"}});
    let reply = api(&Archive::of(&[bare]), "info", &[]).json();
    let detail = detail(&reply);
    assert_eq!(detail["eventTime"], "2024-03-05T09:21:32Z");
    assert!(
        detail
            .get("userIdentity")
            .is_none_or(|identity| *identity == json!({})),
        "{detail}"
    );
    assert_eq!(
        detail
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| *name != "userIdentity")
            .count(),
        1,
        "{detail}"
    );
}

#[test]
fn a_detail_is_that_of_the_greatest_copy_in_place() {
    let call = |request: &str| with(call_of("LTAI5tAlice"), json!({"requestId": request}));
    let archive = Archive::new()
        .gz("a.b/z.gz", array(&[call("dot")]))
        .gz(
            "a/z.gz",
            array(&[call("slash, first"), call("slash, second")]),
        )
        .gz("a-/z.gz", array(&[call("dash")]));
    for threads in ["1", "2", "4"] {
        let reply = api(&archive, "info", &["--threads", threads]).json();
        assert_eq!(
            detail(&reply)["requestId"],
            "slash, second",
            "paths are compared by their bytes"
        );
    }
}

#[test]
fn details_come_from_files_of_every_kind() {
    let call = |service: &str, time: &str| event("LTAI5tAlice", time, service, service);
    let in_plain = call("Plain", "2024-03-05T00:00:01Z").to_string() + "\n";
    let cut = format!("[{},{{\"eventId\":", call("Cut", "2024-03-05T00:00:02Z"));
    let reply = json!({"RequestId": "R", "Events": [null, call("Reply", "2024-03-05T00:00:03Z")]});
    let members = [
        gzip(array(&[])),
        gzip(array(&[call("Member", "2024-03-05T00:00:04Z")])),
    ];
    let archive = Archive::new()
        .file("plain.jsonl", in_plain)
        .gz("cut.gz", cut)
        .gz("reply.gz", reply.to_string())
        .file("members.gz", members.concat());
    let command = args([
        &"last-used",
        &"products",
        &"LTAI5tAlice",
        &archive.root(),
        &"-f",
        &"api",
    ]);
    let reply = keytrail(command).run().code(3).json();
    let found: Vec<(Value, Value)> = reply["Products"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["ServiceName"].clone(),
                detail(entry)["eventName"].clone(),
            )
        })
        .collect();
    let expected: Vec<(Value, Value)> = ["Member", "Reply", "Cut", "Plain"]
        .map(|name| (json!(name), json!(name)))
        .into();
    assert_eq!(found, expected);
}

#[test]
fn a_request_id_belongs_to_the_question() {
    let archive = small_archive();
    let id =
        |what: &str, options: &[&str]| api(&archive, what, options).json()["RequestId"].clone();
    assert!(!id("events", &[]).as_str().unwrap().is_empty());
    assert_eq!(
        api(&archive, "events", &[]).stdout,
        api(&archive, "events", &["--threads", "1"]).stdout
    );
    assert_eq!(
        id("events", &["--service", "Ecs"]),
        id("events", &["--service", "Ecs"])
    );
    assert_ne!(
        id("events", &["--service", "Ecs"]),
        id("events", &["--service", "Oss"])
    );
    assert_ne!(
        id("events", &["--service", "Ecs"]),
        id("ips", &["--service", "Ecs"])
    );
}
