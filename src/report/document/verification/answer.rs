//! What the answer of `verify` consists of.

use crate::coverage::{Coverage, Problem};
use crate::evidence::{Comparison, Findings};

/// The answer of `verify`.
#[derive(Debug)]
pub struct Verification<'a> {
    /// The roots as given.
    pub roots: &'a [String],
    /// The evidence.
    pub findings: &'a Findings<'a>,
    /// How it compares with an earlier manifest.
    pub comparison: Option<&'a Comparison>,
    /// What it is based on.
    pub coverage: &'a Coverage,
    /// What was left out.
    pub problems: &'a [Problem],
}
