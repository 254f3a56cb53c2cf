//! Call records: single events, one row each, as `lookup` returns them.
//!
//! The conditions on events, and the sort of their rows in bounded memory. Left out: how a row is
//! written, which is in `report`.

mod call_row;
mod call_runs;
mod condition_error;
mod conditions;
mod expression;
mod external_sort;
mod funnel;
mod group_column;
mod groups;
mod key_filter;
mod nearness;
mod pattern;
mod row_codec;
mod source_filter;
mod steps;

pub use crate::event::Resource;
pub use call_row::{CallRow, Calls};
pub use call_runs::CallRuns;
pub use condition_error::{ConditionError, exact, non_empty};
pub use conditions::{Conditions, ReadWrite};
pub use expression::Expression;
pub use external_sort::{Order, RunWriter, SortOptions, SortedRows};
pub use funnel::{Funnel, FunnelStep};
pub use group_column::{GroupColumn, GroupValue, GroupedEvent};
pub use groups::{GroupRow, Groups, is_in_one_group};
pub use key_filter::KeyFilter;
pub use pattern::Pattern;
pub use source_filter::{SourceFilter, addresses};
pub use steps::Step;
