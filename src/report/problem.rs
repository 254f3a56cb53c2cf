//! One problem as a line of JSON, for the programs that look after a batch of archives.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::json::push_json;

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

/// Writes a problem as a line of JSON: `file`, `kind`, `problem`, `damage`.
///
/// # Errors
///
/// What `out` says.
pub fn write_problem(problem: &ProblemLine<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = Vec::new();
    push_json(problem, &mut line)?;
    line.push(b'\n');
    out.write_all(&line)
}
