//! Checks of the keys and the coverage of an archive.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of};
use crate::support::program::{Outcome, args, keytrail};

/// Checks the keys of an archive, and that the coverage has at least these members.
#[track_caller]
pub fn check(archive: &Archive, code: i32, keys: &[&str], coverage: &Value) -> Outcome {
    check_path(&archive.root(), code, keys, coverage)
}

#[track_caller]
pub fn check_path(path: &Path, code: i32, keys: &[&str], coverage: &Value) -> Outcome {
    let outcome = keytrail(args([&"keys", &path, &"-f", &"json"]))
        .run()
        .code(code);
    assert_eq!(keys_of(&outcome), keys, "the keys\n{outcome}");
    assert_contains(&outcome.coverage(), coverage, &outcome);
    outcome
}

pub fn keys_of(outcome: &Outcome) -> Vec<String> {
    let mut keys: Vec<String> = outcome
        .rows()
        .iter()
        .map(|row| row["access_key_id"].as_str().unwrap().to_owned())
        .collect();
    keys.sort();
    keys
}

/// Checks that every member of `expected` is there; further members may be there too.
#[track_caller]
pub fn assert_contains(actual: &Value, expected: &Value, outcome: &Outcome) {
    match expected {
        Value::Object(members) => {
            for (name, expected) in members {
                assert_contains(&actual[name], expected, outcome);
            }
        }
        plain => assert_eq!(actual, plain, "the coverage\n{outcome}"),
    }
}

/// An archive of a sound file, whose key is `LTAI5tNeighbour`, and this file.
pub fn beside_a_neighbour(name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Archive {
    Archive::new()
        .gz("m.gz", array(&[call_of("LTAI5tNeighbour")]))
        .file(name, bytes)
}

pub fn all_read(files: usize) -> Value {
    json!({"files": {"found": files, "read": files, "partial": 0, "unreadable": 0}})
}

pub fn one_partial() -> Value {
    json!({"files": {"found": 2, "read": 1, "partial": 1, "unreadable": 0}})
}

pub fn one_unreadable() -> Value {
    json!({"files": {"found": 2, "read": 1, "partial": 0, "unreadable": 1}})
}

/// Checks that a run ended in a usage error: exit code 2, nothing on stdout, these words on stderr.
#[track_caller]
pub fn assert_usage_error(outcome: Outcome, reports: &[&str]) {
    let outcome = outcome.code(2).reports(reports);
    assert!(
        outcome.stdout.is_empty(),
        "an error is no answer\n{outcome}"
    );
}
