//! Digests of a log file and of its text: size, SHA-256 and MD5 of both, computed while it is read
//! once.
//!
//! Gzip can be inflated a second time beside that, by a library in place of our own inflater. Left
//! out: the comparison of digests with names and with each other, which is in `evidence`.
//!
//! An MD5 takes as long as three SHA-256 where processors have instructions for those, and is only
//! compared with the one in a name. So none is computed where the name has none, and that of the text
//! is not where the MD5 in the name is the file's.

use std::io::{self, Read, Write};

use flate2::write::MultiGzDecoder;
use md_5::Md5;
use sha2::{Digest as _, Sha256};

use super::damage::Damage;
use super::decode::{ReadOutcome, TextReader};

/// How many bytes of a log file are read, at most, before its text: all of most of them, so that
/// their MD5 is known by then.
const READ_AHEAD: u64 = 1 << 20;

/// Size and hashes of a sequence of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digests {
    /// How many bytes.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Their MD5, only to be compared with the one in a name. `None` where there is nothing to
    /// compare it with.
    pub md5: Option<[u8; 16]>,
}

/// The digests of a log file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogFileDigests {
    /// Of the file as it is stored; `None` where it cannot be read to its end.
    pub object: Option<Digests>,
    /// Of its text; `None` where the text breaks off.
    pub text: Option<Digests>,
    /// Whether a second inflater gives the same text, or fails as the first does; `None` where none
    /// was used, or the file is not gzip.
    pub second_inflater_agrees: Option<bool>,
}

/// Reads and digests the bytes of a log file; `named_md5` is the MD5 that its name states. With
/// `inflate_twice`, gzip is inflated by a second inflater, too.
pub(super) fn read(
    reader: &mut TextReader,
    bytes: &mut dyn Read,
    named_md5: Option<[u8; 16]>,
    inflate_twice: bool,
    consume: &mut dyn FnMut(&[u8], bool) -> usize,
) -> (ReadOutcome, LogFileDigests) {
    let mut ahead = Vec::new();
    let read = Read::take(&mut *bytes, READ_AHEAD).read_to_end(&mut ahead);
    let mut hasher = Hasher::new(named_md5.is_some());
    hasher.update(&ahead);
    let is_whole = read.is_ok() && (ahead.len() as u64) < READ_AHEAD;
    let name_has_md5_of_file = is_whole && hasher.clone().finish().md5 == named_md5;
    let is_gzip = ahead.starts_with(&[0x1f, 0x8b]);
    let mut second = (inflate_twice && is_gzip).then(SecondInflater::default);
    if let Some(second) = &mut second {
        second.update(&ahead);
    }
    let mut rest = HashingReader {
        bytes,
        error: read.err(),
        hasher,
        second,
    };
    let mut object = ahead.chain(&mut rest);
    let mut text = Hasher::new(named_md5.is_some() && !name_has_md5_of_file);
    // What the consumer has not taken comes again at the beginning of the next piece.
    let mut repeated = 0;
    let mut outcome = reader.read_bytes(&mut object, |piece, last| {
        text.update(piece.get(repeated..).unwrap_or_default());
        let taken = consume(piece, last).min(piece.len());
        repeated = piece.len() - taken;
        taken
    });
    let mut whole = !matches!(outcome.damage, Some(Damage::Read(_)));
    if whole {
        // Damage to the compression ends the text before the end of the file.
        match io::copy(&mut object, &mut io::sink()) {
            Ok(rest) => outcome.compressed += rest,
            Err(error) => {
                whole = false;
                outcome.damage.get_or_insert(Damage::Read(error));
            }
        }
    }
    let cut = outcome.damage.as_ref().is_some_and(Damage::cuts_text);
    let object = whole.then(|| rest.hasher.finish());
    let mut text = (!cut).then(|| text.finish());
    let second = rest.second.map(SecondInflater::finish);
    // The second inflater gives what is inside the first layer.
    let second = second.filter(|_| !outcome.is_layered);
    let second_inflater_agrees = second.map(|second| match (text, second) {
        (Some(text), Ok(second) | Err(second)) => text.sha256 == second.sha256,
        (None, Ok(_)) => false,
        (None, Err(_)) => true,
    });
    if let (Some(object), Some(text)) = (&object, &mut text)
        && object.sha256 == text.sha256
    {
        // The same bytes have the same MD5, which was computed only once.
        text.md5 = object.md5;
    }
    let digests = LogFileDigests {
        object,
        text,
        second_inflater_agrees,
    };
    (outcome, digests)
}

/// Hashes the bytes that are read through it.
struct HashingReader<'f> {
    bytes: &'f mut dyn Read,
    /// An earlier error, to be returned by the next read.
    error: Option<io::Error>,
    hasher: Hasher,
    second: Option<SecondInflater>,
}

impl Read for HashingReader<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let length = self.bytes.read(room)?;
        let read = room.get(..length).unwrap_or_default();
        self.hasher.update(read);
        if let Some(second) = &mut self.second {
            second.update(read);
        }
        Ok(length)
    }
}

/// A second inflater, which shares no code with our own, and the hash of what it gives.
struct SecondInflater {
    decoder: MultiGzDecoder<Hasher>,
    has_failed: bool,
}

impl Default for SecondInflater {
    fn default() -> Self {
        Self {
            decoder: MultiGzDecoder::new(Hasher::new(false)),
            has_failed: false,
        }
    }
}

impl SecondInflater {
    fn update(&mut self, bytes: &[u8]) {
        self.has_failed = self.has_failed || self.decoder.write_all(bytes).is_err();
    }

    /// The digests of the text; as an error, those of the text in front of damage.
    fn finish(mut self) -> Result<Digests, Digests> {
        self.has_failed = self.has_failed || self.decoder.try_finish().is_err();
        let digests = self.decoder.get_ref().clone().finish();
        if self.has_failed {
            Err(digests)
        } else {
            Ok(digests)
        }
    }
}

#[derive(Clone)]
struct Hasher {
    size: u64,
    sha256: Sha256,
    md5: Option<Md5>,
}

impl Hasher {
    fn new(with_md5: bool) -> Self {
        Self {
            size: 0,
            sha256: Sha256::default(),
            md5: with_md5.then(Md5::default),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    fn finish(self) -> Digests {
        Digests {
            size: self.size,
            sha256: self.sha256.finalize().into(),
            md5: self.md5.map(|md5| md5.finalize().into()),
        }
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    fn md5(bytes: &[u8]) -> [u8; 16] {
        Md5::digest(bytes).into()
    }

    /// The digests of a log file with that MD5 in its name; each step reads as many bytes as `step`
    /// returns.
    fn digest(
        mut bytes: &[u8],
        named: Option<[u8; 16]>,
        mut step: impl FnMut() -> usize,
    ) -> (ReadOutcome, LogFileDigests) {
        let mut reader = TextReader::default();
        read(&mut reader, &mut bytes, named, true, &mut |text, _| {
            text.len().min(step())
        })
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn a_second_inflater_inflates_gzip_only() {
        let agrees = |bytes: &[u8]| digest(bytes, None, || usize::MAX).1.second_inflater_agrees;
        let long: Vec<u8> = (0..400_000_u32).flat_map(u32::to_le_bytes).collect();
        for text in [&b""[..], b"abc", &long] {
            let whole = gzip(text);
            assert_eq!(agrees(&whole), Some(true));
            assert_eq!(agrees(&[&whole[..], &whole].concat()), Some(true));
            // Zeros are the padding of a device, and no damage to the text.
            assert_eq!(agrees(&[&whole[..], &[0; 512]].concat()), Some(true));
            assert_eq!(agrees(&whole[..whole.len() - 9]), Some(true), "both fail");
        }
        assert_eq!(agrees(b"abc"), None);
    }

    #[test]
    fn a_second_inflater_that_gives_another_text_is_reported() {
        let mut second = SecondInflater::default();
        second.update(&gzip(b"another"));
        let text = digest(&gzip(b"abc"), None, || usize::MAX).1.text.unwrap();
        assert_ne!(second.finish().unwrap().sha256, text.sha256);
    }

    #[test]
    fn a_text_is_digested_once_however_it_is_taken() {
        // RFC 1321 and FIPS 180-2 give the hashes of "abc".
        for step in [1, 2, 3] {
            let (_outcome, digests) = digest(b"abc", Some(md5(b"abc")), || step);
            let (object, text) = (digests.object.unwrap(), digests.text.unwrap());
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
        let mut steps = (1..).step_by(7001).cycle();
        let (_outcome, digests) = digest(&large, None, || steps.next().unwrap_or_default());
        assert_eq!(digests.text, digests.object);
        let text = digests.text.unwrap();
        assert_eq!(text.size, large.len() as u64);
        assert_eq!(text.sha256[..], Sha256::digest(&large)[..]);
    }

    #[test]
    fn an_md5_is_computed_where_the_name_is_compared_with_it() {
        // Stored, so that the object is longer than its text.
        let object = |text: &[u8]| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
            gzip.write_all(text).unwrap();
            gzip.finish().unwrap()
        };
        let long = vec![b'x'; 3 << 20];
        for (text, is_long) in [(&b"abc"[..], false), (&long, true)] {
            let object = object(text);
            let both = |named: Option<[u8; 16]>| {
                let (_outcome, digests) = digest(&object, named, || usize::MAX);
                (digests.object.unwrap().md5, digests.text.unwrap().md5)
            };
            let of_text = is_long.then(|| md5(text));
            assert_eq!(both(Some(md5(&object))), (Some(md5(&object)), of_text));
            for other in [md5(text), md5(b"neither")] {
                assert_eq!(both(Some(other)), (Some(md5(&object)), Some(md5(text))));
            }
            assert_eq!(both(None), (None, None));
        }
    }

    #[test]
    fn what_follows_damage_is_part_of_the_file_and_a_cut_text_has_no_digest() {
        let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff];
        bytes.resize(1 << 20, 0xff);
        let (outcome, digests) = digest(&bytes, None, || usize::MAX);
        assert_eq!(digests.object.unwrap().size, bytes.len() as u64);
        assert_eq!(outcome.compressed, bytes.len() as u64);
        assert_eq!(digests.text, None);
    }
}
