//! The answer of `verify` as text to be read by people.

use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::coverage::{Gap, Region, Trail};
use crate::evidence::{
    Comparison, Copies, Difference, LogFileKey, MatchCounts, NameCheck, SecondInflaterCheck,
    Silence, TrailChange, hex,
};
use crate::report::text::escape::escape;
use crate::report::text::time::{DAY, date, date_of_day, time};

use super::answer::Verification;

/// How many lines of one kind are shown, unless the answer is shown in full.
const MAX_LISTED: usize = 10;

/// The lines of the parts, the gravest first: in `full`, or of each long list only the beginning.
pub(super) fn lines(verification: &Verification<'_>, full: bool) -> String {
    let Verification {
        roots,
        findings,
        comparison,
        coverage: _,
        problems: _,
    } = *verification;
    let mut text = TextLines {
        lines: String::new(),
        max_listed: if full { usize::MAX } else { MAX_LISTED },
        roots,
    };
    text.trail_changes(findings.changes);
    if let Some(comparison) = comparison {
        text.comparison(comparison);
    }
    for trail in findings.trails {
        text.trail(trail);
    }
    if findings.trails.is_empty() {
        text.line("deliveries  no log file tells when it was delivered");
    }
    for (root, names) in findings.names.iter().enumerate() {
        text.names(root, names);
    }
    if let Some(check) = &findings.second_inflater {
        text.second_inflater(check);
    }
    text.copies(&findings.copies);
    text.lines
}

/// The lines so far.
struct TextLines<'a> {
    lines: String,
    /// How many lines of one kind are shown.
    max_listed: usize,
    roots: &'a [String],
}

impl TextLines<'_> {
    fn line(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
    }

    /// Adds as many lines as are shown, and how many more there are.
    fn list(&mut self, lines: impl ExactSizeIterator<Item = String>, what: &str) {
        let more = lines.len().saturating_sub(self.max_listed);
        for line in lines.take(self.max_listed) {
            self.line(&line);
        }
        if more > 0 {
            self.line(&format!(
                "  … and {more} more {what}: -v or -f json has them"
            ));
        }
    }

    fn root(&self, root: usize) -> String {
        let root = self.roots.get(root);
        root.map_or_else(
            || "(a root of the manifest)".to_owned(),
            |root| escape(root).into_owned(),
        )
    }

    /// A log file, with its root where there are several.
    fn path(&self, key: &LogFileKey) -> String {
        self.below(key.root, &key.path)
    }

    /// A path below a root, with the root where there are several; the root alone where the path is
    /// empty.
    fn below(&self, root: u32, path: &[u8]) -> String {
        let path = String::from_utf8_lossy(path);
        let path = escape(&path);
        let root = root as usize;
        let is_alone = self.roots.len() == 1 && root == 0;
        if path.is_empty() {
            self.root(root)
        } else if !is_alone {
            format!("{}: {path}", self.root(root))
        } else {
            path.into_owned()
        }
    }

    fn names(&mut self, root: usize, names: &NameCheck<'_>) {
        let NameCheck {
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
        self.line(&format!("  size      {}", counts_in_words(*size, *named)));
        self.line(&format!("  md5       {}", counts_in_words(*md5, *named)));
        for (kind, counts) in [
            ("event count", None),
            ("size", Some(size)),
            ("md5", Some(md5)),
            ("region", None),
            ("day", None),
        ] {
            if let Some(counts) = counts
                && usize::try_from(counts.neither).is_ok_and(|neither| neither > self.max_listed)
                && means_something_else(*counts, *named)
            {
                // Where no name matches, the names mean something else, which is no fault of a file.
                self.line(&format!(
                    "            no {kind} fits either reading, so they are not listed: -v or -f \
                     json has them"
                ));
                continue;
            }
            let of_kind: Vec<_> = differing
                .iter()
                .filter(|mismatch| kind_of(&mismatch.difference) == kind)
                .map(|mismatch| {
                    format!(
                        "  differs   {}: {}",
                        self.path(&mismatch.log_file.key),
                        in_words(&mismatch.difference)
                    )
                })
                .collect();
            self.list(of_kind.into_iter(), &format!("that differ in the {kind}"));
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
                for log_file in copies.log_files.iter().take(self.max_listed) {
                    let _ = write!(lines, "\n            {}", self.path(&log_file.key));
                }
                let more = copies.log_files.len().saturating_sub(self.max_listed);
                if more > 0 {
                    let _ = write!(lines, "\n            … and {more} more files");
                }
                lines
            })
            .collect();
        self.list(lines.into_iter(), "groups");
    }

    fn second_inflater(&mut self, check: &SecondInflaterCheck<'_>) {
        let SecondInflaterCheck { agree, differing } = check;
        let all = agree + differing.len() as u64;
        self.line(&format!(
            "inflated    {agree} of {all} gzip files have the same text by a second inflater"
        ));
        let lines: Vec<_> = differing
            .iter()
            .map(|log_file| format!("  differs   {}", self.path(&log_file.key)))
            .collect();
        self.list(lines.into_iter(), "that differ");
    }

    fn trail(&mut self, trail: &Trail) {
        let Trail {
            root,
            path,
            first,
            last,
            silences,
            missing_days,
            regions,
        } = trail;
        self.line(&format!("deliveries  {}", self.below(*root, path)));
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
            self.list(lines, "such silences");
        }
        let days = missing_days.iter().map(|days| {
            let (from, last) = (date(days.from), date(days.until - DAY));
            if from == last {
                format!("  no day    {from}")
            } else {
                format!("  no days   {from} to {last}")
            }
        });
        self.list(days, "missing days");
        let by_region = regions
            .iter()
            .map(|region| region_in_words(region, *first, *last));
        self.list(by_region, "regions");
    }

    fn trail_changes(&mut self, changes: &[TrailChange]) {
        if changes.is_empty() {
            self.line("switches    no event makes, starts, stops, changes or deletes a trail");
            return;
        }
        self.line(&format!(
            "switches    {} {} that make, start, stop, change or delete a trail",
            changes.len(),
            plural(changes.len(), "event", "events")
        ));
        self.list(changes.iter().map(trail_change_in_words), "such events");
    }

    fn comparison(&mut self, comparison: &Comparison) {
        let Comparison {
            same,
            missing,
            added,
            changed,
            unreadable,
            renumbered,
        } = comparison;
        self.line(&format!(
            "manifest    {same} the same, {} changed, {} missing, {} added, {} unreadable",
            changed.len(),
            missing.len(),
            added.len(),
            unreadable.len()
        ));
        if *renumbered {
            self.line("            its roots are not those of the archive in this order; shared files tell");
        }
        for (what, paths) in [
            ("changed", changed),
            ("missing", missing),
            ("added", added),
            ("unreadable", unreadable),
        ] {
            let lines: Vec<_> = paths
                .iter()
                .map(|key| format!("  {what:<8}  {}", self.path(key)))
                .collect();
            self.list(lines.into_iter(), what);
        }
    }
}

pub(super) fn plural<'w>(count: usize, one: &'w str, more: &'w str) -> &'w str {
    if count == 1 { one } else { more }
}

/// Whether no name matches by either reading, so that the names mean something else.
pub(super) fn means_something_else(counts: MatchCounts, named: u64) -> bool {
    counts.neither > 0 && counts.neither + counts.unknown == named
}

fn counts_in_words(counts: MatchCounts, named: u64) -> String {
    let MatchCounts {
        object,
        text,
        both,
        neither,
        unknown,
    } = counts;
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
fn kind_of(difference: &Difference) -> &'static str {
    match difference {
        Difference::Events { .. } => "event count",
        Difference::Size { .. } => "size",
        Difference::Md5 { .. } => "md5",
        Difference::Region { .. } => "region",
        Difference::Day { .. } => "day",
    }
}

fn in_words(difference: &Difference) -> String {
    let kind = kind_of(difference);
    match difference {
        Difference::Events { claimed, found } => {
            format!("{kind}: its name tells {claimed}, inside are {found} records")
        }
        Difference::Size {
            claimed,
            object,
            text,
        } => format!("{kind}: its name tells {claimed}, the object has {object}, its text {text}"),
        Difference::Md5 {
            claimed,
            object,
            text,
        } => format!(
            "{kind}: its name tells {}, the object has {}, its text {}",
            hex(claimed),
            hex(object),
            hex(text)
        ),
        Difference::Region { claimed, folder } => format!(
            "{kind}: its name tells {}, its folder {}",
            escape(claimed),
            escape(folder)
        ),
        Difference::Day { claimed, folder } => {
            let (claimed, folder) = (date_of_day(*claimed), date_of_day(*folder));
            format!("{kind}: its name tells {claimed}, its folder {folder}")
        }
    }
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

pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        escape(text).into_owned()
    }
}

fn trail_change_in_words(change: &TrailChange) -> String {
    let mut words = format!(
        "  {}  {} by key {} (user {}) of account {} from {} in {}",
        time(change.time),
        change.action.as_str(),
        or_dash(&change.access_key_id),
        or_dash(&change.user_name),
        or_dash(&change.account_id),
        or_dash(&change.source_ip),
        or_dash(&change.region)
    );
    if !change.resources.is_empty() {
        let names: Vec<_> = change.resources.iter().map(|name| escape(name)).collect();
        let _ = write!(words, ", {}", names.join(", "));
    }
    if !change.error_code.is_empty() {
        let _ = write!(words, "; failed: {}", escape(&change.error_code));
    }
    let Some(last_event) = change.last_event else {
        return words;
    };
    words.push_str("\n            ");
    let _ = match change.started {
        Some(started) => write!(words, "logging starts again {}", time(started)),
        None => write!(
            words,
            "no StartLogging after it; the account's last event {}",
            time(last_event)
        ),
    };
    let _ = match change.silence {
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
