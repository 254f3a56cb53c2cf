//! The answer of `verify` as one JSON document.

use std::io;

use serde::Serialize;

use crate::coverage::{Gap, Trail};
use crate::evidence::{
    Comparison, Copies, Difference, LogFileEvidence, LogFileKey, MatchCounts, NameCheck,
    SecondInflaterCheck, TrailChange, hex,
};
use crate::report::coverage::CoverageJson;
use crate::report::problem::ProblemLine;
use crate::report::text::json::push_json;
use crate::report::text::time::{date_of_day, time};

use super::answer::Verification;

/// The document, on one line.
pub(super) fn document(verification: &Verification<'_>) -> io::Result<Vec<u8>> {
    let Verification {
        roots,
        findings,
        comparison,
        coverage,
        problems,
    } = *verification;
    let document = VerificationJson {
        schema: "keytrail.verify/1",
        tool: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        command: "verify",
        coverage: CoverageJson::from(coverage),
        roots,
        names: findings.names.iter().enumerate().map(names).collect(),
        copies: findings.copies.iter().map(copies).collect(),
        second_inflater: findings.second_inflater.as_ref().map(second_inflater),
        trails: findings.trails.iter().map(trail).collect(),
        switches: findings.changes.iter().map(trail_change).collect(),
        manifest: comparison.map(manifest),
        problems: problems.iter().map(ProblemLine::from).collect(),
    };
    let mut line = Vec::new();
    push_json(&document, &mut line)?;
    line.push(b'\n');
    Ok(line)
}

#[derive(Serialize)]
struct VerificationJson<'a> {
    schema: &'static str,
    tool: &'static str,
    version: &'static str,
    command: &'static str,
    coverage: CoverageJson,
    roots: &'a [String],
    names: Vec<NamesJson>,
    copies: Vec<CopiesJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_inflater: Option<SecondInflaterJson>,
    trails: Vec<TrailJson>,
    switches: Vec<TrailChangeJson<'a>>,
    manifest: Option<ManifestJson>,
    problems: Vec<ProblemLine<'a>>,
}

#[derive(Serialize)]
struct LogFileJson {
    root: u32,
    path: String,
}

fn log_file(key: &LogFileKey) -> LogFileJson {
    LogFileJson {
        root: key.root,
        path: key.path_text().into_owned(),
    }
}

#[derive(Serialize)]
struct NamesJson {
    root: usize,
    named: u64,
    unnamed: u64,
    events: EventsJson,
    size: MatchCountsJson,
    md5: MatchCountsJson,
    differ: Vec<MismatchJson>,
}

#[derive(Serialize)]
struct EventsJson {
    r#match: u64,
    differ: u64,
}

#[derive(Serialize)]
struct MatchCountsJson {
    object: u64,
    text: u64,
    both: u64,
    neither: u64,
    unknown: u64,
}

#[derive(Serialize)]
struct MismatchJson {
    #[serde(flatten)]
    log_file: LogFileJson,
    what: &'static str,
    name: CountOrText,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<CountOrText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<CountOrText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<CountOrText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<CountOrText>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum CountOrText {
    Count(u64),
    Text(String),
}

fn names((root, names): (usize, &NameCheck<'_>)) -> NamesJson {
    let match_counts = |counts: MatchCounts| {
        let MatchCounts {
            object,
            text,
            both,
            neither,
            unknown,
        } = counts;
        MatchCountsJson {
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
        .filter(|mismatch| matches!(mismatch.difference, Difference::Events { .. }));
    NamesJson {
        root,
        named: names.named,
        unnamed: names.unnamed,
        events: EventsJson {
            r#match: names.events,
            differ: differ.count() as u64,
        },
        size: match_counts(names.size),
        md5: match_counts(names.md5),
        differ: names
            .differing
            .iter()
            .map(|mismatch| mismatch_object(mismatch.log_file, &mismatch.difference))
            .collect(),
    }
}

fn mismatch_object(file: &LogFileEvidence, difference: &Difference) -> MismatchJson {
    let count = |count: &u64| CountOrText::Count(*count);
    let md5 = |md5: &[u8; 16]| CountOrText::Text(hex(md5));
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
            CountOrText::Text(claimed.clone()),
            None,
            None,
            None,
            Some(CountOrText::Text(folder.clone())),
        ),
        Difference::Day { claimed, folder } => (
            CountOrText::Text(date_of_day(*claimed)),
            None,
            None,
            None,
            Some(CountOrText::Text(date_of_day(*folder))),
        ),
    };
    MismatchJson {
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
struct CopiesJson {
    of: &'static str,
    sha256: String,
    size: u64,
    log_files: Vec<LogFileJson>,
}

fn copies(copies: &Copies<'_>) -> CopiesJson {
    CopiesJson {
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

/// How many gzip files have the same text by both inflaters, and the others.
#[derive(Serialize)]
struct SecondInflaterJson {
    agree: u64,
    differ: Vec<LogFileJson>,
}

fn second_inflater(check: &SecondInflaterCheck<'_>) -> SecondInflaterJson {
    let differing = check.differing.iter();
    SecondInflaterJson {
        agree: check.agree,
        differ: differing.map(|file| log_file(&file.key)).collect(),
    }
}

#[derive(Serialize)]
struct TrailJson {
    root: u32,
    path: String,
    first_hour: String,
    last_hour: String,
    silences: Vec<GapJson>,
    missing_days: Vec<GapJson>,
    regions: Vec<RegionJson>,
}

#[derive(Serialize)]
struct RegionJson {
    region: String,
    first_hour: String,
    last_hour: String,
    gaps: Vec<GapJson>,
}

/// `until` is the end, which is no part of it.
#[derive(Serialize)]
struct GapJson {
    from: String,
    until: String,
    hours: i64,
}

fn gaps(gaps: &[Gap]) -> Vec<GapJson> {
    let one = |gap: &Gap| GapJson {
        from: time(gap.from),
        until: time(gap.until),
        hours: gap.hours(),
    };
    gaps.iter().map(one).collect()
}

fn trail(trail: &Trail) -> TrailJson {
    TrailJson {
        root: trail.root,
        path: String::from_utf8_lossy(&trail.path).into_owned(),
        first_hour: time(trail.first),
        last_hour: time(trail.last),
        silences: gaps(&trail.silences),
        missing_days: gaps(&trail.missing_days),
        regions: trail
            .regions
            .iter()
            .map(|region| RegionJson {
                region: region.name.clone(),
                first_hour: time(region.first),
                last_hour: time(region.last),
                gaps: gaps(&region.gaps),
            })
            .collect(),
    }
}

#[derive(Serialize)]
struct TrailChangeJson<'a> {
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

fn trail_change(change: &TrailChange) -> TrailChangeJson<'_> {
    fn known(text: &str) -> Option<&str> {
        (!text.is_empty()).then_some(text)
    }
    let optional = |milliseconds: Option<i64>| milliseconds.map(time);
    TrailChangeJson {
        event_time: time(change.time),
        event_name: change.action.as_str(),
        account_id: known(&change.account_id),
        access_key_id: known(&change.access_key_id),
        user_name: known(&change.user_name),
        source_ip: known(&change.source_ip),
        region: known(&change.region),
        resources: &change.resources,
        error_code: known(&change.error_code),
        event_id: known(&change.event_id),
        root: change.log_file.root,
        log_file: change.log_file.path_text().into_owned(),
        record_number: change.record,
        next_start_logging: optional(change.started),
        silent_from: optional(change.silence.map(|silence| silence.from)),
        silent_until: optional(change.silence.and_then(|silence| silence.until)),
        last_event: optional(change.last_event),
    }
}

#[derive(Serialize)]
struct ManifestJson {
    same: u64,
    changed: Vec<LogFileJson>,
    missing: Vec<LogFileJson>,
    added: Vec<LogFileJson>,
    unreadable: Vec<LogFileJson>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    renumbered: bool,
}

fn manifest(comparison: &Comparison) -> ManifestJson {
    let list = |keys: &[LogFileKey]| keys.iter().map(log_file).collect();
    let Comparison {
        same,
        missing,
        added,
        changed,
        unreadable,
        renumbered,
    } = comparison;
    ManifestJson {
        same: *same,
        changed: list(changed),
        missing: list(missing),
        added: list(added),
        unreadable: list(unreadable),
        renumbered: *renumbered,
    }
}
