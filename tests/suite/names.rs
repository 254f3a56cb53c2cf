//! What names decide: log files whose ending is gone, broken downloads, ignored files, and folders of
//! other days. A container gives the same as a folder.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip};
use crate::support::checks::{all_read, assert_contains, check, keys_of};
use crate::support::containers::{Member, tar, zip, zip_member};
use crate::support::program::{Outcome, args, keytrail};

const TRAIL: &str = "AliyunLogs/Actiontrail/cn-hangzhou";
const MD5: &str = "8d2a62c7317236ee7bf50184a428d8a9";

/// The name of a delivered log file of one event, without an ending.
fn delivered(second: u32) -> String {
    format!("{TRAIL}/2024/03/05/Actiontrail_cn-hangzhou_202403050921{second:02}_1002_1_380_{MD5}")
}

fn call(key: &str) -> String {
    array(&[call_of(key)])
}

/// The archives of the same files: a folder, a tar, one in gzip, and a zip.
fn in_every_container(files: &[(String, Vec<u8>)]) -> Vec<(&'static str, Archive)> {
    let folder = files.iter().fold(Archive::new(), |archive, (name, bytes)| {
        archive.file(name, bytes)
    });
    let members: Vec<Member<'_>> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    let tar = tar(&members);
    let zip_members: Vec<_> = files
        .iter()
        .map(|(name, bytes)| zip_member(name, bytes.clone()))
        .collect();
    let (zip, _) = zip(&zip_members);
    vec![
        ("a folder", folder),
        ("a tar", Archive::new().file("p.tar", &tar)),
        ("a tar in gzip", Archive::new().file("p.tgz", gzip(&tar))),
        ("a zip", Archive::new().file("p.zip", zip)),
    ]
}

/// The outcome of `keys` and what it wrote to `--errors-to`, as pairs of a file's name and the kind.
fn keys(archive: &Archive, options: &[&str]) -> (Outcome, Vec<(String, String)>) {
    let errors = archive.beside("errors");
    let mut command = args([
        &"keys",
        &archive.root(),
        &"-f",
        &"json",
        &"--force",
        &"--errors-to",
        &errors,
    ]);
    command.extend(options.iter().map(Into::into));
    let outcome = keytrail(command).run();
    let lines = std::fs::read_to_string(errors).unwrap();
    let problems = lines.lines().map(|line| {
        let problem: Value = serde_json::from_str(line).unwrap();
        let file = problem["file"].as_str().unwrap();
        let name = Path::new(file).file_name().unwrap();
        (
            name.to_str().unwrap().to_owned(),
            problem["kind"].as_str().unwrap().to_owned(),
        )
    });
    let problems = problems.collect();
    (outcome, problems)
}

#[test]
fn a_log_file_whose_ending_is_gone_is_read() {
    let archive = Archive::new()
        .file(delivered(1), call("LTAI5tGunzipped"))
        .file(format!("{}.json", delivered(2)), call("LTAI5tRenamed"))
        .gz(format!("{}.gz.bak", delivered(3)), call("LTAI5tCopied"));
    let keys = ["LTAI5tCopied", "LTAI5tGunzipped", "LTAI5tRenamed"];
    let mut coverage = all_read(3);
    coverage["files"]["count_mismatch"] = json!(0);
    check(&archive, 0, &keys, &coverage);
    // Its name counts, too.
    let name = delivered(4).replace("_1002_1_", "_1002_2_");
    let archive = Archive::new().file(name, call("LTAI5tGunzipped"));
    let coverage = json!({"files": {"count_mismatch": 1}});
    check(&archive, 0, &["LTAI5tGunzipped"], &coverage);
}

#[test]
fn a_download_that_broke_off_is_told_and_not_read() {
    for ending in [".temp", ".part", ".crdownload", ".PART"] {
        let name = format!("{}.gz{ending}", delivered(2));
        let bytes = gzip(call("LTAI5tBroken"));
        let files = [
            (format!("{}.gz", delivered(1)), gzip(call("LTAI5tWhole"))),
            (name.clone(), bytes[..bytes.len() - 9].to_vec()),
        ];
        for (container, archive) in in_every_container(&files) {
            let mut coverage = all_read(1);
            coverage["files"]["ignored"] = json!(1);
            let outcome = check(&archive, 0, &["LTAI5tWhole"], &coverage);
            let stderr = outcome.stderr();
            assert!(
                stderr.contains(&format!("{name}: is a delivery that did not arrive")),
                "{container}\n{outcome}"
            );
        }
    }
}

/// Files that were ignored showed as a number alone, whatever was in them.
#[test]
fn ignored_files_are_named_and_those_with_log_data_are_told() {
    let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let text = call("LTAI5tIgnored");
    let files = [
        file("a.json", call("LTAI5tReal").as_bytes()),
        file("array.txt", text.as_bytes()),
        file("gzip.old", &gzip(&text)),
        file(".hidden.gz", &gzip(&text)),
        file("notes.txt", b"To do: nothing"),
        file("empty", b""),
        file("x.gz.part", b"\x1f\x8b"),
    ];
    let expected = [
        (".hidden.gz", "ignored-log-data"),
        ("array.txt", "ignored-log-data"),
        ("empty", "ignored"),
        ("gzip.old", "ignored-log-data"),
        ("notes.txt", "ignored"),
        ("x.gz.part", "not-arrived"),
    ]
    .map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    for (container, archive) in in_every_container(&files) {
        let (outcome, problems) = keys(&archive, &[]);
        let outcome = outcome.code(0);
        assert_eq!(keys_of(&outcome), ["LTAI5tReal"], "{container}\n{outcome}");
        assert_eq!(problems, expected, "{container}\n{outcome}");
        assert_eq!(outcome.coverage()["files"]["ignored"], json!(6));
        let stderr = outcome.stderr();
        for (name, kind) in &expected {
            let is_told = stderr.contains(&format!("{name}: is "));
            assert_eq!(is_told, kind != "ignored", "{container} {name}\n{outcome}");
        }
        let (outcome, _) = keys(&archive, &["-v"]);
        for (name, _) in &expected {
            let stderr = outcome.stderr();
            assert!(
                stderr.contains(&format!("{name}: is ")),
                "{name}\n{outcome}"
            );
        }
    }
}

#[test]
fn many_files_with_log_data_are_told_in_a_few_lines() {
    let archive = (0..50).fold(Archive::new(), |archive, number| {
        archive.file(format!("{number}.txt"), call("LTAI5tIgnored"))
    });
    let (outcome, problems) = keys(&archive, &[]);
    assert_eq!(problems.len(), 50);
    let lines = outcome.stderr().lines().count();
    assert!(lines < 10, "{outcome}");
}

/// A folder of another day was listed to its last file, and each of them counted.
#[test]
fn a_folder_of_another_day_is_not_listed() {
    let call_on = |day: &str| {
        let events = [event(
            "LTAI5tDay",
            &format!("{day}T12:00:00Z"),
            "Ecs",
            "Call",
        )];
        gzip(array(&events))
    };
    let file =
        |folder: &str, name: &str, bytes: Vec<u8>| (format!("{TRAIL}/{folder}/{name}"), bytes);
    let files = [
        file("2024/03/10", "a.gz", call_on("2024-03-10")),
        file("2024/03/11", "b.gz", call_on("2024-03-11")),
        // Two folders of days, one of a month, and one of a year.
        file("2024/03/05", "c.gz", b"no log file".to_vec()),
        file("2024/03/05", "notes.txt", b"ignored".to_vec()),
        file("2024/03/05", "d.gz.temp", b"broken".to_vec()),
        file("2024/03/20", "deeper/e.gz", b"no log file".to_vec()),
        file("2024/02/01", "f.gz", b"no log file".to_vec()),
        file("2024/02/02", "g.gz", b"no log file".to_vec()),
        file("2023/12/31", "h.gz", b"no log file".to_vec()),
        // Not in the folder of a trail.
        (
            "elsewhere/2024/03/05/i.gz".to_owned(),
            call_on("2024-03-10"),
        ),
    ];
    let expected = json!({"files": {
        "found": 3, "read": 3, "ignored": 0, "links": 0, "pruned": 0, "folders_pruned": 4,
    }});
    for (container, archive) in in_every_container(&files) {
        let window = ["--since", "2024-03-10", "--until", "2024-03-11"];
        let (outcome, problems) = keys(&archive, &window);
        let outcome = outcome.code(0);
        assert_contains(&outcome.coverage(), &expected, &outcome);
        assert_eq!(problems, [], "{container}");
        keytrail(args([
            &"keys",
            &archive.root(),
            &"--since",
            &"2024-03-10",
            &"--until",
            &"2024-03-11",
        ]))
        .run()
        .reports(&["4 folders not listed for their date"]);
    }
}

#[test]
fn a_folder_that_two_roots_reach_is_not_listed_by_the_second() {
    let archive = Archive::new()
        .gz(format!("{TRAIL}/2024/03/05/a.gz"), call("LTAI5tOutside"))
        .gz(format!("{TRAIL}/2024/03/10/b.gz"), call("LTAI5tOutside"));
    let outcome = keytrail(args([
        &"keys",
        &archive.root(),
        &archive.path(TRAIL),
        &"-f",
        &"json",
        &"--since",
        &"2024-03-10",
    ]))
    .run();
    let expected = json!({"files": {"found": 1, "pruned": 0, "folders_pruned": 1}});
    assert_contains(&outcome.coverage(), &expected, &outcome);
}
