//! A writer that keeps its first error to itself, for libraries that would wrap it beyond
//! recognition, or panic.

use std::io::{self, Write};

/// What is written to goes to `out` until that fails, and then nowhere.
pub(super) struct Sink<'o> {
    out: &'o mut (dyn Write + Send),
    failed: Option<io::Error>,
}

impl<'o> Sink<'o> {
    pub(super) fn new(out: &'o mut (dyn Write + Send)) -> Self {
        Self { out, failed: None }
    }

    /// The error, if there was one; asked now and then, so that no more work is done in vain.
    pub(super) fn check(&mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_none()
            && let Err(error) = self.out.write_all(bytes)
        {
            self.failed = Some(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // The caller of the format flushes, at the end.
        Ok(())
    }
}
