//! What the papers promise: console blocks that are true, names that exist, links that lead
//! somewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use keytrail::report::FORMATS;

const PAPERS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/ARCHITECTURE.md",
    "docs/formats.md",
    "docs/performance.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn paper(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The commands of a paper's console blocks, each with the lines that follow it there.
fn commands(paper: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let blocks = paper.split("```console\n").skip(1);
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
    for path in PAPERS {
        for (command, output) in commands(&paper(path)) {
            if !output.is_empty() && command.starts_with("keytrail ") {
                assert_eq!(run(&command), output, "{path}: {command}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 2, "the console blocks are not where they were");
}

#[test]
fn the_first_two_commands_come_first() {
    let commands = commands(&paper("README.md"));
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
fn the_readme_has_every_format_and_every_command_of_it_parses() {
    let readme = paper("README.md");
    for format in FORMATS {
        assert!(
            readme.contains(&format!("| `{}` |", format.name())),
            "{} is not in the table of formats",
            format.name()
        );
    }
    let mut checked = 0;
    for row in readme.lines().filter(|line| line.contains("`keytrail ")) {
        let command = row.split("`keytrail ").nth(1).expect("a command");
        let command = command.split(['`', '|']).next().expect("a command");
        let command = command.trim_end_matches([' ', '\\']);
        if command.contains("--help") || command.contains("COMMAND") {
            continue;
        }
        // An archive that is not there ends the run after the arguments have been understood,
        // and before an output is written.
        let output = run(&format!("keytrail {command}"));
        assert!(
            output.starts_with("keytrail: cannot open ARCHIVE"),
            "{command}: {output}"
        );
        checked += 1;
    }
    assert!(checked > 8, "the table of questions is not where it was");
}

#[test]
fn links_lead_somewhere() {
    for path in PAPERS {
        let folder = PathBuf::from(path);
        let folder = root().join(folder.parent().expect("a folder"));
        for link in paper(path).split("](").skip(1) {
            let link = link.split([')', '#']).next().expect("a link");
            assert!(
                link.is_empty() || link.starts_with("https://") || folder.join(link).exists(),
                "{path}: {link}"
            );
        }
    }
}
