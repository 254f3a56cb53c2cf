//! The files of `testdata/`: the outcome of each, and the same answers by every reader.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::program::{Outcome, args, keytrail};

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

/// All files below a folder.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

fn dump(path: &Path, options: &[&str]) -> Outcome {
    keytrail(
        [
            args([&"dump", &path, &"-f", &"json"]),
            options.iter().map(Into::into).collect(),
        ]
        .concat(),
    )
    .run()
}

#[test]
fn every_hostile_file_has_the_outcome_in_the_table() {
    let folder = testdata("hostile");
    let table = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut lines = table.lines().map(|line| line.split('\t'));
    let names: Vec<&str> = lines.next().unwrap().collect();
    assert_eq!(
        names,
        [
            "file",
            "outcome",
            "found",
            "left_out",
            "events",
            "duplicates",
            "without_key"
        ]
    );
    let mut listed = BTreeSet::from([folder.join("expected.tsv")]);
    let mut wrong = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.collect();
        let path = folder.join(cells[0]);
        let outcome = dump(&path, &[]);
        let coverage = outcome.coverage();
        let count = |value: &Value| value.as_u64().unwrap().to_string();
        let ending = ["read", "partial", "unreadable"]
            .into_iter()
            .find(|name| coverage["files"][name] == json!(1));
        let actual = [
            cells[0].to_owned(),
            ending.unwrap_or("none").to_owned(),
            count(&coverage["records"]["found"]),
            count(&coverage["records"]["left_out"]),
            count(&coverage["events"]),
            count(&coverage["duplicates"]),
            count(&coverage["without_key"]),
        ];
        if actual[..] != cells[..] {
            wrong.push(format!(
                "expected {cells:?}\nactual   {actual:?}\n{outcome}"
            ));
        }
        let code = match (ending, outcome.rows().is_empty()) {
            (Some("read"), false) => 0,
            (Some("read"), true) => 1,
            _ => 3,
        };
        outcome.code(code);
        listed.insert(path);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        listed,
        files(&folder),
        "a file that the table does not know"
    );
}

#[test]
fn answers_depend_neither_on_the_reader_nor_on_the_threads() {
    for (name, code) in [("archive", 0), ("hostile", 3)] {
        let folder = testdata(name);
        let expected = dump(&folder, &[]).code(code);
        assert!(
            expected.rows().len() > 20,
            "the test checks nothing\n{expected}"
        );
        for options in [
            &["--reader", "complete"][..],
            &["--reader", "selective"],
            &["--threads", "1"],
            &["--threads", "5", "--reader", "complete"],
        ] {
            let outcome = dump(&folder, options).code(code);
            assert_eq!(outcome.stdout(), expected.stdout(), "{options:?}");
            assert_eq!(outcome.stderr(), expected.stderr(), "{options:?}");
        }
    }
}
