//! Writes a synthetic archive of `ActionTrail` files of any size, for measurements.
//!
//! ```console
//! $ cargo run --release --example generate -- OUT_DIR --shape normal --bytes 300M
//! ```
//!
//! The same arguments give the same events on every machine and with any number of threads, because
//! a file depends on the seed and on its own number only. The compressed bytes are the same with the
//! same version of the compressor. The events have the shapes of real ones and none of their
//! content. The small archive in `testdata/` is written by the `testdata` example.

#![expect(
    clippy::print_stdout,
    reason = "the summary and the usage are the answer of this example"
)]

#[path = "../support/mod.rs"]
mod support;

mod args;
mod event;
mod origin;
mod tables;
mod world;

use std::{
    error::Error,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use md_5::{Digest as _, Md5};
use rayon::prelude::*;

use crate::{
    args::{Args, Shape, USAGE},
    event::{EventSource, Scratch},
    origin::FileOrigin,
    support::{Rng, pick},
    world::{Key, World},
};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(args) = Args::parse(std::env::args().skip(1))? else {
        println!("{USAGE}");
        return Ok(());
    };
    let world = World::new(&args);
    let total = match args.shape {
        Shape::Giant => write_giant(&args, &world)?,
        Shape::Normal | Shape::Tiny | Shape::Daily => write_files(&args, &world)?,
    };
    println!("{}", total.summary(world.hot_key.as_ref()));
    Ok(())
}

/// Counts of what was written.
#[derive(Clone, Copy, Default)]
struct Total {
    files: u64,
    events: u64,
    inflated: u64,
    compressed: u64,
}

impl Total {
    /// The sum. It is commutative and associative, so it does not depend on the schedule.
    fn plus(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            events: self.events + other.events,
            inflated: self.inflated + other.inflated,
            compressed: self.compressed + other.compressed,
        }
    }

    fn summary(self, hot_key: Option<&Key>) -> String {
        let hundredths = self.inflated * 100 / self.compressed.max(1);
        let hot_key = hot_key.map_or_else(
            || "null".to_owned(),
            |key| format!("\"{}\"", key.access_key_id),
        );
        format!(
            "{{\"files\":{},\"events\":{},\"inflated_bytes\":{},\"compressed_bytes\":{},\
             \"ratio\":{}.{:02},\"bytes_per_event\":{},\"hot_key\":{hot_key}}}",
            self.files,
            self.events,
            self.inflated,
            self.compressed,
            hundredths / 100,
            hundredths % 100,
            self.inflated / self.events.max(1),
        )
    }
}

/// Lognormal sizes whose sum is about the number of bytes asked for. Clamping them to the bounds of
/// the shape changes the sum a little.
fn file_sizes(args: &Args) -> Vec<u64> {
    /// 2^(n/16), in 65,536ths.
    const POWERS: [u64; 16] = [
        65_536, 68_438, 71_468, 74_632, 77_936, 81_386, 84_990, 88_752, 92_682, 96_785, 101_070,
        105_545, 110_218, 115_098, 120_194, 125_515,
    ];
    let sizes = args.shape.sizes();
    let mut rng = Rng::new(&[args.seed, 1]);
    let weights: Vec<u64> = (0..args.files)
        .map(|_| {
            // The sum of twelve uniform numbers is nearly normal; its mean is 6, so it is positive.
            let normal: u64 = (0..12).map(|_| rng.below(4_096)).sum();
            let sixteenths = normal * sizes.spread / 4_096;
            pick(&POWERS, sixteenths) << (sixteenths / 16)
        })
        .collect();
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    weights
        .into_iter()
        .map(|weight| {
            let size = u128::from(weight) * u128::from(args.bytes) / sum;
            u64::try_from(size)
                .unwrap_or(u64::MAX)
                .clamp(sizes.smallest, sizes.largest)
        })
        .collect()
}

/// Buffers that a thread reuses from file to file.
#[derive(Default)]
struct Buffers {
    text: String,
    gzip: Vec<u8>,
    scratch: Scratch,
}

/// Writes all shapes but the giant, on all cores.
fn write_files(args: &Args, world: &World) -> io::Result<Total> {
    file_sizes(args)
        .into_par_iter()
        .enumerate()
        .map_init(Buffers::default, |buffers, (index, size)| {
            let index = u64::try_from(index).expect("an index fits in 64 bits");
            write_file(args, world, index, size, buffers)
        })
        .try_reduce(Total::default, |left, right| Ok(left.plus(right)))
}

fn write_file(
    args: &Args,
    world: &World,
    index: u64,
    size: u64,
    buffers: &mut Buffers,
) -> io::Result<Total> {
    let mut source = EventSource::new(args, world, index, size);
    let origin = source.origin;
    let text = &mut buffers.text;
    text.clear();
    text.push('[');
    // Where the second half begins, for the delivery by another trail.
    let (mut half, mut events_in_half) = (0, 0);
    while text.len() as u64 + 1 < size || source.events == 0 {
        source.push_event(text, &mut buffers.scratch);
        text.push(',');
        if half == 0 && text.len() as u64 > size / 2 {
            half = text.len();
            events_in_half = source.events;
        }
    }
    text.pop();
    text.push(']');
    let events = source.events;
    let mut total = deliver(args, world, origin, "", 0, events, text, &mut buffers.gzip)?;
    if Rng::new(&[args.seed, 2, index]).percent(args.duplicates) {
        // The other trail has the events in other files, so copies cannot be found by comparing
        // whole files.
        let parts = if events_in_half == events {
            vec![(text.clone(), events)]
        } else {
            let (first, second) = text.split_at(half);
            let first = format!("{}]", first.trim_end_matches(','));
            vec![
                (first, events_in_half),
                (format!("[{second}"), events - events_in_half),
            ]
        };
        for (delay, (part, count)) in (1..).zip(parts) {
            let gzip = &mut buffers.gzip;
            let copy = deliver(
                args,
                world,
                origin,
                "second-trail",
                delay,
                count,
                &part,
                gzip,
            )?;
            total = total.plus(copy);
        }
    }
    Ok(total)
}

/// Compresses a text and writes it as a log file.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of the path, each used once"
)]
fn deliver(
    args: &Args,
    world: &World,
    origin: FileOrigin,
    prefix: &str,
    delay: u64,
    events: u64,
    text: &str,
    gzip: &mut Vec<u8>,
) -> io::Result<Total> {
    gzip.clear();
    let mut encoder = GzEncoder::new(&mut *gzip, Compression::new(6));
    encoder.write_all(text.as_bytes())?;
    encoder.finish()?;
    let compressed = gzip.len() as u64;
    let path = args
        .out
        .join(origin.object(args, world, prefix, delay).path(
            events,
            compressed,
            Md5::new_with_prefix(&gzip),
        ));
    create_parent(&path)?;
    fs::write(path, gzip)?;
    Ok(Total {
        files: 1,
        events,
        inflated: text.len() as u64,
        compressed,
    })
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Writes one file of any size in bounded memory.
///
/// Its name depends on its content, so it is written under a temporary name first.
fn write_giant(args: &Args, world: &World) -> io::Result<Total> {
    fs::create_dir_all(&args.out)?;
    let unfinished = args.out.join(".unfinished");
    let output = HashingWriter {
        inner: BufWriter::new(File::create(&unfinished)?),
        bytes: 0,
        md5: Md5::new(),
    };
    let mut encoder = GzEncoder::new(output, Compression::new(6));
    let mut source = EventSource::new(args, world, 0, args.bytes);
    let mut scratch = Scratch::default();
    let mut text = String::from("[");
    let mut inflated = 0;
    while inflated < args.bytes || source.events == 0 {
        source.push_event(&mut text, &mut scratch);
        inflated += text.len() as u64;
        encoder.write_all(text.as_bytes())?;
        text.clear();
        text.push(',');
    }
    encoder.write_all(b"]")?;
    inflated += 1;
    let mut output = encoder.finish()?;
    output.flush()?;
    let object = source.origin.object(args, world, "", 0);
    let path = args
        .out
        .join(object.path(source.events, output.bytes, output.md5));
    create_parent(&path)?;
    fs::rename(unfinished, path)?;
    Ok(Total {
        files: 1,
        events: source.events,
        inflated,
        compressed: output.bytes,
    })
}

/// A writer that counts and hashes what it passes on.
struct HashingWriter<W> {
    inner: W,
    bytes: u64,
    md5: Md5,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.md5.update(bytes.get(..written).unwrap_or(bytes));
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
