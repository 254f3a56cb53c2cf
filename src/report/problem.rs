//! One problem as a line of JSON, for programs that process many archives.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::text::json::push_json;
use crate::coverage::Problem;

/// A problem, as it is written. Its log file is the number of a root, and the path below that.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ProblemLine<'a> {
    root: u32,
    file: Cow<'a, str>,
    kind: &'static str,
    problem: &'a str,
    damage: bool,
}

impl<'a> From<&'a Problem> for ProblemLine<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self {
            root: problem.key.root,
            file: problem.key.path_text(),
            kind: problem.kind.as_str(),
            problem: &problem.message,
            damage: problem.kind.is_damage(),
        }
    }
}

/// Writes a problem as a line of JSON: `root`, `file`, `kind`, `problem`, and whether it is `damage`.
///
/// # Errors
///
/// Those of `out`.
pub fn write_problem(problem: &Problem, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = Vec::new();
    push_json(&ProblemLine::from(problem), &mut line)?;
    line.push(b'\n');
    out.write_all(&line)
}
