//! Answers that are written as a whole, not row by row, and the list of the documents that write them.

mod json;
mod text;
pub(super) mod verification;

use super::contract::Document;

/// Every document, in the order in which help names them. The first is the default.
pub static DOCUMENTS: &[&dyn Document] = &[&text::TextDocument, &json::JsonDocument];
