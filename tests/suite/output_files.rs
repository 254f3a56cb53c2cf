//! Output files: written whole or not at all, never over another file, never in the archive.

use std::io::Read as _;

use serde_json::Value;

use crate::support::archive::{Archive, call_of, damaged_archive, names_in, small_archive};
use crate::support::checks::assert_usage_error;
use crate::support::program::{args, keytrail, keytrail_after};

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
        names_in(file.parent().unwrap()),
        ["answer", "logs"],
        "nothing temporary stays"
    );
}

#[test]
fn the_ending_of_an_output_file_chooses_the_format() {
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
fn the_ending_of_an_output_file_counts_in_capitals_too() {
    let archive = small_archive();
    let csv = keytrail(args([&"keys", &archive.root(), &"-f", &"csv"])).run();
    let file = archive.beside("answer.CSV");
    keytrail(args([&"keys", &archive.root(), &"-o", &file]))
        .run()
        .code(0);
    assert_eq!(std::fs::read(&file).unwrap(), csv.stdout);
}

#[test]
fn an_ending_of_no_format_is_refused_and_text_stays_a_table() {
    let archive = small_archive();
    let table = keytrail(args([&"keys", &archive.root()])).run();
    for (name, refusal) in [
        ("x.tsv", "no format is called .tsv; choose with -f"),
        ("x.md", "no format is called .md; choose with -f"),
        ("x.HTML.gz", "no format is called .html; choose with -f"),
    ] {
        let file = archive.beside(name);
        for command in ["keys", "dump", "lookup"] {
            let outcome = keytrail(args([&command, &archive.root(), &"-o", &file])).run();
            assert_usage_error(outcome, &[refusal]);
            assert!(!file.exists(), "{name}");
        }
        keytrail(args([
            &"keys",
            &archive.root(),
            &"-o",
            &file,
            &"-f",
            &"csv",
        ]))
        .run()
        .code(0);
    }
    assert_usage_error(
        keytrail(args([
            &"verify",
            &archive.root(),
            &"-o",
            &archive.beside("x.tsv"),
            &"--force",
        ]))
        .run(),
        &["no format is called .tsv; choose with -f"],
    );
    for name in ["answer", "answer.txt"] {
        let file = archive.beside(name);
        keytrail(args([&"keys", &archive.root(), &"-o", &file]))
            .run()
            .code(0);
        assert_eq!(std::fs::read(&file).unwrap(), table.stdout, "{name}");
    }
}

#[test]
fn an_ending_that_contradicts_the_format_is_refused() {
    let archive = small_archive();
    for (format, name) in [("csv", "x.json"), ("table", "x.csv.gz")] {
        let file = archive.beside(name);
        let outcome = keytrail(args([
            &"keys",
            &archive.root(),
            &"-f",
            &format,
            &"-o",
            &file,
        ]));
        assert_usage_error(outcome.run(), &["have to agree"]);
        assert!(!file.exists(), "{name}");
    }
}

#[test]
fn the_ending_behind_a_format_compresses_the_answer() {
    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(bytes);
        decoder.read_to_end(&mut text).unwrap();
        text
    }
    let archive = small_archive();
    for (name, format, decode) in [
        ("answer.jsonl.gz", "jsonl", gzip as fn(&[u8]) -> Vec<u8>),
        ("answer.csv.GZ", "csv", gzip),
        ("answer.json.zst", "json", |bytes| {
            zstd_file::decode_all(bytes).unwrap()
        }),
        ("answer.txt.gz", "table", gzip),
        ("answer.gz", "table", gzip),
    ] {
        let file = archive.beside(name);
        let mut command = args([&"keys", &archive.root(), &"-o", &file, &"--force"]);
        if name == "answer.gz" {
            assert_usage_error(keytrail(&command).run(), &["answer.json.gz", "-f table"]);
            command.extend(args([&"-f", &"table"]));
        }
        let mut written = (0..2).map(|_| {
            keytrail(&command).run().code(0);
            std::fs::read(&file).unwrap()
        });
        let (one, other) = (written.next().unwrap(), written.next().unwrap());
        assert_eq!(one, other, "{name}: the same answer has the same bytes");
        let to_stdout = keytrail(args([&"keys", &archive.root(), &"-f", &format]))
            .run()
            .code(0);
        assert_eq!(decode(&one), to_stdout.stdout, "{name}");
    }
}

#[test]
fn an_existing_output_file_is_kept_without_force() {
    let archive = small_archive();
    let file = archive.beside("answer.json");
    std::fs::write(&file, "precious").unwrap();
    let command = args([&"keys", &archive.root(), &"-o", &file]);
    assert_usage_error(keytrail(&command).run(), &["answer.json", "--force"]);
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
        names_in(file.parent().unwrap()),
        ["answer.json", "logs"],
        "nothing temporary stays"
    );
}

/// In 0.1.0 a report of mode 600 was one of mode 644 afterwards.
#[cfg(unix)]
#[test]
fn an_output_file_that_replaces_another_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode =
        |file: &std::path::Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
    let archive = small_archive();
    let file = archive.beside("answer.csv");
    let command = args([&"keys", &archive.root(), &"-o", &file, &"--force"]);
    for (umask, expected) in [
        ("umask 077", 0o600),
        ("umask 022", 0o644),
        ("umask 002", 0o664),
    ] {
        let _ = std::fs::remove_file(&file);
        keytrail_after(umask, command.clone()).run().code(0);
        assert_eq!(mode(&file), expected, "a new file, {umask}");
        for kept in [0o600, 0o640, 0o666] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(kept)).unwrap();
            keytrail_after(umask, command.clone()).run().code(0);
            assert_eq!(mode(&file), kept, "{umask}");
        }
    }
}

/// In 0.1.0 the archive was read first.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_scan() {
    // Reading this archive would never end.
    let archive = Archive::new().fifo("a.jsonl");
    let root = archive.path("a.jsonl");
    for option in ["-o", "--errors-to"] {
        // No file can be made there, whoever asks.
        let command = args([&"keys", &root, &option, &"/proc/answer.csv"]);
        let outcome = keytrail(command).run().code(2);
        let outcome = outcome.reports(&["cannot write /proc/answer.csv: "]);
        assert!(!outcome.stderr().contains(".keytrail-"), "{outcome}");
    }
}

/// In 0.1.0 it was refused behind the scan, as a file that exists.
#[cfg(unix)]
#[test]
fn an_output_that_is_a_link_to_nowhere_is_refused_before_the_scan() {
    let archive = Archive::new().fifo("a.jsonl");
    let link = archive.beside("link.csv");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let command = args([&"keys", &archive.path("a.jsonl"), &"-o", &link]);
    assert_usage_error(keytrail(command).run(), &["link.csv", "--force"]);
    // What the link names is written.
    let archive = small_archive();
    let command = args([&"keys", &archive.root(), &"-o", &link, &"--force"]);
    keytrail(command).run().code(0);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(
        std::fs::read(link.with_file_name("nowhere"))
            .unwrap()
            .starts_with(b"access_key_id")
    );
    let circle = archive.beside("circle.csv");
    std::os::unix::fs::symlink("circle.csv", &circle).unwrap();
    let command = args([&"keys", &archive.root(), &"-o", &circle, &"--force"]);
    assert_usage_error(
        keytrail(command).run(),
        &["circle.csv: its links lead in a circle"],
    );
}

/// The link was replaced by a file, and what it leads to was left as it was.
#[cfg(unix)]
#[test]
fn an_output_that_is_a_link_is_written_where_it_leads() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let archive = small_archive();
    let folder = archive.beside("reports");
    std::fs::create_dir(&folder).unwrap();
    let (target, link) = (folder.join("today.csv"), archive.beside("latest.csv"));
    std::fs::write(&target, "of yesterday").unwrap();
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink("reports/today.csv", &link).unwrap();
    let command = args([&"keys", &archive.root(), &"-o", &link]);
    assert_usage_error(keytrail(&command).run(), &["latest.csv", "--force"]);
    keytrail([command, args([&"--force"])].concat())
        .run()
        .code(0);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let written = std::fs::metadata(&target).unwrap();
    assert_eq!(written.permissions().mode() & 0o777, 0o600);
    assert!(
        std::fs::read(&target)
            .unwrap()
            .starts_with(b"access_key_id")
    );
    assert_eq!(names_in(&folder), ["today.csv"]);
    // A link into the archive is no way into it.
    let inside = archive.beside("inside.csv");
    symlink(archive.path("new.csv"), &inside).unwrap();
    let command = args([&"keys", &archive.root(), &"-o", &inside, &"--force"]);
    assert_usage_error(keytrail(command).run(), &["inside.csv lies in the archive"]);
    // Both ways lead to one file.
    let both = args([&"-o", &link, &"--errors-to", &target, &"--force"]);
    let command = [args([&"keys", &archive.root()]), both].concat();
    assert_usage_error(keytrail(command).run(), &["named for two outputs"]);
}

#[test]
fn an_empty_folder_does_not_replace_a_good_answer() {
    let archive = small_archive();
    let empty = Archive::new().file("notes.txt", "no log file");
    let path = |name| empty.beside(name);
    for (command, name) in [
        ("keys", "keys.jsonl"),
        ("lookup", "calls.csv"),
        ("verify", "report.json"),
    ] {
        let answer = args([&command, &archive.root(), &"-o", &path(name)]);
        keytrail(answer).run().code(0);
        let good = std::fs::read(path(name)).unwrap();
        let again = args([&command, &empty.root(), &"-o", &path(name), &"--force"]);
        keytrail(again)
            .run()
            .code(2)
            .reports(&["no log files in ", &format!("{name} is left as it was")]);
        assert_eq!(std::fs::read(path(name)).unwrap(), good, "{name}");
    }
    std::fs::write(path("problems"), "of yesterday").unwrap();
    keytrail(args([
        &"keys",
        &empty.root(),
        &"--errors-to",
        &path("problems"),
        &"--force",
    ]))
    .run()
    .code(2);
    let problems = std::fs::read_to_string(path("problems")).unwrap();
    assert_eq!(problems, "of yesterday");
    // A window without events is an answer.
    let answer = path("keys.jsonl");
    keytrail(args([
        &"keys",
        &archive.root(),
        &"--since",
        &"2030-01-01",
        &"-o",
        &answer,
        &"--force",
    ]))
    .run()
    .code(1);
    assert_eq!(std::fs::read(answer).unwrap(), b"");
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
                keytrail(args([
                    &command,
                    &archive.root(),
                    &option,
                    file,
                    &"--force",
                    &"-fjson",
                ]))
                .run()
                .code(2)
                .reports(&["lies in the archive"]);
            }
            // The archive may be that one file.
            keytrail(args([
                &command, &log_file, &option, &log_file, &"--force", &"-fjson",
            ]))
            .run()
            .code(2)
            .reports(&["lies in the archive"]);
        }
    }
    assert_eq!(names_in(&archive.root()), ["a.gz", "copy.gz"]);
    assert_eq!(std::fs::read(&log_file).unwrap(), before);
}

#[test]
fn the_file_of_problems_replaces_no_other_file() {
    let archive = damaged_archive();
    let file = archive.beside("neighbour.json");
    std::fs::write(&file, "evidence").unwrap();
    keytrail(args([&"keys", &archive.root(), &"--errors-to", &file]))
        .run()
        .code(2)
        .reports(&["neighbour.json", "--force"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "evidence");
    let both = args([&"-o", &file, &"--errors-to", &file, &"--force"]);
    keytrail([args([&"keys", &archive.root()]), both].concat())
        .run()
        .code(2)
        .reports(&["two outputs"]);
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
    .reports(&["there is no folder", "no/such/folder"]);
    keytrail(args([&"keys", &archive.root(), &"-o", &archive.root()]))
        .run()
        .code(2);
    assert_eq!(names_in(file.parent().unwrap()), ["logs"]);
    assert_eq!(
        names_in(&archive.root()),
        ["a.gz", "copy.gz"],
        "nothing is written into an archive"
    );
}

/// Limits the size of files, as a disk that is nearly full does.
#[cfg(target_os = "linux")]
const NEARLY_FULL: &str = "trap '' XFSZ && ulimit -f 8";

#[cfg(target_os = "linux")]
#[test]
fn an_output_file_that_the_disk_has_no_room_for_is_not_left() {
    let archive = archive_of_many_keys(500);
    let file = archive.beside("answer.json");
    keytrail_after(NEARLY_FULL, args([&"keys", &archive.root(), &"-o", &file]))
        .run()
        .code(2)
        .reports(&["answer.json"]);
    assert_eq!(names_in(file.parent().unwrap()), ["logs"]);

    // If the problems cannot be written, no answer is given.
    let command = args([&"keys", &archive.root(), &"--errors-to", &"/dev/full"]);
    let archive = damaged_archive();
    let outcome = keytrail([command, args([&archive.root()])].concat())
        .run()
        .code(2);
    assert!(outcome.stdout.is_empty(), "{outcome}");
}

/// An archive of so many keys that their answer takes a while to write.
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
        // Killed when the answer begins to be written.
        dump(options)
            .run_until_killed(|| names_in(folder).len() > 1 + usize::from(before.is_some()));
        let after = std::fs::read(&file).ok();
        if after.as_deref() == before {
            caught += 1;
        } else {
            assert!(
                after.as_ref() == Some(&whole),
                "neither as it was nor whole"
            );
        }
        for name in names_in(folder) {
            if name.starts_with(".keytrail-") {
                std::fs::remove_file(folder.join(name)).unwrap();
            }
        }
        std::fs::write(&file, &whole).unwrap();
    }
    assert!(
        caught > 0,
        "no run was killed in time: the test checks nothing"
    );
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
    assert_eq!(files, ["b/not\u{1b}[31m\u{202e}.gz", "c.gz", "damaged.gz"]);
    for problem in &problems {
        let what = problem["problem"].as_str().unwrap();
        assert!(!what.is_empty() && !what.contains('\n'), "{problem}");
        assert!(
            !what.contains(".gz"),
            "the path stands there twice: {problem}"
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

/// A folder inside the archive was taken for temporary files.
#[test]
fn temporary_files_are_not_written_into_the_archive() {
    let archive = small_archive();
    std::fs::create_dir(archive.path("temporary")).unwrap();
    let folder = archive.path("temporary");
    let run = |command: &str| {
        let command = keytrail(args([&command, &archive.root()]));
        command.env("TMPDIR", folder.to_str().unwrap()).run()
    };
    assert_usage_error(run("lookup"), &["TMPDIR", "lies in the archive"]);
    // Other commands write none.
    run("keys").code(0);
}

/// What came through a pipe was kept in a folder of the archive beside it.
#[test]
fn standard_input_is_not_kept_in_an_archive_beside_it() {
    let archive = small_archive();
    std::fs::create_dir(archive.path("temporary")).unwrap();
    let folder = archive.path("temporary");
    let run = |roots: [&dyn AsRef<std::ffi::OsStr>; 2]| {
        let command = keytrail(args([&"keys", roots[0], roots[1]]));
        let command = command.env("TMPDIR", folder.to_str().unwrap());
        command.stdin("[]").run()
    };
    for roots in [
        [&archive.root() as &dyn AsRef<std::ffi::OsStr>, &"-"],
        [&"-", &archive.root()],
    ] {
        assert_usage_error(run(roots), &["TMPDIR", "lies in the archive"]);
    }
}

/// The second place of a folder that is mounted twice was taken for one outside the archive.
#[cfg(target_os = "linux")]
#[test]
fn an_output_in_a_second_place_of_the_archive_is_refused() {
    let archive = small_archive();
    let mounted = archive.beside("mounted");
    std::fs::create_dir(&mounted).unwrap();
    let script = format!(
        "mount --bind '{}' '{}' && exec \"$@\"",
        archive.root().display(),
        mounted.display()
    );
    let is_possible = std::process::Command::new("unshare")
        .args(["-m", "sh", "-c", &script, "sh", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_possible {
        return;
    }
    let run = |root: &std::path::Path, output: &std::path::Path| {
        let output = std::process::Command::new("unshare")
            .args([
                "-m",
                "sh",
                "-c",
                &script,
                "sh",
                env!("CARGO_BIN_EXE_keytrail"),
                "keys",
            ])
            .args([root, std::path::Path::new("-o"), output])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("lies in the archive"), "{stderr}");
    };
    run(&archive.root(), &mounted.join("x.csv"));
    run(&mounted, &archive.path("x.csv"));
}
