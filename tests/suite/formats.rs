//! The formats for other tools: what they refuse, what they choose, what they hold.

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
