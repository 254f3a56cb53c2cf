//! The scan for groups of call records.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use super::duplicate_filter::DuplicateFilter;
use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{SelectedEvent, Sink};
use super::sources::Sources;
use crate::archive::LogFileKey;
use crate::calls::{Conditions, GroupColumn, GroupRow, GroupedEvent, Groups, is_in_one_group};
use crate::usage::{Fingerprint, Novelty};

/// Reads an archive and groups the call records that meet the conditions by some of their columns.
///
/// An event counts once in a group. Where copies of an event differ in a column, such as the user agent,
/// it counts in the group of each.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::calls::{Conditions, GroupColumn, GroupValue, Pattern};
/// use keytrail::scan::{self, Progress, Scope, Sources};
/// # use keytrail::scan::{ReaderKind, ScanOptions};
/// # use keytrail::usage::Seed;
/// # let options = ScanOptions {
/// #     threads: None,
/// #     reader: ReaderKind::default(),
/// #     seed: Seed::random(),
/// #     search: true,
/// # };
///
/// let sources = Sources::from(Archive::open(&["testdata/archive"])?);
/// let conditions = Conditions {
///     events: vec![Pattern::new("Stop*", "Run*")?],
///     ..Conditions::default()
/// };
/// let (scope, progress) = (Scope::default(), Progress::default());
/// let columns = [GroupColumn::EventName];
/// let answer = scan::groups(&sources, &options, &scope, &conditions, &columns, &progress)?;
/// assert_eq!(answer.of[0].values, [GroupValue::Text("StopLogging".to_owned())]);
/// assert_eq!(answer.of[0].calls, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Threads that cannot be started.
pub fn groups(
    sources: &Sources,
    options: &ScanOptions,
    scope: &Scope,
    conditions: &Conditions,
    columns: &[GroupColumn],
    progress: &Progress,
) -> Result<Answer<Vec<GroupRow>>, ScanError> {
    let search = conditions.search();
    let scan = Scan {
        sources,
        options,
        scope,
        conditions: Some(conditions),
        pass: Pass::searching(search.as_ref().filter(|_| options.search)),
        known: None,
        progress,
    };
    let filter = (!is_in_one_group(columns)).then(DuplicateFilter::default);
    let partial = scan.run(|_threads| GroupSink {
        columns,
        filter: filter.as_ref(),
        groups: Groups::default(),
        log_file: String::new(),
    })?;
    Ok(partial.finish(scope.window(), |groups, _ledger| groups.into_rows()))
}

/// Groups events.
struct GroupSink<'s> {
    columns: &'s [GroupColumn],
    /// The events that are counted in each group, where copies can be in several.
    filter: Option<&'s DuplicateFilter>,
    groups: Groups,
    log_file: String,
}

impl Sink for GroupSink<'_> {
    type Answer = Groups;

    const NEEDS_DETAILS: bool = true;

    fn begin(&mut self, log_file: &LogFileKey) {
        self.log_file = log_file.path_text().into_owned();
    }

    fn observe(&mut self, selected: &SelectedEvent<'_>) {
        let event = &selected.record.event;
        let grouped = GroupedEvent {
            event,
            details: (selected.details)(),
            log_file: &self.log_file,
            record_number: selected.record.number,
        };
        let filter = self.filter.zip(selected.fingerprint);
        self.groups
            .observe(self.columns, &grouped, |group| match filter {
                None => selected.is_first,
                Some((filter, fingerprint)) => {
                    // The fingerprint has a secret seed, so no one can make values that collide.
                    let mut hasher = DefaultHasher::new();
                    (fingerprint.bits(), group).hash(&mut hasher);
                    let in_group = Fingerprint::from_bits(hasher.finish());
                    filter.add(event.time, in_group) != Novelty::Duplicate
                }
            });
    }

    fn end(&mut self) -> Result<(), ScanError> {
        Ok(())
    }

    fn finish(self) -> Groups {
        self.groups
    }
}
