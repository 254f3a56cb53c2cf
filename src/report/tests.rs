//! The formats, from rows to bytes: plain rows, hostile rows, no rows.

use std::path::Path;

use insta::assert_snapshot;

use crate::coverage::{Bytes, Coverage, Files, Records, Span};
use crate::query::{EntryRow, KeyRow, KeyType, Owner};
use crate::usage::{Dimension, Place, Sighting, Source};

use super::*;

const WIDE: View = View {
    width: None,
    color: false,
    csv_raw: false,
};

/// Tries to move a terminal's cursor, to reorder the line, and to run in a spreadsheet.
const HOSTILE: &str = "=cmd|' /C'!A0,\"q\"\n\u{1b}[2J\u{9b}2J\u{202e}\u{200b}";

const COMMANDS: [Command; 7] = [
    Command::Keys,
    Command::Dump,
    Command::Info,
    Command::Products,
    Command::Events,
    Command::Ips,
    Command::Resources,
];

fn sighting(time: i64, event_id: &str) -> Sighting<'_> {
    let place = Place {
        log_file: Path::new("trail/a.gz"),
        record: 0,
    };
    Sighting {
        time,
        event_id: event_id.into(),
        place,
    }
}

fn keys() -> Vec<KeyRow<'static>> {
    let alice = KeyRow {
        access_key_id: "LTAI5tExampleKey00000001",
        key_type: KeyType::LongTerm,
        owner: Owner {
            account_id: "1047585191180000",
            owner_id: "245494290036250000",
            user_name: "alice",
            account_type: "ram-user",
        },
        first: sighting(1_646_472_092_000, "E1"),
        last: sighting(1_709_630_492_123, "E2"),
        last_service: "Ecs",
        last_event: "DescribeInstances",
        last_ip: "203.0.113.7",
        events: 12_345,
        errors: 6,
        services: 3,
        event_names: 14,
        ips: 2,
        resources: 150,
    };
    let hostile = KeyRow {
        access_key_id: "STS.NTExample",
        key_type: KeyType::Sts,
        owner: Owner {
            account_id: "",
            owner_id: "",
            user_name: HOSTILE,
            account_type: "",
        },
        first: sighting(1_646_472_092_000, ""),
        last: sighting(1_646_472_092_000, ""),
        last_service: "",
        last_event: "查询",
        last_ip: "",
        events: 1,
        errors: 0,
        services: 0,
        event_names: 1,
        ips: 0,
        resources: 0,
    };
    vec![alice, hostile]
}

fn entry(dimension: Dimension, name: Option<&'static str>) -> EntryRow<'static> {
    EntryRow {
        dimension,
        access_key_id: "LTAI5tExampleKey00000001",
        service_name: "Ecs",
        resource_type: None,
        name,
        first: sighting(1_646_472_092_000, "0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01"),
        last: sighting(1_709_630_492_123, "239EB588-CD24-522E-B0B5-174A1A588BE0"),
        events: 7,
        errors: 1,
        source: Source::Management,
        owner: None,
    }
}

fn info() -> EntryRow<'static> {
    let owner = keys().first().map(|row| row.owner);
    EntryRow {
        owner,
        ..entry(Dimension::Key, None)
    }
}

fn dump() -> Vec<EntryRow<'static>> {
    vec![
        info(),
        entry(Dimension::Service, None),
        entry(Dimension::Event, Some("DescribeInstances")),
        entry(Dimension::Ip, Some("2001:db8::7")),
        EntryRow {
            resource_type: Some("ACS::ECS::Instance"),
            ..entry(Dimension::Resource, Some("i-bp1"))
        },
        EntryRow {
            resource_type: Some(""),
            ..entry(Dimension::Resource, Some(HOSTILE))
        },
    ]
}

fn coverage() -> Coverage {
    Coverage {
        files: Files {
            found: 6,
            read: 3,
            partial: 2,
            unreadable: 1,
            ignored: 4,
            pruned: 5,
            count_mismatch: 1,
            searched: 0,
        },
        bytes: Bytes {
            compressed: 1000,
            inflated: 20_000,
        },
        records: Records {
            found: 30,
            left_out: 1,
            outside: 2,
        },
        events: 24,
        duplicates: 3,
        without_key: 4,
        span: Some(Span {
            first: 1_646_472_092_000,
            last: 1_709_630_492_123,
        }),
        gaps: 7,
        long_gaps: 2,
    }
}

fn ask(command: Command) -> Question<'static> {
    let access_key_id = match command {
        Command::Keys | Command::Dump | Command::Lookup => None,
        Command::Info | Command::Products | Command::Events | Command::Ips | Command::Resources => {
            Some("LTAI5tExampleKey00000001")
        }
    };
    Question {
        command,
        access_key_id,
        service_name: None,
        narrowed: "",
    }
}

fn write(format: &dyn Format, question: Question<'_>, rows: &mut dyn Rows, view: View) -> String {
    let coverage = coverage();
    let mut out = Vec::new();
    let mut report = Report {
        question,
        rows,
        coverage: &coverage,
        view,
    };
    format
        .write(&mut report, &mut out)
        .expect("a Vec takes everything");
    String::from_utf8(out).expect("every format is UTF-8")
}

fn write_keys(format: &dyn Format, view: View) -> String {
    write(format, ask(Command::Keys), &mut key_rows(&keys()), view)
}

fn write_entries(format: &dyn Format, command: Command, rows: &[EntryRow<'_>]) -> String {
    write(format, ask(command), &mut entry_rows(rows, None), WIDE)
}

fn table(width: Option<u16>) -> View {
    View { width, ..WIDE }
}

#[test]
fn names_of_formats_are_unique() {
    let mut names: Vec<_> = FORMATS.iter().map(|format| format.name()).collect();
    assert_eq!(names, ["table", "json", "jsonl", "csv", "api"]);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FORMATS.len());
}

#[test]
fn table_of_keys_without_a_terminal() {
    assert_snapshot!(write_keys(&table::Table, WIDE), @r#"
    access_key_id             key_type   account_id        user_name                                                first_used            last_used                 last_service  last_event         last_ip      events  errors  services  event_names  ips  resources
    LTAI5tExampleKey00000001  long-term  1047585191180000  alice                                                    2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z  Ecs           DescribeInstances  203.0.113.7   12345       6         3           14    2        150
    STS.NTExample             sts        -                 =cmd|' /C'!A0,"q"\u{a}\u{1b}[2J\u{9b}2J\u{202e}\u{200b}  2022-03-05T09:21:32Z  2022-03-05T09:21:32Z      -             查询               -                 1       0         0            1    0          0
    "#);
}

#[test]
fn table_of_keys_drops_columns_on_a_narrow_terminal() {
    let rows = keys();
    let alice = rows.get(..1).unwrap_or_default();
    let narrow = |width| {
        write(
            &table::Table,
            ask(Command::Keys),
            &mut key_rows(alice),
            table(Some(width)),
        )
    };
    assert_snapshot!(narrow(120), @r#"
    access_key_id             user_name  first_used            last_used                 last_ip      events  errors
    LTAI5tExampleKey00000001  alice      2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z  203.0.113.7   12345       6
    "#);
    assert_snapshot!(narrow(80), @r#"
    access_key_id             user_name  last_used                 events
    LTAI5tExampleKey00000001  alice      2024-03-05T09:21:32.123Z   12345
    "#);
    assert_snapshot!(narrow(30), @r#"
    access_key_id: LTAI5tExampleKey00000001
    key_type:      long-term
    account_id:    1047585191180000
    user_name:     alice
    first_used:    2022-03-05T09:21:32Z
    last_used:     2024-03-05T09:21:32.123Z
    last_service:  Ecs
    last_event:    DescribeInstances
    last_ip:       203.0.113.7
    events:        12345
    errors:        6
    services:      3
    event_names:   14
    ips:           2
    resources:     150
    "#);
}

#[test]
fn no_line_is_wider_than_the_terminal_where_columns_are_left() {
    for width in 49..300 {
        let text = write_keys(&table::Table, table(Some(width)));
        let blocks = text.starts_with("access_key_id:");
        let widest = text
            .lines()
            .map(unicode_width::UnicodeWidthStr::width)
            .max();
        assert!(
            blocks || widest <= Some(usize::from(width)),
            "{width}:\n{text}"
        );
    }
}

#[test]
fn table_of_every_entry() {
    assert_snapshot!(write_entries(&table::Table, Command::Dump, &dump()), @r#"
    dimension  access_key_id             service_name  resource_type       name                                                     first_used            last_used                 events  errors
    key        LTAI5tExampleKey00000001  Ecs           -                   -                                                        2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1
    service    LTAI5tExampleKey00000001  Ecs           -                   -                                                        2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1
    event      LTAI5tExampleKey00000001  Ecs           -                   DescribeInstances                                        2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1
    ip         LTAI5tExampleKey00000001  Ecs           -                   2001:db8::7                                              2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1
    resource   LTAI5tExampleKey00000001  Ecs           ACS::ECS::Instance  i-bp1                                                    2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1
    resource   LTAI5tExampleKey00000001  Ecs           -                   =cmd|' /C'!A0,"q"\u{a}\u{1b}[2J\u{9b}2J\u{202e}\u{200b}  2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1
    "#);
}

#[test]
fn table_of_a_key_is_a_block() {
    assert_snapshot!(write_entries(&table::Table, Command::Info, &[info()]), @r#"
    access_key_id:  LTAI5tExampleKey00000001
    service_name:   Ecs
    first_used:     2022-03-05T09:21:32Z
    first_event_id: 0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01
    last_used:      2024-03-05T09:21:32.123Z
    last_event_id:  239EB588-CD24-522E-B0B5-174A1A588BE0
    events:         7
    errors:         1
    source:         ManagementEvent
    account_id:     1047585191180000
    owner_id:       245494290036250000
    user_name:      alice
    account_type:   ram-user
    "#);
}

#[test]
fn tables_of_entries_show_what_the_question_leaves_open() {
    let event = [entry(Dimension::Event, Some("RunInstances"))];
    let resource = EntryRow {
        resource_type: Some("ACS::ECS::Instance"),
        ..entry(Dimension::Resource, Some("i-bp1"))
    };
    let service = [entry(Dimension::Service, None)];
    assert_snapshot!(write_entries(&table::Table, Command::Products, &service), @r#"
    service_name  first_used            last_used                 events  errors  source
    Ecs           2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1  ManagementEvent
    "#);
    assert_snapshot!(write_entries(&table::Table, Command::Events, &event), @r#"
    service_name  name          first_used            last_used                 events  errors  source
    Ecs           RunInstances  2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1  ManagementEvent
    "#);
    let question = Question {
        service_name: Some("ecs"),
        ..ask(Command::Resources)
    };
    let rows = [resource];
    assert_snapshot!(write(&table::Table, question, &mut entry_rows(&rows, None), WIDE), @r#"
    resource_type       name   first_used            last_used                 events  errors  source
    ACS::ECS::Instance  i-bp1  2022-03-05T09:21:32Z  2024-03-05T09:21:32.123Z       7       1  ManagementEvent
    "#);
}

#[test]
fn table_without_rows_is_a_header() {
    let empty = |view| {
        write(
            &table::Table,
            ask(Command::Ips),
            &mut entry_rows(&[], None),
            view,
        )
    };
    assert_snapshot!(empty(WIDE), @"service_name  name  first_used  last_used  events  errors  source");
    assert_snapshot!(empty(table(Some(10))), @"service_name  name  last_used");
    assert_eq!(write_entries(&table::Table, Command::Info, &[]), "");
}

#[test]
fn table_colours_only_its_own_words() {
    let color = View {
        color: true,
        ..WIDE
    };
    let text = write_keys(&table::Table, color);
    assert!(text.starts_with("\x1b[1maccess_key_id"));
    assert_eq!(text.matches('\x1b').count(), 2);
    let narrow = write_keys(
        &table::Table,
        View {
            width: Some(20),
            ..color
        },
    );
    assert!(narrow.starts_with("\x1b[1maccess_key_id:\x1b[0m LTAI5t"));
}

#[test]
fn a_long_value_widens_its_own_line_only() {
    let long = "x".repeat(10_000);
    let mut rows = keys();
    if let Some(row) = rows.last_mut() {
        row.owner.user_name = &long;
    }
    let text = write(
        &table::Table,
        ask(Command::Keys),
        &mut key_rows(&rows),
        WIDE,
    );
    assert!(text.contains(&long));
    assert!(text.lines().take(2).all(|line| line.len() < 400));
}

#[test]
fn json_of_keys() {
    assert_snapshot!(write_keys(&json::Json, WIDE), @r#"
    {"schema":"keytrail.keys/1","coverage":{"files":{"found":6,"read":3,"partial":2,"unreadable":1,"ignored":4,"pruned":5,"count_mismatch":1},"bytes":{"compressed":1000,"inflated":20000},"records":{"found":30,"left_out":1,"outside":2},"events":24,"duplicates":3,"without_key":4,"span":{"first":"2022-03-05T09:21:32Z","last":"2024-03-05T09:21:32.123Z"},"gaps":7,"long_gaps":2},"rows":[
    {"access_key_id":"LTAI5tExampleKey00000001","key_type":"long-term","account_id":"1047585191180000","owner_id":"245494290036250000","user_name":"alice","account_type":"ram-user","first_used":"2022-03-05T09:21:32Z","last_used":"2024-03-05T09:21:32.123Z","last_service":"Ecs","last_event":"DescribeInstances","last_ip":"203.0.113.7","events":12345,"errors":6,"services":3,"event_names":14,"ips":2,"resources":150},
    {"access_key_id":"STS.NTExample","key_type":"sts","account_id":null,"owner_id":null,"user_name":"=cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b","account_type":null,"first_used":"2022-03-05T09:21:32Z","last_used":"2022-03-05T09:21:32Z","last_service":null,"last_event":"查询","last_ip":null,"events":1,"errors":0,"services":0,"event_names":1,"ips":0,"resources":0}
    ]}
    "#);
}

#[test]
fn json_without_rows_or_events() {
    let coverage = Coverage::default();
    let mut out = Vec::new();
    let mut rows = entry_rows(&[], None);
    let question = ask(Command::Resources);
    let mut report = Report {
        question,
        rows: &mut rows,
        coverage: &coverage,
        view: WIDE,
    };
    json::Json
        .write(&mut report, &mut out)
        .expect("a Vec takes everything");
    assert_snapshot!(String::from_utf8_lossy(&out), @r#"{"schema":"keytrail.last-used.resources/1","coverage":{"files":{"found":0,"read":0,"partial":0,"unreadable":0,"ignored":0,"pruned":0,"count_mismatch":0},"bytes":{"compressed":0,"inflated":0},"records":{"found":0,"left_out":0},"events":0,"duplicates":0,"without_key":0,"span":{"first":null,"last":null},"gaps":0},"rows":[]}"#);
}

#[test]
fn json_is_sound_and_gives_back_what_went_in() {
    let text = write_entries(&json::Json, Command::Dump, &dump());
    let document: serde_json::Value = serde_json::from_str(&text).expect("the document is JSON");
    let name = document
        .pointer("/rows/5/name")
        .and_then(serde_json::Value::as_str);
    assert_eq!(name, Some(HOSTILE));
    assert!(!text.contains(|c| c != '\n' && escape::is_unsafe(c)));
}

#[test]
fn jsonl_of_every_entry() {
    assert_snapshot!(write_entries(&jsonl::JsonLines, Command::Dump, &dump()), @r#"
    {"dimension":"key","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":null,"first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":"1047585191180000","owner_id":"245494290036250000","user_name":"alice","account_type":"ram-user"}
    {"dimension":"service","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":null,"first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null}
    {"dimension":"event","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":"DescribeInstances","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null}
    {"dimension":"ip","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":"2001:db8::7","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null}
    {"dimension":"resource","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":"ACS::ECS::Instance","name":"i-bp1","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null}
    {"dimension":"resource","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":"=cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null}
    "#);
}

#[test]
fn jsonl_embeds_records_that_are_sound() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let records = [
        Some("{\"eventId\": \"E\\ud800\",\n  \"n\": 123456789012345678901}".to_owned()),
        Some("{oops\n}".to_owned()),
        None,
        Some(deep),
    ];
    let rows: Vec<_> = (0..5).map(|_| entry(Dimension::Ip, Some("::1"))).collect();
    let mut rows = entry_rows(&rows, Some(&records));
    let text = write(&jsonl::JsonLines, ask(Command::Ips), &mut rows, WIDE);
    let events: Vec<_> = text
        .lines()
        .map(|line| {
            line.split_once(r#","event":"#)
                .map_or("", |(_, event)| event)
        })
        .map(|event| event.get(..60).unwrap_or(event))
        .collect();
    assert_snapshot!(events.join("\n"), @r#"
    {"eventId":"E\ufffd","n":123456789012345678901}}
    "{oops\n}"}
    null}
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
    null}
    "#);
}

#[test]
fn csv_of_keys() {
    let text = write_keys(&csv::Csv, WIDE);
    assert_snapshot!(text.escape_debug().to_string().replace("\\n", "\n"), @r#"
    access_key_id,key_type,account_id,owner_id,user_name,account_type,first_used,last_used,last_service,last_event,last_ip,events,errors,services,event_names,ips,resources
    LTAI5tExampleKey00000001,long-term,1047585191180000,245494290036250000,alice,ram-user,2022-03-05T09:21:32Z,2024-03-05T09:21:32.123Z,Ecs,DescribeInstances,203.0.113.7,12345,6,3,14,2,150
    STS.NTExample,sts,,,\"\'=cmd|\' /C\'!A0,\"\"q\"\"
    \u{1b}[2J\u{9b}2J\u{202e}\u{200b}\",,2022-03-05T09:21:32Z,2022-03-05T09:21:32Z,,查询,,1,0,0,1,0,0
    "#);
    let raw = write_keys(
        &csv::Csv,
        View {
            csv_raw: true,
            ..WIDE
        },
    );
    assert!(raw.contains(",\"=cmd"));
    assert!(!raw.contains("'=cmd"));
}

#[test]
fn csv_gives_back_what_went_in() {
    let raw = View {
        csv_raw: true,
        ..WIDE
    };
    let text = write(
        &csv::Csv,
        ask(Command::Dump),
        &mut entry_rows(&dump(), None),
        raw,
    );
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = reader
        .records()
        .map(|row| row.expect("the text is CSV"))
        .collect();
    assert_eq!(rows.len(), dump().len());
    assert_eq!(rows.last().and_then(|row| row.get(4)), Some(HOSTILE));
}

#[test]
fn csv_disarms_formulas() {
    for start in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
        let name = format!("{start}1");
        let row = EntryRow {
            name: Some(&name),
            ..entry(Dimension::Event, None)
        };
        let text = write_entries(&csv::Csv, Command::Events, &[row]);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let row = reader
            .records()
            .next()
            .and_then(Result::ok)
            .unwrap_or_default();
        assert_eq!(row.get(4), Some(format!("'{name}").as_str()));
    }
}

const RECORD: &str = r#"{"eventId":"239EB588","eventVersion":1,"sourceIpAddress":"203.0.113.7",
    "userIdentity":{"accessKeyId":"LTAI5tExampleKey00000001","userName":"alice","accountId":"1"},
    "userAgent":"x","eventName":"DescribeInstances"}"#;

fn api(command: Command, rows: &[EntryRow<'_>]) -> String {
    let records: Vec<_> = rows.iter().map(|_| Some(RECORD.to_owned())).collect();
    write(
        &api::Api,
        ask(command),
        &mut entry_rows(rows, Some(&records)),
        WIDE,
    )
}

#[test]
fn api_of_a_key() {
    assert_snapshot!(api(Command::Info, &[info()]), @r#"{"RequestId":"4E9AF4CF-1EDA-801E-AE5D-8966F4EB1A04","AccessKeyId":"LTAI5tExampleKey00000001","AccountId":"1047585191180000","AccountType":"ram-user","OwnerId":"245494290036250000","UserName":"alice","ServiceName":"Ecs","ServiceNameCn":"云服务器ECS","ServiceNameEn":"Elastic Compute Service","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}"#);
    let bare = EntryRow {
        service_name: "",
        owner: Some(Owner::default()),
        ..info()
    };
    let text = write(
        &api::Api,
        ask(Command::Info),
        &mut entry_rows(&[bare], None),
        WIDE,
    );
    assert_snapshot!(text, @r#"{"RequestId":"4E9AF4CF-1EDA-801E-AE5D-8966F4EB1A04","AccessKeyId":"LTAI5tExampleKey00000001","ServiceName":"","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{}"}"#);
    assert_snapshot!(api(Command::Info, &[]), @r#"{"RequestId":"4E9AF4CF-1EDA-801E-AE5D-8966F4EB1A04","AccessKeyId":"LTAI5tExampleKey00000001"}"#);
}

#[test]
fn api_of_lists() {
    let rows = |dimension, name| [entry(dimension, name)];
    assert_snapshot!(api(Command::Products, &rows(Dimension::Service, None)), @r#"{"RequestId":"3E971B60-00AE-2B5D-CC45-D9D5A5952C74","Products":[{"ServiceName":"Ecs","ServiceNameCn":"云服务器ECS","ServiceNameEn":"Elastic Compute Service","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}]}"#);
    assert_snapshot!(api(Command::Events, &rows(Dimension::Event, Some("RunInstances"))), @r#"{"RequestId":"1DC3335F-E7D0-8BFB-BDF9-ADD48E0E633F","Events":[{"EventName":"RunInstances","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}]}"#);
    assert_snapshot!(api(Command::Ips, &rows(Dimension::Ip, Some("203.0.113.7"))), @r#"{"RequestId":"8F095EC3-9217-F102-082C-0B9ADD30BB7C","Ips":[{"Ip":"203.0.113.7","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}]}"#);
    let resources = [
        EntryRow {
            resource_type: Some("T"),
            ..entry(Dimension::Resource, Some(HOSTILE))
        },
        EntryRow {
            resource_type: Some(""),
            ..entry(Dimension::Resource, Some("r"))
        },
    ];
    let text = write(
        &api::Api,
        ask(Command::Resources),
        &mut entry_rows(&resources, None),
        WIDE,
    );
    assert_snapshot!(text, @r#"{"RequestId":"0EFF0870-5D6D-CCE8-4894-9F168E39DBD9","Resources":[{"ResourceType":"T","ResourceName":"=cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{}"},{"ResourceType":"","ResourceName":"r","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{}"}]}"#);
    assert_snapshot!(api(Command::Ips, &[]), @r#"{"RequestId":"8F095EC3-9217-F102-082C-0B9ADD30BB7C","Ips":[]}"#);
}

#[test]
fn api_answers_last_used_only() {
    let answered: Vec<_> = COMMANDS
        .into_iter()
        .filter(|command| api::Api.answers(&ask(*command)))
        .collect();
    assert_eq!(answered, COMMANDS.get(2..).unwrap_or_default());
}

/// A pipe whose reader went away.
struct Closed;

impl io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_can_be_told_from_other_errors() {
    let coverage = coverage();
    let dump: Vec<_> = (0..1000).flat_map(|_| dump()).collect();
    for format in FORMATS {
        let mut rows = entry_rows(&dump, None);
        let question = ask(Command::Events);
        let mut report = Report {
            question,
            rows: &mut rows,
            coverage: &coverage,
            view: WIDE,
        };
        let kind = format
            .write(&mut report, &mut Closed)
            .map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::BrokenPipe), "{}", format.name());
    }
}

#[test]
fn every_format_takes_every_question_it_answers_with_and_without_rows() {
    for format in FORMATS {
        for command in COMMANDS {
            if format.answers(&ask(command)) {
                let text = write_entries(*format, command, &dump());
                assert!(text.ends_with('\n'), "{} {command:?}", format.name());
                write_entries(*format, command, &[]);
            }
        }
    }
}
