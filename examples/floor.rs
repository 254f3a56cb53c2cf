//! The lower bound of a scan: reads and inflates every log file under a folder, and does nothing else.
//!
//! ```console
//! $ cargo run --release --example floor -- ARCHIVE --threads 1
//! ```
//!
//! Inflates with libdeflate into a buffer that it reuses, and prints the number of bytes of text.
//! Reads undamaged gzip files of one member only, which are what the generator writes.

#![expect(
    clippy::print_stdout,
    reason = "the count is the answer of this example"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io, thread};

use libdeflater::Decompressor;
use walkdir::WalkDir;

const USAGE: &str = "Usage: floor ARCHIVE [--threads N]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut folder = None;
    let mut threads = thread::available_parallelism()?.get();
    let mut words = std::env::args_os().skip(1);
    while let Some(word) = words.next() {
        if word == "--threads" {
            let count = words.next().ok_or(USAGE)?;
            threads = count.to_str().ok_or(USAGE)?.parse()?;
        } else {
            folder = Some(PathBuf::from(word));
        }
    }
    println!("{}", inflate_all(&folder.ok_or(USAGE)?, threads.max(1))?);
    Ok(())
}

/// Inflates all log files under a folder. Returns the number of bytes of text.
fn inflate_all(folder: &Path, threads: usize) -> Result<usize, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "gz")
        {
            files.push(entry.into_path());
        }
    }
    let next = AtomicUsize::new(0);
    let parts = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let part = inflate_next(&files, &next);
                parts.lock().expect("no thread panics").push(part);
            });
        }
    });
    let parts = parts.into_inner().expect("no thread panics");
    let total: io::Result<usize> = parts.into_iter().sum();
    Ok(total?)
}

/// Inflates one file after another until none is left.
fn inflate_next(files: &[PathBuf], next: &AtomicUsize) -> io::Result<usize> {
    let mut decompressor = Decompressor::new();
    let (mut gzip, mut text) = (Vec::new(), Vec::new());
    let mut total = 0;
    while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
        gzip.clear();
        io::Read::read_to_end(&mut fs::File::open(path)?, &mut gzip)?;
        // The last four bytes of a gzip member are the length of its text.
        let length = gzip
            .last_chunk()
            .map_or(0, |length| u32::from_le_bytes(*length) as usize);
        if text.len() < length {
            text.resize(length, 0);
        }
        total += decompressor
            .gzip_decompress(&gzip, &mut text)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
    }
    Ok(total)
}
