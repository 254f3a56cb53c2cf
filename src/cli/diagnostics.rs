//! Messages on standard error: problems and coverage. Left out: those about an empty answer, which are
//! in `hints.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use indicatif::{DecimalBytes, HumanCount};
use keytrail::archive::{Archive, LogFileKey};
use keytrail::coverage::{Coverage, Problem};
use keytrail::report::{self, BlindQuestion, escape, problem_message, time, write_problem};

use super::accepted::Accepted;
use super::output::Output;

/// How many problems are named one by one; more are grouped by what is wrong.
const NAMED: usize = 10;

/// How many files a group names.
const EXAMPLES: usize = 2;

/// Writes a line to standard error; that it is closed is no error.
pub(super) fn eprint_line(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Writes an error to standard error, with all that a terminal would interpret escaped.
pub(super) fn eprint_error(message: &str) {
    // The colour is left out where it is not shown.
    eprint_line(&format!("\x1b[1;31merror:\x1b[0m {}", escape(message)));
}

/// Which problems are named on standard error.
#[derive(Clone, Copy)]
pub(super) struct ProblemDisplay<'r> {
    /// Those that are not named.
    pub(super) accepted: &'r Accepted,
    /// Whether all are named, each for itself.
    pub(super) verbose: bool,
    /// Whether it is not told how many are not named.
    pub(super) quiet: bool,
    /// Whether none is named.
    pub(super) silent: bool,
}

/// Reports the problems, and writes all of them to a file if one is named.
pub(super) fn report_problems(
    problems: &[Problem],
    archive: &Archive,
    errors: Option<&Output>,
    display: ProblemDisplay<'_>,
) -> anyhow::Result<()> {
    if let Some(errors) = errors {
        errors.write(|out| write_problems(problems, out))?;
    }
    if display.silent {
        return Ok(());
    }
    let is_new = |problem: &&Problem| display.verbose || !display.accepted.has(problem);
    let new: Vec<Problem> = problems.iter().filter(is_new).cloned().collect();
    eprint_problems(&new, archive, display.verbose, errors.is_some());
    let known = problems.len() - new.len();
    if known > 0 && !display.quiet {
        eprint_line(&format!(
            "keytrail: {} of --accept not named; -v names them",
            counted(known as u64, "known problem", "known problems")
        ));
    }
    Ok(())
}

/// Prints the problems: one by one, or in groups where there are many. `written` is whether a file has
/// them, too.
fn eprint_problems(problems: &[Problem], archive: &Archive, verbose: bool, written: bool) {
    let path = |key: &LogFileKey| escape(&archive.display(key)).into_owned();
    let shown = |problem: &&Problem| verbose || problem.kind.is_notable();
    let shown: Vec<&Problem> = problems.iter().filter(shown).collect();
    let mut text = String::new();
    if verbose || shown.len() <= NAMED {
        for problem in shown {
            let _ = writeln!(
                text,
                "keytrail: {}: {}",
                path(&problem.key),
                problem_message(problem)
            );
        }
    } else {
        let mut groups: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
        for &problem in &shown {
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
                    path(&problem.key),
                    problem_message(problem)
                );
            }
            if group.len() > EXAMPLES {
                let _ = writeln!(text, "keytrail:   …");
            }
        }
        if !written {
            let _ = writeln!(
                text,
                "keytrail: -v shows all {} problems, --errors-to FILE writes them",
                shown.len()
            );
        }
    }
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Writes every problem as a line of JSON.
fn write_problems(problems: &[Problem], out: &mut dyn io::Write) -> io::Result<()> {
    for problem in problems {
        write_problem(problem, out)?;
    }
    Ok(())
}

/// A path with all that a terminal would interpret escaped.
pub(super) fn escaped(path: &Path) -> String {
    escape(&path.to_string_lossy()).into_owned()
}

/// The note that there are more rows than are shown: `which` of them are, and `what` they are. How many
/// there are in `all` is not known where the scan ended before.
pub(super) fn truncated(which: &str, shown: u64, all: Option<u64>, what: &str) -> String {
    let all = all.map_or_else(String::new, |all| format!(" of {}", count(all)));
    format!(
        "keytrail: showing the {which} {}{all} {what}; --limit sets how many",
        count(shown)
    )
}

/// The coverage in a few lines; `of_key` is the number of events of the key, where the answer is about
/// one.
pub(super) fn footer(coverage: &Coverage, of_key: Option<u64>) -> String {
    let Coverage { files, records, .. } = coverage;
    let mut text = files_line(coverage);
    match of_key {
        Some(events) => {
            let events = counted(events, "event", "events");
            let _ = write!(
                text,
                "{events} of the key, of {} read",
                count(coverage.events)
            );
        }
        None => text.push_str(&counted(coverage.events, "event", "events")),
    }
    if files.searched > 0 {
        // Of the others, neither events nor times are known.
        let parsed = counted(files.found - files.searched, "log file", "log files");
        let _ = write!(text, " in the {parsed} not only searched");
    }
    let without = "without AccessKey";
    let conflicting = "with ID and time of another but other content";
    for (number, one, many) in [
        (coverage.without_key, without, without),
        (
            coverage.duplicates,
            "duplicate not counted",
            "duplicates not counted",
        ),
        (records.conflicting, conflicting, conflicting),
        (
            records.outside,
            "record outside the window or the filters, copies included",
            "records outside the window or the filters, copies included",
        ),
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

/// What was read of the files, in a line.
fn files_line(Coverage { files, bytes, .. }: &Coverage) -> String {
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
            "with another event count than its name states",
            "with another event count than their name states",
        ),
        (
            files.pruned,
            "not opened for its date",
            "not opened for their date",
        ),
        (
            files.folders_pruned,
            "folder not listed for its date",
            "folders not listed for their date",
        ),
        (
            files.beyond_limit,
            "not opened, as those before it were enough",
            "not opened, as those before them were enough",
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
        DecimalBytes(bytes.compressed),
        DecimalBytes(bytes.inflated)
    );
    text
}

/// The blind times that concern a question, a line each.
pub(super) fn blind_lines(coverage: &Coverage, question: BlindQuestion<'_>) -> Vec<String> {
    let words = report::blind_words(&coverage.blind, question).into_iter();
    words.map(|words| format!("blind: {words}")).collect()
}

/// A count and its noun, in the singular for one.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    let what = if number == 1 { one } else { many };
    format!("{} {what}", count(number))
}

/// A count with separated thousands.
pub(super) fn count(number: u64) -> HumanCount {
    HumanCount(number)
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn a_count_agrees_with_what_it_is_of() {
        let events = [0, 1, 1000].map(|number| counted(number, "event", "events"));
        assert_eq!(events, ["0 events", "1 event", "1,000 events"]);
    }
}
