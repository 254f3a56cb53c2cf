//! The command line: arguments, settings, progress, diagnostics and exit codes.
//!
//! The only part that prints, reads the clock and looks at the environment. What it does with an
//! archive is `scan`'s, `query`'s and `report`'s.

mod args;
mod diagnostics;
mod output;
mod progress;
mod time;
mod verify;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use clap::{CommandFactory as _, Parser as _};
use keytrail::archive;
use keytrail::calls::{CallRow, Calls};
use keytrail::coverage::Coverage;
use keytrail::query::{self, EntryRow};
use keytrail::report::{self, FORMATS, Format, Question, Report, Rows, Secrets, View};
use keytrail::scan::{self, LookedUp, Lookup, Options, Problem, Progress, Scan, ScanError};
use keytrail::usage::Depth;

use args::{Arguments, Command, Common, LookupArguments, LookupAsked, What, When};
use diagnostics::say;
use output::Output;
use progress::Watch;

/// How a run can end well. A usage error or a fatal one ends with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Something was found.
    Done,
    /// Nothing matched.
    Nothing,
    /// Some input was partial or unreadable, whatever was found in the rest.
    Partial,
    /// The person ended it.
    Interrupted,
}

impl Ending {
    /// How a run ends that was not interrupted.
    fn of(coverage: &Coverage, found: bool) -> Self {
        match coverage.files.partial + coverage.files.unreadable {
            0 if found => Self::Done,
            0 => Self::Nothing,
            _ => Self::Partial,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::Nothing => 1,
            Ending::Partial => 3,
            Ending::Interrupted => 130,
        })
    }
}

/// The exit code of usage errors and of fatal ones; clap's own as well.
const FAILED: u8 = 2;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    match run(Arguments::parse_from(args::tie_error(std::env::args_os()))) {
        Ok(ending) => ending.into(),
        Err(error) => {
            say(&format!(
                "keytrail: {}",
                report::escape(&format!("{error:#}"))
            ));
            ExitCode::from(FAILED)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    match arguments.command {
        Command::Keys(common) => answer(
            &Asked {
                command: report::Command::Keys,
                key: None,
                service: None,
            },
            common,
        ),
        Command::Dump(common) => answer(
            &Asked {
                command: report::Command::Dump,
                key: None,
                service: None,
            },
            common,
        ),
        Command::LastUsed(last_used) => {
            let asked = Asked {
                command: command_of(last_used.what),
                key: Some((last_used.what, last_used.access_key_id)),
                service: last_used.service,
            };
            answer(&asked, last_used.common)
        }
        Command::Verify(verify) => verify::verify(verify),
        Command::Lookup(arguments) => lookup(*arguments),
        Command::Completions { shell } => print(|out| {
            clap_complete::generate(shell, &mut Arguments::command(), "keytrail", out);
            Ok(())
        }),
        Command::Man => print(|out| clap_mangen::Man::new(Arguments::command()).render(out)),
    }
}

fn command_of(what: What) -> report::Command {
    match what {
        What::Info => report::Command::Info,
        What::Products => report::Command::Products,
        What::Events => report::Command::Events,
        What::Ips => report::Command::Ips,
        What::Resources => report::Command::Resources,
    }
}

/// Prints what needs no archive. Gathered first: the generators give up on a closed pipe.
fn print(text: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> anyhow::Result<Ending> {
    let mut gathered = Vec::new();
    text(&mut gathered)?;
    Output::Stdout.write(|out| out.write_all(&gathered))?;
    Ok(Ending::Done)
}

/// The question, as typed.
struct Asked {
    command: report::Command,
    key: Option<(What, String)>,
    service: Option<String>,
}

impl Asked {
    fn access_key_id(&self) -> Option<&str> {
        self.key.as_ref().map(|(_, key)| key.as_str())
    }
}

/// The arguments as meant.
struct Settings {
    options: Options,
    format: &'static dyn Format,
    output: Output,
    view: View,
    secrets: Secrets,
    errors_to: Option<PathBuf>,
    progress: When,
    quiet: bool,
    verbose: bool,
    /// All that narrows the answer, as one line that is the same for the same question.
    narrowed: String,
}

impl Settings {
    fn of(common: Common) -> anyhow::Result<Self> {
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
        let named = common.format.or_else(|| ending(common.output.as_deref()?));
        let format = FORMATS
            .iter()
            .find(|format| named.as_deref().is_none_or(|name| format.name() == name))
            .context("no such format")?;
        let output = Output::to(common.output, common.force)?;
        choose_color(common.color);
        let to_terminal = matches!(output, Output::Stdout) && output.is_terminal();
        let color = match common.color {
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
        let mut options = Options {
            roots: common.roots,
            since,
            until,
            regions: common.regions,
            accounts: common.accounts,
            depth: Depth::Entries,
            only_key: None,
            no_dedup: common.no_dedup,
            threads: common.threads,
            reader: common.reader.kind(),
        };
        options.regions.sort_unstable();
        options.accounts.sort_unstable();
        let narrowed = format!(
            "{since:?} {until:?} {:?} {:?} {}",
            options.regions, options.accounts, options.no_dedup
        );
        Ok(Self {
            options,
            format: *format,
            view: View {
                width,
                color,
                terminal: output.is_terminal(),
                csv_raw: common.csv_raw,
            },
            output,
            secrets: if common.no_redact {
                Secrets::Kept
            } else {
                Secrets::Redacted
            },
            errors_to: common.errors_to,
            progress: common.progress,
            quiet: common.quiet,
            verbose: common.verbose,
            narrowed,
        })
    }
}

/// Settles colour for all that goes through `anstream`.
fn choose_color(when: When) {
    match when {
        When::Auto => {}
        When::Always => anstream::ColorChoice::Always.write_global(),
        When::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// The format that a file's ending names, if it names one.
fn ending(path: &Path) -> Option<String> {
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

/// Refuses what could not be written, and says what will be written with care left out, before any
/// work is done for it.
fn check_format(settings: &Settings, question: &Question<'_>) -> anyhow::Result<()> {
    let format = settings.format;
    if !format.answers(question) {
        bail!(wrong_format(format, question));
    }
    if format.is_binary() && settings.output.is_terminal() {
        let name = format.name();
        bail!("the format {name} is not for a terminal; write it to a file: -o FILE.{name}");
    }
    if settings.secrets == Secrets::Kept {
        // Not for --quiet to hide: whoever reads the log has to know.
        say("keytrail: --no-redact: secrets inside events are written as they are");
    }
    Ok(())
}

/// Tells what was left out.
fn tell_problems(settings: &Settings, problems: &[Problem]) -> anyhow::Result<()> {
    if let Some(path) = &settings.errors_to {
        diagnostics::write_problems(problems, path)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    diagnostics::tell(problems, settings.verbose);
    Ok(())
}

/// Tells what the format had to say about the answer.
fn tell_notices(report: &Report<'_>) {
    for notice in &report.notices {
        say(&format!("keytrail: {}", report::escape(notice)));
    }
}

/// Scans the archive and answers.
fn answer(asked: &Asked, common: Common) -> anyhow::Result<Ending> {
    let settings = Settings::of(common)?;
    let question = Question {
        command: asked.command,
        access_key_id: asked.access_key_id(),
        service_name: asked.service.as_deref(),
        since: settings.options.since,
        until: settings.options.until,
        narrowed: &settings.narrowed,
    };
    check_format(&settings, &question)?;

    let progress = Arc::new(Progress::default());
    end_on_interrupt(&progress)?;
    let watch = Watch::start(Arc::clone(&progress), settings.progress, settings.quiet);
    let mut options = settings.options.clone();
    options.only_key = asked.access_key_id().map(str::to_owned);
    if asked.command == report::Command::Keys {
        options.depth = Depth::Keys;
    }
    let mut scanned = scan::scan(&options, &progress);
    if let Ok(scan) = &scanned
        && options.only_key.is_some()
        && scan.usage.keys().next().is_none()
        && options
            .roots
            .iter()
            .all(|root| root.is_dir() || root.is_file())
    {
        // Nothing of the key: what there is instead is worth a second look at everything.
        options.only_key = None;
        scanned = scan::scan(&options, &progress);
    }
    drop(watch);
    if progress.stop.load(Ordering::Relaxed) {
        return Ok(Ending::Interrupted);
    }
    let Scan {
        usage,
        coverage,
        problems,
    } = scanned?;

    tell_problems(&settings, &problems)?;

    let keys;
    let entries;
    let records;
    let mut key_rows;
    let mut entry_rows;
    let (found, rows): (bool, &mut dyn Rows) = match &asked.key {
        None if asked.command == report::Command::Keys => {
            keys = query::keys(&usage);
            key_rows = report::key_rows(&keys);
            (!keys.is_empty(), &mut key_rows)
        }
        asked_key => {
            entries = match asked_key {
                None => query::dump(&usage),
                Some((what, key)) => {
                    query::last_used(&usage, what.question(), key, asked.service.as_deref())
                }
            };
            records = settings.format.needs_records().then(|| reread(&entries));
            entry_rows = report::entry_rows(&entries, records.as_deref(), settings.secrets);
            (!entries.is_empty(), &mut entry_rows)
        }
    };
    let mut report = Report {
        question,
        rows,
        coverage: &coverage,
        view: settings.view,
        notices: Vec::new(),
    };
    settings
        .output
        .write(|out| settings.format.write(&mut report, out))?;
    tell_notices(&report);

    if !settings.quiet {
        if !settings.format.carries_coverage() {
            say(&diagnostics::footer(&coverage));
        }
        if !found {
            say_nothing_found(asked, &settings.options, &coverage, &usage);
        }
    }
    Ok(Ending::of(&coverage, found))
}

/// Scans the archive for call records and prints them.
fn lookup(arguments: LookupArguments) -> anyhow::Result<Ending> {
    let (asked, common) = arguments.asked();
    let mut settings = Settings::of(common)?;
    let LookupAsked {
        conditions,
        order,
        limit,
        raw,
        spill_at,
    } = asked;
    let narrowed = format!("{} {conditions:?} {order:?} {limit:?}", settings.narrowed);
    settings.narrowed = narrowed;
    let question = Question {
        command: report::Command::Lookup,
        access_key_id: None,
        service_name: None,
        since: settings.options.since,
        until: settings.options.until,
        narrowed: &settings.narrowed,
    };
    check_format(&settings, &question)?;

    let progress = Arc::new(Progress::default());
    end_on_interrupt(&progress)?;
    let watch = Watch::start(Arc::clone(&progress), settings.progress, settings.quiet);
    let asked = Lookup {
        conditions,
        order,
        limit,
        records: raw || settings.format.needs_records(),
        memory: spill_at,
        temporary: tempfile::tempfile,
    };
    let scanned = scan::lookup(&settings.options, &asked, &progress);
    drop(watch);
    if progress.stop.load(Ordering::Relaxed) {
        return Ok(Ending::Interrupted);
    }
    if let Err(ScanError::Temporary(_)) = scanned {
        return scanned.map(|_| Ending::Nothing).with_context(|| {
            let folder = std::env::temp_dir();
            format!(
                "no room in {}; TMPDIR names another folder",
                folder.display()
            )
        });
    }
    let LookedUp {
        mut calls,
        coverage,
        problems,
    } = scanned?;
    tell_problems(&settings, &problems)?;

    let mut calls = UntilInterrupted {
        calls: &mut calls,
        progress: &progress,
    };
    let mut rows = report::call_rows(&mut calls, asked.records, settings.secrets);
    let mut report = Report {
        question,
        rows: &mut rows,
        coverage: &coverage,
        view: settings.view,
        notices: Vec::new(),
    };
    let written = settings
        .output
        .write(|out| settings.format.write(&mut report, out));
    if written.is_err() && progress.stop.load(Ordering::Relaxed) {
        return Ok(Ending::Interrupted);
    }
    written?;
    tell_notices(&report);

    if !settings.quiet {
        if let Some(limit) = limit
            && limit < coverage.events
        {
            say(&diagnostics::cut(limit, coverage.events, order));
        }
        if !settings.format.carries_coverage() {
            say(&diagnostics::footer(&coverage));
        }
        if coverage.events == 0 {
            say_no_call(&settings.options, &asked, &coverage);
        }
    }
    Ok(Ending::of(&coverage, coverage.events > 0))
}

/// Call records that end with an error where the person does not want to wait for the rest: there
/// can be so many that writing them takes longer than reading the archive.
struct UntilInterrupted<'c> {
    calls: &'c mut dyn Calls,
    progress: &'c Progress,
}

impl Calls for UntilInterrupted<'_> {
    fn for_each(
        &mut self,
        visit: &mut dyn FnMut(&CallRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let stop = &self.progress.stop;
        self.calls.for_each(&mut |row| {
            if stop.load(Ordering::Relaxed) {
                return Err(io::Error::other("interrupted"));
            }
            visit(row)
        })
    }
}

/// The records behind the last uses, for formats that show them.
fn reread(rows: &[EntryRow<'_>]) -> Vec<Option<String>> {
    let places: Vec<(&Path, u32)> = rows
        .iter()
        .map(|row| (row.last.place.log_file, row.last.place.record))
        .collect();
    scan::reread(&places)
}

/// Ends the scan, or the writing of call records, at the first interrupt, and the program at once at the second.
fn end_on_interrupt(progress: &Arc<Progress>) -> anyhow::Result<()> {
    let progress = Arc::clone(progress);
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        progress.stop.store(true, Ordering::Relaxed);
        if asked.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "the person does not want to wait")]
            std::process::exit(130);
        }
    })
    .context("cannot watch for interrupts")
}

/// Says why an answer is empty, as far as can be told, and what was not read.
fn say_nothing_found(
    asked: &Asked,
    options: &Options,
    coverage: &Coverage,
    usage: &keytrail::usage::UsageMap,
) {
    if coverage.files.found == 0 {
        say_no_log_files(options, coverage);
        return;
    }
    match asked.access_key_id() {
        Some(key) => say_no_key(key, asked, coverage, usage),
        None => say("keytrail: no event with an AccessKey was read"),
    }
    say(WHAT_A_TRAIL_DELIVERS);
}

const WHAT_A_TRAIL_DELIVERS: &str = "hint: an archive knows what the trail delivered: by default no read \
                                     events, never data events, and nothing before the trail began";

/// Says that there is no log file, and what was looked for.
fn say_no_log_files(options: &Options, coverage: &Coverage) {
    let roots: Vec<_> = options
        .roots
        .iter()
        .map(|root| diagnostics::shown(root))
        .collect();
    say(&format!("keytrail: no log files in {}", roots.join(", ")));
    say(&format!(
        "hint: looked for names that end in {}, at any depth, and for packs of them ({}); found {} other \
         files, and {} log files not opened for their date",
        archive::LOG_FILES.join(" "),
        archive::PACKS.join(" "),
        coverage.files.ignored,
        coverage.files.pruned
    ));
}

/// Says why there are no call records, as far as can be told.
fn say_no_call(options: &Options, asked: &Lookup, coverage: &Coverage) {
    if coverage.files.found == 0 {
        say_no_log_files(options, coverage);
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
    let conditions = &asked.conditions;
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

fn say_no_key(key: &str, asked: &Asked, coverage: &Coverage, usage: &keytrail::usage::UsageMap) {
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
