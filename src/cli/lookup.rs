//! The `lookup` command: the call records that meet some conditions.

use keytrail::archive::Archive;
use keytrail::calls::SortedRows;
use keytrail::coverage::Coverage;
use keytrail::query::Question;
use keytrail::report::{self, Request};
use keytrail::scan::{self, Answer, CallOptions, Progress, ScanError, ScanOptions};

use super::args::LookupArguments;
use super::diagnostics;
use super::ending::Ending;
use super::hints;
use super::run::{Ask, Run, Scanned, Written};
use super::settings::RowSettings;

/// What is asked of call records.
struct CallQuestion {
    asked: CallOptions,
    settings: RowSettings,
}

/// Prints call records.
pub(super) fn answer(arguments: LookupArguments) -> anyhow::Result<Ending> {
    let (mut asked, common) = arguments.options();
    let (run, settings) = RowSettings::of(common)?;
    settings.check(Question::Lookup)?;
    asked.records |= settings.format.needs_records();
    run.answer(&CallQuestion { asked, settings })
}

impl Ask for CallQuestion {
    type Collected = SortedRows;

    fn scan(
        &self,
        archive: &Archive,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<SortedRows>, ScanError> {
        scan::calls(
            archive,
            options,
            &self.settings.scope,
            &self.asked,
            progress,
        )
    }

    fn write(
        &self,
        scanned: &Scanned<'_>,
        answer: &mut Answer<SortedRows>,
    ) -> anyhow::Result<Written> {
        let (asked, settings) = (&self.asked, &self.settings);
        let canonical_filters = format!(
            "{} {:?} {:?} {:?}",
            settings.canonical_filters, asked.conditions, asked.order, asked.limit
        );
        let request = Request {
            canonical_filters: &canonical_filters,
            ..settings.request(Question::Lookup)
        };
        let coverage = &answer.coverage;
        let mut rows = report::call_rows(&mut answer.of, asked.records, settings.secrets);
        let is_whole = settings.write(request, &mut rows, coverage, scanned.progress)?;
        Ok(Written::of(is_whole, coverage.events > 0, true))
    }

    fn footer(&self, coverage: &Coverage) -> Option<String> {
        let CallOptions { limit, order, .. } = self.asked;
        let cut = limit.filter(|&limit| limit < coverage.events);
        let cut = cut.map(|limit| diagnostics::truncated(limit, coverage.events, order));
        let lines = cut.into_iter().chain(self.settings.footer(coverage));
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn explain_nothing(&self, run: &Run, answer: &Answer<SortedRows>) -> anyhow::Result<()> {
        let scope = &self.settings.scope;
        hints::explain_no_calls(&self.asked.conditions, run, scope, &answer.coverage);
        Ok(())
    }
}
