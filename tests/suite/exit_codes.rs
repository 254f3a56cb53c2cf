//! Exit codes: what is done, what is empty, what is damaged, what is an error of usage.

use crate::support::archive::{
    Archive, call_of, damaged_archive, gzip_with_wrong_checksum, small_archive,
};
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
        // No event can be so long ago, nor so late.
        "99999999y",
        "@9999999999999",
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
    assert_usage_error(
        keytrail(args([&root])).run(),
        &[
            "a command comes before the archive",
            "hint: keytrail keys /",
        ],
    );
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

#[test]
fn exit_zero_leaves_an_empty_answer_no_failure() {
    let (archive, damaged) = (small_archive(), damaged_archive());
    let nowhere = |archive: &Archive| {
        let root = archive.root();
        args([&"keys", &root, &"--region", &"nowhere", &"--exit-zero"])
    };
    keytrail(nowhere(&archive)).run().code(0);
    // What was not read may have matched, so that is still told.
    keytrail(nowhere(&damaged)).run().code(3);
    keytrail(args([&"keys", &archive.beside("missing"), &"--exit-zero"]))
        .run()
        .code(2);
}

#[test]
fn an_old_broken_file_that_is_accepted_does_not_end_every_run_in_3() {
    let archive = damaged_archive();
    let known = archive.beside("known.jsonl");
    let root = archive.root();
    let accepting = |command: &str| keytrail(args([&command, &root, &"--accept", &known]));
    keytrail(args([&"keys", &archive.root(), &"--errors-to", &known]))
        .run()
        .code(3);
    for command in ["keys", "dump", "lookup", "verify"] {
        let outcome = accepting(command).run().code(0);
        assert!(!outcome.stderr().contains("damaged.gz: "), "{outcome}");
    }
    // The coverage and the file of problems have it all the same.
    let again = archive.beside("again.jsonl");
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"--accept",
        &known,
        &"--errors-to",
        &again,
        &"-v",
    ]))
    .run()
    .code(0)
    .reports(&["2 of 3 log files read, 1 partial", "damaged.gz: "]);
    assert!(!outcome.stdout.is_empty(), "{outcome}");
    assert_eq!(
        std::fs::read(&again).unwrap(),
        std::fs::read(&known).unwrap()
    );

    // Another damage, and the same in another file, are not known.
    std::fs::write(root.join("new.gz"), gzip_with_wrong_checksum("[]")).unwrap();
    accepting("keys")
        .run()
        .code(3)
        .reports(&["new.gz: ", "1 known problem of --accept"]);
    let with_notes = std::fs::read_to_string(&known).unwrap();
    let renamed = with_notes.replace("damaged.gz", "new.gz");
    std::fs::write(&known, format!("# since March\n\n{with_notes}{renamed}")).unwrap();
    accepting("keys").run().code(0);
}

#[test]
fn a_file_of_accepted_problems_that_holds_something_else_is_a_usage_error() {
    let archive = damaged_archive();
    let known = archive.beside("known.jsonl");
    std::fs::write(&known, "\nsome words\n").unwrap();
    let run = |path: &std::path::Path| {
        keytrail(args([&"keys", &archive.root(), &"--accept", &path])).run()
    };
    assert_usage_error(run(&known), &["line 2 of ", "known.jsonl is no problem"]);
    assert_usage_error(run(&archive.beside("missing")), &["cannot read "]);
}

#[test]
fn quiet_verify_tells_by_its_exit_code_alone() {
    let (archive, damaged) = (small_archive(), damaged_archive());
    let manifest = archive.beside("manifest");
    keytrail(args([&"verify", &archive.root(), &"--manifest", &manifest]))
        .run()
        .code(0);
    let quiet = |command| {
        let outcome = keytrail(command).run();
        assert!(
            outcome.stdout.is_empty() && outcome.stderr.is_empty(),
            "{outcome}"
        );
        outcome
    };
    quiet(args([&"verify", &archive.root(), &"-q"])).code(0);
    quiet(args([&"verify", &damaged.root(), &"-q"])).code(3);
    quiet(args([
        &"verify",
        &archive.root(),
        &"-q",
        &"--against",
        &manifest,
    ]))
    .code(0);
    quiet(args([
        &"verify",
        &damaged.root(),
        &"-q",
        &"--against",
        &manifest,
    ]))
    .code(3);
    let empty = Archive::new();
    quiet(args([&"verify", &empty.root(), &"-q"])).code(1);
    // Who asks for the answer gets it.
    let asked = keytrail(args([&"verify", &archive.root(), &"-q", &"-f", &"json"]))
        .run()
        .code(0);
    assert!(!asked.stdout.is_empty(), "{asked}");
    let file = archive.beside("report.txt");
    quiet(args([&"verify", &archive.root(), &"-q", &"-o", &file])).code(0);
    assert!(!std::fs::read(&file).unwrap().is_empty());
}

#[test]
fn an_empty_key_is_a_usage_error() {
    let archive = Archive::of(&[call_of("LTAI5tAlice")]);
    assert_usage_error(
        keytrail(args([&"last-used", &"info", &"", &archive.root()])).run(),
        &["the AccessKey is empty"],
    );
}

#[test]
fn times_that_people_type_are_taken() {
    let archive = small_archive();
    for (since, until, code) in [
        ("2024-03", "now", 0),
        ("2024-03-05T17:21+08:00", "2024-03-05T17:22+08:00", 0),
        ("yesterday", "now", 1),
        ("1y", "today", 1),
        ("3w", "1d", 1),
    ] {
        keytrail(args([
            &"keys",
            &archive.root(),
            &"--since",
            &since,
            &"--until",
            &until,
        ]))
        .run()
        .code(code);
    }
}
