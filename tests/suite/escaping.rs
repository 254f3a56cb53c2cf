//! Text of an archive is escaped for a terminal and for a spreadsheet.

use serde_json::{Value, json};

use crate::support::archive::{Archive, event, with};
use crate::support::checks::beside_a_neighbour;
use crate::support::program::{Outcome, args, keytrail};

/// Values that would do something to a terminal or a spreadsheet.
const HARMFUL: [&str; 12] = [
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31mred",
    "back\u{8}space",
    "carriage\rreturn",
    "new\nline",
    "tab\tstop",
    "\u{202e}reversed",
    "\u{2066}isolated\u{2069}",
    "\u{200f}mark",
    "nul\0",
    "delete\u{7f}",
];

fn harmful_archive() -> Archive {
    let events: Vec<Value> = HARMFUL
        .iter()
        .map(|text| {
            let identity = json!({"accessKeyId": text, "accountId": text, "userName": text, "type": text});
            let fields = json!({
                "eventId": text, "eventName": text, "serviceName": text, "sourceIpAddress": text,
                "acsRegion": text, "resourceName": text, "resourceType": text, "userIdentity": identity,
            });
            with(event("", "2024-03-05T09:21:32Z", "", ""), fields)
        })
        .collect();
    Archive::of(&events)
}

#[track_caller]
fn assert_harmless(bytes: &[u8], outcome: &Outcome) {
    let text = std::str::from_utf8(bytes).expect("text");
    let harmful = text.chars().find(|&character| {
        let is_bidi = matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        ) || matches!(character, '\u{2066}'..='\u{2069}');
        is_bidi || (character.is_control() && character != '\n')
    });
    assert_eq!(
        harmful, None,
        "a character that a terminal interprets\n{outcome}"
    );
}

#[test]
fn text_of_an_archive_is_escaped_for_a_terminal() {
    let archive = harmful_archive();
    for command in ["keys", "dump"] {
        let outcome = keytrail(args([&command, &archive.root()])).run().code(0);
        assert_harmless(&outcome.stdout, &outcome);
        assert_harmless(&outcome.stderr, &outcome);
        // One line for each row, whatever line ends the values bring along.
        let rows = keytrail(args([&command, &archive.root(), &"-f", &"jsonl"]))
            .run()
            .code(0)
            .json_lines()
            .len();
        let red = outcome
            .stdout()
            .lines()
            .filter(|line| line.contains("line"))
            .count();
        assert!(
            outcome.stdout().lines().count() <= rows + 4,
            "{rows} rows, {red} broken\n{outcome}"
        );
    }
    for command in ["info", "products", "events", "ips", "resources"] {
        let outcome = keytrail(args([
            &"last-used",
            &command,
            &"\u{1b}[31mred",
            &archive.root(),
        ]))
        .run()
        .code(0);
        assert_harmless(&outcome.stdout, &outcome);
        assert_harmless(&outcome.stderr, &outcome);
    }
    let outcome = keytrail(args([
        &"last-used",
        &"info",
        &"\u{1b}[31mnobody",
        &archive.root(),
    ]))
    .run()
    .code(1);
    assert_harmless(&outcome.stderr, &outcome);
}

#[test]
fn file_names_are_escaped_for_a_terminal() {
    let archive = beside_a_neighbour("b\u{1b}[31m\n\u{202e}\r.gz", "no log file");
    let outcome = keytrail(args([&"keys", &archive.root()])).run().code(3);
    assert_harmless(&outcome.stderr, &outcome);
    let lines = outcome
        .stderr()
        .lines()
        .filter(|line| line.contains("[31m"))
        .count();
    assert_eq!(lines, 1, "one problem is one line\n{outcome}");
}

#[test]
fn cells_of_csv_are_no_formulas() {
    let names = [
        "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", "a=1", "a;=1", "a\t+1", "a|@x",
        "＝1", "a;＝1",
    ];
    let events: Vec<Value> = names
        .iter()
        .map(|name| event("LTAI5tKey", "2024-03-05T09:21:32Z", "Ecs", name))
        .collect();
    let archive = Archive::of(&events);
    let command = args([
        &"last-used",
        &"events",
        &"LTAI5tKey",
        &archive.root(),
        &"-f",
        &"csv",
    ]);
    let outcome = keytrail(command).run().code(0);
    let mut reader = csv::Reader::from_reader(&outcome.stdout[..]);
    let column = reader
        .headers()
        .unwrap()
        .iter()
        .position(|header| header == "name")
        .unwrap();
    let mut found: Vec<String> = reader
        .records()
        .map(|record| record.unwrap()[column].to_owned())
        .collect();
    found.sort();
    let mut expected = [
        "'=1+1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "'\tx",
        "'\rx",
        "plain",
        "a=1",
        "a;'=1",
        "a\t'+1",
        "a|'@x",
        "'＝1",
        "a;'＝1",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected, "{outcome}");
}

/// In 0.1.0 both looked like `alice`.
#[test]
fn two_users_who_look_the_same_are_told_apart() {
    let users = [
        "al\u{3164}ice",
        "al\u{e0100}ice",
        "al\u{2800}ice",
        "al\u{34f}ice",
    ];
    let events: Vec<Value> = (0..)
        .zip(users)
        .map(|(number, user)| {
            let call = event(&format!("LTAI5tKey{number}"), "2024-03-05T09:21:32Z", "Ecs", "Run");
            with(call, json!({"userIdentity": {"userName": user, "accessKeyId": format!("LTAI5tKey{number}")}}))
        })
        .collect();
    let archive = Archive::of(&events);
    let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &"jsonl"]));
    let outcome = outcome.run().code(0);
    for user in ["\\u3164", "\\udb40\\udd00", "\\u2800", "\\u034f"] {
        assert!(
            outcome.stdout().contains(&format!("al{user}ice")),
            "{outcome}"
        );
    }
    let outcome = keytrail(args([&"lookup", &archive.root()])).run().code(0);
    for user in ["\\u{3164}", "\\u{e0100}", "\\u{2800}", "\\u{34f}"] {
        assert!(
            outcome.stdout().contains(&format!("al{user}ice")),
            "{outcome}"
        );
    }
}
