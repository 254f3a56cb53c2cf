//! The `keys` command: all keys, or those that its options select.

use std::collections::BTreeSet;
use std::io;

use anyhow::bail;
use keytrail::calls::SourceFilter;
use keytrail::coverage::{BlindReason, BlindTime, Coverage};
use keytrail::query::{
    self, Dimension, KeyRow, KeySelection, Question, UnknownTime, Unused, UnusedSince,
};
use keytrail::report;
use keytrail::scan::{
    self, Answer, Progress, ScanError, ScanOptions, Scope, Sources, UsageOptions,
};
use keytrail::usage::{LastOfAccounts, Usage, UsageDetail, UsageMap};

use super::args::KeysArguments;
use super::diagnostics::{counted, eprint_line};
use super::ending::Ending;
use super::expected::ExpectedKeys;
use super::hints;
use super::output::Output;
use super::run::{ArchiveQuestion, Run, WriteContext, WriteOutcome};
use super::settings::RowSettings;
use super::time::Age;

/// Which keys are asked for.
struct KeyQuestion {
    selection: KeySelection,
    expected: ExpectedKeys,
    unused: Option<Age>,
    sources: Vec<SourceFilter>,
    settings: RowSettings,
}

/// Answers the question.
pub(super) fn answer(arguments: KeysArguments) -> anyhow::Result<Ending> {
    let KeysArguments {
        types,
        unused,
        new_since,
        expect,
        sources,
        order,
        common,
    } = arguments;
    let (run, settings) = RowSettings::of(common)?;
    settings.check(Question::Keys)?;
    if unused.is_none() && settings.asks_for("unused") {
        bail!("there is a column unused only with --unused");
    }
    let new_since = new_since.map(|time| time.0);
    if let (Some(new_since), Some(since)) = (new_since, settings.scope.since)
        && since >= new_since
    {
        bail!(
            "with --since {} the first use before it is not known, so every key would be new since {}",
            report::time(since),
            report::time(new_since)
        );
    }
    let expected = expect.as_deref().map(ExpectedKeys::read).transpose()?;
    let expected = expected.unwrap_or_default();
    let selection = KeySelection {
        types,
        unused: None,
        new_since,
        expected: expected.keys.clone(),
        only: None,
        order,
    };
    run.answer(&KeyQuestion {
        selection,
        expected,
        unused,
        sources,
        settings,
    })
}

impl KeyQuestion {
    /// The selection, with what the scan has found of it.
    fn selection(
        &self,
        usage: &UsageMap,
        last: &LastOfAccounts,
        coverage: &Coverage,
    ) -> io::Result<KeySelection> {
        let mut selection = self.selection.clone();
        selection.unused = self.unused.as_ref().map(|age| UnusedSince {
            age: age.milliseconds,
            last: last.clone(),
            until: self.settings.scope.until,
            blind: unknown_times(coverage),
        });
        if !self.sources.is_empty() {
            let mut only = BTreeSet::new();
            usage.entries(None, Some(Dimension::Ip), &mut |key, entries| {
                let mut ips = entries.iter().map(|entry| entry.name);
                if ips.any(|ip| SourceFilter::any_matches(&self.sources, ip)) {
                    only.insert(key.access_key_id.to_owned());
                }
                Ok(())
            })?;
            selection.only = Some(only);
        }
        Ok(selection)
    }

    /// The lines about the known keys that are not among those that were `used`.
    fn expected_lines(&self, used: &[KeyRow]) -> Vec<String> {
        let by_use = [
            ("--new-since", self.selection.new_since.is_some()),
            ("--ip", !self.sources.is_empty()),
        ];
        let by_use = by_use.iter().filter(|(_, is_given)| *is_given);
        let by_use: Vec<_> = by_use.map(|(name, _)| *name).collect();
        self.expected.lines(used, &self.settings.scope, &by_use)
    }

    /// The lines that say from when on a key has to be unused.
    fn unused_since(&self, last: &LastOfAccounts) -> Vec<String> {
        let Some(age) = &self.unused else {
            return Vec::new();
        };
        let unused = UnusedSince {
            age: age.milliseconds,
            last: last.clone(),
            until: self.settings.scope.until,
            blind: Vec::new(),
        };
        let accounts: Vec<&str> = last.accounts().filter(|one| !one.is_empty()).collect();
        let mut lines: Vec<String> = accounts
            .iter()
            .take(ACCOUNTS)
            .filter_map(|account| {
                let since = unused.since(account)?;
                let end = since.saturating_add(age.milliseconds);
                let end = match unused.until {
                    Some(until) if until == end => "--until",
                    _ => "its last event",
                };
                Some(format!(
                    "keytrail: unused in account {} means no use from {} on, which is {} before {end}",
                    report::escape(account),
                    report::time(since),
                    report::escape(&age.text),
                ))
            })
            .collect();
        if accounts.len() > ACCOUNTS {
            lines.push(format!(
                "keytrail: in {} more likewise; --account chooses one",
                counted((accounts.len() - ACCOUNTS) as u64, "account", "accounts")
            ));
        }
        lines
    }
}

/// The blind times in which keys may have been used.
fn unknown_times(coverage: &Coverage) -> Vec<UnknownTime> {
    let blind = coverage.blind.iter().filter(|blind| match blind.why {
        // What one trail alone did not deliver, another may have.
        BlindReason::BeforeFirst | BlindReason::AfterLast => blind.trail.is_none(),
        _ => true,
    });
    let unknown = |blind: &BlindTime| UnknownTime {
        account: blind.account_id.clone(),
        from: blind.from,
        until: blind.until,
    };
    blind.map(unknown).collect()
}

/// The line that names the keys of which it is unknown whether they were used.
fn unknown_use(rows: &[KeyRow]) -> Option<String> {
    let is_unknown = |row: &&KeyRow| row.unused == Some(Unused::Unknown);
    let keys: Vec<_> = rows.iter().filter(is_unknown).collect();
    let named = keys.iter().take(NAMED);
    let named: Vec<_> = named
        .map(|row| report::escape(&row.access_key_id))
        .collect();
    let more = if keys.len() > NAMED { ", …" } else { "" };
    (!keys.is_empty()).then(|| {
        format!(
            "keytrail: of {} of {} it is unknown whether they were used, since nothing is known of a part \
             of that time; unused is unknown in their rows: {}{more}",
            keys.len(),
            counted(rows.len() as u64, "key", "keys"),
            named.join(", ")
        )
    })
}

/// How many keys are named one by one.
const NAMED: usize = 10;

/// How many accounts are named one by one.
const ACCOUNTS: usize = 3;

impl ArchiveQuestion for KeyQuestion {
    type Collected = (UsageMap, LastOfAccounts);

    fn scan(
        &self,
        sources: &Sources,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<Self::Collected>, ScanError> {
        let scope = &self.settings.scope;
        // Only entries have addresses; without them a fold takes a tenth of the memory.
        let detail = if self.sources.is_empty() {
            UsageDetail::CountsOnly
        } else {
            UsageDetail::Entries
        };
        // What is outside of the filters can be the last event of an account.
        let is_whole = scope.until.is_none() && scope.regions.is_empty();
        if self.unused.is_some() && is_whole {
            return scan::usage_and_accounts(sources, options, scope, detail, progress);
        }
        let usage_options = UsageOptions {
            detail,
            only_key: None,
        };
        let answer = scan::usage(sources, options, scope, &usage_options, progress)?;
        let last = if self.unused.is_some() && sources.archive.is_repeatable() {
            let everything = Scope {
                accounts: scope.accounts.clone(),
                ..Scope::default()
            };
            scan::last_of_accounts(sources, options, &everything, progress)?.of
        } else {
            LastOfAccounts::default()
        };
        Ok(Answer {
            of: (answer.of, last),
            coverage: answer.coverage,
            problems: answer.problems,
        })
    }

    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<Self::Collected>,
    ) -> anyhow::Result<WriteOutcome> {
        let (usage, last) = &answer.of;
        let settings = &self.settings;
        if self.unused.is_some() && last.of("").is_none() && !usage.is_empty() {
            bail!(
                "--unused with --until or --region reads the archive twice, which a pipe does not allow"
            );
        }
        let selection = self.selection(usage, last, &answer.coverage)?;
        let used = query::keys(usage)?;
        let about_expected = self.expected_lines(&used);
        let keys = selection.apply(used);
        let mut rows = report::key_rows(&keys, self.unused.is_some());
        let request = settings.request(Question::Keys);
        let is_whole = settings.write(request, &mut rows, &answer.coverage, context.progress)?;
        if !context.run.quiet {
            let lines = self.unused_since(last).into_iter();
            for line in lines.chain(unknown_use(&keys)).chain(about_expected) {
                eprint_line(&line);
            }
        }
        // Known keys have rows also where a folder is not mounted.
        let found = !keys.is_empty() && answer.coverage.files.found > 0;
        Ok(WriteOutcome::of(is_whole, found, true))
    }

    fn outputs(&self) -> Vec<&Output> {
        self.settings.outputs()
    }

    fn footer(&self, answer: &Answer<Self::Collected>) -> Option<String> {
        self.settings.footer(&answer.coverage, None)
    }

    fn blind(&self, answer: &Answer<Self::Collected>, is_empty: bool) -> Vec<String> {
        self.settings.blind(&answer.coverage, Vec::new(), is_empty)
    }

    fn explain_nothing(&self, run: &Run, answer: &Answer<Self::Collected>) -> anyhow::Result<()> {
        let (usage, _) = &answer.of;
        if usage.is_empty() {
            let scope = &self.settings.scope;
            hints::explain_empty_usage(None, None, scope, run, &answer.coverage, usage)?;
        } else {
            eprint_line(
                "keytrail: keys were used, but the options that select keys leave none of them over",
            );
        }
        Ok(())
    }
}
