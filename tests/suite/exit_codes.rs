//! Exit codes: what is done, what is empty, what is damaged, what is an error of usage.

use crate::support::archive::{damaged_archive, small_archive};
use crate::support::checks::assert_usage_error;
use crate::support::program::{args, keytrail};

#[test]
fn exit_codes_distinguish_done_empty_and_damaged() {
    let (archive, damaged) = (small_archive(), damaged_archive());
    let root = damaged.root();
    let run = |command| keytrail(command).run();
    run(args([&"keys", &archive.root()])).code(0);
    run(args([&"keys", &archive.root(), &"--since", &"2030-01-01"])).code(1);
    run(args([
        &"last-used",
        &"info",
        &"LTAI5tNobody",
        &archive.root(),
    ]))
    .code(1);
    run(args([
        &"last-used",
        &"events",
        &"LTAI5tAlice",
        &archive.root(),
        &"--service",
        &"Nothing",
    ]))
    .code(1);
    run(args([&"keys", &archive.beside("missing")])).code(2);
    run(args([&"keys", &root])).code(3);
    // 3 comes before 1: what was not read may have matched.
    run(args([&"keys", &root, &"--region", &"nowhere"])).code(3);
    run(args([&"last-used", &"info", &"LTAI5tNobody", &root])).code(3);
}

#[test]
fn a_missing_path_is_fatal_even_beside_others() {
    let archive = small_archive();
    let missing = archive.beside("no\u{1b}[31mwhere");
    for roots in [args([&missing]), args([&archive.root(), &missing])] {
        let outcome = keytrail([args([&"keys"]), roots].concat()).run();
        assert!(
            !outcome.stderr().contains('\u{1b}'),
            "a path is shown without its escapes\n{outcome}"
        );
        assert_usage_error(outcome, &["where"]);
    }
}

#[test]
fn invalid_arguments_are_usage_errors() {
    let archive = small_archive();
    let root = archive.root();
    for time in [
        "soon",
        "2024-13-01",
        "2024-02-30",
        "",
        "-7d",
        "7 parsecs",
        "@x",
        "2024-03-05T09:21:32+99:00",
    ] {
        for option in ["--since", "--until"] {
            let option = format!("{option}={time}");
            let outcome = keytrail(args([&"keys", &root, &option])).run();
            assert_usage_error(outcome, &["2024-05-01T12:00:00Z", "7d"]);
        }
    }
    assert_usage_error(keytrail(args([&"keys"])).run(), &["ARCHIVE"]);
    assert_usage_error(
        keytrail(args([&"keys", &root, &"-f", &"xml"])).run(),
        &["table", "json", "csv"],
    );
    assert_usage_error(
        keytrail(args([&"last-used", &"everything", &"K", &root])).run(),
        &["info", "resources"],
    );
    assert_usage_error(
        keytrail(args([&"keys", &root, &"--threads", &"0"])).run(),
        &["--threads"],
    );
    assert_usage_error(
        keytrail(args([&"keys", &root, &"--threads", &"257"])).run(),
        &["--threads", "256 at most"],
    );
    assert_usage_error(keytrail(args([&"key", &root])).run(), &["keys"]);
    assert_usage_error(keytrail(args([&root])).run(), &["Usage"]);
    // The format `api` has no reply for these.
    for command in ["keys", "dump"] {
        assert_usage_error(
            keytrail(args([&command, &root, &"-f", &"api"])).run(),
            &["api"],
        );
    }
}

#[test]
fn an_empty_window_is_a_usage_error() {
    let archive = small_archive();
    for (since, until) in [
        ("2024-03-06", "2024-03-05"),
        ("2024-03-05", "2024-03-05"),
        ("1d", "7d"),
    ] {
        let command = args([
            &"keys",
            &archive.root(),
            &"--since",
            &since,
            &"--until",
            &until,
        ]);
        assert_usage_error(keytrail(command).run(), &["--since", "--until"]);
    }
}

#[test]
fn an_argument_that_is_not_utf8_is_a_usage_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let odd = OsStr::from_bytes(b"K\xff");
    let archive = small_archive();
    let command = args([&"last-used", &"info", &odd, &archive.root()]);
    assert_usage_error(keytrail(command).run(), &["invalid UTF-8"]);
}
