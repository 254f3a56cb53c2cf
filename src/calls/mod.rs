//! Call records: the events themselves, one row each, as `lookup` gives them.
//!
//! Says what a row holds and how rows are handed out. Which events are wanted (`conditions`), in
//! which order they come and how many stay in memory (`order`) stand beside it; how a row is
//! written is `report`'s.

mod call_row;
mod call_runs;
mod conditions;
mod external_sort;
mod row_codec;

pub use crate::event::Resource;
pub use call_row::{CallRow, Calls};
pub use call_runs::CallRuns;
pub use conditions::{
    ConditionError, Conditions, Expression, Pattern, ReadWrite, SourceFilter, non_empty,
};
pub use external_sort::{Order, RunWriter, SortOptions, SortedRows};
