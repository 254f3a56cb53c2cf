//! Call records as several threads have written them, before they are merged.

use super::external_sort::RunWriter;

/// Call records in no order, some in memory and some as sorted runs in temporary files.
#[derive(Default)]
pub struct CallRuns {
    /// What each thread has written.
    pub writers: Vec<RunWriter>,
}

impl CallRuns {
    /// Adds those of other log files. Commutative and associative, since they are sorted later.
    pub fn merge(&mut self, other: Self) {
        self.writers.extend(other.writers);
    }
}
