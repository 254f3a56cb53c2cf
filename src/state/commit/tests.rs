//! Tests of the commit: refusals, damage, failing disks, and processes that are killed.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{env, fs, iter, thread};

use tempfile::TempDir;

use super::*;
use crate::state::{OpenRun, RunSummary, StateTable, TableReader, is_state};
use crate::store::fault;

/// The run `ID` of the state that `state` makes.
const ID: u64 = 0x00c0_ffee_0000_0001;
const ID_TEXT: &str = "00c0ffee00000001";

fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}

/// What a run holds beside its numbers: some blocks of bytes.
fn filler(first: u64) -> Vec<u8> {
    let bytes = (first..).take(20_000);
    bytes.map(|byte| (byte % 251) as u8).collect()
}

/// A run that holds numbers.
fn write_run(writer: &StateWriter, id: u64, numbers: &[u64]) -> Result<FinishedRun, StateError> {
    let mut run = writer.new_run(id)?;
    let mut calls = run.create_table(StateTable::Calls)?;
    let mut files = run.create_table(StateTable::Files)?;
    let write = |table: &mut dyn std::io::Write, bytes: &[u8]| {
        table.write_all(bytes).map_err(|error| {
            let error = error.downcast().expect("an error with the path");
            StateError::Folder(error)
        })
    };
    for number in numbers {
        write(&mut calls, &number.to_le_bytes())?;
    }
    if let [first, ..] = numbers {
        write(&mut files, &filler(*first))?;
    }
    let rows = numbers.len() as u64;
    let tables = vec![files.finish(1)?, calls.finish(rows)?];
    let summary = RunSummary {
        events: rows,
        ..RunSummary::default()
    };
    run.finish(tables, summary)
}

fn change(added: Vec<FinishedRun>, removed: Vec<RunId>) -> StateChange {
    StateChange {
        added,
        removed,
        roots: Vec::new(),
        secrets: StateSecrets::Redacted,
    }
}

fn add(writer: StateWriter, id: u64, numbers: &[u64]) -> Result<StateWriter, StateError> {
    let run = write_run(&writer, id, numbers)?;
    writer.commit(change(vec![run], Vec::new()))
}

fn begin(path: &Path) -> Result<StateWriter, StateError> {
    StateWriter::begin(path, WhenLocked::Fail)
}

/// A state with one run that holds the number 1.
fn state() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    add(begin(&path).unwrap(), ID, &[1]).unwrap();
    (folder, path)
}

fn read(table: &TableReader) -> Result<Vec<u8>, StateError> {
    let mut bytes = vec![0; usize::try_from(table.size()).unwrap()];
    table.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

fn numbers_of(run: &OpenRun) -> Result<Vec<u64>, StateError> {
    let calls = read(run.table(StateTable::Calls).unwrap())?;
    let numbers = calls.as_chunks::<8>().0.iter();
    let numbers: Vec<u64> = numbers.map(|bytes| u64::from_le_bytes(*bytes)).collect();
    assert_eq!(numbers.len() as u64, run.run().events);
    let files = read(run.table(StateTable::Files).unwrap())?;
    assert_eq!(
        files,
        numbers.first().map_or(Vec::new(), |first| filler(*first))
    );
    Ok(numbers)
}

/// All numbers in a state, in order.
fn all_numbers(state: &StateReader) -> Result<Vec<u64>, StateError> {
    let numbers: Result<Vec<_>, _> = state.runs().iter().map(numbers_of).collect();
    let mut numbers = numbers?.concat();
    numbers.sort_unstable();
    Ok(numbers)
}

fn numbers_at(path: &Path) -> Result<Vec<u64>, StateError> {
    all_numbers(&StateReader::open(path)?)
}

/// The runs whose folders are there.
fn runs_at(path: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(path.join("runs")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    names
        .map(|entry| name(entry).into_string().unwrap())
        .collect()
}

/// Everything below a folder, with the bytes of files and what links lead to.
fn tree(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(path) {
        let path = entry.unwrap().into_path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        let bytes = if kind.is_file() {
            fs::read(&path).unwrap()
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            target.into_os_string().into_encoded_bytes()
        } else {
            Vec::new()
        };
        found.insert(path, bytes);
    }
    found
}

/// What reader and writer say of a state to which something was done. Nothing may be touched.
#[track_caller]
fn check_refused(spoil: impl FnOnce(&Path), of_reader: &str, of_writer: &str) {
    let (_folder, path) = state();
    spoil(&path);
    let before = tree(&path);
    let reader = numbers_at(&path).map(drop);
    let writer = begin(&path).map(drop);
    for (outcome, expected) in [(reader, of_reader), (writer, of_writer)] {
        let found = outcome.map_or_else(|error| chain(&error), |()| "no error".to_owned());
        let found = found.replace(&path.display().to_string(), "STATE");
        assert!(found.starts_with(expected), "{found}");
    }
    assert!(is_state(&path));
    assert_eq!(before, tree(&path));
}

#[test]
fn what_was_committed_is_read_from_any_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let writer = begin(&path).unwrap();
    let bytes: Vec<u8> = (0..100_000_u32).map(|byte| (byte % 253) as u8).collect();
    let mut run = writer.new_run(random()).unwrap();
    let mut details = run.create_table(StateTable::Details).unwrap();
    bytes
        .chunks(777)
        .for_each(|bytes| details.write_all(bytes).unwrap());
    let details = details.finish(5).unwrap();
    let links = run
        .create_table(StateTable::Links)
        .unwrap()
        .finish(0)
        .unwrap();
    let summary = RunSummary {
        class: 2,
        events: 7,
        copies: 3,
        log_files: 4,
        span: Some((-5, 5)),
    };
    let run = run.finish(vec![details, links], summary).unwrap();
    let roots = [&b"/a"[..], b"oss://bucket/a", b"/\xff"].map(|path| StateRoot {
        path: path.to_owned(),
    });
    let writer = writer.commit(StateChange {
        roots: roots.to_vec(),
        secrets: StateSecrets::Kept,
        ..change(vec![run], Vec::new())
    });
    let writer = writer.unwrap();

    let state = StateReader::open(&path).unwrap();
    let manifest = state.manifest();
    assert_eq!(manifest, writer.manifest());
    assert_eq!(manifest.roots, roots);
    assert_eq!(manifest.secrets, StateSecrets::Kept);
    let run = &state.runs()[0];
    assert_eq!((run.run().first, run.run().last), (Some(-5), Some(5)));
    assert_eq!(run.table(StateTable::Links).unwrap().size(), 0);
    assert!(run.table(StateTable::Calls).is_none());
    let details = run.table(StateTable::Details).unwrap();
    assert_eq!((details.size(), details.rows()), (100_000, 5));
    let positions = [0, 1, 9_000, 16_383, 16_384, 16_385, 98_304, 99_999, 100_000];
    for from in positions {
        for to in positions.into_iter().filter(|to| *to >= from) {
            let mut read = vec![0; to - from];
            details.read_exact_at(&mut read, from as u64).unwrap();
            assert!(read == bytes[from..to], "{from}..{to}");
        }
    }
    for (position, length) in [(99_999, 2), (100_001, 0), (u64::MAX, 2)] {
        let error = details.read_exact_at(&mut vec![0; length], position);
        assert!(matches!(error, Err(StateError::Damaged { .. })));
    }
}

#[test]
fn a_state_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o755)).unwrap();
    for path in [folder.path().join("missing"), empty] {
        add(begin(&path).unwrap(), ID, &[1]).unwrap();
        for path in tree(&path).keys() {
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        }
    }
}

#[test]
fn a_folder_that_is_no_state_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("file"), "").unwrap();
    fs::create_dir_all(path.join("archive/runs")).unwrap();
    fs::create_dir(path.join("json")).unwrap();
    fs::write(path.join("json/manifest.json"), "{\"format\": 3}").unwrap();
    symlink(path.join("nowhere"), path.join("link")).unwrap();
    let before = tree(path);
    for (name, of_writer, of_reader) in [
        ("file", "file is no folder", "file is no folder"),
        (
            "archive",
            "archive is neither empty nor",
            "archive is no saved state",
        ),
        (
            "json",
            "json/manifest.json is damaged",
            "json/manifest.json is damaged",
        ),
        ("link", "cannot open", "cannot open"),
        ("missing", "", "cannot open"),
        ("a/missing", "cannot create", "cannot open"),
    ] {
        let state = path.join(name);
        assert!(!is_state(&state), "{name}");
        let reader = chain(&StateReader::open(&state).unwrap_err());
        let shown = |text: String| text.replace(&format!("{}/", path.display()), "");
        assert!(shown(reader).starts_with(of_reader), "{name}");
        if name != "missing" {
            let writer = chain(&begin(&state).unwrap_err());
            assert!(
                shown(writer.clone()).starts_with(of_writer),
                "{name}: {writer}"
            );
        }
        assert_eq!(before, tree(path), "{name}");
    }
}

#[test]
fn a_state_that_is_named_by_a_link_is_what_the_link_leads_to() {
    let (folder, path) = state();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(is_state(&link));
    drop(add(begin(&link).unwrap(), random(), &[2]).unwrap());
    assert_eq!(numbers_at(&path).unwrap(), [1, 2]);
}

#[test]
fn a_state_without_a_commit_is_no_answer_and_can_be_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    drop(begin(&path).unwrap());
    assert!(is_state(&path));
    let error = StateReader::open(&path).unwrap_err();
    assert!(matches!(error, StateError::NothingCommitted { .. }));
    // As a process leaves it that is killed before the first manifest is there.
    let begun = folder.path().join("begun");
    fs::create_dir(&begun).unwrap();
    fs::write(begun.join("lock"), "").unwrap();
    fs::write(begun.join("manifest.json.new"), "{").unwrap();
    for path in [path, begun] {
        drop(add(begin(&path).unwrap(), ID, &[1]).unwrap());
        assert_eq!(numbers_at(&path).unwrap(), [1]);
    }
}

fn edit(path: &Path, edit: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, edit(bytes)).unwrap();
}

#[test]
fn a_state_that_is_not_understood_is_refused() {
    let newer = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.replace("state.v1", "state.v2").into_bytes()
    };
    let unknown = r#"STATE/manifest.json has the format "keytrail.state.v2", which"#;
    check_refused(
        |path| edit(&path.join("manifest.json"), newer),
        unknown,
        unknown,
    );
    let without_lock = |path: &Path| {
        edit(&path.join("manifest.json"), newer);
        fs::remove_file(path.join("lock")).unwrap();
    };
    check_refused(without_lock, unknown, unknown);
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let broken = "STATE/manifest.json is damaged: it is no manifest of a state: EOF";
    check_refused(
        |path| edit(&path.join("manifest.json"), cut),
        broken,
        broken,
    );
    let flipped = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.replace("\"events\": 1", "\"events\": 3").into_bytes()
    };
    let broken = "STATE/manifest.json is damaged: its bytes do not have the SHA-256 at its end";
    check_refused(
        |path| edit(&path.join("manifest.json"), flipped),
        broken,
        broken,
    );
    let without = "STATE has no manifest.json: the state is damaged, or the copy";
    let remove = |path: &Path| fs::remove_file(path.join("manifest.json")).unwrap();
    check_refused(remove, without, without);
    let huge = |path: &Path| {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(path.join("manifest.json"));
        file.unwrap().set_len((64 << 20) + 1).unwrap();
    };
    let long = "STATE/manifest.json is too long";
    check_refused(huge, long, long);
}

#[test]
fn a_copy_that_was_made_while_the_state_was_written_is_refused() {
    let run = Path::new("runs").join(ID_TEXT);
    let missing = |name: &str| {
        let path = run.join(name).display().to_string();
        format!("STATE/{path} is missing: the state is damaged, or was copied while it was written")
    };
    for name in ["calls.parquet", "files.parquet", "checksums"] {
        let file = run.join(name);
        let missing = missing(name);
        check_refused(
            |path| fs::remove_file(path.join(&file)).unwrap(),
            &missing,
            &missing,
        );
        let size = format!(
            "STATE/{} does not have the size that it was",
            file.display()
        );
        let shorter = |path: &Path| edit(&path.join(&file), |bytes| bytes[1..].to_vec());
        check_refused(shorter, &size, &size);
        let longer = |path: &Path| edit(&path.join(&file), |bytes| [bytes, vec![0]].concat());
        check_refused(longer, &size, &size);
    }
    let missing = missing("checksums");
    check_refused(
        |path| fs::remove_dir_all(path.join(&run)).unwrap(),
        &missing,
        &missing,
    );
    let empty = |path: &Path| {
        fs::remove_dir_all(path.join("runs")).unwrap();
        fs::create_dir(path.join("runs")).unwrap();
    };
    check_refused(empty, &missing, &missing);
}

#[test]
fn a_flipped_bit_anywhere_in_a_file_is_found_when_it_is_read() {
    let (_folder, path) = state();
    let run = path.join("runs").join(ID_TEXT);
    for name in ["calls.parquet", "files.parquet", "checksums"] {
        let file = run.join(name);
        let bytes = fs::read(&file).unwrap();
        for position in (0..bytes.len()).step_by(211).chain([bytes.len() - 1]) {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1 << (position % 8);
            fs::write(&file, &flipped).unwrap();
            let error = numbers_at(&path).unwrap_err();
            assert!(
                matches!(error, StateError::Damaged { .. }),
                "{name} {position}"
            );
        }
        fs::write(&file, bytes).unwrap();
    }
    // What is not read is not compared.
    edit(&run.join("files.parquet"), |mut bytes| {
        bytes[17_000] ^= 1;
        bytes
    });
    let state = StateReader::open(&path).unwrap();
    let files = state.runs()[0].table(StateTable::Files).unwrap();
    let mut block = [0; 1000];
    files.read_exact_at(&mut block, 15_384).unwrap();
    files.read_exact_at(&mut block, 15_385).unwrap_err();
    files.read_exact_at(&mut block, 19_000).unwrap_err();
}

#[test]
fn links_and_pipes_inside_a_state_are_refused() {
    let run = format!("runs/{ID_TEXT}");
    for (place, wanted, writer_only) in [
        ("manifest.json", "regular file", false),
        ("lock", "regular file", true),
        ("runs", "folder", false),
        (&*run, "folder", false),
        (&*format!("{run}/calls.parquet"), "regular file", false),
        (&*format!("{run}/checksums"), "regular file", false),
    ] {
        let refused = format!("STATE/{place} is no {wanted}; symbolic links are not followed");
        let of_reader = if writer_only { "no error" } else { &refused };
        let link = |path: &Path| {
            let (place, elsewhere) = (path.join(place), path.with_extension("elsewhere"));
            fs::rename(&place, &elsewhere).unwrap();
            symlink(&elsewhere, &place).unwrap();
        };
        check_refused(link, of_reader, &refused);
    }
    // Opening a pipe would wait for ever.
    let pipe = |path: &Path| {
        let path = path.join(format!("{run}/calls.parquet"));
        fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let (_folder, path) = state();
    pipe(&path);
    for error in [numbers_at(&path).unwrap_err(), begin(&path).unwrap_err()] {
        assert!(chain(&error).contains("calls.parquet is no regular file"));
    }
}

#[test]
fn one_process_writes_at_a_time() {
    let (_folder, path) = state();
    let writer = begin(&path).unwrap();
    let error = begin(&path).unwrap_err();
    assert_eq!(
        chain(&error).replace(&path.display().to_string(), "STATE"),
        "STATE is being written by another process"
    );
    // A run that lives longer keeps the lock.
    let run = write_run(&writer, random(), &[9]).unwrap();
    drop(writer);
    begin(&path).unwrap_err();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let writer = StateWriter::begin(&path, WhenLocked::Wait).unwrap();
            add(writer, random(), &[2]).unwrap();
        });
        drop(run);
        waiting.join().unwrap();
    });
    assert_eq!(numbers_at(&path).unwrap(), [1, 2]);
    assert_eq!(runs_at(&path).len(), 2);
}

#[test]
fn writers_that_begin_a_state_at_once_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    for state in 0..50 {
        let path = folder.path().join(state.to_string());
        thread::scope(|scope| {
            for number in 1..=3 {
                let path = &path;
                scope.spawn(move || {
                    let writer = StateWriter::begin(path, WhenLocked::Wait).unwrap();
                    add(writer, number, &[number]).unwrap();
                });
            }
        });
        assert_eq!(numbers_at(&path).unwrap(), [1, 2, 3]);
    }
}

#[test]
fn a_lock_that_was_removed_is_not_waited_for() {
    let (_folder, path) = state();
    let writer = begin(&path).unwrap();
    fs::remove_file(path.join("lock")).unwrap();
    // Two writers at once now, of which one has to notice.
    let other = begin(&path).unwrap();
    drop(add(other, random(), &[2]).unwrap());
    let error = add(writer, random(), &[3]).unwrap_err();
    assert!(matches!(error, StateError::ChangedByAnother { .. }));
    assert_eq!(numbers_at(&path).unwrap(), [1, 2]);
    assert_eq!(runs_at(&path).len(), 2);
}

#[test]
fn replaced_runs_are_there_until_the_next_writer_but_one() {
    let (_folder, path) = state();
    let writer = add(begin(&path).unwrap(), 2, &[2]).unwrap();
    let early = StateReader::open(&path).unwrap();
    let merged = write_run(&writer, 3, &[1, 2]).unwrap();
    let writer = writer
        .commit(change(vec![merged], vec![RunId(2), RunId(ID)]))
        .unwrap();
    assert_eq!(writer.manifest().retired, [RunId(2), RunId(ID)]);
    let error = writer.new_run(2).unwrap_err();
    assert!(matches!(error, StateError::WrongChange { .. }));
    drop(writer);
    // Nobody but `state` may have put it there, if it has the name of a run.
    fs::create_dir(path.join("runs/00000000000000ff")).unwrap();
    fs::write(path.join("runs/00000000000000ff/calls.parquet"), "cut").unwrap();
    fs::create_dir(path.join("runs/notes")).unwrap();
    fs::write(path.join("runs/00000000000000fe"), "").unwrap();

    let writer = begin(&path).unwrap();
    assert_eq!(runs_at(&path).len(), 3 + 2);
    drop(add(writer, 4, &[3]).unwrap());
    assert_eq!(runs_at(&path).len(), 4 + 2);
    drop(begin(&path).unwrap());
    let left = [
        "0000000000000003",
        "0000000000000004",
        "00000000000000fe",
        "notes",
    ];
    assert!(runs_at(&path).iter().eq(left));
    assert_eq!(numbers_at(&path).unwrap(), [1, 2, 3]);
    // Who began to read before can read to the end.
    assert_eq!(all_numbers(&early).unwrap(), [1, 2]);
}

#[test]
fn what_is_not_committed_leaves_nothing() {
    let (_folder, path) = state();
    let before = tree(&path);
    let writer = begin(&path).unwrap();
    let finished = write_run(&writer, 7, &[2]).unwrap();
    let mut begun = writer.new_run(8).unwrap();
    let mut table = begun.create_table(StateTable::Entries).unwrap();
    begun.create_table(StateTable::Entries).unwrap_err();
    table.write_all(&filler(1)).unwrap();
    assert_eq!(runs_at(&path).len(), 3);
    let mut short = writer.new_run(9).unwrap();
    drop(short.create_table(StateTable::Calls).unwrap());
    let error = short.finish(Vec::new(), RunSummary::default()).unwrap_err();
    assert!(matches!(error, StateError::WrongChange { .. }));
    drop((finished, begun, table));
    let error = writer
        .commit(change(Vec::new(), vec![RunId(8)]))
        .unwrap_err();
    assert!(matches!(error, StateError::WrongChange { .. }));
    // One that was written under another lock may have been swept.
    let (_other_folder, other_path) = state();
    let other = begin(&other_path).unwrap();
    let foreign = write_run(&other, 7, &[2]).unwrap();
    let error = begin(&path)
        .unwrap()
        .commit(change(vec![foreign], Vec::new()));
    assert!(matches!(error, Err(StateError::WrongChange { .. })));
    // A run that says of itself what cannot be.
    let writer = begin(&path).unwrap();
    let mut run = writer.new_run(7).unwrap();
    let table = run
        .create_table(StateTable::Calls)
        .unwrap()
        .finish(0)
        .unwrap();
    let summary = RunSummary {
        span: Some((2, 1)),
        ..RunSummary::default()
    };
    let run = run.finish(vec![table], summary).unwrap();
    let error = writer.commit(change(vec![run], Vec::new())).unwrap_err();
    assert!(matches!(error, StateError::BrokenManifest { .. }));
    assert_eq!(before, tree(&path));
}

#[test]
fn a_sync_that_fails_leaves_the_old_state_or_the_new_one() {
    let mut outcomes = Vec::new();
    for syncs in 0.. {
        let (_folder, path) = state();
        let writer = begin(&path).unwrap();
        fault::fail_sync_after(Some(syncs));
        let outcome = add(writer, 7, &[2]);
        let is_done = fault::is_to_come();
        fault::fail_sync_after(None);
        if is_done {
            outcome.unwrap();
            break;
        }
        let error = chain(&outcome.unwrap_err());
        assert!(error.starts_with("cannot sync ") && error.ends_with(": the disk fails"));
        let found = numbers_at(&path).unwrap();
        assert_eq!(runs_at(&path).len(), found.len());
        outcomes.push(found.len());
        drop(add(begin(&path).unwrap(), 8, &[3]).unwrap());
        assert_eq!(numbers_at(&path).unwrap().len(), found.len() + 1);
    }
    // Two tables, the checksums, the run, the runs and the manifest; then the folder of the state.
    assert_eq!(outcomes, [1, 1, 1, 1, 1, 1, 2]);

    // The first commit of all: the folder above, the manifest, the state with it, and with the runs.
    for syncs in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fault::fail_sync_after(Some(syncs));
        begin(&path).unwrap_err();
        fault::fail_sync_after(None);
        drop(add(begin(&path).unwrap(), 8, &[3]).unwrap());
        assert_eq!(numbers_at(&path).unwrap(), [3]);
    }
}

#[test]
fn a_state_that_cannot_be_written_is_read() {
    let (_folder, path) = state();
    let modes = |folder: u32, file: u32| {
        for path in tree(&path).keys().rev() {
            let mode = if path.is_dir() { folder } else { file };
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    modes(0o500, 0o400);
    let before = tree(&path);
    assert!(is_state(&path));
    assert_eq!(numbers_at(&path).unwrap(), [1]);
    assert_eq!(before, tree(&path));
    modes(0o700, 0o600);
    // A copy needs no lock to be read.
    fs::remove_file(path.join("lock")).unwrap();
    assert!(is_state(&path));
    assert_eq!(numbers_at(&path).unwrap(), [1]);
    assert!(!path.join("lock").exists());
}

// Other processes: this program again, with a path in the environment.

/// The state to commit to again and again, until the process is killed.
const COMMIT_TO: &str = "KEYTRAIL_TEST_COMMIT_TO";

/// The state to commit to once.
const COMMIT_ONCE_TO: &str = "KEYTRAIL_TEST_COMMIT_ONCE_TO";

/// How many processes are killed, where another number than 200 is wanted.
const KILLS: &str = "KEYTRAIL_TEST_KILLS";

/// Does nothing but in the processes that the tests below start.
#[test]
fn the_process_that_is_killed() {
    if let Some(path) = env::var_os(COMMIT_TO) {
        loop {
            let path = Path::new(&path);
            let mut writer = StateWriter::begin(path, WhenLocked::Wait).unwrap();
            for _ in 0..3 {
                let (next, number) = commit_next(writer);
                writer = next;
                println!("\ncommitted {number}");
            }
        }
    }
}

/// Commits the next number, in a run of its own or in one that replaces all others.
fn commit_next(writer: StateWriter) -> (StateWriter, u64) {
    let state = writer.state().unwrap();
    let mut numbers = all_numbers(&state).unwrap();
    let number = numbers.len() as u64 + 1;
    assert!(numbers.iter().copied().eq(1..number));
    let mut removed = Vec::new();
    if state.runs().len() > 3 {
        removed.extend(state.runs().iter().map(|run| run.run().id));
    } else {
        numbers.clear();
    }
    if number.is_multiple_of(5) {
        // One that is given up.
        let _run = write_run(&writer, random(), &[0]).unwrap();
    }
    numbers.push(number);
    let run = write_run(&writer, random(), &numbers).unwrap();
    let writer = writer.commit(change(vec![run], removed)).unwrap();
    (writer, number)
}

/// A process that commits, and the numbers that it says it has committed.
struct Committing {
    process: Child,
    committed: Receiver<u64>,
}

impl Committing {
    fn start(path: &Path) -> Self {
        let mut command = this_program("state::commit::tests::the_process_that_is_killed");
        let mut process = command.env(COMMIT_TO, path).spawn().unwrap();
        let (sender, committed) = mpsc::channel();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        thread::spawn(move || {
            let numbers = lines.map_while(Result::ok).filter_map(|line| {
                let number = line.strip_prefix("committed ")?;
                Some(number.parse().unwrap())
            });
            numbers.for_each(|number| sender.send(number).unwrap_or_default());
        });
        Self { process, committed }
    }

    /// Kills the process; returns the last number that it has committed.
    fn kill(mut self) -> u64 {
        let ended = self.process.try_wait().unwrap();
        assert!(ended.is_none(), "a writer has failed");
        self.end();
        self.committed.iter().last().unwrap_or_default()
    }

    fn end(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Committing {
    fn drop(&mut self) {
        self.end();
    }
}

fn this_program(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// A reader beside the writers; returns how often it has read the state.
fn read_until(is_over: &AtomicBool, path: &Path, acknowledged: &AtomicU64) -> u64 {
    let (mut reads, mut latest) = (0, 0);
    while !is_over.load(Ordering::Relaxed) {
        let at_least = acknowledged.load(Ordering::Acquire).max(latest);
        if at_least == 0 {
            thread::yield_now();
            continue;
        }
        latest = assert_whole(path, at_least);
        reads += 1;
    }
    reads
}

/// Reads a state that has to have all numbers up to this one or a later one; returns the last.
fn assert_whole(path: &Path, at_least: u64) -> u64 {
    let numbers = numbers_at(path).map_err(|error| chain(&error)).unwrap();
    let last = numbers.len() as u64;
    assert!(last >= at_least, "{last} of {at_least}");
    assert!(numbers.into_iter().eq(1..=last));
    last
}

/// The runs that the manifest lists or retires.
fn known_runs(manifest: &StateManifest) -> BTreeSet<String> {
    let runs = manifest.runs.iter().map(|run| run.id);
    let runs = runs.chain(manifest.retired.iter().copied());
    runs.map(|id| id.to_string()).collect()
}

/// Kills processes that commit, at random moments; returns how often a run was half written then, and
/// how often a commit was done and not acknowledged.
fn kill_many(path: &Path, kills: u64, acknowledged: &AtomicU64) -> (u64, u64) {
    let (mut half_written, mut not_acknowledged) = (0, 0);
    for kill in 0..kills {
        let processes: Vec<_> = (0..=u32::from(kill.is_multiple_of(4)))
            .map(|_| Committing::start(path))
            .collect();
        let first = &processes[0].committed;
        let awaited = usize::try_from(random() % 3).unwrap();
        let latest = first.iter().take(awaited).last();
        // At any moment from here on.
        let until = Duration::from_micros(random() % 30_000);
        let latest = first.recv_timeout(until).ok().or(latest);
        acknowledged.fetch_max(latest.unwrap_or_default(), Ordering::Release);
        for process in processes {
            acknowledged.fetch_max(process.kill(), Ordering::Release);
        }
        let acknowledged = acknowledged.load(Ordering::Acquire);
        if acknowledged > 0 {
            let last = assert_whole(path, acknowledged);
            not_acknowledged += u64::from(last > acknowledged);
            let known = known_runs(StateReader::open(path).unwrap().manifest());
            half_written += u64::from(!runs_at(path).is_subset(&known));
        }
    }
    (half_written, not_acknowledged)
}

#[test]
fn a_process_that_is_killed_loses_nothing_that_it_has_committed() {
    let kills = env::var(KILLS).map_or(200, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let (acknowledged, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (reads, (half_written, not_acknowledged)) = thread::scope(|scope| {
        let reader = scope.spawn(|| read_until(&is_over, &path, &acknowledged));
        let killed = catch_unwind(AssertUnwindSafe(|| kill_many(&path, kills, &acknowledged)));
        is_over.store(true, Ordering::Relaxed);
        (reader.join().unwrap(), killed.unwrap())
    });
    let commits = acknowledged.into_inner();
    println!(
        "{kills} kills: {commits} commits, {reads} reads, {half_written} runs half written, \
         {not_acknowledged} commits not acknowledged"
    );
    assert!(commits > kills / 2 && reads > kills / 2 && half_written > kills / 20);
    // Nothing is left of those that were killed.
    let writer = begin(&path).unwrap();
    assert_eq!(runs_at(&path), known_runs(writer.manifest()));
}

/// Does nothing but in the processes that the test below starts.
#[test]
fn the_process_that_has_no_room() {
    if let Some(path) = env::var_os(COMMIT_ONCE_TO) {
        let outcome = begin(Path::new(&path)).and_then(|writer| add(writer, 7, &[2]));
        let outcome = outcome.map_or_else(|error| chain(&error), |_| "done".to_owned());
        println!("\noutcome {outcome}");
    }
}

#[test]
fn a_disk_that_is_full_leaves_the_old_state() {
    let mut failed_at = BTreeSet::new();
    // In units of 512 bytes: less than the numbers, the manifest, the bytes beside the numbers, and more.
    for limit in [0, 1, 2, 4, 20, 1000] {
        let (_folder, path) = state();
        let program = this_program("state::commit::tests::the_process_that_has_no_room");
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!(
                "trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\""
            ))
            .arg(program.get_program())
            .args(program.get_args())
            .env(COMMIT_ONCE_TO, &path);
        let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let outcome = output
            .lines()
            .find_map(|line| line.strip_prefix("outcome "));
        let outcome = outcome.unwrap_or_else(|| panic!("{output}"));
        let numbers = numbers_at(&path).unwrap();
        if outcome == "done" {
            assert_eq!(limit, 1000);
            assert_eq!(numbers, [1, 2]);
            continue;
        }
        assert!(outcome.starts_with("cannot write "), "{outcome}");
        assert_eq!(numbers, [1]);
        assert_eq!(runs_at(&path).len(), 1);
        assert!(!path.join("manifest.json.new").exists());
        let file = outcome
            .split(':')
            .next()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        failed_at.insert(file.to_owned());
    }
    assert_eq!(failed_at.len(), 1);
}
