//! The known keys of `keys --expect`, and what is said of those without an event.
//!
//! Left out: their rows, which are the library's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::bail;
use keytrail::query::KeyRow;
use keytrail::report;
use keytrail::scan::Scope;

use super::diagnostics::{counted, escaped};
use super::key_list;

/// How many keys hints are given for.
const HINTS: usize = 3;

/// Known keys, and the file that lists them.
#[derive(Default)]
pub(super) struct ExpectedKeys {
    path: PathBuf,
    pub(super) keys: Vec<String>,
}

impl ExpectedKeys {
    /// Those of a file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let keys = key_list::read(path)?;
        if keys.iter().any(|key| key.contains('*')) {
            bail!(
                "{} has an AccessKey with a `*`, and --expect is about whole ones",
                path.display()
            );
        }
        Ok(Self {
            path: path.to_owned(),
            keys,
        })
    }

    /// The lines about those that are not among the keys that were `used`: where their events may be,
    /// and whether `by_use`, options that select keys by their use, leave them out.
    pub(super) fn lines(&self, used: &[KeyRow], scope: &Scope, by_use: &[&str]) -> Vec<String> {
        let known: BTreeSet<&str> = self.keys.iter().map(|key| &**key).collect();
        let mut missing = known.clone();
        for row in used {
            missing.remove(&*row.access_key_id);
        }
        if missing.is_empty() {
            return Vec::new();
        }
        let filters = names_of(scope);
        let within = if filters.is_empty() {
            String::new()
        } else {
            format!(
                " within {}, and may have some outside",
                filters.join(" and ")
            )
        };
        let no_rows = if by_use.is_empty() {
            String::new()
        } else {
            format!("; they are no rows with {}", by_use.join(" and "))
        };
        let have = if missing.len() == 1 { "has" } else { "have" };
        let line = format!(
            "keytrail: {} of {} of {} {have} no event{within}{no_rows}",
            missing.len(),
            counted(known.len() as u64, "key", "keys"),
            escaped(&self.path)
        );
        [line]
            .into_iter()
            .chain(spelling_hints(&missing, used))
            .collect()
    }
}

/// The hints about missing keys that were used with other capitals.
fn spelling_hints(missing: &BTreeSet<&str>, used: &[KeyRow]) -> Vec<String> {
    let missing: BTreeMap<String, &str> = missing
        .iter()
        .map(|key| (key.to_ascii_lowercase(), *key))
        .collect();
    let hints = used.iter().filter_map(|row| {
        let there = &row.access_key_id;
        let key = missing.get(&there.to_ascii_lowercase())?;
        Some(format!(
            "hint: {} occurs as {}; keys are compared exactly",
            report::escape(key),
            report::escape(there)
        ))
    });
    hints.take(HINTS).collect()
}

/// The options that decide which events are in the answer.
fn names_of(scope: &Scope) -> Vec<&'static str> {
    let options = [
        ("--since", scope.since.is_some()),
        ("--until", scope.until.is_some()),
        ("--region", !scope.regions.is_empty()),
        ("--account", !scope.accounts.is_empty()),
    ];
    let given = options.iter().filter(|(_, is_given)| *is_given);
    given.map(|(name, _)| *name).collect()
}
