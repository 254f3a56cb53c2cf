//! The rules of `docs/ARCHITECTURE.md`: who may name whom, the homes of crates, who prints, lists.
//!
//! Each rule is a function from sources to findings, and the test of each shows that it finds a
//! planted breach. Tests inside `src` are exempt.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{fs, io};

use keytrail::calls::{CallRow, Calls};
use keytrail::report::{self, FORMATS, Rows as _, Secrets};
use keytrail::usage::Dimension;

use rust::{paths, tokens, without_tests};

#[path = "architecture/files.rs"]
mod files;
#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/rust.rs"]
mod rust;

/// The arrows: which modules of ours each module may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("archive", &["store"]),
    ("event", &[]),
    ("usage", &["event"]),
    ("calls", &["event"]),
    ("coverage", &["archive"]),
    ("evidence", &["archive", "event", "coverage"]),
    (
        "scan",
        &["archive", "event", "usage", "calls", "evidence", "coverage"],
    ),
    (
        "state",
        &[
            "store", "archive", "event", "usage", "calls", "coverage", "scan",
        ],
    ),
    ("query", &["usage"]),
    ("report", &["query", "calls", "evidence", "coverage"]),
    // The binary reaches the library by its public name, never by `crate::`.
    ("cli", &[]),
    ("main", &[]),
    ("lib", &[]),
];

/// The only module that prints, reads the environment and the clock, and ends the program.
const COMMAND_LINE: &str = "cli";

/// The files that may use `unsafe`.
const UNSAFE: &[&str] = &[
    "archive/decode/deflate/bytes.rs",
    "archive/decode/deflate/fast.rs",
    "cli/allocator.rs",
    "event/bitmaps/mod.rs",
    "event/bitmaps/x86.rs",
];

/// One file under `src`.
struct Source {
    /// Its path below `src`.
    path: PathBuf,
    text: String,
    /// The code without tests, comments and strings.
    tokens: Vec<String>,
}

impl Source {
    fn new(path: &Path, text: String) -> Self {
        let tokens = if path.ends_with("tests.rs") {
            Vec::new()
        } else {
            without_tests(&tokens(&text))
        };
        Self {
            path: path.to_owned(),
            text,
            tokens,
        }
    }

    /// The module at the top of `src` that the file belongs to.
    fn module(&self) -> String {
        let first = self.path.iter().next().expect("a path has a component");
        let name = Path::new(first).file_stem().expect("a name");
        name.to_string_lossy().into_owned()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `src`, read once.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let src = root().join("src");
    let mut folders = vec![src.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                let path = path.strip_prefix(&src).expect("below src");
                sources.push(Source::new(path, text));
            }
        }
    }
    assert!(sources.len() > 20, "the sources are not where they were");
    sources.sort_by(|one: &Source, other| one.path.cmp(&other.path));
    sources
});

/// What a rule finds in all of `src`.
fn broken(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let mut found: Vec<String> = SOURCES
        .iter()
        .flat_map(|source| {
            let path = source.path.display();
            rule(source)
                .into_iter()
                .map(move |what| format!("src/{path}: {what}"))
        })
        .collect();
    found.sort();
    found
}

/// What a rule finds in one made-up file.
fn found(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str) -> Vec<String> {
    rule(&Source::new(Path::new(path), text.to_owned()))
}

#[track_caller]
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

// Arrows.

fn arrows(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
        return vec![format!(
            "the module {module} has no arrows in tests/architecture.rs"
        )];
    };
    // `super` at the beginning of a path leads out of the module from this many on.
    let depth = match source.path.iter().count() {
        depth if source.path.ends_with("mod.rs") => depth - 1,
        depth => depth,
    };
    let mut wrong = Vec::new();
    for path in paths(&source.tokens) {
        let first = path.first().map_or("", String::as_str);
        let outside = match first {
            "crate" => path.get(1),
            "super" if path.iter().take_while(|part| *part == "super").count() >= depth => {
                path.get(depth)
            }
            "keytrail" if !matches!(module.as_str(), "cli" | "main") => Some(&path[0]),
            _ => None,
        };
        if let Some(name) = outside
            && *name != module
            && !allowed.contains(&name.as_str())
        {
            wrong.push(format!("{module} -> {}", path.join("::")));
        }
    }
    wrong
}

#[test]
fn data_flows_one_way() {
    assert_none(&broken(arrows));
    let check = |path, text, wrong: &[&str]| assert_eq!(found(arrows, path, text), wrong, "{text}");
    check(
        "event/reader.rs",
        "use crate::archive::X;",
        &["event -> crate::archive::X"],
    );
    check(
        "usage/mod.rs",
        "use crate::{event::E, scan::{self, S}};",
        &["usage -> crate::scan::self", "usage -> crate::scan::S"],
    );
    check(
        "query.rs",
        "fn f() { crate::report::time(0); }",
        &["query -> crate::report::time"],
    );
    check(
        "query.rs",
        "use super::report;",
        &["query -> super::report"],
    );
    check(
        "report/csv.rs",
        "use super::super::scan::S;",
        &["report -> super::super::scan::S"],
    );
    check(
        "report/mod.rs",
        "use super::scan::S;",
        &["report -> super::scan::S"],
    );
    check(
        "event/mod.rs",
        "use keytrail::scan;",
        &["event -> keytrail::scan"],
    );
    check("cli/mod.rs", "use crate::scan;", &["cli -> crate::scan"]);
    check(
        "new.rs",
        "",
        &["the module new has no arrows in tests/architecture.rs"],
    );
    check(
        "report/csv.rs",
        "use super::time; use crate::query::K; // crate::scan",
        &[],
    );
    check(
        "query.rs",
        "#[cfg(test)] mod tests { use crate::scan::S; }",
        &[],
    );
    check(
        "query.rs",
        "#[cfg(test)] use crate::scan::S; use crate::scan::T;",
        &["query -> crate::scan::T"],
    );
}

/// The arrows of the code map in `docs/ARCHITECTURE.md`: the names in its third column.
fn arrows_of_the_code_map() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the document");
    let (_, map) = text.split_once("## Code map").expect("a code map");
    let (map, _) = map.split_once("\n## ").expect("an end of it");
    let names = |cell: &str| -> Vec<String> {
        let spans = cell.split('`').skip(1).step_by(2);
        let names = spans.map(|span| span.trim_end_matches('/').trim_end_matches(".rs"));
        names.map(str::to_owned).collect()
    };
    let rows = map.lines().map(|line| line.split('|').collect::<Vec<_>>());
    rows.filter(|cells| cells.len() > 3)
        .flat_map(|cells| {
            let allowed: BTreeSet<_> = names(cells[3]).into_iter().collect();
            let rooms = names(cells[1]).into_iter();
            rooms
                .map(move |room| (room, allowed.clone()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_code_map_has_the_arrows_that_are_tested() {
    let tested: BTreeMap<_, BTreeSet<_>> = ARROWS
        .iter()
        .map(|(room, allowed)| {
            let allowed = allowed.iter().map(|&name| name.to_owned());
            ((*room).to_owned(), allowed.collect())
        })
        .collect();
    assert_eq!(arrows_of_the_code_map(), tested);
}

#[test]
fn arrows_have_no_circle() {
    let mut left: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    while !left.is_empty() {
        let known: BTreeSet<_> = left.keys().copied().collect();
        let before = left.len();
        left.retain(|_, to| to.iter().any(|name| known.contains(name)));
        assert!(left.len() < before, "{left:?} are in a circle");
    }
}

// Homes.

/// Each outside crate and its homes, as the manifest's comments say: `name = … # home: what for`.
/// A crate of two homes names both, `# one, other: what for`. The home `anywhere` is for crates that
/// fit every module.
fn homes() -> Vec<(String, Vec<String>)> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let (_, after) = manifest
        .split_once("\n[dependencies]\n")
        .expect("dependencies");
    let section = after.split("\n[").next().expect("a section");
    section
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, rest) = line.split_once(" = ").expect("one dependency a line");
            let home = rest
                .rsplit_once("# ")
                .and_then(|(_, why)| why.split_once(": "));
            let (home, _) = home.unwrap_or_else(|| panic!("{name} has no `# home: what for`"));
            let homes = home.split(", ").map(str::to_owned).collect();
            (name.replace('-', "_"), homes)
        })
        .collect()
}

/// The outside crates that the file names.
fn named_crates(source: &Source, homes: &[(String, Vec<String>)]) -> BTreeSet<String> {
    paths(&source.tokens)
        .into_iter()
        .filter_map(|path| path.into_iter().next())
        .filter(|first| homes.iter().any(|(name, _)| name == first))
        .collect()
}

fn away_from_home(source: &Source, homes: &[(String, Vec<String>)]) -> Vec<String> {
    let module = source.module();
    let named = named_crates(source, homes);
    homes
        .iter()
        .filter(|(name, homes)| {
            let is_home = |home: &String| home == "anywhere" || *home == module;
            named.contains(name) && !homes.iter().any(is_home)
        })
        .map(|(name, homes)| format!("names {name} of {}", homes.join(" and ")))
        .collect()
}

#[test]
fn each_outside_crate_has_its_home() {
    let homes = homes();
    assert_none(&broken(|source| away_from_home(source, &homes)));
    let modules: BTreeSet<_> = ARROWS
        .iter()
        .map(|&(name, _)| name)
        .chain(["anywhere"])
        .collect();
    let named: BTreeSet<_> = SOURCES
        .iter()
        .flat_map(|source| named_crates(source, &homes))
        .collect();
    for (name, homes) in &homes {
        for home in homes {
            assert!(
                modules.contains(home.as_str()),
                "the home of {name} is no module: {home}"
            );
        }
        assert!(named.contains(name), "nothing names {name}");
    }

    let check = |path, text, wrong: &[&str]| {
        let homes = [
            ("rayon".into(), vec!["scan".into()]),
            ("memchr".into(), vec!["anywhere".into()]),
            ("csv".into(), vec!["report".into(), "state".into()]),
        ];
        assert_eq!(
            found(|source| away_from_home(source, &homes), path, text),
            wrong,
            "{text}"
        );
    };
    check(
        "query.rs",
        "use rayon::prelude::*;",
        &["names rayon of scan"],
    );
    check("query.rs", "use ::rayon;", &["names rayon of scan"]);
    check(
        "query.rs",
        "fn f() { rayon::join(a, b) }",
        &["names rayon of scan"],
    );
    check("scan.rs", "use rayon::prelude::*;", &[]);
    check("state/mod.rs", "use csv::Writer;", &[]);
    check(
        "query.rs",
        "use csv::Writer;",
        &["names csv of report and state"],
    );
    check("query.rs", "use memchr::memchr; use super::rayon::x;", &[]);
}

// Printing and the environment.

/// Paths to the standard streams, the environment, the process and the clock.
const SURROUNDINGS: &[&[&str]] = &[
    &["std", "env"],
    &["std", "io", "stdout"],
    &["std", "io", "stderr"],
    &["std", "io", "stdin"],
    &["io", "stdout"],
    &["io", "stderr"],
    &["io", "stdin"],
    &["std", "process"],
    &["std", "time", "SystemTime"],
    &["std", "time", "Instant"],
    &["SystemTime"],
    &["Instant"],
    &["env"],
    &["process"],
];

fn begins_with_one_of(path: &[String], beginnings: &[&[&str]]) -> bool {
    beginnings.iter().any(|beginning| {
        path.len() >= beginning.len()
            && path.iter().zip(*beginning).all(|(one, other)| one == other)
    })
}

fn surroundings(source: &Source) -> Vec<String> {
    if matches!(source.module().as_str(), "main") || source.module() == COMMAND_LINE {
        return Vec::new();
    }
    let mut wrong: Vec<String> = source
        .tokens
        .windows(2)
        .filter(|pair| {
            matches!(
                pair[0].as_str(),
                "print" | "println" | "eprint" | "eprintln" | "dbg"
            ) && pair[1] == "!"
        })
        .map(|pair| format!("{}!", pair[0]))
        .collect();
    for path in paths(&source.tokens) {
        if path.len() > 1 && begins_with_one_of(&path, SURROUNDINGS) {
            wrong.push(path.join("::"));
        }
    }
    wrong
}

#[test]
fn only_the_command_line_prints_and_reads_the_environment() {
    assert_none(&broken(surroundings));
    let check =
        |path, text, wrong: &[&str]| assert_eq!(found(surroundings, path, text), wrong, "{text}");
    check("scan.rs", "fn f() { println!(\"\"); }", &["println!"]);
    check("scan.rs", "use std::{env, fs};", &["std::env"]);
    check(
        "scan.rs",
        "let x = std::env::var(\"A\");",
        &["std::env::var"],
    );
    check("scan.rs", "let x = io::stdout().lock();", &["io::stdout"]);
    check(
        "scan.rs",
        "use std::time::{Duration, SystemTime};",
        &["std::time::SystemTime"],
    );
    check("scan.rs", "std::process::exit(1)", &["std::process::exit"]);
    check(
        "cli/mod.rs",
        "fn f() { println!(\"\"); std::process::exit(1) }",
        &[],
    );
    check(
        "scan.rs",
        "/// println!(\"\")\nfn f() -> &'static str { \"std::env::var\" }",
        &[],
    );
}

// Safety and headers.

fn unlisted_unsafe(source: &Source) -> Vec<String> {
    let path = source.path.to_string_lossy();
    let is_unsafe = tokens(&source.text).iter().any(|token| token == "unsafe");
    if is_unsafe && !UNSAFE.contains(&&*path) {
        vec!["unsafe".to_owned()]
    } else {
        Vec::new()
    }
}

#[test]
fn unsafe_stands_where_it_is_listed() {
    assert_none(&broken(unlisted_unsafe));
    assert_eq!(
        found(unlisted_unsafe, "scan.rs", "unsafe { x() }"),
        ["unsafe"]
    );
    assert_none(&found(
        unlisted_unsafe,
        "scan.rs",
        "// unsafe\nlet x = \"unsafe\"; let unsafely = 1;",
    ));
}

fn without_header(source: &Source) -> Vec<String> {
    if source.text.starts_with("//! ") {
        Vec::new()
    } else {
        vec!["does not begin with what it is for".to_owned()]
    }
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    assert_none(&broken(without_header));
    assert_eq!(found(without_header, "scan.rs", "use std::fs;").len(), 1);
}

// Lists.

/// What is wrong with a list of names of words with a separator between them.
fn misnamed(names: &[&str], separator: char) -> Vec<String> {
    let is_word = |word: &str| {
        let mut bytes = word.bytes();
        !word.is_empty() && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let mut distinct = BTreeSet::new();
    let mut wrong = Vec::new();
    for name in names {
        if !distinct.insert(name) {
            wrong.push(format!("{name:?} stands twice"));
        }
        if !name.split(separator).all(is_word) {
            wrong.push(format!("{name:?} is not written as a name of its kind"));
        }
    }
    wrong
}

#[test]
fn a_wrong_name_is_found() {
    assert_none(&misnamed(&["one", "two-3"], '-'));
    assert_eq!(misnamed(&["one", "one"], '-'), [r#""one" stands twice"#]);
    for name in ["", "One", "one_two", "one-", "é"] {
        assert_eq!(misnamed(&[name], '-').len(), 1, "{name}");
    }
}

#[test]
fn formats_stand_in_one_list() {
    let names: Vec<_> = FORMATS.iter().map(|format| format.name()).collect();
    assert_none(&misnamed(&names, '-'));
    let written: usize = SOURCES
        .iter()
        .map(|source| {
            let is_one = |three: &&[String]| *three == ["impl", "Format", "for"];
            source.tokens.windows(3).filter(is_one).count()
        })
        .sum();
    assert_eq!(written, names.len(), "a format is not in FORMATS");
    for name in names {
        let file = root().join(format!("src/report/format/{}.rs", name.replace('-', "_")));
        assert!(file.is_file(), "{name} has no file of its own");
    }
}

#[test]
fn dimensions_stand_in_one_list() {
    let names: Vec<_> = Dimension::ALL.iter().map(|one| one.as_str()).collect();
    assert_none(&misnamed(&names, '-'));
    let [key, service, event, ip, resource, region, agent, error] = Dimension::ALL;
    for one in [key, service, event, ip, resource, region, agent, error] {
        // A new variant fails to compile here until it is in the list above.
        match one {
            Dimension::Key
            | Dimension::Service
            | Dimension::Event
            | Dimension::Ip
            | Dimension::Resource
            | Dimension::Region
            | Dimension::Agent
            | Dimension::Error => {}
        }
    }
}

struct NoCalls;

impl Calls for NoCalls {
    fn for_each(
        &mut self,
        _visit: &mut dyn FnMut(&CallRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn columns_of_every_kind_of_row_have_names_of_one_form() {
    for columns in [
        report::key_rows(&[], true).columns(),
        report::entry_rows(&[], Some(&[]), Secrets::Redacted).columns(),
        report::call_rows(&mut NoCalls, true, Secrets::Redacted).columns(),
    ] {
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        assert_none(&misnamed(&names, '_'));
    }
}
