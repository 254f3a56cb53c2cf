//! The arguments as they are meant: the options of a scan, and how its answer is written.

use std::io;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, bail};
use keytrail::coverage::Coverage;
use keytrail::query::Question;
use keytrail::report::{
    self, BlindQuestion, Column, FORMATS, FilterValue, Format, Origin, Report, Request, Row, Rows,
    Secrets, View,
};
use keytrail::scan::{Progress, ReaderKind, ScanOptions, Scope};
use keytrail::usage::Seed;

use super::accepted::Accepted;
use super::args::{Common, InputArguments, MessageArguments, When};
use super::diagnostics::{self, eprint_line};
use super::output::{Output, Outputs};
use super::output_format::format_name;
use super::program::{others_of, words_of};
use super::progress::ProgressDisplay;
use super::run::Run;
use super::usage_errors::wrong_format;

/// The settings of commands with rows in their answers.
pub(super) struct RowSettings {
    pub(super) scope: Scope,
    pub(super) format: &'static dyn Format,
    output: Output,
    view: View,
    pub(super) secrets: Secrets,
    /// The roots and the options, for documents.
    origin: Origin,
    /// The names of the columns that are asked for.
    columns: Option<Vec<String>>,
    /// Whether nothing but problems and errors goes to standard error.
    quiet: bool,
    /// All filters, as one line that is the same for the same filters.
    pub(super) canonical_filters: String,
}

/// Makes the settings of a run from its arguments, and sets the colour of its messages.
pub(super) fn run(
    input: InputArguments,
    reader: ReaderKind,
    errors: Option<Output>,
    messages: &MessageArguments,
    verbose: bool,
) -> anyhow::Result<Run> {
    match messages.color {
        When::Auto => {}
        When::Always => anstream::ColorChoice::Always.write_global(),
        When::Never => anstream::ColorChoice::Never.write_global(),
    }
    let accepted = messages.accept.as_deref().map(Accepted::read).transpose()?;
    Ok(Run {
        roots: input.roots,
        archives: input.archives,
        options: ScanOptions {
            threads: input.threads,
            reader,
            seed: Seed::random(),
            search: true,
        },
        errors,
        progress: ProgressDisplay {
            when: messages.progress,
            quiet: messages.quiet,
        },
        quiet: messages.quiet,
        silent: false,
        verbose,
        accepted: accepted.unwrap_or_default(),
        exit_zero: messages.exit_zero,
    })
}

impl RowSettings {
    pub(super) fn of(common: Common) -> anyhow::Result<(Run, Self)> {
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
        let named = format_name(common.format, common.output.as_deref(), &format_names())?;
        let format = FORMATS
            .iter()
            .find(|format| named.as_deref().is_none_or(|name| format.name() == name))
            .context("no such format")?;
        let mut outputs = Outputs::new(&common.input.roots, common.force);
        let output = outputs.answer(common.output)?;
        let errors = common.messages.errors_to.clone();
        let errors = errors.map(|path| outputs.file(path)).transpose()?;
        let roots = common.input.roots.iter();
        let roots = roots.map(|root| root.to_string_lossy().into_owned());
        let roots = roots.collect();
        let mut run = run(
            common.input,
            common.reader,
            errors,
            &common.messages,
            common.verbose,
        )?;
        run.options.search = !common.no_search;
        let to_terminal = matches!(output, Output::Stdout) && output.is_terminal();
        let color = match common.messages.color {
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
        let mut scope = Scope {
            since,
            until,
            regions: common.regions,
            accounts: common.accounts,
            no_dedup: common.no_dedup,
        };
        scope.regions.sort_unstable();
        scope.accounts.sort_unstable();
        let canonical_filters = format!(
            "{since:?} {until:?} {:?} {:?} {}",
            scope.regions, scope.accounts, scope.no_dedup
        );
        let settings = Self {
            scope,
            format: *format,
            view: View {
                width,
                color,
                terminal: output.is_terminal(),
                csv_raw: common.csv_raw,
            },
            output,
            origin: Origin {
                roots,
                filters: common.filters,
            },
            columns: common.columns,
            quiet: common.messages.quiet,
            secrets: if common.no_redact {
                Secrets::Kept
            } else {
                Secrets::Redacted
            },
            canonical_filters,
        };
        Ok((run, settings))
    }

    /// A question with its filters.
    pub(super) fn request(&self, question: Question) -> Request<'_> {
        Request {
            since: self.scope.since,
            until: self.scope.until,
            canonical_filters: &self.canonical_filters,
            ..Request::new(question)
        }
    }

    /// Refuses what could not be written, and warns of secrets in the answer, before the scan.
    pub(super) fn check(&self, question: Question) -> anyhow::Result<()> {
        let format = self.format;
        if !format.answers(question) {
            let (asked, others) = (words_of(question), others_of(format, question));
            bail!(wrong_format(format.name(), &asked, &others));
        }
        if self.columns.is_some() && !format.has_columns() {
            let formats = FORMATS.iter().filter(|format| format.has_columns());
            let formats: Vec<_> = formats.map(|format| format.name()).collect();
            bail!(
                "the shape of the format {} is fixed; --columns is for {}",
                format.name(),
                formats.join(", ")
            );
        }
        if question != Question::Groups {
            self.chosen(report::columns_of(question))?;
        }
        if format.is_binary() && self.output.is_terminal() {
            let name = format.name();
            bail!("the format {name} is not for a terminal; write it to a file: -o FILE.{name}");
        }
        if self.secrets == Secrets::Kept {
            // Also with --quiet, so that it is in a log of the run.
            eprint_line("keytrail: --no-redact: secrets inside events are written as they are");
        }
        Ok(())
    }

    /// The places of the columns that are asked for, if any are.
    pub(super) fn chosen(&self, columns: &[Column]) -> anyhow::Result<Option<Vec<usize>>> {
        let Some(names) = &self.columns else {
            return Ok(None);
        };
        let mut places = Vec::new();
        for name in names.iter().map(|name| name.trim()) {
            if name.is_empty() {
                bail!("--columns has an empty name");
            }
            let place = columns.iter().position(|column| column.name == name);
            let Some(place) = place else {
                let names: Vec<_> = columns.iter().map(|column| column.name).collect();
                bail!("no column is called {name}; there are {}", names.join(", "));
            };
            if places.contains(&place) {
                bail!("the column {name} is named twice");
            }
            places.push(place);
        }
        Ok(Some(places))
    }

    /// Whether this column is asked for by name.
    pub(super) fn asks_for(&self, column: &str) -> bool {
        let names = self.columns.iter().flatten();
        names.map(|name| name.trim()).any(|name| name == column)
    }

    /// Writes the answer, and reports the notices of its format; returns false where the user
    /// interrupted it.
    pub(super) fn write(
        &self,
        request: Request<'_>,
        rows: &mut dyn Rows,
        coverage: &Coverage,
        progress: &Progress,
    ) -> anyhow::Result<bool> {
        let mut rows = InterruptibleRows { rows, progress };
        let key = request
            .access_key_id
            .map(|key| FilterValue::One(key.to_owned()));
        let mut report = Report::new(request, &mut rows, coverage, self.view);
        report.origin = self.origin.clone();
        if let Some(key) = key {
            report.origin.filters.insert("key".to_owned(), key);
        }
        report.chosen = self.chosen(report.rows.columns())?;
        let result = self.output.write(|out| self.format.write(&mut report, out));
        if result.is_err() && progress.stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        result?;
        for notice in report.notices.iter().filter(|_| !self.quiet) {
            eprint_line(&format!("keytrail: {}", report::escape(notice)));
        }
        if report.left_out > 0 && !self.quiet {
            let columns = diagnostics::counted(report.left_out as u64, "column", "columns");
            eprint_line(&format!("+{columns}: -f csv"));
        }
        Ok(true)
    }

    /// Where the answer goes.
    pub(super) fn outputs(&self) -> Vec<&Output> {
        vec![&self.output]
    }

    /// The lines that report the coverage, unless the answer carries it.
    /// `of_key` is the number of events of the key, where the answer is about one.
    pub(super) fn footer(&self, coverage: &Coverage, of_key: Option<u64>) -> Option<String> {
        let is_carried = self.format.carries_coverage();
        (!is_carried).then(|| diagnostics::footer(coverage, of_key))
    }

    /// The lines about the blind times that concern an answer about these accounts; about any, when
    /// there are none.
    pub(super) fn blind(
        &self,
        coverage: &Coverage,
        accounts: Vec<String>,
        is_empty: bool,
    ) -> Vec<String> {
        if self.format.carries_coverage() && !is_empty {
            return Vec::new();
        }
        let accounts = match &*self.scope.accounts {
            [] => accounts,
            filter => filter.to_vec(),
        };
        let question = BlindQuestion {
            window: self.scope.window(),
            accounts: &accounts,
            is_empty,
        };
        diagnostics::blind_lines(coverage, question)
    }
}

/// Rows that end with an error after an interrupt, since writing them can take longer than reading the
/// archive.
struct InterruptibleRows<'r> {
    rows: &'r mut dyn Rows,
    progress: &'r Progress,
}

impl Rows for InterruptibleRows<'_> {
    fn columns(&self) -> &'static [Column] {
        self.rows.columns()
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        let stop = &self.progress.stop;
        self.rows.for_each(&mut |row| {
            if stop.load(Ordering::Relaxed) {
                return Err(io::Error::other("interrupted"));
            }
            visit(row)
        })
    }
}

/// The names of all formats of answers with rows.
pub(super) fn format_names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name()).collect()
}
