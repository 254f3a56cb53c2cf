//! The progress of a scan on standard error, by compressed bytes, and the interrupt that ends it.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use keytrail::scan::Progress;

use super::args::When;
use super::diagnostics::eprint_line;
use super::half_written;

/// When progress is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProgressDisplay {
    pub(super) when: When,
    /// Whether `auto` shows nothing.
    pub(super) quiet: bool,
}

/// What is known of a run while it lasts, for the user who watches or interrupts it.
#[derive(Default)]
pub(super) struct Watched {
    pub(super) progress: Progress,
    /// The bar, where there is one.
    bar: OnceLock<ProgressBar>,
    /// What an interrupt while the answer is written leaves behind; set when that begins.
    left_behind: OnceLock<String>,
    is_told: AtomicBool,
}

impl Watched {
    /// States what an interrupt leaves behind from now on, as the answer is being written.
    pub(super) fn begin_to_write(&self, left_behind: String) {
        // It is set once, since an answer is written once.
        let _ = self.left_behind.set(left_behind);
    }

    /// Reports, once, how far an interrupted run has come.
    pub(super) fn tell_interrupt(&self) {
        if self.is_told.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
        eprint_line(&match self.left_behind.get() {
            Some(left_behind) => {
                format!("keytrail: interrupted while the answer was written; {left_behind}")
            }
            None => format!(
                "keytrail: interrupted after {} log files; nothing was written",
                files(&self.progress)
            ),
        });
    }
}

/// Scans while its progress is shown; `None` where the user interrupted it.
pub(super) fn scan_with_progress<T>(
    watched: &Arc<Watched>,
    display: ProgressDisplay,
    scan: impl FnOnce() -> T,
) -> anyhow::Result<Option<T>> {
    end_on_interrupt(Arc::clone(watched))?;
    let watch = Watch::start(Arc::clone(watched), display);
    let scanned = scan();
    drop(watch);
    Ok((!watched.progress.stop.load(Ordering::Relaxed)).then_some(scanned))
}

/// How long a run may take to end after an interrupt: it can be waiting for a pipe.
const GRACE: Duration = Duration::from_secs(5);

/// Ends the scan, or the writing of its answer, at the first interrupt; and the program in any case at
/// the second one, or after [`GRACE`].
fn end_on_interrupt(watched: Arc<Watched>) -> anyhow::Result<()> {
    let is_interrupted = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        let end = |watched: &Watched| {
            watched.tell_interrupt();
            half_written::remove();
            #[expect(clippy::exit, reason = "the user does not want to wait")]
            std::process::exit(130)
        };
        watched.progress.stop.store(true, Ordering::Relaxed);
        if is_interrupted.swap(true, Ordering::Relaxed) {
            end(&watched);
        }
        let later = Arc::clone(&watched);
        let waiting = thread::Builder::new().spawn(move || {
            thread::sleep(GRACE);
            end(&later)
        });
        if waiting.is_err() {
            end(&watched);
        }
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
    fn start(watched: Arc<Watched>, display: ProgressDisplay) -> Self {
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
        let show = move || {
            let is_running = |time| ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            if terminal {
                let bar = watched.bar.get_or_init(bar);
                // An interrupted run says so itself, in place of the bar.
                while is_running(TICK) && !watched.progress.stop.load(Ordering::Relaxed) {
                    draw(bar, &watched.progress);
                }
                bar.finish_and_clear();
            } else {
                while is_running(LINE) {
                    eprint_line(&format!("keytrail: {}", sentence(&watched.progress)));
                }
            }
        };
        Self {
            done: Some(done),
            // Where no thread can be started, the scan says so, and without one nothing is shown.
            thread: thread::Builder::new().spawn(show).ok(),
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

/// A bar of less than 80 columns, whatever the counts, in the units of the footer. It does not fill the
/// line, or the `^C` of an interrupt would go to the next one, and the bar stay.
fn bar() -> ProgressBar {
    let template = "{bar:12} {decimal_bytes} of {decimal_total_bytes}, {eta} left, {msg}";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    bar.set_length(progress.bytes_found.load(Ordering::Relaxed));
    bar.set_position(progress.bytes_done.load(Ordering::Relaxed));
    bar.set_message(format!("{} files", files(progress)));
}

fn sentence(progress: &Progress) -> String {
    let records = progress.records.load(Ordering::Relaxed);
    format!("{} files, {} records", files(progress), HumanCount(records))
}

/// How many log files are done, and of how many; with `+` while the archive is still listed.
fn files(progress: &Progress) -> String {
    let more = if progress.listed.load(Ordering::Relaxed) {
        ""
    } else {
        "+"
    };
    format!(
        "{} of {}{more}",
        HumanCount(progress.files_done.load(Ordering::Relaxed)),
        HumanCount(progress.files_found.load(Ordering::Relaxed)),
    )
}
