//! Measures inflaters: libdeflate on whole files, zlib-rs and our own in a stream.
//!
//! ```console
//! $ cargo run --release --example inflate_bench -- ROUNDS FILE.gz...
//! ```
//!
//! The backends take turns, round by round, so that noise on the machine affects all of them alike.
//! Printed are medians of the CPU time of the thread, without reading the files. Reads gzip files
//! of one member only.
#![expect(clippy::print_stdout, reason = "a bench program prints its figures")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "sizes of files in memory, to be printed"
)]

use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Decompress, FlushDecompress};
use keytrail::archive::deflate::{Inflater, Status, WINDOW};
use libdeflater::{Crc, Decompressor};

/// How many bytes of a file a streaming backend gets at once.
const CHUNK: usize = 128 * 1024;
/// The least number of bytes that a turn inflates.
const TURN: usize = 500_000_000;

type Backend = fn(&[u8], &mut Buffers) -> Result<()>;

/// The backends, by name.
const BACKENDS: [(&str, Backend); 3] = [
    ("libdeflate", whole),
    ("zlib-rs", stream_zlib),
    ("own", stream_own),
];

/// State that the backends reuse from file to file.
struct Buffers {
    decompressor: Decompressor,
    whole: Vec<u8>,
    zlib: Decompress,
    inflater: Inflater,
    window: Vec<u8>,
}

fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    let rounds: usize = args
        .next()
        .context("usage: inflate_bench ROUNDS FILE.gz...")?
        .parse()?;
    let files = args
        .map(|path| fs::read(&path).context(path))
        .collect::<Result<Vec<_>>>()?;
    let output: usize = files
        .iter()
        .map(|file| Trailer::of(file).map(|trailer| trailer.size as usize))
        .sum::<Result<_>>()?;
    let mut buffers = Buffers {
        decompressor: Decompressor::new(),
        whole: Vec::new(),
        zlib: Decompress::new(false),
        inflater: Inflater::new(),
        window: vec![0; WINDOW + CHUNK],
    };

    // A turn is long compared with the ticks in which the kernel counts CPU time.
    let repeats = TURN / output.max(1) + 1;
    let mut times = BACKENDS.map(|_| Vec::new());
    for round in 0..=rounds {
        for ((name, backend), times) in BACKENDS.iter().zip(&mut times) {
            let start = cpu_time();
            for file in files.iter().cycle().take(files.len() * repeats) {
                backend(file, &mut buffers)
                    .with_context(|| format!("cannot inflate with {name}"))?;
            }
            // The first round warms up.
            if round > 0 {
                times.push(cpu_time().saturating_sub(start));
            }
        }
    }

    let medians = times.map(|mut times| {
        times.sort_unstable();
        times
            .get(times.len() / 2)
            .copied()
            .unwrap_or_default()
            .as_secs_f64()
    });
    println!(
        "{} files, {output} bytes inflated, {rounds} rounds",
        files.len()
    );
    for ((name, _), median) in BACKENDS.iter().zip(medians) {
        let speed = (output * repeats) as f64 / 1e6 / median;
        println!(
            "{name:>10}: {median:.3} s CPU a turn, {speed:.0} MB/s, {:.3} of libdeflate",
            medians[0] / median
        );
    }
    Ok(())
}

/// The CPU time of this thread, user and system.
fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = statistics
        .as_deref()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    // Systems other than Linux have the wall clock only.
    nanoseconds.map_or_else(
        || START.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}

/// The trailer of a gzip member.
struct Trailer {
    crc: u32,
    size: u32,
}

impl Trailer {
    fn of(file: &[u8]) -> Result<Self> {
        let [.., crc, size] = *file.as_rchunks().1 else {
            bail!("not a gzip file")
        };
        Ok(Self {
            crc: u32::from_le_bytes(crc),
            size: u32::from_le_bytes(size),
        })
    }
}

/// The DEFLATE data and the trailer, of a member whose header has a file name at most.
fn body(file: &[u8]) -> Result<&[u8]> {
    let [31, 139, 8, flags, _, _, _, _, _, _, rest @ ..] = file else {
        bail!("not a gzip file")
    };
    match flags {
        0 => Ok(rest),
        8 => Ok(rest
            .splitn(2, |byte| *byte == 0)
            .nth(1)
            .context("not a gzip file")?),
        _ => bail!("a gzip header this bench does not read"),
    }
}

fn whole(file: &[u8], buffers: &mut Buffers) -> Result<()> {
    let size = Trailer::of(file)?.size as usize;
    if buffers.whole.len() < size {
        buffers.whole.resize(size, 0);
    }
    let output = buffers.whole.get_mut(..size).context("no room")?;
    let count = buffers.decompressor.gzip_decompress(file, output)?;
    ensure!(count == size, "wrong size");
    Ok(())
}

fn stream_zlib(file: &[u8], buffers: &mut Buffers) -> Result<()> {
    let trailer = Trailer::of(file)?;
    let mut crc = Crc::new();
    let zlib = &mut buffers.zlib;
    zlib.reset(false);
    let output = buffers.window.get_mut(WINDOW..).context("no room")?;
    for mut chunk in body(file)?.chunks(CHUNK) {
        loop {
            let (read, written) = (zlib.total_in(), zlib.total_out());
            let status = zlib.decompress(chunk, output, FlushDecompress::None)?;
            let count = (zlib.total_out() - written) as usize;
            crc.update(output.get(..count).unwrap_or_default());
            chunk = chunk
                .get((zlib.total_in() - read) as usize..)
                .unwrap_or_default();
            if status == flate2::Status::StreamEnd {
                ensure!(crc.sum() == trailer.crc, "wrong checksum");
                return Ok(());
            }
            if chunk.is_empty() && count < output.len() {
                break;
            }
        }
    }
    bail!("cut off")
}

fn stream_own(file: &[u8], buffers: &mut Buffers) -> Result<()> {
    let trailer = Trailer::of(file)?;
    let mut crc = Crc::new();
    let window = &mut buffers.window;
    buffers.inflater.reset();
    let mut position = 0;
    for chunk in body(file)?.chunks(CHUNK) {
        let mut consumed = 0;
        loop {
            let start = position;
            let status = buffers
                .inflater
                .inflate(chunk, &mut consumed, window, &mut position)?;
            crc.update(window.get(start..position).unwrap_or_default());
            match status {
                Status::NeedInput => break,
                Status::OutputFull => {
                    window.copy_within(position - WINDOW..position, 0);
                    position = WINDOW;
                }
                Status::Done => {
                    ensure!(crc.sum() == trailer.crc, "wrong checksum");
                    return Ok(());
                }
            }
        }
    }
    bail!("cut off")
}
