//! What is said where an answer is empty: why, as far as can be told, and what to try.

use std::path::Path;

use keytrail::calls::Conditions;
use keytrail::coverage::Coverage;
use keytrail::scan::Options;
use keytrail::usage::UsageMap;
use keytrail::{archive, query, report};

use super::answer::Asked;
use super::diagnostics::{self, say};

/// Says why there is no use of a key, as far as can be told, and what was not read.
pub(super) fn no_use(asked: &Asked, options: &Options, coverage: &Coverage, usage: &UsageMap) {
    if coverage.files.found == 0 {
        no_log_files(options, coverage);
        return;
    }
    match asked.access_key_id() {
        Some(key) => no_use_of(key, asked, coverage, usage),
        None => say("keytrail: no event with an AccessKey was read"),
    }
    say(WHAT_A_TRAIL_DELIVERS);
}

const WHAT_A_TRAIL_DELIVERS: &str = "hint: an archive knows what the trail delivered: by default no \
                                     read events, never data events, and nothing before the trail \
                                     began";

/// Says that there is no log file, and what was looked for.
pub(super) fn no_log_files(options: &Options, coverage: &Coverage) {
    let roots: Vec<_> = options
        .roots
        .iter()
        .map(|root| diagnostics::shown(root))
        .collect();
    say(&format!("keytrail: no log files in {}", roots.join(", ")));
    say(&format!(
        "hint: looked for names that end in {}, at any depth, and for packs of them ({}); found {} \
         other files, and {} log files not opened for their date",
        archive::LOG_FILES.join(" "),
        archive::PACKS.join(" "),
        coverage.files.ignored,
        coverage.files.pruned
    ));
}

/// Says why there are no call records, as far as can be told.
pub(super) fn no_call(conditions: &Conditions, options: &Options, coverage: &Coverage) {
    if coverage.files.found == 0 {
        no_log_files(options, coverage);
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
fn no_use_of(key: &str, asked: &Asked, coverage: &Coverage, usage: &UsageMap) {
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
                "its events are from {} to {}",
                report::time(span.first),
                report::time(span.last)
            )
        },
    );
    say(&format!(
        "keytrail: no event of AccessKey {shown} in what was read; {span}"
    ));
    let near = query::nearest_keys(usage, key, 3);
    if !near.is_empty() {
        let near: Vec<_> = near.into_iter().map(report::escape).collect();
        say(&format!("hint: the nearest keys are {}", near.join(", ")));
    }
    if Path::new(key).exists() {
        say("hint: the key comes before the archive: keytrail last-used info KEY ARCHIVE");
    }
}
