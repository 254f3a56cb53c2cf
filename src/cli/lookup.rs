//! The `lookup` command: the call records that meet some conditions.

use std::env;
use std::sync::Arc;

use keytrail::archive::Archive;
use keytrail::report::{self, Question};
use keytrail::scan::{self, Answer, Progress, ScanError};

use super::args::LookupArguments;
use super::diagnostics::{self, say};
use super::progress::watched;
use super::settings::Settings;
use super::{Ending, hints};

/// Scans the archive for call records and prints them.
pub(super) fn lookup(arguments: LookupArguments) -> anyhow::Result<Ending> {
    let (mut asked, common) = arguments.asked();
    let settings = Settings::of(common)?;
    let narrowed = format!(
        "{} {:?} {:?} {:?}",
        settings.narrowed, asked.conditions, asked.order, asked.limit
    );
    let question = Question {
        command: report::Command::Lookup,
        access_key_id: None,
        service_name: None,
        since: settings.scope.since,
        until: settings.scope.until,
        narrowed: &narrowed,
    };
    settings.check(&question)?;
    asked.records |= settings.format.needs_records();

    let archive = Archive::open(&settings.roots)?;
    let progress = Arc::new(Progress::default());
    let scanned = watched(&progress, &settings.telling, || {
        scan::calls(
            &archive,
            &settings.options,
            &settings.scope,
            &asked,
            &progress,
        )
    })?;
    let Some(scanned) = scanned else {
        return Ok(Ending::Interrupted);
    };
    let Answer {
        of: mut calls,
        coverage,
        problems,
    } = scanned.map_err(advised)?;
    settings.tell(&problems, &archive)?;

    let mut rows = report::call_rows(&mut calls, asked.records, settings.secrets);
    let written = settings.write(question, &mut rows, &coverage, &progress)?;
    if written.is_none() {
        return Ok(Ending::Interrupted);
    }

    if let Some(limit) = asked.limit
        && limit < coverage.events
        && !settings.telling.quiet
    {
        say(&diagnostics::cut(limit, coverage.events, asked.order));
    }
    settings.tell_coverage(&coverage);
    if coverage.events == 0 && !settings.telling.quiet {
        hints::no_call(
            &asked.conditions,
            &settings.roots,
            &settings.scope,
            &coverage,
        );
    }
    Ok(Ending::of(&coverage, coverage.events > 0))
}

/// The error, with what can be done about it.
fn advised(error: ScanError) -> anyhow::Error {
    match error {
        ScanError::Temporary(_) => anyhow::Error::from(error).context(format!(
            "no room in {}; TMPDIR names another folder",
            env::temp_dir().display()
        )),
        ScanError::Threads(_) => error.into(),
    }
}
