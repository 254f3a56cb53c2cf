//! The same events in every compression and every container, and containers that are broken or
//! hostile.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, gzip, gzip_of_repeats, with};
use crate::support::containers::{
    Member, Sizes, ZipMember, tar, tar_member, write_tar_checksum, zip, zip_member,
};
use crate::support::program::{Outcome, args, keytrail, keytrail_after};
use crate::support::questions::{LOOKUPS, answers, ask, calls, details, events};

#[test]
fn every_compression_gives_the_same_answers() {
    let events = events();
    let text = array(&events);
    let expected = answers(&Archive::new().file("a.json", &text));
    for (name, bytes) in compressed(text.as_bytes()) {
        let archive = Archive::new().file(name, &bytes);
        assert_eq!(answers(&archive), expected, "{name}");
        // The content decides, not the name.
        let archive = Archive::new().file("a.json", &bytes);
        assert_eq!(answers(&archive), expected, "{name} under another name");
        let cut = Archive::new().file(name, &bytes[..bytes.len() - 2]);
        let outcome = ask(&["keys", "-f", "json"], &cut)
            .code(3)
            .reports(&[name, "truncated"]);
        assert_eq!(outcome.coverage()["files"]["found"], json!(1), "{outcome}");
    }
}

/// The text in every compression.
fn compressed(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut frames = snap::write::FrameEncoder::new(Vec::new());
    frames.write_all(text).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(text).unwrap();
    vec![
        ("a.gz", gzip(text)),
        ("a.zst", zstd(text)),
        (
            "a.snappy",
            snap::raw::Encoder::new().compress_vec(text).unwrap(),
        ),
        ("a.json.snappy", frames.into_inner().unwrap()),
        ("a.csv.lz4", lz4.finish().unwrap()),
    ]
}

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(zstd_safe::compress_bound(text.len()));
    zstd_safe::compress(&mut bytes, text, 3).unwrap();
    bytes
}

// Containers.

/// The files of an archive, in the layout of a bucket and out of it.
fn files() -> Vec<(String, Vec<u8>)> {
    let events = events();
    let object = |region: &str, day: u32, events: &[Value]| {
        (
            format!(
                "a-prefix-that-makes-a-long-path/of-more-than-a-hundred-bytes/AliyunLogs/Actiontrail/{region}/2024/03/\
                 {day:02}/Actiontrail_{region}_202403{day:02}092132_1002_{}_1146_8d2a62c7317236ee7bf50184a428d8a9.gz",
                events.len()
            ),
            gzip(array(events)),
        )
    };
    vec![
        object("cn-hangzhou", 4, &events[..10]),
        object("cn-beijing", 5, &events[10..20]),
        object("cn-beijing", 9, &events[20..25]),
        (
            "lines.jsonl".to_owned(),
            events[25..]
                .iter()
                .flat_map(|event| [event.to_string(), "\n".to_owned()])
                .collect::<String>()
                .into(),
        ),
        ("empty.json".to_owned(), Vec::new()),
        (".hidden.gz".to_owned(), gzip("[]")),
        ("notes.txt".to_owned(), b"not for us".to_vec()),
        (
            "broken/cut.gz".to_owned(),
            gzip(array(&events))[..300].to_vec(),
        ),
    ]
}

fn members(files: &[(String, Vec<u8>)]) -> Vec<Member<'_>> {
    files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect()
}

/// The files in every container.
fn contained(files: &[(String, Vec<u8>)]) -> Vec<(&'static str, Vec<u8>)> {
    let tar = tar(&members(files));
    let zip = |method, sizes| {
        let member = |(name, bytes): &(String, Vec<u8>)| ZipMember {
            method,
            sizes,
            ..zip_member(name, bytes.clone())
        };
        zip(&files.iter().map(member).collect::<Vec<_>>()).0
    };
    vec![
        ("p.tar.gz", gzip(&tar)),
        ("p.tgz", gzip(&tar)),
        ("p.tar.zst", zstd(&tar)),
        ("p.tar", tar),
        ("p.zip", zip(8, Sizes::Plain)),
        ("stored.ZIP", zip(0, Sizes::Plain)),
        ("wide.zip", zip(8, Sizes::Wide)),
        ("streamed.zip", zip(8, Sizes::Behind)),
    ]
}

/// The problems of a run, without the folder in front of their paths.
fn problems(outcome: &Outcome, root: &Path) -> Vec<String> {
    let root = format!("{}/", root.display());
    let stderr = outcome.stderr().replace(&root, "");
    stderr
        .lines()
        .filter(|line| line.starts_with("keytrail: "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_container_gives_the_answers_of_its_folder() {
    let files = files();
    let plain = files.iter().fold(Archive::new(), |archive, (name, bytes)| {
        archive.file(name, bytes)
    });
    let questions: &[&[&str]] = &[
        &["keys"],
        &["dump"],
        &["dump", "--since", "2024-03-08", "--until", "2024-03-20"],
        &["last-used", "ips", "LTAI5tTwo"],
        &[
            "last-used",
            "events",
            "LTAI5tOne",
            "--region",
            "cn-hangzhou",
        ],
    ];
    for question in questions {
        for format in ["json", "api"] {
            if format == "api" && question[0] != "last-used" {
                continue;
            }
            let question = [*question, &["-f", format]].concat();
            let expected = ask(&question, &plain).code(3);
            for (name, bytes) in contained(&files) {
                let archive = Archive::new().file(name, bytes);
                let root = archive.path(name);
                let mut command = args([&root]);
                command.splice(0..0, question.iter().map(Into::into));
                let outcome = keytrail(command).run().code(3);
                assert_eq!(
                    outcome.without_roots(),
                    expected.without_roots(),
                    "{name} {question:?}"
                );
                assert_eq!(
                    problems(&outcome, &root),
                    problems(&expected, &plain.root()),
                    "{name} {question:?}"
                );
                // Inside a folder a container is found by its name.
                let inside = ask(&question, &archive).code(3);
                assert_eq!(
                    inside.without_roots(),
                    expected.without_roots(),
                    "{name} in a folder"
                );
            }
        }
    }
}

#[test]
fn call_records_of_a_container_are_those_of_its_folder() {
    let files = files();
    let plain = files.iter().fold(Archive::new(), |archive, (name, bytes)| {
        archive.file(name, bytes)
    });
    for question in LOOKUPS {
        let expected = calls(question, &plain.root(), "");
        for (name, bytes) in contained(&files) {
            let archive = Archive::new().file(name, bytes);
            let found = calls(question, &archive.path(name), "");
            assert_eq!(found, expected, "{name} {question:?}");
            let found = calls(question, &archive.root(), &format!("{name}/"));
            assert_eq!(found, expected, "{name} in a folder {question:?}");
        }
    }
}

#[test]
fn a_container_on_the_command_line_is_detected_by_content() {
    let event = gzip(array(&[call_of("LTAI5tPacked")]));
    for bytes in [
        tar(&[("a.gz", event.clone())]),
        gzip(tar(&[("a.gz", event.clone())])),
        zip(&[zip_member("a.gz", event)]).0,
    ] {
        let archive = Archive::new().file("evidence.bin", bytes);
        let path = archive.path("evidence.bin");
        let outcome = keytrail(args([&"keys", &path, &"-f", &"json"]))
            .run()
            .code(0);
        assert_eq!(outcome.rows().len(), 1, "{outcome}");
    }
    // The name does not decide.
    let archive = Archive::new().gz("a.tar.gz", array(&[call_of("LTAI5tPlain")]));
    assert_eq!(
        ask(&["keys", "-f", "json"], &archive).code(0).rows().len(),
        1
    );
    let archive = Archive::new()
        .file("a.zip", "nothing")
        .file("empty.tar", [0; 1024]);
    let outcome = ask(&["keys", "-f", "json"], &archive)
        .code(3)
        .reports(&["a.zip"]);
    assert_eq!(outcome.coverage()["files"]["found"], json!(1), "{outcome}");
}

/// Checks the keys of a container, and what is reported.
#[track_caller]
fn check(name: &str, bytes: &[u8], code: i32, keys: &[&str], reports: &[&str]) -> Outcome {
    let archive = Archive::new().file(name, bytes);
    let outcome = ask(&["keys", "-f", "json"], &archive)
        .code(code)
        .reports(reports);
    let mut found: Vec<String> = outcome
        .rows()
        .iter()
        .map(|row| row["access_key_id"].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, keys, "{outcome}");
    let files = &outcome.coverage()["files"];
    let count = |name: &str| files[name].as_u64().unwrap();
    assert_eq!(
        count("found"),
        count("read") + count("partial") + count("unreadable")
    );
    outcome
}

fn call(key: &str) -> Vec<u8> {
    gzip(array(&[call_of(key)]))
}

#[test]
fn paths_that_lead_out_of_a_container_are_refused() {
    let names = [
        "../../out.gz",
        "/abs.gz",
        "a/../b.gz",
        "./dot.gz",
        "a//slashes.gz",
    ];
    let keys = [
        "LTAI5tUp",
        "LTAI5tAbs",
        "LTAI5tMiddle",
        "LTAI5tDot",
        "LTAI5tSlashes",
    ];
    let members: Vec<Member<'_>> = names.into_iter().zip(keys.map(call)).collect();
    let zip_member: Vec<ZipMember> = members
        .iter()
        .map(|(name, bytes)| zip_member(name, bytes.clone()))
        .collect();
    for (name, bytes) in [
        ("p.tar", tar(&members)),
        ("p.tgz", gzip(tar(&members))),
        ("p.zip", zip(&zip_member).0),
    ] {
        let outcome = check(
            name,
            &bytes,
            3,
            &["LTAI5tAbs", "LTAI5tDot", "LTAI5tSlashes"],
            &[
                "/../../out.gz: ",
                "/a/../b.gz: ",
                "leads out of the container",
            ],
        );
        assert_eq!(
            outcome.coverage()["files"]["unreadable"],
            json!(2),
            "{outcome}"
        );
    }
}

#[test]
fn links_and_devices_in_a_container_are_ignored() {
    let mut bytes = Vec::new();
    for (offset, kind) in (b'1'..=b'6').enumerate() {
        let mut member = tar_member(&format!("{offset}.gz"), kind, b"");
        member[157..168].copy_from_slice(b"/etc/passwd");
        // Links have no size.
        member[124..136].copy_from_slice(b"00000000100\0");
        write_tar_checksum(&mut member);
        bytes.extend(member);
    }
    bytes.extend(tar(&[("a.gz", call("LTAI5tReal"))]));
    for (name, bytes) in [("p.tar", bytes.clone()), ("p.tgz", gzip(&bytes))] {
        let outcome = check(name, &bytes, 0, &["LTAI5tReal"], &[]);
        // All but the folder.
        assert_eq!(
            outcome.coverage()["files"]["ignored"],
            json!(5),
            "{outcome}"
        );
    }
    let link = ZipMember {
        mode: 0o120_777,
        ..zip_member("l.gz", "/etc/passwd")
    };
    let (bytes, _) = zip(&[
        link,
        zip_member("a.gz", call("LTAI5tReal")),
        zip_member("folder.gz/", ""),
    ]);
    let outcome = check("p.zip", &bytes, 0, &["LTAI5tReal"], &[]);
    assert_eq!(
        outcome.coverage()["files"]["ignored"],
        json!(1),
        "{outcome}"
    );
}

#[test]
fn unreadable_members_are_reported_and_cost_no_other() {
    let sound = || zip_member("a.gz", call("LTAI5tReal"));
    let other = |flags, method| ZipMember {
        method,
        flags,
        ..zip_member("b.gz", call("LTAI5tOther"))
    };
    for (member, reason) in [
        (other(1, 8), "encrypted"),
        (other(0, 14), "method 14"),
        (
            zip_member("inner.zip", zip(&[sound()]).0),
            "a container inside a container",
        ),
        (
            zip_member("inner.tar.gz", "x"),
            "a container inside a container",
        ),
        (
            ZipMember {
                offset: Some(0),
                ..zip_member("b.gz", "x")
            },
            "shares its bytes",
        ),
        (
            ZipMember {
                offset: Some(7),
                ..zip_member("b.gz", "x")
            },
            "shares its bytes",
        ),
    ] {
        let name = String::from_utf8_lossy(&member.name).into_owned();
        let (bytes, _) = zip(&[sound(), member]);
        check("p.zip", &bytes, 3, &["LTAI5tReal"], &[&name, reason]);
    }
    let mut sparse = tar_member("b.gz", b'S', &[0; 600]);
    // Its table of holes has two further blocks.
    sparse[482] = 1;
    write_tar_checksum(&mut sparse);
    let mut block = [1; 512];
    sparse.splice(512..512, block);
    block[504] = 0;
    sparse.splice(1024..1024, block);
    sparse.extend(tar(&[("a.gz", call("LTAI5tReal")), ("c.tar", tar(&[]))]));
    let pax = |record: &str| tar_member("x", b'x', record.as_bytes());
    let mut sparse_pax = pax("22 GNU.sparse.major=1\n");
    sparse_pax.extend(&sparse);
    for bytes in [&sparse, &sparse_pax] {
        check(
            "p.tar",
            bytes,
            3,
            &["LTAI5tReal"],
            &["b.gz", "sparse", "c.tar", "inside a container"],
        );
    }
}

#[test]
fn wrong_sizes_cost_no_other_member() {
    for size in [0, 10, 1 << 30] {
        let liar = ZipMember {
            size: Some(size),
            ..zip_member("b.json", array(&[call_of("LTAI5tLiar")]))
        };
        let (bytes, _) = zip(&[zip_member("a.gz", call("LTAI5tReal")), liar]);
        let archive = Archive::new().file("p.zip", bytes);
        let outcome = ask(&["keys", "-f", "json"], &archive)
            .code(3)
            .reports(&["b.json", "size"]);
        assert!(outcome.stdout().contains("LTAI5tReal"), "{outcome}");
    }
    // Headers that announce a name, or a file, of 8 GiB.
    for (kind, size) in [
        (b'L', "77777777777"),
        (b'x', "77777777777"),
        (b'0', "77777777777"),
    ] {
        let mut member = tar_member("b.gz", kind, b"");
        member[124..136].copy_from_slice(format!("{size}\0").as_bytes());
        write_tar_checksum(&mut member);
        let mut bytes = tar_member("a.gz", b'0', &call("LTAI5tReal"));
        bytes.extend(member);
        bytes.extend([7; 2000]);
        for (name, bytes) in [("p.tar", bytes.clone()), ("p.tgz", gzip(&bytes))] {
            let archive = Archive::new().file(name, bytes);
            let command = args([&"keys", &archive.root(), &"-f", &"json"]);
            let outcome = keytrail_after("ulimit -v 600000", command)
                .run()
                .code(3)
                .reports(&[name]);
            assert!(outcome.stdout().contains("LTAI5tReal"), "{outcome}");
        }
    }
}

#[test]
fn a_broken_container_gives_the_members_before_the_fault() {
    let first = call("LTAI5tFirst");
    let members = [
        ("a.gz", first.clone()),
        ("b.gz", call("LTAI5tSecond")),
        ("c.gz", call("LTAI5tThird")),
    ];
    let whole = tar(&members);
    let second = 512 + first.len().next_multiple_of(512);
    // Cut in the second member, cut in its header, and a header with a wrong checksum.
    let mut bad = whole.clone();
    bad[second + 3] ^= 1;
    for (bytes, keys) in [
        (&whole[..second + 512 + 40], &["LTAI5tFirst"][..]),
        (&whole[..second + 100], &["LTAI5tFirst"]),
        (&bad, &["LTAI5tFirst"]),
    ] {
        for (name, bytes) in [
            ("p.tar", bytes.to_vec()),
            ("p.tgz", gzip(bytes)),
            ("p.tar.zst", zstd(bytes)),
        ] {
            check(name, &bytes, 3, keys, &[&format!("{name}: ")]);
        }
    }
    let compressed = gzip(&whole);
    let archive = Archive::new().file("p.tgz", &compressed[..compressed.len() - 5]);
    ask(&["keys", "-f", "json"], &archive)
        .code(3)
        .reports(&["p.tgz", "truncated"]);

    let (zip_member, directory) =
        zip(&members.clone().map(|(name, bytes)| zip_member(name, bytes)));
    let all = ["LTAI5tFirst", "LTAI5tSecond", "LTAI5tThird"];
    check(
        "p.zip",
        &zip_member[..directory + 30],
        3,
        &all,
        &["p.zip: ", "truncated"],
    );
    check(
        "p.zip",
        &zip_member[..directory - 20],
        3,
        &all[..2],
        &["p.zip: ", "truncated"],
    );
    let mut bad = zip_member.clone();
    // The second entry of the directory.
    bad[directory + 50] ^= 1;
    check("p.zip", &bad, 3, &all[..1], &["p.zip: ", "corrupt"]);
}

#[test]
fn a_tar_cut_between_two_members_was_whole() {
    let first = call("LTAI5tFirst");
    let whole = tar(&[("a.gz", first.clone()), ("b.gz", call("LTAI5tSecond"))]);
    let cut = &whole[..512 + first.len().next_multiple_of(512)];
    for (name, bytes) in [
        ("p.tar", cut.to_vec()),
        ("p.tgz", gzip(cut)),
        ("p.tar.zst", zstd(cut)),
    ] {
        check(name, &bytes, 3, &["LTAI5tFirst"], &[name, "truncated"]);
    }
}

#[test]
fn of_two_zips_in_one_file_the_first_was_left_out_in_silence() {
    let zips = ["LTAI5tOne", "LTAI5tTwo"].map(|key| zip(&[zip_member("a.gz", call(key))]).0);
    check(
        "p.zip",
        &zips.concat(),
        3,
        &["LTAI5tTwo"],
        &["p.zip", "several containers"],
    );
}

#[test]
fn concatenated_containers_are_read_to_the_end() {
    let call = |key: &str| {
        let event = with(call_of(key), json!({"requestId": format!("of {key}")}));
        gzip(array(&[event]))
    };
    let keys = ["LTAI5tOne", "LTAI5tTwo"];
    let both = keys.map(|key| tar(&[("a.gz", call(key))])).concat();
    for (name, bytes) in [("p.tar", both.clone()), ("p.tgz", gzip(&both))] {
        let outcome = check(name, &bytes, 0, &keys, &[]);
        assert_eq!(outcome.coverage()["files"]["read"], json!(2), "{outcome}");
        // Each of two members of one name has a place of its own.
        let archive = Archive::new().file(name, &bytes);
        for key in keys {
            let details = details(&archive, key);
            assert!(details.contains(&format!("of {key}")), "{details}");
        }
    }
    let garbage = [both, vec![7; 600]].concat();
    check("p.tar", &garbage, 3, &keys, &["p.tar", "no member"]);
}

#[test]
fn names_of_members_are_escaped_for_a_terminal() {
    let name = "\u{1b}[31m\u{202e}<script>.gz";
    let cut = call("LTAI5tCut")[..20].to_vec();
    for (container, bytes) in [
        ("p.tar", tar(&[(name, cut.clone())])),
        ("p.zip", zip(&[zip_member(name, cut.clone())]).0),
    ] {
        let outcome = check(container, &bytes, 3, &[], &["script"]);
        let stderr = outcome.stderr();
        assert!(
            !stderr.contains('\u{1b}') && !stderr.contains('\u{202e}'),
            "{outcome}"
        );
    }
}

#[test]
fn a_container_reached_twice_is_read_once() {
    let archive = Archive::new().file("p.zip", zip(&[zip_member("a.gz", call("LTAI5tOnce"))]).0);
    let command = args([
        &"keys",
        &archive.root(),
        &archive.path("p.zip"),
        &"-f",
        &"json",
    ]);
    let outcome = keytrail(command).run().code(0);
    assert_eq!(outcome.coverage()["files"]["found"], json!(1), "{outcome}");
    assert_eq!(outcome.coverage()["duplicates"], json!(0), "{outcome}");
}

#[test]
fn a_directory_with_fewer_members_than_it_announces_is_damage() {
    let members = ["LTAI5tOne", "LTAI5tTwo"].map(|key| zip_member(&format!("{key}.gz"), call(key)));
    let (whole, _) = zip(&members);
    let end = whole.len() - 22;
    for (offset, count) in [
        // Nothing is left of the directory, which would pass for an empty one.
        (end + 12, &[0_u8; 4][..]),
        (end + 10, &[3, 0]),
    ] {
        let mut bytes = whole.clone();
        bytes[offset..offset + count.len()].copy_from_slice(count);
        if offset == end + 12 {
            let directory = u32::try_from(end).unwrap().to_le_bytes();
            bytes[end + 16..end + 20].copy_from_slice(&directory);
        }
        let archive = Archive::new().file("p.zip", bytes);
        ask(&["keys", "-f", "json"], &archive)
            .code(3)
            .reports(&["p.zip"]);
    }
}

#[test]
fn a_bomb_in_a_container_fits_into_little_memory() {
    let bomb = gzip_of_repeats("[\"", &vec![b'x'; 1 << 20], 300, "\"]");
    let (zip_member, _) = zip(&[
        zip_member("b.gz", bomb.clone()),
        zip_member("a.gz", call("LTAI5tReal")),
    ]);
    for (name, bytes) in [
        ("p.zip", zip_member),
        (
            "p.tgz",
            gzip(tar(&[("b.gz", bomb), ("a.gz", call("LTAI5tReal"))])),
        ),
    ] {
        let archive = Archive::new().file(name, bytes);
        let command = args([&"keys", &archive.root(), &"-f", &"json", &"--threads", &"1"]);
        // In KiB, about half of the text.
        let outcome = keytrail_after("ulimit -v 163840", command).run().code(3);
        assert_eq!(outcome.column("access_key_id"), ["LTAI5tReal"], "{outcome}");
        assert_eq!(
            outcome.coverage()["files"]["partial"],
            json!(1),
            "{outcome}"
        );
    }
}
