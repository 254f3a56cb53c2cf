//! Tests of the reader: all readers agree, and the pieces of a text make no difference.

use proptest::prelude::*;

use super::*;
use crate::event::bitmaps::WINDOW_SIZE;
use crate::event::details::Details;

/// The events and the summary of a text that comes in pieces of these lengths, over and over.
fn read(mut reader: Reader, text: &[u8], pieces: &[usize]) -> (Vec<String>, Summary) {
    let mut events = Vec::new();
    let mut lengths = pieces.iter().copied().cycle();
    let (mut done, mut end) = (0, 0);
    loop {
        end = (end + lengths.next().unwrap_or(text.len())).min(text.len());
        let last = end == text.len();
        done += reader.read(&text[done..end], last, |record| events.push(shown(record)));
        if last {
            return (events, reader.finish());
        }
    }
}

/// The record with its details, whether they were read with it or not.
fn shown(record: &Record<'_>) -> String {
    let text = record.as_text();
    let details = Details::parse(&text);
    let details = record.details.unwrap_or(&details);
    let record = Record {
        details: None,
        ..*record
    };
    format!("{record:?} {details:?}")
}

/// All readers, and each in pieces, have to agree.
fn check(text: &[u8], pieces: &[usize]) {
    let expected = read(Reader::complete(), text, &[]);
    for reader in [Reader::new, Reader::with_details] {
        let found = read(reader(), text, &[]);
        assert_eq!(found, expected, "the readers differ");
    }
    for reader in [Reader::new, Reader::with_details, Reader::complete] {
        let found = read(reader(), text, pieces);
        assert_eq!(found, expected, "the pieces make a difference");
    }
}

/// The parts of generated texts: everything that one of the readers distinguishes.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    " ",
    "\n",
    "\t",
    "null",
    "true",
    "1e5",
    "-",
    "x",
    "云",
    "\u{feff}",
    "[{",
    "},{",
    "}]",
    "{}",
    "[]",
    "\"\"",
    "\\\"",
    "\\u0065",
    "\\ud800",
    "\\x",
    "\"eventTime\":\"2024-03-05T09:21:32Z\"",
    "\"EventTime\":\"2024-03-05 09:21:33.5+0800\"",
    "\"eventTime\" : \"soon\"",
    "\"event\\u0054ime\":\"2024-03-05T09:21:32Z\"",
    "\"eventId\":\"a\"",
    "\"eventId\":7",
    "\"EVENTID\":null",
    "\"eventName\":\"b\\u4e91\"",
    "\"eventName\":[1]",
    "\"eventName2\":\"c\"",
    "\"errorCode\":\"d\"",
    "\"userIdentity\":{\"accessKeyId\":\"k\",\"type\":\"t\"}",
    "\"userIdentity\":{",
    "\"userIdentity\":null",
    "\"typ\\u0065\":\"e\"",
    "\"type\":\"f\"",
    "\"accountId\":\"g\"",
    "\"requestParameters\":{\"eventTime\":\"decoy\",\"a\":[1,{\"b\":\"}\"}]}",
    "\"referencedResources\":{\"T\":[\"r\",\"s\"],\"U\":\"v\"}",
    "\"referencedResources\":{\"T\":[1,\"r\",]}",
    "\"referencedResources\":[]",
    "\"resourceName\":\"a,b;c\"",
    "\"resourceType\":\"X;Y\"",
    "\"Events\":[",
    "\"Events\":[{\"eventTime\":\"2024-03-05T09:21:32Z\"}]",
    "\"long\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
    "\"event\":\"{\\\"eventTime\\\":\\\"2024-03-05T09:21:32Z\\\"}\"",
    "\"event\":\"{\\\"eventTime\"",
    "\"event\":{\"eventTime\":\"2024-03-05T09:21:32Z\",\"eventId\":8}",
    "\"event\":{",
    "\"specversion\":\"1.0\",\"data\":{\"eventTime\":\"2024-03-05T09:21:32Z\"}",
    "\"event.eventTime\":\"2024-03-05T09:21:32Z\"",
    "\"event.userIdentity.accessKeyId\":\"k\"",
    "\"event.userIdentity\":\"{\\\"type\\\":1}\"",
    "\"event_eventtime\":\"2024-03-05T09:21:32Z\"",
    "\"errorCode\":null",
    "\"eventId\":null",
    // Objects as text, flattened names, wrappers, broken names.
    "\"userIdentity\":\"{\\\"accessKeyId\\\":\\\"k\\\",\\\"type\\\":7}\"",
    "\"userIdentity\":\"@{accessKeyId=k}\"",
    "\"userIdentity\":\"{accessKeyId=k}\"",
    "\"userIdentity\":\"\"",
    "\"userIdentity\":{\"accessKeyId\" \"k\"}",
    "\"userIdentity\":{'accessKeyId':'k'}",
    "\"referencedResources\":\"{\\\"T\\\":[\\\"r\\\"]}\"",
    "\"referencedResources\":\"System.Object[]\"",
    "\"userIdentity.accessKeyId\":\"k\"",
    "\"useridentity_accountid\":7",
    "\"referencedResources.T\":[\"r\"]",
    "\"event.errorCode\":\"-\"",
    "\"data\":[{\"eventTime\":\"2024-03-05T09:21:32Z\"},7]",
    "\"body\":{\"Events\":[{\"eventTime\":\"2024-03-05T09:21:32Z\"}]}",
    "\"rows\":[{\"event\":{\"eventTime\":\"2024-03-05T09:21:32+00\"}}]",
    "\"hits\":{\"hits\":[{\"_source\":{\"eventTime\":\"2024-03-05T09:21:32 UTC\"}}]}",
    "\"logs\":[{\"a\":[{\"eventTime\":1}]}]",
    "\"result\":{\"_raw\":\"{\\\"eventTime\\\":\\\"2024-03-05T09:21:32Z\\\"}\"}",
    "\"event.original\":\"{\\\"eventTime\\\":\\\"2024-03-05T09:21:32Z\\\"}\"",
    "\"eventTime\":\" 2024-03-05T09:21:32Z \"",
    "\"eventTime\":\"2024-03-05 09:21:32\"",
    "\"eventName\" \"b\"",
    "\"eventName\":\"b\" \"errorCode\":\"d\"",
    "\"apiVersion\":\"b\" \"userIdentity\":{\"accessKeyId\":\"k\"}",
    "'eventName':'b'",
    "eventName:1",
    "\"ev\\xentName\":1",
    "\"apiVersion\":1 \"x\"",
    "\"apiVersion\":",
    // Names that resemble wanted ones.
    "\"otherTime\":\"2024-03-05T09:21:32Z\"",
    "\"otherName\":7",
    "\"accessKeyNo\":\"n\"",
    "\"userIdenlity\":{}",
    "\"recipientAnnountId\":\"i\"",
    "\"recipientAccountId\":\"h\"",
];

/// Members that make details, and some whose names resemble theirs.
const DETAILS: &[&str] = &[
    "\"eventRW\":\"Read\"",
    "\"EVENTRW\":\"Wr\\u0069te\"",
    "\"eventType\":\"ApiCall\"",
    "\"event\\u0054ype\":\"x\"",
    "\"eventType\":null",
    "\"errorMessage\":\"denied: \\\"x\\\"\"",
    "\"errorMessage\":\"\\x\"",
    "\"errorMessage\":{\"eventRW\":\"no\"}",
    "\"errorMessage\":[}",
    "\"requestId\":\"r\"",
    "\"RequestID\":12.50",
    "\"requestId\":nonsense",
    "\"requestId\":true",
    "\"userAgent\":\"curl\\/8\"",
    "\"useragent\":7",
    "\"userAgent\":{}",
    "\"eventName\":\"ConsoleSignin\"",
    "\"eventCategory\":\"Insight\"",
    "\"eventCategory\":\"Management\"",
    "\"insightDetails\":{\"insightType\":\"AkInsight\",\"insightObject\":\"k\"}",
    "\"insightDetails\":\"{\\\"insightType\\\":\\\"IpInsight\\\"}\"",
    "\"otherRW\":1",
    "\"otherType\":1",
    "\"anotestId\":7",
    "\"otherMessage\":{}",
];

/// The parts of generated rows of CSV.
const CELLS: &[&str] = &[
    ",",
    "\n",
    "\r\n",
    "\"",
    "\"\"",
    " ",
    "x",
    "云",
    "{}",
    "\"{\"\"eventTime\"\":\"\"2024-03-05T09:21:32Z\"\"}\"",
    "{\"eventTime\":\"2024-03-05T09:21:32Z\"}",
    "\"{\"\"eventTime\"\"",
    "2024-03-05T09:21:32Z",
    " 2024-03-05 09:21:32+00 ",
    ";",
    "\t",
    "|",
    "\r",
    "'",
    "'{\"eventTime\":\"2024-03-05T09:21:32Z\"}'",
    "\"{\\\"eventTime\\\":\\\"2024-03-05T09:21:32Z\\\"}\"",
    "\\",
    "\\\"",
    "\\N",
    "-",
    "\"{\"\"accessKeyId\"\":\"\"k\"\"}\"",
    "@{accessKeyId=k}",
];

fn texts() -> impl Strategy<Value = Vec<u8>> {
    let tokens = prop::collection::vec(prop::sample::select(TOKENS), 0..40)
        .prop_map(|tokens| tokens.concat().into_bytes());
    let member = prop::sample::select([&TOKENS[28..], DETAILS].concat());
    let members = prop::collection::vec(member, 0..8);
    let records = prop::collection::vec(members, 0..5).prop_map(|records| {
        let records: Vec<String> = records
            .iter()
            .map(|members| format!("{{{}}}", members.join(",")))
            .collect();
        format!("[{}]", records.join(",")).into_bytes()
    });
    let headers = prop::sample::select(vec![
        "event\n",
        "id,event\r\n",
        "\u{feff}event.eventTime,event.eventName\n",
        "eventTime,eventName,\"event\"\n",
        "sep=;\r\neventTime;userIdentity;userIdentity.type\r\n",
        "#TYPE x\n\n'eventTime'\t'userIdentity_accessKeyId'\r",
        "eventTime eventName\n",
        " \n\u{feff}-- x\nid|_raw|message\n",
        "time,message\n",
    ]);
    let cells = prop::collection::vec(prop::sample::select(CELLS), 0..30);
    let rows = (headers, cells)
        .prop_map(|(header, cells)| (header.to_owned() + &cells.concat()).into_bytes());
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    (
        prop_oneof![3 => tokens, 3 => records, 1 => rows],
        bytes,
        any::<prop::sample::Index>(),
        0..4_u8,
    )
        .prop_map(|(mut text, bytes, position, with_bytes)| {
            if with_bytes == 0 {
                let position = position.index(text.len() + 1);
                text.splice(position..position, bytes);
            }
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_readers_agree_and_pieces_make_no_difference(
        text in texts(),
        pieces in prop::collection::vec(1..50_usize, 1..5)
    ) {
        check(&text, &pieces);
    }
}

/// Records that the selective reader supports but for some of these members.
fn records_with(members: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let members = prop::collection::vec(prop::sample::select(members), 0..5);
    let record = (members, any::<bool>()).prop_map(|(members, has_blanks)| {
        let event = [
            r#""eventTime":"2024-03-05T09:21:32Z""#,
            r#""userIdentity":{"type":"t"}"#,
        ];
        let members = [&event, &members[..]].concat();
        let separator = if has_blanks { " , " } else { "," };
        format!("{{{}}}", members.join(separator))
    });
    let records = prop::collection::vec(record, 1..4);
    records.prop_map(|records| format!("[{}]", records.join(",")).into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_readers_agree_on_details(text in records_with(DETAILS)) {
        check(&text, &[20]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_readers_agree_wherever_a_window_ends(text in texts(), before in 0..300_usize) {
        let first = "x".repeat(WINDOW_SIZE - before);
        let text = [format!(r#"[{{"a":"{first}"}},"#).as_bytes(), &text].concat();
        check(&text, &[WINDOW_SIZE, 100]);
    }
}

#[test]
fn an_invalid_user_agent_costs_no_record() {
    for (value, expected) in [
        (r#""curl\u002f8""#, "curl/8"),
        ("12.50", "12.50"),
        ("null", ""),
        ("{}", ""),
        ("nonsense", ""),
        (r#""\x""#, ""),
    ] {
        let text = format!(r#"[{{"eventTime":"2024-03-05T09:21:32Z","userAgent":{value}}}]"#);
        for mut reader in [Reader::new(), Reader::complete()] {
            let mut agents = Vec::new();
            reader.read(text.as_bytes(), true, |record| {
                agents.push(record.event.user_agent.to_owned());
            });
            assert_eq!(agents, [expected], "{text}");
        }
    }
}

#[test]
fn details_are_read_with_the_event() {
    for (member, are_read) in [
        (r#""eventRW":"Read""#, true),
        (r#""EVENTTYPE":"Api\u0043all""#, true),
        (r#""errorMessage":null"#, true),
        (r#""errorMessage":{"requestId":"r"}"#, true),
        (r#""errorMessage":[1]"#, true),
        (
            r#""eventCategory":"Insight","insightDetails":{"insightType":"x"}"#,
            true,
        ),
        // These are left to `Details::parse`.
        (r#""requestId":7"#, false),
        (r#""requestId":"\x""#, false),
        (r#""eventRW":"Read","eventRW":"Write""#, false),
    ] {
        for separator in [",", " ,\n"] {
            let event = r#""eventTime":"2024-03-05T09:21:32Z","userIdentity":{"type":"t"}"#;
            let text = format!("[{{{event}{separator}{member}}}]");
            let mut found = Vec::new();
            Reader::with_details().read(text.as_bytes(), true, |record| {
                let parsed = Details::parse(std::str::from_utf8(record.text).unwrap());
                found.push(record.details.map(|details| *details == parsed));
            });
            assert_eq!(found, [are_read.then_some(true)], "{text}");
        }
    }
}

#[test]
fn the_readers_agree_on_a_doubled_name() {
    let values = [
        r#""d""#,
        "null",
        "7",
        "{}",
        r#"{"accountId":"e"}"#,
        r#"{"T":["r"]}"#,
    ];
    for name in ["errorCode", "userIdentity", "referencedResources"] {
        for first in values {
            for second in values {
                let both = format!(
                    r#"[{{"eventTime":"2024-03-05T09:21:32Z","{name}":{first},"{name}":{second}}}]"#
                );
                check(both.as_bytes(), &[20]);
            }
        }
    }
}

#[test]
fn records_across_the_ends_of_windows_are_read() {
    let record = |number: usize| {
        let filler = "x".repeat(number % 97);
        format!(r#"{{"eventTime":"2024-03-05T09:21:32Z","a":["{filler}"],"eventId":"{number}"}}"#)
    };
    let records: Vec<String> = (0..3000).map(record).collect();
    let text = format!("[{}]", records.join(","));
    let (events, summary) = read(Reader::new(), text.as_bytes(), &[]);
    assert_eq!(
        (events.len(), summary.records, summary.faults),
        (3000, 3000, vec![])
    );
    check(text.as_bytes(), &[5000, 1, 70_000]);
}

#[test]
fn a_record_larger_than_a_window_is_read() {
    let text = format!(
        r#"[{{"eventTime":"2024-03-05T09:21:32Z","a":"{}","eventId":"1"}},{{"eventTime":"2024-03-05T09:21:32Z"}}]"#,
        "y".repeat(100_000)
    );
    assert_eq!(read(Reader::new(), text.as_bytes(), &[]).0.len(), 2);
    check(text.as_bytes(), &[1000]);
}

#[test]
fn bytes_as_long_as_their_replacement_are_reported_in_a_reply() {
    // Three bytes of a character of four, and U+FFFD has three.
    let text =
        b"{\"Events\":[{\"eventTime\":\"2024-03-05T09:21:32Z\",\"eventId\":\"\xF0\x9F\x98\"}]}";
    let (events, summary) = read(Reader::new(), text, &[]);
    assert_eq!(events.len(), 1);
    let kinds: Vec<_> = summary.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::NotUtf8]);
    check(text, &[7]);
}

#[test]
fn a_reply_that_is_cut_off_gives_its_whole_records() {
    let record = r#"{"eventTime":"2024-03-05T09:21:32Z"}"#;
    for (tail, events) in [
        (r#"{"RequestId":"r","Events":["#, 0),
        (r#"{"RequestId":"r","Events":[R,R,{"eventTime":"2024"#, 2),
        (r#"{"Events":[R,R],"NextToken":"t"#, 2),
        (r#"{"Events":[R,R"#, 2),
        (r#"{"Events":[R,R]"#, 2),
        (r#"{"Events":[R,"R"#, 1),
        (r#"{"Events":{"a":[R"#, 0),
        (r#"{"other":{"Events":[R"#, 0),
        (r#"[{"Events":[R"#, 0),
    ] {
        let text = tail.replace('R', record).replace("\"{", "\"x{");
        let (records, summary) = read(Reader::new(), text.as_bytes(), &[]);
        assert_eq!(records.len(), events, "{text}");
        let kinds: Vec<_> = summary.faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, [FaultKind::Unbalanced], "{text}");
        check(text.as_bytes(), &[3]);
    }
}

#[test]
fn a_lone_quote_between_values_does_not_loop() {
    for (text, values) in [
        (&b"\""[..], 0),
        (b"\"never ends", 0),
        (b"{\"eventTime\":\"2024-03-05T09:21:32Z\"}\n\"", 1),
        (b"\"\\", 0),
    ] {
        let (_, summary) = read(Reader::new(), text, &[]);
        assert_eq!(summary.values, values);
        let kinds: Vec<_> = summary.faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, [FaultKind::Unbalanced]);
        check(text, &[1]);
    }
}

#[test]
fn a_long_string_in_place_of_a_record_is_not_kept() {
    let record = r#"{"eventTime":"2024-03-05T09:21:32Z"}"#;
    let long = "x\\\"".repeat(1 << 16);
    for (text, expected) in [
        (format!("[{record},\"{long}\",{record}]"), 2),
        (format!("{record}\n\"{long}\"\n{record}\n"), 2),
        (format!("{record}\nabc \"{long}\"\n{record}\n"), 2),
        (format!("[{record},\"{long}"), 1),
        (format!("{}{record}", "\"\"".repeat((1 << 15) + 8)), 0),
    ] {
        let (events, summary) = read(Reader::new(), text.as_bytes(), &[]);
        assert_eq!(events.len(), expected, "{text:.80}");
        assert!(summary.faults.iter().all(|fault| fault.kind.is_damage()));
        assert!(!summary.faults.is_empty());
        check(text.as_bytes(), &[1000, 7, 70_000]);
        let mut reader = Reader::new();
        let (mut done, mut kept) = (0, 0);
        for end in (0..text.len()).step_by(1000) {
            kept = kept.max(end - done);
            done += reader.read(&text.as_bytes()[done..end], false, |_| {});
        }
        assert!(kept < 100_000, "{kept} bytes are kept of {text:.80}");
    }
}

#[test]
fn white_space_in_front_of_a_text_was_kept_whole() {
    let text = " \r\n\t".repeat(1 << 16);
    let mut reader = Reader::new();
    for piece in text.as_bytes().chunks(100) {
        assert_eq!(reader.read(piece, false, |_| {}), piece.len());
    }
    let mut count = 0;
    let last = br#"{"eventTime":"2024-03-05T09:21:32Z"}"#;
    reader.read(last, true, |_| count += 1);
    assert_eq!(count, 1);
    assert_eq!(reader.finish().faults, []);
}

#[test]
fn a_record_too_large_costs_only_itself() {
    let text = format!(
        r#"[{{"eventTime":"2024-03-05T09:21:32Z"}},{{"a":"{}"}},{{"eventTime":"2024-03-05T09:21:33Z"}}]"#,
        "y".repeat(MAX_RECORD + 5)
    );
    let (events, summary) = read(Reader::new(), text.as_bytes(), &[1 << 20]);
    assert_eq!((events.len(), summary.records, summary.left_out), (2, 3, 1));
    assert_eq!(
        summary.faults[0].kind,
        FaultKind::LeftOut(LeftOutReason::TooLarge)
    );
    assert_eq!(
        (summary.faults[0].record, summary.faults[0].offset),
        (Some(1), 38)
    );
}
