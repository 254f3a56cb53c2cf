//! `testdata/README.md` and the table of expected results. Both are made from the lists that the
//! files are made from, so they cannot disagree.

use std::fmt::Write as _;

use crate::{
    hostile::{self, Case},
    story::{self, Delivered, Story},
};

/// The hostile cases and their expected results, for tests to read.
pub fn expected(cases: &[Case]) -> String {
    let mut text =
        String::from("file\toutcome\tfound\tleft_out\tevents\tduplicates\twithout_key\n");
    for case in cases {
        writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            case.file,
            case.outcome.name(),
            case.found,
            case.left_out,
            case.found - case.left_out - case.duplicates,
            case.duplicates,
            case.without_key,
        )
        .expect("writing into a string cannot fail");
    }
    text
}

/// The README as a whole.
pub fn readme(story: &Story, delivered: &Delivered, cases: &[Case]) -> String {
    let mut text = String::from(
        "<!-- Written by `cargo run --example testdata`; change examples/testdata/ instead. -->

# Test data

Everything here is synthetic: the shapes are those of real ActionTrail events, every name, number and address is invented.
Addresses are from the documentation ranges (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32) and private ones.
`cargo run --example testdata` writes all of it and gives the same bytes each time.
Archives for measurements are written by `cargo run --release --example generate`.

## `archive/`: a leaked key

Eleven days of March 2024 in one account, `1098700000000001`, seen by two trails.

",
    );
    write!(
        text,
        "| root | trail | files | events |
| --- | --- | --- | --- |
| `archive/single` | a single-account trail with the prefix `audit/trail-main`, home region cn-hangzhou; two Insight events among them | {} | {} |
| `archive/multi` | a multi-account trail of `rd-k7w2x9` without a prefix: the account from the 10th on, and account `{}` | {} | {} |

{} events of `multi` are in `single` too, in another order and put into files in the same way, so files of one event repeat; both roots together hold {} different events.
The names of log files state the number of events, and the size and the MD5 of the file; whether those of real ones are of the file or of its text is not documented.
The intruder silences the account in both trails; the other account goes on through the gap.

",
        delivered.single_files,
        delivered.single_events,
        story::PARTNER,
        delivered.multi_files,
        delivered.multi_events,
        delivered.repeated,
        delivered.single_events + delivered.multi_events - delivered.repeated,
    )
    .expect("writing into a string cannot fail");
    text.push_str("| AccessKey | who |\n| --- | --- |\n");
    for who in story::KEYS {
        let key = who.key.unwrap_or_default();
        writeln!(text, "| `{key}` | {} |", who.role).expect("writing into a string cannot fail");
    }
    write!(
        text,
        "
The intruder's addresses are `{}`. What happens, in UTC:

| time | AccessKey | call | from | what happens |
| --- | --- | --- | --- | --- |
",
        story::INTRUDER.join("`, `"),
    )
    .expect("writing into a string cannot fail");
    for highlight in &story.highlights {
        writeln!(
            text,
            "| {} | `{}` | {} | {} | {} |",
            highlight.time, highlight.key, highlight.call, highlight.address, highlight.what
        )
        .expect("writing into a string cannot fail");
    }
    write!(
        text,
        "
Also in it: sign-ins and console calls without a key, `system` and ActionTrail's own events, `Internal` and IPv6 addresses, numbers and strings as `eventVersion`, a console that writes PascalCase, throttled calls, `requestParameterJson`, global events in the folder of the home region, resources named in either way and in both.
The lineage to find: `{}` → (CreateAccessKey) `{}` → (AssumeRole) `{}`.

## `hostile/`: one file a case

Each row states the expected result of reading that file alone: whether it is `read`, `partial` or `unreadable`; the records found, usable or not; the records left out, which are no events; and the events, each counted once.
A broken record costs only itself, but it may have been an event, so its file is partial. So is a file that is cut short or has a wrong checksum.
`hostile/expected.tsv` holds the same for tests. Event ids repeat from file to file.
Unless a row says otherwise the key is `{}` and the events are DescribeInstances of Ecs.

| file | outcome | found | left out | events | what is in it |
| --- | --- | --- | --- | --- | --- |
",
        story::CI_KEY,
        story::NEW_KEY,
        story::STOLEN_SESSION,
        hostile::KEY,
    )
    .expect("writing into a string cannot fail");
    for case in cases {
        let file = match case.file.split_once('/') {
            Some((folder, _)) => format!("{folder}/…"),
            None => case.file.clone(),
        };
        writeln!(
            text,
            "| `{file}` | {} | {} | {} | {} | {} |",
            case.outcome.name(),
            case.found,
            case.left_out,
            case.found - case.left_out - case.duplicates,
            case.what,
        )
        .expect("writing into a string cannot fail");
    }
    write!(
        text,
        "
Times, in `times.gz`:

{}
Not committed, because not every system can hold them; tests make them: a directory named `x.gz`, a loop of symbolic links, a file nobody may read, names that are not UTF-8, and files too large for a repository.
",
        hostile::times_table(),
    )
    .expect("writing into a string cannot fail");
    text
}
