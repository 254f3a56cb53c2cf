//! Help, version, completions and man pages.

use std::path::Path;

use crate::support::program::keytrail;

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
