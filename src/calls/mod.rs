//! Call records: single events, one row each, as `lookup` returns them.
//!
//! The conditions on events, and the sort of their rows in bounded memory. Left out: how a row is
//! written, which is in `report`.

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
