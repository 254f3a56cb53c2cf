//! Messages about an empty answer, or none: the reason, as far as it is known, and hints.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use keytrail::archive::OpenError;
use keytrail::calls::{FunnelStep, Step};
use keytrail::coverage::Coverage;
use keytrail::query::Dimension;
use keytrail::scan::Scope;
use keytrail::usage::{Usage, UsageMap};
use keytrail::{archive, query, report};

use super::diagnostics::{self, counted, eprint_line};
use super::key_or_archive::looks_like_a_key;
use super::run::Run;
use super::typed_key::TypedKey;

/// What may have been meant by an archive that is not there: a key.
pub(super) fn of_error(error: &anyhow::Error) -> Option<String> {
    let missing = error.downcast_ref::<OpenError>()?.path.to_str()?;
    if !looks_like_a_key(missing) || Path::new(missing).exists() {
        return None;
    }
    let key = TypedKey::parse(missing).ok()?.id;
    let key = report::escape(&key);
    Some(format!(
        "hint: {key} looks like an AccessKey: keytrail last-used info {key} ARCHIVE, or keytrail lookup \
         ARCHIVE --key {key}"
    ))
}

/// Explains why there is no use of a key, or of any key, and what an archive does not hold.
pub(super) fn explain_empty_usage(
    access_key_id: Option<&str>,
    service: Option<&str>,
    scope: &Scope,
    run: &Run,
    coverage: &Coverage,
    usage: &UsageMap,
) -> io::Result<()> {
    if coverage.files.found == 0 {
        explain_no_log_files(run, scope, coverage);
        return Ok(());
    }
    if all_outside(coverage) {
        return Ok(());
    }
    match access_key_id {
        Some(key) => explain_unknown_key(key, service, scope, coverage, usage)?,
        None => eprint_line("keytrail: no event with an AccessKey was read"),
    }
    explain_what_a_trail_delivers(coverage);
    Ok(())
}

/// Says what no archive has, where all of this one was understood.
fn explain_what_a_trail_delivers(coverage: &Coverage) {
    let left_out = coverage.files.partial + coverage.files.unreadable + coverage.records.left_out;
    if left_out == 0 {
        eprint_line(WHAT_A_TRAIL_DELIVERS);
    }
}

const WHAT_A_TRAIL_DELIVERS: &str = "hint: an archive has only what the trail delivered: by default no \
                                     read events, never data events, and nothing before the trail \
                                     began";

/// Reports that all events are outside the window and the filters, and returns whether that is so.
fn all_outside(coverage: &Coverage) -> bool {
    let outside = coverage.records.outside;
    let is_so = coverage.events == 0 && coverage.files.searched == 0 && outside > 0;
    if is_so {
        eprint_line(&format!(
            "keytrail: no event is within the window and the filters; {} outside, copies included",
            counted(outside, "record is", "records are")
        ));
    }
    is_so
}

/// Explains that no log file was opened: there is none, or none of the window.
pub(super) fn explain_no_log_files(run: &Run, scope: &Scope, coverage: &Coverage) {
    let roots = run.roots.iter();
    let roots: Vec<_> = roots.map(|root| diagnostics::escaped(root)).collect();
    let roots = roots.join(", ");
    let files = &coverage.files;
    let days: Vec<_> = [
        (files.pruned, "log file", "log files"),
        (files.folders_pruned, "folder", "folders"),
    ]
    .into_iter()
    .filter(|&(number, ..)| number > 0)
    .map(|(number, one, many)| counted(number, one, many))
    .collect();
    if !days.is_empty() {
        let window = match (scope.since, scope.until) {
            (Some(since), Some(until)) => {
                format!("from {} to {}", report::time(since), report::time(until))
            }
            (Some(since), None) => format!("from {} on", report::time(since)),
            (None, Some(until)) => format!("before {}", report::time(until)),
            (None, None) => String::new(),
        };
        eprint_line(&format!(
            "keytrail: no log file in {roots} is of the window, {window}: by the days of their folders \
             and names, {} {} of other days",
            days.join(" and "),
            if files.pruned + files.folders_pruned == 1 {
                "is"
            } else {
                "are"
            }
        ));
        return;
    }
    eprint_line(&format!("keytrail: no log files in {roots}"));
    eprint_line(&format!(
        "hint: looked for names that end in {}, at any depth, and for containers of them ({}); found {}",
        archive::LOG_FILE_ENDINGS.join(" "),
        archive::CONTAINER_ENDINGS.join(" "),
        match files.ignored {
            0 => "no file at all".to_owned(),
            ignored => counted(ignored, "other file", "other files"),
        }
    ));
}

/// How many events each condition in turn left over.
pub(super) struct FunnelReport {
    /// How many events there are within the window.
    pub(super) events: u64,
    pub(super) steps: Vec<Step>,
    /// What each step left over, up to the first that left nothing.
    pub(super) left: Vec<FunnelStep>,
}

impl FunnelReport {
    /// The step that left nothing over.
    fn last(&self) -> Option<(&Step, &FunnelStep)> {
        self.steps.iter().zip(&self.left).next_back()
    }

    /// One line: `436 events → key 149 → event DeleteBucket 0 (nearest: DeleteInstance)`.
    fn line(&self) -> String {
        let mut line = counted(self.events, "event", "events");
        for (step, left) in self.steps.iter().zip(&self.left) {
            let _ = write!(line, " → {}", step.option);
            if left.events == 0 {
                let shown = step.values.iter().take(SHOWN_VALUES);
                let shown: Vec<_> = shown.map(|value| report::escape(value)).collect();
                let more = step.values.len() - shown.len();
                if !shown.is_empty() {
                    let _ = write!(line, " {}", shown.join(" or "));
                }
                if more > 0 {
                    let _ = write!(line, " or {}", counted(more as u64, "other", "others"));
                }
            }
            let _ = write!(line, " {}", left.events);
            if !left.nearest.is_empty() {
                let nearest: Vec<_> = left.nearest.iter().map(|one| report::escape(one)).collect();
                let _ = write!(line, " (nearest: {})", nearest.join(", "));
            }
        }
        line
    }
}

/// How many values of a condition a message names.
const SHOWN_VALUES: usize = 3;

/// Explains why there are no call records.
pub(super) fn explain_no_calls(
    funnel: Option<&FunnelReport>,
    run: &Run,
    scope: &Scope,
    coverage: &Coverage,
) {
    if coverage.files.found == 0 {
        explain_no_log_files(run, scope, coverage);
        return;
    }
    let last = funnel.and_then(FunnelReport::last);
    match (funnel, last) {
        (Some(funnel), _) if funnel.events == 0 => {
            let within = match (scope.since, scope.until) {
                (None, None) => "",
                _ => " within the window",
            };
            eprint_line(&format!("keytrail: no event{within} was read"));
        }
        (Some(funnel), Some((_, left))) if left.events == 0 => {
            eprint_line(&format!(
                "keytrail: no event meets all conditions: {}",
                funnel.line()
            ));
        }
        _ => eprint_line("keytrail: no event that was read meets all conditions"),
    }
    if let Some((step, _)) = last {
        if step.values.iter().any(|value| value.contains(',')) {
            eprint_line(
                "hint: a comma is a part of the value; repeat the option for any of several values",
            );
        }
        if step.option == "key" {
            eprint_line("hint: keytrail keys ARCHIVE lists the keys that are there");
        }
    }
    explain_what_a_trail_delivers(coverage);
}

/// How many keys a hint names.
const NAMED_KEYS: usize = 5;

/// Explains why there is no use of this key, and which keys or services may be meant.
fn explain_unknown_key(
    key: &str,
    service: Option<&str>,
    scope: &Scope,
    coverage: &Coverage,
    usage: &dyn Usage,
) -> io::Result<()> {
    let shown = report::escape(key);
    let services = query::last_used(usage, Dimension::Service, key, None, |rows| {
        let names = rows.iter().map(|row| report::escape(row.service_name));
        names.map(Cow::into_owned).collect::<Vec<_>>()
    })?;
    if let Some(service) = service
        && !services.is_empty()
    {
        eprint_line(&format!(
            "keytrail: nothing of AccessKey {shown} under the service {}",
            report::escape(service)
        ));
        eprint_line(&format!("hint: its services are {}", services.join(", ")));
        return Ok(());
    }
    if !services.is_empty() {
        eprint_line(&format!(
            "keytrail: nothing of this kind for AccessKey {shown}, though the key was used"
        ));
        return Ok(());
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
    eprint_line(&format!(
        "keytrail: no event of AccessKey {shown} in what was read; {span}"
    ));
    if scope.is_restricted() {
        eprint_line(
            "hint: that is within the window and the filters; without them there may be more",
        );
    }
    let beginning = query::keys_that_begin(usage, key, NAMED_KEYS)?;
    if !beginning.is_empty() {
        let keys: Vec<_> = beginning.iter().map(|key| report::escape(key)).collect();
        eprint_line(&format!("hint: keys that begin so: {}", keys.join(", ")));
        return Ok(());
    }
    let near = query::nearest_keys(usage, key, 3)?;
    if !near.is_empty() {
        let near: Vec<_> = near.iter().map(|key| report::escape(key)).collect();
        let are = if near.len() == 1 {
            "key is"
        } else {
            "keys are"
        };
        eprint_line(&format!("hint: the nearest {are} {}", near.join(", ")));
    }
    Ok(())
}
