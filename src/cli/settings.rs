//! The arguments as meant: what a scan is told, and how its answer is written.
//!
//! Shared by the commands whose answers have rows.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context as _, bail};
use keytrail::archive::Archive;
use keytrail::coverage::Coverage;
use keytrail::coverage::Problem;
use keytrail::report::{
    self, Cell, Column, FORMATS, Format, Question, Report, Rows, Secrets, View,
};
use keytrail::scan::{Progress, ScanOptions, Scope};
use keytrail::usage::Seed;

use super::args::{Common, Telling, When};
use super::diagnostics::{self, say};
use super::output::{Output, Outputs};

/// The arguments as meant.
pub(super) struct Settings {
    /// The roots as named.
    pub(super) roots: Vec<PathBuf>,
    pub(super) options: ScanOptions,
    pub(super) scope: Scope,
    pub(super) format: &'static dyn Format,
    output: Output,
    /// Where all problems go, if they are wanted in a file.
    errors: Option<Output>,
    view: View,
    pub(super) secrets: Secrets,
    pub(super) telling: Telling,
    verbose: bool,
    /// All that narrows the answer, as one line that is the same for the same question.
    pub(super) narrowed: String,
}

impl Settings {
    pub(super) fn of(common: Common) -> anyhow::Result<Self> {
        let (since, until) = (
            common.since.map(|time| time.0),
            common.until.map(|time| time.0),
        );
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            bail!(
                "the window is empty: --since {} is not before --until {}",
                report::time(since),
                report::time(until)
            );
        }
        let named = common
            .format
            .or_else(|| format_of(common.output.as_deref()?));
        let format = FORMATS
            .iter()
            .find(|format| named.as_deref().is_none_or(|name| format.name() == name))
            .context("no such format")?;
        let mut outputs = Outputs::new(&common.input.roots, common.force);
        let output = outputs.answer(common.output)?;
        let errors = common.telling.errors_to.clone();
        let errors = errors.map(|path| outputs.file(path)).transpose()?;
        choose_color(common.telling.color);
        let to_terminal = matches!(output, Output::Stdout) && output.is_terminal();
        let color = match common.telling.color {
            When::Auto => {
                to_terminal
                    && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
            When::Always => true,
            When::Never => false,
        };
        let width = to_terminal
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(width, _)| width.0);
        let options = ScanOptions {
            threads: common.input.threads,
            reader: common.reader.kind(),
            seed: Seed::random(),
        };
        let mut scope = Scope {
            since,
            until,
            regions: common.regions,
            accounts: common.accounts,
            no_dedup: common.no_dedup,
        };
        scope.regions.sort_unstable();
        scope.accounts.sort_unstable();
        let narrowed = format!(
            "{since:?} {until:?} {:?} {:?} {}",
            scope.regions, scope.accounts, scope.no_dedup
        );
        Ok(Self {
            roots: common.input.roots,
            options,
            scope,
            format: *format,
            view: View {
                width,
                color,
                terminal: output.is_terminal(),
                csv_raw: common.csv_raw,
            },
            output,
            errors,
            secrets: if common.no_redact {
                Secrets::Kept
            } else {
                Secrets::Redacted
            },
            telling: common.telling,
            verbose: common.verbose,
            narrowed,
        })
    }
    /// Refuses what could not be written, and says what will be written with care left out, before
    /// any work is done for it.
    pub(super) fn check(&self, question: &Question<'_>) -> anyhow::Result<()> {
        let format = self.format;
        if !format.answers(question) {
            bail!(wrong_format(format, question));
        }
        if format.is_binary() && self.output.is_terminal() {
            let name = format.name();
            bail!("the format {name} is not for a terminal; write it to a file: -o FILE.{name}");
        }
        if self.secrets == Secrets::Kept {
            // Not for --quiet to hide: whoever reads the log has to know.
            say("keytrail: --no-redact: secrets inside events are written as they are");
        }
        Ok(())
    }

    /// Tells what was left out.
    pub(super) fn tell(&self, problems: &[Problem], archive: &Archive) -> anyhow::Result<()> {
        diagnostics::tell(problems, archive, self.errors.as_ref(), self.verbose)
    }

    /// Writes the answer, and tells what the format has to say about it; `None` where the person ended
    /// it.
    pub(super) fn write(
        &self,
        question: Question<'_>,
        rows: &mut dyn Rows,
        coverage: &Coverage,
        progress: &Progress,
    ) -> anyhow::Result<Option<()>> {
        let mut rows = UntilInterrupted { rows, progress };
        let mut report = Report {
            question,
            rows: &mut rows,
            coverage,
            view: self.view,
            notices: Vec::new(),
        };
        let written = self.output.write(|out| self.format.write(&mut report, out));
        if written.is_err() && progress.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        written?;
        for notice in &report.notices {
            say(&format!("keytrail: {}", report::escape(notice)));
        }
        Ok(Some(()))
    }

    /// Tells what the answer rests on, where the answer does not say it itself.
    pub(super) fn tell_coverage(&self, coverage: &Coverage) {
        if !self.telling.quiet && !self.format.carries_coverage() {
            say(&diagnostics::footer_with_gaps(coverage));
        }
    }
}

/// Rows that end with an error where the person does not want to wait for the rest: there can be so
/// many that writing them takes longer than reading the archive.
struct UntilInterrupted<'r> {
    rows: &'r mut dyn Rows,
    progress: &'r Progress,
}

impl Rows for UntilInterrupted<'_> {
    fn columns(&self) -> &'static [Column] {
        self.rows.columns()
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>) -> io::Result<()> {
        let stop = &self.progress.stop;
        self.rows.for_each(&mut |cells| {
            if stop.load(Ordering::Relaxed) {
                return Err(io::Error::other("interrupted"));
            }
            visit(cells)
        })
    }
}

/// Settles colour for all that goes through `anstream`.
pub(super) fn choose_color(when: When) {
    match when {
        When::Auto => {}
        When::Always => anstream::ColorChoice::Always.write_global(),
        When::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// The format that a file's ending names, if it names one.
pub(super) fn format_of(path: &Path) -> Option<String> {
    let ending = path.extension()?.to_str()?;
    let ending = if ending == "ndjson" { "jsonl" } else { ending };
    FORMATS
        .iter()
        .any(|format| format.name() == ending)
        .then(|| ending.to_owned())
}

/// Says which commands the format is for.
fn wrong_format(format: &dyn Format, question: &Question<'_>) -> String {
    let mut words: Vec<&str> = Vec::new();
    for command in report::Command::ALL {
        let asked = Question {
            command,
            ..question.clone()
        };
        if format.answers(&asked) && !words.contains(&command.word()) {
            words.push(command.word());
        }
    }
    format!(
        "the format {} is not for {}; it is for {}",
        format.name(),
        question.command.word(),
        words.join(", ")
    )
}
