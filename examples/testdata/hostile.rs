//! Files with unusual or damaged content, one for each case.
//!
//! Each case has a description and the expected result. Damaged gzip files are made from good ones
//! here.

use std::{error::Error, fmt::Write as _};

use md_5::{Digest as _, Md5};

use crate::{
    gzip,
    support::{ALPHANUMERIC, ObjectPlace, Rng, push_random},
};

/// The expected state of a file as a whole.
#[derive(Clone, Copy)]
pub enum Outcome {
    /// Read to its end; single records may be left out.
    Read,
    /// A part of the file is lost.
    Partial,
    /// Nothing could be read.
    Unreadable,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Partial => "partial",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One hostile file.
pub struct Case {
    /// Relative to `testdata/hostile`.
    pub file: String,
    pub bytes: Vec<u8>,
    pub outcome: Outcome,
    /// Records found, usable or not.
    pub found: u64,
    /// Records that are no event.
    pub left_out: u64,
    /// Records that repeat an event.
    pub duplicates: u64,
    /// Events without an `AccessKey`.
    pub without_key: u64,
    /// A description for the README.
    pub what: &'static str,
}

impl Case {
    fn new(file: &str, bytes: Vec<u8>, outcome: Outcome, found: u64, what: &'static str) -> Self {
        let file = file.to_owned();
        Self {
            file,
            bytes,
            outcome,
            found,
            left_out: 0,
            duplicates: 0,
            without_key: 0,
            what,
        }
    }

    fn left_out(mut self, left_out: u64) -> Self {
        self.left_out = left_out;
        self
    }

    fn partial(mut self) -> Self {
        self.outcome = Outcome::Partial;
        self
    }

    fn duplicates(mut self, duplicates: u64) -> Self {
        self.duplicates = duplicates;
        self
    }

    fn without_key(mut self, without_key: u64) -> Self {
        self.without_key = without_key;
        self
    }
}

/// The key of all records, unless a case sets another.
pub const KEY: &str = "LTAI5tHostileEXAMPLE0100";

/// A good record, with an id of its own.
fn record(number: u64) -> String {
    record_at(number, "\"2024-03-05T09:21:32Z\"")
}

/// A record whose `eventTime` is this JSON text.
fn record_at(number: u64, time: &str) -> String {
    format!(
        "{{\"eventId\":\"hostile-{number}\",\"eventVersion\":1,\"eventTime\":{time},\
         \"eventName\":\"DescribeInstances\",\"serviceName\":\"Ecs\",\"acsRegion\":\"cn-hangzhou\",\
         \"sourceIpAddress\":\"192.0.2.{number}\",\"userIdentity\":{{\"accessKeyId\":\"{KEY}\",\
         \"accountId\":\"1098700000000003\",\"principalId\":\"200000000000000100\",\
         \"type\":\"ram-user\",\"userName\":\"hostile\"}}}}"
    )
}

/// A good record with more members at its end.
fn record_with(number: u64, members: &str) -> String {
    let mut text = record(number);
    text.pop();
    text.push(',');
    text.push_str(members);
    text.push('}');
    text
}

/// A good record in which these fields, given as JSON, replace its own.
fn record_set(number: u64, fields: &[(&str, &str)]) -> String {
    let mut text = record(number);
    for (name, value) in fields {
        let label = format!("\"{name}\":");
        let Some(start) = text.find(&label).map(|start| start + label.len()) else {
            text.pop();
            write!(text, ",{label}{value}}}").expect("writing into a string cannot fail");
            continue;
        };
        // The identity is the last field, and no other value holds a comma.
        let end = match *name {
            "userIdentity" => text.len() - 1,
            _ => text
                .get(start..)
                .and_then(|rest| rest.find(','))
                .map_or(text.len(), |n| start + n),
        };
        text.replace_range(start..end, value);
    }
    text
}

/// A record with this text as its whole `userIdentity`.
fn record_of(number: u64, identity: &str) -> String {
    record_set(number, &[("userIdentity", identity)])
}

fn array(records: &[String]) -> String {
    format!("[{}]", records.join(","))
}

/// Good records with these numbers, in one array.
fn good(numbers: std::ops::RangeInclusive<u64>) -> String {
    array(&numbers.map(record).collect::<Vec<_>>())
}

/// All cases, in the order of the README.
pub fn cases() -> Result<Vec<Case>, Box<dyn Error>> {
    let mut cases = damaged()?;
    cases.extend(containers()?);
    cases.extend(texts()?);
    cases.extend(values()?);
    cases.extend(broken()?);
    Ok(cases)
}

/// Files of which a part is missing or wrong.
fn damaged() -> Result<Vec<Case>, Box<dyn Error>> {
    let three = gzip(good(1..=3).as_bytes())?;
    let mut cases = Vec::new();

    // The eighth record holds text that does not compress, and the cut is far inside it. So seven
    // records are whole, however much an inflater buffers.
    let mut noise = String::new();
    push_random(&mut noise, &mut Rng::new(&[8]), ALPHANUMERIC, 9_000);
    let mut records: Vec<String> = (1..=7).map(record).collect();
    records.push(record_with(8, &format!("\"userAgent\":\"{noise}\"")));
    let mut truncated = gzip(array(&records).as_bytes())?;
    truncated.truncate(truncated.len() / 2);
    cases.push(Case::new(
        "truncated.gz",
        truncated.clone(),
        Outcome::Partial,
        7,
        "The gzip stream ends inside the eighth record.",
    ));

    let bytes = [gzip(good(11..=12).as_bytes())?, truncated].concat();
    cases.push(Case::new(
        "second-member-truncated.gz",
        bytes,
        Outcome::Partial,
        9,
        "A good member of two records, then one that ends early.",
    ));

    let mut bytes = three.clone();
    flip(&mut bytes, 8);
    cases.push(Case::new(
        "wrong-crc.gz",
        bytes,
        Outcome::Partial,
        3,
        "The checksum of the member is wrong; all three records are whole.",
    ));

    let mut bytes = three.clone();
    flip(&mut bytes, 4);
    cases.push(Case::new(
        "wrong-isize.gz",
        bytes,
        Outcome::Partial,
        3,
        "The length in the trailer is wrong; all three records are whole.",
    ));

    cases.push(Case::new(
        "header-only.gz",
        three.iter().copied().take(6).collect(),
        Outcome::Unreadable,
        0,
        "Six bytes of a gzip header.",
    ));
    cases.push(Case::new(
        "not-gzip.gz",
        b"Access denied. Please contact the owner of the bucket.\n".to_vec(),
        Outcome::Unreadable,
        0,
        "Text that is neither gzip nor JSON.",
    ));
    cases.push(Case::new(
        "zero-bytes.gz",
        Vec::new(),
        Outcome::Read,
        0,
        "No bytes: a sequence of no values.",
    ));

    let mut bytes = three.clone();
    bytes.extend(b"this is no gzip member");
    cases.push(Case::new(
        "trailing-garbage.gz",
        bytes,
        Outcome::Partial,
        3,
        "Text after the member. The records count; whether more are missing is unknown.",
    ));

    Ok(cases)
}

/// Good files in unusual gzip files.
fn containers() -> Result<Vec<Case>, Box<dyn Error>> {
    let three = gzip(good(1..=3).as_bytes())?;
    let mut cases = Vec::new();

    let mut bytes = three.clone();
    bytes.extend([0; 512]);
    cases.push(Case::new(
        "zero-padding.gz",
        bytes,
        Outcome::Read,
        3,
        "Zeros after the member, as tapes leave them.",
    ));

    let text = good(1..=3);
    let (first, rest) = text.split_at(150);
    let (second, third) = rest.split_at(300);
    let mut bytes = gzip(first.as_bytes())?;
    bytes.extend(gzip(second.as_bytes())?);
    bytes.extend(gzip(third.as_bytes())?);
    cases.push(Case::new(
        "several-members.gz",
        bytes,
        Outcome::Read,
        3,
        "One array over three gzip members, cut inside records.",
    ));

    let mut bytes = gzip(good(1..=2).as_bytes())?;
    bytes.extend(gzip(good(3..=5).as_bytes())?);
    cases.push(Case::new(
        "files-joined.gz",
        bytes,
        Outcome::Read,
        5,
        "Two log files put together with `cat`.",
    ));

    // RFC 1952: FEXTRA, FNAME and FCOMMENT are announced by bits 2, 3 and 4.
    let mut bytes = vec![0x1f, 0x8b, 8, 0b1_1100, 0, 0, 0, 0, 0, 3];
    bytes.extend(b"\x04\x00abcdtrail.json\0kept for the auditors\0");
    bytes.extend(three.iter().skip(10));
    cases.push(Case::new(
        "header-fields.gz",
        bytes,
        Outcome::Read,
        3,
        "A gzip header with an extra field, a file name and a comment.",
    ));

    cases.push(Case::new(
        "compressed.json",
        three,
        Outcome::Read,
        3,
        "Gzip under a name of JSON; the content decides.",
    ));
    cases.push(Case::new(
        "plain.gz",
        good(1..=3).into_bytes(),
        Outcome::Read,
        3,
        "JSON under a name of gzip; the content decides.",
    ));

    let bytes = gzip(good(1..=3).as_bytes())?;
    let place = ObjectPlace {
        prefix: "wrong-count",
        event_type: "Actiontrail",
        member: None,
        region: "cn-hangzhou",
        epoch_seconds: 1_709_630_500,
    };
    let path = place.path(5, bytes.len() as u64, Md5::new_with_prefix(&bytes));
    let file = path.to_string_lossy().replace('\\', "/");
    cases.push(Case::new(
        &file,
        bytes,
        Outcome::Read,
        3,
        "The name states five events, the file has three: `count_mismatch` is 1.",
    ));
    Ok(cases)
}

/// Inverts the byte that stands this far before the end.
fn flip(bytes: &mut [u8], from_end: usize) {
    if let Some(byte) = bytes.iter_mut().rev().nth(from_end - 1) {
        *byte = !*byte;
    }
}

/// Good records in every arrangement that counts as a log file.
fn texts() -> Result<Vec<Case>, Box<dyn Error>> {
    let pretty = |text: &str| -> Result<String, Box<dyn Error>> {
        Ok(serde_json::to_string_pretty(&serde_json::from_str::<
            serde_json::Value,
        >(text)?)?)
    };
    let reply = format!(
        "{{\"RequestId\":\"FEDC0000-0000-5000-8000-000000000001\",\"StartTime\":\"2024-03-05T00:00:00Z\",\
         \"EndTime\":\"2024-03-06T00:00:00Z\",\"Events\":{},\"NextToken\":\"eyJhIjoxfQ==\"}}",
        good(1..=3)
    );
    let lines = |end: &str| -> String { (1..=3).map(|number| record(number) + end).collect() };
    let bom = |text: String| -> Vec<u8> { [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat() };
    let mut unpaired = record_with(2, "\"userAgent\":\"bad ").into_bytes();
    unpaired.pop();
    unpaired.extend(b"\xff\xfe\xc3\x28 bytes\"}");
    let unpaired = [b"[".as_slice(), record(1).as_bytes(), b",", &unpaired, b"]"].concat();
    Ok(vec![
        Case::new(
            "empty-array.gz",
            gzip(b"[]")?,
            Outcome::Read,
            0,
            "An array of nothing.",
        ),
        Case::new(
            "blank.json",
            b" \r\n\t\n".to_vec(),
            Outcome::Read,
            0,
            "White space only: a sequence of no values.",
        ),
        Case::new(
            "null.gz",
            gzip(b"null")?,
            Outcome::Read,
            1,
            "A value that is no record.",
        )
        .left_out(1),
        Case::new(
            "bom.gz",
            gzip(&bom(good(1..=2)))?,
            Outcome::Read,
            2,
            "A byte order mark before the array.",
        ),
        Case::new(
            "pretty.json",
            pretty(&good(1..=3))?.into_bytes(),
            Outcome::Read,
            3,
            "Indented JSON, not compressed.",
        ),
        Case::new(
            "arrays-in-a-row.gz",
            gzip(format!("{}{}\n{}[]", good(1..=2), good(3..=3), good(4..=5)).as_bytes())?,
            Outcome::Read,
            5,
            "Arrays one after another, with and without a line end between.",
        ),
        Case::new(
            "lines.jsonl",
            lines("\n").into_bytes(),
            Outcome::Read,
            3,
            "One object a line.",
        ),
        Case::new(
            "lines-crlf.ndjson",
            bom(lines("\r\n\r\n")),
            Outcome::Read,
            3,
            "One object a line, with a byte order mark, CRLF and empty lines.",
        ),
        Case::new(
            "lookup-reply.json",
            pretty(&reply)?.into_bytes(),
            Outcome::Read,
            3,
            "A reply of LookupEvents; its `Events` are the records.",
        ),
        Case::new(
            "invalid-utf8.gz",
            gzip(&unpaired)?,
            Outcome::Read,
            2,
            "Bytes that are no UTF-8 inside a string; replaced by U+FFFD and reported.",
        ),
    ])
}

/// Well-formed JSON with unexpected values.
fn values() -> Result<Vec<Case>, Box<dyn Error>> {
    let case = |file, records: &[String], what| -> Result<Case, Box<dyn Error>> {
        let bytes = gzip(array(records).as_bytes())?;
        Ok(Case::new(
            file,
            bytes,
            Outcome::Read,
            records.len() as u64,
            what,
        ))
    };
    let pascal = "{\"EventId\":\"hostile-1\",\"EVENTTIME\":\"2024-03-05T09:21:32.366+0000\",\"EventName\":\"AppendVSwitchId\",\"ServiceName\":\"RealtimeCompute\",\"SourceIpAddress\":\"192.0.2.1\",\"UserIdentity\":{\"Type\":\"root-account\",\"AccountId\":\"1098700000000003\",\"UserName\":\"root\",\"AccessKeyId\":\"TMP.3KEXAMPLEhostile0101\"}}";
    let decoy = "\"eventName\":\"Decoy\",\"eventTime\":\"2001-01-01T00:00:00Z\",\"serviceName\":\"Decoy\",\"accessKeyId\":\"LTAI5tDecoyEXAMPLE000102\",\"userIdentity\":{\"accessKeyId\":\"LTAI5tDecoyEXAMPLE000103\"}";
    let escaped = record(1)
        .replace("\"eventName\"", "\"\\u0065ventName\"")
        .replace("\"accessKeyId\"", "\"access\\u004beyId\"");
    let numbers = "{\"eventId\":12345,\"eventTime\":\"2024-03-05T09:21:32Z\",\"eventName\":true,\"serviceName\":7.50,\"acsRegion\":null,\"sourceIpAddress\":[],\"errorCode\":404,\"userIdentity\":{\"accessKeyId\":1e3,\"accountId\":1098700000000003,\"principalId\":200000000000000100,\"type\":false,\"userName\":{}}}";
    let digits = "9".repeat(4_000);
    let brackets = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let markup = "<script>alert(1)</script>";
    Ok(vec![
        case("numbers-for-strings.gz", &[numbers.to_owned(), record(2)], "Numbers and booleans where strings belong are read as their text (key `1e3`, service `7.50`, event `true`, error `404`, id `12345`); `null`, `[]` and `{}` are missing.")?,
        case("pascal-case.gz", &[pascal.to_owned(), record(2)], "Names in PascalCase and in capitals, as one service writes them.")?,
        case("doubled-names.gz", &[
            record_with(1, "\"eventName\":\"StopInstance\",\"EventTime\":\"2024-03-05T10:00:00Z\""),
            record_with(2, "\"userIdentity\":{\"accessKeyId\":\"LTAI5tDecoyEXAMPLE000102\",\"type\":\"ram-user\",\"AccessKeyID\":\"LTAI5tDoubledEXAMPLE0104\"}"),
        ], "Names that occur twice, also in other case: the last counts. The first event is `StopInstance` at 10:00:00, the second has key `LTAI5tDoubledEXAMPLE0104`.")?,
        case("decoys.gz", &[
            record_with(1, &format!("\"requestParameters\":{{{decoy},\"Events\":[{{{decoy}}}]}},\"responseElements\":{{{decoy}}},\"requestParameterJson\":\"{}\"", format!("{{{decoy}}}").replace('"', "\\\""))),
            record_of(2, &format!("{{\"sessionContext\":{{{decoy}}},\"accessKeyId\":\"{KEY}\"}}")),
        ], "The reader's own names inside parameters, responses and the session. No key, service or event `Decoy…` may appear.")?,
        case("escaped-names.gz", &[escaped], "Names written with `\\u` escapes; they count as what they spell.")?,
        case("identity-forms.gz", &[
            record_of(1, "\"ram-user\""),
            record_of(2, "null"),
            record_of(3, "[]"),
            record_of(4, "{}"),
            record_of(5, "{\"accessKeyId\":\"\"}"),
            record(6),
        ], "A `userIdentity` that is a string, which is not understood, or `null`, an array, empty, or has an empty key.")?.left_out(1).partial().without_key(4),
        case("ids.gz", &[
            record(1),
            record(1),
            record(1).replace("192.0.2.1", "192.0.2.9"),
            record_set(2, &[("eventId", "\"\"")]),
            record_set(2, &[("eventId", "\"\"")]),
            record_set(3, &[("eventId", "null")]),
            record_with(1, "\"userAgent\":\"says nothing the fold uses\""),
        ], "One id three times with the same content (once with another user agent) and once with another address; three records without an id, which are never duplicates.")?.duplicates(2),
        case("resources.gz", &[
            record_with(1, "\"referencedResources\":{\"ACS::ECS::Instance\":\"i-lone\",\"ACS::ECS::Disk\":[\"d-1\",\"d-1\",\"\",null]}"),
            record_with(2, "\"resourceType\":\"ACS::ECS::Instance;ACS::VPC::VPC\",\"resourceName\":\"i-1,i-2;v-1;untyped\",\"referencedResources\":{\"ACS::ECS::Instance\":[\"i-1\"]}"),
            record_with(3, "\"resourceName\":\";;,\",\"resourceType\":\"\",\"referencedResources\":[\"i-none\"]"),
            record_with(4, "\"resourceName\":\"\\u6d4b\\u8bd5,订单库\",\"resourceType\":\"ACS::OSS::Bucket\""),
        ], "Resources in all forms. First record: `i-lone`, `d-1` once. Second: `i-1`, `i-2`, `v-1`, and `untyped` with type \"\". Third: none. Fourth: 测试 and 订单库.")?,
        case("lone-surrogate.gz", &[
            record_set(1, &[("eventName", "\"Lone\\ud800Name\"")]),
            record_set(2, &[("eventName", "\"Pair\\ud83d\\ude80Name\"")]),
        ], "Half a surrogate pair becomes U+FFFD; a whole one is the character.")?,
        case("nested.gz", &[
            record_with(1, &format!("\"requestParameters\":{{\"deep\":{brackets}}}")),
            record(2),
        ], "Brackets 200,000 deep in a value that is not needed.")?,
        case("huge-numbers.gz", &[
            record_set(1, &[("eventVersion", "1e400"), ("requestParameters", &format!("{{\"a\":1e999999,\"b\":-{digits},\"c\":0.{digits}}}"))]),
            record_set(2, &[("eventId", "123456789012345678901234567890123456789012345678901234567890")]),
        ], "Numbers no machine word holds; the second record's id is its sixty digits.")?,
        case("megabyte-string.gz", &[
            record_with(1, &format!("\"userAgent\":\"{}\"", "mega byte ".repeat(100_000))),
            record(2),
        ], "A string of a million bytes.")?,
        case("terminal-and-markup.gz", &[
            record_set(1, &[("eventName", "\"\\u001b[31mred\\u001b[0m\\u0007\\u009b2J\""), ("serviceName", "\"line\\nbreak\\rreturn\\ttab\\u0000nul\"")]),
            record_set(2, &[("eventName", "\"abc\u{202e}gpj.exe\u{202c}\""), ("sourceIpAddress", "\"\u{2066}192.0.2.2\u{2069}\u{200b}\u{feff}\"")]),
            record_set(3, &[
                ("eventName", "\"=HYPERLINK(\\\"http://example.invalid\\\")\""),
                ("sourceIpAddress", "\"+1\""),
                ("serviceName", "\"@SUM(1,1)\""),
                ("resourceName", "\"-1,\\ttab,|pipe\""),
                ("resourceType", "\"=A1\""),
            ]),
            record_set(4, &[("eventName", &format!("\"{markup}\"")), ("serviceName", "\"'\\\"--><b>&amp;\"")]),
            record_of(5, &format!("{{\"accessKeyId\":\"LTAI5t\\u001b]0;title\\u0007\",\"userName\":\"{markup}\",\"accountId\":\"=1+1\",\"principalId\":\"\u{202e}\",\"type\":\"\\u001b[2J\"}}")),
        ], "Terminal controls, bidi marks, CSV formulas and markup in every value that is shown.")?,
        times()?,
    ])
}

/// What an `eventTime` may look like, and what it means.
const ACCEPTED: [(&str, &str); 16] = [
    ("2024-03-05T09:21:32Z", "2024-03-05T09:21:32Z"),
    ("2024-03-05 09:21:32Z", "2024-03-05T09:21:32Z"),
    ("2024-03-05T09:21:32.5Z", "2024-03-05T09:21:32.500Z"),
    ("2024-03-05T09:21:32.000Z", "2024-03-05T09:21:32Z"),
    ("2024-03-05T09:21:32.123999999Z", "2024-03-05T09:21:32.123Z"),
    ("2024-03-05T17:21:32+08:00", "2024-03-05T09:21:32Z"),
    ("2024-03-05T17:21:32+0800", "2024-03-05T09:21:32Z"),
    ("2024-03-05T03:51:32.366-0530", "2024-03-05T09:21:32.366Z"),
    ("2024-03-05 09:21:32.366+0000", "2024-03-05T09:21:32.366Z"),
    ("2024-03-05T09:21:32-00:00", "2024-03-05T09:21:32Z"),
    ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
    ("2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z"),
    ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ("2024-03-05 17:21:32+08", "2024-03-05T09:21:32Z"),
    ("2024-03-05 09:21:32 UTC", "2024-03-05T09:21:32Z"),
    (" 2024-03-05T09:21:32Z ", "2024-03-05T09:21:32Z"),
];

/// JSON texts that are no usable `eventTime`.
const REFUSED: [&str; 20] = [
    "\"\"",
    "null",
    "{}",
    "\"soon\"",
    "1709630492",
    "\"1709630492000\"",
    "\"2024-03-05\"",
    "\"2024-03-05T09:21Z\"",
    "\"2024-03-05T09:21:32\"",
    "\"2024-03-05T09:21:32.Z\"",
    "\"2024-03-05T09:21:32.1234567890Z\"",
    "\"2024-03-05T09:21:32+8\"",
    "\"2024-03-05T09:21:32 CST\"",
    "\"2024-03-05T24:00:00Z\"",
    "\"2024-03-05T09:60:00Z\"",
    "\"2024-13-05T09:21:32Z\"",
    "\"2024-02-30T09:21:32Z\"",
    "\"2023-02-29T09:21:32Z\"",
    "\"2024-03-05T09:21:32Zjunk\"",
    "\"05/03/2024 09:21:32\"",
];

fn times() -> Result<Case, Box<dyn Error>> {
    let accepted = ACCEPTED.iter().map(|(time, _)| format!("\"{time}\""));
    let refused = REFUSED.iter().map(|time| (*time).to_owned());
    let mut records: Vec<String> = (1..)
        .zip(accepted.chain(refused))
        .map(|(number, time)| record_at(number, &time))
        .collect();
    records.push(format!(
        "{{\"eventId\":\"hostile-none\",\"userIdentity\":{{\"accessKeyId\":\"{KEY}\"}}}}"
    ));
    let what = "Times in all accepted forms, `hostile-1` and following, then in refused ones, and a record without; the forms are listed below.";
    let bytes = gzip(array(&records).as_bytes())?;
    Ok(Case::new(
        "times.gz",
        bytes,
        Outcome::Partial,
        records.len() as u64,
        what,
    )
    .left_out(REFUSED.len() as u64 + 1))
}

/// The forms of times as tables of the README.
pub fn times_table() -> String {
    let mut text = String::from("| record | accepted | means |\n| --- | --- | --- |\n");
    for (number, (form, meaning)) in (1..).zip(ACCEPTED) {
        writeln!(text, "| `hostile-{number}` | `{form}` | `{meaning}` |")
            .expect("writing into a string cannot fail");
    }
    text.push_str("\nRefused, as JSON:");
    for (index, form) in REFUSED.iter().enumerate() {
        text.push_str(if index == 0 { " " } else { ", " });
        write!(text, "`{form}`").expect("writing into a string cannot fail");
    }
    text.push_str(".\n");
    text
}

/// JSON that is not well-formed.
fn broken() -> Result<Vec<Case>, Box<dyn Error>> {
    let one = record(1);
    let two = record(2);
    let four = record(4);
    let balanced = record_at(3, "tomorrow,,\"at\" noon");
    let unclosed = record_with(3, "\"requestParameters\":{\"a\":[1,2,3]");
    let unquoted = record_with(3, "\"userAgent\":\"half a quote\" more\"");
    let cut: String = good(1..=3).chars().take(one.len() * 5 / 2).collect();
    Ok(vec![
        Case::new(
            "not-an-object.gz",
            gzip(format!("[{one},42,\"text\",null,[{two}],true,{four}]").as_bytes())?,
            Outcome::Partial, 7,
            "Elements that are no objects between good records; the record inside the inner array does not count, and is told.",
        )
        .left_out(5),
        Case::new(
            "broken-record.gz",
            gzip(format!("[{one},{two},{balanced},{four}]").as_bytes())?,
            Outcome::Partial, 4,
            "A record that is no JSON where its time should be, but whose brackets balance; its neighbours count.",
        )
        .left_out(1),
        Case::new(
            "unbalanced-record.gz",
            gzip(format!("[{one},{two},{unclosed},{four}]").as_bytes())?,
            Outcome::Partial, 2,
            "A bracket of the third record is never closed; the rest of the file is left out, with the offset of that record.",
        ),
        Case::new(
            "unbalanced-quote.gz",
            gzip(format!("[{one},{two},{unquoted},{four}]").as_bytes())?,
            Outcome::Partial, 2,
            "A quote too many in the third record; the rest of the file is left out.",
        ),
        Case::new(
            "cut-off.json", cut.into_bytes(), Outcome::Partial, 2,
            "Plain text that ends inside the third record.",
        ),
        Case::new(
            "trailing-comma.gz", gzip(format!("[{one},{two},]").as_bytes())?, Outcome::Read, 2,
            "A comma after the last record.",
        ),
        Case::new(
            "noise-after-array.json", format!("{}\nDone.\n", good(1..=2)).into_bytes(), Outcome::Partial, 2,
            "A good array, then text that is no JSON.",
        ),
    ])
}
