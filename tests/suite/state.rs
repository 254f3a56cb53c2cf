//! A saved state gives the answers of a scan of what it was made of, however it was made.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, gzip, names_in, with};
use crate::support::containers::{tar, zip, zip_member};
use crate::support::generate::{self, QuestionCase};
use crate::support::program::{Outcome, args, keytrail};

/// Indexes an archive into a state.
fn index(roots: &[&Path], state: &Path) -> Outcome {
    let mut words = args([&"index", &"--into", &state]);
    words.extend(roots.iter().map(Into::into));
    keytrail(words).run()
}

/// What is asked of an archive and of its state.
const QUESTIONS: &[&[&str]] = &[
    &["keys"],
    &["dump"],
    &["lookup"],
    &["lookup", "--order", "oldest", "--limit", "3"],
    &["lookup", "--order", "none"],
    &["lookup", "--error"],
    &["lookup", "--no-key"],
    &["lookup", "--by", "key,service,region"],
    &["lookup", "--by", "user_agent,event_type"],
];

/// The rows, the coverage, the exit code and the problems of an answer.
fn answer(command: &[&str], root: &Path, options: &[String]) -> (Value, Option<i32>, String) {
    let mut words = args([&"-q", &"-f", &"json", &"--no-search"]);
    words.splice(0..0, command.iter().map(Into::into));
    words.push(root.into());
    words.extend(options.iter().map(Into::into));
    let outcome = keytrail(words).run();
    let document = outcome.json();
    let answer = json!({"rows": document["rows"], "coverage": document["coverage"]});
    let stderr = outcome.stderr();
    (answer, outcome.code, stderr)
}

/// Holds all answers of a state to those of its archive.
#[track_caller]
fn is_equal(archive: &Path, state: &Path, options: &[String]) {
    let keys = answer(&["keys"], archive, &[]).0;
    let keys = keys["rows"].as_array().unwrap().clone();
    let key = keys.iter().filter_map(|row| row["access_key_id"].as_str());
    let key = key.filter(|key| key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let mut questions: Vec<Vec<&str>> = QUESTIONS.iter().map(|words| words.to_vec()).collect();
    let key = key.max();
    if let Some(key) = key {
        for topic in ["info", "ips", "resources", "agents"] {
            questions.push(vec!["last-used", topic, key]);
        }
        questions.push(vec!["lookup", "--key", key]);
    }
    for question in questions {
        let (of_archive, of_state) = (
            answer(&question, archive, options),
            answer(&question, state, options),
        );
        assert_eq!(
            of_archive, of_state,
            "{question:?} {options:?}, that of the state last"
        );
    }
}

/// An archive of these files, of which some come later.
struct Steps {
    archive: Archive,
    later: Vec<Vec<(PathBuf, PathBuf)>>,
}

impl Steps {
    /// Takes files away for the steps in which they come; step 0 is the first.
    fn of(archive: Archive, step: impl Fn(usize) -> usize) -> Self {
        let mut files = Vec::new();
        collect(&archive.root(), &mut files);
        files.sort();
        let mut later: Vec<Vec<(PathBuf, PathBuf)>> = Vec::new();
        for (number, file) in files.into_iter().enumerate() {
            let step = step(number);
            if step > 0 {
                let aside = archive.beside(&format!("aside-{number}"));
                fs::rename(&file, &aside).unwrap();
                later.resize_with(later.len().max(step), Vec::new);
                later[step - 1].push((aside, file));
            }
        }
        Self { archive, later }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

proptest! {
    #![proptest_config(generate::cases(10))]

    #[test]
    fn a_state_made_in_any_steps_answers_as_its_archive(
        files in generate::files(),
        steps in prop::collection::vec(0_usize..3, 16),
        asked in generate::question(),
    ) {
        let (archive, _) = generate::build(&files);
        let Steps { archive, later } = Steps::of(archive, |number| steps[number % steps.len()]);
        let state = archive.beside("state");
        let root = archive.root();
        let first = index(&[&root], &state);
        prop_assert!(matches!(first.code, Some(0 | 2 | 3)), "{}", first);
        for files in later {
            for (aside, file) in files {
                fs::rename(aside, file).unwrap();
            }
            let outcome = index(&[&root], &state);
            prop_assert!(matches!(outcome.code, Some(0 | 2 | 3)), "{}", outcome);
        }
        // A folder without a log file is no archive.
        if !state.join("manifest.json").exists() || answer(&["keys"], &state, &[]).1 == Some(2) {
            return Ok(());
        }
        is_equal(&root, &state, &[]);
        let QuestionCase { args, .. } = asked;
        is_equal(&root, &state, &args);
    }
}

fn day(day: u32, key: &str) -> Vec<u8> {
    let calls = [1, 2].map(|hour| {
        let time = format!("2024-03-{day:02}T0{hour}:00:00Z");
        event(key, &time, "Ecs", "DescribeInstances")
    });
    gzip(array(&calls))
}

fn path(day: u32, name: &str) -> String {
    format!("AliyunLogs/Actiontrail/cn-hangzhou/2024/03/{day:02}/{name}")
}

fn archive_of_days() -> Archive {
    (1..=6).fold(Archive::new(), |archive, number| {
        archive.file(
            path(number, "a.gz"),
            day(number, &format!("LTAI5tDay{number}")),
        )
    })
}

#[test]
fn the_second_run_reads_what_is_new_changed_or_gone() {
    let archive = archive_of_days();
    let (root, state) = (archive.root(), archive.beside("state"));
    let says = |words: &str| {
        let outcome = index(&[&root], &state).code(0);
        assert!(outcome.stdout().contains(words), "{words}\n{outcome}");
    };
    says("6 log files new, 0 log files changed, 0 log files as before, 0 log files gone");
    says("nothing to save; generation 1");
    is_equal(&root, &state, &[]);

    let archive = archive.file(path(7, "b.gz"), day(7, "LTAI5tNew"));
    says("1 log file new, 0 log files changed, 6 log files as before");
    is_equal(&root, &state, &[]);

    fs::write(root.join(path(2, "a.gz")), day(2, "LTAI5tAnother")).unwrap();
    says("0 log files new, 1 log file changed, 6 log files as before");
    is_equal(&root, &state, &[]);

    let before = answer(&["keys"], &state, &[]).0;
    fs::remove_file(root.join(path(3, "a.gz"))).unwrap();
    says("1 log file gone, whose events stay");
    says("nothing to save");
    assert_eq!(answer(&["keys"], &state, &[]).0, before);
    let shown = keytrail(args([&"state", &state])).run().code(0);
    assert!(
        shown
            .stdout()
            .contains("7 log files, 1 of them gone; 14 events, copies included"),
        "{shown}"
    );

    let rebuilt = keytrail(args([&"index", &root, &"--into", &state, &"--rebuild"]));
    rebuilt.run().code(0);
    is_equal(&root, &state, &[]);
    drop(archive);
}

#[test]
fn a_window_opens_no_more_of_a_state_than_of_its_archive() {
    let archive = archive_of_days()
        .file("notes.txt", "x")
        .file(path(2, "notes.txt"), "x")
        .file(path(2, "broken.gz"), "no gzip")
        .link("link.gz", "notes.txt");
    let (root, state) = (archive.root(), archive.beside("state"));
    index(&[&root], &state).code(3);
    for window in [
        &["--since", "2024-03-05"][..],
        &["--until", "2024-03-02T01:30:00Z"],
        &["--since", "2024-03-03T01:30:00Z", "--until", "2024-03-04"],
        &["--account", "1663676968110001", "--region", "cn-hangzhou"],
        &["--region", "nowhere"],
        &["--no-dedup"],
    ] {
        let window: Vec<String> = window.iter().map(|word| (*word).to_owned()).collect();
        is_equal(&root, &state, &window);
    }
}

#[test]
fn containers_and_copies_across_trails_are_in_a_state() {
    let shared = call_of("LTAI5tBoth");
    let members = [
        ("x/a.gz", gzip(array(std::slice::from_ref(&shared)))),
        ("b.json", b"{}".to_vec()),
    ];
    let archive = Archive::new()
        .gz("one/a.gz", array(&[shared.clone(), call_of("LTAI5tOne")]))
        .gz("two/a.gz", array(&[shared]))
        .file("c.tar", tar(&members))
        .file("d.tgz", gzip(tar(&members)))
        .file(
            "e.zip",
            zip(&members.clone().map(|(name, bytes)| zip_member(name, bytes))).0,
        )
        .file("f.gz", gzip(tar(&members)));
    let (root, state) = (archive.root(), archive.beside("state"));
    index(&[&root], &state).code(0);
    is_equal(&root, &state, &[]);
    let again = index(&[&root], &state).code(0);
    assert!(again.stdout().contains("nothing to save"), "{again}");
    // A container that has changed is read anew, with all its members.
    fs::write(
        root.join("d.tgz"),
        gzip(tar(&[("y.gz", gzip(array(&[call_of("LTAI5tY")])))])),
    )
    .unwrap();
    index(&[&root], &state).code(0);
    let keys = answer(&["keys"], &state, &[]).0.to_string();
    assert!(keys.contains("LTAI5tY"), "{keys}");
}

#[test]
fn switches_insight_and_failed_sign_ins_are_in_a_state() {
    let root = Path::new("testdata/archive");
    let folder = Archive::new();
    let state = folder.beside("state");
    index(&[root], &state).code(0);
    is_equal(root, &state, &[]);
    let window = [
        "--since",
        "2024-03-11T05:00:00Z",
        "--until",
        "2024-03-13T09:00:00Z",
    ];
    is_equal(root, &state, &window.map(str::to_owned));
}

#[test]
fn a_state_and_an_archive_answer_together() {
    let one = Archive::new().gz("a.gz", array(&[call_of("LTAI5tOne")]));
    let two = Archive::new().gz("a.gz", array(&[call_of("LTAI5tTwo"), call_of("LTAI5tOne")]));
    let state = one.beside("state");
    index(&[&one.root()], &state).code(0);
    let both = |first: &Path| {
        let words = args([&"dump", &first, &two.root(), &"-f", &"json"]);
        let document = keytrail(words).run().code(0).json();
        (document["rows"].clone(), document["coverage"].clone())
    };
    assert_eq!(both(&one.root()), both(&state));
}

#[test]
fn problems_of_a_second_state_were_named_in_the_first() {
    let [one, two] = ["one", "two"]
        .map(|key| Archive::new().file("x.gz", gzip(format!("[{},{{\"a\" 1}}]", call_of(key)))));
    let states = [&one, &two].map(|archive| {
        let state = archive.beside("state");
        index(&[&archive.root()], &state).code(3);
        state
    });
    let words = args([&"keys", &states[0], &states[1]]);
    let stderr = keytrail(words).run().code(3).stderr();
    for archive in [&one, &two] {
        let file = archive.path("x.gz");
        assert!(stderr.contains(&file.display().to_string()), "{stderr}");
    }
}

#[test]
fn known_problems_still_counted_for_the_exit_code_of_index() {
    let archive = archive_of_days().file("broken.gz", "no gzip");
    let (root, known) = (archive.root(), archive.beside("known.jsonl"));
    let words = args([&"keys", &root, &"--errors-to", &known]);
    keytrail(words).run().code(3);
    let state = archive.beside("state");
    let words = args([&"index", &root, &"--into", &state, &"--accept", &known]);
    keytrail(words).run().code(0);
}

#[test]
fn roots_inside_each_other_hid_the_latest_of_a_file() {
    let archive = archive_of_days();
    let (root, state) = (archive.root(), archive.beside("state"));
    let inner = root.join("AliyunLogs");
    let refused = ["lies inside"];
    index(&[&root, &inner], &state).code(2).reports(&refused);
    index(&[&inner], &state).code(0);
    index(&[&root], &state).code(2).reports(&refused);
    // The same root twice is one.
    let other = archive.beside("other");
    index(&[&root, &root], &other).code(0);
    is_equal(&root, &other, &[]);
}

#[test]
fn a_state_that_has_just_been_begun_was_an_archive() {
    let archive = Archive::new();
    let state = archive.beside("state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("lock"), "").unwrap();
    keytrail(args([&"keys", &state])).run().code(2);
    fs::write(state.join("manifest.json.new"), "{").unwrap();
    keytrail(args([&"keys", &state])).run().code(2);
}

#[test]
fn what_a_state_does_not_have_is_refused() {
    let archive = archive_of_days();
    let state = archive.beside("state");
    index(&[&archive.root()], &state).code(0);
    for words in [
        args([&"verify", &state]),
        args([&"lookup", &state, &"--grep", &"x"]),
        args([&"lookup", &state, &"--raw", &"-f", &"jsonl"]),
        args([&"lookup", &state, &"--columns", &"event", &"-f", &"json"]),
    ] {
        let outcome = keytrail(words).run().code(2);
        assert!(outcome.stderr().contains("which the state"), "{outcome}");
    }
    let inside = archive.path("state");
    index(&[&archive.root()], &inside)
        .code(2)
        .reports(&["lies in the archive"]);
    let empty = Archive::new();
    index(&[&empty.root()], &state)
        .code(2)
        .reports(&["no log file"]);
    index(&[&archive.root()], &archive.path("notes")).code(2);
    let before = names_in(&state);
    keytrail(args([
        &"index",
        &state,
        &"--into",
        &archive.beside("other"),
    ]))
    .run()
    .code(2);
    assert_eq!(names_in(&state), before);
}

#[test]
fn secrets_do_not_come_into_a_state() {
    let secret = "hunter2hunter2";
    let call = with(
        call_of("LTAI5tSecret"),
        json!({
            "userAgent": format!("curl password={secret}"),
            "errorCode": "Forbidden",
            "errorMessage": format!("the password={secret} is wrong"),
            "resourceName": format!("https://user:{secret}@example.com/x"),
            "resourceType": "X",
        }),
    );
    let archive = Archive::new().gz("a.gz", array(&[call]));
    let (root, state) = (archive.root(), archive.beside("state"));
    index(&[&root], &state).code(0);
    is_equal(&root, &state, &[]);
    let mut files = Vec::new();
    collect(&state, &mut files);
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let found = memchr::memmem::find(&bytes, secret.as_bytes());
        assert!(found.is_none(), "{}", file.display());
    }
    let kept = archive.beside("kept");
    keytrail(args([&"index", &root, &"--into", &kept, &"--no-redact"]))
        .run()
        .code(0);
    let shown = keytrail(args([&"lookup", &kept, &"--no-redact", &"-f", &"json"])).run();
    assert!(shown.stdout().contains(secret), "{shown}");
}

#[test]
fn a_changed_byte_in_a_state_is_told() {
    let archive = archive_of_days();
    let (root, state) = (archive.root(), archive.beside("state"));
    index(&[&root], &state).code(0);
    let expected = answer(&["dump"], &state, &[]);
    let mut files = Vec::new();
    collect(&state, &mut files);
    for file in files {
        let whole = fs::read(&file).unwrap();
        for position in (0..whole.len()).step_by(1.max(whole.len() / 60)) {
            let mut changed = whole.clone();
            changed[position] ^= 1 << (position % 8);
            fs::write(&file, &changed).unwrap();
            let mut words = args([&"dump", &state, &"-q", &"-f", &"json", &"--no-search"]);
            words.push("--threads=1".into());
            let outcome = keytrail(words).run();
            if outcome.code != Some(2) {
                let document = outcome.json();
                let rows = json!({"rows": document["rows"], "coverage": document["coverage"]});
                assert_eq!(rows, expected.0, "{} {position}", file.display());
            }
            assert!(!outcome.stderr().contains("panicked"), "{outcome}");
        }
        fs::write(&file, whole).unwrap();
    }
}
