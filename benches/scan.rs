//! Benchmarks of the parts of a scan: inflate, parse, detect duplicates, fold, and all together.
//!
//! ```console
//! $ cargo bench --bench scan
//! ```
//!
//! The log files are some twenty megabytes of text of the generator, in its `normal` shape, written
//! to a temporary folder; the text is always the same. Throughput is in bytes of text for every
//! group, so that groups can be compared.

#[allow(dead_code, reason = "its command line is not needed here")]
#[path = "../examples/generate/args.rs"]
mod args;
#[path = "../examples/generate/event.rs"]
mod event;
#[path = "../examples/generate/origin.rs"]
mod origin;
#[path = "../examples/support/mod.rs"]
mod support;
#[path = "../examples/generate/tables.rs"]
mod tables;
#[path = "../examples/generate/world.rs"]
mod world;

use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;
use keytrail::archive::TextReader;
use keytrail::event::{Event, Reader, Resource};
use keytrail::scan::{self, Progress, ReaderKind, ScanOptions, Scope, UsageOptions};
use keytrail::usage::{EventHashes, Novelty, Seed, SeenEvents, Source, UsageDetail, UsageMap};
use md_5::{Digest as _, Md5};

use args::{Args, Shape};
use event::{EventSource, Scratch};
use world::World;

const FILES: u64 = 24;

/// The log files, on disk and inflated, and their events.
struct Archive {
    folder: tempfile::TempDir,
    files: Vec<PathBuf>,
    texts: Vec<String>,
    events: Vec<OwnedEvent>,
}

/// An event that owns its texts.
struct OwnedEvent {
    time: i64,
    /// In the order of the fields of [`Event`].
    texts: [String; 13],
    source: Source,
    failed_sign_in: bool,
    /// Types and names.
    resources: Vec<(String, String)>,
    record: u32,
}

impl Archive {
    fn generate() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let args = Args {
            out: folder.path().to_owned(),
            shape: Shape::Normal,
            bytes: FILES * Shape::Normal.sizes().mean,
            files: FILES,
            seed: 1,
            keys: 5_000,
            days: 30,
            duplicates: 0,
            multi: false,
            hot_key: false,
        };
        let world = World::new(&args);
        let mut archive = Self {
            folder,
            files: Vec::new(),
            texts: Vec::new(),
            events: Vec::new(),
        };
        for index in 0..FILES {
            archive.add_file(&args, &world, index);
        }
        archive
    }

    fn add_file(&mut self, args: &Args, world: &World, index: u64) {
        let size = args.bytes / args.files;
        let mut source = EventSource::new(args, world, index, size);
        let mut scratch = Scratch::default();
        let mut text = "[".to_owned();
        while (text.len() as u64) < size {
            if text.len() > 1 {
                text.push(',');
            }
            source.push_event(&mut text, &mut scratch);
        }
        text.push(']');

        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder
            .write_all(text.as_bytes())
            .expect("a vector takes all");
        let gzip = encoder.finish().expect("a vector takes all");
        let object = source.origin.object(args, world, "", 0);
        let path = object.path(
            source.events,
            gzip.len() as u64,
            Md5::new_with_prefix(&gzip),
        );
        let path = args.out.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, gzip).expect("a log file");

        Reader::new().read(text.as_bytes(), true, |record| {
            self.events
                .push(OwnedEvent::of(&record.event, record.number));
        });
        self.files.push(path);
        self.texts.push(text);
    }

    fn bytes(&self) -> u64 {
        self.texts.iter().map(|text| text.len() as u64).sum()
    }
}

impl OwnedEvent {
    fn of(event: &Event<'_>, record: u32) -> Self {
        let texts = [
            event.event_id,
            event.access_key_id,
            event.account_id,
            event.owner_id,
            event.user_name,
            event.account_type,
            event.recipient_account_id,
            event.region,
            event.service_name,
            event.event_name,
            event.source_ip,
            event.error_code,
            event.user_agent,
        ];
        let resources = event.resources.iter().map(|resource| {
            let Resource {
                resource_type,
                name,
            } = *resource;
            (resource_type.to_owned(), name.to_owned())
        });
        Self {
            time: event.time,
            texts: texts.map(str::to_owned),
            source: event.source,
            failed_sign_in: event.failed_sign_in,
            resources: resources.collect(),
            record,
        }
    }

    /// Calls `visit` with the event.
    fn visit<T>(&self, visit: impl FnOnce(&Event<'_>) -> T) -> T {
        let resources: Vec<_> = self
            .resources
            .iter()
            .map(|(resource_type, name)| Resource {
                resource_type,
                name,
            })
            .collect();
        let [
            event_id,
            access_key_id,
            account_id,
            owner_id,
            user_name,
            account_type,
            recipient_account_id,
            region,
            service_name,
            event_name,
            source_ip,
            error_code,
            user_agent,
        ] = &self.texts;
        visit(&Event {
            time: self.time,
            event_id,
            access_key_id,
            account_id,
            owner_id,
            user_name,
            account_type,
            recipient_account_id,
            region,
            service_name,
            event_name,
            source_ip,
            error_code,
            user_agent,
            failed_sign_in: self.failed_sign_in,
            insight_key: "",
            source: self.source,
            resources: &resources,
        })
    }
}

fn benches(criterion: &mut Criterion) {
    let archive = Archive::generate();
    let group = |criterion: &mut Criterion, name: &str, run: fn(&mut Group<'_>, &Archive)| {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        group.throughput(Throughput::Bytes(archive.bytes()));
        run(&mut group, &archive);
        group.finish();
    };
    group(criterion, "inflate", inflate);
    group(criterion, "parse", parse);
    group(criterion, "fold", fold);
    group(criterion, "scan", scan_all);
}

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn inflate(group: &mut Group<'_>, archive: &Archive) {
    group.bench_function("text-reader", |bencher| {
        let mut reader = TextReader::default();
        bencher.iter(|| {
            for file in &archive.files {
                let file = fs::File::open(file).expect("a log file");
                black_box(reader.read_bytes(file, |text, _| black_box(text).len()));
            }
        });
    });
}

fn parse(group: &mut Group<'_>, archive: &Archive) {
    for (name, new) in [
        ("reader", Reader::new as fn() -> Reader),
        ("with_details", Reader::with_details),
        ("complete", Reader::complete),
    ] {
        group.bench_function(name, |bencher| {
            let mut reader = new();
            bencher.iter(|| {
                for text in &archive.texts {
                    reader.read(text.as_bytes(), true, |record| {
                        black_box(record);
                    });
                    black_box(reader.finish());
                }
            });
        });
    }
}

fn fold(group: &mut Group<'_>, archive: &Archive) {
    group.bench_function("hashes", |bencher| {
        let mut hashes = EventHashes::new(Seed::random());
        bencher.iter(|| {
            for event in &archive.events {
                event.visit(|event| hashes.compute(event));
                black_box(&hashes);
            }
        });
    });
    group.bench_function("duplicates", |bencher| {
        bencher.iter(|| {
            let mut hashes = EventHashes::new(Seed::random());
            let mut seen_events = SeenEvents::default();
            let first = archive.events.iter().filter(|event| {
                event.visit(|event| {
                    hashes.compute(event);
                    hashes.fingerprint(event).is_none_or(|fingerprint| {
                        seen_events.add(event.time, fingerprint) != Novelty::Duplicate
                    })
                })
            });
            first.count()
        });
    });
    group.bench_function("observe", |bencher| {
        bencher.iter(|| {
            let seed = Seed::random();
            let mut hashes = EventHashes::new(seed);
            let mut usage = UsageMap::new(seed, UsageDetail::Entries);
            usage.begin_log_file(0, b"one.gz".as_slice().into());
            for event in &archive.events {
                let record = event.record;
                event.visit(|event| {
                    hashes.compute(event);
                    usage.observe(event, &hashes, record, true.into());
                });
            }
            usage
        });
    });
}

fn scan_all(group: &mut Group<'_>, archive: &Archive) {
    for threads in [1, 2] {
        let options = ScanOptions {
            threads: NonZeroUsize::new(threads),
            reader: ReaderKind::Selective,
            seed: Seed::random(),
            search: true,
        };
        let (scope, usage_options) = (Scope::default(), UsageOptions::default());
        let archive = keytrail::archive::Archive::open(&[archive.folder.path()]).expect("a folder");
        let sources = scan::Sources::from(archive);
        group.bench_function(format!("threads-{threads}"), |bencher| {
            bencher.iter(|| {
                scan::usage(
                    &sources,
                    &options,
                    &scope,
                    &usage_options,
                    &Progress::default(),
                )
                .expect("a scan")
            });
        });
    }
}

criterion_group!(all, benches);
criterion_main!(all);
