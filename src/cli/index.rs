//! The `index` command: reads what is new of archives, and saves it.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use anyhow::bail;
use keytrail::report::{name_without_secrets, text_without_secrets};
use keytrail::scan::ReaderKind;
use keytrail::state::{self, IndexOptions, IndexReport, Redaction, StateWriter, WhenLocked};

use super::args::{IndexArguments, InputArguments};
use super::diagnostics::counted;
use super::ending::Ending;
use super::output::{Output, Outputs};
use super::outside;
use super::progress::{Watched, scan_with_progress};
use super::roots;
use super::settings;
use super::standard::is_standard;

/// Reads what is new, saves it, and says what it was.
pub(super) fn answer(arguments: IndexArguments) -> anyhow::Result<Ending> {
    let IndexArguments {
        roots,
        threads,
        rebuild,
        into,
        wait,
        no_redact,
        force,
        messages,
        verbose,
    } = arguments;
    if roots.iter().any(|root| is_standard(root)) {
        bail!("`-` is standard input, of which nobody knows what is new the next time");
    }
    if let Some(state) = roots::first_state(&roots) {
        bail!(
            "{} is a state itself; name the archive that it was made of",
            state.display()
        );
    }
    let mut outputs = Outputs::new(&roots, force);
    let errors = messages.errors_to.clone();
    let errors = errors.map(|path| outputs.file(path)).transpose()?;
    let input = InputArguments {
        roots,
        archives: Vec::new(),
        threads,
    };
    let run = settings::run(input, ReaderKind::default(), errors, &messages, verbose)?;
    let sources = roots::open(&run.roots, &run.archives)?;
    outside::refuse_new_folder(&run.roots, &into)?;
    let when_locked = if wait {
        WhenLocked::Wait
    } else {
        WhenLocked::Fail
    };
    let writer = StateWriter::begin(&into, when_locked)?;
    let redaction = Redaction {
        text: text_without_secrets,
        name: name_without_secrets,
    };
    let options = IndexOptions {
        scan: run.options.clone(),
        redaction: (!no_redact).then_some(redaction),
        rebuild,
        random: RandomState::new().hash_one(&into),
    };
    let watched = Arc::new(Watched::default());
    let indexed = scan_with_progress(&watched, run.progress, || {
        state::index(writer, &sources, &options, &watched.progress)
    })?;
    let Some(Some(report)) = indexed.transpose()? else {
        watched.tell_interrupt();
        return Ok(Ending::Interrupted);
    };
    run.report(&report.problems, &sources.archive)?;
    if !run.quiet {
        let words = words(&report);
        Output::Stdout.write(|out| out.write_all(words.as_bytes()))?;
    }
    let damaged = report.partial + report.unreadable;
    let damaged = run.accepted.leave_damage(damaged, &report.problems);
    Ok(Ending::of(damaged, true, true))
}

/// What was done, in two lines.
fn words(report: &IndexReport) -> String {
    let files = |number, what: &str| {
        counted(
            number,
            &format!("log file {what}"),
            &format!("log files {what}"),
        )
    };
    let read = format!(
        "{}, {}, {}, {}; {} read",
        files(report.new, "new"),
        files(report.changed, "changed"),
        files(report.known, "as before"),
        files(report.vanished, "gone, whose events stay"),
        counted(report.events, "event", "events"),
    );
    let committed = if report.committed {
        format!("saved as generation {}", report.generation)
    } else {
        format!("nothing to save; generation {}", report.generation)
    };
    format!("{read}\n{committed}\n")
}
