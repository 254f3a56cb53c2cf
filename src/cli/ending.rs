//! How a run ends, as an exit code.

use std::process::ExitCode;

/// How a run can end without an error. A usage error or a fatal one ends with [`FAILED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Something was found.
    Done,
    /// Nothing matched.
    Nothing,
    /// Some input was partial or unreadable, or the answer is not complete.
    Partial,
    /// The user interrupted it.
    Interrupted,
}

/// The exit code of usage errors and of fatal ones; clap's own as well.
pub(super) const FAILED: u8 = 2;

impl Ending {
    /// How a run ends that was not interrupted: by whether input is `damaged`, whether anything was
    /// `found`, and whether the answer is `complete`.
    pub(super) fn of(damaged: bool, found: bool, complete: bool) -> Self {
        if damaged || !complete {
            Self::Partial
        } else if found {
            Self::Done
        } else {
            Self::Nothing
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::Nothing => 1,
            Ending::Partial => 3,
            Ending::Interrupted => 130,
        })
    }
}
