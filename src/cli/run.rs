//! The one run of all commands that read an archive: open, scan with progress, report problems,
//! write, report the coverage, end.
//!
//! Left out: how a command scans and how it writes its answer.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use keytrail::archive::Archive;
use keytrail::coverage::{Coverage, Files, Problem};
use keytrail::scan::{Answer, Progress, ScanError, ScanOptions, Sources};

use super::accepted::Accepted;
use super::diagnostics::{ProblemDisplay, eprint_line, report_problems};
use super::ending::Ending;
use super::output::Output;
use super::progress::{ProgressDisplay, Watched, scan_with_progress};
use super::roots;

/// The settings of a run that do not depend on the command.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag as typed")]
pub(super) struct Run {
    /// The roots as they were named.
    pub(super) roots: Vec<PathBuf>,
    /// Where the archives of states lie now.
    pub(super) archives: Vec<PathBuf>,
    pub(super) options: ScanOptions,
    /// The file that all problems are written to, if there is one.
    pub(super) errors: Option<Output>,
    pub(super) progress: ProgressDisplay,
    /// Whether nothing but problems and errors goes to standard error.
    pub(super) quiet: bool,
    /// Whether nothing at all goes to standard error but errors.
    pub(super) silent: bool,
    /// Whether every problem is named.
    pub(super) verbose: bool,
    /// The problems that do not count for the exit code.
    pub(super) accepted: Accepted,
    /// Whether a run that found nothing ends as one that did.
    pub(super) exit_zero: bool,
}

/// What is at hand when an answer is written.
pub(super) struct WriteContext<'r> {
    pub(super) run: &'r Run,
    pub(super) archive: &'r Archive,
    /// Its `stop` is set by an interrupt.
    pub(super) progress: &'r Progress,
}

/// How the writing of an answer has ended.
pub(super) enum WriteOutcome {
    /// The user interrupted it.
    Interrupted,
    /// It is written.
    Whole {
        /// Whether there was anything to write.
        found: bool,
        /// Whether nothing is missing in it.
        complete: bool,
    },
}

impl WriteOutcome {
    /// The outcome of writing that either reached the end or was interrupted.
    pub(super) fn of(is_whole: bool, found: bool, complete: bool) -> Self {
        if is_whole {
            Self::Whole { found, complete }
        } else {
            Self::Interrupted
        }
    }
}

/// The question of one command to an archive, and how it is answered.
pub(super) trait ArchiveQuestion {
    /// What a scan for it collects.
    type Collected;

    /// Scans the archive.
    fn scan(
        &self,
        sources: &Sources,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<Self::Collected>, ScanError>;

    /// Writes the answer.
    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<Self::Collected>,
    ) -> anyhow::Result<WriteOutcome>;

    /// The lines below an answer that report its coverage, unless the answer carries it.
    fn footer(&self, answer: &Answer<Self::Collected>) -> Option<String>;

    /// The lines about the blind times that concern an answer, empty or not.
    fn blind(&self, answer: &Answer<Self::Collected>, is_empty: bool) -> Vec<String>;

    /// Explains why nothing was found.
    fn explain_nothing(&self, run: &Run, answer: &Answer<Self::Collected>) -> anyhow::Result<()>;

    /// Where the answer goes, and what else is written.
    fn outputs(&self) -> Vec<&Output>;
}

impl Run {
    /// Answers the question of a command.
    pub(super) fn answer<Q: ArchiveQuestion>(&self, question: &Q) -> anyhow::Result<Ending> {
        let sources = roots::open(&self.roots, &self.archives)?;
        let watched = Arc::new(Watched::default());
        let progress = &watched.progress;
        let answer = scan_with_progress(&watched, self.progress, || {
            question.scan(&sources, &self.options, progress)
        })?;
        let Some(answer) = answer else {
            watched.tell_interrupt();
            return Ok(Ending::Interrupted);
        };
        let mut answer = answer.map_err(with_advice)?;
        let outputs = question.outputs();
        if let Some(kept) = self.file_to_keep(&outputs, &answer.coverage) {
            question.explain_nothing(self, &answer)?;
            bail!(
                "{} is left as it was, since there is no log file to answer from",
                kept.display()
            );
        }
        self.report(&answer.problems, &sources.archive)?;
        let context = WriteContext {
            run: self,
            archive: &sources.archive,
            progress,
        };
        watched.begin_to_write(
            outputs
                .first()
                .map_or_else(String::new, |output| output.after_interrupt()),
        );
        let WriteOutcome::Whole { found, complete } = question.write(&context, &mut answer)? else {
            watched.tell_interrupt();
            return Ok(Ending::Interrupted);
        };
        if !self.quiet {
            let footer = question.footer(&answer);
            let blind = question.blind(&answer, !found);
            // What is not known comes first where nothing was found.
            let lines: Vec<_> = if found {
                footer.into_iter().chain(blind).collect()
            } else {
                blind.into_iter().chain(footer).collect()
            };
            for line in lines {
                eprint_line(&line);
            }
            if !found {
                question.explain_nothing(self, &answer)?;
            }
        }
        let files = &answer.coverage.files;
        let damaged = self
            .accepted
            .leave_damage(files.partial + files.unreadable, &answer.problems);
        Ok(match Ending::of(damaged, found, complete) {
            Ending::Nothing if self.exit_zero => Ending::Done,
            ending => ending,
        })
    }

    /// Reports problems as the run is to report them.
    pub(super) fn report(&self, problems: &[Problem], archive: &Archive) -> anyhow::Result<()> {
        let display = ProblemDisplay {
            accepted: &self.accepted,
            verbose: self.verbose,
            quiet: self.quiet,
            silent: self.silent,
        };
        report_problems(problems, archive, self.errors.as_ref(), display)
    }

    /// The file that an answer to nothing would replace: a folder without a log file is more likely not
    /// mounted than empty.
    fn file_to_keep<'o>(&'o self, outputs: &[&'o Output], coverage: &Coverage) -> Option<&'o Path> {
        let of_no_log_file = Files {
            ignored: coverage.files.ignored,
            links: coverage.files.links,
            ..Files::default()
        };
        if coverage.files != of_no_log_file {
            return None;
        }
        let mut outputs = outputs.iter().copied().chain(&self.errors);
        outputs.find_map(Output::existing_file)
    }
}

/// The error, with advice on what can be done about it.
fn with_advice(error: ScanError) -> anyhow::Error {
    let advice = match &error {
        ScanError::Temporary(_) => {
            let folder = env::temp_dir();
            let shown = folder.display();
            Some(if folder.is_dir() {
                format!("cannot write to {shown}; TMPDIR names another folder")
            } else {
                format!("there is no folder {shown}; set TMPDIR to one with room")
            })
        }
        ScanError::Threads(_) | ScanError::Rows(_) => None,
    };
    let error = anyhow::Error::from(error);
    match advice {
        Some(advice) => error.context(advice),
        None => error,
    }
}
