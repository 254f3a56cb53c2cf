//! The answer of `verify` as one JSON document.

use std::io;

use serde::Serialize;

use super::super::json::{Coverage, push_json};
use super::super::problem::ProblemLine;
use super::super::time::time;
use super::{Verification, day};
use crate::coverage::{Gap, Trail};
use crate::evidence::{
    Comparison, Copies, Difference, LogFileEvidence, LogFileKey, MatchCounts, NameCheck,
    TrailChange, hex,
};

/// The document, on one line.
pub(super) fn document(verification: &Verification<'_>) -> io::Result<Vec<u8>> {
    let Verification {
        roots,
        findings,
        comparison,
        coverage,
        problems,
    } = *verification;
    let document = Document {
        schema: "keytrail.verify/1",
        coverage: Coverage::from(coverage),
        roots,
        names: findings.names.iter().enumerate().map(names).collect(),
        copies: findings.copies.iter().map(copies).collect(),
        trails: findings.trails.iter().map(trail).collect(),
        switches: findings.changes.iter().map(switch).collect(),
        manifest: comparison.map(manifest),
        problems: problems.iter().map(ProblemLine::from).collect(),
    };
    let mut line = Vec::new();
    push_json(&document, &mut line)?;
    line.push(b'\n');
    Ok(line)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    coverage: Coverage,
    roots: &'a [String],
    names: Vec<NamesObject>,
    copies: Vec<CopiesObject>,
    trails: Vec<TrailObject>,
    switches: Vec<SwitchObject<'a>>,
    manifest: Option<ManifestObject>,
    problems: Vec<ProblemLine<'a>>,
}

#[derive(Serialize)]
struct LogFile {
    root: u32,
    path: String,
}

fn log_file(key: &LogFileKey) -> LogFile {
    LogFile {
        root: key.root,
        path: key.path_text().into_owned(),
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

fn names((root, names): (usize, &NameCheck<'_>)) -> NamesObject {
    let agreement = |agreement: MatchCounts| {
        let MatchCounts {
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
        Difference::Events { claimed, found } => {
            (count(claimed), None, None, Some(count(found)), None)
        }
        Difference::Size {
            claimed,
            object,
            text,
        } => (
            count(claimed),
            Some(count(object)),
            Some(count(text)),
            None,
            None,
        ),
        Difference::Md5 {
            claimed,
            object,
            text,
        } => (md5(claimed), Some(md5(object)), Some(md5(text)), None, None),
        Difference::Region { claimed, folder } => (
            Value::Text(claimed.clone()),
            None,
            None,
            None,
            Some(Value::Text(folder.clone())),
        ),
        Difference::Day { claimed, folder } => (
            Value::Text(day(*claimed)),
            None,
            None,
            None,
            Some(Value::Text(day(*folder))),
        ),
    };
    DifferingObject {
        log_file: log_file(&file.key),
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
        log_files: copies
            .log_files
            .iter()
            .map(|file| log_file(&file.key))
            .collect(),
    }
}

#[derive(Serialize)]
struct TrailObject {
    root: u32,
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
        root: trail.root,
        path: String::from_utf8_lossy(&trail.path).into_owned(),
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
    root: u32,
    log_file: String,
    record_number: u32,
    next_start_logging: Option<String>,
    silent_from: Option<String>,
    silent_until: Option<String>,
    last_event: Option<String>,
}

fn switch(switch: &TrailChange) -> SwitchObject<'_> {
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
        root: switch.log_file.root,
        log_file: switch.log_file.path_text().into_owned(),
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
    let list = |keys: &[LogFileKey]| keys.iter().map(log_file).collect();
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
