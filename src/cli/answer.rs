//! The commands that ask what keys did: `keys`, `dump` and `last-used`.

use std::sync::Arc;

use keytrail::archive::Archive;
use keytrail::query::{self, EntryRow};
use keytrail::report::{self, Question};
use keytrail::scan::{self, Answer, Progress, ScanError, UsageOptions};
use keytrail::usage::{UsageDetail, UsageMap};

use super::args::{Common, LastUsedArguments, What};
use super::diagnostics::say;
use super::progress::watched;
use super::settings::Settings;
use super::{Ending, hints};

/// The question, as typed.
pub(super) struct Asked {
    pub(super) command: report::Command,
    key: Option<(What, String)>,
    pub(super) service: Option<String>,
}

impl Asked {
    /// A question about all keys.
    pub(super) fn of_all(command: report::Command) -> Self {
        Self {
            command,
            key: None,
            service: None,
        }
    }

    /// A question about one key.
    pub(super) fn of_one(arguments: LastUsedArguments) -> (Self, Common) {
        let asked = Self {
            command: arguments.what.command(),
            key: Some((arguments.what, arguments.access_key_id)),
            service: arguments.service,
        };
        (asked, arguments.common)
    }

    pub(super) fn access_key_id(&self) -> Option<&str> {
        self.key.as_ref().map(|(_, key)| key.as_str())
    }
}

/// Scans the archive and answers.
pub(super) fn answer(asked: &Asked, common: Common) -> anyhow::Result<Ending> {
    let settings = Settings::of(common)?;
    let question = Question {
        command: asked.command,
        access_key_id: asked.access_key_id(),
        service_name: asked.service.as_deref(),
        since: settings.scope.since,
        until: settings.scope.until,
        narrowed: &settings.narrowed,
    };
    settings.check(&question)?;

    let archive =
        Archive::open(&settings.roots).map_err(|error| match hints::in_which_order(asked) {
            Some(order) => anyhow::Error::from(error).context(order),
            None => error.into(),
        })?;
    let progress = Arc::new(Progress::default());
    let scanned = watched(&progress, &settings.telling, || {
        scan_for(asked, &archive, &settings, &progress)
    })?;
    let Some(scanned) = scanned else {
        return Ok(Ending::Interrupted);
    };
    let Answer {
        of: usage,
        coverage,
        problems,
    } = scanned?;
    settings.tell(&problems, &archive)?;

    let (found, whole, written) = if asked.command == report::Command::Keys {
        let keys = query::keys(&usage);
        let mut rows = report::key_rows(&keys);
        let written = settings.write(question, &mut rows, &coverage, &progress)?;
        (!keys.is_empty(), true, written)
    } else {
        let entries = match &asked.key {
            None => query::dump(&usage),
            Some((what, key)) => {
                query::last_used(&usage, what.question(), key, asked.service.as_deref())
            }
        };
        let records = settings
            .format
            .needs_records()
            .then(|| records_of(&archive, &entries));
        let whole = records.as_deref().is_none_or(told_whole);
        let mut rows = report::entry_rows(&entries, records.as_deref(), settings.secrets);
        let written = settings.write(question, &mut rows, &coverage, &progress)?;
        (!entries.is_empty(), whole, written)
    };
    if written.is_none() {
        return Ok(Ending::Interrupted);
    }

    settings.tell_coverage(&coverage);
    if !found && !settings.telling.quiet {
        hints::no_use(asked, &settings.roots, &settings.scope, &coverage, &usage);
    }
    Ok(match Ending::of(&coverage, found) {
        Ending::Done if !whole => Ending::Partial,
        ending => ending,
    })
}

/// Scans for what is asked, and no more; or for everything, where nothing of the key is found: the
/// nearest keys and the span are then worth a second scan.
fn scan_for(
    asked: &Asked,
    archive: &Archive,
    settings: &Settings,
    progress: &Progress,
) -> Result<Answer<UsageMap>, ScanError> {
    let mut wanted = UsageOptions {
        detail: match asked.command {
            report::Command::Keys => UsageDetail::CountsOnly,
            _ => UsageDetail::Entries,
        },
        only_key: asked.access_key_id().map(str::to_owned),
    };
    let scan = |wanted: &UsageOptions| {
        scan::usage(
            archive,
            &settings.options,
            &settings.scope,
            wanted,
            progress,
        )
    };
    let answer = scan(&wanted)?;
    if wanted.only_key.is_some() && answer.of.keys().next().is_none() && archive.is_repeatable() {
        wanted.only_key = None;
        return scan(&wanted);
    }
    Ok(answer)
}

/// The records behind the last uses, for formats that show them.
fn records_of(archive: &Archive, rows: &[EntryRow<'_>]) -> Vec<Option<String>> {
    scan::fetch_records(
        archive,
        &rows.iter().map(|row| &row.last).collect::<Vec<_>>(),
    )
}

/// Whether all records are there, and says so if not.
fn told_whole(records: &[Option<String>]) -> bool {
    let missing = records.iter().filter(|record| record.is_none()).count();
    if missing > 0 {
        say(&format!(
            "keytrail: details missing: {missing} of {}; their log files changed during the run, or are \
             pipes, which give nothing twice",
            records.len()
        ));
    }
    missing == 0
}
