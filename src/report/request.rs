//! The question with its filters, and where the answer is shown.

use crate::query::Question;

/// A question, and the filters on its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The question.
    pub question: Question,
    /// The key that the question is about; only `last-used` has one.
    pub access_key_id: Option<&'a str>,
    /// `--service`.
    pub service_name: Option<&'a str>,
    /// `--since`, in milliseconds since 1970 UTC.
    pub since: Option<i64>,
    /// `--until`, in milliseconds since 1970 UTC.
    pub until: Option<i64>,
    /// All filters (window, regions, accounts …) as one line, which is the same for the same filters.
    /// The `RequestId` of the `api` format is made from it and the members above.
    pub canonical_filters: &'a str,
}

impl Request<'_> {
    /// A question without filters.
    pub fn new(question: Question) -> Self {
        Self {
            question,
            access_key_id: None,
            service_name: None,
            since: None,
            until: None,
            canonical_filters: "",
        }
    }
}

/// Where an answer is shown, as far as formats depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Columns of the terminal; `None` where there is none, and lines may be of any length.
    pub width: Option<u16>,
    /// Whether to use colour (ANSI escapes of our own; values are always escaped).
    pub color: bool,
    /// Whether it is a terminal: then every format escapes what a terminal would interpret.
    pub terminal: bool,
    /// Leave CSV fields as they are, without the guard against spreadsheet formulas.
    pub csv_raw: bool,
}

/// Whether secrets leave the program in records, error messages and user agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Their values are replaced by marks that can only be compared.
    #[default]
    Redacted,
    /// They are kept, since the user has chosen that.
    Kept,
}
