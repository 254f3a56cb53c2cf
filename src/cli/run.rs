//! The one run of all commands that read an archive: open, scan with progress, report problems,
//! write, report the coverage, end.
//!
//! What differs from command to command is what it asks and how it writes the answer.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use keytrail::archive::Archive;
use keytrail::coverage::Coverage;
use keytrail::scan::{Answer, Progress, ScanError, ScanOptions};

use super::diagnostics::{eprint_line, report_problems};
use super::ending::Ending;
use super::output::Output;
use super::progress::{ProgressDisplay, watched};

/// What every run is given.
pub(super) struct Run {
    /// The roots as they were named.
    pub(super) roots: Vec<PathBuf>,
    pub(super) options: ScanOptions,
    /// Where all problems go, if they are wanted in a file.
    pub(super) errors: Option<Output>,
    pub(super) progress: ProgressDisplay,
    /// Whether nothing but problems and errors goes to standard error.
    pub(super) quiet: bool,
    /// Whether every problem is named.
    pub(super) verbose: bool,
}

/// A run that has scanned its archive.
pub(super) struct Scanned<'r> {
    pub(super) run: &'r Run,
    pub(super) archive: &'r Archive,
    /// Where an interrupt is noticed.
    pub(super) progress: &'r Progress,
}

/// What became of an answer.
pub(super) enum Written {
    /// The user interrupted it.
    Interrupted,
    /// It is written.
    Whole {
        /// Whether there was anything to write.
        found: bool,
        /// Whether it is all that was asked for.
        complete: bool,
    },
}

impl Written {
    /// That of an answer that was written as a `whole`, or else was interrupted.
    pub(super) fn of(whole: bool, found: bool, complete: bool) -> Self {
        if whole {
            Self::Whole { found, complete }
        } else {
            Self::Interrupted
        }
    }
}

/// What one command asks of an archive, and how it answers.
pub(super) trait Ask {
    type Collected;

    /// Scans the archive.
    fn scan(
        &self,
        archive: &Archive,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<Self::Collected>, ScanError>;

    /// Writes the answer.
    fn write(
        &self,
        scanned: &Scanned<'_>,
        answer: &mut Answer<Self::Collected>,
    ) -> anyhow::Result<Written>;

    /// What is reported below an answer about what it is based on.
    fn footer(&self, coverage: &Coverage) -> Option<String>;

    /// Explains why nothing was found.
    fn explain_nothing(&self, run: &Run, answer: &Answer<Self::Collected>) -> anyhow::Result<()>;

    /// What may be wrong with the arguments where the archive cannot be opened.
    fn explain_unopened(&self) -> Option<&'static str> {
        None
    }
}

impl Run {
    /// Runs a command.
    pub(super) fn answer<A: Ask>(&self, asked: &A) -> anyhow::Result<Ending> {
        let archive = Archive::open(&self.roots).map_err(|error| {
            let error = anyhow::Error::from(error);
            match asked.explain_unopened() {
                Some(explanation) => error.context(explanation),
                None => error,
            }
        })?;
        let progress = Arc::new(Progress::default());
        let scanned = watched(&progress, self.progress, || {
            asked.scan(&archive, &self.options, &progress)
        })?;
        let Some(scanned) = scanned else {
            return Ok(Ending::Interrupted);
        };
        let mut answer = scanned.map_err(explained)?;
        report_problems(
            &answer.problems,
            &archive,
            self.errors.as_ref(),
            self.verbose,
        )?;
        let scanned = Scanned {
            run: self,
            archive: &archive,
            progress: &progress,
        };
        let Written::Whole { found, complete } = asked.write(&scanned, &mut answer)? else {
            return Ok(Ending::Interrupted);
        };
        if !self.quiet {
            if let Some(footer) = asked.footer(&answer.coverage) {
                eprint_line(&footer);
            }
            if !found {
                asked.explain_nothing(self, &answer)?;
            }
        }
        Ok(Ending::of(&answer.coverage, found, complete))
    }
}

/// The error, with what can be done about it.
fn explained(error: ScanError) -> anyhow::Error {
    let advice = match &error {
        ScanError::Temporary(_) => {
            let folder = env::temp_dir();
            let folder = folder.display();
            Some(format!("no room in {folder}; TMPDIR names another folder"))
        }
        ScanError::Threads(_) => None,
    };
    let error = anyhow::Error::from(error);
    match advice {
        Some(advice) => error.context(advice),
        None => error,
    }
}
