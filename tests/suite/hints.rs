//! Answers without rows: the reason, and the nearest key.

use crate::support::archive::{Archive, array, call_of, plain_archive, small_archive};
use crate::support::program::{args, keytrail};

#[test]
fn a_folder_without_log_files_is_answered_with_what_was_looked_for() {
    let archive = Archive::new()
        .file("notes.txt", "[]")
        .file("picture.png", "[]");
    keytrail(args([&"keys", &archive.root()]))
        .run()
        .code(1)
        .reports(&["names that end in .gz ", "found 2 other files"]);
    keytrail(args([&"keys", &Archive::new().root()]))
        .run()
        .code(1)
        .reports(&[".gz"]);
}

#[test]
fn an_unknown_key_is_answered_with_the_span_and_the_nearest_key() {
    let archive = small_archive();
    let command = args([&"last-used", &"info", &"LTAI5tAlicf", &archive.root()]);
    keytrail(command).run().code(1).reports(&[
        "LTAI5tAlicf",
        "LTAI5tAlice",
        "2024-03-05T09:21:32Z",
        "2024-03-06T00:00:00Z",
    ]);
    // Keys are compared exactly.
    let command = args([&"last-used", &"info", &"ltai5talice", &archive.root()]);
    keytrail(command).run().code(1).reports(&["LTAI5tAlice"]);
}

#[test]
fn an_unknown_key_as_a_person_sees_it() {
    let archive = plain_archive();
    let outcome = keytrail(args([
        &"last-used",
        &"ips",
        &"LTAI5tAlicf",
        &archive.path("a.json"),
    ]))
    .run();
    insta::assert_snapshot!(outcome.snapshot(&archive.root()), @r"
    exit code 1
    --- stdout
    service_name  name  first_used  last_used  events  errors  source
    --- stderr
    1 of 1 log file read (1.67 kB on disk, 1.67 kB of text)
    0 events of the key, of 3 read; first 2024-03-05T09:21:32Z, last 2024-03-06T00:00:00Z
    keytrail: no event of AccessKey LTAI5tAlicf in what was read; that has events from 2024-03-05T09:21:32Z to 2024-03-06T00:00:00Z
    hint: the nearest key is LTAI5tAlice
    hint: an archive has only what the trail delivered: by default no read events, never data events, and nothing before the trail began
    ");
}

#[test]
fn an_empty_answer_names_the_filter_that_emptied_it() {
    let dated = Archive::new().gz(
        "AliyunLogs/Actiontrail/cn-hangzhou/2024/03/05/a.gz",
        array(&[call_of("LTAI5tAlice")]),
    );
    for (options, reason) in [
        (
            &["--since", "2024-04-01"][..],
            "is of the window, from 2024-04-01T00:00:00Z on: by the days of their folders and names, 1 folder \
             is of other days",
        ),
        (
            &["--until", "2024-02-01"],
            "is of the window, before 2024-02-01T00:00:00Z",
        ),
        (
            &["--region", "nowhere"],
            "no event is within the window and the filters; 1 record is outside, copies included",
        ),
        (
            &["--account", "1"],
            "no event is within the window and the filters; 1 record is outside, copies included",
        ),
    ] {
        for question in [
            &["keys"][..],
            &["dump"],
            &["last-used", "info", "LTAI5tAlice"],
        ] {
            let mut command = args([]);
            command.extend(question.iter().map(Into::into));
            command.push(dated.root().into());
            command.extend(options.iter().map(Into::into));
            keytrail(command).run().code(1).reports(&[reason]);
        }
    }
    // The key may have been used before the window.
    let two = Archive::of(&[call_of("LTAI5tAlice"), call_of("LTAI5tBob")]);
    let command = args([&"last-used", &"info", &"LTAI5tCarol", &two.root()]);
    let outcome = keytrail([command, args([&"--since", &"2024-01-01"])].concat())
        .run()
        .code(1);
    outcome.reports(&["without them there may be more"]);
}

#[test]
fn a_key_among_the_archives_was_only_a_file_that_is_not_there() {
    let archive = small_archive();
    let root = archive.root();
    for words in [
        args([&"keys", &root, &"LTAI5tAlice"]),
        args([&"keys", &"LTAI5tAlice", &root]),
        args([&"dump", &root, &"LTAI5tAlice:s3cr3t"]),
    ] {
        keytrail(words).run().code(2).reports(&[
            "hint: LTAI5tAlice looks like an AccessKey: keytrail last-used info LTAI5tAlice ARCHIVE",
            "lookup ARCHIVE --key LTAI5tAlice\n",
        ]);
    }
    let folder = keytrail(args([&"keys", &"LTAI/nothing"])).run().code(2);
    assert!(!folder.stderr().contains("hint"), "{folder}");
}

#[test]
fn last_used_named_an_option_that_it_does_not_have() {
    let archive = small_archive();
    let outcome = keytrail(args([
        &"last-used",
        &"info",
        &"LTAI5tAlice,LTAI5tBob",
        &archive.root(),
    ]));
    let outcome = outcome.run().code(2).reports(&[
        "this is about one: ask about each for itself, or lookup ARCHIVE --key A --key B",
    ]);
    assert!(!outcome.stderr().contains("repeat the option"), "{outcome}");
}

/// The footer called copies of events outside the filters events, of which it counts each once.
#[test]
fn what_is_outside_is_counted_in_records() {
    let copies = array(&[call_of("LTAI5tAlice"), call_of("LTAI5tBob")]);
    let archive = Archive::new().gz("a.gz", &copies).gz("b.gz", &copies);
    let command = args([&"lookup", &archive.root(), &"--key", &"LTAI5tBob"]);
    let stderr = keytrail(command).run().code(0).stderr();
    let words = "1 event, 1 duplicate not counted, 2 records outside the window or the filters, copies included;";
    assert!(stderr.contains(words), "{stderr}");
}
