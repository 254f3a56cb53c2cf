//! The progress of a scan on standard error, by compressed bytes, and the interrupt that ends it.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use keytrail::scan::Progress;

use super::args::When;
use super::diagnostics::eprint_line;

/// When progress is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProgressDisplay {
    pub(super) when: When,
    /// Whether `auto` shows nothing.
    pub(super) quiet: bool,
}

/// Scans while its progress is shown; `None` where the user interrupted it.
pub(super) fn scan_with_progress<T>(
    progress: &Arc<Progress>,
    display: ProgressDisplay,
    scan: impl FnOnce() -> T,
) -> anyhow::Result<Option<T>> {
    end_on_interrupt(Arc::clone(progress))?;
    let watch = Watch::start(Arc::clone(progress), display);
    let scanned = scan();
    drop(watch);
    Ok((!progress.stop.load(Ordering::Relaxed)).then_some(scanned))
}

/// How long a run may take to end after an interrupt: it can be waiting for a pipe.
const GRACE: Duration = Duration::from_secs(5);

/// Ends the scan, or the writing of its answer, at the first interrupt; and the program in any case at
/// the second one, or after [`GRACE`].
fn end_on_interrupt(progress: Arc<Progress>) -> anyhow::Result<()> {
    let is_interrupted = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        #[expect(clippy::exit, reason = "the user does not want to wait")]
        let end = || std::process::exit(130);
        progress.stop.store(true, Ordering::Relaxed);
        if is_interrupted.swap(true, Ordering::Relaxed) {
            end();
        }
        thread::spawn(move || {
            thread::sleep(GRACE);
            end()
        });
    })
    .context("cannot watch for interrupts")
}

/// Shows progress until it is dropped.
struct Watch {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How often the bar is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(2);

impl Watch {
    /// Begins to show the progress, if it is to be shown.
    fn start(progress: Arc<Progress>, display: ProgressDisplay) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let is_shown = match display.when {
            When::Auto => terminal && !display.quiet,
            When::Always => true,
            When::Never => false,
        };
        if !is_shown {
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
                    eprint_line(&format!("keytrail: {}", sentence(&progress)));
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
    let template = "{bar:20} {bytes}/{total_bytes} ETA {eta} {wide_msg}";
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
    let more = if progress.listed.load(Ordering::Relaxed) {
        ""
    } else {
        "+"
    };
    format!(
        "{} of {}{more} files, {} records",
        progress.files_done.load(Ordering::Relaxed),
        progress.files_found.load(Ordering::Relaxed),
        progress.records.load(Ordering::Relaxed),
    )
}
