//! A root that comes from a stream, such as standard input: one file, which can be read again.
//!
//! What has been read of a stream is kept in a temporary file, so memory does not grow with it. Left
//! out: which stream it is, and where temporary files are made.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::contract::{FileStamp, ReadSeek, Store, StoreEntry};

/// The name of the one file.
const NAME: &[u8] = b"stdin";

/// A root that comes from a stream.
pub(super) struct Stream {
    kept: Arc<Mutex<Kept>>,
    /// How the root is named in messages.
    shown: String,
    /// The size, where it is known before the end.
    size: u64,
}

/// What has been read of a stream, and the rest of it.
struct Kept {
    /// `None` at the end.
    rest: Option<Box<dyn Read + Send>>,
    file: File,
    length: u64,
}

impl Stream {
    /// A stream, which is copied to a temporary file while it is read.
    pub(super) fn new(shown: &str, stream: Box<dyn Read + Send>, temporary: File) -> Self {
        Self::of(
            shown,
            Kept {
                rest: Some(stream),
                file: temporary,
                length: 0,
            },
        )
    }

    /// A stream that is a regular file, which needs no copy.
    pub(super) fn of_file(shown: &str, file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let rest = None;
        Ok(Self::of(shown, Kept { rest, file, length }))
    }

    fn of(shown: &str, kept: Kept) -> Self {
        Self {
            size: kept.length,
            kept: Arc::new(Mutex::new(kept)),
            shown: shown.to_owned(),
        }
    }

    fn reader(&self, path: &[u8]) -> io::Result<KeptReader> {
        if path != NAME {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(KeptReader {
            kept: Arc::clone(&self.kept),
            position: 0,
        })
    }
}

impl Store for Stream {
    /// No path of a file: those are absolute.
    fn real_path(&self) -> &[u8] {
        NAME
    }

    fn display(&self, path: &[u8]) -> String {
        if path.is_empty() || path == NAME {
            return self.shown.clone();
        }
        format!("{}/{}", self.shown, String::from_utf8_lossy(path))
    }

    fn root_file(&self) -> Option<&[u8]> {
        Some(NAME)
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn list(
        &self,
        _enters: &dyn Fn(&[u8]) -> bool,
        visit: &mut dyn FnMut(StoreEntry<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        visit(StoreEntry::Root {
            path: NAME,
            size: Some(self.size),
        })
    }

    fn is_file(&self, path: &[u8]) -> bool {
        path == NAME
    }

    fn stamp(&self, _path: &[u8]) -> io::Result<FileStamp> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.reader(path)?))
    }

    fn open_ranges(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek + Send>> {
        Ok(Box::new(self.reader(path)?))
    }
}

impl Kept {
    /// Reads from a position: what is kept, or else the next bytes of the stream, which are then kept.
    fn read_at(&mut self, position: u64, bytes: &mut [u8]) -> io::Result<usize> {
        while position >= self.length {
            if self.read_on(bytes)? == 0 {
                return Ok(0);
            }
        }
        self.file.seek(SeekFrom::Start(position))?;
        let left = usize::try_from(self.length - position).unwrap_or(usize::MAX);
        let wanted = bytes.len().min(left);
        self.file.read(bytes.get_mut(..wanted).unwrap_or_default())
    }

    /// Reads the next bytes of the stream and keeps them; returns how many.
    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(stream) = &mut self.rest else {
            return Ok(0);
        };
        let read = stream.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.rest = None;
        }
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file
            .write_all(buffer.get(..read).unwrap_or_default())
            .map_err(|cause| {
                io::Error::other(format!(
                    "the temporary file of what was read cannot be written: {cause}"
                ))
            })?;
        self.length += read as u64;
        Ok(read)
    }

    /// Reads the stream to its end; returns the length of all of it.
    fn finish(&mut self) -> io::Result<u64> {
        let mut buffer = vec![0; 1 << 16];
        while self.read_on(&mut buffer)? > 0 {}
        Ok(self.length)
    }
}

/// One reading of a stream, from its beginning.
struct KeptReader {
    kept: Arc<Mutex<Kept>>,
    position: u64,
}

impl Read for KeptReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let read = kept.read_at(self.position, bytes)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for KeptReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.finish()?.checked_add_signed(by)
            }
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that gives one byte at a time, to be read once.
    struct Drops(Vec<u8>);

    impl Read for Drops {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            match (self.0.pop(), bytes.first_mut()) {
                (Some(next), Some(place)) => {
                    *place = next;
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    #[test]
    fn a_stream_is_read_as_often_as_it_is_opened() {
        let text: Vec<u8> = (0..200).collect();
        let drops = Drops(text.iter().rev().copied().collect());
        let store = Stream::new("it", Box::new(drops), tempfile::tempfile().unwrap());
        let mut head = [0; 3];
        let mut ranges = store.open_ranges(NAME).unwrap();
        ranges.read_exact(&mut head).unwrap();
        assert_eq!(head, [0, 1, 2]);
        // A second reader while the first stands in the middle.
        for _ in 0..2 {
            let mut whole = Vec::new();
            store.open(NAME).unwrap().read_to_end(&mut whole).unwrap();
            assert_eq!(whole, text);
        }
        assert_eq!(ranges.seek(SeekFrom::End(-2)).unwrap(), 198);
        let mut end = Vec::new();
        ranges.read_to_end(&mut end).unwrap();
        assert_eq!(end, [198, 199]);
        assert!(store.open(b"else").is_err());
        assert_eq!(store.display(b"a/b.gz"), "it/a/b.gz");
    }

    #[test]
    fn a_stream_that_is_a_file_is_read_from_its_beginning_whatever_was_read_before() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"text").unwrap();
        let store = Stream::of_file("it", file).unwrap();
        let mut whole = String::new();
        store
            .open(NAME)
            .unwrap()
            .read_to_string(&mut whole)
            .unwrap();
        assert_eq!(whole, "text");
        let mut size = None;
        let _flow = store.list(&|_| true, &mut |entry| {
            if let StoreEntry::Root { size: found, .. } = entry {
                size = found;
            }
            ControlFlow::Continue(())
        });
        assert_eq!(size, Some(4));
    }
}
