//! The `lookup` command: the call records that meet the conditions.

use keytrail::archive::Archive;
use keytrail::calls::{SortedRows, Step};
use keytrail::query::Question;
use keytrail::report::{self, Request};
use keytrail::scan::{self, Answer, CallOptions, Progress, ScanError, ScanOptions};

use super::args::LookupArguments;
use super::diagnostics;
use super::ending::Ending;
use super::hints::{self, FunnelReport};
use super::output::{Output, Outputs};
use super::run::{ArchiveQuestion, Run, WriteContext, WriteOutcome};
use super::settings::RowSettings;

/// A question about call records.
struct CallQuestion {
    options: CallOptions,
    settings: RowSettings,
    /// Whether an empty answer is explained.
    explains: bool,
}

/// Call records, and where there are none, why.
struct FoundCalls {
    rows: SortedRows,
    funnel: Option<FunnelReport>,
}

/// Prints call records.
pub(super) fn answer(arguments: LookupArguments) -> anyhow::Result<Ending> {
    let (mut options, common) = arguments.options()?;
    let (run, settings) = RowSettings::of(common)?;
    settings.check(Question::Lookup)?;
    // The sort puts its runs there.
    Outputs::new(&run.roots, false).refuse_temporary()?;
    options.records |= settings.format.needs_records() || settings.asks_for("event");
    run.answer(&CallQuestion {
        options,
        settings,
        explains: !run.quiet,
    })
}

impl ArchiveQuestion for CallQuestion {
    type Collected = FoundCalls;

    /// Scans for the call records. Where there are none, a second scan finds out which condition left
    /// none over.
    fn scan(
        &self,
        archive: &Archive,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<FoundCalls>, ScanError> {
        let scope = &self.settings.scope;
        let answer = scan::calls(archive, options, scope, &self.options, progress)?;
        let is_empty = answer.coverage.events == 0 && answer.coverage.files.found > 0;
        let mut funnel = None;
        if is_empty && self.explains && archive.is_repeatable() {
            let conditions = &self.options.conditions;
            let steps = Step::all(&scope.regions, &scope.accounts, conditions);
            let counted = scan::funnel(archive, options, scope, &steps, progress)?;
            funnel = Some(FunnelReport {
                events: counted.coverage.events,
                left: counted.of.steps(&steps),
                steps,
            });
        }
        let Answer {
            of: rows,
            coverage,
            problems,
        } = answer;
        Ok(Answer {
            of: FoundCalls { rows, funnel },
            coverage,
            problems,
        })
    }

    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<FoundCalls>,
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
        let mut rows = report::call_rows(&mut answer.of.rows, options.records, settings.secrets);
        let is_whole = settings.write(request, &mut rows, coverage, context.progress)?;
        Ok(WriteOutcome::of(is_whole, coverage.events > 0, true))
    }

    fn outputs(&self) -> Vec<&Output> {
        self.settings.outputs()
    }

    fn footer(&self, answer: &Answer<Self::Collected>) -> Option<String> {
        let coverage = &answer.coverage;
        let CallOptions { limit, order, .. } = self.options;
        let cut = limit.filter(|&limit| limit < coverage.events);
        let cut = cut.map(|limit| diagnostics::truncated(limit, coverage.events, order));
        let lines = cut.into_iter().chain(self.settings.footer(coverage, None));
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn blind(&self, answer: &Answer<FoundCalls>, is_empty: bool) -> Vec<String> {
        self.settings.blind(&answer.coverage, Vec::new(), is_empty)
    }

    fn explain_nothing(&self, run: &Run, answer: &Answer<FoundCalls>) -> anyhow::Result<()> {
        let scope = &self.settings.scope;
        let funnel = answer.of.funnel.as_ref();
        hints::explain_no_calls(funnel, run, scope, &answer.coverage);
        Ok(())
    }
}
