//! What goes to standard error: problems and coverage. What is said where an answer is empty stands
//! in `hints.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use keytrail::archive::{Archive, LogFileKey};
use keytrail::calls::Order;
use keytrail::coverage::Coverage;
use keytrail::coverage::Problem;
use keytrail::report::{escape, time, write_problem};

use super::output::Output;

/// How many problems are named one by one; more are grouped by what is wrong.
const NAMED: usize = 10;

/// How many files a group names.
const EXAMPLES: usize = 2;

/// Writes a line to standard error. That nobody reads it is no reason to fail.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Tells what was left out, and writes all of it to a file where that is wanted.
pub(super) fn tell(
    problems: &[Problem],
    archive: &Archive,
    errors: Option<&Output>,
    verbose: bool,
) -> anyhow::Result<()> {
    if let Some(errors) = errors {
        errors.write(|out| write_problems(problems, out))?;
    }
    say_problems(problems, archive, verbose, errors.is_some());
    Ok(())
}

/// Says the problems: one by one, or in groups where there are many and not all are `written`.
fn say_problems(problems: &[Problem], archive: &Archive, verbose: bool, written: bool) {
    let shown = |key: &LogFileKey| escape(&archive.display(key)).into_owned();
    let mut text = String::new();
    if verbose || problems.len() <= NAMED {
        for problem in problems {
            let _ = writeln!(
                text,
                "keytrail: {}: {}",
                shown(&problem.key),
                problem.message
            );
        }
    } else {
        let mut groups: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
        for problem in problems {
            groups
                .entry(problem.kind.as_str())
                .or_default()
                .push(problem);
        }
        for (kind, group) in groups {
            let _ = writeln!(
                text,
                "keytrail: {} {}: {kind}",
                count(group.len() as u64),
                if group.len() == 1 { "file" } else { "files" }
            );
            for problem in group.iter().take(EXAMPLES) {
                let _ = writeln!(
                    text,
                    "keytrail:   {}: {}",
                    shown(&problem.key),
                    problem.message
                );
            }
            if group.len() > EXAMPLES {
                let _ = writeln!(text, "keytrail:   …");
            }
        }
        if !written {
            let _ = writeln!(
                text,
                "keytrail: -v tells all {} problems, --errors-to FILE writes them",
                problems.len()
            );
        }
    }
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Writes every problem as a line of JSON: `file`, `kind`, `problem`, and whether it is `damage`.
fn write_problems(problems: &[Problem], out: &mut dyn io::Write) -> io::Result<()> {
    for problem in problems {
        write_problem(problem, out)?;
    }
    Ok(())
}

/// A path for the eye.
pub(super) fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy()).into_owned()
}

/// That there are more call records than are shown.
pub(super) fn cut(shown: u64, all: u64, order: Order) -> String {
    let which = match order {
        Order::Newest => "newest",
        Order::Oldest => "oldest",
        Order::Place => "first",
    };
    format!(
        "keytrail: showing the {which} {} of {} call records; --limit sets how many",
        count(shown),
        count(all)
    )
}

/// The coverage in a few lines.
pub(super) fn footer(coverage: &Coverage) -> String {
    let Coverage {
        files,
        bytes,
        records,
        ..
    } = coverage;
    let mut text = format!(
        "{} of {} read",
        count(files.read),
        counted(files.found, "log file", "log files")
    );
    for (number, one, many) in [
        (files.partial, "partial", "partial"),
        (files.unreadable, "unreadable", "unreadable"),
        (
            files.searched,
            "of them only searched, as it does not hold what is asked for",
            "of them only searched, as they do not hold what is asked for",
        ),
        (
            files.count_mismatch,
            "with another event count than its name tells",
            "with another event count than their name tells",
        ),
        (
            files.pruned,
            "not opened for its date",
            "not opened for their date",
        ),
        (files.ignored, "other file ignored", "other files ignored"),
        (
            files.links,
            "of them a symbolic link, which is not followed",
            "of them symbolic links, which are not followed",
        ),
    ] {
        if number > 0 {
            let _ = write!(text, ", {}", counted(number, one, many));
        }
    }
    let _ = writeln!(
        text,
        " ({} on disk, {} of text)",
        size(bytes.compressed),
        size(bytes.inflated)
    );
    text.push_str(&counted(coverage.events, "event", "events"));
    if files.searched > 0 {
        // Nor do the times below say anything of the others.
        let parsed = counted(files.found - files.searched, "log file", "log files");
        let _ = write!(text, " in the {parsed} not only searched");
    }
    let (without, outside) = ("without AccessKey", "outside the window or the filters");
    for (number, one, many) in [
        (coverage.without_key, without, without),
        (
            coverage.duplicates,
            "duplicate not counted",
            "duplicates not counted",
        ),
        (records.outside, outside, outside),
        (records.left_out, "record left out", "records left out"),
    ] {
        if number > 0 {
            let _ = write!(text, ", {}", counted(number, one, many));
        }
    }
    match coverage.span {
        Some(span) => {
            let _ = write!(
                text,
                "; first {}, last {}",
                time(span.first),
                time(span.last)
            );
        }
        None => text.push_str("; no time span"),
    }
    text
}

/// The coverage as [`footer`] has it, and whether there are gaps to look at with `verify`.
pub(super) fn footer_with_gaps(coverage: &Coverage) -> String {
    let mut text = footer(coverage);
    if coverage.long_gaps > 0 {
        // Shorter ones are the normal case of a region where little happens.
        let _ = write!(
            text,
            "\n{} of a day or more between the deliveries of a region: see keytrail verify",
            counted(coverage.long_gaps, "gap", "gaps")
        );
    }
    text
}

/// A count, and what it is of: one, or none or many.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    let what = if number == 1 { one } else { many };
    format!("{} {what}", count(number))
}

/// A count with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in the largest unit that leaves at least one.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 {
        format!("{bytes} {name}")
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::{count, counted, size};

    #[test]
    fn numbers_are_written_for_the_eye() {
        let counts: Vec<_> = [0, 12, 999, 1000, 1_234_567].map(count).into();
        assert_eq!(counts, ["0", "12", "999", "1,000", "1,234,567"]);
        let events = [0, 1, 1000].map(|number| counted(number, "event", "events"));
        assert_eq!(events, ["0 events", "1 event", "1,000 events"]);
        let sizes: Vec<_> = [0, 999, 1000, 1_250_000, 7_000_000_000_000_000]
            .map(size)
            .into();
        assert_eq!(sizes, ["0 B", "999 B", "1.0 KB", "1.2 MB", "7000.0 TB"]);
    }
}
