//! The `api` format: what the cloud's own audit of keys would have replied.
//!
//! The shapes are those of API version 2020-07-06, `GetAccessKeyLastUsedInfo`, `…Products`,
//! `…Events`, `…Ips` and `…Resources`: one JSON object, in one line, with the members in the order
//! of the vendor's models. The array is always there; there is never a next page, and never a
//! member `Code` at the top, which clients take for an error. Text that is not known is left out
//! where the models let it, and is `""` where it names the entry.
//!
//! `Detail` is a string that holds JSON: the entry's last event, pretty-printed and trimmed to
//! the members that the vendor's examples show.

use std::io;

use serde::Serialize;

use super::json::push_json;
use super::time::time;
use super::{Command, Format, Question, Report, Row, record, services};

/// The format.
pub(super) struct Api;

impl Format for Api {
    fn name(&self) -> &'static str {
        "api"
    }

    fn about(&self) -> &'static str {
        "the reply of the cloud's own API, for last-used and lookup"
    }

    fn answers(&self, question: &Question<'_>) -> bool {
        match question.command {
            Command::Keys | Command::Dump => false,
            Command::Lookup
            | Command::Info
            | Command::Products
            | Command::Events
            | Command::Ips
            | Command::Resources => true,
        }
    }

    fn needs_records(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        match report.question.command {
            Command::Info => write_info(report, out),
            Command::Products => write_list("Products", report, out, &|row, line| {
                let service = Service::of(row.text("service_name").unwrap_or_default());
                push_json(
                    &Product {
                        service,
                        used: Used::of(row),
                    },
                    line,
                )
            }),
            Command::Events => write_list("Events", report, out, &|row, line| {
                let event_name = row.text("name").unwrap_or_default();
                push_json(
                    &Event {
                        event_name,
                        used: Used::of(row),
                    },
                    line,
                )
            }),
            Command::Ips => write_list("Ips", report, out, &|row, line| {
                let ip = row.text("name").unwrap_or_default();
                push_json(
                    &Ip {
                        ip,
                        used: Used::of(row),
                    },
                    line,
                )
            }),
            Command::Resources => write_list("Resources", report, out, &|row, line| {
                let kind = row.text("resource_type").unwrap_or_default();
                let name = row.text("name").unwrap_or_default();
                push_json(
                    &Resource {
                        kind,
                        name,
                        used: Used::of(row),
                    },
                    line,
                )
            }),
            Command::Lookup => write_lookup(report, out),
            Command::Keys | Command::Dump => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the api format has no reply to this command",
            )),
        }
    }
}

/// The reply about a key nobody used: the vendor's is not documented.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unknown<'a> {
    request_id: &'a str,
    access_key_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Info<'a> {
    request_id: &'a str,
    access_key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    #[serde(flatten)]
    service: Service<'a>,
    #[serde(flatten)]
    used: Used<'a>,
}

#[derive(Serialize)]
struct Product<'a> {
    #[serde(flatten)]
    service: Service<'a>,
    #[serde(flatten)]
    used: Used<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    event_name: &'a str,
    #[serde(flatten)]
    used: Used<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Ip<'a> {
    ip: &'a str,
    #[serde(flatten)]
    used: Used<'a>,
}

#[derive(Serialize)]
struct Resource<'a> {
    #[serde(rename = "ResourceType")]
    kind: &'a str,
    #[serde(rename = "ResourceName")]
    name: &'a str,
    #[serde(flatten)]
    used: Used<'a>,
}

#[derive(Serialize)]
struct Service<'a> {
    #[serde(rename = "ServiceName")]
    code: &'a str,
    #[serde(rename = "ServiceNameCn", skip_serializing_if = "str::is_empty")]
    chinese: &'a str,
    #[serde(rename = "ServiceNameEn", skip_serializing_if = "str::is_empty")]
    english: &'a str,
}

impl<'a> Service<'a> {
    fn of(code: &'a str) -> Self {
        let services::Names { english, chinese } = services::names(code);
        Self {
            code,
            chinese,
            english,
        }
    }
}

/// What every entry ends with.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Used<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    /// Milliseconds since 1970 UTC.
    #[serde(rename = "UsedTimestamp", skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
    detail: String,
}

impl<'a> Used<'a> {
    fn of(row: &Row<'a>) -> Self {
        Self {
            source: row.text("source"),
            time: row.time("last_used"),
            detail: detail(row.record("event").unwrap_or_default()),
        }
    }
}

fn write_info(report: &mut Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let request_id = request_id(&report.question);
    let columns = report.rows.columns();
    let mut line = Vec::new();
    report.rows.for_each(&mut |cells| {
        // One key has one row; were there more, the first would be the newest.
        if !line.is_empty() {
            return Ok(());
        }
        let row = Row::of(columns, cells);
        let info = Info {
            request_id: &request_id,
            access_key_id: row.text("access_key_id").unwrap_or_default(),
            account_id: row.text("account_id"),
            account_type: row.text("account_type"),
            owner_id: row.text("owner_id"),
            user_name: row.text("user_name"),
            service: Service::of(row.text("service_name").unwrap_or_default()),
            used: Used::of(&row),
        };
        push_json(&info, &mut line)
    })?;
    if line.is_empty() {
        let access_key_id = report.question.access_key_id.unwrap_or_default();
        push_json(
            &Unknown {
                request_id: &request_id,
                access_key_id,
            },
            &mut line,
        )?;
    }
    line.push(b'\n');
    out.write_all(&line)
}

fn write_list(
    member: &str,
    report: &mut Report<'_>,
    out: &mut dyn io::Write,
    push: &dyn Fn(&Row<'_>, &mut Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let request_id = request_id(&report.question);
    let columns = report.rows.columns();
    write!(out, r#"{{"RequestId":"{request_id}","{member}":["#)?;
    let mut line = Vec::new();
    let mut separator: &[u8] = b"";
    report.rows.for_each(&mut |cells| {
        line.clear();
        line.extend_from_slice(separator);
        separator = b",";
        push(&Row::of(columns, cells), &mut line)?;
        out.write_all(&line)
    })?;
    out.write_all(b"]}\n")
}

/// The reply of `LookupEvents`: whole events, all of them, so that there is never a next page. The
/// window is the one asked for, and where it is open, it ends with the events.
fn write_lookup(report: &mut Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let request_id = request_id(&report.question);
    let columns = report.rows.columns();
    let span = report.coverage.span;
    let start = report.question.since.or(span.map(|span| span.first));
    // The vendor's form has no fraction: outwards, so that every event is inside.
    let end = report.question.until.or(span.map(|span| span.last));
    let end = end.map(|end| end.saturating_add(999));
    write!(out, r#"{{"RequestId":"{request_id}""#)?;
    for (name, moment) in [("StartTime", start), ("EndTime", end)] {
        if let Some(moment) = moment {
            let second = time(moment.div_euclid(1000).saturating_mul(1000));
            write!(out, r#","{name}":"{second}""#)?;
        }
    }
    out.write_all(br#","Events":["#)?;
    let mut separator = "";
    let mut unsound = 0_u64;
    report.rows.for_each(&mut |cells| {
        let Some(text) = Row::of(columns, cells).record("event") else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the api format needs whole events",
            ));
        };
        out.write_all(separator.as_bytes())?;
        separator = ",";
        let event = record::embeddable(text).unwrap_or_else(|| {
            unsound += 1;
            record::rebuilt(text)
        });
        out.write_all(event.as_bytes())
    })?;
    if unsound > 0 {
        report.notices.push(format!(
            "{unsound} events are not sound JSON or nested too deep; what is wrong in them is \
             given as text"
        ));
    }
    out.write_all(b"]}\n")
}

/// The members of an event that `Detail` shows, in the order of the vendor's examples.
const MEMBERS: [&str; 13] = [
    "eventId",
    "eventVersion",
    "eventSource",
    "sourceIpAddress",
    "eventType",
    "userIdentity",
    "serviceName",
    "apiVersion",
    "requestId",
    "eventTime",
    "isGlobal",
    "acsRegion",
    "eventName",
];

/// The same for the object under `userIdentity`.
const USER_IDENTITY: [&str; 4] = ["accountId", "principalId", "type", "userName"];

/// The trimmed event as pretty-printed JSON: of the members above those that the record has,
/// under their canonical names, with their values as they are.
///
/// A value that is not sound JSON is given as a string of its text, and a list or an object where
/// none belongs stays on one line, since indenting would let deep nesting grow by its square.
/// Without a record, or with one that is no object, there is nothing to show: `{}`.
fn detail(record: &str) -> String {
    let mut text = String::new();
    push_members(&MEMBERS, record, "\n", &mut text);
    text
}

fn push_members(names: &[&str], object: &str, line_break: &str, text: &mut String) {
    let mut values = vec![None; names.len()];
    for (name, value) in record::members(object) {
        let known = names
            .iter()
            .zip(&mut values)
            .find(|(known, _)| known.eq_ignore_ascii_case(&name));
        if let Some((_, slot)) = known {
            *slot = Some(value);
        }
    }
    let inside = format!("{line_break}  ");
    let mut separator = "";
    text.push('{');
    for (name, value) in names.iter().zip(values) {
        let Some(value) = value else { continue };
        text.push_str(separator);
        separator = ",";
        text.push_str(&inside);
        text.push('"');
        text.push_str(name);
        text.push_str("\": ");
        if *name == "userIdentity" && value.starts_with('{') {
            push_members(&USER_IDENTITY, value, &inside, text);
        } else if let Some((value, _depth)) = record::one_line(value) {
            text.push_str(&value);
        } else {
            text.push_str(&serde_json::Value::from(value).to_string());
        }
    }
    if !separator.is_empty() {
        text.push_str(line_break);
    }
    text.push('}');
}

/// The identifier of a reply, in the form of the cloud's, made from the question alone: the same
/// question to the same archive gives the same bytes.
fn request_id(question: &Question<'_>) -> String {
    let Question {
        command,
        access_key_id,
        service_name,
        since: _,
        until: _,
        narrowed,
    } = question;
    let mut hash = Fnv::new();
    for part in [
        Some(command.as_str()),
        *access_key_id,
        *service_name,
        Some(narrowed),
    ] {
        // 0xff and 0xfe are never part of UTF-8, so no two questions run together.
        match part {
            Some(part) => hash.write(part.as_bytes()),
            None => hash.write(&[0xfe]),
        }
        hash.write(&[0xff]);
    }
    let digits = format!("{:032X}", hash.0);
    let mut identifier = String::with_capacity(36);
    for (number, digit) in digits.chars().enumerate() {
        if matches!(number, 8 | 12 | 16 | 20) {
            identifier.push('-');
        }
        identifier.push(digit);
    }
    identifier
}

/// FNV-1a of 128 bits: not secret, but the same on every machine and in every version, which the
/// standard library's hashes do not promise.
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u128::from(*byte);
            self.0 = self
                .0
                .wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_detail(record: &str, expected: &str) {
        assert_eq!(detail(record), expected, "{record}");
    }

    #[test]
    fn detail_is_the_trimmed_event() {
        let record = r#"{"eventName":"DescribeInstances","userAgent":"sdk","eventId":"E1",
            "userIdentity":{"accessKeyId":"LTAI1","userName":"alice","accountId":"1","type":"ram-user"},
            "requestParameters":{"eventTime":"no"},"isGlobal":false,"eventVersion":1}"#;
        let expected = r#"{
  "eventId": "E1",
  "eventVersion": 1,
  "userIdentity": {
    "accountId": "1",
    "type": "ram-user",
    "userName": "alice"
  },
  "isGlobal": false,
  "eventName": "DescribeInstances"
}"#;
        check_detail(record, expected);
    }

    #[test]
    fn detail_finds_names_in_any_case_and_takes_the_last_of_doubled_ones() {
        check_detail(
            r#"{"EventId":"A","eventid":"B","UserIdentity":{"UserName":"x","USERNAME":"y"},"e\u0076entName":"N"}"#,
            "{\n  \"eventId\": \"B\",\n  \"userIdentity\": {\n    \"userName\": \"y\"\n  },\n  \"eventName\": \"N\"\n}",
        );
    }

    #[test]
    fn detail_keeps_values_as_they_are() {
        check_detail(
            r#"{"eventVersion":123456789012345678901234567890.10,"eventId":null,"userIdentity":"x","acsRegion":[ 1, {"a" : 2} ]}"#,
            "{\n  \"eventId\": null,\n  \"eventVersion\": 123456789012345678901234567890.10,\n  \
             \"userIdentity\": \"x\",\n  \"acsRegion\": [1,{\"a\":2}]\n}",
        );
    }

    #[test]
    fn detail_survives_what_is_not_sound() {
        check_detail("", "{}");
        check_detail("[1]", "{}");
        check_detail(r#"{"userIdentity":{}}"#, "{\n  \"userIdentity\": {}\n}");
        check_detail(
            r#"{"requestParameters":{oops 01},"eventId":"E"}"#,
            "{\n  \"eventId\": \"E\"\n}",
        );
        check_detail(
            r#"{"eventId":"E","eventName":"cut"#,
            "{\n  \"eventId\": \"E\"\n}",
        );
        check_detail(
            r#"{"eventId":"a\ud800b"}"#,
            "{\n  \"eventId\": \"a\\ufffdb\"\n}",
        );
        check_detail(r#"{"eventVersion":01}"#, "{\n  \"eventVersion\": \"01\"\n}");
    }

    #[test]
    fn detail_takes_any_depth() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        check_detail(
            &format!(r#"{{"request":{deep},"eventId":"E"}}"#),
            "{\n  \"eventId\": \"E\"\n}",
        );
        assert_eq!(
            detail(&format!(r#"{{"eventId":{deep}}}"#)).len(),
            deep.len() + 17
        );
    }

    fn question() -> Question<'static> {
        Question {
            command: Command::Events,
            access_key_id: Some("LTAI1"),
            service_name: None,
            since: None,
            until: None,
            narrowed: "",
        }
    }

    /// The hash must not change from version to version, so its value stands here.
    #[test]
    fn request_ids_are_stable() {
        assert_eq!(
            request_id(&question()),
            "C3C66760-CE05-3BC2-F702-F2C16A5A242D"
        );
    }

    #[test]
    fn request_ids_differ_where_questions_do() {
        let others = [
            Question {
                command: Command::Ips,
                ..question()
            },
            Question {
                access_key_id: Some("LTAI2"),
                ..question()
            },
            Question {
                access_key_id: None,
                ..question()
            },
            Question {
                service_name: Some(""),
                ..question()
            },
            Question {
                access_key_id: Some("LTAI"),
                service_name: Some("1"),
                ..question()
            },
            Question {
                narrowed: "since=1",
                ..question()
            },
        ];
        let mut identifiers: Vec<_> = others.iter().map(request_id).collect();
        identifiers.push(request_id(&question()));
        identifiers.sort();
        identifiers.dedup();
        assert_eq!(identifiers.len(), others.len() + 1);
    }

    /// From the authors' published vectors: the empty text, and `a`.
    #[test]
    fn the_hash_is_fnv_1a() {
        let mut hash = Fnv::new();
        assert_eq!(hash.0, 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        hash.write(b"a");
        assert_eq!(hash.0, 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
