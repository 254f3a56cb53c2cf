//! One problem as a line of JSON, for the programs that look after a batch of archives.

use std::borrow::Cow;

use serde::Serialize;

/// A problem, as it is written.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemLine<'a> {
    /// The log file, or the folder.
    pub file: Cow<'a, str>,
    /// A short name of the kind, the same for all problems alike.
    pub kind: &'a str,
    /// What is wrong, in words.
    pub problem: String,
    /// Whether the file is partial or unreadable because of it.
    pub damage: bool,
}

/// A problem as a line of JSON, without the line's end: `file`, `kind`, `problem`, `damage`.
pub fn problem_line(problem: &ProblemLine<'_>) -> String {
    serde_json::to_string(problem).unwrap_or_default()
}
