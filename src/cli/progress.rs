//! The progress bar: how far the scan is, by compressed bytes, on standard error.

use std::io::IsTerminal as _;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use keytrail::scan::Progress;

use super::args::When;
use super::diagnostics::say;

/// Shows progress until it is dropped.
pub(super) struct Watch {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How often the bar is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(2);

impl Watch {
    /// Begins to show the progress, if it is wanted.
    pub(super) fn start(progress: std::sync::Arc<Progress>, when: When, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let wanted = match when {
            When::Auto => terminal && !quiet,
            When::Always => true,
            When::Never => false,
        };
        if !wanted {
            return Self {
                done: None,
                thread: None,
            };
        }
        let (done, ended) = mpsc::channel();
        let thread = thread::spawn(move || {
            if terminal {
                let bar = bar();
                while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    draw(&bar, &progress);
                }
                bar.finish_and_clear();
            } else {
                while ended.recv_timeout(LINE) == Err(RecvTimeoutError::Timeout) {
                    say(&format!("keytrail: {}", sentence(&progress)));
                }
            }
        });
        Self {
            done: Some(done),
            thread: Some(thread),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn bar() -> ProgressBar {
    let template = "{bar:24} {bytes}/{total_bytes} {bytes_per_sec} ETA {eta} {msg}";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    bar.set_length(progress.bytes_found.load(Ordering::Relaxed));
    bar.set_position(progress.bytes_done.load(Ordering::Relaxed));
    bar.set_message(sentence(progress));
}

fn sentence(progress: &Progress) -> String {
    let more = if progress.walked.load(Ordering::Relaxed) {
        ""
    } else {
        "+"
    };
    format!(
        "{} of {}{more} files, {} records",
        progress.files_done.load(Ordering::Relaxed),
        progress.files_found.load(Ordering::Relaxed),
        progress.events.load(Ordering::Relaxed),
    )
}
