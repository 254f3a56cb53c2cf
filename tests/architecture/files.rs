//! Rules about files: no circles, no two types of one name, and who reaches the disk.
//!
//! Each has a list of what is known to break it, which may only become shorter.

use std::collections::BTreeMap;
use std::path::Path;

use super::rust::{paths, types};
use super::{SOURCES, Source, assert_none, begins_with_one_of, found, imports};

/// Where the findings of a rule differ from the known ones: new breaches, and mended ones.
fn unlisted(found: &BTreeMap<String, String>, known: &[&str]) -> Vec<String> {
    let new = found
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, what)| format!("{name}: {what}"));
    let mended = known
        .iter()
        .filter(|name| !found.contains_key(**name))
        .map(|name| format!("{name}: mended, but still in the list"));
    new.chain(mended).collect()
}

#[test]
fn a_list_of_known_breaches_is_exact() {
    let found = |names: [&str; 2]| names.map(|name| (name.to_owned(), "why".to_owned())).into();
    assert_none(&unlisted(&found(["a", "b"]), &["b", "a"]));
    assert_eq!(
        unlisted(&found(["a", "b"]), &["b", "c"]),
        ["a: why", "c: mended, but still in the list"]
    );
}

fn lines(found: &BTreeMap<String, String>) -> Vec<String> {
    unlisted(found, &[])
}

/// Made-up files.
fn files(files: &[(&str, &str)]) -> Vec<Source> {
    files
        .iter()
        .map(|(path, text)| Source::new(Path::new(path), (*text).to_owned()))
        .collect()
}

// Circles among files.

/// The files of the library, and those of the binary, that are in a circle, each with a way around.
fn circles(sources: &[Source]) -> BTreeMap<String, String> {
    let is_binary = |source: &&Source| matches!(source.module().as_str(), "cli" | "main");
    let (binary, library): (Vec<&Source>, Vec<&Source>) = sources.iter().partition(is_binary);
    let found = [binary, library].map(|sources| imports::circles(&imports::imports(&sources)));
    found.into_iter().flatten().collect()
}

#[test]
fn no_file_joins_a_circle() {
    assert_none(&lines(&circles(&SOURCES)));

    let check = |made_up: &[(&str, &str)], circle: &[&str]| {
        let found = circles(&files(made_up));
        assert_eq!(found.keys().collect::<Vec<_>>(), circle, "{made_up:?}");
    };
    let two = [
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B; fn f(_: super::a::A) {}"),
        ("c.rs", "use crate::{a::A, b::B}; pub struct C;"),
    ];
    check(&two, &["a.rs", "b.rs"]);
    // One of three is imported by the name of its re-export.
    let ring = |last| {
        [
            ("room/mod.rs", "mod x; mod y; mod z; pub use y::Y as W;"),
            ("room/x.rs", "use super::W; pub struct X;"),
            ("room/y.rs", "pub struct Y(super::z::Z);"),
            ("room/z.rs", last),
        ]
    };
    check(
        &ring("use crate::room::x; pub struct Z; fn f() -> x::X { x::X }"),
        &["room/x.rs", "room/y.rs", "room/z.rs"],
    );
    check(&ring("use crate::room; pub struct Z;"), &[]);
    // `mod.rs` is in a circle with the files that it names, for re-export too, if they need an item
    // that it defines.
    let room = |top| {
        [
            ("room/mod.rs", top),
            ("room/x.rs", "pub struct X(super::Top);"),
        ]
    };
    check(&room("mod x; pub struct Top;"), &[]);
    for top in [
        "mod x; pub use x::X; pub struct Top;",
        "mod x; pub struct Top; fn f() { x::made_by_a_macro() }",
    ] {
        check(&room(top), &["room/mod.rs", "room/x.rs"]);
    }
    // A module and a function of one name, both imported.
    let of_one_name = [
        ("room/mod.rs", "mod time; mod x; pub use time::time;"),
        ("room/time.rs", "use super::x::X; pub fn time(_: X) {}"),
        (
            "room/x.rs",
            "use super::time; pub struct X; fn f() { time(X) }",
        ),
    ];
    check(&of_one_name, &["room/time.rs", "room/x.rs"]);
    let by_star = [
        ("room/mod.rs", "mod x; mod y; pub use x::*; pub use y::*;"),
        ("room/x.rs", "use super::*; pub struct X(Y);"),
        ("room/y.rs", "use super::*; pub struct Y; fn f(_: X) {}"),
    ];
    check(&by_star, &["room/x.rs", "room/y.rs"]);
    let tree = [
        ("lib.rs", "pub mod a; pub mod b;"),
        (
            "a.rs",
            "use crate::b::{B, inner::C}; use std::fmt; fn f(_: fmt::X) {}",
        ),
        (
            "b.rs",
            "pub struct B; pub mod inner { use super::B; pub struct C(B); } #[cfg(test)] mod tests { use crate::a; a::f!() }",
        ),
        ("b/tests.rs", "use crate::a::f;"),
        // The binary has an `a` of its own.
        ("main.rs", "mod cli;"),
        ("cli/mod.rs", "mod a; mod c; use a::A;"),
        (
            "cli/a.rs",
            "use super::c::C; use keytrail::b::B; pub struct A;",
        ),
        ("cli/c.rs", "pub struct C; // super::a::A"),
    ];
    check(&tree, &[]);
}

// Names of types.

/// The names that types of several files have, each with the files.
fn doubled(sources: &[Source]) -> BTreeMap<String, String> {
    let mut files_by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources {
        for name in types(&source.tokens) {
            let file = source.path.display().to_string();
            files_by_name.entry(name).or_default().push(file);
        }
    }
    files_by_name.retain(|_, files| files.len() > 1);
    files_by_name
        .into_iter()
        .map(|(name, files)| (name, format!("defined in {}", files.join(" and "))))
        .collect()
}

#[test]
fn no_two_files_define_a_type_of_one_name() {
    assert_none(&lines(&doubled(&SOURCES)));

    let check = |one: &str, other: &str, names: &[&str]| {
        let found = doubled(&files(&[("a.rs", one), ("cli/b.rs", other)]));
        assert_eq!(found.keys().collect::<Vec<_>>(), names, "{one} {other}");
    };
    check("pub(crate) struct A;", "fn f() { enum A {} }", &["A"]);
    check("trait A {}", "mod b { pub type A = u8; }", &["A"]);
    check("struct A; mod b { struct A; }", "struct B;", &[]);
    check(
        "struct A;",
        "impl Iterator for B { type A = u8; } fn A() {}",
        &[],
    );
    check("struct A;", "#[cfg(test)] mod tests { struct A; }", &[]);
}

// The disk.

/// The modules that open files and list folders.
const DISK: &[&str] = &["store", "cli"];

/// Files of other modules that hold temporary files, which the caller opens.
const ON_DISK: &[&str] = &["calls/external_sort.rs", "scan/call_sink.rs"];

/// Paths that lead to the disk.
const DISK_PATHS: &[&[&str]] = &[&["std", "fs"], &["std", "os", "unix", "fs"]];

/// Methods that look at the disk and that only paths have.
const DISK_METHODS: &[&str] = &[
    "canonicalize",
    "exists",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
];

fn disk(source: &Source) -> Vec<String> {
    if DISK.contains(&source.module().as_str()) {
        return Vec::new();
    }
    let by_path = paths(&source.tokens)
        .into_iter()
        .filter(|path| begins_with_one_of(path, DISK_PATHS));
    let by_method = source.tokens.windows(3).filter(|three| {
        three[0] == "." && DISK_METHODS.contains(&three[1].as_str()) && three[2] == "("
    });
    by_path
        .map(|path| path.join("::"))
        .chain(by_method.map(|three| format!(".{}()", three[1])))
        .collect()
}

#[test]
fn only_the_store_and_the_command_line_reach_the_disk() {
    let on_disk = SOURCES
        .iter()
        .map(|source| (source.path.display().to_string(), disk(source).join(", ")))
        .filter(|(_, names)| !names.is_empty())
        .collect();
    assert_none(&unlisted(&on_disk, ON_DISK));

    let check = |path, text, wrong: &[&str]| assert_eq!(found(disk, path, text), wrong, "{text}");
    check("archive/walk.rs", "use std::{fs, io};", &["std::fs"]);
    check(
        "archive/walk.rs",
        "use std::fs::{self, File};",
        &["std::fs::self", "std::fs::File"],
    );
    check(
        "archive/walk.rs",
        "fn f() { std::fs::File::open(path) }",
        &["std::fs::File::open"],
    );
    check(
        "scan.rs",
        "fn f() { path.exists() || path.canonicalize().is_ok() }",
        &[".exists()", ".canonicalize()"],
    );
    check("store/disk.rs", "use std::fs::File;", &[]);
    check(
        "archive/walk.rs",
        "use crate::store::fs; fn f() { exists() } // std::fs",
        &[],
    );
}
