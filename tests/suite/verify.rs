//! The `verify` command: names against content, copies, gaps, stopped trails, manifests.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::archive::{
    Archive, array, call_of, event, gzip, gzip_at, gzip_cut_after, gzip_with_wrong_checksum, with,
};
use crate::support::containers::{tar, zip, zip_member};
use crate::support::program::{Outcome, args, keytrail};

const PREFIX: &str = "AliyunLogs/Actiontrail";

/// A name of the documented form. The time is `YYYYMMDDHH`.
fn name(region: &str, hour: &str, events: usize, size: usize, md5: &str) -> String {
    format!("Actiontrail_{region}_{hour}0451_1002_{events}_{size}_{md5}.gz")
}

/// The path of a log file of the usual layout.
fn place(region: &str, hour: &str, name: &str) -> String {
    let (year, month, day) = (&hour[..4], &hour[4..6], &hour[6..8]);
    format!("{PREFIX}/{region}/{year}/{month}/{day}/{name}")
}

fn md5_of(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bytes");
    std::fs::write(&path, bytes).unwrap();
    let output = Command::new("md5sum").arg(path).output().expect("md5sum");
    String::from_utf8(output.stdout).unwrap()[..32].to_owned()
}

/// Log files of a region with one event in each, delivered in these hours.
fn delivered(mut archive: Archive, region: &str, hours: &[&str]) -> Archive {
    for hour in hours {
        let bytes = gzip(array(&[call_of(&format!("{region} {hour}"))]));
        let name = name(region, hour, 1, bytes.len(), &"0".repeat(32));
        archive = archive.file(place(region, hour, &name), bytes);
    }
    archive
}

fn verify(archive: &Archive, options: &[&str]) -> Outcome {
    let mut arguments = args([&"verify", &archive.root()]);
    arguments.extend(options.iter().map(Into::into));
    keytrail(arguments).run()
}

fn document(archive: &Archive) -> Value {
    verify(archive, &["-f", "json"]).code(0).json()
}

/// The times of gaps as `day hour to day hour`.
fn gaps(list: &Value) -> Vec<String> {
    let short = |time: &Value| time.as_str().unwrap()[8..13].replace('T', " ");
    list.as_array()
        .unwrap()
        .iter()
        .map(|gap| format!("{} to {}", short(&gap["from"]), short(&gap["until"])))
        .collect()
}

// Names.

#[test]
fn a_name_is_compared_with_the_object_and_with_its_text() {
    let text = array(&[call_of("LTAI5tA"), call_of("LTAI5tB")]);
    let object = gzip(&text);
    let (of_object, of_text, of_nothing) = (
        md5_of(&object),
        md5_of(text.as_bytes()),
        "0123456789abcdef".repeat(2),
    );
    let hour = "2024030509";
    let add = |archive: Archive, events, size, md5: &str| {
        let name = name("cn-hangzhou", hour, events, size, md5);
        archive.file(place("cn-hangzhou", hour, &name), &object)
    };
    let archive = add(Archive::new(), 2, object.len(), &of_object);
    let archive = add(archive, 2, text.len(), &of_text);
    let archive = add(archive, 3, 7, &of_nothing);
    let archive = archive.file("other.gz", &object);

    let document = document(&archive);
    let names = &document["names"][0];
    assert_eq!(names["named"], json!(3));
    assert_eq!(names["unnamed"], json!(1));
    assert_eq!(names["events"], json!({"match": 2, "differ": 1}));
    let each_once = json!({"object": 1, "text": 1, "both": 0, "neither": 1, "unknown": 0});
    assert_eq!(names["size"], each_once);
    assert_eq!(names["md5"], each_once);
    let path = place(
        "cn-hangzhou",
        hour,
        &name("cn-hangzhou", hour, 3, 7, &of_nothing),
    );
    let at = |rest: Value| {
        let mut object = json!({"root": 0, "path": path});
        object
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        object
    };
    assert_eq!(
        names["differ"],
        json!([
            at(json!({"what": "events", "name": 3, "found": 2})),
            at(json!({"what": "size", "name": 7, "object": object.len(), "text": text.len()})),
            at(json!({"what": "md5", "name": of_nothing, "object": of_object, "text": of_text})),
        ])
    );
    let outcome = verify(&archive, &[]).code(0);
    for part in [
        "3 of 4 log files",
        "2 of 3 as many as the name tells",
        "1 of 3 match the object, 1 its text, 1 neither",
        "event count: its name tells 3, inside are 2 records",
    ] {
        assert!(outcome.stdout().contains(part), "{part}\n{outcome}");
    }
}

#[test]
fn a_name_in_a_folder_of_another_region_or_day_is_reported() {
    let bytes = gzip(array(&[call_of("LTAI5tA")]));
    let in_folder = |region: &str, day: &str, name_region: &str, hour: &str| {
        let name = name(name_region, hour, 1, bytes.len(), &md5_of(&bytes));
        place(region, day, &name)
    };
    let archive = Archive::new()
        .file(
            in_folder("cn-beijing", "20240305", "cn-hangzhou", "2024030509"),
            &bytes,
        )
        .file(
            in_folder("cn-beijing", "20240305", "cn-beijing", "2024030709"),
            &bytes,
        )
        // Around midnight a file can lie in the neighbouring day.
        .file(
            in_folder("cn-beijing", "20240305", "cn-beijing", "2024030600"),
            &bytes,
        );
    let document = document(&archive);
    let differ: Vec<_> = document["names"][0]["differ"]
        .as_array()
        .unwrap()
        .iter()
        .map(|differ| json!([differ["what"], differ["name"], differ["folder"]]))
        .collect();
    assert_eq!(
        differ,
        [
            json!(["day", "2024-03-07", "2024-03-05"]),
            json!(["region", "cn-hangzhou", "cn-beijing"]),
        ]
    );
}

#[test]
fn a_damaged_file_is_reported_and_not_compared_with_its_name() {
    let whole = gzip(array(&[call_of("LTAI5tA")]));
    let cut = &whole[..whole.len() / 2];
    let hour = "2024030509";
    let name = name("a", hour, 1, 99_999, &"0".repeat(32));
    let archive = Archive::new().file(place("a", hour, &name), cut);
    let outcome = verify(&archive, &["-f", "json"]).code(3);
    let document = outcome.json();
    assert_eq!(document["names"][0]["size"]["unknown"], json!(1));
    assert_eq!(document["names"][0]["md5"]["unknown"], json!(1));
    let kinds: Vec<_> = document["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (problem["kind"].clone(), problem["damage"].clone()))
        .collect();
    assert!(
        kinds.contains(&(json!("truncated"), json!(true))),
        "{outcome}"
    );
    assert_eq!(
        document["coverage"]["files"]["partial"].as_u64().unwrap()
            + document["coverage"]["files"]["unreadable"]
                .as_u64()
                .unwrap(),
        1
    );
}

// Copies.

#[test]
fn copies_are_reported_by_object_and_by_text() {
    let text = array(&[call_of("LTAI5tA")]);
    let archive = Archive::new()
        .file("a.gz", gzip(&text))
        .file("b/a.gz", gzip(&text))
        .file("c.gz", gzip_at(0, &text))
        .file("d.gz", gzip(array(&[call_of("LTAI5tB")])))
        .file("empty-1.gz", gzip("[]"))
        .file("empty-2.gz", gzip_at(0, "[]"))
        .file("zero-1.json", "")
        .file("zero-2.json", "");
    let document = document(&archive);
    let copies: Vec<_> = document["copies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|copies| {
            let paths: Vec<_> = copies["log_files"]
                .as_array()
                .unwrap()
                .iter()
                .map(|file| file["path"].clone())
                .collect();
            json!([copies["of"], paths])
        })
        .collect();
    assert_eq!(
        copies,
        [
            json!(["object", ["a.gz", "b/a.gz"]]),
            json!(["text", ["a.gz", "b/a.gz", "c.gz"]]),
        ]
    );
}

#[test]
fn a_second_inflater_agrees_where_it_is_asked() {
    let text = array(&[call_of("LTAI5tAlice")]);
    let archive = Archive::new()
        .gz("a.gz", &text)
        .file("b.json", &text)
        .file("cut.gz", gzip_cut_after(&text, 20))
        .file("sum.gz", gzip_with_wrong_checksum(&text));
    let alone = verify(&archive, &["-f", "json"]).code(3).json();
    assert_eq!(alone.get("second_inflater"), None, "{alone}");
    let both = verify(&archive, &["-f", "json", "--independent"]);
    let mut both = both.code(3).json();
    let second = both.as_object_mut().unwrap().remove("second_inflater");
    assert_eq!(second, Some(json!({"agree": 3, "differ": []})));
    assert_eq!(both, alone, "nothing else changes");
    let table = verify(&archive, &["--independent"]).code(3);
    let line = "inflated    3 of 3 gzip files have the same text by a second inflater";
    assert!(table.stdout().contains(line), "{table}");
}

// Deliveries.

#[test]
fn hours_days_and_regions_without_a_delivery_are_reported() {
    let archive = delivered(
        Archive::new(),
        "cn-hangzhou",
        &[
            "2024030500",
            "2024030501",
            "2024030504",
            "2024030723",
            "2024030800",
        ],
    );
    let archive = delivered(archive, "cn-beijing", &["2024030502", "2024030503"]);
    let document = document(&archive);
    let trails = document["trails"].as_array().unwrap();
    assert_eq!(trails.len(), 1, "{document}");
    let trail = &trails[0];
    assert_eq!(trail["path"], json!(PREFIX), "{document}");
    assert_eq!(trail["root"], json!(0), "{document}");
    assert_eq!(gaps(&trail["silences"]), ["05 05 to 07 23"]);
    assert_eq!(gaps(&trail["missing_days"]), ["06 00 to 07 00"]);
    let regions: Vec<_> = trail["regions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|region| (region["region"].clone(), gaps(&region["gaps"])))
        .collect();
    assert_eq!(
        regions,
        [
            (json!("cn-beijing"), vec![]),
            (
                json!("cn-hangzhou"),
                vec!["05 02 to 05 04".to_owned(), "05 05 to 07 23".to_owned()]
            ),
        ]
    );
    assert_eq!(document["coverage"]["gaps"], json!(2));
    assert_eq!(document["coverage"]["long_gaps"], json!(1));
    let text = verify(&archive, &[]).code(0);
    for part in [
        "silent    2024-03-05T05:00:00Z to 2024-03-07T23:00:00Z: 66 hours, in all regions",
        "no day    2024-03-06",
        "region    cn-beijing: no gap; begins 2024-03-05T02:00:00Z; ends 2024-03-05T03:00:00Z",
    ] {
        assert!(text.stdout().contains(part), "{part}\n{text}");
    }

    // Every answer has the count, and its footer mentions whole days of silence of the trail only.
    let keys = |options: &[&str]| {
        let mut arguments = args([&"keys", &archive.root()]);
        arguments.extend(options.iter().map(Into::into));
        keytrail(arguments).run().code(0)
    };
    assert_eq!(keys(&["-f", "json"]).coverage()["gaps"], json!(2));
    keys(&[]).reports(&[
        "delivered nothing from 2024-03-06T00:00:00Z to 2024-03-07T00:00:00Z, against its rhythm",
    ]);
    // What is pruned is neither delivered nor missing.
    let early = ["-f", "json", "--until", "2024-03-05T10:00:00Z"];
    let coverage = keys(&early).coverage();
    assert_eq!(coverage["gaps"], json!(1), "{coverage}");
    assert_eq!(coverage["files"]["folders_pruned"], json!(2), "{coverage}");
    assert!(!keys(&early[2..]).stderr().contains("blind"));
}

#[test]
fn a_trail_belongs_to_its_root_however_deep_the_root_lies() {
    let archive = delivered(Archive::new(), "a", &["2024030500", "2024030602"]);
    let run = |roots: &[PathBuf]| {
        let mut arguments = args([&"verify", &"-f", &"json"]);
        arguments.extend(roots.iter().map(Into::into));
        keytrail(arguments).run().code(0).json()
    };
    // Of the region's folder, of the year's, and of the root above all.
    for (root, trail) in [
        (format!("{PREFIX}/a"), ""),
        (format!("{PREFIX}/a/2024"), ""),
        (PREFIX.to_owned(), ""),
        (String::new(), PREFIX),
    ] {
        let document = run(&[archive.path(&root)]);
        let [found] = &document["trails"].as_array().unwrap()[..] else {
            panic!("{root}: {document}");
        };
        assert_eq!(found["path"], json!(trail), "{root}");
        assert_eq!(gaps(&found["regions"][0]["gaps"]), ["05 01 to 06 02"]);
    }
    let day = |day: &str| archive.path(format!("{PREFIX}/a/2024/03/{day}"));
    let trails = |one: &str, other: &str| run(&[day(one), day(other)])["trails"].clone();
    let (one, other) = (trails("05", "06"), trails("06", "05"));
    for (root, trail) in [(0, &one[0]), (1, &one[1]), (1, &other[1]), (0, &other[0])] {
        assert_eq!((&trail["root"], &trail["path"]), (&json!(root), &json!("")));
    }
    let hours = |trail: &Value| trail["first_hour"].clone();
    assert_eq!(
        [hours(&one[0]), hours(&one[1])],
        [hours(&other[1]), hours(&other[0])]
    );
}

// Stopped trails.

fn trail_event(time: &str, name: &str, fields: Value) -> Value {
    with(event("LTAI5tMallory", time, "Actiontrail", name), fields)
}

#[test]
fn the_time_after_a_stopped_trail_is_reported() {
    let other = with(
        call_of("LTAI5tOther"),
        json!({
            "eventTime": "2024-03-05T12:00:00Z",
            "eventId": "other",
            "userIdentity": {"accountId": "2", "accessKeyId": "LTAI5tOther"},
        }),
    );
    let stop = trail_event(
        "2024-03-05T10:00:00Z",
        "StopLogging",
        json!({"resourceName": "trail-main", "resourceType": "ACS::ActionTrail::Trail"}),
    );
    let events = [
        call_of("LTAI5tA"),
        trail_event(
            "2024-03-05T09:59:00Z",
            "DeleteTrail",
            json!({"errorCode": "Forbidden"}),
        ),
        stop.clone(),
        other,
        trail_event("2024-03-05T10:00:30Z", "DescribeTrails", json!({})),
        trail_event("2024-03-05T18:00:00Z", "StartLogging", json!({})),
        trail_event("2024-03-06T00:00:00Z", "UpdateTrail", json!({})),
    ];
    let archive = Archive::of(&events).gz("copy.gz", array(&[stop]));
    let document = document(&archive);
    let changes: Vec<_> = document["switches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|switch| {
            json!([
                switch["event_name"],
                switch["next_start_logging"],
                switch["silent_from"],
                switch["silent_until"],
                switch["last_event"]
            ])
        })
        .collect();
    let last = "2024-03-06T00:00:00Z";
    assert_eq!(
        changes,
        [
            json!(["DeleteTrail", null, null, null, null]),
            json!([
                "StopLogging",
                "2024-03-05T18:00:00Z",
                "2024-03-05T10:00:30Z",
                "2024-03-05T18:00:00Z",
                last
            ]),
            json!(["StartLogging", null, null, null, null]),
            json!(["UpdateTrail", null, last, null, last]),
        ],
        "{document}"
    );
    let stop = &document["switches"][1];
    assert_eq!(stop["access_key_id"], json!("LTAI5tMallory"));
    assert_eq!(stop["source_ip"], json!("198.51.100.7"));
    assert_eq!(stop["resources"], json!(["trail-main"]));
    assert_eq!(stop["log_file"], json!("a.gz"));
    let text = verify(&archive, &[]).code(0);
    for part in [
        "2024-03-05T10:00:00Z  StopLogging by key LTAI5tMallory (user alice)",
        "logging starts again 2024-03-05T18:00:00Z",
        "; failed: Forbidden",
        "no event of the account after 2024-03-06T00:00:00Z",
    ] {
        assert!(text.stdout().contains(part), "{part}\n{text}");
    }
}

#[test]
fn the_stopped_trail_of_the_test_data_is_reported() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/archive/single");
    let outcome = keytrail(args([&"verify", &root])).run().code(0);
    for part in [
        "names       228 of 228 log files",
        "events    228 of 228 as many as the name tells",
        "size      228 of 228 match the object",
        "md5       228 of 228 match the object",
        "silent    2024-03-11T05:00:00Z to 2024-03-13T09:00:00Z: 52 hours, in all regions",
        "no day    2024-03-12",
        "2024-03-11T04:47:09Z  StopLogging by key STS.NEXAMPLEstolenSession0008",
        "logging starts again 2024-03-13T09:05:00Z",
    ] {
        assert!(outcome.stdout().contains(part), "{part}\n{outcome}");
    }
}

// Manifests.

/// Log files whose names have line ends, escapes of terminals or bytes that are not UTF-8.
fn hostile_names() -> Archive {
    let names: [&[u8]; 7] = [
        b"line\nfeed.gz",
        b"back\\nslash.gz",
        b"return\r.gz",
        b"\x1b[2Jclear.gz",
        b"not utf8 \xff\xfe.gz",
        b"# size 7.gz",
        "\u{202e}zg.gz".as_bytes(),
    ];
    let mut archive = Archive::new();
    for (number, name) in names.iter().enumerate() {
        let text = array(&[call_of(&format!("LTAI5t{number}"))]);
        archive = archive.gz(Path::new("sub").join(OsStr::from_bytes(name)), text);
    }
    archive.gz("plain.gz", "[]")
}

#[test]
fn a_manifest_of_hostile_names_is_read_back() {
    let archive = hostile_names();
    let manifest = archive.beside("m.sha256");
    let at = |option: &str, options: &[&str]| {
        let path = manifest.to_str().unwrap().to_owned();
        verify(&archive, &[&[option, path.as_str()], options].concat())
    };
    let outcome = at("--manifest", &[]).code(0);
    assert!(!outcome.stdout().contains('\x1b'), "{outcome}");
    let outcome = at("--against", &["-f", "json"]).code(0);
    assert_eq!(
        outcome.json()["manifest"],
        json!({"same": 8, "changed": [], "missing": [], "added": [], "unreadable": []})
    );

    // `sha256sum` reads the same lines.
    let check = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet"])
        .arg(&manifest)
        .current_dir(archive.root())
        .output()
        .expect("sha256sum");
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );

    // An existing file is replaced with `--force` only.
    let before = std::fs::read(&manifest).unwrap();
    at("--manifest", &[]).code(2).reports(&["--force"]);
    assert_eq!(std::fs::read(&manifest).unwrap(), before);
    at("--manifest", &["--force", "--threads", "1"]).code(0);
    assert_eq!(std::fs::read(&manifest).unwrap(), before);
}

/// A manifest that went through an editor or a mail program on Windows was that of another archive.
#[test]
fn a_manifest_with_line_ends_of_windows_is_the_same_manifest() {
    let archive = hostile_names();
    let manifest = archive.beside("manifest");
    let path = manifest.to_str().unwrap();
    verify(&archive, &["--manifest", path]).code(0);
    let text = std::fs::read(&manifest).unwrap();
    let mut changed = b"\xEF\xBB\xBF".to_vec();
    for byte in text {
        if byte == b'\n' {
            changed.push(b'\r');
        }
        changed.push(byte);
    }
    std::fs::write(&manifest, changed).unwrap();
    let outcome = verify(&archive, &["--against", path, "-f", "json"]).code(0);
    let comparison = &outcome.json()["manifest"];
    assert_eq!(comparison["missing"], json!([]), "{outcome}");
}

#[test]
fn differences_from_a_manifest_are_reported_and_no_success() {
    let archive = hostile_names();
    let manifest = archive.beside("m.sha256");
    let manifest = manifest.to_str().unwrap();
    verify(&archive, &["--manifest", manifest]).code(0);
    std::fs::remove_file(archive.path("plain.gz")).unwrap();
    let archive = archive.gz("new.gz", "[]").gz("sub/# size 7.gz", "[]");
    let outcome = verify(&archive, &["--against", manifest, "-f", "json"]).code(3);
    let found = &outcome.json()["manifest"];
    assert_eq!(found["same"], json!(6));
    for (what, path) in [
        ("changed", "sub/# size 7.gz"),
        ("missing", "plain.gz"),
        ("added", "new.gz"),
    ] {
        assert_eq!(found[what], json!([{"root": 0, "path": path}]), "{outcome}");
    }
    let text = verify(&archive, &["--against", manifest]).code(3);
    assert!(
        text.stdout()
            .contains("6 the same, 1 changed, 1 missing, 1 added, 0 unreadable"),
        "{text}"
    );
    assert!(text.stdout().contains("missing   plain.gz"), "{text}");
    // A copy elsewhere is the same archive.
    let copy = archive.beside("copy");
    std::fs::rename(archive.root(), &copy).unwrap();
    let outcome = keytrail(args([
        &"verify",
        &copy,
        &"--against",
        &manifest,
        &"-f",
        &"json",
    ]))
    .run()
    .code(3);
    assert_eq!(&outcome.json()["manifest"], found);
}

/// Roots were compared by their order, and everything was missing and added.
#[test]
fn roots_in_another_order_than_in_the_manifest_are_the_same_archive() {
    let (one, other) = (
        Archive::of(&[call_of("LTAI5tA")]).gz("b.gz", array(&[call_of("LTAI5tB")])),
        Archive::of(&[call_of("LTAI5tC")]),
    );
    let manifest = one.beside("m.sha256");
    let run = |roots: [&dyn AsRef<OsStr>; 2], options: &[&str]| {
        let mut words = args([&"verify", roots[0], roots[1]]);
        words.extend(options.iter().map(Into::into));
        keytrail(words).run()
    };
    let (first, second) = (one.root(), other.root());
    let path = manifest.to_str().unwrap();
    run([&first, &second], &["--manifest", path]).code(0);
    let same = run([&second, &first], &["--against", path, "-fjson"]).code(0);
    let found = &same.json()["manifest"];
    assert_eq!(
        [&found["same"], &found["renumbered"]],
        [&json!(3), &json!(true)]
    );
    let text = run([&second, &first], &["--against", path]).code(0);
    assert!(
        text.stdout()
            .contains("its roots are not those of the archive in this order"),
        "{text}"
    );
    let in_order = run([&first, &second], &["--against", path, "-fjson"]).code(0);
    assert_eq!(in_order.json()["manifest"]["renumbered"], Value::Null);
    // A root that is not there is missing, and no other is.
    let alone = keytrail(args([&"verify", &second, &"--against", &path]));
    let alone = alone.run().code(3);
    for expected in [
        "manifest    1 the same, 0 changed, 2 missing, 0 added, 0 unreadable",
        "missing   (a root of the manifest): b.gz",
    ] {
        assert!(alone.stdout().contains(expected), "{alone}");
    }
}

#[test]
fn an_empty_folder_missed_nothing() {
    let archive = Archive::new();
    let outcome = verify(&archive, &[]).code(1);
    let text = outcome.stdout();
    assert!(
        text.starts_with("found       no log file, so nothing was checked\n"),
        "{outcome}"
    );
    assert!(
        text.contains("\nmissing     no log file to read\n"),
        "{outcome}"
    );
}

#[test]
fn a_malformed_manifest_or_one_in_the_archive_is_an_error() {
    let archive = Archive::of(&[call_of("LTAI5tA")]);
    let inside = archive.path("m.sha256");
    verify(&archive, &["--manifest", inside.to_str().unwrap()])
        .code(2)
        .reports(&["lies in the archive"]);
    assert!(!inside.exists());
    let nonsense = archive.beside("nonsense");
    std::fs::write(&nonsense, "# fine\nnonsense\n").unwrap();
    let nonsense = nonsense.to_str().unwrap();
    verify(&archive, &["--against", nonsense])
        .code(2)
        .reports(&["nonsense", "line 2"]);
    verify(&archive, &["--against", "/nowhere"])
        .code(2)
        .reports(&["/nowhere"]);
}

#[test]
fn a_file_that_cannot_be_read_is_damage_and_in_no_manifest() {
    let archive = Archive::of(&[call_of("LTAI5tA")]);
    let manifest = archive.beside("m.sha256");
    // It can be opened, and reading its first byte is an error for every user.
    let unreadable = "/proc/self/mem";
    let run = |option: &str| {
        let root = archive.root();
        keytrail(args([&"verify", &root, &unreadable, &option, &manifest]))
            .run()
            .code(3)
    };
    run("--manifest").reports(&[unreadable]);
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("  a.gz\n"), "{text}");
    assert!(!text.contains("  mem"), "{text}");
    // As if it had been readable before.
    let text = format!("{text}{}  mem\n", "0".repeat(64));
    std::fs::write(&manifest, text).unwrap();
    let outcome = run("--against");
    assert!(
        outcome.stdout().contains("unreadable  /proc/self/mem: mem"),
        "{outcome}"
    );
}

// Containers.

#[test]
fn a_container_is_verified_like_its_folder() {
    let mut files = Vec::new();
    for (region, hour, key) in [
        ("a", "2024030500", "LTAI5tOne"),
        ("a", "2024030703", "LTAI5tTwo"),
        ("b", "2024030501", "LTAI5tThree"),
    ] {
        let bytes = gzip(array(&[call_of(key)]));
        let name = name(region, hour, 1, bytes.len(), &md5_of(&bytes));
        files.push((place(region, hour, &name), bytes));
    }
    let stop = trail_event("2024-03-05T10:00:00Z", "StopLogging", json!({}));
    files.push(("stop.json".to_owned(), array(&[stop]).into_bytes()));
    let members: Vec<_> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    let in_zip: Vec<_> = members
        .iter()
        .map(|(name, bytes)| zip_member(name, bytes.clone()))
        .collect();
    let folder = members
        .iter()
        .fold(Archive::new(), |folder, (name, bytes)| {
            folder.file(name, bytes)
        });
    // Paths begin with the container; all else is the same.
    let verified = |archive: &Archive, container: &str| {
        let mut document = document(archive);
        document["coverage"]["bytes"] = json!("of the container");
        let text = document.to_string();
        let root = archive.root().to_string_lossy().into_owned();
        let text = text.replace(&root, "ROOT");
        match container {
            "" => text,
            container => text.replace(&format!("{container}/"), ""),
        }
    };
    let expected = verified(&folder, "");
    assert!(expected.contains("\"gaps\":1"), "{expected}");
    for (name, bytes) in [
        ("p.tar", tar(&members)),
        ("p.tar.gz", gzip(tar(&members))),
        ("p.zip", zip(&in_zip).0),
    ] {
        let archive = Archive::new().file(name, bytes);
        assert_eq!(verified(&archive, name), expected, "{name}");
    }
}

// Exit codes and outputs.

#[test]
fn an_archive_without_log_files_ends_in_1() {
    let archive = Archive::new().file("notes.txt", "");
    verify(&archive, &[]).code(1).reports(&["no log files in"]);
    let manifest = archive.beside("m.sha256");
    verify(&archive, &["--manifest", manifest.to_str().unwrap(), "-q"]).code(1);
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(
        text.starts_with("# keytrail manifest 1\n# root 0: "),
        "{text}"
    );
    verify(&archive, &["--against", manifest.to_str().unwrap()]).code(1);
}

#[test]
fn no_number_of_threads_shows_in_a_verification() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for format in ["table", "json"] {
        let run = |threads: &str| {
            let arguments = args([&"verify", &root, &"-f", &format, &"--threads", &threads]);
            keytrail(arguments).run().code(3)
        };
        let (one, two) = (run("1"), run("3"));
        assert!(one.stdout.len() > 5000, "the test checks nothing\n{one}");
        assert_eq!(one.stdout(), two.stdout());
        assert_eq!(one.stderr(), two.stderr());
    }
}

#[test]
fn other_formats_are_refused_and_outputs_are_files() {
    let archive = Archive::of(&[call_of("LTAI5tA")]);
    verify(&archive, &["-f", "csv"])
        .code(2)
        .reports(&["csv is not for verify", "table, json"]);
    let output = archive.beside("answer.json");
    let quiet = verify(&archive, &["-q", "-o", output.to_str().unwrap()]).code(0);
    assert_eq!((quiet.stdout(), &*quiet.stderr()), ("", ""));
    let written: Value = serde_json::from_slice(&std::fs::read(&output).unwrap()).unwrap();
    assert_eq!(written["schema"], json!("keytrail.verify/1"));
    assert_eq!(written["coverage"]["events"], json!(1));
}

#[test]
fn nothing_hostile_reaches_a_terminal() {
    let evil = "\u{1b}[2J\u{202e}";
    let archive = Archive::of(&[with(
        event(evil, "2024-03-05T10:00:00Z", "Actiontrail", "StopLogging"),
        json!({"sourceIpAddress": evil, "acsRegion": evil, "resourceName": evil, "errorCode": evil}),
    )]);
    let folder = format!("x{evil}/{PREFIX}/r{evil}/2024/03/05");
    let bytes = gzip(array(&[call_of("LTAI5tB")]));
    let archive = archive.file(
        format!(
            "{folder}/{}",
            name("r", "2024030509", 1, 1, &"0".repeat(32))
        ),
        bytes,
    );
    for options in [&[][..], &["-v"], &["-f", "json"]] {
        let outcome = verify(&archive, options).code(0);
        for text in [outcome.stdout(), &outcome.stderr()] {
            assert!(!text.contains(['\x1b', '\u{202e}']), "{outcome}");
        }
        assert!(outcome.stdout().contains("StopLogging"), "{outcome}");
    }
}
