//! One problem as a line of JSON, for programs that process many archives.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::text::json::push_json;
use super::text::redact::redacted;
use crate::coverage::Problem;

/// A problem, as it is written. Its log file is the number of a root, and the path below that.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ProblemLine<'a> {
    root: u32,
    file: Cow<'a, str>,
    kind: &'static str,
    problem: Cow<'a, str>,
    damage: bool,
}

impl<'a> From<&'a Problem> for ProblemLine<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self {
            root: problem.key.root,
            file: problem.key.path_text(),
            kind: problem.kind.as_str(),
            problem: problem_message(problem),
            damage: problem.kind.is_damage(),
        }
    }
}

/// The message of a problem, without the secrets of what it quotes.
///
/// ```
/// use keytrail::coverage::{Problem, ProblemKind};
///
/// let problem = Problem {
///     key: Default::default(),
///     kind: ProblemKind::NotJson,
///     message: r#"is no JSON (begins "password=hunter2")"#.to_owned(),
/// };
/// let message = keytrail::report::problem_message(&problem);
/// assert!(!message.contains("hunter2"));
/// ```
pub fn problem_message(problem: &Problem) -> Cow<'_, str> {
    redacted(&problem.message)
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
