//! Blind times: what an archive is known not to hold, in every answer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::archive::{Archive, array, call_of, event, with};
use crate::support::program::{Outcome, args, keytrail};

/// The story of `testdata/`.
fn story() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/archive")
}

const STOPPED: &str = "blind: nothing is known of account 1098700000000001 from \
                       2024-03-11T04:47:09Z to 2024-03-13T09:05:00Z: its trail trail-main was \
                       stopped (StopLogging, event 4DFB6ABD-0A96-547F-A6C4-EE152870457C)";

fn first_line(outcome: &Outcome) -> String {
    outcome
        .stderr()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The answer was a plain "no event", though the trail had been stopped for the whole window.
#[test]
fn a_window_in_which_the_trail_was_stopped_is_told_before_anything_else() {
    let outcome = keytrail(args([
        &"last-used",
        &"info",
        &"LTAI5tCiDeployEXAMPLE001",
        &story(),
        &"--since",
        &"2024-03-11T05:00:00Z",
        &"--until",
        &"2024-03-13T09:00:00Z",
    ]))
    .run()
    .code(1);
    assert_eq!(first_line(&outcome), STOPPED, "{outcome}");
    // The other trails delivered all the time.
    assert!(
        !outcome.stderr().contains("no trail delivered"),
        "{outcome}"
    );
}

#[test]
fn an_answer_that_touches_a_blind_time_says_so_below_its_footer() {
    let outcome = keytrail(args([
        &"last-used",
        &"info",
        &"LTAI5tCiDeployEXAMPLE001",
        &story(),
    ]))
    .run()
    .code(0);
    assert_eq!(outcome.stderr().lines().last(), Some(STOPPED), "{outcome}");
    // Neither before the call nor of another account.
    for options in [
        &["--until", "2024-03-11T04:47:09Z"][..],
        &["--account", "1098700000000002"],
    ] {
        let mut command = args([&"keys", &story()]);
        command.extend(options.iter().map(Into::into));
        let outcome = keytrail(command).run().code(0);
        assert!(!outcome.stderr().contains("stopped"), "{outcome}");
    }
}

fn copy(from: &Path, to: &Path, skip: &str) {
    for entry in std::fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.ends_with(skip) {
            continue;
        }
        if from.is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&from, &to, skip);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

/// The slack days around the window were read, and hid that there was nothing of the day itself.
#[test]
fn a_window_of_a_day_without_log_files_says_that_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    copy(&story(), folder.path(), "2024/03/08");
    let outcome = keytrail(args([
        &"lookup",
        &folder.path(),
        &"--since",
        &"2024-03-08",
        &"--until",
        &"2024-03-09",
        &"--rw",
        &"write",
    ]))
    .run()
    .code(1);
    let missing = "blind: no log file of 2024-03-08 is there, in any region";
    assert_eq!(first_line(&outcome), missing, "{outcome}");
    assert!(
        outcome.stderr().contains("52 of 52 log files read"),
        "{outcome}"
    );
    let whole = keytrail(args([&"keys", &story(), &"--since", &"2024-03-08"]))
        .run()
        .code(0);
    assert!(!whole.stderr().contains("no log file of"), "{whole}");
}

/// A call about a trail.
fn switch(name: &str, time: &str, trail: &str) -> Value {
    let resources = json!({"ACS::ActionTrail::Trail": [trail]});
    let event = event("LTAI5tAdmin", time, "Actiontrail", name);
    with(
        event,
        json!({"eventId": format!("{name}-{time}"), "referencedResources": resources}),
    )
}

fn call_at(time: &str) -> Value {
    event("LTAI5tAlice", time, "Ecs", "DescribeInstances")
}

/// The blind times of an answer about one archive.
fn blind_of(archive: &Archive, options: &[&str]) -> Vec<Value> {
    let mut command = args([&"keys", &archive.root(), &"-f", &"json"]);
    command.extend(options.iter().map(Into::into));
    let coverage = keytrail(command).run().coverage();
    coverage["blind"].as_array().unwrap().clone()
}

fn stretches(blind: &[Value], why: &str) -> Vec<String> {
    let of_kind = blind.iter().filter(|blind| blind["why"] == json!(why));
    let end = |end: &Value| end.as_str().unwrap_or("…").to_owned();
    of_kind
        .map(|blind| format!("{} to {}", end(&blind["from"]), end(&blind["until"])))
        .collect()
}

#[test]
fn hours_with_an_event_of_the_account_are_not_blind_though_a_trail_is_off() {
    let archive = Archive::of(&[
        call_at("2024-03-05T09:10:00Z"),
        switch("StopLogging", "2024-03-05T09:20:00Z", "main"),
        // Another trail of the account delivers this one.
        call_at("2024-03-05T12:30:00Z"),
        switch("StartLogging", "2024-03-05T13:30:00Z", "other"),
        switch("CreateTrail", "2024-03-05T15:30:00Z", "main"),
        switch("DeleteTrail", "2024-03-05T18:00:00Z", "main"),
    ]);
    let blind = blind_of(&archive, &[]);
    assert_eq!(
        stretches(&blind, "stopped"),
        [
            "2024-03-05T09:20:00Z to 2024-03-05T12:00:00Z",
            "2024-03-05T14:00:00Z to 2024-03-05T15:30:00Z",
        ],
        "{blind:?}"
    );
    assert_eq!(stretches(&blind, "deleted"), ["2024-03-05T18:00:00Z to …"]);
    assert_eq!(
        blind[0]["event_id"],
        json!("StopLogging-2024-03-05T09:20:00Z")
    );
    assert_eq!(blind[0]["trail"], json!("main"));
    // A call that failed has switched nothing.
    let failed = with(
        switch("StopLogging", "2024-03-05T09:20:00Z", "main"),
        json!({"errorCode": "Forbidden"}),
    );
    assert_eq!(blind_of(&Archive::of(&[failed]), &[]), Vec::<Value>::new());
}

/// An archive with a log file for each of these hours of March 2024, in one region or another.
/// A stop that names its trail in full and a start that has it in its request alone were two trails,
/// so the blind time had no end.
#[test]
fn a_trail_is_the_same_however_a_switch_names_it() {
    let mut full = switch("StopLogging", "2024-03-05T09:20:00Z", "main");
    full["referencedResources"]["ACS::ActionTrail::Trail"] =
        json!(["acs:actiontrail:cn-hangzhou:1047585191180000:trail/main"]);
    let mut other = switch("StartLogging", "2024-03-05T12:20:00Z", "other");
    let mut start = switch("StartLogging", "2024-03-05T19:20:00Z", "");
    for (switch, name) in [(&mut other, "other"), (&mut start, "main")] {
        switch
            .as_object_mut()
            .unwrap()
            .remove("referencedResources");
        switch["requestParameters"] = json!({"Region": "cn-hangzhou", "name": name});
    }
    let object = start["requestParameters"].clone();
    let text = json!(object.to_string());
    for parameters in [object, text] {
        start["requestParameters"] = parameters;
        let archive = Archive::of(&[full.clone(), other.clone(), start.clone()]);
        let blind = blind_of(&archive, &[]);
        assert_eq!(
            stretches(&blind, "stopped"),
            [
                "2024-03-05T09:20:00Z to 2024-03-05T12:00:00Z",
                "2024-03-05T13:00:00Z to 2024-03-05T19:20:00Z",
            ]
        );
        assert_eq!(blind[0]["trail"], "main");
    }
}

/// Each call was compared with all others, once for every stretch of time in which the account was silent.
#[test]
fn many_trails_that_were_switched_off_are_told_at_once_and_in_few_lines() {
    let calls = (0..600).map(|number| {
        let (day, hour) = (1 + number / 12, number % 12 * 2);
        let time = format!(
            "2024-{:02}-{:02}T{hour:02}:00:00Z",
            1 + day / 28,
            1 + day % 28
        );
        switch("StopLogging", &time, &format!("trail-{number}"))
    });
    let archive = Archive::of(&calls.collect::<Vec<_>>());
    let begin = Instant::now();
    let outcome = keytrail(args([&"keys", &archive.root()])).run().code(0);
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
    let stderr = outcome.stderr();
    let lines: Vec<_> = stderr
        .lines()
        .filter(|line| line.starts_with("blind: "))
        .collect();
    assert_eq!(lines.len(), 4, "{outcome}");
    assert!(
        lines[0].contains("its trail trail-0 was stopped"),
        "{outcome}"
    );
    assert_eq!(lines[3], "blind: and 597 more; -f json lists all");
    // A silence of the account is the same time for each trail that is off, and is listed for a hundred.
    let stopped = stretches(&blind_of(&archive, &[]), "stopped");
    let silences: BTreeSet<_> = stopped.iter().collect();
    assert!(
        stopped.len() <= 100 * silences.len() + 600,
        "{}",
        stopped.len()
    );
    let silences = silences.iter().filter(|silence| !silence.ends_with('…'));
    assert!(silences.count() >= 599);
}

fn delivered(hours: impl IntoIterator<Item = u32>) -> Archive {
    let mut archive = Archive::new();
    for (number, hour) in hours.into_iter().enumerate() {
        let (day, hour, region) = (1 + hour / 24, hour % 24, ["a", "b"][number % 2]);
        archive = archive.gz(
            format!(
                "AliyunLogs/Actiontrail/{region}/2024/03/{day:02}/\
                 Actiontrail_{region}_202403{day:02}{hour:02}0000_1002_1_9_{number:032x}.gz"
            ),
            array(&[call_at(&format!("2024-03-{day:02}T{hour:02}:00:00Z"))]),
        );
    }
    archive
}

#[test]
fn a_silence_is_measured_against_the_rhythm_of_its_trail() {
    // By day only, with quiet nights; then a day and a half without anything.
    let days = |days: std::ops::Range<u32>| {
        days.flat_map(|day| (8..18).map(move |hour| day * 24 + hour))
            .collect::<Vec<_>>()
    };
    let regular = delivered(days(0..10));
    assert_eq!(
        stretches(&blind_of(&regular, &[]), "silent"),
        Vec::<String>::new()
    );
    let broken = delivered([days(0..5), days(7..10)].concat());
    let blind = blind_of(&broken, &[]);
    assert_eq!(
        stretches(&blind, "silent"),
        ["2024-03-05T18:00:00Z to 2024-03-08T08:00:00Z"],
        "{blind:?}"
    );
    assert_eq!(
        stretches(&blind, "before-first"),
        ["… to 2024-03-01T08:00:00Z"]
    );
    assert_eq!(
        stretches(&blind, "after-last"),
        ["2024-03-10T18:00:00Z to …"]
    );
    // Of a trail of fewer deliveries only whole days count.
    let rare = delivered([days(0..2), days(4..6)].concat());
    assert_eq!(
        stretches(&blind_of(&rare, &[]), "silent"),
        ["2024-03-03T00:00:00Z to 2024-03-05T00:00:00Z"]
    );
}

/// Gaps of single regions were in every footer, and hid those of a whole trail.
#[test]
fn a_quiet_region_is_no_news() {
    let hours = (0..10 * 24).filter(|hour| hour % 2 == 0 || *hour > 200);
    let archive = delivered(hours);
    let outcome = keytrail(args([&"keys", &archive.root()])).run().code(0);
    assert_eq!(outcome.stderr().lines().count(), 2, "{outcome}");
}

#[test]
fn a_window_beyond_the_deliveries_is_told() {
    let archive = delivered([0, 5, 9]);
    for (options, line) in [
        (
            &["--since", "2024-02-20", "--until", "2024-02-25"][..],
            "blind: no log file of 2024-02-20 to 2024-02-24 is there, in any region",
        ),
        (
            &["--since", "2024-02-20"],
            "blind: no log file of 2024-02-20 to 2024-02-29 is there, in any region",
        ),
        (
            &["--since", "2024-04-01"],
            "blind: no log file of 2024-04-01 and later is there, in any region",
        ),
    ] {
        let mut command = args([&"keys", &archive.root()]);
        command.extend(options.iter().map(Into::into));
        let outcome = keytrail(command).run();
        assert!(
            outcome.stderr().lines().any(|found| found == line),
            "{line}\n{outcome}"
        );
    }
    // Where a file states no day, it may be of any.
    let archive = archive.gz("other.gz", array(&[call_at("2024-02-21T00:00:00Z")]));
    let blind = blind_of(
        &archive,
        &["--since", "2024-02-20", "--until", "2024-02-25"],
    );
    assert_eq!(stretches(&blind, "no-log-file"), Vec::<String>::new());
}

/// It was shown under answers that had lost files, too, as the reason.
#[test]
fn the_hint_about_trails_comes_only_where_nothing_was_left_out() {
    let hint = "an archive has only what the trail delivered";
    let ask = |archive: &Archive| {
        let command = args([&"last-used", &"info", &"LTAI5tNobody", &archive.root()]);
        keytrail(command).run().stderr()
    };
    let archive = Archive::of(&[call_of("LTAI5tAlice")]);
    assert!(ask(&archive).contains(hint));
    let archive = archive.file("broken.json", "[{\"eventTime\":");
    assert!(!ask(&archive).contains(hint));
}

/// A log file of more than is parsed without a search, of calls of others in one hour.
fn large(time: &str) -> Vec<Value> {
    let call = |number: usize| {
        let event = event("LTAI5tOther", time, "Ecs", "DescribeInstances");
        with(event, json!({"eventId": format!("{time} {number}")}))
    };
    (0..200).map(call).collect()
}

/// Texts without the key were only searched, so the answer knew neither that the trail was off nor
/// that another one delivered meanwhile.
#[test]
fn a_search_for_one_key_finds_the_same_blind_times_as_a_full_parse() {
    let stop = switch("StopLogging", "2024-03-05T09:20:00Z", "main");
    let archive = Archive::new()
        .gz("a.gz", array(&[call_of("LTAI5tAlice")]))
        .gz(
            "b.gz",
            array(&[large("2024-03-04T09:00:00Z"), vec![stop]].concat()),
        )
        .gz("c.gz", array(&large("2024-03-05T12:00:00Z")))
        .gz("d.gz", array(&large("2024-03-03T12:00:00Z")));
    let searched = keytrail(args([
        &"last-used",
        &"info",
        &"LTAI5tAlice",
        &archive.root(),
        &"-f",
        &"json",
    ]))
    .run()
    .code(0);
    let coverage = searched.coverage();
    assert_eq!(coverage["files"]["searched"], json!(2), "{searched}");
    // The call of the key was in the hour of the switch, after it.
    let expected = [
        "2024-03-05T10:00:00Z to 2024-03-05T12:00:00Z",
        "2024-03-05T13:00:00Z to …",
    ];
    for blind in [
        blind_of(&archive, &[]),
        coverage["blind"].as_array().unwrap().clone(),
    ] {
        assert_eq!(stretches(&blind, "stopped"), expected, "{blind:?}");
    }
}

/// The first lines told which files are the same, and the stopped trail came last.
#[test]
fn verify_begins_with_what_was_stopped_what_is_missing_and_what_differs() {
    let outcome = keytrail(args([&"verify", &story()])).run().code(0);
    let lines: Vec<_> = outcome.stdout().lines().take(4).collect();
    assert_eq!(
        lines[..3],
        [
            "stopped     trail-main of account 1098700000000001 for 52 hours, from \
             2024-03-11T04:47:09Z to 2024-03-13T09:05:00Z, by STS.NEXAMPLEstolenSession0008 \
             (StopLogging)",
            "missing     52 hours of single/audit/trail-main/AliyunLogs/Actiontrail, from \
             2024-03-11T05:00:00Z to 2024-03-13T09:00:00Z; no day 2024-03-12",
            "differs     nothing: all 300 names fit; 24 groups of copies",
        ],
        "{outcome}"
    );
    assert!(lines[3].starts_with("switches"), "{outcome}");
    // Nothing to tell, and a file that does not fit its name.
    let archive = delivered([1, 2, 3]);
    let outcome = keytrail(args([&"verify", &archive.root()])).run().code(0);
    let lines: Vec<_> = outcome.stdout().lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "stopped     no trail, by the events that were read",
            "missing     nothing: every file was read, and no trail was silent against its rhythm",
            "differs     nothing; the size and the MD5 fit in no name",
        ],
        "{outcome}"
    );
    let archive = archive.file("broken.json", "[{\"eventTime\":").gz(
        "Actiontrail_a_20240301090000_1002_7_9_00000000000000000000000000000009.gz",
        array(&[call_at("2024-03-01T09:00:00Z")]),
    );
    let outcome = keytrail(args([&"verify", &archive.root()])).run().code(3);
    let text = outcome.stdout();
    assert!(text.contains("missing     1 file "), "{outcome}");
    assert!(
        text.contains("differs     1 of 4 names does not fit its log file; "),
        "{outcome}"
    );
}
