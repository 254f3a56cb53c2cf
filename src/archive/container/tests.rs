//! A damaged container never ends the program, whatever is wrong with it.

use std::io::Write as _;
use std::ops::ControlFlow;

use proptest::prelude::*;

use crate::archive::{Archive, DayRange, ListingEntry, TextReader};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The text of each member.
fn text() -> Vec<u8> {
    br#"[{"eventName":"DescribeInstances","eventId":""#.repeat(16)
}

/// A tar and a zip of three members, one of them with a long name in an extended header.
fn containers() -> [Vec<u8>; 2] {
    let header = |name: &str, kind: u8, bytes: &[u8]| {
        let mut block = [0_u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        block[156] = kind;
        block[148..156].fill(b' ');
        let checksum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{checksum:06o}\0 ").as_bytes());
        let mut member = [&block, bytes].concat();
        member.resize(member.len().next_multiple_of(512), 0);
        member
    };
    let text = text();
    let tar = [
        header("a.json", b'0', &text),
        header("x", b'x', b"18 path=long.json\n"),
        header("b", b'0', &gzip(&text)),
        header("c.gz", b'0', b""),
        vec![0; 1024],
    ]
    .concat();
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for name in ["a.json", "b.gz", "c.csv"] {
        let offset = u32::try_from(zip.len()).unwrap().to_le_bytes();
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        let name_length = [u8::try_from(name.len()).unwrap(), 0, 0, 0];
        let common = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4][..],
            &length,
            &length,
            &name_length,
        ]
        .concat();
        zip.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &text].concat());
        directory.extend(
            [
                b"PK\x01\x02\x14\x03",
                &common[..],
                &[0; 10],
                &offset,
                name.as_bytes(),
            ]
            .concat(),
        );
    }
    let offset = u32::try_from(zip.len()).unwrap().to_le_bytes();
    let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
    zip.extend(directory);
    zip.extend(
        [
            &b"PK\x05\x06\0\0\0\0\x03\0\x03\0"[..],
            &length,
            &offset,
            &[0, 0],
        ]
        .concat(),
    );
    [tar, zip]
}

/// Reads everything in a file; returns the number of log files, and of bytes of text.
fn read_all(bytes: &[u8]) -> (usize, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("container");
    std::fs::write(&path, bytes).unwrap();
    let (mut reader, mut outer) = (TextReader::default(), TextReader::default());
    let (mut files, mut inflated) = (0, 0);
    let archive = Archive::open(&[path]).unwrap();
    archive.list(DayRange::default(), |entry| {
        match entry {
            ListingEntry::StreamedContainer(container) => {
                let days = DayRange::default();
                archive.stream(&container, days, &mut outer, &mut |entry, bytes| {
                    if let ListingEntry::LogFile(_) = entry {
                        files += 1;
                        inflated += reader.read_bytes(bytes, |text, _| text.len()).inflated;
                    }
                    ControlFlow::Continue(())
                });
            }
            ListingEntry::LogFile(log_file) => {
                files += 1;
                let outcome = archive.read(&log_file, None, &mut reader, |text, _| text.len());
                inflated += outcome.inflated;
            }
            ListingEntry::Pruned
            | ListingEntry::PrunedFolder
            | ListingEntry::Ignored(_)
            | ListingEntry::Unreadable { .. } => {}
        }
        ControlFlow::Continue(())
    });
    (files, inflated)
}

#[test]
fn the_containers_of_these_tests_are_containers() {
    let [tar, zip] = containers();
    let length = text().len() as u64;
    assert_eq!(read_all(&tar), (3, 2 * length));
    assert_eq!(read_all(&gzip(&tar)), (3, 2 * length));
    // The checksums in the zip are wrong, which costs no text.
    assert_eq!(read_all(&zip), (3, 3 * length));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_container_never_ends_the_program(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: prop::sample::Index,
        whole: bool,
    ) {
        for mut bytes in containers() {
            // Only headers and directories are damaged: the text of the members does not matter here.
            let headers: Vec<usize> = (0..bytes.len())
                .filter(|&position| position % 512 < 160 || bytes.len() - position < 300)
                .collect();
            for (position, byte) in &places {
                bytes[*position.get(&headers)] = *byte;
            }
            if !whole {
                bytes.truncate(cut.index(bytes.len()));
            }
            let (files, inflated) = read_all(&bytes);
            prop_assert!(files <= 8 && inflated < 1 << 20, "{files} {inflated}");
            read_all(&gzip(&bytes));
        }
    }
}
