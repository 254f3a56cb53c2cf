//! Answers as bytes.
//!
//! A [`Report`] has rows, and a [`Format`] writes them; an answer that is written as a whole is
//! written by a [`Document`]. All write to a `&mut dyn Write`. Left out: events, the files of an
//! archive, and terminals.

mod cell;
mod cloud;
mod columns;
mod contract;
mod coverage;
mod document;
mod format;
mod group_columns;
mod origin;
mod problem;
mod redacted;
mod request;
mod rows;
#[cfg(test)]
mod tests;
mod text;

pub use cell::{Cell, CellKind};
pub use columns::{Column, PlacedColumn, columns_of};
pub use contract::{Document, Format, Report, WholeAnswer};
pub use document::DOCUMENTS;
pub use document::verification::Verification;
pub use format::FORMATS;
pub use group_columns::{RedactedGroup, columns_of_groups};
pub use origin::{FilterValue, Origin};
pub use problem::{problem_message, write_problem};
pub use redacted::{RedactedCall, RedactedEntry, name_without_secrets, text_without_secrets};
pub use request::{Request, Secrets, View};
pub use rows::{EntryVisitor, Row, Rows, call_rows, dump_rows, entry_rows, group_rows, key_rows};
pub use text::blind::{BlindQuestion, blind_words};
pub use text::escape::escape;
pub use text::time::time;
