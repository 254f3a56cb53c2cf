//! The formats for other tools: which commands they answer, their endings, secrets, order.

use std::collections::BTreeSet;
use std::fs;

use keytrail::report::FORMATS;
use serde_json::{Value, json};

use crate::support::archive::{Archive, call_of, event, with};
use crate::support::program::{args, keytrail};

fn archive() -> Archive {
    Archive::of(&[
        event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "RunInstances"),
        event("LTAI5tAlice", "2024-03-05T09:21:34Z", "Oss", "GetObject"),
        event("STS.NUbob", "2024-03-06T00:00:00Z", "Ram", "ListUsers"),
    ])
}

#[test]
fn keeping_secrets_is_reported_even_with_quiet() {
    let archive = archive();
    keytrail(args([&"dump", &archive.root(), &"--no-redact", &"-q"]))
        .run()
        .code(0)
        .reports(&["--no-redact"]);
    let outcome = keytrail(args([&"dump", &archive.root()])).run().code(0);
    assert!(!outcome.stderr().contains("redact"), "{outcome}");
}

#[test]
fn binary_formats_are_chosen_by_the_ending_and_written_to_a_pipe() {
    let archive = archive();
    for (name, begins) in [("parquet", b"PAR1"), ("xlsx", b"PK\x03\x04")] {
        let file = archive.beside(&format!("keys.{name}"));
        keytrail(args([&"keys", &archive.root(), &"-o", &file]))
            .run()
            .code(0);
        let bytes = fs::read(file).expect("an output");
        assert!(bytes.starts_with(begins), "{name}");
        let piped = keytrail(args([&"keys", &archive.root(), &"-f", &name]))
            .run()
            .code(0);
        assert!(
            piped.stdout == bytes,
            "{name}: the same answer is the same bytes"
        );
    }
}

/// A named pipe has one reader, who must get the whole answer.
#[test]
fn a_binary_format_goes_into_a_named_pipe() {
    let archive = archive().fifo("pipe");
    let pipe = archive.path("pipe");
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).expect("an answer")
    });
    keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"xlsx",
        &"-o",
        &pipe,
    ]))
    .run()
    .code(0);
    assert!(reader.join().expect("a reader").starts_with(b"PK\x03\x04"));
}

#[test]
fn a_format_for_other_commands_is_refused_with_their_names() {
    let archive = archive();
    keytrail(args([&"keys", &archive.root(), &"-f", &"api"]))
        .run()
        .code(2)
        .reports(&["the format api is not for keys; it is for last-used, lookup"]);
}

#[test]
fn a_format_was_refused_for_a_command_and_called_one_for_it() {
    let archive = archive();
    for (command, format, why) in [
        (
            &["lookup", "--by", "key"][..],
            "ocsf",
            "the format ocsf is not for lookup --by; it is for lookup\n",
        ),
        (
            &["last-used", "agents", "LTAI5tExample"],
            "api",
            "the format api is not for last-used agents; it is for last-used info, last-used products, \
             last-used events, last-used ips, last-used resources\n",
        ),
    ] {
        let mut words = args([&"-f", &format]);
        words.extend(command.iter().map(Into::into));
        words.push(archive.root().into());
        keytrail(words).run().code(2).reports(&[why]);
    }
}

/// Events that carry one secret in every way that is known.
fn leaking() -> Archive {
    let secret = "s3cr3tv4lue";
    let inner = json!({"Password": secret}).to_string();
    let call = |request: Value| {
        with(
            event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "RunInstances"),
            request,
        )
    };
    Archive::of(&[
        call(json!({"requestParameters": {"PASSWORD": secret, "UserData": [secret]}})),
        call(json!({"requestParameterJson": inner, "responseElements": {"Credentials": {"SecurityToken": secret}}})),
        call(json!({"requestParameters": json!({"body": inner}).to_string()})),
        call(json!({"requestParameters": {"Url": format!("https://h/?a=1&Signature={secret}&b=2")}})),
    ])
    .gz("escaped.gz", r#"[{"eventTime":"2024-03-05T09:21:32Z","eventId":"E","requestParameters":{"p\u0061ssword":"s3cr3tv4lue","x":01}}]"#)
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn no_secret_leaves_the_program_unless_it_is_asked_for() {
    let archive = leaking();
    // Every one of them has an answer to `lookup`.
    for format in FORMATS.iter().map(|format| format.name()) {
        let run = |more: &[&str]| {
            let mut all = args([&"lookup", &archive.root(), &"-f", &format, &"--raw"]);
            all.extend(more.iter().map(Into::into));
            keytrail(all).run().code(0)
        };
        // What is compressed shows nothing; the tests beside the formats look inside.
        let redacted = run(&[]);
        assert!(
            !contains(&redacted.stdout, "s3cr3tv4lue"),
            "{format}: {redacted}"
        );
        if !matches!(format, "table" | "parquet" | "xlsx") {
            assert!(
                contains(&redacted.stdout, "[redacted 11 chars sha256:"),
                "{format}: {redacted}"
            );
            let kept = run(&["--no-redact", "-q"]).reports(&["--no-redact"]);
            assert!(contains(&kept.stdout, "s3cr3tv4lue"), "{format}: {kept}");
        }
    }
}

#[test]
fn an_error_message_does_not_show_the_secret_that_it_quotes() {
    let mut event = call_of("LTAI5tAlice");
    let message = "server string to sign is:GET&%2F&SecurityToken%3Ds3cr3tv4lue%26x";
    event["errorMessage"] = message.into();
    event["userAgent"] = "curl/8 token=s3cr3tv4lue".into();
    let archive = Archive::of(&[event]);
    let run = |option: &str| {
        keytrail(args([&"lookup", &archive.root(), &"-f", &"jsonl", &option]))
            .run()
            .code(0)
    };
    let row: Value = serde_json::from_slice(&run("--raw").stdout).unwrap();
    for name in ["error_message", "user_agent", "event"] {
        let text = row[name].to_string();
        assert!(!text.contains("s3cr3tv4lue"), "{text}");
        assert!(text.contains("[redacted 11 chars sha256:"), "{text}");
    }
    let kept: Value = serde_json::from_slice(&run("--no-redact").stdout).unwrap();
    assert_eq!(kept["error_message"], message);
}

/// A resource that is named by an address showed the password in it. Two passwords still look different,
/// and a resource is found and counted by its whole name.
#[test]
fn a_resource_named_by_an_address_does_not_show_its_password() {
    let named = |name: &str, seconds: u32| {
        let fields = json!({"resourceType": "ACS::CodeUp::Repository", "resourceName": name,
            "eventTime": format!("2024-03-05T09:21:{seconds}Z"), "eventId": seconds.to_string()});
        with(call_of("LTAI5tAlice"), fields)
    };
    let archive = Archive::of(&[
        named("https://u:s3cr3tv4lue@h/a.git", 10),
        named("https://u:s3cr3tv4lu2@h/a.git", 11),
        named("https://u@h/a.git", 12),
        named("arn:secret/a:b", 13),
    ]);
    let root = archive.root();
    let run = |command: &[&str]| {
        let (first, rest) = command.split_first().expect("a command");
        let mut all = args([first]);
        if *first == "last-used" {
            all.extend(args([&"resources", &"LTAI5tAlice"]));
        }
        all.push(root.clone().into());
        all.extend(rest.iter().map(Into::into));
        keytrail(all).run().code(0).stdout().to_owned()
    };
    for command in [
        &["lookup", "-f", "csv"][..],
        &["lookup", "-f", "ocsf"],
        &["lookup", "--by", "resource"],
        &["last-used", "-f", "jsonl"],
        &["last-used", "-f", "api"],
        &["dump", "-f", "csv"],
    ] {
        let shown = run(command);
        assert!(!shown.contains("s3cr3t"), "{shown}");
        for kept in [
            "https://u@h/a.git",
            "arn:secret/a:b",
            "https://u:[redacted 11 chars",
        ] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
        let mut command = command.to_vec();
        command.extend(["--no-redact", "-q"]);
        assert!(run(&command).contains("https://u:s3cr3tv4lue@h/a.git"));
    }
    let rows = run(&["dump", "-f", "jsonl"]);
    let resources = rows
        .lines()
        .filter(|row| row.contains(r#""dimension":"resource""#));
    assert_eq!(resources.collect::<BTreeSet<_>>().len(), 4, "{rows}");
    let found = run(&[
        "lookup",
        "-f",
        "jsonl",
        "--resource",
        "https://u:s3cr3tv4lue@*",
    ]);
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn a_reply_of_lookup_events_has_whole_events_and_the_window() {
    let archive = archive();
    let reply = keytrail(args([
        &"lookup",
        &archive.root(),
        &"-f",
        &"api",
        &"--since",
        &"2024-03-05",
        &"--order",
        &"oldest",
    ]))
    .run()
    .code(0)
    .json();
    let members: Vec<_> = reply.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["RequestId", "StartTime", "EndTime", "Events"]);
    assert_eq!(reply["StartTime"], "2024-03-05T00:00:00Z");
    assert_eq!(reply["EndTime"], "2024-03-06T00:00:00Z");
    let events = reply["Events"].as_array().expect("a list");
    let names: Vec<_> = events.iter().map(|event| &event["eventName"]).collect();
    assert_eq!(names, ["RunInstances", "GetObject", "ListUsers"]);
    assert_eq!(events[0]["userIdentity"]["accessKeyId"], "LTAI5tAlice");
}

/// The mapping of one event is tested beside the formats; here it is the number and the order of calls.
#[test]
fn formats_for_other_tools_have_all_calls_in_their_order() {
    let archive = archive();
    let lines = |format: &str| {
        let outcome = keytrail(args([&"lookup", &archive.root(), &"-f", &format]));
        outcome.run().code(0).json_lines()
    };
    let ids: Vec<_> = lines("jsonl")
        .iter()
        .map(|row| row["event_id"].clone())
        .collect();
    assert_eq!(ids.len(), 3);
    for (format, path) in [
        ("timesketch", "/event_id"),
        ("ocsf", "/metadata/original_event_uid"),
        ("ecs", "/event/id"),
    ] {
        let found: Vec<_> = lines(format)
            .iter()
            .map(|line| line.pointer(path).cloned().unwrap_or_default())
            .collect();
        assert_eq!(found, ids, "{format}");
    }
}

#[test]
fn formats_of_calls_are_for_lookup_only() {
    let archive = archive();
    for format in ["ocsf", "ecs"] {
        keytrail(args([&"dump", &archive.root(), &"-f", &format]))
            .run()
            .code(2)
            .reports(&[&format!(
                "the format {format} is not for dump; it is for lookup"
            )]);
    }
}
