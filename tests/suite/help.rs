//! Help, version, completions and man pages.

use std::path::Path;

use crate::support::archive::{names_in, small_archive};
use crate::support::checks::assert_usage_error;
use crate::support::program::{args, keytrail};

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
        .reports(&["Usage", "last-used"]);
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
        .reports(&["no command is called \"nothing\""]);
}

#[test]
fn the_synopsis_left_out_the_values_of_options() {
    for (command, expected) in [
        (
            "keys",
            &[
                r"\fBkeytrail keys\fR",
                r" [\fB\-\-since\fR \fIT\fR]",
                r" [\fB\-\-region\fR \fIR\fR]...",
                r" [\fB\-q\fR|\fB\-\-quiet\fR]",
                r" \fIARCHIVE\fR...",
            ][..],
        ),
        ("lookup", &[r" [\fB\-\-error\fR[=\fICODE\fR]]..."]),
        ("last-used", &[r" \fIWHAT\fR \fIKEY\fR"]),
    ] {
        let page = keytrail(["man", command]).run().code(0);
        let page = page.stdout();
        let (_, synopsis) = page.split_once(".SH SYNOPSIS\n").expect("a synopsis");
        let synopsis = synopsis.lines().next().unwrap_or_default();
        for expected in expected {
            assert!(synopsis.contains(expected), "{expected}: {synopsis}");
        }
        assert!(!synopsis.contains("spill"), "{synopsis}");
    }
}

#[test]
fn help_shows_each_command_with_its_options_and_examples() {
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

#[test]
fn help_and_a_command_is_the_help_of_the_command() {
    let help = |words: &[&str]| keytrail(words).run().code(0).stdout().to_owned();
    assert_eq!(help(&["help"]), help(&["--help"]));
    for command in [
        "keys",
        "last-used",
        "lookup",
        "dump",
        "verify",
        "index",
        "state",
        "man",
    ] {
        assert_eq!(help(&["help", command]), help(&[command, "--help"]));
    }
    assert_usage_error(
        keytrail(["help", "lookp"]).run(),
        &["no command is called lookp", "hint: the nearest is lookup"],
    );
}

#[test]
fn options_of_all_commands_stand_in_front_of_the_command_too() {
    let archive = small_archive();
    let root = archive.root();
    let expected = keytrail(args([&"keys", &root, &"-q", &"-f", &"csv"]))
        .run()
        .code(0);
    for front in [
        &["-q", "-f", "csv"][..],
        &["-qfcsv"],
        &["--quiet", "--format=csv"],
    ] {
        let words = [args([]), front.iter().map(Into::into).collect()].concat();
        let outcome = keytrail([words, args([&"keys", &root])].concat())
            .run()
            .code(0);
        assert_eq!(outcome.stdout(), expected.stdout());
        assert!(outcome.stderr.is_empty(), "{outcome}");
    }
    let verbose = keytrail(args([&"--verbose", &"keys", &root])).run().code(0);
    assert!(!verbose.stdout.is_empty(), "{verbose}");
}

#[test]
fn a_tip_points_to_the_command_that_has_the_option() {
    let archive = small_archive();
    let root = archive.root();
    let refused = |words: &[&str], tips: &[&str]| {
        let words = [
            args([&words[0], &root]),
            words[1..].iter().map(Into::into).collect(),
        ];
        let outcome = keytrail(words.concat()).run();
        assert_eq!(
            outcome
                .stderr()
                .lines()
                .filter(|line| line.starts_with("error: "))
                .count(),
            1
        );
        assert!(!outcome.stderr().contains("as a value"), "{outcome}");
        assert_usage_error(outcome, tips);
    };
    refused(
        &["dump", "--grep", "x"],
        &[
            "`dump` has no --grep; `lookup` has",
            "hint: keytrail lookup --help",
        ],
    );
    refused(&["dump", "--limit", "3"], &["`lookup` has"]);
    refused(
        &["keys", "--json"],
        &["`keys` has no --json", "hint: -f json chooses the format"],
    );
    refused(
        &["keys", "--from", "7d"],
        &["hint: it is called --since here"],
    );
    refused(
        &["keys", "--regoin", "x"],
        &["hint: the nearest is --region"],
    );
    refused(
        &["keys", "-f", "cvs"],
        &["hint: the nearest is csv", "takes table, json"],
    );
    refused(
        &["keys", "-f", "ocsf"],
        &["the format ocsf is not for keys; it is for lookup"],
    );
    refused(
        &["keys", "-q", "-v"],
        &["--quiet and --verbose do not go together"],
    );
    // A hidden option is no tip.
    refused(
        &["keys", "--readr", "x"],
        &["`keys` has no --readr\nhint: keytrail keys --help"],
    );
}

#[test]
fn a_number_that_is_none_is_refused_in_our_words() {
    let archive = small_archive();
    for (option, value, message) in [
        (
            "--threads",
            "x",
            "--threads 'x': is no number of threads; from 1 to 256",
        ),
        ("--threads", "0", "--threads '0': is no number of threads"),
        ("--limit", "0", "--limit '0': is no number from 1 on"),
        ("--limit", "1e3", "--limit '1e3': is no number from 1 on"),
    ] {
        let outcome = keytrail(args([&"lookup", &archive.root(), &option, &value])).run();
        assert_usage_error(outcome, &[message]);
    }
}

#[test]
fn the_case_of_a_listed_value_does_not_matter() {
    let archive = small_archive();
    let run = |words: [&str; 4]| {
        let words: Vec<_> = words.iter().map(Into::into).collect();
        keytrail([args([&"lookup", &archive.root()]), words].concat())
            .run()
            .code(0)
    };
    let expected = run(["-f", "jsonl", "--order", "oldest"]);
    assert_eq!(
        run(["-f", "JSONL", "--order", "Oldest"]).stdout(),
        expected.stdout()
    );
}

#[test]
fn help_lists_only_the_formats_that_the_command_takes() {
    let shown = |command: &str| keytrail([command, "-h"]).run().code(0).stdout().to_owned();
    for command in ["keys", "dump", "verify"] {
        assert!(!shown(command).contains("ocsf"), "{command}");
    }
    assert!(shown("lookup").contains("ocsf"));
    assert!(!shown("verify").contains("parquet"));
}

#[test]
fn a_key_stands_before_or_behind_its_archive() {
    let archive = small_archive();
    let (root, key) = (archive.root(), "LTAI5tAlice");
    let run = |words| keytrail(words).run().code(0).stdout().to_owned();
    let expected = run(args([&"last-used", &"info", &key, &root]));
    assert_eq!(run(args([&"last-used", &"info", &root, &key])), expected);
    let expected = run(args([&"lookup", &root, &"--key", &key]));
    assert_eq!(run(args([&"lookup", &root, &key])), expected);
    assert_eq!(run(args([&"lookup", &key, &root])), expected);
    // Where both exist, the first is the key.
    keytrail(args([&"last-used", &"info", &root, &archive.path("a.gz")]))
        .run()
        .code(1)
        .reports(&["no event of AccessKey "]);
    // A folder that is mistyped is no key.
    let mistyped = args([&"lookup", &root, &archive.beside("nowhere")]);
    assert_usage_error(keytrail(mistyped).run(), &["cannot open "]);
    assert_usage_error(
        keytrail(args([&"last-used", &key, &root])).run(),
        &["hint: WHAT comes first: keytrail last-used info KEY ARCHIVE"],
    );
}

#[test]
fn completions_offer_options_behind_the_archive_and_nothing_that_is_hidden() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = keytrail(["completions", shell]).run().code(0);
        for hidden in ["reader", "spill"] {
            assert!(!outcome.stdout().contains(hidden), "{hidden}\n{outcome}");
        }
    }
    let zsh = keytrail(["completions", "zsh"]).run().code(0);
    // Two colons would end the options at the first archive.
    assert!(zsh.stdout().contains("'*:roots"), "{zsh}");
    assert!(!zsh.stdout().contains("'*::roots"), "{zsh}");
}

#[test]
fn all_man_pages_are_written_into_a_folder() {
    let archive = small_archive();
    let folder = archive.beside("man/man1");
    for _ in 0..2 {
        let outcome = keytrail(args([&"man", &"--out", &folder])).run().code(0);
        assert!(outcome.stdout.is_empty(), "{outcome}");
    }
    let names = names_in(&folder);
    for command in [
        "",
        "-keys",
        "-last-used",
        "-lookup",
        "-dump",
        "-verify",
        "-completions",
        "-man",
    ] {
        let name = format!("keytrail{command}.1");
        assert!(names.contains(&name), "{name} is not in {names:?}");
        let page = std::fs::read(folder.join(&name)).unwrap();
        let printed = if command.is_empty() {
            keytrail(["man"]).run()
        } else {
            keytrail(["man", &command[1..]]).run()
        };
        assert_eq!(page, printed.code(0).stdout, "{name}");
    }
    assert_usage_error(
        keytrail(args([&"man", &"keys", &"--out", &folder])).run(),
        &["do not go together"],
    );
}
