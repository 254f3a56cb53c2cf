//! An interrupt ends a run whatever it is doing, with exit code 130.

use serde_json::Value;

use crate::support::archive::{Archive, event, names_in};
use crate::support::program::{args, keytrail_after};
use crate::support::reference;

#[test]
fn an_interrupt_ends_a_run_and_leaves_no_output_file() {
    let archive = Archive::new().fifo("pipe");
    let (pipe, file) = (archive.path("pipe"), archive.beside("answer.json"));
    // The pipe opens for writing when the program reads from it; then it waits for text that never
    // comes. A second interrupt ends it at once. Interrupts at the same time are one, so they are
    // sent until the program is gone.
    let interrupts = format!(
        "{{ exec 3> '{}'; while kill -INT $$; do :; done; }} > /dev/null 2>&1 & true",
        pipe.display()
    );
    let outcome = keytrail_after(&interrupts, args([&"keys", &pipe, &"-o", &file]))
        .run()
        .code(130);
    assert!(outcome.stdout.is_empty(), "{outcome}");
    let told = "keytrail: interrupted after 0 of 1 log files; nothing was written\n";
    assert_eq!(outcome.stderr(), told, "told once, however often");
    assert_eq!(names_in(file.parent().unwrap()), ["logs"]);
}

#[cfg(target_os = "linux")]
#[test]
fn one_interrupt_ends_a_run_that_waits_for_input() {
    let archive = Archive::new().fifo("pipe");
    // One interrupt, as soon as the program catches them; nobody ever writes to the pipe. A shell
    // catches interrupts itself, but not SIGTERM (bit 15), which the program catches after them.
    let interrupt = "{ until [ $(( 0x$(sed -n 's/^SigCgt:.//p' /proc/$$/status) & 0x4000 )) -ne 0 ]; do :; done; \
                     kill -INT $$; } > /dev/null 2>&1 & true";
    keytrail_after(interrupt, args([&"keys", &archive.path("pipe")]))
        .run()
        .code(130)
        .reports(&["interrupted after 0 of 1 log files; nothing was written"]);
}

#[test]
fn an_interrupt_ends_the_writing_too() {
    let row = |second: i64| {
        event(
            "K",
            &reference::written(1_709_630_492_000 + second * 1000),
            "Ecs",
            &format!("Run{second}"),
        )
    };
    let events: Vec<Value> = (0..4000).map(row).collect();
    let archive = Archive::of(&events);
    for command in ["lookup", "dump"] {
        let (pipe, answer) = (archive.beside(command), archive.beside("answer"));
        // The program waits for its reader, which interrupts it before it reads on.
        let reader = format!(
            "mkfifo '{0}' && {{ {{ head -c 9; kill -INT $$; sleep 0.3; cat; }} < '{0}' > '{1}' & }} && true > /dev/null",
            pipe.display(),
            answer.display()
        );
        let outcome = keytrail_after(
            &reader,
            args([&command, &archive.root(), &"-f", &"jsonl", &"-o", &pipe]),
        )
        .run()
        .code(130)
        .reports(&[
            "interrupted while the answer was written; ",
            " did not get all of it",
        ]);
        assert!(outcome.stdout.is_empty(), "{outcome}");
    }
}
