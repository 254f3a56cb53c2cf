//! Tables survive being written and read, and damage to them is told.

use std::io::Cursor;
use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::archive::{IgnoredReason, LogFileKey};
use crate::coverage::{LedgerLine, Outcome, Problem, ProblemKind, Span};
use crate::event::{Event, Resource, Source};
use crate::usage::Seed;

const SEED: Seed = Seed::new([1, 2, 3, 4]);

/// A call that owns its texts.
#[derive(Clone, Debug, PartialEq)]
struct OwnedCall {
    file: u32,
    record_number: u32,
    time: i64,
    failed_sign_in: bool,
    source: Source,
    event_id: String,
    request_id: String,
    texts: Vec<String>,
    resources: Vec<(String, String)>,
}

impl OwnedCall {
    fn of(call: &StoredCall<'_>) -> Self {
        let event = &call.event;
        let texts = [
            event.region,
            event.account_id,
            event.recipient_account_id,
            event.access_key_id,
            event.user_name,
            event.owner_id,
            event.account_type,
            event.service_name,
            event.event_name,
            event.source_ip,
            event.error_code,
            event.user_agent,
            event.insight_key,
            call.rw,
            call.event_type,
            call.error_message,
            call.insight,
            call.trail,
        ];
        let resources = event.resources.iter();
        Self {
            file: call.file,
            record_number: call.record_number,
            time: event.time,
            failed_sign_in: event.failed_sign_in,
            source: event.source,
            event_id: event.event_id.to_owned(),
            request_id: call.request_id.to_owned(),
            texts: texts.map(str::to_owned).into(),
            resources: resources
                .map(|one| (one.resource_type.to_owned(), one.name.to_owned()))
                .collect(),
        }
    }

    fn visit(&self, visit: impl FnOnce(&StoredCall<'_>)) {
        let resources = self.resources.iter().map(|(resource_type, name)| Resource {
            resource_type,
            name,
        });
        let resources: Vec<_> = resources.collect();
        let texts = &self.texts;
        visit(&StoredCall {
            file: self.file,
            record_number: self.record_number,
            event: Event {
                time: self.time,
                event_id: &self.event_id,
                region: &texts[0],
                account_id: &texts[1],
                recipient_account_id: &texts[2],
                access_key_id: &texts[3],
                user_name: &texts[4],
                owner_id: &texts[5],
                account_type: &texts[6],
                service_name: &texts[7],
                event_name: &texts[8],
                source_ip: &texts[9],
                error_code: &texts[10],
                failed_sign_in: self.failed_sign_in,
                user_agent: &texts[11],
                insight_key: &texts[12],
                source: self.source,
                resources: &resources,
            },
            rw: &texts[13],
            event_type: &texts[14],
            error_message: &texts[15],
            request_id: &self.request_id,
            insight: &texts[16],
            trail: &texts[17],
        });
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        8 => prop::sample::select(vec!["a", "cn-hangzhou", "ram.aliyuncs.com", "LTAI5tExample"])
            .prop_map(str::to_owned),
        4 => "\\PC{0,12}",
        1 => prop::sample::select(vec!["\u{FFFD}", "\0", "\u{1b}[31m", "\r\n", "\u{202E}x", "=1+1", "\""])
            .prop_map(str::to_owned),
        1 => (1_usize..200).prop_map(|times| "ABC\u{1F511}".repeat(times)),
    ]
}

fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        6 => "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}",
        1 => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        1 => "[0-9A-Fa-f]{8}-[0-9A-F]{4}-[0-9A-F-]{4}-[0-9A-F]{4}-[0-9A-G]{12}",
        2 => "[0-9A-F]{24}",
        1 => any_text(),
    ]
}

fn any_time() -> impl Strategy<Value = i64> {
    // The years 0 and 9999.
    prop_oneof![
        6 => 1_700_000_000_000_i64..1_700_100_000_000,
        1 => Just(-62_167_219_200_000),
        1 => Just(253_402_300_799_999),
        1 => -62_167_219_200_000_i64..253_402_300_800_000,
    ]
}

fn any_call() -> impl Strategy<Value = OwnedCall> {
    let resources = prop_oneof![
        3 => prop::collection::vec((any_text(), any_text()), 0..4),
        1 => prop::collection::vec((any_text(), "[a-z]{1,3}"), 0..60),
    ];
    let source = prop::sample::select(vec![Source::Management, Source::Data, Source::Internal]);
    let numbers = (
        any::<u32>(),
        any::<u32>(),
        any_time(),
        any::<bool>(),
        source,
    );
    let ids = (any_id(), any_id(), any::<bool>());
    let texts = prop::collection::vec(any_text(), 18);
    (numbers, ids, texts, resources).prop_map(|(numbers, ids, texts, resources)| {
        let (file, record_number, time, failed_sign_in, source) = numbers;
        let (event_id, request_id, is_event) = ids;
        OwnedCall {
            file: file >> (file % 32),
            record_number,
            time,
            failed_sign_in,
            source,
            request_id: if is_event {
                event_id.clone()
            } else {
                request_id
            },
            event_id,
            texts,
            resources,
        }
    })
}

fn read_calls(bytes: &[u8]) -> Result<Vec<OwnedCall>, TableError> {
    let reader = CallsReader::open(Cursor::new(bytes))?;
    let mut found = Vec::new();
    for group in 0..reader.row_groups().len() {
        let flow = reader.read(group, CallColumns::ALL, &mut |call| {
            found.push(OwnedCall::of(call));
            ControlFlow::Continue(())
        })?;
        assert!(flow.is_continue());
    }
    Ok(found)
}

/// A table with a row group for each of these.
fn calls_table_of(groups: &[Vec<OwnedCall>]) -> (Vec<u8>, CallsSummary) {
    let mut bytes = Vec::new();
    let mut writer = CallsWriter::new(&mut bytes, SEED).expect("a writer");
    let mut buffer = CallsBuffer::new(SEED);
    for group in groups {
        for call in group {
            call.visit(|call| buffer.push(call, "log/a.json"));
        }
        writer.append(&mut buffer).expect("a group");
        assert!(buffer.is_empty());
    }
    let summary = writer.finish().expect("a table");
    (bytes, summary)
}

/// So many values, the same in every run.
fn some<S: Strategy>(any: S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    let values = prop::collection::vec(any, count);
    values.new_tree(&mut runner).expect("values").current()
}

fn some_calls(count: usize) -> Vec<OwnedCall> {
    some(any_call(), count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn calls_survive(groups in prop::collection::vec(prop::collection::vec(any_call(), 0..30), 0..4)) {
        let (bytes, summary) = calls_table_of(&groups);
        let expected: Vec<_> = groups.concat();
        prop_assert_eq!(read_calls(&bytes).expect("calls"), expected.clone());

        let times = || expected.iter().map(|call| call.time);
        let span = times().min().zip(times().max());
        prop_assert_eq!(summary.rows, expected.len() as u64);
        prop_assert_eq!(summary.span, span.map(|(first, last)| Span { first, last }));

        let reader = CallsReader::open(Cursor::new(&bytes)).expect("a reader");
        let groups = groups.iter().filter(|group| !group.is_empty());
        let mut first_row = 0;
        for (found, group) in reader.row_groups().iter().zip(groups) {
            let times = || group.iter().map(|call| call.time);
            prop_assert_eq!((found.rows, found.first_row), (group.len(), first_row));
            prop_assert_eq!(Some(found.span.first), times().min());
            prop_assert_eq!(Some(found.span.last), times().max());
            first_row += group.len() as u64;
        }
    }
}

#[test]
fn rows_come_in_pages_and_groups() {
    let mut calls = some_calls(200);
    for call in &mut calls {
        call.resources.truncate(1);
    }
    let mut bytes = Vec::new();
    let mut writer = CallsWriter::new(&mut bytes, SEED).expect("a writer");
    let rows = GROUP_ROWS + words::PAGE_ROWS + 10;
    for row in 0..rows {
        let call = &calls[row % calls.len()];
        call.visit(|call| writer.push(call, "a").expect("a row"));
    }
    let summary = writer.finish().expect("a table");
    assert_eq!(summary.rows, rows as u64);
    let reader = CallsReader::open(Cursor::new(&bytes)).expect("a reader");
    let groups = reader.row_groups();
    assert_eq!(groups.iter().map(|group| group.rows).sum::<usize>(), rows);
    assert!(groups.len() > 1 && groups.iter().all(|group| group.rows <= GROUP_ROWS));
    let mut row = 0;
    for group in 0..groups.len() {
        let flow = reader.read(group, CallColumns::ALL, &mut |call| {
            calls[row % calls.len()].visit(|expected| assert_eq!(call, expected));
            row += 1;
            ControlFlow::Continue(())
        });
        assert!(flow.expect("rows").is_continue());
    }
    assert_eq!(row, rows);
}

#[test]
fn threads_encode_and_one_writer_appends() {
    let calls = some_calls(40);
    let mut bytes = Vec::new();
    let mut writer = CallsWriter::new(&mut bytes, SEED).expect("a writer");
    calls[0].visit(|call| writer.push(call, "a").expect("a row"));
    let encoded = std::thread::scope(|scope| {
        let halves = [&calls[1..20], &calls[20..]].map(|calls| {
            scope.spawn(move || {
                let mut buffer = CallsBuffer::new(SEED);
                for call in calls {
                    call.visit(|call| buffer.push(call, "b"));
                }
                assert_eq!(buffer.len(), calls.len());
                buffer.encode().expect("a group")
            })
        });
        halves.map(|half| half.join().expect("no thread panics"))
    });
    let first_rows = encoded.map(|calls| writer.append_encoded(calls).expect("a group"));
    assert_eq!(first_rows, [1, 20]);
    assert_eq!(writer.finish().expect("a table").rows, 40);
    assert_eq!(read_calls(&bytes).expect("calls"), calls);
}

#[test]
fn large_values_fill_a_group_early() {
    let mut call = some_calls(1).remove(0);
    let mut buffer = CallsBuffer::new(SEED);
    let mut expected = Vec::new();
    while !buffer.is_full() {
        call.texts[15] = format!("{}{}", expected.len(), "x".repeat(1 << 20));
        call.visit(|call| buffer.push(call, "a"));
        expected.push(call.clone());
        assert!(expected.len() < 100, "a buffer without an end");
    }
    let mut bytes = Vec::new();
    let mut writer = CallsWriter::new(&mut bytes, SEED).expect("a writer");
    writer.append(&mut buffer).expect("a group");
    writer.finish().expect("a table");
    assert!(read_calls(&bytes).expect("calls") == expected);
}

#[test]
fn columns_are_read_alone() {
    let calls = some_calls(50);
    let (bytes, _) = calls_table_of(std::slice::from_ref(&calls));
    let reader = CallsReader::open(Cursor::new(&bytes)).expect("a reader");
    let columns = CallColumns::of(&[CallColumn::AccessKeyId, CallColumn::RequestId]);
    let mut row = 0;
    let flow = reader.read(0, columns, &mut |call| {
        assert_eq!(call.event.access_key_id, calls[row].texts[3]);
        assert_eq!(call.request_id, calls[row].request_id);
        assert_eq!(
            (call.event.event_id, call.event.time, call.file),
            ("", 0, 0)
        );
        assert_eq!((call.event.region, call.event.resources), ("", &[][..]));
        row += 1;
        if row == 20 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((flow.expect("rows"), row), (ControlFlow::Break(()), 20));

    let mut words = Vec::new();
    let mut visit = |word: &str| words.push(word.to_owned());
    reader
        .words(0, CallColumn::AccessKeyId, &mut visit)
        .expect("words");
    let mut expected: Vec<_> = calls.iter().map(|call| call.texts[3].clone()).collect();
    expected.retain(|word| !word.is_empty());
    expected.sort();
    expected.dedup();
    words.sort();
    assert_eq!(words, expected);
}

/// Checks that a table with bytes cut off or changed gives an error or its own rows.
fn check_damage<T: PartialEq>(
    bytes: &[u8],
    step: usize,
    read: impl Fn(&[u8]) -> Result<T, TableError>,
) {
    let expected = read(bytes).ok();
    assert!(expected.is_some(), "an undamaged table");
    for length in (0..bytes.len()).step_by(step) {
        assert!(read(&bytes[..length]).is_err(), "cut off at {length}");
    }
    let mut silent = 0;
    let ends = (0..16).chain(bytes.len() - 64..bytes.len());
    for place in (0..bytes.len()).step_by(step).chain(ends) {
        let mut damaged = bytes.to_vec();
        damaged[place] ^= 1 << (place % 8);
        match read(&damaged) {
            Err(_) => {}
            Ok(found) => {
                assert!(Some(found) == expected, "other rows by the byte at {place}");
                silent += 1;
            }
        }
    }
    // What is not read: the mark at the beginning of the file, and `log_file`, which is for SQL.
    assert!(silent <= 12, "{silent} damaged bytes do not matter");
}

#[test]
fn damaged_calls_are_never_other_calls() {
    let calls = some_calls(24);
    let groups: Vec<_> = calls.chunks(12).map(<[_]>::to_vec).collect();
    check_damage(&calls_table_of(&groups).0, 37, read_calls);
}

fn any_path() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "AliyunLogs/Actiontrail/cn-hangzhou/2024/0[1-3]/0[1-9]/[a-z]{2}\\.gz".prop_map(String::into_bytes),
        2 => any_text().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

fn any_file() -> impl Strategy<Value = StoredFile> {
    let reasons = [
        IgnoredReason::Name,
        IgnoredReason::BrokenDownload,
        IgnoredReason::Link,
        IgnoredReason::Special,
    ];
    let kind = prop_oneof![
        4 => Just(StoredKind::LogFile),
        1 => Just(StoredKind::Unreadable),
        2 => prop::sample::select(reasons.to_vec()).prop_map(StoredKind::Ignored),
    ];
    let outcome = prop::sample::select(vec![Outcome::Read, Outcome::Partial, Outcome::Unreadable]);
    let problem = (prop::sample::select(ProblemKind::ALL.to_vec()), any_text());
    let paths = (any_path(), prop::option::of(any_path()));
    let numbers = (any::<[u32; 6]>(), any::<[u64; 4]>(), any::<[bool; 3]>());
    let times = (
        prop::option::of(any::<i64>()),
        prop::option::of((any_time(), any_time())),
    );
    let problems = prop::collection::vec(problem, 0..4);
    (paths, kind, outcome, numbers, times, problems).prop_map(
        |((path, container), kind, outcome, numbers, (modified, span), problems)| {
            let ([root, records, left_out, outside, selected, events], large, flags) = numbers;
            let key = LogFileKey::new(root >> (root % 32), &path);
            let problems = problems.into_iter().map(|(kind, message)| Problem {
                key: key.clone(),
                kind,
                message,
            });
            StoredFile {
                kind,
                size: large[0],
                modified,
                container: container.map(Into::into),
                line: LedgerLine {
                    key: key.clone(),
                    outcome,
                    searched: flags[0],
                    count_mismatch: flags[1],
                    records,
                    left_out,
                    outside,
                    selected,
                    compressed: large[1],
                    inflated: large[2],
                    span: span.map(|(first, last)| Span { first, last }),
                    digests: None,
                },
                events,
                first_row: large[3],
                problems: problems.collect(),
                vanished: flags[2],
                key,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn files_survive(files in prop::collection::vec(any_file(), 0..40)) {
        let mut bytes = Vec::new();
        write_files(&mut bytes, &files).expect("a table");
        prop_assert_eq!(read_files(Cursor::new(&bytes)).expect("files"), files);
    }
}

#[test]
fn damaged_files_are_never_other_files() {
    let files = some(any_file(), 20);
    let mut bytes = Vec::new();
    write_files(&mut bytes, &files).expect("a table");
    check_damage(&bytes, 17, |bytes| read_files(Cursor::new(bytes)));
}

#[test]
fn one_table_is_not_taken_for_another() {
    let (calls, _) = calls_table_of(&[some_calls(3)]);
    let found = read_files(Cursor::new(&calls));
    assert!(matches!(found, Err(TableError::Other(_))));
}

#[test]
fn what_is_no_table_is_refused() {
    for bytes in [
        &b""[..],
        b"PAR1",
        b"PAR1PAR1",
        b"\0\0\0\0PAR1",
        b"\xFF\xFF\xFF\xFFPAR1",
    ] {
        assert!(read_calls(bytes).is_err());
    }
}
