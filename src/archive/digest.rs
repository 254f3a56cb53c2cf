//! The bytes of a log file and of its text, weighed: size, SHA-256 and MD5 of both.
//!
//! Says what the bytes are, not what they should be. Read once, as they are inflated.

use std::io::{self, Read};

use md_5::Md5;
use sha2::{Digest as _, Sha256};

use super::text::{Damage, Outcome, TextReader};
use super::walk::LogFile;

/// Size and hashes of a sequence of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digests {
    /// How many bytes.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Their MD5, which names of log files have; nothing else rests on it.
    pub md5: [u8; 16],
}

/// What came of reading a log file with all its bytes weighed.
#[derive(Debug)]
pub struct Digested {
    /// What came of reading it.
    pub outcome: Outcome,
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
        let read = match bytes {
            Some(bytes) => Ok(self.digest(bytes, &mut consume)),
            None => self.with_bytes(log_file, |reader, bytes| reader.digest(bytes, &mut consume)),
        };
        read.unwrap_or_else(|damage| {
            consume(&[], true);
            Digested {
                outcome: Outcome {
                    damage: Some(damage),
                    ..Outcome::default()
                },
                object: None,
                text: None,
            }
        })
    }

    fn digest(
        &mut self,
        bytes: &mut dyn Read,
        consume: &mut dyn FnMut(&[u8], bool) -> usize,
    ) -> Digested {
        let mut object = Weighing {
            bytes,
            weighed: Weighed::default(),
        };
        let mut text = Weighed::default();
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
        Digested {
            outcome,
            object: whole.then(|| object.weighed.digests()),
            text: (!cut).then(|| text.digests()),
        }
    }
}

/// Bytes that are weighed on their way.
struct Weighing<'f> {
    bytes: &'f mut dyn Read,
    weighed: Weighed,
}

impl Read for Weighing<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let length = self.bytes.read(room)?;
        self.weighed.add(room.get(..length).unwrap_or_default());
        Ok(length)
    }
}

#[derive(Default)]
struct Weighed {
    size: u64,
    sha256: Sha256,
    md5: Md5,
}

impl Weighed {
    fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        self.md5.update(bytes);
    }

    fn digests(self) -> Digests {
        Digests {
            size: self.size,
            sha256: self.sha256.finalize().into(),
            md5: self.md5.finalize().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    #[test]
    fn a_text_is_weighed_once_however_it_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        // RFC 1321 and FIPS 180-2 give the hashes of "abc".
        fs::write(&path, "abc").unwrap();
        let abc = Digests {
            size: 3,
            sha256: [0; 32],
            md5: [0; 16],
        };
        for step in [1, 2, 3] {
            let read =
                TextReader::default()
                    .read_digesting(&LogFile::at(&path), None, |text, _| text.len().min(step));
            let (object, text) = (read.object.unwrap(), read.text.unwrap());
            assert_eq!(object, text);
            assert_eq!(object.size, abc.size);
            assert_eq!(hex(&object.md5), "900150983cd24fb0d6963f7d28e17f72");
            assert_eq!(
                hex(&object.sha256),
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            );
        }
        let large = "x".repeat(3 << 20);
        fs::write(&path, &large).unwrap();
        let mut steps = (1..).step_by(7001).cycle();
        let read = TextReader::default().read_digesting(&LogFile::at(&path), None, |text, _| {
            text.len().min(steps.next().unwrap_or_default())
        });
        assert_eq!(read.text, read.object);
        assert_eq!(read.text.unwrap().size, large.len() as u64);
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
