//! The `state` command: what is in a saved state.

use std::fmt::Write as _;

use indicatif::DecimalBytes;
use keytrail::report::{escape, time};
use keytrail::state::{SavedState, StateManifest, StateSecrets};
use serde_json::{Value, json};

use super::args::StateArguments;
use super::diagnostics::{count, counted};
use super::ending::Ending;
use super::output::Output;

/// Shows what is in a state.
pub(super) fn answer(arguments: &StateArguments) -> anyhow::Result<Ending> {
    let state = SavedState::open(&arguments.state)?;
    let words = match arguments.format.as_str() {
        "json" => format!("{:#}\n", document(&state)),
        _ => text(&state),
    };
    Output::Stdout.write(|out| out.write_all(words.as_bytes()))?;
    Ok(Ending::Done)
}

/// The sums over all runs.
struct Sums {
    bytes: u64,
    span: Option<(i64, i64)>,
}

impl Sums {
    fn of(manifest: &StateManifest) -> Self {
        let runs = || manifest.runs.iter();
        let files = runs().flat_map(|run| run.files.values());
        let first = runs().filter_map(|run| run.first).min();
        let last = runs().filter_map(|run| run.last).max();
        Self {
            bytes: files.map(|file| file.size).sum(),
            span: first.zip(last),
        }
    }
}

fn secrets(manifest: &StateManifest) -> &'static str {
    match manifest.secrets {
        StateSecrets::Redacted => "redacted",
        StateSecrets::Kept => "kept",
    }
}

fn text(state: &SavedState) -> String {
    let manifest = state.manifest();
    let Sums { bytes, span } = Sums::of(manifest);
    let log_files = state.log_files();
    let mut text = String::new();
    for root in &manifest.roots {
        let path = String::from_utf8_lossy(&root.path);
        let _ = writeln!(text, "root: {}", escape(&path));
    }
    let _ = writeln!(
        text,
        "{}, {} of them gone; {}, copies included",
        counted(log_files.all, "log file", "log files"),
        count(log_files.vanished),
        counted(log_files.events, "event", "events"),
    );
    if let Some((first, last)) = span {
        let _ = writeln!(text, "first event {}, last {}", time(first), time(last));
    }
    let runs = manifest.runs.len() as u64;
    let _ = writeln!(
        text,
        "{}, {} on disk; generation {}; secrets {}",
        counted(runs, "run", "runs"),
        DecimalBytes(bytes),
        manifest.generation,
        secrets(manifest)
    );
    text
}

fn document(state: &SavedState) -> Value {
    let manifest = state.manifest();
    let Sums { bytes, span } = Sums::of(manifest);
    let log_files = state.log_files();
    let path = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    json!({
        "schema": "keytrail.state/1",
        "tool": "keytrail",
        "version": env!("CARGO_PKG_VERSION"),
        "command": "state",
        "generation": manifest.generation,
        "secrets": secrets(manifest),
        "roots": manifest.roots.iter().map(|root| path(&root.path)).collect::<Vec<_>>(),
        "runs": manifest.runs.len(),
        "log_files": log_files.all,
        "vanished": log_files.vanished,
        "events": log_files.events,
        "bytes": bytes,
        "span": {
            "first": span.map(|(first, _)| time(first)),
            "last": span.map(|(_, last)| time(last)),
        },
    })
}
