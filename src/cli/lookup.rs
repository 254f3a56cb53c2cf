//! The `lookup` command: the call records that meet the conditions.

use keytrail::calls::{Conditions, GroupColumn, GroupRow, Order, SortedRows, Step};
use keytrail::query::Question;
use keytrail::report::{self, Request};
use keytrail::scan::{self, Answer, CallOptions, Progress, ScanError, ScanOptions, Scope, Sources};

use super::args::LookupArguments;
use super::diagnostics;
use super::ending::Ending;
use super::hints::{self, FunnelReport};
use super::output::Output;
use super::outside;
use super::roots;
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
struct ExplainedRows<R> {
    rows: R,
    funnel: Option<FunnelReport>,
}

/// A question about groups of call records.
struct GroupQuestion {
    conditions: Conditions,
    by: Vec<GroupColumn>,
    limit: Option<u64>,
    settings: RowSettings,
    /// Whether an empty answer is explained.
    explains: bool,
}

impl GroupQuestion {
    /// The groups that are shown, of those that were found.
    fn shown<'r>(&self, groups: &'r [GroupRow]) -> &'r [GroupRow] {
        let limit = self.limit.and_then(|limit| usize::try_from(limit).ok());
        let end = limit.map_or(groups.len(), |limit| limit.min(groups.len()));
        groups.get(..end).unwrap_or(groups)
    }
}

/// The word for the rows that come first in an order.
fn first_in(order: Order) -> &'static str {
    match order {
        Order::Newest => "newest",
        Order::Oldest => "oldest",
        Order::Place => "first",
    }
}

/// The lines below an answer, if there are any.
fn lines(first: Option<String>, second: Option<String>) -> Option<String> {
    let lines: Vec<_> = first.into_iter().chain(second).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Counts how many events each condition in turn leaves over.
fn count_funnel(
    sources: &Sources,
    options: &ScanOptions,
    scope: &Scope,
    conditions: &Conditions,
    progress: &Progress,
) -> Result<FunnelReport, ScanError> {
    let steps = Step::all(&scope.regions, &scope.accounts, conditions);
    let counted = scan::funnel(sources, options, scope, &steps, progress)?;
    Ok(FunnelReport {
        events: counted.coverage.events,
        left: counted.of.steps(&steps),
        steps,
    })
}

/// The answer, and where it is empty, why, as `count` finds out: if that `is_wanted`, and the archive can
/// be read again.
fn explained<R>(
    answer: Answer<R>,
    sources: &Sources,
    is_wanted: bool,
    count: impl FnOnce() -> Result<FunnelReport, ScanError>,
) -> Result<Answer<ExplainedRows<R>>, ScanError> {
    let Answer {
        of: rows,
        coverage,
        problems,
    } = answer;
    let is_empty = coverage.events == 0 && coverage.files.found > 0;
    let funnel = (is_wanted && is_empty && sources.archive.is_repeatable()).then(count);
    Ok(Answer {
        of: ExplainedRows {
            rows,
            funnel: funnel.transpose()?,
        },
        coverage,
        problems,
    })
}

/// Prints call records.
pub(super) fn answer(arguments: LookupArguments) -> anyhow::Result<Ending> {
    let (mut options, by, common) = arguments.options()?;
    let (run, settings) = RowSettings::of(common)?;
    if options.conditions.need_text() {
        roots::refuse_states(&run.roots, "--grep")?;
    }
    if !by.is_empty() {
        settings.check(Question::Groups)?;
        settings.chosen(report::columns_of_groups(&by))?;
        return run.answer(&GroupQuestion {
            conditions: options.conditions,
            by,
            limit: options.limit,
            settings,
            explains: !run.quiet,
        });
    }
    settings.check(Question::Lookup)?;
    // The sort puts its runs there.
    outside::refuse_temporary(&run.roots)?;
    options.records |= settings.format.needs_records() || settings.asks_for("event");
    if options.records {
        roots::refuse_states(&run.roots, "an answer with whole events")?;
    }
    run.answer(&CallQuestion {
        options,
        settings,
        explains: !run.quiet,
    })
}

impl ArchiveQuestion for CallQuestion {
    type Collected = ExplainedRows<SortedRows>;

    /// Scans for the call records. Where there are none, a second scan finds out which condition left
    /// none over.
    fn scan(
        &self,
        sources: &Sources,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<ExplainedRows<SortedRows>>, ScanError> {
        let scope = &self.settings.scope;
        let answer = scan::calls(sources, options, scope, &self.options, progress)?;
        let conditions = &self.options.conditions;
        explained(answer, sources, self.explains, || {
            count_funnel(sources, options, scope, conditions, progress)
        })
    }

    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<ExplainedRows<SortedRows>>,
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
        let is_whole = coverage.files.beyond_limit == 0;
        let cut = limit.filter(|&limit| limit < coverage.events || !is_whole);
        let cut = cut.map(|limit| {
            let all = is_whole.then_some(coverage.events);
            diagnostics::truncated(first_in(order), limit, all, "call records")
        });
        lines(cut, self.settings.footer(coverage, None))
    }

    fn blind(&self, answer: &Answer<ExplainedRows<SortedRows>>, is_empty: bool) -> Vec<String> {
        self.settings.blind(&answer.coverage, Vec::new(), is_empty)
    }

    fn explain_nothing(
        &self,
        run: &Run,
        answer: &Answer<ExplainedRows<SortedRows>>,
    ) -> anyhow::Result<()> {
        let scope = &self.settings.scope;
        let funnel = answer.of.funnel.as_ref();
        hints::explain_no_calls(funnel, run, scope, &answer.coverage);
        Ok(())
    }
}

impl ArchiveQuestion for GroupQuestion {
    type Collected = ExplainedRows<Vec<GroupRow>>;

    fn scan(
        &self,
        sources: &Sources,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<ExplainedRows<Vec<GroupRow>>>, ScanError> {
        let (scope, conditions) = (&self.settings.scope, &self.conditions);
        let answer = scan::groups(sources, options, scope, conditions, &self.by, progress)?;
        explained(answer, sources, self.explains, || {
            count_funnel(sources, options, scope, conditions, progress)
        })
    }

    fn outputs(&self) -> Vec<&Output> {
        self.settings.outputs()
    }

    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<ExplainedRows<Vec<GroupRow>>>,
    ) -> anyhow::Result<WriteOutcome> {
        let settings = &self.settings;
        let filters = (
            &settings.canonical_filters,
            &self.conditions,
            &self.by,
            self.limit,
        );
        let canonical_filters = format!("{filters:?}");
        let request = Request {
            canonical_filters: &canonical_filters,
            ..settings.request(Question::Groups)
        };
        let groups = self.shown(&answer.of.rows);
        let mut rows = report::group_rows(groups, &self.by, settings.secrets);
        let is_whole = settings.write(request, &mut rows, &answer.coverage, context.progress)?;
        Ok(WriteOutcome::of(is_whole, !groups.is_empty(), true))
    }

    fn footer(&self, answer: &Answer<Self::Collected>) -> Option<String> {
        let (all, shown) = (&answer.of.rows, self.shown(&answer.of.rows));
        let cut = (shown.len() < all.len()).then(|| {
            let (shown, all) = (shown.len() as u64, all.len() as u64);
            diagnostics::truncated(first_in(Order::Newest), shown, Some(all), "groups")
        });
        lines(cut, self.settings.footer(&answer.coverage, None))
    }

    fn blind(&self, answer: &Answer<ExplainedRows<Vec<GroupRow>>>, is_empty: bool) -> Vec<String> {
        self.settings.blind(&answer.coverage, Vec::new(), is_empty)
    }

    fn explain_nothing(
        &self,
        run: &Run,
        answer: &Answer<ExplainedRows<Vec<GroupRow>>>,
    ) -> anyhow::Result<()> {
        let funnel = answer.of.funnel.as_ref();
        hints::explain_no_calls(funnel, run, &self.settings.scope, &answer.coverage);
        Ok(())
    }
}
