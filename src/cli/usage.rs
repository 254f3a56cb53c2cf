//! The commands about the entries of keys: `dump` and `last-used`.

use anyhow::bail;
use keytrail::archive::Archive;
use keytrail::query::{self, Dimension, EntryRow, Question};
use keytrail::report::{self, EntryVisitor, Request};
use keytrail::scan::{self, Answer, Progress, ScanError, ScanOptions, Sources, UsageOptions};
use keytrail::usage::{KeyUse, Usage as _, UsageDetail, UsageMap};

use super::args::{Common, LastUsedArguments};
use super::diagnostics::eprint_line;
use super::ending::Ending;
use super::hints;
use super::key_or_archive::told_apart;
use super::output::Output;
use super::run::{ArchiveQuestion, Run, WriteContext, WriteOutcome};
use super::settings::RowSettings;
use super::typed_key::TypedKey;

/// A question about the usage of keys.
struct UsageQuestion {
    question: Question,
    access_key_id: Option<String>,
    service: Option<String>,
    settings: RowSettings,
}

/// Answers with every entry of every key.
pub(super) fn answer_all(common: Common) -> anyhow::Result<Ending> {
    answer(Question::Dump, None, None, common)
}

/// Answers a question about one key.
pub(super) fn answer_one(arguments: LastUsedArguments) -> anyhow::Result<Ending> {
    let LastUsedArguments {
        dimension,
        access_key_id,
        service,
        mut common,
    } = arguments;
    let (access_key_id, roots) = told_apart(access_key_id, common.input.roots);
    common.input.roots = roots;
    if let (Dimension::Key, Some(service)) = (dimension, &service) {
        bail!(
            "info is about the key as a whole, not about one service: keytrail last-used products \
             {access_key_id} ARCHIVE --service {service}"
        );
    }
    let key = TypedKey::parse_whole(&access_key_id)?;
    if !common.messages.quiet {
        key.report_what_was_left_out();
    }
    let access_key_id = key.id;
    let question = Question::LastUsed(dimension);
    answer(question, Some(access_key_id), service, common)
}

fn answer(
    question: Question,
    access_key_id: Option<String>,
    service: Option<String>,
    common: Common,
) -> anyhow::Result<Ending> {
    let (run, settings) = RowSettings::of(common)?;
    settings.check(question)?;
    run.answer(&UsageQuestion {
        question,
        access_key_id,
        service,
        settings,
    })
}

impl ArchiveQuestion for UsageQuestion {
    type Collected = UsageMap;

    /// Scans for the key alone, if the question is about one. Where nothing of it is found, a second
    /// scan collects all keys, to name the nearest ones and the span.
    fn scan(
        &self,
        sources: &Sources,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<UsageMap>, ScanError> {
        let mut usage_options = UsageOptions {
            detail: match self.question {
                Question::LastUsed(
                    Dimension::Key
                    | Dimension::Service
                    | Dimension::Event
                    | Dimension::Ip
                    | Dimension::Resource,
                ) => UsageDetail::WithoutRegions,
                Question::LastUsed(_)
                | Question::Keys
                | Question::Dump
                | Question::Lookup
                | Question::Groups => UsageDetail::Entries,
            },
            only_key: self.access_key_id.clone(),
        };
        let scope = &self.settings.scope;
        let scan = |usage_options: &UsageOptions| {
            scan::usage(sources, options, scope, usage_options, progress)
        };
        let answer = scan(&usage_options)?;
        if !answer.of.is_empty()
            || usage_options.only_key.is_none()
            || !sources.archive.is_repeatable()
        {
            return Ok(answer);
        }
        usage_options.only_key = None;
        scan(&usage_options)
    }

    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<UsageMap>,
    ) -> anyhow::Result<WriteOutcome> {
        let (usage, settings) = (&answer.of, &self.settings);
        let request = Request {
            access_key_id: self.access_key_id.as_deref(),
            service_name: self.service.as_deref(),
            ..settings.request(self.question)
        };
        let (coverage, progress) = (&answer.coverage, context.progress);
        match self.question {
            Question::LastUsed(dimension) => {
                let key = self.access_key_id.as_deref().unwrap_or_default();
                let service = self.service.as_deref();
                query::last_used(usage, dimension, key, service, |entries| {
                    let needs_records = settings.format.needs_records();
                    let records = needs_records.then(|| records_of(context.archive, entries));
                    let complete = records.as_deref().is_none_or(are_complete);
                    let mut rows =
                        report::entry_rows(entries, records.as_deref(), settings.secrets);
                    let is_whole = settings.write(request, &mut rows, coverage, progress)?;
                    Ok(WriteOutcome::of(is_whole, !entries.is_empty(), complete))
                })?
            }
            Question::Keys | Question::Dump | Question::Lookup | Question::Groups => {
                let visit_all = |visit: &mut EntryVisitor<'_>| query::dump(usage, visit);
                let mut rows = report::dump_rows(visit_all, settings.secrets);
                let is_whole = settings.write(request, &mut rows, coverage, progress)?;
                Ok(WriteOutcome::of(is_whole, !usage.is_empty(), true))
            }
        }
    }

    fn outputs(&self) -> Vec<&Output> {
        self.settings.outputs()
    }

    fn footer(&self, answer: &Answer<UsageMap>) -> Option<String> {
        let mut events = self.access_key_id.as_ref().map(|_| 0);
        if let Some(key) = &self.access_key_id {
            let visit = &mut |key: &KeyUse<'_>, _| {
                events = Some(key.tally.events);
                Ok(())
            };
            answer.of.keys(Some(key), visit).ok()?;
        }
        self.settings.footer(&answer.coverage, events)
    }

    fn blind(&self, answer: &Answer<UsageMap>, is_empty: bool) -> Vec<String> {
        // Of a key that was found, the account is known.
        let accounts = match self.access_key_id.as_deref() {
            Some(key) if !is_empty => accounts_of(&answer.of, key),
            _ => Vec::new(),
        };
        self.settings.blind(&answer.coverage, accounts, is_empty)
    }

    fn explain_nothing(&self, run: &Run, answer: &Answer<UsageMap>) -> anyhow::Result<()> {
        let (key, service) = (self.access_key_id.as_deref(), self.service.as_deref());
        let scope = &self.settings.scope;
        let (coverage, usage) = (&answer.coverage, &answer.of);
        Ok(hints::explain_empty_usage(
            key, service, scope, run, coverage, usage,
        )?)
    }
}

/// The account of a key, where it has one.
fn accounts_of(usage: &UsageMap, access_key_id: &str) -> Vec<String> {
    let mut accounts = Vec::new();
    let visit = &mut |key: &KeyUse<'_>, _| {
        accounts.extend((!key.account_id.is_empty()).then(|| key.account_id.to_owned()));
        Ok(())
    };
    // A fold in memory has no errors to return.
    let _infallible = usage.keys(Some(access_key_id), visit);
    accounts
}

/// The records behind the last uses, for formats that show them.
fn records_of(archive: &Archive, rows: &[EntryRow<'_>]) -> Vec<Option<String>> {
    scan::fetch_records(
        archive,
        &rows.iter().map(|row| &row.last).collect::<Vec<_>>(),
    )
}

/// Whether all records are there; warns if not.
fn are_complete(records: &[Option<String>]) -> bool {
    let missing = records.iter().filter(|record| record.is_none()).count();
    if missing > 0 {
        eprint_line(&format!(
            "keytrail: details missing: {missing} of {}; their log files changed during the run, or are \
             pipes, which cannot be read twice",
            records.len()
        ));
    }
    missing == 0
}
