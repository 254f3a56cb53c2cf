//! Standard output and standard error: what goes where, colour, progress, closed pipes.

use std::io::Write;

use serde_json::Value;

use crate::support::archive::{
    Archive, array, call_of, damaged_archive, gzip, names_in, read_pipe, small_archive,
};
use crate::support::checks::assert_usage_error;
use crate::support::containers::{tar, zip, zip_member};
use crate::support::program::{Outcome, args, keytrail, keytrail_after};

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
    // The table is the default into a pipe, too.
    let plain = keytrail(args([&"keys", &archive.root()])).run();
    let table = keytrail(args([&"keys", &archive.root(), &"-f", &"table"])).run();
    assert_eq!(plain.stdout(), table.stdout());
}

#[test]
fn the_coverage_is_on_stderr_unless_quiet() {
    let archive = damaged_archive();
    let outcome = keytrail(args([&"keys", &archive.root()])).run().code(3);
    outcome.reports(&[
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
    // What was not read is reported even then.
    keytrail(args([&"keys", &archive.root(), &"--quiet"]))
        .run()
        .code(3)
        .reports(&["damaged.gz"]);
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
    let archive = Archive::new().fifo("auto").fifo("never").fifo("always");
    let start = |when: &str| {
        let command = args([&"keys", &archive.path(when), &"--progress", &when]);
        let running = keytrail(command).start();
        (running, read_pipe(&archive.path(when)))
    };
    // When the third run has written a line, the first two have waited for longer without one.
    let (auto, never) = (start("auto"), start("never"));
    let (mut running, pipe) = start("always");
    assert_eq!(running.line(), "keytrail: 0 of 1 files, 0 records\n");
    let text = array(&[call_of("LTAI5tAlice")]);
    let [always, auto, never] = [(running, pipe), auto, never].map(|(running, mut pipe)| {
        pipe.write_all(text.as_bytes()).unwrap();
        drop(pipe);
        running.finish().code(0)
    });

    let is_progress = |line: &&str| line.starts_with("keytrail: ");
    assert_eq!(never.stderr().lines().find(is_progress), None, "{never}");
    assert_eq!(auto.stderr(), never.stderr());
    let always_else = always
        .stderr()
        .lines()
        .filter(|line| !is_progress(line))
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(always_else, never.stderr().trim_end(), "{always}");
    assert_eq!([auto.stdout(), always.stdout()], [never.stdout(); 2]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    // More rows than a pipe holds, so that the program meets the closed end.
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
fn a_full_disk_is_reported_in_one_line() {
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

#[test]
fn a_dash_is_standard_input_whatever_comes_through_it() {
    let archive = small_archive();
    let file = std::fs::read(archive.path("a.gz")).unwrap();
    let text = |key: &str| array(&[call_of(key)]);
    let container = tar(&[
        ("a.gz", gzip(text("LTAI5tAlice"))),
        ("b/c.json", text("LTAI5tCarol").into_bytes()),
        ("notes.txt", b"no log file".to_vec()),
    ]);
    let (zipped, _) = zip(&[
        zip_member("a.json", text("LTAI5tAlice")),
        zip_member("b/c.json", text("LTAI5tCarol")),
    ]);
    for (what, bytes, keys) in [
        ("gzip", file, &["LTAI5tAlice", "STS.NUbob"]),
        (
            "text",
            array(&[call_of("LTAI5tAlice"), call_of("LTAI5tCarol")]).into_bytes(),
            &["LTAI5tAlice", "LTAI5tCarol"],
        ),
        ("tar", container.clone(), &["LTAI5tAlice", "LTAI5tCarol"]),
        ("tar.gz", gzip(&container), &["LTAI5tAlice", "LTAI5tCarol"]),
        ("zip", zipped, &["LTAI5tAlice", "LTAI5tCarol"]),
    ] {
        let beside = archive.beside("stdin");
        std::fs::write(&beside, &bytes).unwrap();
        for command in ["keys", "dump", "lookup"] {
            let run = |root: &dyn AsRef<std::ffi::OsStr>| {
                keytrail(args([&command, root, &"-q", &"-f", &"csv"]))
            };
            let piped = run(&"-").stdin(bytes.clone()).run().code(0);
            for key in keys {
                assert!(piped.stdout().contains(key), "{what}: {key}\n{piped}");
            }
            let redirected = run(&"-").stdin_from(&beside).run().code(0);
            let named = run(&beside).run().code(0);
            assert_eq!(piped.stdout(), named.stdout(), "{what}");
            assert_eq!(redirected.stdout(), named.stdout(), "{what}");
        }
    }
}

#[test]
fn standard_input_is_read_again_where_an_answer_takes_two_readings() {
    let text = array(&[call_of("LTAI5tAlice"), call_of("LTAI5tCarol")]);
    // The first reading searches for the key, the second finds the nearest.
    keytrail(["last-used", "info", "LTAI5tAlicf", "-"])
        .stdin(gzip(&text))
        .run()
        .code(1)
        .reports(&["LTAI5tAlice, LTAI5tCarol"]);
    let outcome = keytrail(["last-used", "events", "LTAI5tAlice", "-", "-f", "api"])
        .stdin(gzip(&text))
        .run()
        .code(0);
    assert!(outcome.stdout().contains("\"Detail\":\"{"), "{outcome}");
}

#[test]
fn damage_in_standard_input_is_reported_under_its_name() {
    let folder = Archive::new();
    let outcome = keytrail(["keys", "-", "--errors-to", "problems.jsonl"])
        .within(&folder.beside(""))
        .stdin(&gzip(array(&[call_of("LTAI5tAlice")]))[..40])
        .run()
        .code(3)
        .reports(&["standard input: "]);
    assert!(!outcome.stderr().contains("-: "), "{outcome}");
    let problems = std::fs::read_to_string(folder.beside("problems.jsonl")).unwrap();
    assert!(
        problems.starts_with("{\"root\":0,\"file\":\"stdin\","),
        "{problems}"
    );
}

/// Both were an archive without log files.
#[cfg(unix)]
#[test]
fn a_closed_standard_input_was_an_empty_archive() {
    for closed in ["exec <&-", "exec </dev/null"] {
        let outcome = keytrail_after(closed, ["keys", "-"]).run();
        assert_usage_error(outcome, &["standard input, which is closed or /dev/null"]);
    }
}

#[test]
fn standard_input_cannot_be_named_twice() {
    assert_usage_error(
        keytrail(["keys", "-", "-"]).stdin("[]").run(),
        &["named twice"],
    );
}

#[test]
fn a_dash_as_the_output_is_standard_output() {
    let archive = small_archive();
    let folder = archive.beside("");
    let expected = keytrail(args([&"keys", &archive.root(), &"-f", &"csv"]))
        .run()
        .code(0);
    let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &"csv", &"-o", &"-"]))
        .within(&folder)
        .run()
        .code(0);
    assert_eq!(outcome.stdout(), expected.stdout());
    assert_eq!(names_in(&folder), ["logs"], "no file is called -");
    let verified = keytrail(args([&"verify", &archive.root(), &"-o", &"-"]))
        .within(&folder)
        .run()
        .code(0);
    assert!(!verified.stdout.is_empty(), "{verified}");
    assert_eq!(names_in(&folder), ["logs"], "no file is called -");
    // Two answers on one stream could not be told apart.
    for options in [
        ["-o", "-", "--errors-to", "-"],
        ["--errors-to", "-", "-f", "csv"],
    ] {
        let outcome = keytrail(
            [
                args([&"keys", &archive.root()]),
                args([&options[0], &options[1], &options[2], &options[3]]),
            ]
            .concat(),
        )
        .run();
        assert_usage_error(outcome, &["standard output is named for two outputs"]);
    }
}
