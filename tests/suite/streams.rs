//! Standard output and standard error: what goes where, colour, progress, closed pipes.

use std::io::Write;

use serde_json::Value;

use crate::support::archive::{Archive, array, call_of, damaged_archive, read_pipe, small_archive};
use crate::support::program::{Outcome, args, keytrail};

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
