//! What the content of a file says, whatever its name: compressions inside compressions, text in
//! UTF-16, and containers under the names of log files.

use std::io::Write as _;

use serde_json::json;

use crate::support::archive::{
    Archive, array, call_of, gzip, gzip_with_wrong_checksum, names_in, with,
};
use crate::support::checks::{
    all_read, assert_contains, beside_a_neighbour, check, check_path, keys_of, one_partial,
    one_unreadable,
};
use crate::support::containers::{Member, tar, zip, zip_member};
use crate::support::program::{args, keytrail};
use crate::support::questions::{answers, calls, details, events};

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(zstd_safe::compress_bound(text.len()));
    zstd_safe::compress(&mut bytes, text, 3).unwrap();
    bytes
}

fn lz4(text: &[u8]) -> Vec<u8> {
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(text).unwrap();
    lz4.finish().unwrap()
}

/// Text in UTF-16 with a mark, in little and in big endian.
fn utf16(text: &str) -> [Vec<u8>; 2] {
    let units: Vec<u16> = format!("\u{feff}{text}").encode_utf16().collect();
    [
        units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ]
}

/// A log file that was compressed twice was text that is no JSON.
#[test]
fn a_compression_inside_a_compression_gives_the_answers_of_the_plain_one() {
    let text = array(&events());
    let expected = answers(&Archive::new().file("a.json", &text));
    let text = text.as_bytes();
    let snappy = |text: &[u8]| snap::raw::Encoder::new().compress_vec(text).unwrap();
    for (what, bytes) in [
        ("gzip in gzip", gzip(gzip(text))),
        ("zstd in gzip", gzip(zstd(text))),
        ("gzip in zstd", zstd(&gzip(text))),
        ("lz4 in lz4", lz4(&lz4(text))),
        ("snappy in gzip", gzip(snappy(text))),
        ("four times", gzip(zstd(&gzip(lz4(text))))),
    ] {
        let archive = Archive::new().file("a.gz", &bytes);
        assert_eq!(answers(&archive), expected, "{what}");
        // Where only one key is asked for, the text is searched first.
        let rows = |archive: &Archive| details(archive, "LTAI5tTwo").len();
        let plain = Archive::new().file("a.gz", text);
        assert_eq!(rows(&archive), rows(&plain), "{what}");
    }
}

#[test]
fn damage_inside_a_second_compression_is_named() {
    let text = array(&[call_of("LTAI5tKept")]);
    let whole = gzip(&text);
    let five = (0..5).fold(text.clone().into_bytes(), |bytes, _| gzip(bytes));
    for (bytes, files, what) in [
        (
            gzip(gzip_with_wrong_checksum(&text)),
            one_partial(),
            "the gzip checksum is wrong",
        ),
        (
            gzip_with_wrong_checksum_of(&whole),
            one_partial(),
            "the gzip checksum is wrong",
        ),
        (
            gzip(&whole[..whole.len() - 3]),
            one_partial(),
            "the gzip data end early: truncated",
        ),
        (
            five,
            one_unreadable(),
            "is packed in more than four layers, which is not read",
        ),
        (
            gzip(b"BZh91AY&SY and more"),
            one_unreadable(),
            "is bzip2, which is not read",
        ),
    ] {
        let archive = beside_a_neighbour("b.gz", bytes);
        let outcome = keytrail(args([&"keys", &archive.root(), &"-f", &"json"]));
        let outcome = outcome.run().code(3).reports(&[what]);
        assert_contains(&outcome.coverage(), &files, &outcome);
        let verified = keytrail(args([&"verify", &archive.root(), &"--independent"]));
        verified.run().code(3).reports(&[what]);
    }
}

/// Gzip of these bytes, with a wrong checksum.
fn gzip_with_wrong_checksum_of(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = gzip(bytes);
    let length = bytes.len();
    bytes[length - 5] ^= 1;
    bytes
}

/// Text in UTF-16 was told by its name only where a bracket followed its mark.
#[test]
fn text_in_utf16_gives_the_answers_of_the_plain_one() {
    let text = array(&events());
    let expected = answers(&Archive::new().file("a.json", &text));
    let mut files = Vec::new();
    for text in [
        text.clone(),
        format!("\r\n\r\n{text}"),
        format!("  \n{text}"),
    ] {
        files.extend(utf16(&text));
    }
    for wide in utf16(&text) {
        files.push(gzip(&wide));
        files.push(zstd(&gzip(&wide)));
        files.push([b"\r\n ", &*wide].concat());
        // Without a mark.
        files.push(wide[2..].to_vec());
    }
    for (number, bytes) in files.into_iter().enumerate() {
        let archive = Archive::new().file("a.json", &bytes);
        assert_eq!(answers(&archive), expected, "{number}");
        let verified = keytrail(args([&"verify", &archive.root(), &"--independent"]));
        verified.run().code(0);
    }
    // CSV as Excel saves it, and a text that is not of one piece.
    let many = array(&vec![call_of("LTAI5tMany"); 2000]);
    let [wide, _] = utf16(&many);
    for name in ["a.json", "a.gz"] {
        let archive = Archive::new().file(name, &wide);
        let coverage = json!({"records": {"found": 2000}, "duplicates": 1999});
        check(&archive, 0, &["LTAI5tMany"], &coverage);
    }
}

#[test]
fn half_a_character_of_utf16_is_replaced_and_reported() {
    let event = with(call_of("LTAI5tHalf"), json!({"userAgent": "HERE"}));
    for (mut wide, here) in utf16(&array(&[event])).into_iter().zip(utf16("HERE")) {
        let here = &here[2..];
        let at = wide.windows(8).position(|bytes| bytes == here).unwrap();
        let half = if here[0] == 0 {
            [0xD8, 0x3D]
        } else {
            [0x3D, 0xD8]
        };
        wide[at..at + 2].copy_from_slice(&half);
        let archive = Archive::new().file("a.json", &wide);
        let outcome = keytrail(args([&"lookup", &archive.root(), &"-f", &"json"]));
        let outcome = outcome
            .run()
            .code(0)
            .reports(&["bytes that are no UTF-8, replaced by U+FFFD"]);
        assert_eq!(
            outcome.rows()[0]["user_agent"],
            json!("\u{fffd}ERE"),
            "{outcome}"
        );
    }
    // UTF-32 is not read, and called by its name.
    let wide: Vec<u8> = "\u{feff}[{}]"
        .chars()
        .flat_map(|character| u32::from(character).to_le_bytes())
        .collect();
    let archive = beside_a_neighbour("b.json", wide);
    check(&archive, 3, &["LTAI5tNeighbour"], &one_unreadable())
        .reports(&["is text in UTF-32, which is not read"]);
}

/// The containers of some files, by the ending that they ought to have.
fn containers(files: &[(&str, Vec<u8>)]) -> Vec<(&'static str, Vec<u8>)> {
    let members: Vec<Member<'_>> = files.to_vec();
    let tar = tar(&members);
    let members: Vec<_> = files
        .iter()
        .map(|(name, bytes)| zip_member(name, bytes.clone()))
        .collect();
    let (zip, _) = zip(&members);
    vec![
        ("tar.gz", gzip(&tar)),
        ("tar.zst", zstd(&tar)),
        ("tar", tar),
        ("zip", zip),
    ]
}

/// A pack with the name of a log file was not opened in a folder, though it was where it was named
/// itself.
#[test]
fn a_container_under_the_name_of_a_log_file_is_opened_in_a_folder() {
    let all = events();
    let files = [
        ("AliyunLogs/a.gz", gzip(array(&all[..20]))),
        ("b.json", array(&all[20..]).into_bytes()),
        ("notes.txt", b"ignored".to_vec()),
    ];
    let folder = files.iter().fold(Archive::new(), |archive, (name, bytes)| {
        archive.file(format!("pack/{name}"), bytes)
    });
    let expected = answers(&folder);
    for (ending, bytes) in containers(&files) {
        for name in ["evidence.gz", "evidence.json", "deep/er/evidence.snappy"] {
            let archive = Archive::new().file(name, &bytes);
            assert_eq!(answers(&archive), expected, "{ending} as {name}");
            let outcome = check(
                &archive,
                0,
                &["LTAI5tOne", "LTAI5tTwo", "STS.Three"],
                &all_read(2),
            );
            assert_eq!(
                outcome.coverage()["files"]["ignored"],
                json!(1),
                "{outcome}"
            );
            for question in [&["--raw"][..], &["--service", "Ecs"]] {
                let found = calls(question, &archive.root(), name);
                let in_folder = calls(question, &folder.root(), "pack");
                assert_eq!(found, in_folder, "{ending} as {name} {question:?}");
            }
            let key = "LTAI5tTwo";
            assert_eq!(details(&archive, key), details(&folder, key), "{ending}");
            for threads in ["1", "3"] {
                let outcome = keytrail(args([&"verify", &archive.root(), &"--threads", &threads]));
                outcome.run().code(0);
            }
        }
    }
}

#[test]
fn a_broken_container_under_the_name_of_a_log_file_costs_no_other() {
    let call = |key: &str| gzip(array(&[call_of(key)]));
    let files = [
        ("a.gz", call("LTAI5tFirst")),
        ("b.gz", call("LTAI5tSecond")),
    ];
    for (ending, bytes) in containers(&files) {
        let cut = beside_a_neighbour("b.gz", &bytes[..bytes.len() / 2 - 60]);
        let outcome = keytrail(args([&"keys", &cut.root(), &"-f", &"json"]));
        let outcome = outcome.run().code(3);
        assert!(
            keys_of(&outcome).contains(&"LTAI5tNeighbour".to_owned()),
            "{ending}\n{outcome}"
        );
        // In another container it is told, and not opened.
        let nested = tar(&[("n.gz", bytes), ("a.gz", call("LTAI5tReal"))]);
        for (name, bytes) in [("p.tar", nested.clone()), ("p.tgz", gzip(&nested))] {
            let archive = Archive::new().file(name, bytes);
            check(&archive, 3, &["LTAI5tReal"], &one_unreadable())
                .reports(&["is a container inside a container, which is not opened"]);
        }
    }
    // A log file under the name of a container is read.
    for name in ["a.tar", "a.zip", "a.tgz"] {
        let archive = Archive::new().file(name, array(&[call_of("LTAI5tPlain")]));
        check(&archive, 0, &["LTAI5tPlain"], &all_read(1));
    }
    // A file of zeros, as a download that was never written leaves it, is no container without members.
    let archive = beside_a_neighbour("b.gz", vec![0; 4096]);
    check(&archive, 3, &["LTAI5tNeighbour"], &one_unreadable());
}

/// A root whose files nobody may see ended in 3, like an archive with a part missing.
#[test]
fn a_root_that_cannot_be_listed_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let archive = Archive::of(&[call_of("LTAI5tLocked")]);
    let root = archive.root();
    let permit = |mode| {
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    permit(0o000);
    // Permissions do not stop the superuser.
    if std::fs::read_dir(&root).is_ok() {
        check_path(&root, 0, &["LTAI5tLocked"], &all_read(1));
    } else {
        let outcome = keytrail(args([&"keys", &root])).run();
        outcome.code(2).reports(&["cannot open", "ermission"]);
    }
    permit(0o755);
    assert_eq!(names_in(&root), ["a.gz"]);
}
