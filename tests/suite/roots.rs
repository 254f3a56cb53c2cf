//! Roots: however an archive is typed and wherever it lies, the answer is the same.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip, small_archive, with};
use crate::support::checks::{all_read, assert_contains, check_path};
use crate::support::containers::tar;
use crate::support::program::{args, keytrail};

#[test]
fn roots_may_be_relative_paths() {
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
        assert_eq!(
            outcome.without_roots(),
            absolute.without_roots(),
            "{outcome}"
        );
    }
}

#[test]
fn a_root_may_be_a_link() {
    let elsewhere = Archive::of(&[call_of("LTAI5tElsewhere")]);
    let archive = Archive::new()
        .link("folder", elsewhere.root())
        .link("file", elsewhere.path("a.gz"));
    check_path(
        &archive.path("folder"),
        0,
        &["LTAI5tElsewhere"],
        &all_read(1),
    );
    check_path(&archive.path("file"), 0, &["LTAI5tElsewhere"], &all_read(1));
}

#[test]
fn a_file_reached_twice_is_read_once() {
    let archive = Archive::new().gz("a/b.gz", array(&[call_of("LTAI5tOnce")]));
    let roots: [&dyn AsRef<OsStr>; 5] = [
        &archive.root(),
        &archive.root(),
        &archive.path("a"),
        &archive.path("a/b.gz"),
        &archive.path("a/../a"),
    ];
    let outcome = keytrail([args([&"keys", &"-f", &"json", &"--no-dedup"]), args(roots)].concat())
        .run()
        .code(0);
    assert_contains(&outcome.coverage(), &all_read(1), &outcome);
    assert_eq!(outcome.rows()[0]["events"], json!(1), "{outcome}");
}

// The same roots, typed in other ways.

/// Questions that have rows for an answer.
const QUESTIONS: [&str; 15] = [
    "keys ARCHIVE -f jsonl",
    "keys ARCHIVE -f csv",
    "dump ARCHIVE -f jsonl",
    "dump ARCHIVE -f csv",
    "last-used info LTAI5tAlice ARCHIVE -f jsonl",
    "last-used events LTAI5tAlice ARCHIVE -f csv",
    "last-used info LTAI5tAlice ARCHIVE -f api",
    "last-used products LTAI5tAlice ARCHIVE -f api",
    "last-used events LTAI5tAlice ARCHIVE -f api",
    "last-used ips LTAI5tAlice ARCHIVE -f api",
    "last-used resources LTAI5tAlice ARCHIVE -f api",
    "lookup ARCHIVE -f jsonl",
    "lookup ARCHIVE -f csv",
    "lookup ARCHIVE -f api",
    "lookup ARCHIVE -f jsonl --no-dedup --order none",
];

/// The answer to each question, asked in a folder about roots as they are typed there.
fn answers(folder: &Path, roots: &[&str]) -> Vec<String> {
    let answer = |question: &&str| {
        let words = question.split(' ').flat_map(|word| match word {
            "ARCHIVE" => roots.to_vec(),
            word => vec![word],
        });
        let outcome = keytrail(words).within(folder).run().code(0);
        outcome.stdout().to_owned()
    };
    QUESTIONS.iter().map(answer).collect()
}

/// Checks that the answers about some roots are those about others.
#[track_caller]
fn assert_answers(folder: &Path, roots: &[&str], expected: &[String]) {
    let found = answers(folder, roots);
    for ((question, found), expected) in QUESTIONS.iter().zip(found).zip(expected) {
        assert_eq!(&found, expected, "{question}, where ARCHIVE is {roots:?}");
    }
}

/// Adds log files of events that are distinct by the user alone, so that their places decide which
/// is first, which is last, and which of two copies is shown.
fn with_ties(archive: Archive, folder: &str) -> Archive {
    let call = |user: &str, of: &str| {
        let mut call = call_of("LTAI5tAlice");
        call["userIdentity"]["userName"] = user.into();
        with(
            call,
            json!({"requestId": of, "userAgent": of, "resourceName": "i-1"}),
        )
    };
    let log_file = |name: &str| {
        let of = format!("{folder}/{name}");
        let user = format!("user of {of}");
        gzip(array(&[
            call(&user, "one"),
            call(&user, "two"),
            call("copied", &of),
        ]))
    };
    // The order of these paths by bytes is not their order by folders.
    let names = ["a.b/z.gz", "a/z.gz", "a-/z.gz", "z.gz"];
    let archive = names.iter().fold(archive, |archive, name| {
        archive.file(format!("{folder}/{name}"), log_file(name))
    });
    archive.file(
        format!("{folder}/b.tar"),
        tar(&[("z.gz", log_file("b.tar"))]),
    )
}

fn text(path: &impl AsRef<OsStr>) -> &str {
    path.as_ref().to_str().expect("a path of text")
}

fn symlink(target: &Path, link: &Path) {
    std::os::unix::fs::symlink(target, link).expect("a symbolic link");
}

#[test]
fn rows_do_not_depend_on_how_a_root_is_typed() {
    let archive = with_ties(Archive::new(), "one");
    let (folder, root) = (archive.beside(""), archive.path("one"));
    let expected = answers(&archive.root(), &["one"]);
    symlink(&root, &archive.beside("link"));
    let parent = Path::new("..").join(folder.file_name().unwrap());
    for typed in [
        "logs/one",
        "./logs/one",
        "logs/one/",
        "logs//one/.",
        "link",
        "./link/",
        text(&parent.join("logs/one")),
        text(&root),
    ] {
        assert_answers(&folder, &[typed], &expected);
    }
    assert_answers(&root, &["."], &expected);
    assert_answers(&archive.path("one/a"), &[".."], &expected);
    // A copy elsewhere.
    std::fs::create_dir_all(archive.beside("far/away")).unwrap();
    std::fs::rename(&root, archive.beside("far/away/copy")).unwrap();
    assert_answers(&folder, &["far/away/copy"], &expected);
}

#[test]
fn rows_do_not_depend_on_how_two_roots_are_typed() {
    let archive = with_ties(with_ties(Archive::new(), "one"), "two");
    let folder = archive.beside("");
    let [one, two] = ["one", "two"].map(|name| archive.path(name));
    let expected = answers(&archive.root(), &["one", "two"]);
    symlink(&one, &archive.beside("link 1"));
    symlink(&two, &archive.beside("link 2"));
    for typed in [
        ["logs/one", "logs/two"],
        ["./logs/one/", "./logs/two/"],
        ["link 1", "link 2"],
        [text(&one), text(&two)],
    ] {
        assert_answers(&folder, &typed, &expected);
    }
    std::fs::rename(&one, archive.beside("copy 1")).unwrap();
    std::fs::rename(&two, archive.beside("copy 2")).unwrap();
    assert_answers(&folder, &["copy 1", "copy 2"], &expected);
}

#[test]
fn rows_do_not_depend_on_how_a_log_file_is_typed() {
    let archive = with_ties(Archive::new(), "one");
    let folder = archive.path("one");
    symlink(&folder, &archive.beside("link"));
    std::fs::create_dir(archive.beside("links")).unwrap();
    for name in ["z.gz", "b.tar"] {
        let file = folder.join(name);
        symlink(&file, &archive.beside("links").join(name));
        let expected = answers(&folder, &[name]);
        for before in ["./", "a/../", "../../link/", "../../links/"] {
            assert_answers(&folder, &[&format!("{before}{name}")], &expected);
        }
        assert_answers(&folder, &[text(&file)], &expected);
    }
}

#[test]
fn rows_do_not_depend_on_the_names_of_roots() {
    let archive = with_ties(with_ties(Archive::new(), "one"), "two");
    let folder = archive.beside("");
    let [one, two] = ["one", "two"].map(|name| archive.path(name));
    let expected = answers(&archive.root(), &["one", "two"]);
    // The second root stands before the first by its name.
    symlink(&one, &archive.beside("z"));
    symlink(&two, &archive.beside("a"));
    assert_answers(&folder, &["z", "a"], &expected);
    assert_answers(&folder, &["logs/one", "logs//two"], &expected);
    assert_answers(&one, &[".", "../two"], &expected);
    // A link to a log file, by a name of its own.
    let expected = answers(&one, &["z.gz"]);
    symlink(&one.join("z.gz"), &archive.beside("link"));
    assert_answers(&folder, &["link"], &expected);
}

#[test]
fn a_verification_does_not_depend_on_how_roots_are_typed() {
    let delivered = "AliyunLogs/Actiontrail/cn-hangzhou/2024/03/05/\
                     Actiontrail_cn-hangzhou_20240305092132_1002_1_1146_8d2a62c7317236ee7bf50184a428d8a9.gz";
    let stop = event(
        "LTAI5tMallory",
        "2024-03-05T09:21:32Z",
        "Actiontrail",
        "StopLogging",
    );
    let with_trail = |archive: Archive, folder: &str| {
        archive
            .gz(
                format!("{folder}/{delivered}"),
                array(std::slice::from_ref(&stop)),
            )
            .file(format!("{folder}/cut.gz"), &gzip("[]")[..15])
    };
    let archive = with_trail(with_trail(Archive::new(), "one"), "two");
    let folder = archive.beside("");
    let [one, two] = ["one", "two"].map(|name| archive.path(name));
    // All but the roots, which the document repeats as they are typed.
    let verification = |folder: &Path, roots: [&str; 2]| {
        let command = [&["verify", "-f", "json"][..], &roots].concat();
        let mut document = keytrail(command).within(folder).run().code(3).json();
        document["roots"] = Value::Null;
        document
    };
    let expected = verification(&archive.root(), ["one", "two"]);
    for member in ["names", "copies", "trails", "switches", "problems"] {
        let is_empty = expected[member].as_array().is_none_or(Vec::is_empty);
        assert!(
            !is_empty,
            "the test checks nothing: no {member} in {expected}"
        );
    }
    symlink(&one, &archive.beside("z"));
    symlink(&two, &archive.beside("a"));
    for typed in [
        ["logs/one", "logs/two"],
        ["./logs/one/", "./logs//two"],
        [text(&one), text(&two)],
        ["z", "a"],
    ] {
        assert_eq!(verification(&folder, typed), expected, "{typed:?}");
    }
    assert_eq!(verification(&one, [".", "../two"]), expected);
}
