//! The answer of `verify`: what the evidence says, as text for the eye and as one JSON document.
//!
//! It has no rows, so it is no format of the list. It reports and does not judge: a part of a name that
//! fits nothing "differs", and hours without a delivery are hours without a delivery.
//!
//! ```json
//! {"schema":"keytrail.verify/1","coverage":{…},"roots":["archive"],"names":[…],"copies":[…],
//! "trails":[…],"switches":[…],"manifest":null,"problems":[…]}
//! ```
//!
//! A log file is `{"root":0,"path":"…"}`: the number of its root in `roots`, and its path below it.
//! Bytes of a path that are no UTF-8 are shown as U+FFFD; the manifest keeps them.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use crate::coverage::Coverage;
use crate::evidence::{
    Agreement, Comparison, Copies, Difference, Findings, Gap, LogFileEvidence, Names, Region,
    Silence, Switch, Trail, hex,
};

use super::escape::escape;
use super::problem::ProblemLine;
use super::{json, time::time};

/// How many lines of one kind the text shows, unless all are asked for.
const SHOWN: usize = 10;

const DAY: i64 = 86_400_000;

/// What `verify` found out.
#[derive(Debug)]
pub struct Verification<'a> {
    /// The roots as given.
    pub roots: &'a [String],
    /// What the evidence says.
    pub findings: &'a Findings<'a>,
    /// How it compares with an earlier manifest.
    pub comparison: Option<&'a Comparison>,
    /// What it rests on.
    pub coverage: &'a Coverage,
    /// What was left out.
    pub problems: &'a [ProblemLine<'a>],
}

impl Verification<'_> {
    /// Writes one JSON document.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = self.findings;
        let document = Document {
            schema: "keytrail.verify/1",
            coverage: json::Coverage::from(self.coverage),
            roots: self.roots,
            names: findings.names.iter().enumerate().map(names).collect(),
            copies: findings.copies.iter().map(copies).collect(),
            trails: findings.trails.iter().map(trail).collect(),
            switches: findings.switches.iter().map(switch).collect(),
            manifest: self.comparison.map(manifest),
            problems: self.problems,
        };
        let mut line = Vec::new();
        json::push_json(&document, &mut line)?;
        line.push(b'\n');
        out.write_all(&line)
    }

    /// Writes text for the eye. Of a long list it shows the beginning, unless `all` is asked for.
    pub fn write_text(&self, all: bool, out: &mut dyn Write) -> io::Result<()> {
        let shown = if all { usize::MAX } else { SHOWN };
        let mut text = Text {
            lines: String::new(),
            shown,
            roots: self.roots,
        };
        for (root, names) in self.findings.names.iter().enumerate() {
            text.names(root, names);
        }
        text.copies(&self.findings.copies);
        for trail in &self.findings.trails {
            text.trail(trail);
        }
        if self.findings.trails.is_empty() {
            text.line("deliveries  no log file tells when it was delivered");
        }
        text.switches(&self.findings.switches);
        if let Some(comparison) = self.comparison {
            text.comparison(comparison);
        }
        out.write_all(text.lines.as_bytes())
    }
}

// Text.

struct Text<'a> {
    lines: String,
    shown: usize,
    roots: &'a [String],
}

impl Text<'_> {
    fn line(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
    }

    /// So many lines as are to be shown, and how many more there are.
    fn some(&mut self, lines: impl ExactSizeIterator<Item = String>, what: &str) {
        let more = lines.len().saturating_sub(self.shown);
        for line in lines.take(self.shown) {
            self.line(&line);
        }
        if more > 0 {
            self.line(&format!(
                "  … and {more} more {what}: -v or -f json has them"
            ));
        }
    }

    fn root(&self, root: usize) -> String {
        let root = self.roots.get(root).map_or("", String::as_str);
        escape(root).into_owned()
    }

    /// A log file with its root where there are several.
    fn path(&self, root: usize, path: &[u8]) -> String {
        let path = String::from_utf8_lossy(path);
        let path = escape(&path);
        if self.roots.len() > 1 {
            format!("{}: {path}", self.root(root))
        } else {
            path.into_owned()
        }
    }

    fn names(&mut self, root: usize, names: &Names<'_>) {
        let Names {
            named,
            unnamed,
            events,
            size,
            md5,
            differing,
        } = names;
        let root = self.root(root);
        self.line(&format!(
            "names       {named} of {} log files in {root} have a name of the documented form",
            named + unnamed
        ));
        if *named == 0 {
            return;
        }
        self.line(&format!(
            "  events    {events} of {named} as many as the name tells"
        ));
        self.line(&format!("  size      {}", agreement(*size, *named)));
        self.line(&format!("  md5       {}", agreement(*md5, *named)));
        for (kind, reading) in [
            ("event count", None),
            ("size", Some(size)),
            ("md5", Some(md5)),
            ("region", None),
            ("day", None),
        ] {
            if let Some(reading) = reading
                && usize::try_from(reading.neither).is_ok_and(|neither| neither > self.shown)
                && reading.neither + reading.unknown == *named
            {
                // Where no name fits, the readings are wrong, and a list says nothing of a file.
                self.line(&format!(
                    "            no {kind} fits either reading, so they are not listed: -v or -f \
                     json has them"
                ));
                continue;
            }
            let of_kind: Vec<_> = differing
                .iter()
                .filter(|differing| word(&differing.difference) == kind)
                .map(|differing| {
                    format!(
                        "  differs   {}: {}",
                        self.path(differing.log_file.root, &differing.log_file.path),
                        in_words(&differing.difference)
                    )
                })
                .collect();
            self.some(of_kind.into_iter(), &format!("that differ in the {kind}"));
        }
    }

    fn copies(&mut self, copies: &[Copies<'_>]) {
        let files: usize = copies.iter().map(|copies| copies.log_files.len()).sum();
        if copies.is_empty() {
            self.line("copies      none: no two log files are the same");
            return;
        }
        self.line(&format!(
            "copies      {files} log files in {} {} of the same",
            copies.len(),
            plural(copies.len(), "group", "groups")
        ));
        let lines: Vec<_> = copies
            .iter()
            .map(|copies| {
                let mut lines = format!(
                    "  same {}  {} bytes, sha256 {}",
                    if copies.same_object { "file" } else { "text" },
                    copies.size,
                    hex(&copies.sha256)
                );
                for log_file in copies.log_files.iter().take(self.shown) {
                    let _ = write!(
                        lines,
                        "\n            {}",
                        self.path(log_file.root, &log_file.path)
                    );
                }
                let more = copies.log_files.len().saturating_sub(self.shown);
                if more > 0 {
                    let _ = write!(lines, "\n            … and {more} more files");
                }
                lines
            })
            .collect();
        self.some(lines.into_iter(), "groups");
    }

    fn trail(&mut self, trail: &Trail) {
        let Trail {
            path,
            first,
            last,
            silences,
            missing_days,
            regions,
        } = trail;
        let path = path.to_string_lossy();
        self.line(&format!("deliveries  {}", escape(&path)));
        self.line(&format!(
            "  span      the hours {} to {}, {} {}",
            time(*first),
            time(*last),
            regions.len(),
            plural(regions.len(), "region", "regions")
        ));
        if silences.is_empty() {
            self.line("  silent    no hour without a delivery in any region");
        } else {
            let mut longest: Vec<_> = silences.iter().collect();
            longest.sort_by_key(|gap| (Reverse(gap.hours()), gap.from));
            let lines = longest
                .into_iter()
                .map(|gap| format!("  silent    {}, in all regions", gap_in_words(gap)));
            self.some(lines, "such silences");
        }
        let days = missing_days.iter().map(|days| {
            let (from, last) = (
                time(days.from).to_string(),
                time(days.until - DAY).to_string(),
            );
            let (from, last) = (date_of(&from), date_of(&last));
            if from == last {
                format!("  no day    {from}")
            } else {
                format!("  no days   {from} to {last}")
            }
        });
        self.some(days, "missing days");
        let by_region = regions
            .iter()
            .map(|region| region_in_words(region, *first, *last));
        self.some(by_region, "regions");
    }

    fn switches(&mut self, switches: &[Switch]) {
        if switches.is_empty() {
            self.line("switches    no event starts, stops, changes or deletes a trail");
            return;
        }
        self.line(&format!(
            "switches    {} {} that start, stop, change or delete a trail",
            switches.len(),
            plural(switches.len(), "event", "events")
        ));
        self.some(switches.iter().map(switch_in_words), "such events");
    }

    fn comparison(&mut self, comparison: &Comparison) {
        let Comparison {
            same,
            missing,
            added,
            changed,
            unreadable,
        } = comparison;
        self.line(&format!(
            "manifest    {same} the same, {} changed, {} missing, {} added, {} unreadable",
            changed.len(),
            missing.len(),
            added.len(),
            unreadable.len()
        ));
        for (what, paths) in [
            ("changed", changed),
            ("missing", missing),
            ("added", added),
            ("unreadable", unreadable),
        ] {
            let lines: Vec<_> = paths
                .iter()
                .map(|(root, path)| format!("  {what:<8}  {}", self.path(*root, path)))
                .collect();
            self.some(lines.into_iter(), what);
        }
    }
}

fn plural<'w>(count: usize, one: &'w str, more: &'w str) -> &'w str {
    if count == 1 { one } else { more }
}

/// The date of a time in words.
fn date_of(time: &str) -> &str {
    time.split_once('T').map_or(time, |(date, _)| date)
}

fn agreement(agreement: Agreement, named: u64) -> String {
    let Agreement {
        object,
        text,
        both,
        neither,
        unknown,
    } = agreement;
    let mut words = format!("{object} of {named} match the object, {text} its text");
    for (count, what) in [
        (both, "both"),
        (neither, "neither"),
        (unknown, "cannot be told"),
    ] {
        if count > 0 {
            let _ = write!(words, ", {count} {what}");
        }
    }
    words
}

/// The kind of a difference.
fn word(difference: &Difference) -> &'static str {
    match difference {
        Difference::Events { .. } => "event count",
        Difference::Size { .. } => "size",
        Difference::Md5 { .. } => "md5",
        Difference::Region { .. } => "region",
        Difference::Day { .. } => "day",
    }
}

fn in_words(difference: &Difference) -> String {
    let kind = word(difference);
    match difference {
        Difference::Events { promised, found } => {
            format!("{kind}: its name tells {promised}, inside are {found} records")
        }
        Difference::Size {
            promised,
            object,
            text,
        } => format!("{kind}: its name tells {promised}, the object has {object}, its text {text}"),
        Difference::Md5 {
            promised,
            object,
            text,
        } => format!(
            "{kind}: its name tells {}, the object has {}, its text {}",
            hex(promised),
            hex(object),
            hex(text)
        ),
        Difference::Region { promised, folder } => format!(
            "{kind}: its name tells {}, its folder {}",
            escape(promised),
            escape(folder)
        ),
        Difference::Day { promised, folder } => {
            let (promised, folder) = (day(*promised), day(*folder));
            format!("{kind}: its name tells {promised}, its folder {folder}")
        }
    }
}

/// A day that is counted from 1970-01-01. Days of four-digit years cannot overflow here.
fn day(day: i64) -> String {
    date_of(&time(day.saturating_mul(DAY)).to_string()).to_owned()
}

fn gap_in_words(gap: &Gap) -> String {
    let hours = gap.hours();
    format!(
        "{} to {}: {hours} {}",
        time(gap.from),
        time(gap.until),
        if hours == 1 { "hour" } else { "hours" }
    )
}

fn region_in_words(region: &Region, first: i64, last: i64) -> String {
    let Region {
        name,
        first: own_first,
        last: own_last,
        gaps,
    } = region;
    let mut words = format!("  region    {}: ", or_dash(name));
    let _ = match gaps
        .iter()
        .max_by_key(|gap| (gap.hours(), Reverse(gap.from)))
    {
        None => write!(words, "no gap"),
        Some(longest) => write!(
            words,
            "{} {}, the longest {}",
            gaps.len(),
            plural(gaps.len(), "gap", "gaps"),
            gap_in_words(longest)
        ),
    };
    if *own_first > first {
        let _ = write!(words, "; begins {}", time(*own_first));
    }
    if *own_last < last {
        let _ = write!(words, "; ends {}", time(*own_last));
    }
    words
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        escape(text).into_owned()
    }
}

fn switch_in_words(switch: &Switch) -> String {
    let mut words = format!(
        "  {}  {} by key {} (user {}) of account {} from {} in {}",
        time(switch.time),
        switch.action.as_str(),
        or_dash(&switch.access_key_id),
        or_dash(&switch.user_name),
        or_dash(&switch.account_id),
        or_dash(&switch.source_ip),
        or_dash(&switch.region)
    );
    if !switch.resources.is_empty() {
        let names: Vec<_> = switch.resources.iter().map(|name| escape(name)).collect();
        let _ = write!(words, ", {}", names.join(", "));
    }
    if !switch.error_code.is_empty() {
        let _ = write!(words, "; failed: {}", escape(&switch.error_code));
    }
    let Some(last_event) = switch.last_event else {
        return words;
    };
    words.push_str("\n            ");
    let _ = match switch.started {
        Some(started) => write!(words, "logging starts again {}", time(started)),
        None => write!(
            words,
            "no StartLogging after it; the account's last event {}",
            time(last_event)
        ),
    };
    let _ = match switch.silence {
        Some(Silence {
            from,
            until: Some(until),
        }) => write!(
            words,
            "; longest time without an event of the account {} to {}",
            time(from),
            time(until)
        ),
        Some(Silence { from, until: None }) => {
            write!(words, "; no event of the account after {}", time(from))
        }
        None => Ok(()),
    };
    words
}

// JSON.

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    coverage: json::Coverage,
    roots: &'a [String],
    names: Vec<NamesObject>,
    copies: Vec<CopiesObject>,
    trails: Vec<TrailObject>,
    switches: Vec<SwitchObject<'a>>,
    manifest: Option<ManifestObject>,
    problems: &'a [ProblemLine<'a>],
}

#[derive(Serialize)]
struct LogFile {
    root: usize,
    path: String,
}

fn log_file(log_file: &LogFileEvidence) -> LogFile {
    LogFile {
        root: log_file.root,
        path: log_file.shown(),
    }
}

#[derive(Serialize)]
struct NamesObject {
    root: usize,
    named: u64,
    unnamed: u64,
    events: EventsObject,
    size: AgreementObject,
    md5: AgreementObject,
    differ: Vec<DifferingObject>,
}

#[derive(Serialize)]
struct EventsObject {
    r#match: u64,
    differ: u64,
}

#[derive(Serialize)]
struct AgreementObject {
    object: u64,
    text: u64,
    both: u64,
    neither: u64,
    unknown: u64,
}

#[derive(Serialize)]
struct DifferingObject {
    #[serde(flatten)]
    log_file: LogFile,
    what: &'static str,
    name: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Count(u64),
    Text(String),
}

fn names((root, names): (usize, &Names<'_>)) -> NamesObject {
    let agreement = |agreement: Agreement| {
        let Agreement {
            object,
            text,
            both,
            neither,
            unknown,
        } = agreement;
        AgreementObject {
            object,
            text,
            both,
            neither,
            unknown,
        }
    };
    let differ = names
        .differing
        .iter()
        .filter(|differing| matches!(differing.difference, Difference::Events { .. }));
    NamesObject {
        root,
        named: names.named,
        unnamed: names.unnamed,
        events: EventsObject {
            r#match: names.events,
            differ: differ.count() as u64,
        },
        size: agreement(names.size),
        md5: agreement(names.md5),
        differ: names
            .differing
            .iter()
            .map(|differing| differing_object(differing.log_file, &differing.difference))
            .collect(),
    }
}

fn differing_object(file: &LogFileEvidence, difference: &Difference) -> DifferingObject {
    let count = |count: &u64| Value::Count(*count);
    let md5 = |md5: &[u8; 16]| Value::Text(hex(md5));
    let (name, object, text, found, folder) = match difference {
        Difference::Events { promised, found } => {
            (count(promised), None, None, Some(count(found)), None)
        }
        Difference::Size {
            promised,
            object,
            text,
        } => (
            count(promised),
            Some(count(object)),
            Some(count(text)),
            None,
            None,
        ),
        Difference::Md5 {
            promised,
            object,
            text,
        } => (
            md5(promised),
            Some(md5(object)),
            Some(md5(text)),
            None,
            None,
        ),
        Difference::Region { promised, folder } => (
            Value::Text(promised.clone()),
            None,
            None,
            None,
            Some(Value::Text(folder.clone())),
        ),
        Difference::Day { promised, folder } => (
            Value::Text(day(*promised)),
            None,
            None,
            None,
            Some(Value::Text(day(*folder))),
        ),
    };
    DifferingObject {
        log_file: log_file(file),
        what: match difference {
            Difference::Events { .. } => "events",
            Difference::Size { .. } => "size",
            Difference::Md5 { .. } => "md5",
            Difference::Region { .. } => "region",
            Difference::Day { .. } => "day",
        },
        name,
        object,
        text,
        found,
        folder,
    }
}

#[derive(Serialize)]
struct CopiesObject {
    of: &'static str,
    sha256: String,
    size: u64,
    log_files: Vec<LogFile>,
}

fn copies(copies: &Copies<'_>) -> CopiesObject {
    CopiesObject {
        of: if copies.same_object { "object" } else { "text" },
        sha256: hex(&copies.sha256),
        size: copies.size,
        log_files: copies.log_files.iter().map(|file| log_file(file)).collect(),
    }
}

#[derive(Serialize)]
struct TrailObject {
    path: String,
    first_hour: String,
    last_hour: String,
    silences: Vec<GapObject>,
    missing_days: Vec<GapObject>,
    regions: Vec<RegionObject>,
}

#[derive(Serialize)]
struct RegionObject {
    region: String,
    first_hour: String,
    last_hour: String,
    gaps: Vec<GapObject>,
}

/// `until` is the first moment after it.
#[derive(Serialize)]
struct GapObject {
    from: String,
    until: String,
    hours: i64,
}

fn gaps(gaps: &[Gap]) -> Vec<GapObject> {
    let one = |gap: &Gap| GapObject {
        from: time(gap.from).to_string(),
        until: time(gap.until).to_string(),
        hours: gap.hours(),
    };
    gaps.iter().map(one).collect()
}

fn trail(trail: &Trail) -> TrailObject {
    TrailObject {
        path: trail.path.to_string_lossy().into_owned(),
        first_hour: time(trail.first).to_string(),
        last_hour: time(trail.last).to_string(),
        silences: gaps(&trail.silences),
        missing_days: gaps(&trail.missing_days),
        regions: trail
            .regions
            .iter()
            .map(|region| RegionObject {
                region: region.name.clone(),
                first_hour: time(region.first).to_string(),
                last_hour: time(region.last).to_string(),
                gaps: gaps(&region.gaps),
            })
            .collect(),
    }
}

#[derive(Serialize)]
struct SwitchObject<'a> {
    event_time: String,
    event_name: &'static str,
    account_id: Option<&'a str>,
    access_key_id: Option<&'a str>,
    user_name: Option<&'a str>,
    source_ip: Option<&'a str>,
    region: Option<&'a str>,
    resources: &'a [String],
    error_code: Option<&'a str>,
    event_id: Option<&'a str>,
    log_file: String,
    record_number: u32,
    next_start_logging: Option<String>,
    silent_from: Option<String>,
    silent_until: Option<String>,
    last_event: Option<String>,
}

fn switch(switch: &Switch) -> SwitchObject<'_> {
    fn known(text: &str) -> Option<&str> {
        (!text.is_empty()).then_some(text)
    }
    let moment = |moment: Option<i64>| moment.map(|moment| time(moment).to_string());
    SwitchObject {
        event_time: time(switch.time).to_string(),
        event_name: switch.action.as_str(),
        account_id: known(&switch.account_id),
        access_key_id: known(&switch.access_key_id),
        user_name: known(&switch.user_name),
        source_ip: known(&switch.source_ip),
        region: known(&switch.region),
        resources: &switch.resources,
        error_code: known(&switch.error_code),
        event_id: known(&switch.event_id),
        log_file: switch.log_file.to_string_lossy().into_owned(),
        record_number: switch.record,
        next_start_logging: moment(switch.started),
        silent_from: moment(switch.silence.map(|silence| silence.from)),
        silent_until: moment(switch.silence.and_then(|silence| silence.until)),
        last_event: moment(switch.last_event),
    }
}

#[derive(Serialize)]
struct ManifestObject {
    same: u64,
    changed: Vec<LogFile>,
    missing: Vec<LogFile>,
    added: Vec<LogFile>,
    unreadable: Vec<LogFile>,
}

fn manifest(comparison: &Comparison) -> ManifestObject {
    let list = |paths: &[(usize, Vec<u8>)]| {
        let one = |(root, path): &(usize, Vec<u8>)| LogFile {
            root: *root,
            path: String::from_utf8_lossy(path).into_owned(),
        };
        paths.iter().map(one).collect()
    };
    let Comparison {
        same,
        missing,
        added,
        changed,
        unreadable,
    } = comparison;
    ManifestObject {
        same: *same,
        changed: list(changed),
        missing: list(missing),
        added: list(added),
        unreadable: list(unreadable),
    }
}
