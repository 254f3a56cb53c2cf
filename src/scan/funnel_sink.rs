//! The scan that explains an empty answer of `lookup`: how many events each condition left over.

use super::engine::{Pass, Scan};
use super::error::ScanError;
use super::options::{ScanOptions, Scope};
use super::partial::Answer;
use super::progress::Progress;
use super::sink::{SelectedEvent, Sink};
use super::sources::Sources;
use crate::archive::LogFileKey;
use crate::calls::{Funnel, Step};
use crate::usage::Fingerprint;

/// Reads an archive and counts, of the events in the time window, how many meet each condition in turn.
/// The regions and accounts of the scope are conditions here.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::calls::{Conditions, Pattern, Step};
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
///     events: vec![Pattern::new("stoplogging", "Run*")?],
///     ..Conditions::default()
/// };
/// let steps = Step::all(&[], &[], &conditions);
/// let (scope, progress) = (Scope::default(), Progress::default());
/// let funnel = scan::funnel(&sources, &options, &scope, &steps, &progress)?;
/// let left = funnel.of.steps(&steps);
/// assert_eq!((left[0].events, &left[0].nearest[0][..]), (0, "StopLogging"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Threads that cannot be started.
pub fn funnel(
    sources: &Sources,
    options: &ScanOptions,
    scope: &Scope,
    steps: &[Step],
    progress: &Progress,
) -> Result<Answer<Funnel>, ScanError> {
    let scope = Scope {
        regions: Vec::new(),
        accounts: Vec::new(),
        ..scope.clone()
    };
    let scan = Scan {
        sources,
        options,
        scope: &scope,
        conditions: None,
        pass: Pass::Parse,
        known: None,
        progress,
    };
    let partial = scan.run(|_threads| FunnelSink {
        steps,
        funnel: Funnel::default(),
    })?;
    Ok(partial.finish(scope.window(), |funnel, _ledger| funnel))
}

/// Tries the conditions on events one by one.
struct FunnelSink<'s> {
    steps: &'s [Step],
    funnel: Funnel,
}

impl Sink for FunnelSink<'_> {
    type Answer = Funnel;

    const NEEDS_DETAILS: bool = true;

    fn begin(&mut self, _log_file: &LogFileKey) {}

    fn observe(&mut self, selected: &SelectedEvent<'_>) {
        let details = (selected.details)();
        let fingerprint = selected.fingerprint.map(Fingerprint::bits);
        let (event, text) = (&selected.record.event, selected.record.text);
        self.funnel
            .observe(self.steps, event, text, details, fingerprint);
    }

    fn end(&mut self) -> Result<(), ScanError> {
        Ok(())
    }

    fn finish(self) -> Funnel {
        self.funnel
    }
}
