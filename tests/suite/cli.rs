//! The program as a citizen of the command line: exit codes, streams, output files, formats, help.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip_with_wrong_checksum, with};
use crate::support::program::{Outcome, args, keytrail, keytrail_after};

/// Two keys, three services, one error, one copy: enough for every command to have something to say.
fn small_archive() -> Archive {
    let alice = |time, service, name| event("LTAI5tAlice", time, service, name);
    let events = [
        alice("2024-03-05T09:21:32Z", "Ecs", "DescribeInstances"),
        alice("2024-03-05T09:21:33.250Z", "Ecs", "RunInstances"),
        with(
            alice("2024-03-05T09:21:34Z", "Oss", "GetObject"),
            json!({"errorCode": "AccessDenied", "eventCategory": "Data", "resourceName": "b", "resourceType": "T"}),
        ),
        event("STS.NUbob", "2024-03-06T00:00:00Z", "Ram", "ListUsers"),
    ];
    Archive::of(&events).gz("copy.gz", array(&events[..1]))
}

fn damaged_archive() -> Archive {
    small_archive().file("damaged.gz", gzip_with_wrong_checksum("[]"))
}

fn field(outcome: &Outcome, name: &str) -> Vec<Value> {
    outcome.rows().iter().map(|row| row[name].clone()).collect()
}

/// Checks that a message is an error of usage: exit code 2, on stderr alone, and with the way on in it.
#[track_caller]
fn assert_usage(outcome: Outcome, says: &[&str]) {
    let outcome = outcome.code(2).says(says);
    assert!(
        outcome.stdout.is_empty(),
        "an error is no answer\n{outcome}"
    );
}

// Exit codes.

#[test]
fn exit_codes_tell_done_from_empty_from_damaged() {
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
    // Damage comes before emptiness: what was not read may have matched.
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
        assert_usage(outcome, &["where"]);
    }
}

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
fn a_folder_without_log_files_says_what_was_looked_for() {
    let archive = Archive::new()
        .file("notes.txt", "[]")
        .file("picture.png", "[]");
    let outcome = keytrail(args([&"keys", &archive.root()])).run().code(1);
    assert!(
        outcome.stderr().contains(".gz"),
        "what was looked for\n{outcome}"
    );
    assert!(
        outcome.stderr().contains('2'),
        "what was found instead\n{outcome}"
    );
    keytrail(args([&"keys", &Archive::new().root()]))
        .run()
        .code(1)
        .says(&[".gz"]);
}

#[test]
fn arguments_that_make_no_sense_are_errors_of_usage() {
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
            assert_usage(outcome, &["2024-05-01T12:00:00Z", "7d"]);
        }
    }
    assert_usage(keytrail(args([&"keys"])).run(), &["ARCHIVE"]);
    assert_usage(
        keytrail(args([&"keys", &root, &"-f", &"xml"])).run(),
        &["table", "json", "csv"],
    );
    assert_usage(
        keytrail(args([&"last-used", &"everything", &"K", &root])).run(),
        &["info", "resources"],
    );
    assert_usage(
        keytrail(args([&"keys", &root, &"--threads", &"0"])).run(),
        &["--threads"],
    );
    assert_usage(
        keytrail(args([&"keys", &root, &"--threads", &"257"])).run(),
        &["--threads", "256 at most"],
    );
    assert_usage(keytrail(args([&"key", &root])).run(), &["keys"]);
    assert_usage(keytrail(args([&root])).run(), &["Usage"]);
    // Only a question about one key has an answer in the shape of the cloud's.
    for command in ["keys", "dump"] {
        assert_usage(
            keytrail(args([&command, &root, &"-f", &"api"])).run(),
            &["api"],
        );
    }
}

#[test]
fn a_window_that_holds_no_time_is_an_error_of_usage() {
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
        assert_usage(keytrail(command).run(), &["--since", "--until"]);
    }
}

// What is asked for.

#[test]
fn a_window_takes_its_start_and_leaves_its_end() {
    let archive = small_archive();
    let events = |options: &[&str]| {
        let mut command = args([&"keys", &archive.root(), &"-f", &"json"]);
        command.extend(options.iter().map(Into::into));
        keytrail(command).run().json()["coverage"]["events"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(events(&[]), 4);
    assert_eq!(events(&["--since", "2024-03-05T09:21:33.25Z"]), 3);
    assert_eq!(events(&["--since", "2024-03-05T09:21:33.251Z"]), 2);
    assert_eq!(events(&["--until", "2024-03-05T09:21:33.250Z"]), 1);
    assert_eq!(
        events(&[
            "--until",
            "2024-03-05T17:21:34+08:00",
            "--since",
            "2024-03-05 09:21:33"
        ]),
        1
    );
    assert_eq!(events(&["--since", "@1709683200"]), 1);
    assert_eq!(
        events(&["--since", "2024-03-05 09:21", "--until", "2024-03-06"]),
        3
    );
    // An age is counted from now, which is long after the archive.
    assert_eq!(
        [events(&["--since", "24h"]), events(&["--until", "90m"])],
        [0, 4]
    );
    assert_eq!(events(&["--until", "7d"]), 4);
}

#[test]
fn paths_of_other_days_are_not_opened() {
    let name = |day: &str| {
        format!(
            "prefix/AliyunLogs/Actiontrail/cn-hangzhou/2024/03/{day}/\
             Actiontrail_cn-hangzhou_202403{day}120000_1002_1_1146_8d2a62c7317236ee7bf50184a428d8a9.gz"
        )
    };
    // The event lies in the window wherever the file lies, so that only the path can keep it out.
    let archive = ["01", "09", "10", "11", "20"]
        .iter()
        .fold(Archive::new(), |archive, day| {
            archive.gz(
                name(day),
                array(&[event(
                    &format!("LTAI5t{day}"),
                    "2024-03-10T12:00:00Z",
                    "Ecs",
                    "Call",
                )]),
            )
        });
    let archive = archive.gz(
        "undated.gz",
        array(&[event(
            "LTAI5tUndated",
            "2024-03-10T12:00:00Z",
            "Ecs",
            "Call",
        )]),
    );
    let window = ["--since", "2024-03-10", "--until", "2024-03-11"];
    let mut command = args([&"keys", &archive.root(), &"-f", &"json"]);
    command.extend(window.iter().map(Into::into));
    let outcome = keytrail(command).run().code(0);
    let mut keys = field(&outcome, "access_key_id");
    keys.sort_by_key(Value::to_string);
    assert_eq!(
        keys,
        ["LTAI5t09", "LTAI5t10", "LTAI5t11", "LTAI5tUndated"],
        "{outcome}"
    );
    let files = &outcome.coverage()["files"];
    assert_eq!(
        [&files["found"], &files["read"], &files["pruned"]],
        [&json!(4), &json!(4), &json!(2)],
        "{outcome}"
    );
    // A file that is not opened cannot be damaged.
    let archive = archive.file(name("02"), "no log file");
    let mut command = args([&"keys", &archive.root()]);
    command.extend(window.iter().map(Into::into));
    keytrail(command).run().code(0);
}

#[test]
fn accounts_and_regions_narrow_what_is_counted() {
    let call = |key, fields| with(call_of(key), fields);
    let archive = Archive::of(&[
        call(
            "LTAI5tOwn",
            json!({"recipientAccountId": "2", "acsRegion": "cn-beijing"}),
        ),
        call(
            "LTAI5tOther",
            json!({"recipientAccountId": "2", "userIdentity": {"accessKeyId": "LTAI5tOther"}}),
        ),
        call(
            "LTAI5tNone",
            json!({"acsRegion": null, "userIdentity": {"accessKeyId": "LTAI5tNone"}}),
        ),
    ]);
    let keys = |options: &[&str]| {
        let mut command = args([&"keys", &archive.root(), &"-f", &"json"]);
        command.extend(options.iter().map(Into::into));
        let outcome = keytrail(command).run();
        let outside = outcome.coverage()["records"]["outside"]
            .as_u64()
            .unwrap_or(0);
        assert_eq!(outside, 3 - outcome.rows().len() as u64, "{outcome}");
        field(&outcome, "access_key_id")
            .iter()
            .map(|key| key.as_str().unwrap()["LTAI5t".len()..].to_owned())
            .collect()
    };
    let keys = |options: &[&str]| -> String {
        let mut keys: Vec<String> = keys(options);
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(keys(&[]), "None Other Own");
    assert_eq!(keys(&["--account", "1663676968110001"]), "Own");
    assert_eq!(keys(&["--account", "2"]), "Other");
    assert_eq!(
        keys(&["--account", "2", "--account", "1663676968110001"]),
        "Other Own"
    );
    assert_eq!(keys(&["--region", "cn-hangzhou"]), "Other");
    assert_eq!(
        keys(&["--region", "cn-beijing", "--region", "cn-hangzhou"]),
        "Other Own"
    );
    assert_eq!(keys(&["--region", "CN-BEIJING"]), "");
    assert_eq!(keys(&["--region", "cn-beijing", "--account", "2"]), "");
}

/// Events of one key, so many that their text is searched before it is parsed.
fn many_events_of(key: &str) -> Vec<Value> {
    let time = |number| {
        format!(
            "2024-03-05T{:02}:{:02}:{:02}Z",
            number / 3600,
            number / 60 % 60,
            number % 60
        )
    };
    (0..200)
        .map(|number| {
            with(
                event(key, &time(number), "Ecs", "Call"),
                json!({"userAgent": "a".repeat(600)}),
            )
        })
        .collect()
}

#[test]
fn long_files_without_the_key_are_searched_and_counted_as_such() {
    let archive = Archive::new()
        .gz("alice.gz", array(&many_events_of("LTAI5tAlice")))
        .gz("bob.gz", array(&many_events_of("LTAI5tBob")));
    let ask = |what: &str| {
        keytrail(args([
            &"last-used",
            &what,
            &"LTAI5tAlice",
            &archive.root(),
            &"-f",
            &"json",
        ]))
        .run()
    };
    for what in ["info", "products", "events", "ips"] {
        let outcome = ask(what).code(0);
        assert_eq!(field(&outcome, "events"), [200], "{outcome}");
        let files = &outcome.coverage()["files"];
        assert_eq!(
            [&files["found"], &files["read"], &files["searched"]],
            [&json!(2), &json!(2), &json!(1)],
            "{outcome}"
        );
        let bytes =
            ["alice.gz", "bob.gz"].map(|name| std::fs::metadata(archive.path(name)).unwrap().len());
        assert_eq!(
            outcome.coverage()["bytes"]["compressed"],
            json!(bytes.iter().sum::<u64>()),
            "{outcome}"
        );
    }
    // Whoever asks for all keys has every file read.
    for command in ["keys", "dump"] {
        let outcome = keytrail(args([&command, &archive.root(), &"-f", &"json"]))
            .run()
            .code(0);
        assert_eq!(
            outcome.coverage()["files"]["searched"],
            Value::Null,
            "{outcome}"
        );
        assert_eq!(outcome.coverage()["events"], json!(400), "{outcome}");
    }
}

#[test]
fn an_unknown_key_is_answered_no_less_where_files_are_long() {
    let archive = Archive::new()
        .gz("alice.gz", array(&many_events_of("LTAI5tAlice")))
        .gz("bob.gz", array(&many_events_of("LTAI5tBob")));
    let command = args([&"last-used", &"info", &"LTAI5tAlicf", &archive.root()]);
    keytrail(command).run().code(1).says(&[
        "LTAI5tAlicf",
        "LTAI5tAlice",
        "2024-03-05T00:00:00Z",
        "2024-03-05T00:03:19Z",
    ]);
}

#[test]
fn an_unknown_key_is_answered_with_what_was_searched_and_what_comes_near() {
    let archive = small_archive();
    let command = args([&"last-used", &"info", &"LTAI5tAlicf", &archive.root()]);
    keytrail(command).run().code(1).says(&[
        "LTAI5tAlicf",
        "LTAI5tAlice",
        "2024-03-05T09:21:32Z",
        "2024-03-06T00:00:00Z",
    ]);
    // Keys are compared exactly.
    let command = args([&"last-used", &"info", &"ltai5talice", &archive.root()]);
    keytrail(command).run().code(1).says(&["LTAI5tAlice"]);
}

// Streams.

#[test]
fn answers_go_to_stdout_and_everything_else_to_stderr() {
    let archive = small_archive();
    for format in ["table", "json", "jsonl", "csv"] {
        let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &format]))
            .run()
            .code(0);
        assert!(outcome.stdout().contains("LTAI5tAlice"), "{outcome}");
        assert!(!outcome.stderr().contains("LTAI5tAlice"), "{outcome}");
    }
    // Nothing is read when the format is not given but a pipe is: the table is the default everywhere.
    let plain = keytrail(args([&"keys", &archive.root()])).run();
    let table = keytrail(args([&"keys", &archive.root(), &"-f", &"table"])).run();
    assert_eq!(plain.stdout(), table.stdout());
}

#[test]
fn the_coverage_stands_on_stderr_unless_quiet() {
    let archive = damaged_archive();
    let outcome = keytrail(args([&"keys", &archive.root()])).run().code(3);
    outcome.says(&[
        "2 of 3",
        "partial",
        "4 events",
        "2024-03-05T09:21:32Z",
        "2024-03-06T00:00:00Z",
        "damaged.gz",
    ]);

    let sound = small_archive();
    let outcome = keytrail(args([&"keys", &sound.root(), &"-q"]))
        .run()
        .code(0);
    assert!(
        outcome.stderr.is_empty(),
        "quiet about a sound archive\n{outcome}"
    );
    // What was not read is told even then.
    keytrail(args([&"keys", &archive.root(), &"--quiet"]))
        .run()
        .code(3)
        .says(&["damaged.gz"]);
}

#[test]
fn colour_is_only_where_it_is_asked_for() {
    let archive = damaged_archive();
    let colourless = |outcome: Outcome| {
        let has_escape = outcome.stdout.contains(&0x1b) || outcome.stderr.contains(&0x1b);
        assert!(!has_escape, "an escape sequence\n{outcome}");
    };
    colourless(keytrail(args([&"keys", &archive.root()])).run());
    colourless(
        keytrail(args([&"keys", &archive.root()]))
            .env("NO_COLOR", "1")
            .env("TERM", "xterm-256color")
            .run(),
    );
    colourless(
        keytrail(args([&"keys", &archive.root(), &"--color", &"never"]))
            .env("CLICOLOR_FORCE", "1")
            .run(),
    );
    colourless(keytrail(args([&"--help"])).run());
    let forced = keytrail(args([&"keys", &archive.root(), &"--color", &"always"]))
        .env("NO_COLOR", "1")
        .run();
    assert!(
        forced.stdout.contains(&0x1b) || forced.stderr.contains(&0x1b),
        "an explicit wish wins\n{forced}"
    );
    // What is written for other programs has no colour in any case.
    for format in ["json", "jsonl", "csv"] {
        let command = args([
            &"keys",
            &archive.root(),
            &"-f",
            &format,
            &"--color",
            &"always",
        ]);
        let outcome = keytrail(command).run();
        assert!(!outcome.stdout.contains(&0x1b), "{outcome}");
    }
}

#[test]
fn progress_is_only_where_it_is_asked_for() {
    let archive = small_archive();
    let quiet = keytrail(args([&"keys", &archive.root(), &"--progress", &"auto"]))
        .run()
        .code(0);
    let never = keytrail(args([&"keys", &archive.root(), &"--progress", &"never"]))
        .run()
        .code(0);
    assert_eq!(quiet.stderr(), never.stderr());
    assert!(!quiet.stderr().contains('\r'), "{quiet}");
    let always = keytrail(args([&"keys", &archive.root(), &"--progress", &"always"]))
        .run()
        .code(0);
    assert_eq!(always.stdout(), quiet.stdout());
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    // More rows than a pipe holds, so that the program must notice whenever the reader leaves.
    let events: Vec<Value> = (0..2000)
        .map(|number| call_of(&format!("LTAI5t{number:04}")))
        .collect();
    let archive = Archive::of(&events);
    for format in ["table", "json", "jsonl", "csv"] {
        let outcome = keytrail(args([&"dump", &archive.root(), &"-q", &"-f", &format]))
            .run_without_reader()
            .code(0);
        assert!(outcome.stderr.is_empty(), "{outcome}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_in_one_line() {
    let archive = small_archive();
    for command in [
        args([&"keys", &archive.root(), &"-q"]),
        args([&"completions", &"bash"]),
        args([&"man"]),
    ] {
        let outcome = keytrail(command).stdout_to("/dev/full").run().code(2);
        assert_eq!(outcome.stderr().trim_end().lines().count(), 1, "{outcome}");
    }
    let outcome = keytrail(args([&"keys", &archive.root(), &"-q", &"-o", &"/dev/full"]))
        .run()
        .code(2);
    assert_eq!(outcome.stderr().trim_end().lines().count(), 1, "{outcome}");
}

// Output files.

fn entries(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_output_file_holds_what_stdout_would() {
    let archive = small_archive();
    let file = archive.beside("answer");
    let to_stdout = keytrail(args([&"keys", &archive.root(), &"-f", &"json"]))
        .run()
        .code(0);
    let to_file = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"-o",
        &file,
    ]))
    .run()
    .code(0);
    assert!(to_file.stdout.is_empty(), "{to_file}");
    assert_eq!(std::fs::read(&file).unwrap(), to_stdout.stdout);
    assert_eq!(
        entries(file.parent().unwrap()),
        ["answer", "logs"],
        "nothing temporary stays"
    );
}

#[test]
fn the_ending_of_an_output_file_is_a_format() {
    let archive = small_archive();
    for format in ["json", "jsonl", "csv"] {
        let file = archive.beside(&format!("answer.{format}"));
        keytrail(args([&"keys", &archive.root(), &"-o", &file]))
            .run()
            .code(0);
        let to_stdout = keytrail(args([&"keys", &archive.root(), &"-f", &format]))
            .run()
            .code(0);
        assert_eq!(std::fs::read(&file).unwrap(), to_stdout.stdout, "{format}");
    }
}

#[test]
fn an_output_file_that_is_there_is_kept_unless_forced() {
    let archive = small_archive();
    let file = archive.beside("answer.json");
    std::fs::write(&file, "precious").unwrap();
    let command = args([&"keys", &archive.root(), &"-o", &file]);
    assert_usage(keytrail(&command).run(), &["answer.json", "--force"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");

    // A run that fails leaves the file as it was, forced or not.
    let missing = archive.beside("missing");
    keytrail(args([&"keys", &missing, &"-o", &file, &"--force"]))
        .run()
        .code(2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");

    keytrail([command, args([&"--force"])].concat())
        .run()
        .code(0);
    let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(document["rows"].as_array().unwrap().len(), 2);
    assert_eq!(
        entries(file.parent().unwrap()),
        ["answer.json", "logs"],
        "nothing temporary stays"
    );
}

#[test]
fn nothing_is_written_to_the_archive() {
    let archive = small_archive();
    let log_file = archive.path("a.gz");
    let before = std::fs::read(&log_file).unwrap();
    let new = archive.path("new.json");
    #[cfg(unix)]
    let link = {
        let link = archive.beside("link");
        std::os::unix::fs::symlink(archive.root(), &link).unwrap();
        link.join("../logs/new.json")
    };
    #[cfg(not(unix))]
    let link = new.clone();
    for command in ["keys", "dump", "lookup", "verify"] {
        for option in ["-o", "--errors-to"] {
            for file in [&log_file, &new, &link] {
                keytrail(args([&command, &archive.root(), &option, file, &"--force"]))
                    .run()
                    .code(2)
                    .says(&["lies in the archive"]);
            }
            // The archive may be that one file.
            keytrail(args([&command, &log_file, &option, &log_file, &"--force"]))
                .run()
                .code(2)
                .says(&["lies in the archive"]);
        }
    }
    assert_eq!(entries(&archive.root()), ["a.gz", "copy.gz"]);
    assert_eq!(std::fs::read(&log_file).unwrap(), before);
}

#[test]
fn a_file_of_problems_takes_the_place_of_no_other_file() {
    let archive = damaged_archive();
    let file = archive.beside("neighbour.json");
    std::fs::write(&file, "evidence").unwrap();
    keytrail(args([&"keys", &archive.root(), &"--errors-to", &file]))
        .run()
        .code(2)
        .says(&["neighbour.json", "--force"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "evidence");
    let both = args([&"-o", &file, &"--errors-to", &file, &"--force"]);
    keytrail([args([&"keys", &archive.root()]), both].concat())
        .run()
        .code(2)
        .says(&["two outputs"]);
    keytrail(args([
        &"keys",
        &archive.root(),
        &"--errors-to",
        &file,
        &"--force",
    ]))
    .run()
    .code(3);
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("damaged.gz")
    );
}

#[test]
fn a_run_that_fails_leaves_no_output_file() {
    let archive = small_archive();
    let file = archive.beside("answer.json");
    keytrail(args([&"keys", &archive.beside("missing"), &"-o", &file]))
        .run()
        .code(2);
    keytrail(args([
        &"keys",
        &archive.root(),
        &"-o",
        &archive.beside("no/such/folder/answer.json"),
    ]))
    .run()
    .code(2)
    .says(&["there is no folder", "no/such/folder"]);
    keytrail(args([&"keys", &archive.root(), &"-o", &archive.root()]))
        .run()
        .code(2);
    assert_eq!(entries(file.parent().unwrap()), ["logs"]);
    assert_eq!(
        entries(&archive.root()),
        ["a.gz", "copy.gz"],
        "nothing is written into an archive"
    );
}

/// A size that no output file may have in a run, as on a disk that is nearly full.
#[cfg(target_os = "linux")]
const NEARLY_FULL: &str = "trap '' XFSZ && ulimit -f 8";

#[cfg(target_os = "linux")]
#[test]
fn an_output_file_that_finds_no_room_is_not_there() {
    let archive = archive_of_many_keys(500);
    let file = archive.beside("answer.json");
    keytrail_after(NEARLY_FULL, args([&"keys", &archive.root(), &"-o", &file]))
        .run()
        .code(2)
        .says(&["answer.json"]);
    assert_eq!(entries(file.parent().unwrap()), ["logs"]);

    // Problems without a place to be written to end the run before an answer is given.
    let command = args([&"keys", &archive.root(), &"--errors-to", &"/dev/full"]);
    let archive = damaged_archive();
    let outcome = keytrail([command, args([&archive.root()])].concat())
        .run()
        .code(2);
    assert!(outcome.stdout.is_empty(), "{outcome}");
}

/// Keys enough that their answer takes a while to write.
fn archive_of_many_keys(number: usize) -> Archive {
    let events: Vec<Value> = (0..number)
        .map(|number| call_of(&format!("LTAI5t{number:05}")))
        .collect();
    Archive::of(&events)
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_the_output_file_as_it_was() {
    let archive = archive_of_many_keys(10_000);
    let dump = |options: &[&str]| {
        let file = archive.beside("answer.json");
        let command = args([&"dump", &archive.root(), &"-q", &"-o", &file]);
        keytrail([command, options.iter().map(Into::into).collect()].concat())
    };
    let file = archive.beside("answer.json");
    let folder = file.parent().unwrap();
    dump(&[]).run().code(0);
    let whole = std::fs::read(&file).unwrap();
    let mut caught = 0;
    for before in [None, Some(&b"precious"[..]), None, Some(b"precious")] {
        match before {
            None => std::fs::remove_file(&file).unwrap(),
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
        }
        let options: &[&str] = before.map_or(&[], |_| &["--force"]);
        // The moment at which the answer begins to be written.
        dump(options)
            .run_until_killed(|| entries(folder).len() > 1 + usize::from(before.is_some()));
        let after = std::fs::read(&file).ok();
        if after.as_deref() == before {
            caught += 1;
        } else {
            assert!(
                after.as_ref() == Some(&whole),
                "neither as it was nor whole"
            );
        }
        for name in entries(folder) {
            if name.starts_with(".keytrail-") {
                std::fs::remove_file(folder.join(name)).unwrap();
            }
        }
        std::fs::write(&file, &whole).unwrap();
    }
    assert!(caught > 0, "no run was killed in time: a test of nothing");
}

#[test]
fn an_interrupt_ends_a_run_and_leaves_no_output_file() {
    let archive = Archive::new().fifo("pipe");
    let (pipe, file) = (archive.path("pipe"), archive.beside("answer.json"));
    // Writing to the pipe begins when the program reads from it, so that it is in the middle of its work and waits for
    // text that never comes. A first interrupt asks it to end, a second one insists; interrupts that come at the same
    // time are one, so they are sent until there is nobody to get them.
    let interrupts = format!(
        "{{ exec 3> '{}'; while kill -INT $$; do :; done; }} > /dev/null 2>&1 & true",
        pipe.display()
    );
    let outcome = keytrail_after(&interrupts, args([&"keys", &pipe, &"-o", &file]))
        .run()
        .code(130);
    assert!(outcome.stdout.is_empty(), "{outcome}");
    assert_eq!(entries(file.parent().unwrap()), ["logs"]);
}

#[cfg(target_os = "linux")]
#[test]
fn one_interrupt_ends_also_a_run_that_waits() {
    let archive = Archive::new().fifo("pipe");
    // One interrupt, as soon as the program catches them; nobody ever writes to the pipe.
    let interrupt = "{ until [ $(( 0x$(sed -n 's/^SigCgt:.//p' /proc/$$/status) & 2 )) -ne 0 ]; do :; done; \
                     kill -INT $$; } > /dev/null 2>&1 & true";
    keytrail_after(interrupt, args([&"keys", &archive.path("pipe")]))
        .run()
        .code(130);
}

#[test]
fn problems_go_to_a_file_of_their_own_when_asked() {
    let archive = damaged_archive()
        .file("b/not\u{1b}[31m\u{202e}.gz", "no log file")
        .gz(
            "c.gz",
            format!("[{},{{\"eventTime\":", call_of("LTAI5tCarol")),
        );
    let file = archive.beside("problems.jsonl");
    keytrail(args([&"keys", &archive.root(), &"--errors-to", &file]))
        .run()
        .code(3);
    let text = std::fs::read_to_string(&file).unwrap();
    let problems: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let mut files: Vec<&str> = problems
        .iter()
        .map(|problem| problem["file"].as_str().unwrap())
        .collect();
    files.sort_unstable();
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    let expected =
        ["b/not\u{1b}[31m\u{202e}.gz", "c.gz", "damaged.gz"].map(|name| archive.path(name));
    assert_eq!(
        files,
        expected.map(|path| path.to_str().unwrap().to_owned())
    );
    for problem in &problems {
        let what = problem["problem"].as_str().unwrap();
        assert!(!what.is_empty() && !what.contains('\n'), "{problem}");
        assert!(
            !what.contains(".gz"),
            "the path is not told twice: {problem}"
        );
    }

    let sound = small_archive();
    let file = sound.beside("problems.jsonl");
    keytrail(args([&"keys", &sound.root(), &"--errors-to", &file]))
        .run()
        .code(0);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "",
        "a sound archive has no problems"
    );
}

// Formats.

#[test]
fn rows_have_the_fields_of_the_contract_in_its_order() {
    let dump = [
        "dimension",
        "access_key_id",
        "service_name",
        "resource_type",
        "name",
        "first_used",
        "first_event_id",
        "last_used",
        "last_event_id",
        "events",
        "errors",
        "source",
        "account_id",
        "owner_id",
        "user_name",
        "account_type",
    ];
    let keys = [
        "access_key_id",
        "key_type",
        "account_id",
        "owner_id",
        "user_name",
        "account_type",
        "first_used",
        "last_used",
        "last_service",
        "last_event",
        "last_ip",
        "events",
        "errors",
        "services",
        "event_names",
        "ips",
        "resources",
    ];
    let archive = small_archive();
    let root = archive.root();
    let mut commands = vec![
        (args([&"dump", &root]), &dump[..]),
        (args([&"keys", &root]), &keys[..]),
    ];
    for what in ["info", "products", "events", "ips", "resources"] {
        commands.push((
            args([&"last-used", &what, &"LTAI5tAlice", &root]),
            &dump[..],
        ));
    }
    for (command, fields) in commands {
        let run = |format: &str| {
            keytrail([&command[..], &args([&"-f", &format])].concat())
                .run()
                .code(0)
        };
        let outcome = run("json");
        let document = outcome.json();
        assert_eq!(
            document.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["schema", "coverage", "rows"]
        );
        for row in outcome.rows().iter().chain(&run("jsonl").json_lines()) {
            assert_eq!(
                row.as_object().unwrap().keys().collect::<Vec<_>>(),
                fields,
                "{outcome}"
            );
        }
        let outcome = run("csv");
        assert_eq!(
            outcome.stdout().lines().next(),
            Some(&*fields.join(",")),
            "{outcome}"
        );
    }
}

#[test]
fn the_coverage_has_the_members_of_the_contract() {
    let archive = small_archive().file("notes.txt", "");
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--region",
        &"cn-hangzhou",
    ]))
    .run()
    .code(0);
    let compressed =
        ["a.gz", "copy.gz"].map(|name| std::fs::metadata(archive.path(name)).unwrap().len());
    let mut coverage = outcome.coverage();
    assert!(
        coverage["bytes"]["inflated"].as_u64().unwrap() > 1000,
        "{outcome}"
    );
    coverage["bytes"]["inflated"] = json!("checked");
    assert_eq!(
        coverage,
        json!({
            "files": {
                "found": 2, "read": 2, "partial": 0, "unreadable": 0, "ignored": 1, "pruned": 0, "count_mismatch": 0,
            },
            "bytes": {"compressed": compressed.iter().sum::<u64>(), "inflated": "checked"},
            "records": {"found": 5, "left_out": 0},
            "events": 4,
            "duplicates": 1,
            "without_key": 0,
            "span": {"first": "2024-03-05T09:21:32Z", "last": "2024-03-06T00:00:00Z"},
            "gaps": 0,
        })
    );
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--region",
        &"x",
    ]))
    .run()
    .code(1);
    assert_eq!(
        outcome.coverage()["span"],
        json!({"first": null, "last": null}),
        "{outcome}"
    );
    assert_eq!(
        outcome.coverage()["records"]["outside"],
        json!(5),
        "{outcome}"
    );
    assert_eq!(outcome.rows(), Vec::<Value>::new());
}

#[test]
fn an_empty_answer_is_still_an_answer_in_its_format() {
    let archive = small_archive();
    let run = |format: &str| {
        keytrail(args([
            &"dump",
            &archive.root(),
            &"-f",
            &format,
            &"--region",
            &"nowhere",
        ]))
        .run()
        .code(1)
    };
    assert_eq!(run("jsonl").stdout(), "");
    assert_eq!(
        run("csv").stdout().lines().count(),
        1,
        "a header and no rows"
    );
    assert_eq!(run("json").rows(), Vec::<Value>::new());
}

#[test]
fn rows_of_last_used_stand_newest_first() {
    let archive = small_archive();
    let ask = |what: &str, options: &[&str]| {
        let mut command = args([
            &"last-used",
            &what,
            &"LTAI5tAlice",
            &archive.root(),
            &"-f",
            &"json",
        ]);
        command.extend(options.iter().map(Into::into));
        keytrail(command).run().code(0)
    };
    assert_eq!(field(&ask("products", &[]), "service_name"), ["Oss", "Ecs"]);
    assert_eq!(
        field(&ask("events", &[]), "name"),
        ["GetObject", "RunInstances", "DescribeInstances"]
    );
    assert_eq!(
        field(&ask("events", &["--service", "eCS"]), "name"),
        ["RunInstances", "DescribeInstances"]
    );
    assert_eq!(field(&ask("ips", &[]), "service_name"), ["Oss", "Ecs"]);
    assert_eq!(field(&ask("resources", &[]), "resource_type"), ["T"]);
    let keys = keytrail(args([&"keys", &archive.root(), &"-f", &"json"]))
        .run()
        .code(0);
    assert_eq!(field(&keys, "access_key_id"), ["STS.NUbob", "LTAI5tAlice"]);
    assert_eq!(field(&keys, "key_type"), ["sts", "long-term"]);
    assert_eq!(field(&keys, "events"), [1, 3]);
    assert_eq!(field(&keys, "errors"), [0, 1]);
}

/// An archive without compression, so that the sizes in what is shown do not depend on a compressor.
fn plain_archive() -> Archive {
    let alice = |time, service, name| event("LTAI5tAlice", time, service, name);
    let events = [
        alice("2024-03-05T09:21:32Z", "Ecs", "DescribeInstances"),
        with(
            alice("2024-03-05T09:21:34.5Z", "Oss", "GetObject"),
            json!({"errorCode": "AccessDenied"}),
        ),
        event("STS.NUbob", "2024-03-06T00:00:00Z", "Ram", "ListUsers"),
    ];
    let cut = array(&events[..1]).replace("}]", "},{");
    Archive::new()
        .file("a.json", array(&events))
        .file("cut.json", cut)
        .file("notes.txt", "")
}

#[test]
fn keys_of_a_damaged_archive_as_a_person_sees_them() {
    let archive = plain_archive();
    let outcome = keytrail(args([&"keys", &archive.root()])).run();
    insta::assert_snapshot!(outcome.snapshot(&archive.root()), @r"
    exit code 3
    --- stdout
    access_key_id  key_type   account_id        user_name  first_used            last_used                 last_service  last_event  last_ip       events  errors  services  event_names  ips  resources
    STS.NUbob      sts        1663676968110001  alice      2024-03-06T00:00:00Z  2024-03-06T00:00:00Z      Ram           ListUsers   198.51.100.7       1       0         1            1    1          0
    LTAI5tAlice    long-term  1663676968110001  alice      2024-03-05T09:21:32Z  2024-03-05T09:21:34.500Z  Oss           GetObject   198.51.100.7       2       1         2            2    1          0
    --- stderr
    keytrail: [DIR]/cut.json: from byte 558 of the text on, it has brackets or quotes that do not balance; the rest is left out
    1 of 2 log files read, 1 partial, 1 other file ignored (2.2 KB on disk, 2.2 KB of text)
    3 events, 1 duplicate not counted; first 2024-03-05T09:21:32Z, last 2024-03-06T00:00:00Z
    ");
}

#[test]
fn an_empty_answer_says_what_emptied_it() {
    let dated = Archive::new().gz(
        "AliyunLogs/Actiontrail/cn-hangzhou/2024/03/05/a.gz",
        array(&[call_of("LTAI5tAlice")]),
    );
    for (options, says) in [
        (
            &["--since", "2024-04-01"][..],
            "is of the window, from 2024-04-01T00:00:00Z on: by the days of their folders and names, 1 \
             log file is of other days",
        ),
        (
            &["--until", "2024-02-01"],
            "is of the window, before 2024-02-01T00:00:00Z",
        ),
        (
            &["--region", "nowhere"],
            "no event is within the window and the filters; 1 is outside",
        ),
        (
            &["--account", "1"],
            "no event is within the window and the filters; 1 is outside",
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
            keytrail(command).run().code(1).says(&[says]);
        }
    }
    // The key may have been used before the window.
    let two = Archive::of(&[call_of("LTAI5tAlice"), call_of("LTAI5tBob")]);
    let command = args([&"last-used", &"info", &"LTAI5tCarol", &two.root()]);
    let outcome = keytrail([command, args([&"--since", &"2024-01-01"])].concat())
        .run()
        .code(1);
    outcome.says(&["without them there may be more"]);
    let swapped = args([&"last-used", &"info", &two.root(), &"LTAI5tAlice"]);
    keytrail(swapped)
        .run()
        .code(2)
        .says(&["the key comes before the archive"]);
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
    1 of 1 log file read (1.6 KB on disk, 1.6 KB of text)
    3 events; first 2024-03-05T09:21:32Z, last 2024-03-06T00:00:00Z
    keytrail: no event of AccessKey LTAI5tAlicf in what was read; that has events from 2024-03-05T09:21:32Z to 2024-03-06T00:00:00Z
    hint: the nearest key is LTAI5tAlice
    hint: an archive knows what the trail delivered: by default no read events, never data events, and nothing before the trail began
    ");
}

#[test]
fn last_uses_as_a_person_sees_them() {
    let archive = plain_archive();
    let command = args([
        &"last-used",
        &"events",
        &"LTAI5tAlice",
        &archive.path("a.json"),
        &"-q",
    ]);
    insta::assert_snapshot!(keytrail(command).run().snapshot(&archive.root()), @r"
    exit code 0
    --- stdout
    service_name  name               first_used                last_used                 events  errors  source
    Oss           GetObject          2024-03-05T09:21:34.500Z  2024-03-05T09:21:34.500Z       1       1  ManagementEvent
    Ecs           DescribeInstances  2024-03-05T09:21:32Z      2024-03-05T09:21:32Z           1       0  ManagementEvent
    --- stderr
    ");
}

#[test]
fn a_table_shows_every_identifier_in_full() {
    let long = "i-".to_owned() + &"0123456789".repeat(30);
    let event = with(
        call_of("LTAI5tLongEnoughToBeCutShort"),
        json!({"resourceName": long, "resourceType": "T"}),
    );
    let archive = Archive::of(&[event]);
    let command = args([&"dump", &archive.root(), &"-f", &"table"]);
    for columns in ["", "40"] {
        let outcome = keytrail(&command).env("COLUMNS", columns).run().code(0);
        for identifier in [
            &*long,
            "LTAI5tLongEnoughToBeCutShort",
            "198.51.100.7",
            "2024-03-05T09:21:32Z",
        ] {
            assert!(
                outcome.stdout().contains(identifier),
                "{identifier}\n{outcome}"
            );
        }
    }
}

// The shape of the cloud's replies.

fn api(archive: &Archive, what: &str, options: &[&str]) -> Outcome {
    let mut command = args([
        &"last-used",
        &what,
        &"LTAI5tAlice",
        &archive.root(),
        &"-f",
        &"api",
    ]);
    command.extend(options.iter().map(Into::into));
    keytrail(command).run().code(0)
}

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// The event inside a `Detail`, which is text and not an object.
#[track_caller]
fn detail(entry: &Value) -> Value {
    serde_json::from_str(entry["Detail"].as_str().expect("a string")).expect("a string of JSON")
}

#[cfg(target_os = "linux")]
#[test]
fn a_detail_that_a_pipe_does_not_give_twice_is_told() {
    let archive = Archive::new().fifo("pipe");
    let pipe = archive.path("pipe");
    let text = array(&[call_of("LTAI5tAlice")]);
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| std::fs::write(&pipe, &text).unwrap());
        let command = args([&"last-used", &"info", &"LTAI5tAlice", &pipe, &"-f", &"api"]);
        keytrail(command).run().code(3)
    });
    assert_eq!(outcome.json()["Detail"], "{}");
    outcome.says(&["details missing: 1 of 1"]);
}

#[test]
fn info_in_the_shape_of_the_cloud() {
    let reply = api(&small_archive(), "info", &[]).json();
    assert_eq!(
        names(&reply),
        [
            "AccessKeyId",
            "AccountId",
            "AccountType",
            "Detail",
            "OwnerId",
            "RequestId",
            "ServiceName",
            "ServiceNameCn",
            "ServiceNameEn",
            "Source",
            "UsedTimestamp",
            "UserName",
        ]
    );
    assert_eq!(reply["AccessKeyId"], "LTAI5tAlice");
    assert_eq!(reply["AccountId"], "1663676968110001");
    assert_eq!(reply["OwnerId"], "20155375134015");
    assert_eq!(
        [&reply["AccountType"], &reply["UserName"]],
        ["ram-user", "alice"]
    );
    assert_eq!(
        [&reply["ServiceName"], &reply["Source"]],
        ["Oss", "DataEvent"]
    );
    assert_eq!(reply["UsedTimestamp"], json!(1_709_630_494_000_u64));
    assert_eq!(detail(&reply)["eventName"], "GetObject");
}

#[test]
fn lists_in_the_shape_of_the_cloud() {
    let archive = small_archive();
    let entry_names = |also: &[&'static str]| {
        let mut names = [&["Detail", "Source", "UsedTimestamp"], also].concat();
        names.sort_unstable();
        names
    };
    for (what, list, also) in [
        (
            "products",
            "Products",
            &["ServiceName", "ServiceNameCn", "ServiceNameEn"][..],
        ),
        ("events", "Events", &["EventName"]),
        ("ips", "Ips", &["Ip"]),
        ("resources", "Resources", &["ResourceName", "ResourceType"]),
    ] {
        let service = if what == "products" {
            &[][..]
        } else {
            &["--service", "oss"]
        };
        let reply = api(&archive, what, service).json();
        let mut expected = [list, "RequestId"];
        expected.sort_unstable();
        assert_eq!(names(&reply), expected, "no paging, and nothing else");
        let entries = reply[list].as_array().unwrap();
        assert_eq!(
            entries.len(),
            if what == "products" { 2 } else { 1 },
            "{reply}"
        );
        for entry in entries {
            assert_eq!(names(entry), entry_names(also), "{entry}");
            let expected = if entry["ServiceName"] == "Ecs" {
                1_709_630_493_250_u64
            } else {
                1_709_630_494_000
            };
            assert_eq!(entry["UsedTimestamp"], json!(expected), "{entry}");
        }
    }
    let reply = api(&archive, "resources", &["--service", "Oss"]).json();
    assert_eq!(
        [
            &reply["Resources"][0]["ResourceName"],
            &reply["Resources"][0]["ResourceType"]
        ],
        ["b", "T"]
    );
    assert_eq!(
        api(&archive, "ips", &["--service", "Oss"]).json()["Ips"][0]["Ip"],
        "198.51.100.7"
    );
}

#[test]
fn an_empty_list_in_the_shape_of_the_cloud_is_there() {
    let archive = small_archive();
    for (what, list) in [
        ("products", "Products"),
        ("events", "Events"),
        ("ips", "Ips"),
        ("resources", "Resources"),
    ] {
        let command = args([
            &"last-used",
            &what,
            &"LTAI5tNobody",
            &archive.root(),
            &"-f",
            &"api",
        ]);
        let outcome = keytrail(command).run().code(1);
        assert_eq!(outcome.json()[list], json!([]), "{outcome}");
    }
}

#[test]
fn a_detail_is_the_last_event_trimmed_and_nothing_more() {
    let full = with(
        event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "RunInstances"),
        json!({
            "eventVersion": 1,
            "isGlobal": true,
            "requestParameters": {"eventId": "decoy"},
            "responseElements": {"x": 1},
            "recipientAccountId": "1",
            "errorCode": "Forbidden",
            "resourceName": "i-1",
            "additionalEventData": {"CallerBid": "26842"},
        }),
    );
    let reply = api(&Archive::of(std::slice::from_ref(&full)), "info", &[]).json();
    let mut expected = json!({});
    for name in [
        "eventId",
        "eventVersion",
        "eventSource",
        "sourceIpAddress",
        "eventType",
        "serviceName",
        "apiVersion",
        "requestId",
        "eventTime",
        "isGlobal",
        "acsRegion",
        "eventName",
    ] {
        expected[name] = full[name].clone();
    }
    let identity = &full["userIdentity"];
    expected["userIdentity"] = ["accountId", "principalId", "type", "userName"]
        .into_iter()
        .map(|name| (name.to_owned(), identity[name].clone()))
        .collect();
    assert_eq!(detail(&reply), expected);

    // What the event does not have, its detail does not have.
    let bare = json!({"eventTime": "2024-03-05T09:21:32Z", "userIdentity": {"accessKeyId": "LTAI5tAlice"}});
    let reply = api(&Archive::of(&[bare]), "info", &[]).json();
    let detail = detail(&reply);
    assert_eq!(detail["eventTime"], "2024-03-05T09:21:32Z");
    assert!(
        detail
            .get("userIdentity")
            .is_none_or(|identity| *identity == json!({})),
        "{detail}"
    );
    assert_eq!(
        detail
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| *name != "userIdentity")
            .count(),
        1,
        "{detail}"
    );
}

#[test]
fn a_detail_is_that_of_the_greatest_copy_in_place() {
    let call = |request: &str| with(call_of("LTAI5tAlice"), json!({"requestId": request}));
    let archive = Archive::new()
        .gz("a.b/z.gz", array(&[call("dot")]))
        .gz(
            "a/z.gz",
            array(&[call("slash, first"), call("slash, second")]),
        )
        .gz("a-/z.gz", array(&[call("dash")]));
    for threads in ["1", "2", "4"] {
        let reply = api(&archive, "info", &["--threads", threads]).json();
        assert_eq!(
            detail(&reply)["requestId"],
            "slash, second",
            "paths are compared by their bytes"
        );
    }
}

#[test]
fn details_come_from_files_of_every_kind() {
    let call = |service: &str, time: &str| event("LTAI5tAlice", time, service, service);
    let in_plain = call("Plain", "2024-03-05T00:00:01Z").to_string() + "\n";
    let cut = format!("[{},{{\"eventId\":", call("Cut", "2024-03-05T00:00:02Z"));
    let reply = json!({"RequestId": "R", "Events": [null, call("Reply", "2024-03-05T00:00:03Z")]});
    let members = [
        crate::support::archive::gzip(array(&[])),
        crate::support::archive::gzip(array(&[call("Member", "2024-03-05T00:00:04Z")])),
    ];
    let archive = Archive::new()
        .file("plain.jsonl", in_plain)
        .gz("cut.gz", cut)
        .gz("reply.gz", reply.to_string())
        .file("members.gz", members.concat());
    let command = args([
        &"last-used",
        &"products",
        &"LTAI5tAlice",
        &archive.root(),
        &"-f",
        &"api",
    ]);
    let reply = keytrail(command).run().code(3).json();
    let found: Vec<(Value, Value)> = reply["Products"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["ServiceName"].clone(),
                detail(entry)["eventName"].clone(),
            )
        })
        .collect();
    let expected: Vec<(Value, Value)> = ["Member", "Reply", "Cut", "Plain"]
        .map(|name| (json!(name), json!(name)))
        .into();
    assert_eq!(found, expected);
}

#[test]
fn a_request_id_belongs_to_the_question() {
    let archive = small_archive();
    let id =
        |what: &str, options: &[&str]| api(&archive, what, options).json()["RequestId"].clone();
    assert!(!id("events", &[]).as_str().unwrap().is_empty());
    assert_eq!(
        api(&archive, "events", &[]).stdout,
        api(&archive, "events", &["--threads", "1"]).stdout
    );
    assert_eq!(
        id("events", &["--service", "Ecs"]),
        id("events", &["--service", "Ecs"])
    );
    assert_ne!(
        id("events", &["--service", "Ecs"]),
        id("events", &["--service", "Oss"])
    );
    assert_ne!(
        id("events", &["--service", "Ecs"]),
        id("ips", &["--service", "Ecs"])
    );
}

// Help.

#[test]
fn every_command_shows_examples() {
    for command in [
        &[][..],
        &["keys"],
        &["last-used"],
        &["lookup"],
        &["dump"],
        &["verify"],
        &["completions"],
        &["man"],
    ] {
        let outcome = keytrail([command, &["--help"]].concat()).run().code(0);
        let (_, examples) = outcome
            .stdout()
            .split_once("Examples:")
            .unwrap_or_else(|| panic!("{outcome}"));
        assert!(examples.contains("  keytrail "), "{outcome}");
        let short = keytrail([command, &["-h"]].concat()).run().code(0);
        assert!(short.stdout().contains("Examples:"), "{short}");
    }
    let long = keytrail(["--help"]).run().code(0);
    assert!(long.stdout().contains("Exit codes"), "{long}");
}

#[test]
fn without_arguments_there_is_help_and_an_error() {
    let no_arguments: [&str; 0] = [];
    keytrail(no_arguments)
        .run()
        .code(2)
        .says(&["Usage", "last-used"]);
}

#[test]
fn the_version_is_that_of_the_package() {
    let outcome = keytrail(["--version"]).run().code(0);
    assert_eq!(
        outcome.stdout(),
        concat!("keytrail ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn completions_and_the_man_page_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = keytrail(["completions", shell]).run().code(0);
        for word in ["last-used", "dump", "since"] {
            assert!(outcome.stdout().contains(word), "{word}\n{outcome}");
        }
    }
    let outcome = keytrail(["man"]).run().code(0);
    assert!(
        outcome.stdout().starts_with(".ie") || outcome.stdout().contains(".TH keytrail"),
        "{outcome}"
    );
    // The page of the program refers to those of the commands.
    for command in [
        "keys",
        "last-used",
        "lookup",
        "dump",
        "verify",
        "completions",
        "man",
    ] {
        let name = command.replace('-', "\\-");
        assert!(
            outcome.stdout().contains(&format!("keytrail\\-{name}(1)")),
            "{command}\n{outcome}"
        );
        let page = keytrail(["man", command]).run().code(0);
        let stdout = page.stdout();
        assert!(
            stdout.contains(&format!(".TH keytrail-{command} 1")),
            "{page}"
        );
        assert!(
            stdout.contains(".SH \"EXAMPLES\"\n.nf\n\\&keytrail "),
            "{page}"
        );
    }
    keytrail(["man", "nothing"])
        .run()
        .code(2)
        .says(&["no command is called \"nothing\""]);
}

#[test]
fn arguments_that_are_not_utf8_do_not_panic() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let odd = OsStr::from_bytes(b"K\xff");
    let archive = small_archive();
    let outcome = keytrail(args([&"last-used", &"info", &odd, &archive.root()])).run();
    let code = outcome.code.expect("an exit code");
    outcome.code(code).says(&["K"]);
    assert!(matches!(code, 1 | 2));
}

#[test]
fn help_tells_each_command_with_its_options_and_examples() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help-short", &["-h"]),
        ("help-keys", &["keys", "--help"]),
        ("help-last-used", &["last-used", "--help"]),
        ("help-lookup", &["lookup", "--help"]),
        ("help-dump", &["dump", "-h"]),
        ("help-verify", &["verify", "--help"]),
    ] {
        let outcome = keytrail(arguments).run().code(0);
        insta::assert_snapshot!(name, outcome.snapshot(Path::new("/nowhere")));
    }
}
