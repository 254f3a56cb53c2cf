//! The formats, from rows to bytes: plain rows, hostile rows, no rows.

use std::io;

use insta::assert_snapshot;
use proptest::prelude::*;

use crate::calls::{CallRow, Calls, Resource};
use crate::coverage::{BlindReason, BlindTime, Bytes, Coverage, Files, Records, Span};
use crate::query::{Dimension, EntryRow, KeyRow, KeyType, Owner, Question};
use crate::usage::{Occurrence, Place, Source};

use super::format::xlsx;
use super::text::{escape, redact};
use super::*;

const WIDE: View = View {
    width: None,
    color: false,
    terminal: false,
    csv_raw: false,
};

/// Tries to move a terminal's cursor, to reorder the line, and to run in a spreadsheet.
const HOSTILE: &str = "=cmd|' /C'!A0,\"q\"\n\u{1b}[2J\u{9b}2J\u{202e}\u{200b}";

const INFO: Question = Question::LastUsed(Dimension::Key);
const PRODUCTS: Question = Question::LastUsed(Dimension::Service);
const EVENTS: Question = Question::LastUsed(Dimension::Event);
const IPS: Question = Question::LastUsed(Dimension::Ip);
const RESOURCES: Question = Question::LastUsed(Dimension::Resource);

fn sighting(time: i64, event_id: &str) -> Occurrence<'_> {
    let place = Place {
        root: 0,
        log_file: b"trail/a.gz",
        record: 0,
    };
    Occurrence {
        time,
        event_id: event_id.into(),
        place,
    }
}

fn keys() -> Vec<KeyRow> {
    let alice = KeyRow {
        access_key_id: "LTAI5tExampleKey00000001".to_owned(),
        key_type: KeyType::LongTerm,
        account_id: "1047585191180000".to_owned(),
        owner_id: "245494290036250000".to_owned(),
        user_name: "alice".to_owned(),
        account_type: "ram-user".to_owned(),
        first_used: Some(1_646_472_092_000),
        last_used: Some(1_709_630_492_123),
        last_service: "Ecs".to_owned(),
        last_event: "DescribeInstances".to_owned(),
        last_ip: "203.0.113.7".to_owned(),
        events: 12_345,
        errors: 6,
        services: 3,
        event_names: 14,
        ips: 2,
        resources: 150,
        last_success: Some(1_709_630_492_000),
        denied: 4,
        regions: 5,
        agents: 9,
        unused: None,
    };
    let hostile = KeyRow {
        access_key_id: "STS.NTExample".to_owned(),
        key_type: KeyType::Sts,
        account_id: String::new(),
        owner_id: String::new(),
        user_name: HOSTILE.to_owned(),
        account_type: String::new(),
        first_used: Some(1_646_472_092_000),
        last_used: Some(1_646_472_092_000),
        last_service: String::new(),
        last_event: "查询".to_owned(),
        last_ip: String::new(),
        events: 1,
        errors: 0,
        services: 0,
        event_names: 1,
        ips: 0,
        resources: 0,
        last_success: None,
        denied: 0,
        regions: 0,
        agents: 0,
        unused: None,
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
        last_success: Some(1_709_630_492_000),
        denied: 1,
    }
}

fn info() -> EntryRow<'static> {
    let owner = Owner {
        account_id: "1047585191180000",
        owner_id: "245494290036250000",
        user_name: "alice",
        account_type: "ram-user",
    };
    EntryRow {
        owner: Some(owner),
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
            links: 0,
            folders_pruned: 8,
            beyond_limit: 0,
        },
        bytes: Bytes {
            compressed: 1000,
            inflated: 20_000,
        },
        records: Records {
            found: 30,
            left_out: 1,
            outside: 2,
            conflicting: 9,
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
        blind: vec![BlindTime {
            from: Some(1_710_132_429_000),
            until: None,
            account_id: Some("1".to_owned()),
            trail: Some("main".to_owned()),
            region: None,
            why: BlindReason::Stopped,
            event_id: Some("E-1".to_owned()),
        }],
    }
}

fn ask(question: Question) -> Request<'static> {
    let access_key_id = match question {
        Question::Keys | Question::Dump | Question::Lookup | Question::Groups => None,
        Question::LastUsed(_) => Some("LTAI5tExampleKey00000001"),
    };
    Request {
        access_key_id,
        ..Request::new(question)
    }
}

fn by_name(name: &str) -> &'static dyn Format {
    let mut formats = FORMATS.iter();
    *formats.find(|format| format.name() == name).expect(name)
}

/// The bytes of an answer, and its notices.
fn write_report(format: &dyn Format, report: &mut Report<'_>) -> (Vec<u8>, String) {
    let mut out = Vec::new();
    let written = format.write(report, &mut out);
    written.expect("a Vec takes everything");
    (out, report.notices.join("\n"))
}

fn write_bytes(name: &str, request: Request<'_>, rows: &mut dyn Rows, view: View) -> Vec<u8> {
    let coverage = coverage();
    let mut report = Report::new(request, rows, &coverage, view);
    write_report(by_name(name), &mut report).0
}

fn write(name: &str, request: Request<'_>, rows: &mut dyn Rows, view: View) -> String {
    String::from_utf8(write_bytes(name, request, rows, view)).expect("the format is UTF-8")
}

fn write_keys(name: &str, view: View) -> String {
    write(
        name,
        ask(Question::Keys),
        &mut key_rows(&keys(), false),
        view,
    )
}

fn write_entries(name: &str, question: Question, rows: &[EntryRow<'_>]) -> String {
    let mut rows = entry_rows(rows, None, Secrets::Redacted);
    write(name, ask(question), &mut rows, WIDE)
}

fn table(width: Option<u16>) -> View {
    View { width, ..WIDE }
}

#[test]
fn formats_and_documents_have_the_names_of_the_contract() {
    let names: Vec<_> = FORMATS.iter().map(|format| format.name()).collect();
    assert_eq!(
        names.join(" "),
        "table json jsonl csv api parquet xlsx timesketch timesketch-csv ocsf ecs"
    );
    let names: Vec<_> = DOCUMENTS.iter().map(|document| document.name()).collect();
    assert_eq!(names.join(" "), "table json");
}

#[test]
fn table_of_keys_without_a_terminal() {
    assert_snapshot!(write_keys("table", WIDE), @r#"
    access_key_id             key_type   account_id        user_name                                                first_used            last_used             last_success          last_service  last_event         last_ip      events  errors  services  event_names  ips  resources  denied  regions  agents
    LTAI5tExampleKey00000001  long-term  1047585191180000  alice                                                    2022-03-05T09:21:32Z  2024-03-05T09:21:32Z  2024-03-05T09:21:32Z  Ecs           DescribeInstances  203.0.113.7   12345       6         3           14    2        150       4        5       9
    STS.NTExample             sts        -                 =cmd|' /C'!A0,"q"\u{a}\u{1b}[2J\u{9b}2J\u{202e}\u{200b}  2022-03-05T09:21:32Z  2022-03-05T09:21:32Z  -                     -             查询               -                 1       0         0            1    0          0       0        0       0
    "#);
}

#[test]
fn table_of_keys_drops_columns_on_a_narrow_terminal() {
    let rows = keys();
    let alice = rows.get(..1).unwrap_or_default();
    let narrow = |width| {
        write(
            "table",
            ask(Question::Keys),
            &mut key_rows(alice, false),
            table(Some(width)),
        )
    };
    assert_snapshot!(narrow(120), @r"
    access_key_id             user_name  last_used             last_success          last_service  last_ip      events  ips
    LTAI5tExampleKey00000001  alice      2024-03-05T09:21:32Z  2024-03-05T09:21:32Z  Ecs           203.0.113.7   12345    2
    ");
    assert_snapshot!(narrow(80), @r"
    access_key_id             user_name  last_used         last_success      events
    LTAI5tExampleKey00000001  alice      2024-03-05T09:21  2024-03-05T09:21   12345
    ");
    assert_snapshot!(narrow(30), @r"
    access_key_id: LTAI5tExampleKey00000001
    key_type:      long-term
    account_id:    1047585191180000
    user_name:     alice
    first_used:    2022-03-05T09:21:32Z
    last_used:     2024-03-05T09:21:32Z
    last_success:  2024-03-05T09:21:32Z
    last_service:  Ecs
    last_event:    DescribeInstances
    last_ip:       203.0.113.7
    events:        12345
    errors:        6
    services:      3
    event_names:   14
    ips:           2
    resources:     150
    denied:        4
    regions:       5
    agents:        9
    ");
}

#[test]
fn no_line_is_wider_than_the_terminal_where_columns_are_left() {
    for width in 49..300 {
        let text = write_keys("table", table(Some(width)));
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
    assert_snapshot!(write_entries("table", Question::Dump, &dump()), @r#"
    dimension  access_key_id             service_name  resource_type       name                                                     first_used            last_used             events  errors
    key        LTAI5tExampleKey00000001  Ecs           -                   -                                                        2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1
    service    LTAI5tExampleKey00000001  Ecs           -                   -                                                        2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1
    event      LTAI5tExampleKey00000001  Ecs           -                   DescribeInstances                                        2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1
    ip         LTAI5tExampleKey00000001  Ecs           -                   2001:db8::7                                              2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1
    resource   LTAI5tExampleKey00000001  Ecs           ACS::ECS::Instance  i-bp1                                                    2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1
    resource   LTAI5tExampleKey00000001  Ecs           -                   =cmd|' /C'!A0,"q"\u{a}\u{1b}[2J\u{9b}2J\u{202e}\u{200b}  2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1
    "#);
}

#[test]
fn table_of_a_key_is_a_block() {
    assert_snapshot!(write_entries("table", INFO, &[info()]), @r"
    access_key_id:             LTAI5tExampleKey00000001
    service_name (last event): Ecs
    first_used:                2022-03-05T09:21:32Z
    first_event_id:            0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01
    last_used:                 2024-03-05T09:21:32Z
    last_success:              2024-03-05T09:21:32Z
    last_event_id:             239EB588-CD24-522E-B0B5-174A1A588BE0
    events:                    7
    errors:                    1
    source (last event):       ManagementEvent
    account_id:                1047585191180000
    owner_id:                  245494290036250000
    user_name:                 alice
    account_type:              ram-user
    denied:                    1
    ");
}

#[test]
fn tables_of_entries_show_what_the_request_leaves_open() {
    let event = [entry(Dimension::Event, Some("RunInstances"))];
    let resource = EntryRow {
        resource_type: Some("ACS::ECS::Instance"),
        ..entry(Dimension::Resource, Some("i-bp1"))
    };
    let service = [entry(Dimension::Service, None)];
    assert_snapshot!(write_entries("table", PRODUCTS, &service), @r"
    service_name  first_used            last_used             events  errors  source
    Ecs           2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1  ManagementEvent
    ");
    assert_snapshot!(write_entries("table", EVENTS, &event), @r"
    service_name  name          first_used            last_used             events  errors  source
    Ecs           RunInstances  2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1  ManagementEvent
    ");
    let request = Request {
        service_name: Some("ecs"),
        ..ask(RESOURCES)
    };
    let rows = [resource];
    assert_snapshot!(write("table", request, &mut entry_rows(&rows, None, Secrets::Redacted), WIDE), @r"
    resource_type       name   first_used            last_used             events  errors  source
    ACS::ECS::Instance  i-bp1  2022-03-05T09:21:32Z  2024-03-05T09:21:32Z       7       1  ManagementEvent
    ");
}

#[test]
fn table_counts_the_columns_that_a_narrow_terminal_has_no_room_for() {
    let left_out = |width| {
        let (keys, coverage) = (keys(), coverage());
        let mut rows = key_rows(&keys, false);
        let request = ask(Question::Keys);
        let mut report = Report::new(request, &mut rows, &coverage, table(width));
        write_report(by_name("table"), &mut report);
        report.left_out
    };
    assert_eq!(left_out(Some(80)), 16);
    assert_eq!(left_out(Some(120)), 16);
    assert_eq!(left_out(Some(500)), 0);
    assert_eq!(left_out(None), 0);
    assert_eq!(left_out(Some(20)), 0, "blocks show all that a table shows");
}

/// Keys that are the same but for these.
fn keys_called(ids: &[&str]) -> Vec<KeyRow> {
    let alice = keys().swap_remove(0);
    let called = |id: &&str| KeyRow {
        access_key_id: (*id).to_owned(),
        ..alice.clone()
    };
    ids.iter().map(called).collect()
}

#[test]
fn one_wide_key_costs_the_other_rows_nothing() {
    let wide = format!("STS.N{}", "x".repeat(53));
    let rows = keys_called(&["LTAI5tA1", "LTAI5tA2", "LTAI5tA3", "LTAI5tA4", &wide]);
    let view = table(Some(80));
    assert_snapshot!(write("table", ask(Question::Keys), &mut key_rows(&rows, false), view), @r"
    access_key_id              user_name  last_used         last_success      events
    LTAI5tA1                   alice      2024-03-05T09:21  2024-03-05T09:21   12345
    LTAI5tA2                   alice      2024-03-05T09:21  2024-03-05T09:21   12345
    LTAI5tA3                   alice      2024-03-05T09:21  2024-03-05T09:21   12345
    LTAI5tA4                   alice      2024-03-05T09:21  2024-03-05T09:21   12345
    STS.Nxxxxxxx…xxxxxxxxxxxx  alice      2024-03-05T09:21  2024-03-05T09:21   12345
    ");
    let rows = keys_called(&["LTAI5tA1", "LTAI5tA2", "LTAI5tA3", "LTAI5tA4", "LTAI5tA5"]);
    let without = write(
        "table",
        ask(Question::Keys),
        &mut key_rows(&rows, false),
        view,
    );
    assert!(without.starts_with("access_key_id  user_name  last_used             last_success"));
}

#[test]
fn keys_that_would_look_the_same_are_not_cut() {
    let middle = |middle: &str| format!("STS.N{0}{middle}{0}", "0123456789".repeat(2));
    let (one, other) = (middle("one"), middle("other"));
    let cut = "STS.N0123456…890123456789";
    let rows = keys_called(&[&one, &other, &middle("third"), cut, "LTAI5tA"]);
    for width in 40..160 {
        let view = table(Some(width));
        let text = write(
            "table",
            ask(Question::Keys),
            &mut key_rows(&rows, false),
            view,
        );
        let shown: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with("access_key_id  ") && !line.is_empty())
            .collect();
        let distinct: std::collections::BTreeSet<_> = shown.iter().collect();
        assert!(distinct.len() >= 5, "{width}\n{text}");
    }
    let narrow = write(
        "table",
        ask(Question::Keys),
        &mut key_rows(&rows, false),
        table(Some(60)),
    );
    assert!(narrow.contains(&one) && narrow.contains(&other), "{narrow}");
}

#[test]
fn chosen_columns_are_written_by_all_formats_with_columns() {
    let (keys, coverage) = (keys(), coverage());
    for format in FORMATS.iter().filter(|format| format.has_columns()) {
        let mut rows = key_rows(&keys, false);
        let mut report = Report::new(ask(Question::Keys), &mut rows, &coverage, WIDE);
        report.chosen = Some(vec![11, 0]);
        let (bytes, _) = write_report(*format, &mut report);
        let read = match format.name() {
            "xlsx" => part(&bytes, "xl/worksheets/sheet1.xml"),
            "parquet" => parquet_rows(&bytes)
                .iter()
                .map(ToString::to_string)
                .collect(),
            _ => String::from_utf8(bytes).expect("the format is UTF-8"),
        };
        let place = |text: &str| read.find(text).unwrap_or(usize::MAX);
        assert!(place("12345") < place("LTAI5tExampleKey00000001"), "{read}");
        assert_ne!(place("LTAI5tExampleKey00000001"), usize::MAX, "{read}");
        assert!(!read.contains("alice"), "{read}");
    }
    let fixed = FORMATS.iter().filter(|format| !format.has_columns());
    let fixed: Vec<_> = fixed.map(|format| format.name()).collect();
    assert_eq!(fixed.join(" "), "api timesketch timesketch-csv ocsf ecs");
}

#[test]
fn an_address_is_not_cut() {
    let mut rows = vec![entry(Dimension::Ip, Some("192.0.2.1")); 30];
    let address = "2001:db8:1111:2222:3333:4444:5555:6666";
    rows.push(entry(Dimension::Ip, Some(address)));
    for width in 10..120 {
        let mut rows = entry_rows(&rows, None, Secrets::Redacted);
        let text = write("table", ask(IPS), &mut rows, table(Some(width)));
        assert!(text.contains(address), "{width}\n{text}");
    }
}

#[test]
fn a_list_of_resources_shows_its_first_and_how_many_more() {
    let names: Vec<_> = (1..=8)
        .map(|number| format!("i-bp1example{number}"))
        .collect();
    let resources: Vec<_> = (names.iter())
        .map(|name| Resource {
            resource_type: "ACS::ECS::Instance",
            name,
        })
        .collect();
    let many = CallRow {
        resources: resources.clone(),
        ..call()
    };
    let one = CallRow {
        resources: resources[..1].to_vec(),
        ..call()
    };
    let shown = |width, calls: Vec<CallRow<'_>>| {
        let mut calls = ListedCalls(calls);
        let mut rows = call_rows(&mut calls, false, Secrets::Redacted);
        write("table", ask(Question::Lookup), &mut rows, table(width))
    };
    assert_snapshot!(shown(Some(200), vec![many.clone(), one.clone()]), @r"
    event_time            region       access_key_id             user_name  service_name  event_name    source_ip    resources                            error_code
    2024-03-05T09:21:32Z  cn-hangzhou  LTAI5tExampleKey00000001  alice      Ecs           RunInstances  203.0.113.7  ACS::ECS::Instance:i-bp1example1 +7  -
    2024-03-05T09:21:32Z  cn-hangzhou  LTAI5tExampleKey00000001  alice      Ecs           RunInstances  203.0.113.7  ACS::ECS::Instance:i-bp1example1     -
    ");
    assert_snapshot!(shown(Some(160), vec![many.clone(), one.clone()]), @r"
    event_time            region       access_key_id             user_name  service_name  event_name    source_ip    resources                            error_code
    2024-03-05T09:21:32Z  cn-hangzhou  LTAI5tExampleKey00000001  alice      Ecs           RunInstances  203.0.113.7  ACS::ECS::Instance:i-bp1example1 +7  -
    2024-03-05T09:21:32Z  cn-hangzhou  LTAI5tExampleKey00000001  alice      Ecs           RunInstances  203.0.113.7  ACS::ECS::Instance:i-bp1example1     -
    ");
    assert_snapshot!(shown(Some(80), vec![many.clone(), one]), @r"
    event_time        access_key_id             event_name   source_ip    error_code
    2024-03-05T09:21  LTAI5tExampleKey00000001  RunIn…ances  203.0.113.7  -
    2024-03-05T09:21  LTAI5tExampleKey00000001  RunIn…ances  203.0.113.7  -
    ");
    assert!(shown(None, vec![many]).contains("; ACS::ECS::Instance:i-bp1example8"));
}

#[test]
fn an_insight_event_says_its_figures_where_it_has_no_name() {
    let insight = CallRow {
        event_time: 1_709_630_492_000,
        event_type: "ActionTrailInsight",
        insight: "AkInsight LTAI5tExampleKey00000001: 6.2, baseline 0.4",
        ..CallRow::default()
    };
    // A value behind the name keeps its place.
    let failed = CallRow {
        error_code: "E",
        ..insight.clone()
    };
    let mut calls = ListedCalls(vec![call(), insight, failed]);
    let mut shown = |width| {
        let mut rows = call_rows(&mut calls, false, Secrets::Redacted);
        write("table", ask(Question::Lookup), &mut rows, table(width))
    };
    assert_snapshot!(shown(Some(80)), @r"
    event_time        access_key_id             event_name   source_ip    error_code
    2024-03-05T09:21  LTAI5tExampleKey00000001  RunIn…ances  203.0.113.7  -
    2024-03-05T09:21  -                         AkInsight LTAI5tEx…6.2, baseline 0.4
    2024-03-05T09:21  -                         Actio…sight  -            E
    ");
    assert_snapshot!(shown(Some(40)), @r"
    event_time:    2024-03-05T09:21:32Z
    region:        cn-hangzhou
    access_key_id: LTAI5tExampleKey00000001
    user_name:     alice
    service_name:  Ecs
    event_name:    RunInstances
    source_ip:     203.0.113.7
    resources:     ACS::ECS::Disk:d-1; ACS::ECS::Instance:i-1
    error_code:    -

    event_time:    2024-03-05T09:21:32Z
    region:        -
    access_key_id: -
    user_name:     -
    service_name:  -
    event_name:    AkInsight LTAI5tExampleKey00000001: 6.2, baseline 0.4
    source_ip:     -
    resources:     -
    error_code:    -

    event_time:    2024-03-05T09:21:32Z
    region:        -
    access_key_id: -
    user_name:     -
    service_name:  -
    event_name:    AkInsight LTAI5tExampleKey00000001: 6.2, baseline 0.4
    source_ip:     -
    resources:     -
    error_code:    E
    ");
    assert_snapshot!(shown(None), @r"
    event_time            region       access_key_id             user_name  service_name  event_name          source_ip    resources                                   error_code
    2024-03-05T09:21:32Z  cn-hangzhou  LTAI5tExampleKey00000001  alice      Ecs           RunInstances        203.0.113.7  ACS::ECS::Disk:d-1; ACS::ECS::Instance:i-1  -
    2024-03-05T09:21:32Z  -            -                         -          -             AkInsight LTAI5tExampleKey00000001: 6.2, baseline 0.4
    2024-03-05T09:21:32Z  -            -                         -          -             ActionTrailInsight  -            -                                           E
    ");
}

#[test]
fn table_without_rows_is_a_header() {
    let empty = |view| {
        write(
            "table",
            ask(IPS),
            &mut entry_rows(&[], None, Secrets::Redacted),
            view,
        )
    };
    assert_snapshot!(empty(WIDE), @"service_name  name  first_used  last_used  events  errors  source");
    assert_snapshot!(empty(table(Some(10))), @"service_name  name  last_used");
    assert_eq!(write_entries("table", INFO, &[]), "");
}

#[test]
fn table_colours_only_its_own_words() {
    let color = View {
        color: true,
        ..WIDE
    };
    let text = write_keys("table", color);
    assert!(text.starts_with("\x1b[1maccess_key_id"));
    assert_eq!(text.matches('\x1b').count(), 2);
    let narrow = write_keys(
        "table",
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
        row.user_name.clone_from(&long);
    }
    let text = write(
        "table",
        ask(Question::Keys),
        &mut key_rows(&rows, false),
        WIDE,
    );
    assert!(text.contains(&long));
    assert!(text.lines().take(2).all(|line| line.len() < 400));
}

#[test]
fn json_of_keys() {
    assert_snapshot!(write_keys("json", WIDE), @r#"
    {"schema":"keytrail.keys/1","tool":"keytrail","version":"0.1.0","command":"keys","filters":{},"roots":[],"coverage":{"files":{"found":6,"read":3,"partial":2,"unreadable":1,"ignored":4,"links":0,"pruned":5,"folders_pruned":8,"searched":0,"count_mismatch":1},"bytes":{"compressed":1000,"inflated":20000},"records":{"found":30,"left_out":1,"outside":2,"conflicting":9},"events":24,"duplicates":3,"without_key":4,"span":{"first":"2022-03-05T09:21:32Z","last":"2024-03-05T09:21:32.123Z"},"gaps":7,"long_gaps":2,"blind":[{"from":"2024-03-11T04:47:09Z","until":null,"account_id":"1","trail":"main","region":null,"why":"stopped","event_id":"E-1"}]},"rows":[
    {"access_key_id":"LTAI5tExampleKey00000001","key_type":"long-term","account_id":"1047585191180000","owner_id":"245494290036250000","user_name":"alice","account_type":"ram-user","first_used":"2022-03-05T09:21:32Z","last_used":"2024-03-05T09:21:32.123Z","last_service":"Ecs","last_event":"DescribeInstances","last_ip":"203.0.113.7","events":12345,"errors":6,"services":3,"event_names":14,"ips":2,"resources":150,"last_success":"2024-03-05T09:21:32Z","denied":4,"regions":5,"agents":9},
    {"access_key_id":"STS.NTExample","key_type":"sts","account_id":null,"owner_id":null,"user_name":"=cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b","account_type":null,"first_used":"2022-03-05T09:21:32Z","last_used":"2022-03-05T09:21:32Z","last_service":null,"last_event":"查询","last_ip":null,"events":1,"errors":0,"services":0,"event_names":1,"ips":0,"resources":0,"last_success":null,"denied":0,"regions":0,"agents":0}
    ]}
    "#);
}

#[test]
fn json_without_rows_or_events() {
    let coverage = Coverage::default();
    let mut rows = entry_rows(&[], None, Secrets::Redacted);
    let mut report = Report::new(ask(RESOURCES), &mut rows, &coverage, WIDE);
    let (out, _) = write_report(by_name("json"), &mut report);
    assert_snapshot!(String::from_utf8_lossy(&out), @r#"{"schema":"keytrail.last-used.resources/1","tool":"keytrail","version":"0.1.0","command":"last-used resources","filters":{},"roots":[],"coverage":{"files":{"found":0,"read":0,"partial":0,"unreadable":0,"ignored":0,"links":0,"pruned":0,"folders_pruned":0,"searched":0,"count_mismatch":0},"bytes":{"compressed":0,"inflated":0},"records":{"found":0,"left_out":0,"outside":0,"conflicting":0},"events":0,"duplicates":0,"without_key":0,"span":{"first":null,"last":null},"gaps":0,"long_gaps":0,"blind":[]},"rows":[]}"#);
}

#[test]
fn json_is_sound_and_gives_back_what_went_in() {
    let text = write_entries("json", Question::Dump, &dump());
    let document: serde_json::Value = serde_json::from_str(&text).expect("the document is JSON");
    let name = document
        .pointer("/rows/5/name")
        .and_then(serde_json::Value::as_str);
    assert_eq!(name, Some(HOSTILE));
    assert!(!text.contains(|c| c != '\n' && escape::is_unsafe(c)));
}

#[test]
fn jsonl_of_every_entry() {
    assert_snapshot!(write_entries("jsonl", Question::Dump, &dump()), @r#"
    {"dimension":"key","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":null,"first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":"1047585191180000","owner_id":"245494290036250000","user_name":"alice","account_type":"ram-user","last_success":"2024-03-05T09:21:32Z","denied":1}
    {"dimension":"service","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":null,"first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null,"last_success":"2024-03-05T09:21:32Z","denied":1}
    {"dimension":"event","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":"DescribeInstances","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null,"last_success":"2024-03-05T09:21:32Z","denied":1}
    {"dimension":"ip","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":"2001:db8::7","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null,"last_success":"2024-03-05T09:21:32Z","denied":1}
    {"dimension":"resource","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":"ACS::ECS::Instance","name":"i-bp1","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null,"last_success":"2024-03-05T09:21:32Z","denied":1}
    {"dimension":"resource","access_key_id":"LTAI5tExampleKey00000001","service_name":"Ecs","resource_type":null,"name":"=cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b","first_used":"2022-03-05T09:21:32Z","first_event_id":"0F3B46F1-23EC-4EAD-B2C5-1A6A7D8E9F01","last_used":"2024-03-05T09:21:32.123Z","last_event_id":"239EB588-CD24-522E-B0B5-174A1A588BE0","events":7,"errors":1,"source":"ManagementEvent","account_id":null,"owner_id":null,"user_name":null,"account_type":null,"last_success":"2024-03-05T09:21:32Z","denied":1}
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
    let mut rows = entry_rows(&rows, Some(&records), Secrets::Redacted);
    let text = write("jsonl", ask(IPS), &mut rows, WIDE);
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
    let text = write_keys("csv", WIDE);
    assert_snapshot!(text.escape_debug().to_string().replace("\\n", "\n"), @r#"
    access_key_id,key_type,account_id,owner_id,user_name,account_type,first_used,last_used,last_service,last_event,last_ip,events,errors,services,event_names,ips,resources,last_success,denied,regions,agents
    LTAI5tExampleKey00000001,long-term,1047585191180000,245494290036250000,alice,ram-user,2022-03-05T09:21:32Z,2024-03-05T09:21:32.123Z,Ecs,DescribeInstances,203.0.113.7,12345,6,3,14,2,150,2024-03-05T09:21:32Z,4,5,9
    STS.NTExample,sts,,,\"\'=cmd|\' /C\'!A0,\"\"q\"\"
    \u{1b}[2J\u{9b}2J\u{202e}\u{200b}\",,2022-03-05T09:21:32Z,2022-03-05T09:21:32Z,,查询,,1,0,0,1,0,0,,0,0,0
    "#);
    let raw = write_keys(
        "csv",
        View {
            csv_raw: true,
            ..WIDE
        },
    );
    assert!(raw.contains(",\"=cmd"));
    assert!(!raw.contains("'=cmd"));
}

#[test]
fn csv_on_a_terminal_has_nothing_that_it_would_interpret() {
    for csv_raw in [false, true] {
        let view = View {
            terminal: true,
            csv_raw,
            ..WIDE
        };
        let text = write_keys("csv", view);
        assert!(text.contains(r"\u{1b}[2J"), "{text}");
        assert_eq!(text.contains("'=cmd"), !csv_raw, "{text}");
        let raw = text.replace('\n', "");
        assert!(!raw.contains(escape::is_unsafe), "{text:?}");
    }
}

#[test]
fn csv_gives_back_what_went_in() {
    let raw = View {
        csv_raw: true,
        ..WIDE
    };
    let text = write(
        "csv",
        ask(Question::Dump),
        &mut entry_rows(&dump(), None, Secrets::Redacted),
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
        let text = write_entries("csv", EVENTS, &[row]);
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

fn api(question: Question, rows: &[EntryRow<'_>]) -> String {
    let records: Vec<_> = rows.iter().map(|_| Some(RECORD.to_owned())).collect();
    write(
        "api",
        ask(question),
        &mut entry_rows(rows, Some(&records), Secrets::Redacted),
        WIDE,
    )
}

#[test]
fn api_of_a_key() {
    assert_snapshot!(api(INFO, &[info()]), @r#"{"RequestId":"4E9AF4CF-1EDA-801E-AE5D-8966F4EB1A04","AccessKeyId":"LTAI5tExampleKey00000001","AccountId":"1047585191180000","AccountType":"ram-user","OwnerId":"245494290036250000","UserName":"alice","ServiceName":"Ecs","ServiceNameCn":"云服务器ECS","ServiceNameEn":"Elastic Compute Service","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}"#);
    let bare = EntryRow {
        service_name: "",
        owner: Some(Owner::default()),
        ..info()
    };
    let text = write(
        "api",
        ask(INFO),
        &mut entry_rows(&[bare], None, Secrets::Redacted),
        WIDE,
    );
    assert_snapshot!(text, @r#"{"RequestId":"4E9AF4CF-1EDA-801E-AE5D-8966F4EB1A04","AccessKeyId":"LTAI5tExampleKey00000001","ServiceName":"","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{}"}"#);
    assert_snapshot!(api(INFO, &[]), @r#"{"RequestId":"4E9AF4CF-1EDA-801E-AE5D-8966F4EB1A04","AccessKeyId":"LTAI5tExampleKey00000001"}"#);
}

#[test]
fn api_of_lists() {
    let rows = |dimension, name| [entry(dimension, name)];
    assert_snapshot!(api(PRODUCTS, &rows(Dimension::Service, None)), @r#"{"RequestId":"3E971B60-00AE-2B5D-CC45-D9D5A5952C74","Products":[{"ServiceName":"Ecs","ServiceNameCn":"云服务器ECS","ServiceNameEn":"Elastic Compute Service","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}]}"#);
    assert_snapshot!(api(EVENTS, &rows(Dimension::Event, Some("RunInstances"))), @r#"{"RequestId":"1DC3335F-E7D0-8BFB-BDF9-ADD48E0E633F","Events":[{"EventName":"RunInstances","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}]}"#);
    assert_snapshot!(api(IPS, &rows(Dimension::Ip, Some("203.0.113.7"))), @r#"{"RequestId":"8F095EC3-9217-F102-082C-0B9ADD30BB7C","Ips":[{"Ip":"203.0.113.7","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{\n  \"eventId\": \"239EB588\",\n  \"eventVersion\": 1,\n  \"sourceIpAddress\": \"203.0.113.7\",\n  \"userIdentity\": {\n    \"accountId\": \"1\",\n    \"userName\": \"alice\"\n  },\n  \"eventName\": \"DescribeInstances\"\n}"}]}"#);
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
        "api",
        ask(RESOURCES),
        &mut entry_rows(&resources, None, Secrets::Redacted),
        WIDE,
    );
    assert_snapshot!(text, @r#"{"RequestId":"0EFF0870-5D6D-CCE8-4894-9F168E39DBD9","Resources":[{"ResourceType":"T","ResourceName":"=cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{}"},{"ResourceType":"","ResourceName":"r","Source":"ManagementEvent","UsedTimestamp":1709630492123,"Detail":"{}"}]}"#);
    assert_snapshot!(api(IPS, &[]), @r#"{"RequestId":"8F095EC3-9217-F102-082C-0B9ADD30BB7C","Ips":[]}"#);
}

#[test]
fn api_answers_last_used_and_lookup_only() {
    let answered: Vec<_> = Question::all()
        .filter(|question| by_name("api").answers(*question))
        .collect();
    assert_eq!(
        answered,
        [INFO, PRODUCTS, EVENTS, IPS, RESOURCES, Question::Lookup]
    );
}

/// A pipe without a reader.
struct ClosedPipe;

impl io::Write for ClosedPipe {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_error_of_a_closed_pipe_keeps_its_kind() {
    let coverage = coverage();
    for format in FORMATS {
        let mut calls = ListedCalls((0..500).flat_map(|_| calls()).collect());
        let mut rows = call_rows(&mut calls, true, Secrets::Redacted);
        let mut report = Report::new(ask(Question::Lookup), &mut rows, &coverage, WIDE);
        let kind = format
            .write(&mut report, &mut ClosedPipe)
            .map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::BrokenPipe), "{}", format.name());
    }
}

#[test]
fn every_format_writes_every_answer_with_and_without_rows() {
    for format in FORMATS {
        for question in Question::all() {
            if question != Question::Lookup && format.answers(question) {
                for entries in [dump(), Vec::new()] {
                    let mut rows = entry_rows(&entries, None, Secrets::Redacted);
                    let bytes = write_bytes(format.name(), ask(question), &mut rows, WIDE);
                    let ends = bytes.is_empty() || bytes.ends_with(b"\n") || format.is_binary();
                    assert!(ends, "{} {question:?}", format.name());
                }
            }
        }
    }
}

// Call records, and the formats for other programs.

struct ListedCalls<'a>(Vec<CallRow<'a>>);

impl Calls for ListedCalls<'_> {
    fn for_each(
        &mut self,
        visit: &mut dyn FnMut(&CallRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.0.iter().try_for_each(visit)
    }
}

const LEAKING: &str = r#"{"eventId":"E1","requestParameters":{"Password":"hunter2","a":[1]}}"#;

fn call() -> CallRow<'static> {
    CallRow {
        event_time: 1_709_630_492_123,
        region: "cn-hangzhou",
        account_id: "1047585191180000",
        access_key_id: "LTAI5tExampleKey00000001",
        user_name: "alice",
        principal_id: "245494290036250000",
        account_type: "ram-user",
        service_name: "Ecs",
        event_name: "RunInstances",
        rw: "Write",
        event_type: "ApiCall",
        source_ip: "203.0.113.7",
        resources: vec![
            Resource {
                resource_type: "ACS::ECS::Disk",
                name: "d-1",
            },
            Resource {
                resource_type: "ACS::ECS::Instance",
                name: "i-1",
            },
        ],
        error_code: "",
        error_message: "",
        insight: "",
        user_agent: "aliyun-cli/3.0",
        event_id: "E1",
        request_id: "R1",
        log_file: "trail/a.gz",
        record_number: 7,
        record: LEAKING,
    }
}

/// Each text is hostile, and the record is no JSON.
fn hostile_call() -> CallRow<'static> {
    CallRow {
        event_time: -1,
        region: HOSTILE,
        account_id: HOSTILE,
        access_key_id: HOSTILE,
        user_name: HOSTILE,
        principal_id: HOSTILE,
        account_type: HOSTILE,
        service_name: HOSTILE,
        event_name: HOSTILE,
        rw: HOSTILE,
        event_type: HOSTILE,
        source_ip: HOSTILE,
        resources: vec![Resource {
            resource_type: HOSTILE,
            name: HOSTILE,
        }],
        error_code: HOSTILE,
        error_message: HOSTILE,
        insight: HOSTILE,
        user_agent: HOSTILE,
        event_id: HOSTILE,
        request_id: HOSTILE,
        log_file: HOSTILE,
        record_number: u32::MAX,
        record: HOSTILE,
    }
}

fn bare_call() -> CallRow<'static> {
    CallRow {
        event_time: 1_646_472_092_000,
        record: "{}",
        ..CallRow::default()
    }
}

fn calls() -> Vec<CallRow<'static>> {
    vec![call(), hostile_call(), bare_call()]
}

fn write_calls(name: &str, calls: Vec<CallRow<'_>>, raw: bool) -> Vec<u8> {
    let mut calls = ListedCalls(calls);
    let mut rows = call_rows(&mut calls, raw, Secrets::Redacted);
    write_bytes(name, ask(Question::Lookup), &mut rows, WIDE)
}

fn calls_as_text(name: &str, calls: Vec<CallRow<'_>>, raw: bool) -> String {
    String::from_utf8(write_calls(name, calls, raw)).expect("the format is UTF-8")
}

/// What a reader of the format sees, as one text.
fn calls_as_read(name: &str, calls: Vec<CallRow<'_>>, raw: bool) -> String {
    let bytes = write_calls(name, calls, raw);
    match name {
        "xlsx" => part(&bytes, "xl/worksheets/sheet1.xml"),
        "parquet" => parquet_rows(&bytes)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::from_utf8(bytes).expect("the format is UTF-8"),
    }
}

/// A part of a workbook.
fn part(bytes: &[u8], name: &str) -> String {
    let mut container =
        zip_file::ZipArchive::new(io::Cursor::new(bytes)).expect("a workbook is a container");
    let part = container.by_name(name).expect("a part of the workbook");
    io::read_to_string(part).expect("XML is UTF-8")
}

fn parquet_rows(bytes: &[u8]) -> Vec<::parquet::record::Row> {
    let mut file = tempfile::tempfile().expect("a file");
    io::Write::write_all(&mut file, bytes).expect("room");
    ::parquet::file::reader::SerializedFileReader::new(file)
        .expect("a file of the format")
        .into_iter()
        .map(|row| row.expect("a row"))
        .collect()
}

fn formats_of_lookup() -> Vec<&'static dyn Format> {
    let all = FORMATS.iter().copied();
    all.filter(|format| format.answers(Question::Lookup))
        .collect()
}

#[test]
fn every_format_is_for_calls() {
    assert_eq!(formats_of_lookup().len(), FORMATS.len());
    for format in FORMATS {
        for raw in [true, format.needs_records()] {
            for calls in [calls(), Vec::new()] {
                calls_as_read(format.name(), calls, raw);
            }
        }
    }
}

#[test]
fn the_same_calls_are_the_same_bytes() {
    for format in FORMATS {
        let write = || write_calls(format.name(), calls(), true);
        assert!(write() == write(), "{}", format.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_secret_of_a_record_is_in_any_format(
        value in redact::tests::value("s3cr3tv4lue"),
        cut in any::<bool>(),
    ) {
        let mut record = format!("{{\"eventId\":\"E\",\"requestParameters\":{value}}}");
        if cut {
            record.pop();
        }
        for format in formats_of_lookup() {
            let text = calls_as_read(format.name(), vec![CallRow { record: &record, ..call() }], true);
            prop_assert!(!text.contains("s3cr3tv4lue"), "{}: {}", format.name(), text);
            if record.contains("s3cr3tv4lue") && format.name() != "table" {
                prop_assert!(text.contains("[redacted "), "{}: {}", format.name(), text);
            }
        }
    }
}

#[test]
fn secrets_stay_only_where_they_are_asked_for() {
    for (secrets, stays) in [(Secrets::Kept, true), (Secrets::Redacted, false)] {
        let mut calls = ListedCalls(vec![call()]);
        let mut rows = call_rows(&mut calls, true, secrets);
        let text = write("jsonl", ask(Question::Lookup), &mut rows, WIDE);
        assert_eq!(text.contains("hunter2"), stays, "{text}");
        let records = [Some(LEAKING.to_owned())];
        let entries = [info()];
        let mut rows = entry_rows(&entries, Some(&records), secrets);
        let text = write("csv", ask(INFO), &mut rows, WIDE);
        assert_eq!(text.contains("hunter2"), stays, "{text}");
    }
}

#[test]
fn nothing_a_terminal_interprets_is_in_the_text_formats() {
    for name in ["timesketch", "ocsf", "ecs", "api"] {
        for raw in [true, by_name(name).needs_records()] {
            let text = calls_as_text(name, calls(), raw);
            for line in text.lines() {
                assert!(!line.contains(escape::is_unsafe), "{name}: {line:?}");
                let value: Result<serde_json::Value, _> = serde_json::from_str(line);
                assert!(value.is_ok(), "{name}: {line}");
            }
        }
    }
}

#[test]
fn api_of_calls() {
    assert_snapshot!(calls_as_text("api", vec![call(), bare_call()], true), @r#"{"RequestId":"BA890F19-B30A-7B62-5F01-040E6336C70D","StartTime":"2022-03-05T09:21:32Z","EndTime":"2024-03-05T09:21:33Z","Events":[{"eventId":"E1","requestParameters":{"Password":"[redacted 7 chars sha256:f52fbd32]","a":[1]}},{}]}"#);
    assert_snapshot!(calls_as_text("api", Vec::new(), true), @r#"{"RequestId":"BA890F19-B30A-7B62-5F01-040E6336C70D","StartTime":"2022-03-05T09:21:32Z","EndTime":"2024-03-05T09:21:33Z","Events":[]}"#);
    let mut calls = ListedCalls(vec![
        hostile_call(),
        CallRow {
            record: r#"{"eventId":"E","a":oops}"#,
            ..call()
        },
    ]);
    let mut rows = call_rows(&mut calls, true, Secrets::Redacted);
    let coverage = Coverage::default();
    let request = Request {
        since: Some(1_709_630_492_000),
        until: Some(1_709_630_492_001),
        ..ask(Question::Lookup)
    };
    let mut report = Report::new(request, &mut rows, &coverage, WIDE);
    let (out, notices) = write_report(by_name("api"), &mut report);
    assert_snapshot!(String::from_utf8_lossy(&out), @r#"{"RequestId":"BA890F19-B30A-7B62-5F01-040E6336C70D","StartTime":"2024-03-05T09:21:32Z","EndTime":"2024-03-05T09:21:33Z","Events":[{"keytrailUnread":"=cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b"},{"eventId":"E","a":"oops"}]}"#);
    assert_snapshot!(notices, @r#"2 events are not sound JSON or nested too deep; what is wrong in them is given as text"#);
}

#[test]
fn timesketch_of_calls_and_of_keys() {
    assert_snapshot!(calls_as_text("timesketch", vec![call()], false), @r#"{"message":"Ecs RunInstances by alice with LTAI5tExampleKey00000001 from 203.0.113.7","datetime":"2024-03-05T09:21:32.123000+00:00","timestamp":1709630492123000,"timestamp_desc":"Call","event_time":"2024-03-05T09:21:32.123Z","region":"cn-hangzhou","account_id":"1047585191180000","access_key_id":"LTAI5tExampleKey00000001","user_name":"alice","principal_id":"245494290036250000","account_type":"ram-user","service_name":"Ecs","event_name":"RunInstances","rw":"Write","event_type":"ApiCall","source_ip":"203.0.113.7","resources":"ACS::ECS::Disk:d-1; ACS::ECS::Instance:i-1","error_code":null,"error_message":null,"insight":null,"user_agent":"aliyun-cli/3.0","event_id":"E1","request_id":"R1","log_file":"trail/a.gz","record_number":7}"#);
    assert_snapshot!(calls_as_text("timesketch-csv", vec![call()], false), @r"
    message,datetime,timestamp,timestamp_desc,event_time,region,account_id,access_key_id,user_name,principal_id,account_type,service_name,event_name,rw,event_type,source_ip,resources,error_code,error_message,insight,user_agent,event_id,request_id,log_file,record_number
    Ecs RunInstances by alice with LTAI5tExampleKey00000001 from 203.0.113.7,2024-03-05T09:21:32.123000+00:00,1709630492123000,Call,2024-03-05T09:21:32.123Z,cn-hangzhou,1047585191180000,LTAI5tExampleKey00000001,alice,245494290036250000,ram-user,Ecs,RunInstances,Write,ApiCall,203.0.113.7,ACS::ECS::Disk:d-1; ACS::ECS::Instance:i-1,,,,aliyun-cli/3.0,E1,R1,trail/a.gz,7
    ");
    let hostile = calls_as_text("timesketch-csv", vec![hostile_call()], false);
    let mut reader = ::csv::Reader::from_reader(hostile.as_bytes());
    let fields = reader.records().next().expect("a row").expect("fields");
    let formula = |field: &str| field.starts_with('=');
    assert_eq!(fields.len(), 25);
    assert!(!fields.iter().any(formula), "{fields:?}");
    assert_eq!(fields.get(5), Some(&*format!("'{HOSTILE}")));
    let keys = keys();
    let text = write(
        "timesketch",
        ask(Question::Keys),
        &mut key_rows(&keys, false),
        WIDE,
    );
    let heads: Vec<_> = text
        .lines()
        .filter_map(|line| line.split(",\"access_key_id\"").next())
        .collect();
    assert_snapshot!(heads.join("\n"), @r#"
    {"message":"AccessKey LTAI5tExampleKey00000001 of alice: first use","datetime":"2022-03-05T09:21:32.000000+00:00","timestamp":1646472092000000,"timestamp_desc":"First use"
    {"message":"AccessKey LTAI5tExampleKey00000001 of alice: last use","datetime":"2024-03-05T09:21:32.123000+00:00","timestamp":1709630492123000,"timestamp_desc":"Last use"
    {"message":"AccessKey STS.NTExample of =cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b: first and last use","datetime":"2022-03-05T09:21:32.000000+00:00","timestamp":1646472092000000,"timestamp_desc":"First and last use"
    "#);
    let text = write_entries("timesketch", Question::Dump, &dump());
    let heads: Vec<_> = text
        .lines()
        .filter_map(|line| line.split(",\"datetime\"").next())
        .collect();
    assert_snapshot!(heads.join("\n"), @r#"
    {"message":"AccessKey LTAI5tExampleKey00000001 of alice: first use"
    {"message":"AccessKey LTAI5tExampleKey00000001 of alice: last use"
    {"message":"service Ecs by AccessKey LTAI5tExampleKey00000001: first use"
    {"message":"service Ecs by AccessKey LTAI5tExampleKey00000001: last use"
    {"message":"event DescribeInstances of Ecs by AccessKey LTAI5tExampleKey00000001: first use"
    {"message":"event DescribeInstances of Ecs by AccessKey LTAI5tExampleKey00000001: last use"
    {"message":"ip 2001:db8::7 of Ecs by AccessKey LTAI5tExampleKey00000001: first use"
    {"message":"ip 2001:db8::7 of Ecs by AccessKey LTAI5tExampleKey00000001: last use"
    {"message":"resource ACS::ECS::Instance i-bp1 of Ecs by AccessKey LTAI5tExampleKey00000001: first use"
    {"message":"resource ACS::ECS::Instance i-bp1 of Ecs by AccessKey LTAI5tExampleKey00000001: last use"
    {"message":"resource =cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b of Ecs by AccessKey LTAI5tExampleKey00000001: first use"
    {"message":"resource =cmd|' /C'!A0,\"q\"\n\u001b[2J\u009b2J\u202e\u200b of Ecs by AccessKey LTAI5tExampleKey00000001: last use"
    "#);
}

#[test]
fn ocsf_of_calls() {
    assert_snapshot!(calls_as_text("ocsf", vec![call(), bare_call()], false), @r#"
    {"category_uid":6,"category_name":"Application Activity","class_uid":6003,"class_name":"API Activity","activity_id":1,"activity_name":"Create","type_uid":600301,"severity_id":1,"severity":"Informational","message":"Ecs RunInstances by alice with LTAI5tExampleKey00000001 from 203.0.113.7","time":1709630492123,"metadata":{"version":"1.8.0","profiles":["cloud"],"product":{"name":"ActionTrail","vendor_name":"Alibaba Cloud"},"original_time":"2024-03-05T09:21:32.123Z","original_event_uid":"E1"},"api":{"operation":"RunInstances","service":{"name":"Ecs"},"request":{"uid":"R1"}},"actor":{"user":{"name":"alice","uid":"245494290036250000","account":{"uid":"1047585191180000"},"type_id":1,"type":"ram-user","credential_uid":"LTAI5tExampleKey00000001"}},"cloud":{"provider":"Alibaba Cloud","region":"cn-hangzhou","account":{"uid":"1047585191180000"}},"src_endpoint":{"ip":"203.0.113.7"},"http_request":{"user_agent":"aliyun-cli/3.0"},"resources":[{"type":"ACS::ECS::Disk","name":"d-1"},{"type":"ACS::ECS::Instance","name":"i-1"}],"status_id":1,"status":"Success","unmapped":{"rw":"Write","event_type":"ApiCall","log_file":"trail/a.gz","record_number":7}}
    {"category_uid":6,"category_name":"Application Activity","class_uid":6003,"class_name":"API Activity","activity_id":99,"activity_name":"Other","type_uid":600399,"severity_id":1,"severity":"Informational","message":"a call of which nothing is known","time":1646472092000,"metadata":{"version":"1.8.0","profiles":["cloud"],"product":{"name":"ActionTrail","vendor_name":"Alibaba Cloud"},"original_time":"2022-03-05T09:21:32Z"},"api":{"operation":"unknown"},"actor":{"user":{"name":"unknown","type_id":0}},"cloud":{"provider":"Alibaba Cloud"},"src_endpoint":{"name":"unknown"},"status_id":1,"status":"Success","unmapped":{"record_number":0}}
    "#);
    let failed = CallRow {
        access_key_id: "STS.NTExample",
        account_type: "root-account",
        error_code: "Forbidden",
        error_message: "no right",
        source_ip: "ecs.aliyuncs.com",
        ..call()
    };
    assert_snapshot!(calls_as_text("ocsf", vec![failed], true), @r#"{"category_uid":6,"category_name":"Application Activity","class_uid":6003,"class_name":"API Activity","activity_id":1,"activity_name":"Create","type_uid":600301,"severity_id":1,"severity":"Informational","message":"Ecs RunInstances by alice with STS.NTExample from ecs.aliyuncs.com, failed: Forbidden","time":1709630492123,"metadata":{"version":"1.8.0","profiles":["cloud"],"product":{"name":"ActionTrail","vendor_name":"Alibaba Cloud"},"original_time":"2024-03-05T09:21:32.123Z","original_event_uid":"E1"},"api":{"operation":"RunInstances","service":{"name":"Ecs"},"request":{"uid":"R1"}},"actor":{"user":{"name":"alice","uid":"245494290036250000","account":{"uid":"1047585191180000"},"type_id":2,"type":"root-account","credential_uid":"STS.NTExample"},"session":{"credential_uid":"STS.NTExample"}},"cloud":{"provider":"Alibaba Cloud","region":"cn-hangzhou","account":{"uid":"1047585191180000"}},"src_endpoint":{"svc_name":"ecs.aliyuncs.com"},"http_request":{"user_agent":"aliyun-cli/3.0"},"resources":[{"type":"ACS::ECS::Disk","name":"d-1"},{"type":"ACS::ECS::Instance","name":"i-1"}],"status_id":2,"status":"Failure","status_code":"Forbidden","status_detail":"no right","unmapped":{"rw":"Write","event_type":"ApiCall","log_file":"trail/a.gz","record_number":7},"raw_data":"{\"eventId\":\"E1\",\"requestParameters\":{\"Password\":\"[redacted 7 chars sha256:f52fbd32]\",\"a\":[1]}}"}"#);
}

#[test]
fn ecs_of_calls() {
    assert_snapshot!(calls_as_text("ecs", vec![call(), bare_call()], false), @r#"
    {"@timestamp":"2024-03-05T09:21:32.123Z","message":"Ecs RunInstances by alice with LTAI5tExampleKey00000001 from 203.0.113.7","ecs":{"version":"8.17.0"},"event":{"kind":"event","category":["configuration"],"type":["creation"],"module":"aliyun","dataset":"aliyun.actiontrail","provider":"Ecs","action":"RunInstances","id":"E1","outcome":"success"},"cloud":{"provider":"alibaba_cloud","account":{"id":"1047585191180000"},"region":"cn-hangzhou","service":{"name":"Ecs"}},"user":{"name":"alice","id":"245494290036250000"},"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"related":{"ip":["203.0.113.7"],"user":["alice"]},"user_agent":{"original":"aliyun-cli/3.0"},"log":{"file":{"path":"trail/a.gz"}},"aliyun":{"actiontrail":{"user_identity":{"access_key_id":"LTAI5tExampleKey00000001","type":"ram-user"},"event_type":"ApiCall","rw":"Write","request_id":"R1","record_number":7,"resource":[{"type":"ACS::ECS::Disk","name":"d-1"},{"type":"ACS::ECS::Instance","name":"i-1"}]}}}
    {"@timestamp":"2022-03-05T09:21:32Z","message":"a call of which nothing is known","ecs":{"version":"8.17.0"},"event":{"kind":"event","category":["configuration"],"type":["info"],"module":"aliyun","dataset":"aliyun.actiontrail","outcome":"success"},"cloud":{"provider":"alibaba_cloud"},"aliyun":{"actiontrail":{"record_number":0}}}
    "#);
    let failed = CallRow {
        service_name: "Ram",
        event_name: "ListUsers",
        rw: "Read",
        error_code: "Forbidden",
        source_ip: "Internal",
        ..call()
    };
    assert_snapshot!(calls_as_text("ecs", vec![failed], true), @r#"{"@timestamp":"2024-03-05T09:21:32.123Z","message":"Ram ListUsers by alice with LTAI5tExampleKey00000001 from Internal, failed: Forbidden","ecs":{"version":"8.17.0"},"event":{"kind":"event","category":["iam"],"type":["info"],"module":"aliyun","dataset":"aliyun.actiontrail","provider":"Ram","action":"ListUsers","id":"E1","outcome":"failure","original":"{\"eventId\":\"E1\",\"requestParameters\":{\"Password\":\"[redacted 7 chars sha256:f52fbd32]\",\"a\":[1]}}"},"error":{"code":"Forbidden"},"cloud":{"provider":"alibaba_cloud","account":{"id":"1047585191180000"},"region":"cn-hangzhou","service":{"name":"Ram"}},"user":{"name":"alice","id":"245494290036250000"},"source":{"address":"Internal"},"related":{"user":["alice"]},"user_agent":{"original":"aliyun-cli/3.0"},"log":{"file":{"path":"trail/a.gz"}},"aliyun":{"actiontrail":{"user_identity":{"access_key_id":"LTAI5tExampleKey00000001","type":"ram-user"},"event_type":"ApiCall","rw":"Read","request_id":"R1","record_number":7,"resource":[{"type":"ACS::ECS::Disk","name":"d-1"},{"type":"ACS::ECS::Instance","name":"i-1"}]}}}"#);
}

#[test]
fn parquet_keeps_types_and_every_character() {
    use ::parquet::record::RowAccessor as _;

    let rows = parquet_rows(&write_calls("parquet", calls(), true));
    let [whole, hostile, bare] = rows.as_slice() else {
        panic!("three rows: {rows:?}")
    };
    let read = |row: &::parquet::record::Row| row.to_string();
    assert_snapshot!(read(whole), @r#"{event_time: 2024-03-05 09:21:32.123 +00:00, region: "cn-hangzhou", account_id: "1047585191180000", access_key_id: "LTAI5tExampleKey00000001", user_name: "alice", principal_id: "245494290036250000", account_type: "ram-user", service_name: "Ecs", event_name: "RunInstances", rw: "Write", event_type: "ApiCall", source_ip: "203.0.113.7", resources: [{type: "ACS::ECS::Disk", name: "d-1"}, {type: "ACS::ECS::Instance", name: "i-1"}], error_code: null, error_message: null, insight: null, user_agent: "aliyun-cli/3.0", event_id: "E1", request_id: "R1", log_file: "trail/a.gz", record_number: 7, event: "{"eventId":"E1","requestParameters":{"Password":"[redacted 7 chars sha256:f52fbd32]","a":[1]}}"}"#);
    assert_eq!(hostile.get_string(16).expect("a user agent"), HOSTILE);
    assert_eq!(hostile.get_long(20).expect("a number"), i64::from(u32::MAX));
    assert_eq!(hostile.get_timestamp_millis(0).expect("a time"), -1);
    assert!(read(bare).contains("resources: []"), "{}", read(bare));
    assert_eq!(bare.get_string(21).expect("a record"), "{}");
}

#[test]
fn parquet_writes_more_than_one_group() {
    let number = (1 << 16) + 3;
    let calls: Vec<_> = (0..number)
        .map(|record_number| CallRow {
            record_number,
            ..bare_call()
        })
        .collect();
    let rows = parquet_rows(&write_calls("parquet", calls, false));
    let numbers: Vec<_> = rows
        .iter()
        .map(|row| ::parquet::record::RowAccessor::get_long(row, 20).expect("a number"))
        .collect();
    assert!(numbers.into_iter().eq(0..i64::from(number)));
}

#[test]
fn xlsx_of_calls() {
    let sheet = calls_as_read("xlsx", calls(), true);
    assert!(!sheet.contains(char::is_control), "{sheet:?}");
    assert!(!sheet.contains("<f>"));
    for cell in [
        r#"<c r="A2" s="2"><v>45356.38995512731</v></c>"#,
        r#"<c r="C2" s="3" t="inlineStr"><is><t xml:space="preserve">1047585191180000</t></is></c>"#,
        r#"<c r="U2" s="0"><v>7</v></c>"#,
        r#"<autoFilter ref="A1:V4"/>"#,
        "ACS::ECS::Disk:d-1; ACS::ECS::Instance:i-1",
        r#"=cmd|' /C'!A0,"q"\u{a}\u{1b}[2J\u{9b}2J\u{202e}\u{200b}"#,
    ] {
        assert!(sheet.contains(cell), "{cell} is not in {sheet}");
    }
}

/// A question with its roots and options.
fn origin() -> Origin {
    let filters = [
        ("key", FilterValue::Many(vec!["LTAI5tA".to_owned()])),
        ("denied", FilterValue::Flag),
        ("since", FilterValue::One("2024-03-05T00:00:00Z".to_owned())),
    ];
    Origin {
        roots: vec!["a/\u{202e}b".to_owned()],
        filters: filters.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

/// The answer with its origin.
fn write_origin(name: &str) -> Vec<u8> {
    let mut calls = ListedCalls(calls());
    let mut rows = call_rows(&mut calls, false, Secrets::Redacted);
    let coverage = coverage();
    let mut report = Report::new(ask(Question::Lookup), &mut rows, &coverage, WIDE);
    report.origin = origin();
    write_report(by_name(name), &mut report).0
}

#[test]
fn documents_state_what_was_asked() {
    let bytes = write_origin("json");
    let text = String::from_utf8(bytes).expect("JSON is UTF-8");
    let head = text.split(r#","coverage""#).next().expect("a head");
    assert_snapshot!(head, @r#"{"schema":"keytrail.lookup/1","tool":"keytrail","version":"0.1.0","command":"lookup","filters":{"denied":true,"key":["LTAI5tA"],"since":"2024-03-05T00:00:00Z"},"roots":["a/\u202eb"]"#);

    let mut file = tempfile::tempfile().expect("a file");
    io::Write::write_all(&mut file, &write_origin("parquet")).expect("room");
    let reader = ::parquet::file::reader::SerializedFileReader::new(file).expect("a file");
    let metadata = ::parquet::file::reader::FileReader::metadata(&reader);
    let metadata = metadata
        .file_metadata()
        .key_value_metadata()
        .expect("metadata");
    let metadata: Vec<_> = (metadata.iter())
        .filter(|entry| entry.key.starts_with("keytrail.") && entry.key != "keytrail.coverage")
        .map(|entry| {
            format!(
                "{} {}",
                entry.key,
                entry.value.as_deref().unwrap_or_default()
            )
        })
        .collect();
    assert_snapshot!(metadata.join("\n"), @r#"
    keytrail.schema keytrail.lookup/1
    keytrail.tool keytrail
    keytrail.version 0.1.0
    keytrail.command lookup
    keytrail.filters {"denied":true,"key":["LTAI5tA"],"since":"2024-03-05T00:00:00Z"}
    keytrail.roots ["a/\u202eb"]
    "#);

    let bytes = write_origin("xlsx");
    let book = part(&bytes, "xl/workbook.xml");
    assert!(
        book.contains(r#"<sheet name="coverage" sheetId="2""#),
        "{book}"
    );
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    let cells = sheet.split("<t xml:space=\"preserve\">").skip(1);
    let cells: Vec<_> = cells.filter_map(|cell| cell.split("</t>").next()).collect();
    assert_snapshot!(cells.get(..20).unwrap_or_default().join("|"), @r#"name|value|schema|keytrail.lookup/1|tool|keytrail|version|0.1.0|command|lookup|filters.denied|true|filters.key.1|LTAI5tA|filters.since|2024-03-05T00:00:00Z|roots.1|a/\u{202e}b|coverage.files.found|coverage.files.read"#);
    assert!(
        sheet.contains("coverage.files.found</t></is></c><c r=\"B10\" s=\"0\"><v>6</v>"),
        "{sheet}"
    );
}

#[test]
fn columns_of_a_workbook_are_as_wide_as_their_values() {
    let sheet = calls_as_read("xlsx", vec![call()], false);
    let widths = sheet.split(r#"width=""#).skip(1);
    let widths: Vec<_> = widths.filter_map(|rest| rest.split('"').next()).collect();
    assert_snapshot!(widths.join(" "), @r"26 14 19 27 12 21 15 15 15 9 13 14 45 13 16 10 17 11 13 13 16");
    let long = CallRow {
        region: &"x".repeat(400),
        ..call()
    };
    let sheet = calls_as_read("xlsx", vec![long], false);
    assert!(
        sheet.contains(r#"<col min="2" max="2" width="63""#),
        "{sheet}"
    );
}

fn write_limited(calls: Vec<CallRow<'_>>) -> Vec<u8> {
    let mut calls = ListedCalls(calls);
    let mut rows = call_rows(&mut calls, false, Secrets::Redacted);
    let coverage = coverage();
    let mut report = Report::new(ask(Question::Lookup), &mut rows, &coverage, WIDE);
    let limits = xlsx::SheetLimits {
        rows: 2,
        ..xlsx::LIMITS
    };
    let mut out = Vec::new();
    xlsx::write(&mut report, &mut out, limits).expect("a Vec takes everything");
    out
}

#[test]
fn xlsx_continues_on_a_further_sheet() {
    let calls: Vec<_> = (0..5)
        .map(|record_number| CallRow {
            record_number,
            ..call()
        })
        .collect();
    let bytes = write_limited(calls);
    let book = part(&bytes, "xl/workbook.xml");
    for number in ["lookup", "lookup 2", "lookup 3", "coverage"] {
        assert!(
            book.contains(&format!(r#"<sheet name="{number}""#)),
            "{book}"
        );
    }
    for (number, rows) in [(1, 3), (2, 3), (3, 2)] {
        let sheet = part(&bytes, &format!("xl/worksheets/sheet{number}.xml"));
        assert_eq!(sheet.matches("<row ").count(), rows);
        assert!(sheet.contains("event_time"));
    }
}

#[test]
fn xlsx_cuts_long_text_and_reports_it() {
    let long = "x".repeat(40_000);
    let mut calls = ListedCalls(vec![CallRow {
        user_agent: &long,
        ..call()
    }]);
    let mut rows = call_rows(&mut calls, false, Secrets::Redacted);
    let coverage = coverage();
    let mut report = Report::new(ask(Question::Lookup), &mut rows, &coverage, WIDE);
    let (out, notices) = write_report(by_name("xlsx"), &mut report);
    assert!(part(&out, "xl/worksheets/sheet1.xml").contains("x… [cut: 40000 characters]</t>"));
    assert_snapshot!(notices, @r#"1 cell holds more than the 32767 characters that a workbook takes; cut cells are marked"#);
}
