//! The bytes of a log file and of its text, weighed: size, SHA-256 and MD5 of both.
//!
//! Says what the bytes are, not what they should be. Read once, as they are inflated.
//!
//! An MD5 takes as long as three SHA-256 where processors know those, and is of use only beside the one in a name. So it is left
//! out where the name has none, and that of the text where the name's is known to be the file's.

use std::io::{self, Read};

use md_5::Md5;
use sha2::{Digest as _, Sha256};

use super::damage::Damage;
use super::decode::{ReadOutcome, TextReader};
use super::object_key::Promise;
use super::walk::LogFile;

/// How much of a log file is read, at most, before its text: all of most of them, so that their
/// MD5 is known by then.
const AHEAD: u64 = 1 << 20;

/// Size and hashes of a sequence of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digests {
    /// How many bytes.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Their MD5, which names of log files have; nothing else rests on it. `None` where the name
    /// is compared without it.
    pub md5: Option<[u8; 16]>,
}

/// What came of reading a log file with all its bytes weighed.
#[derive(Debug)]
pub struct Digested {
    /// What came of reading it.
    pub outcome: ReadOutcome,
    /// The file as it is stored; `None` where it cannot be read to its end.
    pub object: Option<Digests>,
    /// Its text; `None` where the text breaks off.
    pub text: Option<Digests>,
}

impl TextReader {
    /// Reads a log file as [`Self::read`] does, from its bytes where they are given, and weighs it.
    /// Reads to the end of the file also where the text ends before it.
    pub fn read_digesting(
        &mut self,
        log_file: &LogFile,
        bytes: Option<&mut dyn Read>,
        mut consume: impl FnMut(&[u8], bool) -> usize,
    ) -> Digested {
        let promise = log_file.path.file_name().and_then(Promise::parse);
        let md5 = promise.and_then(|promise| promise.md5);
        let read = match bytes {
            Some(bytes) => Ok(self.digest(bytes, md5, &mut consume)),
            None => self.with_bytes(log_file, |reader, bytes| {
                reader.digest(bytes, md5, &mut consume)
            }),
        };
        read.unwrap_or_else(|damage| {
            consume(&[], true);
            Digested {
                outcome: ReadOutcome {
                    damage: Some(damage),
                    ..ReadOutcome::default()
                },
                object: None,
                text: None,
            }
        })
    }

    /// Weighs the bytes of a log file whose name has that MD5.
    fn digest(
        &mut self,
        bytes: &mut dyn Read,
        named: Option<[u8; 16]>,
        consume: &mut dyn FnMut(&[u8], bool) -> usize,
    ) -> Digested {
        let mut ahead = Vec::new();
        let read = Read::take(&mut *bytes, AHEAD).read_to_end(&mut ahead);
        let mut weighed = Weighed::new(named.is_some());
        weighed.add(&ahead);
        let is_whole = read.is_ok() && (ahead.len() as u64) < AHEAD;
        let is_named = is_whole && weighed.clone().digests().md5 == named;
        let mut rest = Weighing {
            bytes,
            failed: read.err(),
            weighed,
        };
        let mut object = ahead.chain(&mut rest);
        let mut text = Weighed::new(named.is_some() && !is_named);
        // What the consumer has not taken comes again in front of the next piece.
        let mut again = 0;
        let mut outcome = self.read_bytes(&mut object, |piece, last| {
            text.add(piece.get(again..).unwrap_or_default());
            let taken = consume(piece, last).min(piece.len());
            again = piece.len() - taken;
            taken
        });
        let mut whole = !matches!(outcome.damage, Some(Damage::Read(_)));
        if whole {
            // After damage there can be more.
            match io::copy(&mut object, &mut io::sink()) {
                Ok(rest) => outcome.compressed += rest,
                Err(error) => {
                    whole = false;
                    outcome.damage.get_or_insert(Damage::Read(error));
                }
            }
        }
        let cut = outcome.damage.as_ref().is_some_and(Damage::cuts_text);
        let object = whole.then(|| rest.weighed.digests());
        let mut text = (!cut).then(|| text.digests());
        if let (Some(object), Some(text)) = (&object, &mut text)
            && object.sha256 == text.sha256
        {
            // The same bytes.
            text.md5 = object.md5;
        }
        Digested {
            outcome,
            object,
            text,
        }
    }
}

/// Bytes that are weighed on their way.
struct Weighing<'f> {
    bytes: &'f mut dyn Read,
    /// Why they could not be read on, to be told when that is tried.
    failed: Option<io::Error>,
    weighed: Weighed,
}

impl Read for Weighing<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let length = self.bytes.read(room)?;
        self.weighed.add(room.get(..length).unwrap_or_default());
        Ok(length)
    }
}

#[derive(Clone)]
struct Weighed {
    size: u64,
    sha256: Sha256,
    md5: Option<Md5>,
}

impl Weighed {
    fn new(with_md5: bool) -> Self {
        Self {
            size: 0,
            sha256: Sha256::default(),
            md5: with_md5.then(Md5::default),
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    fn digests(self) -> Digests {
        Digests {
            size: self.size,
            sha256: self.sha256.finalize().into(),
            md5: self.md5.map(|md5| md5.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    /// A log file whose name has that MD5, and in it those bytes.
    fn named(folder: &Path, md5: &str, bytes: &[u8]) -> LogFile {
        let path = folder.join(format!(
            "Actiontrail_cn-hangzhou_20240102030405_1002_1_3_{md5}.gz"
        ));
        fs::write(&path, bytes).unwrap();
        LogFile::at(&path)
    }

    fn md5(bytes: &[u8]) -> String {
        hex(&Md5::digest(bytes))
    }

    #[test]
    fn a_text_is_weighed_once_however_it_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        // RFC 1321 and FIPS 180-2 give the hashes of "abc".
        let abc = named(folder.path(), "900150983cd24fb0d6963f7d28e17f72", b"abc");
        for step in [1, 2, 3] {
            let read =
                TextReader::default().read_digesting(&abc, None, |text, _| text.len().min(step));
            let (object, text) = (read.object.unwrap(), read.text.unwrap());
            assert_eq!(object, text);
            assert_eq!(object.size, 3);
            assert_eq!(
                hex(&object.md5.unwrap()),
                "900150983cd24fb0d6963f7d28e17f72"
            );
            assert_eq!(
                hex(&object.sha256),
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            );
        }
        let large = vec![b'x'; 3 << 20];
        let path = folder.path().join("a.json");
        fs::write(&path, &large).unwrap();
        let mut steps = (1..).step_by(7001).cycle();
        let read = TextReader::default().read_digesting(&LogFile::at(&path), None, |text, _| {
            text.len().min(steps.next().unwrap_or_default())
        });
        assert_eq!(read.text, read.object);
        let text = read.text.unwrap();
        assert_eq!(text.size, large.len() as u64);
        assert_eq!(text.sha256[..], Sha256::digest(&large)[..]);
    }

    #[test]
    fn an_md5_is_taken_where_the_name_is_compared_with_it() {
        let folder = tempfile::tempdir().unwrap();
        // Stored, so that the object is longer than its text.
        let object = |text: &[u8]| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
            gzip.write_all(text).unwrap();
            gzip.finish().unwrap()
        };
        let long = vec![b'x'; 3 << 20];
        for (text, is_long) in [(&b"abc"[..], false), (&long, true)] {
            let object = object(text);
            let weigh = |log_file: &LogFile| {
                let read =
                    TextReader::default().read_digesting(log_file, None, |text, _| text.len());
                let md5 = |digests: Option<Digests>| digests.unwrap().md5.map(|md5| hex(&md5));
                (md5(read.object), md5(read.text))
            };
            let of_object = weigh(&named(folder.path(), &md5(&object), &object));
            let of_text = is_long.then(|| md5(text));
            assert_eq!(of_object, (Some(md5(&object)), of_text));
            for other in [md5(text), md5(b"neither")] {
                let both = weigh(&named(folder.path(), &other, &object));
                assert_eq!(both, (Some(md5(&object)), Some(md5(text))));
            }
            let path = folder.path().join("a.gz");
            fs::write(&path, &object).unwrap();
            assert_eq!(weigh(&LogFile::at(&path)), (None, None));
        }
    }

    #[test]
    fn what_follows_damage_is_part_of_the_file_and_a_cut_text_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gz");
        let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff];
        bytes.resize(1 << 20, 0xff);
        fs::write(&path, &bytes).unwrap();
        let read =
            TextReader::default().read_digesting(&LogFile::at(&path), None, |text, _| text.len());
        assert_eq!(read.object.unwrap().size, bytes.len() as u64);
        assert_eq!(read.outcome.compressed, bytes.len() as u64);
        assert_eq!(read.text, None);
        let gone = folder.path().join("gone.gz");
        let read =
            TextReader::default().read_digesting(&LogFile::at(&gone), None, |text, _| text.len());
        assert_eq!((read.object, read.text), (None, None));
    }
}
