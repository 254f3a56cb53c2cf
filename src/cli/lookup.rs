//! The `lookup` command: the call records that meet the conditions.

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
use super::run::{ArchiveQuestion, Run, WriteContext, WriteOutcome};
use super::settings::RowSettings;

/// A question about call records.
struct CallQuestion {
    options: CallOptions,
    settings: RowSettings,
}

/// Prints call records.
pub(super) fn answer(arguments: LookupArguments) -> anyhow::Result<Ending> {
    let (mut options, common) = arguments.options()?;
    let (run, settings) = RowSettings::of(common)?;
    settings.check(Question::Lookup)?;
    options.records |= settings.format.needs_records();
    run.answer(&CallQuestion { options, settings })
}

impl ArchiveQuestion for CallQuestion {
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
            &self.options,
            progress,
        )
    }

    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<SortedRows>,
    ) -> anyhow::Result<WriteOutcome> {
        let (options, settings) = (&self.options, &self.settings);
        let canonical_filters = format!(
            "{} {:?} {:?} {:?}",
            settings.canonical_filters, options.conditions, options.order, options.limit
        );
        let request = Request {
            canonical_filters: &canonical_filters,
            ..settings.request(Question::Lookup)
        };
        let coverage = &answer.coverage;
        let mut rows = report::call_rows(&mut answer.of, options.records, settings.secrets);
        let is_whole = settings.write(request, &mut rows, coverage, context.progress)?;
        Ok(WriteOutcome::of(is_whole, coverage.events > 0, true))
    }

    fn footer(&self, coverage: &Coverage) -> Option<String> {
        let CallOptions { limit, order, .. } = self.options;
        let cut = limit.filter(|&limit| limit < coverage.events);
        let cut = cut.map(|limit| diagnostics::truncated(limit, coverage.events, order));
        let lines = cut.into_iter().chain(self.settings.footer(coverage));
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn blind(&self, answer: &Answer<SortedRows>, is_empty: bool) -> Vec<String> {
        self.settings.blind(&answer.coverage, Vec::new(), is_empty)
    }

    fn explain_nothing(&self, run: &Run, answer: &Answer<SortedRows>) -> anyhow::Result<()> {
        let scope = &self.settings.scope;
        hints::explain_no_calls(&self.options.conditions, run, scope, &answer.coverage);
        Ok(())
    }
}
