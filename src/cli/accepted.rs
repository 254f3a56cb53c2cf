//! Problems that are known, from a file of lines as `--errors-to` writes them: they do not count for the
//! exit code any more.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use keytrail::archive::LogFileKey;
use keytrail::coverage::Problem;
use keytrail::report::write_problem;

/// Known problems.
#[derive(Default)]
pub(super) struct Accepted {
    lines: HashSet<Vec<u8>>,
}

impl Accepted {
    /// Reads a file of known problems. Blank lines, and lines that begin with `#`, are passed over.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let mut lines = HashSet::new();
        for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            if !(line.starts_with(b"{\"root\":") && line.ends_with(b"}")) {
                bail!("line {number} of {shown} is no problem as --errors-to writes them");
            }
            lines.insert(line.to_owned());
        }
        Ok(Self { lines })
    }

    /// Whether this problem is known.
    pub(super) fn has(&self, problem: &Problem) -> bool {
        let mut line = Vec::new();
        !self.lines.is_empty()
            && write_problem(problem, &mut line).is_ok()
            && self.lines.contains(line.trim_ascii())
    }

    /// Whether files, of which so many are partial or unreadable, are so for a problem that is not known.
    pub(super) fn leave_damage(&self, damaged: u64, problems: &[Problem]) -> bool {
        let mut files: BTreeMap<&LogFileKey, bool> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| problem.kind.is_damage()) {
            *files.entry(&problem.key).or_insert(true) &= self.has(problem);
        }
        // Not by the counts alone: they need not have a file for each problem.
        let all_known = files.values().all(|&is_known| is_known);
        !all_known || damaged > files.len() as u64
    }
}
