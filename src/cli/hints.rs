//! What is said where an answer is empty: why, as far as can be told, and what to try.

use std::path::{Path, PathBuf};

use keytrail::calls::Conditions;
use keytrail::coverage::Coverage;
use keytrail::scan::Scope;
use keytrail::usage::UsageMap;
use keytrail::{archive, query, report};

use super::answer::Asked;
use super::diagnostics::{self, counted, say};

/// Says why there is no use of a key, as far as can be told, and what was not read.
pub(super) fn no_use(
    asked: &Asked,
    roots: &[PathBuf],
    scope: &Scope,
    coverage: &Coverage,
    usage: &UsageMap,
) {
    if coverage.files.found == 0 {
        no_log_files(roots, scope, coverage);
        return;
    }
    if all_outside(coverage) {
        return;
    }
    match asked.access_key_id() {
        Some(key) => no_use_of(key, asked, scope, coverage, usage),
        None => say("keytrail: no event with an AccessKey was read"),
    }
    say(WHAT_A_TRAIL_DELIVERS);
}

const WHAT_A_TRAIL_DELIVERS: &str = "hint: an archive knows what the trail delivered: by default no \
                                     read events, never data events, and nothing before the trail \
                                     began";

/// Says that no event is within what was asked for, if that is so though there are events.
fn all_outside(coverage: &Coverage) -> bool {
    let outside = coverage.records.outside;
    let is_so = coverage.events == 0 && coverage.files.searched == 0 && outside > 0;
    if is_so {
        say(&format!(
            "keytrail: no event is within the window and the filters; {} outside",
            counted(outside, "is", "are")
        ));
    }
    is_so
}

/// Says that no log file was opened: there is none, or none of the window.
pub(super) fn no_log_files(roots: &[PathBuf], scope: &Scope, coverage: &Coverage) {
    let roots: Vec<_> = roots.iter().map(|root| diagnostics::shown(root)).collect();
    let roots = roots.join(", ");
    let files = &coverage.files;
    if files.pruned > 0 {
        let window = match (scope.since, scope.until) {
            (Some(since), Some(until)) => {
                format!("from {} to {}", report::time(since), report::time(until))
            }
            (Some(since), None) => format!("from {} on", report::time(since)),
            (None, Some(until)) => format!("before {}", report::time(until)),
            (None, None) => String::new(),
        };
        say(&format!(
            "keytrail: no log file in {roots} is of the window, {window}: by the days of their folders \
             and names, {} other days",
            counted(files.pruned, "log file is of", "log files are of")
        ));
        return;
    }
    say(&format!("keytrail: no log files in {roots}"));
    say(&format!(
        "hint: looked for names that end in {}, at any depth, and for packs of them ({}); found {}",
        archive::LOG_FILE_ENDINGS.join(" "),
        archive::CONTAINER_ENDINGS.join(" "),
        match files.ignored {
            0 => "no file at all".to_owned(),
            ignored => counted(ignored, "other file", "other files"),
        }
    ));
}

/// Says why there are no call records, as far as can be told.
pub(super) fn no_call(
    conditions: &Conditions,
    roots: &[PathBuf],
    scope: &Scope,
    coverage: &Coverage,
) {
    if coverage.files.found == 0 {
        no_log_files(roots, scope, coverage);
        return;
    }
    let others = match (coverage.records.outside, coverage.files.searched) {
        (0, 0) => "there are no others".to_owned(),
        (outside, 0) => format!("{outside} others do not"),
        (outside, searched) => {
            format!(
                "{outside} others do not, nor those of {searched} log files that were only searched"
            )
        }
    };
    say(&format!(
        "keytrail: no event that was read meets all conditions; {others}"
    ));
    let literal = [
        ("--key", &conditions.keys),
        ("--service", &conditions.services),
        ("--resource-type", &conditions.resource_types),
        ("--event-type", &conditions.event_types),
        ("--event-id", &conditions.event_ids),
    ];
    for (option, values) in literal {
        if values.iter().any(|value| value.contains('*')) {
            say(&format!("hint: `*` stands for itself in {option}"));
        }
    }
    if !conditions.keys.is_empty() {
        say("hint: keytrail keys ARCHIVE lists the keys that are there");
    }
    say(WHAT_A_TRAIL_DELIVERS);
}

/// Says why there is no use of this key, and which keys or services may be meant.
fn no_use_of(key: &str, asked: &Asked, scope: &Scope, coverage: &Coverage, usage: &UsageMap) {
    let shown = report::escape(key);
    let known = query::last_used(usage, query::LastUsed::Products, key, None);
    if let Some(service) = asked.service.as_deref()
        && !known.is_empty()
    {
        let services: Vec<_> = known
            .iter()
            .map(|row| report::escape(row.service_name))
            .collect();
        say(&format!(
            "keytrail: nothing of AccessKey {shown} under the service {}",
            report::escape(service)
        ));
        say(&format!("hint: its services are {}", services.join(", ")));
        return;
    }
    if !known.is_empty() {
        say(&format!(
            "keytrail: nothing of this kind for AccessKey {shown}, though the key was used"
        ));
        return;
    }
    let span = coverage.span.map_or_else(
        || "no event was read".to_owned(),
        |span| {
            format!(
                "that has events from {} to {}",
                report::time(span.first),
                report::time(span.last)
            )
        },
    );
    say(&format!(
        "keytrail: no event of AccessKey {shown} in what was read; {span}"
    ));
    if scope.is_narrowed() {
        say("hint: that is within the window and the filters; without them there may be more");
    }
    let near = query::nearest_keys(usage, key, 3);
    if !near.is_empty() {
        let near: Vec<_> = near.into_iter().map(report::escape).collect();
        let are = if near.len() == 1 {
            "key is"
        } else {
            "keys are"
        };
        say(&format!("hint: the nearest {are} {}", near.join(", ")));
    }
}

/// What to say to an error where the key may be the archive, and the archive the key.
pub(super) fn in_which_order(asked: &Asked) -> Option<&'static str> {
    let is_there = Path::new(asked.access_key_id()?).exists();
    is_there.then_some("the key comes before the archive: keytrail last-used info KEY ARCHIVE")
}
