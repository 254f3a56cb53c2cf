//! The documents: console blocks, commands, the code map and links are checked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use keytrail::report::FORMATS;

const DOCUMENTS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/ARCHITECTURE.md",
    "docs/evidence.md",
    "docs/formats.md",
    "docs/performance.md",
    "docs/state.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The commands of a document's console blocks, each with the lines of its output.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let blocks = text.split("```console\n").skip(1);
    for block in blocks.filter_map(|rest| rest.split("```").next()) {
        for line in block.lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (None, None) => panic!("a block begins with output: {line}"),
            }
        }
    }
    commands
}

/// Standard output, and standard error after it.
fn run(command: &str) -> String {
    let words = command.split(' ').skip(1);
    let output = Command::new(env!("CARGO_BIN_EXE_keytrail"))
        .args(words)
        .current_dir(root())
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs");
    [output.stdout, output.stderr]
        .map(|text| String::from_utf8(text).expect("text"))
        .concat()
}

#[test]
fn console_blocks_are_true() {
    let mut checked = 0;
    for path in DOCUMENTS {
        for (command, output) in commands(&document(path)) {
            if !output.is_empty() && command.starts_with("keytrail ") {
                assert_eq!(run(&command), output, "{path}: {command}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 4, "only {checked} console blocks: they moved");
}

#[test]
fn the_first_two_commands_come_first() {
    let commands = commands(&document("README.md"));
    let first: Vec<_> = commands
        .iter()
        .map(|(command, _)| command)
        .take(2)
        .collect();
    assert_eq!(
        first,
        ["cargo run --release -- keys testdata/archive", "cargo test"]
    );
}

#[test]
fn the_readme_has_every_format() {
    let readme = document("README.md");
    for format in FORMATS {
        assert!(
            readme.contains(&format!("| `{}` |", format.name())),
            "{} is not in the table of formats",
            format.name()
        );
    }
}

/// The commands in a line of a document, in a block, a table or prose, each up to a pipe or a
/// redirection.
fn commands_of_line(line: &str) -> Vec<&str> {
    let spans = if line.starts_with("keytrail ") {
        vec![line]
    } else if let Some(command) = line.strip_prefix("$ ") {
        vec![command]
    } else {
        line.split('`').skip(1).step_by(2).collect()
    };
    spans
        .into_iter()
        .filter_map(|span| span.strip_prefix("keytrail "))
        .filter_map(|command| command.split(['|', '\\', '>']).next())
        .collect()
}

/// The words of a command, with the test data for `ARCHIVE` and `KEY`.
fn words(command: &str) -> Vec<String> {
    command
        .split_whitespace()
        .map(|word| match word.trim_matches('\'') {
            "ARCHIVE" => root().join("testdata/archive").display().to_string(),
            path if path.starts_with("testdata/") => root().join(path).display().to_string(),
            "ARCHIVE..." => root().join("testdata/archive").display().to_string(),
            "KEY" => "LTAI5tCiDeployEXAMPLE001".to_owned(),
            word => word.to_owned(),
        })
        .collect()
}

/// The section of README.md whose command finds nothing.
const EMPTY_ANSWERS: &str = "## Can I trust a no?";

fn exit_code(words: &[String], folder: &Path) -> Option<i32> {
    let output = Command::new(env!("CARGO_BIN_EXE_keytrail"))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("the program runs");
    output.status.code()
}

/// Each ends in 0, so it finds something in the test data, but for those of the section on answers
/// without rows. The outputs are compared in another test.
#[test]
fn the_commands_of_the_documents_find_something() {
    let mut checked = 0;
    for path in [
        "README.md",
        "docs/evidence.md",
        "docs/formats.md",
        "docs/state.md",
    ] {
        let mut folder = tempfile::tempdir().expect("a folder");
        let mut expected = 0;
        for line in document(path).lines() {
            if line.starts_with("## ") {
                expected = i32::from(line == EMPTY_ANSWERS);
            }
            // Commands of one line or one block share a folder: one may read what another wrote.
            if !line.starts_with("$ ") {
                folder = tempfile::tempdir().expect("a folder");
            }
            for command in commands_of_line(line) {
                assert_eq!(
                    exit_code(&words(command), folder.path()),
                    Some(expected),
                    "{path}: {command}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "only {checked} commands: they moved");
}

#[test]
fn the_options_that_the_readme_adds_to_a_command_exist() {
    let mut checked = 0;
    let folder = tempfile::tempdir().expect("a folder");
    for line in document("README.md").lines() {
        let Some((_, answer)) = line.split_once(" | add `") else {
            continue;
        };
        for options in format!("`{answer}").split('`').skip(1).step_by(2) {
            let code = exit_code(&words(&format!("lookup ARCHIVE {options}")), folder.path());
            assert!(matches!(code, Some(0 | 1)), "{options}: {code:?}");
            checked += 1;
        }
    }
    assert!(checked > 4, "only {checked} options: they moved");
}

/// The files in the first column of the code map, with `{a,b}` expanded.
fn mapped(text: &str) -> BTreeSet<String> {
    let (_, map) = text.split_once("## Code map").expect("a code map");
    let (map, _) = map.split_once("\n## ").expect("an end of it");
    let cells = map.lines().filter_map(|line| line.split('|').nth(1));
    let spans = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    spans
        .flat_map(|span| match span.split_once(['{', '}']) {
            None => vec![span.to_owned()],
            Some((before, rest)) => {
                let (parts, after) = rest.split_once('}').expect("a closing bracket");
                parts
                    .split(',')
                    .map(|part| format!("{before}{part}{after}"))
                    .collect()
            }
        })
        .collect()
}

/// All files below a folder, by their path below `src`.
fn sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let path = path.strip_prefix(root().join("src")).expect("below src");
            found.insert(path.display().to_string());
        }
    }
}

#[test]
fn the_code_map_has_every_file_and_no_other() {
    let map = mapped(&document("docs/ARCHITECTURE.md"));
    let mut files = BTreeSet::new();
    sources(&root().join("src"), &mut files);
    assert!(files.len() > 60, "the sources are not where they were");
    for name in &map {
        assert!(root().join("src").join(name).exists(), "gone: {name}");
    }
    for file in files {
        let in_a_folder = map
            .iter()
            .any(|name| name.ends_with('/') && file.starts_with(name.as_str()));
        let left_out = file.ends_with("/mod.rs") || file.ends_with("/tests.rs");
        assert!(
            left_out || in_a_folder || map.contains(&file),
            "not in the code map: {file}"
        );
    }
}

#[test]
fn links_lead_somewhere() {
    for path in DOCUMENTS {
        let folder = PathBuf::from(path);
        let folder = root().join(folder.parent().expect("a folder"));
        for link in document(path).split("](").skip(1) {
            let link = link.split([')', '#']).next().expect("a link");
            assert!(
                link.is_empty() || link.starts_with("https://") || folder.join(link).exists(),
                "{path}: {link}"
            );
        }
    }
}
