//! Roots: however an archive is named, the answer is the same.

use std::ffi::OsStr;

use serde_json::json;

use crate::support::archive::{Archive, array, call_of, small_archive};
use crate::support::checks::{all_read, assert_contains, check_path};
use crate::support::program::{args, keytrail};

#[test]
fn an_archive_may_be_named_from_where_one_stands() {
    let archive = small_archive();
    let absolute = keytrail(args([&"dump", &archive.root(), &"-f", &"json"]))
        .run()
        .code(0);
    for (dir, roots) in [
        (archive.root(), &["."][..]),
        (archive.root(), &["a.gz", "./copy.gz"]),
        (archive.beside(""), &["logs"]),
        (archive.beside(""), &["logs/../logs/", "./logs"]),
    ] {
        let outcome = keytrail([&["dump", "-f", "json"], roots].concat())
            .within(&dir)
            .run()
            .code(0);
        assert_eq!(outcome.stdout(), absolute.stdout(), "{outcome}");
    }
}

#[test]
fn a_root_may_be_a_link() {
    let elsewhere = Archive::of(&[call_of("LTAI5tElsewhere")]);
    let archive = Archive::new()
        .link("folder", elsewhere.root())
        .link("file", elsewhere.path("a.gz"));
    check_path(
        &archive.path("folder"),
        0,
        &["LTAI5tElsewhere"],
        &all_read(1),
    );
    check_path(&archive.path("file"), 0, &["LTAI5tElsewhere"], &all_read(1));
}

#[test]
fn a_file_reached_twice_is_read_once() {
    let archive = Archive::new().gz("a/b.gz", array(&[call_of("LTAI5tOnce")]));
    let roots: [&dyn AsRef<OsStr>; 5] = [
        &archive.root(),
        &archive.root(),
        &archive.path("a"),
        &archive.path("a/b.gz"),
        &archive.path("a/../a"),
    ];
    let outcome = keytrail([args([&"keys", &"-f", &"json", &"--no-dedup"]), args(roots)].concat())
        .run()
        .code(0);
    assert_contains(&outcome.coverage(), &all_read(1), &outcome);
    assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
}
