//! A plain and slow reference of what the program must answer about an archive.
//!
//! It holds every event at once, and computes each row from the list of its events.
//! It shares no code with the program.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use serde_json::{Value, json};

use super::json::{self, Json};

/// What an entry is about, in the order of the rows.
pub const DIMENSIONS: [&str; 8] = [
    "key", "service", "event", "ip", "resource", "region", "agent", "error",
];

/// One log file: where it lies and what is in it, as on disk.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// The path; its bytes decide between events that are otherwise equal.
    pub path: PathBuf,
    /// What is on disk.
    pub bytes: Vec<u8>,
}

/// Which events the answer is about.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The first millisecond inside the window.
    pub since: Option<i64>,
    /// The first millisecond after the window.
    pub until: Option<i64>,
    /// The regions of the events; all when empty.
    pub regions: Vec<String>,
    /// The accounts of the events; all when empty.
    pub accounts: Vec<String>,
    /// Whether every copy of an event counts.
    pub no_dedup: bool,
    /// The conditions of `lookup`: each option, without its dashes, and its value.
    pub conditions: Vec<(String, String)>,
}

/// One event: the fields that matter, each `""` where it is missing.
#[derive(Clone, Debug)]
struct Event {
    place: (usize, usize),
    time: i64,
    id: String,
    key: String,
    account: String,
    owner: String,
    user: String,
    account_type: String,
    service: String,
    name: String,
    ip: String,
    error: String,
    source: &'static str,
    resources: BTreeSet<(String, String)>,
    region: String,
    recipient: String,
    rw: String,
    kind: String,
    message: String,
    agent: String,
    request: String,
    /// The record itself.
    json: Json,
    /// Whether this is a further copy of an event that is already counted.
    copy: bool,
    /// Whether it is a further copy of one with the same region, or the same user agent.
    copy_in_region: bool,
    copy_by_agent: bool,
}

/// What one row is about.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Subject {
    key: String,
    dimension: usize,
    service: String,
    resource_type: String,
    name: String,
}

/// The events inside the question, and the counts of everything else.
pub struct Answer {
    paths: Vec<PathBuf>,
    inside: Vec<Event>,
    files: BTreeMap<&'static str, usize>,
    bytes: (usize, usize),
    records: BTreeMap<&'static str, usize>,
    no_dedup: bool,
}

/// Reads every file and keeps what the question asks for.
pub fn answer(files: &[LogFile], question: &Question) -> Answer {
    let mut sorted: Vec<&LogFile> = files.iter().collect();
    sorted.sort_by_key(|file| file.path.as_os_str().as_encoded_bytes());

    let mut answer = Answer {
        paths: sorted.iter().map(|file| file.path.clone()).collect(),
        inside: Vec::new(),
        files: BTreeMap::from(
            [
                "found",
                "read",
                "partial",
                "unreadable",
                "ignored",
                "links",
                "pruned",
                "folders_pruned",
                "count_mismatch",
                // The reference reads everything, and so do the commands whose coverage it is compared with.
                "searched",
            ]
            .map(|name| (name, 0)),
        ),
        bytes: (0, 0),
        records: BTreeMap::from(
            ["found", "left_out", "outside", "conflicting"].map(|name| (name, 0)),
        ),
        no_dedup: question.no_dedup,
    };
    let mut counted = BTreeSet::new();
    let mut contents = BTreeMap::new();
    let mut counted_in_region = BTreeSet::new();
    let mut counted_by_agent = BTreeSet::new();
    for (number, file) in sorted.into_iter().enumerate() {
        let reading = read(&file.bytes);
        let mut count = |name| *answer.files.get_mut(name).expect("a known count") += 1;
        count("found");
        count(reading.status());
        // What could not be read as a whole has no count to compare.
        let is_whole = reading.status() == "read";
        if is_whole
            && events_in_name(&file.path).is_some_and(|events| events != reading.elements.len())
        {
            count("count_mismatch");
        }
        answer.bytes.0 += file.bytes.len();
        answer.bytes.1 += reading.inflated;
        for (record, element) in reading.elements.iter().enumerate() {
            let mut count = |name| *answer.records.get_mut(name).expect("a known count") += 1;
            count("found");
            let Some(mut event) = element
                .as_ref()
                .and_then(|json| event((number, record), json))
            else {
                count("left_out");
                continue;
            };
            if !is_inside(&event, question) {
                count("outside");
                continue;
            }
            event.copy =
                !question.no_dedup && !event.id.is_empty() && !counted.insert(identity(&event));
            if !question.no_dedup && !event.id.is_empty() {
                let in_region = (identity(&event), event.region.clone());
                event.copy_in_region = !counted_in_region.insert(in_region);
                let by_agent = (identity(&event), event.agent.clone());
                event.copy_by_agent = !counted_by_agent.insert(by_agent);
            }
            if !question.no_dedup && !event.id.is_empty() && !event.copy {
                let contents = contents.entry((event.id.clone(), event.time)).or_insert(0);
                if *contents > 0 {
                    count("conflicting");
                }
                *contents += 1;
            }
            answer.inside.push(event);
        }
    }
    answer
}

impl Answer {
    /// The coverage, in the shape of the JSON document.
    pub fn coverage(&self) -> Value {
        let originals = || self.inside.iter().filter(|event| !event.copy);
        let first = originals().map(|event| event.time).min();
        let last = originals().map(|event| event.time).max();
        json!({
            "files": self.files,
            "bytes": {"compressed": self.bytes.0, "inflated": self.bytes.1},
            "records": self.records,
            "events": originals().count(),
            "duplicates": self.inside.len() - originals().count(),
            "without_key": originals().filter(|event| event.key.is_empty()).count(),
            "span": {"first": first.map(written), "last": last.map(written)},
            // No two files of a generated archive were delivered to the same region of a trail.
            "gaps": 0,
            "long_gaps": 0,
        })
    }

    /// The keys of the events, in the order of their bytes.
    pub fn key_ids(&self) -> Vec<String> {
        let keys: BTreeSet<_> = self
            .inside
            .iter()
            .map(|event| &event.key)
            .filter(|key| !key.is_empty())
            .collect();
        keys.into_iter().cloned().collect()
    }

    /// The rows of `dump`.
    pub fn dump(&self) -> Vec<Value> {
        let entries = self.entries();
        let mut rows: Vec<_> = entries.iter().map(Row::new).collect();
        rows.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        rows.iter().map(Row::to_value).collect()
    }

    /// The rows of `last-used`, newest first, then by name; the order beyond that is not defined.
    pub fn last_used(&self, dimension: &str, key: &str, service: Option<&str>) -> Vec<Value> {
        let mut entries = self.entries();
        entries.retain(|subject, _| {
            DIMENSIONS[subject.dimension] == dimension
                && subject.key == key
                && service.is_none_or(|service| subject.service.eq_ignore_ascii_case(service))
        });
        if service.is_some() {
            // Spellings of one service are one.
            let mut merged: BTreeMap<Subject, Vec<&Event>> = BTreeMap::new();
            for (mut subject, events) in entries {
                subject.service.make_ascii_lowercase();
                merged.entry(subject).or_default().extend(events);
            }
            entries = merged;
        }
        let mut rows: Vec<_> = entries.iter().map(Row::new).collect();
        // The name of a service row is the service.
        rows.sort_by_key(|row| {
            (
                -row.last.time,
                row.subject.name.as_str(),
                row.subject.service.as_str(),
            )
        });
        rows.iter().map(Row::to_value).collect()
    }

    /// The rows of `keys`.
    pub fn keys(&self) -> Vec<Value> {
        let entries = self.entries();
        let mut rows: Vec<_> = entries
            .iter()
            .filter(|(subject, _)| subject.dimension == 0)
            .map(Row::new)
            .collect();
        rows.sort_by_key(|row| (-row.last.time, row.subject.key.as_str()));
        rows.iter()
            .map(|row| {
                let distinct = |dimension: &str| {
                    let of_this_key = entries
                        .keys()
                        .filter(|subject| subject.key == row.subject.key);
                    let of_this_dimension =
                        of_this_key.filter(|subject| DIMENSIONS[subject.dimension] == dimension);
                    let names: BTreeSet<_> = of_this_dimension
                        .map(|subject| match dimension {
                            "service" => (&subject.service, &subject.name),
                            _ => (&subject.resource_type, &subject.name),
                        })
                        .collect();
                    names.len()
                };
                json!({
                    "access_key_id": row.subject.key,
                    "key_type": key_type(&row.subject.key),
                    "account_id": or_null(&row.last.account),
                    "owner_id": or_null(&row.last.owner),
                    "user_name": or_null(&row.last.user),
                    "account_type": or_null(&row.last.account_type),
                    "first_used": written(row.first.time),
                    "last_used": written(row.last.time),
                    "last_service": or_null(&row.last.service),
                    "last_event": or_null(&row.last.name),
                    "last_ip": or_null(&row.last.ip),
                    "events": row.events,
                    "errors": row.errors,
                    "services": distinct("service"),
                    "event_names": distinct("event"),
                    "ips": distinct("ip"),
                    "resources": distinct("resource"),
                    "last_success": row.last_success.map(written),
                    "denied": row.denied,
                    "regions": distinct("region"),
                    "agents": distinct("agent"),
                })
            })
            .collect()
    }

    /// The rows of `lookup`, below this root, in this order.
    pub fn calls(&self, root: &Path, order: &str) -> Vec<Value> {
        let mut events: Vec<&Event> = self.inside.iter().filter(|event| !event.copy).collect();
        // They are in the order of their places, and the sorts are stable.
        match order {
            "newest" => events.sort_by(|a, b| (b.time, &b.id).cmp(&(a.time, &a.id))),
            "oldest" => events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id))),
            "none" => {}
            _ => panic!("no such order: {order}"),
        }
        let row = |event: &&Event| self.call(root, event);
        events.iter().map(row).collect()
    }

    /// The row of one event.
    fn call(&self, root: &Path, event: &Event) -> Value {
        let path = self.paths[event.place.0].strip_prefix(root);
        let resources = event.resources.iter();
        let resources: Vec<_> = resources
            .map(|(kind, name)| json!({"type": kind, "name": name}))
            .collect();
        json!({
            "event_time": written(event.time),
            "region": or_null(&event.region),
            "account_id": or_null(account(event)),
            "access_key_id": or_null(&event.key),
            "user_name": or_null(&event.user),
            "principal_id": or_null(&event.owner),
            "account_type": or_null(&event.account_type),
            "service_name": or_null(&event.service),
            "event_name": or_null(&event.name),
            "rw": or_null(&event.rw),
            "event_type": or_null(&event.kind),
            "source_ip": or_null(&event.ip),
            "resources": resources,
            "error_code": or_null(&event.error),
            "error_message": or_null(&event.message),
            // No event of the tests is one of Insight.
            "insight": Value::Null,
            "user_agent": or_null(&event.agent),
            "event_id": or_null(&event.id),
            "request_id": or_null(&event.request),
            "log_file": path.expect("below the root").to_string_lossy(),
            "record_number": event.place.1,
        })
    }

    /// The rows of `lookup --by`: an event counts once in each group that a copy of it is in.
    pub fn groups(&self, root: &Path, by: &[&str]) -> Vec<Value> {
        let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Event>> = BTreeMap::new();
        for event in &self.inside {
            let call = self.call(root, event);
            let values = by.iter().map(|column| group_value(&call, column));
            groups.entry(values.collect()).or_default().push(event);
        }
        let mut rows = Vec::new();
        for (values, events) in groups {
            let mut seen = BTreeSet::new();
            let counted: Vec<_> = events
                .iter()
                .filter(|event| {
                    self.no_dedup || event.id.is_empty() || seen.insert(identity(event))
                })
                .collect();
            let times = |of: &dyn Fn(&Event) -> bool| -> Vec<i64> {
                let events = events.iter().filter(|event| of(event));
                events.map(|event| event.time).collect()
            };
            let count = |of: &dyn Fn(&Event) -> bool| counted.iter().filter(|one| of(one)).count();
            let all = times(&|_| true);
            let last = *all.iter().max().expect("a group has an event");
            let mut row = serde_json::Map::new();
            for (column, value) in by.iter().zip(&values) {
                let value = match (*column, value) {
                    ("record_number", Some(number)) => json!(number.parse::<u64>().unwrap()),
                    (_, value) => json!(value),
                };
                row.insert((*column).to_owned(), value);
            }
            let success = times(&|event| !failed(event)).into_iter().max();
            for (name, value) in [
                (
                    "first",
                    json!(written(*all.iter().min().expect("an event"))),
                ),
                ("last", json!(written(last))),
                ("calls", json!(counted.len())),
                ("errors", json!(count(&|event| failed(event)))),
                ("denied", json!(count(&|event| meets(event, "denied", "")))),
                ("last_success", json!(success.map(written))),
            ] {
                row.insert(name.to_owned(), value);
            }
            rows.push((last, Value::Object(row)));
        }
        // The groups were in the order of their values, and the sort is stable.
        rows.sort_by_key(|(last, _)| std::cmp::Reverse(*last));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// Every subject with the events that belong to it.
    fn entries(&self) -> BTreeMap<Subject, Vec<&Event>> {
        let mut entries: BTreeMap<Subject, Vec<&Event>> = BTreeMap::new();
        for event in self.inside.iter().filter(|event| !event.key.is_empty()) {
            for subject in subjects(event) {
                entries.entry(subject).or_default().push(event);
            }
        }
        entries
    }
}

/// The value of a call in a column of groups.
fn group_value(call: &Value, column: &str) -> Option<String> {
    let member = |name: &str| match &call[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let time = member("event_time").expect("a time");
    match column {
        "day" => Some(time[..10].to_owned()),
        "hour" => Some(format!("{}:00:00Z", &time[..13])),
        "key_type" => member("access_key_id").map(|key| key_type(&key).to_owned()),
        "network" => member("source_ip").map(|source| {
            let address = parts(&source).into_iter().find_map(|part| {
                let address: std::net::IpAddr = bare(part).parse().ok()?;
                Some(address.to_canonical())
            });
            match address {
                None => source,
                Some(std::net::IpAddr::V4(address)) => {
                    let text = address.to_string();
                    let (network, _) = text.rsplit_once('.').expect("an address");
                    format!("{network}.0/24")
                }
                Some(std::net::IpAddr::V6(address)) => {
                    let network = address.to_bits() >> 80 << 80;
                    format!("{}/48", std::net::Ipv6Addr::from_bits(network))
                }
            }
        }),
        "resources" => {
            let resources = call["resources"].as_array().expect("a list");
            let texts = resources.iter().map(|one| {
                let (kind, name) = (one["type"].as_str().unwrap(), one["name"].as_str().unwrap());
                if kind.is_empty() {
                    name.to_owned()
                } else {
                    format!("{kind}:{name}")
                }
            });
            let text = texts.collect::<Vec<_>>().join("; ");
            (!text.is_empty()).then_some(text)
        }
        // In the order of numbers.
        "record_number" => member(column).map(|number| format!("{number:0>10}")),
        column => member(column),
    }
}

/// Everything that one event is counted under.
fn subjects(event: &Event) -> Vec<Subject> {
    let subject = |dimension, service: &str, resource_type: &str, name: &str| Subject {
        key: event.key.clone(),
        dimension,
        service: service.to_owned(),
        resource_type: resource_type.to_owned(),
        name: name.to_owned(),
    };
    let mut subjects = vec![subject(0, "", "", ""), subject(1, &event.service, "", "")];
    if !event.name.is_empty() {
        subjects.push(subject(2, &event.service, "", &event.name));
    }
    if !event.ip.is_empty() {
        subjects.push(subject(3, &event.service, "", &event.ip));
    }
    for (resource_type, name) in &event.resources {
        subjects.push(subject(4, &event.service, resource_type, name));
    }
    for (dimension, value) in [(5, &event.region), (6, &event.agent), (7, &event.error)] {
        if !value.is_empty() {
            subjects.push(subject(dimension, &event.service, "", value));
        }
    }
    subjects
}

/// One row of `dump`.
struct Row<'a> {
    subject: &'a Subject,
    first: &'a Event,
    last: &'a Event,
    events: usize,
    errors: usize,
    last_success: Option<i64>,
    denied: usize,
}

impl<'a> Row<'a> {
    fn new((subject, events): (&'a Subject, &Vec<&'a Event>)) -> Self {
        let order = |event: &&&Event| (event.time, event.id.clone(), event.place);
        let is_copy = |event: &Event| match DIMENSIONS[subject.dimension] {
            "region" => event.copy_in_region,
            "agent" => event.copy_by_agent,
            _ => event.copy,
        };
        let counted = || events.iter().filter(|event| !is_copy(event));
        let succeeded = events.iter().filter(|event| !failed(event));
        Self {
            subject,
            first: events
                .iter()
                .min_by_key(order)
                .expect("an entry has an event"),
            last: events
                .iter()
                .max_by_key(order)
                .expect("an entry has an event"),
            events: counted().count(),
            errors: counted().filter(|event| failed(event)).count(),
            last_success: succeeded.map(|event| event.time).max(),
            denied: counted().filter(|event| denied(event)).count(),
        }
    }

    /// The service as the row shows it, which is that of the last event.
    fn service(&self) -> &str {
        &self.last.service
    }

    fn sort_key(&self) -> (&str, &str, usize, i64, &str, &str) {
        let Subject {
            key,
            dimension,
            resource_type,
            name,
            ..
        } = self.subject;
        (
            key,
            self.service(),
            *dimension,
            -self.last.time,
            name,
            resource_type,
        )
    }

    fn to_value(&self) -> Value {
        let of_key = |text: &str| {
            if self.subject.dimension == 0 {
                or_null(text)
            } else {
                Value::Null
            }
        };
        json!({
            "dimension": DIMENSIONS[self.subject.dimension],
            "access_key_id": self.subject.key,
            "service_name": or_null(self.service()),
            "resource_type": or_null(&self.subject.resource_type),
            "name": or_null(&self.subject.name),
            "first_used": written(self.first.time),
            "first_event_id": or_null(&self.first.id),
            "last_used": written(self.last.time),
            "last_event_id": or_null(&self.last.id),
            "events": self.events,
            "errors": self.errors,
            "source": self.last.source,
            "account_id": of_key(&self.last.account),
            "owner_id": of_key(&self.last.owner),
            "user_name": of_key(&self.last.user),
            "account_type": of_key(&self.last.account_type),
            "last_success": self.last_success.map(written),
            "denied": self.denied,
        })
    }
}

fn or_null(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        text.into()
    }
}

fn key_type(key: &str) -> &'static str {
    match key {
        _ if key.starts_with("LTAI") => "long-term",
        _ if key.starts_with("STS.") => "sts",
        _ if key.starts_with("TMP.") => "temporary",
        _ => "other",
    }
}

fn is_inside(event: &Event, question: &Question) -> bool {
    let account = account(event);
    question.since.is_none_or(|since| since <= event.time)
        && question.until.is_none_or(|until| event.time < until)
        && (question.regions.is_empty() || question.regions.contains(&event.region))
        && (question.accounts.is_empty() || question.accounts.iter().any(|one| one == account))
        && meets_all(event, &question.conditions)
}

fn account(event: &Event) -> &str {
    if event.account.is_empty() {
        &event.recipient
    } else {
        &event.account
    }
}

/// Whether an event meets one of each kind of condition, and none of those that rule out.
fn meets_all(event: &Event, conditions: &[(String, String)]) -> bool {
    let options: BTreeSet<&str> = conditions
        .iter()
        .map(|(option, _)| option.as_str())
        .collect();
    options.into_iter().all(|option| {
        let mut values = conditions.iter().filter(|(other, _)| other == option);
        match option.strip_prefix("not-") {
            Some(option) => !values.any(|(_, value)| meets(event, option, value)),
            None => values.any(|(_, value)| meets(event, option, value)),
        }
    })
}

/// Whether an event meets one condition.
fn meets(event: &Event, option: &str, value: &str) -> bool {
    let like = |text: &str| !text.is_empty() && is_like(value.as_bytes(), text.as_bytes());
    match option {
        "key" => like(&event.key),
        "no-key" => event.key.is_empty(),
        "service" => event.service.eq_ignore_ascii_case(value),
        // The type of an event without a name is its name.
        "event" if event.name.is_empty() => like(&event.kind),
        "event" => like(&event.name),
        "ip" => comes_from(&event.ip, value),
        "user" => like(&event.user) || like(&event.owner),
        "agent" => like(&event.agent),
        "resource" => event
            .resources
            .iter()
            .any(|(kind, name)| like(name) || !kind.is_empty() && like(&format!("{kind}:{name}"))),
        "resource-type" => event.resources.iter().any(|(kind, _)| kind == value),
        "region" => event.region == value,
        "account" => account(event) == value,
        "rw" => event.rw.eq_ignore_ascii_case(value),
        "event-type" => event.kind == value,
        "event-id" => event.id == value,
        "error" if value.is_empty() => failed(event),
        "error" => like(&event.error),
        "success" => !failed(event),
        "grep" => has_text(&event.json, value),
        "denied" => denied(event),
        _ => panic!("no such condition: {option}"),
    }
}

/// Whether the call failed: a sign-in can fail without a code.
fn failed(event: &Event) -> bool {
    let signs_in = event.name == "ConsoleSignin";
    !event.error.is_empty() || signs_in && !["", "success"].contains(&event.message.as_str())
}

fn denied(event: &Event) -> bool {
    let mut beginnings = DENIED.iter();
    beginnings.any(|beginning| event.error.starts_with(beginning))
}

/// What the codes of denied calls begin with.
const DENIED: [&str; 14] = [
    "NoPermission",
    "Forbidden",
    "Forbbiden",
    "InvalidAccessKeyId",
    "InvalidSecurityToken",
    "SignatureDoesNotMatch",
    "InvalidAuthorization",
    "AccessForbidden",
    "NotAuthorized",
    "AccessDenied",
    "UserDisable",
    "Unauthorized",
    "SignatureNotMatch",
    "AccessKeyId.AccessPolicyDenied",
];

/// Whether a text matches a pattern, by trying every way.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|position| is_like(rest, &text[position..])),
        Some((one, rest)) => text.first() == Some(one) && is_like(rest, &text[1..]),
    }
}

/// Whether a text stands in a name or a value of a record, with escapes decoded as often as there are.
fn has_text(json: &Json, wanted: &str) -> bool {
    let found = |text: &str| {
        let mut text = text.to_owned();
        (0..5).any(|_| {
            let found = text.contains(wanted);
            text = decoded(&text);
            found
        })
    };
    match json {
        Json::Text(text) => found(text),
        Json::List(values) => values.iter().any(|value| has_text(value, wanted)),
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| found(name) || has_text(value, wanted)),
        Json::Number(text) => text.contains(wanted),
        Json::Null | Json::Bool(_) => false,
    }
}

/// A text with the escapes of letters in it decoded once.
fn decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once("\\u") {
        decoded.push_str(before);
        let digits = escape.get(..4).unwrap_or("");
        let letter = u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32);
        match letter {
            Some(letter) => {
                decoded.push(letter);
                rest = &escape[4..];
            }
            None => {
                decoded.push_str("\\u");
                rest = escape;
            }
        }
    }
    decoded + rest
}

/// Whether a source has the wanted address in it, one of the wanted network, or is the wanted word.
fn comes_from(source: &str, wanted: &str) -> bool {
    let (address, length) = match wanted.split_once('/') {
        Some((address, length)) => (address, Some(length.parse().expect("a length"))),
        None => (wanted, None),
    };
    let Some(wanted_bits) = bits(address) else {
        return parts(source) == parts(wanted);
    };
    let length = length.unwrap_or(wanted_bits.len());
    parts(source).iter().any(|part| {
        bits(bare(part)).is_some_and(|bits| {
            bits.len() == wanted_bits.len() && bits[..length] == wanted_bits[..length]
        })
    })
}

/// The parts of a list of addresses.
fn parts(source: &str) -> Vec<&str> {
    source
        .split([',', ' '])
        .filter(|part| !part.is_empty())
        .collect()
}

/// An address without brackets, zone and port.
fn bare(part: &str) -> &str {
    let inside = match part.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().expect("a part"),
        None if part.matches(':').count() == 1 => part.split(':').next().expect("a part"),
        None => part,
    };
    inside.split('%').next().expect("a part")
}

/// The bits of an address, one a character.
fn bits(address: &str) -> Option<String> {
    let address: std::net::IpAddr = address.parse().ok()?;
    Some(match address.to_canonical() {
        std::net::IpAddr::V4(address) => format!("{:032b}", address.to_bits()),
        std::net::IpAddr::V6(address) => format!("{:0128b}", address.to_bits()),
    })
}

/// What two records must share to be one event: the id and every field that any row shows or counts.
fn identity(event: &Event) -> impl Ord + use<> {
    let Event { time, source, .. } = *event;
    let texts = [
        &event.id,
        &event.key,
        &event.account,
        &event.owner,
        &event.user,
        &event.account_type,
        &event.service,
        &event.name,
        &event.ip,
        &event.error,
    ];
    (
        time,
        source,
        texts.map(Clone::clone),
        failed(event),
        event.resources.clone(),
    )
}

/// The event that one element of a file is; nothing where it is no object or has no usable time.
fn event(place: (usize, usize), json: &Json) -> Option<Event> {
    let Json::Object(_) = json else { return None };
    let Held::Object(identity) = held_identity(json) else {
        return None;
    };
    let identity = &identity;
    Some(Event {
        place,
        time: time(&text(json, "eventTime"))?,
        id: text(json, "eventId"),
        key: text(identity, "accessKeyId"),
        account: text(identity, "accountId"),
        owner: text(identity, "principalId"),
        user: text(identity, "userName"),
        account_type: text(identity, "type"),
        service: text(json, "serviceName"),
        name: text(json, "eventName"),
        ip: text(json, "sourceIpAddress"),
        error: text(json, "errorCode"),
        source: match text(json, "eventCategory").as_str() {
            "Data" => "DataEvent",
            "Management" | "" => "ManagementEvent",
            _ => "Internal",
        },
        resources: resources(json),
        region: text(json, "acsRegion"),
        recipient: text(json, "recipientAccountId"),
        rw: text(json, "eventRW"),
        kind: text(json, "eventType"),
        message: text(json, "errorMessage"),
        agent: text(json, "userAgent"),
        request: text(json, "requestId"),
        json: json.clone(),
        copy: false,
        copy_in_region: false,
        copy_by_agent: false,
    })
}

/// What stands where an object belongs.
enum Held {
    /// The object, also one that a string holds; an empty one where there is nothing.
    Object(Json),
    /// Text that is no object, or a list that holds anything.
    Other,
}

/// What `userIdentity` holds, where a list may stand for an identity.
fn held_identity(json: &Json) -> Held {
    match field(json, "userIdentity") {
        Some(Json::List(items)) if !items.is_empty() => Held::Other,
        identity => held(identity),
    }
}

fn held(value: Option<&Json>) -> Held {
    match value {
        Some(Json::Object(members)) => Held::Object(Json::Object(members.clone())),
        Some(Json::Text(text)) => match json::parse(text) {
            Some(inner @ (Json::Object(_) | Json::Text(_) | Json::Null)) => held(Some(&inner)),
            _ if text.trim().is_empty() => Held::Object(Json::Null),
            _ => Held::Other,
        },
        _ => Held::Object(Json::Null),
    }
}

/// Whether an element may be an event, or hold some, that the contract has no reading of.
fn is_not_understood(json: &Json) -> bool {
    match json {
        Json::List(_) | Json::Text(_) => mentions_events(json) || lists_objects(json),
        Json::Object(members) => {
            let text = text(json, "eventTime");
            let is_event = members.iter().any(|(name, _)| {
                let name = name.to_ascii_lowercase();
                EVENT_MEMBERS.contains(&&*name)
            });
            matches!(held_identity(json), Held::Other)
                || match time(&text) {
                    Some(_) => matches!(held(field(json, "referencedResources")), Held::Other),
                    None if text.trim().is_empty() => {
                        !is_event && (mentions_events(json) || lists_objects(json))
                    }
                    None => true,
                }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// The members by which an object is known as an event, in small letters.
const EVENT_MEMBERS: [&str; 15] = [
    "eventtime",
    "eventid",
    "useridentity",
    "servicename",
    "eventname",
    "sourceipaddress",
    "acsregion",
    "errorcode",
    "eventcategory",
    "recipientaccountid",
    "referencedresources",
    "resourcename",
    "resourcetype",
    "requestparameters",
    "responseelements",
];

/// Whether a name or a text anywhere in a value has that of an event's time or key in it.
fn mentions_events(json: &Json) -> bool {
    let has_word = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["eventtime", "event_time", "accesskeyid"]
            .iter()
            .any(|word| text.contains(word))
    };
    match json {
        Json::List(items) => items.iter().any(mentions_events),
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| has_word(name) || mentions_events(value)),
        Json::Text(text) => has_word(text),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether a value is a list of objects, or has one somewhere below it.
fn lists_objects(json: &Json) -> bool {
    match json {
        Json::List(items) => items
            .iter()
            .any(|item| matches!(item, Json::Object(members) if !members.is_empty())),
        Json::Object(members) => members.iter().any(|(_, value)| lists_objects(value)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => false,
    }
}

/// The last member of that name, in any case.
fn field<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    let Json::Object(members) = object else {
        return None;
    };
    members
        .iter()
        .rev()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The text of a string field; `""` where it is missing or holds what is no text.
fn text(object: &Json, name: &str) -> String {
    match field(object, name) {
        Some(Json::Text(text) | Json::Number(text)) => text.clone(),
        Some(Json::Bool(truth)) => truth.to_string(),
        Some(Json::Null | Json::List(_) | Json::Object(_)) | None => String::new(),
    }
}

/// The resources of an event, as pairs of type and name.
fn resources(json: &Json) -> BTreeSet<(String, String)> {
    let mut resources = BTreeSet::new();
    if let Held::Object(Json::Object(types)) = held(field(json, "referencedResources")) {
        for (resource_type, names) in types {
            let names = match names {
                Json::List(names) => names,
                alone => vec![alone],
            };
            for name in &names {
                if let Json::Text(name) = name {
                    resources.insert((resource_type.clone(), name.clone()));
                }
            }
        }
    }
    let types = text(json, "resourceType");
    let mut types = types.split(';');
    for group in text(json, "resourceName").split(';') {
        let resource_type = types.next().unwrap_or_default();
        for name in group.split(',') {
            resources.insert((resource_type.to_owned(), name.to_owned()));
        }
    }
    resources.retain(|(_, name)| !name.is_empty());
    resources
}

/// What reading one file gave: its elements in order, nothing in place of one that is not JSON.
struct Reading {
    elements: Vec<Option<Json>>,
    inflated: usize,
    damaged: bool,
    has_value: bool,
}

impl Reading {
    fn status(&self) -> &'static str {
        match self {
            Self {
                has_value: false,
                inflated: 1..,
                ..
            } => "unreadable",
            Self { damaged: true, .. } => "partial",
            _ => "read",
        }
    }
}

fn read(bytes: &[u8]) -> Reading {
    let (inflated, whole) = inflate(bytes);
    let text = String::from_utf8_lossy(&inflated);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reading = Reading {
        elements: Vec::new(),
        inflated: inflated.len(),
        damaged: !whole,
        has_value: text.is_empty(),
    };
    split(text, &mut reading);
    let elements = reading.elements.iter().flatten();
    reading.damaged |= elements.clone().any(is_not_understood);
    reading
}

/// The text of a file, as far as it can be had, and whether that is all of it.
pub fn inflate(bytes: &[u8]) -> (Vec<u8>, bool) {
    const MAGIC: [u8; 2] = [0x1f, 0x8b];
    if !bytes.starts_with(&MAGIC) {
        return (bytes.to_vec(), true);
    }
    let mut text = Vec::new();
    let mut rest = bytes;
    while rest.starts_with(&MAGIC) {
        let mut member = GzDecoder::new(rest);
        // Byte by byte, so that what lies before a fault is not lost with the block it was in.
        let mut byte = [0];
        loop {
            match member.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => text.extend(byte),
                Err(_) => return (text, false),
            }
        }
        rest = member.into_inner();
    }
    (text, rest.iter().all(|&byte| byte == 0))
}

/// Cuts a text into the elements of its sequence of values.
fn split(text: &str, reading: &mut Reading) {
    let bytes = text.as_bytes();
    let mut position = 0;
    let mut in_array = false;
    loop {
        while bytes
            .get(position)
            .is_some_and(|byte| b" \t\r\n,".contains(byte))
        {
            position += 1;
        }
        let Some(&byte) = bytes.get(position) else {
            // A text that ends inside an array is cut.
            reading.damaged |= in_array;
            return;
        };
        reading.has_value = true;
        match byte {
            b']' if in_array => {
                in_array = false;
                position += 1;
                continue;
            }
            b'[' if !in_array => {
                in_array = true;
                position += 1;
                continue;
            }
            _ => {}
        }
        let end = match byte {
            b'{' | b'[' | b'"' => json::end_of_value(bytes, position),
            _ => {
                let ends: &[u8] = if in_array { b",] \t\r\n" } else { b"\n" };
                let length = bytes[position..]
                    .iter()
                    .position(|byte| ends.contains(byte));
                Some(length.map_or(bytes.len(), |length| position + length))
            }
        };
        let Some(end) = end else {
            reading.damaged = true;
            return;
        };
        let value = json::parse(&text[position..end]);
        reading.damaged |= value.is_none();
        position = end;
        match value.as_ref().and_then(|value| reply(value)) {
            Some(events) if !in_array => reading.elements.extend(events.iter().cloned().map(Some)),
            _ => reading.elements.push(value),
        }
    }
}

/// The events of a reply to `LookupEvents`.
fn reply(value: &Json) -> Option<&[Json]> {
    let Json::Object(members) = value else {
        return None;
    };
    match members.iter().rev().find(|(name, _)| name == "Events") {
        Some((_, Json::List(events))) => Some(events),
        _ => None,
    }
}

/// The count of events in the name of a delivered file.
fn events_in_name(path: &Path) -> Option<usize> {
    let name = path.file_name()?.to_str()?;
    let parts: Vec<&str> = name
        .strip_prefix("Actiontrail_")?
        .strip_suffix(".gz")?
        .split('_')
        .collect();
    match parts[..] {
        [_region, _time, "1002", events, _size, _digest] => events.parse().ok(),
        _ => None,
    }
}

/// Milliseconds since 1970 of an event's time; nothing where the contract refuses the text.
pub fn time(text: &str) -> Option<i64> {
    let mut rest = text.trim_ascii().as_bytes();
    let year = number(&mut rest, 4)?;
    one_of(&mut rest, b"-")?;
    let month = number(&mut rest, 2)?;
    one_of(&mut rest, b"-")?;
    let day = number(&mut rest, 2)?;
    one_of(&mut rest, b"Tt ")?;
    let hour = number(&mut rest, 2)?;
    one_of(&mut rest, b":")?;
    let minute = number(&mut rest, 2)?;
    one_of(&mut rest, b":")?;
    let second = number(&mut rest, 2)?;

    let mut millisecond = 0;
    if one_of(&mut rest, b".").is_some() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        let (fraction, after) = rest.split_at(digits);
        rest = after;
        let padded = [fraction, b"00"].concat();
        millisecond = number(&mut &padded[..], 3)?;
    }

    if rest == b" UTC" {
        rest = b"Z";
    }
    let mut offset = 0;
    match one_of(&mut rest, b"Zz+-")? {
        b'Z' | b'z' => {}
        sign => {
            let hours = number(&mut rest, 2)?;
            let minutes = if rest.is_empty() {
                0
            } else {
                let _ = one_of(&mut rest, b":");
                number(&mut rest, 2)?
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            offset = (hours * 60 + minutes) * if sign == b'-' { -1 } else { 1 };
        }
    }

    let in_range = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 59;
    if !in_range || !rest.is_empty() {
        return None;
    }
    let days =
        days_before(year) + (1..month).map(|month| days_of(year, month)).sum::<i64>() + day - 1;
    let minutes = (days - days_before(1970)) * 24 * 60 + hour * 60 + minute - offset;
    Some((minutes * 60 + second) * 1000 + millisecond)
}

/// The next `width` digits, as a number.
fn number(rest: &mut &[u8], width: usize) -> Option<i64> {
    let (digits, after) = rest.split_at_checked(width)?;
    *rest = after;
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + i64::from(digit - b'0'))
    })
}

/// The next byte, where it is one of these.
fn one_of(rest: &mut &[u8], allowed: &[u8]) -> Option<u8> {
    let (&byte, after) = rest.split_first()?;
    allowed.contains(&byte).then(|| {
        *rest = after;
        byte
    })
}

/// Days from the first day of year 0 to the first day of that year.
fn days_before(year: i64) -> i64 {
    (0..year).map(days_in).sum()
}

fn days_in(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// A time as every format writes it.
pub fn written(time: i64) -> String {
    let millisecond = time.rem_euclid(1000);
    let seconds = time.div_euclid(1000);
    let second_of_day = seconds.rem_euclid(24 * 60 * 60);
    let mut days = seconds.div_euclid(24 * 60 * 60) + days_before(1970);
    let mut year = 0;
    while days >= days_in(year) {
        days -= days_in(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of(year, month) {
        days -= days_of(year, month);
        month += 1;
    }
    let fraction = if millisecond == 0 {
        String::new()
    } else {
        format!(".{millisecond:03}")
    };
    let (hour, minute, second) = (
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    );
    format!(
        "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z",
        days + 1
    )
}

mod tests {
    use super::{time, written};

    #[test]
    fn times_are_read_as_the_calendar_has_them() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-03-05T09:21:32Z", 1_709_630_492_000),
            ("2024-03-05 17:21:32.1239+0800", 1_709_630_492_123),
            ("1969-12-31T23:59:59.5-00:00", -500),
            ("2000-02-29T00:00:00+05:45", 951_761_700_000),
            ("2024-03-05 17:21:32+08", 1_709_630_492_000),
            (" 2024-03-05 09:21:32 UTC\n", 1_709_630_492_000),
        ] {
            assert_eq!(time(text), Some(milliseconds), "{text}");
        }
        assert_eq!(written(1_709_630_492_123), "2024-03-05T09:21:32.123Z");
        assert_eq!(written(-500), "1969-12-31T23:59:59.500Z");
        assert_eq!(written(951_782_400_000), "2000-02-29T00:00:00Z");
    }

    #[test]
    fn times_that_no_calendar_has_are_refused() {
        for text in [
            "2023-02-29T00:00:00Z",
            "2024-03-05T24:00:00Z",
            "2024-03-05T09:21:32.Z",
            "2024-03-05T09:21:32",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
