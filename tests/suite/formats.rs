//! The formats for other tools: what they refuse, what they choose, what they hold.

use std::fs;

use crate::support::archive::{Archive, event};
use crate::support::program::{args, keytrail};

fn archive() -> Archive {
    Archive::of(&[
        event("LTAI5tAlice", "2024-03-05T09:21:32Z", "Ecs", "RunInstances"),
        event("LTAI5tAlice", "2024-03-05T09:21:34Z", "Oss", "GetObject"),
        event("STS.NUbob", "2024-03-06T00:00:00Z", "Ram", "ListUsers"),
    ])
}

#[test]
fn secrets_that_are_kept_are_told_even_to_the_quiet() {
    let archive = archive();
    keytrail(args([&"dump", &archive.root(), &"--no-redact", &"-q"]))
        .run()
        .code(0)
        .says(&["--no-redact"]);
    let outcome = keytrail(args([&"dump", &archive.root()])).run().code(0);
    assert!(!outcome.stderr().contains("redact"), "{outcome}");
}

#[test]
fn binary_formats_follow_the_ending_and_go_into_a_pipe() {
    let archive = archive();
    for (name, begins) in [("parquet", b"PAR1"), ("xlsx", b"PK\x03\x04")] {
        let file = archive.beside(&format!("keys.{name}"));
        keytrail(args([&"keys", &archive.root(), &"-o", &file]))
            .run()
            .code(0);
        let bytes = fs::read(file).expect("an output");
        assert!(bytes.starts_with(begins), "{name}");
        let piped = keytrail(args([&"keys", &archive.root(), &"-f", &name]))
            .run()
            .code(0);
        assert!(
            piped.stdout == bytes,
            "{name}: the same answer is the same bytes"
        );
    }
}

/// A pipe by name has one reader, who must get the whole answer.
#[test]
fn a_binary_format_goes_into_a_named_pipe() {
    let archive = archive().fifo("pipe");
    let pipe = archive.path("pipe");
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).expect("an answer")
    });
    keytrail(args([
        &"keys",
        &archive.root(),
        &"-f",
        &"xlsx",
        &"-o",
        &pipe,
    ]))
    .run()
    .code(0);
    assert!(reader.join().expect("a reader").starts_with(b"PK\x03\x04"));
}

#[test]
fn a_format_that_is_for_other_commands_names_them() {
    let archive = archive();
    keytrail(args([&"keys", &archive.root(), &"-f", &"api"]))
        .run()
        .code(2)
        .says(&["the format api is not for keys; it is for last-used"]);
}
