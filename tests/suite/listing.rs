//! Which files of an archive are log files, and what is counted of the others.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, gzip};
use crate::support::checks::{all_read, beside_a_neighbour, check, check_path, keys_of};
use crate::support::program::{args, keytrail};

#[test]
fn compression_is_detected_by_content_and_not_by_name() {
    let archive = Archive::new()
        .file("plain.gz", array(&[call_of("LTAI5tPlain")]))
        .gz("gzip.json", array(&[call_of("LTAI5tGzip")]));
    check(&archive, 0, &["LTAI5tGzip", "LTAI5tPlain"], &all_read(2));
}

#[test]
fn names_decide_what_is_a_log_file_and_the_rest_is_counted() {
    let text = |key| array(&[call_of(key)]);
    let archive = Archive::new()
        .file("a.json", text("LTAI5tJson"))
        .file("b.jsonl", text("LTAI5tJsonl"))
        .file("c.ndjson", text("LTAI5tNdjson"))
        .gz("d.gz", text("LTAI5tGz"))
        .file("e.txt", text("LTAI5tIgnored"))
        .file("f", text("LTAI5tIgnored"))
        .gz(".g.gz", text("LTAI5tIgnored"));
    let coverage = json!({"files": {"found": 4, "read": 4, "ignored": 3}});
    check(
        &archive,
        0,
        &["LTAI5tGz", "LTAI5tJson", "LTAI5tJsonl", "LTAI5tNdjson"],
        &coverage,
    );
    // A file that is named on the command line is read whatever its name.
    check_path(&archive.path("e.txt"), 0, &["LTAI5tIgnored"], &all_read(1));
}

#[test]
fn a_name_with_another_count_of_events_is_counted() {
    let name = |events| {
        format!(
            "AliyunLogs/Actiontrail/cn-hangzhou/2024/03/05/\
             Actiontrail_cn-hangzhou_20240305092132_1002_{events}_1146_8d2a62c7317236ee7bf50184a428d8a{events}.gz"
        )
    };
    let text = array(&[call_of("LTAI5tFirst"), call_of("LTAI5tSecond")]);
    let archive = Archive::new()
        .gz(name(1), &text)
        .gz(name(2), &text)
        .gz(name(3), &text)
        .gz("no-promise.gz", &text);
    let coverage = json!({"files": {"read": 4, "count_mismatch": 2}});
    check(&archive, 0, &["LTAI5tFirst", "LTAI5tSecond"], &coverage);
}

#[test]
fn a_folder_named_like_a_log_file_is_walked() {
    let archive = Archive::new().gz("x.gz/inside.gz", array(&[call_of("LTAI5tInside")]));
    check(&archive, 0, &["LTAI5tInside"], &all_read(1));
}

#[test]
fn links_inside_an_archive_are_not_followed() {
    let elsewhere = Archive::of(&[call_of("LTAI5tElsewhere")]);
    let archive = Archive::of(&[call_of("LTAI5tHere")]);
    let root = archive.root();
    let archive = archive
        .link("loop", &root)
        .link("file.gz", elsewhere.path("a.gz"))
        .link("folder.gz", elsewhere.root())
        .link("dangling.gz", "nowhere");
    let mut coverage = all_read(1);
    (coverage["files"]["ignored"], coverage["files"]["links"]) = (json!(4), json!(4));
    check(&archive, 0, &["LTAI5tHere"], &coverage);
    keytrail(args([&"keys", &archive.root()]))
        .run()
        .reports(&["4 other files ignored, 4 of them symbolic links, which are not followed"]);
}

#[test]
fn a_pipe_that_nobody_writes_to_does_not_hang_the_scan() {
    let archive = Archive::of(&[call_of("LTAI5tNeighbour")]).fifo("x.gz");
    let mut coverage = all_read(1);
    coverage["files"]["ignored"] = json!(1);
    check(&archive, 0, &["LTAI5tNeighbour"], &coverage);
}

#[test]
fn a_name_that_is_not_utf8_is_read_and_reported_like_any_other() {
    let name = |bytes| Path::new(OsStr::from_bytes(bytes)).to_owned();
    let archive = beside_a_neighbour(name(b"b\xff.gz"), gzip(array(&[call_of("LTAI5tKept")])))
        .file(name(b"c\xff.gz"), "no log file");
    let problems = archive.beside("problems");
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--errors-to",
        &problems,
    ]))
    .run()
    .code(3);
    assert_eq!(
        keys_of(&outcome),
        ["LTAI5tKept", "LTAI5tNeighbour"],
        "{outcome}"
    );
    assert!(
        std::str::from_utf8(&outcome.stderr).is_ok(),
        "stderr is text\n{outcome}"
    );
    let problems = std::fs::read_to_string(problems).expect("the problems are text");
    let problem: Value = serde_json::from_str(problems.trim_end()).expect("one problem");
    assert!(problem["file"].as_str().unwrap().contains('c'), "{problem}");
}
